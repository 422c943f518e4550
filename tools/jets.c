/* jets: anomalous jets from the command line. Substructure of jets, (normalized) autoencoders on it, recurrent
   autoencoders on constituents, comparisons of them with single variables, and backgrounds by reweighting.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tools/jets.c -o build/jets -lm && build/jets --help */
#define _POSIX_C_SOURCE 200809L
#define TOOL "jets"
#include "passwd.h"
#include "cli.h"
#include "density.h"
#include "multivariate.h"

/* ------------------------------------------------------------------------------------------------------------------
   Command line
   --------------------------------------------------------------------------------------------------------------- */

enum { FEATURES = 1, TRAIN = 2, SCORE = 4, COMPARE = 8, REWEIGHT = 16, EXPORT = 32, DENSITY = 64, ALL = 127 };
enum { AE = 1, NAE, VRNN }; /* as in --model */

struct settings {
    const char *out, *weights, *preset, *config, *log, *plots, *label, *names, *columns, *background, *train,
        *models; /* NULL: not given */
    const char *tag, *mass, *low, *middle, *high, *variables, *header, *array;
    texts events, outs, set, signal, networks_of;
    double cut;
    int model, epochs, threads, json, seeds, best_epoch, before_after, below, rank, networks, which;
    int64_t first, count, seed, train_count;
    passwd_simd simd;
};
#define AT(field) offsetof(settings, field)

static const known_option known_options[] = {
    { "events", "J.csv", FEATURES, 1, "constituents of jets; - reads standard input; may be given again", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "events", "J.csv", TRAIN, 1,
        "jets to train on: constituents, or for ae and nae a table of features; may be given again", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "events", "J.csv", SCORE, 1, "jets, of any number; - reads constituents from standard input; may be given again",
        OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "F.csv", REWEIGHT, 1, "a table of numbers with a header line; may be given again", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "background", "B.csv", COMPARE, 1, "jets of the background", OPTION_TEXT, AT(background), 0, 0, NULL },
    { "signal", "S.csv", COMPARE, 1, "jets of a signal; may be given again", OPTION_TEXTS, AT(signal), 0, 0, NULL },
    { "tag", "NAME", REWEIGHT, 1, "column that is cut on", OPTION_TEXT, AT(tag), 0, 0, NULL },
    { "cut", "X", REWEIGHT, 1, "rows with more than this are tagged", OPTION_REAL, AT(cut), -1e300, 1e300, NULL },
    { "mass", "NAME", REWEIGHT, 1, "column that the regions are made of", OPTION_TEXT, AT(mass), 0, 0, NULL },
    { "low", "A:B", REWEIGHT, 1, "low sideband, where the closure is tested", OPTION_TEXT, AT(low), 0, 0, NULL },
    { "signal", "C:D", REWEIGHT, 1, "signal region, where tagged rows are predicted", OPTION_TEXT, AT(middle), 0, 0,
        NULL },
    { "high", "E:F", REWEIGHT, 1, "high sideband, where the weights are learnt", OPTION_TEXT, AT(high), 0, 0, NULL },
    { "columns", "P,Q,...", REWEIGHT, 1,
        "columns that the weights depend on; A/B is a ratio of two, here and elsewhere", OPTION_TEXT, AT(columns), 0, 0,
        NULL },
    { "weights", "W.safetensors", SCORE, 1, "a trained network of any model", OPTION_TEXT, AT(weights), 0, 0, NULL },
    EXPORT_OPTIONS(EXPORT),
    { "weights", "W.safetensors", COMPARE, 0, "a trained network, instead of --model; may be given again", OPTION_TEXTS,
        AT(networks_of), 0, 0, NULL },
    { "model", "NAME", TRAIN, 1,
        "ae: autoencoder, nae: normalized autoencoder, vrnn: recurrent variational autoencoder", OPTION_CHOICE,
        AT(model), 0, 0, "ae,nae,vrnn" },
    { "model", "NAME,...", COMPARE, 0, "networks to train: of ae, nae and vrnn", OPTION_TEXT, AT(models), 0, 0, NULL },
    { "out", "F.csv", FEATURES, 0, "the variables, a row per jet; - writes standard output; once for each --events",
        OPTION_TEXTS, AT(outs), 0, 0, NULL },
    { "out", "W.safetensors", TRAIN, 1, "the trained network", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "S.csv", SCORE, 1, "the scores; - writes standard output", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "W.csv", REWEIGHT, 0, "weights of the untagged rows of the signal region", OPTION_TEXT, AT(out), 0, 0,
        NULL },
    { "train", "T.csv", COMPARE, 0,
        "jets to train on (default: the first ones of --background, which are then not scored)", OPTION_TEXT, AT(train),
        0, 0, NULL },
    { "train-count", "N", COMPARE, 0, "of these so many (default 10000)", OPTION_INT64, AT(train_count), 4, 0x1p62,
        NULL },
    { "sample", "NAME", DENSITY, 0, "ring or gauss8 (default: both)", OPTION_CHOICE, AT(which), 0, 0, "ring,gauss8" },
    { "seeds", "N", COMPARE | DENSITY, 0, "trainings of each model, with the seeds 1 to N (default 1)", OPTION_INT,
        AT(seeds), 1, 64, NULL },
    { "best-epoch", NULL, COMPARE, 0, "how much better the epoch would be that is best for the signals (ae, nae)",
        OPTION_FLAG, AT(best_epoch), 0, 0, NULL },
    { "before-after", NULL, COMPARE, 0, "vrnn: train networks without alignment, too", OPTION_FLAG, AT(before_after), 0,
        0, NULL },
    { "names", "A,B,...", FEATURES, 0, "names of the samples in plots (default: of the files)", OPTION_TEXT, AT(names),
        0, 0, NULL },
    { "names", "A,B,...", COMPARE, 0, "names of background and signals (default: of the files)", OPTION_TEXT, AT(names),
        0, 0, NULL },
    { "columns", "A,B,...", TRAIN | SCORE | COMPARE, 0,
        "features for ae and nae (default: major,minor,efp,c2,ptd,soft_drop_mass,tau2,tau3)", OPTION_TEXT, AT(columns),
        0, 0, NULL },
    { "tag-below", NULL, REWEIGHT, 0, "rows below the cut are tagged instead", OPTION_FLAG, AT(below), 0, 0, NULL },
    { "rank-in-mass", NULL, REWEIGHT, 0, "cut on the tag's rank (0 to 1) among the 200 rows of nearest mass",
        OPTION_FLAG, AT(rank), 0, 0, NULL },
    { "variables", "X,Y,...", REWEIGHT, 0, "of the closure test (default: --columns)", OPTION_TEXT, AT(variables), 0, 0,
        NULL },
    { "networks", "N", REWEIGHT, 0,
        "trainings, whose spread is the uncertainty (default 10; fewer make p-values too small)", OPTION_INT,
        AT(networks), 2, 200, NULL },
    { "preset", "NAME", TRAIN | DENSITY, 0,
        "settings to start from: plain (default of ae), default, cms or original; of vrnn default or talk", OPTION_TEXT,
        AT(preset), 0, 0, "plain,default,cms,original,talk" },
    { "config", "C.json", TRAIN | DENSITY, 0, "settings that differ from these, as a JSON object", OPTION_TEXT,
        AT(config), 0, 0, NULL },
    { "set", "KEY=VALUE", TRAIN | DENSITY, 0, "one such setting; may be given again", OPTION_TEXTS, AT(set), 0, 0,
        NULL },
    { "set", "MODEL.KEY=VALUE", COMPARE, 0,
        "one setting of a model, such as nae.alpha=0.05, or, first, nae.preset=cms; may be given again", OPTION_TEXTS,
        AT(set), 0, 0, NULL },
    { "first", "N", TRAIN, 0, "jets of the file that are passed over (default 0)", OPTION_INT64, AT(first), 0, 0x1p62,
        NULL },
    { "count", "N", TRAIN, 0, "jets that are taken (default: all that follow)", OPTION_INT64, AT(count), 1, 0x1p62,
        NULL },
    { "count", "N", COMPARE, 0, "jets of the background and of each signal that are scored, at most (default: all)",
        OPTION_INT64, AT(count), 1, 0x1p62, NULL },
    { "epochs", "N", TRAIN | COMPARE | REWEIGHT | DENSITY, 0, "passes over the jets, instead of the configuration's",
        OPTION_INT, AT(epochs), 1, 1000000, NULL },
    { "log", "L.csv", TRAIN, 0, "write a row per epoch", OPTION_TEXT, AT(log), 0, 0, NULL },
    { "plots", "DIR", FEATURES, 0, "write NAME.png for each variable", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", TRAIN, 0, "write energies.png and distance.png, or loss.png", OPTION_TEXT, AT(plots), 0, 0,
        NULL },
    { "plots", "DIR", COMPARE, 0,
        "write areas.png and, per model, roc_, score_, score_mass_, energies_ and distance_MODEL.png", OPTION_TEXT,
        AT(plots), 0, 0, NULL },
    { "plots", "DIR", DENSITY, 0, "write density.png: truth, network and plain autoencoder", OPTION_TEXT, AT(plots), 0,
        0, NULL },
    { "plots", "DIR", REWEIGHT, 0, "write closure_NAME.png for each variable", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "label", "TEXT", ALL & ~SCORE, 0, "bold words in the plots, such as Simulation", OPTION_TEXT, AT(label), 0, 0,
        NULL },
    { "json", NULL, COMPARE | REWEIGHT | DENSITY, 0, "the result as JSON on standard output, instead of the tables",
        OPTION_FLAG, AT(json), 0, 0, NULL },
    { "seed", "S", TRAIN | REWEIGHT, 0, "of all random numbers (default 1)", OPTION_INT64, AT(seed), 0, 0x1p63, NULL },
    { "threads", "N", ALL, 0, "threads (default: all; the answers do not depend on it)", OPTION_INT, AT(threads), 1,
        1024, NULL },
    { "simd", "LEVEL", ALL & ~FEATURES, 0, "auto, scalar, sse2, avx2, avx512 or neon (default auto)", OPTION_SIMD,
        AT(simd), 0, 0, NULL },
    { "help", NULL, ALL, 0, "this text", OPTION_HELP, 0, 0, 0, NULL }
};

