/* BumpHunter on planes: every window against a loop over its bins and sums of the binomial distribution, toys against
   the plain
   scan, a plane of one row against the spectrum, p-values of pseudo-experiments, signals found where they are, bad
   input.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/planes.c -o build/test_planes -lm && build/test_planes */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"

enum { COLUMNS = 9, ROWS = 7, CELLS = COLUMNS * ROWS };
static passwd_error e;

/* --- helpers --- */

static passwd_hunt_options zeroed(void) {
    passwd_hunt_options o;
    memset(&o, 0, sizeof o);
    return o;
}
/* Every window of a plane; their number. */
static int64_t windows_of(const passwd_plane *p, const passwd_hunt_options *o, passwd_hunt_window *w, int64_t room) {
    passwdi_hunt_plan plan;
    passwdi_hunt_sum *sums;
    int64_t k, count;
    if (!CHECK_OK(passwdi_hunt_plan_new(&plan, &p->cells, 1, p, o, NULL, &e), e)) return 0;
    count = plan.windows;
    sums = passwdi_hunt_data(&plan);
    CHECK(count <= room);
    for (k = 0; k < count; k++) passwdi_hunt_look(&plan, sums, k, w + k);
    passwdi_delete(NULL, sums);
    passwdi_hunt_plan_free(&plan);
    return count;
}
/* Edges of no two equal widths. */
static void plane_new(passwd_plane *p, int columns, int rows) {
    double x[64], y[64];
    int i;
    for (i = 0; i <= columns; i++) x[i] = 200.0 + 20.0 * i + i * i;
    for (i = 0; i <= rows; i++) y[i] = 50.0 + 30.0 * i + 0.5 * i * i;
    memset(p, 0, sizeof *p);
    CHECK_OK(passwd_plane_new(columns, x, rows, y, NULL, p, &e), e);
}
static double truth(int i, int columns, double first) {
    return first * exp(-0.25 * (i % columns) - 0.3 * (i / columns));
}
static double poisson(double mean, uint64_t seed, uint32_t stream, int i) {
    return passwdi_hunt_quantile(passwd_random_uniform(seed, stream, (uint32_t)i), mean);
}
/* Data and a sample `factor` times as large, of the same truth; background and uncertainty are the sample's. factor
   0: the truth. */
static void plane_throw(passwd_plane *p, double first, double factor, uint64_t seed) {
    passwd_plane sample;
    int i;
    plane_new(&sample, p->columns, p->rows);
    for (i = 0; i < p->cells.bins; i++) {
        const double mean = truth(i, p->columns, first);
        p->cells.data[i] = p->cells.variance[i] = poisson(mean, seed, 1, i);
        p->cells.background[i] = mean;
        p->cells.uncertainty[i] = 0.0;
        sample.cells.data[i] = sample.cells.variance[i] = poisson(mean * factor, seed, 2, i);
    }
    if (factor > 0.0) CHECK_OK(passwd_plane_background(p, &sample, 1.0 / factor, &e), e);
    passwd_plane_free(&sample);
}
static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
/* Probability of Kolmogorov's distance of n numbers from uniform ones. */
static double uniformity(double *p, int n) {
    double d = 0.0, x, sum = 0.0;
    int k;
    qsort(p, (size_t)n, sizeof *p, rising);
    for (k = 0; k < n; k++) d = fmax(d, fmax((k + 1.0) / n - p[k], p[k] - (double)k / n));
    x = (sqrt((double)n) + 0.12 + 0.11 / sqrt((double)n)) * d;
    for (k = 1; k <= 100; k++) sum += (k % 2 ? 2.0 : -2.0) * exp(-2.0 * k * k * x * x);
    return x < 0.2 ? 1.0 : sum;
}

/* --- windows, by hand and slow --- */

