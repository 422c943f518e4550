/* What the score of shapes is made of: decays by phase space against what they conserve and the Dalitz plot, jets that
   merge and are lost, quantile curves against known ones.

   cc -O2 -I. -DPASSWD_NO_SIMD tests/decays.c -o build/test_decays -lm && build/test_decays */
#define PASSWD_STATIC /* this test looks at private names */
#define PASSWD_IMPLEMENTATION
#include "../passwd.h"
#include "check.h"

static double apart(const passwd_p4 *a, const passwd_p4 *b) {
    return fabs(a->e - b->e) + fabs(a->px - b->px) + fabs(a->py - b->py) + fabs(a->pz - b->pz);
}
static void test_decays(void) {
    passwdi_dice d = { 5, 1, 0 };
    const passwd_p4 q = passwd_p4_of(300.0, 1.2, 0.7, 500.0), rest = passwd_p4_of(0.0, 0.0, 0.0, 500.0);
    double worst = 0.0, heavy = 0.0, first = 0.0, second = 0.0, pair = 0.0;
    int n, round, i;
    for (n = 2; n <= 10; n++)
        for (round = 0; round < 40; round++) {
            passwd_p4 p[10], sum;
            memset(&sum, 0, sizeof sum);
            passwdi_decay(&d, n, &q, 500.0, p, round & 1);
            for (i = 0; i < n; i++) {
                passwdi_p4_add(&sum, p + i);
                heavy = fmax(heavy, fabs(p[i].e * p[i].e - p[i].px * p[i].px - p[i].py * p[i].py - p[i].pz * p[i].pz));
            }
            worst = fmax(worst, apart(&sum, &q));
        }
    CHECK_BELOW(worst, 1e-8);
    CHECK_BELOW(heavy, 1e-6);                 /* GeV^2 */
    for (round = 0; round < 20000; round++) { /* three bodies: the Dalitz plot is even,
        so that x = 2 E / m has the density 2 x */
        passwd_p4 p[3];
        double x;
        passwdi_decay(&d, 3, &rest, 500.0, p, 0);
        x = 2.0 * p[0].e / 500.0;
        first += x / 20000;
        second += x * x / 20000;
        pair += (1.0 - 2.0 * p[1].e / 500.0) / 20000; /* mass squared of the other two over m^2, in the mean 1/3 */
    }
    CHECK_BELOW(fabs(first - 2.0 / 3.0), 0.007);
    CHECK_BELOW(fabs(second - 0.5), 0.009);
    CHECK_BELOW(fabs(pair - 1.0 / 3.0), 0.007);
    {
        passwd_p4 p = q;
        passwdi_boost(&p, &q, 500.0, -1, 1.0);
        CHECK_BELOW(apart(&p, &rest), 1e-8);
        passwdi_boost(&p, &q, 500.0, 1, 1.0);
        CHECK_BELOW(apart(&p, &q), 1e-8);
    }
}
/* Jets are merged, lost and kept as a sample has them. */
static void test_selection(void) {
    const passwdi_edges cut = { 25.0, 300.0, 2.8, 3.0, 0.16 };
    passwd_p4 p[8], sum;
    p[0] = passwd_p4_of(20.0, 0.0, 0.0, 0.0); /* too soft by itself, near to the next */
    p[1] = passwd_p4_of(100.0, 0.2, 0.2, 0.0);
    p[2] = passwd_p4_of(200.0, -1.0, 3.0, 0.0);
    p[3] = passwd_p4_of(90.0, 3.0, 1.0, 0.0);  /* too far forward */
    p[4] = passwd_p4_of(24.0, 1.0, -2.0, 0.0); /* too soft */
    p[5] = passwd_p4_of(30.0, 0.5, 2.0, 0.0);
    sum = p[0];
    passwdi_p4_add(&sum, p + 1);
    CHECK(passwdi_select(&cut, p, 6, 12) == 3);
    CHECK_BELOW(apart(p + 1, &sum), 1e-9);
    CHECK(fabs(passwd_p4_pt(p[0]) - 200.0) < 1e-9 && fabs(passwd_p4_pt(p[2]) - 30.0) < 1e-9);
    p[2] = passwd_p4_of(26.0, 1.0, -2.0, 0.0); /* HT of 346 still, of the hardest two alone too little */
    CHECK(passwdi_select(&cut, p, 3, 12) == 3 && passwdi_select(&cut, p, 3, 2) == 0
        && passwdi_select(&cut, p, 2, 12) == 0);
}
static double curve_at(const passwdi_abc_score *s, int k, double x) {
    double basis[4];
    passwdi_flat_basis(s->curve[0], x, basis);
    return passwdi_flat_curve(s->curve[k], basis);
}
static void test_curves(void) {
    enum { N = 20000 };
    static double x[N], z[N], weight[N];
    static const double normal[PASSWDI_CURVES] = { -1.2815515655446, 0.0, 1.2815515655446, 2.3263478740408,
        3.0902323061678 },
                        bound[PASSWDI_CURVES] = { 0.06, 0.05, 0.06, 0.15, 0.5 };
    passwdi_abc_score s;
    passwdi_tail tail;
    int i, k;
    memset(&s, 0, sizeof s);
    for (i = 0; i < N; i++) {
        x[i] = 3.0 * passwd_random_uniform(7, 1, (uint32_t)i) - 1.0;
        z[i] = 2.0 * x[i] + (1.0 + 0.3 * x[i]) * passwd_random_normal(7, 2, (uint32_t)i);
        weight[i] = 1.0 + (i & 1);
    }
    tail.x = x;
    tail.z = z;
    tail.weight = weight;
    tail.count = N;
    tail.range = s.curve[0];
    s.curve[0][1] = 1.0;
    s.curve[0][2] = -1.0;
    s.curve[0][3] = 2.0;
    for (k = 0; k < PASSWDI_CURVES; k++) {
        double worst = 0.0, at;
        s.curve[k + 1][0] = normal[k];
        tail.part = passwdi_flat_parts[k];
        passwdi_flat_fit(&tail, s.curve[k + 1], 0.3);
        for (at = -0.5; at < 1.6; at += 0.5)
            worst = fmax(worst, fabs(curve_at(&s, k + 1, at) - 2.0 * at - (1.0 + 0.3 * at) * normal[k]));
        CHECK_BELOW(worst, bound[k]);
    }
    for (k = 1; k <= PASSWDI_CURVES; k++) { /* beyond the masses curves go on straight, with the slope of their end */
        const double end = (curve_at(&s, k, 2.0) - curve_at(&s, k, 2.0 - 1e-6)) / 1e-6;
        CHECK_BELOW(fabs(curve_at(&s, k, 5.0) - curve_at(&s, k, 2.0) - 3.0 * end), 1e-4);
        CHECK_BELOW(fabs(curve_at(&s, k, -3.0) - 2.0 * curve_at(&s, k, -2.0) + curve_at(&s, k, -1.0)), 1e-9);
    }
    for (k = 0; k < 2; k++) { /* at the curves the score is their level; below and above it goes on */
        const double at = k ? 1.0 : 5.0;
        double last = -1e9, v;
        int rises = 1;
        CHECK_BELOW(fabs(passwdi_flat_score(&s, at, curve_at(&s, 3, at)) - 1.0), 1e-9);
        CHECK_BELOW(fabs(passwdi_flat_score(&s, at, curve_at(&s, 5, at)) - 3.0), 1e-9);
        for (v = -9.0; v < 14.0; v += 0.25) {
            const double score = passwdi_flat_score(&s, at, v);
            rises &= score > last;
            last = score;
        }
        CHECK(rises);
    }
}

int main(void) {
    test_decays();
    test_selection();
    test_curves();
    return finish();
}
