/* SPANet: outputs, losses and gradients of the original implementation (golden files), derivatives of tensor attention
   and of every kind of loss, the symmetries that the network promises, the same bits from every instruction set, bad
   input.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/spanet.c -o build/test_spanet -lm && build/test_spanet */
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "check.h"
#include "counting.h"

static passwd_status select_from(const passwd_spanet_topology *t, const float *const *log_p, int jets, int stride,
    const signed char *input, const float *detection, passwd_spanet_selection kind, const passwd_allocator *a,
    passwd_spanet_answer *answer, passwd_error *error) {
    const passwd_spanet_distributions d = { log_p, jets, stride, input, detection };
    return passwd_spanet_select(t, &d, kind, a, answer, error);
}

static passwd_status train(passwd_spanet *net, const passwd_events *v, int64_t first, int64_t count, int fresh,
    const passwd_train_options *options, passwd_train_report *r, int64_t *dropped, passwd_error *error) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    o.fine_tune = !fresh;
    return passwd_spanet_train(net, v, first, count, &o, r, dropped, error);
}

enum { EVENTS = 48, JETS = 10, DISTRIBUTIONS = 12 }; /* of the goldens; so many events have their distributions there */
static passwd_error e;

/* --- goldens --- */

typedef struct golden {
    passwd_tensor_file weights, out;
    passwd_spanet *net;
    float x[EVENTS * (JETS + 1) * 5];
    int32_t objects[EVENTS];
} golden;

static float *floats(const passwd_tensor_file *f, const char *name, int64_t count) {
    const passwd_tensor *t = passwd_tensor_find(f, name);
    float *p = (float *)calloc((size_t)count + 1, sizeof *p);
    if (!CHECK(t && t->count == count)) printf("  %s\n", name);
    else CHECK_OK(passwd_tensor_to_float(t, p, count, &e), e);
    return p;
}
static int64_t whole(const passwd_tensor_file *f, const char *name, int64_t k) { /* little-endian I64 */
    const unsigned char *b = passwd_tensor_find(f, name)->data + 8 * k;
    uint64_t u = 0;
    int i;
    for (i = 7; i >= 0; i--) u = u << 8 | b[i];
    return (int64_t)u;
}
static int flag(const passwd_tensor_file *f, const char *name, int64_t k) {
    return passwd_tensor_find(f, name)->data[k];
}
static const char *file_of(const char *kind, const char *what) {
    static char path[640];
    snprintf(path, sizeof path, "%s/spanet_%s_%s.safetensors", data_folder("tests/golden"), kind, what);
    return path;
}
static float *parameter_of(const passwd_spanet *net, float *block, const char *name) {
    const passwd_parameter *p = passwd_parameter_find(passwd_spanet_model(net), name);
    if (!CHECK(p)) printf("  %s\n", name);
    return p ? block + p->offset : block;
}
/* The network, and the golden's events as it reads them: normalised, row 0 left free. */
static int open_golden(golden *g, const char *kind) {
    passwd_spanet_topology t;
    float *source, *block, *mean, *width;
    int i, r, f;
    memset(g, 0, sizeof *g);
    if (!CHECK_OK(passwd_spanet_topology_preset("ttbar", &t, &e), e)
        || !CHECK_OK(passwd_spanet_load(file_of(kind, "weights"), &t, JETS, NULL, &g->net, &e), e)
        || !CHECK_OK(passwd_tensor_file_load(file_of(kind, "weights"), NULL, &g->weights, &e), e)
        || !CHECK_OK(passwd_tensor_file_load(file_of(kind, "forward"), NULL, &g->out, &e), e))
        return 0;
    source = floats(&g->out, "source.data", EVENTS * JETS * 5);
    block = (float *)calloc(passwd_parameter_floats(passwd_spanet_model(g->net)), sizeof *block);
    memcpy(block, passwd_parameters(passwd_spanet_model(g->net)),
        passwd_parameter_floats(passwd_spanet_model(g->net)) * sizeof *block);
    mean = parameter_of(g->net, block, "embedding.vector_embedding_layers.0.normalizer.mean");
    width = parameter_of(g->net, block, "embedding.vector_embedding_layers.0.normalizer.std");
    for (i = 0; i < EVENTS; i++)
        for (g->objects[i] = 1, r = 0; r < JETS; r++)
            if (flag(&g->out, "source.mask", i * JETS + r)) {
                for (f = 0; f < 5; f++)
                    g->x[(i * (JETS + 1) + g->objects[i]) * 5 + f] =
                        (source[(i * JETS + r) * 5 + f] - mean[f]) / width[f];
                g->objects[i]++;
            }
    free(source);
    free(block);
    return 1;
}
static void close_golden(golden *g) {
    passwd_tensor_file_free(&g->weights);
    passwd_tensor_file_free(&g->out);
    passwd_spanet_free(g->net);
}
static passwd_batch batch_of(golden *g, const float **inputs, const float *truth) {
    passwd_batch b;
    memset(&b, 0, sizeof b);
    inputs[0] = g->x;
    inputs[1] = truth;
    b.events = EVENTS;
    b.inputs = inputs;
    b.objects = g->objects;
    return b;
}
/* outputs of all events; [2 p]: distribution, [2 p + 1]: detection */
static void run_all(const passwd_model *m, const passwd_batch *b, passwd_simd simd, float **out) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    int k;
    memset(&o, 0, sizeof o);
    o.simd = simd;
    CHECK_OK(passwd_workspace_new(m, &o, &w, &e), e);
    for (k = 0; k < passwd_output_count(m); k++)
        out[k] = (float *)calloc((size_t)b->events * passwd_output_size(m, k), sizeof(float));
    CHECK_OK(passwd_run(m, w, b, out, &e), e);
    passwd_workspace_free(w);
}
static size_t cell(int a, int b, int c) {
    return ((size_t)(a + 1) * (JETS + 1) + (size_t)(b + 1)) * (JETS + 1) + (size_t)(c + 1);
}

static void test_forward(golden *g) {
    const float *inputs[2];
    const passwd_batch batch = batch_of(g, inputs, NULL);
    const passwd_model *m = passwd_spanet_model(g->net);
    float *out[4];
    double worst = 0.0, worst_logit = 0.0;
    int i, p, a, b, c, k, same, cells = 0;
    char name[64];
    run_all(m, &batch, PASSWD_SIMD_AUTO, out);
    for (p = 0; p < 2; p++) {
        float *log_p, *logit;
        snprintf(name, sizeof name, "assignment_log_probability.%d", p);
        log_p = floats(&g->out, name, DISTRIBUTIONS * JETS * JETS * JETS);
        snprintf(name, sizeof name, "detection_logit.%d", p);
        logit = floats(&g->out, name, EVENTS);
        for (i = 0; i < EVENTS; i++) {
            const int n = g->objects[i] - 1;
            worst_logit = fmax(worst_logit, fabs((double)(out[2 * p + 1][i] - logit[i])));
            if (i < DISTRIBUTIONS)
                for (a = 0; a < n; a++)
                    for (b = 0; b < n; b++)
                        for (c = 0; c < n; c++) {
                            const double ours = out[2 * p][(size_t)i * passwd_output_size(m, 2 * p) + cell(a, b, c)],
                                         theirs = log_p[((i * JETS + a) * JETS + b) * JETS + c];
                            if (a == b || a == c || b == c) {
                                CHECK(ours == -1e30f);
                                continue;
                            }
                            worst = fmax(worst, fabs(ours - theirs));
                            cells++;
                        }
        }
        free(log_p);
        free(logit);
    }
    printf("  log-probabilities within %.2g in %d cells, detection logits within %.2g\n", worst, cells, worst_logit);
    CHECK(cells > 3000);
    CHECK_BELOW(worst, 1e-4);
    CHECK_BELOW(worst_logit, 1e-4);
    for (i = 0, same = 0; i < EVENTS;
         i++) { /* greedy selection: the same jets, unless two choices differ by rounding */
        const float *log_p[2];
        passwd_spanet_answer answer;
        double ours = 0.0, theirs = 0.0;
        int equal = 1;
        for (p = 0; p < 2; p++) log_p[p] = out[2 * p] + (size_t)i * passwd_output_size(m, 2 * p) + cell(0, 0, 0);
        CHECK_OK(select_from(passwd_spanet_topology_of(g->net), log_p, g->objects[i] - 1, JETS + 1, NULL, NULL,
                     PASSWD_SPANET_GREEDY, NULL, &answer, &e),
            e);
        for (p = 0; p < 2; p++) {
            int64_t jet[3];
            snprintf(name, sizeof name, "selected_jets.%d", p);
            for (k = 0; k < 3; k++) equal &= (jet[k] = whole(&g->out, name, i * 3 + k)) == answer.particle[p].jet[k];
            ours += (double)answer.particle[p].log_probability;
            theirs += (double)log_p[p][cell((int)jet[0], (int)jet[1], (int)jet[2]) - cell(0, 0, 0)];
        }
        if (!CHECK(equal || fabs(ours - theirs) < 1e-4)) printf("  event %d: %.9g and %.9g\n", i, ours, theirs);
        same += equal;
    }
    printf("  selected jets: %d of %d events the same, the others equal to rounding\n", same, EVENTS);
    CHECK(same >= EVENTS - 1);
    for (k = 0; k < 4; k++) free(out[k]);
}

/* --- losses and gradients in training mode. The original's detection head has a batch norm with the batch's own
   statistics; ours keeps fixed ones. With those of the batch put in as the fixed ones, values agree; what the
   original's gradients have more comes from the statistics: it is linear in the head's hidden vectors h, so a second
   model with the loss sum(seed h) gives it. --- */
static void dot_forward(const passwd_lanes *v) {
    int f, l;
    for (l = 0; l < 16; l++)
        for (v->out[l] = 0.0f, f = 0; f < v->features[0]; f++) v->out[l] += v->in[0][f * 16 + l] * v->in[1][f * 16 + l];
}
static void dot_backward(const passwd_lanes *v) {
    int f, l;
    if (v->in_gradient[0])
        for (l = 0; l < 16; l++)
            for (f = 0; f < v->features[0]; f++)
                v->in_gradient[0][f * 16 + l] += v->out_gradient[l] * v->in[1][f * 16 + l];
}
static passwd_model *hidden_model(golden *g) {
    const passwd_spanet_config *c = passwd_spanet_config_of(g->net);
    static const int row = 0;
    passwd_spanet side = *g->net;
    passwd_model *m = NULL;
    passwd_value x, in[2];
    float *block;
    int p, k;
    CHECK(passwd_model_new(NULL, &m, &e) == PASSWD_OK);
    x = passwd_input_objects(m, "x", JETS + 1, 5);
    x = passwdi_spanet_encoder(
        m, c, passwdi_spanet_embed(&side, m, x), PASSWD_NONE, PASSWD_NONE, 0, c->num_encoder_layers, "encoder");
    for (p = 0; p < 2; p++) {
        const passwdi_spanet_name name = passwdi_spanet_under("branch_decoders.", "", p);
        const passwd_value y = passwdi_spanet_encoder(m, c, x, PASSWD_NONE, PASSWD_NONE, c->num_branch_embedding_layers,
            c->num_branch_encoder_layers, PASSWDI_UNDER(name.text, ".encoder"));
        in[0] = passwdi_spanet_stack(m, c, passwd_select_rows(m, y, &row, 1), c->num_detector_layers,
            PASSWDI_UNDER(name.text, ".detection_classifier.hidden_layers"));
        in[1] = passwd_input_event(m, p ? "seed1" : "seed0", 1, c->hidden_dim);
        passwd_output(m, in[0], p ? "h1" : "h0");
        passwd_loss(m, passwdi_spanet_operation(m, dot_forward, dot_backward, in, 2, -1, -1, 0, 1, 0, NULL), 1.0f,
            p ? "dot1" : "dot0");
    }
    CHECK_OK(passwd_model_build(m, 1, &e), e);
    block = (float *)calloc(passwd_parameter_floats(m), sizeof *block);
    for (k = 0; k < passwd_parameter_count(m); k++) {
        const passwd_parameter *to = passwd_parameter_at(m, k),
                               *from = passwd_parameter_find(passwd_spanet_model(g->net), to->name);
        if (CHECK(from))
            memcpy(block + to->offset, passwd_parameters(passwd_spanet_model(g->net)) + from->offset,
                to->count * sizeof *block);
    }
    CHECK_OK(passwd_set_parameters(m, block, &e), e);
    free(block);
    return m;
}
/* 1 where exchanging the tops gives the smaller loss, from the outputs */
static int best_permutation(const golden *g, const float *truth, float *const *out, int i) {
    const passwd_spanet_config *c = passwd_spanet_config_of(g->net);
    double total[2] = { 0.0, 0.0 };
    int p, swap;
    for (swap = 0; swap < 2; swap++)
        for (p = 0; p < 2; p++) {
            const float *t = truth + (i * 2 + (swap ? 1 - p : p)) * PASSWDI_SPANET_TRUTH;
            const double logit = (double)out[2 * p + 1][i];
            if (t[PASSWDI_SPANET_THERE] > 0.5f)
                total[swap] -= (double)out[2 * p][(size_t)i * passwd_output_size(passwd_spanet_model(g->net), 2 * p)
                                   + cell((int)t[0] - 1, (int)t[1] - 1, (int)t[2] - 1)]
                    + log(2.0);
            total[swap] +=
                (double)c->detection_loss_scale * log(1.0 + exp(t[PASSWDI_SPANET_THERE] > 0.5f ? -logit : logit));
        }
    return total[1] < total[0];
}
/* Truth as the losses read it; best: the permutations that make the number of each head's particles, by which the
   original divides; NULL: no weights. */
