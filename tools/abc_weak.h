/* abc_weak.h: weakly supervised regions of abc search (CWoLa: J. Collins, K. Howe and B. Nachman, arXiv 1805.02664).
   Part of abc_search.h. For each window of the average mass, networks learn to separate its events from those of the
   side bands, by shapes. Each event is scored by the networks of the folds that it was not in. The cut keeps a fixed
   fraction of the side bands; it does not depend on the number of events in the window. The spectrum of the selected
   events, window and side bands, is one more look, scanned inside the window, and enters the global p like the
   others. */
#ifndef ABC_WEAK_H
#define ABC_WEAK_H

/* Of all shapes, those unrelated to the beam: jets; for both parents the energies in its rest frame over its mass,
   jets, |y|. Momenta over the mass, H_T and the mass of all objects would together determine the mass, since a
   selection in H_T or pT has a scale. They are used as they are: if they were made independent of the mass in mean and
   width one by one, integers and truncated values (jets, missing ones) would reveal by their digits what was
   subtracted, and networks would know the mass by heart. */
enum { WEAK_SHAPES = 13 };
static const int weak_shape[WEAK_SHAPES] = { 8, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 25 };
enum {
    WEAK_FEWEST = 10,
    WEAK_NETWORKS = 4
}; /* minimum number of events of a window and of each side band, in all folds but one, for training */
static const double weak_inside = 0.2, weak_outside = 0.6, weak_step = 0.2,
                    weak_part = 0.05; /* ln m; fraction of the side bands that is kept */

/* Shapes of a sample's events, and the result for one window; weight: as used in training. */
typedef struct weak_sample {
    double *row, *log_mass, *z;
    int64_t count;
} weak_sample;

static void weak_free(weak_sample *w) {
    free(w->row);
    memset(w, 0, sizeof *w);
}
static int weak_shapes(const searching *a, const passwd_events *v, weak_sample *w) {
    const size_t n = (size_t)v->count + 1;
    passwd_workspace_options o;
    passwd_error error;
    int64_t k;
    int i;
    memset(&o, 0, sizeof o);
    o.threads = a->s->threads;
    o.simd = a->s->simd;
    o.progress = on_run;
    w->count = v->count;
    w->row = (double *)malloc(n * (PASSWD_ABC_SHAPES + 2) * sizeof *w->row);
    if (!w->row)
        return complain(FAILED, "there is not enough memory for the shapes of %lld events", (long long)v->count);
    w->log_mass = w->row + n * PASSWD_ABC_SHAPES; /* of which WEAK_SHAPES stay */
    w->z = w->log_mass + n;
    if (passwd_abc_shapes(a->network[0], v, 0, v->count, &o, w->row, w->log_mass, &error)) return failed(&error);
    for (k = 0; k < w->count; k++)
        for (i = 0; i < WEAK_SHAPES; i++) w->row[k * WEAK_SHAPES + i] = w->row[k * PASSWD_ABC_SHAPES + weak_shape[i]];
    return OK;
}
/* The position of an event relative to a window: 0 in it, -1 and 1 in the side bands, 2 elsewhere. */
static int weak_side(double log_mass, double middle) {
    const double x = log_mass - middle;
    return !(fabs(x) < weak_outside) ? 2 : fabs(x) < weak_inside ? 0 : x < 0.0 ? -1 : 1;
}
/* Learns from all folds but one; the side bands have the same total weight as the window. NULL in *net: too few
   events. */
