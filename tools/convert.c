/* convert: events as physicists have them become the CSV of the other tools: HDF5 (the public SPANet code's, the LHC
   Olympics'), ROOT trees, parquet, Arrow, LHE, LHCO, HepMC; and CSV becomes HDF5 for the public SPANet code. A tool of
   its own, so that the others need no library; it is built with those that are installed ("make convert").

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tools/convert.c -o build/convert -lm && build/convert --help */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* realpath */
#define TOOL "convert"
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "cli.h"
#include <glob.h>

/* ------------------------------------------------------------------------------------------------------------------
   Command line
   --------------------------------------------------------------------------------------------------------------- */

enum { CSV = 1, LIST = 2, HDF5 = 4, MAPS = 8, ALL = 15 };

struct settings {
    const char *map, *tree, *out, *topology, *results; /* NULL: not given */
    texts events, object, source;
    int64_t first, count, width; /* 0: not given */
};
#define AT(field) offsetof(settings, field)

#include "convert_cluster.h"
#include "convert_table.h"
#include "convert_text.h"
#include "convert_hdf5.h"
#include "convert_child.h"
#include "convert_map.h"
#include "convert_spanet.h"

static const known_option known_options[] = {
    { "events", "F", CSV, 1, "a file, a pattern ('data/*.root') or @LIST, a file of file names; may be repeated",
        OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "F", LIST, 1, "a file; of several the first", OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "E.csv", HDF5, 1, "events; may be repeated", OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "out", "E.csv", CSV, 1, "the events; - is standard output", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "E.h5", HDF5, 1, "the HDF5 file", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "map", "M", CSV, 0, "what the objects are made of: a file, its text, or a name (convert maps); default: by file",
        OPTION_TEXT, AT(map), 0, 0, NULL },
    { "map", "NAME", MAPS, 0, "print this one", OPTION_TEXT, AT(map), 0, 0, NULL },
    { "tree", "NAME", CSV | LIST, 0, "the tree of a ROOT file (default: that of the map, or the first)", OPTION_TEXT,
        AT(tree), 0, 0, NULL },
    { "topology", "T", HDF5, 1, "inputs, particles and heads: a file (INI or YAML), or ttbar, ttH, tttt, W",
        OPTION_TEXT, AT(topology), 0, 0, NULL },
    { "topology", "T", CSV, 0, "SPANet's HDF5 of several collections: their order, in which targets count", OPTION_TEXT,
        AT(topology), 0, 0, NULL },
    { "results", "R.csv", HDF5, 0, "results of spanet run: the file is as the public code predicts", OPTION_TEXT,
        AT(results), 0, 0, NULL },
    { "object", "NAME=TYPE", CSV, 0, "SPANet's HDF5: the objects of a collection; may be repeated", OPTION_TEXTS,
        AT(object), 0, 0, NULL },
    { "source", "P/Q=NAME", CSV | HDF5, 0,
        "the collection that indices of product Q of P count in (default: all); may be repeated", OPTION_TEXTS,
        AT(source), 0, 0, NULL },
    { "width", "N", HDF5, 0, "objects that arrays have room for at least (default: as many as the largest event has)",
        OPTION_INT64, AT(width), 1, 100000, NULL },
    { "first", "N", CSV, 0, "number of events to skip (default 0)", OPTION_INT64, AT(first), 0, 0x1p62, NULL },
    { "count", "N", CSV, 0, "number of events to read (default: all that follow)", OPTION_INT64, AT(count), 1, 0x1p62,
        NULL },
    { "help", NULL, ALL, 0, "print this text", OPTION_HELP, 0, 0, 0, NULL }
};

static int command_csv(const settings *s);
static int command_list(const settings *s);
static int command_hdf5(const settings *s);
static int command_maps(const settings *s);

