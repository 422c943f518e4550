/* jets_density.h: jets density, networks against densities that are known. A part of jets.c. */
#ifndef JETS_DENSITY_H
#define JETS_DENSITY_H

enum { DENSITY_TRAIN = 8000, DENSITY_TEST = 4000, DENSITY_ALL = DENSITY_CELLS * DENSITY_CELLS };

/* Of one sample, over the seeds: divergence and area for the ring's hole of the normalized and the plain network. */
typedef struct density_result {
    int which;
    double divergence[64], hole[64], plain_hole[64], correlation[64], normal, radius_hole;
    double *truth, *found, *plain; /* grids; of the first seed */
} density_result;
typedef struct density_run {
    const settings *s;
    density_result *result;
    double *points, *energy; /* to train on, to judge, of the hole; their energies */
} density_run;

static double density_area(const double *inside, const double *hole) {
    column a, b;
    a.x = inside;
    b.x = hole;
    a.count = b.count = DENSITY_TEST;
    a.step = b.step = 1;
    return area_of(a, b);
}
/* What a plain normal distribution and the distance from the middle make of a sample. */
static void density_simple(density_run *d) {
    const double *test = d->points + 2 * DENSITY_TRAIN;
    double mean[2] = { 0.0, 0.0 }, square = 0.0, *q = d->energy;
    int k, f;
    for (k = 0; k < DENSITY_TRAIN; k++)
        for (f = 0; f < 2; f++) mean[f] += d->points[2 * k + f] / DENSITY_TRAIN;
    for (k = 0; k < DENSITY_TRAIN; k++)
        for (f = 0; f < 2; f++) square += pow(d->points[2 * k + f] - mean[f], 2.0) / (2 * DENSITY_TRAIN);
    for (k = 0; k < DENSITY_ALL; k++) {
        double x[2];
        density_cell(k, x);
        q[k] = exp(-0.5 * (pow(x[0] - mean[0], 2.0) + pow(x[1] - mean[1], 2.0)) / square);
    }
    density_normalise(q);
    d->result->normal = density_divergence(d->result->truth, q);
    for (k = 0; k < 2 * DENSITY_TEST; k++) q[k] = pow(test[2 * k] - mean[0], 2.0) + pow(test[2 * k + 1] - mean[1], 2.0);
    d->result->radius_hole = density_area(q, q + DENSITY_TEST);
}
static int density_train(density_run *d, int kind, int seed) {
    static const char *const column_names[2] = { "x", "y" };
    density_result *r = d->result;
    char label[80];
    sample on;
    names columns;
    passwd_train_report report;
    passwd_error error;
    passwd_status trained;
    recipe made;
    network net;
    trainer t;
    int k, status;
    settings of = *d->s;
    memset(&on, 0, sizeof on);
    memset(&t, 0, sizeof t);
    memset(&net, 0, sizeof net);
    if (kind == AE) { /* as it comes: settings are of the normalized one */
        of.preset = of.config = NULL;
        of.set.count = 0;
        of.epochs = 0;
    }
    columns.count = 0;
    for (k = 0; k < 2; k++) names_add(&columns, column_names[k]);
    status = recipe_make(&made, &of, kind, 2);
    if (kind == AE) made.nae.quantiles = 0; /* scaled alone, as a density has to be seen */
    if (status == OK) status = network_new(&net, &made, (uint64_t)(seed + 1));
    on.count = DENSITY_TRAIN;
    on.features = 2;
    on.rows = d->points;
    snprintf(label, sizeof label, "%s, %s, seed %d of %d: ", density_names[r->which], model_names[kind], seed + 1,
        seeds_of(d->s));
    t.net = &net;
    t.s = d->s;
    t.label = label;
    if (status == OK) {
        trained = train_network(&t, &on, &columns, (uint64_t)(seed + 1), &report, &error);
        if (trained != PASSWD_OK && report.stopped != 3)
            status = trained == PASSWD_STOPPED ? complain(FAILED, "interrupted") : failed(&error);
        else tell_trainer(&t, &report, "");
    }
    if (status == OK
        && (passwd_nae_run(net.nae, NULL, d->points + 2 * DENSITY_TRAIN, 2 * DENSITY_TEST, d->energy, NULL, &error)
            || density_of(net.nae, kind == NAE ? r->found : r->plain, &error)))
        status = failed(&error);
    if (status == OK) {
        (kind == NAE ? r->hole : r->plain_hole)[seed] = density_area(d->energy, d->energy + DENSITY_TEST);
        if (kind == NAE) r->divergence[seed] = density_divergence(r->truth, r->found);
    }
    trainer_free(&t);
    network_free(&net);
    return status;
}
static int density_sample(density_run *d, int which) {
    density_result *r = d->result;
    double *keep;
    int64_t k;
    int seed, status = OK;
    r->which = which;
    r->truth = (double *)malloc(4 * DENSITY_ALL * sizeof *keep);
    if (!r->truth) return complain(FAILED, "there is not enough memory for a grid");
    r->found = r->truth + DENSITY_ALL;
    r->plain = r->found + DENSITY_ALL;
    keep = r->plain + DENSITY_ALL;
    density_grid(which, r->truth);
    for (k = 0; k < DENSITY_TRAIN + DENSITY_TEST; k++) density_draw(which, 1u, k, d->points + 2 * k);
    for (k = 0; k < DENSITY_TEST; k++) density_draw_hole(1u, k, d->points + 2 * (DENSITY_TRAIN + DENSITY_TEST + k));
    density_simple(d);
    for (seed = 0; seed < seeds_of(d->s) && status == OK; seed++) {
        status = density_train(d, NAE, seed);
        if (status == OK && seed == 0) memcpy(keep, r->found, DENSITY_ALL * sizeof *keep);
        if (status == OK) status = density_train(d, AE, seed);
    }
    if (status == OK) memcpy(r->found, keep, DENSITY_ALL * sizeof *keep);
    return status;
}
/* Truth, network and plain autoencoder side by side, one sample above the other; each as high as its own truth. */
static int density_plot(const density_run *d, const density_result *r, int samples) {
    enum { WIDE = 3 * DENSITY_CELLS };
    static const char *const title[3] = { "truth", "exp(#minusE), normalized", "exp(#minusE), plain" };
    double *cell = (double *)malloc((size_t)samples * WIDE * DENSITY_CELLS * sizeof *cell);
    const double reach = density_reach;
    plot *p = plot_new("x", "y");
    int i, k, n;
    if (!cell) return complain(FAILED, "there is not enough memory for a plot");
    for (i = 0; i < samples; i++) {
        double most = 0.0;
        for (k = 0; k < DENSITY_ALL; k++) most = fmax(most, r[i].truth[k]);
        for (n = 0; n < 3; n++)
            for (k = 0; k < DENSITY_ALL; k++)
                cell[(i * DENSITY_CELLS + k / DENSITY_CELLS) * WIDE + n * DENSITY_CELLS + k % DENSITY_CELLS] =
                    fmin(1.0, r[i].truth[k + n * DENSITY_ALL] / most);
    }
    plot_size(p, 1200, 282 * samples + 165); /* as long in all directions */
    plot_label(p, d->s->label ? d->s->label : "");
    plot_image(p, cell, WIDE, samples * DENSITY_CELLS, -reach, 5.0 * reach, -reach, (2 * samples - 1) * reach,
        "Density / its largest in truth", 0.0, 1.0, 0);
    for (n = 0; n < 3; n++) plot_text(p, (2 * n + 0.92) * reach, (2 * samples - 1.12) * reach, title[n]);
    plot_range(p, -reach, 5.0 * reach, -reach, (2 * samples - 1) * reach);
    free(cell);
    return write_plot(p, d->s->plots, "density.png");
}
static int density_json(const density_run *d, const density_result *r, int samples) {
    passwd_json_writer w;
    int i, k, seed;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_array(&w);
    for (i = 0; i < samples; i++) {
        passwd_json_begin_object(&w);
        put_word(&w, "sample", density_names[r[i].which]);
        put_json(&w, "divergence_of_a_normal", r[i].normal);
        put_json(&w, "hole_radius", r[i].radius_hole);
        for (k = 0; k < 3; k++) {
            put_array(&w, k == 0 ? "divergence" : k == 1 ? "hole" : "hole_plain");
            for (seed = 0; seed < seeds_of(d->s); seed++)
                passwd_json_write_number(&w,
                    k == 0       ? r[i].divergence[seed]
                        : k == 1 ? r[i].hole[seed]
                                 : r[i].plain_hole[seed]);
            passwd_json_end_array(&w);
        }
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    return print_json_text(&w);
}
static void density_table(const density_run *d, const density_result *r, int samples) {
    grid *t = (grid *)calloc(1, sizeof *t);
    const int n = seeds_of(d->s);
    int i;
    if (!t) return;
    printf("%d points to train on, %d seed%s\n", DENSITY_TRAIN, n, n > 1 ? "s" : "");
    grid_row(t, "|KL of exp(-E)|of a normal|area for the hole|plain|radius");
    for (i = 0; i < samples; i++)
        grid_row(t, "%s|%.3f +- %.3f|%.3f|%.3f +- %.3f|%.3f +- %.3f|%.3f", density_names[r[i].which],
            mean_of(r[i].divergence, n), spread_of(r[i].divergence, n), r[i].normal, mean_of(r[i].hole, n),
            spread_of(r[i].hole, n), mean_of(r[i].plain_hole, n), spread_of(r[i].plain_hole, n), r[i].radius_hole);
    grid_print(t);
    free(t);
}
static int command_density(const settings *s) {
    enum { POINTS = DENSITY_TRAIN + 2 * DENSITY_TEST };
    density_run d;
    density_result *r = (density_result *)calloc(DENSITIES, sizeof *r);
    int i, n = 0, status = OK, first = 0, last = DENSITIES;
    memset(&d, 0, sizeof d);
    d.s = s;
    d.points = (double *)malloc((2 * POINTS + DENSITY_ALL) * sizeof *d.points);
    if (!r || !d.points) status = complain(FAILED, "there is not enough memory");
    d.energy = d.points + 2 * POINTS;
    if (s->which) {
        first = s->which - 1;
        last = s->which;
    }
    if (status == OK && s->plots) status = make_folder(s->plots);
    catch_interrupts();
    for (i = first; i < last && status == OK; i++) {
        d.result = r + n;
        status = density_sample(&d, i);
        n++;
    }
    if (status == OK && s->plots) status = density_plot(&d, r, n);
    if (status == OK) {
        if (s->json) status = density_json(&d, r, n);
        else density_table(&d, r, n);
    }
    for (i = 0; r && i < DENSITIES; i++) free(r[i].truth);
    free(r);
    free(d.points);
    return status;
}
#endif
