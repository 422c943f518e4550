/* convert_jets: the jets of tools/convert, which takes any number of particles, are those of passwd_cluster, which
   takes 256; and with more particles they do not depend on the order, nor lose momentum.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/convert_jets.c -o build/test_convert_jets -lm && build/test_convert_jets */
#include "../passwd.h"
#include "check.h"
#include "../tools/convert_cluster.h"

enum { MOST = 2000 };
static passwd_p4 particle[MOST], jet[MOST];

static double uniform(uint64_t seed, uint32_t *at) { return passwd_random_uniform(seed, 0, (*at)++); }
/* Some hard directions with soft particles around them, and an even background. */
static void make_event(uint64_t seed, int count) {
    uint32_t at = 0;
    double eta[6], phi[6];
    int k;
    for (k = 0; k < 6; k++) {
        eta[k] = 5.0 * uniform(seed, &at) - 2.5;
        phi[k] = 6.28 * uniform(seed, &at) - 3.14;
    }
    for (k = 0; k < count; k++) {
        const int j = k % 12;
        const double pt = pow(uniform(seed, &at), -0.8);
        const double y = j < 6 ? eta[j] + 0.4 * (uniform(seed, &at) - 0.5) : 8.0 * uniform(seed, &at) - 4.0;
        const double f = j < 6 ? phi[j] + 0.4 * (uniform(seed, &at) - 0.5) : 6.28 * uniform(seed, &at);
        particle[k] = passwd_p4_of(pt < 500.0 ? pt : 500.0, y, f, k % 3 ? 0.14 : 0.0);
    }
}
static int near(passwd_p4 a, passwd_p4 b) {
    const double scale = 1e-9 * (1.0 + fabs(a.e));
    return fabs(a.px - b.px) < scale && fabs(a.py - b.py) < scale && fabs(a.pz - b.pz) < scale
        && fabs(a.e - b.e) < scale;
}
static void test_against_library(void) {
    static const double radii[3] = { 0.4, 1.0, 0.15 };
    passwd_clustering *c = (passwd_clustering *)malloc(sizeof *c);
    int node[PASSWD_MAX_CONSTITUENTS], k, n, m, event;
    if (!c) return;
    for (event = 0; event < 60; event++) {
        const int count = event < 3 ? event : 4 + event * 4;
        const double radius = radii[event % 3], least = event % 2 ? 10.0 : 0.0;
        make_event((uint64_t)event + 1, count);
        CHECK(passwd_cluster(particle, count, PASSWD_CLUSTER_ANTI_KT, radius, c, NULL) == PASSWD_OK);
        m = passwd_inclusive_jets(c, least, node);
        n = anti_kt(particle, count, radius, least, jet);
        CHECK(n == m);
        for (k = 0; k < n && k < m; k++) CHECK(near(jet[k], c->node[node[k]].p4));
    }
    free(c);
}
static void test_many(void) {
    static passwd_p4 first[MOST];
    passwd_p4 sum, all;
    int k, n;
    make_event(99, MOST);
    n = anti_kt(particle, MOST, 0.4, 0.0, first);
    CHECK(n > 20 && n < MOST);
    memset(&sum, 0, sizeof sum);
    memset(&all, 0, sizeof all);
    for (k = 0; k < MOST; k++) all.e += particle[k].e, all.pz += particle[k].pz;
    for (k = 0; k < n; k++) sum.e += first[k].e, sum.pz += first[k].pz;
    CHECK(fabs(sum.e - all.e) < 1e-9 * all.e && fabs(sum.pz - all.pz) < 1e-9 * all.e);
    for (k = 0; k < MOST / 2; k++) {
        const passwd_p4 p = particle[k];
        particle[k] = particle[MOST - 1 - k];
        particle[MOST - 1 - k] = p;
    }
    CHECK(anti_kt(particle, MOST, 0.4, 0.0, particle) == n); /* in place */
    for (k = 0; k < n; k++) CHECK(near(first[k], particle[k]));
}
int main(void) {
    test_against_library();
    test_many();
    return finish();
}
