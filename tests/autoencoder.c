/* Anomaly scores, of the autoencoder of rapidity-mass matrices and of the density: scores against plain code in double
   precision, training, weights files, scores out of fold, anomaly regions (plain and flat in mass), simple variables,
   and what must be refused. */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"

enum { EVENTS = 400 };

static passwd_rmm_config small(void) {
    passwd_rmm_config c;
    passwd_error e;
    CHECK_OK(passwd_rmm_preset("search-autoencoder", &c, &e), e);
    CHECK(c.components == 0 && c.n_widths == 3 && c.widths[0] == 800 && c.widths[2] == 200 && c.validation == 0.3f
        && c.patience == 30);
    c.layout.sqrt_s = 13000.0;
    c.n_widths = 2;
    c.widths[0] = 24;
    c.widths[1] = 7;
    c.epochs = 3;
    c.batch = 64;
    return c;
}
static double *score(const passwd_rmm *r, const passwd_events *v) {
    double *scores = (double *)calloc((size_t)v->count, sizeof *scores);
    passwd_rmm_job *job = NULL;
    passwd_error e;
    CHECK_OK(passwd_rmm_job_new(r, NULL, &job, &e), e);
    CHECK_OK(passwd_rmm_run(job, v, 0, v->count, scores, NULL, &e), e);
    passwd_rmm_job_free(job);
    return scores;
}
/* ln of the mean squared difference, layer by layer in double precision */
static double plain_score(const passwd_rmm *r, const float *x, int inputs) {
    const passwd_model *m = passwd_rmm_model(r);
    static double h[2][2000];
    int k, o, i, in = inputs;
    double sum = 0.0;
    for (i = 0; i < inputs; i++) h[0][i] = (double)x[i];
    for (k = 0; 2 * k < passwd_parameter_count(m); k++) {
        const passwd_parameter *w = passwd_parameter_at(m, 2 * k), *b = passwd_parameter_at(m, 2 * k + 1);
        for (o = 0; o < w->shape[0]; o++) {
            double s = (double)passwd_parameters(m)[b->offset + (size_t)o];
            for (i = 0; i < in; i++) s += (double)passwd_parameters(m)[w->offset + (size_t)(o * in + i)] * h[k % 2][i];
            h[(k + 1) % 2][o] = s > 0.0 ? s : 0.01 * s;
        }
        in = w->shape[0];
    }
    CHECK(in == inputs);
    for (i = 0; i < inputs; i++) sum += (h[k % 2][i] - (double)x[i]) * (h[k % 2][i] - (double)x[i]);
    return log(sum / inputs);
}
static void test_scores(const passwd_rmm *r, const passwd_events *v) {
    const int inputs = passwd_rmm_inputs(&passwd_rmm_config_of(r)->layout);
    float *x = (float *)malloc((size_t)inputs * sizeof *x);
    double *got = score(r, v), worst = 0.0;
    passwd_rmm_encoder encoder;
    passwd_error e;
    int64_t k;
    CHECK_OK(passwd_rmm_encoder_new(&passwd_rmm_config_of(r)->layout, &encoder, &e), e);
    for (k = 0; k < v->count; k += 7) {
        double d;
        CHECK_OK(passwd_rmm_encode(&encoder, v, k, 1, 0, x, NULL, &e), e);
        d = fabs(got[k] - plain_score(r, x, inputs));
        if (!(d <= worst)) worst = d;
    }
    CHECK_BELOW(worst, 1e-5);
    free(got);
    free(x);
}
static void test_files(passwd_rmm *r, const passwd_events *v, const char *path) {
    passwd_rmm_region g;
    const passwd_rmm_region *regions;
    passwd_rmm *again = NULL;
    double *a = score(r, v), *b;
    passwd_error e;
    FILE *f;
    char *bytes;
    long size, k;
    memset(&g, 0, sizeof g);
    strcpy(g.name, "5 %");
    g.fraction = 0.05;
    CHECK_OK(passwd_rmm_cut(a, NULL, v->count, &g, NULL, &e), e);
    for (k = 0, size = 0; k < v->count; k++) size += a[k] > g.cut;
    CHECK(size == 20 && g.events == 20.0 && g.fraction == 0.05);
    CHECK_OK(passwd_rmm_add_region(r, &g, &e), e);
    CHECK(passwd_rmm_add_region(r, &g, &e) == PASSWD_ERROR_ARGUMENT); /* the same name */
    CHECK_OK(passwd_rmm_save(r, path, &e), e);
    CHECK_OK(passwd_rmm_load(path, NULL, &again, &e), e);
    b = score(again, v);
    CHECK(memcmp(a, b, (size_t)v->count * sizeof *a) == 0);
    CHECK(passwd_rmm_regions(again, &regions) == 1 && strcmp(regions->name, "5 %") == 0 && regions->cut == g.cut
        && regions->events == 20.0);
    passwd_rmm_free(again);
    again = NULL;
    f = fopen(path, "rb");
    bytes = (char *)malloc(1 << 20);
    size = f ? (long)fread(bytes, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    for (k = 0; k < size; k += k < 3000 ? 1 : 997)
        CHECK(passwd_rmm_parse(bytes, (size_t)k, "cut", NULL, &again, &e) != PASSWD_OK && !again);
    CHECK(passwd_rmm_load(data_folder("data/abc.safetensors"), NULL, &again, &e) != PASSWD_OK && !again);
    free(bytes);
    free(a);
    free(b);
}
static void test_training(const passwd_events *v) {
    passwd_rmm_config c = small();
    passwd_train_options o;
    passwd_train_report report[2];
    passwd_rmm *r[2];
    passwd_error e;
    int loss, k;
    memset(&o, 0, sizeof o);
    o.seed = 3;
    for (loss = 0; loss < 3; loss++) {
        c.log_loss = loss;
        c.epochs = 20;
        c.rate = 3e-3f;
        for (k = 0; k < 2; k++) { /* one thread and two: the same bits */
            o.threads = k + 1;
            CHECK_OK(passwd_rmm_new(&c, 5, NULL, r + k, &e), e);
            CHECK_OK(passwd_rmm_train(r[k], v, &o, report + k, NULL, &e), e);
        }
        CHECK(memcmp(passwd_parameters(passwd_rmm_model(r[0])), passwd_parameters(passwd_rmm_model(r[1])),
                  passwd_parameter_floats(passwd_rmm_model(r[0])) * sizeof(float))
            == 0);
        CHECK(report[0].validation == report[1].validation && report[0].events == 280 && report[0].epochs == 20);
        if (loss == 2) { /* what was learnt: the loss is far below that of a network that has seen nothing */
            passwd_rmm *fresh;
            double *a = score(r[0], v), *b, sum = 0.0;
            CHECK_OK(passwd_rmm_new(&c, 5, NULL, &fresh, &e), e);
            b = score(fresh, v);
            for (k = 0; k < v->count; k++) sum += a[k] - b[k];
            CHECK(sum / (double)v->count < -0.5);
            passwd_rmm_free(fresh);
            free(a);
            free(b);
        }
        for (k = 0; k < 2; k++) passwd_rmm_free(r[k]);
    }
}
static passwd_rmm_config small_density(void) {
    passwd_rmm_config c;
    passwd_error e;
    CHECK_OK(passwd_rmm_preset("wide", &c, &e), e);
    CHECK_OK(passwd_rmm_preset("search", &c, &e), e);
    CHECK(c.components > 0 && passwd_rmm_preset("best", &c, &e) == PASSWD_ERROR_CONFIG
        && passwd_rmm_preset("-autoencoder", &c, &e) == PASSWD_ERROR_CONFIG);
    c.layout.sqrt_s = 13000.0;
    c.components = 5;
    c.epochs = 8;
    c.batch = 32;
    return c;
}
/* Coordinates of the density straight from their definition, with ET = E / cosh(eta) sorted anew. */
static void plain_energies(const passwd_rmm_layout *l, const passwd_events *v, int64_t event, double *out) {
    int count[PASSWD_RMM_TYPES] = { 0 }, start[PASSWD_RMM_TYPES], t, i, n = 1;
    int64_t k;
    for (t = 0; t < l->types; t++) {
        start[t] = n;
        n += l->most[t];
    }
    for (i = 0; i < n + l->types + 2; i++) out[i] = 0.0;
    for (k = v->first[event]; k < v->first[event + 1]; k++) {
        const char *name = v->type_names.name[v->type[k]];
        const double p = v->pt[k] * cosh(v->eta[k]), et = sqrt(p * p + v->m[k] * v->m[k]) / cosh(v->eta[k]) / l->sqrt_s;
        if (strcmp(name, "met") == 0) out[0] = v->pt[k] / l->sqrt_s;
        for (t = 0; t < l->types; t++)
            if (strcmp(name, l->type[t]) == 0 && count[t] < l->most[t]) { /* as all events */
                for (i = count[t]++; i > 0 && out[start[t] + i - 1] < et; i--)
                    out[start[t] + i] = out[start[t] + i - 1];
                out[start[t] + i] = et;
                out[n + t] += et;
                out[n + l->types] += et;
                out[n + l->types + 1] = fmax(out[n + l->types + 1], et);
            }
    }
}
static const float *parameter(const passwd_rmm *r, const char *name) {
    return passwd_parameters(passwd_rmm_model(r)) + passwd_parameter_find(passwd_rmm_model(r), name)->offset;
}
/* Axis k of an event's coordinates. */
static double on_axis(const passwd_rmm *r, const double *x, int n, int k) {
    double sum = 0.0;
    int i;
    for (i = 0; i < n; i++)
        sum +=
            (double)parameter(r, "coordinates.axes")[k * n + i] * (x[i] - (double)parameter(r, "coordinates.mean")[i]);
    return sum;
}
static int same_parameters(const passwd_rmm *a, const passwd_rmm *b) {
    const passwd_model *m = passwd_rmm_model(a);
    return memcmp(
               passwd_parameters(m), passwd_parameters(passwd_rmm_model(b)), passwd_parameter_floats(m) * sizeof(float))
        == 0;
}
static double plain_density(const passwd_rmm *r, const passwd_events *v, int64_t event) {
    const passwd_rmm_config *c = passwd_rmm_config_of(r);
    const int n = passwd_parameter_find(passwd_rmm_model(r), "coordinates.mean")->shape[0];
    const double noise = (double)c->noise;
    double x[300], y[300], total = 0.0, sum = 0.0;
    char name[64];
    int i, k;
    plain_energies(&c->layout, v, event, x);
    for (k = 0; k < n; k++) y[k] = on_axis(r, x, n, k);
    for (k = 0; k < c->components; k++) {
        const double weight = exp((double)parameter(r, "mixture.logits")[k]);
        double divergence = 0.0;
        for (i = 0; i < n; i++) {
            double d, width;
            snprintf(name, sizeof name, "mixture.%d.mean", k);
            d = y[i] - (double)parameter(r, name)[i];
            snprintf(name, sizeof name, "mixture.%d.log_width", k);
            width = exp((double)parameter(r, name)[i]);
            divergence += log(width / noise) + 0.5 * (d * d + noise * noise) / (width * width) - 0.5;
        }
        total += weight;
        sum += weight * exp(-divergence);
    }
    return log(total / sum);
}
static double area(const double *background, int64_t n, const double *signal, int64_t m) {
    double above = 0.0;
    int64_t i, k;
    for (i = 0; i < n; i++)
        for (k = 0; k < m; k++) {
            if (signal[k] > background[i]) above += 1.0;
            else if (signal[k] == background[i]) above += 0.5;
        }
    return above / ((double)n * (double)m);
}
static void test_density(const passwd_events *v, const passwd_events *signal) {
    const passwd_rmm_config c = small_density();
    const size_t floats = sizeof(float);
    passwd_train_options o;
    passwd_train_report report[2];
    passwd_rmm *r[2];
    passwd_error e;
    double *a, *b, worst = 0.0;
    float *fresh;
    int64_t k;
    int i;
    memset(&o, 0, sizeof o);
    o.seed = 3;
    for (i = 0; i < 2; i++) { /* one thread and two: the same bits */
        o.threads = i + 1;
        CHECK_OK(passwd_rmm_new(&c, 5, NULL, r + i, &e), e);
        CHECK_OK(passwd_rmm_train(r[i], v, &o, report + i, NULL, &e), e);
    }
    CHECK(same_parameters(r[0], r[1]));
    a = score(r[0], v);
    for (k = 0; k < v->count; k += 3) {
        const double want = plain_density(r[0], v, k), d = fabs(a[k] - want) / (1.0 + fabs(want));
        if (isfinite(want) && !(d <= worst)) worst = d; /* the plain sum of exponentials vanishes far out */
    }
    CHECK_BELOW(worst, 2e-5);
    /* on the same axes the mixture has learnt: the score, which is the loss, is far below that of the mixture it
       started as */
    passwd_rmm_free(r[1]);
    CHECK_OK(passwd_rmm_new(&c, 5, NULL, r + 1, &e), e);
    fresh = (float *)malloc(passwd_parameter_floats(passwd_rmm_model(r[1])) * floats);
    memcpy(fresh, passwd_parameters(passwd_rmm_model(r[1])), passwd_parameter_floats(passwd_rmm_model(r[1])) * floats);
    for (i = 0; i < 2; i++) {
        const passwd_parameter *p =
            passwd_parameter_find(passwd_rmm_model(r[1]), i ? "coordinates.axes" : "coordinates.mean");
        memcpy(fresh + p->offset, parameter(r[0], p->name), p->count * floats);
    }
    CHECK_OK(passwd_set_parameters(passwd_rmm_model(r[1]), fresh, &e), e);
    b = score(r[1], v);
    for (k = 0, worst = 0.0; k < v->count; k++) worst += (b[k] - a[k]) / (double)v->count;
    CHECK(worst > 2.0);
    free(b);
    b = score(r[0], signal);
    CHECK(area(a, v->count, b, signal->count) > 0.85); /* of a signal that it knows nothing of */
    free(a);
    free(b);
    free(fresh);
    for (i = 0; i < 2; i++) passwd_rmm_free(r[i]);
}
/* Axes of the training events: no correlation is left, and no width beyond 1. Coordinates that next to no event fills
   are left out. */
static void test_axes(const passwd_events *v) {
    const passwd_rmm_config c = small_density();
    passwd_train_options o;
    passwd_rmm *r = NULL;
    passwd_error e;
    static double sum[300], products[300][300];
    double x[300], y[300], worst = 0.0;
    int n, i, k, rows = 0;
    int64_t event;
    memset(&o, 0, sizeof o);
    CHECK_OK(passwd_rmm_new(&c, 5, NULL, &r, &e), e);
    CHECK_OK(passwd_rmm_train(r, v, &o, NULL, NULL, &e), e);
    n = passwd_parameter_find(passwd_rmm_model(r), "coordinates.mean")->shape[0];
    CHECK(n == passwd_rmm_objects(&c.layout) + c.layout.types + 2);
    for (event = 0; event < v->count; event++) {
        plain_energies(&c.layout, v, event, x);
        for (k = 0; k < n; k++) y[k] = on_axis(r, x, n, k);
        for (k = 0; k < n; k++) {
            sum[k] += y[k] / (double)v->count;
            for (i = 0; i < n; i++) products[k][i] += y[k] * y[i] / (double)v->count;
        }
    }
    for (k = 0; k < n; k++) {
        const double width = products[k][k];
        worst = fmax(worst, fabs(sum[k]));
        for (i = 0; i < k; i++) worst = fmax(worst, fabs(products[k][i]));
        CHECK(width <= 1.0 + 1e-4);
        rows += width > 0.5;
    }
    CHECK_BELOW(worst, 1e-4);
    CHECK(rows > 5 && rows < 20);
    passwd_rmm_free(r);
}
/* Training on some events is training on a file of these alone. */
static void test_places(const passwd_events *v) {
    const passwd_rmm_config c = small_density();
    const int64_t bad[2] = { 3, v->count };
    passwd_train_options o;
    passwd_rmm *r[2];
    passwd_events part = *v;
    passwd_error e;
    int64_t places[150];
    int k;
    memset(&o, 0, sizeof o);
    for (k = 0; k < 150; k++) places[k] = k + 100;
    part.first += 100;
    part.weight += 100;
    part.id += 100;
    part.line += 100;
    part.count = 150;
    for (k = 0; k < 2; k++) CHECK_OK(passwd_rmm_new(&c, 2, NULL, r + k, &e), e);
    CHECK_OK(passwd_rmm_train(r[0], &part, &o, NULL, NULL, &e), e);
    CHECK_OK(passwd_rmm_train_on(r[1], v, places, 150, &o, NULL, NULL, &e), e);
    CHECK(same_parameters(r[0], r[1]));
    CHECK(passwd_rmm_train_on(r[1], v, bad, 2, &o, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_rmm_train_on(r[1], v, NULL, v->count + 1, &o, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    for (k = 0; k < 2; k++) passwd_rmm_free(r[k]);
}
static int rising(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static void test_folds(const passwd_events *v) {
    enum { FOLDS = 3 };
    const passwd_rmm_config c = small_density();
    passwd_rmm_folds *all = NULL;
    passwd_train_options o;
    passwd_train_report report[FOLDS];
    passwd_error e;
    double *scores = (double *)malloc((size_t)v->count * sizeof *scores), sorted[EVENTS];
    double *mean = (double *)calloc((size_t)v->count, sizeof *mean);
    int64_t places[EVENTS], k, n, counted = 0;
    int fold;
    memset(&o, 0, sizeof o);
    o.seed = 4;
    CHECK(passwd_rmm_folds_new(&c, 1, 1, NULL, &all, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_folds_new(&c, PASSWD_RMM_FOLDS + 1, 1, NULL, &all, &e) == PASSWD_ERROR_ARGUMENT && !all);
    CHECK_OK(passwd_rmm_folds_new(&c, FOLDS, 1, NULL, &all, &e), e);
    CHECK(passwd_rmm_folds_run(all, NULL, v, scores, NULL, &e) == PASSWD_ERROR_ARGUMENT); /* not trained */
    CHECK_OK(passwd_rmm_folds_train(all, v, &o, scores, report, NULL, &e), e);
    CHECK(passwd_rmm_folds_count(all) == FOLDS && !passwd_rmm_folds_network(all, FOLDS)
        && !passwd_rmm_folds_network(all, -1));
    /* by hand: a network of the others' events alone, and its scores of the fold */
    for (fold = 0; fold < FOLDS; fold++) {
        passwd_rmm *r = NULL;
        double *raw, median, spread, worst = 0.0;
        for (k = n = 0; k < v->count; k++)
            if (passwd_rmm_fold_of(all, k) != fold) places[n++] = k;
        CHECK(n > v->count / 2 && n < v->count - v->count / 5);
        for (k = 0; k < n / 2; k++) { /* in the order in which they are given inside */
            const int64_t swap = places[k];
            places[k] = places[n - 1 - k];
            places[n - 1 - k] = swap;
        }
        CHECK_OK(passwd_rmm_new(&c, 1 + (uint64_t)fold, NULL, &r, &e), e);
        CHECK_OK(passwd_rmm_train_on(r, v, places, n, &o, NULL, NULL, &e), e);
        CHECK(same_parameters(r, passwd_rmm_folds_network(all, fold)));
        raw = score(r, v);
        for (k = n = 0; k < v->count; k++)
            if (passwd_rmm_fold_of(all, k) == fold) sorted[n++] = raw[k];
        qsort(sorted, (size_t)n, sizeof *sorted, rising);
        median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
        spread = 0.5 * (sorted[n - 1 - (int64_t)(0.16 * (double)(n - 1))] - sorted[(int64_t)(0.16 * (double)(n - 1))]);
        for (k = 0; k < v->count; k++) {
            mean[k] += (raw[k] - median) / spread / FOLDS;
            if (passwd_rmm_fold_of(all, k) == fold) worst = fmax(worst, fabs(scores[k] - (raw[k] - median) / spread));
        }
        CHECK_BELOW(worst, 1e-9);
        counted += n;
        free(raw);
        passwd_rmm_free(r);
    }
    CHECK(counted == v->count);
    CHECK_OK(passwd_rmm_folds_run(all, NULL, v, scores, NULL, &e), e);
    for (k = n = 0; k < v->count; k++) n += fabs(scores[k] - mean[k]) < 1e-9;
    CHECK(n == v->count);
    passwd_rmm_folds_free(all);
    free(scores);
    free(mean);
}
/* Scores that grow with the mass: the plain cut takes the heavy events, the flat one the same part everywhere, also of
   events that it was not chosen on, and gives events without that mass the plain cut. */
static void test_flat(passwd_rmm *r, const char *path) {
    enum { MANY = 20000, SLICES = 8 };
    const int n = passwd_rmm_config_of(r)->layout.masses;
    double *scores = (double *)malloc(MANY * sizeof *scores), low = 1.0, high = 0.0;
    double *masses = (double *)malloc(MANY * (size_t)n * sizeof *masses);
    passwd_rmm_region g;
    const passwd_rmm_region *read;
    passwd_rmm *again = NULL;
    passwd_error e;
    int sample, k, i;
    memset(&g, 0, sizeof g);
    strcpy(g.name, "flat");
    g.fraction = 0.1;
    for (sample = 0; sample < 2; sample++) {
        double in[SLICES] = { 0 }, flat[SLICES] = { 0 }, plain[SLICES] = { 0 };
        for (k = 0; k < MANY; k++) {
            const double x = -log(passwd_random_uniform(11, (uint32_t)sample, (uint32_t)k));
            for (i = 0; i < n; i++) masses[k * n + i] = i == 1 ? (double)NAN : 100.0 * exp(0.7 * x);
            scores[k] = 2.0 * x + 0.3 * x * x - log(passwd_random_uniform(12, (uint32_t)sample, (uint32_t)k));
        }
        if (!sample) CHECK_OK(passwd_rmm_cut_flat(scores, NULL, masses, n, MANY, &g, NULL, &e), e);
        for (k = 0; k < MANY; k++) {
            const int slice = (int)fmin(SLICES - 1, log(masses[k * n] / 100.0) / 0.7 * 2.0);
            in[slice] += 1.0;
            flat[slice] += scores[k] > passwd_rmm_cut_at(&g, 0, masses[k * n]);
            plain[slice] += scores[k] > g.cut;
        }
        for (i = 0; i < SLICES; i++) {
            const double part = flat[i] / in[i], error = sqrt(0.09 / in[i]);
            if (!CHECK(fabs(part - 0.1) < 4.0 * error + (i == SLICES - 1 ? 0.1 : 0.02)))
                printf("  slice %d: %g\n", i, part);
            low = fmin(low, plain[i] / in[i]);
            high = fmax(high, plain[i] / in[i]);
        }
    }
    CHECK(low < 0.03 && high > 0.5); /* what the plain cut does with the same scores */
    CHECK(g.flat && g.curve[1].knots == 0 && passwd_rmm_cut_at(&g, 1, 500.0) == g.cut);
    CHECK(passwd_rmm_cut_at(&g, 0, NAN) == g.cut && passwd_rmm_cut_at(&g, -1, 500.0) == g.cut);
    CHECK(g.curve[0].knots > 5 && passwd_rmm_cut_at(&g, 0, 1.0) == g.curve[0].cut[0]);
    CHECK(passwd_rmm_cut_at(&g, 0, 1e9) == g.curve[0].cut[g.curve[0].knots - 1]);
    passwd_rmm_clear_regions(r);
    CHECK_OK(passwd_rmm_add_region(r, &g, &e), e);
    CHECK_OK(passwd_rmm_save(r, path, &e), e);
    CHECK_OK(passwd_rmm_load(path, NULL, &again, &e), e);
    if (CHECK(passwd_rmm_regions(again, &read) == 1 && read->flat && read->cut == g.cut && read->curve[1].knots == 0))
        for (i = 0; i < n; i++) {
            CHECK(read->curve[i].knots == g.curve[i].knots);
            for (k = 0; k < g.curve[i].knots; k++)
                CHECK(fabs(read->curve[i].mass[k] / g.curve[i].mass[k] - 1.0) < 1e-15
                    && fabs(read->curve[i].cut[k] / g.curve[i].cut[k] - 1.0) < 1e-15);
        }
    CHECK(passwd_rmm_cut_flat(scores, NULL, NULL, n, MANY, &g, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_rmm_cut_flat(scores, NULL, masses, 0, MANY, &g, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_rmm_clear_regions(r);
    passwd_rmm_free(again);
    free(scores);
    free(masses);
}
/* A file of before the density, whose configuration does not name it, is one of an autoencoder. */
static void test_old_file(const passwd_rmm *r, const passwd_events *v, const char *path) {
    static const char key[] = "\\\"components\\\":0,";
    char *bytes = (char *)malloc(1 << 20);
    passwd_rmm *again = NULL;
    passwd_error e;
    double *a = score(r, v), *b;
    size_t size, k;
    FILE *f;
    CHECK_OK(passwd_rmm_save(r, path, &e), e);
    f = fopen(path, "rb");
    size = f ? fread(bytes, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    for (k = 0; k + sizeof key < size && memcmp(bytes + k, key, sizeof key - 1) != 0; k++) continue;
    if (CHECK(k + sizeof key < size)) {
        memset(bytes + k, ' ', sizeof key - 1);
        CHECK_OK(passwd_rmm_parse(bytes, size, "old", NULL, &again, &e), e);
        b = score(again, v);
        CHECK(passwd_rmm_config_of(again)->components == 0 && memcmp(a, b, (size_t)v->count * sizeof *a) == 0);
        free(b);
    }
    passwd_rmm_free(again);
    free(bytes);
    free(a);
}
static void test_simple(const passwd_rmm *r, const passwd_events *v) {
    double *got = (double *)malloc((size_t)v->count * PASSWD_RMM_SIMPLE * sizeof *got), worst = 0.0;
    passwd_rmm_encoder encoder;
    passwd_error e;
    int64_t event, k;
    int i;
    CHECK_OK(passwd_rmm_encoder_new(&passwd_rmm_config_of(r)->layout, &encoder, &e), e);
    CHECK_OK(passwd_rmm_simple(&encoder, v, 0, v->count, got, &e), e);
    for (event = 0; event < v->count; event++) {
        double want[PASSWD_RMM_SIMPLE] = { 0 }, p[4] = { 0 };
        for (k = v->first[event]; k < v->first[event + 1]; k++) {
            const int met = strcmp(v->type_names.name[v->type[k]], "met") == 0;
            const double pt = v->pt[k], pz = met ? 0.0 : pt * sinh(v->eta[k]), m = met ? 0.0 : v->m[k];
            p[0] += sqrt(pt * pt + pz * pz + m * m);
            p[1] += pt * cos(v->phi[k]);
            p[2] += pt * sin(v->phi[k]);
            p[3] += pz;
            if (met) want[2] = pt;
            else {
                want[0] += pt;
                want[1] = fmax(want[1], pt);
                want[3] += 1.0;
            }
        }
        want[4] = sqrt(p[0] * p[0] - p[1] * p[1] - p[2] * p[2] - p[3] * p[3]);
        for (i = 0; i < PASSWD_RMM_SIMPLE; i++)
            worst = fmax(worst, fabs(got[event * PASSWD_RMM_SIMPLE + i] - want[i]) / (1.0 + want[i]));
    }
    CHECK_BELOW(worst, 1e-9);
    CHECK(passwd_rmm_simple(&encoder, v, 1, v->count, got, &e) == PASSWD_ERROR_ARGUMENT
        && !passwd_rmm_simple_name(PASSWD_RMM_SIMPLE) && strcmp(passwd_rmm_simple_name(0), "HT") == 0);
    free(got);
}
static void test_refusals(const passwd_rmm *r, passwd_events *v) {
    static const char *const wrong[] = { "{\"widths\": []}", "{\"widths\": [0]}", "{\"epochs\": 0}", "{\"slope\": 2}",
        "{\"colour\": 1}", "{\"log_loss\": 7}", "[]", "{\"batch\": 1.5}", "{\"components\": -1}",
        "{\"components\": 2.5}", "{\"noise\": 0}" };
    double scores[4] = { 1.0, 2.0, 2.0, NAN }, weights[4] = { 1.0, 1.0, -1.0, 1.0 };
    passwd_rmm_config c = small();
    passwd_rmm_region g;
    passwd_rmm_job *job = NULL;
    passwd_rmm *other = NULL;
    passwd_error e;
    double keep;
    size_t k;
    for (k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        passwd_rmm_config d = c;
        if (!CHECK((passwd_rmm_config_read(&d, wrong[k], strlen(wrong[k]), "c.json", &e) != PASSWD_OK
                       && memcmp(&c, &d, sizeof c) == 0)
                || passwd_rmm_new(&d, 1, NULL, &other, &e) == PASSWD_ERROR_CONFIG))
            printf("  %s\n", wrong[k]);
    }
    c.layout.sqrt_s = 0.0;
    CHECK(passwd_rmm_new(&c, 1, NULL, &other, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "sqrt") && !other);
    memset(&g, 0, sizeof g);
    strcpy(g.name, "a");
    g.fraction = 0.5;
    CHECK(passwd_rmm_cut(scores, NULL, 4, &g, NULL, &e) == PASSWD_ERROR_NUMERIC);     /* NaN */
    CHECK(passwd_rmm_cut(scores, weights, 3, &g, NULL, &e) == PASSWD_ERROR_NUMERIC);  /* a negative weight */
    CHECK(passwd_rmm_cut(scores + 1, NULL, 2, &g, NULL, &e) == PASSWD_ERROR_NUMERIC); /* a tie leaves nothing */
    CHECK(passwd_rmm_cut(scores, NULL, 0, &g, NULL, &e) == PASSWD_ERROR_ARGUMENT && g.cut == 0.0);
    g.cross_section = 10.0;
    g.luminosity = 140.0;
    CHECK(passwd_rmm_cut(scores, NULL, 3, &g, NULL, &e) == PASSWD_ERROR_ARGUMENT); /* more than there are */
    keep = v->weight[3];
    v->weight[3] = -1.0;
    CHECK(passwd_rmm_new(passwd_rmm_config_of(r), 1, NULL, &other, &e) == PASSWD_OK
        && passwd_rmm_train(other, v, NULL, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC);
    v->weight[3] = keep;
    CHECK_OK(passwd_rmm_job_new(r, NULL, &job, &e), e);
    CHECK(passwd_rmm_run(job, v, 5, v->count, scores, NULL, &e) == PASSWD_ERROR_ARGUMENT && scores[0] == 1.0);
    passwd_rmm_job_free(job);
    passwd_rmm_free(other);
}

static void load(const char *path, int64_t most, passwd_events *v) {
    passwd_event_reader *reader;
    passwd_error e;
    memset(v, 0, sizeof *v);
    CHECK_OK(passwd_event_reader_open(data_folder(path), NULL, NULL, &reader, &e), e);
    CHECK_OK(passwd_events_read(reader, v, most, &e), e);
    passwd_event_reader_close(reader);
}
int main(void) {
    passwd_rmm_config c = small();
    passwd_events v, signal;
    passwd_rmm *r = NULL;
    passwd_error e;
    load("data/lepton_background.csv", EVENTS, &v);
    load("data/lepton_hplus_800.csv", 200, &signal);
    CHECK_OK(passwd_rmm_new(&c, 1, NULL, &r, &e), e);
    test_scores(r, &v);
    test_old_file(r, &v, scratch_file("test_autoencoder.safetensors"));
    test_files(r, &v, scratch_file("test_autoencoder.safetensors"));
    test_simple(r, &v);
    test_flat(r, scratch_file("test_autoencoder.safetensors"));
    test_refusals(r, &v);
    test_training(&v);
    test_density(&v, &signal);
    test_axes(&v);
    test_places(&v);
    test_folds(&v);
    passwd_rmm_free(r);
    passwd_events_free(&v);
    passwd_events_free(&signal);
    return finish();
}
