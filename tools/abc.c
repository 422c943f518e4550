/* abc: PASSWD-ABC from the command line. Trains on a CSV of background jets, finds pairs of equal parents in other
   events, and compares the results with those of the smallest mass asymmetry.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tools/abc.c -o build/abc -lm && build/abc --help */
#define _POSIX_C_SOURCE 200809L
#define TOOL "abc"
#define TOOL_WHISPERS
#define PASSWD_RMM_IMPLEMENTATION
#include "../passwd_rmm.h"
#include "cli.h"
#include "areas.h"
#include "ranks.h"

enum { SEARCHED = 12 }; /* number of jets in the search for the smallest mass asymmetry */
enum { COLLAPSED = 3 }; /* exit status in addition to OK, FAILED and USAGE */

/* ------------------------------------------------------------------------------------------------------------------
   Command line: one table says what is accepted, by which command, and its --help text
   --------------------------------------------------------------------------------------------------------------- */

enum { TRAIN = 1, RUN = 2, COMPARE = 4, INFO = 8, SEARCH = 16, EXPORT = 32, ALL = 63 };
enum { PASSWD_ABC_FOLDS = 16 };

struct settings {
    const char *out, *weights, *preset, *config, *checkpoint, *log;
    const char *background, *plots, *figures, *names, *label, *keep, *header, *array;
    texts events, signal, set;
    reals mass, fraction, resolution, relative;
    double sqrt_s, luminosity, low, high;
    int epochs, batch, threads, json, assign, no_score, folds, points, layers, overwrite, weak;
    int64_t steps, seed, toys;
    passwd_simd simd;
};
#define AT(field) offsetof(settings, field)

static const known_option known_options[] = {
    { "events", "B.csv", TRAIN, 1, "background events to train on; - is standard input; may be repeated", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "events", "E.csv", RUN, 1, "any number of events; - is standard input; may be repeated", OPTION_TEXTS, AT(events),
        0, 0, NULL },
    { "events", "E.csv", SEARCH, 1, "the data; may be repeated", OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "out", "DIR", SEARCH, 1, "folder for all tables, spectra, plots and weights", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "W.safetensors", TRAIN, 1, "the trained network", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "R.csv", RUN, 1, "the results; - is standard output", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "keep", "A,B,...", RUN | SEARCH, 0,
        "columns of the events to copy to the results, such as weight or run,lumi; $NAME: texts", OPTION_TEXT, AT(keep),
        0, 0, NULL },
    { "layers", NULL, RUN, 0,
        "a row per layer (column layer: 1, 2, ...; 0: the answer), with its masses and assignment", OPTION_FLAG,
        AT(layers), 0, 0, NULL },
    { "preset", "NAME", TRAIN | SEARCH, 0, "settings to start from: default, isr, letter or original", OPTION_TEXT,
        AT(preset), 0, 0, "default,isr,letter,original" },
    { "config", "C.json", TRAIN | SEARCH, 0, "settings that differ from the preset's, as a JSON object", OPTION_TEXT,
        AT(config), 0, 0, NULL },
    { "set", "KEY=VALUE", TRAIN | SEARCH, 0, "one such setting; may be repeated", OPTION_TEXTS, AT(set), 0, 0, NULL },
    { "epochs", "N", TRAIN, 0, "passes over the events, instead of the configuration's", OPTION_INT, AT(epochs), 1,
        1000000, NULL },
    { "steps", "N", TRAIN, 0, "number of steps, instead of epochs", OPTION_INT64, AT(steps), 1, 0x1p40, NULL },
    { "batch", "N", TRAIN, 0, "events per step, instead of the configuration's", OPTION_INT, AT(batch), 1, 1 << 24,
        NULL },
    { "seed", "S", TRAIN | SEARCH, 0, "seed of all random numbers (default 1)", OPTION_INT64, AT(seed), 0, 0x1p63,
        NULL },
    { "no-score", NULL, TRAIN, 0, "do not learn a score of shapes: score is the logarithm of the loss", OPTION_FLAG,
        AT(no_score), 0, 0, NULL },
    { "checkpoint", "F", TRAIN, 0, "written after every epoch; if it exists, training resumes from it", OPTION_TEXT,
        AT(checkpoint), 0, 0, NULL },
    { "weights", "W.safetensors", RUN | COMPARE | INFO, 1, "a trained network", OPTION_TEXT, AT(weights), 0, 0, NULL },
    EXPORT_OPTIONS(EXPORT),
    { "weights", "W.safetensors", SEARCH, 0,
        "a trained network with its score of shape, if any (default: learn the score out of fold)", OPTION_TEXT,
        AT(weights), 0, 0, NULL },
    { "folds", "N", SEARCH, 0, "number of networks, each of which scores the events it was not trained on (default 2)",
        OPTION_INT, AT(folds), 2, PASSWD_ABC_FOLDS, NULL },
    { "fraction", "0.1,0.01", SEARCH, 0,
        "regions: these fractions of the background at every mass (default 0.1,0.01,0.001)", OPTION_LIST, AT(fraction),
        1e-9, 0.999, NULL },
    { "sqrt-s", "GEV", SEARCH, 0,
        "collision energy [GeV]: the background is the dijet function (default: exponentials)", OPTION_REAL, AT(sqrt_s),
        1e-300, 1e300, NULL },
    { "luminosity", "L", SEARCH, 0, "integrated luminosity [1/fb]; limits are also given in pb", OPTION_REAL,
        AT(luminosity), 1e-12, 1e12, NULL },
    { "resolution", "A,B", SEARCH, 0, "sigma(m) = m sqrt(A^2/m + B^2) of the average mass (default 0,0.1)", OPTION_LIST,
        AT(resolution), 0, 100, NULL },
    { "width", "0,0.1,...", SEARCH, 0, "additional widths of the resonance, relative to its mass (default 0,0.1)",
        OPTION_LIST, AT(relative), 0, 0.15, NULL },
    { "low", "GEV", SEARCH, 0, "first edge (default: excludes the lowest 1 %, and what rises after them)", OPTION_REAL,
        AT(low), 0, 1e9, NULL },
    { "high", "GEV", SEARCH, 0, "last edge (default: the heaviest event)", OPTION_REAL, AT(high), 0, 1e9, NULL },
    { "toys", "N", SEARCH, 0, "pseudo-experiments for the global p (default 1000; 0: none)", OPTION_INT64, AT(toys), 0,
        1e9, NULL },
    { "points", "N", SEARCH, 0, "number of masses with limits (default 12; 0: none)", OPTION_INT, AT(points), 0, 10000,
        NULL },
    { "label", "TEXT", SEARCH, 0, "bold label in the plots, such as Simulation", OPTION_TEXT, AT(label), 0, 0, NULL },
    { "background", "B.csv", COMPARE, 1, "background events that the network has not seen", OPTION_TEXT, AT(background),
        0, 0, NULL },
    { "signal", "S.csv", COMPARE, 1, "signal events; may be repeated, each with its --mass", OPTION_TEXTS, AT(signal),
        0, 0, NULL },
    { "signal", "S.csv", SEARCH, 0,
        "signal events, for efficiencies of regions and limits on this signal; may be repeated", OPTION_TEXTS,
        AT(signal), 0, 0, NULL },
    { "weak", NULL, SEARCH, 0, "add weakly supervised regions: windows of mass against their side bands", OPTION_FLAG,
        AT(weak), 0, 0, NULL },
    { "overwrite", NULL, SEARCH, 0, "allow a folder with files; those of an earlier search are removed", OPTION_FLAG,
        AT(overwrite), 0, 0, NULL },
    { "mass", "M", COMPARE, 1, "mass of that signal's particle [GeV]", OPTION_REALS, AT(mass), 1e-300, 1e9, NULL },
    { "names", "A,B,...", COMPARE, 0,
        "names of background and signals (default: from the files); #tilde{g} gives a tilde", OPTION_TEXT, AT(names), 0,
        0, NULL },
    { "plots", "DIR", COMPARE, 0, "write mass.png, score.png, roc.png, layers.png and, with --log, loss.png",
        OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "figures", "DIR", COMPARE, 0, "write figure_2.png, figure_2_loss.png and figure_3.png, as the letter has them",
        OPTION_TEXT, AT(figures), 0, 0, NULL },
    { "log", "L.csv", TRAIN, 0, "write a row per step: rate, temperature, every term of the loss", OPTION_TEXT, AT(log),
        0, 0, NULL },
    { "log", "L.csv", COMPARE, 0, "the log of the training, for loss.png", OPTION_TEXT, AT(log), 0, 0, NULL },
    { "json", NULL, COMPARE | SEARCH, 0, "the result as JSON", OPTION_FLAG, AT(json), 0, 0, NULL },
    { "assign", "HOW", RUN | COMPARE, 0,
        "network, polished (improved) or exact (best of all; default if trained with mass terms)", OPTION_CHOICE,
        AT(assign), 0, 0, "network,polished,exact" },
    { "threads", "N", TRAIN | RUN | COMPARE | SEARCH, 0,
        "number of threads (default: all; results do not depend on it)", OPTION_INT, AT(threads), 1, 1024, NULL },
    { "simd", "LEVEL", TRAIN | RUN | COMPARE | SEARCH, 0, "auto, scalar, sse2, avx2, avx512 or neon (default auto)",
        OPTION_SIMD, AT(simd), 0, 0, NULL },
    SKIP_BAD(TRAIN | RUN | COMPARE | SEARCH), { "help", NULL, ALL, 0, "print this text", OPTION_HELP, 0, 0, 0, NULL }
};

