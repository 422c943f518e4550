/* How the recurrent network sees a jet: alignment step by step, as four pictures jet_align_1.png ... jet_align_4.png.

   cc -O2 -I. examples/jet_align.c -o build/example_jet_align -lm
   build/example_jet_align [data/jets_top.csv [NUMBER]] */
#define PASSWD_NO_SIMD /* no network runs here */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include "../tools/plot.h"

enum { POINTS = 49 };

/* Circles whose areas are proportional to the constituents' pT. */
static void picture(const passwd_p4 *p, int count, const char *note, const char *path) {
    plot *picture = plot_new("#eta", "#phi");
    passwd_p4 jet = { 0, 0, 0, 0 };
    double far = 0.0, sum = 0.0, x, y, circle[2][POINTS];
    int i, k;
    for (i = 0; i < count; i++) {
        jet.e += p[i].e;
        jet.px += p[i].px;
        jet.py += p[i].py;
        jet.pz += p[i].pz;
        sum += passwd_p4_pt(p[i]);
    }
    x = passwd_p4_eta(jet);
    y = passwd_p4_phi(jet);
    for (i = 0; i < count; i++)
        if (passwd_p4_pt(p[i]) > 0.005 * sum)
            far = fmax(
                far, fmax(fabs(passwd_p4_eta(p[i]) - x), fabs(remainder(passwd_p4_phi(p[i]) - y, 6.283185307179586))));
    far *= 1.3;
    plot_size(picture, 720, 720);
    plot_range(picture, x - far, x + far, y - far, y + far);
    plot_label(picture, "One jet");
    plot_note(picture, note);
    for (i = 0; i < count; i++) {
        const double radius = 0.4 * far * sqrt(passwd_p4_pt(p[i]) / sum);
        const double eta = passwd_p4_eta(p[i]), phi = y + remainder(passwd_p4_phi(p[i]) - y, 6.283185307179586);
        plot_style style = { PLOT_BLUE, PLOT_SOLID, 2.0, 0 };
        for (k = 0; k < POINTS; k++) {
            circle[0][k] = eta + radius * cos(k * 6.283185307179586 / (POINTS - 1));
            circle[1][k] = phi + radius * sin(k * 6.283185307179586 / (POINTS - 1));
        }
        plot_line(picture, circle[0], circle[1], POINTS, "", style);
    }
    plot_vline(picture, x, (plot_style){ PLOT_GREY, PLOT_DOTTED, 0, 0 });
    plot_hline(picture, y, (plot_style){ PLOT_GREY, PLOT_DOTTED, 0, 0 });
    if (plot_write(picture, path) != 0) fprintf(stderr, "%s cannot be written.\n", path);
}

int main(int argc, char **argv) {
    static const char *const notes[] = { "scaled to mass 0.25 GeV", "then boosted to energy 1 GeV",
        "then rotated to #eta = #phi = 0", "then rotated about its axis, and mirrored" };
    const int64_t number = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
    passwd_p4 jet[PASSWD_MAX_CONSTITUENTS], aligned[PASSWD_MAX_CONSTITUENTS];
    passwd_event_options options = { 0 };
    passwd_alignment alignment;
    passwd_events jets = { 0 };
    passwd_error error;
    char path[32];
    int count;

    options.jets = 1;
    if (passwd_events_load(argc > 1 ? argv[1] : "data/jets_top.csv", &options, NULL, &jets, &error))
        return fprintf(stderr, "%s\n", error.message), 1;
    count = passwd_jet_constituents(&jets, number, jet, PASSWD_MAX_CONSTITUENTS);
    alignment.mass = 0.25;
    alignment.energy = 1.0;
    for (alignment.steps = 1; alignment.steps <= 4; alignment.steps++) {
        if (passwd_align_jet(jet, count, &alignment, aligned, &error)) return fprintf(stderr, "%s\n", error.message), 1;
        snprintf(path, sizeof path, "jet_align_%d.png", alignment.steps);
        picture(aligned, count, notes[alignment.steps - 1], path);
    }
    passwd_events_free(&jets);
    return 0;
}
