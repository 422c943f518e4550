/* convert_table.h: what all formats look like to tools/convert: a table of named columns, one entry per event, each a
   number or a list of numbers, that is read in blocks of events. Part of convert.c. */
#ifndef CONVERT_TABLE_H
#define CONVERT_TABLE_H

typedef struct column {
    char *name, *type; /* as the file calls them */
    int64_t entries;   /* -1: not known before the end */
    int lists;         /* 1: a list of numbers per event; 0: one number */
    int64_t length;    /* of lists that are all of one length; -1: lengths vary */
    int64_t dim[3];    /* the shape of such a list */
    int rank;          /* its dimensions; 0: lengths vary */
    int single;        /* numbers of 32 bits */
    int unusable;      /* texts and what else is no number; shown by `list` */
    int wanted;
    int place;          /* the reader's own */
    double *value;      /* of the block: numbers, of lists one after the other */
    int64_t *first;     /* of lists: [events + 1] where each begins */
    size_t room, begun; /* private */
} column;

typedef struct table table;
/* One format: each call returns 0 after a complaint. */
typedef struct format {
    const char *name;
    int (*is)(const char *head, size_t length, const char *path); /* by the first bytes, decompressed */
    int (*open)(table *t, const char *tree); /* names the columns; tree: which of several tables, NULL: the first */
    int (*start)(table *t);                  /* the columns that are wanted are known now */
    int (*read)(table *t, int64_t most);     /* the next t->events, 0 at the end */
    void (*close)(table *t);
} format;
struct table {
    const char *path;
    const format *format;
    char inside[200]; /* what of the file it is: "tree Events" */
    column *column;
    int columns;
    int64_t entries;    /* -1: not known before the end */
    int64_t at, events; /* first event of the block; how many */
    double done;        /* fraction that is read; negative: unknown */
    void *state;        /* the reader's own */
};

static int no_memory(const char *path) { return complain(0, "%s: there is not enough memory", path); }

/* A new column, which the caller fills in; NULL after a complaint. */
static column *add_column(table *t, const char *name, const char *type) {
    column *c;
    if ((t->columns & (t->columns - 1)) == 0) { /* room for a power of two */
        column *more = (column *)realloc(t->column, 2 * ((size_t)t->columns + 1) * sizeof *more);
        if (!more) return no_memory(t->path), NULL;
        t->column = more;
    }
    c = t->column + t->columns;
    memset(c, 0, sizeof *c);
    c->name = strdup(name);
    c->type = strdup(type);
    c->entries = c->length = -1;
    if (!c->name || !c->type) return no_memory(t->path), NULL;
    t->columns++;
    return c;
}
static int find_column(const table *t, const char *name, size_t length) {
    int k;
    for (k = 0; k < t->columns; k++)
        if (!strncmp(t->column[k].name, name, length) && !t->column[k].name[length]) return k;
    return -1;
}
/* Room for numbers of a column; keeps what is there. */
static int column_room(const table *t, column *c, size_t count) {
    double *more;
    if (count <= c->room && c->value) return 1;
    more = (double *)realloc(c->value, (count + count / 2 + 64) * sizeof *more);
    if (!more) return no_memory(t->path);
    c->value = more;
    c->room = count + count / 2 + 64;
    return 1;
}
/* Room for the places where lists of this many events begin; the first is at 0. */
static int list_room(const table *t, column *c, size_t events) {
    int64_t *more;
    if (events + 1 <= c->begun && c->first) return 1;
    more = (int64_t *)realloc(c->first, (events + 1 + 64) * sizeof *more);
    if (!more) return no_memory(t->path);
    c->first = more;
    c->begun = events + 1 + 64;
    c->first[0] = 0;
    return 1;
}
static void close_table(table *t) {
    int k;
    if (t->format && t->format->close) t->format->close(t);
    for (k = 0; k < t->columns; k++) {
        free(t->column[k].name);
        free(t->column[k].type);
        free(t->column[k].value);
        free(t->column[k].first);
    }
    free(t->column);
    memset(t, 0, sizeof *t);
}

/* ---- names that are nearly right */

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
/* Letters to change, add or drop to make one name of the other, capitals aside, up to 64 letters. */
static int distance(const char *a, size_t n, const char *b) {
    int row[65], k, last, old;
    const size_t m = strlen(b);
    size_t i, j;
    if (n > 64 || m > 64) return 1000;
    for (j = 0; j <= m; j++) row[j] = (int)j;
    for (i = 1; i <= n; i++) {
        last = row[0];
        row[0] = (int)i;
        for (j = 1; j <= m; j++) {
            old = row[j];
            k = last + (lower(a[i - 1]) != lower(b[j - 1]));
            if (row[j] + 1 < k) k = row[j] + 1;
            if (row[j - 1] + 1 < k) k = row[j - 1] + 1;
            row[j] = k;
            last = old;
        }
    }
    return row[m];
}
/* The columns whose names are nearest: "a, b and c". Of the whole name, or of what follows its last '/' or '.'. */
static void nearest_names(const table *t, const char *name, size_t length, char text[300]) {
    int best[3] = { -1, -1, -1 }, far[3] = { 999, 999, 999 }, k, i, count = 0;
    size_t at = 0;
    for (k = 0; k < t->columns; k++) {
        const char *own = t->column[k].name, *slash = strrchr(own, '/');
        int d = distance(name, length, own);
        if (slash && 1 + distance(name, length, slash + 1) < d) d = 1 + distance(name, length, slash + 1);
        for (i = 2; i >= 0 && d < far[i]; i--) {
            if (i < 2) far[i + 1] = far[i], best[i + 1] = best[i];
            far[i] = d;
            best[i] = k;
        }
    }
    *text = 0;
    while (count < 3 && best[count] >= 0) count++;
    for (i = 0; i < count && at < 250; i++)
        at += (size_t)snprintf(text + at, 300 - at, "%s%.80s",
            i == 0               ? ""
                : i + 1 == count ? " and "
                                 : ", ",
            t->column[best[i]].name);
}
#endif /* CONVERT_TABLE_H */
