/* Backgrounds of a region from the events outside of it: significances against Li and Ma's closed form, the profile
   against a fit with all rests free, what is fitted of injected signals, uniform p-values where the ratio is flat and
   where it is not, toys of events against thrown ones, regions that share their events, limits by formulae against
   toys, bad input.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/rest.c -o build/test_rest -lm && build/test_rest */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"

static passwd_status scan_to(const passwd_spectrum *s, const passwd_scan_options *o, passwd_scan_point *points,
    int room, int *count, passwd_scan_result *result, double *toy_q, const passwd_allocator *a, passwd_error *error) {
    passwd_scan_points to = { points, room, 0 };
    const passwd_status status = passwd_scan(s, o, &to, result, toy_q, a, error);
    if (status == PASSWD_OK || status == PASSWD_STOPPED) *count = to.count;
    return status;
}

static passwd_status scan_shapes(const passwd_spectrum *s, const double *signals, int shapes,
    const passwd_scan_options *options, passwd_scan_point *points, passwd_scan_result *result, double *toy_q,
    const passwd_allocator *a, passwd_error *error) {
    passwd_scan_points to = { points, shapes, 0 };
    passwd_scan_options o;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    o.signals = signals;
    o.shapes = shapes;
    return passwd_scan(s, &o, &to, result, toy_q, a, error);
}

enum { BINS = 36, POINTS = 200 };
static passwd_error e;

/* --- helpers --- */

static void spectrum_new(passwd_spectrum *h, int bins) {
    double edges[BINS + 1];
    int i;
    for (i = 0; i <= bins; i++) edges[i] = 300.0 * exp(0.05 * i);
    memset(h, 0, sizeof *h);
    CHECK_OK(passwd_spectrum_new(bins, edges, NULL, h, &e), e);
}
static double poisson(double mean, uint64_t seed, uint32_t stream, int i) {
    return passwdi_hunt_quantile(passwd_random_uniform(seed, stream, (uint32_t)i), mean);
}
static double middle(const passwd_spectrum *h, int i) { return sqrt(h->edges[i] * h->edges[i + 1]); }
static double gauss_in(const passwd_spectrum *h, int i, double mass, double sigma) {
    const double root = sigma * sqrt(2.0);
    return 0.5 * (erf((h->edges[i + 1] - mass) / root) - erf((h->edges[i] - mass) / root));
}
/* A spectrum that falls to less than an event per bin, of which a part exp(a + b L), L = ln(m / 600), is the region's,
   and a signal of which a share is. */
typedef struct truth {
    double events, part, slope, signal, share, mass, drift;
} truth;
static void region_throw(const truth *t, uint64_t seed, passwd_spectrum *all, passwd_spectrum *region) {
    int i;
    spectrum_new(all, BINS);
    spectrum_new(region, BINS);
    for (i = 0; i < BINS; i++) {
        const double m = middle(all, i), f = t->events * 0.075 * exp(-0.11 * i - 0.00028 * i * i);
        const double drift = m > 690.0 ? t->drift * (1.0 - pow(690.0 / m, 5.0)) : 0.0;
        const double in = t->part * pow(m / 600.0, t->slope) * exp(drift),
                     s = t->signal * gauss_in(all, i, t->mass, 0.1 * t->mass);
        region->data[i] = region->variance[i] = poisson(f * in + s * t->share, seed, 1, i);
        all->data[i] = all->variance[i] = region->data[i] + poisson(f * (1.0 - in) + s * (1.0 - t->share), seed, 2, i);
    }
    CHECK_OK(passwd_spectrum_rest(region, all, &e), e);
}
static passwd_background rest_of(int least, int most) {
    passwd_background b;
    memset(&b, 0, sizeof b);
    b.family = PASSWD_BACKGROUND_REST;
    b.least = least;
    b.most = most;
    return b;
}
static passwd_scan_result scan(
    const passwd_spectrum *region, int64_t toys, uint64_t seed, const passwd_spectrum_events *events, double *toy_q) {
    static passwd_scan_point at[POINTS];
    passwd_scan_options o;
    passwd_scan_result r;
    int n;
    memset(&o, 0, sizeof o);
    memset(&r, 0, sizeof r);
    o.resolution_b = 0.1;
    o.toys = toys;
    o.seed = seed;
    o.events = events;
    CHECK_OK(scan_to(region, &o, at, POINTS, &n, &r, toy_q, NULL, &e), e);
    return r;
}
static void both_free(passwd_spectrum *a, passwd_spectrum *b) {
    passwd_spectrum_free(a);
    passwd_spectrum_free(b);
}

