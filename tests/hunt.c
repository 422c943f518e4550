/* BumpHunter: tails against sums in long double, windows against the reference scans, toys against the plain scan,
   global probabilities against the truth, bad input.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/hunt.c -o build/test_hunt -lm && build/test_hunt */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"
#include "counting.h"

static passwd_status inject(const passwd_spectrum *s, const double *signal, double target, int64_t repeats,
    const passwd_hunt_options *o, double *events, double *low, double *high, const passwd_allocator *a,
    passwd_error *error) {
    passwd_injection in = { target, repeats, low || high, 0.0, 0.0, 0.0 };
    passwd_status status;
    if (events) in.events = *events;
    status = passwd_hunt_inject(s, signal, o, events ? &in : NULL, a, error);
    if (events) *events = in.events;
    if (low) *low = in.low;
    if (high) *high = in.high;
    return status;
}

enum { MOST = 200 };
static passwd_error e;

/* --- helpers --- */

typedef struct histogram {
    passwd_spectrum s;
    double edges[MOST + 1], data[MOST], background[MOST], uncertainty[MOST];
} histogram;
static void histogram_new(histogram *h, int bins) {
    int i;
    memset(h, 0, sizeof *h);
    h->s.bins = bins;
    h->s.edges = h->edges;
    h->s.data = h->data;
    h->s.background = h->background;
    h->s.uncertainty = h->uncertainty;
    for (i = 0; i <= bins; i++) h->edges[i] = 200.0 + 20.0 * i;
}
static void histogram_falling(histogram *h, int bins, double first, double slope) {
    int i;
    histogram_new(h, bins);
    for (i = 0; i < bins; i++) h->background[i] = first * exp(-slope * i);
}
/* data: a Poisson number of the background; independent of the library's tables */
static void histogram_throw(histogram *h, uint64_t seed, uint32_t stream) {
    int i;
    for (i = 0; i < h->s.bins; i++)
        h->data[i] = passwdi_hunt_quantile(passwd_random_uniform(seed, stream, (uint32_t)i), h->background[i]);
}
static passwd_hunt_options zeroed(void) {
    passwd_hunt_options o;
    memset(&o, 0, sizeof o);
    return o;
}
static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
/* Probability of a Kolmogorov statistic of n (effective) values; M. Stephens's correction for small n */
static double kolmogorov(double d, double n) {
    const double x = (sqrt(n) + 0.12 + 0.11 / sqrt(n)) * d;
    double sum = 0.0;
    int k;
    if (x < 0.2) return 1.0;
    for (k = 1; k <= 100; k++) sum += (k % 2 ? 2.0 : -2.0) * exp(-2.0 * k * k * x * x);
    return sum;
}
static double two_samples(double *a, int64_t n, double *b, int64_t m) {
    int64_t i = 0, k = 0;
    double most = 0.0;
    qsort(a, (size_t)n, sizeof *a, rising);
    qsort(b, (size_t)m, sizeof *b, rising);
    while (i < n && k < m) {
        const double x = a[i] < b[k] ? a[i] : b[k];
        double d;
        while (i < n && a[i] <= x) i++;
        while (k < m && b[k] <= x) k++;
        d = fabs((double)i / (double)n - (double)k / (double)m);
        if (d > most) most = d;
    }
    return kolmogorov(most, (double)n * (double)m / (double)(n + m));
}
static double relative(double x, double reference) {
    if (x == reference) return 0.0;
    return fabs(x - reference) / fabs(reference);
}

/* --- tails of the Poisson --- */

/* ln(b^n e^-b / n!): sums of logarithms for small n, Stirling's series in long double beyond */
static long double density_l(double n, double b) {
    const long double x = n, y = b;
    if (n < 3000.0) {
        long double f = -y;
        int i;
        for (i = 1; i <= (int)n; i++) f += logl(y / i);
        return f;
    }
    return x * log1pl((y - x) / x) + (x - y) - 0.5L * logl(2.0L * 3.14159265358979323846264338327950288L * x)
        - 1.0L / (12.0L * x) + 1.0L / (360.0L * x * x * x) - 1.0L / (1260.0L * x * x * x * x * x);
}
static long double above_l(double n, double b) {
    long double sum = 0.0L, term = 1.0L, k = n;
    if (n > b) {
        while (term > sum * 1e-21L) {
            sum += term;
            k += 1.0L;
            term *= (long double)b / k;
        }
        return density_l(n, b) + logl(sum);
    }
    for (k = (long double)n - 1.0L; k >= 0.0L && term > sum * 1e-21L; k -= 1.0L) {
        sum += term;
        term *= k / (long double)b;
    }
    return n > 0.0 ? log1pl(-expl(density_l(n - 1.0, b) + logl(sum))) : 0.0L;
}
static long double below_l(double n, double b) {
    long double sum = 0.0L, term = 1.0L, k = n;
    if (n >= b) return log1pl(-expl(above_l(n + 1.0, b)));
    for (; k >= 0.0L && term > sum * 1e-21L; k -= 1.0L) {
        sum += term;
        term *= k / (long double)b;
    }
    return density_l(n, b) + logl(sum);
}
static void test_poisson(void) {
    static const double means[] = { 1e-300, 1e-9, 1e-3, 0.1, 0.5, 1.0, 2.5, 7.0, 15.9, 23.0, 24.5, 31.0, 60.0, 100.0,
        333.3, 1000.0, 4567.8, 1e4, 1e5, 1e6, 1e7 };
    static const double sigmas[] = { -30.0, -12.0, -6.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, 6.0, 12.0, 30.0, 64.0 };
    double worst_above = 0.0, worst_below = 0.0, worst_pair = 0.0;
    size_t i, k;
    int n;
    for (i = 0; i < sizeof means / sizeof *means; i++) {
        for (n = 0; n < 70; n++) {
            const double b = means[i],
                         x = n < 40 ? (b < 5000.0 ? n : floor(b) - 20.0 + n)
                                    : floor(b + sigmas[(n - 40) % 14] * sqrt(b) + (n - 40) / 14 * 7 + 0.5);
            double a, c, error;
            if (x < 0.0) continue;
            a = passwd_log_poisson_above(x, b);
            c = passwd_log_poisson_below(x, b);
            /* where p is close to 1, digits of 1 - p are limited by those of e^-deviance: 1e-12 of it */
            error = (double)fabsl((long double)a - above_l(x, b));
            error /= a < -1e-3 ? fabs(a) : 20.0 * fabs(a) + 1e-300;
            if (error > worst_above) worst_above = error;
            error = (double)fabsl((long double)c - below_l(x, b));
            error /= c < -1e-3 ? fabs(c) : 20.0 * fabs(c) + 1e-300;
            if (error > worst_below) worst_below = error;
        }
    }
    CHECK_BELOW(worst_above, 1e-13);
    CHECK_BELOW(worst_below, 1e-13);
    CHECK(passwd_log_poisson_above(4000.0, 1000.0) < -2000.0); /* far beyond what a probability could hold */
    CHECK_BELOW(relative(passwd_log_poisson_above(4000.0, 1000.0), (double)above_l(4000.0, 1000.0)), 1e-14);
    CHECK_BELOW(relative(passwd_log_poisson_below(100.0, 2600.0), (double)below_l(100.0, 2600.0)), 1e-14);
    CHECK(passwd_log_poisson_below(100.0, 2600.0) < -2000.0);
    CHECK_BELOW(
        relative(passwd_log_poisson_above(1e9 + 2e6, 1e9), (double)above_l(1e9 + 2e6, 1e9)), 1e-13); /* e^-2003 */
    CHECK_BELOW(relative(passwd_log_poisson_above(1e9 + 3e4, 1e9), (double)above_l(1e9 + 3e4, 1e9)), 1e-12);
    CHECK_BELOW(relative(passwd_log_poisson_below(1e9 - 2e6, 1e9), (double)below_l(1e9 - 2e6, 1e9)), 1e-13);
    for (k = 0; k < 1000; k++) { /* P(at least n + 1) + P(at most n) = 1; real numbers of events and means */
        const double b = exp(-5.0 + 20.0 * passwd_random_uniform(1, 1, (uint32_t)k)),
                     x = b * (0.5 + passwd_random_uniform(1, 2, (uint32_t)k));
        const double sum = exp(passwd_log_poisson_above(x + 1.0, b)) + exp(passwd_log_poisson_below(x, b));
        if (fabs(sum - 1.0) > worst_pair) worst_pair = fabs(sum - 1.0);
    }
    CHECK_BELOW(worst_pair, 1e-14);
    /* gamma functions of half-integers: P(1/2, x) = erf(sqrt(x)), P(3/2, x) = erf(sqrt(x)) - 2 sqrt(x / pi) e^-x */
    CHECK_BELOW(relative(passwd_log_poisson_above(0.5, 0.3), log(erf(sqrt(0.3)))), 1e-13);
    CHECK_BELOW(
        relative(passwd_log_poisson_above(1.5, 4.0), log(erf(2.0) - 4.0 / sqrt(3.14159265358979323846) * exp(-4.0))),
        1e-13);
    CHECK(passwd_log_poisson_above(0.0, 0.0) == 0.0 && passwd_log_poisson_above(0.0, 5.0) == 0.0);
    CHECK(passwd_log_poisson_above(1.0, 0.0) == -HUGE_VAL && passwd_log_poisson_above(HUGE_VAL, 3.0) == -HUGE_VAL);
    CHECK(passwd_log_poisson_above(3.0, HUGE_VAL) == 0.0);
    CHECK(passwd_log_poisson_below(0.0, 0.0) == 0.0 && passwd_log_poisson_below(7.0, 0.0) == 0.0
        && passwd_log_poisson_below(HUGE_VAL, 3.0) == 0.0);
    CHECK(passwd_log_poisson_below(3.0, HUGE_VAL) == -HUGE_VAL && passwd_log_poisson_below(-1.0, 2.0) == -HUGE_VAL);
    CHECK_BELOW(relative(passwd_log_poisson_below(0.0, 1e-3), -1e-3), 1e-13);
    CHECK(isnan(passwd_log_poisson_above(NAN, 1.0)) && isnan(passwd_log_poisson_above(1.0, NAN))
        && isnan(passwd_log_poisson_above(1.0, -1.0)));
    CHECK(isnan(passwd_log_poisson_below(NAN, 1.0)) && isnan(passwd_log_poisson_below(1.0, NAN))
        && isnan(passwd_log_poisson_below(1.0, -1.0)));
}

