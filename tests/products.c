/* Tensor attention over one to five products, operation by operation: against sums by the definition, in double
   precision, and gradients by differences.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/products.c -o build/test_products -lm && build/test_products */
#include <float.h>
#include <math.h>
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "check.h"

enum { EVENTS = 9, ROWS = 7, DIM = 3, MOST_CELLS = ROWS * ROWS * ROWS * ROWS * ROWS, KINDS = 4 };
static passwd_error e;
static double uniform(uint32_t stream, uint32_t k) { return passwd_random_uniform(7, stream, k); }

/* Groups of the products: 0 the identity alone, 1 the first two, 2 all in a circle, 3 all orders. */
static void make_cells(passwdi_spanet_cells *t, int products, int kind, int units) {
    passwdi_topology_group *g = (passwdi_topology_group *)calloc(1, sizeof *g);
    signed char row[8];
    int k;
    memset(t, 0, sizeof *t);
    passwdi_topology_group_begin(g, products, PASSWD_SPANET_ORDERS);
    passwdi_topology_identity(row);
    if (kind == 1 || kind == 3) {
        row[0] = (signed char)(products > 1);
        row[products > 1] = 0;
        CHECK(passwdi_topology_generate(g, row));
    }
    for (k = 0; k < products; k++) row[k] = (signed char)((k + 1) % products);
    if (kind >= 2) CHECK(passwdi_topology_generate(g, row));
    passwdi_topology_elements(g, &t->permutation[0][0], PASSWD_SPANET_PRODUCTS, &t->permutations);
    free(g);
    t->products = products;
    t->scale = (float)pow(DIM, -0.5 * products);
    t->units = units;
    t->momenta = DIM * PASSWD_SPANET_PRODUCTS;
}
/* What is minimised: the sum of the cells that can be chosen, times numbers that follow no symmetry. */
static double factor(size_t cell, int lane) { return sin(1.7 * (double)cell + 0.3 * lane); }
static void weigh_forward(const passwd_lanes *v) {
    const size_t cells = (size_t)v->rows[0];
    size_t c;
    int l;
    for (l = 0; l < 16; l++) {
        double sum = 0.0;
        for (c = 0; c < cells; c++)
            if (v->in[0][c * 16 + (size_t)l] > -1e29f) sum += factor(c, 0) * (double)v->in[0][c * 16 + (size_t)l];
        v->out[l] = (float)sum;
    }
}
static void weigh_backward(const passwd_lanes *v) {
    const size_t cells = (size_t)v->rows[0];
    size_t c;
    int l;
    for (l = 0; v->in_gradient[0] && l < 16; l++)
        for (c = 0; c < cells; c++)
            if (v->in[0][c * 16 + (size_t)l] > -1e29f)
                v->in_gradient[0][c * 16 + (size_t)l] += (float)factor(c, 0) * v->out_gradient[l];
}

