/* spectra.h: output of the tools for spectra: text, tables, the range that a fit can describe, the plot of a spectrum
   with its background. Needs passwd_rmm.h, cli.h, and settings with `label` and `luminosity`. */
#ifndef SPECTRA_H
#define SPECTRA_H

/* ------------------------------------------------------------------------------------------------------------------
   JSON, tables, text
   --------------------------------------------------------------------------------------------------------------- */

static void put_word(passwd_json_writer *w, const char *key, const char *text) {
    passwd_json_key(w, key);
    passwd_json_write_string(w, text);
}
static void put_count(passwd_json_writer *w, const char *key, int64_t value) {
    passwd_json_key(w, key);
    passwd_json_write_int(w, value);
}
static void put_array(passwd_json_writer *w, const char *key) {
    passwd_json_key(w, key);
    passwd_json_begin_array(w);
}
static void put_item(passwd_json_writer *w, double value) {
    if (isfinite(value)) passwd_json_write_number(w, value);
    else passwd_json_write_null(w);
}
/* A limit in events: observed, expected with its bands, and the best-fit signal. */
static void put_limit_events(passwd_json_writer *w, const passwd_limit *l) {
    int i;
    put_json(w, "observed", l->observed);
    put_array(w, "expected");
    for (i = 0; i < 5; i++) put_item(w, l->expected[i]);
    passwd_json_end_array(w);
    put_json(w, "fitted", l->fitted);
    put_json(w, "fitted_error", l->fitted_error);
}
/* A probability given by its logarithm, however small. */
static const char *p_text(char text[32], double log_p) {
    const double ten = log_p / log(10.0), exponent = floor(ten);
    if (isnan(log_p)) snprintf(text, 32, "-");
    else if (log_p < -1e300) snprintf(text, 32, "0");
    else if (ten > -3.0) snprintf(text, 32, "%.3g", exp(log_p));
    else snprintf(text, 32, "%.2fe%.0f", pow(10.0, ten - exponent), exponent);
    return text;
}
/* If no toy reached the data: below what they can resolve. */
static const char *p_bound(char text[32], double log_p, double log_p_high) {
    char most[32];
    if (!(log_p < -1e300)) return p_text(text, log_p);
    snprintf(text, 32, "< %.20s", p_text(most, log_p_high));
    return text;
}
/* The same for plots: 1.2 x 10^-34. */
static const char *p_picture(char text[48], double log_p) {
    const double ten = log_p / log(10.0), exponent = floor(ten);
    char plain[32];
    if (isfinite(log_p) && ten <= -3.0)
        snprintf(text, 48, "%.1f#times10^{#minus%.0f}", pow(10.0, ten - exponent), -exponent);
    else snprintf(text, 48, "%s", p_text(plain, log_p));
    return text;
}

/* Columns of text whose widths adapt to their contents. */
enum { COLUMNS = 16 };
typedef struct table {
    char (*cell)[COLUMNS][40];
    int rows, columns, room;
    char none[40];
} table; /* none: no memory */

static char *table_cell(table *t, int column) {
    if (column == 0) {
        if (t->rows == t->room) {
            void *more = realloc(t->cell, (size_t)(2 * t->room + 16) * sizeof *t->cell);
            if (!more) return t->none;
            t->cell = (char(*)[COLUMNS][40])more;
            t->room = 2 * t->room + 16;
        }
        memset(t->cell[t->rows++], 0, sizeof *t->cell);
    }
    if (column >= t->columns) t->columns = column + 1;
    return t->rows ? t->cell[t->rows - 1][column] : t->none;
}
/* One row: the words of a line, separated by | */
static void table_row(table *t, const char *format, ...) {
    char line[1024], *at = line, *end;
    int column = 0;
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    while (at && column < COLUMNS) {
        end = strchr(at, '|');
        if (end) *end++ = 0;
        snprintf(table_cell(t, column++), 40, "%.39s", at);
        at = end;
    }
}
/* The first `left` columns are left-aligned, numbers are right-aligned. */
static void table_print(table *t, int left, FILE *to) {
    int k, c, width[COLUMNS] = { 0 };
    for (k = 0; k < t->rows; k++)
        for (c = 0; c < t->columns; c++)
            if ((int)strlen(t->cell[k][c]) > width[c]) width[c] = (int)strlen(t->cell[k][c]);
    for (k = 0; k < t->rows; k++) {
        int used = t->columns;
        while (used > 1 && !t->cell[k][used - 1][0]) used--;
        for (c = 0; c < used; c++) {
            if (c < left) fprintf(to, c + 1 < used ? "%-*s  " : "%-.*s", c + 1 < used ? width[c] : 40, t->cell[k][c]);
            else fprintf(to, "%*s%s", width[c], t->cell[k][c], c + 1 < used ? "  " : "");
        }
        fputc('\n', to);
    }
    free(t->cell);
    memset(t, 0, sizeof *t);
}