/* --- tails of the normal one --- */

/* ln P(x > z) for large z: asymptotic series, DLMF 7.12.1, in long double */
static long double normal_l(double z) {
    const long double x = z, w = 1.0L / (x * x);
    long double sum = 1.0L, term = 1.0L;
    int k;
    for (k = 1; k < 60; k++) {
        const long double next = -term * (2 * k - 1) * w;
        if (fabsl(next) >= fabsl(term) || fabsl(next) < 1e-21L) break;
        sum += term = next;
    }
    return -0.5L * x * x - logl(x) - 0.91893853320467274178032973640561764L + logl(sum);
}
static void test_normal(void) {
    double worst = 0.0, inverse = 0.0, back = 0.0, z, l;
    for (z = -30.0; z < 1500.0; z += z < 30.0 ? 0.0371 : 3.71) {
        const double log_p = passwd_log_normal_above(z);
        const long double reference = z < 0.0 ? log1pl(-0.5L * erfcl(-(long double)z / sqrtl(2.0L)))
            : z < 9.0                         ? logl(0.5L * erfcl((long double)z / sqrtl(2.0L)))
                                              : normal_l(z);
        const double error =
            relative(log_p, (double)reference) / (z < 0.0 ? 1.0 + z * z : 1.0); /* near 1, digits of 1 - p count */
        if (error > worst) worst = error;
        if (fabs(passwd_significance(log_p) - z) / (fabs(z) > 1.0 ? fabs(z) : 1.0) > inverse)
            inverse = fabs(passwd_significance(log_p) - z) / (fabs(z) > 1.0 ? fabs(z) : 1.0);
    }
    for (l = -1e6; l < -1e-30; l *= 0.97) {
        const double error = relative(passwd_log_normal_above(passwd_significance(l)), l);
        if (error > back) back = error;
    }
    CHECK_BELOW(worst, 1e-15);
    CHECK_BELOW(inverse, 1e-13);
    CHECK_BELOW(back, 1e-12);
    CHECK_BELOW(fabs(passwd_significance(log(2.866515718791939e-7)) - 5.0), 1e-13);
    CHECK_BELOW(fabs(passwd_significance(log(0.9986501019683699)) + 3.0), 1e-12);
    CHECK(fabs(passwd_significance(log(0.5))) < 1e-15);
    CHECK(passwd_significance(0.0) == -HUGE_VAL && passwd_significance(-HUGE_VAL) == HUGE_VAL);
    CHECK(isnan(passwd_significance(0.1)) && isnan(passwd_significance(NAN)) && isnan(passwd_log_normal_above(NAN)));
    CHECK(passwd_log_normal_above(HUGE_VAL) == -HUGE_VAL && passwd_log_normal_above(-HUGE_VAL) == 0.0);
    CHECK_BELOW(relative(passwd_significance(-DBL_MAX), sqrt(2.0) * sqrt(DBL_MAX)), 1e-12);
}

/* --- reference scans --- */

