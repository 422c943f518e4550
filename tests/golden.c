/* The original ABC network's outputs, gradients and training, reproduced from its weights.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/golden.c -o build/test_golden -lm && build/test_golden */
#include "../passwd.h"
#include "check.h"

typedef struct golden {
    passwd_tensor_file file;
    passwd_abc *abc;
    int64_t events;
    float *x, *p4;
    int32_t *objects;
} golden;

static float *floats(const passwd_tensor_file *f, const char *name, int64_t *count) {
    const passwd_tensor *t = passwd_tensor_find(f, name);
    float *v;
    if (!t) {
        if (count) *count = 0;
        return NULL;
    }
    v = (float *)malloc((size_t)(t->count ? t->count : 1) * sizeof *v);
    if (count) *count = t->count;
    CHECK(passwd_tensor_to_float(t, v, t->count, NULL) == PASSWD_OK);
    return v;
}
static double *doubles(const passwd_tensor_file *f, const char *name) {
    const passwd_tensor *t = passwd_tensor_find(f, name);
    double *v;
    if (!t) return NULL;
    v = (double *)malloc((size_t)t->count * sizeof *v);
    CHECK(passwd_tensor_to_double(t, v, t->count, NULL) == PASSWD_OK);
    return v;
}

/* Weights and stored events; four-momenta from the inputs as the original does. 0 where a file is missing. */
static int open_golden(golden *g, const char *weights, const char *path) {
    passwd_error e;
    int64_t i, k;
    FILE *there = fopen(weights, "rb");
    memset(g, 0, sizeof *g);
    if (!there) {
        SKIP(weights);
        return 0;
    }
    fclose(there);
    if (!CHECK_OK(passwd_tensor_file_load(path, NULL, &g->file, &e), e)
        || !CHECK_OK(passwd_abc_load(weights, NULL, &g->abc, &e), e))
        return 0;
    g->events = passwd_tensor_find(&g->file, "x")->shape[0];
    g->x = floats(&g->file, "x", NULL);
    g->p4 = (float *)calloc((size_t)g->events * 12, 4 * sizeof(float));
    g->objects = (int32_t *)calloc((size_t)g->events, sizeof(int32_t));
    for (i = 0; i < g->events; i++)
        for (k = 0; k < 12; k++) {
            const float *x = g->x + (i * 12 + k) * 5;
            float *p = g->p4 + (i * 12 + k) * 4;
            const double pt = exp((double)x[0]);
            if (x[0] == 0.0f) continue;
            CHECK(g->objects[i] == k); /* padding stands behind the jets */
            g->objects[i] = (int32_t)k + 1;
            p[0] = (float)exp((double)x[4]);
            p[1] = (float)(pt * (double)x[2]);
            p[2] = (float)(pt * (double)x[3]);
            p[3] = (float)(pt * sinh((double)x[1]));
        }
    return 1;
}
static void close_golden(golden *g) {
    passwd_abc_free(g->abc);
    passwd_tensor_file_free(&g->file);
    free(g->x);
    free(g->p4);
    free(g->objects);
}
static passwd_batch batch_of(const golden *g, const float **inputs) {
    passwd_batch b;
    memset(&b, 0, sizeof b);
    inputs[0] = g->x;
    inputs[1] = g->p4;
    b.events = g->events;
    b.inputs = inputs;
    b.objects = g->objects;
    return b;
}

/* largest |a - b| / |b| */
static double worst(const float *a, const double *b, int64_t count) {
    double w = 0.0;
    int64_t i;
    for (i = 0; i < count; i++) {
        const double d = fabs((double)a[i] - b[i]) / (fabs(b[i]) > 1e-12 ? fabs(b[i]) : 1e-12);
        if (!(d <= w)) w = d;
    }
    return w;
}