static void make_truth(const golden *g, float *truth, const int *best) {
    float *share = floats(&g->out, "particle_weights", 4);
    double number[2] = { 0, 0 };
    char name[64];
    int i, p, k;
    for (i = 0; best && i < EVENTS; i++)
        for (p = 0; p < 2; p++) {
            snprintf(name, sizeof name, "target.mask.%d", best[i] ? 1 - p : p);
            number[p] += flag(&g->out, name, i);
        }
    for (i = 0; i < EVENTS; i++)
        for (p = 0; p < 2; p++) {
            float *to = truth + (i * 2 + p) * PASSWDI_SPANET_TRUTH;
            const int there = flag(&g->out, "target.mask.0", i) + 2 * flag(&g->out, "target.mask.1", i);
            snprintf(name, sizeof name, "target.indices.%d", p);
            for (k = 0; k < 3; k++) to[k] = (float)(whole(&g->out, name, i * 3 + k) + 1);
            to[3] = 0.0f;
            to[PASSWDI_SPANET_THERE] = (float)(there >> p & 1);
            to[PASSWDI_SPANET_WEIGHT] = best ? (float)((double)share[there] * EVENTS / number[p]) : 1.0f;
        }
    free(share);
}
static void losses_of(passwd_model *m, const passwd_batch *b, double *terms, float *per_event, float *gradient) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    memset(&o, 0, sizeof o);
    o.losses = 1;
    CHECK_OK(passwd_workspace_new(m, &o, &w, &e), e);
    CHECK_OK(passwd_losses(m, w, b, NULL, terms, per_event, gradient, &e), e);
    passwd_workspace_free(w);
}
static void test_training(golden *g) {
    const int d = passwd_spanet_config_of(g->net)->hidden_dim, n = EVENTS * d;
    passwd_model *m = passwd_spanet_model(g->net), *hidden = hidden_model(g);
    float *h[2], *seed[2], *block = (float *)calloc(passwd_parameter_floats(m), sizeof *block),
                           *gradient = (float *)calloc(passwd_parameter_floats(m), sizeof *gradient);
    float *more = (float *)calloc(passwd_parameter_floats(hidden), sizeof *more), *out[4], per_event[EVENTS * 2],
          truth[EVENTS * 2 * PASSWDI_SPANET_TRUTH], *reference;
    const float *inputs[3];
    passwd_batch batch = batch_of(g, inputs, truth);
    double terms[2], *symmetric = (double *)calloc(2 * 2 * EVENTS, sizeof *symmetric), worst = 0.0, total;
    char name[160];
    int i, p, f, k, checked = 0, best[EVENTS];
    inputs[2] = NULL;
    /* the symmetric losses of every event, in evaluation mode */
    make_truth(g, truth, NULL);
    losses_of(m, &batch, terms, per_event, NULL);
    CHECK_OK(passwd_tensor_to_double(passwd_tensor_find(&g->out, "symmetric_loss"), symmetric, 4 * EVENTS, &e), e);
    for (i = 0; i < EVENTS; i++)
        for (k = 0; k < 2; k++) {
            const double theirs = symmetric[(0 * 2 + k) * EVENTS + i] + symmetric[(1 * 2 + k) * EVENTS + i];
            worst = fmax(worst, fabs((double)per_event[i * 2 + k] - theirs) / fmax(1.0, fabs(theirs)));
        }
    printf("  symmetric losses within %.2g\n", worst);
    CHECK_BELOW(worst, 1e-4);
    inputs[1] = NULL; /* seeds: not for a run */
    run_all(hidden, &batch, PASSWD_SIMD_AUTO, h);
    inputs[1] = truth;
    memcpy(block, passwd_parameters(m), passwd_parameter_floats(m) * sizeof *block);
    for (p = 0; p < 2; p++)
        for (f = 0; f < d; f++) {
            double mean = 0.0, square = 0.0;
            for (i = 0; i < EVENTS; i++) mean += (double)h[p][i * d + f] / EVENTS;
            for (i = 0; i < EVENTS; i++)
                square += ((double)h[p][i * d + f] - mean) * ((double)h[p][i * d + f] - mean) / EVENTS;
            snprintf(name, sizeof name, "branch_decoders.%d.detection_classifier.output_norm.running_mean", p);
            parameter_of(g->net, block, name)[f] = (float)mean;
            snprintf(name, sizeof name, "branch_decoders.%d.detection_classifier.output_norm.running_var", p);
            parameter_of(g->net, block, name)[f] = (float)square;
        }
    CHECK_OK(passwd_set_parameters(m, block, &e), e);
    run_all(m, &batch, PASSWD_SIMD_AUTO, out);
    for (i = 0; i < EVENTS; i++) best[i] = best_permutation(g, truth, out, i);
    make_truth(g, truth, best);
    losses_of(m, &batch, terms, NULL, gradient);
    reference = floats(&g->out, "training_loss", 1);
    total = (terms[0] + terms[1]) / 4;
    printf("  training loss %.6f, original %.6f\n", total, (double)reference[0]);
    CHECK_BELOW(fabs(total / (double)reference[0] - 1.0), 1e-4);
    free(reference);
    /* seeds: what flows through the batch's mean and width */
    for (p = 0; p < 2; p++) {
        const char *head = p ? "branch_decoders.1.detection_classifier." : "branch_decoders.0.detection_classifier.";
        const float *gain, *mean, *variance, *weight;
        double slope[EVENTS];
        snprintf(name, sizeof name, "%soutput_norm.weight", head);
        gain = parameter_of(g->net, block, name);
        snprintf(name, sizeof name, "%soutput_norm.running_mean", head);
        mean = parameter_of(g->net, block, name);
        snprintf(name, sizeof name, "%soutput_norm.running_var", head);
        variance = parameter_of(g->net, block, name);
        snprintf(name, sizeof name, "%soutput_layer.weight", head);
        weight = parameter_of(g->net, block, name);
        seed[p] = (float *)calloc((size_t)n, sizeof(float));
        for (i = 0; i < EVENTS; i++) {
            const int target = best[i] ? 1 - p : p;
            slope[i] = 0.25 / EVENTS * (double)passwd_spanet_config_of(g->net)->detection_loss_scale
                * (double)truth[(i * 2 + p) * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_WEIGHT]
                * (1.0 / (1.0 + exp(-(double)out[2 * p + 1][i]))
                    - (double)truth[(i * 2 + target) * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_THERE]);
        }
        for (f = 0; f < d; f++) {
            const double scale = 1.0 / sqrt((double)variance[f] + 1e-5);
            double first = 0.0, second = 0.0;
            for (i = 0; i < EVENTS; i++) {
                first += slope[i] * (double)weight[f] / EVENTS;
                second += slope[i] * (double)weight[f] * ((double)h[p][i * d + f] - (double)mean[f]) * scale / EVENTS;
            }
            for (i = 0; i < EVENTS; i++)
                seed[p][i * d + f] = (float)(-EVENTS * (double)gain[f] * scale
                    * (first + ((double)h[p][i * d + f] - (double)mean[f]) * scale * second));
        }
        inputs[1 + p] = seed[p];
    }
    losses_of(hidden, &batch, terms, NULL, more);
    for (k = 0; k < passwd_parameter_count(hidden); k++) {
        const passwd_parameter *from = passwd_parameter_at(hidden, k), *to = passwd_parameter_find(m, from->name);
        for (f = 0; f < (int)from->count; f++) gradient[to->offset + (size_t)f] += more[from->offset + (size_t)f];
    }
    for (worst = 0.0, k = 0; k < (int)g->out.count; k++)
        if (strncmp(g->out.tensors[k].name, "grad.", 5) == 0) {
            const passwd_parameter *q = passwd_parameter_find(m, g->out.tensors[k].name + 5);
            double most = 0.0, off = 0.0;
            if (!CHECK(q && (int64_t)q->count == g->out.tensors[k].count)) continue;
            reference = floats(&g->out, g->out.tensors[k].name, (int64_t)q->count);
            for (f = 0; f < (int)q->count; f++) {
                most = fmax(most, fabs((double)reference[f]));
                off = fmax(off, fabs((double)gradient[q->offset + (size_t)f] - (double)reference[f]));
            }
            if (!CHECK_BELOW(off, 1e-3 * most)) printf("  %s\n", q->name);
            if (most > 0.0) worst = fmax(worst, off / most);
            checked++;
            free(reference);
        }
    printf("  %d gradients within %.2g of each tensor's largest\n", checked, worst);
    CHECK(checked >= 19);
    for (p = 0; p < 2; p++) {
        free(h[p]);
        free(seed[p]);
    }
    for (k = 0; k < 4; k++) free(out[k]);
    free(block);
    free(gradient);
    free(more);
    free(symmetric);
    passwd_model_free(hidden);
}

/* --- events by hand --- */

