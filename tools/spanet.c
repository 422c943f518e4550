/* spanet: assigns jets to particles from the command line. Trains a network for any topology, assigns the jets of
   events, compares the efficiencies with those of the chi-square method, and measures the time that both need.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tools/spanet.c -o build/spanet -lm && build/spanet --help */
#define _POSIX_C_SOURCE 200809L
#define TOOL "spanet"
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "cli.h"
#include "spanet_heads.h"

/* ------------------------------------------------------------------------------------------------------------------
   Command line
   --------------------------------------------------------------------------------------------------------------- */

enum { TRAIN = 1, RUN = 2, EVALUATE = 4, SCALING = 8, EXPORT = 16, ALL = 31 };

struct settings {
    const char *topology, *out, *weights, *preset, *config, *checkpoint, *log, *plots, *chi2_fit, *keep, *header,
        *array, *state_dict;    /* NULL: not given */
    texts set, events, members; /* members: the networks of run and evaluate, averaged */
    reals chi2_events;
    int epochs, batch, threads, json, selection, max_jets, tagging, leading; /* 0: not given */
    int64_t first, count, seed;
    double rate, limit;
    passwd_simd simd;
};
#define AT(field) offsetof(settings, field)

static const known_option known_options[] = {
    { "topology", "T", TRAIN, 0,
        "particles and jets: a file (INI or YAML), or ttbar, ttH, tttt, W; required without --weights", OPTION_TEXT,
        AT(topology), 0, 0, NULL },
    { "topology", "T", RUN | EVALUATE, 0, "file or name; required if the weights do not contain it (public code)",
        OPTION_TEXT, AT(topology), 0, 0, NULL },
    { "events", "E.csv", TRAIN, 1, "events with targets to train on; - is standard input; may be repeated",
        OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "E.csv", RUN, 1, "any number of events; - is standard input; may be repeated", OPTION_TEXTS, AT(events),
        0, 0, NULL },
    { "events", "E.csv", EVALUATE, 1, "events with targets, preferably not used in training; may be repeated",
        OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "out", "W.safetensors", TRAIN, 1, "the trained network", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "R.csv", RUN, 1, "the results; - is standard output", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "T.csv", EVALUATE | SCALING, 0, "the table as CSV", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "weights", "W.safetensors", RUN | EVALUATE, 1,
        "a trained network; several, of the same topology, are averaged: may be repeated", OPTION_TEXTS, AT(members), 0,
        0, NULL },
    { "weights", "W.safetensors", EXPORT, 1, "a trained network", OPTION_TEXT, AT(weights), 0, 0, NULL },
    { "c", "W.h", EXPORT, 0, "the header to write; - is standard output", OPTION_TEXT, AT(header), 0, 0, NULL },
    { "name", "NAME", EXPORT, 0, "name of the array (default: that of the header)", OPTION_TEXT, AT(array), 0, 0,
        NULL },
    { "state-dict", "S.safetensors", EXPORT, 0, "the network as SPANet's public code has it", OPTION_TEXT,
        AT(state_dict), 0, 0, NULL },
    { "weights", "W.safetensors", TRAIN, 0, "a trained network to fine-tune: it keeps its normalisation", OPTION_TEXT,
        AT(weights), 0, 0, NULL },
    { "keep", "A,B,...", RUN, 0,
        "columns of the events to copy to the output, such as weight or run,lumi; $NAME: texts", OPTION_TEXT, AT(keep),
        0, 0, NULL },
    { "preset", "NAME", TRAIN, 0, "settings to start from: default, public or paper", OPTION_TEXT, AT(preset), 0, 0,
        "default,public,paper" },
    { "config", "C.json", TRAIN, 0,
        "settings that differ from these, as a JSON object, or an option file of the public code", OPTION_TEXT,
        AT(config), 0, 0, NULL },
    { "set", "KEY=VALUE", TRAIN, 0, "one such setting; may be repeated", OPTION_TEXTS, AT(set), 0, 0, NULL },
    { "first", "N", TRAIN | EVALUATE, 0, "number of events to skip (default 0)", OPTION_INT64, AT(first), 0, 0x1p62,
        NULL },
    { "count", "N", TRAIN | EVALUATE, 0, "number of events to use (default: all that follow)", OPTION_INT64, AT(count),
        1, 0x1p62, NULL },
    { "epochs", "N", TRAIN, 0, "passes over the events, instead of the configuration's", OPTION_INT, AT(epochs), 1,
        1000000, NULL },
    { "batch", "N", TRAIN, 0, "events per step, instead of the configuration's", OPTION_INT, AT(batch), 1, 1 << 24,
        NULL },
    { "rate", "R", TRAIN, 0, "learning rate, instead of the configuration's", OPTION_REAL, AT(rate), 1e-12, 100, NULL },
    { "selection", "NAME", RUN | EVALUATE, 0,
        "expected (default), joint (default for networks trained on complete events only) or greedy", OPTION_CHOICE,
        AT(selection), 0, 0, "joint,greedy,expected" },
    { "max-jets", "N", RUN | EVALUATE, 0,
        "jets of highest pT per event, also for truth and chi-square (default: as in training)", OPTION_INT,
        AT(max_jets), 1, PASSWD_MAX_OBJECTS - 1, NULL },
    { "max-jets", "N", SCALING, 0, "number of jets of the largest events (default 16)", OPTION_INT, AT(max_jets), 6, 40,
        NULL },
    { "chi2-fit", "F.csv", EVALUATE, 0, "events to fit the masses and widths of chi-square to", OPTION_TEXT,
        AT(chi2_fit), 0, 0, NULL },
    { "chi2-events", "N,M", EVALUATE, 0, "M of these (or of --events) from the N-th on (default: those before --first)",
        OPTION_LIST, AT(chi2_events), 0, 1e15, NULL },
    { "tagging", "NAME", EVALUATE, 0,
        "none, b (b quarks get tagged jets; default if there are tags), strict (others do not), or all of them, b "
        "first",
        OPTION_CHOICE, AT(tagging), 0, 0, "none,b,strict,all" },
    { "leading", "N", EVALUATE, 0, "chi-square: use only the N jets of highest pT (default: all)", OPTION_INT,
        AT(leading), 1, PASSWD_MAX_OBJECTS, NULL },
    { "limit", "S", SCALING, 0, "stop measuring chi-square beyond this many seconds per event (default 1)", OPTION_REAL,
        AT(limit), 1e-6, 1e6, NULL },
    { "plots", "DIR", TRAIN, 0, "write loss.png", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", EVALUATE, 0,
        "write efficiency.png, mass_NAME.png of kinds of particles, residual_, roc_, confusion_NAME.png of heads",
        OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", SCALING, 0, "write scaling.png", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "checkpoint", "F", TRAIN, 0, "written after every epoch; if it exists, training resumes from it", OPTION_TEXT,
        AT(checkpoint), 0, 0, NULL },
    { "log", "L.csv", TRAIN, 0, "write a row per step: rate and every term of the loss", OPTION_TEXT, AT(log), 0, 0,
        NULL },
    { "json", NULL, EVALUATE | SCALING, 0, "the table as JSON on standard output", OPTION_FLAG, AT(json), 0, 0, NULL },
    { "seed", "S", TRAIN | SCALING, 0, "seed of all random numbers (default 1)", OPTION_INT64, AT(seed), 0, 0x1p63,
        NULL },
    { "threads", "N", TRAIN | RUN | EVALUATE, 0, "number of threads (default: all; results do not depend on it)",
        OPTION_INT, AT(threads), 1, 1024, NULL },
    { "simd", "LEVEL", ALL, 0, "auto, scalar, sse2, avx2, avx512 or neon (default auto)", OPTION_SIMD, AT(simd), 0, 0,
        NULL },
    SKIP_BAD(TRAIN | RUN | EVALUATE), { "help", NULL, ALL, 0, "print this text", OPTION_HELP, 0, 0, 0, NULL }
};

static int command_train(const settings *s);
static int command_run(const settings *s);
static int command_evaluate(const settings *s);
static int command_scaling(const settings *s);
static int command_export(const settings *s);

static const command commands[] = {
    { "train", TRAIN, command_train, "trains a network on events with targets",
        "Progress is shown on a terminal. Ctrl-C (or SIGTERM) stops and keeps the best weights so far. Events are\n"
        "rows of event,pt,eta,phi,m (or e),btag,target with a header line; GeV and radians. The target of a jet is\n"
        "the particle and product that it comes from, such as t1/q1, or empty. Events with missing particles are\n"
        "used, too. Heads of the topology (regressions, classifications) are trained together with the assignment;\n"
        "their truth is in columns of their names, EVENT/x, t1/PARTICLE/x or t1/b/x, the same in all rows of an "
        "event,\n"
        "empty (of classes also -1) where it is unknown. 0 classes: as many as these events have. --set\n"
        "regression_loss_scale=R, classification_loss_scale=R and balance_classifications=1 weigh them.\n\n"
        "  spanet train --topology ttbar --events ttbar.csv --out w.safetensors\n"
        "  spanet train --topology my.ini --events my.csv --out w.safetensors --set hidden_dim=64 --plots plots\n"
        "  spanet train --weights w.safetensors --events data.csv --out fine.safetensors --epochs 10 --rate 3e-4\n" },
    { "run", RUN, command_run, "assigns the jets of events to particles",
        "Writes one row per event and particle: event,particle,jets,probability,detection,pt,eta,phi,m.\n"
        "  jets         rows of the event in the file, counting from 0, in the order of the topology's products\n"
        "  probability  that the particle has these jets, in any order allowed by its symmetries\n"
        "  detection    probability that all jets of the particle are present\n"
        "  pt ... m     of the sum of its jets [GeV]\n"
        "--selection expected: the largest expected number of correct particles; joint: the most probable set of\n"
        "jets; greedy: the most confident particle first. A particle without enough jets has empty fields. The file\n"
        "appears only when it is complete. Several --weights, such as of several --seed, are averaged before jets are\n"
        "selected.\n"
        "A network with heads adds columns, the same in all rows of an event: NAME.value, of a regression, in its\n"
        "units, and NAME.class, the likeliest class, NAME.p0, NAME.p1 ..., the probability of each; NAME is EVENT/x,\n"
        "t1/PARTICLE/x or t1/b/x. Empty: not trained. --keep '$EVENT/x' puts the truth beside them.\n\n"
        "  spanet run --weights w.safetensors --events data.csv --out results.csv\n"
        "  zcat data.csv.gz | spanet run --weights w.safetensors --events - --out - --selection greedy | head\n" },
    { "evaluate", EVALUATE, command_evaluate, "measures how often jets are assigned correctly, compared to chi-square",
        "The table has a row for each number of jets; n is the topology's number of products. \"All\" are the events\n"
        "with at least one particle whose jets are all present, \"complete\" those with all particles. Fraction:\n"
        "fraction of the events that were read. Event: every particle that is present has its jets; the other\n"
        "columns: fraction of the particles present that have theirs. SPANet selects jets as run does\n"
        "(--selection), in rows marked so greedily as in the talk; chi-square uses the best of all permutations.\n"
        "--tagging all adds chi-square with each rule for tags, and processor time per event, beside the network's.\n"
        "Event weights are used, including negative ones; numbers of events (--json, --out) ignore them. --json and\n"
        "--out include errors.\n"
        "Heads stand beside the simplest rivals: a constant, and a linear or logistic regression on the number of "
        "jets,\n"
        "HT, the mass of all jets, and pT and m of the assigned jets. These learn from the events of chi-square\n"
        "(--chi2-fit, --chi2-events, those before --first; at most 20000, of positive weight), and a head that does\n"
        "not beat the best of them by two standard deviations is marked with \"!\": in the mean square, of laplacian\n"
        "heads in the mean absolute residual, of classes in the cross-entropy.\n\n"
        "  spanet evaluate --weights w.safetensors --events ttbar.csv --first 90000 --plots plots\n"
        "  spanet evaluate --weights w.safetensors --events test.csv --chi2-fit train.csv --chi2-events 0,20000 "
        "--tagging strict --leading 8 --json\n" },
    { "scaling", SCALING, command_scaling, "measures CPU time per event as a function of the number of jets",
        "For top pairs, ttH and four tops: SPANet (networks of random parameters, presets default and public, 16\n"
        "events at once), chi-square over every permutation, and the same result found particle by particle.\n"
        "Medians, on one core, of random jets.\n\n"
        "  spanet scaling --plots plots\n"
        "  spanet scaling --max-jets 20 --limit 10 --json\n" },
    { "export", EXPORT, command_export, "writes a network as a C array, or for SPANet's public code",
        "The header is C99 and C++11 and defines one array of bytes, NAME. Include it in one file of a program; and\n"
        "passwd_spanet_parse(NAME, sizeof NAME, \"NAME\", ...) then reads the network from it.\n"
        "The bytes are only needed during that call.\n"
        "--state-dict writes the tensors of the public code's state_dict, its options (JSON) and its event file\n"
        "(YAML) as metadata \"options\" and \"event_info\". In Python:\n\n"
        "  f = safetensors.safe_open(\"s.safetensors\", \"pt\")\n"
        "  open(\"event.yaml\", \"w\").write(f.metadata()[\"event_info\"])\n"
        "  options = Options(\"event.yaml\", ...); options.update_options(json.loads(f.metadata()[\"options\"]))\n"
        "  JetReconstructionModel(options).load_state_dict({k: f.get_tensor(k) for k in f.keys()})\n\n"
        "  spanet export --weights weights.safetensors --c weights.h --name weights\n"
        "  spanet export --weights weights.safetensors --state-dict s.safetensors\n" }
};

