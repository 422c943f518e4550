/* Trainings that are interrupted and go on: what a checkpoint may say, which training it belongs to, and that nothing
   is lost when one cannot be written; short trainings with averaged parameters; validation far above training. */
#include "passwd.h"
#include "check.h"

enum { EVENTS = 96, IN = 3, HIDDEN = 24, FLOATS = 512, STATES = 6 };
static passwd_error error;
static float xs[EVENTS * IN], ys[EVENTS], weights[EVENTS];
static const float *inputs[2] = { xs, ys };
static char path[512];

/* y = x0 - 2 x1 + noise, from a line or (hidden > 0) by a network that can learn it by heart */
static passwd_model *model_of(int hidden, float weight, uint64_t seed) {
    passwd_model *m = NULL;
    passwd_value x, y;
    int widths[2];
    widths[0] = hidden;
    widths[1] = 1;
    if (passwd_model_new(NULL, &m, &error) != PASSWD_OK) return NULL;
    x = passwd_input_event(m, "x", 1, IN);
    y = passwd_input_event(m, "y", 1, 1);
    passwd_loss(m,
        passwd_mean_square(m,
            hidden ? passwd_mlp(m, x, widths, 2, 0, PASSWD_ACTIVATE_RELU, "net") : passwd_linear(m, x, 1, 1, "line"),
            y),
        weight, "distance");
    if (passwd_model_build(m, seed, &error) == PASSWD_OK && passwd_parameter_floats(m) <= FLOATS) return m;
    passwd_model_free(m);
    return NULL;
}
static passwd_batch data_of(double noise) {
    passwd_batch b;
    int k;
    for (k = 0; k < EVENTS; k++) {
        float *x = xs + IN * k;
        int f;
        for (f = 0; f < IN; f++) x[f] = (float)passwd_random_normal(7, (uint32_t)f, (uint32_t)k);
        ys[k] = (float)(noise * passwd_random_normal(7, 9, (uint32_t)k)) + (noise < 1.0 ? x[0] - 2.0f * x[1] : 0.0f);
        weights[k] = 1.0f;
    }
    memset(&b, 0, sizeof b);
    b.events = EVENTS;
    b.inputs = inputs;
    return b;
}
static passwd_train_options options_of(void) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    o.epochs = 6;
    o.batch = 16;
    o.rate = 0.05f;
    o.validation = 0.25f;
    o.seed = 5;
    o.checkpoint = path;
    return o;
}
static int stop_at(void *user, const passwd_progress *p) { return *(int64_t *)user && p->step >= *(int64_t *)user; }
/* A new model trained up to `stop` (0: to its end); its parameters, and what it was before. */
typedef struct trained {
    passwd_status status;
    passwd_train_report report;
    float before[FLOATS], after[FLOATS];
} trained;
static trained train_model(passwd_model *m, const passwd_batch *b, passwd_train_options o, int64_t stop) {
    trained t;
    memset(&t, 0, sizeof t);
    if (!m) {
        t.status = error.status;
        return t;
    }
    memcpy(t.before, passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float));
    memset(&error, 0, sizeof error);
    if (stop) {
        o.progress = stop_at;
        o.user = &stop;
    }
    t.status = passwd_train(m, b, &o, &t.report, &error);
    memcpy(t.after, passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float));
    passwd_model_free(m);
    return t;
}
static trained train_line(const passwd_batch *b, passwd_train_options o, int64_t stop) {
    return train_model(model_of(0, 1.0f, 1), b, o, stop);
}
static int same(const float *a, const float *b) { return memcmp(a, b, FLOATS * sizeof(float)) == 0; }

static unsigned char *bytes_of(size_t *count) {
    static unsigned char bytes[65536];
    FILE *f = fopen(path, "rb");
    *count = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f) fclose(f);
    return bytes;
}
static void write_bytes(const unsigned char *bytes, size_t count) {
    FILE *f = fopen(path, "wb");
    if (f) {
        fwrite(bytes, 1, count, f);
        fclose(f);
    }
}
/* where value `k` of a tensor stands in the file */
static size_t place_of(const unsigned char *bytes, size_t count, const char *name, size_t k) {
    passwd_tensor_file file;
    const passwd_tensor *t;
    size_t at = 0;
    if (passwd_tensor_file_parse(bytes, count, "checkpoint", NULL, &file, &error) != PASSWD_OK) return 0;
    t = passwd_tensor_find(&file, name);
    if (t) at = (size_t)(t->data - bytes) + k * (t->dtype == PASSWD_DTYPE_F64 ? 8u : 4u);
    passwd_tensor_file_free(&file);
    return at;
}
static void put_little_endian(unsigned char *to, uint64_t bits, int bytes) {
    int k;
    for (k = 0; k < bytes; k++) to[k] = (unsigned char)(bits >> (8 * k) & 255u);
}
static void put_double(unsigned char *to, double v) {
    uint64_t bits;
    memcpy(&bits, &v, 8);
    put_little_endian(to, bits, 8);
}
static void put_float(unsigned char *to, float v) {
    uint32_t bits;
    memcpy(&bits, &v, 4);
    put_little_endian(to, bits, 4);
}

