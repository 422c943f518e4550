/* The score of shapes, learnt from bundled background: signals at fixed mass, flat cuts on other events, bits, files,
   bad input, stops, no memory. */
#include "../passwd.h"
#include "check.h"
#include "counting.h"
static passwd_error e;

static passwd_events background, others;
static void load(const char *name, passwd_events *v) {
    char path[600];
    snprintf(path, sizeof path, "%s/%s", data_folder("data"), name);
    CHECK_OK(passwd_events_load(path, NULL, NULL, v, &e), e);
}
static passwd_abc *network(int max_objects) {
    passwd_abc_config c;
    passwd_abc *abc = NULL;
    CHECK_OK(passwd_abc_preset("default", &c, &e), e);
    c.max_objects = max_objects;
    c.embed_dim = 8;
    c.attn_block_num_heads = 2;
    c.ae_depth = 2;
    CHECK_OK(passwd_abc_new(&c, 3, NULL, &abc, &e), e);
    return abc;
}
static void run(const passwd_abc *abc, const passwd_events *v, int64_t first, int64_t count, passwd_abc_result *r) {
    passwd_abc_job *j = NULL;
    CHECK_OK(passwd_abc_job_new(abc, NULL, &j, &e), e);
    CHECK_OK(passwd_abc_run(j, v, first, count, r, NULL, &e), e);
    passwd_abc_job_free(j);
}
/* Area of signal over background in bins of mass, weighted by signal. */
static double at_fixed_mass(
    const passwd_abc_result *b, int64_t nb, const passwd_abc_result *s, int64_t ns, double low, double high) {
    double sum = 0.0, total = 0.0, edge;
    int64_t i, k;
    for (edge = low; edge < high; edge += 100.0) {
        double above = 0.0, in[2] = { 0.0, 0.0 };
        for (i = 0; i < nb; i++)
            in[0] += (double)b[i].answer.mass_avg >= edge && (double)b[i].answer.mass_avg < edge + 100.0;
        if (in[0] < 5.0) continue;
        for (k = 0; k < ns; k++) {
            if (!((double)s[k].answer.mass_avg >= edge && (double)s[k].answer.mass_avg < edge + 100.0)) continue;
            in[1] += 1.0;
            for (i = 0; i < nb; i++)
                if ((double)b[i].answer.mass_avg >= edge && (double)b[i].answer.mass_avg < edge + 100.0)
                    above += s[k].score > b[i].score;
        }
        sum += above / in[0];
        total += in[1];
    }
    return total > 0.0 ? sum / total : 0.0;
}
static void test_score(void) {
    enum { TRAINED = 9000, SIGNAL = 2000 };
    static passwd_abc_result r[15000], s[SIGNAL], again[200], one;
    static const struct {
        const char *name;
        double least;
    } signals[2] = { { "gluino_qqneutralino_1500.csv", 0.88 }, { "gluino_qsquark_1500.csv", 0.75 } };
    static const double edges[5] = { 0.0, 350.0, 450.0, 600.0, 1e9 };
    passwd_abc *abc = network(12), *read = NULL;
    passwd_events part = background;
    passwd_train_options o;
    const char *path = scratch_file("shape_score.safetensors");
    int64_t n, i;
    int k, cut;
    memset(&o, 0, sizeof o);
    o.seed = 1;
    run(abc, &background, 0, 100, again);
    CHECK(!passwd_abc_has_score(abc) && fabs((double)again[0].score - log((double)again[0].loss)) < 1e-6);
    part.count = TRAINED;
    CHECK_OK(passwd_abc_train_score(abc, &part, &o, &e), e);
    CHECK(passwd_abc_has_score(abc));
    n = background.count - TRAINED;
    run(abc, &background, TRAINED, n, r);
    run(abc, &others, 0, others.count, r + n);
    n += others.count;
    CHECK(n > 8000);
    for (k = 0; k < 4; k++)
        for (cut = 1; cut < 3; cut++) { /* events that it was not learnt from: 3 widths of chance,
and 15 % */
            double all = 0.0, pass = 0.0, part_of = pow(10.0, -cut);
            for (i = 0; i < n; i++)
                if ((double)r[i].answer.mass_avg >= edges[k] && (double)r[i].answer.mass_avg < edges[k + 1]) {
                    all += 1.0;
                    pass += r[i].score > (float)cut;
                }
            if (!CHECK(fabs(pass / (part_of * all) - 1.0) < 0.15 + 3.0 / sqrt(part_of * all)))
                printf("  score > %d from %g GeV: %g of %g\n", cut, edges[k], pass, all);
        }
    for (k = 0; k < 2; k++) {
        passwd_events v;
        double area;
        memset(&v, 0, sizeof v);
        load(signals[k].name, &v);
        i = v.count < SIGNAL ? v.count : (int64_t)SIGNAL;
        run(abc, &v, 0, i, s);
        area = at_fixed_mass(r, n, s, i, 900.0, 1400.0);
        if (!CHECK(area > signals[k].least)) printf("  %s: area at fixed mass %.3f\n", signals[k].name, area);
        passwd_events_free(&v);
    }
    CHECK_OK(passwd_abc_save(abc, path, &e), e);
    CHECK_OK(passwd_abc_load(path, NULL, &read, &e), e);
    run(read, &background, TRAINED, 200, again);
    for (i = 0; i < 200 && again[i].score == r[i].score; i++) continue;
    CHECK(i == 200); /* from the file, and in a block of another size */
    run(read, &background, TRAINED + 7, 1, &one);
    CHECK(one.score == r[7].score && one.score == one.score);
    passwd_abc_free(read);
    passwd_abc_free(abc);
}
static void test_files(void) {
    static const struct {
        const char *from, *to;
        passwd_status status;
    } damage[4] = { { "map.curves", "map.curvez", PASSWD_ERROR_SHAPE },
        { "network.0.0.weight", "network.0.0.weighd", PASSWD_ERROR_SHAPE },
        { "\"score\"", "\"scorf\"", PASSWD_ERROR_CONFIG },
        { "map.calibration", "map.calibratiom", PASSWD_ERROR_SHAPE } };
    const char *path = scratch_file("shape_score.safetensors");
    FILE *f = fopen(path, "rb");
    char *bytes;
    long size;
    int k;
    size_t i, got = 0;
    if (!CHECK(f != NULL)) return;
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    bytes = (char *)malloc((size_t)size);
    if (CHECK(bytes != NULL)) got = fread(bytes, 1, (size_t)size, f);
    fclose(f);
    CHECK(got == (size_t)size);
    for (k = 0; k < 4 && got == (size_t)size; k++) {
        const size_t length = strlen(damage[k].from);
        passwd_abc *abc = NULL;
        for (i = 0; i + length < got && memcmp(bytes + i, damage[k].from, length) != 0; i++) continue;
        if (!CHECK(i + length < got)) continue;
        memcpy(bytes + i, damage[k].to, length);
        if (!CHECK(passwd_abc_parse(bytes, got, "damaged", NULL, &abc, &e) == damage[k].status && abc == NULL))
            printf("  %s: %s\n", damage[k].to, e.message);
        memcpy(bytes + i, damage[k].from, length);
    }
    {
        passwd_abc *abc = NULL;
        CHECK_OK(passwd_abc_parse(bytes, got, "whole", NULL, &abc, &e), e);
        passwd_abc_free(abc);
    }
    free(bytes);
}

