/* Searches whose background is fitted together with the signal: fits, hunts, limits and scans that float it; weights,
   systematic uncertainties, channels. Against independent code, exact cases, and by pseudo-experiments.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/fits.c -o build/test_fits -lm && build/test_fits */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"
#include "counting.h"

static passwd_status scan(const passwd_spectrum *s, const passwd_scan_options *o, passwd_scan_point *points, int room,
    int *count, passwd_scan_result *result, double *toy_q, const passwd_allocator *a, passwd_error *error) {
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

enum { BINS = 100 };
static passwd_error e;
static passwd_spectrum h;
static double truth[BINS]; /* of 1 event in all */
static uint64_t number = 1;
static double uniform(void) { /* S. Vigna's splitmix64 */
    uint64_t z = number += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) / 9007199254740992.0;
}
static double poisson(double mean) { return passwdi_hunt_quantile(uniform(), mean); }
static double normal(void) {
    const double r = sqrt(-2.0 * log(uniform()));
    return r * cos(6.283185307179586 * uniform());
}

/* A hundred bins of 3 % from 300 GeV, and a spectrum (1 - x)^10 x^-5 over them, x = m / 13 TeV. */
static void start(void) {
    double edges[BINS + 1] = { 300.0 }, sum = 0.0;
    int i, k;
    for (i = 0; i < BINS; i++) {
        edges[i + 1] = edges[i] * (1.0 + 0.03 / (1.0 - 0.015));
        for (truth[i] = 0.0, k = 0; k < 40; k++) {
            const double x = (edges[i] + (edges[i + 1] - edges[i]) * (k + 0.5) / 40.0) / 13000.0;
            truth[i] += pow(1.0 - x, 10.0) * pow(x, -5.0) * (edges[i + 1] - edges[i]);
        }
        sum += truth[i];
    }
    for (i = 0; i < BINS; i++) truth[i] /= sum;
    CHECK_OK(passwd_spectrum_new(BINS, edges, NULL, &h, &e), e);
}
/* Counts around N times the truth and `mu` times the signal. */
static void experiment(double events, const double *signal, double mu) {
    int i;
    memset(&h.fit, 0, sizeof h.fit);
    for (i = 0; i < BINS; i++) {
        h.data[i] = h.variance[i] = poisson(events * truth[i] + (signal ? mu * signal[i] : 0.0));
        h.background[i] = h.uncertainty[i] = 0.0;
    }
}
static passwd_background wanted(int least, int most) {
    passwd_background b;
    memset(&b, 0, sizeof b);
    b.sqrt_s = 13000.0;
    b.least = least;
    b.most = most;
    return b;
}