/* --- the numbers --- */

/* T.-P. Li and Y.-Q. Ma, Astrophys. J. 272 (1983) 317, eq. 17, squared. */
static double li_ma(double on, double off, double alpha) {
    const double n = on + off;
    return 2.0 * ((on > 0.0 ? on * log((1.0 + alpha) / alpha * on / n) : 0.0) + off * log((1.0 + alpha) * off / n));
}
/* A signal in one bin, the ratio being fixed by all the others. */
static void on_and_off(void) {
    const double on[] = { 12.0, 3.0, 1.0, 40.0, 5.0 }, off[] = { 30.0, 2.0, 1.0, 100.0, 0.0 };
    int k, i;
    for (k = 0; k < 5; k++) {
        passwd_spectrum all, region;
        passwd_background wanted = rest_of(1, 1);
        passwd_scan_point at;
        passwd_scan_result r;
        double signal[BINS] = { 0.0 }, li;
        spectrum_new(&all, BINS);
        spectrum_new(&region, BINS);
        for (i = 0; i < BINS; i++) {
            region.data[i] = i == 20 ? on[k] : 1e7;
            all.data[i] = region.data[i] + (i == 20 ? off[k] : 1e8);
            region.variance[i] = region.data[i];
            all.variance[i] = all.data[i];
        }
        CHECK_OK(passwd_spectrum_rest(&region, &all, &e), e);
        CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
        CHECK(fabs(region.fit.p[0] - log(0.1)) < 1e-6);
        signal[20] = 1.0;
        CHECK_OK(scan_shapes(&region, signal, 1, NULL, &at, &r, NULL, NULL, &e), e);
        li = off[k] > 0.0 ? li_ma(on[k], off[k], 0.1) : 2.0 * on[k] * log(11.0);
        CHECK(fabs(at.q0 - li) < 1e-4 * li);
        CHECK(fabs(at.fitted - (on[k] - 0.1 * off[k])) < 1e-3);
        both_free(&all, &region);
    }
}
/* The cost of a bin and its derivatives, the rest being profiled, against the smallest of many. */
static void profile(void) {
    const double counts[][4] = { { 3, 20, 0.1, 2 }, { 0, 5, 0.3, 1 }, { 7, 0, 0.1, 0.5 }, { 1, 40, 0.01, -0.2 },
        { 0, 0, 0.2, 1 }, { 50, 900, 0.1, -20 } };
    size_t k;
    for (k = 0; k < sizeof counts / sizeof *counts; k++) {
        const double n = counts[k][0], r = counts[k][1], t = counts[k][2], s = counts[k][3];
        double beside, f, v, row[1] = { 1.0 }, best = HUGE_VAL, b, cost, nu;
        passwdi_fit_job j;
        memset(&j, 0, sizeof j);
        j.n = &n;
        j.beside = &beside;
        j.f = &f;
        j.v = &v;
        cost = passwdi_fit_beside(&j, 0, t, s, r, row, 1);
        nu = f + s;
        cost += nu > 0.0 ? nu - n + (n > 0.0 ? n * log(n / nu) : 0.0) : 0.0;
        for (b = 1e-7; b < 2000.0; b *= 1.0005) {
            const double x = t * b + s;
            if (x > 0.0)
                best = fmin(best, x - n + (n > 0.0 ? n * log(n / x) : 0.0) + b - r + (r > 0.0 ? r * log(r / b) : 0.0));
        }
        CHECK(nu >= -1e-12 && fabs(row[0] - beside) < 1e-12 * (1.0 + beside));
        CHECK_BELOW(fabs(cost - best), 1e-5 * (1.0 + best));
    }
}
/* What is fitted is what is in the region beyond its part of the rest. */
static void linearity(void) {
    const truth t = { 20000.0, 0.1, 0.0, 150.0, 0.8, 900.0, 0.0 };
    double sum = 0.0, square = 0.0, pull = 0.0;
    int k, n = 60;
    for (k = 0; k < n; k++) {
        passwd_spectrum all, region;
        passwd_background wanted = rest_of(0, 0);
        passwd_scan_point at;
        passwd_scan_result r;
        double signal[BINS];
        int i;
        region_throw(&t, 100 + (uint64_t)k, &all, &region);
        for (i = 0; i < BINS; i++) signal[i] = gauss_in(&all, i, t.mass, 0.1 * t.mass);
        CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
        CHECK_OK(scan_shapes(&region, signal, 1, NULL, &at, &r, NULL, NULL, &e), e);
        sum += at.fitted / n;
        square += at.fitted * at.fitted / n;
        pull += at.fitted_error / n;
        both_free(&all, &region);
    }
    /* share - part / (1 - part) (1 - share) of 150 */
    CHECK_BELOW(fabs(sum - 150.0 * (0.8 - 0.2 / 9.0)), 4.0 * sqrt((square - sum * sum) / n) + 2.0);
    CHECK(fabs(sqrt(square - sum * sum) / pull - 1.0) < 0.35);
}