enum { MADE = 21 };
typedef struct made {
    passwd_events v;
    int64_t first[MADE + 1];
    double pt[MADE * 16], eta[MADE * 16], phi[MADE * 16], m[MADE * 16], en[MADE * 16], target[MADE * 16],
        btag[MADE * 16];
    double *number[3];
    int32_t type[MADE * 16];
    char *type_name[1], *text[64];
    char texts[64][16];
} made;
static double uniform(uint32_t k) { return passwd_random_uniform(5, 3, k); }
/* Events of 2 to 11 jets; labels as the topology wants them, some missing. */
static void make_events(made *f, const passwd_spanet_topology *t) {
    uint32_t k = 0;
    int e0, j, p, q;
    memset(f, 0, sizeof *f);
    f->type_name[0] = (char *)"j";
    f->v.type_names.name = f->type_name;
    f->v.type_names.count = 1;
    f->v.texts.name = f->text;
    f->v.texts.count = 1;
    f->text[0] = f->texts[0];
    for (p = 0; p < t->particles; p++)
        for (q = 0; q < t->particle[p].products; q++) {
            f->text[f->v.texts.count] = f->texts[f->v.texts.count];
            snprintf(f->texts[f->v.texts.count++], 16, "%s", t->particle[p].target[q]);
        }
    for (e0 = 0; e0 < MADE; e0++) {
        const int n = 2 + e0 % 10;
        int label = 1;
        for (j = 0; j < n; j++, f->v.objects++) {
            const int64_t r = f->v.objects;
            f->pt[r] = 25.0 + 200.0 * uniform(k++) * (1.0 - 0.08 * j);
            f->eta[r] = 5.0 * uniform(k++) - 2.5;
            f->phi[r] = 6.28 * uniform(k++) - 3.14;
            f->m[r] = 5.0 + 10.0 * uniform(k++);
            f->en[r] = hypot(f->m[r], f->pt[r] * cosh(f->eta[r]));
            f->btag[r] = uniform(k++) < 0.4;
            if (label < f->v.texts.count && uniform(k++) < 0.9) f->target[r] = label++;
        }
        f->first[e0 + 1] = f->v.objects;
    }
    f->v.count = MADE;
    f->v.first = f->first;
    f->v.pt = f->pt;
    f->v.eta = f->eta;
    f->v.phi = f->phi;
    f->v.m = f->m;
    if (t->particles % 2) {
        f->v.e = f->en;
        f->v.type = f->type;
    } /* may be missing */
    f->number[PASSWD_SPANET_TARGET] = f->target;
    f->number[PASSWD_SPANET_BTAG] = f->btag;
    f->v.number = f->number;
    f->v.n_numbers = 2;
}
/* Particles of one, two, three and four products, groups of several kinds. */
static void mixed_topology(passwd_spanet_topology *t) {
    static const char *const products[4] = { "a", "b", "c", "d" };
    int p, k;
    passwd_spanet_topology_preset("ttbar", t, &e);
    memset(t->particle, 0, sizeof t->particle);
    memset(t->permutation, 0, sizeof t->permutation);
    t->particles = 4;
    t->permutations = 0;
    for (p = 0; p < 4; p++) {
        snprintf(t->particle[p].name, 32, "p%d", p);
        t->particle[p].products = p + 1;
        for (k = 0; k <= p; k++) snprintf(t->particle[p].product[k], 32, "%s", products[k]);
    }
    t->particle[1].permutations = 1;
    t->particle[1].permutation[0][0] = 1; /* (a b) */
    t->particle[2].permutations = 1;
    t->particle[2].permutation[0][0] = 1;
    t->particle[2].permutation[0][1] = 2; /* (a b c), a cycle */
    t->particle[3].permutations = 2;
    t->particle[3].permutation[0][0] = 1;
    t->particle[3].permutation[0][2] = 2;
    t->particle[3].permutation[0][3] = 3; /* (a b) */
    t->particle[3].permutation[1][0] = 2;
    t->particle[3].permutation[1][1] = 3;
    t->particle[3].permutation[1][3] = 1; /* (a c)(b d) */
    CHECK_OK(passwd_spanet_topology_check(t, &e), e);
    CHECK(t->particle[0].permutations == 1 && t->particle[1].permutations == 2 && t->particle[2].permutations == 3
        && t->particle[3].permutations == 8);
}
static void small_config(passwd_spanet_config *c) {
    CHECK_OK(passwd_spanet_preset("default", c, &e), e);
    c->max_jets = 11;
    c->hidden_dim = 8;
    c->initial_embedding_dim = 5;
    c->position_embedding_dim = 3;
    c->num_attention_heads = 2;
    c->num_encoder_layers = 1;
    c->num_branch_embedding_layers = 1;
    c->num_branch_encoder_layers = 1;
    c->num_jet_encoder_layers = 1;
    c->num_detector_layers = 1;
    c->detection_loss_scale = 0.4f;
    c->mass_units = 3;
    c->pair_units = 3;
    c->transformer_type = PASSWD_SPANET_GATED_TRANSFORMER;
    c->align = 1;
    c->augment = 0;
    c->batch_size = 8;
    c->epochs = 2;
    c->validation = 0.0f;
}
typedef struct readied {
    passwd_spanet *net;
    passwdi_spanet_trainer t;
    float *x;
    const float *inputs[2];
    passwd_batch batch;
} readied;
static int ready(readied *r, const passwd_spanet_config *c, const passwd_spanet_topology *t, made *f) {
    int64_t k;
    memset(r, 0, sizeof *r);
    if (!CHECK_OK(passwd_spanet_new(c, t, 3, NULL, &r->net, &e), e)) return 0;
    r->t.net = r->net;
    r->t.events = &f->v;
    if (!CHECK_OK(passwdi_spanet_prepare(&r->t, 0, MADE, NULL, &e), e)
        || !CHECK_OK(passwdi_spanet_normalize(&r->t, &e), e))
        return 0;
    r->x = (float *)calloc((size_t)MADE * (size_t)(c->max_jets + 1) * (size_t)r->net->features, sizeof(float));
    for (k = 0; k < r->t.count; k++)
        passwdi_spanet_event(r->net, &r->t.reader, &r->t.arrays, r->t.event[k], NULL, 0,
            r->x + (size_t)k * (size_t)(c->max_jets + 1) * (size_t)r->net->features, NULL);
    r->inputs[0] = r->x;
    r->inputs[1] = r->t.truth;
    r->batch.events = r->t.count;
    r->batch.inputs = r->inputs;
    r->batch.objects = r->t.objects;
    return 1;
}
static void unready(readied *r) {
    free(r->x);
    free(r->t.event);
    free(r->t.truth);
    free(r->t.weight);
    free(r->t.objects);
    passwd_spanet_free(r->net);
}
static double total_of(const passwd_spanet *net, const double *terms) {
    const int n = net->topology.particles * (net->config.detection_loss_scale > 0.0f ? 2 : 1);
    double sum = terms[0] / n;
    int k, pairs = 0;
    if (net->config.detection_loss_scale > 0.0f) sum += terms[1] / n;
    for (k = 0; k < net->topology.particles; k++) pairs += net->topology.orbit[k] != k;
    return net->config.kl_loss_scale > 0.0f && pairs
        ? sum + (double)net->config.kl_loss_scale * terms[passwd_loss_count(net->model) - 1]
        : sum;
}
/* The loss along its gradient and along a random direction, by differences. */
static void check_gradient(const passwd_spanet_config *c, const passwd_spanet_topology *t, made *f, const char *what) {
    readied r;
    if (ready(&r, c, t, f)) {
        const size_t n = passwd_parameter_floats(r.net->model);
        float *p = (float *)malloc(n * sizeof *p), *g = (float *)malloc(n * sizeof *g),
              *moved = (float *)malloc(n * sizeof *moved);
        double terms[3], sum[2], norm = 0.0;
        size_t k;
        int way, side;
        memcpy(p, passwd_parameters(r.net->model), n * sizeof *p);
        losses_of(r.net->model, &r.batch, terms, NULL, g);
        for (k = 0; k < n; k++) norm += (double)g[k] * (double)g[k];
        norm = sqrt(norm);
        CHECK(norm > 1e-3 && norm < 1e4);
        for (way = 0; way < 2; way++) {
            const double h = 5e-4;
            double along = 0.0;
            for (side = 0; side < 2; side++) {
                for (along = 0.0, k = 0; k < n; k++) {
                    const double u = way
                        ? (g[k] == 0.0f ? 0.0 : (double)g[k] / norm * (1.0 + 0.8 * sin(3.7 * (double)k)))
                        : (double)g[k] / norm;
                    moved[k] = (float)((double)p[k] + (side ? -h : h) * u);
                    along += u * (double)g[k];
                }
                CHECK_OK(passwd_set_parameters(r.net->model, moved, &e), e);
                losses_of(r.net->model, &r.batch, terms, NULL, NULL);
                sum[side] = total_of(r.net, terms);
            }
            if (!CHECK_BELOW(fabs((sum[0] - sum[1]) / (2 * h) / along - 1.0), 6e-3)) printf("  %s\n", what);
        }
        free(p);
        free(g);
        free(moved);
    }
    unready(&r);
}
static void test_gradients(void) {
    static made f;
    static const char gluino[] = "[SOURCE]\npt = log_normalize\nm = log\nbtag = none\n[EVENT]\nparticles = (g, s)\n"
                                 "[g]\njets = (q1, q2, x1, x2, x3)\npermutations = [(q1, q2), (x1, x2), (x2, x3)]\n"
                                 "[s]\njets = (q)\n";
    passwd_spanet_topology t[4];
    passwd_spanet_config c;
    char what[64];
    int k, j;
    mixed_topology(t);
    passwd_spanet_topology_preset("ttbar", t + 1, &e);
    passwd_spanet_topology_preset("W", t + 2, &e);
    CHECK_OK(passwd_spanet_topology_parse(gluino, strlen(gluino), "gluino", NULL, t + 3, &e), e);
    CHECK(t[3].particle[0].products == 5 && t[3].particle[0].permutations == 12);
    for (k = 0; k < 4; k++)
        for (j = 0; j < 2; j++) {
            small_config(&c);
            if (k == 3) c.max_jets = 7;
            make_events(&f, t + k);
            c.split_symmetric_attention = j;
            if (k == 0 && !j) c.pair_units = 0; /* four products of larger features: the loss is rounded too much */
            snprintf(what, sizeof what, "topology %d, split %d", k, j);
            check_gradient(&c, t + k, &f, what);
        }
    make_events(&f, t + 1);
    for (k = 0; k < 12; k++) {
        small_config(&c);
        c.linear_block_type = k % 4;
        c.transformer_type = k / 4;
        c.linear_activation = k % 2 ? PASSWD_ACTIVATE_GELU : PASSWD_ACTIVATE_ELU;
        c.transformer_activation = k % 2 ? PASSWD_ACTIVATE_RELU : PASSWD_ACTIVATE_GELU;
        snprintf(what, sizeof what, "block %d, transformer %d", c.linear_block_type, c.transformer_type);
        check_gradient(&c, t + 1, &f, what);
    }
    for (k = 0; k < 6; k++) {
        small_config(&c);
        c.combine_pair_loss = k % 3;
        c.focal_gamma = k < 3 ? 0.0f : 1.5f;
        c.kl_loss_scale = k % 2 ? 0.5f : 0.0f;
        c.detection_loss_scale = k == 4 ? 0.0f : 0.4f;
        c.skip_connections = k != 5;
        c.mass_units = k % 2 ? 0 : 5;
        c.pair_units = k % 3 ? 4 : 0;
        snprintf(what, sizeof what, "combination %d, focal %g, divergence %g", k % 3, (double)c.focal_gamma,
            (double)c.kl_loss_scale);
        check_gradient(&c, t + 1, &f, what);
    }
}

/* --- what is promised --- */

