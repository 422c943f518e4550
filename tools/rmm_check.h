/* rmm_check.h: the command rmm check: pseudo-experiments of the configured analysis. Part of rmm.c. */
#ifndef RMM_CHECK_H
#define RMM_CHECK_H

enum { STRENGTHS = 3, CELLS = 64, CHECK_TOYS = 200 };           /* toys of a limit where few events are expected */
static const double strength_of[STRENGTHS] = { 0.0, 2.0, 5.0 }; /* in units of the error of a fitted signal */

/* Signals of one mass, width and strength, in `repeats` pseudo-experiments. */
typedef struct cell {
    double mass, width, injected;
    double *fitted, *error, *limit; /* NaN: not done, or failed */
} cell;
/* The results of a cell: means with their errors. */
typedef struct cell_means {
    int64_t n, covered;
    double fitted, fitted_error, pull, pull_width, limit;
} cell_means;

typedef struct checking {
    const settings *s;
    shape g;
    spectra x; /* the truth: the background that describes the data */
    scanned plan;
    int64_t repeats;
    double *log_p, *local; /* of experiments without a signal; NaN: not done, or refused */
    int *refused;
    double *fitted, *error; /* repeats x plan.n */
    cell cell[CELLS];
    int cells;
    double *feigned, *feigned_error; /* plan.n: fitted if the truth is `alternative`; NULL: there is none */
    char alternative[64];
    double *block;
    meter meter;
    int64_t done;
} checking;

/* ---- random numbers */

typedef struct dice {
    uint64_t seed;
    uint32_t stream, at;
} dice;
static double uniform(dice *d) { return passwd_random_uniform(d->seed, d->stream, d->at++); }
static double normal(dice *d) {
    const double r = sqrt(-2.0 * log(uniform(d)));
    return r * cos(6.283185307179586 * uniform(d));
}
/* By multiplication, and for large means by W. Hoermann's transformed rejection (Insurance: Math. and Econ. 12 (1993)
   39). */