/* --- pseudo-experiments --- */

static void uniform(const truth *t, int repeats) {
    int k, low = 0, tenth = 0, half = 0, none = 0;
    for (k = 0; k < repeats; k++) {
        passwd_spectrum all, region;
        passwd_background wanted = rest_of(0, 0);
        passwd_scan_result r;
        region_throw(t, 1000 + (uint64_t)k, &all, &region);
        CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
        r = scan(&region, 100, 7 + (uint64_t)k, NULL, NULL);
        if (r.refused) none++;
        else {
            const double p = exp(r.log_p);
            low += p <= 0.05;
            tenth += p <= 0.1;
            half += p <= 0.5;
        }
        both_free(&all, &region);
    }
    printf("part %g, slope %g, %g events: p <= 0.05 in %d, 0.1 in %d, 0.5 in %d of %d; refused %d\n", t->part, t->slope,
        t->events, low, tenth, half, repeats, none);
    CHECK_BELOW(low, 0.05 * repeats + 4.0 * sqrt(0.05 * repeats));
    CHECK_BELOW(fabs(tenth - 0.1 * repeats), 4.0 * sqrt(0.09 * repeats) + 1.0);
    CHECK_BELOW(fabs(half - 0.5 * repeats), 4.0 * sqrt(0.25 * repeats));
    CHECK_BELOW(none, 0.03 * repeats + 2.0);
}

/* Where the cut was not learnt the ratio goes over to another value: no signal, if that is said; and none is lost. */
static void beyond(void) {
    int k, n = 40, low = 0;
    double z[2] = { 0.0, 0.0 }, drift = 0.0;
    for (k = 0; k < 2 * n; k++) {
        const int with = k >= n;
        const truth t = { 20000.0, 0.1, 0.0, with ? 90.0 : 0.0, 0.8, 1300.0, 0.5 };
        passwd_spectrum all, region;
        passwd_background wanted = rest_of(0, 0);
        region_throw(&t, 2000 + (uint64_t)k, &all, &region);
        wanted.learnt = 690.0;
        CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
        CHECK(region.fit.parameters == 3);
        if (!with) drift += region.fit.p[1] / n;
        z[with] += scan(&region, 0, 1, NULL, NULL).best.significance / n;
        if (!with) low += exp(scan(&region, 100, 5 + (uint64_t)k, NULL, NULL).log_p) <= 0.1;
        both_free(&all, &region);
    }
    printf("a ratio that drifts by %.2f: %.2f sigma local on average, p <= 0.1 in %d of %d; with a signal %.2f\n",
        drift, z[0], low, n, z[1]);
    CHECK_BELOW(fabs(drift - 0.57), 0.12); /* of the ratio to the rest, to which the part is the part / (1 - part) */
    CHECK_BELOW(low, 0.1 * n + 4.0 * sqrt(0.09 * n));
    CHECK(z[1] > z[0] + 2.0);
}

