/* A normalized autoencoder learns one table of numbers, and distinguishes others from it: areas under the ROC curve.

   cc -O2 -I. examples/jet_nae.c -o build/example_jet_nae -lm
   build/example_jet_nae [BACKGROUND.csv SIGNAL.csv ...]      default: top quarks, against QCD jets and dark quarks */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <stdio.h>

enum { FEATURES = 8 }; /* columns major, minor, ... : jets features computes such tables from constituents */

static void stop(const passwd_error *e) {
    fprintf(stderr, "%s\n", e->message);
    exit(1);
}
/* rows x FEATURES numbers of a file */
static double *read_table(const char *path, const char *const *names, int64_t *rows) {
    passwd_event_options options = { 0 };
    passwd_events events = { 0 };
    passwd_error error;
    double *table;
    int64_t k;
    int f;
    options.table = 1;
    options.numbers = names;
    options.n_numbers = FEATURES;
    if (passwd_events_load(path, &options, NULL, &events, &error)) stop(&error);
    table = (double *)malloc((size_t)events.count * FEATURES * sizeof *table);
    for (k = 0; table && k < events.count; k++)
        for (f = 0; f < FEATURES; f++) table[k * FEATURES + f] = events.number[f][k];
    *rows = table ? events.count : 0;
    passwd_events_free(&events);
    return table;
}
static int watch(void *user, const passwd_nae *nae, const passwd_nae_epoch *e) {
    (void)user;
    (void)nae;
    if (e->epoch % 10 == 0)
        printf("epoch %3d: E+ %.3f, E- %.3f, distance of samples and jets %.3f\n", e->epoch, e->validation, e->samples,
            e->distance);
    return 0;
}

int main(int argc, char **argv) {
    static const char *const usual[] = { "", "data/features_top.csv", "data/features_qcd.csv",
        "data/features_dark.csv" };
    const char *const *path = argc > 2 ? (const char *const *)argv : usual, *names[FEATURES];
    const int paths = argc > 2 ? argc : 4;
    passwd_train_report report;
    passwd_nae_config config;
    passwd_nae *nae;
    passwd_table sample;
    passwd_error error;
    double *table, *energy[2];
    int64_t rows, learnt, n, i, k;
    int p;

    for (k = 0; k < FEATURES; k++) names[k] = passwd_substructure_name((int)k);
    table = read_table(path[1], names, &rows);
    learnt = rows * 3 / 4; /* the others are for the comparison */
    if (passwd_nae_preset("cms", &config, &error)) stop(&error);
    config.batch = 64; /* the preset, for just these eight features, is for more jets */
    config.rate = 1e-3f;
    config.epochs = 200;
    memset(&sample, 0, sizeof sample);
    sample.rows = table;
    sample.count = learnt;
    sample.features = FEATURES;
    sample.names = names;
    if (passwd_nae_new(&config, 1, NULL, &nae, &error)
        || passwd_nae_train(nae, &sample, NULL, watch, NULL, &report, &error))
        stop(&error);
    printf("trained on %lld jets; %d epochs, the best was %d. %s\n", (long long)report.events, report.epochs,
        report.best_epoch, report.warning);

    energy[0] = (double *)malloc((size_t)(rows - learnt) * sizeof(double));
    if (passwd_nae_run(nae, NULL, table + learnt * FEATURES, rows - learnt, energy[0], NULL, &error)) stop(&error);
    for (p = 2; p < paths; p++, free(energy[1])) {
        double *signal = read_table(path[p], names, &n), above = 0.0;
        energy[1] = (double *)malloc((size_t)n * sizeof(double));
        if (passwd_nae_run(nae, NULL, signal, n, energy[1], NULL, &error)) stop(&error);
        for (i = 0; i < n; i++)
            for (k = 0; k < rows - learnt; k++)
                above += energy[1][i] > energy[0][k] ? 1.0 : energy[1][i] == energy[0][k] ? 0.5 : 0.0;
        printf("%-32s area under the curve %.3f\n", path[p], above / ((double)n * (double)(rows - learnt)));
        free(signal);
    }
    free(energy[0]);
    free(table);
    passwd_nae_free(nae);
    return 0;
}
