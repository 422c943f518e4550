/* Features of jets by name: sums over all constituents, pairs, triples and so on in long double, the best axes among
   all, grooming by hand, names, ratios, bad input. "quick" as first argument: fewer jets, for emulators.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/features.c -o build/test_features -lm && build/test_features */
#include "../passwd.h"
#include "check.h"

#define MOST PASSWD_MAX_CONSTITUENTS
#define PI 3.14159265358979323846
enum { SMALL = 9, NAMES = 120 };

static uint32_t drawn;
static int quick;
static passwd_error e;
static double uniform(void) { return passwd_random_uniform(11, 1, drawn++); }
static double normal(void) { return passwd_random_normal(11, 2, drawn++); }

/* kind 1: on a grid, so that places, distances and pT are equal; 2: massive; 3: all round */
static void draw(passwd_p4 *p, int n, int kind) {
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
}
static long double apart(passwd_p4 a, passwd_p4 b) {
    const double dy = passwd_p4_rapidity(a) - passwd_p4_rapidity(b), d = fabs(passwd_p4_phi(a) - passwd_p4_phi(b)),
                 dphi = d > PI ? 2 * PI - d : d, r2 = dy * dy + dphi * dphi;
    return r2 < 1e-24 ? 0 : sqrtl((long double)r2);
}
/* One feature; NaN where it is refused. */
static double one(const char *name, const passwd_p4 *p, int n) {
    passwd_jet_features *f = NULL;
    double x = (double)NAN;
    if (passwd_jet_features_new(&name, 1, NULL, &f, &e) == PASSWD_OK) passwd_jet_features_of(f, p, n, &x, &e);
    passwd_jet_features_free(f);
    return x;
}
static int close_to(double a, long double b, double relative) {
    return fabsl((long double)a - b) <= (long double)relative * fabsl(b) + 1e-25L;
}

/* --- sums over everything --- */

typedef struct graph {
    const char *name, *edges;
    int vertices;
} graph;
static const graph graphs[] = { { "efp_2_1_0", "01", 2 }, { "efp_2_2_0", "0101", 2 }, { "efp_2_3_0", "010101", 2 },
    { "efp_2_4_0", "01010101", 2 }, { "efp_3_2_0", "0102", 3 }, { "efp_3_3_0", "010202", 3 },
    { "efp_3_4_0", "01020202", 3 }, { "efp_3_4_1", "01010202", 3 }, { "efp_3_3_1", "010212", 3 },
    { "efp_3_4_2", "01020212", 3 }, { "efp_4_3_0", "010203", 4 }, { "efp_4_4_0", "01020203", 4 },
    { "efp_4_3_1", "010213", 4 }, { "efp_4_4_1", "01020213", 4 }, { "efp_4_4_2", "01010213", 4 },
    { "efp_4_4_3", "01021203", 4 }, { "efp_4_4_4", "01021323", 4 }, { "efp_5_4_0", "01020304", 5 },
    { "efp_5_4_1", "01020314", 5 }, { "efp_5_4_2", "01021324", 5 } };
enum { GRAPHS = sizeof graphs / sizeof *graphs };