/* Weights: those of the rest are not those of the region, and the counts of either vary by their own. */
static void weighted(void) {
    const truth t = { 20000.0, 0.1, 0.0, 0.0, 0.0, 900.0, 0.0 };
    const int n = 60;
    int k, i, low = 0;
    for (k = 0; k < n; k++) {
        passwd_spectrum all, region;
        passwd_background wanted = rest_of(0, 0);
        region_throw(&t, 4000 + (uint64_t)k, &all, &region);
        for (i = 0; i < BINS; i++) {
            all.data[i] = region.data[i] + 5.0 * (all.data[i] - region.data[i]);
            all.variance[i] = region.variance[i] + 25.0 * (all.variance[i] - region.variance[i]);
        }
        CHECK_OK(passwd_spectrum_rest(&region, &all, &e), e);
        CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
        if (region.fit.parameters == 1) CHECK_BELOW(fabs(region.fit.p[0] - log(0.1 / 0.9 / 5.0)), 0.15);
        low += exp(scan(&region, 100, 11 + (uint64_t)k, NULL, NULL).log_p) <= 0.1;
        both_free(&all, &region);
    }
    CHECK_BELOW(low, 0.1 * n + 4.0 * sqrt(0.09 * n)); /* of the same weights in both there were twice as many */
}

/* Toys of events: nested regions are nested in them, too, and the largest q0 has the distribution of thrown toys. */
static void events_of(const passwd_spectrum *all, double *mass, int64_t *number) {
    int64_t n = 0;
    int i, k;
    for (i = 0; i < all->bins; i++)
        for (k = 0; k < (int)all->data[i]; k++, n++) {
            mass[n] = middle(all, i);
            number[n] = 17 * n + 3;
        }
}
static void together(void) {
    enum { TOYS = 300 };
    const truth t = { 3000.0, 0.2, 0.3, 0.0, 0.0, 900.0, 0.0 };
    static double mass[20000], q[2][TOYS], thrown[TOYS];
    static int64_t number[20000];
    passwd_spectrum all, region, half;
    passwd_spectrum_events events;
    passwd_background wanted = rest_of(0, 0);
    passwd_look look[2];
    passwd_together r;
    double apart = 0.0, mean[2] = { 0.0, 0.0 };
    int i, k;
    region_throw(&t, 5, &all, &region);
    memset(&half, 0, sizeof half);
    memset(&events, 0, sizeof events);
    CHECK_OK(passwd_spectrum_new(BINS, all.edges, NULL, &half, &e), e);
    for (i = 0; i < BINS; i++) {
        for (k = 0; k < (int)region.data[i]; k++)
            half.data[i] += passwd_random_uniform(6, (uint32_t)i, (uint32_t)k) < 0.9;
        half.variance[i] = half.data[i];
    }
    CHECK_OK(passwd_spectrum_rest(&half, &all, &e), e);
    events_of(&all, mass, number);
    for (i = 0; i < BINS; i++) events.count += (int64_t)all.data[i];
    events.mass = mass;
    events.number = number;
    events.seed = 3;
    CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
    CHECK_OK(passwd_background_fit(&half, &wanted, &e), e);
    memset(look, 0, sizeof look);
    for (k = 0; k < 2; k++) {
        const passwd_scan_result one = scan(k ? &half : &region, TOYS, 9 + (uint64_t)k, &events, q[k]);
        look[k].statistic = one.best.q0;
        look[k].log_p = one.log_p;
        look[k].log_p_low = one.log_p_low;
        look[k].log_p_high = one.log_p_high;
        look[k].toys = q[k];
    }
    scan(&region, TOYS, 31, NULL, thrown);
    for (k = 0; k < TOYS; k++) {
        mean[0] += q[0][k] / TOYS;
        mean[1] += thrown[k] / TOYS;
        apart += fabs(q[0][k] - q[1][k]) / TOYS;
    }
    CHECK_BELOW(fabs(mean[0] - mean[1]), 0.6);
    CHECK_BELOW(apart, 0.5 * mean[0]); /* nine tenths of their events are the same */
    CHECK_OK(passwd_looks_together(look, 2, TOYS, &r, NULL, &e), e);
    CHECK(r.trials < 1.9);
    both_free(&all, &region);
    passwd_spectrum_free(&half);
}

/* --- limits --- */

