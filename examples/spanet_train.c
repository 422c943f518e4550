/* Trains a small network on 800 top pairs and measures how often it finds the correct jets of 200 others.

   cc -O2 -fopenmp -I. examples/spanet_train.c -o build/example_spanet_train -lm
   build/example_spanet_train [data/ttbar.csv] */
#define PASSWD_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include <stdio.h>

enum { TEST = 200, MAX_JETS = 16 };

static int on_step(void *user, const passwd_progress *p) {
    (void)user;
    if (p->validated)
        printf("epoch %2d of %d: loss %.3f, validation %.3f\n", p->epoch, p->epochs, p->total, p->validation);
    return 0;
}

int main(int argc, char **argv) {
    static const char *const jets[] = { "== 6", "== 7", ">= 8", "all" };
    static passwd_spanet_answer answers[TEST];
    static passwd_spanet_target targets[TEST];
    passwd_spanet_topology ttbar;
    passwd_spanet_columns columns;
    passwd_spanet_config config;
    passwd_spanet_table table;
    passwd_spanet *net = NULL;
    passwd_spanet_job *job = NULL;
    passwd_train_options options = { 0 };
    passwd_train_report report;
    passwd_events events = { 0 };
    passwd_error error;
    int64_t k, train;
    int failed, row;

    passwd_spanet_topology_preset("ttbar", &ttbar, &error);
    passwd_spanet_columns_of(&ttbar, &columns); /* tags and targets are also read */
    passwd_spanet_preset("default", &config, &error);
    config.hidden_dim = 24; /* few events: a small network and small batches; omit this for 100,000 events */
    config.num_encoder_layers = 2;
    config.batch_size = 32;
    config.learning_rate = 3e-3f;
    config.average = 0.99f;
    config.epochs = 20;
    config.max_jets = MAX_JETS;
    options.seed = 1;
    options.progress = on_step;

    failed = passwd_events_load(argc > 1 ? argv[1] : "data/ttbar.csv", &columns.options, NULL, &events, &error)
        || passwd_spanet_new(&config, &ttbar, 1, NULL, &net, &error);
    train = events.count > TEST ? events.count - TEST : 0;
    failed = failed || passwd_spanet_train(net, &events, 0, train, &options, &report, NULL, &error)
        || passwd_spanet_job_new(net, NULL, &job, &error)
        || passwd_spanet_run(job, &events, train, TEST, PASSWD_SPANET_JOINT, answers, NULL, &error)
        || passwd_spanet_targets(&ttbar, &events, train, TEST, MAX_JETS, targets, &error)
        || passwd_spanet_save(net, "spanet.safetensors", &error);
    if (failed) fprintf(stderr, "%s\n", error.message);
    else {
        passwd_spanet_table_begin(&table, &ttbar);
        for (k = 0; k < TEST; k++) passwd_spanet_table_add(&table, &ttbar, answers + k, targets + k, 1.0);
        printf("\njets   events   all its tops right   tops right\n");
        for (row = 0; row < 4; row++) {
            const passwd_spanet_efficiency *e = &table.row[0][row];
            printf("%-4s %8d %20.3f %12.3f\n", jets[row], (int)e->events,
                passwd_spanet_ratio(e->right, e->events, NULL), passwd_spanet_ratio(e->found[0], e->there[0], NULL));
        }
    }
    passwd_spanet_job_free(job);
    passwd_spanet_free(net);
    passwd_events_free(&events);
    return failed;
}
