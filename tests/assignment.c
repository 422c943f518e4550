/* From distributions to jets: targets of events, selection (against every possible answer), chi-square (against every
   permutation), efficiencies (against counts by hand), bad input, no memory.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/assignment.c -o build/test_assignment -lm && build/test_assignment */
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "check.h"
#include "counting.h"

static passwd_status select_from(const passwd_spanet_topology *t, const float *const *log_p, int jets, int stride,
    const signed char *input, const float *detection, passwd_spanet_selection kind, const passwd_allocator *a,
    passwd_spanet_answer *answer, passwd_error *error) {
    const passwd_spanet_distributions d = { log_p, jets, stride, input, detection };
    return passwd_spanet_select(t, &d, kind, a, answer, error);
}

static passwd_status chi2_run(const passwd_spanet_chi2 *chi2, const passwd_spanet_topology *t, const passwd_events *v,
    int64_t event, int max_jets, int exhaustive, int64_t stop, passwd_spanet_answer *answer, int64_t *permutations,
    passwd_error *error) {
    const passwd_spanet_chi2_options o = { max_jets, exhaustive, stop };
    return passwd_spanet_chi2_run(chi2, t, v, event, &o, answer, permutations, error);
}

static uint32_t drawn;
static double uniform(void) { return passwd_random_uniform(11, 1, drawn++); }
static double normal(void) { return passwd_random_normal(11, 2, drawn++); }
static int below(int n) { return (int)(uniform() * n); }

/* --- topologies --- */

typedef struct group {
    int count;
    signed char g[PASSWD_SPANET_GROUP][8];
} group;
static void group_add(group *x, int a, int b, int c) { /* a cycle; c < 0: two alone */
    signed char *g = x->g[x->count];
    if (x->count++) memcpy(g, x->g[0], 8);
    if (c < 0) {
        g[a] = (signed char)b;
        g[b] = (signed char)a;
    } else {
        g[a] = (signed char)b;
        g[b] = (signed char)c;
        g[c] = (signed char)a;
    }
}
static void group_close(group *x) {
    const int generators = x->count;
    int a, b, c, k;
    for (a = 0; a < x->count; a++)
        for (b = 0; b < generators; b++) {
            signed char y[8];
            for (k = 0; k < 8; k++) y[k] = x->g[a][(int)x->g[b][k]];
            for (c = 0; c < x->count && memcmp(x->g[c], y, 8) != 0; c++) {}
            if (c == x->count) memcpy(x->g[x->count++], y, 8);
        }
}
static void group_begin(group *x) {
    int k;
    x->count = 1;
    for (k = 0; k < 8; k++) x->g[0][k] = (signed char)k;
}

/* Kinds: t top, h H -> bb, s one product, c three in a circle, v H -> VV, f four alike, n three that are not alike; of
   five products: g two alike and three alike (a gluino's), o none alike, p all alike.
   Equal neighbours may be exchanged. */
static void make_topology(passwd_spanet_topology *t, const char *kinds) {
    static const char *const of_top[] = { "q1", "q2", "b" }, *const of_higgs[] = { "b1", "b2" };
    static group x;
    int p, k;
    memset(t, 0, sizeof *t);
    t->inputs = 1;
    strcpy(t->input[0].name, "Jets");
    t->particles = (int)strlen(kinds);
    for (p = 0; p < t->particles; p++) {
        passwd_spanet_particle *y = t->particle + p;
        const char kind = kinds[p];
        y->products = kind == 's' ? 1 : kind == 'h' ? 2 : kind == 'v' || kind == 'f' ? 4 : strchr("gop", kind) ? 5 : 3;
        sprintf(y->name, "%c%d", kind, p + 1);
        for (k = 0; k < y->products; k++) {
            if (kind == 't') strcpy(y->product[k], of_top[k]);
            else if (kind == 'h') strcpy(y->product[k], of_higgs[k]);
            else sprintf(y->product[k], "x%d", k);
            sprintf(y->target[k], "%c%d/%s", kind, p + 1,
                kind == 't'       ? of_top[k]
                    : kind == 'h' ? of_higgs[k]
                                  : y->product[k]);
        }
        group_begin(&x);
        if (strchr("thvfgp", kind)) group_add(&x, 0, 1, -1);
        if (kind == 'c') group_add(&x, 0, 1, 2);
        if (kind == 'g' || kind == 'p') {
            if (kind == 'p') group_add(&x, 1, 2, -1);
            group_add(&x, 2, 3, -1);
            group_add(&x, 3, 4, -1);
        }
        if (kind == 'f') {
            group_add(&x, 1, 2, -1);
            group_add(&x, 2, 3, -1);
        }
        if (kind == 'v') {
            group_add(&x, 0, 2, -1);
            x.g[x.count - 1][1] = 3;
            x.g[x.count - 1][3] = 1;
        }
        group_close(&x);
        y->permutations = x.count;
        for (k = 0; k < x.count; k++) memcpy(y->permutation[k], x.g[k], PASSWD_SPANET_PRODUCTS);
    }
    group_begin(&x);
    for (p = 0; p < t->particles; p++) {
        t->orbit[p] = p && kinds[p] == kinds[p - 1] ? t->orbit[p - 1] : p;
        if (t->orbit[p] != p) group_add(&x, p - 1, p, -1);
    }
    group_close(&x);
    t->permutations = x.count;
    memcpy(t->permutation, x.g, sizeof t->permutation);
}

/* --- events --- */

typedef struct text {
    const char *at;
} text;
static size_t read_text(void *user, char *buffer, size_t bytes) {
    text *t = (text *)user;
    size_t n = strlen(t->at);
    if (n > bytes) n = bytes;
    memcpy(buffer, t->at, n);
    t->at += n;
    return n;
}
static void load(
    const char *csv, const passwd_spanet_topology *topology, const passwd_allocator *allocator, passwd_events *events) {
    passwd_spanet_columns columns;
    passwd_event_reader *reader = NULL;
    passwd_error e;
    text t;
    t.at = csv;
    memset(events, 0, sizeof *events);
    passwd_spanet_columns_of(topology, &columns);
    if (CHECK_OK(
            passwd_event_reader_open_callback(read_text, &t, "events.csv", &columns.options, allocator, &reader, &e),
            e))
        CHECK_OK(passwd_events_read(reader, events, 1000000, &e), e);
    passwd_event_reader_close(reader);
}

typedef struct vector {
    double e, x, y, z;
} vector;
static void boosted(vector *p, const vector *frame, double m) { /* from the rest frame of a mass m */
    const double b = (p->x * frame->x + p->y * frame->y + p->z * frame->z) / m, f = (b / (frame->e / m + 1) + p->e) / m;
    p->e = frame->e / m * p->e + b;
    p->x += f * frame->x;
    p->y += f * frame->y;
    p->z += f * frame->z;
}
static void decay(const vector *parent, double m, double m1, vector *a, vector *b) { /* into a mass m1 and none */
    const double k = (m * m - m1 * m1) / (2 * m), c = 2 * uniform() - 1, s = sqrt(1 - c * c),
                 f = 6.2831853071795865 * uniform();
    a->x = k * s * cos(f);
    a->y = k * s * sin(f);
    a->z = k * c;
    a->e = sqrt(k * k + m1 * m1);
    b->x = -a->x;
    b->y = -a->y;
    b->z = -a->z;
    b->e = k;
    boosted(a, parent, m);
    boosted(b, parent, m);
}
/* Tops of 172.5 GeV with W bosons of 80.4, exactly, and `more` jets that are nothing, all with energies smeared by
   `smear`; the jets stand in random order. */
static char *make_events(int events, int tops, int more, double smear) {
    char *csv = (char *)malloc((size_t)(100 + events * (3 * tops + more) * 120)), *at = csv;
    int e, k;
    at += sprintf(at, "event,pt,eta,phi,m,btag,target\n");
    for (e = 0; e < events; e++) {
        vector jet[20];
        char label[20][16];
        int n = 0, order[20];
        for (k = 0; k < tops; k++) {
            vector top, w;
            int q;
            do {
                const double pt = 60 + 150 * uniform(), f = 6.28 * uniform();
                top.x = pt * cos(f);
                top.y = pt * sin(f);
                top.z = 100 * normal();
                top.e = sqrt(172.5 * 172.5 + pt * pt + top.z * top.z);
                decay(&top, 172.5, 80.4, &w, jet + n + 2);
                decay(&w, 80.4, 0, jet + n, jet + n + 1);
                for (q = 0; q < 3 && hypot(jet[n + q].x, jet[n + q].y) > 5
                     && fabs(jet[n + q].z) < 10 * hypot(jet[n + q].x, jet[n + q].y);
                     q++) {}
            } while (q < 3);
            sprintf(label[n], "t%d/q1", k + 1);
            sprintf(label[n + 1], "t%d/q2", k + 1);
            sprintf(label[n + 2], "t%d/b", k + 1);
            n += 3;
        }
        for (k = 0; k < more; k++, n++) {
            const double pt = 25 + 50 * uniform(), eta = normal(), f = 6.28 * uniform();
            jet[n].x = pt * cos(f);
            jet[n].y = pt * sin(f);
            jet[n].z = pt * sinh(eta);
            jet[n].e = pt * cosh(eta);
            label[n][0] = 0;
        }
        for (k = 0; k < n; k++) {
            const int q = below(k + 1);
            order[k] = order[q];
            order[q] = k;
        }
        for (k = 0; k < n; k++) {
            const vector *v = jet + order[k];
            const double pt = hypot(v->x, v->y), scale = 1 + smear * normal();
            at += sprintf(at, "%d,%.9f,%.12f,%.12f,0,%d,%s\n", e, pt * scale, asinh(v->z / pt), atan2(v->y, v->x),
                strchr(label[order[k]], 'b') != NULL, label[order[k]]);
        }
    }
    return csv;
}

