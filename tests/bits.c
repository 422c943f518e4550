/* The same bits for every instruction set with fused multiply-add, batch size, lane, order and number of threads; also
   of training, interrupted or not. And the random numbers.

   cc -O2 -fopenmp -I. tests/bits.c -o build/test_bits -lm && build/test_bits */
#define PASSWD_STATIC /* this test looks at private names */
#define PASSWD_IMPLEMENTATION
#include "../passwd.h"
#include "check.h"
#include <fenv.h>
#ifdef __SSE2__
#include <xmmintrin.h>
#endif
#ifdef _OPENMP
#include <omp.h>
#endif

static passwd_value multihead(passwd_model *m, passwd_value q, passwd_value other, passwd_value mask, passwd_value bias,
    int heads, int extra, float dropout, const char *name) {
    const passwd_attention_options o = { heads, extra, dropout };
    return passwd_multihead(m, q, other, mask, bias, &o, name);
}

enum { EVENTS = 300 };
static int quick; /* for emulators */
static const uint32_t KNOWN = 4237659230u;

typedef struct sample {
    int max_objects;
    int64_t events;
    float *x, *p4, *teacher;
    int32_t *objects;
} sample;

static double uniform(uint32_t stream, uint32_t k) { return passwd_random_uniform(2024, stream, k); }
static sample new_sample(int max_objects, int64_t events) {
    sample s;
    int64_t e;
    int k;
    s.max_objects = max_objects;
    s.events = events;
    s.x = (float *)calloc((size_t)(events * max_objects * 5), sizeof(float));
    s.p4 = (float *)calloc((size_t)(events * max_objects * 4), sizeof(float));
    s.teacher = (float *)calloc((size_t)(events * max_objects), sizeof(float));
    s.objects = (int32_t *)calloc((size_t)events, sizeof *s.objects);
    for (e = 0; e < events; e++) {
        s.objects[e] = (int32_t)(uniform(0, (uint32_t)e) * (max_objects + 1));
        for (k = 0; k < max_objects; k++) {
            const uint32_t n = (uint32_t)(e * max_objects + k);
            const double pt = 50.0 + 900.0 * pow(uniform(1, n), 3.0), eta = 5.0 * uniform(2, n) - 2.5,
                         phi = 6.2831853 * (uniform(3, n) - 0.5);
            const double m = 0.15 * pt * uniform(4, n), p = pt * cosh(eta);
            if (k >= s.objects[e]) { /* must not be read */
                s.x[n * 5] = NAN;
                continue;
            }
            passwd_abc_encode(pt, eta, phi, sqrt(p * p + m * m), s.x + n * 5, s.p4 + n * 4);
            s.teacher[n] = (float)(n % 2);
        }
    }
    return s;
}
static void free_sample(sample *s) {
    free(s->x);
    free(s->p4);
    free(s->teacher);
    free(s->objects);
}
static passwd_batch part_of(const sample *s, const float **inputs, int64_t first, int64_t count) {
    passwd_batch b;
    memset(&b, 0, sizeof b);
    inputs[0] = s->x + first * s->max_objects * 5;
    inputs[1] = s->p4 + first * s->max_objects * 4;
    inputs[2] = s->teacher + first * s->max_objects; /* preset default learns from it */
    b.events = count;
    b.inputs = inputs;
    b.objects = s->objects + first;
    return b;
}
/* the same events in another order */
static sample shuffled(const sample *s, int64_t step) {
    sample r = new_sample(s->max_objects, s->events);
    int64_t e;
    for (e = 0; e < s->events; e++) {
        const int64_t from = e * step % s->events;
        memcpy(
            r.x + e * s->max_objects * 5, s->x + from * s->max_objects * 5, (size_t)s->max_objects * 5 * sizeof(float));
        memcpy(r.p4 + e * s->max_objects * 4, s->p4 + from * s->max_objects * 4,
            (size_t)s->max_objects * 4 * sizeof(float));
        memcpy(
            r.teacher + e * s->max_objects, s->teacher + from * s->max_objects, (size_t)s->max_objects * sizeof(float));
        r.objects[e] = s->objects[from];
    }
    return r;
}

/* All outputs of all events, one event after the other; batch events at a time. */
static float *run(const passwd_model *m, passwd_workspace *w, const sample *s, int64_t batch, size_t *width) {
    float *all, *out[32];
    const float *inputs[3];
    passwd_error error;
    int64_t first, e;
    size_t at = 0;
    int k;
    *width = 0;
    for (k = 0; k < passwd_output_count(m); k++) {
        *width += passwd_output_size(m, k);
        out[k] = (float *)malloc(passwd_output_size(m, k) * (size_t)batch * sizeof(float));
    }
    all = (float *)calloc(*width * (size_t)s->events, sizeof(float));
    for (first = 0; first < s->events; first += batch) {
        const int64_t count = s->events - first < batch ? s->events - first : batch;
        passwd_batch b = part_of(s, inputs, first, count);
        CHECK_OK(passwd_run(m, w, &b, out, &error), error);
        for (e = 0; e < count; e++)
            for (k = 0; k < passwd_output_count(m); k++) {
                const size_t n = passwd_output_size(m, k);
                memcpy(all + at, out[k] + (size_t)e * n, n * sizeof(float));
                at += n;
            }
    }
    for (k = 0; k < passwd_output_count(m); k++) free(out[k]);
    return all;
}
static passwd_workspace *workspace(const passwd_model *m, passwd_simd simd, int threads, int losses) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    passwd_error error;
    memset(&o, 0, sizeof o);
    o.simd = simd;
    o.threads = threads;
    o.losses = losses;
    CHECK_OK(passwd_workspace_new(m, &o, &w, &error), error);
    return w;
}

/* --- what runs here --- */

