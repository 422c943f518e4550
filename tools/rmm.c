/* rmm: searches in two-body masses from the command line: rapidity-mass matrices, the anomaly score, anomaly regions,
   spectra with their backgrounds, BumpHunter and limits, each by itself or all in one go.

   cc -O2 -fopenmp -I. -DPASSWD_IMPLEMENTATION tools/rmm.c -o build/rmm -lm && build/rmm --help */
#define _POSIX_C_SOURCE 200809L
#define TOOL "rmm"
#define TOOL_WHISPERS
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "cli.h"

enum { FEW = 20 }; /* minimum number of events in a spectrum that is searched */

/* ------------------------------------------------------------------------------------------------------------------
   Command line
   --------------------------------------------------------------------------------------------------------------- */

enum {
    ENCODE = 1,
    TRAIN = 2,
    SCORE = 4,
    REGIONS = 8,
    HUNT = 16,
    LIMITS = 32,
    SEARCH = 64,
    COMPARE = 128,
    SCAN = 256,
    CHECK = 512,
    PLANE = 1024,
    EXPORT = 2048,
    ALL = 4095
};
enum {
    NETWORK = TRAIN | SEARCH | COMPARE,
    LAYOUT = ENCODE | TRAIN | SEARCH | COMPARE,
    CUTS = TRAIN | REGIONS | SEARCH,
    SPECTRA = HUNT | LIMITS | SCAN | CHECK | SEARCH
};
/* commands on given spectra; on signals in them */
enum { ONE = HUNT | LIMITS | SCAN | CHECK, SIGNAL = LIMITS | SCAN | CHECK };
enum {
    BACKGROUND_FIT = 1,
    BACKGROUND_DIJET,
    BACKGROUND_EXPONENTIAL,
    BACKGROUND_KDE,
    BACKGROUND_ADAPTIVE,
    BACKGROUND_FILE
};
enum { NETWORK_DENSITY = 1, NETWORK_AUTOENCODER }; /* as in --network */
enum { LOSS_LOG = 1, LOSS_MSE, LOSS_EVENT };       /* as in --loss; the configuration numbers them differently */

struct settings {
    const char *out, *weights, *layout, *config, *log, *checkpoint, *picture, *average, *keep; /* NULL: not given */
    const char *header, *array;
    const char *x_name, *y_name, *x_edges, *y_edges, *pair_y;
    const char *mass_name, *region_name, *pair, *plots, *label, *shape, *hepdata, *pyhf, *display;
    texts events, background_events, signal, histogram, masses, kde_events, shape_events;
    reals signal_mass, signal_pb, cross_section, fraction, widths, relative, resolution, skip, inject, at;
    reals blind, parameters, shares, plane_bins, x_range, y_range;
    double sqrt_s, c, luminosity, rate, low, high, bins_per_sigma, bandwidth, target, mass, from, to, level,
        normalisation;
    double slide, scan_step, shape_mass, scale, widest;
    passwd_systematics systematics;
    double validation, train_fraction; /* validation below zero: not given */
    int whole, loss, epochs, batch, patience, threads, json, with_masses, background, bins, skip_others, look;
    int network, folds, flat, simple, any_shape;
    int deficit, sideband, uncertainty, width_min, width_max, height_min, height_max, step, points;
    int64_t seed, toys, event, repeats, tries;
    passwd_simd simd;
};
#define AT(field) offsetof(settings, field)

static const known_option known_options[] = {
    { "events", "E.csv", ENCODE, 1, "events; - is standard input", OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "E.csv", TRAIN, 1, "events to train on; may be repeated, all are mixed", OPTION_TEXTS, AT(events), 0, 0,
        NULL },
    { "events", "E.csv", SCORE | REGIONS, 1, "any number of events; may be repeated", OPTION_TEXTS, AT(events), 0, 0,
        NULL },
    { "events", "E.csv", ONE, 0, "events whose masses are searched; needs --pair; may be repeated", OPTION_TEXTS,
        AT(events), 0, 0, NULL },
    { "events", "E.csv", PLANE, 0, "events whose masses are searched; needs --pair and --pair-y; may be repeated",
        OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "E.csv", COMPARE, 1, "background events; may be repeated", OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "events", "E.csv", SEARCH, 1, "the data; may be repeated", OPTION_TEXTS, AT(events), 0, 0, NULL },
    { "weights", "W.safetensors", SCORE | REGIONS, 1, "a trained network", OPTION_TEXT, AT(weights), 0, 0, NULL },
    EXPORT_OPTIONS(EXPORT),
    { "weights", "W.safetensors", SEARCH, 0,
        "a trained network (default: out-of-fold scores of networks trained on the data)", OPTION_TEXT, AT(weights), 0,
        0, NULL },
    { "weights", "W.safetensors", COMPARE, 0,
        "a trained network (default: out-of-fold scores of networks trained on "
        "the background)",
        OPTION_TEXT, AT(weights), 0, 0, NULL },
    { "sqrt-s", "GEV", ONE, 0, "collision energy [GeV], for the dijet function", OPTION_REAL, AT(sqrt_s), 1e-300, 1e300,
        NULL },
    { "sqrt-s", "GEV", LAYOUT, 0, "collision energy [GeV]; required unless a file gives it", OPTION_REAL, AT(sqrt_s),
        1e-300, 1e300, NULL },
    { "out", "X.csv", ENCODE, 0, "the inputs, as .csv (- is standard output) or .safetensors", OPTION_TEXT, AT(out), 0,
        0, NULL },
    { "out", "W.safetensors", TRAIN | REGIONS, 1, "the network with its regions", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "S.csv", SCORE, 1, "the scores; - is standard output", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "H.csv", HUNT, 0, "the spectrum with its background", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "L.csv", LIMITS, 0, "the table as CSV, in events; the column to_pb converts them to pb", OPTION_TEXT,
        AT(out), 0, 0, NULL },
    { "out", "DIR", SEARCH, 1, "folder for all tables, spectra and plots", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "P.csv", SCAN, 0, "the table as CSV", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "out", "C.csv", CHECK, 0, "every pseudo-experiment as CSV", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "histogram", "H.csv", ONE, 0, "a spectrum: low,high,data and optionally background,uncertainty", OPTION_TEXTS,
        AT(histogram), 0, 0, NULL },
    { "masses", "S.csv", ONE, 0, "a table with a column of masses, such as that of rmm score --masses", OPTION_TEXTS,
        AT(masses), 0, 0, NULL },
    { "mass", "NAME", HUNT, 0, "that column: mjj, mjb ...", OPTION_TEXT, AT(mass_name), 0, 0, NULL },
    { "masses", "S.csv", PLANE, 0, "a table with two columns of masses; may be repeated", OPTION_TEXTS, AT(masses), 0,
        0, NULL },
    { "x", "NAME", PLANE, 0, "the column of x: mjj, mjb ...", OPTION_TEXT, AT(x_name), 0, 0, NULL },
    { "y", "NAME", PLANE, 0, "the column of y", OPTION_TEXT, AT(y_name), 0, 0, NULL },
    { "pair", "A,B", PLANE, 0,
        "objects of --events whose mass is x: the leading two of one type, or the leading one of each", OPTION_TEXT,
        AT(pair), 0, 0, NULL },
    { "pair-y", "C,D", PLANE, 0, "those whose mass is y", OPTION_TEXT, AT(pair_y), 0, 0, NULL },
    { "background", "B.csv", PLANE, 1,
        "background sample, simulated or a control region, like the data; may be repeated", OPTION_TEXTS,
        AT(background_events), 0, 0, NULL },
    { "scale", "F", PLANE, 0, "factor on that sample (default 1; with --sideband: from the data)", OPTION_REAL,
        AT(scale), 1e-300, 1e300, NULL },
    { "out", "P.csv", PLANE, 0, "all bins with their background", OPTION_TEXT, AT(out), 0, 0, NULL },
    { "bins", "NX,NY", PLANE, 0, "bins of equal width (default: by the resolution)", OPTION_LIST, AT(plane_bins), 1,
        10000, NULL },
    { "x-range", "LOW,HIGH", PLANE, 0, "first and last edge of x (default: without the lowest 1 %, up to the heaviest)",
        OPTION_LIST, AT(x_range), 0, 1e9, NULL },
    { "y-range", "LOW,HIGH", PLANE, 0, "the same for y", OPTION_LIST, AT(y_range), 0, 1e9, NULL },
    { "x-edges", "A,B,C,...", PLANE, 0, "all edges of x, of bins of any width", OPTION_TEXT, AT(x_edges), 0, 0, NULL },
    { "y-edges", "A,B,C,...", PLANE, 0, "the same for y", OPTION_TEXT, AT(y_edges), 0, 0, NULL },
    { "width-min", "N", PLANE, 0, "bins of the narrowest window in x (default 1)", OPTION_INT, AT(width_min), 1, 1e6,
        NULL },
    { "width-max", "N", PLANE, 0, "bins of the widest window in x (default 8)", OPTION_INT, AT(width_max), 1, 1e6,
        NULL },
    { "height-min", "N", PLANE, 0, "the same in y (default 1)", OPTION_INT, AT(height_min), 1, 1e6, NULL },
    { "height-max", "N", PLANE, 0, "the same in y (default 8)", OPTION_INT, AT(height_max), 1, 1e6, NULL },
    { "toys", "N", PLANE, 0, "pseudo-experiments for the global p (default 2000, for each of --repeats 200; 0: none)",
        OPTION_INT64, AT(toys), 0, 1e9, NULL },
    { "repeats", "N", PLANE, 0, "also check the analysis on this many pseudo-experiments: are p-values uniform?",
        OPTION_INT64, AT(tries), 10, 1e6, NULL },
    { "inject", "X,Y,SX,SY,N", PLANE, 0,
        "inject a Gaussian signal of N events into these, and compare the plane with its projections", OPTION_LIST,
        AT(inject), 1e-300, 1e9, NULL },
    { "plots", "DIR", PLANE, 0, "write plane.png, excess.png, projection_x.png, projection_y.png and toys.png",
        OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "column", "NAME", ONE, 0, "that column: mjj, mjb ...", OPTION_TEXT, AT(mass_name), 0, 0, NULL },
    { "region", "NAME", ONE | PLANE, 0, "use only rows of that table with a 1 in this column", OPTION_TEXT,
        AT(region_name), 0, 0, NULL },
    { "pair", "A,B", ONE, 0, "objects of --events: the leading two of one type, or the leading one of each",
        OPTION_TEXT, AT(pair), 0, 0, NULL },
    { "layout", "NAME", LAYOUT, 0, "objects of the matrix: search (default) or wide", OPTION_TEXT, AT(layout), 0, 0,
        "search,wide" },
    { "config", "C.json", LAYOUT, 0, "settings that differ from these, as a JSON object", OPTION_TEXT, AT(config), 0, 0,
        NULL },
    { "c", "C", LAYOUT, 0, "factor of the rapidity cells (default 0.15)", OPTION_REAL, AT(c), 1e-300, 1e6, NULL },
    { "skip-others", NULL, LAYOUT, 0, "skip objects of types that the layout does not list", OPTION_FLAG,
        AT(skip_others), 0, 0, NULL },
    { "whole", NULL, ENCODE, 0, "write whole matrices, not the network's inputs", OPTION_FLAG, AT(whole), 0, 0, NULL },
    { "picture", "P.png", ENCODE, 0, "picture of one event's matrix", OPTION_TEXT, AT(picture), 0, 0, NULL },
    { "event", "N", ENCODE, 0, "number of that event in the file (default: the first)", OPTION_INT64, AT(event),
        -0x1p62, 0x1p62, NULL },
    { "display", "P.png", ENCODE, 0, "picture of that event, seen along the beam", OPTION_TEXT, AT(display), 0, 0,
        NULL },
    { "average", "P.png", ENCODE, 0, "picture of the mean matrix", OPTION_TEXT, AT(average), 0, 0, NULL },
    { "network", "NAME", NETWORK, 0,
        "density of the event's energies (default), or autoencoder: the paper's, on "
        "matrices",
        OPTION_CHOICE, AT(network), 0, 0, "density,autoencoder" },
    { "widths", "A,B,...", NETWORK, 0, "hidden layers of an autoencoder down to the latent one (default 800,400,200)",
        OPTION_LIST, AT(widths), 1, 65536, NULL },
    { "loss", "NAME", NETWORK, 0,
        "loss of an autoencoder: log of a batch's mean (default), mse: that mean, event: mean log", OPTION_CHOICE,
        AT(loss), 0, 0, "log,mse,event" },
    { "epochs", "N", NETWORK, 0, "passes over the events (default 30; autoencoder: 200)", OPTION_INT, AT(epochs), 1,
        1000000, NULL },
    { "batch", "N", NETWORK, 0, "events per step (default 256)", OPTION_INT, AT(batch), 1, 1 << 24, NULL },
    { "rate", "R", NETWORK, 0, "learning rate (default 0.03; autoencoder: 0.0003)", OPTION_REAL, AT(rate), 1e-12, 100,
        NULL },
    { "patience", "N", NETWORK, 0, "epochs without improvement before stopping (default 10; autoencoder: 30; 0: off)",
        OPTION_INT, AT(patience), 0, 1000000, NULL },
    { "validation", "F", NETWORK, 0, "fraction of the events set aside for it (default 0.2; autoencoder: 0.3)",
        OPTION_REAL, AT(validation), 0, 0.99, NULL },
    { "train-fraction", "F", TRAIN | SEARCH, 0, "train only on this random fraction of the events (the paper's: 0.01)",
        OPTION_REAL, AT(train_fraction), 1e-9, 1, NULL },
    { "folds", "N", COMPARE | SEARCH, 0,
        "number of networks, each of which scores the events that it was not trained on (default 5)", OPTION_INT,
        AT(folds), 2, PASSWD_RMM_FOLDS, NULL },
    { "keep", "A,B,...", SCORE, 0,
        "columns of the events to copy to the output, such as run,lumi; $NAME: a column of texts", OPTION_TEXT,
        AT(keep), 0, 0, NULL },
    { "log", "L.csv", TRAIN, 0, "write a row per step", OPTION_TEXT, AT(log), 0, 0, NULL },
    { "checkpoint", "F", TRAIN, 0, "written after every epoch; if it exists, training resumes from it", OPTION_TEXT,
        AT(checkpoint), 0, 0, NULL },
    { "region", "10pb,...", TRAIN, 0, "the same as --cross-section", OPTION_LIST, AT(cross_section), 1e-12, 1e12,
        "pb" },
    { "cross-section", "10,1,0.1", CUTS, 0, "regions: the most anomalous events of this many pb; needs --luminosity",
        OPTION_LIST, AT(cross_section), 1e-12, 1e12, "pb" },
    { "fraction", "0.1,0.01", CUTS, 0, "regions: the most anomalous fraction of the events", OPTION_LIST, AT(fraction),
        1e-12, 1, NULL },
    { "luminosity", "L", CUTS | ONE, 0, "integrated luminosity [1/fb]; limits are also given in pb", OPTION_REAL,
        AT(luminosity), 1e-12, 1e12, NULL },
    { "fraction", "0.1,0.01", COMPARE, 0, "fractions of the background that the cuts keep (default 0.1,0.01)",
        OPTION_LIST, AT(fraction), 1e-12, 1, NULL },
    { "flat", NULL, TRAIN | REGIONS | SEARCH, 0,
        "regions: a cut that keeps the same fraction at every value of each mass", OPTION_FLAG, AT(flat), 0, 0, NULL },
    { "simple", NULL, SCORE, 0,
        "also write simple variables to compare: HT, leading pT, missing ET, objects, mass of all", OPTION_FLAG,
        AT(simple), 0, 0, NULL },
    { "masses", NULL, SCORE, 0, "also write the two-body masses", OPTION_FLAG, AT(with_masses), 0, 0, NULL },
    { "background-events", "B.csv", SEARCH, 0,
        "a background sample from outside, for kernels and to count b in; may be repeated", OPTION_TEXTS,
        AT(background_events), 0, 0, NULL },
    { "signal", "S.csv", SEARCH, 0, "signal events; may be repeated, each with its --signal-mass", OPTION_TEXTS,
        AT(signal), 0, 0, NULL },
    { "signal", "S.csv", COMPARE, 1, "signal events, as benchmarks; may be repeated, each with its --signal-mass",
        OPTION_TEXTS, AT(signal), 0, 0, NULL },
    { "signal-mass", "M", SEARCH | COMPARE, 0, "mass of that signal's particle [GeV]", OPTION_REALS, AT(signal_mass),
        1e-300, 1e9, NULL },
    { "signal-pb", "PB", SEARCH, 0, "cross-section of that signal [pb], for all signals or none", OPTION_REALS,
        AT(signal_pb), 1e-300, 1e12, NULL },
    { "background", "NAME", ONE, 0,
        "fit (default), dijet, exponential, kde, kde-adaptive, or file: the histogram's own", OPTION_CHOICE,
        AT(background), 0, 0, "fit,dijet,exponential,kde,kde-adaptive,file" },
    { "background", "NAME", SEARCH, 0,
        "fit (default), dijet, exponential, kde, or kde and kde-adaptive of --background-events", OPTION_CHOICE,
        AT(background), 0, 0, "fit,dijet,exponential,kde,kde-adaptive" },
    { "parameters", "LEAST,MOST", SPECTRA, 0,
        "of the function: as few as suffice (default 3,5); one number: exactly this many", OPTION_LIST, AT(parameters),
        1, PASSWD_BACKGROUND_PARAMETERS, NULL },
    { "skip", "LOW,HIGH", ONE, 0, "masses excluded from fits of the background alone [GeV]", OPTION_LIST, AT(skip), 0,
        1e9, NULL },
    { "blind", "LOW,HIGH", ONE, 0, "masses excluded from everything [GeV]", OPTION_LIST, AT(blind), 0, 1e9, NULL },
    { "any-shape", NULL, SPECTRA, 0,
        "allow shoulders and maxima, which follow broad signals (default: only if nothing else fits)", OPTION_FLAG,
        AT(any_shape), 0, 0, NULL },
    { "slide", "F", ONE, 0, "a separate fit around every mass m, from m/F to m F", OPTION_REAL, AT(slide), 1.05, 100,
        NULL },
    { "kde-events", "B.csv", ONE, 0,
        "a background sample for --background kde, in the same format as the data; may be repeated", OPTION_TEXTS,
        AT(kde_events), 0, 0, NULL },
    { "bandwidth", "F", SPECTRA, 0, "widen the kernels of --background kde by this factor (default 1)", OPTION_REAL,
        AT(bandwidth), 1e-6, 1e6, NULL },
    { "widest", "W", SPECTRA, 0,
        "widest signal for --background kde, sigma / mass (default: from --width, --resolution)", OPTION_REAL,
        AT(widest), 1e-4, 0.5, NULL },
    { "low", "GEV", SPECTRA, 0, "first edge (default: excludes the lowest 1 %, and what rises after them)", OPTION_REAL,
        AT(low), 0, 1e9, NULL },
    { "high", "GEV", SPECTRA, 0, "last edge (default: the heaviest event)", OPTION_REAL, AT(high), 1e-300, 1e9, NULL },
    { "bins", "N", ONE, 0, "bins of equal width (default: by the resolution)", OPTION_INT, AT(bins), 1, 100000, NULL },
    { "resolution", "A,B", SPECTRA | PLANE, 0, "sigma(m) = m sqrt(A^2/m + B^2) (default 0,0.03)", OPTION_LIST,
        AT(resolution), 0, 100, NULL },
    { "bins-per-sigma", "N", SPECTRA | PLANE, 0, "bins per sigma of the resolution (default 1)", OPTION_REAL,
        AT(bins_per_sigma), 0.05, 100, NULL },
    { "toys", "N", HUNT | SCAN | SEARCH, 0,
        "pseudo-experiments for the global p (default 10000, of a scan and a search 1000; 0: none)", OPTION_INT64,
        AT(toys), 0, 1e9, NULL },
    { "toys", "N", LIMITS, 0, "pseudo-experiments per strength (default: 2000 where few events are expected; 0: never)",
        OPTION_INT64, AT(toys), 0, 1e8, NULL },
    { "toys", "N", CHECK, 0, "toys of each pseudo-experiment for its global p (default 100)", OPTION_INT64, AT(toys),
        20, 1e8, NULL },
    { "deficit", NULL, HUNT | PLANE, 0, "search for deficits", OPTION_FLAG, AT(deficit), 0, 0, NULL },
    { "sideband", NULL, HUNT | PLANE | SEARCH, 0, "scale the background to the data outside each window", OPTION_FLAG,
        AT(sideband), 0, 0, NULL },
    { "uncertainty", NULL, HUNT | SEARCH, 0, "toys vary a background from outside by its uncertainty", OPTION_FLAG,
        AT(uncertainty), 0, 0, NULL },
    { "width-min", "N", HUNT | CHECK | SEARCH, 0, "bins of the narrowest window (default 1)", OPTION_INT, AT(width_min),
        1, 1e6, NULL },
    { "width-max", "N", HUNT | CHECK | SEARCH, 0, "bins of the widest window (default: half of all)", OPTION_INT,
        AT(width_max), 1, 1e6, NULL },
    { "step", "N", HUNT | PLANE | SEARCH, 0, "step between windows in bins (default 1)", OPTION_INT, AT(step), 1, 1e6,
        NULL },
    { "inject", "MASS,SIGMA", HUNT, 0, "number of events of this Gaussian [GeV] needed to find it", OPTION_LIST,
        AT(inject), 1e-300, 1e9, NULL },
    { "target", "Z", HUNT, 0, "its target global significance (default 5)", OPTION_REAL, AT(target), 0, 30, NULL },
    { "repeats", "N", HUNT, 0, "pseudo-experiments for each of its strengths (default 200)", OPTION_INT64, AT(repeats),
        1, 1e6, NULL },
    { "repeats", "N", CHECK, 0, "pseudo-experiments of each kind (default 200)", OPTION_INT64, AT(repeats), 10, 1e6,
        NULL },
    { "look", "NAME", CHECK, 0, "search method: scan (default) or hunt", OPTION_CHOICE, AT(look), 0, 0, "scan,hunt" },
    { "mass", "GEV,...", CHECK, 0, "masses at which signals are injected (default: three in the range)", OPTION_LIST,
        AT(at), 1e-300, 1e9, NULL },
    { "mass", "GEV", LIMITS, 0, "limit at one mass", OPTION_REAL, AT(mass), 1e-300, 1e9, NULL },
    { "step", "F", SCAN | CHECK, 0, "step between the masses of the scan, in sigma (default 0.5)", OPTION_REAL,
        AT(scan_step), 0.01, 100, NULL },
    { "masses-from", "GEV", SIGNAL, 0, "first mass (default: two sigma above the first edge)", OPTION_REAL, AT(from),
        1e-300, 1e9, NULL },
    { "masses-to", "GEV", SIGNAL, 0, "last mass (default: two sigma below the last filled bin)", OPTION_REAL, AT(to),
        1e-300, 1e9, NULL },
    { "points", "N", LIMITS | SEARCH, 0, "number of masses from the first to the last (default 20)", OPTION_INT,
        AT(points), 1, 10000, NULL },
    { "width", "0,0.05,...", SIGNAL | SEARCH, 0, "of the resonance, relative to its mass (default 0)", OPTION_LIST,
        AT(relative), 0, 0.15, NULL },
    { "level", "P", LIMITS | CHECK | SEARCH, 0, "confidence level (default 0.95)", OPTION_REAL, AT(level), 0.01, 0.9999,
        NULL },
    { "normalisation", "F", LIMITS | SEARCH, 0, "relative uncertainty of a whole background from outside (default 0)",
        OPTION_REAL, AT(normalisation), 0, 1e3, NULL },
    { "signal-shape", "H.csv", SIGNAL, 0, "the signal as a histogram low,high,data instead of a Gaussian", OPTION_TEXT,
        AT(shape), 0, 0, NULL },
    { "signal-events", "S.csv", SIGNAL, 0,
        "the signal as simulated events, in the same format as the data; may be repeated", OPTION_TEXTS,
        AT(shape_events), 0, 0, NULL },
    { "signal-mass", "GEV", SIGNAL, 0, "mass of that signal (default: its mean); at other masses it is stretched",
        OPTION_REAL, AT(shape_mass), 1e-300, 1e9, NULL },
    { "shares", "A,B,...", LIMITS, 0,
        "fractions of the signal's events in the spectra, if there are several (default: equal)", OPTION_LIST,
        AT(shares), 0, 1, NULL },
    { "luminosity-uncertainty", "F", SIGNAL, 0, "relative uncertainty of the luminosity", OPTION_REAL,
        AT(systematics.luminosity), 0, 1, NULL },
    { "efficiency-uncertainty", "F", SIGNAL, 0, "relative uncertainty of the signal's efficiency", OPTION_REAL,
        AT(systematics.efficiency), 0, 1, NULL },
    { "scale-uncertainty", "F", SIGNAL, 0, "relative uncertainty of the mass scale", OPTION_REAL, AT(systematics.scale),
        0, 0.5, NULL },
    { "resolution-uncertainty", "F", SIGNAL, 0, "relative uncertainty of the signal's width", OPTION_REAL,
        AT(systematics.resolution), 0, 0.5, NULL },
    { "spurious", "N", SIGNAL, 0, "events that the background alone may mimic", OPTION_REAL, AT(systematics.spurious),
        0, 1e9, NULL },
    { "limits-at", "500,...", SEARCH, 0, "masses of the limits in the summary [GeV] (default 500,1000,2000)",
        OPTION_LIST, AT(at), 1e-300, 1e9, NULL },
    { "plots", "DIR", HUNT, 0, "write spectrum.png, tomography.png and toys.png", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", LIMITS, 0, "write limits.png, one for each width", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", SCAN, 0, "write spectrum.png, scan.png and toys.png", OPTION_TEXT, AT(plots), 0, 0, NULL },
    { "plots", "DIR", CHECK, 0, "write p_values.png, coverage.png, linearity.png and spurious.png", OPTION_TEXT,
        AT(plots), 0, 0, NULL },
    { "hepdata", "DIR", HUNT | LIMITS | SCAN, 0, "write spectrum and results as HEPData YAML", OPTION_TEXT, AT(hepdata),
        0, 0, NULL },
    { "pyhf", "F.json", LIMITS, 0, "write the model of --mass as a HistFactory workspace (pyhf)", OPTION_TEXT, AT(pyhf),
        0, 0, NULL },
    { "label", "TEXT", ENCODE | SPECTRA | PLANE, 0, "bold label in the plots, such as Simulation", OPTION_TEXT,
        AT(label), 0, 0, NULL },
    { "json", NULL, ALL, 0, "the result as JSON on standard output, instead of the table", OPTION_FLAG, AT(json), 0, 0,
        NULL },
    { "seed", "S", NETWORK | ONE | PLANE, 0, "seed of all random numbers (default 1)", OPTION_INT64, AT(seed), 0,
        0x1p63, NULL },
    { "threads", "N", ALL & ~ENCODE, 0, "number of threads (default: all; results do not depend on it)", OPTION_INT,
        AT(threads), 1, 256, NULL },
    { "simd", "LEVEL", NETWORK | SCORE | REGIONS, 0, "auto, scalar, sse2, avx2, avx512 or neon (default auto)",
        OPTION_SIMD, AT(simd), 0, 0, NULL },
    SKIP_BAD(ALL & ~EXPORT), { "help", NULL, ALL, 0, "print this text", OPTION_HELP, 0, 0, 0, NULL }
};

