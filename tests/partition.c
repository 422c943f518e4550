/* The best partition of an event: against all of them in doubles, its cost against the network's loss, ties, odd
   events, refusals, bits; networks that are taught it (not with "quick" as first argument: for emulators).

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/partition.c -o build/test_partition -lm && build/test_partition */
#include "../passwd.h"
#include "check.h"

static passwd_status assign(const passwd_abc_config *config, passwd_abc_how how,
    const passwd_workspace_options *options, const float *p4, const int32_t *objects, int max_objects, int64_t events,
    signed char *category, float *mass, float *cost, passwd_error *error) {
    passwd_abc_partition p = { events, max_objects, p4, objects, category, mass, cost };
    return passwd_abc_assign(config, how, options, &p, error);
}

enum { EVENTS = 40, MOST = 16 };

static passwd_error error;

#define REFUSED(call, wanted) (memset(&error, 0, sizeof error), CHECK((call) == (wanted) && error.message[0]))

static passwd_abc_config preset(const char *name) {
    passwd_abc_config c;
    CHECK_OK(passwd_abc_preset(name, &c, &error), error);
    return c;
}
/* Jets as they fall: steep in pT, within |eta| < 2.8, with masses. `size`: objects that there is room for. */
static void make_events(uint64_t seed, int count, int objects, int size, float *p4) {
    int e, i;
    memset(p4, 0, (size_t)(count * size) * 4 * sizeof *p4);
    for (e = 0; e < count; e++)
        for (i = 0; i < objects; i++) {
            float *p = p4 + (e * size + i) * 4;
            const uint32_t at = (uint32_t)(e * 64 + i) * 4;
            const double pt = 25.0 / pow(passwd_random_uniform(seed, 1, at), 0.6),
                         eta = 5.6 * passwd_random_uniform(seed, 1, at + 1) - 2.8;
            const double phi = 6.28318530718 * passwd_random_uniform(seed, 1, at + 2),
                         m = 0.15 * pt * passwd_random_uniform(seed, 1, at + 3);
            p[0] = (float)sqrt(pt * pt * cosh(eta) * cosh(eta) + m * m);
            p[1] = (float)(pt * cos(phi));
            p[2] = (float)(pt * sin(phi));
            p[3] = (float)(pt * sinh(eta));
        }
}
static double mass(const double *p) {
    const double m2 = 1.0001 * p[0] * 1.0001 * p[0] - p[1] * p[1] - p[2] * p[2] - p[3] * p[3] + 1e-4;
    return sqrt(m2 > 1e-8 ? m2 : 1e-8);
}
/* What a partition costs, from the formula in the header; infinity where a parent has nothing. */
static double cost_of(const passwd_abc_config *c, const float *p4, int n, const int *category) {
    double p[3][4], all[4], m[2], whole, sum, apart, cost;
    int held[3] = { 0, 0, 0 }, i, k;
    memset(p, 0, sizeof p);
    memset(all, 0, sizeof all);
    for (i = 0; i < n; i++) {
        held[category[i]]++;
        for (k = 0; k < 4; k++) {
            p[category[i]][k] += (double)p4[4 * i + k];
            all[k] += (double)p4[4 * i + k];
        }
    }
    if (!held[0] || !held[1]) return INFINITY;
    whole = mass(all);
    m[0] = mass(p[0]) / whole;
    m[1] = mass(p[1]) / whole;
    sum = m[0] + m[1];
    apart = m[0] - m[1];
    cost = (double)c->lambda_mass * sum + (double)c->lambda_root * (sqrt(m[0]) + sqrt(m[1]));
    cost +=
        (double)c->lambda_balance * sqrt(apart * apart + 1e-6) * pow(fmin(1.2, 1.4 * sum), (double)c->balance_power);
    if (c->out_dim[c->attn_blocks_n - 1] > 2) {
        const double et = sqrt(p[2][1] * p[2][1] + p[2][2] * p[2][2] + mass(p[2]) * mass(p[2])) / (double)c->mass_scale;
        if (held[2]) cost += (double)c->lambda_isr * (c->isr_square ? et * et : et);
    }
    return cost;
}
static double least_of(const passwd_abc_config *c, const float *p4, int n) {
    const int categories = c->out_dim[c->attn_blocks_n - 1];
    int category[MOST] = { 0 }, i;
    double least = INFINITY;
    for (;;) { /* a counter in base `categories`; the last object stays in one of the parents */
        const double cost = cost_of(c, p4, n, category);
        if (cost < least) least = cost;
        for (i = 0; i < n - (categories == 2) && ++category[i] == categories; i++) category[i] = 0;
        if (i == n - (categories == 2)) return least;
    }
}
static double cost_of_answer(const passwd_abc_config *c, const float *p4, int n, const signed char *category) {
    int chosen[MOST], i;
    for (i = 0; i < n; i++) {
        if (category[i] < 0 || category[i] >= c->out_dim[c->attn_blocks_n - 1]) return NAN;
        chosen[i] = category[i];
    }
    return cost_of(c, p4, n, chosen);
}