static int weak_learn(searching *a, const weak_sample *w, double middle, int fold, passwd_reweight **net) {
    const size_t n = (size_t)w->count + 1;
    double *rows[2], *weight[2], sum[3] = { 0.0, 0.0, 0.0 };
    int64_t count[2] = { 0, 0 }, k, of_side[3] = { 0, 0, 0 };
    passwd_reweight_config c;
    passwd_train_options o;
    passwd_table sample[2];
    passwd_error error;
    passwd_status status;
    int pass, i;
    *net = NULL;
    rows[0] = (double *)malloc(2 * n * (WEAK_SHAPES + 1) * sizeof **rows);
    if (!rows[0]) return complain(FAILED, "there is not enough memory for %lld shapes", (long long)w->count);
    rows[1] = rows[0] + n * WEAK_SHAPES;
    weight[0] = rows[1] + n * WEAK_SHAPES;
    weight[1] = weight[0] + n;
    for (pass = 0; pass < 2; pass++)
        for (k = 0; k < w->count; k++) {
            const int side = has_pair(a->of + k) ? weak_side(w->log_mass[k], middle) : 2, in = side == 0;
            const double own = fmax(a->events.weight[k], 0.0);
            double *row = rows[in] + count[in] * WEAK_SHAPES;
            if (side == 2 || k % a->s->folds == fold) continue;
            if (!pass) {
                sum[side + 1] += own;
                of_side[side + 1]++;
                continue;
            }
            for (i = 0; i < WEAK_SHAPES; i++)
                row[i] =
                    w->row[k * WEAK_SHAPES + i] + 1e-6 * (double)(k % 3 - 1); /* what all share has quantiles now */
            weight[in][count[in]++] = own * (in ? 1.0 : sum[1] / (sum[0] + sum[2]));
        }
    if (of_side[0] < WEAK_FEWEST || of_side[1] < WEAK_FEWEST || of_side[2] < WEAK_FEWEST) {
        free(rows[0]);
        return OK;
    }
    for (i = 0; i < 2; i++) {
        sample[i].rows = rows[i];
        sample[i].weight = weight[i];
        sample[i].count = count[i];
        sample[i].features = WEAK_SHAPES;
        sample[i].names = NULL;
    }
    passwd_reweight_defaults(&c);
    c.layers = 2;
    c.nodes = 16;
    c.networks = WEAK_NETWORKS;
    c.epochs = 30;
    c.batch = 128;
    c.patience = 4;
    c.limit = 5.0f;
    c.seed = (uint64_t)a->s->seed * 1000u + (uint64_t)fold;
    memset(&o, 0, sizeof o);
    o.threads = a->s->threads;
    o.simd = a->s->simd;
    o.progress = on_shapes;
    o.user = a;
    status = passwd_reweight_learn(&c, sample, sample + 1, &o, NULL, net, &error);
    free(rows[0]);
    if (status == PASSWD_STOPPED) {
        a->cut_short = 1;
        return FAILED;
    }
    return status ? failed(&error) : OK;
}
/* ln of window over side bands for events around it; only: of one fold (-1: of all). */
static int weak_judge(
    const weak_sample *w, const answered *of, double middle, const passwd_reweight *net, int folds, int only) {
    double *rows = (double *)malloc(((size_t)w->count + 1) * (WEAK_SHAPES + 1) * sizeof *rows),
           *ratio = rows ? rows + (w->count + 1) * WEAK_SHAPES : NULL;
    passwd_error error;
    int64_t k, n;
    int status = rows ? OK : complain(FAILED, "there is not enough memory for %lld shapes", (long long)w->count);
    for (k = n = 0; k < w->count && status == OK; k++) {
        if (only >= 0 && k % folds != only) continue;
        w->z[k] = (double)NAN;
        if (has_pair(of + k) && weak_side(w->log_mass[k], middle) != 2) {
            w->z[k] = 0.0;
            memcpy(rows + n++ * WEAK_SHAPES, w->row + k * WEAK_SHAPES, WEAK_SHAPES * sizeof *rows);
        }
    }
    if (status == OK && passwd_reweight_run(net, NULL, rows, n, ratio, NULL, &error)) status = failed(&error);
    for (k = n = 0; k < w->count && status == OK; k++)
        if (!(only >= 0 && k % folds != only) && !isnan(w->z[k])) w->z[k] = log(fmax(ratio[n++], 1e-300));
    free(rows);
    return status;
}
/* The cut that keeps the given fraction of the side bands, by their events. If they hold signal, it is in the upper
   one, which has few events. */
