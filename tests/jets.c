/* Jets: FastJet's numbers, clustering, soft drop, subjettiness and correlations against direct sums, alignment,
   quantiles, bad input. "quick" as first argument: fewer jets, for emulators.

   cc -O2 -I. tests/jets.c -o build/test_jets -lm && build/test_jets */
#define PASSWD_STATIC /* this test looks at private names */
#define PASSWD_IMPLEMENTATION
#include "../passwd.h"
#include "check.h"
#include "counting.h"

#define MOST PASSWD_MAX_CONSTITUENTS
#define PI 3.14159265358979323846

static uint32_t drawn;
static double uniform(void) { return passwd_random_uniform(7, 1, drawn++); }
static double normal(void) { return passwd_random_normal(7, 2, drawn++); }
static double wrap(double a) { return remainder(a, 2 * PI); }
static int near_to(double a, double b, double relative) {
    return fabs(a - b) <= relative * (fabs(a) + fabs(b)) + 1e-300;
}
static passwd_error e;
static int quick;

/* constituents about a direction, pT falling steeply; kind 1: on a grid with equal pT and doublets; 2: massive; 3: all
   round */
static int draw(passwd_p4 *p, int n, int kind) {
    const double eta = 4 * uniform() - 2, phi = kind == 1 ? 3.0 : 2 * PI * uniform();
    int i;
    for (i = 0; i < n; i++) {
        if (kind == 1)
            p[i] = passwd_p4_of(
                1 + floor(2 * uniform()), 0.25 * floor(4 * uniform()), phi + 0.125 * floor(5 * uniform()), 0);
        else
            p[i] = passwd_p4_of(0.5 + 20 * pow(uniform(), -0.7),
                (kind == 3 ? 0 : eta) + (kind == 3 ? 1.5 : 0.3) * normal(),
                phi + (kind == 3 ? 6 * uniform() : 0.3 * normal()), kind == 2 ? 2 * uniform() : 0);
    }
    return n;
}

static void test_momenta(void) {
    int i, bad = 0, massless = 0;
    passwd_p4 p;
    for (i = 0; i < 20000; i++) {
        const double pt = exp(12 * uniform() - 4), eta = 10 * uniform() - 5, phi = PI * (2 * uniform() - 1),
                     m = i % 2 ? 0 : pt * uniform();
        p = passwd_p4_of(pt, eta, phi, m);
        if (!near_to(passwd_p4_pt(p), pt, 1e-14) || fabs(passwd_p4_eta(p) - eta) > 1e-13
            || fabs(passwd_p4_phi(p) - phi) > 1e-14)
            bad++;
        if (i % 2 ? passwd_p4_mass(p) != 0 || fabs(passwd_p4_rapidity(p) - eta) > 1e-13
                  : fabs(passwd_p4_mass(p) - m) > 2e-15 * p.e * p.e / (m + 1e-8 * p.e))
            bad++;
        if (i % 2 == 0
            && fabs(passwd_p4_rapidity(p)
                   - 0.5
                       * (double)logl(((long double)p.e + (long double)p.pz) / ((long double)p.e - (long double)p.pz)))
                > 1e-11)
            bad++;
        massless += passwd_p4_mass(p) == 0;
    }
    CHECK(bad == 0);
    CHECK(massless >= 10000 && massless < 10010);
    p.px = p.py = 0;
    p.pz = -5;
    p.e = 5;
    CHECK(passwd_p4_eta(p) == -20 && passwd_p4_rapidity(p) == -20 && passwd_p4_phi(p) == 0 && passwd_p4_pt(p) == 0
        && passwd_p4_mass(p) == 0);
    p.e = 13;
    CHECK(near_to(passwd_p4_mass(p), 12, 1e-14) && near_to(passwd_p4_rapidity(p), 0.5 * log(8.0 / 18.0), 1e-14)
        && passwd_p4_eta(p) == -20);
    p.pz = 0;
    p.e = 0;
    CHECK(passwd_p4_eta(p) == 0 && passwd_p4_rapidity(p) == 0 && passwd_p4_mass(p) == 0);
    p.e = -1;
    p.px = 3;
    CHECK(passwd_p4_mass(p) == 0 && passwd_p4_rapidity(p) == 0); /* E below |p|: m^2 < 0 */
    p.px = -2;
    p.py = -0.0;
    CHECK(passwd_p4_phi(p) == PI);
    p.py = 0;
    CHECK(passwd_p4_phi(p) == PI);
    p.px = -0.0;
    CHECK(passwd_p4_phi(p) == 0);
    p = passwd_p4_of(-2, 1, 0.5, 0);
    CHECK(near_to(passwd_p4_pt(p), 2, 1e-15) && near_to(passwd_p4_eta(p), -1, 1e-14)
        && near_to(passwd_p4_phi(p), 0.5 - PI, 1e-14));
    p.px = NAN;
    CHECK(
        isnan(passwd_p4_pt(p)) && isnan(passwd_p4_phi(p)) && isnan(passwd_p4_rapidity(p)) && isnan(passwd_p4_mass(p)));
}

/* FastJet: 1e-7 where constituents have the four digits of their file again, which float32 lost */
static void test_golden(void) {
    passwd_tensor_file f;
    static float c[80 * 150], want[80 * 9];
    int i, j, k, jets = 0, wrong = 0;
    double worst = 0, worst_single = 0, pt_sum = 0;
    passwd_status s = passwd_tensor_file_load(data_folder("golden/jets.safetensors"), NULL, &f, &e);
    if (s == PASSWD_ERROR_IO) s = passwd_tensor_file_load(data_folder("tests/golden/jets.safetensors"), NULL, &f, &e);
    if (!CHECK_OK(s, e)) return;
    CHECK_OK(passwd_tensor_to_float(passwd_tensor_find(&f, "constituents"), c, 80 * 150, &e), e);
    CHECK_OK(passwd_tensor_to_float(passwd_tensor_find(&f, "features"), want, 80 * 9, &e), e);
    for (i = 0; i < 80; i++) {
        passwd_p4 p[50], single[50];
        passwd_substructure r, r_single;
        const unsigned char *at = passwd_tensor_find(&f, "kt_order")->data + 200 * i;
        int order[50];
        char text[32];
        for (j = 0; j < 50 && c[i * 150 + 3 * j] > 0; j++) {
            const double pt = (double)c[i * 150 + 3 * j], eta = (double)c[i * 150 + 3 * j + 1],
                         phi = (double)c[i * 150 + 3 * j + 2];
            snprintf(text, sizeof text, "%.4g", pt);
            single[j] = passwd_p4_of(pt, eta, phi, 0);
            p[j] = passwd_p4_of(strtod(text, NULL), floor(eta * 1e4 + 0.5) / 1e4, floor(phi * 1e4 + 0.5) / 1e4, 0);
        }
        if (passwd_substructure_of(p, j, &r, &e) != PASSWD_OK
            || passwd_substructure_of(single, j, &r_single, &e) != PASSWD_OK || r.constituents != j) {
            wrong++;
            continue;
        }
        jets++;
        for (k = 0; k < 9; k++) {
            const double g = (double)want[9 * i + k];
            worst = fmax(worst, fabs((&r.major)[k] - g) / g);
            worst_single = fmax(worst_single, fabs((&r_single.major)[k] - g) / g);
        }
        passwd_kt_order(p, j, order);
        for (k = 0; k < 50; k++) {
            const int32_t g = (int32_t)((uint32_t)at[4 * k] | (uint32_t)at[4 * k + 1] << 8
                | (uint32_t)at[4 * k + 2] << 16 | (uint32_t)at[4 * k + 3] << 24);
            if (k < j ? order[k] != g : g != -1) wrong++;
        }
        pt_sum += r.pt;
    }
    CHECK(jets == 80 && wrong == 0);
    CHECK(pt_sum > 80 * 400);
    CHECK_BELOW(worst, 2e-7);
    CHECK_BELOW(worst_single, 1e-4);
    passwd_tensor_file_free(&f);
}

