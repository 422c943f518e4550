/* Every operation alone: values and gradients against a plain double-precision reference, the same bits from every
   instruction set and for every event alone. A test network is written once: each call below records the operation in
   the library and a node of the reference, which knows no lanes, no padding and no derivatives; its gradients are
   central differences.

   cc -O2 -I. tests/ops.c -o build/test_ops -lm && build/test_ops */
#define PASSWD_STATIC /* this test looks at private names */
#define PASSWD_IMPLEMENTATION
#include "../passwd.h"
#include "check.h"

/* attention with its options in a row */
static passwd_value attend(passwd_model *m, passwd_value q, passwd_value k, passwd_value v, passwd_value mask,
    passwd_value bias, int heads, int extra, float dropout, const char *name) {
    const passwd_attention_options o = { heads, extra, dropout };
    return passwd_attention(m, q, k, v, mask, bias, &o, name);
}

static passwd_value multihead(passwd_model *m, passwd_value q, passwd_value other, passwd_value mask, passwd_value bias,
    int heads, int extra, float dropout, const char *name) {
    const passwd_attention_options o = { heads, extra, dropout };
    return passwd_multihead(m, q, other, mask, bias, &o, name);
}

enum {
    INPUT,
    LINEAR,
    NORM,
    BATCH_NORM,
    UNARY,
    BINARY,
    MASK_ROWS,
    SHIFT,
    DROPOUT,
    CONCAT,
    FEATURES,
    ROWS,
    DETACH,
    ATTENTION,
    CHOICE,
    POOL,
    PAIRS,
    MASS,
    DISTANCE,
    SUM_ROWS,
    CROSS_ENTROPY,
    LINEAR_PAIR,
    GRU,
    LEARNT,
    CUSTOM,
    NOISE,
    DIVERGENCE,
    SPREAD,
    SUM_OVER,
    MEAN_OVER,
    PREVIOUS
};
enum { EVENTS = 19, NODES = 160, TENSORS = 128 };

typedef struct node {
    int op, in[5], power, rows, features, i[4], input, is_mask;
    double f[2];
    char w[128], b[128], u[128]; /* names of parameters */
    passwd_value v;
} node;
static int cells(int objects, int power) { return power > 0 ? objects * cells(objects, power - 1) : 1; }
typedef struct net {
    passwd_model *m;
    node n[NODES];
    int count, max_objects, inputs, losses[8], n_losses;
    double weight[8];
    passwd_loss_options options;
    int32_t objects[EVENTS];
    float weights[EVENTS], *data[8];
    double *value[EVENTS][NODES];
    int moved; /* -1, or the input that has number `number` moved by `by` */
    size_t number;
    double by;
} net;

static uint32_t seed_state = 1u;
static double uniform(double from, double to) {
    seed_state = seed_state * 1664525u + 1013904223u;
    return from + (to - from) * (double)(seed_state >> 8) / 16777216.0;
}

/* --- recording: the library's value and the reference's node --- */

static int add_node(net *t, int op, int a, int b, int power, int rows, int features) {
    node *n = t->n + t->count;
    int k;
    if (t->count >= NODES) abort();
    memset(n, 0, sizeof *n);
    for (k = 0; k < 5; k++) n->in[k] = -1;
    n->op = op;
    n->in[0] = a;
    n->in[1] = b;
    n->power = power;
    n->rows = rows;
    n->features = features;
    n->input = -1;
    return t->count++;
}
static int like(net *t, int op, int a, int b, int features) {
    return add_node(t, op, a, b, t->n[a].power, t->n[a].rows, features);
}
static passwd_value at(const net *t, int x) { return x < 0 ? PASSWD_NONE : t->n[x].v; }
static int is(net *t, int x, passwd_value v) {
    t->n[x].v = v;
    return x;
}

static int input(net *t, int objects, int rows, int features, double from, double to) {
    const int x = add_node(t, INPUT, -1, -1, objects, objects ? 1 : rows, features);
    const int all = objects ? t->max_objects : rows;
    char name[16];
    int k;
    snprintf(name, sizeof name, "x%d", t->inputs);
    t->data[t->inputs] = (float *)malloc((size_t)(EVENTS * all * features) * sizeof(float));
    for (k = 0; k < EVENTS * all * features; k++) t->data[t->inputs][k] = (float)uniform(from, to);
    t->n[x].input = t->inputs++;
    return is(t, x,
        objects ? passwd_input_objects(t->m, name, t->max_objects, features)
                : passwd_input_event(t->m, name, rows, features));
}
/* whole numbers from, from + 1, ..., to - 1: masks and labels; the first event has the smallest alone */
static int whole_input(net *t, int objects, int rows, int from, int to) {
    const int x = input(t, objects, rows, 1, from, to), all = objects ? t->max_objects : rows;
    int k;
    for (k = 0; k < EVENTS * all; k++)
        t->data[t->n[x].input][k] = k < all ? (float)from : floorf(t->data[t->n[x].input][k]);
    return x;
}
static int the_mask(net *t) /* the library's own */
{
    const int x = add_node(t, INPUT, -1, -1, 1, 1, 1);
    t->n[x].is_mask = 1;
    return is(t, x, passwd_input_mask(t->m));
}
static int ref_linear(net *t, int x, int features, const char *w, const char *b, int row) {
    const int y = like(t, LINEAR, x, -1, features);
    snprintf(t->n[y].w, sizeof t->n[y].w, "%s", w);
    snprintf(t->n[y].b, sizeof t->n[y].b, "%s", b);
    t->n[y].i[0] = row;
    return y;
}
static int linear(net *t, int x, int features, int bias, const char *name) {
    char w[64], b[64];
    int y;
    snprintf(w, sizeof w, "%s.weight", name);
    snprintf(b, sizeof b, "%s.bias", name);
    y = ref_linear(t, x, features, w, bias ? b : "", 0);
    return is(t, y, passwd_linear(t->m, at(t, x), features, bias, name));
}
static int linear_pair(net *t, int x, int z, int features, const char *name_x, const char *name_z) {
    const int y = like(t, LINEAR_PAIR, x, z, features);
    snprintf(t->n[y].w, sizeof t->n[y].w, "%s.weight", name_x);
    snprintf(t->n[y].b, sizeof t->n[y].b, "%s.bias", name_x);
    snprintf(t->n[y].u, sizeof t->n[y].u, "%s.weight", name_z);
    return is(t, y, passwd_linear_pair(t->m, at(t, x), at(t, z), features, name_x, name_z));
}
static int ref_norm(net *t, int x, int residual, int mask, int activation, const char *name) {
    const int y = like(t, NORM, x, residual, t->n[x].features);
    t->n[y].in[2] = mask;
    t->n[y].i[0] = activation;
    t->n[y].f[0] = 0.01;
    snprintf(t->n[y].w, sizeof t->n[y].w, "%s.weight", name);
    snprintf(t->n[y].b, sizeof t->n[y].b, "%s.bias", name);
    return y;
}
static int norm(net *t, int x, int residual, int mask, int activation, const char *name) {
    return is(t, ref_norm(t, x, residual, mask, activation, name),
        passwd_layer_norm(t->m, at(t, x), at(t, residual), at(t, mask), (passwd_activation)activation, name));
}
static int batch_norm(net *t, int x, const float *padding, const char *name) {
    const int y = like(t, BATCH_NORM, x, -1, t->n[x].features);
    snprintf(t->n[y].w, sizeof t->n[y].w, "%s", name);
    t->n[y].i[0] = padding != NULL;
    t->n[y].f[0] = padding ? (double)padding[0] : 0.0; /* the same for all features here */
    return is(t, y, passwd_batch_norm(t->m, at(t, x), padding, name));
}
static int activate(net *t, int x, int kind, double a, double b) {
    const int y = like(t, UNARY, x, -1, t->n[x].features);
    t->n[y].i[0] = kind;
    t->n[y].f[0] = (double)(float)a;
    t->n[y].f[1] = (double)(float)b;
    return is(t, y, passwd_activate(t->m, at(t, x), (passwd_activation)kind, (float)a, (float)b));
}
static int binary(net *t, int x, int z, int sign) {
    const int y = like(t, BINARY, x, z, t->n[x].features);
    t->n[y].i[0] = sign;
    return is(t, y,
        sign == '+'       ? passwd_add(t->m, at(t, x), at(t, z))
            : sign == '-' ? passwd_subtract(t->m, at(t, x), at(t, z))
            : sign == '*' ? passwd_multiply(t->m, at(t, x), at(t, z))
                          : passwd_gated(t->m, at(t, x), at(t, z)));
}
static int gru(net *t, int update, int fresh, int old, float bias, const char *name) {
    const int y = like(t, GRU, update, fresh, t->n[old].features);
    t->n[y].in[2] = old;
    snprintf(t->n[y].b, sizeof t->n[y].b, "%s.gate_bias", name);
    return is(t, y, passwd_gru(t->m, at(t, update), at(t, fresh), at(t, old), bias, name));
}
static int learnt_rows(net *t, int x, int row, int features, const char *name) {
    const int y = like(t, LEARNT, x, -1, features);
    t->n[y].i[0] = row;
    snprintf(t->n[y].w, sizeof t->n[y].w, "%s", name);
    return is(t, y, passwd_learnt_rows(t->m, at(t, x), row, features, name));
}
static int mask_rows(net *t, int x, int mask) {
    return is(t, like(t, MASK_ROWS, x, mask, t->n[x].features), passwd_mask_rows(t->m, at(t, x), at(t, mask)));
}
static int shift(net *t, int x, int feature, float by) {
    const int y = like(t, SHIFT, x, -1, t->n[x].features);
    t->n[y].i[0] = feature;
    t->n[y].f[0] = (double)by;
    return is(t, y, passwd_shift(t->m, at(t, x), feature, by));
}
static int dropout(net *t, int x, float rate) {
    return is(t, like(t, DROPOUT, x, -1, t->n[x].features), passwd_dropout(t->m, at(t, x), rate));
}
static int concat(net *t, const int *x, int count) {
    passwd_value v[5];
    int k, width = 0, y;
    for (k = 0; k < count; k++) {
        v[k] = at(t, x[k]);
        width += t->n[x[k]].features;
    }
    y = like(t, CONCAT, x[0], -1, width);
    for (k = 0; k < count; k++) t->n[y].in[k] = x[k];
    return is(t, y, passwd_concat(t->m, v, count));
}
static int features(net *t, int x, int from, int count) {
    const int y = like(t, FEATURES, x, -1, count);
    t->n[y].i[0] = from;
    return is(t, y, passwd_features(t->m, at(t, x), from, count));
}
static int select_rows(net *t, int x, const int *rows, int count) {
    const int y = add_node(t, ROWS, x, -1, 0, count, t->n[x].features);
    memcpy(t->n[y].i, rows, (size_t)count * sizeof *rows);
    return is(t, y, passwd_select_rows(t->m, at(t, x), rows, count));
}
static int detach(net *t, int x) {
    return is(t, like(t, DETACH, x, -1, t->n[x].features), passwd_detach(t->m, at(t, x)));
}
static int ref_attention(net *t, int q, int k, int v, int mask, int bias, int heads, int extra, const char *name) {
    const int y = like(t, ATTENTION, q, k, t->n[q].features);
    t->n[y].in[2] = v;
    t->n[y].in[3] = mask;
    t->n[y].in[4] = bias;
    t->n[y].i[0] = heads;
    t->n[y].i[1] = extra;
    snprintf(t->n[y].w, sizeof t->n[y].w, "%s.bias_k", name);
    snprintf(t->n[y].b, sizeof t->n[y].b, "%s.bias_v", name);
    return y;
}
static int attention(
    net *t, int q, int k, int v, int mask, int bias, int heads, int extra, float drop, const char *name) {
    return is(t, ref_attention(t, q, k, v, mask, bias, heads, extra, name),
        attend(t->m, at(t, q), at(t, k), at(t, v), at(t, mask), at(t, bias), heads, extra, drop, name));
}
static int ref_choice(net *t, int x, int mask, int categories, float temperature) {
    const int y = like(t, CHOICE, x, mask, categories);
    t->n[y].f[0] = (double)temperature;
    return y;
}
static int choice(net *t, int x, int mask, int categories, passwd_choice_kind kind, float temperature) {
    return is(t, ref_choice(t, x, mask, categories, temperature),
        passwd_choice(t->m, at(t, x), at(t, mask), categories, kind, temperature));
}
static int ref_pool(net *t, int c, int x) { return add_node(t, POOL, c, x, 0, t->n[c].features, t->n[x].features); }
static int pool(net *t, int c, int x) { return is(t, ref_pool(t, c, x), passwd_pool(t->m, at(t, c), at(t, x))); }
static int pairs(net *t, int x, int from) {
    const int y = add_node(t, PAIRS, x, -1, 2, 1, 3);
    t->n[y].i[0] = from;
    return is(t, y, passwd_pairs(t->m, at(t, x), from));
}
static int spread(net *t, int x, int side) {
    const int y = add_node(t, SPREAD, x, -1, 2, 1, t->n[x].features);
    t->n[y].i[0] = side;
    return is(t, y, passwd_spread(t->m, at(t, x), (passwd_side)side));
}
static int sum_over(net *t, int x, int side) {
    const int y = add_node(t, SUM_OVER, x, -1, 1, 1, t->n[x].features);
    t->n[y].i[0] = side;
    return is(t, y, passwd_sum_over(t->m, at(t, x), (passwd_side)side));
}
static int mean_over(net *t, int x, int weight, int side) {
    const int y = add_node(t, MEAN_OVER, x, weight, 1, 1, t->n[x].features);
    t->n[y].i[0] = side;
    return is(t, y, passwd_mean_over(t->m, at(t, x), at(t, weight), (passwd_side)side));
}
static int mass(net *t, int x, float scale) {
    const int y = like(t, MASS, x, -1, 1);
    t->n[y].f[0] = (double)scale;
    return is(t, y, passwd_mass(t->m, at(t, x), scale));
}
static int distance(net *t, int x, int z, int root) {
    const int y = like(t, DISTANCE, x, z, 1);
    t->n[y].i[0] = root;
    return is(t, y, root ? passwd_distance(t->m, at(t, x), at(t, z)) : passwd_mean_square(t->m, at(t, x), at(t, z)));
}
static int sum_rows(net *t, int x) {
    return is(t, add_node(t, SUM_ROWS, x, -1, 0, 1, t->n[x].features), passwd_sum_rows(t->m, at(t, x)));
}
static int cross_entropy(net *t, int x, int labels, int exchange) {
    const int y = add_node(t, CROSS_ENTROPY, x, labels, 0, 1, 1);
    t->n[y].i[0] = exchange;
    return is(t, y, passwd_cross_entropy(t->m, at(t, x), at(t, labels), exchange));
}
static int noise(net *t, int x, int features) {
    return is(t, like(t, NOISE, x, -1, features), passwd_noise(t->m, at(t, x), features));
}
static int divergence(net *t, int mean, int log_width, int mean0, int log_width0) {
    const int y = like(t, DIVERGENCE, mean, log_width, 1);
    t->n[y].in[2] = mean0;
    t->n[y].in[3] = log_width0;
    return is(t, y, passwd_divergence(t->m, at(t, mean), at(t, log_width), at(t, mean0), at(t, log_width0)));
}
/* i[0]: number of nodes where the recurrence ends; i[1]: the next state */
static int previous(net *t, int objects, int features) {
    return is(t, add_node(t, PREVIOUS, -1, -1, 1, 1, features), passwd_previous(t->m, at(t, objects), features));
}
static void recur(net *t, int before, int next) {
    t->n[before].i[0] = t->count;
    t->n[before].i[1] = next;
    passwd_recur(t->m, at(t, before), at(t, next));
}
static void loss(net *t, int x, float weight) {
    char name[16];
    snprintf(name, sizeof name, "l%d", t->n_losses);
    t->losses[t->n_losses] = x;
    t->weight[t->n_losses++] = (double)weight;
    passwd_loss(t->m, at(t, x), weight, name);
}
/* makes any value a result and a loss: something uneven, summed over valid rows. A pair's rows are judged through an
   attention. */
static void finish_net(net *t, int y) {
    char name[16];
    snprintf(name, sizeof name, "y%d", y);
    passwd_output(t->m, at(t, y), name);
    if (t->n[y].power == 1) y = mask_rows(t, y, the_mask(t));
    y = activate(t, y, PASSWD_ACTIVATE_AFFINE, 1.0, 0.25);
    if (t->n[y].power == 1) y = mask_rows(t, y, the_mask(t));
    loss(t, sum_rows(t, distance(t, y, -1, 0)), 1.0f);
}

/* --- composite layers of the reference --- */

static int ref_mlp(net *t, int x, const int *widths, int count, int closed, int activation, const char *name) {
    char w[96], b[96];
    int k;
    for (k = 0; k < count; k++) {
        snprintf(w, sizeof w, "%s.%d.weight", name, 3 * k);
        snprintf(b, sizeof b, "%s.%d.bias", name, 3 * k);
        x = ref_linear(t, x, widths[k], w, b, 0);
        snprintf(w, sizeof w, "%s.%d", name, 3 * k + 1);
        if (k < count - 1 || closed) x = ref_norm(t, x, -1, -1, activation, w);
    }
    return x;
}
static int ref_multihead(net *t, int q, int other, int mask, int bias, int heads, int extra, const char *name) {
    char w[112], b[112];
    int e = t->n[q].features, y, k, v;
    snprintf(w, sizeof w, "%s.in_proj_weight", name);
    snprintf(b, sizeof b, "%s.in_proj_bias", name);
    y = ref_linear(t, q, e, w, b, 0);
    k = ref_linear(t, other, e, w, b, e);
    v = ref_linear(t, other, e, w, b, 2 * e);
    y = ref_attention(t, y, k, v, mask, bias, heads, extra, name);
    snprintf(w, sizeof w, "%s.out_proj.weight", name);
    snprintf(b, sizeof b, "%s.out_proj.bias", name);
    return ref_linear(t, y, e, w, b, 0);
}
static int ref_block(
    net *t, int q, int other, int q_mask, int other_mask, int bias, const passwd_block_options *o, const char *name) {
    char w[96];
    int widths[17], k, y, e = t->n[q].features, r;
    snprintf(w, sizeof w, "%s.attn", name);
    y = ref_multihead(t, q, other, other_mask, bias, o->heads, 1, w);
    snprintf(w, sizeof w, "%s.post_attn_norm", name);
    r = y = ref_norm(t, y, t->n[q].power == t->n[other].power && t->n[q].rows == t->n[other].rows ? other : -1, -1,
        PASSWD_ACTIVATE_LINEAR, w);
    for (k = 0; k < o->hidden; k++) widths[k] = o->hidden_width;
    widths[o->hidden] = e;
    snprintf(w, sizeof w, "%s.ffwd", name);
    y = ref_mlp(t, y, widths, o->hidden + 1, 1, PASSWD_ACTIVATE_RELU, w);
    snprintf(w, sizeof w, "%s.post_ffwd_norm", name);
    return ref_norm(t, y, r, q_mask, PASSWD_ACTIVATE_LINEAR, w);
}

