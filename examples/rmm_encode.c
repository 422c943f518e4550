/* Rapidity-mass matrices: one event made by hand, or event N of a CSV file with columns event,object,pt,eta,phi,m.

   cc -O2 -I. examples/rmm_encode.c -o build/example_rmm_encode -lm && build/example_rmm_encode [EVENTS.csv [N]] */
#define PASSWD_IMPLEMENTATION
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include <stdio.h>
#include <stdlib.h>

/* W -> mu nu with two jets and a b-jet; GeV and radians. An event needs no file: these arrays are what a reader would
   fill. */
enum { ROWS = 5 };
static char met[] = "met", jet[] = "j", b_jet[] = "b", muon[] = "mu";
static char *names[] = { met, jet, b_jet, muon };
static int32_t type[ROWS] = { 0, 1, 1, 2, 3 }; /* indices into names */
static double pt[ROWS] = { 52.0, 66.5, 53.5, 74.2, 62.0 };
static double eta[ROWS] = { 0.0, 2.24, 2.45, -0.36, -0.94 };
static double phi[ROWS] = { 0.67, 1.89, 3.06, -1.37, -0.62 };
static double mass[ROWS] = { 0.0, 10.7, 8.4, 13.9, 0.106 };
static int64_t first[] = { 0, ROWS };

static passwd_events by_hand(void) {
    passwd_events events = { 0 };
    events.count = 1;
    events.objects = ROWS;
    events.first = first;
    events.pt = pt;
    events.eta = eta;
    events.phi = phi;
    events.m = mass;
    events.type = type;
    events.type_names.name = names;
    events.type_names.count = 4;
    return events;
}

int main(int argc, char **argv) {
    const int64_t place = argc > 2 ? atoi(argv[2]) : 0;
    static float matrix[PASSWD_RMM_OBJECTS * PASSWD_RMM_OBJECTS];
    double masses[PASSWD_RMM_MASSES];
    passwd_events loaded = { 0 }, events;
    passwd_rmm_layout layout;
    passwd_rmm_encoder encoder;
    passwd_rmm_dropped dropped = { 0, 0 };
    passwd_error error;
    char name[64];
    int row, column, k;

    int failed = passwd_rmm_preset("search", &layout, &error);
    layout.sqrt_s = 13000.0;
    failed = failed || passwd_rmm_encoder_new(&encoder, &layout, &error)
        || (argc > 1 && passwd_events_load(argv[1], NULL, NULL, &loaded, &error));
    if (!failed) {
        events = argc > 1 ? loaded : by_hand();
        failed = passwd_rmm_encode(&encoder, &events, place, 1, 1, matrix, &dropped, &error)
            || passwd_rmm_masses(&encoder, &events, place, 1, masses, &error);
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    else {
        printf("%d x %d cells, of which %d are inputs of the network; nonzero cells:\n", encoder.objects,
            encoder.objects, encoder.inputs);
        for (row = 0; row < encoder.objects; row++)
            for (column = 0; column < encoder.objects; column++) {
                const double value = (double)matrix[row * encoder.objects + column];
                passwd_rmm_cell_name(&layout, row, column, name);
                if (value != 0.0) printf("%3d %3d  %-12s %.6f\n", row, column, name, value);
            }
        for (k = 0; k < layout.masses; k++) {
            passwd_rmm_mass_name(&layout, k, name);
            if (masses[k] == masses[k])
                printf("mass %-4s %8.2f GeV\n", name, masses[k]); /* NaN: an object is missing */
        }
        if (dropped.beyond) printf("%lld objects had no row left\n", (long long)dropped.beyond);
    }
    passwd_events_free(&loaded);
    return failed ? 1 : 0;
}