static const char *z_text(char text[32], double z) {
    if (isfinite(z)) snprintf(text, 32, "%.2f", z);
    else snprintf(text, 32, "-");
    return text;
}

/* ------------------------------------------------------------------------------------------------------------------
   Ranges and backgrounds
   --------------------------------------------------------------------------------------------------------------- */

static double sum_of(const double *x, int n) {
    double sum = 0.0;
    int k;
    for (k = 0; k < n; k++) sum += x[k];
    return sum;
}
/* Weight, squares of weights and GeV of bins [from, to), as far as they exist. */
static void span_of(const passwd_spectrum *h, int from, int to, double sum[3]) {
    int k;
    sum[0] = sum[1] = sum[2] = 0.0;
    for (k = from > 0 ? from : 0; k < to && k < h->bins; k++) {
        sum[0] += h->data[k];
        sum[1] += h->variance[k];
        sum[2] += h->edges[k + 1] - h->edges[k];
    }
}
/* A spectrum's weight per GeV around an edge: of the two bins before it and the two after it, with its standard
   deviation. */
static double level_at(const passwd_spectrum *h, int edge, double *deviation) {
    double sum[3];
    span_of(h, edge - 2, edge + 2, sum);
    *deviation = sqrt(sum[1]) / sum[2];
    return sum[0] / sum[2];
}
/* Whether a peak, rather than the end of a rise, is within five bins of an edge: at a fifth of the mass on both sides
   of its top the content is less than half, by five standard deviations. */
static int is_peak(const passwd_spectrum *h, int edge) {
    double top = 0.0, error = 0.0, level, deviation;
    int k, at = edge, side;
    for (k = edge > 2 ? edge - 2 : 2; k <= edge + 5 && k + 2 <= h->bins; k++) {
        level = level_at(h, k, &deviation);
        if (level > top) {
            top = level;
            error = deviation;
            at = k;
        }
    }
    for (side = 0; side < 2; side++) {
        const double mass = h->edges[at] * (side ? 1.2 : 1.0 / 1.2);
        for (k = 2; k + 2 < h->bins && h->edges[k] < mass; k++) {}
        if (side ? h->edges[h->bins] < mass : h->edges[0] > mass) return 0;
        level = level_at(h, k, &deviation);
        if (!(top - 2.0 * level > 5.0 * sqrt(error * error + 4.0 * deviation * deviation))) return 0;
    }
    return 1;
}
/* The first bin from which the spectrum no longer rises: the five bins after it are not fuller, per GeV, than those up
   to it by 2.5 of their standard deviations. The fullest bin would not do: it may be the signal. Nor may it be the
   flank of a peak: a rise towards a peak is left to the fit, from the first bin on. */
static int where_it_falls(const passwd_spectrum *h) {
    double before[3], after[3];
    int k;
    for (k = 0; k + 2 < h->bins; k++) {
        span_of(h, k - 4, k + 1, before);
        span_of(h, k + 1, k + 6, after);
        if (!(before[0] > 0.0) && after[0] > 0.0) continue;
        if (after[0] / after[2] - before[0] / before[2]
            <= 2.5 * sqrt(after[1] / (after[2] * after[2]) + before[1] / (before[2] * before[2])))
            return is_peak(h, k + 1) ? 0 : k;
    }
    return 0;
}
/* Whether a cut ends the masses inside the last bin: the rest of it, as full as the bin before, would hold five events
   or more. */