static int64_t golden(const passwd_tensor_file *file, int number, const char *what, double *out, int64_t room) {
    char name[64];
    const passwd_tensor *tensor;
    snprintf(name, sizeof name, "case%d.%s", number, what);
    tensor = passwd_tensor_find(file, name);
    if (!tensor || tensor->count > room || passwd_tensor_to_double(tensor, out, tensor->count, &e)) return -1;
    return tensor->count;
}
static void test_golden(void) {
    static double p[2000], theirs[2000], ours[2000];
    static passwd_hunt_window windows[2000];
    static histogram h;
    passwd_tensor_file file;
    char path[600];
    int number;
    snprintf(path, sizeof path, "%s/bumphunter.safetensors", data_folder("tests/golden"));
    if (!CHECK_OK(passwd_tensor_file_load(path, NULL, &file, &e), e)) return;
    for (number = 0; number < 5; number++) {
        passwd_hunt_options o = zeroed();
        passwd_hunt_result r;
        double result[6], worst = 0.0, sigma, expected;
        int64_t bins, count = 0, k, many;
        bins = golden(&file, number, "edges", h.edges, MOST + 1) - 1;
        histogram_new(&h, (int)bins);
        golden(&file, number, "edges", h.edges, MOST + 1);
        many = golden(&file, number, "window_p", p, 2000);
        CHECK(golden(&file, number, "background", h.background, MOST) == bins
            && golden(&file, number, "data", h.data, MOST) == bins && bins > 0);
        CHECK(golden(&file, number, "result", result, 6) == 6 && many > 0
            && golden(&file, number, "toy_t", theirs, 2000) == 2000);
        if (number == 2) o.deficit = 1;
        if (number == 3) {
            o.width_min = 2;
            o.width_max = 8;
            o.shift = PASSWD_HUNT_HALF;
        }
        o.sideband = number == 4;
        CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, NULL, 0, &count, &e), e);
        CHECK(count == many);
        CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, windows, 2000, &count, &e), e);
        for (k = 0; k < count; k++) {
            const double mine = exp(windows[k].log_p);
            /* the reference forms 1 - G in the deficit case, which leaves 1.1e-16 of absolute uncertainty (and their G
               has its own) */
            const double error = number == 2 ? fabs(mine - p[k]) / (p[k] + 4e-7) : fabs(mine - p[k]) / p[k];
            if (error > worst) worst = error;
        }
        CHECK_BELOW(worst, 1e-9);
        o.toys = 2000;
        o.seed = 20230701;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, ours, NULL, &e), e);
        CHECK_BELOW(relative(r.t, result[0]), 1e-9);
        CHECK_BELOW(relative(exp(r.window.log_p), result[1]), 1e-8);
        CHECK(r.window.first == (int)result[2] && r.window.width == (int)result[3]);
        CHECK(r.window.low == h.edges[r.window.first] && r.window.high == h.edges[r.window.first + r.window.width]);
        CHECK(r.toys == 2000 && passwd_significance(r.window.log_p) == r.local_significance);
        CHECK(two_samples(ours, 2000, theirs, 2000) > 0.01);
        expected = result[4];
        sigma = sqrt(2.0 * expected * (1.0 - expected) / 2000.0);
        CHECK_BELOW(fabs((double)r.above / 2000.0 - expected), 3.5 * sigma);
        CHECK(r.log_p == log((double)r.above / 2000.0) && r.log_p_low < r.log_p && r.log_p < r.log_p_high
            && !r.extrapolated);
        CHECK(r.significance_low < r.significance && r.significance < r.significance_high);
    }
    passwd_tensor_file_free(&file);
}

/* --- windows --- */

/* Every window by the definition, in long double: the reference for lists, side-bands and channels. */
static void test_windows(void) {
    static histogram h;
    static passwd_hunt_window w[5000];
    passwd_hunt_options o = zeroed();
    int64_t count, k;
    int width, at, i;
    double worst = 0.0;
    histogram_falling(&h, 40, 500.0, 0.2);
    h.background[0] = h.background[1] = h.background[39] = 0.0;
    histogram_throw(&h, 3, 0);
    for (i = 0; i < 40; i++)
        if (h.background[i] > 0.0) h.data[i] *= 0.37; /* weighted events */
    o.sideband = 1;
    CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, w, 5000, &count, &e), e);
    k = 0;
    for (width = 1; width <= 20; width++)
        for (at = 2; at + width <= 39; at++, k++) {
            long double n = 0.0L, b = 0.0L, n_out = 0.0L, b_out = 0.0L;
            double log_p;
            for (i = 2; i < 39; i++) {
                if (i >= at && i < at + width) {
                    n += h.data[i];
                    b += h.background[i];
                } else {
                    n_out += h.data[i];
                    b_out += h.background[i];
                }
            }
            b *= n_out / b_out;
            log_p = n > b ? passwd_log_poisson_above((double)n, (double)b) : 0.0;
            CHECK(k < count && w[k].first == at && w[k].width == width);
            worst = fmax(worst,
                fabs(w[k].log_p - log_p) + relative(w[k].data, (double)n) + relative(w[k].background, (double)b));
        }
    CHECK(k == count);
    CHECK_BELOW(worst, 1e-11);
    o.width_min = 3;
    o.width_max = 40; /* more than the 37 with background: those are not there */
    o.width_step = 4;
    o.step = 2;
    CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, w, 5000, &count, &e), e);
    for (k = 0, width = 3; width <= 37; width += 4)
        for (at = 2; at + width <= 39; at += 2, k++) CHECK(k < count && w[k].first == at && w[k].width == width);
    CHECK(k == count);
    CHECK(w[count - 1].width == 35 && w[count - 1].first == 4);
    o.shift = PASSWD_HUNT_WHOLE;
    CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, w, 5000, &count, &e), e);
    for (k = 0, width = 3; width <= 37; width += 4)
        for (at = 2; at + width <= 39; at += width, k++) CHECK(k < count && w[k].first == at && w[k].width == width);
    CHECK(k == count);
    o = zeroed();
    o.sideband = 1;
    o.width_min = o.width_max = 37; /* nothing is outside: nothing can be said */
    CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, w, 5000, &count, &e), e);
    CHECK(count == 1 && w[0].log_p == 0.0);
    { /* a small background behind a huge one is not lost in prefix sums */
        histogram_new(&h, 3);
        h.background[0] = 1e13;
        h.data[0] = 1e13;
        h.background[1] = 1e-3;
        h.data[1] = 0.1;
        h.background[2] = 1e-3;
        o = zeroed();
        CHECK_OK(passwd_hunt_windows(&h.s, 1, &o, w, 5000, &count, &e), e);
        CHECK(
            count == 3 && relative(w[1].log_p, passwd_log_poisson_above(0.1, 1e-3)) < 1e-12 && w[1].background == 1e-3);
    }
    { /* one bin */
        passwd_hunt_result r;
        histogram_new(&h, 1);
        h.background[0] = 3.0;
        h.data[0] = 7.0;
        CHECK_OK(passwd_hunt(&h.s, 1, NULL, &r, NULL, NULL, &e), e);
        CHECK(r.window.first == 0 && r.window.width == 1 && relative(-r.t, passwd_log_poisson_above(7.0, 3.0)) < 1e-14);
        CHECK(r.toys == 0 && isnan(r.log_p) && isnan(r.significance));
        h.data[0] = 3.0; /* no excess */
        CHECK_OK(passwd_hunt(&h.s, 1, NULL, &r, NULL, NULL, &e), e);
        CHECK(r.t == 0.0 && r.window.log_p == 0.0 && r.local_significance == -HUGE_VAL);
    }
}
/* Ties: narrower windows first, then the first place. */
static void test_ties(void) {
    static histogram h;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r;
    int i;
    histogram_new(&h, 10);
    for (i = 0; i < 10; i++) h.background[i] = h.data[i] = 4.0;
    h.data[3] = h.data[7] = 11.0;
    o.width_max = 2;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
    CHECK(r.window.first == 3 && r.window.width == 1);
}
static void test_channels(void) {
    static histogram h[2];
    static passwd_hunt_window w[100];
    passwd_spectrum both[2];
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r;
    int64_t count;
    int i;
    histogram_new(&h[0], 10); /* 200 to 400 GeV in bins of 20 */
    histogram_new(&h[1], 5);  /* 210 to 410 in bins of 40: centres 230, 270, 310, 350, 390 */
    for (i = 0; i <= 5; i++) h[1].edges[i] = 210.0 + 40.0 * i;
    for (i = 0; i < 10; i++) h[0].background[i] = h[0].data[i] = 10.0;
    for (i = 0; i < 5; i++) h[1].background[i] = h[1].data[i] = 20.0;
    h[0].data[5] = 22.0; /* 300 to 320 */
    h[1].data[2] = 37.0; /* 290 to 330 */
    h[0].data[1] = 40.0; /* 220 to 240: in one channel alone */
    both[0] = h[0].s;
    both[1] = h[1].s;
    CHECK_OK(passwd_hunt_windows(both, 2, &o, w, 100, &count, &e), e);
    CHECK(w[5].first == 5 && w[5].data == 59.0 && w[5].background == 30.0);
    CHECK_BELOW(
        relative(w[5].log_p, passwd_log_poisson_above(22.0, 10.0) + passwd_log_poisson_above(37.0, 20.0)), 1e-14);
    CHECK(w[1].log_p == 0.0 && w[1].data == 60.0);       /* the other channel has exactly its background */
    CHECK(w[0].log_p == 0.0 && w[0].background == 10.0); /* and no bin here */
    o.toys = 2000;
    o.width_max = 1;
    CHECK_OK(passwd_hunt(both, 2, &o, &r, NULL, NULL, &e), e);
    CHECK(r.window.first == 5 && r.window.width == 1 && r.window.low == 300.0 && r.window.high == 320.0);
    CHECK(r.t == -w[5].log_p && r.above < 100);
}