/* Data as a function says bring it back, of either family, and no more parameters than it has. */
static void test_families(void) {
    static const double p[2][6] = { { 3.0, 9.0, -4.6, 0.4, 0.05, 0.0 }, { 6.0, -5.0, 0.3, 0.12, 0.02, 0.004 } };
    int family, n, i, k;
    for (family = 0; family < 2; family++)
        for (n = 3; n <= 5 + family; n++) {
            passwd_background b = wanted(3, 5 + family);
            double worst = 0.0, sum;
            b.family = family ? PASSWD_BACKGROUND_EXPONENTIAL : PASSWD_BACKGROUND_DIJET;
            b.any_shape = 1; /* not all of these functions fall ever more steeply */
            for (i = 0; i < BINS; i++)
                for (h.data[i] = 0.0, k = 0; k < 200; k++) {
                    const double d = (h.edges[i + 1] - h.edges[i]) / 200.0, x = (h.edges[i] + d * (k + 0.5)) / 13000.0,
                                 l = log(x);
                    double ln = 0.0;
                    int j;
                    for (j = n - 1; j >= 0; j--) {
                        if (family) ln = ln * l + p[1][j];
                        else ln += p[0][j] * (j == 0 ? 1.0 : j == 1 ? log1p(-x) : pow(l, j - 1));
                    }
                    h.data[i] += exp(ln) * d;
                }
            for (sum = 0.0, i = 0; i < BINS; i++) sum += h.data[i];
            for (i = 0; i < BINS; i++) h.data[i] *= 1e8 / sum;
            memset(h.variance, 0, sizeof truth);
            CHECK_OK(passwd_background_fit(&h, &b, &e), e);
            if (!CHECK(h.fit.parameters == n && h.fit.goodness > 0.999 && h.fit.family == b.family))
                printf("  family %d, %d parameters: %d, goodness %g\n", family, n, h.fit.parameters, h.fit.goodness);
            for (i = 0; i < BINS; i++) worst = fmax(worst, fabs(h.background[i] / h.data[i] - 1.0));
            CHECK_BELOW(worst, 1e-5);
            for (k = 1; k < n; k++) CHECK_BELOW(fabs(h.fit.p[k] - p[family][k]), 0.02 * h.fit.error[k] + 1e-3);
        }
}
/* Numbers of parameters, goodness and pulls in pseudo-experiments. */
static void test_fits(void) {
    int k, i, more = 0, steeper = 0, low = 0, count = 0;
    double mean = 0.0, pulls = 0.0, squares = 0.0;
    for (k = 0; k < 400; k++) {
        passwd_background b = wanted(0, 0);
        experiment(20000.0, NULL, 0.0);
        if (!CHECK_OK(passwd_background_fit(&h, &b, &e), e)) return;
        steeper += h.fit.parameters > 3;
        b.any_shape = 1;
        if (!CHECK_OK(passwd_background_fit(&h, &b, &e), e)) return;
        more += h.fit.parameters > 3;
        mean += h.fit.goodness / 400.0;
        low += h.fit.goodness < PASSWD_BACKGROUND_GOOD;
        for (i = 3; i < 60; i += 14) {
            const double pull = (h.background[i] - 20000.0 * truth[i]) / h.uncertainty[i];
            pulls += pull;
            squares += pull * pull;
            count++;
        }
    }
    pulls /= count;
    printf("400 fits: more than the three parameters of the truth in %.1f %%; mean goodness %.3f, %.2f %% bad; pulls "
           "%+.3f +- %.3f\n",
        more / 4.0, mean, low / 4.0, pulls, sqrt(squares / count - pulls * pulls));
    CHECK(more > 8 && more < 56
        && steeper < more); /* 5 % for each of two tests by chance; fewer where the function must steepen */
    CHECK(fabs(mean - 0.5) < 0.07 && low < 14);
    CHECK(fabs(pulls) < 0.15 && fabs(sqrt(squares / count - pulls * pulls) - 1.0) < 0.12);
    { /* what no function describes is said to be so, in hunts, scans and limits */
        passwd_hunt_result r;
        passwd_hunt_options o;
        passwd_limit l;
        static passwd_scan_point points[200];
        passwd_scan_result q;
        int room;
        memset(&o, 0, sizeof o);
        o.toys = 100;
        experiment(200000.0, NULL, 0.0);
        for (i = 0; i < BINS; i++) h.data[i] = h.variance[i] = floor(h.data[i] * (1.0 + 0.2 * sin(0.5 * i)));
        CHECK_OK(passwd_background_fit(&h, NULL, &e), e);
        CHECK(h.fit.goodness < 1e-6);
        CHECK_OK(passwd_hunt(&h, 1, &o, &r, NULL, NULL, &e), e);
        CHECK(r.refused && isnan(r.significance) && isnan(r.local_significance) && isnan(r.log_p)
            && r.goodness < PASSWD_BACKGROUND_GOOD);
        CHECK_OK(passwd_limit_gaussian(&h, 1000.0, NULL, &l, NULL, &e), e);
        CHECK(l.refused && isnan(l.significance) && isnan(l.log_p));
        CHECK_OK(scan(&h, NULL, points, 200, &room, &q, NULL, NULL, &e), e);
        CHECK(q.refused && isnan(q.best.significance) && isnan(points[7].log_p));
    }
}
/* Ranges that are left out of the fit, and of everything; a sliding window; weights. */
static void test_ranges(void) {
    passwd_background b = wanted(3, 3);
    double plain[BINS];
    int i;
    experiment(20000.0, NULL, 0.0);
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    memcpy(plain, h.background, sizeof plain);
    b.skip_low = h.edges[30];
    b.skip_high = h.edges[36];
    for (i = 30; i < 36; i++) h.data[i] = h.variance[i] = h.data[i] + 500.0;
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    CHECK(h.fit.goodness > 0.001 && h.fit.skip_low == b.skip_low);
    for (i = 0; i < 60; i++) CHECK_BELOW(fabs(h.background[i] / plain[i] - 1.0), 0.1);
    b.skip_low = b.skip_high = 0.0;
    b.blind_low = h.edges[30];
    b.blind_high = h.edges[36];
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    {
        passwd_hunt_options o;
        passwd_hunt_result r;
        static passwd_hunt_window w[4000];
        static passwd_scan_point points[200];
        passwd_scan_result q;
        int64_t count, k;
        int n, inside = 0;
        memset(&o, 0, sizeof o);
        CHECK_OK(passwd_hunt(&h, 1, &o, &r, NULL, NULL, &e), e);
        CHECK(r.t < 12.0 && !r.refused); /* 3,000 events that are not looked at */
        CHECK_OK(passwd_hunt_windows(&h, 1, &o, w, 4000, &count, &e), e);
        for (k = 0; k < count; k++)
            inside += w[k].first >= 30 && w[k].first + w[k].width <= 36 && w[k].data + w[k].background > 0.0;
        CHECK(inside == 0);
        CHECK_OK(scan(&h, NULL, points, 200, &n, &q, NULL, NULL, &e), e);
        CHECK(q.best.q0 < 20.0);
        for (i = 0; i < n; i++) CHECK(!(points[i].mass > b.blind_low && points[i].mass < b.blind_high));
    }
    b.blind_low = b.blind_high = 0.0;
    b.slide = 2.0;
    experiment(200000.0, NULL, 0.0);
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    CHECK(h.fit.goodness > 0.001 && h.fit.parameters >= 3 && h.fit.degrees > 20);
    for (i = 0; i < 60; i++) CHECK_BELOW(fabs(h.background[i] - 200000.0 * truth[i]), 5.0 * h.uncertainty[i] + 1e-9);
    {
        passwd_limit l, all;
        passwd_hunt_result r;
        CHECK_OK(passwd_limit_gaussian(&h, 1000.0, NULL, &l, NULL, &e), e);
        b.slide = 0.0;
        CHECK_OK(passwd_hunt(&h, 1, NULL, &r, NULL, NULL, &e), e);
        CHECK(r.t > 0.0 && r.t < 25.0);
        CHECK_OK(passwd_background_fit(&h, &b, &e), e);
        CHECK_OK(passwd_limit_gaussian(&h, 1000.0, NULL, &all, NULL, &e), e);
        /* a part of the data knows less */
        CHECK(l.expected[2] > 0.999 * all.expected[2] && l.expected[2] < 1.5 * all.expected[2]);
        CHECK_BELOW(fabs(l.fitted - all.fitted), 2.0 * all.fitted_error);
    }
}
/* Limits, best fits and significances of a fit of background and signal by independent code (numpy and scipy), on
   these counts. */
