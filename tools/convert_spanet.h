/* convert_spanet.h: HDF5 in the layout of the public SPANet code: the map that reads it, and its writer. Collections
   are INPUTS/NAME/feature [events, objects] with INPUTS/NAME/MASK, global inputs INPUTS/NAME/feature [events], the jets
   of particles TARGETS/particle/product (indices, -1: none), and REGRESSIONS and CLASSIFICATIONS one number per event.
   Part of convert.c. */
#ifndef CONVERT_SPANET_H
#define CONVERT_SPANET_H

/* ------------------------------------------------------------------------------------------------------------------
   Reading: the map of such a file
   --------------------------------------------------------------------------------------------------------------- */

enum { GROUPS = 16 };
typedef struct group {
    char name[64], object[16];
    int lists, mask;      /* a collection of objects; the column MASK, -1: none */
    int64_t size, offset; /* objects with padding; those of the collections before it */
} group;
typedef struct layout {
    const table *t;
    group group[GROUPS];
    int groups, collections;
    FILE *to;
} layout;

static int is_spanet(const table *t) {
    int k;
    for (k = 0; k < t->columns; k++)
        if (!strncmp(t->column[k].name, "INPUTS/", 7) && strchr(t->column[k].name + 7, '/')) return 1;
    return 0;
}
/* The part of a path between two slashes, from 0; its length. */
static size_t part_of(const char *path, int number, const char **at) {
    while (number-- > 0) {
        path = strchr(path, '/');
        if (!path) return 0;
        path++;
    }
    *at = path;
    return strcspn(path, "/");
}
/* What follows NAME= among values of an option such as --object; NULL: nothing. */
static const char *given(const texts *list, const char *name) {
    const size_t length = strlen(name);
    int k;
    for (k = 0; k < list->count; k++)
        if (!strncmp(list->item[k], name, length) && list->item[k][length] == '=') return list->item[k] + length + 1;
    return NULL;
}
/* The objects that a collection of this name holds, as in passwd_spanet.h, unless another one holds them already. */
static void object_of(layout *l, group *g, const texts *objects) {
    static const char *const known[][2] = { { "lepton", "e" }, { "electron", "e" }, { "muon", "mu" }, { "tau", "tau" },
        { "photon", "g" }, { "met", "met" }, { "bjet", "b" } };
    const char *wanted = given(objects, g->name), *type = wanted ? wanted : "j";
    char name[64];
    size_t k;
    int i;
    for (k = 0; k < sizeof name - 1 && g->name[k]; k++) name[k] = lower(g->name[k]);
    name[k] = 0;
    for (k = 0; !wanted && k < sizeof known / sizeof *known; k++)
        if (!strncmp(name, known[k][0], strlen(known[k][0]))) type = known[k][1];
    for (i = 0; !wanted && &l->group[i] != g; i++)
        if (l->group[i].lists && !strcmp(l->group[i].object, type)) type = name;
    snprintf(g->object, sizeof g->object, "%.15s", type);
}
static int find_groups(layout *l, const settings *s, const passwd_spanet_topology *order) {
    int k, i, r;
    for (r = order ? 0 : -1; r < (order ? order->inputs : 0); r++) /* in the order of a topology, then in the file's */
        for (k = 0; k < l->t->columns; k++) {
            const column *c = l->t->column + k;
            const char *name;
            size_t length = strncmp(c->name, "INPUTS/", 7) ? 0 : part_of(c->name, 1, &name);
            group *g;
            if (!length || !strchr(name, '/') || strchr(name + length + 1, '/')) continue;
            if (r >= 0 && (strncmp(order->input[r].name, name, length) || order->input[r].name[length])) continue;
            for (i = 0; i < l->groups && (strncmp(l->group[i].name, name, length) || l->group[i].name[length]); i++) {}
            if (i == GROUPS) return complain(0, "%s: it has more than %d inputs", l->t->path, GROUPS);
            g = l->group + i;
            if (i == l->groups) {
                snprintf(g->name, sizeof g->name, "%.*s", (int)length, name);
                g->mask = -1;
                l->groups++;
            }
            if (!strcmp(name + length, "/MASK")) g->mask = k;
            if (c->lists && c->rank == 1) g->lists = 1, g->size = c->length;
        }
    for (i = 0; i < l->groups; i++) {
        if (!l->group[i].lists) continue;
        object_of(l, l->group + i, &s->object);
        for (k = 0; k < i; k++) l->group[i].offset += l->group[k].size;
        l->collections++;
    }
    return l->groups > 0 || complain(0, "%s: it has no INPUTS", l->t->path);
}
static int has_feature(const layout *l, const group *g, const char *name) {
    char path[200];
    snprintf(path, sizeof path, "INPUTS/%s/%s", g->name, name);
    return find_column(l->t, path, strlen(path)) >= 0;
}
/* The features of a collection, under the names that our events have for them. */
static void put_features(const layout *l, const group *g) {
    const int angle = !has_feature(l, g, "phi") && has_feature(l, g, "sin_phi") && has_feature(l, g, "cos_phi");
    const size_t length = strlen(g->name);
    int k;
    if (angle) fprintf(l->to, " phi=atan2(\"INPUTS/%s/sin_phi\",\"INPUTS/%s/cos_phi\")", g->name, g->name);
    if (!has_feature(l, g, "mass") && !has_feature(l, g, "m") && !has_feature(l, g, "energy")
        && !has_feature(l, g, "e"))
        fputs(" m=0", l->to);
    for (k = 0; k < l->t->columns; k++) {
        const char *name = l->t->column[k].name, *feature = name + 8 + length;
        if (strncmp(name, "INPUTS/", 7) || strncmp(name + 7, g->name, length) || name[7 + length] != '/') continue;
        if (!strcmp(feature, "MASK") || (angle && (!strcmp(feature, "sin_phi") || !strcmp(feature, "cos_phi"))))
            continue;
        if (!strcmp(feature, "mass")) feature = "m";
        if (!strcmp(feature, "energy")) feature = "e";
        fprintf(l->to, " \"%s\"=\"%s\"", feature, name);
    }
}
/* The labels of products that this collection may hold: of all, or of those that --source says it has. */
static int put_targets(const layout *l, const group *g, const settings *s) {
    int k;
    for (k = 0; k < l->t->columns; k++) {
        const column *c = l->t->column + k;
        const char *label = c->name + 8, *from;
        char mask[300];
        if (strncmp(c->name, "TARGETS/", 8) || !strchr(label, '/') || c->lists || c->single) continue;
        if (strstr(label, "/MASK") || strstr(label, "/WEIGHT") || strstr(label, "_probability")) continue;
        from = given(&s->source, label);
        if (from && strcmp(from, g->name)) continue;
        if (!from && l->collections > 1 && !s->topology)
            return complain(0,
                "%s: it has %d collections: say which one \"%s\" counts in, with --source %s=%s, or with --topology in "
                "which order they stand, if it counts through all",
                l->t->path, l->collections, c->name, label, g->name);
        snprintf(mask, sizeof mask, "TARGETS/%.*s/MASK", (int)strcspn(label, "/"), label);
        fprintf(l->to, " \"target:%s\"=", label);
        if (find_column(l->t, mask, strlen(mask)) >= 0)
            fprintf(l->to, "(min(\"%s\",1000000*\"%s\"-1)-%lld)", c->name, mask, from ? 0LL : (long long)g->offset);
        else fprintf(l->to, "(\"%s\"-%lld)", c->name, from ? 0LL : (long long)g->offset);
    }
    return 1;
}
/* Columns of the event: global inputs (empty where their mask says so), heads, weights, probabilities. */
static void put_event_line(const layout *l) {
    int k, i;
    fputs("event", l->to);
    for (k = 0; k < l->t->columns; k++) {
        const column *c = l->t->column + k;
        const char *slash = strchr(c->name, '/'), *end = strrchr(c->name, '/');
        char mask[300];
        if (c->lists || c->unusable) continue;
        for (i = 0; i < l->groups; i++) {
            const size_t length = strlen(l->group[i].name);
            if (l->group[i].lists || strncmp(c->name, "INPUTS/", 7) || strncmp(c->name + 7, l->group[i].name, length)
                || c->name[7 + length] != '/' || !strcmp(end, "/MASK"))
                continue;
            snprintf(mask, sizeof mask, "INPUTS/%s/MASK", l->group[i].name);
            if (l->group[i].mask >= 0) /* 0/0 is no number */
                fprintf(l->to, " \"%s.%s\"=(\"%s\"+0/\"%s\")", l->group[i].name, end + 1, c->name, mask);
            else fprintf(l->to, " \"%s.%s\"=\"%s\"", l->group[i].name, end + 1, c->name);
        }
        if (!strncmp(c->name, "REGRESSIONS/", 12) || !strncmp(c->name, "CLASSIFICATIONS/", 16)
            || (!strncmp(c->name, "TARGETS/", 8) && strstr(c->name, "_probability")))
            fprintf(l->to, " \"%s\"=\"%s\"", slash + 1, c->name);
        if (!strcmp(c->name, "WEIGHT") || !strncmp(c->name, "WEIGHTS", 7)) fprintf(l->to, " weight=\"%s\"", c->name);
    }
    fputc('\n', l->to);
}
/* The map of a file, to be freed; NULL after a complaint. */
static char *spanet_map(const table *t, const settings *s, const passwd_spanet_topology *order) {
    layout l;
    char *text = NULL;
    size_t length = 0;
    int k, good;
    memset(&l, 0, sizeof l);
    l.t = t;
    if (!find_groups(&l, s, order)) return NULL;
    l.to = open_memstream(&text, &length);
    if (!l.to) return no_memory(t->path), NULL;
    for (k = 0, good = 1; good && k < l.groups; k++) {
        const group *g = l.group + k;
        if (!g->lists) continue;
        fprintf(l.to, "object=%s", g->object);
        put_features(&l, g);
        good = put_targets(&l, g, s);
        if (g->mask >= 0) fprintf(l.to, " where \"INPUTS/%s/MASK\"", g->name);
        fputc('\n', l.to);
    }
    if (good) put_event_line(&l);
    if (fclose(l.to)) good = no_memory(t->path);
    if (!good) free(text);
    return good ? text : NULL;
}