static void test_levels(const passwd_model *m) {
    const void *kernels[8];
    passwd_workspace_options o;
    passwd_workspace *w, *untouched = (passwd_workspace *)&o;
    passwd_simd parsed;
    passwd_error error;
    int level, k, available = 0;
    memset(&o, 0, sizeof o);
    for (level = PASSWD_SIMD_AUTO; level <= PASSWD_SIMD_NEON; level++) {
        CHECK(passwd_simd_parse(passwd_simd_name((passwd_simd)level), &parsed, &error) == PASSWD_OK
            && (int)parsed == level);
        if (!passwd_simd_available((passwd_simd)level)) { /* forcing fails where the processor lacks it */
            o.simd = (passwd_simd)level;
            w = untouched;
            CHECK(passwd_workspace_new(m, &o, &w, &error) == PASSWD_ERROR_UNSUPPORTED && w == untouched
                && error.message[0]);
            continue;
        }
        w = workspace(m, (passwd_simd)level, 1, 0);
        if (level == PASSWD_SIMD_AUTO) {
            CHECK(w->kernels == passwdi_kernels_of(passwd_simd_best()));
        } else {
            for (k = 0; k < available; k++)
                CHECK(kernels[k] != (const void *)w->kernels); /* every level is code of its own */
            kernels[available++] = w->kernels;
        }
        passwd_workspace_free(w);
    }
    CHECK(passwd_simd_available(passwd_simd_best()));
    CHECK(passwd_simd_available(PASSWD_SIMD_SCALAR));
#ifdef PASSWDI_X86 /* vectors are not lost by accident */
    CHECK(
        passwd_simd_best() != PASSWD_SIMD_SCALAR || !__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma"));
#elif defined(PASSWDI_ARM)
    CHECK(passwd_simd_best() == PASSWD_SIMD_NEON);
#endif
    printf("  best here: %s; tested:", passwd_simd_name(passwd_simd_best()));
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        if (passwd_simd_available((passwd_simd)level)) printf(" %s", passwd_simd_name((passwd_simd)level));
    printf("\n");
    CHECK(passwd_simd_parse("mmx", &parsed, &error) != PASSWD_OK);
    CHECK(passwd_simd_parse(NULL, &parsed, &error) != PASSWD_OK);
}

/* --- results --- */

/* Events that are off by more than a part of their outputs: close to a tie a choice may differ, and then its event
   does. */
static int events_off(const float *got, const float *want, int64_t events, size_t width, double bound) {
    int64_t e;
    int off = 0;
    for (e = 0; e < events; e++) {
        double worst = 0;
        size_t i;
        for (i = 0; i < width; i++) {
            const double a = (double)got[(size_t)e * width + i], b = (double)want[(size_t)e * width + i],
                         d = fabs(a - b) / (fabs(b) + 1.0);
            if (!(d <= worst)) worst = d;
        }
        if (!(worst <= bound)) off++;
    }
    return off;
}
static void test_runs(const char *name, const passwd_model *m, const sample *s, const float *want, size_t width) {
    static const int64_t batches[7] = { 1, 2, 8, 9, 16, 17, EVENTS };
    const size_t bytes = width * (size_t)s->events * sizeof(float);
    sample other = shuffled(s, 7);
    int level, threads, k;
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 2; threads++) {
            passwd_workspace *w;
            if (!passwd_simd_available((passwd_simd)level)) continue;
            if (level == PASSWD_SIMD_SCALAR && threads == 2) continue; /* slow, and the same code */
            w = workspace(m, (passwd_simd)level, threads, 0);
            for (k = 6; k >= 0; k -= level == PASSWD_SIMD_SCALAR ? 3 : 1) { /* one workspace for all */
                float *got = run(m, w, s, batches[k], &width);
                if (level != PASSWD_SIMD_SSE2) {
                    if (!CHECK(memcmp(got, want, bytes) == 0))
                        printf("  %s: %s, batch %d, %d threads\n", name, passwd_simd_name((passwd_simd)level),
                            (int)batches[k], threads);
                } else if (k == 6) { /* close; a choice near a tie may differ, and then its event does */
                    const int far_off = events_off(got, want, s->events, width, 1e-4);
#ifdef __FMA__ /* the whole program may fuse, and then the SSE2 instance does too */
                    CHECK(memcmp(got, want, bytes) == 0);
#else
                    CHECK(memcmp(got, want, bytes) != 0); /* or it was not SSE2 that ran */
#endif
                    if (!CHECK(far_off <= s->events / 10 + 1))
                        printf("  %s: SSE2 is off in %d events\n", name, far_off);
                } else { /* the same bits for any batch with SSE2, too */
                    float *again = run(m, w, s, EVENTS, &width);
                    CHECK(memcmp(got, again, bytes) == 0);
                    free(again);
                }
                free(got);
            }
            if (level != PASSWD_SIMD_SSE2 && level != PASSWD_SIMD_SCALAR) { /* other lanes, other neighbours */
                float *got = run(m, w, &other, 100, &width);
                int64_t e;
                int differ = 0;
                for (e = 0; e < s->events; e++)
                    differ += memcmp(got + (size_t)e * width, want + (size_t)(e * 7 % s->events) * width,
                                  width * sizeof(float))
                        != 0;
                if (!CHECK(differ == 0))
                    printf("  %s: %d events differ in another order, %s\n", name, differ,
                        passwd_simd_name((passwd_simd)level));
                free(got);
            }
            passwd_workspace_free(w);
        }
    free_sample(&other);
}

/* A host program that has changed the rounding mode or flushes subnormal numbers gets other last digits, no worse; and
   all bits again when it has put that back. */
static void test_host_modes(const passwd_model *m, const sample *s, const float *want, size_t width) {
#ifdef FE_UPWARD
    static const int modes[3] = { FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
#else /* WebAssembly has no other */
    static const int modes[3] = { -1, -1, -1 };
#endif
    const size_t bytes = width * (size_t)s->events * sizeof(float);
    int k, level;
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        if (passwd_simd_available((passwd_simd)level) && level != PASSWD_SIMD_SSE2) {
            passwd_workspace *w = workspace(m, (passwd_simd)level, 1, 0);
            float *got;
            for (k = 0; k < 4; k++) {
                int off, differ;
#ifdef __SSE2__
                const unsigned int before = _mm_getcsr();
                if (k == 3) _mm_setcsr(before | 0x8040u); /* flush to zero, denormals are zero */
#else
                if (k == 3) continue;
#endif
                if (k < 3 && (modes[k] < 0 || fesetround(modes[k]) != 0)) continue;
                got = run(m, w, s, 17, &width);
                if (k < 3) fesetround(FE_TONEAREST);
#ifdef __SSE2__
                _mm_setcsr(before);
#endif
                off = events_off(got, want, s->events, width, 2e-5);
                differ = memcmp(got, want, bytes) != 0;
                if (!CHECK(off <= s->events / 10 + 1))
                    printf("  host's mode %d, %s: %d events are off\n", k, passwd_simd_name((passwd_simd)level), off);
                CHECK(k == 3 || differ); /* or the mode was none */
                free(got);
            }
            got = run(m, w, s, 17, &width);
            CHECK(memcmp(got, want, bytes) == 0);
            free(got);
            passwd_workspace_free(w);
        }
}

/* Losses per event, in evaluation, do not depend on neighbours either. */
static void test_losses(const passwd_model *m, const sample *s) {
    const int terms = passwd_loss_count(m);
    float *want = (float *)calloc((size_t)(s->events * terms), sizeof(float)),
          *got = (float *)calloc((size_t)(s->events * terms), sizeof(float));
    double mean[32], mean_again[32];
    const float *inputs[3];
    float *gradient[2];
    int level, threads, k, first = 1;
    int64_t e;
    gradient[0] = (float *)calloc(passwd_parameter_floats(m), sizeof(float));
    gradient[1] = (float *)calloc(passwd_parameter_floats(m), sizeof(float));
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 3; threads++) {
            passwd_workspace *w;
            passwd_loss_options o;
            passwd_batch b = part_of(s, inputs, 0, s->events);
            int differ = 0;
            if (level == PASSWD_SIMD_SSE2 || !passwd_simd_available((passwd_simd)level)) continue;
            memset(&o, 0, sizeof o);
            o.seed = 3;
            o.training = 1;
            w = workspace(m, (passwd_simd)level, threads, 1);
            CHECK(passwd_losses(m, w, &b, &o, first ? mean : mean_again, first ? want : got, gradient[!first], NULL)
                == PASSWD_OK);
            if (!first) {
                CHECK(memcmp(mean, mean_again, (size_t)terms * sizeof *mean) == 0);
                CHECK(memcmp(want, got, (size_t)(s->events * terms) * sizeof *want) == 0);
                if (!CHECK(memcmp(gradient[0], gradient[1], passwd_parameter_floats(m) * sizeof(float)) == 0))
                    printf("  gradient: %s, %d threads\n", passwd_simd_name((passwd_simd)level), threads);
            }
            first = 0;
            if (threads == 2) { /* alone and together, in evaluation */
                float *one = (float *)calloc((size_t)terms, sizeof(float));
                memset(&o, 0, sizeof o);
                CHECK(passwd_losses(m, w, &b, &o, mean_again, got, NULL, NULL) == PASSWD_OK);
                for (e = 0; e < s->events; e += 37) {
                    b = part_of(s, inputs, e, 1);
                    CHECK(passwd_losses(m, w, &b, &o, mean_again, one, NULL, NULL) == PASSWD_OK);
                    for (k = 0; k < terms; k++) /* random candidates depend on the event's place */
                        differ += strncmp(passwd_loss_name(m, k), "random", 6) != 0
                            && memcmp(one + k, got + e * terms + k, sizeof(float)) != 0;
                }
                CHECK(differ == 0);
                free(one);
            }
            passwd_workspace_free(w);
        }
    free(want);
    free(got);
    free(gradient[0]);
    free(gradient[1]);
}