typedef enum attention { SPLIT, FULL, MASSES } attention;
typedef struct trial {
    passwdi_spanet_cells t;
    attention kind;
    passwd_model *m;
    float *x;
    int32_t objects[EVENTS];
    const float *inputs[1], *weights, *hidden, *output;
    passwd_batch batch;
} trial;
static const float *named(const trial *x, const char *name) {
    const passwd_parameter *p = passwd_parameter_find(x->m, name);
    return passwd_parameters(x->m) + (CHECK(p != NULL) ? p->offset : 0);
}
enum { WIDTH = DIM * PASSWD_SPANET_PRODUCTS + 4 };
/* The operation of passwdi_spanet_attention, on vectors that are linear in the inputs. */
static void begin(trial *x, attention kind, int products, int group) {
    passwd_value all, mask, y[PASSWD_SPANET_PRODUCTS + 1], z;
    int shape[PASSWD_SPANET_PRODUCTS], k, i, f, first, second;
    const size_t cells = passwdi_spanet_power(ROWS, products) * 16, room = cells + 65536;
    memset(x, 0, sizeof *x);
    make_cells(&x->t, products, group, kind == MASSES ? 3 : 0);
    x->kind = kind;
    CHECK_OK(passwd_model_new(NULL, &x->m, &e), e);
    all = passwd_input_objects(x->m, "x", ROWS, WIDTH);
    mask = passwd_input_mask(x->m);
    for (k = 0; k < products; k++) {
        shape[k] = DIM;
        y[k] = passwd_linear(x->m, all, DIM, 1, passwdi_spanet_under("y", "", kind == FULL ? 0 : k).text);
        if (kind == FULL) break;
    }
    if (kind == SPLIT) {
        if (passwdi_spanet_joined(products)) y[0] = passwd_concat(x->m, y, products);
        i = passwdi_spanet_joined(products) ? 1 : products;
        y[i] = mask;
        z = passwdi_spanet_operation(x->m, passwdi_spanet_split_forward, passwdi_spanet_split_backward, y, i + 1, -1,
            -1, products, 1, room, &x->t);
    } else if (kind == FULL) {
        for (k = 0; k < products; k++) shape[k] = DIM;
        y[1] = mask;
        first = passwd_parameter_new(x->m, "weights", products, shape, 1, 1, 1.0f);
        z = passwdi_spanet_operation(
            x->m, passwdi_spanet_full_forward, passwdi_spanet_full_backward, y, 2, first, -1, products, 1, room, &x->t);
    } else {
        shape[0] = 3;
        shape[1] = (1 << products) - products;
        first = passwd_parameter_new(x->m, "hidden", 2, shape, 1, 1, 1.5f);
        second = passwd_parameter_new(x->m, "output", 1, shape, 1, 1, 1.0f);
        z = passwdi_spanet_operation(x->m, passwdi_spanet_mass_forward, passwdi_spanet_mass_backward, &all, 1, first,
            second, products, 1, cells + 3 * 30 * 16, &x->t);
    }
    passwd_output(x->m, z, "cells");
    passwd_loss(
        x->m, passwdi_spanet_operation(x->m, weigh_forward, weigh_backward, &z, 1, -1, -1, 0, 1, 0, NULL), 1.0f, "sum");
    CHECK_OK(passwd_model_build(x->m, 5, &e), e);
    if (kind == FULL) x->weights = named(x, "weights");
    if (kind == MASSES) {
        x->hidden = named(x, "hidden");
        x->output = named(x, "output");
    }
    x->x = (float *)calloc((size_t)EVENTS * ROWS * WIDTH, sizeof *x->x);
    for (k = 0; k < EVENTS; k++) {
        x->objects[k] = 1 + k % ROWS;
        for (i = 1; i < x->objects[k]; i++)
            for (f = 0; f < WIDTH; f++)
                x->x[(k * ROWS + i) * WIDTH + f] =
                    (float)(2.0 * uniform(1, (uint32_t)((k * ROWS + i) * WIDTH + f)) - 1);
        for (i = 1; i < x->objects[k]; i++) { /* energies above momenta */
            float *p = x->x + (k * ROWS + i) * WIDTH + x->t.momenta;
            p[0] = sqrtf(0.04f + p[1] * p[1] + p[2] * p[2] + p[3] * p[3]);
        }
    }
    x->inputs[0] = x->x;
    x->batch.events = EVENTS;
    x->batch.inputs = x->inputs;
    x->batch.objects = x->objects;
}
static void end(trial *x) {
    free(x->x);
    passwd_model_free(x->m);
}
/* Component d of the vector of product k of a row. */
static double vector_of(const trial *x, int event, int row, int k, int d) {
    const char *w = passwdi_spanet_under("y", "", k).text;
    char name[32];
    double sum;
    const float *weight;
    int f;
    snprintf(name, sizeof name, "%s.weight", x->kind == FULL ? "y0" : w);
    weight = named(x, name);
    snprintf(name, sizeof name, "%s.bias", x->kind == FULL ? "y0" : w);
    sum = (double)named(x, name)[d];
    for (f = 0; f < WIDTH; f++) sum += (double)weight[d * WIDTH + f] * (double)x->x[(event * ROWS + row) * WIDTH + f];
    return sum;
}
/* One cell before symmetries: the definition. */
static double raw_cell(const trial *x, int event, const int *at, double y[ROWS][PASSWD_SPANET_PRODUCTS][DIM]) {
    const int k = x->t.products;
    const size_t terms = passwdi_spanet_power(DIM, k);
    double sum = 0.0;
    size_t n;
    int i, d, set, u;
    if (x->kind == SPLIT)
        for (d = 0; d < DIM; d++) {
            double p = pow(DIM, -0.5 * k);
            for (i = 0; i < k; i++) p *= y[at[i]][i][d];
            sum += p;
        }
    else if (x->kind == FULL)
        for (n = 0; n < terms; n++) {
            size_t rest = n;
            double p = pow(DIM, -0.5 * k) * (double)x->weights[n];
            for (i = k - 1; i >= 0; i--, rest /= DIM) p *= y[at[i]][0][rest % DIM];
            sum += p;
        }
    else
        for (u = 0; u < 3; u++) {
            const float *w = x->hidden + u * ((1 << k) - k);
            double hidden = 0.0;
            int used = 0;
            for (set = 1; set < 1 << k; set++) {
                double p[4] = { 0, 0, 0, 0 };
                if (!(set & (set - 1))) continue;
                for (i = 0; i < k; i++)
                    for (d = 0; d < 4 && set >> i & 1; d++)
                        p[d] += (double)x->x[(event * ROWS + at[i]) * WIDTH + x->t.momenta + d];
                hidden += (double)w[used++] * log(p[0] * p[0] - p[1] * p[1] - p[2] * p[2] - p[3] * p[3]);
            }
            hidden += (double)w[used];
            if (hidden > 0.0) sum += (double)x->output[u] * hidden;
        }
    return sum;
}
/* Every cell of every event, and the same bits from all instruction sets. */
static void check_forward(const trial *x, const char *what) {
    static const passwd_simd levels[] = { PASSWD_SIMD_SCALAR, PASSWD_SIMD_AVX2, PASSWD_SIMD_AVX512, PASSWD_SIMD_NEON };
    static double y[ROWS][PASSWD_SPANET_PRODUCTS][DIM];
    const int k = x->t.products;
    const size_t cells = passwdi_spanet_power(ROWS, k);
    float *out[2], *got[1];
    double worst = 0.0;
    size_t c, l;
    int event, at[PASSWD_SPANET_PRODUCTS], i, d, g, wrong = 0, image[PASSWD_SPANET_PRODUCTS];
    for (i = 0; i < 2; i++) out[i] = (float *)malloc(cells * EVENTS * sizeof(float));
    for (l = 0; l < sizeof levels / sizeof *levels; l++) {
        passwd_workspace_options o;
        passwd_workspace *w = NULL;
        memset(&o, 0, sizeof o);
        o.simd = levels[l];
        if (passwd_workspace_new(x->m, &o, &w, &e) != PASSWD_OK) continue; /* not on this processor */
        got[0] = out[l > 0];
        CHECK_OK(passwd_run(x->m, w, &x->batch, got, &e), e);
        if (l) CHECK(memcmp(out[0], out[1], cells * EVENTS * sizeof(float)) == 0);
        passwd_workspace_free(w);
    }
    for (event = 0; event < EVENTS; event++) {
        for (i = 1; x->kind != MASSES && i < x->objects[event]; i++)
            for (g = 0; g < (x->kind == FULL ? 1 : k); g++)
                for (d = 0; d < DIM; d++) y[i][g][d] = vector_of(x, event, i, g, d);
        for (c = 0; c < cells; c++) {
            size_t rest = c;
            double sum = 0.0;
            int possible = 1, padded = 0;
            for (i = k - 1; i >= 0; i--, rest /= ROWS) at[i] = (int)(rest % ROWS);
            for (i = 0; i < k; i++) {
                padded |= at[i] >= x->objects[event];
                possible &= at[i] > 0;
                for (g = 0; g < i; g++) possible &= at[i] != at[g];
            }
            if (padded) continue; /* rows that do not exist are not written */
            if (!possible) {
                wrong += x->kind == MASSES ? fabs((double)out[0][(size_t)event * cells + c]) > 0.0
                                           : out[0][(size_t)event * cells + c] > -1e29f;
                continue;
            }
            for (g = 0; g < x->t.permutations; g++) {
                for (i = 0; i < k; i++) image[i] = at[(int)x->t.permutation[g][i]];
                sum += raw_cell(x, event, image, y) / x->t.permutations;
            }
            worst = fmax(worst, fabs((double)out[0][(size_t)event * cells + c] - sum));
        }
    }
    if (!CHECK_BELOW(worst, x->kind == MASSES ? 3e-5 : 3e-6) || !CHECK(wrong == 0)) printf("  %s\n", what);
    for (i = 0; i < 2; i++) free(out[i]);
}
/* Each parameter by differences; in what it is linear in, of any size. */
static void check_gradient(trial *x, const char *what) {
    const size_t n = passwd_parameter_floats(x->m);
    float *p = (float *)malloc(n * sizeof *p), *g = (float *)calloc(n, sizeof *g),
          *moved = (float *)malloc(n * sizeof *moved);
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    double term, side[2], largest = 0.0, worst = 0.0;
    size_t k, i;
    int a, s;
    memset(&o, 0, sizeof o);
    o.losses = 1;
    CHECK_OK(passwd_workspace_new(x->m, &o, &w, &e), e);
    memcpy(p, passwd_parameters(x->m), n * sizeof *p);
    CHECK_OK(passwd_losses(x->m, w, &x->batch, NULL, &term, NULL, g, &e), e);
    for (k = 0; k < n; k++) largest = fmax(largest, fabs((double)g[k]));
    for (a = 0; a < passwd_parameter_count(x->m); a++) {
        const passwd_parameter *q = passwd_parameter_at(x->m, a);
        const double h = x->kind == SPLIT || strcmp(q->name, "weights") == 0 || strcmp(q->name, "output") == 0 ? 0.25
            : x->kind == FULL                                                                                  ? 0.01
                                                                                                               : 4e-3;
        for (i = 0; i<q->count; i += q->count> 12 ? q->count / 7 : 1) {
            memcpy(moved, p, n * sizeof *p);
            for (s = 0; s < 2; s++) {
                moved[q->offset + i] = (float)((double)p[q->offset + i] + (s ? -h : h));
                CHECK_OK(passwd_set_parameters(x->m, moved, &e), e);
                CHECK_OK(passwd_losses(x->m, w, &x->batch, NULL, side + s, NULL, NULL, &e), e);
            }
            worst = fmax(worst, fabs((side[0] - side[1]) / (2 * h) - (double)g[q->offset + i]));
        }
    }
    CHECK_OK(passwd_set_parameters(x->m, p, &e), e);
    CHECK(largest > 0.0);
    /* some hidden units pass the kink at 0 on the way */
    if (!CHECK_BELOW(worst / largest, x->kind == MASSES ? 8e-2 : 2e-3)) printf("  %s\n", what);
    passwd_workspace_free(w);
    free(p);
    free(g);
    free(moved);
}

int main(void) {
    static const char *const names[] = { "split", "full", "masses" };
    char what[64];
    int kind, k, group;
    trial x;
    for (kind = SPLIT; kind <= MASSES; kind++)
        for (k = kind == MASSES ? 2 : 1; k <= PASSWD_SPANET_PRODUCTS; k++)
            for (group = 0; group < KINDS; group++) {
                snprintf(what, sizeof what, "%s, %d products, group %d", names[kind], k, group);
                begin(&x, (attention)kind, k, group);
                check_forward(&x, what);
                check_gradient(&x, what);
                end(&x);
            }
    return finish();
}