static void test_jets(void) {
    passwd_spanet_topology t;
    passwd_spanet_columns c;
    passwd_events v;
    int32_t rows[128];
    signed char input[128];
    int64_t dropped = 0;
    make_topology(&t, "tt");
    t.input[0].features = 4;
    strcpy(t.input[0].feature[0].name, "pt");
    strcpy(t.input[0].feature[1].name, "btag");
    strcpy(t.input[0].feature[2].name, "width");
    strcpy(t.input[0].feature[3].name, "sin_phi");
    t.inputs = 2;
    t.input[1].features = 2;
    strcpy(t.input[1].feature[0].name, "charge");
    strcpy(t.input[1].feature[1].name, "width");
    t.input[1].types = 2;
    strcpy(t.input[1].type[0], "e");
    strcpy(t.input[1].type[1], "mu");
    passwd_spanet_columns_of(&t, &c);
    CHECK(c.options.n_numbers == 4 && c.options.numbers == c.numbers);
    CHECK(!strcmp(c.numbers[0], "$target?") && !strcmp(c.numbers[1], "btag?") && !strcmp(c.numbers[2], "width?")
        && !strcmp(c.numbers[3], "charge?"));
    passwd_spanet_columns_of(NULL, &c);
    CHECK(c.options.n_numbers == 2);
    t.input[0].features = t.input[1].features = 0;
    load("event,object,pt,eta,phi,m\n0,j,50,0,0,1\n0,mu,30,0,0,1\n0,g,90,0,0,1\n0,b,40,0,0,1\n0,j,50,0,0,1\n0,e,60,0,0,"
         "1\n1,g,90,0,0,1\n",
        &t, NULL, &v);
    CHECK(v.count == 2 && v.number[PASSWD_SPANET_TARGET] == NULL && v.number[PASSWD_SPANET_BTAG] == NULL);
    CHECK(passwd_spanet_jets(&t, &v, 0, 10, rows, input, &dropped) == 5 && dropped == 0);
    CHECK(rows[0] == 0 && rows[1] == 1 && rows[2] == 3 && rows[3] == 4 && rows[4] == 5 && input[0] == 0 && input[1] == 1
        && input[2] == 0 && input[4] == 1);
    CHECK(passwd_spanet_jets(&t, &v, 0, 3, rows, input, &dropped) == 3 && dropped == 2 && rows[0] == 0 && rows[1] == 4
        && rows[2] == 5 && input[2] == 1);
    CHECK(passwd_spanet_jets(&t, &v, 0, 2, rows, NULL, NULL) == 2 && rows[0] == 0
        && rows[1] == 5); /* of equals the first */
    CHECK(passwd_spanet_jets(&t, &v, 1, 10, rows, input, &dropped) == 0 && dropped == 2);
    CHECK(passwd_spanet_jets(&t, &v, 2, 10, rows, input, NULL) == 0
        && passwd_spanet_jets(&t, &v, -1, 10, rows, input, NULL) == 0
        && passwd_spanet_jets(NULL, &v, 0, 10, rows, input, NULL) == 0);
    passwd_events_free(&v);
}

