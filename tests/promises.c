/* What all models promise, in all three headers: events made by hand may lack what is not needed; outputs are untouched
   on failure, also where work goes in blocks; memory comes from the caller's allocator alone; little stack is used.

   cc -O2 -I. -DPASSWD_NO_SIMD tests/promises.c -o build/test_promises -lm -lpthread && build/test_promises */
#include "check.h"
#include <limits.h>
#include <stdint.h>
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define THREADS
#endif

/* what the library takes from libc itself is counted */
static long library_calls;
#define malloc(bytes) (library_calls++, malloc(bytes))
#define calloc(count, size) (library_calls++, calloc(count, size))
#define realloc(p, bytes) (library_calls++, realloc(p, bytes))
#define free(p) (library_calls++, free(p))
#define qsort(p, count, size, order) (library_calls++, qsort(p, count, size, order)) /* it may ask malloc */
#define PASSWD_STATIC
#define PASSWD_IMPLEMENTATION
#define PASSWD_RMM_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "../passwd_rmm.h"
#include "../passwd_spanet.h"
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef qsort

static passwd_error e;

/* --- events from plain arrays --- */

enum { EVENTS = 2100, FEW = 64, MOST = 6, ROWS = EVENTS * MOST, BAD = 1500 };
typedef struct hand {
    passwd_events v;
    int64_t first[EVENTS + 1], id[EVENTS], line[EVENTS];
    double weight[EVENTS], pt[ROWS], eta[ROWS], phi[ROWS], m[ROWS], energy[ROWS], target[ROWS], btag[ROWS], *number[2];
    int32_t type[ROWS];
    char *name[1], *text[3];
} hand;
static hand events;

/* Everything that a file would give; 2 to 6 jets an event, of which two have the labels of a W boson. */
static void make_events(void) {
    static char jet[] = "j", labels[3][8] = { "", "t1/q1", "t1/q2" };
    hand *h = &events;
    uint32_t n = 0;
    int k, j;
    memset(h, 0, sizeof *h);
    h->name[0] = jet;
    for (k = 0; k < 3; k++) h->text[k] = labels[k];
    for (k = 0; k < EVENTS; k++) {
        h->id[k] = k;
        h->line[k] = 2 + h->v.objects;
        h->weight[k] = 1.0;
        for (j = 0; j < 2 + k % 5; j++, h->v.objects++) {
            const int64_t r = h->v.objects;
            h->pt[r] = 250.0 - 30.0 * j + 20.0 * passwd_random_uniform(1, 1, n++);
            h->eta[r] = 4.0 * passwd_random_uniform(1, 1, n++) - 2.0;
            h->phi[r] = 6.28 * passwd_random_uniform(1, 1, n++) - 3.14;
            h->m[r] = 5.0 + 20.0 * passwd_random_uniform(1, 1, n++);
            h->energy[r] = sqrt(h->pt[r] * cosh(h->eta[r]) * (h->pt[r] * cosh(h->eta[r])) + h->m[r] * h->m[r]);
            h->target[r] = j < 2 ? j + 1 : 0;
            h->btag[r] = j == 2;
        }
        h->first[k + 1] = h->v.objects;
    }
}
enum { WHOLE, MASS_ALONE, ENERGY_ALONE, NO_NAMES, KINDS };
/* The same events, with more or less told about them. */
static passwd_events events_of(int kind, int64_t count) {
    passwd_events v;
    hand *h = &events;
    memset(&v, 0, sizeof v);
    v.count = count;
    v.first = h->first;
    v.pt = h->pt;
    v.eta = h->eta;
    v.phi = h->phi;
    if (kind != ENERGY_ALONE) v.m = h->m;
    if (kind != MASS_ALONE) v.e = h->energy;
    if (kind == NO_NAMES) v.type = h->type;
    h->number[PASSWD_SPANET_TARGET] = h->target; /* the columns that SPANet's topology asks for */
    h->number[PASSWD_SPANET_BTAG] = h->btag;
    v.number = h->number;
    v.n_numbers = 2;
    v.texts.name = h->text;
    v.texts.count = 3;
    if (kind != WHOLE) return v;
    v.objects = h->first[count];
    v.id = h->id;
    v.line = h->line;
    v.weight = h->weight;
    v.type = h->type;
    v.type_names.name = h->name;
    v.type_names.count = 1;
    return v;
}

