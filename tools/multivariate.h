/* multivariate.h: the simple scores of several features at once that a network has to beat: distance from the middle,
   Mahalanobis' distance, a mixture of normal distributions, an isolation forest. Rows of features go in; large is
   anomalous. Needs passwd.h. */
#ifndef MULTIVARIATE_H
#define MULTIVARIATE_H
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A mixture of normal distributions with full covariances, by expectation and maximisation; of one component its
   score is Mahalanobis' distance. */
typedef struct mixture {
    int features, components;
    double *weight, *mean, *root, *work; /* logarithms of the weights over the roots' determinants; Cholesky's roots */
} mixture;

static inline void mixture_free(mixture *m) {
    free(m->weight);
    memset(m, 0, sizeof *m);
}
/* Log density of one component but for 2 pi, or of all. */
static inline double mixture_part(const mixture *m, int k, const double *x) {
    const size_t d = (size_t)m->features;
    const double *root = m->root + (size_t)k * d * d, *mean = m->mean + (size_t)k * d;
    double square = 0.0;
    size_t i, j;
    for (i = 0; i < d; i++) {
        double y = x[i] - mean[i];
        for (j = 0; j < i; j++) y -= root[i * d + j] * m->work[j];
        m->work[i] = y / root[i * d + i];
        square += m->work[i] * m->work[i];
    }
    return m->weight[k] - 0.5 * square;
}
static inline double mixture_log(const mixture *m, const double *x, double *part) {
    double most = -(double)INFINITY, sum = 0.0;
    int k;
    for (k = 0; k < m->components; k++) {
        part[k] = mixture_part(m, k, x);
        if (part[k] > most) most = part[k];
    }
    for (k = 0; k < m->components; k++) sum += exp(part[k] - most);
    return most + log(sum);
}
/* New components from the responsibilities share[rows][components]. */
static inline void mixture_update(mixture *m, const double *x, int64_t rows, const double *share) {
    const size_t d = (size_t)m->features;
    const int n = m->components;
    int64_t r;
    size_t i, j, l;
    int k;
    for (k = 0; k < n; k++) {
        double *root = m->root + (size_t)k * d * d, *mean = m->mean + (size_t)k * d, total = 1e-9, log_root = 0.0;
        for (i = 0; i < d; i++) mean[i] = 0.0;
        for (i = 0; i < d * d; i++) root[i] = 0.0;
        for (r = 0; r < rows; r++) {
            total += share[r * n + k];
            for (i = 0; i < d; i++) mean[i] += share[r * n + k] * x[(size_t)r * d + i];
        }
        for (i = 0; i < d; i++) mean[i] /= total;
        for (r = 0; r < rows; r++)
            if (share[r * n + k] > 1e-12)
                for (i = 0; i < d; i++) {
                    const double a = share[r * n + k] * (x[(size_t)r * d + i] - mean[i]);
                    for (j = 0; j <= i; j++) root[i * d + j] += a * (x[(size_t)r * d + j] - mean[j]);
                }
        for (i = 0; i < d; i++) /* Cholesky, in place; features have width 1: a millionth keeps it definite */
            for (j = 0; j <= i; j++) {
                double v = root[i * d + j] / total + (i == j ? 1e-6 : 0.0);
                for (l = 0; l < j; l++) v -= root[i * d + l] * root[j * d + l];
                root[i * d + j] = i == j ? sqrt(fmax(v, 1e-12)) : v / root[j * d + j];
                if (i == j) log_root += log(root[i * d + i]);
            }
        m->weight[k] = log(total / (double)rows) - log_root;
    }
}
/* Starts as nearest neighbours of rows drawn far apart (k-means++). 0: not enough memory. */
static inline int mixture_learn(mixture *m, const double *x, int64_t rows, int features, int components) {
    enum { ROUNDS = 60 };
    const size_t d = (size_t)features, n = (size_t)components;
    double *share = (double *)malloc((size_t)rows * (n + 1) * sizeof *share), *far = share + (size_t)rows * n;
    double last = -(double)INFINITY;
    int64_t r, from = 0;
    size_t i;
    int k, round;
    m->features = features;
    m->components = components;
    m->weight = (double *)malloc((n + n * d + n * d * d + d) * sizeof *m->weight);
    if (!share || !m->weight) {
        free(share);
        return 0;
    }
    m->mean = m->weight + n;
    m->root = m->mean + n * d;
    m->work = m->root + n * d * d;
    for (r = 0; r < rows; r++) far[r] = (double)INFINITY;
    for (r = 0; r < rows * components; r++) share[r] = 0.0;
    for (k = 0; k < components; k++) {
        double sum = 0.0, at;
        for (i = 0; i < d; i++) m->mean[(size_t)k * d + i] = x[(size_t)from * d + i];
        for (r = 0; r < rows; r++) {
            double square = 0.0;
            for (i = 0; i < d; i++) square += pow(x[(size_t)r * d + i] - m->mean[(size_t)k * d + i], 2.0);
            if (square < far[r]) {
                far[r] = square;
                for (i = 0; i < n; i++) share[(size_t)r * n + i] = (int)i == k;
            }
            sum += far[r];
        }
        at = passwd_random_uniform(1u, 61u, (uint32_t)k) * sum;
        for (from = 0; from + 1 < rows && at > far[from]; from++) at -= far[from];
    }
    for (round = 0; round < (components > 1 ? ROUNDS : 1); round++) {
        double total = 0.0;
        mixture_update(m, x, rows, share);
        for (r = 0; r < rows; r++) {
            double *part = share + (size_t)r * n;
            const double all = mixture_log(m, x + (size_t)r * d, part);
            for (i = 0; i < n; i++) part[i] = exp(part[i] - all);
            total += all / (double)rows;
        }
        if (total - last < 1e-3) break;
        last = total;
    }
    free(share);
    return 1;
}

