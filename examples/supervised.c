/* The ABC layer with labels: simulation knows the parent of every jet, and the network learns to predict it. Which
   parent is called 0 is a convention, so the loss and the count of correct jets allow the exchange of the two.

   cc -O2 -I. examples/supervised.c -o build/example_supervised -lm && build/example_supervised */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <stdio.h>
#include <stdlib.h>

enum { JETS = 12, INPUTS = 5, WIDTH = 32, CATEGORIES = 3 };

/* Arrays in the layout of passwd_batch: events x JETS x INPUTS, events x JETS labels, jets per event; and room for the
   results. */
typedef struct sample {
    int64_t events;
    float *jets, *labels, *answers;
    int32_t *objects;
} sample;

static passwd_status load(const char *path, sample *s, passwd_error *error) {
    static const char *const numbers[] = { "parent" };
    passwd_event_options options = { 0 };
    passwd_events events = { 0 };
    passwd_status status;
    passwd_abc_config config = { 0 };
    passwd_abc_tensors to = { 0 };
    int64_t k;
    options.numbers = numbers;
    options.n_numbers = 1;
    status = passwd_events_load(path, &options, NULL, &events, error);
    if (status != PASSWD_OK) return status;
    s->events = events.count;
    s->jets = calloc((size_t)events.count, JETS * INPUTS * sizeof *s->jets);
    s->labels = calloc((size_t)events.count, JETS * sizeof *s->labels);
    s->answers = calloc((size_t)events.count, JETS * CATEGORIES * sizeof *s->answers);
    s->objects = calloc((size_t)events.count, sizeof *s->objects);
    if (!s->jets || !s->labels || !s->answers || !s->objects) {
        snprintf(error->message, sizeof error->message, "There is not enough memory for the events of %s.", path);
        status = PASSWD_ERROR_MEMORY;
    }
    config.max_objects = JETS;
    to.x = s->jets;
    to.objects = s->objects;
    if (status == PASSWD_OK) status = passwd_abc_inputs(&config, &events, 0, events.count, &to, NULL, error);
    for (k = 0; k < events.count && status == PASSWD_OK; k++) {
        int j;
        for (j = 0; j < s->objects[k]; j++) { /* at most 12 jets per event in these files, so none was dropped */
            const double parent = events.number[0][events.first[k] + j]; /* 0, 1, or -1 for neither */
            s->labels[k * JETS + j] = parent < 0.0 ? 2.0f : (float)parent;
        }
    }
    passwd_events_free(&events);
    return status;
}
static void release(sample *s) {
    free(s->jets);
    free(s->labels);
    free(s->answers);
    free(s->objects);
}

/* Events [first, first + count) of a sample. */
static passwd_batch part(const sample *s, int64_t first, int64_t count, const float *inputs[2]) {
    passwd_batch batch = { 0 };
    inputs[0] = s->jets + first * JETS * INPUTS; /* in the order in which build() recorded the inputs */
    inputs[1] = s->labels + first * JETS;
    batch.inputs = inputs;
    batch.objects = s->objects + first;
    batch.events = count;
    return batch;
}

static passwd_status build(passwd_model **net, passwd_error *error) {
    static const int embed[] = { WIDTH, WIDTH }, pair[] = { 16, 1 };
    passwd_abc_layer_options options = { 0 };
    passwd_value jets, labels, mask, x, bias;
    int k;
    const passwd_status status = passwd_model_new(NULL, net, error);
    if (status != PASSWD_OK) return status;
    options.block.heads = 4;
    options.block.hidden = 2;
    options.block.hidden_width = WIDTH;
    options.categories = CATEGORIES;
    jets = passwd_input_objects(*net, "jets", JETS, INPUTS);
    labels = passwd_input_objects(*net, "labels", JETS, 1);
    mask = passwd_input_mask(*net);
    x = passwd_mlp(*net, passwd_batch_norm(*net, jets, NULL, "norm"), embed, 2, 0, PASSWD_ACTIVATE_RELU, "embed");
    bias = passwd_mlp(*net, passwd_pairs(*net, jets, 1), pair, 2, 0, PASSWD_ACTIVATE_RELU, "pair");
    for (k = 0; k < 2; k++) {
        const passwd_abc_layer_values layer = passwd_abc_layer(*net, x, mask, bias, &options, k);
        passwd_loss(
            *net, passwd_cross_entropy(*net, layer.scores, labels, 1), 1.0f, k == 0 ? "first layer" : "last layer");
        if (k == 1) passwd_output(*net, layer.choice, "choice");
        x = layer.objects;
    }
    return passwd_model_build(
        *net, 1, error); /* draws parameters from seed 1; reports the first error of all calls above */
}

/* Runs events [first, first + count); right: the fraction of their jets in the correct category, up to an exchange of
   the parents in each event. */
static passwd_status measure(const passwd_model *net, passwd_workspace *workspace, const sample *s, int64_t first,
    int64_t count, double *right, passwd_error *error) {
    const float *inputs[2], *choice = s->answers;
    const passwd_batch batch = part(s, first, count, inputs);
    const passwd_status status = passwd_run(net, workspace, &batch, &s->answers, error);
    int64_t jets = 0, good = 0, k;
    if (status != PASSWD_OK) return status;
    for (k = first; k < first + count; k++) {
        int as_named = 0, exchanged = 0, j;
        for (j = 0; j < JETS; j++, choice += CATEGORIES) {
            const int category = choice[0] > 0.5f ? 0 : choice[1] > 0.5f ? 1 : 2, label = (int)s->labels[k * JETS + j];
            if (j >= s->objects[k]) continue;
            as_named += category == label;
            exchanged += (category < 2 ? 1 - category : 2) == label; /* ISR stays ISR */
        }
        jets += s->objects[k];
        good += as_named > exchanged ? as_named : exchanged;
    }
    *right = (double)good / (double)jets;
    return PASSWD_OK;
}

int main(int argc, char **argv) {
    const char *csv = argc > 1 ? argv[1] : "data/gluino_qqneutralino_1500.csv";
    passwd_train_options options = { 0 };
    passwd_workspace *workspace = NULL;
    passwd_model *net = NULL;
    sample s = { 0 };
    passwd_error error;
    double before = 0.0, after = 0.0;
    int64_t train = 0;
    int failed = load(csv, &s, &error) || build(&net, &error) || passwd_workspace_new(net, NULL, &workspace, &error);
    if (!failed) {
        const float *inputs[2];
        passwd_batch batch;
        train = s.events * 4 / 5;
        batch = part(&s, 0, train, inputs);
        options.epochs = 30;
        options.batch = 64;
        options.rate = 3e-3f;
        options.schedule = PASSWD_SCHEDULE_COSINE;
        failed = measure(net, workspace, &s, train, s.events - train, &before, &error)
            || passwd_train(net, &batch, &options, NULL, &error)
            || measure(net, workspace, &s, train, s.events - train, &after, &error);
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    else
        printf("trained on %lld events; jets assigned right in %lld others: %.1f %% before, %.1f %% after\n",
            (long long)train, (long long)(s.events - train), 100.0 * before, 100.0 * after);
    passwd_workspace_free(workspace);
    passwd_model_free(net);
    release(&s);
    return failed ? 1 : 0;
}