static void test_reference(void) {
    static const struct {
        double events, mass, width;
        int parameters;
        double limit, fitted, z;
    } cases[3] = { { 20000.0, 1000.0, 0.0, 4, 16.97305322635186, 2.7973222905541535, 0.40825496409781037 },
        { 20000.0, 900.0, 0.15, 3, 32.58335099288396, -22.41014127138695, -1.009831664004302 },
        { 200000.0, 2000.0, 0.05, 5, 10.10735519541098, -1.9481746989347537, -0.38194190445086335 } };
    int c, i;
    for (c = 0; c < 3; c++) {
        const passwd_background b = wanted(cases[c].parameters, cases[c].parameters);
        passwd_limit_options o;
        passwd_limit l, toys;
        passwd_scan_options so;
        passwd_scan_point point[1];
        passwd_scan_result r;
        int count;
        memset(&o, 0, sizeof o);
        memset(&so, 0, sizeof so);
        for (i = 0; i < BINS; i++) {
            const double x = cases[c].events * truth[i],
                         n = x > 1.0 ? floor(x + sqrt(x) * ((7 * i) % 11 - 5) / 5.0 + 0.5) : i % 9 == 0;
            h.data[i] = h.variance[i] = n > 0.0 ? n : 0.0;
        }
        CHECK_OK(passwd_background_fit(&h, &b, &e), e);
        o.width = so.width[0] = cases[c].width;
        o.toys = -1;
        CHECK_OK(passwd_limit_gaussian(&h, cases[c].mass, &o, &l, NULL, &e), e);
        CHECK_BELOW(fabs(l.observed / cases[c].limit - 1.0), 1e-4);
        CHECK_BELOW(fabs(l.fitted - cases[c].fitted), 1e-3);
        CHECK_BELOW(fabs(l.significance - cases[c].z), 1e-3);
        so.widths = 1;
        so.low = so.high = cases[c].mass;
        CHECK_OK(scan(&h, &so, point, 1, &count, &r, NULL, NULL, &e), e);
        CHECK_BELOW(fabs(point->significance - cases[c].z), 1e-3);
        CHECK_BELOW(fabs(point->fitted - cases[c].fitted), 1e-3);
        if (c) continue;
        o.toys = 600; /* and by toys that fit all again */
        CHECK_OK(passwd_limit_gaussian(&h, cases[c].mass, &o, &toys, NULL, &e), e);
        CHECK(toys.toys == 600 && !toys.few);
        CHECK_BELOW(fabs(toys.observed / cases[c].limit - 1.0), 0.08);
        CHECK_BELOW(fabs(toys.expected[2] / l.expected[2] - 1.0), 0.08);
    }
}
/* Coverage and linearity. */
static void test_coverage(void) {
    static const double width[2] = { 0.0, 0.15 }, injected[2] = { 30.0, 60.0 };
    double signal[BINS];
    int w, k;
    for (w = 0; w < 2; w++) {
        double mean = 0.0, square = 0.0;
        int covered = 0;
        passwd_limit_options o;
        memset(&o, 0, sizeof o);
        o.width = width[w];
        passwd_limit_signal(&h, 1000.0, 1000.0 * sqrt(width[w] * width[w] + 0.0009), signal);
        for (k = 0; k < 300; k++) {
            const passwd_background b = wanted(0, 0);
            passwd_limit l;
            experiment(20000.0, signal, injected[w]);
            if (!CHECK_OK(passwd_background_fit(&h, &b, &e), e)
                || !CHECK_OK(passwd_limit_gaussian(&h, 1000.0, &o, &l, NULL, &e), e))
                return;
            mean += l.fitted / 300.0;
            square += l.fitted * l.fitted / 300.0;
            covered += l.observed >= injected[w];
        }
        printf("%g events of %g %% width: fitted %.1f +- %.1f, limits cover %.1f %%\n", injected[w], 100.0 * width[w],
            mean, sqrt(square - mean * mean), covered / 3.0);
        CHECK_BELOW(fabs(mean - injected[w]), 3.5 * sqrt((square - mean * mean) / 300.0));
        CHECK(covered >= 276);
    }
}
/* Few events: toys without being asked, and no limit below that of nothing. */
static void test_few(void) {
    const passwd_background b = wanted(3, 3);
    passwd_limit_options o;
    passwd_limit l;
    double mass;
    int i;
    memset(&o, 0, sizeof o);
    o.toys = 0;
    for (i = 0; i < BINS; i++) h.data[i] = h.variance[i] = floor(2000.0 * truth[i] + 0.5);
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    for (mass = 500.0; mass < 5000.0; mass *= 3.0) {
        o.toys = 0;
        if (mass > 1000.0) o.toys = 300; /* as many as a test has time for */
        CHECK_OK(passwd_limit_gaussian(&h, mass, &o, &l, NULL, &e), e);
        CHECK(l.few == (mass > 1000.0) && (l.toys > 0) == (mass > 1000.0) && (l.under < 5.0) == (mass > 1000.0));
        CHECK(l.observed >= 2.9957 && l.expected[0] >= 2.9957);
    }
    memset(&h.fit, 0, sizeof h.fit); /* from outside: nothing expected, nothing seen */
    memset(h.data, 0, sizeof truth);
    memset(h.variance, 0, sizeof truth);
    memset(h.uncertainty, 0, sizeof truth);
    for (i = 0; i < BINS; i++) h.background[i] = 1e-6;
    o.toys = 0;
    CHECK_OK(passwd_limit_gaussian(&h, 1000.0, &o, &l, NULL, &e), e);
    CHECK(l.few && l.toys == 2000 && l.observed >= 2.9957 && l.observed < 3.01 && l.expected[2] >= 2.9957
        && l.expected[2] < 3.01);
}
/* Systematic uncertainties add in quadrature where all is large and Gaussian; channels that are parts of one another.
 */
