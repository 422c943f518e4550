/* exchange.h: results in the formats of others: HEPData YAML (https://hepdata-submission.readthedocs.io), and the whole
   model as a HistFactory workspace in pyhf's JSON (CERN-OPEN-2012-016, https://pyhf.readthedocs.io). Part of rmm.c. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

/* ------------------------------------------------------------------------------------------------------------------
   HEPData: submission.yaml and a file per table
   --------------------------------------------------------------------------------------------------------------- */

typedef struct hepdata {
    const settings *s;
    output list, table;
    char list_path[1024], table_path[1024];
} hepdata;

/* Text in quotes. */
static void yaml_text(FILE *to, const char *text) {
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') fputc('\\', to);
        fputc(*text, to);
    }
    fputc('"', to);
}
/* A number, or "-" if there is none. */
static void yaml_number(FILE *to, double value) {
    char text[32];
    passwd_format_number(text, value, 9);
    fputs(isfinite(value) ? text : "\"-\"", to);
}
static int hepdata_open(hepdata *d, const settings *s) {
    d->s = s;
    snprintf(d->list_path, sizeof d->list_path, "%s/submission.yaml", s->hepdata);
    if (!output_open(&d->list, d->list_path)) return FAILED;
    fputs("---\ncomment: \"Made by rmm; masses in GeV.\"\n", d->list.file);
    return OK;
}
static int hepdata_close(hepdata *d, int status) { return output_close(&d->list, status == OK) ? status : FAILED; }
/* Begins a table: its entry in submission.yaml and its file. */
static int table_begin(
    hepdata *d, const char *file, const char *name, const char *observable, const char *description) {
    FILE *to = d->list.file;
    fputs("---\nname: ", to);
    yaml_text(to, name);
    fputs("\ndescription: ", to);
    yaml_text(to, description);
    fprintf(to, "\nkeywords:\n- {name: reactions, values: [\"P P --> X\"]}\n- {name: observables, values: [\"%s\"]}\n",
        observable);
    if (d->s->sqrt_s > 0.0) {
        fputs("- {name: cmenergies, values: [", to);
        yaml_number(to, d->s->sqrt_s);
        fputs("]}\n", to);
    }
    fprintf(to, "data_file: %s\n", file);
    snprintf(d->table_path, sizeof d->table_path, "%s/%s", d->s->hepdata, file);
    return output_open(&d->table, d->table_path) ? OK : FAILED;
}
static int table_end(hepdata *d) { return output_close(&d->table, 1) ? OK : FAILED; }
static void yaml_section(const hepdata *d, const char *name) { fprintf(d->table.file, "%s:\n", name); }
static void yaml_column(const hepdata *d, const char *name, const char *units) {
    FILE *to = d->table.file;
    fputs("- header: {name: ", to);
    yaml_text(to, name);
    if (units) fprintf(to, ", units: %s", units);
    fputs("}\n  values:\n", to);
}
static void yaml_range(const hepdata *d, double low, double high) {
    FILE *to = d->table.file;
    fputs("  - {low: ", to);
    yaml_number(to, low);
    fputs(", high: ", to);
    yaml_number(to, high);
    fputs("}\n", to);
}
static void yaml_value(const hepdata *d, double value) {
    fputs("  - value: ", d->table.file);
    yaml_number(d->table.file, value);
    fputc('\n', d->table.file);
}
/* A probability, however small. */
static void yaml_p(const hepdata *d, double log_p) {
    char text[32];
    fprintf(d->table.file, isnan(log_p) ? "  - value: \"-\"\n" : "  - value: %s\n", p_text(text, log_p));
}
static void yaml_errors(const hepdata *d) { fputs("    errors:\n", d->table.file); }
/* plus and minus are signed. */
static void yaml_error(const hepdata *d, const char *label, double minus, double plus) {
    FILE *to = d->table.file;
    if (minus == -plus) {
        fputs("    - {symerror: ", to);
        yaml_number(to, plus);
    } else {
        fputs("    - {asymerror: {plus: ", to);
        yaml_number(to, plus);
        fputs(", minus: ", to);
        yaml_number(to, minus);
        fputc('}', to);
    }
    fprintf(to, ", label: %s}\n", label);
}
static int hepdata_spectra(hepdata *d, const spectra *x) {
    char file[64], name[64], text[256], good[64];
    int i, k, status = OK;
    for (i = 0; i < x->count && status == OK; i++) {
        const passwd_spectrum *h = x->h + i;
        snprintf(file, sizeof file, "spectrum_%d.yaml", i + 1);
        snprintf(name, sizeof name, "Spectrum %d", i + 1);
        if (h->fit.parameters)
            snprintf(text, sizeof text,
                "Events per bin of mass, and the fitted background: %s with %d parameters; goodness %s.",
                family_name(&h->fit), h->fit.parameters, good_text(good, h->fit.goodness));
        else snprintf(text, sizeof text, "Events per bin of mass, and the background given from outside.");
        status = table_begin(d, file, name, "N", text);
        if (status != OK) return status;
        yaml_section(d, "independent_variables");
        yaml_column(d, d->s->mass_name ? d->s->mass_name : "Mass", "GeV");
        for (k = 0; k < h->bins; k++) yaml_range(d, h->edges[k], h->edges[k + 1]);
        yaml_section(d, "dependent_variables");
        yaml_column(d, "Data", NULL);
        for (k = 0; k < h->bins; k++) {
            yaml_value(d, is_blind(h, k) ? (double)NAN : h->data[k]);
            if (is_blind(h, k)) continue;
            yaml_errors(d);
            yaml_error(d, "stat", -sqrt(fmax(h->variance[k], 0.0)), sqrt(fmax(h->variance[k], 0.0)));
        }
        yaml_column(d, "Background", NULL);
        for (k = 0; k < h->bins; k++) {
            yaml_value(d, h->background[k]);
            yaml_errors(d);
            yaml_error(d, h->fit.parameters ? "fit" : "sys", -h->uncertainty[k], h->uncertainty[k]);
        }
        status = table_end(d);
    }
    return status;
}
static int hepdata_hunt(const settings *s, const spectra *x, const passwd_hunt_result *r) {
    hepdata d;
    int status = hepdata_open(&d, s);
    if (status != OK) return status;
    status = hepdata_spectra(&d, x);
    if (status == OK)
        status = table_begin(&d, "p_values.yaml", "p-values", "P", "The most significant window of BumpHunter.");
    if (status == OK) {
        yaml_section(&d, "independent_variables");
        yaml_column(&d, "Window", "GeV");
        yaml_range(&d, r->window.low, r->window.high);
        yaml_section(&d, "dependent_variables");
        yaml_column(&d, "Data", NULL);
        yaml_value(&d, r->window.data);
        yaml_column(&d, "Background", NULL);
        yaml_value(&d, r->window.background);
        yaml_column(&d, "Local p-value", NULL);
        yaml_p(&d, r->window.log_p);
        yaml_column(&d, "Global p-value", NULL);
        yaml_p(&d, r->log_p);
        if (isfinite(r->log_p_low)) {
            yaml_errors(&d);
            yaml_error(&d, "toys", exp(r->log_p_low) - exp(r->log_p), exp(r->log_p_high) - exp(r->log_p));
        }
        yaml_column(&d, "Global significance", NULL);
        yaml_value(&d, r->significance);
        status = table_end(&d);
    }
    return hepdata_close(&d, status);
}
static double limit_value(const passwd_limit *l, int which);

