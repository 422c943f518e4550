/* convert_cluster.h: anti-kT jets of any number of particles, by the same rules as passwd_cluster, which takes 256.
   Part of convert.c. */
#ifndef CONVERT_CLUSTER_H
#define CONVERT_CLUSTER_H

typedef struct pseudojet {
    passwd_p4 p4;
    double pt2, rapidity, phi;
    int nearest;    /* the nearest other one within R; -1: none */
    double squared; /* its (dR / R)^2; 1 where there is none */
} pseudojet;

static void pseudojet_set(pseudojet *j, passwd_p4 p) {
    j->p4 = p;
    j->pt2 = p.px * p.px + p.py * p.py;
    j->phi = passwd_p4_phi(p);
    j->rapidity = passwd_p4_rapidity(p);
}
static double pseudojet_distance(const pseudojet *a, const pseudojet *b) {
    const double y = a->rapidity - b->rapidity;
    double phi = fabs(a->phi - b->phi);
    if (phi > 3.14159265358979323846) phi = 6.28318530717958647692 - phi;
    return y * y + phi * phi;
}
static void pseudojet_find(pseudojet *jets, int count, int k, double radius) {
    int i;
    jets[k].nearest = -1;
    jets[k].squared = 1.0;
    for (i = 0; i < count; i++) {
        const double d = i == k ? 2.0 : pseudojet_distance(jets + i, jets + k) / (radius * radius);
        if (d < jets[k].squared) {
            jets[k].squared = d;
            jets[k].nearest = i;
        }
    }
}
static double pseudojet_scale(const pseudojet *jets, const pseudojet *j) {
    const double pt2 = j->nearest < 0 ? j->pt2 : fmax(j->pt2, jets[j->nearest].pt2);
    return pt2 > 0.0 ? j->squared / pt2 : 1e300;
}
/* Harder first. */
static int harder(const void *a, const void *b) {
    const passwd_p4 *x = (const passwd_p4 *)a, *y = (const passwd_p4 *)b;
    const double px = x->px * x->px + x->py * x->py, py = y->px * y->px + y->py * y->py;
    return (px < py) - (px > py);
}
/* Takes jet `gone` out: the last one moves to its place. `merged` (-1: none) is new; what was nearest to either looks
   again. */
static void pseudojet_remove(pseudojet *jets, int *count, int gone, int merged, double radius) {
    const int last = --*count;
    int k;
    jets[gone] = jets[last];
    for (k = 0; k < *count; k++) {
        const int near = jets[k].nearest;
        double d;
        if (k == merged || near == gone || (merged >= 0 && near == merged)) {
            pseudojet_find(jets, *count, k, radius);
            continue;
        }
        if (near == last) jets[k].nearest = gone;
        d = merged < 0 ? 1.0 : pseudojet_distance(jets + k, jets + merged) / (radius * radius);
        if (d < jets[k].squared) {
            jets[k].squared = d;
            jets[k].nearest = merged;
        }
    }
}
/* The jets of `count` particles (arXiv 0802.1189) of at least this pT, hardest first, into `out`, which has room for
   all of them (and may be the particles). Nearest neighbours: of order n^2. Returns their number; -1: no memory. */
static int anti_kt(const passwd_p4 *particles, int count, double radius, double least, passwd_p4 *out) {
    pseudojet *jets = (pseudojet *)malloc(((size_t)count + 1) * sizeof *jets);
    int k, best, found = 0;
    if (!jets) return -1;
    for (k = 0; k < count; k++) pseudojet_set(jets + k, particles[k]);
    for (k = 0; k < count; k++) pseudojet_find(jets, count, k, radius);
    while (count > 0) {
        double low = pseudojet_scale(jets, jets);
        for (best = 0, k = 1; k < count; k++) {
            const double d = pseudojet_scale(jets, jets + k);
            if (d < low) best = k, low = d;
        }
        if (jets[best].nearest < 0) {
            if (jets[best].pt2 >= least * least) out[found++] = jets[best].p4;
            pseudojet_remove(jets, &count, best, -1, radius);
        } else {
            const int other = jets[best].nearest, keep = other < best ? other : best;
            passwd_p4 sum = jets[best].p4;
            sum.px += jets[other].p4.px;
            sum.py += jets[other].p4.py;
            sum.pz += jets[other].p4.pz;
            sum.e += jets[other].p4.e;
            pseudojet_set(jets + keep, sum);
            pseudojet_remove(jets, &count, keep == best ? other : best, keep, radius);
        }
    }
    free(jets);
    qsort(out, (size_t)found, sizeof *out, harder);
    return found;
}
#endif /* CONVERT_CLUSTER_H */
