/* rmm compare: the score of a network compared with the simplest variables. Part of rmm.c. */
#ifndef RMM_COMPARE_H
#define RMM_COMPARE_H
#include "areas.h"

enum { VARIABLES = PASSWD_RMM_SIMPLE + 1 }; /* the score is number 0 */

/* Areas under ROC curves for a signal, in bins of a mass (-1: of all events at once) between low and high. */
typedef struct comparison {
    int signal, mass;
    double low, high, used, area[VARIABLES];
} comparison;
/* Cuts that keep a fraction of the background at every value of a mass, and their effect on Z at a signal's peak. */
typedef struct improvement {
    int signal, mass;
    double fraction, peak, sigma, background, change[VARIABLES];
} improvement;

typedef struct comparing {
    const settings *s;
    scorer r;
    passwd_rmm_folds *folds; /* without --weights */
    sample background, signal[MANY];
    comparison *areas;
    improvement *gains;
    int n_areas, n_gains;
} comparing;

static const char *variable_name(int variable) { return variable ? passwd_rmm_simple_name(variable - 1) : "score"; }
static double variable_of(const sample *a, int64_t k, int variable) {
    return variable ? a->simple[k * a->simples + variable - 1] : a->score[k];
}
static void compared_mass(const comparing *c, int mass, char name[48]) {
    strcpy(name, mass < 0 ? "all" : "m");
    if (mass >= 0) passwd_rmm_mass_name(&c->r.encoder.layout, mass, name + 1);
}

/* Median and half of the central 68 % of the masses within 30 % of the signal's; 0 if they are less than 10 % of
   all. */
static int find_peak(const sample *from, int mass, double *peak, double *sigma) {
    weighted *v = (weighted *)malloc(((size_t)from->count + 1) * sizeof *v);
    double in = 0.0;
    size_t n = 0;
    int64_t k;
    for (k = 0; v && k < from->count; k++) {
        const double x = from->mass_of[k * from->masses + mass];
        if (!(fabs(x - from->mass) <= 0.3 * from->mass)) continue;
        v[n].value = x;
        v[n].signal = 1;
        v[n++].weight = from->weight[k];
        in += from->weight[k];
    }
    if (n) qsort(v, n, sizeof *v, ascending);
    *peak = n ? quantile(v, n, 0.5) : (double)NAN;
    *sigma = n ? 0.5 * (quantile(v, n, 0.84) - quantile(v, n, 0.16)) : (double)NAN;
    free(v);
    return n >= FEW && in >= 0.1 * from->total && *sigma > 0.0;
}

/* ---- samples */

/* Masses and simple variables of events, and their scores: by the networks, or if `train` is set out of fold. */
static int compare_sample(comparing *c, const passwd_rmm_config *train, const passwd_events *v, sample *a) {
    passwd_workspace_options o;
    passwd_error error;
    int64_t k;
    memset(&o, 0, sizeof o);
    o.threads = c->s->threads;
    o.simd = c->s->simd;
    o.progress = on_run;
    a->masses = c->r.encoder.layout.masses;
    a->simples = PASSWD_RMM_SIMPLE;
    if (!sample_grow(a, v->count))
        return complain(FAILED, "%s: there is not enough memory for %lld events", a->name, (long long)v->count);
    if (passwd_rmm_masses(&c->r.encoder, v, 0, v->count, a->mass_of, &error)
        || passwd_rmm_simple(&c->r.encoder, v, 0, v->count, a->simple, &error))
        return failed(&error);
    a->count = v->count;
    for (k = 0; k < v->count; k++) {
        a->weight[k] = v->weight[k];
        a->total += v->weight[k];
    }
    if (!(a->total > 0.0))
        return complain(
            FAILED, "%s: the sum of the weights of the events is %g; it should be positive", a->name, a->total);
    if (train) return out_of_fold(train, v, c->s, &c->folds, a->score);
    if (c->folds ? passwd_rmm_folds_run(c->folds, &o, v, a->score, NULL, &error)
                 : passwd_rmm_run(c->r.job, v, 0, v->count, a->score, NULL, &error))
        return failed(&error);
    return OK;
}
static int compare_samples(comparing *c, const passwd_rmm_config *config) {
    const settings *s = c->s;
    passwd_events events;
    int k, status = load_joined(&s->events, &c->r.encoder.layout, &events);
    if (status != OK) return status;
    snprintf(c->background.name, sizeof c->background.name, "background");
    status = compare_sample(c, s->weights ? NULL : config, &events, &c->background);
    passwd_events_free(&events);
    for (k = 0; k < s->signal.count && status == OK; k++) {
        texts one = { 1, { NULL } };
        one.item[0] = s->signal.item[k];
        name_from_path(c->signal[k].name, one.item[0]);
        c->signal[k].mass = s->signal_mass.count ? s->signal_mass.item[k] : 0.0;
        status = load_joined(&one, &c->r.encoder.layout, &events);
        if (status != OK) return status;
        status = compare_sample(c, NULL, &events, c->signal + k);
        passwd_events_free(&events);
    }
    return status;
}