static void run_golden(const golden *g, passwd_simd simd) {
    passwd_model *m = passwd_abc_model(g->abc);
    const int layers = passwd_abc_config_of(g->abc)->attn_blocks_n,
              categories = passwd_abc_config_of(g->abc)->out_dim[layers - 1];
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    passwd_error e;
    const float *inputs[2];
    passwd_batch b = batch_of(g, inputs);
    float *out[32];
    double *loss = doubles(&g->file, "loss_f64"), *crossed = doubles(&g->file, "loss_crossed_f64"),
           *choice = doubles(&g->file, "jet_choice_f64");
    char name[32];
    int k, differ = 0;
    int64_t i, j;
    memset(&o, 0, sizeof o);
    o.simd = simd;
    if (!CHECK_OK(passwd_workspace_new(m, &o, &w, &e), e)) return;
    for (k = 0; k < passwd_output_count(m); k++)
        out[k] = (float *)calloc((size_t)g->events * passwd_output_size(m, k), sizeof(float));
    CHECK_OK(passwd_run(m, w, &b, out, &e), e);
    CHECK_BELOW(worst(out[passwd_output_find(m, "loss")], loss, g->events), simd == PASSWD_SIMD_SSE2 ? 2e-4 : 1e-4);
    CHECK_BELOW(
        worst(out[passwd_output_find(m, "loss_crossed")], crossed, g->events), simd == PASSWD_SIMD_SSE2 ? 2e-4 : 1e-4);
    printf(
        "  %s: worst loss %.1e\n", passwd_simd_name(simd), worst(out[passwd_output_find(m, "loss")], loss, g->events));
    snprintf(name, sizeof name, "choice%d", layers - 1);
    for (i = 0; i < g->events; i++)
        for (j = 0; j < g->objects[i] * categories; j++)
            differ +=
                (double)out[passwd_output_find(m, name)][i * 12 * categories + j] != choice[i * 12 * categories + j];
    CHECK(differ == 0);
    for (k = 0; k < passwd_output_count(m); k++) free(out[k]);
    free(loss);
    free(crossed);
    free(choice);
    passwd_workspace_free(w);
}

/* Gradient of mean(loss) + mean(loss_crossed) (+ 0.05 E_T of the third category) in training mode without dropout. */
static passwd_abc *training_copy(const golden *g) {
    passwd_abc_config c = *passwd_abc_config_of(g->abc);
    passwd_abc *a = NULL;
    passwd_error e;
    c.attn_dropout = 0.0f;
    c.lambda_isr = 0.05f * c.mass_scale; /* the golden's is per GeV */
    if (!CHECK_OK(passwd_abc_new(&c, 0, NULL, &a, &e), e)) return NULL;
    CHECK_OK(passwd_set_parameters(passwd_abc_model(a), passwd_parameters(passwd_abc_model(g->abc)), &e), e);
    return a;
}
static void gradient_golden(const golden *g, const char *total_name) {
    passwd_abc *a = training_copy(g);
    passwd_model *m = passwd_abc_model(a);
    passwd_workspace_options o;
    passwd_loss_options lo;
    passwd_workspace *w = NULL;
    passwd_error e;
    const float *inputs[2];
    passwd_batch b = batch_of(g, inputs);
    double terms[16], *total = doubles(&g->file, total_name), sum = 0.0, worst_tensor = 0.0;
    float *gradient = (float *)calloc(passwd_parameter_floats(m), sizeof(float));
    const passwd_abc_config *c = passwd_abc_config_of(a);
    char name[128];
    int k;
    memset(&o, 0, sizeof o);
    memset(&lo, 0, sizeof lo);
    o.losses = 1;
    lo.training = 1;
    if (!CHECK_OK(passwd_workspace_new(m, &o, &w, &e), e)) return;
    CHECK_OK(passwd_losses(m, w, &b, &lo, terms, NULL, gradient, &e), e);
    for (k = 0; k < passwd_loss_count(m); k++) {
        const char *n = passwd_loss_name(m, k);
        sum += terms[k]
            * (strcmp(n, "reconstruction") == 0 || strcmp(n, "crossed") == 0 ? 1.0
                    : strcmp(n, "isr") == 0                                  ? (double)c->lambda_isr
                                                                             : 0.0);
    }
    CHECK_BELOW(fabs(sum / total[0] - 1.0), 1e-4);
    for (k = 0; k < passwd_parameter_count(m); k++) {
        const passwd_parameter *p = passwd_parameter_at(m, k);
        double *want, d = 0.0, n = 0.0;
        size_t i;
        if (!p->trainable) continue;
        snprintf(name, sizeof name, "grad.%s", p->name);
        want = doubles(&g->file, name);
        if (!CHECK(want != NULL)) {
            printf("  %s\n", name);
            continue;
        }
        for (i = 0; i < p->count; i++) {
            const double diff = (double)gradient[p->offset + i] - want[i];
            d += diff * diff;
            n += want[i] * want[i];
        }
        if (!CHECK(sqrt(d) <= 1e-3 * sqrt(n) + 1e-9)) printf("  %s: relative %.2e\n", name, sqrt(d / n));
        if (n > 0.0 && sqrt(d / n) > worst_tensor) worst_tensor = sqrt(d / n);
        free(want);
    }
    printf("  worst gradient of a tensor: %.2e\n", worst_tensor);
    free(gradient);
    free(total);
    passwd_workspace_free(w);
    passwd_abc_free(a);
}