/* Isolation forest (F. T. Liu, K. M. Ting and Z.-H. Zhou, ICDM 2008): how soon random cuts leave a row alone. */
enum { FOREST_TREES = 100, FOREST_ROWS = 256, FOREST_NODES = 2 * FOREST_ROWS, FOREST_DEPTH = 8 };
typedef struct forest {
    int features;
    struct forest_node {
        int feature, left; /* the right child follows; left 0: a leaf, and at: its part of the path's length */
        double at;
    } * node; /* trees x FOREST_NODES */
} forest;

/* Mean length of a path in a tree of n rows. */
static inline double forest_length(int n) {
    return n < 2 ? 0.0 : 2.0 * (log(n - 1.0) + 0.5772156649015329) - 2.0 * (n - 1.0) / n;
}
static inline int forest_learn(forest *f, const double *x, int64_t rows, int features) {
    const size_t d = (size_t)features;
    uint32_t drawn = 0;
    int t;
    f->features = features;
    f->node = (struct forest_node *)calloc((size_t)FOREST_TREES * FOREST_NODES, sizeof *f->node);
    if (!f->node) return 0;
    for (t = 0; t < FOREST_TREES; t++) {
        struct forest_node *node = f->node + (size_t)t * FOREST_NODES;
        int64_t row[FOREST_ROWS];
        int first[FOREST_NODES], last[FOREST_NODES], depth[FOREST_NODES], nodes = 1, at, i, k;
        for (i = 0; i < FOREST_ROWS; i++) row[i] = (int64_t)(passwd_random_uniform(2u, 62u, drawn++) * (double)rows);
        first[0] = depth[0] = 0;
        last[0] = FOREST_ROWS;
        for (at = 0; at < nodes; at++) {
            const int n = last[at] - first[at];
            const int feature = (int)(passwd_random_uniform(2u, 63u, drawn++) * features);
            double low = (double)INFINITY, high = -(double)INFINITY, cut;
            for (i = first[at]; i < last[at]; i++) {
                low = fmin(low, x[(size_t)row[i] * d + (size_t)feature]);
                high = fmax(high, x[(size_t)row[i] * d + (size_t)feature]);
            }
            if (n < 2 || depth[at] == FOREST_DEPTH || !(low < high)) {
                node[at].at = depth[at] + forest_length(n);
                continue;
            }
            cut = low + (high - low) * passwd_random_uniform(2u, 64u, drawn++);
            for (i = k = first[at]; i < last[at]; i++)
                if (x[(size_t)row[i] * d + (size_t)feature] < cut) {
                    const int64_t swap = row[k];
                    row[k++] = row[i];
                    row[i] = swap;
                }
            node[at].feature = feature;
            node[at].at = cut;
            node[at].left = nodes;
            for (i = 0; i < 2; i++, nodes++) {
                first[nodes] = i ? k : first[at];
                last[nodes] = i ? last[at] : k;
                depth[nodes] = depth[at] + 1;
            }
        }
    }
    return 1;
}
static inline double forest_score(const forest *f, const double *x) {
    double sum = 0.0;
    int t;
    for (t = 0; t < FOREST_TREES; t++) {
        const struct forest_node *tree = f->node + (size_t)t * FOREST_NODES, *node = tree;
        while (node->left) node = tree + node->left + (x[node->feature] < node->at ? 0 : 1);
        sum -= node->at / FOREST_TREES;
    }
    return sum;
}