static long double polynomial(const graph *g, const long double *z, long double r[SMALL][SMALL], int n) {
    int v[5] = { 0, 0, 0, 0, 0 }, k;
    long double sum = 0;
    for (;;) {
        long double x = 1;
        const char *at;
        for (k = 0; k < g->vertices; k++) x *= z[v[k]];
        for (at = g->edges; *at && x > 0; at += 2) x *= r[v[at[0] - '0']][v[at[1] - '0']];
        sum += x;
        for (k = 0; k < g->vertices && ++v[k] == n; k++) v[k] = 0;
        if (k == g->vertices) return sum;
    }
}
static void test_sums(void) {
    static const double betas[] = { 1, 0.5, 2, 1.3 };
    int trial, i, j, k, b, bad = 0;
    for (trial = 0; trial < 60; trial += quick ? 8 : 1) {
        const int n = 1 + (int)(SMALL * uniform());
        passwd_p4 p[SMALL], jet = { 0, 0, 0, 0 }, wta;
        long double z[SMALL], r[SMALL][SMALL], scale = 0, angle[2][3] = { { 0, 0, 0 }, { 0, 0, 0 } };
        static const char *const angles[2][3] = { { "lha", "width", "thrust" },
            { "lha_wta", "width_wta", "thrust_wta" } };
        char name[40];
        draw(p, n, trial % 4);
        if (trial % 7 == 0 && n > 2) p[1] = p[0];
        for (i = 0; i < n; i++) {
            z[i] = (long double)passwd_p4_pt(p[i]);
            scale += z[i];
            jet.e += p[i].e;
            jet.px += p[i].px;
            jet.py += p[i].py;
            jet.pz += p[i].pz;
        }
        for (i = 0; i < n; i++) z[i] /= scale;
        for (b = 0; b < 4; b++) {
            long double e2 = 0, g1 = 0, g2 = 0, g3 = 0;
            for (i = 0; i < n; i++)
                for (j = 0; j < n; j++) r[i][j] = powl(apart(p[i], p[j]), (long double)betas[b]);
            for (i = 0; i < n; i++)
                for (j = i + 1; j < n; j++) {
                    e2 += z[i] * z[j] * r[i][j];
                    for (k = j + 1; k < n; k++) {
                        const long double w = z[i] * z[j] * z[k], x = r[i][j], y = r[i][k], t = r[j][k];
                        g1 += w * fminl(x, fminl(y, t));
                        g2 += w * fminl(x * y, fminl(x * t, y * t));
                        g3 += w * x * y * t;
                    }
                }
            for (k = 0; k < GRAPHS; k++) {
                snprintf(name, sizeof name, "%s_beta%g", graphs[k].name, betas[b]);
                if (close_to(one(name, p, n), polynomial(graphs + k, z, r, n), 1e-12)) continue;
                if (bad++ < 5) printf("  %s: %.17g\n", name, one(name, p, n));
            }
            if (e2 <= 0) continue;
            for (k = 0; k < 4; k++) {
                snprintf(name, sizeof name, "%c2_beta%g", "cdnm"[k], betas[b]);
                if (close_to(one(name, p, n),
                        k == 0       ? g3 / (e2 * e2)
                            : k == 1 ? g3 / (e2 * e2 * e2)
                            : k == 2 ? g2 / (e2 * e2)
                                     : g1 / e2,
                        1e-12))
                    continue;
                if (bad++ < 5) printf("  %s: %.17g\n", name, one(name, p, n));
            }
        }
        { /* the winner-take-all axis: kt by hand, everything in pT, rapidity, phi */
            double pt[SMALL];
            int at[SMALL], left = n, x = 0, y = 0;
            for (i = 0; i < n; i++) {
                pt[i] = passwd_p4_pt(p[i]);
                at[i] = i;
            }
            for (; left > 1; left--) {
                double best = HUGE_VAL, best_r = 0;
                for (i = 0; i < left; i++)
                    for (j = i + 1; j < left; j++) {
                        const double d = (double)apart(p[at[i]], p[at[j]]), q = fmin(pt[i], pt[j]) * d;
                        if (!(q < best || (q <= best && d < best_r))) continue;
                        best = q;
                        best_r = d;
                        x = i;
                        y = j;
                    }
                if (pt[y] > pt[x]) at[x] = at[y];
                pt[x] += pt[y];
                pt[y] = pt[left - 1];
                at[y] = at[left - 1];
            }
            wta = p[at[0]];
        }
        for (i = 0; i < n; i++)
            for (k = 0; k < 3; k++) {
                angle[0][k] += z[i] * powl(apart(p[i], jet), k == 0 ? 0.5L : k);
                angle[1][k] += z[i] * powl(apart(p[i], wta), k == 0 ? 0.5L : k);
            }
        for (j = 0; j < (trial % 4 == 1 ? 1 : 2); j++) /* on a grid pT and d_ij are equal, and any may win */
            for (k = 0; k < 3; k++)
                if (!close_to(one(angles[j][k], p, n), angle[j][k], 1e-11)) {
                    if (bad++ < 5) printf("  %s: %.17g\n", angles[j][k], one(angles[j][k], p, n));
                }
        if (trial % 4 != 1 && !close_to(one("tau1_wta", p, n), angle[1][1], 1e-11) && bad++ < 5)
            printf("  tau1_wta: %.17g, not %.17Lg\n", one("tau1_wta", p, n), angle[1][1]);
        if (!close_to(one("efp", p, n), (long double)one("efp_2_1_0", p, n), 0) && bad++ < 5)
            printf("  efp: %g\n", one("efp", p, n));
    }
    CHECK(bad == 0);
}