static const command commands[] = { { "csv", CSV, command_csv, "writes events as CSV, as the other tools read it",
                                        map_manual },
    { "list", LIST, command_list, "shows what a file has: names, types, entries",
        "  convert list --events file.root\n" },
    { "hdf5", HDF5, command_hdf5, "writes CSV, or what spanet run found, as HDF5 of the public SPANet code",
        "INPUTS, TARGETS, REGRESSIONS and CLASSIFICATIONS are those of the topology, WEIGHT the column weight (where "
        "one\n"
        "is not 1). Targets that have a collection count in it (--source, and `inputs` of an INI file), others "
        "through\n"
        "all collections with their padding, in the topology's order. With --results TARGETS are the assigned jets "
        "(-1:\n"
        "none), with assignment_probability, detection_probability and marginal_probability, their product.\n\n"
        "  convert hdf5 --events events.csv --topology ttbar --out events.h5\n"
        "  convert hdf5 --events events.csv --topology event.yaml --results jets.csv --out predictions.h5\n" },
    { "maps", MAPS, command_maps, "lists the maps that are built in, or prints one to start from",
        "  convert maps\n  convert maps --map nanoaod > my.map\n" } };

int main(int argc, char **argv) {
    const tool convert = { "events of other formats as CSV, and CSV as HDF5 of the public SPANet code",
        "  convert list --events file.root\n"
        "  convert csv  --events file.h5 --out events.csv\n"
        "  convert csv  --events 'data/*.root' --map nanoaod --out events.csv\n"
        "  convert hdf5 --events events.csv --topology ttbar --out events.h5\n",
        known_options, sizeof known_options / sizeof *known_options, commands, sizeof commands / sizeof *commands };
    settings s;
    memset(&s, 0, sizeof s);
    if (argc > 1 && !strcmp(argv[1], "--list")) argv[1] += 2;
    find_beside(argv[0]);
    return run_tool(&convert, &s, argc, argv);
}

/* ------------------------------------------------------------------------------------------------------------------
   Files
   --------------------------------------------------------------------------------------------------------------- */

static const format *const formats[] = { &format_hdf5, &format_root, &format_parquet, &format_arrow, &format_lhe,
    &format_hepmc, &format_lhco };

/* The first bytes of a file, as text, decompressed; -1 after a complaint. */
static int read_head(const char *path, char head[2049]) {
    struct stat about;
    lines l;
    int got;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) return complain(-1, "%s: This is a directory", path);
    got = lines_open(&l, path) ? lines_bytes(&l, head, 2048) : -1;
    lines_close(&l);
    if (got >= 0) head[got] = 0;
    return got;
}
/* Opens a file of whatever format it is; 0 after a complaint. */
static int open_table(table *t, const char *path, const char *tree) {
    char head[2049];
    const int got = read_head(path, head);
    size_t k;
    memset(t, 0, sizeof *t);
    t->path = path;
    if (got < 0) return 0;
    if (got == 0) return complain(0, "%s: this file is empty", path);
    for (k = 0; k < sizeof formats / sizeof *formats && !t->format; k++)
        if (formats[k]->is(head, (size_t)got, path)) t->format = formats[k];
    if (!t->format)
        return complain(0,
            "%s: its format is not known: HDF5, ROOT, parquet, Arrow, LHE, HepMC or LHCO (named *.lhco) is expected",
            path);
    return t->format->open(t, tree);
}

/* The files that --events names. */
typedef struct files {
    char **path;
    size_t count;
} files;

static int add_file(files *f, const char *path) {
    char **more = (char **)realloc(f->path, (f->count + 1) * sizeof *more);
    if (!more) return no_memory(path);
    f->path = more;
    f->path[f->count] = strdup(path);
    return f->path[f->count++] != NULL;
}
static int add_list(files *f, const char *path) {
    lines l;
    int more = lines_open(&l, path), good = more;
    while (good && (more = lines_next(&l)) > 0)
        if (*l.text && *l.text != '#') good = add_file(f, l.text);
    lines_close(&l);
    return good && more >= 0;
}
static int find_files(files *f, const texts *names) {
    int k;
    size_t i;
    memset(f, 0, sizeof *f);
    for (k = 0; k < names->count; k++) {
        const char *name = names->item[k];
        glob_t found;
        if (access(name, F_OK) == 0) {
            if (!add_file(f, name)) return 0;
        } else if (*name == '@') {
            if (!add_list(f, name + 1)) return 0;
        } else if (glob(name, 0, NULL, &found) == 0) {
            for (i = 0; i < found.gl_pathc; i++)
                if (!add_file(f, found.gl_pathv[i])) return 0;
            globfree(&found);
        } else return complain(0, "%s: %s", name, strpbrk(name, "*?[") ? "no file matches" : strerror(ENOENT));
    }
    return f->count > 0 || complain(0, "there are no files to read");
}
static void free_files(files *f) {
    while (f->count > 0) free(f->path[--f->count]);
    free(f->path);
}