/* --- toys --- */

/* Toys of `spectra`, scanned with bounds and window by window: the statistics must be equal to the last bit. */
static void same_scan(const passwd_spectrum *spectra, int channels, const passwd_hunt_options *options, int toys) {
    passwdi_hunt_plan plan;
    passwd_hunt_window *windows;
    passwd_spectrum copy[2];
    double *data[2], *work, t[PASSWDI_HUNT_LANES];
    int64_t count;
    int toy, lane, c, i, wrong = 0, empty = 0;
    if (!CHECK_OK(passwdi_hunt_plan_new(&plan, spectra, channels, NULL, options, NULL, &e), e)) return;
    if (!CHECK_OK(passwdi_hunt_plan_toys(&plan, &e), e)) return;
    work = (double *)calloc(passwdi_hunt_work(&plan), sizeof *work);
    windows = (passwd_hunt_window *)calloc((size_t)plan.windows, sizeof *windows);
    for (c = 0; c < channels; c++) {
        copy[c] = spectra[c];
        copy[c].data = data[c] = (double *)calloc((size_t)spectra[c].bins, sizeof *data[c]);
    }
    for (toy = 0; toy < toys; toy += PASSWDI_HUNT_LANES) {
        for (lane = 0; lane < PASSWDI_HUNT_LANES; lane++) passwdi_hunt_throw(&plan, 77, toy + lane, 0.0, work + lane);
        passwdi_hunt_scan(&plan, work, work + (plan.bins + (size_t)channels) * PASSWDI_HUNT_LANES, t);
        for (lane = 0; lane < PASSWDI_HUNT_LANES; lane++) {
            const double *x = work + lane;
            double best = 0.0;
            int64_t k;
            for (c = 0; c < channels; c++) {
                for (i = 0; i < spectra[c].bins; i++, x += PASSWDI_HUNT_LANES)
                    data[c][i] = x[PASSWDI_HUNT_LANES] - x[0];
                x += PASSWDI_HUNT_LANES;
            }
            if (!CHECK_OK(passwd_hunt_windows(copy, channels, options, windows, plan.windows, &count, &e), e)) return;
            for (k = 0; k < count; k++)
                if (-windows[k].log_p > best) best = -windows[k].log_p;
            wrong += !(best == t[lane]);
            empty += best == 0.0;
        }
    }
    CHECK(wrong == 0);
    CHECK(empty < toys);
    for (c = 0; c < channels; c++) free(data[c]);
    free(windows);
    free(work);
    passwdi_hunt_plan_free(&plan);
}
static void test_scans(void) {
    static histogram h[2];
    passwd_spectrum both[2];
    passwd_hunt_options o;
    int kind, mode, i;
    for (kind = 0; kind < 8; kind++)
        for (mode = 0; mode < 4; mode++) {
            histogram_falling(&h[0], 60, 4000.0, 0.09);
            if (kind == 1) histogram_falling(&h[0], 50, 5.0, 0.15);
            if (kind == 2) histogram_falling(&h[0], 30, 0.3, 0.2);
            if (kind == 3) { /* as little as 0.001 expected, and nothing at the ends and in the middle */
                for (i = 0; i < 60; i++) h[0].background[i] = i % 7 ? 1e-3 : 0.4;
                h[0].background[0] = h[0].background[1] = h[0].background[59] = h[0].background[30] =
                    h[0].background[31] = 0.0;
            }
            if (kind == 4) histogram_falling(&h[0], 40, 3e7, 0.1);
            if (kind == 5)
                for (i = 0; i < 60; i++) h[0].background[i] = i == 20 ? 1e5 : 1e-3; /* one bin has everything */
            if (kind == 6) histogram_falling(&h[0], 100, 3000.0, 0.05);
            if (kind == 7) histogram_falling(&h[0], 5, 20.0, 0.3);
            o = zeroed();
            o.deficit = mode % 2;
            o.sideband = mode / 2;
            if (kind == 6) o.shift = PASSWD_HUNT_HALF;
            if (kind == 7) o.width_max = 5;
            same_scan(&h[0].s, 1, &o, kind == 7 ? 1000 : 200);
        }
    histogram_falling(&h[0], 40, 300.0, 0.1);
    histogram_falling(&h[1], 20, 80.0, 0.2);
    for (i = 0; i <= 20; i++) h[1].edges[i] = 200.0 + 40.0 * i;
    both[0] = h[0].s;
    both[1] = h[1].s;
    for (mode = 0; mode < 4; mode++) {
        o = zeroed();
        o.deficit = mode % 2;
        o.sideband = mode / 2;
        same_scan(both, 2, &o, 400);
    }
    for (kind = 0; kind < 50; kind++) { /* real-valued data: the smallest of all windows, the first of equals */
        static passwd_hunt_window w[2000];
        passwd_hunt_result r;
        int64_t count = 0, k, best = 0;
        histogram_falling(&h[0], 60, kind % 2 ? 100.0 : 1.0, 0.05);
        histogram_throw(&h[0], 5, (uint32_t)kind);
        for (i = 0; i < 60; i++) h[0].data[i] *= 0.7 + 0.1 * passwd_random_uniform(6, (uint32_t)kind, (uint32_t)i);
        o = zeroed();
        o.deficit = kind % 3 == 0;
        o.sideband = kind % 5 == 0;
        passwd_hunt_windows(&h[0].s, 1, &o, w, 2000, &count, &e);
        for (k = 1; k < count; k++)
            if (w[k].log_p < w[best].log_p) best = k;
        CHECK_OK(passwd_hunt(&h[0].s, 1, &o, &r, NULL, NULL, &e), e);
        CHECK(!memcmp(&r.window, w + best, sizeof r.window) && r.t == fabs(w[best].log_p));
    }
}
/* Poisson numbers of a mean: the probability of chi-squared in bins of at least 20 expected, turned to a normal number.
 */
