/* Trains an anomaly score on events, cuts on it, and shows how much of another sample passes: the core of a search for
   anything unusual.

   cc -O2 -fopenmp -I. examples/rmm_train.c -o rmm_train -lm
   ./rmm_train data/lepton_background.csv data/lepton_zprime_2000.csv */
#define PASSWD_IMPLEMENTATION
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"

static int fail(const passwd_error *e) {
    fprintf(stderr, "%s\n", e->message);
    return 1;
}
static int on_step(void *user, const passwd_progress *p) {
    (void)user;
    if (p->validated) printf("epoch %2d of %d: mean score %.3f\n", p->epoch, p->epochs, p->validation);
    return 0;
}
/* the scores of all events of a sample */
static double *score(const passwd_rmm *rmm, const passwd_events *events, passwd_error *error) {
    passwd_rmm_job *job;
    double *scores = (double *)malloc((size_t)events->count * sizeof *scores);
    if (!scores || passwd_rmm_job_new(rmm, NULL, &job, error)) return NULL;
    if (passwd_rmm_run(job, events, 0, events->count, scores, NULL, error)) scores = NULL;
    passwd_rmm_job_free(job);
    return scores;
}
/* the score of an event of the program's own: two leading jets back to back, and missing energy */
static passwd_status own(const passwd_rmm *rmm, double *score, passwd_error *error) {
    static const double pt[] = { 900.0, 700.0 }, eta[] = { 0.3, -0.5 }, phi[] = { 0.1, -3.0 }, m[] = { 60.0, 40.0 };
    static const double met = 200.0, met_phi = -3.0;
    static const char *const missing[] = { "met" };
    passwd_arrays jets = { 0 }, rest = { 0 };
    passwd_rmm_job *job;
    passwd_status status = passwd_rmm_job_new(rmm, NULL, &job, error);
    if (status) return status;
    jets.events = rest.events = 1;
    jets.rows = 2;
    jets.pt = passwd_doubles(pt, 0);
    jets.eta = passwd_doubles(eta, 0);
    jets.phi = passwd_doubles(phi, 0);
    jets.m = passwd_doubles(m, 0);
    jets.more = &rest;
    rest.rows = 1;
    rest.pt = passwd_doubles(&met, 0);
    rest.phi = passwd_doubles(&met_phi, 0);
    rest.types = missing;
    rest.n_types = 1;
    status = passwd_rmm_run_arrays(job, &jets, 0, 1, score, NULL, error);
    passwd_rmm_job_free(job);
    return status;
}

int main(int argc, char **argv) {
    passwd_events background, other;
    passwd_rmm_config config;
    passwd_rmm *rmm;
    passwd_rmm_region region;
    passwd_train_options options;
    passwd_train_report report;
    passwd_error error;
    double *a, *b, mine;
    int64_t k, pass = 0;
    memset(&background, 0, sizeof background);
    memset(&other, 0, sizeof other);
    memset(&options, 0, sizeof options);
    memset(&region, 0, sizeof region);
    if (argc < 3) return fprintf(stderr, "rmm_train BACKGROUND.csv OTHER.csv\n"), 2;
    if (passwd_events_load(argv[1], NULL, NULL, &background, &error)
        || passwd_events_load(argv[2], NULL, NULL, &other, &error))
        return fail(&error);

    passwd_rmm_preset("search", &config, &error);
    config.layout.sqrt_s = 13000.0;
    config.epochs = 10; /* the preset has 30 */
    options.seed = 1;
    options.progress = on_step;
    if (passwd_rmm_new(&config, 1, NULL, &rmm, &error)
        || passwd_rmm_train(rmm, &background, &options, &report, NULL, &error))
        return fail(&error);

    a = score(rmm, &background, &error);
    b = score(rmm, &other, &error);
    if (!a || !b) return fail(&error);
    strcpy(region.name, "1 %");
    region.fraction = 0.01;
    if (passwd_rmm_cut(a, NULL, background.count, &region, NULL, &error) || passwd_rmm_add_region(rmm, &region, &error))
        return fail(&error);
    for (k = 0; k < other.count; k++) pass += b[k] > region.cut;
    printf("score above %.3f: %.2f %% of the background, %.1f %% of the other sample\n", region.cut,
        100.0 * region.fraction, 100.0 * (double)pass / (double)other.count);
    if (own(rmm, &mine, &error)) return fail(&error);
    printf("two jets and missing energy: score %.3f\n", mine);
    if (passwd_rmm_save(rmm, "rmm.safetensors", &error))
        return fail(&error); /* weights, configuration and the region */

    free(a);
    free(b);
    passwd_rmm_free(rmm);
    passwd_events_free(&background);
    passwd_events_free(&other);
    return 0;
}