static int ends_by_a_cut(const passwd_spectrum *h, const double *masses, int64_t count) {
    const int last = h->bins - 1;
    double heaviest = 0.0;
    int64_t k;
    if (last < 2 || !(h->variance[last - 1] > 0.0)) return 0;
    for (k = 0; k < count; k++)
        if (masses[k] < h->edges[last + 1]) heaviest = fmax(heaviest, masses[k]);
    return (h->edges[last + 1] - fmax(heaviest, h->edges[last])) / (h->edges[last] - h->edges[last - 1])
        * h->data[last - 1] * h->data[last - 1]
        >= 5.0 * h->variance[last - 1];
}
/* A spectrum with these edges; falling: from where it no longer rises; to_cut: without a bin that a cut leaves partly
   empty. */
static int fill_range(passwd_spectrum *h, int n, const double *edges, const double *masses, const double *weights,
    int64_t count, int falling, int to_cut) {
    passwd_error error;
    int first, end;
    if (passwd_spectrum_new(n, edges, NULL, h, &error)) return failed(&error);
    passwd_spectrum_fill(h, masses, weights, count);
    first = falling ? where_it_falls(h) : 0;
    end = to_cut && ends_by_a_cut(h, masses, count) ? n - 1 : n;
    if (!first && end == n) return OK;
    if (passwd_spectrum_new(end - first, edges + first, NULL, h, &error)) return failed(&error);
    passwd_spectrum_fill(h, masses, weights, count);
    return OK;
}
static const char *family_name(const passwd_background *b) {
    return b->family == PASSWD_BACKGROUND_DIJET      ? "dijet function"
        : b->family == PASSWD_BACKGROUND_EXPONENTIAL ? "exponential"
        : b->family == PASSWD_BACKGROUND_KERNELS     ? "kernels"
        : b->family == PASSWD_BACKGROUND_REST        ? "ratio to the events outside the region"
                                                     : "from outside";
}
/* How well a function describes the data, if it can be tested. */
static const char *good_text(char *to, double goodness) {
    if (isnan(goodness)) strcpy(to, "unknown, as no degrees of freedom are left");
    else snprintf(to, 64, "p = %.2g", goodness);
    return to;
}
static void print_background(const passwd_spectrum *h, FILE *to) {
    const passwd_background *b = &h->fit;
    char text[64];
    int k;
    fprintf(to, "%-13s ", "background");
    if (!b->parameters) {
        fprintf(to, "from outside\n");
        return;
    }
    fprintf(to, "%s, %d parameters", family_name(b), b->parameters);
    if (b->slide > 1.0) fprintf(to, ", fitted around every mass from m / %g to %g m", b->slide, b->slide);
    if (b->kernel > 0.0)
        fprintf(to, " around every mass, of width %.3g in ln m, beside 2 sigma of a signal of %.3g %% of its mass",
            b->kernel, 100.0 * b->widest);
    for (k = 0; k < b->parameters && !(b->slide > 1.0) && !(b->kernel > 0.0); k++)
        fprintf(to, k ? ", p%d %.4g" : ": ln p%d %.4g", k + 1, b->p[k]);
    fprintf(to, "; goodness %s (deviance %.4g of %d degrees of freedom)\n", good_text(text, b->goodness), b->deviance,
        b->degrees);
    if (b->blind_high > b->blind_low)
        fprintf(to, "%-13s %g to %g GeV, excluded from everything\n", "blind", b->blind_low, b->blind_high);
}

/* ------------------------------------------------------------------------------------------------------------------
   Plots
   --------------------------------------------------------------------------------------------------------------- */

static const plot_style black = { PLOT_BLACK, PLOT_SOLID, 0.0, 0 };
static const plot_style blue = { PLOT_BLUE, PLOT_SOLID, 0.0, 0 };
static const plot_style thin_grey = { PLOT_GREY, PLOT_SOLID, 1.0, 0 };
static const plot_style dotted = { PLOT_GREY, PLOT_DOTTED, 1.6, 0 };