/* ---- areas */

static size_t place(const sample *a, const comparison *in, int variable, int signal, placed *v) {
    size_t n = 0;
    int64_t k;
    for (k = 0; k < a->count; k++) {
        const double mass = in->mass < 0 ? 1.0 : a->mass_of[k * a->masses + in->mass];
        if (!(mass > 0.0) || (signal && in->mass >= 0 && !(mass >= in->low && mass < in->high))) continue;
        v[n].value = variable_of(a, k, variable);
        v[n].weight = a->weight[k];
        v[n].bin = mass_bin(mass);
        v[n++].signal = signal;
    }
    return n;
}
static double area_of(const comparing *c, comparison *in, int variable, placed *v) {
    const size_t n = place(&c->background, in, variable, 0, v),
                 all = n + place(c->signal + in->signal, in, variable, 1, v + n);
    return area_at_fixed_mass(v, all, &in->used);
}
static int with_mass(const sample *a, int mass, double low, double high) {
    int64_t k;
    int n = 0;
    for (k = 0; k < a->count && n < 1 << 30; k++)
        n += mass < 0 || (a->mass_of[k * a->masses + mass] >= low && a->mass_of[k * a->masses + mass] < high);
    return n;
}
/* All masses of a signal, and if its particle's mass is known those from 0.5 to 1.2 of it, with its peak and the tail
   towards it. */
static int compare_areas(comparing *c) {
    enum { SIGNAL_EVENTS = 30 };
    const int masses = c->r.encoder.layout.masses;
    int64_t most = 0;
    placed *v;
    int i, m, near, k;
    for (i = 0; i < c->s->signal.count; i++)
        if (c->signal[i].count > most) most = c->signal[i].count;
    v = (placed *)malloc((size_t)(c->background.count + most + 1) * sizeof *v);
    c->areas = (comparison *)calloc((size_t)(c->s->signal.count * (2 * masses + 1)) + 1, sizeof *c->areas);
    if (!v || !c->areas) {
        free(v);
        return complain(
            FAILED, "there is not enough memory to compare %lld events", (long long)(c->background.count + most));
    }
    for (near = 0; near < 2; near++)
        for (i = 0; i < c->s->signal.count; i++)
            for (m = near - 1; m < masses; m++) {
                comparison *in = c->areas + c->n_areas;
                if (near && !(c->signal[i].mass > 0.0)) continue;
                in->signal = i;
                in->mass = m;
                in->low = near ? 0.5 * c->signal[i].mass : 0.0;
                in->high = near ? 1.2 * c->signal[i].mass : INFINITY;
                if (with_mass(c->signal + i, m, in->low, in->high) < SIGNAL_EVENTS) continue;
                for (k = 0; k < VARIABLES; k++) in->area[k] = area_of(c, in, k, v);
                if (in->used > 0.0) c->n_areas++;
            }
    free(v);
    return OK;
}

/* ---- cuts */

/* The weight of a sample within one sigma of a peak, of all or above a flat cut. */
static double weight_at(const sample *a, const improvement *g, const passwd_rmm_region *cut, int variable) {
    double sum = 0.0;
    int64_t k;
    for (k = 0; k < a->count; k++) {
        const double x = a->mass_of[k * a->masses + g->mass];
        if (fabs(x - g->peak) <= g->sigma && (!cut || variable_of(a, k, variable) > passwd_rmm_cut_at(cut, g->mass, x)))
            sum += a->weight[k];
    }
    return sum;
}
/* Fills the column of a variable in all rows of a fraction. The background after the cut is counted, but is at least
   the fraction that it should keep. */