/* ln P(at least n of n + m), each with odds w: terms of the binomial distribution one by one. */
static double binomial_by_sum(double n, double m, double w) {
    const long double q = w / (1.0L + w);
    long double log_term = n * logl(q) + m * log1pl(-q), term = 1.0L, sum = 1.0L;
    double k;
    for (k = 1.0; k <= m; k += 1.0) log_term += logl((n + k) / k);
    for (k = n + 1.0; k <= n + m; k += 1.0) { /* upwards from n of n + m */
        term *= (n + m - k + 1.0L) / k * q / (1.0L - q);
        sum += term;
    }
    return (double)(log_term + logl(sum));
}
static double poisson_by_sum(double n, double b, int deficit) {
    long double term = expl(-(long double)b), below = 0.0L, above = 0.0L;
    double k;
    for (k = 0.0; k < 2000.0; k += 1.0) {
        if (deficit ? k <= n : k < n) below += term;
        else above += term;
        term *= b / (k + 1.0L);
    }
    return (double)logl(deficit ? below : above);
}
static double window_by_hand(const passwd_plane *p, const passwd_hunt_options *o, const passwd_hunt_window *w) {
    double n = 0.0, b = 0.0, u = 0.0, all = 0.0, all_b = 0.0, m;
    int x, y;
    for (y = 0; y < p->rows; y++)
        for (x = 0; x < p->columns; x++) {
            const int i = y * p->columns + x;
            all += p->cells.data[i];
            all_b += p->cells.background[i];
            if (x < w->first || x >= w->first + w->width || y < w->row || y >= w->row + w->rows) continue;
            n += p->cells.data[i];
            b += p->cells.background[i];
            u += p->cells.uncertainty[i] * p->cells.uncertainty[i];
        }
    m = u > 0.0 ? floor(b * b / u + 0.5) : 0.0; /* a sample of weight 1/factor: a whole number */
    if (o->sideband) b *= (all - n) / (all_b - b);
    CHECK(n == w->data);
    CHECK(fabs(b - w->background) <= 1e-13 * (1.0 + b));
    if (!(b > 0.0) || (o->deficit ? n >= b : n <= b)) return 0.0;
    if (u == 0.0) return poisson_by_sum(n, b, o->deficit);
    return o->deficit ? binomial_by_sum(m, n, m / b) : binomial_by_sum(n, m, b / m);
}
static void test_windows(void) {
    static passwd_hunt_window w[2000];
    passwd_plane p;
    int kind;
    plane_new(&p, COLUMNS, ROWS);
    for (kind = 0; kind < 8; kind++) {
        passwd_hunt_options o = zeroed();
        passwd_hunt_result r;
        int64_t count, k, seen = 0, expected = 0;
        double worst = 0.0, least = 0.0;
        int width, height;
        plane_throw(&p, kind < 6 ? 12.0 : 2.0, kind % 2 ? 4.0 : 0.0, 10 + (uint64_t)kind);
        o.deficit = kind / 2 == 1;
        o.sideband = kind / 2 == 2;
        o.width_max = 4;
        o.height_min = kind == 7 ? 2 : 1;
        o.height_max = 5;
        for (width = 1; width <= 4; width++)
            for (height = o.height_min; height <= 5; height++) expected += (COLUMNS - width + 1) * (ROWS - height + 1);
        count = windows_of(&p, &o, w, 2000);
        CHECK(count == expected);
        for (k = 0; k < count; k++) {
            const double by_hand = window_by_hand(&p, &o, w + k);
            CHECK(w[k].low == p.x[w[k].first] && w[k].high == p.x[w[k].first + w[k].width]);
            CHECK(w[k].bottom == p.y[w[k].row] && w[k].top == p.y[w[k].row + w[k].rows]);
            if (by_hand != 0.0) seen++;
            worst = fmax(worst, fabs(by_hand - w[k].log_p) / fmax(1e-3, fabs(by_hand)));
            least = fmin(least, by_hand);
        }
        CHECK(seen > 50);
        CHECK_BELOW(worst, 1e-10);
        CHECK_OK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e), e);
        CHECK(fabs(r.window.log_p - least) <= 1e-10 * fabs(least) && r.t == -r.window.log_p);
    }
    passwd_plane_free(&p);
}
/* Far tails and all sizes of samples: log p falls with n, and agrees with the sum. */
static void test_binomial(void) {
    static const double sample[] = { 0.0, 1.0, 3.0, 17.0, 200.0, 3000.0 }, weight[] = { 0.001, 0.05, 0.5, 1.0, 4.0 };
    double worst = 0.0, n;
    int i, k;
    for (i = 0; i < 6; i++)
        for (k = 0; k < 5; k++)
            for (n = floor(sample[i] * weight[k]) + 1.0; n < 3e3; n = floor(1.5 * n) + 1.0) {
                const double reference = binomial_by_sum(n, sample[i], weight[k]),
                             log_p = passwdi_hunt_log_binomial(n, sample[i], weight[k]);
                worst = fmax(worst, fabs(log_p - reference) / fmax(0.1, fabs(reference)));
                /* the bound that toys are passed over by */
                if (sample[i] > 0.0) {
                    const double b = sample[i] * weight[k], d = passwdi_hunt_deviance(n, b) / (1.0 + weight[k]);
                    CHECK(reference >= passwd_log_normal_above(sqrt(2.0 * d)) * (1.0 + 1e-9));
                }
            }
    CHECK_BELOW(worst, 1e-11);
}