int main(int argc, char **argv) {
    const tool spanet = { "finds the jets of every particle (SPANet, arXiv 2010.09206, 2106.03898)",
        "  spanet train    --topology ttbar --events train.csv --out w.safetensors\n"
        "  spanet run      --weights w.safetensors --events data.csv --out results.csv\n"
        "  spanet evaluate --weights w.safetensors --events test.csv --chi2-fit train.csv --plots plots\n",
        known_options, sizeof known_options / sizeof *known_options, commands, sizeof commands / sizeof *commands };
    settings s;
    processes_begin(&argc, &argv);
    memset(&s, 0, sizeof s);
    s.seed = 1;
    s.limit = 1.0;
    s.threads = all_threads();
    return run_tool(&spanet, &s, argc, argv);
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet export
   --------------------------------------------------------------------------------------------------------------- */

static const char *read_bytes(const settings *s, const void *bytes, size_t count, passwd_error *error) {
    passwd_spanet *net = NULL;
    if (passwd_spanet_parse(bytes, count, s->weights, NULL, 0, NULL, &net, error)) return NULL;
    passwd_spanet_free(net);
    return "passwd_spanet_parse";
}
static int export_state_dict(const settings *s) {
    passwd_spanet *net = NULL;
    passwd_error error;
    const char *files[2];
    int status = OK;
    files[0] = s->state_dict;
    files[1] = s->weights;
    if (check_outputs(files, 1, 2) != OK) return USAGE;
    if (passwd_spanet_load(s->weights, NULL, 0, NULL, &net, &error)
        || passwd_spanet_save_public(net, s->state_dict, &error))
        status = failed(&error);
    passwd_spanet_free(net);
    return status;
}
static int command_export(const settings *s) {
    int status = OK;
    if (!s->header && !s->state_dict)
        return complain(USAGE, "--c W.h or --state-dict S.safetensors is missing; see spanet export --help");
    if (s->header) status = export_weights(s, s->weights, s->header, s->array, read_bytes);
    return status == OK && s->state_dict ? export_state_dict(s) : status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Topologies and events
   --------------------------------------------------------------------------------------------------------------- */

static int read_topology(const char *name, passwd_spanet_topology *t) {
    passwd_error error;
    if (passwd_spanet_topology_preset(name, t, NULL) == PASSWD_OK) return OK;
    if (access(name, F_OK))
        return complain(FAILED, "%s: there is no such topology file; predefined ones are ttbar, ttH, tttt and W", name);
    return passwd_spanet_topology_load(name, NULL, t, &error) == PASSWD_OK ? OK : failed(&error);
}
/* Events [first, first + count) of all files, block by block; count 0: to their end. */
typedef struct range {
    source from;
    meter meter;
    int64_t first, count, seen;
} range;

static int range_open(range *r, const texts *files, const passwd_event_options *options, int64_t first, int64_t count) {
    passwd_events passed;
    int64_t read = 0;
    int status = OK;
    memset(r, 0, sizeof *r);
    memset(&passed, 0, sizeof passed);
    r->first = first;
    r->count = count;
    if (!source_open(&r->from, files, options)) return FAILED;
    while (status == OK && read < first && !interrupted) {
        status = source_next(&r->from, first - read < BLOCK ? first - read : BLOCK, &passed);
        if (status == OK && passed.count == 0)
            status = complain(FAILED, "%s: there is no event %lld; the file has %lld events", name_of_files(files),
                (long long)first, (long long)read);
        read += passed.count;
    }
    passwd_events_free(&passed);
    if (status != OK) source_close(&r->from);
    r->meter = meter_new();
    return status;
}
/* No collider makes events whose jets have so much momentum; in MeV all do. */
static int check_units(const passwd_events *events, const char *path) {
    enum { HIGHEST = 7000 };
    int64_t k, high = 0;
    for (k = 0; k < events->objects; k++) high += events->pt[k] > HIGHEST;
    if (2 * high <= events->objects) return OK;
    return complain(FAILED,
        "%s: half of the objects have pt above %d GeV: these look like MeV; divide pt, m and e by 1000", path,
        (int)HIGHEST);
}
/* The next events, at most `most`; none at the end. */
static int range_read(range *r, int64_t most, passwd_events *events) {
    char text[64];
    double done = source_part(&r->from);
    if (r->count && most > r->count - r->seen) most = r->count - r->seen;
    if (interrupted) return complain(FAILED, "interrupted; nothing was kept");
    if (most == 0) {
        passwd_events_free(events);
        return OK;
    }
    if (source_next(&r->from, most, events)) return FAILED;
    if (r->seen == 0 && check_units(events, name_of_files(r->from.files))) return FAILED;
    r->seen += events->count;
    if (r->count) done = fmax(done, (double)r->seen / (double)r->count);
    snprintf(text, sizeof text, "%lld events", (long long)r->seen);
    meter_show(&r->meter, done, text);
    if (r->seen == 0)
        return complain(FAILED, "%s: there is no event %lld; the file has as many events", name_of_files(r->from.files),
            (long long)r->first);
    if (r->count && events->count == 0)
        complain(OK, "%s: only %lld events follow the first %lld", name_of_files(r->from.files), (long long)r->seen,
            (long long)r->first);
    return OK;
}
static void tell_dropped(int64_t dropped, int most) {
    if (dropped > 0)
        complain(OK, "jets dropped: %lld; the network uses the %d of highest pT of an event", (long long)dropped, most);
}
/* The number of events with all particles, and with at least one. */
static int tell_targets(const passwd_spanet_topology *t, const passwd_events *events, int max_jets, const char *path) {
    passwd_spanet_target *targets = (passwd_spanet_target *)malloc((size_t)events->count * sizeof *targets);
    passwd_error error;
    double complete = 0.0, some = 0.0;
    int64_t k;
    int status = OK;
    if (!targets)
        return complain(FAILED, "there is not enough memory for the targets of %lld events", (long long)events->count);
    if (passwd_spanet_targets(t, events, 0, events->count, max_jets, targets, &error))
        status = complain(FAILED, "%s: %s", path, error.message);
    for (k = 0; status == OK && k < events->count; k++) {
        complete += targets[k].there == (1 << t->particles) - 1;
        some += targets[k].there != 0;
    }
    if (status == OK && t->particles == 1)
        complain(OK, "%lld events: %.1f %% have all jets of %s", (long long)events->count,
            100.0 * some / (double)events->count, t->particle[0].name);
    else if (status == OK)
        complain(OK, "%lld events: %.1f %% have the jets of every particle, %.1f %% of at least one",
            (long long)events->count, 100.0 * complete / (double)events->count, 100.0 * some / (double)events->count);
    free(targets);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet train
   --------------------------------------------------------------------------------------------------------------- */

/* Options of the public code that have no effect here. */
static void tell_unused(const char *where, const char *json, size_t length) {
    char names[1024];
    if (passwd_spanet_passed_over(json, length, names, sizeof names))
        complain(OK, "%s: without effect here: %s", where, names);
}
static void tell_unused_of(const char *path, const passwd_spanet *net) {
    if (*passwd_spanet_unused(net)) complain(OK, "%s: without effect here: %s", path, passwd_spanet_unused(net));
}
static passwd_status read_setting(void *c, const char *json, size_t length, const char *name, passwd_error *error) {
    const passwd_status read = passwd_spanet_config_read((passwd_spanet_config *)c, json, length, name, error);
    if (read == PASSWD_OK) tell_unused("--set", json, length);
    return read;
}
/* The present contents of c, then file, then command line. */
static int configure(const settings *s, passwd_spanet_config *c) {
    passwd_error error;
    int k, status = OK;
    if (s->config) {
        size_t length = 0;
        char *text = read_text(s->config, &length);
        if (!text) return FAILED;
        if (passwd_spanet_config_read(c, text, length, s->config, &error)) status = failed(&error);
        else tell_unused(s->config, text, length);
        free(text);
    }
    for (k = 0; k < s->set.count && status == OK; k++) status = set_one(s->set.item[k], read_setting, c);
    if (s->epochs) c->epochs = s->epochs;
    if (s->batch) c->batch_size = s->batch;
    if (s->rate > 0.0) c->learning_rate = (float)s->rate;
    return status;
}
/* Gives a network the parameters of another, which must have the same. */
static int copy_parameters(passwd_spanet *to, const passwd_spanet *from) {
    const passwd_model *a = passwd_spanet_model(from);
    passwd_model *b = passwd_spanet_model(to);
    float *values = (float *)malloc(passwd_parameter_floats(b) * sizeof *values);
    passwd_error error;
    int k, same = 1, status = OK;
    if (!values) return complain(FAILED, "there is not enough memory for the parameters");
    memcpy(values, passwd_parameters(b), passwd_parameter_floats(b) * sizeof *values);
    for (k = 0; same && k < passwd_parameter_count(a); k++)
        same =
            !passwd_parameter_at(a, k)->trainable || passwd_parameter_find(b, passwd_parameter_at(a, k)->name) != NULL;
    for (k = 0; same && k < passwd_parameter_count(b); k++) {
        const passwd_parameter *p = passwd_parameter_at(b, k), *q = passwd_parameter_find(a, p->name);
        same = q ? q->count == p->count : !p->trainable; /* class weights are computed again */
        if (q && same) memcpy(values + p->offset, passwd_parameters(a) + q->offset, p->count * sizeof *values);
    }
    if (!same)
        status =
            complain(FAILED, "these settings change the network of --weights; only those of the training may change");
    else if (passwd_set_parameters(b, values, &error)) status = failed(&error);
    free(values);
    return status;
}
/* What a training begins with: a topology and settings, from --weights if there are any. */
typedef struct plan {
    passwd_spanet_topology topology;
    passwd_spanet_config config;
    passwd_spanet *old;
} plan;

static int has_product_heads(const passwd_spanet_topology *t) {
    int k;
    for (k = 0; k < t->heads && t->head[k].product < 0; k++) {}
    return k < t->heads;
}
static plan *make_plan(const settings *s) {
    plan *p = (plan *)calloc(1, sizeof *p);
    passwd_error error;
    int status = p ? OK : complain(FAILED, "there is not enough memory for a topology");
    if (status == OK && s->topology) status = read_topology(s->topology, &p->topology);
    if (status == OK && s->weights
        && passwd_spanet_load(s->weights, s->topology ? &p->topology : NULL, 0, NULL, &p->old, &error))
        status = failed(&error);
    if (status == OK && p->old) {
        tell_unused_of(s->weights, p->old);
        p->topology = *passwd_spanet_topology_of(p->old);
        p->config = *passwd_spanet_config_of(p->old);
    } else if (status == OK && passwd_spanet_preset(s->preset ? s->preset : "default", &p->config, &error))
        status = failed(&error);
    else if (status == OK && has_product_heads(&p->topology) && p->config.num_jet_encoder_layers == 0) {
        p->config.num_jet_encoder_layers = 1;
        complain(OK, "heads of products need encoders of their own: num_jet_encoder_layers is 1 instead of 0");
    }
    if (status == OK) status = configure(s, &p->config);
    if (status == OK) return p;
    if (p) passwd_spanet_free(p->old);
    free(p);
    return NULL;
}
/* The network of a plan: new, as many classes as the events have, or that of --weights with the requested settings. */
static int make_network(const settings *s, plan *p, const passwd_events *events, passwd_spanet **net) {
    passwd_error error;
    if (passwd_spanet_classes(&p->topology, events, 0, events->count, &error))
        return complain(FAILED, "%s: %s", name_of_files(&s->events), error.message);
    if (passwd_spanet_new(&p->config, &p->topology, (uint64_t)s->seed, NULL, net, &error)) return failed(&error);
    return p->old ? copy_parameters(*net, p->old) : OK;
}
/* The number of events that each head has a truth of, and of each class. */
static int tell_truth(const head_studies *heads, const passwd_events *events, const char *path) {
    int k, c;
    int64_t e;
    for (k = 0; k < heads->count; k++) {
        const head_study *h = heads->head + k;
        int64_t number[PASSWD_SPANET_CLASSES_MAX], known = 0;
        char text[200] = "";
        size_t at = 0;
        memset(number, 0, sizeof number);
        if (h->trained && !events->number[h->column])
            return complain(FAILED, "%s: there is no column \"%s\" to train this head on", path, h->name);
        for (e = 0; e < events->count; e++) {
            const double truth = head_truth(h, events, e);
            known += !isnan(truth);
            if (truth >= 0.0 && truth < h->classes) number[(int)truth]++;
        }
        for (c = 0; c < h->classes && at < sizeof text; c++)
            at += (size_t)snprintf(
                text + at, sizeof text - at, "%s%lld", c ? ", " : "; of the classes from 0 on: ", (long long)number[c]);
        complain(OK, "%s: %lld events with its truth%s", h->name, (long long)known, text);
        for (c = 0; c < h->classes; c++)
            if (h->trained && known && !number[c]) complain(OK, "warning: no event has class %d of %s", c, h->name);
    }
    return OK;
}
/* Says what memory networks take here if it is much, before they take it; refuses more than the machine has. lower: the
   option that lowers it. */
static int check_memory(
    passwd_spanet *const *nets, int count, const passwd_workspace_options *o, int64_t events, const char *lower) {
    const int most = passwd_spanet_config_of(nets[0])->max_jets;
    double bytes = 0.0;
    int k;
    for (k = 0; k < count; k++) bytes += passwd_spanet_memory(nets[k], o, events);
    if (bytes < 1e9) return OK;
#ifdef _SC_PHYS_PAGES
    {
        const double there = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
        if (there > 0.0 && bytes > there)
            return complain(FAILED,
                "this takes %.1f GB of memory and the machine has %.1f GB: fewer than %d jets (%s) or --threads take "
                "less",
                1e-9 * bytes, 1e-9 * there, most, lower);
    }
#endif
    return complain(OK, "memory: %.1f GB for %d threads and up to %d jets (%s or --threads: less)", 1e-9 * bytes,
        o->threads, most, lower);
}
static passwd_status save_spanet(const void *net, const char *path, passwd_error *error) {
    return passwd_spanet_save((const passwd_spanet *)net, path, error);
}

/* Means of the loss and its terms over every epoch, and the validation loss after it, for the picture. */
enum { TERMS = 2 * PASSWD_SPANET_PARTICLES + PASSWD_SPANET_HEADS + 8 };
typedef struct history {
    training *t;
    int epochs, terms;
    double *steps, *total, *validation, *term[TERMS], *aside[TERMS]; /* aside: terms of the validation loss */
} history;

static int history_new(history *h, training *t, int epochs) {
    int k;
    memset(h, 0, sizeof *h);
    h->t = t;
    h->epochs = epochs;
    h->terms = passwd_loss_count(t->model) < TERMS ? passwd_loss_count(t->model) : TERMS;
    h->steps = (double *)calloc((size_t)epochs * (size_t)(3 + 2 * h->terms), sizeof(double));
    if (!h->steps) return complain(FAILED, "there is not enough memory for %d epochs", epochs);
    h->total = h->steps + epochs;
    h->validation = h->total + epochs;
    for (k = 0; k < h->terms; k++) {
        h->term[k] = h->validation + (k + 1) * epochs;
        h->aside[k] = h->term[k] + h->terms * epochs;
    }
    for (k = 0; k < epochs; k++) h->validation[k] = (double)NAN;
    return OK;
}
static int on_history(void *user, const passwd_progress *p) {
    history *h = (history *)user;
    const int64_t epoch = (p->step - 1) * p->epochs / p->steps;
    int k;
    if (epoch >= 0 && epoch < h->epochs) {
        h->steps[epoch] += 1.0;
        h->total[epoch] += p->total;
        for (k = 0; k < h->terms; k++) h->term[k][epoch] += p->terms[k];
        if (p->validated) h->validation[epoch] = p->validation;
        for (k = 0; p->validated && k < h->terms; k++) h->aside[k][epoch] = p->validation_terms[k];
    }
    return on_step(h->t, p);
}
static int plot_history(const history *h, const char *folder) {
    double *x = (double *)malloc((size_t)h->epochs * 2 * sizeof *x), *y = x + h->epochs;
    plot *p = plot_new("Epoch", "Loss");
    int k, i, colors = 1;
    if (!x) return complain(FAILED, "there is not enough memory for %d epochs", h->epochs);
    for (k = -1; k < h->terms; k++) {
        const double *sum = k < 0 ? h->total : h->term[k];
        char name[64];
        int n = 0;
        if (k >= 0 && is_monitor(passwd_loss_name(h->t->model, k))) continue;
        plain(name, k < 0 ? "Total" : passwd_loss_name(h->t->model, k));
        if (*name >= 'a' && *name <= 'z' && !strchr(name, '/')) *name = (char)(*name - 'a' + 'A');
        for (i = 0; i < h->epochs; i++)
            if (h->steps[i] > 0.0) {
                x[n] = i + 1;
                y[n++] = sum[i] / h->steps[i];
            }
        if (n > 1) plot_line(p, x, y, n, name, style_of(k < 0 ? 0 : colors++, PLOT_SOLID));
        else plot_points(p, x, y, NULL, n, name, style_of(k < 0 ? 0 : colors++, PLOT_SOLID));
    }
    for (i = 0; i < h->epochs; i++) x[i] = i + 1;
    for (i = 0; i < h->epochs && isnan(h->validation[i]); i++) {}
    plot_range(p, 0.5, h->epochs + 0.5, 0.0, 0.0);
    if (i < h->epochs) plot_points(p, x, h->validation, NULL, h->epochs, "Total, validation", style_of(0, PLOT_SOLID));
    free(x);
    return write_plot(p, folder, "loss.png");
}
/* The loss of a head if it always gave the mean, the median or the frequencies of its truth. */
static double constant_loss(const head_study *h, const passwd_events *events) {
    double number[PASSWD_SPANET_CLASSES_MAX], sum = 0.0, mean = 0.0, square = 0.0, loss = 0.0;
    int64_t e;
    int c;
    if (h->kind == PASSWD_SPANET_GAUSSIAN || h->kind == PASSWD_SPANET_LAPLACIAN) return 1.0;
    memset(number, 0, sizeof number);
    for (e = 0; e < events->count; e++) {
        const double truth = head_truth(h, events, e);
        const double w = isnan(truth) ? 0.0 : events->weight[e] * (is_class(h) ? h->class_weight[(int)truth] : 1.0);
        if (!(w > 0.0)) continue;
        sum += w;
        mean += w * truth;
        square += w * truth * truth;
        if (is_class(h)) number[(int)truth] += w;
    }
    for (c = 0; c < h->classes; c++)
        if (number[c] > 0.0) loss -= number[c] / sum * log(number[c] / sum);
    return is_class(h) ? loss : square / sum - mean / sum * (mean / sum);
}
/* The losses of the heads in the last epoch, and on the events set aside after the best one. */
static int tell_heads(const history *h, const passwd_spanet *net, const passwd_spanet_columns *columns,
    const passwd_events *events, int best) {
    head_studies heads;
    int k, i, last = h->epochs - 1, status = heads_open(&heads, net, columns, 1);
    while (last >= 0 && !(h->steps[last] > 0.0)) last--;
    for (k = 0; k < heads.count && last >= 0 && status == OK; k++)
        for (i = 0; i < h->terms; i++) {
            char aside[64] = "";
            if (strcmp(passwd_loss_name(h->t->model, i), heads.head[k].name)) continue;
            if (best > 0 && best <= h->epochs && !isnan(h->validation[best - 1]))
                snprintf(aside, sizeof aside, ", %.4g on the events set aside", h->aside[i][best - 1]);
            complain(OK, "%s: loss %.4g%s; a constant has %.4g", heads.head[k].name, h->term[i][last] / h->steps[last],
                aside, constant_loss(heads.head + k, events));
        }
    heads_close(&heads);
    return status;
}
static int train_on(passwd_spanet *net, const passwd_spanet_columns *columns, const passwd_events *events,
    const settings *s, training *t) {
    const passwd_spanet_config *c = passwd_spanet_config_of(net);
    passwd_train_options o;
    passwd_train_report r;
    passwd_error error;
    passwd_status status;
    history h;
    passwd_workspace_options memory;
    int64_t dropped = 0;
    int result;
    memset(&memory, 0, sizeof memory);
    memory.threads = s->threads;
    memory.losses = 1;
    if (check_memory(&net, 1, &memory, events->count, "--set max_jets=N") || history_new(&h, t, c->epochs))
        return FAILED;
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    o.seed = (uint64_t)s->seed;
    o.fine_tune = s->weights != NULL;
    o.checkpoint = s->checkpoint;
    o.progress = on_history;
    o.user = &h;
    o.ranks = processes();
    memset(&r, 0, sizeof r);
    catch_interrupts();
    status = passwd_spanet_train(net, events, 0, events->count, &o, &r, &dropped, &error);
    tell_dropped(dropped, c->max_jets);
    result = end_training(t, status, &error, &r, 0, net, s->out, save_spanet);
    if (r.steps > 0 && tell_heads(&h, net, columns, events, r.best_epoch)) result = FAILED;
    if (r.steps > 0 && s->plots && plot_history(&h, s->plots)) result = FAILED;
    free(h.steps);
    return result;
}
static int command_train(const settings *s) {
    passwd_spanet *net = NULL;
    plan *start = NULL;
    passwd_spanet_columns columns;
    passwd_events events;
    head_studies heads;
    training t;
    const char *files[6];
    int status;
    if (!s->topology && !s->weights) return complain(USAGE, "--topology T is missing; see spanet train --help");
    if (s->preset && s->weights)
        return complain(USAGE, "--preset and --weights exclude each other: the weights contain their settings");
    memset(&events, 0, sizeof events);
    memset(&t, 0, sizeof t);
    memset(&heads, 0, sizeof heads);
    files[0] = s->out;
    files[1] = s->log;
    files[2] = s->checkpoint;
    files[3] = s->config;
    files[4] = s->weights;
    files[5] = s->topology;
    status = check_outputs(files, 3, 6);
    if (status == OK) status = check_read(files, 3, &s->events);
    if (status == OK && !(check_writable(s->out) && (!s->checkpoint || check_writable(s->checkpoint)))) status = FAILED;
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK && !(start = make_plan(s))) status = FAILED;
    if (status == OK) {
        passwd_spanet_columns_of(&start->topology, &columns);
        status = load_range(&s->events, &columns.options, s->first, s->count, "event", &events);
    }
    if (status == OK) status = check_units(&events, name_of_files(&s->events));
    if (status == OK) status = make_network(s, start, &events, &net);
    if (start) passwd_spanet_free(start->old);
    free(start);
    if (status == OK) status = heads_open(&heads, net, &columns, 1);
    if (status == OK)
        status = tell_targets(
            passwd_spanet_topology_of(net), &events, passwd_spanet_config_of(net)->max_jets, name_of_files(&s->events));
    if (status == OK) status = tell_truth(&heads, &events, name_of_files(&s->events));
    heads_close(&heads);
    if (status == OK) {
        t.model = passwd_spanet_model(net);
        t.meter = meter_new();
        t.log_path = s->log;
        status = train_on(net, &columns, &events, s, &t);
    }
    status = close_log(&t, status);
    passwd_events_free(&events);
    passwd_spanet_free(net);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet run
   --------------------------------------------------------------------------------------------------------------- */

/* A network, or several that are averaged, and the buffers to run them block by block. */
typedef struct runner {
    passwd_spanet *net, *all[MANY]; /* net: the first of all */
    passwd_spanet_job *job;
    passwd_spanet_topology topology; /* the network's, with the targets of --topology */
    passwd_spanet_columns columns;
    head_studies heads; /* what they say of the latest block */
    int max_jets;
    passwd_spanet_selection selection; /* requested, or the network's */
    int64_t dropped;
} runner;

static void runner_close(runner *r) {
    int k;
    if (!r) return;
    heads_close(&r->heads);
    passwd_spanet_job_free(r->job);
    for (k = 0; k < MANY; k++) passwd_spanet_free(r->all[k]);
    free(r);
}
/* NULL after a complaint. */
static runner *runner_open(const settings *s) {
    runner *r = (runner *)calloc(1, sizeof *r);
    passwd_workspace_options o;
    passwd_error error;
    int p, k, status = r ? OK : complain(FAILED, "there is not enough memory for a network");
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    if (status == OK && s->topology) status = read_topology(s->topology, &r->topology);
    for (k = 0; status == OK && k < s->members.count; k++)
        if (passwd_spanet_load(
                s->members.item[k], s->topology ? &r->topology : NULL, s->max_jets, NULL, r->all + k, &error))
            status = failed(&error);
        else tell_unused_of(s->members.item[k], r->all[k]);
    if (status == OK) status = check_memory(r->all, s->members.count, &o, 0, "--max-jets N");
    if (status == OK
        && passwd_spanet_job_ensemble((const passwd_spanet *const *)r->all, s->members.count, &o, &r->job, &error))
        status = failed(&error);
    if (status != OK) {
        runner_close(r);
        return NULL;
    }
    r->net = r->all[0];
    {
        passwd_spanet_topology *asked = s->topology ? (passwd_spanet_topology *)malloc(sizeof *asked) : NULL;
        if (asked) *asked = r->topology;
        r->topology = *passwd_spanet_topology_of(r->net);
        for (p = 0; asked && p < r->topology.particles; p++)
            memcpy(r->topology.particle[p].target, asked->particle[p].target, sizeof asked->particle[p].target);
        free(asked);
    }
    passwd_spanet_columns_of(&r->topology, &r->columns);
    if (heads_open(&r->heads, r->net, &r->columns, BLOCK)) {
        runner_close(r);
        return NULL;
    }
    passwd_spanet_job_heads(r->job, r->heads.said);
    r->max_jets = passwd_spanet_config_of(r->net)->max_jets;
    r->selection = s->selection ? (passwd_spanet_selection)(s->selection - 1) : passwd_spanet_selection_of(r->net);
    return r;
}
static passwd_spanet_answer *block_of_answers(int blocks) {
    passwd_spanet_answer *a = (passwd_spanet_answer *)malloc((size_t)blocks * BLOCK * sizeof *a);
    if (!a) complain(FAILED, "there is not enough memory for %d answers", blocks * BLOCK);
    return a;
}
static int is_assigned(const passwd_spanet_assignment *a) { return a->jet[0] >= 0; }

typedef struct missing {
    int64_t particles, events;
} missing; /* without assignment */

static void write_event(FILE *to, const runner *r, const keeping *kept, const passwd_events *v, int64_t event,
    const passwd_spanet_answer *answer, missing *none) {
    int32_t rows[PASSWD_MAX_OBJECTS];
    int p, k, some = 0;
    passwd_spanet_jets(&r->topology, v, event, r->max_jets, rows, NULL, NULL);
    for (p = 0; p < r->topology.particles; p++) {
        const passwd_spanet_assignment *a = answer->particle + p;
        const int there = is_assigned(a);
        fprintf(to, "%lld,%s,", (long long)v->id[event], r->topology.particle[p].name);
        for (k = 0; there && k < r->topology.particle[p].products; k++)
            fprintf(to, "%s%d", k ? " " : "", (int)rows[(int)a->jet[k]]);
        if (there) put_number(to, (double)a->probability);
        else fputc(',', to);
        if (isnan(a->detection)) fputc(',', to);
        else put_number(to, (double)a->detection);
        if (there) {
            put_number(to, a->pt);
            put_number(to, a->pt > 0.0 ? a->eta : 0.0);
            put_number(to, a->phi);
            put_number(to, a->m);
        } else fputs(",,,,", to);
        heads_write(&r->heads, event, to);
        keep_event(kept, v, event, to);
        fputc('\n', to);
        none->particles += !there;
        some |= !there;
    }
    none->events += some;
}
static int run_all(runner *r, const settings *s, output *to, missing *none) {
    passwd_spanet_answer *answers = block_of_answers(1);
    passwd_events events;
    passwd_error error;
    range from;
    int64_t k;
    keeping kept;
    char *header = heads_header(&r->heads, "event,particle,jets,probability,detection,pt,eta,phi,m");
    int status = answers && header ? keep_read(&kept, s->keep, header, &r->columns.options) : FAILED;
    if (status == OK) status = range_open(&from, &s->events, &kept.options, 0, 0);
    if (status != OK) {
        free(header);
        free(answers);
        return status;
    }
    memset(&events, 0, sizeof events);
    fputs(header, to->file);
    free(header);
    keep_header(&kept, to->file);
    fputc('\n', to->file);
    while ((status = range_read(&from, BLOCK, &events)) == OK && events.count > 0) {
        if (passwd_spanet_run(r->job, &events, 0, events.count, r->selection, answers, &r->dropped, &error)) {
            status = failed_in(reading, &error);
            break;
        }
        for (k = 0; k < events.count; k++) write_event(to->file, r, &kept, &events, k, answers + k, none);
        if (ferror(to->file)) {
            status = FAILED;
            break;
        } /* a full disk or a closed pipe is reported when the file is closed */
    }
    meter_clear();
    passwd_events_free(&events);
    source_close(&from.from);
    free(answers);
    return status;
}
static int command_run(const settings *s) {
    runner *r;
    output to;
    missing none = { 0, 0 };
    int k, status = OK;
    for (k = 0; strcmp(s->out, "-") && k < s->events.count; k++)
        if (same_file(s->out, s->events.item[k]))
            return complain(USAGE, "--out and --events are the same file, %s", s->out);
    for (k = 0; k < s->members.count; k++)
        if (same_file(s->out, s->members.item[k]))
            return complain(USAGE, "--out and --weights are the same file, %s", s->out);
    if (same_file(s->out, s->topology)) return complain(USAGE, "--out and --topology are the same file, %s", s->out);
    r = runner_open(s);
    if (!r) return FAILED;
    if (!output_open(&to, s->out)) {
        runner_close(r);
        return FAILED;
    }
    catch_interrupts();
    status = run_all(r, s, &to, &none);
    if (!output_close(&to, status == OK || ferror(to.file))) status = FAILED;
    tell_dropped(r->dropped, r->max_jets);
    if (status == OK && none.particles)
        complain(OK, "without assignment: %lld particles in %lld events with too few jets; their fields are empty",
            (long long)none.particles, (long long)none.events);
    runner_close(r);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet evaluate: collecting
   --------------------------------------------------------------------------------------------------------------- */

/* The first three as in passwd_spanet_selection; the last two are chi-square with the other taggings, if all are asked
   for. */
enum { JOINT, GREEDY, EXPECTED, CHI2, CHI2_NONE, CHI2_STRICT, METHODS };
static const char *const method_names[CHI2] = { "joint", "greedy", "expected" };
static const char *const method_keys[METHODS] = { "spanet_joint", "spanet_greedy", "spanet_expected", "chi2",
    "chi2_none", "chi2_strict" };
static const char *const tag_names[] = { "no tags", "b quarks get tagged jets",
    "b quarks get tagged jets and others do not" };

typedef struct mass {
    float value;
    int right;
} mass;
typedef struct masses {
    mass *item;
    size_t count, room;
} masses;

typedef struct evaluation {
    const settings *s;
    runner *r;
    passwd_spanet_chi2 chi2;
    int has_chi2, all_taggings;
    double seconds[METHODS]; /* processor time */
    char fit[400];           /* where its masses and widths come from */
    passwd_spanet_table table[METHODS], by_jets[METHODS][PASSWD_MAX_OBJECTS + 1];
    masses mass[METHODS][PASSWD_SPANET_PARTICLES][2]; /* of all products, of the two exchangeable ones */
    missing none[METHODS];
    int64_t events;
    int weighted; /* not all weights are 1 */
} evaluation;

/* How SPANet selects in the columns of the table, and the names of the methods in tables. */
static int headline(const evaluation *e) { return (int)e->r->selection; }
static const char *key_of(const evaluation *e, int method) {
    return method == headline(e) ? "spanet" : method_keys[method];
}
/* For one particle all selections are the same, all events are complete, and particle and event efficiencies agree. */
static int is_single(const evaluation *e) { return e->r->topology.particles == 1; }
static int kinds_of(const evaluation *e) { return is_single(e) ? 1 : 2; }
static int is_used(const evaluation *e, int method) {
    return method < CHI2 || (method == CHI2 ? e->has_chi2 : e->all_taggings);
}
/* Whether a method has rows of its own in files. */
static int is_written(const evaluation *e, int method) {
    return is_used(e, method) && (!is_single(e) || method >= CHI2 || method == headline(e));
}
static passwd_spanet_tagging tagging_of(const evaluation *e, int method) {
    return method == CHI2_NONE  ? PASSWD_SPANET_TAG_NONE
        : method == CHI2_STRICT ? PASSWD_SPANET_TAG_STRICT
                                : e->chi2.tagging;
}
static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
/* Efficiency of a row of a table: of events (orbit -1) or of particles; with the events' weights. */
static double efficiency(const passwd_spanet_table *t, int kind, int row, int orbit, double *error) {
    const passwd_spanet_weights *w = &t->sums[kind][row];
    return orbit < 0 ? passwd_spanet_weighted_ratio(&w->right, &w->events, error)
                     : passwd_spanet_weighted_ratio(w->found + orbit, w->there + orbit, error);
}
static double fraction(const passwd_spanet_table *t, int kind, int row) {
    return t->weight > 0.0 ? t->sums[kind][row].events.sum / t->weight : (double)NAN;
}

/* The two exchangeable products of a particle of three (a W in a top), as bits; 0: there are none. */
static int pair_of(const passwd_spanet_particle *x) {
    int k, bits = 0;
    if (x->products != 3 || x->permutations != 2) return 0;
    for (k = 0; k < 3; k++)
        if (x->permutation[1][k] != k) bits |= 1 << k;
    return bits;
}
static double mass_of(const passwd_events *v, int64_t event, const int32_t *rows, const signed char *jet, int bits) {
    double e = 0.0, x = 0.0, y = 0.0, z = 0.0;
    int k;
    for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++) {
        int64_t row;
        if (!(bits >> k & 1)) continue;
        row = v->first[event] + rows[(int)jet[k]];
        e += v->e[row];
        x += v->pt[row] * cos(v->phi[row]);
        y += v->pt[row] * sin(v->phi[row]);
        z += v->pt[row] * sinh(v->eta[row]);
    }
    return sqrt(fmax(0.0, e * e - x * x - y * y - z * z));
}
static int add_mass(masses *m, double value, int right) {
    if (m->count == m->room) {
        mass *more = (mass *)realloc(m->item, (2 * m->room + BLOCK) * sizeof *more);
        if (!more) {
            complain(FAILED, "there is not enough memory for %zu masses", m->count);
            return 0;
        }
        m->item = more;
        m->room = 2 * m->room + BLOCK;
    }
    m->item[m->count].value = (float)value;
    m->item[m->count++].right = right;
    return 1;
}
static int add_masses(evaluation *e, int method, const passwd_events *v, int64_t event, const passwd_spanet_answer *a,
    const passwd_spanet_target *target) {
    const passwd_spanet_topology *t = &e->r->topology;
    int32_t rows[PASSWD_MAX_OBJECTS];
    unsigned char right = 0;
    int p, good = 1;
    passwd_spanet_jets(t, v, event, e->r->max_jets, rows, NULL, NULL);
    passwd_spanet_compare(t, a, target, NULL, &right);
    for (p = 0; p < t->particles && good; p++) {
        masses *m = e->mass[method][t->orbit[p]];
        const int pair = pair_of(t->particle + p);
        if (!is_assigned(a->particle + p)) continue;
        good = add_mass(
            m, mass_of(v, event, rows, a->particle[p].jet, (1 << t->particle[p].products) - 1), right >> p & 1);
        if (good && pair) good = add_mass(m + 1, mass_of(v, event, rows, a->particle[p].jet, pair), right >> p & 1);
    }
    return good;
}
/* Chi-square of all events of a block; they are independent. */
static int run_chi2(const evaluation *e, int method, const passwd_events *v, passwd_spanet_answer *answers) {
    const passwd_spanet_chi2_options o = { e->r->max_jets, 0, 0 };
    passwd_spanet_chi2 chi2 = e->chi2;
    passwd_error error;
    int64_t k;
    int status = OK;
    chi2.tagging = tagging_of(e, method);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 16) num_threads(e->s->threads)
#endif
    for (k = 0; k < v->count; k++) {
        passwd_error mine;
        if (passwd_spanet_chi2_run(&chi2, &e->r->topology, v, k, &o, answers + k, NULL, &mine) == PASSWD_OK) continue;
#ifdef _OPENMP
#pragma omp critical
#endif
        {
            status = FAILED;
            error = mine;
        }
    }
    return status == OK ? OK : failed_in(reading, &error);
}
static int evaluate_block(
    evaluation *e, const passwd_events *v, passwd_spanet_answer *answers, passwd_spanet_target *targets) {
    const passwd_spanet_topology *t = &e->r->topology;
    passwd_error error;
    int64_t k, dropped = 0;
    int method, p;
    if (passwd_spanet_targets(t, v, 0, v->count, e->r->max_jets, targets, &error)) return failed_in(reading, &error);
    for (method = 0; method < METHODS; method++) {
        const double start = cpu();
        if (!is_used(e, method)) continue;
        if (method >= CHI2 && run_chi2(e, method, v, answers + method * BLOCK)) return FAILED;
        if (method < CHI2
            && passwd_spanet_run(e->r->job, v, 0, v->count, (passwd_spanet_selection)method, answers + method * BLOCK,
                method == JOINT ? &e->r->dropped : &dropped, &error))
            return failed_in(reading, &error);
        e->seconds[method] += cpu() - start;
    }
    for (method = 0; method < METHODS; method++) {
        if (!is_used(e, method)) continue;
        for (k = 0; k < v->count; k++) {
            const passwd_spanet_answer *a = answers + method * BLOCK + k;
            int some = 0;
            passwd_spanet_table_add(&e->table[method], t, a, targets + k, v->weight[k]);
            passwd_spanet_table_add(&e->by_jets[method][a->jets], t, a, targets + k, v->weight[k]);
            if (v->weight[k] < 1.0 || v->weight[k] > 1.0) e->weighted = 1;
            if (e->s->plots && (method == headline(e) || method == CHI2)
                && !add_masses(e, method, v, k, a, targets + k))
                return FAILED;
            if (method == headline(e) && heads_add(&e->r->heads, JUDGED, t, v, k, e->r->max_jets, a)) return FAILED;
            for (p = 0; p < t->particles; p++)
                if (!is_assigned(a->particle + p)) {
                    e->none[method].particles++;
                    some = 1;
                }
            e->none[method].events += some;
        }
    }
    e->events += v->count;
    return OK;
}
static int evaluate_all(evaluation *e) {
    passwd_spanet_answer *answers = block_of_answers(METHODS);
    passwd_spanet_target *targets = (passwd_spanet_target *)malloc(BLOCK * sizeof *targets);
    passwd_events events;
    range from;
    int status = answers && targets ? range_open(&from, &e->s->events, &e->r->columns.options, e->s->first, e->s->count)
                                    : FAILED;
    if (status == OK) {
        memset(&events, 0, sizeof events);
        while ((status = range_read(&from, BLOCK, &events)) == OK && events.count > 0
            && (status = evaluate_block(e, &events, answers, targets)) == OK) {}
        meter_clear();
        passwd_events_free(&events);
        source_close(&from.from);
    }
    if (status == OK && e->table[JOINT].row[0][3].events == 0)
        status = complain(FAILED, "%s: none of the %lld events has a particle with all its jets (column target)",
            name_of_files(&e->s->events), (long long)e->events);
    free(answers);
    free(targets);
    return status;
}

/* Chi-square: its terms, with masses and widths from the given events, or from those before --first. */
static void describe_fit(evaluation *e, const char *from) {
    const passwd_spanet_topology *t = &e->r->topology;
    size_t at = (size_t)snprintf(e->fit, sizeof e->fit, "%s;", from);
    int k, i;
    for (k = 0; k < e->chi2.terms && at < sizeof e->fit; k++) {
        const passwd_spanet_term *x = e->chi2.term + k;
        if (t->orbit[x->particle] != x->particle) continue;
        at += (size_t)snprintf(e->fit + at, sizeof e->fit - at, " %s", t->particle[x->particle].name);
        if (x->products != (1 << t->particle[x->particle].products) - 1)
            for (i = 0; i < t->particle[x->particle].products && at < sizeof e->fit; i++)
                if (x->products >> i & 1)
                    at += (size_t)snprintf(e->fit + at, sizeof e->fit - at, " %s", t->particle[x->particle].product[i]);
        if (at < sizeof e->fit)
            at += (size_t)snprintf(e->fit + at, sizeof e->fit - at, ": %.1f +- %.1f GeV,", x->mass, x->width);
    }
    if (at < sizeof e->fit && at > 0 && e->fit[at - 1] == ',') e->fit[at - 1] = 0;
}
static int fit_chi2(evaluation *e) {
    const settings *s = e->s;
    const texts other = one_file(s->chi2_fit), *files = s->chi2_fit ? &other : &s->events;
    int64_t first = 0, count = s->chi2_fit ? 0 : s->first;
    passwd_events events;
    passwd_error error;
    char from[200];
    int status;
    if (passwd_spanet_chi2_preset(&e->r->topology, &e->chi2, &error)) {
        if (s->chi2_fit || s->chi2_events.count || s->tagging || s->leading) return failed(&error);
        complain(OK, "without chi-square: %s", error.message);
        return OK;
    }
    e->has_chi2 = 1;
    e->chi2.leading = s->leading;
    if (s->chi2_events.count) {
        first = (int64_t)s->chi2_events.item[0];
        count = (int64_t)s->chi2_events.item[1];
    }
    if (!s->chi2_fit && (!count || (!s->chi2_events.count && count < 1000))) {
        describe_fit(e, "default masses and widths");
        return OK;
    }
    if (!s->chi2_fit && reads_standard_input(&s->events))
        return complain(USAGE, "standard input can be read only once: chi-square needs --chi2-fit F.csv");
    memset(&events, 0, sizeof events);
    status = load_range(files, &e->r->columns.options, first, count, "event", &events);
    if (status == OK) status = check_units(&events, name_of_files(files));
    if (status == OK
        && passwd_spanet_chi2_fit(&e->chi2, &e->r->topology, &events, 0, events.count, e->r->max_jets, &error))
        status = complain(FAILED, "%s: %s", name_of_files(files), error.message);
    snprintf(from, sizeof from, "fitted to %lld events of %.100s", (long long)events.count, name_of_files(files));
    if (status == OK) describe_fit(e, from);
    passwd_events_free(&events);
    return status;
}
/* Events [first, first + count) of these files are judged, too (count 0: to the end), as far as one can tell. */
static int is_judged(const settings *s, const texts *files, int64_t first, int64_t count) {
    int i, k, same = files == &s->events;
    for (i = 0; i < s->events.count; i++)
        for (k = 0; k < files->count; k++) same |= same_file(s->events.item[i], files->item[k]);
    if (!same) return 0;
    if (files != &s->events && s->events.count > 1) return 1;
    return (!count || first + count > s->first) && (!s->count || first < s->first + s->count);
}
/* What the rivals of heads learn from: the events that chi-square is fitted to, the last of them, with the answers of
   the network. */
static int learn_rivals(evaluation *e) {
    const settings *s = e->s;
    const texts other = one_file(s->chi2_fit), *files = s->chi2_fit ? &other : &s->events;
    head_studies *heads = &e->r->heads;
    int64_t first = 0, count = s->chi2_fit ? 0 : s->first, k, dropped = 0;
    passwd_spanet_answer *answers;
    passwd_events events;
    passwd_error error;
    range from;
    int status, opened;
    if (!heads->count) return OK;
    if (s->chi2_events.count) {
        first = (int64_t)s->chi2_events.item[0];
        count = (int64_t)s->chi2_events.item[1];
    }
    snprintf(heads->from, sizeof heads->from, "rivals have no events but the judged ones to learn from");
    if (!s->chi2_fit && (!count || reads_standard_input(files))) return OK;
    if (is_judged(s, files, first, count)) {
        complain(OK, "some events of --chi2-%s are judged: the rivals of heads do not learn from them",
            s->chi2_events.count ? "events" : "fit");
        return OK;
    }
    if (count > HEAD_MOST) {
        first += count - HEAD_MOST;
        count = HEAD_MOST;
    }
    answers = block_of_answers(1);
    status = answers ? range_open(&from, files, &e->r->columns.options, first, count ? count : HEAD_MOST) : FAILED;
    opened = status == OK;
    memset(&events, 0, sizeof events);
    while (status == OK && (status = range_read(&from, BLOCK, &events)) == OK && events.count > 0) {
        if (passwd_spanet_run(e->r->job, &events, 0, events.count, e->r->selection, answers, &dropped, &error))
            status = failed_in(reading, &error);
        for (k = 0; k < events.count && status == OK; k++)
            status = heads_add(heads, LEARNT, &e->r->topology, &events, k, e->r->max_jets, answers + k);
        heads->learnt += events.count;
    }
    meter_clear();
    passwd_events_free(&events);
    if (opened) source_close(&from.from);
    free(answers);
    snprintf(heads->from, sizeof heads->from, "rivals learnt from %lld events of %.200s, from number %lld on",
        (long long)heads->learnt, name_of_files(files), (long long)first);
    return status;
}
/* Without --tagging: b if the first event of the file has tags. */
static int choose_tagging(evaluation *e) {
    passwd_events events;
    int status = OK;
    if (!e->has_chi2) return OK;
    e->all_taggings = e->s->tagging == 4;
    e->chi2.tagging = e->all_taggings ? PASSWD_SPANET_TAG_B : (passwd_spanet_tagging)(e->s->tagging - 1);
    if (e->s->tagging) return OK;
    e->chi2.tagging = PASSWD_SPANET_TAG_NONE;
    if (reads_standard_input(&e->s->events))
        return complain(USAGE, "with events from standard input, chi-square needs --tagging none, b or strict");
    memset(&events, 0, sizeof events);
    status = load_range(&e->s->events, &e->r->columns.options, 0, 1, "event", &events);
    if (status == OK && events.number[PASSWD_SPANET_BTAG]) e->chi2.tagging = PASSWD_SPANET_TAG_B;
    passwd_events_free(&events);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet evaluate: table, CSV and JSON
   --------------------------------------------------------------------------------------------------------------- */

static const char *const kind_names[2] = { "All events", "Complete events" };
static const char *const kind_keys[2] = { "all", "complete" };

/* The common part of the names of exchangeable particles: t for t1 and t2. */
static void short_name(const passwd_spanet_topology *t, int orbit, char name[32]) {
    size_t same = strlen(t->particle[orbit].name), k;
    int p;
    for (p = orbit + 1; p < t->particles; p++) {
        if (t->orbit[p] != orbit) continue;
        for (k = 0; k < same && t->particle[p].name[k] == t->particle[orbit].name[k]; k++) {}
        same = k;
    }
    while (same > 0 && t->particle[orbit].name[same - 1] == '_') same--;
    if (same == 0) same = strlen(t->particle[orbit].name);
    snprintf(name, 32, "%.*s", (int)same, t->particle[orbit].name);
}
/* The common part of the names of exchangeable particles, unless others have the same. */
static void orbit_name(const passwd_spanet_topology *t, int orbit, char name[32]) {
    char other[32];
    int p;
    short_name(t, orbit, name);
    for (p = 0; p < t->particles; p++) {
        short_name(t, t->orbit[p], other);
        if (t->orbit[p] != orbit && (strcmp(name, other) == 0 || strcmp(name, t->particle[p].name) == 0))
            snprintf(name, 32, "%s", t->particle[orbit].name);
    }
    if (strcmp(name, "event") == 0) snprintf(name, 32, "event_"); /* a column of the tables */
}
static void row_name(const passwd_spanet_topology *t, int row, char name[32]) {
    passwd_spanet_table table;
    passwd_spanet_table_begin(&table, t);
    if (row < 3) snprintf(name, 32, "%s %d", row < 2 ? "==" : ">=", table.first + row);
    else snprintf(name, 32, "inclusive");
}
static void print_cell(int width, double value) {
    if (isnan(value)) printf(" %*s", width, "-");
    else printf(" %*.3f", width, value);
}
static void print_efficiencies(const evaluation *e, int method, int kind, int row) {
    const passwd_spanet_topology *t = &e->r->topology;
    char name[32];
    int p;
    printf("  ");
    print_cell(7, efficiency(&e->table[method], kind, row, -1, NULL));
    for (p = 0; p < t->particles; p++) {
        if (t->orbit[p] != p || is_single(e)) continue;
        orbit_name(t, p, name);
        print_cell(strlen(name) > 7 ? (int)strlen(name) : 7, efficiency(&e->table[method], kind, row, p, NULL));
    }
}
/* One or two lines of column headings. */
static void print_heads(const evaluation *e) {
    const passwd_spanet_topology *t = &e->r->topology;
    char name[32];
    int method, p, width = 8;
    for (p = 0; p < t->particles; p++) {
        if (t->orbit[p] != p || is_single(e)) continue;
        orbit_name(t, p, name);
        width += 1 + (strlen(name) > 7 ? (int)strlen(name) : 7);
    }
    printf("%45s     %-*s%s\n", "", e->has_chi2 ? width + 2 : 0, "SPANet", e->has_chi2 ? "chi-square" : "");
    printf("%-17s%-20s%8s", "", "jets", "fraction");
    for (method = 0; method < METHODS; method += CHI2) {
        if (method == CHI2 && !e->has_chi2) break;
        printf("  %8s", "event");
        for (p = 0; p < t->particles; p++) {
            if (t->orbit[p] != p || is_single(e)) continue;
            orbit_name(t, p, name);
            printf(" %*s", strlen(name) > 7 ? (int)strlen(name) : 7, name);
        }
    }
    printf("\n");
}
/* The network beside chi-square with all taggings: inclusive efficiencies, and processor time per event. */
static void print_taggings(const evaluation *e) {
    const passwd_spanet_topology *t = &e->r->topology;
    const int order[4] = { headline(e), CHI2_NONE, CHI2, CHI2_STRICT };
    char name[64], orbit[32];
    int k, p, kind;
    printf("\n%-56s", "Inclusive");
    for (kind = 0; kind < kinds_of(e); kind++) {
        printf("  %8s", kind ? "complete" : "event");
        for (p = 0; p < t->particles && !is_single(e); p++) {
            if (t->orbit[p] != p) continue;
            orbit_name(t, p, orbit);
            printf(" %*s", strlen(orbit) > 7 ? (int)strlen(orbit) : 7, orbit);
        }
    }
    printf("  %10s\n", "ms / event");
    for (k = 0; k < 4; k++) {
        snprintf(name, sizeof name, "%s%s", k ? "chi-square, " : "SPANet", k ? tag_names[tagging_of(e, order[k])] : "");
        printf("%-56s", name);
        for (kind = 0; kind < kinds_of(e); kind++) print_efficiencies(e, order[k], kind, 3);
        printf("  %10.4f\n", 1e3 * e->seconds[order[k]] / (double)e->events);
    }
}
static void print_table(const evaluation *e) {
    const int head = headline(e);
    char name[64], leading[32] = "all jets";
    double mine, its, greedy, errors[3];
    int kind, row, method;
    printf("%s: %lld events", name_of_files(&e->s->events), (long long)e->events);
    if (e->s->first) printf(" from number %lld on", (long long)e->s->first);
    if (e->weighted) printf(", with their weights, %g in all", e->table[head].weight);
    printf("\n");
    if (!is_single(e)) printf("SPANet: selection %s\n", method_names[head]);
    if (e->s->members.count > 1) printf("SPANet: the mean of %d networks\n", e->s->members.count);
    if (e->chi2.leading) snprintf(leading, sizeof leading, "the leading %d jets", e->chi2.leading);
    if (e->has_chi2) printf("chi-square: %s, %s; %s\n", leading, tag_names[e->chi2.tagging], e->fit);
    printf("\n");
    print_heads(e);
    for (kind = 0; kind < kinds_of(e); kind++) {
        for (row = 0; row < 4; row++) {
            row_name(&e->r->topology, row, name);
            printf("%-17s%-20s", row ? "" : kind_names[kind], name);
            print_cell(7, fraction(&e->table[head], kind, row));
            print_efficiencies(e, head, kind, row);
            if (e->has_chi2) print_efficiencies(e, CHI2, kind, row);
            printf("\n");
        }
        for (method = JOINT; method < CHI2 && !is_single(e); method++) {
            if (method == head) continue;
            snprintf(name, sizeof name, "inclusive, %s", method_names[method]);
            printf("%-17s%-20s%8s", "", name, "");
            print_efficiencies(e, method, kind, 3);
            printf("\n");
        }
    }
    if (e->all_taggings) print_taggings(e);
    mine = efficiency(&e->table[head], 0, 3, -1, errors);
    its = efficiency(&e->table[CHI2], 0, 3, -1, errors + 1);
    greedy = efficiency(&e->table[GREEDY], 0, 3, -1, errors + 2);
    if (isnan(mine)) {
        print_heads_table(&e->r->heads);
        return;
    }
    printf("\nInclusive event efficiency of all events: %.4f +- %.4f", mine, errors[0]);
    if (head != GREEDY && !is_single(e)) printf("; greedy %.4f +- %.4f", greedy, errors[2]);
    if (e->has_chi2) printf("; chi-square %.4f +- %.4f", its, errors[1]);
    if (e->has_chi2 && its > 0.0) printf("; ratio %.3f", mine / its);
    printf("\n");
    print_heads_table(&e->r->heads);
}
static void put_ratio(
    passwd_json_writer *w, const char *key, int64_t found, int64_t there, double ratio, double error) {
    passwd_json_key(w, key);
    passwd_json_begin_object(w);
    passwd_json_key(w, "right");
    passwd_json_write_int(w, found);
    passwd_json_key(w, "of");
    passwd_json_write_int(w, there);
    put_json(w, "efficiency", ratio);
    put_json(w, "error", error);
    passwd_json_end_object(w);
}
static void put_row(passwd_json_writer *w, const evaluation *e, int kind, int row) {
    const passwd_spanet_topology *t = &e->r->topology;
    char name[32];
    double ratio, error;
    int method, p;
    row_name(t, row, name);
    passwd_json_begin_object(w);
    passwd_json_key(w, "events");
    passwd_json_write_string(w, kind_keys[kind]);
    passwd_json_key(w, "jets");
    passwd_json_write_string(w, name);
    passwd_json_key(w, "count");
    passwd_json_write_int(w, e->table[JOINT].row[kind][row].events);
    put_json(w, "fraction", fraction(&e->table[JOINT], kind, row));
    for (method = 0; method < METHODS; method++) {
        const passwd_spanet_efficiency *x = &e->table[method].row[kind][row];
        if (!is_written(e, method)) continue;
        passwd_json_key(w, key_of(e, method));
        passwd_json_begin_object(w);
        ratio = efficiency(&e->table[method], kind, row, -1, &error);
        put_ratio(w, "event", x->right, x->events, ratio, error);
        for (p = 0; p < t->particles; p++) {
            if (t->orbit[p] != p || is_single(e)) continue;
            orbit_name(t, p, name);
            ratio = efficiency(&e->table[method], kind, row, p, &error);
            put_ratio(w, name, x->found[p], x->there[p], ratio, error);
        }
        passwd_json_end_object(w);
    }
    passwd_json_end_object(w);
}
static int print_json(const evaluation *e) {
    static const char *const tags[] = { "none", "b", "strict" };
    const passwd_spanet_topology *t = &e->r->topology;
    passwd_json_writer w;
    int kind, row, k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    passwd_json_key(&w, "file");
    passwd_json_write_string(&w, name_of_files(&e->s->events));
    passwd_json_key(&w, "first");
    passwd_json_write_int(&w, e->s->first);
    passwd_json_key(&w, "events");
    passwd_json_write_int(&w, e->events);
    put_json(&w, "weight", e->table[JOINT].weight);
    passwd_json_key(&w, "networks");
    passwd_json_write_int(&w, e->s->members.count);
    passwd_json_key(&w, "selection");
    passwd_json_write_string(&w, method_names[headline(e)]);
    if (e->has_chi2) {
        passwd_json_key(&w, "chi2");
        passwd_json_begin_object(&w);
        passwd_json_key(&w, "tagging");
        passwd_json_write_string(&w, tags[e->chi2.tagging]);
        passwd_json_key(&w, "leading");
        passwd_json_write_int(&w, e->chi2.leading);
        passwd_json_key(&w, "from");
        passwd_json_write_string(&w, e->fit);
        passwd_json_key(&w, "terms");
        passwd_json_begin_array(&w);
        for (k = 0; k < e->chi2.terms; k++) {
            const passwd_spanet_term *x = e->chi2.term + k;
            int i;
            passwd_json_begin_object(&w);
            passwd_json_key(&w, "particle");
            passwd_json_write_string(&w, t->particle[x->particle].name);
            passwd_json_key(&w, "products");
            passwd_json_begin_array(&w);
            for (i = 0; i < t->particle[x->particle].products; i++)
                if (x->products >> i & 1) passwd_json_write_string(&w, t->particle[x->particle].product[i]);
            passwd_json_end_array(&w);
            put_json(&w, "mass", x->mass);
            put_json(&w, "width", x->width);
            passwd_json_end_object(&w);
        }
        passwd_json_end_array(&w);
        passwd_json_end_object(&w);
    }
    if (e->all_taggings) {
        passwd_json_key(&w, "seconds_per_event");
        passwd_json_begin_object(&w);
        for (k = 0; k < METHODS; k++)
            if (is_written(e, k)) put_json(&w, key_of(e, k), e->seconds[k] / (double)e->events);
        passwd_json_end_object(&w);
    }
    passwd_json_key(&w, "rows");
    passwd_json_begin_array(&w);
    for (kind = 0; kind < kinds_of(e); kind++)
        for (row = 0; row < 4; row++) put_row(&w, e, kind, row);
    passwd_json_end_array(&w);
    put_heads(&w, &e->r->heads);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int write_table(const evaluation *e) {
    const passwd_spanet_topology *t = &e->r->topology;
    output to;
    char name[32];
    int kind, row, method, p, efficiencies = 2;
    if (!output_open(&to, e->s->out)) return FAILED;
    fputs("events,jets,count,fraction,method,event,event_error", to.file);
    for (p = 0; p < t->particles; p++)
        if (t->orbit[p] == p && !is_single(e)) {
            orbit_name(t, p, name);
            fprintf(to.file, ",%s,%s_error", name, name);
            efficiencies += 2;
        }
    if (e->r->heads.count) fputs(heads_csv, to.file);
    fputc('\n', to.file);
    for (kind = 0; kind < kinds_of(e); kind++)
        for (row = 0; row < 4; row++)
            for (method = 0; method < METHODS; method++) {
                const passwd_spanet_efficiency *x = &e->table[method].row[kind][row];
                double error, ratio;
                if (!is_written(e, method)) continue;
                row_name(t, row, name);
                fprintf(to.file, "%s,%s,%lld", kind_keys[kind], name, (long long)x->events);
                put_number(to.file, fraction(&e->table[method], kind, row));
                fprintf(to.file, ",%s", key_of(e, method));
                for (p = -1; p < t->particles; p++) {
                    if (p >= 0 && (t->orbit[p] != p || is_single(e))) continue;
                    ratio = efficiency(&e->table[method], kind, row, p, &error);
                    if (isnan(ratio)) {
                        fputs(",,", to.file);
                        continue;
                    }
                    put_number(to.file, ratio);
                    put_number(to.file, error);
                }
                for (p = 0; e->r->heads.count && heads_csv[p]; p++)
                    if (heads_csv[p] == ',') fputc(',', to.file);
                fputc('\n', to.file);
            }
    write_heads(&e->r->heads, to.file, (double)e->events, efficiencies);
    return output_close(&to, 1) ? OK : FAILED;
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet evaluate: plots and the command
   --------------------------------------------------------------------------------------------------------------- */

enum { BINS = 50 };

static int ascending_mass(const void *a, const void *b) {
    const float x = ((const mass *)a)->value, y = ((const mass *)b)->value;
    return (x > y) - (x < y);
}
/* A range around the correct ones (all, if there are none): on both sides twice as far as their central 90 %. */
static double mass_edges(masses *m, double *edges) {
    static const double round_widths[] = { 1.0, 2.0, 2.5, 4.0, 5.0, 10.0 };
    double low, high, power = 1e-3, width = 0.0;
    size_t k, n = 0, total = 0, pass;
    int i;
    qsort(m->item, m->count, sizeof *m->item, ascending_mass);
    for (k = 0; k < m->count; k++) total += m->item[k].right != 0;
    low = high = 0.0;
    for (k = 0; k < m->count; k++) {
        pass = total ? m->item[k].right != 0 : 1;
        n += pass;
        if (pass && n <= 1 + (total ? total : m->count) / 20) low = (double)m->item[k].value;
        if (pass && n <= 1 + 19 * (total ? total : m->count) / 20) high = (double)m->item[k].value;
    }
    width = 3.0 * fmax(high - low, 1e-2) / BINS;
    while (10.0 * power < width) power *= 10.0;
    for (i = 0; i < 5 && power * round_widths[i] < width; i++) {}
    width = power * round_widths[i];
    low = fmax(0.0, width * floor((0.5 * (low + high) - 0.5 * BINS * width) / width));
    for (i = 0; i <= BINS; i++) edges[i] = low + width * i;
    return width;
}
static void draw_masses(plot *p, const masses *m, const double *edges, int right, const char *name, plot_style style) {
    double bins[BINS] = { 0.0 };
    size_t k;
    for (k = 0; k < m->count; k++) {
        const double at = ((double)m->item[k].value - edges[0]) / (edges[BINS] - edges[0]) * BINS;
        if ((!right || m->item[k].right) && at >= 0.0 && at < BINS) bins[(int)at] += 1.0;
    }
    plot_histogram(p, edges, bins, BINS, name, style);
}
static const plot_style all_of[METHODS] = { { PLOT_BLUE, PLOT_SOLID, 0.0, 0 }, { PLOT_BLUE, PLOT_DOTTED, 0.0, 0 },
    { PLOT_BLUE, PLOT_DOTTED, 0.0, 0 }, { PLOT_RED, PLOT_SOLID, 0.0, 0 }, { 0, 0, 0.0, 0 }, { 0, 0, 0.0, 0 } };

static int plot_masses(evaluation *e, int orbit, int pair) {
    static const plot_style right[METHODS] = { { PLOT_BLUE, PLOT_SOLID, 1.5, 1 }, { 0, 0, 0.0, 0 }, { 0, 0, 0.0, 0 },
        { PLOT_RED, PLOT_DASHED, 0.0, 0 }, { 0, 0, 0.0, 0 }, { 0, 0, 0.0, 0 } };
    const passwd_spanet_topology *t = &e->r->topology;
    char name[32], letters[64], x[160] = "", y[64], file[96];
    double edges[BINS + 1];
    int k, bits = pair ? pair_of(t->particle + orbit) : (1 << t->particle[orbit].products) - 1;
    plot *p;
    orbit_name(t, orbit, name);
    for (k = 0; k < t->particle[orbit].products; k++) {
        plain(letters, t->particle[orbit].product[k]);
        if (bits >> k & 1) snprintf(x + strlen(x), sizeof x - strlen(x), "%s%s", *x ? " + " : "", letters);
    }
    plain(letters, name);
    snprintf(y, sizeof y, "Candidates / %g GeV", mass_edges(&e->mass[headline(e)][orbit][pair], edges));
    snprintf(file, sizeof file, pair ? "Mass of %s of the %s candidates [GeV]" : "Mass of the %.0s%s candidates [GeV]",
        pair ? x : "", letters);
    p = plot_new(file, y);
    draw_masses(p, &e->mass[headline(e)][orbit][pair], edges, 0, "SPANet", all_of[JOINT]);
    draw_masses(p, &e->mass[headline(e)][orbit][pair], edges, 1, "SPANet, correct", right[JOINT]);
    if (e->has_chi2) {
        draw_masses(p, &e->mass[CHI2][orbit][pair], edges, 0, "#chi^{2}", all_of[CHI2]);
        draw_masses(p, &e->mass[CHI2][orbit][pair], edges, 1, "#chi^{2}, correct", right[CHI2]);
    }
    snprintf(file, sizeof file, pair ? "mass_%s_pair.png" : "mass_%s.png", name);
    return write_plot(p, e->s->plots, file);
}
/* Efficiencies against the number of jets: events as full points, particles as open ones. */
static int plot_efficiency(const evaluation *e) {
    static const int colors[METHODS] = { PLOT_BLUE, PLOT_BLUE, PLOT_BLUE, PLOT_RED, PLOT_RED, PLOT_RED };
    static const int others[4] = { PLOT_DASHED, PLOT_DOTTED, PLOT_DASHDOT, PLOT_DASHED };
    const passwd_spanet_topology *t = &e->r->topology;
    plot *p = plot_new("Number of jets", "Efficiency");
    char name[128], orbit[32], letters[64];
    int method, q, n;
    double most = 0.1, low = PASSWD_MAX_OBJECTS, high = 0.0;
    plot_note(p, "Events with all jets of at least one particle");
    for (method = 0; method < METHODS; method += CHI2) {
        int order = 0;
        if (method == CHI2 && !e->has_chi2) break;
        for (q = -1; q < t->particles; q++) {
            double x[PASSWD_MAX_OBJECTS + 1], y[PASSWD_MAX_OBJECTS + 1], error[PASSWD_MAX_OBJECTS + 1];
            plot_style style = { 0, 0, 0.0, 0 };
            int count = 0;
            if (q >= 0 && t->orbit[q] != q) continue;
            for (n = 0; n <= PASSWD_MAX_OBJECTS; n++) {
                const passwd_spanet_table *f = &e->by_jets[method == CHI2 ? CHI2 : headline(e)][n];
                if ((q < 0 ? f->row[0][3].events : f->row[0][3].there[q]) < 10) continue;
                x[count] = n + 0.04 * ((method == CHI2) - 0.5);
                y[count] = efficiency(f, 0, 3, q, error + count);
                if (isnan(y[count])) continue;
                most = fmax(most, y[count] + error[count]);
                low = fmin(low, n);
                high = fmax(high, n);
                count++;
            }
            style.color = colors[method];
            style.dash = q < 0 ? PLOT_SOLID : others[order++ & 3];
            style.width = 1.5;
            plot_line(p, x, y, count, NULL, style);
            if (q >= 0) {
                orbit_name(t, q, orbit);
                plain(letters, orbit);
            }
            snprintf(name, sizeof name, "%s, %s", method == CHI2 ? "#chi^{2}" : "SPANet", q < 0 ? "event" : letters);
            style.fill = q >= 0;
            style.width = 0.0;
            plot_points(p, x, y, error, count, name, style);
        }
    }
    plot_range(p, low - 0.5, high + 0.5, 0.0, fmin(1.5, 1.55 * most)); /* the upper third is for the legend */
    return write_plot(p, e->s->plots, "efficiency.png");
}
static int make_plots(evaluation *e) {
    const passwd_spanet_topology *t = &e->r->topology;
    int p, pair, status = plot_efficiency(e);
    for (p = 0; p < t->particles; p++)
        for (pair = 0; pair < 2; pair++)
            if (e->mass[headline(e)][p][pair].count && plot_masses(e, p, pair)) status = FAILED;
    if (plot_heads(&e->r->heads, e->s->plots)) status = FAILED;
    return status;
}
static int command_evaluate(const settings *s) {
    evaluation *e;
    const char *files[3];
    int status, k, p;
    files[0] = s->out;
    files[1] = s->chi2_fit;
    files[2] = s->topology;
    status = check_outputs(files, 1, 3);
    if (status == OK) status = check_read(files, 1, &s->events);
    if (status == OK) status = check_read(files, 1, &s->members);
    if (status == OK && s->chi2_events.count && s->chi2_events.count != 2)
        status = complain(
            USAGE, "--chi2-events needs two numbers, the first event and their number; see spanet evaluate --help");
    if (status == OK && s->chi2_events.count && s->chi2_events.item[1] < 1.0)
        status = complain(USAGE, "--chi2-events needs at least one event; see spanet evaluate --help");
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status != OK) return status;
    e = (evaluation *)calloc(1, sizeof *e);
    if (!e) return complain(FAILED, "there is not enough memory for the tables");
    e->s = s;
    e->r = runner_open(s);
    if (!e->r) {
        free(e);
        return FAILED;
    }
    for (k = 0; k < METHODS; k++) {
        passwd_spanet_table_begin(&e->table[k], &e->r->topology);
        for (p = 0; p <= PASSWD_MAX_OBJECTS; p++) passwd_spanet_table_begin(&e->by_jets[k][p], &e->r->topology);
    }
    catch_interrupts();
    status = fit_chi2(e);
    if (status == OK) status = choose_tagging(e);
    if (status == OK) status = learn_rivals(e);
    if (status == OK) status = evaluate_all(e);
    if (status == OK) status = heads_judge(&e->r->heads);
    if (status == OK) {
        tell_dropped(e->r->dropped, e->r->max_jets);
        if (s->json) status = print_json(e);
        else print_table(e);
        for (k = 0; k < METHODS; k++)
            if ((k == headline(e) || k == CHI2) && e->none[k].particles)
                complain(OK, "%s: without assignment: %lld particles in %lld events (%s)",
                    k == CHI2 ? "chi-square" : "SPANet", (long long)e->none[k].particles, (long long)e->none[k].events,
                    k == CHI2 && e->chi2.tagging != PASSWD_SPANET_TAG_NONE ? "too few jets, or too few with the tags"
                                                                           : "too few jets");
    }
    if (status == OK && s->out) status = write_table(e);
    if (status == OK && s->plots) status = make_plots(e);
    for (k = 0; k < METHODS; k++)
        for (p = 0; p < PASSWD_SPANET_PARTICLES; p++) {
            free(e->mass[k][p][0].item);
            free(e->mass[k][p][1].item);
        }
    runner_close(e->r);
    free(e);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   spanet scaling
   --------------------------------------------------------------------------------------------------------------- */

enum {
    TOPOLOGIES = 3,
    CLOCKS = 4,
    DEFAULT_NET = 0,
    PUBLIC_NET,
    EXHAUSTIVE,
    SEPARABLE,
    RANDOM_EVENTS = 64,
    MOST_JETS = 41,
    TIMES = 5,
    ALIKE = 16
};
static const char *const topology_names[TOPOLOGIES] = { "ttbar", "ttH", "tttt" };
static const char *const topology_titles[TOPOLOGIES] = { "t#bar{t}", "t#bar{t}H", "t#bar{t}t#bar{t}" };
static const char *const clock_names[CLOCKS][2] = { { "SPANet", "default" }, { "SPANet", "public" },
    { "chi-square", "permutations" }, { "chi-square", "by particles" } };
static const char *const clock_titles[CLOCKS] = { "SPANet, default", "SPANet, public code's options",
    "#chi^{2}, every permutation", "#chi^{2}, particle by particle" };
static const char *const clock_keys[CLOCKS] = { "spanet_default", "spanet_public", "chi2_permutations",
    "chi2_by_particles" };

/* Events of n jets each: pT falling, eta and phi flat. They live in one struct; nothing needs to be freed. */
typedef struct random_events {
    passwd_events events;
    int64_t first[RANDOM_EVENTS + 1], id[RANDOM_EVENTS], line[RANDOM_EVENTS];
    double weight[RANDOM_EVENTS], value[6][RANDOM_EVENTS * MOST_JETS], *number[2];
    int32_t type[RANDOM_EVENTS * MOST_JETS];
    char jet[2], *name[1];
} random_events;

static void make_events(random_events *r, int jets, uint64_t seed) {
    passwd_events *v = &r->events;
    int k;
    memset(r, 0, sizeof *r);
    v->count = RANDOM_EVENTS;
    v->objects = RANDOM_EVENTS * jets;
    v->first = r->first;
    v->id = r->id;
    v->line = r->line;
    v->weight = r->weight;
    v->type = r->type;
    v->pt = r->value[0];
    v->eta = r->value[1];
    v->phi = r->value[2];
    v->m = r->value[3];
    v->e = r->value[4];
    v->number = r->number;
    v->n_numbers = 2;
    r->number[PASSWD_SPANET_BTAG] = r->value[5];
    r->jet[0] = 'j';
    r->name[0] = r->jet;
    v->type_names.name = r->name;
    v->type_names.count = 1;
    for (k = 0; k <= RANDOM_EVENTS; k++) r->first[k] = (int64_t)k * jets;
    for (k = 0; k < RANDOM_EVENTS; k++) {
        r->id[k] = k;
        r->weight[k] = 1.0;
    }
    for (k = 0; k < RANDOM_EVENTS * jets; k++) {
        const uint32_t at = 5u * (uint32_t)k, stream = (uint32_t)jets;
        v->pt[k] = 25.0 - 60.0 * log(passwd_random_uniform(seed, stream, at));
        v->eta[k] = 2.5 * (2.0 * passwd_random_uniform(seed, stream, at + 1) - 1.0);
        v->phi[k] = 3.14159265358979 * (2.0 * passwd_random_uniform(seed, stream, at + 2) - 1.0);
        v->m[k] = v->pt[k] * (0.05 + 0.15 * passwd_random_uniform(seed, stream, at + 3));
        v->e[k] = sqrt(v->m[k] * v->m[k] + v->pt[k] * v->pt[k] * cosh(v->eta[k]) * cosh(v->eta[k]));
        r->value[5][k] = passwd_random_uniform(seed, stream, at + 4) < 0.3;
    }
}
/* The median of TIMES measurements, at least `shortest` seconds each. */
typedef int (*timed)(void *what);
static int median_time(timed what, void *user, double shortest, double *seconds) {
    double t[TIMES];
    int k, n = 1, i;
    for (k = -1; k < TIMES; k++) { /* the first warms up, and determines the number of runs of the others */
        const double start = cpu();
        double took;
        for (i = 0; i < n; i++)
            if (what(user)) return FAILED;
        took = cpu() - start;
        if (k >= 0) t[k] = took / n;
        else if (took < shortest) n = (int)fmin(10000.0, ceil(shortest / fmax(took, 1e-6)));
    }
    qsort(t, TIMES, sizeof *t, ascending_numbers);
    *seconds = t[TIMES / 2];
    return OK;
}
typedef struct timed_run {
    passwd_spanet_job *job;
    const passwd_events *events;
    passwd_spanet_answer answers[ALIKE];
} timed_run;
typedef struct timed_chi2 {
    const passwd_spanet_chi2 *chi2;
    const passwd_spanet_topology *topology;
    const passwd_events *events;
    passwd_spanet_chi2_options o;
    int event;
} timed_chi2;

static int time_run(void *user) {
    timed_run *r = (timed_run *)user;
    passwd_error error;
    return passwd_spanet_run(r->job, r->events, 0, ALIKE, PASSWD_SPANET_JOINT, r->answers, NULL, &error) == PASSWD_OK
        ? OK
        : failed(&error);
}
static int time_chi2(void *user) {
    timed_chi2 *c = (timed_chi2 *)user;
    passwd_spanet_answer answer;
    passwd_error error;
    c->event = (c->event + 1) % RANDOM_EVENTS;
    return passwd_spanet_chi2_run(c->chi2, c->topology, c->events, c->event, &c->o, &answer, NULL, &error) == PASSWD_OK
        ? OK
        : failed(&error);
}
static int time_network(const settings *s, const char *preset, const passwd_spanet_topology *t,
    const passwd_events *events, int jets, double *seconds) {
    passwd_spanet_config c;
    passwd_spanet *net = NULL;
    passwd_workspace_options o;
    passwd_error error;
    timed_run run;
    int status = OK;
    memset(&run, 0, sizeof run);
    memset(&o, 0, sizeof o);
    o.threads = 1;
    o.simd = s->simd;
    run.events = events;
    if (passwd_spanet_preset(preset, &c, &error)) return failed(&error);
    c.max_jets = jets;
    if (passwd_spanet_new(&c, t, (uint64_t)s->seed, NULL, &net, &error)
        || passwd_spanet_job_new(net, &o, &run.job, &error))
        status = failed(&error);
    if (status == OK) status = median_time(time_run, &run, 0.02, seconds);
    *seconds /= ALIKE;
    passwd_spanet_job_free(run.job);
    passwd_spanet_free(net);
    return status;
}
typedef struct scaling {
    double seconds[TOPOLOGIES][MOST_JETS][CLOCKS], permutations[TOPOLOGIES][MOST_JETS];
    int fewest[TOPOLOGIES], most;
} scaling; /* NaN: not measured */

/* Estimated seconds for all permutations of an event, from the first of them. */
enum { FIRST_PERMUTATIONS = 50000 };
static double guess_time(const timed_chi2 *c, double permutations) {
    const double start = cpu();
    passwd_spanet_answer answer;
    passwd_spanet_chi2_options o = c->o;
    o.exhaustive = 1;
    o.stop = FIRST_PERMUTATIONS;
    passwd_spanet_chi2_run(c->chi2, c->topology, c->events, 0, &o, &answer, NULL, NULL);
    return (cpu() - start) * fmax(1.0, permutations / FIRST_PERMUTATIONS);
}
static int measure_jets(
    const settings *s, scaling *x, int which, int jets, const passwd_spanet_topology *t, random_events *random) {
    passwd_spanet_chi2 chi2;
    passwd_error error;
    timed_chi2 c;
    double *seconds = x->seconds[which][jets];
    int status = OK;
    make_events(random, jets, (uint64_t)s->seed);
    x->permutations[which][jets] = passwd_spanet_permutations(t, jets);
    if (passwd_spanet_chi2_preset(t, &chi2, &error)) return failed(&error);
    memset(&c, 0, sizeof c);
    c.chi2 = &chi2;
    c.topology = t;
    c.events = &random->events;
    c.o.max_jets = jets;
    status = time_network(s, "default", t, &random->events, jets, seconds + DEFAULT_NET);
    if (status == OK) status = time_network(s, "public", t, &random->events, jets, seconds + PUBLIC_NET);
    if (status == OK) status = median_time(time_chi2, &c, 0.02, seconds + SEPARABLE);
    if (status != OK || guess_time(&c, x->permutations[which][jets]) > s->limit) return status;
    c.o.exhaustive = 1;
    return median_time(time_chi2, &c, 0.02, seconds + EXHAUSTIVE);
}
static int measure_all(const settings *s, scaling *x) {
    random_events *random = (random_events *)malloc(sizeof *random);
    passwd_spanet_topology *t = (passwd_spanet_topology *)malloc(sizeof *t);
    passwd_error error;
    meter progress = meter_new();
    double done = 0.0, all = 0.0;
    int which, jets, k, status = random && t ? OK : complain(FAILED, "there is not enough memory for events");
    for (which = 0; which < TOPOLOGIES && status == OK; which++) {
        passwd_spanet_table table;
        if (passwd_spanet_topology_preset(topology_names[which], t, &error)) {
            status = failed(&error);
            break;
        }
        passwd_spanet_table_begin(&table, t);
        x->fewest[which] = table.first;
        for (jets = table.first; jets <= x->most; jets++) all += jets;
    }
    for (which = 0; which < TOPOLOGIES && status == OK; which++) {
        if (passwd_spanet_topology_preset(topology_names[which], t, &error)) status = failed(&error);
        for (jets = x->fewest[which]; jets <= x->most && status == OK; jets++) {
            char text[64];
            snprintf(text, sizeof text, "%s, %d jets", topology_names[which], jets);
            meter_show(&progress, done / all, text);
            for (k = 0; k < CLOCKS; k++) x->seconds[which][jets][k] = (double)NAN;
            status = measure_jets(s, x, which, jets, t, random);
            done += jets;
            if (status == OK && interrupted) status = complain(FAILED, "interrupted; nothing was kept");
        }
    }
    meter_clear();
    free(random);
    free(t);
    return status;
}
static void print_scaling(const scaling *x, double limit) {
    int which, jets, k, stopped = 0;
    char text[32];
    printf("%-31s", "CPU time per event [ms]");
    for (k = 0; k < CLOCKS; k++) printf(" %13s", clock_names[k][0]);
    printf("\n%-9s %4s %16s", "", "jets", "permutations");
    for (k = 0; k < CLOCKS; k++) printf(" %13s", clock_names[k][1]);
    printf("\n");
    for (which = 0; which < TOPOLOGIES; which++)
        for (jets = x->fewest[which]; jets <= x->most; jets++) {
            printf("%-9s %4d", jets == x->fewest[which] ? topology_names[which] : "", jets);
            snprintf(
                text, sizeof text, x->permutations[which][jets] < 1e12 ? "%.0f" : "%.3g", x->permutations[which][jets]);
            printf(" %16s", text);
            for (k = 0; k < CLOCKS; k++) {
                stopped |= isnan(x->seconds[which][jets][k]);
                if (isnan(x->seconds[which][jets][k])) snprintf(text, sizeof text, "-");
                else snprintf(text, sizeof text, "%.4g", 1e3 * x->seconds[which][jets][k]);
                printf(" %13s", text);
            }
            printf("\n");
        }
    if (stopped) printf("- would have taken more than %g s\n", limit);
}
static int print_scaling_json(const scaling *x) {
    passwd_json_writer w;
    int which, jets, k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_array(&w);
    for (which = 0; which < TOPOLOGIES; which++)
        for (jets = x->fewest[which]; jets <= x->most; jets++) {
            passwd_json_begin_object(&w);
            passwd_json_key(&w, "topology");
            passwd_json_write_string(&w, topology_names[which]);
            passwd_json_key(&w, "jets");
            passwd_json_write_int(&w, jets);
            put_json(&w, "permutations", x->permutations[which][jets]);
            for (k = 0; k < CLOCKS; k++) put_json(&w, clock_keys[k], x->seconds[which][jets][k]);
            passwd_json_end_object(&w);
        }
    passwd_json_end_array(&w);
    return print_json_text(&w);
}
static int write_scaling(const scaling *x, const char *path) {
    output to;
    int which, jets, k;
    if (!output_open(&to, path)) return FAILED;
    fputs("topology,jets,permutations", to.file);
    for (k = 0; k < CLOCKS; k++) fprintf(to.file, ",%s", clock_keys[k]);
    fputc('\n', to.file);
    for (which = 0; which < TOPOLOGIES; which++)
        for (jets = x->fewest[which]; jets <= x->most; jets++) {
            fprintf(to.file, "%s,%d", topology_names[which], jets);
            put_number(to.file, x->permutations[which][jets]);
            for (k = 0; k < CLOCKS; k++) {
                if (isnan(x->seconds[which][jets][k])) fputc(',', to.file);
                else put_number(to.file, x->seconds[which][jets][k]);
            }
            fputc('\n', to.file);
        }
    return output_close(&to, 1) ? OK : FAILED;
}
/* A colour for each topology, a dash for each method; the legend has each once. */
static int plot_scaling(const scaling *x, const char *folder) {
    static const int colors[TOPOLOGIES] = { PLOT_BLUE, PLOT_RED, PLOT_ORANGE },
                     dashes[CLOCKS] = { PLOT_SOLID, PLOT_DASHED, PLOT_DASHDOT, PLOT_DOTTED };
    const double nothing = (double)NAN;
    plot *p = plot_new("Number of jets", "CPU time / event [ms]");
    int which, jets, k;
    plot_log(p, 0, 1);
    plot_note(p, "Random jets, one core");
    for (k = 0; k < CLOCKS; k++) {
        plot_style style = { PLOT_BLACK, 0, 0.0, 0 };
        style.dash = dashes[k];
        plot_line(p, &nothing, &nothing, 1, clock_titles[k], style);
    }
    for (which = 0; which < TOPOLOGIES; which++)
        for (k = 0; k < CLOCKS; k++) {
            plot_style style = { 0, 0, 0.0, 0 };
            double n[MOST_JETS], ms[MOST_JETS];
            int count = 0;
            style.color = colors[which];
            style.dash = dashes[k];
            for (jets = x->fewest[which]; jets <= x->most; jets++)
                if (!isnan(x->seconds[which][jets][k])) {
                    n[count] = jets;
                    ms[count++] = 1e3 * x->seconds[which][jets][k];
                }
            plot_line(p, n, ms, count, k ? NULL : topology_titles[which], style);
            if (k == EXHAUSTIVE) plot_points(p, n, ms, NULL, count, NULL, style);
        }
    plot_range(p, 5.5, x->most + 0.5, 0.0, 0.0);
    return write_plot(p, folder, "scaling.png");
}
static int command_scaling(const settings *s) {
    scaling *x = (scaling *)calloc(1, sizeof *x);
    int status = x ? OK : complain(FAILED, "there is not enough memory for the table");
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK) x->most = s->max_jets ? s->max_jets : 16;
    catch_interrupts();
    if (status == OK) status = measure_all(s, x);
    if (status == OK && s->json) status = print_scaling_json(x);
    else if (status == OK) print_scaling(x, s->limit);
    if (status == OK && s->out) status = write_scaling(x, s->out);
    if (status == OK && s->plots) status = plot_scaling(x, s->plots);
    free(x);
    return status;
}
