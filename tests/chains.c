/* Markov chains on energies whose distributions are known, and training of energies against negative samples.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/chains.c -o build/test_chains -lm && build/test_chains */
#include "../passwd.h"
#include "check.h"

static int verbose;
static double uniform_number(uint32_t k) { return passwd_random_uniform(77, 1, k); }

/* --- models --- */

/* QUADRATIC: weight times the mean of x^2. WELLS: weight (x^2 - 1)^2. NET: layer norm between, and a harmonic well.
   ENCODER: relu autoencoder with an energy, and a loss beside that does not count. ROWS: of three rows. */
enum { QUADRATIC, WELLS, NET, ENCODER, ROWS, KINDS };
static passwd_model *build(int kind, int size, float weight) {
    static const int widths[6] = { 10, 10, 6, 10, 10, 0 };
    passwd_model *m = NULL;
    passwd_error error;
    passwd_value x, y;
    char name[16];
    int k;
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_event(m, "x", kind == ROWS ? 3 : 1, size);
    passwd_input_trains(m, x);
    y = x;
    if (kind == WELLS) y = passwd_shift(m, passwd_activate(m, x, PASSWD_ACTIVATE_SQUARE, 0.0f, 0.0f), 0, -1.0f);
    if (kind == NET) {
        y = passwd_activate(m, passwd_linear(m, x, 8, 1, "a"), PASSWD_ACTIVATE_TANH, 0.0f, 0.0f);
        y = passwd_layer_norm(m, y, PASSWD_NONE, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, "n");
        y = passwd_linear(m, y, 2, 1, "b");
        passwd_loss(m, passwd_mean_square(m, x, PASSWD_NONE), 0.6f, "well");
    }
    if (kind == ROWS) y = passwd_mean_square(m, passwd_linear(m, x, size, 1, "a"), x);
    if (kind == ROWS) passwd_loss(m, passwd_sum_rows(m, y), weight, "energy");
    else if (kind == ENCODER) {
        for (k = 0; k < 6; k++) {
            snprintf(name, sizeof name, "l%d", k);
            y = passwd_linear(m, y, k < 5 ? widths[k] : size, 1, name);
            if (k < 5) y = passwd_activate(m, y, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
        }
        passwd_loss(m, passwd_mean_square(m, y, x), weight, "energy");
        passwd_loss_contrast(m, 0.01f, 0);
        passwd_loss(m, passwd_mean_square(m, y, PASSWD_NONE), 5.0f, "beside");
    } else passwd_loss(m, passwd_mean_square(m, y, PASSWD_NONE), weight, "energy");
    CHECK_OK(passwd_model_build(m, 3, &error), error);
    return m;
}
static passwd_workspace *room(const passwd_model *m, int simd, int threads) {
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    memset(&o, 0, sizeof o);
    o.simd = (passwd_simd)simd;
    o.threads = threads;
    o.losses = 1;
    CHECK(passwd_workspace_new(m, &o, &w, NULL) == PASSWD_OK);
    return w;
}
static passwd_chain_options options_of(int64_t steps, double step, double noise) {
    passwd_chain_options o;
    memset(&o, 0, sizeof o);
    o.steps = steps;
    o.step = (float)step;
    o.noise = (float)noise;
    o.seed = 9;
    return o;
}
static passwd_chain_report run(
    const passwd_model *m, passwd_workspace *w, const passwd_chain_options *o, int64_t chains, float *x) {
    passwd_chain_report r;
    passwd_error error;
    memset(&r, 0xff, sizeof r);
    CHECK_OK(passwd_chains_run(m, w, o, chains, x, &r, &error), error);
    return r;
}
static void energies(const passwd_model *m, passwd_workspace *w, int64_t count, const float *x, float *energy) {
    passwd_batch b;
    float *none[1];
    memset(&b, 0, sizeof b);
    none[0] = NULL;
    b.events = count;
    b.inputs = &x;
    CHECK(passwd_gradients(m, w, &b, NULL, energy, none, NULL) == PASSWD_OK);
}

/* --- numbers that should be normal --- */

static int ascending(const void *a, const void *b) {
    return *(const float *)a < *(const float *)b ? -1 : *(const float *)a > *(const float *)b;
}
static void judge_normal(float *x, int count, double width) {
    const double n = count;
    double m[5] = { 0, 0, 0, 0, 0 }, far = 0, tail = 0;
    int i, k;
    for (i = 0; i < count; i++) {
        double power = 1;
        for (k = 1; k <= 4; k++) m[k] += (power *= (double)x[i] / width) / n;
        tail += fabs((double)x[i]) > 3 * width;
    }
    CHECK_BELOW(fabs(m[1]), 4 / sqrt(n));
    CHECK_BELOW(fabs(m[2] - 1), 4 * sqrt(2 / n));
    CHECK_BELOW(fabs(m[3]), 4 * sqrt(15 / n));
    CHECK_BELOW(fabs(m[4] - 3), 4 * sqrt(96 / n));
    CHECK_BELOW(fabs(tail - n * erfc(3 / sqrt(2.0))), 4 * sqrt(n * erfc(3 / sqrt(2.0))));
    qsort(x, (size_t)count, sizeof *x, ascending);
    for (i = 0; i < count; i++) {
        const double p = 0.5 * erfc(-(double)x[i] / width / sqrt(2.0)),
                     d = fmax(fabs(p - i / n), fabs(p - (i + 1) / n));
        if (!(d <= far)) far = d;
    }
    CHECK_BELOW(far, 1.63 / sqrt(n));
}
static void test_numbers(int size, int steps, int simd) {
    enum { CHAINS = 6000 };
    passwd_model *m = build(QUADRATIC, size, 1.0f);
    passwd_workspace *w = room(m, simd, 1);
    passwd_chain_options o = options_of(steps, 0.0, 1.0);
    float *x = (float *)calloc((size_t)(CHAINS * size), sizeof *x);
    double with[3] = { 0, 0, 0 };
    int i, k;
    o.seed = 20 + (uint64_t)size;
    run(m, w, &o, CHAINS, x);
    for (i = 0; i < CHAINS; i++)
        for (k = 0; k < size; k++) {
            const float *a = x + i * size + k;
            if (k + 1 < size) with[0] += (double)*a * (double)a[1];
            if (i + 1 < CHAINS) with[1] += (double)*a * (double)a[size];
            if (i + 16 < CHAINS) with[2] += (double)*a * (double)a[16 * size];
        }
    for (k = 0; k < 3; k++) CHECK_BELOW(fabs(with[k]), 4 * steps * sqrt((double)(CHAINS * size)));
    judge_normal(x, CHAINS * size, sqrt((double)steps));
    free(x);
    passwd_workspace_free(w);
    passwd_model_free(m);
}

/* --- known distributions --- */

/* E = 2 / 4 * sum x^2: dE/dx = x, so that plain steps multiply by 1 - step. Large steps: the chain's own variance,
   noise^2 / (1 - (1 - step)^2), is far from T, which Metropolis' choice restores. */
static void test_quadratic(int metropolis, double step, double noise, double temperature) {
    enum { CHAINS = 16000, SIZE = 4 };
    passwd_model *m = build(QUADRATIC, SIZE, 2.0f);
    passwd_workspace *w = room(m, 0, 2);
    passwd_chain_options o = options_of(60, step, noise);
    const double want = metropolis ? temperature : noise * noise / (1 - (1 - step) * (1 - step));
    float *x = (float *)malloc(CHAINS * SIZE * sizeof *x);
    passwd_chain_report r;
    double energy = 0;
    int i;
    for (i = 0; i < CHAINS * SIZE; i++) x[i] = (float)(4 * uniform_number((uint32_t)i) - 2);
    o.metropolis = metropolis;
    o.temperature = temperature == 1.0 ? 0.0f : (float)temperature;
    r = run(m, w, &o, CHAINS, x);
    CHECK(r.lost == 0 && r.saturation == 0.0 && r.outside == 0.0);
    CHECK(metropolis ? r.acceptance > 0.1 && r.acceptance < 0.98 : r.acceptance == 1.0);
    for (i = 0; i < CHAINS * SIZE; i++) energy += 0.5 * (double)x[i] * (double)x[i] / CHAINS;
    CHECK_BELOW(fabs(r.end - energy), 1e-5 * energy);
    CHECK_BELOW(fabs(r.start - 0.5 * SIZE * 4.0 / 3), 0.05);
    CHECK(fabs(noise * noise / (1 - (1 - step) * (1 - step)) / temperature - 1) > 0.2); /* the two differ */
    judge_normal(x, CHAINS * SIZE, sqrt(want));
    free(x);
    passwd_workspace_free(w);
    passwd_model_free(m);
}
/* On the sphere: unit lengths, and since E is the same everywhere there, no direction before another. */
static void test_sphere(void) {
    enum { CHAINS = 8000, SIZE = 4 };
    passwd_model *m = build(QUADRATIC, SIZE, 2.0f);
    passwd_workspace *w = room(m, 0, 2);
    passwd_chain_options o = options_of(80, 0.02, 0.3);
    static float x[CHAINS * SIZE];
    double mean[SIZE] = { 0 }, square[SIZE] = { 0 }, worst = 0.0;
    passwd_chain_report r;
    passwd_error error;
    int i, k;
    for (i = 0; i < CHAINS; i++) x[i * SIZE] = 1.0f; /* all from the pole */
    o.sphere = 1;
    r = run(m, w, &o, CHAINS, x);
    CHECK(r.lost == 0);
    CHECK_BELOW(fabs(r.end - 0.5), 1e-5);
    for (i = 0; i < CHAINS; i++) {
        double length = 0.0;
        for (k = 0; k < SIZE; k++) {
            const double v = x[i * SIZE + k];
            mean[k] += v / CHAINS;
            square[k] += v * v / CHAINS;
            length += v * v;
        }
        worst = fmax(worst, fabs(length - 1.0));
    }
    CHECK_BELOW(worst, 1e-5);
    for (k = 0; k < SIZE; k++) {
        CHECK_BELOW(fabs(mean[k]), 0.03);
        CHECK_BELOW(fabs(square[k] - 1.0 / SIZE), 0.02);
    }
    o.metropolis = 1;
    CHECK(passwd_chains_run(m, w, &o, CHAINS, x, NULL, &error) == PASSWD_ERROR_ARGUMENT);
    passwd_workspace_free(w);
    passwd_model_free(m);
}
/* chi^2 per degree of freedom, bins of less than 20 left out */
static double chi_square(const double *seen, const double *want, int bins, double total) {
    double sum = 0, all = 0, count = 0;
    int k;
    for (k = 0; k < bins; k++) all += want[k];
    for (k = 0; k < bins; k++) {
        const double n = want[k] / all * total;
        if (n < 20) continue;
        sum += (seen[k] - n) * (seen[k] - n) / n;
        count += 1;
    }
    CHECK(count > 8);
    return (sum - count) / sqrt(2 * count); /* in widths */
}
static void test_wells(int bounded) {
    enum { CHAINS = 20000, BINS = 24, FINE = 4000 };
    const double low = bounded ? -0.5 : -3, high = bounded ? 1.25 : 3, temperature = 0.8;
    double seen[2][BINS], want[BINS], distance[2];
    int i, k, metropolis;
    passwd_model *m = build(WELLS, 1, 1.3f);
    passwd_workspace *w = room(m, 0, 2);
    float *x = (float *)malloc(CHAINS * sizeof *x);
    memset(want, 0, sizeof want);
    memset(seen, 0, sizeof seen);
    for (k = 0; k < FINE; k++) {
        const double z = low + (high - low) * (k + 0.5) / FINE, u = z * z - 1;
        want[k * BINS / FINE] += exp(-1.3 * u * u / temperature);
    }
    for (metropolis = 0; metropolis < 2; metropolis++) {
        passwd_chain_options o = options_of(200, 0.12, sqrt(2 * 0.12 * temperature));
        passwd_chain_report r;
        o.metropolis = metropolis;
        o.temperature = (float)temperature;
        if (bounded) {
            o.low = (float)low;
            o.high = (float)high;
        }
        for (i = 0; i < CHAINS; i++) x[i] = (float)(low + (high - low) * (0.2 + 0.6 * uniform_number((uint32_t)i)));
        r = run(m, w, &o, CHAINS, x);
        CHECK((r.lost == 0 || !(bounded || metropolis)) && (bounded ? r.outside > 0.003 : r.outside == 0.0));
        for (i = 0; i < CHAINS; i++) {
            const int bin = (int)(((double)x[i] - low) / (high - low) * BINS);
            if (bounded && !(x[i] >= (float)low && x[i] <= (float)high)) CHECK(!"a chain left its bounds");
            if (bin >= 0 && bin < BINS) seen[metropolis][bin]++;
        }
        distance[metropolis] = chi_square(seen[metropolis], want, BINS, CHAINS);
    }
    CHECK_BELOW(distance[1], 4);
    CHECK_BELOW(50, distance[0]); /* such steps need the choice: this test sees the difference */
    free(x);
    passwd_workspace_free(w);
    passwd_model_free(m);
}
/* A random network in two dimensions, against its energy on a lattice. */
static void test_net(void) {
    enum { CHAINS = 20000, LATTICE = 240, BINS = 12 };
    passwd_model *m = build(NET, 2, 1.5f);
    passwd_workspace *w = room(m, 0, 2);
    passwd_chain_options o = options_of(150, 0.25, sqrt(0.5));
    float *x = (float *)malloc(CHAINS * 2 * sizeof *x),
          *lattice = (float *)malloc(LATTICE * LATTICE * 2 * sizeof *lattice);
    float *energy = (float *)malloc(LATTICE * LATTICE * sizeof *energy),
          *p = (float *)calloc(passwd_parameter_floats(m), sizeof *p);
    static double seen[BINS * BINS], want[BINS * BINS];
    const double size = 4.5;
    double mean = 0, norm = 0, square = 0;
    passwd_chain_report r;
    size_t k;
    int i;
    memcpy(p, passwd_parameters(m), passwd_parameter_floats(m) * sizeof *p);
    for (k = 0; k < passwd_parameter_floats(m); k++) p[k] = p[k] + (float)(uniform_number((uint32_t)k) - 0.5);
    CHECK(passwd_set_parameters(m, p, NULL) == PASSWD_OK);
    for (i = 0; i < LATTICE * LATTICE; i++) {
        lattice[2 * i] = (float)(size * (2 * (i / LATTICE + 0.5) / LATTICE - 1));
        lattice[2 * i + 1] = (float)(size * (2 * (i % LATTICE + 0.5) / LATTICE - 1));
    }
    energies(m, w, LATTICE * LATTICE, lattice, energy);
    memset(want, 0, sizeof want);
    memset(seen, 0, sizeof seen);
    for (i = 0; i < LATTICE * LATTICE; i++) {
        const double weight = exp(-(double)energy[i]);
        want[i / LATTICE * BINS / LATTICE * BINS + i % LATTICE * BINS / LATTICE] += weight;
        norm += weight;
        mean += weight * (double)energy[i];
        square += weight * (double)energy[i] * (double)energy[i];
    }
    mean /= norm;
    square = square / norm - mean * mean;
    for (i = 0; i < 2 * CHAINS; i++) x[i] = (float)(4 * uniform_number((uint32_t)i) - 2);
    o.metropolis = 1;
    r = run(m, w, &o, CHAINS, x);
    for (i = 0; i < CHAINS; i++) {
        const int a = (int)floor(((double)x[2 * i] / size + 1) / 2 * BINS),
                  b = (int)floor(((double)x[2 * i + 1] / size + 1) / 2 * BINS);
        if (a >= 0 && a < BINS && b >= 0 && b < BINS) seen[a * BINS + b]++;
    }
    CHECK_BELOW(chi_square(seen, want, BINS * BINS, CHAINS), 4);
    CHECK_BELOW(fabs(r.end - mean), 4 * sqrt(square / CHAINS));
    CHECK(r.acceptance > 0.2 && r.acceptance < 0.99);
    free(x);
    free(lattice);
    free(energy);
    free(p);
    passwd_workspace_free(w);
    passwd_model_free(m);
}

/* --- by hand --- */

static void test_by_hand(void) {
    /* dE/dx = x here; without noise */
    float x[8], y[1200], z[1200];
    const float start[8] = { 10.0f, 0.5f, -3.0f, 0.0f, -1.0f, 1.0f, 2.0f, -2.0f };
    passwd_model *m = build(QUADRATIC, 4, 2.0f);
    passwd_workspace *w = room(m, 0, 1);
    passwd_chain_options o = options_of(2, 0.5, 0.0);
    passwd_chain_report r;
    int i, k, moved = 0;
    memcpy(x, start, sizeof x);
    r = run(m, w, &o, 2, x);
    for (i = 0; i < 8; i++) CHECK(x[i] == start[i] / 4);
    CHECK_BELOW(fabs(r.start - 0.25 * (109.25 + 10)), 1e-4);
    CHECK_BELOW(fabs(r.end - 0.25 / 16 * (109.25 + 10)), 1e-4);
    CHECK(r.acceptance == 1.0 && r.saturation == 0.0 && r.outside == 0.0 && r.lost == 0);
    memcpy(x, start,
        sizeof x); /* clip 1: 10 -> 9.5 -> 9, -3 -> -2.5 -> -2, 2 -> 1.5 -> 1, -2 the same; the others as they are */
    o.clip = 1.0f;
    r = run(m, w, &o, 2, x);
    CHECK(x[0] == 9.0f && x[1] == 0.125f && x[2] == -2.0f && x[3] == 0.0f && x[4] == -0.25f && x[5] == 0.25f
        && x[6] == 1.0f && x[7] == -1.0f);
    CHECK_BELOW(fabs(r.saturation - 8.0 / 16), 1e-12);
    memcpy(x, start, sizeof x); /* held: 10 -> 4 at the first step (5), 2 at the second; -3 -> -1.5 (held at -1) ->
                                   -0.5; -2 -> -1 (there, not held) -> -0.5 */
    o.clip = 0.0f;
    o.low = -1.0f;
    o.high = 4.0f;
    r = run(m, w, &o, 2, x);
    CHECK(x[0] == 2.0f && x[2] == -0.5f && x[7] == -0.5f);
    CHECK_BELOW(fabs(r.outside - 2.0 / 16), 1e-12);
    /* no steps: nothing but energies */
    memcpy(x, start, sizeof x);
    o.steps = 0;
    r = run(m, w, &o, 2, x);
    CHECK(memcmp(x, start, sizeof x) == 0 && r.start == r.end && r.acceptance == 1.0 && r.saturation == 0.0
        && r.lost == 0);
    r = run(m, w, &o, 0, NULL);
    CHECK(r.lost == 0 && r.start != r.start);
    CHECK(passwd_chains_run(m, w, &o, 2, x, NULL, NULL) == PASSWD_OK); /* no report */
    /* one step of Metropolis: who moved was counted; who did not is where he was */
    o = options_of(1, 0.9, 1.5);
    o.metropolis = 1;
    for (i = 0; i < 1200; i++) z[i] = y[i] = (float)(4 * uniform_number((uint32_t)i) - 2);
    r = run(m, w, &o, 300, y);
    for (i = 0; i < 300; i++) {
        int same = 0;
        for (k = 0; k < 4; k++) same += y[4 * i + k] == z[4 * i + k];
        CHECK(same == 0 || same == 4);
        moved += same == 0;
    }
    CHECK_BELOW(fabs(r.acceptance - moved / 300.0), 1e-12);
    CHECK(moved > 50 && moved < 290);
    /* two parts of a run are not one run with the same seed; another seed is another run */
    o = options_of(2, 0.1, 1.0);
    for (i = 0; i < 1200; i++) z[i] = y[i] = 0.0f;
    run(m, w, &o, 300, y);
    o.seed++;
    run(m, w, &o, 300, z);
    for (moved = 0, i = 0; i < 1200; i++) moved += y[i] == z[i];
    CHECK(moved < 3);
    passwd_workspace_free(w);
    passwd_model_free(m);
}
/* The chain of the energy's own derivatives: with an energy the other losses do not count; one deterministic step
   against passwd_gradients. */
static void test_gradients(int kind) {
    enum { CHAINS = 131, SIZE = 4 };
    passwd_model *m = build(kind, SIZE, 1.5f);
    const int size = kind == ROWS ? 3 * SIZE : SIZE;
    passwd_workspace *w = room(m, 0, 1);
    passwd_chain_options o = options_of(1, 0.5, 0.0);
    float *x = (float *)malloc((size_t)(CHAINS * size) * sizeof *x),
          *y = (float *)malloc((size_t)(CHAINS * size) * sizeof *y);
    float *g = (float *)malloc((size_t)(CHAINS * size) * sizeof *g), energy[CHAINS];
    double worst = 0, sum = 0;
    passwd_chain_report r;
    passwd_batch b;
    const float *inputs[1];
    int i;
    memset(&b, 0, sizeof b);
    for (i = 0; i < CHAINS * size; i++) x[i] = y[i] = (float)(4 * uniform_number((uint32_t)i) - 2);
    inputs[0] = y;
    b.inputs = inputs;
    b.events = CHAINS;
    CHECK(passwd_gradients(m, w, &b, NULL, energy, &g, NULL) == PASSWD_OK);
    r = run(m, w, &o, CHAINS, x);
    for (i = 0; i < CHAINS * size; i++) {
        const double d = fabs((double)x[i] - ((double)y[i] - 0.5 * (double)g[i]));
        if (!(d <= worst)) worst = d;
    }
    CHECK_BELOW(worst, 1e-6);
    for (i = 0; i < CHAINS; i++) sum += (double)energy[i] / CHAINS;
    CHECK_BELOW(fabs(r.start - sum), 1e-6 * sum);
    free(x);
    free(y);
    free(g);
    passwd_workspace_free(w);
    passwd_model_free(m);
}
static void test_lost(void) {
    enum { CHAINS = 40 };
    passwd_model *m = build(ENCODER, 4, 1.0f), *q = build(QUADRATIC, 4, 2.0f);
    passwd_workspace *w = room(m, 0, 1), *v = room(q, 0, 1);
    passwd_chain_options o = options_of(20, 0.1, 0.1);
    float x[CHAINS][4], y[CHAINS][4], z[CHAINS][4], energy[CHAINS], *p;
    double start = 0, end = 0;
    passwd_chain_report r;
    int i, k, metropolis;
    for (i = 0; i < CHAINS; i++)
        for (k = 0; k < 4; k++) z[i][k] = x[i][k] = y[i][k] = (float)(2 * uniform_number((uint32_t)(4 * i + k)) - 1);
    for (metropolis = 0; metropolis < 2; metropolis++) { /* starts that are no numbers; the neighbours do not notice */
        o.metropolis = metropolis;
        memcpy(y, z, sizeof y);
        run(m, w, &o, CHAINS, y[0]);
        memcpy(x, z, sizeof x);
        x[3][1] = NAN;
        x[17][0] = INFINITY;
        x[39][3] = -INFINITY;
        r = run(m, w, &o, CHAINS, x[0]);
        CHECK(r.lost == 3);
        CHECK(x[3][1] != x[3][1] && x[17][0] == INFINITY && x[39][3] == -INFINITY && x[3][0] == z[3][0]
            && x[17][1] == z[17][1]);
        start = end = 0;
        for (i = 0; i < CHAINS; i++)
            if (i != 3 && i != 17 && i != 39) CHECK(memcmp(x[i], y[i], sizeof x[i]) == 0);
        energies(m, w, CHAINS, z[0], energy);
        for (i = 0; i < CHAINS; i++)
            if (i != 3 && i != 17 && i != 39) start += (double)energy[i] / (CHAINS - 3);
        energies(m, w, CHAINS, y[0], energy);
        for (i = 0; i < CHAINS; i++)
            if (i != 3 && i != 17 && i != 39) end += (double)energy[i] / (CHAINS - 3);
        CHECK_BELOW(fabs(r.start - start), 1e-6 * start);
        CHECK_BELOW(fabs(r.end - end), 1e-6 * end);
    }
    /* weights that are no numbers */
    p = (float *)malloc(passwd_parameter_floats(m) * sizeof *p);
    memcpy(p, passwd_parameters(m), passwd_parameter_floats(m) * sizeof *p);
    p[passwd_parameter_find(m, "l5.bias")->offset + 1] = INFINITY;
    CHECK(passwd_set_parameters(m, p, NULL) == PASSWD_OK);
    memcpy(x, z, sizeof x);
    r = run(m, w, &o, CHAINS, x[0]);
    CHECK(
        r.lost == CHAINS && memcmp(x, z, sizeof x) == 0 && r.start != r.start && r.end != r.end && r.saturation == 0.0);
    /* steps that grow without end: x -> -2 x; where it is clipped or held, nothing is lost. One chain starts at 0, and
       stays. */
    o = options_of(400, 3.0, 0.0);
    memset(x[5], 0, sizeof x[5]);
    memcpy(y, x, sizeof y);
    r = run(q, v, &o, CHAINS, x[0]);
    CHECK(r.lost == CHAINS - 1 && memcmp(x, y, sizeof x) == 0 && r.start == 0.0 && r.end == 0.0);
    o.low = -1.0f;
    o.high = 1.0f;
    r = run(q, v, &o, CHAINS, x[0]);
    CHECK(r.lost == 0 && r.outside > 0.9 && r.outside < 1.0);
    for (i = 0; i < CHAINS; i++)
        for (k = 0; k < 4; k++) CHECK(i == 5 ? x[i][k] == 0.0f : fabs((double)x[i][k]) == 1.0);
    free(p);
    passwd_workspace_free(w);
    passwd_workspace_free(v);
    passwd_model_free(m);
    passwd_model_free(q);
}
/* The same bits, however the chains are run. */
static void test_bits(int kind, int metropolis) {
    enum { CHAINS = 300, SIZE = 5 };
    static const int cuts[6] = { 0, 1, 17, 33, 33, CHAINS };
    const int size = kind == ROWS ? 3 * SIZE : SIZE, bytes = CHAINS * size * (int)sizeof(float);
    passwd_model *m = build(kind, SIZE, 1.5f);
    passwd_chain_options o = options_of(7, 0.05, 0.4);
    float *z = (float *)malloc((size_t)bytes), *x = (float *)malloc((size_t)bytes), *y = (float *)malloc((size_t)bytes);
    passwd_chain_report first, r;
    passwd_workspace *w;
    int i, level, threads, moved = 0;
    o.metropolis = metropolis;
    o.clip = 0.7f;
    o.low = -1.5f;
    o.high = 1.4f;
    o.first = 1000000;
    for (i = 0; i < CHAINS * size; i++) z[i] = (float)(3 * uniform_number((uint32_t)i) - 1.5);
    z[7 * size] = NAN;
    memcpy(x, z, (size_t)bytes);
    w = room(m, PASSWD_SIMD_SCALAR, 1);
    first = run(m, w, &o, CHAINS, x);
    CHECK(first.lost == 1);
    for (i = 0; i < CHAINS * size; i++) moved += x[i] != z[i];
    CHECK(moved > CHAINS * size / 2);
    passwd_workspace_free(w);
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        for (threads = 1; threads <= 2; threads++) {
            int differ = 0;
            if (!passwd_simd_available((passwd_simd)level) || level == PASSWD_SIMD_SSE2) continue;
            w = room(m, level, threads);
            memcpy(y, z, (size_t)bytes);
            r = run(m, w, &o, CHAINS, y);
            differ |= memcmp(x, y, (size_t)bytes) ? 1 : 0;
            differ |= memcmp(&r, &first, sizeof r) ? 2 : 0;
            memcpy(y, z, (size_t)bytes);
            for (i = 0; i < 5; i++) {
                passwd_chain_options part = o;
                part.first += cuts[i];
                run(m, w, &part, cuts[i + 1] - cuts[i], y + cuts[i] * size);
            }
            differ |= memcmp(x, y, (size_t)bytes) ? 4 : 0;
            if (!CHECK(differ == 0))
                printf("  model %d, metropolis %d: %s, %d threads: other bits (%d)\n", kind, metropolis,
                    passwd_simd_name((passwd_simd)level), threads, differ);
            passwd_workspace_free(w);
        }
    free(x);
    free(y);
    free(z);
    passwd_model_free(m);
}
static passwd_status try_chains(
    const passwd_model *m, passwd_workspace *w, const passwd_chain_options *o, int64_t chains, float *x) {
    passwd_error e;
    passwd_chain_report r;
    float before[8];
    passwd_status s;
    memset(&r, 0x55, sizeof r);
    memcpy(before, x, sizeof before);
    s = passwd_chains_run(m, w, o, chains, x, &r, &e);
    if (s != PASSWD_OK) {
        CHECK(strlen(e.message) > 20 && e.message[strlen(e.message) - 1] == '.');
        CHECK(memcmp(before, x, sizeof before) == 0 && r.lost == 0x5555555555555555);
    }
    return s;
}
static void test_refusals(void) {
    passwd_model *m = build(QUADRATIC, 4, 2.0f), *other = build(QUADRATIC, 4, 2.0f), *bad = NULL;
    passwd_workspace *w = room(m, 0, 1), *v;
    passwd_workspace_options wo;
    const passwd_chain_options good = options_of(1, 0.1, 0.1);
    float x[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    int k;
    CHECK(try_chains(m, w, &good, 2, x) == PASSWD_OK);
    CHECK(try_chains(NULL, w, &good, 2, x) == PASSWD_ERROR_ARGUMENT);
    CHECK(try_chains(m, NULL, &good, 2, x) == PASSWD_ERROR_ARGUMENT);
    CHECK(try_chains(other, w, &good, 2, x) == PASSWD_ERROR_ARGUMENT);
    CHECK(try_chains(m, w, NULL, 2, x) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_chains_run(m, w, &good, 2, NULL, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(try_chains(m, w, &good, -1, x) == PASSWD_ERROR_ARGUMENT);
    for (k = 0; k < 15; k++) {
        passwd_chain_options o = good;
        switch (k) {
        case 0: o.steps = -1; break;
        case 1: o.step = -0.1f; break;
        case 2: o.step = NAN; break;
        case 3: o.step = INFINITY; break;
        case 4: o.noise = -0.1f; break;
        case 5: o.noise = NAN; break;
        case 6: o.noise = INFINITY; break;
        case 7: o.clip = -1.0f; break;
        case 8: o.clip = NAN; break;
        case 9: o.low = 1.0f; break;
        case 10: o.high = NAN; break;
        case 11: o.low = o.high = 1.0f; break; /* it is not none */
        case 12: o.temperature = -1.0f; break;
        case 13: o.temperature = NAN; break;
        default:
            o.metropolis = 1;
            o.noise = 0.0f;
            break;
        }
        if (!CHECK(try_chains(m, w, &o, 2, x) == PASSWD_ERROR_ARGUMENT)) printf("  option %d\n", k);
    }
    memset(&wo, 0, sizeof wo);
    CHECK(passwd_workspace_new(m, &wo, &v, NULL) == PASSWD_OK);
    CHECK(try_chains(m, v, &good, 2, x) == PASSWD_ERROR_ARGUMENT); /* no room for losses */
    passwd_workspace_free(v);
    for (k = 0; k < 6; k++) { /* models without chains */
        passwd_value a;
        CHECK(passwd_model_new(NULL, &bad, NULL) == PASSWD_OK);
        a = k == 0 ? passwd_input_objects(bad, "x", 4, 2) : passwd_input_event(bad, "x", 1, 4);
        if (k > 1) passwd_input_trains(bad, a);
        if (k == 2) passwd_output(bad, a, "x");
        if (k == 3) {
            a = passwd_mean_square(bad, a, passwd_input_event(bad, "y", 1, 4));
        } else if (k == 5) a = passwd_mean_square(bad, passwd_detach(bad, a), PASSWD_NONE);
        else a = passwd_mean_square(bad, k == 4 ? passwd_batch_norm(bad, a, NULL, "bn") : a, PASSWD_NONE);
        if (k == 0) a = passwd_sum_rows(bad, a);
        if (k != 2) passwd_loss(bad, a, 1.0f, "l");
        CHECK(passwd_model_build(bad, 1, NULL) == PASSWD_OK);
        v = room(bad, 0, 1);
        if (!CHECK(try_chains(bad, v, &good, 2, x) == PASSWD_ERROR_UNSUPPORTED)) printf("  model %d\n", k);
        passwd_workspace_free(v);
        passwd_model_free(bad);
    }
    passwd_workspace_free(w);
    passwd_model_free(m);
    passwd_model_free(other);
}

/* --- training with negative samples --- */

enum { DATA = 64 };
static const float penalty = 0.3f; /* of the squares of negative energies, with the difference */
/* part: 1 the energy, 2 what is beside it; contrast: 0, 1 log cosh, 2 difference */
static passwd_model *trained_model(int part, int contrast, float alpha) {
    passwd_model *m = NULL;
    passwd_value x, y, z;
    CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_event(m, "x", 1, 2);
    passwd_input_trains(m, x);
    y = passwd_activate(m, passwd_linear(m, x, 7, 1, "a"), PASSWD_ACTIVATE_TANH, 0.0f, 0.0f);
    z = passwd_linear(m, y, 2, 1, "b");
    if (part & 2) passwd_loss(m, passwd_mean_square(m, y, PASSWD_NONE), 0.3f, "beside");
    if (part & 1) {
        passwd_loss(m, passwd_mean_square(m, z, x), 1.4f, "energy");
        if (contrast) passwd_loss_contrast(m, alpha, contrast == 2);
        if (contrast == 2) passwd_loss_penalty(m, penalty);
    }
    CHECK(passwd_model_build(m, 5, NULL) == PASSWD_OK);
    return m;
}
typedef struct spy {
    float *negatives; /* samples to give, or NULL: numbers */
    int stop, calls, count, good;
    double total, negative, terms[2];
    double figures[8]; /* of validate */
    float *kept[8];
    int epochs;
    size_t floats;
} spy;
static int give_negatives(void *user, passwd_model *m, int64_t step, int64_t count, float *samples) {
    spy *s = (spy *)user;
    int64_t i;
    s->good &= m != NULL && step == s->calls;
    s->calls++;
    s->count = (int)count;
    for (i = 0; i < 2 * count; i++)
        samples[i] = s->negatives ? s->negatives[i] : (float)(4 * uniform_number((uint32_t)(5000 + i)) - 2);
    return s->stop && s->calls == s->stop;
}
static int watch(void *user, const passwd_progress *p) {
    spy *s = (spy *)user;
    s->total = p->total;
    s->negative = p->negative;
    s->terms[0] = p->terms[0];
    return 0;
}
static double judge_epoch(void *user, passwd_model *m, int epoch) {
    spy *s = (spy *)user;
    s->good &= epoch == s->epochs + 1;
    s->kept[s->epochs] = (float *)malloc(s->floats * sizeof(float));
    memcpy(s->kept[s->epochs], passwd_parameters(m), s->floats * sizeof(float));
    return s->figures[s->epochs++];
}
static void gradient_of(passwd_model *m, const float *x, const float *weights, double *term, float *gradient) {
    passwd_workspace *w = room(m, 0, 1);
    passwd_batch b;
    memset(&b, 0, sizeof b);
    b.inputs = &x;
    b.events = DATA;
    b.weights = weights;
    CHECK(passwd_losses(m, w, &b, NULL, term, NULL, gradient, NULL) == PASSWD_OK);
    passwd_workspace_free(w);
}
/* Adam with an epsilon far above all gradients takes steps that are the gradient. */
static void test_contrast(int contrast) {
    const double alpha = 0.2, weight = (double)1.4f, gamma = contrast == 2 ? (double)penalty : 0.0;
    passwd_model *m = trained_model(3, contrast, (float)alpha), *energy = trained_model(1, 0, 0.0f),
                 *beside = trained_model(2, 0, 0.0f);
    const size_t floats = passwd_parameter_floats(energy);
    float x[DATA * 2], negatives[DATA * 2], weights[DATA], each[DATA], *g[4], *before;
    const float *inputs[1];
    double term[4], slope, gap, worst = 0, size = 0, total;
    passwd_train_options o;
    passwd_train_report r;
    passwd_error error;
    passwd_batch b;
    spy s;
    size_t i;
    int k;
    CHECK(passwd_parameter_floats(m) == floats
        && passwd_parameter_find(m, "b.bias")->offset == passwd_parameter_find(energy, "b.bias")->offset);
    for (k = 0; k < 4; k++) g[k] = (float *)calloc(floats, sizeof(float));
    for (k = 0; k < 2 * DATA; k++) {
        x[k] = (float)uniform_number((uint32_t)k);
        negatives[k] = (float)(3 * uniform_number((uint32_t)(k + 900)) - 2);
    }
    for (k = 0; k < DATA; k++) weights[k] = (float)(0.5 + uniform_number((uint32_t)(k + 300)));
    before = (float *)malloc(floats * sizeof(float));
    memcpy(before, passwd_parameters(m), floats * sizeof(float));
    CHECK(passwd_set_parameters(energy, before, NULL) == PASSWD_OK);
    gradient_of(energy, x, weights, term, g[0]);
    gradient_of(energy, negatives, NULL, term + 1, g[1]);
    { /* weighted with the energies themselves: half the gradient of the mean of their squares, over their mean */
        passwd_workspace *w = room(energy, 0, 1);
        inputs[0] = negatives;
        memset(&b, 0, sizeof b);
        b.inputs = inputs;
        b.events = DATA;
        CHECK(passwd_losses(energy, w, &b, NULL, term + 3, each, NULL, NULL) == PASSWD_OK);
        passwd_workspace_free(w);
        gradient_of(energy, negatives, each, term + 3, g[3]);
    }
    { /* the one beside has no second layer */
        float *p = (float *)calloc(passwd_parameter_floats(beside), sizeof(float)),
              *h = (float *)calloc(passwd_parameter_floats(beside), sizeof(float));
        for (k = 0; k < passwd_parameter_count(beside); k++) {
            const passwd_parameter *q = passwd_parameter_at(beside, k);
            memcpy(p + q->offset, before + passwd_parameter_find(m, q->name)->offset, q->count * sizeof(float));
        }
        CHECK(passwd_set_parameters(beside, p, NULL) == PASSWD_OK);
        gradient_of(beside, x, weights, term + 2, h);
        for (k = 0; k < passwd_parameter_count(beside); k++) {
            const passwd_parameter *q = passwd_parameter_at(beside, k);
            memcpy(g[2] + passwd_parameter_find(m, q->name)->offset, h + q->offset, q->count * sizeof(float));
        }
        free(p);
        free(h);
    }
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    memset(&s, 0, sizeof s);
    inputs[0] = x;
    b.inputs = inputs;
    b.events = DATA;
    b.weights = weights;
    s.negatives = negatives;
    s.good = 1;
    o.steps = 1;
    o.batch = DATA;
    o.keep_last = 1;
    o.rate = o.epsilon = 1e6f;
    o.negatives = give_negatives;
    o.progress = watch;
    o.user = &s;
    CHECK_OK(passwd_train(m, &b, &o, &r, &error), error);
    CHECK(s.calls == 1 && s.count == DATA && s.good && r.steps == 1);
    gap = term[0] - term[1];
    slope = contrast == 2 ? 1.0 : tanh(gap);
    total = (contrast == 2 ? gap : log(cosh(gap))) * weight + alpha * weight * term[0] + (double)0.3f * term[2]
        + gamma * weight * term[3] * term[1];
    CHECK_BELOW(fabs(s.total - total), 1e-6);
    CHECK_BELOW(fabs(s.negative - term[1]), 1e-6);
    for (i = 0; i < floats; i++) {
        const double want = (slope + alpha) * (double)g[0][i] - slope * (double)g[1][i] + (double)g[2][i]
            + 2.0 * gamma * term[1] * (double)g[3][i],
                     step = (double)before[i] - (double)passwd_parameters(m)[i];
        size += want * want;
        worst += (step - want) * (step - want);
    }
    CHECK(size > 0.01 && fabs(slope) > 0.1);
    CHECK_BELOW(sqrt(worst / size), 1e-4);
    for (k = 0; k < 4; k++) free(g[k]);
    free(before);
    passwd_model_free(m);
    passwd_model_free(energy);
    passwd_model_free(beside);
}
static void test_validate(int which) {
    static const double nan_ = (double)NAN;
    static const double figures[4][6] = { { 5, 3, 4, 2, 6, 7 }, { 5, 3, 0, 4, 1, 0 }, { 0, 0, 0, 0, 0, 0 },
        { 0, 4, 5, 3, 0, 0 } };
    static const int nans[4][6] = { { 0, 0, 0, 0, 0, 0 }, { 0, 0, 1, 0, 0, 0 }, { 1, 1, 1, 1, 1, 1 },
        { 1, 0, 0, 0, 1, 1 } };
    static const int best[4] = { 4, 2, 0, 4 }, epochs[4] = { 6, 4, 6, 6 };
    passwd_model *m = trained_model(3, 1, 0.1f);
    const size_t floats = passwd_parameter_floats(m);
    float x[DATA * 2], *before = (float *)malloc(floats * sizeof(float));
    const float *inputs[1];
    passwd_train_options o;
    passwd_train_report r;
    passwd_error error;
    passwd_batch b;
    spy s;
    int k;
    memcpy(before, passwd_parameters(m), floats * sizeof(float));
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    memset(&s, 0, sizeof s);
    for (k = 0; k < 2 * DATA; k++) x[k] = (float)uniform_number((uint32_t)k);
    inputs[0] = x;
    b.inputs = inputs;
    b.events = DATA;
    s.floats = floats;
    s.good = 1;
    for (k = 0; k < 6; k++) s.figures[k] = nans[which][k] ? nan_ : figures[which][k];
    o.epochs = 6;
    o.batch = 16;
    o.negatives = give_negatives;
    o.validate = judge_epoch;
    o.user = &s;
    if (which == 1) o.patience = 2;
    if (which == 3) {
        o.average = 0.9f;
        o.validation = 0.25f;
    }
    CHECK_OK(passwd_train(m, &b, &o, &r, &error), error);
    CHECK(s.good && s.epochs == epochs[which] && r.epochs == epochs[which] && r.best_epoch == best[which]
        && r.stopped == (which == 1));
    CHECK(s.calls == (which == 3 ? 3 : 4) * epochs[which] && s.count == 16);
    CHECK(memcmp(passwd_parameters(m), best[which] ? s.kept[best[which] - 1] : before, floats * sizeof(float)) == 0);
    if (best[which]) CHECK(r.validation == s.figures[best[which] - 1]);
    CHECK(memcmp(s.kept[0], s.kept[1], floats * sizeof(float)) != 0);
    for (k = 0; k < s.epochs; k++) free(s.kept[k]);
    free(before);
    passwd_model_free(m);
}
static void test_training_refusals(void) {
    float x[DATA * 2];
    const float *inputs[1];
    passwd_train_options o;
    passwd_train_report r;
    passwd_error error;
    passwd_batch b;
    passwd_model *m = trained_model(1, 1, 0.1f);
    spy s;
    int k;
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    memset(&s, 0, sizeof s);
    for (k = 0; k < 2 * DATA; k++) x[k] = (float)uniform_number((uint32_t)k);
    inputs[0] = x;
    b.inputs = inputs;
    b.events = DATA;
    o.batch = 16;
    o.user = &s;
    CHECK(passwd_train(m, &b, &o, &r, &error) == PASSWD_ERROR_ARGUMENT && strstr(error.message, "negative samples"));
    o.negatives = give_negatives;
    s.stop = 4;
    CHECK(passwd_train(m, &b, &o, &r, &error) == PASSWD_STOPPED && r.stopped == 2 && r.steps == 3 && s.calls == 4);
    memset(&s, 0, sizeof s);
    s.negatives = (float *)calloc(DATA * 2, sizeof(float));
    s.negatives[1] = NAN;
    CHECK(passwd_train(m, &b, &o, &r, &error) == PASSWD_ERROR_NUMERIC && r.stopped == 3 && r.steps == 0);
    free(s.negatives);
    passwd_model_free(m);
    for (k = 0; k < 10; k++) { /* what an energy cannot be */
        passwd_value v;
        passwd_status want = k < 3 || k > 7 ? PASSWD_ERROR_ARGUMENT : PASSWD_ERROR_UNSUPPORTED;
        CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
        v = passwd_input_event(m, "x", 1, 2);
        if (k == 0) passwd_loss_contrast(m, 0.1f, 0);
        if (k == 8) passwd_loss_penalty(m, 0.1f);
        v = passwd_linear(m, k == 3 ? passwd_batch_norm(m, v, NULL, "bn") : v, 2, 1, "a");
        v = passwd_mean_square(m, v, k == 4 ? passwd_input_event(m, "y", 1, 2) : PASSWD_NONE);
        passwd_loss(m, v, 1.0f, "l");
        if (k == 1) passwd_loss_contrast(m, -0.1f, 0);
        else if (k == 2) passwd_loss_contrast(m, NAN, 0);
        else passwd_loss_contrast(m, 0.1f, 0);
        if (k == 5) passwd_loss_logarithm(m);
        if (k == 6) {
            passwd_loss(m, v, 1.0f, "m");
            passwd_loss_contrast(m, 0.1f, 0);
        }
        if (k == 9) passwd_loss_penalty(m, -1.0f);
        if (k == 7) want = PASSWD_OK;
        if (!CHECK(passwd_model_build(m, 1, &error) == want)) printf("  energy %d: %s\n", k, error.message);
        passwd_model_free(m);
    }
}
/* Data on a ring; an autoencoder wide enough to copy everything. Chains from noise make it keep to the ring. */
typedef struct sampler {
    passwd_workspace *w;
    int64_t calls;
    double lost;
} sampler;
static int sample(void *user, passwd_model *m, int64_t step, int64_t count, float *samples) {
    sampler *s = (sampler *)user;
    passwd_chain_options o = options_of(30, 2.0, 0.1);
    passwd_chain_report r;
    int64_t i;
    if (!s->w) s->w = room(m, 0, 1);
    for (i = 0; i < 2 * count; i++) samples[i] = (float)(6 * passwd_random_uniform(8, (uint32_t)step, (uint32_t)i) - 3);
    o.seed = (uint64_t)step;
    o.low = -3.0f;
    o.high = 3.0f;
    o.clip = 0.075f;
    s->calls++;
    if (passwd_chains_run(m, s->w, &o, count, samples, &r, NULL) != PASSWD_OK) return 1;
    s->lost += (double)r.lost;
    return 0;
}
static void test_ring(void) {
    enum { EVENTS = 2048 };
    float *x = (float *)malloc(EVENTS * 2 * sizeof *x), *far = (float *)malloc(EVENTS * 2 * sizeof *far),
          *e = (float *)malloc(EVENTS * sizeof *e);
    double beyond[2];
    int k, contrast;
    for (k = 0; k < EVENTS; k++) {
        const double angle = 6.283185307179586 * uniform_number((uint32_t)k),
                     radius = 2 + 0.1 * passwd_random_normal(3, 1, (uint32_t)k);
        const double other =
            k % 2 ? 0.7 * uniform_number((uint32_t)(k + 9000)) : 2.7 + uniform_number((uint32_t)(k + 9000));
        x[2 * k] = (float)(radius * cos(angle));
        x[2 * k + 1] = (float)(radius * sin(angle));
        far[2 * k] = (float)(other * cos(angle));
        far[2 * k + 1] = (float)(other * sin(angle));
    }
    for (contrast = 0; contrast < 2; contrast++) {
        passwd_model *m = NULL;
        passwd_train_options o;
        passwd_batch b;
        passwd_error error;
        passwd_value in, y;
        passwd_workspace *w;
        const float *inputs[1];
        double inside = 0, outside = 0;
        sampler s;
        memset(&o, 0, sizeof o);
        memset(&b, 0, sizeof b);
        memset(&s, 0, sizeof s);
        CHECK(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
        in = passwd_input_event(m, "x", 1, 2);
        passwd_input_trains(m, in);
        y = passwd_activate(m, passwd_linear(m, in, 32, 1, "a"), PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
        y = passwd_activate(m, passwd_linear(m, y, 32, 1, "b"), PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
        y = passwd_linear(m, y, 2, 1, "c");
        passwd_loss(m, passwd_mean_square(m, y, in), 1.0f, "energy");
        if (contrast) passwd_loss_contrast(m, 0.5f, 1);
        CHECK(passwd_model_build(m, 2, NULL) == PASSWD_OK);
        inputs[0] = x;
        b.inputs = inputs;
        b.events = EVENTS;
        o.epochs = 100;
        o.batch = 256;
        o.rate = 0.01f;
        o.schedule = PASSWD_SCHEDULE_CONSTANT;
        if (contrast) {
            o.negatives = sample;
            o.user = &s;
        }
        CHECK_OK(passwd_train(m, &b, &o, NULL, &error), error);
        CHECK(s.calls == (contrast ? 800 : 0) && s.lost == 0.0);
        w = room(m, 0, 1);
        energies(m, w, EVENTS, x, e);
        for (k = 0; k < EVENTS; k++) inside += (double)e[k] / EVENTS;
        energies(m, w, EVENTS, far, e);
        for (k = 0; k < EVENTS; k++) outside += (double)e[k] / EVENTS;
        beyond[contrast] = outside;
        if (verbose) printf("ring, contrast %d: energy %.4g inside, %.4g outside\n", contrast, inside, outside);
        if (contrast) CHECK(outside > 50 * inside && inside < 0.01);
        passwd_workspace_free(w);
        passwd_workspace_free(s.w);
        passwd_model_free(m);
    }
    CHECK(beyond[1] > 5 * beyond[0]);
    free(x);
    free(far);
    free(e);
}

int main(int argc, char **argv) {
    const int quick =
        argc > 1 && strcmp(argv[1], "quick") == 0; /* for emulators and sanitizers: without long statistics */
    int k, level;
    verbose = argc > 1 && !quick;
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++)
        if (passwd_simd_available((passwd_simd)level)) {
            test_numbers(5, 1, level);
            test_numbers(4, 1, level);
            if (level == PASSWD_SIMD_SCALAR) {
                test_numbers(1, 1, level);
                test_numbers(8, 3, level);
            }
        }
    test_sphere();
    test_quadratic(0, 0.5, 1.0, 1.0);
    test_quadratic(1, 0.7, 1.4, 0.8); /* any noise will do */
    if (!quick) {
        test_quadratic(1, 0.5, 1.0, 1.0);
        test_wells(0);
        test_wells(1);
        test_net();
    }
    test_by_hand();
    for (k = 0; k < KINDS; k++)
        if (k != WELLS) test_gradients(k);
    test_lost();
    for (k = 0; k < KINDS; k++)
        if (k != WELLS) {
            test_bits(k, 0);
            test_bits(k, 1);
        }
    test_refusals();
    for (k = 1; k <= 2; k++) test_contrast(k);
    for (k = 0; k < 4; k++) test_validate(k);
    test_training_refusals();
    if (!quick) test_ring();
    return finish();
}