/* --- operations of the user's --- */

/* PAIR: out[i][j] = sum_f x_i[f] y_j[f] p[f]. TRIPLE: out[i][j][k] = (sum_f x_i[f] y_j[f] z_k[f], that times e[0]),
   zero where the mask of k is. FOUR: out[i][j][k][l] = tanh(x_i[0] + y_j[0]) (x_k[0] - y_l[0]). ADD: event value r: sum
   over cells of x_cell[f] p[r] q[f], of valid objects alone. ROWS_OF: out[i] = sum_j x_ij[0] (objects again). RANKS:
   event values to event values, 2 rows. */
enum { PAIR, TRIPLE, FOUR, ADD, ROWS_OF, RANKS };
enum { SCRATCH = 37 };
typedef struct custom_user {
    int kind, power, in_power[5], gradients, scratch;
} custom_user; /* gradients: bits, of which inputs */
static custom_user custom_users[8];
static int custom_count, custom_wrong; /* the first line that something was wrong at */
static int custom_inputs;              /* derivatives with respect to inputs alone */
static passwd_simd running;
#define WANT(condition)                                             \
    do {                                                            \
        if (!(condition) && !custom_wrong) custom_wrong = __LINE__; \
    } while (0)

static float lane(const float *v, int row, int features, int f, int l) { return v[(row * features + f) * 16 + l]; }
static void give(float *v, int row, int features, int f, int l, float by) {
    if (v) v[(row * features + f) * 16 + l] += by;
}
static void custom_check(const passwd_lanes *v, int back) {
    const custom_user *u = (const custom_user *)v->user;
    int k, objects = v->objects;
    WANT(u >= custom_users && u < custom_users + custom_count);
    WANT((int)v->simd == (running == PASSWD_SIMD_AUTO ? (int)passwd_simd_best() : (int)running));
    WANT(u->kind == RANKS ? objects == 0 : objects >= 1);
    WANT(v->out_rows == (u->kind == RANKS || u->kind == ADD ? 2 : 1) * cells(objects, u->power));
    for (k = 0; k < 5; k++) {
        WANT((v->in[k] != NULL) == (u->in_power[k] >= 0));
        if (v->in[k] && u->in_power[k] > 0) WANT(v->rows[k] == cells(objects, u->in_power[k]));
        WANT((v->in_gradient[k] != NULL) == (back && (u->gradients >> k & 1)));
    }
    for (k = 0; k < 2; k++)
        WANT((v->parameter_gradient[k] != NULL) == (back && !custom_inputs && v->parameter[k] != NULL));
    WANT((v->out_gradient != NULL) == back && v->out != NULL && v->scratch != NULL);
    for (k = 0; k < u->scratch; k++) v->scratch[k] = NAN; /* ours alone */
}
static void custom_forward(const passwd_lanes *v) {
    const custom_user *u = (const custom_user *)v->user;
    const int n = v->objects, F = v->features[0];
    int i, j, k, l, c, f;
    custom_check(v, 0);
    for (l = 0; l < 16; l++) switch (u->kind) {
        case PAIR:
            for (i = 0; i < n; i++)
                for (j = 0; j < n; j++) {
                    float sum = 0.0f;
                    for (f = 0; f < F; f++)
                        sum += lane(v->in[0], i, F, f, l) * lane(v->in[1], j, F, f, l) * v->parameter[0][f];
                    v->out[(i * n + j) * 16 + l] = sum;
                }
            break;
        case TRIPLE:
            for (i = 0; i < n; i++)
                for (j = 0; j < n; j++)
                    for (k = 0; k < n; k++) {
                        float sum = 0.0f;
                        for (f = 0; f < F; f++)
                            sum += lane(v->in[0], i, F, f, l) * lane(v->in[1], j, F, f, l) * lane(v->in[2], k, F, f, l);
                        sum *= v->in[4][k * 16 + l];
                        c = (i * n + j) * n + k;
                        v->out[2 * c * 16 + l] = sum;
                        v->out[(2 * c + 1) * 16 + l] = sum * v->in[3][l];
                    }
            break;
        case FOUR:
            for (c = 0; c < n * n * n * n; c++)
                v->out[c * 16 + l] =
                    tanhf(lane(v->in[0], c / n / n / n, F, 0, l) + lane(v->in[1], c / n / n % n, F, 0, l))
                    * (lane(v->in[0], c / n % n, F, 0, l) - lane(v->in[1], c % n, F, 0, l));
            break;
        case ADD:
            for (k = 0; k < 2; k++) {
                for (f = 0; f < F; f++) {
                    double sum = 0.0;
                    for (c = 0; c < v->rows[0]; c++) {
                        int valid = 1;
                        for (i = 0, j = c; i < u->in_power[0]; i++, j /= n) valid &= v->in[1][j % n * 16 + l] > 0.0f;
                        if (valid) sum += (double)lane(v->in[0], c, F, f, l);
                    }
                    v->scratch[f] = (float)sum;
                }
                for (f = 0; f < F; f++)
                    v->out[(k * F + f) * 16 + l] = v->scratch[f] * v->parameter[0][k] * v->parameter[1][f];
            }
            break;
        case ROWS_OF:
            for (i = 0; i < n; i++) {
                float sum = 0.0f;
                for (j = 0; j < n; j++)
                    if (v->in[1][j * 16 + l] > 0.0f) sum += lane(v->in[0], i * n + j, F, 0, l);
                v->out[i * 16 + l] = sum;
            }
            break;
        default:
            for (k = 0; k < 2; k++)
                for (f = 0; f < v->out_features; f++)
                    v->out[(k * v->out_features + f) * 16 + l] = v->in[0][f % F * 16 + l] * v->parameter[0][k];
            break;
        }
}
static void custom_backward(const passwd_lanes *v) {
    const custom_user *u = (const custom_user *)v->user;
    const int n = v->objects, F = v->features[0];
    int i, j, k, l, c, f;
    custom_check(v, 1);
    for (l = 0; l < 16; l++) switch (u->kind) {
        case PAIR:
            for (i = 0; i < n; i++)
                for (j = 0; j < n; j++) {
                    const float d = v->out_gradient[(i * n + j) * 16 + l];
                    for (f = 0; f < F; f++) {
                        const float x = lane(v->in[0], i, F, f, l), y = lane(v->in[1], j, F, f, l),
                                    p = v->parameter[0][f];
                        give(v->in_gradient[0], i, F, f, l, d * y * p);
                        give(v->in_gradient[1], j, F, f, l, d * x * p);
                        v->parameter_gradient[0][f] += d * x * y;
                    }
                }
            break;
        case TRIPLE:
            for (i = 0; i < n; i++)
                for (j = 0; j < n; j++)
                    for (k = 0; k < n; k++) {
                        const float m = v->in[4][k * 16 + l], e = v->in[3][l];
                        float d, sum = 0.0f;
                        c = (i * n + j) * n + k;
                        d = m * (v->out_gradient[2 * c * 16 + l] + v->out_gradient[(2 * c + 1) * 16 + l] * e);
                        for (f = 0; f < F; f++) {
                            const float x = lane(v->in[0], i, F, f, l), y = lane(v->in[1], j, F, f, l),
                                        z = lane(v->in[2], k, F, f, l);
                            sum += x * y * z;
                            give(v->in_gradient[0], i, F, f, l, d * y * z);
                            give(v->in_gradient[1], j, F, f, l, d * x * z);
                            give(v->in_gradient[2], k, F, f, l, d * x * y);
                        }
                        give(v->in_gradient[3], 0, 1, 0, l, v->out_gradient[(2 * c + 1) * 16 + l] * sum * m);
                    }
            break;
        case FOUR:
            for (c = 0; c < n * n * n * n; c++) {
                const int at[4] = { c / n / n / n, c / n / n % n, c / n % n, c % n };
                const float d = v->out_gradient[c * 16 + l],
                            t = tanhf(lane(v->in[0], at[0], F, 0, l) + lane(v->in[1], at[1], F, 0, l));
                const float slope =
                    d * (1.0f - t * t) * (lane(v->in[0], at[2], F, 0, l) - lane(v->in[1], at[3], F, 0, l));
                give(v->in_gradient[0], at[0], F, 0, l, slope);
                give(v->in_gradient[1], at[1], F, 0, l, slope);
                give(v->in_gradient[0], at[2], F, 0, l, d * t);
                give(v->in_gradient[1], at[3], F, 0, l, -d * t);
            }
            break;
        case ADD:
            for (k = 0; k < 2; k++)
                for (c = 0; c < v->rows[0]; c++) {
                    int valid = 1;
                    for (i = 0, j = c; i < u->in_power[0]; i++, j /= n) valid &= v->in[1][j % n * 16 + l] > 0.0f;
                    for (f = 0; valid && f < F; f++) {
                        const float d = v->out_gradient[(k * F + f) * 16 + l], x = lane(v->in[0], c, F, f, l);
                        give(v->in_gradient[0], c, F, f, l, d * v->parameter[0][k] * v->parameter[1][f]);
                        v->parameter_gradient[0][k] += d * x * v->parameter[1][f];
                        v->parameter_gradient[1][f] += d * x * v->parameter[0][k];
                    }
                }
            break;
        case ROWS_OF:
            for (i = 0; i < n; i++)
                for (j = 0; j < n; j++)
                    if (v->in[1][j * 16 + l] > 0.0f)
                        give(v->in_gradient[0], i * n + j, F, 0, l, v->out_gradient[i * 16 + l]);
            break;
        default:
            for (k = 0; k < 2; k++)
                for (f = 0; f < v->out_features; f++) {
                    const float d = v->out_gradient[(k * v->out_features + f) * 16 + l];
                    give(v->in_gradient[0], 0, F, f % F, l, d * v->parameter[0][k]);
                    if (!custom_inputs) v->parameter_gradient[0][k] += d * v->in[0][f % F * 16 + l];
                }
            break;
        }
}
/* gradients: bits of the inputs that get one; -1: no backward function at all */
static int custom(net *t, int kind, const int *in, int inputs, int gradients, int scratch) {
    static const int powers[6] = { 2, 3, 4, 0, 1, 0 }, counts[6] = { 1, 0, 0, 2, 0, 1 };
    const int F = kind == PAIR || kind == FOUR || kind == ROWS_OF ? 1
        : kind == TRIPLE                                          ? 2
        : kind == ADD                                             ? t->n[in[0]].features
                                                                  : 3;
    const int y = add_node(t, CUSTOM, -1, -1, powers[kind], kind == ADD || kind == RANKS ? 2 : 1, F);
    custom_user *u = custom_users + custom_count++;
    passwd_custom_options o;
    int k, shape[4] = { 1, 1, 1, 1 };
    if (custom_count > 8) abort();
    memset(u, 0, sizeof *u);
    memset(&o, 0, sizeof o);
    u->kind = kind;
    u->power = powers[kind];
    u->gradients = gradients < 0 ? 0 : gradients;
    u->scratch = scratch;
    for (k = 0; k < 5; k++) u->in_power[k] = -1;
    for (k = 0; k < inputs; k++) {
        t->n[y].in[k] = in[k];
        u->in_power[k] = t->n[in[k]].power;
        o.in[k] = at(t, in[k]);
    }
    t->n[y].i[0] = kind;
    t->n[y].i[1] = inputs;
    t->n[y].i[2] = gradients < 0;
    for (k = 0; k < counts[kind]; k++) { /* of different ranks */
        snprintf(k ? t->n[y].b : t->n[y].w, sizeof t->n[y].w, "custom.%d.%d", y, k);
        shape[k + 1] = kind == PAIR || k ? t->n[in[0]].features : 2;
        o.parameter[k] = passwd_parameter_new(t->m, k ? t->n[y].b : t->n[y].w,
            k                  ? 3
                : kind == PAIR ? 4
                               : 2,
            shape, 1, k, 0.5f);
        shape[k + 1] = 1;
    }
    o.forward = custom_forward;
    o.backward = gradients < 0 ? NULL : custom_backward;
    o.inputs = inputs;
    o.parameters = counts[kind];
    o.power = u->power;
    o.rows = t->n[y].rows;
    o.features = F;
    o.scratch = (size_t)scratch;
    o.user = u;
    return is(t, y, passwd_custom(t->m, &o));
}

/* --- the reference: one event, doubles, valid rows alone --- */

