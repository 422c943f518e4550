/* spanet_heads.h: what the heads of a network are worth: numbers and classes of events, particles and products beside
   the simplest rivals. These are a constant (mean, median or frequencies of the truth) and a linear or a logistic
   regression on the number of jets, HT and the masses and pT of the assigned jets. Rivals learn from events that are
   not judged. Needs passwd_spanet.h and cli.h. */
#ifndef SPANET_HEADS_H
#define SPANET_HEADS_H
#include <ctype.h>

enum { LEARNT, JUDGED, SAMPLES }; /* the events of the rivals, those that all are judged by */
enum { NETWORK, CONSTANT, FITTED, JUDGES };
enum {
    OF_EVENT = 4, /* features: jets, HT, its logarithm, mass of all jets */
    OF_JETS = 5,  /* of a head of jets as well: assigned or not, pT and m of these jets, and their logarithms */
    HEAD_FEATURES = OF_EVENT + OF_JETS,
    TERMS_OF_FIT = HEAD_FEATURES + 1,
    HEAD_FEWEST = 50,  /* events that a rival needs to learn from */
    HEAD_MOST = 20000, /* events that it gets at most */
    ROW_WEIGHT = 0,    /* of a row: weight, truth, features, answers of the network */
    ROW_TRUTH,
    ROW_FEATURES,
    ROW_ANSWERS = ROW_FEATURES + HEAD_FEATURES
};
static const char *const head_kinds[] = { "gaussian", "laplacian", "log_gaussian", "classes" };
static const char *const judge_keys[JUDGES] = { "spanet", "constant", "regression" };

typedef struct head_sample {
    float *row;
    size_t count, room;
} head_sample;
typedef struct head_figures {
    int known;
    double bias, rms, mean, median, half, correlation; /* of answer - truth: mean |.|, median |.|, half of 68 % */
    double accuracy, entropy, area;                    /* of classes: cross-entropy, mean of areas */
    double areas[PASSWD_SPANET_CLASSES_MAX], found[PASSWD_SPANET_CLASSES_MAX];
    double loss; /* what training makes small */
} head_figures;
typedef struct head_study {
    char name[100];
    int kind, classes, particle, product;
    int column, answers, at;       /* of the truth; numbers that the network gives, and where they begin */
    int trained, balanced, inside; /* inside: the constant is that of the judged events themselves */
    double class_weight[PASSWD_SPANET_CLASSES_MAX];
    head_sample sample[SAMPLES];
    double weight;                                         /* of the judged events */
    double constant[PASSWD_SPANET_CLASSES_MAX], low, high; /* the rivals */
    double middle[HEAD_FEATURES], scale[HEAD_FEATURES], slope[PASSWD_SPANET_CLASSES_MAX][TERMS_OF_FIT];
    int fitted;
    head_figures of[JUDGES];
    int rival; /* the best one */
    double gain, gain_error;
    double *confusion; /* [true class][likeliest class], weights */
} head_study;
typedef struct head_studies {
    int count, floats;
    float *said; /* what the network says of a block of events */
    head_study *head;
    int64_t learnt;
    char from[300]; /* what the rivals learn from */
} head_studies;

static int is_class(const head_study *h) { return h->kind == PASSWD_SPANET_CLASSES; }
static size_t row_size(const head_study *h) { return (size_t)(ROW_ANSWERS + h->answers); }
static const float *row_of(const head_study *h, int sample, size_t k) {
    return h->sample[sample].row + k * row_size(h);
}

static void heads_close(head_studies *s) {
    int k, i;
    for (k = 0; s->head && k < s->count; k++) {
        for (i = 0; i < SAMPLES; i++) free(s->head[k].sample[i].row);
        free(s->head[k].confusion);
    }
    free(s->head);
    free(s->said);
    memset(s, 0, sizeof *s);
}
/* The heads of a network, with room for what it says of `block` events. */
static int heads_open(head_studies *s, const passwd_spanet *net, const passwd_spanet_columns *columns, int block) {
    const passwd_spanet_topology *t = passwd_spanet_topology_of(net);
    const passwd_spanet_config *c = passwd_spanet_config_of(net);
    const passwd_model *m = passwd_spanet_model(net);
    int k, i, at = 0;
    memset(s, 0, sizeof *s);
    if (!t->heads) return OK;
    s->count = t->heads;
    s->floats = passwd_spanet_head_floats(net, -1);
    s->head = (head_study *)calloc((size_t)s->count, sizeof *s->head);
    s->said = (float *)malloc((size_t)block * (size_t)s->floats * sizeof *s->said);
    if (!s->head || !s->said) return complain(FAILED, "there is not enough memory for %d heads", s->count);
    for (k = 0; k < s->count; k++) {
        head_study *h = s->head + k;
        char weights[140];
        const passwd_parameter *p;
        passwd_spanet_head_name(t, k, h->name);
        h->kind = t->head[k].kind;
        h->particle = t->head[k].particle;
        h->product = t->head[k].product;
        h->answers = passwd_spanet_head_floats(net, k);
        h->classes = is_class(h) ? h->answers : 0;
        h->at = at;
        h->column = columns->options.n_numbers - s->count + k;
        h->trained = (is_class(h) ? c->classification_loss_scale : c->regression_loss_scale) > 0.0f;
        snprintf(weights, sizeof weights, "classification_weights.%s", h->name);
        p = passwd_parameter_find(m, weights);
        h->balanced = p != NULL;
        for (i = 0; i < h->classes; i++)
            h->class_weight[i] = p ? (double)passwd_parameters(m)[p->offset + (size_t)i] : 1.0;
        at += h->answers;
    }
    return OK;
}

/* --- columns of the answers --- */