/* ------------------------------------------------------------------------------------------------------------------
   Writing
   --------------------------------------------------------------------------------------------------------------- */
#ifdef CONVERT_HDF5
enum {
    SETS = PASSWD_SPANET_INPUTS * (PASSWD_SPANET_FEATURES + 1) + PASSWD_SPANET_PARTICLES * 8 + PASSWD_SPANET_HEADS + 1
};

/* The jets of an event's particles, as `spanet run` wrote them. */
typedef struct answers {
    lines from;
    int column[5]; /* of event, particle, jets, probability, detection */
    int on;        /* a line is read that belongs to a later event */
    double probability[PASSWD_SPANET_PARTICLES], detection[PASSWD_SPANET_PARTICLES];
    int row[PASSWD_SPANET_PARTICLES][PASSWD_SPANET_PRODUCTS];
} answers;
typedef struct writer {
    const settings *s;
    passwd_spanet_topology *top;
    passwd_spanet_columns columns;
    int64_t events, size[PASSWD_SPANET_INPUTS], lost; /* objects of an input at most; labels on objects of none */
    int source[PASSWD_SPANET_PARTICLES][PASSWD_SPANET_PRODUCTS]; /* input that its index counts in; -1: all */
    int weighted;                                                /* some weight is not 1 */
    hid_t file;
    output to;
    answers *answers; /* NULL: the targets are the truth */
    struct {
        hid_t set;
        int64_t width;
        double *value; /* of the block */
    } set[SETS];
    int sets;
} writer;