static const double *tensor(const net *t, const double *p, const char *name) {
    const passwd_parameter *q = passwd_parameter_find(t->m, name);
    if (!q) {
        printf("no parameter %s\n", name);
        abort();
    }
    return p + q->offset;
}
static int rows_of(const net *t, int x, int event) { return t->n[x].rows * cells(t->objects[event], t->n[x].power); }
/* where cell k of `objects` objects lies among those of `max` */
static int place_of(int k, int objects, int max, int power) {
    return power > 0 ? place_of(k / objects, objects, max, power - 1) * max + k % objects : 0;
}
static double ref_unary(int kind, double x, double a, double b) {
    switch (kind) {
    case PASSWD_ACTIVATE_RELU: return x > 0 ? x : 0;
    case PASSWD_ACTIVATE_LEAKY_RELU: return x > 0 ? x : a * x;
    case PASSWD_ACTIVATE_ELU: return x > 0 ? x : exp(x) - 1;
    case PASSWD_ACTIVATE_SIGMOID: return 1 / (1 + exp(-x));
    case PASSWD_ACTIVATE_TANH: return tanh(x);
    case PASSWD_ACTIVATE_SOFTPLUS: return log1p(exp(-fabs(x))) + (x > 0 ? x : 0);
    case PASSWD_ACTIVATE_SILU: return x / (1 + exp(-x));
    case PASSWD_ACTIVATE_EXP: return exp(x);
    case PASSWD_ACTIVATE_LOG: return log(x);
    case PASSWD_ACTIVATE_SQUARE: return x * x;
    case PASSWD_ACTIVATE_SQRT: return sqrt(x);
    case PASSWD_ACTIVATE_AFFINE: return a * x + b;
    case PASSWD_ACTIVATE_GELU: return 0.5 * x * erfc(-x / sqrt(2.0));
    default: return x;
    }
}
static void ref_batch_norm(const net *t, const node *n, const double *p, int rows, const double *x, double *y) {
    char name[160];
    const double *g, *b, *mean, *var;
    double m[128], v[128];
    int e, r, f;
    snprintf(name, sizeof name, "%s.weight", n->w);
    g = tensor(t, p, name);
    snprintf(name, sizeof name, "%s.bias", n->w);
    b = tensor(t, p, name);
    snprintf(name, sizeof name, "%s.running_mean", n->w);
    mean = tensor(t, p, name);
    snprintf(name, sizeof name, "%s.running_var", n->w);
    var = tensor(t, p, name);
    for (f = 0; f < n->features; f++) {
        m[f] = mean[f];
        v[f] = var[f];
    }
    for (f = 0; t->options.training && t->n[n->in[0]].op == INPUT && f < n->features; f++) {
        const node *in = t->n + n->in[0];
        const int all = in->power ? t->max_objects : in->rows;
        double count = 0, sum = 0, square = 0;
        for (e = 0; e < EVENTS; e++)
            for (r = 0; r < all; r++) {
                const int valid = !in->power || r < t->objects[e];
                const double z = valid ? (double)t->data[in->input][(e * all + r) * n->features + f] : n->f[0];
                if (!valid && !n->i[0]) continue;
                count += 1;
                sum += z;
                square += z * z;
            }
        m[f] = sum / count;
        v[f] = square / count - m[f] * m[f];
    }
    for (r = 0; r < rows; r++)
        for (f = 0; f < n->features; f++)
            y[r * n->features + f] = (x[r * n->features + f] - m[f]) / sqrt(v[f] + 1e-5) * g[f] + b[f];
}
static void ref_softmax(double *s, int n) {
    double top = -1e300, sum = 0;
    int k;
    for (k = 0; k < n; k++)
        if (s[k] > top) top = s[k];
    for (k = 0; k < n; k++) {
        s[k] = exp(s[k] - top);
        sum += s[k];
    }
    for (k = 0; k < n; k++) s[k] = sum > 0 ? s[k] / sum : 0;
}
static void ref_attend(const net *t, const node *n, const double *p, int event, double *y) {
    const double *q = t->value[event][n->in[0]], *k = t->value[event][n->in[1]], *v = t->value[event][n->in[2]];
    const double *mask = n->in[3] < 0 ? NULL : t->value[event][n->in[3]],
                 *bias = n->in[4] < 0 ? NULL : t->value[event][n->in[4]];
    const double *extra_k = n->i[1] ? tensor(t, p, n->w) : NULL, *extra_v = n->i[1] ? tensor(t, p, n->b) : NULL;
    const int e = n->features, d = e / n->i[0], nq = rows_of(t, n->in[0], event), nk = rows_of(t, n->in[1], event);
    int h, i, j, f;
    double s[160];
    for (h = 0; h < n->i[0]; h++)
        for (i = 0; i < nq; i++) {
            for (j = 0; j < nk + (extra_k ? 1 : 0); j++) {
                s[j] = 0;
                for (f = h * d; f < (h + 1) * d; f++)
                    s[j] += q[i * e + f] * (j < nk ? k[j * e + f] : extra_k[f]) / sqrt((double)d);
                if (bias && j < nk) s[j] += bias[j * nq + i];
                if (mask && j < nk && mask[j] == 0) s[j] = -INFINITY;
            }
            ref_softmax(s, j);
            for (f = h * d; f < (h + 1) * d; f++) {
                double sum = 0;
                for (j = 0; j < nk; j++) sum += s[j] * v[j * e + f];
                y[i * e + f] = sum + (extra_v ? s[nk] * extra_v[f] : 0);
            }
        }
}
static double ref_entropy(const double *x, const double *labels, int rows, int c, int swap) {
    double sum = 0, count = 0, s[64];
    int r, k;
    for (r = 0; r < rows; r++)
        if (labels[r] >= 0) {
            const int label = (int)labels[r];
            for (k = 0; k < c; k++) s[k] = x[r * c + k];
            ref_softmax(s, c);
            sum -= log(s[swap && label < 2 ? 1 - label : label]);
            count += 1;
        }
    return count > 0 ? sum / count : 0;
}
static void ref_custom(const net *t, const node *n, const double *p, int event, double *y) {
    const double *in[5] = { NULL, NULL, NULL, NULL, NULL }, *a = n->w[0] ? tensor(t, p, n->w) : NULL,
                 *b = n->b[0] ? tensor(t, p, n->b) : NULL;
    const int N = t->objects[event], F = t->n[n->in[0]].features, all = rows_of(t, n->in[0], event);
    int i, j, k, c, f;
    for (k = 0; k < n->i[1]; k++) in[k] = t->value[event][n->in[k]];
    switch (n->i[0]) {
    case PAIR:
        for (i = 0; i < N; i++)
            for (j = 0; j < N; j++)
                for (y[i * N + j] = 0, f = 0; f < F; f++) y[i * N + j] += in[0][i * F + f] * in[1][j * F + f] * a[f];
        break;
    case TRIPLE:
        for (c = 0; c < N * N * N; c++) {
            for (y[2 * c] = 0, f = 0; f < F; f++)
                y[2 * c] += in[0][c / N / N * F + f] * in[1][c / N % N * F + f] * in[2][c % N * F + f] * in[4][c % N];
            y[2 * c + 1] = y[2 * c] * in[3][0];
        }
        break;
    case FOUR:
        for (c = 0; c < N * N * N * N; c++)
            y[c] =
                tanh(in[0][c / N / N / N * F] + in[1][c / N / N % N * F]) * (in[0][c / N % N * F] - in[1][c % N * F]);
        break;
    case ADD:
        for (k = 0; k < 2; k++)
            for (f = 0; f < F; f++)
                for (y[k * F + f] = 0, c = 0; c < all; c++) y[k * F + f] += in[0][c * F + f] * a[k] * b[f];
        break;
    case ROWS_OF:
        for (i = 0; i < N; i++)
            for (y[i] = 0, j = 0; j < N; j++) y[i] += in[0][(i * N + j) * F];
        break;
    default:
        for (k = 0; k < 2; k++)
            for (f = 0; f < n->features; f++) y[k * n->features + f] = in[0][f % F] * a[k];
        break;
    }
}
static void ref_node(const net *t, int index, const double *p, int event) {
    const node *n = t->n + index;
    /* row 0 of an event without objects is padding, but can be asked for */
    const int objects = t->objects[event], rows = n->power == 1 && objects == 0 ? n->rows : rows_of(t, index, event),
              F = n->features;
    double *y = t->value[event][index];
    const double *x = n->in[0] < 0 ? NULL : t->value[event][n->in[0]],
                 *z = n->in[1] < 0 ? NULL : t->value[event][n->in[1]];
    const int xf = n->in[0] < 0 ? 0 : t->n[n->in[0]].features, xr = n->in[0] < 0 ? 0 : rows_of(t, n->in[0], event);
    int r, f, k;
    switch (n->op) {
    case INPUT:
        for (k = 0; k < rows * F; k++) {
            const int from = event * (n->power ? t->max_objects : n->rows) * F + k;
            y[k] = n->power && objects == 0 ? 0.0 : n->is_mask ? 1.0 : (double)t->data[n->input][from];
            if (!n->is_mask && n->input == t->moved && (size_t)from == t->number) y[k] += t->by;
        }
        break;
    case LINEAR: {
        const double *w = tensor(t, p, n->w), *b = n->b[0] ? tensor(t, p, n->b) : NULL;
        for (r = 0; r < rows; r++)
            for (f = 0; f < F; f++) {
                double sum = b ? b[n->i[0] + f] : 0;
                for (k = 0; k < xf; k++) sum += w[(n->i[0] + f) * xf + k] * x[r * xf + k];
                y[r * F + f] = sum;
            }
        break;
    }
    case NORM: {
        const double *g = tensor(t, p, n->w), *b = tensor(t, p, n->b),
                     *mask = n->in[2] < 0 ? NULL : t->value[event][n->in[2]];
        for (r = 0; r < rows; r++) {
            double mean = 0, var = 0;
            for (f = 0; f < F; f++) {
                y[r * F + f] = x[r * F + f] + (z ? z[r * F + f] : 0);
                mean += y[r * F + f] / F;
            }
            for (f = 0; f < F; f++) var += (y[r * F + f] - mean) * (y[r * F + f] - mean) / F;
            for (f = 0; f < F; f++)
                y[r * F + f] = ref_unary(n->i[0], (y[r * F + f] - mean) / sqrt(var + 1e-5) * g[f] + b[f], n->f[0], 0)
                    * (mask ? mask[r] : 1);
        }
        break;
    }
    case BATCH_NORM: ref_batch_norm(t, n, p, rows, x, y); break;
    case UNARY:
        for (k = 0; k < rows * F; k++) y[k] = ref_unary(n->i[0], x[k], n->f[0], n->f[1]);
        break;
    case BINARY:
        for (k = 0; k < rows * F; k++)
            y[k] = n->i[0] == '+' ? x[k] + z[k]
                : n->i[0] == '-'  ? x[k] - z[k]
                                  : (n->i[0] == 's' ? 1 / (1 + exp(-x[k])) : x[k]) * z[k];
        break;
    case GRU: {
        const double *old = t->value[event][n->in[2]], *b = tensor(t, p, n->b);
        for (k = 0; k < rows * F; k++) {
            const double step = 1 / (1 + exp(b[k % F] - x[k]));
            y[k] = (1 - step) * old[k] + step * tanh(z[k]);
        }
        break;
    }
    case LEARNT:
        for (k = 0; k < rows * F; k++) y[k] = n->i[0] < 0 || k / F == n->i[0] ? tensor(t, p, n->w)[k % F] : x[k];
        break;
    case LINEAR_PAIR: {
        const double *w = tensor(t, p, n->w), *b = tensor(t, p, n->b), *u = tensor(t, p, n->u);
        const int zf = t->n[n->in[1]].features;
        for (r = 0; r < rows; r++)
            for (f = 0; f < F; f++) {
                double sum = b[f];
                for (k = 0; k < xf; k++) sum += w[f * xf + k] * x[r * xf + k];
                for (k = 0; k < zf; k++) sum += u[f * zf + k] * z[r * zf + k];
                y[r * F + f] = sum;
            }
        break;
    }
    case CUSTOM: ref_custom(t, n, p, event, y); break;
    case MASK_ROWS:
        for (k = 0; k < rows * F; k++) y[k] = x[k] * z[k / F];
        break;
    case SHIFT:
        for (k = 0; k < rows * F; k++) y[k] = x[k] + (k % F == n->i[0] ? n->f[0] : 0);
        break;
    case DROPOUT:
    case DETACH: memcpy(y, x, (size_t)(rows * F) * sizeof *y); break;
    case CONCAT: {
        int to = 0;
        for (k = 0; k < 5 && n->in[k] >= 0; k++) {
            const int w = t->n[n->in[k]].features;
            for (r = 0; r < rows; r++)
                for (f = 0; f < w; f++) y[r * F + to + f] = t->value[event][n->in[k]][r * w + f];
            to += w;
        }
        break;
    }
    case FEATURES:
        for (r = 0; r < rows; r++)
            for (f = 0; f < F; f++) y[r * F + f] = x[r * xf + n->i[0] + f];
        break;
    case ROWS:
        for (r = 0; r < rows; r++)
            for (f = 0; f < F; f++) y[r * F + f] = x[n->i[r] * F + f];
        break;
    case ATTENTION: ref_attend(t, n, p, event, y); break;
    case CHOICE:
        for (r = 0; r < rows; r++) {
            const double heat = n->f[0] * (t->options.temperature > 0 ? (double)t->options.temperature : 1.0);
            int best = 0;
            for (f = 0; f < F; f++) {
                y[r * F + f] = x[r * xf + f] / heat;
                if (x[r * xf + f] > x[r * xf + best]) best = f;
            }
            ref_softmax(y + r * F, F);
            for (f = 0; f < F; f++) y[r * F + f] = (t->options.training ? y[r * F + f] : f == best) * (z ? z[r] : 1);
        }
        break;
    case POOL:
        for (r = 0; r < rows; r++)
            for (f = 0; f < F; f++) {
                y[r * F + f] = 0;
                for (k = 0; k < xr; k++) y[r * F + f] += x[k * xf + r] * z[k * F + f];
            }
        break;
    case PAIRS: /* row (key j, query i) */
        for (k = 0; k < objects; k++)
            for (r = 0; r < objects; r++) {
                const double *a = x + r * xf + n->i[0], *b = x + k * xf + n->i[0];
                double *to = y + (k * objects + r) * 3;
                to[0] = a[0] - b[0];
                to[1] = a[1] * b[1] + a[2] * b[2];
                to[2] = a[2] * b[1] - a[1] * b[2];
            }
        break;
    case SPREAD: /* row (first, second) */
        for (k = 0; k < rows; k++)
            memcpy(
                y + k * F, x + (n->i[0] == PASSWD_SIDE_FIRST ? k / objects : k % objects) * F, (size_t)F * sizeof *y);
        break;
    case SUM_OVER:
    case MEAN_OVER:
        for (r = 0; r < objects; r++)
            for (f = 0; f < F; f++) {
                double sum = 0, weight = 0;
                for (k = 0; k < objects; k++) {
                    const int pair = n->i[0] == PASSWD_SIDE_FIRST ? k * objects + r : r * objects + k;
                    sum += x[pair * F + f] * (z ? z[pair] : 1);
                    weight += z ? z[pair] : 1;
                }
                y[r * F + f] = n->op == SUM_OVER ? sum : weight > 0 ? sum / weight : 0;
            }
        break;
    case MASS:
        for (r = 0; r < rows; r++) {
            const double *q = x + r * 4;
            y[r] = sqrt(1.0001 * q[0] * 1.0001 * q[0] - q[1] * q[1] - q[2] * q[2] - q[3] * q[3] + 1e-4) / n->f[0];
        }
        break;
    case DISTANCE:
        for (r = 0; r < rows; r++) {
            double s = 0;
            for (f = 0; f < xf; f++) {
                const double d = x[r * xf + f] - (z ? z[r * xf + f] : 0);
                s += d * d;
            }
            y[r] = n->i[0] ? sqrt(s + 1e-12) : s / xf;
        }
        break;
    case SUM_ROWS:
        for (f = 0; f < F; f++) {
            y[f] = 0;
            for (r = 0; r < xr; r++) y[f] += x[r * F + f];
        }
        break;
    case CROSS_ENTROPY: {
        const double a = ref_entropy(x, z, xr, xf, 0), b = ref_entropy(x, z, xr, xf, 1);
        y[0] = n->i[0] && b < a ? b : a;
        break;
    }
    case NOISE: memset(y, 0, (size_t)(rows * F) * sizeof *y); break;
    case DIVERGENCE: {
        const double *m0 = t->value[event][n->in[2]], *s0 = t->value[event][n->in[3]];
        for (r = 0; r < rows; r++)
            for (y[r] = 0, f = 0; f < xf; f++) {
                const double d = x[r * xf + f] - m0[r * xf + f], s = exp(z[r * xf + f]), w = exp(s0[r * xf + f]);
                y[r] += log(w / s) + (s * s + d * d) / (2 * w * w) - 0.5;
            }
        break;
    }
    default: abort();
    }
}
/* All nodes; those of a recurrence once per object, as then every row hangs on right ones. */
static void ref_nodes(const net *t, const double *p, int event, int differences) {
    int k, i, pass;
    for (k = 0; k < t->count; k++) {
        const node *n = t->n + k;
        const int F = n->features;
        if (differences
            && (n->op == DETACH || n->op == PAIRS || (n->op == INPUT && t->moved < 0) || (n->op == CUSTOM && n->i[2])))
            continue;
        if (n->op != PREVIOUS) {
            ref_node(t, k, p, event);
            continue;
        }
        memset(t->value[event][k], 0, (size_t)(t->max_objects * F) * sizeof(double));
        for (pass = 0; pass + 1 < t->objects[event]; pass++) {
            for (i = k + 1; i < n->i[0]; i++)
                if (!(differences && t->n[i].op == DETACH)) ref_node(t, i, p, event);
            memcpy(t->value[event][k] + F, t->value[event][n->i[1]],
                (size_t)((t->objects[event] - 1) * F) * sizeof(double));
        }
    }
}
/* Weighted mean of the losses. differences: what has no gradient stays at its earlier value. */
static double reference(net *t, const double *p, int differences) {
    double sum = 0, weight = 0;
    int e, k;
    for (e = 0; e < EVENTS; e++) {
        ref_nodes(t, p, e, differences);
        weight += (double)t->weights[e];
        for (k = 0; k < t->n_losses; k++) sum += t->weight[k] * (double)t->weights[e] * t->value[e][t->losses[k]][0];
    }
    return sum / weight;
}

/* --- one mechanism for all --- */

static void open_net(net *t, int max_objects) {
    int e;
    memset(t, 0, sizeof *t);
    custom_count = 0;
    t->max_objects = max_objects;
    t->moved = -1;
    CHECK(passwd_model_new(NULL, &t->m, NULL) == PASSWD_OK);
    for (e = 0; e < EVENTS; e++) {
        t->objects[e] = e < 2 ? max_objects : e % (max_objects + 1); /* none, one, ..., all */
        t->weights[e] = (float)uniform(0.5, 2.0);
    }
}
static void close_net(net *t) {
    int e, k;
    for (e = 0; e < EVENTS; e++)
        for (k = 0; k < t->count; k++) free(t->value[e][k]);
    for (k = 0; k < t->inputs; k++) free(t->data[k]);
    passwd_model_free(t->m);
}
static passwd_batch batch_of(const net *t, const float **inputs) {
    passwd_batch b;
    int k;
    memset(&b, 0, sizeof b);
    for (k = 0; k < t->inputs; k++) inputs[k] = t->data[k];
    b.events = EVENTS;
    b.inputs = inputs;
    b.weights = t->weights;
    for (k = 0; k < t->count; k++)
        if (t->n[k].op == INPUT && t->n[k].power) b.objects = t->objects;
    return b;
}
/* Parameters that are nowhere special, also where the library begins with 0 and 1. */
static double *random_parameters(net *t) {
    const size_t count = passwd_parameter_floats(t->m);
    float *f = (float *)calloc(count + 1, sizeof *f);
    double *d = (double *)calloc(count + 1, sizeof *d);
    int k;
    size_t i;
    for (k = 0; k < passwd_parameter_count(t->m); k++) {
        const passwd_parameter *q = passwd_parameter_at(t->m, k);
        const double size = q->rank == 2 ? 1.0 / sqrt((double)q->shape[1]) : 0.5;
        const int positive = strstr(q->name, "running_var") != NULL;
        for (i = 0; i < q->count; i++) {
            f[q->offset + i] = positive
                ? (float)uniform(0.5, 2.0)
                : (float)(uniform(-size, size) * 1.7 + (q->rank == 1 && strstr(q->name, ".weight") ? 1.0 : 0.0));
            d[q->offset + i] = (double)f[q->offset + i];
        }
    }
    if (count) CHECK(passwd_set_parameters(t->m, f, NULL) == PASSWD_OK);
    free(f);
    return d;
}

typedef struct result {
    float *out[8], *per_event, *gradient;
    double terms[8];
    size_t bytes[8];
} result;

static result evaluate(const net *t, passwd_simd simd, const passwd_loss_options *options) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    passwd_error e;
    const float *inputs[8];
    passwd_batch b = batch_of(t, inputs);
    passwd_loss_options other;
    result r;
    int k;
    memset(&r, 0, sizeof r);
    memset(&o, 0, sizeof o);
    o.simd = running = simd;
    o.losses = 1;
    if (!CHECK_OK(passwd_workspace_new(t->m, &o, &w, &e), e)) abort();
    for (k = 0; k < passwd_output_count(t->m); k++) {
        r.bytes[k] = passwd_output_size(t->m, k) * EVENTS * sizeof(float);
        r.out[k] = (float *)malloc(r.bytes[k]);
        memset(r.out[k], 0xff, r.bytes[k]);
    }
    CHECK_OK(passwd_run(t->m, w, &b, r.out, &e), e);
    r.per_event = (float *)calloc((size_t)(EVENTS * t->n_losses), sizeof(float));
    r.gradient = (float *)calloc(passwd_parameter_floats(t->m) + 1, sizeof(float));
    other = *options;
    other.training = !other.training; /* what a workspace did before leaves no trace */
    other.step = 99;
    CHECK_OK(passwd_losses(t->m, w, &b, &other, r.terms, r.per_event, r.gradient, &e), e);
    CHECK_OK(passwd_losses(t->m, w, &b, options, r.terms, r.per_event, r.gradient, &e), e);
    for (k = 0; k < EVENTS; k += 3) { /* an event alone gives the same bits */
        const float *one[8];
        float *out[8];
        passwd_batch c = b;
        int i, differ = 0;
        for (i = 0; i < t->inputs; i++) {
            const node *n = t->n;
            while (n->input != i) n++;
            one[i] = inputs[i] + k * (n->power ? t->max_objects : n->rows) * n->features;
        }
        c.events = 1;
        c.inputs = one;
        c.objects = b.objects ? b.objects + k : NULL;
        c.weights = t->weights + k;
        for (i = 0; i < passwd_output_count(t->m); i++) out[i] = (float *)malloc(r.bytes[i] / EVENTS);
        CHECK_OK(passwd_run(t->m, w, &c, out, &e), e);
        for (i = 0; i < passwd_output_count(t->m); i++) {
            differ += memcmp(out[i], (char *)r.out[i] + (size_t)k * (r.bytes[i] / EVENTS), r.bytes[i] / EVENTS) != 0;
            free(out[i]);
        }
        if (!CHECK(differ == 0))
            printf("  event %d (%d objects) alone differs, %s\n", k, (int)t->objects[k], passwd_simd_name(simd));
    }
    passwd_workspace_free(w);
    return r;
}
static void forget(result *r) {
    int k;
    for (k = 0; k < 8; k++) free(r->out[k]);
    free(r->per_event);
    free(r->gradient);
}
static double float_total(const net *t, passwd_workspace *w, const float *p) {
    const float *inputs[8];
    passwd_batch b = batch_of(t, inputs);
    double terms[8], sum = 0;
    int k;
    CHECK(passwd_set_parameters(t->m, p, NULL) == PASSWD_OK);
    CHECK(passwd_losses(t->m, w, &b, &t->options, terms, NULL, NULL, NULL) == PASSWD_OK);
    for (k = 0; k < t->n_losses; k++) sum += t->weight[k] * terms[k];
    return sum;
}