static int weak_cut(const searching *a, const weak_sample *w, double middle, double *cut) {
    weighted *v = (weighted *)malloc(((size_t)w->count + 1) * sizeof *v);
    size_t n = 0;
    int64_t k;
    if (!v) return complain(FAILED, "there is not enough memory for %lld scores", (long long)w->count);
    for (k = 0; k < w->count; k++) {
        if (isnan(w->z[k]) || weak_side(w->log_mass[k], middle) == 0) continue;
        v[n].value = w->z[k];
        v[n].signal = 0;
        v[n++].weight = fmax(a->events.weight[k], 0.0);
    }
    qsort(v, n, sizeof *v, ascending);
    *cut = quantile(v, n, 1.0 - weak_part);
    free(v);
    return OK;
}
static void weak_mark(const weak_sample *w, double cut, int number, answered *of) {
    int64_t k;
    for (k = 0; k < w->count; k++)
        if (!isnan(w->z[k]) && w->z[k] > cut) of[k].weak |= 1u << number;
}
/* One window: 1 if it was used, 0 if there are too few events, -1 after a complaint. */
static int weak_window(searching *a, const weak_sample *data, const weak_sample *signals, double middle, int number) {
    double cut = 0.0;
    passwd_reweight *net[PASSWD_ABC_FOLDS] = { NULL };
    const int folds = a->s->folds;
    int f, i, status = OK, enough = 1;
    for (f = 0; f < folds && status == OK && enough; f++) {
        status = weak_learn(a, data, middle, f, net + f);
        enough = net[f] != NULL;
        if (status == OK && enough) status = weak_judge(data, a->of, middle, net[f], folds, f);
    }
    if (status == OK && enough) status = weak_cut(a, data, middle, &cut);
    if (status == OK && enough) weak_mark(data, cut, number, a->of);
    for (i = 0; i < a->s->signal.count && enough; i++)
        for (f = 0; f < folds && status == OK; f++) {
            status = weak_judge(signals + i, a->signal[i].of[f], middle, net[f], 1, -1);
            if (status == OK) weak_mark(signals + i, cut, number, a->signal[i].of[f]);
        }
    for (f = 0; f < folds; f++) passwd_reweight_free(net[f]);
    return status != OK ? -1 : enough;
}
/* All windows, from the median mass on, as long as there are enough events. */
static int search_weak(searching *a) {
    weak_sample data, signals[MANY];
    weighted *v = (weighted *)malloc(((size_t)a->events.count + 1) * sizeof *v);
    double middle;
    size_t n = 0;
    int64_t k;
    int i, made = 1, number,
           status = v ? OK : complain(FAILED, "there is not enough memory for %lld masses", (long long)a->events.count);
    memset(&data, 0, sizeof data);
    memset(signals, 0, sizeof signals);
    if (status == OK) status = weak_shapes(a, &a->events, &data);
    for (i = 0; i < a->s->signal.count && status == OK; i++) status = weak_shapes(a, &a->signal[i].events, signals + i);
    for (k = 0; k < data.count && status == OK; k++)
        if (has_pair(a->of + k)) {
            v[n].value = data.log_mass[k];
            v[n].signal = 0;
            v[n++].weight = 1.0;
        }
    qsort(v, n, sizeof *v, ascending);
    middle = quantile(v, n, 0.5);
    for (number = 0; number < WEAK_LOOKS && status == OK && made > 0; number++, middle += weak_step) {
        look *l = a->looks + a->n_looks;
        char text[64];
        snprintf(text, sizeof text, "window at %.0f GeV", exp(middle));
        a->doing = text;
        made = weak_window(a, &data, signals, middle, number);
        if (made < 0) status = FAILED;
        if (made <= 0) break;
        snprintf(l->name, sizeof l->name, "weak%.0f", exp(middle));
        l->part = weak_part;
        l->weak = number + 1;
        l->o.low = exp(middle - weak_inside);
        l->o.high = exp(middle + weak_inside);
        a->n_looks++;
    }
    weak_free(&data);
    for (i = 0; i < a->s->signal.count; i++) weak_free(signals + i);
    free(v);
    return status;
}
#endif /* ABC_WEAK_H */
