/* One p-value for hunts whose spectra share events: uniform without a signal, small with one; how many independent
   hunts they amount to. */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"

static passwd_status scan(const passwd_spectrum *s, const passwd_scan_options *o, passwd_scan_point *points, int room,
    int *count, passwd_scan_result *result, double *toy_q, const passwd_allocator *a, passwd_error *error) {
    passwd_scan_points to = { points, room, 0 };
    const passwd_status status = passwd_scan(s, o, &to, result, toy_q, a, error);
    if (status == PASSWD_OK || status == PASSWD_STOPPED) *count = to.count;
    return status;
}

enum { EVENTS = 1200, SPECTRA = 6, BINS = 24, TOYS = 100 };
static passwd_error error;
static double mass[SPECTRA][EVENTS]; /* NaN: not in this spectrum */
static int64_t number[EVENTS], n_events;
static const double low = 100.0, high = 1100.0;

static double uniform(uint64_t seed, int64_t event, uint32_t what) {
    return passwd_random_uniform(seed, what, (uint32_t)event);
}

/* Falling spectra of the same events: kind 0: all alike; 1: six disjoint sixths; 2: masses and parts of various
   overlap. */
static void make_events(int kind, uint64_t seed, double signal) {
    int64_t e;
    int k;
    const double mean = EVENTS * 0.8;
    n_events = (int64_t)(mean + sqrt(mean) * passwd_random_normal(seed, 50, 1));
    if (n_events > EVENTS) n_events = EVENTS;
    for (e = 0; e < n_events; e++) {
        const double part = uniform(seed, e, 3);
        number[e] = e;
        double m = low - 250.0 * log(1.0 - uniform(seed, e, 1) * (1.0 - exp(-4.0)));
        if (e < signal) m = 600.0 + 12.0 * passwd_random_normal(seed, 7, (uint32_t)e);
        for (k = 0; k < SPECTRA; k++) {
            double x = m;
            int in = 1;
            if (kind == 1) in = part >= k / 6.0 && part < (k + 1) / 6.0;
            if (kind == 2 && k >= 3)
                x = low - 250.0 * log(1.0 - uniform(seed, e, 2) * (1.0 - exp(-4.0))); /* another pair of the event */
            if (kind == 2 && k % 3) in = part < (k % 3 == 1 ? 0.3 : 0.1) || e < signal;
            mass[k][e] = in ? x : (double)NAN;
        }
    }
}
static double part_of(int kind, int k) {
    return kind == 1 ? 1.0 / 6.0 : kind == 2 && k % 3 ? (k % 3 == 1 ? 0.3 : 0.1) : 1.0;
}
/* scanned: by q0 on a background that is fitted, instead of hunts on the true one */
static passwd_together search(int kind, int scanned, uint64_t seed, double signal, int64_t toys, int best[2]) {
    enum { POINTS = 200 };
    static double t[SPECTRA][2000];
    passwd_scan_point points[POINTS];
    int middle[SPECTRA];
    passwd_look looks[SPECTRA];
    passwd_scan_result q;
    passwd_together together;
    passwd_spectrum_events events;
    double edges[BINS + 1];
    int k, i;
    make_events(kind, seed, signal);
    memset(&events, 0, sizeof events);
    events.count = n_events;
    events.number = number;
    events.seed = seed + 1000000;
    for (i = 0; i <= BINS; i++) edges[i] = low + (high - low) * i / BINS;
    for (k = 0; k < SPECTRA; k++) {
        passwd_spectrum h;
        passwd_hunt_options o;
        memset(&h, 0, sizeof h);
        memset(&o, 0, sizeof o);
        CHECK_OK(passwd_spectrum_new(BINS, edges, NULL, &h, &error), error);
        passwd_spectrum_fill(&h, mass[k], NULL, n_events);
        for (i = 0; i < BINS; i++)
            h.background[i] = EVENTS * 0.8 * part_of(kind, k)
                * (exp(-(edges[i] - low) / 250.0) - exp(-(edges[i + 1] - low) / 250.0)) / (1.0 - exp(-4.0));
        o.toys = toys;
        o.seed = seed + 77 * (uint64_t)k;
        o.width_max = 4;
        events.mass = mass[k];
        o.events = &events;
        o.threads = 2;
        looks[k].toys = t[k];
        if (scanned) {
            passwd_background wanted;
            passwd_scan_options so;
            int n = 0;
            memset(&wanted, 0, sizeof wanted);
            wanted.family = PASSWD_BACKGROUND_EXPONENTIAL;
            wanted.least = 2;
            CHECK_OK(passwd_background_fit(&h, &wanted, &error), error);
            memset(&so, 0, sizeof so);
            so.toys = toys;
            so.seed = o.seed;
            so.threads = 2;
            so.step = 1.0;
            so.resolution_b = 0.05;
            so.events = &events;
            CHECK_OK(scan(&h, &so, NULL, 0, &n, NULL, NULL, NULL, &error), error);
            CHECK(n > 0 && n <= POINTS);
            CHECK_OK(scan(&h, &so, points, POINTS, &n, &q, t[k], NULL, &error), error);
            looks[k].statistic = q.best.q0;
            looks[k].log_p = q.log_p;
            looks[k].log_p_low = q.log_p_low;
            looks[k].log_p_high = q.log_p_high;
            middle[k] = (int)q.best.mass;
        } else {
            passwd_hunt_result r;
            CHECK_OK(passwd_hunt(&h, 1, &o, &r, t[k], NULL, &error), error);
            looks[k].statistic = r.t;
            looks[k].log_p = r.log_p;
            looks[k].log_p_low = r.log_p_low;
            looks[k].log_p_high = r.log_p_high;
            middle[k] = (int)(0.5 * (r.window.low + r.window.high));
        }
        passwd_spectrum_free(&h);
    }
    CHECK_OK(passwd_looks_together(looks, SPECTRA, toys, &together, NULL, &error), error);
    if (best) {
        best[0] = together.best;
        best[1] = middle[together.best];
    }
    return together;
}

