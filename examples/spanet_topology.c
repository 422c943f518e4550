/* Any topology: your own text and predefined ones make networks of random parameters, and each assigns the jets of one
   event.

   cc -O2 -I. examples/spanet_topology.c -o build/example_spanet_topology -lm && build/example_spanet_topology */
#define PASSWD_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include <math.h>
#include <stdio.h>

/* Only the W of the first top: its jets have the targets t1/q1 and t1/q2 in the events. */
static const char w_alone[] = "[SOURCE]\n"
                              "pt = log_normalize\n"
                              "eta = normalize\n"
                              "phi = normalize\n"
                              "m = log_normalize\n"
                              "[EVENT]\n"
                              "particles = (W)\n"
                              "[W]\n"
                              "jets = (q1, q2)\n"
                              "permutations = [(q1, q2)]\n"
                              "targets = (t1/q1, t1/q2)\n";

enum { JETS = 14 };
static double value[6][JETS], *columns[2] = { NULL, value[5] }; /* pt, eta, phi, m, e, btag */
static int32_t type[JETS];
static int64_t first[] = { 0, JETS };
static char j[] = "j", *types[] = { j };

static passwd_events random_event(void) {
    passwd_events v = { 0 };
    int k;
    for (k = 0; k < JETS; k++) {
        value[0][k] = 25.0 - 60.0 * log(passwd_random_uniform(1, 0, (uint32_t)k));
        value[1][k] = 5.0 * passwd_random_uniform(1, 1, (uint32_t)k) - 2.5;
        value[2][k] = 6.28 * passwd_random_uniform(1, 2, (uint32_t)k) - 3.14;
        value[3][k] = 0.1 * value[0][k];
        value[4][k] = sqrt(pow(value[3][k], 2) + pow(value[0][k] * cosh(value[1][k]), 2));
        value[5][k] = k % 3 == 0;
    }
    v.count = 1;
    v.objects = JETS;
    v.first = first;
    v.pt = value[0];
    v.eta = value[1];
    v.phi = value[2];
    v.m = value[3];
    v.e = value[4];
    v.type = type;
    v.type_names.name = types;
    v.type_names.count = 1;
    v.number = columns;
    v.n_numbers = 2;
    return v;
}
static passwd_status show(
    const char *name, const passwd_spanet_topology *t, const passwd_events *event, passwd_error *error) {
    passwd_spanet_config config;
    passwd_spanet_answer answer;
    passwd_spanet *net = NULL;
    passwd_spanet_job *job = NULL;
    int p, k;
    if (!passwd_spanet_preset("default", &config, error) && !passwd_spanet_new(&config, t, 1, NULL, &net, error)
        && !passwd_spanet_job_new(net, NULL, &job, error)
        && !passwd_spanet_run(job, event, 0, 1, PASSWD_SPANET_JOINT, &answer, NULL, error)) {
        error->status = PASSWD_OK;
        printf("%-8s %10.0f permutations of %d jets:", name, passwd_spanet_permutations(t, JETS), JETS);
        for (p = 0; p < t->particles; p++) {
            printf("  %s", t->particle[p].name);
            for (k = 0; k < t->particle[p].products; k++) printf(" %d", answer.particle[p].jet[k]);
        }
        printf("\n");
    }
    passwd_spanet_job_free(job);
    passwd_spanet_free(net);
    return error->status;
}

int main(void) {
    static const char *const ready[] = { "ttbar", "ttH", "tttt" };
    const passwd_events event = random_event();
    passwd_spanet_topology topology;
    passwd_error error;
    int k,
        failed = passwd_spanet_topology_parse(w_alone, sizeof w_alone - 1, "w_alone", NULL, &topology, &error)
        || show("W alone", &topology, &event, &error);
    for (k = 0; k < 3 && !failed; k++)
        failed =
            passwd_spanet_topology_preset(ready[k], &topology, &error) || show(ready[k], &topology, &event, &error);
    if (failed) fprintf(stderr, "%s\n", error.message);
    return failed;
}
