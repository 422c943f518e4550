/* A particle found in real collisions: the Z boson in pairs of muons (CMS open data of 2011, or any events with muons).
   The background is the smooth dijet function, fitted beside the peak; BumpHunter then finds where the data exceed it.

   cc -O2 -I. examples/z_boson.c -o z_boson -lm && ./z_boson cms_zmumu_2011.csv */
#define PASSWD_IMPLEMENTATION
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"

enum { BINS = 60 };

static int fail(const passwd_error *e) {
    fprintf(stderr, "%s\n", e->message);
    return 1;
}
int main(int argc, char **argv) {
    passwd_rmm_layout layout;
    passwd_rmm_encoder encoder;
    passwd_events events;
    passwd_spectrum spectrum;
    passwd_dijet_fit fit;
    passwd_hunt_options options;
    passwd_hunt_result bump;
    passwd_error error;
    double edges[BINS + 1], *mass;
    int k;
    memset(&layout, 0, sizeof layout);
    memset(&events, 0, sizeof events);
    memset(&spectrum, 0, sizeof spectrum);
    memset(&fit, 0, sizeof fit);
    memset(&options, 0, sizeof options);
    if (argc < 2) return fprintf(stderr, "z_boson EVENTS.csv\n"), 2;

    layout.types = layout.masses = 1; /* two muons and their mass */
    strcpy(layout.type[0], "mu");
    layout.most[0] = 2;
    layout.skip_others = 1;
    layout.sqrt_s = 7000.0;
    layout.c = 0.15;
    if (passwd_events_load(argv[1], NULL, NULL, &events, &error) || passwd_rmm_encoder_new(&layout, &encoder, &error))
        return fail(&error);
    mass = (double *)malloc((size_t)events.count * sizeof *mass);
    if (!mass || passwd_rmm_masses(&encoder, &events, 0, events.count, mass, &error)) return fail(&error);

    for (k = 0; k <= BINS; k++) edges[k] = 60.0 + k;
    if (passwd_spectrum_new(BINS, edges, NULL, &spectrum, &error)) return fail(&error);
    passwd_spectrum_fill(&spectrum, mass, NULL, events.count);
    fit.parameters = 3;
    if (passwd_background_dijet(&spectrum, layout.sqrt_s, 75.0, 105.0, &fit, &error)) return fail(&error);
    options.toys = 10000;
    if (passwd_hunt(&spectrum, 1, &options, &bump, NULL, NULL, &error)) return fail(&error);

    for (k = 0; k < BINS; k += 2) /* a picture for the terminal */
        printf("%4.0f %6.0f %7.1f %.*s\n", edges[k], spectrum.data[k] + spectrum.data[k + 1],
            spectrum.background[k] + spectrum.background[k + 1],
            (int)((spectrum.data[k] + spectrum.data[k + 1]) / 40.0),
            "############################################################");
    printf("window %.0f to %.0f GeV: %.0f events where %.1f are expected\n", bump.window.low, bump.window.high,
        bump.window.data, bump.window.background);
    printf("ln(local p) %.1f, local significance %.1f sigma; global %.1f sigma (%s %lld toys)\n", bump.window.log_p,
        bump.local_significance, bump.significance, bump.extrapolated ? "extrapolated from" : "from",
        (long long)bump.toys);
    free(mass);
    passwd_spectrum_free(&spectrum);
    passwd_events_free(&events);
    return 0;
}
