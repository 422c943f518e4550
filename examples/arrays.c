/* From a program's own jets to results, without files of events: an array of structs of floats is read in place. The
   job lives in the program's own memory, so that nothing is allocated once it exists. And the same jets as events, as
   if read from a file.

   cc -O2 -I. examples/arrays.c -o build/example_arrays -lm && build/example_arrays data/abc.safetensors */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct jet {
    float pt, eta, phi, mass;
} jet; /* GeV, none, radians, GeV */

static const jet jets[] = { { 612.4f, 0.31f, -1.02f, 71.2f }, { 540.1f, -0.44f, 2.25f, 58.9f },
    { 371.8f, 0.87f, 1.61f, 40.3f }, { 288.0f, -0.95f, -0.30f, 33.7f }, { 203.5f, 0.12f, -2.61f, 25.4f },
    { 154.9f, -1.40f, 0.72f, 19.8f }, { 421.0f, 0.02f, 0.55f, 50.1f }, { 398.2f, 0.64f, -2.50f, 44.6f },
    { 120.7f, -0.71f, 1.93f, 14.2f }, { 96.3f, 1.25f, -0.88f, 11.0f } };
static const int64_t first[] = { 0, 6, 10 }; /* the jets of event k are first[k] ... first[k + 1] - 1 */
enum { EVENTS = 2 };

int main(int argc, char **argv) {
    passwd_abc *abc = NULL;
    passwd_abc_job *job = NULL;
    passwd_arrays arrays = { 0 };
    passwd_abc_result results[EVENTS], again[EVENTS];
    passwd_workspace_options options = { 0 };
    passwd_events events = { 0 };
    passwd_error error;
    int64_t k, j;
    int failed;

    arrays.events = EVENTS;
    arrays.first = first;
    arrays.pt = passwd_floats(&jets[0].pt, sizeof *jets); /* 0 instead of the size: a separate array */
    arrays.eta = passwd_floats(&jets[0].eta, sizeof *jets);
    arrays.phi = passwd_floats(&jets[0].phi, sizeof *jets);
    arrays.m = passwd_floats(&jets[0].mass, sizeof *jets);

    failed = passwd_abc_load(argc > 1 ? argv[1] : "data/abc.safetensors", NULL, &abc, &error) != PASSWD_OK;
    if (!failed) {
        options.bytes = passwd_abc_job_size(abc, &options);
        options.buffer = malloc(options.bytes);
        failed = passwd_abc_job_new(abc, &options, &job, &error)
            || passwd_abc_run_arrays(job, &arrays, 0, EVENTS, results, NULL, &error)
            || passwd_events_add(&events, &arrays, &error)
            || passwd_abc_run(job, &events, 0, events.count, again, NULL, &error);
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    for (k = 0; k < EVENTS && !failed; k++) {
        const passwd_abc_layer_result *answer = &results[k].answer;
        printf("event %d: %.1f GeV, score %.3f, parents of the jets:", (int)k, (double)answer->mass_avg,
            (double)results[k].score);
        for (j = 0; j < first[k + 1] - first[k]; j++) printf(" %d", answer->category[j]);
        printf("\n");
    }
    if (!failed)
        printf("a job of %.1f MB; as events: %s\n", 1e-6 * (double)options.bytes,
            memcmp(results, again, sizeof results) ? "other answers" : "the same answers");
    passwd_abc_job_free(job);
    passwd_abc_free(abc);
    passwd_events_free(&events);
    free(options.buffer);
    return failed;
}
