/* Training inside a program: a network with new parameters learns from background alone, and is saved for run.c. The
   500 steps only demonstrate the calls; they are too few for physics.

   cc -O2 -I. examples/train.c -o build/example_train -lm && build/example_train data/background.csv */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <stdio.h>

/* The library calls this after every step. A nonzero result stops the training. */
static int show(void *user, const passwd_progress *p) {
    (void)user;
    fprintf(stderr, "\rstep %lld of %lld   loss %8.3f ", (long long)p->step, (long long)p->steps, p->total);
    return 0;
}

int main(int argc, char **argv) {
    const char *csv = argc > 1 ? argv[1] : "data/background.csv";
    const char *weights = argc > 2 ? argv[2] : "build/trained.safetensors";
    passwd_abc_config config;
    passwd_train_options options = { 0 };
    passwd_train_report report = { 0 };
    passwd_events events = { 0 };
    passwd_abc *abc = NULL;
    passwd_error error;
    int failed = passwd_events_load(csv, NULL, NULL, &events, &error) || passwd_abc_preset("default", &config, &error);
    if (!failed) {
        config.steps = 500;
        options.seed = 1;
        options.progress = show; /* rate, batch and the rest come from the configuration */
        failed = passwd_abc_new(&config, options.seed, NULL, &abc, &error)
            || passwd_abc_train(abc, &events, &options, &report, NULL, &error) || passwd_abc_save(abc, weights, &error);
        fprintf(stderr, "\n");
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    else {
        printf("%lld events, %d epochs: loss %.3f, %.3f on events set aside\n", (long long)events.count, report.epochs,
            report.total, report.validation);
        if (report.warning[0]) printf("%s\n", report.warning);
    }
    passwd_abc_free(abc);
    passwd_events_free(&events);
    return failed ? 1 : 0;
}