static int command_encode(const settings *s);
static int command_train(const settings *s);
static int command_score(const settings *s);
static int command_regions(const settings *s);
static int command_export(const settings *s);
static int command_hunt(const settings *s);
static int command_limits(const settings *s);
static int command_search(const settings *s);
static int command_compare(const settings *s);
static int command_scan(const settings *s);
static int command_check(const settings *s);
static int command_plane(const settings *s);

static const command commands[] = {
    { "encode", ENCODE, command_encode, "converts events to rapidity-mass matrices",
        "Events are rows of event,object,pt,eta,phi,m (or e) with a header line; GeV and radians. CSV has a row per\n"
        "event and a column per cell, and is written as events are read. A .safetensors file holds the tensor\n"
        "\"inputs\" (events x inputs) or, with --whole, \"rmm\" (events x N x N); in this format all matrices must "
        "fit\n"
        "into memory: 5 kB per event. In the pictures, row and column 0 are met, followed by the types in the order\n"
        "above.\n\n"
        "  rmm encode --events data.csv --sqrt-s 13000 --out inputs.csv\n"
        "  rmm encode --events data.csv --sqrt-s 13000 --out inputs.safetensors --average average.png --picture "
        "event.png --event 7\n" },
    { "train", TRAIN, command_train, "trains the network of the anomaly score and chooses anomaly regions",
        "The density is a mixture of Gaussians in the event's transverse energies, the autoencoder the paper's;\n"
        "neither is shown a signal. rmm compare measures their performance. Progress is shown on a terminal. Ctrl-C\n"
        "(or SIGTERM) stops and keeps the best weights so far. Regions are cuts on the score, chosen on the\n"
        "training events and stored with the weights.\n\n"
        "  rmm train --events data.csv --sqrt-s 13000 --out w.safetensors --region 10pb,1pb,0.1pb --luminosity 140\n"
        "  rmm train --events ttbar.csv --events w.csv --sqrt-s 13000 --out w.safetensors --fraction 0.1,0.01 --epochs "
        "50 --log loss.csv\n" },
    { "score", SCORE, command_score, "gives every event its anomaly score",
        "Writes one row per event: event,weight,score, a column of 0 and 1 for each region of the weights and, with\n"
        "--masses, one of GeV for each two-body mass (mjj, mjb ...; empty if an object is missing). A region that\n"
        "is flat in each mass has a column for each of them (NAME_mjj ...), to be used with that mass. Prints what\n"
        "passes each region (its plain cut, if it is flat).\n\n"
        "  rmm score --weights w.safetensors --events data.csv --out scores.csv --masses\n" },
    { "regions", REGIONS, command_regions, "chooses anomaly regions on a sample and stores them with the weights",
        "They replace the regions of the weights.\n\n"
        "  rmm regions --weights w.safetensors --events data.csv --cross-section 10,1,0.1 --luminosity 140 --out "
        "w2.safetensors\n"
        "  rmm regions --weights w.safetensors --events data.csv --fraction 0.1,0.01 --out w2.safetensors\n" },
    { "hunt", HUNT, command_hunt, "searches for bumps in a spectrum (BumpHunter)",
        "The spectrum is a --histogram, or is made from a column of --masses, or from the masses of a --pair in\n"
        "--events. Backgrounds:\n"
        "  fit           a function fitted to the data without the window, also in every toy: the dijet function\n"
        "                with --sqrt-s, else exponentials; 3 to 5 parameters, as few as suffice. If none describes\n"
        "                the side bands (p < 0.01), no significance is given\n"
        "  dijet         p1 (1-x)^p2 x^(p3 + p4 ln x + p5 ln^2 x), x = m / sqrt(s); needs --sqrt-s\n"
        "  exponential   exp(p1 + p2 L + p3 L^2 + ...), L = ln m\n"
        "  kde           kernels on the data beside each window, two sigma of the --widest signal away: a local\n"
        "                fit, also in every toy. With --kde-events, kernels on the masses of these, a background\n"
        "                sample from outside\n"
        "  kde-adaptive  on --kde-events, wider where there are few events\n"
        "  file          the histogram's own, from outside the searched data. Bins beyond its ends are excluded\n"
        "Global p-values come from toys. Several spectra, each with its own background, are searched together: the\n"
        "statistic is the sum of -ln p in the same window, in which all must have an excess.\n\n"
        "  rmm hunt --histogram spectrum.csv --sqrt-s 13000 --plots plots\n"
        "  rmm hunt --masses scores.csv --mass mjb --region 10pb --sqrt-s 13000\n"
        "  rmm hunt --events zmumu.csv --pair mu,mu --blind 75,105\n"
        "  rmm hunt --histogram spectrum.csv --background file --inject 1000,40 --target 5\n" },
    { "plane", PLANE, command_plane, "searches for bumps in a plane of two masses (BumpHunter in two dimensions)",
        "x and y are two columns of --masses, or the masses of two pairs in --events: (m1, m2) of a pair of\n"
        "particles, (m_X, m_Y) of a cascade. Windows are all rectangles of 1 to 8 bins a side. The background is a\n"
        "sample from outside, simulated or of a control region; its own statistics enter the local p-values and are\n"
        "redrawn in every toy. With --sideband it only gives the shape. The data themselves cannot be the\n"
        "background: they contain the signal. For comparison, hunts in x alone and in y alone are shown, and the\n"
        "p-value of the better of these two. --repeats tests whether global p-values are uniform, --inject what\n"
        "finds a signal better.\n\n"
        "  rmm plane --masses data.csv --x mX --y mY --background simulation.csv --scale 0.1 --plots plots\n"
        "  rmm plane --events data.csv --pair j,j --pair-y b,b --background control.csv --sideband --bins 40,30 "
        "--json\n"
        "  rmm plane --masses data.csv --x m1 --y m2 --background mc.csv --x-edges 200,250,300,400,600 --y-edges "
        "200,300,600 --out bins.csv\n"
        "  rmm plane --masses data.csv --x mX --y mY --background mc.csv --repeats 200 --inject 1000,400,30,15,20\n" },
    { "scan", SCAN, command_scan, "local p-values against mass by profile likelihood, and the global one",
        "Spectrum and background come as for rmm hunt; background and signal are fitted together. The signal is a\n"
        "Gaussian of each of the widths with the resolution, or of --signal-shape or --signal-events. Refitted toys\n"
        "give the global p-value of all masses and widths; it is compared to that of Gross and Vitells (arXiv\n"
        "1005.1891), from how often the toys' q0 crosses 1.\n\n"
        "  rmm scan --histogram spectrum.csv --sqrt-s 13000 --width 0,0.1 --plots plots\n"
        "  rmm scan --masses scores.csv --column mjj --signal-events signal_scores.csv --signal-mass 2000\n" },
    { "limits", LIMITS, command_limits, "upper limits on signals in a spectrum (CLs)",
        "The spectrum and its background are as for rmm hunt; background and signal are fitted together. A signal\n"
        "is a Gaussian of the resonance's width and the resolution, added in quadrature, or of --signal-shape or\n"
        "--signal-events. Limits are numbers of events and, with --luminosity, cross-section x acceptance x\n"
        "efficiency x branching ratio in pb. If fewer than 5 background events are expected under the signal, they\n"
        "come from toys, and the table says so. Several --histogram or --masses are combined.\n\n"
        "  rmm limits --histogram spectrum.csv --sqrt-s 13000 --width 0,0.05,0.1,0.15 --luminosity 140 --out "
        "limits.csv --plots plots\n"
        "  rmm limits --masses scores.csv --column mjj --region 10pb --mass 1000 --pyhf model.json\n"
        "  rmm limits --histogram muons.csv --histogram electrons.csv --shares 0.6,0.4 --luminosity-uncertainty "
        "0.02\n" },
    { "check", CHECK, command_check,
        "tests whether scan and limits are right, with pseudo-experiments of your own analysis",
        "Accepts the options of rmm scan and rmm limits. Draws spectra of the background that describes the data,\n"
        "does the whole analysis on each, and prints: how often global p-values lie below 0.01, 0.05 and 0.5, and\n"
        "whether they are uniform; how often limits are above the injected signal; fitted against injected signal;\n"
        "and the signal that is fitted where there is none, by mass, also if the true background were of the other\n"
        "family of functions (see --spurious). Ctrl-C ends it with the results so far.\n\n"
        "  rmm check --histogram spectrum.csv --sqrt-s 13000 --repeats 300 --plots check\n" },
    { "search", SEARCH, command_search,
        "everything: trains, scores, cuts, scans, sets limits, and gives one global p-value",
        "Prints one global p-value for all spectra first: every one is scanned for a Gaussian of widths 0, 5 and 15\n"
        "% (or --width) on a background that is fitted with it, with toys made of the data's own events, so that\n"
        "spectra fluctuate together as far as they share events; the smallest p of all is ranked among those of the\n"
        "toys. Spectra begin at 300 GeV (or --low). Without --weights each event is scored by a network that has\n"
        "not seen it (--folds), or (--train-fraction) by one trained on a random part. Writes into the folder:\n"
        "weights_N.safetensors (if it trains), scores.csv, regions.csv, summary.csv and summary.json, limits.csv,\n"
        "signals.csv, spectra/MASS_REGION.csv and plots. Regions: of --cross-section or --fraction, else those of\n"
        "the weights, else 10, 1 and 0.1 pb, or if this is more than the data hold, the top 10, 1 and 0.1 %. Every\n"
        "spectrum is searched before (all) and after each cut; those with fewer than 20 events are skipped. For\n"
        "each --signal: the area under the ROC curve, efficiencies, and the change of Z = sqrt(2 ((s+b) ln(1+s/b) -\n"
        "s)) by each cut, in every mass for which at least 10 % of the signal lies within 30 % of its\n"
        "--signal-mass. s and b are the weights within one sigma of the peak (median and half of the central 68 %\n"
        "of those events). b is counted in the background events, scaled to the weight of the data, or else in the\n"
        "data, as if they contained no signal. s is scaled to --signal-pb times the luminosity or, without it, to\n"
        "sqrt(b) before the cuts, so that Z is about 1 there.\n\n"
        "  rmm search --events data.csv --sqrt-s 13000 --luminosity 140 --out search\n"
        "  rmm search --events data.csv --sqrt-s 13000 --luminosity 140 --weights w.safetensors --out search --signal "
        "s.csv --signal-mass 2000\n" },
    { "compare", COMPARE, command_compare,
        "compares the score with the simplest variables, at fixed mass, for benchmark "
        "signals",
        "For each signal and each two-body mass that at least 30 of its events have: the area under the ROC curve\n"
        "of the score, of HT, leading pT, missing ET, number of objects and mass of all, overall and at fixed mass\n"
        "(in bins of 5 %, weighted by the signal; bins with fewer than 5 background events are excluded). A search\n"
        "in a mass gains only from what is left there. Then the change of Z = sqrt(2 ((s+b) ln(1+s/b) - s)) by cuts\n"
        "that keep --fraction of the background at every value of the mass, within one sigma of the peak, with s\n"
        "scaled to sqrt(b) before them, in every mass in which at least 10 % of the signal lies within 30 % of its\n"
        "--signal-mass. Without --weights the scores of the background are out of fold, and those of a signal the\n"
        "mean of the networks.\n\n"
        "  rmm compare --events background.csv --sqrt-s 13000 --signal zprime.csv --signal-mass 2000\n"
        "  rmm compare --events background.csv --weights w.safetensors --signal a.csv --signal b.csv\n" },
    EXPORT_COMMAND(EXPORT, "passwd_rmm_parse")
};

int main(int argc, char **argv) {
    const tool rmm = { "searches for new particles in two-body masses (arXiv 1805.11650, 2307.01612)",
        "  rmm train  --events data.csv --sqrt-s 13000 --out w.safetensors --fraction 0.1,0.01\n"
        "  rmm score  --weights w.safetensors --events data.csv --out scores.csv --masses\n"
        "  rmm hunt   --masses scores.csv --mass mjb --region top0.01 --plots plots\n"
        "  rmm limits --masses scores.csv --column mjb --region top0.01 --luminosity 140\n"
        "or everything at once:\n"
        "  rmm search --events data.csv --sqrt-s 13000 --luminosity 140 --out search\n",
        known_options, sizeof known_options / sizeof *known_options, commands, sizeof commands / sizeof *commands };
    settings s;
    processes_begin(&argc, &argv);
    memset(&s, 0, sizeof s);
    s.seed = 1;
    s.threads = all_threads();
    s.event = INT64_MIN;
    s.patience = -1;
    s.validation = -1.0;
    s.toys = -1;
    s.points = 20;
    s.repeats = 200;
    s.target = 5.0;
    s.bins_per_sigma = 1.0;
    catch_interrupts();
    return run_tool(&rmm, &s, argc, argv);
}

#include "spectra.h"

/* ------------------------------------------------------------------------------------------------------------------
   Configuration
   --------------------------------------------------------------------------------------------------------------- */

/* Preset, then file, then command line. */
static int configure(const settings *s, passwd_rmm_config *c) {
    passwd_error error;
    const int autoencoder = s->network ? s->network == NETWORK_AUTOENCODER : s->widths.count || s->loss;
    passwd_status status;
    char preset[64];
    int k;
    if (!autoencoder && (s->widths.count || s->loss))
        return complain(USAGE,
            "--widths and --loss belong to --network autoencoder; the density has \"components\" and \"noise\" in "
            "--config");
    snprintf(preset, sizeof preset, "%.32s%s", s->layout ? s->layout : "search", autoencoder ? "-autoencoder" : "");
    status = passwd_rmm_preset(preset, c, &error);
    if (status == PASSWD_OK && s->config) {
        size_t length = 0;
        char *text = read_text(s->config, &length);
        if (!text) return FAILED;
        status = passwd_rmm_config_read(c, text, length, s->config, &error);
        free(text);
    }
    if (status != PASSWD_OK) return failed(&error);
    if (s->sqrt_s > 0.0) c->layout.sqrt_s = s->sqrt_s;
    if (s->c > 0.0) c->layout.c = s->c;
    if (s->skip_others) c->layout.skip_others = 1;
    if (s->widths.count > PASSWD_RMM_WIDTHS)
        return complain(USAGE, "--widths accepts at most %d hidden layers", PASSWD_RMM_WIDTHS);
    if (s->widths.count) c->n_widths = s->widths.count;
    for (k = 0; k < s->widths.count; k++) {
        c->widths[k] = (int)s->widths.item[k];
        if ((double)c->widths[k] != s->widths.item[k])
            return complain(USAGE, "--widths accepts integers, not %g", s->widths.item[k]);
    }
    if (s->loss) c->log_loss = s->loss == LOSS_LOG ? 1 : s->loss == LOSS_MSE ? 0 : 2;
    if (s->epochs) c->epochs = s->epochs;
    if (s->batch) c->batch = s->batch;
    if (s->rate > 0.0) c->rate = (float)s->rate;
    if (s->patience >= 0) c->patience = s->patience;
    if (s->validation >= 0.0) c->validation = (float)s->validation;
    if (c->layout.sqrt_s == 0.0)
        return complain(USAGE, "--sqrt-s GEV is missing: give the collision energy, such as 13000");
    return passwd_rmm_layout_check(&c->layout, &error) == PASSWD_OK ? OK : failed(&error);
}
static void tell_left_out(const passwd_rmm_dropped *d) {
    if (d->beyond > 0)
        complain(OK, "objects dropped: %lld, the softest ones of types with more objects than the layout keeps",
            (long long)d->beyond);
    if (d->others > 0)
        complain(OK, "objects skipped: %lld, of types that the layout does not list", (long long)d->others);
}
/* ------------------------------------------------------------------------------------------------------------------
   Events: several files as one
   --------------------------------------------------------------------------------------------------------------- */

