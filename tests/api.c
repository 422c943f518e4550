/* What calls answer to bad arguments, missing memory, bad files and odd events; training at its edges; the ABC
   network's jobs.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tests/api.c -o build/test_api -lm && build/test_api */
#include "../passwd.h"
#include "check.h"
#include "counting.h"

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

#define FILE_A scratch_file("test_api.safetensors")
#define FILE_B scratch_file("test_api2.safetensors")

/* a call that must fail: its status, a whole sentence, and an error that says the same */
#define REFUSED(call, wanted) \
    (memset(&error, 0, sizeof error), check_refused((int)(call), (int)(wanted), &error, #call, __LINE__))
static passwd_error error;
static int check_refused(int status, int wanted, const passwd_error *e, const char *what, int line) {
    const int good = status == wanted && (int)e->status == wanted && strlen(e->message) > 10;
    if (!check_count(good, what, __FILE__, line)) printf("  status %d, not %d: \"%s\"\n", status, wanted, e->message);
    return good;
}

/* --- events from text --- */

typedef struct text {
    const char *at;
    size_t left;
} text;
static size_t text_read(void *user, char *buffer, size_t bytes) {
    text *t = (text *)user;
    if (bytes > t->left) bytes = t->left;
    memcpy(buffer, t->at, bytes);
    t->at += bytes;
    t->left -= bytes;
    return bytes;
}
static passwd_status events_of(const char *csv, const passwd_allocator *a, passwd_events *v) {
    passwd_event_reader *r = NULL;
    text t;
    passwd_status s;
    t.at = csv;
    t.left = strlen(csv);
    memset(v, 0, sizeof *v);
    s = passwd_event_reader_open_callback(text_read, &t, "test.csv", NULL, a, &r, &error);
    if (s == PASSWD_OK) s = passwd_events_read(r, v, INT64_MAX, &error);
    passwd_event_reader_close(r);
    return s;
}
/* events with 2 to 8 jets; alike: all the same */
static char *random_csv(int events, int alike) {
    char *csv = (char *)malloc((size_t)events * 700 + 100);
    size_t at = (size_t)sprintf(csv, "event,object,pt,eta,phi,m\n");
    int e, k;
    for (e = 0; e < events; e++)
        for (k = 0; k < (alike ? 4 : 2 + e % 7); k++) {
            const uint32_t n = (uint32_t)((alike ? 0 : e * 8) + k);
            at += (size_t)sprintf(csv + at, "%d,j,%.3f,%.4f,%.4f,%.3f\n", e,
                50.0 + 400.0 * passwd_random_uniform(1, 1, n), 4.0 * passwd_random_uniform(1, 2, n) - 2.0,
                6.28 * passwd_random_uniform(1, 3, n) - 3.14, 5.0 + 20.0 * passwd_random_uniform(1, 4, n));
        }
    return csv;
}

/* --- a small model of every kind of operation --- */

/* out[i][j] = p (x_i[0] - x_j[1]), by rows of pairs */
static void pair_forward(const passwd_lanes *v) {
    const int n = v->objects, F = v->features[0];
    int i, j, l;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            for (l = 0; l < 16; l++)
                v->out[(i * n + j) * 16 + l] =
                    v->parameter[0][0] * (v->in[0][i * F * 16 + l] - v->in[0][(j * F + 1) * 16 + l]);
}
static void pair_backward(const passwd_lanes *v) {
    const int n = v->objects, F = v->features[0];
    int i, j, l;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            for (l = 0; l < 16; l++) {
                const float d = v->out_gradient[(i * n + j) * 16 + l];
                v->parameter_gradient[0][0] += d * (v->in[0][i * F * 16 + l] - v->in[0][(j * F + 1) * 16 + l]);
                if (!v->in_gradient[0]) continue;
                v->in_gradient[0][i * F * 16 + l] += d * v->parameter[0][0];
                v->in_gradient[0][(j * F + 1) * 16 + l] -= d * v->parameter[0][0];
            }
}
static passwd_custom_options pair_options(passwd_value x, int parameter) {
    passwd_custom_options o;
    memset(&o, 0, sizeof o);
    o.forward = pair_forward;
    o.backward = pair_backward;
    o.inputs = 1;
    o.in[0] = x;
    o.parameters = 1;
    o.parameter[0] = parameter;
    o.power = 2;
    o.rows = o.features = 1;
    o.scratch = 5;
    return o;
}
static passwd_status small_model(const passwd_allocator *a, passwd_model **out) {
    passwd_model *m = NULL;
    passwd_abc_layer_options o;
    passwd_abc_layer_values l;
    passwd_value x, mask, p, list[2];
    passwd_custom_options c;
    const int widths[2] = { 6, 4 }, one[1] = { 1 };
    passwd_status s = passwd_model_new(a, &m, &error);
    if (s != PASSWD_OK) return s;
    memset(&o, 0, sizeof o);
    o.block.heads = 2;
    o.block.hidden = 1;
    o.block.hidden_width = 5;
    o.categories = 3;
    x = passwd_input_objects(m, "x", 5, 4);
    mask = passwd_input_mask(m);
    p = passwd_linear(m, passwd_pairs(m, x, 1), 1, 1, "bias");
    list[0] = passwd_linear(m, passwd_batch_norm(m, x, NULL, "norm"), 4, 1, "embed");
    list[1] = passwd_mlp(m, x, widths, 2, 1, PASSWD_ACTIVATE_RELU, "mlp");
    c = pair_options(list[0], passwd_parameter_new(m, "pair", 1, one, 1, 1, 0.5f));
    p = passwd_add(m, p, passwd_custom(m, &c));
    list[1] = passwd_gru(m, passwd_linear_pair(m, x, list[1], 4, "pair_x", "pair_y"), passwd_gated(m, list[0], list[1]),
        list[1], 1.0f, "gate");
    list[1] = passwd_batch_norm(m,
        passwd_activate(m, passwd_learnt_rows(m, list[1], 0, 4, "first"), PASSWD_ACTIVATE_GELU, 0.0f, 0.0f), NULL,
        "inner");
    list[1] = multihead(m, list[1], passwd_learnt_rows(m, x, -1, 4, "each"), mask, PASSWD_NONE, 2, 0, 0.0f, "heads");
    l = passwd_abc_layer(m, passwd_add(m, list[0], list[1]), mask, p, &o, 0);
    passwd_output(m, l.candidates, "candidates");
    passwd_output(m, l.choice, "choice");
    p = passwd_mean_square(m, passwd_linear(m, l.candidates, 4, 1, "out"), PASSWD_NONE);
    passwd_loss(m, passwd_sum_rows(m, p), 1.0f, "loss");
    s = passwd_model_build(m, 1, &error);
    if (s == PASSWD_OK) *out = m;
    else passwd_model_free(m);
    return s;
}

/* --- recording --- */

static void refuse_recording(int kind) {
    passwd_model *m = NULL;
    passwd_value x, y, e, mask, v = 0, list[2];
    const int rows[2] = { 0, 5 }, widths[2] = { 4, 4 }, shape[5] = { 2, 3, 2, 2, 2 }, none[2] = { 3, 0 },
              below[2] = { -1, -3 }, huge[4] = { 1 << 30, 1 << 30, 1 << 30, 1 << 30 };
    const float padding[4] = { 0, 0, 0, 0 };
    passwd_block_options b;
    passwd_abc_layer_options o;
    passwd_custom_options c;
    char long_name[200];
    passwd_status s;
    memset(&b, 0, sizeof b);
    memset(&o, 0, sizeof o);
    memset(long_name, 'a', sizeof long_name);
    long_name[199] = 0;
    b.heads = 3; /* does not divide 4 */
    o.block.heads = 2;
    o.categories = 3;
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_objects(m, "x", 5, 4);
    e = passwd_input_event(m, "e", 2, 4);
    mask = passwd_input_mask(m);
    y = passwd_linear(m, x, 3, 1, "a");
    list[0] = x;
    list[1] = e;
    c = pair_options(x, 0);
    switch (kind) {
    case 0: v = passwd_linear(m, 77, 3, 1, "b"); break;
    case 1: v = passwd_linear(m, PASSWD_NONE, 3, 1, "b"); break;
    case 2: v = passwd_linear(m, x, 0, 1, "b"); break;
    case 3: v = passwd_linear(m, x, -4, 1, "b"); break;
    case 4: v = passwd_linear(m, x, 3, 1, NULL); break;
    case 5: v = passwd_linear(m, x, 3, 1, long_name); break;
    case 6: v = passwd_linear(m, x, 4, 1, "a"); break; /* shares a name, has another shape */
    case 7: v = passwd_layer_norm(m, x, y, PASSWD_NONE, PASSWD_ACTIVATE_RELU, "n"); break;
    case 8: v = passwd_layer_norm(m, x, PASSWD_NONE, PASSWD_NONE, PASSWD_ACTIVATE_TANH, "n"); break;
    case 9: v = passwd_layer_norm(m, x, PASSWD_NONE, 99, PASSWD_ACTIVATE_RELU, "n"); break;
    case 10: v = passwd_layer_norm(m, e, PASSWD_NONE, mask, PASSWD_ACTIVATE_RELU, "n"); break;
    case 11: v = passwd_layer_norm(m, x, PASSWD_NONE, x, PASSWD_ACTIVATE_RELU, "n"); break;
    case 12: v = passwd_batch_norm(m, mask, NULL, "n"); break;
    case 13: v = passwd_batch_norm(m, e, padding, "n"); break;
    case 14: v = passwd_activate(m, 99, PASSWD_ACTIVATE_RELU, 0, 0); break;
    case 15: v = passwd_activate(m, x, (passwd_activation)99, 0, 0); break;
    case 16: v = passwd_add(m, x, y); break;
    case 17: v = passwd_multiply(m, x, e); break;
    case 18: v = passwd_mask_rows(m, x, y); break;
    case 19: v = passwd_mask_rows(m, e, mask); break;
    case 20: v = passwd_dropout(m, x, 1.0f); break;
    case 21: v = passwd_dropout(m, x, NAN); break;
    case 22: v = passwd_shift(m, x, 4, 1.0f); break;
    case 23: v = passwd_concat(m, list, 2); break;
    case 24: v = passwd_concat(m, NULL, 2); break;
    case 25: v = passwd_concat(m, list, 0); break;
    case 26: v = passwd_features(m, x, 2, 3); break;
    case 27: v = passwd_features(m, x, -1, 2); break;
    case 28: v = passwd_features(m, x, 2147483647, 2); break;
    case 29: v = passwd_select_rows(m, e, rows, 2); break;
    case 30: v = passwd_select_rows(m, x, rows, 2); break;
    case 31: v = passwd_select_rows(m, e, NULL, 1); break;
    case 32: v = attend(m, x, y, y, mask, PASSWD_NONE, 1, 0, 0, "t"); break;
    case 33: v = attend(m, x, x, x, mask, PASSWD_NONE, 3, 0, 0, "t"); break;
    case 34: v = attend(m, x, x, x, y, PASSWD_NONE, 1, 0, 0, "t"); break;
    case 35: v = attend(m, x, x, x, mask, y, 1, 0, 0, "t"); break;
    case 36: v = attend(m, x, x, x, mask, PASSWD_NONE, 0, 0, 0, "t"); break;
    case 37: v = attend(m, x, x, x, mask, PASSWD_NONE, 1, 0, 1.5f, "t"); break;
    case 38:
        v = attend(m, x, e, e, passwd_input_event(m, "m", 3, 1), PASSWD_NONE, 1, 0, 0, "t");
        break; /* a mask of other rows */
    case 39: v = passwd_choice(m, x, mask, 5, PASSWD_CHOICE_SOFT, 1.0f); break;
    case 40: v = passwd_choice(m, x, mask, 1, PASSWD_CHOICE_SOFT, 1.0f); break;
    case 41: v = passwd_choice(m, x, mask, 3, PASSWD_CHOICE_SOFT, 0.0f); break;
    case 42: v = passwd_choice(m, e, mask, 3, PASSWD_CHOICE_SOFT, 1.0f); break;
    case 43: v = passwd_choice(m, x, y, 3, PASSWD_CHOICE_SOFT, 1.0f); break;
    case 44: v = passwd_random_choice(m, y, 3); break;
    case 45: v = passwd_random_choice(m, mask, 9); break;
    case 46: v = passwd_pool(m, x, e); break;
    case 47: v = passwd_pairs(m, x, 2); break;
    case 48: v = passwd_pairs(m, e, 0); break;
    case 49: v = passwd_mass(m, y, 1.0f); break;
    case 50: v = passwd_mass(m, x, 0.0f); break;
    case 51: v = passwd_mean_square(m, x, y); break;
    case 52: v = passwd_distance(m, x, e); break;
    case 53: v = passwd_cross_entropy(m, x, x, 0); break;
    case 54: v = passwd_cross_entropy(m, e, mask, 0); break;
    case 55: v = passwd_mlp(m, x, NULL, 1, 0, PASSWD_ACTIVATE_RELU, "mlp"); break;
    case 56: v = passwd_mlp(m, x, widths, 2, 0, PASSWD_ACTIVATE_TANH, "mlp"); break;
    case 57: v = passwd_attention_block(m, x, x, mask, mask, PASSWD_NONE, &b, "block"); break;
    case 58: v = passwd_attention_block(m, x, x, mask, mask, PASSWD_NONE, NULL, "block"); break;
    case 59: v = passwd_abc_layer(m, x, mask, PASSWD_NONE, NULL, 0).objects; break;
    case 60:
        o.categories = 9;
        v = passwd_abc_layer(m, x, mask, PASSWD_NONE, &o, 0).objects;
        break;
    case 61: v = passwd_input_objects(m, "z", 6, 4); break;
    case 62: v = passwd_input_objects(m, "z", 129, 4); break;
    case 63: v = passwd_input_objects(m, NULL, 5, 4); break;
    case 64: v = passwd_input_event(m, "z", 0, 4); break;
    case 65:
        passwd_loss(m, y, 1.0f, "loss");
        v = PASSWD_NONE;
        break;
    case 66:
        passwd_output(m, 99, "out");
        v = PASSWD_NONE;
        break;
    case 67:
        passwd_output(m, x, NULL);
        v = PASSWD_NONE;
        break;
    case 68:
        passwd_output(m, x, long_name);
        v = PASSWD_NONE;
        break;
    case 69: v = passwd_linear_pair(m, x, 77, 3, "p", "q"); break;
    case 70: v = passwd_linear_pair(m, 77, x, 3, "p", "q"); break;
    case 71: v = passwd_linear_pair(m, x, e, 3, "p", "q"); break;
    case 72: v = passwd_linear_pair(m, x, y, 3, "p", NULL); break;
    case 73: v = passwd_linear_pair(m, x, y, 3, NULL, "q"); break;
    case 74: v = passwd_linear_pair(m, x, y, 0, "p", "q"); break;
    case 75: v = passwd_linear_pair(m, x, y, 5, "p", "p"); break; /* one name, two shapes */
    case 76: v = passwd_linear_pair(m, x, y, 3, "p", long_name); break;
    case 77: v = passwd_gated(m, x, y); break;
    case 78: v = passwd_gated(m, x, 99); break;
    case 79: v = passwd_gru(m, x, x, y, 0.0f, "g"); break;
    case 80: v = passwd_gru(m, y, x, x, 0.0f, "g"); break;
    case 81: v = passwd_gru(m, x, e, x, 0.0f, "g"); break;
    case 82: v = passwd_gru(m, x, x, 99, 0.0f, "g"); break;
    case 83: v = passwd_gru(m, x, x, x, 0.0f, NULL); break;
    case 84: v = passwd_gru(m, x, x, x, 0.0f, long_name); break;
    case 85: v = passwd_learnt_rows(m, x, 1, 4, "v"); break; /* of objects: the first alone */
    case 86: v = passwd_learnt_rows(m, x, -2, 4, "v"); break;
    case 87: v = passwd_learnt_rows(m, e, 2, 4, "v"); break;
    case 88: v = passwd_learnt_rows(m, x, 0, 3, "v"); break;
    case 89: v = passwd_learnt_rows(m, x, -1, 0, "v"); break;
    case 90: v = passwd_learnt_rows(m, x, 0, 4, NULL); break;
    case 91: v = passwd_learnt_rows(m, x, -1, 4, ""); break;
    case 92: v = passwd_learnt_rows(m, x, 0, 4, "a.bias"); break; /* another shape */
    case 93: v = passwd_learnt_rows(m, passwd_pairs(m, x, 0), 0, 3, "v"); break;
    case 94: v = passwd_learnt_rows(m, 99, 0, 4, "v"); break;
    case 95: v = passwd_select_rows(m, passwd_pairs(m, x, 0), rows, 1); break;
    case 96:
        v = passwd_batch_norm(m, passwd_linear(m, x, 4, 1, "b"), padding, "n");
        break; /* padding counts for inputs */
    case 97: v = passwd_batch_norm(m, y, NULL, NULL); break;
    case 98: v = passwd_activate(m, x, PASSWD_ACTIVATIONS, 0, 0); break;
    case 99: v = multihead(m, x, y, mask, PASSWD_NONE, 1, 0, 0, "t"); break; /* of other features */
    case 100: v = multihead(m, y, x, mask, PASSWD_NONE, 1, 0, 0, "t"); break;
    case 101: v = multihead(m, x, x, mask, PASSWD_NONE, 3, 0, 0, "t"); break;
    case 102: v = multihead(m, x, x, mask, PASSWD_NONE, 0, 0, 0, "t"); break;
    case 103: v = multihead(m, x, e, mask, PASSWD_NONE, 1, 0, 0, "t"); break;
    case 104: v = multihead(m, x, x, mask, y, 1, 0, 0, "t"); break;
    case 105: v = multihead(m, x, x, mask, PASSWD_NONE, 1, 1, 1.0f, "t"); break;
    case 106: v = multihead(m, x, x, mask, PASSWD_NONE, 1, 0, 0, NULL); break;
    case 107: v = multihead(m, x, x, mask, PASSWD_NONE, 1, 0, 0, long_name); break;
    case 108: v = multihead(m, x, 99, mask, PASSWD_NONE, 1, 0, 0, "t"); break;
    case 109: v = passwd_custom(m, NULL); break;
    case 110:
        c.forward = NULL;
        v = passwd_custom(m, &c);
        break;
    case 111:
        c.inputs = 0;
        v = passwd_custom(m, &c);
        break;
    case 112:
        c.inputs = 6;
        v = passwd_custom(m, &c);
        break;
    case 113:
        c.in[0] = 99;
        v = passwd_custom(m, &c);
        break;
    case 114:
        c.inputs = 2;
        c.in[1] = PASSWD_NONE;
        v = passwd_custom(m, &c);
        break;
    case 115:
        c.power = 6;
        v = passwd_custom(m, &c);
        break;
    case 116:
        c.power = -1;
        v = passwd_custom(m, &c);
        break;
    case 117:
        c.rows = 0;
        v = passwd_custom(m, &c);
        break;
    case 118:
        c.features = 0;
        v = passwd_custom(m, &c);
        break;
    case 119:
        c.features = -1;
        v = passwd_custom(m, &c);
        break;
    case 120:
        c.parameters = 3;
        v = passwd_custom(m, &c);
        break;
    case 121:
        c.parameters = -1;
        v = passwd_custom(m, &c);
        break;
    case 122:
        c.parameter[0] = -1;
        v = passwd_custom(m, &c);
        break;
    case 123:
        c.parameter[0] = 2;
        v = passwd_custom(m, &c);
        break; /* there are a.weight and a.bias */
    case 124:
        c.inputs = 5;
        c.in[1] = c.in[2] = c.in[3] = x;
        c.in[4] = y;
        v = passwd_custom(m, &c);
        break; /* would need a gradient */
    case 125: v = passwd_parameter_new(m, "p", 0, shape, 1, 0, 1.0f); break;
    case 126: v = passwd_parameter_new(m, "p", 6, shape, 1, 0, 1.0f); break;
    case 127: v = passwd_parameter_new(m, "p", -1, shape, 1, 0, 1.0f); break;
    case 128: v = passwd_parameter_new(m, "p", 2, NULL, 1, 0, 1.0f); break;
    case 129: v = passwd_parameter_new(m, "p", 2, none, 1, 0, 1.0f); break;
    case 130: v = passwd_parameter_new(m, "p", 2, below, 1, 0, 1.0f); break; /* the product is positive */
    case 131: v = passwd_parameter_new(m, "p", 4, huge, 1, 0, 1.0f); break;
    case 132: v = passwd_parameter_new(m, NULL, 2, shape, 1, 0, 1.0f); break;
    case 133: v = passwd_parameter_new(m, "", 2, shape, 1, 0, 1.0f); break;
    case 134:
        long_name[160] = 0;
        v = passwd_parameter_new(m, long_name, 2, shape, 1, 0, 1.0f);
        break;
    case 135: v = passwd_parameter_new(m, "a.weight", 2, shape, 1, 0, 1.0f); break;
    case 136: v = passwd_parameter_new(m, "a.weight", 3, shape, 1, 0, 1.0f); break;
    case 137: v = passwd_parameter_new(m, "p", 2, shape, 1, 3, 1.0f); break;
    case 138: v = passwd_parameter_new(m, "p", 2, shape, 1, -1, 1.0f); break;
    case 139: v = passwd_parameter_new(m, "p", 2, shape, 1, 1, NAN); break;
    case 140: v = passwd_spread(m, e, PASSWD_SIDE_FIRST); break; /* not of objects */
    case 141: v = passwd_spread(m, passwd_pairs(m, x, 0), PASSWD_SIDE_FIRST); break;
    case 142: v = passwd_spread(m, x, (passwd_side)2); break;
    case 143: v = passwd_spread(m, 99, PASSWD_SIDE_FIRST); break;
    case 144: v = passwd_sum_over(m, x, PASSWD_SIDE_FIRST); break; /* not of pairs */
    case 145: v = passwd_sum_over(m, passwd_pairs(m, x, 0), (passwd_side)-1); break;
    case 146: v = passwd_sum_over(m, PASSWD_NONE, PASSWD_SIDE_FIRST); break;
    case 147: v = passwd_mean_over(m, x, PASSWD_NONE, PASSWD_SIDE_FIRST); break;
    case 148: v = passwd_mean_over(m, passwd_pairs(m, x, 0), mask, PASSWD_SIDE_FIRST); break;
    case 149: v = passwd_mean_over(m, passwd_pairs(m, x, 0), passwd_pairs(m, x, 0), PASSWD_SIDE_FIRST); break;
    default: break;
    }
    if (!CHECK(v == PASSWD_NONE)) printf("  mistake %d was recorded\n", kind);
    passwd_output(m, x, "x");
    memset(&error, 0, sizeof error);
    s = passwd_model_build(m, 1, &error);
    if (!CHECK(s != PASSWD_OK && error.status == s && strlen(error.message) > 10))
        printf("  mistake %d: status %d \"%s\"\n", kind, (int)s, error.message);
    passwd_model_free(m);
}
static void test_recording(void) {
    passwd_model *m = NULL, *small = NULL;
    const int one = 1;
    passwd_custom_options c;
    int k;
    for (k = 0; k <= 149; k++) refuse_recording(k);
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    REFUSED(passwd_model_build(m, 1, &error), PASSWD_ERROR_ARGUMENT); /* nothing to compute */
    passwd_model_free(m);
    REFUSED(passwd_model_build(NULL, 1, &error), PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_linear(NULL, 0, 1, 1, "a") == PASSWD_NONE && passwd_random_choice(NULL, 0, 2) == PASSWD_NONE
        && passwd_input_mask(NULL) == PASSWD_NONE);
    CHECK(passwd_linear_pair(NULL, 0, 0, 1, "a", "b") == PASSWD_NONE && passwd_gated(NULL, 0, 0) == PASSWD_NONE
        && passwd_gru(NULL, 0, 0, 0, 0.0f, "a") == PASSWD_NONE && passwd_learnt_rows(NULL, 0, 0, 1, "a") == PASSWD_NONE
        && multihead(NULL, 0, 0, PASSWD_NONE, PASSWD_NONE, 1, 0, 0.0f, "a") == PASSWD_NONE
        && passwd_custom(NULL, NULL) == PASSWD_NONE);
    CHECK(passwd_parameter_new(NULL, "a", 1, &one, 1, 0, 0.0f) == -1);
    CHECK(small_model(NULL, &small) == PASSWD_OK);
    REFUSED(passwd_model_build(small, 1, &error), PASSWD_ERROR_ARGUMENT); /* twice */
    c = pair_options(0, 0);
    CHECK(passwd_linear(small, 0, 1, 1, "late") == PASSWD_NONE
        && passwd_parameter_new(small, "late", 1, &one, 1, 0, 0.0f) == -1 && passwd_custom(small, &c) == PASSWD_NONE);
    k = passwd_parameter_count(small);
    CHECK(passwd_parameter_new(small, "pair", 1, &one, 1, 0, 0.0f) == -1 && passwd_parameter_count(small) == k);
    CHECK(passwd_output_find(small, "choice") == 1 && passwd_output_find(small, "none") == -1
        && passwd_output_name(small, 9) == NULL && passwd_parameter_at(small, -1) == NULL);
    passwd_model_free(small);
    passwd_model_free(NULL);
    passwd_workspace_free(NULL);
    passwd_abc_free(NULL);
    passwd_abc_job_free(NULL);
    for (k = 0; k <= (int)PASSWD_STOPPED; k++)
        CHECK(passwd_status_name((passwd_status)k) && passwd_status_name((passwd_status)k)[0]);
    CHECK(passwd_version() == PASSWD_VERSION);
}

/* --- parameters of any use: how they begin, where they lie, how files keep them --- */

static size_t raw_tensors(char *out, const char *header, const void *data, size_t bytes) {
    const size_t n = strlen(header);
    size_t k;
    for (k = 0; k < 8; k++) out[k] = (char)((uint64_t)n >> (8 * k) & 255u);
    memcpy(out + 8, header, n);
    memcpy(out + 8 + n, data, bytes);
    return 8 + n + bytes;
}
static void test_parameters(void) {
    static const int shape[4] = { 3, 5, 7, 11 };
    enum { ALL = 10 };
    passwd_model *m = NULL, *again = NULL;
    passwd_tensor_writer w;
    passwd_tensor_file f;
    float *values;
    char name[161], *bytes = (char *)malloc(1 << 16);
    int k, i, number[ALL];
    size_t j, n;
    memset(name, 'n', sizeof name);
    name[159] = 0; /* as long as may be */
    for (k = 0; k < 2; k++) {
        passwd_model *t = NULL;
        CHECK(passwd_model_new(NULL, &t, NULL) == PASSWD_OK);
        passwd_output(t, passwd_linear(t, passwd_input_event(t, "x", 1, 2), 1, 1, "a"), "y");
        for (i = 0; i < ALL; i++) { /* ranks 1 to 4; every kind; trainable: no, or any other number */
            char small[8];
            sprintf(small, "p%d", i);
            number[i] = passwd_parameter_new(t, i == 9 ? name : small, 1 + i % 4, shape,
                i == 4       ? 0
                    : i == 5 ? 7
                             : 1,
                i % 3, 0.5f);
        }
        CHECK(passwd_parameter_new(t, "p3", 4, shape, 1, 0, 2.0f) == number[3]
            && passwd_parameter_count(t) == ALL + 2); /* shared */
        CHECK_OK(passwd_model_build(t, 5, &error), error);
        if (k) again = t;
        else m = t;
    }
    for (i = 0; i < ALL; i++) {
        const passwd_parameter *q = passwd_parameter_at(m, number[i]);
        const float *p = passwd_parameters(m) + q->offset;
        double sum = 0, square = 0, top = 0;
        size_t count = 1;
        for (k = 0; k <= i % 4; k++) count *= (size_t)shape[k];
        CHECK(q->rank == 1 + i % 4 && q->count == count && q->shape[0] == 3 && q->shape[i % 4] == shape[i % 4]
            && passwd_parameter_find(m, q->name) == q && (q->trainable != 0) == (i != 4));
        CHECK(q->offset % 16 == 0 && q->offset + count <= passwd_parameter_floats(m));
        for (k = 0; k < passwd_parameter_count(m); k++) { /* nobody else's */
            const passwd_parameter *o = passwd_parameter_at(m, k);
            CHECK(o == q || o->offset + o->count <= q->offset || q->offset + count <= o->offset);
        }
        for (j = 0; j < count; j++) {
            sum += (double)p[j];
            square += (double)p[j] * (double)p[j];
            if (fabs((double)p[j]) > top) top = fabs((double)p[j]);
        }
        if (i % 3 == 0) CHECK(top == 0.5 && sum == 0.5 * (double)count);
        else if (count > 100)
            CHECK(fabs(sum / (double)count) < 0.2
                && fabs(square / (double)count / (i % 3 == 1 ? 1.0 / 12.0 : 0.25) - 1.0) < 0.3
                && (top <= 0.5) == (i % 3 == 1));
        CHECK(memcmp(p, passwd_parameters(again) + q->offset, count * sizeof *p) == 0);
    }
    /* written and read: every rank, the longest name */
    values = (float *)calloc(passwd_parameter_floats(m), sizeof *values);
    CHECK(passwd_set_parameters(again, values, NULL) == PASSWD_OK);
    passwd_tensor_writer_init(&w, NULL);
    CHECK_OK(passwd_model_write(m, &w, &error), error);
    CHECK_OK(passwd_tensor_writer_save(&w, FILE_B, &error), error);
    passwd_tensor_writer_free(&w);
    CHECK_OK(passwd_tensor_file_load(FILE_B, NULL, &f, &error), error);
    CHECK(passwd_tensor_find(&f, name) && passwd_tensor_find(&f, "p3")->rank == 4
        && passwd_tensor_find(&f, "p3")->shape[3] == 11 && passwd_tensor_find(&f, "p0")->rank == 1);
    CHECK_OK(passwd_model_read(again, &f, "b", &error), error);
    for (i = 0; i < passwd_parameter_count(m); i++)
        CHECK(memcmp(passwd_parameters(m) + passwd_parameter_at(m, i)->offset,
                  passwd_parameters(again) + passwd_parameter_at(m, i)->offset,
                  passwd_parameter_at(m, i)->count * sizeof(float))
            == 0);
    passwd_tensor_file_free(&f);
    remove(FILE_B);
    passwd_model_free(m);
    passwd_model_free(again);
    free(values);
    /* tensors of whole numbers have no place, and need none; others must have one; a parameter's must be
       floating-point, of its shape */
    for (k = 0; k < 8; k++) {
        static const char *const tensors[8] = {
            "\"p\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"a.num_batches_tracked\":{\"dtype\":"
            "\"I64\",\"shape\":[],\"data_offsets\":[8,16]},\"index\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":"
            "[16,24]}",
            "\"p\":{\"dtype\":\"F64\",\"shape\":[2,1],\"data_offsets\":[0,16]},\"flags\":{\"dtype\":\"BOOL\",\"shape\":"
            "[4],\"data_offsets\":[16,20]},\"u\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[20,24]}",
            "\"p\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"a.num_batches_tracked\":{\"dtype\":"
            "\"F32\",\"shape\":[4],\"data_offsets\":[8,24]}",
            "\"p\":{\"dtype\":\"I32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"I64\",\"shape\":[2],"
            "\"data_offsets\":[8,24]}",
            "\"p\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"I64\",\"shape\":[2],"
            "\"data_offsets\":[8,24]}",
            "\"p\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"I64\",\"shape\":[2],"
            "\"data_offsets\":[8,24]}",
            "\"b\":{\"dtype\":\"I64\",\"shape\":[3],\"data_offsets\":[0,24]}",
            "\"p\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"BF16\",\"shape\":[8],"
            "\"data_offsets\":[8,24]}"
        };
        static const char *const parts[8] = { "", "", "num_batches_tracked", "floating-point", "2 x 1", "2 x 1",
            "missing", "no tensor \"b\"" };
        static const double data[3] = { 1.5, 1.5, 0.0 };
        static const int two[2] = { 2, 1 };
        char header[600];
        passwd_status s;
        CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
        passwd_output(m, passwd_input_event(m, "x", 1, 2), "y");
        CHECK(passwd_parameter_new(m, "p", 2, two, 1, 0, 9.0f) == 0);
        CHECK_OK(passwd_model_build(m, 1, &error), error);
        sprintf(header, "{%s}", tensors[k]);
        n = raw_tensors(bytes, header, data, sizeof data);
        if (CHECK_OK(passwd_tensor_file_parse(bytes, n, "raw", NULL, &f, &error), error)) {
            s = passwd_model_read(m, &f, "raw", &error);
            if (!CHECK(s == (k < 2 ? PASSWD_OK : PASSWD_ERROR_SHAPE) && (k < 2 || strstr(error.message, parts[k]))))
                printf("  tensors %d: %d %s\n", k, (int)s, error.message);
            CHECK(k != 1 || (passwd_parameters(m)[0] == 1.5f && passwd_parameters(m)[1] == 1.5f));
            CHECK(k < 2 || passwd_parameters(m)[0] == 9.0f);
            passwd_tensor_file_free(&f);
        }
        passwd_model_free(m);
        m = NULL;
    }
    free(bytes);
}

/* --- inputs made on the way: those of a batch norm in training must be there --- */

static void no_fill(void *user, int input, const int64_t *events, int count, float *lanes) {
    ++*(int *)user;
    (void)input;
    (void)events;
    (void)count;
    (void)lanes;
}
static void test_filled(void) {
    passwd_model *m = NULL, *small = NULL;
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    passwd_batch b;
    passwd_train_options t;
    float out[64], *outputs[2];
    double terms[2];
    int calls = 0;
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    memset(&t, 0, sizeof t);
    o.losses = 1;
    b.events = 2;
    b.fill = no_fill;
    b.user = &calls;
    outputs[0] = out;
    outputs[1] = NULL;
    CHECK(small_model(NULL, &small) == PASSWD_OK);
    CHECK_OK(passwd_workspace_new(small, &o, &w, &error), error);
    REFUSED(passwd_losses(small, w, &b, NULL, terms, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_train(small, &b, &t, NULL, &error), PASSWD_ERROR_ARGUMENT);
    CHECK(calls == 0);
    passwd_workspace_free(w);
    passwd_model_free(small);
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    passwd_output(
        m, passwd_batch_norm(m, passwd_linear(m, passwd_input_objects(m, "x", 3, 2), 1, 1, "a"), NULL, "norm"), "y");
    CHECK_OK(passwd_model_build(m, 1, &error), error);
    CHECK_OK(passwd_workspace_new(m, NULL, &w, &error), error);
    CHECK_OK(passwd_run(m, w, &b, outputs, &error), error); /* statistics of a value are no batch's */
    CHECK(calls > 0);
    passwd_workspace_free(w);
    passwd_model_free(m);
}

/* --- running --- */

static void test_running(void) {
    passwd_model *m = NULL, *other = NULL;
    passwd_workspace_options o;
    passwd_workspace *w = NULL, *plain = NULL, *none = NULL;
    float x[2 * 20], out[64], before[64], *outputs[2], gradient[4096];
    double terms[4] = { -1, -1, -1, -1 };
    int32_t objects[2] = { 5, 3 };
    const float *inputs[1];
    passwd_batch b;
    int k;
    CHECK(small_model(NULL, &m) == PASSWD_OK && small_model(NULL, &other) == PASSWD_OK);
    memset(&o, 0, sizeof o);
    for (k = 0; k < 40; k++) x[k] = (float)k * 0.05f;
    for (k = 0; k < 64; k++) out[k] = before[k] = -7.0f;
    outputs[0] = out;
    outputs[1] = NULL;
    inputs[0] = x;
    memset(&b, 0, sizeof b);
    b.events = 2;
    b.inputs = inputs;
    b.objects = objects;
    REFUSED(passwd_workspace_new(NULL, NULL, &none, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_workspace_new(m, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    o.threads = -1;
    REFUSED(passwd_workspace_new(m, &o, &none, &error), PASSWD_ERROR_ARGUMENT);
    o.threads = 0;
    o.simd = (passwd_simd)77;
    REFUSED(passwd_workspace_new(m, &o, &none, &error), PASSWD_ERROR_UNSUPPORTED);
    CHECK(none == NULL);
    o.simd = PASSWD_SIMD_AUTO;
    o.losses = 1;
    CHECK_OK(passwd_workspace_new(m, NULL, &plain, &error), error);
    CHECK_OK(passwd_workspace_new(m, &o, &w, &error), error);
    CHECK(passwd_workspace_size(m, &o) > passwd_workspace_size(m, NULL));
    REFUSED(passwd_run(NULL, w, &b, outputs, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_run(m, NULL, &b, outputs, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_run(other, w, &b, outputs, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_run(m, w, NULL, outputs, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_run(m, w, &b, NULL, &error), PASSWD_ERROR_ARGUMENT);
    b.events = -1;
    REFUSED(passwd_run(m, w, &b, outputs, &error), PASSWD_ERROR_ARGUMENT);
    b.events = 2;
    b.inputs = NULL;
    REFUSED(passwd_run(m, w, &b, outputs, &error), PASSWD_ERROR_ARGUMENT);
    b.inputs = inputs;
    inputs[0] = NULL;
    REFUSED(passwd_run(m, w, &b, outputs, &error), PASSWD_ERROR_ARGUMENT);
    inputs[0] = x;
    objects[1] = 6;
    REFUSED(passwd_run(m, w, &b, outputs, &error), PASSWD_ERROR_SHAPE);
    objects[1] = -1;
    REFUSED(passwd_run(m, w, &b, outputs, &error), PASSWD_ERROR_SHAPE);
    REFUSED(passwd_losses(m, w, &b, NULL, terms, NULL, gradient, &error), PASSWD_ERROR_SHAPE);
    objects[1] = 3;
    REFUSED(passwd_losses(m, plain, &b, NULL, terms, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_losses(m, w, &b, NULL, NULL, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    b.events = 0;
    REFUSED(passwd_losses(m, w, &b, NULL, terms, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_run(m, w, &b, outputs, NULL) == PASSWD_OK); /* no events: nothing happens */
    CHECK(memcmp(out, before, sizeof out) == 0 && terms[0] == -1);
    b.events = 2;
    CHECK(passwd_run(m, w, &b, outputs, NULL) == PASSWD_OK && out[0] != -7.0f && out[24] == -7.0f);
    REFUSED(passwd_set_parameters(m, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_set_parameters(NULL, gradient, &error), PASSWD_ERROR_ARGUMENT);
    passwd_workspace_free(w);
    passwd_workspace_free(plain);
    passwd_model_free(m);
    passwd_model_free(other);
}

/* --- training --- */

enum { N = 64 };
typedef struct watch {
    int64_t stop, steps;
    double rate[512], temperature[512], total[512];
    int validated;
} watch;
static int watching(void *user, const passwd_progress *p) {
    watch *w = (watch *)user;
    if (p->step <= 512) {
        w->rate[p->step - 1] = p->rate;
        w->temperature[p->step - 1] = p->temperature;
        w->total[p->step - 1] = p->total;
    }
    w->steps = p->steps;
    w->validated += p->validated;
    return w->stop && p->step >= w->stop;
}
static int fail_move(void *user, int from, int to, void *data, size_t bytes) {
    (void)user;
    (void)from;
    (void)to;
    (void)data;
    (void)bytes;
    return 1;
}

/* y = A x by a linear layer */
static passwd_model *line_model(const passwd_allocator *a) {
    passwd_model *m = NULL;
    passwd_value x, y;
    if (passwd_model_new(a, &m, &error) != PASSWD_OK) return NULL;
    x = passwd_input_event(m, "x", 1, 3);
    y = passwd_input_event(m, "y", 1, 2);
    passwd_loss(m, passwd_mean_square(m, passwd_linear(m, x, 2, 1, "line"), y), 1.0f, "distance");
    if (passwd_model_build(m, 1, &error) == PASSWD_OK) return m;
    passwd_model_free(m);
    return NULL;
}
static float line_x[2 * N * 3], line_y[2 * N * 2], line_weights[2 * N];
static passwd_batch line_data(const float **inputs, int64_t events) {
    passwd_batch b;
    int k;
    for (k = 0; k < 2 * N; k++) {
        float *x = line_x + 3 * k, *y = line_y + 2 * k;
        const int i = k % N; /* the second half repeats the first */
        x[0] = (float)passwd_random_normal(1, 1, (uint32_t)i);
        x[1] = (float)passwd_random_normal(1, 2, (uint32_t)i);
        x[2] = (float)passwd_random_normal(1, 3, (uint32_t)i);
        y[0] = x[0] - 2.0f * x[1] + 0.5f;
        y[1] = x[2] * 0.5f + 0.1f * (float)passwd_random_normal(1, 4, (uint32_t)i);
        line_weights[k] = 2.0f;
    }
    memset(&b, 0, sizeof b);
    inputs[0] = line_x;
    inputs[1] = line_y;
    b.events = events;
    b.inputs = inputs;
    return b;
}
static passwd_status train_line(
    const passwd_batch *b, passwd_train_options *o, watch *w, passwd_train_report *r, float parameters[64]) {
    passwd_model *m = line_model(NULL);
    passwd_status s;
    memset(w->rate, 0, sizeof w->rate);
    w->validated = 0;
    o->progress = watching;
    o->user = w;
    memset(r, 0, sizeof *r);
    memset(&error, 0, sizeof error);
    s = passwd_train(m, b, o, r, &error);
    memset(parameters, 0, 64 * sizeof(float));
    CHECK(passwd_parameter_floats(m) <= 64);
    memcpy(parameters, passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float));
    passwd_model_free(m);
    return s;
}
static double distance_of(const float *a, const float *b) {
    double d = 0;
    int k;
    for (k = 0; k < 64; k++)
        if (!(fabs((double)a[k] - (double)b[k]) <= d)) d = fabs((double)a[k] - (double)b[k]);
    return d;
}
/* A ramped loss has (step / steps)^2 of its weight until it is full, in training alone. */
static void test_ramp(void) {
    const float *inputs[2];
    passwd_batch b = line_data(inputs, N);
    passwd_workspace_options wo;
    passwd_workspace *w = NULL;
    passwd_loss_options o;
    passwd_model *m = NULL;
    passwd_value x, y;
    float full[64], part[64];
    double terms[1];
    int64_t step;
    size_t k;
    memset(&wo, 0, sizeof wo);
    memset(&o, 0, sizeof o);
    wo.losses = 1;
    o.temperature = 1.0f;
    CHECK_OK(passwd_model_new(NULL, &m, &error), error);
    x = passwd_input_event(m, "x", 1, 3);
    y = passwd_input_event(m, "y", 1, 2);
    passwd_loss(m, passwd_mean_square(m, passwd_linear(m, x, 2, 1, "line"), y), 1.0f, "distance");
    passwd_loss_ramp(m, 8.0f);
    CHECK_OK(passwd_model_build(m, 1, &error), error);
    CHECK_OK(passwd_workspace_new(m, &wo, &w, &error), error);
    CHECK(passwd_parameter_floats(m) <= 64);
    CHECK_OK(passwd_losses(m, w, &b, &o, terms, NULL, full, &error), error);
    CHECK(full[0] != 0.0f);
    o.training = 1;
    for (step = 2; step <= 16; step *= 2) {
        const float ramp = step >= 8 ? 1.0f : step == 4 ? 0.25f : 0.0625f;
        o.step = step;
        CHECK_OK(passwd_losses(m, w, &b, &o, terms, NULL, part, &error), error);
        for (k = 0; k < passwd_parameter_floats(m); k++)
            CHECK_BELOW(fabsf(part[k] - ramp * full[k]), 1e-6f * fabsf(full[k]));
    }
    passwd_workspace_free(w);
    passwd_model_free(m);
    CHECK_OK(passwd_model_new(NULL, &m, &error), error);
    passwd_loss_ramp(m, 8.0f); /* of no loss */
    REFUSED(passwd_model_build(m, 1, &error), PASSWD_ERROR_ARGUMENT);
    passwd_model_free(m);
}
static void test_training(void) {
    const float *inputs[2];
    passwd_train_options o;
    passwd_train_report r;
    passwd_model *m = line_model(NULL);
    passwd_batch b = line_data(inputs, N);
    watch w;
    float start[64], p[64], q[64];
    passwd_ranks ranks;
    int k;
    memset(&w, 0, sizeof w);
    memset(start, 0, sizeof start);
    memcpy(start, passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float));
    REFUSED(passwd_train(NULL, &b, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_train(m, NULL, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    for (k = 0; k < 12; k++) { /* impossible options; the parameters stay */
        passwd_batch c = b;
        const float *gone[2] = { NULL, NULL };
        memset(&o, 0, sizeof o);
        if (k == 0) o.epochs = -1;
        if (k == 1) o.batch = -1;
        if (k == 2) o.threads = -1;
        if (k == 3) o.validation = 1.0f;
        if (k == 4) o.validation = NAN;
        if (k == 5) o.beta1 = 1.0f;
        if (k == 6) o.average = 1.0f;
        if (k == 7) o.steps = -1;
        if (k == 8) o.warmup = NAN;
        if (k == 9) c.events = 1;
        if (k == 10) c.events = 0;
        if (k == 11) c.inputs = gone;
        memset(&error, 0, sizeof error);
        if (!CHECK(passwd_train(m, &c, &o, NULL, &error) == PASSWD_ERROR_ARGUMENT && strlen(error.message) > 10))
            printf("  option %d: %s\n", k, error.message);
        CHECK(memcmp(start, passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float)) == 0);
    }
    memset(&o, 0, sizeof o);
    o.simd = (passwd_simd)99;
    REFUSED(passwd_train(m, &b, &o, NULL, &error), PASSWD_ERROR_UNSUPPORTED);
    o.simd = PASSWD_SIMD_AUTO;
    o.checkpoint = "build/no/such/folder/x";
    o.epochs = 1;
    CHECK(passwd_train(m, &b, &o, NULL, &error) == PASSWD_ERROR_IO);
    passwd_model_free(m);

    /* it learns; fewer events than a batch is one batch */
    memset(&o, 0, sizeof o);
    o.epochs = 300;
    o.rate = 0.05f;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    CHECK(r.steps == 300 && r.epochs == 300 && w.steps == 300 && r.stopped == 0 && !r.warning[0]);
    CHECK_BELOW(r.total, 0.01);
    CHECK_BELOW(fabs((double)p[0] - 1.0), 0.05);
    /* the letter's schedule: 2 % = 6 steps up, then x 0.95 per 6 */
    for (k = 0; k < 300; k++) {
        const double want = 0.05 * (k < 6 ? (k + 1) / 6.0 : pow(0.95, (double)(k / 6)));
        if (!(fabs(w.rate[k] / want - 1.0) < 1e-5)) {
            CHECK(!"the letter's schedule");
            printf("  step %d: %g, not %g\n", k, w.rate[k], want);
            break;
        }
    }
    o.schedule = PASSWD_SCHEDULE_COSINE;
    o.warmup = 0.1f;
    o.temperature_start = 3.0f;
    o.temperature_end = 0.5f;
    o.temperature_steps = 40.0f;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    CHECK_BELOW(fabs(w.rate[14] - 0.025), 1e-6);
    CHECK_BELOW(fabs(w.rate[165] - 0.025), 5e-4); /* half way */
    CHECK_BELOW(w.rate[299], 0.02 * 0.05);
    CHECK_BELOW(fabs(w.temperature[0] - 3.0), 1e-6);
    CHECK_BELOW(fabs(w.temperature[40] - 0.5 - 2.5 * exp(-1.0)), 1e-6);
    o.schedule = PASSWD_SCHEDULE_CONSTANT;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    CHECK(w.rate[299] == (double)0.05f && w.rate[29] == (double)0.05f && w.rate[0] < 0.002);

    /* weights: all doubled is all the same; events of weight 2 are events twice; of weight 0: not there */
    memset(&o, 0, sizeof o);
    o.epochs = 20;
    o.batch = 1000;
    o.rate = 0.01f;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    b.weights = line_weights;
    CHECK_OK(train_line(&b, &o, &w, &r, q), error);
    CHECK_BELOW(distance_of(p, q), 1e-5);
    for (k = 0; k < N; k++) line_weights[k] = k < N / 2 ? 2.0f : 1.0f;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    b = line_data(inputs, N + N / 2); /* the first half twice */
    CHECK_OK(train_line(&b, &o, &w, &r, q), error);
    CHECK_BELOW(distance_of(p, q), 1e-5);
    b = line_data(inputs, N);
    for (k = 0; k < N; k++) line_weights[k] = k < N / 2 ? 1.0f : 0.0f;
    b.weights = line_weights;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    b = line_data(inputs, N / 2);
    CHECK_OK(train_line(&b, &o, &w, &r, q), error);
    CHECK_BELOW(distance_of(p, q), 1e-5);
    b = line_data(inputs, N);
    for (k = 0; k < N; k++) line_weights[k] = 0.0f; /* nothing to learn from: no NaN gets into the parameters */
    b.weights = line_weights;
    CHECK(train_line(&b, &o, &w, &r, p) != PASSWD_OK && distance_of(p, start) == 0.0);

    /* the callback stops; what was learnt stays */
    b = line_data(inputs, N);
    memset(&o, 0, sizeof o);
    o.epochs = 5;
    o.batch = 8;
    w.stop = 7;
    CHECK(train_line(&b, &o, &w, &r, p) == PASSWD_STOPPED && r.steps == 7 && r.stopped == 2
        && distance_of(p, start) > 0.0);
    w.stop = 3; /* within the first epoch */
    CHECK(train_line(&b, &o, &w, &r, p) == PASSWD_STOPPED && r.steps == 3 && distance_of(p, start) > 0.0);
    w.stop = 0;

    /* validation: a quarter set aside, judged after every epoch; early stopping keeps the best */
    o.validation = 0.25f;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    CHECK(r.steps == 5 * 6 && w.validated == 5 && r.validation > 0.0);
    o.validation = 0.5f;
    o.epochs = 400;
    o.rate = 5.0f; /* so wild that it does not get better for long */
    o.patience = 3;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    CHECK(r.stopped == 1 && r.epochs < 400 && r.best_epoch == r.epochs - 3);

    /* a process alone is as none; one that fails, or cannot be, loses nothing (tests/ranks.c has real ones) */
    memset(&o, 0, sizeof o);
    memset(&ranks, 0, sizeof ranks);
    o.epochs = 2;
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    o.ranks = &ranks;
    ranks.count = 1;
    ranks.move = fail_move;
    CHECK_OK(train_line(&b, &o, &w, &r, q), error);
    CHECK(distance_of(p, q) == 0.0);
    ranks.count = 2;
    CHECK(train_line(&b, &o, &w, &r, q) == PASSWD_ERROR_IO && distance_of(q, start) == 0.0);
    ranks.rank = 2;
    CHECK(train_line(&b, &o, &w, &r, q) == PASSWD_ERROR_ARGUMENT && distance_of(q, start) == 0.0);

    /* events all alike, and a loss that is not finite: the step is named, the last good parameters are kept */
    memset(&o, 0, sizeof o);
    o.epochs = 3;
    for (k = 0; k < N; k++) {
        memcpy(line_x + 3 * k, line_x, 3 * sizeof(float));
        memcpy(line_y + 2 * k, line_y, 2 * sizeof(float));
    }
    CHECK_OK(train_line(&b, &o, &w, &r, p), error);
    CHECK(r.total == r.total);
    b = line_data(inputs, N);
    line_x[3 * 40] = NAN;
    CHECK(train_line(&b, &o, &w, &r, p) == PASSWD_ERROR_NUMERIC && r.stopped == 3 && strstr(error.message, "step")
        && distance_of(p, start) == 0.0);
    line_x[3 * 40] = 1e30f; /* infinite on its way */
    CHECK(train_line(&b, &o, &w, &r, p) == PASSWD_ERROR_NUMERIC && distance_of(p, start) == 0.0);
}

/* --- no memory --- */

enum {
    BUILD,
    WORKSPACE,
    TRAIN,
    ABC_NEW,
    ABC_PARSE,
    ABC_LOAD,
    ABC_JOB,
    ABC_TRAIN,
    ABC_SAVE,
    LOAD_EVENTS,
    LOSSES,
    WORDS
};
static void *abc_bytes;
static size_t abc_count;
static passwd_abc_config tiny_config(void) {
    passwd_abc_config c;
    CHECK(passwd_abc_preset("default", &c, NULL) == PASSWD_OK);
    c.max_objects = 6;
    c.embed_dim = c.mlp_dim = c.attn_block_ffwd_dim = 8;
    c.embed_nlayers = c.mlp_nlayers = c.attn_block_ffwd_nlayers = 1;
    c.attn_block_num_heads = 2;
    c.ae_depth = 2;
    c.batch = 16;
    c.epochs = 1;
    c.steps = 0;
    return c;
}
/* one job with an allocator; what it made is freed */
static passwd_status job(int kind, const passwd_allocator *a, const char *csv, const passwd_abc_config *c) {
    passwd_model *m = NULL;
    passwd_workspace *w = NULL;
    passwd_workspace_options wo;
    passwd_abc *abc = NULL;
    passwd_abc_job *j = NULL;
    passwd_events v;
    passwd_status s = PASSWD_OK;
    memset(&wo, 0, sizeof wo);
    wo.losses = 1;
    wo.threads = 2;
    memset(&v, 0, sizeof v);
    if (kind == BUILD || kind == WORKSPACE) {
        s = small_model(a, &m);
        if (s == PASSWD_OK && kind == WORKSPACE) s = passwd_workspace_new(m, &wo, &w, &error);
    } else if (kind == TRAIN || kind == LOSSES) {
        const float *inputs[2];
        double terms[2];
        passwd_batch b = line_data(inputs, N);
        passwd_train_options o;
        memset(&o, 0, sizeof o);
        o.steps = 2;
        o.validation = 0.2f;
        o.checkpoint = FILE_B;
        remove(FILE_B);
        m = line_model(a);
        if (!m) s = error.status;
        else if (kind == TRAIN) {
            s = passwd_train(m, &b, &o, NULL, &error);
            passwd_model_free(m);
            m = s == PASSWD_OK ? line_model(a)
                               : NULL; /* another of the same first parameters, which reads the checkpoint */
            if (s == PASSWD_OK) s = m ? passwd_train(m, &b, &o, NULL, &error) : error.status;
        } else {
            s = passwd_workspace_new(m, &wo, &w, &error);
            if (s == PASSWD_OK) s = passwd_losses(m, w, &b, NULL, terms, NULL, NULL, &error);
        }
    } else if (kind == LOAD_EVENTS) s = events_of(csv, a, &v);
    else {
        s = kind == ABC_PARSE  ? passwd_abc_parse(abc_bytes, abc_count, "memory", a, &abc, &error)
            : kind == ABC_LOAD ? passwd_abc_load(FILE_A, a, &abc, &error)
                               : passwd_abc_new(c, 1, a, &abc, &error);
        if (s == PASSWD_OK && kind == ABC_JOB) s = passwd_abc_job_new(abc, NULL, &j, &error);
        if (s == PASSWD_OK && kind == ABC_SAVE) s = passwd_abc_save(abc, FILE_B, &error);
        if (s == PASSWD_OK && kind == ABC_TRAIN) {
            CHECK(events_of(csv, NULL, &v) == PASSWD_OK);
            s = passwd_abc_train(abc, &v, NULL, NULL, NULL, &error);
        }
    }
    passwd_events_free(&v);
    passwd_abc_job_free(j);
    passwd_abc_free(abc);
    passwd_workspace_free(w);
    passwd_model_free(m);
    return s;
}
static void test_memory(const char *csv) {
    static const char *const names[WORDS] = { "build", "workspace", "train", "abc_new", "abc_parse", "abc_load",
        "abc_job", "abc_train", "abc_save", "events", "losses" };
    const passwd_abc_config c = tiny_config();
    int kind;
    for (kind = 0; kind < WORDS; kind++) {
        counter count;
        passwd_allocator a = counting(&count, 0);
        passwd_status s;
        long n;
        for (n = 1;; n++) {
            memset(&count, 0, sizeof count);
            count.fail_at = n;
            s = job(kind, &a, csv, &c);
            if (!CHECK(count.alive == 0))
                printf("  %s: %ld blocks left when call %ld failed\n", names[kind], count.alive, n);
            if (count.calls < n) break;
            if (!CHECK(s == PASSWD_ERROR_MEMORY && error.status == PASSWD_ERROR_MEMORY && strlen(error.message) > 10))
                printf("  %s: status %d when call %ld failed\n", names[kind], (int)s, n);
            if (n > 20000) break;
        }
        if (!CHECK(s == PASSWD_OK && n > 2)) printf("  %s: %d %s\n", names[kind], (int)s, error.message);
    }
    remove(FILE_B);
}

/* --- the ABC network --- */

static void test_configuration(void) {
    static const char *const presets[4] = { "default", "isr", "letter", "original" };
    /* the original code's configuration, as its own files have it */
    static const char original[] =
        "{\"embed_input_dim\": 5, \"embed_nlayers\": 3, \"embed_dim\": 32, \"mlp_input_dim\": 3, \"mlp_nlayers\": 3, "
        "\"mlp_dim\": 32, \"attn_blocks_n\": 4, "
        "\"attn_block_num_heads\": 4, \"attn_block_ffwd_on\": true, \"attn_block_ffwd_nlayers\": 3, "
        "\"attn_block_ffwd_dim\": 32, \"gumbel_softmax_config\": {\"tau\": 0.1}, "
        "\"out_dim\": 3, \"doWij\": true, \"ae_dim\": 4, \"ae_depth\": 3, \"do_gumbel\": false}";
    static const char *const bad[] = { "{\"embed_dimm\": 3}", "[]", "3", "", "{", "{\"embed_dim\": \"x\"}",
        "{\"embed_dim\": 3.5}", "{\"embed_dim\": 1e12}", "{\"out_dim\": 9}", "{\"out_dim\": []}",
        "{\"out_dim\": [2, 1]}", "{\"embed_input_dim\": 6}", "{\"rate\": null}", "{\"rate\": 1e999}",
        "{\"embed_dim\": 8, \"embed_dim\": 8}", "{\"steps\": 1e300}", "{\"steps\": -3}", "{\"steps\": 0.5}",
        "{\"lambda_isr\": 1e300}" };
    passwd_abc_config c, before;
    passwd_abc *a = NULL;
    int k;
    for (k = 0; k < 4; k++) {
        CHECK_OK(passwd_abc_preset(presets[k], &c, &error), error);
        CHECK_OK(passwd_abc_new(&c, 1, NULL, &a, &error), error);
        CHECK(passwd_parameter_floats(passwd_abc_model(a)) > 1000
            && passwd_output_find(passwd_abc_model(a), "loss") >= 0);
        passwd_abc_free(a);
        a = NULL;
    }
    before = c;
    REFUSED(passwd_abc_preset("nobody's", &c, &error), PASSWD_ERROR_CONFIG);
    REFUSED(passwd_abc_preset(NULL, &c, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_preset("letter", NULL, &error), PASSWD_ERROR_ARGUMENT);
    for (k = 0; k < (int)(sizeof bad / sizeof *bad); k++) {
        memset(&error, 0, sizeof error);
        if (!CHECK(passwd_abc_config_read(&c, bad[k], strlen(bad[k]), "c.json", &error) != PASSWD_OK
                && strstr(error.message, "c.json")))
            printf("  %s: %s\n", bad[k], error.message);
    }
    CHECK(passwd_abc_config_read(&c, bad[0], strlen(bad[0]), "c.json", &error) == PASSWD_ERROR_CONFIG && error.line == 1
        && strstr(error.message, "embed_dimm"));
    CHECK(memcmp(&c, &before, sizeof c) == 0);
    REFUSED(passwd_abc_config_read(NULL, "{}", 2, "c.json", &error), PASSWD_ERROR_ARGUMENT);
    CHECK(
        passwd_abc_config_read(&c, "{}", 2, NULL, &error) == PASSWD_OK || error.message[0]); /* a name may be missing */
    CHECK_OK(passwd_abc_preset("original", &c, &error), error);
    CHECK_OK(passwd_abc_config_read(&c, original, strlen(original), "original.json", &error), error);
    CHECK(c.embed_dim == 32 && c.attn_blocks_n == 4 && c.out_dim[0] == 3 && c.out_dim[3] == 3 && c.ae_depth == 3
        && c.doWij == 1 && c.do_gumbel == 0);
    CHECK_OK(passwd_abc_new(&c, 1, NULL, &a, &error), error);
    passwd_abc_free(a);
    a = NULL;
    for (k = 0; k < 10; k++) { /* impossible networks */
        c = tiny_config();
        if (k == 0) c.max_objects = 0;
        if (k == 1) c.max_objects = 129;
        if (k == 2) c.embed_dim = 0;
        if (k == 3) c.attn_block_num_heads = 3;
        if (k == 4) c.out_dim[1] = 9;
        if (k == 5) c.attn_blocks_n = 9;
        if (k == 6) c.attn_dropout = NAN;
        if (k == 7) c.mass_scale = 0.0f;
        if (k == 8) c.tau = 0.0f;
        if (k == 9) c.ae_dim = 1 << 30;
        memset(&error, 0, sizeof error);
        if (!CHECK(passwd_abc_new(&c, 1, NULL, &a, &error) == PASSWD_ERROR_CONFIG && a == NULL
                && strlen(error.message) > 10))
            printf("  network %d: %s\n", k, error.message);
    }
    REFUSED(passwd_abc_new(NULL, 1, NULL, &a, &error), PASSWD_ERROR_ARGUMENT);
    c = tiny_config();
    REFUSED(passwd_abc_new(&c, 1, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
}

static void test_events(void) {
    /* none of the type, one, two, more than the model takes (the softest first), mixed types */
    static const char csv[] = "event,object,pt,eta,phi,m\n"
                              "1,mu,30,0,0,0.1\n"
                              "2,j,100,0.5,1,10\n"
                              "3,j,100,0.5,1,10\n3,j,90,-0.5,-2,10\n"
                              "4,j,11,1,1,1\n4,j,12,1,2,1\n4,j,100,0.5,1,10\n4,j,90,-0.5,-2,10\n4,j,80,0.1,2,10\n4,j,"
                              "70,-1.5,-1,10\n4,j,60,1,3,10\n4,j,50,0,0,10\n"
                              "5,mu,500,0,0,0.1\n5,j,100,0.5,1,10\n5,e,400,1,1,0\n5,j,90,-0.5,-2,10\n";
    passwd_abc_config c = tiny_config();
    passwd_abc *a = NULL;
    passwd_abc_job *j = NULL;
    passwd_events v;
    passwd_abc_result r[5], one;
    int64_t dropped = 5, k;
    int i, n;
    if (!CHECK_OK(passwd_abc_new(&c, 3, NULL, &a, &error), error)
        || !CHECK_OK(passwd_abc_job_new(a, NULL, &j, &error), error))
        return;
    CHECK_OK(events_of(csv, NULL, &v), error);
    memset(r, 7, sizeof r);
    CHECK_OK(passwd_abc_run(j, &v, 0, 5, r, &dropped, &error), error);
    CHECK(r[0].objects == 0 && r[0].score != r[0].score && r[0].loss != r[0].loss
        && r[0].layer[0].mass[0] != r[0].layer[0].mass[0] && r[0].layer[0].category[0] == -1);
    CHECK(r[1].objects == 1 && r[1].loss == r[1].loss && r[1].layer[1].category[0] >= 0
        && r[1].layer[1].category[1] == -1);
    CHECK(r[2].objects == 2 && r[3].objects == 6 && r[4].objects == 2);
    CHECK(dropped == 7);                                                       /* increased, by two */
    CHECK(r[3].layer[1].category[0] == -1 && r[3].layer[1].category[1] == -1); /* the softest were left out */
    for (n = 0, i = 2; i < 8; i++) n += r[3].layer[1].category[i] >= 0 && r[3].layer[1].category[i] < c.out_dim[1];
    CHECK(n == 6 && r[3].layer[1].category[8] == -1);
    CHECK(r[4].layer[1].category[0] == -1 && r[4].layer[1].category[1] >= 0 && r[4].layer[1].category[2] == -1
        && r[4].layer[1].category[3] >= 0);
    CHECK(r[4].loss == r[2].loss && r[4].layer[1].category[1] == r[2].layer[1].category[0]); /* the same jets */
    CHECK(fabs((double)r[2].score - log((double)r[2].loss)) < 1e-6);
    for (k = 0; k < 5; k++) { /* one by one: the same bits */
        memset(&one, 0, sizeof one);
        CHECK(passwd_abc_run(j, &v, k, 1, &one, NULL, NULL) == PASSWD_OK
            && memcmp(&one.loss, &r[k].loss, sizeof one.loss) == 0 && memcmp(one.p4, r[k].p4, sizeof one.p4) == 0);
    }
    { /* four-momenta of the categories are sums of the jets' */
        double sum[4] = { 0, 0, 0, 0 };
        for (i = 0; i < 2; i++) {
            const int64_t row = v.first[2] + i;
            if (r[2].answer.category[i] != 0) continue;
            sum[0] += v.e[row];
            sum[1] += v.pt[row] * cos(v.phi[row]);
            sum[2] += v.pt[row] * sin(v.phi[row]);
            sum[3] += v.pt[row] * sinh(v.eta[row]);
        }
        for (i = 0; i < 4; i++) CHECK_BELOW(fabs(sum[i] - (double)r[2].p4[0][i]), 1e-3);
    }
    REFUSED(passwd_abc_run(NULL, &v, 0, 1, r, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run(j, NULL, 0, 1, r, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run(j, &v, 0, 6, r, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run(j, &v, -1, 1, r, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run(j, &v, 0, 1, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run(j, &v, INT64_MAX, 2, r, NULL, &error), PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_abc_run(j, &v, 5, 0, r, NULL, &error) == PASSWD_OK);
    REFUSED(passwd_abc_train(NULL, &v, NULL, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_train(a, NULL, NULL, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    passwd_abc_job_free(j);
    passwd_abc_free(a);
    passwd_events_free(&v);
}

/* --- events from arrays --- */

enum { MADE = 40, MADE_ROWS = 10 };
/* events with 0 to 10 objects, some no jets, in floats of an array of structs, whose size fits no alignment of a double
 */
typedef struct made {
    char before;
    float mass, phi, pt, eta, extra;
} made;
static made made_rows[MADE * MADE_ROWS];
static int64_t made_first[MADE + 1];
static int32_t made_type[MADE * MADE_ROWS];
static const char *const made_types[3] = { "j", "mu", "b" };
static passwd_arrays made_events(void) {
    passwd_arrays a;
    int64_t e, r = 0;
    for (e = 0; e < MADE; made_first[++e] = r)
        for (; r - made_first[e] < e % (MADE_ROWS + 1); r++) {
            const uint32_t n = (uint32_t)r;
            made_rows[r].pt = (float)(50.0 + 400.0 * passwd_random_uniform(3, 1, n));
            made_rows[r].eta = (float)(4.0 * passwd_random_uniform(3, 2, n) - 2.0);
            made_rows[r].phi = (float)(6.28 * passwd_random_uniform(3, 3, n) - 3.14);
            made_rows[r].mass = (float)(20.0 * passwd_random_uniform(3, 4, n));
            made_rows[r].extra = (float)r;
            made_type[r] = (int32_t)(3.99 * passwd_random_uniform(3, 5, n)); /* 3 is no type */
        }
    memset(&a, 0, sizeof a);
    a.events = MADE;
    a.first = made_first;
    a.total = made_first[MADE];
    a.pt = passwd_floats(&made_rows[0].pt, sizeof *made_rows);
    a.eta = passwd_floats(&made_rows[0].eta, sizeof *made_rows);
    a.phi = passwd_floats(&made_rows[0].phi, sizeof *made_rows);
    a.m = passwd_floats(&made_rows[0].mass, sizeof *made_rows);
    a.type = made_type;
    a.types = made_types;
    a.n_types = 3;
    return a;
}
/* the same rows as doubles, backwards in memory, and as a padded matrix of packed bytes */
static double made_doubles[4][MADE * MADE_ROWS];
static passwd_arrays made_backwards(const passwd_arrays *all) {
    passwd_arrays a = *all;
    const int64_t last = made_first[MADE] - 1;
    int64_t r;
    for (r = 0; r <= last; r++) {
        made_doubles[0][last - r] = (double)made_rows[r].pt;
        made_doubles[1][last - r] = (double)made_rows[r].eta;
        made_doubles[2][last - r] = (double)made_rows[r].phi;
        made_doubles[3][last - r] = (double)made_rows[r].mass;
    }
    a.pt = passwd_doubles(made_doubles[0] + last, -(ptrdiff_t)sizeof(double));
    a.eta = passwd_doubles(made_doubles[1] + last, -(ptrdiff_t)sizeof(double));
    a.phi = passwd_doubles(made_doubles[2] + last, -(ptrdiff_t)sizeof(double));
    a.m = passwd_doubles(made_doubles[3] + last, -(ptrdiff_t)sizeof(double));
    return a;
}
static float made_matrix[4][MADE * MADE_ROWS];
static int32_t made_objects[MADE], made_matrix_type[MADE * MADE_ROWS];
static passwd_arrays made_padded(const passwd_arrays *all) {
    passwd_arrays a = *all;
    int64_t e, r;
    for (r = 0; r < MADE * MADE_ROWS; r++) made_matrix[0][r] = NAN; /* padding is not read */
    for (e = 0; e < MADE; e++)
        for (r = made_first[e]; r < made_first[e + 1]; r++) {
            const int64_t to = e * MADE_ROWS + r - made_first[e];
            made_matrix[0][to] = made_rows[r].pt;
            made_matrix[1][to] = made_rows[r].eta;
            made_matrix[2][to] = made_rows[r].phi;
            made_matrix[3][to] = made_rows[r].mass;
            made_matrix_type[to] = made_type[r];
        }
    for (e = 0; e < MADE; e++) made_objects[e] = (int32_t)(made_first[e + 1] - made_first[e]);
    a.first = NULL;
    a.rows = MADE_ROWS;
    a.objects = made_objects;
    a.total = MADE * MADE_ROWS;
    a.pt = passwd_floats(made_matrix[0], 0);
    a.eta = passwd_floats(made_matrix[1], 0);
    a.phi = passwd_floats(made_matrix[2], 0);
    a.m = passwd_floats(made_matrix[3], 0);
    a.type = made_matrix_type;
    return a;
}
static int same_results(const passwd_abc_result *a, const passwd_abc_result *b, int64_t count) {
    return memcmp(a, b, (size_t)count * sizeof *a) == 0; /* they are zeroed, padding included, before they are filled */
}
/* Arrays of any layout give the bits of passwd_abc_run for the same events, whose frame is the network's with align. */
static void test_arrays(void) {
    static passwd_abc_result wanted[MADE], results[MADE];
    passwd_abc_config c = tiny_config();
    passwd_arrays a = made_events(), other;
    passwd_events v;
    passwd_abc *abc = NULL;
    passwd_abc_job *j = NULL;
    int64_t dropped = 0, again = 0;
    int32_t types[MADE * MADE_ROWS];
    int align;
    memset(&v, 0, sizeof v);
    CHECK_OK(passwd_events_add(&v, &a, &error), error);
    CHECK(v.count == MADE && v.objects == made_first[MADE]);
    for (align = 0; align < 2; align++) {
        c.align = align;
        if (!CHECK_OK(passwd_abc_new(&c, 3, NULL, &abc, &error), error)
            || !CHECK_OK(passwd_abc_job_new(abc, NULL, &j, &error), error))
            return;
        dropped = again = 0;
        CHECK_OK(passwd_abc_run(j, &v, 0, MADE, wanted, &dropped, &error), error);
        CHECK(dropped > 0 && wanted[10].objects > 2 && wanted[10].score == wanted[10].score);
        CHECK_OK(passwd_abc_run_arrays(j, &a, 0, MADE, results, &again, &error), error);
        CHECK(same_results(results, wanted, MADE) && again == dropped);
        other = made_backwards(&a);
        memset(results, 1, sizeof results);
        CHECK_OK(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), error);
        CHECK(same_results(results, wanted, MADE));
        other = made_padded(&a);
        memset(results, 1, sizeof results);
        CHECK_OK(passwd_abc_run_arrays(j, &other, 7, MADE - 7, results, NULL, &error), error); /* a part of them */
        CHECK(same_results(results, wanted + 7, MADE - 7));
        if (align) break;
        passwd_abc_job_free(j);
        passwd_abc_free(abc);
        j = NULL;
        abc = NULL;
    }
    /* energies instead of masses: as from the events, which have both */
    other = a;
    memset(&other.m, 0, sizeof other.m);
    other.e = passwd_doubles(v.e, 0);
    CHECK_OK(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), error);
    CHECK(same_results(results, wanted, MADE));
    /* without types all are jets */
    memcpy(types, v.type, (size_t)v.objects * sizeof *types);
    memset(v.type, 0, (size_t)v.objects * sizeof *v.type);
    CHECK_OK(passwd_abc_run(j, &v, 0, MADE, wanted, NULL, &error), error);
    memcpy(v.type, types, (size_t)v.objects * sizeof *types);
    other = a;
    other.type = NULL;
    CHECK_OK(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), error);
    CHECK(same_results(results, wanted, MADE) && results[10].objects == 6);
    /* what cannot be */
    memcpy(wanted, results, sizeof wanted);
    REFUSED(passwd_abc_run_arrays(NULL, &a, 0, MADE, results, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run_arrays(j, NULL, 0, MADE, results, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run_arrays(j, &a, 0, MADE, NULL, NULL, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_run_arrays(j, &a, 1, MADE, results, NULL, &error), PASSWD_ERROR_ARGUMENT);
    other = a;
    memset(&other.m, 0, sizeof other.m);
    REFUSED(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), PASSWD_ERROR_ARGUMENT);
    other = a;
    other.first = NULL;
    REFUSED(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), PASSWD_ERROR_ARGUMENT);
    other = a;
    other.total--;
    REFUSED(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), PASSWD_ERROR_SHAPE);
    other = made_padded(&a);
    other.total--;
    REFUSED(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), PASSWD_ERROR_SHAPE);
    other.total = 0;
    other.rows = INT64_MAX / 2;
    REFUSED(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), PASSWD_ERROR_SHAPE);
    other.rows = MADE_ROWS;
    made_objects[12] = MADE_ROWS + 1;
    REFUSED(passwd_abc_run_arrays(j, &other, 0, MADE, results, NULL, &error), PASSWD_ERROR_SHAPE);
    CHECK(strstr(error.message, "Event 12 ") != NULL);
    made_rows[made_first[21] + 2].eta = INFINITY;
    REFUSED(passwd_abc_run_arrays(j, &a, 0, MADE, results, NULL, &error), PASSWD_ERROR_NUMERIC);
    CHECK(strstr(error.message, "Event 21 ") != NULL && same_results(results, wanted, MADE));
    passwd_abc_job_free(j);
    passwd_abc_free(abc);
    passwd_events_free(&v);
}
static int same_column(const double *a, const double *b, int64_t count) {
    return memcmp(a, b, (size_t)count * sizeof *a) == 0;
}
static int same_events(const passwd_events *a, const passwd_events *b) {
    int64_t r, same = a->count == b->count && a->objects == b->objects && a->n_numbers == b->n_numbers;
    for (r = 0; same && r < a->objects; r++) {
        const int32_t t = a->type[r], u = b->type[r];
        same = (t < 0) == (u < 0) && (t < 0 || !strcmp(a->type_names.name[t], b->type_names.name[u]));
    }
    return same && !memcmp(a->first, b->first, (size_t)(a->count + 1) * sizeof *a->first)
        && !memcmp(a->id, b->id, (size_t)a->count * sizeof *a->id) && same_column(a->weight, b->weight, a->count)
        && same_column(a->pt, b->pt, a->objects) && same_column(a->eta, b->eta, a->objects)
        && same_column(a->phi, b->phi, a->objects) && same_column(a->m, b->m, a->objects)
        && same_column(a->e, b->e, a->objects);
}
/* one event of them, as a program adds it that has one at a time */
static passwd_arrays one_made(const passwd_arrays *a, int64_t e) {
    passwd_arrays one = *a;
    one.first += e;
    one.events = 1;
    if (one.id) one.id += e;
    if (one.weight) one.weight += e;
    return one;
}
static void test_adding(const char *csv) {
    static int64_t ids[MADE];
    static double weights[MADE];
    passwd_events all, each, read, before;
    passwd_arrays a = made_events(), one;
    passwd_column numbers[2];
    counter count;
    passwd_allocator allocator = counting(&count, 0);
    int64_t e, n, at;
    memset(&all, 0, sizeof all);
    memset(&each, 0, sizeof each);
    for (e = 0; e < MADE; e++) {
        ids[e] = 7 * e;
        weights[e] = 0.5 * (double)e;
    }
    a.id = ids;
    a.weight = weights;
    memset(numbers, 0, sizeof numbers);
    numbers[0] = passwd_floats(&made_rows[0].extra, sizeof *made_rows);
    a.number = numbers;
    a.n_numbers = 2;
    /* all at once and one by one are the same; a column without values is NaN */
    CHECK_OK(passwd_events_add(&all, &a, &error), error);
    for (e = 0; e < MADE; e++) {
        one = one_made(&a, e);
        CHECK_OK(passwd_events_add(&each, &one, &error), error);
    }
    CHECK(same_events(&all, &each) && all.id[3] == 21 && all.weight[3] == 1.5 && all.n_numbers == 2);
    for (n = 0; n < all.objects; n++)
        CHECK(all.number[0][n] == (double)n && each.number[0][n] == (double)n && all.number[1][n] != all.number[1][n]);
    /* what is wrong leaves the events as they were: a new name of a type is gone again, too */
    before = each;
    one = one_made(&a, 10);
    at = made_first[10] + 1;
    one.types = made_types + 1; /* without "j" */
    one.n_types = 2;
    made_rows[at].pt = -1.0f;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_NUMERIC);
    CHECK(strstr(error.message, "Event 70 has a negative pt in its object 1") != NULL && same_events(&all, &each));
    made_rows[at].pt = NAN;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_NUMERIC);
    made_rows[at].pt = 50.0f;
    made_rows[at].eta = 20.5f;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_NUMERIC);
    made_rows[at].eta = 1.0f;
    made_rows[at].mass = -50.0f;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_NUMERIC);
    made_rows[at].mass = 1e38f;
    made_rows[at].pt = 3e38f;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_NUMERIC);
    made_rows[at].mass = 1.0f;
    made_rows[at].pt = 50.0f;
    weights[10] = NAN;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_NUMERIC);
    weights[10] = 5.0;
    one.n_numbers = 1;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_SHAPE);
    one.n_numbers = 2;
    one.total = 1;
    REFUSED(passwd_events_add(&each, &one, &error), PASSWD_ERROR_SHAPE);
    REFUSED(passwd_events_add(NULL, &one, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_events_add(&each, NULL, &error), PASSWD_ERROR_ARGUMENT);
    CHECK(each.type_names.count == before.type_names.count && same_events(&all, &each));
    passwd_events_free(&each);
    each.count = 1;
    each.first = ids; /* by hand: it cannot grow */
    a.n_numbers = 0;
    REFUSED(passwd_events_add(&each, &a, &error), PASSWD_ERROR_ARGUMENT);
    memset(&each, 0, sizeof each);
    /* behind those of a file; m and e are made as a file's: its own events once more are themselves */
    CHECK_OK(events_of(csv, NULL, &read), error);
    CHECK_OK(events_of(csv, NULL, &each), error);
    CHECK_OK(passwd_events_add(&read, &a, &error), error);
    CHECK(read.count == each.count + MADE && read.first[read.count] == read.objects && read.id[each.count + 2] == 14
        && same_column(read.pt, each.pt, each.objects) && same_column(read.e + each.objects, all.e, made_first[10]));
    passwd_events_free(&all);
    memset(&one, 0, sizeof one);
    one.events = each.count;
    one.first = each.first;
    one.id = each.id;
    one.pt = passwd_doubles(each.pt, 0);
    one.eta = passwd_doubles(each.eta, 0);
    one.phi = passwd_doubles(each.phi, 0);
    one.m = passwd_doubles(each.m, 0);
    CHECK_OK(passwd_events_add(&all, &one, &error), error);
    CHECK(same_events(&all, &each));
    passwd_events_free(&all);
    passwd_events_free(&each);
    passwd_events_free(&read);
    /* where memory ends, what is there remains */
    for (n = 1;; n++) {
        passwd_status s = PASSWD_OK;
        memset(&count, 0, sizeof count);
        count.fail_at = n;
        memset(&each, 0, sizeof each);
        each.allocator = allocator;
        for (e = 0; s == PASSWD_OK && e < MADE; e++) {
            one = one_made(&a, e);
            s = passwd_events_add(&each, &one, &error);
        }
        CHECK(s == (count.calls < n ? PASSWD_OK : PASSWD_ERROR_MEMORY) && each.count == (s == PASSWD_OK ? e : e - 1));
        CHECK(each.count == 0 || each.first[each.count] == made_first[each.count]);
        passwd_events_free(&each);
        if (!CHECK(count.alive == 0) || count.calls < n) break;
    }
    CHECK(n > 20);
}

static void test_abc_training(void) {
    passwd_abc_config c = tiny_config();
    passwd_train_report r;
    passwd_abc *a = NULL;
    passwd_events v;
    char *csv;
    int alike;
    for (alike = 0; alike < 2; alike++) {
        float *before;
        size_t i, changed = 0, bad = 0;
        csv = random_csv(40, alike);
        CHECK(events_of(csv, NULL, &v) == PASSWD_OK);
        CHECK_OK(passwd_abc_new(&c, 3, NULL, &a, &error), error);
        before = (float *)malloc(passwd_parameter_floats(passwd_abc_model(a)) * sizeof *before);
        memcpy(before, passwd_parameters(passwd_abc_model(a)),
            passwd_parameter_floats(passwd_abc_model(a)) * sizeof *before);
        CHECK_OK(passwd_abc_train(a, &v, NULL, &r, NULL, &error), error);
        for (i = 0; i < passwd_parameter_floats(passwd_abc_model(a)); i++) {
            const float p = passwd_parameters(passwd_abc_model(a))[i];
            changed += p != before[i];
            bad += !(p - p == 0.0f);
        }
        CHECK(r.steps > 0 && changed > 0 && bad == 0);
        free(before);
        passwd_abc_free(a);
        passwd_events_free(&v);
        free(csv);
    }
    csv = random_csv(1, 0); /* too few */
    CHECK(events_of(csv, NULL, &v) == PASSWD_OK);
    CHECK_OK(passwd_abc_new(&c, 3, NULL, &a, &error), error);
    REFUSED(passwd_abc_train(a, &v, NULL, &r, NULL, &error), PASSWD_ERROR_ARGUMENT);
    passwd_abc_free(a);
    passwd_events_free(&v);
    free(csv);
}

static void *read_all(const char *path, size_t *count) {
    FILE *f = fopen(path, "rb");
    char *p = (char *)malloc(1 << 20);
    *count = f ? fread(p, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    return p;
}
static void test_files(void) {
    passwd_abc_config c = tiny_config(), read;
    passwd_abc *a = NULL, *b = NULL;
    passwd_model *m;
    unsigned char *copy;
    size_t n, wrong = 0, taken = 0, again;
    uint32_t k;
    void *bytes;
    CHECK_OK(passwd_abc_new(&c, 5, NULL, &a, &error), error);
    CHECK_OK(passwd_abc_save(a, FILE_A, &error), error);
    CHECK_OK(passwd_abc_load(FILE_A, NULL, &b, &error), error);
    m = passwd_abc_model(a);
    CHECK(passwd_parameter_floats(passwd_abc_model(b)) == passwd_parameter_floats(m)
        && memcmp(
               passwd_parameters(passwd_abc_model(b)), passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float))
            == 0);
    read = *passwd_abc_config_of(b);
    c = *passwd_abc_config_of(a);
    for (k = (uint32_t)c.attn_blocks_n; k < PASSWD_ABC_LAYERS; k++) read.out_dim[k] = c.out_dim[k]; /* of no meaning */
    CHECK(memcmp(&c, &read, sizeof c) == 0);
    CHECK_OK(passwd_abc_save(b, FILE_B, &error), error);
    abc_bytes = read_all(FILE_A, &abc_count);
    bytes = read_all(FILE_B, &again);
    CHECK(abc_count > 1000 && again == abc_count && memcmp(bytes, abc_bytes, again) == 0);
    free(bytes);
    passwd_abc_free(b);
    passwd_abc_free(a);
    b = NULL;
    CHECK(passwd_abc_save(NULL, FILE_B, &error) != PASSWD_OK);
    REFUSED(passwd_abc_load("build/none.safetensors", NULL, &b, &error), PASSWD_ERROR_IO);
    REFUSED(passwd_abc_load(NULL, NULL, &b, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_parse(NULL, 5, "x", NULL, &b, &error), PASSWD_ERROR_ARGUMENT);
    for (n = 0; n < abc_count; n++) { /* truncated at every byte */
        copy = (unsigned char *)malloc(n ? n : 1);
        memcpy(copy, abc_bytes, n);
        error.message[0] = 0;
        if (passwd_abc_parse(copy, n, "cut", NULL, &b, &error) == PASSWD_OK || b || !error.message[0]) wrong++;
        free(copy);
    }
    CHECK(wrong == 0);
    for (k = 0; k < 4000; k++) { /* changed bytes, most of them in the header: never a crash, and no NaN gets in */
        uint32_t i;
        copy = (unsigned char *)malloc(abc_count);
        memcpy(copy, abc_bytes, abc_count);
        for (i = 0; i <= k % 3; i++)
            copy[passwd_random_bits(8, i, k) % (k % 8 ? 6000 : abc_count)] = (unsigned char)passwd_random_bits(9, i, k);
        b = NULL;
        if (passwd_abc_parse(copy, abc_count, "changed", NULL, &b, &error) == PASSWD_OK) taken++;
        else if (b) wrong++;
        passwd_abc_free(b);
        free(copy);
    }
    CHECK(wrong == 0 && taken < 4000);
}

/* --- the smallest asymmetry, by trying everything --- */

static double mass_of(const float *p4, int n, uint32_t group) {
    double p[4] = { 0, 0, 0, 0 }, m2;
    int i, k;
    for (i = 0; i < n; i++)
        if (group >> i & 1u)
            for (k = 0; k < 4; k++) p[k] += (double)p4[4 * i + k];
    m2 = p[0] * p[0] - p[1] * p[1] - p[2] * p[2] - p[3] * p[3];
    return m2 > 0 ? sqrt(m2) : 0;
}
static void test_asymmetry(void) {
    float p4[13 * 4], x[5];
    passwd_asymmetry r, before;
    int n, k, t;
    memset(&before, 3, sizeof before);
    for (n = 2; n <= 12; n++)
        for (t = 0; t < 5; t++) {
            double best = 9, m[2];
            uint32_t g;
            for (k = 0; k < n; k++) {
                const uint32_t i = (uint32_t)(n * 100 + t * 13 + k);
                const double pt = 30 + 500 * passwd_random_uniform(4, 1, i),
                             eta = 4 * passwd_random_uniform(4, 2, i) - 2, mass = 20 * passwd_random_uniform(4, 3, i);
                passwd_abc_encode(pt, eta, 6.28 * passwd_random_uniform(4, 4, i),
                    sqrt(mass * mass + pt * pt * cosh(eta) * cosh(eta)), x, p4 + 4 * k);
            }
            for (g = 1; g < (1u << n) - 1; g++) {
                const double a = mass_of(p4, n, g), b = mass_of(p4, n, ~g);
                if (a + b > 0 && fabs(a - b) / (a + b) < best) best = fabs(a - b) / (a + b);
            }
            CHECK_OK(passwd_smallest_asymmetry(p4, n, &r, &error), error);
            m[0] = mass_of(p4, n, ~r.group);
            m[1] = mass_of(p4, n, r.group);
            CHECK_BELOW(fabs(r.asymmetry - best), 1e-6);
            CHECK_BELOW(fabs(m[0] - r.mass[0]) + fabs(m[1] - r.mass[1]), 1e-2 + 1e-5 * m[0]);
            CHECK_BELOW(fabs(r.mass_avg - 0.5 * (m[0] + m[1])), 1e-2);
            CHECK(r.group != 0 && r.group < 1u << n && r.group != (1u << n) - 1);
        }
    r = before;
    REFUSED(passwd_smallest_asymmetry(p4, 13, &r, &error), PASSWD_ERROR_UNSUPPORTED);
    REFUSED(passwd_smallest_asymmetry(p4, 1, &r, &error), PASSWD_ERROR_SHAPE);
    REFUSED(passwd_smallest_asymmetry(NULL, 3, &r, &error), PASSWD_ERROR_ARGUMENT);
    CHECK(memcmp(&r, &before, sizeof r) == 0);
    memset(p4, 0, sizeof p4); /* massless and still: no NaN */
    CHECK(passwd_smallest_asymmetry(p4, 4, &r, NULL) == PASSWD_OK && r.asymmetry == r.asymmetry && r.mass_avg == 0.0);
}

/* 3.8 GB of values: a size_t of 32 bits must not wrap; one of 64 bits holds it, and nothing is allocated yet */
static void test_addresses(void) {
    passwd_model *m = NULL;
    passwd_error e;
    passwd_value x;
    passwd_status s;
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_event(m, "x", 60, 1000000);
    passwd_output(m, passwd_activate(m, x, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f), "y");
    s = passwd_model_build(m, 1, &e);
    if (!CHECK(s == (sizeof(size_t) > 4 ? PASSWD_OK : PASSWD_ERROR_MEMORY)))
        printf("  %d: %s\n", (int)s, s ? e.message : "built");
    passwd_model_free(m);
}
int main(void) {
    char *csv = random_csv(30, 0);
    setvbuf(stdout, NULL, _IOLBF, 1024);
    test_recording();
    test_parameters();
    test_filled();
    test_running();
    test_training();
    test_ramp();
    test_configuration();
    test_events();
    test_arrays();
    test_adding(csv);
    test_abc_training();
    test_files();
    test_memory(csv);
    test_asymmetry();
    free(csv);
    free(abc_bytes);
    remove(FILE_A);
    remove(FILE_B);
    test_addresses();
    return finish();
}
