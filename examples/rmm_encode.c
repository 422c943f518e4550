/* Rapidity-mass matrices: one event made by hand, or event N of a CSV file with columns event,object,pt,eta,phi,m.

   cc -O2 -I. examples/rmm_encode.c -o build/example_rmm_encode -lm && build/example_rmm_encode [EVENTS.csv [N]] */
#define PASSWD_IMPLEMENTATION
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include <stdio.h>
#include <stdlib.h>

/* W -> mu nu with two jets and a b-jet; GeV and radians. Objects and missing energy are read where they are. */
typedef struct object {
    int32_t type; /* index into names */
    float pt, eta, phi, mass;
} object;
enum { OBJECTS = 4 };
static const char *const names[] = { "j", "b", "mu" }, *const missing[] = { "met" };
static const object objects[OBJECTS] = { { 0, 66.5f, 2.24f, 1.89f, 10.7f }, { 0, 53.5f, 2.45f, 3.06f, 8.4f },
    { 1, 74.2f, -0.36f, -1.37f, 13.9f }, { 2, 62.0f, -0.94f, -0.62f, 0.106f } };
static const float met_pt = 52.0f, met_phi = 0.67f;

int main(int argc, char **argv) {
    const int64_t place = argc > 2 ? atoi(argv[2]) : 0;
    static float matrix[PASSWD_RMM_OBJECTS * PASSWD_RMM_OBJECTS];
    double masses[PASSWD_RMM_MASSES];
    passwd_events loaded = { 0 };
    passwd_arrays event = { 0 }, met = { 0 };
    int32_t types[OBJECTS];
    passwd_rmm_layout layout;
    passwd_rmm_encoder encoder;
    passwd_rmm_dropped dropped = { 0, 0 };
    passwd_error error;
    char name[64];
    int row, column, k;

    int failed = passwd_rmm_layout_preset("search", &layout, &error);
    layout.sqrt_s = 13000.0;
    failed = failed || passwd_rmm_encoder_new(&layout, &encoder, &error)
        || (argc > 1 && passwd_events_load(argv[1], NULL, NULL, &loaded, &error));
    event.events = met.events = 1;
    event.rows = OBJECTS;
    event.pt = passwd_floats(&objects[0].pt, sizeof *objects);
    event.eta = passwd_floats(&objects[0].eta, sizeof *objects);
    event.phi = passwd_floats(&objects[0].phi, sizeof *objects);
    event.m = passwd_floats(&objects[0].mass, sizeof *objects);
    for (k = 0; k < OBJECTS; k++) types[k] = objects[k].type;
    event.type = types;
    event.types = names;
    event.n_types = 3;
    event.more = &met;
    met.rows = 1;
    met.pt = passwd_floats(&met_pt, 0);
    met.phi = passwd_floats(&met_phi, 0);
    met.types = missing;
    met.n_types = 1;
    if (!failed && argc > 1)
        failed = passwd_rmm_encode(&encoder, &loaded, place, 1, 1, matrix, &dropped, &error)
            || passwd_rmm_masses(&encoder, &loaded, place, 1, masses, &error);
    else if (!failed)
        failed = passwd_rmm_encode_arrays(&encoder, &event, 0, 1, 1, matrix, &dropped, &error)
            || passwd_rmm_masses_arrays(&encoder, &event, 0, 1, masses, &error);
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
