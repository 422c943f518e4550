/* jets: anomalous jets from the command line. Substructure of jets, (normalized) autoencoders on it, recurrent
   autoencoders on constituents, comparisons of these with single variables, and backgrounds by reweighting.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tools/jets.c -o build/jets -lm && build/jets --help */
#define _POSIX_C_SOURCE 200809L
#define TOOL "jets"
#include "passwd.h"
#include "cli.h"
#include "density.h"
#include "multivariate.h"
#include "ranks.h"

/* ------------------------------------------------------------------------------------------------------------------
   Command line
   --------------------------------------------------------------------------------------------------------------- */

enum { FEATURES = 1, TRAIN = 2, SCORE = 4, COMPARE = 8, REWEIGHT = 16, EXPORT = 32, DENSITY = 64, ALL = 127 };
enum { AE = 1, NAE, VRNN }; /* as in --model */

struct settings {
    const char *out, *weights, *preset, *config, *checkpoint, *log, *plots, *label, *names, *columns, *background,
        *train, *models; /* NULL: not given */
    const char *tag, *mass, *low, *middle, *high, *variables, *header, *array;
    texts events, outs, set, signal, networks_of, at;
    double cut, contamination;
    int model, epochs, threads, json, list, seeds, best_epoch, before_after, below, rank, networks, layers;
    int which;
    int64_t first, count, seed, train_count;
    passwd_simd simd;
};
#define AT(field) offsetof(settings, field)

static const known_option known_options[] = {
    { "events", "J.csv", FEATURES, 0, "constituents of jets; - is standard input; may be repeated", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "events", "J.csv", TRAIN, 1,
        "jets to train on: constituents, or for ae and nae a table of features; may be repeated", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "events", "J.csv", SCORE, 1, "any number of jets; - reads constituents from standard input; may be repeated",
        OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "F.csv", REWEIGHT, 1, "a table of numbers with a header line; may be repeated", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "background", "B.csv", COMPARE, 1, "jets of the background", OPTION_TEXT, AT(background), 0, 0, NULL },
    { "signal", "S.csv", COMPARE, 1, "jets of a signal; may be repeated", OPTION_TEXTS, AT(signal), 0, 0, NULL },
    { "tag", "NAME", REWEIGHT, 1, "column for the cut", OPTION_TEXT, AT(tag), 0, 0, NULL },
    { "cut", "X", REWEIGHT, 1, "rows above this value are tagged", OPTION_REAL, AT(cut), -1e300, 1e300, NULL },
    { "mass", "NAME", REWEIGHT, 1, "column that defines the regions", OPTION_TEXT, AT(mass), 0, 0, NULL },
    { "low", "A:B", REWEIGHT, 1, "low sideband, where the closure is tested", OPTION_TEXT, AT(low), 0, 0, NULL },
    { "signal", "C:D", REWEIGHT, 1, "signal region, where tagged rows are predicted", OPTION_TEXT, AT(middle), 0, 0,
        NULL },
    { "high", "E:F", REWEIGHT, 1, "high sideband, where the weights are learnt", OPTION_TEXT, AT(high), 0, 0, NULL },
    { "columns", "P,Q,...", REWEIGHT, 1,
        "columns that the weights depend on; A/B is a ratio of two, here and elsewhere", OPTION_TEXT, AT(columns), 0, 0,
        NULL },
    { "weights", "W.safetensors", SCORE, 1, "a trained network of any model", OPTION_TEXT, AT(weights), 0, 0, NULL },
    EXPORT_OPTIONS(EXPORT),
    { "weights", "W.safetensors", COMPARE, 0, "a trained network, instead of --model; may be repeated", OPTION_TEXTS,
        AT(networks_of), 0, 0, NULL },
    { "model", "NAME", TRAIN, 1,
        "ae: autoencoder, nae: normalized autoencoder, vrnn: recurrent variational autoencoder", OPTION_CHOICE,
        AT(model), 0, 0, "ae,nae,vrnn" },
    { "model", "NAME,...", COMPARE, 0, "networks to train, from ae, nae and vrnn", OPTION_TEXT, AT(models), 0, 0,
        NULL },
    { "out", "F.csv", FEATURES, 0, "the variables, a row per jet; - is standard output; once for each --events",
        OPTION_TEXTS, AT(outs), 0, 0, NULL },
    { "out", "W.safetensors", TRAIN, 1, "the trained network", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "S.csv", SCORE, 1, "the scores; - is standard output", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "W.csv", REWEIGHT, 0, "weights of the untagged rows of the signal region", OPTION_TEXT, AT(out), 0, 0,
        NULL },
    { "train", "T.csv", COMPARE, 0,
        "jets to train on (default: the first ones of --background, which are then not scored)", OPTION_TEXT, AT(train),
        0, 0, NULL },
    { "train-count", "N", COMPARE, 0, "number of these (default 10000)", OPTION_INT64, AT(train_count), 4, 0x1p62,
        NULL },
    { "contamination", "PART", COMPARE, 0,
        "a study: so much of the training jets are signals' instead, which are not scored (default 0)", OPTION_REAL,
        AT(contamination), 0, 0.9, NULL },
    { "sample", "NAME", DENSITY, 0, "ring or gauss8 (default: both)", OPTION_CHOICE, AT(which), 0, 0, "ring,gauss8" },
    { "seeds", "N", COMPARE | DENSITY, 0, "trainings of each model, with the seeds 1 to N (default 1)", OPTION_INT,
        AT(seeds), 1, 64, NULL },
    { "best-epoch", NULL, COMPARE, 0, "how much better the epoch would be that is best for the signals (ae, nae)",
        OPTION_FLAG, AT(best_epoch), 0, 0, NULL },
    { "before-after", NULL, COMPARE, 0,
        "vrnn: train networks without alignment, too, and without all else that takes the mass out", OPTION_FLAG,
        AT(before_after), 0, 0, NULL },
    { "names", "A,B,...", FEATURES, 0, "names of the samples in plots (default: of the files)", OPTION_TEXT, AT(names),
        0, 0, NULL },
    { "names", "A,B,...", COMPARE, 0, "names of background and signals (default: of the files)", OPTION_TEXT, AT(names),
        0, 0, NULL },
    { "at", "NAME=X,Y,...", COMPARE, 0,
        "a parameter of each signal, for areas against it in --plots; twice: in the plane of two", OPTION_TEXTS, AT(at),
        0, 0, NULL },
    { "columns", "A,B,...", TRAIN | SCORE | COMPARE, 0,
        "features for ae and nae, as features --list has them, or of the table; A/B is a ratio of two, A*B a product "
        "(default: d2,tau3/tau2,tau2/mass,c2,ptd,mass)",
        OPTION_TEXT, AT(columns), 0, 0, NULL },
    { "columns", "A,B,...", FEATURES, 0,
        "which ones, of --list; A/B is a ratio of two, A*B a product (default: the substructure that ae and nae know)",
        OPTION_TEXT, AT(columns), 0, 0, NULL },
    { "list", NULL, FEATURES, 0, "the names of all features, with a line on each; nothing else is done", OPTION_FLAG,
        AT(list), 0, 0, NULL },
    { "tag-below", NULL, REWEIGHT, 0, "tag rows below the cut instead", OPTION_FLAG, AT(below), 0, 0, NULL },
    { "rank-in-mass", NULL, REWEIGHT, 0, "cut on the tag's rank (0 to 1) among the 200 rows of nearest mass",
        OPTION_FLAG, AT(rank), 0, 0, NULL },
    { "variables", "X,Y,...", REWEIGHT, 0, "variables of the closure test (default: --columns)", OPTION_TEXT,
        AT(variables), 0, 0, NULL },
    { "networks", "N", REWEIGHT, 0,
        "trainings, whose spread is the uncertainty (default 10; fewer make p-values too small)", OPTION_INT,
        AT(networks), 2, 200, NULL },
    { "layers", "N", REWEIGHT, 0, "of the networks (default 3; 0: none, the references alone)", OPTION_INT, AT(layers),
        0, 10, NULL },
    { "preset", "NAME", TRAIN | DENSITY, 0,
        "settings to start from: plain (default of ae), default, cms or original; of vrnn default or talk", OPTION_TEXT,
        AT(preset), 0, 0, "plain,default,cms,original,talk" },
    { "preset", "NAME", COMPARE, 0, "of vrnn: default or talk", OPTION_TEXT, AT(preset), 0, 0, "default,talk" },
    { "config", "C.json", TRAIN | DENSITY, 0, "settings that differ from these, as a JSON object", OPTION_TEXT,
        AT(config), 0, 0, NULL },
    { "set", "KEY=VALUE", TRAIN | DENSITY, 0, "one such setting; may be repeated", OPTION_TEXTS, AT(set), 0, 0, NULL },
    { "set", "MODEL.KEY=VALUE", COMPARE, 0,
        "one setting of a model, such as nae.alpha=0.05, or, first, nae.preset=cms; may be repeated", OPTION_TEXTS,
        AT(set), 0, 0, NULL },
    { "first", "N", TRAIN, 0, "number of jets to skip (default 0)", OPTION_INT64, AT(first), 0, 0x1p62, NULL },
    { "count", "N", TRAIN, 0, "number of jets to use (default: all that follow)", OPTION_INT64, AT(count), 1, 0x1p62,
        NULL },
    { "count", "N", COMPARE, 0, "maximum number of jets of each sample to score (default: all)", OPTION_INT64,
        AT(count), 1, 0x1p62, NULL },
    { "epochs", "N", TRAIN | COMPARE | REWEIGHT | DENSITY, 0, "passes over the jets, instead of the configuration's",
        OPTION_INT, AT(epochs), 1, 1000000, NULL },
    SKIP_BAD(FEATURES | TRAIN | SCORE | COMPARE | REWEIGHT),
    { "checkpoint", "F", TRAIN, 0, "written after every epoch; where it exists, training goes on from it", OPTION_TEXT,
        AT(checkpoint), 0, 0, NULL },
    { "log", "L.csv", TRAIN, 0, "write a row per epoch", OPTION_TEXT, AT(log), 0, 0, NULL },
    { "plots", "DIR", FEATURES, 0, "write NAME.png for each variable", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", TRAIN, 0, "write energies.png and distance.png, or loss.png", OPTION_TEXT, AT(plots), 0, 0,
        NULL },
    { "plots", "DIR", COMPARE, 0,
        "write areas.png, with --at areas_at.png and, per model, roc_, score_, score_mass_, energies_, areas_epoch_ "
        "and distance_MODEL.png",
        OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", DENSITY, 0, "write density.png: truth, network and plain autoencoder", OPTION_TEXT, AT(plots), 0,
        0, NULL },
    { "plots", "DIR", REWEIGHT, 0, "write closure_NAME.png for each variable", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "label", "TEXT", ALL & ~SCORE, 0, "bold label in the plots, such as Simulation", OPTION_TEXT, AT(label), 0, 0,
        NULL },
    { "json", NULL, COMPARE | REWEIGHT | DENSITY, 0, "the result as JSON on standard output, instead of the tables",
        OPTION_FLAG, AT(json), 0, 0, NULL },
    { "seed", "S", TRAIN | REWEIGHT, 0, "seed of all random numbers (default 1)", OPTION_INT64, AT(seed), 0, 0x1p63,
        NULL },
    { "threads", "N", ALL, 0, "number of threads (default: all; results do not depend on it)", OPTION_INT, AT(threads),
        1, 1024, NULL },
    { "simd", "LEVEL", ALL & ~FEATURES, 0, "auto, scalar, sse2, avx2, avx512 or neon (default auto)", OPTION_SIMD,
        AT(simd), 0, 0, NULL },
    { "help", NULL, ALL, 0, "print this text", OPTION_HELP, 0, 0, 0, NULL }
};

static int command_features(const settings *s);
static int command_train(const settings *s);
static int command_score(const settings *s);
static int command_export(const settings *s);
static int command_compare(const settings *s);
static int command_reweight(const settings *s);
static int command_density(const settings *s);

static const command commands[] = {
    { "features", FEATURES, command_features, "computes substructure variables from constituents",
        "Constituents are rows of jet,pt,eta,phi (and optionally m or e) with a header line; GeV and radians. The\n"
        "table has a row per jet: jet, the variables, and the number of constituents, or --columns. A jet without\n"
        "constituents has empty fields, and so has a ratio whose denominator is 0.\n\n"
        "  jets features --events qcd.csv --out qcd_features.csv\n"
        "  jets features --events qcd.csv --columns tau2/tau1,tau3_wta/tau2_wta,n2,soft_drop_mass,soft_drop_n2_beta2 "
        "--out "
        "n2.csv\n"
        "  jets features --list\n"
        "  jets features --events qcd.csv --events top.csv --names 'QCD,top quarks' --plots plots\n" },
    { "train", TRAIN, command_train, "trains a network on jets of the background",
        "ae and nae read constituents, whose variables are then computed, or a table with the columns of --columns,\n"
        "such as jets features writes; vrnn reads constituents, at most the first 256 of a jet. Ctrl-C (or SIGTERM)\n"
        "stops and keeps the best weights so far. The weights file stores its columns for score and compare.\n\n"
        "  jets train --model nae --events top.csv --count 10000 --out nae.safetensors --plots plots --log nae.csv\n"
        "  jets train --model vrnn --events qcd.csv --count 15000 --out vrnn.safetensors --set epochs=10\n"
        "  jets train --model ae --events table.csv --columns d2,mass,tau2,tau3 --set 'widths=[10,2]' --out "
        "ae.safetensors\n" },
    { "score", SCORE, command_score, "gives every jet its anomaly score",
        "For ae and nae: jet,energy,log_energy (natural logarithm). For vrnn:\n"
        "jet,score,divergence,reconstruction,constituents, the last being the number that was read. Large values\n"
        "are anomalous. Jets that cannot be scored have empty fields.\n\n"
        "  jets score --weights nae.safetensors --events data.csv --out scores.csv\n"
        "  zcat data.csv.gz | jets score --weights vrnn.safetensors --events - --out - | head\n" },
    { "compare", COMPARE, command_compare, "tells how well networks and single variables find signals",
        "The table has the area under the ROC curve for every signal: mean +- spread over seeds. Of single variables "
        "the better side is\n"
        "taken, \"low\" or \"high\"; radius is the sum of squares of the features as the network has them, the "
        "simplest score. Rank correlations in the background tell which of these is the mass, or the first model's\n"
        "score, in other words. The gain is the\n"
        "mean over signals less that of the first model. Then come Pearson's correlation of score (ae, nae: its "
        "logarithm) and mass, and\n"
        "Spearman's of score and distance from the middle of the features, as the network has them, in the "
        "background; above 0.9 there is a\n"
        "warning. The second table has simple scores of all columns together, learnt from the same jets: a network "
        "with a * does not beat the\n"
        "best of them in the mean. Curves and distributions are those of the first seed. Of recurrent networks there "
        "is what a cut at a score of\n"
        "0.5 does to signal over background, beside a cut on D2 of the aligned jet that keeps as much background, and "
        "the rank correlation of\n"
        "score and mass; their pictures of score and mass have equal scales.\n\n"
        "  jets compare --background top.csv --signal dark.csv --signal wz.csv --model ae,nae --seeds 3 --best-epoch "
        "--plots plots\n"
        "  jets compare --background qcd.csv --signal top.csv --names QCD,top --model vrnn --train-count 15000 "
        "--before-after\n"
        "  jets compare --background test.csv --signal dark.csv --weights nae.safetensors --weights vrnn.safetensors "
        "--json\n" },
    { "reweight", REWEIGHT, command_reweight, "predicts tagged rows from untagged ones by learnt weights",
        "Weights that turn untagged rows (0) into tagged ones (1) are learnt in the high sideband (HSB0 to HSB1),\n"
        "tested in the low one (LSB0 against LSB1) and applied in the signal region (CR0), as in B. Wynne's talk\n"
        "(ATLAS, 2024). Beside the networks stand one flat factor, a logistic regression and, without gradients, the\n"
        "ratio among the nearest rows. Networks are added to the regression as far as rows that they have not seen\n"
        "profit, and used where their uncertainty is at most 1.3 times the regression's. The table has chi-square\n"
        "over bins (10 of equal population) and its p for each variable, with all errors and with the samples'\n"
        "statistics alone. A tag that runs with the mass will not close; --rank-in-mass takes that out. Which tag and\n"
        "columns close is a matter of choice: choose on a part of the data, and report the rest.\n\n"
        "--out has the rows of the signal region with their weights and --variables: the background of a search in a "
        "plane of two\n"
        "masses (m_X, m_Y), say, with its trials factor; the weights' own uncertainty is left out there.\n\n"
        "  jets reweight --events features.csv --tag tau3/tau2 --cut 0.3 --tag-below --rank-in-mass --mass mass --low "
        "40:65 --signal 65:105 \\\n"
        "      --high 105:200 --columns pt,eta,ptd,constituents,soft_drop_mass/mass --variables pt,tau3,mass --plots "
        "plots --out weights.csv\n"
        "  rmm plane --masses tagged.csv --x mX --y mY --background weights.csv --plots plots\n" },
    { "density", DENSITY, command_density, "trains on points of a known density, and tells how much of it is learnt",
        "8,000 points of a ring and of eight normal distributions, in two dimensions. The table has the "
        "Kullback-Leibler divergence of\n"
        "exp(-E) from the truth (a grid of 104 x 104 cells), that of a plain normal distribution, and the area under "
        "the ROC curve for points in the\n"
        "middle of the ring, of the network, a plain autoencoder and the distance from the middle.\n\n"
        "  jets density --seeds 10 --plots plots\n"
        "  jets density --sample ring --preset cms\n" },
    EXPORT_COMMAND(EXPORT, "passwd_nae_parse or passwd_vrnn_parse")
};

int main(int argc, char **argv) {
    const tool jets = { "finds anomalous jets (arXiv 2105.05735, 2105.09274)",
        "  jets features --events top.csv --out features.csv --plots plots\n"
        "  jets train    --model nae --events top.csv --count 10000 --out nae.safetensors\n"
        "  jets score    --weights nae.safetensors --events data.csv --out scores.csv\n"
        "  jets compare  --background top.csv --signal dark.csv --model ae,nae --seeds 3 --plots plots\n",
        known_options, sizeof known_options / sizeof *known_options, commands, sizeof commands / sizeof *commands };
    settings s;
    processes_begin(&argc, &argv);
    memset(&s, 0, sizeof s);
    s.seed = 1;
    s.layers = 3;
    s.threads = all_threads();
    return run_tool(&jets, &s, argc, argv);
}

/* ------------------------------------------------------------------------------------------------------------------
   Tables, JSON, text
   --------------------------------------------------------------------------------------------------------------- */

static void put_word(passwd_json_writer *w, const char *key, const char *text) {
    passwd_json_key(w, key);
    passwd_json_write_string(w, text);
}
static void put_array(passwd_json_writer *w, const char *key) {
    passwd_json_key(w, key);
    passwd_json_begin_array(w);
}
static void put_object(passwd_json_writer *w, const char *key) {
    passwd_json_key(w, key);
    passwd_json_begin_object(w);
}
/* A comma and a number, or nothing after it if there is none. */
static void put_finite(FILE *to, double value) {
    if (isfinite(value)) put_number(to, value);
    else fputc(',', to);
}
/* Columns of text whose widths adapt to their contents. */
enum { CELLS = 24, ROWS = 64 };
typedef struct grid {
    char cell[ROWS][CELLS][48];
    int rows, columns;
} grid;