static void test_trials(void) {
    const passwd_together same = search(0, 0, 3, 0.0, 2000, NULL), apart = search(1, 0, 3, 0.0, 2000, NULL),
                          mixed = search(2, 0, 3, 0.0, 2000, NULL);
    printf("independent hunts that six amount to: all alike %.2f, disjoint %.2f, overlapping %.2f\n", same.trials,
        apart.trials, mixed.trials);
    CHECK(same.trials >= 1.0 && same.trials < 1.2); /* bins without data differ */
    CHECK(apart.trials > 4.5 && apart.trials <= 6.0);
    CHECK(mixed.trials > 3.0 && mixed.trials < apart.trials + 0.5);
}
/* Uniform without a signal, whatever the spectra have in common; kind 3: spectra of kind 2, scanned. */
static void test_uniform(int quick) {
    static const double parts[3] = { 0.05, 0.2, 0.5 };
    int kind, k;
    for (kind = 0; kind < 4; kind++) {
        const int experiments = quick ? 10 : kind == 3 ? 20 : 60;
        double below[3] = { 0.0, 0.0, 0.0 };
        int i;
        for (k = 0; k < experiments; k++) {
            const double p = exp(search(kind < 3 ? kind : 2, kind == 3, 1000 * (uint64_t)(kind + 1) + (uint64_t)k, 0.0,
                kind == 3 ? 100 : TOYS, NULL)
                                     .log_p);
            for (i = 0; i < 3; i++) below[i] += p <= parts[i];
        }
        printf("spectra of kind %d: p below 0.05, 0.2, 0.5 in %.3f, %.3f, %.3f of %d experiments\n", kind,
            below[0] / experiments, below[1] / experiments, below[2] / experiments, experiments);
        for (i = 0; i < 3; i++)
            CHECK_BELOW(
                fabs(below[i] / experiments - parts[i]), 3.3 * sqrt(parts[i] * (1.0 - parts[i]) / experiments) + 0.005);
    }
}
static void test_signal(void) {
    int scanned;
    for (scanned = 0; scanned < 2; scanned++) {
        int best[2];
        const passwd_together r = search(2, scanned, 11, 40.0, 500, best),
                              again = search(2, scanned, 11, 40.0, 500, best);
        printf("40 events%s: %.2f sigma global, spectrum %d at %d GeV\n", scanned ? ", scanned" : "", r.significance,
            best[0], best[1]);
        CHECK(r.significance > 4.0 && r.extrapolated && (best[0] == 1 || best[0] == 2) && abs(best[1] - 600) < 60);
        CHECK(memcmp(&r, &again, sizeof r) == 0);
        CHECK(r.log_p_low < r.log_p && r.log_p < r.log_p_high);
    }
}
static void test_bad(void) {
    passwd_look look;
    passwd_together t;
    const double none[2] = { 0.0, 0.0 };
    memset(&look, 0, sizeof look);
    memset(&t, 7, sizeof t);
    CHECK(passwd_looks_together(NULL, 1, 2, &t, NULL, &error) == PASSWD_ERROR_ARGUMENT && error.message[0]);
    CHECK(passwd_looks_together(&look, 0, 2, &t, NULL, &error) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_looks_together(&look, 1, 0, &t, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_looks_together(&look, 1, 2, &t, NULL, &error) == PASSWD_OK && t.best == -1 && isnan(t.log_p));
    look.toys = none;
    look.log_p = NAN;
    CHECK(passwd_looks_together(&look, 1, 2, &t, NULL, &error) == PASSWD_OK && t.best == -1);
    look.log_p = 0.0;
    CHECK(passwd_looks_together(&look, 1, 2, &t, NULL, &error) == PASSWD_OK && t.best == 0 && t.log_p == 0.0);
}

int main(int argc, char **argv) {
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    test_trials();
    test_uniform(quick);
    test_signal();
    test_bad();
    return finish();
}