static double chi_squared(double mean, int table, int count) {
    static double draws[200000];
    static double cdf[6000];
    static uint16_t guide[1024];
    passwdi_hunt_bin bin;
    double sum = 0.0, previous = 0.0;
    int i, degrees = -1, done = 0;
    memset(&bin, 0, sizeof bin);
    bin.mean = mean;
    bin.cdf = cdf;
    bin.guide = guide;
    if (table) {
        passwdi_hunt_bin_plan(&bin);
        passwdi_hunt_bin_fill(&bin);
    }
    for (i = 0; i < count; i++)
        draws[i] = table ? passwdi_hunt_draw(&bin, 11, (uint32_t)i, 0)
                         : passwdi_hunt_quantile(passwdi_hunt_uniform(11, (uint32_t)i, 0), mean);
    qsort(draws, (size_t)count, sizeof *draws, rising);
    while (done < count) { /* the bounds of the bins are every 1000th draw */
        const int next = done + 1000 < count ? done + 1000 : count;
        const double top = draws[next - 1], p = next == count ? 1.0 : exp(passwd_log_poisson_below(top, mean)),
                     expected = (p - previous) * count;
        int here = next;
        while (here < count && draws[here] == top) here++;
        if (here == count) {
            const double rest = (1.0 - previous) * count;
            sum += (count - done - rest) * (count - done - rest) / rest;
        } else sum += (here - done - expected) * (here - done - expected) / expected;
        degrees++;
        previous = p;
        done = here;
    }
    return degrees < 1 ? 0.0
                       : (pow(sum / degrees, 1.0 / 3.0) - 1.0 + 2.0 / (9.0 * degrees))
            / sqrt(2.0 / (9.0 * degrees)); /* Wilson and Hilferty */
}
static void test_numbers(void) {
    static const double means[] = { 1e-3, 0.02, 0.5, 3.0, 11.9, 12.1, 40.0, 317.3, 5000.0, 1e5, 3e6, 1e7, 1e9, 1e12 };
    size_t i;
    int k, different = 0;
    for (i = 0; i < sizeof means / sizeof *means; i++) {
        static double cdf[6000];
        static uint16_t guide[1024];
        passwdi_hunt_bin bin;
        double sum = 0.0, square = 0.0, n = 40000.0, d;
        memset(&bin, 0, sizeof bin);
        bin.mean = means[i];
        bin.cdf = cdf;
        bin.guide = guide;
        if (means[i] <= PASSWDI_HUNT_MOST) {
            passwdi_hunt_bin_plan(&bin);
            CHECK(bin.count <= 6000 && bin.bits <= 10);
            passwdi_hunt_bin_fill(&bin);
            for (k = 0; k < 40000; k++)
                different += passwdi_hunt_draw(&bin, 9, (uint32_t)k, 8)
                    != passwdi_hunt_quantile(passwdi_hunt_uniform(9, (uint32_t)k, 8), means[i]);
            CHECK_BELOW(fabs(chi_squared(means[i], 1, 100000)), 4.0);
        } else CHECK_BELOW(fabs(chi_squared(means[i], 0, 100000)), 4.0);
        for (k = 0; k < 40000; k++) {
            d = passwdi_hunt_quantile(passwdi_hunt_uniform(10, (uint32_t)k, 16), means[i]) - means[i];
            sum += d;
            square += d * d;
        }
        CHECK_BELOW(fabs(sum / n) / sqrt(means[i] / n), 4.0);
        CHECK_BELOW(fabs(square / n / means[i] - 1.0) / sqrt((2.0 + 1.0 / means[i]) / n), 4.0);
    }
    CHECK(different == 0);
    for (k = 0; k < 2000; k++) { /* the smallest n with P(at most n) > u, in the tails, too */
        const double mean = exp(-3.0 + 20.0 * passwd_random_uniform(12, 0, (uint32_t)k)),
                     u = exp(-35.0 * passwd_random_uniform(12, 1, (uint32_t)k));
        const double n = passwdi_hunt_quantile(u, mean);
        if (exp(passwd_log_poisson_below(n, mean)) < u * (1.0 - 1e-9)
            || (n > 0.0 && exp(passwd_log_poisson_below(n - 1.0, mean)) > u * (1.0 + 1e-9)))
            different++;
    }
    CHECK(different == 0);
    CHECK(passwdi_hunt_quantile(1.0 - DBL_EPSILON / 2.0, 50.0) < 200.0 && passwdi_hunt_quantile(0.5, 0.0) == 0.0
        && passwdi_hunt_quantile(1e-300, 1e6) > 0.9e6);
    CHECK(passwdi_hunt_unit(0xffffffffu, 0xffffffffu) < 1.0 && passwdi_hunt_unit(0, 0) > 0.0);
}
/* With an uncertainty, counts of a bin have variance background + uncertainty^2; and the statistic grows. */
static void test_uncertainty(void) {
    static histogram h;
    passwdi_hunt_plan plan;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r, s;
    static double work[4000];
    double sum[3] = { 0.0, 0.0, 0.0 }, square[3] = { 0.0, 0.0, 0.0 };
    int toy, i;
    histogram_new(&h, 3);
    h.background[0] = 1000.0;
    h.background[1] = 50.0;
    h.background[2] = 1e6;
    h.uncertainty[0] = 60.0;
    h.uncertainty[2] = 3000.0;
    for (i = 0; i < 3; i++) h.data[i] = h.background[i];
    h.data[0] += 100.0;
    o.uncertainty = 1;
    CHECK_OK(passwdi_hunt_plan_new(&plan, &h.s, 1, NULL, &o, NULL, &e), e);
    CHECK_OK(passwdi_hunt_plan_toys(&plan, &e), e);
    for (toy = 0; toy < 20000; toy++) {
        passwdi_hunt_throw(&plan, 4, toy, 0.0, work);
        for (i = 0; i < 3; i++) {
            const double d = work[(i + 1) * PASSWDI_HUNT_LANES] - work[i * PASSWDI_HUNT_LANES] - h.background[i];
            sum[i] += d / 20000.0;
            square[i] += d * d / 20000.0;
        }
    }
    passwdi_hunt_plan_free(&plan);
    for (i = 0; i < 3; i++) {
        const double variance = h.background[i] + h.uncertainty[i] * h.uncertainty[i];
        CHECK_BELOW(fabs(sum[i]), 4.0 * sqrt(variance / 20000.0));
        CHECK_BELOW(fabs(square[i] / variance - 1.0), 4.0 * sqrt(2.0 / 20000.0));
    }
    o.toys = 1000;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
    o.uncertainty = 0;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &s, NULL, NULL, &e), e);
    CHECK(r.t == s.t && r.above > s.above && r.significance < s.significance);
}
typedef struct watcher {
    int64_t calls, last, stop_at;
} watcher;
static int watch(void *user, int64_t done, int64_t toys) {
    watcher *w = (watcher *)user;
    (void)toys;
    w->calls++;
    w->last = done;
    return w->stop_at > 0 && done >= w->stop_at;
}
static void test_threads(void) {
    static histogram h;
    static double one[3001], two[3001];
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r, s;
    watcher w;
    histogram_falling(&h, 60, 400.0, 0.09);
    histogram_throw(&h, 8, 0);
    o.toys = 3001;
    o.seed = UINT64_C(0x123456789abcdef);
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, one, NULL, &e), e);
    o.threads = 3;
    memset(&w, 0, sizeof w);
    o.progress = watch;
    o.user = &w;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &s, two, NULL, &e), e);
    CHECK(!memcmp(one, two, sizeof one) && !memcmp(&r, &s, sizeof r));
    CHECK(w.calls > 3 && w.last == 3001);
    w.stop_at = 1000;
    memset(two, 0, sizeof two);
    CHECK(passwd_hunt(&h.s, 1, &o, &s, two, NULL, &e) == PASSWD_STOPPED && e.status == PASSWD_STOPPED);
    CHECK(s.toys >= 1000 && s.toys < 3001 && !memcmp(one, two, (size_t)s.toys * sizeof *one) && two[s.toys] == 0.0
        && s.t == r.t && s.log_p <= 0.0);
    o.seed = 2;
    o.progress = NULL;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &s, two, NULL, &e), e);
    CHECK(memcmp(one, two, sizeof one));
}