/* Permuting the jets permutes the answer; exchanging the labels t1 and t2 leaves the loss as it is. */
static void test_symmetry(void) {
    static made f, g;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_spanet_answer *a = (passwd_spanet_answer *)calloc(MADE, sizeof *a),
                         *b = (passwd_spanet_answer *)calloc(MADE, sizeof *b);
    passwd_spanet_job *job = NULL;
    double first[2], second[2];
    readied r;
    int64_t i, j;
    int p, k, mode;
    passwd_spanet_topology_preset("ttbar", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    c.balance_particles = 0;
    if (ready(&r, &c, &t, &f)) {
        losses_of(r.net->model, &r.batch, first, NULL, NULL);
        for (i = 0; i < r.t.count; i++)
            for (k = 0; k < PASSWDI_SPANET_TRUTH; k++) {
                float *x = r.t.truth + (i * 2) * PASSWDI_SPANET_TRUTH + k, keep = x[0];
                x[0] = x[PASSWDI_SPANET_TRUTH];
                x[PASSWDI_SPANET_TRUTH] = keep;
            }
        losses_of(r.net->model, &r.batch, second, NULL, NULL);
        CHECK(first[0] == second[0] && first[1] == second[1]);
        g = f; /* every event's jets backwards */
        g.v.pt = g.pt;
        g.v.eta = g.eta;
        g.v.phi = g.phi;
        g.v.m = g.m;
        g.v.e = g.en;
        g.number[0] = g.target;
        g.number[1] = g.btag;
        g.v.number = g.number;
        g.v.first = g.first;
        for (i = 0; i < MADE; i++)
            for (j = f.first[i]; j < f.first[i + 1]; j++) {
                const int64_t to = f.first[i] + f.first[i + 1] - 1 - j;
                g.pt[to] = f.pt[j];
                g.eta[to] = f.eta[j];
                g.phi[to] = f.phi[j];
                g.m[to] = f.m[j];
                g.en[to] = f.en[j];
                g.btag[to] = f.btag[j];
            }
        CHECK_OK(passwd_spanet_job_new(r.net, NULL, &job, &e), e);
        for (mode = 0; mode < 2; mode++) {
            CHECK_OK(passwd_spanet_run(job, &f.v, 0, MADE, (passwd_spanet_selection)mode, a, NULL, &e), e);
            CHECK_OK(passwd_spanet_run(job, &g.v, 0, MADE, (passwd_spanet_selection)mode, b, NULL, &e), e);
            for (i = 0; i < MADE; i++)
                for (p = 0; p < 2; p++) {
                    const int n = a[i].jets;
                    CHECK(b[i].jets == n);
                    if (a[i].particle[p].jet[0] < 0) {
                        CHECK(b[i].particle[p].jet[0] < 0);
                        continue;
                    }
                    CHECK_BELOW(
                        fabs((double)(a[i].particle[p].log_probability - b[i].particle[p].log_probability)), 1e-5);
                    CHECK(a[i].particle[p].jet[2] == n - 1 - b[i].particle[p].jet[2]);
                    CHECK(a[i].particle[p].jet[0] == n - 1 - b[i].particle[p].jet[0]
                        || a[i].particle[p].jet[0] == n - 1 - b[i].particle[p].jet[1]);
                    CHECK(a[i].particle[p].m > 0.0
                        && fabs(a[i].particle[p].m - b[i].particle[p].m) < 1e-6 * a[i].particle[p].m);
                }
            for (i = 0; i < MADE; i++)
                if (f.first[i + 1] - f.first[i] < 3)
                    CHECK(a[i].particle[0].jet[0] == -1 && a[i].particle[1].jet[0] == -1);
        }
        passwd_spanet_job_free(job);
    }
    unready(&r);
    free(a);
    free(b);
}
/* The same bits from every instruction set, for every event alone, and after training with any number of threads. */
static void test_bits(void) {
    static const passwd_simd levels[] = { PASSWD_SIMD_AVX512, PASSWD_SIMD_AVX2, PASSWD_SIMD_NEON };
    static made f;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_train_options o;
    passwd_spanet *nets[3];
    float *out[8], *other[8];
    readied r;
    size_t l;
    int k, run;
    mixed_topology(&t);
    make_events(&f, &t);
    small_config(&c);
    if (ready(&r, &c, &t, &f)) {
        run_all(r.net->model, &r.batch, PASSWD_SIMD_SCALAR, out);
        for (l = 0; l < sizeof levels / sizeof *levels; l++)
            if (passwd_simd_available(levels[l])) {
                run_all(r.net->model, &r.batch, levels[l], other);
                for (k = 0; k < 8; k++) {
                    CHECK(memcmp(out[k], other[k],
                              (size_t)r.batch.events * passwd_output_size(r.net->model, k) * sizeof(float))
                        == 0);
                    free(other[k]);
                }
            }
        for (run = 0; run < (int)r.batch.events; run++) {
            passwd_batch one = r.batch;
            const float *x[2] = { NULL, NULL };
            x[0] = r.x + (size_t)run * (size_t)(c.max_jets + 1) * (size_t)r.net->features;
            one.events = 1;
            one.inputs = x;
            one.objects = r.t.objects + run;
            run_all(r.net->model, &one, PASSWD_SIMD_AUTO, other);
            for (k = 0; k < 8; k++) {
                const size_t size = passwd_output_size(r.net->model, k);
                CHECK(memcmp(out[k] + (size_t)run * size, other[k], size * sizeof(float)) == 0);
                free(other[k]);
            }
        }
        for (k = 0; k < 8; k++) free(out[k]);
    }
    unready(&r);
    for (run = 0; run < 3; run++) { /* training, with events turned and mirrored at random */
        memset(&o, 0, sizeof o);
        o.threads = 1 + run;
        o.seed = 4;
        o.simd = run == 2 ? PASSWD_SIMD_SCALAR : PASSWD_SIMD_AUTO;
        c.augment = 1;
        c.align = 0;
        c.dropout = 0.1f;
        nets[run] = NULL;
        if (CHECK_OK(passwd_spanet_new(&c, &t, 7, NULL, nets + run, &e), e))
            CHECK_OK(train(nets[run], &f.v, 0, MADE, 1, &o, NULL, NULL, &e), e);
    }
    for (run = 1; run < 3; run++)
        if (nets[0] && nets[run])
            CHECK(passwd_simd_best() == PASSWD_SIMD_SSE2
                || memcmp(passwd_parameters(nets[0]->model), passwd_parameters(nets[run]->model),
                       passwd_parameter_floats(nets[0]->model) * sizeof(float))
                    == 0);
    for (run = 0; run < 3; run++) passwd_spanet_free(nets[run]);
}
/* What random frames may do to an event, and that they do: energies and angles between jets stay, phi and eta are
   mirrored in about half of the events, and (not if aligned) every event has an angle of its own; drawn anew in every
   step, and the same in every reading of it. */
static void check_frames(const readied *r, int64_t step, float *lanes, int mirrored[2], int *turned) {
    const passwd_spanet *net = r->net;
    const int w = net->features, m = net->momenta;
    int64_t list[16];
    int lane, i, k, set, sets = (int)r->t.count / 16;
    for (set = 0; set < sets; set++) {
        float *to = lanes + (size_t)set * (size_t)(net->rows * w) * 16;
        for (lane = 0; lane < 16; lane++) list[lane] = set * 16 + lane;
        ((readied *)r)->t.step = step;
        passwdi_spanet_fill((void *)&r->t, 0, list, 16, to);
        for (lane = 0; lane < 16; lane++) {
            const float *x = r->x + (size_t)list[lane] * (size_t)(net->rows * w);
            const int n = r->t.objects[list[lane]];
            double eta = 0.0, phi = 0.0, angle = 0.0, worst = 0.0;
            for (i = 2; i < n; i++) {
                double p[2][4], q[2][4], dot[2] = { 0.0, 0.0 }, cross[2];
                for (k = 0; k < 4; k++) {
                    p[0][k] = (double)x[w + m + k];
                    q[0][k] = (double)x[i * w + m + k];
                    p[1][k] = (double)to[(w + m + k) * 16 + lane];
                    q[1][k] = (double)to[(i * w + m + k) * 16 + lane];
                }
                for (k = 0; k < 2; k++) {
                    dot[k] = p[k][1] * q[k][1] + p[k][2] * q[k][2] + p[k][3] * q[k][3];
                    cross[k] = p[k][1] * q[k][2] - p[k][2] * q[k][1];
                }
                worst = fmax(worst, fabs(q[1][0] - q[0][0]) + fabs(dot[1] - dot[0]) / (p[0][0] * q[0][0]));
                eta += q[0][3] * q[1][3];
                phi += cross[0] * cross[1];
                angle += fabs(q[1][1] - q[0][1]) + fabs(fabs(q[1][2]) - fabs(q[0][2]));
            }
            CHECK_BELOW(worst, 1e-4);
            mirrored[0] += eta < 0.0;
            mirrored[1] += phi < 0.0;
            *turned += angle > 1e-4;
        }
    }
}
static void test_frames(void) {
    static made f;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    readied r;
    int align, k;
    passwd_spanet_topology_preset("ttbar", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    c.augment = 1;
    for (align = 0; align < 2; align++) {
        c.align = align;
        if (ready(&r, &c, &t, &f)) {
            const int events = (int)r.t.count / 16 * 16;
            const size_t floats = (size_t)(r.net->rows * r.net->features) * (size_t)events;
            float *lanes[3];
            int mirrored[3][2] = { { 0, 0 }, { 0, 0 }, { 0, 0 } }, turned[3] = { 0, 0, 0 };
            for (k = 0; k < 3; k++) {
                lanes[k] = (float *)calloc(floats, sizeof(float));
                check_frames(&r, k % 2, lanes[k], mirrored[k], turned + k); /* steps 0, 1, 0 */
                CHECK(mirrored[k][1] > events / 8 && mirrored[k][1] < events - events / 8);
                if (align) CHECK(mirrored[k][0] == 0 && turned[k] == 0);
                else
                    CHECK(
                        mirrored[k][0] > events / 8 && mirrored[k][0] < events - events / 8 && turned[k] > events / 2);
            }
            CHECK(memcmp(lanes[0], lanes[2], floats * sizeof(float)) == 0);
            CHECK(memcmp(lanes[0], lanes[1], floats * sizeof(float)) != 0);
            for (k = 0; k < 3; k++) free(lanes[k]);
        }
        unready(&r);
    }
}
/* Written and read again: the same answers; and what must not be read. */
static void test_files(void) {
    static made f;
    passwd_spanet_topology t, w;
    passwd_spanet_config c;
    passwd_spanet_answer *a = (passwd_spanet_answer *)calloc(2 * MADE, sizeof *a);
    passwd_spanet_job *job = NULL;
    passwd_spanet *net = NULL, *again = NULL, *none = NULL;
    passwd_tensor_file file;
    int64_t dropped = 0;
    int k, p, j;
    passwd_spanet_topology_preset("ttH", &t, &e);
    passwd_spanet_topology_preset("ttbar", &w, &e);
    make_events(&f, &t);
    small_config(&c);
    CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, &net, &e), e);
    CHECK_OK(passwd_spanet_save(net, scratch_file("test_spanet.safetensors"), &e), e);
    CHECK_OK(passwd_spanet_load(scratch_file("test_spanet.safetensors"), NULL, 0, NULL, &again, &e), e);
    if (net && again) {
        CHECK(memcmp(passwd_spanet_config_of(net), passwd_spanet_config_of(again), sizeof c) == 0);
        CHECK(!passwd_spanet_topology_differs(passwd_spanet_topology_of(net), passwd_spanet_topology_of(again), NULL));
        CHECK(memcmp(passwd_parameters(net->model), passwd_parameters(again->model),
                  passwd_parameter_floats(net->model) * sizeof(float))
            == 0);
        for (k = 0; k < 2; k++) {
            CHECK_OK(passwd_spanet_job_new(k ? again : net, NULL, &job, &e), e);
            CHECK_OK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, a + k * MADE, NULL, &e), e);
            passwd_spanet_job_free(job);
        }
        for (k = 0; k < MADE; k++)
            for (p = 0; p < 3; p++)
                for (j = 0; j < t.particle[p].products; j++)
                    CHECK(a[k].particle[p].jet[j] == a[MADE + k].particle[p].jet[j]);
    }
    passwd_spanet_free(again);
    again = NULL;
    CHECK_OK(passwd_spanet_load(scratch_file("test_spanet.safetensors"), &t, 5, NULL, &again, &e),
        e); /* fewer jets: the hardest are kept */
    if (again) {
        CHECK_OK(passwd_spanet_job_new(again, NULL, &job, &e), e);
        CHECK_OK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, a, &dropped, &e), e);
        CHECK(dropped > 0);
        for (k = 0; k < MADE; k++)
            CHECK(a[k].jets == (f.first[k + 1] - f.first[k] < 5 ? f.first[k + 1] - f.first[k] : 5));
        f.pt[7] = NAN;
        CHECK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, a, NULL, &e) == PASSWD_ERROR_NUMERIC
            && strlen(e.message) > 20);
        f.v.n_numbers = 0;
        CHECK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, a, NULL, &e) == PASSWD_ERROR_CONFIG
            && strstr(e.message, "btag"));
        passwd_spanet_job_free(job);
    }
    CHECK(passwd_spanet_load(scratch_file("test_spanet.safetensors"), &w, 0, NULL, &none, &e) == PASSWD_ERROR_CONFIG
        && strstr(e.message, "another topology"));
    CHECK(passwd_spanet_load("build/no_such_file", NULL, 0, NULL, &none, &e) == PASSWD_ERROR_IO);
    CHECK(passwd_spanet_load(file_of("split", "weights"), NULL, 0, NULL, &none, &e) == PASSWD_ERROR_CONFIG
        && strstr(e.message, "topology"));
    CHECK(passwd_spanet_load(file_of("split", "weights"), &t, 0, NULL, &none, &e)
        == PASSWD_ERROR_SHAPE); /* H is missing there */
    CHECK(passwd_tensor_file_load(scratch_file("test_spanet.safetensors"), NULL, &file, &e) == PASSWD_OK);
    passwd_tensor_file_free(&file);
    CHECK(none == NULL);
    passwd_spanet_free(net);
    passwd_spanet_free(again);
    remove(scratch_file("test_spanet.safetensors"));
    free(a);
}
/* Weights of events, and which events are trained on. */
static void test_weights(void) {
    static made f;
    static double weight[MADE];
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_train_report report;
    passwd_spanet *net[3] = { NULL, NULL, NULL };
    readied r;
    double plain[12], number[12], expected[12], sum;
    int k, n, low, high;
    passwd_spanet_topology_preset("ttbar", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    f.v.weight = weight;
    /* all alike: as without; not alike: otherwise; as ratios alone */
    for (k = 0; k < 3; k++) {
        for (n = 0; n < MADE; n++) weight[n] = k == 0 ? 1.0 : k == 1 ? 4.0 : n % 2 ? 3.0 : 1.0;
        if (CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, net + k, &e), e))
            CHECK_OK(train(net[k], &f.v, 0, MADE, 1, NULL, &report, NULL, &e), e);
        CHECK(report.events == MADE);
    }
    n = (int)passwd_parameter_floats(net[0]->model);
    CHECK(memcmp(passwd_parameters(net[0]->model), passwd_parameters(net[1]->model), (size_t)n * sizeof(float)) == 0);
    CHECK(memcmp(passwd_parameters(net[0]->model), passwd_parameters(net[2]->model), (size_t)n * sizeof(float)) != 0);
    for (k = 0; k < 3; k++) passwd_spanet_free(net[k]);
    /* classes: an event of weight 3 counts as three; events of weight 0 not at all */
    for (n = 0; n < MADE; n++) weight[n] = n % 3 == 0 ? 0.0 : n % 3 == 1 ? 3.0 : 1.0;
    if (ready(&r, &c, &t, &f)) {
        const float *tensor =
            passwd_parameters(r.net->model) + passwd_parameter_find(r.net->model, "particle_weights_tensor")->offset;
        double there[3] = { 0, 0, 0 }, want[3], all = 0.0;
        passwd_spanet_target target;
        CHECK(r.t.count == MADE - 7);
        for (k = 0; k < (int)r.t.count; k++) {
            passwd_spanet_targets(&t, &f.v, r.t.event[k], 1, c.max_jets, &target, NULL);
            CHECK_BELOW(fabs((double)r.t.weight[k] - weight[r.t.event[k]] * 0.5), 1e-6); /* 7 of 3, 7 of 1 */
            there[target.there == 3 ? 2 : target.there ? 1 : 0] += weight[r.t.event[k]] * 0.5;
        }
        for (k = 0; k < 3; k++) {
            want[k] = (1.0 / 14) / (1.0 - pow(13.0 / 14, there[k]));
            all += want[k];
            CHECK(there[k] > 0.0);
        }
        for (k = 0; k < 3; k++) CHECK_BELOW(fabs((double)tensor[k == 2 ? 3 : k] - want[k] * 3 / all), 1e-5);
        unready(&r);
    }
    /* balance of jets: over the truth without it, by the number of objects */
    for (n = 0; n < MADE; n++) weight[n] = 1.0;
    memset(number, 0, sizeof number);
    for (k = 0; k < 2; k++) {
        c.balance_jets = k;
        if (!ready(&r, &c, &t, &f)) return;
        for (n = 0; n < (int)r.t.count; n++) {
            const double w = (double)r.t.truth[n * 2 * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_WEIGHT];
            if (!k) {
                number[r.t.objects[n] - 1] += 1.0;
                if (n < 12) plain[n] = w;
                continue;
            }
            for (low = 0; number[low] == 0.0; low++) {}
            for (high = 11; number[high] == 0.0; high--) {}
            if (n < 12) {
                int j;
                for (sum = 0.0, j = 0; j < 12; j++) {
                    expected[j] = number[j] > 0.0 ? (1.0 / MADE) / (1.0 - pow(1.0 - 1.0 / MADE, number[j])) : 0.0;
                    sum += expected[j];
                }
                CHECK_BELOW(fabs(w / plain[n] - expected[r.t.objects[n] - 1] * (high - low + 1) / sum), 1e-5);
            }
        }
        unready(&r);
    }
    c.balance_jets = 0;
    /* limits */
    c.limit_to_num_jets = 7;
    if (ready(&r, &c, &t, &f)) {
        CHECK(r.t.count == 2);
        for (k = 0; k < (int)r.t.count; k++) CHECK(r.t.objects[k] == 8);
        unready(&r);
    }
    c.limit_to_num_jets = 0;
    c.dataset_limit = 0.5f;
    if (CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, net, &e), e)) {
        CHECK_OK(train(net[0], &f.v, 0, MADE, 1, NULL, &report, NULL, &e), e);
        CHECK(report.events == 11);
        weight[5] = -1.0;
        CHECK(train(net[0], &f.v, 0, MADE, 1, NULL, &report, NULL, &e) == PASSWD_ERROR_NUMERIC
            && strstr(e.message, "Event 5 has a weight"));
        weight[5] = NAN;
        CHECK(train(net[0], &f.v, 0, MADE, 1, NULL, &report, NULL, &e) == PASSWD_ERROR_NUMERIC);
        for (n = 0; n < MADE; n++) weight[n] = 0.0;
        CHECK(train(net[0], &f.v, 0, MADE, 1, NULL, &report, NULL, &e) == PASSWD_ERROR_CONFIG);
    }
    passwd_spanet_free(net[0]);
    { /* efficiencies with weights */
        passwd_spanet_weight found = { 0, 0 }, there = { 0, 0 };
        double error;
        for (k = 0; k < 8; k++) {
            passwdi_spanet_weigh(&there, 1, 2.0);
            passwdi_spanet_weigh(&found, k < 2, 2.0);
        }
        CHECK_BELOW(fabs(passwd_spanet_weighted_ratio(&found, &there, &error) - 0.25), 1e-12);
        CHECK_BELOW(fabs(error - sqrt(0.25 * 0.75 / 8)), 1e-12);
        passwdi_spanet_weigh(&there, 1, -4.0);
        CHECK_BELOW(fabs(passwd_spanet_weighted_ratio(&found, &there, &error) - 1.0 / 3), 1e-12);
        CHECK_BELOW(fabs(error - sqrt(8.0 * 4 / 9 + 40.0 / 9) / 12), 1e-12);
        passwdi_spanet_weigh(&there, 1, -20.0);
        CHECK(isnan(passwd_spanet_weighted_ratio(&found, &there, &error)) && isnan(error));
    }
}
/* PReLU: slopes of a quarter that train, in every kind of block; batch norms inside of blocks are run and fine-tuned,
   but not begun with. */
