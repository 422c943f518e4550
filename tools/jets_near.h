/* jets_near.h: weights that turn one sample into another by counting neighbours, without a gradient or a function: the
   ratio of the two samples among the rows nearest in the ranks of all columns. The reference of jets reweight for what
   networks learn. Needs passwd.h and cli.h. */
#ifndef JETS_NEAR_H
#define JETS_NEAR_H

enum { NEAR_LEAST = 25 };
typedef struct neighbour {
    double distance;
    int32_t row;
} neighbour;
typedef struct near_weights {
    int features, networks;   /* networks: bootstrap samples, as the other methods have */
    int32_t from, rows;       /* rows of the untagged sample, which come first, and of both */
    int32_t near;             /* neighbours that are counted */
    double *sorted, *x, *log; /* columns in order; ranks of the rows; bootstraps' logarithms of their norms */
    unsigned char *times;     /* of rows in each bootstrap sample */
} near_weights;

static void near_free(near_weights *w) {
    free(w->sorted);
    free(w->x);
    free(w->log);
    free(w->times);
    memset(w, 0, sizeof *w);
}
/* The rank, 0 to 1, among the rows that were learnt from: of equal numbers the middle one. */
static double near_rank(const near_weights *w, int feature, double x) {
    const double *v = w->sorted + (size_t)feature * (size_t)w->rows;
    int32_t edge[2];
    int k;
    for (k = 0; k < 2; k++) {
        int32_t low = 0, high = w->rows;
        while (low < high) {
            const int32_t middle = low + (high - low) / 2;
            if (k ? v[middle] <= x : v[middle] < x) low = middle + 1;
            else high = middle;
        }
        edge[k] = low;
    }
    return 0.5 * (edge[0] + edge[1]) / w->rows;
}
/* Puts the `most` nearest of n neighbours first, in no order. */
static void near_select(neighbour *v, int32_t n, int32_t most) {
    int32_t low = 0, high = n - 1;
    while (low < high) {
        const double pivot = v[low + (high - low) / 2].distance;
        int32_t i = low, j = high;
        while (i <= j) {
            while (v[i].distance < pivot) i++;
            while (v[j].distance > pivot) j--;
            if (i <= j) {
                const neighbour t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        if (most <= j) high = j;
        else if (most > i) low = i;
        else return;
    }
}
/* The rows nearest to x (ranks) but for row `own` (-1: none), `most` of them; v has room for all. */
static int32_t near_find(const near_weights *w, const double *x, int32_t own, int32_t most, neighbour *v) {
    int32_t r, n = 0;
    int k;
    for (r = 0; r < w->rows; r++) {
        const double *y = w->x + (size_t)r * (size_t)w->features;
        double sum = 0.0;
        if (r == own) continue;
        for (k = 0; k < w->features; k++) sum += (x[k] - y[k]) * (x[k] - y[k]);
        v[n].distance = sum;
        v[n++].row = r;
    }
    if (most < n) near_select(v, n, most);
    return most < n ? most : n;
}
/* Tagged over untagged among neighbours in bootstrap sample b (-1: each row once); one row of both together is added,
   so that it is never 0 or infinite. */
static double near_ratio(const near_weights *w, const neighbour *v, int32_t count, int b) {
    const double flat = (double)(w->rows - w->from) / w->from;
    double n[2] = { 1.0, flat };
    int32_t k;
    for (k = 0; k < count; k++)
        n[v[k].row >= w->from] += b < 0 ? 1.0 : (double)w->times[(size_t)b * (size_t)w->rows + (size_t)v[k].row];
    return n[1] / n[0];
}
/* The cross-entropy of rows that see all others but themselves, for `near` neighbours. */
static double near_loss(const near_weights *w, int32_t near_rows, int threads) {
    double sum = 0.0;
    int32_t r;
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
    {
        neighbour *v = (neighbour *)malloc((size_t)w->rows * sizeof *v);
        double part = 0.0;
        int32_t n;
#ifdef _OPENMP
#pragma omp for schedule(static)
#endif
        for (r = 0; r < w->rows; r++) {
            if (!v) continue;
            n = near_find(w, w->x + (size_t)r * (size_t)w->features, r, near_rows, v);
            part += r < w->from ? log1p(near_ratio(w, v, n, -1)) : log1p(1.0 / near_ratio(w, v, n, -1));
        }
#ifdef _OPENMP
#pragma omp critical
#endif
        sum += v ? part : (double)INFINITY;
        free(v);
    }
    (void)threads;
    return sum;
}
/* Each bootstrap sample's norm: its untagged rows, which do not see themselves, become as many as its tagged ones. */
static int near_norms(near_weights *w) {
    neighbour *v = (neighbour *)malloc((size_t)w->rows * sizeof *v);
    double *sum = (double *)calloc((size_t)w->networks * 2, sizeof *sum);
    int32_t r, n;
    int b;
    for (r = 0; v && sum && r < w->rows; r++) {
        n = r < w->from ? near_find(w, w->x + (size_t)r * (size_t)w->features, r, w->near, v) : 0;
        for (b = 0; b < w->networks; b++) {
            const double times = w->times[(size_t)b * (size_t)w->rows + (size_t)r];
            if (times > 0.0) sum[2 * b + (r >= w->from)] += r < w->from ? times * near_ratio(w, v, n, b) : times;
        }
    }
    for (b = 0; v && sum && b < w->networks; b++) w->log[b] = log(sum[2 * b + 1] / sum[2 * b]);
    n = v && sum;
    free(v);
    free(sum);
    return n;
}
/* Poisson(1) by counting uniform numbers until their product is below 1/e. */
static int near_times(uint64_t seed, uint32_t stream, uint32_t row) {
    double product = 1.0;
    int n = -1;
    do product *= passwd_random_uniform(seed, stream, row * 16u + (uint32_t)++n);
    while (product > exp(-1.0) && n < 15);
    return n;
}
/* Learns from `from` untagged and `to` tagged rows of x; the number of neighbours is that of the least cross-entropy.
   Returns 0 without memory. */
static int near_learn(near_weights *w, const double *const x[2], const int64_t count[2], int features, int networks,
    uint64_t seed, int threads) {
    const size_t rows = (size_t)(count[0] + count[1]), d = (size_t)features;
    double best = (double)INFINITY;
    int32_t most;
    size_t r, k;
    int b;
    memset(w, 0, sizeof *w);
    w->features = features;
    w->networks = networks;
    w->from = (int32_t)count[0];
    w->rows = (int32_t)rows;
    w->sorted = (double *)malloc(rows * d * sizeof *w->sorted);
    w->x = (double *)malloc(rows * d * sizeof *w->x);
    w->log = (double *)calloc((size_t)networks, sizeof *w->log);
    w->times = (unsigned char *)malloc(rows * (size_t)networks);
    if (!w->sorted || !w->x || !w->log || !w->times) return 0;
    for (k = 0; k < d; k++) {
        for (r = 0; r < rows; r++)
            w->sorted[k * rows + r] = r < (size_t)count[0] ? x[0][r * d + k] : x[1][(r - (size_t)count[0]) * d + k];
        for (r = 0; r < rows; r++) w->x[r * d + k] = w->sorted[k * rows + r];
        qsort(w->sorted + k * rows, rows, sizeof *w->sorted, ascending_numbers);
        for (r = 0; r < rows; r++) w->x[r * d + k] = near_rank(w, (int)k, w->x[r * d + k]);
    }
    for (b = 0; b < networks; b++)
        for (r = 0; r < rows; r++)
            w->times[(size_t)b * rows + r] = (unsigned char)near_times(seed, (uint32_t)b, (uint32_t)r);
    for (most = NEAR_LEAST; !w->near || most < w->rows / 2; most *= 2) {
        const double loss = near_loss(w, most, threads);
        if (w->near && !(loss < best)) continue;
        best = loss;
        w->near = most;
    }
    return near_norms(w);
}
/* Weights of rows: of each bootstrap sample (each[networks * count]), and their mean. Returns 0 without memory. */
static int near_run(const near_weights *w, const double *x, int64_t count, double *weight, double *each, int threads) {
    int64_t i;
    int lost = 0;
#ifdef _OPENMP
#pragma omp parallel num_threads(threads)
#endif
    {
        neighbour *v = (neighbour *)malloc((size_t)w->rows * sizeof *v);
        double *rank = (double *)malloc((size_t)w->features * sizeof *rank);
#ifdef _OPENMP
#pragma omp for schedule(static)
#endif
        for (i = 0; i < count; i++) {
            int32_t n;
            int k;
            if (!v || !rank) continue;
            for (k = 0; k < w->features; k++) rank[k] = near_rank(w, k, x[i * w->features + k]);
            n = near_find(w, rank, -1, w->near, v);
            for (weight[i] = 0.0, k = 0; k < w->networks; k++)
                weight[i] += (each[k * count + i] = near_ratio(w, v, n, k) * exp(w->log[k])) / w->networks;
        }
#ifdef _OPENMP
#pragma omp critical
#endif
        lost |= !v || !rank;
        free(v);
        free(rank);
    }
    (void)threads;
    return !lost;
}
#endif