static int compare_cut(comparing *c, double fraction, int variable) {
    const sample *b = &c->background;
    passwd_rmm_region cut;
    passwd_error error;
    double *values = (double *)malloc(((size_t)b->count + 1) * sizeof *values);
    int64_t k;
    int i, good;
    if (!values) return complain(FAILED, "there is not enough memory for %lld events", (long long)b->count);
    for (k = 0; k < b->count; k++) values[k] = variable_of(b, k, variable);
    memset(&cut, 0, sizeof cut);
    snprintf(cut.name, sizeof cut.name, "top%g", fraction);
    cut.fraction = fraction;
    /* or too many equal values */
    good = passwd_rmm_cut_flat(values, b->weight, b->mass_of, b->masses, b->count, &cut, NULL, &error) == PASSWD_OK;
    free(values);
    for (i = 0; i < c->n_gains; i++) {
        improvement *g = c->gains + i;
        const double signal = weight_at(c->signal + g->signal, g, NULL, 0),
                     kept = good ? fmax(weight_at(b, g, &cut, variable), fraction * g->background) : 0.0;
        const double before = passwd_discovery(sqrt(g->background), g->background);
        if (g->fraction != fraction) continue;
        g->change[variable] = kept > 0.0 && before > 0.0
            ? passwd_discovery(sqrt(g->background) * weight_at(c->signal + g->signal, g, &cut, variable) / signal, kept)
                    / before
                - 1.0
            : (double)NAN;
    }
    return OK;
}
static int compare_cuts(comparing *c) {
    static const reals usual = { 2, { 0.1, 0.01 } };
    const reals *fractions = c->s->fraction.count ? &c->s->fraction : &usual;
    int i, m, f, k, status = OK;
    c->gains = (improvement *)calloc(
        (size_t)(c->s->signal.count * c->r.encoder.layout.masses * fractions->count) + 1, sizeof *c->gains);
    if (!c->gains) return complain(FAILED, "there is not enough memory for the signals");
    for (i = 0; i < c->s->signal.count; i++)
        for (m = 0; m < c->r.encoder.layout.masses; m++) {
            improvement g;
            memset(&g, 0, sizeof g);
            if (!(c->signal[i].mass > 0.0) || !find_peak(c->signal + i, m, &g.peak, &g.sigma)) continue;
            g.signal = i;
            g.mass = m;
            g.background = weight_at(&c->background, &g, NULL, 0);
            for (f = 0; f < fractions->count && g.background > 0.0; f++) {
                g.fraction = fractions->item[f];
                c->gains[c->n_gains++] = g;
            }
        }
    for (f = 0; f < fractions->count; f++)
        for (k = 0; k < VARIABLES && status == OK; k++) status = compare_cut(c, fractions->item[f], k);
    return status;
}

/* ---- reports */