/* The input that holds a type of objects; -1: none. */
static int input_of(const passwd_spanet_topology *top, const char *type) {
    int i, k;
    for (i = 0; i < top->inputs; i++) {
        if (top->input[i].global) continue;
        if (top->input[i].types == 0 && (!strcmp(type, "j") || !strcmp(type, "b"))) return i;
        for (k = 0; k < top->input[i].types; k++)
            if (!strcmp(top->input[i].type[k], type)) return i;
    }
    return -1;
}
static const char *type_of(const passwd_events *v, int64_t row) {
    return v->type && v->type_names.count > v->type[row] ? v->type_names.name[v->type[row]] : "j";
}
/* How many events there are, and how many objects of each input at most: arrays have one size. */
static int measure(writer *w) {
    passwd_events v;
    source from;
    int64_t e, r, n[PASSWD_SPANET_INPUTS];
    int i, status;
    memset(&v, 0, sizeof v);
    for (i = 0; i < w->top->inputs; i++) w->size[i] = w->s->width > 0 ? w->s->width : 1;
    if (!source_open(&from, &w->s->events, &w->columns.options)) return 0;
    while ((status = source_next(&from, BLOCK, &v)) == OK && v.count > 0) {
        for (e = 0; e < v.count; e++) {
            w->weighted |= v.weight && v.weight[e] != 1.0;
            memset(n, 0, sizeof n);
            for (r = v.first[e]; r < v.first[e + 1]; r++) {
                i = input_of(w->top, type_of(&v, r));
                if (i >= 0 && ++n[i] > w->size[i]) w->size[i] = n[i];
            }
        }
        w->events += v.count;
    }
    passwd_events_free(&v);
    source_close(&from);
    return status == OK;
}
static hid_t bool_type(void) {
    const signed char values[2] = { 0, 1 };
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    H5Tenum_insert(type, "FALSE", &values[0]);
    H5Tenum_insert(type, "TRUE", &values[1]);
    return type;
}
/* A data set [events] or [events, width]; its number, or -1 after a complaint. */
static int new_set(writer *w, hid_t type, int64_t width, const char *path) {
    const hsize_t dim[2] = { (hsize_t)w->events, (hsize_t)width };
    hid_t space = H5Screate_simple(width ? 2 : 1, dim, NULL), links = H5Pcreate(H5P_LINK_CREATE);
    const int k = w->sets;
    H5Pset_create_intermediate_group(links, 1);
    w->set[k].set = H5Dcreate2(w->file, path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    w->set[k].width = width ? width : 1;
    w->set[k].value = (double *)malloc((size_t)(BLOCK * w->set[k].width) * sizeof(double));
    H5Pclose(links);
    H5Sclose(space);
    if (w->set[k].set < 0 || !w->set[k].value)
        return complain(-1, "%s: data set \"%s\" cannot be written: %s", w->s->out, path, h5_reason());
    w->sets++;
    return k;
}
/* All data sets, in the order that fill_event gives them their numbers. */
static int new_sets(writer *w) {
    const passwd_spanet_topology *top = w->top;
    static const char *const chances[] = { "assignment_probability", "detection_probability", "marginal_probability" };
    hid_t truth = bool_type();
    char path[300], name[100];
    int i, k, good = 1;
    for (i = 0; i < top->inputs; i++) {
        const int64_t width = top->input[i].global ? 0 : w->size[i];
        snprintf(path, sizeof path, "INPUTS/%s/MASK", top->input[i].name);
        good = good && new_set(w, truth, width, path) >= 0;
        for (k = 0; k < top->input[i].features; k++) {
            snprintf(path, sizeof path, "INPUTS/%s/%s", top->input[i].name, top->input[i].feature[k].name);
            good = good && new_set(w, H5T_IEEE_F32LE, width, path) >= 0;
        }
    }
    H5Tclose(truth);
    for (i = 0; i < top->particles; i++) {
        for (k = 0; k < top->particle[i].products; k++) {
            snprintf(path, sizeof path, "TARGETS/%s/%s", top->particle[i].name, top->particle[i].product[k]);
            good = good && new_set(w, H5T_STD_I64LE, 0, path) >= 0;
        }
        for (k = 0; w->answers && k < 3; k++) {
            snprintf(path, sizeof path, "TARGETS/%s/%s", top->particle[i].name, chances[k]);
            good = good && new_set(w, H5T_IEEE_F32LE, 0, path) >= 0;
        }
    }
    for (i = 0; !w->answers && i < top->heads; i++) {
        const int classes = top->head[i].kind == PASSWD_SPANET_CLASSES;
        passwd_spanet_head_name(top, i, name);
        snprintf(path, sizeof path, "%s/%s", classes ? "CLASSIFICATIONS" : "REGRESSIONS", name);
        good = good && new_set(w, classes ? H5T_STD_I64LE : H5T_IEEE_F32LE, 0, path) >= 0;
    }
    return good && (!w->weighted || new_set(w, H5T_IEEE_F32LE, 0, "WEIGHT") >= 0);
}
static const double *number_of(const writer *w, const passwd_events *v, const char *name) {
    char asked[104];
    int k;
    snprintf(asked, sizeof asked, "%.100s?", name);
    for (k = 0; k < w->columns.options.n_numbers; k++)
        if (!strcmp(w->columns.numbers[k], asked)) return v->number[k];
    return NULL;
}
/* A feature of a row, as the public code calls it; NaN: the events do not have it. */
static double feature_of(const writer *w, const passwd_events *v, int64_t row, const char *name) {
    const double *own;
    if (!strcmp(name, "pt")) return v->pt[row];
    if (!strcmp(name, "eta")) return v->eta[row];
    if (!strcmp(name, "phi")) return v->phi[row];
    if (!strcmp(name, "sin_phi")) return sin(v->phi[row]);
    if (!strcmp(name, "cos_phi")) return cos(v->phi[row]);
    if (!strcmp(name, "m") || !strcmp(name, "mass")) return v->m[row];
    if (!strcmp(name, "e") || !strcmp(name, "energy")) return v->e[row];
    own = number_of(w, v, name);
    return own ? own[row] : (double)NAN;
}
/* The global input of an event: its columns, or its first object; 1 if the event has it. */
static int global_input(const writer *w, const passwd_events *v, int64_t event, int input, double *value) {
    const passwd_spanet_input *in = w->top->input + input;
    int64_t r, first = -1;
    char name[80];
    int k, t, has = 0;
    for (r = v->first[event]; r < v->first[event + 1] && first < 0; r++)
        for (t = 0; t < in->types; t++)
            if (!strcmp(in->type[t], type_of(v, r))) first = r;
    for (k = 0; k < in->features; k++) {
        const double *own;
        snprintf(name, sizeof name, "%.31s.%.31s", in->name, in->feature[k].name);
        own = number_of(w, v, name);
        value[k] = own ? own[v->first[event]] : first >= 0 ? feature_of(w, v, first, in->feature[k].name) : (double)NAN;
        has |= !isnan(value[k]);
    }
    return has;
}
/* The index of a row where the product is counted; -1: it is none of its objects. place: of each row in its input. */
static double index_of(const writer *w, int particle, int product, int input, int place) {
    const int own = w->source[particle][product];
    int64_t before = 0;
    int i;
    if (input < 0 || (own >= 0 && own != input)) return -1.0;
    for (i = 0; own < 0 && i < input; i++) before += w->top->input[i].global ? 0 : w->size[i];
    return (double)(before + place);
}
/* Event e of a block becomes the e-th entry of every data set. */
static void fill_event(writer *w, const passwd_events *v, int64_t e) {
    const passwd_spanet_topology *top = w->top;
    const int64_t rows = v->first[e + 1] - v->first[e];
    const double *target = v->number[PASSWD_SPANET_TARGET];
    double value[PASSWD_SPANET_FEATURES];
    int i, k, f, at = 0, p;
    for (i = 0; i < top->inputs; i++) {
        const int64_t width = w->set[at].width;
        int64_t r, n = 0;
        for (k = 0; k <= top->input[i].features; k++)
            memset(w->set[at + k].value + e * width, 0, (size_t)width * sizeof(double));
        if (top->input[i].global) {
            w->set[at].value[e] = global_input(w, v, e, i, value);
            for (f = 0; f < top->input[i].features; f++)
                w->set[at + 1 + f].value[e] = w->set[at].value[e] != 0.0 ? value[f] : 0.0;
        } else
            for (r = 0; r < rows; r++) {
                if (input_of(top, type_of(v, v->first[e] + r)) != i) continue;
                w->set[at].value[e * width + n] = 1.0;
                for (f = 0; f < top->input[i].features; f++)
                    w->set[at + 1 + f].value[e * width + n] =
                        feature_of(w, v, v->first[e] + r, top->input[i].feature[f].name);
                n++;
            }
        at += 1 + top->input[i].features;
    }
    for (p = 0; p < top->particles; p++) {
        for (k = 0; k < top->particle[p].products; k++) {
            int n[PASSWD_SPANET_INPUTS] = { 0 };
            int64_t r;
            double *index = w->set[at++].value + e;
            *index = -1.0;
            for (r = 0; r < rows; r++) {
                const int input = input_of(top, type_of(v, v->first[e] + r)), place = input < 0 ? 0 : n[input]++;
                if (w->answers
                        ? w->answers->row[p][k] == r
                        : target && !strcmp(v->texts.name[(int)target[v->first[e] + r]], top->particle[p].target[k])) {
                    *index = index_of(w, p, k, input, place);
                    w->lost += *index < 0.0;
                }
            }
        }
        if (!w->answers) continue;
        w->set[at++].value[e] = w->answers->probability[p];
        w->set[at++].value[e] = w->answers->detection[p];
        w->set[at++].value[e] = w->answers->probability[p] * w->answers->detection[p];
    }
    for (i = 0; !w->answers && i < top->heads; i++) {
        const int classes = top->head[i].kind == PASSWD_SPANET_CLASSES;
        const double *own;
        char name[100];
        passwd_spanet_head_name(top, i, name);
        own = number_of(w, v, name);
        w->set[at].value[e] = own ? own[v->first[e]] : (double)NAN;
        if (classes && isnan(w->set[at].value[e])) w->set[at].value[e] = -1.0;
        at++;
    }
    if (w->weighted) w->set[at].value[e] = v->weight[e];
}
/* Entries [at, at + count) of all data sets. Enumerations take bytes, which HDF5 does not convert doubles to. */
static int write_sets(writer *w, int64_t at, int64_t count) {
    hid_t truth = bool_type();
    int k, good = 1;
    int64_t i;
    for (k = 0; good && k < w->sets; k++) {
        const int64_t width = w->set[k].width, numbers = count * width;
        const hsize_t start[2] = { (hsize_t)at, 0 }, size[2] = { (hsize_t)count, (hsize_t)width },
                      all = (hsize_t)numbers;
        hid_t there = H5Dget_space(w->set[k].set), here = H5Screate_simple(1, &all, NULL),
              type = H5Dget_type(w->set[k].set);
        const int bytes = H5Tget_class(type) == H5T_ENUM;
        for (i = 0; bytes && i < numbers; i++) ((signed char *)w->set[k].value)[i] = w->set[k].value[i] != 0.0;
        good = H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, size, NULL) >= 0
            && H5Dwrite(w->set[k].set, bytes ? truth : H5T_NATIVE_DOUBLE, here, there, H5P_DEFAULT, w->set[k].value)
                >= 0;
        H5Tclose(type);
        H5Sclose(here);
        H5Sclose(there);
    }
    H5Tclose(truth);
    return good || complain(0, "%s cannot be written: %s", w->s->out, h5_reason());
}