static void limits(void) {
    const truth t = { 20000.0, 0.1, 0.0, 0.0, 0.0, 900.0, 0.0 };
    int k, above = 0, n = 40;
    passwd_limit_options o;
    passwd_limit limit, toys;
    passwd_spectrum all, region;
    passwd_background wanted = rest_of(0, 0);
    memset(&o, 0, sizeof o);
    o.resolution_b = 0.1;
    o.toys = -1;
    for (k = 0; k < n; k++) { /* with ten signal events that are there */
        truth there = t;
        there.signal = 25.0;
        there.share = 1.0;
        region_throw(&there, 300 + (uint64_t)k, &all, &region);
        CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
        CHECK_OK(passwd_limit_gaussian(&region, 900.0, &o, &limit, NULL, &e), e);
        above += limit.observed >= 25.0;
        both_free(&all, &region);
    }
    CHECK(above >= 0.84 * n);
    region_throw(&t, 77, &all, &region);
    CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
    CHECK_OK(passwd_limit_gaussian(&region, 800.0, &o, &limit, NULL, &e), e);
    o.toys = 1000;
    CHECK_OK(passwd_limit_gaussian(&region, 800.0, &o, &toys, NULL, &e), e);
    printf("limits at 800 GeV: %.3g (expected %.3g) by formulae, %.3g (%.3g) by toys\n", limit.observed,
        limit.expected[2], toys.observed, toys.expected[2]);
    CHECK_BELOW(fabs(toys.observed / limit.observed - 1.0), 0.15);
    CHECK_BELOW(fabs(toys.expected[2] / limit.expected[2] - 1.0), 0.15);
    both_free(&all, &region);
}

/* What is known of a drift is a measurement: what is expected without a signal knows the drift that is there, and toys
   measure it anew. */
static void limits_of_drifts(void) {
    const truth t = { 20000.0, 0.05, 0.0, 0.0, 0.0, 900.0, 2.5 }; /* five standard deviations */
    passwd_limit_options o;
    passwd_limit limit, toys;
    passwd_spectrum all, region;
    passwd_background wanted = rest_of(0, 0);
    memset(&o, 0, sizeof o);
    o.resolution_b = 0.1;
    region_throw(&t, 78, &all, &region);
    wanted.learnt = 690.0;
    CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
    o.toys = -1;
    CHECK_OK(passwd_limit_gaussian(&region, 1000.0, &o, &limit, NULL, &e), e);
    o.toys = 400;
    CHECK_OK(passwd_limit_gaussian(&region, 1000.0, &o, &toys, NULL, &e), e);
    printf("limits at 1000 GeV beside a drift: %.3g (expected %.3g to %.3g) by formulae, "
           "%.3g (%.3g to %.3g) by toys\n",
        limit.observed, limit.expected[1], limit.expected[3], toys.observed, toys.expected[1], toys.expected[3]);
    CHECK_BELOW(fabs(toys.observed / limit.observed - 1.0), 0.15);
    CHECK_BELOW(fabs(toys.expected[1] / limit.expected[1] - 1.0), 0.15);
    CHECK_BELOW(fabs(toys.expected[2] / limit.expected[2] - 1.0), 0.15);
    both_free(&all, &region);
}

/* --- bad input --- */

static void refused(void) {
    const truth t = { 5000.0, 0.1, 0.0, 0.0, 0.0, 900.0, 0.0 };
    passwd_spectrum all, region, other;
    passwd_background wanted = rest_of(0, 0);
    passwd_hunt_options o;
    passwd_hunt_result r;
    region_throw(&t, 1, &all, &region);
    spectrum_new(&other, BINS - 1);
    CHECK(passwd_spectrum_rest(&region, &other, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "same edges"));
    CHECK(passwd_spectrum_rest(&all, &region, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "in the region"));
    CHECK(passwd_background_fit(&all, &wanted, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "outside the region"));
    wanted.slide = 2.0;
    CHECK(passwd_background_fit(&region, &wanted, &e) == PASSWD_ERROR_ARGUMENT);
    wanted.slide = 0.0;
    CHECK_OK(passwd_background_fit(&region, &wanted, &e), e);
    memset(&o, 0, sizeof o);
    CHECK(passwd_hunt(&region, 1, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "outside a region"));
    both_free(&all, &region);
    passwd_spectrum_free(&other);
}

int main(int argc, char **argv) {
    const int repeats = argc > 1 && !strcmp(argv[1], "quick") ? 30 : 150;
    static const truth flat = { 20000.0, 0.1, 0.0, 0.0, 0.0, 900.0, 0.0 },
                       sloping = { 20000.0, 0.02, 0.7, 0.0, 0.0, 900.0, 0.0 },
                       few = { 2000.0, 0.05, 0.0, 0.0, 0.0, 900.0, 0.0 };
    on_and_off();
    profile();
    linearity();
    uniform(&flat, repeats);
    uniform(&sloping, repeats);
    uniform(&few, repeats);
    beyond();
    weighted();
    together();
    limits();
    limits_of_drifts();
    refused();
    return finish();
}