static void areas_table(const comparing *c, int near) {
    table t = { NULL, 0, 0, 0, "" };
    int i, k, above = 0, rows = 0, length;
    char line[512], mass[48];
    table_row(&t, "signal|mass|signal events|score|HT|pT1|MET|objects|mass of all");
    for (i = 0; i < c->n_areas; i++) {
        const comparison *in = c->areas + i;
        if ((in->low > 0.0) != near) continue;
        compared_mass(c, in->mass, mass);
        length = snprintf(line, sizeof line, "%.39s|%s|%.6g", c->signal[in->signal].name, mass, in->used);
        for (k = 0; k < VARIABLES; k++)
            length += snprintf(line + length, sizeof line - (size_t)length, "|%.3f", in->area[k]);
        table_row(&t, "%s", line);
        rows += in->mass >= 0;
        above += in->mass >= 0 && in->area[0] > in->area[1];
    }
    if (rows) {
        printf(near ? "\nThe same for signal events between 0.5 and 1.2 of the signal's mass\n"
                    : "Area under the ROC curve, overall and at fixed mass\n");
        table_print(&t, 2, stdout);
        printf("at fixed mass the score is above HT in %d of %d\n", above, rows);
    }
    free(t.cell);
}
static void improvements_table(const comparing *c) {
    table t = { NULL, 0, 0, 0, "" };
    char line[512], mass[48];
    int i, k, length;
    if (!c->n_gains) return;
    printf("\nChange of Z within one sigma of the peak by cuts that keep a fraction of the background at every mass\n");
    table_row(&t, "signal|mass|peak|sigma|background|kept|score|HT|pT1|MET|objects|mass of all");
    for (i = 0; i < c->n_gains; i++) {
        const improvement *g = c->gains + i;
        compared_mass(c, g->mass, mass);
        length = snprintf(line, sizeof line, "%.39s|%s|%.4g|%.3g|%.4g|%g", c->signal[g->signal].name, mass, g->peak,
            g->sigma, g->background, g->fraction);
        for (k = 0; k < VARIABLES; k++)
            length += isnan(g->change[k])
                ? snprintf(line + length, sizeof line - (size_t)length, "|-")
                : snprintf(line + length, sizeof line - (size_t)length, "|%+.0f %%", 100.0 * g->change[k]);
        table_row(&t, "%s", line);
    }
    table_print(&t, 2, stdout);
}
static void put_variables(passwd_json_writer *w, const char *key, const double *x) {
    int k;
    passwd_json_key(w, key);
    passwd_json_begin_object(w);
    for (k = 0; k < VARIABLES; k++) {
        passwd_json_key(w, variable_name(k));
        put_item(w, x[k]);
    }
    passwd_json_end_object(w);
}
static int compare_json(const comparing *c) {
    passwd_json_writer w;
    char mass[48];
    int i;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_array(&w, "areas");
    for (i = 0; i < c->n_areas; i++) {
        const comparison *in = c->areas + i;
        compared_mass(c, in->mass, mass);
        passwd_json_begin_object(&w);
        put_word(&w, "signal", c->signal[in->signal].name);
        put_word(&w, "mass", mass);
        if (in->low > 0.0) {
            put_json(&w, "low", in->low);
            put_json(&w, "high", in->high);
        }
        put_json(&w, "signal_weight", in->used);
        put_variables(&w, "area", in->area);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    put_array(&w, "cuts");
    for (i = 0; i < c->n_gains; i++) {
        const improvement *g = c->gains + i;
        compared_mass(c, g->mass, mass);
        passwd_json_begin_object(&w);
        put_word(&w, "signal", c->signal[g->signal].name);
        put_word(&w, "mass", mass);
        put_json(&w, "fraction", g->fraction);
        put_json(&w, "peak", g->peak);
        put_json(&w, "sigma", g->sigma);
        put_json(&w, "background", g->background);
        put_variables(&w, "change", g->change);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}

static int compare_go(comparing *c) {
    const int status = compare_areas(c);
    return status == OK && c->r.encoder.layout.masses ? compare_cuts(c) : status;
}
static void compare_tell(const comparing *c) {
    areas_table(c, 0);
    areas_table(c, 1);
    improvements_table(c);
}

/* ---- the command */

static int check_compare(const settings *s) {
    if (s->signal_mass.count && s->signal.count != s->signal_mass.count)
        return complain(USAGE, "every --signal needs its --signal-mass, or none; there are %d and %d", s->signal.count,
            s->signal_mass.count);
    if (s->weights
        && (s->layout || s->config || s->widths.count || s->network || s->folds || s->c > 0.0 || s->skip_others))
        return complain(USAGE,
            "the objects and the network are those of --weights: omit --layout, --config, "
            "--network, --widths, --folds, --c and --skip-others");
    return are_readable(&s->signal) ? OK : FAILED;
}
static int command_compare(const settings *s) {
    passwd_rmm_config config;
    passwd_error error;
    comparing c;
    int k, status = check_compare(s);
    memset(&c, 0, sizeof c);
    c.s = s;
    if (status == OK && s->weights) {
        if (passwd_rmm_load(s->weights, NULL, &c.r.rmm, &error)) status = failed(&error);
        if (status == OK) status = scorer_open(&c.r, s);
    } else if (status == OK) {
        status = configure(s, &config);
        if (status == OK && passwd_rmm_encoder_new(&config.layout, &c.r.encoder, &error)) status = failed(&error);
    }
    if (status == OK) status = compare_samples(&c, &config);
    if (status == OK) status = compare_go(&c);
    if (status == OK && s->json) status = compare_json(&c);
    else if (status == OK) compare_tell(&c);
    sample_free(&c.background);
    for (k = 0; k < MANY; k++) sample_free(c.signal + k);
    free(c.areas);
    free(c.gains);
    scorer_close(&c.r);
    passwd_rmm_free(c.r.rmm);
    passwd_rmm_folds_free(c.folds);
    return status;
}
#endif /* RMM_COMPARE_H */