/* --- toys --- */

/* A plane of one row is the spectrum: toy by toy; far tails are extrapolated. */
static void test_one_row(void) {
    static double toys[2][1000];
    double edges[31], one[2] = { 0.0, 1.0 }, worst = 0.0;
    passwd_plane p;
    passwd_spectrum s;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result a, b;
    int i, kind;
    for (i = 0; i <= 30; i++) edges[i] = 100.0 + 10.0 * i + i * i;
    memset(&p, 0, sizeof p);
    memset(&s, 0, sizeof s);
    CHECK_OK(passwd_plane_new(30, edges, 1, one, NULL, &p, &e), e);
    CHECK_OK(passwd_spectrum_new(30, edges, NULL, &s, &e), e);
    o.toys = 1000;
    for (kind = 0; kind < 5; kind++) {
        for (i = 0; i < 30; i++) {
            s.background[i] = p.cells.background[i] = 40.0 * exp(-0.15 * i);
            s.data[i] = p.cells.data[i] =
                poisson(s.background[i], 5, (uint32_t)kind, i) + (kind == 3 && i == 12 ? 40.0 : 0.0);
            s.variance[i] = p.cells.variance[i] = kind == 4 ? 2.5 * s.data[i] : 0.0;
        }
        o.deficit = kind == 1;
        o.sideband = kind == 2;
        CHECK_OK(passwd_hunt(&s, 1, &o, &a, toys[0], NULL, &e), e);
        CHECK_OK(passwd_plane_hunt(&p, &o, &b, toys[1], NULL, &e), e);
        for (i = 0; i < 1000; i++) worst = fmax(worst, fabs(toys[0][i] - toys[1][i]) / (1.0 + toys[0][i]));
        CHECK(a.above == b.above && (a.extrapolated == 2 || fabs(a.log_p - b.log_p) <= 1e-6));
        CHECK(a.extrapolated < 2 ? b.extrapolated == a.extrapolated : b.extrapolated == 1);
        CHECK_BELOW(fabs(a.t - b.t), 1e-10 * (1.0 + a.t));
        CHECK(a.window.first == b.window.first && a.window.width == b.window.width && a.window.data == b.window.data);
        CHECK(kind != 3 || a.extrapolated == 2);
        CHECK(a.window.rows == 1 && a.window.top == 0.0 && b.window.top == 1.0);
    }
    CHECK_BELOW(worst, 1e-10);
    passwd_plane_free(&p);
    passwd_spectrum_free(&s);
}
/* The largest -ln p of toy k over all windows, by looking at them all. */
static double toy_by_hand(const passwd_plane *p, const passwd_hunt_options *o, passwdi_hunt_plan *plan, int64_t toy) {
    enum { LANES = PASSWDI_HUNT_LANES };
    double *sums = (double *)calloc(3 * plan->table * LANES, sizeof *sums), least = 0.0;
    static passwd_hunt_window w[2000];
    passwd_plane copy;
    int64_t count, k;
    int i;
    plane_new(&copy, p->columns, p->rows);
    passwdi_hunt_throw(plan, o->seed, toy, 0.0, sums);
    for (i = 0; i < CELLS; i++) copy.cells.data[i] = copy.cells.variance[i] = sums[(i + 1) * LANES] - sums[i * LANES];
    passwdi_hunt_throw_sample(plan, o->seed, toy, sums);
    for (i = 0; i < CELLS; i++) {
        const double *squares = sums + plan->table * LANES;
        copy.cells.background[i] = sums[(i + 1) * LANES] - sums[i * LANES];
        copy.cells.uncertainty[i] = sqrt(squares[(i + 1) * LANES] - squares[i * LANES]);
    }
    count = windows_of(&copy, o, w, 2000);
    for (k = 0; k < count; k++) least = fmin(least, w[k].log_p);
    passwd_plane_free(&copy);
    free(sums);
    return -least;
}
static void test_toys(void) {
    static double t[2][64];
    int kind, k;
    for (kind = 0; kind < 5; kind++) {
        passwd_plane p;
        passwd_hunt_options o = zeroed();
        passwd_hunt_result r;
        passwdi_hunt_plan plan;
        plane_new(&p, COLUMNS, ROWS);
        plane_throw(&p, kind == 4 ? 1.0 : 20.0, kind ? 2.0 : 0.0, 30 + (uint64_t)kind);
        if (kind == 3)
            p.cells.background[0] = p.cells.data[0] = p.cells.variance[0] = 1e6,
            p.cells.uncertainty[0] = 2e3; /* no tables */
        o.deficit = kind == 1;
        o.sideband = kind == 2;
        o.toys = 64;
        o.seed = 9;
        o.threads = 2;
        CHECK_OK(passwd_plane_hunt(&p, &o, &r, t[0], NULL, &e), e);
        o.threads = 1;
        CHECK_OK(passwd_plane_hunt(&p, &o, &r, t[1], NULL, &e), e);
        CHECK(memcmp(t[0], t[1], sizeof t[0]) == 0);
        CHECK_OK(passwdi_hunt_plan_new(&plan, &p.cells, 1, &p, &o, NULL, &e), e);
        CHECK_OK(passwdi_hunt_plan_toys(&plan, &e), e);
        for (k = 0; k < 64; k++) CHECK(fabs(toy_by_hand(&p, &o, &plan, k) - t[0][k]) <= 1e-9 * (1.0 + t[0][k]));
        passwdi_hunt_plan_free(&plan);
        passwd_plane_free(&p);
    }
}
/* Bins of toys: data of mean and variance b, a sample of mean b and variance u^2. */
static void test_bins(void) {
    static const double b[] = { 0.2, 3.0, 40.0, 900.0, 2e4, 2e5 }, u[] = { 0.2, 2.0, 6.0, 300.0, 1000.0, 0.0 };
    enum { TOYS = 20000, LANES = PASSWDI_HUNT_LANES };
    double x[7], y[2] = { 0.0, 1.0 }, mean[2][6], square[2][6], *sums;
    passwd_plane p;
    passwd_hunt_options o = zeroed();
    passwdi_hunt_plan plan;
    int64_t toy;
    int i, which;
    memset(&p, 0, sizeof p);
    memset(mean, 0, sizeof mean);
    memset(square, 0, sizeof square);
    for (i = 0; i < 7; i++) x[i] = i;
    CHECK_OK(passwd_plane_new(6, x, 1, y, NULL, &p, &e), e);
    for (i = 0; i < 6; i++) p.cells.background[i] = b[i], p.cells.uncertainty[i] = u[i];
    CHECK_OK(passwdi_hunt_plan_new(&plan, &p.cells, 1, &p, &o, NULL, &e), e);
    CHECK_OK(passwdi_hunt_plan_toys(&plan, &e), e);
    sums = (double *)calloc(3 * plan.table * LANES, sizeof *sums);
    for (toy = 0; toy < TOYS; toy++) {
        passwdi_hunt_throw(&plan, 77, toy, 0.0, sums);
        passwdi_hunt_throw_sample(&plan, 77, toy, sums + plan.table * LANES);
        for (which = 0; which < 2; which++)
            for (i = 0; i < 6; i++) {
                const double *at = sums + plan.table * LANES * (size_t)which,
                             n = at[(i + 1) * LANES] - at[i * LANES] - b[i];
                mean[which][i] += n;
                square[which][i] += n * n;
            }
    }
    for (which = 0; which < 2; which++)
        for (i = 0; i < 6; i++) { /* four standard deviations */
            const double variance = which ? u[i] * u[i] : b[i], events = which ? b[i] * b[i] / variance : b[i];
            if (variance == 0.0) CHECK(square[1][i] <= 1e-20 * b[i] * b[i] * TOYS);
            else {
                CHECK_BELOW(fabs(mean[which][i] / TOYS), 4.0 * sqrt(variance / TOYS));
                CHECK_BELOW(fabs(square[which][i] / TOYS / variance - 1.0), 4.0 * sqrt((2.0 + 1.0 / events) / TOYS));
            }
        }
    free(sums);
    passwdi_hunt_plan_free(&plan);
    passwd_plane_free(&p);
}