static int command_features(const settings *s);
static int command_train(const settings *s);
static int command_score(const settings *s);
static int command_export(const settings *s);
static int command_compare(const settings *s);
static int command_reweight(const settings *s);
static int command_density(const settings *s);

static const command commands[] = {
    { "features", FEATURES, command_features, "turns constituents into substructure variables",
        "Constituents are rows of jet,pt,eta,phi (and perhaps m or e) with a header line; GeV and radians. The table "
        "has a row per jet:\n"
        "jet, the variables, and the number of constituents. A jet without constituents has empty fields.\n\n"
        "  jets features --events qcd.csv --out qcd_features.csv\n"
        "  jets features --events qcd.csv --events top.csv --names 'QCD,top quarks' --plots plots\n" },
    { "train", TRAIN, command_train, "trains a network on jets of the background",
        "ae and nae take constituents, whose variables are then made, or a table with the columns of --columns, such "
        "as jets features\n"
        "writes; vrnn takes constituents, the first 256 of a jet at most. Ctrl-C (or SIGTERM) stops and keeps the best "
        "weights so far. The\n"
        "weights know their columns; compare wants the same --columns.\n\n"
        "  jets train --model nae --events top.csv --count 10000 --out nae.safetensors --plots plots --log nae.csv\n"
        "  jets train --model vrnn --events qcd.csv --count 15000 --out vrnn.safetensors --set epochs=10\n"
        "  jets train --model ae --events table.csv --columns d2,mass,tau2,tau3 --set 'widths=[10,2]' --out "
        "ae.safetensors\n" },
    { "score", SCORE, command_score, "gives every jet its anomaly score",
        "Of ae and nae: jet,energy,log_energy (natural logarithm). Of vrnn: "
        "jet,score,divergence,reconstruction,constituents, the last being\n"
        "how many were read. Large is anomalous. Jets that cannot be scored have empty fields.\n\n"
        "  jets score --weights nae.safetensors --events data.csv --out scores.csv\n"
        "  zcat data.csv.gz | jets score --weights vrnn.safetensors --events - --out - | head\n" },
    { "compare", COMPARE, command_compare, "tells how well networks and single variables find signals",
        "The table has the area under the ROC curve for every signal: mean +- spread over seeds. Of single variables "
        "the better side is\n"
        "taken, \"low\" or \"high\"; radius is the sum of squares of the features as the network has them, the "
        "simplest score. The gain is the\n"
        "mean over signals less that of the first model. Then come Pearson's correlation of score (ae, nae: its "
        "logarithm) and mass, and\n"
        "Spearman's of score and distance from the middle of the features, as the network has them, in the "
        "background; above 0.9 is warned.\n"
        "The second table has simple scores of all columns together, learnt from the same jets: a network with a * "
        "does not beat the best\n"
        "of them in the mean. Curves and distributions are those of the first seed.\n\n"
        "  jets compare --background top.csv --signal dark.csv --signal wz.csv --model ae,nae --seeds 3 --best-epoch "
        "--plots plots\n"
        "  jets compare --background qcd.csv --signal top.csv --names QCD,top --model vrnn --train-count 15000 "
        "--before-after\n"
        "  jets compare --background test.csv --signal dark.csv --weights nae.safetensors --weights vrnn.safetensors "
        "--json\n" },
    { "reweight", REWEIGHT, command_reweight, "predicts tagged rows from untagged ones by learnt weights",
        "In the high sideband networks learn weights that turn untagged rows into tagged ones. The low sideband tests "
        "them: the table has\n"
        "chi-square over bins (10 of equal population) and its p for each variable, with the weights and with one flat "
        "factor. In the\n"
        "signal region the weights predict the tagged rows. A tag that runs with the mass will not close; "
        "--rank-in-mass takes that out.\n\n"
        "  jets reweight --events features.csv --tag tau3/tau2 --cut 0.3 --tag-below --rank-in-mass --mass mass --low "
        "40:65 --signal 65:105 \\\n"
        "      --high 105:200 --columns pt,eta,ptd,constituents,soft_drop_mass/mass --variables pt,tau3,mass --plots "
        "plots --out weights.csv\n" },
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
    memset(&s, 0, sizeof s);
    s.seed = 1;
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
/* A comma and a number, or nothing after it for what is not there. */
static void put_finite(FILE *to, double value) {
    if (isfinite(value)) put_number(to, value);
    else fputc(',', to);
}
/* Columns of text whose widths follow what stands in them. */
enum { CELLS = 24, ROWS = 64 };
typedef struct grid {
    char cell[ROWS][CELLS][48];
    int rows, columns;
} grid;

/* One row: the words of a line, parted by | */
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
/* The first column stands to the left, numbers to the right. */
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
/* Names with commas between them; the same one is there once. */
enum { NAMES = 64 };
typedef struct names {
    int count;
    char item[NAMES][64];
} names;

/* Its place, or -1 after a complaint. */
static int names_add(names *n, const char *name) {
    int k;
    for (k = 0; k < n->count; k++)
        if (!strcmp(n->item[k], name)) return k;
    if (n->count == NAMES || !*name || strlen(name) > 63)
        return complain(-1, "\"%s\": there may be %d names of up to 63 letters, and none empty", name, NAMES);
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
/* Sample standard deviation; 0 of one. */
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

enum {
    VARIABLES = PASSWD_SUBSTRUCTURE_NUMBERS + 1,
    READ = 8
}; /* with the number of constituents; the network's by default */

static const char *variable_name(int k) {
    return k < PASSWD_SUBSTRUCTURE_NUMBERS ? passwd_substructure_name(k) : "constituents";
}
static const char *const variable_titles[VARIABLES] = { "Major axis", "Minor axis", "EFP_{1}", "C_{2}^{#beta=0.5}",
    "p_{T}^{D}", "Soft-drop mass [GeV]", "#tau_{2}", "#tau_{3}", "D_{2}", "p_{T} [GeV]", "#eta", "#phi", "Mass [GeV]",
    "Constituents" };
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
    double *all;  /* count x VARIABLES; NaN: not known, or a jet without constituents */
    double *rows; /* count x features, what ae and nae read */
    int features;
} sample;

static void sample_free(sample *a) {
    passwd_events_free(&a->events);
    free(a->id);
    free(a->all);
    free(a->rows);
    memset(a, 0, sizeof *a);
}
/* Jets [first, first + count) of a sample, which keeps what they are made of. */
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
    int k;
    columns->count = 0;
    if (s->columns) return names_read(columns, s->columns);
    for (k = 0; k < READ; k++) names_add(columns, variable_name(k));
    return OK;
}
/* The names of a file's header line. */
static int read_header(const char *path, names *header) {
    FILE *file = fopen(path, "rb");
    char line[8192], *at, *end;
    header->count = 0;
    if (!file) return complain(FAILED, "%s: %s", path, strerror(errno));
    do at = fgets(line, sizeof line, file);
    while (at && (*at == '#' || strspn(at, " \r\n\t") == strlen(at)));
    fclose(file);
    if (at && !strncmp(at, "\xef\xbb\xbf", 3)) at += 3;
    for (; at && header->count < NAMES; at = end) {
        char word[64];
        end = strchr(at, ',');
        if (end) *end++ = 0;
        at += strspn(at, " \"\t");
        snprintf(word, sizeof word, "%.*s", (int)(strcspn(at, "\" \t\r\n") < 63 ? strcspn(at, "\" \t\r\n") : 63), at);
        if (*word) names_add(header, word);
    }
    return OK;
}
/* Whether a file is a table, not constituents: it has substructure, or all columns and more of them than constituents
   have. */