/* The file that is there is refused, and the model stays as it is. */
static void refused(
    const passwd_batch *b, passwd_train_options o, passwd_status status, const char *text, const char *what) {
    const trained t = train_line(b, o, 0);
    if (!CHECK(t.status == status && same(t.before, t.after) && strstr(error.message, text) && t.report.steps == 0))
        printf("  %s: status %d, %lld steps, %s: %s\n", what, (int)t.status, (long long)t.report.steps,
            same(t.before, t.after) ? "unchanged" : "changed", error.message);
}

static void test_resume(void) {
    const passwd_batch b = data_of(0.1);
    passwd_train_options o = options_of();
    trained whole, part, again;
    o.checkpoint = NULL;
    o.average = 0.9f;
    whole = train_line(&b, o, 0);
    CHECK(whole.status == PASSWD_OK && whole.report.steps == 24 && whole.report.resumed == 0);
    o.checkpoint = path;
    remove(path);
    part = train_line(&b, o, 10); /* in the third epoch: two are in the checkpoint */
    CHECK(part.status == PASSWD_STOPPED && part.report.steps == 10);
    again = train_line(&b, o, 0);
    CHECK(again.status == PASSWD_OK && again.report.resumed == 8 && again.report.steps == 24
        && same(again.after, whole.after));
    again = train_line(&b, o, 0); /* it had ended already: the same answer */
    CHECK(again.status == PASSWD_OK && again.report.resumed == 24 && again.report.steps == 24
        && again.report.epochs == 6 && same(again.after, whole.after));
    CHECK(again.report.total == whole.report.total && again.report.validation == whole.report.validation
        && again.report.best_epoch == whole.report.best_epoch);
    /* epochs of three steps, four of which pass over the events: it goes on in the midst of a pass */
    o.checkpoint = NULL;
    o.interval = 3;
    whole = train_line(&b, o, 0);
    CHECK(whole.status == PASSWD_OK && whole.report.steps == 18 && whole.report.epochs == 6);
    o.checkpoint = path;
    remove(path);
    part = train_line(&b, o, 10);
    CHECK(part.status == PASSWD_STOPPED && part.report.steps == 10);
    o.interval = 0;
    again = train_line(&b, o, 0);
    CHECK(again.status == PASSWD_ERROR_CONFIG); /* another training */
    o.interval = 3;
    again = train_line(&b, o, 0);
    CHECK(again.status == PASSWD_OK && again.report.resumed == 9 && again.report.steps == 18
        && same(again.after, whole.after));
    o.interval = -1;
    CHECK(train_line(&b, o, 0).status == PASSWD_ERROR_ARGUMENT);
    /* stopped early: neither goes on when it runs again */
    remove(path);
    o = options_of();
    o.epochs = 400;
    o.rate = 5.0f;
    o.patience = 3;
    whole = train_line(&b, o, 0);
    again = train_line(&b, o, 0);
    CHECK(whole.report.stopped == 1 && whole.report.epochs < 400 && again.report.stopped == 1
        && again.report.steps == whole.report.steps && same(again.after, whole.after));
    remove(path);
}