/* --- axes --- */

/* The smallest sum of z_i dR about one point, of those with a bit in `set`: at one of them, or by Weiszfeld's iteration
   from beside their middle. */
static double median(const double *y, const double *phi, const double *z, int n, int set) {
    double least = HUGE_VAL, a = 0, b = 0, sum;
    int step, i, k, m = 0;
    for (k = 0; k < n; k++) {
        if (!(set >> k & 1)) continue;
        for (sum = 0, i = 0; i < n; i++)
            if (set >> i & 1) sum += z[i] * hypot(y[i] - y[k], phi[i] - phi[k]);
        least = fmin(least, sum);
        a += y[k];
        b += phi[k];
        m++;
    }
    a = a / m + 0.001;
    b = b / m - 0.0007;
    for (step = 0; step < 1000; step++) {
        double w = 0, wa = 0, wb = 0;
        for (sum = 0, i = 0; i < n; i++) {
            const double d = sqrt((y[i] - a) * (y[i] - a) + (phi[i] - b) * (phi[i] - b));
            if (!(set >> i & 1)) continue;
            sum += z[i] * d;
            w += z[i] / fmax(d, 1e-12);
            wa += z[i] / fmax(d, 1e-12) * y[i];
            wb += z[i] / fmax(d, 1e-12) * phi[i];
        }
        least = fmin(least, sum);
        a = wa / w;
        b = wb / w;
    }
    return least;
}
static void test_axes(void) {
    int trial, i, best = 0, bad = 0, trials = quick ? 6 : 60;
    passwd_p4 p[MOST];
    char name[3][24];
    for (trial = 0; trial < trials; trial++) { /* of a few: one axis exactly, two never below the best two */
        const int n = 3 + trial % 4;
        double y[8], phi[8], z[8], scale = 0, two = HUGE_VAL, got;
        int set;
        for (i = 0; i < n; i++) {
            y[i] = 0.4 * normal();
            phi[i] = 0.4 * normal();
            z[i] = 0.1 + pow(uniform(), 2);
            scale += z[i];
            p[i] = passwd_p4_of(100 * z[i], y[i], phi[i], 0);
        }
        for (i = 0; i < n; i++) z[i] /= scale;
        got = one("tau1_onepass", p, n);
        if (fabs(got / median(y, phi, z, n, (1 << n) - 1) - 1) > 1e-7 && bad++ < 3) printf("  one axis: %.17g\n", got);
        for (set = 1; set < (1 << n) - 1; set += 2)
            two = fmin(two, median(y, phi, z, n, set) + median(y, phi, z, n, (1 << n) - 1 - set));
        got = one("tau2_onepass", p, n);
        if (got < two * (1 - 1e-7) || got > one("tau2_wta", p, n) * (1 + 1e-15))
            printf("n %d got %.17g two %.17g wta %.17g\n", n, got, two, one("tau2_wta", p, n));
        if (got < two * (1 - 1e-7) || got > one("tau2_wta", p, n) * (1 + 1e-15)) bad++;
        best += got < two * (1 + 1e-7);
    }
    CHECK(bad == 0);
    printf("two minimised axes are the best two in %d of %d jets\n", best, trials);
    CHECK(best * 2 > trials);
    for (trial = 0; trial < trials;
         trial++) { /* of many: less with every axis of winner-take-all, never more than there when minimised */
        const int n = 5 + (int)(80 * uniform());
        double last = HUGE_VAL;
        int k;
        draw(p, n, trial % 4);
        for (k = 1; k <= 4; k++) {
            double x[3];
            for (i = 0; i < 3; i++) {
                snprintf(name[i], 24, "tau%d%s", k, i == 0 ? "" : i == 1 ? "_wta" : "_onepass");
                x[i] = one(name[i], p, n);
                bad += !(x[i] >= 0);
            }
            bad += x[1] > last * (1 + 1e-14); /* an axis more, the others stay */
            last = x[1];
            bad += x[2] > x[1] * (1 + 1e-15);
        }
        if (n <= MOST && trial % 4 != 3) { /* with the beam out of reach kt is that of a clustering without */
            static passwd_clustering c;
            int node[MOST], m;
            double tau = 0, scale = 0;
            if (passwd_cluster(p, n, PASSWD_CLUSTER_KT, 1, &c, &e) != PASSWD_OK
                || passwd_inclusive_jets(&c, 0, node) != 1)
                continue;
            passwd_cluster(p, n, PASSWD_CLUSTER_KT, 0, &c, &e);
            m = passwd_exclusive_jets(&c, 2, node);
            for (i = 0; i < n; i++) {
                long double least = HUGE_VAL;
                int j;
                for (j = 0; j < m; j++) least = fminl(least, apart(p[i], c.node[node[j]].p4));
                tau += passwd_p4_pt(p[i]) * (double)least;
                scale += passwd_p4_pt(p[i]);
            }
            if (!close_to(one("tau2", p, n), (long double)(tau / scale), 1e-12) && bad++ < 3) printf("  kt axes\n");
        }
    }
    CHECK(bad == 0);
}