/* --- global probabilities --- */

static double binomial_above(int k, int n, double p) { /* P(at least k of n) */
    double sum = 0.0, log_term = n * log1p(-p);
    int i;
    for (i = 0; i <= n; i++) {
        if (i >= k) sum += exp(log_term);
        log_term += log((n - i) / (i + 1.0)) + log(p) - log1p(-p);
    }
    return sum;
}
static void test_intervals(void) {
    static const int cases[][2] = { { 0, 50 }, { 1, 50 }, { 3, 60 }, { 12, 90 }, { 50, 100 }, { 99, 100 }, { 100, 100 },
        { 400, 5000 }, { 4990, 5000 }, { 10, 2000 } };
    static double sorted[5000];
    const double side = 0.15865525393145705;
    double worst = 0.0;
    size_t c;
    for (c = 0; c < sizeof cases / sizeof *cases; c++) {
        const int k = cases[c][0], n = cases[c][1];
        passwd_hunt_result r;
        int i;
        for (i = 0; i < n; i++) sorted[i] = i < n - k ? 1.0 : 2.0; /* no tail to fit */
        memset(&r, 0, sizeof r);
        r.t = 2.0;
        passwdi_hunt_global(sorted, n, &r);
        passwdi_hunt_in_sigma(&r);
        CHECK(r.above == k && !r.extrapolated && (k ? r.log_p == log((double)k / n) : r.log_p == -HUGE_VAL));
        if (k > 0) worst = fmax(worst, fabs(binomial_above(k, n, exp(r.log_p_low)) - side));
        else CHECK(r.log_p_low == -HUGE_VAL && r.significance_high == HUGE_VAL);
        if (k < n) worst = fmax(worst, fabs(1.0 - binomial_above(k + 1, n, exp(r.log_p_high)) - side));
        else CHECK(r.log_p_high == 0.0);
    }
    CHECK_BELOW(worst, 1e-10);
}
/* The largest of 20 bins of 3 events each, in windows of one bin: 1 - (1 - P(at least n))^20 exactly, however far out;
   the same of 1,000 events each; and windows of several bins, which hit together: against many toys. */
static void test_far(void) {
    static const int counts[] = { 9, 12, 14, 16, 18, 21, 25, 40 };
    static histogram h;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r;
    size_t k;
    int i;
    o.width_max = 1;
    o.toys = 2000;
    for (k = 0; k <= sizeof counts / sizeof *counts; k++) {
        const int large = k == sizeof counts / sizeof *counts, n = large ? 1250 : counts[k];
        double exact;
        histogram_new(&h, 20);
        for (i = 0; i < 20; i++) h.background[i] = h.data[i] = 3.0;
        if (large)
            for (i = 0; i < 20; i++) h.background[i] = h.data[i] = 1000.0;
        h.data[11] = n;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
        exact = log(-expm1(20.0 * log1p(-exp(passwd_log_poisson_above(n, large ? 1000.0 : 3.0)))));
        if (large) CHECK_BELOW(fabs(exp(exact) / 3.0e-13 - 1.0), 0.05);
        CHECK_BELOW(fabs(r.log_p - exact), n == 9 ? 0.3 : n == 12 ? 0.1 : 0.05);
        CHECK(r.log_p <= log(20.0) - r.t + 1e-9);
    }
    for (i = 0; i < 20; i++) h.background[i] = h.data[i] = 3.0; /* deficits */
    h.background[4] = 60.0;
    h.data[4] = 14.0;
    o.deficit = 1;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
    CHECK_BELOW(fabs(r.log_p - passwd_log_poisson_below(14.0, 60.0)), 1e-6);
    o = zeroed(); /* all windows: many toys at a modest probability */
    histogram_falling(&h, 30, 60.0, 0.1);
    for (i = 0; i < 30; i++) h.data[i] = floor(h.background[i]);
    h.data[9] += 22.0;
    h.data[10] += 13.0;
    o.toys = 400000;
    CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
    CHECK(r.above > 50 && r.above < 4000 && !r.extrapolated);
    {
        const double counted = r.log_p, spread = 1.0 / sqrt((double)r.above);
        o.toys = 2000;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
        CHECK(r.extrapolated == 2);
        CHECK_BELOW(fabs(r.log_p - counted), 3.5 * spread + 0.1);
    }
}
/* What 200,000 toys say of an excess, and what 2,000 say, again and again: within the errors they give. */
static void test_extrapolation(void) {
    enum { MANY = 200000, FEW = 2000, RUNS = 24 };
    static double many[MANY], few[FEW];
    static histogram h;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r;
    int spectrum, run, k;
    for (spectrum = 0; spectrum < 2; spectrum++) {
        double pull[2] = { 0.0, 0.0 }, square[2] = { 0.0, 0.0 }, within[2] = { 0.0, 0.0 };
        static const int64_t above[2] = { 200, 20 }; /* of MANY: p = 1e-3 and 1e-4 */
        histogram_falling(&h, 60, spectrum ? 40.0 : 4000.0, 0.09);
        o.toys = MANY;
        o.seed = 1000;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, many, NULL, &e), e);
        CHECK(r.t == 0.0 && r.above == MANY && r.log_p == 0.0 && r.significance == -HUGE_VAL);
        qsort(many, MANY, sizeof *many, rising);
        for (run = 0; run < RUNS; run++) {
            o.toys = FEW;
            o.seed = (uint64_t)run;
            CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, few, NULL, &e), e);
            qsort(few, FEW, sizeof *few, rising);
            for (k = 0; k < 2; k++) {
                double x;
                memset(&r, 0, sizeof r);
                r.t = many[MANY - above[k]];
                passwdi_hunt_global(few, FEW, &r);
                CHECK(r.extrapolated == (r.above < 10) && r.log_p_low < r.log_p && r.log_p < r.log_p_high);
                x = (r.log_p - log((double)above[k] / (double)MANY)) / (0.5 * (r.log_p_high - r.log_p_low));
                pull[k] += x / (double)RUNS;
                square[k] += x * x / (double)RUNS;
                within[k] += (fabs(x) < 1.0) / (double)RUNS;
            }
        }
        for (k = 0; k < 2; k++) {
            CHECK_BELOW(fabs(pull[k]), 1.0);
            CHECK_BELOW(sqrt(square[k]), 1.5);
            CHECK(within[k] > 0.4);
        }
    }
    { /* a huge excess: a finite answer within what windows and their local probability allow; too few toys: only a
         limit */
        histogram_falling(&h, 60, 4000.0, 0.09);
        for (k = 0; k < 60; k++) h.data[k] = h.background[k];
        for (k = 1; k < 5; k++) {
            h.data[30] = h.background[30] + 80.0 * k;
            o.toys = FEW;
            CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
            CHECK(r.extrapolated == 2 && r.above < 10 && r.window.first == 30 && r.log_p_high - r.log_p < 0.1
                && r.significance > 2.0 * k);
            CHECK(r.log_p >= -r.t && r.log_p <= log(1365.0) - r.t);
        }
        o.toys = 50;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
        CHECK(!r.extrapolated && r.above == 0 && r.log_p == -HUGE_VAL && r.significance == HUGE_VAL);
        CHECK_BELOW(fabs(r.log_p_high - log(1.0 - pow(0.15865525393145705, 1.0 / 50.0))), 1e-9);
        CHECK(r.significance_low > 1.0 && r.significance_low < 3.0);
    }
}
/* Global probabilities of the background alone are uniform. */
static void test_uniform(void) {
    enum { TOYS = 20000, TRIES = 400 };
    static double toys[TOYS], p[TRIES];
    static histogram h;
    int mode, i, k;
    for (mode = 0; mode < 3; mode++) {
        passwd_hunt_options o = zeroed();
        passwd_hunt_result r;
        double most = 0.0;
        histogram_falling(&h, 60, 4000.0, 0.09);
        o.deficit = mode == 1;
        o.sideband = mode == 2;
        o.toys = TOYS;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, toys, NULL, &e), e);
        qsort(toys, TOYS, sizeof *toys, rising);
        o.toys = 0;
        for (i = 0; i < TRIES; i++) {
            int64_t above = 0;
            histogram_throw(&h, 555, (uint32_t)i);
            CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e), e);
            for (k = TOYS; k-- > 0 && toys[k] >= r.t;) above++;
            p[i] = (double)above / (double)TOYS;
        }
        qsort(p, TRIES, sizeof *p, rising);
        for (i = 0; i < TRIES; i++)
            most = fmax(most, fmax(fabs(p[i] - i / (double)TRIES), fabs(p[i] - (i + 1) / (double)TRIES)));
        CHECK(kolmogorov(most, TRIES) > 0.01);
    }
}