/* Numbers that cannot be. */
static void test_damaged(void) {
    static const double values[] = { -1.0, -5.0, 1.5, 0.0, 9007199254740992.0, 1e300, 1e6, 4e9 };
    const passwd_batch b = data_of(0.1);
    passwd_train_options o = options_of();
    unsigned char *bytes, good[8];
    size_t count, at, k, i;
    remove(path);
    train_line(&b, o, 10);
    bytes = bytes_of(&count);
    CHECK(count > 1000);
    for (k = 0; k < STATES; k++)
        for (i = 0; i < 11; i++) {
            const double v = i < 8 ? values[i] : i == 8 ? (double)NAN : i == 9 ? (double)INFINITY : -(double)INFINITY;
            if (i < 8 && k >= 2) continue; /* losses are any finite numbers */
            if (k == 1 && v == 0.0) continue;
            at = place_of(bytes, count, "state", k);
            memcpy(good, bytes + at, 8);
            put_double(bytes + at, v);
            write_bytes(bytes, count);
            refused(&b, o, PASSWD_ERROR_CONFIG, "damaged", "state");
            memcpy(bytes + at, good, 8);
        }
    at = place_of(bytes, count, "state", 1); /* no best epoch, but a best loss */
    memcpy(good, bytes + at, 8);
    put_double(bytes + at, 0.0);
    write_bytes(bytes, count);
    refused(&b, o, PASSWD_ERROR_CONFIG, "damaged", "no best epoch");
    memcpy(bytes + at, good, 8);
    at = place_of(bytes, count, "state", 0); /* in the midst of an epoch */
    memcpy(good, bytes + at, 8);
    put_double(bytes + at, 7.0);
    write_bytes(bytes, count);
    refused(&b, o, PASSWD_ERROR_CONFIG, "damaged", "not at an end");
    memcpy(bytes + at, good, 8);
    for (k = 0; k < 5; k++) {
        static const char *const names[5] = { "parameters", "adam.m", "adam.v", "mean", "best" };
        at = place_of(bytes, count, names[k], 2);
        memcpy(good, bytes + at, 4);
        put_float(bytes + at, k % 2 ? NAN : -INFINITY);
        write_bytes(bytes, count);
        refused(&b, o, PASSWD_ERROR_CONFIG, "damaged", names[k]);
        if (k == 2) {
            put_float(bytes + at, -1e-3f);
            write_bytes(bytes, count);
            refused(&b, o, PASSWD_ERROR_CONFIG, "damaged", "a mean of squares below zero");
        }
        memcpy(bytes + at, good, 4);
    }
    for (k = 0; k < 6; k++) { /* cut off */
        write_bytes(bytes, count * k / 6);
        refused(&b, o, PASSWD_ERROR_PARSE, "", "cut off");
    }
    write_bytes(bytes, count);
    CHECK(train_line(&b, o, 0).status == PASSWD_OK); /* as it was */
    {                                                /* weights are no checkpoint */
        const char *const metadata[3] = { "format", "pt", NULL };
        passwd_model *m = model_of(0, 1.0f, 1), *other = model_of(0, 1.0f, 2), *wider = model_of(4, 1.0f, 1);
        const size_t size = m ? passwd_parameter_floats(m) * sizeof(float) : 0;
        CHECK(m && passwd_model_save(m, path, metadata, &error) == PASSWD_OK);
        CHECK(other && memcmp(passwd_parameters(m), passwd_parameters(other), size) != 0);
        CHECK(passwd_model_load(other, path, &error) == PASSWD_OK);
        CHECK(memcmp(passwd_parameters(m), passwd_parameters(other), size) == 0);
        CHECK(passwd_model_load(wider, path, &error) == PASSWD_ERROR_SHAPE && strstr(error.message, "line.weight"));
        CHECK(passwd_model_load(m, "no such file", &error) == PASSWD_ERROR_IO);
        CHECK(passwd_model_load(NULL, path, &error) == PASSWD_ERROR_ARGUMENT);
        CHECK(passwd_model_save(m, path, NULL, &error) == PASSWD_OK); /* without metadata */
        CHECK(passwd_model_load(other, path, &error) == PASSWD_OK);
        passwd_model_free(wider);
        passwd_model_free(other);
        passwd_model_free(m);
        refused(&b, o, PASSWD_ERROR_CONFIG, "not a checkpoint", "weights");
    }
    remove(path);
}