/* One row: the words of a line, separated by | */
static void grid_row(grid *t, const char *format, ...) {
    char line[2048], *at = line, *end;
    int column = 0;
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (t->rows == ROWS) return;
    for (; at && column < CELLS; at = end) {
        end = strchr(at, '|');
        if (end) *end++ = 0;
        snprintf(t->cell[t->rows][column++], 48, "%.47s", at);
    }
    if (column > t->columns) t->columns = column;
    t->rows++;
}
/* The first column is left-aligned, numbers are right-aligned. */
static void grid_print(grid *t) {
    int k, c, width[CELLS] = { 0 };
    for (k = 0; k < t->rows; k++)
        for (c = 0; c < t->columns; c++)
            if ((int)strlen(t->cell[k][c]) > width[c]) width[c] = (int)strlen(t->cell[k][c]);
    for (k = 0; k < t->rows; k++) {
        printf("%-*s", width[0], t->cell[k][0]);
        for (c = 1; c < t->columns; c++) printf("  %*s", width[c], t->cell[k][c]);
        putchar('\n');
    }
    memset(t, 0, sizeof *t);
}
/* Names separated by commas; duplicates are kept once. */
enum { NAMES = 256 };
typedef struct names {
    int count;
    char item[NAMES][64];
} names;

/* Its index, or -1 after a complaint. */
static int names_add(names *n, const char *name) {
    int k;
    for (k = 0; k < n->count; k++)
        if (!strcmp(n->item[k], name)) return k;
    if (n->count == NAMES || !*name || strlen(name) > 63)
        return complain(-1, "\"%s\": there can be up to %d names of up to 63 letters, none of them empty", name, NAMES);
    snprintf(n->item[n->count], 64, "%s", name);
    return n->count++;
}
static int names_find(const names *n, const char *name) {
    int k;
    for (k = 0; k < n->count && strcmp(n->item[k], name); k++) continue;
    return k < n->count ? k : -1;
}
static int names_read(names *n, const char *text) {
    char word[128];
    n->count = 0;
    while (text) {
        const char *comma = strchr(text, ',');
        const size_t length = comma ? (size_t)(comma - text) : strlen(text);
        snprintf(word, sizeof word, "%.*s", length < 100 ? (int)length : 100, text);
        if (names_add(n, word) < 0) return USAGE;
        text = comma ? comma + 1 : NULL;
    }
    return OK;
}
/* Number `which` of --names, or of the file's own name. */
static void sample_name(char name[96], const char *list, int which, const char *path) {
    const char *end;
    while (list && which-- > 0) {
        list = strchr(list, ',');
        if (list) list++;
    }
    name_from_path(name, path);
    if (!list || !*list) return;
    end = strchr(list, ',');
    snprintf(name, 96, "%.*s", end ? (int)(end - list < 95 ? end - list : 95) : 95, list);
}
static double mean_of(const double *x, int n) {
    double sum = 0.0;
    int k;
    for (k = 0; k < n; k++) sum += x[k];
    return sum / n;
}
/* Sample standard deviation; 0 for a single value. */
static double spread_of(const double *x, int n) {
    const double mean = mean_of(x, n);
    double sum = 0.0;
    int k;
    for (k = 0; k < n; k++) sum += (x[k] - mean) * (x[k] - mean);
    return n > 1 ? sqrt(sum / (n - 1)) : 0.0;
}

/* ------------------------------------------------------------------------------------------------------------------
   Samples of jets, from constituents or a table
   --------------------------------------------------------------------------------------------------------------- */

enum { VARIABLES = PASSWD_SUBSTRUCTURE_NUMBERS + 3 };
/* What ae and nae read by default: a mixture of Gaussians finds more in these than in CMS's eight, the first of all. */
static const char usual_columns[] = "d2,tau3/tau2,tau2/mass,c2,ptd,mass";

static const char *variable_name(int k) {
    static const char *const more[] = { "tau1", "n2", "constituents" };
    return k < PASSWD_SUBSTRUCTURE_NUMBERS ? passwd_substructure_name(k) : more[k - PASSWD_SUBSTRUCTURE_NUMBERS];
}
static const char *const variable_titles[VARIABLES] = { "Major axis", "Minor axis", "EFP_{1}", "C_{2}^{#beta=0.5}",
    "p_{T}^{D}", "Soft-drop mass [GeV]", "#tau_{2}", "#tau_{3}", "D_{2}", "p_{T} [GeV]", "#eta", "#phi", "Mass [GeV]",
    "#tau_{1}", "N_{2}", "Constituents" };
static int variable_index(const char *name) {
    int k;
    for (k = 0; k < VARIABLES && strcmp(variable_name(k), name); k++) continue;
    return k < VARIABLES ? k : -1;
}
typedef struct sample {
    char name[96];
    passwd_events events; /* constituents of jets, or the rows of a table */
    int table;
    int64_t count;
    int64_t *id;
    double *all;          /* count x VARIABLES; NaN: unknown, or a jet without constituents */
    double *rows;         /* count x features, the inputs of ae and nae */
    double *constituents; /* of jets that are read as such: how many */
    int features;
    int64_t zeros; /* numbers that have a denominator of 0, the first of them in column `zero` */
    char zero[64];
} sample;

static void sample_free(sample *a) {
    passwd_events_free(&a->events);
    free(a->id);
    free(a->all);
    free(a->rows);
    free(a->constituents);
    memset(a, 0, sizeof *a);
}
/* Jets [first, first + count) of a sample, which keeps ownership. */
static sample sample_part(const sample *a, int64_t first, int64_t count) {
    sample b = *a;
    b.count = b.events.count = count;
    b.events.first += first;
    b.events.id += first;
    b.events.line += first;
    b.events.weight += first;
    if (b.table && b.events.number) b.events.number = NULL; /* a table's columns are in all and rows */
    if (b.id) b.id += first;
    if (b.all) b.all += first * VARIABLES;
    if (b.rows) b.rows += first * a->features;
    return b;
}
/* The features that ae and nae read. */
static int read_columns(const settings *s, names *columns) {
    columns->count = 0;
    return names_read(columns, s->columns ? s->columns : usual_columns);
}
/* The names of a file's header line. */
static int read_header(const char *path, names *header) {
    char *text = file_begin(path), *line = text, *at = NULL, *end;
    header->count = 0;
    if (!text) return FAILED;
    for (; line && !at; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = 0;
        if (*line != '#' && strspn(line, " \r\t") != strlen(line)) at = line;
    }
    if (at && !strncmp(at, "\xef\xbb\xbf", 3)) at += 3;
    for (; at && header->count < NAMES; at = end) {
        char word[64];
        end = strchr(at, ',');
        if (end) *end++ = 0;
        at += strspn(at, " \"\t");
        snprintf(word, sizeof word, "%.*s", (int)(strcspn(at, "\" \t\r\n") < 63 ? strcspn(at, "\" \t\r\n") : 63), at);
        if (*word) names_add(header, word);
    }
    free(text);
    return OK;
}
/* The next word of a ratio or product of columns such as "tau2/tau1": where it begins, or NULL; over: it divides. */
static const char *next_part(const char *name, char word[64], int *over) {
    const size_t length = strcspn(name, "*/");
    snprintf(word, 64, "%.*s", (int)(length < 63 ? length : 63), name);
    if (!name[length]) return NULL;
    *over = name[length] == '/';
    return name + length + 1;
}
/* Whether a header has a column of that name, or all that it is made of. */
static int has_column(const names *header, const char *name) {
    int over, found = 1;
    if (names_find(header, name) >= 0) return 1;
    while (name && found) {
        char word[64];
        name = next_part(name, word, &over);
        found = names_find(header, word) >= 0 || (!strcmp(word, "m") && names_find(header, "mass") >= 0);
    }
    return found;
}
/* Whether a file is a table, not constituents: it has substructure, or all columns and more of them than constituents
   have. */
static int is_table(const char *path, const names *columns, int *table) {
    static const char own[] = "jet,pt,eta,phi,m,e,weight";
    names *header = (names *)calloc(1, sizeof *header);
    int k, there = 0, more = 0, substructure = 0,
           status = header ? OK : complain(FAILED, "there is not enough memory for a header");
    *table = 0;
    if (status == OK && strcmp(path, "-")) {
        status = read_header(path, header);
        for (k = 0; k < columns->count; k++) {
            there += has_column(header, columns->item[k]);
            more += !read_choice(own, columns->item[k]);
        }
        for (k = 0; k < VARIABLES; k++)
            substructure += names_find(header, variable_name(k)) >= 0 && !read_choice(own, variable_name(k));
        *table = substructure > 0 || (there == columns->count && more > 0) || names_find(header, "pt") < 0
            || names_find(header, "eta") < 0;
    }
    free(header);
    return status;
}
/* The numeric columns requested from a file: from a table any of the columns and variables. */
enum { QUESTIONS = 4 * NAMES };
typedef struct asking {
    passwd_event_options options;
    const names *columns;
    char text[QUESTIONS][68];
    const char *numbers[QUESTIONS];
} asking;

static const double *answer_of(const asking *a, const passwd_events *v, const char *name);
static void ask_for(asking *a, const char *name) {
    if (a->options.n_numbers == QUESTIONS || answer_of(a, NULL, name)) return;
    snprintf(a->text[a->options.n_numbers], 68, "%.63s?", name);
    a->numbers[a->options.n_numbers] = a->text[a->options.n_numbers];
    a->options.n_numbers++;
}
static void ask(asking *a, int table, const names *columns) {
    int k, over;
    memset(a, 0, sizeof *a);
    a->columns = columns;
    a->options.jets = !table;
    a->options.table = table;
    a->options.numbers = a->numbers;
    if (!table) ask_for(a, "tau2"); /* to tell a table of features */
    for (k = 0; k < columns->count && table; k++) {
        const char *at = columns->item[k];
        char word[64];
        ask_for(a, at);
        while (strcspn(columns->item[k], "*/") < strlen(columns->item[k]) && at) {
            at = next_part(at, word, &over);
            ask_for(a, word);
        }
    }
    for (k = 0; k < VARIABLES && table; k++) ask_for(a, variable_name(k));
    if (table) ask_for(a, "jet");
}
/* The column of that name in what was read, or NULL; without events whether it is asked for. */
static const double *answer_of(const asking *a, const passwd_events *v, const char *name) {
    static const double yes = 1.0;
    const size_t length = strlen(name);
    int k;
    for (k = 0; k < a->options.n_numbers; k++)
        if (!strncmp(a->text[k], name, length) && !strcmp(a->text[k] + length, "?")) return v ? v->number[k] : &yes;
    return NULL;
}
/* A column of a table, or a ratio or product of some, with NaN where a denominator is 0; returns for how many rows it
   is. missing: a word that is no column, else empty; out may be NULL. */
static int64_t column_of(
    const asking *a, const passwd_events *v, int64_t count, const char *name, double *out, int step, char missing[64]) {
    const char *at = name;
    int64_t i, zeros = 0;
    int over = 0, next = 0;
    const double *x = answer_of(a, v, name);
    *missing = 0;
    for (i = 0; i < count && out; i++) out[i * step] = x ? x[i] : 1.0;
    while (!x && at) {
        const double *part;
        char word[64];
        at = next_part(at, word, &next);
        part = answer_of(a, v, word);
        if (!part && !strcmp(word, "m")) part = answer_of(a, v, "mass");
        if (!part) {
            snprintf(missing, 64, "%s", word);
            return 0;
        }
        for (i = 0; i < count && out; i++) {
            zeros += over && part[i] == 0.0;
            out[i * step] = !over ? out[i * step] * part[i] : part[i] == 0.0 ? (double)NAN : out[i * step] / part[i];
        }
        over = next;
    }
    return zeros;
}
/* The features of a jet, or NaN where it has no constituents. */
static void values_of_jet(
    const passwd_jet_features *features, const passwd_events *jets, int64_t k, int count, double *out) {
    passwd_p4 constituents[PASSWD_MAX_CONSTITUENTS];
    int i, n = passwd_jet_constituents(jets, k, constituents, PASSWD_MAX_CONSTITUENTS);
    if (n > 0 && passwd_jet_features_of(features, constituents, n, out, NULL) == PASSWD_OK) return;
    for (i = 0; i < count; i++) out[i] = (double)NAN;
    if (n == 0) out[count - 1] = 0.0; /* the number of constituents */
}
static void note_zeros(sample *a, int64_t zeros, const char *column) {
    if (zeros && !a->zeros) snprintf(a->zero, sizeof a->zero, "%s", column);
    a->zeros += zeros;
}
static void tell_zeros(const char *name, const sample *a) {
    if (a->zeros)
        complain(OK, "warning: %s: a denominator is 0 in %lld numbers, the first of them \"%s\"; they are left empty",
            name, (long long)a->zeros, a->zero);
}
static int fill_from_table(sample *a, const asking *asked) {
    const double *id = answer_of(asked, &a->events, "jet");
    char missing[64];
    int64_t i;
    int k;
    for (i = 0; i < a->count; i++) a->id[i] = id && isfinite(id[i]) ? (int64_t)id[i] : i;
    for (k = 0; k < VARIABLES && a->all; k++) {
        const double *x = answer_of(asked, &a->events, variable_name(k));
        for (i = 0; i < a->count; i++) a->all[i * VARIABLES + k] = x ? x[i] : (double)NAN;
    }
    for (k = 0; k < a->features; k++)
        note_zeros(a,
            column_of(asked, &a->events, a->count, asked->columns->item[k], a->rows + k, a->features, missing),
            asked->columns->item[k]);
    return OK;
}
/* Features of the columns, then the variables, the last of which is the number of constituents (that alone where the
   sample has no variables). */
static int features_new(const names *columns, int variables, passwd_jet_features **features) {
    const char *name[NAMES + VARIABLES];
    passwd_error error;
    int k, n = columns->count;
    for (k = 0; k < n; k++) name[k] = columns->item[k];
    for (k = variables ? 0 : VARIABLES - 1; k < VARIABLES; k++) name[n++] = variable_name(k);
    return passwd_jet_features_new(name, n, NULL, features, &error) == PASSWD_OK ? OK : failed(&error);
}
static int fill_from_constituents(sample *a, const asking *asked, int threads) {
    passwd_jet_features *features = NULL;
    int64_t i, cut = 0;
    int k, status = features_new(asked->columns, a->all != NULL, &features);
    if (status) return status;
    for (i = 0; i < a->count; i++) cut += a->events.first[i + 1] - a->events.first[i] > PASSWD_MAX_CONSTITUENTS;
    if (cut)
        complain(OK, "warning: %lld jets have more than %d constituents; the hardest are used", (long long)cut,
            PASSWD_MAX_CONSTITUENTS);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
#endif
    for (i = 0; i < a->count; i++) {
        double values[NAMES + VARIABLES];
        const int n = a->features + (a->all ? VARIABLES : 1);
        values_of_jet(features, &a->events, i, n, values);
        memcpy(a->rows + i * a->features, values, (size_t)a->features * sizeof *values);
        if (a->all) memcpy(a->all + i * VARIABLES, values + a->features, VARIABLES * sizeof *values);
        a->constituents[i] = values[n - 1];
    }
    (void)threads;
    passwd_jet_features_free(features);
    for (i = 0; i < a->count; i++) a->id[i] = a->events.id[i];
    for (k = 0; k < a->features; k++) {
        int64_t zeros = 0;
        for (i = 0; i < a->count; i++) zeros += a->constituents[i] > 0.0 && isnan(a->rows[i * a->features + k]);
        note_zeros(a, zeros, asked->columns->item[k]);
    }
    return OK;
}
/* Whether the columns are available. */
static int check_columns(const char *path, int table, const asking *asked, const passwd_events *v) {
    int k;
    if (!table && v->n_numbers > 0 && v->number[0])
        return complain(
            FAILED, "%s: these are features of jets, but constituents are needed here (and on standard input)", path);
    for (k = 0; k < asked->columns->count; k++) {
        char missing[64] = "";
        if (table) column_of(asked, v, 0, asked->columns->item[k], NULL, 1, missing);
        if (*missing) return complain(FAILED, "%s: there is no column \"%s\"", path, missing);
    }
    return OK;
}
/* Gives loaded events their columns and, unless lean, their variables. */
static int sample_fill(sample *a, const asking *asked, const char *path, int lean, int threads) {
    const size_t n = (size_t)a->events.count + 1;
    a->table = asked->options.table;
    a->count = a->events.count;
    a->features = asked->columns->count;
    a->id = (int64_t *)malloc(n * sizeof *a->id);
    a->all = lean ? NULL : (double *)malloc(n * VARIABLES * sizeof *a->all);
    a->rows = (double *)malloc(n * (size_t)(a->features + 1) * sizeof *a->rows);
    a->constituents = (double *)malloc(n * sizeof *a->constituents);
    if (!a->id || (!a->all && !lean) || !a->rows || !a->constituents)
        return complain(FAILED, "%s: there is not enough memory for %lld jets", path, (long long)a->count);
    if (check_columns(path, a->table, asked, &a->events)) return FAILED;
    return a->table ? fill_from_table(a, asked) : fill_from_constituents(a, asked, threads);
}
/* Jets [first, first + count) of all files, count 0: to their end. */
static int sample_load(sample *a, const texts *files, const names *columns, int64_t first, int64_t count, int threads) {
    asking *asked = (asking *)malloc(sizeof *asked);
    int table = 0, status = asked ? is_table(files->item[0], columns, &table) : FAILED;
    memset(a, 0, sizeof *a);
    if (status == OK) {
        ask(asked, table, columns);
        status = load_range(files, &asked->options, first, count, "jet", &a->events);
    }
    if (status == OK) status = sample_fill(a, asked, name_of_files(files), 0, threads);
    if (status == OK) tell_zeros(name_of_files(files), a);
    free(asked);
    if (status != OK) sample_free(a);
    return status;
}
/* The number of rows without NaN; NULL after a complaint. place: the index of each in the sample. */
static double *good_rows(const sample *a, int64_t *count, int64_t **place) {
    const size_t d = (size_t)a->features, n = (size_t)a->count + 1;
    double *rows = (double *)malloc(n * d * sizeof *rows);
    int64_t i;
    int k;
    *place = (int64_t *)malloc(n * sizeof **place);
    *count = 0;
    if (!rows || !*place) {
        free(rows);
        free(*place);
        *place = NULL;
        complain(FAILED, "there is not enough memory for %lld jets", (long long)a->count);
        return NULL;
    }
    for (i = 0; i < a->count; i++) {
        const double *x = a->rows + (size_t)i * d;
        for (k = 0; k < a->features && isfinite(x[k]); k++) continue;
        if (k < a->features) continue;
        memcpy(rows + (size_t)*count * d, x, d * sizeof *rows);
        (*place)[(*count)++] = i;
    }
    return rows;
}