/* ---- the optimum */

static void compare_with_all(const passwd_abc_config *c, int n, int count, const char *what) {
    float p4[EVENTS * MOST * 4], m[2 * EVENTS], cost[EVENTS];
    signed char category[EVENTS * MOST];
    int32_t objects[EVENTS];
    double worst = 0.0, off = 0.0, mass_off = 0.0;
    int e, i, k;
    make_events((uint64_t)n, count, n, MOST, p4);
    for (e = 0; e < count; e++) objects[e] = n;
    memset(category, 9, sizeof category);
    if (!CHECK_OK(assign(c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, count, category, m, cost, &error), error))
        return;
    for (e = 0; e < count; e++) {
        const float *p = p4 + e * MOST * 4;
        const signed char *a = category + e * MOST;
        const double least = least_of(c, p, n), mine = cost_of_answer(c, p, n, a);
        double sum[2][4] = { { 0.0 } };
        for (i = 0; i < n; i++)
            for (k = 0; k < 4; k++)
                if (a[i] < 2) sum[a[i]][k] += (double)p[4 * i + k];
        for (i = 0; i < 2; i++) {
            const double m2 =
                sum[i][0] * sum[i][0] - sum[i][1] * sum[i][1] - sum[i][2] * sum[i][2] - sum[i][3] * sum[i][3];
            mass_off = fmax(mass_off, fabs((double)m[2 * e + i] - sqrt(fmax(m2, 0.0))) / sum[i][0]);
        }
        if (!(mine < least * (1.0 + 1e-5))) worst = INFINITY;
        else worst = fmax(worst, mine / least - 1.0);
        /* the network gives next to nothing a transverse energy of 0.01 GeV */
        off = fmax(off, (fabs((double)cost[e] - mine) - 1e-3) / mine);
        for (i = n; i < MOST; i++)
            if (a[i] != -1) worst = INFINITY;
        for (i = 0; a[i] == 2; i++) continue;
        if (a[i] != 0) worst = INFINITY; /* the first that has a parent has parent 0 */
    }
    if (!(worst < 1e-5 && off < 2e-4 && mass_off < 1e-5))
        printf(
            "  %s, %d objects: above the optimum by %g, cost off by %g, mass by %g\n", what, n, worst, off, mass_off);
    CHECK(worst < 1e-5);
    CHECK(off < 2e-4);
    CHECK(mass_off < 1e-5);
}
static void test_optimum(void) {
    passwd_abc_config c = preset("default"), isr = preset("isr");
    int n;
    for (n = 2; n <= 12; n++) compare_with_all(&c, n, n < 11 ? EVENTS : 12, "two");
    for (n = 2; n <= 8; n++) compare_with_all(&isr, n, n < 8 ? 20 : 8, "three");
    compare_with_all(&isr, 11, 1, "three");
    isr.lambda_isr = 2.0f;
    isr.isr_square = 1;
    compare_with_all(&isr, 8, 8, "squared ISR");
    isr.lambda_isr = 0.05f; /* nearly all may go */
    compare_with_all(&isr, 7, 20, "cheap ISR");
    c.lambda_root = 0.0f;
    compare_with_all(&c, 8, 20, "no root");
    c.balance_power = 1.5f;
    c.lambda_mass = 0.0f;
    compare_with_all(&c, 8, 20, "equal parents alone");
}
/* The same cost as the terms of the network's loss, event by event. */
static void test_is_the_loss(int square) {
    static const char *const names[4] = { "mass", "root", "balance", "isr" };
    passwd_abc_config c = preset("isr");
    passwd_workspace_options wo;
    passwd_loss_options lo;
    passwd_workspace *w = NULL;
    passwd_abc *a = NULL;
    passwd_abc_job *j = NULL;
    passwd_abc_result r[EVENTS];
    passwd_events v;
    passwd_batch b;
    const float *inputs[2];
    float x[EVENTS * 12 * 5], p4[EVENTS * 12 * 4], *terms;
    int32_t objects[EVENTS];
    char path[600];
    passwd_abc_tensors to;
    double off = 0.0;
    int e, k, t, n, weights = 0;
    memset(&wo, 0, sizeof wo);
    memset(&lo, 0, sizeof lo);
    memset(&b, 0, sizeof b);
    memset(&v, 0, sizeof v);
    c.lambda_teacher = 0.0f;
    c.isr_square = square;
    wo.losses = 1;
    if (!CHECK_OK(passwd_abc_new(&c, 5, NULL, &a, &error), error)
        || !CHECK_OK(passwd_workspace_new(passwd_abc_model(a), &wo, &w, &error), error))
        return;
    CHECK_OK(passwd_abc_job_new(a, NULL, &j, &error), error);
    snprintf(path, sizeof path, "%s/background_test.csv", data_folder("data"));
    if (!CHECK_OK(passwd_events_load(path, NULL, NULL, &v, &error), error)) return;
    to.x = x;
    to.p4 = p4;
    to.objects = objects;
    CHECK_OK(passwd_abc_inputs(passwd_abc_config_of(a), &v, 0, EVENTS, &to, NULL, &error), error);
    inputs[0] = x;
    inputs[1] = p4;
    b.inputs = inputs;
    b.events = EVENTS;
    b.objects = objects;
    lo.temperature = 1.0f;
    n = passwd_loss_count(passwd_abc_model(a));
    terms = (float *)calloc((size_t)(n * EVENTS), sizeof *terms);
    {
        double *mean = (double *)calloc((size_t)n, sizeof *mean);
        CHECK_OK(passwd_losses(passwd_abc_model(a), w, &b, &lo, mean, terms, NULL, &error), error);
        free(mean);
    }
    CHECK_OK(passwd_abc_run(j, &v, 0, EVENTS, r, NULL, &error), error);
    for (e = 0; e < EVENTS; e++) {
        const double lambda[4] = { (double)c.lambda_mass, (double)c.lambda_root, (double)c.lambda_balance,
            (double)c.lambda_isr };
        double sum = 0.0;
        for (t = 0; t < n; t++)
            for (k = 0; k < 4; k++)
                if (strcmp(passwd_loss_name(passwd_abc_model(a), t), names[k]) == 0) {
                    sum += lambda[k] * (double)terms[e * n + t];
                    weights += e == 0;
                }
        off = fmax(off, fabs((double)r[e].network_cost / sum - 1.0));
        CHECK(r[e].cost <= r[e].network_cost * 1.00001f);
    }
    CHECK(weights == 4);
    CHECK_BELOW(off, 1e-3);
    free(terms);
    passwd_events_free(&v);
    passwd_abc_job_free(j);
    passwd_workspace_free(w);
    passwd_abc_free(a);
}

