/* convert_text.h: formats of text as tables: LHE and LHC Olympics' (LHCO). Part of convert.c. */
#ifndef CONVERT_TEXT_H
#define CONVERT_TEXT_H

/* ---- lines of a file that may be compressed (unpack.h) */

typedef struct lines {
    const char *path;
    FILE *file;
    unpacker *from;
    char ahead[UNPACK_ROOM]; /* bytes [at, have) were read, but are in no line yet */
    size_t at, have;
    char *text; /* the line, without its end */
    size_t room;
    long long number; /* of the line, from 1 */
    int again;        /* the next line is this one once more */
    double size;
} lines;

/* Up to `most` bytes of the file; their number, or -1 after a complaint. */
static int lines_bytes(lines *l, char *to, int most) {
    const size_t got = unpack_read(l->from, to, (size_t)most);
    if (got != (size_t)-1) return (int)got;
    return l->from->kind == UNPACK_PLAIN
        ? complain(-1, "%s: after line %lld: %s", l->path, l->number, l->from->fault)
        : complain(-1, "%s: after line %lld: it cannot be decompressed: %s", l->path, l->number, l->from->fault);
}
static int lines_open(lines *l, const char *path) {
    struct stat about;
    memset(l, 0, sizeof *l);
    l->path = path;
    l->file = fopen(path, "rb");
    if (!l->file) return complain(0, "%s: %s", path, strerror(errno));
    if (fstat(fileno(l->file), &about) == 0 && S_ISREG(about.st_mode)) l->size = (double)about.st_size;
    l->from = (unpacker *)malloc(sizeof *l->from);
    if (!l->from) return no_memory(path);
    unpack_begin(l->from, l->file);
    return 1;
}
static void lines_close(lines *l) {
    if (l->from) unpack_end(l->from);
    if (l->file) fclose(l->file);
    free(l->from);
    free(l->text);
    memset(l, 0, sizeof *l);
}
/* The next line: 1; 0 at the end; -1 after a complaint. */
static int lines_next(lines *l) {
    const char *end = NULL;
    size_t n = 0;
    if (l->again) {
        l->again = 0;
        return 1;
    }
    while (!end) {
        size_t some;
        if (l->at == l->have) {
            const int got = lines_bytes(l, l->ahead, sizeof l->ahead);
            if (got < 0) return -1;
            l->at = 0;
            l->have = (size_t)got;
            if (got == 0) break;
        }
        end = (const char *)memchr(l->ahead + l->at, '\n', l->have - l->at);
        some = end ? (size_t)(end - l->ahead) + 1 - l->at : l->have - l->at;
        if (n + some >= l->room) {
            char *more = n > (1u << 24) ? NULL : (char *)realloc(l->text, 2 * (n + some) + 1);
            if (!more) return complain(-1, "%s: line %lld is too long", l->path, l->number + 1);
            l->text = more;
            l->room = 2 * (n + some) + 1;
        }
        memcpy(l->text + n, l->ahead + l->at, some);
        l->at += some;
        n += some;
    }
    if (n == 0) return 0;
    l->number++;
    while (n && (l->text[n - 1] == '\n' || l->text[n - 1] == '\r')) n--;
    l->text[n] = 0;
    return 1;
}
static double lines_done(const lines *l) { return l->size > 0.0 ? fmin(1.0, l->from->done / l->size) : -1.0; }
/* The first numbers of a text, at most `most`; their number. Fortran's 1.0D+02 counts. */
static int read_numbers(const char *text, double *to, int most) {
    int n = 0;
    while (n < most) {
        char *end;
        to[n] = strtod(text, &end);
        if (end == text) break;
        if (*end == 'D' || *end == 'd') to[n] *= pow(10.0, (double)strtol(end + 1, &end, 10));
        text = end;
        n++;
    }
    return n;
}
/* One more number of the list of the current event, or its only number. */
static int put_entry(table *t, column *c, int64_t event, double value) {
    const size_t at = c->lists ? (size_t)c->first[event + 1] : (size_t)event;
    if (!column_room(t, c, at + 1)) return 0;
    c->value[at] = value;
    if (c->lists) c->first[event + 1]++;
    return 1;
}
/* Before the numbers of an event come. */
static int begin_event(table *t, int64_t event) {
    int k;
    for (k = 0; k < t->columns; k++) {
        column *c = t->column + k;
        if (c->lists) {
            if (!list_room(t, c, (size_t)event + 1)) return 0;
            c->first[event + 1] = c->first[event];
        }
    }
    return 1;
}
static int open_lines(table *t) {
    lines *l = (lines *)calloc(1, sizeof *l);
    if (!l) return no_memory(t->path);
    t->state = l;
    t->entries = -1;
    return lines_open(l, t->path);
}
static void close_lines(table *t) {
    if (t->state) lines_close((lines *)t->state);
    free(t->state);
    t->state = NULL;
}
static int start_lines(table *t) {
    (void)t;
    return 1;
}
static int named_columns(table *t, const char *const *names, int count, int lists) {
    int k;
    for (k = 0; k < count; k++) {
        column *c = add_column(t, names[k], "number");
        if (!c) return 0;
        c->lists = lists;
    }
    return 1;
}