/* --- training --- */

static int stop_at(void *user, const passwd_progress *p) { return p->step >= *(const int64_t *)user; }
static passwd_abc *small(int kind, uint64_t seed) {
    passwd_abc_config c;
    static const char *const names[3] = { "default", "letter", "original" };
    passwd_abc *a = NULL;
    passwd_error error;
    passwd_model *m;
    float *p;
    int k;
    size_t i;
    CHECK(passwd_abc_preset(names[kind], &c, NULL) == PASSWD_OK);
    c.attn_dropout = 0.1f;
    c.do_gumbel = kind == 1;
    c.max_objects = kind == 1 ? 20 : 12;
    if (!CHECK_OK(passwd_abc_new(&c, seed, NULL, &a, &error), error)) abort();
    m = passwd_abc_model(a);
    p = (float *)malloc(passwd_parameter_floats(m) * sizeof *p);
    memcpy(p, passwd_parameters(m), passwd_parameter_floats(m) * sizeof *p);
    for (k = 0; k < passwd_parameter_count(m); k++) { /* larger weights, or all jets would get one category */
        const passwd_parameter *q = passwd_parameter_at(m, k);
        if (q->trainable)
            for (i = 0; i < q->count; i++)
                p[q->offset + i] =
                    p[q->offset + i] * 2.0f + (float)(0.3 * passwd_random_normal(seed, 77u, (uint32_t)(q->offset + i)));
    }
    CHECK(passwd_set_parameters(m, p, NULL) == PASSWD_OK);
    free(p);
    return a;
}
static float *train(int kind, const sample *s, passwd_simd simd, int threads, int64_t stop, const char *checkpoint,
    passwd_train_report *report, size_t *bytes) {
    passwd_abc *a = small(kind, 9);
    passwd_model *m = passwd_abc_model(a);
    passwd_train_options o;
    passwd_error error;
    const float *inputs[3];
    passwd_batch b = part_of(s, inputs, 0, s->events);
    float *p;
    passwd_status status;
    memset(&o, 0, sizeof o);
    o.epochs = 4;
    o.batch = 50;
    o.threads = threads;
    o.simd = simd;
    o.seed = 4;
    o.validation = 0.2f;
    o.average = kind ? 0.9f : 0.0f;
    o.clip = 1.0f;
    o.weight_decay = 0.01f;
    o.temperature_start = 2.0f;
    o.temperature_end = 0.5f;
    o.temperature_steps = 5.0f;
    o.checkpoint = checkpoint;
    o.progress = stop ? stop_at : NULL;
    o.user = &stop;
    status = passwd_train(m, &b, &o, report, &error);
    if (!CHECK(status == (stop ? PASSWD_STOPPED : PASSWD_OK))) printf("  %s\n", error.message);
    *bytes = passwd_parameter_floats(m) * sizeof(float);
    p = (float *)malloc(*bytes);
    memcpy(p, passwd_parameters(m), *bytes);
    passwd_abc_free(a);
    return p;
}
static void test_training(int kind) {
    const char *const file = scratch_file("test_bits.checkpoint");
    sample s = new_sample(kind ? 20 : 12, 220);
    passwd_train_report report, again;
    size_t bytes;
    float *want = train(kind, &s, PASSWD_SIMD_SCALAR, 1, 0, NULL, &report, &bytes), *got;
    int level, threads;
    int64_t stop;
    CHECK(report.steps == 12 && report.epochs == 4);
    for (level = PASSWD_SIMD_SSE2; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 2; threads++) {
            if (!passwd_simd_available((passwd_simd)level)) continue;
            got = train(kind, &s, (passwd_simd)level, threads, 0, NULL, &again, &bytes);
            if (level != PASSWD_SIMD_SSE2) {
                if (!CHECK(memcmp(want, got, bytes) == 0
                        && memcmp(&report.total, &again.total, sizeof report.total) == 0
                        && memcmp(&report.validation, &again.validation, sizeof report.validation) == 0))
                    printf("  training: %s, %d threads\n", passwd_simd_name((passwd_simd)level), threads);
            } else { /* large weights amplify rounding */
                CHECK_BELOW(fabs(report.total - again.total), 0.4 * fabs(report.total));
            }
            free(got);
        }
    for (stop = 4; stop <= 8 && !quick; stop += 2) { /* interrupted within and at the end of an epoch */
        remove(file);
        free(train(kind, &s, PASSWD_SIMD_AUTO, 1, stop, file, &again, &bytes));
        CHECK(again.steps == stop && again.stopped == 2);
        got = train(kind, &s, PASSWD_SIMD_AUTO, 2, 0, file, &again, &bytes);
        if (!CHECK(
                memcmp(want, got, bytes) == 0 && report.steps == again.steps && report.best_epoch == again.best_epoch))
            printf("  resumed after step %d\n", (int)stop);
        free(got);
    }
    if (!quick) {
        got = train(kind, &s, PASSWD_SIMD_AUTO, 1, 0, file, &again, &bytes); /* nothing is left to do */
        CHECK(memcmp(want, got, bytes) == 0);
        free(got);
    }
    remove(file);
    free(want);
    free_sample(&s);
}

