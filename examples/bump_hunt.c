/* A bump hunt: 50 bins of a falling mass spectrum with a bump at 1.1 TeV, or a CSV with the columns
   low,high,data,background.

   cc -O2 -I. examples/bump_hunt.c -o build/example_bump_hunt -lm && build/example_bump_hunt [SPECTRUM.csv] */
#define PASSWD_IMPLEMENTATION
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include <math.h>
#include <stdio.h>

enum { BINS = 50 };

static passwd_status built_in(passwd_spectrum *s, passwd_error *error) {
    double edges[BINS + 1];
    int i;
    for (i = 0; i <= BINS; i++) edges[i] = 500.0 + 30.0 * i;
    if (passwd_spectrum_new(BINS, edges, NULL, s, error)) return error->status;
    for (i = 0; i < BINS; i++) {
        const double away = (515.0 + 30.0 * i - 1100.0) / 40.0;
        s->background[i] = 3000.0 * exp(-0.1 * i);
        s->data[i] = floor(s->background[i] + 70.0 * exp(-0.5 * away * away) + 0.5);
    }
    return PASSWD_OK;
}

int main(int argc, char **argv) {
    passwd_spectrum spectrum = { 0 };
    passwd_hunt_options options = { 0 };
    passwd_hunt_result r;
    passwd_error error;
    int has_background = 1;

    options.toys = 20000;
    if ((argc > 1 ? passwd_spectrum_load(argv[1], NULL, &spectrum, &has_background, &error)
                  : built_in(&spectrum, &error))
        || passwd_hunt(&spectrum, 1, &options, &r, NULL, NULL, &error)) {
        fprintf(stderr, "%s%s\n", error.message, has_background ? "" : " The file has no column \"background\".");
        passwd_spectrum_free(&spectrum);
        return 1;
    }
    printf("window        %g to %g GeV: %g events, %.1f expected\n", r.window.low, r.window.high, r.window.data,
        r.window.background);
    printf("local p       %.3g (%.2f sigma)\n", exp(r.window.log_p), r.local_significance);
    printf("global p      %.3g, between %.3g and %.3g (%lld of %lld toys are above%s)\n", exp(r.log_p),
        exp(r.log_p_low), exp(r.log_p_high), (long long)r.above, (long long)r.toys,
        r.extrapolated ? "; extrapolated" : "");
    printf(
        "significance  %.2f sigma, between %.2f and %.2f\n", r.significance, r.significance_low, r.significance_high);
    passwd_spectrum_free(&spectrum);
    return 0;
}