/* Column k of a head in the answers, and their number: NAME.value; NAME.class, the likeliest, NAME.p0, NAME.p1 ... */
static int head_columns(const head_study *h) { return is_class(h) ? 1 + h->classes : 1; }
static void head_column(const head_study *h, int k, char name[128]) {
    if (k == 0) snprintf(name, 128, "%s.%s", h->name, is_class(h) ? "class" : "value");
    else snprintf(name, 128, "%s.p%d", h->name, k - 1);
}
/* All columns, each after a comma, behind `first`; to be freed. NULL after a complaint. */
static char *heads_header(const head_studies *s, const char *first) {
    size_t room = strlen(first) + 1;
    char *text, name[128];
    int k, i;
    for (k = 0; k < s->count; k++) room += 129 * (size_t)head_columns(s->head + k);
    text = (char *)malloc(room);
    if (!text) {
        complain(FAILED, "there is not enough memory for the names of columns");
        return NULL;
    }
    strcpy(text, first);
    for (k = 0; k < s->count; k++)
        for (i = 0; i < head_columns(s->head + k); i++) {
            head_column(s->head + k, i, name);
            strcat(strcat(text, ","), name);
        }
    return text;
}
static int likeliest(const float *p, int classes) {
    int c, best = 0;
    for (c = 1; c < classes; c++)
        if (p[c] > p[best]) best = c;
    return best;
}
/* The fields of an event; empty where a head was not trained. */
static void heads_write(const head_studies *s, int64_t event, FILE *to) {
    int k, i;
    for (k = 0; k < s->count; k++) {
        const head_study *h = s->head + k;
        const float *x = s->said + event * s->floats + h->at;
        for (i = 0; i < head_columns(h); i++)
            if (!h->trained) fputc(',', to);
            else if (!is_class(h)) put_number(to, (double)x[0]);
            else if (i == 0) fprintf(to, ",%d", likeliest(x, h->classes));
            else put_number(to, (double)x[i - 1]);
    }
}

/* --- collecting --- */

/* Number of jets, HT, its logarithm, and mass of listed rows of an event. */
static void event_features(const passwd_events *v, int64_t event, const int32_t *rows, int jets, double *x) {
    double e = 0.0, p[3] = { 0.0, 0.0, 0.0 }, ht = 0.0;
    int k;
    for (k = 0; k < jets; k++) {
        const int64_t row = v->first[event] + rows[k];
        ht += v->pt[row];
        e += v->e[row];
        p[0] += v->pt[row] * cos(v->phi[row]);
        p[1] += v->pt[row] * sin(v->phi[row]);
        p[2] += v->pt[row] * sinh(v->eta[row]);
    }
    x[0] = jets;
    x[1] = ht;
    x[2] = log(1.0 + ht);
    x[3] = sqrt(fmax(0.0, e * e - p[0] * p[0] - p[1] * p[1] - p[2] * p[2]));
}
/* What is known of the jets that the network assigned to the head's particle or product; 0 if there are none. */
static void jet_features(const head_study *h, const passwd_events *v, int64_t event, const int32_t *rows,
    const passwd_spanet_answer *answer, double *x) {
    const passwd_spanet_assignment *a = h->particle < 0 ? NULL : answer->particle + h->particle;
    const int whole = h->product < 0, jet = !a || whole ? -1 : a->jet[h->product];
    const int64_t row = jet < 0 ? 0 : v->first[event] + rows[jet];
    x[0] = a && a->jet[0] >= 0;
    x[1] = x[0] < 1.0 ? 0.0 : whole ? a->pt : v->pt[row];
    x[3] = x[0] < 1.0 ? 0.0 : whole ? a->m : v->m[row];
    x[2] = log(1.0 + fmax(0.0, x[1]));
    x[4] = log(1.0 + fmax(0.0, x[3]));
}
/* The truth of an event, as training reads it; NaN: unknown. */
static double head_truth(const head_study *h, const passwd_events *v, int64_t event) {
    const double *column = v->number[h->column];
    const double x = column && v->first[event] < v->first[event + 1] ? column[v->first[event]] : (double)NAN;
    return fabs(x) <= 1e30 && !(is_class(h) && x < 0.0) ? x : (double)NAN;
}
static int head_add(head_study *h, int sample, const float *row) {
    head_sample *s = h->sample + sample;
    const size_t size = row_size(h);
    if (s->count == s->room) {
        float *more = (float *)realloc(s->row, (2 * s->room + BLOCK) * size * sizeof *more);
        if (!more) return complain(FAILED, "there is not enough memory for %zu events with %s", s->count, h->name);
        s->row = more;
        s->room = 2 * s->room + BLOCK;
    }
    memcpy(s->row + s->count++ * size, row, size * sizeof *row);
    return OK;
}
/* An event of a block, of which `said` tells. Rivals learn from events of positive weight; of weight 0 none counts. */
static int heads_add(head_studies *s, int sample, const passwd_spanet_topology *t, const passwd_events *v,
    int64_t event, int max_jets, const passwd_spanet_answer *answer) {
    int32_t rows[PASSWD_MAX_OBJECTS];
    const int jets = passwd_spanet_jets(t, v, event, max_jets, rows, NULL, NULL);
    double x[HEAD_FEATURES];
    int k, i, status = OK;
    event_features(v, event, rows, jets, x);
    for (k = 0; k < s->count && status == OK; k++) {
        head_study *h = s->head + k;
        const double truth = head_truth(h, v, event);
        float row[ROW_ANSWERS + PASSWD_SPANET_CLASSES_MAX];
        if (isnan(truth) || !(v->weight[event] > 0.0 || (sample == JUDGED && v->weight[event] < 0.0))) continue;
        if (is_class(h) && (truth != floor(truth) || truth >= h->classes))
            return complain(FAILED,
                "%s:%lld: event %lld has %g in column \"%s\", but the network knows the classes 0 to %d", reading,
                (long long)v->line[event], (long long)v->id[event], truth, h->name, h->classes - 1);
        jet_features(h, v, event, rows, answer, x + OF_EVENT);
        row[ROW_WEIGHT] = (float)(v->weight[event] * (is_class(h) ? h->class_weight[(int)truth] : 1.0));
        row[ROW_TRUTH] = (float)truth;
        for (i = 0; i < HEAD_FEATURES; i++) row[ROW_FEATURES + i] = (float)x[i];
        memcpy(row + ROW_ANSWERS, s->said + event * s->floats + h->at, (size_t)h->answers * sizeof *row);
        status = head_add(h, sample, row);
    }
    return status;
}

