/* processes.h: the processes that train together, by MPI (make MPI=1). Rank 0 writes files, tables and progress; the
   others only say why they fail. Without MPI there is one process. */
#ifndef PROCESSES_H
#define PROCESSES_H
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef TOOLS_MPI
#include <mpi.h>
#endif

static passwd_ranks all_ranks; /* count 0: without MPI */
static FILE *loud;             /* stderr, of ranks whose own one is silent */

/* For a training's options: NULL where this process is alone. */
static inline const passwd_ranks *processes(void) { return all_ranks.count > 1 ? &all_ranks : NULL; }
static inline int is_first(void) { return all_ranks.rank == 0; }
#ifdef TOOLS_MPI
static int local_ranks = 1; /* on this machine */
static int move_between(void *user, int from, int to, void *data, size_t bytes) {
    const size_t most = (size_t)1 << 30;
    char *at = (char *)data;
    int status = MPI_SUCCESS;
    (void)user;
    for (; bytes > 0 && status == MPI_SUCCESS;
         at += bytes < most ? bytes : most, bytes -= bytes < most ? bytes : most) {
        const int n = (int)(bytes < most ? bytes : most);
        if (to < 0) status = MPI_Bcast(at, n, MPI_BYTE, from, MPI_COMM_WORLD);
        else if (all_ranks.rank == from) status = MPI_Send(at, n, MPI_BYTE, to, 0, MPI_COMM_WORLD);
        else if (all_ranks.rank == to) status = MPI_Recv(at, n, MPI_BYTE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    return status != MPI_SUCCESS;
}
static void processes_begin(int *argc, char ***argv) {
    MPI_Comm local;
    int silent, level;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS) exit(1);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &all_ranks.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &all_ranks.count);
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &local) == MPI_SUCCESS) {
        MPI_Comm_size(local, &local_ranks);
        MPI_Comm_free(&local);
    }
    all_ranks.move = move_between;
    if (is_first()) return;
    loud = fdopen(dup(STDERR_FILENO), "w");
    silent = open("/dev/null", O_WRONLY);
    if (silent < 0) return;
    dup2(silent, STDOUT_FILENO);
    dup2(silent, STDERR_FILENO);
    close(silent);
}
/* A process that fails alone ends all, which would wait for it else. together: all end so. */
static int processes_end(int status, int together) {
    if (loud) fflush(loud);
    if (status && !together && all_ranks.count > 1) MPI_Abort(MPI_COMM_WORLD, status);
    MPI_Finalize();
    return status;
}
/* The processes of this machine share its cores. */
static inline int cores_of(int threads) { return threads > local_ranks ? threads / local_ranks : 1; }
#else
static inline void processes_begin(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
}
static inline int processes_end(int status, int together) {
    (void)together;
    return status;
}
static inline int cores_of(int threads) { return threads; }
#endif
#endif
