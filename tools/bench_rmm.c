/* Microseconds of every step of the search with rapidity-mass matrices, on one core: encoding, scoring, training, toys,
   limits.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tools/bench_rmm.c -o build/bench_rmm -lm && build/bench_rmm [EVENTS.csv] */
#define _POSIX_C_SOURCE 199309L
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "bench.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 9, EVENTS = 1024, EPOCHS = 8, BATCH = 256, BINS = 60, TOYS = 2000 };

typedef struct bench {
    passwd_events events;
    passwd_rmm *rmm;
    passwd_rmm_job *job;
    passwd_spectrum spectrum;
    passwd_hunt_options hunt;
    passwd_limit_options limit;
    const char *path;
    float *inputs;
    double *scores;
    passwd_error error;
} bench;
typedef passwd_status bench_step(bench *b);

/* median microseconds for one of the `count` items of a step */
static double show(bench *b, const char *what, bench_step *step, double count, const char *of) {
    double t[REPEATS], middle;
    int k;
    for (k = 0; k < REPEATS; k++) {
        const double start = now();
        if (step(b) != PASSWD_OK) {
            fprintf(stderr, "bench_rmm: %s\n", b->error.message);
            exit(1);
        }
        t[k] = (now() - start) / count * 1e6;
    }
    middle = median_of(t, REPEATS);
    printf("%-36s %10.2f us per %s\n", what, middle, of);
    fflush(stdout);
    return middle;
}

static passwd_status encode(bench *b) {
    passwd_rmm_encoder encoder;
    int64_t k;
    passwd_status s = passwd_rmm_encoder_new(&passwd_rmm_config_of(b->rmm)->layout, &encoder, &b->error);
    for (k = 0; s == PASSWD_OK && k + BATCH <= b->events.count; k += BATCH)
        s = passwd_rmm_encode(&encoder, &b->events, k, BATCH, 0, b->inputs, NULL, &b->error);
    return s;
}
static passwd_status read_file(bench *b) {
    passwd_events again;
    passwd_status s;
    memset(&again, 0, sizeof again);
    s = passwd_events_load(b->path, NULL, NULL, &again, &b->error);
    passwd_events_free(&again);
    return s;
}
static passwd_status score(bench *b) {
    return passwd_rmm_run(b->job, &b->events, 0, EVENTS, b->scores, NULL, &b->error);
}
static passwd_status train(bench *b) {
    passwd_train_options o;
    passwd_events part = b->events;
    part.count = EVENTS;
    memset(&o, 0, sizeof o);
    return passwd_rmm_train(b->rmm, &part, &o, NULL, NULL, &b->error);
}
static passwd_status hunt(bench *b) {
    passwd_hunt_result r;
    return passwd_hunt(&b->spectrum, 1, &b->hunt, &r, NULL, NULL, &b->error);
}
/* every window by its own tail probability: the cost of a toy without bounds */
static passwd_status hunt_plainly(bench *b) {
    double least = 0.0;
    int width, at, j;
    for (width = 1; width <= BINS / 2; width++)
        for (at = 0; at + width <= BINS; at++) {
            double n = 0.0, mean = 0.0, p;
            for (j = at; j < at + width; j++) {
                n += b->spectrum.data[j];
                mean += b->spectrum.background[j];
            }
            p = n > mean ? passwd_log_poisson_above(n, mean) : 0.0;
            if (p < least) least = p;
        }
    return least <= 0.0 ? PASSWD_OK : PASSWD_ERROR_NUMERIC;
}
static passwd_status limit(bench *b) {
    passwd_limit l;
    return passwd_limit_gaussian(&b->spectrum, 600.0, &b->limit, &l, NULL, &b->error);
}

int main(int argc, char **argv) {
    static bench b;
    passwd_rmm_config c;
    double edges[BINS + 1], most, work, t;
    int i;
    b.path = argc > 1 ? argv[1] : "data/lepton_background.csv";
    passwd_rmm_preset("search-autoencoder", &c, NULL);
    c.layout.sqrt_s = 13000.0;
    c.epochs = EPOCHS;
    c.validation = 0.0f;
    if (passwd_events_load(b.path, NULL, NULL, &b.events, &b.error) || passwd_rmm_new(&c, 1, NULL, &b.rmm, &b.error)
        || passwd_rmm_job_new(b.rmm, NULL, &b.job, &b.error)) {
        fprintf(stderr, "bench_rmm: %s\n", b.error.message);
        return 1;
    }
    if (b.events.count < EVENTS) {
        fprintf(stderr, "bench_rmm: %s has fewer than %d events\n", b.path, EVENTS);
        return 1;
    }
    b.inputs = (float *)malloc((size_t)BATCH * (size_t)passwd_rmm_inputs(&c.layout) * sizeof(float));
    b.scores = (double *)malloc(EVENTS * sizeof(double));
    show(&b, "read CSV", read_file, (double)b.events.count, "event");
    show(&b, "encode", encode, (double)(b.events.count / BATCH * BATCH), "event");
    most = peak(PASSWD_SIMD_AUTO);
    work = 2.0 * passwd_model_multiply_adds(passwd_rmm_model(b.rmm)) * 1e-3; /* nominal: columns of zeros are counted */
    t = show(&b, "score", score, EVENTS, "event");
    printf("%-36s %10.0f GFLOP/s nominal, %.0f %% of the peak of %.0f\n", "", work / t, 100.0 * work / t / most, most);
    t = show(&b, "train", train, EVENTS * EPOCHS, "event");
    work = 3.0 * work - 2e-3 * passwd_rmm_inputs(&c.layout) * c.widths[0]; /* no gradient of the inputs */
    printf("%-36s %10.0f GFLOP/s nominal, %.0f %% of the peak\n", "", work / t, 100.0 * work / t / most);

    for (i = 0; i <= BINS; i++) edges[i] = 100.0 + 20.0 * i;
    passwd_spectrum_new(BINS, edges, NULL, &b.spectrum, &b.error);
    for (i = 0; i < BINS; i++) {
        b.spectrum.background[i] = 4000.0 * exp(-i / 10.8);
        b.spectrum.data[i] = floor(b.spectrum.background[i] + sqrt(b.spectrum.background[i]) * (i * 7 % 5 - 2) * 0.5);
        b.spectrum.uncertainty[i] = 0.05 * b.spectrum.background[i];
    }
    b.hunt.toys = TOYS;
    t = show(&b, "BumpHunter, 60 bins, all windows", hunt, TOYS, "toy");
    printf("%-36s %10.1f times faster\n", "  than window by window",
        show(&b, "  window by window, no toy drawn", hunt_plainly, 1.0, "scan") / t);
    show(&b, "limit, asymptotic", limit, 1.0, "limit");
    b.limit.toys = 1000;
    show(&b, "limit, 1,000 toys", limit, 1.0, "limit");
    return end_table();
}