/* --- models --- */

typedef struct models {
    passwd_abc *abc;
    passwd_abc_job *abc_job;
    passwd_rmm *rmm;
    passwd_rmm_job *rmm_job;
    passwd_rmm_encoder encoder;
    passwd_spanet *spanet;
    passwd_spanet_job *spanet_job;
    passwd_spanet_topology topology;
    passwd_spanet_chi2 chi2;
    passwd_vrnn *vrnn;
} models;

static passwd_abc_config c;
static passwd_rmm_config r;
static passwd_spanet_config s;
static passwd_vrnn_config v;
static passwd_nae_config n;
static passwd_spanet_topology topology;

/* Of small networks, from JSON. */
static int read_configurations(void) {
    static const char abc[] = "{\"max_objects\": 5, \"embed_dim\": 8, \"embed_nlayers\": 1, \"mlp_dim\": 8, "
                              "\"mlp_nlayers\": 1, \"attn_block_num_heads\": 2, "
                              "\"attn_block_ffwd_nlayers\": 1, \"attn_block_ffwd_dim\": 8, \"ae_depth\": 2, \"batch\": "
                              "32, \"epochs\": 1, \"steps\": 0}";
    static const char rmm[] = "{\"widths\": [8, 4], \"epochs\": 1, \"batch\": 32}";
    static const char spanet[] =
        "{\"max_jets\": 5, \"hidden_dim\": 8, \"initial_embedding_dim\": 5, \"position_embedding_dim\": 3, "
        "\"num_attention_heads\": 2, \"num_encoder_layers\": 1, "
        "\"num_branch_embedding_layers\": 1, \"num_branch_encoder_layers\": 1, \"num_jet_encoder_layers\": 1, "
        "\"num_detector_layers\": 1, \"batch_size\": 32, \"epochs\": 1}";
    static const char vrnn[] =
        "{\"constituents\": 5, \"hidden\": 6, \"latent\": 3, \"width\": 5, \"epochs\": 1, \"batch\": 32}";
    static const char nae[] =
        "{\"features\": 3, \"widths\": [4, 2], \"steps\": 10, \"batch\": 32, \"latent_steps\": 2, \"chain_steps\": 2}";
    if (!CHECK_OK(passwd_abc_preset("default", &c, &e), e)
        || !CHECK_OK(passwd_abc_config_read(&c, abc, strlen(abc), "abc", &e), e)
        || !CHECK_OK(passwd_rmm_preset("search", &r, &e), e)
        || !CHECK_OK(passwd_rmm_config_read(&r, rmm, strlen(rmm), "rmm", &e), e)
        || !CHECK_OK(passwd_spanet_preset("default", &s, &e), e)
        || !CHECK_OK(passwd_spanet_config_read(&s, spanet, strlen(spanet), "spanet", &e), e)
        || !CHECK_OK(passwd_vrnn_preset("default", &v, &e), e)
        || !CHECK_OK(passwd_vrnn_config_read(&v, vrnn, strlen(vrnn), "vrnn", &e), e)
        || !CHECK_OK(passwd_nae_preset("default", &n, &e), e)
        || !CHECK_OK(passwd_nae_config_read(&n, nae, strlen(nae), "nae", &e), e))
        return 0;
    r.layout.sqrt_s = 13000.0;
    return CHECK_OK(passwd_spanet_topology_preset("W", &topology, &e), e);
}
/* The networks, with an allocator; 1 where all are there. */
static int make_models(models *m, const passwd_allocator *a) {
    memset(m, 0, sizeof *m);
    m->topology = topology;
    return CHECK_OK(passwd_abc_new(&c, 1, a, &m->abc, &e), e)
        && CHECK_OK(passwd_abc_job_new(m->abc, NULL, &m->abc_job, &e), e)
        && CHECK_OK(passwd_rmm_new(&r, 1, a, &m->rmm, &e), e)
        && CHECK_OK(passwd_rmm_job_new(m->rmm, NULL, &m->rmm_job, &e), e)
        && CHECK_OK(passwd_rmm_encoder_new(&r.layout, &m->encoder, &e), e)
        && CHECK_OK(passwd_spanet_new(&s, &m->topology, 1, a, &m->spanet, &e), e)
        && CHECK_OK(passwd_spanet_job_new(m->spanet, NULL, &m->spanet_job, &e), e)
        && CHECK_OK(passwd_spanet_chi2_preset(&m->topology, &m->chi2, &e), e)
        && CHECK_OK(passwd_vrnn_new(&v, 1, a, &m->vrnn, &e), e);
}
static void free_models(models *m) {
    passwd_abc_job_free(m->abc_job);
    passwd_abc_free(m->abc);
    passwd_rmm_job_free(m->rmm_job);
    passwd_rmm_free(m->rmm);
    passwd_spanet_job_free(m->spanet_job);
    passwd_spanet_free(m->spanet);
    passwd_vrnn_free(m->vrnn);
}
/* What models say of events; all of it is written by look_at, where it succeeds. */
typedef struct answers {
    passwd_abc_result abc[EVENTS];
    double scores[EVENTS], masses[EVENTS * PASSWD_RMM_MASSES];
    passwd_spanet_answer spanet[EVENTS];
    passwd_vrnn_result vrnn[EVENTS];
    float x[EVENTS * MOST * 5], p4[EVENTS * MOST * 4], in[EVENTS * 6 * 16], matrix[EVENTS * 36];
    passwd_spanet_target target[EVENTS];
    int32_t abc_objects[EVENTS], spanet_objects[EVENTS];
    int64_t dropped[4];
    passwd_rmm_dropped left_out[2];
} answers;
static answers *now, *then;
static float *matrices;