/* ---- beyond 12 objects, and polishing */

static void test_beyond(void) {
    passwd_abc_config c = preset("default");
    float p4[EVENTS * MOST * 4], cost[EVENTS], cost_12[EVENTS];
    signed char category[EVENTS * MOST], category_12[EVENTS * MOST];
    int32_t objects[EVENTS];
    int e, i, best = 0, same = 1;
    make_events(77, 12, 13, MOST, p4);
    for (e = 0; e < EVENTS; e++) objects[e] = 13;
    CHECK_OK(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 12, category, NULL, cost, &error), error);
    for (e = 0; e < 12; e++) {
        const double least = least_of(&c, p4 + e * MOST * 4, 13),
                     mine = cost_of_answer(&c, p4 + e * MOST * 4, 13, category + e * MOST);
        CHECK(mine >= least * (1.0 - 1e-9) && fabs((double)cost[e] / mine - 1.0) < 2e-4);
        best += mine < least * (1.0 + 1e-5);
    }
    if (best < 10) printf("  %d of 12 at the optimum\n", best);
    CHECK(best >= 10);
    /* a thirteenth of next to nothing changes nothing */
    for (e = 0; e < 12; e++)
        for (i = 0; i < 4; i++) p4[(e * MOST + 12) * 4 + i] *= 1e-6f;
    CHECK_OK(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 12, category, NULL, cost, &error), error);
    for (e = 0; e < 12; e++) objects[e] = 12;
    CHECK_OK(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 12, category_12, NULL, cost_12, &error), error);
    for (e = 0; e < 12; e++)
        if (memcmp(category + e * MOST, category_12 + e * MOST, 12) != 0) same = 0;
    CHECK(same);
}
static void test_polishing(void) {
    passwd_abc_config c = preset("default"), three = preset("isr");
    float p4[EVENTS * MOST * 4], before[EVENTS], after[EVENTS], exact[EVENTS];
    signed char category[EVENTS * MOST], start[EVENTS * MOST];
    int32_t objects[EVENTS];
    int e, i, k, q, categories, worse = 0, not_local = 0, at_optimum = 0;
    for (categories = 2; categories <= 3; categories++) {
        const passwd_abc_config *use = categories == 2 ? &c : &three;
        make_events(5, EVENTS, 10, MOST, p4);
        for (e = 0; e < EVENTS; e++)
            for (objects[e] = 10, i = 0; i < 10; i++) /* some give all to one parent */
                start[e * MOST + i] =
                    (signed char)(e % 4 == 0 ? 0
                                             : passwd_random_bits(9, (uint32_t)e, (uint32_t)i) % (uint32_t)categories);
        memcpy(category, start, sizeof category);
        CHECK_OK(
            assign(use, PASSWD_ABC_NETWORK, NULL, p4, objects, MOST, EVENTS, category, NULL, before, &error), error);
        for (e = 0; e < EVENTS; e++) CHECK(memcmp(category + e * MOST, start + e * MOST, 10) == 0);
        CHECK_OK(
            assign(use, PASSWD_ABC_POLISHED, NULL, p4, objects, MOST, EVENTS, category, NULL, after, &error), error);
        for (e = 0; e < EVENTS; e++) {
            signed char *a = category + e * MOST;
            const double mine = cost_of_answer(use, p4 + e * MOST * 4, 10, a);
            worse += e % 4 && !(after[e] <= before[e] * 1.00001f);
            if (!(mine < 1e9)) not_local++;
            /* no change of one or two is better */
            for (i = 0; i < 10; i++)
                for (k = 0; k < 10; k++)
                    for (q = 0; q < categories * categories; q++) {
                        const signed char kept[2] = { a[i], a[k] };
                        a[i] = (signed char)(q % categories);
                        a[k] = (signed char)(q / categories);
                        if (cost_of_answer(use, p4 + e * MOST * 4, 10, a) < mine * (1.0 - 1e-4)) not_local++;
                        a[k] = kept[1];
                        a[i] = kept[0];
                    }
        }
        CHECK_OK(assign(use, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, EVENTS, category, NULL, exact, &error), error);
        for (e = 0; e < EVENTS; e++) at_optimum += after[e] <= exact[e] * 1.00001f;
        CHECK_OK(
            assign(use, PASSWD_ABC_POLISHED, NULL, p4, objects, MOST, EVENTS, category, NULL, after, &error), error);
        for (e = 0; e < EVENTS; e++) CHECK(fabsf(after[e] - exact[e]) <= 1e-5f * exact[e]); /* nothing to gain */
    }
    CHECK(worse == 0);
    CHECK(not_local == 0);
    CHECK(at_optimum > EVENTS); /* of twice as many */
}

