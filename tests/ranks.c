/* Processes that train one network together: the same weights, to the bit, for any number of them, for all models; also
   where a training goes on with another number of them; events that differ, and processes that fail. */
#if (defined(__unix__) || defined(__APPLE__)) && !defined(__wasm__)
#define _DEFAULT_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#define HAS_FORK 1
#else
#define HAS_FORK 0
#endif
#define PASSWD_RMM_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_rmm.h"
#include "passwd_spanet.h"
#include "check.h"

#if HAS_FORK
enum { RANKS = 8 };
enum { ABC, RMM, DENSITY, SPANET, AE, NAE, VRNN, MODELS };
static const char *const names[] = { "abc", "rmm autoencoder", "rmm density", "spanet", "autoencoder",
    "normalized autoencoder", "recurrent autoencoder" };

/* A pipe from each process to each other. `left`: moves until it fails; below 0: never. */
typedef struct world {
    passwd_ranks ranks;
    int pipe[RANKS][RANKS][2];
    long left, moved;
} world;
static int pass_on(int to, const char *data, size_t bytes) {
    while (bytes > 0) {
        const ssize_t n = write(to, data, bytes);
        if (n <= 0) return 1;
        data += n;
        bytes -= (size_t)n;
    }
    return 0;
}
static int take(int from, char *data, size_t bytes) {
    while (bytes > 0) {
        const ssize_t n = read(from, data, bytes);
        if (n <= 0) return 1;
        data += n;
        bytes -= (size_t)n;
    }
    return 0;
}
static int move(void *user, int from, int to, void *data, size_t bytes) {
    world *w = (world *)user;
    const int me = w->ranks.rank;
    int k;
    w->moved += (long)bytes;
    if (w->left >= 0 && w->left-- == 0) return 1;
    if (me == from) {
        for (k = 0; k < w->ranks.count; k++)
            if (k != me && (to < 0 || to == k) && pass_on(w->pipe[me][k][1], (const char *)data, bytes)) return 1;
    } else if (to < 0 || to == me) return take(w->pipe[from][me][0], (char *)data, bytes);
    return 0;
}

