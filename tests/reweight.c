/* Background by reweighting: learnt weights against exact ratios of densities, closure on independent samples, its chi2
   against a direct solution, the tail of chi2 against an integral, files, bad input, stops, no memory.

   cc -O2 -I. tests/reweight.c -o build/test_reweight -lm && build/test_reweight */
#include <math.h>
#define PASSWD_STATIC /* this test looks at private names */
#define PASSWD_IMPLEMENTATION
#include "../passwd.h"
#include "check.h"
#include "counting.h"
#include <time.h>
static const char *scratch;

static passwd_status learn_from(const passwd_reweight_config *c, const passwd_table *from, const passwd_table *to,
    int features, const char *const *names, const passwd_train_options *o, const passwd_allocator *a,
    passwd_reweight **r, passwd_error *error) {
    passwd_table sample[2];
    memset(sample, 0, sizeof sample);
    if (from) sample[0] = *from;
    if (to) sample[1] = *to;
    sample[0].features = sample[1].features = features;
    sample[0].names = names;
    return passwd_reweight_learn(c, from ? sample : NULL, to ? sample + 1 : NULL, o, a, r, error);
}
static passwd_status closure_test(const double *x_from, const double *weight, const double *each, int networks,
    int64_t from, const double *x_to, const double *weight_to, int64_t to, const double *edges, int bins, double least,
    const passwd_allocator *a, passwd_closure *closure, passwd_error *error) {
    const passwd_closure_input in = { from, to, x_from, x_to, weight, weight_to, each, networks, bins, edges, least };
    return passwd_closure_test(&in, a, closure, error);
}

/* two columns, independent Gaussians; the second sample is shifted in the first and narrower in the second */
#define SHIFT 0.6
#define WIDTH 0.8
#define MOST 4000
typedef struct sample {
    double x[2 * MOST], weight[MOST];
    passwd_table table;
} sample;
static sample from, to, other_from, other_to;
static double weight[MOST], each[10 * MOST], again[MOST], each_again[10 * MOST];
static void draw(sample *s, int count, int shifted, uint64_t seed) {
    int i;
    for (i = 0; i < count; i++) {
        s->x[2 * i] = passwd_random_normal(seed, 1, (uint32_t)i) + (shifted ? SHIFT : 0.0);
        s->x[2 * i + 1] = passwd_random_normal(seed, 2, (uint32_t)i) * (shifted ? WIDTH : 1.0);
        s->weight[i] = 1.0;
    }
    s->table.rows = s->x;
    s->table.weight = NULL;
    s->table.count = count;
}
static double exact(const double *x) {
    return SHIFT * x[0] - 0.5 * SHIFT * SHIFT + 0.5 * x[1] * x[1] * (1.0 - 1.0 / (WIDTH * WIDTH)) - log(WIDTH);
}
static passwd_reweight_config small(void) {
    passwd_reweight_config c;
    passwd_reweight_defaults(&c);
    c.layers = 2;
    c.nodes = 8;
    c.networks = 4;
    c.epochs = 40;
    c.batch = 100;
    c.patience = 6;
    c.rate = 0.01f;
    return c;
}
static passwd_reweight *learn(const passwd_reweight_config *c, const passwd_train_options *o) {
    passwd_reweight *r = NULL;
    passwd_error e;
    CHECK_OK(learn_from(c, &from.table, &to.table, 2, NULL, o, NULL, &r, &e), e);
    CHECK(!r || (passwd_reweight_features(r) == 2 && passwd_reweight_networks(r) == c->networks));
    return r;
}
static double sum_of(const double *x, int64_t count) {
    double sum = 0.0;
    int64_t i;
    for (i = 0; i < count; i++) sum += x[i];
    return sum;
}