/* --- a network of everything else, with operations of the user's and inputs made on the way --- */

/* products: out[i][j] = sum_f x_i[f] y_j[f] p[f]; sums: event value [f] = sum over cells of x[cell][f], of valid
   objects */
static void products_forward(const passwd_lanes *v) {
    const int n = v->objects, F = v->features[0];
    int i, j, f, l;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            for (l = 0; l < 16; l++) {
                float sum = 0.0f;
                for (f = 0; f < F; f++)
                    sum += v->in[0][(i * F + f) * 16 + l] * v->in[1][(j * F + f) * 16 + l] * v->parameter[0][f];
                v->out[(i * n + j) * 16 + l] = sum;
            }
}
static void products_backward(const passwd_lanes *v) {
    const int n = v->objects, F = v->features[0];
    int i, j, f, l;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            for (f = 0; f < F; f++)
                for (l = 0; l < 16; l++) {
                    const size_t x = (size_t)(i * F + f) * 16 + (size_t)l, y = (size_t)(j * F + f) * 16 + (size_t)l;
                    const float d = v->out_gradient[(i * n + j) * 16 + l];
                    if (v->in_gradient[0]) v->in_gradient[0][x] += d * v->in[1][y] * v->parameter[0][f];
                    if (v->in_gradient[1]) v->in_gradient[1][y] += d * v->in[0][x] * v->parameter[0][f];
                    v->parameter_gradient[0][f] += d * v->in[0][x] * v->in[1][y];
                }
}
static int both(const passwd_lanes *v, int cell, int l) {
    return v->in[4][cell / v->objects * 16 + l] > 0.0f && v->in[4][cell % v->objects * 16 + l] > 0.0f;
}
static void sums_forward(const passwd_lanes *v) {
    int c, f, l;
    memset(v->out, 0, (size_t)v->out_features * 16 * sizeof(float));
    for (c = 0; c < v->rows[0]; c++)
        for (l = 0; l < 16; l++)
            for (f = 0; f < v->out_features && both(v, c, l); f++)
                v->out[f * 16 + l] += v->in[0][(c * v->out_features + f) * 16 + l];
}
static void sums_backward(const passwd_lanes *v) {
    int c, f, l;
    for (c = 0; c < v->rows[0]; c++)
        for (l = 0; l < 16; l++)
            for (f = 0; f < v->out_features && both(v, c, l); f++)
                v->in_gradient[0][(c * v->out_features + f) * 16 + l] += v->out_gradient[f * 16 + l];
}
static passwd_model *zoo(int large) {
    passwd_model *m = NULL;
    passwd_custom_options c;
    passwd_error error;
    passwd_value x, q, mask, h, g, y, e;
    const int shape[3] = { 1, 2, 4 }, first[1] = { 0 };
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_objects(m, "x", large ? 20 : 12, 5);
    q = passwd_input_objects(m, "p4", large ? 20 : 12, 4);
    mask = passwd_input_mask(m);
    h = passwd_activate(m, passwd_linear(m, x, 8, 1, "embed"), PASSWD_ACTIVATE_GELU, 0.0f, 0.0f);
    h = passwd_batch_norm(m, h, NULL, "norm");
    q = passwd_activate(m, passwd_shift(m, q, 0, 1.0f), PASSWD_ACTIVATE_AFFINE, 1e-3f, 0.0f);
    g = passwd_linear_pair(m, h, q, 8, "pair_h", "pair_q");
    g = passwd_gru(m, g, passwd_linear(m, h, 8, 1, "fresh"), passwd_gated(m, h, g), 1.0f, "gru");
    if (large) {
        g = passwd_learnt_rows(m, g, 0, 8, "token");
        y = multihead(
            m, passwd_add(m, g, passwd_learnt_rows(m, x, -1, 8, "place")), g, mask, PASSWD_NONE, 2, 1, 0.1f, "attend");
        g = passwd_layer_norm(m, y, g, PASSWD_NONE, PASSWD_ACTIVATE_RELU, "after");
    }
    memset(&c, 0, sizeof c);
    c.forward = products_forward;
    c.backward = products_backward;
    c.inputs = 2;
    c.in[0] = h;
    c.in[1] = g;
    c.parameters = 1;
    c.parameter[0] = passwd_parameter_new(m, "weights", 3, shape, 1, 1, 0.5f);
    c.power = 2;
    c.rows = c.features = 1;
    y = passwd_custom(m, &c);
    passwd_output(m, y, "pairs");
    memset(&c, 0, sizeof c);
    c.forward = sums_forward;
    c.backward = sums_backward;
    c.inputs = 5;
    c.in[0] = c.in[1] = c.in[2] = c.in[3] = passwd_activate(m, y, PASSWD_ACTIVATE_TANH, 0.0f, 0.0f);
    c.in[4] = mask;
    c.rows = c.features = 1;
    e = passwd_custom(m, &c);
    passwd_output(m, g, "objects");
    passwd_output(m, e, "sum");
    h = passwd_linear(m, passwd_select_rows(m, g, first, 1), 1, 1, "head");
    passwd_output(m, h, "first");
    passwd_loss(m, passwd_distance(m, e, h), 1.0f, "distance");
    passwd_loss(m,
        passwd_sum_rows(m,
            passwd_mask_rows(m,
                passwd_mean_square(m, g, passwd_detach(m, passwd_activate(m, g, PASSWD_ACTIVATE_AFFINE, 0.5f, 0.1f))),
                mask)),
        0.1f, "size");
    if (!CHECK_OK(passwd_model_build(m, 8, &error), error)) abort();
    return m;
}
/* what is there, and nothing for padding */
static void zoo_fill(void *user, int input, const int64_t *events, int count, float *lanes) {
    const sample *s = (const sample *)user;
    const int F = input ? 4 : 5;
    const float *from = input ? s->p4 : s->x;
    int k, i;
    for (k = 0; k < count; k++)
        for (i = 0; i < s->objects[events[k]] * F; i++) lanes[i * 16 + k] = from[events[k] * s->max_objects * F + i];
}
static void test_zoo(int large) {
    sample s = new_sample(large ? 20 : 12, quick ? 18 : large ? 35 : 60);
    passwd_model *m = zoo(large);
    passwd_workspace *w = workspace(m, PASSWD_SIMD_SCALAR, 1, 0);
    size_t width, bytes = passwd_parameter_floats(m) * sizeof(float);
    float *want = run(m, w, &s, s.events, &width), *trained = NULL, *gradient[2], *out[4];
    double terms[2][2];
    passwd_error error;
    int level, threads, k, way;
    passwd_workspace_free(w);
    test_runs(large ? "zoo, 20 objects" : "zoo", m, &s, want, width);
    test_losses(m, &s);
    /* inputs from fill: the first, the second or both; one event, nine, all */
    gradient[0] = (float *)malloc(bytes);
    gradient[1] = (float *)malloc(bytes);
    for (k = 0; k < 4; k++) out[k] = (float *)malloc(passwd_output_size(m, k) * (size_t)s.events * sizeof(float));
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 3; threads++) {
            const float *inputs[3];
            passwd_loss_options o;
            if (!passwd_simd_available((passwd_simd)level) || level == PASSWD_SIMD_SSE2) continue;
            memset(&o, 0, sizeof o);
            o.training = 1;
            w = workspace(m, (passwd_simd)level, threads, 1);
            for (way = 0; way < 4; way++) {
                static const int64_t sizes[3] = { 1, 9, 0 };
                passwd_batch b = part_of(&s, inputs, 0, s.events);
                int64_t e;
                int differ = 0, i;
                if (way & 1) inputs[0] = NULL;
                if (way & 2) inputs[1] = NULL;
                if (way == 3) b.inputs = NULL;
                if (way) b.fill = zoo_fill;
                b.user = &s;
                CHECK_OK(passwd_losses(m, w, &b, &o, terms[way > 0], NULL, gradient[way > 0], &error), error);
                if (way
                    && !CHECK(memcmp(gradient[0], gradient[1], bytes) == 0
                        && memcmp(terms[0], terms[1], sizeof terms[0]) == 0))
                    printf(
                        "  filled, gradient: %s, %d threads, %d\n", passwd_simd_name((passwd_simd)level), threads, way);
                for (i = 0; way && i < 3; i++) {
                    b.events = sizes[i] ? sizes[i] : s.events;
                    CHECK_OK(passwd_run(m, w, &b, out, &error), error);
                    for (e = 0; e < b.events; e++) {
                        size_t at = (size_t)e * width, n;
                        for (k = 0; k < 4; k++, at += n) {
                            n = passwd_output_size(m, k);
                            differ += memcmp(out[k] + (size_t)e * n, want + at, n * sizeof(float)) != 0;
                        }
                    }
                }
                if (!CHECK(differ == 0))
                    printf("  filled: %s, %d threads, %d: %d differ\n", passwd_simd_name((passwd_simd)level), threads,
                        way, differ);
            }
            passwd_workspace_free(w);
        }
    free(want);
    /* training: every level, 1 to 3 threads, from arrays and filled */
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 3; threads++)
            for (way = 0; way < 2; way++) {
                const float *inputs[3];
                passwd_batch b = part_of(&s, inputs, 0, s.events);
                passwd_train_options o;
                passwd_train_report report;
                passwd_model *t;
                if (!passwd_simd_available((passwd_simd)level) || (level == PASSWD_SIMD_SCALAR && threads == 2))
                    continue;
                t = zoo(large);
                memset(&o, 0, sizeof o);
                o.epochs = 2;
                o.batch = 32;
                o.seed = 6;
                o.simd = (passwd_simd)level;
                o.threads = threads;
                o.clip = 1.0f;
                o.rate = 0.01f;
                o.validation = 0.2f;
                if (way) {
                    b.inputs = NULL;
                    b.fill = zoo_fill;
                    b.user = &s;
                }
                CHECK_OK(passwd_train(t, &b, &o, &report, &error), error);
                CHECK(report.steps > 1 && memcmp(passwd_parameters(t), passwd_parameters(m), bytes) != 0);
                if (!trained) {
                    trained = (float *)malloc(bytes);
                    memcpy(trained, passwd_parameters(t), bytes);
                }
                if (level != PASSWD_SIMD_SSE2 && !CHECK(memcmp(trained, passwd_parameters(t), bytes) == 0))
                    printf("  zoo %d trained: %s, %d threads%s\n", large, passwd_simd_name((passwd_simd)level), threads,
                        way ? ", filled" : "");
                k = (int)passwd_parameter_find(t, "norm.running_var")->offset;
                CHECK(passwd_parameters(t)[k] == 1.0f
                    && passwd_parameters(t)[passwd_parameter_find(t, "norm.running_mean")->offset]
                        == 0.0f); /* a value's statistics stay */
                passwd_model_free(t);
            }
    for (k = 0; k < 4; k++) free(out[k]);
    free(gradient[0]);
    free(gradient[1]);
    free(trained);
    passwd_model_free(m);
    free_sample(&s);
}