/* --- the rivals --- */

/* Cholesky's root of a symmetric matrix, in place; what is not positive gets a root that leaves its variable alone. */
static void root_of(double a[TERMS_OF_FIT][TERMS_OF_FIT]) {
    int i, j, l;
    for (i = 0; i < TERMS_OF_FIT; i++)
        for (j = 0; j <= i; j++) {
            double v = a[i][j];
            for (l = 0; l < j; l++) v -= a[i][l] * a[j][l];
            if (i == j) a[i][i] = v > 1e-10 ? sqrt(v) : 1e10;
            else a[i][j] = v / a[j][j];
        }
}
static void solve_root(double a[TERMS_OF_FIT][TERMS_OF_FIT], double *x) {
    int i, j;
    for (i = 0; i < TERMS_OF_FIT; i++) {
        for (j = 0; j < i; j++) x[i] -= a[i][j] * x[j];
        x[i] /= a[i][i];
    }
    for (i = TERMS_OF_FIT; i-- > 0;) {
        for (j = i + 1; j < TERMS_OF_FIT; j++) x[i] -= a[j][i] * x[j];
        x[i] /= a[i][i];
    }
}
/* 1 and the features with mean 0 and width 1; those that never change are 0. */
static void fit_terms(const head_study *h, const float *row, double *z) {
    int k;
    z[0] = 1.0;
    for (k = 0; k < HEAD_FEATURES; k++) z[1 + k] = ((double)row[ROW_FEATURES + k] - h->middle[k]) * h->scale[k];
}
static double total_weight(const head_study *h, int sample) {
    double sum = 0.0;
    size_t k;
    for (k = 0; k < h->sample[sample].count; k++) sum += (double)row_of(h, sample, k)[ROW_WEIGHT];
    return sum;
}
static void standardise(head_study *h) {
    const double all = total_weight(h, LEARNT);
    size_t k;
    int f;
    for (f = 0; f < HEAD_FEATURES; f++) {
        double mean = 0.0, square = 0.0;
        for (k = 0; k < h->sample[LEARNT].count; k++) {
            const float *r = row_of(h, LEARNT, k);
            mean += (double)r[ROW_WEIGHT] / all * (double)r[ROW_FEATURES + f];
        }
        for (k = 0; k < h->sample[LEARNT].count; k++) {
            const float *r = row_of(h, LEARNT, k);
            square += (double)r[ROW_WEIGHT] / all * pow((double)r[ROW_FEATURES + f] - mean, 2.0);
        }
        h->middle[f] = mean;
        h->scale[f] = square > 1e-12 * (1.0 + mean * mean) ? 1.0 / sqrt(square) : 0.0;
    }
}
static double fit_value(const head_study *h, int c, const double *z) {
    double sum = 0.0;
    int k;
    for (k = 0; k < TERMS_OF_FIT; k++) sum += h->slope[c][k] * z[k];
    return sum;
}
/* Least squares, or, in rounds of weighted ones, least absolute deviations. */
static void fit_number(head_study *h) {
    enum { ROUNDS = 30 };
    const double all = total_weight(h, LEARNT);
    int round, i, j;
    size_t k;
    for (round = 0; round < (h->kind == PASSWD_SPANET_LAPLACIAN ? ROUNDS : 1); round++) {
        double a[TERMS_OF_FIT][TERMS_OF_FIT], b[TERMS_OF_FIT], z[TERMS_OF_FIT], width = 0.0, sum = 0.0;
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        for (k = 0; round && k < h->sample[LEARNT].count; k++) {
            const float *r = row_of(h, LEARNT, k);
            fit_terms(h, r, z);
            width += (double)r[ROW_WEIGHT] / all * fabs((double)r[ROW_TRUTH] - fit_value(h, 0, z));
        }
        for (k = 0; k < h->sample[LEARNT].count; k++) {
            const float *r = row_of(h, LEARNT, k);
            double w = (double)r[ROW_WEIGHT] / all;
            fit_terms(h, r, z);
            if (round) w *= width / fmax(1e-3 * width + 1e-30, fabs((double)r[ROW_TRUTH] - fit_value(h, 0, z)));
            sum += w;
            for (i = 0; i < TERMS_OF_FIT; i++) {
                b[i] += w * z[i] * (double)r[ROW_TRUTH];
                for (j = 0; j <= i; j++) a[i][j] += w * z[i] * z[j];
            }
        }
        for (i = 1; i < TERMS_OF_FIT; i++) a[i][i] += 1e-6 * sum;
        root_of(a);
        solve_root(a, b);
        memcpy(h->slope[0], b, sizeof b);
    }
}
/* From logits, or from powers, to probabilities. */
static void share_out(double *p, int classes) {
    double most = p[0], sum = 0.0;
    int c;
    for (c = 1; c < classes; c++) most = fmax(most, p[c]);
    for (c = 0; c < classes; c++) sum += p[c] = exp(p[c] - most);
    for (c = 0; c < classes; c++) p[c] /= sum;
}
/* Logistic regression, with slopes of width 1 at most expected, by steps that cannot fail: the curvature of all classes
   is bounded by half of the features' second moments (D. Boehning, Ann. Inst. Statist. Math. 44 (1992) 197). */
