/* Networks of jets: files of constituents, mover's distance, normalized autoencoder, recurrent variational autoencoder,
   against brute force, central differences, toys whose answer is known, and bad input of all kinds. "quick" as first
   argument: small toys, for sanitizers.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/jet_networks.c -o build/test_jet_networks -lm && build/test_jet_networks */
#include <math.h>
#include "../passwd.h"
#include "../tools/density.h"
#include "check.h"
#include "counting.h"
#include <limits.h>

static passwd_status train_on(passwd_nae *a, const double *rows, int64_t count, const char *const *names,
    const passwd_train_options *o, passwd_nae_watch *watch, void *user, passwd_train_report *r, passwd_error *error) {
    const passwd_table table = { rows, NULL, count, a ? passwd_nae_config_of(a)->features : 0, names };
    return passwd_nae_train(a, &table, o, watch, user, r, error);
}
static passwd_status sample(const passwd_nae *a, const passwd_workspace_options *o, uint64_t seed, int64_t count,
    int steps, int mapped, double *samples, passwd_chain_report *r, passwd_error *error) {
    const passwd_nae_sampling s = { seed, count, steps, mapped };
    return passwd_nae_sample(a, o, &s, samples, r, error);
}

static const char *scratch;
static int quick;
static passwd_error e;
static uint32_t drawn;
static double uniform(void) { return passwd_random_uniform(17, 1, drawn++); }
static double normal(void) { return passwd_random_normal(17, 2, drawn++); }
static void put(const char *path, const void *bytes, size_t count) {
    FILE *f = fopen(path, "wb");
    if (f) {
        if (count) fwrite(bytes, 1, count, f);
        fclose(f);
    }
}
static char *contents(const char *path, size_t *count) {
    FILE *f = fopen(path, "rb");
    char *bytes = (char *)malloc(1 << 22);
    *count = f && bytes ? fread(bytes, 1, 1 << 22, f) : 0;
    if (f) fclose(f);
    return bytes;
}
static int says(const char *part) {
    if (strstr(e.message, part)) return 1;
    printf("  not in the message: %s: %s\n", part, e.message);
    return 0;
}
static int finite_parameters(const passwd_model *m) {
    const float *p = passwd_parameters(m);
    size_t i;
    for (i = 0; i < passwd_parameter_floats(m); i++)
        if (!(fabsf(p[i]) < 1e30f)) return 0;
    return 1;
}
static int same_parameters(const passwd_model *a, const passwd_model *b) {
    return passwd_parameter_floats(a) == passwd_parameter_floats(b)
        && !memcmp(passwd_parameters(a), passwd_parameters(b), passwd_parameter_floats(a) * sizeof(float));
}

