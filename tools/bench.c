/* Microseconds per event of PASSWD-ABC, for every instruction set, compared with the core's measured multiply-add peak.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tools/bench.c -o build/bench -lm && build/bench [WEIGHTS.safetensors
   [EVENTS.csv [SIMD]]] */
#define _POSIX_C_SOURCE 199309L
#include "../passwd.h"
#include "bench.h"
#ifdef _OPENMP
#include <omp.h>
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 1024, REPEATS = 9 };

typedef struct bench {
    const passwd_abc *abc;
    passwd_model *training;
    passwd_batch batch;
    float *outputs[32];
    passwd_workspace *work;
    float *gradient;
} bench;

/* Median microseconds per event of running the first `events` of the batch. */
static double time_run(bench *b, int64_t events) {
    const int loops = events < 64 ? 20 : 1;
    double t[REPEATS];
    int k, i;
    passwd_batch part = b->batch;
    part.events = events;
    for (k = 0; k < REPEATS; k++) {
        const double start = now();
        for (i = 0; i < loops; i++) passwd_run(passwd_abc_model(b->abc), b->work, &part, b->outputs, NULL);
        t[k] = (now() - start) / (double)(events * loops) * 1e6;
    }
    return median_of(t, REPEATS);
}
static double time_training(bench *b) {
    passwd_loss_options o;
    double t[REPEATS], terms[32];
    int k;
    memset(&o, 0, sizeof o);
    o.training = 1;
    for (k = 0; k < REPEATS; k++) {
        const double start = now();
        o.step = k;
        passwd_losses(b->training, b->work, &b->batch, &o, terms, NULL, b->gradient, NULL);
        t[k] = (now() - start) / (double)b->batch.events * 1e6;
    }
    return median_of(t, REPEATS);
}

static int fail(const passwd_error *e) {
    fprintf(stderr, "bench: %s\n", e->message);
    return 1;
}
/* Microseconds for the best partition of an event: of events x 12 objects. */
static double time_partitions(const float *p4, const int32_t *objects, passwd_simd simd, int threads) {
    static signed char category[EVENTS * 12];
    const passwd_abc_partition all = { EVENTS, 12, p4, objects, category, NULL, NULL };
    passwd_workspace_options o;
    double least = INFINITY;
    int k;
    memset(&o, 0, sizeof o);
    o.simd = simd;
    o.threads = threads;
    for (k = 0; k < REPEATS; k++) {
        const double start = now();
        if (passwd_abc_assign(NULL, PASSWD_ABC_EXACT, &o, &all, NULL)) return NAN;
        least = fmin(least, (now() - start) / EVENTS * 1e6);
    }
    return least;
}
/* Reads the file once: 0 as a whole, 1 in portions of 1,000 events, 2 only its bytes, looking for the ends of lines.
   Returns its size, or 0. */