/* every pair, every time */
static double factor_of(passwd_p4 p, int algorithm) {
    const double pt2 = p.px * p.px + p.py * p.py;
    return algorithm == PASSWD_CLUSTER_CAMBRIDGE_AACHEN ? 1
        : algorithm == PASSWD_CLUSTER_KT                ? pt2
        : pt2 > 1e-290                                  ? 1 / pt2
                                                        : 1e290;
}
static double r2_of(passwd_p4 a, passwd_p4 b) {
    const double dy = passwd_p4_rapidity(a) - passwd_p4_rapidity(b), d = fabs(passwd_p4_phi(a) - passwd_p4_phi(b)),
                 dphi = d > PI ? 2 * PI - d : d, r2 = dy * dy + dphi * dphi;
    return r2 < 1e-24 ? 0 : r2;
}
static void reference(const passwd_p4 *p, int n, int algorithm, double radius, passwd_clustering *c) {
    static passwd_p4 all[2 * MOST];
    static double table[2 * MOST][2 * MOST];
    int left[2 * MOST], count = n, i, j, nodes = n;
    for (i = 0; i < n; i++) {
        all[i] = p[i];
        left[i] = i;
        c->node[i].parent[0] = c->node[i].parent[1] = c->node[i].child = -1;
        c->node[i].distance = c->node[i].beam = 0;
    }
    for (i = 0; i < n; i++)
        for (j = 0; j < i; j++) table[j][i] = r2_of(p[i], p[j]);
    while (count > (radius > 0 ? 0 : 1)) {
        double best = -1, best_r2 = 0;
        int bi = -1, bj = -1;
        for (i = 0; i < count; i++)
            for (j = i; j < count; j++) { /* j == i: the beam */
                const double fi = factor_of(all[left[i]], algorithm), fj = factor_of(all[left[j]], algorithm);
                const double r2 = i == j ? radius * radius : table[left[i]][left[j]], d = (fi < fj ? fi : fj) * r2;
                if ((i == j && radius <= 0) || (i != j && radius > 0 && r2 >= radius * radius)) continue;
                if (bi < 0 || d < best || (d == best && r2 < best_r2)) {
                    best = d;
                    best_r2 = r2;
                    bi = i;
                    bj = j;
                }
            }
        if (bi == bj) {
            c->node[left[bi]].beam = factor_of(all[left[bi]], algorithm);
            for (i = bi; i + 1 < count; i++) left[i] = left[i + 1];
            count--;
            continue;
        }
        {
            const int a = left[bi], b = left[bj], hard = passwd_p4_pt(all[b]) > passwd_p4_pt(all[a]) ? b : a;
            passwd_jet_node *m = c->node + nodes;
            all[nodes].e = all[a].e + all[b].e;
            all[nodes].px = all[a].px + all[b].px;
            all[nodes].py = all[a].py + all[b].py;
            all[nodes].pz = all[a].pz + all[b].pz;
            m->parent[0] = hard;
            m->parent[1] = a + b - hard;
            m->child = -1;
            m->beam = 0;
            m->distance = best / (radius > 0 ? radius * radius : 1);
            c->node[a].child = c->node[b].child = nodes;
            for (i = j = 0; i < count; i++)
                if (i != bi && i != bj) left[j++] = left[i];
            for (i = 0; i < j; i++) table[left[i]][nodes] = r2_of(all[left[i]], all[nodes]);
            left[j++] = nodes++;
            count = j;
        }
    }
    for (i = 0; i < nodes; i++) c->node[i].p4 = all[i];
    c->constituents = n;
    c->nodes = nodes;
}
/* Where the compiler may fuse products and sums, it does so here and there in other places: distances differ by
   rounding (sums of momenta do not), and what is equal may come in another order. Elsewhere all is the same to the bit.
 */