static void test_slopes(void) {
    static made f;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_spanet *net = NULL;
    int k, kind, slopes = 0;
    passwd_spanet_topology_preset("W", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    c.linear_activation = PASSWD_SPANET_PRELU;
    for (kind = PASSWD_SPANET_BASIC; kind <= PASSWD_SPANET_GRU; kind++) {
        c.linear_block_type = kind;
        c.normalization = kind % 2 ? PASSWD_SPANET_BATCH_NORM : PASSWD_SPANET_LAYER_NORM;
        check_gradient(&c, &t, &f, "PReLU");
    }
    if (!CHECK_OK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e), e)) return;
    for (k = 0; k < passwd_parameter_count(net->model); k++) {
        const passwd_parameter *p = passwd_parameter_at(net->model, k);
        if (!strstr(p->name, "linear_1.1.weight")) continue;
        CHECK(p->trainable && passwd_parameters(net->model)[p->offset] == 0.25f
            && passwd_parameters(net->model)[p->offset + p->count - 1] == 0.25f);
        slopes++;
    }
    CHECK(slopes > 5);
    CHECK(train(net, &f.v, 0, MADE, 1, NULL, NULL, NULL, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "LayerNorm"));
    CHECK_OK(train(net, &f.v, 0, MADE, 0, NULL, NULL, NULL, &e), e);
    passwd_spanet_free(net);
}
/* Those compared with chi-square are those that the trainer sets aside. */
typedef struct watched {
    readied r;
    int64_t step;
    int seen[MADE];
} watched;
static void watch_fill(void *user, int input, const int64_t *events, int count, float *lanes) {
    watched *w = (watched *)user;
    const size_t size = (size_t)(w->r.net->config.max_jets + 1) * (size_t)w->r.net->features;
    int lane;
    size_t k;
    (void)input;
    for (lane = 0; lane < count; lane++) {
        if (w->step < 0) w->seen[events[lane]] = 1;
        for (k = 0; k < size; k++) lanes[k * 16 + (size_t)lane] = w->r.x[(size_t)events[lane] * size + k];
    }
}
static void test_set_aside(void) {
    static made f;
    static watched w;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_train_options o;
    int64_t list[MADE], n, k, seen = 0;
    passwd_spanet_topology_preset("ttbar", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    memset(&o, 0, sizeof o);
    o.seed = 6;
    o.validation = 0.4f;
    o.epochs = 1;
    o.batch = 4;
    if (!ready(&w.r, &c, &t, &f)) return;
    w.r.inputs[0] = NULL;
    w.r.batch.fill = watch_fill;
    w.r.batch.user = &w;
    w.r.batch.step = &w.step;
    CHECK_OK(passwd_train(w.r.net->model, &w.r.batch, &o, NULL, &e), e);
    n = passwdi_spanet_set_aside(&w.r.t, &o, MADE, list);
    CHECK(n == 8);
    for (k = 0; k < n; k++) CHECK(w.seen[list[k]]); /* all events are trained on: event and place are one */
    for (k = 0; k < MADE; k++) seen += w.seen[k];
    CHECK(seen == n);
    CHECK(passwdi_spanet_set_aside(&w.r.t, &o, 3, list) == 3);
    unready(&w.r);
}
/* Every option of the public code, as its current version has them, with the default there; how it is taken: 'h'
   honoured, 'p' passed over by name, 'r' refused in a training's configuration (in a weights file passed over), 'n'
   refused everywhere; what it may also be, and how that is taken. */
static const struct {
    const char *key, *usual;
    char how;
    const char *other;
    char then;
} options_of_public[] = { { "hidden_dim", "128", 'h', "0", 'n' }, { "transformer_dim", "128", 'p', "64", 'p' },
    { "transformer_dim_scale", "2.0", 'h', "1.5", 'h' }, { "initial_embedding_dim", "16", 'h', "8", 'h' },
    { "position_embedding_dim", "32", 'h', "8", 'h' }, { "num_embedding_layers", "10", 'h', "2", 'h' },
    { "num_encoder_layers", "4", 'h', "2", 'h' }, { "num_branch_embedding_layers", "4", 'h', "1", 'h' },
    { "num_branch_encoder_layers", "4", 'h', "1", 'h' }, { "num_jet_embedding_layers", "0", 'h', "1", 'h' },
    { "num_jet_encoder_layers", "0", 'h', "1", 'h' }, { "num_detector_layers", "1", 'h', "2", 'h' },
    { "num_regression_layers", "1", 'h', "2", 'h' }, { "num_classification_layers", "1", 'h', "2", 'h' },
    { "split_symmetric_attention", "true", 'h', "false", 'h' }, { "num_attention_heads", "4", 'h', "2", 'h' },
    { "transformer_activation", "\"gelu\"", 'h', "\"tanh\"", 'n' }, { "skip_connections", "true", 'h', "false", 'h' },
    { "initial_embedding_skip_connections", "true", 'h', "false", 'h' },
    { "linear_block_type", "\"Basic\"", 'h', "\"Dense\"", 'n' },
    { "transformer_type", "\"Standard\"", 'h', "\"Gated\"", 'h' },
    { "linear_activation", "\"PReLU\"", 'h', "\"tanh\"", 'n' },
    { "normalization", "\"LayerNorm\"", 'h', "\"GroupNorm\"", 'n' },
    { "masking", "\"Filling\"", 'p', "\"Multiplicative\"", 'p' },
    { "linear_prelu_activation", "true", 'p', "false", 'p' }, { "event_info_file", "\"\"", 'p', "\"a.yaml\"", 'p' },
    { "training_file", "\"\"", 'p', "\"a.h5\"", 'p' }, { "validation_file", "\"\"", 'p', "\"b.h5\"", 'p' },
    { "testing_file", "\"\"", 'p', "\"c.h5\"", 'p' }, { "normalize_features", "true", 'h', "false", 'h' },
    { "limit_to_num_jets", "0", 'h', "7", 'h' }, { "balance_particles", "false", 'h', "true", 'h' },
    { "balance_jets", "false", 'h', "true", 'h' }, { "balance_classifications", "false", 'h', "true", 'h' },
    { "partial_events", "false", 'h', "true", 'h' }, { "dataset_limit", "1.0", 'h', "0.25", 'h' },
    { "dataset_randomization", "0", 'p', "3", 'p' }, { "train_validation_split", "0.95", 'h', "95", 'n' },
    { "batch_size", "4096", 'h', "64", 'h' }, { "num_dataloader_workers", "4", 'p', "0", 'p' },
    { "mask_sequence_vectors", "true", 'h', "false", 'n' }, { "combine_pair_loss", "\"min\"", 'h', "\"none\"", 'n' },
    { "optimizer", "\"apex_lamb\"", 'r', "\"AdamW\"", 'h' }, { "learning_rate", "0.001", 'h', "0.002", 'h' },
    { "focal_gamma", "0.0", 'h', "1.0", 'h' }, { "combinatorial_scale", "0.0", 'h', "0.5", 'n' },
    { "learning_rate_warmup_epochs", "1.0", 'h', "2.0", 'h' }, { "learning_rate_cycles", "0", 'p', "3", 'r' },
    { "assignment_loss_scale", "1.0", 'h', "2.0", 'h' }, { "detection_loss_scale", "0.0", 'h', "0.5", 'h' },
    { "kl_loss_scale", "0.0", 'h', "0.1", 'h' }, { "regression_loss_scale", "0.0", 'h', "1.0", 'h' },
    { "classification_loss_scale", "0.0", 'h', "1.0", 'h' }, { "balance_losses", "true", 'p', "false", 'p' },
    { "l2_penalty", "0.0", 'h', "0.1", 'h' }, { "gradient_clip", "0.0", 'h', "1.0", 'h' },
    { "dropout", "0.0", 'h', "0.1", 'h' }, { "epochs", "100", 'h', "3", 'h' }, { "num_gpu", "1", 'p', "0", 'p' },
    { "verbose_output", "true", 'p', "false", 'p' }, { "usable_gpus", "\"\"", 'p', "\"0\"", 'p' },
    { "trial_time", "\"\"", 'p', "\"1\"", 'p' }, { "trial_output_dir", "\"./test_output\"", 'p', "\"x\"", 'p' } };
enum { OPTIONS = sizeof options_of_public / sizeof *options_of_public };
static void take_option(const char *key, const char *value, char how) {
    char json[200], names[64];
    passwd_spanet_config c;
    passwdi_spanet_names list;
    passwd_status s;
    int passed, same;
    passwd_spanet_preset("public", &c, &e);
    snprintf(json, sizeof json, "{\"%s\": %s}", key, value);
    s = passwd_spanet_config_read(&c, json, strlen(json), "options", &e);
    passed = passwd_spanet_passed_over(json, strlen(json), names, sizeof names);
    same = passed == 1 && strcmp(names, key) == 0;
    if (!CHECK(how == 'h'    ? s == PASSWD_OK && passed == 0
                : how == 'p' ? s == PASSWD_OK && same
                             : s == PASSWD_ERROR_CONFIG && passed == 0 && strstr(e.message, key) && e.column > 1))
        printf("  %s, %c\n", json, how);
    list.text = names;
    list.room = sizeof names;
    list.count = 0;
    names[0] = 0;
    s = passwdi_spanet_config_from(
        &c, json, strlen(json), "weights", 1, &list, NULL, &e); /* of a training that is over */
    if (!CHECK(how == 'n' ? s == PASSWD_ERROR_CONFIG
                          : s == PASSWD_OK && (how == 'h' || (list.count == 1 && strcmp(names, key) == 0))))
        printf("  %s, %c, in weights\n", json, how);
}
/* A weights file as the public code's users make it: all options, tensors that these leave unused. */
static void write_public(const passwd_spanet *net, const char *options, const char *more, const char *path) {
    const float one[6] = { 1, 1, 1, 1, 1, 1 };
    const int64_t shape[2] = { 3, 2 };
    passwd_tensor_writer w;
    passwd_tensor_writer_init(&w, NULL);
    CHECK_OK(passwd_tensor_writer_metadata(&w, "options", options, &e), e);
    CHECK_OK(passwd_model_write(net->model, &w, &e), e);
    CHECK_OK(passwd_tensor_writer_add(&w, "jet_weights_tensor", PASSWD_DTYPE_F32, 2, shape, one, &e), e);
    CHECK_OK(passwd_tensor_writer_add(
                 &w, "embedding.final_embedding_layer.gru.gate_bias", PASSWD_DTYPE_F32, 2, shape, one, &e),
        e);
    CHECK_OK(
        passwd_tensor_writer_add(&w, "regression_decoder.networks.EVENT/x.mean", PASSWD_DTYPE_F32, 2, shape, one, &e),
        e);
    if (more) CHECK_OK(passwd_tensor_writer_add(&w, more, PASSWD_DTYPE_F32, 2, shape, one, &e), e);
    CHECK_OK(passwd_tensor_writer_save(&w, path, &e), e);
    passwd_tensor_writer_free(&w);
}
static void test_public_options(void) {
    static const char *const mine[][2] = { { "hidden_dim", "8" }, { "linear_block_type", "\"GRU\"" },
        { "transformer_type", "\"Gated\"" }, { "linear_activation", "\"GELU\"" }, { "skip_connections", "false" },
        { "num_attention_heads", "2" }, { "num_encoder_layers", "1" }, { "num_branch_embedding_layers", "1" },
        { "num_branch_encoder_layers", "1" }, { "position_embedding_dim", "3" }, { "initial_embedding_dim", "5" },
        { "balance_jets", "true" }, { "transformer_activation", "\"tanh\"" } };
    static const char wrong[] = "branch_decoders.0.encoder.encoder.layers.9.feed_forward.and_a_name_that_is_as_long_as_"
                                "those_of_the_public_code.linear_1.0.weight";
    char json[4096] = "{", path[512];
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_spanet *net = NULL, *again = NULL;
    size_t k, i;
    CHECK(OPTIONS == 63);
    for (k = 0; k < OPTIONS; k++) {
        const char *value = options_of_public[k].usual;
        take_option(options_of_public[k].key, value, options_of_public[k].how);
        take_option(options_of_public[k].key, options_of_public[k].other, options_of_public[k].then);
        for (i = 0; i < sizeof mine / sizeof *mine; i++)
            if (strcmp(mine[i][0], options_of_public[k].key) == 0) value = mine[i][1];
        snprintf(json + strlen(json), sizeof json - strlen(json), "%s\"%s\": %s", k ? ", " : "",
            options_of_public[k].key, value);
    }
    strcat(json, "}");
    snprintf(path, sizeof path, "%s", scratch_file("test_spanet_public.safetensors"));
    passwd_spanet_topology_preset("ttbar", &t, &e);
    passwd_spanet_preset("public", &c, &e);
    CHECK_OK(passwdi_spanet_config_from(&c, json, strlen(json), "options", 1, NULL, NULL, &e), e);
    CHECK(c.hidden_dim == 8 && c.balance_jets && !c.skip_connections && fabsf(c.validation - 0.05f) < 1e-6f
        && c.batch_size == 4096);
    if (!CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, &net, &e), e)) return;
    CHECK(*passwd_spanet_unused(net) == 0);
    write_public(net, json, NULL, path);
    if (CHECK_OK(passwd_spanet_load(path, &t, 0, NULL, &again, &e), e)) {
        CHECK(memcmp(passwd_parameters(net->model), passwd_parameters(again->model),
                  passwd_parameter_floats(net->model) * sizeof(float))
            == 0);
        for (k = 0; k < OPTIONS; k++) /* each that is passed over is named */
            if (options_of_public[k].how == 'p' || options_of_public[k].how == 'r')
                CHECK(strstr(passwd_spanet_unused(again), options_of_public[k].key));
        CHECK(strstr(passwd_spanet_unused(again), "3 tensors (jet_weights_tensor")
            && strstr(passwd_spanet_unused(again), "transformer_activation"));
        CHECK(!strstr(passwd_spanet_unused(again), "hidden_dim"));
    }
    passwd_spanet_free(again);
    again = NULL;
    write_public(net, json, wrong, path); /* one tensor too many that nothing explains: named to its end */
    CHECK(passwd_spanet_load(path, &t, 0, NULL, &again, &e) == PASSWD_ERROR_SHAPE && strstr(e.message, wrong)
        && again == NULL);
    passwd_spanet_free(net);
    remove(path);
    /* widths: halves go to even numbers, as in Python; what a float cannot hold is no half */
    c.transformer_dim_scale = 0.5;
    CHECK(passwdi_spanet_inner(&c, 5) == 2 && passwdi_spanet_inner(&c, 7) == 4 && passwdi_spanet_inner(&c, 8) == 4);
    c.transformer_dim_scale = 0.7;
    CHECK(passwdi_spanet_inner(&c, 5) == 4 && passwdi_spanet_inner(&c, 15) == 10);
}
/* Heads of the public code's network: what they say, and their losses in evaluation. */
static void test_public_heads(
    passwd_spanet *net, const passwd_events *v, const passwd_tensor_file *out, const float *x, const int32_t *objects) {
    const passwd_spanet_topology *t = passwd_spanet_topology_of(net);
    const int total = passwd_spanet_head_floats(net, -1);
    float *said = (float *)calloc(32 * (size_t)total, sizeof *said), weight[32], *truth, *theirs;
    passwd_spanet_answer *answers = (passwd_spanet_answer *)calloc(32, sizeof *answers);
    passwd_spanet_job *job = NULL;
    passwd_workspace *w = NULL;
    passwd_batch batch;
    passwdi_spanet_trainer trainer;
    passwd_workspace_options wo;
    const float *inputs[3];
    double terms[2 + PASSWD_SPANET_HEADS], worst = 0.0, worst_loss = 0.0;
    int64_t event[32];
    char name[100], key[160];
    int k, i, c, at = 0;
    CHECK_OK(passwd_spanet_job_new(net, NULL, &job, &e), e);
    passwd_spanet_job_heads(job, said);
    CHECK_OK(passwd_spanet_run(job, v, 0, 32, PASSWD_SPANET_GREEDY, answers, NULL, &e), e);
    memset(&trainer, 0, sizeof trainer);
    for (i = 0; i < 32; i++) {
        event[i] = i;
        weight[i] = 1.0f;
    }
    trainer.net = net;
    trainer.events = v;
    trainer.event = event;
    trainer.count = 32;
    trainer.weight = weight;
    CHECK_OK(passwdi_spanet_heads(&trainer, 0, &e), e);
    truth = (float *)calloc(32 * (size_t)t->particles * PASSWDI_SPANET_TRUTH, sizeof *truth);
    inputs[0] = x;
    inputs[1] = truth;
    inputs[2] = trainer.heads;
    memset(&batch, 0, sizeof batch);
    batch.events = 32;
    batch.inputs = inputs;
    batch.objects = objects;
    memset(&wo, 0, sizeof wo);
    wo.losses = 1;
    CHECK_OK(passwd_workspace_new(net->model, &wo, &w, &e), e);
    CHECK(passwd_loss_count(net->model) == t->heads + 2);
    CHECK_OK(passwd_losses(net->model, w, &batch, NULL, terms, NULL, NULL, &e), e);
    for (k = 0; k < t->heads; at += passwd_spanet_head_floats(net, k++)) {
        const int classes = t->head[k].kind == PASSWD_SPANET_CLASSES, count = passwd_spanet_head_floats(net, k);
        passwd_spanet_head_name(t, k, name);
        snprintf(key, sizeof key, "%s.%s", classes ? "classification" : "regression", name);
        theirs = floats(out, key, 32 * count);
        for (i = 0; i < 32; i++)
            for (c = 0; c < count; c++) {
                double y = (double)theirs[i * count + c], sum = 0.0;
                int other; /* of classes the file has logits, the library says probabilities */
                for (other = 0; other < count; other++) sum += exp((double)theirs[i * count + other]);
                if (classes) y = exp(y) / sum;
                worst = fmax(worst, fabs((double)said[i * total + at + c] - y) / fmax(1.0, fabs(y)));
            }
        free(theirs);
        snprintf(key, sizeof key, "evaluation_loss.%s.%s", classes ? "classification" : "regression", name);
        theirs = floats(out, key, 1);
        CHECK(strcmp(passwd_loss_name(net->model, 2 + k), name) == 0);
        worst_loss = fmax(worst_loss, fabs(terms[2 + k] / (double)theirs[0] - 1.0));
        free(theirs);
    }
    printf("  %d heads: outputs within %.2g (relative beyond 1), losses within %.2g (relative)\n", t->heads, worst,
        worst_loss);
    CHECK_BELOW(worst, 1e-4);
    CHECK_BELOW(worst_loss, 1e-4);
    passwdi_delete(&net->allocator, trainer.heads);
    passwd_workspace_free(w);
    passwd_spanet_job_free(job);
    free(truth);
    free(answers);
    free(said);
}
/* A network of the public code from weights, topology and events as files: log-probabilities, detection and greedy's
   jets, where the files are there. without: a global input whose numbers are taken from the events, so that they have
   none. */