/* Every call that reads many events; each must answer `status`, and an error speak of `line` (0: of none). */
static void look_at(const models *m, const passwd_events *v, passwd_status status, int64_t line, answers *a) {
    const passwd_abc_tensors tensors = { a->x, a->p4, a->abc_objects };
    passwd_abc_config fewer = c;
#define ANSWERS(call)                                                                                      \
    do {                                                                                                   \
        memset(&e, 0, sizeof e);                                                                           \
        if (!CHECK((call) == status && e.line == line && (status == PASSWD_OK || strlen(e.message) > 20))) \
            printf("  status %d, line %lld: %s\n", (int)e.status, (long long)e.line, e.message);           \
    } while (0)
    fewer.max_objects = MOST - 1;
    fewer.align = 1;
    ANSWERS(passwd_abc_run(m->abc_job, v, 0, v->count, a->abc, a->dropped, &e));
    ANSWERS(passwd_abc_inputs(&fewer, v, 0, v->count, &tensors, a->dropped + 1, &e));
    ANSWERS(passwd_rmm_run(m->rmm_job, v, 0, v->count, a->scores, a->left_out, &e));
    ANSWERS(passwd_rmm_masses(&m->encoder, v, 0, v->count, a->masses, &e));
    ANSWERS(passwd_rmm_check(&m->encoder, v, a->left_out + 1, &e));
    ANSWERS(passwd_spanet_run(m->spanet_job, v, 0, v->count, PASSWD_SPANET_JOINT, a->spanet, a->dropped + 2, &e));
    CHECK(passwd_spanet_features(m->spanet) > 4 && passwd_spanet_features(m->spanet) <= 16); /* floats of `in` */
    ANSWERS(passwd_spanet_inputs(m->spanet, v, 0, v->count, a->in, a->spanet_objects, a->dropped + 3, &e));
}
static int same(float a, float b) {
    return fabs((double)a - (double)b) <= 1e-3 * (1.0 + fabs((double)b)) || (a - a != 0.0f && b - b != 0.0f);
}
/* Scores and masses of events of which less is told; from energies alone masses are as good as their rounding. */
static int agree(const answers *a, const answers *b, int count) {
    int k, i, good = 1;
    for (k = 0; k < count && good; k++) {
        good = same(a->abc[k].score, b->abc[k].score) && a->abc[k].objects == b->abc[k].objects
            && same((float)a->scores[k], (float)b->scores[k]) && a->spanet[k].jets == b->spanet[k].jets
            && same((float)a->spanet[k].particle[0].m, (float)b->spanet[k].particle[0].m)
            && memcmp(a->spanet[k].particle[0].jet, b->spanet[k].particle[0].jet, sizeof b->spanet[k].particle[0].jet)
                == 0;
        for (i = 0; i < 9; i++) good = good && same((float)a->masses[9 * k + i], (float)b->masses[9 * k + i]);
    }
    if (!good)
        printf("  event %d differs: scores %g %g, %g %g, jets %d %d, m %g %g\n", k - 1, (double)a->abc[k - 1].score,
            (double)b->abc[k - 1].score, a->scores[k - 1], b->scores[k - 1], a->spanet[k - 1].jets,
            b->spanet[k - 1].jets, a->spanet[k - 1].particle[0].m, b->spanet[k - 1].particle[0].m);
    return good;
}
/* The end of this test's own frames: what lies further down a small thread's stack is the library's. */
static uintptr_t own_stack;
static void mark_stack(void) {
    volatile char here = 0;
    if (!own_stack || (uintptr_t)&here < own_stack) own_stack = (uintptr_t)&here + (uintptr_t)here;
}
static void (*volatile mark)(void) = mark_stack; /* not inlined */
/* Calls of one event or of a few; training. */
static void use_each(models *m, const passwd_events *v, answers *a) {
    passwd_p4 constituents[MOST];
    passwd_spanet_answer one;
    passwd_train_options o;
    int32_t rows[MOST];
    const passwd_spanet_chi2_options exhaustive = { MOST, 1, 0 };
    int64_t places[2] = { 0, 1 }, k, there = 0;
    memset(&o, 0, sizeof o);
    mark();
    CHECK(passwd_jet_constituents(v, 4, constituents, MOST) == 6
        && passwd_jet_constituents(v, v->count, constituents, MOST) == 0);
    CHECK(fabs(passwd_p4_mass(constituents[0]) - events.m[events.first[4]]) < 1e-3);
    memset(matrices, 0, 16 * 1296 * sizeof *matrices);
    passwd_rmm_encode_lanes(&m->encoder, v, places, 2, matrices);
    for (k = 0; k < 16 * 1296 && !(matrices[k] > 0.0f); k++) continue;
    CHECK(k % 16 < 2); /* the lanes of those two */
    CHECK_OK(passwd_rmm_encode(&m->encoder, v, 0, 2, 1, matrices, NULL, &e), e);
    CHECK_OK(passwd_spanet_targets(&m->topology, v, 0, v->count, MOST, a->target, &e), e);
    for (k = 0; k < v->count; k++) there += a->target[k].there;
    CHECK(there == v->count);
    CHECK(passwd_spanet_jets(&m->topology, v, 4, MOST, rows, NULL, NULL) == 6);
    CHECK_OK(passwd_spanet_chi2_fit(&m->chi2, &m->topology, v, 0, v->count, MOST, &e), e);
    CHECK_OK(passwd_spanet_chi2_run(&m->chi2, &m->topology, v, 4, &exhaustive, &one, NULL, &e), e);
    passwd_spanet_momenta(&m->topology, v, 4, rows, &one);
    CHECK(one.jets == 6 && one.particle[0].m > 0.0);
    CHECK_OK(passwd_abc_train(m->abc, v, &o, NULL, NULL, &e), e);
    CHECK_OK(passwd_rmm_train(m->rmm, v, &o, NULL, NULL, &e), e);
    CHECK_OK(passwd_spanet_train(m->spanet, v, 0, v->count, &o, NULL, NULL, &e), e);
    CHECK_OK(passwd_vrnn_train(m->vrnn, v, &o, NULL, NULL, &e), e);
    CHECK_OK(passwd_vrnn_run(m->vrnn, NULL, v, 0, v->count, a->vrnn, &e), e);
    CHECK(a->vrnn[4].constituents == 5 && a->vrnn[4].score >= 0.0f);
}
static void test_by_hand(void) {
    models m, fresh;
    int kind;
    if (make_models(&m, NULL))
        for (kind = 0; kind < KINDS; kind++) {
            passwd_events v = events_of(kind, FEW);
            answers *a = kind ? now : then;
            memset(a, 0, sizeof *a);
            look_at(&m, &v, PASSWD_OK, 0, a);
            if (!CHECK(agree(a, then, FEW))) printf("  events of kind %d\n", kind);
            if (make_models(&fresh, NULL)) use_each(&fresh, &v, a);
            free_models(&fresh);
        }
    free_models(&m);
}
/* What cannot be is refused: missing arrays, rows that do not exist, types without a name. */
static void test_impossible(void) {
    models m;
    passwd_events v;
    passwd_p4 constituents[MOST];
    int32_t rows[MOST], types[3] = { -1, 1, INT32_MAX };
    int k;
    if (make_models(&m, NULL)) {
        for (k = 0; k < 6; k++) {
            v = events_of(WHOLE, FEW);
            if (k == 0) v.first = NULL;
            if (k == 1) v.pt = NULL;
            if (k == 2) v.eta = NULL;
            if (k == 3) v.phi = NULL;
            if (k == 4) v.m = v.e = NULL;
            if (k == 5) v.count = -1;
            look_at(&m, &v, PASSWD_ERROR_ARGUMENT, 0, now);
            CHECK(passwd_abc_train(m.abc, &v, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
                && passwd_rmm_train(m.rmm, &v, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
            CHECK(passwd_spanet_train(m.spanet, &v, 0, FEW, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
                && passwd_vrnn_train(m.vrnn, &v, NULL, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
            CHECK(passwd_spanet_targets(&m.topology, &v, 0, FEW, MOST, now->target, &e) == PASSWD_ERROR_ARGUMENT);
            CHECK(passwd_jet_constituents(&v, 1, constituents, MOST) == 0
                && passwd_spanet_jets(&m.topology, &v, 1, MOST, rows, NULL, NULL) == 0);
        }
        v = events_of(WHOLE, FEW);
        v.first[3] -= 100; /* it falls */
        look_at(&m, &v, PASSWD_ERROR_SHAPE, events.line[2], now);
        v.first[3] += 100;
        v.objects--;
        look_at(&m, &v, PASSWD_ERROR_SHAPE, events.line[FEW - 1], now);
        v = events_of(WHOLE, FEW);
        for (k = 0; k < 3; k++) {
            events.type[0] = types[k]; /* another object: not a jet, and not of any collection */
            CHECK_OK(passwd_abc_run(m.abc_job, &v, 0, 1, now->abc, NULL, &e), e);
            CHECK(now->abc[0].objects == 1 && passwd_spanet_jets(&m.topology, &v, 0, MOST, rows, NULL, NULL) == 1);
            CHECK(passwd_rmm_check(&m.encoder, &v, NULL, &e) == PASSWD_ERROR_CONFIG && e.line == events.line[0]);
        }
        events.type[0] = 0;
    }
    free_models(&m);
}
/* One number of one event, far behind the first block, is none: nothing at all is written. */
static void test_untouched(void) {
    models m;
    int k;
    if (make_models(&m, NULL))
        for (k = 0; k < 2; k++) {
            passwd_events v = events_of(k ? MASS_ALONE : WHOLE, EVENTS);
            double *at = (k ? events.eta : events.pt) + events.first[BAD], keep = *at;
            memset(then, 0x5a, sizeof *then);
            memset(now, 0x5a, sizeof *now);
            *at = (double)NAN;
            look_at(&m, &v, PASSWD_ERROR_NUMERIC, k ? 0 : events.line[BAD], now);
            CHECK(memcmp(now, then, sizeof *now) == 0);
            CHECK(passwd_abc_train(m.abc, &v, NULL, NULL, now->dropped, &e) == PASSWD_ERROR_NUMERIC
                && passwd_rmm_train(m.rmm, &v, NULL, NULL, now->left_out, &e) == PASSWD_ERROR_NUMERIC);
            CHECK(passwd_spanet_train(m.spanet, &v, 0, EVENTS, NULL, NULL, now->dropped, &e) == PASSWD_ERROR_NUMERIC
                && strlen(e.message) > 20);
            CHECK(memcmp(now, then, sizeof *now) == 0);
            *at = keep;
            look_at(&m, &v, PASSWD_OK, 0, now); /* and all of it where nothing is wrong */
            CHECK(now->abc[EVENTS - 1].objects == MOST - 1 && now->spanet[EVENTS - 1].jets == MOST - 1);
        }
    free_models(&m);
}

/* --- memory and the stack --- */

static long alive, asked;
static void *own_allocate(void *user, size_t bytes) {
    void *p = malloc(bytes);
    (void)user;
    if (p) memset(p, 0xa5, bytes); /* nothing may rely on zeros */
    asked++;
    alive += p != NULL;
    return p;
}
static void own_release(void *user, void *p) {
    (void)user;
    alive -= p != NULL;
    free(p);
}
/* With every model: train, save, load, run; the same of those that know tables alone. */
static void use_files(const passwd_allocator *a, models *m, passwd_events *v_all) {
    static double table[256][3], out[256];
    char path[600];
    passwd_tensor_file file;
    passwd_abc *abc = NULL;
    passwd_rmm *rmm = NULL;
    passwd_spanet *spanet = NULL;
    passwd_vrnn *vrnn = NULL;
    passwd_nae *nae = NULL;
    passwd_reweight *weights = NULL;
    passwd_reweight_config rc;
    const passwd_nae_sampling sampling = { 1, 16, 3, 0 };
    passwd_closure_input in;
    passwd_table from, to, all;
    passwd_train_options o;
    passwd_closure closure;
    passwd_rmm_region region;
    const double edges[4] = { 0.0, 0.4, 0.7, 1.0 };
    int k, f;
    memset(&o, 0, sizeof o);
    snprintf(path, sizeof path, "%s", scratch_file("promises.safetensors"));
    use_each(m, v_all, now);
    look_at(m, v_all, PASSWD_OK, 0, now);
    memset(&region, 0, sizeof region);
    strcpy(region.name, "all");
    region.fraction = 0.5;
    CHECK_OK(passwd_rmm_cut(now->scores, NULL, v_all->count, &region, a, &e), e);
    CHECK_OK(passwd_rmm_add_region(m->rmm, &region, &e), e);
    CHECK_OK(passwd_abc_save(m->abc, path, &e), e);
    CHECK_OK(passwd_tensor_file_load(path, a, &file, &e), e);
    passwd_tensor_file_free(&file);
    CHECK_OK(passwd_abc_load(path, a, &abc, &e), e);
    CHECK_OK(passwd_rmm_save(m->rmm, path, &e), e);
    CHECK_OK(passwd_rmm_load(path, a, &rmm, &e), e);
    CHECK_OK(passwd_spanet_save(m->spanet, path, &e), e);
    CHECK_OK(passwd_spanet_load(path, &m->topology, 0, a, &spanet, &e), e);
    CHECK_OK(passwd_vrnn_save(m->vrnn, path, &e), e);
    CHECK_OK(passwd_vrnn_load(path, a, &vrnn, &e), e);
    for (k = 0; k < 256; k++)
        for (f = 0; f < 3; f++) table[k][f] = passwd_random_uniform(3, 2, (uint32_t)(3 * k + f));
    memset(&all, 0, sizeof all);
    all.rows = table[0];
    all.count = 256;
    all.features = 3;
    if (CHECK_OK(passwd_nae_new(&n, 1, a, &nae, &e), e)) {
        CHECK_OK(passwd_nae_train(nae, &all, &o, NULL, NULL, NULL, &e), e);
        CHECK_OK(passwd_nae_run(nae, NULL, table[0], 256, out, NULL, &e), e);
        CHECK_OK(passwd_nae_sample(nae, NULL, &sampling, out, NULL, &e), e);
        CHECK_OK(passwd_nae_save(nae, path, &e), e);
        passwd_nae_free(nae);
        nae = NULL;
        CHECK_OK(passwd_nae_load(path, a, &nae, &e), e);
    }
    passwd_reweight_defaults(&rc);
    rc.networks = 2;
    rc.epochs = 1;
    from.rows = table[0];
    from.weight = NULL;
    from.count = 128;
    to.rows = table[128];
    to.weight = NULL;
    to.count = 128;
    from.features = to.features = 3;
    from.names = to.names = NULL;
    memset(&in, 0, sizeof in);
    in.from = in.to = 384;
    in.x_from = table[0];
    in.x_to = table[128];
    in.edges = edges;
    in.bins = 3;
    in.least = 5.0;
    if (CHECK_OK(passwd_reweight_learn(&rc, &from, &to, &o, a, &weights, &e), e)) {
        CHECK_OK(passwd_reweight_run(weights, NULL, table[0], 256, out, NULL, &e), e);
        CHECK_OK(passwd_reweight_save(weights, path, &e), e);
        passwd_reweight_free(weights);
        weights = NULL;
        CHECK_OK(passwd_reweight_load(path, a, &weights, &e), e);
        CHECK_OK(passwd_closure_test(&in, a, &closure, &e), e);
    }
    passwd_abc_free(abc);
    passwd_rmm_free(rmm);
    passwd_spanet_free(spanet);
    passwd_vrnn_free(vrnn);
    passwd_nae_free(nae);
    passwd_reweight_free(weights);
    remove(path);
}
/* Texts, tables, spectra, hunts and limits. */
static void use_tables(const passwd_allocator *a) {
    static const char text[] = "{\"a\": [1, 2, {\"b\": \"c\"}], \"d\": 3}";
    double edges[31];
    float x[24];
    char path[600];
    passwd_json json;
    passwd_json_writer w;
    passwd_csv_writer *csv;
    passwd_events read;
    passwd_spectrum spectrum;
    passwd_hunt_options ho;
    passwd_hunt_result hr;
    passwd_limit_options lo;
    passwd_limit limit;
    static passwd_spanet_topology t; /* 16 KB */
    double distance;
    int k, has;
    CHECK_OK(passwd_json_parse(text, strlen(text), "text", a, &json, &e), e);
    passwd_json_free(&json);
    passwd_json_writer_init(&w, a);
    CHECK_OK(passwd_spanet_topology_write(&topology, &w.out, &e), e);
    CHECK_OK(passwd_spanet_topology_parse(w.out.text, w.out.length, "W", a, &t, &e), e);
    passwd_json_writer_free(&w);
    snprintf(path, sizeof path, "%s", scratch_file("promises.csv"));
    if (CHECK_OK(passwd_csv_open(path, a, &csv, &e), e)) {
        fputs("event,object,pt,eta,phi,m\n", csv->file);
        for (k = 0; k < 40; k++) fprintf(csv->file, "%d,%s,50,1,%d,0\n", k / 2, k % 2 ? "j" : "mu", k % 3);
        CHECK_OK(passwd_csv_close(csv, &e), e);
    }
    memset(&read, 0, sizeof read);
    CHECK_OK(passwd_events_load(path, NULL, a, &read, &e), e);
    passwd_events_free(&read);
    for (k = 0; k <= 30; k++) edges[k] = 500.0 + 50.0 * k;
    memset(&spectrum, 0, sizeof spectrum);
    if (CHECK_OK(passwd_spectrum_new(30, edges, a, &spectrum, &e), e)) {
        for (k = 0; k < 30; k++) {
            spectrum.background[k] = 100.0;
            spectrum.data[k] = spectrum.variance[k] = k == 12 ? 140.0 : 100.0 + k % 3;
        }
        CHECK_OK(passwd_spectrum_save(&spectrum, path, &e), e);
        passwd_spectrum_free(&spectrum);
        CHECK_OK(passwd_spectrum_load(path, a, &spectrum, &has, &e), e);
        memset(&ho, 0, sizeof ho);
        memset(&lo, 0, sizeof lo);
        ho.toys = 100;
        ho.threads = lo.threads = 1;
        CHECK_OK(passwd_hunt(&spectrum, 1, &ho, &hr, NULL, a, &e), e);
        CHECK_OK(passwd_limit_gaussian(&spectrum, 1100.0, &lo, &limit, a, &e), e);
        passwd_spectrum_free(&spectrum);
    }
    for (k = 0; k < 24; k++) x[k] = (float)k;
    CHECK_OK(passwd_movers_distance(x, x + 12, 4, 3, a, &distance, &e), e);
    remove(path);
}
static void use_all(const passwd_allocator *a) {
    static models m;
    passwd_events some = events_of(MASS_ALONE, FEW);
    if (a) some.allocator = *a;
    if (make_models(&m, a)) use_files(a, &m, &some);
    free_models(&m);
    use_tables(a);
}
static double arena[4096];
static size_t arena_used;
static void *arena_allocate(void *user, size_t bytes) {
    void *p = arena + arena_used;
    (void)user;
    arena_used += bytes / sizeof *arena + 1;
    return arena_used <= 4096 ? p : NULL;
}
static void test_allocator(void) {
    passwd_allocator a;
    passwd_json json;
    a.allocate = own_allocate;
    a.release = own_release;
    a.user = NULL;
    library_calls = 0;
    use_all(&a);
    if (!CHECK(library_calls == 0)) printf("  %ld calls went to libc\n", library_calls);
    CHECK(asked > 1000 && alive == 0);
    a.allocate = arena_allocate; /* all of it is given back at once */
    a.release = NULL;
    CHECK_OK(passwd_json_parse("{\"a\": [1, 2]}", 13, "text", &a, &json, &e), e);
    passwd_json_free(&json);
    CHECK(library_calls == 0 && arena_used > 0);
}
#ifdef THREADS
static void on_thread(void) {
    passwd_p4 constituents[MOST];
    passwd_substructure sub;
    passwd_events some = events_of(WHOLE, FEW);
    const int count = passwd_jet_constituents(&some, 4, constituents, MOST);
    int k;
    use_all(NULL);
    for (k = 0; k < 3; k++) CHECK_OK(passwd_substructure_of(constituents, count - k, &sub, &e), e);
    CHECK(sub.constituents == count - 2 && sub.tau2 >= sub.tau3);
}
static void *thread_main(void *unused) {
    on_thread();
    return unused;
}
/* How far down a thread's stack was written: by the library, libc's share of input and output included. */
static void test_stack(void) {
    enum { STACK = 1 << 18 };
    unsigned char *stack = (unsigned char *)malloc(STACK + 4096),
                  *aligned = stack ? stack + 4096 - (uintptr_t)stack % 4096 : NULL;
    pthread_attr_t attributes;
    pthread_t thread;
    size_t untouched = 0;
    double used;
    if (!CHECK(stack != NULL)) return;
    memset(aligned, 0x5a, STACK);
    own_stack = 0;
    pthread_attr_init(&attributes);
    if (CHECK(pthread_attr_setstack(&attributes, aligned, STACK) == 0
            && pthread_create(&thread, &attributes, thread_main, NULL) == 0)) {
        pthread_join(thread, NULL);
        while (untouched < STACK && aligned[untouched] == 0x5a) untouched++;
        used = (double)(own_stack - (uintptr_t)(aligned + untouched));
        printf("the library used %.0f bytes of stack\n", used);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        CHECK_BELOW(used, 24576.0);
#else
        SKIP("the size of the stack: this build needs more");
#endif
    }
    pthread_attr_destroy(&attributes);
    free(stack);
}
#endif

int main(void) {
    now = (answers *)calloc(1, sizeof *now);
    then = (answers *)calloc(1, sizeof *then);
    matrices = (float *)calloc(16 * 1296, sizeof *matrices);
    if (!now || !then || !matrices) return 1;
    make_events();
    if (read_configurations()) {
        test_by_hand();
        test_impossible();
        test_untouched();
        test_allocator();
#ifdef THREADS
        test_stack();
#endif
    }
    free(now);
    free(then);
    free(matrices);
    return finish();
}