/* ---- Les Houches events (hep-ph/0609017): a head line, then a line per particle */

enum { LHE_HEAD = 5, LHE_PARTICLE = 13 };
static const char *const lhe_head[LHE_HEAD + 1] = { "process", "weight", "scale", "aqed", "aqcd", "weights" };
static const char *const lhe_particle[LHE_PARTICLE] = { "id", "status", "mother1", "mother2", "color1", "color2", "px",
    "py", "pz", "e", "m", "lifetime", "spin" };

static int is_lhe(const char *head, size_t length, const char *path) {
    (void)path;
    while (length && (*head == ' ' || *head == '\n' || *head == '\r' || *head == '\t')) head++, length--;
    return length >= 17 && (!strncmp(head, "<LesHouchesEvents", 17) || strstr(head, "\n<LesHouchesEvents"));
}
static int open_lhe(table *t, const char *tree) {
    (void)tree;
    return open_lines(t) && named_columns(t, lhe_head, LHE_HEAD, 0) && named_columns(t, lhe_head + LHE_HEAD, 1, 1)
        && named_columns(t, lhe_particle, LHE_PARTICLE, 1);
}
/* The head line and the particles of event e of the block. */
static int lhe_event(table *t, lines *l, int64_t e) {
    double head[LHE_HEAD + 1], row[LHE_PARTICLE];
    int k, i, more = lines_next(l);
    if (more > 0 && read_numbers(l->text, head, LHE_HEAD + 1) != LHE_HEAD + 1)
        return complain(0, "%s: line %lld: the head of an event should have six numbers", t->path, l->number);
    for (i = 0; more > 0 && i < LHE_HEAD; i++)
        if (!put_entry(t, t->column + i, e, head[i + 1])) return 0;
    for (k = 0; more > 0 && k < (int)head[0]; k++) {
        more = lines_next(l);
        if (more > 0 && (read_numbers(l->text, row, LHE_PARTICLE) != LHE_PARTICLE))
            return complain(0, "%s: line %lld: a particle should have 13 numbers; the event has %d particles", t->path,
                l->number, (int)head[0]);
        for (i = 0; more > 0 && i < LHE_PARTICLE; i++)
            if (!put_entry(t, t->column + LHE_HEAD + 1 + i, e, row[i])) return 0;
    }
    while (more > 0 && (more = lines_next(l)) > 0 && !strstr(l->text, "</event>")) {
        const char *weight = strstr(l->text, "<wgt"), *end = weight ? strchr(weight, '>') : NULL;
        if (end && read_numbers(end + 1, row, 1) && !put_entry(t, t->column + LHE_HEAD, e, row[0])) return 0;
    }
    return more > 0 || (more == 0 && complain(0, "%s: line %lld: the file ends within an event", t->path, l->number));
}
static int read_lhe(table *t, int64_t most) {
    lines *l = (lines *)t->state;
    int more = 1;
    t->at += t->events;
    t->events = 0;
    while (t->events < most && (more = lines_next(l)) > 0) {
        const char *tag = strstr(l->text, "<event");
        if (strstr(l->text, "</LesHouchesEvents>")) {
            t->entries = t->at + t->events;
            break;
        }
        if (!tag || (tag[6] != '>' && tag[6] != ' ')) continue;
        if (!begin_event(t, t->events) || !lhe_event(t, l, t->events)) return 0;
        t->events++;
    }
    t->done = lines_done(l);
    if (more == 0 && t->entries < 0)
        return complain(0, "%s: line %lld: the file is not whole: </LesHouchesEvents> is missing", t->path, l->number);
    return more >= 0;
}
static const format format_lhe = { "LHE", is_lhe, open_lhe, start_lines, read_lhe, close_lines };

