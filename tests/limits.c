/* Spectra, backgrounds, limits: against direct sums, brute force, textbook limits, and by coverage in
   pseudo-experiments.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/limits.c -o build/test_limits -lm && build/test_limits */
#include <float.h>
#include <math.h>
#include <time.h>
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"
#include "counting.h"

static passwd_status edges_of(double low, double high, double a, double b, double bins_per_sigma, double least,
    int room, double *edges, int *bins, passwd_error *error) {
    const passwd_binning binning = { low, high, a, b, bins_per_sigma, least };
    return passwd_spectrum_edges(&binning, room, edges, bins, error);
}

static uint64_t seed = 1;
static uint64_t rnd(void) {
    uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
static double uniform(void) { return ((double)(rnd() >> 11) + 0.5) / 9007199254740992.0; }
static double normal(void) {
    const double r = sqrt(-2 * log(uniform()));
    return r * cos(6.283185307179586 * uniform());
}
static double poisson(double mean) /* product of uniform numbers, in steps that do not underflow */
{
    double n = 0, p = 1;
    while (mean > 30) {
        double part = mean > 60 ? 30 : mean / 2, limit = exp(-part);
        p = uniform();
        while (p > limit) {
            n++;
            p *= uniform();
        }
        mean -= part;
    }
    p = uniform();
    while (p > exp(-mean)) {
        n++;
        p *= uniform();
    }
    return n;
}
static double seconds(void) { return (double)clock() / CLOCKS_PER_SEC; }
static double relative(double a, double b) { return fabs(a - b) / (fabs(b) > 0 ? fabs(b) : 1); }
static const char *scratch(const char *text) {
    const char *path = scratch_file("test_limits.csv");
    FILE *f;
    if (text && (f = fopen(path, "wb")) != NULL) {
        fputs(text, f);
        fclose(f);
    }
    return path;
}
static passwd_error e;
static passwd_spectrum spectrum_of(int bins, double low, double high) /* equal steps in ln m */
{
    static double edges[20001];
    passwd_spectrum s;
    int i;
    for (i = 0; i <= bins; i++) edges[i] = low * pow(high / low, (double)i / bins);
    memset(&s, 0, sizeof s);
    CHECK_OK(passwd_spectrum_new(bins, edges, NULL, &s, &e), e);
    return s;
}

/* --- spectra --- */

static void test_spectrum(void) {
    static const double edges[5] = { 100, 120, 150, 151, 400 }, flat[3] = { 1, 2, 2 };
    double values[9] = { 99.999, 100, 119.999, 120, 151, 399, 400, 0, 0 }, weights[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
           bad[3] = { 1, 2, 3 };
    passwd_spectrum s, old;
    passwd_allocator a;
    counter c;
    long wrong = 0;
    int i, k;
    memset(&s, 0, sizeof s);
    passwd_spectrum_fill(&s, values, NULL, 9); /* empty: nothing happens */
    passwd_spectrum_free(&s);
    passwd_spectrum_free(NULL);
    a = counting(&c, 0);
    CHECK_OK(passwd_spectrum_new(4, edges, &a, &s, &e), e);
    CHECK(c.calls == 1 && s.bins == 4 && s.edges[4] == 400 && s.data[3] == 0 && s.uncertainty[3] == 0 && s.below == 0);
    values[7] = NAN;
    values[8] = HUGE_VAL;
    passwd_spectrum_fill(&s, values, weights, 9);
    CHECK(s.below == 1 && s.data[0] == 5 && s.data[1] == 4 && s.data[2] == 0 && s.data[3] == 11 && s.above == 16);
    CHECK(s.variance[0] == 13 && s.variance[3] == 61 && s.background[0] == 0);
    CHECK_OK(passwd_spectrum_new(2, s.edges, &a, &s, &e), e); /* its own edges */
    CHECK(s.bins == 2 && s.edges[2] == 150 && s.data[0] == 0 && s.above == 0 && c.alive == 1);
    old = s;
    CHECK(passwd_spectrum_new(0, edges, &a, &s, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spectrum_new(2, NULL, &a, &s, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_spectrum_new(2, edges, &a, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spectrum_new(-1, edges, &a, &s, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_spectrum_new(2, flat, &a, &s, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "edge 3"));
    for (i = 0; i < 3; i++)
        for (k = 0; k < 2; k++) {
            bad[0] = 1;
            bad[1] = 2;
            bad[2] = 3;
            bad[i] = k ? NAN : HUGE_VAL;
            CHECK(passwd_spectrum_new(2, bad, &a, &s, &e) == PASSWD_ERROR_NUMERIC);
        }
    c.fail_at = c.calls + 1;
    CHECK(passwd_spectrum_new(2, edges, &a, &s, &e) == PASSWD_ERROR_MEMORY && !memcmp(&s, &old, sizeof s));
    passwd_spectrum_free(&s);
    CHECK(c.alive == 0 && s.bins == 0 && s.edges == NULL);
    s = spectrum_of(997, 50, 9000);
    for (i = 0; i < 20000; i++) { /* against a search bin by bin, on edges and between them */
        const double x = i % 3 ? 40 * exp(uniform() * 6) : s.edges[rnd() % 998];
        double before = s.above;
        int bin = -1;
        for (k = 0; k < 997; k++)
            if (x >= s.edges[k] && x < s.edges[k + 1]) bin = k;
        if (bin >= 0) before = s.data[bin];
        else if (x < s.edges[0]) before = s.below;
        passwd_spectrum_fill(&s, &x, NULL, 1);
        if ((bin >= 0 ? s.data[bin] : x < s.edges[0] ? s.below : s.above) != before + 1) wrong++;
    }
    CHECK(wrong == 0);
    passwd_spectrum_free(&s);
}

static void test_edges(void) {
    double edges[301], same[2] = { 7, 7 };
    int n = -1, i, k;
    for (k = 0; k < 3; k++) {
        const double a = k == 1 ? 0.8 : 0, b = k == 2 ? 0 : 0.03,
                     least = k == 2 ? 25
            : k == 1                ? 20
                                    : 0,
                     per = k == 1 ? 2 : 0.7;
        double worst = 0;
        CHECK_OK(edges_of(300, 4000, a, b, per, least, 300, edges, &n, &e), e);
        CHECK(n > 50 && edges[0] == 300 && edges[n] >= 4000 - 1e-5 && edges[n - 1] < 4000);
        for (i = 0; i < n; i++) {
            const double m = 0.5 * (edges[i] + edges[i + 1]), w = m * sqrt(a * a / m + b * b) / per,
                         is = edges[i + 1] - edges[i];
            if (fabs(is - (w > least ? w : least)) > worst) worst = fabs(is - (w > least ? w : least));
        }
        CHECK_BELOW(worst, 1e-9);
    }
    CHECK(n == 148); /* 3700 / 25: no bin more for the rounding */
    CHECK_OK(edges_of(0.1, 0.7, 0, 0, 1, 0.1, 300, edges, &n, &e), e);
    CHECK(n == 6);
    CHECK_OK(edges_of(300, 4000, 0, 0.03, 1, 0, 0, NULL, &n, &e), e); /* count alone */
    CHECK(n == 87);
    n = 5;
    CHECK(edges_of(300, 4000, 0, 0.03, 1, 0, 1, same, &n, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "87")
        && same[0] == 7 && n == 5);
    CHECK(edges_of(0, 4000, 0, 0.03, 1, 0, 1, same, &n, &e) == PASSWD_ERROR_ARGUMENT); /* 0 is as wide as nothing */
    CHECK(
        edges_of(0, 10, 0, 0, 1, 1e-9, 300, edges, &n, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "more than"));
    {
        static const double wrong[][6] = { { -1, 2, 0, .1, 1, 1 }, { 5, 5, 0, .1, 1, 1 }, { 5, 4, 0, .1, 1, 1 },
            { 1, HUGE_VAL, 0, .1, 1, 1 }, { NAN, 2, 0, .1, 1, 1 }, { 1, NAN, 0, .1, 1, 1 }, { 1, 2, -1, .1, 1, 1 },
            { 1, 2, NAN, .1, 1, 1 }, { 1, 2, 0, -1, 1, 1 }, { 1, 2, 0, .1, 0, 1 }, { 1, 2, 0, .1, .04, 1 },
            { 1, 2, 0, .1, NAN, 1 }, { 1, 2, 0, .1, HUGE_VAL, 0 }, { 1, 2, 0, .1, 1, -1 }, { 1, 2, 0, .1, 1, NAN },
            { 1, 2, 0, 0, 1, 0 } };
        for (i = 0; i < (int)(sizeof wrong / sizeof *wrong); i++)
            if (!CHECK(edges_of(wrong[i][0], wrong[i][1], wrong[i][2], wrong[i][3], wrong[i][4], wrong[i][5], 300,
                           edges, &n, &e)
                    == PASSWD_ERROR_ARGUMENT))
                printf("  case %d\n", i);
    }
    CHECK(edges_of(1, 2, 0, .1, 1, 1, 300, edges, NULL, &e) == PASSWD_ERROR_ARGUMENT);
}

static void test_spectrum_files(void) {
    static const struct {
        const char *text, *place, *says;
    } bad[] = { { "low,high,data\n1,2,3\n2.5,3,4\n", ":3", "gaps or out of order" },
        { "low,high,data\n\n# x\n2,3,1\n1,2,1\n", ":5", "gaps or out of order" },
        { "low,high,data\n1,2,3\n2,2,4\n", ":3", "2 to 2" }, { "low,high,data\n1,2,-3\n", ":2", "data is negative" },
        { "low,high,data\n1,2,x\n", ":2", "" }, { "low,high,data\n1,2,nan\n", ":2", "" },
        { "low,high,data\n1,2,\n", ":2", "" }, { "low,high,data\n1,2,inf\n", ":2", "" },
        { "low,high\n1,2\n", "", "data" }, { "low,high,data\n", "", "" }, { "", "", "" },
        { "low,high,data,background\n1,2,3,-1\n", ":2", "background is negative" },
        { "low,high,data,background\n1,2,3,\n", ":2", "background is empty" },
        { "low,high,data,uncertainty\n1,2,3,-1e-9\n", ":2", "uncertainty is negative" },
        { "low,high,data\n1,2,3\n2,3\n", ":3", "" } };
    static const char *const good =
        "high,low,data,note,uncertainty,background\r\n2,1,3,a,0.5,2.5\r\n3.5,2,4,b,1,4.25\r\n";
    passwd_spectrum s, t;
    counter c;
    passwd_allocator a;
    double worst = 0;
    int has = 7, i;
    long n;
    memset(&s, 0, sizeof s);
    memset(&t, 0, sizeof t);
    CHECK_OK(passwd_spectrum_load(scratch(good), NULL, &s, &has, &e), e);
    CHECK(has == 1 && s.bins == 2 && s.edges[1] == 2 && s.edges[2] == 3.5 && s.data[1] == 4 && s.variance[1] == 4
        && s.background[1] == 4.25 && s.uncertainty[0] == 0.5);
    for (i = 0; i < (int)(sizeof bad / sizeof *bad); i++) {
        const passwd_status status = passwd_spectrum_load(scratch(bad[i].text), NULL, &s, &has, &e);
        if (!CHECK((status == PASSWD_ERROR_PARSE || status == PASSWD_ERROR_NUMERIC) && strstr(e.message, ".csv")
                && strstr(e.message, bad[i].place) && strstr(e.message, bad[i].says))
            || (*bad[i].place && e.line != atoi(bad[i].place + 1)))
            CHECK(!printf("  case %d: %d %s\n", i, (int)status, e.message));
    }
    CHECK(has == 1 && s.bins == 2 && s.data[1] == 4);
    CHECK(passwd_spectrum_load("/nowhere/x.csv", NULL, &s, NULL, &e) == PASSWD_ERROR_IO);
    CHECK(passwd_spectrum_load("x", NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spectrum_load(NULL, NULL, &s, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK_OK(passwd_spectrum_load(scratch("low,high,data\n0.1,0.30000000000000004,7\n"), NULL, &s, &has, &e), e);
    CHECK(
        has == 0 && s.bins == 1 && s.edges[1] == 0.30000000000000004 && s.background[0] == 0 && s.uncertainty[0] == 0);
    passwd_spectrum_free(&s);
    s = spectrum_of(60, 321.123456789, 5000);
    for (i = 0; i < 60; i++) {
        s.data[i] = i % 2 ? uniform() * 1e6 : i;
        s.background[i] = exp(normal() * 20);
        s.uncertainty[i] = uniform();
    }
    CHECK_OK(passwd_spectrum_save(&s, scratch(NULL), &e), e);
    CHECK_OK(passwd_spectrum_load(scratch(NULL), NULL, &t, &has, &e), e);
    CHECK(has == 1 && t.bins == 60);
    for (i = 0; i < 60; i++) {
        const double x[4] = { s.edges[i + 1], s.data[i], s.background[i], s.uncertainty[i] },
                     y[4] = { t.edges[i + 1], t.data[i], t.background[i], t.uncertainty[i] };
        for (n = 0; n < 4; n++)
            if (relative(x[n], y[n]) > worst) worst = relative(x[n], y[n]);
    }
    CHECK_BELOW(worst, 1e-15);   /* the reader's last bit */
    for (n = 1; n < 1000; n++) { /* memory runs out */
        passwd_status status;
        a = counting(&c, n);
        status = passwd_spectrum_load(scratch(NULL), &a, &t, &has, &e);
        if (!status) {
            passwd_spectrum_free(&t);
            CHECK(c.alive == 0);
            break;
        }
        if (status != PASSWD_ERROR_MEMORY || c.alive || t.bins != 60) CHECK(!printf("  call %ld: %s\n", n, e.message));
    }
    CHECK(n > 5 && n < 1000);
    s.background[3] = NAN;
    CHECK(passwd_spectrum_save(&s, scratch(NULL), &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "background of bin 4"));
    s.background[3] = 1;
    CHECK(passwd_spectrum_save(&s, "/nowhere/x.csv", &e) == PASSWD_ERROR_IO
        && passwd_spectrum_save(&s, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spectrum_save(NULL, "x", &e) == PASSWD_ERROR_ARGUMENT);
    passwd_spectrum_free(&s);
    passwd_spectrum_free(&t);
    remove(scratch(NULL));
}

static void test_shared(void) {
    static passwdi_pair p[5000];
    double sum = 0, worst = 0;
    long wrong = 0;
    int i, n;
    for (n = 0; n < 5000; n = n * 3 + 1) {
        for (sum = 0, i = 0; i < n; i++) {
            p[i].key = (double)(rnd() % 50);
            p[i].value = p[i].key * 2 + 1;
            sum += p[i].key;
        }
        passwdi_sort((double *)p, 2, n);
        for (i = 0; i < n; i++) {
            sum -= p[i].key;
            wrong += (i && p[i].key < p[i - 1].key) || p[i].value != p[i].key * 2 + 1;
        }
        CHECK(wrong == 0 && sum == 0);
    }
    for (i = 0; i < 2000; i++) { /* erfc in long double is exact enough to subtract */
        const double a = 12 * uniform() - 6, b = a + uniform() * (i % 2 ? 3 : 0.01);
        const long double ra = (long double)a * 0.70710678118654752440084436L,
                          rb = (long double)b * 0.70710678118654752440084436L;
        const long double want = a > 0 ? (erfcl(ra) - erfcl(rb)) / 2 : (erfcl(-rb) - erfcl(-ra)) / 2;
        const double is = relative(passwdi_normal_between(a, b), (double)want);
        if (is > worst) worst = is;
    }
    CHECK_BELOW(worst, 2e-11);
}

/* --- backgrounds --- */

typedef struct direct {
    double u[2500], w[2500], h[2500];
    int n;
} direct;
/* The estimate as it is defined, event by event. */
static void direct_kde(direct *d, const passwd_spectrum *s, const double *m, const double *w, int count,
    const passwd_kde_options *o, long double *content, long double *variance) {
    double first = o->linear ? s->edges[0] : log(s->edges[0]), total = 0, squares = 0, mean = 0, var = 0, sigma, range,
           h, most, sum = 0, low = 0, high = 0, geometric = 0;
    int i, j, b;
    d->n = 0;
    for (i = 0; i < count; i++) {
        const double u = o->linear ? m[i] : log(m[i]);
        if (!(u - u == 0) || (!o->open && u < first)) continue;
        for (j = d->n++; j > 0 && d->u[j - 1] > u; j--) {
            d->u[j] = d->u[j - 1];
            d->w[j] = d->w[j - 1];
        }
        d->u[j] = u;
        d->w[j] = w ? w[i] : 1;
    }
    for (i = 0; i < d->n; i++) {
        total += d->w[i];
        squares += d->w[i] * d->w[i];
        mean += d->w[i] * d->u[i];
    }
    mean /= total;
    for (i = 0; i < d->n; i++) var += d->w[i] * (d->u[i] - mean) * (d->u[i] - mean);
    sigma = sqrt(var / total / (1 - squares / total / total));
    for (i = 0; i < d->n; i++) {
        if (sum < 0.25 * total) low = d->u[i];
        if (sum < 0.75 * total) high = d->u[i];
        sum += d->w[i];
    }
    range = (high - low) / 1.34;
    if (range < sigma) sigma = range;
    h = 0.9 * sigma * pow(total * total / squares, -0.2) * (o->scale > 0 ? o->scale : 1);
    most = sigma / 4 > h ? sigma / 4 : h;
    for (i = 0; i < d->n; i++) {
        double f = 0;
        for (j = 0; j < d->n; j++) {
            double z = (d->u[i] - d->u[j]) / h;
            f += d->w[j] * exp(-z * z / 2);
            z = (d->u[i] + d->u[j] - 2 * first) / h;
            if (!o->open) f += d->w[j] * exp(-z * z / 2);
        }
        d->h[i] = log(f);
        geometric += d->w[i] * d->h[i] / total;
    }
    for (i = 0; i < d->n; i++) {
        const double x = h * exp((geometric - d->h[i]) / 2);
        d->h[i] = o->adaptive ? (x < most ? x : most) : h;
    }
    for (b = 0; b < s->bins; b++) {
        const double from = o->linear ? s->edges[b] : log(s->edges[b]),
                     to = o->linear ? s->edges[b + 1] : log(s->edges[b + 1]);
        content[b] = variance[b] = 0;
        for (i = 0; i < d->n; i++) {
            const long double r = 1.41421356237309504880168872L * d->h[i], x = d->u[i], y = 2 * first - x;
            long double k = (erfcl((from - x) / r) - erfcl((to - x) / r)) / 2;
            if (!o->open) k += (erfcl((from - y) / r) - erfcl((to - y) / r)) / 2;
            content[b] += d->w[i] * k;
            variance[b] += d->w[i] * d->w[i] * k * k;
        }
    }
}

static void test_kde(void) {
    static direct d;
    static double m[2500], w[2500];
    long double content[40], variance[40];
    passwd_kde_options o;
    passwd_spectrum s = spectrum_of(40, 300, 3000);
    int i, k;
    for (i = 0; i < 2500; i++) {
        m[i] = 280 * pow(uniform(), -0.2);
        w[i] = 0.5 + uniform();
    }
    m[17] = NAN;
    for (k = 0; k < 12; k++) {
        const double *weights = k % 3 == 1 ? w : NULL;
        long double sum = 0, data = 0;
        double worst = 0, worse = 0, bulk = 0;
        memset(&o, 0, sizeof o);
        o.adaptive = k & 1;
        o.linear = k / 2 % 2;
        o.open = k / 4 % 2;
        o.scale = k == 5 ? 2.5 : 0;
        memset(s.data, 0, 40 * sizeof(double));
        passwd_spectrum_fill(&s, m, weights, 2500);
        CHECK_OK(passwd_background_kde(&s, m, weights, 2500, &o, &e), e);
        direct_kde(&d, &s, m, weights, 2500, &o, content, variance);
        for (i = 0; i < 40; i++) {
            sum += content[i];
            data += s.data[i];
        }
        for (i = 0; i < 40; i++) {
            const double want = (double)(content[i] * data / sum), error = (double)(sqrtl(variance[i]) * data / sum);
            if (fabs(s.background[i] - want) / (1e-3 + want) > worst)
                worst = fabs(s.background[i] - want) / (1e-3 + want);
            if (fabs(s.uncertainty[i] - error) / (1e-3 + error) > worse)
                worse = fabs(s.uncertainty[i] - error) / (1e-3 + error);
            if (s.data[i] >= 100 && relative(s.background[i], want) > bulk) bulk = relative(s.background[i], want);
        }
        if (!CHECK_BELOW(worst, 2e-3) || !CHECK_BELOW(worse, 2e-3) || !CHECK_BELOW(bulk, 2e-5))
            printf("  case %d\n", k);
    }
    passwd_spectrum_free(&s);
}

/* Power law: the estimate is right on average, and its fluctuations are as large as it says. */
static void test_kde_statistics(void) {
    static double m[3000];
    double sum[20], squares[20], error[20], truth, pull = 0, bias = 0, first = 0, open = 0;
    passwd_kde_options o;
    passwd_spectrum s = spectrum_of(20, 300, 1500);
    const int repeats = 300;
    int i, k, n, mode;
    for (mode = 0; mode < 2; mode++) {
        memset(&o, 0, sizeof o);
        o.open = mode;
        memset(sum, 0, sizeof sum);
        memset(squares, 0, sizeof squares);
        memset(error, 0, sizeof error);
        for (k = 0; k < repeats; k++) {
            n = (int)poisson(2000);
            for (i = 0; i < n; i++) m[i] = 300 * pow(uniform(), -0.2);
            memset(s.data, 0, 20 * sizeof(double));
            passwd_spectrum_fill(&s, m, NULL, n);
            if (passwd_background_kde(&s, m, NULL, n, &o, &e)) {
                CHECK(0);
                break;
            }
            for (i = 0; i < 20; i++) {
                sum[i] += s.background[i] / repeats;
                squares[i] += s.background[i] * s.background[i] / repeats;
                error[i] += s.uncertainty[i] / repeats;
            }
        }
        for (i = 0; i < 12; i++) {
            truth = 2000 * (pow(s.edges[i] / 300, -5) - pow(s.edges[i + 1] / 300, -5));
            if (i == 0) *(mode ? &open : &first) = sum[i] / truth - 1;
            if (mode == 0) {
                const double sd = sqrt(squares[i] - sum[i] * sum[i]);
                if (fabs(error[i] / sd - 1) > pull) pull = fabs(error[i] / sd - 1);
                if (i > 1 && fabs(sum[i] / truth - 1) > bias) bias = fabs(sum[i] / truth - 1);
            }
        }
    }
    printf("KDE, 2,000 events: mean beyond the second bin within %.1f %% of the truth, first bin %+.1f %% (%+.1f %% "
           "without reflection); uncertainty within %.0f %% of the spread\n",
        100 * bias, 100 * first, 100 * open, 100 * pull);
    CHECK_BELOW(bias, 0.04);
    CHECK_BELOW(fabs(first), 0.06);
    CHECK(open < -0.15);
    CHECK_BELOW(pull, 0.15);
    passwd_spectrum_free(&s);
}

static void test_kde_bad(void) {
    static double m[100000];
    double few[4] = { 310, 310, 310, 310 }, weights[4] = { 1, 1, 1, 1 }, start, took;
    passwd_kde_options o;
    passwd_spectrum s = spectrum_of(60, 300, 3000), one = spectrum_of(1, 300, 400), zero;
    counter c;
    long n;
    int i;
    memset(&o, 0, sizeof o);
    for (i = 0; i < 100000; i++) m[i] = 300 * pow(uniform(), -0.2);
    CHECK(passwd_background_kde(&s, m, NULL, 1000, NULL, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "no data")); /* empty */
    s.background[0] = 42;
    passwd_spectrum_fill(&s, m, NULL, 100000);
    CHECK(passwd_background_kde(&s, few, NULL, 0, NULL, &e) == PASSWD_ERROR_NUMERIC
        && passwd_background_kde(&s, NULL, NULL, 0, NULL, &e) == PASSWD_ERROR_NUMERIC);
    CHECK(passwd_background_kde(&s, few, NULL, 1, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "is one"));
    CHECK(passwd_background_kde(&s, few, NULL, 4, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "equal"));
    CHECK(passwd_background_kde(&s, NULL, NULL, 4, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_background_kde(&s, few, NULL, -1, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_background_kde(NULL, few, NULL, 4, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    few[1] = 320;
    few[2] = NAN;
    few[3] = 1000;
    weights[1] = -1;
    CHECK(passwd_background_kde(&s, few, weights, 4, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "event 1"));
    weights[1] = NAN;
    CHECK(passwd_background_kde(&s, few, weights, 4, NULL, &e) == PASSWD_ERROR_NUMERIC);
    o.scale = -1;
    CHECK(passwd_background_kde(&s, few, NULL, 4, &o, &e) == PASSWD_ERROR_ARGUMENT);
    o.scale = NAN;
    CHECK(passwd_background_kde(&s, few, NULL, 4, &o, &e) == PASSWD_ERROR_ARGUMENT);
    s.data[5] = NAN;
    CHECK(
        passwd_background_kde(&s, m, NULL, 1000, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "bin 6 (363"));
    s.data[5] = -HUGE_VAL;
    CHECK(passwd_background_kde(&s, m, NULL, 1000, NULL, &e) == PASSWD_ERROR_NUMERIC);
    s.data[5] = 1;
    CHECK(s.background[0] == 42); /* untouched so far */
    few[0] = 1e9;
    few[1] = 1.1e9;
    few[2] = 1.05e9;
    few[3] = 1e9;
    CHECK(passwd_background_kde(&s, few, NULL, 4, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "outside"));
    few[0] = 310;
    few[1] = 320;
    few[2] = -5;
    few[3] = HUGE_VAL;
    CHECK_OK(passwd_background_kde(&s, few, NULL, 4, NULL, &e), e);
    one.data[0] = 3;
    CHECK_OK(passwd_background_kde(&one, few, NULL, 2, NULL, &e), e);
    CHECK(fabs(one.background[0] - 3) < 1e-12 && one.uncertainty[0] > 1);
    memset(&zero, 0, sizeof zero);
    CHECK(passwd_background_kde(&zero, few, NULL, 2, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    {
        static const double edges[3] = { 0, 310, 400 };
        CHECK_OK(passwd_spectrum_new(2, edges, NULL, &zero, &e), e);
    }
    zero.data[0] = 3;
    CHECK(passwd_background_kde(&zero, few, NULL, 2, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "logarithm"));
    memset(&o, 0, sizeof o);
    o.linear = 1;
    CHECK_OK(passwd_background_kde(&zero, few, NULL, 2, &o, &e), e);
    passwd_spectrum_free(&zero);
    for (n = 1; n < 10; n++) { /* memory runs out */
        passwd_status status;
        one.allocator = counting(&c, n);
        one.background[0] = 42;
        status = passwd_background_kde(&one, few, NULL, 2, NULL, &e);
        CHECK(c.alive == 0 && (status == PASSWD_OK || (status == PASSWD_ERROR_MEMORY && one.background[0] == 42)));
        if (!status) break;
    }
    CHECK(n == 4);
    memset(&one.allocator, 0, sizeof one.allocator);
    passwd_spectrum_free(&one);
    memset(&o, 0, sizeof o);
    for (o.adaptive = 0; o.adaptive < 2; o.adaptive++) {
        start = seconds();
        CHECK_OK(passwd_background_kde(&s, m, NULL, 100000, &o, &e), e);
        took = seconds() - start;
        printf("KDE of 100,000 events in 60 bins, %s: %.0f ms\n", o.adaptive ? "adaptive" : "fixed", 1e3 * took);
        CHECK_BELOW(took, 1.0);
    }
    passwd_spectrum_free(&s);
}

/* Expected content of the dijet function by Simpson's rule with many points. */
static double dijet_bin(const double *p, double sqrt_s, double low, double high) {
    const int n = 200;
    long double sum = 0;
    int i;
    for (i = 0; i <= n; i++) {
        const double x = (low + (high - low) * i / n) / sqrt_s, l = log(x);
        sum += (i == 0 || i == n ? 1
                       : i % 2   ? 4
                                 : 2)
            * expl((long double)p[0] + p[1] * log1p(-x) + l * (p[2] + l * (p[3] + l * p[4])));
    }
    return (double)(sum * (high - low) / (3 * n));
}
static double dijet_deviance(const passwd_spectrum *s, const double *p, double sqrt_s) {
    long double sum = 0;
    int i;
    for (i = 0; i < s->bins; i++) {
        const double f = dijet_bin(p, sqrt_s, s->edges[i], s->edges[i + 1]), d = s->data[i];
        sum += 2 * (f - d + (d > 0 ? d * log(d / f) : 0));
    }
    return (double)sum;
}

static void test_dijet(void) {
    static const double truth[5] = { -7, 9, -4.6, 0.08, 0.01 };
    double worst = 0, p[5], q[5], deviance, mean = 0, squares = 0, low = 0, average = 0;
    passwd_dijet_fit fit;
    passwd_spectrum s = spectrum_of(45, 400, 6000), narrow;
    int i, j, k, n, count = 0;
    for (n = 3; n <= 5; n++) { /* data as the function says: its parameters come back */
        for (k = 0; k < 5; k++) p[k] = k < n ? truth[k] : 0;
        for (i = 0; i < 45; i++) s.data[i] = dijet_bin(p, 13000, s.edges[i], s.edges[i + 1]);
        memset(&fit, 0, sizeof fit);
        fit.parameters = n;
        CHECK_OK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e), e);
        for (worst = 0, i = 0; i < 45; i++)
            if (relative(s.background[i], s.data[i]) > worst) worst = relative(s.background[i], s.data[i]);
        CHECK_BELOW(worst, 1e-8);
        CHECK(fabs(log(fit.p[0]) - p[0]) < 1e-5 && fit.deviance < 1e-8 && fit.p_value > 0.9999999
            && fit.degrees == 45 - n && fit.parameters == n);
        for (k = 1; k < 5; k++) CHECK_BELOW(fabs(fit.p[k] - p[k]), 1e-5);
    }
    for (k = 0; k < 5; k++) p[k] = k < 4 ? truth[k] : 0;
    for (i = 0; i < 45; i++) s.data[i] = poisson(dijet_bin(p, 13000, s.edges[i], s.edges[i + 1])); /* last bins: 0 */
    CHECK(s.data[44] < 5);
    memset(&fit, 0, sizeof fit);
    CHECK_OK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e), e);
    p[0] = log(fit.p[0]);
    for (k = 1; k < 5; k++) p[k] = fit.p[k];
    deviance = dijet_deviance(&s, p, 13000);
    CHECK(fit.parameters == 4 && fit.p[4] == 0 && relative(fit.error[0], fit.p[0] * sqrt(fit.covariance[0])) < 1e-12);
    CHECK_BELOW(relative(fit.deviance, deviance), 1e-7);
    for (k = 0; k < 4; k++) { /* any way out raises the deviance, by as much as the covariance says: d^T C^-1 d = 1
                                 along C's columns */
        for (j = 0; j < 4; j++) q[j] = p[j] + fit.covariance[j * 5 + k] / sqrt(fit.covariance[k * 5 + k]);
        q[4] = 0;
        worst = dijet_deviance(&s, q, 13000);
        for (j = 0; j < 4; j++) q[j] = p[j] - fit.covariance[j * 5 + k] / sqrt(fit.covariance[k * 5 + k]);
        CHECK_BELOW(fabs((worst + dijet_deviance(&s, q, 13000)) / 2 - deviance - 1), 0.05);
    }
    for (j = 0; j < 300; j++) { /* p-values flat, pulls of the background normal */
        for (k = 0; k < 5; k++) p[k] = k < 4 ? truth[k] : 0;
        for (i = 0; i < 30; i++) s.data[i] = poisson(dijet_bin(p, 13000, s.edges[i], s.edges[i + 1]));
        s.bins = 30;
        if (passwd_background_dijet(&s, 13000, 0, 0, &fit, &e)) {
            CHECK(!printf("%s\n", e.message));
            break;
        }
        average += fit.p_value / 300;
        low += fit.p_value < 0.1;
        for (i = 2; i < 30; i += 9) {
            const double pull = (s.background[i] - dijet_bin(p, 13000, s.edges[i], s.edges[i + 1])) / s.uncertainty[i];
            mean += pull;
            squares += pull * pull;
            count++;
        }
    }
    mean /= count;
    printf("dijet fits: mean p-value %.3f, %.3f below 0.1; pulls of the background %+.3f +- %.3f\n", average, low / 300,
        mean, sqrt(squares / count - mean * mean));
    CHECK(fabs(average - 0.5) < 0.06 && low > 10 && low < 60 && fabs(mean) < 0.15
        && fabs(sqrt(squares / count - mean * mean) - 1) < 0.1);
    passwd_spectrum_free(&s);
    s = spectrum_of(45, 400, 6000); /* a range left out */
    for (i = 0; i < 45; i++)
        s.data[i] = dijet_bin(p, 13000, s.edges[i], s.edges[i + 1]) + (i >= 20 && i < 24 ? 1e5 : 0);
    CHECK_OK(passwd_background_dijet(&s, 13000, s.edges[20], s.edges[24], &fit, &e), e);
    CHECK(fit.degrees == 45 - 4 - 4 && fit.p_value > 0.999);
    CHECK_BELOW(relative(s.background[22] + 1e5, s.data[22]), 1e-8);
    CHECK_OK(passwd_background_dijet(&s, 13000, s.edges[20] + 1, s.edges[24] - 1, NULL, &e), e);
    CHECK_BELOW(relative(s.background[22] + 1e5, s.data[22]), 1e-8);
    CHECK_OK(passwd_background_dijet(&s, 13000, 5, 5, &fit, &e), e);
    CHECK(fit.p_value < 1e-100 && fit.degrees == 41);
    {
        static const double chi[][3] = { { 1, 3.841458820694124, 0.05 }, { 2, 4, 0.1353352832366127 },
            { 3, 7.814727903251179, 0.05 }, { 10, 2.558212, 0.99 }, { 41, 120, 1.0e-9 } };
        CHECK(isnan(passwdi_fit_chi_squared(0, 3))); /* nothing that could tell */
        for (i = 0; i < 5; i++) {
            worst = passwdi_fit_chi_squared(chi[i][0], chi[i][1]);
            if (i == 4) CHECK(worst > 0 && worst < 1e-8);
            else CHECK_BELOW(relative(worst, chi[i][2]), 1e-6);
        }
    }
    /* bad input */
    s.background[0] = 42;
    memset(&fit, 0, sizeof fit);
    fit.parameters = 2;
    CHECK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT && fit.parameters == 2);
    fit.parameters = 6;
    CHECK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT);
    fit.parameters = 3;
    CHECK(passwd_background_dijet(&s, 5999, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "sqrt(s)"));
    CHECK(passwd_background_dijet(&s, 0, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_background_dijet(&s, NAN, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_background_dijet(&s, HUGE_VAL, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_background_dijet(&s, 13000, 5, 4, &fit, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_background_dijet(&s, 13000, NAN, 4, &fit, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_background_dijet(&s, 13000, 0, 1e9, &fit, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "only 0 bins"));
    CHECK(passwd_background_dijet(NULL, 13000, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT);
    s.data[7] = NAN;
    CHECK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "bin 8"));
    memset(s.data, 0, 45 * sizeof(double));
    s.data[3] = s.data[4] = 5;
    CHECK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "only 2 bins"));
    CHECK(s.background[0] == 42 && fit.degrees == 0);
    s.data[9] = 2; /* as many filled bins as parameters: it may fit or say that it does not, but it ends */
    {
        const passwd_status status = passwd_background_dijet(&s, 13000, 0, 0, &fit, &e);
        CHECK(status == PASSWD_OK || status == PASSWD_ERROR_NUMERIC);
    }
    for (i = 0; i < 45; i++) s.data[i] = dijet_bin(p, 13000, s.edges[i], s.edges[i + 1]);
    {
        counter c;
        s.allocator = counting(&c, 1);
        CHECK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e) == PASSWD_ERROR_MEMORY && c.alive == 0);
        s.allocator = counting(&c, 0);
        CHECK_OK(passwd_background_dijet(&s, 13000, 0, 0, &fit, &e), e);
        CHECK(c.alive == 0);
        memset(&s.allocator, 0, sizeof s.allocator);
    }
    passwd_spectrum_free(&s);
    narrow = spectrum_of(8, 1000, 1000.0001); /* the functions cannot be told apart: said, or fitted, but finite */
    for (i = 0; i < 8; i++) narrow.data[i] = 100 + i;
    fit.parameters = 5;
    {
        const passwd_status status = passwd_background_dijet(&narrow, 13000, 0, 0, &fit, &e);
        CHECK(status == PASSWD_ERROR_NUMERIC && strstr(e.message, "narrow"));
    }
    passwd_spectrum_free(&narrow);
    narrow = spectrum_of(1, 1000, 1100);
    narrow.data[0] = 50;
    CHECK(passwd_background_dijet(&narrow, 13000, 0, 0, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_spectrum_free(&narrow);
}

/* --- limits --- */

static void test_discovery(void) {
    double worst = 0;
    int i;
    for (i = 0; i < 3000; i++) {
        const double b = exp(20 * uniform() - 8), s = b * exp(24 * uniform() - 18);
        const long double x = (long double)s / b,
                          z = x > 1e-3L
            ? sqrtl(2 * ((s + (long double)b) * log1pl(x) - s))
            : (long double)s / sqrtl((long double)b) * sqrtl(1 - x / 3 + x * x / 6 - x * x * x / 10);
        if (relative(passwd_discovery(s, b), (double)z) > worst) worst = relative(passwd_discovery(s, b), (double)z);
    }
    CHECK_BELOW(worst, 1e-12);
    CHECK(passwd_discovery(0, 5) == 0 && passwd_discovery(-1, 5) == 0 && passwd_discovery(0, 0) == 0
        && passwd_discovery(1, 0) == HUGE_VAL && passwd_discovery(HUGE_VAL, 2) == HUGE_VAL);
    CHECK(isnan(passwd_discovery(NAN, 1)) && isnan(passwd_discovery(1, NAN)) && isnan(passwd_discovery(1, -1)));
    CHECK_BELOW(relative(passwd_discovery(10, 100), 0.9839916447569485), 1e-12);
}

/* -ln L (n ln n - n left out) as it is written, at given nuisances */
static long double written(
    const passwd_spectrum *s, const double *signal, double kappa, double mu, const double *theta, double eta) {
    long double sum = (long double)eta * eta / 2;
    int i;
    for (i = 0; i < s->bins; i++) {
        const long double nu = mu * signal[i] + s->background[i] * (1 + kappa * eta) + theta[i], n = s->data[i];
        sum += nu - n + (n > 0 ? n * logl(n / nu) : 0)
            + (s->uncertainty[i] > 0 ? theta[i] * theta[i] / (2 * s->uncertainty[i] * s->uncertainty[i]) : 0);
    }
    return sum;
}
/* The least over theta (each bin by golden section, background kept positive) and eta (golden section outside). */
static long double profiled_at(const passwd_spectrum *s, const double *signal, double kappa, double mu, double eta) {
    double theta[64];
    int i, k;
    for (i = 0; i < s->bins; i++) theta[i] = 0;
    for (i = 0; i < s->bins; i++)
        if (s->uncertainty[i] > 0) {
            const double b = s->background[i] * (1 + kappa * eta), floor_ = -b + (mu < 0 ? -mu * signal[i] : 0) + 1e-13;
            long double low = floor_, high = b + 50 * s->uncertainty[i] + s->data[i] + fabs(mu * signal[i]);
            for (k = 0; k < 120; k++) {
                const long double x = high - 0.6180339887498949L * (high - low),
                                  y = low + 0.6180339887498949L * (high - low);
                long double fx, fy;
                const long double nx = mu * signal[i] + b + x, ny = mu * signal[i] + b + y, n = s->data[i],
                                  v = 2 * (long double)s->uncertainty[i] * s->uncertainty[i];
                fx = nx + (n > 0 ? n * logl(n / nx) : 0) + x * x / v;
                fy = ny + (n > 0 ? n * logl(n / ny) : 0) + y * y / v;
                if (fx < fy) high = y;
                else low = x;
            }
            theta[i] = (double)low;
        }
    return written(s, signal, kappa, mu, theta, eta);
}
static long double brute(const passwd_spectrum *s, const double *signal, double kappa, double mu) {
    double low = kappa > 0 ? -1 / kappa : 0, high = kappa > 0 ? 12 : 0;
    int k;
    if (kappa > 0 && low < -12) low = -12;
    for (k = 0; kappa > 0 && k < 90; k++) {
        const double x = high - 0.6180339887498949 * (high - low), y = low + 0.6180339887498949 * (high - low);
        if (profiled_at(s, signal, kappa, mu, x) < profiled_at(s, signal, kappa, mu, y)) high = y;
        else low = x;
    }
    return profiled_at(s, signal, kappa, mu, low);
}
static passwd_status prepare(
    passwdi_limit_work *work, const passwd_spectrum *s, const double *signal, passwd_limit_options *o) {
    passwdi_limit_shape shape;
    passwd_limit limit;
    memset(&shape, 0, sizeof shape);
    memset(&limit, 0, sizeof limit);
    shape.now = signal;
    work->channels = 1;
    if (o->toys == 0) o->toys = -1;
    return passwdi_limit_prepare(work, s, &shape, 1, o, &limit, &e);
}
static void test_profile(void) {
    double worst = 0, slope = 0, curve = 0;
    int k, i;
    for (k = 0; k < 150; k++) {
        const double kappa = k % 3 == 0 ? 0 : k % 3 == 1 ? 0.1 : 0.8, level = exp(9 * uniform() - 2);
        passwd_spectrum s = spectrum_of(6, 100, 200);
        double signal[6], mu, eta = 0, step;
        passwdi_limit_work work;
        passwdi_limit_sums here, up, down;
        passwd_limit_options o;
        long double want;
        memset(&o, 0, sizeof o);
        memset(&work, 0, sizeof work);
        o.normalisation = kappa;
        for (i = 0; i < 6; i++) {
            signal[i] = uniform() / 6;
            s.background[i] = level * uniform();
            s.uncertainty[i] = i % 2 ? s.background[i] * uniform() * 1.5 : i == 4 ? 0.01 * level : 0;
            s.data[i] = poisson(s.background[i]) * (k % 7 != 0);
        }
        mu = k % 5 == 0 ? 0 : 6 * sqrt(level + 1) * uniform();
        CHECK_OK(prepare(&work, &s, signal, &o), e);
        passwdi_limit_profile(&work.model, &work.data, mu, &eta, 1, &here);
        want = brute(&s, signal, kappa, mu);
        if (fabs(here.value - (double)want) / (1 + level * 1e-3) > worst)
            worst = fabs(here.value - (double)want) / (1 + level * 1e-3);
        step = 1e-4 * (mu + 1); /* derivatives by differences */
        if (mu > 0) {
            passwdi_limit_profile(&work.model, &work.data, mu + step, &eta, 1, &up);
            passwdi_limit_profile(&work.model, &work.data, mu - step, &eta, 1, &down);
            if (fabs((up.value - down.value) / (2 * step) - here.m) > slope)
                slope = fabs((up.value - down.value) / (2 * step) - here.m);
            if (fabs((up.m - down.m) / (2 * step) - here.mm) / (here.mm + 1e-3) > curve && k % 7)
                curve = fabs((up.m - down.m) / (2 * step) - here.mm) / (here.mm + 1e-3);
        }
        {
            double other = work.data.best * 0.9,
                   beyond = work.data.best * 1.1 + 0.01; /* the best fit is no worse than its neighbours */
            passwdi_limit_sums a, b;
            eta = 0;
            passwdi_limit_profile(&work.model, &work.data, other, &eta, 1, &a);
            passwdi_limit_profile(&work.model, &work.data, beyond, &eta, 1, &b);
            if (a.value < work.data.at_best - 1e-9 || b.value < work.data.at_best - 1e-9)
                CHECK(!printf("best fit, case %d\n", k));
        }
        passwdi_limit_work_free(&work);
        passwd_spectrum_free(&s);
    }
    CHECK_BELOW(worst, 1e-8);
    CHECK_BELOW(slope, 1e-5);
    CHECK_BELOW(curve, 1e-2);
}

static passwd_limit one_bin(double n, double b, double sigma, int64_t toys, double kappa) {
    static const double edges[2] = { 100, 200 };
    const double signal = 1;
    passwd_spectrum s;
    passwd_limit_options o;
    passwd_limit limit;
    memset(&s, 0, sizeof s);
    memset(&o, 0, sizeof o);
    memset(&limit, 0, sizeof limit);
    CHECK_OK(passwd_spectrum_new(1, edges, NULL, &s, &e), e);
    s.data[0] = n;
    s.background[0] = b;
    s.uncertainty[0] = sigma;
    o.toys = toys ? toys : -1;
    o.seed = 11;
    o.normalisation = kappa;
    CHECK_OK(passwd_limit_shape(&s, &signal, &o, &limit, NULL, &e), e);
    passwd_spectrum_free(&s);
    return limit;
}
static double counting_cls(double n, double b, double mu) /* P(at most n | mu + b) / P(at most n | b), term by term */
{
    long double with = 0, without = 0, x = expl(-(long double)mu - b), y = expl(-(long double)b);
    int k;
    for (k = 0; k <= n; k++) {
        with += x;
        without += y;
        x *= ((long double)mu + b) / (k + 1);
        y *= (long double)b / (k + 1);
    }
    return (double)(with / without);
}
static double counting_limit(double n, double b) {
    double low = 0, high = 1000;
    int k;
    for (k = 0; k < 100; k++) {
        const double mu = (low + high) / 2;
        if (counting_cls(n, b, mu) > 0.05) low = mu;
        else high = mu;
    }
    return low;
}
static double phi(double z) { return erfc(-z / sqrt(2.0)) / 2; }
/* The asymptotic CLs of a counting experiment from its formulae in 1007.1727. */
static double asymptotic_cls(double n, double b, double mu) {
    const double hat = n > b ? n - b : 0, f = n > 0 ? n * log((hat + b) / (mu + b)) : 0;
    const double q = mu > hat ? 2 * (mu - hat + f) : 0, qa = 2 * (mu + (b > 0 ? b * log(b / (mu + b)) : 0)),
                 root = sqrt(qa);
    if (q <= 0) return 1;
    if (q <= qa) return (1 - phi(sqrt(q))) / (1 - phi(sqrt(q) - root));
    return phi(-(q + qa) / (2 * root)) / phi(-(q - qa) / (2 * root));
}
static void test_counting(void) {
    static const double backgrounds[6] = { 0, 0.01, 0.5, 3, 10, 200 };
    double worst = 0, toys = 0, band = 0;
    int i, n, k;
    for (i = 0; i < 6; i++)
        for (n = i == 5 ? 170 : 0; n <= (i == 0 ? 0 : i == 5 ? 230 : 12); n += i == 5 ? 12 : 1) {
            const passwd_limit l = one_bin(n, backgrounds[i], 0, 0, 0);
            if (fabs(asymptotic_cls(n, backgrounds[i], l.observed) / 0.05 - 1) > worst)
                worst = fabs(asymptotic_cls(n, backgrounds[i], l.observed) / 0.05 - 1);
            CHECK(fabs(l.fitted - (n - backgrounds[i])) < 1e-5 + 1e-6 * fabs(l.fitted) && l.fitted_error > 0.49);
        }
    CHECK_BELOW(worst, 1e-6);
    {
        double with, without; /* pyhf's example of two bins, its q and q_A worked out apart: CLs+b 0.0233250, CLb
                                 0.4441535, CLs 0.0525155 */
        passwdi_limit_tails(3.93824493337479, 3.418869071610061, &with, &without);
        CHECK_BELOW(relative(exp(with), 0.0233250), 1e-5);
        CHECK_BELOW(relative(exp(without), 0.4441535), 1e-5);
        CHECK_BELOW(relative(exp(with - without), 0.0525155), 1e-5);
        passwdi_limit_tails(4, 9, &with, &without);
        CHECK_BELOW(relative(exp(with), 0.02275013), 1e-6);
        CHECK_BELOW(relative(exp(without), 0.84134475), 1e-6);
    }
    {
        const passwd_limit l = one_bin(0, 0, 0, 0, 0), big = one_bin(10000, 10000, 0, 0, 0),
                           f = one_bin(10000, 10000, 300, 0, 0), g = one_bin(10000, 10000, 0, 0, 0.03);
        CHECK_BELOW(fabs(l.observed - 1.920729), 1e-5); /* where the asymptotic formula fails, in a known way */
        CHECK_BELOW(fabs(l.expected[2] - 1.920729), 1e-5);
        CHECK(l.fitted == 0 && fabs(l.fitted_error - 0.5) < 1e-6);
        CHECK_BELOW(relative(big.observed, 1.959964 * sqrt(10000 + big.observed / 3)), 5e-3);
        CHECK_BELOW(relative(big.fitted_error, 100 + 1 / 3.0), 1e-4);
        CHECK_BELOW(
            relative(f.fitted_error, sqrt(1e4 + 9e4)), 1e-2); /* either kind of uncertainty adds in quadrature */
        CHECK_BELOW(relative(g.fitted_error, sqrt(1e4 + 9e4)), 1e-2);
        CHECK_BELOW(relative(f.observed, g.observed), 1e-6);
        for (k = 0; k < 5; k++) { /* Gaussian bands */
            const double alpha = 0.05 * phi(k - 2), z = passwd_significance(log(alpha)) + k - 2;
            CHECK_BELOW(relative(f.expected[k], z * sqrt(1e5)), 0.02);
        }
    }
    for (i = 0; i < 5; i++)
        for (n = 0; n <= (i == 0 ? 0 : 12); n += 3) {
            const passwd_limit l = one_bin(n, backgrounds[i], 0, 4000, 0);
            const double want = counting_limit(n, backgrounds[i]);
            if (relative(l.observed, want) > toys) toys = relative(l.observed, want);
            if (n == 0) CHECK_BELOW(fabs(l.observed - 2.995732), 0.002);
            for (k = 0; k < 5;
                 k++) { /* expected: limits of the quantiles of n, where no neighbour is close to the quantile */
                double sum = 0, term = exp(-backgrounds[i]), m = 0;
                while (sum + term < phi(k - 2)) {
                    sum += term;
                    term *= backgrounds[i] / ++m;
                }
                if (fabs(sum / phi(k - 2) - 1) < 0.15 || fabs((sum + term) / phi(k - 2) - 1) < 0.15) continue;
                if (relative(l.expected[k], counting_limit(m, backgrounds[i])) > band)
                    band = relative(l.expected[k], counting_limit(m, backgrounds[i]));
            }
        }
    printf("counting limits by 4,000 toys: observed within %.2f %% of the sums, bands within %.2f %%\n", 100 * toys,
        100 * band);
    CHECK_BELOW(toys, 0.02);
    CHECK_BELOW(band, 0.03);
}

/* A falling spectrum with a Gaussian signal. */
static passwd_spectrum falling(int bins, double events, double relative_uncertainty) {
    passwd_spectrum s = spectrum_of(bins, 300, 3000);
    int i;
    for (i = 0; i < bins; i++) {
        s.background[i] = events * (pow(s.edges[i] / 300, -4) - pow(s.edges[i + 1] / 300, -4));
        s.uncertainty[i] = relative_uncertainty * s.background[i];
        s.data[i] = s.background[i];
    }
    return s;
}

/* CLs by toys, against plain counting of toys thrown here. */
static void test_toys_plainly(void) {
    passwd_spectrum s = falling(12, 60, 0.2);
    double signal[12], mu = 7, log_cls, q;
    passwdi_limit_work work;
    passwd_limit_options o;
    passwdi_limit_outcome toy;
    double n[12], a[12], above[2] = { 0, 0 };
    int i, k, h;
    const int toys = 10000;
    memset(&o, 0, sizeof o);
    memset(&work, 0, sizeof work);
    memset(&toy, 0, sizeof toy);
    o.toys = 10000;
    o.normalisation = 0.1;
    passwd_limit_signal(&s, 450, 60, signal);
    for (i = 0; i < 12; i++) s.data[i] = floor(s.background[i]);
    CHECK_OK(prepare(&work, &s, signal, &o), e);
    work.toys.observed = 1;
    work.toys.data = &work.data;
    passwdi_limit_hypothesise(&work.toys, work.toys.hypothesis, 0);
    passwdi_limit_point(&work.toys, mu, &log_cls);
    q = passwdi_limit_q(&work.model, &work.data, mu);
    toy.n = n;
    toy.a = a;
    for (k = 0; k < 2 * toys; k++) {
        const passwdi_limit_hypothesis *hypothesis = work.toys.hypothesis + k % 2;
        for (i = 0; i < work.model.bins; i++) {
            n[i] = poisson(hypothesis->nu[i]);
            a[i] = hypothesis->theta[i] + work.model.bin[i].sigma * normal();
        }
        toy.a_eta = hypothesis->eta + normal();
        passwdi_limit_best(&work.model, &toy);
        above[k % 2] += passwdi_limit_q(&work.model, &toy, mu) >= q;
        if (k < 200) {
            const double slow = passwdi_limit_q(&work.model, &toy, mu);
            if (fabs(passwdi_limit_toy(&work.model, &toy, mu) - slow) > 1e-6 * (1 + slow))
                CHECK(!printf("toy %d\n", k));
        }
    }
    h = work.model.bins;
    printf("CLs at one strength (%d bins): %.4f by 10,000 weighted toys, %.4f +- %.4f by counting\n", h, exp(log_cls),
        above[1] / above[0], sqrt(above[1]) / above[0]);
    CHECK_BELOW(fabs(exp(log_cls) - above[1] / above[0]), 4 * sqrt(above[1]) / above[0]);
    CHECK(above[1] > 100 && above[1] < toys / 3);
    passwdi_limit_work_free(&work);
    passwd_spectrum_free(&s);
}

/* Poisson numbers of the toys have the distribution that they should. */
static void test_toy_poisson(void) {
    static const double means[7] = { 0, 0.02, 1.3, 40, 999, 1001, 3e6 };
    double sum[PASSWDI_LIMIT_TABLE];
    int guide[PASSWDI_LIMIT_TABLE], i, k;
    passwdi_limit_poisson p;
    p.sum = sum;
    p.guide = guide;
    for (i = 0; i < 7; i++) {
        double mean = 0, square = 0, below = 0;
        const int n = 200000;
        passwdi_limit_tabulate(&p, means[i]);
        CHECK(means[i] > 1000 || p.entries <= PASSWDI_LIMIT_TABLE);
        for (k = 0; k < n; k++) {
            const double x = passwdi_limit_draw(&p, 3, 5, (uint32_t)k), d = x - means[i];
            mean += d / n;
            square += d * d / n;
            below += x <= means[i];
            if (x < 0 || floor(x) < x) {
                CHECK(!printf("%g drawn\n", x));
                break;
            }
        }
        CHECK_BELOW(fabs(mean), 5 * sqrt(means[i] / n) + 1e-12);
        CHECK_BELOW(fabs(square - means[i]), 6 * sqrt((2 * means[i] * means[i] + means[i]) / n) + 1e-12);
        if (means[i] > 0)
            CHECK_BELOW(
                fabs(below / n - exp(passwd_log_poisson_below(floor(means[i]), means[i]))), 5 * 0.5 / sqrt((double)n));
    }
}

/* Coverage: how often the limit is above (or the p-value of CLs+b does not exclude) the true strength. The estimated
   background fluctuates around the true one by its uncertainty, as in life. */
typedef struct coverage {
    double cls, clsb, within, above_median, median_ratio;
} coverage;
static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static void experiment(
    passwd_spectrum *s, const double *truth, const double *signal, double mu, const double *uncertainty) {
    int i;
    for (i = 0; i < s->bins; i++) {
        double b;
        do b = truth[i] + uncertainty[i] * normal();
        while (b <= 0);
        s->background[i] = b;
        s->uncertainty[i] = uncertainty[i];
        s->data[i] = poisson(truth[i] + mu * signal[i]);
    }
}
static coverage cover(const passwd_spectrum *nominal, double mass, double sigma, int64_t toys, int repeats) {
    static double observed[5000];
    const double log_alpha = log(0.05);
    coverage c;
    passwd_limit_options o;
    passwd_limit expected, limit;
    passwd_spectrum s = spectrum_of(nominal->bins, 300, 3000);
    double signal[60];
    int k, which;
    memset(&c, 0, sizeof c);
    memset(&o, 0, sizeof o);
    o.toys = toys ? toys : -1;
    passwd_limit_signal(&s, mass, sigma, signal);
    {
        passwd_limit_options many = o;
        if (toys) many.toys = 4000;
        CHECK_OK(passwd_limit_shape(nominal, signal, &many, &expected, NULL, &e), e);
    }
    for (k = 0; k < repeats; k++) {
        passwdi_limit_work work;
        passwdi_limit_search search;
        double p[2];
        o.seed = (uint64_t)k;
        experiment(&s, nominal->background, signal, expected.expected[2], nominal->uncertainty);
        memset(&work, 0, sizeof work);
        if (prepare(&work, &s, signal, &o)) {
            CHECK(0);
            break;
        }
        for (which = 0; which < 2; which++) {
            if (toys) {
                work.toys.observed = 1;
                work.toys.no_background = which == 0;
                work.toys.data = &work.data;
                if (which == 0) passwdi_limit_hypothesise(&work.toys, work.toys.hypothesis, 0);
                passwdi_limit_point(&work.toys, expected.expected[2], p + which);
            } else {
                double background;
                search.model = &work.model;
                search.data = &work.data;
                search.asimov = &work.asimov;
                search.wanted = 0;
                passwdi_limit_asymptotic(&search, expected.expected[2], p + which, &background);
                if (which) p[which] -= background;
            }
        }
        c.clsb += (double)(p[0] > log_alpha) / repeats;
        c.cls += (double)(p[1] > log_alpha) / repeats;
        passwdi_limit_work_free(&work);
    }
    repeats = toys ? repeats / 5 : repeats; /* limits of background alone in the expected band */
    for (k = 0; k < repeats; k++) {
        o.seed = (uint64_t)k;
        experiment(&s, nominal->background, signal, 0, nominal->uncertainty);
        if (passwd_limit_shape(&s, signal, &o, &limit, NULL, &e)) {
            CHECK(!printf("%s\n", e.message));
            break;
        }
        observed[k] = limit.observed;
        c.within +=
            (double)(limit.observed >= expected.expected[1] && limit.observed <= expected.expected[3]) / repeats;
    }
    qsort(observed, (size_t)repeats, sizeof *observed, compare);
    c.median_ratio = observed[repeats / 2] / expected.expected[2];
    passwd_spectrum_free(&s);
    return c;
}
static void test_coverage(void) {
    static const char *const name[4] = { "statistics alone", "4 % uncertainty per bin", "few events (5 in the window)",
        "statistics alone" };
    int k;
    for (k = 0; k < 5; k++) {
        passwd_spectrum s = falling(60, k == 2 || k == 4 ? 300 : 40000, k == 1 ? 0.04 : 0);
        const int64_t toys = k >= 3 ? 200 : 0;
        const double start = seconds();
        const coverage c = cover(&s, 800, 40, toys, toys ? 400 : 3000);
        printf("coverage at 95 %%, %s, %s: CLs+b %.1f %%, CLs %.1f %%; median of background-only limits %.3f of the "
               "expected one, %.1f %% in the band of one sigma (%.1f s)\n",
            toys ? "toys" : "asymptotic", name[k == 4 ? 2 : k], 100 * c.clsb, 100 * c.cls, c.median_ratio,
            100 * c.within, seconds() - start);
        if (k != 2) CHECK_BELOW(fabs(c.clsb - 0.95), toys ? 0.035 : 0.012); /* statistical error: 1.1 and 0.4 % */
        CHECK(c.cls >= 0.94);
        CHECK_BELOW(fabs(c.median_ratio - 1), toys ? 0.1 : 0.05);
        CHECK_BELOW(fabs(c.within - 0.68), toys ? 0.12 : k == 2 ? 0.15 : 0.04);
        passwd_spectrum_free(&s);
    }
}

static void test_injection(void) {
    passwd_spectrum s = falling(60, 40000, 0);
    double signal[60], mean = 0, squares = 0, off = 0, best;
    passwd_limit_options o;
    passwd_limit l, there, quiet;
    int i, k, at = 0;
    memset(&o, 0, sizeof o);
    o.luminosity = 140;
    CHECK_OK(passwd_limit_gaussian(&s, 900, &o, &quiet, NULL, &e), e);
    CHECK(quiet.mass == 900 && fabs(quiet.sigma - 27) < 1e-12 && relative(quiet.to_pb, 1 / 140e3) < 1e-12);
    CHECK_BELOW(relative(quiet.observed, quiet.expected[2]), 1e-5); /* Asimov's data are the median */
    CHECK(fabs(quiet.fitted) < 1e-4 && quiet.expected[0] < quiet.expected[1] && quiet.expected[1] < quiet.expected[2]
        && quiet.expected[3] < quiet.expected[4]);
    passwd_limit_signal(&s, 900, 27, signal);
    for (k = 0; k < 400; k++) {
        for (i = 0; i < 60; i++) s.data[i] = poisson(s.background[i] + 150 * signal[i]);
        if (passwd_limit_gaussian(&s, 900, &o, &l, NULL, &e)) {
            CHECK(0);
            break;
        }
        mean += (l.fitted - 150) / l.fitted_error / 400;
        squares += (l.fitted - 150) / l.fitted_error * (l.fitted - 150) / l.fitted_error / 400;
        for (best = 0, i = 0; i < 21; i++) { /* the mass at which it stands out most */
            if (passwd_limit_gaussian(&s, 800 + 10 * i, &o, &there, NULL, &e)) CHECK(0);
            if (there.fitted / there.fitted_error > best) {
                best = there.fitted / there.fitted_error;
                at = i;
            }
        }
        off += at < 7 || at > 13;                 /* 30 GeV, about one sigma */
        if (l.observed < l.expected[4]) off += 1; /* 150 events are beyond what the band would have without signal */
    }
    printf("150 events injected: pulls of the fit %+.3f +- %.3f\n", mean, sqrt(squares - mean * mean));
    CHECK(fabs(mean) < 0.15 && fabs(sqrt(squares - mean * mean) - 1) < 0.12 && off < 12);
    for (i = 0; i < 60; i++) s.data[i] = s.background[i] + quiet.expected[2] * signal[i];
    CHECK_OK(
        passwd_limit_gaussian(&s, 900, &o, &l, NULL, &e), e); /* a signal of the expected limit is fitted as such */
    CHECK_BELOW(relative(l.fitted, quiet.expected[2]), 1e-6);
    CHECK(l.observed > quiet.expected[3] && l.observed < 2.2 * quiet.expected[2]);
    passwd_spectrum_free(&s);
}

static int same_limit(const passwd_limit *a, const passwd_limit *b, double tolerance) {
    int k,
        good = relative(a->observed, b->observed) <= tolerance
        && fabs(a->fitted - b->fitted) <= tolerance * b->fitted_error + tolerance
        && relative(a->fitted_error, b->fitted_error) <= tolerance;
    for (k = 0; k < 5; k++) good = good && relative(a->expected[k], b->expected[k]) <= tolerance;
    return good;
}
static void test_limits_agree(void) {
    passwd_spectrum s = falling(60, 40000, 0), t = falling(60, 40000, 1e-9);
    double signal[60], doubled[60];
    passwd_limit_options o;
    passwd_limit a, b;
    counter c;
    passwd_allocator allocator;
    long n;
    int i, toys;
    for (i = 0; i < 60; i++) t.data[i] = s.data[i] = poisson(s.background[i]);
    for (toys = 0; toys < 2; toys++) {
        memset(&o, 0, sizeof o);
        o.toys = toys ? 500 : -1;
        o.seed = 5;
        CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &a, NULL, &e), e);
        o.resolution_b = 0.03;
        o.level = 0.95;
        CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &b, NULL, &e), e);
        CHECK(!memcmp(&a, &b, sizeof a)); /* the values in brackets */
        o.threads = 3;
        CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &b, NULL, &e), e);
        CHECK(!memcmp(&a, &b, sizeof a)); /* to the bit, for any number of threads */
        o.threads = 0;
        CHECK_OK(passwd_limit_gaussian(&t, 800, &o, &b, NULL, &e), e); /* no uncertainty, hardly any */
        CHECK(same_limit(&a, &b, toys ? 0.02 : 1e-5));
        passwd_limit_signal(&s, 800, 24, signal);
        CHECK_OK(passwd_limit_shape(&s, signal, &o, &b, NULL, &e), e);
        b.mass = a.mass;
        b.sigma = a.sigma;
        CHECK(!memcmp(&a, &b, sizeof a));
        for (i = 0; i < 60; i++) doubled[i] = 2 * signal[i];
        CHECK_OK(passwd_limit_shape(&s, doubled, &o, &b, NULL, &e), e);
        b.observed *= 2;
        b.fitted *= 2;
        b.fitted_error *= 2;
        for (i = 0; i < 5; i++) b.expected[i] *= 2;
        CHECK(same_limit(&a, &b, toys ? 0.01 : 1e-6));
        o.width = 0.05;
        o.resolution_a = 1.2;
        o.resolution_b = 0.01;
        CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &b, NULL, &e), e);
        CHECK_BELOW(fabs(b.sigma - 800 * sqrt(0.0025 + 1.44 / 800 + 0.0001)), 1e-9);
        CHECK(b.expected[2] > a.expected[2]);
        memset(&o, 0, sizeof o);
        o.toys = toys ? 500 : -1;
        o.level = 0.9;
        CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &b, NULL, &e), e);
        CHECK(b.observed < a.observed && b.observed > 0.5 * a.observed);
        o.level = 0;
        o.normalisation = 0.05;
        CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &b, NULL, &e), e);
        CHECK(b.observed - b.observed == 0 && b.expected[2] > (toys ? 0.97 : 1) * a.expected[2]);
    }
    memset(&o, 0, sizeof o); /* with many toys and events, toys and the asymptotic formula agree */
    CHECK_OK(passwd_limit_gaussian(&s, 400, &o, &a, NULL, &e), e);
    o.toys = 8000;
    CHECK_OK(passwd_limit_gaussian(&s, 400, &o, &b, NULL, &e), e);
    for (i = 0; i < 5; i++) CHECK_BELOW(relative(b.expected[i], a.expected[i]), i == 0 ? 0.08 : 0.04);
    CHECK_BELOW(relative(b.observed, a.observed), 0.04);
    o.toys = 20;
    for (n = 1; n < 30; n++) { /* memory runs out */
        passwd_status status;
        allocator = counting(&c, n);
        memset(&b, 7, sizeof b);
        a = b;
        status = passwd_limit_gaussian(&s, 400, &o, &b, &allocator, &e);
        CHECK(c.alive == 0);
        if (!status) break;
        CHECK(status == PASSWD_ERROR_MEMORY && !memcmp(&a, &b, sizeof a));
    }
    CHECK(n > 8 && n < 30);
    passwd_spectrum_free(&s);
    passwd_spectrum_free(&t);
}