/* Worst of |gradient . direction - difference| / |gradient| over every tensor, along random directions of signs and
   along single parameters. from_float: differences of the library itself, where it draws random numbers. */
static double gradient_error(net *t, const double *p, const float *gradient, int from_float, const char **where) {
    const size_t count = passwd_parameter_floats(t->m);
    double *q = (double *)malloc((count + 1) * sizeof *q), worst = 0, all = 0;
    float *f = (float *)malloc((count + 1) * sizeof *f);
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    size_t i;
    int k, d, side;
    memset(&o, 0, sizeof o);
    o.losses = 1;
    CHECK(passwd_workspace_new(t->m, &o, &w, NULL) == PASSWD_OK);
    for (i = 0; i < count; i++) all += (double)gradient[i] * (double)gradient[i];
    for (k = 0; k < passwd_parameter_count(t->m); k++) {
        const passwd_parameter *x = passwd_parameter_at(t->m, k);
        double size = 0;
        for (i = 0; i < x->count; i++) size += (double)gradient[x->offset + i] * (double)gradient[x->offset + i];
        if (!x->trainable) {
            if (!(size == 0.0)) worst = INFINITY;
            continue;
        }
        for (d = 0; d < 6; d++) {
            const size_t single = d < 3 ? x->count : (size_t)uniform(0.0, (double)x->count);
            const double h = (from_float ? 4e-3 : 1e-6) / sqrt(d < 3 ? (double)x->count : 1.0);
            double value[2], along = 0, error;
            const uint32_t start = seed_state;
            for (side = 0; side < 2; side++) {
                memcpy(q, p, count * sizeof *q);
                seed_state = start;
                along = 0;
                for (i = 0; i < x->count; i++) {
                    const double step = single < x->count ? i == single : uniform(-1.0, 1.0) > 0 ? 1.0 : -1.0;
                    q[x->offset + i] += (side ? -h : h) * step;
                    along += (double)gradient[x->offset + i] * step;
                }
                for (i = 0; i < count; i++) f[i] = (float)q[i];
                value[side] = from_float ? float_total(t, w, f) : reference(t, q, 1);
            }
            error = fabs(along - (value[0] - value[1]) / (2 * h)) / (sqrt(size) + 1e-3 * sqrt(all) + 1e-9);
            if (!(error <= worst)) {
                worst = error;
                *where = x->name;
            }
        }
    }
    for (i = 0; i < count; i++) f[i] = (float)p[i];
    if (count) passwd_set_parameters(t->m, f, NULL);
    passwd_workspace_free(w);
    free(q);
    free(f);
    return worst;
}

static int verbose,
    wanted_alone = -1; /* 1: the next net judged runs one event with its objects in the lanes; 0: it must not */
enum { RANDOM = 1, WRONG = 2 }; /* ways: the library draws random numbers; the gradient is wrong on purpose */

/* Builds the net, then: outputs, losses, gradients, instruction sets. */
static void judge(net *t, const char *name, int ways) {
    static const double bound = 2e-4;
    passwd_loss_options evaluation = t->options;
    const int training = t->options.training;
    const char *where = "";
    passwd_error error;
    result r, s;
    double *p, worst = 0, worst_loss = 0, gradient;
    int e, k, i, level;
    if (!CHECK_OK(passwd_model_build(t->m, 7, &error), error)) {
        printf("  %s\n", name);
        close_net(t);
        return;
    }
    if (wanted_alone >= 0 && !CHECK(t->m->alone == wanted_alone))
        printf("  %s: one event alone has %s objects in the lanes\n", name, t->m->alone ? "its" : "no");
    wanted_alone = -1;
    custom_wrong = 0;
    p = random_parameters(t);
    for (e = 0; e < EVENTS; e++)
        for (k = 0; k < t->count; k++)
            t->value[e][k] = (double *)calloc(
                (size_t)(t->n[k].rows * t->n[k].features) * (size_t)cells(t->max_objects, t->n[k].power) + 1,
                sizeof(double));
    r = evaluate(t, PASSWD_SIMD_SCALAR, &t->options);
    t->options.training = 0;
    reference(t, p, 0);
    for (i = 0; i < passwd_output_count(t->m); i++)
        for (e = 0; e < EVENTS; e++) {
            const int y = atoi(passwd_output_name(t->m, i) + 1), rows = rows_of(t, y, e), F = t->n[y].features,
                      n = t->objects[e];
            const float *out = r.out[i] + (size_t)e * passwd_output_size(t->m, i);
            double size = 0.05;
            for (k = 0; k < rows * F; k++)
                if (fabs(t->value[e][y][k]) > size) size = fabs(t->value[e][y][k]);
            for (k = 0; k < rows * F; k++) {
                const int block = t->n[y].power ? cells(n, t->n[y].power) : rows,
                          place = t->n[y].power < 2
                    ? k
                    : place_of(k / F % block, n, t->max_objects, t->n[y].power) * F + k % F;
                const double d = fabs((double)out[place] - t->value[e][y][k]) / size;
                if (!(d <= worst)) worst = d;
            }
            if (t->n[y].power > 1)
                for (k = 0; k < (int)passwd_output_size(t->m, i); k++) /* cells of padding */
                    if ((k / F % t->max_objects >= n || k / F / t->max_objects % t->max_objects >= n)
                        && !(out[k] == 0.0f))
                        worst = INFINITY;
            if (t->n[y].power == 1)
                for (k = rows * F; k < (int)passwd_output_size(t->m, i); k++)
                    if (!(out[k] == 0.0f)) worst = INFINITY; /* padding */
        }
    t->options.training = training;
    if (!(ways & RANDOM)) {
        reference(t, p, 0);
        for (e = 0; e < EVENTS; e++)
            for (k = 0; k < t->n_losses; k++) {
                const double want = t->value[e][t->losses[k]][0],
                             d = fabs((double)r.per_event[e * t->n_losses + k] - want) / (fabs(want) + 0.05);
                if (!(d <= worst_loss)) worst_loss = d;
            }
    }
    gradient = gradient_error(t, p, r.gradient, ways & RANDOM, &where);
    if (verbose) printf("%-40s forward %.1e loss %.1e gradient %.1e %s\n", name, worst, worst_loss, gradient, where);
    if (!CHECK(worst <= (custom_count ? 2e-5 : 5e-6))) /* sums of many cells round more */
        printf("  %s: outputs differ by %.2e\n", name, worst);
    if (!CHECK(worst_loss <= 1e-5)) printf("  %s: losses differ by %.2e\n", name, worst_loss);
    if (ways & WRONG) {
        if (!CHECK(gradient > 10 * bound)) printf("  %s: a wrong gradient was not seen\n", name);
    } else if (!CHECK(gradient <= (ways & RANDOM ? 1e-2 : bound)))
        printf("  %s: gradient of %s differs by %.2e\n", name, where, gradient);
    for (level = PASSWD_SIMD_SSE2; level <= PASSWD_SIMD_NEON; level++) {
        int differ = 0;
        double off = 0, size = 0;
        if (!passwd_simd_available((passwd_simd)level)) continue;
        s = evaluate(t, (passwd_simd)level, &evaluation);
        if (level == PASSWD_SIMD_SSE2) { /* not fused: close, not equal */
            for (k = 0; k < (int)passwd_parameter_floats(t->m); k++) {
                const double d = (double)s.gradient[k] - (double)r.gradient[k];
                off += d * d;
                size += (double)r.gradient[k] * (double)r.gradient[k];
            }
            if (!CHECK(sqrt(off) <= 1e-4 * sqrt(size) + 1e-6))
                printf("  %s: SSE2's gradient is off by %.1e\n", name, sqrt(off / size));
        } else {
            for (k = 0; k < passwd_output_count(t->m); k++) differ |= memcmp(r.out[k], s.out[k], r.bytes[k]) ? 1 : 0;
            differ |= memcmp(r.per_event, s.per_event, (size_t)(EVENTS * t->n_losses) * sizeof(float)) ? 2 : 0;
            differ |= memcmp(r.gradient, s.gradient, passwd_parameter_floats(t->m) * sizeof(float)) ? 4 : 0;
            differ |= memcmp(r.terms, s.terms, sizeof r.terms) ? 8 : 0;
            if (!CHECK(differ == 0))
                printf(
                    "  %s: bits of %s differ from scalar (%d)\n", name, passwd_simd_name((passwd_simd)level), differ);
        }
        forget(&s);
    }
    if (!CHECK(custom_wrong == 0))
        printf("  %s: an operation of the user's got something wrong (line %d)\n", name, custom_wrong);
    forget(&r);
    free(p);
    close_net(t);
}

/* --- the cases: F features, N objects at most --- */

static net T; /* large */

static void test_linear(int F, int N, int v) {
    int x, y;
    open_net(&T, N);
    x = linear(&T, v & 1 ? input(&T, 0, 3, F, -1, 1) : input(&T, 1, 1, F, -1, 1), 7, 1, "a");
    y = linear(&T, x, F, v & 2, "b");
    if (v & 4) y = linear(&T, linear(&T, y, 7, 0, "c"), F, v & 2, "b"); /* b is shared */
    finish_net(&T, y);
    judge(&T, "linear", 0);
}
static void test_norm(int F, int N, int v) {
    int x, y, mask;
    open_net(&T, N);
    x = input(&T, 1, 1, 4, -1, 1);
    mask = whole_input(&T, 1, 1, 0, 2);
    y = linear(&T, x, F, 1, "a");
    finish_net(&T, norm(&T, y, v & 1 ? linear(&T, x, F, 1, "b") : -1, v & 2 ? mask : -1, v / 4, "n"));
    judge(&T, "layer norm", 0);
}
static void test_batch_norm(int F, int N, int v) {
    float padding[16];
    int k, x;
    for (k = 0; k < 16; k++) padding[k] = 0.5f;
    open_net(&T, N);
    T.options.training = v & 1;
    x = v & 2 ? input(&T, 0, 3, F, -1, 3) : input(&T, 1, 1, F, -1, 3);
    x = batch_norm(&T, x, v & 4 && F <= 16 && !(v & 2) ? padding : NULL, "bn");
    finish_net(&T, linear(&T, x, 3, 1, "a"));
    judge(&T, "batch norm", 0);
}
static void test_activation(int F, int N, int v) {
    int x;
    open_net(&T, N);
    x = linear(&T, input(&T, 1, 1, 4, -2, 2), F, 1, "a");
    if (v == PASSWD_ACTIVATE_LOG || v == PASSWD_ACTIVATE_SQRT)
        x = activate(&T, activate(&T, x, PASSWD_ACTIVATE_SQUARE, 0, 0), PASSWD_ACTIVATE_AFFINE, 1.0, 0.1);
    finish_net(&T, activate(&T, x, v, v == PASSWD_ACTIVATE_LEAKY_RELU ? 0.2 : 1.5, -0.5));
    judge(&T, "activation", 0);
}
static void test_binary(int F, int N, int v) {
    static const char signs[3] = { '+', '-', '*' };
    int x, a;
    open_net(&T, N);
    x = input(&T, 1, 1, 4, -1, 1);
    a = linear(&T, x, F, 1, "a");
    finish_net(&T, binary(&T, a, v & 4 ? a : linear(&T, x, F, 1, "b"), signs[v & 3]));
    judge(&T, "add, subtract, multiply", 0);
}
static void test_later_activations(int F, int N, int v) { test_activation(F, N, v + PASSWD_ACTIVATE_GELU); }
static void test_groups(int F, int N, int v) /* of values of one row, whole groups of events stand side by side */
{
    static const int first[1] = { 0 };
    char name[16];
    int x, y;
    (void)N;
    open_net(&T, 1);
    x = input(&T, 0, 1, 4, -1, 1);
    y = linear(&T, x, F, 1, "a");
    if (v == 0) y = linear_pair(&T, y, x, 5, "b", "c");
    if (v == 1) y = binary(&T, y, linear(&T, x, F, 0, "b"), 's');
    if (v == 2) y = activate(&T, y, PASSWD_ACTIVATE_GELU, 0, 0);
    if (v == 3) y = linear(&T, select_rows(&T, y, first, 1), 3, 1, "b");
    snprintf(name, sizeof name, "y%d", y);
    passwd_output(T.m, at(&T, y), name);
    loss(&T, distance(&T, y, -1, 0), 1.0f);
    judge(&T, "groups of events", 0);
}
static void test_linear_pair(int F, int N, int v) /* v: 1 fixed rows, 2 a value with itself, 4 shared weights */
{
    int x, y, z;
    open_net(&T, N);
    x = v & 1 ? input(&T, 0, 3, F, -1, 1) : input(&T, 1, 1, F, -1, 1);
    y = linear(&T, x, v & 4 ? F : 5, 1, "y");
    z = linear_pair(&T, v & 2 ? y : x, y, 7, "a", v & 4 ? "a" : v & 2 ? "b" : "c");
    if (v & 4) z = linear_pair(&T, y, x, 7, "a", "a");
    finish_net(&T, linear_pair(&T, z, y, F, "d", "e"));
    judge(&T, "linear pair", 0);
}
static void test_gates(int F, int N,
    int v) /* v: 0 gated, 1 by itself, 2 an input gated; gru: 3, 4 of one value, 5 of two inputs, 6 fixed rows */
{
    int x, a, b, c;
    open_net(&T, N);
    x = v == 6 ? input(&T, 0, 3, F, -2, 2) : input(&T, 1, 1, F, -2, 2);
    a = linear(&T, x, F, 1, "a");
    b = linear(&T, x, F, 1, "b");
    c = linear(&T, x, F, 0, "c");
    if (v == 0) a = binary(&T, a, b, 's');
    if (v == 1) a = binary(&T, a, a, 's');
    if (v == 2) a = binary(&T, a, x, 's');
    if (v == 3 || v == 6) a = gru(&T, a, b, c, 2.0f, "g");
    if (v == 4) a = gru(&T, a, a, a, 0.0f, "g");
    if (v == 5) a = gru(&T, x, b, x, -1.0f, "g");
    finish_net(&T, a);
    judge(&T, v < 3 ? "gated" : "gated recurrent unit", 0);
}
/* v: 0 the first object, 1 each object, of another width, 2 the last of fixed rows, 3 each of them, 4 the first object
   of an input, 5 the same vector twice, 6 and 7 the first object selected from a value, and from a masked one, beside
   others */
static void test_rows(int F, int N, int v) {
    static const int first[3] = { 0, 0, 0 };
    int x, y, z;
    open_net(&T, N);
    T.options.training = v & 1;
    x = v == 2 || v == 3 ? input(&T, 0, 3, v == 4 ? F : 4, -1, 1) : input(&T, 1, 1, v == 4 ? F : 4, -1, 1);
    y = v == 4 ? x : linear(&T, x, F, 1, "a");
    if (v == 0 || v == 4) y = learnt_rows(&T, y, 0, F, "v");
    if (v == 1 || v == 3) y = binary(&T, learnt_rows(&T, x, -1, F, "v"), y, '*');
    if (v == 2) y = learnt_rows(&T, y, 2, F, "v");
    if (v == 5) y = binary(&T, learnt_rows(&T, y, 0, F, "v"), learnt_rows(&T, x, -1, F, "v"), '*');
    if (v < 6) z = linear(&T, y, 3, 1, "b");
    else {
        if (v == 7) y = mask_rows(&T, y, the_mask(&T));
        z = linear(&T, select_rows(&T, y, first, 3), 3, 1, "b");
        finish_net(&T, activate(&T, y, PASSWD_ACTIVATE_TANH, 0, 0)); /* another way for the gradient */
    }
    if (v == 0 || v == 4) finish_net(&T, select_rows(&T, z, first, 1)); /* of every event, valid or not */
    finish_net(&T, z);
    if (v != 2 && v != 3) wanted_alone = N <= 16;
    judge(&T, "learnt rows, the first row of objects", 0);
}
static void test_value_norm(
    int F, int N, int v) /* batch norm of what is not an input. v: 1 training, 2 fixed rows, 4 beside one of an input */
{
    int x, y;
    open_net(&T, N);
    T.options.training = v & 1;
    x = v & 2 ? input(&T, 0, 3, 4, -1, 3) : input(&T, 1, 1, 4, -1, 3);
    y = linear(&T, v & 4 ? batch_norm(&T, x, NULL, "first") : x, F, 1, "a");
    finish_net(&T, batch_norm(&T, binary(&T, batch_norm(&T, y, NULL, "bn"), y, '+'), NULL, "last"));
    judge(&T, "batch norm of a value", 0);
}
static void test_multihead(int F, int N, int v) /* v: 1 extra key, 2 other keys, 4 bias, 8 fixed rows as queries */
{
    const int heads = F % 3 ? 1 : 3;
    int x, q, k, mask = -1, bias = -1, y;
    open_net(&T, N);
    x = input(&T, 1, 1, 5, -1, 1);
    q = linear(&T, v & 8 ? input(&T, 0, 3, 5, -1, 1) : x, F, 1, "x");
    k = v & 2 || v & 8 ? linear(&T, x, F, 1, "y") : q;
    mask = the_mask(&T);
    if ((v & 4) && !(v & 8)) bias = linear(&T, pairs(&T, x, 1), 1, 1, "bias");
    y = ref_multihead(&T, q, k, mask, bias, heads, v & 1, "m");
    finish_net(
        &T, is(&T, y, multihead(T.m, at(&T, q), at(&T, k), at(&T, mask), at(&T, bias), heads, v & 1, 0.0f, "m")));
    judge(&T, "multi-head attention", 0);
}
/* v: 0 pairs summed, 1 triples, 2 fours, 3 pairs of a value with itself as objects, 4 event values alone, 5 without
   backward, 6 of an input, 7 pairs as bias of an attention, 8 beside the library's pairs, 9 the library's pairs summed
 */