/* --- injection --- */

static void test_injection(void) {
    static histogram h;
    static double signal[MOST];
    passwd_hunt_options o = zeroed();
    double events = 0.0, low = 0.0, high = 0.0, again = 0.0, five = 0.0;
    int i, reached = 0;
    /* one bin: no look elsewhere; the median of background + s must be where P(at least n | 100) is that of 3 sigma */
    histogram_new(&h, 1);
    h.background[0] = 100.0;
    signal[0] = 2.0;
    o.toys = 100000;
    CHECK_OK(inject(&h.s, signal, 3.0, 2000, &o, &events, &low, &high, NULL, &e), e);
    for (i = 100; passwd_log_poisson_above(i, 100.0) > passwd_log_normal_above(3.0); i++) {}
    CHECK_BELOW(
        fabs(100.0 + events - (i - 0.5)), 2.0); /* n reaches i in half of the experiments: the mean is about i - 1/3 */
    CHECK(low < events && events < high);
    CHECK_BELOW(fabs(high - low - 2.0 * sqrt(100.0 + events)), 4.0);
    /* a spectrum: pseudo-experiments of the strength found, thrown and compared here */
    histogram_falling(&h, 40, 200.0, 0.1);
    for (i = 0; i < 40; i++) signal[i] = exp(-0.5 * (i - 15.0) * (i - 15.0) / 2.25);
    o.toys = 20000;
    o.threads = 2;
    CHECK_OK(inject(&h.s, signal, 2.0, 400, &o, &events, NULL, NULL, NULL, &e), e);
    CHECK_OK(inject(&h.s, signal, 2.0, 400, &o, &again, &low, &high, NULL, &e), e);
    CHECK(events == again && low < events && events < high && events > 10.0 && events < 200.0);
    CHECK_OK(inject(&h.s, signal, 5.0, 100, &o, &five, NULL, NULL, NULL, &e), e); /* beyond what toys count */
    CHECK(five > 1.4 * events && five < 5.0 * events);
    {
        double background[MOST], sum = 0.0;
        static double toys[20000];
        passwd_hunt_result r;
        int k;
        CHECK_OK(passwd_hunt(&h.s, 1, &o, &r, toys, NULL, &e), e);
        qsort(toys, 20000, sizeof *toys, rising);
        memcpy(background, h.background, sizeof background);
        for (i = 0; i < 40; i++) sum += signal[i];
        o.toys = 0;
        for (k = 0; k < 400; k++) {
            for (i = 0; i < 40; i++) h.background[i] = background[i] + events * signal[i] / sum;
            histogram_throw(&h, 4444, (uint32_t)k);
            memcpy(h.background, background, sizeof background);
            passwd_hunt(&h.s, 1, &o, &r, NULL, NULL, &e);
            reached += r.t >= toys[20000 - (int)(20000 * exp(passwd_log_normal_above(2.0)))];
        }
        CHECK_BELOW(fabs(reached / 400.0 - 0.5), 0.15);
    }
    o.toys = 1000;
    o.sideband = 1;
    CHECK_OK(inject(&h.s, signal, 2.0, 100, &o, &again, NULL, NULL, NULL, &e), e);
    CHECK(again > 0.0);
    o.sideband = 0;
    o.deficit = 1;
    CHECK_OK(inject(&h.s, signal, 2.0, 100, &o, &again, NULL, NULL, NULL, &e), e);
    CHECK(again > 0.0);
    histogram_falling(&h, 40, 2.0, 0.1);
    again = -7.0;
    CHECK(inject(&h.s, signal, 30.0, 100, &o, &again, NULL, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC
        && again == -7.0); /* nothing left to take away */
    o.deficit = 0;
    CHECK_OK(inject(&h.s, signal, -2.0, 100, &o, &again, NULL, NULL, NULL, &e), e);
    CHECK(again == 0.0);
}

/* --- bad input --- */

/* Status of a hunt; the result must be untouched where it failed. */
static passwd_status hunt_of(const histogram *h, const passwd_hunt_options *o, const char *word) {
    passwd_hunt_result r, before;
    passwd_status status;
    memset(&r, 0x5a, sizeof r);
    before = r;
    memset(&e, 0, sizeof e);
    status = passwd_hunt(&h->s, 1, o, &r, NULL, NULL, &e);
    CHECK(status == PASSWD_OK || (!memcmp(&r, &before, sizeof r) && e.status == status && strlen(e.message) > 20));
    CHECK(!word || strstr(e.message, word));
    if (word && !strstr(e.message, word)) printf("  %s\n", e.message);
    return status;
}
static void test_bad(void) {
    static histogram h;
    static double signal[MOST];
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r;
    passwd_hunt_window w;
    passwd_spectrum empty;
    double events = 0.0;
    int64_t count = -5;
    int i;
    memset(&empty, 0, sizeof empty);
    histogram_falling(&h, 20, 50.0, 0.1);
    histogram_throw(&h, 1, 1);
    CHECK(passwd_hunt(NULL, 1, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_hunt(&h.s, 0, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_hunt(&h.s, 1, &o, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_hunt(&empty, 1, &o, &r, NULL, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_hunt_windows(&h.s, 1, &o, NULL, 0, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_hunt_windows(&h.s, 1, &o, &w, 1, &count, &e) == PASSWD_ERROR_ARGUMENT && count == -5);
    CHECK(passwd_hunt_windows(NULL, 1, &o, NULL, 0, &count, &e) == PASSWD_ERROR_ARGUMENT && count == -5);
#define BAD(field, value, status, word)         \
    do {                                        \
        o = zeroed();                           \
        o.field = value;                        \
        CHECK(hunt_of(&h, &o, word) == status); \
    } while (0)
    BAD(toys, -1, PASSWD_ERROR_ARGUMENT, "negative");
    BAD(threads, -1, PASSWD_ERROR_ARGUMENT, "negative");
    BAD(step, -1, PASSWD_ERROR_ARGUMENT, "negative");
    BAD(width_step, -1, PASSWD_ERROR_ARGUMENT, "negative");
    BAD(width_min, -1, PASSWD_ERROR_ARGUMENT, "negative");
    BAD(width_min, 21, PASSWD_ERROR_ARGUMENT, "21 bins");
    BAD(width_max, 21, PASSWD_ERROR_ARGUMENT, "21 bins");
    BAD(width_max, 20, PASSWD_OK, NULL);
    BAD(shift, (passwd_hunt_shift)3, PASSWD_ERROR_ARGUMENT, "shift");
    BAD(toys, INT64_MAX, PASSWD_ERROR_MEMORY, "memory");
    o = zeroed();
    o.width_min = 5;
    o.width_max = 4;
    CHECK(hunt_of(&h, &o, "wider") == PASSWD_ERROR_ARGUMENT);
    o = zeroed();
#define SPOIL(array, value, status, word)       \
    do {                                        \
        const double keep = h.array[7];         \
        h.array[7] = value;                     \
        CHECK(hunt_of(&h, &o, word) == status); \
        h.array[7] = keep;                      \
    } while (0)
    SPOIL(data, NAN, PASSWD_ERROR_NUMERIC, "Bin 8 of 20 (340 to 360 GeV)");
    SPOIL(data, -1.0, PASSWD_ERROR_NUMERIC, "negative");
    SPOIL(data, HUGE_VAL, PASSWD_ERROR_NUMERIC, "Bin 8");
    SPOIL(background, NAN, PASSWD_ERROR_NUMERIC, "Bin 8");
    SPOIL(background, -1e-9, PASSWD_ERROR_NUMERIC, "negative");
    SPOIL(background, 0.0, PASSWD_ERROR_NUMERIC, "340 to 360 GeV");
    SPOIL(edges, 600.0, PASSWD_ERROR_NUMERIC, "rise");
    SPOIL(edges, NAN, PASSWD_ERROR_NUMERIC, "rise");
    SPOIL(uncertainty, NAN, PASSWD_OK, NULL);
    o.uncertainty = 1;
    SPOIL(uncertainty, NAN, PASSWD_ERROR_NUMERIC, "uncertainty");
    SPOIL(uncertainty, -1.0, PASSWD_ERROR_NUMERIC, "uncertainty");
    h.s.uncertainty = NULL;
    CHECK(hunt_of(&h, &o, "uncertainty") == PASSWD_ERROR_ARGUMENT);
    h.s.uncertainty = h.uncertainty;
    o = zeroed();
    { /* the second channel is named */
        static histogram other;
        passwd_spectrum both[2];
        other = h;
        both[0] = h.s;
        both[1] = h.s;
        both[1].data = other.data;
        other.data[3] = -2.0;
        CHECK(
            passwd_hunt(both, 2, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "of channel 2"));
    }
    { /* no background at all; background but no data; a window wider than the part with background */
        static histogram x;
        histogram_new(&x, 10);
        CHECK(hunt_of(&x, &o, "empty") == PASSWD_ERROR_NUMERIC);
        x.background[4] = x.background[5] = 1.0;
        CHECK(hunt_of(&x, &o, NULL) == PASSWD_OK);
        o.toys = 100;
        CHECK(hunt_of(&x, &o, NULL) == PASSWD_OK);
        o.width_min = 3;
        CHECK(hunt_of(&x, &o, "2 bins") == PASSWD_ERROR_ARGUMENT);
    }
    o = zeroed();
    for (i = 0; i < 20; i++) signal[i] = 1.0;
    CHECK(inject(&h.s, signal, 2.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT); /* no toys */
    o.toys = 20;
    CHECK(inject(&h.s, signal, 5.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "too few"));
    o.toys = 200;
    CHECK(inject(&h.s, NULL, 2.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(inject(&h.s, signal, NAN, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(inject(&h.s, signal, 2.0, 0, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(inject(&h.s, signal, 2.0, 10, &o, NULL, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(inject(&h.s, signal, 2.0, 10, NULL, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(inject(NULL, signal, 2.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    signal[4] = -1.0;
    CHECK(inject(&h.s, signal, 2.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "Bin 5 of 20"));
    memset(signal, 0, sizeof signal);
    CHECK(inject(&h.s, signal, 2.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC);
    CHECK(events == 0.0);
    { /* stopped */
        watcher watching;
        memset(&watching, 0, sizeof watching);
        watching.stop_at = 1;
        o.toys = 5000;
        o.progress = watch;
        o.user = &watching;
        signal[4] = 1.0;
        CHECK(inject(&h.s, signal, 2.0, 10, &o, &events, NULL, NULL, NULL, &e) == PASSWD_STOPPED && isnan(events));
    }
}
/* No memory at the first, second, ... call: an error, nothing left behind, nothing touched. */
static void test_memory(void) {
    static histogram h;
    static double signal[MOST];
    static passwd_hunt_window w[500];
    passwd_allocator a;
    passwd_hunt_options o = zeroed();
    counter c;
    int what, i;
    histogram_falling(&h, 20, 50.0, 0.1);
    histogram_throw(&h, 1, 1);
    for (i = 0; i < 20; i++) signal[i] = i == 7;
    a = counting(&c, 0);
    for (what = 0; what < 3; what++) {
        long fail_at;
        passwd_status status = PASSWD_ERROR_MEMORY;
        for (fail_at = 1; status == PASSWD_ERROR_MEMORY && fail_at < 100; fail_at++) {
            passwd_hunt_result r;
            double events = -3.0;
            int64_t count = -3;
            c.calls = c.alive = 0;
            c.fail_at = fail_at;
            r.toys = -3;
            o.toys = what == 1 ? 0 : 200;
            h.s.allocator = a;
            if (what == 0) status = passwd_hunt(&h.s, 1, &o, &r, NULL, &a, &e);
            else if (what == 1) status = passwd_hunt_windows(&h.s, 1, &o, w, 500, &count, &e);
            else status = inject(&h.s, signal, 1.0, 20, &o, &events, NULL, NULL, &a, &e);
            CHECK(c.alive == 0);
            CHECK(status == PASSWD_OK
                || (status == PASSWD_ERROR_MEMORY && e.status == status
                    && (what == 0       ? r.toys == -3
                            : what == 1 ? count == -3
                                        : events == -3.0)));
        }
        CHECK(status == PASSWD_OK && fail_at > 5);
    }
}

int main(int argc, char **argv) {
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0; /* for sanitizers: without long statistics */
    test_poisson();
    test_normal();
    test_golden();
    test_windows();
    test_ties();
    test_channels();
    test_scans();
    test_numbers();
    test_uncertainty();
    test_threads();
    test_intervals();
    test_far();
    test_extrapolation();
    if (!quick) {
        test_uniform();
        test_injection();
    }
    test_bad();
    test_memory();
    return finish();
}