/* --- grooming, names, ratios --- */

static void test_groomed(void) {
    static const char *const names[] = { "pt", "mass", "constituents", "width", "lha", "tau2/tau1", "tau3_wta", "n2",
        "tau2_onepass", "efp_4_4_4_beta2", "ptd", "major" };
    enum { COUNT = sizeof names / sizeof *names };
    static passwd_clustering c;
    passwd_p4 p[80], q[80];
    int trial, k, n, m, node, index[80], bad = 0, smaller = 0;
    for (trial = 0; trial < 40; trial += quick ? 5 : 1) {
        n = 2 + (int)(70 * uniform());
        draw(p, n, trial % 3 ? 0 : 2);
        if (passwd_cluster(p, n, PASSWD_CLUSTER_CAMBRIDGE_AACHEN, 0, &c, &e) != PASSWD_OK) bad++;
        node = passwd_soft_drop(&c, 0.1, 0, 1);
        m = passwd_node_constituents(&c, node, index);
        smaller += m < n;
        for (k = 0; k < m; k++) q[k] = p[index[k]];
        for (k = 0; k < COUNT; k++) {
            char name[64];
            const char *slash = strchr(names[k], '/');
            double got, want = one(names[k], q, m);
            snprintf(name, sizeof name, "soft_drop_%.*s%s%s", slash ? (int)(slash - names[k]) : 40, names[k],
                slash ? "/soft_drop_" : "", slash ? slash + 1 : "");
            got = one(name, p, n);
            if (!(isnan(got) && isnan(want)) && fabs(got - want) > 1e-11 * fabs(want) + 1e-13 && bad++ < 5)
                printf("  %s: %.17g, not %.17g\n", name, got, want);
        }
        if (c.node[node].parent[0] >= 0) {
            const passwd_p4 a = c.node[c.node[node].parent[0]].p4, b = c.node[c.node[node].parent[1]].p4;
            if (!close_to(one("zg", p, n), passwd_p4_pt(b) / (passwd_p4_pt(a) + passwd_p4_pt(b)), 1e-13)
                || !close_to(one("rg", p, n), apart(a, b), 1e-12))
                bad++;
        } else if (one("zg", p, n) != 0 || one("rg", p, n) != 0) bad++;
    }
    CHECK(bad == 0);
    CHECK(smaller > 2);
}
/* All listed names, groomed ones and some with beta; how many. */
static int everything(char name[NAMES][48], const char **list) {
    int k, n = 0;
    for (k = 0; passwd_jet_feature_name(k); k++) {
        CHECK(strlen(passwd_jet_feature_about(k)) > 10 && strlen(passwd_jet_feature_name(k)) < 20);
        snprintf(name[n++], 48, "%s", passwd_jet_feature_name(k));
        if (strcmp(passwd_jet_feature_name(k), "zg") && strcmp(passwd_jet_feature_name(k), "rg"))
            snprintf(name[n++], 48, "soft_drop_%s", passwd_jet_feature_name(k));
    }
    for (k = 0; k < 4; k++) {
        snprintf(name[n++], 48, "%c2_beta2", "cdnm"[k]);
        snprintf(name[n++], 48, "%c2_beta0.75", "cdnm"[k]);
    }
    for (k = 0; k < n; k++) list[k] = name[k];
    return n;
}
static char all_names[NAMES][48];
static const char *all[NAMES];
static void test_names(void) {
    static const char *const good[] = { "tau2/tau1", "m/pt", "mass/pt", "tau3/tau2", "efp_2_1_0*efp_2_1_0",
        "soft_drop_mass/mass*pt/mass", "d2_beta1/d2" };
    static const char *const wrong[] = { "tau5", "", "tau2/", "/tau1", "tau2//tau1", "tau2 ", "zg_beta2", "n2_beta",
        "n2_beta0", "n2_beta-1", "n2_beta11", "n2_betanan", "soft_drop_zg", "soft_drop_", "soft_drop_soft_drop_mass",
        "efp_2_5_0", "tau2_beta2", "Tau2", "tau", "tau22", "efp_", "n2_beta1_beta1" };
    passwd_jet_features *f = NULL, *none = NULL;
    passwd_p4 p[40];
    double x[NAMES], y[NAMES], alone;
    int k, n = everything(all_names, all), bad = 0;
    draw(p, 40, 0);
    CHECK(n > 100 && n <= NAMES && !passwd_jet_feature_name(-1) && !passwd_jet_feature_about(-1)
        && !passwd_jet_feature_about(1000));
    if (!CHECK_OK(passwd_jet_features_new(all, n, NULL, &f, &e), e)) return;
    CHECK_OK(passwd_jet_features_of(f, p, 40, x, &e), e);
    CHECK_OK(passwd_jet_features_of(f, p, 40, y, &e), e);
    CHECK(memcmp(x, y, (size_t)n * sizeof *x) == 0);
    for (k = 0; k < n; k++) { /* what else is asked for does not matter, to the bit */
        alone = one(all[k], p, 40);
        if (memcmp(&alone, x + k, sizeof alone) && bad++ < 5) printf("  %s: %.17g, alone %.17g\n", all[k], x[k], alone);
        bad += !isfinite(x[k]);
    }
    CHECK(bad == 0);
    passwd_jet_features_free(f);
    passwd_jet_features_free(NULL);
    { /* the default set is the same numbers */
        passwd_substructure s;
        CHECK_OK(passwd_substructure_of(p, 40, &s, &e), e);
        for (k = 0; k < PASSWD_SUBSTRUCTURE_NUMBERS; k++) {
            alone = one(passwd_substructure_name(k), p, 40);
            bad += memcmp(&alone, &s.major + k, sizeof alone) != 0;
        }
        CHECK(bad == 0);
    }
    CHECK_OK(passwd_jet_features_new(good, 7, NULL, &f, &e), e);
    CHECK_OK(passwd_jet_features_of(f, p, 40, x, &e), e);
    passwd_jet_features_free(f);
    CHECK(x[0] == one("tau2", p, 40) / one("tau1", p, 40) && x[1] == x[2]
        && x[2] == one("mass", p, 40) / one("pt", p, 40) && x[4] == one("efp", p, 40) * one("efp", p, 40) && x[6] == 1
        && x[5] == one("soft_drop_mass", p, 40) / one("mass", p, 40) * one("pt", p, 40) / one("mass", p, 40));
    for (k = 0; k < (int)(sizeof wrong / sizeof *wrong); k++) {
        const char *pair[2] = { "mass", wrong[k] };
        memset(&e, 0, sizeof e);
        if (passwd_jet_features_new(pair, 2, NULL, &none, &e) != PASSWD_ERROR_ARGUMENT || none || e.column != 2
            || !strstr(e.message, "no feature"))
            printf("  \"%s\" was not refused: %s\n", wrong[k], e.message), bad++;
    }
    CHECK(bad == 0);
    CHECK(passwd_jet_features_new(good, 0, NULL, &none, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_jet_features_new(NULL, 1, NULL, &none, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_jet_features_new(good, 1, NULL, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    {
        char name[9][24];
        const char *list[9];
        for (k = 0; k < 9; k++) {
            snprintf(name[k], 24, "n2_beta%d", k + 1);
            list[k] = name[k];
        }
        CHECK(passwd_jet_features_new(list, 9, NULL, &none, &e) == PASSWD_ERROR_UNSUPPORTED && e.column == 9);
        CHECK_OK(passwd_jet_features_new(list, 8, NULL, &none, &e), e);
        passwd_jet_features_free(none);
    }
}
static void *no_memory(void *user, size_t bytes) {
    (void)user;
    (void)bytes;
    return NULL;
}
static void test_bad_input(void) {
    static double x[NAMES], kept[NAMES];
    static passwd_p4 p[MOST + 1];
    passwd_jet_features *f = NULL, *none = NULL;
    passwd_allocator empty;
    const char *ratio = "tau2/tau1";
    int k, n = everything(all_names, all), i, bad = 0, kind;
    memset(&empty, 0, sizeof empty);
    empty.allocate = no_memory;
    CHECK(passwd_jet_features_new(&ratio, 1, &empty, &none, &e) == PASSWD_ERROR_MEMORY && !none);
    if (!CHECK_OK(passwd_jet_features_new(all, n, NULL, &f, &e), e)) return;
    memset(kept, 0x5a, sizeof kept);
    memcpy(x, kept, sizeof x);
    draw(p, MOST + 1, 0);
    CHECK(passwd_jet_features_of(f, p, MOST + 1, x, &e) == PASSWD_ERROR_UNSUPPORTED && strstr(e.message, "257")
        && passwd_jet_features_of(f, NULL, 1, x, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_jet_features_of(f, p, -1, x, NULL) == PASSWD_ERROR_ARGUMENT
        && passwd_jet_features_of(NULL, p, 1, x, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_jet_features_of(f, p, 1, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    p[4].py = (double)NAN;
    CHECK(passwd_jet_features_of(f, p, 9, x, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "constituent 5"));
    p[4].py = HUGE_VAL;
    CHECK(passwd_jet_features_of(f, p, 9, x, &e) == PASSWD_ERROR_NUMERIC);
    CHECK(memcmp(x, kept, sizeof x) == 0);
    CHECK_OK(passwd_jet_features_of(f, NULL, 0, x, &e), e);
    for (k = 0; k < n; k++) bad += x[k] != 0;
    CHECK(bad == 0);
    CHECK(isnan(one(ratio, NULL, 0)));
    draw(p, MOST, 0);
    CHECK(isnan(one(ratio, p, 1)) && one(ratio, p, 2) == 0);
    /* one; doublets; a line; all at one place; along the beam; at rest; the most there may be; pT of all sizes */
    for (kind = 0; kind < 8; kind++) {
        const int count = kind == 0 ? 1 : kind == 6 ? MOST : 12;
        draw(p, count, 0);
        for (i = 0; i < count; i++) {
            if (kind == 1) p[i] = p[i / 2];
            if (kind == 2) p[i] = passwd_p4_of(1 + i, 0.05 * i, 3.1 + 0.05 * i, 0);
            if (kind == 3) p[i] = p[0];
            if (kind == 4) p[i].px = p[i].py = 0;
            if (kind == 5) p[i].px = p[i].py = p[i].pz = 0;
            if (kind == 7) p[i] = passwd_p4_of(pow(10, 15 * i - 80), 0.1 * i, 0.2 * i, 0);
        }
        CHECK_OK(passwd_jet_features_of(f, p, count, x, &e), e);
        for (k = 0; k < n; k++) {
            const int place = kind == 0 || kind == 3 || kind == 4 || kind == 5; /* no extension */
            if (!isfinite(x[k]) && bad++ < 5) printf("  kind %d: %s is %g\n", kind, all[k], x[k]);
            if (place
                && (strstr(all[k], "tau") || strstr(all[k], "efp") || strstr(all[k], "2") || strstr(all[k], "width"))
                && x[k] != 0 && bad++ < 5)
                printf("  kind %d: %s is %g\n", kind, all[k], x[k]);
        }
    }
    CHECK(bad == 0);
    passwd_jet_features_free(f);
}

int main(int count, char **arguments) {
    quick = count > 1 && strcmp(arguments[1], "quick") == 0;
    test_sums();
    test_axes();
    test_groomed();
    test_names();
    test_bad_input();
    return finish();
}