/* ---- LHCO: a line "0 event trigger" begins an event, then a line per object */

enum { LHCO_COLUMNS = 8 };
static const char *const lhco_head[2] = { "number", "trigger" };
static const char *const lhco_object[LHCO_COLUMNS] = { "typ", "eta", "phi", "pt", "jmas", "ntrk", "btag", "hadem" };

/* Its first line that is no comment is "0 1 ...", or names the columns: "# typ eta phi pt ...". */
static int is_lhco(const char *head, size_t length, const char *path) {
    const char *ending = strstr(path, ".lhco"), *at = head;
    (void)length;
    if (ending && (!ending[5] || !strcmp(ending, ".lhco.gz"))) return 1;
    while (*at == ' ' || *at == '\t' || *at == '#') at++;
    return !strncmp(at, "typ ", 4) || (!strncmp(at, "typ", 3) && strstr(at, "jmas"));
}
static int open_lhco(table *t, const char *tree) {
    (void)tree;
    return open_lines(t) && named_columns(t, lhco_head, 2, 0) && named_columns(t, lhco_object, LHCO_COLUMNS, 1);
}
/* The objects of one row, or the head of an event; 0 after a complaint. */
static int lhco_row(table *t, const lines *l, const char *text) {
    double row[LHCO_COLUMNS + 1];
    const int n = read_numbers(text, row, LHCO_COLUMNS + 1);
    int i;
    if (n < 2) return complain(0, "%s: line %lld: it has no row number and type", t->path, l->number);
    if (row[0] == 0.0) {
        t->events++;
        return begin_event(t, t->events - 1) && put_entry(t, t->column, t->events - 1, row[1])
            && put_entry(t, t->column + 1, t->events - 1, n > 2 ? row[2] : 0.0);
    }
    if (t->events == 0) return complain(0, "%s: line %lld: an object before the first event", t->path, l->number);
    if (n < 6)
        return complain(0, "%s: line %lld: an object should have typ, eta, phi, pt and jmas", t->path, l->number);
    for (i = 0; i < LHCO_COLUMNS; i++)
        if (!put_entry(t, t->column + 2 + i, t->events - 1, i + 1 < n ? row[i + 1] : 0.0)) return 0;
    return 1;
}
static int read_lhco(table *t, int64_t most) {
    lines *l = (lines *)t->state;
    int more;
    t->at += t->events;
    t->events = 0;
    while ((more = lines_next(l)) > 0) {
        const char *text = l->text + strspn(l->text, " \t");
        if (!*text || *text == '#' || !strncmp(text, "typ", 3)) continue;
        if (t->events == most && *text == '0' && strchr(" \t", text[1])) {
            l->again = 1; /* it begins the next block */
            break;
        }
        if (!lhco_row(t, l, text)) return 0;
    }
    t->done = lines_done(l);
    return more >= 0;
}
static const format format_lhco = { "LHCO", is_lhco, open_lhco, start_lines, read_lhco, close_lines };
#endif /* CONVERT_TEXT_H */