/* mean |log(weight / exact)| over rows within 2 widths, weights being p_to / p_from */
static double apart(const double *x, const double *w, int count, int none) {
    double sum = 0.0;
    int i, used = 0;
    for (i = 0; i < count; i++)
        if (fabs(x[2 * i]) < 2.0 && fabs(x[2 * i + 1]) < 2.0) {
            sum += fabs(log(w[i]) - (none ? 0.0 : exact(x + 2 * i)));
            used++;
        }
    return sum / used;
}
static void test_gaussians(void) {
    passwd_reweight_config c = small();
    passwd_reweight *r;
    passwd_error e;
    double pull = 0.0, unit[MOST];
    int i, k, covered = 0;
    draw(&from, 2000, 0, 11);
    draw(&to, 2000, 1, 12);
    draw(&other_from, 2000, 0, 13);
    c.networks = 6;
    r = learn(&c, NULL);
    if (!r) return;
    CHECK_OK(passwd_reweight_run(r, NULL, other_from.x, 2000, weight, each, &e), e);
    for (i = 0; i < 2000; i++) unit[i] = 1.0;
    printf("ratio of two Gaussians: |log| of the ratio %.3f, learnt to %.3f\n", apart(other_from.x, unit, 2000, 0),
        apart(other_from.x, weight, 2000, 0));
    CHECK_BELOW(apart(other_from.x, weight, 2000, 0), 0.14);
    CHECK(apart(other_from.x, unit, 2000, 0) > 0.4);
    CHECK_BELOW(fabs(sum_of(weight, 2000) / 2000.0 - 1.0), 0.06);
    for (i = 0; i < 2000;
         i++) { /* the mean is the networks' mean; their spread covers the truth about as often as a width should */
        double mean = 0.0, square = 0.0;
        for (k = 0; k < 6; k++) mean += each[k * 2000 + i] / 6.0;
        for (k = 0; k < 6; k++) square += (each[k * 2000 + i] - mean) * (each[k * 2000 + i] - mean) / 5.0;
        if (!(fabs(mean - weight[i]) < 1e-12 * mean)) break;
        covered += fabs(mean - exp(exact(other_from.x + 2 * i))) < sqrt(square);
        pull += sqrt(square) / mean / 2000.0;
    }
    CHECK(i == 2000);
    printf("one width of the networks covers %.1f %% of the weights; it is %.1f %%\n", covered / 20.0, 100.0 * pull);
    CHECK(covered > 900 && covered < 1980);
    CHECK_OK(passwd_reweight_run(r, NULL, from.x, 2000, weight, NULL, &e), e);
    CHECK_BELOW(fabs(sum_of(weight, 2000) / 2000.0 - 1.0), 1e-12);
    /* one row at a time, and far outside, where the limit holds (and the norm is about 1) */
    for (i = 0; i < 50; i++) {
        double one;
        if (passwd_reweight_run(r, NULL, from.x + 2 * i, 1, &one, NULL, &e) != PASSWD_OK || one != weight[i]) break;
    }
    CHECK(i == 50);
    {
        double far[4] = { 1e300, -1e300, -1e9, 1e9 }, w[2];
        CHECK_OK(passwd_reweight_run(r, NULL, far, 2, w, NULL, &e), e);
        CHECK(w[0] > 0.0 && w[0] < 200.0 && w[1] > 0.0 && w[1] < 200.0);
    }
    CHECK(passwd_reweight_run(r, NULL, NULL, 0, NULL, NULL, &e) == PASSWD_OK);
    passwd_reweight_free(r);
}
/* Where the logarithm of the ratio is a straight line, networks add next to nothing to the regression; where it is not,
   they add what it cannot have. Files of before there was a regression are still read. */