/* ---- ties, odd events, refusals */

static void test_odd_events(void) {
    passwd_abc_config c = preset("default");
    float p4[4 * MOST * 4], m[8], cost[4];
    signed char category[4 * MOST];
    int32_t objects[4] = { 0, 1, 2, 12 };
    int i, n[2] = { 0, 0 };
    make_events(3, 4, 12, MOST, p4);
    /* twelve times the same */
    for (i = 0; i < 12; i++) memcpy(p4 + (3 * MOST + i) * 4, p4 + 3 * MOST * 4, 4 * sizeof *p4);
    for (i = 0; i < 4; i++) p4[(MOST + 1) * 4 + i] = NAN; /* beyond the objects: not looked at */
    memset(category, 9, sizeof category);
    CHECK_OK(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 4, category, m, cost, &error), error);
    CHECK(category[0] == -1 && m[0] != m[0] && m[1] != m[1] && cost[0] != cost[0]);
    CHECK(category[MOST] == 0 && category[MOST + 1] == -1 && m[2] >= 0.0f && m[3] == 0.0f && cost[1] != cost[1]);
    CHECK(category[2 * MOST] == 0 && category[2 * MOST + 1] == 1 && category[2 * MOST + 2] == -1);
    for (i = 0; i < 12; i++)
        if (category[3 * MOST + i] >= 0 && category[3 * MOST + i] < 2) n[category[3 * MOST + i]]++;
    CHECK(n[0] + n[1] == 12 && n[0] > 0 && n[1] > 0 && category[3 * MOST] == 0 && isfinite(cost[3]));
    { /* no cost is a number: still a partition */
        for (i = 0; i < 12 * 4; i++) p4[3 * MOST * 4 + i] = 3e38f;
        CHECK_OK(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 4, category, m, cost, &error), error);
        for (n[0] = n[1] = i = 0; i < 12; i++)
            if (category[3 * MOST + i] >= 0 && category[3 * MOST + i] < 2) n[category[3 * MOST + i]]++;
        CHECK(n[0] + n[1] == 12 && n[0] > 0 && n[1] > 0);
    }
    CHECK_OK(assign(NULL, PASSWD_ABC_AUTO, NULL, p4, objects, MOST, 0, category, m, cost, &error), error);
}
static void test_refusals(void) {
    passwd_abc_config c = preset("default"), wrong;
    passwd_workspace_options o;
    float p4[2 * MOST * 4], m[4] = { 7, 7, 7, 7 }, cost[2] = { 7, 7 };
    signed char category[2 * MOST], kept[2 * MOST];
    int32_t objects[2] = { 6, 6 };
    int level;
    make_events(3, 2, 6, MOST, p4);
    memset(category, 5, sizeof category);
    memcpy(kept, category, sizeof kept);
    REFUSED(
        assign(&c, PASSWD_ABC_EXACT, NULL, NULL, objects, MOST, 2, category, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(assign(&c, PASSWD_ABC_EXACT, NULL, p4, NULL, MOST, 2, category, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 2, NULL, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, 0, 2, category, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(
        assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, -1, category, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(
        assign(&c, (passwd_abc_how)9, NULL, p4, objects, MOST, 2, category, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, 5, 2, category, m, cost, &error), PASSWD_ERROR_SHAPE);
    /* category 5 */
    REFUSED(
        assign(&c, PASSWD_ABC_POLISHED, NULL, p4, objects, MOST, 2, category, m, cost, &error), PASSWD_ERROR_ARGUMENT);
    wrong = c;
    wrong.out_dim[1] = 4;
    REFUSED(assign(&wrong, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 2, category, m, cost, &error),
        PASSWD_ERROR_UNSUPPORTED);
    wrong = c;
    wrong.lambda_root = -1.0f;
    REFUSED(
        assign(&wrong, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 2, category, m, cost, &error), PASSWD_ERROR_CONFIG);
    memset(&o, 0, sizeof o);
    for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++) {
        o.simd = (passwd_simd)level;
        if (!passwd_simd_available(o.simd))
            REFUSED(assign(&c, PASSWD_ABC_EXACT, &o, p4, objects, MOST, 2, category, m, cost, &error),
                PASSWD_ERROR_UNSUPPORTED);
    }
    p4[(MOST + 3) * 4 + 1] = NAN;
    REFUSED(assign(&c, PASSWD_ABC_EXACT, NULL, p4, objects, MOST, 2, category, m, cost, &error), PASSWD_ERROR_NUMERIC);
    CHECK(strstr(error.message, "event 1") && strstr(error.message, "object 3"));
    CHECK(memcmp(category, kept, sizeof kept) == 0 && m[0] == 7.0f && cost[0] == 7.0f); /* nothing was touched */
}

/* ---- bits */

static void test_bits(void) {
    enum { MANY = 120, ROOM = 20 };
    const char *const presets[2] = { "default", "isr" };
    float *p4 = (float *)malloc(MANY * ROOM * 4 * sizeof *p4), m[2][2 * MANY], cost[2][MANY];
    signed char category[2][MANY * ROOM];
    int32_t objects[MANY];
    int e, k, level, levels = 0, how, differ = 0;
    make_events(8, MANY, ROOM, ROOM, p4);
    for (e = 0; e < MANY; e++) objects[e] = e < 10 ? ROOM : e % 13;
    for (k = 0; k < 2; k++)
        for (how = PASSWD_ABC_NETWORK; how <= PASSWD_ABC_EXACT; how++)
            for (level = PASSWD_SIMD_SCALAR; level <= PASSWD_SIMD_NEON; level++) {
                const passwd_abc_config c = preset(presets[k]);
                const int first = level == PASSWD_SIMD_SCALAR;
                passwd_workspace_options o;
                int i;
                memset(&o, 0, sizeof o);
                o.simd = (passwd_simd)level;
                o.threads = first ? 1 : 3;
                if (level == PASSWD_SIMD_SSE2 || !passwd_simd_available(o.simd)) continue;
                for (i = 0; i < MANY * ROOM; i++) category[!first][i] = (signed char)(i % (2 + k));
                CHECK_OK(assign(&c, (passwd_abc_how)how, &o, p4, objects, ROOM, k ? 40 : MANY, category[!first],
                             m[!first], cost[!first], &error),
                    error);
                if (first) continue;
                levels++;
                differ += memcmp(category[0], category[1], (size_t)(k ? 40 : MANY) * ROOM) != 0
                    || memcmp(m[0], m[1], (size_t)(k ? 80 : 2 * MANY) * sizeof(float)) != 0
                    || memcmp(cost[0], cost[1], (size_t)(k ? 40 : MANY) * sizeof(float)) != 0;
            }
    CHECK(differ == 0);
    if (!levels) SKIP("bits of partitions: this build has plain loops alone");
    free(p4);
}

/* ---- with a network */

/* E, px, py, pz of the objects of one category. */
static void add_up(const passwd_events *v, int64_t event, const signed char *category, int wanted, double sum[4]) {
    int64_t row;
    for (row = v->first[event]; row < v->first[event + 1]; row++) {
        if (category[row - v->first[event]] != wanted) continue;
        sum[0] += v->e[row];
        sum[1] += v->pt[row] * cos(v->phi[row]);
        sum[2] += v->pt[row] * sin(v->phi[row]);
        sum[3] += v->pt[row] * sinh(v->eta[row]);
    }
}
static void test_job(void) {
    static passwd_abc_result r[4][EVENTS];
    passwd_events v;
    passwd_abc *a = NULL;
    passwd_abc_job *j = NULL;
    char path[600];
    int how, e, i, k, at = 0;
    memset(&v, 0, sizeof v);
    snprintf(path, sizeof path, "%s/abc.safetensors", data_folder("data"));
    if (!CHECK_OK(passwd_abc_load(path, NULL, &a, &error), error)
        || !CHECK_OK(passwd_abc_job_new(a, NULL, &j, &error), error))
        return;
    snprintf(path, sizeof path, "%s/gluino_qqneutralino_1500.csv", data_folder("data"));
    CHECK_OK(passwd_events_load(path, NULL, NULL, &v, &error), error);
    for (how = PASSWD_ABC_AUTO; how <= PASSWD_ABC_EXACT; how++) {
        CHECK_OK(passwd_abc_job_assign(j, (passwd_abc_how)how, &error), error);
        CHECK_OK(passwd_abc_run(j, &v, 0, EVENTS, r[how], NULL, &error), error);
    }
    /* this network was trained with the terms */
    CHECK(memcmp(r[PASSWD_ABC_AUTO], r[PASSWD_ABC_EXACT], sizeof r[0]) == 0);
    for (e = 0; e < EVENTS; e++) {
        const passwd_abc_result *n = &r[PASSWD_ABC_NETWORK][e], *p = &r[PASSWD_ABC_POLISHED][e],
                                *x = &r[PASSWD_ABC_EXACT][e];
        CHECK(memcmp(&n->answer, &n->layer[1], sizeof n->answer) == 0 && n->cost == n->network_cost);
        /* the network's stay */
        CHECK(memcmp(n->layer, x->layer, sizeof n->layer) == 0 && n->score == x->score
            && n->network_cost == x->network_cost);
        CHECK(x->cost <= p->cost * 1.00001f && p->cost <= n->cost * 1.00001f);
        at += n->cost <= x->cost * 1.00001f;
        for (k = 0; k < 2; k++) {
            double sum[4] = { 0.0, 0.0, 0.0, 0.0 };
            add_up(&v, e, x->answer.category, k, sum);
            for (i = 0; i < 4; i++) CHECK_BELOW(fabs(sum[i] - (double)x->p4[k][i]) / sum[0], 1e-5);
        }
        CHECK(x->answer.mass_avg == 0.5f * x->answer.mass[0] + 0.5f * x->answer.mass[1]);
    }
    CHECK(at > 0 && at < EVENTS);
    REFUSED(passwd_abc_job_assign(NULL, PASSWD_ABC_EXACT, &error), PASSWD_ERROR_ARGUMENT);
    REFUSED(passwd_abc_job_assign(j, (passwd_abc_how)7, &error), PASSWD_ERROR_ARGUMENT);
    passwd_abc_job_free(j);
    passwd_abc_free(a);
    /* the letter's network has no such terms and answers for itself; asked for it, the default's are taken. Four
       categories: never. */
    {
        passwd_abc_config c = preset("letter");
        CHECK_OK(passwd_abc_new(&c, 2, NULL, &a, &error), error);
        CHECK_OK(passwd_abc_job_new(a, NULL, &j, &error), error);
        CHECK_OK(passwd_abc_run(j, &v, 0, EVENTS, r[0], NULL, &error), error);
        for (e = 0; e < EVENTS; e++) CHECK(memcmp(&r[0][e].answer, &r[0][e].layer[1], sizeof r[0][e].answer) == 0);
        CHECK_OK(passwd_abc_job_assign(j, PASSWD_ABC_EXACT, &error), error);
        passwd_abc_job_free(j);
        passwd_abc_free(a);
        c.out_dim[1] = 4;
        CHECK_OK(passwd_abc_new(&c, 2, NULL, &a, &error), error);
        CHECK_OK(passwd_abc_job_new(a, NULL, &j, &error), error);
        REFUSED(passwd_abc_job_assign(j, PASSWD_ABC_EXACT, &error), PASSWD_ERROR_UNSUPPORTED);
        CHECK_OK(passwd_abc_run(j, &v, 0, EVENTS, r[0], NULL, &error), error);
        for (e = 0; e < EVENTS; e++) CHECK(r[0][e].cost != r[0][e].cost);
        passwd_abc_job_free(j);
        passwd_abc_free(a);
    }
    passwd_events_free(&v);
}

/* A network that is taught finds more of the best partitions than one that only pays for bad ones; how many stands in
   its file. */
static void test_teacher(void) {
    double found[2] = { 0.0, 0.0 };
    passwd_events v;
    char path[600];
    int k;
    memset(&v, 0, sizeof v);
    snprintf(path, sizeof path, "%s/background_test.csv", data_folder("data"));
    if (!CHECK_OK(passwd_events_load(path, NULL, NULL, &v, &error), error)) return;
    v.count = 1500;
    for (k = 0; k < 2; k++) {
        passwd_abc_config c = preset("default");
        passwd_train_report report;
        passwd_abc_result r;
        passwd_abc_job *j = NULL;
        passwd_abc *a = NULL, *again = NULL;
        const char *file = scratch_file("taught.safetensors");
        c.embed_dim = c.mlp_dim = c.attn_block_ffwd_dim = 16;
        c.embed_nlayers = c.mlp_nlayers = c.attn_block_ffwd_nlayers = 1;
        c.steps = 300;
        c.batch = 64;
        c.rate = 3e-3f;
        c.temperature_steps = 50.0f;
        c.average = 0.98f;
        c.lambda_teacher = k ? 30.0f : 0.0f;
        CHECK_OK(passwd_abc_new(&c, 4, NULL, &a, &error), error);
        CHECK(passwd_abc_at_optimum(a) != passwd_abc_at_optimum(a)); /* not known yet */
        CHECK_OK(passwd_abc_train(a, &v, NULL, &report, NULL, &error), error);
        CHECK(report.collapsed == 0);
        found[k] = passwd_abc_at_optimum(a);
        CHECK_OK(passwd_abc_save(a, file, &error), error);
        if (CHECK_OK(passwd_abc_load(file, NULL, &again, &error), error)) {
            CHECK_BELOW(fabs(passwd_abc_at_optimum(again) - found[k]), 1e-4);
            CHECK_OK(passwd_abc_job_new(again, NULL, &j, &error), error);
            CHECK_OK(passwd_abc_run(j, &v, 0, 1, &r, NULL, &error), error); /* without a teacher at hand */
            CHECK(r.objects > 1 && r.loss == r.loss);
        }
        passwd_abc_job_free(j);
        passwd_abc_free(again);
        passwd_abc_free(a);
        remove(file);
    }
    if (!(found[1] > found[0] + 0.1 && found[1] < 1.0))
        printf("  best partitions found: %.3f, taught %.3f\n", found[0], found[1]);
    CHECK(found[0] >= 0.0 && found[1] > found[0] + 0.1 && found[1] < 1.0);
    passwd_events_free(&v);
}
static void test_configuration(void) {
    static const char three[] = "{\"out_dim\": [2, 2, 3]}", fits[] = "{\"out_dim\": [2, 2, 3], \"attn_blocks_n\": 3}";
    static const char epochs[] = "{\"epochs\": 3}", both[] = "{\"steps\": 5, \"epochs\": 4}";
    passwd_abc_config c = preset("default");
    /* for two layers */
    REFUSED(passwd_abc_config_read(&c, three, strlen(three), "three", &error), PASSWD_ERROR_CONFIG);
    CHECK(c.out_dim[1] == 2 && strstr(error.message, "3 numbers"));
    CHECK_OK(passwd_abc_config_read(&c, fits, strlen(fits), "fits", &error), error);
    CHECK(c.attn_blocks_n == 3 && c.out_dim[2] == 3);
    /* presets count steps, until somebody counts epochs; both together are taken as they are */
    CHECK(c.steps == 8000);
    CHECK_OK(passwd_abc_config_read(&c, epochs, strlen(epochs), "epochs", &error), error);
    CHECK(c.epochs == 3 && c.steps == 0);
    CHECK_OK(passwd_abc_config_read(&c, both, strlen(both), "both", &error), error);
    CHECK(c.epochs == 4 && c.steps == 5);
    /* to the letter: E_T of ISR costs 1 per GeV */
    c = preset("letter");
    CHECK(c.lambda_isr / c.mass_scale == 1.0f && c.steps == 1758 && c.batch == 1024);
    CHECK(c.out_dim[0] == 2 && c.out_dim[1] == 3);
}

int main(int argc, char **argv) {
    const int quick = argc > 1 && strcmp(argv[1], "quick") == 0;
    test_optimum();
    test_is_the_loss(0);
    test_is_the_loss(1);
    test_beyond();
    test_polishing();
    test_odd_events();
    test_refusals();
    test_bits();
    test_job();
    if (!quick) test_teacher();
    test_configuration();
    return finish();
}