static void fit_classes(head_study *h) {
    enum { STEPS = 400 };
    const double all = total_weight(h, LEARNT), ridge = 1.0 / (double)h->sample[LEARNT].count;
    double a[TERMS_OF_FIT][TERMS_OF_FIT], z[TERMS_OF_FIT], p[PASSWD_SPANET_CLASSES_MAX], moved = 1.0;
    static double g[PASSWD_SPANET_CLASSES_MAX][TERMS_OF_FIT];
    int step, i, j, c;
    size_t k;
    memset(a, 0, sizeof a);
    for (k = 0; k < h->sample[LEARNT].count; k++) {
        const float *r = row_of(h, LEARNT, k);
        fit_terms(h, r, z);
        for (i = 0; i < TERMS_OF_FIT; i++)
            for (j = 0; j <= i; j++) a[i][j] += 0.5 * (double)r[ROW_WEIGHT] / all * z[i] * z[j];
    }
    for (i = 0; i < TERMS_OF_FIT; i++) a[i][i] += ridge;
    root_of(a);
    for (step = 0; step < STEPS && moved > 1e-5; step++) {
        for (c = 0; c < h->classes; c++)
            for (i = 0; i < TERMS_OF_FIT; i++) g[c][i] = -ridge * h->slope[c][i];
        for (k = 0; k < h->sample[LEARNT].count; k++) {
            const float *r = row_of(h, LEARNT, k);
            fit_terms(h, r, z);
            for (c = 0; c < h->classes; c++) p[c] = fit_value(h, c, z);
            share_out(p, h->classes);
            for (c = 0; c < h->classes; c++) {
                const double miss = (double)r[ROW_WEIGHT] / all * ((c == (int)r[ROW_TRUTH]) - p[c]);
                for (i = 0; i < TERMS_OF_FIT; i++) g[c][i] += miss * z[i];
            }
        }
        for (c = 0, moved = 0.0; c < h->classes; c++) {
            solve_root(a, g[c]);
            for (i = 0; i < TERMS_OF_FIT; i++) {
                h->slope[c][i] += g[c][i];
                moved = fmax(moved, fabs(g[c][i]));
            }
        }
    }
}
/* Mean, median or frequencies of the truth; half an event more of each class keeps logarithms finite. */
static int fit_constant(head_study *h, int sample) {
    const size_t n = h->sample[sample].count;
    const double all = total_weight(h, sample);
    weighted *v = (weighted *)malloc((n + 1) * sizeof *v);
    size_t k;
    int c;
    if (!v) return complain(FAILED, "there is not enough memory for %zu events", n);
    h->low = (double)INFINITY;
    h->high = -(double)INFINITY;
    for (c = 0; c < h->classes; c++) h->constant[c] = 0.5 / ((double)n + 0.5 * h->classes);
    for (k = 0; k < n; k++) {
        const float *r = row_of(h, sample, k);
        const double truth = (double)r[ROW_TRUTH], w = (double)r[ROW_WEIGHT] / all;
        v[k].value = truth;
        v[k].weight = w;
        h->low = fmin(h->low, truth);
        h->high = fmax(h->high, truth);
        if (is_class(h)) h->constant[(int)truth] += w * (double)n / ((double)n + 0.5 * h->classes);
        else h->constant[0] += w * truth;
    }
    if (h->kind == PASSWD_SPANET_LAPLACIAN) {
        qsort(v, n, sizeof *v, ascending);
        h->constant[0] = quantile(v, n, 0.5);
    }
    free(v);
    return OK;
}
/* The rivals of all heads. Without other events the constant is that of the judged ones, and nothing is fitted. */
static int heads_fit(head_studies *s) {
    int k, status = OK;
    for (k = 0; k < s->count && status == OK; k++) {
        head_study *h = s->head + k;
        h->inside = h->sample[LEARNT].count < HEAD_FEWEST;
        if (h->sample[JUDGED].count) status = fit_constant(h, h->inside ? JUDGED : LEARNT);
        if (status != OK || h->inside) continue;
        standardise(h);
        if (is_class(h)) fit_classes(h);
        else fit_number(h);
        h->fitted = 1;
    }
    return status;
}

/* --- figures --- */

/* What one of them says of an event: a number, or probabilities. A regression goes no further beyond what it
   has seen than that is wide. */
