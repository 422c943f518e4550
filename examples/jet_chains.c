/* A normalized autoencoder in two dimensions, where it can be drawn: points on a ring, the energy that training makes
   of them, and Markov chains that run down the energy to the points. Writes jet_chains.png.

   cc -O2 -I. examples/jet_chains.c -o build/example_jet_chains -lm && build/example_jet_chains */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include "../tools/plot.h"

enum { POINTS = 3000, SHOWN = 300, GRID = 122, CHAINS = 12, STEPS = 40 };
#define RANGE 2.5

static void stop(const passwd_error *e) {
    fprintf(stderr, "%s\n", e->message);
    exit(1);
}

int main(void) {
    static double table[POINTS][2], grid[GRID * GRID][2], energy[GRID * GRID], line[CHAINS][2][STEPS + 1],
        shown[2][SHOWN];
    static const char *const names[] = { "x", "y" };
    passwd_workspace_options room = { 0 };
    passwd_train_report report;
    passwd_chain_options chain = { 0 };
    passwd_workspace *work = NULL;
    passwd_nae_config config;
    passwd_nae *nae;
    passwd_table sample;
    passwd_error error;
    plot *p;
    double at[2];
    float x[CHAINS][2];
    int i, k, s;

    for (k = 0; k < POINTS; k++) { /* three quarters of a ring */
        const double angle = 1.5 * 3.141592653589793 * passwd_random_uniform(1, 1, (uint32_t)k),
                     r = 1.4 + 0.08 * passwd_random_normal(1, 2, (uint32_t)k);
        table[k][0] = r * cos(angle);
        table[k][1] = r * sin(angle);
    }
    if (passwd_nae_preset("default", &config, &error)) stop(&error);
    config.features = 2;
    memset(&sample, 0, sizeof sample);
    sample.rows = table[0];
    sample.count = POINTS;
    sample.features = 2;
    sample.names = names;
    if (passwd_nae_new(&config, 1, NULL, &nae, &error)
        || passwd_nae_train(nae, &sample, NULL, NULL, NULL, &report, &error))
        stop(&error);
    printf("%d epochs, the best was %d. %s\n", report.epochs, report.best_epoch, report.warning);

    for (k = 0; k < GRID * GRID; k++) {
        grid[k][0] = RANGE * (2.0 * (k % GRID + 0.5) / GRID - 1.0);
        grid[k][1] = RANGE * (2.0 * (k / GRID + 0.5) / GRID - 1.0);
    }
    if (passwd_nae_run(nae, NULL, grid[0], GRID * GRID, energy, NULL, &error)) stop(&error);

    room.losses = 1;
    if (passwd_workspace_new(passwd_nae_model(nae), &room, &work, &error)) stop(&error);
    chain.steps = 1; /* one at a time, to be drawn */
    chain.step = 0.005f;
    chain.noise = 0.1f;
    chain.clip = 10.0f; /* where energies are steep */
    for (i = 0; i < CHAINS; i++) {
        for (k = 0; k < 2; k++) at[k] = 0.85 * RANGE * (k ? sin(0.5236 * i + 0.2) : cos(0.5236 * i + 0.2));
        passwd_nae_map(nae, at, x[i]);
    }
    for (s = 0; s <= STEPS; s++) {
        for (i = 0; i < CHAINS; i++) {
            passwd_nae_unmap(nae, x[i], at);
            for (k = 0; k < 2; k++) line[i][k][s] = at[k];
        }
        chain.seed = (uint64_t)s;
        if (passwd_chains_run(passwd_nae_model(nae), work, &chain, CHAINS, x[0], NULL, &error)) stop(&error);
    }

    p = plot_new("x", "y");
    plot_range(p, -RANGE, RANGE, -RANGE, RANGE);
    plot_label(p, "Normalized autoencoder");
    plot_image(p, energy, GRID, GRID, -RANGE, RANGE, -RANGE, RANGE, "E", 0.03, 300.0, 1);
    for (k = 0; k < SHOWN; k++) {
        shown[0][k] = table[k][0];
        shown[1][k] = table[k][1];
    }
    plot_points(p, shown[0], shown[1], NULL, SHOWN, "events", (plot_style){ PLOT_BLACK, PLOT_SOLID, 0, 1 });
    for (i = 0; i < CHAINS; i++)
        plot_line(p, line[i][0], line[i][1], STEPS + 1, i ? "" : "Markov chains",
            (plot_style){ PLOT_RED, PLOT_SOLID, 2.0, 0 });
    if (plot_write(p, "jet_chains.png") != 0) fprintf(stderr, "jet_chains.png cannot be written.\n");
    passwd_workspace_free(work);
    passwd_nae_free(nae);
    return 0;
}