static void test_regression(void) {
    passwd_reweight_config c = small();
    passwd_reweight *r = NULL;
    passwd_error e;
    double line, both;
    int i, k;
    for (k = 0; k < 2; k++) { /* shifted alone; narrower, too */
        draw(&from, 4000, 0, 41);
        draw(&to, 4000, 1, 42);
        draw(&other_from, 2000, 0, 43);
        for (i = 0; k == 0 && i < 4000; i++) to.x[2 * i + 1] /= WIDTH;
        c.layers = 0;
        r = learn(&c, NULL);
        if (!r) return;
        CHECK_OK(passwd_reweight_run(r, NULL, other_from.x, 2000, weight, NULL, &e), e);
        line = k == 0 ? 0.0 : apart(other_from.x, weight, 2000, 0);
        for (i = 0; k == 0 && i < 2000; i++)
            line += fabs(log(weight[i]) - SHIFT * other_from.x[2 * i] + 0.5 * SHIFT * SHIFT) / 2000.0;
        passwd_reweight_free(r);
        c.layers = 2;
        r = learn(&c, NULL);
        if (!r) return;
        CHECK_OK(passwd_reweight_run(r, NULL, other_from.x, 2000, again, NULL, &e), e);
        for (i = 0, both = 0.0; k == 0 && i < 2000; i++) both += fabs(log(again[i] / weight[i])) / 2000.0;
        if (k == 1) both = apart(other_from.x, again, 2000, 0);
        printf(k == 0 ? "a straight line: learnt to %.3f; networks move it by %.3f\n"
                      : "no straight line: %.3f by the regression, %.3f with networks\n",
            line, both);
        if (k == 0) CHECK(line < 0.08 && both < 0.02);
        else CHECK(line > 0.15 && both < 0.5 * line);
        passwd_reweight_free(r);
    }
    c.layers = c.linear = 0;
    r = NULL;
    CHECK(learn_from(&c, &from.table, &to.table, 2, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_CONFIG && !r);
}
static void test_same(void) {
    passwd_reweight_config c = small();
    passwd_reweight *r;
    passwd_error e;
    draw(&from, 1500, 0, 21);
    draw(&to, 1500, 0, 22);
    r = learn(&c, NULL);
    if (!r) return;
    CHECK_OK(passwd_reweight_run(r, NULL, from.x, 1500, weight, NULL, &e), e);
    printf("samples of the same kind: mean |log w| %.3f\n", apart(from.x, weight, 1500, 1));
    CHECK_BELOW(apart(from.x, weight, 1500, 1), 0.12);
    passwd_reweight_free(r);
}
/* logits that are twice the truth and half a unit too high; that say nothing; that separate; and the limit */
static void test_calibration(void) {
    static float z[2 * MOST];
    passwd_reweight_config c = small();
    passwdi_reweight_task t;
    passwd_reweight *r;
    passwd_error e;
    double *calibration, low = 1e9, high = 0.0;
    int i, k, out = 0, all = 0;
    draw(&from, MOST, 0, 25);
    draw(&to, MOST, 1, 26);
    c.networks = 1;
    memset(&t, 0, sizeof t);
    t.r = passwdi_reweight_new(&c, NULL);
    if (!t.r) return;
    t.sample[0] = &from.table;
    t.sample[1] = &to.table;
    t.rows = 2 * MOST;
    t.z = z;
    calibration = t.r->calibration;
    for (k = 0; k < 4; k++) {
        for (i = 0; i < 2 * MOST; i++)
            z[i] = k == 0 ? (float)(2.0 * exact(i < MOST ? from.x + 2 * i : to.x + 2 * (i - MOST)) + 0.5)
                : k == 1  ? 0.3f
                          : (float)((i < MOST ? -1.0 : 1.0) * (k == 2 ? 1e-3 : -1e-3));
        passwdi_reweight_calibrate(&t, 0);
        if (k == 0) {
            printf("calibration: %.3f z %+.3f\n", calibration[0], calibration[1]);
            CHECK(fabs(calibration[0] - 0.5) < 0.06 && fabs(calibration[1] + 0.25) < 0.06);
        }
        if (k == 1)
            CHECK(fabs(0.3 * calibration[0] + calibration[1]) < 0.05 && calibration[0] > 0.5 && calibration[0] < 1.5);
        if (k == 2) CHECK(calibration[0] > 1.0 && calibration[0] <= 10.0);
        if (k == 3) CHECK(calibration[0] == 0.1 || (calibration[0] > 0.1 && calibration[0] < 1.0));
    }
    for (i = 0; i < 2 * MOST; i++) {
        k = passwdi_reweight_times(&t, 3, i);
        all += k;
        out += k == 0;
    }
    CHECK_BELOW(fabs(all / (2.0 * MOST) - 1.0), 0.05);
    CHECK_BELOW(fabs(out / (2.0 * MOST) - exp(-1.0)), 0.025);
    passwd_reweight_free(t.r);
    from.table.count = to.table.count = 500;
    c.limit = 0.25f;
    r = learn(&c, NULL);
    if (!r) return;
    CHECK_OK(passwd_reweight_run(r, NULL, from.x, 500, weight, NULL, &e), e);
    for (i = 0; i < 500; i++) {
        if (weight[i] < low) low = weight[i];
        if (weight[i] > high) high = weight[i];
    }
    CHECK(high / low > 1.4 && high / low < exp(0.5) * (1.0 + 1e-12));
    passwd_reweight_free(r);
}
/* rows of `from` with their own weights; those already make the two samples alike, and the sum is that of `to` */
static void test_weighted(void) {
    passwd_reweight_config c = small();
    passwd_reweight *r;
    passwd_error e;
    double sum = 0.0, w[MOST];
    int i;
    draw(&from, 2000, 0, 31);
    draw(&to, 1000, 1, 32);
    for (i = 0; i < 2000; i++) from.weight[i] = 0.3 * exp(exact(from.x + 2 * i));
    for (i = 0; i < 1000; i++) to.weight[i] = i % 2 ? 2.0 : 0.5;
    from.table.weight = from.weight;
    to.table.weight = to.weight;
    r = learn(&c, NULL);
    if (!r) return;
    CHECK_OK(passwd_reweight_run(r, NULL, from.x, 2000, weight, NULL, &e), e);
    for (i = 0; i < 2000; i++) {
        sum += weight[i] * from.weight[i];
        w[i] = weight[i] * 600.0 / 1250.0;
    }
    CHECK_BELOW(fabs(sum / 1250.0 - 1.0), 1e-12);
    printf("samples made alike by their weights: mean |log w| %.3f\n", apart(from.x, w, 2000, 1));
    CHECK_BELOW(apart(from.x, w, 2000, 1), 0.15);
    passwd_reweight_free(r);
}

static const double edges[11] = { -2.5, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.5 };
static void column(const sample *s, int k, double *x) {
    int64_t i;
    for (i = 0; i < s->table.count; i++) x[i] = s->x[2 * i + k];
}
static void test_closure(void) {
    double x[MOST], y[MOST], flat[MOST], chi2 = 0.0, without = 0.0, p_least = 1.0, pull = 0.0;
    passwd_reweight_config c = small();
    passwd_closure closure;
    passwd_reweight *r;
    passwd_error e;
    int i, seed, k, bins = 0, low = 0;
    c.networks = 10;
    c.epochs = 25;
    for (i = 0; i < MOST; i++) flat[i] = 1.0;
    for (seed = 0; seed < 5; seed++) {
        draw(&from, 700, 0, 100 + (uint64_t)seed);
        draw(&to, 700, 1, 200 + (uint64_t)seed);
        draw(&other_from, 1500, 0, 300 + (uint64_t)seed);
        draw(&other_to, 1500, 1, 400 + (uint64_t)seed);
        c.seed = (uint64_t)seed;
        r = learn(&c, NULL);
        if (!r) return;
        CHECK_OK(passwd_reweight_run(r, NULL, other_from.x, 1500, weight, each, &e), e);
        for (k = 0; k < 2; k++) {
            column(&other_from, k, x);
            column(&other_to, k, y);
            CHECK_OK(closure_test(x, weight, each, 10, 1500, y, NULL, 1500, edges, 10, 10.0, NULL, &closure, &e), e);
            chi2 += closure.chi2;
            bins += closure.bins;
            low += closure.p < 0.01;
            if (closure.p < p_least) p_least = closure.p;
            CHECK(fabs(closure.ratio - 1.0) < 4.0 * closure.ratio_error && closure.ratio_error < 0.2);
            pull += (closure.ratio - 1.0) * (closure.ratio - 1.0) / (closure.ratio_error * closure.ratio_error) / 10.0;
            CHECK_OK(closure_test(x, flat, NULL, 0, 1500, y, NULL, 1500, edges, 10, 10.0, NULL, &closure, &e), e);
            without += closure.chi2;
            CHECK(k || closure.p < 1e-6);
        }
        passwd_reweight_free(r);
    }
    printf("closure on 10 independent histograms: chi2 %.1f in %d bins, %.1f without weights; least p %.3g; pull of "
           "the totals %.2f\n",
        chi2, bins, without, p_least, sqrt(pull));
    CHECK(low <= 1 && p_least > 1e-4);
    CHECK(chi2 > 0.3 * bins && chi2 < 1.6 * bins && without > 5.0 * chi2);
    CHECK(pull < 2.5); /* mostly below 1: here the numbers of rows are fixed, the errors are of Poisson numbers */
}

/* the same numbers for one thread and two, plain loops and the best kernels */
static void test_threads(void) {
    passwd_reweight_config c = small();
    passwd_train_options o;
    passwd_reweight *r;
    passwd_error e;
    int k;
    draw(&from, 400, 0, 41);
    draw(&to, 300, 1, 42);
    c.epochs = 6;
    memset(&o, 0, sizeof o);
    for (k = 0; k < 3; k++) {
        o.threads = k == 1 ? 2 : 1;
        o.simd = k == 2 ? PASSWD_SIMD_SCALAR : PASSWD_SIMD_AUTO;
        o.seed = (uint64_t)k; /* ignored, as epochs */
        o.epochs = k;
        r = learn(&c, &o);
        if (!r) return;
        CHECK_OK(passwd_reweight_run(r, NULL, from.x, 400, k ? again : weight, k ? each_again : each, &e), e);
        if (k) CHECK(!memcmp(weight, again, 400 * sizeof *weight) && !memcmp(each, each_again, 4 * 400 * sizeof *each));
        passwd_reweight_free(r);
    }
    c.seed = 2;
    r = learn(&c, NULL);
    if (r) CHECK_OK(passwd_reweight_run(r, NULL, from.x, 400, again, NULL, &e), e);
    CHECK(memcmp(weight, again, 400 * sizeof *weight) != 0);
    passwd_reweight_free(r);
}

typedef struct watch {
    int64_t last, steps, stop_at;
    int epochs, good;
} watch;
static int watching(void *user, const passwd_progress *p) {
    watch *w = (watch *)user;
    if (p->step <= w->last || p->step > p->steps || p->epoch > p->epochs) w->good = 0;
    w->last = p->step;
    w->steps = p->steps;
    w->epochs = p->epochs;
    return w->stop_at && p->step >= w->stop_at;
}
static void test_progress(void) {
    passwd_reweight_config c = small();
    passwd_train_options o;
    passwd_reweight *r;
    passwd_allocator a;
    passwd_error e;
    counter count;
    watch w;
    int64_t at;
    draw(&from, 300, 0, 51);
    draw(&to, 300, 1, 52);
    c.epochs = 5;
    memset(&o, 0, sizeof o);
    memset(&w, 0, sizeof w);
    w.good = 1;
    o.progress = watching;
    o.user = &w;
    r = learn(&c, &o);
    CHECK(w.good && w.epochs == 20 && w.steps > 20 && w.last > w.steps / 2 && w.last <= w.steps);
    passwd_reweight_free(r);
    for (at = 1; at < w.steps; at += w.steps / 4) {
        w.last = 0;
        w.stop_at = at;
        r = NULL;
        a = counting(&count, 0);
        CHECK(learn_from(&c, &from.table, &to.table, 2, NULL, &o, &a, &r, &e) == PASSWD_STOPPED && !r
            && count.alive == 0);
        CHECK(strstr(e.message, "stopped") != NULL && w.last == at);
    }
}

static void *contents(const char *path, size_t *count) {
    FILE *f = fopen(path, "rb");
    void *bytes = malloc(1 << 20);
    *count = f ? fread(bytes, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    return bytes;
}
static void put(const char *path, const void *bytes, size_t count) {
    FILE *f = fopen(path, "wb");
    if (!f) return;
    fwrite(bytes, 1, count, f);
    fclose(f);
}
/* one text of the file in place of another of the same length */
static passwd_status changed(char *bytes, size_t count, const char *was, const char *is, passwd_error *e) {
    passwd_reweight *r = NULL;
    passwd_status s;
    size_t i, n = strlen(was);
    for (i = 0; i + n <= count && memcmp(bytes + i, was, n); i++) {}
    if (i + n > count || strlen(is) != n) {
        printf("no \"%s\"\n", was);
        return PASSWD_OK;
    }
    memcpy(bytes + i, is, n);
    put(scratch, bytes, count);
    memcpy(bytes + i, was, n);
    s = passwd_reweight_load(scratch, NULL, &r, e);
    passwd_reweight_free(r);
    return s;
}
static void test_files(void) {
    passwd_reweight_config c = small();
    passwd_reweight *r, *back = NULL;
    passwd_error e;
    size_t count, k;
    char *bytes;
    draw(&from, 200, 0, 61);
    draw(&to, 200, 1, 62);
    c.epochs = 3;
    c.networks = 3;
    c.seed = 0xfedcba9876543210u;
    r = learn(&c, NULL);
    if (!r) return;
    CHECK_OK(passwd_reweight_save(r, scratch, &e), e);
    CHECK_OK(passwd_reweight_load(scratch, NULL, &back, &e), e);
    CHECK_OK(passwd_reweight_run(r, NULL, from.x, 200, weight, each, &e), e);
    CHECK_OK(passwd_reweight_run(back, NULL, from.x, 200, again, each_again, &e), e);
    CHECK(!memcmp(weight, again, 200 * sizeof *weight) && !memcmp(each, each_again, 600 * sizeof *each));
    CHECK(back && back->config.seed == c.seed && back->config.networks == 3 && back->config.rate == c.rate
        && back->config.limit == c.limit && back->config.validation == c.validation);
    bytes = (char *)contents(scratch, &count);
    CHECK_OK(passwd_reweight_save(back, scratch, &e), e);
    {
        size_t n;
        char *second = (char *)contents(scratch, &n);
        CHECK(n == count && !memcmp(bytes, second, n));
        free(second);
    }
    passwd_reweight_free(back);
    back = NULL;
    for (k = 0; k < count; k += k < 200 || k + 200 > count ? 1 : 97) {
        put(scratch, bytes, k);
        if (passwd_reweight_load(scratch, NULL, &back, &e) == PASSWD_OK || back) break;
    }
    CHECK(k >= count);
    CHECK(changed(bytes, count, "passwd-reweight-1", "passwd-reweight-2", &e) == PASSWD_ERROR_CONFIG);
    CHECK(changed(bytes, count, "\\\"networks\\\":3", "\\\"networks\\\":4", &e) == PASSWD_ERROR_SHAPE);
    CHECK(changed(bytes, count, "\\\"networks\\\":3", "\\\"networks\\\":0", &e) == PASSWD_ERROR_CONFIG);
    CHECK(changed(bytes, count, "\\\"nodes\\\":8", "\\\"nodes\\\":9", &e) == PASSWD_ERROR_SHAPE);
    CHECK(changed(bytes, count, "\\\"nodes\\\":8", "\\\"modes\\\":8", &e) == PASSWD_ERROR_CONFIG
        && strstr(e.message, "modes"));
    CHECK(changed(bytes, count, "\"config\"", "\"konfig\"", &e) == PASSWD_ERROR_CONFIG);
    CHECK(changed(bytes, count, "\"map.calibration\"", "\"map.kalibration\"", &e) == PASSWD_ERROR_SHAPE);
    CHECK(changed(bytes, count, "\"network.1.0.weight\"", "\"network.7.0.weight\"", &e) == PASSWD_ERROR_SHAPE);
    CHECK(changed(bytes, count, "\"map.x\"", "\"map.y\"", &e) == PASSWD_ERROR_SHAPE);
    { /* NaN in the calibration */
        double first = r->calibration[2], bad[2];
        char *at;
        for (at = bytes; memcmp(at, &first, 8); at++) {}
        bad[0] = (double)NAN;
        bad[1] = -1.0;
        for (k = 0; k < 2; k++) {
            memcpy(at, bad + k, 8);
            put(scratch, bytes, count);
            CHECK(passwd_reweight_load(scratch, NULL, &back, &e) == PASSWD_ERROR_NUMERIC && !back);
        }
    }
    CHECK(passwd_reweight_load("no/such/file", NULL, &back, &e) == PASSWD_ERROR_IO && !back);
    CHECK(passwd_reweight_save(r, "no/such/file", &e) == PASSWD_ERROR_IO);
    CHECK(passwd_reweight_save(NULL, scratch, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_reweight_save(r, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_reweight_load(NULL, NULL, &back, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_reweight_load(scratch, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    free(bytes);
    passwd_reweight_free(r);
    passwd_reweight_free(NULL);
}

/* Q(n/2, x/2) by Simpson's rule over the density, up to where nothing is left */
static long double tail_by_integral(double x, int n) {
    const long double norm = lgammal(0.5L * n) + 0.5L * n * logl(2.0L),
                      end = (long double)x + 60.0L * sqrtl(2.0L * n) + 200.0L;
    const int steps = 400000;
    long double sum = 0.0L, h = (end - (long double)x) / steps;
    int k;
    for (k = 0; k <= steps; k++) {
        const long double at = (long double)x + h * k, f = expl((0.5L * n - 1.0L) * logl(at) - 0.5L * at - norm);
        sum += f * (k == 0 || k == steps ? 1.0L : k % 2 ? 4.0L : 2.0L);
    }
    return sum * h / 3.0L;
}
static void test_tail(void) {
    static const struct {
        double x;
        int n;
        double p;
    } known[] = { /* tables of the chi2 distribution */
        { 3.841458820694124, 1, 0.05 }, { 6.634896601021213, 1, 0.01 }, { 10.827566170662733, 1, 0.001 },
        { 5.991464547107979, 2, 0.05 }, { 9.210340371976182, 2, 0.01 }, { 7.814727903251179, 3, 0.05 },
        { 11.070497693516351, 5, 0.05 }, { 18.307038053275146, 10, 0.05 }, { 23.209251158954356, 10, 0.01 },
        { 124.34211340400407, 100, 0.05 }
    };
    static const double at[] = { 0.01, 0.5, 3.0, 20.0, 90.0, 400.0, 1100.0 };
    static const int degrees[] = { 1, 2, 3, 4, 7, 10, 25, 60, 101, 400, 1000 };
    double worst = 0.0;
    size_t i, k;
    for (i = 0; i < sizeof known / sizeof *known; i++)
        CHECK_BELOW(fabs(passwdi_chi2_tail(known[i].x, known[i].n) / known[i].p - 1.0), 1e-11);
    for (i = 0; i < sizeof at / sizeof *at; i++)
        for (k = 0; k < sizeof degrees / sizeof *degrees; k += i % 2 + 1) {
            const double p = passwdi_chi2_tail(at[i], degrees[k]), q = (double)tail_by_integral(at[i], degrees[k]);
            if (at[i] < 1.0 && degrees[k] < 3) continue; /* the density is not smooth there */
            if (q > 1e-280 && fabs(p / q - 1.0) > worst) worst = fabs(p / q - 1.0);
        }
    printf("tail of chi2: largest relative difference to the integral %.1e\n", worst);
    CHECK_BELOW(worst, 1e-9);
    CHECK(passwdi_chi2_tail(0.0, 5) == 1.0 && passwdi_chi2_tail(1e6, 5) == 0.0 && passwdi_chi2_tail(1e-300, 1) == 1.0
        && passwdi_chi2_tail(0.1, 900) == 1.0);
}

/* chi2 by Gauss and Jordan in long double, from sums written out */
static void test_covariance(void) {
    static const double cut[5] = { 0.0, 1.0, 2.0, 4.0, 5.0 };
    enum { ROWS = 300, OTHER = 200, NETWORKS = 3 };
    double x[ROWS], w[ROWS], n[NETWORKS * ROWS], y[OTHER], v[OTHER];
    long double h[NETWORKS][5], f[5] = { 0 }, f2[5] = { 0 }, t[5] = { 0 }, t2[5] = { 0 }, m[4][5], chi2 = 0.0L, d[4];
    passwd_closure c, untouched;
    passwd_error e;
    int i, j, k, b;
    memset(h, 0, sizeof h);
    memset(&c, 0, sizeof c);
    for (i = 0; i < ROWS; i++) {
        x[i] = 5.5 * passwd_random_uniform(7, 1, (uint32_t)i) - 0.25; /* some outside */
        for (w[i] = 0.0, k = 0; k < NETWORKS; k++)
            w[i] +=
                (n[k * ROWS + i] = 0.5 + passwd_random_uniform(7, 2, (uint32_t)i) + 0.1 * k * x[i]) / (double)NETWORKS;
    }
    for (i = 0; i < OTHER; i++) {
        y[i] = i == 0 ? 1.0 : i == 1 ? 5.0 : 5.0 * passwd_random_uniform(7, 3, (uint32_t)i);
        v[i] = 1.0 + passwd_random_uniform(7, 4, (uint32_t)i);
    }
    for (b = 0; b < 5; b++)
        for (i = 0; i < ROWS; i++)
            if (b == 4 || (x[i] >= cut[b] && x[i] < cut[b + 1])) {
                f[b] += w[i];
                f2[b] += (long double)w[i] * w[i];
                for (k = 0; k < NETWORKS; k++) h[k][b] += n[k * ROWS + i];
            }
    for (b = 0; b < 5; b++)
        for (i = 0; i < OTHER; i++)
            if (b == 4 || (y[i] >= cut[b] && y[i] < cut[b + 1])) {
                t[b] += v[i];
                t2[b] += (long double)v[i] * v[i];
            }
#define COVARIANCE(a, b)                                                                                               \
    (((h[0][a] - f[a]) * (h[0][b] - f[b]) + (h[1][a] - f[a]) * (h[1][b] - f[b]) + (h[2][a] - f[a]) * (h[2][b] - f[b])) \
        / 2.0L)
    for (i = 0; i < 4; i++) {
        for (j = 0; j < 4; j++) m[i][j] = COVARIANCE(i, j) + (i == j ? f2[i] + t2[i] : 0.0L);
        m[i][4] = d[i] = f[i] - t[i];
    }
    for (i = 0; i < 4; i++)
        for (k = 0; k < 4; k++)
            if (k != i) {
                const long double by = m[k][i] / m[i][i];
                for (j = i; j < 5; j++) m[k][j] -= by * m[i][j];
            }
    for (i = 0; i < 4; i++) chi2 += d[i] * m[i][4] / m[i][i];
    CHECK_OK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e), e);
    CHECK_BELOW(fabs(c.chi2 / (double)chi2 - 1.0), 1e-11);
    CHECK(c.bins == 4 && c.p == passwdi_chi2_tail(c.chi2, 4));
    CHECK_BELOW(fabs(c.ratio - (double)(f[4] / t[4])), 1e-12);
    CHECK_BELOW(fabs(c.ratio_error
                    - (double)sqrtl((f2[4] + COVARIANCE(4, 4) + f[4] / t[4] * f[4] / t[4] * t2[4]) / t[4] / t[4])),
        1e-12);
    /* without networks: a sum; bins with too few rows are left out; one network has no spread */
    for (chi2 = 0.0L, i = 0; i < 4; i++) chi2 += d[i] * d[i] / (f2[i] + t2[i]);
    CHECK_OK(closure_test(x, w, NULL, 0, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e), e);
    CHECK_BELOW(fabs(c.chi2 / c.chi2_statistical - 1.0) + fabs(c.p - c.p_statistical), 1e-12);
    CHECK_BELOW(fabs(c.chi2 / (double)chi2 - 1.0), 1e-12);
    CHECK_OK(closure_test(x, w, n, 1, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e), e);
    CHECK_BELOW(fabs(c.chi2 / (double)chi2 - 1.0), 1e-12);
    CHECK_OK(closure_test(x, w, NULL, 0, ROWS, y, v, OTHER, cut, 4, 60.0, NULL, &c, &e), e);
    CHECK(c.bins == 1);
    CHECK_BELOW(fabs(c.chi2 - (double)(d[2] * d[2] / (f2[2] + t2[2]))), 1e-10);
    CHECK_OK(closure_test(x, NULL, NULL, 0, ROWS, x, NULL, ROWS, cut, 4, 0.0, NULL, &c, &e), e);
    CHECK(c.chi2 == 0.0 && c.p == 1.0 && c.ratio == 1.0);
    untouched = c;
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1000.0, NULL, &c, &e) == PASSWD_ERROR_SHAPE);
    CHECK(closure_test(x, w, n, NETWORKS, 0, y, v, OTHER, cut, 4, 0.0, NULL, &c, &e) == PASSWD_ERROR_SHAPE);
    CHECK(closure_test(NULL, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 0, 1.0, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(closure_test(x, w, n, -1, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(closure_test(x, w, n, NETWORKS, -1, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, NULL, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(
        closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, (double)NAN, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT);
    {
        const double bad[3] = { 0.0, 2.0, 2.0 };
        CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, bad, 2, 1.0, NULL, &c, &e) == PASSWD_ERROR_ARGUMENT
            && strstr(e.message, "edge 3"));
    }
    v[9] = (double)NAN;
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_NUMERIC
        && e.line == 10);
    v[9] = 1.0;
    n[NETWORKS * ROWS - 1] = (double)NAN;
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_NUMERIC
        && e.line == ROWS);
    n[NETWORKS * ROWS - 1] = 1.0;
    x[3] = (double)INFINITY;
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_NUMERIC
        && e.line == 4);
    x[3] = 1.0;
    w[3] = 1e300;
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_NUMERIC);
    for (i = 0; i < OTHER; i++) v[i] = 0.0;
    CHECK(closure_test(x, w, n, NETWORKS, ROWS, y, v, OTHER, cut, 4, 1.0, NULL, &c, &e) == PASSWD_ERROR_NUMERIC);
    CHECK(!memcmp(&c, &untouched, sizeof c));
}

static void test_bad(void) {
    static const char *const names[2] = { "pt", "eta" };
    passwd_reweight_config c = small(), bad;
    passwd_reweight *r = NULL, *good;
    passwd_train_options o;
    passwd_table none;
    passwd_error e;
    int i, k;
    draw(&from, 100, 0, 71);
    draw(&to, 100, 1, 72);
    c.epochs = 2;
    c.networks = 2;
    memset(&none, 0, sizeof none);
#define REFUSED(status) (learn_from(&c, &from.table, &to.table, 2, names, NULL, NULL, &r, &e) == (status) && !r)
    CHECK(learn_from(NULL, &from.table, &to.table, 2, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(learn_from(&c, &from.table, &to.table, 2, NULL, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(learn_from(&c, NULL, &to.table, 2, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(learn_from(&c, &from.table, &none, 2, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(learn_from(&c, &from.table, &to.table, 0, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_ARGUMENT);
    from.table.count = 19;
    CHECK(REFUSED(PASSWD_ERROR_SHAPE) && strstr(e.message, "\"from\" has 19 rows"));
    from.table.count = 100;
    to.table.count = 0;
    CHECK(REFUSED(PASSWD_ERROR_SHAPE) && strstr(e.message, "\"to\""));
    to.table.count = -5;
    CHECK(REFUSED(PASSWD_ERROR_SHAPE));
    to.table.count = 100;
    to.x[2 * 33 + 1] = (double)NAN;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC) && e.line == 34 && e.column == 2 && strstr(e.message, "\"eta\"")
        && strstr(e.message, "row 34") && strstr(e.message, "\"to\""));
    CHECK(learn_from(&c, &from.table, &to.table, 2, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "Column 2"));
    to.x[2 * 33 + 1] = (double)INFINITY;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC));
    to.x[2 * 33 + 1] = 0.0;
    from.table.weight = from.weight;
    from.weight[6] = -1.0;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC) && e.line == 7);
    from.weight[6] = (double)NAN;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC) && e.line == 7);
    for (i = 0; i < 100; i++) from.weight[i] = 0.0;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC) && strstr(e.message, "sum to 0"));
    from.weight[0] = 1.0;
    c.networks = 20;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC) && strstr(e.message, "bootstrap"));
    c.networks = 2;
    from.table.weight = NULL;
    for (i = 0; i < 100; i++) from.x[2 * i + 1] = to.x[2 * i + 1] = 3.0;
    CHECK(REFUSED(PASSWD_ERROR_NUMERIC) && strstr(e.message, "eta"));
    draw(&from, 100, 0, 71);
    draw(&to, 100, 1, 72);
    for (k = 0; k < 14; k++) {
        bad = c;
        switch (k) {
        case 0: bad.layers = -1; break;
        case 1: bad.nodes = 1000000; break;
        case 2: bad.networks = 0; break;
        case 3: bad.networks = -3; break;
        case 4: bad.epochs = 0; break;
        case 5: bad.batch = 0; break;
        case 6: bad.patience = -1; break;
        case 7: bad.rate = 0.0f; break;
        case 8: bad.rate = (float)NAN; break;
        case 9: bad.weight_decay = -1.0f; break;
        case 10: bad.validation = 1.0f; break;
        case 11: bad.limit = 0.0f; break;
        case 12: bad.limit = (float)INFINITY; break;
        default: bad.layers = 1000; break;
        }
        CHECK(learn_from(&bad, &from.table, &to.table, 2, NULL, NULL, NULL, &r, &e) == PASSWD_ERROR_CONFIG && !r);
    }
    memset(&o, 0, sizeof o);
    o.threads = -1;
    CHECK(learn_from(&c, &from.table, &to.table, 2, NULL, &o, NULL, &r, &e) == PASSWD_ERROR_ARGUMENT && !r);
    /* samples that separate, columns of two values, the fewest rows: answers, finite */
    for (k = 0; k < 3; k++) {
        draw(&from, k == 2 ? 20 : 100, 0, 73);
        draw(&to, k == 2 ? 20 : 100, 1, 74);
        for (i = 0; k < 2 && i < 100; i++) {
            to.x[2 * i] += k == 0 ? 100.0 : 0.0;
            if (k == 1) {
                from.x[2 * i] = i % 3 == 0;
                to.x[2 * i] = i % 3 != 0;
            }
        }
        good = learn(&c, NULL);
        if (!good) return;
        CHECK_OK(passwd_reweight_run(good, NULL, from.x, from.table.count, weight, NULL, &e), e);
        for (i = 0; i < from.table.count; i++)
            if (!(weight[i] > 0.0 && weight[i] < 1e4)) break;
        CHECK(i == from.table.count);
        CHECK_BELOW(fabs(sum_of(weight, from.table.count) / (double)to.table.count - 1.0), 1e-12);
        if (k < 2) {
            passwd_reweight_free(good);
            continue;
        }
        again[0] = again[1] = -7.0;
        from.x[3] = (double)NAN;
        CHECK(passwd_reweight_run(good, NULL, from.x, 2, again, NULL, &e) == PASSWD_ERROR_NUMERIC && e.line == 2
            && e.column == 2 && again[0] == -7.0);
        CHECK(passwd_reweight_run(good, NULL, from.x, -1, again, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(passwd_reweight_run(good, NULL, NULL, 2, again, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(passwd_reweight_run(good, NULL, from.x, 2, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(passwd_reweight_run(NULL, NULL, from.x, 2, again, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        passwd_reweight_free(good);
    }
}

static void test_memory(void) {
    passwd_reweight_config c = small();
    passwd_reweight *r, *mine = NULL;
    passwd_allocator a;
    passwd_error e;
    passwd_status s = PASSWD_OK;
    counter count;
    long n;
    draw(&from, 25, 0, 81);
    draw(&to, 25, 1, 82);
    c.epochs = 1;
    c.networks = 2;
    c.layers = 1;
    c.nodes = 2;
    for (n = 1; n < 3000; n++) {
        a = counting(&count, n);
        s = learn_from(&c, &from.table, &to.table, 2, NULL, NULL, &a, &mine, &e);
        if (s != PASSWD_ERROR_MEMORY || mine || count.alive) break;
    }
    CHECK(s == PASSWD_OK && mine && n > 20 && count.calls < n);
    passwd_reweight_free(mine);
    CHECK(count.alive == 0);
    mine = NULL;
    a = counting(&count, 0);
    CHECK_OK(learn_from(&c, &from.table, &to.table, 2, NULL, NULL, &a, &r, &e), e);
    for (n = 1; n < 1000; n++) { /* running and saving use the allocator of the reweighting */
        const long alive = count.alive;
        again[0] = -7.0;
        count.calls = 0;
        count.fail_at = n;
        s = passwd_reweight_run(r, NULL, from.x, 25, again, NULL, &e);
        if (s != PASSWD_ERROR_MEMORY || again[0] != -7.0 || count.alive != alive) break;
    }
    CHECK(s == PASSWD_OK && n > 3);
    for (n = 1; n < 1000; n++) {
        const long alive = count.alive;
        count.calls = 0;
        count.fail_at = n;
        s = passwd_reweight_save(r, scratch, &e);
        if ((s != PASSWD_ERROR_MEMORY && s != PASSWD_OK) || count.alive != alive || s == PASSWD_OK) break;
    }
    CHECK(s == PASSWD_OK && n > 3);
    passwd_reweight_free(r);
    CHECK(count.alive == 0);
    for (n = 1; n < 3000; n++) {
        a = counting(&count, n);
        s = passwd_reweight_load(scratch, &a, &mine, &e);
        if (s != PASSWD_ERROR_MEMORY || mine || count.alive) break;
    }
    CHECK(s == PASSWD_OK && mine && n > 20);
    passwd_reweight_free(mine);
    CHECK(count.alive == 0);
}

int main(void) {
    scratch = scratch_file("test_reweight.safetensors");
    test_tail();
    test_covariance();
    test_gaussians();
    test_regression();
    test_same();
    test_calibration();
    test_weighted();
    test_closure();
    test_threads();
    test_progress();
    test_files();
    test_bad();
    test_memory();
    remove(scratch);
    return finish();
}