/* 20 steps of Adam on all events */
typedef struct adam_watch {
    const double *want;
    double worst;
} adam_watch;
static int adam_step(void *user, const passwd_progress *p) {
    adam_watch *w = (adam_watch *)user;
    const double d = fabs(p->total / w->want[p->step - 1] - 1.0);
    if (getenv("VERBOSE")) printf("    step %d %.1e\n", (int)p->step, d);
    if (!(d <= w->worst)) w->worst = d;
    return 0;
}
static void adam_golden(const golden *g, double bound) {
    passwd_abc *a = training_copy(g);
    passwd_train_options o;
    adam_watch watch;
    passwd_error e;
    const float *inputs[2];
    passwd_batch b = batch_of(g, inputs);
    double *want = doubles(&g->file, "adam.total"), worst_after = 0.0;
    char name[128];
    int k;
    memset(&o, 0, sizeof o);
    watch.want = want;
    watch.worst = 0.0;
    o.epochs = 20;
    o.batch = (int)g->events;
    o.rate = 1e-4f;
    o.schedule = PASSWD_SCHEDULE_CONSTANT;
    o.warmup = 1e-6f;
    o.keep_last = 1;
    o.progress = adam_step;
    o.user = &watch;
    CHECK_OK(passwd_train(passwd_abc_model(a), &b, &o, NULL, &e), e);
    CHECK_BELOW(watch.worst, bound);
    for (k = 0; k < passwd_parameter_count(passwd_abc_model(a)); k++) {
        const passwd_parameter *p = passwd_parameter_at(passwd_abc_model(a), k);
        double *after, d = 0.0, n = 0.0;
        size_t i;
        snprintf(name, sizeof name, "adam.after.%s", p->name);
        after = doubles(&g->file, name);
        if (!after) continue;
        for (i = 0; i < p->count; i++) {
            const double diff = (double)passwd_parameters(passwd_abc_model(a))[p->offset + i] - after[i];
            d += diff * diff;
            n += after[i] * after[i];
        }
        if (!CHECK(sqrt(d) <= 3e-2 * sqrt(n) + 1e-6)) printf("  %s: relative %.2e\n", name, sqrt(d / n));
        if (n > 0.0 && sqrt(d / n) > worst_after) worst_after = sqrt(d / n);
        free(after);
    }
    printf("  20 steps of Adam: worst total %.2e, worst parameter %.2e\n", watch.worst, worst_after);
    free(want);
    passwd_abc_free(a);
}

int main(int argc, char **argv) {
    const int quick =
        argc > 1 && strcmp(argv[1], "quick") == 0; /* for emulators and sanitizers: without the steps of Adam */
    static const char *const sets[2] = { "abc_c2", "abc_c3" };
    char weights[256], path[256];
    golden g;
    int k, s;
    for (k = 0; k < 2; k++) {
        snprintf(weights, sizeof weights, "%s/%s_weights.safetensors", data_folder("tests/golden"), sets[k]);
        snprintf(path, sizeof path, "%s/%s.safetensors", data_folder("tests/golden"), sets[k]);
        printf("%s\n", sets[k]);
        if (!open_golden(&g, weights, path)) continue;
        for (s = PASSWD_SIMD_SCALAR; s <= PASSWD_SIMD_NEON; s++)
            if (passwd_simd_available((passwd_simd)s)) run_golden(&g, (passwd_simd)s);
        gradient_golden(&g, "train.total");
        if (!quick)
            adam_golden(
                &g, k == 0 ? 1e-4 : 2e-4); /* c3: one event sits on the edge of a choice, single precision moves it */
        close_golden(&g);
    }
    printf("published\n");
    if (open_golden(&g, "../shared/published/abc_weights.safetensors", "../shared/published/abc_forward.safetensors")) {
        for (s = PASSWD_SIMD_SCALAR; s <= PASSWD_SIMD_NEON; s++)
            if (passwd_simd_available((passwd_simd)s)) run_golden(&g, (passwd_simd)s);
        close_golden(&g);
        if (open_golden(
                &g, "../shared/published/abc_weights.safetensors", "../shared/published/abc_gradient.safetensors")) {
            gradient_golden(&g, "total");
            close_golden(&g);
        }
    }
    return finish();
}