/* All of them, of features scaled to mean 0 and width 1, and again of features mapped to normal distributions. */
enum { MULTIVARIATES = 8 };
static const char *const multivariate_names[MULTIVARIATES] = { "radius", "mahalanobis", "10 gaussians", "forest",
    "radius of quantiles", "mahalanobis of quantiles", "10 gaussians of quantiles", "forest of quantiles" };
typedef struct multivariate {
    int features;
    double *middle, *width, *row;
    passwd_quantiles map;
    mixture one[2], ten[2];
    forest trees[2];
} multivariate;

static inline void multivariate_free(multivariate *m) {
    int k;
    for (k = 0; k < 2; k++) {
        mixture_free(m->one + k);
        mixture_free(m->ten + k);
        free(m->trees[k].node);
    }
    passwd_quantiles_free(&m->map);
    free(m->middle);
    memset(m, 0, sizeof *m);
}
static inline void multivariate_map(const multivariate *m, int quantiles, const double *x, double *to) {
    int f;
    for (f = 0; f < m->features; f++)
        to[f] = quantiles ? fmin(fmax(passwd_quantiles_map(&m->map, f, x[f]), -1e6), 1e6)
                          : (x[f] - m->middle[f]) / m->width[f];
}
/* From rows without NaN. */
static inline passwd_status multivariate_learn(
    multivariate *m, const double *x, int64_t rows, int features, const char *const *names, passwd_error *error) {
    const size_t d = (size_t)features;
    double *z = (double *)malloc((size_t)rows * d * sizeof *z);
    passwd_status s;
    int64_t r;
    int f, k, good = 1;
    memset(m, 0, sizeof *m);
    m->features = features;
    m->middle = (double *)malloc(3 * d * sizeof *m->middle);
    s = passwd_quantiles_learn(x, rows, features, names, 0, NULL, &m->map, error);
    if (s == PASSWD_OK && m->middle && z) {
        m->width = m->middle + d;
        m->row = m->width + d;
        for (f = 0; f < features; f++) {
            double sum = 0.0, square = 0.0;
            for (r = 0; r < rows; r++) sum += x[r * features + f] / (double)rows;
            for (r = 0; r < rows; r++) square += pow(x[r * features + f] - sum, 2.0) / (double)rows;
            m->middle[f] = sum;
            m->width[f] = sqrt(square);
        }
        for (k = 0; k < 2 && good; k++) {
            for (r = 0; r < rows; r++) multivariate_map(m, k, x + r * features, z + r * features);
            good = mixture_learn(m->one + k, z, rows, features, 1) && mixture_learn(m->ten + k, z, rows, features, 10)
                && forest_learn(m->trees + k, z, rows, features);
        }
    } else good = 0;
    if (s == PASSWD_OK && !good) {
        snprintf(error->message, sizeof error->message, "There is not enough memory for simple scores.");
        s = PASSWD_ERROR_MEMORY;
    }
    free(z);
    return s;
}
/* Scores of a row in the order of their names; NaN where the row is. */
static inline void multivariate_scores(const multivariate *m, const double *x, double score[MULTIVARIATES]) {
    double part[10];
    int f, k, bad = 0;
    for (f = 0; f < m->features; f++) bad |= !(x[f] - x[f] == 0.0);
    for (k = 0; k < 2; k++, score += 4) {
        score[0] = score[1] = score[2] = score[3] = (double)NAN;
        if (bad) continue;
        multivariate_map(m, k, x, m->row);
        for (f = 0, score[0] = 0.0; f < m->features; f++) score[0] += m->row[f] * m->row[f];
        score[1] = -mixture_log(m->one + k, m->row, part);
        score[2] = -mixture_log(m->ten + k, m->row, part);
        score[3] = forest_score(m->trees + k, m->row);
    }
}
#endif