/* --- several models, several callers --- */

static void test_two_models(void) {
    passwd_abc *a[2];
    sample s[2];
    float *want[2], *got[2][4];
    size_t width[2];
    int k, i;
    for (k = 0; k < 2; k++) {
        passwd_workspace *w;
        a[k] = small(k, 1u + (uint64_t)k);
        s[k] = new_sample(k ? 20 : 12, 60);
        w = workspace(passwd_abc_model(a[k]), PASSWD_SIMD_AUTO, 1, 0);
        want[k] = run(passwd_abc_model(a[k]), w, &s[k], 60, width + k);
        passwd_workspace_free(w);
    }
#ifdef _OPENMP
#pragma omp parallel for num_threads(4)
#endif
    for (i = 0; i < 8; i++) { /* const models shared, one workspace each */
        passwd_workspace_options o;
        passwd_workspace *w = NULL;
        size_t wide = 0;
        memset(&o, 0, sizeof o);
        o.threads = 1 + i / 4;
        got[i % 2][i / 2] = NULL;
        if (passwd_workspace_new(passwd_abc_model(a[i % 2]), &o, &w, NULL) == PASSWD_OK)
            got[i % 2][i / 2] = run(passwd_abc_model(a[i % 2]), w, &s[i % 2], 23, &wide);
        passwd_workspace_free(w);
    }
    for (i = 0; i < 8; i++) {
        CHECK(got[i % 2][i / 2] && memcmp(got[i % 2][i / 2], want[i % 2], width[i % 2] * 60 * sizeof(float)) == 0);
        free(got[i % 2][i / 2]);
    }
    for (k = 0; k < 2; k++) {
        free(want[k]);
        free_sample(&s[k]);
        passwd_abc_free(a[k]);
    }
}

/* --- random numbers --- */

