/* areas.h: areas under ROC curves at fixed mass. A score that merely restates the mass has a large area but finds
   nothing. */
#ifndef AREAS_H
#define AREAS_H

typedef struct placed {
    double value, weight;
    int bin, signal;
} placed; /* an event, placed in a bin of mass */

static int mass_bin(double mass) { return (int)floor(log(mass) / log(1.05)); } /* 5 % wide */
static int by_bin(const void *a, const void *b) {
    const placed *x = (const placed *)a, *y = (const placed *)b;
    return x->bin != y->bin ? (x->bin > y->bin) - (x->bin < y->bin) : (x->value > y->value) - (x->value < y->value);
}
/* For one bin, whose events are sorted: the weight of signal times the area, i.e. the weight of ordered pairs divided
   by that of the background. Bins with almost no background carry no information: their signal is not used. */
static double bin_area(const placed *v, size_t n, double *signal) {
    enum { BACKGROUND_EVENTS = 5 };
    double below = 0.0, pairs = 0.0;
    size_t k = 0, background = 0;
    *signal = 0.0;
    while (k < n) {
        const double value = v[k].value;
        double equal[2] = { 0.0, 0.0 };
        for (; k < n && !(v[k].value > value); k++) {
            equal[v[k].signal] += v[k].weight;
            background += !v[k].signal;
        }
        pairs += equal[1] * (below + 0.5 * equal[0]);
        below += equal[0];
        *signal += equal[1];
    }
    if (background >= BACKGROUND_EVENTS && below > 0.0) return pairs / below;
    return *signal = 0.0;
}
/* The mean of the bins' areas, weighted by their signal, of which `used` was included; NaN if there is none. Sorts
   v. */
static double area_at_fixed_mass(placed *v, size_t n, double *used) {
    double sum = 0.0, signal;
    size_t k, end;
    *used = 0.0;
    qsort(v, n, sizeof *v, by_bin);
    for (k = 0; k < n; k = end) {
        for (end = k; end < n && v[end].bin == v[k].bin; end++) continue;
        sum += bin_area(v + k, end - k, &signal);
        *used += signal;
    }
    return *used > 0.0 ? sum / *used : (double)NAN;
}
#endif /* AREAS_H */