static plot *plot_of(const settings *s, double sqrt_s, const char *x, const char *y) {
    plot *p = plot_new(x, y);
    char note[64];
    plot_label(p, s->label ? s->label : "");
    if (sqrt_s > 0.0 && s->luminosity > 0.0)
        snprintf(note, sizeof note, "#sqrt{s} = %g TeV, %g fb^{-1}", sqrt_s / 1000.0, s->luminosity);
    else if (sqrt_s > 0.0) snprintf(note, sizeof note, "#sqrt{s} = %g TeV", sqrt_s / 1000.0);
    else if (s->luminosity > 0.0) snprintf(note, sizeof note, "%g fb^{-1}", s->luminosity);
    else return p;
    plot_note(p, note);
    return p;
}
/* Sums of weights divided by this are numbers of events with the same relative variance. */
static double weight_scale(const passwd_spectrum *h) {
    const double sum = sum_of(h->data, h->bins), squares = sum_of(h->variance, h->bins);
    return sum > 0.0 && squares > 0.0 ? squares / sum : 1.0;
}
/* Of one bin, in sigma, negative for a deficit. */
static double bin_significance(double data, double background, double scale) {
    data = fmax(data, 0.0) / scale;
    background /= scale;
    if (!(background > 0.0)) return (double)NAN;
    return data >= background ? fmax(0.0, passwd_significance(passwd_log_poisson_above(data, background)))
                              : -fmax(0.0, passwd_significance(passwd_log_poisson_below(data, background)));
}
/* Blinded ranges are not shown in plots either. */
static int is_blind(const passwd_spectrum *h, int k) {
    return h->edges[k] < h->fit.blind_high && h->edges[k + 1] > h->fit.blind_low;
}
/* Arrays for drawing a spectrum; x, low, high: two points per bin. Backgrounds below `least` would stretch the axis. */
typedef struct drawing {
    double *middle, *data, *error, *z, *line, *x, *low, *high, *block;
    double least, most, far;
} drawing;

static int drawing_new(drawing *d, const passwd_spectrum *h) {
    const size_t n = (size_t)h->bins;
    const double scale = weight_scale(h);
    int k, i;
    memset(d, 0, sizeof *d);
    d->block = (double *)malloc(11 * n * sizeof *d->block);
    if (!d->block) return 0;
    d->middle = d->block;
    d->error = d->middle + n;
    d->z = d->error + n;
    d->line = d->z + n;
    d->x = d->line + n;
    d->low = d->x + 2 * n;
    d->high = d->low + 2 * n;
    d->data = d->high + 2 * n;
    d->least = (double)INFINITY;
    for (k = 0; k < h->bins; k++) {
        d->middle[k] = 0.5 * (h->edges[k] + h->edges[k + 1]);
        d->error[k] = sqrt(fmax(h->variance[k], 0.0));
        d->data[k] = is_blind(h, k) ? (double)NAN : h->data[k];
        d->z[k] = bin_significance(h->data[k], h->background[k], scale);
        for (i = 0; i < 2; i++) {
            d->x[2 * k + i] = h->edges[k + i];
            d->low[2 * k + i] = h->background[k] - h->uncertainty[k];
            d->high[2 * k + i] = h->background[k] + h->uncertainty[k];
        }
        if (is_blind(h, k)) d->z[k] = (double)NAN;
        else if (h->data[k] > 0.0) d->least = fmin(d->least, h->data[k]);
        d->most = fmax(d->most, fmax(h->data[k] + d->error[k], h->background[k] + h->uncertainty[k]));
        if (isfinite(d->z[k])) d->far = fmax(d->far, fabs(d->z[k]));
    }
    d->least = fmax(0.16 * fmin(d->least, d->most), 1e-7 * d->most); /* one event: the axis begins at 0.1 */
    for (k = 0; k < h->bins; k++) d->line[k] = h->background[k] >= d->least ? h->background[k] : (double)NAN;
    for (k = 0; k < 2 * h->bins; k++) {
        d->low[k] = fmax(d->low[k], d->least);
        d->high[k] = fmax(d->high[k], d->least);
    }
    return 1;
}
static void log_if_wide(plot *p, const passwd_spectrum *h, int log_y) {
    plot_log(p, h->edges[0] > 0.0 && h->edges[h->bins] > 8.0 * h->edges[0], log_y);
}
/* Data, background with its uncertainty, the window of the hunt (NULL: none), and the significance of every bin. */
static int plot_spectrum(const settings *s, double sqrt_s, const passwd_spectrum *h, const passwd_hunt_result *r,
    const char *title, const char *note, const char *folder, const char *file) {
    const plot_style band = { PLOT_BLUE, PLOT_SOLID, 0.0, 1 }, bars = { PLOT_RED, PLOT_SOLID, 1.0, 2 },
                     mark = { PLOT_BLUE, PLOT_DASHED, 2.0, 0 };
    drawing d;
    char text[128], p1[48], p2[48];
    plot *p;
    if (!drawing_new(&d, h)) return complain(FAILED, "there is not enough memory for a plot");
    p = plot_of(s, sqrt_s, title, "Events / bin");
    if (note) plot_note(p, note);
    log_if_wide(p, h, 1);
    plot_range(p, h->edges[0], h->edges[h->bins], 0.0, 0.0);
    plot_band(p, d.x, d.low, d.high, 2 * h->bins, "Background uncertainty", band);
    plot_histogram(p, h->edges, d.line, h->bins, "Background", blue);
    plot_points(p, d.middle, d.data, d.error, h->bins, "Data", black);
    if (r && r->t > 0.0) {
        snprintf(text, sizeof text, "Window %.4g-%.4g GeV", r->window.low, r->window.high);
        plot_note(p, text);
        if (r->refused) snprintf(text, sizeof text, "side bands not described (p = %.1g)", r->goodness);
        else if (r->toys)
            snprintf(text, sizeof text, "p = %s, global %s", p_picture(p1, r->window.log_p), p_picture(p2, r->log_p));
        else snprintf(text, sizeof text, "p = %s (local)", p_picture(p1, r->window.log_p));
        plot_note(p, text);
        plot_vline(p, r->window.low, mark);
        plot_vline(p, r->window.high, mark);
    }
    plot_lower(p, "Significance", 0.28);
    plot_range(p, 0.0, 0.0, -fmax(3.2, 1.1 * d.far), fmax(3.2, 1.1 * d.far));
    plot_histogram(p, h->edges, d.z, h->bins, NULL, bars);
    plot_hline(p, 0.0, thin_grey);
    if (r && r->t > 0.0) {
        plot_vline(p, r->window.low, mark);
        plot_vline(p, r->window.high, mark);
    }
    free(d.block);
    return write_plot(p, folder, file);
}
static const char *const all_factors =
    "#sigma #times A #times #epsilon #times BR [pb]"; /* the quantity that a limit on events in a spectrum refers
                                                         to */
