/* rmm_scan.h: the command rmm scan. Part of rmm.c. */
#ifndef RMM_SCAN_H
#define RMM_SCAN_H

/* The points of a scan with their results. */
typedef struct scanned {
    passwd_scan_options o;
    passwd_scan_point *at;
    int n;
    double *signals; /* rows of a shape that is not a Gaussian, else NULL */
    passwd_scan_result r;
} scanned;

static void scanned_free(scanned *c) {
    free(c->at);
    free(c->signals);
}
static int scan_options(const settings *s, const passwd_spectrum *h, scanned *c) {
    int k;
    memset(&c->o, 0, sizeof c->o);
    if (s->relative.count > PASSWD_SCAN_WIDTHS)
        return complain(
            USAGE, "there are %d widths, but a scan accepts at most %d", s->relative.count, PASSWD_SCAN_WIDTHS);
    c->o.widths = relative_widths(s);
    for (k = 0; k < c->o.widths; k++) c->o.width[k] = relative_width(s, k);
    c->o.resolution_a = resolution_of(s, 0);
    c->o.resolution_b = resolution_of(s, 1);
    mass_span(s, h, &c->o.low, &c->o.high);
    c->o.step = s->scan_step;
    c->o.systematics = s->systematics;
    c->o.seed = (uint64_t)s->seed;
    c->o.threads = s->threads;
    return OK;
}
/* Rows of a shape at masses one step of its sigma apart; with signals NULL their number. */
static int shape_rows(
    const settings *s, const shape *g, const passwd_spectrum *h, double *signals, passwd_scan_point *at) {
    double from, to, mass;
    int n = 0;
    mass_span(s, h, &from, &to);
    for (mass = from; mass <= to; mass += (s->scan_step > 0.0 ? s->scan_step : 0.5) * signal_sigma(s, g, mass, 0.0)) {
        if (mass > h->fit.blind_low && mass < h->fit.blind_high) continue;
        if (signals && signal_in(s, g, h, mass, 0.0, signals + n * h->bins)) return -1;
        if (at) {
            memset(at + n, 0, sizeof *at);
            at[n].mass = mass;
            at[n].sigma = signal_sigma(s, g, mass, 0.0);
        }
        if (++n > 10000) return complain(FAILED, "there are more than 10000 masses: give a larger --step"), -1;
    }
    return n;
}
/* Allocates the points and, for shapes, their rows. */
static int scan_prepare(const settings *s, const shape *g, const passwd_spectrum *h, scanned *c) {
    passwd_error error;
    memset(c, 0, sizeof *c);
    if (scan_options(s, h, c)) return USAGE;
    if (is_gaussian(g)) {
        passwd_scan_points points = { NULL, 0, 0 };
        if (passwd_scan(h, &c->o, &points, NULL, NULL, NULL, &error)) return failed(&error);
        c->n = points.count;
    } else {
        c->n = shape_rows(s, g, h, NULL, NULL);
        if (c->n < 0) return FAILED;
        c->signals = (double *)malloc(((size_t)c->n * (size_t)h->bins + 1) * sizeof *c->signals);
        if (!c->signals) return complain(FAILED, "there is not enough memory for %d signals", c->n);
    }
    c->at = (passwd_scan_point *)calloc((size_t)c->n + 1, sizeof *c->at);
    if (!c->at) return complain(FAILED, "there is not enough memory for %d masses", c->n);
    if (c->n < 1) return complain(FAILED, "there is no mass to scan");
    return c->signals && shape_rows(s, g, h, c->signals, c->at) < 0 ? FAILED : OK;
}
static passwd_status scan_run(const passwd_spectrum *h, scanned *c, double *toy_q, passwd_error *error) {
    passwd_scan_points points;
    passwd_scan_point *shaped;
    passwd_status status;
    int k;
    points.point = c->at;
    points.room = c->n;
    if (!c->signals) return passwd_scan(h, &c->o, &points, &c->r, toy_q, NULL, error);
    shaped = (passwd_scan_point *)malloc((size_t)c->n * sizeof *shaped);
    if (!shaped) return PASSWD_ERROR_MEMORY;
    points.point = shaped;
    c->o.signals = c->signals;
    c->o.shapes = c->n;
    status = passwd_scan(h, &c->o, &points, &c->r, toy_q, NULL, error);
    /* masses and widths are those requested */
    for (k = 0; k < c->n && (status == PASSWD_OK || status == PASSWD_STOPPED); k++) {
        shaped[k].mass = c->at[k].mass;
        shaped[k].sigma = c->at[k].sigma;
        c->at[k] = shaped[k];
    }
    if (status == PASSWD_OK || status == PASSWD_STOPPED) c->r.best = c->at[c->r.best_index];
    free(shaped);
    return status;
}

