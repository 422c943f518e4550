/* An allocator that fails at call number fail_at (0: never), counts what is alive, and hands out memory that is not
   zero. Include after passwd.h. */
#ifndef COUNTING_H
#define COUNTING_H
#include <stdlib.h>
#include <string.h>

typedef struct counter {
    long calls, fail_at, alive;
} counter;
static inline void *count_allocate(void *user, size_t bytes) {
    counter *c = (counter *)user;
    void *p;
    if (++c->calls == c->fail_at) return NULL;
    p = malloc(bytes ? bytes : 1);
    if (p) {
        memset(p, 0xa5, bytes);
        c->alive++;
    }
    return p;
}
static inline void count_release(void *user, void *p) { /* nothing is never given back */
    ((counter *)user)->alive--;
    free(p);
}
static inline passwd_allocator counting(counter *c, long fail_at) {
    passwd_allocator a;
    c->calls = c->alive = 0;
    c->fail_at = fail_at;
    a.allocate = count_allocate;
    a.release = count_release;
    a.user = c;
    return a;
}
#endif
