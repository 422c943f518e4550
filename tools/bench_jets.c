/* Jets, on one core: microseconds of processor time for a step of a Markov chain, a jet of the recurrent network, its
   substructure.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tools/bench_jets.c -o build/bench_jets -lm && build/bench_jets */
#define _POSIX_C_SOURCE 199309L
#include "../passwd.h"
#define BENCH_CLOCK CLOCK_PROCESS_CPUTIME_ID /* processor time: less sensitive to other load on the machine */
#include "bench.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 7, LEVELS = 4, JETS = 1024, CONSTITUENTS = 43, MOVED = 300 };

typedef struct bench {
    passwd_model *model;
    passwd_workspace *work;
    passwd_batch batch;
    passwd_chain_options chain;
    passwd_train_options train;
    float *x, *y; /* starts of chains, outputs, points to move */
    passwd_p4 jet[JETS][CONSTITUENTS];
    passwd_error error;
} bench;
typedef passwd_status bench_step(bench *b);

static void stop(const bench *b) {
    fprintf(stderr, "bench_jets: %s\n", b->error.message);
    exit(1);
}
static void check(const bench *b, passwd_status s) {
    if (s != PASSWD_OK) stop(b);
}
/* Median microseconds for one of the `count` items of a step; *share: of the peak measured just before and after, for
   `work` multiply-adds per item. */
static double median(bench *b, bench_step *step, double count, passwd_simd level, double work, double *share) {
    double t[REPEATS], part[REPEATS];
    int k;
    check(b, step(b));
    for (k = 0; k < REPEATS; k++) {
        const double before = peak(level), start = now();
        check(b, step(b));
        t[k] = (now() - start) / count * 1e6;
        part[k] = 2e-3 * work / t[k] / (0.5 * (before + peak(level)));
    }
    if (share) *share = median_of(part, REPEATS);
    return median_of(t, REPEATS);
}
static passwd_workspace *room(bench *b, passwd_simd level) {
    passwd_workspace_options o;
    memset(&o, 0, sizeof o);
    o.simd = level;
    o.losses = 1;
    passwd_workspace_free(b->work);
    b->work = NULL;
    check(b, passwd_workspace_new(b->model, &o, &b->work, &b->error));
    return b->work;
}
/* One line: the best instruction set with its fraction of the peak, then the others of this processor. work:
   multiply-adds per item. */
static void line(bench *b, const char *name, bench_step *step, double count, double work) {
    static const passwd_simd levels[LEVELS] = { PASSWD_SIMD_AVX512, PASSWD_SIMD_AVX2, PASSWD_SIMD_SSE2,
        PASSWD_SIMD_NEON };
    double t, share;
    int k;
    room(b, PASSWD_SIMD_AUTO);
    b->train.simd = PASSWD_SIMD_AUTO;
    t = median(b, step, count, PASSWD_SIMD_AUTO, work, &share);
    printf("%-36s %10.4f %7.0f %%", name, t, 100.0 * share);
    for (k = 0; k < LEVELS; k++)
        if (passwd_simd_available(levels[k]) && levels[k] != passwd_simd_best()) {
            room(b, levels[k]);
            b->train.simd = levels[k];
            printf(" %10.4f (%s)", median(b, step, count, levels[k], work, NULL), passwd_simd_name(levels[k]));
        }
    printf("\n");
    fflush(stdout);
}

/* --- Markov chains on the energy of the autoencoder 8-10-10-6-10-10-8 --- */

static int64_t chains;
static passwd_status run_chains(bench *b) {
    return passwd_chains_run(b->model, b->work, &b->chain, chains, b->x, NULL, &b->error);
}
static void bench_chains(bench *b) {
    static const int64_t sizes[] = { 128, 256, 1024, 4096 };
    passwd_nae_config config;
    passwd_nae *nae;
    char name[64];
    double work;
    int k, i;
    check(b, passwd_nae_preset("cms", &config, &b->error));
    check(b, passwd_nae_new(&config, 1, NULL, &nae, &b->error));
    b->model = passwd_nae_model(nae);
    work = 2.0 * passwd_model_multiply_adds(b->model); /* there and back */
    b->chain.step = config.chain_step;
    b->chain.noise = config.chain_noise;
    b->chain.clip = config.chain_clip;
    for (k = 0; k < 4; k++) {
        chains = sizes[k];
        b->chain.steps = 200000 / chains;
        for (i = 0; i < chains * config.features; i++) b->x[i] = (float)passwd_random_normal(1, 2, (uint32_t)i);
        snprintf(name, sizeof name, "chain %d", (int)chains);
        line(b, name, run_chains, (double)(chains * b->chain.steps), work);
    }
    passwd_workspace_free(b->work);
    b->work = NULL;
    passwd_nae_free(nae);
}

/* --- recurrent network --- */