static void test_random(void) {
    enum { BINS = 256 };
    const int N = quick ? 20000 : 200000;
    static const uint64_t seeds[4] = { 0, 1, 0x8000000000000000u, 123456789u };
    int s, kind;
    uint32_t k;
    for (s = 0; s < 4; s++)
        for (kind = 0; kind < 3; kind++) { /* along counters, streams and seeds */
            double count[BINS], chi2 = 0, sum = 0, square = 0, next = 0, last = 0, z[5] = { 0, 0, 0, 0, 0 };
            int ones[32], b;
            memset(count, 0, sizeof count);
            memset(ones, 0, sizeof ones);
            for (k = 0; k < (uint32_t)N; k++) {
                const uint64_t seed = kind == 2 ? seeds[s] + k : seeds[s];
                const uint32_t stream = kind == 1 ? k : 5u, counter = kind == 0 ? k : 7u;
                const double u = passwd_random_uniform(seed, stream, counter),
                             n = passwd_random_normal(seed, stream, counter);
                const uint32_t bits = passwd_random_bits(seed, stream, counter);
                if (!(u > 0.0 && u < 1.0)) CHECK(!"0 < u < 1");
                count[(int)(u * BINS)]++;
                for (b = 0; b < 32; b++) ones[b] += (int)(bits >> b & 1u);
                sum += u - 0.5;
                square += (u - 0.5) * (u - 0.5);
                next += (u - 0.5) * last;
                last = u - 0.5;
                z[0] += n;
                z[1] += n * n;
                z[2] += n * n * n;
                z[3] += n * n * n * n;
                z[4] += fabs(n) > 3.0;
            }
            for (b = 0; b < BINS; b++)
                chi2 += (count[b] - (double)N / BINS) * (count[b] - (double)N / BINS) / ((double)N / BINS);
            CHECK_BELOW(fabs(chi2 - (BINS - 1)), 5.0 * sqrt(2.0 * (BINS - 1)));
            for (b = 0; b < 32; b++) CHECK_BELOW(fabs((double)ones[b] - 0.5 * N), 5.0 * 0.5 * sqrt((double)N));
            CHECK_BELOW(fabs(sum), 5.0 * sqrt(N / 12.0));
            CHECK_BELOW(fabs(square / N - 1.0 / 12.0), 5.0 * sqrt(1.0 / 180.0 / N));
            CHECK_BELOW(fabs(next), 5.0 * sqrt((double)N) / 12.0);
            CHECK_BELOW(fabs(z[0] / N), 5.0 / sqrt((double)N));
            CHECK_BELOW(fabs(z[1] / N - 1.0), 5.0 * sqrt(2.0 / N));
            CHECK_BELOW(fabs(z[2] / N), 5.0 * sqrt(15.0 / N));
            CHECK_BELOW(fabs(z[3] / N - 3.0), 5.0 * sqrt(96.0 / N));
            CHECK_BELOW(fabs(z[4] / N - 0.0027), 5.0 * sqrt(0.0027 / N));
        }
    CHECK(passwd_random_bits(1, 2, 3) == passwd_random_bits(1, 2, 3));
}
/* --- dense networks: groups of events side by side --- */

enum { DENSE_IN = 70, DENSE_WIDTHS = 3, DENSE_EVENTS = 300 };
static const int dense_widths[DENSE_WIDTHS] = { 413, 9, DENSE_IN }; /* the first is large enough for threads to share */
static passwd_model *dense(int logarithm)                           /* of the batch's loss, not of each event's */
{
    passwd_model *m = NULL;
    passwd_error error;
    passwd_value x, h;
    int k;
    passwd_model_new(NULL, &m, &error);
    h = x = passwd_input_event(m, "x", 1, DENSE_IN);
    for (k = 0; k < DENSE_WIDTHS; k++) {
        char name[8];
        snprintf(name, sizeof name, "l%d", k);
        h = passwd_activate(m, passwd_linear(m, h, dense_widths[k], 1, name), PASSWD_ACTIVATE_LEAKY_RELU, 0.01f, 0.0f);
    }
    passwd_output(m, h, "y");
    h = passwd_mean_square(m, x, h);
    passwd_output(m, h, "loss");
    passwd_loss(m, logarithm ? h : passwd_activate(m, h, PASSWD_ACTIVATE_LOG, 0.0f, 0.0f), 1.0f, "log");
    if (logarithm == 2) passwd_loss_logarithm(m);
    CHECK_OK(passwd_model_build(m, 3, &error), error);
    return m;
}
/* most columns are zero in all events, some in some of them */
static void dense_fill(void *user, int input, const int64_t *events, int count, float *lanes) {
    int k, f;
    (void)user;
    (void)input;
    for (k = 0; k < count; k++)
        for (f = 0; f < DENSE_IN; f++)
            if (f % 3 == 1 && uniform(11, (uint32_t)(events[k] * DENSE_IN + f)) < 0.4)
                lanes[f * 16 + k] = (float)uniform(12, (uint32_t)(events[k] * DENSE_IN + f)) - 0.3f;
}
/* one multiply-add after the other, as the definition says */
static void dense_plain(const passwd_model *m, const float *x, float *y) {
    float h[2][413];
    int k, o, i, in = DENSE_IN;
    memcpy(h[0], x, DENSE_IN * sizeof(float));
    for (k = 0; k < DENSE_WIDTHS; k++) {
        const float *w = passwd_parameters(m) + passwd_parameter_at(m, 2 * k)->offset,
                    *b = passwd_parameters(m) + passwd_parameter_at(m, 2 * k + 1)->offset;
        for (o = 0; o < dense_widths[k]; o++) {
            float s = b[o];
            for (i = 0; i < in; i++) s = passwdi_fmaf(w[o * in + i], h[k % 2][i], s);
            h[(k + 1) % 2][o] = s > 0.0f ? s : 0.01f * s;
        }
        in = dense_widths[k];
    }
    memcpy(y, h[DENSE_WIDTHS % 2], DENSE_IN * sizeof(float));
}
static void test_dense(void) {
    static const int64_t batches[] = { 1, 15, 16, 17, 255, 256, 257, DENSE_EVENTS };
    static float x[DENSE_EVENTS * DENSE_IN], want[DENSE_EVENTS * DENSE_IN], y[DENSE_EVENTS * DENSE_IN],
        loss[DENSE_EVENTS];
    passwd_model *m = dense(0);
    float *gradient[2] = { NULL, NULL }, *outputs[2], lanes[DENSE_IN * 16];
    const size_t bytes = passwd_parameter_floats(m) * sizeof(float);
    passwd_error error;
    int64_t e;
    int level, threads, k, f;
    for (e = 0; e < DENSE_EVENTS; e++) {
        memset(lanes, 0, sizeof lanes);
        dense_fill(NULL, 0, &e, 1, lanes);
        for (f = 0; f < DENSE_IN; f++) x[e * DENSE_IN + f] = lanes[f * 16];
        dense_plain(m, x + e * DENSE_IN, want + e * DENSE_IN);
    }
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 3; threads++) {
            passwd_workspace *w;
            if (!passwd_simd_available((passwd_simd)level) || level == PASSWD_SIMD_SSE2) continue;
            w = workspace(m, (passwd_simd)level, threads, 1);
            for (k = quick ? 6 : 0; k < 8; k++) {
                int64_t first;
                memset(y, 0, sizeof y);
                for (first = 0; first < DENSE_EVENTS; first += batches[k]) {
                    const float *inputs[1];
                    passwd_batch b;
                    memset(&b, 0, sizeof b);
                    b.events = DENSE_EVENTS - first < batches[k] ? DENSE_EVENTS - first : batches[k];
                    if (k == 7) b.fill = dense_fill;
                    else b.inputs = inputs;
                    inputs[0] = x + first * DENSE_IN;
                    outputs[0] = y + first * DENSE_IN;
                    outputs[1] = loss + first;
                    CHECK_OK(passwd_run(m, w, &b, outputs, &error), error);
                }
                if (!CHECK(memcmp(y, want, sizeof y) == 0))
                    printf("  dense: %s, %d threads, batch %d\n", passwd_simd_name((passwd_simd)level), threads,
                        (int)batches[k]);
            }
            for (k = 0; k < 2; k++) { /* gradients: filled and read, one and several threads, every level */
                const float *inputs[1];
                double terms[1];
                passwd_batch b;
                memset(&b, 0, sizeof b);
                b.events = DENSE_EVENTS;
                inputs[0] = x;
                if (k) b.fill = dense_fill;
                else b.inputs = inputs;
                gradient[1] = (float *)malloc(bytes);
                CHECK_OK(passwd_losses(m, w, &b, NULL, terms, NULL, gradient[1], &error), error);
                if (!gradient[0]) gradient[0] = gradient[1];
                else {
                    if (!CHECK(memcmp(gradient[0], gradient[1], bytes) == 0))
                        printf("  dense gradient: %s, %d threads\n", passwd_simd_name((passwd_simd)level), threads);
                    free(gradient[1]);
                }
            }
            passwd_workspace_free(w);
        }
    free(gradient[0]);
    passwd_model_free(m);
}
/* A few events, for which weights are turned: the same bits as in plain C, and those of new parameters after a change.
 */
