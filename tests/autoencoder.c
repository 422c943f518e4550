/* The autoencoder of rapidity-mass matrices: scores against a plain network in double precision, training, weights files, anomaly
   regions, and what must be refused. */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"

enum { EVENTS = 400 };

static passwd_rmm_config small(void) {
    passwd_rmm_config c;
    passwd_error e;
    CHECK_OK(passwd_rmm_config_preset("search", &c, &e), e);
    CHECK(c.n_widths == 3 && c.widths[0] == 800 && c.widths[2] == 200 && c.validation == 0.3f && c.patience == 30);
    c.layout.sqrt_s = 13000.0;
    c.n_widths = 2;
    c.widths[0] = 24;
    c.widths[1] = 7;
    c.epochs = 3;
    c.batch = 64;
    return c;
}
static double *score(const passwd_rmm *r, const passwd_events *v) {
    double *scores = (double *)calloc((size_t)v->count, sizeof *scores);
    passwd_rmm_job *job = NULL;
    passwd_error e;
    CHECK_OK(passwd_rmm_job_new(r, NULL, &job, &e), e);
    CHECK_OK(passwd_rmm_score(job, v, 0, v->count, scores, NULL, &e), e);
    passwd_rmm_job_free(job);
    return scores;
}
/* ln of the mean squared difference, layer by layer in double precision */
static double plain_score(const passwd_rmm *r, const float *x, int inputs) {
    const passwd_model *m = passwd_rmm_model(r);
    static double h[2][2000];
    int k, o, i, in = inputs;
    double sum = 0.0;
    for (i = 0; i < inputs; i++) h[0][i] = (double)x[i];
    for (k = 0; 2 * k < passwd_parameter_count(m); k++) {
        const passwd_parameter *w = passwd_parameter_at(m, 2 * k), *b = passwd_parameter_at(m, 2 * k + 1);
        for (o = 0; o < w->shape[0]; o++) {
            double s = (double)passwd_parameters(m)[b->offset + (size_t)o];
            for (i = 0; i < in; i++) s += (double)passwd_parameters(m)[w->offset + (size_t)(o * in + i)] * h[k % 2][i];
            h[(k + 1) % 2][o] = s > 0.0 ? s : 0.01 * s;
        }
        in = w->shape[0];
    }
    CHECK(in == inputs);
    for (i = 0; i < inputs; i++) sum += (h[k % 2][i] - (double)x[i]) * (h[k % 2][i] - (double)x[i]);
    return log(sum / inputs);
}
static void test_scores(const passwd_rmm *r, const passwd_events *v) {
    const int inputs = passwd_rmm_inputs(&passwd_rmm_config_of(r)->layout);
    float *x = (float *)malloc((size_t)inputs * sizeof *x);
    double *got = score(r, v), worst = 0.0;
    passwd_rmm_encoder encoder;
    passwd_error e;
    int64_t k;
    CHECK_OK(passwd_rmm_encoder_new(&encoder, &passwd_rmm_config_of(r)->layout, &e), e);
    for (k = 0; k < v->count; k += 7) {
        double d;
        CHECK_OK(passwd_rmm_encode(&encoder, v, k, 1, 0, x, NULL, &e), e);
        d = fabs(got[k] - plain_score(r, x, inputs));
        if (!(d <= worst)) worst = d;
    }
    CHECK_BELOW(worst, 1e-5);
    free(got);
    free(x);
}
static void test_files(passwd_rmm *r, const passwd_events *v, const char *path) {
    passwd_rmm_region g;
    const passwd_rmm_region *regions;
    passwd_rmm *again = NULL;
    double *a = score(r, v), *b;
    passwd_error e;
    FILE *f;
    char *bytes;
    long size, k;
    memset(&g, 0, sizeof g);
    strcpy(g.name, "5 %");
    g.fraction = 0.05;
    CHECK_OK(passwd_rmm_cut(a, NULL, v->count, &g, NULL, &e), e);
    for (k = 0, size = 0; k < v->count; k++) size += a[k] > g.cut;
    CHECK(size == 20 && g.events == 20.0 && g.fraction == 0.05);
    CHECK_OK(passwd_rmm_add_region(r, &g, &e), e);
    CHECK(passwd_rmm_add_region(r, &g, &e) == PASSWD_ERROR_ARGUMENT); /* the same name */
    CHECK_OK(passwd_rmm_save(r, path, &e), e);
    CHECK_OK(passwd_rmm_load(path, NULL, &again, &e), e);
    b = score(again, v);
    CHECK(memcmp(a, b, (size_t)v->count * sizeof *a) == 0);
    CHECK(passwd_rmm_regions(again, &regions) == 1 && strcmp(regions->name, "5 %") == 0 && regions->cut == g.cut && regions->events == 20.0);
    passwd_rmm_free(again);
    again = NULL;
    f = fopen(path, "rb");
    bytes = (char *)malloc(1 << 20);
    size = f ? (long)fread(bytes, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    for (k = 0; k < size; k += k < 3000 ? 1 : 997) CHECK(passwd_rmm_parse(bytes, (size_t)k, "cut", NULL, &again, &e) != PASSWD_OK && !again);
    CHECK(passwd_rmm_load(data_folder("data/abc.safetensors"), NULL, &again, &e) != PASSWD_OK && !again);
    free(bytes);
    free(a);
    free(b);
}
static void test_training(const passwd_events *v) {
    passwd_rmm_config c = small();
    passwd_train_options o;
    passwd_train_report report[2];
    passwd_rmm *r[2];
    passwd_error e;
    int loss, k;
    memset(&o, 0, sizeof o);
    o.seed = 3;
    for (loss = 0; loss < 3; loss++) {
        c.log_loss = loss;
        c.epochs = 20;
        c.rate = 3e-3f;
        for (k = 0; k < 2; k++) { /* one thread and two: the same bits */
            o.threads = k + 1;
            CHECK_OK(passwd_rmm_new(&c, 5, NULL, r + k, &e), e);
            CHECK_OK(passwd_rmm_train(r[k], v, &o, report + k, NULL, &e), e);
        }
        CHECK(memcmp(passwd_parameters(passwd_rmm_model(r[0])), passwd_parameters(passwd_rmm_model(r[1])), passwd_parameter_floats(passwd_rmm_model(r[0])) * sizeof(float)) == 0);
        CHECK(report[0].validation == report[1].validation && report[0].events == 280 && report[0].epochs == 20);
        if (loss == 2) { /* what was learnt: the loss is far below that of a network that has seen nothing */
            passwd_rmm *fresh;
            double *a = score(r[0], v), *b, sum = 0.0;
            CHECK_OK(passwd_rmm_new(&c, 5, NULL, &fresh, &e), e);
            b = score(fresh, v);
            for (k = 0; k < v->count; k++) sum += a[k] - b[k];
            CHECK(sum / (double)v->count < -0.5);
            passwd_rmm_free(fresh);
            free(a);
            free(b);
        }
        for (k = 0; k < 2; k++) passwd_rmm_free(r[k]);
    }
}
static void test_refusals(const passwd_rmm *r, passwd_events *v) {
    static const char *const wrong[] = { "{\"widths\": []}", "{\"widths\": [0]}", "{\"epochs\": 0}", "{\"slope\": 2}", "{\"colour\": 1}", "{\"log_loss\": 7}", "[]", "{\"batch\": 1.5}" };
    double scores[4] = { 1.0, 2.0, 2.0, NAN }, weights[4] = { 1.0, 1.0, -1.0, 1.0 };
    passwd_rmm_config c = small();
    passwd_rmm_region g;
    passwd_rmm_job *job = NULL;
    passwd_rmm *other = NULL;
    passwd_error e;
    double keep;
    size_t k;
    for (k = 0; k < sizeof wrong / sizeof *wrong; k++) {
        passwd_rmm_config d = c;
        if (!CHECK((passwd_rmm_config_read(&d, wrong[k], strlen(wrong[k]), "c.json", &e) != PASSWD_OK && memcmp(&c, &d, sizeof c) == 0) || passwd_rmm_new(&d, 1, NULL, &other, &e) == PASSWD_ERROR_CONFIG)) printf("  %s\n", wrong[k]);
    }
    c.layout.sqrt_s = 0.0;
    CHECK(passwd_rmm_new(&c, 1, NULL, &other, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "sqrt") && !other);
    memset(&g, 0, sizeof g);
    strcpy(g.name, "a");
    g.fraction = 0.5;
    CHECK(passwd_rmm_cut(scores, NULL, 4, &g, NULL, &e) == PASSWD_ERROR_NUMERIC);            /* NaN */
    CHECK(passwd_rmm_cut(scores, weights, 3, &g, NULL, &e) == PASSWD_ERROR_NUMERIC);         /* a negative weight */
    CHECK(passwd_rmm_cut(scores + 1, NULL, 2, &g, NULL, &e) == PASSWD_ERROR_NUMERIC);        /* a tie leaves nothing */
    CHECK(passwd_rmm_cut(scores, NULL, 0, &g, NULL, &e) == PASSWD_ERROR_ARGUMENT && g.cut == 0.0);
    g.cross_section = 10.0;
    g.luminosity = 140.0;
    CHECK(passwd_rmm_cut(scores, NULL, 3, &g, NULL, &e) == PASSWD_ERROR_ARGUMENT);           /* more than there are */
    keep = v->weight[3];
    v->weight[3] = -1.0;
    CHECK(passwd_rmm_new(passwd_rmm_config_of(r), 1, NULL, &other, &e) == PASSWD_OK && passwd_rmm_train(other, v, NULL, NULL, NULL, &e) == PASSWD_ERROR_NUMERIC);
    v->weight[3] = keep;
    CHECK_OK(passwd_rmm_job_new(r, NULL, &job, &e), e);
    CHECK(passwd_rmm_score(job, v, 5, v->count, scores, NULL, &e) == PASSWD_ERROR_ARGUMENT && scores[0] == 1.0);
    passwd_rmm_job_free(job);
    passwd_rmm_free(other);
}

int main(void) {
    passwd_rmm_config c = small();
    passwd_event_reader *reader;
    passwd_events v;
    passwd_rmm *r = NULL;
    passwd_error e;
    memset(&v, 0, sizeof v);
    CHECK_OK(passwd_event_reader_open(&reader, data_folder("data/lepton_background.csv"), NULL, NULL, &e), e);
    CHECK_OK(passwd_events_read(reader, &v, EVENTS, &e), e);
    passwd_event_reader_close(reader);
    CHECK_OK(passwd_rmm_new(&c, 1, NULL, &r, &e), e);
    test_scores(r, &v);
    test_files(r, &v, scratch_file("test_autoencoder.safetensors"));
    test_refusals(r, &v);
    test_training(&v);
    passwd_rmm_free(r);
    passwd_events_free(&v);
    return finish();
}