static passwd_status train(bench *b) { return passwd_train(b->model, &b->batch, &b->train, NULL, &b->error); }
static passwd_status run(bench *b) {
    passwd_status s = PASSWD_OK;
    float *outputs[2];
    int64_t k;
    outputs[0] = b->y;
    outputs[1] = b->y + JETS;
    for (k = 0; k < JETS && s == PASSWD_OK; k += b->batch.events)
        s = passwd_run(b->model, b->work, &b->batch, outputs, &b->error);
    return s;
}
/* full: jets of the maximum number of constituents; else of 5 to that number */
static void bench_vrnn(bench *b, const passwd_vrnn_config *config, const char *title, int full) {
    enum { STEPS = 4 };
    static float beside[JETS * PASSWD_MAX_OBJECTS * 3]; /* weights of the losses, and what a jet is judged by */
    static int32_t objects[JETS];
    const float *inputs[2];
    passwd_vrnn *vrnn;
    char name[64];
    double work = 0.0;
    int k, n;
    check(b, passwd_vrnn_new(config, 1, NULL, &vrnn, &b->error));
    b->model = passwd_vrnn_model(vrnn);
    inputs[0] = b->x;
    inputs[1] = beside;
    for (k = 0; k < JETS * config->constituents * PASSWD_VRNN_FEATURES; k++)
        b->x[k] = (float)passwd_random_normal(1, 3, (uint32_t)k);
    for (k = 0; k < JETS; k++) {
        objects[k] = full ? config->constituents
                          : 5 + (int32_t)(passwd_random_uniform(1, 4, (uint32_t)k) * (config->constituents - 4));
        for (n = 0; n < config->constituents * 3; n++)
            beside[k * config->constituents * 3 + n] = n % 3 < 2 ? 1.0f / (float)objects[k] : 0.5f;
        work += passwd_model_multiply_adds(b->model) * objects[k] / config->constituents / JETS;
    }
    b->batch.inputs = inputs;
    b->batch.objects = objects;
    for (n = 128; n <= JETS; n *= 8) {
        b->batch.events = n;
        b->train.batch = n;
        b->train.epochs = STEPS * (n < JETS ? 8 : 1);
        b->train.keep_last = 1;
        snprintf(name, sizeof name, "train_%s %d", title, n);
        line(b, name, train, (double)n * b->train.epochs, 3.0 * work);
        snprintf(name, sizeof name, "run_%s %d", title, n);
        line(b, name, run, JETS, work);
    }
    memset(&b->batch, 0, sizeof b->batch);
    passwd_workspace_free(b->work);
    b->work = NULL;
    passwd_vrnn_free(vrnn);
}

/* --- jets --- */

static passwd_status substructure(bench *b) {
    passwd_substructure s;
    passwd_status status = PASSWD_OK;
    int k;
    for (k = 0; k < JETS && status == PASSWD_OK; k++)
        status = passwd_substructure_of(b->jet[k], CONSTITUENTS, &s, &b->error);
    return status;
}
static passwd_status align(bench *b) {
    passwd_alignment a;
    passwd_p4 out[CONSTITUENTS];
    passwd_status status = PASSWD_OK;
    int k;
    a.mass = 0.25;
    a.energy = 1.0;
    a.steps = 4;
    for (k = 0; k < JETS && status == PASSWD_OK; k++)
        status = passwd_align_jet(b->jet[k], CONSTITUENTS, &a, out, &b->error);
    return status;
}
static passwd_status order(bench *b) {
    int k, to[CONSTITUENTS];
    for (k = 0; k < JETS; k++) passwd_kt_order(b->jet[k], CONSTITUENTS, to);
    return PASSWD_OK;
}
static passwd_status move(bench *b) {
    double d;
    return passwd_movers_distance(b->x, b->x + MOVED * 8, MOVED, 8, NULL, &d, &b->error);
}

int main(void) {
    static bench b;
    passwd_vrnn_config config;
    int k, i;
    b.x = (float *)malloc((size_t)JETS * PASSWD_MAX_OBJECTS * PASSWD_VRNN_FEATURES * sizeof(float));
    b.y = (float *)malloc(2 * JETS * sizeof(float));
    if (!b.x || !b.y) return 1;
    printf("microseconds of processor time, medians of %d; the best instruction set (%s) and its fraction of the peak "
           "(%.0f GFLOP/s), others\n",
        REPEATS, passwd_simd_name(passwd_simd_best()), peak(PASSWD_SIMD_AUTO));
    bench_chains(&b);
    check(&b, passwd_vrnn_preset("default", &config, &b.error));
    bench_vrnn(&b, &config, "default", 1);
    check(&b, passwd_vrnn_preset("talk", &config, &b.error));
    bench_vrnn(&b, &config, "talk", 1);
    config.hidden = config.width = 32; /* as in tools/bench_torch.py */
    config.latent = 8;
    bench_vrnn(&b, &config, "full", 1);
    bench_vrnn(&b, &config, "ragged", 0);
    for (k = 0; k < JETS; k++)
        for (i = 0; i < CONSTITUENTS; i++) {
            const uint32_t at = (uint32_t)(k * CONSTITUENTS + i);
            b.jet[k][i] = passwd_p4_of(10.0 * exp(passwd_random_normal(1, 5, at)), 0.3 * passwd_random_normal(1, 6, at),
                0.3 * passwd_random_normal(1, 7, at), 0.0);
        }
    printf("%-36s %10.2f us per jet of %d constituents\n", "substructure",
        median(&b, substructure, JETS, PASSWD_SIMD_AUTO, 0.0, NULL), CONSTITUENTS);
    printf("%-36s %10.2f us per jet\n", "alignment", median(&b, align, JETS, PASSWD_SIMD_AUTO, 0.0, NULL));
    printf("%-36s %10.2f us per jet\n", "order by kt distance", median(&b, order, JETS, PASSWD_SIMD_AUTO, 0.0, NULL));
    for (k = 0; k < 2 * MOVED * 8; k++) b.x[k] = (float)passwd_random_normal(1, 8, (uint32_t)k);
    printf("%-36s %10.0f us for %d events of 8 features\n", "mover's distance",
        median(&b, move, 1.0, PASSWD_SIMD_AUTO, 0.0, NULL), MOVED);
    return end_table();
}
