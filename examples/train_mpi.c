/* Training in several processes by MPI, on one machine or many. Every rank reads all events and calls the same
   function; each computes a part of every step. The network is the same to the bit for any number of ranks.

   mpicc -O2 -I. examples/train_mpi.c -o build/example_train_mpi -lm      (or make MPI=1)
   mpirun -n 4 build/example_train_mpi [EVENTS.csv] */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <mpi.h>
#include <stdio.h>

/* Below 2 GB, which gradients are. */
static int move(void *user, int from, int to, void *data, size_t bytes) {
    const passwd_ranks *me = (const passwd_ranks *)user;
    int status = MPI_SUCCESS;
    if (to < 0) status = MPI_Bcast(data, (int)bytes, MPI_BYTE, from, MPI_COMM_WORLD);
    else if (me->rank == from) status = MPI_Send(data, (int)bytes, MPI_BYTE, to, 0, MPI_COMM_WORLD);
    else if (me->rank == to) status = MPI_Recv(data, (int)bytes, MPI_BYTE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return status != MPI_SUCCESS;
}

int main(int argc, char **argv) {
    passwd_ranks ranks = { 0 };
    passwd_train_options options = { 0 };
    passwd_train_report report;
    passwd_events events = { 0 };
    passwd_abc_config config;
    passwd_abc *abc = NULL;
    passwd_error error;
    int failed;
    MPI_Init(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN); /* move says so, and the training ends */
    MPI_Comm_rank(MPI_COMM_WORLD, &ranks.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks.count);
    ranks.move = move;
    ranks.user = &ranks;
    options.ranks = &ranks;
    failed = passwd_events_load(argc > 1 ? argv[1] : "data/background_test.csv", NULL, NULL, &events, &error)
        || passwd_abc_preset("default", &config, &error) || (config.steps = 50, 0)
        || passwd_abc_new(&config, 1, NULL, &abc, &error)
        || passwd_abc_train(abc, &events, &options, &report, NULL, &error);
    if (!failed && ranks.rank == 0) {
        failed = passwd_abc_save(abc, "build/mpi.safetensors", &error) != PASSWD_OK;
        printf("%d ranks: %lld steps, loss %.9g\n", ranks.count, (long long)report.steps, report.total);
    }
    if (failed) fprintf(stderr, "rank %d: %s\n", ranks.rank, error.message);
    passwd_abc_free(abc);
    passwd_events_free(&events);
    if (failed) MPI_Abort(MPI_COMM_WORLD, 1); /* the others would wait */
    MPI_Finalize();
    return 0;
}
