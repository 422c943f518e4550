/* Shared by the benchmarks: a clock, medians, and this core's peak. Needs _POSIX_C_SOURCE and passwd.h. */
#ifndef BENCH_H
#define BENCH_H
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#ifndef BENCH_CLOCK
#define BENCH_CLOCK CLOCK_MONOTONIC
#endif

/* seconds */
static double now(void) {
    struct timespec t;
    clock_gettime(BENCH_CLOCK, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
/* of n numbers, which it sorts */
static double median_of(double *x, int n) {
    qsort(x, (size_t)n, sizeof *x, by_size);
    return x[n / 2];
}
/* GFLOP/s of fused multiply-adds in registers, measured in some milliseconds */
static double peak(passwd_simd level) {
    const int64_t count = level == PASSWD_SIMD_SCALAR ? 20000 : 400000;
    const double start = now();
    const volatile float sink = passwd_simd_peak(level, count);
    (void)sink;
    return (double)count * 24 * 16 * 2 / (now() - start) * 1e-9;
}
/* The exit status: a table that could not be written is a failure. */
static int end_table(void) { return fflush(stdout) || ferror(stdout); }
#endif