static int is_table(const char *path, const names *columns, int *table) {
    static const char own[] = "jet,pt,eta,phi,m,e,weight";
    names *header = (names *)calloc(1, sizeof *header);
    int k, there = 0, more = 0, substructure = 0, status = header ? OK : complain(FAILED, "no memory for a header");
    *table = 0;
    if (status == OK && strcmp(path, "-")) {
        status = read_header(path, header);
        for (k = 0; k < columns->count; k++) {
            there += names_find(header, columns->item[k]) >= 0;
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
/* What is asked of a file: of a table any of the columns and variables. */
typedef struct asking {
    passwd_event_options options;
    const names *columns;
    char text[NAMES + VARIABLES + 1][68];
    const char *numbers[NAMES + VARIABLES + 1];
} asking;

static void ask(asking *a, int table, const names *columns) {
    int k;
    memset(a, 0, sizeof *a);
    a->columns = columns;
    a->options.jets = !table;
    a->options.table = table;
    a->options.numbers = a->numbers;
    if (!table) snprintf(a->text[a->options.n_numbers++], 68, "tau2?"); /* to tell a table of features */
    for (k = 0; k < columns->count && table; k++)
        snprintf(a->text[a->options.n_numbers++], 68, "%s?", columns->item[k]);
    for (k = 0; k < VARIABLES && table; k++)
        if (names_find(columns, variable_name(k)) < 0)
            snprintf(a->text[a->options.n_numbers++], 68, "%s?", variable_name(k));
    if (table && names_find(columns, "jet") < 0) snprintf(a->text[a->options.n_numbers++], 68, "jet?");
    for (k = 0; k < a->options.n_numbers; k++) a->numbers[k] = a->text[k];
}
/* The column of that name in what was read, or NULL. */
static const double *answer_of(const asking *a, const passwd_events *v, const char *name) {
    const size_t length = strlen(name);
    int k;
    for (k = 0; k < a->options.n_numbers; k++)
        if (!strncmp(a->text[k], name, length) && !strcmp(a->text[k] + length, "?")) return v->number[k];
    return NULL;
}
static void variables_of(const passwd_events *jets, int64_t k, double *out) {
    passwd_p4 constituents[PASSWD_MAX_CONSTITUENTS];
    passwd_substructure x;
    int i, n = passwd_jet_constituents(jets, k, constituents, PASSWD_MAX_CONSTITUENTS);
    if (n == 0 || passwd_substructure_of(constituents, n, &x, NULL) != PASSWD_OK) n = 0;
    for (i = 0; i < VARIABLES; i++) out[i] = (double)NAN;
    if (n > 0) memcpy(out, &x, PASSWD_SUBSTRUCTURE_NUMBERS * sizeof *out);
    out[VARIABLES - 1] = n;
}
static void fill_from_table(sample *a, const asking *asked) {
    const double *id = answer_of(asked, &a->events, "jet");
    int64_t i;
    int k;
    for (i = 0; i < a->count; i++) a->id[i] = id && isfinite(id[i]) ? (int64_t)id[i] : i;
    for (k = 0; k < VARIABLES + a->features; k++) {
        const double *x =
            answer_of(asked, &a->events, k < VARIABLES ? variable_name(k) : asked->columns->item[k - VARIABLES]);
        double *to = k < VARIABLES ? a->all + k : a->rows + (k - VARIABLES);
        const int step = k < VARIABLES ? VARIABLES : a->features;
        for (i = 0; i < a->count; i++) to[i * step] = x ? x[i] : (double)NAN;
    }
}
static void fill_from_constituents(sample *a, const names *columns, int threads) {
    int64_t i, cut = 0;
    int k;
    for (i = 0; i < a->count; i++) cut += a->events.first[i + 1] - a->events.first[i] > PASSWD_MAX_CONSTITUENTS;
    if (cut)
        complain(OK, "warning: %lld jets have more than %d constituents; the hardest are taken", (long long)cut,
            PASSWD_MAX_CONSTITUENTS);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64) num_threads(threads)
#endif
    for (i = 0; i < a->count; i++) variables_of(&a->events, i, a->all + i * VARIABLES);
    (void)threads;
    for (i = 0; i < a->count; i++) a->id[i] = a->events.id[i];
    for (k = 0; k < a->features; k++) {
        const int from = variable_index(columns->item[k]);
        for (i = 0; i < a->count; i++) a->rows[i * a->features + k] = a->all[i * VARIABLES + from];
    }
}
/* Whether the columns can be had. */
static int check_columns(const char *path, int table, const asking *asked, const passwd_events *v) {
    int k;
    if (!table && v->n_numbers > 0 && v->number[0])
        return complain(FAILED,
            "%s: these are features of jets, not constituents, which are needed here (and on standard input)", path);
    for (k = 0; k < asked->columns->count; k++) {
        const char *name = asked->columns->item[k];
        if (table ? !answer_of(asked, v, name) : variable_index(name) < 0)
            return complain(FAILED,
                table ? "%s: there is no column \"%s\"" : "%s: \"%s\" is no variable that constituents give", path,
                name);
    }
    return OK;
}
/* Gives loaded events their variables. */
static int sample_fill(sample *a, const asking *asked, const char *path, int threads) {
    const size_t n = (size_t)a->events.count + 1;
    a->table = asked->options.table;
    a->count = a->events.count;
    a->features = asked->columns->count;
    a->id = (int64_t *)malloc(n * sizeof *a->id);
    a->all = (double *)malloc(n * VARIABLES * sizeof *a->all);
    a->rows = (double *)malloc(n * (size_t)(a->features + 1) * sizeof *a->rows);
    if (!a->id || !a->all || !a->rows)
        return complain(FAILED, "%s: no memory for %lld jets", path, (long long)a->count);
    if (check_columns(path, a->table, asked, &a->events)) return FAILED;
    if (a->table) fill_from_table(a, asked);
    else fill_from_constituents(a, asked->columns, threads);
    return OK;
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
    if (status == OK) status = sample_fill(a, asked, name_of_files(files), threads);
    free(asked);
    if (status != OK) sample_free(a);
    return status;
}
/* The rows without NaN: how many; NULL after a complaint. place: of each in the sample. */
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
        complain(FAILED, "no memory for %lld jets", (long long)a->count);
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
/* The widest central ranges of several columns, each without `tail` of it on either side. */
static int range_of(const column *c, int n, double tail, double range[2]) {
    int i;
    range[0] = (double)INFINITY;
    range[1] = -(double)INFINITY;
    for (i = 0; i < n; i++) {
        weighted *v = (weighted *)malloc(((size_t)c[i].count + 1) * sizeof *v);
        const int64_t m = v ? finite_of(c + i, v) : 0;
        if (!v) return complain(FAILED, "no memory for a range");
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
/* The part of the numbers in every bin. */
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
/* One variable of several samples: filled for the first. */
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
    double *all;
    int64_t count, few, none;
} featuring;

static int features_block(void *user, const passwd_events *events) {
    featuring *f = (featuring *)user;
    sample a;
    int64_t i;
    int k, good;
    double *more = (double *)realloc(f->all, (size_t)(f->count + events->count + 1) * VARIABLES * sizeof *more);
    if (!more) {
        complain(FAILED, "%s: no memory for %lld jets", f->path, (long long)f->count);
        return 0;
    }
    f->all = more;
    memset(&a, 0, sizeof a);
    a.events = *events; /* borrowed */
    good = sample_fill(&a, f->asked, reading, f->s->threads) == OK;
    for (i = 0; good && i < a.count; i++) {
        const double *x = a.all + i * VARIABLES;
        f->none += !(x[VARIABLES - 1] > 0.0);
        f->few += x[VARIABLES - 1] < 3.0;
        memcpy(f->all + (f->count + i) * VARIABLES, x, VARIABLES * sizeof *x);
        if (!f->to) continue;
        fprintf(f->to, "%lld", (long long)a.id[i]);
        for (k = 0; k < VARIABLES; k++) put_finite(f->to, x[k]);
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
    for (k = 0; out && k < VARIABLES; k++) fprintf(f->to, ",%s", variable_name(k));
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
    return status;
}
static int features_plots(const featuring *f, char (*name)[96], const settings *s) {
    const char *labels[MANY];
    column c[MANY];
    int i, k, status = OK;
    for (k = 0; k < VARIABLES && status == OK; k++) {
        char file[64];
        for (i = 0; i < s->events.count; i++) {
            c[i].x = f[i].all + k;
            c[i].count = f[i].count;
            c[i].step = VARIABLES;
            labels[i] = name[i];
        }
        snprintf(file, sizeof file, "%s.png", variable_name(k));
        status = plot_distributions(
            c, labels, s->events.count, k == VARIABLES - 1, variable_titles[k], s->label, s->plots, file);
    }
    return status;
}
static int command_features(const settings *s) {
    featuring *f = (featuring *)calloc(MANY, sizeof *f);
    asking *asked = (asking *)malloc(sizeof *asked);
    const char *files[2 * MANY];
    names none;
    char name[MANY][96];
    int k, status = f && asked ? OK : complain(FAILED, "no memory");
    if (status == OK && !s->outs.count && !s->plots)
        status = complain(USAGE, "--out F.csv is missing; see jets features --help");
    if (status == OK && s->outs.count && s->outs.count != s->events.count)
        status = complain(USAGE, "--out must be given once for each --events");
    for (k = 0; k < s->outs.count; k++) files[k] = s->outs.item[k];
    for (k = 0; k < s->events.count; k++) files[s->outs.count + k] = s->events.item[k];
    if (status == OK) status = check_outputs(files, s->outs.count, s->outs.count + s->events.count);
    if (status == OK && s->plots) status = make_folder(s->plots);
    none.count = 0;
    if (status == OK) ask(asked, 0, &none);
    catch_interrupts();
    for (k = 0; k < s->events.count && status == OK; k++) {
        sample_name(name[k], s->names, k, s->events.item[k]);
        f[k].s = s;
        f[k].asked = asked;
        f[k].path = one_file(s->events.item[k]);
        status = features_of(f + k, s->outs.count ? s->outs.item[k] : NULL, name[k]);
    }
    if (status == OK && s->plots) status = features_plots(f, name, s);
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
        return complain(USAGE, "--set %.100s: it must be KEY=VALUE", text);
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
                        : passwd_nae_preset(s->preset ? s->preset
                                : kind == AE          ? "plain"
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
            if (model != kind) continue; /* another contestant's */
            text = dot + 1;
        }
        status = recipe_set(r, text);
    }
    if (s->epochs) r->nae.epochs = r->vrnn.epochs = s->epochs;
    if (s->epochs) r->nae.steps = 0;
    if (kind == AE) r->nae.normalized = 0;
    if (status == OK && kind == NAE && !r->nae.normalized)
        return complain(USAGE, "--model nae needs normalized=1; ae is the plain one");
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
/* Which network a weights file of this tool holds, by its configuration: VRNN, NAE, or 0 for none. */
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
    if (passwd_tensor_file_load(&file, path, NULL, &error)) return failed(&error);
    model = network_of_file(&file);
    passwd_tensor_file_free(&file);
    if (!model) return complain(FAILED, "%s: these are no weights of jets train", path);
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
        return complain(FAILED, "the network has %d features, --columns %d: they must be those of its training",
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
    return o;
}
/* Energies of nae and ae; NaN where there is none. */
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
/* Spearman's correlation of a network's score with that; NaN where there is no memory. */
static double radius_correlation(const passwd_nae *nae, const sample *a, const double *score) {
    double *radius = (double *)malloc(((size_t)a->count + 1) * sizeof *radius), r = (double)NAN;
    int64_t i;
    for (i = 0; radius && i < a->count; i++) radius[i] = network_radius(nae, a->rows + i * a->features);
    if (radius) r = rank_correlation(score, radius, a->count);
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
/* The score of every jet, of whatever network; large is anomalous. */
static int scores_of(const network *n, const sample *a, const settings *s, double *score) {
    const passwd_workspace_options o = workspace_of(s);
    passwd_vrnn_result *r;
    passwd_error error;
    int64_t i;
    int status = OK;
    if (n->kind != VRNN) return energies_of(n->nae, a, s, score);
    r = (passwd_vrnn_result *)malloc(((size_t)a->count + 1) * sizeof *r);
    if (!r) return complain(FAILED, "no memory for %lld scores", (long long)a->count);
    if (passwd_vrnn_run(n->vrnn, &o, &a->events, 0, a->count, r, &error)) status = failed(&error);
    for (i = 0; status == OK && i < a->count; i++) score[i] = (double)r[i].score;
    free(r);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Training: what every epoch left
   --------------------------------------------------------------------------------------------------------------- */

enum { LOSS, POSITIVE, NEGATIVE, VALIDATION, SAMPLES, DISTANCE, ACCEPTANCE, SATURATION, OUTSIDE, CURVES };
enum { RECONSTRUCTION = POSITIVE, DIVERGENCE = NEGATIVE }; /* of vrnn */
static const char *const curve_names[2][CURVES] = { { "loss", "positive", "negative", "validation", "samples",
                                                        "distance", "acceptance", "saturation", "outside" },
    { "loss", "reconstruction", "divergence", "validation" } };
typedef struct epoch {
    int number, kept;
    double value[CURVES], signal[MANY + 1], area;
} epoch; /* signal, area: of compare */
typedef struct trainer trainer;
struct trainer {
    network *net;
    const settings *s;
    const char *label;
    meter meter;
    FILE *log;
    epoch *item;
    int count, room, chosen; /* epochs; place of the chosen one */
    double sum[3], steps;
    int (*after)(trainer *t, epoch *e); /* of compare; 0: stop */
    void *user;
};

static void trainer_free(trainer *t) {
    free(t->item);
    t->item = NULL;
}
static void trainer_log(const trainer *t, const epoch *e) {
    int k;
    if (!t->log) return;
    fprintf(t->log, "%d", e->number);
    for (k = 0; k < CURVES && curve_names[t->net->kind == VRNN][k]; k++) put_finite(t->log, e->value[k]);
    fprintf(t->log, ",%d\n", e->kept);
    fflush(t->log);
}
/* Keeps an epoch; not 0: stop. */
static int trainer_add(trainer *t, epoch *e) {
    if (t->count == t->room) {
        epoch *more = (epoch *)realloc(t->item, (size_t)(2 * t->room + 64) * sizeof *more);
        if (!more) {
            complain(FAILED, "no memory for epochs");
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
    passwd_status status;
    int k;
    if (!rows) {
        snprintf(error->message, sizeof error->message, "There is no memory to train.");
        return PASSWD_ERROR_MEMORY;
    }
    if (n < on->count)
        complain(OK, "%sjets without constituents or with empty fields: %lld; they are passed over", t->label,
            (long long)(on->count - n));
    for (k = 0; k < columns->count; k++) name[k] = columns->item[k];
    status = passwd_nae_train(t->net->nae, rows, n, name, o, on_epoch, t, r, error);
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
    o.progress = on_train_step;
    o.user = t;
    t->meter = meter_new();
    if (t->net->kind != VRNN) status = train_nae(t, on, columns, &o, r, error);
    else status = passwd_vrnn_train(t->net->vrnn, &on->events, &o, r, &skipped, error);
    meter_clear();
    if (skipped > 0)
        complain(OK, "%sjets that cannot be read: %lld (fewer than two constituents, or no mass); they are passed over",
            t->label, (long long)skipped);
    return status;
}
static void tell_trainer(const trainer *t, const passwd_train_report *r) {
    const epoch *e = t->count ? t->item + t->chosen : NULL;
    fprintf(stderr, TOOL ": %s%lld jets, %d epochs in %.1f s", t->label, (long long)r->events, r->epochs,
        now() - t->meter.start);
    if (e && t->net->kind == NAE)
        fprintf(stderr, "; kept epoch %d: E+ %.4f, E- of chains %.4f, distance %.4f", e->number, e->value[VALIDATION],
            e->value[SAMPLES], e->value[DISTANCE]);
    else if (e) fprintf(stderr, "; kept epoch %d: validation loss %.5g", e->number, e->value[VALIDATION]);
    fputs(r->stopped == 1 ? "; stopped early\n" : "\n", stderr);
    if (r->warning[0] && r->stopped != 3) fprintf(stderr, TOOL ": %swarning: %s\n", t->label, r->warning);
}
static void draw_curve(plot *p, const trainer *t, int from, int which, const char *name, plot_style style) {
    double *x = (double *)malloc(((size_t)t->count + 1) * 2 * sizeof *x), *y = x + t->count;
    int k;
    for (k = 0; x && k < t->count; k++) {
        x[k] = t->item[k].number;
        y[k] = from ? t->item[k].signal[which] : t->item[k].value[which];
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
/* Pictures of a training; `names` of n samples whose mean energies were watched, the background first. model: for the
   files' names. */
static int plot_training(const trainer *t, const char *const *name, int n, const char *model) {
    const int kind = t->net->kind;
    char file[128];
    plot *p = epoch_plot(t, kind == VRNN ? "Loss" : "Mean energy");
    int k, status;
    if (kind == VRNN) draw_curve(p, t, 0, LOSS, "Total", style_of(0, PLOT_SOLID));
    draw_curve(p, t, 0, POSITIVE, kind == VRNN ? "Reconstruction" : "E_{+}, training", style_of(1, PLOT_SOLID));
    if (kind != AE)
        draw_curve(p, t, 0, NEGATIVE, kind == VRNN ? "Divergence, before its weight" : "E_{#minus}, chains",
            style_of(2, PLOT_SOLID));
    draw_curve(p, t, 0, VALIDATION, kind == VRNN ? "Total, validation" : "E_{+}, validation", style_of(0, PLOT_DASHED));
    for (k = 1; k < n; k++) draw_curve(p, t, 1, k, name[k], style_of(k + 2, PLOT_DASHDOT));
    if (n > 1 || kind == VRNN) plot_log(p, 0, 1);
    file_name(file, kind == VRNN ? "loss" : "energies", model);
    status = write_plot(p, t->s->plots, file);
    if (status != OK || kind != NAE) return status;
    p = epoch_plot(t, "Energy Mover's Distance");
    draw_curve(p, t, 0, DISTANCE, "Validation and chains", style_of(1, PLOT_SOLID));
    file_name(file, "distance", model);
    return write_plot(p, t->s->plots, file);
}

/* ------------------------------------------------------------------------------------------------------------------
   jets train
   --------------------------------------------------------------------------------------------------------------- */

static int open_epoch_log(trainer *t, const char *path) {
    int k;
    if (!path) return OK;
    t->log = fopen(path, "wb");
    if (!t->log) return complain(FAILED, "%s cannot be written: %s", path, strerror(errno));
    fputs("epoch", t->log);
    for (k = 0; k < CURVES && curve_names[t->net->kind == VRNN][k]; k++)
        fprintf(t->log, ",%s", curve_names[t->net->kind == VRNN][k]);
    fputs(",kept\n", t->log);
    return OK;
}
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
    int result, lost;
    memset(&t, 0, sizeof t);
    t.net = net;
    t.s = s;
    t.label = "";
    if (open_epoch_log(&t, s->log)) return FAILED;
    status = train_network(&t, on, columns, (uint64_t)s->seed, &r, &error);
    lost = t.log && (ferror(t.log) | fclose(t.log));
    if (lost) complain(FAILED, "%s could not be written to its end", s->log);
    result = status == PASSWD_OK || status == PASSWD_STOPPED ? OK : failed(&error);
    if (result == OK || r.best_epoch > 0) { /* what ended badly leaves the best until then */
        tell_trainer(&t, &r);
        tell_radius(net, on, s);
        if (save_weights(net, s->out, network_save)) result = FAILED;
        else if (status != PASSWD_OK) complain(OK, "stopped; the best weights so far are in %s", s->out);
    }
    if (t.count > 0 && s->plots && plot_training(&t, NULL, 0, "")) result = FAILED;
    trainer_free(&t);
    return lost ? FAILED : result;
}
static int command_train(const settings *s) {
    network net;
    recipe r;
    sample on;
    names columns;
    const char *files[3];
    int status;
    files[0] = s->out;
    files[1] = s->log;
    files[2] = s->config;
    memset(&net, 0, sizeof net);
    memset(&on, 0, sizeof on);
    status = check_outputs(files, 2, 3);
    if (status == OK) status = check_read(files, 2, &s->events);
    if (status == OK && !check_writable(s->out)) status = FAILED;
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
    if (passwd_tensor_file_parse(&file, bytes, count, s->weights, NULL, error)) return NULL;
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
    int status = e ? scores_of(c->net, a, c->s, e) : complain(FAILED, "no memory for scores");
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
    int good = r ? 1 : !complain(FAILED, "no memory for scores");
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
        good = sample_fill(&a, c->asked, reading, c->s->threads) == OK && write_energies(c, &a);
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
    int table = 0, status = asked ? OK : complain(FAILED, "no memory");
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
    SINGLES = 3,
    WATCHED = 1000
}; /* WATCHED: jets of each sample whose energies are looked at in every epoch */
static const char *const single_names[SINGLES] = { "d2", "mass", "radius" };

static int seeds_of(const settings *s) { return s->seeds ? s->seeds : 1; }
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
    rival rival[MULTIVARIATES];
    int best_rival; /* -1: there are none */
    double *scratch;
    size_t room; /* jets of all samples */
} comparison;

/* Area under the ROC curve of two columns of numbers: the part of pairs in which the signal is larger; equal ones count
   half. */
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
/* Pearson's, where both are numbers; logarithms of the first if asked for. */
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
/* After every epoch of ae and nae: mean energies of the samples, and where it is wanted, the mean area. */
typedef struct watching {
    comparison *c;
    contestant *m;
    int seed;
} watching;

static int after_epoch(trainer *t, epoch *e) {
    const watching *w = (const watching *)t->user;
    comparison *c = w->c;
    double area[MANY + 1];
    int64_t i;
    int k;
    for (k = 0; w->seed == 0 && c->s->plots && k < c->samples; k++) {
        double sum = 0.0, n = 0.0;
        if (scores_of(t->net, c->watched + k, c->s, c->scratch)) return 0;
        for (i = 0; i < c->watched[k].count; i++)
            if (isfinite(c->scratch[i])) {
                sum += c->scratch[i];
                n += 1.0;
            }
        e->signal[k] = sum / n;
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
/* What a network finds. */
static int judge(comparison *c, contestant *m, int seed, const network *net) {
    double *at = c->scratch;
    int k;
    m->mean[seed] = areas_by(c, net, c->on, c->scratch, m->area[seed]);
    if (!isfinite(m->mean[seed]))
        return complain(FAILED, "%s: the scores make no area: a sample has no jet that can be scored", m->name);
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
        if (!m->score[k]) return complain(FAILED, "no memory for scores");
        memcpy(m->score[k], at, (size_t)c->on[k].count * sizeof *at);
    }
    m->seeds = seed + 1;
    return OK;
}
/* The simplest score: how far the features, as a network has them, lie from their middle. */
static int judge_radius(comparison *c, const passwd_nae *nae) {
    const passwd_quantiles *q = passwd_nae_quantiles(nae);
    double *at = c->scratch, *first = c->scratch;
    int64_t i;
    int k, f;
    if (c->one[2].there) return OK;
    c->one[2].there = 1;
    for (k = 0; k < c->samples; at += c->on[k++].count) {
        for (i = 0; i < c->on[k].count; i++)
            for (f = 0, at[i] = 0.0; f < q->features; f++) {
                const double z = passwd_quantiles_map(q, f, c->on[k].rows[i * q->features + f]);
                at[i] += z * z;
            }
        if (k > 0) c->one[2].area[k] = area_of(scores_column(first, c->on), scores_column(at, c->on + k));
    }
    return OK;
}
/* ---- multivariate scores of the same columns: what a network has to beat */

static int rivals_score(comparison *c, const multivariate *m) {
    double *score = (double *)malloc((size_t)(c->room + 1) * MULTIVARIATES * sizeof *score), *at = score;
    int64_t i;
    int k, n;
    if (!score) return complain(FAILED, "no memory for simple scores");
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
    if (!rows || !m) status = complain(FAILED, "no memory for simple scores");
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
        if (trained == PASSWD_OK || r.stopped == 3) tell_trainer(&t, &r);
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
        c->model[c->models].recipe.vrnn.align = 0;
        snprintf(c->model[c->models++].name, sizeof m->name, "vrnn unaligned");
    }
    return status;
}
static int compare_samples(comparison *c) {
    const settings *s = c->s;
    const int64_t want = s->train_count ? s->train_count : 10000;
    size_t room = 1;
    const texts background = one_file(s->background), train = one_file(s->train);
    int k, status = sample_load(&c->loaded, &background, &c->columns, 0, 0, s->threads);
    if (status == OK && !s->networks_of.count && s->train)
        status = sample_load(&c->train, &train, &c->columns, 0, want, s->threads);
    if (status != OK) return status;
    c->on[0] = c->loaded;
    if (!s->networks_of.count && !s->train) {
        if (c->loaded.count <= want)
            return complain(USAGE, "%s has %lld jets: --train-count must leave some of them to be scored",
                s->background, (long long)c->loaded.count);
        c->train = sample_part(&c->loaded, 0, want);
        c->on[0] = sample_part(&c->loaded, want, c->loaded.count - want);
    }
    if (s->count && s->count < c->on[0].count) c->on[0] = sample_part(c->on, 0, s->count);
    sample_name(c->on[0].name, s->names, 0, s->background);
    for (c->samples = 1; c->samples <= s->signal.count; c->samples++) {
        sample *a = c->on + c->samples;
        const int64_t most = s->count;
        const texts signal = one_file(s->signal.item[c->samples - 1]);
        status = sample_load(a, &signal, &c->columns, 0, 0, s->threads);
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
    return c->scratch ? OK : complain(FAILED, "no memory for scores");
}
static int compare_fits(const comparison *c) {
    int i, k;
    for (i = 0; i < c->models; i++)
        for (k = -1; k < c->samples; k++)
            if (c->model[i].recipe.kind == VRNN && (k < 0 ? c->train : c->on[k]).table)
                return complain(USAGE, "vrnn reads constituents (jet,pt,eta,phi), not a table of features");
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
    for (i = 0; i < SINGLES && status == OK; i++) {
        single *o = c->one + i;
        for (k = 1; k < c->samples && i < 2; k++)
            o->area[k] = area_of(variable_column(c->on, single_names[i]), variable_column(c->on + k, single_names[i]));
        if (i < 2) o->there = isfinite(o->area[1]);
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
    if (c->models > 1) grid_row(t, "%s", gain);
    if (c->models > 0 && isfinite(c->model[0].correlation[0])) grid_row(t, "%s", mass); /* a table may be without it */
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
    for (i = 0; i < c->models && c->s->best_epoch; i++) {
        const contestant *m = c->model + i;
        if (m->recipe.kind == VRNN || m->chosen_epoch[0] == 0) continue;
        printf("%s: mean area %.4f at the epoch chosen without signals, %.4f at the best for them: %.4f less\n",
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
        if (!v) return complain(FAILED, "no memory for a curve");
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
        if (!logs[k]) status = complain(FAILED, "no memory for a plot");
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
static int plot_score_mass(const comparison *c, const contestant *m, const char *file) {
    enum { NX = 30, NY = 30, FEWEST = 20 };
    const column mass = variable_column(c->on, "mass");
    static double cell[NX * NY];
    double x[NX], mean[NX], error[NX], sum[NX] = { 0 }, square[NX] = { 0 }, count[NX] = { 0 }, xr[2], yr[2],
                                       *score = (double *)malloc(((size_t)c->on[0].count + 1) * sizeof *score);
    const plot_style black = { PLOT_BLACK, PLOT_SOLID, 0.0, 0 };
    double most = 0.0;
    char note[96];
    column y;
    int64_t i;
    int k, n = 0;
    plot *p;
    if (!score) return complain(FAILED, "no memory for a plot");
    for (i = 0; i < c->on[0].count; i++) score[i] = m->recipe.kind == VRNN ? m->score[0][i] : log(m->score[0][i]);
    y = scores_column(score, c->on);
    if (range_of(&mass, 1, 0.005, xr) || range_of(&y, 1, 0.003, yr)) {
        free(score);
        return FAILED;
    }
    memset(cell, 0, sizeof cell);
    for (i = 0; i < y.count; i++) {
        const double u = (mass.x[i * mass.step] - xr[0]) / (xr[1] - xr[0]) * NX,
                     v = (score[i] - yr[0]) / (yr[1] - yr[0]) * NY;
        if (!(u >= 0.0 && u < NX && isfinite(score[i]))) continue;
        count[(int)u] += 1.0;
        sum[(int)u] += score[i];
        square[(int)u] += score[i] * score[i];
        if (v >= 0.0 && v < NY) cell[(int)v * NX + (int)u] += 1.0;
    }
    for (k = 0; k < NX; k++) {
        for (i = 0; i < NY; i++) {
            cell[i * NX + k] = count[k] >= FEWEST ? cell[i * NX + k] / count[k] : 0.0;
            most = fmax(most, cell[i * NX + k]);
        }
        if (count[k] < FEWEST) continue;
        x[n] = xr[0] + (xr[1] - xr[0]) * (k + 0.5) / NX;
        mean[n] = sum[k] / count[k];
        error[n] = sqrt(fmax(0.0, square[k] / count[k] - mean[n] * mean[n]) / count[k]);
        n++;
    }
    p = plot_new("Jet mass [GeV]", m->recipe.kind == VRNN ? "Anomaly score" : "ln (energy)");
    plot_label(p, c->s->label ? c->s->label : "");
    snprintf(note, sizeof note, "%.48s: background and its mean, correlation %.2f", m->name, m->correlation[0]);
    plot_note(p, note);
    plot_size(p, 1000, 720);
    plot_image(p, cell, NX, NY, xr[0], xr[1], yr[0], yr[1], "Part of the jets of this mass", 0.0, most, 0);
    plot_points(p, x, mean, error, n, NULL, black); /* the means */
    plot_range(p, xr[0], xr[1], yr[0], yr[1]);
    free(score);
    return write_plot(p, c->s->plots, file);
}
/* Mean areas over seeds and their spreads, per signal. */
static int plot_areas(const comparison *c) {
    plot *p = plot_new("Signal", "Area under the ROC curve");
    char note[128] = "";
    double low = 0.5, high = 0.5;
    int i, k;
    plot_label(p, c->s->label ? c->s->label : "");
    for (k = 1; k < c->samples; k++) {
        const size_t at = strlen(note);
        if (at + strlen(c->on[k].name) > 44) {
            plot_note(p, note);
            note[0] = 0;
        }
        snprintf(
            note + strlen(note), sizeof note - strlen(note), "%s%d: %.60s", note[0] ? ",  " : "", k, c->on[k].name);
    }
    plot_note(p, note);
    for (i = 0; i < c->models + SINGLES; i++) {
        const contestant *m = i < c->models ? c->model + i : NULL;
        const single *o = m ? NULL : c->one + (i - c->models);
        double x[MANY], y[MANY], e[MANY], v[2];
        plot_style style = style_of(m ? i + 1 : PLOT_COLORS / 2 + i - c->models, PLOT_SOLID);
        if (o && !o->there) continue;
        style.fill = o != NULL;
        for (k = 1; k < c->samples; k++) {
            if (m) over_seeds(m, &m->area[0][k], MANY + 1, v);
            x[k - 1] = k + 0.6 * ((i + 0.5) / (c->models + SINGLES) - 0.5);
            y[k - 1] = m ? v[0] : o->area[k];
            e[k - 1] = m ? v[1] : 0.0;
            low = fmin(low, y[k - 1] - e[k - 1]);
            high = fmax(high, y[k - 1] + e[k - 1]);
        }
        plot_points(p, x, y, e, c->samples - 1, m ? m->name : single_names[i - c->models], style);
    }
    plot_hline(p, 0.5, grey_dashes);
    low = 0.1 * floor(10.0 * low - 0.3);
    plot_range(p, 0.5, c->samples - 0.5, low, low + (high - low) / 0.58); /* names above the points */
    return write_plot(p, c->s->plots, "areas.png");
}
static int compare_plots(const comparison *c) {
    char file[128];
    int i, status = plot_areas(c);
    for (i = 0; i < c->models && status == OK; i++) {
        const contestant *m = c->model + i;
        file_name(file, "roc", m->name);
        status = plot_roc(c, m, file);
        file_name(file, "score", m->name);
        if (status == OK) status = plot_scores(c, m, file);
        file_name(file, "score_mass", m->name);
        if (status == OK && c->one[1].there) status = plot_score_mass(c, m, file);
    }
    return status;
}
static int command_compare(const settings *s) {
    comparison *c = (comparison *)calloc(1, sizeof *c);
    int i, k, status = c ? OK : complain(FAILED, "no memory");
    if (c) c->s = s;
    if (c) c->model = (contestant *)calloc(MODELS, sizeof *c->model);
    if (status == OK && !c->model) status = complain(FAILED, "no memory");
    if (status == OK && !s->models == !s->networks_of.count)
        status = complain(USAGE, "either --weights or --model is needed; see jets compare --help");
    if (status == OK && s->networks_of.count
        && (s->train || s->train_count || s->seeds || s->set.count || s->epochs || s->best_epoch || s->before_after))
        status = complain(USAGE,
            "--train, --train-count, --seeds, --set, --epochs, --best-epoch and --before-after are about training; "
            "with --weights nothing is trained");
    if (status == OK) status = read_columns(s, &c->columns);
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
    if (c && s->train) sample_free(&c->train);
    if (c) sample_free(&c->loaded);
    for (i = 0; c && c->model && i < MODELS; i++)
        for (k = 0; k <= MANY; k++) free(c->model[i].score[k]);
    if (c) {
        free(c->model);
        free(c->scratch);
    }
    free(c);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   jets reweight
   --------------------------------------------------------------------------------------------------------------- */

enum { LOW, MIDDLE, HIGH, REGIONS, CLOSURE_BINS = 10, NEIGHBOURS = 200, LEAST = 10 };

/* Rows of a region, untagged or tagged, with what the networks read, and their weights. */
typedef struct part {
    int64_t count, *row;
    double *x, *weight, *each;
} part;
typedef struct closing {
    char name[64];
    passwd_closure flat, learnt;
} closing;
typedef struct reweighting {
    const settings *s;
    names columns, variables; /* of the table: all that are read, with the tag and the mass; tested */
    int features;             /* the first so many of columns are read by the networks */
    passwd_events table;
    double *column[NAMES];
    double *tag; /* the column, or its rank in mass */
    double range[REGIONS][2];
    part in[REGIONS][2];
    passwd_reweight *net;
    int networks;
    int64_t incomplete; /* rows with an empty field */
    double flat, flat_error, predicted, statistical, spread, flat_predicted;
    closing *closure;
} reweighting;

static int read_region(double range[2], const char *name, const char *text) {
    const char *rest = read_real(text, -1e300, 1e300, range);
    if (!rest || *rest != ':' || !(rest = read_real(rest + 1, -1e300, 1e300, range + 1)) || *rest
        || !(range[0] < range[1]))
        return complain(USAGE, "--%s cannot be \"%s\": it must be two numbers, such as 80:120", name, text);
    return OK;
}
/* Column k, or the ratio that it is called after: "tau3/tau2". */
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
    if (!a->column[k]) return complain(FAILED, "no memory for %lld rows", (long long)a->table.count);
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
typedef struct placed {
    double mass;
    int64_t row;
} placed;
static int by_mass(const void *p, const void *q) {
    const placed *a = (const placed *)p, *b = (const placed *)q;
    return a->mass != b->mass ? (a->mass > b->mass) - (a->mass < b->mass) : (a->row > b->row) - (a->row < b->row);
}
/* The tag of each row becomes its rank among the rows that stand nearest to it in the order of masses. */
static int rank_in_mass(reweighting *a, const double *tag, const double *mass) {
    placed *order = (placed *)malloc(((size_t)a->table.count + 1) * sizeof *order);
    int64_t i, j, n = 0;
    if (!order) return complain(FAILED, "no memory for %lld rows", (long long)a->table.count);
    for (i = 0; i < a->table.count; i++)
        if (row_complete(a, i)) {
            order[n].mass = mass[i];
            order[n++].row = i;
        }
    qsort(order, (size_t)n, sizeof *order, by_mass);
    for (i = 0; i < n; i++) {
        const int64_t span = n < NEIGHBOURS ? n : NEIGHBOURS;
        int64_t first = i - span / 2;
        const double own = tag[order[i].row];
        double below = 0.0;
        if (first < 0) first = 0;
        if (first > n - span) first = n - span;
        for (j = first; j < first + span; j++)
            below += tag[order[j].row] < own ? 1.0 : tag[order[j].row] == own ? 0.5 : 0.0;
        a->tag[order[i].row] = below / (double)span;
    }
    free(order);
    return OK;
}
static void part_free(part *p) {
    free(p->row);
    free(p->x);
    free(p->weight);
    free(p->each);
}
static int part_fill(reweighting *a, int region, int tagged) {
    part *p = a->in[region] + tagged;
    const double *mass = a->column[names_find(&a->columns, a->s->mass)];
    const size_t room = (size_t)a->table.count + 1;
    int64_t i;
    int k;
    p->row = (int64_t *)malloc(room * sizeof *p->row);
    p->x = (double *)malloc(room * (size_t)a->features * sizeof *p->x);
    if (!p->row || !p->x) return complain(FAILED, "no memory for %lld rows", (long long)a->table.count);
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
    if (!a->tag || !a->closure) return complain(FAILED, "no memory for %lld rows", (long long)a->table.count);
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
static int reweight_learn(reweighting *a) {
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
    if (a->s->networks) c.networks = a->s->networks;
    if (a->s->epochs) c.epochs = a->s->epochs;
    if (c.networks < 10)
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
    catch_interrupts();
    status = passwd_reweight_learn(&c, rows, rows + 1, a->features, name, &o, NULL, &a->net, &error);
    meter_clear();
    if (status == PASSWD_STOPPED) return complain(FAILED, "interrupted; nothing was kept");
    if (status != PASSWD_OK) return failed(&error);
    a->networks = passwd_reweight_networks(a->net);
    a->flat = (double)to->count / (double)from->count;
    a->flat_error = a->flat * sqrt(1.0 / (double)to->count + 1.0 / (double)from->count);
    return OK;
}
static int reweight_run(reweighting *a, part *p) {
    passwd_error error;
    p->weight = (double *)malloc(((size_t)p->count + 1) * sizeof *p->weight);
    p->each = (double *)malloc(((size_t)p->count + 1) * (size_t)a->networks * sizeof *p->each);
    if (!p->weight || !p->each) return complain(FAILED, "no memory for %lld weights", (long long)p->count);
    return passwd_reweight_run(a->net, p->x, p->count, p->weight, p->each, &error) == PASSWD_OK ? OK : failed(&error);
}
static double *values_of(const reweighting *a, const part *p, int which) {
    double *x = (double *)malloc(((size_t)p->count + 1) * sizeof *x);
    int64_t i;
    for (i = 0; x && i < p->count; i++) x[i] = a->column[which][p->row[i]];
    return x;
}
/* Bins of equal population of two samples together; equal edges are one. Returns how many. */
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
                     learnt = { PLOT_BLUE, PLOT_SOLID, 0.0, 0 }, band = { PLOT_BLUE, PLOT_SOLID, 0.0, 0 };
    double data[CLOSURE_BINS], old[CLOSURE_BINS], sum[CLOSURE_BINS], square[CLOSURE_BINS], each[CLOSURE_BINS][1000],
        one[CLOSURE_BINS];
    double middle[CLOSURE_BINS], error[CLOSURE_BINS], ratio[CLOSURE_BINS], ratio_error[CLOSURE_BINS],
        flat_ratio[CLOSURE_BINS], drawn[CLOSURE_BINS + 1];
    double x[2 * CLOSURE_BINS], low[2 * CLOSURE_BINS], high[2 * CLOSURE_BINS], farthest = 0.1;
    const int which = variable_index(c->name);
    char file[128], note[96];
    char *slash;
    plot *p = plot_new(which >= 0 ? variable_titles[which] : c->name, "Rows / bin");
    int k, n;
    fill_bins(to, tagged->count, NULL, 1.0, edges, bins, data, NULL);
    fill_bins(from, untagged->count, NULL, a->flat, edges, bins, old, NULL);
    fill_bins(from, untagged->count, untagged->weight, 0.0, edges, bins, sum, square);
    for (n = 0; n < a->networks; n++) {
        fill_bins(from, untagged->count, untagged->each + n * untagged->count, 0.0, edges, bins, one, NULL);
        for (k = 0; k < bins; k++) each[k][n] = one[k];
    }
    memcpy(drawn, edges, sizeof drawn);
    if (bins > 2) { /* the outer bins reach to the last row: drawn no wider than twice their neighbours */
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
        x[2 * k] = drawn[k];
        x[2 * k + 1] = drawn[k + 1];
        low[2 * k] = low[2 * k + 1] = 1.0 - uncertainty;
        high[2 * k] = high[2 * k + 1] = 1.0 + uncertainty;
        farthest = fmin(1.0, fmax(farthest, fmax(uncertainty, fabs(ratio[k] - 1.0) + ratio_error[k])));
    }
    plot_label(p, a->s->label ? a->s->label : "");
    snprintf(note, sizeof note, "Low sideband, p = %.2g (flat %.2g)", c->learnt.p, c->flat.p);
    plot_note(p, note);
    plot_histogram(p, drawn, old, bins, "Untagged, flat factor", flat);
    plot_histogram(p, drawn, sum, bins, "Untagged, reweighted", learnt);
    plot_points(p, middle, data, error, bins, "Tagged", points);
    plot_range(p, drawn[0], drawn[bins], 0.0, 0.0);
    plot_lower(p, "Ratio", 0.3);
    plot_range(p, 0.0, 0.0, 1.0 - 1.1 * farthest, 1.0 + 1.1 * farthest); /* the flat factor may be beyond */
    plot_band(p, x, low, high, 2 * bins, NULL, band);
    plot_histogram(p, drawn, flat_ratio, bins, NULL, flat);
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
    passwd_error error;
    int64_t i;
    int status = from && to && flat ? OK : complain(FAILED, "no memory for the closure"), bins = 0;
    if (status == OK) bins = equal_bins(from, untagged->count, to, tagged->count, edges);
    if (status == OK && bins < 1)
        status = complain(FAILED, "\"%s\" is the same in all rows of the low sideband", c->name);
    for (i = 0; i < untagged->count && status == OK; i++) {
        flat[i] = a->flat;
        flat[i + untagged->count] = a->flat + a->flat_error * sqrt(0.5);
        flat[i + 2 * untagged->count] = a->flat - a->flat_error * sqrt(0.5);
    }
    if (status == OK
        && (passwd_closure_test(from, flat, flat + untagged->count, 2, untagged->count, to, NULL, tagged->count, edges,
                bins, LEAST, NULL, &c->flat, &error)
            || passwd_closure_test(from, untagged->weight, untagged->each, a->networks, untagged->count, to, NULL,
                tagged->count, edges, bins, LEAST, NULL, &c->learnt, &error)))
        status = failed(&error);
    if (status == OK && a->s->plots) status = plot_closure(a, c, from, to, edges, bins);
    free(from);
    free(to);
    free(flat);
    return status;
}
static void reweight_predict(reweighting *a) {
    const part *p = &a->in[MIDDLE][0];
    double total[1000], square = 0.0;
    int64_t i;
    int n;
    for (i = 0; i < p->count; i++) {
        a->predicted += p->weight[i];
        square += p->weight[i] * p->weight[i];
    }
    for (n = 0; n < a->networks; n++)
        for (total[n] = 0.0, i = 0; i < p->count; i++) total[n] += p->each[n * p->count + i];
    a->statistical = sqrt(square);
    a->spread = spread_of(total, a->networks);
    a->flat_predicted = a->flat * (double)p->count;
}
static double pull_of(const reweighting *a) {
    const double there = (double)a->in[MIDDLE][1].count;
    return (there - a->predicted)
        / sqrt(fmax(a->predicted, 0.0) + a->statistical * a->statistical + a->spread * a->spread);
}
static int reweight_out(const reweighting *a) {
    const part *p = &a->in[MIDDLE][0];
    const double *mass = a->column[names_find(&a->columns, a->s->mass)];
    double each[1000];
    output to;
    int64_t i;
    int n;
    if (!output_open(&to, a->s->out)) return FAILED;
    fputs("row,mass,weight,spread\n", to.file);
    for (i = 0; i < p->count; i++) {
        for (n = 0; n < a->networks; n++) each[n] = p->each[n * p->count + i];
        fprintf(to.file, "%lld", (long long)p->row[i] + 1);
        put_number(to.file, mass[p->row[i]]);
        put_number(to.file, p->weight[i]);
        put_number(to.file, spread_of(each, a->networks));
        fputc('\n', to.file);
    }
    return output_close(&to, 1) ? OK : FAILED;
}
static void reweight_table(const reweighting *a) {
    static const char *const name[] = { "low sideband", "signal region", "high sideband" };
    grid *t = (grid *)calloc(1, sizeof *t);
    int k;
    if (!t) return;
    if (a->incomplete) printf("%lld rows with empty fields were passed over\n", (long long)a->incomplete);
    grid_row(t, "region|mass|untagged|tagged|tagged / untagged");
    for (k = 0; k < REGIONS; k++)
        grid_row(t, "%s|%g to %g|%lld|%lld|%.4f", name[k], a->range[k][0], a->range[k][1], (long long)a->in[k][0].count,
            (long long)a->in[k][1].count, (double)a->in[k][1].count / (double)a->in[k][0].count);
    grid_print(t);
    printf("\nClosure in the low sideband, %d networks; ratio: predicted / tagged\n", a->networks);
    grid_row(t, "variable|flat: chi2/bins|p|ratio|reweighted: chi2/bins|p|ratio");
    for (k = 0; k < a->variables.count; k++) {
        const closing *c = a->closure + k;
        grid_row(t, "%s|%.1f/%d|%.3g|%.3f +- %.3f|%.1f/%d|%.3g|%.3f +- %.3f", c->name, c->flat.chi2, c->flat.bins,
            c->flat.p, c->flat.ratio, c->flat.ratio_error, c->learnt.chi2, c->learnt.bins, c->learnt.p, c->learnt.ratio,
            c->learnt.ratio_error);
    }
    grid_print(t);
    free(t);
    printf("\nTagged rows in the signal region: %.1f +- %.1f (statistical) +- %.1f (networks) predicted, %lld there: "
           "%+.1f sigma. The flat factor predicts %.1f +- %.1f.\n",
        a->predicted, a->statistical, a->spread, (long long)a->in[MIDDLE][1].count, pull_of(a), a->flat_predicted,
        a->flat_error * (double)a->in[MIDDLE][0].count);
}
static void put_closure(passwd_json_writer *w, const char *key, const passwd_closure *c) {
    put_object(w, key);
    put_json(w, "chi2", c->chi2);
    put_json(w, "bins", c->bins);
    put_json(w, "p", c->p);
    put_json(w, "ratio", c->ratio);
    put_json(w, "ratio_error", c->ratio_error);
    passwd_json_end_object(w);
}
static int reweight_json(const reweighting *a) {
    static const char *const name[] = { "low", "signal", "high" };
    passwd_json_writer w;
    int k;
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
        put_closure(&w, "reweighted", &a->closure[k].learnt);
        passwd_json_end_object(&w);
    }
    passwd_json_end_array(&w);
    put_object(&w, "prediction");
    put_json(&w, "predicted", a->predicted);
    put_json(&w, "statistical", a->statistical);
    put_json(&w, "spread", a->spread);
    put_json(&w, "tagged", (double)a->in[MIDDLE][1].count);
    put_json(&w, "sigma", pull_of(a));
    put_json(&w, "flat", a->flat_predicted);
    passwd_json_end_object(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int command_reweight(const settings *s) {
    reweighting *a = (reweighting *)calloc(1, sizeof *a);
    const char *files[1];
    int k, status = a ? OK : complain(FAILED, "no memory");
    if (a) a->s = s;
    files[0] = s->out;
    if (status == OK) status = check_read(files, 1, &s->events);
    if (status == OK && s->plots) status = make_folder(s->plots);
    if (status == OK) status = reweight_setup(a);
    if (status == OK) status = reweight_learn(a);
    if (status == OK) status = reweight_run(a, &a->in[LOW][0]);
    if (status == OK) status = reweight_run(a, &a->in[MIDDLE][0]);
    for (k = 0; status == OK && k < a->variables.count; k++) {
        snprintf(a->closure[k].name, 64, "%s", a->variables.item[k]);
        status = test_closure(a, a->closure + k);
    }
    if (status == OK) reweight_predict(a);
    if (status == OK && s->out) status = reweight_out(a);
    if (status == OK) {
        if (s->json) status = reweight_json(a);
        else reweight_table(a);
    }
    for (k = 0; a && k < 2 * REGIONS; k++) part_free(&a->in[k / 2][k % 2]);
    for (k = 0; a && k < NAMES; k++) free(a->column[k]);
    if (a) {
        passwd_events_free(&a->table);
        passwd_reweight_free(a->net);
        free(a->tag);
        free(a->closure);
    }
    free(a);
    return status;
}

#include "jets_density.h"