static void test_few(void) {
    static const int64_t batches[] = { 1, 2, 3, 5, 8, 9 };
    static float x[24 * DENSE_IN], want[24 * DENSE_IN], y[24 * DENSE_IN], loss[24];
    passwd_model *m = dense(0);
    const size_t floats = passwd_parameter_floats(m);
    float *values = (float *)malloc(floats * sizeof(float)), *outputs[2], lanes[DENSE_IN * 16];
    passwd_error error;
    int64_t e, first;
    size_t i;
    int level, k, f, change;
    for (e = 0; e < 24; e++) {
        memset(lanes, 0, sizeof lanes);
        dense_fill(NULL, 0, &e, 1, lanes);
        for (f = 0; f < DENSE_IN; f++) x[e * DENSE_IN + f] = lanes[f * 16];
    }
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++) {
        passwd_workspace *w;
        if (!passwd_simd_available((passwd_simd)level) || level == PASSWD_SIMD_SSE2) continue;
        w = workspace(m, (passwd_simd)level, 1, 0);
        for (change = 0; change < 2; change++) {
            for (i = 0; i < floats; i++) values[i] = passwd_parameters(m)[i] * 0.9f;
            if (change) CHECK_OK(passwd_set_parameters(m, values, &error), error);
            for (e = 0; e < 24; e++) dense_plain(m, x + e * DENSE_IN, want + e * DENSE_IN);
            for (k = 0; k < 6; k++) {
                memset(y, 0, sizeof y);
                for (first = 0; first < 24; first += batches[k]) {
                    const float *inputs[1];
                    passwd_batch b;
                    memset(&b, 0, sizeof b);
                    b.events = 24 - first < batches[k] ? 24 - first : batches[k];
                    b.inputs = inputs;
                    inputs[0] = x + first * DENSE_IN;
                    outputs[0] = y + first * DENSE_IN;
                    outputs[1] = loss + first;
                    CHECK_OK(passwd_run(m, w, &b, outputs, &error), error);
                }
                if (!CHECK(memcmp(y, want, sizeof y) == 0))
                    printf("  few: %s, batch %d, change %d\n", passwd_simd_name((passwd_simd)level), (int)batches[k],
                        change);
            }
        }
        passwd_workspace_free(w);
    }
    free(values);
    passwd_model_free(m);
}

/* The number that these bits have been since version 1.0: a change of the generator is a change of every result. */
static void test_known(void) {
    uint32_t h = 2166136261u, k;
    for (k = 0; k < 1000; k++) h = (h ^ passwd_random_bits(42u, k % 7u, k)) * 16777619u;
    CHECK(h == KNOWN);
    if (h != KNOWN) printf("  %u\n", (unsigned)h);
}

/* the logarithm of a batch's mean loss has that loss's gradient over the mean */
static void test_logarithm(void) {
    passwd_model *m[2];
    float *gradient[2];
    double terms[2];
    passwd_error error;
    size_t i;
    int k, far_off = 0;
    for (k = 0; k < 2; k++) {
        passwd_workspace *w;
        passwd_batch b;
        m[k] = dense(k + 1);
        w = workspace(m[k], PASSWD_SIMD_AUTO, 1, 1);
        memset(&b, 0, sizeof b);
        b.events = 100;
        b.fill = dense_fill;
        gradient[k] = (float *)malloc(passwd_parameter_floats(m[k]) * sizeof(float));
        CHECK_OK(passwd_losses(m[k], w, &b, NULL, terms + k, NULL, gradient[k], &error), error);
        passwd_workspace_free(w);
    }
    CHECK(fabs(terms[1] - log(terms[0])) < 1e-12);
    for (i = 0; i < passwd_parameter_floats(m[0]); i++)
        far_off +=
            fabs((double)gradient[1][i] * terms[0] - (double)gradient[0][i]) > 1e-6 * fabs((double)gradient[0][i]);
    CHECK(far_off == 0);
    CHECK(gradient[0][0] != 0.0f || gradient[0][1] != 0.0f);
    for (k = 0; k < 2; k++) {
        free(gradient[k]);
        passwd_model_free(m[k]);
    }
}

/* --- a b + c of one rounding, made of doubles: the C library's --- */

#if defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD == 0 && !defined(_WIN32) \
    && !defined(__wasm__) /* whose fmaf rounds twice */
