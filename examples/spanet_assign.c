/* Which jets belong to which top quark? One event from plain arrays, a trained network, and its result.

   cc -O2 -I. examples/spanet_assign.c -o build/example_spanet_assign -lm
   build/example_spanet_assign [data/spanet.safetensors] */
#define PASSWD_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include <stdio.h>

/* Seven jets of an all-hadronic top pair, in any order; GeV and radians. */
enum { JETS = 7 };
static double pt[JETS] = { 126.2, 92.8, 48.6, 31.1, 29.8, 26.1, 25.8 };
static double eta[JETS] = { 0.73, -0.53, 0.19, -0.35, -0.05, -0.32, 1.55 };
static double phi[JETS] = { -2.99, -0.81, 0.99, 2.29, -2.11, 0.61, 0.78 };
static double m[JETS] = { 19.1, 9.4, 9.8, 5.8, 4.1, 4.1, 4.5 };
static double btag[JETS] = { 1, 0, 1, 0, 0, 0, 0 };

int main(int argc, char **argv) {
    static double *columns[] = { NULL, btag }; /* no targets; tags */
    static int64_t first[] = { 0, JETS };      /* one event */
    passwd_spanet *net = NULL;
    passwd_spanet_job *job = NULL;
    passwd_spanet_answer answer;
    passwd_events event = { 0 };
    passwd_error error;
    int p, k;

    event.count = 1;
    event.objects = JETS;
    event.first = first;
    event.pt = pt;
    event.eta = eta;
    event.phi = phi;
    event.m = m;
    event.number = columns;
    event.n_numbers = 2;

    if (passwd_spanet_load(argc > 1 ? argv[1] : "data/spanet.safetensors", NULL, 0, NULL, &net, &error)
        || passwd_spanet_job_new(net, NULL, &job, &error)
        || passwd_spanet_run(job, &event, 0, 1, PASSWD_SPANET_JOINT, &answer, NULL, &error))
        fprintf(stderr, "%s\n", error.message);
    else
        for (p = 0; p < passwd_spanet_topology_of(net)->particles; p++) {
            const passwd_spanet_particle *particle = &passwd_spanet_topology_of(net)->particle[p];
            printf("%s: jets", particle->name);
            for (k = 0; k < particle->products; k++)
                printf(" %d (%s)", answer.particle[p].jet[k], particle->product[k]);
            printf(", mass %.1f GeV; probability %.2f, %.2f that all its jets are present\n", answer.particle[p].m,
                (double)answer.particle[p].probability, (double)answer.particle[p].detection);
        }
    passwd_spanet_job_free(job);
    passwd_spanet_free(net);
    return job ? 0 : 1;
}