static int command_train(const settings *s);
static int command_run(const settings *s);
static int command_compare(const settings *s);
static int command_info(const settings *s);
static int command_export(const settings *s);
static int command_search(const settings *s);

static const command commands[] = {
    { "train", TRAIN, command_train, "trains a network on background events",
        "Progress is shown on a terminal. Ctrl-C (or SIGTERM) stops and keeps the best weights so far. Events are\n"
        "rows of event,pt,eta,phi,e (or m) with a header line; GeV and radians. The presets count steps (default,\n"
        "isr 8,000 of 256 events; letter 1,758 of 1,024, ten times its 180,000 events; original 7,031 of 256),\n"
        "however many events there are. Exit status: 0; 1 if something failed; 2 if the command was invalid; 3 if\n"
        "training collapsed, so that the results are useless (an empty parent in most events, the same jets in the\n"
        "same parent always, or one mass for all): the weights are still written, and a warning says what happened.\n\n"
        "  abc train --events background.csv --out weights.safetensors\n"
        "  abc train --events background.csv --out weights.safetensors --preset letter --seed 7 --log loss.csv\n" },
    { "run", RUN, command_run, "finds the parents in events",
        "Writes one row per event:\n"
        "event,n,mass1,mass2,mass_avg,score,loss,loss_crossed,top0.1,top0.01,top0.001,assignment.\n"
        "  n           objects that the network used\n"
        "  mass1 ...   masses of the two candidates and their mean [GeV]\n"
        "  score       of the shape of the best partition at its mass: -log10 of the fraction of the background\n"
        "              with a higher one. Weights without such a score: natural logarithm of loss\n"
        "  loss        reconstruction loss of the network's own partition: it grows with the masses\n"
        "  top0.1 ...  1 if the score is above 1, 2, 3: 10, 1, 0.1 % of the background at every mass, so that a\n"
        "  bump\n"
        "              stays one; for rmm hunt --region top0.1 --column mass_avg. Absent without such a score\n"
        "  assignment  one character per object in the file's order: 0 and 1 the parents, 2 ISR, - not used\n"
        "  --keep      columns of the input, with the values of the event's first row, before assignment. rmm hunt\n"
        "              --masses reads a column weight as event weights. Texts need a dollar sign:\n"
        "              'run,weight,$sample'\n"
        "  --layers    one more row for each layer of the network; column layer: 0 for the answer, then 1, 2, ...\n"
        "An event without jets has empty fields. The file appears only when it is complete.\n\n"
        "  abc run --weights weights.safetensors --events data.csv --out results.csv\n"
        "  zcat data.csv.gz | abc run --weights weights.safetensors --events - --out - | head\n" },
    { "compare", COMPARE, command_compare,
        "compares the network with the best partition and the smallest mass asymmetry",
        "For the network's last and first layer, its polished answer, the best of all partitions, the search for\n"
        "the smallest mass asymmetry and the jets matched to the parents (column parent: 0, 1, or -1 for none):\n"
        "  median, width      of the average mass; half of the central 68 % over the median\n"
        "  of truth           that median divided by that of the matched jets\n"
        "  asymmetry          of the parents, median of |m1 - m2| / (m1 + m2)\n"
        "  signal, background fractions within 20 % of M; S/B, their ratio, and its gain over the mass asymmetry's\n"
        "  S/B above          the same for all above 0.8 M\n"
        "  assigned right     fraction of the matched objects, up to exchange of the parents\n"
        "For the mass of the answer (--assign) and for the score: area under the ROC curve and background rejection\n"
        "at 50 % signal efficiency; the area at fixed mass (in bins of 5 %, weighted by their signal, from 0.5 to\n"
        "1.2 M), which is 0.5 for a variable that only measures the mass; and the rank correlation with the mass in\n"
        "background. Both: the rejection at 50 % of a limit on either, the best of ten pairs that leave half of the\n"
        "signal. --figures draws the figures of the letter: the average mass (with that of the matched jets,\n"
        "dashed) and the reconstruction loss in all samples, figure 2; last layer, first layer and smallest\n"
        "asymmetry, figure 3.\n\n"
        "  abc compare --weights weights.safetensors --background test.csv --signal gluino.csv --mass 1500 --plots "
        "plots\n"
        "  abc compare --weights weights.safetensors --background test.csv --signal a.csv --mass 1500 --signal b.csv "
        "--mass 1000 --json\n" },
    { "search", SEARCH, command_search, "searches for a pair of equal, unknown particles in data alone",
        "All jets are assigned by the best partition. Networks learn the shape of events at their mass from all\n"
        "folds except one, which they score; they learn from the lighter 90 %, at least 500. The spectrum of the\n"
        "average mass is searched in all events, where a falling function is fitted together with a Gaussian, and\n"
        "in the regions of the largest scores, whose cuts are flat in mass: there the background is given by the\n"
        "events outside the region say, times a ratio that may change to another constant beyond the masses that\n"
        "were learnt. Everything is refitted in every toy; toys are made of the data's events, and the smallest p\n"
        "of all spectra is ranked among those of the toys. If no function describes the side bands, no significance\n"
        "is given. The smallest mass asymmetry, the simplest rule, also has a row, which does not enter the global\n"
        "p. Writes into the folder: results.csv (a row per event with its region), spectra and their plots, limits,\n"
        "displays of the events at the largest excess, weights_N.safetensors, summary.json. Ctrl-C ends a search\n"
        "and keeps what was finished; a folder with files is refused without --overwrite. With --signal S.csv a\n"
        "table, signals.csv and signal_N.png show the fraction of its events in each region, position and width of\n"
        "its peak, and limits on its events before any cut, from their shape in each region (in pb: divided by\n"
        "--luminosity; the efficiency of the file's own selection is unknown). Its mass is that of the matched jets\n"
        "(column parent), else of the peak. --weak adds regions (weakM) in which networks separate windows of mass\n"
        "from their side bands (arXiv 1805.02664); each is one more look.\n\n"
        "  abc search --events data.csv --sqrt-s 13000 --out search\n"
        "  abc search --events data.csv --luminosity 140 --signal m1500.csv --signal m2000.csv --out search\n"
        "  abc search --events data.csv --sqrt-s 13000 --luminosity 140 --fraction 0.1,0.01 --resolution 0,0.12 --out "
        "search\n" },
    { "info", INFO, command_info, "describes a weights file", "\n  abc info --weights weights.safetensors\n" },
    EXPORT_COMMAND(EXPORT, "passwd_abc_parse")
};

int main(int argc, char **argv) {
    const tool abc = { "finds pairs of equal, unknown particles in jets (PASSWD-ABC, arXiv 2309.05728)",
        "  abc train   --events background.csv --out w.safetensors\n"
        "  abc run     --weights w.safetensors --events data.csv --out results.csv\n"
        "  abc compare --weights w.safetensors --background test.csv --signal gluino.csv --mass 1500 --plots plots\n"
        "  abc search  --events data.csv --sqrt-s 13000 --out search\n",
        known_options, sizeof known_options / sizeof *known_options, commands, sizeof commands / sizeof *commands };
    settings s;
    processes_begin(&argc, &argv);
    memset(&s, 0, sizeof s);
    s.seed = 1;
    s.threads = all_threads();
    s.folds = 2;
    s.toys = -1;
    s.points = 12;
    return run_tool(&abc, &s, argc, argv);
}

/* ------------------------------------------------------------------------------------------------------------------
   Events
   --------------------------------------------------------------------------------------------------------------- */

/* The network reads jets and b-jets. */
static int is_jet(const passwd_events *v, int64_t row) {
    const char *type = v->type_names.name[v->type[row]];
    return (!strcmp(type, "j") || !strcmp(type, "b")) && v->pt[row] > 0.0f;
}
/* The `most` jets of highest pT of an event, as rows in the file's order. */
static int hardest_jets(const passwd_events *v, int64_t event, int most, int64_t *rows) {
    int64_t r;
    int n = 0, k, low;
    for (r = v->first[event]; r < v->first[event + 1]; r++) {
        if (!is_jet(v, r)) continue;
        if (n == most) { /* the softest is dropped, unless the new one is the softest */
            for (low = 0, k = 1; k < n; k++)
                if (v->pt[rows[k]] <= v->pt[rows[low]]) low = k;
            if (v->pt[r] <= v->pt[rows[low]]) continue;
            for (k = low; k + 1 < n; k++) rows[k] = rows[k + 1];
            n--;
        }
        rows[n++] = r;
    }
    return n;
}
/* Warns, once per file, about numbers that look like another unit or column; they are used as they are. */
typedef struct doubts {
    int64_t objects, jets, high, low, slow, turned;
} doubts;

static void doubts_add(doubts *d, const passwd_events *v) {
    int64_t r;
    for (r = v->first[0]; r < v->first[v->count]; r++) {
        d->objects++;
        if (!is_jet(v, r)) continue;
        d->jets++;
        d->high += v->pt[r] > 7000.0;
        d->low += v->pt[r] < 1.0;
        d->slow += v->e[r] < 0.99 * v->pt[r] * cosh(v->eta[r]);
        d->turned += fabs(v->phi[r]) > 6.2832;
    }
}
/* OK, or FAILED if the network would not see any object. */
static int doubts_tell(const doubts *d, const char *path) {
    const double jets = (double)d->jets;
    if (d->objects && !d->jets)
        return complain(FAILED,
            "%s: of %lld objects none has the type j or b (column object) "
            "and a pT, so that the network would see nothing",
            path, (long long)d->objects);
    if ((double)d->high > 0.01 * jets)
        complain(OK,
            "%s: %.0f %% of the jets have a pT above 7,000 GeV. Are its "
            "momenta in MeV?",
            path, 100.0 * (double)d->high / jets);
    if ((double)d->low > 0.5 * jets)
        complain(OK,
            "%s: %.0f %% of the jets have a pT below 1 GeV. Are its momenta in "
            "TeV?",
            path, 100.0 * (double)d->low / jets);
    if (d->slow)
        complain(OK, "%s: %lld of %lld jets have less energy than momentum. Is the column e an energy?", path,
            (long long)d->slow, (long long)d->jets);
    if (d->turned)
        complain(OK, "%s: %lld of %lld jets have |phi| above 2 pi. Is phi in degrees?", path, (long long)d->turned,
            (long long)d->jets);
    return OK;
}
static void tell_dropped(int64_t dropped, int most) {
    if (dropped > 0)
        complain(
            OK, "objects dropped: %lld; the network uses the %d of highest pT of an event", (long long)dropped, most);
}