static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
static int fma_differs(uint32_t a, uint32_t b, uint32_t c) {
    const float want = fmaf(float_of(a), float_of(b), float_of(c)),
                got = passwdi_fma_by_doubles(float_of(a), float_of(b), float_of(c));
    if (want != want ? got != got : memcmp(&want, &got, sizeof got) == 0) return 0;
    printf(
        "  %08lx x %08lx + %08lx is %.9g, not %.9g\n", (unsigned long)a, (unsigned long)b, (unsigned long)c, got, want);
    return 1;
}
static void test_fma(void) {
    static const uint32_t special[] = { 0, 1, 2, 0x7fffff, 0x800000, 0x800001, 0x1f800000, 0x20000000, 0x33000000,
        0x33800000, 0x34000000, 0x3f7fffff, 0x3f800000, 0x3f800001, 0x4b000000, 0x4b800000, 0x4b800001, 0x5f800000,
        0x7f7ffffe, 0x7f7fffff, 0x7f800000, 0x7fc00000 };
    enum { SPECIAL = sizeof special / sizeof *special };
    const uint32_t random = quick ? 20000 : 2000000;
    uint32_t i, j, k, n;
    int differ = 0, to_odd = 0;
    for (i = 0; i < SPECIAL; i++)
        for (j = 0; j < SPECIAL; j++)
            for (k = 0; k < SPECIAL; k++)
                for (n = 0; n < 8; n++)
                    differ +=
                        fma_differs(special[i] | (n & 1) << 31, special[j] | (n & 2) << 30, special[k] | (n & 4) << 29);
    for (n = 0; n < random && differ < 10; n++) {
        uint32_t u[5], a, b, c;
        int e, shift;
        for (i = 0; i < 5; i++) u[i] = passwd_random_bits(17, i, n);
        differ += fma_differs(u[0], u[1], u[2]); /* any bits */
        /* few bits in the factors, and a sum beside their product: ties, and products that end below them */
        a = u[0] & ~(0x7fffffu >> (u[3] & 15));
        b = u[1] & ~(0x7fffffu >> (u[3] >> 4 & 31));
        shift = (int)(u[3] >> 9 & 63) - 31;
        e = (int)(a >> 23 & 255) + (int)(b >> 23 & 255) - 127 + shift;
        c = (u[2] & 0x807fffffu & ~(u[4] & 1 ? 0x7fffffu >> (u[3] >> 15 & 31) : 0u))
            | (uint32_t)(e < 0  ? 0
                      : e > 254 ? 254
                                : e)
                << 23;
        differ += fma_differs(a, b, c);
        /* the same with a product among the subnormal numbers */
        e = 254 - 150 + (int)(u[4] >> 1 & 31) - (int)(a >> 23 & 255);
        b = (b & 0x807fffffu) | (uint32_t)(e < 0 ? 0 : e > 254 ? 254 : e) << 23;
        c = (u[2] & 0x80000000u) | (u[2] & 0x7fffffffu) >> (7 + (u[4] >> 6 & 31) % 24);
        differ += fma_differs(a, b, c);
        to_odd +=
            (float)((double)float_of(a) * float_of(b) + float_of(c)) != fmaf(float_of(a), float_of(b), float_of(c));
    }
    CHECK(differ == 0);
    CHECK(to_odd > 0); /* some of these are rounded wrongly in two steps */
}
#else
static void test_fma(void) {} /* long floats, or a library whose own rounds twice */
#endif

/* Features of jets by the kernels of every instruction set: also doubles are the same to the bit. */
static void test_jets(void) {
    static passwdi_jet_work w, want;
    static double tables[2][2][PASSWD_MAX_CONSTITUENTS * PASSWD_MAX_CONSTITUENTS];
    static const passwd_simd levels[] = { PASSWD_SIMD_SCALAR, PASSWD_SIMD_SSE2, PASSWD_SIMD_AVX2, PASSWD_SIMD_AVX512,
        PASSWD_SIMD_NEON };
    passwdi_jet_wants wants[2];
    passwdi_jet_quantity q;
    int i, k, jet, other = 0, differ = 0;
    memset(wants, 0, sizeof wants);
    for (k = 0; k < 2 * PASSWDI_JET_NUMBERS; k++) {
        memset(&q, 0, sizeof q);
        q.groomed = k & 1;
        q.number = k / 2;
        q.beta = passwdi_jet_list[k / 2].beta;
        if (q.groomed && (q.number == PASSWDI_JET_ZG || q.number == PASSWDI_JET_RG)) continue;
        CHECK(passwdi_jet_want(wants, &q));
        q.beta *= 2;
        if (q.beta > 0) CHECK(passwdi_jet_want(wants, &q));
    }
    for (jet = 0; jet < (quick ? 5 : 40); jet++)
        for (k = 0; k < 5; k++) {
            passwdi_jet_work *to = k ? &w : &want;
            if (!passwdi_kernels_of(levels[k])) continue;
            other += k > 0;
            memset(to->results, 0, sizeof to->results);
            to->jet.search.kernels = &passwdi_kernels_of(levels[k])->jets;
            to->count = jet ? 1 + (int)(uniform(77, (uint32_t)jet) * (jet % 8 ? 70 : PASSWD_MAX_CONSTITUENTS)) : 0;
            to->r = tables[k > 0][0];
            to->q = tables[k > 0][1];
            for (i = 0; i < to->count; i++)
                to->p[i] = passwd_p4_of(1.0 / (0.01 + uniform(78, (uint32_t)(1000 * jet + i))),
                    uniform(79, (uint32_t)(1000 * jet + i)), 2.8 + 0.7 * uniform(80, (uint32_t)(1000 * jet + i)), 0.0);
            passwdi_jet_shape(to, wants);
            if (k) differ += memcmp(to->results, want.results, sizeof want.results) != 0;
        }
    if (!other) SKIP("features of jets by vectors");
    CHECK(differ == 0);
    CHECK(want.results[0].by_beta[1][PASSWDI_JET_N2 - PASSWDI_JET_C2] > 0.0);
}

int main(int argc, char **argv) {
    int k;
    quick = argc > 1;
    (void)argv;
    for (k = 0; k < 3; k++) {
        static const char *const names[3] = { "default", "letter, 20 jets", "original" };
        passwd_abc *a;
        sample s;
        size_t width = 0;
        float *want;
        passwd_workspace *w;
        a = small(k, 5);
        s = new_sample(passwd_abc_config_of(a)->max_objects, quick ? 18 : k == 0 ? EVENTS : 50);
        if (k == 0) test_levels(passwd_abc_model(a));
        w = workspace(passwd_abc_model(a), PASSWD_SIMD_SCALAR, 1, 0);
        want = run(passwd_abc_model(a), w, &s, s.events, &width);
        passwd_workspace_free(w);
        test_runs(names[k], passwd_abc_model(a), &s, want, width);
        test_losses(passwd_abc_model(a), &s);
        if (k == 0) test_host_modes(passwd_abc_model(a), &s, want, width);
        free(want);
        free_sample(&s);
        passwd_abc_free(a);
    }
    test_training(0);
    if (!quick) test_training(1);
    test_zoo(0);
    test_zoo(1);
    test_dense();
    test_few();
    test_logarithm();
    test_two_models();
    test_random();
    test_known();
    test_fma();
    test_jets();
    return finish();
}