/* ------------------------------------------------------------------------------------------------------------------
   Plots that several commands make
   --------------------------------------------------------------------------------------------------------------- */

static const plot_style grey_dashes = { PLOT_GREY, PLOT_DASHED, 0.0, 0 };
enum { BINS = 50 };
/* A column of numbers. */
typedef struct column {
    const double *x;
    int64_t count, step;
} column;

static int64_t finite_of(const column *c, weighted *out) {
    int64_t i, n = 0;
    for (i = 0; i < c->count; i++)
        if (isfinite(c->x[i * c->step])) {
            out[n].value = c->x[i * c->step];
            out[n].weight = 1.0;
            out[n++].signal = 0;
        }
    return n;
}
/* The widest central ranges of several columns, each without a fraction `tail` on either side. */
static int range_of(const column *c, int n, double tail, double range[2]) {
    int i;
    range[0] = (double)INFINITY;
    range[1] = -(double)INFINITY;
    for (i = 0; i < n; i++) {
        weighted *v = (weighted *)malloc(((size_t)c[i].count + 1) * sizeof *v);
        const int64_t m = v ? finite_of(c + i, v) : 0;
        if (!v) return complain(FAILED, "there is not enough memory for a range");
        if (m > 0) {
            qsort(v, (size_t)m, sizeof *v, ascending);
            range[0] = fmin(range[0], quantile(v, (size_t)m, tail));
            range[1] = fmax(range[1], quantile(v, (size_t)m, 1.0 - tail));
        }
        free(v);
    }
    if (!(range[0] < range[1])) {
        range[0] = isfinite(range[0]) ? range[0] - 0.5 : 0.0;
        range[1] = range[0] + 1.0;
    }
    return OK;
}
/* The fraction of the numbers in every bin. */
static void draw_distribution(
    plot *p, const column *c, const double *edges, int bins, const char *name, plot_style style) {
    double part[2 * BINS] = { 0.0 }, total = 0.0;
    int64_t i;
    for (i = 0; i < c->count; i++) {
        const double x = c->x[i * c->step], at = (x - edges[0]) / (edges[bins] - edges[0]) * bins;
        if (!isfinite(x)) continue;
        total += 1.0;
        if (at >= 0.0 && at < bins) part[(int)at] += 1.0;
    }
    for (i = 0; i < bins; i++) part[i] /= fmax(total, 1.0);
    plot_histogram(p, edges, part, bins, name, style);
}
/* One variable of several samples: the first is filled. */
static int plot_distributions(const column *c, const char *const *name, int n, int whole, const char *title,
    const char *label, const char *folder, const char *file) {
    double edges[2 * BINS + 1], range[2];
    plot *p;
    int i, bins = BINS;
    if (range_of(c, n, 0.003, range)) return FAILED;
    if (whole) {
        const double step = ceil((range[1] - range[0] + 1.0) / (2 * BINS));
        range[0] = floor(range[0]) - 0.5;
        bins = (int)((range[1] + 0.5 - range[0]) / step + 1.0);
        if (bins > 2 * BINS) bins = 2 * BINS;
        range[1] = range[0] + step * bins;
    }
    for (i = 0; i <= bins; i++) edges[i] = range[0] + (range[1] - range[0]) * i / bins;
    p = plot_new(title, "Fraction of jets / bin");
    plot_label(p, label ? label : "");
    for (i = 0; i < n; i++) {
        plot_style style = style_of(i, PLOT_SOLID);
        style.fill = i == 0;
        draw_distribution(p, c + i, edges, bins, name[i], style);
    }
    return write_plot(p, folder, file);
}

/* ------------------------------------------------------------------------------------------------------------------
   jets features
   --------------------------------------------------------------------------------------------------------------- */

typedef struct featuring {
    const settings *s;
    const asking *asked;
    texts path;
    FILE *to;
    double *all; /* count x columns, for plots */
    int64_t count, few, none;
    sample zeros; /* of all blocks */
} featuring;

static int features_block(void *user, const passwd_events *events) {
    featuring *f = (featuring *)user;
    const int columns = f->asked->columns->count;
    sample a;
    int64_t i;
    int k, good;
    double *more = f->s->plots
        ? (double *)realloc(f->all, (size_t)(f->count + events->count + 1) * (size_t)columns * sizeof *more)
        : NULL;
    if (f->s->plots && !more) {
        complain(FAILED, "%s: there is not enough memory for %lld jets", f->path.item[0], (long long)f->count);
        return 0;
    }
    f->all = more;
    memset(&a, 0, sizeof a);
    a.events = *events; /* borrowed */
    good = sample_fill(&a, f->asked, reading, 1, f->s->threads) == OK;
    if (good) note_zeros(&f->zeros, a.zeros, a.zero);
    for (i = 0; good && i < a.count; i++) {
        const double *x = a.rows + i * columns;
        f->none += !(a.constituents[i] > 0.0);
        f->few += a.constituents[i] < 3.0;
        if (f->all) memcpy(f->all + (f->count + i) * columns, x, (size_t)columns * sizeof *x);
        if (!f->to) continue;
        fprintf(f->to, "%lld", (long long)a.id[i]);
        for (k = 0; k < columns; k++) put_finite(f->to, x[k]);
        fputc('\n', f->to);
    }
    f->count += events->count;
    memset(&a.events, 0, sizeof a.events);
    sample_free(&a);
    return good && !(f->to && ferror(f->to));
}
static int features_of(featuring *f, const char *out, const char *name) {
    char label[120];
    source from;
    output to;
    int k, status;
    if (!source_open(&from, &f->path, &f->asked->options)) return FAILED;
    if (out && !output_open(&to, out)) {
        source_close(&from);
        return FAILED;
    }
    f->to = out ? to.file : NULL;
    if (out) fputs("jet", f->to);
    for (k = 0; out && k < f->asked->columns->count; k++) fprintf(f->to, ",%s", f->asked->columns->item[k]);
    if (out) fputc('\n', f->to);
    snprintf(label, sizeof label, "%.96s: ", name);
    status = each_block(&from, label, features_block, f);
    if (out && !output_close(&to, status == OK || ferror(to.file))) status = FAILED;
    source_close(&from);
    if (status == OK)
        complain(
            OK, "%s: %lld jets, %lld with fewer than 3 constituents", name, (long long)f->count, (long long)f->few);
    if (status == OK && f->none)
        complain(OK, "%s: %lld jets without constituents; their fields are empty", name, (long long)f->none);
    if (status == OK) tell_zeros(name, &f->zeros);
    return status;
}
static int features_plots(const featuring *f, char (*name)[96], const settings *s) {
    const names *columns = f->asked->columns;
    const char *labels[MANY];
    column c[MANY];
    int i, k, status = OK;
    for (k = 0; k < columns->count && status == OK; k++) {
        const int known = variable_index(columns->item[k]);
        char file[80], *at;
        for (i = 0; i < s->events.count; i++) {
            c[i].x = f[i].all + k;
            c[i].count = f[i].count;
            c[i].step = columns->count;
            labels[i] = name[i];
        }
        snprintf(file, sizeof file, "%s.png", columns->item[k]);
        for (at = file; *at; at++)
            if (*at == '/' || *at == '*') *at = '_'; /* of ratios and products */
        status = plot_distributions(c, labels, s->events.count, known == VARIABLES - 1,
            known < 0 ? columns->item[k] : variable_titles[known], s->label, s->plots, file);
    }
    return status;
}
static int list_features(void) {
    int k;
    for (k = 0; passwd_jet_feature_name(k); k++)
        printf("%-16s%s\n", passwd_jet_feature_name(k), passwd_jet_feature_about(k));
    printf(
        "\nz_i = pT_i / sum pT, dR in (rapidity, phi); ven: sums over n constituents of the product of the v least dR\n"
        "soft_drop_NAME      any of these of the groomed jet (soft drop, z_cut 0.1, beta 0), such as soft_drop_mass\n"
        "NAME_betaX          c2, d2, n2, m2 and efp_ with dR^X, 0 < X <= 10, such as n2_beta2; else X is 1 (0.5 for "
        "c2)\n"
        "A/B, A*B, A*B/C     ratios and products, from left to right, such as tau2/tau1\n"
        "efp, m              efp_2_1_0, mass; names are EnergyFlow's (n, d, k)\n");
    return OK;
}
static int command_features(const settings *s) {
    featuring *f = (featuring *)calloc(MANY, sizeof *f);
    asking *asked = (asking *)malloc(sizeof *asked);
    const char *files[2 * MANY];
    passwd_jet_features *features = NULL;
    names columns;
    char name[MANY][96];
    int k, status = f && asked ? OK : complain(FAILED, "there is not enough memory");
    if (status == OK && !s->list && !s->events.count)
        status = complain(USAGE, "--events J.csv is missing; see jets features --help");
    if (status == OK && !s->list && !s->outs.count && !s->plots)
        status = complain(USAGE, "--out F.csv is missing; see jets features --help");
    if (status == OK && s->outs.count && s->outs.count != s->events.count)
        status = complain(USAGE, "--out must be given once for each --events");
    for (k = 0; k < s->outs.count; k++) files[k] = s->outs.item[k];
    for (k = 0; k < s->events.count; k++) files[s->outs.count + k] = s->events.item[k];
    columns.count = 0;
    for (k = 0; k < VARIABLES && !s->columns; k++) names_add(&columns, variable_name(k));
    if (status == OK && s->columns) status = names_read(&columns, s->columns);
    if (status == OK && !s->list) status = features_new(&columns, 0, &features) ? USAGE : OK; /* before files change */
    passwd_jet_features_free(features);
    if (status == OK) status = check_outputs(files, s->outs.count, s->outs.count + s->events.count);
    if (status == OK && s->list) status = list_features();
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK) ask(asked, 0, &columns);
    catch_interrupts();
    for (k = 0; k < s->events.count && status == OK && !s->list; k++) {
        sample_name(name[k], s->names, k, s->events.item[k]);
        f[k].s = s;
        f[k].asked = asked;
        f[k].path = one_file(s->events.item[k]);
        status = features_of(f + k, s->outs.count ? s->outs.item[k] : NULL, name[k]);
    }
    if (status == OK && s->plots && !s->list) status = features_plots(f, name, s);
    for (k = 0; f && k < MANY; k++) free(f[k].all);
    free(f);
    free(asked);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Networks and their settings
   --------------------------------------------------------------------------------------------------------------- */

typedef struct recipe {
    int kind;
    char name[48];
    passwd_nae_config nae;
    passwd_vrnn_config vrnn;
} recipe;
typedef struct network {
    int kind;
    passwd_nae *nae;
    passwd_vrnn *vrnn;
} network;
static const char *const model_names[] = { "", "ae", "nae", "vrnn" };