/* What a process trains. */
typedef struct order {
    int model, threads;
    const char *out, *checkpoint;
    int64_t stop;  /* step at which rank 0 stops; 0: none */
    uint64_t seed; /* of the data */
    int epochs;
} order;
static passwd_error error;
static int on_step(void *user, const passwd_progress *p) {
    return *(const int64_t *)user > 0 && p->step >= *(const int64_t *)user;
}
static passwd_status train_abc(const order *d, const passwd_train_options *o) {
    passwd_events events;
    passwd_abc_config c;
    passwd_abc *abc = NULL;
    passwd_status s;
    memset(&events, 0, sizeof events);
    if ((s = passwd_events_load(data_folder("data/background_test.csv"), NULL, NULL, &events, &error)) != PASSWD_OK
        || (s = passwd_abc_preset("default", &c, &error)) != PASSWD_OK)
        return s;
    events.count = 900;
    c.steps = 0;
    c.epochs = d->epochs;
    c.batch = 200;
    s = passwd_abc_new(&c, 3, NULL, &abc, &error);
    if (s == PASSWD_OK) s = passwd_abc_train(abc, &events, o, NULL, NULL, &error);
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && o->ranks->rank == 0 && passwd_abc_save(abc, d->out, NULL))
        s = PASSWD_ERROR_IO;
    passwd_abc_free(abc);
    return s;
}
static passwd_status train_rmm(const order *d, const passwd_train_options *o) {
    passwd_events events;
    passwd_rmm_config c;
    passwd_rmm *rmm = NULL;
    passwd_status s;
    memset(&events, 0, sizeof events);
    if ((s = passwd_events_load(data_folder("data/lepton_background.csv"), NULL, NULL, &events, &error)) != PASSWD_OK
        || (s = passwd_rmm_preset("search", &c, &error)) != PASSWD_OK)
        return s;
    events.count = 700;
    c.layout.sqrt_s = 13000;
    c.epochs = d->epochs;
    if (d->model == RMM) {
        c.components = 0;
        c.n_widths = 2;
        c.widths[0] = 40;
        c.widths[1] = 8;
    }
    s = passwd_rmm_new(&c, 3, NULL, &rmm, &error);
    if (s == PASSWD_OK) s = passwd_rmm_train(rmm, &events, o, NULL, NULL, &error);
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && o->ranks->rank == 0 && passwd_rmm_save(rmm, d->out, NULL))
        s = PASSWD_ERROR_IO;
    passwd_rmm_free(rmm);
    return s;
}
static passwd_status train_spanet(const order *d, const passwd_train_options *o) {
    static passwd_spanet_topology topology;
    static passwd_spanet_columns columns;
    passwd_events events;
    passwd_spanet_config c;
    passwd_spanet *net = NULL;
    passwd_status s;
    memset(&events, 0, sizeof events);
    if ((s = passwd_spanet_topology_preset("ttbar", &topology, &error)) != PASSWD_OK) return s;
    passwd_spanet_columns_of(&topology, &columns);
    if ((s = passwd_events_load(data_folder("data/ttbar.csv"), &columns.options, NULL, &events, &error)) != PASSWD_OK
        || (s = passwd_spanet_preset("default", &c, &error)) != PASSWD_OK)
        return s;
    c.epochs = d->epochs;
    c.hidden_dim = 16;
    c.batch_size = 128;
    s = passwd_spanet_new(&c, &topology, 3, NULL, &net, &error);
    if (s == PASSWD_OK) s = passwd_spanet_train(net, &events, 0, 600, o, NULL, NULL, &error);
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && o->ranks->rank == 0 && passwd_spanet_save(net, d->out, NULL))
        s = PASSWD_ERROR_IO;
    passwd_spanet_free(net);
    return s;
}
static passwd_status train_nae(const order *d, const passwd_train_options *o) {
    static double rows[600 * 4];
    passwd_table table;
    passwd_nae_config c;
    passwd_nae *nae = NULL;
    passwd_status s = passwd_nae_preset(d->model == AE ? "plain" : "default", &c, &error);
    int k;
    for (k = 0; k < 600 * 4; k++) rows[k] = passwd_random_normal(d->seed, 1, (uint32_t)k);
    memset(&table, 0, sizeof table);
    table.rows = rows;
    table.count = 600;
    table.features = 4;
    c.features = 4;
    c.steps = 0;
    c.epochs = d->epochs;
    if (d->model == NAE) {
        c.chain_steps = 3;
        c.pretrain = c.pretrain > 20 ? 20 : c.pretrain;
    }
    if (s == PASSWD_OK) s = passwd_nae_new(&c, 3, NULL, &nae, &error);
    if (s == PASSWD_OK) s = passwd_nae_train(nae, &table, o, NULL, NULL, NULL, &error);
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && o->ranks->rank == 0 && passwd_nae_save(nae, d->out, NULL))
        s = PASSWD_ERROR_IO;
    passwd_nae_free(nae);
    return s;
}
static passwd_status train_vrnn(const order *d, const passwd_train_options *o) {
    passwd_event_options columns;
    passwd_events jets;
    passwd_vrnn_config c;
    passwd_vrnn *vrnn = NULL;
    passwd_status s;
    memset(&jets, 0, sizeof jets);
    memset(&columns, 0, sizeof columns);
    columns.jets = 1;
    if ((s = passwd_events_load(data_folder("data/jets_qcd.csv"), &columns, NULL, &jets, &error)) != PASSWD_OK
        || (s = passwd_vrnn_preset("default", &c, &error)) != PASSWD_OK)
        return s;
    c.epochs = d->epochs;
    c.batch = 33;
    s = passwd_vrnn_new(&c, 3, NULL, &vrnn, &error);
    if (s == PASSWD_OK) s = passwd_vrnn_train(vrnn, &jets, o, NULL, NULL, &error);
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && o->ranks->rank == 0 && passwd_vrnn_save(vrnn, d->out, NULL))
        s = PASSWD_ERROR_IO;
    passwd_vrnn_free(vrnn);
    return s;
}
static passwd_status train(const order *d, world *w) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    o.threads = d->threads;
    o.seed = 5;
    o.checkpoint = d->checkpoint;
    o.progress = on_step;
    o.user = (void *)(size_t)&d->stop;
    o.ranks = &w->ranks;
    if (d->model == ABC) return train_abc(d, &o);
    if (d->model == SPANET) return train_spanet(d, &o);
    if (d->model == RMM || d->model == DENSITY) return train_rmm(d, &o);
    return d->model == VRNN ? train_vrnn(d, &o) : train_nae(d, &o);
}
/* A process per rank; their statuses. change: what rank r does otherwise. */
static void train_together(
    order d, int count, void (*change)(order *, world *, int rank), passwd_status status[RANKS]) {
    static world w;
    pid_t child[RANKS];
    int r, k, how;
    memset(&w, 0, sizeof w);
    w.left = -1;
    w.ranks.count = count;
    w.ranks.move = move;
    w.ranks.user = &w;
    for (r = 0; r < count; r++)
        for (k = 0; k < count; k++)
            if (pipe(w.pipe[r][k])) exit(1);
    fflush(stdout);
    for (r = 0; r < count; r++) {
        child[r] = fork();
        if (child[r] != 0) continue;
        signal(SIGPIPE, SIG_IGN);
        w.ranks.rank = r;
        for (k = 0; k < count * count; k++) { /* so that who waits for a process that ended sees the end */
            if (k / count != r) close(w.pipe[k / count][k % count][1]);
            if (k % count != r) close(w.pipe[k / count][k % count][0]);
        }
        if (r > 0) d.stop = 0; /* rank 0 decides */
        if (change) change(&d, &w, r);
        how = (int)train(&d, &w);
        if (how && how != (int)PASSWD_STOPPED && !change) printf("  rank %d: %s\n", r, error.message);
        fflush(stdout);
        _exit(how);
    }
    for (r = 0; r < count; r++)
        for (k = 0; k < count; k++) {
            close(w.pipe[r][k][0]);
            close(w.pipe[r][k][1]);
        }
    for (r = 0; r < count; r++) {
        how = 0;
        waitpid(child[r], &how, 0);
        status[r] = WIFEXITED(how) ? (passwd_status)WEXITSTATUS(how) : PASSWD_ERROR_MEMORY;
    }
}
static int all_are(const passwd_status *status, int count, passwd_status wanted) {
    int r;
    for (r = 0; r < count && status[r] == wanted; r++) continue;
    return r == count;
}
static int same_files(const char *a, const char *b) {
    FILE *f = fopen(a, "rb"), *g = fopen(b, "rb");
    int x = f && g ? 0 : 1, y = 0, n = 0;
    while (x == y && x != EOF) {
        x = fgetc(f);
        y = fgetc(g);
        n++;
    }
    if (f) fclose(f);
    if (g) fclose(g);
    return x == y && n > 100;
}
/* --- */