static void test_custom(int F, int N, int v) {
    int x, e, q, y = -1, in[5], mask;
    if (v == 1 && N > 7) N = 7;
    if (v == 2 && N > 5) N = 5;
    open_net(&T, N);
    T.options.training = v & 1;
    x = input(&T, 1, 1, F < 3 ? 3 : F, -1, 1);
    e = input(&T, 0, 1, 4, -1, 1);
    mask = the_mask(&T);
    wanted_alone = N <= 16;
    if (v == 4) {
        y = linear(&T, e, F, 1, "e");
        y = custom(&T, RANKS, &y, 1, 1, 0);
        finish_net(&T, linear(&T, y, 5, 1, "out"));
        judge(&T, "custom, of event values", 0);
        return;
    }
    in[0] = v == 6 ? x : linear(&T, x, F, 1, "a");
    in[1] = v == 6 ? x : v == 3 ? in[0] : linear(&T, x, F, 1, "b");
    if (v == 1) {
        in[2] = linear(&T, x, F, 0, "c");
        in[3] = linear(&T, e, 1, 1, "e");
        in[4] = mask;
        y = custom(&T, TRIPLE, in, 5, 15, SCRATCH);
    } else if (v == 2) y = custom(&T, FOUR, in, 2, 3, 0);
    else if (v == 9) {
        y = linear(&T, pairs(&T, x, 0), F, 1, "pairs");
        if (N <= 16) wanted_alone = -1;
    } else y = custom(&T, PAIR, in, 2, v == 5 ? -1 : v == 6 ? 0 : 3, v == 0 ? 16 : SCRATCH);
    if (v == 0) y = norm(&T, linear(&T, y, 4, 1, "cells"), -1, -1, PASSWD_ACTIVATE_RELU, "cells_norm");
    if (v != 9) {
        char name[16];
        snprintf(name, sizeof name, "y%d", y);
        passwd_output(T.m, at(&T, y), name);
    }
    if (v == 3) {
        in[0] = y;
        in[1] = mask;
        y = linear(&T, custom(&T, ROWS_OF, in, 2, 1, 3), 2, 1, "out");
        wanted_alone = 0;
    } else if (v == 7 || v == 8) {
        if (v == 8) y = binary(&T, linear(&T, pairs(&T, x, 0), 1, 1, "pairs"), y, '+');
        q = linear(&T, x, 4, 1, "q");
        y = attention(&T, q, linear(&T, x, 4, 1, "k"), linear(&T, x, 4, 1, "v"), mask, y, 2, 1, 0.0f, "m");
        wanted_alone = -1;
    } else {
        in[0] = y;
        in[1] = mask;
        y = custom(&T, ADD, in, 2, v != 5 || v == 9, F + 1 < SCRATCH ? SCRATCH : F + 1);
        y = linear(&T, y, 3, 1, "out");
    }
    finish_net(&T, y);
    judge(&T,
        v == 1       ? "custom, triples"
            : v == 2 ? "custom, fours"
            : v > 6  ? "custom, beside others"
                     : "custom, pairs",
        0);
}
static void test_small(int F, int N, int v) /* mask, shift, copies, detach */
{
    static const int rows[3] = { 2, 0, 2 };
    int x, y, z, list[3];
    open_net(&T, N);
    x = v == 3 ? input(&T, 0, 3, 4, -1, 1) : input(&T, 1, 1, 4, -1, 1);
    y = linear(&T, x, F, 1, "a");
    z = linear(&T, x, 3, 1, "b");
    list[0] = y;
    list[1] = z;
    list[2] = y;
    if (v == 0) y = mask_rows(&T, y, whole_input(&T, 1, 1, 0, 2));
    if (v == 1) y = shift(&T, y, F - 1, -0.75f);
    if (v == 2) y = features(&T, concat(&T, list, 3), F > 1 ? 1 : 0, F + 3);
    if (v == 3) y = select_rows(&T, y, rows, 3);
    if (v == 4) y = binary(&T, detach(&T, y), y, '*');
    if (v == 5) y = dropout(&T, y, 0.3f); /* evaluation: nothing happens */
    finish_net(&T, y);
    judge(&T, "rows and features", 0);
}
/* v: 1 mask, 2 bias, 4 extra key, 8 keys of fixed rows, 16 queries of fixed rows, 32 dropout */
static void test_attention(int F, int N, int v) {
    const int heads = v & 64 ? 1 : F % 2 ? 3 : 2, E = heads * (F / heads > 0 ? F / heads : 1);
    int x, r, q, k, w, mask = -1, bias = -1;
    open_net(&T, N);
    x = input(&T, 1, 1, 5, -1, 1);
    r = input(&T, 0, 3, 5, -1, 1);
    q = linear(&T, v & 16 ? r : x, E, 1, "q");
    k = linear(&T, v & 8 ? r : x, E, 1, "k");
    w = linear(&T, v & 8 ? r : x, E, 0, "v");
    if (v & 1) mask = v & 8 ? whole_input(&T, 0, 3, 0, 2) : the_mask(&T);
    if (v & 1 && N == 7 && !(v & 8)) mask = whole_input(&T, 1, 1, 0, 2);
    if (mask >= 0 && !(v & 8) && !T.n[mask].is_mask) { /* someone's own mask must leave out padding, too */
        int e, j;
        for (e = 0; e < EVENTS; e++)
            for (j = T.objects[e]; j < N; j++) T.data[T.n[mask].input][e * N + j] = 0.0f;
    }
    if (v & 2 && !(v & 24)) bias = linear(&T, pairs(&T, x, 1), 1, 1, "bias");
    if (!(v & 1) && !(v & 8)) {
        int e;
        for (e = 0; e < EVENTS; e++) T.objects[e] = N;
    }
    finish_net(&T, attention(&T, q, k, w, mask, bias, heads, v & 4, v & 32 ? 0.4f : 0.0f, "m"));
    judge(&T, v & 32 ? "attention with dropout, in evaluation" : "attention", 0);
}
static void test_choice(int F, int N, int v) /* v: 1 mask, others: more features than categories */
{
    const int c = F < 2 ? 2 : F > 8 ? 8 : F;
    int x;
    open_net(&T, N);
    T.options.training = 1;
    T.options.temperature = 0.7f;
    x = input(&T, 1, 1, 4, -1, 1);
    finish_net(&T,
        choice(&T, linear(&T, x, c + v / 2, 1, "s"), v & 1 ? whole_input(&T, 1, 1, 0, 2) : -1, c, PASSWD_CHOICE_SOFT,
            0.8f));
    judge(&T, "choice", 0);
}
static void test_hard_choice(int F, int N, int v) {
    int x, s;
    open_net(&T, N);
    x = input(&T, 1, 1, 4, -1, 1);
    s = choice(&T, linear(&T, x, F < 2 ? 2 : F, 1, "s"), the_mask(&T),
        F < 2       ? 2
            : F > 8 ? 8
                    : F,
        PASSWD_CHOICE_SOFT, 1.0f);
    finish_net(
        &T, pool(&T, v ? detach(&T, s) : s, linear(&T, x, 3, 1, "t"))); /* a step has no gradient, detached or not */
    judge(&T, "choice in evaluation, pool", 0);
}
static void test_random(
    int F, int N, int v) /* gradients by the library's own differences: the numbers stay while parameters move */
{
    int x, y, s;
    open_net(&T, N);
    T.options.training = 1;
    T.options.seed = 5;
    T.options.step = 3;
    x = input(&T, 1, 1, 4, -1, 1);
    y = linear(&T, x, F, 1, "a");
    if (v == 0) finish_net(&T, dropout(&T, y, 0.3f));
    if (v == 1) {
        s = choice(&T, linear(&T, x, 3, 1, "s"), the_mask(&T), 3, PASSWD_CHOICE_GUMBEL, 1.0f);
        finish_net(&T, pool(&T, s, y));
    }
    if (v == 2)
        finish_net(&T,
            attention(&T, y, linear(&T, x, F, 1, "k"), linear(&T, x, F, 1, "v"), the_mask(&T), -1, 1, 1, 0.4f, "m"));
    judge(&T, "random numbers", RANDOM);
}
static void test_pool(int F, int N, int v) {
    int x, s;
    open_net(&T, N);
    T.options.training = 1;
    x = input(&T, v ? 0 : 1, v ? 5 : 1, 4, -1, 1);
    s = linear(&T, x, 3, 1, "s");
    if (!v) s = mask_rows(&T, s, the_mask(&T));
    finish_net(&T, pool(&T, s, linear(&T, x, F, 1, "t")));
    judge(&T, "pool", 0);
}
static void test_unmasked(
    int F, int N, int v) /* padding does not count in sums, candidates and attention, mask or not */
{
    int x, y;
    open_net(&T, N);
    T.options.training = 1;
    x = input(&T, 1, 1, 4, -1, 1);
    y = linear(&T, x, F, 1, "a");
    if (v == 0) y = sum_rows(&T, y);
    if (v == 1) y = pool(&T, linear(&T, x, 3, 1, "s"), y);
    if (v == 2) y = attention(&T, linear(&T, input(&T, 0, 2, 4, -1, 1), F, 1, "q"), y, y, -1, -1, 1, 1, 0.0f, "m");
    finish_net(&T, y);
    judge(&T, "objects without a mask", 0);
}
static void test_pairs(int F, int N, int v) /* also the output of pairs itself */
{
    int x, p;
    open_net(&T, N);
    x = input(&T, 1, 1, F < 3 ? 3 : F, -2, 2);
    p = pairs(&T, x, F < 3 ? 0 : F - 3);
    passwd_output(T.m, at(&T, p), "y1");
    if (!CHECK(p == 1)) return;
    (void)v;
    p = activate(&T, linear(&T, p, 1, 1, "b"), PASSWD_ACTIVATE_TANH, 0, 0);
    finish_net(&T,
        attention(&T, linear(&T, x, 4, 1, "q"), linear(&T, x, 4, 1, "k"), linear(&T, x, 4, 1, "v"), the_mask(&T), p, 2,
            1, 0.0f, "m"));
    judge(&T, "pairs", 0);
}
/* v: 0, 1 the way to pairs and back, from and to either side; 2 EdgeConv; 3 weights by distances, none within an
   object; 4 pairs summed over all; 5 one value on both sides, pairs read twice; 6 pairs of an operation of the user's;
   7 as the bias of an attention */
static void test_graphs(int F, int N, int v) {
    char name[16];
    int x, y, e, w = -1, in[2];
    open_net(&T, N);
    T.options.training = v & 1;
    x = input(&T, 1, 1, F < 4 ? 4 : F, -1, 1);
    y = linear(&T, x, F, 1, "own");
    wanted_alone = N <= 16 && v != 4 && v != 6;
    if (v < 2) {
        e = spread(&T, y, v ? PASSWD_SIDE_FIRST : PASSWD_SIDE_SECOND);
        y = binary(&T, activate(&T, e, PASSWD_ACTIVATE_TANH, 0, 0), linear(&T, pairs(&T, x, 1), F, 1, "apart"), '*');
        e = sum_over(&T, y, PASSWD_SIDE_FIRST);
        finish_net(&T, sum_over(&T, y, PASSWD_SIDE_SECOND));
    } else if (v == 6) {
        in[0] = y;
        in[1] = linear(&T, x, F, 1, "other");
        y = linear(&T, custom(&T, PAIR, in, 2, 3, SCRATCH), 3, 1, "cells");
        e = sum_over(&T, y, PASSWD_SIDE_SECOND);
    } else {
        y = binary(&T, spread(&T, y, PASSWD_SIDE_SECOND),
            spread(&T, v == 5 ? y : linear(&T, x, F, 0, "other"), PASSWD_SIDE_FIRST), v == 5 ? '*' : '+');
        y = linear(&T, activate(&T, y, PASSWD_ACTIVATE_GELU, 0, 0), v == 7 ? 1 : 3, 1, "message");
        if (v == 3) { /* exp(-10 deta^2) or, where features are as near as one's own, nothing */
            w = activate(&T, features(&T, pairs(&T, x, 0), 0, 1), PASSWD_ACTIVATE_SQUARE, 0, 0);
            w = binary(
                &T, w, activate(&T, activate(&T, w, PASSWD_ACTIVATE_AFFINE, -10, 0), PASSWD_ACTIVATE_EXP, 0, 0), '*');
        }
        if (v == 4) e = sum_rows(&T, y);
        else if (v == 5) {
            in[0] = sum_over(&T, y, PASSWD_SIDE_FIRST);
            in[1] = sum_over(&T, activate(&T, y, PASSWD_ACTIVATE_SQUARE, 0, 0), PASSWD_SIDE_SECOND);
            e = concat(&T, in, 2);
        } else if (v == 7)
            e = attention(&T, linear(&T, x, 4, 1, "q"), linear(&T, x, 4, 1, "k"), linear(&T, x, 4, 1, "v"),
                the_mask(&T), y, 2, 1, 0.0f, "m");
        else e = mean_over(&T, y, w, v == 2 ? PASSWD_SIDE_FIRST : PASSWD_SIDE_SECOND);
    }
    snprintf(name, sizeof name, "y%d", y);
    passwd_output(T.m, at(&T, y), name); /* the pairs themselves */
    finish_net(&T, e);
    judge(&T, "graphs", 0);
}
static void test_mass(int F, int N, int v) {
    int x, list[2];
    (void)F;
    (void)v;
    open_net(&T, N);
    x = input(&T, 1, 1, 4, -1, 1);
    list[0] = activate(
        &T, activate(&T, linear(&T, x, 1, 1, "e"), PASSWD_ACTIVATE_SQUARE, 0, 0), PASSWD_ACTIVATE_AFFINE, 1.0, 5.0);
    list[1] = linear(&T, x, 3, 1, "p");
    finish_net(&T, mass(&T, concat(&T, list, 2), 0.5f));
    judge(&T, "mass", 0);
}
static void test_losses(int F, int N, int v) /* v: 1 root, 2 one value alone; several terms with weights */
{
    int x, a, b, y;
    open_net(&T, N);
    x = input(&T, 1, 1, 4, -1, 1);
    a = linear(&T, x, F, 1, "a");
    b = v & 2 ? -1 : linear(&T, x, F, 1, "b");
    y = distance(&T, a, b, v & 1);
    finish_net(&T, y);
    loss(&T, sum_rows(&T, mask_rows(&T, activate(&T, y, PASSWD_ACTIVATE_SQUARE, 0, 0), the_mask(&T))), -0.3f);
    loss(&T, sum_rows(&T, mask_rows(&T, y, the_mask(&T))), 0.0f); /* a monitor */
    judge(&T, "distance", 0);
}
static void test_cross_entropy(int F, int N, int v) /* v: 1 exchange, 2 fixed rows */
{
    const int c = F < 2 ? 2 : F > 8 ? 8 : F;
    int x;
    open_net(&T, N);
    x = linear(&T, input(&T, v & 2 ? 0 : 1, v & 2 ? 4 : 1, 4, -1, 1), c, 1, "a");
    loss(&T, cross_entropy(&T, x, whole_input(&T, v & 2 ? 0 : 1, v & 2 ? 4 : 1, -1, c), v & 1), 1.5f);
    passwd_output(T.m, at(&T, x), "y1");
    judge(&T, "cross-entropy", 0);
}
static void test_mlp(int F, int N, int v) {
    const int widths[3] = { F, 5, 3 };
    int x, y;
    open_net(&T, N);
    x = input(&T, 0, 2, 4, -1, 1);
    y = ref_mlp(&T, x, widths, 3, v & 1, v & 2 ? PASSWD_ACTIVATE_LEAKY_RELU : PASSWD_ACTIVATE_RELU, "net");
    finish_net(&T,
        is(&T, y,
            passwd_mlp(
                T.m, at(&T, x), widths, 3, v & 1, v & 2 ? PASSWD_ACTIVATE_LEAKY_RELU : PASSWD_ACTIVATE_RELU, "net")));
    judge(&T, "mlp", 0);
}
static passwd_block_options block_options(int F) {
    passwd_block_options o;
    memset(&o, 0, sizeof o);
    o.heads = F % 4 ? 1 : 4;
    o.hidden = 1;
    o.hidden_width = 6;
    return o;
}
static void test_block(int F, int N, int v) /* v: 0 objects on themselves with bias, 1 candidates on themselves, 2
                                               objects on candidates, 3 candidates on objects */
{
    const passwd_block_options o = block_options(F);
    int x, q, k, y, bias = -1, q_mask, k_mask;
    open_net(&T, N);
    x = input(&T, 1, 1, 5, -1, 1);
    q = linear(&T, x, F, 1, "x");
    k = linear(&T, input(&T, 0, 3, 5, -1, 1), F, 1, "c");
    if (v == 0) {
        bias = linear(&T, pairs(&T, x, 0), 1, 1, "bias");
        k = q;
    }
    if (v == 1) q = k;
    if (v == 3) {
        y = q;
        q = k;
        k = y;
    }
    q_mask = T.n[q].power ? the_mask(&T) : -1;
    k_mask = T.n[k].power ? the_mask(&T) : -1;
    y = ref_block(&T, q, k, q_mask, k_mask, bias, &o, "block");
    finish_net(&T,
        is(&T, y,
            passwd_attention_block(
                T.m, at(&T, q), at(&T, k), at(&T, q_mask), at(&T, k_mask), at(&T, bias), &o, "block")));
    judge(&T, "attention block", 0);
}
static void record_abc(int F, int N, int training, int original) {
    passwd_abc_layer_options o;
    passwd_abc_layer_values r;
    int x, q, mask, bias, y, c, p, e;
    memset(&o, 0, sizeof o);
    o.block = block_options(F);
    o.categories = original ? 2 : 3;
    o.temperature = 0.5f;
    o.original = original;
    open_net(&T, N);
    T.options.training = training;
    x = input(&T, 1, 1, 5, -1, 1);
    mask = the_mask(&T);
    q = linear(&T, x, F, 1, "x");
    bias = linear(&T, pairs(&T, x, 1), 1, 1, "bias");
    y = ref_block(&T, q, q, mask, mask, bias, &o.block, "obj_blocks.2");
    c = ref_choice(&T, y, mask, o.categories, 0.5f);
    p = ref_pool(&T, c, y);
    p = ref_block(&T, p, p, -1, -1, -1, &o.block, "cand_blocks.2");
    e = ref_block(&T, y, p, mask, -1, -1, &o.block, "cross_blocks.2");
    r = passwd_abc_layer(T.m, at(&T, q), at(&T, mask), at(&T, bias), &o, 2);
    is(&T, c, r.choice);
    is(&T, p, r.candidates);
    is(&T, e, r.objects);
    finish_net(&T, e);
    finish_net(&T, p);
    if (training) finish_net(&T, c);
    else {
        char name[16];
        snprintf(name, sizeof name, "y%d", c);
        passwd_output(T.m, at(&T, c), name);
    }
}
static void test_abc(int F, int N, int v) {
    if (F < 3) F = 3;
    record_abc(F, N, v & 1, v & 2);
    /* in evaluation the choice is a step, which has no gradient */
    judge(&T, "ABC layer", 0);
}

