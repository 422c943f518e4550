/* Which jets belong to which top quark? One event from plain arrays, a trained network, and its result.

   cc -O2 -I. examples/spanet_assign.c -o build/example_spanet_assign -lm
   build/example_spanet_assign [data/spanet.safetensors] */
#define PASSWD_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include <stdio.h>

/* Seven jets of an all-hadronic top pair, in any order; GeV and radians. */
enum { JETS = 7 };
static const float pt[JETS] = { 126.2f, 92.8f, 48.6f, 31.1f, 29.8f, 26.1f, 25.8f };
static const float eta[JETS] = { 0.73f, -0.53f, 0.19f, -0.35f, -0.05f, -0.32f, 1.55f };
static const float phi[JETS] = { -2.99f, -0.81f, 0.99f, 2.29f, -2.11f, 0.61f, 0.78f };
static const float m[JETS] = { 19.1f, 9.4f, 9.8f, 5.8f, 4.1f, 4.1f, 4.5f };
static const double btag[JETS] = { 1, 0, 1, 0, 0, 0, 0 };
static const char *const names[] = { "btag" }; /* what the topology of the network calls it */

int main(int argc, char **argv) {
    passwd_spanet *net = NULL;
    passwd_spanet_job *job = NULL;
    passwd_spanet_answer answer;
    passwd_arrays event = { 0 };
    passwd_column tags = passwd_doubles(btag, 0);
    passwd_error error;
    int32_t rows[PASSWD_MAX_OBJECTS]; /* places of the jets that the network took among those of the event */
    int p, k;

    event.events = 1;
    event.rows = JETS;
    event.pt = passwd_floats(pt, 0);
    event.eta = passwd_floats(eta, 0);
    event.phi = passwd_floats(phi, 0);
    event.m = passwd_floats(m, 0);
    event.number = &tags;
    event.names = names;
    event.n_numbers = 1;

    if (passwd_spanet_load(argc > 1 ? argv[1] : "data/spanet.safetensors", NULL, 0, NULL, &net, &error)
        || passwd_spanet_job_new(net, NULL, &job, &error)
        || passwd_spanet_run_arrays(job, &event, 0, 1, PASSWD_SPANET_JOINT, &answer, NULL, &error))
        fprintf(stderr, "%s\n", error.message);
    else if (passwd_spanet_jets_arrays(
                 passwd_spanet_topology_of(net), &event, 0, passwd_spanet_config_of(net)->max_jets, rows, NULL, NULL)
        > 0)
        for (p = 0; p < passwd_spanet_topology_of(net)->particles; p++) {
            const passwd_spanet_particle *particle = &passwd_spanet_topology_of(net)->particle[p];
            printf("%s: jets", particle->name);
            for (k = 0; k < particle->products; k++)
                printf(" %d (%s)", answer.particle[p].jet[k] < 0 ? -1 : (int)rows[(int)answer.particle[p].jet[k]],
                    particle->product[k]);
            printf(", mass %.1f GeV; probability %.2f, %.2f that all its jets are present\n", answer.particle[p].m,
                (double)answer.particle[p].probability, (double)answer.particle[p].detection);
        }
    passwd_spanet_job_free(job);
    passwd_spanet_free(net);
    return job ? 0 : 1;
}
