/* A few lines in place of a test framework: CHECK counts, finish() prints `N passed, N failed` and gives the exit
   status. */
#ifndef CHECK_H
#define CHECK_H
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long check_passed, check_failed, check_skipped;

static int check_count(int good, const char *what, const char *file, int line) {
    if (good) check_passed++;
    else {
        check_failed++;
        printf("%s:%d: failed: %s\n", file, line, what);
    }
    return good;
}
static inline int check_below(double value, double bound, const char *what, const char *file, int line) {
    if (check_count(value <= bound, what, file, line)) return 1;
    printf("  %g is above %g\n", value, bound);
    return 0;
}
#define CHECK(condition) check_count((condition) ? 1 : 0, #condition, __FILE__, __LINE__)
#define CHECK_BELOW(value, bound) check_below(value, bound, #value " below " #bound, __FILE__, __LINE__)
#define CHECK_OK(call, error)                                        \
    ((call) == PASSWD_OK ? check_count(1, #call, __FILE__, __LINE__) \
                         : (printf("  %s\n", (error).message), check_count(0, #call, __FILE__, __LINE__)))
#define SKIP(what) (check_skipped++, printf("skipped: %s\n", what))

/* tests run from the top of the repository; PASSWD_DATA names another place */
static inline const char *data_folder(const char *folder) {
    static char path[512];
    const char *top = getenv("PASSWD_DATA");
    snprintf(path, sizeof path, "%s%s%s", top ? top : "", top ? "/" : "", folder);
    return path;
}
/* a file of the test's own, in build or where SCRATCH says: several builds of a test may run at a time */
static inline const char *scratch_folder(void) { return getenv("SCRATCH") ? getenv("SCRATCH") : "build"; }
static inline const char *scratch_file(const char *name) {
    static char paths[4][512];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder(), name);
    return path;
}
static int finish(void) {
    printf("%ld passed, %ld failed", check_passed, check_failed);
    if (check_skipped) printf(", %ld skipped", check_skipped);
    printf("\n");
    return check_failed > 0;
}
#endif
