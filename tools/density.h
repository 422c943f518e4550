/* density.h: two-dimensional samples whose density is written down, and how far the density of a normalized autoencoder
   is from it. For jets density and for tests; needs passwd.h. */
#ifndef DENSITY_H
#define DENSITY_H
#include <math.h>
#include <stdlib.h>

enum { DENSITY_RING, DENSITY_GAUSSIANS, DENSITIES, DENSITY_CELLS = 104 }; /* of the grid, on each side */
static const char *const density_names[DENSITIES] = { "ring", "gauss8" };
static const double density_reach = 2.6; /* the grid is as long in all directions */

/* A ring of radius 1.4 and width 0.08; eight normal distributions of width 0.2 / 1.414 on a circle of 2 / 1.414. Point
   `number` of a sample with this seed. */
static inline void density_draw(int which, uint64_t seed, int64_t number, double x[2]) {
    const uint32_t n = (uint32_t)(4 * number);
    const double u = passwd_random_uniform(seed, 1u, n);
    if (which == DENSITY_RING) {
        const double r = 1.4 + 0.08 * passwd_random_normal(seed, 2u, n);
        x[0] = r * cos(6.283185307179586 * u);
        x[1] = r * sin(6.283185307179586 * u);
    } else {
        const double a = 0.7853981633974483 * floor(8.0 * u);
        x[0] = (2.0 * cos(a) + 0.2 * passwd_random_normal(seed, 2u, n)) / 1.414;
        x[1] = (2.0 * sin(a) + 0.2 * passwd_random_normal(seed, 2u, n + 1)) / 1.414;
    }
}
/* A point in the ring's hole. */
static inline void density_draw_hole(uint64_t seed, int64_t number, double x[2]) {
    const double r = 0.6 * sqrt(passwd_random_uniform(seed, 3u, (uint32_t)(2 * number))),
                 a = 6.283185307179586 * passwd_random_uniform(seed, 3u, (uint32_t)(2 * number + 1));
    x[0] = r * cos(a);
    x[1] = r * sin(a);
}
/* What they are drawn from, without the norm. */
static inline double density_truth(int which, const double x[2]) {
    double sum = 0.0;
    int k;
    if (which == DENSITY_RING) {
        const double d = (sqrt(x[0] * x[0] + x[1] * x[1]) - 1.4) / 0.08;
        return exp(-0.5 * d * d);
    }
    for (k = 0; k < 8; k++) {
        const double a = 0.7853981633974483 * k, u = x[0] - 2.0 / 1.414 * cos(a), v = x[1] - 2.0 / 1.414 * sin(a);
        sum += exp(-0.5 * (u * u + v * v) * 1.414 * 1.414 / 0.04);
    }
    return sum;
}
/* Middle of a cell; the first coordinate changes fastest. */
static inline void density_cell(int cell, double x[2]) {
    x[0] = (cell % DENSITY_CELLS + 0.5) / DENSITY_CELLS * 2.0 * density_reach - density_reach;
    x[1] = (cell / DENSITY_CELLS + 0.5) / DENSITY_CELLS * 2.0 * density_reach - density_reach;
}
/* To a sum of 1 over the cells. */
static inline void density_normalise(double *p) {
    double sum = 0.0;
    int k;
    for (k = 0; k < DENSITY_CELLS * DENSITY_CELLS; k++) sum += p[k];
    for (k = 0; k < DENSITY_CELLS * DENSITY_CELLS; k++) p[k] /= sum;
}
static inline void density_grid(int which, double *p) {
    int k;
    for (k = 0; k < DENSITY_CELLS * DENSITY_CELLS; k++) {
        double x[2];
        density_cell(k, x);
        p[k] = density_truth(which, x);
    }
    density_normalise(p);
}
/* exp(-E) of a network on the grid, times the change of area by its map of the features: its density in the
   coordinates of the table. */
static inline passwd_status density_of(const passwd_nae *nae, double *p, passwd_error *error) {
    enum { CELLS = DENSITY_CELLS * DENSITY_CELLS };
    const passwd_quantiles *map = passwd_nae_quantiles(nae);
    double *x = (double *)malloc(2 * CELLS * sizeof *x), least = (double)INFINITY;
    passwd_status s = x ? PASSWD_OK : PASSWD_ERROR_MEMORY;
    int k, f;
    for (k = 0; k < CELLS && x; k++) density_cell(k, x + 2 * k);
    if (s == PASSWD_OK) s = passwd_nae_run(nae, NULL, x, CELLS, p, NULL, error);
    for (k = 0; k < CELLS && s == PASSWD_OK; k++) {
        const double h = density_reach / DENSITY_CELLS;
        for (f = 0; f < 2; f++)
            p[k] -= log(
                fmax(passwd_quantiles_map(map, f, x[2 * k + f] + h) - passwd_quantiles_map(map, f, x[2 * k + f] - h),
                    1e-12));
        least = fmin(least, p[k]);
    }
    for (k = 0; k < CELLS && s == PASSWD_OK; k++) p[k] = exp(least - p[k]);
    if (s == PASSWD_OK) density_normalise(p);
    free(x);
    return s;
}
/* Kullback-Leibler divergence of q from the truth p, both of sum 1. */
static inline double density_divergence(const double *p, const double *q) {
    double sum = 0.0;
    int k;
    for (k = 0; k < DENSITY_CELLS * DENSITY_CELLS; k++)
        if (p[k] > 1e-15) sum += p[k] * log(p[k] / fmax(q[k], 1e-300));
    return sum;
}
#endif