static void judge_says(const head_study *h, int judge, const float *row, double *to) {
    double z[TERMS_OF_FIT];
    int c;
    if (judge == FITTED) fit_terms(h, row, z);
    for (c = 0; c < h->answers; c++)
        to[c] = judge == NETWORK ? (double)row[ROW_ANSWERS + c]
            : judge == CONSTANT  ? h->constant[c]
                                 : fit_value(h, c, z);
    if (judge == FITTED && is_class(h)) share_out(to, h->classes);
    else if (judge == FITTED) to[0] = fmin(2.0 * h->high - h->low, fmax(2.0 * h->low - h->high, to[0]));
}
static double judge_loss(const head_study *h, const float *row, const double *says) {
    const double off = says[0] - (double)row[ROW_TRUTH];
    if (is_class(h)) return -log(fmax(says[(int)row[ROW_TRUTH]], 1e-12));
    return h->kind == PASSWD_SPANET_LAPLACIAN ? fabs(off) : off * off;
}
static void number_figures(const head_study *h, int judge, weighted *v, head_figures *f) {
    const size_t n = h->sample[JUDGED].count;
    double says[1], sum[5] = { 0.0, 0.0, 0.0, 0.0, 0.0 };
    size_t k;
    for (k = 0; k < n; k++) {
        const float *r = row_of(h, JUDGED, k);
        const double w = (double)r[ROW_WEIGHT] / h->weight;
        judge_says(h, judge, r, says);
        v[k].value = says[0] - (double)r[ROW_TRUTH];
        v[k].weight = w;
        f->bias += w * v[k].value;
        f->rms += w * v[k].value * v[k].value;
        f->mean += w * fabs(v[k].value);
        sum[0] += w * says[0];
        sum[1] += w * (double)r[ROW_TRUTH];
    }
    for (k = 0; k < n; k++) {
        const float *r = row_of(h, JUDGED, k);
        const double w = (double)r[ROW_WEIGHT] / h->weight, x = v[k].value + (double)r[ROW_TRUTH] - sum[0],
                     y = (double)r[ROW_TRUTH] - sum[1];
        sum[2] += w * x * x;
        sum[3] += w * y * y;
        sum[4] += w * x * y;
    }
    f->rms = sqrt(f->rms);
    f->correlation = judge != CONSTANT && sum[2] > 0.0 && sum[3] > 0.0 ? sum[4] / sqrt(sum[2] * sum[3]) : (double)NAN;
    qsort(v, n, sizeof *v, ascending);
    f->half = 0.5 * (quantile(v, n, 0.84135) - quantile(v, n, 0.15865));
    for (k = 0; k < n; k++) v[k].value = fabs(v[k].value);
    qsort(v, n, sizeof *v, ascending);
    f->median = quantile(v, n, 0.5);
}
/* The events, sorted by the probability of a class, against the others; to be freed by roc_free. */
static roc class_roc(const head_study *h, int judge, int class_, weighted *v) {
    const size_t n = h->sample[JUDGED].count;
    double says[PASSWD_SPANET_CLASSES_MAX], part[2] = { 0.0, 0.0 };
    size_t k;
    roc r;
    for (k = 0; k < n; k++) {
        const float *row = row_of(h, JUDGED, k);
        judge_says(h, judge, row, says);
        v[k].value = says[class_];
        v[k].signal = (int)row[ROW_TRUTH] == class_;
        v[k].weight = (double)row[ROW_WEIGHT];
        part[v[k].signal] += v[k].weight;
    }
    for (k = 0; k < n; k++) v[k].weight /= part[v[k].signal];
    r = roc_new(v, n);
    if (!(part[0] > 0.0 && part[1] > 0.0)) r.area = (double)NAN;
    return r;
}
static void class_figures(head_study *h, int judge, weighted *v, head_figures *f) {
    double says[PASSWD_SPANET_CLASSES_MAX], there[PASSWD_SPANET_CLASSES_MAX];
    size_t k;
    int c, n = 0;
    memset(there, 0, sizeof there);
    for (k = 0; k < h->sample[JUDGED].count; k++) {
        const float *r = row_of(h, JUDGED, k);
        const double w = (double)r[ROW_WEIGHT] / h->weight;
        const int truth = (int)r[ROW_TRUTH];
        int best = 0;
        judge_says(h, judge, r, says);
        for (c = 1; c < h->classes; c++)
            if (says[c] > says[best]) best = c;
        if (judge == NETWORK) h->confusion[truth * h->classes + best] += (double)r[ROW_WEIGHT];
        f->entropy += w * judge_loss(h, r, says);
        f->accuracy += best == truth ? w : 0.0;
        there[truth] += w;
        f->found[truth] += best == truth ? w : 0.0;
    }
    for (c = 0; c < h->classes; c++) {
        roc r = class_roc(h, judge, c, v);
        f->areas[c] = r.area;
        f->found[c] = there[c] > 0.0 ? f->found[c] / there[c] : (double)NAN;
        if (!isnan(r.area)) {
            f->area += r.area;
            n++;
        }
        roc_free(&r);
    }
    f->area = n ? f->area / n : (double)NAN;
}
/* How much smaller the network's loss is than that of the best rival, event by event, and the error of that. */
static void compare_best(head_study *h) {
    double a[PASSWD_SPANET_CLASSES_MAX], b[PASSWD_SPANET_CLASSES_MAX], square = 0.0;
    size_t k;
    h->rival = h->of[FITTED].known && h->of[FITTED].loss < h->of[CONSTANT].loss ? FITTED : CONSTANT;
    h->gain = h->of[h->rival].loss - h->of[NETWORK].loss;
    for (k = 0; k < h->sample[JUDGED].count; k++) {
        const float *r = row_of(h, JUDGED, k);
        judge_says(h, NETWORK, r, a);
        judge_says(h, h->rival, r, b);
        square += pow((double)r[ROW_WEIGHT] / h->weight * (judge_loss(h, r, b) - judge_loss(h, r, a) - h->gain), 2.0);
    }
    h->gain_error = sqrt(square);
}
static int heads_judge(head_studies *s) {
    int k, j, status = heads_fit(s);
    for (k = 0; k < s->count && status == OK; k++) {
        head_study *h = s->head + k;
        const size_t n = h->sample[JUDGED].count;
        weighted *v = (weighted *)malloc((n + 1) * sizeof *v);
        h->confusion = (double *)calloc((size_t)(h->classes * h->classes + 1), sizeof *h->confusion);
        if (!v || !h->confusion) status = complain(FAILED, "there is not enough memory for %zu events", n);
        h->weight = total_weight(h, JUDGED);
        for (j = 0; j < JUDGES && status == OK && n && h->weight > 0.0; j++) {
            head_figures *f = h->of + j;
            if ((j == NETWORK && !h->trained) || (j == FITTED && !h->fitted)) continue;
            f->known = 1;
            if (is_class(h)) class_figures(h, j, v, f);
            else number_figures(h, j, v, f);
            f->loss = is_class(h) ? f->entropy : h->kind == PASSWD_SPANET_LAPLACIAN ? f->mean : f->rms * f->rms;
        }
        if (h->of[NETWORK].known) compare_best(h);
        free(v);
    }
    return status;
}