/* ------------------------------------------------------------------------------------------------------------------
   abc train
   --------------------------------------------------------------------------------------------------------------- */

static passwd_status read_setting(void *c, const char *json, size_t length, const char *name, passwd_error *error) {
    return passwd_abc_config_read((passwd_abc_config *)c, json, length, name, error);
}
/* Preset, then file, then command line. */
static int configure(const settings *s, passwd_abc_config *c) {
    passwd_error error;
    int k;
    passwd_status status = passwd_abc_preset(s->preset ? s->preset : "default", c, &error);
    if (status == PASSWD_OK && s->config) {
        size_t length = 0;
        char *text = read_text(s->config, &length);
        if (!text) return FAILED;
        status = passwd_abc_config_read(c, text, length, s->config, &error);
        free(text);
    }
    if (status != PASSWD_OK) return failed(&error);
    for (k = 0; k < s->set.count; k++)
        if (set_one(s->set.item[k], read_setting, c) != OK) return FAILED;
    if (s->epochs) {
        c->epochs = s->epochs;
        c->steps = 0;
    }
    if (s->steps) c->steps = s->steps;
    if (s->batch) c->batch = s->batch;
    return OK;
}
static void tell_events(const passwd_events *events, const passwd_abc_config *c) {
    int64_t rows[SEARCHED], k, used = 0, train;
    for (k = 0; k < events->count; k++) used += hardest_jets(events, k, 2, rows) == 2;
    train = used - (int64_t)((double)c->validation * (double)used);
    if (used < events->count)
        complain(OK, "events with fewer than two jets, excluded from training: %lld of %lld",
            (long long)(events->count - used), (long long)events->count);
    if (used > 1 && train < c->batch)
        complain(OK, "there are fewer events than a batch needs: every step uses all %lld instead of %d",
            (long long)train, c->batch);
}
static passwd_status save_abc(const void *abc, const char *path, passwd_error *error) {
    return passwd_abc_save((const passwd_abc *)abc, path, error);
}
static int on_score(void *user, const passwd_progress *p) {
    (void)user;
    (void)p;
    return interrupted;
}
/* The score of shapes comes last; a network without one is worth keeping, too. */
static void train_score(passwd_abc *abc, const passwd_events *events, const passwd_train_options *options) {
    passwd_train_options o = *options;
    passwd_error error;
    o.progress = on_score;
    if (passwd_abc_train_score(abc, events, &o, &error) == PASSWD_OK) return;
    meter_clear();
    complain(OK, "no score of shapes at their mass, the loss is used instead: %s", error.message);
}
/* An error about an event names its file if there is only one. */
static void name_events(passwd_error *error, const texts *files) {
    const char *path = files->item[0];
    char text[sizeof error->message];
    if (strncmp(error->message, "Event ", 6) || files->count != 1) return;
    snprintf(text, sizeof text, "%s", error->message);
    snprintf(error->message, sizeof error->message, "%.90s: %.160s", strcmp(path, "-") ? path : "standard input", text);
}
static int train_on(passwd_abc *abc, const passwd_events *events, const settings *s, training *t) {
    const passwd_abc_config *c = passwd_abc_config_of(abc);
    passwd_train_options o;
    passwd_train_report r;
    passwd_error error;
    passwd_status status;
    int64_t dropped = 0;
    int ended;
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    o.seed = (uint64_t)s->seed;
    o.checkpoint = s->checkpoint;
    o.progress = on_step;
    o.user = t;
    o.ranks = processes();
    memset(&r, 0, sizeof r);
    catch_interrupts();
    status = passwd_abc_train(abc, events, &o, &r, &dropped, &error);
    tell_dropped(dropped, c->max_objects);
    if (status == PASSWD_OK && !s->no_score) train_score(abc, events, &o);
    if ((status == PASSWD_OK || status == PASSWD_STOPPED) && passwd_abc_at_optimum(abc) >= 0.0)
        complain(OK, "the network by itself finds the best partition in %.1f %% of the events",
            100.0 * passwd_abc_at_optimum(abc));
    if (status != PASSWD_OK) name_events(&error, &s->events);
    ended = end_training(t, status, &error, &r, c->patience, abc, s->out, save_abc);
    if (ended != OK || !r.collapsed) return ended;
    return complain(COLLAPSED, "the weights are still in %s; exit status %d signals the collapse", s->out, COLLAPSED);
}
static int command_train(const settings *s) {
    passwd_abc_config c;
    passwd_abc *abc = NULL;
    passwd_events events;
    passwd_error error;
    training t;
    const char *files[4];
    int status = configure(s, &c);
    memset(&events, 0, sizeof events);
    memset(&t, 0, sizeof t);
    files[0] = s->out;
    files[1] = s->log;
    files[2] = s->checkpoint;
    files[3] = s->config;
    if (status == OK) status = check_outputs(files, 3, 4);
    if (status == OK) status = check_read(files, 3, &s->events);
    if (status == OK && !(check_writable(s->out) && (!s->checkpoint || check_writable(s->checkpoint)))) status = FAILED;
    if (status == OK && passwd_abc_new(&c, (uint64_t)s->seed, NULL, &abc, &error)) status = failed(&error);
    if (status == OK) status = load_events(&s->events, NULL, &events);
    if (status == OK) {
        doubts d;
        memset(&d, 0, sizeof d);
        doubts_add(&d, &events);
        status = doubts_tell(&d, name_of_files(&s->events));
    }
    if (status == OK) {
        tell_events(&events, &c);
        t.model = passwd_abc_model(abc);
        t.meter = meter_new();
        t.log_path = s->log;
        status = train_on(abc, &events, s, &t);
    }
    status = close_log(&t, status);
    passwd_events_free(&events);
    passwd_abc_free(abc);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   abc run
   --------------------------------------------------------------------------------------------------------------- */

/* A network, and the buffers to run it block by block. */
typedef struct runner {
    passwd_abc *abc;
    passwd_abc_job *job;
    passwd_abc_result *results;  /* of BLOCK events */
    passwd_abc_result *polished; /* the same with the network's answers polished; NULL: not needed */
    int64_t dropped, empty;      /* objects, events */
    doubts doubts;
} runner;

static void runner_close(runner *r) {
    passwd_abc_job_free(r->job);
    passwd_abc_free(r->abc);
    free(r->results);
    free(r->polished);
}
static int runner_open(runner *r, const settings *s) {
    passwd_workspace_options o;
    passwd_error error;
    memset(r, 0, sizeof *r);
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    r->results = (passwd_abc_result *)malloc(BLOCK * sizeof *r->results);
    if (!r->results) return complain(FAILED, "there is not enough memory for %d results", BLOCK);
    if (passwd_abc_load(s->weights, NULL, &r->abc, &error) || passwd_abc_job_new(r->abc, &o, &r->job, &error)
        || passwd_abc_job_assign(r->job, (passwd_abc_how)s->assign, &error)) {
        runner_close(r);
        return failed(&error);
    }
    return OK;
}
/* The action on a block of events and its results; 0 stops. */
typedef int (*answer_action)(void *user, const passwd_events *events, const passwd_abc_result *results);
typedef struct answering {
    runner *r;
    answer_action action;
    void *user;
} answering;

static int answer_block(void *user, const passwd_events *events) {
    const answering *a = (const answering *)user;
    runner *r = a->r;
    passwd_error error;
    int64_t k;
    doubts_add(&r->doubts, events);
    if (r->polished
        && (passwd_abc_job_assign(r->job, PASSWD_ABC_POLISHED, &error)
            || passwd_abc_run(r->job, events, 0, events->count, r->polished, NULL, &error)
            || passwd_abc_job_assign(r->job, PASSWD_ABC_EXACT, &error))) {
        failed(&error);
        return 0;
    }
    if (passwd_abc_run(r->job, events, 0, events->count, r->results, &r->dropped, &error)) {
        failed(&error);
        return 0;
    }
    for (k = 0; k < events->count; k++) r->empty += r->results[k].objects == 0;
    return a->action(a->user, events, r->results);
}
/* Sends all events of a source through the network. */
static int runner_go(runner *r, source *from, answer_action action, void *user, const char *label) {
    answering a;
    a.r = r;
    a.action = action;
    a.user = user;
    memset(&r->doubts, 0, sizeof r->doubts);
    return each_block(from, label, answer_block, &a);
}

/* scored: by shapes, so that 1, 2, 3 are 10, 1, 0.1 % */
typedef struct run_writer {
    FILE *file;
    const keeping *kept;
    int scored, layers;
} run_writer;

/* layer: of the network, from 1 on; 0: the answer */
static void write_row(
    const run_writer *w, const passwd_events *v, int64_t event, const passwd_abc_result *r, int layer) {
    const passwd_abc_layer_result *l = layer ? r->layer + layer - 1 : &r->answer;
    int64_t j;
    fprintf(w->file, "%lld", (long long)v->id[event]);
    if (w->layers) fprintf(w->file, ",%d", layer);
    fprintf(w->file, ",%d", r->objects);
    put_field(w->file, (double)l->mass[0]);
    put_field(w->file, (double)l->mass[1]);
    put_field(w->file, (double)l->mass_avg);
    put_field(w->file, (double)r->score);
    put_field(w->file, (double)r->loss);
    put_field(w->file, (double)r->loss_crossed);
    for (j = 1; w->scored && j <= 3; j++) fputs(isnan(r->score) ? "," : r->score > (float)j ? ",1" : ",0", w->file);
    keep_event(w->kept, v, event, w->file);
    fputc(',', w->file);
    for (j = 0; j < v->first[event + 1] - v->first[event]; j++) {
        const int category = j < PASSWD_MAX_OBJECTS ? l->category[j] : -1;
        fputc(category < 0 ? '-' : '0' + category, w->file);
    }
    fputc('\n', w->file);
}
static int write_block(void *user, const passwd_events *v, const passwd_abc_result *results) {
    const run_writer *w = (const run_writer *)user;
    int64_t k;
    int layer;
    for (k = 0; k < v->count; k++)
        for (layer = 0; layer <= w->layers; layer++) write_row(w, v, k, results + k, layer);
    return !ferror(w->file); /* a full disk or a closed pipe is reported when the file is closed */
}
static int command_run(const settings *s) {
    const char *out = strcmp(s->out, "-") ? s->out : NULL;
    runner r;
    source from;
    output to;
    keeping kept;
    run_writer w;
    int status = check_read(&out, 1, &s->events);
    if (status == OK && same_file(s->out, s->weights))
        status = complain(USAGE, "--out and --weights are the same file, %s", s->out);
    if (status == OK)
        status = keep_read(&kept, s->keep,
            "event,layer,n,mass1,mass2,mass_avg,score,loss,loss_crossed,top0.1,top0.01,top0.001,assignment", NULL);
    if (status == OK) status = runner_open(&r, s);
    if (status != OK) return status;
    if (!source_open(&from, &s->events, &kept.options)) {
        runner_close(&r);
        return FAILED;
    }
    status = output_open(&to, s->out) ? OK : FAILED;
    if (status == OK) {
        catch_interrupts();
        w.file = to.file;
        w.kept = &kept;
        w.scored = passwd_abc_has_score(r.abc);
        w.layers = s->layers ? passwd_abc_config_of(r.abc)->attn_blocks_n : 0;
        fprintf(to.file, "event,%sn,mass1,mass2,mass_avg,score,loss,loss_crossed%s", w.layers ? "layer," : "",
            w.scored ? ",top0.1,top0.01,top0.001" : "");
        keep_header(&kept, to.file);
        fputs(",assignment\n", to.file);
        status = runner_go(&r, &from, write_block, &w, "");
        if (status == OK) status = doubts_tell(&r.doubts, name_of_files(&s->events));
        if (!output_close(&to, status == OK || ferror(to.file))) status = FAILED;
        tell_dropped(r.dropped, passwd_abc_config_of(r.abc)->max_objects);
        if (r.empty) complain(OK, "events without jets: %lld; their fields are empty", (long long)r.empty);
    }
    source_close(&from);
    runner_close(&r);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   abc compare: collecting
   --------------------------------------------------------------------------------------------------------------- */

enum { LAST, FIRST, POLISHED, EXACT, ASYMMETRY, TRUTH, METHODS };
static const char *const method_names[METHODS] = { "last layer", "first layer", "polished", "best partition",
    "mass asymmetry", "matched jets" };
static const char *const method_keys[METHODS] = { "last_layer", "first_layer", "polished", "exact", "mass_asymmetry",
    "truth" };

/* of one event; NaN if there is none */
typedef struct answer {
    float mass[METHODS], asymmetry[METHODS], score, loss;
    double weight;
} answer;
typedef struct sample {
    const char *path;
    texts files;
    char name[96];
    double mass; /* of a signal's particle; 0: background */
    answer *answers;
    size_t count, room;
    double total;                      /* sum of weights */
    double matched, right[METHODS];    /* matched objects, and those assigned correctly */
    double lopsided[METHODS];          /* events with all objects in one parent */
    double rated, best;                /* events with a cost, and those in which the network's is the smallest */
    const passwd_abc_result *polished; /* of the current block; NULL: neither these nor the exact ones are
                                          available */
    int last, method, threads;         /* method: the answer's */
} sample;

static void set_masses(answer *a, int method, double m1, double m2) {
    a->mass[method] = (float)(0.5 * (m1 + m2));
    a->asymmetry[method] = (float)(m1 + m2 > 0.0 ? fabs(m1 - m2) / (m1 + m2) : (double)NAN);
}
static int parent_of(double number) { return number == 0.0 ? 0 : number == 1.0 ? 1 : -1; }
/* Counts objects whose parent is known, and those that a method assigns to it, up to exchange of the parents. */
static void count_right(
    sample *s, const double *parent, int objects, signed char category[METHODS][PASSWD_MAX_OBJECTS], double weight) {
    int k, method;
    for (method = 0; method < TRUTH; method++) {
        int straight = 0, exchanged = 0;
        for (k = 0; k < objects && k < PASSWD_MAX_OBJECTS; k++) {
            const int p = parent_of(parent[k]);
            if (p < 0) continue;
            straight += category[method][k] == p;
            exchanged += category[method][k] == 1 - p;
            if (method == LAST) s->matched += weight;
        }
        s->right[method] += weight * (straight > exchanged ? straight : exchanged);
    }
}
/* The masses of the objects matched to the parents, if both have some. */
static void find_truth(const passwd_events *v, int64_t event, answer *a) {
    double p[2][4] = { { 0.0 } }, m[2];
    int64_t r;
    int k, held[2] = { 0, 0 };
    for (r = v->first[event]; r < v->first[event + 1]; r++) {
        const int parent = v->number[0] ? parent_of(v->number[0][r]) : -1;
        if (parent < 0) continue;
        held[parent]++;
        p[parent][0] += v->e[r];
        p[parent][1] += v->pt[r] * cos(v->phi[r]);
        p[parent][2] += v->pt[r] * sin(v->phi[r]);
        p[parent][3] += v->pt[r] * sinh(v->eta[r]);
    }
    for (k = 0; k < 2; k++)
        m[k] = sqrt(fmax(0.0, p[k][0] * p[k][0] - p[k][1] * p[k][1] - p[k][2] * p[k][2] - p[k][3] * p[k][3]));
    if (held[0] && held[1]) set_masses(a, TRUTH, m[0], m[1]);
}
static void take_answer(
    answer *a, int method, const passwd_abc_layer_result *l, signed char category[METHODS][PASSWD_MAX_OBJECTS]) {
    memcpy(category[method], l->category, PASSWD_MAX_OBJECTS);
    set_masses(a, method, (double)l->mass[0], (double)l->mass[1]);
}
static void find_asymmetry(
    const passwd_events *v, int64_t event, const int64_t *rows, int n, answer *a, signed char *category) {
    float x[5], p4[SEARCHED][4];
    passwd_asymmetry found;
    int k;
    for (k = 0; k < n; k++)
        passwd_abc_encode(
            (double)v->pt[rows[k]], (double)v->eta[rows[k]], (double)v->phi[rows[k]], (double)v->e[rows[k]], x, p4[k]);
    if (passwd_smallest_asymmetry(&p4[0][0], n, &found, NULL) != PASSWD_OK) return;
    set_masses(a, ASYMMETRY, found.mass[0], found.mass[1]);
    for (k = 0; k < n; k++)
        if (rows[k] - v->first[event] < PASSWD_MAX_OBJECTS)
            category[rows[k] - v->first[event]] = (signed char)(found.group >> k & 1u);
}
static void collect_event(sample *s, const passwd_events *v, int64_t event, const passwd_abc_result *r, answer *a) {
    signed char category[METHODS][PASSWD_MAX_OBJECTS];
    int64_t rows[SEARCHED];
    const int n = hardest_jets(v, event, SEARCHED, rows);
    int k;
    memset(category, -1, sizeof category);
    for (k = 0; k < METHODS; k++) a->mass[k] = a->asymmetry[k] = NAN;
    take_answer(a, LAST, r->layer + s->last, category);
    take_answer(a, FIRST, r->layer, category);
    if (s->polished) {
        take_answer(a, POLISHED, &s->polished[event].answer, category);
        take_answer(a, EXACT, &r->answer, category);
    }
    find_asymmetry(v, event, rows, n, a, category[ASYMMETRY]);
    find_truth(v, event, a);
    a->score = r->score;
    a->loss = r->loss;
    a->weight = v->weight[event];
#ifdef _OPENMP
#pragma omp critical
#endif
    {
        if (v->number[0])
            count_right(
                s, v->number[0] + v->first[event], (int)(v->first[event + 1] - v->first[event]), category, a->weight);
        for (k = 0; k <= FIRST; k++)
            if (n > 1 && !(memchr(category[k], 0, PASSWD_MAX_OBJECTS) && memchr(category[k], 1, PASSWD_MAX_OBJECTS)))
                s->lopsided[k] += a->weight;
        if (s->polished && isfinite(r->cost)) {
            s->rated += a->weight;
            if (r->network_cost <= r->cost * 1.00001f) s->best += a->weight;
        }
    }
}
static int collect_block(void *user, const passwd_events *v, const passwd_abc_result *results) {
    sample *s = (sample *)user;
    const size_t n = (size_t)v->count;
    int64_t k;
    if (s->count + n > s->room) {
        answer *more = (answer *)realloc(s->answers, (2 * s->room + n) * sizeof *more);
        if (!more) {
            complain(FAILED, "%s: there is not enough memory for %zu events", s->path, s->count + n);
            return 0;
        }
        s->answers = more;
        s->room = 2 * s->room + n;
    }
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 8) num_threads(s->threads)
#endif
    for (k = 0; k < v->count; k++) collect_event(s, v, k, results + k, s->answers + s->count + (size_t)k);
    for (k = 0; k < v->count; k++) s->total += v->weight[k];
    s->count += n;
    return 1;
}
static int collect(sample *s, runner *r, const settings *o) {
    static const char *const parent[] = { "parent?" };
    passwd_event_options options;
    char label[160];
    source from;
    int status;
    memset(&options, 0, sizeof options);
    options.numbers = parent;
    options.n_numbers = 1;
    s->last = passwd_abc_config_of(r->abc)->attn_blocks_n - 1;
    s->polished = r->polished;
    s->threads = o->threads;
    snprintf(label, sizeof label, "%s: ", s->name);
    s->files = one_file(s->path);
    if (!source_open(&from, &s->files, &options)) return FAILED;
    status = runner_go(r, &from, collect_block, s, label);
    source_close(&from);
    if (status == OK) status = doubts_tell(&r->doubts, s->path);
    if (status == OK && !(s->total > 0.0))
        status = complain(
            FAILED, "%s: the sum of the weights of the events is %g; it should be positive", s->path, s->total);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   abc compare: figures
   --------------------------------------------------------------------------------------------------------------- */

/* width: half of the central 68 %, over the median */
typedef struct masses {
    double median, width, asymmetry;
} masses;

/* Of the finite masses or asymmetries: sorted. */
static size_t sorted_values(const sample *s, int method, int asymmetry, weighted *v) {
    size_t n = 0, k;
    for (k = 0; v && k < s->count; k++) {
        const double x = (double)(asymmetry ? s->answers[k].asymmetry[method] : s->answers[k].mass[method]);
        if (!isfinite(x)) continue;
        v[n].value = x;
        v[n++].weight = s->answers[k].weight;
    }
    if (n) qsort(v, n, sizeof *v, ascending);
    return n;
}
static masses mass_figures(const sample *s, int method) {
    weighted *v = (weighted *)malloc((s->count + 1) * sizeof *v);
    masses m = { (double)NAN, (double)NAN, (double)NAN };
    size_t n = sorted_values(s, method, 0, v);
    if (n) {
        m.median = quantile(v, n, 0.5);
        m.width = 0.5 * (quantile(v, n, 0.84) - quantile(v, n, 0.16)) / m.median;
    }
    n = sorted_values(s, method, 1, v);
    m.asymmetry = quantile(v, n, 0.5);
    free(v);
    return m;
}
/* Fraction of a sample's weight between two masses. */
static double between(const sample *s, int method, double low, double high) {
    double in = 0.0;
    size_t k;
    for (k = 0; k < s->count; k++)
        if ((double)s->answers[k].mass[method] >= low && (double)s->answers[k].mass[method] <= high)
            in += s->answers[k].weight;
    return in / s->total;
}

/* The variables that are cut on and compared: the answer's mass and the score. */
enum { MASS, SCORE, VARIABLES };
static const char *const variable_names[VARIABLES] = { "average mass", "score" };
static const char *const variable_keys[VARIABLES] = { "mass", "score" };
static double variable_of(const sample *s, size_t k, int variable) {
    return (double)(variable == MASS ? s->answers[k].mass[s->method] : s->answers[k].score);
}

static size_t add_values(weighted *v, const sample *s, int variable, int signal) {
    size_t k;
    for (k = 0; k < s->count; k++) {
        const double x = variable_of(s, k, variable);
        v[k].value = isnan(x) ? -(double)INFINITY : x; /* no objects: never selected */
        v[k].weight = s->answers[k].weight / s->total;
        v[k].signal = signal;
    }
    return s->count;
}
static roc roc_of(const sample *background, const sample *signal, int variable) {
    const size_t n = background->count + signal->count;
    weighted *v = (weighted *)malloc(n * sizeof *v);
    roc r;
    if (v) add_values(v + add_values(v, background, variable, 0), signal, variable, 1);
    r = roc_new(v, n);
    free(v);
    return r;
}
static size_t place(const sample *s, int variable, double low, double high, int signal, placed *v) {
    size_t n = 0, k;
    for (k = 0; k < s->count; k++) {
        const double mass = variable_of(s, k, MASS), x = variable_of(s, k, variable);
        if (!(mass > 0.0 && mass < (double)INFINITY) || isnan(x) || (signal && !(mass >= low && mass <= high)))
            continue;
        v[n].value = x;
        v[n].weight = s->answers[k].weight;
        v[n].bin = mass_bin(mass);
        v[n++].signal = signal;
    }
    return n;
}
static double fixed_mass_area(const sample *background, const sample *signal, int variable) {
    placed *v = (placed *)malloc((background->count + signal->count + 1) * sizeof *v);
    double used, area = (double)NAN;
    if (v) {
        size_t n = place(background, variable, 0.0, 0.0, 0, v);
        n += place(signal, variable, 0.5 * signal->mass, 1.2 * signal->mass, 1, v + n);
        area = area_at_fixed_mass(v, n, &used);
    }
    free(v);
    return area;
}
/* Ranks of a variable, with ties averaged; events without a number have none (-1). */
static int rank_values(const sample *s, int variable, double *rank) {
    ranked *v = (ranked *)malloc((s->count + 1) * sizeof *v);
    int64_t n = 0;
    size_t k;
    if (!v) return 0;
    for (k = 0; k < s->count; k++) {
        rank[k] = -1.0;
        v[n].value = variable_of(s, k, variable);
        v[n].place = (int64_t)k;
        if (!isnan(v[n].value)) n++;
    }
    ranks_of(v, n, rank);
    free(v);
    return 1;
}
/* Spearman's rank correlation of a variable with the mass. */
static double correlation_with_mass(const sample *s, int variable) {
    double *x = (double *)malloc((s->count + 1) * sizeof *x), *y = (double *)malloc((s->count + 1) * sizeof *y);
    double sum[6] = { 0.0, 0.0, 0.0, 0.0, 0.0, 0.0 }, r = (double)NAN;
    size_t k;
    if (x && y && rank_values(s, MASS, x) && rank_values(s, variable, y)) {
        for (k = 0; k < s->count; k++) {
            const double w = s->answers[k].weight;
            if (x[k] < 0.0 || y[k] < 0.0) continue;
            sum[0] += w;
            sum[1] += w * x[k];
            sum[2] += w * y[k];
            sum[3] += w * x[k] * x[k];
            sum[4] += w * y[k] * y[k];
            sum[5] += w * x[k] * y[k];
        }
        r = (sum[0] * sum[5] - sum[1] * sum[2])
            / sqrt((sum[0] * sum[3] - sum[1] * sum[1]) * (sum[0] * sum[4] - sum[2] * sum[2]));
    }
    free(x);
    free(y);
    return r;
}

/* All figures of a sample and a method; for signals all but the first two are relative to the background. */
typedef struct figures {
    masses mass;
    double signal, background, ratio, gain, above, right, truth;
} figures;
typedef struct separation {
    double area, rejection, fixed;
} separation; /* by a variable */

static void all_figures(const sample *background, const sample *signal, figures f[METHODS]) {
    int k;
    for (k = 0; k < METHODS; k++) {
        const double low = 0.8 * signal->mass, high = 1.2 * signal->mass, none = k == TRUTH ? (double)NAN : 0.0;
        f[k].mass = mass_figures(signal, k);
        f[k].signal = between(signal, k, low, high);
        f[k].background = between(background, k, low, high) + none;
        f[k].ratio = f[k].signal / f[k].background;
        f[k].above = between(signal, k, low, (double)INFINITY) / between(background, k, low, (double)INFINITY) + none;
        f[k].right = signal->matched > 0.0 && k != TRUTH ? signal->right[k] / signal->matched : (double)NAN;
    }
    for (k = 0; k < METHODS; k++) {
        f[k].gain = f[k].ratio / f[ASYMMETRY].ratio;
        f[k].truth = f[k].mass.median / f[TRUTH].mass.median;
    }
}
static separation separate(const sample *background, const sample *signal, int variable) {
    roc r = roc_of(background, signal, variable);
    separation p;
    p.area = r.area;
    p.rejection = r.rejection;
    p.fixed = fixed_mass_area(background, signal, variable);
    roc_free(&r);
    return p;
}
/* Mass and score both above a limit, so that half of the signal is left: of ten pairs, the one that leaves the least
   background. events: of background that are left. */
typedef struct both {
    double mass, score, rejection;
    size_t events;
} both;

/* The limit above which a fraction of a signal's weight lies, among those beyond a mass. */
static double limit_above(const sample *s, int variable, double mass, double part, weighted *v) {
    double above = 0.0;
    size_t n = 0, k;
    for (k = 0; k < s->count; k++) {
        const double x = variable_of(s, k, variable);
        if (isnan(x) || !(variable_of(s, k, MASS) >= mass)) continue;
        v[n].value = x;
        v[n++].weight = s->answers[k].weight / s->total;
    }
    qsort(v, n, sizeof *v, ascending);
    for (k = n; k-- > 0;)
        if ((above += v[k].weight) >= part - 1e-12) return v[k].value;
    return (double)NAN; /* this much is missing */
}
static both cut_on_both(const sample *background, const sample *signal) {
    weighted *v = (weighted *)malloc((signal->count + 1) * sizeof *v);
    both best = { (double)NAN, (double)NAN, (double)NAN, 0 };
    double least = (double)INFINITY;
    size_t k;
    int part;
    for (part = 10; v && part > 0; part--) { /* half of the signal has a mass above the limit; then 55, 60, ... 95 % */
        const double mass = limit_above(signal, MASS, 0.0, 1.0 - 0.05 * part, v);
        const double score = limit_above(signal, SCORE, mass, 0.5, v);
        double left = 0.0;
        size_t events = 0;
        for (k = 0; k < background->count; k++) {
            if (!(variable_of(background, k, MASS) >= mass && variable_of(background, k, SCORE) >= score)) continue;
            left += background->answers[k].weight / background->total;
            events++;
        }
        if (isnan(score) || left >= least) continue;
        least = left;
        best.mass = mass;
        best.score = score;
        best.rejection = left > 0.0 ? 1.0 / left : (double)INFINITY;
        best.events = events;
    }
    free(v);
    return best;
}
static int has_method(const sample *samples, int method) {
    return samples->polished || (method != POLISHED && method != EXACT);
}
static int has_truth(const sample *s) { return s->matched > 0.0; }

/* ------------------------------------------------------------------------------------------------------------------
   abc compare: table and JSON
   --------------------------------------------------------------------------------------------------------------- */

static void print_cell(int width, int digits, double value, const char *unit) {
    char text[64] = "-";
    if (isinf(value)) snprintf(text, sizeof text, "inf");
    else if (!isnan(value)) snprintf(text, sizeof text, "%.*f%s", digits, value, unit);
    printf(" %*s", width, text);
}
static void print_methods(const sample *background, const sample *s) {
    const int signal = s != background;
    figures f[METHODS];
    int k;
    if (signal) all_figures(background, s, f);
    printf("%-16s %9s %7s %9s %10s", "", "median", "width", "of truth", "asymmetry");
    if (signal) printf(" %8s %11s %7s %7s %10s %9s", "signal", "background", "S/B", "gain", "S/B above", "assigned");
    printf("\n%-16s %9s %7s %9s %10s", "", "[GeV]", "", "", "");
    if (signal) printf(" %8s %11s %7s %7s %10s %9s", "in window", "in window", "", "", "0.8 M", "right");
    printf("\n");
    for (k = 0; k < METHODS; k++) {
        const masses m = mass_figures(s, k);
        if (!has_method(s, k) || (k == TRUTH && !has_truth(s))) continue;
        printf("%-16s", method_names[k]);
        print_cell(9, 0, m.median, "");
        print_cell(7, 3, m.width, "");
        print_cell(9, 3, signal ? f[k].truth : (double)NAN, "");
        print_cell(10, 3, m.asymmetry, "");
        if (signal) {
            print_cell(8, 1, 100.0 * f[k].signal, " %");
            print_cell(11, 2, 100.0 * f[k].background, " %");
            print_cell(7, 1, f[k].ratio, "");
            print_cell(7, 1, f[k].gain, "");
            print_cell(10, 1, f[k].above, "");
            print_cell(9, 1, 100.0 * f[k].right, " %");
        }
        printf("\n");
    }
    if (s->rated > 0.0)
        printf("the network finds the best partition in %.1f %% of the events\n", 100.0 * s->best / s->rated);
}
static void print_variables(const sample *background, const sample *s) {
    const both b = cut_on_both(background, s);
    int k;
    printf("%-16s %7s %10s %13s %16s\n", "", "area", "rejection", "area at", "rank correlation");
    printf("%-16s %7s %10s %13s %16s\n", "", "", "at 50 %", "fixed mass", "with the mass");
    for (k = 0; k < VARIABLES; k++) {
        const separation p = separate(background, s, k);
        printf("%-16s", variable_names[k]);
        print_cell(7, 3, p.area, "");
        print_cell(10, p.rejection < 10.0 ? 1 : 0, p.rejection, "");
        print_cell(13, 3, k == MASS ? (double)NAN : p.fixed, "");
        print_cell(16, 3, k == MASS ? (double)NAN : correlation_with_mass(background, k), "");
        printf("\n");
    }
    printf("%-16s", "both");
    print_cell(7, 3, (double)NAN, "");
    print_cell(10, b.rejection < 10.0 ? 1 : 0, b.rejection, "");
    printf(
        "   mass above %.0f GeV and score above %.3g: %zu events of background are left\n", b.mass, b.score, b.events);
}
static void print_table(const sample *samples, int count) {
    int s;
    for (s = 0; s < count; s++) {
        if (s)
            printf("\n%s: %zu events, M = %g GeV, window %g to %g GeV\n", samples[s].name, samples[s].count,
                samples[s].mass, 0.8 * samples[s].mass, 1.2 * samples[s].mass);
        else printf("%s: %zu events, the background\n", samples->name, samples->count);
        print_methods(samples, samples + s);
        if (s) print_variables(samples, samples + s);
    }
}

/* A layer that does not divide the jets finds nothing: its average mass is half of the event's. */
static void tell_lopsided(const sample *s) {
    int k;
    for (k = 0; k <= FIRST; k++)
        if (s->lopsided[k] > 0.1 * s->total)
            complain(OK, "warning: the %s gives all jets to one parent in %.0f %% of the events of %s", method_names[k],
                100.0 * s->lopsided[k] / s->total, s->name);
}
static void put_method(passwd_json_writer *w, const sample *s, int method, const figures *f) {
    const masses m = mass_figures(s, method);
    passwd_json_key(w, method_keys[method]);
    passwd_json_begin_object(w);
    put_json(w, "median", m.median);
    put_json(w, "width", m.width);
    put_json(w, "asymmetry", m.asymmetry);
    if (f) {
        put_json(w, "of_truth", f->truth);
        put_json(w, "signal_in_window", f->signal);
        put_json(w, "background_in_window", f->background);
        put_json(w, "ratio", f->ratio);
        put_json(w, "gain", f->gain);
        put_json(w, "ratio_above", f->above);
        put_json(w, "assigned_right", f->right);
    }
    passwd_json_end_object(w);
}
static void put_variable(passwd_json_writer *w, const sample *background, const sample *s, int variable) {
    const separation p = separate(background, s, variable);
    passwd_json_key(w, variable_keys[variable]);
    passwd_json_begin_object(w);
    put_json(w, "area", p.area);
    put_json(w, "rejection", p.rejection);
    if (variable != MASS) {
        put_json(w, "area_at_fixed_mass", p.fixed);
        put_json(w, "rank_correlation_with_mass", correlation_with_mass(background, variable));
    }
    passwd_json_end_object(w);
}
static void put_both(passwd_json_writer *w, both b) {
    passwd_json_key(w, "both");
    passwd_json_begin_object(w);
    put_json(w, "rejection", b.rejection);
    put_json(w, "mass_above", b.mass);
    put_json(w, "score_above", b.score);
    put_json(w, "background_events", (double)b.events);
    passwd_json_end_object(w);
}
static void put_sample(passwd_json_writer *w, const sample *samples, int s) {
    figures f[METHODS];
    int k;
    if (s) all_figures(samples, samples + s, f);
    passwd_json_begin_object(w);
    passwd_json_key(w, "name");
    passwd_json_write_string(w, samples[s].name);
    passwd_json_key(w, "file");
    passwd_json_write_string(w, samples[s].path);
    passwd_json_key(w, "events");
    passwd_json_write_int(w, (int64_t)samples[s].count);
    if (s) put_json(w, "M", samples[s].mass);
    put_json(w, "at_optimum", samples[s].rated > 0.0 ? samples[s].best / samples[s].rated : (double)NAN);
    for (k = 0; k < METHODS; k++)
        if (has_method(samples, k)) put_method(w, samples + s, k, s ? f + k : NULL);
    for (k = 0; s && k < VARIABLES; k++) put_variable(w, samples, samples + s, k);
    if (s) put_both(w, cut_on_both(samples, samples + s));
    passwd_json_end_object(w);
}
static int print_json(const sample *samples, int count) {
    passwd_json_writer w;
    int s;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    passwd_json_key(&w, "background");
    put_sample(&w, samples, 0);
    passwd_json_key(&w, "signals");
    passwd_json_begin_array(&w);
    for (s = 1; s < count; s++) put_sample(&w, samples, s);
    passwd_json_end_array(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}

/* ------------------------------------------------------------------------------------------------------------------
   abc compare: plots
   --------------------------------------------------------------------------------------------------------------- */

enum { BINS = 50, LOG_COLUMNS = 40, LOG_BINS = 200 };

/* Other curves beside the masses of the methods. */
enum { DRAW_SCORE = METHODS, DRAW_LOSS };
static double value_of(const answer *a, int what) {
    return (double)(what == DRAW_SCORE ? a->score : what == DRAW_LOSS ? a->loss : a->mass[what]);
}

/* The histogram of a method's mass, of the score or the loss, as fractions of the whole sample. */
static void draw(plot *p, const sample *s, int what, const double *edges, const char *name, plot_style style) {
    double bins[BINS] = { 0.0 };
    size_t k;
    for (k = 0; k < s->count; k++) {
        const double at = (value_of(s->answers + k, what) - edges[0]) / (edges[BINS] - edges[0]) * BINS;
        if (at >= 0.0 && at < BINS) bins[(int)at] += s->answers[k].weight / s->total;
    }
    plot_histogram(p, edges, bins, BINS, name, style);
}
/* Bins of a round width that reach beyond the heaviest signal; returns that width. */
static double mass_edges(const sample *samples, int count, double *edges) {
    static const double round_widths[] = { 1.0, 2.0, 2.5, 4.0, 5.0, 6.0, 8.0, 10.0 };
    double most = 0.0, power = 1.0, width = 0.0;
    int k;
    for (k = 1; k < count; k++) most = fmax(most, 2.0 * samples[k].mass / BINS);
    while (10.0 * power < most) power *= 10.0;
    while (power > most) power *= 0.1;
    for (k = 0; k < 8 && width < 0.9999 * most; k++) width = power * round_widths[k];
    for (k = 0; k <= BINS; k++) edges[k] = width * k;
    return width;
}
static plot *mass_plot(const sample *samples, int count, double *edges) {
    char title[64];
    plot *p;
    snprintf(title, sizeof title, "Fraction of events / %g GeV", mass_edges(samples, count, edges));
    p = plot_new("Average candidate mass [GeV]", title);
    plot_log(p, 0, 1);
    return p;
}
static int plot_masses(const sample *samples, int count, const char *folder) {
    double edges[BINS + 1];
    plot *p = mass_plot(samples, count, edges);
    int s;
    for (s = 0; s < count; s++) draw(p, samples + s, samples->method, edges, samples[s].name, style_of(s, PLOT_SOLID));
    return write_plot(p, folder, "mass.png");
}
/* The masses of background and first signal by several methods. */
static int plot_layers(const sample *samples, int count, int best, const char *folder, const char *file) {
    static const int drawn[] = { EXACT, LAST, FIRST, ASYMMETRY },
                     dashes[] = { PLOT_SOLID, PLOT_DASHED, PLOT_DOTTED, PLOT_DASHED };
    double edges[BINS + 1];
    plot *p = mass_plot(samples, count, edges);
    char name[128];
    int s, k;
    for (s = 0; s < 2; s++)
        for (k = !best; k < 4; k++) { /* the names of one sample explain the lines */
            plot_style style = style_of(s, k == !best ? PLOT_SOLID : dashes[k]);
            if (drawn[k] == ASYMMETRY) style.width = 1.0;
            if (k == !best) snprintf(name, sizeof name, "%s, %s", samples[s].name, method_names[drawn[k]]);
            else snprintf(name, sizeof name, "%s", s == 0 ? method_names[drawn[k]] : "");
            draw(p, samples + s, drawn[k], edges, name, style);
        }
    return write_plot(p, folder, file);
}
static int plot_scores(const sample *samples, int count, const char *folder) {
    double low = (double)INFINITY, high = -(double)INFINITY, edges[BINS + 1];
    char title[64];
    size_t k;
    plot *p;
    int s;
    for (s = 0; s < count; s++)
        for (k = 0; k < samples[s].count; k++)
            if (isfinite(samples[s].answers[k].score)) {
                low = fmin(low, (double)samples[s].answers[k].score);
                high = fmax(high, (double)samples[s].answers[k].score);
            }
    if (!(low <= high)) low = high = 0.0;
    low = 0.5 * floor(2.0 * low);
    high = fmax(low + 0.5, 0.5 * ceil(2.0 * high + 1e-6));
    for (s = 0; s <= BINS; s++) edges[s] = low + (high - low) * s / BINS;
    snprintf(title, sizeof title, "Fraction of events / %.3g", (high - low) / BINS);
    p = plot_new("Anomaly score", title);
    plot_log(p, 0, 1);
    for (s = 0; s < count; s++) draw(p, samples + s, DRAW_SCORE, edges, samples[s].name, style_of(s, PLOT_SOLID));
    return write_plot(p, folder, "score.png");
}
static int plot_roc(const sample *samples, int count, const char *folder) {
    plot *p = roc_plot();
    int s;
    for (s = 1; s < count; s++) {
        roc r = roc_of(samples, samples + s, SCORE);
        roc_draw(p, &r, samples[s].name, style_of(s, PLOT_SOLID));
        roc_free(&r);
    }
    roc_draw_guess(p);
    return write_plot(p, folder, "roc.png");
}

/* The letter's figures: masses and those of the matched jets, and losses, of all samples; comparison of the layers. */
static int plot_losses(const sample *samples, int count, const char *folder) {
    double edges[BINS + 1], most = 0.0;
    plot *p = plot_new("Reconstruction loss", "Fraction of events");
    int s, k;
    plot_log(p, 0, 1);
    for (s = 0; s < count; s++) {
        weighted *v = (weighted *)malloc((samples[s].count + 1) * sizeof *v);
        size_t n = 0, i;
        for (i = 0; v && i < samples[s].count; i++)
            if (isfinite(samples[s].answers[i].loss)) {
                v[n].value = (double)samples[s].answers[i].loss;
                v[n++].weight = samples[s].answers[i].weight;
            }
        if (n) qsort(v, n, sizeof *v, ascending);
        if (n) most = fmax(most, quantile(v, n, 0.99));
        free(v);
    }
    for (k = 0; k <= BINS; k++) edges[k] = (most > 0.0 ? most : 1.0) * k / BINS;
    for (s = 0; s < count; s++) draw(p, samples + s, DRAW_LOSS, edges, samples[s].name, style_of(s, PLOT_SOLID));
    return write_plot(p, folder, "figure_2_loss.png");
}
static int make_figures(const sample *samples, int count, const char *folder) {
    double edges[BINS + 1];
    plot *p = mass_plot(samples, count, edges);
    int s, status;
    for (s = 0; s < count; s++) {
        plot_style dashed = style_of(s, PLOT_DASHED);
        draw(p, samples + s, samples->method, edges, samples[s].name, style_of(s, PLOT_SOLID));
        dashed.width = 1.0;
        if (s && has_truth(samples + s)) draw(p, samples + s, TRUTH, edges, s == 1 ? method_names[TRUTH] : "", dashed);
    }
    status = write_plot(p, folder, "figure_2.png");
    if (plot_losses(samples, count, folder)) status = FAILED;
    return plot_layers(samples, count, 0, folder, "figure_3.png") == OK ? status : FAILED;
}

/* A training's log: columns of numbers, NaN for empty fields. */
typedef struct train_log {
    char name[LOG_COLUMNS][64];
    double *row;
    size_t rows, room;
    int columns;
} train_log;

static int log_fields(char *line, char **field) {
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    while (line && n < LOG_COLUMNS) {
        field[n++] = line;
        line = strchr(line, ',');
        if (line) *line++ = 0;
    }
    return n;
}
static int log_add(train_log *l, char **field) {
    double *at;
    int k;
    if (l->rows == l->room) {
        double *more = (double *)realloc(l->row, (2 * l->room + 256) * LOG_COLUMNS * sizeof *more);
        if (!more) return 0;
        l->row = more;
        l->room = 2 * l->room + 256;
    }
    while (l->rows && l->row[(l->rows - 1) * LOG_COLUMNS] >= strtod(field[0], NULL))
        l->rows--; /* resumed from a checkpoint */
    at = l->row + l->rows++ * LOG_COLUMNS;
    for (k = 0; k < l->columns; k++) at[k] = field[k][0] ? strtod(field[k], NULL) : (double)NAN;
    return 1;
}
static int log_read(train_log *l, const char *path) {
    FILE *file = fopen(path, "r");
    char line[8192], *field[LOG_COLUMNS];
    int k;
    memset(l, 0, sizeof *l);
    if (!file) return complain(FAILED, "%s: %s", path, strerror(errno));
    if (fgets(line, sizeof line, file)) l->columns = log_fields(line, field);
    for (k = 0; k < l->columns; k++) snprintf(l->name[k], sizeof l->name[k], "%s", field[k]);
    if (l->columns < 6 || strcmp(l->name[0], "step") || strcmp(l->name[4], "total")
        || strcmp(l->name[l->columns - 1], "validation")) {
        fclose(file);
        return complain(FAILED, "%s: This is not a log of abc train", path);
    }
    while (fgets(line, sizeof line, file) && log_fields(line, field) == l->columns && log_add(l, field)) continue;
    fclose(file);
    return OK;
}
/* A column as a curve of means over intervals of steps; validation as points. */
static void draw_column(plot *p, const train_log *l, int column, const char *name, plot_style style) {
    double x[LOG_BINS], y[LOG_BINS];
    const size_t each = (l->rows + LOG_BINS - 1) / LOG_BINS;
    size_t k, i;
    int n = 0;
    for (k = 0; k < l->rows; k += each) {
        double count = 0.0;
        x[n] = y[n] = 0.0;
        for (i = k; i < k + each && i < l->rows; i++) {
            const double *row = l->row + i * LOG_COLUMNS;
            if (isfinite(row[column])) {
                x[n] += row[0];
                y[n] += row[column];
                count += 1.0;
            }
        }
        if (count > 0.0) {
            x[n] /= count;
            y[n++] /= count;
        }
    }
    if (column == l->columns - 1) plot_points(p, x, y, NULL, n, name, style);
    else plot_line(p, x, y, n, name, style);
}
/* The range of columns 4 and on, without monitors: from the smallest to the largest value of a term in 98 % of the
   steps after the first twentieth, which may be off by powers of ten; five powers of ten for terms that vanish. */
static void log_range(const train_log *l, double *low, double *high) {
    weighted *v = (weighted *)malloc((l->rows + 1) * sizeof *v);
    double least = (double)INFINITY, most = 0.0;
    size_t i, n;
    int k;
    for (k = 4; v && k < l->columns; k++) {
        for (n = 0, i = l->rows / 20; i < l->rows; i++) {
            const double x = l->row[i * LOG_COLUMNS + (size_t)k];
            if (is_monitor(l->name[k]) || !(x > 0.0 && x < (double)INFINITY)) continue;
            v[n].value = x;
            v[n++].weight = 1.0;
        }
        if (n == 0) continue;
        qsort(v, n, sizeof *v, ascending);
        least = fmin(least, quantile(v, n, 0.01));
        most = fmax(most, quantile(v, n, 0.99));
    }
    free(v);
    if (!(most > 0.0)) least = most = 1.0;
    *low = fmax(0.5 * least, 1e-5 * most); /* terms that vanish are not of interest */
    *high = 4.0 * most;
}
static int plot_log_file(const char *path, const char *folder) {
    train_log l;
    plot *p;
    char name[64], *c;
    double low, high;
    int k, color = 1, status = log_read(&l, path);
    if (status != OK) return status;
    for (k = 0; k < l.columns; k++)
        for (c = l.name[k]; *c; c++)
            if (*c == '_') *c = ' ';
    log_range(&l, &low, &high);
    p = plot_new("Step", "Loss");
    plot_log(p, 0, 1);
    /* the legend's place is on the right */
    if (l.rows) plot_range(p, 0.0, 1.55 * l.row[(l.rows - 1) * LOG_COLUMNS], low, high);
    draw_column(p, &l, 4, "total", style_of(0, PLOT_SOLID));
    for (k = 5; k + 1 < l.columns; k++) {
        snprintf(name, sizeof name, "%s", l.name[k]);
        if (!is_monitor(name)) draw_column(p, &l, k, name, style_of(color++, PLOT_SOLID));
    }
    draw_column(p, &l, l.columns - 1, "total, validation", style_of(0, PLOT_SOLID));
    plot_lower(p, "Jets", 0.28);
    for (color = 1, k = 5; k + 1 < l.columns; k++)
        if (!strncmp(l.name[k], "jets in", 7)) draw_column(p, &l, k, NULL, style_of(color++, PLOT_SOLID));
    free(l.row);
    return write_plot(p, folder, "loss.png");
}
static int make_plots(const sample *samples, int count, const settings *o) {
    int status = OK;
    if (plot_masses(samples, count, o->plots)) status = FAILED;
    if (plot_layers(samples, count, has_method(samples, EXACT), o->plots, "layers.png")) status = FAILED;
    if (plot_scores(samples, count, o->plots)) status = FAILED;
    if (plot_roc(samples, count, o->plots)) status = FAILED;
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   abc compare: the command
   --------------------------------------------------------------------------------------------------------------- */

/* Removes the words that all names begin with. */
static void shorten_names(sample *samples, int count) {
    size_t same = 0, words = 0;
    int s, agree = 1;
    while (agree && samples[0].name[same]) {
        for (s = 1; s < count; s++) agree = agree && samples[s].name[same] == samples[0].name[same];
        if (agree && samples[0].name[same++] == ' ') words = same;
    }
    for (s = 0; s < count; s++) memmove(samples[s].name, samples[s].name + words, strlen(samples[s].name + words) + 1);
}
static int name_samples(sample *samples, int count, const char *names) {
    int s;
    for (s = 0; s < count; s++) {
        if (!names) {
            name_from_path(samples[s].name, samples[s].path);
            continue;
        }
        snprintf(samples[s].name, sizeof samples[s].name, "%.*s", (int)strcspn(names, ","), names);
        names += strcspn(names, ",");
        if ((*names == ',') != (s + 1 < count))
            return complain(USAGE, "--names needs %d names separated by commas", count);
        names += *names == ',';
    }
    return OK;
}
static int command_compare(const settings *o) {
    sample samples[MANY + 1];
    const int count = 1 + o->signal.count;
    runner r;
    int s, status;
    if (o->signal.count != o->mass.count)
        return complain(USAGE, "every --signal needs its --mass; there are %d and %d", o->signal.count, o->mass.count);
    memset(samples, 0, sizeof samples);
    for (s = 0; s < count; s++) {
        samples[s].path = s ? o->signal.item[s - 1] : o->background;
        samples[s].mass = s ? o->mass.item[s - 1] : 0.0;
    }
    status = name_samples(samples, count, o->names);
    if (status != OK) return status;
    if (!o->names) shorten_names(samples, count);
    if (o->log && !o->plots) return complain(USAGE, "--log needs --plots DIR, for loss.png");
    if (o->plots && make_folder(o->plots)) return FAILED;
    if (o->figures && make_folder(o->figures)) return FAILED;
    if (o->log && plot_log_file(o->log, o->plots)) return FAILED;
    status = runner_open(&r, o);
    if (status != OK) return status;
    for (s = 0; s < count; s++)
        samples[s].method = passwd_abc_job_how(r.job) == PASSWD_ABC_NETWORK ? LAST
            : passwd_abc_job_how(r.job) == PASSWD_ABC_POLISHED              ? POLISHED
                                                                            : EXACT;
    if (passwd_abc_job_assign(r.job, PASSWD_ABC_EXACT, NULL) == PASSWD_OK) { /* else its partitions have no cost */
        r.polished = (passwd_abc_result *)malloc(BLOCK * sizeof *r.polished);
        if (!r.polished) status = complain(FAILED, "there is not enough memory for %d results", BLOCK);
    }
    for (s = 0; s < count && status == OK; s++) status = collect(samples + s, &r, o);
    if (status == OK) {
        tell_dropped(r.dropped, passwd_abc_config_of(r.abc)->max_objects);
        if (o->json) status = print_json(samples, count);
        else print_table(samples, count);
        for (s = 0; s < count; s++) tell_lopsided(samples + s);
    }
    if (status == OK && o->plots) status = make_plots(samples, count, o);
    if (status == OK && o->figures) status = make_figures(samples, count, o->figures);
    for (s = 0; s < count; s++) free(samples[s].answers);
    runner_close(&r);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   abc info
   --------------------------------------------------------------------------------------------------------------- */

/* The configuration as it is in the file, a line per key; missing keys are those of the preset "original". */
static void print_value(const passwd_json *j, int32_t node) {
    const passwd_json_node *n = j->nodes + node;
    int32_t child;
    if (n->kind == PASSWD_JSON_STRING || n->kind == PASSWD_JSON_NUMBER) printf("%.*s", (int)n->length, n->text);
    else if (n->kind == PASSWD_JSON_TRUE || n->kind == PASSWD_JSON_FALSE)
        printf("%s", n->kind == PASSWD_JSON_TRUE ? "true" : "false");
    for (child = n->first; child >= 0; child = j->nodes[child].next) {
        if (j->nodes[child].key) printf("%s ", j->nodes[child].key);
        print_value(j, child);
        if (j->nodes[child].next >= 0) printf(", ");
    }
}
static int print_configuration(const char *path) {
    passwd_tensor_file file;
    passwd_json json;
    passwd_error error;
    const char *text;
    int32_t node;
    if (passwd_tensor_file_load(path, NULL, &file, &error)) return failed(&error);
    text = passwd_tensor_metadata(&file, "config");
    if (!text) text = "{}";
    if (passwd_json_parse(text, strlen(text), path, NULL, &json, &error)) {
        passwd_tensor_file_free(&file);
        return failed(&error);
    }
    printf("\nconfiguration\n");
    for (node = json.nodes[0].first; node >= 0; node = json.nodes[node].next) {
        printf("  %-26s ", json.nodes[node].key);
        print_value(&json, node);
        printf("\n");
    }
    passwd_json_free(&json);
    passwd_tensor_file_free(&file);
    return OK;
}
static int command_info(const settings *s) {
    const passwd_abc_config *c;
    const passwd_model *m;
    passwd_abc *abc;
    passwd_error error;
    size_t count[2] = { 0, 0 }; /* running statistics, trainable */
    int k;
    if (passwd_abc_load(s->weights, NULL, &abc, &error)) return failed(&error);
    c = passwd_abc_config_of(abc);
    m = passwd_abc_model(abc);
    for (k = 0; k < passwd_parameter_count(m); k++)
        count[passwd_parameter_at(m, k)->trainable != 0] += passwd_parameter_at(m, k)->count;
    printf("%s\n", s->weights);
    printf("  %-26s %zu, and %zu running statistics\n", "parameters", count[1], count[0]);
    printf("  %-26s %.0f per event of %d jets\n", "multiply-adds", passwd_model_multiply_adds(m), c->max_objects);
    printf("  %-26s %d, of", "ABC layers", c->attn_blocks_n);
    for (k = 0; k < c->attn_blocks_n; k++) printf("%s %d", k ? "," : "", c->out_dim[k]);
    printf(" categories\n");
    printf("  %-26s %s\n", "score", passwd_abc_has_score(abc) ? "of shapes at their mass" : "of the loss");
    if (c->original) printf("  %-26s the published code, with its quirks\n", "made by");
    if (passwd_abc_at_optimum(abc) >= 0.0)
        printf(
            "  %-26s found in %.1f %% of its training events\n", "best partition", 100.0 * passwd_abc_at_optimum(abc));
    passwd_abc_free(abc);
    return print_configuration(s->weights);
}

/* ------------------------------------------------------------------------------------------------------------------
   abc export
   --------------------------------------------------------------------------------------------------------------- */

static const char *read_bytes(const settings *s, const void *bytes, size_t count, passwd_error *error) {
    passwd_abc *abc = NULL;
    if (passwd_abc_parse(bytes, count, s->weights, NULL, &abc, error)) return NULL;
    passwd_abc_free(abc);
    return "passwd_abc_parse";
}
static int command_export(const settings *s) { return export_weights(s, s->weights, s->header, s->array, read_bytes); }

/* ------------------------------------------------------------------------------------------------------------------
   abc search
   --------------------------------------------------------------------------------------------------------------- */

#include "copies.h"
#include "spectra.h"
#include "abc_search.h"