/* Observed, expected and bands, in pb if there is a luminosity. */
static double limit_value(const passwd_limit *l, int which) /* -1: observed, 0 ... 4: expected */
{
    return (which < 0 ? l->observed : l->expected[which]) * (l->to_pb > 0.0 ? l->to_pb : 1.0);
}
static int plot_limits(const settings *s, double sqrt_s, const passwd_limit *l, int n, double level,
    const char *quantity, const char *signal, const char *note, const char *folder, const char *file) {
    const plot_style yellow = { PLOT_RGB(255, 210, 0), PLOT_SOLID, 0.0, 2 },
                     green = { PLOT_RGB(0, 180, 60), PLOT_SOLID, 0.0, 2 };
    const plot_style dashed = { PLOT_BLACK, PLOT_DASHED, 0.0, 0 };
    double *v = (double *)malloc((size_t)n * 7 * sizeof *v);
    char title[96];
    int k, i;
    plot *p;
    if (!v) return complain(FAILED, "there is not enough memory for a plot");
    for (k = 0; k < n; k++) {
        v[k] = l[k].mass;
        for (i = -1; i < 5; i++) v[(i + 2) * n + k] = limit_value(l + k, i);
    }
    snprintf(title, sizeof title, "%g %% CL limit on %s", 100.0 * (level > 0.0 ? level : 0.95),
        l->to_pb > 0.0 ? quantity : "signal events");
    p = plot_of(s, sqrt_s, "Mass [GeV]", title);
    if (note) plot_note(p, note);
    plot_note(p, signal);
    plot_log(p, 0, 1);
    plot_band(p, v, v + 2 * n, v + 6 * n, n, "Expected #pm2#sigma", yellow);
    plot_band(p, v, v + 3 * n, v + 5 * n, n, "Expected #pm1#sigma", green);
    plot_line(p, v, v + 4 * n, n, "Expected", dashed);
    plot_points(p, v, v + n, NULL, n, "Observed", black);
    plot_line(p, v, v + n, n, NULL, black);
    free(v);
    return write_plot(p, folder, file);
}
#endif