static int hepdata_limits(const settings *s, const spectra *x, const passwd_limit *l, int n) {
    const int widths = s->relative.count ? s->relative.count : 1, all = n * widths;
    const char *units = n && l->to_pb > 0.0 ? "PB" : NULL;
    char text[128];
    hepdata d;
    int k, status = hepdata_open(&d, s);
    if (status != OK) return status;
    status = hepdata_spectra(&d, x);
    snprintf(text, sizeof text, "Upper limits at %g %% confidence level (CLs) on %s.",
        100.0 * (s->level > 0.0 ? s->level : 0.95),
        units ? "cross-section x acceptance x efficiency x branching ratio" : "signal events");
    if (status == OK) status = table_begin(&d, "limits.yaml", "Limits", units ? "SIG" : "N", text);
    if (status == OK) {
        yaml_section(&d, "independent_variables");
        yaml_column(&d, "Mass", "GeV");
        for (k = 0; k < all; k++) yaml_value(&d, l[k].mass);
        yaml_column(&d, "Relative width", NULL);
        for (k = 0; k < all; k++) yaml_value(&d, s->relative.count ? s->relative.item[k / n] : 0.0);
        yaml_section(&d, "dependent_variables");
        yaml_column(&d, "Observed limit", units);
        for (k = 0; k < all; k++) yaml_value(&d, limit_value(l + k, -1));
        yaml_column(&d, "Expected limit", units);
        for (k = 0; k < all; k++) {
            const double middle = limit_value(l + k, 2);
            yaml_value(&d, middle);
            yaml_errors(&d);
            yaml_error(&d, "1 sigma", limit_value(l + k, 1) - middle, limit_value(l + k, 3) - middle);
            yaml_error(&d, "2 sigma", limit_value(l + k, 0) - middle, limit_value(l + k, 4) - middle);
        }
        yaml_column(&d, "Local p-value", NULL);
        for (k = 0; k < all; k++) yaml_p(&d, l[k].log_p);
        status = table_end(&d);
    }
    return hepdata_close(&d, status);
}
static int hepdata_scan(
    const settings *s, const spectra *x, const passwd_scan_point *at, int n, const passwd_scan_result *r) {
    char text[256];
    hepdata d;
    int k, status = hepdata_open(&d, s);
    if (status != OK) return status;
    status = hepdata_spectra(&d, x);
    snprintf(text, sizeof text,
        isfinite(r->log_p)
            ? "Local p-values of signals by profile likelihood; globally, the smallest one has p = %.3g (%.2f sigma)."
            : "Local p-values of signals by profile likelihood.",
        exp(r->log_p), r->significance);
    if (status == OK) status = table_begin(&d, "p_values.yaml", "p-values", "P", text);
    if (status == OK) {
        yaml_section(&d, "independent_variables");
        yaml_column(&d, "Mass", "GeV");
        for (k = 0; k < n; k++) yaml_value(&d, at[k].mass);
        yaml_column(&d, "Relative width", NULL);
        for (k = 0; k < n; k++) yaml_value(&d, at[k].width);
        yaml_section(&d, "dependent_variables");
        yaml_column(&d, "Local p-value", NULL);
        for (k = 0; k < n; k++) yaml_p(&d, at[k].log_p);
        yaml_column(&d, "Local significance", NULL);
        for (k = 0; k < n; k++) yaml_value(&d, at[k].significance);
        yaml_column(&d, "Signal events", NULL);
        for (k = 0; k < n; k++) {
            yaml_value(&d, at[k].fitted);
            yaml_errors(&d);
            yaml_error(&d, "fit", -at[k].fitted_error, at[k].fitted_error);
        }
        status = table_end(&d);
    }
    return hepdata_close(&d, status);
}

