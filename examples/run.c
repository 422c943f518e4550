/* The shortest run: a trained network, events from a CSV file, and the results for the first ten.

   cc -O2 -I. examples/run.c -o build/example_run -lm
   build/example_run data/abc.safetensors data/background_test.csv */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <stdio.h>

enum { SHOWN = 10 };

int main(int argc, char **argv) {
    const char *weights = argc > 1 ? argv[1] : "data/abc.safetensors";
    const char *csv = argc > 2 ? argv[2] : "data/background_test.csv";
    passwd_abc *abc = NULL;
    passwd_abc_job *job = NULL;
    passwd_events events = { 0 };
    passwd_abc_result results[SHOWN];
    passwd_error error;
    int64_t k, shown = 0;

    int failed = passwd_abc_load(weights, NULL, &abc, &error) || passwd_events_load(csv, NULL, NULL, &events, &error)
        || passwd_abc_job_new(abc, NULL, &job, &error);
    if (!failed) {
        shown = events.count < SHOWN ? events.count : SHOWN;
        failed = passwd_abc_run(job, &events, 0, shown, results, NULL, &error) != PASSWD_OK;
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    else {
        printf("event   mass / GeV    score   jets, hardest first: parent 0 or 1, ISR 2, not used -\n");
        for (k = 0; k < shown; k++) {
            const passwd_abc_layer_result *answer = &results[k].answer;
            const int64_t jets = events.first[k + 1] - events.first[k];
            int64_t j;
            printf("%5lld   %10.1f   %6.3f  ", (long long)events.id[k], (double)answer->mass_avg,
                (double)results[k].score);
            for (j = 0; j < jets && j < PASSWD_MAX_OBJECTS; j++)
                printf(" %c", answer->category[j] < 0 ? '-' : '0' + answer->category[j]);
            printf("\n");
        }
    }
    passwd_abc_job_free(job);
    passwd_events_free(&events);
    passwd_abc_free(abc);
    return failed ? 1 : 0;
}