/* Another training's. */
static void test_foreign(void) {
    static const char *const names[] = { "rate", "batch", "average", "seed", "steps", "clip", "weight_decay",
        "schedule", "patience", "keep_last", "temperature_end", "validation", "beta1" };
    passwd_batch b = data_of(0.1);
    const passwd_train_options original = options_of();
    passwd_train_options o = original;
    trained t;
    size_t k;
    o.configuration = "{\"format\":\"x\",\"lambda\":1,\"depth\":3}";
    remove(path);
    train_line(&b, o, 10);
    for (k = 0; k < sizeof names / sizeof *names; k++) {
        o = original;
        o.configuration = "{\"format\":\"x\",\"lambda\":1,\"depth\":3}";
        if (k == 0) o.rate = 0.1f;
        if (k == 1) o.batch = 8;
        if (k == 2) o.average = 0.5f;
        if (k == 3) o.seed = 6;
        if (k == 4) o.steps = 30;
        if (k == 5) o.clip = 1.0f;
        if (k == 6) o.weight_decay = 0.1f;
        if (k == 7) o.schedule = PASSWD_SCHEDULE_COSINE;
        if (k == 8) o.patience = 3;
        if (k == 9) o.keep_last = 1;
        if (k == 10) o.temperature_end = 0.5f;
        if (k == 11) o.validation = 0.26f;
        if (k == 12) o.beta1 = 0.8f;
        refused(&b, o, PASSWD_ERROR_CONFIG, k == 1 ? "another training" : names[k],
            names[k]); /* a batch changes the number of steps, too */
    }
    o = original;
    o.configuration = "{\"format\":\"x\",\"lambda\":2,\"depth\":3}";
    refused(&b, o, PASSWD_ERROR_CONFIG, "\"lambda\":1, but this training has \"lambda\":2", "configuration");
    o.configuration = NULL;
    refused(&b, o, PASSWD_ERROR_CONFIG, "settings", "no configuration");
    o.configuration = "{\"format\":\"x\",\"lambda\":1,\"depth\":3}";
    xs[50] += 1e-3f; /* one number of one event */
    refused(&b, o, PASSWD_ERROR_CONFIG, "events", "events");
    b = data_of(0.1);
    b.weights = weights;
    weights[3] = 2.0f;
    refused(&b, o, PASSWD_ERROR_CONFIG, "events", "weights");
    b = data_of(0.1);
    b.events = EVENTS - 1;
    refused(&b, o, PASSWD_ERROR_CONFIG, "events are 96, not 95", "number of events");
    b.events = EVENTS;
    t = train_model(model_of(0, 2.0f, 1), &b, o, 0);
    CHECK(t.status == PASSWD_ERROR_CONFIG && strstr(error.message, "network") && same(t.before, t.after));
    t = train_model(model_of(0, 1.0f, 2), &b, o, 0);
    CHECK(t.status == PASSWD_ERROR_CONFIG && strstr(error.message, "first parameters") && same(t.before, t.after));
    t = train_model(model_of(HIDDEN, 1.0f, 1), &b, o, 0);
    CHECK(t.status == PASSWD_ERROR_CONFIG && same(t.before, t.after));
    CHECK(train_line(&b, o, 0).report.resumed == 8); /* threads and instruction sets do not matter */
    o.threads = 3;
    o.simd = PASSWD_SIMD_SCALAR;
    CHECK(train_line(&b, o, 0).status == PASSWD_OK);
    remove(path);
}

/* The folder of the checkpoint is gone: training ends, and the model holds the best of what was learnt. */
static void test_unwritable(void) {
    const passwd_batch b = data_of(0.1);
    passwd_train_options o = options_of();
    trained t;
    o.checkpoint = "build/no/such/folder/checkpoint";
    t = train_line(&b, o, 0);
    CHECK(t.status == PASSWD_ERROR_IO && t.report.epochs == 1 && t.report.best_epoch == 1 && !same(t.before, t.after));
}

/* What a short training keeps is what it learnt, whatever decay the mean of its parameters has in long ones. */
static void test_average(void) {
    const passwd_batch b = data_of(0.1);
    passwd_train_options o = options_of();
    trained plain, averaged;
    o.checkpoint = NULL;
    o.schedule = PASSWD_SCHEDULE_CONSTANT;
    o.epochs = 20;
    plain = train_line(&b, o, 0);
    o.average = 0.999f;
    averaged = train_line(&b, o, 0);
    CHECK_BELOW(plain.report.validation, 0.2);
    CHECK_BELOW(averaged.report.validation,
        0.3); /* with 0.999 from the start it is above 4: 0.92 of the first parameters are left */
    CHECK(!averaged.report.warning[0]);
}

static void test_gap(void) {
    passwd_batch b = data_of(2.0); /* nothing to learn */
    passwd_train_options o = options_of();
    trained t;
    o.checkpoint = NULL;
    o.schedule = PASSWD_SCHEDULE_CONSTANT;
    o.epochs = 2000;
    o.rate = 0.02f;
    o.keep_last = 1;
    t = train_model(model_of(HIDDEN, 1.0f, 1), &b, o, 0);
    if (!CHECK(t.status == PASSWD_OK && strstr(t.report.warning, "stays far above the training loss")))
        printf("  %s, total %g, validation %g\n", t.report.warning, t.report.total, t.report.validation);
    b = data_of(0.1);
    o.epochs = 30;
    t = train_model(model_of(0, 1.0f, 1), &b, o, 0);
    if (!CHECK(t.status == PASSWD_OK && !t.report.warning[0])) printf("  %s\n", t.report.warning);
}

int main(void) {
    snprintf(path, sizeof path, "%s", scratch_file("test_checkpoint.safetensors"));
    test_resume();
    test_damaged();
    test_foreign();
    test_unwritable();
    test_average();
    test_gap();
    return finish();
}