/* ------------------------------------------------------------------------------------------------------------------
   HistFactory. mu is the number of signal events. A fitted background is its expectation plus one sample for each of
   its parameters: a change of the bins by about one sigma, times a free factor that starts at 0. Together these span
   the function's variations, and leave it as free as it is. The first of them leads from the fit of the background
   alone to the one with a signal as large as the limit, so that both are reproduced exactly. The others are derivatives
   between these two.
   --------------------------------------------------------------------------------------------------------------- */

typedef struct modeller {
    const settings *s;
    const shape *g;
    passwd_json_writer w;
    char channel[32];
    const passwd_spectrum *h; /* of the channel */
} modeller;

static int is_used(const passwd_spectrum *h, int k) { return !is_blind(h, k) && h->background[k] > 0.0; }
static void put_bins(modeller *m, const char *key, const double *value) {
    int k;
    put_array(&m->w, key);
    for (k = 0; k < m->h->bins; k++)
        if (is_used(m->h, k)) put_item(&m->w, value[k]);
    passwd_json_end_array(&m->w);
}
static void sample_begin(modeller *m, const char *name, const double *value) {
    passwd_json_begin_object(&m->w);
    put_word(&m->w, "name", name);
    put_bins(m, "data", value);
    put_array(&m->w, "modifiers");
}
static void sample_end(modeller *m) {
    passwd_json_end_array(&m->w);
    passwd_json_end_object(&m->w);
}
static void modifier_begin(modeller *m, const char *name, const char *type) {
    passwd_json_begin_object(&m->w);
    put_word(&m->w, "name", name);
    put_word(&m->w, "type", type);
}
static void put_factor(modeller *m, const char *name) {
    modifier_begin(m, name, "normfactor");
    passwd_json_key(&m->w, "data");
    passwd_json_write_null(&m->w);
    passwd_json_end_object(&m->w);
}
static void put_normsys(modeller *m, const char *name, double size) {
    if (!(size > 0.0)) return;
    modifier_begin(m, name, "normsys");
    passwd_json_key(&m->w, "data");
    passwd_json_begin_object(&m->w);
    put_json(&m->w, "hi", 1.0 + size);
    put_json(&m->w, "lo", 1.0 / (1.0 + size));
    passwd_json_end_object(&m->w);
    passwd_json_end_object(&m->w);
}
static void put_histosys(modeller *m, const char *name, const double *low, const double *high) {
    modifier_begin(m, name, "histosys");
    passwd_json_key(&m->w, "data");
    passwd_json_begin_object(&m->w);
    put_bins(m, "hi_data", high);
    put_bins(m, "lo_data", low);
    passwd_json_end_object(&m->w);
    passwd_json_end_object(&m->w);
}
/* The signal with its mass shifted and its width stretched by relative amounts, times `part`. */
static int moved_signal(
    const modeller *m, double mass, double width, double scale, double stretch, double part, double *signal) {
    shape copy = *m->g;
    int64_t i;
    int k, status = OK;
    if (is_gaussian(m->g))
        passwd_limit_signal(
            m->h, mass * (1.0 + scale), signal_sigma(m->s, m->g, mass, width) * (1.0 + stretch), signal);
    else {
        copy.m.mass = (double *)malloc((size_t)copy.m.count * sizeof(double));
        if (!copy.m.mass) return complain(FAILED, "there is not enough memory for a signal");
        for (i = 0; i < copy.m.count; i++)
            copy.m.mass[i] = (copy.mass + (m->g->m.mass[i] - copy.mass) * (1.0 + stretch)) * (1.0 + scale);
        status = signal_in(m->s, &copy, m->h, mass, width, signal);
        free(copy.m.mass);
    }
    for (k = 0; k < m->h->bins; k++) signal[k] *= part;
    return status;
}
static int put_signal_sample(modeller *m, double mass, double width, double part) {
    const passwd_systematics *y = &m->s->systematics;
    const size_t n = (size_t)m->h->bins;
    double *signal = (double *)malloc(3 * n * sizeof *signal), *low = signal + n, *high = low + n;
    int k, status;
    if (!signal) return complain(FAILED, "there is not enough memory for a signal");
    status = moved_signal(m, mass, width, 0.0, 0.0, part, signal);
    sample_begin(m, "signal", signal);
    put_factor(m, "mu");
    put_normsys(m, "luminosity", y->luminosity);
    put_normsys(m, "efficiency", y->efficiency);
    if (y->scale > 0.0 && status == OK) {
        status = moved_signal(m, mass, width, -y->scale, 0.0, part, low);
        status += moved_signal(m, mass, width, y->scale, 0.0, part, high);
        put_histosys(m, "scale", low, high);
    }
    if (y->resolution > 0.0 && status == OK) {
        status = moved_signal(m, mass, width, 0.0, -y->resolution, part, low);
        status += moved_signal(m, mass, width, 0.0, y->resolution, part, high);
        put_histosys(m, "resolution", low, high);
    }
    sample_end(m);
    if (y->spurious > 0.0) {
        for (k = 0; k < m->h->bins; k++) {
            low[k] = -y->spurious * signal[k];
            high[k] = y->spurious * signal[k];
            signal[k] = 0.0;
        }
        sample_begin(m, "spurious", signal);
        put_histosys(m, "spurious", low, high);
        sample_end(m);
    }
    free(signal);
    return status == OK ? OK : FAILED;
}
/* The functions whose sum, with the parameters as factors, is the logarithm of the background. */
static void family_functions(const passwd_background *b, double mass, double f[PASSWD_BACKGROUND_PARAMETERS]) {
    const double x = mass / b->sqrt_s, ln = log(x);
    int k;
    f[0] = 1.0;
    for (k = 1; k < PASSWD_BACKGROUND_PARAMETERS; k++) f[k] = f[k - 1] * ln;
    if (b->family != PASSWD_BACKGROUND_DIJET) return;
    for (k = PASSWD_BACKGROUND_PARAMETERS - 1; k > 1; k--) f[k] = f[k - 1];
    f[1] = log1p(-x);
}
/* The expectation of a bin, and its derivatives by the parameters: means of the functions, by the background. */
static double bin_derivatives(
    const passwd_spectrum *h, int bin, const double *p, double d[PASSWD_BACKGROUND_PARAMETERS]) {
    enum { POINTS = 40 };
    const double wide = (h->edges[bin + 1] - h->edges[bin]) / POINTS;
    double f[PASSWD_BACKGROUND_PARAMETERS], sum = 0.0;
    int i, k;
    memset(d, 0, PASSWD_BACKGROUND_PARAMETERS * sizeof *d);
    for (i = 0; i < POINTS; i++) {
        double ln = 0.0, each;
        family_functions(&h->fit, h->edges[bin] + wide * (i + 0.5), f);
        for (k = 0; k < h->fit.parameters; k++) ln += p[k] * f[k];
        each = wide * exp(ln);
        for (k = 0; k < h->fit.parameters; k++) d[k] += each * f[k];
        sum += each;
    }
    return sum;
}
/* The background beside a signal of fixed size, by expectation maximisation: the part of each bin that is currently
   attributed to the background is fitted, until it converges. */