/* Loads, takes targets, and gives the status; the targets are checked to be untouched by a failure. */
static passwd_status try_targets(
    const char *rows, const passwd_spanet_topology *t, int max_jets, passwd_spanet_target *out, passwd_error *e) {
    char csv[2000];
    passwd_events v;
    passwd_spanet_target before[4], targets[4];
    passwd_status s;
    sprintf(csv, "event,object,pt,eta,phi,m,target\n%s", rows);
    load(csv, t, NULL, &v);
    memset(before, 77, sizeof before);
    memset(targets, 77, sizeof targets);
    e->line = -1;
    s = passwd_spanet_targets(t, &v, 0, v.count, max_jets, targets, e);
    if (s != PASSWD_OK) CHECK(!memcmp(before, targets, sizeof before));
    else if (out) memcpy(out, targets, sizeof targets);
    passwd_events_free(&v);
    return s;
}
static void test_targets(void) {
    static const char good[] = "7,j,90,0,0,1,t1/b\n7,j,80,0,0,1,\n7,j,70,0,0,1,t2/q2\n7,j,60,0,0,1,t1/"
                               "q1\n7,j,50,0,0,1,t1/q2\n7,j,40,0,0,1,nobody\n8,j,90,0,0,1,\n";
    passwd_spanet_topology t, two;
    passwd_spanet_target x[4], y;
    passwd_events v;
    passwd_error e;
    make_topology(&t, "tt");
    CHECK_OK(try_targets(good, &t, 10, x, &e), e);
    CHECK(x[0].jet[0][0] == 3 && x[0].jet[0][1] == 4 && x[0].jet[0][2] == 0 && x[0].jet[1][0] == -1
        && x[0].jet[1][1] == 2 && x[0].there == 1 && x[0].jet[0][3] == -1 && x[0].jet[2][0] == -1);
    CHECK(x[1].there == 0 && x[1].jet[0][0] == -1);
    CHECK_OK(try_targets(good, &t, 4, x, &e), e); /* the fifth jet is dropped: the first top is no longer whole */
    CHECK(x[0].jet[0][0] == 3 && x[0].jet[0][1] == -1 && x[0].there == 0);
    CHECK_OK(try_targets("0,j,9,0,0,1,\n1,j,9,0,0,1,\n", &t, 4, x, &e), e); /* no targets at all is no mistake */
    CHECK(try_targets("0,j,9,0,0,1,t1/b\n1,j,9,0,0,1,t1/b\n1,j,8,0,0,1,t2/b\n1,j,7,0,0,1,t1/b\n", &t, 4, NULL, &e)
            == PASSWD_ERROR_CONFIG
        && e.line == 3 && strstr(e.message, "line 3") && strstr(e.message, "t1/b"));
    CHECK(try_targets("0,j,9,0,0,1,t1/b\n1,j,9,0,0,1,t1/b\n1,j,8,0,0,1,t2/b\n1,j,7,0,0,1,t1/b\n", &t, 2, NULL, &e)
            == PASSWD_ERROR_CONFIG
        && e.line == 3); /* also where the second was dropped */
    CHECK_OK(try_targets("0,j,9,0,0,1,top/b\n1,j,9,0,0,1,x\n", &t, 4, x, &e), e); /* other particles' labels */
    CHECK(try_targets("0,j,9,0,0,1,t1/b\n1,mu,9,0,0,1,t1/b\n", &t, 4, NULL, &e) == PASSWD_ERROR_CONFIG && e.line == 3
        && strstr(e.message, "\"mu\""));
    CHECK_OK(try_targets("0,j,9,0,0,1,t1/b\n1,mu,9,0,0,1,t1/l\n", &t, 4, NULL, &e), e);
    CHECK(try_targets(good, &t, 0, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && try_targets(good, &t, 129, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    two = t;
    strcpy(two.particle[1].target[0], "t1/b");
    CHECK(try_targets(good, &two, 10, NULL, &e) == PASSWD_ERROR_CONFIG && e.line == 2
        && strstr(e.message, "two products"));
    two = t;
    two.inputs = 2;
    two.input[1].types = 1;
    strcpy(two.input[1].type[0], "mu");
    for (e.line = 0; e.line < 3; e.line++) two.particle[0].inputs[e.line] = 1;
    CHECK(try_targets("0,j,9,0,0,1,t1/b\n1,mu,9,0,0,1,t1/q1\n", &two, 4, NULL, &e) == PASSWD_ERROR_CONFIG && e.line == 3
        && strstr(e.message, "cannot come from"));
    CHECK_OK(try_targets("0,j,9,0,0,1,t1/b\n1,mu,9,0,0,1,t2/q1\n", &two, 4, NULL, &e), e);
    two = t;
    two.permutations = 0;
    CHECK(try_targets(good, &two, 10, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    load("event,pt,eta,phi,m\n0,9,0,0,1\n", &t, NULL, &v);
    CHECK(passwd_spanet_targets(&t, &v, 0, 1, 10, &y, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "target"));
    passwd_events_free(&v);
    load("event,pt,eta,phi,m,target\n0,9,0,0,1,t1/b\n", &t, NULL, &v);
    CHECK(passwd_spanet_targets(&t, &v, 0, 2, 10, &y, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_targets(&t, &v, -1, 1, 10, &y, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_spanet_targets(&t, &v, 0, 1, 10, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_targets(NULL, &v, 0, 1, 10, &y, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_targets(&t, NULL, 0, 1, 10, &y, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK_OK(passwd_spanet_targets(&t, &v, 1, 0, 10, NULL, &e), e);
    passwd_events_free(&v);
}

/* --- selection --- */

#define MOST 10
static float *distribution[PASSWD_SPANET_PARTICLES];
typedef struct cell {
    int good;
    float v;
    int jet[PASSWD_SPANET_PRODUCTS];
} cell;

static int read_cell(const passwd_spanet_topology *t, int p, long number, int jets, int stride,
    const signed char *input, cell *c) { /* the number-th of jets^k; good: may be chosen */
    const passwd_spanet_particle *x = t->particle + p;
    size_t at = 0;
    int k, i;
    for (k = x->products - 1; k >= 0; k--) {
        c->jet[k] = (int)(number % jets);
        number /= jets;
    }
    if (number) return 0;
    c->good = 1;
    for (k = 0; k < x->products; k++) {
        for (i = 0; i < k; i++)
            if (c->jet[i] == c->jet[k]) c->good = 0;
        if (input && x->inputs[k] && !(x->inputs[k] >> input[c->jet[k]] & 1)) c->good = 0;
        at = at * (size_t)stride + (size_t)c->jet[k];
    }
    c->v = distribution[p][at];
    if (!(c->v >= -1e29f) || c->v > FLT_MAX) c->good = 0;
    return 1;
}

/* Every possible answer. Better: more particles, the larger sum, then (particle by particle) the larger value and the
   earlier cell. */
typedef struct trial {
    const passwd_spanet_topology *t;
    int jets, stride;
    const signed char *input;
    int count;
    double total;
    cell best[PASSWD_SPANET_PARTICLES], now[PASSWD_SPANET_PARTICLES];
} trial;
static void try_all(trial *x, int p, unsigned used) {
    long n;
    int k;
    if (p == x->t->particles) {
        double total = 0;
        int count = 0, better;
        for (k = p - 1; k >= 0; k--)
            if (x->now[k].good) {
                count++;
                total = (double)x->now[k].v + total;
            }
        better = count != x->count ? count > x->count : total > x->total;
        if (!better && count == x->count && !(total < x->total))
            for (k = 0; k < p; k++) {
                const cell *a = x->now + k, *b = x->best + k;
                if (!a->good && !b->good) continue;
                if (a->good != b->good) {
                    better = a->good;
                    break;
                }
                if (a->v > b->v || a->v < b->v) {
                    better = a->v > b->v;
                    break;
                }
                {
                    int d = 0, i;
                    for (i = 0; i < x->t->particle[k].products && !d; i++) d = a->jet[i] - b->jet[i];
                    if (d) {
                        better = d < 0;
                        break;
                    }
                }
            }
        if (better) {
            x->count = count;
            x->total = total;
            memcpy(x->best, x->now, sizeof x->best);
        }
        return;
    }
    for (n = 0; read_cell(x->t, p, n, x->jets, x->stride, x->input, x->now + p); n++) {
        unsigned mine = 0;
        for (k = 0; k < x->t->particle[p].products; k++) mine |= 1u << x->now[p].jet[k];
        if (x->now[p].good && !(used & mine)) try_all(x, p + 1, used | mine);
    }
    x->now[p].good = 0;
    try_all(x, p + 1, used);
}
/* The public code's, to the word: the largest cell of all is taken, its jets are struck out everywhere, and again. */
static void try_greedy(trial *x) {
    unsigned used = 0;
    int p, k, chosen;
    memset(x->best, 0, sizeof x->best);
    do {
        cell top;
        for (chosen = -1, p = 0; p < x->t->particles; p++) {
            cell c, most;
            long n;
            most.good = 0;
            for (n = 0; !x->best[p].good && read_cell(x->t, p, n, x->jets, x->stride, x->input, &c); n++) {
                for (k = 0; k < x->t->particle[p].products; k++)
                    if (used >> c.jet[k] & 1) c.good = 0;
                if (c.good && (!most.good || c.v > most.v)) most = c;
            }
            if (most.good && (chosen < 0 || most.v > top.v)) {
                chosen = p;
                top = most;
            }
        }
        if (chosen >= 0) {
            x->best[chosen] = top;
            for (k = 0; k < x->t->particle[chosen].products; k++) used |= 1u << top.jet[k];
        }
    } while (chosen >= 0);
    for (x->count = 0, x->total = 0, p = x->t->particles - 1; p >= 0; p--)
        if (x->best[p].good) {
            x->count++;
            x->total = (double)x->best[p].v + x->total;
        }
}
/* The largest sum of values, particles left out or not. */
static void try_most(trial *x, int p, unsigned used, double total) {
    long n;
    int k;
    if (p == x->t->particles) {
        if (total > x->total) x->total = total;
        return;
    }
    for (n = 0; read_cell(x->t, p, n, x->jets, x->stride, x->input, x->now + p); n++) {
        unsigned mine = 0;
        for (k = 0; k < x->t->particle[p].products; k++) mine |= 1u << x->now[p].jet[k];
        if (x->now[p].good && !(used & mine)) try_most(x, p + 1, used | mine, total + (double)x->now[p].v);
    }
    try_most(x, p + 1, used, total);
}
static int same_answer(const trial *x, const passwd_spanet_answer *a) {
    int p, k;
    for (p = 0; p < x->t->particles; p++) {
        if (x->best[p].good != (a->particle[p].jet[0] >= 0)) return 0;
        for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++)
            if (a->particle[p].jet[k] != (x->best[p].good && k < x->t->particle[p].products ? x->best[p].jet[k] : -1))
                return 0;
        if (x->best[p].good
                ? a->particle[p].log_probability < x->best[p].v || a->particle[p].log_probability > x->best[p].v
                : !(a->particle[p].log_probability < -FLT_MAX))
            return 0;
    }
    return a->jets == x->jets;
}
/* Sums over all cells, one by one. */
static double wrong_certainty(const trial *x, const passwd_spanet_answer *a) {
    double worst = 0;
    int p, k, m, g;
    for (p = 0; p < x->t->particles; p++) {
        const passwd_spanet_particle *y = x->t->particle + p;
        long double whole = 0, role[PASSWD_SPANET_PRODUCTS] = { 0 };
        const signed char *jet = a->particle[p].jet;
        cell c;
        long n;
        for (n = 0; jet[0] >= 0 && read_cell(x->t, p, n, x->jets, x->stride, x->input, &c); n++) {
            int equal = 0;
            if (!c.good) continue;
            for (g = 0; g < y->permutations; g++) {
                for (k = 0; k < y->products && c.jet[k] == jet[(int)y->permutation[g][k]]; k++) {}
                if (k == y->products) equal = 1;
            }
            if (equal) whole += expl((long double)c.v);
            for (k = 0; k < y->products; k++)
                for (m = 0; m < y->products; m++) {
                    int in = 0;
                    for (g = 0; g < y->permutations; g++)
                        if (y->permutation[g][k] == m) in = 1;
                    if (in && c.jet[m] == jet[k]) role[k] += expl((long double)c.v);
                }
        }
        worst = fmax(worst,
            fabs((double)whole - (double)a->particle[p].probability)
                / fmax(1, (double)whole)); /* some kinds do not add up to 1 */
        for (k = 0; k < y->products; k++)
            worst = fmax(worst, fabs((double)role[k] - (double)a->particle[p].marginal[k]) / fmax(1, (double)role[k]));
    }
    return worst;
}
/* 0 random, 1 few levels, 2 all equal, 3 symmetric as a network's, 4 with holes, 5 all particles the same, 6 sums over
   jets: all want the same ones, 7 nothing but holes and one cell */
static void fill(const passwd_spanet_topology *t, int jets, int stride, int kind) {
    double charm[MOST];
    int p, k, i;
    for (k = 0; k < MOST; k++) charm[k] = normal();
    for (p = 0; p < t->particles; p++) {
        const passwd_spanet_particle *x = t->particle + p;
        double sum = 0;
        long n, all = 1, most = 1;
        for (k = 0; k < x->products; k++) {
            all *= stride;
            most *= jets;
        }
        for (n = 0; n < all; n++) distribution[p][n] = (float)NAN; /* the padding is not read */
        for (i = 0; i < 2; i++)
            for (n = 0; n < most; n++) {
                long at = 0, r = n, d[PASSWD_SPANET_PRODUCTS];
                double v = kind == 1 ? -below(4) : kind == 2 ? (below(2) ? -0.0 : 0.0) : 3 * normal(), y = 0;
                for (k = x->products - 1; k >= 0; k--) {
                    d[k] = r % jets;
                    r /= jets;
                    y += charm[d[k]];
                }
                for (k = 0; k < x->products; k++) at = at * stride + d[k];
                if (i) {
                    if (kind != 1 && kind != 2) distribution[p][at] -= (float)log(sum);
                    continue;
                }
                if (kind == 6) v = y;
                if (kind == 4 && below(2)) v = below(2) ? NAN : below(2) ? -1e30 : below(2) ? -HUGE_VAL : HUGE_VAL;
                if (kind == 7) v = n == most / 2 ? -3 : -1e30;
                distribution[p][at] = (float)v;
                if (v > -100 && v < 100) sum += exp(v);
            }
        if (kind == 3)
            for (n = 0; n < most; n++) { /* the same number for all that the group makes equal */
                long at, r = n, d[PASSWD_SPANET_PRODUCTS], first = -1;
                int g;
                for (k = x->products - 1; k >= 0; k--) {
                    d[k] = r % jets;
                    r /= jets;
                }
                for (g = 0; g < x->permutations; g++) {
                    for (at = 0, k = 0; k < x->products; k++) at = at * stride + d[(int)x->permutation[g][k]];
                    if (first < 0) first = at;
                    else distribution[p][at] = distribution[p][first];
                }
            }
        if (kind == 5 && p && x->products == t->particle[0].products)
            memcpy(distribution[p], distribution[0], (size_t)all * sizeof(float));
    }
}
static void test_selection(void) {
    static const struct {
        const char *kinds;
        int least, most, runs;
    } cases[] = { { "tt", 0, 8, 90 }, { "tth", 5, 7, 20 }, { "ttt", 6, 7, 12 }, { "hhh", 3, 7, 40 },
        { "ssss", 1, 6, 60 }, { "hs", 0, 6, 60 }, { "cc", 3, 7, 40 }, { "vs", 3, 6, 40 }, { "fh", 4, 7, 24 },
        { "n", 2, 8, 40 }, { "tn", 5, 7, 24 }, { "ssssss", 3, 5, 16 }, { "shsh", 3, 6, 24 }, { "v", 4, 6, 20 },
        { "g", 4, 7, 40 }, { "o", 4, 6, 24 }, { "p", 4, 6, 24 }, { "gs", 5, 6, 24 }, { "hp", 6, 7, 16 },
        { "gg", 5, 5, 8 } };
    passwd_spanet_topology t;
    passwd_spanet_answer a;
    passwd_error e;
    trial x;
    long wrong = 0, wrong_greedy = 0, less = 0;
    double certainty = 0;
    size_t c;
    int p, r, k;
    for (p = 0; p < PASSWD_SPANET_PARTICLES; p++)
        distribution[p] = (float *)malloc(sizeof(float) * MOST * MOST * MOST * MOST * MOST);
    for (c = 0; c < sizeof cases / sizeof *cases; c++) {
        make_topology(&t, cases[c].kinds);
        for (r = 0; r < cases[c].runs; r++) {
            signed char input[MOST];
            double greedy;
            int greedy_count;
            memset(&x, 0, sizeof x);
            x.t = &t;
            x.jets = cases[c].least + below(cases[c].most - cases[c].least + 1);
            x.stride = x.jets + below(3);
            if (x.stride > MOST || x.stride < 1) x.stride = MOST;
            for (p = 0; p < t.particles; p++)
                for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++) t.particle[p].inputs[k] = 0;
            for (k = 0; k < MOST; k++) input[k] = (signed char)below(2);
            if (r % 3 == 0) {
                x.input = input;
                for (p = 0; p < t.particles; p++)
                    for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++) t.particle[p].inputs[k] = below(4);
            }
            if (x.jets) fill(&t, x.jets, x.stride, r % 8);
            x.count = -1;
            if (x.jets) try_greedy(&x);
            else {
                x.count = 0;
                x.total = 0;
            }
            if (!CHECK_OK(select_from(&t, (const float *const *)distribution, x.jets, x.stride, x.input, NULL,
                              PASSWD_SPANET_GREEDY, NULL, &a, &e),
                    e))
                return;
            if (!same_answer(&x, &a)) {
                wrong_greedy++;
                printf("greedy %s, %d jets, kind %d\n", cases[c].kinds, x.jets, r % 8);
            }
            greedy = x.total;
            greedy_count = x.count;
            x.count = -1;
            if (x.jets) try_all(&x, 0, 0);
            else x.count = 0;
            if (!CHECK_OK(select_from(&t, (const float *const *)distribution, x.jets, x.stride, x.input, NULL,
                              PASSWD_SPANET_JOINT, NULL, &a, &e),
                    e))
                return;
            if (!same_answer(&x, &a)) {
                wrong++;
                printf("joint %s, %d jets, kind %d\n", cases[c].kinds, x.jets, r % 8);
            }
            if (x.count < greedy_count || (x.count == greedy_count && x.total < greedy)) less++;
            if (x.jets && wrong_certainty(&x, &a) > certainty) certainty = wrong_certainty(&x, &a);
        }
    }
    CHECK(wrong == 0);
    CHECK(wrong_greedy == 0);
    CHECK(less == 0);
    CHECK_BELOW(certainty, 2e-7);
}
/* The expected number of right particles, beside all ways to choose; and an event in which six particles want the same
   jets ends. */
static void test_expected(void) {
    static const char *const kinds[] = { "hh", "tt", "hhh", "hhs", "ssss", "th" };
    passwd_spanet_topology t;
    passwd_spanet_answer a;
    passwd_error e;
    float there[PASSWD_SPANET_PARTICLES], value[PASSWD_SPANET_PARTICLES][7 * 7 * 7];
    double worst = 0;
    int r, p, k, n;
    for (r = 0; r < 120; r++) {
        const int jets = 3 + r % 5;
        trial x;
        double sum = 0;
        make_topology(&t, kinds[r % 6]);
        fill(&t, jets, jets, r % 4);
        memset(&x, 0, sizeof x);
        x.t = &t;
        x.jets = x.stride = jets;
        for (p = 0; p < t.particles; p++) there[p] = (float)(0.05 + 0.15 * below(7));
        CHECK_OK(select_from(&t, (const float *const *)distribution, jets, jets, NULL, there, PASSWD_SPANET_EXPECTED,
                     NULL, &a, &e),
            e);
        for (p = 0; p < t.particles; p++)
            if (a.particle[p].jet[0] >= 0)
                sum += (double)there[p] * exp((double)a.particle[p].log_probability) * t.particle[p].permutations;
        for (p = 0; p < t.particles;
             p++) { /* the same as numbers to add, as large as that no particle is left out for nothing */
            for (n = 1, k = 0; k < t.particle[p].products; k++) n *= jets;
            for (k = 0; k < n; k++)
                value[p][k] = (float)((double)there[p] * exp((double)distribution[p][k]) * t.particle[p].permutations);
            memcpy(distribution[p], value[p], (size_t)n * sizeof(float));
        }
        x.count = -1;
        x.total = -1;
        try_most(&x, 0, 0, 0.0);
        worst = fmax(worst, (x.total - sum) / fmax(1e-3, x.total));
        CHECK(a.proven == 1);
    }
    CHECK_BELOW(worst, 1e-5);
    make_topology(&t, "hhhhhh");
    for (p = 0; p < t.particles; p++)
        for (k = 0; k < MOST * MOST; k++) distribution[p][k] = (float)(-(k / MOST) - k % MOST - 0.1 * normal());
    CHECK_OK(
        select_from(&t, (const float *const *)distribution, MOST, MOST, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e),
        e);
}
/* Large events, where all answers cannot be tried: jets are taken once, no answer found otherwise is better, and the
   prices change nothing. */
static void test_hard(void) {
    passwd_spanet_topology t;
    passwd_spanet_answer a, b;
    passwd_error e;
    int r, p, k, g;
    long twice = 0, less = 0, moved = 0, short_of = 0, hard = 0, other_event = 0;
    double certainty = 0;
    passwdi_spanet_scratch kept[3];
    for (k = 0; k < 3; k++) {
        make_topology(&t, k == 2 ? "hhss" : k ? "tth" : "ttt");
        CHECK_OK(passwdi_spanet_scratch_new(kept + k, &t, MOST, NULL, &e), e);
    }
    for (r = 0; r < 24; r++) {
        trial x;
        double total = 0, other = 0;
        char used[MOST] = { 0 };
        make_topology(&t, r % 3 == 2 ? "hhss" : r % 3 ? "tth" : "ttt");
        fill(&t, MOST, MOST, r % 8);
        CHECK_OK(select_from(
                     &t, (const float *const *)distribution, MOST, MOST, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e),
            e);
        CHECK_OK(select_from(&t, (const float *const *)distribution, MOST, MOST, NULL, NULL, PASSWD_SPANET_GREEDY, NULL,
                     &b, &e),
            e);
        for (p = t.particles - 1; p >= 0; p--) {
            if (a.particle[p].jet[0] < 0) short_of++;
            else total = (double)a.particle[p].log_probability + total;
            if (b.particle[p].jet[0] >= 0) other = (double)b.particle[p].log_probability + other;
            for (k = 0; k < t.particle[p].products && a.particle[p].jet[k] >= 0; k++)
                if (used[(int)a.particle[p].jet[k]]++) twice++;
        }
        x.t = &t;
        x.jets = x.stride = MOST;
        x.input = NULL;
        certainty = fmax(certainty, wrong_certainty(&x, &a));
        passwdi_spanet_select_in(kept + r % 3, &t, (const float *const *)distribution, MOST, MOST, NULL, NULL,
            PASSWD_SPANET_JOINT, &b); /* nothing is left of earlier events */
        for (p = 0; p < t.particles; p++)
            if (memcmp(a.particle[p].jet, b.particle[p].jet, PASSWD_SPANET_PRODUCTS) != 0) other_event++;
        if (kept[r % 3].nodes > PASSWDI_SPANET_EASY) hard++;
        if (r % 8 != 4 && r % 8 != 7) {
            if (total < other) less++;
        } else short_of = 0;
        { /* without the shortcut of easy events: prices from the first set on */
            passwdi_spanet_scratch s;
            uint64_t best[PASSWD_SPANET_PARTICLES], used2[2] = { 0, 0 }, key;
            static const size_t from[PASSWD_SPANET_PARTICLES] = { 0 };
            int jets = MOST, q;
            CHECK_OK(passwdi_spanet_scratch_new(&s, &t, MOST, NULL, &e), e);
            for (g = 0; g < 2; g++) {
                for (p = 0; p < t.particles; p++) {
                    memset(s.allow[p], 15, sizeof s.allow[p]);
                    passwdi_spanet_list(&s, p, t.particle + p, distribution[p], MOST, MOST, 0.0f);
                }
                if (g) passwdi_spanet_prices(&s, MOST);
                s.limit = INT64_MAX;
                s.stamp++;
                used2[0] = used2[1] = 0;
                jets = MOST;
                for (q = 0; q < t.particles; q++) {
                    (void)passwdi_spanet_solve(&s, q, jets, used2, from, &key);
                    if (g && key != best[q]) moved++;
                    best[q] = key;
                    if (key) {
                        passwdi_spanet_use(used2, key, s.products[q]);
                        jets -= s.products[q];
                    }
                }
            }
            passwdi_spanet_scratch_free(&s);
        }
    }
    for (k = 0; k < 3; k++) passwdi_spanet_scratch_free(kept + k);
    CHECK(twice == 0);
    CHECK(less == 0);
    CHECK(moved == 0);
    CHECK(short_of == 0);
    CHECK(other_event == 0);
    CHECK(hard > 0);
    CHECK_BELOW(certainty, 2e-7);
}
/* 128 jets: one jet for each of five particles, all of the same distribution, with a few jets forbidden to some: the
   best five in any order. */
static void test_many_jets(void) {
    passwd_spanet_topology t;
    passwd_spanet_answer a;
    passwd_error e;
    int r, p, j, n = PASSWD_MAX_OBJECTS;
    make_topology(&t, "sssss");
    for (r = 0; r < 20; r++) {
        double order[PASSWD_MAX_OBJECTS], best = 0, total = 0;
        for (j = 0; j < n; j++) order[j] = (double)(float)(5 * normal());
        for (p = 0; p < 5; p++)
            for (j = 0; j < n; j++) distribution[p][j] = (float)order[j];
        passwdi_sort(order, 1, n);
        for (j = 0; j < n; j++)
            if (r % 2 && (double)distribution[4][j] < order[n - 2])
                distribution[4][j] = (float)NAN; /* the last takes one of the best two alone */
        for (p = 0; p < 5; p++) best += order[n - 1 - p];
        CHECK_OK(
            select_from(&t, (const float *const *)distribution, n, n, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e),
            e);
        for (p = 0; p < 5; p++) total += (double)a.particle[p].log_probability;
        CHECK(fabs(best - total) < 1e-12);
    }
    make_topology(&t, "sss"); /* jets 0 and 64, or 1 and 65, say different things of what is left */
    for (p = 0; p < 3; p++)
        for (j = 0; j < n; j++) distribution[p][j] = (float)NAN;
    distribution[0][0] = 0;
    distribution[0][3] = -3;
    distribution[1][64] = 0;
    distribution[1][65] = -1;
    distribution[2][64] = 0;
    distribution[2][2] = -9;
    CHECK_OK(
        select_from(&t, (const float *const *)distribution, n, n, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e), e);
    CHECK(a.particle[0].jet[0] == 0 && a.particle[1].jet[0] == 65 && a.particle[2].jet[0] == 64);
    distribution[1][1] = -1;
    distribution[1][65] = (float)NAN;
    distribution[2][1] = -0.5f;
    distribution[0][1] = -0.25f;
    distribution[0][0] = -0.75f;
    distribution[2][64] = (float)NAN;
    distribution[1][64] = -7;
    CHECK_OK(
        select_from(&t, (const float *const *)distribution, n, n, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e), e);
    CHECK(a.particle[0].jet[0] == 0 && a.particle[1].jet[0] == 64 && a.particle[2].jet[0] == 1);
}
/* Two particles of five products, among more jets than all answers can be tried for: the best of every set of jets,
   and of them the best two without a common jet. */
static void test_five(void) {
    enum { JETS = 12, CELLS = JETS * JETS * JETS * JETS * JETS };
    static float best[2][1 << JETS];
    static const char *const kinds[] = { "gg", "oo", "pp" };
    passwd_spanet_topology t;
    passwd_spanet_answer a;
    passwd_error e;
    float *log_p[2];
    int r, p, k, j;
    for (p = 0; p < 2; p++) log_p[p] = (float *)malloc(CELLS * sizeof(float));
    for (r = 0; r < 12; r++) {
        const int jets = 10 + r / 3 % 3, stride = r < 9 ? jets : JETS, expected = r % 2;
        const float there[2] = { 0.7f, 0.9f };
        double top = -HUGE_VAL, got = 0.0;
        unsigned used = 0;
        long n, size = (long)jets * jets * jets * jets * jets;
        make_topology(&t, kinds[r % 3]);
        for (p = 0; p < 2; p++) {
            for (k = 0; k < 1 << jets; k++) best[p][k] = -HUGE_VALF;
            for (n = 0; n < size; n++) {
                unsigned set = 0;
                long rest = n, at = 0, power = 1;
                const float v = (float)(-10.0 + 2.0 * normal());
                for (k = 0; k < 5; k++, rest /= jets, power *= stride) {
                    at += rest % jets * power;
                    set |= 1u << rest % jets;
                }
                log_p[p][at] = v;
                if (passwdi_spanet_bits(set) == 5 && v > best[p][set]) best[p][set] = v;
            }
            for (k = 0; expected && k < 1 << jets; k++)
                best[p][k] = (float)((double)there[p] * exp((double)best[p][k]) * t.particle[p].permutations);
        }
        for (k = 0; k < 1 << jets; k++)
            for (j = 0; passwdi_spanet_bits((unsigned)k) == 5 && j < 1 << jets; j++)
                if (!(j & k) && (double)best[0][k] + (double)best[1][j] > top)
                    top = (double)best[0][k] + (double)best[1][j];
        CHECK_OK(select_from(&t, (const float *const *)log_p, jets, stride, NULL, expected ? there : NULL,
                     expected ? PASSWD_SPANET_EXPECTED : PASSWD_SPANET_JOINT, NULL, &a, &e),
            e);
        for (p = 0; p < 2; p++) {
            got += expected ? (double)there[p] * exp((double)a.particle[p].log_probability) * t.particle[p].permutations
                            : (double)a.particle[p].log_probability;
            for (k = 0; k < 5; k++) used |= 1u << a.particle[p].jet[k];
        }
        CHECK(passwdi_spanet_bits(used) == 10 && used < 1u << jets && a.proven);
        CHECK_BELOW(fabs(got - top), 1e-5 * fabs(top));
    }
    for (p = 0; p < 2; p++) free(log_p[p]);
    { /* six bits say which jet */
        static const int last[5] = { 63, 0, 62, 1, 63 };
        const uint64_t key = passwdi_spanet_key(-1.0f, last, 5);
        for (k = 0; k < 5; k++) CHECK(passwdi_spanet_jet(key, 5, k) == last[k]);
        CHECK(passwdi_spanet_value(key) == -1.0f);
    }
    CHECK(select_from(&t, (const float *const *)distribution, 65, 65, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e)
            == PASSWD_ERROR_UNSUPPORTED
        && strstr(e.message, "up to 64 jets, not 65"));
}
static void test_selection_refusals(void) {
    passwd_spanet_topology t, bad;
    passwd_spanet_answer a, before;
    passwd_error e;
    const float *const *d = (const float *const *)distribution;
    const float *none[PASSWD_SPANET_PARTICLES] = { 0 };
    signed char input[MOST] = { 0 };
    const int five = 5;
    passwd_spanet_selection kind;
    counter c;
    passwd_allocator al;
    long n;
    make_topology(&t, "ttt");
    memset(&a, 55, sizeof a);
    memcpy(&before, &a, sizeof a);
    fill(&t, 9, 9, 0);
    bad = t;
    bad.particle[1].permutation[1][0] = 7;
    CHECK(select_from(&bad, d, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "passwd_spanet_topology_check"));
    bad = t;
    bad.particles = 9;
    CHECK(select_from(&bad, d, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    bad = t;
    bad.particle[2].products = 6;
    CHECK(select_from(&bad, d, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(select_from(NULL, d, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(select_from(&t, d, -1, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(select_from(&t, d, 129, 129, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(select_from(&t, d, 9, 8, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    memcpy(&kind, &five, sizeof kind);
    CHECK(select_from(&t, d, 9, 9, NULL, NULL, kind, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(select_from(&t, NULL, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(select_from(&t, none, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "t1"));
    CHECK(select_from(&t, d, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, NULL, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    input[3] = 9;
    CHECK(select_from(&t, d, 9, 9, input, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT);
    for (n = 1; n < 100; n++) {
        passwd_status s;
        al = counting(&c, n);
        s = select_from(&t, d, 9, 9, NULL, NULL, PASSWD_SPANET_JOINT, &al, &a, &e);
        CHECK(c.alive == 0);
        if (s == PASSWD_OK) break;
        CHECK(s == PASSWD_ERROR_MEMORY && !memcmp(&a, &before, sizeof a));
    }
    CHECK(n > 1 && n < 10 && memcmp(&a, &before, sizeof a) != 0);
    CHECK_OK(select_from(&t, NULL, 0, 0, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &a, &e),
        e); /* no jets: nothing is assigned, and said so */
    CHECK(a.jets == 0 && a.particle[0].jet[0] == -1 && a.particle[0].log_probability < -FLT_MAX
        && !(a.particle[0].probability > 0) && a.particle[0].m != a.particle[0].m
        && a.particle[0].detection != a.particle[0].detection);
}
static void test_momenta(void) {
    passwd_spanet_topology t;
    passwd_spanet_answer a;
    passwd_events v;
    int32_t rows[10];
    make_topology(&t, "th");
    load("event,pt,eta,phi,m\n0,30,0.5,1,3\n0,40,-1,2,4\n0,50,0.2,-3,5\n0,60,0,0,0\n0,60,0,1.5707963267948966,0\n", &t,
        NULL, &v);
    a.jets = passwd_spanet_jets(&t, &v, 0, 10, rows, NULL, NULL);
    memset(a.particle, 0, sizeof a.particle);
    a.particle[0].jet[0] = -1;
    a.particle[1].jet[0] = 3;
    a.particle[1].jet[1] = 4;
    passwd_spanet_momenta(&t, &v, 0, rows, &a);
    CHECK(a.particle[0].m != a.particle[0].m && a.particle[0].pt != a.particle[0].pt);
    CHECK_BELOW(fabs(a.particle[1].pt - 84.85281374238570), 1e-10);
    CHECK_BELOW(fabs(a.particle[1].eta), 1e-12);
    CHECK_BELOW(fabs(a.particle[1].phi - 0.78539816339744831), 1e-12);
    CHECK_BELOW(fabs(a.particle[1].m - 84.85281374238570), 1e-10);
    passwd_events_free(&v);
}

/* --- chi-square --- */

static double pair_mass(const passwd_events *v, const int64_t *row, int n) {
    double e = 0, x = 0, y = 0, z = 0, m2;
    int k;
    for (k = 0; k < n; k++) {
        e += v->e[row[k]];
        x += v->pt[row[k]] * cos(v->phi[row[k]]);
        y += v->pt[row[k]] * sin(v->phi[row[k]]);
        z += v->pt[row[k]] * sinh(v->eta[row[k]]);
    }
    m2 = e * e - x * x - y * y - z * z;
    return m2 > 0 ? sqrt(m2) : 0;
}
/* Equation 1 over all orders of the first six jets of n, none divided out. */
static double least_chi2(
    const passwd_events *v, int64_t event, int n, const passwd_spanet_chi2 *c, int at, int *order) {
    double best = HUGE_VAL;
    int k;
    if (at == 6) {
        int64_t row[6];
        double sum = 0, d;
        for (k = 0; k < 6; k++) row[k] = v->first[event] + order[k];
        for (k = 0; k < 2; k++) {
            d = (pair_mass(v, row + 3 * k, 3) - c->term[0].mass) / c->term[0].width;
            sum += d * d;
            d = (pair_mass(v, row + 3 * k, 2) - c->term[1].mass) / c->term[1].width;
            sum += d * d;
        }
        return sum;
    }
    for (k = at; k < n; k++) {
        const int keep = order[at];
        double x;
        order[at] = order[k];
        order[k] = keep;
        x = least_chi2(v, event, n, c, at + 1, order);
        if (x < best) best = x;
        order[k] = order[at];
        order[at] = keep;
    }
    return best;
}
static int same_jets(const passwd_spanet_topology *t, const passwd_spanet_answer *a, const passwd_spanet_answer *b) {
    int p;
    for (p = 0; p < t->particles; p++)
        if (memcmp(a->particle[p].jet, b->particle[p].jet, PASSWD_SPANET_PRODUCTS) != 0
            || memcmp(&a->particle[p].log_probability, &b->particle[p].log_probability, 4) != 0)
            return 0;
    return a->jets == b->jets;
}
static void test_chi2(void) {
    passwd_spanet_topology t;
    passwd_spanet_chi2 c, d;
    passwd_spanet_target target[200];
    passwd_spanet_answer a, b;
    passwd_error e;
    passwd_events v;
    int64_t tried, k;
    int more, tag, lead, good;
    char *csv;
    make_topology(&t, "tt");
    CHECK(passwd_spanet_permutations(&t, 6) == 90 && passwd_spanet_permutations(&t, 7) == 630
        && passwd_spanet_permutations(&t, 8) == 2520 && passwd_spanet_permutations(&t, 5) == 0
        && passwd_spanet_permutations(&t, -3) == 0);
    CHECK_OK(passwd_spanet_chi2_preset(&t, &c, &e), e);
    CHECK(c.terms == 4 && c.term[0].products == 7 && c.term[1].products == 3 && c.term[3].particle == 1 && c.b[0] == 4
        && c.b[1] == 4 && c.tagging == PASSWD_SPANET_TAG_NONE && c.leading == 0);
    for (more = 0; more < 3; more++) { /* exact masses: the right answer has no chi-square, and is found */
        passwd_spanet_table table;
        double worst = 0;
        long differ = 0, count = 0;
        csv = make_events(60, 2, more, 0);
        load(csv, &t, NULL, &v);
        free(csv);
        CHECK_OK(passwd_spanet_targets(&t, &v, 0, v.count, 20, target, &e), e);
        passwd_spanet_table_begin(&table, &t);
        for (k = 0; k < v.count; k++) {
            CHECK_OK(chi2_run(&c, &t, &v, k, 20, 1, 0, &a, &tried, &e), e);
            CHECK_OK(chi2_run(&c, &t, &v, k, 20, 0, 0, &b, NULL, &e), e);
            if (!same_jets(&t, &a, &b)) differ++;
            if ((double)tried == passwd_spanet_permutations(&t, 6 + more)) count++;
            if (-(double)a.particle[0].log_probability - (double)a.particle[1].log_probability > worst)
                worst = -(double)a.particle[0].log_probability - (double)a.particle[1].log_probability;
            passwd_spanet_table_add(&table, &t, &a, target + k, 1.0);
        }
        CHECK(differ == 0);
        CHECK(count == v.count);
        CHECK_BELOW(worst, 1e-6);
        CHECK(
            table.row[1][more].right == 60 && table.row[1][more].found[0] == 120 && table.row[1][more].there[0] == 120);
        passwd_events_free(&v);
    }
    csv = make_events(150, 2, 2, 0.12);
    load(csv, &t, NULL, &v);
    free(csv);
    d = c;
    CHECK_OK(passwd_spanet_chi2_fit(&d, &t, &v, 0, v.count, 20, &e), e);
    CHECK(fabs(d.term[0].mass - 172.5) < 5 && fabs(d.term[1].mass - 80.4) < 4 && d.term[0].width > 5
        && d.term[0].width < 25 && d.term[1].width > 2 && d.term[1].width < 15);
    CHECK(!(d.term[0].mass < d.term[2].mass || d.term[0].mass > d.term[2].mass)
        && !(d.term[1].width < d.term[3].width || d.term[1].width > d.term[3].width));
    { /* the fit by hand: both tops' masses, sorted */
        double m[300], x;
        int n = 0, i, j;
        CHECK_OK(passwd_spanet_targets(&t, &v, 0, v.count, 20, target, &e), e);
        for (k = 0; k < v.count; k++)
            for (i = 0; i < 2; i++) {
                int64_t row[3];
                for (j = 0; j < 3; j++) row[j] = v.first[k] + target[k].jet[i][j];
                m[n++] = pair_mass(&v, row, 3);
            }
        for (i = 1; i < n; i++)
            for (j = i; j > 0 && m[j - 1] > m[j]; j--) {
                x = m[j];
                m[j] = m[j - 1];
                m[j - 1] = x;
            }
        CHECK(n == 300);
        CHECK_BELOW(fabs(d.term[0].mass - (m[149] + m[150]) / 2), 1e-9);
        CHECK_BELOW(
            fabs(d.term[0].width - (m[251] + 0.16 * (m[252] - m[251]) - m[47] - 0.84 * (m[48] - m[47])) / 2), 1e-9);
    }
    for (tag = 0; tag < 3; tag++) /* both ways say the same, under every rule */
        for (lead = 0; lead < 4; lead++) {
            long differ = 0, outside = 0, count = 0, none = 0, given = 0;
            d.tagging = (passwd_spanet_tagging)tag;
            d.leading = lead ? 4 + lead : 0; /* 0, 5, 6, 7 */
            for (k = 0; k < (tag || lead ? v.count : 60); k++) {
                int p, j, i;
                CHECK_OK(chi2_run(&d, &t, &v, k, 20, 1, 0, &a, &tried, &e), e);
                CHECK_OK(chi2_run(&d, &t, &v, k, 20, 0, 0, &b, NULL, &e), e);
                if (!same_jets(&t, &a, &b)) differ++;
                if (a.particle[0].jet[0] < 0 || a.particle[1].jet[0] < 0) {
                    if (tried || a.particle[0].jet[0] != a.particle[1].jet[0]) none++;
                    continue;
                }
                given++;
                if (!tag && (double)tried == passwd_spanet_permutations(&t, d.leading ? d.leading : 8)) count++;
                for (p = 0; p < 2; p++)
                    for (j = 0; j < 3; j++) {
                        const int64_t row = v.first[k] + a.particle[p].jet[j];
                        const int tagged = v.number[PASSWD_SPANET_BTAG][row] > 0.5;
                        int rank = 0;
                        for (i = 0; i < 8; i++) rank += v.pt[v.first[k] + i] > v.pt[row];
                        if ((d.leading && rank >= d.leading) || (tag && j == 2 && !tagged)
                            || (tag == 2 && j < 2 && tagged))
                            outside++;
                    }
                if (!tag && !lead && k < 3) {
                    int order[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
                    CHECK_BELOW(
                        fabs(least_chi2(&v, k, 8, &d, 0, order)
                            + 2 * ((double)a.particle[0].log_probability + (double)a.particle[1].log_probability)),
                        1e-4);
                }
            }
            CHECK(differ == 0);
            CHECK(outside == 0);
            CHECK(none == 0);
            if (tag && !lead) CHECK(given == v.count); /* two b quarks, two tags */
            if (!tag && lead != 1) CHECK(count == (lead ? v.count : 60));
            if (lead == 1)
                CHECK(count == 0 && a.particle[0].jet[0] == -1
                    && !(a.particle[0].log_probability > -FLT_MAX)); /* five jets: said so */
        }
    d.tagging = PASSWD_SPANET_TAG_NONE;
    d.leading = 0;
    memset(&a, 55, sizeof a);
    memcpy(&b, &a, sizeof a);
    tried = 12345;
    CHECK(chi2_run(&d, &t, &v, 3, 20, 1, 2519, &a, &tried, &e) == PASSWD_ERROR_UNSUPPORTED && e.line == v.line[3]
        && strstr(e.message, "2519") && !memcmp(&a, &b, sizeof a) && tried == 12345);
    CHECK_OK(chi2_run(&d, &t, &v, 3, 20, 1, 2520, &a, &tried, &e), e);
    CHECK(tried == 2520);
    memcpy(&a, &b, sizeof a);
    CHECK(chi2_run(&d, &t, &v, v.count, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && chi2_run(&d, &t, &v, 0, 0, 1, 0, &a, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(chi2_run(&d, &t, &v, 0, 20, 1, -1, &a, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && chi2_run(&d, &t, &v, 0, 20, 1, 0, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && chi2_run(NULL, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    c = d;
    c.terms = 0;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG);
    c = d;
    c.term[1].products = 8;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "Term 1"));
    c = d;
    c.term[1].width = 0;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG);
    c = d;
    c.term[1].mass = NAN;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG);
    c = d;
    c.term[1].products = 5;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG
        && strstr(e.message, "distinguishes")); /* q1 b is not q2 b */
    c = d;
    c.term[2].mass += 1;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "t2"));
    c = d;
    c.b[1] = 1;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG);
    c = d;
    c.tagging = (passwd_spanet_tagging)3;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG);
    c = d;
    c.leading = -1;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG);
    c = d;
    CHECK(passwd_spanet_chi2_fit(&c, &t, &v, 0, 4, 20, &e) == PASSWD_ERROR_CONFIG && !memcmp(&c, &d, sizeof c)
        && strstr(e.message, "8 correct"));
    CHECK(passwd_spanet_chi2_fit(&c, &t, &v, 0, 0, 20, &e) == PASSWD_ERROR_CONFIG
        && passwd_spanet_chi2_fit(&c, &t, &v, 0, v.count + 1, 20, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_chi2_fit(NULL, &t, &v, 0, 1, 20, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(!memcmp(&a, &b, sizeof a));
    passwd_events_free(&v);
    load("event,pt,eta,phi,m\n0,9,0,0,1\n0,9,0,1,1\n0,9,0,2,1\n0,9,0,3,1\n0,9,0,-1,1\n", &t, NULL, &v);
    c = d;
    c.tagging = PASSWD_SPANET_TAG_B;
    CHECK(chi2_run(&c, &t, &v, 0, 20, 1, 0, &a, NULL, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "btag"));
    CHECK(passwd_spanet_chi2_fit(&c, &t, &v, 0, 1, 20, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "target"));
    for (good = 0; good < 2; good++) {
        CHECK_OK(chi2_run(&d, &t, &v, 0, 20, good, 0, &a, &tried, &e), e);
        CHECK(a.jets == 5 && a.particle[0].jet[0] == -1 && a.particle[1].jet[0] == -1);
    }
    passwd_events_free(&v);
    make_topology(&t, "tth");
    CHECK_OK(passwd_spanet_chi2_preset(&t, &c, &e), e);
    CHECK(c.terms == 5 && c.term[4].particle == 2 && fabs(c.term[4].mass - 125.1) < 1e-12 && c.b[2] == 3
        && passwd_spanet_permutations(&t, 8) == 2520);
    strcpy(t.particle[2].product[0], "q1");
    CHECK_OK(passwd_spanet_chi2_preset(&t, &c, &e), e);
    CHECK(fabs(c.term[4].mass - 80.4) < 1e-12 && c.b[2] == 0);
    CHECK(passwd_spanet_chi2_preset(&t, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    make_topology(&t, "tn");
    CHECK(passwd_spanet_chi2_preset(&t, &d, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "n2"));
    make_topology(&t, "v");
    CHECK(passwd_spanet_chi2_preset(&t, &d, &e) == PASSWD_ERROR_CONFIG);
    make_topology(&t, "tttt");
    CHECK(passwd_spanet_permutations(&t, 12) == 1247400);
}
/* Three tops and four, both ways. */
static void test_chi2_many(void) {
    passwd_spanet_topology t;
    passwd_spanet_chi2 c;
    passwd_spanet_answer a, b;
    passwd_spanet_target target[8];
    passwd_error e;
    passwd_events v;
    passwd_spanet_table table;
    int64_t tried, k;
    char *csv = make_events(3, 3, 0, 0.1);
    make_topology(&t, "ttt");
    CHECK_OK(passwd_spanet_chi2_preset(&t, &c, &e), e);
    load(csv, &t, NULL, &v);
    free(csv);
    for (k = 0; k < v.count; k++) {
        CHECK_OK(chi2_run(&c, &t, &v, k, 20, 1, 0, &a, &tried, &e), e);
        CHECK_OK(chi2_run(&c, &t, &v, k, 20, 0, 0, &b, NULL, &e), e);
        CHECK(same_jets(&t, &a, &b) && (double)tried == passwd_spanet_permutations(&t, 9) && tried == 7560);
    }
    passwd_events_free(&v);
    csv = make_events(8, 4, 2, 0);
    make_topology(&t, "tttt");
    CHECK_OK(passwd_spanet_chi2_preset(&t, &c, &e), e);
    load(csv, &t, NULL, &v);
    free(csv);
    CHECK_OK(passwd_spanet_targets(&t, &v, 0, v.count, 20, target, &e), e);
    passwd_spanet_table_begin(&table, &t);
    for (k = 0; k < v.count; k++) {
        CHECK_OK(chi2_run(&c, &t, &v, k, 20, 0, 0, &b, NULL, &e), e);
        passwd_spanet_table_add(&table, &t, &b, target + k, 1.0);
    }
    CHECK(table.row[1][2].right == 8 && table.row[1][2].found[0] == 32 && table.first == 12);
    passwd_events_free(&v);
}
static void test_memory(void) {
    passwd_spanet_topology t;
    passwd_spanet_chi2 c, d;
    passwd_spanet_answer a, before;
    passwd_error e;
    passwd_events v;
    counter count;
    passwd_allocator al = counting(&count, 0);
    long n, alive;
    char *csv = make_events(20, 3, 1, 0.1);
    make_topology(&t, "ttt");
    CHECK_OK(passwd_spanet_chi2_preset(&t, &c, &e), e);
    load(csv, &t, &al, &v);
    free(csv);
    alive = count.alive;
    memset(&a, 55, sizeof a);
    memcpy(&before, &a, sizeof a);
    for (n = 1; n < 100; n++) {
        passwd_status s;
        count.calls = 0;
        count.fail_at = n;
        s = chi2_run(&c, &t, &v, 1, 20, 0, 0, &a, NULL, &e);
        CHECK(count.alive == alive);
        if (s == PASSWD_OK) break;
        CHECK(s == PASSWD_ERROR_MEMORY && !memcmp(&a, &before, sizeof a));
    }
    CHECK(n > 1 && n < 10);
    d = c;
    for (n = 1; n < 100; n++) {
        passwd_status s;
        count.calls = 0;
        count.fail_at = n;
        s = passwd_spanet_chi2_fit(&d, &t, &v, 0, v.count, 20, &e);
        CHECK(count.alive == alive);
        if (s == PASSWD_OK) break;
        CHECK(s == PASSWD_ERROR_MEMORY && !memcmp(&c, &d, sizeof c));
    }
    CHECK(n > 2 && n < 20 && memcmp(&c, &d, sizeof c) != 0);
    count.fail_at = 0;
    passwd_events_free(&v);
    CHECK(count.alive == 0);
}

/* --- efficiencies --- */

static void set(signed char *jet, int a, int b, int c) {
    jet[0] = (signed char)a;
    jet[1] = (signed char)b;
    jet[2] = (signed char)c;
    jet[3] = -1;
}
static void test_efficiencies(void) {
    passwd_spanet_topology t;
    passwd_spanet_answer a;
    passwd_spanet_target x;
    passwd_spanet_table table;
    unsigned char right;
    double error;
    int there;
    make_topology(&t, "tth");
    memset(&a, 0, sizeof a);
    memset(&x, -1, sizeof x);
    passwd_spanet_table_begin(&table, &t);
    CHECK(table.first == 8 && table.total == 0);
    a.jets = 8;
    set(a.particle[0].jet, 0, 1, 2);
    set(a.particle[1].jet, 3, 4, 5);
    set(a.particle[2].jet, 6, 7, -1);
    set(x.jet[0], 4, 3, 5);
    set(x.jet[1], 1, 0, 2);
    set(x.jet[2], 7, 6, -1); /* the same, exchanged wherever it may be */
    x.there = 7;
    CHECK(passwd_spanet_compare(&t, &a, &x, &there, &right) == 3 && there == 3 && right == 7);
    passwd_spanet_table_add(&table, &t, &a, &x, 1.0);
    set(x.jet[1], 0, 2, 1); /* b exchanged with q */
    CHECK(passwd_spanet_compare(&t, &a, &x, &there, &right) == 2 && there == 3
        && right == 6); /* the second answer is right */
    a.jets = 9;
    passwd_spanet_table_add(&table, &t, &a, &x, 1.0);
    x.jet[1][0] = -1;
    x.there = 5; /* one top is not there: its answer does not matter */
    CHECK(passwd_spanet_compare(&t, &a, &x, &there, &right) == 2 && there == 2 && right == 6);
    a.jets = 12;
    passwd_spanet_table_add(&table, &t, &a, &x, 1.0);
    x.jet[2][0] = 5;
    x.there = 4; /* the Higgs boson alone, and wrong */
    CHECK(passwd_spanet_compare(&t, &a, &x, NULL, NULL) == 0);
    a.jets = 7;
    passwd_spanet_table_add(&table, &t, &a, &x, 1.0);
    x.there = 0;
    CHECK(passwd_spanet_compare(&t, &a, &x, &there, &right) == 0 && there == 0 && right == 0);
    passwd_spanet_table_add(&table, &t, &a, &x, 1.0);
    CHECK(table.total == 5);
    CHECK(table.row[0][0].events == 1 && table.row[0][0].right == 1 && table.row[0][0].there[0] == 2
        && table.row[0][0].found[0] == 2 && table.row[0][0].there[1] == 0 && table.row[0][0].there[2] == 1
        && table.row[0][0].found[2] == 1);
    CHECK(table.row[0][1].events == 1 && table.row[0][1].right == 0 && table.row[0][1].there[0] == 2
        && table.row[0][1].found[0] == 1 && table.row[0][1].found[2] == 1);
    CHECK(table.row[0][2].events == 1 && table.row[0][2].right == 1 && table.row[0][2].there[0] == 1
        && table.row[0][2].found[0] == 1);
    CHECK(table.row[0][3].events == 4 && table.row[0][3].right == 2 && table.row[0][3].there[0] == 5
        && table.row[0][3].found[0] == 4 && table.row[0][3].there[2] == 4 && table.row[0][3].found[2] == 3);
    CHECK(table.row[1][3].events == 2 && table.row[1][3].right == 1 && table.row[1][2].events == 0
        && table.row[1][1].found[0] == 1);
    set(a.particle[0].jet, -1, -1, -1);
    set(x.jet[0], -1, -1, -1);
    x.there = 1; /* nothing is never right */
    CHECK(passwd_spanet_compare(&t, &a, &x, NULL, NULL) == 0);
    CHECK(passwd_spanet_compare(NULL, &a, &x, NULL, NULL) == 0 && passwd_spanet_compare(&t, NULL, &x, NULL, NULL) == 0);
    CHECK_BELOW(fabs(passwd_spanet_ratio(1, 4, &error) - 0.25), 1e-15);
    CHECK_BELOW(fabs(error - sqrt(0.25 * 0.75 / 4)), 1e-15);
    CHECK(passwd_spanet_ratio(0, 0, &error) != passwd_spanet_ratio(0, 0, NULL) && error != error);
    make_topology(&t, "c"); /* a circle: only its rotations are right */
    set(a.particle[0].jet, 5, 6, 7);
    x.there = 1;
    set(x.jet[0], 6, 7, 5);
    CHECK(passwd_spanet_compare(&t, &a, &x, NULL, NULL) == 1);
    set(x.jet[0], 7, 5, 6);
    CHECK(passwd_spanet_compare(&t, &a, &x, NULL, NULL) == 1);
    set(x.jet[0], 6, 5, 7);
    CHECK(passwd_spanet_compare(&t, &a, &x, NULL, NULL) == 0);
}

int main(void) {
    int p;
    test_jets();
    test_targets();
    test_selection();
    test_expected();
    test_hard();
    test_many_jets();
    test_five();
    test_selection_refusals();
    test_momenta();
    test_chi2();
    test_chi2_many();
    test_memory();
    test_efficiencies();
    for (p = 0; p < PASSWD_SPANET_PARTICLES; p++) free(distribution[p]);
    return finish();
}