/* --- table, JSON, CSV --- */

static const char *judge_name(const head_study *h, int judge) {
    if (judge == NETWORK) return "SPANet";
    if (judge == FITTED) return is_class(h) ? "logistic regression" : "linear regression";
    return is_class(h)                       ? h->inside ? "frequencies*" : "frequencies"
        : h->kind == PASSWD_SPANET_LAPLACIAN ? h->inside ? "median*" : "median"
        : h->inside                          ? "mean*"
                                             : "mean";
}
/* Beyond two standard deviations. */
static const char *verdict_of(const head_study *h) {
    return h->gain > 2.0 * h->gain_error ? "better" : h->gain < -2.0 * h->gain_error ? "worse" : "no better";
}
static void print_verdict(const head_study *h, int judge) {
    if (judge == NETWORK) {
        const char *verdict = verdict_of(h);
        printf("  %s%s than %s", strcmp(verdict, "better") ? "! " : "", verdict, judge_name(h, h->rival));
        if (h->gain_error > 0.0) printf(" (%.1f sigma)", fabs(h->gain) / h->gain_error);
    }
    printf("\n");
}
static void print_figure(int width, double value) {
    if (isnan(value)) printf(" %*s", width, "-");
    else printf(" %*.4g", width, value);
}
static void print_number(const head_study *h) {
    int j;
    for (j = 0; j < JUDGES; j++) {
        const head_figures *f = h->of + j;
        const double x[6] = { f->bias, f->rms, f->mean, f->median, f->half, f->correlation };
        int k;
        if (!f->known) continue;
        printf("  %-20s", judge_name(h, j));
        for (k = 0; k < 6; k++) print_figure(k == 5 ? 11 : 10, x[k]);
        print_verdict(h, j);
    }
}
static void print_class(const head_study *h) {
    int j, c, k;
    for (j = 0; j < JUDGES; j++) {
        const head_figures *f = h->of + j;
        if (!f->known) continue;
        printf("  %-20s", judge_name(h, j));
        print_figure(10, f->accuracy);
        print_figure(13, f->entropy);
        print_figure(10, f->area);
        print_verdict(h, j);
        for (c = 0; h->classes > 2 && c < h->classes && j != CONSTANT; c++) {
            printf("    class %-37d", c);
            print_figure(10, f->areas[c]);
            printf("\n");
        }
    }
    if (!h->of[NETWORK].known) return;
    printf("  true class, and the likeliest one [%%]\n");
    for (c = 0; c < h->classes; c++) {
        double sum = 0.0;
        for (k = 0; k < h->classes; k++) sum += h->confusion[c * h->classes + k];
        printf("    %-4d", c);
        for (k = 0; k < h->classes; k++)
            if (sum > 0.0) printf(" %6.1f", 100.0 * h->confusion[c * h->classes + k] / sum);
            else printf(" %6s", "-");
        printf("\n");
    }
}
static void print_heads_table(const head_studies *s) {
    int k, classes, inside = 0;
    if (!s->count) return;
    printf("\nHeads: %s\n", s->from);
    for (classes = 0; classes < 2; classes++)
        for (k = 0; k < s->count; k++) {
            const head_study *h = s->head + k;
            if (is_class(h) != classes) continue;
            printf("\n%s, %s%s, %zu events\n", h->name, head_kinds[h->kind],
                h->balanced ? " with the weights of the training" : "", h->sample[JUDGED].count);
            if (!h->trained) printf("  not trained: the scale of its loss is 0\n");
            if (!h->of[CONSTANT].known) {
                printf("  %s\n",
                    h->sample[JUDGED].count ? "the sum of weights is not positive"
                                            : "no event has its truth, in a column of this name");
                continue;
            }
            if (classes) printf("  %-20s %10s %13s %10s\n", "", "accuracy", "cross-entropy", "ROC area");
            else
                printf("  %-20s %10s %10s %10s %10s %10s %11s\n", "answer - truth", "bias", "RMS", "mean |.|",
                    "median |.|", "68 % / 2", "correlation");
            if (classes) print_class(h);
            else print_number(h);
            inside |= h->inside;
        }
    if (inside) printf("\n* of the judged events themselves\n");
}
static void put_figures(passwd_json_writer *w, const head_study *h, int judge) {
    const head_figures *f = h->of + judge;
    int c;
    passwd_json_begin_object(w);
    if (is_class(h)) {
        put_json(w, "accuracy", f->accuracy);
        put_json(w, "cross_entropy", f->entropy);
        put_json(w, "area", f->area);
        passwd_json_key(w, "areas");
        passwd_json_begin_array(w);
        for (c = 0; c < h->classes; c++)
            if (isfinite(f->areas[c])) passwd_json_write_number(w, f->areas[c]);
            else passwd_json_write_null(w);
        passwd_json_end_array(w);
    } else {
        put_json(w, "bias", f->bias);
        put_json(w, "rms", f->rms);
        put_json(w, "mean_absolute", f->mean);
        put_json(w, "median_absolute", f->median);
        put_json(w, "half_width", f->half);
        put_json(w, "correlation", f->correlation);
    }
    passwd_json_end_object(w);
}
static void put_heads(passwd_json_writer *w, const head_studies *s) {
    int k, j, c, i;
    if (!s->count) return;
    passwd_json_key(w, "heads_from");
    passwd_json_write_string(w, s->from);
    passwd_json_key(w, "heads");
    passwd_json_begin_array(w);
    for (k = 0; k < s->count; k++) {
        const head_study *h = s->head + k;
        passwd_json_begin_object(w);
        passwd_json_key(w, "name");
        passwd_json_write_string(w, h->name);
        passwd_json_key(w, "kind");
        passwd_json_write_string(w, head_kinds[h->kind]);
        passwd_json_key(w, "count");
        passwd_json_write_int(w, (int64_t)h->sample[JUDGED].count);
        put_json(w, "weight", h->weight);
        passwd_json_key(w, "learnt_from");
        passwd_json_write_int(w, h->inside ? 0 : (int64_t)h->sample[LEARNT].count);
        for (j = 0; j < JUDGES; j++)
            if (h->of[j].known) {
                passwd_json_key(w, judge_keys[j]);
                put_figures(w, h, j);
            }
        if (h->of[NETWORK].known) {
            passwd_json_key(w, "verdict");
            passwd_json_write_string(w, verdict_of(h));
            put_json(w, "gain", h->gain);
            put_json(w, "gain_error", h->gain_error);
        }
        if (is_class(h) && h->of[NETWORK].known) {
            passwd_json_key(w, "confusion");
            passwd_json_begin_array(w);
            for (c = 0; c < h->classes; c++) {
                passwd_json_begin_array(w);
                for (i = 0; i < h->classes; i++) passwd_json_write_number(w, h->confusion[c * h->classes + i]);
                passwd_json_end_array(w);
            }
            passwd_json_end_array(w);
        }
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
}
/* Columns behind those of efficiencies, which the rows of heads leave empty; `empty`: as many commas. */
static const char heads_csv[] = ",head,class,bias,rms,mean_absolute,median_absolute,half_width,correlation,accuracy,"
                                "cross_entropy,area,gain,gain_error";
static void write_heads(const head_studies *s, FILE *to, double events, int efficiencies) {
    int k, j, c, i;
    for (k = 0; k < s->count; k++)
        for (j = 0; j < JUDGES; j++) {
            const head_study *h = s->head + k;
            const head_figures *f = h->of + j;
            const double none = (double)NAN;
            if (!f->known) continue;
            for (c = -1; c < h->classes; c++) {
                const double x[9] = { is_class(h) ? none : f->bias, is_class(h) ? none : f->rms,
                    is_class(h) ? none : f->mean, is_class(h) ? none : f->median, is_class(h) ? none : f->half,
                    is_class(h) ? none : f->correlation,
                    !is_class(h) ? none
                        : c < 0  ? f->accuracy
                                 : f->found[c],
                    is_class(h) && c < 0 ? f->entropy : none,
                    !is_class(h) ? none
                        : c < 0  ? f->area
                                 : f->areas[c] };
                fprintf(to, "head,inclusive,%zu", h->sample[JUDGED].count);
                put_field(to, (double)h->sample[JUDGED].count / events);
                fprintf(to, ",%s", judge_keys[j]);
                for (i = 0; i < efficiencies; i++) fputc(',', to);
                fprintf(to, ",%s,", h->name);
                if (c >= 0) fprintf(to, "%d", c);
                for (i = 0; i < 9; i++) put_field(to, x[i]);
                put_field(to, j == NETWORK && c < 0 ? h->gain : none);
                put_field(to, j == NETWORK && c < 0 ? h->gain_error : none);
                fputc('\n', to);
            }
        }
}

/* --- pictures --- */

/* Escapes letters that are special in plots: "#" before them. */
static void plain(char to[64], const char *from) {
    int n = 0;
    for (; *from && n < 60; from++) {
        if (strchr("_^#\\", *from)) to[n++] = '#';
        to[n++] = *from;
    }
    to[n] = 0;
}
/* "residual_EVENT_ht.png"; with the number of the head where two would get the same name. */
static void head_file(const head_studies *s, int head, const char *what, char file[160]) {
    char name[100], other[100], *c;
    int k, same = 0;
    strcpy(name, s->head[head].name);
    for (c = name; (c = strchr(c, '/')) != NULL;) *c = '_';
    for (k = 0; k < s->count; k++) {
        strcpy(other, s->head[k].name);
        for (c = other; (c = strchr(c, '/')) != NULL;) *c = '_';
        same |= k != head && !strcmp(name, other);
    }
    if (same) snprintf(file, 160, "%s_%s_%d.png", what, name, head);
    else snprintf(file, 160, "%s_%s.png", what, name);
}
/* Residuals of all three, around the central 95 % of the network's. */
static int plot_residuals(const head_study *h, const char *folder, const char *file) {
    enum { RESIDUAL_BINS = 50 };
    const size_t n = h->sample[JUDGED].count;
    weighted *v = (weighted *)malloc((n + 1) * sizeof *v);
    double edges[RESIDUAL_BINS + 1], says[1], middle, width;
    char name[64], title[128], y[64];
    size_t k;
    int i, j;
    plot *p;
    if (!v) return complain(FAILED, "there is not enough memory for %zu events", n);
    for (k = 0; k < n; k++) {
        judge_says(h, NETWORK, row_of(h, JUDGED, k), says);
        v[k].value = says[0] - (double)row_of(h, JUDGED, k)[ROW_TRUTH];
        v[k].weight = fabs((double)row_of(h, JUDGED, k)[ROW_WEIGHT]);
    }
    qsort(v, n, sizeof *v, ascending);
    middle = 0.5 * (quantile(v, n, 0.025) + quantile(v, n, 0.975));
    width = fmax(0.9 * (quantile(v, n, 0.975) - quantile(v, n, 0.025)), 1e-9 * (1.0 + fabs(middle)));
    free(v);
    for (i = 0; i <= RESIDUAL_BINS; i++) edges[i] = middle + width * (2.0 * i / RESIDUAL_BINS - 1.0);
    plain(name, h->name);
    snprintf(title, sizeof title, "%s, answer #minus truth", name);
    snprintf(y, sizeof y, "Events / %.3g", 2.0 * width / RESIDUAL_BINS);
    p = plot_new(title, y);
    for (j = JUDGES; j-- > 0;) {
        static const plot_style style[JUDGES] = { { PLOT_BLUE, PLOT_SOLID, 0.0, 1 }, { PLOT_GREY, PLOT_DOTTED, 0.0, 0 },
            { PLOT_RED, PLOT_DASHED, 0.0, 0 } };
        double bins[RESIDUAL_BINS] = { 0.0 };
        char legend[64];
        if (!h->of[j].known) continue;
        for (k = 0; k < n; k++) {
            const float *r = row_of(h, JUDGED, k);
            double at;
            judge_says(h, j, r, says);
            at = (says[0] - (double)r[ROW_TRUTH] - edges[0]) / (edges[RESIDUAL_BINS] - edges[0]) * RESIDUAL_BINS;
            if (at >= 0.0 && at < RESIDUAL_BINS) bins[(int)at] += (double)r[ROW_WEIGHT];
        }
        snprintf(legend, sizeof legend, "%s (RMS %.3g)", judge_name(h, j), h->of[j].rms);
        *legend = (char)toupper((unsigned char)*legend);
        plot_histogram(p, edges, bins, RESIDUAL_BINS, legend, style[j]);
    }
    return write_plot(p, folder, file);
}
/* Two classes: the second against the first; more: the first few, each against all others. */
static int plot_class_roc(const head_study *h, const char *folder, const char *file) {
    enum { CURVES = 5 };
    weighted *v = (weighted *)malloc((h->sample[JUDGED].count + 1) * sizeof *v);
    char name[64], title[128];
    plot *p;
    int c, j, n = 0;
    if (!v) return complain(FAILED, "there is not enough memory for %zu events", h->sample[JUDGED].count);
    plain(name, h->name);
    snprintf(title, sizeof title, "Efficiency of %s of %s", h->classes > 2 ? "a class" : "class 1", name);
    p = plot_new(title, h->classes > 2 ? "Rejection of the other classes" : "Rejection of class 0");
    plot_log(p, 0, 1);
    plot_range(p, 0.0, 1.0, 1.0, 1.0);
    for (c = h->classes > 2 ? 0 : 1; c < h->classes && n < CURVES; c++, n++)
        for (j = 0; j < JUDGES; j += FITTED) {
            roc r;
            char legend[96];
            if (!h->of[j].known || isnan(h->of[j].areas[c])) continue;
            if (h->classes > 2) snprintf(legend, sizeof legend, "Class %d, %s", c, judge_name(h, j));
            else snprintf(legend, sizeof legend, "%s", judge_name(h, j));
            r = class_roc(h, j, c, v);
            *legend = (char)toupper((unsigned char)*legend);
            roc_draw(p, &r, legend,
                style_of(1 + n + (h->classes == 2 && j == FITTED), j == NETWORK ? PLOT_SOLID : PLOT_DASHED));
            roc_free(&r);
        }
    free(v);
    roc_draw_guess(p);
    return write_plot(p, folder, file);
}
static int plot_confusion(const head_study *h, const char *folder, const char *file) {
    double *share = (double *)malloc((size_t)(h->classes * h->classes) * sizeof *share);
    char name[64], title[128], text[128];
    plot *p;
    int c, k;
    if (!share) return complain(FAILED, "there is not enough memory for %d classes", h->classes);
    plain(name, h->name);
    snprintf(title, sizeof title, "Likeliest class of %s", name);
    p = plot_new(title, "True class");
    for (c = 0; c < h->classes; c++) {
        double sum = 0.0;
        for (k = 0; k < h->classes; k++) sum += h->confusion[c * h->classes + k];
        for (k = 0; k < h->classes; k++) {
            share[c * h->classes + k] = sum > 0.0 ? 100.0 * h->confusion[c * h->classes + k] / sum : (double)NAN;
            snprintf(text, sizeof text, "%.1f %%", share[c * h->classes + k]);
            if (h->classes <= 6 && sum > 0.0)
                plot_text_in(p, k + 0.09 * h->classes, c, text,
                    share[c * h->classes + k] > 45.0 ? PLOT_RGB(255, 255, 255) : PLOT_BLACK);
        }
    }
    plot_whole(p);
    plot_image(p, share, h->classes, h->classes, -0.5, h->classes - 0.5, -0.5, h->classes - 0.5,
        "Events of the true class [%]", 0.0, 100.0, 0);
    free(share);
    return write_plot(p, folder, file);
}
static int plot_heads(const head_studies *s, const char *folder) {
    char file[160];
    int k, status = OK;
    for (k = 0; k < s->count; k++) {
        const head_study *h = s->head + k;
        if (!h->of[NETWORK].known) continue;
        head_file(s, k, is_class(h) ? "roc" : "residual", file);
        if (is_class(h) ? plot_class_roc(h, folder, file) : plot_residuals(h, folder, file)) status = FAILED;
        head_file(s, k, "confusion", file);
        if (is_class(h) && plot_confusion(h, folder, file)) status = FAILED;
    }
    return status;
}
#endif /* SPANET_HEADS_H */