/* --- what p-values are worth --- */

/* The p-value of the smaller of the two projections' p, as if they were independent; each a plane of one row. */
static double rival(const passwd_plane *p, const passwd_hunt_options *o) {
    const double one[2] = { 0.0, 1.0 };
    double log_p = 0.0;
    int axis, i;
    for (axis = 0; axis < 2; axis++) {
        passwd_plane side;
        passwd_hunt_result r;
        memset(&side, 0, sizeof side);
        CHECK_OK(passwd_plane_new(axis ? p->rows : p->columns, axis ? p->y : p->x, 1, one, NULL, &side, &e), e);
        for (i = 0; i < p->cells.bins; i++) {
            const int to = axis ? i / p->columns : i % p->columns;
            side.cells.data[to] += p->cells.data[i];
            side.cells.background[to] += p->cells.background[i];
            side.cells.uncertainty[to] = hypot(side.cells.uncertainty[to], p->cells.uncertainty[i]);
        }
        memcpy(side.cells.variance, side.cells.data, (size_t)side.cells.bins * sizeof(double));
        CHECK_OK(passwd_plane_hunt(&side, o, &r, NULL, NULL, &e), e);
        log_p = fmin(log_p, r.log_p);
        passwd_plane_free(&side);
    }
    return 1.0 - pow(1.0 - exp(log_p), 2.0);
}
/* Data and sample are both thrown anew each time: dense, and so sparse that most of the sample's bins are empty. */
static void test_uniform(void) {
    enum { EXPERIMENTS = 300 };
    static const double first[] = { 40.0, 1.5 }, factor[] = { 4.0, 10.0 };
    int kind, k;
    for (kind = 0; kind < 2; kind++) {
        double p[EXPERIMENTS], below[2] = { 0.0, 0.0 };
        passwd_plane plane;
        plane_new(&plane, COLUMNS, ROWS);
        for (k = 0; k < EXPERIMENTS; k++) {
            passwd_hunt_options o = zeroed();
            passwd_hunt_result r;
            plane_throw(&plane, first[kind], factor[kind], 1000 * (uint64_t)(kind + 1) + (uint64_t)k);
            o.toys = 200;
            o.seed = (uint64_t)k;
            CHECK_OK(passwd_plane_hunt(&plane, &o, &r, NULL, NULL, &e), e);
            p[k] = ((double)r.above + passwd_random_uniform(3, 4, (uint32_t)k)) / 201.0;
            /* of rank among toys and data */
            below[0] += p[k] < 0.05;
            below[1] += p[k] < 0.5;
        }
        printf("%s sample: p below 0.05: %.3f, below 0.5: %.3f, uniform with p = %.3f\n", kind ? "sparse" : "dense",
            below[0] / EXPERIMENTS, below[1] / EXPERIMENTS, uniformity(p, EXPERIMENTS));
        CHECK(uniformity(p, EXPERIMENTS) > 0.01);
        CHECK_BELOW(fabs(below[0] / EXPERIMENTS - 0.05), 3.5 * sqrt(0.05 * 0.95 / EXPERIMENTS));
        passwd_plane_free(&plane);
    }
}
/* A signal in a corner of both masses: found where it is, and more often than by the two projections. */
static void test_signal(void) {
    enum { EXPERIMENTS = 30, BINS = 12 };
    int k, found = 0, better = 0;
    for (k = 0; k < EXPERIMENTS; k++) {
        passwd_plane p;
        passwd_hunt_options o = zeroed();
        passwd_hunt_result r;
        double p_rival;
        plane_new(&p, BINS, BINS);
        plane_throw(&p, 60.0, 5.0, 500 + (uint64_t)k);
        p.cells.data[6 * BINS + 7] += poisson(8.0, 600 + (uint64_t)k, 1, 0);
        p.cells.data[6 * BINS + 8] += poisson(8.0, 600 + (uint64_t)k, 1, 1);
        memcpy(p.cells.variance, p.cells.data, (size_t)p.cells.bins * sizeof(double));
        o.toys = 300;
        CHECK_OK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e), e);
        p_rival = rival(&p, &o);
        found += r.window.row <= 6 && r.window.row + r.window.rows > 6 && r.window.first <= 8
            && r.window.first + r.window.width > 7 && r.window.rows * r.window.width <= 12;
        better += exp(r.log_p) < p_rival;
        passwd_plane_free(&p);
    }
    printf("signal: found at its place in %d of %d, a smaller p than the projections' in %d\n", found, EXPERIMENTS,
        better);
    CHECK(found >= 27);
    CHECK(better >= 25);
}

