/* Two networks in one process, as in a trigger: two threads share both, events come one at a time. The networks are
   const while they run; everything that changes is in jobs, one per thread and network. Nothing is allocated between
   two events.

   cc -O2 -I. examples/two_models.c -o build/example_two_models -lm -pthread
   build/example_two_models data/abc.safetensors */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { NETWORKS = 2, THREADS = 2 };

typedef struct worker {
    const passwd_events *events;
    int64_t from; /* this thread takes events from, from + THREADS, from + 2 THREADS, ... */
    passwd_abc_job *job[NETWORKS];
    double mean[NETWORKS], largest[NETWORKS]; /* microseconds per event */
    int failed;
    passwd_error error;
} worker;

static double microseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static void *work(void *user) {
    worker *w = user;
    passwd_abc_result result;
    int64_t k, count = 0;
    int n;
    for (k = w->from; k < w->events->count && !w->failed; k += THREADS, count++)
        for (n = 0; n < NETWORKS && !w->failed; n++) {
            const double start = microseconds();
            double spent;
            w->failed = passwd_abc_run(w->job[n], w->events, k, 1, &result, NULL, &w->error) != PASSWD_OK;
            spent = microseconds() - start;
            w->mean[n] += spent;
            if (spent > w->largest[n]) w->largest[n] = spent;
        }
    for (n = 0; n < NETWORKS; n++) w->mean[n] /= count > 0 ? (double)count : 1.0;
    return NULL;
}

int main(int argc, char **argv) {
    const char *weights = argc > 1 ? argv[1] : "data/abc.safetensors";
    const char *csv = argc > 2 ? argv[2] : "data/background_test.csv";
    static const char *const names[NETWORKS] = { "trained", "untrained letter" };
    passwd_abc *abc[NETWORKS] = { NULL, NULL };
    passwd_abc_config config;
    passwd_events events = { 0 };
    worker workers[THREADS] = { { 0 } };
    pthread_t threads[THREADS];
    passwd_error error;
    int t, n, started = 0;

    int failed = passwd_abc_load(weights, NULL, &abc[0], &error) || passwd_abc_preset("letter", &config, &error)
        || passwd_abc_new(&config, 1, NULL, &abc[1], &error) || passwd_events_load(csv, NULL, NULL, &events, &error);
    for (t = 0; t < THREADS && !failed; t++) {
        workers[t].events = &events;
        workers[t].from = t;
        for (n = 0; n < NETWORKS && !failed; n++)
            failed = passwd_abc_job_new(abc[n], NULL, &workers[t].job[n], &error) != PASSWD_OK;
    }
    for (t = 0; t < THREADS && !failed; t++) {
        failed = pthread_create(&threads[t], NULL, work, &workers[t]) != 0;
        if (failed) snprintf(error.message, sizeof error.message, "A thread could not be created.");
        else started++;
    }
    for (t = 0; t < started; t++) {
        pthread_join(threads[t], NULL);
        if (workers[t].failed) {
            failed = 1;
            error = workers[t].error;
        }
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    for (t = 0; t < THREADS && !failed; t++)
        for (n = 0; n < NETWORKS; n++)
            printf("thread %d, %-16s  %6.1f microseconds per event, %7.1f at most\n", t, names[n], workers[t].mean[n],
                workers[t].largest[n]);
    for (t = 0; t < THREADS; t++)
        for (n = 0; n < NETWORKS; n++) passwd_abc_job_free(workers[t].job[n]);
    for (n = 0; n < NETWORKS; n++) passwd_abc_free(abc[n]);
    passwd_events_free(&events);
    return failed ? 1 : 0;
}