/* ---- reports */

static void scan_print(const spectra *x, const scanned *c) {
    const passwd_scan_result *r = &c->r;
    char a[32], b[32], d[32], good[64];
    table t = { NULL, 0, 0, 0, "" };
    const int step = 1 + (c->n - 1) / 60;
    int k;
    print_spectra(x);
    if (step > 1) printf("%d masses, of which one in %d is shown; --out has all\n", c->n, step);
    table_row(&t,
        c->o.widths > 1 ? "mass|sigma|fitted events|+-|local p|local sigma|width"
                        : "mass|sigma|fitted events|+-|local p|local sigma|");
    for (k = 0; k < c->n; k++) {
        if (k % step && k != r->best_index) continue;
        z_text(b, c->at[k].significance);
        snprintf(d, sizeof d, "%g", c->at[k].width);
        table_row(&t, "%.5g|%.4g|%.4g|%.3g|%s|%s|%s", c->at[k].mass, c->at[k].sigma, c->at[k].fitted,
            c->at[k].fitted_error, p_text(a, c->at[k].log_p), b, c->o.widths > 1 ? d : "");
    }
    table_print(&t, 0, stdout);
    printf("%-13s %.5g GeV, sigma %.4g GeV, %.4g +- %.3g events\n", "best", r->best.mass, r->best.sigma, r->best.fitted,
        r->best.fitted_error);
    if (x->h->fit.parameters)
        printf("%-13s background and signal together: %s\n", "goodness", good_text(good, r->goodness));
    if (r->refused) {
        print_refusal(r->goodness);
        return;
    }
    printf("%-13s %s (%s sigma)\n", "local p", p_text(a, r->best.log_p), z_text(b, r->best.significance));
    if (!r->toys) return;
    printf("%-13s %s (68 %%: %s to %s), %s %lld toys, of which %lld reach that of the data\n", "global p",
        p_bound(a, r->log_p, r->log_p_high), p_text(b, r->log_p_low), p_text(d, r->log_p_high),
        r->extrapolated == 1  ? "by Gross and Vitells from"
            : r->extrapolated ? "extrapolated from"
                              : "from",
        (long long)r->toys, (long long)r->above);
    printf("%-13s %s sigma (68 %%: %s to %s)\n", "significance", z_text(a, r->significance),
        z_text(b, r->significance_low), z_text(d, r->significance_high));
    printf("%-13s %s from %.3g up-crossings of q0 = 1 per toy\n", "Gross-Vitells", p_text(a, r->log_p_crossings),
        r->crossings);
}
static int scan_json(const spectra *x, const scanned *c) {
    const passwd_scan_result *r = &c->r;
    passwd_json_writer w;
    int k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_spectrum(&w, x->h);
    put_json(&w, "best_mass", r->best.mass);
    put_json(&w, "best_width", r->best.width);
    put_json(&w, "log_local_p", r->best.log_p);
    put_json(&w, "local_significance", r->best.significance);
    put_count(&w, "toys", r->toys);
    put_count(&w, "toys_above", r->above);
    put_json(&w, "log_global_p", r->log_p);
    put_json(&w, "global_p", exp(r->log_p));
    put_json(&w, "significance", r->significance);
    put_json(&w, "significance_low", r->significance_low);
    put_json(&w, "significance_high", r->significance_high);
    put_json(&w, "crossings", r->crossings);
    put_json(&w, "log_global_p_crossings", r->log_p_crossings);
    put_json(&w, "goodness", r->goodness);
    passwd_json_key(&w, "refused");
    passwd_json_write_bool(&w, r->refused);
    put_array(&w, "points");
    for (k = 0; k < c->n; k++) {
        passwd_json_begin_object(&w);
        put_json(&w, "mass", c->at[k].mass);
        put_json(&w, "width", c->at[k].width);
        put_json(&w, "fitted", c->at[k].fitted);
        put_json(&w, "fitted_error", c->at[k].fitted_error);
        put_json(&w, "log_local_p", c->at[k].log_p);
        put_json(&w, "local_significance", c->at[k].significance);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int scan_csv(const settings *s, const scanned *c) {
    output to;
    int k;
    if (!output_open(&to, s->out)) return FAILED;
    fputs("mass,width,sigma,fitted,fitted_error,q0,log_local_p,local_significance\n", to.file);
    for (k = 0; k < c->n; k++) {
        const passwd_scan_point *p = c->at + k;
        fprintf(to.file, "%.9g", p->mass);
        put_number(to.file, p->width);
        put_number(to.file, p->sigma);
        put_number(to.file, p->fitted);
        put_number(to.file, p->fitted_error);
        put_number(to.file, p->q0);
        put_field(to.file, p->log_p);
        put_field(to.file, p->significance);
        fputc('\n', to.file);
    }
    return output_close(&to, 1) ? OK : FAILED;
}
/* Local p against mass, a line for each width. */
static int plot_scan(const settings *s, const passwd_spectrum *h, const scanned *c, const char *title) {
    double *x = (double *)malloc(4 * (size_t)c->n * sizeof *x), *y = x + 2 * c->n, least = 0.0;
    char name[128], a[48];
    int i, k, n, first, points;
    p_axis p;
    if (!x) return complain(FAILED, "there is not enough memory for a plot");
    for (k = 0; k < c->n; k++)
        if (isfinite(c->at[k].log_p)) least = fmin(least, c->at[k].log_p);
    p = p_plot(s, s->sqrt_s, h, title, least);
    if (c->r.refused) snprintf(name, sizeof name, "no function describes the data");
    else
        snprintf(name, sizeof name, c->r.toys ? "global p = %s" : "local p = %s",
            p_picture(a, c->r.toys ? c->r.log_p : c->r.best.log_p));
    plot_note(p.p, name);
    for (first = 0, i = 0; first < c->n; first += n, i++) {
        for (n = points = 0; first + n < c->n && c->at[first + n].width == c->at[first].width; n++) {
            const passwd_scan_point *at = c->at + first + n;
            if (n && at[-1].mass < h->fit.blind_high && at->mass >= h->fit.blind_high) { /* a gap */
                x[points] = at->mass;
                y[points++] = (double)NAN;
            }
            x[points] = at->mass;
            y[points++] = on_axis(&p, at->log_p);
        }
        snprintf(name, sizeof name, "Width %g %%", 100.0 * c->at[first].width);
        plot_line(p.p, x, y, points, c->o.widths > 1 ? name : "Observed", style_of(i, PLOT_SOLID));
    }
    free(x);
    return write_plot(p.p, s->plots, "scan.png");
}
static int scan_plots(const settings *s, const spectra *x, const scanned *c, const double *q) {
    char title[80], note[128], a[48];
    int status;
    spectrum_title(s, title);
    snprintf(note, sizeof note, c->r.refused ? "%.4g GeV" : "%.4g GeV: local p = %s", c->r.best.mass,
        p_picture(a, c->r.best.log_p));
    status = plot_spectrum(s, s->sqrt_s, x->h, NULL, title, note, s->plots, "spectrum.png");
    if (status == OK) status = plot_scan(s, x->h, c, title);
    if (status == OK && c->r.toys && !c->r.refused)
        status = plot_toys(s, q, c->r.toys, c->r.best.q0, c->r.log_p, c->r.significance, "Largest q_{0}", s->plots);
    return status;
}
static int command_scan(const settings *s) {
    spectra x;
    shape g;
    scanned c;
    toy_meter m;
    passwd_error error;
    passwd_status went;
    double *q = NULL;
    int status = check_hunt(s);
    if (status == OK) status = get_spectra(s, 1, &x);
    if (status != OK) return status;
    status = read_shape(s, &g);
    if (status == OK) status = check_masses(s, x.h);
    memset(&c, 0, sizeof c);
    if (status == OK) status = scan_prepare(s, &g, x.h, &c);
    m.from = 0.0;
    m.part = 1.0;
    m.text = "";
    m.meter = meter_new();
    c.o.toys = s->toys < 0 ? 1000 : s->toys;
    c.o.progress = on_toys;
    c.o.user = &m;
    if (status == OK && c.o.toys && !(q = (double *)malloc((size_t)c.o.toys * sizeof *q)))
        status = complain(FAILED, "there is not enough memory for toys");
    if (status == OK) {
        went = scan_run(x.h, &c, q, &error);
        if (went != PASSWD_OK && !(went == PASSWD_STOPPED && c.r.toys > 0)) status = failed(&error);
        else if (went == PASSWD_STOPPED)
            complain(OK, "stopped after %lld toys, which the results are based on", (long long)c.r.toys);
    }
    meter_clear();
    if (status == OK
        && c.r.best.significance
            > 3.0) /* text and plots show the background that is fitted without a signal, if there is one */
        status = fit_without(x.h, c.r.best.mass - 2.0 * c.r.best.sigma, c.r.best.mass + 2.0 * c.r.best.sigma);
    if (status == OK && s->json) status = scan_json(&x, &c);
    else if (status == OK) scan_print(&x, &c);
    if (status == OK && s->out) status = scan_csv(s, &c);
    if (status == OK && s->plots) status = scan_plots(s, &x, &c, q);
    if (status == OK && s->hepdata) status = hepdata_scan(s, &x, c.at, c.n, &c.r);
    spectra_free(&x);
    masses_free(&g.m);
    scanned_free(&c);
    free(q);
    return status;
}
#endif /* RMM_SCAN_H */