/* ---- results of spanet run */

/* A field of a line, which has no quotes up to there; empty where there is none. */
static const char *field_at(const char *line, int number, size_t *length) {
    while (number-- > 0 && *line) line += strcspn(line, ",") + (line[strcspn(line, ",")] == ',');
    *length = strcspn(line, ",");
    return line;
}
static int answers_open(answers *a, const char *path) {
    static const char *const names[] = { "event", "particle", "jets", "probability", "detection" };
    size_t length;
    int k, i;
    if (!lines_open(&a->from, path) || lines_next(&a->from) < 0) return 0;
    for (k = 0; k < 5; k++) {
        a->column[k] = -1;
        for (i = 0; a->from.text && i < 64; i++) {
            const char *name = field_at(a->from.text, i, &length);
            if (length == strlen(names[k]) && !strncmp(name, names[k], length)) a->column[k] = i;
        }
        if (a->column[k] < 0)
            return complain(0, "%s: it has no column \"%s\": results of spanet run are expected", path, names[k]);
    }
    return 1;
}
static double number_at(const answers *a, int which) {
    size_t length;
    const char *text = field_at(a->from.text, a->column[which], &length);
    return length ? strtod(text, NULL) : (double)NAN;
}
/* The rows of event `id`; 0 after a complaint. */
static int answers_next(answers *a, const passwd_spanet_topology *top, int64_t id) {
    int p, k, more, seen = 0;
    memset(a->row, -1, sizeof a->row);
    for (p = 0; p < PASSWD_SPANET_PARTICLES; p++) a->probability[p] = a->detection[p] = (double)NAN;
    while ((more = lines_next(&a->from)) > 0 && number_at(a, 0) == (double)id) {
        size_t length;
        const char *text = field_at(a->from.text, a->column[1], &length);
        for (p = 0; p < top->particles; p++)
            if (strlen(top->particle[p].name) == length && !strncmp(top->particle[p].name, text, length)) break;
        if (p == top->particles)
            return complain(0, "%s: line %lld: the topology has no particle \"%.*s\"", a->from.path, a->from.number,
                (int)length, text);
        text = field_at(a->from.text, a->column[2], &length);
        for (k = 0; k < top->particle[p].products && *text && *text != ','; k++) {
            char *end;
            a->row[p][k] = (int)strtol(text, &end, 10);
            if (end == text) return complain(0, "%s: line %lld: its jets are no rows", a->from.path, a->from.number);
            text = end + strspn(end, " ");
        }
        a->probability[p] = number_at(a, 3);
        a->detection[p] = number_at(a, 4);
        seen++;
    }
    if (more < 0) return 0;
    a->from.again = more > 0; /* the next event's */
    return seen > 0
        || complain(
            0, "%s: line %lld: event %lld of the events should come here", a->from.path, a->from.number, (long long)id);
}