static void test_public_file(const char *name, const char *unused, const char *without) {
    char path[512], key[64], text[4096];
    size_t length;
    passwd_spanet_topology t;
    passwd_spanet_columns columns;
    passwd_tensor_file out;
    passwd_events v;
    passwd_spanet *net = NULL;
    float *x, *outputs[4 + PASSWD_SPANET_HEADS];
    int32_t objects[32];
    const float *inputs[3] = { NULL, NULL, NULL };
    passwd_batch batch;
    double worst = 0.0, worst_logit = 0.0;
    const char *prefix = without ? "missing." : "";
    int i, p, k, c, places = 8, stride, cells = 0, same = 0, globals = 0, front, known;
    FILE *there;
    snprintf(path, sizeof path, "%s%s.yaml", data_folder("../shared/golden/spanet_"), name);
    there = fopen(path, "rb");
    if (!there) {
        SKIP("files of the public code");
        return;
    }
    length = fread(text, 1, sizeof text - 1, there);
    fclose(there);
    text[length] = 0;
    CHECK_OK(passwd_spanet_topology_parse(text, length, path, NULL, &t, &e), e);
    for (k = 0; k < t.inputs; k++) globals += t.input[k].global;
    if (t.inputs - globals == 2) places = 10;
    front = 1 + globals;
    stride = places + front;
    snprintf(path, sizeof path, "%s%s_weights.safetensors", data_folder("../shared/golden/spanet_"), name);
    if (!CHECK_OK(passwd_spanet_load(path, &t, places, NULL, &net, &e), e)) return;
    CHECK(strstr(passwd_spanet_unused(net), unused));
    snprintf(path, sizeof path, "%s%s.safetensors", data_folder("../shared/golden/spanet_"), name);
    CHECK_OK(passwd_tensor_file_load(path, NULL, &out, &e), e);
    snprintf(path, sizeof path, "%s%s_events.csv", data_folder("../shared/golden/spanet_"), name);
    passwd_spanet_columns_of(&t, &columns);
    memset(&v, 0, sizeof v);
    if (!CHECK_OK(passwd_events_load(path, &columns.options, NULL, &v, &e), e) || !CHECK(v.count == 32)) return;
    for (k = 0; without && k < columns.options.n_numbers; k++)
        if (strncmp(columns.numbers[k], without, strlen(without)) == 0)
            for (i = 0; i < (int)v.first[v.count]; i++) v.number[k][i] = (double)NAN;
    CHECK(passwd_spanet_rows(net) == stride);
    x = (float *)calloc(32 * (size_t)stride * (size_t)passwd_spanet_features(net), sizeof *x);
    CHECK_OK(passwd_spanet_inputs(net, &v, 0, 32, x, objects, NULL, &e), e);
    memset(&batch, 0, sizeof batch);
    inputs[0] = x;
    batch.events = 32;
    batch.inputs = inputs;
    batch.objects = objects;
    run_all(net->model, &batch, PASSWD_SIMD_AUTO, outputs);
    known = globals && !without ? 16 : 8; /* events whose distributions are there */
    for (i = 0; i < (without ? 8 : 32); i++) {
        int row[10], n = front, equal = 1; /* rows of the places that hold an object */
        const float *log_p[2];
        passwd_spanet_answer answer;
        for (k = 0; k < places; k++) {
            snprintf(key, sizeof key, "source.%s.mask", t.input[k >= 8].name);
            row[k] = flag(&out, key, k < 8 ? i * 8 + k : i * 2 + k - 8) ? n++ : 0;
        }
        CHECK(n == objects[i]);
        for (p = 0; p < 2; p++) {
            const int products = t.particle[p].products,
                      size = products == 3 ? places * places * places
                : products == 2            ? places * places
                                           : places;
            int corner = 0;
            const float *mine = outputs[2 * p] + (size_t)i * passwd_output_size(net->model, 2 * p);
            float *log = NULL, *logit;
            snprintf(key, sizeof key, "%sassignment_log_probability.%d", prefix, p);
            if (i < known) log = floats(&out, key, known * size);
            for (c = 0; log && c < size; c++) {
                const float theirs = log[i * size + c];
                int at = 0, left = size, rest = c;
                for (k = 0; k < products; k++) {
                    left /= places;
                    at = at * stride + row[rest / left];
                    rest %= left;
                }
                if (theirs < -1e29f) continue;
                worst = fmax(worst, fabs((double)mine[at] - (double)theirs) / fmax(1.0, fabs((double)theirs)));
                cells++;
            }
            free(log);
            snprintf(key, sizeof key, "%sdetection_logit.%d", prefix, p);
            logit = floats(&out, key, without ? 8 : 32);
            worst_logit = fmax(worst_logit, fabs((double)outputs[2 * p + 1][i] - (double)logit[i]));
            free(logit);
            for (k = 0; k < products; k++) corner = corner * stride + front;
            log_p[p] = mine + corner;
        }
        CHECK_OK(select_from(&t, log_p, n - front, stride, NULL, NULL, PASSWD_SPANET_GREEDY, NULL, &answer, &e), e);
        for (p = 0; p < 2; p++)
            for (k = 0; k < t.particle[p].products; k++) {
                snprintf(key, sizeof key, "%sselected_jets.%d", prefix, p);
                equal &= row[whole(&out, key, i * t.particle[p].products + k)] - front == answer.particle[p].jet[k];
            }
        same += equal;
    }
    printf("%s: log-probabilities within %.2g (relative beyond 1) in %d cells, detection logits within %.2g, the same "
           "jets in %d of %d events\n",
        name, worst, cells, worst_logit, same, without ? 8 : 32);
    CHECK_BELOW(worst, 5e-5);
    CHECK_BELOW(worst_logit, 1e-4);
    CHECK(cells > 1000 && same == (without ? 8 : 32));
    if (t.heads) test_public_heads(net, &v, &out, x, objects);
    for (k = 0; k < passwd_output_count(net->model); k++) free(outputs[k]);
    free(x);
    passwd_events_free(&v);
    passwd_tensor_file_free(&out);
    passwd_spanet_free(net);
}
/* Heads and a global input learn what can be known: the sum of pT, whether the hardest jet is beyond 120 GeV, and a
   number that the global input alone has. Files bring all of it back. */
