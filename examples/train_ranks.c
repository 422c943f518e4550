/* Several ranks train one network together; here they are threads of one process, which hand each other addresses. The
   same callback, with sockets or MPI behind it (train_mpi.c), does it on many machines. To the bit, the network is that
   of one rank.

   cc -O2 -I. -pthread examples/train_ranks.c -o build/example_train_ranks -lm
   build/example_train_ranks [EVENTS.csv] */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <pthread.h>
#include <stdio.h>

enum { RANKS = 3 };
static pthread_barrier_t barrier;
static void *offered; /* what the giving rank has */
static passwd_events events;
static float *learnt[RANKS + 1]; /* parameters: of one rank alone, and of each together */
static size_t floats;

/* All ranks come here in the same order: one offers, the others take. */
static int move(void *user, int from, int to, void *data, size_t bytes) {
    const passwd_ranks *me = (const passwd_ranks *)user;
    if (me->rank == from) offered = data;
    pthread_barrier_wait(&barrier);
    if (me->rank != from && (to < 0 || me->rank == to)) memcpy(data, offered, bytes);
    pthread_barrier_wait(&barrier);
    return 0;
}
/* What each rank does: the same function with the same options. */
static void *train(void *user) {
    passwd_ranks *me = (passwd_ranks *)user;
    passwd_train_options options = { 0 };
    passwd_train_report report;
    passwd_abc_config config;
    passwd_abc *abc = NULL;
    passwd_error error;
    me->user = me;
    me->move = move;
    options.ranks = me->count > 1 ? me : NULL;
    if (passwd_abc_preset("default", &config, &error)) return NULL;
    config.steps = 50;
    if (passwd_abc_new(&config, 1, NULL, &abc, &error)
        || passwd_abc_train(abc, &events, &options, &report, NULL, &error))
        fprintf(stderr, "rank %d: %s\n", me->rank, error.message);
    else {
        const int place = me->count > 1 ? me->rank + 1 : 0;
        floats = passwd_parameter_floats(passwd_abc_model(abc));
        learnt[place] = (float *)malloc(floats * sizeof(float));
        if (learnt[place]) memcpy(learnt[place], passwd_parameters(passwd_abc_model(abc)), floats * sizeof(float));
        if (me->rank == 0)
            printf("%d ranks: %lld steps, loss %.9g\n", me->count, (long long)report.steps, report.total);
    }
    passwd_abc_free(abc);
    return NULL;
}

int main(int argc, char **argv) {
    passwd_ranks rank[RANKS] = { { 0 } }, alone = { 0 };
    pthread_t thread[RANKS];
    passwd_error error;
    int k, same = 1;
    if (passwd_events_load(argc > 1 ? argv[1] : "data/background_test.csv", NULL, NULL, &events, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    alone.count = 1;
    train(&alone);
    pthread_barrier_init(&barrier, NULL, RANKS);
    for (k = 0; k < RANKS; k++) {
        rank[k].rank = k;
        rank[k].count = RANKS;
        pthread_create(&thread[k], NULL, train, &rank[k]);
    }
    for (k = 0; k < RANKS; k++) pthread_join(thread[k], NULL);
    for (k = 1; k <= RANKS; k++)
        same = same && learnt[0] && learnt[k] && !memcmp(learnt[0], learnt[k], floats * sizeof(float));
    printf("the parameters are %s\n", same ? "the same to the bit" : "different");
    for (k = 0; k <= RANKS; k++) free(learnt[k]);
    passwd_events_free(&events);
    return !same;
}