static void test_systematics(void) {
    static const double edges[4] = { 900.0, 1000.0, 1100.0, 1200.0 };
    const double signal[3] = { 0.25, 0.5, 0.25 };
    passwd_spectrum s, part[2];
    passwd_limit_options o;
    passwd_limit l, plain;
    const double *rows[2];
    double half[3];
    int i, c;
    memset(&s, 0, sizeof s);
    memset(part, 0, sizeof part);
    memset(&o, 0, sizeof o);
    CHECK_OK(passwd_spectrum_new(3, edges, NULL, &s, &e), e);
    for (i = 0; i < 3; i++) s.data[i] = (s.background[i] = 40000.0) + 4000.0 * signal[i];
    CHECK_OK(passwd_limit_shape(&s, signal, &o, &plain, NULL, &e), e);
    CHECK_BELOW(fabs(plain.fitted - 4000.0), 1.0);
    o.systematics.spurious = 500.0;
    CHECK_OK(passwd_limit_shape(&s, signal, &o, &l, NULL, &e), e);
    CHECK_BELOW(fabs(l.fitted - 4000.0), 1.0);
    CHECK_BELOW(fabs(l.fitted_error / sqrt(plain.fitted_error * plain.fitted_error + 250000.0) - 1.0), 0.01);
    CHECK_BELOW(fabs(l.significance / (4000.0 / sqrt(pow(4000.0 / plain.significance, 2.0) + 250000.0)) - 1.0), 0.01);
    o.systematics.spurious = 0.0;
    o.systematics.luminosity = 0.06;
    o.systematics.efficiency = 0.08;
    CHECK_OK(passwd_limit_shape(&s, signal, &o, &l, NULL, &e), e);
    /* is there a signal? does not depend on how many a pb makes */
    CHECK_BELOW(fabs(l.significance / plain.significance - 1.0), 1e-4);
    CHECK_BELOW(fabs(l.fitted_error / sqrt(plain.fitted_error * plain.fitted_error + 160000.0) - 1.0), 0.08);
    CHECK(l.observed > plain.observed + 100.0);
    memset(&o.systematics, 0, sizeof o.systematics);
    o.systematics.scale = 0.03; /* a signal whose mass is uncertain may hide where it is not looked for */
    o.systematics.resolution = 0.2;
    CHECK_OK(passwd_limit_shape(&s, signal, &o, &l, NULL, &e), e);
    CHECK(l.fitted_error > plain.fitted_error * 1.02 && l.fitted_error < 2.0 * plain.fitted_error
        && l.observed > plain.observed);
    CHECK_BELOW(fabs(l.fitted - 4000.0), 40.0);
    o.systematics.scale = 0.7;
    CHECK(
        passwd_limit_shape(&s, signal, &o, &l, NULL, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "at most 0.5"));
    memset(&o, 0, sizeof o);
    for (c = 0; c < 2; c++) { /* two channels that have 30 and 70 % of everything are one */
        const double share = c ? 0.7 : 0.3;
        CHECK_OK(passwd_spectrum_new(3, edges, NULL, part + c, &e), e);
        for (i = 0; i < 3; i++) {
            part[c].data[i] = share * s.data[i];
            part[c].background[i] = share * s.background[i];
        }
    }
    for (i = 0; i < 3; i++) half[i] = 0.3 * signal[i];
    {
        double rest[3];
        for (i = 0; i < 3; i++) rest[i] = 0.7 * signal[i];
        rows[0] = half;
        rows[1] = rest;
        for (i = 0; i < 2; i++) {
            o.systematics.luminosity = i ? 0.1 : 0.0; /* in the closed model, and in the one in which all floats */
            CHECK_OK(passwd_limit_shape(&s, signal, &o, &plain, NULL, &e), e);
            CHECK_OK(passwd_limit_channels(part, rows, 2, &o, &l, NULL, &e), e);
            CHECK_BELOW(fabs(l.observed / plain.observed - 1.0), 1e-5);
            CHECK_BELOW(fabs(l.expected[2] / plain.expected[2] - 1.0), 1e-5);
            CHECK_BELOW(fabs(l.significance / plain.significance - 1.0), 1e-5);
        }
    }
    CHECK(passwd_limit_channels(part, NULL, 2, &o, &l, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    for (c = 0; c < 2; c++) passwd_spectrum_free(part + c);
    passwd_spectrum_free(&s);
}
/* Two fitted channels know more than either. */
static void test_channels(void) {
    const passwd_background b = wanted(3, 4);
    passwd_spectrum two[2];
    passwd_limit_options o;
    passwd_limit l, alone[2];
    double signal[BINS];
    const double *rows[2];
    int c, i;
    memset(two, 0, sizeof two);
    memset(&o, 0, sizeof o);
    passwd_limit_signal(&h, 1000.0, 30.0, signal);
    for (c = 0; c < 2; c++) {
        CHECK_OK(passwd_spectrum_new(BINS, h.edges, NULL, two + c, &e), e);
        for (i = 0; i < BINS; i++) two[c].data[i] = poisson(20000.0 * truth[i] + 40.0 * signal[i]);
        CHECK_OK(passwd_background_fit(two + c, &b, &e), e);
        CHECK_OK(passwd_limit_shape(two + c, signal, &o, alone + c, NULL, &e), e);
        rows[c] = signal;
    }
    CHECK_OK(passwd_limit_channels(two, rows, 2, &o, &l, NULL, &e), e);
    CHECK_BELOW(fabs(l.fitted - 0.5 * (alone[0].fitted + alone[1].fitted)), 2.0);
    CHECK_BELOW(fabs(l.fitted_error / (0.7071 * 0.5 * (alone[0].fitted_error + alone[1].fitted_error)) - 1.0), 0.05);
    CHECK_BELOW(
        fabs(l.significance / sqrt(pow(alone[0].significance, 2.0) + pow(alone[1].significance, 2.0)) - 1.0), 0.1);
    CHECK(l.goodness > 0.0001 && l.goodness <= 1.0);
    for (c = 0; c < 2; c++) passwd_spectrum_free(two + c);
}
/* Weights: those of one size change nothing but the size; random and negative ones leave p-values uniform. */
static void test_weights(void) {
    static const double size[3] = { 1.0, 0.1, 10.0 };
    const passwd_background b = wanted(3, 3);
    passwd_hunt_options o;
    passwd_hunt_result r[3];
    passwd_limit l[3];
    double n[BINS], worst = 0.0, mean = 0.0, deviation = 0.0, average = 0.0;
    int i, k, low = 0, kind;
    memset(&o, 0, sizeof o);
    o.toys = 100;
    experiment(20000.0, NULL, 0.0);
    memcpy(n, h.data, sizeof n);
    for (k = 0; k < 3; k++) {
        for (i = 0; i < BINS; i++) {
            h.data[i] = n[i] * size[k];
            h.variance[i] = n[i] * size[k] * size[k];
        }
        CHECK_OK(passwd_background_fit(&h, &b, &e), e);
        CHECK_OK(passwd_hunt(&h, 1, &o, r + k, NULL, NULL, &e), e);
        CHECK_OK(passwd_limit_gaussian(&h, 1000.0, NULL, l + k, NULL, &e), e);
        worst = fmax(worst, fabs(r[k].t / r[0].t - 1.0));
        worst = fmax(worst, fabs(r[k].window.background / size[k] / r[0].window.background - 1.0));
        worst = fmax(worst, fabs(l[k].observed / size[k] / l[0].observed - 1.0));
        worst = fmax(worst, fabs(l[k].expected[2] / size[k] / l[0].expected[2] - 1.0));
        worst = fmax(worst, fabs(l[k].fitted_error / size[k] / l[0].fitted_error - 1.0));
        CHECK(fabs(r[k].window.data / size[k] / r[0].window.data - 1.0) < 1e-9);
    }
    CHECK_BELOW(worst, 1e-4);
    for (kind = 0; kind < 2; kind++) { /* random ones; a tenth of them negative */
        low = 0;
        mean = deviation = average = 0.0;
        for (k = 0; k < 100; k++) {
            passwd_limit limit;
            for (i = 0; i < BINS; i++) {
                int j, count = (int)poisson(3000.0 * truth[i]);
                for (h.data[i] = h.variance[i] = 0.0, j = 0; j < count; j++) {
                    const double w = kind ? (uniform() < 0.1 ? -1.0 : 1.0) : -log(uniform());
                    h.data[i] += w;
                    h.variance[i] += w * w;
                }
            }
            o.seed = (uint64_t)(k + 1); /* the same toys for all would make their p-values one fluctuation */
            if (!CHECK_OK(passwd_background_fit(&h, &b, &e), e)
                || !CHECK_OK(passwd_hunt(&h, 1, &o, r, NULL, NULL, &e), e))
                return;
            if (!r->refused) average += exp(r->log_p) / 100.0;
            else average += 0.5 / 100.0;
            low += !r->refused && exp(r->log_p) <= 0.1;
            {
                passwd_limit_options lo;
                memset(&lo, 0, sizeof lo);
                lo.toys = -1;
                if (!CHECK_OK(passwd_limit_gaussian(&h, 600.0, &lo, &limit, NULL, &e), e)) return;
            }
            mean += limit.fitted / limit.fitted_error / 100.0;
            deviation += pow(limit.fitted / limit.fitted_error, 2.0) / 100.0;
        }
        printf("%s weights: mean global p %.3f, %.1f %% below 0.1; pulls of a fitted signal %+.2f +- %.2f\n",
            kind ? "negative" : "random", average, 1.0 * low, mean, sqrt(deviation - mean * mean));
        CHECK(fabs(average - 0.5) < 0.1 && low >= 2 && low <= 22);
        CHECK(fabs(mean) < 0.35 && fabs(sqrt(deviation - mean * mean) - 1.0) < 0.2);
    }
}
/* Hunts and scans without a signal: uniform; with one: found where it is. */
static void test_searches(void) {
    enum { EXPERIMENTS = 50 };
    double signal[BINS], hunts = 0.0, scans = 0.0, vitells = 0.0;
    int k, low[2] = { 0, 0 }, count, at = 0;
    static passwd_scan_point points[300];
    passwd_hunt_options ho;
    passwd_scan_options so;
    passwd_hunt_result r;
    passwd_scan_result q;
    memset(&ho, 0, sizeof ho);
    memset(&so, 0, sizeof so);
    ho.toys = 60;
    so.toys = 20;
    for (k = 0; k < EXPERIMENTS; k++) {
        const passwd_background b = wanted(0, 0);
        experiment(20000.0, NULL, 0.0);
        ho.seed = so.seed = (uint64_t)k;
        if (!CHECK_OK(passwd_background_fit(&h, &b, &e), e)
            || !CHECK_OK(passwd_hunt(&h, 1, &ho, &r, NULL, NULL, &e), e))
            return;
        if (!CHECK_OK(scan(&h, &so, points, 300, &count, &q, NULL, NULL, &e), e)) return;
        hunts += (r.refused ? 0.5 : exp(r.log_p)) / EXPERIMENTS;
        scans += (q.refused ? 0.5 : exp(q.log_p)) / EXPERIMENTS;
        low[0] += !r.refused && exp(r.log_p) <= 0.1;
        low[1] += !q.refused && exp(q.log_p) <= 0.1;
        vitells += !q.refused && exp(q.log_p_crossings) <= 0.1;
    }
    printf("no signal: mean global p %.3f (hunt), %.3f (scan); below 0.1: %.1f %%, %.1f %%, by crossings %.1f %%\n",
        hunts, scans, 100.0 * low[0] / EXPERIMENTS, 100.0 * low[1] / EXPERIMENTS, 100.0 * vitells / EXPERIMENTS);
    CHECK(fabs(hunts - 0.5) < 0.16 && fabs(scans - 0.5) < 0.16);
    CHECK(low[0] <= 13 && low[1] <= 13);
    passwd_limit_signal(&h, 1000.0, 30.0, signal);
    for (k = 0; k < 10; k++) {
        experiment(20000.0, signal, 80.0);
        if (!CHECK_OK(passwd_background_fit(&h, NULL, &e), e)
            || !CHECK_OK(passwd_hunt(&h, 1, &ho, &r, NULL, NULL, &e), e))
            return;
        if (!CHECK_OK(scan(&h, &so, points, 300, &count, &q, NULL, NULL, &e), e)) return;
        at += r.window.low < 1030.0 && r.window.high > 970.0 && r.rounds >= 2 && r.above == 0
            && fabs(q.best.mass - 1000.0) < 31.0 && q.above == 0 && q.best.significance > 4.0;
    }
    CHECK(at >= 9);
    { /* what it takes to see it: the fit gives a part of it away, known backgrounds do not */
        double events = 0.0, known = 0.0;
        ho.toys = 200;
        experiment(20000.0, NULL, 0.0);
        CHECK_OK(passwd_background_fit(&h, NULL, &e), e);
        CHECK_OK(inject(&h, signal, 2.0, 40, &ho, &events, NULL, NULL, NULL, &e), e);
        memset(&h.fit, 0, sizeof h.fit);
        CHECK_OK(inject(&h, signal, 2.0, 40, &ho, &known, NULL, NULL, NULL, &e), e);
        CHECK(events > 0.8 * known && events < 2.5 * known && known > 15.0 && known < 80.0);
    }
}
static int stop(void *user, int64_t done, int64_t toys) {
    (void)toys;
    return done >= *(int64_t *)user;
}
/* What a scan promises beyond numbers: shapes and Gaussians alike, threads, being stopped, refusals. */
static void test_scan(void) {
    const passwd_background b = wanted(0, 0);
    static passwd_scan_point points[400], other[400];
    static double rows[400 * BINS], toys[200], again[200];
    passwd_scan_options o;
    passwd_scan_result r, s;
    passwd_limit l;
    double masses[5000], signal[BINS];
    int64_t until = 64;
    int n, count, k, i, series = 0;
    memset(&o, 0, sizeof o);
    experiment(20000.0, NULL, 0.0);
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    o.widths = 2;
    o.width[1] = 0.1;
    o.toys = 100;
    CHECK_OK(scan(&h, &o, NULL, 0, &n, NULL, NULL, NULL, &e), e);
    CHECK(n > 100 && n < 400);
    CHECK_OK(scan(&h, &o, points, 400, &count, &r, toys, NULL, &e), e);
    CHECK(count == n && r.toys == 100 && r.best.q0 == points[r.best_index].q0 && r.crossings > 0.5);
    for (k = 0; k < n; k++) {
        series += k == 0 || points[k].mass < points[k - 1].mass;
        CHECK(points[k].q0 <= r.best.q0 && points[k].mass - 2.0 * points[k].sigma >= 299.0);
        passwd_limit_signal(&h, points[k].mass, points[k].sigma, rows + (size_t)k * BINS);
    }
    CHECK(series == 2);
    for (i = 0, k = 0; k < 100; k++) i += toys[k] >= r.best.q0;
    CHECK(i == r.above);
    o.threads = 3;
    CHECK_OK(scan_shapes(&h, rows, n, &o, other, &s, again, NULL, &e), e);
    CHECK(!memcmp(toys, again, sizeof(double) * 100) && s.best.q0 == r.best.q0 && s.log_p == r.log_p);
    for (k = 0; k < n; k += 17) {
        passwd_limit_options lo;
        memset(&lo, 0, sizeof lo);
        lo.width = points[k].width;
        lo.toys = -1;
        CHECK_OK(passwd_limit_gaussian(&h, points[k].mass, &lo, &l, NULL, &e), e);
        CHECK_BELOW(fabs(l.significance - points[k].significance), 1e-3);
    }
    o.progress = stop;
    o.user = &until;
    o.toys = 200;
    CHECK(scan(&h, &o, points, 400, &count, &r, NULL, NULL, &e) == PASSWD_STOPPED && r.toys == 64);
    CHECK(scan(&h, &o, points, 10, &count, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "room for only 10"));
    o.width[0] = 0.2;
    CHECK(scan(&h, &o, points, 400, &count, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "width"));
    o.width[0] = 0.0;
    o.low = 7000.0;
    CHECK(
        scan(&h, &o, points, 400, &count, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "No mass"));
    for (k = 0; k < 5000; k++) masses[k] = 500.0 * (1.0 + 0.03 * normal()); /* simulated at 500 GeV, moved to a TeV */
    CHECK_OK(passwd_limit_events(&h, masses, NULL, 5000, 2.0, signal, &e), e);
    passwd_limit_signal(&h, 1000.0, 30.0, rows);
    for (i = 0; i < BINS; i++) CHECK_BELOW(fabs(signal[i] - rows[i]), 0.03);
    masses[17] = NAN;
    CHECK(passwd_limit_events(&h, masses, NULL, 5000, 2.0, signal, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "event 18"));
    CHECK(passwd_limit_events(&h, masses, NULL, 0, 2.0, signal, &e) == PASSWD_ERROR_ARGUMENT);
}
/* A background that contains the window gives no p-values; one from elsewhere does. */
static void test_refusals(void) {
    static double masses[2000];
    passwd_kde_options o;
    passwd_hunt_options ho;
    passwd_background b = wanted(0, 0);
    passwd_hunt_result r;
    passwd_limit l;
    passwd_scan_point points[200];
    passwd_scan_result q;
    int k, count;
    memset(&o, 0, sizeof o);
    memset(&ho, 0, sizeof ho);
    for (k = 0; k < 2000; k++) masses[k] = 300.0 * pow(uniform(), -0.25);
    for (k = 0; k < BINS; k++) h.data[k] = h.variance[k] = 0.0;
    passwd_spectrum_fill(&h, masses, NULL, 2000);
    CHECK_OK(passwd_background_kde(&h, masses, NULL, 2000, &o, &e), e);
    CHECK(passwd_background_check(&h, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "contains the signal"));
    CHECK(passwd_hunt(&h, 1, NULL, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "contains the signal"));
    CHECK(passwd_limit_gaussian(&h, 500.0, NULL, &l, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "contains the signal"));
    CHECK(scan(&h, NULL, points, 200, &count, &q, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "contains the signal"));
    o.outside = 1;
    CHECK_OK(passwd_background_kde(&h, masses, NULL, 2000, &o, &e), e);
    for (k = 0; k < BINS; k++) h.background[k] += 1e-3;
    CHECK_OK(passwd_hunt(&h, 1, NULL, &r, NULL, NULL, &e), e);
    CHECK_OK(scan(&h, NULL, points, 200, &count, &q, NULL, NULL, &e), e);
    CHECK(isnan(q.goodness) && isnan(r.goodness));
    CHECK_OK(passwd_background_fit(&h, &b, &e), e);
    ho.sideband = 1;
    CHECK(passwd_hunt(&h, 1, &ho, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "side-band"));
    { /* what a fit refuses; the spectrum stays as it was */
        const double before = h.background[5];
        const passwd_background fit = h.fit;
        b.most = 7;
        CHECK(passwd_background_fit(&h, &b, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "5 free parameters"));
        b = wanted(0, 0);
        b.family = PASSWD_BACKGROUND_SEARCHED;
        CHECK(passwd_background_fit(&h, &b, &e) == PASSWD_ERROR_ARGUMENT);
        b = wanted(0, 0);
        b.sqrt_s = 5000.0;
        CHECK(passwd_background_fit(&h, &b, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "sqrt(s)"));
        b = wanted(0, 0);
        b.slide = 0.5;
        CHECK(passwd_background_fit(&h, &b, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "sliding"));
        b = wanted(0, 0);
        b.blind_low = 2.0;
        b.blind_high = 1.0;
        CHECK(passwd_background_fit(&h, &b, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "excluded"));
        CHECK(passwd_background_fit(NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(h.background[5] == before && !memcmp(&fit, &h.fit, sizeof fit));
    }
}
/* No memory at the first, second, ... call: an error, and nothing left behind. */
static void test_memory(void) {
    static passwd_scan_point points[300];
    passwd_allocator a;
    passwd_hunt_options ho;
    passwd_limit_options lo;
    passwd_scan_options so;
    counter c;
    int what, count;
    a = counting(&c, 0);
    memset(&ho, 0, sizeof ho);
    memset(&lo, 0, sizeof lo);
    memset(&so, 0, sizeof so);
    ho.toys = so.toys = 3;
    lo.toys = 20;
    experiment(20000.0, NULL, 0.0);
    CHECK_OK(passwd_background_fit(&h, NULL, &e), e);
    for (what = 0; what < 4; what++) {
        passwd_status status = PASSWD_ERROR_MEMORY;
        long fail_at;
        for (fail_at = 1; status == PASSWD_ERROR_MEMORY && fail_at < 100; fail_at++) {
            passwd_hunt_result r;
            passwd_limit l;
            passwd_scan_result q;
            const passwd_allocator keep = h.allocator;
            c.calls = c.alive = 0;
            c.fail_at = fail_at;
            if (what == 0) {
                h.allocator = a;
                status = passwd_background_fit(&h, NULL, &e);
                h.allocator = keep;
            } else if (what == 1) status = passwd_hunt(&h, 1, &ho, &r, NULL, &a, &e);
            else if (what == 2) status = passwd_limit_gaussian(&h, 1000.0, &lo, &l, &a, &e);
            else status = scan(&h, &so, points, 300, &count, &q, NULL, &a, &e);
            CHECK(c.alive == 0);
            CHECK(status == PASSWD_OK || (status == PASSWD_ERROR_MEMORY && strstr(e.message, "memory")));
        }
        CHECK(status == PASSWD_OK && fail_at > 5);
    }
}

/* Kernels do not look at the window, and say so of signals that are wider; two channels are one hunt. */
static void test_kernels(void) {
    enum { BINS = 60 };
    double edges[BINS + 1];
    passwd_spectrum h[2];
    passwd_background wanted;
    passwd_limit_options o;
    passwd_limit l;
    passwd_hunt_options hunt;
    passwd_hunt_result r;
    passwd_error e;
    double before;
    int c, i;
    for (i = 0; i <= BINS; i++) edges[i] = 300 * pow(1.04, i);
    memset(h, 0, sizeof h);
    memset(&wanted, 0, sizeof wanted);
    memset(&o, 0, sizeof o);
    memset(&hunt, 0, sizeof hunt);
    wanted.family = PASSWD_BACKGROUND_KERNELS;
    for (c = 0; c < 2; c++) {
        CHECK_OK(passwd_spectrum_new(BINS, edges, NULL, h + c, &e), e);
        for (i = 0; i < BINS; i++) h[c].data[i] = h[c].variance[i] = floor(2e4 * pow(1.04, -4.0 * i) + 0.5);
        CHECK_OK(passwd_background_fit(h + c, &wanted, &e), e);
    }
    before = h[0].background[30];
    CHECK(before > 0.9 * h[0].data[30] && before < 1.1 * h[0].data[30]);
    CHECK_OK(passwd_limit_gaussian(h, 0.5 * (edges[30] + edges[31]), &o, &l, NULL, &e), e);
    CHECK(fabs(l.fitted) < 0.2 * l.fitted_error);
    o.width = 0.15;
    CHECK(passwd_limit_gaussian(h, 0.5 * (edges[30] + edges[31]), &o, &l, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "0.03 of"));
    for (c = 0; c < 2; c++) h[c].data[30] = h[c].variance[30] = h[c].data[30] + 150;
    wanted.bandwidth = h[0].fit.kernel;
    CHECK_OK(passwd_background_fit(h, &wanted, &e), e);
    CHECK(fabs(h[0].background[30] - before) < 1e-6 * before);
    CHECK(passwd_hunt(h, 1, &hunt, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "kernel background"));
    for (c = 0; c < 2; c++) CHECK_OK(passwd_background_fit(h + c, NULL, &e), e);
    hunt.toys = 100;
    CHECK_OK(passwd_hunt(h, 2, &hunt, &r, NULL, NULL, &e), e);
    CHECK(r.window.first <= 30 && r.window.first + r.window.width > 30 && r.above == 0 && r.log_p < log(1e-3));
    for (c = 0; c < 2; c++) h[c].data[30] = h[c].variance[30] = h[c].data[30] - 150;
    CHECK_OK(passwd_hunt(h, 2, &hunt, &r, NULL, NULL, &e), e);
    CHECK(r.log_p > log(0.05));
    for (c = 0; c < 2; c++) passwd_spectrum_free(h + c);
}
/* ln f of the fit p at x = m / sqrt(s) (dijet). */
static double ln_dijet(const double *p, double x) {
    const double l = log(x);
    return p[0] + p[1] * log1p(-x) + l * (p[2] + l * (p[3] + l * p[4]));
}
/* Spectra with broad humps, to which functions of more parameters are not free to bend: what is fitted falls ever more
   steeply, and the likelihood falls from it towards every other function that does (which is what a maximum over a
   convex set is). */
static void test_steep(void) {
    enum { FITS = 12, STEPS = 20 };
    static double p[FITS][6], data[FITS][BINS], x[BINS], signal[BINS];
    double worst = 0.0, bend = -HUGE_VAL, tightest = -HUGE_VAL;
    int a, c, i, k, more = 0;
    for (i = 0; i < BINS; i++) x[i] = 0.5 * (h.edges[i] + h.edges[i + 1]) / 13000.0;
    for (a = 0; a < FITS; a++) {
        passwd_background b = wanted(1 + a % 2, 5); /* free: the first one or two alone */
        passwd_limit_signal(&h, 500.0 + 250.0 * a, 75.0 + 40.0 * a, signal);
        experiment(a % 3 ? 3000.0 : 100000.0, signal, a % 3 ? 60.0 : 800.0);
        CHECK_OK(passwd_background_fit(&h, &b, &e), e);
        more += h.fit.parameters > b.least;
        memcpy(p[a], h.fit.p, sizeof p[a]);
        memcpy(data[a], h.data, sizeof data[a]);
        for (i = 1; i + 1 < BINS; i++) {
            const double here = ln_dijet(p[a], x[i]),
                         up = (ln_dijet(p[a], x[i + 1]) - here) / log(x[i + 1] / x[i])
                - (here - ln_dijet(p[a], x[i - 1])) / log(x[i] / x[i - 1]);
            if (h.fit.parameters > b.least && up > bend) bend = up;
        }
    }
    for (a = 0; a < FITS; a++)
        for (c = 0; c < FITS; c++) {
            double slope = 0.0, size = 0.0;
            for (k = h.fit.parameters = 5; k > 0 && p[a][k - 1] == 0.0; k--) {}
            for (i = k; i < 5 && p[c][i] == 0.0; i++) {}
            if (a == c || i < 5 || k < 3) continue; /* of as many parameters as this one has */
            for (i = 0; i < BINS; i++) {
                double f = 0.0, toward = 0.0;
                for (k = 0; k < STEPS; k++) {
                    const double d = (h.edges[i + 1] - h.edges[i]) / STEPS, at = (h.edges[i] + (k + 0.5) * d) / 13000.0,
                                 ln = ln_dijet(p[a], at), part = exp(ln) * d;
                    f += part;
                    toward += part * (ln_dijet(p[c], at) - ln);
                }
                slope += toward * (data[a][i] / f - 1.0);
                size += toward * toward / f;
            }
            if (slope / sqrt(size) > worst) worst = slope / sqrt(size);
            if (slope / sqrt(size) > tightest) tightest = slope / sqrt(size);
        }
    printf("%d of %d fits to humps have more parameters; bends up to %.1g, slopes towards others up to %.1g sigma\n",
        more, FITS, bend, tightest);
    CHECK(more > FITS / 2 && bend > -1e-7 && tightest > -HUGE_VAL);
    CHECK_BELOW(bend, 1e-7);
    CHECK_BELOW(worst, 2e-3);
}
/* Spectra of few events: fits and hunts are found, p-values are no miracles; and what nothing can judge is not called
   good. */
static void test_little(void) {
    const double edges[4] = { 500.0, 600.0, 750.0, 1000.0 };
    passwd_hunt_options o;
    passwd_hunt_result r;
    passwd_spectrum three;
    int k, below = 0;
    double least = 0.0;
    memset(&o, 0, sizeof o);
    o.toys = 100;
    for (k = 0; k < 24; k++) {
        experiment(k < 4 ? 9.0 : 20.0 + k, NULL, 0.0);
        if (!CHECK_OK(passwd_background_fit(&h, NULL, &e), e)) continue;
        o.seed = (uint64_t)k + 1;
        CHECK_OK(passwd_hunt(&h, 1, &o, &r, NULL, NULL, &e), e);
        if (r.refused) continue;
        CHECK(r.log_p <= 0.0 && r.toys >= 95);
        below += r.log_p < log(0.1);
        least = fmin(least, r.log_p);
    }
    printf("hunts of some 30 events: %d of 24 below 10 %%, the smallest p-value is %.2g\n", below, exp(least));
    CHECK(below < 9 && least > log(1e-4));
    memset(&three, 0, sizeof three);
    CHECK_OK(passwd_spectrum_new(3, edges, NULL, &three, &e), e);
    for (k = 0; k < 3; k++) three.data[k] = three.variance[k] = 60.0 / (k + 1) - 10.0 * (k == 1);
    CHECK_OK(passwd_background_fit(&three, NULL, &e), e);
    CHECK(
        three.fit.parameters == 3 && three.fit.degrees == 0 && isnan(three.fit.goodness) && three.fit.deviance < 1e-6);
    CHECK_OK(passwd_hunt(&three, 1, NULL, &r, NULL, NULL, &e), e);
    CHECK(isnan(r.goodness) && !r.refused);
    passwd_spectrum_free(&three);
}
int main(void) {
    start();
    test_families();
    test_fits();
    test_ranges();
    test_reference();
    test_coverage();
    test_few();
    test_systematics();
    test_channels();
    test_weights();
    test_searches();
    test_scan();
    test_refusals();
    test_kernels();
    test_memory();
    test_steep();
    test_little();
    passwd_spectrum_free(&h);
    return finish();
}
