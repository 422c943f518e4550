/* rmm_signal.h: the signals of rmm limits, scan and check: a Gaussian, or the shape of a histogram or of simulated
   events, stretched to any mass. Part of rmm.c. */
#ifndef RMM_SIGNAL_H
#define RMM_SIGNAL_H

/* Masses with their weights; none: a Gaussian. */
typedef struct shape {
    mass_list m;
    double mass, spread;
} shape;

static int is_gaussian(const shape *g) { return g->m.count == 0; }
/* A histogram as points, evenly in each bin, so that it can be moved and need not have the bins of the data. */
static int shape_from_histogram(const char *file, mass_list *m) {
    enum { POINTS = 100 };
    passwd_spectrum h;
    passwd_error error;
    int i, k, good = 1;
    memset(&h, 0, sizeof h);
    if (passwd_spectrum_load(file, NULL, &h, NULL, &error)) return failed(&error);
    for (k = 0; k < h.bins && good; k++)
        for (i = 0; i < POINTS && good && h.data[k] != 0.0; i++)
            good = masses_add(m, h.edges[k] + (h.edges[k + 1] - h.edges[k]) * (i + 0.5) / POINTS, h.data[k] / POINTS);
    passwd_spectrum_free(&h);
    return good ? OK : FAILED;
}
static int read_shape(const settings *s, shape *g) {
    double sum = 0.0, mean = 0.0, square = 0.0;
    int64_t k;
    int status = OK;
    memset(g, 0, sizeof *g);
    if (!s->shape && !s->shape_events.count)
        return s->shape_mass > 0.0 ? complain(USAGE, "--signal-mass belongs to --signal-shape or --signal-events") : OK;
    if (s->shape && s->shape_events.count) return complain(USAGE, "give one of --signal-shape and --signal-events");
    if (s->relative.count) return complain(USAGE, "--width belongs to a Gaussian: a given shape has its own width");
    if (s->shape) status = shape_from_histogram(s->shape, &g->m);
    else status = read_masses(s, &s->shape_events, &g->m);
    for (k = 0; k < g->m.count; k++) {
        sum += g->m.weight[k];
        mean += g->m.weight[k] * g->m.mass[k];
        square += g->m.weight[k] * g->m.mass[k] * g->m.mass[k];
    }
    if (status == OK && !(sum > 0.0))
        status = complain(FAILED, "%s: the signal is empty", s->shape ? s->shape : s->shape_events.item[0]);
    if (status != OK) return status;
    mean /= sum;
    g->mass = s->shape_mass > 0.0 ? s->shape_mass : mean;
    g->spread = sqrt(fmax(square / sum - mean * mean, 0.0)) / g->mass;
    return OK;
}
/* sigma of the signal at a mass, GeV. */
static double signal_sigma(const settings *s, const shape *g, double mass, double width) {
    return is_gaussian(g) ? hypot(width * mass, sigma_at(s, mass)) : g->spread * mass;
}
/* The expectation of one event in the bins: h->bins numbers. */
static int signal_in(
    const settings *s, const shape *g, const passwd_spectrum *h, double mass, double width, double *signal) {
    passwd_error error;
    if (is_gaussian(g)) {
        passwd_limit_signal(h, mass, signal_sigma(s, g, mass, width), signal);
        return OK;
    }
    return passwd_limit_events(h, g->m.mass, g->m.weight, g->m.count, mass / g->mass, signal, &error) == PASSWD_OK
        ? OK
        : failed(&error);
}
/* The fraction of the signal's events in one of several spectra. */
static double share_of(const settings *s, const spectra *x, int k) {
    return s->shares.count ? s->shares.item[k] : 1.0 / x->count;
}
static int check_shares(const settings *s, const spectra *x) {
    if (s->shares.count && s->shares.count != x->count)
        return complain(USAGE, "there are %d --shares for %d spectra", s->shares.count, x->count);
    return OK;
}
/* The limit on a signal of one mass, in one spectrum or in all together. */
static passwd_status signal_limit(const settings *s, const shape *g, const spectra *x, double mass,
    const passwd_limit_options *o, passwd_limit *l, passwd_error *error) {
    const double *rows[MANY];
    double *signal, *at;
    passwd_status status;
    size_t all = 0;
    int i, k, good = OK;
    if (is_gaussian(g) && x->count == 1) return passwd_limit_gaussian(x->h, mass, o, l, NULL, error);
    for (k = 0; k < x->count; k++) all += (size_t)x->h[k].bins;
    at = signal = (double *)malloc(all * sizeof *signal);
    memset(error, 0, sizeof *error);
    snprintf(error->message, sizeof error->message, "the signal lies outside the spectrum");
    if (!signal) return PASSWD_ERROR_MEMORY;
    for (k = 0; k < x->count && good == OK; k++) {
        good = signal_in(s, g, x->h + k, mass, o->width, at);
        for (i = 0; i < x->h[k].bins; i++) at[i] *= x->count > 1 ? share_of(s, x, k) : 1.0;
        rows[k] = at;
        at += x->h[k].bins;
    }
    status = good != OK ? PASSWD_ERROR_NUMERIC
        : x->count == 1 ? passwd_limit_shape(x->h, signal, o, l, NULL, error)
                        : passwd_limit_channels(x->h, rows, x->count, o, l, NULL, error);
    free(signal);
    if (status == PASSWD_OK) {
        l->mass = mass;
        l->sigma = signal_sigma(s, g, mass, o->width);
    }
    return status;
}
/* The same for many limits: asymptotic, and with `toys` toys, fewer than the default 2000, where few events are
   expected. */
static passwd_status quick_limit(const settings *s, const shape *g, const spectra *x, double mass,
    passwd_limit_options o, int64_t toys, passwd_limit *l, passwd_error *error) {
    passwd_status status;
    o.toys = -1;
    status = signal_limit(s, g, x, mass, &o, l, error);
    o.toys = toys;
    return status == PASSWD_OK && l->few ? signal_limit(s, g, x, mass, &o, l, error) : status;
}
#endif