static void test_heads_learn(void) {
    enum { N = 600 };
    static const char topology[] =
        "[INPUTS]\nJets = sequential\nMet = global\n[Jets]\npt = log_normalize\neta = normalize\nphi = normalize\n"
        "[Met]\nmet = log_normalize\nn = normalize\n[EVENT]\nparticles = (W)\n[W]\njets = (q1, q2)\n"
        "permutations = [(q1, q2)]\n[REGRESSIONS]\nEVENT/sum = gaussian\nW/q1/n = laplacian\n"
        "[CLASSIFICATIONS]\nW/PARTICLE/hard = 0\n";
    char *text = (char *)malloc(N * 4 * 120), *p = text;
    FILE *file;
    passwd_spanet_topology t;
    passwd_spanet_columns columns;
    passwd_spanet_config c;
    passwd_events v;
    passwd_spanet *net = NULL, *again = NULL;
    passwd_spanet_job *job = NULL;
    passwd_train_report report;
    static passwd_spanet_answer answers[N];
    static float said[N * 4], other[N * 4];
    double missed[2] = { 0.0, 0.0 }, all[2] = { 0.0, 0.0 }, right = 0.0, mean[2] = { 0.0, 0.0 };
    static double truth[N][2];
    int i, j;
    p += sprintf(p, "event,pt,eta,phi,m,target,Met.met,Met.n,EVENT/sum,W/q1/n,W/PARTICLE/hard\n");
    for (i = 0; i < N; i++) {
        double pt[4], sum = 0.0;
        const double n = 20.0 + 5.0 * passwd_random_normal(7, 1, (uint32_t)i);
        for (j = 0; j < 4; j++) sum += pt[j] = 30.0 + 120.0 * uniform((uint32_t)(4 * i + j)) / (1.0 + j);
        truth[i][0] = sum;
        truth[i][1] = n;
        for (j = 0; j < 4; j++) {
            p += sprintf(p, "%d,%.2f,%.3f,%.3f,5,%s,", i, pt[j], 4.0 * uniform((uint32_t)(9000 + 4 * i + j)) - 2.0,
                6.28 * uniform((uint32_t)(18000 + 4 * i + j)) - 3.14,
                j == 0       ? "W/q1"
                    : j == 1 ? "W/q2"
                             : "");
            if (i % 11 == 5) p += sprintf(p, ",,"); /* no missing energy */
            else p += sprintf(p, "%.2f,%.3f,", 50.0 + 10.0 * uniform((uint32_t)i), n);
            if (i % 7 == 3) p += sprintf(p, ",,-1\n"); /* targets are not known */
            else p += sprintf(p, "%.2f,%.3f,%d\n", sum, n, pt[0] > 90.0);
        }
    }
    CHECK_OK(passwd_spanet_topology_parse(topology, strlen(topology), "topology", NULL, &t, &e), e);
    passwd_spanet_columns_of(&t, &columns);
    memset(&v, 0, sizeof v);
    file = fopen(scratch_file("test_heads.csv"), "wb");
    if (!CHECK(file && fwrite(text, 1, (size_t)(p - text), file) == (size_t)(p - text) && fclose(file) == 0)) return;
    if (!CHECK_OK(passwd_events_load(scratch_file("test_heads.csv"), &columns.options, NULL, &v, &e), e)) return;
    small_config(&c);
    c.max_jets = 4;
    c.epochs = 60;
    c.batch_size = 32;
    c.learning_rate = 1e-2f;
    c.balance_classifications = 1;
    CHECK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "classes"));
    CHECK_OK(passwd_spanet_classes(&t, &v, 0, v.count, &e), e);
    CHECK(t.head[2].classes == 2);
    if (!CHECK_OK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e), e)) return;
    CHECK_OK(passwd_spanet_train(net, &v, 0, v.count, NULL, &report, NULL, &e), e);
    CHECK_OK(passwd_spanet_job_new(net, NULL, &job, &e), e);
    CHECK(passwd_spanet_head_floats(net, -1) == 4 && passwd_spanet_head_floats(net, 2) == 2);
    passwd_spanet_job_heads(job, said);
    CHECK_OK(passwd_spanet_run(job, &v, 0, v.count, PASSWD_SPANET_JOINT, answers, NULL, &e), e);
    passwd_spanet_job_free(job);
    for (i = 0; i < N; i++)
        for (j = 0; j < 2; j++) mean[j] += truth[i][j] / N;
    for (i = 0; i < N; i++) {
        for (j = 0; j < 2; j++) {
            if (j == 1 && i % 11 == 5) continue; /* nobody can know it */
            missed[j] += pow((double)said[4 * i + j] - truth[i][j], 2.0);
            all[j] += pow(mean[j] - truth[i][j], 2.0);
        }
        right += (said[4 * i + 3] > 0.5f) == (v.pt[v.first[i]] > 90.0);
        CHECK_BELOW(fabs((double)said[4 * i + 2] + (double)said[4 * i + 3] - 1.0), 1e-6);
    }
    printf("heads: %.3f and %.3f of the variances are left; %.1f %% of the classes are right\n", missed[0] / all[0],
        missed[1] / all[1], 100.0 * right / N);
    CHECK(missed[0] < 0.3 * all[0] && missed[1] < 0.8 * all[1] && right > 0.85 * N);
    CHECK_OK(passwd_spanet_save(net, scratch_file("test_heads.safetensors"), &e), e);
    CHECK_OK(passwd_spanet_load(scratch_file("test_heads.safetensors"), NULL, 0, NULL, &again, &e), e);
    CHECK_OK(passwd_spanet_job_new(again, NULL, &job, &e), e);
    passwd_spanet_job_heads(job, other);
    CHECK_OK(passwd_spanet_run(job, &v, 0, v.count, PASSWD_SPANET_JOINT, answers, NULL, &e), e);
    CHECK(memcmp(said, other, sizeof said) == 0);
    passwd_spanet_job_free(job);
    passwd_spanet_free(again);
    passwd_spanet_free(net);
    passwd_events_free(&v);
    free(text);
}
static void refuse_config(const char *json, const char *word) {
    passwd_spanet_config c, before;
    passwd_spanet_preset("default", &c, &e);
    before = c;
    if (!CHECK(passwd_spanet_config_read(&c, json, strlen(json), "config", &e) != PASSWD_OK && strstr(e.message, word)))
        printf("  %s: %s\n", json, e.message);
    CHECK(memcmp(&c, &before, sizeof c) == 0);
}
static void test_bad_input(void) {
    static made f;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_spanet *net = NULL;
    passwd_train_report report;
    int k;
    refuse_config("{\"hidden_dims\": 3}", "hidden_dims");
    refuse_config("{\"hidden_dim\": 0}", "hidden_dim");
    refuse_config("{\"hidden_dim\": \"many\"}", "number");
    refuse_config("{\"linear_block_type\": \"Huge\"}", "GRU");
    refuse_config("{\"normalization\": \"GroupNorm\"}", "LayerNorm");
    refuse_config("{\"linear_activation\": 3}", "");
    refuse_config("{\"dropout\": 1.5}", "dropout");
    refuse_config("{\"hidden_dim\": 32", "");
    refuse_config("[]", "object");
    passwd_spanet_topology_preset("ttbar", &t, &e);
    refuse_config("{\"augment\": 2}", "augment");
    refuse_config("{\"pair_units\": -1}", "pair_units");
    small_config(&c);
    c.num_attention_heads = 3;
    CHECK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "heads"));
    small_config(&c);
    c.transformer_type = 9;
    CHECK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "transformer_type"));
    CHECK(passwd_spanet_new(NULL, &t, 1, NULL, &net, &e) == PASSWD_ERROR_ARGUMENT && net == NULL);
    CHECK(passwd_spanet_preset("best", &c, &e) == PASSWD_ERROR_CONFIG);
    small_config(&c);
    c.detection_loss_scale = 0.0f;
    make_events(&f, &t);
    CHECK_OK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e), e);
    if (net) {
        for (k = 0; k < MADE * 16; k++) f.target[k] = 0.0; /* no labels at all */
        CHECK(train(net, &f.v, 0, MADE, 1, NULL, &report, NULL, &e) != PASSWD_OK);
        make_events(&f, &t);
        f.target[1] = f.target[0] = 1.0; /* one label on two jets */
        CHECK(train(net, &f.v, 0, MADE, 1, NULL, &report, NULL, &e) == PASSWD_ERROR_CONFIG);
        CHECK(train(net, &f.v, 0, MADE + 1, 1, NULL, &report, NULL, &e) == PASSWD_ERROR_ARGUMENT);
        CHECK(train(net, NULL, 0, 1, 1, NULL, &report, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    }
    passwd_spanet_free(net);
}
/* Every n-th request for memory fails: an error, nothing lost. */
static long allowed;
static void *scarce(void *user, size_t bytes) {
    (void)user;
    return allowed-- > 0 ? malloc(bytes) : NULL;
}
static void give_back(void *user, void *p) {
    (void)user;
    free(p);
}
/* What the public code's state_dict lacks or has in other shapes: 0, if the file is not there -1. */
static int same_tensors(const char *theirs, const char *ours) {
    passwd_tensor_file a, b;
    int64_t k;
    int d, wrong = 0;
    FILE *there = fopen(theirs, "rb");
    if (!there) return -1;
    fclose(there);
    if (!CHECK_OK(passwd_tensor_file_load(theirs, NULL, &a, &e), e)
        || !CHECK_OK(passwd_tensor_file_load(ours, NULL, &b, &e), e))
        return 1;
    wrong += a.count != b.count;
    for (k = 0; k < a.count; k++) {
        const passwd_tensor *x = a.tensors + k, *y = passwd_tensor_find(&b, x->name);
        int scalar = x->count == 1 && strstr(x->name, "num_batches_tracked") != NULL; /* stored as [1] in some files */
        if (!y || x->dtype != y->dtype || x->count != y->count || (!scalar && x->rank != y->rank)) wrong++;
        for (d = 0; y && !scalar && d < x->rank; d++) wrong += x->shape[d] != y->shape[d];
        if (y && !scalar && x->dtype == PASSWD_DTYPE_F32 && !strstr(x->name, ".gru.")
            && !strstr(x->name, "jet_weights_tensor"))
            wrong += memcmp(x->data, y->data, x->bytes) != 0;
        if (y && strstr(x->name, "_tensor") && x->dtype == PASSWD_DTYPE_I64)
            wrong += memcmp(x->data, y->data, x->bytes) != 0;
    }
    passwd_tensor_file_free(&a);
    passwd_tensor_file_free(&b);
    return wrong;
}
/* Answers of a network to the made events, as bits. */
static void answers_of(const passwd_spanet *net, const passwd_events *v, passwd_spanet_answer *answers) {
    passwd_spanet_job *job = NULL;
    memset(answers, 0, (size_t)v->count * sizeof *answers);
    if (CHECK_OK(passwd_spanet_job_new(net, NULL, &job, &e), e))
        CHECK_OK(passwd_spanet_run(job, v, 0, v->count, PASSWD_SPANET_EXPECTED, answers, NULL, &e), e);
    passwd_spanet_job_free(job);
}
/* Files for the public code: every tensor of its own ones, in its shape; read back, the same answers to the bit. */
static void test_for_public(void) {
    static const char *const names[] = { "global", "heads", "norms", "norms_batch", "norms_basic", "norms_gated",
        "yaml", "split", "tensor" };
    static made f;
    static passwd_spanet_topology t, u;
    passwd_spanet_config c;
    passwd_spanet_answer a[MADE], b[MADE];
    passwd_spanet *net = NULL, *again = NULL;
    passwd_tensor_file file;
    counter count;
    passwd_allocator al;
    const char *text, *out = scratch_file("test_spanet_state_dict.safetensors");
    char theirs[512], yaml[512];
    size_t k;
    long n;
    int compared = 0;
    for (k = 0; k < sizeof names / sizeof *names; k++) {
        FILE *there;
        snprintf(theirs, sizeof theirs, "%s%s_weights.safetensors", data_folder("../shared/golden/spanet_"), names[k]);
        snprintf(yaml, sizeof yaml, "%s%s.yaml", data_folder("../shared/golden/spanet_"), names[k]);
        there = fopen(theirs, "rb");
        if (!there) continue;
        fclose(there);
        if (k < 7) CHECK_OK(passwd_spanet_topology_load(yaml, NULL, &t, &e), e);
        else passwd_spanet_topology_preset("ttbar", &t, &e);
        if (!CHECK_OK(passwd_spanet_load(theirs, &t, 10, NULL, &net, &e), e)) continue;
        CHECK_OK(passwd_spanet_save_public(net, out, &e), e);
        if (!CHECK(same_tensors(theirs, out) == 0)) printf("  %s\n", names[k]);
        CHECK_OK(passwd_tensor_file_load(out, NULL, &file, &e), e);
        text = passwd_tensor_metadata(&file, "event_info");
        CHECK_OK(passwd_spanet_topology_parse(text, strlen(text), "event_info", NULL, &u, &e), e);
        passwd_tensor_file_free(&file);
        if (CHECK(!passwd_spanet_topology_differs(&t, &u, NULL) && u.heads == t.heads && u.inputs == t.inputs))
            if (CHECK_OK(passwd_spanet_load(out, &u, 10, NULL, &again, &e), e))
                CHECK(!memcmp(passwd_parameters(again->model), passwd_parameters(net->model),
                          passwd_parameter_floats(net->model) * sizeof(float))
                    || u.heads);
        passwd_spanet_free(again);
        again = NULL;
        compared++;
        passwd_spanet_free(net);
        net = NULL;
    }
    if (!compared) SKIP("weights of the public code");
    for (k = 0; k < 4; k++) { /* gates left out, tensors without normalisation, groups of every kind, five products */
        if (k < 2) mixed_topology(&t);
        else passwd_spanet_topology_preset("ttH", &t, &e);
        make_events(&f, &t);
        small_config(&c);
        c.mass_units = c.pair_units = c.align = 0;
        c.skip_connections = k != 1;
        c.initial_embedding_skip_connections = k != 2;
        c.normalize_features = k != 3;
        c.linear_activation = k == 2 ? PASSWD_SPANET_PRELU : PASSWD_ACTIVATE_GELU;
        c.balance_jets = k == 1;
        c.balance_particles = k != 2;
        if (!CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, &net, &e), e)) return;
        CHECK_OK(train(net, &f.v, 0, MADE, 1, NULL, NULL, NULL, &e), e);
        CHECK_OK(passwd_spanet_save_public(net, out, &e), e);
        CHECK_OK(passwd_tensor_file_load(out, NULL, &file, &e), e);
        text = passwd_tensor_metadata(&file, "event_info");
        CHECK_OK(passwd_spanet_topology_parse(text, strlen(text), "event_info", NULL, &u, &e), e);
        CHECK(!passwd_spanet_topology_differs(&t, &u, NULL) && u.input[0].features == t.input[0].features
            && memcmp(u.input[0].feature, t.input[0].feature, sizeof u.input[0].feature) == 0);
        CHECK(!passwd_tensor_metadata(&file, "topology") && !strstr(passwd_tensor_metadata(&file, "options"), "align"));
        CHECK(!strstr(passwd_tensor_metadata(&file, "options"), "\"skip_connections\":1"));
        passwd_tensor_file_free(&file);
        if (CHECK_OK(passwd_spanet_load(out, &u, c.max_jets, NULL, &again, &e), e)) {
            answers_of(net, &f.v, a);
            answers_of(again, &f.v, b);
            CHECK(memcmp(a, b, sizeof a) == 0);
        }
        passwd_spanet_free(net);
        passwd_spanet_free(again);
        net = again = NULL;
    }
    passwd_spanet_preset("default", &c, &e); /* what it has not */
    CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, &net, &e), e);
    remove(out);
    CHECK(passwd_spanet_save_public(net, out, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "mass_units"));
    passwd_spanet_free(net);
    c.mass_units = c.pair_units = 0;
    c.align = 1;
    CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, &net, &e), e);
    CHECK(passwd_spanet_save_public(net, out, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "align"));
    passwd_spanet_free(net);
    CHECK(passwd_spanet_save_public(NULL, out, &e) == PASSWD_ERROR_ARGUMENT);
    small_config(&c); /* every allocation may fail */
    c.mass_units = c.pair_units = c.align = 0;
    al = counting(&count, 0);
    CHECK_OK(passwd_spanet_new(&c, &t, 3, &al, &net, &e), e);
    for (n = 1; n < 500; n++) {
        const long alive = count.alive;
        passwd_status s;
        count.calls = 0;
        count.fail_at = n;
        s = passwd_spanet_save_public(net, out, &e);
        CHECK(count.alive == alive);
        if (s == PASSWD_OK) break;
        CHECK(s == PASSWD_ERROR_MEMORY);
    }
    CHECK(n > 5 && n < 500);
    passwd_spanet_free(net);
    remove(out);
}
/* The mean of several networks: of one, or of the same one twice, it is that one to the bit; of two the mean of their
   distributions, and probabilities of detection, event by event. */