static int fit_beside(const passwd_spectrum *h, const double *signal, double events, passwd_background *out) {
    passwd_background wanted = h->fit;
    passwd_spectrum part;
    passwd_error error;
    double *before = (double *)malloc((size_t)h->bins * sizeof *before), moved = 1.0;
    int i, k,
        status = before ? spectrum_copy(h, &part) : complain(FAILED, "there is not enough memory for a background");
    if (status != OK) return status;
    wanted.least = wanted.most = h->fit.parameters;
    for (i = 0; i < 500 && moved > 1e-7 && status == OK; i++) {
        for (k = 0; k < h->bins; k++) {
            before[k] = part.background[k];
            part.data[k] = h->data[k] * before[k] / fmax(before[k] + events * signal[k], 1e-300);
            part.variance[k] = part.data[k];
        }
        if (passwd_background_fit(&part, &wanted, &error)) status = failed(&error);
        for (moved = 0.0, k = 0; k < h->bins; k++)
            moved += (part.background[k] - before[k]) * (part.background[k] - before[k]) / fmax(before[k], 1e-9);
    }
    if (status == OK) *out = part.fit;
    passwd_spectrum_free(&part);
    free(before);
    return status;
}
/* The lower root of the covariance: column k is the change of the parameters by one sigma. */
static void covariance_root(
    const passwd_background *b, double root[PASSWD_BACKGROUND_PARAMETERS][PASSWD_BACKGROUND_PARAMETERS]) {
    int i, j, k;
    memset(root, 0, sizeof(double) * PASSWD_BACKGROUND_PARAMETERS * PASSWD_BACKGROUND_PARAMETERS);
    for (i = 0; i < b->parameters; i++)
        for (j = 0; j <= i; j++) {
            double sum = b->covariance[i * PASSWD_BACKGROUND_PARAMETERS + j];
            for (k = 0; k < j; k++) sum -= root[i][k] * root[j][k];
            root[i][j] = i == j ? sqrt(fmax(sum, 1e-300)) : sum / root[j][j];
        }
}
/* Variations of a fitted background: root, columns that begin along p1 - p0 in units of the covariance; the length of
   that. */