/* --- recurrence, noise, divergence --- */

static void test_divergence(
    int F, int N, int v) /* v: 1 fixed rows, 2 values that are the same, 4 a prior that does not train */
{
    int x, a[4], k;
    open_net(&T, N);
    x = v & 1 ? input(&T, 0, 3, F, -1, 1) : input(&T, 1, 1, F, -1, 1);
    for (k = 0; k < 4; k++) {
        char name[8];
        snprintf(name, sizeof name, "d%d", k);
        a[k] = linear(&T, x, F, 1, name);
        if (k & 1) a[k] = activate(&T, a[k], PASSWD_ACTIVATE_TANH, 0, 0);
    }
    if (v & 2) a[2] = a[0];
    if (v & 4) {
        a[2] = x;
        a[3] = a[1];
    }
    finish_net(&T, divergence(&T, a[0], a[1], a[2], a[3]));
    judge(&T, "divergence", 0);
}
static void test_noise(int F, int N, int v) /* v: 1 fixed rows, 2 in training */
{
    int x, y, z;
    open_net(&T, N);
    T.options.training = v >> 1 & 1;
    T.options.seed = 5;
    T.options.step = 3;
    x = v & 1 ? input(&T, 0, 3, F, -1, 1) : input(&T, 1, 1, F, -1, 1);
    z = noise(&T, x, 3);
    y = linear(&T, x, 3, 1, "m");
    finish_net(
        &T, binary(&T, y, binary(&T, z, activate(&T, linear(&T, x, 3, 1, "s"), PASSWD_ACTIVATE_EXP, 0, 0), '*'), '+'));
    judge(&T, "noise", v & 2 ? RANDOM : 0);
}
/* One step of a gated recurrent unit on x and the state h. */
static int gru_step(net *t, int x, int h, int F, const char *name) {
    char a[4][16];
    int k, update, fresh, reset;
    for (k = 0; k < 4; k++) snprintf(a[k], sizeof a[k], "%s.%d", name, k);
    update = linear_pair(t, x, h, F, a[0], a[1]);
    reset = binary(t, linear(t, x, F, 1, a[2]), h, 's');
    fresh = linear_pair(t, x, reset, F, a[3], name);
    return gru(t, update, fresh, h, 0.3f, name);
}
enum { RECURRENCES = 12 };
static void test_recurrence(int F, int N, int v) {
    static const char *const names[RECURRENCES] = { "tanh recurrence", "gated recurrence", "variational recurrence",
        "variational recurrence in training", "two recurrences", "state unused inside", "many operations", "sums",
        "state unused anywhere", "recurrence for losses alone", "detached", "state of one loss alone" };
    int x, h, y, mask, z, next;
    open_net(&T, N);
    x = input(&T, 1, 1, F, -1, 1);
    mask = the_mask(&T);
    switch (v) {
    case 0:
        h = previous(&T, x, 5);
        next = activate(&T, linear_pair(&T, x, h, 5, "a", "b"), PASSWD_ACTIVATE_TANH, 0, 0);
        recur(&T, h, next);
        finish_net(&T, next);
        break;
    case 1:
        y = linear(&T, x, 4, 1, "embed");
        h = previous(&T, x, 6);
        next = gru_step(&T, y, h, 6, "g");
        recur(&T, h, next);
        finish_net(&T, linear(&T, next, 3, 1, "out"));
        break;
    case 2:
    case 3: { /* arXiv 1506.02216: prior from the state before, encoder from it and x, state from it, x and z */
        int xh[3], mean, width, prior, mean0, width0, e;
        T.options.training = v == 3;
        T.options.seed = 11;
        T.options.step = 2;
        e = noise(&T, x, 3);
        y = activate(&T, linear(&T, x, 4, 1, "embed"), PASSWD_ACTIVATE_TANH, 0, 0);
        h = previous(&T, x, 5);
        xh[0] = y;
        xh[1] = h;
        z = activate(&T, linear(&T, concat(&T, xh, 2), 4, 1, "encoder"), PASSWD_ACTIVATE_ELU, 0, 0);
        mean = linear(&T, z, 3, 1, "encoder.mean");
        width = activate(&T, linear(&T, z, 3, 1, "encoder.width"), PASSWD_ACTIVATE_TANH, 0, 0);
        z = binary(&T, mean, binary(&T, e, activate(&T, width, PASSWD_ACTIVATE_EXP, 0, 0), '*'), '+');
        xh[1] = z;
        next = gru_step(&T, concat(&T, xh, 2), h, 5, "state");
        recur(&T, h, next);
        prior = activate(&T, linear(&T, h, 4, 1, "prior"), PASSWD_ACTIVATE_ELU, 0, 0);
        mean0 = linear(&T, prior, 3, 1, "prior.mean");
        width0 = activate(&T, linear(&T, prior, 3, 1, "prior.width"), PASSWD_ACTIVATE_TANH, 0, 0);
        xh[0] = z;
        xh[1] = h;
        y = linear(&T, activate(&T, linear(&T, concat(&T, xh, 2), 4, 1, "decoder"), PASSWD_ACTIVATE_ELU, 0, 0), F, 1,
            "decoder.out");
        loss(&T, sum_rows(&T, mask_rows(&T, distance(&T, y, x, 0), mask)), 1.0f);
        y = divergence(&T, mean, width, mean0, width0);
        loss(&T, sum_rows(&T, mask_rows(&T, y, mask)), 0.3f);
        finish_net(&T, y);
        break;
    }
    case 4: /* the second one runs on the states of the first, before and after; both end in one loss */
        h = previous(&T, x, 4);
        next = activate(&T, linear_pair(&T, x, h, 4, "a", "b"), PASSWD_ACTIVATE_TANH, 0, 0);
        recur(&T, h, next);
        y = binary(&T, h, next, '*');
        z = previous(&T, next, 4);
        y = activate(&T, linear_pair(&T, y, z, 4, "c", "d"), PASSWD_ACTIVATE_TANH, 0, 0);
        recur(&T, z, y);
        finish_net(&T, binary(&T, binary(&T, y, h, '+'), linear(&T, z, 4, 0, "e"), '-'));
        finish_net(&T, linear(&T, next, 2, 1, "f"));
        break;
    case 5: /* what the object before had: read by others alone */
        h = previous(&T, x, 3);
        next = activate(&T, linear(&T, x, 3, 1, "a"), PASSWD_ACTIVATE_SIGMOID, 0, 0);
        recur(&T, h, next);
        finish_net(&T, binary(&T, h, linear(&T, x, 3, 1, "b"), '*'));
        break;
    case 6: { /* whatever may stand in a recurrence; a value from outside is used inside and outside */
        int part[2];
        y = linear(&T, x, 6, 1, "a");
        h = previous(&T, x, 6);
        z = norm(&T, y, activate(&T, h, PASSWD_ACTIVATE_AFFINE, 0.3, 0.1), mask, PASSWD_ACTIVATE_LEAKY_RELU, "n");
        part[0] = features(&T, z, 1, 4);
        part[1] = distance(&T, z, y, 1);
        z = shift(&T, concat(&T, part, 2), 2, 0.3f);
        part[0] = mass(&T, shift(&T, features(&T, h, 2, 4), 0, 6.0f), 5.0f);
        part[0] = binary(&T, distance(&T, h, y, 0), part[0], '+');
        part[1] = z;
        z = batch_norm(&T, concat(&T, part, 2), NULL, "bn");
        z = binary(&T, mask_rows(&T, z, mask), activate(&T, h, PASSWD_ACTIVATE_GELU, 0, 0), '-');
        next = norm(&T, z, -1, -1, PASSWD_ACTIVATE_LINEAR, "n2");
        recur(&T, h, next);
        finish_net(&T, binary(&T, next, y, '*'));
        finish_net(&T, binary(&T, z, h, '+'));
        break;
    }
    case 7: /* a sum over all before; the next state from inputs and the state itself, no weights inside */
        h = previous(&T, x, F);
        next = binary(&T, x, h, '+');
        recur(&T, h, next);
        finish_net(&T, linear(&T, binary(&T, next, x, '*'), 3, 1, "a"));
        break;
    case 8: /* nobody asks for the state: what stands between must not overwrite what lives */
        y = activate(&T, linear(&T, x, 4, 1, "a"), PASSWD_ACTIVATE_TANH, 0, 0);
        h = previous(&T, x, 7);
        next = linear(&T, x, 7, 1, "b");
        z = linear(&T, x, 4, 1, "c");
        recur(&T, h, next);
        finish_net(&T, binary(&T, y, z, '*'));
        break;
    case 9: /* outputs hang on nothing of the recurrence */
        y = linear(&T, x, 4, 1, "a");
        h = previous(&T, x, 4);
        next = activate(&T, linear_pair(&T, y, h, 4, "b", "c"), PASSWD_ACTIVATE_TANH, 0, 0);
        recur(&T, h, next);
        loss(&T, sum_rows(&T, mask_rows(&T, distance(&T, next, y, 0), mask)), 1.0f);
        finish_net(&T, linear(&T, y, 3, 1, "d"));
        break;
    case 10: /* no gradient through time */
        h = previous(&T, x, 4);
        next = activate(&T, linear_pair(&T, x, detach(&T, h), 4, "a", "b"), PASSWD_ACTIVATE_TANH, 0, 0);
        recur(&T, h, next);
        finish_net(&T, next);
        break;
    default: /* one of two losses asks for the state after, the other for one before; operations inside that the state
                does not need */
        y = linear(&T, x, 5, 1, "a");
        h = previous(&T, y, 5);
        z = linear(&T, h, 2, 1, "b");
        next = activate(&T, binary(&T, linear(&T, h, 5, 0, "c"), y, '+'), PASSWD_ACTIVATE_TANH, 0, 0);
        mask_rows(&T, linear(&T, next, 9, 0, "unused"), mask);
        recur(&T, h, next);
        finish_net(&T, z);
        break;
    }
    judge(&T, names[v], v == 3 ? RANDOM : 0);
}
static void test_recurrence_refusals(void) {
    int v;
    for (v = 0; v < 13; v++) {
        passwd_model *m;
        passwd_error e;
        passwd_value x, g, h, y, mask;
        passwd_status want = PASSWD_ERROR_SHAPE;
        CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
        x = passwd_input_objects(m, "x", 5, 4);
        g = passwd_input_event(m, "g", 2, 4);
        mask = passwd_input_mask(m);
        h = v == 0    ? passwd_previous(m, g, 4)
            : v == 1  ? passwd_previous(m, x, 0)
            : v == 12 ? passwd_previous(m, x, 5)
                      : passwd_previous(m, x, 4);
        y = passwd_linear(m, v == 12 ? x : h, 4, 1, "a");
        if (v == 2) y = attend(m, y, y, y, mask, PASSWD_NONE, 2, 0, 0.0f, "n");
        if (v == 3) y = passwd_dropout(m, y, 0.5f);
        if (v == 4) y = passwd_add(m, y, passwd_noise(m, y, 4));
        if (v == 5) passwd_linear(m, g, 3, 1, "event");
        if (v == 6) passwd_sum_rows(m, y);
        if (v >= 2 && v <= 6) want = PASSWD_ERROR_UNSUPPORTED;
        if (v == 7) {
            h = passwd_previous(m, x, 4);
            want = PASSWD_ERROR_UNSUPPORTED;
        }
        if (v == 8) want = PASSWD_ERROR_ARGUMENT; /* no recur at all */
        else if (v == 9) passwd_recur(m, h, x);
        else if (v == 10) passwd_recur(m, x, y);
        else if (v == 11) {
            passwd_recur(m, h, y);
            passwd_recur(m, h, y);
        } else passwd_recur(m, h, y);
        passwd_loss(m, passwd_sum_rows(m, passwd_mean_square(m, y, PASSWD_NONE)), 1.0f, "l");
        if (!CHECK(passwd_model_build(m, 1, &e) == want)
            || !CHECK(strlen(e.message) > 20 && e.message[strlen(e.message) - 1] == '.'))
            printf("  refusal %d: %s\n", v, e.message);
        passwd_model_free(m);
    }
    for (v = 0; v < 7; v++) { /* divergence, noise, inputs that train */
        passwd_model *m;
        passwd_value x, g;
        CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
        x = passwd_input_objects(m, "x", 5, 4);
        g = passwd_input_event(m, "g", 2, 4);
        if (v == 0) passwd_divergence(m, x, x, x, g);
        if (v == 1) passwd_divergence(m, g, g, passwd_linear(m, g, 3, 0, "a"), g);
        if (v == 2) passwd_divergence(m, g, g, g, 99);
        if (v == 3) passwd_noise(m, g, 0);
        if (v == 4) passwd_input_trains(m, x);
        if (v == 5) {
            passwd_linear(m, g, 3, 0, "a");
            passwd_input_trains(m, g);
        }
        if (v == 6) passwd_input_trains(m, passwd_input_mask(m));
        passwd_output(m, g, "g");
        CHECK(passwd_model_build(m, 1, NULL) == (v == 2 ? PASSWD_ERROR_ARGUMENT : PASSWD_ERROR_SHAPE));
        passwd_model_free(m);
    }
}
/* Numbers of passwd_noise, seen by an operation of the user's: normal, new in every step, and an event's own. */
enum { NOISY = 200, NOISE_ROWS = 2, NOISE_FEATURES = 41, NOISE_NUMBERS = NOISE_ROWS * NOISE_FEATURES };
static float noisy[NOISY][NOISE_NUMBERS];
static void noise_spy(const passwd_lanes *v) {
    int k, l;
    for (l = 0; l < 16; l++) {
        const int event = (int)v->in[1][l] - 1;
        v->out[l] = 0.0f;
        for (k = 0; event >= 0 && k < NOISE_NUMBERS; k++) noisy[event][k] = v->in[0][k * 16 + l];
    }
}
static int ascending(const void *a, const void *b) {
    return *(const float *)a < *(const float *)b ? -1 : *(const float *)a > *(const float *)b;
}
static double normal_integral(double x) { return 0.5 * erfc(-x / sqrt(2.0)); }
/* Moments, tails, and Kolmogorov and Smirnov's distance of `count` numbers that should be normal. */
static void judge_normal(float *x, size_t count) {
    const double n = (double)count;
    double m[5] = { 0, 0, 0, 0, 0 }, tail[2] = { 0, 0 }, far = 0;
    size_t i;
    int k;
    for (i = 0; i < count; i++) {
        double power = 1;
        for (k = 1; k <= 4; k++) m[k] += (power *= (double)x[i]) / n;
        for (k = 0; k < 2; k++) tail[k] += fabs((double)x[i]) > 2.0 + 1.5 * k;
    }
    CHECK_BELOW(fabs(m[1]), 4 / sqrt(n));
    CHECK_BELOW(fabs(m[2] - 1), 4 * sqrt(2 / n));
    CHECK_BELOW(fabs(m[3]), 4 * sqrt(15 / n));
    CHECK_BELOW(fabs(m[4] - 3), 4 * sqrt(96 / n));
    for (k = 0; k < 2; k++) {
        const double want = n * erfc((2.0 + 1.5 * k) / sqrt(2.0));
        CHECK_BELOW(fabs(tail[k] - want), 4 * sqrt(want));
    }
    qsort(x, count, sizeof *x, ascending);
    for (i = 0; i < count; i++) {
        const double p = normal_integral((double)x[i]),
                     d = fmax(fabs(p - (double)i / n), fabs(p - (double)(i + 1) / n));
        if (!(d <= far)) far = d;
    }
    CHECK_BELOW(far, 1.63 / sqrt(n)); /* 1 % */
    CHECK((double)x[0] < -3.5 && (double)x[count - 1] > 3.5);
}
static void test_noise_numbers(int simd) {
    enum { STEPS = 12 };
    static float all[STEPS][NOISY][NOISE_NUMBERS];
    passwd_workspace_options wo;
    passwd_loss_options lo;
    passwd_custom_options o;
    passwd_workspace *w = NULL;
    passwd_model *m;
    passwd_batch b;
    float numbers[NOISY];
    const float *inputs[1];
    double term, with[5] = { 0, 0, 0, 0, 0 }, pairs_of[5] = { 0, 0, 0, 0, 0 };
    int e, k, step, side;
    passwd_value x, z;
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    memset(&wo, 0, sizeof wo);
    memset(&lo, 0, sizeof lo);
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_event(m, "event", 1, 1);
    z = passwd_linear(m, x, 1, 1, "a");
    {
        static const int rows[NOISE_ROWS] = { 0, 0 };
        z = passwd_noise(m, passwd_select_rows(m, z, rows, NOISE_ROWS), NOISE_FEATURES);
    }
    o.forward = noise_spy;
    o.inputs = 2;
    o.in[0] = z;
    o.in[1] = x;
    o.rows = o.features = 1;
    passwd_loss(m, passwd_custom(m, &o), 1.0f, "spy");
    passwd_output(m, z, "noise");
    CHECK(passwd_model_build(m, 1, NULL) == PASSWD_OK);
    for (e = 0; e < NOISY; e++) numbers[e] = (float)(e + 1);
    inputs[0] = numbers;
    b.inputs = inputs;
    b.events = NOISY;
    wo.losses = 1;
    wo.simd = (passwd_simd)simd;
    CHECK(passwd_workspace_new(m, &wo, &w, NULL) == PASSWD_OK);
    lo.seed = 4;
    CHECK(passwd_losses(m, w, &b, &lo, &term, NULL, NULL, NULL) == PASSWD_OK);
    for (e = 0; e < NOISY; e++)
        for (k = 0; k < NOISE_NUMBERS; k++) term += fabs((double)noisy[e][k]);
    CHECK(term == 0.0); /* evaluation */
    lo.training = 1;
    for (step = 0; step < STEPS; step++) {
        lo.step = step;
        CHECK(passwd_losses(m, w, &b, &lo, &term, NULL, NULL, NULL) == PASSWD_OK);
        memcpy(all[step], noisy, sizeof noisy);
    }
    memset(noisy, 0, sizeof noisy);
    b.events = 5; /* fewer neighbours, the same numbers */
    CHECK(passwd_losses(m, w, &b, &lo, &term, NULL, NULL, NULL) == PASSWD_OK
        && memcmp(noisy, all[STEPS - 1], 5 * sizeof noisy[0]) == 0);
    lo.seed = 5;
    CHECK(passwd_losses(m, w, &b, &lo, &term, NULL, NULL, NULL) == PASSWD_OK
        && memcmp(noisy, all[STEPS - 1], 5 * sizeof noisy[0]) != 0);
    for (step = 0; step < STEPS; step++)
        for (e = 0; e < NOISY; e++)
            for (k = 0; k < NOISE_NUMBERS; k++) {
                const float *now = &all[step][e][k];
                const double a = (double)*now,
                             other[5] = { k + 1 < NOISE_NUMBERS ? (double)now[1] : 0,
                                 k + NOISE_FEATURES < NOISE_NUMBERS ? (double)now[NOISE_FEATURES] : 0,
                                 e + 1 < NOISY ? (double)all[step][e + 1][k] : 0,
                                 e + 16 < NOISY ? (double)all[step][e + 16][k] : 0,
                                 step + 1 < STEPS ? (double)all[step + 1][e][k] : 0 };
                for (side = 0; side < 5; side++) {
                    with[side] += a * other[side];
                    pairs_of[side] += (a * a - 1) * (other[side] * other[side] - 1) / 2 * (other[side] != 0);
                }
            }
    for (side = 0; side < 5; side++) { /* neighbours: features, rows, events, groups, steps; also their widths */
        CHECK_BELOW(fabs(with[side]), 4 * sqrt(1.0 * STEPS * NOISY * NOISE_NUMBERS));
        CHECK_BELOW(fabs(pairs_of[side]), 4 * sqrt(1.0 * STEPS * NOISY * NOISE_NUMBERS));
    }
    judge_normal(&all[0][0][0], (size_t)STEPS * NOISY * NOISE_NUMBERS);
    passwd_workspace_free(w);
    passwd_model_free(m);
}