static void test_limits_bad(void) {
    passwd_spectrum s = falling(60, 4000, 0.1), zero, one = spectrum_of(1, 300, 400);
    double signal[60], total = 0;
    passwd_limit_options o;
    passwd_limit l, kept;
    int i, k;
    memset(&zero, 0, sizeof zero);
    memset(&o, 0, sizeof o);
    memset(&l, 7, sizeof l);
    kept = l;
    passwd_limit_signal(&s, 800, 24, signal);
#define REFUSED(call, status, word) CHECK((call) == status && strstr(e.message, word) && !memcmp(&l, &kept, sizeof l))
    for (i = 0; i < 4; i++) {
        const double mass[4] = { 299, 3000.1, NAN, -5 };
        REFUSED(passwd_limit_gaussian(&s, mass[i], &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "outside");
    }
    for (i = 0; i < 3; i++) {
        const double width[3] = { -0.01, 0.1501, NAN };
        o.width = width[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "width");
    }
    o.width = 0;
    for (i = 0; i < 4; i++) {
        const double level[4] = { -0.1, 1, 95, NAN };
        o.level = level[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "level");
    }
    o.level = 0;
    for (i = 0; i < 3; i++) {
        const double x[3] = { -0.1, HUGE_VAL, NAN };
        o.normalisation = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "uncertainty");
        o.normalisation = 0;
        o.luminosity = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "luminosity");
        o.luminosity = 0;
        o.resolution_a = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "resolution");
        o.resolution_a = 0;
        o.resolution_b = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "resolution");
        o.resolution_b = 0;
        signal[3] = x[i];
        REFUSED(passwd_limit_shape(&s, signal, &o, &l, NULL, &e), PASSWD_ERROR_NUMERIC, "signal in bin 4 (");
        signal[3] = 0;
        s.data[21] = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_NUMERIC, "data of bin 22 (");
        s.data[21] = 3;
        s.background[21] = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_NUMERIC, "background of bin 22 (");
        s.background[21] = 3;
        s.uncertainty[21] = x[i];
        REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_NUMERIC, "uncertainty of bin 22 (");
        s.uncertainty[21] = 0;
    }
    o.toys = -2;
    REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "toys");
    o.toys = (int64_t)1 << 40;
    REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "toys");
    o.toys = 0;
    REFUSED(passwd_limit_gaussian(&zero, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "one bin");
    REFUSED(passwd_limit_gaussian(NULL, 800, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "spectrum");
    REFUSED(passwd_limit_shape(&s, NULL, &o, &l, NULL, &e), PASSWD_ERROR_ARGUMENT, "signal");
    CHECK(passwd_limit_gaussian(&s, 800, &o, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_limit_shape(&s, signal, &o, NULL, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    s.background[25] = s.uncertainty[25] = 0;
    s.data[25] = 2;
    REFUSED(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), PASSWD_ERROR_NUMERIC, "Bin 26 (");
    CHECK_OK(passwd_limit_gaussian(&s, 2000, &o, &l, NULL, &e), e); /* not where the signal is */
    CHECK_OK(passwd_limit_gaussian(&s, 2000, NULL, &l, NULL, &e), e);
    s.data[25] = 0;
    CHECK_OK(passwd_limit_gaussian(&s, 800, &o, &l, NULL, &e), e);
    memset(signal, 0, sizeof signal);
    kept = l;
    REFUSED(passwd_limit_shape(&s, signal, &o, &l, NULL, &e), PASSWD_ERROR_NUMERIC, "No signal");
    passwd_limit_signal(&s, 800, 24, signal);
    for (i = 0; i < 60; i++) total += signal[i];
    CHECK_BELOW(fabs(total - 1), 1e-12);
    passwd_limit_signal(&s, 300, 9, signal); /* at the edge: half of it is inside */
    for (total = 0, i = 0; i < 60; i++) total += signal[i];
    CHECK_BELOW(fabs(total - 0.5), 1e-12);
    passwd_limit_signal(&s, 800, 0, signal);
    for (total = 0, i = 0; i < 60; i++) total += signal[i];
    CHECK(total == 1 && signal[25] == 1);
    one.data[0] = 5;
    one.background[0] = 4;
    one.uncertainty[0] = 1;
    for (k = 0; k < 2; k++) {
        o.toys = k ? 200 : -1;
        CHECK_OK(passwd_limit_gaussian(&one, 350, &o, &l, NULL, &e), e);
        CHECK(l.observed > 3 && l.observed < 15);
    }
    for (i = 0; i < 60; i++)
        s.data[i] = s.background[i] = s.uncertainty[i] =
            0; /* nothing anywhere: 3 events over what is in the spectrum */
    for (k = 0; k < 2; k++)
        for (i = 0; i < 2; i++) {
            o.toys = k ? 100 : -1;
            o.normalisation = i ? 0.2 : 0;
            CHECK_OK(passwd_limit_gaussian(&s, 1000, &o, &l, NULL, &e), e);
            CHECK_BELOW(fabs(l.observed - (k ? 2.99573 : 1.92073)), 0.001);
            CHECK_BELOW(fabs(l.expected[2] - (k ? 2.99573 : 1.92073)), 0.001);
            CHECK(l.fitted == 0);
        }
    o.normalisation = 0;
    for (i = 0; i < 60; i++) {
        s.background[i] = 1e-7;
        s.uncertainty[i] = 0.3;
    }
    for (k = 0; k < 2; k++) {
        o.toys = k ? 200 : -1;
        CHECK_OK(passwd_limit_gaussian(&s, 1000, &o, &l, NULL, &e), e);
        CHECK(l.observed > 1.5 && l.observed < 5 && l.expected[4] < 30);
    }
    for (i = 0; i < 60; i++) {
        s.background[i] = 1e12;
        s.uncertainty[i] = 0;
        s.data[i] = 1e12 + 3e7;
    } /* strong excess, huge numbers */
    for (k = 0; k < 2; k++) {
        o.toys = k ? 200 : -1;
        CHECK_OK(passwd_limit_gaussian(&s, 1000, &o, &l, NULL, &e), e);
        CHECK(l.observed > l.fitted && l.observed < 1.5 * l.fitted && l.expected[2] < l.observed);
    }
    for (i = 0; i < 60; i++) {
        s.background[i] = 100;
        s.data[i] = 20;
    } /* a deficit that no toy has */
    for (k = 0; k < 2; k++) {
        o.toys = k ? 200 : -1;
        CHECK_OK(passwd_limit_gaussian(&s, 1000, &o, &l, NULL, &e), e);
        CHECK(l.observed > 0.5 && l.observed < l.expected[0] && l.fitted < -50);
    }
    passwd_spectrum_free(&s);
    passwd_spectrum_free(&one);
}

/* Anything that the checks let through has limits. */
static void test_any_limits(void) {
    long wrong = 0, refused = 0;
    int i, k;
    for (k = 0; k < 3000; k++) {
        const int bins = 1 + (int)(rnd() % 20);
        const double level = exp(30 * uniform() - 12);
        passwd_spectrum s = spectrum_of(bins, 100, 100 * exp(0.2 + 3 * uniform()));
        passwd_limit_options o;
        passwd_limit l;
        memset(&o, 0, sizeof o);
        o.normalisation = k % 3 == 0 ? exp(6 * uniform() - 5) : 0;
        o.toys = k % 50 == 0 ? 30 : -1;
        o.level = k % 7 == 0 ? 0.01 + 0.5 * uniform() : 0;
        o.width = 0.15 * uniform();
        for (i = 0; i < bins; i++) {
            s.background[i] = rnd() % 5 == 0 ? 0 : level * exp(4 * normal());
            s.uncertainty[i] = rnd() % 3 == 0 ? 0 : (rnd() % 4 == 0 ? level : s.background[i]) * exp(2 * normal() - 1);
            s.data[i] = rnd() % 4 == 0  ? 0
                : s.background[i] < 1e4 ? poisson(s.background[i] + (rnd() % 5 == 0 ? 5 : 0))
                                        : s.background[i] * (1 + 0.001 * normal());
            if (rnd() % 9 == 0) s.data[i] *= 3;
        }
        if (passwd_limit_gaussian(
                &s, s.edges[0] + (s.edges[bins] - s.edges[0]) * 0.999 * uniform(), &o, &l, NULL, &e)) {
            refused++;
            if (!strstr(e.message, "but no background")) {
                wrong++;
                printf("  %s\n", e.message);
            }
        } else {
            int good = l.observed > 0 && l.observed - l.observed == 0 && l.observed >= l.fitted
                && l.fitted - l.fitted == 0 && l.fitted_error > 0 && l.fitted_error - l.fitted_error == 0;
            for (i = 0; i < 5; i++)
                good = good && l.expected[i] > 0 && l.expected[i] - l.expected[i] == 0
                    && (i == 0 || o.toys > 0 || l.expected[i] > l.expected[i - 1] * (1 - 1e-6));
            if (!good && wrong++ < 5)
                printf("  case %d: observed %g, expected %g %g %g %g %g, fitted %g +- %g\n", k, l.observed,
                    l.expected[0], l.expected[1], l.expected[2], l.expected[3], l.expected[4], l.fitted,
                    l.fitted_error);
        }
        passwd_spectrum_free(&s);
    }
    CHECK(wrong == 0 && refused < 1000);
}

static void test_times(void) {
    passwd_spectrum s = falling(60, 40000, 0.03);
    passwd_limit_options o;
    passwd_limit l;
    double start, took[3];
    int i, k;
    for (i = 0; i < 60; i++) s.data[i] = poisson(s.background[i]);
    for (k = 0; k < 3; k++) {
        memset(&o, 0, sizeof o);
        o.normalisation = k == 1 ? 0.05 : 0;
        o.toys = k == 2 ? 1000 : -1;
        start = seconds();
        for (i = 0; i < (k == 2 ? 1 : 200); i++)
            if (passwd_limit_gaussian(&s, 400 + 10 * i, &o, &l, NULL, &e)) CHECK(!printf("%s\n", e.message));
        took[k] = (seconds() - start) / i;
    }
    printf("a limit in 60 bins: asymptotic %.3f ms, with an uncertain normalisation %.3f ms; 1,000 toys %.0f ms\n",
        1e3 * took[0], 1e3 * took[1], 1e3 * took[2]);
    CHECK_BELOW(took[0], 0.01);
    passwd_spectrum_free(&s);
}

int main(int argc, char **argv) {
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0; /* for sanitizers: without long statistics */
    test_spectrum();
    test_edges();
    test_spectrum_files();
    test_shared();
    test_kde();
    if (!quick) test_kde_statistics();
    test_kde_bad();
    test_dijet();
    test_discovery();
    test_profile();
    test_counting();
    test_toys_plainly();
    test_toy_poisson();
    if (!quick) {
        test_coverage();
        test_injection();
    }
    test_limits_agree();
    test_limits_bad();
    test_any_limits();
    test_times();
    return finish();
}