static double directions(const passwd_background *b, const double *p1,
    double root[PASSWD_BACKGROUND_PARAMETERS][PASSWD_BACKGROUND_PARAMETERS]) {
    double w[PASSWD_BACKGROUND_PARAMETERS], length = 0.0, square = 0.0;
    const int n = b->parameters;
    int i, k;
    covariance_root(b, root);
    for (i = 0; i < n; i++) {
        for (w[i] = p1[i] - b->p[i], k = 0; k < i; k++) w[i] -= root[i][k] * w[k];
        w[i] /= root[i][i];
        length += w[i] * w[i];
    }
    length = sqrt(length);
    if (!(length > 1e-3)) return 0.0;
    w[0] += w[0] < 0.0 ? -length : length; /* a mirror that takes the first unit vector to w (A. Householder) */
    for (i = 0; i < n; i++) square += w[i] * w[i];
    for (i = 0; i < n; i++) {
        double along = 0.0;
        for (k = 0; k < n; k++) along += root[i][k] * w[k];
        for (k = 0; k < n; k++) root[i][k] -= 2.0 * along * w[k] / square;
    }
    return length;
}
/* One sample for each parameter. */
static int put_shapes(modeller *m, const double *signal, double events) {
    const passwd_spectrum *h = m->h;
    double root[PASSWD_BACKGROUND_PARAMETERS][PASSWD_BACKGROUND_PARAMETERS], d[PASSWD_BACKGROUND_PARAMETERS],
        middle[PASSWD_BACKGROUND_PARAMETERS], length;
    double *change = (double *)malloc((size_t)h->bins * sizeof *change);
    passwd_background beside = h->fit;
    char name[48];
    int i, j, k,
        status = change ? fit_beside(h, signal, events, &beside)
                        : complain(FAILED, "there is not enough memory for a background");
    length = status == OK ? directions(&h->fit, beside.p, root) : 0.0;
    for (i = 0; i < h->fit.parameters; i++) middle[i] = 0.5 * (h->fit.p[i] + beside.p[i]);
    for (i = 0; i < h->fit.parameters && status == OK; i++) {
        for (k = 0; k < h->bins; k++) {
            if (i == 0 && length > 0.0) {
                change[k] = (bin_derivatives(h, k, beside.p, d) - bin_derivatives(h, k, h->fit.p, d)) / length;
                continue;
            }
            bin_derivatives(h, k, middle, d);
            for (change[k] = 0.0, j = 0; j < h->fit.parameters; j++) change[k] += d[j] * root[j][i];
        }
        snprintf(name, sizeof name, "%s_shape%d", m->channel, i + 1);
        sample_begin(m, name, change);
        put_factor(m, name);
        sample_end(m);
    }
    free(change);
    return status;
}
static int put_background_samples(modeller *m, const passwd_limit *l, double width, double part) {
    const passwd_spectrum *h = m->h;
    const size_t n = (size_t)h->bins;
    const double f = m->s->normalisation;
    double *low = (double *)malloc(2 * n * sizeof *low), *high = low + n;
    char name[48];
    int k, status = OK;
    if (!low) return complain(FAILED, "there is not enough memory for a background");
    sample_begin(m, "background", h->background);
    if (!h->fit.parameters && sum_of(h->uncertainty, h->bins) > 0.0) {
        snprintf(name, sizeof name, "%s_bins", m->channel);
        modifier_begin(m, name, "staterror");
        put_bins(m, "data", h->uncertainty);
        passwd_json_end_object(&m->w);
    }
    for (k = 0; k < h->bins; k++) {
        low[k] = h->background[k] * (1.0 - f);
        high[k] = h->background[k] * (1.0 + f);
    }
    if (f > 0.0) put_histosys(m, "normalisation", low, high);
    sample_end(m);
    if (h->fit.parameters) status = moved_signal(m, l->mass, width, 0.0, 0.0, part, low);
    if (h->fit.parameters && status == OK) status = put_shapes(m, low, l->observed);
    free(low);
    return status;
}
static void put_parameter(modeller *m, const char *name, double init, double low, double high) {
    passwd_json_begin_object(&m->w);
    put_word(&m->w, "name", name);
    put_array(&m->w, "inits");
    put_item(&m->w, init);
    passwd_json_end_array(&m->w);
    put_array(&m->w, "bounds");
    passwd_json_begin_array(&m->w);
    put_item(&m->w, low);
    put_item(&m->w, high);
    passwd_json_end_array(&m->w);
    passwd_json_end_array(&m->w);
    passwd_json_end_object(&m->w);
}
static void put_measurement(modeller *m, const spectra *x, const passwd_limit *l) {
    char name[48];
    int i, k;
    put_array(&m->w, "measurements");
    passwd_json_begin_object(&m->w);
    put_word(&m->w, "name", "search");
    passwd_json_key(&m->w, "config");
    passwd_json_begin_object(&m->w);
    put_word(&m->w, "poi", "mu");
    put_array(&m->w, "parameters");
    put_parameter(m, "mu", fmax(0.3 * l->observed, 1e-3), 0.0, 20.0 * fmax(l->observed, l->expected[4]));
    for (i = 0; i < x->count; i++)
        for (k = 0; k < x->h[i].fit.parameters; k++) {
            snprintf(name, sizeof name, "spectrum%d_shape%d", i + 1, k + 1);
            put_parameter(m, name, 0.0, -20.0, 20.0);
        }
    passwd_json_end_array(&m->w);
    passwd_json_end_object(&m->w);
    passwd_json_end_object(&m->w);
    passwd_json_end_array(&m->w);
}
static int pyhf_check(const spectra *x) {
    int i, k;
    for (i = 0; i < x->count; i++) {
        if (x->h[i].fit.slide > 1.0 || x->h[i].fit.kernel > 0.0)
            return complain(
                FAILED, "a HistFactory workspace has one background for all masses: omit --slide and --background kde");
        for (k = 0; k < x->h[i].bins; k++)
            if (fabs(x->h[i].variance[k] - x->h[i].data[k]) > 1e-9 * x->h[i].data[k])
                return complain(
                    FAILED, "a HistFactory workspace needs counts of events, but this spectrum is a sum of weights");
    }
    return OK;
}
/* The model of the limit l. If the signal is clearly present, the backgrounds are those fitted without it. */
static int write_pyhf(const settings *s, const shape *g, spectra *x, const passwd_limit *l) {
    const double width = s->relative.count ? s->relative.item[0] : 0.0;
    modeller m;
    passwd_error error;
    const char *text;
    size_t length;
    output to;
    int i, status = pyhf_check(x);
    if (status != OK) return status;
    memset(&m, 0, sizeof m);
    m.s = s;
    m.g = g;
    passwd_json_writer_init(&m.w, NULL);
    passwd_json_begin_object(&m.w);
    put_array(&m.w, "channels");
    for (i = 0; i < x->count && status == OK; i++) {
        m.h = x->h + i;
        snprintf(m.channel, sizeof m.channel, "spectrum%d", i + 1);
        if (l->significance > 3.0) status = fit_without(x->h + i, l->mass - 2.0 * l->sigma, l->mass + 2.0 * l->sigma);
        passwd_json_begin_object(&m.w);
        put_word(&m.w, "name", m.channel);
        put_array(&m.w, "samples");
        if (status == OK) status = put_signal_sample(&m, l->mass, width, x->count > 1 ? share_of(s, x, i) : 1.0);
        if (status == OK) status = put_background_samples(&m, l, width, x->count > 1 ? share_of(s, x, i) : 1.0);
        passwd_json_end_array(&m.w);
        passwd_json_end_object(&m.w);
    }
    passwd_json_end_array(&m.w);
    put_measurement(&m, x, l);
    put_array(&m.w, "observations");
    for (i = 0; i < x->count; i++) {
        m.h = x->h + i;
        snprintf(m.channel, sizeof m.channel, "spectrum%d", i + 1);
        passwd_json_begin_object(&m.w);
        put_word(&m.w, "name", m.channel);
        put_bins(&m, "data", m.h->data);
        passwd_json_end_object(&m.w);
    }
    passwd_json_end_array(&m.w);
    put_word(&m.w, "version", "1.0.0");
    passwd_json_end_object(&m.w);
    if (status == OK && passwd_json_finish(&m.w, &text, &length, &error)) status = failed(&error);
    if (status == OK && !output_open(&to, s->pyhf)) status = FAILED;
    else if (status == OK) {
        fwrite(text, 1, length, to.file);
        fputc('\n', to.file);
        status = output_close(&to, 1) ? OK : FAILED;
    }
    passwd_json_writer_free(&m.w);
    return status;
}
#endif /* EXCHANGE_H */