/* --- derivatives with respect to inputs --- */

static double worst_input;
/* Losses of 300 events that repeat the net's, and their derivatives, into energy and per input into gradients. */
enum { REPEATED = 600 };
static void input_gradients(
    const net *t, passwd_simd simd, int threads, int events, int first, float *energy, float *const *gradients) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    passwd_error error;
    passwd_batch b;
    const float *inputs[8];
    float *copies[8];
    int32_t objects[REPEATED];
    int k, e;
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    running = simd;
    o.simd = simd;
    o.threads = threads;
    o.losses = 1;
    for (k = 0; k < t->count; k++)
        if (t->n[k].op == INPUT && !t->n[k].is_mask) {
            const int size = (t->n[k].power ? t->max_objects : t->n[k].rows) * t->n[k].features, i = t->n[k].input;
            copies[i] = (float *)malloc((size_t)(events * size) * sizeof(float));
            for (e = 0; e < events; e++)
                memcpy(copies[i] + e * size, t->data[i] + (first + e) % EVENTS * size, (size_t)size * sizeof(float));
            inputs[i] = copies[i];
            if (t->n[k].power) b.objects = objects;
        }
    for (e = 0; e < events; e++) objects[e] = t->objects[(first + e) % EVENTS];
    b.events = events;
    b.inputs = inputs;
    b.weights = t->weights; /* which must not matter */
    if (events > EVENTS) b.weights = NULL;
    if (CHECK_OK(passwd_workspace_new(t->m, &o, &w, &error), error))
        CHECK_OK(passwd_gradients(t->m, w, &b, NULL, energy, gradients, &error), error);
    passwd_workspace_free(w);
    for (k = 0; k < t->inputs; k++) free(copies[k]);
}
static void judge_inputs(net *t, const char *name, int trained) {
    static const int counts[4] = { REPEATED, 300, 16, 1 };
    float *g[8], *s[8], energy[EVENTS], other[REPEATED];
    int e, k, i, level, threads, c, input_size[8];
    double *p, worst = 0, worst_energy = 0;
    passwd_error error;
    memset(g, 0, sizeof g);
    memset(s, 0, sizeof s);
    if (!CHECK_OK(passwd_model_build(t->m, 7, &error), error)) {
        printf("  %s\n", name);
        close_net(t);
        return;
    }
    p = random_parameters(t);
    custom_wrong = 0;
    for (e = 0; e < EVENTS; e++)
        for (k = 0; k < t->count; k++)
            t->value[e][k] = (double *)calloc(
                (size_t)(t->n[k].rows * t->n[k].features) * (size_t)cells(t->max_objects, t->n[k].power) + 1,
                sizeof(double));
    for (k = 0; k < t->count; k++)
        if (t->n[k].op == INPUT && !t->n[k].is_mask) input_size[t->n[k].input] = t->n[k].rows * t->n[k].features;
    for (k = 0; k < t->inputs; k++)
        if (trained >> k & 1) {
            g[k] = (float *)malloc((size_t)(EVENTS * input_size[k]) * sizeof(float));
            s[k] = (float *)malloc((size_t)(REPEATED * input_size[k]) * sizeof(float));
        }
    input_gradients(t, PASSWD_SIMD_SCALAR, 1, EVENTS, 0, energy, g);
    for (e = 0; e < EVENTS; e++) {
        double want = 0;
        ref_nodes(t, p, e, 0);
        for (k = 0; k < t->n_losses; k++) want += t->weight[k] * t->value[e][t->losses[k]][0];
        want = fabs((double)energy[e] - want) / (fabs(want) + 0.05);
        if (!(want <= worst_energy)) worst_energy = want;
        for (k = 0; k < t->inputs; k++)
            if (g[k]) {
                double size = 0, most = 0;
                for (i = 0; i < input_size[k]; i++) {
                    double value[2] = { 0, 0 }, difference;
                    int side, l;
                    for (side = 0; side < 2; side++) {
                        t->moved = k;
                        t->number = (size_t)(e * input_size[k] + i);
                        t->by = side ? -1e-6 : 1e-6;
                        ref_nodes(t, p, e, 1);
                        for (l = 0; l < t->n_losses; l++) value[side] += t->weight[l] * t->value[e][t->losses[l]][0];
                    }
                    difference = (value[0] - value[1]) / 2e-6;
                    size += difference * difference;
                    difference = fabs(difference - (double)g[k][e * input_size[k] + i]);
                    if (!(difference <= most)) most = difference;
                }
                t->moved = -1;
                most /= sqrt(size) + 1e-4;
                if (!(most <= worst)) worst = most;
            }
    }
    if (worst > worst_input) worst_input = worst;
    if (verbose) printf("%-40s energy %.1e gradient %.1e of inputs\n", name, worst_energy, worst);
    if (!CHECK(worst <= 1e-3)) printf("  %s: derivatives with respect to inputs differ by %.2e\n", name, worst);
    if (!CHECK(worst_energy <= 1e-5)) printf("  %s: energies differ by %.2e\n", name, worst_energy);
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 2; threads++)
            for (c = 0; c < 4; c++) {
                const int first = c == 3 ? 5 : 0;
                int differ = 0;
                if (!passwd_simd_available((passwd_simd)level) || level == PASSWD_SIMD_SSE2) continue;
                input_gradients(t, (passwd_simd)level, threads, counts[c], first, other, s);
                for (e = 0; e < counts[c]; e++) {
                    const int from = (first + e) % EVENTS;
                    differ |= memcmp(other + e, energy + from, sizeof *energy) ? 1 : 0;
                    for (k = 0; k < t->inputs; k++)
                        if (g[k])
                            differ |= memcmp(s[k] + e * input_size[k], g[k] + from * input_size[k],
                                          (size_t)input_size[k] * sizeof(float))
                                ? 2
                                : 0;
                }
                if (!CHECK(differ == 0))
                    printf("  %s: %s, %d threads, %d events: other bits (%d)\n", name,
                        passwd_simd_name((passwd_simd)level), threads, counts[c], differ);
            }
    if (!CHECK(custom_wrong == 0))
        printf("  %s: an operation of the user's got something wrong (line %d)\n", name, custom_wrong);
    for (k = 0; k < t->inputs; k++) {
        free(g[k]);
        free(s[k]);
    }
    free(p);
    close_net(t);
}
static int trained_input(net *t, int rows, int features, double from, double to) {
    const int x = input(t, 0, rows, features, from, to);
    passwd_input_trains(t->m, at(t, x));
    return x;
}
static int batch_norm_of(net *t, int x) { return batch_norm(t, x, NULL, "bn"); }
enum { INPUT_NETS = 11 };
static void test_inputs(int F, int N, int v) {
    static const int last[2] = { 2, 0 }, widths[7] = { 10, 10, 6, 10, 10, 8, 0 };
    char name[32];
    int x, y, z, k, trained = 1;
    open_net(&T, N);
    snprintf(name, sizeof name, "inputs %d", v);
    T.options.training = 0;
    switch (v) {
    case 0:
    case 6: /* side by side; with an energy the other losses do not count */
        y = x = trained_input(&T, 1, 8, -1, 1);
        for (k = 0; k < 6; k++) {
            snprintf(name, sizeof name, "l%d", k);
            y = linear(&T, y, widths[k], 1, name);
            if (k < 5) y = activate(&T, y, PASSWD_ACTIVATE_RELU, 0, 0);
        }
        snprintf(name, sizeof name, "autoencoder %d", v);
        loss(&T, distance(&T, y, x, 0), 1.7f);
        if (v == 6) {
            passwd_loss_contrast(T.m, 0.1f, 0);
            passwd_loss(T.m, passwd_mean_square(T.m, at(&T, y), PASSWD_NONE), 3.0f, "regular");
        }
        break;
    case 1: { /* many uses of one input, side by side, wide enough to be looked through for zeros */
        int part[3];
        x = trained_input(&T, 1, 70 + F, -1, 1);
        for (k = 0; k < EVENTS; k++) memset(T.data[0] + k * (70 + F) + 3, 0, 20 * sizeof(float));
        part[0] = features(&T, x, 2, 5);
        part[1] = linear(&T, x, 6, 1, "a");
        part[2] = activate(&T, features(&T, x, 30, 4), PASSWD_ACTIVATE_SOFTPLUS, 0, 0);
        y = activate(&T, linear(&T, concat(&T, part, 3), 5, 1, "b"), PASSWD_ACTIVATE_GELU, 0, 0);
        z = linear_pair(&T, x, y, 5, "c", "d");
        loss(&T, distance(&T, y, z, 1), 0.5f);
        loss(&T, distance(&T, shift(&T, x, 1, 0.5f), -1, 0), 2.0f);
        loss(&T, distance(&T, detach(&T, x), -1, 0), 1.0f); /* no derivative */
        break;
    }
    case 2: /* rows */
        x = trained_input(&T, 3, F, -1, 1);
        y = norm(&T, x, x, -1, PASSWD_ACTIVATE_LINEAR, "n");
        y = gru(&T, y, linear(&T, x, F, 1, "a"), x, 0.3f, "g");
        y = learnt_rows(&T, dropout(&T, y, 0.5f), 1, F, "row");
        finish_net(&T, binary(&T, y, x, '*'));
        break;
    case 3: /* rows that see each other */
        x = trained_input(&T, 3, 4, 0.5, 1);
        y = attention(
            &T, linear(&T, x, 6, 1, "q"), linear(&T, x, 6, 1, "k"), linear(&T, x, 6, 1, "v"), -1, -1, 2, 1, 0.0f, "m");
        y = linear(&T, y, 4, 1, "o");
        for (k = 0; k < EVENTS * 3; k++) T.data[0][4 * k] += 3.0f;
        y = binary(&T, y, x, '*');
        finish_net(&T, select_rows(&T, y, last, 2));
        finish_net(&T, mass(&T, x, 2.0f));
        break;
    case 4: /* two inputs, and objects beside them */
        x = trained_input(&T, 2, 5, -1, 1);
        y = input(&T, 1, 1, 4, -1, 1);
        z = trained_input(&T, 2, 3, -1, 1);
        trained = 5;
        y = attention(&T, linear(&T, x, 4, 1, "q"), linear(&T, y, 4, 1, "k"), linear(&T, y, 4, 1, "v"), the_mask(&T),
            -1, 2, 1, 0.0f, "m");
        finish_net(&T, binary(&T, y, linear(&T, z, 4, 1, "z"), 's'));
        break;
    case 5: /* divergence: with the input itself in every place */
        x = trained_input(&T, 2, F, -0.7, 0.7);
        y = linear(&T, x, F, 1, "a");
        finish_net(&T, binary(&T, divergence(&T, x, y, y, x), divergence(&T, y, x, x, x), '+'));
        break;
    case 7: /* an operation of the user's */
        x = trained_input(&T, 1, 4, -1, 1);
        y = custom(&T, RANKS, &x, 1, 1, 0);
        finish_net(&T, y);
        break;
    case 8: /* batch norm of the input, in evaluation */
        x = trained_input(&T, 1, 4, -1, 1);
        finish_net(&T, binary(&T, batch_norm_of(&T, x), linear(&T, x, 4, 1, "a"), '*'));
        break;
    case 9: /* one of two inputs, the last operation of which is a copy; a loss that is no function of it */
        x = trained_input(&T, 1, 4, -1, 1);
        y = input(&T, 0, 1, 4, -1, 1);
        loss(&T, distance(&T, features(&T, x, 3, 1), -1, 0), 1.0f);
        loss(&T, distance(&T, linear(&T, y, 2, 1, "b"), -1, 0), 1.0f);
        break;
    default: /* logits, masked rows, a softmax of choices */
        x = trained_input(&T, 3, 3, -1, 1);
        y = whole_input(&T, 0, 3, -1, 3);
        finish_net(&T, norm(&T, mask_rows(&T, x, whole_input(&T, 0, 3, 0, 2)), -1, -1, PASSWD_ACTIVATE_RELU, "n"));
        loss(&T, cross_entropy(&T, x, y, 1), 1.0f);
        break;
    }
    custom_inputs = 1;
    judge_inputs(&T, name, trained);
    custom_inputs = 0;
}
static void test_inputs_refusals(void) {
    passwd_workspace_options o;
    passwd_loss_options lo;
    passwd_workspace *w[2] = { NULL, NULL };
    passwd_batch b;
    const float *inputs[8];
    float g[2][EVENTS * 4], energy[EVENTS], *to[2];
    int k;
    memset(&o, 0, sizeof o);
    memset(&lo, 0, sizeof lo);
    open_net(&T, 1);
    k = trained_input(&T, 1, 4, -1, 1);
    loss(&T, distance(&T, batch_norm_of(&T, k), input(&T, 0, 1, 4, -1, 1), 0), 1.0f);
    CHECK(passwd_model_build(T.m, 1, NULL) == PASSWD_OK);
    CHECK(passwd_workspace_new(T.m, &o, &w[0], NULL) == PASSWD_OK);
    o.losses = 1;
    CHECK(passwd_workspace_new(T.m, &o, &w[1], NULL) == PASSWD_OK);
    b = batch_of(&T, inputs);
    memset(g, 0xff, sizeof g);
    to[0] = g[0];
    to[1] = g[1];
    CHECK(passwd_gradients(T.m, w[1], &b, NULL, energy, to, NULL)
        == PASSWD_ERROR_ARGUMENT); /* not an input that trains */
    to[1] = NULL;
    CHECK(passwd_gradients(T.m, w[0], &b, NULL, energy, to, NULL) == PASSWD_ERROR_ARGUMENT); /* no room */
    CHECK(passwd_gradients(T.m, w[1], NULL, NULL, energy, to, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_gradients(T.m, w[1], &b, NULL, energy, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_gradients(NULL, w[1], &b, NULL, energy, to, NULL) == PASSWD_ERROR_ARGUMENT);
    lo.training = 1;
    CHECK(passwd_gradients(T.m, w[1], &b, &lo, energy, to, NULL)
        == PASSWD_ERROR_UNSUPPORTED); /* statistics of the batch */
    b.events = 0;
    CHECK(passwd_gradients(T.m, w[1], &b, NULL, energy, to, NULL) == PASSWD_ERROR_ARGUMENT);
    b.events = EVENTS;
    for (k = 0; k < EVENTS * 4; k++) CHECK(g[0][k] != g[0][k]); /* untouched */
    CHECK(passwd_gradients(T.m, w[1], &b, NULL, NULL, to, NULL) == PASSWD_OK);
    CHECK(g[0][0] == g[0][0]);
    to[0] = NULL;
    CHECK(passwd_gradients(T.m, w[1], &b, NULL, energy, to, NULL) == PASSWD_OK);
    for (k = 0; k < 2; k++) passwd_workspace_free(w[k]);
    close_net(&T);
}

/* --- tests of the tests, and what tables do not hold --- */

/* A gradient that is wrong on purpose: the library is told to stop it, or to scale it, where the reference does not. */
static void test_planted(int kind) {
    int x, y;
    open_net(&T, 7);
    x = input(&T, 1, 1, 4, -1, 1);
    y = linear(&T, x, 5, 1, "a");
    if (kind == 0) { /* the same numbers, one of two ways without gradient */
        y = like(&T, BINARY, y, y, 5);
        T.n[y].i[0] = '+';
        is(&T, y, passwd_add(T.m, at(&T, T.n[y].in[0]), passwd_detach(T.m, at(&T, T.n[y].in[0]))));
    }
    finish_net(&T, y);
    if (kind == 1) { /* one entry of one tensor, against the check itself */
        const char *where = "";
        double *p;
        result r;
        int e, k;
        CHECK(passwd_model_build(T.m, 7, NULL) == PASSWD_OK);
        p = random_parameters(&T);
        for (e = 0; e < EVENTS; e++)
            for (k = 0; k < T.count; k++) T.value[e][k] = (double *)calloc((size_t)(8 * T.max_objects), sizeof(double));
        r = evaluate(&T, PASSWD_SIMD_AUTO, &T.options);
        reference(&T, p, 0);
        CHECK(gradient_error(&T, p, r.gradient, 0, &where) < 1e-4);
        r.gradient[passwd_parameter_find(T.m, "a.weight")->offset + 7] *= 1.01f;
        CHECK(gradient_error(&T, p, r.gradient, 0, &where) > 1e-4 && strcmp(where, "a.weight") == 0);
        r.gradient[passwd_parameter_find(T.m, "a.weight")->offset + 7] /= 1.01f;
        r.gradient[passwd_parameter_find(T.m, "a.bias")->offset + 2] = NAN;
        CHECK(!(gradient_error(&T, p, r.gradient, 0, &where) < 1e-4));
        forget(&r);
        free(p);
        close_net(&T);
        return;
    }
    judge(&T, "a wrong gradient", WRONG);
}

/* Objects in another order give the same objects in that order, and the same candidates. */
static void test_permutation(int F, int N) {
    const float *inputs[8];
    float *a[3], *b[3], *moved;
    double *p, worst[3] = { 0, 0, 0 };
    passwd_workspace *w = NULL;
    passwd_batch batch;
    int e, i, k, f, order[64];
    record_abc(F, N, 0, 0); /* outputs: objects, candidates, choice */
    CHECK(passwd_model_build(T.m, 3, NULL) == PASSWD_OK);
    p = random_parameters(&T);
    batch = batch_of(&T, inputs);
    CHECK(passwd_workspace_new(T.m, NULL, &w, NULL) == PASSWD_OK);
    for (k = 0; k < 3; k++) {
        a[k] = (float *)calloc(EVENTS * passwd_output_size(T.m, k), sizeof(float));
        b[k] = (float *)calloc(EVENTS * passwd_output_size(T.m, k), sizeof(float));
    }
    CHECK(passwd_run(T.m, w, &batch, a, NULL) == PASSWD_OK);
    moved = (float *)calloc((size_t)(EVENTS * N * 5), sizeof(float));
    for (e = 0; e < EVENTS; e++)
        for (i = 0; i < T.objects[e]; i++) { /* turned around, and rotated */
            const int n = T.objects[e], to = (n - 1 - i + e) % n;
            memcpy(moved + (e * N + to) * 5, inputs[0] + (e * N + i) * 5, 5 * sizeof(float));
        }
    inputs[0] = moved;
    CHECK(passwd_run(T.m, w, &batch, b, NULL) == PASSWD_OK);
    for (e = 0; e < EVENTS; e++)
        for (k = 0; k < 3; k++) {
            const int n = k == 1 ? 3 : T.objects[e], width = (int)passwd_output_size(T.m, k) / (k == 1 ? 3 : N);
            for (i = 0; i < n; i++) {
                order[0] = k == 1 ? i : (n - 1 - i + e) % n;
                for (f = 0; f < width; f++) {
                    const double d =
                        fabs((double)b[k][(size_t)e * passwd_output_size(T.m, k) + (size_t)(order[0] * width + f)]
                            - (double)a[k][(size_t)e * passwd_output_size(T.m, k) + (size_t)(i * width + f)]);
                    if (!(d <= worst[k])) worst[k] = d;
                }
            }
        }
    CHECK_BELOW(worst[0], 1e-4);
    CHECK_BELOW(worst[1], 1e-4);
    CHECK(worst[2] == 0.0);
    for (k = 0; k < 3; k++) {
        free(a[k]);
        free(b[k]);
    }
    passwd_workspace_free(w);
    free(moved);
    free(p);
    close_net(&T);
}

/* Losses of every event of a net without parameters of note; step numbers the random numbers. */
static void losses_of(net *t, int64_t step, int training, double *per_event, float *gradient) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    const float *inputs[8];
    passwd_batch b = batch_of(t, inputs);
    float *f = (float *)calloc((size_t)(EVENTS * t->n_losses), sizeof *f);
    double terms[8];
    int k;
    memset(&o, 0, sizeof o);
    o.losses = 1;
    t->options.training = training;
    t->options.step = step;
    CHECK(passwd_workspace_new(t->m, &o, &w, NULL) == PASSWD_OK);
    CHECK(passwd_losses(t->m, w, &b, &t->options, terms, f, gradient, NULL) == PASSWD_OK);
    for (k = 0; k < EVENTS * t->n_losses; k++) per_event[k] = (double)f[k];
    free(f);
    passwd_workspace_free(w);
}
static void test_dropout_numbers(void) {
    enum { F = 500 };
    double first[EVENTS], again[EVENTS], sum = 0, change = 0;
    const double rate = 0.3;
    int e, step, k;
    open_net(&T, 1);
    k = input(&T, 0, 1, F, 1.0, 1.0);
    loss(&T, distance(&T, dropout(&T, k, (float)rate), -1, 0), 1.0f);
    CHECK(passwd_model_build(T.m, 1, NULL) == PASSWD_OK);
    losses_of(&T, 0, 0, first, NULL);
    for (e = 0; e < EVENTS; e++) CHECK(first[e] == 1.0); /* evaluation */
    losses_of(&T, 0, 1, first, NULL);
    losses_of(&T, 0, 1, again, NULL);
    CHECK(memcmp(first, again, sizeof first) == 0);
    for (step = 0; step < 20; step++) {
        losses_of(&T, step, 1, again, NULL);
        for (e = 0; e < EVENTS; e++) {
            const double kept = again[e] * F * (1 - rate) * (1 - rate);
            if (fabs(kept - floor(kept + 0.5)) > 1e-2) CHECK(!"dropout keeps or drops");
            sum += kept;
            change += again[e] != first[e];
        }
    }
    sum /= 20 * EVENTS * F;
    CHECK_BELOW(fabs(sum - (1 - rate)), 5 * sqrt(rate * (1 - rate) / (20 * EVENTS * F)));
    CHECK(change > 300); /* other steps and events draw other numbers */
    close_net(&T);
}
/* Categories drawn at random are even; Gumbel's follow the softmax of the scores. */
static void test_choice_numbers(int gumbel) {
    enum { N = 12, C = 3, STEPS = 150 };
    static const double scores[C] = { 0.0, 0.7, -0.5 };
    double p[C], per_event[EVENTS * C], count[C] = { 0, 0, 0 }, all = 0, chi2 = 0;
    int e, k, step, x, s, ones;
    open_net(&T, N);
    T.options.seed = 11;
    x = input(&T, 1, 1, C, 0, 0);
    for (e = 0; e < EVENTS * N; e++)
        for (k = 0; k < C; k++) T.data[0][e * C + k] = (float)scores[k];
    ones = activate(&T, features(&T, x, 0, 1), PASSWD_ACTIVATE_AFFINE, 0.0, 1.0);
    s = gumbel ? choice(&T, x, the_mask(&T), C, PASSWD_CHOICE_GUMBEL_HARD, 0.5f)
               : is(&T, like(&T, CHOICE, the_mask(&T), -1, C), passwd_random_choice(T.m, passwd_input_mask(T.m), C));
    s = pool(&T, s, ones);
    for (k = 0; k < C; k++) loss(&T, distance(&T, select_rows(&T, s, &k, 1), -1, 0), 1.0f); /* its number squared */
    CHECK(passwd_model_build(T.m, 1, NULL) == PASSWD_OK);
    for (step = 0; step < STEPS; step++) {
        losses_of(&T, step, 1, per_event, NULL);
        for (e = 0; e < EVENTS; e++) {
            double sum = 0;
            for (k = 0; k < C; k++) {
                const double n = sqrt(per_event[e * C + k]);
                count[k] += n;
                sum += n;
            }
            if (!(sum == (double)T.objects[e])) CHECK(!"every valid row has one category, padding none");
            all += sum;
        }
    }
    for (k = 0; k < C; k++) p[k] = gumbel ? scores[k] : 0.0;
    ref_softmax(p, C);
    for (k = 0; k < C; k++) chi2 += (count[k] - all * p[k]) * (count[k] - all * p[k]) / (all * p[k]);
    CHECK_BELOW(chi2, 13.8); /* two degrees of freedom: 0.1 % */
    close_net(&T);
}
/* Straight through: the values are hard, the gradient is the soft one's (the loss is linear in the choice). */
static void test_straight_through(void) {
    float *g[2];
    double per_event[EVENTS], off = 0, size = 0;
    int k, i, x, s, count = 0;
    for (k = 0; k < 2; k++) {
        double *p;
        seed_state = 5u;
        open_net(&T, 7);
        T.options.seed = 2;
        x = input(&T, 1, 1, 4, -1, 1);
        s = choice(
            &T, linear(&T, x, 3, 1, "s"), the_mask(&T), 3, k ? PASSWD_CHOICE_GUMBEL_HARD : PASSWD_CHOICE_GUMBEL, 0.7f);
        loss(&T, sum_rows(&T, mask_rows(&T, linear(&T, s, 1, 0, "t"), the_mask(&T))), 1.0f);
        CHECK(passwd_model_build(T.m, 1, NULL) == PASSWD_OK);
        p = random_parameters(&T);
        g[k] = (float *)calloc(passwd_parameter_floats(T.m), sizeof(float));
        losses_of(&T, 4, 1, per_event, g[k]);
        count = (int)passwd_parameter_find(T.m, "s.weight")->count;
        if (k)
            for (i = 0; i < count; i++) {
                const size_t o = passwd_parameter_find(T.m, "s.weight")->offset + (size_t)i;
                off += fabs((double)g[1][o] - (double)g[0][o]);
                size += fabs((double)g[0][o]);
            }
        free(p);
        close_net(&T);
    }
    CHECK(size > 0.0);
    CHECK_BELOW(off / size, 1e-6);
    free(g[0]);
    free(g[1]);
}
/* Running statistics after one step: a tenth of the batch's, with the unbiased variance. */
static void test_running_statistics(int F) {
    const float *inputs[8];
    passwd_train_options o;
    passwd_batch b;
    passwd_error error;
    int x, e, r, f, rows = 0;
    open_net(&T, 4);
    x = input(&T, 0, 3, F, -1, 3);
    finish_net(&T, linear(&T, batch_norm(&T, x, NULL, "bn"), 2, 1, "a"));
    if (!CHECK_OK(passwd_model_build(T.m, 1, &error), error)) {
        close_net(&T);
        return;
    }
    b = batch_of(&T, inputs);
    memset(&o, 0, sizeof o);
    o.steps = 1;
    o.batch = EVENTS;
    o.keep_last = 1;
    CHECK_OK(passwd_train(T.m, &b, &o, NULL, &error), error);
    rows = EVENTS * 3;
    for (f = 0; f < F; f++) {
        double mean = 0, var = 0;
        for (e = 0; e < EVENTS; e++)
            for (r = 0; r < 3; r++) mean += (double)T.data[0][(e * 3 + r) * F + f] / rows;
        for (e = 0; e < EVENTS; e++)
            for (r = 0; r < 3; r++) var += pow((double)T.data[0][(e * 3 + r) * F + f] - mean, 2) / (rows - 1);
        CHECK_BELOW(
            fabs((double)passwd_parameters(T.m)[passwd_parameter_find(T.m, "bn.running_mean")->offset + (size_t)f]
                - 0.1 * mean),
            1e-5);
        CHECK_BELOW(
            fabs((double)passwd_parameters(T.m)[passwd_parameter_find(T.m, "bn.running_var")->offset + (size_t)f] - 0.9
                - 0.1 * var),
            1e-4);
    }
    close_net(&T);
}

/* Far out, and in steps between: functions by the library's own exponentials and fits, against libm's. */
static void test_tails(void) {
    enum { ROWS = 2001 };
    float *out[3], *x;
    const float *inputs[8];
    passwd_workspace *w = NULL;
    passwd_workspace_options o;
    passwd_batch b;
    double worst[3] = { 0, 0, 0 };
    int level, k, r, y[3], z[3];
    open_net(&T, 1);
    for (k = 0; k < 3; k++) z[k] = input(&T, 0, ROWS, 1, 0, 0);
    y[0] = activate(&T, z[0], PASSWD_ACTIVATE_GELU, 0, 0);
    y[1] = binary(&T, z[0], z[1], 's');
    y[2] = gru(&T, z[0], z[1], z[2], 0.5f, "g");
    for (k = 0; k < 3; k++) passwd_output(T.m, at(&T, y[k]), "y");
    CHECK(passwd_model_build(T.m, 1, NULL) == PASSWD_OK);
    for (k = 0; k < 3; k++) { /* update, fresh, old */
        x = T.data[k];
        for (r = 0; r < ROWS; r++)
            x[r] = k == 0 ? (float)(r - 1000) * (r % 3 ? 0.01f : 0.2f)
                          : (float)uniform(-1.0, 1.0)
                    * (r % 5        ? 2.0f
                            : r % 2 ? 200.0f
                                    : 10.0f);
        out[k] = (float *)malloc(ROWS * sizeof(float));
    }
    b = batch_of(&T, inputs);
    b.events = 1;
    memset(&o, 0, sizeof o);
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++) {
        if (!passwd_simd_available((passwd_simd)level)) continue;
        o.simd = (passwd_simd)level;
        CHECK(passwd_workspace_new(T.m, &o, &w, NULL) == PASSWD_OK && passwd_run(T.m, w, &b, out, NULL) == PASSWD_OK);
        for (r = 0; r < ROWS; r++) {
            const double u = (double)T.data[0][r], h = (double)T.data[1][r], old = (double)T.data[2][r],
                         s = 1 / (1 + exp(0.5 - u));
            const double want[3] = { 0.5 * u * erfc(-u / sqrt(2.0)), h / (1 + exp(-u)), (1 - s) * old + s * tanh(h) },
                         size[3] = { fabs(u) + 1, fabs(h) + 1, fabs(old) + 1 };
            for (k = 0; k < 3; k++) {
                const double d = fabs((double)out[k][r] - want[k]) / size[k];
                if (!(d <= worst[k])) worst[k] = d;
            }
        }
        passwd_workspace_free(w);
    }
    CHECK_BELOW(worst[0], 3e-7);
    CHECK_BELOW(worst[1], 3e-7);
    CHECK_BELOW(worst[2], 5e-7);
    for (k = 0; k < 3; k++) free(out[k]);
    close_net(&T);
}

