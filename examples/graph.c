/* A network of graphs: which jets are tops? Constituents are nodes and their pairs are edges, along which messages pass
   (interaction networks, arXiv 1612.00222 and 1908.05318; EdgeConv, 1902.08570). All that it sees of directions are
   angles, between constituents and to the axis of the jet, and messages count by the pT that they come from. There are
   only 40 jets of each kind: five networks each judge a fifth, having been trained on the others.

   cc -O2 -I. examples/graph.c -o build/example_graph -lm && build/example_graph */
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 32, INPUTS = 4, WIDTH = 12, JETS = 80, FOLDS = 5, PART = JETS / FOLDS };
enum { CONSTITUENTS, MASS, SUBJETS, NETWORK, SCORES };

/* Per jet the N hardest constituents: share of pT; eta, cos phi and sin phi from the axis. Labels: 1 for tops. Twice,
   so that all jets but those of one fold lie side by side, too. */
static float inputs[2 * JETS][N][INPUTS], labels[2 * JETS];
static int32_t objects[2 * JETS];
static double scores[SCORES][JETS];

static passwd_status load(const char *path, int top, passwd_error *error) {
    passwd_event_options options = { 0 };
    passwd_events jets = { 0 };
    passwd_substructure look = { 0 };
    passwd_status status;
    int64_t k;
    int i;
    options.jets = 1;
    status = passwd_events_load(path, &options, NULL, &jets, error);
    for (k = 0; status == PASSWD_OK && k < jets.count && k < JETS / 2; k++) {
        const int to = 2 * (int)k + top; /* top, QCD, top, ...: folds have both */
        passwd_p4 p[PASSWD_MAX_CONSTITUENTS], jet = { 0, 0, 0, 0 };
        const int count = passwd_jet_constituents(&jets, k, p, PASSWD_MAX_CONSTITUENTS);
        for (i = 0; i < count; i++) {
            jet.e += p[i].e;
            jet.px += p[i].px;
            jet.py += p[i].py;
            jet.pz += p[i].pz;
        }
        for (i = 0; i < count && i < N; i++) {
            const double phi = passwd_p4_phi(p[i]) - passwd_p4_phi(jet);
            inputs[to][i][0] = (float)(passwd_p4_pt(p[i]) / passwd_p4_pt(jet));
            inputs[to][i][1] = (float)(passwd_p4_eta(p[i]) - passwd_p4_eta(jet));
            inputs[to][i][2] = (float)cos(phi);
            inputs[to][i][3] = (float)sin(phi);
        }
        objects[to] = i;
        labels[to] = (float)top;
        scores[CONSTITUENTS][to] = count;
        scores[MASS][to] = passwd_p4_mass(jet);
        status = passwd_substructure_of(p, count, &look, error);
        scores[SUBJETS][to] = look.tau2 > 0.0 ? -look.tau3 / look.tau2 : 0.0;
    }
    passwd_events_free(&jets);
    return status;
}

