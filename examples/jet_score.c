/* Does a jet look like those the network was trained on? Scores of the first jets of a file by a recurrent autoencoder.
   Train weights with passwd_vrnn_train, or build/jets train --model vrnn.

   cc -O2 -I. examples/jet_score.c -o build/example_jet_score -lm
   build/example_jet_score WEIGHTS.safetensors [data/jets_top.csv] */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <stdio.h>

enum { JETS = 10 };

int main(int argc, char **argv) {
    passwd_event_options options = { 0 };
    passwd_vrnn_result results[JETS];
    passwd_substructure look;
    passwd_events jets = { 0 };
    passwd_vrnn *net = NULL;
    passwd_error error;
    int64_t k, n = 0;

    if (argc < 2) return fprintf(stderr, "jet_score WEIGHTS.safetensors [JETS.csv]\n"), 2;
    options.jets = 1; /* columns jet,pt,eta,phi: one row per constituent */
    if (passwd_vrnn_load(argv[1], NULL, &net, &error)
        || passwd_events_load(argc > 2 ? argv[2] : "data/jets_top.csv", &options, NULL, &jets, &error)
        || passwd_vrnn_run(net, NULL, &jets, 0, n = jets.count < JETS ? jets.count : JETS, results, &error)) {
        fprintf(stderr, "%s\n", error.message);
        n = -1;
    }
    for (k = 0; k < n; k++) {
        passwd_p4 p[PASSWD_MAX_CONSTITUENTS];
        if (passwd_substructure_of(p, passwd_jet_constituents(&jets, k, p, PASSWD_MAX_CONSTITUENTS), &look, &error))
            break;
        printf("jet %lld: pT %.0f GeV, mass %.0f GeV, %d constituents, tau3/tau2 %.2f; score %.3f\n",
            (long long)jets.id[k], look.pt, look.mass, look.constituents, look.tau2 > 0 ? look.tau3 / look.tau2 : 0.0,
            (double)results[k].score); /* 0.5: the mean of the training jets; 1: as different as possible */
    }
    passwd_events_free(&jets);
    passwd_vrnn_free(net);
    return n < 0;
}