/* ---- the command */

/* --source t1/l=Leptons, and what an INI topology says: an index counts in one collection, else through all. */
static int find_sources(writer *w) {
    int p, k, i;
    for (p = 0; p < w->top->particles; p++)
        for (k = 0; k < w->top->particle[p].products; k++) {
            const int bits = w->top->particle[p].inputs[k];
            char name[80];
            const char *chosen;
            snprintf(name, sizeof name, "%s/%s", w->top->particle[p].name, w->top->particle[p].product[k]);
            chosen = given(&w->s->source, name);
            w->source[p][k] = -1;
            for (i = 0; i < w->top->inputs; i++)
                if (chosen ? !strcmp(chosen, w->top->input[i].name) : bits == 1 << i) w->source[p][k] = i;
            if (chosen && w->source[p][k] < 0)
                return complain(0, "--source %s=%s: the topology has no such collection", name, chosen);
        }
    return 1;
}
static int write_all(writer *w) {
    passwd_events v;
    source from;
    int64_t at = 0, e;
    meter progress = meter_new();
    char text[80];
    int status, good = 1;
    memset(&v, 0, sizeof v);
    if (!source_open(&from, &w->s->events, &w->columns.options)) return 0;
    while (good && (status = source_next(&from, BLOCK, &v)) == OK && v.count > 0) {
        for (e = 0; good && e < v.count; e++) {
            good = !w->answers || answers_next(w->answers, w->top, v.id[e]);
            if (good) fill_event(w, &v, e);
        }
        good = good && (at + v.count <= w->events || complain(0, "%s: it grew meanwhile", reading))
            && write_sets(w, at, v.count);
        at += v.count;
        snprintf(text, sizeof text, "%lld events", (long long)at);
        meter_show(&progress, (double)at / (double)w->events, text);
        if (interrupted) good = complain(0, "interrupted; nothing was kept");
    }
    meter_clear();
    if (good && w->answers && w->answers->from.again)
        good = complain(0, "%s: line %lld: there is no such event", w->answers->from.path, w->answers->from.number);
    passwd_events_free(&v);
    source_close(&from);
    return good && status == OK;
}
/* The file is created by HDF5 under the temporary name of an output, which appears when all is well. */
static int create_hdf5(writer *w) {
    char link[64], path[1100];
    ssize_t n;
    if (!output_open(&w->to, w->s->out)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fileno(w->to.file));
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return complain(0, "%s cannot be written: this system has no /proc", w->s->out);
    path[n] = 0;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    w->file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    return w->file >= 0 || complain(0, "%s cannot be written: %s", w->s->out, h5_reason());
}
static int close_hdf5_output(writer *w, int good) {
    int k;
    for (k = 0; k < w->sets; k++) {
        if (H5Dclose(w->set[k].set) < 0) good = 0;
        free(w->set[k].value);
    }
    if (w->file > 0 && H5Fclose(w->file) < 0) good = complain(0, "%s cannot be written: %s", w->s->out, h5_reason());
    return !w->to.file ? 0 : output_close(&w->to, good);
}
static int write_hdf5(const settings *s, passwd_spanet_topology *top) {
    writer *w = (writer *)calloc(1, sizeof *w);
    answers *a = s->results ? (answers *)calloc(1, sizeof *a) : NULL;
    int good;
    if (!w || (s->results && !a)) return no_memory(s->out), FAILED;
    w->s = s;
    w->top = top;
    w->answers = a;
    passwd_spanet_columns_of(top, &w->columns);
    good = find_sources(w) && (!a || answers_open(a, s->results)) && measure(w) && create_hdf5(w) && new_sets(w)
        && write_all(w);
    good = close_hdf5_output(w, good);
    if (good) complain(OK, "%lld events", (long long)w->events);
    if (good && w->lost)
        complain(OK, "%lld targets are on objects that their product's collection does not hold, and were left out",
            (long long)w->lost);
    if (a) lines_close(&a->from);
    free(a);
    free(w);
    return good ? OK : FAILED;
}
#endif
#endif /* CONVERT_SPANET_H */
