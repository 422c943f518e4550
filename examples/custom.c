/* A network of your own. Jets attend to each other and are summed into a few latent numbers, from which the network
   predicts the shape of the event. Trained on background alone, it predicts the shape of other events badly: its loss
   is an anomaly score.

   cc -O2 -I. examples/custom.c -o build/example_custom -lm && build/example_custom */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { JETS = 12, INPUTS = 5, SHAPE = 4, WIDTH = 16, LATENT = 2 };

/* Arrays in the layout of passwd_batch: events x JETS x INPUTS; events x SHAPE (log H_T, the fractions of it in the two
   hardest jets, number of jets); jets per event. And a score per event. */
typedef struct sample {
    int64_t events;
    float *jets, *shape, *score;
    int32_t *objects;
} sample;

static passwd_status load(const char *path, sample *s, passwd_error *error) {
    passwd_events events = { 0 };
    passwd_abc_config config = { 0 };
    passwd_abc_tensors to = { 0 };
    int64_t k;
    passwd_status status = passwd_events_load(path, NULL, NULL, &events, error);
    if (status != PASSWD_OK) return status;
    s->events = events.count;
    s->jets = calloc((size_t)events.count, JETS * INPUTS * sizeof *s->jets);
    s->shape = calloc((size_t)events.count, SHAPE * sizeof *s->shape);
    s->score = calloc((size_t)events.count, sizeof *s->score);
    s->objects = calloc((size_t)events.count, sizeof *s->objects);
    if (!s->jets || !s->shape || !s->score || !s->objects) {
        snprintf(error->message, sizeof error->message, "There is not enough memory for the events of %s.", path);
        status = PASSWD_ERROR_MEMORY;
    }
    config.max_objects = JETS;
    to.x = s->jets;
    to.objects = s->objects;
    if (status == PASSWD_OK) status = passwd_abc_inputs(&config, &events, 0, events.count, &to, NULL, error);
    for (k = 0; k < events.count && status == PASSWD_OK; k++) {
        const double *pt = events.pt + events.first[k]; /* hardest first */
        const int jets = s->objects[k];
        float *shape = s->shape + k * SHAPE;
        double ht = 0.0;
        int j;
        for (j = 0; j < jets; j++) ht += pt[j];
        shape[0] = (float)log(ht);
        shape[1] = (float)(pt[0] / ht);
        shape[2] = jets > 1 ? (float)(pt[1] / ht) : 0.0f;
        shape[3] = (float)jets;
    }
    passwd_events_free(&events);
    return status;
}
static void release(sample *s) {
    free(s->jets);
    free(s->shape);
    free(s->score);
    free(s->objects);
}

static passwd_status build(passwd_model **net, passwd_error *error) {
    static const int down[] = { WIDTH, LATENT }, up[] = { WIDTH, WIDTH, SHAPE };
    const passwd_block_options block = { 4, 1, WIDTH, 0.0f }; /* heads, hidden layers, their width, dropout */
    passwd_value jets, mask, shape, x, loss;
    const passwd_status status = passwd_model_new(NULL, net, error);
    if (status != PASSWD_OK) return status;
    jets = passwd_input_objects(*net, "jets", JETS, INPUTS);
    shape = passwd_input_event(*net, "shape", 1, SHAPE);
    mask = passwd_input_mask(*net);
    /* detach: without it training would shrink the scale of the norm until everything is zero and predicted
       perfectly */
    shape = passwd_detach(*net, passwd_batch_norm(*net, shape, NULL, "shape_norm"));
    x = passwd_linear(*net, passwd_batch_norm(*net, jets, NULL, "jet_norm"), WIDTH, 1, "embed");
    x = passwd_attention_block(*net, x, x, mask, mask, PASSWD_NONE, &block, "block");
    x = passwd_mlp(*net, passwd_sum_rows(*net, x), down, 2, 0, PASSWD_ACTIVATE_RELU, "encoder");
    x = passwd_mlp(*net, x, up, 3, 0, PASSWD_ACTIVATE_RELU, "decoder");
    loss = passwd_mean_square(*net, x, shape);
    passwd_output(*net, loss, "score");
    passwd_loss(*net, loss, 1.0f, "reconstruction");
    return passwd_model_build(
        *net, 1, error); /* draws parameters from seed 1; reports the first error of all calls above */
}

static passwd_batch batch_of(const sample *s, const float *inputs[2]) {
    passwd_batch batch = { 0 };
    inputs[0] = s->jets; /* in the order in which build() recorded the inputs */
    inputs[1] = s->shape;
    batch.events = s->events;
    batch.inputs = inputs;
    batch.objects = s->objects;
    return batch;
}

static int by_size(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}
/* Area under the ROC curve: the probability that a signal event has the larger score of a random pair. */
static double area(sample *background, sample *signal) {
    double pairs = 0.0;
    int64_t b = 0, s;
    qsort(background->score, (size_t)background->events, sizeof(float), by_size);
    qsort(signal->score, (size_t)signal->events, sizeof(float), by_size);
    for (s = 0; s < signal->events; s++) {
        while (b < background->events && background->score[b] < signal->score[s]) b++;
        pairs += (double)b;
    }
    return pairs / ((double)background->events * (double)signal->events);
}

int main(int argc, char **argv) {
    static const char *const standard[3] = { /* to train on, background, signal */
        "data/background.csv", "data/background_test.csv", "data/gluino_qqneutralino_1500.csv"
    };
    sample samples[3] = { { 0 } };
    passwd_model *net = NULL;
    passwd_workspace *workspace = NULL;
    passwd_train_options options = { 0 };
    passwd_train_report report = { 0 };
    passwd_error error;
    const float *inputs[2];
    int failed = build(&net, &error) != PASSWD_OK, k;
    for (k = 0; k < 3 && !failed; k++)
        failed = load(argc > k + 1 ? argv[k + 1] : standard[k], &samples[k], &error) != PASSWD_OK;
    if (!failed) {
        const passwd_batch batch = batch_of(&samples[0], inputs);
        options.epochs = 20;
        options.batch = 256;
        options.rate = 3e-3f;
        options.schedule = PASSWD_SCHEDULE_COSINE;
        options.validation = 0.1f;
        failed =
            passwd_train(net, &batch, &options, &report, &error) || passwd_workspace_new(net, NULL, &workspace, &error);
    }
    for (k = 1; k < 3 && !failed; k++) {
        const passwd_batch batch = batch_of(&samples[k], inputs);
        failed = passwd_run(net, workspace, &batch, &samples[k].score, &error) != PASSWD_OK;
    }
    if (failed) fprintf(stderr, "%s\n", error.message);
    else
        printf("%d epochs, loss %.3f on events set aside; area under the ROC curve %.3f\n", report.epochs,
            report.validation, area(&samples[1], &samples[2]));
    for (k = 0; k < 3; k++) release(&samples[k]);
    passwd_workspace_free(workspace);
    passwd_model_free(net);
    return failed ? 1 : 0;
}
