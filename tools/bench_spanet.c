/* SPANet with the public code's options for tt (2.5 million parameters), on one core: microseconds per event for
   running, selecting and training, and fractions of this core's peak.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tools/bench_spanet.c -o build/bench_spanet -lm && build/bench_spanet
   [EVENTS.csv] */
#define _POSIX_C_SOURCE 199309L
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>

enum { REPEATS = 5, EVENTS = 256, STEPS = 4 };

typedef struct bench {
    passwd_events events;
    passwd_spanet *net;
    passwd_spanet_job *job;
    passwd_spanet_answer answers[EVENTS];
    passwd_spanet_selection selection;
    passwd_spanet_chi2 chi2;
    int exhaustive;
    passwd_error error;
} bench;
typedef passwd_status bench_step(bench *b);

static void stop(const bench *b) {
    fprintf(stderr, "bench_spanet: %s\n", b->error.message);
    exit(1);
}
/* Median microseconds per event; with `work` (million multiply-adds), the fraction of the peak measured just before and
   after, as other load on the machine affects both. */
static double show(bench *b, const char *what, bench_step *step, int times, double work) {
    double t[REPEATS], share[REPEATS], middle;
    int k;
    for (k = 0; k < REPEATS; k++) {
        const double before = peak(PASSWD_SIMD_AUTO), start = now();
        if (step(b) != PASSWD_OK) stop(b);
        t[k] = (now() - start) / (EVENTS * times) * 1e6;
        share[k] = 2.0 * work / t[k] * 1e3 / (0.5 * (before + peak(PASSWD_SIMD_AUTO))) * 100.0;
    }
    middle = median_of(t, REPEATS);
    printf("%-36s %10.1f us per event", what, middle);
    if (work > 0.0) printf("   %3.0f %% of the peak", median_of(share, REPEATS));
    printf("\n");
    fflush(stdout);
    return middle;
}
static passwd_status run(bench *b) {
    return passwd_spanet_run(b->job, &b->events, 0, EVENTS, b->selection, b->answers, NULL, &b->error);
}
static passwd_status train(bench *b) {
    return passwd_spanet_train(b->net, &b->events, 0, EVENTS, NULL, NULL, NULL, &b->error);
}
static passwd_status chi2(bench *b) {
    const passwd_spanet_chi2_options o = { 10, b->exhaustive, 0 };
    passwd_status s = PASSWD_OK;
    int k;
    for (k = 0; s == PASSWD_OK && k < EVENTS; k++)
        s = passwd_spanet_chi2_run(
            &b->chi2, passwd_spanet_topology_of(b->net), &b->events, k, &o, b->answers + k, NULL, &b->error);
    return s;
}

int main(int argc, char **argv) {
    static bench b;
    passwd_spanet_topology t;
    passwd_spanet_columns columns;
    passwd_spanet_config c;
    const char *path = argc > 1 ? argv[1] : "data/ttbar.csv";
    double work, rows = 0.0;
    int k;
    if (passwd_spanet_topology_preset("ttbar", &t, &b.error) || passwd_spanet_preset("public", &c, &b.error)) stop(&b);
    c.max_jets = 10;
    c.epochs = STEPS;
    c.batch_size = EVENTS;
    c.partial_events = 1;
    passwd_spanet_columns_of(&t, &columns);
    if (passwd_events_load(path, &columns.options, NULL, &b.events, &b.error)
        || passwd_spanet_new(&c, &t, 1, NULL, &b.net, &b.error) || passwd_spanet_job_new(b.net, NULL, &b.job, &b.error)
        || passwd_spanet_chi2_preset(&t, &b.chi2, &b.error))
        stop(&b);
    if (b.events.count < EVENTS) {
        fprintf(stderr, "bench_spanet: %s has fewer than %d events\n", path, EVENTS);
        return 1;
    }
    for (k = 0; k < EVENTS; k++)
        rows += (double)(b.events.first[k + 1] - b.events.first[k] + 1) / EVENTS; /* with the particle vector's */
    work = passwd_model_multiply_adds(passwd_spanet_model(b.net)) * 1e-6 * rows / (c.max_jets + 1);
    printf("%zu parameters, %.1f jets on average, %.1f million multiply-adds per event; peak %.0f GFLOP/s\n",
        passwd_parameter_floats(passwd_spanet_model(b.net)), rows - 1.0, work, peak(PASSWD_SIMD_AUTO));
    b.selection = PASSWD_SPANET_JOINT;
    show(&b, "run", run, 1, work);
    show(&b, "train", train, STEPS, 3.0 * work);
    show(&b, "chi-square", chi2, 1, 0.0);
    b.exhaustive = 1;
    show(&b, "chi-square, all permutations", chi2, 1, 0.0);
    return end_table();
}