static passwd_status recipe_read(recipe *r, const char *json, size_t length, const char *name, passwd_error *error) {
    return r->kind == VRNN ? passwd_vrnn_config_read(&r->vrnn, json, length, name, error)
                           : passwd_nae_config_read(&r->nae, json, length, name, error);
}
/* "key=value" as a JSON object. */
static int recipe_set(recipe *r, const char *text) {
    const char *equals = strchr(text, '='), *word;
    char json[512], name[128];
    passwd_error error;
    if (!equals || equals == text || !equals[1] || strlen(text) > 300)
        return complain(USAGE, "--set %.100s: this should be KEY=VALUE", text);
    word = strchr("0123456789-+.[tf", equals[1]) ? "" : "\"";
    snprintf(json, sizeof json, "{\"%.*s\": %s%s%s}", (int)(equals - text), text, word, equals + 1, word);
    snprintf(name, sizeof name, "--set %.100s", text);
    if (!strncmp(text, "epochs=", 7)) r->nae.steps = 0;    /* who counts epochs means passes */
    if (!strncmp(text, "preset=", 7) && r->kind != VRNN) { /* before the others: it replaces them all */
        const int features = r->nae.features;
        if (passwd_nae_preset(text + 7, &r->nae, &error)) return failed(&error);
        r->nae.features = features;
        return OK;
    }
    return recipe_read(r, json, strlen(json), name, &error) == PASSWD_OK ? OK : failed(&error);
}
/* Preset, then file, then command line; "model.key=value" only for that model. */
static int recipe_make(recipe *r, const settings *s, int kind, int features) {
    passwd_error error;
    passwd_status made;
    int k, status = OK;
    memset(r, 0, sizeof *r);
    r->kind = kind;
    snprintf(r->name, sizeof r->name, "%s", model_names[kind]);
    made = kind == VRNN ? passwd_vrnn_preset(s->preset ? s->preset : "default", &r->vrnn, &error)
                        : passwd_nae_preset(s->preset && s->model ? s->preset
                                : kind == AE                      ? "plain"
                                                                  : "default",
                            &r->nae, &error);
    if (made) return failed(&error);
    r->nae.features = features;
    if (s->config) {
        size_t length = 0;
        char *text = read_text(s->config, &length);
        if (!text) return FAILED;
        if (recipe_read(r, text, length, s->config, &error)) status = failed(&error);
        free(text);
    }
    for (k = 0; k < s->set.count && status == OK; k++) {
        const char *text = s->set.item[k], *dot = strchr(text, '.'), *equals = strchr(text, '=');
        if (dot && equals && dot < equals) {
            char name[16];
            int model;
            snprintf(name, sizeof name, "%.*s", (int)(dot - text < 15 ? dot - text : 15), text);
            model = read_choice("ae,nae,vrnn", name);
            if (model == 0 || (s->model && model != kind))
                return complain(USAGE, "--set %.100s: there is no such model here", text);
            if (model != kind) continue; /* belongs to another model */
            text = dot + 1;
        }
        status = recipe_set(r, text);
    }
    if (s->epochs) r->nae.epochs = r->vrnn.epochs = s->epochs;
    if (s->epochs) r->nae.steps = 0;
    if (kind == AE) r->nae.normalized = 0;
    if (status == OK && kind == NAE && !r->nae.normalized)
        return complain(USAGE, "--model nae needs normalized=1; the plain autoencoder is ae");
    if (status == OK && kind != VRNN && r->nae.features != features)
        return complain(USAGE, "features=%d, but there are %d columns", r->nae.features, features);
    return status;
}
static int network_new(network *n, const recipe *r, uint64_t seed) {
    passwd_error error;
    memset(n, 0, sizeof *n);
    n->kind = r->kind;
    if (r->kind == VRNN ? passwd_vrnn_new(&r->vrnn, seed, NULL, &n->vrnn, &error)
                        : passwd_nae_new(&r->nae, seed, NULL, &n->nae, &error))
        return failed(&error);
    return OK;
}
static void network_free(network *n) {
    passwd_nae_free(n->nae);
    passwd_vrnn_free(n->vrnn);
    memset(n, 0, sizeof *n);
}
static passwd_status network_save(const void *what, const char *path, passwd_error *error) {
    const network *n = (const network *)what;
    return n->vrnn ? passwd_vrnn_save(n->vrnn, path, error) : passwd_nae_save(n->nae, path, error);
}
/* The kind of network that a weights file of this tool holds, by its configuration: VRNN, NAE, or 0 for none. */
static int network_of_file(const passwd_tensor_file *file) {
    const char *config = passwd_tensor_metadata(file, "config");
    if (config && strstr(config, "passwd-vrnn-1")) return VRNN;
    return config && strstr(config, "passwd-nae-1") ? NAE : 0;
}
/* Any weights of this tool. */
static int network_load(network *n, const char *path) {
    passwd_tensor_file file;
    passwd_error error;
    int model;
    memset(n, 0, sizeof *n);
    if (passwd_tensor_file_load(path, NULL, &file, &error)) return failed(&error);
    model = network_of_file(&file);
    passwd_tensor_file_free(&file);
    if (!model) return complain(FAILED, "%s: these are not weights of jets train", path);
    if (model == VRNN ? passwd_vrnn_load(path, NULL, &n->vrnn, &error) : passwd_nae_load(path, NULL, &n->nae, &error))
        return failed(&error);
    n->kind = model == VRNN ? VRNN : passwd_nae_config_of(n->nae)->normalized ? NAE : AE;
    return OK;
}
/* Whether a network can read a sample. */
static int network_fits(const network *n, const char *path, int table, const names *columns) {
    char joined[NAMES * 65] = "";
    int k;
    if (n->kind == VRNN)
        return table ? complain(FAILED, "%s: vrnn reads constituents (jet,pt,eta,phi), not a table of features", path)
                     : OK;
    if (passwd_nae_config_of(n->nae)->features != columns->count)
        return complain(FAILED, "the network has %d features, --columns %d: use the columns of its training",
            passwd_nae_config_of(n->nae)->features, columns->count);
    for (k = 0; k < columns->count; k++) sprintf(joined + strlen(joined), "%s%s", k ? "," : "", columns->item[k]);
    if (passwd_nae_features(n->nae) && strcmp(passwd_nae_features(n->nae), joined))
        return complain(FAILED, "the network was trained on --columns %s, not %s", passwd_nae_features(n->nae), joined);
    return OK;
}
static passwd_workspace_options workspace_of(const settings *s) {
    passwd_workspace_options o;
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    o.progress = on_run;
    return o;
}
/* Energies by nae and ae; NaN if there is none. */
static int energies_of(const passwd_nae *nae, const sample *a, const settings *s, double *energy) {
    const passwd_workspace_options o = workspace_of(s);
    passwd_error error;
    int64_t i, n, *place;
    double *rows = good_rows(a, &n, &place), *e = (double *)malloc(((size_t)a->count + 1) * sizeof *e);
    int status = rows && e ? OK : FAILED;
    if (status == OK && n > 0 && passwd_nae_run(nae, &o, rows, n, e, NULL, &error)) status = failed(&error);
    for (i = 0; i < a->count; i++) energy[i] = (double)NAN;
    for (i = 0; status == OK && i < n; i++) energy[place[i]] = e[i];
    free(rows);
    free(e);
    free(place);
    return status;
}
/* How far from their middle the features lie, as the network has them: the simplest score. */
static double network_radius(const passwd_nae *nae, const double *row) {
    float x[NAMES];
    double sum = 0.0;
    int f;
    passwd_nae_map(nae, row, x);
    for (f = 0; f < passwd_nae_config_of(nae)->features; f++) sum += (double)x[f] * (double)x[f];
    return sum;
}
/* Spearman's correlation of a network's score with that; NaN where there is not enough memory. */
static double radius_correlation(const passwd_nae *nae, const sample *a, const double *score) {
    double *radius = (double *)malloc(((size_t)a->count + 1) * sizeof *radius), r = (double)NAN;
    int64_t i;
    for (i = 0; radius && i < a->count; i++) radius[i] = network_radius(nae, a->rows + i * a->features);
    if (radius) r = rank_correlation(score, 1, radius, 1, a->count);
    free(radius);
    return r;
}
static void warn_of_radius(const char *label, double correlation) {
    if (correlation > 0.9)
        complain(OK,
            "%swarning: the score is little else than the distance from the middle of the features (rank correlation "
            "%.3f); more steps, or a smaller temperature, may change that",
            label, correlation);
}
/* The score of every jet, for any network; large is anomalous. */
static int scores_of(const network *n, const sample *a, const settings *s, double *score) {
    const passwd_workspace_options o = workspace_of(s);
    passwd_vrnn_result *r;
    passwd_error error;
    int64_t i;
    int status = OK;
    if (n->kind != VRNN) return energies_of(n->nae, a, s, score);
    r = (passwd_vrnn_result *)malloc(((size_t)a->count + 1) * sizeof *r);
    if (!r) return complain(FAILED, "there is not enough memory for %lld scores", (long long)a->count);
    if (passwd_vrnn_run(n->vrnn, &o, &a->events, 0, a->count, r, &error)) status = failed(&error);
    for (i = 0; status == OK && i < a->count; i++) score[i] = (double)r[i].score;
    free(r);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Training: results of every epoch
   --------------------------------------------------------------------------------------------------------------- */

enum { LOSS, POSITIVE, NEGATIVE, VALIDATION, SAMPLES, DISTANCE, ACCEPTANCE, SATURATION, OUTSIDE, CURVES };
enum { RECONSTRUCTION = POSITIVE, DIVERGENCE = NEGATIVE }; /* of vrnn */
static const char *const curve_names[2][CURVES] = { { "loss", "positive", "negative", "validation", "samples",
                                                        "distance", "acceptance", "saturation", "outside" },
    { "loss", "reconstruction", "divergence", "validation" } };
typedef struct epoch {
    int number, kept;
    double value[CURVES], signal[MANY + 1], areas[MANY + 1], area;
} epoch; /* signal, areas (mean energies and areas of the first jets), area: of compare */
typedef struct trainer trainer;
struct trainer {
    network *net;
    const settings *s;
    const char *label;
    meter meter;
    const char *log_path;
    FILE *log;
    int lost; /* a log that cannot be written */
    epoch *item;
    int count, room, chosen; /* epochs; index of the chosen one */
    double sum[3], steps;
    int (*after)(trainer *t, epoch *e); /* of compare; 0: stop */
    void *user;
};

static void trainer_free(trainer *t) {
    free(t->item);
    t->item = NULL;
}
/* The log of epochs: anew, or behind the rows that an earlier log has of the epochs before this one, so that a training
   that goes on from a checkpoint has each once. */
static void open_epoch_log(trainer *t, int number) {
    char header[512] = "epoch", row[1024];
    FILE *old = number > 1 ? fopen(t->log_path, "r") : NULL;
    long keep = 0;
    int k;
    for (k = 0; k < CURVES && curve_names[t->net->kind == VRNN][k]; k++)
        sprintf(header + strlen(header), ",%s", curve_names[t->net->kind == VRNN][k]);
    strcat(header, ",kept\n");
    while (old && fgets(row, sizeof row, old) && strchr(row, '\n')
        && (keep == 0 ? !strcmp(row, header) : atoi(row) < number))
        keep = ftell(old);
    if (old) fclose(old);
    if (keep == 0 || truncate(t->log_path, (off_t)keep) == 0) t->log = fopen(t->log_path, keep ? "ab" : "wb");
    if (!t->log) t->lost = complain(FAILED, "%s cannot be written: %s", t->log_path, strerror(errno));
    else if (keep == 0) fputs(header, t->log);
}
static void trainer_log(trainer *t, const epoch *e) {
    int k;
    if (t->log_path && !t->log && !t->lost && is_first()) open_epoch_log(t, e->number);
    if (!t->log) return;
    fprintf(t->log, "%d", e->number);
    for (k = 0; k < CURVES && curve_names[t->net->kind == VRNN][k]; k++) put_finite(t->log, e->value[k]);
    fprintf(t->log, ",%d\n", e->kept);
    fflush(t->log);
}
/* Stores an epoch; not 0: stop. */
static int trainer_add(trainer *t, epoch *e) {
    if (t->count == t->room) {
        epoch *more = (epoch *)realloc(t->item, (size_t)(2 * t->room + 64) * sizeof *more);
        if (!more) {
            complain(FAILED, "there is not enough memory for epochs");
            return 1;
        }
        t->item = more;
        t->room = 2 * t->room + 64;
    }
    if (t->after && !t->after(t, e)) return 1;
    if (e->kept) t->chosen = t->count;
    t->item[t->count++] = *e;
    trainer_log(t, e);
    return interrupted;
}
static int on_epoch(void *user, const passwd_nae *nae, const passwd_nae_epoch *p) {
    epoch e;
    (void)nae;
    memset(&e, 0, sizeof e);
    e.number = p->epoch;
    e.kept = p->kept;
    e.value[LOSS] = p->loss;
    e.value[POSITIVE] = p->positive;
    e.value[NEGATIVE] = p->negative;
    e.value[VALIDATION] = p->validation;
    e.value[SAMPLES] = p->samples;
    e.value[DISTANCE] = p->distance;
    e.value[ACCEPTANCE] = p->acceptance;
    e.value[SATURATION] = p->saturation;
    e.value[OUTSIDE] = p->outside;
    return trainer_add((trainer *)user, &e);
}
static void trainer_show(trainer *t, const passwd_progress *p) {
    const epoch *e = t->count ? t->item + t->count - 1 : NULL;
    char text[300];
    if (!e) snprintf(text, sizeof text, "%sloss %.4g", t->label, p->total);
    else if (t->net->kind == NAE)
        snprintf(text, sizeof text, "%sepoch %d: E+ %.3f, E- %.3f, distance %.3f, acceptance %.2f, saturation %.3f",
            t->label, e->number, e->value[POSITIVE], e->value[NEGATIVE], e->value[DISTANCE], e->value[ACCEPTANCE],
            e->value[SATURATION]);
    else
        snprintf(text, sizeof text, "%sepoch %d: loss %.4g, validation %.4g", t->label, e->number, e->value[LOSS],
            e->value[VALIDATION]);
    meter_show(&t->meter, (double)p->step / (double)p->steps, text);
}
static int on_train_step(void *user, const passwd_progress *p) {
    trainer *t = (trainer *)user;
    trainer_show(t, p);
    if (t->net->kind != VRNN) return interrupted; /* on_epoch does the rest */
    t->sum[0] += p->total;
    t->sum[1] += p->terms[0];
    t->sum[2] += p->terms[1];
    t->steps += 1.0;
    if (p->validated) {
        epoch e;
        memset(&e, 0, sizeof e);
        e.number = p->epoch;
        e.kept = isfinite(p->validation) && p->validation <= p->best;
        e.value[LOSS] = t->sum[0] / t->steps;
        e.value[RECONSTRUCTION] = t->sum[1] / t->steps;
        e.value[DIVERGENCE] = t->sum[2] / t->steps;
        e.value[VALIDATION] = p->validation;
        memset(t->sum, 0, sizeof t->sum);
        t->steps = 0.0;
        if (trainer_add(t, &e)) return 1;
    }
    return interrupted;
}
static passwd_status train_nae(trainer *t, const sample *on, const names *columns, const passwd_train_options *o,
    passwd_train_report *r, passwd_error *error) {
    const char *name[NAMES];
    int64_t n = 0, *place;
    double *rows = good_rows(on, &n, &place);
    passwd_table table;
    passwd_status status;
    int k;
    if (!rows) {
        snprintf(error->message, sizeof error->message, "There is not enough memory to train.");
        return PASSWD_ERROR_MEMORY;
    }
    if (n < on->count)
        complain(OK, "%sjets without constituents or with empty fields: %lld; they are skipped", t->label,
            (long long)(on->count - n));
    for (k = 0; k < columns->count; k++) name[k] = columns->item[k];
    memset(&table, 0, sizeof table);
    table.rows = rows;
    table.count = n;
    table.features = columns->count;
    table.names = name;
    status = passwd_nae_train(t->net->nae, &table, o, on_epoch, t, r, error);
    free(rows);
    free(place);
    return status;
}
static passwd_status train_network(
    trainer *t, const sample *on, const names *columns, uint64_t seed, passwd_train_report *r, passwd_error *error) {
    passwd_train_options o;
    passwd_status status;
    int64_t skipped = 0;
    memset(&o, 0, sizeof o);
    memset(r, 0, sizeof *r);
    o.threads = t->s->threads;
    o.simd = t->s->simd;
    o.seed = seed;
    o.checkpoint = t->s->checkpoint;
    o.progress = on_train_step;
    o.user = t;
    o.ranks = processes();
    t->meter = meter_new();
    if (t->net->kind != VRNN) status = train_nae(t, on, columns, &o, r, error);
    else status = passwd_vrnn_train(t->net->vrnn, &on->events, &o, r, &skipped, error);
    meter_clear();
    if (skipped > 0)
        complain(OK, "%sjets that cannot be read: %lld (fewer than two constituents, or no mass); they are skipped",
            t->label, (long long)skipped);
    return status;
}
/* The last line of a training, with the reason for its end. rest: more of that, or "". */
static void tell_trainer(const trainer *t, const passwd_train_report *r, const char *rest) {
    const epoch *e = t->count ? t->item + t->chosen : NULL;
    const network *n = t->net;
    if (r->warning[0] && r->stopped != 3) fprintf(stderr, TOOL ": %swarning: %s\n", t->label, r->warning);
    fprintf(stderr, TOOL ": %s%lld jets, %d epochs in %.1f s", t->label, (long long)r->events, r->epochs,
        now() - t->meter.start);
    if (r->resumed && r->resumed < r->steps)
        fprintf(stderr, ", %lld of %lld steps from the checkpoint", (long long)r->resumed, (long long)r->steps);
    if (e && n->kind == NAE && e->kept)
        fprintf(stderr, "; kept epoch %d: E+ %.4f, E- of chains %.4f, distance %.4f", e->number, e->value[VALIDATION],
            e->value[SAMPLES], e->value[DISTANCE]);
    else if (r->best_epoch && r->validation < 1e30)
        fprintf(stderr, n->kind == NAE ? "; kept epoch %d: distance %.4f" : "; kept epoch %d: validation loss %.5g",
            r->best_epoch, r->validation);
    if (r->resumed && r->resumed == r->steps)
        fprintf(stderr, "; the checkpoint is of a training that had ended: nothing was left to do");
    else if (r->stopped == 1)
        fprintf(stderr, "; stopped early: %d epochs brought nothing better",
            n->kind == VRNN ? passwd_vrnn_config_of(n->vrnn)->patience : passwd_nae_config_of(n->nae)->patience);
    else if (r->stopped == 2) fprintf(stderr, "; stopped: interrupted");
    else if (r->stopped == 3) fprintf(stderr, "; stopped: its numbers were no longer finite");
    else fprintf(stderr, "; ended: all epochs are done");
    fprintf(stderr, "%s\n", rest);
}
enum { VALUES, ENERGIES, AREAS };
static void draw_curve(plot *p, const trainer *t, int from, int which, const char *name, plot_style style) {
    double *x = (double *)malloc(((size_t)t->count + 1) * 2 * sizeof *x), *y = x + t->count;
    int k;
    for (k = 0; x && k < t->count; k++) {
        const epoch *e = t->item + k;
        x[k] = e->number;
        y[k] = (from == VALUES ? e->value : from == ENERGIES ? e->signal : e->areas)[which];
    }
    if (x && t->count > 1) plot_line(p, x, y, t->count, name, style);
    else if (x) plot_points(p, x, y, NULL, t->count, name, style);
    free(x);
}
static plot *epoch_plot(const trainer *t, const char *y) {
    plot *p = plot_new("Epoch", y);
    plot_label(p, t->s->label ? t->s->label : "");
    plot_range(p, 0.0, t->count + 1.0, 0.0, 0.0);
    if (t->count) plot_vline(p, t->item[t->chosen].number, grey_dashes);
    return p;
}
/* "roc_vrnn_unaligned.png" */
static void file_name(char file[128], const char *what, const char *model) {
    char *c;
    snprintf(file, 128, "%s%s%.80s.png", what, *model ? "_" : "", model);
    for (c = file; *c; c++)
        if (*c == ' ' || *c == '/') *c = '_';
}
/* Pictures of a training; `names` of n samples whose mean energies were monitored, the background first. model: for the
   files' names. */
static int plot_training(const trainer *t, const char *const *name, int n, const char *model) {
    const int kind = t->net->kind;
    char file[128];
    plot *p = epoch_plot(t, kind == VRNN ? "Loss" : "Mean energy");
    int k, status;
    if (kind == VRNN) draw_curve(p, t, VALUES, LOSS, "Total", style_of(0, PLOT_SOLID));
    draw_curve(p, t, VALUES, POSITIVE, kind == VRNN ? "Reconstruction" : "E_{+}, training", style_of(1, PLOT_SOLID));
    if (kind != AE)
        draw_curve(p, t, VALUES, NEGATIVE, kind == VRNN ? "Divergence, before its weight" : "E_{#minus}, chains",
            style_of(2, PLOT_SOLID));
    draw_curve(
        p, t, VALUES, VALIDATION, kind == VRNN ? "Total, validation" : "E_{+}, validation", style_of(0, PLOT_DASHED));
    for (k = 1; k < n; k++) draw_curve(p, t, ENERGIES, k, name[k], style_of(k + 2, PLOT_DASHDOT));
    if (n > 1 || kind == VRNN) plot_log(p, 0, 1);
    file_name(file, kind == VRNN ? "loss" : "energies", model);
    status = write_plot(p, t->s->plots, file);
    if (status == OK && n > 1 && kind != VRNN) {
        p = epoch_plot(t, "Area under the ROC curve");
        for (k = 1; k < n; k++) draw_curve(p, t, AREAS, k, name[k], style_of(k, PLOT_SOLID));
        plot_hline(p, 0.5, grey_dashes);
        file_name(file, "areas_epoch", model);
        status = write_plot(p, t->s->plots, file);
    }
    if (status != OK || kind != NAE) return status;
    p = epoch_plot(t, "Energy Mover's Distance");
    draw_curve(p, t, VALUES, DISTANCE, "Validation and chains", style_of(1, PLOT_SOLID));
    file_name(file, "distance", model);
    return write_plot(p, t->s->plots, file);
}

/* ------------------------------------------------------------------------------------------------------------------
   jets train
   --------------------------------------------------------------------------------------------------------------- */

/* Of the first jets that it was trained on. */
static void tell_radius(const network *net, const sample *on, const settings *s) {
    const sample first = sample_part(on, 0, on->count < 5000 ? on->count : 5000);
    double *energy, correlation;
    if (net->kind == VRNN) return;
    energy = (double *)malloc(((size_t)first.count + 1) * sizeof *energy);
    if (energy && energies_of(net->nae, &first, s, energy) == OK) {
        correlation = radius_correlation(net->nae, &first, energy);
        fprintf(stderr, TOOL ": rank correlation of energy and distance from the middle of the features: %.3f\n",
            correlation);
        warn_of_radius("", correlation);
    }
    free(energy);
}
static int train_on(network *net, const sample *on, const names *columns, const settings *s) {
    passwd_train_report r;
    passwd_error error;
    passwd_status status;
    trainer t;
    char rest[600] = "";
    int result;
    memset(&t, 0, sizeof t);
    t.net = net;
    t.s = s;
    t.label = "";
    t.log_path = s->log;
    status = train_network(&t, on, columns, (uint64_t)s->seed, &r, &error);
    if (t.log && (ferror(t.log) | fclose(t.log)))
        t.lost = complain(FAILED, "%s could not be written completely", s->log);
    result = status == PASSWD_OK || status == PASSWD_STOPPED ? OK : failed(&error);
    if (result == OK || r.best_epoch > 0) { /* what ended badly leaves the best until then */
        tell_radius(net, on, s);
        if (save_weights(net, s->out, network_save)) result = FAILED;
        else if (status != PASSWD_OK) snprintf(rest, sizeof rest, "; the best weights so far are in %.500s", s->out);
        if (t.count > 0 && s->plots && plot_training(&t, NULL, 0, "")) result = FAILED;
        tell_trainer(&t, &r, rest);
    }
    trainer_free(&t);
    return t.lost ? FAILED : result;
}
static int command_train(const settings *s) {
    network net;
    recipe r;
    sample on;
    names columns;
    const char *files[4];
    int status;
    files[0] = s->out;
    files[1] = s->log;
    files[2] = s->checkpoint;
    files[3] = s->config;
    memset(&net, 0, sizeof net);
    memset(&on, 0, sizeof on);
    status = check_outputs(files, 3, 4);
    if (status == OK) status = check_read(files, 3, &s->events);
    if (status == OK && !(check_writable(s->out) && (!s->checkpoint || check_writable(s->checkpoint)))) status = FAILED;
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK) status = read_columns(s, &columns);
    if (status == OK) status = recipe_make(&r, s, s->model, columns.count);
    if (status == OK) status = network_new(&net, &r, (uint64_t)s->seed);
    if (status == OK) status = sample_load(&on, &s->events, &columns, s->first, s->count, s->threads);
    if (status == OK) status = network_fits(&net, s->events.item[0], on.table, &columns);
    catch_interrupts();
    if (status == OK) status = train_on(&net, &on, &columns, s);
    sample_free(&on);
    network_free(&net);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   jets export
   --------------------------------------------------------------------------------------------------------------- */

static const char *read_bytes(const settings *s, const void *bytes, size_t count, passwd_error *error) {
    passwd_tensor_file file;
    network n;
    passwd_status status;
    int recurrent;
    memset(&n, 0, sizeof n);
    if (passwd_tensor_file_parse(bytes, count, s->weights, NULL, &file, error)) return NULL;
    recurrent = network_of_file(&file) == VRNN;
    passwd_tensor_file_free(&file);
    status = recurrent ? passwd_vrnn_parse(bytes, count, s->weights, NULL, &n.vrnn, error)
                       : passwd_nae_parse(bytes, count, s->weights, NULL, &n.nae, error);
    network_free(&n);
    return status ? NULL : recurrent ? "passwd_vrnn_parse" : "passwd_nae_parse";
}
static int command_export(const settings *s) { return export_weights(s, s->weights, s->header, s->array, read_bytes); }

/* ------------------------------------------------------------------------------------------------------------------
   jets score
   --------------------------------------------------------------------------------------------------------------- */

typedef struct scoring {
    const settings *s;
    const asking *asked;
    const network *net;
    FILE *to;
    int64_t count, none;
} scoring;

static int write_energies(scoring *c, const sample *a) {
    double *e = (double *)malloc(((size_t)a->count + 1) * sizeof *e);
    int64_t i;
    int status = e ? scores_of(c->net, a, c->s, e) : complain(FAILED, "there is not enough memory for scores");
    for (i = 0; status == OK && i < a->count; i++) {
        fprintf(
            c->to, "%lld", (long long)(a->table && !answer_of(c->asked, &a->events, "jet") ? c->count + i : a->id[i]));
        put_finite(c->to, e[i]);
        put_finite(c->to, log(e[i]));
        fputc('\n', c->to);
        c->none += !isfinite(e[i]);
    }
    free(e);
    return status == OK;
}
static int write_scores(scoring *c, const sample *a) {
    const passwd_workspace_options o = workspace_of(c->s);
    passwd_vrnn_result *r = (passwd_vrnn_result *)malloc(((size_t)a->count + 1) * sizeof *r);
    passwd_error error;
    int64_t i;
    int good = r ? 1 : !complain(FAILED, "there is not enough memory for scores");
    if (good && passwd_vrnn_run(c->net->vrnn, &o, &a->events, 0, a->count, r, &error)) good = !failed(&error);
    for (i = 0; good && i < a->count; i++) {
        fprintf(c->to, "%lld", (long long)a->id[i]);
        put_finite(c->to, (double)r[i].score);
        put_finite(c->to, (double)r[i].divergence);
        put_finite(c->to, (double)r[i].reconstruction);
        fprintf(c->to, ",%d\n", r[i].constituents);
        c->none += !isfinite(r[i].score);
    }
    free(r);
    return good;
}
static int score_block(void *user, const passwd_events *events) {
    scoring *c = (scoring *)user;
    sample a;
    int good;
    memset(&a, 0, sizeof a);
    a.events = *events; /* borrowed */
    if (c->net->kind == VRNN) {
        a.count = events->count;
        a.id = events->id;
        good = write_scores(c, &a);
        a.id = NULL;
    } /* it needs no variables */
    else
        good = sample_fill(&a, c->asked, reading, 1, c->s->threads) == OK && write_energies(c, &a);
    c->count += events->count;
    memset(&a.events, 0, sizeof a.events);
    sample_free(&a);
    return good && !ferror(c->to);
}
static int score_all(const settings *s, const network *net, const asking *asked) {
    scoring c;
    source from;
    output to;
    int status;
    memset(&c, 0, sizeof c);
    if (!source_open(&from, &s->events, &asked->options)) return FAILED;
    if (!output_open(&to, s->out)) {
        source_close(&from);
        return FAILED;
    }
    c.s = s;
    c.asked = asked;
    c.net = net;
    c.to = to.file;
    fputs(
        net->kind == VRNN ? "jet,score,divergence,reconstruction,constituents\n" : "jet,energy,log_energy\n", to.file);
    status = each_block(&from, "", score_block, &c);
    if (!output_close(&to, status == OK || ferror(to.file))) status = FAILED;
    source_close(&from);
    if (status == OK && c.none)
        complain(
            OK, "%lld of %lld jets cannot be scored; their fields are empty", (long long)c.none, (long long)c.count);
    return status;
}
static int command_score(const settings *s) {
    const char *files[2];
    asking *asked = (asking *)malloc(sizeof *asked);
    network net;
    names columns;
    int table = 0, status = asked ? OK : complain(FAILED, "there is not enough memory");
    files[0] = strcmp(s->out, "-") ? s->out : NULL;
    files[1] = s->weights;
    memset(&net, 0, sizeof net);
    if (status == OK) status = check_outputs(files, 1, 2);
    if (status == OK) status = check_read(files, 1, &s->events);
    if (status == OK) status = network_load(&net, s->weights);
    if (status == OK && !s->columns && net.kind != VRNN && passwd_nae_features(net.nae))
        status = names_read(&columns, passwd_nae_features(net.nae));
    else if (status == OK) status = read_columns(s, &columns);
    if (status == OK) status = is_table(s->events.item[0], &columns, &table);
    if (status == OK) status = network_fits(&net, s->events.item[0], table, &columns);
    if (status == OK) ask(asked, table, &columns);
    catch_interrupts();
    if (status == OK) status = score_all(s, &net, asked);
    network_free(&net);
    free(asked);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   jets compare
   --------------------------------------------------------------------------------------------------------------- */

enum {
    MODELS = 17,
    SEEDS = 64,
    SINGLES = 7,
    MASS = 1,
    RADIUS = SINGLES - 1, /* is the networks'; the others are the jets' own */
    WATCHED = 1000
}; /* WATCHED: jets of each sample whose energies are monitored in every epoch */
static const char *const single_names[SINGLES] = { "d2", "mass", "constituents", "tau2/tau1", "tau3/tau2", "n2",
    "radius" };

static int seeds_of(const settings *s) { return s->seeds ? s->seeds : 1; }
/* A recurrent network as a tag: what lies above a score of 0.5, over its part of the background. */
typedef struct tagging {
    double background[SEEDS], ratio[SEEDS][MANY + 1], d2_ratio[SEEDS][MANY + 1];
    double *d2[MANY + 1], *ranked[2][MANY + 1]; /* of aligned jets; ranks in mass of constituents and D2, behind d2 */
} tagging;
/* A model, over its seeds. Sample 0 is the background, the signals follow. */
typedef struct contestant {
    recipe recipe;
    char name[48];
    int seeds;
    double area[SEEDS][MANY + 1], mean[SEEDS], correlation[SEEDS];
    double radius[SEEDS]; /* rank correlation of score and distance from the middle; NaN of vrnn */
    double best[SEEDS], chosen[SEEDS];
    int best_epoch[SEEDS], chosen_epoch[SEEDS]; /* by mean area over signals */
    double *score[MANY + 1];                    /* of the first seed */
    double rank[SEEDS];                         /* vrnn: rank correlation of score and mass */
    tagging tag;
} contestant;
typedef struct rival {
    double area[MANY + 1], mean;
} rival; /* a multivariate score, which knows that large is anomalous */
typedef struct single {
    double area[MANY + 1], mean;
    int low[MANY + 1], low_mean, there;
} single; /* low: small values are signal */
typedef struct comparison {
    const settings *s;
    names columns;
    sample loaded, other, train, on[MANY + 1];
    sample watched[MANY + 1]; /* views of on */
    int samples, models;
    contestant *model;
    single one[SINGLES];
    double *simple[MANY + 1]; /* of each sample: count x RADIUS */
    rival rival[MULTIVARIATES];
    int best_rival; /* -1: there are none */
    double *scratch;
    size_t room; /* jets of all samples */
} comparison;

/* Area under the ROC curve of two columns of numbers: the fraction of pairs in which the signal is larger; equal ones
   count half. */
static double area_of(column background, column signal) {
    const column *c[2];
    weighted *v = (weighted *)malloc((size_t)(background.count + signal.count + 1) * sizeof *v);
    double area = (double)NAN;
    int64_t n[2] = { 0, 0 }, all = 0, i;
    int k;
    c[0] = &background;
    c[1] = &signal;
    for (k = 0; v && k < 2; k++, all += n[k - 1]) {
        n[k] = finite_of(c[k], v + all);
        for (i = 0; i < n[k]; i++) {
            v[all + i].signal = k;
            v[all + i].weight = 1.0 / (double)n[k];
        }
    }
    if (v && n[0] > 0 && n[1] > 0) {
        roc r = roc_new(v, (size_t)all);
        area = r.area;
        roc_free(&r);
    }
    free(v);
    return area;
}
static column scores_column(const double *x, const sample *a) {
    column c;
    c.x = x;
    c.count = a->count;
    c.step = 1;
    return c;
}
static column variable_column(const sample *a, const char *name) {
    column c;
    c.x = a->all + variable_index(name);
    c.count = a->count;
    c.step = VARIABLES;
    return c;
}
/* Pearson's correlation over rows where both are finite; of logarithms of the first if requested. */
static double correlation_of(column a, column b, int logs) {
    double n = 0.0, x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
    int64_t i;
    int pass;
    for (pass = 0; pass < 2; pass++)
        for (i = 0; i < a.count; i++) {
            const double u = logs ? log(a.x[i * a.step]) : a.x[i * a.step], v = b.x[i * b.step];
            if (!isfinite(u) || !isfinite(v)) continue;
            if (pass == 0) {
                n += 1.0;
                x += u;
                y += v;
            } else {
                xx += (u - x / n) * (u - x / n);
                yy += (v - y / n) * (v - y / n);
                xy += (u - x / n) * (v - y / n);
            }
        }
    return xx > 0.0 && yy > 0.0 ? xy / sqrt(xx * yy) : (double)NAN;
}
/* Mean and spread over the seeds of what lies `step` doubles apart. */
static void over_seeds(const contestant *m, const double *first, int step, double out[2]) {
    double x[SEEDS];
    int k;
    for (k = 0; k < m->seeds; k++) x[k] = first[k * step];
    out[0] = mean_of(x, m->seeds);
    out[1] = spread_of(x, m->seeds);
}
static int add_cell(char *line, size_t size, const contestant *m, const double v[2], const char *format) {
    char number[2][32];
    snprintf(number[0], 32, format, v[0]);
    snprintf(number[1], 32, "%.3f", v[1]);
    return snprintf(line, size, m->seeds > 1 ? "|%s +- %s" : "|%s", number[0], number[1]);
}
#include "jets_tag.h"
/* Areas of all signals by one network, which leaves its scores in `score` (one array after the other); their mean, or
   NaN. */
static double areas_by(const comparison *c, const network *net, const sample *on, double *score, double *area) {
    double sum = 0.0, *at = score;
    int k;
    for (k = 0; k < c->samples; k++) {
        if (scores_of(net, on + k, c->s, at)) return (double)NAN;
        if (k > 0) sum += area[k] = area_of(scores_column(score, on), scores_column(at, on + k));
        at += on[k].count;
    }
    return sum / (c->samples - 1);
}
/* After every epoch of ae and nae: mean energies of the samples, and if requested, the mean area. */
typedef struct watching {
    comparison *c;
    contestant *m;
    int seed;
} watching;

static int after_epoch(trainer *t, epoch *e) {
    const watching *w = (const watching *)t->user;
    comparison *c = w->c;
    const double *at = c->scratch;
    double area[MANY + 1];
    int64_t i;
    int k;
    if (w->seed == 0 && c->s->plots) {
        areas_by(c, t->net, c->watched, c->scratch, e->areas);
        for (k = 0; k < c->samples; at += c->watched[k].count, k++) {
            double sum = 0.0, n = 0.0;
            for (i = 0; i < c->watched[k].count; i++)
                if (isfinite(at[i])) {
                    sum += at[i];
                    n += 1.0;
                }
            e->signal[k] = sum / n;
        }
    }
    if (!c->s->best_epoch) return 1;
    e->area = areas_by(c, t->net, c->on, c->scratch, area);
    if (e->area > w->m->best[w->seed]) {
        w->m->best[w->seed] = e->area;
        w->m->best_epoch[w->seed] = e->number;
    }
    if (e->kept) {
        w->m->chosen[w->seed] = e->area;
        w->m->chosen_epoch[w->seed] = e->number;
    }
    return isfinite(e->area);
}
/* The results of a network. */
static int judge(comparison *c, contestant *m, int seed, const network *net) {
    double *at = c->scratch;
    int k;
    m->mean[seed] = areas_by(c, net, c->on, c->scratch, m->area[seed]);
    if (!isfinite(m->mean[seed]))
        return complain(FAILED, "%s: the area is undefined: a sample has no jet that can be scored", m->name);
    m->correlation[seed] =
        correlation_of(scores_column(c->scratch, c->on), variable_column(c->on, "mass"), net->kind != VRNN);
    m->radius[seed] = net->kind == VRNN ? (double)NAN : radius_correlation(net->nae, c->on, c->scratch);
    if (m->radius[seed] > 0.9) {
        char label[64];
        snprintf(label, sizeof label, "%s: ", m->name);
        warn_of_radius(label, m->radius[seed]);
    }
    for (k = 0; k < c->samples && seed == 0; at += c->on[k].count, k++) {
        m->score[k] = (double *)malloc(((size_t)c->on[k].count + 1) * sizeof *at);
        if (!m->score[k]) return complain(FAILED, "there is not enough memory for scores");
        memcpy(m->score[k], at, (size_t)c->on[k].count * sizeof *at);
    }
    if (net->kind == VRNN && judge_tag(c, m, seed, c->scratch)) return FAILED;
    m->seeds = seed + 1;
    return OK;
}
/* The simplest score: the distance of the features, as a network sees them, from their centre. */
static int judge_radius(comparison *c, const passwd_nae *nae) {
    const passwd_quantiles *q = passwd_nae_quantiles(nae);
    double *at = c->scratch, *first = c->scratch;
    int64_t i;
    int k, f;
    if (c->one[RADIUS].there) return OK;
    c->one[RADIUS].there = 1;
    for (k = 0; k < c->samples; at += c->on[k++].count) {
        for (i = 0; i < c->on[k].count; i++)
            for (f = 0, at[i] = 0.0; f < q->features; f++) {
                const double z = passwd_quantiles_map(q, f, c->on[k].rows[i * q->features + f]);
                at[i] += z * z;
            }
        if (k > 0) c->one[RADIUS].area[k] = area_of(scores_column(first, c->on), scores_column(at, c->on + k));
    }
    return OK;
}
/* ---- multivariate scores of the same columns: what a network has to beat */

static int rivals_score(comparison *c, const multivariate *m) {
    double *score = (double *)malloc((size_t)(c->room + 1) * MULTIVARIATES * sizeof *score), *at = score;
    int64_t i;
    int k, n;
    if (!score) return complain(FAILED, "there is not enough memory for simple scores");
    for (k = 0; k < c->samples; k++, at += c->on[k - 1].count * MULTIVARIATES) {
        const sample *a = c->on + k;
        for (i = 0; i < a->count; i++) multivariate_scores(m, a->rows + i * a->features, at + i * MULTIVARIATES);
        for (n = 0; n < MULTIVARIATES && k > 0; n++) {
            column b, x;
            b.x = score + n;
            x.x = at + n;
            b.count = c->on[0].count;
            x.count = a->count;
            b.step = x.step = MULTIVARIATES;
            c->rival[n].area[k] = area_of(b, x);
            c->rival[n].mean += c->rival[n].area[k] / (c->samples - 1);
        }
    }
    free(score);
    return OK;
}
/* Learnt from what the networks learn from; with --weights from the background that is scored. */
static int judge_rivals(comparison *c) {
    const sample *on = c->train.count ? &c->train : c->on;
    const char *name[NAMES];
    multivariate *m;
    passwd_error error;
    int64_t n, *place;
    double *rows;
    int k, status = OK;
    c->best_rival = -1;
    for (k = 0; k < c->models && c->model[k].recipe.kind == VRNN; k++) continue;
    if (k == c->models) return OK; /* they read no features */
    rows = good_rows(on, &n, &place);
    m = (multivariate *)calloc(1, sizeof *m);
    for (k = 0; k < c->columns.count; k++) name[k] = c->columns.item[k];
    if (!rows || !m) status = complain(FAILED, "there is not enough memory for simple scores");
    else if (n < 4) status = complain(FAILED, "%s: too few jets for simple scores", on->name);
    else if (multivariate_learn(m, rows, n, c->columns.count, name, &error)) status = failed(&error);
    if (status == OK) status = rivals_score(c, m);
    for (k = 0; status == OK && k < MULTIVARIATES; k++)
        if (c->best_rival < 0 || c->rival[k].mean > c->rival[c->best_rival].mean) c->best_rival = k;
    if (m) multivariate_free(m);
    free(m);
    free(rows);
    free(place);
    return status;
}
static int beats_rivals(const comparison *c, const contestant *m) {
    return c->best_rival < 0 || mean_of(m->mean, m->seeds) > c->rival[c->best_rival].mean;
}
static void rivals_table(const comparison *c, grid *t) {
    char line[2048];
    int i, k, length;
    if (c->best_rival < 0) return;
    puts("\nmultivariate scores of the same columns");
    length = snprintf(line, sizeof line, "area under the ROC curve");
    for (k = 1; k < c->samples; k++)
        length += snprintf(line + length, sizeof line - (size_t)length, "|%.40s", c->on[k].name);
    grid_row(t, "%s|mean", line);
    for (i = 0; i < MULTIVARIATES; i++) {
        length = snprintf(line, sizeof line, "%s", multivariate_names[i]);
        for (k = 1; k < c->samples; k++)
            length += snprintf(line + length, sizeof line - (size_t)length, "|%.3f", c->rival[i].area[k]);
        grid_row(t, "%s|%.3f", line, c->rival[i].mean);
    }
    grid_print(t);
    for (i = 0; i < c->models; i++)
        if (!beats_rivals(c, c->model + i))
            printf("* %s does not beat the best of them, %s: mean area %.3f, not above %.3f\n", c->model[i].name,
                multivariate_names[c->best_rival], mean_of(c->model[i].mean, c->model[i].seeds),
                c->rival[c->best_rival].mean);
}
static void put_rivals(passwd_json_writer *w, const comparison *c) {
    int i, k;
    put_array(w, "multivariate");
    for (i = 0; i < MULTIVARIATES && c->best_rival >= 0; i++) {
        passwd_json_begin_object(w);
        put_word(w, "name", multivariate_names[i]);
        put_array(w, "signals");
        for (k = 1; k < c->samples; k++) {
            passwd_json_begin_object(w);
            put_word(w, "name", c->on[k].name);
            put_json(w, "area", c->rival[i].area[k]);
            passwd_json_end_object(w);
        }
        passwd_json_end_array(w);
        put_json(w, "mean", c->rival[i].mean);
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
}
static int train_one(comparison *c, contestant *m, int seed) {
    passwd_train_report r;
    passwd_error error;
    passwd_status trained;
    const char *labels[MANY + 1];
    char label[100];
    watching w;
    network net;
    trainer t;
    int k, status = network_new(&net, &m->recipe, (uint64_t)(seed + 1));
    memset(&t, 0, sizeof t);
    w.c = c;
    w.m = m;
    w.seed = seed;
    snprintf(label, sizeof label, "%s, seed %d of %d: ", m->name, seed + 1, seeds_of(c->s));
    t.net = &net;
    t.s = c->s;
    t.label = label;
    t.after = net.kind == VRNN ? NULL : after_epoch;
    t.user = &w;
    for (k = 0; k < c->samples; k++) labels[k] = c->on[k].name;
    if (status == OK) {
        trained = train_network(&t, &c->train, &c->columns, (uint64_t)(seed + 1), &r, &error);
        status = trained == PASSWD_OK   ? OK
            : trained == PASSWD_STOPPED ? complain(FAILED, "interrupted")
                                        : failed(&error);
        if (trained == PASSWD_OK || r.stopped == 3) tell_trainer(&t, &r, "");
        if (r.stopped == 3 && r.steps > 0) status = OK; /* its best epoch is as good as any */
    }
    if (status == OK) status = judge(c, m, seed, &net);
    if (status == OK && net.nae) status = judge_radius(c, net.nae);
    if (status == OK && seed == 0 && c->s->plots)
        status = plot_training(&t, labels, net.kind == VRNN ? 0 : c->samples, m->name);
    trainer_free(&t);
    network_free(&net);
    return status;
}
static int judge_weights(comparison *c, contestant *m, const char *path) {
    network net;
    int k, status = network_load(&net, path);
    m->recipe.kind = net.kind;
    name_from_path(c->other.name, path);
    snprintf(m->name, sizeof m->name, "%.47s", c->other.name);
    for (k = 0; k < c->samples && status == OK; k++)
        status = network_fits(&net, c->on[k].name, c->on[k].table, &c->columns);
    if (status == OK) status = judge(c, m, 0, &net);
    if (status == OK && net.nae) status = judge_radius(c, net.nae);
    network_free(&net);
    return status;
}

/* ---- samples and models */

static int compare_models(comparison *c) {
    const settings *s = c->s;
    names models;
    int k, status;
    c->models = s->networks_of.count;
    if (c->models) return OK;
    status = names_read(&models, s->models);
    for (k = 0; k < models.count && status == OK; k++) {
        const int kind = read_choice("ae,nae,vrnn", models.item[k]);
        contestant *m = c->model + c->models++;
        if (!kind || c->models + 1 >= MODELS)
            return complain(USAGE, "--model cannot be \"%s\"; see jets compare --help", s->models);
        status = recipe_make(&m->recipe, s, kind, c->columns.count);
        snprintf(m->name, sizeof m->name, "%s", model_names[kind]);
        if (kind != VRNN || !s->before_after || status != OK) continue;
        if (!m->recipe.vrnn.align)
            return complain(USAGE, "--before-after compares with alignment, which vrnn.align=0 turns off");
        c->model[c->models] = *m;
        c->model[c->models].recipe.vrnn.align = c->model[c->models].recipe.vrnn.condition = 0;
        if (m->recipe.vrnn.mass_bins) c->model[c->models].recipe.vrnn.mass_bins = 1;
        snprintf(c->model[c->models++].name, sizeof m->name, "vrnn unaligned");
    }
    return status;
}
/* Training jets of the background with the first `each` of every signal behind them. */
static int train_contaminated(comparison *c, const texts *background, int64_t want, int64_t each) {
    const settings *s = c->s;
    asking *asked = (asking *)malloc(sizeof *asked);
    const char *missing = NULL;
    passwd_events more;
    int table = 0, k, status = asked ? is_table(background->item[0], &c->columns, &table) : FAILED;
    memset(&more, 0, sizeof more);
    if (status == OK) {
        ask(asked, table, &c->columns);
        status = load_range(background, &asked->options, 0, want - each * s->signal.count, "jet", &c->train.events);
    }
    for (k = 0; k < s->signal.count && status == OK; k++) {
        const texts signal = one_file(s->signal.item[k]);
        status = load_range(&signal, &asked->options, 0, each, "jet", &more);
        if (status == OK && !join(&c->train.events, &more, &asked->options, &missing))
            status = complain(FAILED, "%s: its jets cannot be trained on with the others", s->signal.item[k]);
    }
    passwd_events_free(&more);
    if (status == OK) status = sample_fill(&c->train, asked, background->item[0], 0, s->threads);
    free(asked);
    return status;
}
static int compare_samples(comparison *c) {
    const settings *s = c->s;
    const int64_t want = s->train_count ? s->train_count : 10000,
                  each = (int64_t)(s->contamination * (double)want / s->signal.count + 0.5);
    size_t room = 1;
    const texts background = one_file(s->background), train = one_file(s->train);
    int k, status = sample_load(&c->loaded, &background, &c->columns, 0, 0, s->threads);
    if (status == OK && !s->networks_of.count && each > 0)
        status = train_contaminated(c, s->train ? &train : &background, want, each);
    else if (status == OK && !s->networks_of.count && s->train)
        status = sample_load(&c->train, &train, &c->columns, 0, want, s->threads);
    if (status != OK) return status;
    c->on[0] = c->loaded;
    if (!s->networks_of.count && !s->train) {
        if (c->loaded.count <= want)
            return complain(USAGE, "%s has %lld jets: --train-count must leave some of them to be scored",
                s->background, (long long)c->loaded.count);
        if (!each) c->train = sample_part(&c->loaded, 0, want);
        c->on[0] = sample_part(&c->loaded, want, c->loaded.count - want);
    }
    if (s->count && s->count < c->on[0].count) c->on[0] = sample_part(c->on, 0, s->count);
    sample_name(c->on[0].name, s->names, 0, s->background);
    for (c->samples = 1; c->samples <= s->signal.count; c->samples++) {
        sample *a = c->on + c->samples;
        const int64_t most = s->count;
        const texts signal = one_file(s->signal.item[c->samples - 1]);
        status = sample_load(a, &signal, &c->columns, s->networks_of.count ? 0 : each, 0, s->threads);
        if (status != OK) return status;
        if (most && a->count > most) a->count = a->events.count = most;
        sample_name(a->name, s->names, c->samples, s->signal.item[c->samples - 1]);
    }
    for (k = 0; k < c->samples; k++) {
        room += (size_t)c->on[k].count;
        c->watched[k] = sample_part(c->on + k, 0, c->on[k].count < WATCHED ? c->on[k].count : WATCHED);
    }
    c->room = room;
    c->scratch = (double *)malloc(room * sizeof *c->scratch);
    return c->scratch ? OK : complain(FAILED, "there is not enough memory for scores");
}
static int compare_fits(const comparison *c) {
    int i, k;
    for (i = 0; i < c->models; i++)
        for (k = -1; k < c->samples; k++)
            if (c->model[i].recipe.kind == VRNN && (k < 0 ? c->train : c->on[k]).table)
                return complain(USAGE, "vrnn reads constituents (jet,pt,eta,phi), not a table of features");
    return OK;
}
static column single_column(const comparison *c, int which, int k) {
    column x;
    x.x = c->simple[k] + which;
    x.count = c->on[k].count;
    x.step = RADIUS;
    return x;
}
/* The single variables of sample k, NaN where a table does not have them. */
static int simple_fill(comparison *c, int k) {
    const sample *a = c->on + k;
    double *x = (double *)malloc(((size_t)a->count + 1) * RADIUS * sizeof *x);
    int64_t i;
    int j;
    c->simple[k] = x;
    if (!x) return complain(FAILED, "there is not enough memory for single variables");
    for (i = 0; i < a->count; i++, x += RADIUS)
        for (j = 0; j < RADIUS; j++) {
            char word[64];
            int over;
            const char *next = next_part(single_names[j], word, &over);
            const double *all = a->all + i * VARIABLES;
            x[j] = next ? all[variable_index(word)] / all[variable_index(next)] : all[variable_index(word)];
        }
    return OK;
}
static int compare_go(comparison *c) {
    const settings *s = c->s;
    int i, k, n, status = OK;
    for (i = 0; i < c->models && status == OK; i++) {
        if (s->networks_of.count) {
            status = judge_weights(c, c->model + i, s->networks_of.item[i]);
            continue;
        }
        for (k = 0; k < seeds_of(s) && status == OK; k++) status = train_one(c, c->model + i, k);
    }
    if (status == OK) status = judge_rivals(c);
    for (k = 0; k < c->samples && status == OK; k++) status = simple_fill(c, k);
    for (i = 0; i < SINGLES && status == OK; i++) {
        single *o = c->one + i;
        for (k = 1; k < c->samples && i < RADIUS; k++)
            o->area[k] = area_of(single_column(c, i, 0), single_column(c, i, k));
        if (i < RADIUS) o->there = isfinite(o->area[1]);
        for (k = 1, n = 0; k < c->samples; k++, n++) o->mean += (o->area[k] - o->mean) / (n + 1);
        o->low_mean = o->mean < 0.5;
        if (o->low_mean) o->mean = 1.0 - o->mean;
        for (k = 1; k < c->samples; k++) {
            o->low[k] = o->area[k] < 0.5;
            if (o->low[k]) o->area[k] = 1.0 - o->area[k];
        }
    }
    return status;
}

/* ---- tables */

/* Signal k; 0: the mean over signals. */
static void area_row(const comparison *c, grid *t, int k, const char *name) {
    char line[2048];
    double v[2];
    int i, length = snprintf(line, sizeof line, "%.40s", name);
    for (i = 0; i < c->models; i++) {
        const contestant *m = c->model + i;
        over_seeds(m, k ? &m->area[0][k] : m->mean, k ? MANY + 1 : 1, v);
        length += add_cell(line + length, sizeof line - (size_t)length, m, v, "%.3f");
    }
    for (i = 0; i < SINGLES; i++) {
        const single *o = c->one + i;
        if (o->there)
            length += snprintf(line + length, sizeof line - (size_t)length, "|%.3f %s", k ? o->area[k] : o->mean,
                (k ? o->low[k] : o->low_mean) ? "low" : "high");
    }
    grid_row(t, "%s", line);
}
/* Rank correlations, in the background, of all scores (of the first seed) with a number. */
static void rank_row(const comparison *c, grid *t, const char *name, column with) {
    char line[1024];
    int i, length;
    length = snprintf(line, sizeof line, "rank correlation with %s", name);
    for (i = 0; i < c->models + RADIUS; i++) {
        const column x =
            i < c->models ? scores_column(c->model[i].score[0], c->on) : single_column(c, i - c->models, 0);
        if (i < c->models || c->one[i - c->models].there)
            length += snprintf(line + length, sizeof line - (size_t)length, "|%+.3f", rank_correlation_of(x, with));
    }
    grid_row(t, "%s", line);
}
static void gain_rows(const comparison *c, grid *t) {
    char gain[1024] = "gain", mass[1024] = "correlation with mass", radius[1024] = "rank correlation with radius";
    size_t a = strlen(gain), b = strlen(mass), d = strlen(radius);
    double v[2];
    int i, any = 0;
    for (i = 0; i < c->models; i++) {
        if (i == 0) a += (size_t)snprintf(gain + a, sizeof gain - a, "|");
        else
            a += (size_t)snprintf(gain + a, sizeof gain - a, "|%+.3f",
                mean_of(c->model[i].mean, c->model[i].seeds) - mean_of(c->model[0].mean, c->model[0].seeds));
        over_seeds(c->model + i, c->model[i].correlation, 1, v);
        b += (size_t)add_cell(mass + b, sizeof mass - b, c->model + i, v, "%+.3f");
        over_seeds(c->model + i, c->model[i].radius, 1, v);
        any |= isfinite(v[0]);
        d += isfinite(v[0]) ? (size_t)add_cell(radius + d, sizeof radius - d, c->model + i, v, "%+.3f")
                            : (size_t)snprintf(radius + d, sizeof radius - d, "|");
    }
    if (c->one[MASS].there) rank_row(c, t, "mass", single_column(c, MASS, 0)); /* a table may lack it */
    if (c->models > 0) rank_row(c, t, c->model[0].name, scores_column(c->model[0].score[0], c->on));
    if (c->models > 1) grid_row(t, "%s", gain);
    if (c->models > 0 && isfinite(c->model[0].correlation[0])) grid_row(t, "%s", mass); /* a table may lack it */
    if (any) grid_row(t, "%s", radius);
}
static void compare_table(const comparison *c) {
    grid *t = (grid *)calloc(1, sizeof *t);
    char line[1024];
    int i, k, length = snprintf(line, sizeof line, "area under the ROC curve");
    if (!t) return;
    for (i = 0; i < c->models; i++)
        length += snprintf(line + length, sizeof line - (size_t)length, "|%s%s", c->model[i].name,
            beats_rivals(c, c->model + i) ? "" : "*");
    for (i = 0; i < SINGLES; i++)
        if (c->one[i].there) length += snprintf(line + length, sizeof line - (size_t)length, "|%s", single_names[i]);
    printf("%lld jets of the background (%s)", (long long)c->on[0].count, c->on[0].name);
    if (c->train.count)
        printf(
            ", %lld to train on, %d seed%s", (long long)c->train.count, seeds_of(c->s), seeds_of(c->s) > 1 ? "s" : "");
    putchar('\n');
    grid_row(t, "%s", line);
    for (k = 1; k < c->samples; k++) area_row(c, t, k, c->on[k].name);
    if (c->samples > 2) area_row(c, t, 0, "mean");
    gain_rows(c, t);
    grid_print(t);
    rivals_table(c, t);
    free(t);
    for (i = 0; i < c->models; i++)
        if (c->model[i].recipe.kind == VRNN) tag_table(c, c->model + i);
    for (i = 0; i < c->models && c->s->best_epoch; i++) {
        const contestant *m = c->model + i;
        if (m->recipe.kind == VRNN || m->chosen_epoch[0] == 0) continue;
        printf("%s: mean area %.4f at the epoch chosen without signals, %.4f at the best one for them: %.4f less\n",
            m->name, mean_of(m->chosen, m->seeds), mean_of(m->best, m->seeds),
            mean_of(m->best, m->seeds) - mean_of(m->chosen, m->seeds));
        for (k = 0; k < m->seeds; k++)
            printf("  seed %d: epoch %d (%.4f), best %d (%.4f)\n", k + 1, m->chosen_epoch[k], m->chosen[k],
                m->best_epoch[k], m->best[k]);
    }
}
static void put_model(passwd_json_writer *w, const comparison *c, const contestant *m) {
    double v[2];
    int i, k;
    passwd_json_begin_object(w);
    put_word(w, "name", m->name);
    put_word(w, "model", model_names[m->recipe.kind]);
    put_array(w, "signals");
    for (k = 1; k < c->samples; k++) {
        over_seeds(m, &m->area[0][k], MANY + 1, v);
        passwd_json_begin_object(w);
        put_word(w, "name", c->on[k].name);
        put_json(w, "area", v[0]);
        put_json(w, "spread", v[1]);
        put_array(w, "seeds");
        for (i = 0; i < m->seeds; i++) passwd_json_write_number(w, m->area[i][k]);
        passwd_json_end_array(w);
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
    over_seeds(m, m->mean, 1, v);
    put_json(w, "mean", v[0]);
    put_json(w, "mean_spread", v[1]);
    put_json(w, "gain", v[0] - mean_of(c->model[0].mean, c->model[0].seeds));
    over_seeds(m, m->correlation, 1, v);
    put_json(w, "correlation_with_mass", v[0]);
    put_json(w, "correlation_spread", v[1]);
    over_seeds(m, m->radius, 1, v);
    if (isfinite(v[0])) put_json(w, "rank_correlation_with_radius", v[0]);
    if (c->best_rival >= 0) put_json(w, "beats_multivariate", beats_rivals(c, m));
    if (m->recipe.kind == VRNN) put_tag(w, c, m);
    if (c->s->best_epoch && m->chosen_epoch[0]) {
        put_json(w, "mean_at_chosen_epoch", mean_of(m->chosen, m->seeds));
        put_json(w, "mean_at_best_epoch", mean_of(m->best, m->seeds));
    }
    passwd_json_end_object(w);
}
static int compare_json(const comparison *c) {
    passwd_json_writer w;
    int i, k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_word(&w, "background", c->on[0].name);
    put_json(&w, "background_jets", (double)c->on[0].count);
    put_json(&w, "training_jets", (double)c->train.count);
    put_array(&w, "models");
    for (i = 0; i < c->models; i++) put_model(&w, c, c->model + i);
    passwd_json_end_array(&w);
    put_object(&w, "variables");
    for (i = 0; i < SINGLES; i++) {
        if (!c->one[i].there) continue;
        put_array(&w, single_names[i]);
        for (k = 1; k < c->samples; k++) {
            passwd_json_begin_object(&w);
            put_word(&w, "name", c->on[k].name);
            put_json(&w, "area", c->one[i].area[k]);
            put_word(&w, "side", c->one[i].low[k] ? "low" : "high");
            passwd_json_end_object(&w);
        }
        passwd_json_end_array(&w);
    }
    passwd_json_end_object(&w);
    put_rivals(&w, c);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}

/* ---- plots */

static int plot_roc(const comparison *c, const contestant *m, const char *file) {
    plot *p = roc_plot();
    int64_t i, n, all;
    int k;
    plot_label(p, c->s->label ? c->s->label : "");
    for (k = 1; k < c->samples; k++) {
        const column b = scores_column(m->score[0], c->on), x = scores_column(m->score[k], c->on + k);
        weighted *v = (weighted *)malloc((size_t)(b.count + x.count + 1) * sizeof *v);
        roc r;
        if (!v) return complain(FAILED, "there is not enough memory for a curve");
        n = finite_of(&b, v);
        all = n + finite_of(&x, v + n);
        for (i = 0; i < all; i++) {
            v[i].signal = i >= n;
            v[i].weight = 1.0 / (double)(i >= n ? all - n : n);
        }
        r = roc_new(v, (size_t)all);
        roc_draw(p, &r, c->on[k].name, style_of(k, PLOT_SOLID));
        roc_free(&r);
        free(v);
    }
    roc_draw_guess(p);
    return write_plot(p, c->s->plots, file);
}
static int plot_scores(const comparison *c, const contestant *m, const char *file) {
    const char *labels[MANY + 1];
    column x[MANY + 1];
    double *logs[MANY + 1] = { NULL };
    int64_t i;
    int k, status = OK;
    for (k = 0; k < c->samples && status == OK; k++) {
        logs[k] = (double *)malloc(((size_t)c->on[k].count + 1) * sizeof **logs);
        if (!logs[k]) status = complain(FAILED, "there is not enough memory for a plot");
        for (i = 0; status == OK && i < c->on[k].count; i++)
            logs[k][i] = m->recipe.kind == VRNN ? m->score[k][i] : log(m->score[k][i]);
        x[k] = scores_column(logs[k], c->on + k);
        labels[k] = c->on[k].name;
    }
    if (status == OK)
        status = plot_distributions(x, labels, c->samples, 0, m->recipe.kind == VRNN ? "Anomaly score" : "ln (energy)",
            c->s->label, c->s->plots, file);
    for (k = 0; k < c->samples; k++) free(logs[k]);
    return status;
}
/* Score against mass in the background: the parts of each mass bin in colours, and its mean. */
enum { NX = 30, NY = 30, FEWEST = 20 };
typedef struct score_map {
    double cell[NX * NY], mean[NX], error[NX], count[NX], mass[2], score[2], most;
} score_map;
static int fill_score_map(const comparison *c, const contestant *m, score_map *f) {
    const column mass = variable_column(c->on, "mass");
    double square[NX] = { 0 }, *score = (double *)malloc(((size_t)c->on[0].count + 1) * sizeof *score);
    int64_t i;
    int k, status;
    column y;
    memset(f, 0, sizeof *f);
    if (!score) return complain(FAILED, "there is not enough memory for a plot");
    for (i = 0; i < c->on[0].count; i++) score[i] = m->recipe.kind == VRNN ? m->score[0][i] : log(m->score[0][i]);
    y = scores_column(score, c->on);
    status = range_of(&mass, 1, 0.005, f->mass) || range_of(&y, 1, 0.003, f->score) ? FAILED : OK;
    if (m->recipe.kind == VRNN) { /* equal scales in all pictures */
        f->score[0] = 0.0;
        f->score[1] = 1.0;
    }
    for (i = 0; status == OK && i < y.count; i++) {
        const double u = (mass.x[i * mass.step] - f->mass[0]) / (f->mass[1] - f->mass[0]) * NX,
                     v = fmin(
                         (score[i] - f->score[0]) / (f->score[1] - f->score[0]) * NY, score[i] < 1.0 ? NY : NY - 1);
        if (!(u >= 0.0 && u < NX && isfinite(score[i]))) continue;
        f->count[(int)u] += 1.0;
        f->mean[(int)u] += score[i];
        square[(int)u] += score[i] * score[i];
        if (v >= 0.0 && v < NY) f->cell[(int)v * NX + (int)u] += 1.0;
    }
    for (k = 0; k < NX; k++) {
        for (i = 0; i < NY; i++) {
            f->cell[i * NX + k] = f->count[k] >= FEWEST ? f->cell[i * NX + k] / f->count[k] : 0.0;
            f->most = fmax(f->most, f->cell[i * NX + k]);
        }
        if (f->count[k] < FEWEST) continue;
        f->mean[k] /= f->count[k];
        f->error[k] = sqrt(fmax(0.0, square[k] / f->count[k] - f->mean[k] * f->mean[k]) / f->count[k]);
    }
    free(score);
    return status;
}
/* most: where the colours end. */
static int plot_score_mass(
    const comparison *c, const contestant *m, const score_map *f, double most, const char *file) {
    const plot_style black = { PLOT_BLACK, PLOT_SOLID, 0.0, 0 };
    double x[NX], mean[NX], error[NX];
    char note[96];
    int k, n = 0;
    plot *p = plot_new("Jet mass [GeV]", m->recipe.kind == VRNN ? "Anomaly score" : "ln (energy)");
    for (k = 0; k < NX; k++)
        if (f->count[k] >= FEWEST) {
            x[n] = f->mass[0] + (f->mass[1] - f->mass[0]) * (k + 0.5) / NX;
            mean[n] = f->mean[k];
            error[n++] = f->error[k];
        }
    plot_label(p, c->s->label ? c->s->label : "");
    if (m->recipe.kind == VRNN)
        snprintf(note, sizeof note, "%.48s: background and its mean, rank correlation %.2f", m->name, m->rank[0]);
    else snprintf(note, sizeof note, "%.48s: background and its mean, correlation %.2f", m->name, m->correlation[0]);
    plot_note(p, note);
    plot_size(p, 1000, 720);
    plot_image(p, f->cell, NX, NY, f->mass[0], f->mass[1], f->score[0], f->score[1], "Part of the jets of this mass",
        0.0, most, 0);
    plot_points(p, x, mean, error, n, NULL, black); /* the means */
    plot_range(p, f->mass[0], f->mass[1], f->score[0], f->score[1]);
    return write_plot(p, c->s->plots, file);
}
/* Those of recurrent networks with the same scales, also of colours, as the talk shows them before and after
   alignment. */
static int plot_score_masses(const comparison *c) {
    score_map *f = (score_map *)malloc(MODELS * sizeof *f);
    char file[128];
    double most = 0.0;
    int i, status = f ? OK : complain(FAILED, "there is not enough memory for a plot");
    for (i = 0; i < c->models && status == OK; i++) {
        status = fill_score_map(c, c->model + i, f + i);
        if (c->model[i].recipe.kind == VRNN) most = fmax(most, f[i].most);
    }
    for (i = 0; i < c->models && status == OK; i++) {
        file_name(file, "score_mass", c->model[i].name);
        status = plot_score_mass(c, c->model + i, f + i, c->model[i].recipe.kind == VRNN ? most : f[i].most, file);
    }
    free(f);
    return status;
}
/* Mean areas over seeds and their spreads, per signal. */
/* Areas of network i, or, from c->models on, of a single variable, per signal, with their spread over seeds; 0: none.
 */
static int areas_of(const comparison *c, int i, double *area, double *spread) {
    const contestant *m = i < c->models ? c->model + i : NULL;
    const single *o = m ? NULL : c->one + (i - c->models);
    int k;
    for (k = 1; k < c->samples; k++) {
        double v[2] = { 0.0, 0.0 };
        if (m) over_seeds(m, &m->area[0][k], MANY + 1, v);
        area[k - 1] = m ? v[0] : o->area[k];
        spread[k - 1] = v[1];
    }
    return m || o->there;
}
static plot_style style_of_areas(const comparison *c, int i) {
    plot_style style = style_of(i + 1, PLOT_SOLID);
    style.fill = i >= c->models;
    return style;
}
static const char *name_of_areas(const comparison *c, int i) {
    return i < c->models ? c->model[i].name : single_names[i - c->models];
}
static int plot_areas(const comparison *c) {
    plot *p = plot_new("", "Area under the ROC curve");
    const char *name[MANY];
    double low = 0.5;
    int i, k;
    plot_label(p, c->s->label ? c->s->label : "");
    plot_size(p, 1200, 720);
    for (k = 1; k < c->samples; k++) name[k - 1] = c->on[k].name;
    plot_names(p, name, c->samples - 1);
    for (i = 0; i < c->models + SINGLES; i++) {
        double x[MANY], y[MANY], e[MANY];
        if (!areas_of(c, i, y, e)) continue;
        for (k = 0; k < c->samples - 1; k++) {
            x[k] = k + 1 + 0.6 * ((i + 0.5) / (c->models + SINGLES) - 0.5);
            low = fmin(low, y[k] - e[k]);
        }
        plot_points(p, x, y, e, c->samples - 1, name_of_areas(c, i), style_of_areas(c, i));
    }
    plot_hline(p, 0.5, grey_dashes);
    plot_range(p, 0.5, 0.5 + 1.3 * (c->samples - 1), fmax(0.0, 0.1 * floor(10.0 * low - 0.3)), 1.0); /* and the names */
    return write_plot(p, c->s->plots, "areas.png");
}
#include "jets_grid.h"
static int compare_plots(const comparison *c) {
    char file[128];
    int i, status = plot_areas(c);
    if (status == OK && c->s->at.count) status = plot_grid(c);
    for (i = 0; i < c->models && status == OK; i++) {
        const contestant *m = c->model + i;
        file_name(file, "roc", m->name);
        status = plot_roc(c, m, file);
        file_name(file, "score", m->name);
        if (status == OK) status = plot_scores(c, m, file);
    }
    if (status == OK && c->one[MASS].there) status = plot_score_masses(c);
    return status;
}
/* Without --columns: those that the first of the networks with any was trained on, else the default. */
static int columns_to_compare(const settings *s, names *columns) {
    int k, status = OK, found = 0;
    for (k = 0; k < s->networks_of.count && !s->columns && !found && status == OK; k++) {
        network net;
        status = network_load(&net, s->networks_of.item[k]);
        found = status == OK && net.nae && passwd_nae_features(net.nae);
        if (found) status = names_read(columns, passwd_nae_features(net.nae));
        network_free(&net);
    }
    return status != OK || found ? status : read_columns(s, columns);
}
static int command_compare(const settings *s) {
    comparison *c = (comparison *)calloc(1, sizeof *c);
    int i, k, status = c ? OK : complain(FAILED, "there is not enough memory");
    if (c) c->s = s;
    if (c) c->model = (contestant *)calloc(MODELS, sizeof *c->model);
    if (status == OK && !c->model) status = complain(FAILED, "there is not enough memory");
    if (status == OK && !s->models == !s->networks_of.count)
        status = complain(USAGE, "either --weights or --model is needed; see jets compare --help");
    if (status == OK && s->networks_of.count
        && (s->train || s->train_count || s->seeds || s->set.count || s->epochs || s->best_epoch || s->before_after
            || s->contamination > 0.0))
        status = complain(USAGE,
            "--train, --train-count, --seeds, --set, --epochs, --best-epoch, --before-after and --contamination are "
            "about training; with --weights nothing is trained");
    if (status == OK) status = check_grid(s);
    if (status == OK) status = columns_to_compare(s, &c->columns);
    if (status == OK) status = compare_models(c);
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK) status = compare_samples(c);
    if (status == OK) status = compare_fits(c);
    catch_interrupts();
    if (status == OK) status = compare_go(c);
    if (status == OK && s->plots) status = compare_plots(c);
    if (status == OK) {
        if (s->json) status = compare_json(c);
        else compare_table(c);
    }
    for (k = 1; c && k <= MANY; k++) sample_free(c->on + k);
    if (c && (s->train || s->contamination > 0.0)) sample_free(&c->train);
    if (c) sample_free(&c->loaded);
    for (i = 0; c && c->model && i < MODELS; i++)
        for (k = 0; k <= MANY; k++) free(c->model[i].score[k]);
    for (i = 0; c && c->model && i < MODELS; i++) tag_free(&c->model[i].tag);
    if (c) {
        free(c->model);
        free(c->scratch);
        for (i = 0; i <= MANY; i++) free(c->simple[i]);
    }
    free(c);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   jets reweight
   --------------------------------------------------------------------------------------------------------------- */

enum { LOW, MIDDLE, HIGH, REGIONS, CLOSURE_BINS = 10, LEAST = 10 };

#include "jets_near.h"
/* How weights are learnt; each stands beside the simpler ones. */
enum { LINE, NEAR, NET, METHODS };
static const char *const method_names[] = { "logistic regression", "nearest rows", "networks" };

/* Rows of a region, untagged or tagged, with what is learnt from, and their weights by every method. */
typedef struct part {
    int64_t count, *row;
    double *x, *weight[METHODS], *each[METHODS];
} part;
typedef struct closing {
    char name[64];
    passwd_closure flat, learnt[METHODS];
} closing;
typedef struct prediction {
    double predicted, statistical, spread;
} prediction;
typedef struct reweighting {
    const settings *s;
    names columns, variables; /* of the table: all that are read, with the tag and the mass; tested ones */
    int features;             /* this many of columns are read by the networks, the first ones */
    passwd_events table;
    double *column[NAMES];
    double *tag; /* the column, or its rank in mass */
    double range[REGIONS][2];
    part in[REGIONS][2];
    passwd_reweight *net[METHODS]; /* none of NEAR */
    near_weights near;
    int methods, used, networks;
    int64_t incomplete; /* rows with an empty field */
    double flat, flat_error, flat_predicted;
    prediction by[METHODS];
    closing *closure;
} reweighting;

static int read_region(double range[2], const char *name, const char *text) {
    const char *rest = read_real(text, -1e300, 1e300, range);
    if (!rest || *rest != ':' || !(rest = read_real(rest + 1, -1e300, 1e300, range + 1)) || *rest
        || !(range[0] < range[1]))
        return complain(USAGE, "--%s cannot be \"%s\": it should be two numbers, such as 80:120", name, text);
    return OK;
}
/* Column k, or the ratio that its name means: "tau3/tau2". */
static int make_column(reweighting *a, int k, const names *parts) {
    const char *slash = strchr(a->columns.item[k], '/');
    const double *ratio[2] = { NULL, NULL };
    char name[64];
    int64_t i;
    int h;
    for (h = 0; h < (slash ? 2 : 1); h++) {
        snprintf(name, sizeof name, "%.*s", slash && !h ? (int)(slash - a->columns.item[k]) : 63,
            h ? slash + 1 : a->columns.item[k]);
        ratio[h] = a->table.number[names_find(parts, name)];
        if (!ratio[h]) return complain(FAILED, "%s: there is no column \"%s\"", name_of_files(&a->s->events), name);
    }
    a->column[k] = (double *)malloc((size_t)(a->table.count ? a->table.count : 1) * sizeof(double));
    if (!a->column[k]) return complain(FAILED, "there is not enough memory for %lld rows", (long long)a->table.count);
    for (i = 0; i < a->table.count; i++) a->column[k][i] = slash ? ratio[0][i] / ratio[1][i] : ratio[0][i];
    return OK;
}
static int load_table(reweighting *a) {
    passwd_event_options o;
    const char *asked[NAMES];
    char text[NAMES][68], word[64];
    names parts;
    int k, status = OK;
    memset(&o, 0, sizeof o);
    for (parts.count = k = 0; k < a->columns.count && status == OK; k++) {
        const char *slash = strchr(a->columns.item[k], '/');
        snprintf(word, sizeof word, "%.*s", slash ? (int)(slash - a->columns.item[k]) : 63, a->columns.item[k]);
        if (names_add(&parts, word) < 0 || (slash && names_add(&parts, slash + 1) < 0)) status = USAGE;
    }
    if (status) return status;
    o.table = 1;
    o.numbers = asked;
    o.n_numbers = parts.count;
    for (k = 0; k < parts.count; k++) {
        snprintf(text[k], 68, "%s?", parts.item[k]);
        asked[k] = text[k];
    }
    status = load_range(&a->s->events, &o, 0, 0, "row", &a->table);
    for (k = 0; k < a->columns.count && status == OK; k++) status = make_column(a, k, &parts);
    return status;
}
static int row_complete(const reweighting *a, int64_t i) {
    int k;
    for (k = 0; k < a->columns.count && isfinite(a->column[k][i]); k++) continue;
    return k == a->columns.count;
}
/* The tag of each row becomes its rank among the rows of nearest mass. */
static int rank_in_mass(reweighting *a, const double *tag, const double *mass) {
    const size_t most = (size_t)a->table.count + 1;
    double *room = (double *)malloc(3 * most * sizeof *room);
    column c[2];
    int64_t i, n = 0;
    int status;
    if (!room) return complain(FAILED, "there is not enough memory for %lld rows", (long long)a->table.count);
    for (i = 0; i < a->table.count; i++)
        if (row_complete(a, i)) {
            room[n] = mass[i];
            room[most + (size_t)n++] = tag[i];
        }
    c[0].x = room;
    c[1].x = room + most;
    c[0].count = c[1].count = n;
    c[0].step = c[1].step = 1;
    status = rank_near(c, c, room + 2 * most);
    for (i = n = 0; i < a->table.count && status == OK; i++)
        if (row_complete(a, i)) a->tag[i] = room[2 * most + (size_t)n++];
    free(room);
    return status;
}
static void part_free(part *p) {
    int k;
    free(p->row);
    free(p->x);
    for (k = 0; k < METHODS; k++) {
        free(p->weight[k]);
        free(p->each[k]);
    }
}
static int part_fill(reweighting *a, int region, int tagged) {
    part *p = a->in[region] + tagged;
    const double *mass = a->column[names_find(&a->columns, a->s->mass)];
    const size_t room = (size_t)a->table.count + 1;
    int64_t i;
    int k;
    p->row = (int64_t *)malloc(room * sizeof *p->row);
    p->x = (double *)malloc(room * (size_t)a->features * sizeof *p->x);
    if (!p->row || !p->x)
        return complain(FAILED, "there is not enough memory for %lld rows", (long long)a->table.count);
    for (i = 0; i < a->table.count; i++) {
        if (!row_complete(a, i) || !(mass[i] >= a->range[region][0] && mass[i] < a->range[region][1])) continue;
        if ((a->s->below ? a->tag[i] < a->s->cut : a->tag[i] > a->s->cut) != tagged) continue;
        for (k = 0; k < a->features; k++) p->x[p->count * a->features + k] = a->column[k][i];
        p->row[p->count++] = i;
    }
    return OK;
}
static int reweight_setup(reweighting *a) {
    const settings *s = a->s;
    const char *name[] = { "low sideband", "signal region", "high sideband" };
    int64_t i;
    int k, status = names_read(&a->columns, s->columns);
    a->features = a->columns.count;
    if (status == OK) status = names_read(&a->variables, s->variables ? s->variables : s->columns);
    for (k = 0; status == OK && k < a->variables.count; k++)
        if (names_add(&a->columns, a->variables.item[k]) < 0) status = USAGE;
    if (status == OK && (names_add(&a->columns, s->tag) < 0 || names_add(&a->columns, s->mass) < 0)) status = USAGE;
    if (status == OK && read_region(a->range[LOW], "low", s->low)) status = USAGE;
    if (status == OK && read_region(a->range[MIDDLE], "signal", s->middle)) status = USAGE;
    if (status == OK && read_region(a->range[HIGH], "high", s->high)) status = USAGE;
    if (status == OK && (a->range[LOW][1] > a->range[MIDDLE][0] || a->range[MIDDLE][1] > a->range[HIGH][0]))
        status = complain(USAGE, "--low, --signal and --high must follow each other without overlap");
    if (status == OK) status = load_table(a);
    if (status != OK) return status;
    a->tag = (double *)calloc((size_t)a->table.count + 1, sizeof *a->tag);
    a->closure = (closing *)calloc((size_t)a->variables.count, sizeof *a->closure);
    if (!a->tag || !a->closure)
        return complain(FAILED, "there is not enough memory for %lld rows", (long long)a->table.count);
    memcpy(a->tag, a->column[names_find(&a->columns, s->tag)], (size_t)a->table.count * sizeof *a->tag);
    if (s->rank)
        status =
            rank_in_mass(a, a->column[names_find(&a->columns, s->tag)], a->column[names_find(&a->columns, s->mass)]);
    for (k = 0; k < 2 * REGIONS && status == OK; k++) status = part_fill(a, k / 2, k % 2);
    for (k = 0; k < 2 * REGIONS && status == OK; k++)
        if (a->in[k / 2][k % 2].count < 20)
            status = complain(FAILED, "%s: %lld %s rows in the %s are too few", name_of_files(&s->events),
                (long long)a->in[k / 2][k % 2].count, k % 2 ? "tagged" : "untagged", name[k / 2]);
    for (i = 0; i < a->table.count; i++) a->incomplete += !row_complete(a, i);
    return status;
}
static int on_reweight(void *user, const passwd_progress *p) {
    char text[96];
    snprintf(text, sizeof text, "weights: loss %.4f", p->total);
    meter_show((meter *)user, (double)p->step / (double)p->steps, text);
    return interrupted;
}
static int reweight_learn(reweighting *a, int method) {
    const part *from = &a->in[HIGH][0], *to = &a->in[HIGH][1];
    const char *name[NAMES];
    passwd_reweight_config c;
    passwd_train_options o;
    passwd_table rows[2];
    passwd_error error;
    passwd_status status;
    meter m = meter_new();
    int k;
    passwd_reweight_defaults(&c);
    c.seed = (uint64_t)a->s->seed;
    c.layers = method == LINE ? 0 : a->s->layers;
    if (a->s->networks) c.networks = a->s->networks;
    if (a->s->epochs) c.epochs = a->s->epochs;
    if (c.networks < 10 && method == LINE)
        complain(OK, "warning: with %d networks p-values come out too small; 10 or more are better", c.networks);
    memset(&o, 0, sizeof o);
    o.threads = a->s->threads;
    o.simd = a->s->simd;
    o.progress = on_reweight;
    o.user = &m;
    for (k = 0; k < a->features; k++) name[k] = a->columns.item[k];
    rows[0].rows = from->x;
    rows[0].weight = NULL;
    rows[0].count = from->count;
    rows[1].rows = to->x;
    rows[1].weight = NULL;
    rows[1].count = to->count;
    for (k = 0; k < 2; k++) {
        rows[k].features = a->features;
        rows[k].names = name;
    }
    catch_interrupts();
    status = passwd_reweight_learn(&c, rows, rows + 1, &o, NULL, a->net + method, &error);
    meter_clear();
    if (status == PASSWD_STOPPED) return complain(FAILED, "interrupted; nothing was kept");
    if (status != PASSWD_OK) return failed(&error);
    a->networks = passwd_reweight_networks(a->net[method]);
    a->flat = (double)to->count / (double)from->count;
    a->flat_error = a->flat * sqrt(1.0 / (double)to->count + 1.0 / (double)from->count);
    return OK;
}
static int reweight_near(reweighting *a) {
    const part *p = a->in[HIGH];
    const double *const x[2] = { p[0].x, p[1].x };
    const int64_t count[2] = { p[0].count, p[1].count };
    if (p[0].count + p[1].count > 0x7ffffff)
        return complain(FAILED, "%lld rows in the high sideband are too many", (long long)(p[0].count + p[1].count));
    return near_learn(&a->near, x, count, a->features, a->networks, (uint64_t)a->s->seed, a->s->threads)
        ? OK
        : complain(FAILED, "there is not enough memory for neighbours");
}
static int reweight_run(reweighting *a, part *p, int method) {
    const passwd_workspace_options o = workspace_of(a->s);
    passwd_error error;
    double *weight = (double *)malloc(((size_t)p->count + 1) * sizeof *weight),
           *each = (double *)malloc(((size_t)p->count + 1) * (size_t)a->networks * sizeof *each);
    p->weight[method] = weight;
    p->each[method] = each;
    if (!weight || !each || (method == NEAR && !near_run(&a->near, p->x, p->count, weight, each, a->s->threads)))
        return complain(FAILED, "there is not enough memory for %lld weights", (long long)p->count);
    if (method == NEAR) return OK;
    return passwd_reweight_run(a->net[method], &o, p->x, p->count, weight, each, &error) == PASSWD_OK ? OK
                                                                                                      : failed(&error);
}
static double *values_of(const reweighting *a, const part *p, int which) {
    double *x = (double *)malloc(((size_t)p->count + 1) * sizeof *x);
    int64_t i;
    for (i = 0; x && i < p->count; i++) x[i] = a->column[which][p->row[i]];
    return x;
}
/* Bins of equal population of two samples together; equal edges are merged. Returns their number. */
static int equal_bins(const double *x, int64_t n, const double *y, int64_t m, double edges[CLOSURE_BINS + 1]) {
    weighted *v = (weighted *)malloc((size_t)(n + m + 1) * sizeof *v);
    int64_t i;
    int k, bins = 0;
    if (!v) return 0;
    for (i = 0; i < n + m; i++) {
        v[i].value = i < n ? x[i] : y[i - n];
        v[i].weight = 1.0;
        v[i].signal = 0;
    }
    qsort(v, (size_t)(n + m), sizeof *v, ascending);
    for (k = 0; k <= CLOSURE_BINS; k++) {
        const double q = v[(n + m - 1) * k / CLOSURE_BINS].value;
        if (k == 0 || q > edges[bins]) edges[k == 0 ? 0 : ++bins] = q;
    }
    edges[bins] += 1e-9 * (fabs(edges[bins]) + edges[bins] - edges[0]); /* bins are low <= x < high */
    free(v);
    return bins;
}
/* Contents of bins: sums of weights, and of their squares. */
static void fill_bins(const double *x, int64_t n, const double *weight, double factor, const double *edges, int bins,
    double *sum, double *square) {
    int64_t i;
    int k;
    for (k = 0; k < bins; k++) {
        sum[k] = 0.0;
        if (square) square[k] = 0.0;
    }
    for (i = 0; i < n; i++) {
        const double w = weight ? weight[i] : factor;
        for (k = 0; k < bins && !(x[i] >= edges[k] && x[i] < edges[k + 1]); k++) continue;
        if (k == bins) continue;
        sum[k] += w;
        if (square) square[k] += w * w;
    }
}
static int plot_closure(
    const reweighting *a, const closing *c, const double *from, const double *to, const double *edges, int bins) {
    const part *untagged = &a->in[LOW][0], *tagged = &a->in[LOW][1];
    const plot_style points = { PLOT_BLACK, PLOT_SOLID, 0.0, 0 }, flat = { PLOT_GREY, PLOT_DASHED, 0.0, 0 },
                     line = { PLOT_ORANGE, PLOT_DASHED, 0.0, 0 }, learnt = { PLOT_BLUE, PLOT_SOLID, 0.0, 0 },
                     band = { PLOT_BLUE, PLOT_SOLID, 0.0, 0 };
    double data[CLOSURE_BINS], old[CLOSURE_BINS], sum[CLOSURE_BINS], square[CLOSURE_BINS], each[CLOSURE_BINS][1000],
        one[CLOSURE_BINS], straight[CLOSURE_BINS], line_ratio[CLOSURE_BINS];
    double middle[CLOSURE_BINS], error[CLOSURE_BINS], ratio[CLOSURE_BINS], ratio_error[CLOSURE_BINS],
        flat_ratio[CLOSURE_BINS], drawn[CLOSURE_BINS + 1];
    double x[2 * CLOSURE_BINS], low[2 * CLOSURE_BINS], high[2 * CLOSURE_BINS], farthest = 0.1;
    const int which = variable_index(c->name), last = a->used;
    char file[128], note[96];
    char *slash;
    plot *p = plot_new(which >= 0 ? variable_titles[which] : c->name, "Rows / bin");
    int k, n;
    fill_bins(to, tagged->count, NULL, 1.0, edges, bins, data, NULL);
    fill_bins(from, untagged->count, NULL, a->flat, edges, bins, old, NULL);
    fill_bins(from, untagged->count, untagged->weight[LINE], 0.0, edges, bins, straight, NULL);
    fill_bins(from, untagged->count, untagged->weight[last], 0.0, edges, bins, sum, square);
    for (n = 0; n < a->networks; n++) {
        fill_bins(from, untagged->count, untagged->each[last] + n * untagged->count, 0.0, edges, bins, one, NULL);
        for (k = 0; k < bins; k++) each[k][n] = one[k];
    }
    memcpy(drawn, edges, sizeof drawn);
    if (bins > 2) { /* the outer bins extend to the last row: drawn no wider than twice their neighbours */
        drawn[0] = fmax(edges[0], edges[1] - 2.0 * (edges[2] - edges[1]));
        drawn[bins] = fmin(edges[bins], edges[bins - 1] + 2.0 * (edges[bins - 1] - edges[bins - 2]));
    }
    for (k = 0; k < bins; k++) {
        const double uncertainty = sqrt(square[k] + pow(spread_of(each[k], a->networks), 2.0)) / sum[k];
        middle[k] = 0.5 * (drawn[k] + drawn[k + 1]);
        error[k] = sqrt(data[k]);
        ratio[k] = data[k] / sum[k];
        ratio_error[k] = error[k] / sum[k];
        flat_ratio[k] = old[k] / sum[k];
        line_ratio[k] = straight[k] / sum[k];
        x[2 * k] = drawn[k];
        x[2 * k + 1] = drawn[k + 1];
        low[2 * k] = low[2 * k + 1] = 1.0 - uncertainty;
        high[2 * k] = high[2 * k + 1] = 1.0 + uncertainty;
        farthest = fmin(1.0, fmax(farthest, fmax(uncertainty, fabs(ratio[k] - 1.0) + ratio_error[k])));
    }
    plot_label(p, a->s->label ? a->s->label : "");
    snprintf(note, sizeof note, "Low sideband, p = %.2g (flat %.2g)", c->learnt[last].p, c->flat.p);
    plot_note(p, note);
    plot_histogram(p, drawn, old, bins, "Untagged, flat factor", flat);
    if (last == NET) plot_histogram(p, drawn, straight, bins, "Untagged, logistic regression", line);
    plot_histogram(p, drawn, sum, bins, last == NET ? "Untagged, networks" : "Untagged, logistic regression", learnt);
    plot_points(p, middle, data, error, bins, "Tagged", points);
    plot_range(p, drawn[0], drawn[bins], 0.0, 0.0);
    plot_lower(p, "Ratio", 0.3);
    plot_range(p, 0.0, 0.0, 1.0 - 1.1 * farthest, 1.0 + 1.1 * farthest); /* the flat factor may be out of range */
    plot_band(p, x, low, high, 2 * bins, NULL, band);
    plot_histogram(p, drawn, flat_ratio, bins, NULL, flat);
    if (last == NET) plot_histogram(p, drawn, line_ratio, bins, NULL, line);
    plot_points(p, middle, ratio, ratio_error, bins, NULL, points);
    plot_hline(p, 1.0, learnt);
    plot_upper(p);
    snprintf(file, sizeof file, "closure_%s.png", c->name);
    for (slash = file; *slash; slash++)
        if (*slash == '/') *slash = '_'; /* of ratios */
    return write_plot(p, a->s->plots, file);
}
/* Closure of one variable. The flat factor has two "networks" whose spread is its statistical error. */
static int test_closure(const reweighting *a, closing *c) {
    const part *untagged = &a->in[LOW][0], *tagged = &a->in[LOW][1];
    const int which = names_find(&a->columns, c->name);
    double *from = values_of(a, untagged, which), *to = values_of(a, tagged, which),
           *flat = (double *)malloc((size_t)(3 * untagged->count + 1) * sizeof *flat);
    double edges[CLOSURE_BINS + 1] = { 0.0 };
    passwd_closure_input constant, learnt[METHODS];
    passwd_error error;
    int64_t i;
    int status = from && to && flat ? OK : complain(FAILED, "there is not enough memory for the closure"), bins = 0, k;
    if (status == OK) bins = equal_bins(from, untagged->count, to, tagged->count, edges);
    if (status == OK && bins < 1)
        status = complain(FAILED, "\"%s\" is the same in all rows of the low sideband", c->name);
    for (i = 0; i < untagged->count && status == OK; i++) {
        flat[i] = a->flat;
        flat[i + untagged->count] = a->flat + a->flat_error * sqrt(0.5);
        flat[i + 2 * untagged->count] = a->flat - a->flat_error * sqrt(0.5);
    }
    memset(&constant, 0, sizeof constant);
    constant.from = untagged->count;
    constant.to = tagged->count;
    constant.x_from = from;
    constant.x_to = to;
    constant.bins = bins;
    constant.edges = edges;
    constant.least = LEAST;
    for (k = 0; k < a->methods; k++) {
        learnt[k] = constant;
        learnt[k].weight = untagged->weight[k];
        learnt[k].each = untagged->each[k];
        learnt[k].networks = a->networks;
    }
    constant.weight = flat;
    if (flat) constant.each = flat + untagged->count;
    constant.networks = 2;
    if (status == OK && passwd_closure_test(&constant, NULL, &c->flat, &error)) status = failed(&error);
    for (k = 0; k < a->methods && status == OK; k++)
        if (passwd_closure_test(learnt + k, NULL, c->learnt + k, &error)) status = failed(&error);
    if (status == OK && a->s->plots) status = plot_closure(a, c, from, to, edges, bins);
    free(from);
    free(to);
    free(flat);
    return status;
}
static void reweight_predict(reweighting *a, int method) {
    const part *p = &a->in[MIDDLE][0];
    prediction *to = a->by + method;
    double total[1000], square = 0.0;
    int64_t i;
    int n;
    for (i = 0; i < p->count; i++) {
        to->predicted += p->weight[method][i];
        square += p->weight[method][i] * p->weight[method][i];
    }
    for (n = 0; n < a->networks; n++)
        for (total[n] = 0.0, i = 0; i < p->count; i++) total[n] += p->each[method][n * p->count + i];
    to->statistical = sqrt(square);
    to->spread = spread_of(total, a->networks);
    a->flat_predicted = a->flat * (double)p->count;
}
static double pull_of(const reweighting *a, const prediction *p) {
    const double there = (double)a->in[MIDDLE][1].count;
    return (there - p->predicted)
        / sqrt(fmax(p->predicted, 0.0) + p->statistical * p->statistical + p->spread * p->spread);
}
static int reweight_out(const reweighting *a) {
    const part *p = &a->in[MIDDLE][0];
    const double *mass = a->column[names_find(&a->columns, a->s->mass)];
    double each[1000];
    const int last = a->used;
    output to;
    int64_t i;
    int n;
    if (!output_open(&to, a->s->out)) return FAILED;
    fputs("row,mass,weight,spread", to.file);
    for (n = 0; n < a->variables.count; n++)
        if (strcmp(a->variables.item[n], "mass") != 0) fprintf(to.file, ",%s", a->variables.item[n]);
    fputc('\n', to.file);
    for (i = 0; i < p->count; i++) {
        for (n = 0; n < a->networks; n++) each[n] = p->each[last][n * p->count + i];
        fprintf(to.file, "%lld", (long long)p->row[i] + 1);
        put_number(to.file, mass[p->row[i]]);
        put_number(to.file, p->weight[last][i]);
        put_number(to.file, spread_of(each, a->networks));
        for (n = 0; n < a->variables.count; n++)
            if (strcmp(a->variables.item[n], "mass") != 0)
                put_number(to.file, a->column[names_find(&a->columns, a->variables.item[n])][p->row[i]]);
        fputc('\n', to.file);
    }
    return output_close(&to, 1) ? OK : FAILED;
}
static void closure_row(grid *t, const char *name, const char *weights, const passwd_closure *c) {
    grid_row(t, "%s|%s|%.1f/%d|%.3g|%.3g|%.3f +- %.3f", name, weights, c->chi2, c->bins, c->p, c->p_statistical,
        c->ratio, c->ratio_error);
}
static void reweight_table(const reweighting *a) {
    static const char *const name[] = { "low sideband (LSB)", "signal region (CR)", "high sideband (HSB)" };
    grid *t = (grid *)calloc(1, sizeof *t);
    int k;
    if (!t) return;
    if (a->incomplete) printf("%lld rows with empty fields were skipped\n", (long long)a->incomplete);
    grid_row(t, "region|mass|untagged (0)|tagged (1)|tagged / untagged");
    for (k = 0; k < REGIONS; k++)
        grid_row(t, "%s|%g to %g|%lld|%lld|%.4f", name[k], a->range[k][0], a->range[k][1], (long long)a->in[k][0].count,
            (long long)a->in[k][1].count, (double)a->in[k][1].count / (double)a->in[k][0].count);
    grid_print(t);
    printf("\nClosure in the low sideband: chi-square over bins, its p, p by statistics alone, predicted / tagged\n");
    grid_row(t, "variable|weights|chi2/bins|p|statistical p|ratio");
    for (k = 0; k < a->variables.count; k++) {
        const closing *c = a->closure + k;
        int j;
        closure_row(t, c->name, "flat", &c->flat);
        for (j = 0; j < a->methods; j++) closure_row(t, "", method_names[j], &c->learnt[j]);
    }
    grid_print(t);
    printf("\nTagged rows in the signal region, %lld there; errors by statistics, and of what was learnt (%d "
           "bootstraps)\n",
        (long long)a->in[MIDDLE][1].count, a->networks);
    grid_row(t, "weights|predicted|statistical|learnt|there - predicted");
    grid_row(t, "flat|%.1f||%.1f|", a->flat_predicted, a->flat_error * (double)a->in[MIDDLE][0].count);
    for (k = 0; k < a->methods; k++)
        grid_row(t, "%s|%.1f|%.1f|%.1f|%+.1f sigma", method_names[k], a->by[k].predicted, a->by[k].statistical,
            a->by[k].spread, pull_of(a, a->by + k));
    grid_print(t);
    free(t);
    printf("Nearest rows: the ratio of tagged and untagged rows among the %d nearest in the high sideband, by ranks.\n",
        (int)a->near.near);
    if (a->methods == METHODS && a->used == LINE)
        printf("The logistic regression is used: the networks' uncertainty is %.1f times its own.\n",
            a->by[NET].spread / a->by[LINE].spread);
}
static void put_closure(passwd_json_writer *w, const char *key, const passwd_closure *c) {
    put_object(w, key);
    put_json(w, "chi2", c->chi2);
    put_json(w, "bins", c->bins);
    put_json(w, "p", c->p);
    put_json(w, "statistical_p", c->p_statistical);
    put_json(w, "ratio", c->ratio);
    put_json(w, "ratio_error", c->ratio_error);
    passwd_json_end_object(w);
}
static int reweight_json(const reweighting *a) {
    static const char *const name[] = { "low", "signal", "high" };
    passwd_json_writer w;
    int k, j;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_json(&w, "networks", a->networks);
    for (k = 0; k < REGIONS; k++) {
        put_object(&w, name[k]);
        put_json(&w, "from", a->range[k][0]);
        put_json(&w, "to", a->range[k][1]);
        put_json(&w, "untagged", (double)a->in[k][0].count);
        put_json(&w, "tagged", (double)a->in[k][1].count);
        passwd_json_end_object(&w);
    }
    put_array(&w, "closure");
    for (k = 0; k < a->variables.count; k++) {
        passwd_json_begin_object(&w);
        put_word(&w, "variable", a->closure[k].name);
        put_closure(&w, "flat", &a->closure[k].flat);
        for (j = 0; j < a->methods; j++) put_closure(&w, method_names[j], &a->closure[k].learnt[j]);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    put_object(&w, "prediction");
    put_word(&w, "used", method_names[a->used]);
    put_json(&w, "tagged", (double)a->in[MIDDLE][1].count);
    for (k = 0; k < a->methods; k++) {
        put_object(&w, method_names[k]);
        put_json(&w, "predicted", a->by[k].predicted);
        put_json(&w, "statistical", a->by[k].statistical);
        put_json(&w, "spread", a->by[k].spread);
        put_json(&w, "sigma", pull_of(a, a->by + k));
        passwd_json_end_object(&w);
    }
    put_json(&w, "flat", a->flat_predicted);
    passwd_json_end_object(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int command_reweight(const settings *s) {
    reweighting *a = (reweighting *)calloc(1, sizeof *a);
    const char *files[1];
    int k, status = a ? OK : complain(FAILED, "there is not enough memory");
    if (a) a->s = s;
    files[0] = s->out;
    if (status == OK) status = check_read(files, 1, &s->events);
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK) status = reweight_setup(a);
    if (a) a->methods = s->layers ? METHODS : NET;
    for (k = 0; status == OK && k < a->methods; k++) {
        status = k == NEAR ? reweight_near(a) : reweight_learn(a, k);
        if (status == OK) status = reweight_run(a, &a->in[LOW][0], k);
        if (status == OK) status = reweight_run(a, &a->in[MIDDLE][0], k);
    }
    for (k = 0; status == OK && k < a->methods; k++) reweight_predict(a, k);
    /* networks know no more than a straight line where they are much less sure; beyond what they have learnt they
     * rarely do */
    if (a && a->methods == METHODS && a->by[NET].spread <= 1.3 * a->by[LINE].spread) a->used = NET;
    for (k = 0; status == OK && k < a->variables.count; k++) {
        snprintf(a->closure[k].name, 64, "%s", a->variables.item[k]);
        status = test_closure(a, a->closure + k);
    }
    if (status == OK && s->out) status = reweight_out(a);
    if (status == OK) {
        if (s->json) status = reweight_json(a);
        else reweight_table(a);
    }
    for (k = 0; a && k < 2 * REGIONS; k++) part_free(&a->in[k / 2][k % 2]);
    for (k = 0; a && k < NAMES; k++) free(a->column[k]);
    if (a) {
        passwd_events_free(&a->table);
        for (k = 0; k < METHODS; k++) passwd_reweight_free(a->net[k]);
        near_free(&a->near);
        free(a->tag);
        free(a->closure);
    }
    free(a);
    return status;
}

#include "jets_density.h"