/* log(angle^2 + 0.0001) from eta, cos phi, sin phi of constituents, or of pairs: their differences. */
static passwd_value log_angle(passwd_model *net, passwd_value directions) {
    passwd_value eta = passwd_features(net, directions, 0, 1), cosine = passwd_features(net, directions, 1, 1);
    eta = passwd_activate(net, eta, PASSWD_ACTIVATE_SQUARE, 0.0f, 0.0f);
    cosine = passwd_activate(net, cosine, PASSWD_ACTIVATE_AFFINE, -2.0f, 2.0001f);
    return passwd_activate(net, passwd_add(net, eta, cosine), PASSWD_ACTIVATE_LOG, 0.0f, 0.0f);
}
static passwd_value linear(passwd_model *net, passwd_value x, int bias, const char *name, int layer) {
    char full[32];
    snprintf(full, sizeof full, "%s.%d", name, layer);
    return passwd_linear(net, x, WIDTH, bias, full);
}
/* What arrives at each constituent: messages of all, made of both ends and the edge, in their mean weighted with pT. */
static passwd_value messages(passwd_model *net, passwd_value x, passwd_value edge, passwd_value weight, int layer) {
    passwd_value y = passwd_spread(net, linear(net, x, 1, "receiver", layer), PASSWD_SIDE_SECOND);
    y = passwd_add(net, y, passwd_spread(net, linear(net, x, 0, "sender", layer), PASSWD_SIDE_FIRST));
    y = passwd_add(net, y, linear(net, edge, 0, "edge", layer));
    y = passwd_activate(net, y, PASSWD_ACTIVATE_SILU, 0.0f, 0.0f);
    y = passwd_activate(net, linear(net, y, 1, "message", layer), PASSWD_ACTIVATE_SILU, 0.0f, 0.0f);
    return passwd_mean_over(net, y, weight, PASSWD_SIDE_FIRST);
}
static passwd_status build(passwd_model **net, uint64_t seed, passwd_error *error) {
    passwd_value jet, label, pt, x, edge, weight;
    const passwd_status status = passwd_model_new(NULL, net, error);
    int layer;
    if (status != PASSWD_OK) return status;
    jet = passwd_input_objects(*net, "constituents", N, INPUTS);
    label = passwd_input_event(*net, "label", 1, 1);
    pt = passwd_features(*net, jet, 0, 1);
    weight = passwd_spread(*net, pt, PASSWD_SIDE_FIRST);
    edge = log_angle(*net, passwd_pairs(*net, jet, 1));
    x = log_angle(*net, passwd_features(*net, jet, 1, 3));
    for (layer = 0; layer < 2; layer++) x = messages(*net, x, edge, weight, layer);
    x = passwd_pool(*net, pt, x); /* sum over constituents, weighted with pT, too */
    x = passwd_activate(*net, linear(*net, x, 1, "jet", 0), PASSWD_ACTIVATE_SILU, 0.0f, 0.0f);
    x = passwd_linear(*net, x, 2, 1, "logits");
    passwd_output(*net, x, "logits");
    passwd_loss(*net, passwd_cross_entropy(*net, x, label, 0), 1.0f, "cross-entropy");
    return passwd_model_build(*net, seed, error);
}

/* Trains on all jets but those of one fold, which then get their scores. */
static passwd_status judge(int fold, passwd_error *error) {
    const int first = fold * PART, rest = first + PART;
    const float *part[2] = { inputs[rest][0], labels + rest };
    float logits[PART][2], *out[1] = { logits[0] };
    passwd_train_options options = { 0 };
    passwd_workspace *workspace = NULL;
    passwd_model *net = NULL;
    passwd_batch batch = { 0 };
    passwd_status status = build(&net, (uint64_t)fold, error);
    int k;
    options.epochs = 40;
    options.batch = 16;
    options.rate = 1e-2f;
    options.schedule = PASSWD_SCHEDULE_COSINE;
    options.weight_decay = 1e-2f;
    batch.events = JETS - PART;
    batch.inputs = part;
    batch.objects = objects + rest;
    if (status == PASSWD_OK) status = passwd_train(net, &batch, &options, NULL, error);
    if (status == PASSWD_OK) status = passwd_workspace_new(net, NULL, &workspace, error);
    part[0] = inputs[first][0];
    batch.events = PART;
    batch.objects = objects + first;
    if (status == PASSWD_OK) status = passwd_run(net, workspace, &batch, out, error);
    for (k = 0; k < PART && status == PASSWD_OK; k++)
        scores[NETWORK][first + k] = (double)(logits[k][1] - logits[k][0]);
    passwd_workspace_free(workspace);
    passwd_model_free(net);
    return status;
}

/* Area under the ROC curve: how often the top has the larger score of a pair, one of each kind, in the same fold. */
static double area(const double *score) {
    double won = 0.0, pairs = 0.0;
    int a, b;
    for (a = 0; a < JETS; a++)
        for (b = 0; b < JETS; b++)
            if (a / PART == b / PART && labels[a] > labels[b]) {
                won += score[a] > score[b] ? 1.0 : score[a] < score[b] ? 0.0 : 0.5;
                pairs += 1.0;
            }
    return won / pairs;
}

int main(void) {
    static const char *const names[SCORES] = { "number of constituents", "mass", "tau3/tau2", "network of graphs" };
    passwd_error error;
    int failed = load("data/jets_qcd.csv", 0, &error) || load("data/jets_top.csv", 1, &error), fold, k;
    memcpy(inputs[JETS], inputs[0], sizeof inputs / 2);
    memcpy(labels + JETS, labels, sizeof labels / 2);
    memcpy(objects + JETS, objects, sizeof objects / 2);
    for (fold = 0; fold < FOLDS && !failed; fold++) failed = judge(fold, &error) != PASSWD_OK;
    if (failed) return fprintf(stderr, "%s\n", error.message), 1;
    printf("Tops against QCD, area under the ROC curve (so few jets: some +-0.04):\n");
    for (k = 0; k < SCORES; k++) printf("    %-24s %.3f\n", names[k], area(scores[k]));
    return 0;
}