static void test_ensemble(void) {
    static const char one_more[] = "[SOURCE]\nm = log\npt = log_normalize\neta = normalize\nphi = none\n"
                                   "[EVENT]\nparticles = (w1)\n[w1]\njets = (q1, q2)\npermutations = [(q1, q2)]\n"
                                   "targets = (t1/q1, t1/q2)\n";
    static made f;
    static passwd_spanet_topology t, u;
    passwd_spanet_config c;
    passwd_spanet_answer a[MADE], b[MADE], d[MADE];
    passwd_spanet *net[3] = { NULL, NULL, NULL };
    const passwd_spanet *list[3];
    passwd_spanet_job *job = NULL, *each[2];
    passwd_workspace_options o;
    const float *log_p[3];
    double worst = 0.0, worst_detection = 0.0;
    float *mean[3];
    char room[64];
    counter count;
    passwd_allocator al;
    long n;
    int k, p, i;
    passwd_spanet_topology_preset("ttH", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    for (k = 0; k < 2; k++) { /* normalisations differ, and so do the widths */
        c.hidden_dim = k ? 12 : 8;
        c.align = !k;
        if (!CHECK_OK(passwd_spanet_new(&c, &t, 3 + (uint64_t)k, NULL, net + k, &e), e)) return;
        CHECK_OK(train(net[k], &f.v, 5 * k, MADE - 5 * k, 1, NULL, NULL, NULL, &e), e);
    }
    answers_of(net[0], &f.v, a);
    for (k = 1; k < 3; k++) { /* of one; of the same one twice */
        list[0] = list[1] = net[0];
        memset(b, 0, sizeof b);
        CHECK_OK(passwd_spanet_job_ensemble(list, k, NULL, &job, &e), e);
        CHECK_OK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_EXPECTED, b, NULL, &e), e);
        CHECK(memcmp(a, b, sizeof a) == 0);
        passwd_spanet_job_free(job);
    }
    list[1] = net[1];
    memset(&o, 0, sizeof o);
    o.threads = 2;
    memset(d, 0, sizeof d);
    answers_of(net[1], &f.v, b);
    CHECK_OK(passwd_spanet_job_ensemble(list, 2, &o, &job, &e), e);
    CHECK_OK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, d, NULL, &e), e);
    for (k = 0; k < 2; k++) CHECK_OK(passwd_spanet_job_new(net[k], NULL, each + k, &e), e);
    for (p = 0; p < 3; p++) mean[p] = (float *)malloc(passwd_output_size(net[0]->model, 2 * p) * sizeof(float));
    for (i = 0; i < MADE; i++) { /* by hand: of each event alone */
        const int jets = (int)(f.first[i + 1] - f.first[i]), stride = net[0]->rows;
        passwd_spanet_answer one, unused;
        for (k = 0; k < 2; k++)
            CHECK_OK(passwd_spanet_run(each[k], &f.v, i, 1, PASSWD_SPANET_JOINT, &unused, NULL, &e), e);
        for (p = 0; p < 3; p++) {
            const size_t size = passwd_output_size(net[0]->model, 2 * p);
            size_t corner = 0, at;
            for (at = 0; at < size; at++)
                mean[p][at] = (float)log(
                    0.5 * (exp((double)each[0]->output[2 * p][at]) + exp((double)each[1]->output[2 * p][at])));
            for (k = 0; k < t.particle[p].products; k++) corner = corner * (size_t)stride + 1;
            log_p[p] = mean[p] + corner;
            worst_detection = fmax(worst_detection,
                fabs(0.5 * ((double)a[i].particle[p].detection + (double)b[i].particle[p].detection)
                    - (double)d[i].particle[p].detection));
        }
        CHECK_OK(select_from(&t, log_p, jets, stride, NULL, NULL, PASSWD_SPANET_JOINT, NULL, &one, &e), e);
        for (p = 0; p < 3; p++) {
            CHECK(memcmp(one.particle[p].jet, d[i].particle[p].jet, sizeof one.particle[p].jet) == 0);
            if (one.particle[p].jet[0] >= 0)
                worst = fmax(
                    worst, fabs((double)one.particle[p].log_probability - (double)d[i].particle[p].log_probability));
        }
    }
    CHECK_BELOW(worst, 2e-6);
    CHECK_BELOW(worst_detection, 1e-6);
    CHECK(memcmp(a, d, sizeof a) != 0);
    for (p = 0; p < 3; p++) free(mean[p]);
    for (k = 0; k < 2; k++) passwd_spanet_job_free(each[k]);
    passwd_spanet_job_free(job);
    job = NULL;
    /* what cannot be averaged */
    passwd_spanet_topology_preset("ttbar", &u, &e);
    CHECK_OK(passwd_spanet_new(&c, &u, 3, NULL, net + 2, &e), e);
    list[2] = net[2];
    CHECK(passwd_spanet_job_ensemble(list, 3, NULL, &job, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "Network 3")
        && strstr(e.message, "3 particles, the other 2"));
    passwd_spanet_free(net[2]);
    c.max_jets = 9;
    CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, net + 2, &e), e);
    list[2] = net[2];
    CHECK(passwd_spanet_job_ensemble(list, 3, NULL, &job, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "max_jets"));
    passwd_spanet_free(net[2]);
    c.max_jets = 11;
    c.detection_loss_scale = 0.0f;
    CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, net + 2, &e), e);
    list[2] = net[2];
    CHECK(passwd_spanet_job_ensemble(list, 3, NULL, &job, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "detection"));
    CHECK(passwd_spanet_job_ensemble(list, 0, NULL, &job, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_spanet_job_ensemble(NULL, 1, NULL, &job, &e) == PASSWD_ERROR_ARGUMENT);
    list[1] = NULL;
    CHECK(passwd_spanet_job_ensemble(list, 2, NULL, &job, &e) == PASSWD_ERROR_ARGUMENT);
    list[1] = net[1];
    o.buffer = room;
    o.bytes = sizeof room;
    CHECK(passwd_spanet_job_ensemble(list, 2, &o, &job, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "buffer"));
    o.buffer = NULL;
    passwd_spanet_free(net[2]);
    for (k = 0; k < 2; k++) { /* other features */
        passwd_spanet_topology_preset("W", &u, &e);
        if (k) CHECK_OK(passwd_spanet_topology_parse(one_more, strlen(one_more), "text", NULL, &u, &e), e);
        passwd_spanet_free(net[k]);
        CHECK_OK(passwd_spanet_new(&c, &u, 3, NULL, net + k, &e), e);
        list[k] = net[k];
    }
    CHECK(
        passwd_spanet_job_ensemble(list, 2, NULL, &job, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "\"SOURCE\""));
    list[1] = net[0];
    for (n = 1; n < 300; n++) { /* every allocation may fail */
        passwd_status s;
        al = counting(&count, n);
        o.allocator = &al;
        s = passwd_spanet_job_ensemble(list, 2, &o, &job, &e);
        if (s == PASSWD_OK) break;
        CHECK(s == PASSWD_ERROR_MEMORY && count.alive == 0 && job == NULL);
    }
    CHECK(n > 20 && n < 300);
    passwd_spanet_job_free(job);
    CHECK(count.alive == 0);
    for (k = 0; k < 2; k++) passwd_spanet_free(net[k]);
}
/* What networks and trainings take is known before, also where there is not as much; too much is refused by name. */
static void test_large(void) {
    static const char text[] =
        "[SOURCE]\npt = log_normalize\nbtag = none\n[EVENT]\nparticles = (g1, g2)\n"
        "permutations = [(g1, g2)]\n[g1]\njets = (a, b, c, d, e)\npermutations = [(a, b, c, d, e)]"
        "\n[g2]\njets = (a, b, c, d, e)\npermutations = [(a, b, c, d, e)]\n";
    static const int jets[] = { 5, 7, 16, 40 };
    static made f;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_workspace_options o;
    passwd_spanet *net = NULL;
    passwd_spanet_answer answers[MADE];
    passwd_spanet_job *job = NULL;
    passwd_allocator none;
    double last = 0.0, bytes;
    int k, losses;
    CHECK_OK(passwd_spanet_topology_parse(text, strlen(text), "text", NULL, &t, &e), e);
    make_events(&f, &t);
    memset(&o, 0, sizeof o);
    none.allocate = scarce;
    none.release = give_back;
    none.user = NULL;
    for (k = 0; k < 4; k++) {
        small_config(&c);
        c.mass_units = 0;
        c.max_jets = jets[k];
        if (!CHECK_OK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e), e)) return;
        for (losses = 0; losses < 2; losses++) {
            o.losses = losses;
            bytes = passwd_workspace_bytes(net->model, &o);
            if (k < 2) {
                CHECK_BELOW(fabs((double)passwd_workspace_size(net->model, &o) / bytes - 1.0), 0.03);
                if (!losses)
                    CHECK_BELOW(
                        fabs((double)passwd_spanet_job_size(net, &o) / passwd_spanet_memory(net, &o, 0) - 1.0), 0.03);
            }
            CHECK(passwd_spanet_memory(net, &o, 1000) > bytes
                && (!losses || passwd_spanet_memory(net, &o, 2000) > passwd_spanet_memory(net, &o, 1000)));
        }
        o.losses = 0;
        bytes = passwd_spanet_memory(net, &o, 0);
        CHECK(bytes > last);
        if (k >= 2) CHECK(bytes > 2 * 64 * pow(jets[k] + 1, 5)); /* at least both distributions, of 16 events */
        last = bytes;
        if (k == 3) { /* as if there were no memory for it */
            o.allocator = &none;
            allowed = 4;
            CHECK(passwd_spanet_job_new(net, &o, &job, &e) == PASSWD_ERROR_MEMORY && strstr(e.message, "max_jets 40")
                && strstr(e.message, "GB") && strstr(e.message, "\"g1\" has 5 products"));
            o.allocator = NULL;
        }
        if (k == 1) {
            CHECK_OK(passwd_spanet_job_new(net, NULL, &job, &e), e);
            CHECK_OK(passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, answers, NULL, &e), e);
            CHECK(answers[3].jets == 5 && (answers[3].particle[0].jet[4] >= 0) != (answers[3].particle[1].jet[4] >= 0));
            passwd_spanet_job_free(job);
            job = NULL;
        }
        passwd_spanet_free(net);
        net = NULL;
    }
    c.max_jets = 41;
    CHECK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e) == PASSWD_ERROR_UNSUPPORTED && strstr(e.message, "\"g1\"")
        && strstr(e.message, "up to 40 works"));
    c.max_jets = 10;
    c.hidden_dim = 64;
    c.split_symmetric_attention = 0;
    CHECK(passwd_spanet_new(&c, &t, 1, NULL, &net, &e) == PASSWD_ERROR_UNSUPPORTED
        && strstr(e.message, "split_symmetric_attention") && net == NULL);
}
static void test_memory(void) {
    static made f;
    passwd_allocator a;
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_spanet_answer answers[MADE];
    long n;
    passwd_spanet_topology_preset("W", &t, &e);
    make_events(&f, &t);
    small_config(&c);
    a.allocate = scarce;
    a.release = give_back;
    a.user = NULL;
    c.epochs = 1;
    c.batch_size = MADE;
    for (n = 0; n < 3000; n += n < 40 ? 1 : 23) {
        passwd_spanet *net = NULL;
        passwd_spanet_job *job = NULL;
        passwd_status s;
        allowed = n;
        s = passwd_spanet_new(&c, &t, 1, &a, &net, &e);
        if (s == PASSWD_OK) s = train(net, &f.v, 0, MADE, 1, NULL, NULL, NULL, &e);
        if (s == PASSWD_OK) s = passwd_spanet_job_new(net, NULL, &job, &e);
        if (s == PASSWD_OK) s = passwd_spanet_run(job, &f.v, 0, MADE, PASSWD_SPANET_JOINT, answers, NULL, &e);
        passwd_spanet_job_free(job);
        passwd_spanet_free(net);
        if (s == PASSWD_OK) break;
        if (!CHECK(s == PASSWD_ERROR_MEMORY)) printf("  %ld: %s\n", n, e.message);
    }
    CHECK(n > 20 && n < 3000);
}

int main(void) {
    static const char *const kinds[2] = { "split", "tensor" };
    golden *g = (golden *)malloc(sizeof *g);
    int k;
    for (k = 0; k < 2; k++) {
        printf("golden %s\n", kinds[k]);
        if (open_golden(g, kinds[k])) {
            test_forward(g);
            test_training(g);
        }
        close_golden(g);
    }
    free(g);
    test_gradients();
    test_symmetry();
    test_bits();
    test_frames();
    test_files();
    test_weights();
    test_slopes();
    test_set_aside();
    test_public_options();
    test_heads_learn();
    test_public_file("global", "", NULL);
    test_public_file("global", "", "Lepton.");
    test_public_file("yaml", "101 tensors", NULL); /* of which one is jet_weights_tensor */
    test_public_file("heads", "", NULL);
    test_public_file("norms", "linear_prelu_activation", NULL);
    test_public_file("norms_batch", "linear_prelu_activation", NULL);
    test_public_file("norms_basic", "linear_prelu_activation", NULL);
    test_public_file("norms_gated", "linear_prelu_activation", NULL);
    test_bad_input();
    test_memory();
    test_large();
    test_for_public();
    test_ensemble();
    return finish();
}