typedef struct test {
    void (*run)(int F, int N, int v);
    int variants, size;
} test;
static const test tests[] = { { test_linear, 8, 0 }, { test_norm, 12, 0 }, { test_batch_norm, 8, 0 },
    { test_activation, PASSWD_ACTIVATE_GELU, 0 }, { test_binary, 7, 0 }, { test_small, 6, 0 },
    { test_attention, 40, 0 }, { test_choice, 6, 0 }, { test_hard_choice, 2, 0 }, { test_random, 3, 0 },
    { test_pool, 2, 0 }, { test_unmasked, 3, 0 }, { test_pairs, 1, 0 }, { test_mass, 1, 0 }, { test_losses, 4, 0 },
    { test_cross_entropy, 4, 0 }, { test_mlp, 4, 0 }, { test_block, 4, 1 }, { test_abc, 4, 1 },
    { test_later_activations, PASSWD_ACTIVATIONS - PASSWD_ACTIVATE_GELU, 1 }, { test_linear_pair, 8, 0 },
    { test_groups, 4, 1 }, { test_gates, 7, 0 }, { test_rows, 8, 1 }, { test_value_norm, 8, 0 },
    { test_multihead, 12, 0 }, { test_custom, 10, 1 }, { test_divergence, 8, 0 }, { test_noise, 4, 0 },
    { test_recurrence, RECURRENCES, 0 }, { test_inputs, INPUT_NETS, 0 }, { test_graphs, 8, 0 } };

int main(int argc, char **argv) {
    static const int F[5] = { 1, 3, 5, 17, 31 }, N[5] = { 20, 12, 7, 2, 1 };
    size_t k;
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0; /* for emulators: one size each */
    int v, i;
    verbose = argc > 1 && !quick;
    for (k = 0; k < sizeof tests / sizeof *tests; k++)
        for (v = 0; v < tests[k].variants; v++) {
            if (tests[k].run == test_binary && v == 3) continue;
            /* two sizes each, so that every operation meets every width and number of objects over its variants */
            for (i = 0; i < (quick ? 1 : 2); i++) tests[k].run(F[(v + 2 * i + (int)k) % 5], N[(v + i + (int)k) % 5], v);
            if (tests[k].size && !quick)
                for (i = 0; i < 5; i++) tests[k].run(F[i], N[4 - i], v);
        }
    for (v = 0; v < 2; v++) test_planted(v);
    for (i = 0; i < 4; i++) test_permutation(F[i + 1], N[i]);
    test_dropout_numbers();
    test_choice_numbers(0);
    test_choice_numbers(1);
    test_straight_through();
    test_tails();
    test_recurrence_refusals();
    test_inputs_refusals();
    for (v = PASSWD_SIMD_SCALAR; v <= PASSWD_SIMD_NEON; v++)
        if (passwd_simd_available((passwd_simd)v)) test_noise_numbers(v);
    test_running_statistics(3);
    test_running_statistics(100); /* wide inputs too */
    return finish();
}