/* ------------------------------------------------------------------------------------------------------------------
   convert list, convert maps
   --------------------------------------------------------------------------------------------------------------- */

static int command_list(const settings *s) {
    files f;
    table t;
    int k, i, widest = 10, good = find_files(&f, &s->events) && open_table(&t, f.path[0], s->tree);
    if (good) {
        printf("%s: %s%s%s", t.path, t.format->name, *t.inside ? ", " : "", t.inside);
        if (t.entries >= 0) printf(", %lld entries", (long long)t.entries);
        putchar('\n');
        for (k = 0; k < t.columns; k++)
            if ((int)strlen(t.column[k].name) > widest) widest = (int)strlen(t.column[k].name);
        if (widest > 60) widest = 60;
        for (k = 0; k < t.columns; k++) {
            const column *c = t.column + k;
            printf("  %-*s  %-10s ", widest, c->name, c->type);
            if (c->entries >= 0) printf(" %lld", (long long)c->entries);
            for (i = 0; i < c->rank; i++) printf(" x %lld", (long long)c->dim[i]);
            if (c->lists && !c->rank) fputs(" lists", stdout);
            putchar('\n');
        }
    }
    if (f.count > 0 && f.path) close_table(&t);
    free_files(&f);
    return good ? OK : FAILED;
}
static int command_maps(const settings *s) {
    size_t k;
    if (s->map && !builtin_map_of(s->map)) return complain(USAGE, "there is no map \"%s\"; see convert maps", s->map);
    if (s->map) fputs(builtin_map_of(s->map), stdout);
    for (k = 0; !s->map && k < sizeof builtin_maps / sizeof *builtin_maps; k++)
        printf("  %-17s %s\n", builtin_maps[k].name, builtin_maps[k].about);
    return OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   convert csv
   --------------------------------------------------------------------------------------------------------------- */

enum { EXTRAS = 256 };
typedef struct csv {
    const settings *s;
    output to;
    map m;
    char *text; /* of the map */
    char name[300];
    const char *extra[EXTRAS]; /* columns of objects, then of events */
    char names[EXTRAS][MAP_NAME];
    int extras, of_objects, objects, energy, targets;                  /* energy: column e instead of m */
    int64_t seen, written, rows, empty, unselected, unusable, doubled; /* events; rows; labels */
    passwd_p4 *particle;
    size_t room;
} csv;

/* A number as exactly as it was: digits as digits_of() says. Empty: no finite number. */
static void put_value(FILE *to, double x, int digits) {
    char text[32];
    int d;
    putc(',', to);
    if (!isfinite(x)) return;
    if (x == floor(x) && fabs(x) < 1e15) {
        fprintf(to, "%.0f", x == 0.0 ? 0.0 : x);
        return;
    }
    if (digits < 0)
        for (d = 6; d <= 9; d++) {
            passwd_format_number(text, x, d);
            if (d == 9 || (float)strtod(text, NULL) == (float)x) break;
        }
    else
        for (d = 9; d <= 17; d += d == 9 ? 6 : 1) {
            passwd_format_number(text, x, d);
            if (d >= digits || strtod(text, NULL) == x) break;
        }
    fputs(text, to);
}
static int is_momentum(const char *name) { return read_choice("pt,eta,phi,m,e,px,py,pz,p2", name) > 0; }

/* The columns that the rules fill; with all files the same. 0 after a complaint. */
static int name_extras(csv *c) {
    int r, k, i, event;
    c->extras = c->targets = c->objects = 0;
    c->energy = 1;
    for (event = 0; event < 2; event++) {
        for (r = 0; r < c->m.rules; r++) {
            const rule *u = c->m.rule[r];
            const field *mass = NULL;
            if (u->absent || u->event != event) continue;
            c->objects |= !event && strcmp(u->object, "j") != 0;
            for (k = 0; k < u->fields; k++) {
                const field *f = u->field + k;
                if (f->formula < 0) continue;
                if (!strcmp(f->name, "m")) mass = f;
                c->targets |= f->target;
                if (f->target || (!event && is_momentum(f->name))) continue;
                for (i = 0; i < c->extras && strcmp(c->names[i], f->name); i++) {}
                if (i == EXTRAS) return complain(0, "%s: more than %d columns", c->m.name, EXTRAS);
                if (i < c->extras && event)
                    return complain(
                        0, "%s: the column \"%s\" is of events and of objects, or there twice", c->m.name, f->name);
                if (i == c->extras) snprintf(c->names[c->extras++], MAP_NAME, "%s", f->name);
            }
            if (!event && (u->radius > 0.0 || !mass || strncmp(mass->text, "sqrt(max(0,e*e-p2", 17))) c->energy = 0;
        }
        if (!event) c->of_objects = c->extras;
    }
    return 1;
}
static void put_header(const csv *c) {
    int i;
    fprintf(c->to.file, "event%s,pt,eta,phi,%s", c->objects ? ",object" : "", c->energy ? "e" : "m");
    for (i = 0; i < c->of_objects; i++) put_name(c->to.file, c->names[i]);
    if (c->targets) fputs(",target", c->to.file);
    for (; i < c->extras; i++) put_name(c->to.file, c->names[i]);
    fputc('\n', c->to.file);
}
/* What all rows of an event have. */
static void put_event_columns(csv *c, const table *t, int64_t e) {
    int i, r, k;
    for (i = c->of_objects; i < c->extras; i++) {
        int found = -1;
        for (r = 0; r < c->m.rules; r++)
            for (k = 0; c->m.rule[r]->event && k < c->m.rule[r]->fields; k++)
                if (!strcmp(c->m.rule[r]->field[k].name, c->names[i])) found = c->m.rule[r]->field[k].formula;
        if (found < 0) putc(',', c->to.file);
        else put_value(c->to.file, value_of(&c->m, t, found, e, 0), digits_of(&c->m, t, found));
    }
}
/* The entries of a rule's lists in an event; -1 after a complaint. */
static int64_t rows_of(const csv *c, const table *t, const rule *u, int64_t e) {
    int64_t rows = -1, n;
    int k, of = -1;
    for (k = 0; k <= u->fields; k++) {
        const int formula = k < u->fields ? u->field[k].formula : u->where;
        if (formula < 0) continue;
        n = extent(&c->m, t, formula, e);
        if (n == -2 || (rows >= 0 && n >= 0 && n != rows))
            return complain(-1, "%s: event %lld: the lists of \"%s\" (%s, line %d) are of different lengths", t->path,
                (long long)(t->at + e), k < u->fields ? u->field[k].text : u->condition, c->m.name, u->line);
        if (n >= 0 && rows < 0) rows = n, of = k;
    }
    return of < 0 ? 1 : rows;
}
/* pt, eta, phi, m (or e); 0: no momentum that our events may have. */
static int momentum(const csv *c, const table *t, const field *const f[4], int64_t e, int64_t k, double p[4]) {
    int i;
    for (i = 0; i < 4; i++) p[i] = value_of(&c->m, t, f[i]->formula, e, k);
    if (p[3] < 0.0 && p[3] > -1e-3 * p[0] * cosh(p[1])) p[3] = 0.0; /* rounding, as readers of CSV take it */
    return p[3] >= 0.0 && p[0] >= 0.0 && fabs(p[1]) <= 20.0 && isfinite(p[0] + p[2] + p[3]);
}
static void put_row(
    csv *c, const table *t, const rule *u, int64_t e, int64_t k, const double p[4], const int digits[4]) {
    int i, f, label = -1;
    fprintf(c->to.file, "%lld", (long long)c->seen);
    if (c->objects) fprintf(c->to.file, ",%s", u->object);
    for (i = 0; i < 4; i++) put_value(c->to.file, p[i], digits[i]);
    for (i = 0; i < c->of_objects; i++) {
        for (f = 0; f < u->fields && (u->field[f].formula < 0 || strcmp(u->field[f].name, c->names[i])); f++) {}
        if (f == u->fields || k < 0) putc(',', c->to.file);
        else
            put_value(
                c->to.file, value_of(&c->m, t, u->field[f].formula, e, k), digits_of(&c->m, t, u->field[f].formula));
    }
    for (f = 0; k >= 0 && f < u->fields; f++)
        if (u->field[f].target && value_of(&c->m, t, u->field[f].formula, e, k) == (double)k) {
            c->doubled += label >= 0;
            if (label < 0) label = f;
        }
    if (c->targets) put_name(c->to.file, label >= 0 ? u->field[label].name : "");
    put_event_columns(c, t, e);
    putc('\n', c->to.file);
    c->rows++;
}
/* The row's objects, as anti-kT jets. */
static int put_jets(csv *c, const table *t, const rule *u, int64_t e, int count) {
    static const int digits[4] = { 9, 9, 9, 9 };
    const int n = anti_kt(c->particle, count, u->radius, u->least, c->particle);
    int k;
    if (n < 0) return no_memory(t->path);
    for (k = 0; k < n; k++) {
        const double p[4] = { passwd_p4_pt(c->particle[k]), passwd_p4_eta(c->particle[k]),
            passwd_p4_phi(c->particle[k]), fmax(0.0, passwd_p4_mass(c->particle[k])) };
        put_row(c, t, u, e, -1, p, digits);
    }
    return 1;
}
/* All rows of one rule. */
static int put_rule(csv *c, const table *t, rule *u, int64_t e) {
    const field *f[4];
    const int64_t rows = rows_of(c, t, u, e);
    int digits[4], i, count = 0;
    int64_t k;
    double p[4];
    if (rows < 0) return 0;
    f[0] = find_field(u, "pt");
    f[1] = find_field(u, "eta");
    f[2] = find_field(u, "phi");
    f[3] = find_field(u, c->energy ? "e" : "m");
    for (i = 0; i < 4; i++) digits[i] = digits_of(&c->m, t, f[i]->formula);
    if (u->radius > 0.0 && (size_t)rows > c->room) {
        passwd_p4 *more = (passwd_p4 *)realloc(c->particle, (size_t)rows * sizeof *more);
        if (!more) return no_memory(t->path);
        c->particle = more;
        c->room = (size_t)rows;
    }
    for (k = 0; k < rows; k++) {
        if (u->where >= 0 && !(value_of(&c->m, t, u->where, e, k) != 0.0)) continue;
        if (!momentum(c, t, f, e, k, p)) c->unusable++;
        else if (u->radius > 0.0) c->particle[count++] = passwd_p4_of(p[0], p[1], p[2], p[3]);
        else put_row(c, t, u, e, k, p, digits);
    }
    return u->radius > 0.0 ? put_jets(c, t, u, e, count) : 1;
}
static int put_event(csv *c, const table *t, int64_t e) {
    const int64_t before = c->rows;
    int r;
    for (r = 0; r < c->m.rules; r++) {
        const rule *u = c->m.rule[r];
        if (u->event && u->where >= 0 && !(value_of(&c->m, t, u->where, e, 0) != 0.0)) {
            c->unselected++;
            return 1;
        }
    }
    for (r = 0; r < c->m.rules; r++)
        if (!c->m.rule[r]->event && !c->m.rule[r]->absent && !put_rule(c, t, c->m.rule[r], e)) return 0;
    c->empty += c->rows == before;
    c->written += c->rows > before;
    return 1;
}

/* ---- the map */

/* The map of a file that none is given for. */
static const char *usual_map(const table *t) {
    if (!strcmp(t->format->name, "LHE") || find_column(t, "events/nparticles", 17) >= 0) return "lhe";
    if (!strcmp(t->format->name, "HepMC")) return "hepmc";
    if (!strcmp(t->format->name, "LHCO")) return "lhco";
    if (is_spanet(t)) return "spanet";
    if (find_column(t, "Jet.PT", 6) >= 0) return "delphes";
    if (find_column(t, "Jet_pt", 6) >= 0) return "nanoaod";
    if (find_column(t, "df/pxj1", 7) >= 0) return "lhco2020-features";
    if (find_column(t, "df/block0_values", 16) >= 0) return "lhco2020";
    complain(0,
        "%s: which of its columns are what? Say so with --map; convert list names them, convert csv --help tells "
        "how",
        t->path);
    return NULL;
}
/* The text of --map: a built-in one, a file, or the text itself. */
static int find_map(csv *c, const table *t) {
    const char *name = c->s->map;
    passwd_spanet_topology top;
    passwd_error error;
    size_t length;
    if (!name) name = usual_map(t);
    if (!name) return 0;
    snprintf(c->name, sizeof c->name, "map %.250s", name);
    if (!strcmp(name, "spanet")) {
        if (!is_spanet(t)) return complain(0, "%s: it has no INPUTS, as the public SPANet code's files do", t->path);
        if (c->s->topology && passwd_spanet_topology_preset(c->s->topology, &top, NULL)
            && passwd_spanet_topology_load(c->s->topology, NULL, &top, &error))
            return failed(&error), 0;
        c->text = spanet_map(t, c->s, c->s->topology ? &top : NULL);
    } else if (builtin_map_of(name)) c->text = strdup(builtin_map_of(name));
    else if (strchr(name, '=') && access(name, F_OK)) {
        snprintf(c->name, sizeof c->name, "--map");
        c->text = strdup(name);
    } else {
        char *read = read_text(name, &length);
        c->text = read ? strndup(read, length) : NULL; /* with its end */
        free(read);
        snprintf(c->name, sizeof c->name, "%.250s", name);
    }
    return c->text != NULL;
}
/* The tree that a map names, before a file is open. */
static int tree_of_map(const settings *s, char tree[128]) {
    const char *text = s->map ? builtin_map_of(s->map) : NULL;
    char *read = NULL;
    size_t length = 0;
    map m;
    *tree = 0;
    if (!s->map || s->tree) return 1;
    if (!text && strchr(s->map, '=') && access(s->map, F_OK)) text = s->map;
    if (!text) {
        char *raw = read_text(s->map, &length);
        text = read = raw ? strndup(raw, length) : NULL;
        free(raw);
        if (!text) return 0;
    }
    if (!map_parse(&m, text, s->map)) {
        map_free(&m);
        free(read);
        return 0;
    }
    snprintf(tree, 128, "%s", m.tree);
    map_free(&m);
    free(read);
    return 1;
}

/* ---- files */

static int convert_blocks(csv *c, table *t, meter *progress, double before, double part) {
    const settings *s = c->s;
    char text[80];
    int64_t e;
    while (!s->count || c->seen < s->first + s->count) {
        if (!t->format->read(t, BLOCK)) return 0;
        if (t->events == 0) return 1;
        for (e = 0; e < t->events && (!s->count || c->seen < s->first + s->count); e++, c->seen++)
            if (c->seen >= s->first && !put_event(c, t, e)) return 0;
        snprintf(text, sizeof text, "%lld events", (long long)c->seen);
        meter_show(progress, t->done >= 0.0 ? before + part * t->done : -1.0, text);
        if (interrupted) return complain(0, "interrupted; nothing was kept");
        if (ferror(c->to.file)) return 0;
    }
    return 1;
}
static int convert_file(csv *c, const char *path, const char *tree, meter *progress, double before, double part) {
    static char first[EXTRAS][MAP_NAME];
    const int extras = c->extras, targets = c->targets, energy = c->energy;
    table t;
    int good = open_table(&t, path, tree);
    if (good && !c->s->map) { /* what the file is says its map */
        free(c->text);
        c->text = NULL;
    }
    if (good && !c->text) good = find_map(c, &t);
    memcpy(first, c->names, sizeof first);
    if (good) good = map_parse(&c->m, c->text, c->name) && map_compile(&c->m, &t) && name_extras(c);
    if (good && c->seen == 0 && !c->to.file) {
        good = output_open(&c->to, c->s->out);
        if (good) put_header(c);
    } else if (good
        && (extras != c->extras || targets != c->targets || energy != c->energy
            || memcmp(first, c->names, sizeof first)))
        good = complain(0, "%s: it has other columns than the files before it", path);
    if (good) good = t.format->start(&t) && convert_blocks(c, &t, progress, before, part);
    map_free(&c->m);
    close_table(&t);
    return good;
}
static void tell(const csv *c) {
    meter_clear();
    fprintf(stderr, TOOL ": %lld events with %lld objects\n", (long long)c->written, (long long)c->rows);
    if (c->unselected) complain(OK, "%lld events were not selected", (long long)c->unselected);
    if (c->empty) complain(OK, "%lld events have no objects, and so no rows", (long long)c->empty);
    if (c->unusable)
        complain(OK, "%lld objects were left out: their momenta are not finite, pt or m is negative, or |eta| above 20",
            (long long)c->unusable);
    if (c->doubled) complain(OK, "%lld labels were left out: their object has another one", (long long)c->doubled);
}
static int command_csv(const settings *s) {
    csv *c = (csv *)calloc(1, sizeof *c);
    meter progress = meter_new();
    char tree[128];
    files f;
    size_t k;
    int good = c != NULL;
    memset(&f, 0, sizeof f);
    if (!c) return complain(FAILED, "there is not enough memory");
    c->s = s;
    good = tree_of_map(s, tree) && find_files(&f, &s->events);
    for (k = 0; good && k < f.count; k++)
        if (same_file(s->out, f.path[k])) good = complain(0, "%s is given twice and would be overwritten", s->out);
    catch_interrupts();
    for (k = 0; good && k < f.count; k++)
        good = convert_file(c, f.path[k],
            s->tree     ? s->tree
                : *tree ? tree
                        : NULL,
            &progress, (double)k / (double)f.count, 1.0 / (double)f.count);
    if (c->to.file && !output_close(&c->to, good || ferror(c->to.file))) good = 0;
    if (good) tell(c);
    free(c->particle);
    free(c->text);
    free_files(&f);
    free(c);
    return good ? OK : FAILED;
}

/* ------------------------------------------------------------------------------------------------------------------
   convert hdf5
   --------------------------------------------------------------------------------------------------------------- */

static int command_hdf5(const settings *s) {
#ifdef CONVERT_HDF5
    passwd_spanet_topology *top = (passwd_spanet_topology *)calloc(1, sizeof *top);
    passwd_error error;
    const char *written[2];
    int status = top ? OK : complain(FAILED, "there is not enough memory");
    written[0] = s->out;
    written[1] = s->results;
    if (status == OK && reads_standard_input(&s->events))
        status = complain(USAGE, "--events - cannot be read twice, as HDF5's arrays of one size need");
    if (status == OK) status = check_outputs(written, 1, 2);
    if (status == OK) status = check_read(written, 1, &s->events);
    if (status == OK && passwd_spanet_topology_preset(s->topology, top, NULL)
        && passwd_spanet_topology_load(s->topology, NULL, top, &error))
        status = failed(&error);
    catch_interrupts();
    if (status == OK) status = write_hdf5(s, top);
    free(top);
    return status;
#else
    return complain(FAILED,
        "%s: to write HDF5, this tool must be built with its library: apt-get install libhdf5-dev, then make convert",
        s->out);
#endif
}