#include "copies.h"
/* All events of all files; each file is checked by itself so that messages name it. */
static int load_joined(const texts *files, const passwd_rmm_layout *layout, passwd_events *all) {
    passwd_rmm_encoder encoder;
    passwd_error error;
    copies seen = { NULL, NULL, 0, 0, 0 };
    int k, status = OK;
    memset(all, 0, sizeof *all);
    if (passwd_rmm_encoder_new(layout, &encoder, &error)) return failed(&error);
    for (k = 0; k < files->count && status == OK; k++) {
        const texts one = one_file(files->item[k]);
        const char *missing;
        passwd_events events;
        memset(&events, 0, sizeof events);
        status = load_events(&one, NULL, &events);
        if (status == OK && passwd_rmm_check(&encoder, &events, NULL, &error))
            status = failed_in(files->item[k], &error);
        if (status == OK && !join(all, &events, NULL, &missing))
            status = complain(
                FAILED, "%s: there is not enough memory for its %lld events", files->item[k], (long long)events.count);
        passwd_events_free(&events);
    }
    if (status == OK && all->count && !copies_merge(all, &seen))
        status = complain(FAILED, "there is not enough memory for %lld events", (long long)all->count);
    copies_free(&seen);
    if (status != OK) passwd_events_free(all);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Plots that several commands make
   --------------------------------------------------------------------------------------------------------------- */

/* A matrix in colours, with lines between the types. */
static int picture_matrix(
    const settings *s, const passwd_rmm_layout *layout, const double *matrix, const char *title, const char *path) {
    const int n = passwd_rmm_objects(layout);
    double *cells = (double *)malloc((size_t)(n * n) * sizeof *cells), largest = 0.0;
    char types[128] = "met 0";
    int k, at = 1;
    plot *p;
    if (!cells) return complain(FAILED, "there is not enough memory for a picture");
    for (k = 0; k < n * n; k++) {
        cells[k] = fabs(matrix[k]); /* h is not signed, and dET is taken of ordered objects */
        largest = fmax(largest, cells[k]);
    }
    for (k = 0; k < layout->types; k++) {
        const size_t length = strlen(types);
        snprintf(types + length, sizeof types - length, ", %.15s %d-%d", layout->type[k], at, at + layout->most[k] - 1);
        at += layout->most[k];
    }
    p = plot_new(types, "Row");
    plot_label(p, s->label ? s->label : "");
    plot_size(p, 940, 800);
    plot_note(p, title);
    for (k = 0, at = 1; k < layout->types; at += layout->most[k++]) {
        plot_vline(p, at - 0.5, thin_grey);
        plot_hline(p, at - 0.5, thin_grey);
    }
    plot_image(p, cells, n, n, -0.5, n - 0.5, -0.5, n - 0.5, "Cell of the matrix", largest > 0.0 ? largest * 1e-5 : 0.0,
        largest, 1);
    free(cells);
    return write_plot_at(p, path);
}

/* ------------------------------------------------------------------------------------------------------------------
   rmm encode
   --------------------------------------------------------------------------------------------------------------- */

typedef struct encoding {
    const settings *s;
    passwd_rmm_encoder encoder;
    passwd_rmm_dropped dropped;
    FILE *csv;
    float *rows, *matrices;       /* of a block; inputs (or cells), whole matrices */
    float *kept;                  /* for safetensors: of all events */
    size_t kept_count, kept_room; /* floats */
    double *sum, *picture;        /* N x N: weighted sum, the event of the picture */
    double total;
    int64_t events;
    int found, lost; /* the event of the pictures, and whether its display could not be written */
} encoding;

#include "rmm_display.h"

static int encode_csv(encoding *e, const passwd_events *v, int each) {
    int64_t k;
    int i;
    for (k = 0; k < v->count; k++) {
        fprintf(e->csv, "%lld", (long long)v->id[k]);
        for (i = 0; i < each; i++) {
            const double x = (double)e->rows[k * each + i];
            if (x == 0.0) fputs(",0", e->csv); /* nearly all of them */
            else put_number(e->csv, x);
        }
        fputc('\n', e->csv);
    }
    return !ferror(e->csv);
}
static int encode_keep(encoding *e, const passwd_events *v, int each) {
    const size_t n = (size_t)v->count * (size_t)each;
    if (e->kept_count + n > e->kept_room) {
        const size_t room = 2 * e->kept_room + n;
        float *more = (float *)realloc(e->kept, room * sizeof *more);
        if (!more) {
            complain(FAILED, "there is not enough memory for %zu matrices: write .csv, which needs none",
                e->kept_count / (size_t)each);
            return 0;
        }
        e->kept = more;
        e->kept_room = room;
    }
    memcpy(e->kept + e->kept_count, e->rows, n * sizeof *e->kept);
    e->kept_count += n;
    return 1;
}
static void encode_pictures(encoding *e, const passwd_events *v) {
    const int cells = e->encoder.objects * e->encoder.objects;
    int64_t k;
    int i;
    for (k = 0; k < v->count; k++) {
        const int here = !e->found && (e->s->event == INT64_MIN || v->id[k] == e->s->event);
        for (i = 0; i < cells; i++) {
            const double x = (double)e->matrices[k * cells + i];
            e->sum[i] += v->weight[k] * x;
            if (here) e->picture[i] = x;
        }
        e->total += v->weight[k];
        if (here) e->found = 1;
        if (here && e->s->display && plot_display(e->s, &e->encoder.layout, v, k)) e->lost = 1;
    }
}
static int encode_block(void *user, const passwd_events *v) {
    encoding *e = (encoding *)user;
    const int each = e->s->whole ? e->encoder.objects * e->encoder.objects : e->encoder.inputs;
    passwd_error error;
    if (e->s->out && passwd_rmm_encode(&e->encoder, v, 0, v->count, e->s->whole, e->rows, NULL, &error)) {
        failed_in(reading, &error);
        return 0;
    }
    if (passwd_rmm_encode(&e->encoder, v, 0, v->count, 1, e->matrices, &e->dropped, &error)) {
        failed_in(reading, &error);
        return 0;
    }
    encode_pictures(e, v);
    e->events += v->count;
    return !e->s->out || (e->csv ? encode_csv(e, v, each) : encode_keep(e, v, each));
}
static void encode_header(encoding *e, const int32_t *cells, int each) {
    char name[64];
    int i;
    fputs("event", e->csv);
    for (i = 0; i < each; i++) {
        passwd_rmm_cell_name(&e->encoder.layout, cells[i] / e->encoder.objects, cells[i] % e->encoder.objects, name);
        put_name(e->csv, name);
    }
    fputc('\n', e->csv);
}
/* The tensor, with the layout and the names of the cells (a JSON list) as metadata. */
static int encode_tensors(encoding *e, const int32_t *cells, int each) {
    passwd_tensor_writer w;
    passwd_json_writer json[2];
    passwd_error error;
    passwd_status status;
    const char *text[2];
    int64_t shape[3];
    char name[64];
    int i;
    passwd_tensor_writer_init(&w, NULL);
    passwd_json_writer_init(json, NULL);
    passwd_json_writer_init(json + 1, NULL);
    passwd_rmm_layout_write(&e->encoder.layout, json);
    passwd_json_begin_array(json + 1);
    for (i = 0; i < each; i++) {
        passwd_rmm_cell_name(&e->encoder.layout, cells[i] / e->encoder.objects, cells[i] % e->encoder.objects, name);
        passwd_json_write_string(json + 1, name);
    }
    passwd_json_end_array(json + 1);
    shape[0] = e->events;
    shape[1] = e->s->whole ? e->encoder.objects : each;
    shape[2] = e->encoder.objects;
    status = passwd_json_finish(json, text, NULL, &error);
    if (!status) status = passwd_json_finish(json + 1, text + 1, NULL, &error);
    if (!status) status = passwd_tensor_writer_metadata(&w, "layout", text[0], &error);
    if (!status) status = passwd_tensor_writer_metadata(&w, "cells", text[1], &error);
    if (!status)
        status = passwd_tensor_writer_add(
            &w, e->s->whole ? "rmm" : "inputs", PASSWD_DTYPE_F32, e->s->whole ? 3 : 2, shape, e->kept, &error);
    if (!status) status = passwd_tensor_writer_save(&w, e->s->out, &error);
    passwd_tensor_writer_free(&w);
    passwd_json_writer_free(json);
    passwd_json_writer_free(json + 1);
    return status == PASSWD_OK ? OK : failed(&error);
}
static int encode_finish(encoding *e) {
    const int n = e->encoder.objects;
    char title[64];
    int k, status = OK;
    for (k = 0; k < n * n; k++) e->sum[k] /= e->total;
    snprintf(title, sizeof title, "mean of %lld events", (long long)e->events);
    if (e->s->average && !(e->total > 0.0))
        status = complain(FAILED, "the sum of the weights of the events is %g: there is no mean", e->total);
    else if (e->s->average) status = picture_matrix(e->s, &e->encoder.layout, e->sum, title, e->s->average);
    if (status == OK && e->lost) status = FAILED;
    if (status == OK && (e->s->picture || e->s->display) && !e->found)
        status = complain(FAILED, "there is no event %lld", (long long)e->s->event);
    if (e->s->event == INT64_MIN) snprintf(title, sizeof title, "the first event");
    else snprintf(title, sizeof title, "event %lld", (long long)e->s->event);
    if (status == OK && e->s->picture)
        status = picture_matrix(e->s, &e->encoder.layout, e->picture, title, e->s->picture);
    tell_left_out(&e->dropped);
    return status;
}
static int encode_tell(const encoding *e, FILE *to) {
    passwd_json_writer w;
    if (!e->s->json) {
        fprintf(to, "%lld events, matrices of %d x %d cells, %d of them inputs\n", (long long)e->events,
            e->encoder.objects, e->encoder.objects, e->encoder.inputs);
        return OK;
    }
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_count(&w, "events", e->events);
    put_count(&w, "objects", e->encoder.objects);
    put_count(&w, "inputs", e->encoder.inputs);
    put_count(&w, "left_out", e->dropped.beyond);
    put_count(&w, "passed_over", e->dropped.others);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int ends_with(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n >= m && !strcmp(text + n - m, end);
}
/* Runs with everything allocated; cells: of all columns. */
static int encode_go(encoding *e, const int32_t *cells, int each) {
    const settings *s = e->s;
    const int tensors = s->out && ends_with(s->out, ".safetensors");
    output to;
    int status;
    memset(&to, 0, sizeof to);
    if (s->out && !tensors) {
        if (!output_open(&to, s->out)) return FAILED;
        e->csv = to.file;
        encode_header(e, cells, each);
    } else if (tensors && !check_writable(s->out)) return FAILED;
    status = each_file(&s->events, NULL, encode_block, e);
    if (e->csv && !output_close(&to, status == OK || ferror(to.file))) status = FAILED;
    if (status == OK && tensors) status = encode_tensors(e, cells, each);
    if (status == OK) status = encode_finish(e);
    if (status == OK) status = encode_tell(e, s->out && !strcmp(s->out, "-") ? stderr : stdout);
    return status;
}
/* A command must not write a file that it reads, or one file twice. */
static int check_files(const settings *s) {
    const texts *const read[] = { &s->events, &s->histogram, &s->masses, &s->kde_events, &s->shape_events,
        &s->background_events };
    const char *files[9];
    int i, k, status = OK;
    files[0] = s->out && strcmp(s->out, "-") ? s->out : NULL;
    files[1] = s->log;
    files[2] = s->checkpoint;
    files[3] = s->picture;
    files[4] = s->average;
    files[5] = s->pyhf;
    files[6] = s->display;
    files[7] = s->config;
    files[8] = s->shape;
    status = check_outputs(files, 7, 9);
    for (i = 0; i < (int)(sizeof read / sizeof *read); i++)
        for (k = 0; k < read[i]->count && status == OK; k++) {
            files[7] = read[i]->item[k];
            status = check_outputs(files, 7, 8);
        }
    return status;
}
static int command_encode(const settings *s) {
    passwd_rmm_config c;
    passwd_error error;
    encoding e;
    int32_t *cells;
    int k, n, each, status = configure(s, &c);
    memset(&e, 0, sizeof e);
    if (status == OK) status = check_files(s);
    if (status != OK) return status;
    if (!s->out && !s->picture && !s->average && !s->display)
        return complain(USAGE, "nothing to do: give --out, --picture, --display or --average");
    if (s->json && s->out && !strcmp(s->out, "-"))
        return complain(USAGE, "--json and --out - would both write to standard output");
    if (passwd_rmm_encoder_new(&c.layout, &e.encoder, &error)) return failed(&error);
    n = e.encoder.objects * e.encoder.objects;
    each = s->whole ? n : e.encoder.inputs;
    e.s = s;
    e.rows = (float *)malloc(BLOCK * (size_t)n * sizeof *e.rows);
    e.matrices = (float *)malloc(BLOCK * (size_t)n * sizeof *e.matrices);
    e.sum = (double *)calloc((size_t)n, sizeof *e.sum);
    e.picture = (double *)calloc((size_t)n, sizeof *e.picture);
    cells = (int32_t *)malloc((size_t)n * sizeof *cells);
    if (e.rows && e.matrices && e.sum && e.picture && cells) {
        for (k = 0; k < n; k++) cells[k] = k;
        if (!s->whole) passwd_rmm_input_cells(&c.layout, cells);
        status = encode_go(&e, cells, each);
    } else status = complain(FAILED, "there is not enough memory for %d matrices of %d cells", BLOCK, n);
    free(e.rows);
    free(e.matrices);
    free(e.kept);
    free(e.sum);
    free(e.picture);
    free(cells);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Samples: scores and masses of events
   --------------------------------------------------------------------------------------------------------------- */

typedef struct sample {
    char name[96];
    double mass, pb; /* of a signal; 0: not given */
    int masses;
    int64_t count, room;
    int64_t *id;
    double *score, *weight, *mass_of; /* mass_of: count x masses, NaN if there is none */
    double total;                     /* weight */
    double *average;                  /* mean matrix, N x N; NULL: not needed */
    int flat, simples; /* regions chosen on it are flat in mass; simple variables: PASSWD_RMM_SIMPLE, or 0 */
    double *simple;    /* count x simples */
    copies seen;       /* of its events, while they are read */
} sample;

static void sample_free(sample *a) {
    free(a->id);
    free(a->score);
    free(a->weight);
    free(a->mass_of);
    free(a->average);
    free(a->simple);
    copies_free(&a->seen);
    memset(a, 0, sizeof *a);
}
static int sample_grow(sample *a, int64_t more) {
    const size_t room = (size_t)(2 * a->room + more), masses = (size_t)(a->masses + 1);
    void *p;
    if (a->count + more <= a->room) return 1;
    if (!(p = realloc(a->id, room * sizeof *a->id))) return 0;
    a->id = (int64_t *)p;
    if (!(p = realloc(a->score, room * sizeof *a->score))) return 0;
    a->score = (double *)p;
    if (!(p = realloc(a->weight, room * sizeof *a->weight))) return 0;
    a->weight = (double *)p;
    if (!(p = realloc(a->mass_of, room * masses * sizeof *a->mass_of))) return 0;
    a->mass_of = (double *)p;
    if (!(p = realloc(a->simple, room * (size_t)(a->simples + 1) * sizeof *a->simple))) return 0;
    a->simple = (double *)p;
    a->room = (int64_t)room;
    return 1;
}

/* A network, with work space for blocks of events. */
typedef struct scorer {
    passwd_rmm *rmm;
    passwd_rmm_job *job;
    passwd_rmm_encoder encoder;
    passwd_rmm_dropped dropped;
    float *matrices; /* of a block; only if means are needed */
    sample *to;
} scorer;

static void scorer_close(scorer *r) {
    passwd_rmm_job_free(r->job);
    free(r->matrices);
    r->job = NULL;
    r->matrices = NULL;
}
/* For the network in r->rmm. */
static int scorer_open(scorer *r, const settings *s) {
    passwd_workspace_options o;
    passwd_error error;
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    memset(&r->dropped, 0, sizeof r->dropped);
    if (passwd_rmm_encoder_new(&passwd_rmm_config_of(r->rmm)->layout, &r->encoder, &error)
        || passwd_rmm_job_new(r->rmm, &o, &r->job, &error))
        return failed(&error);
    return OK;
}
static int score_average(scorer *r, const passwd_events *v, passwd_error *error) {
    const int cells = r->encoder.objects * r->encoder.objects;
    int64_t k;
    int i;
    if (!r->matrices) r->matrices = (float *)malloc(BLOCK * (size_t)cells * sizeof *r->matrices);
    if (!r->matrices) {
        snprintf(error->message, sizeof error->message, "There is not enough memory for %d matrices.", BLOCK);
        return 0;
    }
    if (passwd_rmm_encode(&r->encoder, v, 0, v->count, 1, r->matrices, NULL, error)) return 0;
    for (k = 0; k < v->count; k++)
        for (i = 0; i < cells; i++) r->to->average[i] += v->weight[k] * (double)r->matrices[k * cells + i];
    return 1;
}
/* Keeps the given events of those behind the sample's: those that are not copies of others. */
static int sample_keep(sample *a, const passwd_events *v) {
    const size_t masses = (size_t)a->masses, simples = (size_t)a->simples;
    const int64_t from = a->count;
    int64_t k;
    for (k = 0; k < v->count; k++) {
        const size_t to = (size_t)a->count, at = (size_t)(from + k);
        const int64_t first = copies_first(&a->seen, v, k, a->count);
        if (first < 0) {
            complain(FAILED, "%s: there is not enough memory for %lld events", a->name, (long long)(from + v->count));
            return 0;
        }
        a->total += v->weight[k];
        if (first < a->count) {
            a->weight[first] += v->weight[k];
            continue;
        }
        a->id[to] = v->id[k];
        a->weight[to] = v->weight[k];
        a->score[to] = a->score[at];
        memmove(a->mass_of + to * masses, a->mass_of + at * masses, masses * sizeof *a->mass_of);
        memmove(a->simple + to * simples, a->simple + at * simples, simples * sizeof *a->simple);
        a->count++;
    }
    return 1;
}
static int score_block(void *user, const passwd_events *v) {
    scorer *r = (scorer *)user;
    sample *a = r->to;
    passwd_error error;
    if (!sample_grow(a, v->count)) {
        complain(FAILED, "%s: there is not enough memory for %lld events", a->name, (long long)(a->count + v->count));
        return 0;
    }
    if (passwd_rmm_run(r->job, v, 0, v->count, a->score + a->count, &r->dropped, &error)
        || (a->masses && passwd_rmm_masses(&r->encoder, v, 0, v->count, a->mass_of + a->count * a->masses, &error))
        || (a->simples && passwd_rmm_simple(&r->encoder, v, 0, v->count, a->simple + a->count * a->simples, &error))
        || (a->average && !score_average(r, v, &error))) {
        failed_in(reading, &error);
        return 0;
    }
    return sample_keep(a, v);
}
/* Scores and (masses, average: if requested) the rest of all events of some files. */
static int collect(scorer *r, const texts *files, const char *name, int masses, int average, sample *a) {
    const int cells = r->encoder.objects * r->encoder.objects;
    int k, status;
    memset(a, 0, sizeof *a);
    snprintf(a->name, sizeof a->name, "%s", name);
    a->masses = masses ? r->encoder.layout.masses : 0;
    a->simples = average ? PASSWD_RMM_SIMPLE : 0;
    if (average && !(a->average = (double *)calloc((size_t)cells, sizeof *a->average)))
        return complain(FAILED, "there is not enough memory for a matrix");
    r->to = a;
    status = each_file(files, NULL, score_block, r);
    if (status == OK) copies_tell(&a->seen, a->count + a->seen.found);
    copies_free(&a->seen);
    for (k = 0; a->average && k < cells; k++) a->average[k] /= a->total;
    if (status == OK && !(a->total > 0.0))
        status = complain(
            FAILED, "%s: the sum of the weights of the events is %g; it should be positive", a->name, a->total);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Regions
   --------------------------------------------------------------------------------------------------------------- */

static passwd_status save_rmm(const void *rmm, const char *path, passwd_error *error) {
    return passwd_rmm_save((const passwd_rmm *)rmm, path, error);
}

static int wants_regions(const settings *s) { return s->cross_section.count + s->fraction.count; }
static int check_regions(const settings *s) {
    if (s->cross_section.count && !(s->luminosity > 0.0))
        return complain(USAGE, "regions of a cross-section need --luminosity [1/fb]");
    if (wants_regions(s) > PASSWD_RMM_REGIONS)
        return complain(USAGE, "there can be at most %d regions", PASSWD_RMM_REGIONS);
    return OK;
}
static int add_region(passwd_rmm *rmm, const sample *a, double cross_section, double luminosity, double fraction) {
    passwd_rmm_region g;
    passwd_error error;
    memset(&g, 0, sizeof g);
    g.cross_section = cross_section;
    g.luminosity = cross_section > 0.0 ? luminosity : 0.0;
    g.fraction = fraction;
    if (cross_section > 0.0) snprintf(g.name, sizeof g.name, "%gpb", cross_section);
    else snprintf(g.name, sizeof g.name, "top%g", fraction);
    if (a->flat ? passwd_rmm_cut_flat(a->score, a->weight, a->mass_of, a->masses, a->count, &g, NULL, &error)
                : passwd_rmm_cut(a->score, a->weight, a->count, &g, NULL, &error))
        return failed(&error);
    if (passwd_rmm_add_region(rmm, &g, &error)) return failed(&error);
    return OK;
}
/* Replaces the regions of the network by those requested, chosen on a sample. */
static int choose_regions(
    passwd_rmm *rmm, const sample *a, const reals *cross_section, const reals *fraction, double luminosity) {
    int k, status = OK;
    passwd_rmm_clear_regions(rmm);
    for (k = 0; k < cross_section->count && status == OK; k++)
        status = add_region(rmm, a, cross_section->item[k], luminosity, 0.0);
    for (k = 0; k < fraction->count && status == OK; k++) status = add_region(rmm, a, 0.0, 0.0, fraction->item[k]);
    return status;
}
static void print_regions(const passwd_rmm *rmm) {
    const passwd_rmm_region *g;
    const int n = passwd_rmm_regions(rmm, &g);
    table t = { NULL, 0, 0, 0, "" };
    int k;
    if (n) table_row(&t, "region|score above|events|fraction");
    for (k = 0; k < n; k++)
        table_row(&t, "%s|%.4f|%.10g|%.4g %%", g[k].name, g[k].cut, g[k].events, 100.0 * g[k].fraction);
    table_print(&t, 1, stdout);
}
/* Weight above a cut; NULL: of all. */
static double above_cut(const sample *a, const passwd_rmm_region *g) {
    double sum = 0.0;
    int64_t k;
    for (k = 0; k < a->count; k++)
        if (!g || a->score[k] > g->cut) sum += a->weight[k];
    return sum;
}
/* With their events in a sample, or (NULL) in the one that they were chosen on. */
static void put_regions(passwd_json_writer *w, const passwd_rmm *rmm, const sample *on) {
    const passwd_rmm_region *g;
    const int n = passwd_rmm_regions(rmm, &g);
    int k;
    put_array(w, "regions");
    for (k = 0; k < n; k++) {
        passwd_json_begin_object(w);
        put_word(w, "name", g[k].name);
        put_json(w, "cut", g[k].cut);
        put_json(w, "events", on ? above_cut(on, g + k) : g[k].events);
        put_json(w, "fraction", on ? above_cut(on, g + k) / on->total : g[k].fraction);
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
}

/* ------------------------------------------------------------------------------------------------------------------
   rmm train, rmm regions
   --------------------------------------------------------------------------------------------------------------- */

/* A random fraction of the events, by number; all if fraction is 0. NULL: no memory. */
static int64_t *pick_events(const settings *s, const passwd_events *events, double fraction, int64_t *count) {
    int64_t *places = (int64_t *)malloc(((size_t)events->count + 1) * sizeof *places), k;
    *count = 0;
    for (k = 0; places && k < events->count; k++)
        if (fraction <= 0.0
            || passwd_random_uniform((uint64_t)s->seed, 0x7061u + (uint32_t)((uint64_t)k >> 32), (uint32_t)k)
                < fraction)
            places[(*count)++] = k;
    return places;
}
/* Trains a new network on events and saves it; it is kept in r->rmm. */
static int train_network(scorer *r, const passwd_rmm_config *c, const passwd_events *events, const settings *s,
    const char *out, const char *log, passwd_train_report *report) {
    passwd_train_options o;
    passwd_rmm_dropped dropped = { 0, 0 };
    passwd_error error;
    passwd_status status;
    training t;
    int64_t *places, count;
    int answer;
    memset(report, 0, sizeof *report);
    if (passwd_rmm_new(c, (uint64_t)s->seed, NULL, &r->rmm, &error)) return failed(&error);
    memset(&t, 0, sizeof t);
    t.model = passwd_rmm_model(r->rmm);
    t.meter = meter_new();
    t.log_path = log;
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    o.seed = (uint64_t)s->seed;
    o.checkpoint = s->checkpoint;
    o.progress = on_step;
    o.user = &t;
    o.ranks = processes();
    places = pick_events(s, events, s->train_fraction, &count);
    if (!places) return complain(FAILED, "there is not enough memory for %lld events", (long long)events->count);
    status = passwd_rmm_train_on(r->rmm, events, places, count, &o, report, &dropped, &error);
    free(places);
    tell_left_out(&dropped);
    answer = end_training(&t, status, &error, report, c->patience, r->rmm, out, save_rmm);
    if (status == PASSWD_STOPPED) interrupted = 0; /* the rest is short; a second signal ends it */
    return close_log(&t, answer);
}
/* Trains the networks of all folds on the events, and scores these out of fold. The networks are returned in *folds,
   for events that none of them has seen. */
static int out_of_fold(const passwd_rmm_config *c, const passwd_events *events, const settings *s,
    passwd_rmm_folds **folds, double *scores) {
    const int n = s->folds ? s->folds : 5;
    passwd_train_report report[PASSWD_RMM_FOLDS];
    passwd_rmm_dropped dropped = { 0, 0 };
    passwd_train_options o;
    passwd_status status;
    passwd_error error;
    training t;
    int k;
    if (passwd_rmm_folds_new(c, n, (uint64_t)s->seed, NULL, folds, &error)) return failed(&error);
    memset(&t, 0, sizeof t);
    t.model = passwd_rmm_model(passwd_rmm_folds_network(*folds, 0));
    t.meter = meter_new();
    memset(&o, 0, sizeof o);
    o.threads = s->threads;
    o.simd = s->simd;
    o.seed = (uint64_t)s->seed;
    o.progress = on_step;
    o.user = &t;
    o.ranks = processes();
    memset(report, 0, sizeof report);
    status = passwd_rmm_folds_train(*folds, events, &o, scores, report, &dropped, &error);
    meter_clear();
    tell_left_out(&dropped);
    for (k = 0; k < n && report[k].steps; k++) tell_training(report + k, c->patience, now() - t.meter.start);
    if (status == PASSWD_STOPPED) return complain(FAILED, "interrupted: not all of the %d networks are trained", n);
    return status == PASSWD_OK ? OK : failed(&error);
}
static int train_tell(const scorer *r, const passwd_train_report *report, const settings *s) {
    passwd_json_writer w;
    if (!s->json) {
        print_regions(r->rmm);
        return OK;
    }
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_count(&w, "events", report->events);
    put_count(&w, "steps", report->steps);
    put_count(&w, "epochs", report->epochs);
    put_count(&w, "best_epoch", report->best_epoch);
    put_json(&w, "loss", report->total);
    put_json(&w, "validation", report->validation < 1e30 ? report->validation : (double)NAN);
    put_regions(&w, r->rmm, NULL);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
/* Scores the events of some files, chooses regions on them and saves the weights with these. */
static int choose_on_files(scorer *r, const settings *s) {
    sample a;
    int status = scorer_open(r, s);
    memset(&a, 0, sizeof a);
    if (status == OK && s->flat && r->encoder.layout.masses == 0)
        status = complain(USAGE, "--flat needs masses, but the layout has none");
    if (status == OK) status = collect(r, &s->events, "events", s->flat, 0, &a);
    a.flat = s->flat;
    if (status == OK) status = choose_regions(r->rmm, &a, &s->cross_section, &s->fraction, s->luminosity);
    if (status == OK) status = save_weights(r->rmm, s->out, save_rmm);
    sample_free(&a);
    scorer_close(r);
    return status;
}
static int check_second_pass(const char *path) {
    return strcmp(path, "-")
        ? OK
        : complain(USAGE, "the events are read twice: they must come from a file, not from standard input");
}
static int check_training_files(const settings *s) {
    int k, status = check_files(s);
    for (k = 0; k < s->events.count && status == OK; k++)
        if (wants_regions(s)) status = check_second_pass(s->events.item[k]);
    return status == OK && !(check_writable(s->out) && (!s->checkpoint || check_writable(s->checkpoint))) ? FAILED
                                                                                                          : status;
}
static int command_train(const settings *s) {
    passwd_rmm_config c;
    passwd_events events;
    passwd_train_report report;
    scorer r;
    int status = configure(s, &c);
    memset(&r, 0, sizeof r);
    memset(&events, 0, sizeof events);
    if (status == OK) status = check_regions(s);
    if (status == OK) status = check_training_files(s);
    if (status == OK) status = load_joined(&s->events, &c.layout, &events);
    if (status == OK) status = train_network(&r, &c, &events, s, s->out, s->log, &report);
    passwd_events_free(&events);
    if (status == OK && wants_regions(s)) {
        status = choose_on_files(&r, s);
        if (status != OK)
            complain(OK, "the weights are in %s, but without regions; choose regions with rmm regions", s->out);
    }
    if (status == OK) status = train_tell(&r, &report, s);
    passwd_rmm_free(r.rmm);
    return status;
}
static int command_regions(const settings *s) {
    passwd_json_writer w;
    passwd_error error;
    scorer r;
    int status = check_regions(s);
    memset(&r, 0, sizeof r);
    if (status == OK) status = check_files(s);
    if (status == OK && !wants_regions(s))
        status = complain(USAGE, "give --cross-section with --luminosity, or --fraction; see rmm regions --help");
    if (status == OK && !check_writable(s->out)) status = FAILED;
    if (status == OK && passwd_rmm_load(s->weights, NULL, &r.rmm, &error)) status = failed(&error);
    if (status == OK) status = choose_on_files(&r, s);
    tell_left_out(&r.dropped);
    if (status == OK && s->json) {
        passwd_json_writer_init(&w, NULL);
        passwd_json_begin_object(&w);
        put_regions(&w, r.rmm, NULL);
        passwd_json_end_object(&w);
        status = print_json_text(&w);
    } else if (status == OK) print_regions(r.rmm);
    passwd_rmm_free(r.rmm);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   rmm score
   --------------------------------------------------------------------------------------------------------------- */

/* Writes while reading, and counts what passes the regions. */
typedef struct score_writer {
    scorer *r;
    FILE *file;
    keeping kept;
    int masses;
    int64_t events;
    double total, above[PASSWD_RMM_REGIONS];
} score_writer;

static void score_header(FILE *to, const passwd_rmm *rmm, int simples, int masses, const keeping *kept) {
    const passwd_rmm_layout *layout = &passwd_rmm_config_of(rmm)->layout;
    const passwd_rmm_region *g;
    const int n = passwd_rmm_regions(rmm, &g);
    char name[40], column[96];
    int k, i;
    fputs("event,weight,score", to);
    for (k = 0; k < n; k++) {
        if (!g[k].flat) put_name(to, g[k].name);
        for (i = 0; g[k].flat && i < layout->masses; i++) {
            passwd_rmm_mass_name(layout, i, name);
            snprintf(column, sizeof column, "%s_m%s", g[k].name, name);
            put_name(to, column);
        }
    }
    for (k = 0; k < simples; k++) put_name(to, passwd_rmm_simple_name(k));
    for (k = 0; k < masses; k++) {
        passwd_rmm_mass_name(layout, k, name);
        fprintf(to, ",m%s", name);
    }
    if (kept) keep_header(kept, to);
    fputc('\n', to);
}
/* Whether an event is in a region, as 0 and 1; for a flat region, in the spectrum of each mass that the event has. */
static void score_region(FILE *to, const sample *a, int64_t k, const passwd_rmm_region *g) {
    int i;
    if (!g->flat) fputs(a->score[k] > g->cut ? ",1" : ",0", to);
    for (i = 0; g->flat && i < a->masses; i++) {
        const double mass = a->mass_of[k * a->masses + i];
        fputs(isnan(mass) ? "," : a->score[k] > passwd_rmm_cut_at(g, i, mass) ? ",1" : ",0", to);
    }
}
/* kept: columns of these events (NULL: none) */
static void score_rows(
    FILE *to, const sample *a, const passwd_rmm *rmm, int masses, const keeping *kept, const passwd_events *v) {
    const passwd_rmm_region *g;
    const int n = passwd_rmm_regions(rmm, &g);
    int64_t k;
    int i;
    for (k = 0; k < a->count; k++) {
        fprintf(to, "%lld", (long long)a->id[k]);
        put_number(to, a->weight[k]);
        put_number(to, a->score[k]);
        for (i = 0; i < n; i++) score_region(to, a, k, g + i);
        for (i = 0; i < a->simples; i++) put_number(to, a->simple[k * a->simples + i]);
        for (i = 0; i < masses; i++) put_field(to, a->mass_of[k * a->masses + i]);
        if (kept) keep_event(kept, v, k, to);
        fputc('\n', to);
    }
}
static int score_and_write(void *user, const passwd_events *v) {
    score_writer *w = (score_writer *)user;
    const passwd_rmm_region *g;
    const int n = passwd_rmm_regions(w->r->rmm, &g);
    sample *a = w->r->to;
    int k;
    a->count = 0;
    a->total = 0.0;
    if (!score_block(w->r, v)) return 0;
    score_rows(w->file, a, w->r->rmm, w->masses, &w->kept, v);
    w->events += a->count;
    w->total += a->total;
    for (k = 0; k < n; k++) w->above[k] += above_cut(a, g + k);
    return !ferror(w->file);
}
static int score_tell(const score_writer *w, const settings *s) {
    const passwd_rmm_region *g;
    const int n = passwd_rmm_regions(w->r->rmm, &g);
    passwd_json_writer json;
    table t = { NULL, 0, 0, 0, "" };
    int k;
    if (!s->json) {
        FILE *to = strcmp(s->out, "-") ? stdout : stderr;
        table_row(&t, "region|score above|events|efficiency");
        table_row(&t, "all||%.10g|100 %%", w->total);
        for (k = 0; k < n; k++)
            table_row(&t, "%s|%.4f|%.10g|%.4g %%", g[k].name, g[k].cut, w->above[k],
                w->total > 0.0 ? 100.0 * w->above[k] / w->total : 0.0);
        table_print(&t, 1, to);
        return OK;
    }
    passwd_json_writer_init(&json, NULL);
    passwd_json_begin_object(&json);
    put_count(&json, "events", w->events);
    put_json(&json, "weight", w->total);
    put_array(&json, "regions");
    for (k = 0; k < n; k++) {
        passwd_json_begin_object(&json);
        put_word(&json, "name", g[k].name);
        put_json(&json, "cut", g[k].cut);
        put_json(&json, "events", w->above[k]);
        put_json(&json, "efficiency", w->above[k] / w->total);
        passwd_json_end_object(&json);
    }
    passwd_json_end_array(&json);
    passwd_json_end_object(&json);
    return print_json_text(&json);
}
static int is_any_flat(const passwd_rmm *rmm) {
    const passwd_rmm_region *g;
    int k, any = 0;
    for (k = passwd_rmm_regions(rmm, &g); k-- > 0;) any |= g[k].flat;
    return any;
}
static int command_score(const settings *s) {
    passwd_error error;
    score_writer w;
    scorer r;
    sample a;
    output to;
    int status = check_files(s);
    memset(&w, 0, sizeof w);
    memset(&r, 0, sizeof r);
    memset(&a, 0, sizeof a);
    if (status == OK && same_file(s->out, s->weights))
        status = complain(USAGE, "--out and --weights are the same file, %s", s->out);
    if (status == OK && s->json && !strcmp(s->out, "-"))
        status = complain(USAGE, "--json and --out - would both write to standard output");
    if (status == OK) status = keep_read(&w.kept, s->keep, "event,weight,score", NULL);
    if (status == OK && passwd_rmm_load(s->weights, NULL, &r.rmm, &error)) status = failed(&error);
    if (status == OK) status = scorer_open(&r, s);
    if (status == OK && output_open(&to, s->out)) {
        snprintf(a.name, sizeof a.name, "events");
        w.masses = s->with_masses ? r.encoder.layout.masses : 0;
        a.masses = s->with_masses || is_any_flat(r.rmm) ? r.encoder.layout.masses : 0;
        a.simples = s->simple ? PASSWD_RMM_SIMPLE : 0;
        r.to = &a;
        w.r = &r;
        w.file = to.file;
        score_header(to.file, r.rmm, a.simples, w.masses, &w.kept);
        status = each_file(&s->events, &w.kept.options, score_and_write, &w);
        if (!output_close(&to, status == OK || ferror(to.file))) status = FAILED;
        tell_left_out(&r.dropped);
        if (status == OK) status = score_tell(&w, s);
    } else if (status == OK) status = FAILED;
    sample_free(&a);
    scorer_close(&r);
    passwd_rmm_free(r.rmm);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Spectra: origin of masses, bins, backgrounds
   --------------------------------------------------------------------------------------------------------------- */

typedef struct mass_list {
    double *mass, *weight;
    int64_t count, room;
} mass_list;

static void masses_free(mass_list *m) {
    free(m->mass);
    free(m->weight);
    memset(m, 0, sizeof *m);
}
static int masses_add(mass_list *m, double mass, double weight) {
    if (m->count == m->room) {
        const int64_t room = 2 * m->room + 1024;
        double *a = (double *)realloc(m->mass, (size_t)room * sizeof *a), *b;
        if (a) m->mass = a;
        b = (double *)realloc(m->weight, (size_t)room * sizeof *b);
        if (b) m->weight = b;
        if (!a || !b) {
            complain(FAILED, "there is not enough memory for %lld masses", (long long)m->count);
            return 0;
        }
        m->room = room;
    }
    m->mass[m->count] = mass;
    m->weight[m->count++] = weight;
    return 1;
}
/* From a table: mass, weight, 0 or 1. */
typedef struct column_reader {
    const settings *s;
    mass_list *to;
} column_reader;
static int masses_from_rows(void *user, const passwd_events *v) {
    const column_reader *c = (const column_reader *)user;
    mass_list *m = c->to;
    int64_t k;
    if (!v->number[0] || (v->n_numbers > 2 && !v->number[2])) {
        complain(FAILED, "%s: there is no column \"%s\"", reading, v->number[0] ? c->s->region_name : c->s->mass_name);
        return 0;
    }
    for (k = 0; k < v->count; k++) {
        if (isnan(v->number[0][k]) || (v->n_numbers > 2 && v->number[2][k] != 1.0)) continue;
        if (!masses_add(m, v->number[0][k], v->number[1] && !isnan(v->number[1][k]) ? v->number[1][k] : 1.0)) return 0;
    }
    return 1;
}
static int masses_from_tables(const settings *s, const texts *files, mass_list *m) {
    const char *columns[3];
    char name[2][128];
    passwd_event_options options;
    column_reader reader;
    if (!s->mass_name)
        return complain(USAGE, "a table of masses needs --column NAME, such as mjj; events need --pair A,B");
    snprintf(name[0], sizeof name[0], "%.120s?", s->mass_name);
    snprintf(name[1], sizeof name[1], "%.120s?", s->region_name ? s->region_name : "");
    columns[0] = name[0];
    columns[1] = "weight?";
    columns[2] = name[1];
    memset(&options, 0, sizeof options);
    options.table = 1;
    options.numbers = columns;
    options.n_numbers = s->region_name ? 3 : 2;
    reader.s = s;
    reader.to = m;
    return each_file(files, &options, masses_from_rows, &reader);
}
/* From events, with a layout that has only the pair. */
typedef struct pair_reader {
    passwd_rmm_encoder encoder;
    mass_list *to;
    copies seen;
} pair_reader;
static int masses_from_events(void *user, const passwd_events *v) {
    pair_reader *p = (pair_reader *)user;
    passwd_error error;
    double mass[BLOCK];
    int64_t k;
    if (passwd_rmm_masses(&p->encoder, v, 0, v->count, mass, &error)) {
        failed_in(reading, &error);
        return 0;
    }
    for (k = 0; k < v->count; k++) {
        const int64_t first = isnan(mass[k]) ? 0 : copies_first(&p->seen, v, k, p->to->count);
        if (first < 0) {
            complain(FAILED, "there is not enough memory for %lld events", (long long)p->to->count);
            return 0;
        }
        if (isnan(mass[k])) continue;
        if (first < p->to->count) p->to->weight[first] += v->weight[k];
        else if (!masses_add(p->to, mass[k], v->weight[k])) return 0;
    }
    return 1;
}
static int masses_from_pair(const settings *s, const texts *files, mass_list *m) {
    passwd_rmm_layout layout;
    passwd_error error;
    pair_reader p;
    const char *comma = strchr(s->pair ? s->pair : "", ',');
    size_t first;
    int status;
    if (!comma) return complain(USAGE, "--events needs --pair A,B: the types of the two objects, such as mu,mu");
    memset(&layout, 0, sizeof layout);
    first = (size_t)(comma - s->pair);
    if (!first || first > 15 || !comma[1] || strlen(comma + 1) > 15 || strchr(comma + 1, ','))
        return complain(USAGE, "--pair \"%s\" does not name two types of objects, such as mu,mu", s->pair);
    memcpy(layout.type[0], s->pair, first);
    strcpy(layout.type[1], comma + 1);
    layout.types = strcmp(layout.type[0], layout.type[1]) ? 2 : 1;
    layout.most[0] = layout.most[1] = 2;
    layout.masses = 1;
    layout.mass[0][1] = layout.types - 1;
    layout.skip_others = 1;
    layout.sqrt_s = s->sqrt_s > 0.0 ? s->sqrt_s : 13000.0; /* masses do not depend on it */
    layout.c = 0.15;
    if (passwd_rmm_encoder_new(&layout, &p.encoder, &error)) return failed(&error);
    p.to = m;
    memset(&p.seen, 0, sizeof p.seen);
    status = each_file(files, NULL, masses_from_events, &p);
    if (status == OK) copies_tell(&p.seen, m->count + p.seen.found);
    copies_free(&p.seen);
    return status;
}
/* Data, backgrounds and signals have the same format: events if there is a --pair, else tables with a --column. */
static int read_masses(const settings *s, const texts *files, mass_list *m) {
    return s->pair || s->events.count ? masses_from_pair(s, files, m) : masses_from_tables(s, files, m);
}

static double resolution_of(const settings *s, int k) {
    return s->resolution.count > k ? s->resolution.item[k] : k ? 0.03 : 0.0;
}
static double sigma_at(const settings *s, double mass) {
    const double a = resolution_of(s, 0), b = resolution_of(s, 1);
    return mass * sqrt(a * a / mass + b * b);
}
/* The next lower round number. */
static double round_down(double x) {
    const double unit = pow(10.0, floor(log10(x)) - 1.0);
    return x > 0.0 ? unit * floor(x / unit * (1.0 + 1e-12)) : 0.0;
}
/* Edges for a list of masses: bins of equal width or by the resolution; the number of bins, or 0 after a complaint. To
   be freed. */
static int make_edges(const settings *s, double low, double high, double **edges) {
    passwd_error error;
    passwd_binning binning;
    int n = s->bins, k;
    *edges = NULL;
    binning.low = low;
    binning.high = high;
    binning.a = resolution_of(s, 0);
    binning.b = resolution_of(s, 1);
    binning.bins_per_sigma = s->bins_per_sigma;
    binning.least = 1e-3;
    if (!s->bins && passwd_spectrum_edges(&binning, 0, NULL, &n, &error)) {
        failed(&error);
        return 0;
    }
    if (n > 100000) {
        complain(FAILED, "there would be %d bins from %g to %g GeV; give --low, --high or --resolution", n, low, high);
        return 0;
    }
    *edges = (double *)malloc(((size_t)n + 1) * sizeof **edges);
    if (!*edges) {
        complain(FAILED, "there is not enough memory for %d bins", n);
        return 0;
    }
    for (k = 0; s->bins && k <= n; k++) (*edges)[k] = low + (high - low) * k / n;
    if (!s->bins && passwd_spectrum_edges(&binning, n, *edges, &n, &error)) {
        failed(&error);
        return 0;
    }
    return n;
}
/* The default range of the masses: without the lowest 1 %, up to the heaviest. */
static int mass_range(const settings *s, const mass_list *m, double *low, double *high) {
    weighted *v = (weighted *)malloc(((size_t)m->count + 1) * sizeof *v);
    size_t n = 0;
    int64_t k;
    if (!v) return complain(FAILED, "there is not enough memory for %lld masses", (long long)m->count);
    for (k = 0; k < m->count; k++) {
        v[n].value = m->mass[k];
        v[n].signal = 0;
        v[n++].weight = fmax(m->weight[k], 0.0);
    }
    qsort(v, n, sizeof *v, ascending);
    *low = s->low > 0.0 ? s->low : fmax(1.0, round_down(quantile(v, n, 0.01)));
    *high = s->high > 0.0 ? s->high : fmax(v[n - 1].value * 1.000001, *low * 1.001);
    free(v);
    return *high > *low ? OK : complain(FAILED, "the range of a spectrum cannot be %g to %g GeV", *low, *high);
}
/* Histograms a list of masses. falling: without --low, it starts where the spectrum no longer rises; a bin that a cut
   at the end leaves partly empty is excluded. */
static int bin_masses(const settings *s, const mass_list *m, int falling, passwd_spectrum *h) {
    double low = 0.0, high = 0.0, *edges = NULL;
    int n, status;
    if (m->count == 0)
        return complain(FAILED, "there are no masses: no event has both objects, or no row is in the region");
    status = mass_range(s, m, &low, &high);
    n = status == OK ? make_edges(s, low, high, &edges) : 0;
    status = n ? fill_range(h, n, edges, m->mass, m->weight, m->count, falling && s->low <= 0.0, falling && !s->bins)
               : FAILED;
    free(edges);
    return status;
}
/* Kernels of the searched data, beside each window. */
static int is_beside(const settings *s) {
    return s->background == BACKGROUND_KDE && !s->kde_events.count && !s->background_events.count;
}
/* Backgrounds that are fitted together with the signal; search, hunt, scan and limits use one by default. */
static int is_fitted(const settings *s) { return s->background <= BACKGROUND_EXPONENTIAL || is_beside(s); }
/* sigma of the widest signal that is searched for, relative to its mass. */
static double widest_of(const settings *s, double mass) {
    double w = 0.0;
    int k;
    for (k = 0; k < s->relative.count; k++) w = fmax(w, s->relative.item[k]);
    return s->widest > 0.0 ? s->widest : fmin(0.5, hypot(w, sigma_at(s, mass) / mass));
}
static int fit_background(const settings *s, double sqrt_s, passwd_spectrum *h) {
    passwd_background wanted;
    passwd_error error;
    memset(&wanted, 0, sizeof wanted);
    if (s->background == BACKGROUND_DIJET && !(sqrt_s > 0.0))
        return complain(USAGE, "the dijet function needs --sqrt-s GEV");
    wanted.family = s->background == BACKGROUND_DIJET ? PASSWD_BACKGROUND_DIJET
        : s->background == BACKGROUND_EXPONENTIAL     ? PASSWD_BACKGROUND_EXPONENTIAL
        : is_beside(s)                                ? PASSWD_BACKGROUND_KERNELS
                                                      : PASSWD_BACKGROUND_GIVEN; /* the library's choice */
    if (is_beside(s)) wanted.widest = widest_of(s, fmax(h->edges[0], 1.0));
    wanted.sqrt_s = sqrt_s;
    if (s->parameters.count) {
        wanted.least = (int)s->parameters.item[0];
        wanted.most = (int)s->parameters.item[s->parameters.count - 1];
    }
    if (s->skip.count) {
        wanted.skip_low = s->skip.item[0];
        wanted.skip_high = s->skip.item[1];
    }
    if (s->blind.count) {
        wanted.blind_low = s->blind.item[0];
        wanted.blind_high = s->blind.item[1];
    }
    wanted.slide = s->slide;
    wanted.any_shape = s->any_shape;
    if (passwd_background_fit(h, &wanted, &error)) return failed(&error);
    if (!is_beside(s) || !(s->bandwidth > 0.0)) return OK;
    wanted.bandwidth = s->bandwidth * h->fit.kernel;
    return passwd_background_fit(h, &wanted, &error) == PASSWD_OK ? OK : failed(&error);
}
/* The same fit without a range: as a hunt does for its window. A background from outside stays. */
static int fit_without(passwd_spectrum *h, double low, double high) {
    passwd_background wanted = h->fit;
    passwd_error error;
    if (!h->fit.parameters || !(high > low)) return OK;
    wanted.skip_low = low;
    wanted.skip_high = high;
    return passwd_background_fit(h, &wanted, &error) == PASSWD_OK ? OK : failed(&error);
}
/* outside: the masses are not the searched data. */
static int kde_background(const settings *s, int outside, passwd_spectrum *h, const mass_list *m) {
    passwd_kde_options o;
    passwd_error error;
    memset(&o, 0, sizeof o);
    o.adaptive = s->background == BACKGROUND_ADAPTIVE;
    o.scale = s->bandwidth;
    o.linear = !(h->edges[0] > 0.0);
    o.outside = outside;
    if (passwd_background_kde(h, m->mass, m->weight, m->count, &o, &error)) return failed(&error);
    return passwd_background_check(h, &error) == PASSWD_OK ? OK : failed(&error);
}
static void keep_bins(passwd_spectrum *h, int first, int bins) {
    double *from[5];
    int i, k;
    from[0] = h->edges;
    from[1] = h->data;
    from[2] = h->variance;
    from[3] = h->background;
    from[4] = h->uncertainty;
    for (i = 0; i < 5; i++)
        for (k = 0; k < bins + (i == 0); k++) from[i][k] = from[i][k + first]; /* all in the spectrum's own block */
    h->bins = bins;
}
/* Applies --low and --high to a histogram that was read: whole bins. */
static int cut_histogram(const settings *s, const char *file, passwd_spectrum *h) {
    int first = 0, end = h->bins;
    while (first < end && s->low > 0.0 && h->edges[first] < s->low * (1.0 - 1e-9)) first++;
    while (end > first && s->high > 0.0 && h->edges[end] > s->high * (1.0 + 1e-9)) end--;
    if (first == end) return complain(FAILED, "%s: no bin lies in %g to %g GeV", file, s->low, s->high);
    keep_bins(h, first, end - first);
    return OK;
}
/* A background from outside may end before the data do: what lies beyond its ends is excluded, with a message. */
static int cut_to_background(passwd_spectrum *h) {
    int first = 0, end = h->bins, k;
    double lost = 0.0;
    while (first < end && !(h->background[first] > 0.0)) first++;
    while (end > first && !(h->background[end - 1] > 0.0)) end--;
    if (first == end)
        return complain(FAILED, "the background is empty from %g to %g GeV", h->edges[0], h->edges[h->bins]);
    for (k = 0; k < h->bins; k++)
        if (k < first || k >= end) lost += h->data[k];
    if (lost != 0.0)
        complain(OK, "there is no background below %g GeV and above %g GeV: %.6g events there are excluded",
            h->edges[first], h->edges[end], lost);
    keep_bins(h, first, end - first);
    return OK;
}

/* The spectra that the options ask for; several are searched together. */
typedef struct spectra {
    passwd_spectrum h[MANY];
    int count;
} spectra;

static void spectra_free(spectra *x) {
    while (x->count) passwd_spectrum_free(x->h + --x->count);
}
/* Data and bins. own: the histogram's own background is requested. */
static int read_spectrum(const settings *s, int number, int own, mass_list *m, passwd_spectrum *h) {
    const texts *from = s->masses.count ? &s->masses : &s->events;
    texts one = { 1, { NULL } };
    passwd_error error;
    int there = 0, status;
    if (s->histogram.count) {
        const char *file = s->histogram.item[number];
        if (passwd_spectrum_load(file, NULL, h, &there, &error)) return failed(&error);
        if (own && !there) return complain(FAILED, "%s: there is no column background; omit --background file", file);
        if (!own && there && !s->background)
            complain(OK,
                "%s: its background is ignored, and one is fitted; use --background file if it is from outside the "
                "data",
                file);
        return cut_histogram(s, file, h);
    }
    one.item[0] = from->item[number];
    status = read_masses(s, s->masses.count ? &one : from, m);
    return status == OK ? bin_masses(s, m, is_fitted(s), h) : status;
}
static int get_spectrum(const settings *s, int number, passwd_spectrum *h) {
    const int own = s->background == BACKGROUND_FILE;
    mass_list m = { NULL, NULL, 0, 0 }, outside = { NULL, NULL, 0, 0 };
    int status = read_spectrum(s, number, own, &m, h);
    if (status == OK && !own && !(sum_of(h->data, h->bins) > 0.0))
        status = complain(
            FAILED, "the spectrum is empty: there are no data from %g to %g GeV", h->edges[0], h->edges[h->bins]);
    if (status == OK && is_fitted(s)) status = fit_background(s, s->sqrt_s, h);
    if (status == OK && !is_fitted(s) && !own) {
        if (s->kde_events.count) status = read_masses(s, &s->kde_events, &outside);
        if (status == OK) status = kde_background(s, s->kde_events.count > 0, h, s->kde_events.count ? &outside : &m);
    }
    if (status == OK && !is_fitted(s)) status = cut_to_background(h);
    masses_free(&m);
    masses_free(&outside);
    return status;
}
static int get_spectra(const settings *s, int most, spectra *x) {
    const int n = s->histogram.count + s->masses.count + (s->events.count > 0);
    int status = OK;
    memset(x, 0, sizeof *x);
    if ((s->histogram.count > 0) + (s->masses.count > 0) + (s->events.count > 0) != 1)
        return complain(USAGE, "give one of --histogram, --masses and --events");
    if (n > most)
        return complain(USAGE,
            most > 1 ? "there are too many spectra: %d"
                     : "there are %d spectra, but this command uses one (rmm limits combines several)",
            n);
    if (!is_fitted(s) && s->background != BACKGROUND_FILE && s->histogram.count && !s->kde_events.count)
        return complain(USAGE,
            "adaptive kernels need the masses of single events, from outside the searched data: give --kde-events, or "
            "use "
            "--background kde, whose kernels exclude the window");
    if (s->background == BACKGROUND_FILE && !s->histogram.count)
        return complain(USAGE, "only a --histogram has a background of its own");
    while (x->count < n && status == OK) {
        status = get_spectrum(s, x->count, x->h + x->count);
        x->count++;
    }
    if (status != OK) spectra_free(x);
    return status;
}
static int check_range(const reals *r, const char *option) {
    return !r->count || (r->count == 2 && r->item[1] > r->item[0])
        ? OK
        : complain(USAGE, "--%s needs two masses, LOW,HIGH", option);
}
static int check_background(const settings *s) {
    const int kernels = s->background == BACKGROUND_KDE || s->background == BACKGROUND_ADAPTIVE;
    const reals *p = &s->parameters;
    if (p->count > 2
        || (p->count
            && (p->item[0] != floor(p->item[0]) || p->item[p->count - 1] != floor(p->item[p->count - 1])
                || p->item[p->count - 1] < p->item[0])))
        return complain(USAGE, "--parameters needs an integer, or two: the minimum and the maximum");
    if (check_range(&s->skip, "skip") || check_range(&s->blind, "blind")) return USAGE;
    if (!is_fitted(s) && (p->count || s->skip.count || s->blind.count || s->slide > 0.0))
        return complain(USAGE, "--parameters, --skip, --blind and --slide belong to a background that is fitted");
    if (!kernels && (s->bandwidth > 0.0 || s->kde_events.count))
        return complain(USAGE, "--bandwidth and --kde-events belong to --background kde");
    if (s->widest > 0.0 && !is_beside(s))
        return complain(USAGE, "--widest belongs to --background kde of the searched data");
    if (s->slide > 0.0 && is_beside(s))
        return complain(USAGE, "kernels are fitted around every mass anyway: omit --slide");
    if (is_fitted(s) && s->normalisation > 0.0)
        return complain(USAGE, "the normalisation of a fitted background floats: omit --normalisation");
    if (is_fitted(s) && (s->sideband || s->uncertainty))
        return complain(USAGE, "a fitted background is refitted in every toy: omit --sideband and --uncertainty");
    return OK;
}
static int spectrum_copy(const passwd_spectrum *from, passwd_spectrum *to) {
    passwd_error error;
    const size_t size = (size_t)from->bins * sizeof(double);
    memset(to, 0, sizeof *to);
    if (passwd_spectrum_new(from->bins, from->edges, NULL, to, &error)) return failed(&error);
    memcpy(to->data, from->data, size);
    memcpy(to->variance, from->variance, size);
    memcpy(to->background, from->background, size);
    memcpy(to->uncertainty, from->uncertainty, size);
    to->fit = from->fit;
    return OK;
}
/* The result of a fit, as text and as JSON. */
static void put_background(passwd_json_writer *w, const passwd_spectrum *h) {
    const passwd_background *b = &h->fit;
    int k;
    put_word(w, "background", family_name(b));
    if (!b->parameters) return;
    put_json(w, "fit_deviance", b->deviance);
    put_count(w, "fit_degrees", b->degrees);
    put_json(w, "fit_p", b->goodness);
    if (b->kernel > 0.0) {
        put_json(w, "kernel", b->kernel);
        put_json(w, "widest", b->widest);
    }
    put_array(w, "fit_parameters");
    for (k = 0; k < b->parameters && !(b->kernel > 0.0); k++) put_item(w, b->p[k]);
    passwd_json_end_array(w);
}
/* A significance; "-" if there is none: p is 1, 0 or unknown. */
static const char *const background_names[] = { "fit", "fit", "dijet", "exponential", "kde", "kde-adaptive", "file" };

#include "rmm_signal.h"

/* ------------------------------------------------------------------------------------------------------------------
   Plots of spectra and hunts
   --------------------------------------------------------------------------------------------------------------- */

/* A plot of local p-values down to the logarithm `least`, with lines at whole sigma. Beyond 1e-80 its axis is
   -log10(p). */
typedef struct p_axis {
    plot *p;
    int exponents;
} p_axis;

static double on_axis(const p_axis *a, double log_p) { return a->exponents ? -log_p / log(10.0) : exp(log_p); }
static p_axis p_plot(const settings *s, double sqrt_s, const passwd_spectrum *h, const char *title, double least) {
    p_axis a = { NULL, least < -185.0 };
    double z, step = 1.0, most;
    char text[32];
    least = 1.12 * fmin(least, -3.0) - 1.0;
    a.p = plot_of(s, sqrt_s, title, a.exponents ? "#minuslog_{10}(local p-value)" : "Local p-value");
    log_if_wide(a.p, h, !a.exponents);
    if (a.exponents) plot_range(a.p, h->edges[0], h->edges[h->bins], 0.0, on_axis(&a, least));
    else plot_range(a.p, h->edges[0], h->edges[h->bins], exp(least), 2.0);
    most = passwd_significance(least);
    while (most / step > 7.0) step = step < 1.5 ? 2.0 : step < 2.5 ? 5.0 : 2.0 * step;
    for (z = step; z < most; z += step) {
        const double log_z = passwd_log_normal_above(z), at = on_axis(&a, log_z);
        if (a.exponents && (log_z > 0.05 * least || log_z < 0.96 * least)) continue; /* no room for its name */
        snprintf(text, sizeof text, "%g#sigma", z);
        plot_hline(a.p, at, dotted);
        plot_text(a.p, h->edges[h->bins], a.exponents ? at - 0.02 * on_axis(&a, least) : at * exp(0.02 * least), text);
    }
    return a;
}
/* All windows as horizontal lines at their local probability. */
static int plot_tomography(const settings *s, const passwd_spectrum *h, int channels, const passwd_hunt_options *o,
    const passwd_hunt_result *r, const char *title, const char *folder) {
    const plot_style lines = { PLOT_BLUE, PLOT_SOLID, 1.2, 0 }, best = { PLOT_RED, PLOT_SOLID, 4.0, 0 };
    passwd_hunt_window *w = NULL;
    passwd_error error;
    double *x = NULL, *y = NULL, least = r->window.log_p, two[2], same[2];
    int64_t count = 0, k;
    p_axis a;
    if (passwd_hunt_windows(h, channels, o, NULL, 0, &count, &error)) return failed(&error);
    if (count > 600000000) return complain(FAILED, "%lld windows are too many for a plot", (long long)count);
    w = (passwd_hunt_window *)malloc((size_t)count * sizeof *w);
    x = (double *)malloc((size_t)count * 3 * sizeof *x);
    y = (double *)malloc((size_t)count * 3 * sizeof *y);
    if (!w || !x || !y || passwd_hunt_windows(h, channels, o, w, count, &count, &error)) {
        free(w);
        free(x);
        free(y);
        return complain(FAILED, "there is not enough memory for %lld windows", (long long)count);
    }
    for (k = 0; k < count; k++)
        if (w[k].log_p > -1e300) least = fmin(least, w[k].log_p);
    a = p_plot(s, s->sqrt_s, h, title, least);
    for (k = 0; k < count; k++) {
        x[3 * k] = w[k].low;
        x[3 * k + 1] = w[k].high;
        y[3 * k] = y[3 * k + 1] = w[k].log_p < 0.0 ? on_axis(&a, w[k].log_p) : (double)NAN;
        x[3 * k + 2] = y[3 * k + 2] = (double)NAN;
    }
    plot_line(a.p, x, y, (int)(3 * count), "Windows", lines);
    two[0] = r->window.low;
    two[1] = r->window.high;
    same[0] = same[1] = on_axis(&a, r->window.log_p);
    if (r->t > 0.0) plot_line(a.p, two, same, 2, "The most significant", best);
    free(w);
    free(x);
    free(y);
    return write_plot(a.p, folder, "tomography.png");
}
/* The statistic of the toys, and of the data. If the latter is far beyond the toys, the axis is that of the toys. */
static int plot_toys(const settings *s, const double *t, int64_t count, double data, double log_p, double significance,
    const char *title, const char *folder) {
    enum { BINS = 60 };
    const plot_style full = { PLOT_BLUE, PLOT_SOLID, 0.0, 1 }, mark = { PLOT_RED, PLOT_SOLID, 3.0, 0 };
    double edges[BINS + 1], bins[BINS] = { 0.0 }, high = 1.0, most = 1.0;
    char p1[48], text[128];
    int64_t k;
    int i, beyond;
    plot *p;
    for (k = 0; k < count; k++) high = fmax(high, t[k]);
    beyond = data > 2.0 * high;
    high = 1.05 * (beyond ? 1.2 * high : fmax(high, data));
    for (i = 0; i <= BINS; i++) edges[i] = high * i / BINS;
    for (k = 0; k < count; k++) most = fmax(most, bins[(int)(t[k] / high * BINS)] += 1.0);
    p = plot_of(s, s->sqrt_s, title, "Toys");
    snprintf(text, sizeof text, isfinite(significance) ? "global p = %s (%.2f #sigma)" : "global p = %s",
        p_picture(p1, log_p), significance);
    plot_note(p, text);
    if (beyond) {
        snprintf(text, sizeof text, "Data: %.4g, beyond this axis", data);
        plot_note(p, text);
    }
    plot_log(p, 0, 1);
    plot_range(p, 0.0, high, 0.0, 0.0);
    plot_histogram(p, edges, bins, BINS, "Background alone", full);
    edges[0] = edges[1] = data;
    bins[0] = 0.6;
    bins[1] = most;
    if (!beyond) plot_line(p, edges, bins, 2, "Data", mark);
    return write_plot(p, folder, "toys.png");
}

#include "exchange.h"

/* ------------------------------------------------------------------------------------------------------------------
   rmm export
   --------------------------------------------------------------------------------------------------------------- */

static const char *read_bytes(const settings *s, const void *bytes, size_t count, passwd_error *error) {
    passwd_rmm *rmm = NULL;
    if (passwd_rmm_parse(bytes, count, s->weights, NULL, &rmm, error)) return NULL;
    passwd_rmm_free(rmm);
    return "passwd_rmm_parse";
}
static int command_export(const settings *s) { return export_weights(s, s->weights, s->header, s->array, read_bytes); }

/* ------------------------------------------------------------------------------------------------------------------
   rmm hunt
   --------------------------------------------------------------------------------------------------------------- */

/* Progress of toys: fraction [from, from + part] of a whole. */
typedef struct toy_meter {
    meter meter;
    double from, part;
    const char *text;
} toy_meter;

static int on_toys(void *user, int64_t done, int64_t toys) {
    toy_meter *m = (toy_meter *)user;
    char text[160];
    snprintf(text, sizeof text, "%.120s%lld toys", m->text, (long long)done);
    meter_show(&m->meter, m->from + m->part * (double)done / (double)toys, text);
    return interrupted;
}
static void hunt_options(const settings *s, toy_meter *m, passwd_hunt_options *o) {
    memset(o, 0, sizeof *o);
    o->deficit = s->deficit;
    o->sideband = s->sideband;
    o->uncertainty = s->uncertainty;
    o->width_min = s->width_min;
    o->width_max = s->width_max;
    o->step = s->step;
    o->toys = s->toys < 0 ? 10000 : s->toys;
    o->seed = (uint64_t)s->seed;
    o->threads = s->threads;
    o->progress = on_toys;
    o->user = m;
}
static int inject(const settings *s, const passwd_spectrum *h, const passwd_hunt_options *o, passwd_injection *found) {
    double *signal = (double *)malloc((size_t)h->bins * sizeof *signal);
    passwd_error error;
    passwd_status status;
    if (!signal) return complain(FAILED, "there is not enough memory for a signal");
    passwd_limit_signal(h, s->inject.item[0], s->inject.item[1], signal);
    memset(found, 0, sizeof *found);
    found->target = s->target;
    found->repeats = s->repeats;
    found->interval = 1;
    status = passwd_hunt_inject(h, signal, o, found, NULL, &error);
    free(signal);
    return status == PASSWD_OK ? OK : failed(&error);
}
/* Why there is no significance. */
static void print_refusal(double goodness) {
    printf(
        "%-13s no function describes the side bands (p = %.2g): no significance is given\n", "significance", goodness);
}
static void print_spectra(const spectra *x) {
    int i, k;
    for (k = 0; k < x->count; k++) {
        const passwd_spectrum *h = x->h + k;
        double data = 0.0, background = 0.0;
        for (i = 0; i < h->bins; i++)
            if (!is_blind(h, i)) {
                data += h->data[i];
                background += h->background[i];
            }
        printf("%-13s %d bins, %.6g to %.6g GeV, %.10g events, background %.6g\n", "spectrum", h->bins, h->edges[0],
            h->edges[h->bins], data, background);
        print_background(h, stdout);
    }
}
/* From toys, extrapolated from them, or from importance sampling. */
static const char *toys_words(const passwd_hunt_result *r) {
    static const char *const words[] = { "from", "extrapolated from", "from importance-sampled toys beside" };
    return words[r->extrapolated];
}
static void hunt_print(const settings *s, const spectra *x, const passwd_hunt_result *r, const passwd_injection *in) {
    char a[32], b[32], c[32], good[64];
    print_spectra(x);
    if (r->t > 0.0)
        printf("%-13s %.6g to %.6g GeV (%d bins), data %.6g, background %.6g\n", "window", r->window.low,
            r->window.high, r->window.width, r->window.data, r->window.background);
    else printf("%-13s none with %s events than the background\n", "window", s->deficit ? "fewer" : "more");
    if (r->rounds)
        printf("%-13s the background is fitted without the window, in %d rounds; goodness %s\n", "side bands",
            r->rounds, good_text(good, r->goodness));
    if (r->refused) print_refusal(r->goodness);
    else printf("%-13s %s (%s sigma)\n", "local p", p_text(a, r->window.log_p), z_text(b, r->local_significance));
    if (r->toys && !r->refused) {
        printf("%-13s %s (68 %%: %s to %s), %s %lld toys, of which %lld reach that of the data\n", "global p",
            p_text(a, r->log_p), p_text(b, r->log_p_low), p_text(c, r->log_p_high), toys_words(r), (long long)r->toys,
            (long long)r->above);
        printf("%-13s %s sigma (68 %%: %s to %s)\n", "significance", z_text(a, r->significance),
            z_text(b, r->significance_low), z_text(c, r->significance_high));
    }
    if (in->events >= 0.0)
        printf("%-13s %.4g events at %g GeV (sigma %g GeV) give %g sigma (68 %%: %.4g to %.4g)\n", "injection",
            in->events, s->inject.item[0], s->inject.item[1], s->target, fmin(in->low, in->high),
            fmax(in->low, in->high));
}
static void put_hunt(passwd_json_writer *w, const passwd_hunt_result *r) {
    passwd_json_key(w, "window");
    passwd_json_begin_object(w);
    put_json(w, "low", r->window.low);
    put_json(w, "high", r->window.high);
    put_count(w, "first_bin", r->window.first);
    put_count(w, "bins", r->window.width);
    put_json(w, "data", r->window.data);
    put_json(w, "background", r->window.background);
    passwd_json_end_object(w);
    put_json(w, "t", r->t);
    put_json(w, "log_local_p", r->window.log_p);
    put_json(w, "local_p", exp(r->window.log_p));
    put_json(w, "local_significance", r->local_significance);
    put_count(w, "toys", r->toys);
    put_count(w, "toys_above", r->above);
    put_json(w, "log_global_p", r->log_p);
    put_json(w, "global_p", exp(r->log_p));
    put_json(w, "global_p_low", exp(r->log_p_low));
    put_json(w, "global_p_high", exp(r->log_p_high));
    put_json(w, "significance", r->significance);
    put_json(w, "significance_low", r->significance_low);
    put_json(w, "significance_high", r->significance_high);
    passwd_json_key(w, "extrapolated");
    passwd_json_write_bool(w, r->extrapolated);
    if (!r->rounds) return;
    put_count(w, "rounds", r->rounds);
    put_json(w, "goodness", r->goodness);
    passwd_json_key(w, "refused");
    passwd_json_write_bool(w, r->refused);
}
static void put_spectrum(passwd_json_writer *w, const passwd_spectrum *h) {
    put_count(w, "bins", h->bins);
    put_json(w, "low", h->edges[0]);
    put_json(w, "high", h->edges[h->bins]);
    put_json(w, "events", sum_of(h->data, h->bins));
    put_background(w, h);
}
static int hunt_json(
    const settings *s, const passwd_spectrum *h, const passwd_hunt_result *r, const passwd_injection *in) {
    passwd_json_writer w;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_spectrum(&w, h);
    put_hunt(&w, r);
    if (in->events >= 0.0) {
        passwd_json_key(&w, "injection");
        passwd_json_begin_object(&w);
        put_json(&w, "mass", s->inject.item[0]);
        put_json(&w, "sigma", s->inject.item[1]);
        put_json(&w, "target", s->target);
        put_json(&w, "events", in->events);
        put_json(&w, "low", in->low);
        put_json(&w, "high", in->high);
        passwd_json_end_object(&w);
    }
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static void spectrum_title(const settings *s, char title[80]) {
    if (s->mass_name) snprintf(title, 80, "%.60s [GeV]", s->mass_name);
    else snprintf(title, 80, "Mass [GeV]");
}
static int hunt_plots(
    const settings *s, const spectra *x, const passwd_hunt_options *o, const passwd_hunt_result *r, const double *t) {
    char title[80], file[64];
    int k, status = OK;
    spectrum_title(s, title);
    for (k = 0; k < x->count && status == OK; k++) {
        snprintf(file, sizeof file, k ? "spectrum_%d.png" : "spectrum.png", k + 1);
        status = plot_spectrum(s, s->sqrt_s, x->h + k, r, title, NULL, s->plots, file);
    }
    if (plot_tomography(s, x->h, x->count, o, r, title, s->plots)) status = FAILED;
    if (r->toys
        && plot_toys(s, t, r->toys, r->t, r->log_p, r->significance, "t = #minusln(smallest local p-value)", s->plots))
        status = FAILED;
    return status;
}
static int check_hunt(const settings *s) {
    if (s->inject.count && s->inject.count != 2)
        return complain(USAGE, "--inject needs a mass and a width in GeV: MASS,SIGMA");
    if (s->inject.count && s->toys == 0) return complain(USAGE, "--inject needs toys");
    if (s->resolution.count && s->resolution.count != 2) return complain(USAGE, "--resolution needs two numbers, A,B");
    if (s->low > 0.0 && s->high > 0.0 && s->high <= s->low)
        return complain(USAGE, "--high %g is not above --low %g", s->high, s->low);
    if (s->histogram.count && s->bins) return complain(USAGE, "a --histogram has its own bins: omit --bins");
    if (check_background(s)) return USAGE;
    if (s->plots && make_folder(s->plots)) return FAILED;
    if (s->hepdata && make_folder(s->hepdata)) return FAILED;
    return check_files(s);
}
static int command_hunt(const settings *s) {
    spectra x;
    passwd_hunt_options o;
    passwd_hunt_result r;
    passwd_error error;
    passwd_injection in = { 0.0, 0, 0, NAN, NAN, NAN }; /* not done */
    toy_meter m;
    double *t = NULL;
    passwd_status hunted;
    int k, status = check_hunt(s);
    if (status == OK) status = get_spectra(s, MANY, &x);
    if (status != OK) return status;
    m.from = 0.0;
    m.part = 1.0;
    m.text = "";
    m.meter = meter_new();
    hunt_options(s, &m, &o);
    if (o.toys && !(t = (double *)malloc((size_t)o.toys * sizeof *t)))
        status = complain(FAILED, "there is not enough memory for %lld toys", (long long)o.toys);
    if (status == OK) {
        hunted = passwd_hunt(x.h, x.count, &o, &r, t, NULL, &error);
        if (hunted != PASSWD_OK && !(hunted == PASSWD_STOPPED && r.toys > 0)) status = failed(&error);
        else if (hunted == PASSWD_STOPPED)
            complain(OK, "stopped after %lld toys, which the results are based on", (long long)r.toys);
    }
    for (k = 0; k < x.count && status == OK && r.t > 0.0; k++)
        status = fit_without(x.h + k, r.window.low, r.window.high);
    if (status == OK && s->inject.count && !interrupted) status = inject(s, x.h, &o, &in);
    if (status == OK && s->out && passwd_spectrum_save(x.h, s->out, &error)) status = failed(&error);
    meter_clear();
    if (status == OK && s->json) status = hunt_json(s, x.h, &r, &in);
    else if (status == OK) hunt_print(s, &x, &r, &in);
    if (status == OK && s->plots) status = hunt_plots(s, &x, &o, &r, t);
    if (status == OK && s->hepdata) status = hepdata_hunt(s, &x, &r);
    spectra_free(&x);
    free(t);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   rmm limits
   --------------------------------------------------------------------------------------------------------------- */

static void limit_options(const settings *s, double width, passwd_limit_options *o) {
    memset(o, 0, sizeof *o);
    o->width = width;
    o->resolution_a = resolution_of(s, 0);
    o->resolution_b = resolution_of(s, 1);
    o->level = s->level;
    o->normalisation = s->normalisation;
    o->luminosity = s->luminosity;
    o->seed = (uint64_t)s->seed;
    o->threads = s->threads;
    o->systematics = s->systematics;
}
static int relative_widths(const settings *s) { return s->relative.count ? s->relative.count : 1; }
static double relative_width(const settings *s, int k) { return s->relative.count ? s->relative.item[k] : 0.0; }

/* The range of masses that is used: two sigma from both ends of the filled spectrum, unless given. */
static void mass_span(const settings *s, const passwd_spectrum *h, double *from, double *to) {
    int last = h->bins;
    while (last > 1 && !(h->data[last - 1] > 0.0)) last--;
    *from = s->from > 0.0 ? s->from : h->edges[0] + 2.0 * sigma_at(s, fmax(h->edges[0], 1.0));
    *to = s->to > 0.0 ? s->to : h->edges[last] - 2.0 * sigma_at(s, h->edges[last]);
    if (!(*to > *from)) *from = *to = 0.5 * (h->edges[0] + h->edges[last]);
}
/* The masses for which limits are set. */
static int limit_masses(const settings *s, const passwd_spectrum *h, double *mass, int room) {
    const int points = s->points < room ? s->points : room;
    double from, to;
    int k, n = 0;
    if (s->mass > 0.0) {
        mass[0] = s->mass;
        return 1;
    }
    mass_span(s, h, &from, &to);
    for (k = 0; k < points; k++) {
        const double at = points > 1 ? from + (to - from) * k / (points - 1) : from;
        if (!(at > h->fit.blind_low && at < h->fit.blind_high) && (n == 0 || at > mass[n - 1])) mass[n++] = at;
    }
    return n;
}
static const char *signal_words(const settings *s, double width, char text[64]) {
    snprintf(text, 64, s->shape || s->shape_events.count ? "simulated signal" : "Gaussian, relative width %g", width);
    return text;
}
static void limit_csv(FILE *to, const char *before, double width, const passwd_limit *l) {
    int i;
    if (!to) return;
    fprintf(to, "%s%g", before, width);
    put_number(to, l->mass);
    put_number(to, l->sigma);
    put_number(to, l->observed);
    for (i = 0; i < 5; i++) put_number(to, l->expected[i]);
    put_number(to, l->fitted);
    put_number(to, l->fitted_error);
    put_number(to, l->to_pb);
    put_number(to, l->under);
    fprintf(to, ",%lld", (long long)l->toys);
    put_field(to, l->log_p);
    put_field(to, l->significance);
    put_field(to, l->goodness);
    fputc('\n', to);
}
static const char limit_columns[] = "width,mass,sigma,observed,expected_-2,expected_-1,expected,expected_+1,expected_+"
                                    "2,fitted,fitted_error,to_pb,under,toys,log_local_p,local_significance,goodness";

static void limit_table(const settings *s, const passwd_limit *l, int n, double width) {
    table t = { NULL, 0, 0, 0, "" };
    char z[32];
    int k, toys = 0, few = 0, refused = 0;
    double worst = 1.0;
    if (s->shape || s->shape_events.count) printf("signal of %s; ", s->shape ? s->shape : s->shape_events.item[0]);
    else printf("relative width %g; ", width);
    printf("%s, %g %% confidence level\n", l->to_pb > 0.0 ? "pb" : "signal events",
        100.0 * (s->level > 0.0 ? s->level : 0.95));
    table_row(&t, "mass|sigma|observed|expected|-2 sigma|-1 sigma|+1 sigma|+2 sigma|fitted events|+-|local sigma|");
    for (k = 0; k < n; k++) {
        snprintf(z, sizeof z, isfinite(l[k].significance) ? "%.2f" : "-", l[k].significance);
        table_row(&t, "%.5g|%.4g|%.4g|%.4g|%.4g|%.4g|%.4g|%.4g|%.3g|%.3g|%s|%s", l[k].mass, l[k].sigma,
            limit_value(l + k, -1), limit_value(l + k, 2), limit_value(l + k, 0), limit_value(l + k, 1),
            limit_value(l + k, 3), limit_value(l + k, 4), l[k].fitted, l[k].fitted_error, z,
            l[k].refused    ? "bad fit"
                : l[k].toys ? "toys"
                : l[k].few  ? "few"
                            : "");
        toys += l[k].toys > 0;
        few += l[k].few && !l[k].toys && !l[k].refused;
        if (l[k].refused) {
            refused++;
            worst = fmin(worst, l[k].goodness);
        }
    }
    table_print(&t, 0, stdout);
    if (toys)
        printf("toys: limits from pseudo-experiments%s\n",
            s->toys > 0 ? "" : ", as fewer than 5 background events are expected under the signal");
    if (few) printf("few: fewer than 5 background events under the signal; asymptotic formulae do not hold there\n");
    if (refused)
        printf("bad fit: no function describes the data there (p = %.2g): no significance is given, and the limits are "
               "equally unreliable\n",
            worst);
}
static void put_limit(passwd_json_writer *w, const passwd_limit *l, double width) {
    passwd_json_begin_object(w);
    put_json(w, "width", width);
    put_json(w, "mass", l->mass);
    put_json(w, "sigma", l->sigma);
    put_limit_events(w, l);
    if (l->to_pb > 0.0) put_json(w, "to_pb", l->to_pb);
    put_json(w, "under", l->under);
    put_count(w, "toys", l->toys);
    put_json(w, "log_local_p", l->log_p);
    put_json(w, "local_significance", l->significance);
    if (isfinite(l->goodness)) put_json(w, "goodness", l->goodness);
    passwd_json_key(w, "refused");
    passwd_json_write_bool(w, l->refused);
    passwd_json_end_object(w);
}
/* One width: all masses. */
static int scan_limits(const settings *s, const shape *g, const spectra *x, double width, const double *mass, int n,
    meter *m, double from, double part, passwd_limit *l) {
    passwd_limit_options o;
    passwd_error error;
    char text[64];
    int k;
    limit_options(s, width, &o);
    o.progress = on_run;
    o.toys = s->toys > 0 ? s->toys : s->toys == 0 ? -1 : 0; /* --toys 0: none; not given: if there are few events */
    for (k = 0; k < n; k++) {
        if (interrupted) return complain(FAILED, "interrupted; nothing was kept");
        snprintf(text, sizeof text, "limit at %g GeV", mass[k]);
        meter_show(m, from + part * k / n, text);
        if (signal_limit(s, g, x, mass[k], &o, l + k, &error))
            return interrupted ? complain(FAILED, "interrupted; nothing was kept")
                               : complain(FAILED, "at %g GeV: %s", mass[k], error.message);
    }
    return OK;
}
static int limits_tell(const settings *s, const passwd_limit *l, int n) {
    passwd_json_writer w;
    int i, k;
    if (!s->json) {
        for (i = 0; i < relative_widths(s); i++) {
            if (i) printf("\n");
            limit_table(s, l + i * n, n, relative_width(s, i));
        }
        return OK;
    }
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_array(&w, "limits");
    for (i = 0; i < relative_widths(s); i++)
        for (k = 0; k < n; k++) put_limit(&w, l + i * n + k, relative_width(s, i));
    passwd_json_end_array(&w);
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int limits_write(const settings *s, const passwd_limit *l, int n) {
    char file[64], text[64];
    output to;
    int i, k, status = OK;
    if (s->out) {
        if (!output_open(&to, s->out)) return FAILED;
        fprintf(to.file, "%s\n", limit_columns);
        for (i = 0; i < relative_widths(s); i++)
            for (k = 0; k < n; k++) limit_csv(to.file, "", relative_width(s, i), l + i * n + k);
        status = output_close(&to, 1) ? OK : FAILED;
    }
    for (i = 0; s->plots && i < relative_widths(s) && status == OK; i++) {
        snprintf(file, sizeof file, i ? "limits_%g.png" : "limits.png", relative_width(s, i));
        status = plot_limits(s, s->sqrt_s, l + i * n, n, s->level, all_factors,
            signal_words(s, relative_width(s, i), text), NULL, s->plots, file);
    }
    return status;
}
static int check_limits(const settings *s) {
    if (s->toys > 0 && s->toys < 100)
        return complain(USAGE, "%lld toys are too few for a limit: give --toys 100 or more (0: asymptotic formulae)",
            (long long)s->toys);
    if (s->pyhf && !(s->mass > 0.0))
        return complain(USAGE, "a HistFactory workspace holds one signal: --pyhf needs --mass");
    return check_hunt(s);
}
static int check_masses(const settings *s, const passwd_spectrum *h) {
    if (s->from > 0.0 && s->to > 0.0 && s->to <= s->from)
        return complain(USAGE, "--masses-to %g is not above --masses-from %g", s->to, s->from);
    if (s->from >= h->edges[h->bins] || (s->to > 0.0 && s->to <= h->edges[0]))
        return complain(FAILED, "these masses are outside the spectrum, %g to %g GeV", h->edges[0], h->edges[h->bins]);
    return OK;
}
static int command_limits(const settings *s) {
    spectra x;
    shape g;
    passwd_limit *l = NULL;
    double *mass = NULL;
    meter m;
    int i, n = 0, status = check_limits(s);
    const int widths = relative_widths(s);
    if (status == OK) status = get_spectra(s, MANY, &x);
    if (status != OK) return status;
    status = read_shape(s, &g);
    if (status == OK) status = check_shares(s, &x);
    if (status == OK) status = check_masses(s, x.h);
    m = meter_new();
    if (status == OK) {
        mass = (double *)malloc((size_t)(s->points + 1) * sizeof *mass);
        l = (passwd_limit *)malloc((size_t)(s->points + 1) * (size_t)widths * sizeof *l);
        if (mass && l) n = limit_masses(s, x.h, mass, s->points + 1);
        else status = complain(FAILED, "there is not enough memory for %d masses", s->points);
    }
    for (i = 0; i < widths && status == OK; i++)
        status = scan_limits(s, &g, &x, relative_width(s, i), mass, n, &m, (double)i / widths, 1.0 / widths, l + i * n);
    meter_clear();
    if (status == OK && !s->json) print_spectra(&x);
    if (status == OK && !s->json && x.count > 1)
        for (i = 0; i < x.count; i++)
            printf("%-13s %g of the signal's events in spectrum %d\n", "share", share_of(s, &x, i), i + 1);
    if (status == OK) status = limits_tell(s, l, n);
    if (status == OK) status = limits_write(s, l, n);
    if (status == OK && s->hepdata) status = hepdata_limits(s, &x, l, n);
    if (status == OK && s->pyhf) status = write_pyhf(s, &g, &x, l);
    spectra_free(&x);
    masses_free(&g.m);
    free(mass);
    free(l);
    return status;
}

#include "rmm_scan.h"
#include "rmm_check.h"
#include "rmm_plane.h"

/* Before hours of training. */
static int are_readable(const texts *files) {
    int k, good = 1;
    for (k = 0; k < files->count; k++)
        if (access(files->item[k], R_OK)) {
            complain(FAILED, "%s: %s", files->item[k], strerror(errno));
            good = 0;
        }
    return good;
}
#include "rmm_compare.h"

/* ------------------------------------------------------------------------------------------------------------------
   rmm search
   --------------------------------------------------------------------------------------------------------------- */

enum { SEARCH_TOYS = 1000 }; /* the usual number */
#define SEARCH_LOW \
    300.0 /* GeV: below, thresholds and the W boson shape the two-body spectra; also the paper's first mass */

/* The result for a two-body mass of a region (-1: before any cut). */
typedef struct finding {
    int mass, region, scanned, limits;
    int64_t events;
    passwd_scan_result q;
    passwd_limit at[MANY]; /* limits of the summary */
    int has[MANY];
    char why[256]; /* not searched, or no limits: why */
} finding;

/* A signal in a two-body mass: its peak, and the effect of each cut on Z. */
typedef struct gain {
    int signal, mass;
    double peak, sigma, s[PASSWD_RMM_REGIONS + 1], b[PASSWD_RMM_REGIONS + 1], z[PASSWD_RMM_REGIONS + 1];
} gain;

typedef struct searching {
    const settings *s;
    scorer r;
    passwd_rmm_folds *folds;               /* NULL: one network scores */
    double **toy_t;                        /* of every spectrum, the statistics of its toys; NULL: not searched */
    passwd_together together;              /* all spectra */
    sample data, background, signal[MANY]; /* background: no events if it is not given */
    const passwd_rmm_layout *layout;
    const passwd_rmm_region *region;
    int regions, n_found, n_gains;
    finding *found;
    gain *gains;
    FILE *limits;       /* limits.csv */
    char spectra[1000]; /* folder */
    meter meter;
} searching;

static const char *region_name(const searching *a, int region) { return region < 0 ? "all" : a->region[region].name; }
static void mass_name(const searching *a, int mass, char name[48]) {
    name[0] = 'm';
    passwd_rmm_mass_name(a->layout, mass, name + 1);
}
/* m_{j#mu} */
static void mass_title(const searching *a, int mass, char title[96]) {
    int i;
    strcpy(title, "m_{");
    for (i = 0; i < 2; i++) {
        const char *type = a->layout->type[a->layout->mass[mass][i]];
        strcat(title,
            !strcmp(type, "mu")        ? "#mu"
                : !strcmp(type, "g")   ? "#gamma"
                : !strcmp(type, "tau") ? "#tau"
                                       : type);
    }
    strcat(title, "} [GeV]");
}
static void path_in(char path[1024], const settings *s, const char *file) {
    snprintf(path, 1024, "%s/%s", s->out, file);
}

/* ---- preparing */

static int check_search(const settings *s) {
    int k, status = check_regions(s);
    for (k = 0; k < s->events.count && status == OK; k++) status = check_second_pass(s->events.item[k]);
    if (status != OK) return status;
    if (s->signal.count != s->signal_mass.count)
        return complain(USAGE, "every --signal needs its --signal-mass; there are %d and %d", s->signal.count,
            s->signal_mass.count);
    if (s->signal_pb.count && s->signal_pb.count != s->signal.count)
        return complain(
            USAGE, "--signal-pb is for all signals or none; there are %d and %d", s->signal.count, s->signal_pb.count);
    if (s->signal_pb.count && !(s->luminosity > 0.0)) return complain(USAGE, "--signal-pb needs --luminosity [1/fb]");
    if (!is_fitted(s) && !s->background_events.count)
        return complain(USAGE,
            "adaptive kernels of the searched data contain the signal: give --background-events, a sample "
            "from "
            "outside, or use --background kde, whose kernels exclude the window");
    if (!are_readable(&s->signal) || !are_readable(&s->background_events)) return FAILED;
    if (s->weights && (s->layout || s->config || s->widths.count || s->c > 0.0 || s->skip_others))
        return complain(USAGE,
            "the objects and the network are those of --weights: omit --layout, --config, --widths, --c and "
            "--skip-others");
    return check_hunt(s);
}
/* Networks that score the events that they have not seen; each is saved. */
static int search_folds(searching *a, const passwd_rmm_config *c, const passwd_events *events) {
    char path[1024], file[40];
    double *scores = (double *)malloc(((size_t)events->count + 1) * sizeof *scores);
    int k,
        status = scores ? out_of_fold(c, events, a->s, &a->folds, scores)
                        : complain(FAILED, "there is not enough memory for %lld scores", (long long)events->count);
    a->data.score = scores; /* kept until the sample is complete */
    for (k = 0; status == OK && k < passwd_rmm_folds_count(a->folds); k++) {
        snprintf(file, sizeof file, "weights_%d.safetensors", k + 1);
        path_in(path, a->s, file);
        status = save_weights(passwd_rmm_folds_network(a->folds, k), path, save_rmm);
    }
    return status;
}
/* Loads the network, or trains those of all folds, or (with --train-fraction) one on a random fraction of the data. */
static int search_network(searching *a) {
    const settings *s = a->s;
    passwd_rmm_config c;
    passwd_train_report report;
    passwd_events events;
    passwd_error error;
    char weights[1024], log[1024];
    int status;
    if (s->weights) {
        if (passwd_rmm_load(s->weights, NULL, &a->r.rmm, &error)) return failed(&error);
        if (s->sqrt_s > 0.0 && s->sqrt_s != passwd_rmm_config_of(a->r.rmm)->layout.sqrt_s)
            return complain(FAILED, "%s was trained for sqrt(s) = %g GeV, not %g", s->weights,
                passwd_rmm_config_of(a->r.rmm)->layout.sqrt_s, s->sqrt_s);
        return OK;
    }
    path_in(weights, s, "weights.safetensors");
    path_in(log, s, "training.csv");
    status = configure(s, &c);
    if (status == OK) status = load_joined(&s->events, &c.layout, &events);
    if (status != OK) return status;
    if (s->train_fraction > 0.0) status = train_network(&a->r, &c, &events, s, weights, log, &report);
    else {
        status = search_folds(a, &c, &events);
        if (a->folds) a->r.rmm = passwd_rmm_folds_network(a->folds, 0); /* has the objects, and holds the regions */
    }
    passwd_events_free(&events);
    return status;
}
/* Scores by the networks of all folds, for events that none of them has seen. */
static int score_by_folds(const searching *a, const texts *files, sample *to) {
    passwd_workspace_options o;
    passwd_events events;
    passwd_error error;
    int status = load_joined(files, a->layout, &events);
    if (status != OK) return status;
    memset(&o, 0, sizeof o);
    o.threads = a->s->threads;
    o.simd = a->s->simd;
    o.progress = on_run;
    if (passwd_rmm_folds_run(a->folds, &o, &events, to->score, NULL, &error)) status = failed(&error);
    passwd_events_free(&events);
    return status;
}
static int search_samples(searching *a) {
    const settings *s = a->s;
    double *scores = a->data.score;
    char name[96];
    int k, status = collect(&a->r, &s->events, "data", 1, 1, &a->data);
    if (status == OK && scores) memcpy(a->data.score, scores, (size_t)a->data.count * sizeof *scores); /* out of fold */
    free(scores);
    a->data.flat = s->flat;
    if (status == OK && s->background_events.count)
        status = collect(&a->r, &s->background_events, "background", 1, 1, &a->background);
    if (status == OK && a->folds && a->background.count)
        status = score_by_folds(a, &s->background_events, &a->background);
    for (k = 0; k < s->signal.count && status == OK; k++) {
        texts one = { 1, { NULL } };
        one.item[0] = s->signal.item[k];
        name_from_path(name, one.item[0]);
        status = collect(&a->r, &one, name, 1, 1, a->signal + k);
        if (status == OK && a->folds) status = score_by_folds(a, &one, a->signal + k);
        a->signal[k].mass = s->signal_mass.item[k];
        a->signal[k].pb = s->signal_pb.count ? s->signal_pb.item[k] : 0.0;
    }
    tell_left_out(&a->r.dropped);
    return status;
}
/* From the options, else from the weights, else the default ones; as fractions if the data are too few for
   cross-sections. */
static int search_regions(searching *a) {
    static const reals usual = { 3, { 10.0, 1.0, 0.1 } }, none = { 0, { 0.0 } };
    const settings *s = a->s;
    reals parts = { 3, { 0.1, 0.01, 0.001 } };
    const reals *pb = wants_regions(s) || !(s->luminosity > 0.0) ? &s->cross_section : &usual,
                *fraction = wants_regions(s) ? &s->fraction : &none;
    char path[1024];
    double most = 0.0;
    int k, status = OK;
    if (wants_regions(s) || passwd_rmm_regions(a->r.rmm, &a->region) == 0) {
        for (k = 0; k < pb->count; k++) most = fmax(most, pb->item[k]);
        if (most * 1e3 * s->luminosity > a->data.total) {
            complain(OK,
                "%g pb at %g/fb are %g events, but the data hold %.10g: fractions of the data define the regions "
                "instead",
                most, s->luminosity, most * 1e3 * s->luminosity, a->data.total);
            pb = &none;
        }
        while (parts.count > 1 && parts.item[parts.count - 1] * (double)a->data.count < 1.0)
            parts.count--; /* no event for the last ones */
        if (pb->count + fraction->count == 0) fraction = &parts;
        status = choose_regions(a->r.rmm, &a->data, pb, fraction, s->luminosity);
        path_in(path, s, "weights.safetensors");
        if (status == OK && !a->folds)
            status = save_weights(a->r.rmm, path, save_rmm); /* cuts out of fold do not belong to a single
                                                                network */
    }
    a->regions = passwd_rmm_regions(a->r.rmm, &a->region);
    return status;
}
static int search_scores(const searching *a) {
    char path[1024];
    output to;
    int k;
    path_in(path, a->s, "scores.csv");
    if (!output_open(&to, path)) return FAILED;
    score_header(to.file, a->r.rmm, 0, a->data.masses, NULL);
    score_rows(to.file, &a->data, a->r.rmm, a->data.masses, NULL, NULL);
    if (!output_close(&to, 1)) return FAILED;
    path_in(path, a->s, "regions.csv");
    if (!output_open(&to, path)) return FAILED;
    fputs("region,cut,events,fraction,cross_section,luminosity\n", to.file);
    for (k = 0; k < a->regions; k++) {
        fputs(a->region[k].name, to.file);
        put_number(to.file, a->region[k].cut);
        put_number(to.file, above_cut(&a->data, a->region + k));
        put_number(to.file, above_cut(&a->data, a->region + k) / a->data.total);
        put_number(to.file, a->region[k].cross_section);
        put_number(to.file, a->region[k].luminosity);
        fputc('\n', to.file);
    }
    return output_close(&to, 1) ? OK : FAILED;
}

/* ---- one spectrum */

static const reals *summary_masses(const settings *s) {
    static const reals usual = { 3, { 500.0, 1000.0, 2000.0 } };
    return s->at.count ? &s->at : &usual;
}
/* In the spectrum of this mass. */
static int in_region(const searching *a, const sample *from, int64_t k, int mass, int region) {
    return region < 0
        || from->score[k] > passwd_rmm_cut_at(a->region + region, mass, from->mass_of[k * from->masses + mass]);
}
static int slice(const searching *a, const sample *from, int mass, int region, mass_list *m) {
    int64_t k;
    for (k = 0; k < from->count; k++) {
        const double x = from->mass_of[k * from->masses + mass];
        if (isnan(x) || !in_region(a, from, k, mass, region)) continue;
        if (!masses_add(m, x, from->weight[k])) return FAILED;
    }
    return OK;
}
static int look_background(const searching *a, const finding *f, const mass_list *data, passwd_spectrum *h) {
    mass_list m = { NULL, NULL, 0, 0 };
    int status;
    if (is_fitted(a->s)) return fit_background(a->s, a->layout->sqrt_s, h);
    if (!a->background.count) return kde_background(a->s, 0, h, data);
    status = slice(a, &a->background, f->mass, f->region, &m);
    if (status == OK && m.count < FEW)
        status = complain(FAILED, "%lld background events are too few for kernels", (long long)m.count);
    if (status == OK) status = kde_background(a->s, 1, h, &m);
    masses_free(&m);
    return status;
}
/* Limits for all widths in limits.csv, those of the first one in a plot, and those of the summary. */
static int look_limits(
    searching *a, finding *f, const passwd_spectrum *h, const char *mass, const char *base, const char *note) {
    const settings *s = a->s;
    passwd_limit_options o;
    passwd_limit *l;
    shape gaussian;
    spectra one;
    passwd_error error;
    double *at;
    char before[128], file[128], text[64];
    int i, k, n, status = OK;
    const reals *wanted = summary_masses(s);
    memset(&gaussian, 0, sizeof gaussian);
    one.h[0] = *h; /* not to be freed */
    one.count = 1;
    at = (double *)malloc((size_t)(s->points + 1) * sizeof *at);
    l = (passwd_limit *)malloc((size_t)(s->points + 1) * sizeof *l);
    n = at && l ? limit_masses(s, h, at, s->points + 1) : 0;
    if (!n) status = complain(FAILED, "there is not enough memory for limits");
    snprintf(before, sizeof before, "%s,%s,", mass, region_name(a, f->region));
    for (i = 0; i < relative_widths(s) && status == OK; i++) {
        limit_options(s, relative_width(s, i), &o);
        for (k = 0; k < n && status == OK && !interrupted; k++) {
            if (quick_limit(s, &gaussian, &one, at[k], o, 100, l + k, &error))
                status = complain(FAILED, "limit at %g GeV: %s", at[k], error.message);
            else limit_csv(a->limits, before, relative_width(s, i), l + k);
        }
        snprintf(file, sizeof file, i ? "limits_%.100s_%g.png" : "limits_%.100s.png", base, relative_width(s, i));
        if (status == OK && n > 1 && !interrupted)
            status = plot_limits(s, a->layout->sqrt_s, l, n, s->level, all_factors,
                signal_words(s, relative_width(s, i), text), note, a->spectra, file);
    }
    limit_options(s, relative_width(s, 0), &o);
    for (k = 0; k < wanted->count && status == OK; k++)
        f->has[k] = quick_limit(s, &gaussian, &one, wanted->item[k], o, 500, f->at + k, &error) == PASSWD_OK;
    f->limits = status == OK;
    free(at);
    free(l);
    return status;
}
/* The events of a spectrum, by their numbers in the data; to be freed: number, mass. */
static int events_of(const searching *a, const finding *f, int64_t **number, double **mass, passwd_spectrum_events *v) {
    int64_t k;
    double *weight;
    *number = (int64_t *)malloc(((size_t)a->data.count + 1) * sizeof **number);
    *mass = (double *)malloc(((size_t)a->data.count + 1) * 2 * sizeof **mass);
    if (!*number || !*mass)
        return complain(FAILED, "there is not enough memory for %lld events", (long long)a->data.count);
    weight = *mass + a->data.count;
    memset(v, 0, sizeof *v);
    for (k = 0; k < a->data.count; k++) {
        const double x = a->data.mass_of[k * a->data.masses + f->mass];
        if (isnan(x) || !in_region(a, &a->data, k, f->mass, f->region)) continue;
        (*number)[v->count] = k;
        weight[v->count] = a->data.weight[k];
        (*mass)[v->count++] = x;
    }
    v->number = *number;
    v->mass = *mass;
    v->weight = weight;
    v->seed = (uint64_t)a->s->seed + 1;
    return OK;
}
/* Local p against mass. Toys are made of the data's events, so that those of all spectra fluctuate together. */
static int look_scan(searching *a, finding *f, const passwd_spectrum *h, const char *mass, int number) {
    static const reals usual = { 3, { 0.0, 0.05, 0.15 } };
    settings wanted = *a->s;
    passwd_spectrum_events events;
    passwd_status status;
    passwd_error error;
    scanned c;
    shape gaussian;
    toy_meter m;
    char text[96];
    int64_t *numbers = NULL;
    double *at = NULL;
    int result;
    memset(&gaussian, 0, sizeof gaussian);
    snprintf(text, sizeof text, "%s, %s: ", mass, region_name(a, f->region));
    m.meter = a->meter;
    m.from = (double)number / a->n_found;
    m.part = 1.0 / a->n_found;
    m.text = text;
    if (!wanted.relative.count) wanted.relative = usual;
    result = scan_prepare(&wanted, &gaussian, h, &c);
    if (result == OK) result = events_of(a, f, &numbers, &at, &events);
    c.o.toys = a->s->toys < 0 ? SEARCH_TOYS : a->s->toys;
    a->toy_t[number] = (double *)malloc(((size_t)c.o.toys + 1) * sizeof **a->toy_t);
    if (!a->toy_t[number]) result = complain(FAILED, "there is not enough memory for toys");
    if (result == OK) {
        c.o.seed += 1000u * (uint64_t)(number + 1);
        c.o.events = &events;
        c.o.progress = on_toys;
        c.o.user = &m;
        status = scan_run(h, &c, a->toy_t[number], &error);
        a->meter = m.meter;
        f->q = c.r;
        f->scanned = status == PASSWD_OK;
        if (!f->scanned) result = failed(&error);
    }
    if (!f->scanned) {
        free(a->toy_t[number]);
        a->toy_t[number] = NULL;
    }
    scanned_free(&c);
    free(numbers);
    free(at);
    return result;
}
static int look_into(searching *a, finding *f, const mass_list *m, int number) {
    const settings *s = a->s;
    passwd_spectrum h;
    passwd_error error;
    settings from = *s;
    char mass[48], title[96], base[128], file[256], path[1300], note[200];
    int status;
    if (!(from.low > 0.0)) from.low = SEARCH_LOW;
    memset(&h, 0, sizeof h);
    mass_name(a, f->mass, mass);
    mass_title(a, f->mass, title);
    snprintf(base, sizeof base, "%s_%s", mass, region_name(a, f->region));
    snprintf(note, sizeof note, f->region < 0 ? "all events" : "region %s", region_name(a, f->region));
    status = bin_masses(&from, m, is_fitted(s), &h);
    if (status == OK && sum_of(h.data, h.bins) <= 0.0)
        status = complain(FAILED, "no events from %g to %g GeV", h.edges[0], h.edges[h.bins]);
    if (status == OK) status = look_background(a, f, m, &h);
    if (status == OK) {
        snprintf(path, sizeof path, "%s/%s.csv", a->spectra, base);
        if (passwd_spectrum_save(&h, path, &error)) status = failed(&error);
    }
    if (status == OK) status = look_scan(a, f, &h, mass, number);
    snprintf(file, sizeof file, "%s.png", base);
    if (f->scanned && f->q.best.q0 > 0.0) {
        const size_t at = strlen(note);
        char p[32];
        snprintf(
            note + at, sizeof note - at, "; best %.4g GeV, local p = %s", f->q.best.mass, p_text(p, f->q.best.log_p));
    }
    if (status == OK) status = plot_spectrum(s, a->layout->sqrt_s, &h, NULL, title, note, a->spectra, file);
    snprintf(note, sizeof note, "%.*s, %s", (int)(strlen(title) - 6), title,
        f->region < 0 ? "all events" : region_name(a, f->region));
    if (status == OK) status = look_limits(a, f, &h, mass, base, note);
    passwd_spectrum_free(&h);
    return status;
}
/* One p-value for everything that was searched. */
static int search_together(searching *a) {
    const int64_t toys = a->s->toys < 0 ? SEARCH_TOYS : a->s->toys;
    passwd_look *looks = (passwd_look *)calloc((size_t)a->n_found + 1, sizeof *looks);
    passwd_error error;
    passwd_status status = PASSWD_OK;
    int k;
    if (!looks) return complain(FAILED, "there is not enough memory for %d spectra", a->n_found);
    for (k = 0; k < a->n_found; k++) {
        const passwd_scan_result *q = &a->found[k].q;
        looks[k].statistic = q->best.q0;
        looks[k].log_p = q->log_p;
        looks[k].log_p_low = q->log_p_low;
        looks[k].log_p_high = q->log_p_high;
        looks[k].toys = a->toy_t[k];
    }
    a->together.best = -1;
    a->together.log_p = a->together.significance = a->together.significance_low = a->together.significance_high =
        a->together.trials = NAN;
    if (toys) status = passwd_looks_together(looks, a->n_found, toys, &a->together, NULL, &error);
    free(looks);
    return status == PASSWD_OK ? OK : failed(&error);
}
/* A spectrum that cannot be searched is no reason to stop: errors are reported at the end. */
static int search_spectra(searching *a) {
    int k, status = OK;
    a->n_found = a->data.masses * (a->regions + 1);
    a->found = (finding *)calloc((size_t)a->n_found + 1, sizeof *a->found);
    a->toy_t = (double **)calloc((size_t)a->n_found + 1, sizeof *a->toy_t);
    if (!a->found || !a->toy_t) return complain(FAILED, "there is not enough memory for %d spectra", a->n_found);
    a->meter = meter_new();
    for (k = 0; k < a->n_found && status == OK; k++) {
        finding *f = a->found + k;
        mass_list m = { NULL, NULL, 0, 0 };
        f->mass = k / (a->regions + 1);
        f->region = k % (a->regions + 1) - 1;
        status = slice(a, &a->data, f->mass, f->region, &m);
        f->events = m.count;
        whispered[0] = 0;
        whisper = 1;
        if (m.count >= FEW) look_into(a, f, &m, k);
        else complain(FAILED, "skipped: it has %lld events, but %d are needed", (long long)m.count, FEW);
        whisper = 0;
        snprintf(f->why, sizeof f->why, "%s", whispered);
        masses_free(&m);
        if (interrupted) status = complain(FAILED, "interrupted; %s holds the spectra that were finished", a->s->out);
    }
    meter_clear();
    return status == OK ? search_together(a) : status;
}

/* ---- signals */

/* Weight of a sample in a range of a mass and in a region. */
static double counted(const searching *a, const sample *from, int mass, int region, double low, double high) {
    double sum = 0.0;
    int64_t k;
    for (k = 0; k < from->count; k++) {
        const double x = from->mass_of[k * from->masses + mass];
        if (x >= low && x <= high && in_region(a, from, k, mass, region)) sum += from->weight[k];
    }
    return sum;
}
static void fill_gain(const searching *a, gain *g) {
    const sample *signal = a->signal + g->signal, *b = a->background.count ? &a->background : &a->data;
    const double low = g->peak - g->sigma, high = g->peak + g->sigma;
    double scale = 0.0;
    int k;
    for (k = 0; k <= a->regions; k++) {
        g->b[k] = counted(a, b, g->mass, k - 1, low, high) * a->data.total / b->total;
        g->s[k] = counted(a, signal, g->mass, k - 1, low, high);
        if (k == 0)
            scale = signal->pb > 0.0 ? signal->pb * 1e3 * a->s->luminosity / signal->total
                : g->s[0] > 0.0      ? sqrt(g->b[0]) / g->s[0]
                                     : 0.0;
        g->s[k] *= scale;
        g->z[k] = passwd_discovery(g->s[k], g->b[k]);
    }
}
static int search_signals(searching *a) {
    int i, k;
    a->gains = (gain *)calloc((size_t)(a->s->signal.count * a->data.masses) + 1, sizeof *a->gains);
    if (!a->gains) return complain(FAILED, "there is not enough memory for the signals");
    for (i = 0; i < a->s->signal.count; i++)
        for (k = 0; k < a->data.masses; k++) {
            gain *g = a->gains + a->n_gains;
            if (!find_peak(a->signal + i, k, &g->peak, &g->sigma)) continue;
            g->signal = i;
            g->mass = k;
            fill_gain(a, g);
            a->n_gains++;
        }
    return OK;
}
static roc search_roc(const searching *a, const sample *signal) {
    const sample *b = a->background.count ? &a->background : &a->data;
    const size_t n = (size_t)(b->count + signal->count);
    weighted *v = (weighted *)malloc((n + 1) * sizeof *v);
    roc r;
    size_t k;
    for (k = 0; v && k < n; k++) {
        const sample *from = k < (size_t)b->count ? b : signal;
        const size_t at = from == b && k < (size_t)b->count ? k : k - (size_t)b->count;
        v[k].value = from->score[at];
        v[k].weight = from->weight[at] / from->total;
        v[k].signal = from == signal;
    }
    r = roc_new(v, n);
    free(v);
    return r;
}

/* ---- plots of all */

static void file_name(char file[160], const char *what, const char *name) {
    char *c;
    snprintf(file, 160, "%s_%s.png", what, name);
    for (c = file; *c; c++)
        if (*c == ' ' || *c == '/') *c = '_';
}
static void draw_scores(plot *p, const sample *a, const double *edges, int bins, plot_style style) {
    passwd_spectrum h;
    int64_t k;
    int i;
    memset(&h, 0, sizeof h);
    if (passwd_spectrum_new(bins, edges, NULL, &h, NULL)) return;
    for (k = 0; k < a->count; k++) passwd_spectrum_fill(&h, a->score + k, a->weight + k, 1);
    for (i = 0; i < bins; i++) h.data[i] /= a->total;
    plot_histogram(p, edges, h.data, bins, a->name, style);
    passwd_spectrum_free(&h);
}
static int plot_scores(const searching *a) {
    enum { BINS = 60 };
    const plot_style cut = { PLOT_GREY, PLOT_DASHED, 2.0, 0 };
    const sample *all[MANY + 2];
    double low = (double)INFINITY, high = -(double)INFINITY, edges[BINS + 1];
    int64_t k;
    int i, n = 0;
    plot *p = plot_of(a->s, a->layout->sqrt_s, "Anomaly score", "Fraction of events / bin");
    all[n++] = &a->data;
    if (a->background.count) all[n++] = &a->background;
    for (i = 0; i < a->s->signal.count; i++) all[n++] = a->signal + i;
    for (i = 0; i < n; i++)
        for (k = 0; k < all[i]->count; k++)
            if (isfinite(all[i]->score[k])) {
                low = fmin(low, all[i]->score[k]);
                high = fmax(high, all[i]->score[k]);
            }
    if (!(low <= high)) low = high = 0.0;
    low = 0.5 * floor(2.0 * low);
    high = fmax(low + 0.5, 0.5 * ceil(2.0 * high + 1e-6));
    for (i = 0; i <= BINS; i++) edges[i] = low + (high - low) * i / BINS;
    plot_log(p, 0, 1);
    for (i = 0; i < n; i++) draw_scores(p, all[i], edges, BINS, style_of(i, PLOT_SOLID));
    for (i = 0; i < a->regions; i++) plot_vline(p, a->region[i].cut, cut);
    return write_plot(p, a->s->out, "score.png");
}
static int search_plots(const searching *a) {
    char file[160], path[1200], title[160];
    plot *p;
    int i, status = plot_scores(a);
    for (i = -2; i < a->s->signal.count && status == OK; i++) {
        const sample *from = i == -2 ? &a->data : i == -1 ? &a->background : a->signal + i;
        if (!from->average) continue;
        file_name(file, "average", from->name);
        snprintf(path, sizeof path, "%s/%s", a->s->out, file);
        snprintf(title, sizeof title, "%s: mean of %lld events", from->name, (long long)from->count);
        status = picture_matrix(a->s, a->layout, from->average, title, path);
    }
    if (status != OK || !a->s->signal.count) return status;
    p = roc_plot();
    for (i = 0; i < a->s->signal.count; i++) {
        roc r = search_roc(a, a->signal + i);
        roc_draw(p, &r, a->signal[i].name, style_of(i + 1, PLOT_SOLID));
        roc_free(&r);
    }
    roc_draw_guess(p);
    plot_label(p, a->s->label ? a->s->label : "");
    return write_plot(p, a->s->out, "roc.png");
}

/* ---- tables */

/* The one number first: global, over all spectra. */
static void together_print(const searching *a) {
    const passwd_together *t = &a->together;
    const finding *f = a->found + t->best;
    char mass[48], p1[32], p2[32], p3[32], z[32];
    int k, looked = 0;
    for (k = 0; k < a->n_found; k++) looked += a->toy_t[k] && !isnan(a->found[k].q.log_p);
    if (t->best < 0) {
        printf("global p: none: no spectrum has a p-value\n\n");
        return;
    }
    mass_name(a, f->mass, mass);
    printf("global p of the whole search %s (%s sigma), 68 %%: %s to %s, over %d spectra, equivalent to %.1f "
           "independent ones; %s %lld toys\n",
        p_text(p1, t->log_p), z_text(z, t->significance), p_text(p2, t->log_p_low), p_text(p3, t->log_p_high), looked,
        t->trials, t->extrapolated ? "extrapolated from" : "from", (long long)t->toys);
    printf("the most significant: %s, %s: %.5g GeV, width %g, %.4g +- %.3g events, local p %s, in this spectrum %s\n\n",
        mass, region_name(a, f->region), f->q.best.mass, f->q.best.width, f->q.best.fitted, f->q.best.fitted_error,
        p_text(p1, f->q.best.log_p), p_text(p2, f->q.log_p));
}
static void summary_table(const searching *a) {
    const reals *at = summary_masses(a->s);
    table t = { NULL, 0, 0, 0, "" };
    char p1[32], p2[32], z[32], line[1024], mass[48];
    int i, k, length;
    length = snprintf(line, sizeof line, "mass|region|events|best [GeV]|width|fitted|local p|p|sigma");
    for (k = 0; k < at->count && k + 9 < COLUMNS; k++)
        length += snprintf(line + length, sizeof line - (size_t)length, "|at %g GeV", at->item[k]);
    table_row(&t, "%s", line);
    for (i = 0; i < a->n_found; i++) {
        const finding *f = a->found + i;
        const passwd_scan_point *q = &f->q.best;
        mass_name(a, f->mass, mass);
        if (!f->scanned) {
            table_row(&t, "%s|%s|%lld|-", mass, region_name(a, f->region), (long long)f->events);
            continue;
        }
        length = snprintf(line, sizeof line, "%s|%s|%lld|%.4g|%g|%.3g +- %.2g|%s|%s|%s", mass,
            region_name(a, f->region), (long long)f->events, q->mass, q->width, q->fitted, q->fitted_error,
            p_text(p1, q->log_p), p_text(p2, f->q.log_p), z_text(z, f->q.significance));
        for (k = 0; k < at->count && k + 9 < COLUMNS; k++) {
            if (f->limits && f->has[k])
                length += snprintf(line + length, sizeof line - (size_t)length, "|%.3g (%.3g)",
                    limit_value(f->at + k, -1), limit_value(f->at + k, 2));
            else length += snprintf(line + length, sizeof line - (size_t)length, "|-");
        }
        table_row(&t, "%s", line);
    }
    printf("\nSpectra; last columns: observed (expected) upper limits, %s, relative width %g\n",
        a->s->luminosity > 0.0 ? "pb" : "signal events", relative_width(a->s, 0));
    table_print(&t, 2, stdout);
    for (i = 0; i < a->n_found; i++) {
        const finding *f = a->found + i;
        mass_name(a, f->mass, mass);
        if (f->why[0]) printf("%s, %s: %s\n", mass, region_name(a, f->region), f->why);
        if (f->scanned && isnan(f->q.goodness))
            printf("%s, %s: no degrees of freedom are left to test whether the function describes the data\n", mass,
                region_name(a, f->region));
    }
}
static void efficiency_table(const searching *a) {
    table t = { NULL, 0, 0, 0, "" };
    char line[1024];
    int i, k, length = snprintf(line, sizeof line, "sample|events|area");
    for (k = 0; k < a->regions && k + 3 < COLUMNS; k++)
        length += snprintf(line + length, sizeof line - (size_t)length, "|%s", a->region[k].name);
    table_row(&t, "%s", line);
    for (i = -2; i < a->s->signal.count; i++) {
        const sample *from = i == -2 ? &a->data : i == -1 ? &a->background : a->signal + i;
        if (!from->count) continue;
        length = snprintf(line, sizeof line, "%.39s|%lld", from->name, (long long)from->count);
        if (i >= 0) {
            roc r = search_roc(a, from);
            length += snprintf(line + length, sizeof line - (size_t)length, "|%.3f", r.area);
            roc_free(&r);
        } else length += snprintf(line + length, sizeof line - (size_t)length, "|");
        for (k = 0; k < a->regions && k + 3 < COLUMNS; k++)
            length += snprintf(line + length, sizeof line - (size_t)length, "|%.3g %%",
                100.0 * above_cut(from, a->region + k) / from->total);
        table_row(&t, "%s", line);
    }
    printf("Efficiency of the regions, and area under the ROC curve against the %s\n",
        a->background.count ? "background" : "data");
    table_print(&t, 1, stdout);
}
static void gain_table(const searching *a) {
    table t = { NULL, 0, 0, 0, "" };
    char mass[48];
    int i, k;
    if (!a->s->signal.count) return;
    printf("\nSignals within one sigma of their peaks, with s %s\n",
        a->s->signal_pb.count ? "of --signal-pb" : "scaled to sqrt(b) before the cuts");
    table_row(&t, "signal|mass|region|peak|sigma|s|b|Z|change of Z");
    for (i = 0; i < a->n_gains; i++)
        for (k = 0; k <= a->regions; k++) {
            const gain *g = a->gains + i;
            char change[32] = "-";
            mass_name(a, g->mass, mass);
            if (k && isfinite(g->z[k]) && g->z[0] > 0.0)
                snprintf(change, sizeof change, "%+.0f %%", 100.0 * (g->z[k] / g->z[0] - 1.0));
            table_row(&t, "%.39s|%s|%s|%.5g|%.3g|%.4g|%.4g|%.3g|%s", a->signal[g->signal].name, mass,
                region_name(a, k - 1), g->peak, g->sigma, g->s[k], g->b[k], g->z[k], k ? change : "");
        }
    table_print(&t, 3, stdout);
    for (i = 0; i < a->s->signal.count; i++) {
        for (k = 0; k < a->n_gains && a->gains[k].signal != i; k++) continue;
        if (k == a->n_gains)
            printf("%s: no two-body mass has a peak within 30 %% of %g GeV\n", a->signal[i].name, a->signal[i].mass);
    }
}
static void summary_csv(const searching *a, FILE *to) {
    const reals *at = summary_masses(a->s);
    char mass[48];
    int i, k;
    fputs("mass,region,events,best,width,fitted,fitted_error,q0,local_p,log_local_p,p,log_p,significance,significance_"
          "low,significance_high,goodness,toys",
        to);
    for (k = 0; k < at->count; k++) fprintf(to, ",observed_%g,expected_%g", at->item[k], at->item[k]);
    fputc('\n', to);
    for (i = 0; i < a->n_found; i++) {
        const finding *f = a->found + i;
        const passwd_scan_result *q = &f->q;
        const double v[] = { q->best.mass, q->best.width, q->best.fitted, q->best.fitted_error, q->best.q0,
            exp(q->best.log_p), q->best.log_p, exp(q->log_p), q->log_p, q->significance, q->significance_low,
            q->significance_high, q->goodness, (double)q->toys };
        mass_name(a, f->mass, mass);
        fprintf(to, "%s,%s,%lld", mass, region_name(a, f->region), (long long)f->events);
        for (k = 0; k < (int)(sizeof v / sizeof *v); k++) put_field(to, f->scanned ? v[k] : (double)NAN);
        for (k = 0; k < at->count; k++) {
            put_field(to, f->limits && f->has[k] ? limit_value(f->at + k, -1) : (double)NAN);
            put_field(to, f->limits && f->has[k] ? limit_value(f->at + k, 2) : (double)NAN);
        }
        fputc('\n', to);
    }
}
static void signals_csv(const searching *a, FILE *to) {
    char mass[48];
    int i, k;
    fputs("signal,mass,region,efficiency,peak,sigma,s,b,z,change\n", to);
    for (i = 0; i < a->n_gains; i++)
        for (k = 0; k <= a->regions; k++) {
            const gain *g = a->gains + i;
            const sample *from = a->signal + g->signal;
            mass_name(a, g->mass, mass);
            fprintf(to, "%s,%s,%s", from->name, mass, region_name(a, k - 1));
            put_number(to, above_cut(from, k ? a->region + k - 1 : NULL) / from->total);
            put_number(to, g->peak);
            put_number(to, g->sigma);
            put_number(to, g->s[k]);
            put_number(to, g->b[k]);
            put_field(to, g->z[k]);
            put_field(to, k && g->z[0] > 0.0 ? g->z[k] / g->z[0] - 1.0 : (double)NAN);
            fputc('\n', to);
        }
}
static int write_table(const searching *a, const char *file, void (*write)(const searching *, FILE *)) {
    char path[1024];
    output to;
    path_in(path, a->s, file);
    if (!output_open(&to, path)) return FAILED;
    write(a, to.file);
    return output_close(&to, 1) ? OK : FAILED;
}

/* ---- JSON */

static void put_finding(passwd_json_writer *w, const searching *a, const finding *f) {
    const reals *at = summary_masses(a->s);
    char mass[48];
    int k;
    mass_name(a, f->mass, mass);
    passwd_json_begin_object(w);
    put_word(w, "mass", mass);
    put_word(w, "region", region_name(a, f->region));
    put_count(w, "events", f->events);
    if (f->scanned) {
        passwd_json_key(w, "scan");
        passwd_json_begin_object(w);
        put_json(w, "mass", f->q.best.mass);
        put_json(w, "width", f->q.best.width);
        put_json(w, "fitted", f->q.best.fitted);
        put_json(w, "fitted_error", f->q.best.fitted_error);
        put_json(w, "local_p", exp(f->q.best.log_p));
        put_json(w, "global_p", exp(f->q.log_p));
        put_json(w, "log_global_p", f->q.log_p);
        put_json(w, "significance", f->q.significance);
        put_json(w, "goodness", f->q.goodness);
        passwd_json_end_object(w);
    }
    if (f->limits) {
        put_array(w, "limits");
        for (k = 0; k < at->count; k++)
            if (f->has[k]) put_limit(w, f->at + k, relative_width(a->s, 0));
        passwd_json_end_array(w);
    }
    if (f->why[0]) put_word(w, "note", f->why);
    passwd_json_end_object(w);
}
static void put_signal(passwd_json_writer *w, const searching *a, int number) {
    const sample *from = a->signal + number;
    roc r = search_roc(a, from);
    char mass[48];
    int i, k;
    passwd_json_begin_object(w);
    put_word(w, "name", from->name);
    put_json(w, "mass", from->mass);
    put_count(w, "events", from->count);
    put_json(w, "area", r.area);
    roc_free(&r);
    passwd_json_key(w, "efficiency");
    passwd_json_begin_object(w);
    for (k = 0; k < a->regions; k++) put_json(w, a->region[k].name, above_cut(from, a->region + k) / from->total);
    passwd_json_end_object(w);
    put_array(w, "peaks");
    for (i = 0; i < a->n_gains; i++)
        for (k = 0; k <= a->regions && a->gains[i].signal == number; k++) {
            const gain *g = a->gains + i;
            mass_name(a, g->mass, mass);
            passwd_json_begin_object(w);
            put_word(w, "mass", mass);
            put_word(w, "region", region_name(a, k - 1));
            put_json(w, "peak", g->peak);
            put_json(w, "sigma", g->sigma);
            put_json(w, "s", g->s[k]);
            put_json(w, "b", g->b[k]);
            put_json(w, "z", g->z[k]);
            passwd_json_end_object(w);
        }
    passwd_json_end_array(w);
    passwd_json_end_object(w);
}
/* summary.json, and standard output if requested. */
static int summary_json(const searching *a) {
    passwd_json_writer w;
    char path[1024];
    int k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_count(&w, "events", a->data.count);
    put_json(&w, "weight", a->data.total);
    put_json(&w, "sqrt_s", a->layout->sqrt_s);
    if (a->s->luminosity > 0.0) put_json(&w, "luminosity", a->s->luminosity);
    put_json(&w, "global_p", exp(a->together.log_p));
    put_json(&w, "log_global_p", a->together.log_p);
    put_json(&w, "significance", a->together.significance);
    put_json(&w, "significance_low", a->together.significance_low);
    put_json(&w, "significance_high", a->together.significance_high);
    put_json(&w, "trials", a->together.trials);
    if (a->together.best >= 0) {
        const finding *f = a->found + a->together.best;
        char mass[48];
        mass_name(a, f->mass, mass);
        put_word(&w, "best_mass", mass);
        put_word(&w, "best_region", region_name(a, f->region));
        put_json(&w, "mass", f->q.best.mass);
        put_json(&w, "width", f->q.best.width);
        put_json(&w, "local_p", exp(f->q.best.log_p));
    }
    put_word(&w, "background", background_names[a->s->background]);
    put_regions(&w, a->r.rmm, &a->data);
    put_array(&w, "spectra");
    for (k = 0; k < a->n_found; k++) put_finding(&w, a, a->found + k);
    passwd_json_end_array(&w);
    put_array(&w, "signals");
    for (k = 0; k < a->s->signal.count; k++) put_signal(&w, a, k);
    passwd_json_end_array(&w);
    passwd_json_end_object(&w);
    path_in(path, a->s, "summary.json");
    return save_json(&w, path, a->s->json);
}

/* Compares the score with the simplest variables, for the signals. */
static int search_rivals(const searching *a) {
    comparing c;
    int k, status;
    memset(&c, 0, sizeof c);
    c.s = a->s;
    c.r.encoder = a->r.encoder;
    c.background = a->background.count ? a->background : a->data; /* borrowed, like the signals */
    for (k = 0; k < a->s->signal.count; k++) c.signal[k] = a->signal[k];
    status = compare_go(&c);
    printf("\n");
    if (status == OK) compare_tell(&c);
    free(c.areas);
    free(c.gains);
    return status;
}

/* ---- the command */

static int search_tell(const searching *a) {
    int status = write_table(a, "summary.csv", summary_csv);
    if (status == OK) status = write_table(a, "signals.csv", signals_csv);
    if (status == OK) status = search_plots(a);
    if (status == OK && !a->s->json) {
        together_print(a);
        efficiency_table(a);
        gain_table(a);
        if (a->s->signal.count) status = search_rivals(a);
        summary_table(a);
        printf("\nall tables, spectra and plots are in %s\n", a->s->out);
    }
    return status == OK ? summary_json(a) : status;
}
static int search_go(searching *a) {
    char path[1024];
    output limits;
    int status = search_network(a);
    if (status == OK) status = scorer_open(&a->r, a->s);
    if (status != OK) return status;
    a->layout = &passwd_rmm_config_of(a->r.rmm)->layout;
    status = search_samples(a);
    if (status == OK) status = search_regions(a);
    if (status == OK) status = search_scores(a);
    path_in(path, a->s, "limits.csv");
    if (status == OK && !output_open(&limits, path)) status = FAILED;
    else if (status == OK) {
        a->limits = limits.file;
        fprintf(limits.file, "spectrum,region,%s\n", limit_columns);
        status = search_spectra(a);
        if (!output_close(&limits, 1)) status = FAILED;
    }
    if (status == OK) status = search_signals(a);
    return status == OK ? search_tell(a) : status;
}
/* Tables of the folder are overwritten: events must not be among them. */
static int check_not_inside(const settings *s, const texts *files) {
    char folder[1024];
    int k;
    for (k = 0; k < files->count; k++) {
        char *slash;
        snprintf(folder, sizeof folder, "./%.1000s", files->item[k]);
        if (files->item[k][0] == '/') memmove(folder, folder + 2, strlen(folder + 2) + 1);
        slash = strrchr(folder, '/');
        *(slash > folder ? slash : slash + 1) = 0;
        if (same_file(folder, s->out))
            return complain(USAGE, "%s lies in --out %s, whose files are overwritten", files->item[k], s->out);
    }
    return OK;
}
static int command_search(const settings *s) {
    searching a;
    int k, status = check_search(s);
    if (status != OK) return status;
    memset(&a, 0, sizeof a);
    a.s = s;
    snprintf(a.spectra, sizeof a.spectra, "%.900s/spectra", s->out);
    if (strlen(s->out) > 900) return complain(FAILED, "%.60s...: this name is too long", s->out);
    if (make_folder(s->out) || make_folder(a.spectra)) return FAILED;
    if (check_not_inside(s, &s->events) || check_not_inside(s, &s->background_events)
        || check_not_inside(s, &s->signal))
        return USAGE;
    status = search_go(&a);
    sample_free(&a.data);
    sample_free(&a.background);
    for (k = 0; k < MANY; k++) sample_free(a.signal + k);
    for (k = 0; k < a.n_found && a.toy_t; k++) free(a.toy_t[k]);
    free(a.toy_t);
    free(a.found);
    free(a.gains);
    scorer_close(&a.r);
    if (a.folds) passwd_rmm_folds_free(a.folds);
    else passwd_rmm_free(a.r.rmm);
    return status;
}