static int stop_soon(void *user, const passwd_progress *p) {
    (void)p;
    return ++*(int *)user > 3;
}

static void test_small(void) {
    static passwd_abc_result r[2][300];
    static double weights[20000];
    passwd_events part = background;
    passwd_train_options o;
    passwd_abc *abc[2];
    int64_t i;
    int k, steps = 0;
    memset(&o, 0, sizeof o);
    part.count = 700;
    for (k = 0; k < 2; k++) { /* six jets of every event: their number has no distribution. Threads change nothing. */
        abc[k] = network(6);
        o.threads = 1 + k;
        CHECK_OK(passwd_abc_train_score(abc[k], &part, &o, &e), e);
        run(abc[k], &background, 1000, 300, r[k]);
    }
    for (i = 0; i < 300 && r[0][i].score == r[1][i].score; i++) continue;
    CHECK(i == 300);
    /* what fails leaves the score that was there */
    o.progress = stop_soon;
    o.user = &steps;
    o.seed = 2;
    CHECK(passwd_abc_train_score(abc[0], &part, &o, &e) == PASSWD_STOPPED);
    part.count = 400;
    CHECK(passwd_abc_train_score(abc[0], &part, &o, &e) == PASSWD_ERROR_SHAPE && strstr(e.message, "400"));
    part.count = 700;
    part.weight = weights;
    for (i = 0; i < 700; i++) weights[i] = i == 300 ? -1.0 : 1.0;
    CHECK(passwd_abc_train_score(abc[0], &part, NULL, &e) == PASSWD_ERROR_NUMERIC && strstr(e.message, "weight"));
    CHECK(passwd_abc_train_score(NULL, &part, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_abc_train_score(abc[0], NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    run(abc[0], &background, 1000, 300, r[1]);
    for (i = 0; i < 300 && r[0][i].score == r[1][i].score; i++) continue;
    CHECK(i == 300);
    { /* no jet, one jet, two */
        const int64_t first[4] = { 0, 0, 1, 3 };
        const double pt[3] = { 100.0, 200.0, 150.0 }, eta[3] = { 0.0, 1.0, -1.0 }, phi[3] = { 0.0, 1.0, -2.0 },
                     m[3] = { 10.0, 20.0, 0.0 };
        passwd_events v;
        memset(&v, 0, sizeof v);
        v.count = 3;
        v.first = (int64_t *)(uintptr_t)first;
        v.pt = (double *)(uintptr_t)pt;
        v.eta = (double *)(uintptr_t)eta;
        v.phi = (double *)(uintptr_t)phi;
        v.m = (double *)(uintptr_t)m;
        run(abc[0], &v, 0, 3, r[0]);
        CHECK(r[0][0].score != r[0][0].score && r[0][1].score != r[0][1].score && r[0][2].score == r[0][2].score);
    }
    for (k = 0; k < 2; k++) passwd_abc_free(abc[k]);
}
static void test_no_memory(void) {
    counter c;
    passwd_allocator a;
    passwd_abc_config config;
    passwd_events part = background;
    passwd_abc *abc = NULL;
    passwd_train_options o;
    long n, most;
    int steps = 0, good = 1;
    memset(&o, 0, sizeof o);
    memset(&c, 0, sizeof c);
    a = counting(&c, 0);
    part.count = 600;
    CHECK_OK(passwd_abc_preset("default", &config, &e), e);
    config.max_objects = 8;
    CHECK_OK(passwd_abc_new(&config, 1, &a, &abc, &e), e);
    o.progress = stop_soon; /* all that is asked for comes before, but a little */
    o.user = &steps;
    c.calls = 0;
    CHECK(passwd_abc_train_score(abc, &part, &o, &e) == PASSWD_STOPPED);
    most = c.calls;
    CHECK(most > 10);
    for (n = 1; n <= most; n += n < 8 ? 1 : most / 12 + 1) {
        const long alive = c.alive;
        c.calls = 0;
        c.fail_at = n;
        steps = 0;
        good &= passwd_abc_train_score(abc, &part, &o, &e) == PASSWD_ERROR_MEMORY && c.alive == alive
            && !passwd_abc_has_score(abc);
        c.fail_at = 0;
    }
    CHECK(good);
    passwd_abc_free(abc);
    CHECK(c.alive == 0);
}
/* Shapes have no scale, no order of the parents, and the same bits with any threads; an event of one jet has none. */
static void test_shapes(void) {
    enum { EVENTS = 200 };
    static double row[3][EVENTS * PASSWD_ABC_SHAPES], log_mass[3][EVENTS];
    passwd_abc *abc = network(12);
    passwd_abc_result *r = (passwd_abc_result *)malloc(EVENTS * sizeof *r);
    passwd_workspace_options o;
    passwd_events larger = background, one = background;
    int64_t first[2] = { 0, 1 }, k;
    int i;
    CHECK(r != NULL);
    if (!r) {
        passwd_abc_free(abc);
        return;
    }
    memset(&o, 0, sizeof o);
    CHECK_OK(passwd_abc_shapes(abc, &background, 10, EVENTS, &o, row[0], log_mass[0], &e), e);
    o.threads = 3;
    CHECK_OK(passwd_abc_shapes(abc, &background, 10, EVENTS, &o, row[1], log_mass[1], &e), e);
    CHECK(memcmp(row[0], row[1], sizeof row[0]) == 0 && memcmp(log_mass[0], log_mass[1], sizeof log_mass[0]) == 0);
    run(abc, &background, 10, EVENTS, r);
    for (k = 0; k < EVENTS; k++) {
        const double *x = row[0] + k * PASSWD_ABC_SHAPES;
        CHECK(fabs(exp(log_mass[0][k]) / (double)r[k].answer.mass_avg - 1.0) < 1e-4);
        CHECK(fabs(x[8] - r[k].objects) < 1e-9 && x[16] + x[23] <= x[8] && x[12] >= x[13] && x[19] >= x[20]);
    }
    larger.pt = (double *)malloc((size_t)background.objects * 2 * sizeof(double));
    larger.e = larger.pt ? larger.pt + background.objects : NULL;
    CHECK(larger.pt != NULL);
    for (k = 0; larger.pt && k < background.objects; k++) {
        larger.pt[k] = 2.0 * background.pt[k];
        larger.e[k] = 2.0 * background.e[k];
    }
    if (larger.pt) {
        int moved = 0;
        CHECK_OK(passwd_abc_shapes(abc, &larger, 10, EVENTS, NULL, row[2], log_mass[2], &e), e);
        for (k = 0; k < EVENTS; k++) /* the terms of the masses have a scale: some partitions are others */
            for (i = 0; i < PASSWD_ABC_SHAPES && fabs(log_mass[2][k] - log_mass[0][k] - log(2.0)) < 1e-4; i++)
                moved += fabs(row[2][k * PASSWD_ABC_SHAPES + i] - row[0][k * PASSWD_ABC_SHAPES + i]) > 1e-3;
        CHECK(moved == 0);
    }
    free(larger.pt);
    one.count = one.objects = 1;
    one.first = first;
    CHECK_OK(passwd_abc_shapes(abc, &one, 0, 1, NULL, row[2], log_mass[2], &e), e);
    CHECK(isnan(log_mass[2][0]));
    CHECK(passwd_abc_shapes(abc, &background, 0, 1, NULL, NULL, log_mass[2], &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_abc_shapes(abc, &background, background.count, 1, NULL, row[2], log_mass[2], &e) != PASSWD_OK);
    free(r);
    passwd_abc_free(abc);
}
int main(void) {
    memset(&background, 0, sizeof background);
    memset(&others, 0, sizeof others);
    load("background.csv", &background);
    load("background_test.csv", &others);
    test_shapes();
    test_score();
    test_files();
    test_small();
    test_no_memory();
    passwd_events_free(&background);
    passwd_events_free(&others);
    return finish();
}