/* --- mover's distance --- */
static double apart(const float *a, const float *b, int features) {
    double s = 0.0;
    int f;
    for (f = 0; f < features; f++) s += ((double)a[f] - (double)b[f]) * ((double)a[f] - (double)b[f]);
    return sqrt(s);
}
static double cheapest(const float *a, const float *b, int n, int features, int at, int used) {
    double best = 1e300;
    int j;
    if (at == n) return 0.0;
    for (j = 0; j < n; j++)
        if (!(used >> j & 1))
            best = fmin(best,
                apart(a + at * features, b + j * features, features)
                    + cheapest(a, b, n, features, at + 1, used | 1 << j));
    return best;
}
static int rising(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}
static void test_movers(void) {
    static float a[900], b[900];
    double d, back, worst = 0.0, sum = 0.0;
    counter c;
    passwd_allocator al;
    long n;
    int i, k, trial, bad = 0;
    for (trial = 0; trial < 300; trial++) {
        const int count = 1 + trial % 7, features = 1 + trial % 4;
        for (i = 0; i < count * features; i++) { /* every third trial on a grid: many pairings cost the same */
            a[i] = trial % 3 ? (float)normal() : (float)floor(3 * uniform());
            b[i] = trial % 3 ? (float)normal() : (float)floor(3 * uniform());
        }
        if (passwd_movers_distance(a, b, count, features, NULL, &d, &e) != PASSWD_OK
            || passwd_movers_distance(b, a, count, features, NULL, &back, &e) != PASSWD_OK)
            bad++;
        worst = fmax(worst, fabs(d - cheapest(a, b, count, features, 0, 0) / count));
        worst = fmax(worst, fabs(d - back));
    }
    CHECK(bad == 0);
    CHECK_BELOW(worst, 1e-6);
    for (i = 0; i < 300; i++) {
        a[i] = (float)normal();
        b[i] = (float)(2 * normal() + 0.3);
    }
    CHECK_OK(passwd_movers_distance(a, b, 300, 1, NULL, &d, &e), e);
    qsort(a, 300, sizeof *a, rising);
    qsort(b, 300, sizeof *b, rising);
    for (i = 0; i < 300; i++) sum += fabs((double)a[i] - (double)b[i]) / 300;
    CHECK_BELOW(fabs(d - sum), 1e-6);
    for (i = 0; i < 300; i++)
        for (k = 0; k < 3; k++) {
            a[3 * i + k] = (float)normal();
            b[3 * ((i * 7) % 300) + k] = a[3 * i + k];
        }
    CHECK_OK(passwd_movers_distance(a, b, 300, 3, NULL, &d, &e), e);
    CHECK(d == 0.0);
    for (i = 0; i < 300; i++) {
        b[3 * i] = a[3 * i] + 3.0f;
        b[3 * i + 1] = a[3 * i + 1] - 4.0f;
        b[3 * i + 2] = a[3 * i + 2];
    }
    CHECK_OK(passwd_movers_distance(a, b, 300, 3, NULL, &d, &e), e);
    CHECK_BELOW(fabs(d - 5.0), 1e-6);
    a[0] = 1;
    b[0] = 4;
    CHECK_OK(passwd_movers_distance(a, b, 1, 1, NULL, &d, &e), e);
    CHECK(d == 3.0);
    for (k = 0; k < 4; k++) { /* no number; and numbers so far apart that no float holds the distance */
        const float wrong[4] = { 0, INFINITY, -INFINITY, FLT_MAX };
        for (i = 0; i < 6; i++) {
            a[i] = (float)i;
            b[i] = k == 3 ? -FLT_MAX : (float)-i;
        }
        a[3] = k ? wrong[k] : (float)NAN;
        d = 7;
        if (k < 3)
            CHECK(passwd_movers_distance(a, b, 3, 2, NULL, &d, &e) == PASSWD_ERROR_NUMERIC && d == 7 && says("finite"));
        else {
            const passwd_status s = passwd_movers_distance(a, b, 3, 2, NULL, &d, &e);
            CHECK((s == PASSWD_OK && d > 1e38 && d - d == 0) || (s == PASSWD_ERROR_NUMERIC && d == 7));
        }
    }
    a[3] = 1;
    b[0] = b[1] = b[2] = b[3] = b[4] = b[5] = 0;
    CHECK(passwd_movers_distance(NULL, b, 3, 2, NULL, &d, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_movers_distance(a, NULL, 3, 2, NULL, &d, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_movers_distance(a, b, 0, 2, NULL, &d, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_movers_distance(a, b, 4097, 2, NULL, &d, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_movers_distance(a, b, 3, 0, NULL, &d, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_movers_distance(a, b, 3, 2, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    for (n = 1; n < 20; n++) {
        al = counting(&c, n);
        d = 7;
        if (passwd_movers_distance(a, b, 3, 2, &al, &d, &e) == PASSWD_OK) break;
        CHECK(e.status == PASSWD_ERROR_MEMORY && d == 7 && c.alive == 0);
    }
    CHECK(n > 2 && n < 20 && c.alive == 0);
}

/* --- files of constituents --- */
static passwd_status load(const char *text, passwd_events *jets) {
    passwd_event_options o;
    memset(&o, 0, sizeof o);
    o.jets = 1;
    put(scratch, text, strlen(text));
    memset(&e, 0, sizeof e);
    return passwd_events_load(scratch, &o, NULL, jets, &e);
}
static int refused(const char *text, int64_t line, const char *part) {
    passwd_events v;
    passwd_status s;
    memset(&v, 0, sizeof v);
    s = load(text, &v);
    if (s == PASSWD_OK || v.count || v.objects || v.first) {
        passwd_events_free(&v);
        return 0;
    }
    if (line && e.line != line) {
        printf("  line %ld: %s\n", (long)e.line, e.message);
        return 0;
    }
    return says(part);
}
/* Rows that are refused take their jets with them, and no others. */
static void test_skipped(void) {
    static const char text[] =
        "jet,pt,eta,phi\n"
        "0,9,0,0\n0,8,0.1,0\n"           /* good */
        "1,9,0,0\n1,x,0,0\n1,7,0,0\n"    /* its second row is not */
        "2,9,0,0\n2,8\n2,7,0,0\n"        /* ragged */
        "3,nan,0,0\n3,-1,0,0\n3,5,0,0\n" /* the first two are not: one jet */
        "4,9,0,0\n,8,0,0\n4,7,0,0\n"     /* a row of nobody's, which the row before must answer for */
        "5,9,0,0\n0,8,0,0\n5,7,0,0\n"    /* 0 comes back, and so does 5: its first row stays */
        "6,9,0,0\n6,8,0,0.2\n6,7,0,0\n"; /* good */
    static const char table[] = "a,b\n1,2\n3,\n5,6,7\nx,1\n8,9\n";
    static const char *const numbers[] = { "a", "b" };
    passwd_event_options o;
    passwd_events v;
    passwd_event_reader *reader = NULL;
    passwd_skipped skipped;
    int k, good = 0;
    memset(&o, 0, sizeof o);
    memset(&v, 0, sizeof v);
    memset(&skipped, 0, sizeof skipped);
    o.jets = 1;
    put(scratch, text, strlen(text));
    CHECK(passwd_events_load(scratch, &o, NULL, &v, &e) != PASSWD_OK && e.line == 5);
    o.skip = &skipped;
    CHECK_OK(passwd_events_load(scratch, &o, NULL, &v, &e), e);
    CHECK(v.count == 3 && v.objects == 6 && v.id[0] == 0 && v.id[1] == 5 && v.id[2] == 6 && v.first[2] == 3
        && v.pt[4] == 8.0);
    CHECK(skipped.count == 6 && skipped.first.line == 5 && strstr(skipped.first.message, "\"x\"") != NULL);
    skipped.count = 0; /* in batches of one */
    CHECK_OK(passwd_event_reader_open(scratch, &o, NULL, &reader, &e), e);
    for (k = 0; k < 9 && passwd_events_read(reader, &v, 1, &e) == PASSWD_OK && v.count; k++)
        good += v.count == 1 && v.id[0] == (k == 0 ? 0 : 4 + k) && v.objects == (k == 0 ? 2 : 2 * k - 1);
    passwd_event_reader_close(reader);
    CHECK(k == 3 && good == 3 && skipped.count == 6);
    memset(&o, 0, sizeof o);
    memset(&skipped, 0, sizeof skipped);
    o.table = 1;
    o.numbers = numbers;
    o.n_numbers = 2;
    o.skip = &skipped;
    put(scratch, table, strlen(table));
    CHECK_OK(passwd_events_load(scratch, &o, NULL, &v, &e), e);
    CHECK(v.count == 2 && skipped.count == 3 && v.number[0][1] == 8.0 && v.number[1][0] == 2.0);
    passwd_events_free(&v);
    put(scratch, "jet,pt,eta,phi\n0,x,0,0\n", 24); /* nothing is left */
    memset(&o, 0, sizeof o);
    o.jets = 1;
    o.skip = &skipped;
    CHECK(passwd_events_load(scratch, &o, NULL, &v, &e) == PASSWD_ERROR_PARSE && says("no events"));
}
static void test_files(void) {
    passwd_events v;
    passwd_p4 p[4];
    memset(&v, 0, sizeof v);
    CHECK_OK(load("jet,pt,eta,phi\n3,10,0.5,1\n3,5,-0.5,2\n8,2,1,3\n", &v), e);
    CHECK(v.count == 2 && v.objects == 3 && v.id[0] == 3 && v.id[1] == 8 && v.first[1] == 2 && v.m[0] == 0
        && fabs(v.e[0] - 10 * cosh(0.5)) < 1e-12);
    CHECK_OK(
        load("\xEF\xBB\xBFpt,phi,eta,junk,m,jet\r\n10,1,0.5,words,3,7\r\n\r\n# remark\r\n4,1,0.5,\"a,b\",,7\r\n", &v),
        e);
    CHECK(v.count == 1 && v.objects == 2 && v.id[0] == 7 && v.m[0] == 3 && v.m[1] == 0
        && fabs(v.e[0] - sqrt(100 * cosh(0.5) * cosh(0.5) + 9)) < 1e-12);
    CHECK_OK(load("jet,pt,eta,phi,e\n0,3,0,0,5\n0,3,0,0,1\n", &v), e);
    CHECK(v.m[0] == 4 && v.m[1] == 0);
    CHECK_OK(load("event,jet,pt,eta,phi,e,m\n9,0,3,0,0,5,1\n9,1,3,0,0,5,1\n", &v),
        e); /* another column called event is just one more; e counts */
    CHECK(v.count == 2 && v.id[1] == 1 && v.m[0] == 4);
    CHECK_OK(load("jet,pt,eta,phi\n0,0,0,0\n0,1,0,0\n0,0,0,1\n1,0,0,0\n", &v), e);
    CHECK(v.count == 2 && v.objects == 4 && passwd_jet_constituents(&v, 0, p, 4) == 1
        && passwd_jet_constituents(&v, 1, p, 4) == 0);
    CHECK(passwd_jet_constituents(&v, 2, p, 4) == 0 && passwd_jet_constituents(&v, -1, p, 4) == 0);
    passwd_events_free(&v);
    CHECK(refused("event,pt,eta,phi\n0,1,0,0\n", 1, "jet"));
    CHECK(refused("jet,eta,phi\n0,1,0\n", 1, "pt"));
    CHECK(refused("jet,pt,eta,phi,pt\n0,1,0,0,1\n", 1, "twice"));
    CHECK(refused("jet,pt,eta,phi\n0,1,0,0\n0,-1,0,0\n", 3, "negative"));
    CHECK(refused("jet,pt,eta,phi\n0,nan,0,0\n", 2, "pt"));
    CHECK(refused("jet,pt,eta,phi\n0,1,inf,0\n", 2, "eta"));
    CHECK(refused("jet,pt,eta,phi\n0,1,0,\n", 2, "phi"));
    CHECK(refused("jet,pt,eta,phi\n0,1,21,0\n", 2, "eta"));
    CHECK(refused("jet,pt,eta,phi,m\n0,1,0,0,-4\n", 2, "negative"));
    CHECK(refused("jet,pt,eta,phi\n0.5,1,0,0\n", 2, "jet"));
    CHECK(refused("jet,pt,eta,phi\n0,1,0,0\n1,1,0,0\n0,1,0,0\n", 4, "Jet 0 continues"));
    CHECK(refused("jet,pt,eta,phi\n0,1,0\n", 2, "fields"));
    CHECK(refused("jet,pt,eta,phi\n", 0, ""));
    CHECK(refused("", 0, ""));
}

/* --- normalized autoencoder: three correlated, normal features --- */
#define ROWS 400
static double table[3 * 6000];
static const char *const names[3] = { "tau2", "mass", "c2" };
static void toy_rows(double *to, int rows) {
    int i;
    for (i = 0; i < rows; i++) {
        const double a = normal(), b = normal();
        to[3 * i] = a;
        to[3 * i + 1] = 100 + 20 * (0.8 * a + 0.6 * b);
        to[3 * i + 2] = exp(0.3 * (a - b) + 0.1 * normal());
    }
}
static passwd_nae_config small(const char *preset) {
    passwd_nae_config c;
    CHECK_OK(passwd_nae_preset(preset, &c, &e), e);
    c.features = 3;
    memset(c.widths, 0, sizeof c.widths);
    c.widths[0] = 8;
    c.widths[1] = 2;
    c.batch = 64;
    c.epochs = 6;
    c.rate = 5e-3f;
    c.latent_steps = c.chain_steps = 5;
    c.distance_events = 50;
    c.buffer = 100;
    return c;
}
typedef struct watcher {
    int epochs, stop, kept;
    double validation[64], distance[64], probe[3];
    const double *rows;
} watcher;
static int watch(void *user, const passwd_nae *a, const passwd_nae_epoch *p) {
    watcher *w = (watcher *)user;
    if (w->epochs < 64) {
        w->validation[w->epochs] = p->validation;
        w->distance[w->epochs] = p->distance;
    }
    w->epochs++;
    if (p->epoch != w->epochs) w->epochs = -1000000;
    if (p->kept) {
        w->kept = p->epoch;
        if (w->rows && passwd_nae_run(a, NULL, w->rows, 3, w->probe, NULL, NULL) != PASSWD_OK) w->kept = -1;
    }
    return w->stop && w->epochs >= w->stop;
}
static int stop_at(void *user, const passwd_progress *p) { return p->step >= *(int *)user; }
static passwd_status train(
    passwd_nae *a, int rows, uint64_t seed, int threads, passwd_simd simd, watcher *w, passwd_train_report *r) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    o.seed = seed;
    o.threads = threads;
    o.simd = simd;
    memset(&e, 0, sizeof e);
    return train_on(a, table, rows, names, &o, w ? watch : NULL, w, r, &e);
}
static passwd_nae *new_nae(const passwd_nae_config *c) {
    passwd_nae *a = NULL;
    CHECK_OK(passwd_nae_new(c, 5, NULL, &a, &e), e);
    return a;
}
static void test_nae_training(void) {
    const int simd[] = { PASSWD_SIMD_SCALAR, PASSWD_SIMD_AVX2, PASSWD_SIMD_AVX512, PASSWD_SIMD_NEON };
    static double energy[ROWS], other[ROWS], back[3 * ROWS], rows[24];
    passwd_nae_config c = small("cms");
    passwd_workspace_options wo;
    passwd_train_report r;
    watcher w;
    passwd_nae *a, *b;
    double most = 0.0;
    int k, start, f, at = 2;
    toy_rows(table, 6000);
    for (start = 0; start < 3; start++) {
        c.start = start;
        c.metropolis = start == 2;
        c.whiten = start > 0;
        c.gamma = start > 0 ? 0.05f : 0.0f;
        c.train_temperature = c.spherical = c.replay = start == 0; /* every option somewhere */
        c.pretrain = start == 0 ? 7 : 0;
        c.average = start == 1 ? 0.9f : 0.0f;
        c.epochs = quick ? 3 : 12;
        a = new_nae(&c);
        CHECK(passwd_nae_run(a, NULL, table, ROWS, energy, NULL, &e) == PASSWD_ERROR_ARGUMENT && says("trained"));
        CHECK(sample(a, NULL, 1, 3, -1, 0, rows, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(passwd_nae_save(a, scratch, &e) == PASSWD_ERROR_ARGUMENT && says("trained"));
        memset(&w, 0, sizeof w);
        w.rows = table;
        memset(&r, 0, sizeof r);
        CHECK_OK(train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, &w, &r), e);
        CHECK(w.epochs == r.epochs && r.best_epoch == w.kept && w.kept > 0 && r.events == ROWS - 60);
        CHECK(w.validation[w.kept - 1] <= w.validation[0] * (quick ? 1.0 : 0.9));
        CHECK_OK(passwd_nae_run(a, NULL, table, ROWS, energy, back, &e), e);
        CHECK(!memcmp(energy, w.probe, sizeof w.probe)); /* the kept epoch's parameters are the result */
        for (k = 0; k < ROWS; k++)
            if (!(energy[k] >= 0 && energy[k] < 1e6 && back[3 * k] - back[3 * k] == 0)) break;
        CHECK(k == ROWS);
        for (k = 0; k < ROWS; k++) most = fmax(most, energy[k]);
        if (start == 0 || !quick)
            for (k = 0; k < 4; k++)
                for (f = 1; f <= 2; f++) {
                    if (!passwd_simd_available((passwd_simd)simd[k])) continue;
                    b = new_nae(&c);
                    if (f == 2 && train(b, 40, 3, 2, (passwd_simd)simd[k], NULL, NULL) == PASSWD_ERROR_UNSUPPORTED) {
                        passwd_nae_free(b);
                        continue;
                    } /* no OpenMP */
                    if (f == 2) {
                        passwd_nae_free(b);
                        b = new_nae(&c);
                    }
                    CHECK_OK(train(b, ROWS, 3, f, (passwd_simd)simd[k], NULL, NULL), e);
                    CHECK(same_parameters(passwd_nae_model(a), passwd_nae_model(b)));
                    memset(&wo, 0, sizeof wo);
                    wo.threads = f;
                    wo.simd = (passwd_simd)simd[k];
                    CHECK_OK(passwd_nae_run(b, &wo, table, ROWS, other, NULL, &e), e);
                    CHECK(!memcmp(energy, other, sizeof energy));
                    passwd_nae_free(b);
                }
        b = new_nae(&c);
        CHECK_OK(train(b, ROWS, 4, 1, PASSWD_SIMD_AUTO, NULL, NULL), e);
        CHECK(!same_parameters(passwd_nae_model(a), passwd_nae_model(b)));
        passwd_nae_free(b);
        /* far from everything: finite, and of more energy the farther */
        for (k = 0; k < 8; k++)
            for (f = 0; f < 3; f++)
                rows[3 * k + f] = (k % 2 ? -1 : 1)
                    * (f == 0        ? 1
                            : f == 1 ? 20
                                     : 0.5)
                    * pow(10.0, k < 6 ? 2 + k : 100 * (k - 4));
        CHECK_OK(passwd_nae_run(a, NULL, rows, 8, energy, back, &e), e);
        for (k = 0; k < 8; k++) CHECK(energy[k] > most && energy[k] < 1e300);
        for (k = 0; k < 24; k++)
            if (back[k] - back[k] != 0) break;
        CHECK(k == 24);
        passwd_nae_free(a);
    }
    /* stopped by the watch, by progress */
    a = new_nae(&c);
    memset(&w, 0, sizeof w);
    w.stop = 2;
    w.rows = table;
    CHECK(train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, &w, &r) == PASSWD_STOPPED);
    CHECK(w.epochs == 2 && r.epochs == 2 && r.stopped == 2 && r.best_epoch == w.kept);
    CHECK_OK(passwd_nae_run(a, NULL, table, 3, energy, NULL, &e), e);
    CHECK(!memcmp(energy, w.probe, sizeof w.probe));
    passwd_nae_free(a);
    a = new_nae(&c);
    {
        passwd_train_options o;
        memset(&o, 0, sizeof o);
        o.progress = stop_at;
        o.user = &at;
        CHECK(
            train_on(a, table, ROWS, NULL, &o, NULL, NULL, &r, &e) == PASSWD_STOPPED && r.steps == 2 && r.stopped == 2);
    }
    CHECK_OK(passwd_nae_run(a, NULL, table, 3, energy, NULL, &e), e);
    CHECK(finite_parameters(passwd_nae_model(a)));
    passwd_nae_free(a);
}
static void test_nae_rows(void) {
    static double energy[5000], energy_of[5000], bad[3 * 5000], back[3 * 5000];
    passwd_nae_config c = small("plain");
    passwd_train_report r;
    passwd_nae *a;
    int k, f, q;
    c.epochs = 3;
    for (k = 4; k <= 10; k++) { /* fewer rows than a batch */
        for (f = 0; f < 2; f++) {
            c.normalized = f;
            a = new_nae(&c);
            CHECK_OK(train(a, k, 1, 1, PASSWD_SIMD_AUTO, NULL, &r), e);
            CHECK_OK(passwd_nae_run(a, NULL, table, 10, energy, NULL, &e), e);
            CHECK(finite_parameters(passwd_nae_model(a)) && energy[9] - energy[9] == 0);
            passwd_nae_free(a);
        }
    }
    c.normalized = 0;
    c.validation = 0.9f;
    c.batch = 16777216;
    c.normalized = 1;
    a = new_nae(&c);
    CHECK_OK(train(a, 40, 1, 1, PASSWD_SIMD_AUTO, NULL, &r), e);
    passwd_nae_free(a);
    c.batch = 64;
    c.validation = 0.15f;
    c.normalized = 0;
    a = new_nae(&c);
    CHECK(train(a, 3, 1, 1, PASSWD_SIMD_AUTO, NULL, &r) == PASSWD_ERROR_ARGUMENT && says("four"));
    CHECK(train(a, 0, 1, 1, PASSWD_SIMD_AUTO, NULL, &r) == PASSWD_ERROR_ARGUMENT
        && train(a, -5, 1, 1, PASSWD_SIMD_AUTO, NULL, &r) == PASSWD_ERROR_ARGUMENT);
    CHECK(train_on(NULL, table, 50, NULL, NULL, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && train_on(a, NULL, 50, NULL, NULL, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_nae_free(a);
    for (q = 0; q < 2; q++) {
        c.quantiles = q;
        a = new_nae(&c);
        memcpy(bad, table, sizeof bad);
        for (k = 0; k < ROWS; k++) bad[3 * k + 1] = 91.2;
        CHECK(train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_NUMERIC && says("mass"));
        for (k = 0; k < ROWS; k++)
            for (f = 0; f < 3; f++) bad[3 * k + f] = f;
        CHECK(train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_NUMERIC && says("tau2"));
        memcpy(bad, table, sizeof bad);
        bad[3 * 122 + 2] = (double)NAN;
        CHECK(train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_NUMERIC && e.line == 123
            && says("123") && says("c2"));
        bad[3 * 122 + 2] = (double)INFINITY;
        CHECK(train_on(a, bad, ROWS, NULL, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_NUMERIC && e.line == 123);
        CHECK(passwd_nae_run(a, NULL, table, 3, energy, NULL, &e) == PASSWD_ERROR_ARGUMENT); /* still untrained */
        memcpy(bad, table, sizeof bad);                                                      /* nearly all the same */
        for (k = 1; k < ROWS; k++) bad[3 * k + 1] = 91.2;
        CHECK_OK(train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e), e);
        CHECK_OK(passwd_nae_run(a, NULL, bad, ROWS, energy, NULL, &e), e);
        for (k = 0; k < ROWS; k++)
            if (!(energy[k] - energy[k] == 0)) break;
        CHECK(k == ROWS);
        for (k = 0; k < ROWS; k++) bad[3 * k + 1] = k ? 1.0 : 1.0 + 2.3e-16; /* the same but for rounding */
        {
            const passwd_status s = train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e);
            CHECK(s == PASSWD_OK || (s == PASSWD_ERROR_NUMERIC && says("mass")));
        }
        for (k = 0; k < ROWS; k++) bad[3 * k + 1] = k ? -1e300 : 1e300;
        {
            const passwd_status s = train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e);
            CHECK(s == PASSWD_OK || (s == PASSWD_ERROR_NUMERIC && says("mass")));
        }
        for (k = 0; k < 3 * ROWS; k++) bad[k] = table[k] * 1e-200; /* tiny and huge units */
        CHECK_OK(train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e), e);
        CHECK_OK(passwd_nae_run(a, NULL, bad, ROWS, energy, NULL, &e), e);
        CHECK(energy[5] - energy[5] == 0);
        for (k = 0; k < 3 * ROWS; k++) bad[k] = table[k] * 1e290;
        {
            const passwd_status s = train_on(a, bad, ROWS, names, NULL, NULL, NULL, &r, &e);
            CHECK(s == PASSWD_OK || (s == PASSWD_ERROR_NUMERIC && e.message[0]));
            if (s == PASSWD_OK) {
                CHECK_OK(passwd_nae_run(a, NULL, bad, ROWS, energy, NULL, &e), e);
                CHECK(energy[5] - energy[5] == 0);
            }
        }
        passwd_nae_free(a);
    }
    a = new_nae(&c);
    CHECK_OK(train(a, ROWS, 1, 1, PASSWD_SIMD_AUTO, NULL, &r), e);
    memcpy(bad, table, sizeof bad);
    bad[3 * 4500 + 1] = (double)NAN; /* beyond the first block: nothing may have been written */
    for (k = 0; k < 5000; k++) energy[k] = back[k] = 7;
    CHECK(
        passwd_nae_run(a, NULL, bad, 5000, energy, back, &e) == PASSWD_ERROR_NUMERIC && e.line == 4501 && says("4501"));
    for (k = 0; k < 5000; k++)
        if (energy[k] != 7 || back[k] != 7) break;
    CHECK(k == 5000);
    CHECK_OK(passwd_nae_run(a, NULL, table, 5000, energy, back, &e), e); /* blocks and single rows */
    for (k = 0; k < 5000; k += 499) {
        CHECK_OK(passwd_nae_run(a, NULL, table + 3 * k, 1, energy_of, NULL, &e), e);
        CHECK(energy_of[0] == energy[k]);
    }
    CHECK_OK(passwd_nae_run(a, NULL, NULL, 0, NULL, NULL, &e), e);
    CHECK(passwd_nae_run(NULL, NULL, table, 3, energy, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_run(a, NULL, NULL, 3, energy, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_run(a, NULL, table, 3, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_nae_run(a, NULL, table, -3, energy, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_nae_free(a);
}

/* the place of a text in bytes */
static char *find(char *bytes, size_t count, const char *text) {
    const size_t n = strlen(text);
    size_t k;
    for (k = 0; k + n <= count; k++)
        if (!memcmp(bytes + k, text, n)) return bytes + k;
    return NULL;
}
static void test_nae_files(void) {
    static double energy[ROWS], other[ROWS];
    passwd_nae_config c = small("cms"), d;
    passwd_nae *a, *b = NULL;
    passwd_vrnn *v = NULL;
    passwd_tensor_file file;
    char *bytes, *copy, *at;
    size_t count, k, bad = 0;
    int i;
    c.epochs = 2;
    c.activation = PASSWD_ACTIVATE_GELU;
    c.latent = 0.01f;
    c.temperature = 0.3f;
    c.whiten = c.spherical = c.train_temperature = 1;
    a = new_nae(&c);
    CHECK_OK(train(a, 40, 1, 1, PASSWD_SIMD_AUTO, NULL, NULL), e);
    CHECK_OK(passwd_nae_save(a, scratch, &e), e);
    CHECK_OK(passwd_nae_run(a, NULL, table, ROWS, energy, NULL, &e), e);
    bytes = contents(scratch, &count);
    for (i = 0; i < 2; i++) {
        CHECK_OK(
            i ? passwd_nae_load(scratch, NULL, &b, &e) : passwd_nae_parse(bytes, count, "weights", NULL, &b, &e), e);
        if (!b) return;
        CHECK(!memcmp(passwd_nae_config_of(b), &c, sizeof c)
            && same_parameters(passwd_nae_model(a), passwd_nae_model(b)));
        CHECK(
            passwd_nae_quantiles(b)->features == 3 && passwd_nae_quantiles(b)->knots == passwd_nae_quantiles(a)->knots);
        CHECK_OK(passwd_nae_run(b, NULL, table, ROWS, other, NULL, &e), e);
        CHECK(!memcmp(energy, other, sizeof energy));
        for (k = 0; k < 2; k++) CHECK_OK(sample(k ? b : a, NULL, 3, 20, -1, 0, k ? other : energy, NULL, &e), e);
        CHECK(!memcmp(energy, other, 60 * sizeof(double)));
        CHECK_OK(passwd_nae_run(a, NULL, table, ROWS, energy, NULL, &e), e);
        passwd_nae_free(b);
        b = NULL;
    }
    for (k = 0; k < count; k += quick && k > 200 && k + 200 < count ? 61 : 1) {
        copy = (char *)malloc(k ? k : 1); /* a block of its own, so that reading beyond its end is seen */
        memcpy(copy, bytes, k);
        if (passwd_nae_parse(copy, k, "weights", NULL, &b, &e) == PASSWD_OK || b || !e.message[0]) bad++;
        free(copy);
    }
    CHECK(bad == 0);
    copy = (char *)malloc(count);
    memcpy(copy, bytes, count);
    CHECK((at = find(copy, count, "features\\\":3")) != NULL);
    if (at) {
        at[11] = '4';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_SHAPE && !b && says("weights"));
        at[11] = '3';
    }
    if (CHECK((at = find(copy, count, "map.white")) != NULL)) { /* what whitens is not optional */
        at[0] = 'n';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_SHAPE && !b && says("map.white"));
        at[0] = 'm';
    }
    CHECK((at = find(copy, count, "[8,2]")) != NULL);
    if (at) {
        at[1] = '9';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_SHAPE && !b);
        at[1] = '0';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_CONFIG && !b && says("widths"));
        at[1] = '-';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) != PASSWD_OK && !b);
        at[1] = '8';
        at[2] = '.';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) != PASSWD_OK && !b);
        at[2] = '4';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_SHAPE && !b);
        at[2] = ',';
    }
    CHECK((at = find(copy, count, "alpha")) != NULL);
    if (at) {
        at[4] = 'x';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_CONFIG && !b && says("alphx"));
        at[4] = 'a';
    }
    CHECK((at = find(copy, count, "config")) != NULL);
    if (at) {
        at[0] = 'k';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_CONFIG && !b && says("config"));
        at[0] = 'c';
    }
    CHECK(passwd_nae_parse(copy, count, NULL, NULL, &b, &e) == PASSWD_OK);
    passwd_nae_free(b);
    b = NULL;
    CHECK((at = find(copy, count, "config")) != NULL);
    if (at) {
        at[0] = 'k';
        CHECK(passwd_nae_parse(copy, count, NULL, NULL, &b, &e) == PASSWD_ERROR_CONFIG && !b
            && !strstr(e.message, "(null)"));
        at[0] = 'c';
    }
    CHECK_OK(passwd_tensor_file_parse(copy, count, "weights", NULL, &file, &e), e);
    for (i = 0; i < (int)file.count; i++) { /* no number in any tensor; each of them missing */
        const passwd_tensor *t = file.tensors + i;
        const size_t size = t->dtype == PASSWD_DTYPE_F64 ? 8 : 4,
                     place = (size_t)((const char *)t->data - copy) + (size_t)(t->count - 1) * size;
        char name[80], quoted[84];
        memset(copy + place, 0xff, size);
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_NUMERIC && !b);
        memcpy(copy + place, bytes + place, size);
        snprintf(name, sizeof name, "%s", t->name);
        snprintf(quoted, sizeof quoted, "\"%s\"", name);
        at = find(copy, count, quoted);
        if (!CHECK(at != NULL)) continue;
        at[1] = '_';
        CHECK(passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_SHAPE && !b && says(name + 1));
        at[1] = name[0];
    }
    passwd_tensor_file_free(&file);
    for (k = 0; k < (quick ? 300 : 3000); k++) { /* one byte changed at random: never a crash */
        const size_t place = (size_t)(uniform() * (double)count);
        copy[place] = (char)(copy[place] ^ (1 << (int)(8 * uniform())));
        if (passwd_nae_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_OK) {
            passwd_nae_free(b);
            b = NULL;
        }
        copy[place] = bytes[place];
    }
    CHECK(passwd_vrnn_parse(bytes, count, "weights", NULL, &v, &e) == PASSWD_ERROR_CONFIG && !v);
    CHECK(passwd_nae_load("/nonexistent/x", NULL, &b, &e) == PASSWD_ERROR_IO
        && passwd_nae_save(a, "/nonexistent/x", &e) == PASSWD_ERROR_IO);
    CHECK(passwd_nae_load(NULL, NULL, &b, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_load(scratch, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_parse(bytes, count, "w", NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_nae_parse(NULL, 0, "w", NULL, &b, &e) != PASSWD_OK
        && passwd_nae_save(NULL, scratch, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_save(a, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_nae_free(NULL);
    passwd_nae_free(a);
    free(bytes);
    free(copy);
    /* the configuration's text */
    d = c;
#define READ(text) passwd_nae_config_read(&d, text, strlen(text), "settings", &e)
    CHECK_OK(READ("{\"widths\": [5], \"alpha\": 0.5, \"normalized\": true, \"format\": \"x\"}"), e);
    CHECK(d.widths[0] == 5 && d.widths[1] == 0 && d.widths[7] == 0 && d.alpha == 0.5f && d.normalized == 1
        && d.features == 3);
    CHECK_OK(READ("{\"widths\": [8,7,6,5,4,3,2,1]}"), e);
    CHECK(d.widths[0] == 8 && d.widths[7] == 1);
    c = d;
    {
        static const char *const wrong[] = { "[]", "[1,2,3,4,5,6,7,8,9]", "5", "\"5\"", "null", "{}", "[0]", "[5,0,3]",
            "[-1]", "[4097]", "[1e30]", "[2.5]", "[[5]]", "[\"5\"]", "[true]", "[null]", "[9223372036854775807]",
            "[1e400]" };
        for (k = 0; k < sizeof wrong / sizeof *wrong; k++) {
            char text[64];
            snprintf(text, sizeof text, "{\"alpha\": 0.25, \"widths\": %s}", wrong[k]);
            e.message[0] = 0;
            if (!CHECK(READ(text) != PASSWD_OK && !memcmp(&c, &d, sizeof c) && e.message[0]
                    && strstr(e.message, "settings")))
                printf("  %s: %s\n", text, e.message);
        }
    }
    CHECK(READ("{\"wdiths\": [5]}") == PASSWD_ERROR_CONFIG && says("wdiths"));
    CHECK(READ("{\"features\": 2.5}") == PASSWD_ERROR_CONFIG && says("features"));
    CHECK(READ("{\"temperature\": 0}") == PASSWD_ERROR_CONFIG && says("temperature"));
    CHECK(READ("[1]") == PASSWD_ERROR_CONFIG && READ("") == PASSWD_ERROR_PARSE && READ("{") == PASSWD_ERROR_PARSE);
    CHECK(!memcmp(&c, &d, sizeof c));
#undef READ
    CHECK(passwd_nae_config_read(&d, NULL, 0, "s", &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_config_read(NULL, "{}", 2, "s", &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_nae_preset("best", &d, &e) == PASSWD_ERROR_CONFIG && says("best")
        && passwd_nae_preset(NULL, &d, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_nae_preset("plain", NULL, &e) == PASSWD_ERROR_ARGUMENT);
}
static void test_nae_samples(void) {
    static double x[600], y[600];
    passwd_nae_config c = small("cms");
    passwd_workspace_options wo;
    passwd_chain_report r;
    passwd_nae *a;
    int start, mapped, k;
    c.epochs = 2;
    c.chain_range = 2.5f;
    for (start = 0; start < 3; start++) {
        c.start = start;
        a = new_nae(&c);
        CHECK_OK(sample(a, NULL, 9, 200, -1, 1, x, &r, &e), e); /* in mapped features also before training */
        CHECK_OK(train(a, ROWS, 1, 1, PASSWD_SIMD_AUTO, NULL, NULL), e);
        for (mapped = 0; mapped < 2; mapped++) {
            CHECK_OK(sample(a, NULL, 9, 200, -1, mapped, x, &r, &e), e);
            for (k = 0; k < 600; k++)
                if (!(x[k] - x[k] == 0) || (mapped && fabs(x[k]) > 2.5)) break;
            CHECK(k == 600 && r.lost == 0 && r.end - r.end == 0);
            memset(&wo, 0, sizeof wo);
            wo.simd = PASSWD_SIMD_SCALAR;
            CHECK_OK(sample(a, &wo, 9, 200, -1, mapped, y, NULL, &e), e);
            CHECK(!memcmp(x, y, sizeof x));
            CHECK_OK(sample(a, NULL, 10, 200, -1, mapped, y, NULL, &e), e);
            CHECK(memcmp(x, y, sizeof x) != 0);
        }
        CHECK_OK(sample(a, NULL, 9, 200, 0, 1, x, &r, &e), e);
        CHECK_OK(sample(a, NULL, 9, 0, -1, 1, NULL, &r, &e), e);
        CHECK_OK(sample(a, NULL, 9, 1, 3, 1, x, &r, &e), e);
        CHECK(sample(a, NULL, 9, -1, 3, 1, x, &r, &e) == PASSWD_ERROR_ARGUMENT
            && sample(a, NULL, 9, 1 << 30, 3, 1, x, &r, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(sample(a, NULL, 9, 3, 3, 1, NULL, &r, &e) == PASSWD_ERROR_ARGUMENT
            && sample(NULL, NULL, 9, 3, 3, 1, x, &r, &e) == PASSWD_ERROR_ARGUMENT);
        passwd_nae_free(a);
    }
}
static void test_nae_trouble(void) {
    static double energy[ROWS];
    passwd_nae_config c;
    passwd_train_report r;
    passwd_nae *a;
    watcher w;
    int k, i, start, diverged = 0, bad = 0;
    for (k = 0; k < (quick ? 6 : 24); k++)
        for (start = 0; start < 3; start++) { /* chains that run away */
            passwd_status s;
            c = small("cms");
            c.start = start;
            c.alpha = 0;
            c.difference = 1;
            c.chain_clip = c.chain_range = 0;
            c.chain_step = (float)pow(10.0, k % 6);
            c.latent_step = k % 2 ? 1e3f : 0.05f;
            c.rate = k % 4 ? 10.0f : 0.1f;
            c.clip = 0;
            c.temperature = k % 3 ? 1e-3f : 1.0f;
            c.activation = k % 5 == 4 ? PASSWD_ACTIVATE_SQUARE : PASSWD_ACTIVATE_RELU;
            c.epochs = 4;
            a = new_nae(&c);
            memset(&w, 0, sizeof w);
            w.rows = table;
            memset(&r, 0, sizeof r);
            s = train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, &w, &r);
            diverged += s == PASSWD_ERROR_NUMERIC;
            if (s != PASSWD_OK
                && (s != PASSWD_ERROR_NUMERIC || r.stopped != 3
                    || !(strstr(e.message, "diverged") || strstr(e.message, "not finite")))) {
                bad++;
                printf("  %d %d: %s, stopped %d: %s\n", k, start, passwd_status_name(s), r.stopped, e.message);
            }
            if (!finite_parameters(passwd_nae_model(a))) {
                bad++;
                printf("  %d %d: parameters\n", k, start);
            }
            if (passwd_nae_run(a, NULL, table, ROWS, energy, NULL, &e) != PASSWD_OK) {
                bad++;
                printf("  %d %d: %s\n", k, start, e.message);
            }
            for (i = 0; i < ROWS; i++)
                if (!(energy[i] - energy[i] == 0)) break;
            if (i < ROWS && w.kept > 0) {
                bad++;
                printf("  %d %d: energy of row %d is %g, kept %d, %s\n", k, start, i, energy[i], w.kept, e.message);
            }
            if (w.kept > 0 && memcmp(energy, w.probe, sizeof w.probe)) {
                bad++;
                printf("  %d %d: not the best epoch's\n", k, start);
            }
            passwd_nae_free(a);
        }
    CHECK(diverged > 5);
    CHECK(bad == 0);
    c = small("cms"); /* all chains in one spot */
    c.start = PASSWD_START_NOISE;
    c.start_width = c.chain_noise = 0;
    c.epochs = 2;
    a = new_nae(&c);
    CHECK_OK(train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, NULL, &r), e);
    CHECK(strstr(r.warning, "collapsed") != NULL && r.warning[strlen(r.warning) - 1] == '.');
    passwd_nae_free(a);
    c.metropolis = 1; /* which needs noise */
    a = new_nae(&c);
    CHECK(train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, NULL, &r) == PASSWD_ERROR_ARGUMENT && says("noise"));
    CHECK(passwd_nae_run(a, NULL, table, 3, energy, NULL, &e) == PASSWD_ERROR_ARGUMENT); /* as before: not trained */
    passwd_nae_free(a);
    for (k = PASSWD_ACTIVATE_LINEAR; k < PASSWD_ACTIVATIONS; k++)
        for (i = 0; i < 2; i++) {
            passwd_status s;
            int n;
            c = small(i ? "default" : "plain");
            c.activation = k;
            c.epochs = 2;
            c.rate = 1e-3f;
            a = new_nae(&c);
            s = train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, NULL, &r);
            CHECK(s == PASSWD_OK
                || (s == PASSWD_ERROR_NUMERIC
                    && (k == PASSWD_ACTIVATE_LOG || k == PASSWD_ACTIVATE_SQRT || k == PASSWD_ACTIVATE_EXP
                        || k == PASSWD_ACTIVATE_SQUARE)));
            CHECK(finite_parameters(passwd_nae_model(a)));
            CHECK_OK(passwd_nae_run(a, NULL, table, ROWS, energy, NULL, &e), e);
            for (n = 0; n < ROWS; n++)
                if (energy[n] - energy[n] != 0) break;
            if (s == PASSWD_OK) CHECK(n == ROWS);
            passwd_nae_free(a);
        }
    c = small("plain"); /* plain: no chains, patience */
    c.epochs = 40;
    c.patience = 2;
    c.rate = 0.1f;
    a = new_nae(&c);
    memset(&w, 0, sizeof w);
    w.rows = table;
    CHECK_OK(train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, &w, &r), e);
    CHECK(r.stopped == 1 && r.epochs < 40 && r.best_epoch == r.epochs - 2 && w.kept == r.best_epoch
        && isnan(w.distance[0]));
    for (k = 0; k < r.epochs && k < 64; k++)
        if (w.validation[k] < w.validation[r.best_epoch - 1]) break;
    CHECK(k == r.epochs && r.validation == w.validation[r.best_epoch - 1]);
    CHECK_OK(passwd_nae_run(a, NULL, table, 3, energy, NULL, &e), e);
    CHECK(!memcmp(energy, w.probe, sizeof w.probe));
    passwd_nae_free(a);
}
/* every number of a configuration in turn absurd: refused or works, never worse */
static void test_absurd(void) {
    static const uint32_t words[] = { 0, 1, 0x80000000u, 0xffffffffu, 0x7fffffffu, 0x7fc00000u, 0x7f800000u,
        0xff800000u, 0x00000001u, 0x7f7fffffu, 0x10000u };
    passwd_nae_config n;
    passwd_vrnn_config v;
    passwd_p4 p[3];
    double x[4 * 512];
    size_t k, w;
    int taken = 0, refusals = 0, wrong = 0; /* refused without a sentence, or rows that there are not */
    for (k = 0; k < sizeof n / 4; k++)
        for (w = 0; w < sizeof words / sizeof *words; w++) {
            passwd_nae *a = NULL;
            n = small("cms");
            memcpy((char *)&n + 4 * k, words + w, 4);
            e.message[0] = 0;
            if (passwd_nae_new(&n, 1, NULL, &a, &e) == PASSWD_OK) {
                taken++;
                passwd_nae_free(a);
            } else {
                refusals++;
                wrong += a || !e.message[0];
            }
        }
    for (k = 0; k < sizeof v / 4; k++)
        for (w = 0; w < sizeof words / sizeof *words; w++) {
            passwd_vrnn *a = NULL;
            int i, rows;
            CHECK_OK(passwd_vrnn_preset("default", &v, &e), e);
            memcpy((char *)&v + 4 * k, words + w, 4);
            e.message[0] = 0;
            if (passwd_vrnn_new(&v, 1, NULL, &a, &e) == PASSWD_OK) {
                taken++;
                passwd_vrnn_free(a);
            } else {
                refusals++;
                wrong += a || !e.message[0];
            }
            for (i = 0; i < 3; i++) p[i] = passwd_p4_of(10 - i, 0.1 * i, 0.2 * i * i, 0);
            rows = passwd_vrnn_encode(&v, p, 3, x);
            wrong += rows < 0 || rows > 3;
        }
    CHECK(taken > 100 && refusals > 300 && wrong == 0);
    n = small("cms");
    for (k = 0; k < PASSWD_NAE_LAYERS; k++) n.widths[k] = -(int)k * 1000 + 3;
    {
        passwd_nae *a = NULL;
        CHECK(passwd_nae_new(&n, 1, NULL, &a, &e) == PASSWD_ERROR_CONFIG && !a && says("widths"));
    }
    memset(&n, 0, sizeof n);
    memset(&v, 0xff, sizeof v);
    {
        passwd_nae *a = NULL;
        passwd_vrnn *b = NULL;
        CHECK(passwd_nae_new(&n, 1, NULL, &a, &e) == PASSWD_ERROR_CONFIG
            && passwd_vrnn_new(&v, 1, NULL, &b, &e) == PASSWD_ERROR_CONFIG && !a && !b);
    }
    {
        passwd_nae *a = NULL;
        passwd_vrnn *b = NULL;
        CHECK(passwd_nae_new(NULL, 1, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT
            && passwd_vrnn_new(NULL, 1, NULL, &b, &e) == PASSWD_ERROR_ARGUMENT);
    }
    n = small("cms");
    for (k = 0; k < PASSWD_NAE_LAYERS; k++) n.widths[k] = 1 + (int)k % 2;
    {
        passwd_nae *a = new_nae(&n);
        n.epochs = 1;
        CHECK_OK(train(a, 30, 1, 1, PASSWD_SIMD_AUTO, NULL, NULL), e);
        passwd_nae_free(a);
    }
    n.features = 600;
    n.widths[0] = 300; /* wide */
    {
        passwd_nae *a = new_nae(&n);
        passwd_nae_free(a);
    }
}
static void test_nae_memory(void) {
    passwd_nae_config c = small("cms");
    passwd_nae *a, *b;
    passwd_allocator al;
    passwd_train_report r;
    passwd_status s;
    counter n;
    char *bytes;
    size_t count;
    long at;
    double energy[10], first[10], x[30], *before;
    int bad = 0, step;
    c.epochs = 1;
    c.widths[0] = 3;
    c.whiten = c.spherical = c.train_temperature = c.replay = 1;
    c.pretrain = 2;
    a = new_nae(&c);
    CHECK_OK(train(a, 20, 1, 1, PASSWD_SIMD_AUTO, NULL, NULL), e);
    CHECK_OK(passwd_nae_save(a, scratch, &e), e);
    passwd_nae_free(a);
    bytes = contents(scratch, &count);
    for (step = 0; step < 5; step++) { /* new, load, save, run and sample, train again */
        for (at = 1; at < 4000; at++) {
            al = counting(&n, step < 2 ? at : 0);
            a = b = NULL;
            s = step == 0 ? passwd_nae_new(&c, 5, &al, &a, &e) : passwd_nae_parse(bytes, count, "weights", &al, &a, &e);
            if (step < 2) {
                passwd_nae_free(a);
                if (n.alive) {
                    bad++;
                    printf("  %d, call %ld: %ld blocks are lost\n", step, at, n.alive);
                }
                if (s == PASSWD_OK) break;
                if (a || s != PASSWD_ERROR_MEMORY) {
                    bad++;
                    printf("  %d, call %ld: %s\n", step, at, e.message);
                }
                continue;
            }
            if (!CHECK_OK(s, e)) break;
            CHECK_OK(passwd_nae_run(a, NULL, table + 90, 10, first, NULL, &e), e);
            before = (double *)malloc(1000);
            memcpy(before, passwd_nae_quantiles(a)->x, 48);
            n.calls = 0;
            n.fail_at = at;
            memset(energy, 0, sizeof energy);
            memset(x, 0, sizeof x);
            s = step == 2   ? passwd_nae_save(a, scratch, &e)
                : step == 3 ? passwd_nae_run(a, NULL, table, 10, energy, NULL, &e)
                            : train_on(a, table + 60, 25, names, NULL, NULL, NULL, &r, &e);
            if (s == PASSWD_OK && step == 3) s = sample(a, NULL, 2, 10, -1, 0, x, NULL, &e);
            n.fail_at = 0;
            if (s != PASSWD_OK) {
                if (s != PASSWD_ERROR_MEMORY) {
                    bad++;
                    printf("  %d, call %ld: %s\n", step, at, e.message);
                }
                if (x[0] != 0) bad++;
                if (memcmp(before, passwd_nae_quantiles(a)->x, 48)) {
                    bad++;
                    printf("  call %ld: the map has changed\n", at);
                }
                CHECK_OK(passwd_nae_run(a, NULL, table + 90, 10, energy, NULL, &e), e);
                if (memcmp(first, energy, sizeof first)) {
                    bad++;
                    printf("  %d, call %ld: the network has changed\n", step, at);
                }
            }
            free(before);
            passwd_nae_free(a);
            if (n.alive) {
                bad++;
                printf("  %d, call %ld: %ld blocks are lost\n", step, at, n.alive);
            }
            if (s == PASSWD_OK) break;
        }
        CHECK(at > 3 && at < 4000);
    }
    CHECK(bad == 0);
    free(bytes);
}
static double area(const double *signal, int ns, const double *background, int nb) {
    double sum = 0.0;
    int i, k;
    for (i = 0; i < ns; i++)
        for (k = 0; k < nb; k++) sum += signal[i] > background[k] ? 1.0 : signal[i] == background[k] ? 0.5 : 0.0;
    return sum / ns / nb;
}
/* Background on a piece of a line, signal on the line beyond it: a plain autoencoder goes on straight, and reconstructs
   both. The normalized one must not. */
static void test_line(void) {
    enum { N = 1000, T = 400 };
    static double line[2 * N], test[2 * T], beyond[2 * T], b[T], s[T];
    double areas[2];
    passwd_nae_config c;
    passwd_train_options o;
    passwd_nae *a;
    int i, k;
    for (i = 0; i < N + T; i++) {
        const double r = 4 * uniform() - 2;
        double *to = i < N ? line + 2 * i : test + 2 * (i - N);
        to[0] = r + 0.05 * normal();
        to[1] = r + 0.05 * normal();
    }
    for (i = 0; i < T; i++) {
        const double r = (i % 2 ? 1 : -1) * (3.5 + uniform());
        beyond[2 * i] = r + 0.05 * normal();
        beyond[2 * i + 1] = r + 0.05 * normal();
    }
    for (k = 0; k < 2; k++) {
        CHECK_OK(passwd_nae_preset(k ? "cms" : "plain", &c, &e), e);
        c.features = 2;
        memset(c.widths, 0, sizeof c.widths);
        c.widths[0] = 16;
        c.widths[1] = 2;
        c.activation = PASSWD_ACTIVATE_LEAKY_RELU;
        c.quantiles = 0;
        c.batch = 128;
        c.epochs = 40;
        c.rate = 5e-3f;
        c.patience = 0;
        c.temperature = k ? 0.05f : 1.0f;
        c.start = PASSWD_START_PERSISTENT;
        c.buffer = 1000;
        c.chain_step = 0.02f;
        c.chain_noise = 0.2f;
        c.chain_steps = 10;
        c.distance_events = 150;
        c.rise = 0.2f;
        a = NULL;
        CHECK_OK(passwd_nae_new(&c, 2, NULL, &a, &e), e);
        memset(&o, 0, sizeof o);
        o.seed = 4;
        CHECK_OK(train_on(a, line, N, NULL, &o, NULL, NULL, NULL, &e), e);
        CHECK_OK(passwd_nae_run(a, NULL, test, T, b, NULL, &e), e);
        CHECK_OK(passwd_nae_run(a, NULL, beyond, T, s, NULL, &e), e);
        areas[k] = area(s, T, b, T);
        passwd_nae_free(a);
    }
    printf("beyond the end of a line: area %.3f plain, %.3f normalized\n", areas[0], areas[1]);
    CHECK(areas[1] > areas[0] + 0.05);
    CHECK(areas[1] > 0.95);
}

/* What the options do: white rows, latent features of length 1, gradients through both, a temperature that is trained,
   steps whatever the rows. */
static void test_nae_options(void) {
    passwd_nae_config c = small("cms");
    static double back[3 * ROWS], energy[ROWS];
    static float white[3 * ROWS], latent[2 * ROWS], gradient[3 * 16];
    const passwd_parameter *t;
    passwd_workspace_options wo;
    passwd_workspace *w = NULL;
    passwd_train_report r;
    passwd_nae *a;
    passwd_batch b;
    const float *inputs[1];
    float *outputs[2] = { NULL, NULL }, *block, *slope, high[16], low[16], *to[1];
    double moment[9] = { 0 }, terms[2], worst = 0.0;
    watcher seen;
    int i, k, f;
    c.whiten = c.spherical = c.train_temperature = 1;
    c.activation = PASSWD_ACTIVATE_TANH;
    c.steps = 30;
    c.interval = 7;
    c.pretrain = 5;
    a = new_nae(&c);
    memset(&seen, 0, sizeof seen);
    CHECK_OK(train(a, ROWS, 3, 1, PASSWD_SIMD_AUTO, &seen, &r), e);
    CHECK(r.steps == 30 && r.epochs == 5 && seen.epochs == 5);
    CHECK(passwd_nae_temperature(a) > 0.0 && passwd_nae_temperature(a) != (double)c.temperature);
    for (i = 0; i < ROWS; i++) passwd_nae_map(a, table + 3 * i, white + 3 * i);
    for (k = 0; k < 9; k++)
        for (i = 0; i < ROWS; i++) moment[k] += (double)white[3 * i + k / 3] * (double)white[3 * i + k % 3] / ROWS;
    for (k = 0; k < 9; k++) CHECK_BELOW(fabs(moment[k] - (k % 4 == 0)), 1e-3);
    inputs[0] = white;
    outputs[1] = latent;
    memset(&b, 0, sizeof b);
    b.inputs = inputs;
    b.events = ROWS;
    memset(&wo, 0, sizeof wo);
    wo.losses = 1;
    CHECK_OK(passwd_workspace_new(passwd_nae_model(a), &wo, &w, &e), e);
    CHECK_OK(passwd_run(passwd_nae_model(a), w, &b, outputs, &e), e);
    for (i = 0; i < ROWS; i++) worst = fmax(worst, fabs(hypot((double)latent[2 * i], (double)latent[2 * i + 1]) - 1.0));
    CHECK_BELOW(worst, 1e-5);
    CHECK_OK(passwd_nae_run(a, NULL, table, ROWS, energy, back, &e), e); /* the same energies, by hand */
    b.events = 16;
    to[0] = gradient;
    CHECK_OK(passwd_gradients(passwd_nae_model(a), w, &b, NULL, high, to, &e), e);
    for (i = 0, worst = 0.0; i < 16; i++) worst = fmax(worst, fabs((double)high[i] / energy[i] - 1.0));
    CHECK_BELOW(worst, 1e-4);
    for (f = 0, worst = 0.0; f < 3; f++) { /* central differences */
        const float h = 2e-3f;
        for (k = 0; k < 2; k++) {
            for (i = 0; i < 16; i++) white[3 * i + f] += k ? -2 * h : h;
            CHECK_OK(passwd_gradients(passwd_nae_model(a), w, &b, NULL, k ? low : high, to, &e), e);
        }
        for (i = 0; i < 16; i++) white[3 * i + f] += h;
        CHECK_OK(passwd_gradients(passwd_nae_model(a), w, &b, NULL, NULL, to, &e), e);
        for (i = 0; i < 16; i++) {
            const double there = ((double)high[i] - (double)low[i]) / (2.0 * (double)h), g = gradient[3 * i + f];
            worst = fmax(worst, fabs(there - g) / (1.0 + fabs(g)));
        }
    }
    CHECK_BELOW(worst, 2e-2);
    t = passwd_parameter_find(passwd_nae_model(a), "temperature");
    block = (float *)malloc(passwd_parameter_floats(passwd_nae_model(a)) * sizeof *block);
    slope = (float *)malloc(passwd_parameter_floats(passwd_nae_model(a)) * sizeof *slope);
    if (CHECK(t && block && slope)) { /* dE/dt = -E, and e^t is a factor of T */
        const double before = passwd_nae_temperature(a);
        CHECK_OK(passwd_losses(passwd_nae_model(a), w, &b, NULL, terms, NULL, slope, &e), e);
        CHECK_BELOW(fabs((double)slope[t->offset] + terms[0]), 1e-4 * terms[0]);
        memcpy(block, passwd_parameters(passwd_nae_model(a)),
            passwd_parameter_floats(passwd_nae_model(a)) * sizeof *block);
        block[t->offset] += 1.0f;
        CHECK_OK(passwd_set_parameters(passwd_nae_model(a), block, &e), e);
        CHECK_BELOW(fabs(passwd_nae_temperature(a) / before - exp(1.0)), 1e-5);
    }
    free(block);
    free(slope);
    passwd_workspace_free(w);
    passwd_nae_free(a);
    for (k = 0; k < 4; k++)
        CHECK_OK(passwd_nae_preset(k == 0 ? "default" : k == 1 ? "plain" : k == 2 ? "cms" : "original", &c, &e), e);
    CHECK(passwd_nae_preset("best", &c, &e) == PASSWD_ERROR_CONFIG && says("original"));
}
/* exp(-E) of what is trained against the truth, on a grid. The normal distribution of a sample's width is 1.74 and 1.83
   away from these, the preset cms 0.9 and 0.7. */
static void test_nae_density(void) {
    enum { N = 4000, CELLS = DENSITY_CELLS * DENSITY_CELLS };
    static double points[2 * N], hole[2 * N], truth[CELLS], found[CELLS], inside[400], outside[400];
    passwd_train_options o;
    passwd_nae_config c;
    passwd_nae *a;
    int which, k;
    for (which = 0; which < DENSITIES; which++) {
        double divergence = 9.0, gap = 0.0;
        CHECK_OK(passwd_nae_preset("default", &c, &e), e);
        c.features = 2;
        c.steps = 800;
        c.chain_steps = 10;
        c.batch = 128;
        c.rate = 2e-3f;
        c.distance_events = 50;
        for (k = 0; k < N; k++) {
            density_draw(which, 5u, k, points + 2 * k);
            density_draw_hole(5u, k, hole + 2 * k);
        }
        density_grid(which, truth);
        a = new_nae(&c);
        memset(&o, 0, sizeof o);
        o.seed = 2;
        CHECK_OK(train_on(a, points, N, NULL, &o, NULL, NULL, NULL, &e), e);
        if (density_of(a, found, &e) == PASSWD_OK) divergence = density_divergence(truth, found);
        CHECK_OK(passwd_nae_run(a, NULL, points, 400, inside, NULL, &e), e);
        CHECK_OK(passwd_nae_run(a, NULL, hole, 400, outside, NULL, &e), e);
        gap = area(outside, 400, inside, 400);
        printf("%s: divergence %.3f from the truth, area for the hole %.3f\n", density_names[which], divergence, gap);
        CHECK_BELOW(divergence, which == DENSITY_RING ? 0.3 : 0.4);
        CHECK(gap > 0.99);
        passwd_nae_free(a);
    }
}

/* --- recurrent network: jets of one prong, and of two --- */
#define JETS 4200
static double pt[JETS * 60], eta[JETS * 60], phi[JETS * 60], mass[JETS * 60], energy_of[JETS * 60], one[JETS];
static int64_t first[JETS + 1], id[JETS];
static int32_t type[JETS * 60];
static passwd_events jets;
static void begin_jets(void) {
    memset(&jets, 0, sizeof jets);
    jets.first = first;
    jets.id = id;
    jets.line = id;
    jets.weight = one;
    jets.pt = pt;
    jets.eta = eta;
    jets.phi = phi;
    jets.m = mass;
    jets.e = energy_of;
    jets.type = type;
    first[0] = 0;
}
static void constituent(double p, double h, double f) {
    const int64_t k = jets.objects++;
    pt[k] = p;
    eta[k] = h;
    phi[k] = f;
    mass[k] = 0;
    energy_of[k] = p * cosh(h);
}
static void end_jet(void) {
    id[jets.count] = jets.count;
    one[jets.count] = 1;
    first[++jets.count] = jets.objects;
}
static void toy_jet(int n, int prongs) {
    const double h = 2 * uniform() - 1, f = 6.283185307179586 * uniform(), turn = 6.283185307179586 * uniform();
    int i;
    for (i = 0; i < n; i++) {
        const double side = prongs == 2 ? (i % 2 ? 0.25 : -0.25) : 0.0;
        constituent(50 * pow(uniform() + 0.01, 2) + 0.5, h + side * cos(turn) + (prongs == 2 ? 0.04 : 0.12) * normal(),
            f + side * sin(turn) + (prongs == 2 ? 0.04 : 0.12) * normal());
    }
    end_jet();
}
static passwd_vrnn_config small_vrnn(void) {
    passwd_vrnn_config c;
    CHECK_OK(passwd_vrnn_preset("default", &c, &e), e);
    c.constituents = 12;
    c.hidden = 6;
    c.latent = 2;
    c.width = 6;
    c.batch = 32;
    c.epochs = 3;
    c.ramp = 10;
    c.rate = 5e-3f;
    c.inputs = PASSWD_VRNN_MOMENTA; /* the plainest one; test_vrnn_options has the others */
    c.condition = c.mass_bins = 0;
    c.resolution = 0;
    c.divergence = 0.1f;
    c.score = PASSWD_VRNN_DIVERGENCE;
    c.score_share = -1;
    return c;
}
static passwd_vrnn *new_vrnn(const passwd_vrnn_config *c) {
    passwd_vrnn *a = NULL;
    CHECK_OK(passwd_vrnn_new(c, 5, NULL, &a, &e), e);
    return a;
}
typedef struct curve {
    int epochs;
    double begin, end, best;
    int steps;
} curve;
static int follow(void *user, const passwd_progress *p) {
    curve *c = (curve *)user;
    if (p->step <= 5) c->begin += p->terms[0] / 5;
    if (p->step > p->steps - 5) c->end += p->terms[0] / 5;
    c->steps++;
    return 0;
}
static passwd_status train_vrnn(
    passwd_vrnn *a, int threads, passwd_simd simd, curve *c, passwd_train_report *r, int64_t *skipped) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    o.seed = 3;
    o.threads = threads;
    o.simd = simd;
    if (c) {
        memset(c, 0, sizeof *c);
        o.progress = follow;
        o.user = c;
    }
    memset(&e, 0, sizeof e);
    return passwd_vrnn_train(a, &jets, &o, r, skipped, &e);
}
static passwd_vrnn_result results[JETS], others[JETS];
static void test_vrnn_training(void) {
    const int simd[] = { PASSWD_SIMD_SCALAR, PASSWD_SIMD_AVX2, PASSWD_SIMD_AVX512, PASSWD_SIMD_NEON };
    const int N = quick ? 120 : 400;
    passwd_vrnn_config c = small_vrnn();
    passwd_workspace_options wo;
    passwd_train_report r;
    passwd_vrnn *a, *b;
    curve t;
    int64_t skipped = -1;
    int i, k, f, option;
    for (option = 0; option < 8; option++) {
        double sum = 0.0;
        begin_jets();
        for (i = 0; i < N; i++) toy_jet(2 + i % 17, 1);
        c.order = option & 1;
        c.align = !(option & 2);
        c.mean_steps = option >> 2 & 1;
        c.epochs = option ? 2 : quick ? 4 : 12;
        a = new_vrnn(&c);
        CHECK(passwd_vrnn_run(a, NULL, &jets, 0, N, results, &e) == PASSWD_ERROR_ARGUMENT && says("trained"));
        CHECK(passwd_vrnn_save(a, scratch, &e) == PASSWD_ERROR_ARGUMENT && says("trained"));
        CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, &t, &r, &skipped), e);
        CHECK(skipped == 0 && r.steps == t.steps && r.steps > 0);
        if (!option) CHECK(t.end < t.begin * (quick ? 0.98 : 0.9));
        CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, N, results, &e), e);
        for (i = 0; i < N; i++) {
            sum += (double)results[i].score / N;
            if (!(results[i].score > 0 && results[i].score < 1 && results[i].divergence > 0
                    && results[i].reconstruction > 0)
                || results[i].constituents != (2 + i % 17 < 12 ? 2 + i % 17 : 12))
                break;
        }
        CHECK(i == N);
        CHECK_BELOW(fabs(sum - 0.5), 1e-3);
        if (option == 0 || option == 7)
            for (k = 0; k < 4; k++)
                for (f = 1; f <= 2; f++) {
                    if (!passwd_simd_available((passwd_simd)simd[k]) || (quick && k > 1)) continue;
                    b = new_vrnn(&c);
                    if (f == 2) {
                        const passwd_status s = train_vrnn(b, 2, (passwd_simd)simd[k], NULL, NULL, NULL);
                        if (s == PASSWD_ERROR_UNSUPPORTED) {
                            passwd_vrnn_free(b);
                            continue;
                        }
                        CHECK_OK(s, e);
                    } else CHECK_OK(train_vrnn(b, 1, (passwd_simd)simd[k], NULL, NULL, NULL), e);
                    CHECK(same_parameters(passwd_vrnn_model(a), passwd_vrnn_model(b)));
                    memset(&wo, 0, sizeof wo);
                    wo.threads = f;
                    wo.simd = (passwd_simd)simd[k];
                    CHECK_OK(passwd_vrnn_run(b, &wo, &jets, 0, N, others, &e), e);
                    CHECK(!memcmp(results, others, (size_t)N * sizeof *results));
                    passwd_vrnn_free(b);
                }
        passwd_vrnn_free(a);
    }
    if (quick) return;
    /* two prongs, a network that has seen one: a larger divergence */
    c = small_vrnn();
    c.constituents = 20;
    c.hidden = 8;
    c.epochs = 30;
    begin_jets();
    for (i = 0; i < 500; i++) toy_jet(15, 1);
    a = new_vrnn(&c);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, &t, &r, &skipped), e);
    begin_jets();
    for (i = 0; i < 400; i++) toy_jet(15, 1 + i % 2);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 400, results, &e), e);
    {
        double b1[200], s2[200], m;
        for (i = 0; i < 400; i++) *(i % 2 ? s2 + i / 2 : b1 + i / 2) = (double)results[i].score;
        m = area(s2, 200, b1, 200);
        printf("two prongs against one: area %.3f\n", m);
        CHECK(fabs(m - 0.5) > 0.15);
    }
    passwd_vrnn_free(a);
}
static int has_parameter(const passwd_model *m, const char *name) {
    int k, n = passwd_parameter_count(m);
    for (k = 0; k < n && strcmp(passwd_parameter_at(m, k)->name, name) != 0; k++) continue;
    return k < n;
}
static double loss_of(passwd_model *m, passwd_workspace *w, const passwd_batch *b, const passwd_loss_options *o,
    double weight, float *gradient) {
    double terms[2] = { 0, 0 };
    CHECK_OK(passwd_losses(m, w, b, o, terms, NULL, gradient, &e), e);
    return terms[0] + weight * terms[1];
}
/* blurred: the likelihood of a decoder with widths, of a network that knows the mass */
static void vrnn_gradient(int blurred) {
    passwd_vrnn_config c = small_vrnn();
    passwd_vrnn *a;
    passwd_model *m;
    passwd_workspace_options wo;
    passwd_workspace *w = NULL;
    passwd_loss_options lo;
    passwd_batch b;
    float x[20 * 12 * 4], beside[20 * 12 * 3], *gradient, *p;
    const float *inputs[2];
    int32_t objects[20];
    double worst = 0.0, largest = 0.0, here;
    int i, k, n = 0, moved = 0, kinks = 0;
    c.ramp = 0;
    c.divergence = 0.7f;
    c.condition = blurred;
    c.resolution = blurred ? 0.5f : 0.0f;
    a = new_vrnn(&c);
    CHECK(has_parameter(passwd_vrnn_model(a), "prior.condition.weight") == blurred);
    m = passwd_vrnn_model(a);
    for (i = 0; i < 20 * 48; i++) x[i] = (float)normal();
    for (i = 0; i < 20; i++) { objects[i] = i % 13; }
    for (i = 0; i < 20 * 36; i++) beside[i] = 0.5f + (float)uniform();
    inputs[0] = x;
    inputs[1] = beside;
    memset(&b, 0, sizeof b);
    memset(&wo, 0, sizeof wo);
    memset(&lo, 0, sizeof lo);
    b.events = 20;
    b.inputs = inputs;
    b.objects = objects;
    wo.losses = 1;
    lo.training = 1;
    lo.seed = 8;
    lo.step = 5000;
    lo.temperature = 1;
    CHECK_OK(passwd_workspace_new(m, &wo, &w, &e), e);
    gradient = (float *)calloc(passwd_parameter_floats(m), sizeof(float));
    p = (float *)malloc(passwd_parameter_floats(m) * sizeof(float));
    here = loss_of(m, w, &b, &lo, 0.7, gradient);
    CHECK(here == loss_of(m, w, &b, &lo, 0.7, NULL));
    lo.step++;
    CHECK(here != loss_of(m, w, &b, &lo, 0.7, NULL)); /* other noise */
    lo.step--;
    memcpy(p, passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float));
    for (k = 0; k < passwd_parameter_count(m); k++)
        for (i = 0; i < 3; i++) {
            const passwd_parameter *q = passwd_parameter_at(m, k);
            const size_t at = q->offset + (size_t)(uniform() * (double)q->count);
            const float keep = p[at];
            double side[4], d;
            int s;
            for (s = 0; s < 4; s++) { /* two steps up, two down */
                p[at] = keep + (s < 2 ? 2e-3f : -2e-3f) * (float)(1 + s % 2);
                CHECK_OK(passwd_set_parameters(m, p, &e), e);
                side[s] = loss_of(m, w, &b, &lo, 0.7, NULL);
            }
            p[at] = keep;
            d = (side[0] - side[2]) / 4e-3;
            if (fabs(d - (side[1] - side[3]) / 8e-3) > 1e-3 * (0.5 + fabs(d))
                || fabs(side[0] + side[2] - 2 * here) > 2e-4 * (0.1 + fabs(d))) {
                kinks++;
                continue;
            } /* a ReLU turns here */
            largest = fmax(largest, fabs(d));
            worst = fmax(worst, fabs(d - (double)gradient[at]) / (0.05 + fabs(d)));
            moved += fabs(d) > 1e-3;
            n++;
        }
    printf(
        "gradient of the recurrent network: %d parameters, %d of them count, %d at a kink, largest %.3f, worst %.2e\n",
        n, moved, kinks, largest, worst);
    CHECK(n > 40 && moved > n / 2 && largest > 0.1);
    CHECK_BELOW(worst, 2e-2);
    passwd_workspace_free(w);
    passwd_vrnn_free(a);
    free(gradient);
    free(p);
}
static void test_vrnn_gradient(void) {
    vrnn_gradient(0);
    vrnn_gradient(1);
}
static int same_result(const passwd_vrnn_result *a, const passwd_vrnn_result *b) { return !memcmp(a, b, sizeof *a); }
static void test_vrnn_jets(void) {
    passwd_vrnn_config c = small_vrnn();
    passwd_train_report r;
    passwd_vrnn *a, *b;
    static passwd_vrnn_result piece[JETS];
    int64_t skipped = -1;
    int i, k, n, align, bad, readable;
    c.constituents = 50;
    c.epochs = 1;
    for (align = 0; align < 2; align++) {
        c.align = align;
        begin_jets();
        for (i = 0; i < 60; i++) toy_jet(3 + i % 30, 1);
        a = new_vrnn(&c);
        b = new_vrnn(&c);
        CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped), e);
        CHECK(skipped == 0 && r.events == 54);
        /* the same jets with jets between them that cannot be read: no trace of those */
        {
            static double p2[60 * 40], h2[60 * 40], f2[60 * 40];
            static int64_t first2[61];
            memcpy(p2, pt, sizeof p2);
            memcpy(h2, eta, sizeof h2);
            memcpy(f2, phi, sizeof f2);
            memcpy(first2, first, sizeof first2);
            begin_jets();
            for (i = 0; i < 60; i++) {
                if (i % 3 == 0) end_jet(); /* none */
                if (i % 3 == 1) {
                    constituent(5, 0.1, 0.2);
                    end_jet();
                } /* one */
                if (i % 3 == 2) {
                    constituent(0, 0.1, 0.2);
                    constituent(3, 0.1, 0.2);
                    end_jet();
                } /* one, and one of no momentum */
                if (i == 7 && align) {
                    constituent(5, 0.1, 0.2);
                    constituent(7, 0.1, 0.2);
                    end_jet();
                } /* collinear: no mass */
                for (k = (int)first2[i]; k < (int)first2[i + 1]; k++) constituent(p2[k], h2[k], f2[k]);
                end_jet();
            }
        }
        CHECK_OK(train_vrnn(b, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped), e);
        CHECK(skipped == 60 + align && same_parameters(passwd_vrnn_model(a), passwd_vrnn_model(b)));
        CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, jets.count, results, &e), e);
        for (i = n = readable = bad = 0; i < jets.count; i++) {
            if (results[i].constituents) readable++;
            else if (!isnan(results[i].score) || !isnan(results[i].divergence) || !isnan(results[i].reconstruction))
                bad++;
        }
        CHECK(readable == 60 && bad == 0);
        {
            double sum = 0.0;
            for (i = 0; i < jets.count; i++)
                if (results[i].constituents) sum += (double)results[i].score / 60;
            CHECK_BELOW(fabs(sum - 0.5), 1e-3);
        }
        /* in pieces, alone, in another order, beside others */
        for (i = 0; i < jets.count; i += 7)
            CHECK_OK(passwd_vrnn_run(b, NULL, &jets, i, jets.count - i < 7 ? jets.count - i : 7, piece + i, &e), e);
        CHECK(!memcmp(results, piece, (size_t)jets.count * sizeof *results));
        begin_jets();
        for (i = 0; i < 3; i++) constituent(10 - i, 0.1 * i, 0.2 * i * i);
        end_jet();
        CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, 1, results, &e), e);
        for (k = 0; k < 2; k++) {
            begin_jets();
            for (n = 0; n < 3; n++) {
                if (n == 1) {
                    for (i = 0; i < 3; i++) constituent(10 - i, 0.1 * i, 0.2 * i * i);
                    end_jet();
                } else toy_jet(k ? 59 : 50, 2);
            }
            CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, 3, others, &e), e);
            CHECK(same_result(results, others + 1) && others[0].constituents == 50 && !same_result(results, others));
        }
        if (!quick) { /* more than a block, with old padding from the block before */
            begin_jets();
            for (i = 0; i < JETS; i++) {
                if (i % 4096 == 40) {
                    for (k = 0; k < 3; k++) constituent(10 - k, 0.1 * k, 0.2 * k * k);
                    end_jet();
                } else toy_jet(i < 4096 ? 12 : 4, 1);
            }
            CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, JETS, others, &e), e);
            CHECK(same_result(results, others + 40) && same_result(results, others + 4136));
        }
        /* more constituents than are looked at: the hardest count */
        begin_jets();
        for (i = 0; i < 300; i++) constituent(300 - i, 0.3 * normal(), 0.3 * normal());
        end_jet();
        for (i = 0; i < 256; i++) constituent(pt[i], eta[i], phi[i]);
        end_jet();
        CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, 2, results, &e), e);
        CHECK(results[0].constituents == 50 && same_result(results, results + 1));
        /* momenta that are no numbers, or beyond all measure: a number or NaN, never a failure that takes the others
           along */
        {
            static const double odd[] = { 1e30, 1e39, 1e120, 1e300, 1e-30, 1e-300, 5e-324 };
            const double nothing = (double)NAN, endless = (double)INFINITY;
            begin_jets();
            for (i = 0; i < 9; i++) {
                toy_jet(9, 1);
                constituent(10, 0, 0);
                constituent(i < 7 ? odd[i] : endless, i < 8 ? 0.2 : nothing, 0.1);
                end_jet();
                for (k = 0; k < 2 && i < 7; k++) constituent(odd[i], 0.2 * k, 0.1);
                if (i == 8)
                    for (k = 0; k < 2; k++) constituent(3, nothing, 0);
                end_jet();
            }
            CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, jets.count, results, &e), e);
            for (i = bad = 0; i < jets.count; i++) {
                const int nan = isnan(results[i].score);
                if (i % 3 == 0 ? nan
                               : (nan != (results[i].constituents == 0)
                                   || (!nan && !(results[i].score >= 0 && results[i].score <= 1)))) {
                    bad++;
                    printf("  %d: align %d, score %g, %d constituents\n", i, align, (double)results[i].score,
                        results[i].constituents);
                }
            }
            CHECK(bad == 0);
            passwd_vrnn_free(a);
            a = new_vrnn(&c);
            for (i = 0; i < 20; i++) toy_jet(5, 1);
            CHECK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped) == PASSWD_OK
                || (e.status == PASSWD_ERROR_NUMERIC && e.message[0]));
            if (!align) printf("  with jets beyond all measure: %s\n", e.message);
        }
        passwd_vrnn_free(a);
        passwd_vrnn_free(b);
    }
    /* too few jets */
    c.align = 1;
    a = new_vrnn(&c);
    begin_jets();
    skipped = 77;
    CHECK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped) == PASSWD_ERROR_NUMERIC && says("0 jets")
        && skipped == 77);
    toy_jet(5, 1);
    CHECK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped) == PASSWD_ERROR_NUMERIC);
    for (i = 0; i < 30; i++) {
        constituent(5, 0, 0);
        end_jet();
    }
    CHECK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped) == PASSWD_ERROR_NUMERIC && says("31 jets 1"));
    CHECK(passwd_vrnn_run(a, NULL, &jets, 0, 3, results, &e) == PASSWD_ERROR_ARGUMENT);
    toy_jet(2, 1);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped), e);
    CHECK(skipped == 30);
    begin_jets(); /* all alike */
    for (i = 0; i < 10; i++) {
        for (k = 0; k < 3; k++) constituent(10 - k, 0.1 * k, 0.2 * k * k);
        end_jet();
    }
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, &r, &skipped), e);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 10, results, &e), e);
    CHECK_BELOW(fabs((double)results[3].score - 0.5), 1e-3);
    CHECK(passwd_vrnn_run(a, NULL, &jets, -1, 3, results, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_run(a, NULL, &jets, 8, 3, results, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_run(a, NULL, &jets, 0, -1, results, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_vrnn_run(a, NULL, &jets, INT64_MAX, INT64_MAX, results, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_run(a, NULL, &jets, 0, 3, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_run(NULL, NULL, &jets, 0, 3, results, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_vrnn_run(a, NULL, NULL, 0, 3, results, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_train(a, NULL, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_train(NULL, &jets, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 10, 0, NULL, &e), e);
    passwd_vrnn_free(a);
    passwd_vrnn_free(NULL);
    /* scores of events */
    memset(results, 0, sizeof results);
    results[0].score = 0.25f;
    results[1].score = (float)NAN;
    results[2].score = 0.75f;
    CHECK(passwd_vrnn_event_score(results, 3) == 0.5 && passwd_vrnn_event_score(results, 1) == 0.25
        && isnan(passwd_vrnn_event_score(results + 1, 1)));
    CHECK(isnan(passwd_vrnn_event_score(NULL, 3)) && isnan(passwd_vrnn_event_score(results, 0))
        && isnan(passwd_vrnn_event_score(results, -3)));
}
static void test_vrnn_encode(void) {
    passwd_vrnn_config c = small_vrnn();
    passwd_p4 p[300];
    double x[4 * 300], y[4 * 300], sum[4] = { 0, 0, 0, 0 };
    int i, k, order[8];
    for (i = 0; i < 300; i++) p[i] = passwd_p4_of(5 + (i * 37) % 100, 1 + 0.2 * normal(), 3 + 0.2 * normal(), 0);
    c.constituents = 8;
    CHECK(passwd_vrnn_encode(&c, p, 8, x) == 8);
    for (i = 0; i < 32; i++) sum[i % 4] += x[i];
    CHECK_BELOW(fabs(sqrt(sum[0] * sum[0] - sum[1] * sum[1] - sum[2] * sum[2] - sum[3] * sum[3]) - 0.25),
        1e-9); /* mass and energy of the whole jet */
    CHECK_BELOW(fabs(sum[0] - 1.0), 1e-9);
    CHECK_BELOW(fabs(sum[2]) + fabs(sum[3]), 1e-9);
    for (i = 1; i < 8; i++)
        if (hypot(x[4 * i + 1], x[4 * i + 2]) > hypot(x[4 * i - 3], x[4 * i - 2]) + 1e-12) break;
    CHECK(i == 8);
    c.order = 1; /* by kt distance, of the aligned jet */
    CHECK(passwd_vrnn_encode(&c, p, 8, y) == 8);
    {
        passwd_alignment al;
        passwd_p4 q[8];
        memset(&al, 0, sizeof al);
        al.mass = 0.25;
        al.energy = 1;
        CHECK_OK(passwd_align_jet(p, 8, &al, q, &e), e);
        passwd_kt_order(q, 8, order);
        for (i = k = 0; i < 8; i++) k += y[4 * i] == q[order[i]].e && y[4 * i + 3] == q[order[i]].pz;
        CHECK(k == 8);
    }
    c.order = c.align = 0; /* from its own axis: no boost, no turning about it */
    CHECK(passwd_vrnn_encode(&c, p, 8, y) == 8);
    for (i = 0; i < 4; i++) sum[i] = 0;
    for (i = 0; i < 32; i++) sum[i % 4] += y[i];
    CHECK_BELOW(fabs(sum[2]), 1.0);
    CHECK(sum[1] > 100 && y[0] > y[4]);
    CHECK(passwd_vrnn_encode(&c, p, 1, y) == 0 && passwd_vrnn_encode(&c, p, 0, y) == 0
        && passwd_vrnn_encode(&c, p, -1, y) == 0 && passwd_vrnn_encode(&c, p, 257, y) == 0
        && passwd_vrnn_encode(&c, p, 256, y) == 8);
    CHECK(passwd_vrnn_encode(NULL, p, 8, y) == 0 && passwd_vrnn_encode(&c, NULL, 8, y) == 0
        && passwd_vrnn_encode(&c, p, 8, NULL) == 0);
    c.constituents = -4;
    CHECK(passwd_vrnn_encode(&c, p, 8, y) == 0);
    c.constituents = 8;
    for (k = 0; k < 2; k++) {
        c.align = k;
        p[3].px = (double)NAN;
        CHECK(passwd_vrnn_encode(&c, p, 8, y) == 0);
        p[3].px = (double)INFINITY;
        CHECK(passwd_vrnn_encode(&c, p, 8, y) == 0);
        p[3].px = 1;
    }
}
/* Jets whose number of constituents, and so every sum over them, rises with their mass. */
static void heavy_jets(int n) {
    int i;
    begin_jets();
    for (i = 0; i < n; i++) toy_jet(3 + i % 17, 1 + (i % 17 > 8));
}
static double score_mean(int from, int to, int step) { /* of scores [from, to) of every `step` */
    double sum = 0.0;
    int i, n = 0;
    for (i = 0; i < jets.count; i++)
        if (i % step >= from && i % step < to) {
            sum += (double)results[i].score;
            n++;
        }
    return sum / n;
}
/* Every setting of inputs, order, losses and score: trained, the mean is one half, files and threads change nothing. */
static void test_vrnn_options(void) {
    static const struct {
        int inputs, order, condition, mean_steps, share_divergence, score, reverse, mass_bins;
        float resolution, score_share;
    } all[] = { { 1, 0, 0, 0, 0, 1, 0, 0, 0.0f, -1.0f }, { 2, 2, 1, 1, 1, 2, 0, 0, 0.2f, 0.5f },
        { 0, 1, 1, 2, 0, 3, 1, 0, 0.0f, 0.0f }, { 2, 0, 1, 0, 0, 2, 0, 4, 0.1f, 0.5f },
        { 1, 3, 0, 0, 1, 0, 1, 1, 0.1f, 1.0f } };
    const int N = 240;
    passwd_workspace_options wo;
    passwd_vrnn_config c;
    passwd_vrnn *a, *b;
    double plain[2];
    int i, k, bad;
    memset(&wo, 0, sizeof wo);
    wo.threads = 2;
    for (k = 0; k < (int)(sizeof all / sizeof *all); k++) {
        heavy_jets(N);
        c = small_vrnn();
        c.epochs = 2;
        c.inputs = all[k].inputs;
        c.order = all[k].order;
        c.condition = all[k].condition;
        c.mean_steps = all[k].mean_steps;
        c.share_divergence = all[k].share_divergence;
        c.score = all[k].score;
        c.reverse = all[k].reverse;
        c.mass_bins = all[k].mass_bins;
        c.resolution = all[k].resolution;
        c.score_share = all[k].score_share;
        a = new_vrnn(&c);
        b = NULL;
        CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
        CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, N, results, &e), e);
        CHECK_BELOW(fabs(score_mean(0, 1, 1) - 0.5), c.mass_bins ? 0.02 : 1e-3);
        CHECK_OK(passwd_vrnn_save(a, scratch, &e), e);
        CHECK_OK(passwd_vrnn_load(scratch, NULL, &b, &e), e);
        CHECK(b && !memcmp(passwd_vrnn_config_of(b), &c, sizeof c));
        if (b)
            CHECK_OK(
                passwd_vrnn_run(b, passwd_simd_available(PASSWD_SIMD_AVX2) ? &wo : NULL, &jets, 0, N, others, &e), e);
        for (i = bad = 0; i < N; i++)
            bad += !same_result(results + i, others + i) || !(results[i].score > 0 && results[i].score < 1);
        CHECK(bad == 0);
        /* what is scored and the score agree: within the training's formula, or in direction */
        for (i = bad = 0; i < N && !c.mass_bins; i++) {
            const double d = (double)results[i].divergence, r = (double)results[i].reconstruction,
                         value = c.score == 1 ? r
                : c.score == 2                ? r + (double)c.divergence * d
                                              : d,
                         d0 = (double)results[0].divergence, r0 = (double)results[0].reconstruction,
                         value0 = c.score == 1 ? r0
                : c.score == 2                 ? r0 + (double)c.divergence * d0
                                               : d0;
            if (fabs(value - value0) > 1e-5 * value0
                && (value > value0)
                    != (c.reverse ? results[i].score < results[0].score : results[i].score > results[0].score))
                bad++;
        }
        CHECK(bad == 0);
        passwd_vrnn_free(a);
        passwd_vrnn_free(b);
    }
    /* the rank in mass: sums rise with the number of constituents and the mass, ranks do not */
    for (k = 0; k < 2; k++) {
        c = small_vrnn();
        c.epochs = 2;
        c.score = PASSWD_VRNN_RECONSTRUCTION;
        c.mass_bins = k ? 8 : 1;
        heavy_jets(N * 4);
        a = new_vrnn(&c);
        CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
        heavy_jets(N * 4); /* others of their kind */
        CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, jets.count, results, &e), e);
        {
            double heavy = 0.0, light = 0.0, n[2] = { 0, 0 };
            for (i = 0; i < jets.count; i++) {
                passwd_p4 p[60];
                passwd_substructure x;
                CHECK_OK(passwd_substructure_of(p, passwd_jet_constituents(&jets, i, p, 60), &x, &e), e);
                if (x.mass > 60.0) heavy += (double)results[i].score, n[0]++;
                else if (x.mass < 25.0) light += (double)results[i].score, n[1]++;
            }
            CHECK(n[0] > 40 && n[1] > 40);
            plain[k] = heavy / n[0] - light / n[1];
        }
        passwd_vrnn_free(a);
    }
    printf("score of heavy jets less that of light ones: %.3f, ranks in mass %.3f\n", plain[0], plain[1]);
    CHECK(fabs(plain[0]) > 0.15 && fabs(plain[1]) < 0.1);
    /* weights: a sum is so many times the mean; by share: the mean with shares; copies of one jet can be ranked */
    c = small_vrnn();
    c.epochs = 1;
    begin_jets();
    for (i = 0; i < 60; i++) {
        constituent(50, 0.1, 0.2);
        constituent(30, 0.4, 0.1);
        constituent(20, -0.1, 0.5);
        end_jet();
    }
    c.mass_bins = 3;
    a = new_vrnn(&c);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 60, results, &e), e);
    CHECK(results[7].score > 0 && results[7].score < 1);
    passwd_vrnn_free(a);
    heavy_jets(60);
    c.mass_bins = 0;
    for (k = 0; k < 2; k++) {
        c.score_share = k ? 0.0f : -1.0f;
        a = new_vrnn(&c);
        CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
        CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 60, k ? others : results, &e), e);
        passwd_vrnn_free(a);
    }
    for (i = bad = 0; i < 60; i++)
        bad += fabs((double)results[i].divergence - results[i].constituents * (double)others[i].divergence)
            > 1e-4 * (double)results[i].divergence;
    CHECK(bad == 0);
}
/* Inputs by hand, and orders from the other end. */
static void test_vrnn_inputs(void) {
    passwd_vrnn_config c = small_vrnn();
    passwd_p4 p[6];
    double x[4 * 12], y[4 * 12], all = 0.0;
    int i, k, order, bad = 0;
    for (i = 0; i < 6; i++) p[i] = passwd_p4_of(5 + (i * 37) % 100, 1 + 0.2 * normal(), 3 + 0.2 * normal(), 0);
    c.align = 0; /* momenta from the jet's axis are then what shares and angles are taken of */
    CHECK(passwd_vrnn_encode(&c, p, 6, x) == 6);
    for (i = 0; i < 6; i++) all += hypot(x[4 * i + 1], x[4 * i + 2]);
    for (k = 1; k <= 2; k++) {
        c.inputs = k;
        CHECK(passwd_vrnn_encode(&c, p, 6, y) == 6);
        for (i = 0; i < 6; i++) {
            const double pt_i = hypot(x[4 * i + 1], x[4 * i + 2]), h = asinh(x[4 * i + 3] / pt_i),
                         f = atan2(x[4 * i + 2], x[4 * i + 1]), by = k == 1 ? 1.0 : sqrt(pt_i / all);
            bad += fabs(y[4 * i] - (k == 1 ? log(pt_i / all) : by)) > 1e-9 || fabs(y[4 * i + 1] - by * h) > 1e-9
                || fabs(y[4 * i + 2] - by * f) > 1e-9 || fabs(y[4 * i + 3] - by * hypot(h, f)) > 1e-9;
        }
    }
    CHECK(bad == 0);
    c.constituents = 4;
    for (order = 0; order < 2; order++) {
        c.order = order;
        CHECK(passwd_vrnn_encode(&c, p, 6, x) == 4);
        c.order = order + 2;
        CHECK(passwd_vrnn_encode(&c, p, 6, y) == 4);
        for (i = 0; i < 16; i++) bad += x[i] != y[4 * (3 - i / 4) + i % 4];
    }
    CHECK(bad == 0);
    memset(p, 0, sizeof p); /* no momentum at all: numbers, whatever is asked for */
    for (k = 0; k < 3; k++) {
        c.inputs = k;
        if (passwd_vrnn_encode(&c, p, 6, y) == 4)
            for (i = 0; i < 16; i++) bad += !isfinite(y[i]);
    }
    CHECK(bad == 0);
}
/* Files that are older than settings: spaces in the place of these. */
static void forget(char *bytes, size_t count, const char *key) {
    char *at = find(bytes, count, key), *end;
    if (!CHECK(at != NULL)) return;
    for (end = at; *end != ',' && *end != '}'; end++) continue;
    memset(at, ' ', (size_t)(end - at) + (*end == ','));
}
static void test_vrnn_older(void) {
    static const char *const key[] = { "\\\"inputs\\\":", "\\\"condition\\\":", "\\\"resolution\\\":",
        "\\\"share_divergence\\\":", "\\\"score\\\":", "\\\"score_share\\\":", "\\\"reverse\\\":",
        "\\\"mass_bins\\\":" };
    passwd_vrnn_config c = small_vrnn();
    passwd_vrnn *a, *b = NULL;
    size_t count, k;
    char *bytes;
    int i, bad = 0;
    begin_jets();
    for (i = 0; i < 60; i++) toy_jet(3 + i % 17, 1);
    a = new_vrnn(&c);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 60, results, &e), e);
    CHECK_OK(passwd_vrnn_save(a, scratch, &e), e);
    bytes = contents(scratch, &count);
    for (k = 0; k < sizeof key / sizeof *key; k++) forget(bytes, count, key[k]);
    CHECK_OK(passwd_vrnn_parse(bytes, count, "weights", NULL, &b, &e), e);
    CHECK(b && !memcmp(passwd_vrnn_config_of(b), &c, sizeof c));
    if (b) CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, 60, others, &e), e);
    for (i = 0; i < 60; i++) bad += !same_result(results + i, others + i);
    CHECK(bad == 0);
    free(bytes);
    passwd_vrnn_free(a);
    passwd_vrnn_free(b);
}
/* What ranks need of a file, and what is wrong there. */
static void test_vrnn_rank_files(void) {
    passwd_vrnn_config c = small_vrnn();
    passwd_vrnn *a, *b = NULL;
    char *bytes, *copy, *at;
    const char *const name[] = { "map.mass", "map.condition", "map.normal" };
    size_t count;
    int k;
    c.condition = 1;
    c.mass_bins = 2;
    heavy_jets(120);
    a = new_vrnn(&c);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
    CHECK_OK(passwd_vrnn_save(a, scratch, &e), e);
    bytes = contents(scratch, &count);
    copy = (char *)malloc(count);
    for (k = 0; k < 3; k++) {
        memcpy(copy, bytes, count);
        at = find(copy, count, name[k]);
        if (!CHECK(at != NULL)) continue;
        at[4] = 'X';
        CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) != PASSWD_OK && !b && says(name[k]));
    }
    free(copy);
    free(bytes);
    passwd_vrnn_free(a);
}
/* A training that is stopped and goes on from its checkpoint ends where one that was not stopped ends. */
typedef struct stopping {
    int64_t after;
} stopping;
static int stop_after(void *user, const passwd_progress *p) { return p->step >= ((const stopping *)user)->after; }
static void test_checkpoints(void) {
    static double numbers[300 * 3];
    const char *path = "build/test_jet_networks.checkpoint";
    passwd_vrnn_config c = small_vrnn();
    passwd_nae_config n;
    passwd_train_options o;
    passwd_train_report r[2];
    passwd_vrnn *v[2];
    passwd_nae *a[2];
    stopping s;
    int i, k, kind;
    begin_jets();
    for (i = 0; i < 80; i++) toy_jet(3 + i % 17, 1);
    for (i = 0; i < 900; i++) numbers[i] = normal() + (i % 3 ? 0.0 : 2.0 * uniform());
    memset(&o, 0, sizeof o);
    o.seed = 3;
    o.user = &s;
    o.progress = stop_after;
    for (kind = 0; kind < 4; kind++) { /* vrnn, plain, chains that go on from earlier ones, and latent ones */
        CHECK_OK(passwd_nae_preset(kind == 1 ? "plain" : kind == 2 ? "default" : "original", &n, &e), e);
        n.features = 3;
        n.widths[0] = 4;
        n.widths[1] = 2;
        n.widths[2] = 0;
        n.epochs = 5;
        n.batch = 64;
        if (n.normalized) { /* epochs that end in the midst of a pass */
            n.steps = 20;
            n.interval = 4;
        }
        if (kind == 3) n.pretrain = 3;
        n.buffer = 100;
        n.chain_steps = n.latent_steps = 3;
        for (k = 0; k < 2; k++) {
            int more;
            a[k] = NULL;
            remove(path);
            o.checkpoint = k ? path : NULL;
            v[k] = kind ? NULL : new_vrnn(&c);
            if (kind) CHECK_OK(passwd_nae_new(&n, 4, NULL, &a[k], &e), e);
            for (more = 0; more <= k; more++) {
                passwd_status done;
                s.after = k && !more ? (kind ? 10 : 4) : INT64_MAX;
                if (more) { /* as another process would have it */
                    passwd_vrnn_free(v[k]);
                    passwd_nae_free(a[k]);
                    a[k] = NULL;
                    v[k] = kind ? NULL : new_vrnn(&c);
                    if (kind) CHECK_OK(passwd_nae_new(&n, 4, NULL, &a[k], &e), e);
                }
                done = kind ? train_on(a[k], numbers, 300, NULL, &o, NULL, NULL, &r[k], &e)
                            : passwd_vrnn_train(v[k], &jets, &o, &r[k], NULL, &e);
                CHECK(done == (k && !more ? PASSWD_STOPPED : PASSWD_OK));
            }
        }
        CHECK(r[1].resumed > 0 && r[1].resumed < r[1].steps && r[1].steps == r[0].steps && r[0].resumed == 0);
        CHECK(r[1].best_epoch == r[0].best_epoch && fabs(r[1].validation - r[0].validation) < 1e-9);
        CHECK(kind ? same_parameters(passwd_nae_model(a[0]), passwd_nae_model(a[1]))
                   : same_parameters(passwd_vrnn_model(v[0]), passwd_vrnn_model(v[1])));
        if (kind >= 2) { /* other settings are another training */
            passwd_nae *other = NULL;
            n.alpha += 0.25f;
            CHECK_OK(passwd_nae_new(&n, 4, NULL, &other, &e), e);
            CHECK(train_on(other, numbers, 300, NULL, &o, NULL, NULL, NULL, &e) == PASSWD_ERROR_CONFIG
                && says("another training"));
            passwd_nae_free(other);
        }
        for (k = 0; k < 2; k++) {
            passwd_vrnn_free(v[k]);
            passwd_nae_free(a[k]);
        }
    }
    remove(path);
}
static void test_vrnn_files(void) {
    passwd_vrnn_config c = small_vrnn(), d;
    passwd_vrnn *a, *b = NULL;
    passwd_nae *other = NULL;
    passwd_tensor_file file;
    char *bytes, *copy, *at;
    size_t count, k, bad = 0;
    int i;
    c.hidden = 3;
    c.width = 3;
    c.epochs = 1;
    c.mass = 0.3;
    c.mean_steps = 1;
    begin_jets();
    for (i = 0; i < 40; i++) toy_jet(i % 20, 1);
    a = new_vrnn(&c);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
    CHECK_OK(passwd_vrnn_save(a, scratch, &e), e);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 40, results, &e), e);
    bytes = contents(scratch, &count);
    for (i = 0; i < 2; i++) {
        CHECK_OK(i ? passwd_vrnn_load(scratch, NULL, &b, &e) : passwd_vrnn_parse(bytes, count, NULL, NULL, &b, &e), e);
        if (!b) return;
        CHECK(!memcmp(passwd_vrnn_config_of(b), &c, sizeof c) || passwd_vrnn_config_of(b)->mass == c.mass);
        CHECK(same_parameters(passwd_vrnn_model(a), passwd_vrnn_model(b)));
        CHECK_OK(passwd_vrnn_run(b, NULL, &jets, 0, 40, others, &e), e);
        for (k = 0; k < 40; k++)
            if (results[k].constituents ? !same_result(results + k, others + k) : others[k].constituents != 0) bad++;
        passwd_vrnn_free(b);
        b = NULL;
    }
    CHECK(bad == 0);
    for (k = 0; k < count; k += quick && k > 200 && k + 200 < count ? 61 : 1) {
        copy = (char *)malloc(k ? k : 1);
        memcpy(copy, bytes, k);
        if (passwd_vrnn_parse(copy, k, "weights", NULL, &b, &e) == PASSWD_OK || b || !e.message[0]) bad++;
        free(copy);
    }
    CHECK(bad == 0);
    copy = (char *)malloc(count);
    memcpy(copy, bytes, count);
    CHECK((at = find(copy, count, "hidden\\\":3")) != NULL);
    if (at) {
        at[9] = '4';
        CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_SHAPE && !b);
        at[9] = '0';
        CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_CONFIG && !b && says("hidden"));
        at[9] = '3';
    }
    CHECK((at = find(copy, count, "latent\\\"")) != NULL);
    if (at) {
        at[5] = 'x';
        CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_CONFIG && !b && says("latenx"));
        at[5] = 't';
    }
    CHECK_OK(passwd_tensor_file_parse(copy, count, "weights", NULL, &file, &e), e);
    for (i = 0; i < (int)file.count; i++) {
        const passwd_tensor *t = file.tensors + i;
        const size_t size = t->dtype == PASSWD_DTYPE_F64 ? 8 : 4,
                     place = (size_t)((const char *)t->data - copy) + (size_t)(t->count - 1) * size;
        char quoted[200], name[180];
        memset(copy + place, 0xff, size);
        CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_NUMERIC && !b);
        memset(copy + place, 0, size); /* 0 is no scale */
        if (!strcmp(t->name, "map.features"))
            CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_ERROR_NUMERIC && !b);
        memcpy(copy + place, bytes + place, size);
        snprintf(name, sizeof name, "%s", t->name);
        snprintf(quoted, sizeof quoted, "\"%s\"", name);
        at = find(copy, count, quoted);
        if (!CHECK(at != NULL)) continue;
        at[1] = '_';
        CHECK(passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) != PASSWD_OK && !b && says(name + 1));
        at[1] = name[0];
    }
    passwd_tensor_file_free(&file);
    for (k = 0; k < (quick ? 300 : 3000); k++) {
        const size_t place = (size_t)(uniform() * (double)count);
        copy[place] = (char)(copy[place] ^ (1 << (int)(8 * uniform())));
        if (passwd_vrnn_parse(copy, count, "weights", NULL, &b, &e) == PASSWD_OK) {
            passwd_vrnn_free(b);
            b = NULL;
        }
        copy[place] = bytes[place];
    }
    CHECK(passwd_nae_parse(bytes, count, "weights", NULL, &other, &e) == PASSWD_ERROR_CONFIG && !other);
    CHECK(passwd_vrnn_load("/nonexistent/x", NULL, &b, &e) == PASSWD_ERROR_IO
        && passwd_vrnn_save(a, "/nonexistent/x", &e) == PASSWD_ERROR_IO);
    CHECK(passwd_vrnn_load(NULL, NULL, &b, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_load(scratch, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_parse(bytes, count, "w", NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_vrnn_save(NULL, scratch, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_save(a, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_parse(NULL, 0, "w", NULL, &b, &e) != PASSWD_OK);
    d = c;
    CHECK(passwd_vrnn_config_read(&d, "{\"latent\": 3, \"hiden\": 4}", 25, "settings", &e) == PASSWD_ERROR_CONFIG
        && says("hiden") && !memcmp(&c, &d, sizeof c));
    CHECK(passwd_vrnn_config_read(&d, "{\"latent\": 0}", 13, "settings", &e) == PASSWD_ERROR_CONFIG && says("latent"));
    CHECK(passwd_vrnn_config_read(&d, "{\"latent\": [3]}", 15, "settings", &e) != PASSWD_OK
        && passwd_vrnn_config_read(NULL, "{}", 2, "s", &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_config_read(&d, NULL, 2, "s", &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_vrnn_preset("best", &d, &e) == PASSWD_ERROR_CONFIG && says("best")
        && passwd_vrnn_preset(NULL, &d, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_vrnn_preset("talk", NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK_OK(passwd_vrnn_preset("talk", &d, &e), e);
    CHECK(d.constituents == 20 && d.order == 1);
    passwd_vrnn_free(a);
    free(bytes);
    free(copy);
}
static void test_vrnn_memory(void) {
    passwd_vrnn_config c = small_vrnn();
    passwd_vrnn *a;
    passwd_allocator al;
    passwd_train_report r;
    passwd_status s;
    counter n;
    char *bytes;
    size_t count;
    long at;
    int i, bad = 0, step;
    int64_t skipped;
    c.constituents = 6;
    c.hidden = 3;
    c.epochs = 1;
    begin_jets();
    for (i = 0; i < 40; i++) toy_jet(i < 20 ? 5 : 9, i < 20 ? 1 : 2);
    jets.count = 20;
    a = new_vrnn(&c);
    CHECK_OK(train_vrnn(a, 1, PASSWD_SIMD_AUTO, NULL, NULL, NULL), e);
    CHECK_OK(passwd_vrnn_save(a, scratch, &e), e);
    passwd_vrnn_free(a);
    bytes = contents(scratch, &count);
    for (step = 0; step < 6; step++) { /* new, load, save, run, train again, train for the first time */
        for (at = 1; at < 4000; at++) {
            al = counting(&n, step < 2 ? at : 0);
            a = NULL;
            s = step == 0 || step == 5 ? passwd_vrnn_new(&c, 5, &al, &a, &e)
                                       : passwd_vrnn_parse(bytes, count, "weights", &al, &a, &e);
            if (step < 2) {
                passwd_vrnn_free(a);
                if (n.alive) {
                    bad++;
                    printf("  %d, call %ld: %ld blocks are lost\n", step, at, n.alive);
                }
                if (s == PASSWD_OK) break;
                if (a || s != PASSWD_ERROR_MEMORY) {
                    bad++;
                    printf("  %d, call %ld: %s\n", step, at, e.message);
                }
                continue;
            }
            if (!CHECK_OK(s, e)) break;
            jets.count = 40;
            if (step < 5) CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 40, results, &e), e);
            n.calls = 0;
            n.fail_at = at;
            memset(others, 0, sizeof others);
            skipped = 7;
            s = step == 2   ? passwd_vrnn_save(a, scratch, &e)
                : step == 3 ? passwd_vrnn_run(a, NULL, &jets, 0, 40, others, &e)
                            : passwd_vrnn_train(a, &jets, NULL, &r, &skipped, &e);
            n.fail_at = 0;
            if (s != PASSWD_OK) {
                if (s != PASSWD_ERROR_MEMORY) {
                    bad++;
                    printf("  %d, call %ld: %s\n", step, at, e.message);
                }
                if (others[0].score != 0 || skipped != 7) bad++;
                s = passwd_vrnn_run(a, NULL, &jets, 0, 40, others, &e);
                if (step == 5 ? s != PASSWD_ERROR_ARGUMENT
                              : s != PASSWD_OK || memcmp(results, others, 40 * sizeof *results)) {
                    bad++;
                    printf("  %d, call %ld: the network has changed\n", step, at);
                }
                s = PASSWD_ERROR_MEMORY;
            }
            passwd_vrnn_free(a);
            if (n.alive) {
                bad++;
                printf("  %d, call %ld: %ld blocks are lost\n", step, at, n.alive);
            }
            if (s == PASSWD_OK) break;
        }
        CHECK(at > 3 && at < 4000);
    }
    CHECK(bad == 0);
    free(bytes);
}
static int stop_now(void *user, const passwd_progress *p) {
    (void)p;
    return ++*(int *)user >= 2;
}
static void test_vrnn_stop(void) {
    passwd_vrnn_config c = small_vrnn();
    passwd_train_options o;
    passwd_train_report r;
    passwd_vrnn *a = new_vrnn(&c);
    double sum = 0.0;
    int i, steps = 0;
    int64_t skipped = -1;
    begin_jets();
    for (i = 0; i < 80; i++) toy_jet(8, 1);
    memset(&o, 0, sizeof o);
    o.progress = stop_now;
    o.user = &steps;
    CHECK(passwd_vrnn_train(a, &jets, &o, &r, &skipped, &e) == PASSWD_STOPPED && r.steps == 2 && skipped == 0);
    CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 80, results, &e), e);
    for (i = 0; i < 80; i++) sum += (double)results[i].score / 80;
    CHECK_BELOW(fabs(sum - 0.5), 1e-3);
    passwd_vrnn_free(a);
    c.rate = 10;
    c.clip = 0;
    c.epochs = 30;
    c.align = 0; /* too fast: a sentence or numbers, never neither */
    a = new_vrnn(&c);
    {
        const passwd_status s = passwd_vrnn_train(a, &jets, NULL, &r, &skipped, &e);
        CHECK(s == PASSWD_OK || (s == PASSWD_ERROR_NUMERIC && says("finite")));
        CHECK(finite_parameters(passwd_vrnn_model(a)));
        CHECK_OK(passwd_vrnn_run(a, NULL, &jets, 0, 80, results, &e), e);
        for (i = 0; i < 80; i++)
            if (!(results[i].score >= 0 && results[i].score <= 1)) break;
        if (!CHECK(i == 80))
            printf("  %d: divergence %g, score %g\n", i, (double)results[i].divergence, (double)results[i].score);
    }
    passwd_vrnn_free(a);
}

int main(int count, char **arguments) {
    static void (*const tests[])(void) = { test_movers, test_files, test_nae_training, test_nae_rows, test_nae_files,
        test_nae_samples, test_nae_trouble, test_absurd, test_nae_memory, test_line, test_nae_options, test_nae_density,
        test_vrnn_training, test_vrnn_gradient, test_vrnn_jets, test_vrnn_encode, test_skipped, test_checkpoints,
        test_vrnn_options, test_vrnn_inputs, test_vrnn_older, test_vrnn_rank_files, test_vrnn_files, test_vrnn_memory,
        test_vrnn_stop };
    int k;
    quick = count > 1 && strcmp(arguments[1], "quick") == 0;
    scratch = scratch_file("test_jet_networks.safetensors");
    for (k = 0; k < (int)(sizeof tests / sizeof *tests); k++) {
        drawn = 10000000u * (uint32_t)(k + 1); /* each test has its own random numbers */
        if (!quick || (tests[k] != test_line && tests[k] != test_nae_density)) tests[k]();
    }
    remove(scratch);
    return finish();
}
