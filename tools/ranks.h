/* Ranks of numbers, and the correlation of ranks. */
#ifndef RANKS_H
#define RANKS_H
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct ranked {
    double value;
    int64_t place;
} ranked;
static inline int ranked_ascending(const void *a, const void *b) {
    const double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}
/* rank[place], from 0 on, of n values without NaN, which get sorted; equal ones share their mean rank. */
static inline void ranks_of(ranked *v, int64_t n, double *rank) {
    int64_t i, j, k;
    qsort(v, (size_t)n, sizeof *v, ranked_ascending);
    for (i = 0; i < n; i = j) {
        for (j = i + 1; j < n && !(v[j].value > v[i].value); j++) continue;
        for (k = i; k < j; k++) rank[v[k].place] = 0.5 * (double)(i + j - 1);
    }
}
/* Spearman's rank correlation of pairs of finite numbers, each sequence with its step. NaN: fewer than 2, or no memory.
 */
static inline double rank_correlation(const double *a, int64_t step_a, const double *b, int64_t step_b, int64_t count) {
    ranked *v = (ranked *)malloc((size_t)(count + 1) * sizeof *v);
    double *rank = (double *)malloc((size_t)(2 * count + 1) * sizeof *rank), sum[3] = { 0.0, 0.0, 0.0 };
    int64_t i, n = 0;
    int turn;
    for (turn = 0; turn < 2 && v && rank; turn++) {
        for (i = n = 0; i < count; i++)
            if (isfinite(a[i * step_a]) && isfinite(b[i * step_b])) {
                v[n].value = turn ? b[i * step_b] : a[i * step_a];
                v[n].place = n;
                n++;
            }
        ranks_of(v, n, rank + turn * n);
    }
    for (i = 0; i < n && v && rank; i++) {
        const double x = rank[i] - 0.5 * (double)(n - 1), y = rank[n + i] - 0.5 * (double)(n - 1);
        sum[0] += x * x;
        sum[1] += y * y;
        sum[2] += x * y;
    }
    free(v);
    free(rank);
    return sum[0] > 0.0 && sum[1] > 0.0 ? sum[2] / sqrt(sum[0] * sum[1]) : (double)NAN;
}
#endif
