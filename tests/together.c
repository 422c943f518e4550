/* One p-value for hunts whose spectra share events: uniform without a signal, small with one; how many independent hunts they amount to. */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"

enum { EVENTS = 1200, SPECTRA = 6, BINS = 24, TOYS = 200 };
static passwd_error error;
static double mass[SPECTRA][EVENTS]; /* NaN: not in this spectrum */
static int64_t number[EVENTS], n_events;
static const double low = 100.0, high = 1100.0;

static double uniform(uint64_t seed, int64_t event, uint32_t what) { return passwd_random_uniform(seed, what, (uint32_t)event); }

/* Falling spectra of the same events: kind 0: all alike; 1: six disjoint sixths; 2: masses and parts of various overlap. */
static void make_events(int kind, uint64_t seed, double signal)
{
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
            if (kind == 2 && k >= 3) x = low - 250.0 * log(1.0 - uniform(seed, e, 2) * (1.0 - exp(-4.0))); /* another pair of the event */
            if (kind == 2 && k % 3) in = part < (k % 3 == 1 ? 0.3 : 0.1) || e < signal;
            mass[k][e] = in ? x : (double)NAN;
        }
    }
}
static double part_of(int kind, int k) { return kind == 1 ? 1.0 / 6.0 : kind == 2 && k % 3 ? (k % 3 == 1 ? 0.3 : 0.1) : 1.0; }
static passwd_together search(int kind, uint64_t seed, double signal, int64_t toys, int best_bin[2])
{
    static double t[SPECTRA][2000];
    const double *all[SPECTRA];
    passwd_hunt_result r[SPECTRA];
    passwd_together together;
    passwd_hunt_events events;
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
        CHECK_OK(passwd_spectrum_new(&h, BINS, edges, NULL, &error), error);
        passwd_spectrum_fill(&h, mass[k], NULL, n_events);
        for (i = 0; i < BINS; i++)
            h.background[i] = EVENTS * 0.8 * part_of(kind, k) * (exp(-(edges[i] - low) / 250.0) - exp(-(edges[i + 1] - low) / 250.0)) / (1.0 - exp(-4.0));
        o.toys = toys;
        o.seed = seed + 77 * (uint64_t)k;
        o.width_max = 4;
        events.mass = mass[k];
        o.events = &events;
        o.threads = 2;
        CHECK_OK(passwd_hunt(&h, 1, &o, r + k, t[k], NULL, &error), error);
        all[k] = t[k];
        passwd_spectrum_free(&h);
    }
    CHECK_OK(passwd_hunts_together(r, all, SPECTRA, toys, &together, NULL, &error), error);
    if (best_bin) { best_bin[0] = together.best; best_bin[1] = (int)(0.5 * (r[together.best].window.low + r[together.best].window.high)); }
    return together;
}

static void test_trials(void)
{
    const passwd_together same = search(0, 3, 0.0, 2000, NULL), apart = search(1, 3, 0.0, 2000, NULL), mixed = search(2, 3, 0.0, 2000, NULL);
    printf("independent hunts that six amount to: all alike %.2f, disjoint %.2f, overlapping %.2f\n", same.trials, apart.trials, mixed.trials);
    CHECK(same.trials >= 1.0 && same.trials < 1.2); /* bins without data differ */
    CHECK(apart.trials > 4.5 && apart.trials <= 6.0);
    CHECK(mixed.trials > 3.0 && mixed.trials < apart.trials + 0.5);
}
/* Uniform without a signal, whatever the spectra have in common. */
static void test_uniform(int quick)
{
    const int experiments = quick ? 20 : 120;
    int kind, k;
    for (kind = 0; kind < 3; kind++) {
        double below[3] = { 0.0, 0.0, 0.0 };
        static const double parts[3] = { 0.05, 0.2, 0.5 };
        int i;
        for (k = 0; k < experiments; k++) {
            const double p = exp(search(kind, 1000 * (uint64_t)(kind + 1) + (uint64_t)k, 0.0, TOYS, NULL).log_p);
            for (i = 0; i < 3; i++) below[i] += p <= parts[i];
        }
        printf("spectra of kind %d: p below 0.05, 0.2, 0.5 in %.3f, %.3f, %.3f of %d experiments\n", kind, below[0] / experiments, below[1] / experiments, below[2] / experiments, experiments);
        for (i = 0; i < 3; i++) CHECK_BELOW(fabs(below[i] / experiments - parts[i]), 3.3 * sqrt(parts[i] * (1.0 - parts[i]) / experiments) + 0.005);
    }
}
static void test_signal(void)
{
    int best[2];
    const passwd_together r = search(2, 11, 40.0, 1000, best), again = search(2, 11, 40.0, 1000, best);
    printf("40 events: %.2f sigma global, spectrum %d at %d GeV\n", r.significance, best[0], best[1]);
    CHECK(r.significance > 4.0 && r.extrapolated && (best[0] == 1 || best[0] == 2) && abs(best[1] - 600) < 60);
    CHECK(memcmp(&r, &again, sizeof r) == 0);
    CHECK(r.log_p_low < r.log_p && r.log_p < r.log_p_high);
}
static void test_bad(void)
{
    passwd_hunt_result r;
    passwd_together t;
    const double none[2] = { 0.0, 0.0 }, *all[1], *missing[1] = { NULL };
    all[0] = none;
    memset(&r, 0, sizeof r);
    memset(&t, 7, sizeof t);
    CHECK(passwd_hunts_together(NULL, all, 1, 2, &t, NULL, &error) == PASSWD_ERROR_ARGUMENT && error.message[0]);
    CHECK(passwd_hunts_together(&r, all, 0, 2, &t, NULL, &error) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_hunts_together(&r, all, 1, 0, &t, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    r.log_p = NAN;
    CHECK(passwd_hunts_together(&r, missing, 1, 2, &t, NULL, &error) == PASSWD_OK && t.best == -1 && isnan(t.log_p));
    r.log_p = 0.0;
    CHECK(passwd_hunts_together(&r, all, 1, 2, &t, NULL, &error) == PASSWD_OK && t.best == 0 && t.log_p == 0.0);
}

int main(int argc, char **argv)
{
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    test_trials();
    test_uniform(quick);
    test_signal();
    test_bad();
    return finish();
}