#if defined(__x86_64__) && !defined(__FMA__)
static const int fused = 0;
#else
static const int fused = 1;
#endif
/* 1: the same; 2: the same until a tie; 0: not the same. */
static int same_history(const passwd_clustering *a, const passwd_clustering *b) {
    int i;
    for (i = a->constituents; i < a->nodes && i < b->nodes; i++) {
        const passwd_jet_node *x = a->node + i, *y = b->node + i;
        if (fused ? !near_to(x->distance, y->distance, 1e-9) : x->distance != y->distance) return 0;
        if (!(x->parent[0] == y->parent[0] && x->parent[1] == y->parent[1])
            && !(x->parent[0] == y->parent[1] && x->parent[1] == y->parent[0]))
            return 2;
        if (memcmp(&x->p4, &y->p4, sizeof x->p4)) return 0;
        if (x->parent[0] != y->parent[0]
            && passwd_p4_pt(a->node[x->parent[0]].p4) != passwd_p4_pt(a->node[x->parent[1]].p4))
            return 0;
    }
    if (a->nodes != b->nodes || a->constituents != b->constituents) return 0;
    for (i = 0; i < a->nodes; i++)
        if (a->node[i].child != b->node[i].child
            || (fused ? !near_to(a->node[i].beam, b->node[i].beam, 1e-12) : a->node[i].beam != b->node[i].beam))
            return 0;
    return 1;
}
/* soft drop by recursion, from the sums of constituents */
static int soft_drop(const passwd_clustering *c, int node, double z_cut, double beta, double r0) {
    const int a = c->node[node].parent[0], b = c->node[node].parent[1];
    double pa, pb;
    if (a < 0) return node;
    pa = passwd_p4_pt(c->node[a].p4);
    pb = passwd_p4_pt(c->node[b].p4);
    if (fmin(pa, pb) / (pa + pb) > z_cut * pow(sqrt(r2_of(c->node[a].p4, c->node[b].p4)) / r0, beta)) return node;
    return soft_drop(c, pa >= pb ? a : b, z_cut, beta, r0);
}
static passwd_clustering c1, c2;
static void test_clustering(void) {
    static const double radii[] = { 0, 0.4, 1, 3 };
    static passwd_p4 p[MOST + 1];
    int trial, bad = 0, ties = 0, sums = 0, exclusive = 0, groomed = 0, same, i, k, n, node[MOST], index[MOST];
    for (trial = 0; trial < 600; trial += quick ? 7 : 1) {
        const int algorithm = trial % 3, kind = trial / 3 % 4;
        const double radius = radii[trial / 12 % 4];
        n = draw(p,
            trial < 12        ? trial % 4
                : trial < 590 ? 1 + (int)(60 * uniform())
                              : 100 + (int)(156 * uniform()),
            kind);
        if (trial % 5 == 0 && n > 4) {
            p[n / 2] = p[1];
            p[n - 1] = p[0];
            p[2].px = p[2].py = 0;
            p[3].e = p[3].px = p[3].py = p[3].pz = 0;
        }
        reference(p, n, algorithm, radius, &c2);
        same = passwd_cluster(p, n, (passwd_jet_algorithm)algorithm, radius, &c1, &e) == PASSWD_OK
            ? same_history(&c1, &c2)
            : 0;
        ties += same == 2;
        if (!same) {
            if (bad++ < 5) printf("clustering %d of %d, kind %d, R %g\n", algorithm, n, kind, radius);
            continue;
        }
        { /* jets share all constituents, hardest first */
            int total = 0, jets = passwd_inclusive_jets(&c1, 0, node), seen[MOST] = { 0 };
            for (i = 0; i < jets; i++) {
                passwd_p4 sum = { 0, 0, 0, 0 };
                const int m = passwd_node_constituents(&c1, node[i], index);
                for (k = 0; k < m; k++) {
                    sum.px += p[index[k]].px;
                    sum.e += p[index[k]].e;
                    seen[index[k]]++;
                }
                total += m;
                if (!near_to(sum.e, c1.node[node[i]].p4.e, 1e-12)) sums++;
                if (i && passwd_p4_pt(c1.node[node[i]].p4) > passwd_p4_pt(c1.node[node[i - 1]].p4)) sums++;
            }
            for (i = 0; i < n; i++)
                if (seen[i] != 1) sums++;
            if (total != n || (radius <= 0 && jets != (n > 0))) sums++;
            if (jets > 1 && passwd_inclusive_jets(&c1, passwd_p4_pt(c1.node[node[0]].p4), index) < 1) sums++;
            for (k = 1; radius <= 0 && k < 6; k++) { /* exclusive: what a clustering has before its last mergings */
                const int m = passwd_exclusive_jets(&c1, k, node);
                total = 0;
                for (i = 0; i < m; i++) {
                    total += passwd_node_constituents(&c1, node[i], index);
                    if (node[i] >= 2 * n - k && n > k) exclusive++;
                }
                if (m != (n < k ? n : k) || total != n) exclusive++;
            }
            if (algorithm == PASSWD_CLUSTER_CAMBRIDGE_AACHEN && n > 0 && kind != 1 && trial % 5) {
                passwd_inclusive_jets(&c1, 0, node);
                for (k = 0; k < 4; k++)
                    if (passwd_soft_drop(&c1, 0.05 * (k + 1), k - 1, 0.8)
                        != soft_drop(&c1, node[0], 0.05 * (k + 1), k - 1, 0.8))
                        groomed++;
            }
        }
    }
    CHECK(bad == 0);
    CHECK(ties < (fused ? 8 : 1));
    CHECK(sums == 0);
    CHECK(exclusive == 0);
    CHECK(groomed == 0);

    /* one hard particle takes the whole circle of radius R, and nothing outside it, in spite of others in its
       neighbourhood */
    p[0] = passwd_p4_of(1000, 0.3, 3.1, 0);
    for (i = 1; i < 200; i++)
        p[i] = passwd_p4_of(1e-6 * (1 + uniform()), 0.3 + 2 * uniform() - 1, 3.1 + 2 * uniform() - 1, 0);
    CHECK_OK(passwd_cluster(p, 200, PASSWD_CLUSTER_ANTI_KT, 0.7, &c1, &e), e);
    passwd_inclusive_jets(&c1, 100, node);
    n = passwd_node_constituents(&c1, node[0], index);
    for (bad = 0, i = k = 0; i < 200; i++) {
        const double r = sqrt(r2_of(p[i], p[0]));
        if (k < n && index[k] == i) {
            k++;
            bad += r > 0.701;
        } else bad += r < 0.699;
    }
    CHECK(k == n && n > 50 && n < 150 && bad == 0);
    { /* order of the input, rotations in phi do not matter */
        passwd_p4 q[50];
        int other[MOST], m;
        draw(p, 50, 0);
        for (i = 0; i < 50; i++)
            q[i] = passwd_p4_of(passwd_p4_pt(p[49 - i]), passwd_p4_eta(p[49 - i]), passwd_p4_phi(p[49 - i]) + 2.5, 0);
        passwd_cluster(p, 50, PASSWD_CLUSTER_ANTI_KT, 0.4, &c1, &e);
        passwd_cluster(q, 50, PASSWD_CLUSTER_ANTI_KT, 0.4, &c2, &e);
        n = passwd_inclusive_jets(&c1, 0, node);
        m = passwd_inclusive_jets(&c2, 0, other);
        for (bad = 0, i = 0; i < n && i < m; i++)
            if (!near_to(c1.node[node[i]].p4.e, c2.node[other[i]].p4.e, 1e-12)) bad++;
        CHECK(n == m && n > 2 && bad == 0);
    }
    /* refused, and nothing touched */
    memset(&c1, 0x5a, sizeof c1);
    c2 = c1;
    draw(p, 257, 0);
    CHECK(
        passwd_cluster(p, 257, PASSWD_CLUSTER_KT, 0, &c1, &e) == PASSWD_ERROR_UNSUPPORTED && strstr(e.message, "257"));
    CHECK(passwd_cluster(p, -1, PASSWD_CLUSTER_KT, 0, &c1, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_cluster(NULL, 1, PASSWD_CLUSTER_KT, 0, &c1, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_cluster(p, 3, PASSWD_CLUSTER_KT, 0, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_cluster(p, 3, (passwd_jet_algorithm)3, 0, &c1, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_cluster(p, 3, PASSWD_CLUSTER_KT, -1, &c1, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_cluster(p, 3, PASSWD_CLUSTER_KT, NAN, &c1, &e) == PASSWD_ERROR_ARGUMENT);
    p[2].py = NAN;
    CHECK(passwd_cluster(p, 5, PASSWD_CLUSTER_KT, 0, &c1, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "constituent 3"));
    p[2].py = 0;
    p[4].e = HUGE_VAL;
    CHECK(passwd_cluster(p, 5, PASSWD_CLUSTER_KT, 0, &c1, &e) == PASSWD_ERROR_NUMERIC);
    CHECK(memcmp(&c1, &c2, sizeof c1) == 0);
    CHECK(passwd_cluster(NULL, 0, PASSWD_CLUSTER_KT, 0, &c1, &e) == PASSWD_OK && c1.nodes == 0
        && passwd_inclusive_jets(&c1, 0, node) == 0 && passwd_exclusive_jets(&c1, 2, node) == 0
        && passwd_soft_drop(&c1, 0.1, 0, 1) == -1 && passwd_node_constituents(&c1, 0, index) == 0);
    CHECK(passwd_soft_drop(NULL, 0.1, 0, 1) == -1 && passwd_inclusive_jets(NULL, 0, node) == 0
        && passwd_exclusive_jets(&c1, 0, node) == 0);
}

static void test_substructure(void) {
    static passwd_p4 p[MOST + 1];
    static long double r[MOST][MOST];
    int trial, i, j, k, n, worse = 0;
    double worst[9] = { 0 };
    passwd_substructure s, t;
    for (trial = 0; trial < 60; trial += quick ? 7 : 1) {
        long double z[MOST], sum = 0, e2[2] = { 0, 0 }, e3[2] = { 0, 0 }, w = 0, m[2] = { 0, 0 }, v[3] = { 0, 0, 0 },
                             square, root, want[9], tau[2] = { 0, 0 };
        int x;
        n = draw(p, trial < 50 ? 3 + (int)(60 * uniform()) : trial < 58 ? 65 + trial * 3 : 256, trial % 2 ? 0 : 2);
        for (i = 0; i < n; i++) {
            z[i] = (long double)passwd_p4_pt(p[i]);
            sum += z[i];
        }
        for (i = 0; i < n; i++) z[i] /= sum;
        for (i = 0; i < n; i++)
            for (j = 0; j < n; j++) r[i][j] = sqrtl((long double)r2_of(p[i], p[j]));
        for (i = 0; i < n; i++)
            for (j = i + 1; j < n; j++) {
                e2[0] += z[i] * z[j] * sqrtl(r[i][j]);
                e2[1] += z[i] * z[j] * r[i][j];
                for (k = j + 1; k < n; k++) {
                    const long double a = r[i][j] * r[i][k] * r[j][k];
                    e3[0] += z[i] * z[j] * z[k] * sqrtl(a);
                    e3[1] += z[i] * z[j] * z[k] * a;
                }
            }
        for (square = 0, i = 0; i < n; i++) {
            w = z[i] * z[i];
            square += w;
            m[0] += w * (long double)passwd_p4_eta(p[i]);
            m[1] += w * (long double)wrap(passwd_p4_phi(p[i]) - passwd_p4_phi(p[0]));
        }
        for (i = 0; i < n; i++) {
            const long double a = (long double)passwd_p4_eta(p[i]) - m[0] / square,
                              b = (long double)wrap(passwd_p4_phi(p[i]) - passwd_p4_phi(p[0])) - m[1] / square;
            w = z[i] * z[i] / square;
            v[0] += w * a * a;
            v[1] += w * a * b;
            v[2] += w * b * b;
        }
        root = sqrtl((v[0] - v[2]) * (v[0] - v[2]) / 4 + v[1] * v[1]);
        want[0] = sqrtl((v[0] + v[2]) / 2 + root);
        want[1] = sqrtl((v[0] + v[2]) / 2 - root);
        want[2] = 2 * e2[1];
        want[3] = e3[0] / (e2[0] * e2[0]);
        want[4] = sqrtl(square);
        passwd_cluster(p, n, PASSWD_CLUSTER_CAMBRIDGE_AACHEN, 0, &c1, &e);
        want[5] = (long double)passwd_p4_mass(c1.node[soft_drop(&c1, c1.nodes - 1, 0.1, 0, 1)].p4);
        reference(p, n, PASSWD_CLUSTER_KT, 1, &c2);
        for (x = 2; x < 4; x++) { /* kt at R = 1: the pairs and the beam by hand */
            passwd_p4 q[MOST];
            int count = n;
            memcpy(q, p, sizeof q);
            while (count > x) {
                double best = HUGE_VAL;
                int a = 0, b = 0;
                for (i = 0; i < count; i++)
                    for (j = i; j < count; j++) {
                        const double d = i == j
                            ? factor_of(q[i], PASSWD_CLUSTER_KT)
                            : fmin(factor_of(q[i], PASSWD_CLUSTER_KT), factor_of(q[j], PASSWD_CLUSTER_KT))
                                * r2_of(q[i], q[j]);
                        if (d < best) {
                            best = d;
                            a = i;
                            b = j;
                        }
                    }
                if (a != b) {
                    q[a].e += q[b].e;
                    q[a].px += q[b].px;
                    q[a].py += q[b].py;
                    q[a].pz += q[b].pz;
                }
                q[b] = q[--count];
                if (n > 100) {
                    count = 0;
                    break;
                } /* slow: left out */
            }
            for (i = 0; i < n && count; i++) {
                double d = HUGE_VAL;
                for (k = 0; k < count; k++) d = fmin(d, r2_of(p[i], q[k]));
                tau[x - 2] += z[i] * sqrtl((long double)d);
            }
        }
        want[6] = tau[0];
        want[7] = tau[1];
        want[8] = e3[1] / (e2[1] * e2[1] * e2[1]);
        if (passwd_substructure_of(p, n, &s, &e) != PASSWD_OK) {
            worse++;
            continue;
        }
        for (k = 0; k < 9; k++)
            if (n <= 100 || (k != 6 && k != 7))
                worst[k] = fmax(
                    worst[k], want[k] > 0 ? (double)fabsl((long double)(&s.major)[k] / want[k] - 1) : (&s.major)[k]);
        if (!near_to(s.pt, passwd_p4_pt(c1.node[c1.nodes - 1].p4), 1e-12)
            || !near_to(s.mass, passwd_p4_mass(c1.node[c1.nodes - 1].p4), 1e-9))
            worse++;
        for (i = 0; i < n; i++) {
            const double phi = passwd_p4_phi(p[i]) + 1.7;
            p[i] = passwd_p4_of(3 * passwd_p4_pt(p[i]), passwd_p4_eta(p[i]), phi, 3 * passwd_p4_mass(p[i]));
        }
        passwd_substructure_of(p, n, &t, &e); /* turned about the beam and scaled */
        for (k = 0; k < 9; k++)
            if (!near_to((&s.major)[k] * (k == 5 ? 3 : 1), (&t.major)[k], k == 5 ? 1e-6 : 1e-9)) worse++;
    }
    CHECK(worse == 0);
    for (k = 0; k < 9; k++)
        if (!CHECK_BELOW(worst[k], 1e-11)) printf("  %s\n", passwd_substructure_name(k));

    CHECK(!strcmp(passwd_substructure_name(0), "major") && !strcmp(passwd_substructure_name(5), "soft_drop_mass")
        && !strcmp(passwd_substructure_name(12), "mass") && !passwd_substructure_name(13)
        && !passwd_substructure_name(-1));
    CHECK(offsetof(passwd_substructure, mass) == 12 * sizeof(double));
    CHECK(passwd_substructure_of(NULL, 0, &s, &e) == PASSWD_OK && s.ptd == 0 && s.pt == 0 && s.constituents == 0);
    p[0] = passwd_p4_of(100, 1, -3, 0);
    p[1] = passwd_p4_of(50, 1, -3, 0);
    p[2] = passwd_p4_of(25, 1.25, 3.2, 0);
    CHECK(passwd_substructure_of(p, 1, &s, &e) == PASSWD_OK && s.ptd == 1 && s.constituents == 1
        && near_to(s.pt, 100, 1e-14) && near_to(s.eta, 1, 1e-14) && near_to(s.phi, -3, 1e-14));
    for (k = 0; k < 9; k++)
        if (k != 4) CHECK((&s.major)[k] == 0);
    CHECK(s.mass == 0);
    CHECK(passwd_substructure_of(p, 2, &s, &e) == PASSWD_OK
        && near_to(s.ptd, sqrt(5.0) / 3, 1e-14)); /* identical directions */
    for (k = 0; k < 9; k++)
        if (k != 4) CHECK((&s.major)[k] == 0);
    p[1] = p[2];
    CHECK(passwd_substructure_of(p, 2, &s, &e) == PASSWD_OK && s.minor == 0 && s.c2 == 0 && s.d2 == 0 && s.tau2 == 0
        && s.tau3 == 0);
    {
        const double d = sqrt(0.0625 + pow(2 * PI - 6.2, 2));
        CHECK(near_to(s.efp, 2 * 0.8 * 0.2 * d, 1e-12) && near_to(s.major, d * sqrt(0.64 * 0.04) / 0.68, 1e-12));
    }                                                             /* over the seam of phi */
    for (i = 0; i < 40; i++) p[i] = passwd_p4_of(5, 0.4, 2, 0.3); /* all alike */
    CHECK(passwd_substructure_of(p, 40, &s, &e) == PASSWD_OK && s.efp == 0 && s.major == 0 && s.tau2 == 0
        && near_to(s.ptd, sqrt(1.0 / 40), 1e-13) && near_to(s.mass, 12, 1e-9) && near_to(s.soft_drop_mass, 12, 1e-9));
    for (i = 0; i < 3; i++) {
        p[i].px = p[i].py = 0;
        p[i].pz = 10 + i;
        p[i].e = 10 + i;
    } /* along the beam */
    CHECK(passwd_substructure_of(p, 3, &s, &e) == PASSWD_OK && s.ptd == 0 && s.efp == 0 && s.eta == 20 && s.pt == 0
        && s.constituents == 3);
    p[3] = passwd_p4_of(10, 0, 0, 0);
    p[4] = passwd_p4_of(1e-200, 3, 1, 0);
    CHECK(passwd_substructure_of(p, 5, &s, &e) == PASSWD_OK && s.ptd == 1 && s.major == 0 && s.c2 == 0 && s.d2 == 0
        && s.efp >= 0 && s.efp < 1e-190);
    p[0] = passwd_p4_of(10, 0, 0, 0);
    p[1] = passwd_p4_of(10, 0.5, 0, 0);
    p[1].e *= 0.9; /* m^2 < 0 */
    CHECK(passwd_substructure_of(p, 2, &s, &e) == PASSWD_OK && s.major - s.major == 0 && s.soft_drop_mass >= 0);
    t = s;
    p[1].pz = NAN;
    CHECK(passwd_substructure_of(p, 2, &s, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "constituent 2")
        && memcmp(&s, &t, sizeof s) == 0);
    CHECK(passwd_substructure_of(p, 257, &s, &e) == PASSWD_ERROR_UNSUPPORTED
        && passwd_substructure_of(p, -1, &s, NULL) == PASSWD_ERROR_ARGUMENT
        && passwd_substructure_of(NULL, 1, &s, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_substructure_of(p, 1, NULL, &e) == PASSWD_ERROR_ARGUMENT);
}

static void test_order(void) {
    passwd_p4 p[300];
    int order[300], i, k, n, trial, bad = 0, previous;
    for (trial = 0; trial < 100; trial++) {
        char used[256] = { 0 };
        n = draw(p, 1 + (int)(80 * uniform()), trial % 4);
        passwd_kt_order(p, n, order);
        for (previous = -1, k = 0; k < n; k++) { /* what is taken is the most, to rounding; of equal ones the first */
            double most = -1, x = 0;
            for (i = 0; i < n; i++) {
                const double y =
                    previous < 0 ? passwd_p4_pt(p[i]) : passwd_p4_pt(p[i]) * sqrt(r2_of(p[i], p[previous]));
                if (used[i]) continue;
                if (y > most) most = y;
                if (i == order[k]) x = y;
            }
            if (order[k] < 0 || order[k] >= n || used[order[k]] || x < most * (1 - 1e-13)) bad++;
            else used[order[k]] = 1;
            previous = order[k];
        }
    }
    CHECK(bad == 0);
    for (i = 0; i < 300; i++) p[i] = passwd_p4_of(10, 0.5, 0.5, 0);
    passwd_kt_order(p, 300, order);
    for (i = 0; i < 300; i++) bad += order[i] != i;
    CHECK(bad == 0);
    p[0].px = NAN;
    p[7].e = NAN;
    passwd_kt_order(p, 20, order);
    {
        char used[20] = { 0 };
        for (i = 0; i < 20; i++)
            if (order[i] < 0 || order[i] >= 20 || used[order[i]]++) bad++;
    }
    CHECK(bad == 0);
    passwd_kt_order(p, 0, order);
    passwd_kt_order(NULL, 3, order);
    passwd_kt_order(p, 3, NULL);
}

static passwd_p4 total(const passwd_p4 *p, int n) {
    passwd_p4 s = { 0, 0, 0, 0 };
    int i;
    for (i = 0; i < n; i++) {
        s.e += p[i].e;
        s.px += p[i].px;
        s.py += p[i].py;
        s.pz += p[i].pz;
    }
    return s;
}
static double mass_of(const passwd_p4 *p, int n) { /* by pairs, in long double: E^2 - p^2 of the sum would cancel */
    long double m2 = 0;
    int i, j;
    for (i = 0; i < n; i++) {
        const long double m = (long double)passwd_p4_mass(p[i]);
        m2 += m * m;
        for (j = 0; j < i; j++) {
            const passwd_p4 *a = p + i, *b = p + j;
            const long double mb = (long double)passwd_p4_mass(*b), ax = a->px, ay = a->py, az = a->pz, bx = b->px,
                              by = b->py, bz = b->pz;
            const long double ea = sqrtl(ax * ax + ay * ay + az * az + m * m),
                              eb = sqrtl(bx * bx + by * by + bz * bz + mb * mb);
            m2 += 2 * (ea * eb - ax * bx - ay * by - az * bz);
        }
    }
    return (double)sqrtl(m2);
}
static double differ(const passwd_p4 *a, const passwd_p4 *b, int n, double scale) {
    double w = 0;
    int i;
    for (i = 0; i < n; i++)
        w = fmax(w,
            fmax(fmax(fabs(a[i].e - b[i].e), fabs(a[i].px - b[i].px)),
                fmax(fabs(a[i].py - b[i].py), fabs(a[i].pz - b[i].pz))));
    return w / scale;
}
static void turn(passwd_p4 *p, int n, int axis, double angle) {
    int i;
    for (i = 0; i < n; i++) {
        double *v = &p[i].px, a = v[(axis + 1) % 3], b = v[(axis + 2) % 3];
        v[(axis + 1) % 3] = a * cos(angle) - b * sin(angle);
        v[(axis + 2) % 3] = a * sin(angle) + b * cos(angle);
    }
}
static void boost_along(passwd_p4 *p, int n, const passwd_p4 *jet, double y) {
    const double length = sqrt(jet->px * jet->px + jet->py * jet->py + jet->pz * jet->pz), nx = jet->px / length,
                 ny = jet->py / length, nz = jet->pz / length;
    int i;
    for (i = 0; i < n; i++) {
        const double a = p[i].px * nx + p[i].py * ny + p[i].pz * nz, b = a * cosh(y) + p[i].e * sinh(y);
        p[i].e = p[i].e * cosh(y) + a * sinh(y);
        p[i].px += (b - a) * nx;
        p[i].py += (b - a) * ny;
        p[i].pz += (b - a) * nz;
    }
}
static void test_alignment(void) {
    static passwd_p4 p[300], q[300], other[300], step[300];
    double worst[8] = { 0 };
    int trial, i, k, n, bad = 0;
    passwd_alignment a;
    memset(&a, 0, sizeof a);
    for (trial = 0; trial < 300; trial += quick ? 5 : 1) {
        double tensor[3] = { 0, 0, 0 }, half[2] = { 0, 0 }, m_in;
        passwd_p4 jet, sum;
        n = draw(p, 3 + (int)(60 * uniform()), trial % 2 ? 0 : 2);
        jet = total(p, n);
        m_in = mass_of(p, n);
        a.mass = trial % 3 ? 0.25 : 80;
        a.energy = trial % 3 ? 1 : 3000;
        a.steps = trial % 7 ? 0 : 4;
        if (passwd_align_jet(p, n, &a, q, &e) != PASSWD_OK) {
            bad++;
            continue;
        }
        sum = total(q, n);
        worst[0] = fmax(worst[0], fabs(mass_of(q, n) / a.mass - 1));
        worst[1] = fmax(worst[1], fabs(sum.e / a.energy - 1));
        worst[2] = fmax(worst[2], (fabs(sum.py) + fabs(sum.pz)) / a.energy);
        if (sum.px <= 0) bad++;
        for (i = 0; i < n; i++) {
            const double pp = sqrt(q[i].px * q[i].px + q[i].py * q[i].py + q[i].pz * q[i].pz), pt = passwd_p4_pt(q[i]);
            if (trial % 2 && passwd_p4_mass(q[i]) != 0) bad++;
            if (trial % 2 == 0) {
                const double s = a.mass / m_in, x = passwd_p4_mass(q[i]), y = passwd_p4_mass(p[i]) * s;
                worst[3] = fmax(worst[3], fabs(x * x - y * y) / (q[i].e * q[i].e + p[i].e * p[i].e * s * s));
            }
            tensor[0] += q[i].pz * q[i].pz / pp;
            tensor[1] += q[i].pz * q[i].py / pp;
            tensor[2] += q[i].py * q[i].py / pp;
            half[0] += q[i].pz > 0 ? pt : -pt;
            half[1] += q[i].py > 0 ? pt : -pt;
        }
        worst[4] = fmax(worst[4], fabs(tensor[1]) / tensor[0]);
        if (tensor[0] < tensor[2] || half[0] < -1e-9 * a.energy || half[1] < -1e-9 * a.energy) bad++;
        for (i = 0; i < n; i++)
            for (k = 0; k < i; k++) { /* Lorentz: products of pairs are scaled alike */
                const double s = a.mass / m_in,
                             x = (p[i].e * p[k].e - p[i].px * p[k].px - p[i].py * p[k].py - p[i].pz * p[k].pz) * s * s,
                             y = q[i].e * q[k].e - q[i].px * q[k].px - q[i].py * q[k].py - q[i].pz * q[k].pz;
                worst[5] = fmax(worst[5], fabs(x - y) / (q[i].e * q[k].e + p[i].e * p[k].e * s * s));
            }
        memcpy(other, p, sizeof p); /* boosted along itself, turned, scaled: the same answer, in place */
        boost_along(other, n, &jet, trial % 4 < 2 ? 0.7 : -1.2);
        for (k = 0; k < 3; k++) turn(other, n, k, 6 * uniform());
        {
            const double s = exp(6 * uniform() - 3);
            for (i = 0; i < n; i++) {
                other[i].e *= s;
                other[i].px *= s;
                other[i].py *= s;
                other[i].pz *= s;
            }
        }
        if (passwd_align_jet(other, n, &a, other, &e) != PASSWD_OK) bad++;
        worst[6] = fmax(worst[6], differ(q, other, n, a.energy));
        memcpy(other, p, sizeof p);
        for (i = 0; i < n; i++) other[i].pz = -other[i].pz; /* a mirror image too */
        if (passwd_align_jet(other, n, &a, other, &e) != PASSWD_OK) bad++;
        worst[6] = fmax(worst[6], differ(q, other, n, a.energy));
        passwd_align_jet(q, n, &a, other, &e);
        worst[7] = fmax(worst[7], differ(q, other, n, a.energy)); /* aligned already */
        /* the steps: mass in its place; energy in its direction; direction without turning */
        a.steps = 1;
        passwd_align_jet(p, n, &a, step, &e);
        sum = total(step, n);
        worst[0] = fmax(worst[0], fabs(mass_of(step, n) / a.mass - 1));
        worst[5] = fmax(worst[5], fabs(sum.e - jet.e * a.mass / m_in) / sum.e);
        for (i = 0; i < n; i++) worst[5] = fmax(worst[5], fabs(step[i].px - p[i].px * a.mass / m_in) / sum.e);
        a.steps = 2;
        passwd_align_jet(p, n, &a, step, &e);
        sum = total(step, n);
        worst[1] = fmax(worst[1], fabs(sum.e / a.energy - 1));
        worst[2] = fmax(worst[2],
            fabs(sum.px * jet.py - sum.py * jet.px) / (jet.e * a.energy)
                + fabs(sum.px * jet.pz - sum.pz * jet.px) / (jet.e * a.energy));
        a.steps = 3;
        passwd_align_jet(p, n, &a, step, &e);
        sum = total(step, n);
        worst[2] = fmax(worst[2], (fabs(sum.py) + fabs(sum.pz)) / a.energy);
        for (i = 0; i < n; i++) worst[7] = fmax(worst[7], fabs(step[i].px - q[i].px) / a.energy);
    }
    CHECK(bad == 0);
    for (k = 0; k < 8; k++)
        if (!CHECK_BELOW(worst[k], k == 0 ? 1e-10 : k == 3 ? 1e-14 : 1e-11)) printf("  alignment %d\n", k);
    { /* a jet of TeV and of MeV of mass: found where the sum's E^2 - p^2 holds nothing */
        passwd_substructure s;
        const double m = 1e-3;
        a.mass = 1;
        a.energy = 4;
        a.steps = 0;
        p[0] = passwd_p4_of(250, 2, 1, 0);
        p[1] = passwd_p4_of(200, 2 + m / 223.6, 1, 0);
        p[2] = passwd_p4_of(2, 2, 1 + 1e-4, 0);
        CHECK_OK(passwd_align_jet(p, 3, &a, q, &e), e);
        CHECK(near_to(mass_of(q, 3), 1, 1e-6) && near_to(total(q, 3).e, 4, 1e-12));
        passwd_substructure_of(q, 3, &s, &e);
        CHECK_BELOW(fabs(s.eta) + fabs(s.phi), 1e-10);
        CHECK(near_to(s.mass, 1, 1e-6));
    }
    /* refused, and nothing written */
    memset(q, 0x5a, sizeof q);
    memcpy(other, q, sizeof q);
    CHECK(passwd_align_jet(p, 1, &a, q, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "no mass"));
    CHECK(passwd_align_jet(NULL, 0, &a, q, &e) == PASSWD_ERROR_NUMERIC);
    p[1] = p[0];
    CHECK(passwd_align_jet(p, 2, &a, q, &e) == PASSWD_ERROR_NUMERIC);
    memset(p, 0, sizeof p);
    CHECK(passwd_align_jet(p, 2, &a, q, &e) == PASSWD_ERROR_NUMERIC);
    draw(p, 10, 0);
    p[4].e = NAN;
    CHECK(passwd_align_jet(p, 10, &a, q, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "constituent 5"));
    draw(p, 10, 0);
    a.energy = 0.5;
    CHECK(passwd_align_jet(p, 10, &a, q, &e) == PASSWD_ERROR_ARGUMENT);
    a.energy = 1;
    CHECK(passwd_align_jet(p, 10, &a, q, &e) == PASSWD_ERROR_ARGUMENT);
    a.energy = NAN;
    CHECK(passwd_align_jet(p, 10, &a, q, &e) == PASSWD_ERROR_ARGUMENT);
    a.energy = 4;
    a.mass = 0;
    CHECK(passwd_align_jet(p, 10, &a, q, NULL) == PASSWD_ERROR_ARGUMENT);
    a.mass = 1;
    a.steps = 5;
    CHECK(passwd_align_jet(p, 10, &a, q, &e) == PASSWD_ERROR_ARGUMENT);
    a.steps = -1;
    CHECK(passwd_align_jet(p, 10, &a, q, &e) == PASSWD_ERROR_ARGUMENT);
    a.steps = 0;
    CHECK(passwd_align_jet(p, 10, NULL, q, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_align_jet(p, 10, &a, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_align_jet(p, -2, &a, q, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(memcmp(q, other, sizeof q) == 0);
    draw(p, 300, 0);
    CHECK_OK(passwd_align_jet(p, 300, &a, p, &e), e);
    CHECK(near_to(total(p, 300).e, 4, 1e-12));
    memset(p, 0, sizeof p);
    p[0].px = 3;
    p[0].e = 5;
    p[1].px = -3;
    p[1].e = 5;
    CHECK_OK(passwd_align_jet(p, 2, &a, q, &e), e);
    CHECK(near_to(total(q, 2).px, sqrt(15.0), 1e-12)); /* at rest */
    p[0].px = p[1].px = 0;
    p[0].pz = 30;
    p[0].e = 31;
    CHECK_OK(passwd_align_jet(p, 2, &a, q, &e), e);
    CHECK(near_to(total(q, 2).px, sqrt(15.0), 1e-12)); /* along the beam */
}

static double below(double x) { return 0.5 * erfc(-x / sqrt(2.0)); }
static void test_quantiles(void) {
#define ROWS 20011
#define FEATURES 4
    static double table[ROWS * FEATURES];
    static const char *const names[FEATURES] = { "flat", "steep", "soft_drop_mass", "count" };
    passwd_quantiles q, q2, old;
    passwd_tensor_writer w;
    passwd_tensor_file f;
    int i, k, x, bad = 0;
    double mean = 0, square = 0, worst = 0, last;
    for (i = 0; i < ROWS; i++) {
        table[i * FEATURES] = 100 * uniform();
        table[i * FEATURES + 1] = pow(uniform(), -0.5);
        table[i * FEATURES + 2] = uniform() < 0.3 ? 0 : 80 + 10 * normal();
        table[i * FEATURES + 3] = floor(10 * uniform());
    }
    memset(&q, 0, sizeof q);
    memset(&q2, 0, sizeof q2);
    memset(&old, 0, sizeof old);
    if (!CHECK_OK(passwd_quantiles_learn(table, ROWS, FEATURES, names, 0, NULL, &q, &e), e)) return;
    CHECK(q.features == FEATURES && q.knots == 1001);
    for (k = 0; k < FEATURES; k++)
        for (i = 0; i < q.knots; i++) {
            const double *knot = q.x + k * 1001, *z = q.normal + k * 1001;
            long smaller = 0, equal = 0;
            if (i && !(knot[i] > knot[i - 1] ? z[i] > z[i - 1] : knot[i] == knot[i - 1] && z[i] == z[i - 1])) bad++;
            if (i % 50) continue;
            for (x = 0; x < ROWS; x++) {
                smaller += table[x * FEATURES + k] < knot[i];
                equal += table[x * FEATURES + k] == knot[i];
            }
            if (!equal || fabs(below(z[i]) * ROWS - (double)smaller - 0.5 * (double)equal) > 1e-9) bad++;
            if (passwd_quantiles_map(&q, k, knot[i]) != z[i] || passwd_quantiles_invert(&q, k, z[i]) != knot[i]) bad++;
        }
    CHECK(bad == 0);
    for (k = 0; k < 2; k++) { /* no atoms: mean 0, width 1, there and back */
        for (mean = square = 0, i = 0; i < ROWS; i++) {
            const double v = table[i * FEATURES + k], z = passwd_quantiles_map(&q, k, v);
            mean += z;
            square += z * z;
            worst = fmax(worst, fabs(passwd_quantiles_invert(&q, k, z) / v - 1));
        }
        CHECK_BELOW(fabs(mean) / ROWS, 0.003);
        CHECK_BELOW(fabs(sqrt(square / ROWS) - 1), 0.005);
    }
    CHECK_BELOW(worst, 1e-11);
    for (k = 0; k < FEATURES; k++)
        for (last = -1e300, i = -3000; i < 6000; i++) {
            const double v = i * 0.05, z = passwd_quantiles_map(&q, k, v);
            if (!(z > last) || fabs(passwd_quantiles_invert(&q, k, z) - v) > 1e-9 * (1 + fabs(v)) || z - z != 0) bad++;
            last = z;
        }
    CHECK(bad == 0);
    CHECK(fabs(below(passwd_quantiles_map(&q, 2, 0)) - 0.15) < 0.01);
    CHECK(fabs(passwd_quantiles_map(&q, 3, 9) - 1.645) < 0.03);
    CHECK(fabs(below(passwd_quantiles_map(&q, 3, 4)) - 0.45) < 0.01);
    {
        const double *z = q.normal, *v = q.x, slope = (z[1000] - z[900]) / (v[1000] - v[900]),
                     slope0 = (z[100] - z[0]) / (v[100] - v[0]); /* beyond the ends */
        CHECK(near_to(passwd_quantiles_map(&q, 0, v[1000] + 7), z[1000] + 7 * slope, 1e-12)
            && near_to(passwd_quantiles_map(&q, 0, v[0] - 3), z[0] - 3 * slope0, 1e-12));
    }
    CHECK(isnan(passwd_quantiles_map(&q, 0, NAN)) && isnan(passwd_quantiles_invert(&q, 0, NAN))
        && isnan(passwd_quantiles_map(&q, 4, 1)) && isnan(passwd_quantiles_map(&q, -1, 1))
        && isnan(passwd_quantiles_map(NULL, 0, 1)));
    CHECK(passwd_quantiles_map(&q, 0, HUGE_VAL) == HUGE_VAL && passwd_quantiles_invert(&q, 2, -HUGE_VAL) == -HUGE_VAL);
    /* into a file and back, to the bit */
    passwd_tensor_writer_init(&w, NULL);
    CHECK_OK(passwd_quantiles_write(&q, &w, &e), e);
    CHECK_OK(passwd_tensor_writer_save(&w, scratch_file("test_quantiles.safetensors"), &e), e);
    passwd_tensor_writer_free(&w);
    CHECK_OK(passwd_tensor_file_load(scratch_file("test_quantiles.safetensors"), NULL, &f, &e), e);
    CHECK_OK(passwd_quantiles_read(&f, "q", NULL, &q2, &e), e);
    CHECK_OK(passwd_quantiles_read(&f, "q", NULL, &q2, &e), e);
    CHECK(q2.knots == q.knots && !memcmp(q.x, q2.x, FEATURES * 1001 * sizeof(double))
        && !memcmp(q.normal, q2.normal, FEATURES * 1001 * sizeof(double)));
    {
        long n;
        for (n = 1; n < 100; n++) {
            counter c;
            passwd_allocator a = counting(&c, n);
            passwd_quantiles r;
            passwd_status s;
            memset(&r, 0, sizeof r);
            s = passwd_quantiles_read(&f, "q", &a, &r, &e);
            if (s == PASSWD_OK) {
                passwd_quantiles_free(&r);
                CHECK(c.alive == 0 && n == 3);
                break;
            }
            CHECK(s == PASSWD_ERROR_MEMORY && c.alive == 0 && r.x == NULL);
        }
    }
    passwd_tensor_file_free(&f);
    remove(scratch_file("test_quantiles.safetensors"));
    {
        long n;
        for (n = 1; n < 100; n++) {
            counter c;
            passwd_allocator a = counting(&c, n);
            passwd_quantiles r;
            passwd_status s;
            memset(&r, 0, sizeof r);
            s = passwd_quantiles_learn(table, 100, FEATURES, NULL, 0, &a, &r, &e);
            if (s == PASSWD_OK) {
                CHECK(r.knots == 100);
                passwd_quantiles_free(&r);
                CHECK(c.alive == 0 && n == 4);
                break;
            }
            CHECK(s == PASSWD_ERROR_MEMORY && c.alive == 0 && r.x == NULL);
        }
    }
    /* files that say something else */
    for (k = 0; k < 6; k++) {
        double v[6] = { 0, 1, 2, 0, 0, 5 }, z[6] = { -1, 0, 1, -1, -1, 1 };
        int64_t shape[2] = { 2, 3 }, other[2] = { 3, 2 };
        const passwd_status want = k < 3 ? PASSWD_ERROR_NUMERIC : k < 5 ? PASSWD_ERROR_SHAPE : PASSWD_OK;
        if (k == 0) v[1] = NAN;
        else if (k == 1) z[4] = 0;
        else if (k == 2) v[5] = z[4] = z[5] = 0;
        passwd_tensor_writer_init(&w, NULL);
        if (k != 3) passwd_tensor_writer_add(&w, "map.x", PASSWD_DTYPE_F64, 2, shape, v, &e);
        passwd_tensor_writer_add(&w, "map.normal", PASSWD_DTYPE_F64, 2, k == 4 ? other : shape, z, &e);
        passwd_tensor_writer_save(&w, scratch_file("test_quantiles.safetensors"), &e);
        passwd_tensor_writer_free(&w);
        CHECK_OK(passwd_tensor_file_load(scratch_file("test_quantiles.safetensors"), NULL, &f, &e), e);
        old = q2;
        CHECK(passwd_quantiles_read(&f, "bad.safetensors", NULL, &q2, &e) == want);
        CHECK(want == PASSWD_OK ? passwd_quantiles_map(&q2, 0, 1.5) == 0.5
                                : !memcmp(&old, &q2, sizeof q2) && strstr(e.message, "bad.safetensors"));
        passwd_tensor_file_free(&f);
    }
    remove(scratch_file("test_quantiles.safetensors"));
    CHECK(passwd_quantiles_read(NULL, "q", NULL, &q2, &e) == PASSWD_ERROR_ARGUMENT);
    {
        passwd_quantiles none;
        memset(&none, 0, sizeof none);
        CHECK(passwd_quantiles_write(&none, &w, &e) == PASSWD_ERROR_ARGUMENT);
    }
    /* tables that cannot be learnt from; *q stays */
    old = q2;
    table[17 * FEATURES + 2] = NAN;
    CHECK(passwd_quantiles_learn(table, ROWS, FEATURES, names, 0, NULL, &q2, &e) == PASSWD_ERROR_NUMERIC && e.line == 18
        && strstr(e.message, "soft_drop_mass") && strstr(e.message, "row 18"));
    table[17 * FEATURES + 2] = 1;
    table[3] = -HUGE_VAL;
    CHECK(passwd_quantiles_learn(table, ROWS, FEATURES, NULL, 0, NULL, &q2, &e) == PASSWD_ERROR_NUMERIC && e.line == 1
        && strstr(e.message, "Feature 4"));
    table[3] = 1;
    for (i = 0; i < 50; i++) table[i * FEATURES + 1] = 2.5;
    CHECK(passwd_quantiles_learn(table, 50, FEATURES, names, 0, NULL, &q2, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "\"steep\" is 2.5 in all 50 rows"));
    CHECK(passwd_quantiles_learn(table, 1, FEATURES, names, 0, NULL, &q2, &e) == PASSWD_ERROR_SHAPE
        && passwd_quantiles_learn(table, 0, FEATURES, names, 0, NULL, &q2, &e) == PASSWD_ERROR_SHAPE
        && passwd_quantiles_learn(table, -1, 1, NULL, 0, NULL, &q2, &e) == PASSWD_ERROR_SHAPE);
    CHECK(passwd_quantiles_learn(table, 50, 0, NULL, 0, NULL, &q2, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_quantiles_learn(NULL, 50, 1, NULL, 0, NULL, &q2, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_quantiles_learn(table, 50, 1, NULL, 1, NULL, &q2, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_quantiles_learn(table, 50, 1, NULL, -3, NULL, &q2, NULL) == PASSWD_ERROR_ARGUMENT
        && passwd_quantiles_learn(table, INT64_MAX / 2, 2000000000, NULL, 0, NULL, &q2, &e) == PASSWD_ERROR_MEMORY);
    CHECK(memcmp(&old, &q2, sizeof q2) == 0);
    table[0] = -1e300;
    table[1] = 1e300;
    CHECK_OK(passwd_quantiles_learn(table, 2, 1, NULL, 0, NULL, &q2, &e), e);
    CHECK(q2.knots == 2 && passwd_quantiles_map(&q2, 0, 0) == 0
        && near_to(passwd_quantiles_map(&q2, 0, 1e300), 0.67448975019608174, 1e-14)); /* Phi^-1(3/4) */
    for (last = -HUGE_VAL, bad = 0, i = 1; i < 2000; i++) {
        const double z = passwdi_quantile_normal(i / 2000.0);
        if (!(z > last) || fabs(below(z) * 2000 - i) > 1e-11 * i) bad++;
        last = z;
    }
    for (i = 1; i < 15; i++) {
        const double p = pow(10, -i);
        if (!near_to(below(passwdi_quantile_normal(p)), p, 1e-12)) bad++;
    }
    CHECK(bad == 0);
    passwd_quantiles_free(&q);
    passwd_quantiles_free(&q2);
    passwd_quantiles_free(&q2);
    passwd_quantiles_free(NULL);
    CHECK(q.x == NULL && q2.knots == 0);
}

static void test_constituents(void) {
    double pt[] = { 50, 0, 40, 40, 60, 10, 5 }, eta[] = { 0, 1, 0.1, 0.2, 0.3, 0.4, 0.5 },
           phi[] = { 3, 3, 3.1, -3.1, 3, 3, 3 }, m[] = { 0, 0, 0, 0.14, 0, 0, 0 };
    int64_t first[] = { 0, 6, 6, 7 };
    passwd_events ev;
    passwd_p4 p[8];
    memset(&ev, 0, sizeof ev);
    ev.count = 3;
    ev.objects = 7;
    ev.first = first;
    ev.pt = pt;
    ev.eta = eta;
    ev.phi = phi;
    ev.m = m;
    CHECK(passwd_jet_constituents(&ev, 0, p, 8) == 5 && near_to(passwd_p4_pt(p[0]), 50, 1e-15)
        && near_to(passwd_p4_pt(p[1]), 40, 1e-15) && near_to(passwd_p4_mass(p[2]), 0.14, 1e-9)
        && near_to(passwd_p4_eta(p[4]), 0.4, 1e-13));
    CHECK(passwd_jet_constituents(&ev, 0, p, 3) == 3 && near_to(passwd_p4_pt(p[0]), 50, 1e-15)
        && near_to(passwd_p4_eta(p[1]), 0.1, 1e-12)
        && near_to(passwd_p4_pt(p[2]), 60, 1e-15)); /* the first of equals stays */
    CHECK(passwd_jet_constituents(&ev, 0, p, 1) == 1 && near_to(passwd_p4_pt(p[0]), 60, 1e-15));
    CHECK(passwd_jet_constituents(&ev, 1, p, 8) == 0 && passwd_jet_constituents(&ev, 2, p, 8) == 1
        && passwd_jet_constituents(&ev, 3, p, 8) == 0 && passwd_jet_constituents(&ev, -1, p, 8) == 0
        && passwd_jet_constituents(&ev, 0, p, 0) == 0 && passwd_jet_constituents(NULL, 0, p, 8) == 0
        && passwd_jet_constituents(&ev, 0, NULL, 8) == 0);
}

int main(int count, char **arguments) {
    quick = count > 1 && strcmp(arguments[1], "quick") == 0;
    test_momenta();
    test_golden();
    test_clustering();
    test_substructure();
    test_order();
    test_alignment();
    test_quantiles();
    test_constituents();
    return finish();
}