static double read_once(const char *path, int how, passwd_error *e) {
    static char bytes[65536];
    passwd_event_reader *r = NULL;
    passwd_events v;
    double size = 0.0;
    volatile long lines = 0; /* which nobody asks for */
    size_t n;
    FILE *f = fopen(path, "rb");
    memset(&v, 0, sizeof v);
    while (f && how == 2 && (n = fread(bytes, 1, sizeof bytes, f)) > 0) {
        const char *p = bytes;
        for (; p && (p = (const char *)memchr(p, '\n', (size_t)(bytes + n - p))) != NULL; p++) lines++;
    }
    if (f && fseek(f, 0, SEEK_END) == 0) size = (double)ftell(f);
    if (f) fclose(f);
    if (how == 0 && passwd_events_load(path, NULL, NULL, &v, e)) size = 0.0;
    if (how == 1 && passwd_event_reader_open(path, NULL, NULL, &r, e)) size = 0.0;
    while (r && !passwd_events_read(r, &v, 1000, e) && v.count > 0) continue;
    passwd_event_reader_close(r);
    passwd_events_free(&v);
    return size;
}
static int time_reading(const char *path, passwd_error *e) {
    double rate[3] = { 0.0, 0.0, 0.0 };
    int how, k;
    for (k = 0; k < 5 * REPEATS; k++)
        for (how = 0; how < 3; how++) {
            const double start = now(), size = read_once(path, how, e);
            if (size == 0.0) return 0;
            rate[how] = fmax(rate[how], size / (now() - start) * 1e-6);
        }
    printf("reading CSV: %.0f MB/s into fresh memory, %.0f in portions; looking for its lines alone: %.0f\n", rate[0],
        rate[1], rate[2]);
    return 1;
}
int main(int argc, char **argv) {
    const char *weights = argc > 1 ? argv[1] : "data/abc.safetensors";
    const char *path = argc > 2 ? argv[2] : "data/background_test.csv";
    /* full: events of 12 jets, combined from these */
    static float x[EVENTS * 12 * 5], p4[EVENTS * 12 * 4], full_p4[EVENTS * 12 * 4];
    static float teacher[EVENTS * 12];
    static signed char best[EVENTS * 12];
    static int32_t objects[EVENTS], full[EVENTS];
    const float *inputs[3]; /* the third if the network was trained with it, else it is unused */
    passwd_abc_partition all;
    passwd_events events;
    passwd_abc *abc, *copy;
    passwd_error e;
    bench b;
    passwd_simd only = PASSWD_SIMD_AUTO;
    double flop, jets = 0.0;
    int64_t i, k, at = 0;
    int s, threads, most = 1;
    memset(&all, 0, sizeof all);
    memset(&events, 0, sizeof events);
    memset(&b, 0, sizeof b);
    if (argc > 3 && passwd_simd_parse(argv[3], &only, &e)) return fail(&e);
    if (passwd_abc_load(weights, NULL, &abc, &e) || passwd_abc_load(weights, NULL, &copy, &e)
        || passwd_events_load(path, NULL, NULL, &events, &e) || !time_reading(path, &e))
        return fail(&e);
    for (i = 0; i < EVENTS; i++) {
        const int64_t first = events.first[i % events.count], n = events.first[i % events.count + 1] - first;
        objects[i] = n > 12 ? 12 : (int32_t)n;
        jets += objects[i];
        for (k = 0; k < objects[i]; k++)
            passwd_abc_encode(events.pt[first + k], events.eta[first + k], events.phi[first + k], events.e[first + k],
                x + (i * 12 + k) * 5, p4 + (i * 12 + k) * 4);
    }
    for (i = 0; i < EVENTS; i++) full[i] = 12;
    while (at < EVENTS * 12)
        for (i = 0; i < EVENTS; i++)
            for (k = 0; k < objects[i] && at < EVENTS * 12; k++, at++)
                memcpy(full_p4 + at * 4, p4 + (i * 12 + k) * 4, 4 * sizeof(float));
    inputs[0] = x;
    inputs[1] = p4;
    inputs[2] = teacher;
    all.events = EVENTS;
    all.max_objects = 12;
    all.p4 = p4;
    all.objects = objects;
    all.category = best;
    if (passwd_abc_assign(passwd_abc_config_of(abc), PASSWD_ABC_EXACT, NULL, &all, &e)) return fail(&e);
    for (i = 0; i < EVENTS * 12; i++) teacher[i] = (float)best[i];
    b.abc = abc;
    b.training = passwd_abc_model(copy);
    b.batch.events = EVENTS;
    b.batch.inputs = inputs;
    b.batch.objects = objects;
    for (k = 0; k < passwd_output_count(passwd_abc_model(abc)); k++)
        b.outputs[k] = (float *)malloc(EVENTS * passwd_output_size(passwd_abc_model(abc), (int)k) * sizeof(float));
    b.gradient = (float *)malloc(passwd_parameter_floats(b.training) * sizeof(float));
    flop = 2.0 * passwd_model_multiply_adds(passwd_abc_model(abc));
#ifdef _OPENMP
    most = omp_get_max_threads();
#endif
    printf(
        "%.3f MFLOP per full event of 12 jets; these events have %.1f jets on average\n", flop * 1e-6, jets / EVENTS);
    printf("microseconds per event, and nominal work as a fraction of the core's peak\n");
    printf("%-8s %7s %9s %9s %6s %9s %6s %9s %6s %9s %6s %12s %8s\n", "", "threads", "peak", "run 1", "", "run 64", "",
        "run 1024", "", "train", "", "partitions", "12 jets");
    for (s = PASSWD_SIMD_SCALAR; s <= PASSWD_SIMD_NEON; s++) {
        double rate = 0.0;
        int k;
        if (!passwd_simd_available((passwd_simd)s) || (only && s != (int)only)) continue;
        for (k = 0; k < REPEATS; k++) rate = fmax(rate, peak((passwd_simd)s)); /* only the machine can make it slower */
        for (threads = 1; threads <= most; threads += most > 1 ? most - 1 : 1) {
            passwd_workspace_options o;
            double t[4];
            memset(&o, 0, sizeof o);
            o.simd = (passwd_simd)s;
            o.threads = threads;
            if (passwd_workspace_new(passwd_abc_model(abc), &o, &b.work, &e)) return fail(&e);
            t[0] = time_run(&b, 1);
            t[1] = time_run(&b, 64);
            t[2] = time_run(&b, EVENTS);
            passwd_workspace_free(b.work);
            o.losses = 1;
            if (passwd_workspace_new(b.training, &o, &b.work, &e)) return fail(&e);
            t[3] = time_training(&b);
            passwd_workspace_free(b.work);
            printf("%-8s %7d %9.1f", passwd_simd_name((passwd_simd)s), threads, rate);
            for (k = 0; k < 4; k++)
                printf(" %9.2f %5.0f%%", t[k], 100.0 * flop * (k == 3 ? 3.0 : 1.0) * 1e-3 / t[k] / rate / threads);
            printf(" %12.2f %8.2f\n", time_partitions(p4, objects, (passwd_simd)s, threads),
                time_partitions(full_p4, full, (passwd_simd)s, threads));
        }
    }
    return end_table();
}