static double poisson(dice *d, double mean) {
    const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b, inverse = 1.1239 + 1.1328 / (b - 3.4),
                 v_r = 0.9277 - 3.6224 / (b - 2.0);
    double k = 0.0, product, least;
    if (!(mean > 0.0)) return 0.0;
    if (mean < 10.0) {
        least = exp(-mean);
        for (product = uniform(d); product > least; product *= uniform(d)) k++;
        return k;
    }
    for (;;) {
        const double u = uniform(d) - 0.5, v = uniform(d), us = 0.5 - fabs(u);
        k = floor((2.0 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r) return k;
        if (k < 0.0 || (us < 0.013 && v > us)) continue;
        if (log(v * inverse / (a / (us * us) + b)) <= k * log(mean) - mean - lgamma(k + 1.0)) return k;
    }
}
/* Separate streams: toys of the analyses number theirs from 0. */
static dice dice_of(const settings *s, int64_t experiment, int stream) {
    dice d;
    d.seed = (uint64_t)s->seed + (uint64_t)experiment * 0x9e3779b97f4a7c15u;
    d.stream = 0x72000000u + (uint32_t)stream;
    d.at = 0;
    return d;
}

/* ---- pseudo-experiments */

static int fit_again(passwd_spectrum *h) {
    passwd_background wanted = h->fit;
    return !h->fit.parameters || passwd_background_fit(h, &wanted, NULL) == PASSWD_OK ? OK : FAILED;
}
/* A spectrum drawn from the truth with this many signal events, with the background that the analysis fits. The
   uncertainty of a background from outside is drawn as well. */
static int draw_spectrum(
    const passwd_spectrum *truth, const double *signal, double events, dice d, passwd_spectrum *h) {
    const double scale = weight_scale(truth);
    int k;
    if (spectrum_copy(truth, h)) return FAILED;
    for (k = 0; k < h->bins; k++) {
        double mean = truth->background[k] + (truth->fit.parameters ? 0.0 : truth->uncertainty[k] * normal(&d));
        mean = fmax(mean, 0.0) + (signal ? events * signal[k] : 0.0);
        h->data[k] = scale * poisson(&d, mean / scale);
        h->variance[k] = scale * h->data[k];
    }
    return fit_again(h);
}
/* One spectrum without a signal: its global p-value, and the fitted signal at every mass. */
static void try_nothing(checking *c, int64_t r) {
    const settings *s = c->s;
    const int hunts = s->look == 2;
    passwd_spectrum h;
    passwd_hunt_options o;
    passwd_hunt_result found;
    passwd_error error;
    scanned one = c->plan;
    int k;
    one.at = (passwd_scan_point *)malloc((size_t)one.n * sizeof *one.at);
    one.o.threads = 1;
    one.o.seed = (uint64_t)(s->seed + 1000003 * (r + 1));
    one.o.toys = hunts ? 0 : s->toys < 0 ? 100 : s->toys;
    if (one.at && draw_spectrum(c->x.h, NULL, 0.0, dice_of(s, r, 0), &h) == OK) {
        memcpy(one.at, c->plan.at, (size_t)one.n * sizeof *one.at);
        if (scan_run(&h, &one, NULL, &error) == PASSWD_OK) {
            for (k = 0; k < one.n; k++) {
                c->fitted[r * one.n + k] = one.at[k].fitted;
                c->error[r * one.n + k] = one.at[k].fitted_error;
            }
            c->log_p[r] = one.r.log_p;
            c->local[r] = one.r.best.significance;
            c->refused[r] = one.r.refused;
        }
        if (hunts) {
            hunt_options(s, NULL, &o);
            o.progress = NULL;
            o.threads = 1;
            o.seed = one.o.seed;
            o.toys = s->toys < 0 ? 100 : s->toys;
            c->log_p[r] = (double)NAN;
            if (passwd_hunt(&h, 1, &o, &found, NULL, NULL, &error) == PASSWD_OK) {
                c->log_p[r] = found.log_p;
                c->local[r] = found.local_significance;
                c->refused[r] = found.refused;
            }
        }
    }
    passwd_spectrum_free(&h);
    free(one.at);
}
static void check_limit_options(const settings *s, double width, passwd_limit_options *o) {
    limit_options(s, width, o);
    o->threads = 1;
}
/* One spectrum with a cell's signal: the fitted signal, and the limit. */
static void try_signal(checking *c, int number, int64_t r) {
    const settings *s = c->s;
    cell *to = c->cell + number;
    spectra one;
    passwd_limit_options o;
    passwd_limit l;
    passwd_error error;
    double *signal = (double *)malloc((size_t)c->x.h->bins * sizeof *signal);
    memset(&one, 0, sizeof one);
    one.count = 1;
    check_limit_options(s, to->width, &o);
    o.seed = (uint64_t)(s->seed + 1000003 * (r + 1));
    if (signal && signal_in(s, &c->g, c->x.h, to->mass, to->width, signal) == OK
        && draw_spectrum(c->x.h, signal, to->injected, dice_of(s, r, 1 + number), one.h) == OK
        && quick_limit(s, &c->g, &one, to->mass, o, CHECK_TOYS, &l, &error) == PASSWD_OK) {
        to->fitted[r] = l.fitted;
        to->error[r] = l.fitted_error;
        to->limit[r] = l.observed;
    }
    passwd_spectrum_free(one.h);
    free(signal);
}
static void try_all(checking *c) {
    const int64_t each = 1 + c->cells, all = c->repeats * each;
    int64_t i;
    c->meter = meter_new();
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(c->s->threads)
#endif
    for (i = 0; i < all; i++) {
        if (interrupted) continue;
        if (i % each == 0) try_nothing(c, i / each);
        else try_signal(c, (int)(i % each) - 1, i / each);
#ifdef _OPENMP
#pragma omp critical
#endif
        {
            char text[64];
            c->done++;
            snprintf(text, sizeof text, "%lld of %lld pseudo-experiments", (long long)c->done, (long long)all);
            meter_show(&c->meter, (double)c->done / (double)all, text);
        }
    }
    meter_clear();
}

/* ---- preparing */

/* Signals of three masses, unless given, and of three strengths, for all widths. */
static int check_cells(checking *c) {
    const settings *s = c->s;
    reals mass = s->at;
    spectra asimov;
    passwd_limit_options o;
    passwd_limit l;
    passwd_error error;
    double from, to;
    int i, j, k, status = OK;
    mass_span(s, c->x.h, &from, &to);
    for (k = 0; k < 3 && !s->at.count; k++) mass.item[mass.count++] = from * pow(to / from, 0.2 + 0.3 * k);
    memset(&asimov, 0, sizeof asimov);
    asimov.count = 1;
    if (spectrum_copy(c->x.h, asimov.h)) return FAILED;
    memcpy(asimov.h->data, c->x.h->background, (size_t)asimov.h->bins * sizeof(double));
    for (k = 0; k < asimov.h->bins; k++) asimov.h->variance[k] = weight_scale(c->x.h) * asimov.h->data[k];
    for (i = 0; i < mass.count && status == OK; i++)
        for (j = 0; j < relative_widths(s) && status == OK; j++) {
            check_limit_options(s, relative_width(s, j), &o);
            o.toys = -1;
            if (signal_limit(s, &c->g, &asimov, mass.item[i], &o, &l, &error))
                status = complain(FAILED, "at %g GeV: %s", mass.item[i], error.message);
            for (k = 0; k < STRENGTHS && status == OK; k++) {
                if (c->cells == CELLS) {
                    status = complain(USAGE, "there are too many masses and widths: at most %d", CELLS / STRENGTHS);
                    break;
                }
                c->cell[c->cells].mass = mass.item[i];
                c->cell[c->cells].width = o.width;
                c->cell[c->cells++].injected = strength_of[k] * fmax(l.fitted_error, weight_scale(c->x.h));
            }
        }
    passwd_spectrum_free(asimov.h);
    return status;
}
static int check_memory(checking *c) {
    const size_t n = (size_t)c->repeats;
    size_t k, all = 2 * n + 2 * n * (size_t)c->plan.n + 3 * n * (size_t)c->cells + 2 * (size_t)c->plan.n;
    double *at = c->block = (double *)malloc(all * sizeof *at);
    int i;
    c->refused = (int *)calloc(n, sizeof *c->refused);
    if (!at || !c->refused)
        return complain(FAILED, "there is not enough memory for %lld pseudo-experiments", (long long)c->repeats);
    for (k = 0; k < all; k++) at[k] = (double)NAN;
    c->log_p = at;
    at += n;
    c->local = at;
    at += n;
    c->fitted = at;
    at += n * (size_t)c->plan.n;
    c->error = at;
    at += n * (size_t)c->plan.n;
    for (i = 0; i < c->cells; i++) {
        c->cell[i].fitted = at;
        at += n;
        c->cell[i].error = at;
        at += n;
        c->cell[i].limit = at;
        at += n;
    }
    c->feigned = at;
    c->feigned_error = at + c->plan.n;
    return OK;
}
/* Fits the analysis to the expectation of another function that describes the data: the other family, or one more
   parameter. */
static int feign(checking *c) {
    const passwd_background *b = &c->x.h->fit;
    passwd_background other = *b;
    passwd_spectrum h;
    passwd_error error;
    scanned one = c->plan;
    int k, status;
    if (!b->parameters) return OK;
    if (b->family == PASSWD_BACKGROUND_DIJET) other.family = PASSWD_BACKGROUND_EXPONENTIAL;
    else if (c->s->sqrt_s > 0.0) other.family = PASSWD_BACKGROUND_DIJET;
    else { other.least = other.most = b->parameters + 1; }
    if (other.most > PASSWD_BACKGROUND_PARAMETERS) return OK;
    if (other.family == b->family) snprintf(c->alternative, sizeof c->alternative, "%d parameters", other.most);
    else snprintf(c->alternative, sizeof c->alternative, "%s", family_name(&other));
    if (spectrum_copy(c->x.h, &h)) return FAILED;
    if (passwd_background_fit(&h, &other, &error)) { /* this truth is not available: it is not reported */
        c->alternative[0] = 0;
        passwd_spectrum_free(&h);
        return OK;
    }
    memcpy(h.data, h.background, (size_t)h.bins * sizeof(double));
    for (k = 0; k < h.bins; k++) h.variance[k] = weight_scale(c->x.h) * h.data[k];
    h.fit = *b;
    one.o.toys = 0;
    one.at = (passwd_scan_point *)malloc((size_t)one.n * sizeof *one.at);
    status =
        one.at && fit_again(&h) == OK ? OK : complain(FAILED, "the background of the other family cannot be fitted");
    if (status == OK) memcpy(one.at, c->plan.at, (size_t)one.n * sizeof *one.at);
    if (status == OK && scan_run(&h, &one, NULL, &error)) status = failed(&error);
    for (k = 0; k < one.n && status == OK; k++) {
        c->feigned[k] = one.at[k].fitted;
        c->feigned_error[k] = one.at[k].fitted_error;
    }
    passwd_spectrum_free(&h);
    free(one.at);
    return status;
}

/* ---- results */

/* The experiments' p-values, sorted; returns their number. */
static int64_t sorted_p(const checking *c, double *p) {
    int64_t r, n = 0;
    for (r = 0; r < c->repeats; r++)
        if (!isnan(c->log_p[r])) p[n++] = exp(c->log_p[r]);
    qsort(p, (size_t)n, sizeof *p, ascending_numbers);
    return n;
}
/* The Kolmogorov-Smirnov distance from uniform numbers, and its probability (M. Stephens's form of the asymptotic
   one). */
static double uniformity(const double *p, int64_t n, double *distance) {
    double lambda, sum = 0.0;
    int64_t k;
    int j;
    *distance = 0.0;
    for (k = 0; k < n; k++)
        *distance = fmax(*distance, fmax((double)(k + 1) / (double)n - p[k], p[k] - (double)k / (double)n));
    lambda = (sqrt((double)n) + 0.12 + 0.11 / sqrt((double)n)) * *distance;
    for (j = 1; j < 100; j++) sum += (j % 2 ? 2.0 : -2.0) * exp(-2.0 * j * j * lambda * lambda);
    return lambda < 0.2 ? 1.0 : fmin(1.0, fmax(0.0, sum));
}
static cell_means means_of(const checking *c, const cell *from) {
    cell_means m = { 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0 };
    double squares = 0.0, pulls = 0.0, n;
    int64_t r;
    for (r = 0; r < c->repeats; r++) {
        const double pull = (from->fitted[r] - from->injected) / from->error[r];
        if (isnan(from->fitted[r])) continue;
        m.n++;
        m.covered += from->limit[r] >= from->injected;
        m.fitted += from->fitted[r];
        squares += from->fitted[r] * from->fitted[r];
        m.pull += pull;
        pulls += pull * pull;
        m.limit += from->limit[r];
    }
    n = fmax((double)m.n, 1.0);
    m.fitted /= n;
    m.pull /= n;
    m.limit /= n;
    m.fitted_error = sqrt(fmax(squares / n - m.fitted * m.fitted, 0.0) / n);
    m.pull_width = sqrt(fmax(pulls / n - m.pull * m.pull, 0.0));
    return m;
}
/* Standard deviation of a fraction; also if it is 0 or 1 (by Agresti and Coull). */
static double fraction_error(int64_t k, int64_t n) {
    const double f = ((double)k + 0.5) / ((double)n + 1.0);
    return sqrt(f * (1.0 - f) / ((double)n + 1.0));
}
/* Mean of the fitted signal at a point without a signal, and its error, in units of its spread. */
static int64_t mean_at(const checking *c, int point, double *mean, double *error) {
    double sum = 0.0, squares = 0.0, spread;
    int64_t r, n = 0;
    for (r = 0; r < c->repeats; r++) {
        const double x = c->fitted[r * c->plan.n + point];
        if (!isfinite(x)) continue;
        n++;
        sum += x;
        squares += x * x;
    }
    spread = sqrt(fmax(squares / (double)n - sum / (double)n * (sum / (double)n), 0.0));
    *mean = n && spread > 0.0 ? sum / (double)n / spread : (double)NAN;
    *error = n ? 1.0 / sqrt((double)n) : (double)NAN;
    return spread > 0.0 ? n : 0;
}
/* A fraction beside its expectation; marked if it is more than three standard deviations away. */
static void print_fraction(const char *what, int64_t k, int64_t n, double wanted) {
    const double error = fmax(fraction_error(k, n), sqrt(wanted * (1.0 - wanted) / (double)n)),
                 f = (double)k / (double)n;
    printf("%-13s %.4f +- %.4f, expected %.4g%s\n", what, f, fraction_error(k, n), wanted,
        fabs(f - wanted) > 3.0 * error ? "  <-- off by more than 3 sigma" : "");
}
static void print_p_values(const checking *c, const double *p, int64_t n) {
    static const double levels[3] = { 0.01, 0.05, 0.5 };
    char name[32];
    double distance, ks;
    int64_t k, three = 0, refused = 0;
    int i;
    for (k = 0; k < c->repeats; k++) {
        three += c->local[k] >= 3.0;
        refused += c->refused[k] != 0;
    }
    printf("%-13s %lld spectra without a signal, of which %lld were refused because no function describes them\n",
        "p-values", (long long)(n + refused), (long long)refused);
    if (!n) return;
    for (i = 0; i < 3; i++) {
        for (k = 0; k < n && p[k] <= levels[i]; k++) continue;
        snprintf(name, sizeof name, "p <= %g", levels[i]);
        print_fraction(name, k, n, levels[i]);
    }
    ks = uniformity(p, n, &distance);
    printf("%-13s Kolmogorov-Smirnov distance %.3f, p = %.3g%s\n", "uniformity", distance, ks,
        ks < 0.0027 ? "  <-- not uniform" : "");
    for (k = 0; k < n && p[k] <= 0.02275; k++) continue;
    print_fraction("2 sigma glob.", k, n, 0.02275);
    printf("%-13s %.3f of the spectra have 3 sigma or more somewhere, locally\n", "3 sigma local",
        (double)three / (double)n);
}
static void print_cells(const checking *c) {
    table t = { NULL, 0, 0, 0, "" };
    double level = c->s->level > 0.0 ? c->s->level : 0.95;
    int i, off = 0;
    table_row(&t, "mass|width|injected|fitted|+-|pull|its width|mean limit|covered|+-|");
    for (i = 0; i < c->cells; i++) {
        const cell_means m = means_of(c, c->cell + i);
        const double f = (double)m.covered / fmax((double)m.n, 1.0), e = fraction_error(m.covered, m.n);
        const int low =
            f<level - 3.0 * e, bent = fabs(m.fitted - c->cell[i].injected)> 3.0 * m.fitted_error && fabs(m.pull) > 0.1;
        if (!m.n) {
            table_row(&t, "%.5g|%g|%.4g|-", c->cell[i].mass, c->cell[i].width, c->cell[i].injected);
            continue;
        }
        table_row(&t, "%.5g|%g|%.4g|%.4g|%.2g|%.2f|%.2f|%.4g|%.3f|%.3f|%s", c->cell[i].mass, c->cell[i].width,
            c->cell[i].injected, m.fitted, m.fitted_error, m.pull, m.pull_width, m.limit, f, e,
            low        ? "<-- undercovers"
                : bent ? "<-- biased"
                       : "");
        off += low || bent;
    }
    printf("\nSignals of 0, 2 and 5 times their error; limits at %g %% should cover the injected signal at least as "
           "often\n",
        100.0 * level);
    table_print(&t, 0, stdout);
    if (!off) printf("all within their statistical errors\n");
}
/* The largest signal that the other function mimics, in units of the error. */
static int worst_feigned(const checking *c) {
    int k, worst = -1;
    for (k = 0; k < c->plan.n && c->alternative[0]; k++)
        if (isfinite(c->feigned[k] / c->feigned_error[k])
            && (worst < 0
                || fabs(c->feigned[k] / c->feigned_error[k]) > fabs(c->feigned[worst] / c->feigned_error[worst])))
            worst = k;
    return worst;
}
static void print_spurious(const checking *c) {
    table t = { NULL, 0, 0, 0, "" };
    const int worst = worst_feigned(c), step = 1 + c->plan.n / 25;
    double mean, error;
    int k;
    if (c->alternative[0]) table_row(&t, "mass|width|mean/spread|+-|events if %s|of the error", c->alternative);
    else table_row(&t, "mass|width|mean/spread|+-");
    for (k = 0; k < c->plan.n; k += step) {
        if (!mean_at(c, k, &mean, &error)) continue;
        if (c->alternative[0])
            table_row(&t, "%.5g|%g|%.2f|%.2f|%.3g|%.2f", c->plan.at[k].mass, c->plan.at[k].width, mean, error,
                c->feigned[k], c->feigned[k] / c->feigned_error[k]);
        else table_row(&t, "%.5g|%g|%.2f|%.2f", c->plan.at[k].mass, c->plan.at[k].width, mean, error);
    }
    printf("\nSpurious signal: the mean fitted signal without a signal, in units of its spread\n");
    table_print(&t, 0, stdout);
    if (worst >= 0)
        printf("if the truth were the other function (%s), the largest would be %.3g events at %.5g GeV, %.2f of the "
               "error (see --spurious)\n",
            c->alternative, c->feigned[worst], c->plan.at[worst].mass, c->feigned[worst] / c->feigned_error[worst]);
}
static int check_json(const checking *c, const double *p, int64_t n) {
    static const double levels[3] = { 0.01, 0.05, 0.5 };
    static const char *const names[3] = { "p_below_0.01", "p_below_0.05", "p_below_0.5" };
    passwd_json_writer w;
    double distance, mean, error;
    const double ks = n ? uniformity(p, n, &distance) : (double)NAN;
    int64_t k;
    int i;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_spectrum(&w, c->x.h);
    put_count(&w, "experiments", n);
    for (i = 0; i < 3; i++) {
        for (k = 0; k < n && p[k] <= levels[i]; k++) continue;
        put_json(&w, names[i], (double)k / (double)n);
    }
    put_json(&w, "ks_distance", n ? distance : (double)NAN);
    put_json(&w, "ks_p", ks);
    for (i = 0, k = 0; k < c->repeats; k++) i += c->refused[k] != 0;
    put_count(&w, "refused", i);
    put_array(&w, "signals");
    for (i = 0; i < c->cells; i++) {
        const cell_means m = means_of(c, c->cell + i);
        passwd_json_begin_object(&w);
        put_json(&w, "mass", c->cell[i].mass);
        put_json(&w, "width", c->cell[i].width);
        put_json(&w, "injected", c->cell[i].injected);
        put_count(&w, "experiments", m.n);
        put_json(&w, "fitted", m.fitted);
        put_json(&w, "fitted_error", m.fitted_error);
        put_json(&w, "pull", m.pull);
        put_json(&w, "pull_width", m.pull_width);
        put_json(&w, "coverage", (double)m.covered / (double)m.n);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    put_array(&w, "spurious");
    for (i = 0; i < c->plan.n; i++) {
        mean_at(c, i, &mean, &error);
        passwd_json_begin_object(&w);
        put_json(&w, "mass", c->plan.at[i].mass);
        put_json(&w, "width", c->plan.at[i].width);
        put_json(&w, "mean_over_spread", mean);
        put_json(&w, "mean_over_spread_error", error);
        put_json(&w, "alternative_events", c->feigned[i]);
        put_json(&w, "alternative_over_error", c->feigned[i] / c->feigned_error[i]);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
/* Every pseudo-experiment: those without a signal have a p-value, the others a fitted signal and a limit. */
static int check_csv(const checking *c) {
    output to;
    int64_t r;
    int i;
    if (!output_open(&to, c->s->out)) return FAILED;
    fputs(
        "experiment,mass,width,injected,fitted,fitted_error,limit,log_global_p,local_significance,refused\n", to.file);
    for (r = 0; r < c->repeats; r++) {
        fprintf(to.file, "%lld,,,0,,,", (long long)r);
        put_field(to.file, c->log_p[r]);
        put_field(to.file, c->local[r]);
        fprintf(to.file, ",%d\n", c->refused[r]);
        for (i = 0; i < c->cells; i++) {
            const cell *x = c->cell + i;
            fprintf(to.file, "%lld", (long long)r);
            put_number(to.file, x->mass);
            put_number(to.file, x->width);
            put_number(to.file, x->injected);
            put_field(to.file, x->fitted[r]);
            put_field(to.file, x->error[r]);
            put_field(to.file, x->limit[r]);
            fputs(",,,\n", to.file);
        }
    }
    return output_close(&to, 1) ? OK : FAILED;
}

/* ---- pictures */

static int plot_p_values(const checking *c, const double *p, int64_t n) {
    enum { BINS = 20 };
    const plot_style band = { PLOT_GREY, PLOT_SOLID, 0.0, 1 }, wanted = { PLOT_GREY, PLOT_DASHED, 0.0, 0 };
    double edges[BINS + 1], bins[BINS] = { 0.0 }, middle[BINS], error[BINS], x[2] = { 0.0, 1.0 }, low[2], high[2],
                            flat[2], distance;
    const double each = (double)n / BINS, spread = sqrt(each * (1.0 - 1.0 / BINS));
    char text[64];
    int64_t k;
    int i;
    plot *q = plot_of(c->s, c->s->sqrt_s, "Global p-value", "Pseudo-experiments / 0.05");
    for (i = 0; i <= BINS; i++) edges[i] = (double)i / BINS;
    for (k = 0; k < n; k++) bins[(int)fmin(p[k] * BINS, BINS - 1)] += 1.0;
    for (i = 0; i < BINS; i++) {
        middle[i] = edges[i] + 0.5 / BINS;
        error[i] = sqrt(bins[i]);
    }
    for (i = 0; i < 2; i++) {
        flat[i] = each;
        low[i] = fmax(each - spread, 0.0);
        high[i] = each + spread;
    }
    snprintf(text, sizeof text, "background alone, uniform: p = %.2g", n ? uniformity(p, n, &distance) : 0.0);
    plot_note(q, text);
    plot_range(q, 0.0, 1.0, 0.0, 0.0);
    plot_band(q, x, low, high, 2, "Expected #pm1#sigma", band);
    plot_line(q, x, flat, 2, NULL, wanted);
    plot_points(q, middle, bins, error, BINS, "Pseudo-experiments", black);
    return write_plot(q, c->s->plots, "p_values.png");
}
/* Coverage against mass; the strengths of one mass are side by side. */
static int plot_coverage(const checking *c) {
    static const char *const names[STRENGTHS] = { "", "Signal of 2#sigma", "Signal of 5#sigma" };
    const double level = c->s->level > 0.0 ? c->s->level : 0.95;
    double x[CELLS], y[CELLS], e[CELLS], first = HUGE_VAL, last = 0.0;
    char text[64];
    int i, k, n;
    plot *q = plot_of(c->s, c->s->sqrt_s, "Mass [GeV]", "Fraction of limits above the signal");
    snprintf(text, sizeof text, "limits at %g %% confidence level", 100.0 * level);
    plot_note(q, text);
    for (k = 1; k < STRENGTHS; k++) {
        for (i = k, n = 0; i < c->cells; i += STRENGTHS) {
            const cell_means m = means_of(c, c->cell + i);
            if (!m.n) continue;
            x[n] = c->cell[i].mass * (1.0 + 0.012 * (k - 1) + 0.024 * (i / STRENGTHS % relative_widths(c->s)));
            y[n] = (double)m.covered / (double)m.n;
            e[n++] = fraction_error(m.covered, m.n);
        }
        plot_points(q, x, y, e, n, names[k], style_of(k, PLOT_SOLID));
    }
    for (i = 0; i < c->cells; i++) {
        first = fmin(first, c->cell[i].mass);
        last = fmax(last, c->cell[i].mass);
    }
    plot_range(q, 0.85 * first, 1.15 * last, fmin(0.8, 2.0 * level - 1.0), 1.04);
    plot_hline(q, level, dotted);
    return write_plot(q, c->s->plots, "coverage.png");
}
/* Fitted against injected signal, both in units of the error that the strengths are multiples of; below, their
   difference. */
static int plot_linearity(const checking *c) {
    double x[CELLS][STRENGTHS], y[CELLS][STRENGTHS], e[CELLS][STRENGTHS], line[2] = { -1.0, 6.0 }, far = 0.3;
    char name[64];
    int i, k, n[CELLS];
    plot *q = plot_of(c->s, c->s->sqrt_s, "Injected signal [#sigma]", "Mean fitted signal [#sigma]");
    plot_range(q, -0.5, 5.7, 0.0, 0.0);
    for (i = 0; i < c->cells; i += STRENGTHS) {
        const double unit = c->cell[i + STRENGTHS - 1].injected / strength_of[STRENGTHS - 1];
        for (k = n[i] = 0; k < STRENGTHS; k++) {
            const cell_means m = means_of(c, c->cell + i + k);
            if (!m.n) break;
            x[i][n[i]] = strength_of[k] + 0.06 * i / STRENGTHS;
            y[i][n[i]] = m.fitted / unit;
            e[i][n[i]++] = m.fitted_error / unit;
        }
        if (relative_widths(c->s) > 1)
            snprintf(name, sizeof name, "%.4g GeV, %g %%", c->cell[i].mass, 100.0 * c->cell[i].width);
        else snprintf(name, sizeof name, "%.4g GeV", c->cell[i].mass);
        plot_points(q, x[i], y[i], e[i], n[i], name, style_of(i / STRENGTHS, PLOT_SOLID));
    }
    plot_line(q, line, line, 2, NULL, dotted);
    plot_lower(q, "Difference", 0.3);
    for (i = 0; i < c->cells; i += STRENGTHS) {
        for (k = 0; k < n[i]; k++) {
            y[i][k] -= strength_of[k];
            far = fmax(far, fabs(y[i][k]) + e[i][k]);
        }
        plot_points(q, x[i], y[i], e[i], n[i], NULL, style_of(i / STRENGTHS, PLOT_SOLID));
    }
    plot_range(q, 0.0, 0.0, -1.2 * far, 1.2 * far);
    plot_hline(q, 0.0, dotted);
    return write_plot(q, c->s->plots, "linearity.png");
}
static int plot_spurious(const checking *c) {
    const plot_style band = { PLOT_BLUE, PLOT_SOLID, 0.0, 1 };
    const int room = c->plan.n;
    double *x = (double *)malloc(5 * (size_t)room * sizeof *x);
    double *mean = x + room, *low = mean + room, *high = low + room, *other = high + room;
    double error, far = 0.6;
    char name[96];
    int k, n = 0;
    plot *q;
    if (!x) return complain(FAILED, "there is not enough memory for a plot");
    for (k = 0; k < c->plan.n && c->plan.at[k].width == c->plan.at[0].width; k++) {
        if (!mean_at(c, k, mean + n, &error)) continue;
        x[n] = c->plan.at[k].mass;
        low[n] = mean[n] - error;
        high[n] = mean[n] + error;
        other[n] = c->feigned[k] / c->feigned_error[k];
        far = fmax(far, fmax(fabs(mean[n]), isfinite(other[n]) ? fabs(other[n]) : 0.0));
        n++;
    }
    q = plot_of(c->s, c->s->sqrt_s, "Mass [GeV]", "Fitted signal / its spread");
    plot_note(q, "no signal");
    if (n) plot_log(q, x[n - 1] > 8.0 * x[0], 0);
    if (n) plot_range(q, x[0], x[n - 1], -1.5 * far, 2.2 * far);
    plot_band(q, x, low, high, n, "Mean of pseudo-experiments #pm1#sigma", band);
    plot_line(q, x, mean, n, NULL, blue);
    snprintf(name, sizeof name, "Truth: %s", c->alternative);
    if (c->alternative[0]) plot_line(q, x, other, n, name, style_of(PLOT_RED, PLOT_SOLID));
    plot_hline(q, 0.0, thin_grey);
    plot_hline(q, 0.5, dotted);
    plot_hline(q, -0.5, dotted);
    free(x);
    return write_plot(q, c->s->plots, "spurious.png");
}
static int check_tell(const checking *c) {
    double *p = (double *)malloc(((size_t)c->repeats + 1) * sizeof *p);
    int64_t n;
    int status = OK;
    if (!p) return complain(FAILED, "there is not enough memory for p-values");
    n = sorted_p(c, p);
    if (c->s->json) status = check_json(c, p, n);
    else {
        print_spectra(&c->x);
        printf("%-13s %s, %lld toys for each of %lld pseudo-experiments\n", "analysis",
            c->s->look == 2 ? "hunt" : "scan", (long long)(c->s->toys < 0 ? 100 : c->s->toys), (long long)c->repeats);
        print_p_values(c, p, n);
        print_cells(c);
        print_spurious(c);
    }
    if (status == OK && c->s->out) status = check_csv(c);
    if (status == OK && c->s->plots)
        status = plot_p_values(c, p, n) || plot_coverage(c) || plot_linearity(c) || plot_spurious(c) ? FAILED : OK;
    free(p);
    return status;
}
/* Kernels estimate each bin without itself, so their sum is not smooth, but a truth is: a function is used if one
   describes the data. */
static int smooth_truth(passwd_spectrum *h) {
    passwd_background wanted;
    passwd_spectrum smooth;
    passwd_error error;
    int good;
    if (!(h->fit.kernel > 0.0)) return OK;
    memset(&wanted, 0, sizeof wanted);
    wanted.family = PASSWD_BACKGROUND_EXPONENTIAL;
    wanted.any_shape = 1;
    wanted.most = PASSWD_BACKGROUND_PARAMETERS;
    if (spectrum_copy(h, &smooth)) return FAILED;
    good =
        passwd_background_fit(&smooth, &wanted, &error) == PASSWD_OK && smooth.fit.goodness >= PASSWD_BACKGROUND_GOOD;
    if (good) memcpy(h->background, smooth.background, (size_t)h->bins * sizeof *h->background);
    passwd_spectrum_free(&smooth);
    return complain(OK,
        good ? "the truth of the pseudo-experiments is an exponential that describes the data"
             : "no exponential describes the data: the truth of the pseudo-experiments is the kernel estimate of each "
               "bin, which is not smooth");
}
static int check_go(checking *c) {
    int status = read_shape(c->s, &c->g);
    if (status == OK) status = check_masses(c->s, c->x.h);
    if (status == OK && c->x.h->fit.parameters && c->x.h->fit.goodness < PASSWD_BACKGROUND_GOOD)
        complain(OK,
            "the background does not describe the data (p = %.2g), which may contain a signal: the pseudo-experiments "
            "use it as it is",
            c->x.h->fit.goodness);
    if (status == OK) status = scan_prepare(c->s, &c->g, c->x.h, &c->plan);
    if (status == OK) { /* masses of the points, before any experiment */
        passwd_error error;
        if (scan_run(c->x.h, &c->plan, NULL, &error)) status = failed(&error);
    }
    if (status == OK) status = smooth_truth(c->x.h);
    if (status == OK) status = check_cells(c);
    if (status == OK) status = check_memory(c);
    if (status == OK) status = feign(c);
    if (status != OK) return status;
    try_all(c);
    if (interrupted && c->done < 10 * (1 + c->cells))
        return complain(FAILED, "interrupted; there are too few pseudo-experiments for any result");
    if (interrupted)
        complain(OK, "stopped after %lld pseudo-experiments, which the results are based on", (long long)c->done);
    return check_tell(c);
}
static int command_check(const settings *s) {
    checking c;
    int status = check_hunt(s);
    memset(&c, 0, sizeof c);
    c.s = s;
    c.repeats = s->repeats;
    if (status == OK) status = get_spectra(s, 1, &c.x);
    if (status != OK) return status;
    status = check_go(&c);
    spectra_free(&c.x);
    masses_free(&c.g.m);
    scanned_free(&c.plan);
    free(c.block);
    free(c.refused);
    return status;
}
#endif /* RMM_CHECK_H */