/* --- filling, bad input --- */

static void test_fill(void) {
    const double x[] = { 200.0, 221.0, 500.0, 1e9, NAN }, y[] = { 50.0, 80.5, 49.0, 60.0, 60.0 },
                 weight[] = { 1.0, 2.0, 4.0, 8.0, 16.0 };
    passwd_plane p, sample;
    int i;
    plane_new(&p, COLUMNS, ROWS);
    plane_new(&sample, COLUMNS, ROWS);
    passwd_plane_fill(&p, x, y, weight, 5);
    CHECK(p.cells.data[0] == 1.0 && p.cells.data[COLUMNS + 1] == 2.0 && p.cells.variance[COLUMNS + 1] == 4.0
        && p.cells.above == 12.0);
    for (i = 0; i < CELLS; i++) p.cells.background[i] = i;
    /* a background of the data themselves; of other bins; no scale; negative */
    memcpy(sample.cells.data, p.cells.data, CELLS * sizeof(double));
    CHECK(
        passwd_plane_background(&p, &p, 1.0, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "contains the signal"));
    CHECK(passwd_plane_background(&p, &sample, 0.5, &e) == PASSWD_ERROR_ARGUMENT && p.cells.background[5] == 5.0);
    sample.cells.data[3] = 7.0;
    CHECK(passwd_plane_background(&p, &sample, 0.0, &e) == PASSWD_ERROR_ARGUMENT);
    sample.cells.data[4] = -1.0;
    CHECK(passwd_plane_background(&p, &sample, 1.0, &e) == PASSWD_ERROR_NUMERIC);
    sample.x[0] -= 1.0;
    CHECK(passwd_plane_background(&p, &sample, 1.0, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "other bins"));
    passwd_plane_free(&sample);
    passwd_plane_free(&p);
}
/* Weighted events: effective counts take their scale from all around, and answers are sums of weights. */
static void test_weights(void) {
    passwd_plane p;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result plain, weighted;
    int i;
    plane_new(&p, COLUMNS, ROWS);
    plane_throw(&p, 20.0, 4.0, 3);
    CHECK_OK(passwd_plane_hunt(&p, &o, &plain, NULL, NULL, &e), e);
    for (i = 0; i < CELLS; i++) { /* all weights 0.25 */
        p.cells.data[i] *= 0.25;
        p.cells.variance[i] *= 0.0625;
        p.cells.background[i] *= 0.25;
        p.cells.uncertainty[i] *= 0.25;
    }
    CHECK_OK(passwd_plane_hunt(&p, &o, &weighted, NULL, NULL, &e), e);
    CHECK(fabs(weighted.t - plain.t) <= 1e-9 * plain.t && weighted.window.first == plain.window.first
        && weighted.window.row == plain.window.row);
    CHECK(fabs(weighted.window.data - 0.25 * plain.window.data) < 1e-9
        && fabs(weighted.window.background - 0.25 * plain.window.background) < 1e-9);
    passwd_plane_free(&p);
}
static void *scarce_allocate(void *user, size_t n) {
    int *left = (int *)user;
    return (*left)-- > 0 ? malloc(n) : NULL;
}
static void scarce_release(void *user, void *p) {
    (void)user;
    free(p);
}
static void test_bad(void) {
    const double up[] = { 0.0, 1.0, 2.0 }, down[] = { 0.0, 2.0, 1.0 };
    passwd_plane p, bad;
    passwd_hunt_options o = zeroed();
    passwd_hunt_result r;
    passwd_spectrum_events events;
    passwd_allocator scarce;
    int most, left, i;
    memset(&bad, 0, sizeof bad);
    memset(&events, 0, sizeof events);
    CHECK(passwd_plane_new(2, up, 2, up, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_plane_new(2, up, 0, up, NULL, &bad, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_plane_new(2, up, 2, down, NULL, &bad, &e) == PASSWD_ERROR_NUMERIC && !bad.x);
    CHECK(passwd_plane_hunt(&bad, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_plane_hunt(NULL, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    plane_new(&p, COLUMNS, ROWS);
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC); /* no background at all */
    plane_throw(&p, 20.0, 4.0, 8);
    o.height_max = ROWS + 1;
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    o.height_max = 1;
    o.height_min = 2;
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    o = zeroed();
    o.events = &events;
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "events"));
    o = zeroed();
    p.cells.fit.family = PASSWD_BACKGROUND_SEARCHED;
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    p.cells.fit.family = PASSWD_BACKGROUND_DIJET;
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    p.cells.fit.family = PASSWD_BACKGROUND_GIVEN;
    p.cells.uncertainty[10] = NAN;
    CHECK(passwd_plane_hunt(&p, &o, &r, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "(221, 80.5)"));
    for (i = 0; i < CELLS; i++) p.cells.uncertainty[i] = 0.0, p.cells.background[i] = fmax(p.cells.background[i], 0.25);
    p.cells.background[10] = 1.0;
    p.cells.data[10] = p.cells.variance[10] = 40.0;
    memset(&scarce, 0, sizeof scarce);
    scarce.allocate = scarce_allocate;
    scarce.release = scarce_release;
    scarce.user = &left;
    o.toys = 100;
    for (most = 0; most < 100; most++) {
        left = most;
        if (passwd_plane_hunt(&p, &o, &r, NULL, &scarce, &e) == PASSWD_OK) break;
        CHECK(strstr(e.message, "memory") != NULL);
    }
    CHECK(most > 5 && most < 40 && r.extrapolated == 1 && r.window.first == 1 && r.window.row == 1);
    passwd_plane_free(&p);
}

int main(void) {
    test_binomial();
    test_windows();
    test_one_row();
    test_toys();
    test_bins();
    test_uniform();
    test_signal();
    test_fill();
    test_weights();
    test_bad();
    return finish();
}