static void test_bits(int model) {
    static const int counts[] = { 2, 3, 4, 8 };
    char one[512], many[512];
    passwd_status status[RANKS];
    order d;
    size_t k;
    memset(&d, 0, sizeof d);
    snprintf(one, sizeof one, "%s/ranks_one_%d.safetensors", scratch_folder(), model);
    snprintf(many, sizeof many, "%s/ranks_many_%d.safetensors", scratch_folder(), model);
    d.model = model;
    d.epochs = 2;
    d.threads = 1;
    d.out = one;
    train_together(d, 1, NULL, status);
    CHECK(all_are(status, 1, PASSWD_OK));
    d.out = many;
    for (k = 0; k < 4; k++) {
        d.threads = k == 1 ? 2 : 1;
        remove(many);
        train_together(d, counts[k], NULL, status);
        if (!CHECK(all_are(status, counts[k], PASSWD_OK)) || !CHECK(same_files(one, many)))
            printf("  %s by %d processes\n", names[model], counts[k]);
    }
    remove(one);
    remove(many);
}
/* Two processes are stopped by rank 0 after an epoch; three go on to the same weights. */
static void test_resume(void) {
    char one[512], many[512], checkpoint[512];
    passwd_status status[RANKS];
    order d;
    memset(&d, 0, sizeof d);
    snprintf(one, sizeof one, "%s/ranks_one.safetensors", scratch_folder());
    snprintf(many, sizeof many, "%s/ranks_many.safetensors", scratch_folder());
    snprintf(checkpoint, sizeof checkpoint, "%s/ranks.checkpoint", scratch_folder());
    remove(checkpoint);
    d.model = SPANET;
    d.epochs = 3;
    d.threads = 1;
    d.out = one;
    train_together(d, 1, NULL, status);
    d.out = many;
    d.checkpoint = checkpoint;
    d.stop = 6;
    train_together(d, 2, NULL, status);
    CHECK(all_are(status, 2, PASSWD_STOPPED));
    d.stop = 0;
    train_together(d, 3, NULL, status);
    CHECK(all_are(status, 3, PASSWD_OK) && same_files(one, many));
    remove(checkpoint);
    remove(one);
    remove(many);
}
static void other_data(order *d, world *w, int rank) {
    (void)w;
    if (rank == 2) d->seed = 99;
}
static void has_no_checkpoint(order *d, world *w, int rank) {
    (void)w;
    if (rank > 0) d->checkpoint = NULL;
}
static void breaks_down(order *d, world *w, int rank) {
    (void)d;
    if (rank == 2) w->left = 6; /* the one that all wait for: a network of single rows has one part */
}
static void is_killed(order *d, world *w, int rank) {
    (void)w;
    (void)d;
    if (rank == 1) _exit(9); /* and its pipes close */
}
static void cannot_write(order *d, world *w, int rank) {
    (void)w;
    (void)rank;
    d->checkpoint = "/no/such/folder/checkpoint";
}
static void test_faults(void) {
    char out[512];
    passwd_status status[RANKS];
    order d;
    memset(&d, 0, sizeof d);
    snprintf(out, sizeof out, "%s/ranks_out.safetensors", scratch_folder());
    d.model = AE;
    d.epochs = 3;
    d.threads = 1;
    d.out = out;
    train_together(d, 3, other_data, status);
    CHECK(all_are(status, 3, PASSWD_ERROR_CONFIG));
    d.checkpoint = "build/ranks_never.checkpoint";
    train_together(d, 2, has_no_checkpoint, status);
    CHECK(all_are(status, 2, PASSWD_ERROR_CONFIG));
    d.checkpoint = NULL;
    train_together(d, 3, breaks_down, status);
    CHECK(all_are(status, 3, PASSWD_ERROR_IO));
    train_together(d, 3, is_killed, status);
    CHECK(status[0] == PASSWD_ERROR_IO && status[2] == PASSWD_ERROR_IO);
    train_together(d, 2, cannot_write, status);
    CHECK(all_are(status, 2, PASSWD_ERROR_IO));
    remove(out);
}

int main(void) {
    int model;
    for (model = ABC; model < MODELS; model++) test_bits(model);
    test_resume();
    test_faults();
    return finish();
}
#else
int main(void) {
    SKIP("processes need fork");
    return finish();
}
#endif
