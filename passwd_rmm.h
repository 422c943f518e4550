/* passwd_rmm.h - rapidity-mass matrices and a bump hunt built on them, in one header. MIT licence.

   WHAT IT IS
     The chain of ATLAS's search in two-body masses (arXiv 2307.01612), for events of any list of objects, from events
     to one p-value and limits. Each link works by itself:
       events -> numbers      rapidity-mass matrices (arXiv 1805.11650), two-body masses      passwd_rmm_encode, _masses
       numbers -> score       a density of energies, or an autoencoder on the matrices        passwd_rmm_train, _job_new
       score -> regions       cuts that keep a given fraction, flat in each mass              passwd_rmm_cut_flat
       masses -> spectrum     a histogram with edges of any width                             passwd_spectrum_new, _fill
       spectrum -> background a function, the events outside of the region, kernels           passwd_background_fit
       -> excess              BumpHunter (arXiv 1101.0390), scan (arXiv 1007.1727), planes    passwd_hunt, passwd_scan
       -> limits              CLs, asymptotic or by toys                                      passwd_limit_gaussian
       all that was looked at -> one global p-value                                           passwd_looks_together
     It needs passwd.h, whose manual says how to compile, who owns what, and what is promised: all of that holds here.
     It is no general fitting package: one signal, in one spectrum or a few channels.

   A SPECTRUM IN ARRAYS, AND A HUNT (save it as hunt.c; cc -O2 hunt.c -o hunt -lm)

     #define PASSWD_IMPLEMENTATION
     #define PASSWD_RMM_IMPLEMENTATION
     #include "passwd_rmm.h"
     #include <math.h>
     #include <stdio.h>

     enum { EVENTS = 4000, BINS = 50 };
     static double mass[EVENTS]; // GeV

     int main(void) {
         passwd_spectrum spectrum = { 0 };
         passwd_hunt_options options = { 0 };
         passwd_hunt_result hunt;
         passwd_error error;
         double edges[BINS + 1];
         uint32_t k;
         for (k = 0; k < EVENTS; k++) // your masses: here they fall, but for one of 40, in a bump
             mass[k] = k % 40 > 0 ? 500.0 - 200.0 * log(passwd_random_uniform(1, 0, k))
                                  : 900.0 + 25.0 * passwd_random_normal(1, 1, k);
         for (k = 0; k <= BINS; k++) edges[k] = 500.0 + 25.0 * k;
         options.toys = 2000; // without toys there is no global p-value
         if (passwd_spectrum_new(BINS, edges, NULL, &spectrum, &error)) return 1;
         passwd_spectrum_fill(&spectrum, mass, NULL, EVENTS);
         if (passwd_background_fit(&spectrum, NULL, &error) // a function; NULL: with all defaults
             || passwd_hunt(&spectrum, 1, &options, &hunt, NULL, NULL, &error))
             fprintf(stderr, "%s\n", error.message);
         else // significances are NaN where no function describes the data: hunt.refused
             printf("%g to %g GeV: %g events, %.1f expected; %.1f sigma local, %.1f sigma global\n",
                 hunt.window.low, hunt.window.high, hunt.window.data, hunt.window.background, hunt.local_significance,
                 hunt.significance);
         passwd_spectrum_free(&spectrum);
         return 0;
     }

   BIN CONTENTS IN ARRAYS, AND A LIMIT

     #define PASSWD_IMPLEMENTATION
     #define PASSWD_RMM_IMPLEMENTATION
     #include "passwd_rmm.h"
     #include <stdio.h>

     enum { BINS = 12 };
     static const double edges[BINS + 1] = { 500, 550, 600, 650, 700, 750, 800, 850, 900, 950, 1000, 1050, 1100 };
     static const double data[BINS] = { 912, 694, 556, 421, 325, 259, 207, 148, 121, 91, 74, 53 };

     int main(void) {
         passwd_spectrum spectrum = { 0 };
         passwd_limit_options options = { 0 }; // a Gaussian of 3 % of its mass, 95 % confidence level
         passwd_limit limit;
         passwd_error error;
         int k, failed = passwd_spectrum_new(BINS, edges, NULL, &spectrum, &error);
         for (k = 0; k < BINS && !failed; k++) spectrum.data[k] = data[k];
         options.luminosity = 140.0; // 1/fb, for pb
         failed = failed || passwd_background_fit(&spectrum, NULL, &error)
             || passwd_limit_gaussian(&spectrum, 800.0, &options, &limit, NULL, &error);
         if (failed) fprintf(stderr, "%s\n", error.message);
         else
             printf("%g GeV: fewer than %.1f events (%.1f expected), %.2g pb; fitted %.1f +- %.1f\n", limit.mass,
                 limit.observed, limit.expected[2], limit.observed * limit.to_pb, limit.fitted, limit.fitted_error);
         passwd_spectrum_free(&spectrum);
         return failed;
     }

   WHICH BACKGROUND, WHEN (passwd_background.family; what is fitted floats with the signal, and again in every toy)
       a function                 the spectrum falls smoothly from its first edge on: begin above thresholds. DIJET with
                                  sqrt_s, else EXPONENTIAL; with `slide` one fit per mass, in well-filled spectra
       PASSWD_BACKGROUND_REST     a region that is cut flat in mass: the events outside of it, bin by bin, times a
                                  ratio. No function must describe the spectrum. passwd_spectrum_rest first
       PASSWD_BACKGROUND_KERNELS  no function describes it, and only narrow signals are looked for. Slow (milliseconds
                                  a toy); scans and limits take it, hunts refuse it
       PASSWD_BACKGROUND_GIVEN    a template, from simulation, a control region, passwd_reweight: write the arrays
                                  background and uncertainty. passwd_background_kde with `outside` smooths such a sample
       passwd_background_kde      of the searched data, as in the paper: for pictures. It contains the signal, so hunts,
                                  scans and limits refuse it
     Always look at fit.goodness: below PASSWD_BACKGROUND_GOOD significances are NaN, and `refused` is 1.

   HUNT OR SCAN
     A hunt asks for too many events in any window of bins, whatever their shape. A scan fits Gaussians of given
     widths (or your shapes: options.signals) at every mass: sharper where the signal looks so, and it fits the number
     of signal events. Both give a local and (with toys) a global p-value. Quote the global one of a hunt: over a
     fitted background its local one leaves out what the fit does not know, so that wide windows look better than they
     are, at times by sigmas; toys, which are fitted again, know. width_max at the bins of the widest signal helps.
     `extrapolated`: fewer than ten toys are above. Of a fit that the signal itself may spoil, fit.goodness is low;
     hunt.goodness and limit.goodness, without the window or with the signal, decide.

   A WHOLE SEARCH, as `rmm search` does it (tools/rmm.c)
     1 passwd_rmm_preset("search"), config.layout.sqrt_s in GeV. 2 passwd_rmm_folds_train: scores of the data by
     networks that have not seen them. 3 passwd_rmm_masses, passwd_rmm_cut_flat: regions of, say, 10 % and 1 %. 4 For
     every mass, and for all events and every region: a spectrum, passwd_background_fit (a function; `abc search` takes
     REST for regions), passwd_scan with toys made of the events (options.events, the same seed). 5
     passwd_looks_together: one p-value. 6 passwd_limit_*. Parts of it: examples/rmm_train.c scores events, bump_hunt.c
     hunts over a given background, z_boson.c scans.

   WHO OWNS WHAT
     passwd_rmm, _folds and jobs: *_new (or _load, _parse), *_free; a job borrows its network. passwd_spectrum and
     passwd_plane: zeroed, then *_new or _load, *_free; you may write to their arrays. Results and options are yours,
     and own nothing; passwd_spectrum_events borrows its arrays while a call lasts.

   LIMITS
     8 object types, 32 two-body masses, 129 rows of a matrix (PASSWD_RMM_*); 16 regions, 16 folds; 6 parameters of a
     background; 8 widths of a scan; width of a resonance up to 15 % of its mass. sqrt(s) is 100 to 1,000,000 GeV.

   NOT IMPLEMENTED
     Several signals in one fit; templates that morph, and systematics of shapes but the signal's scale and resolution;
     unbinned fits; masses of more than two bodies (fill a spectrum with your own).

   CONTENTS (search for the name)
     the interface:       Matrices | Anomaly scores and regions | Spectra | Backgrounds | BumpHunter | Planes | Limits |
                          Scan | One p-value for all searches
     the implementation:  the same, in this order
*/
#ifndef PASSWD_RMM_H
#define PASSWD_RMM_H
#ifdef PASSWD_HEADER
#include PASSWD_HEADER
#else
#include "passwd.h"
#endif
#ifndef PASSWDI_REFUSED
#if defined(PASSWD_STATIC) && !defined(PASSWD_RMM_IMPLEMENTATION) && defined(__GNUC__) \
    && !defined(__clang__) /* as in passwd.h */
#define PASSWDI_RMM_HUSHED
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------------------
   Matrices (S. Chekanov, arXiv 1805.11650, eq. 1). An event of up to N objects, missing transverse energy first, then
   type by type in order of falling ET, becomes a dimensionless N x N matrix:
     diagonal       ET / sqrt(s) of the leading object of a type, (ET[i-1] - ET[i]) / (ET[i-1] + ET[i]) of the others
     first row      transverse mass of the object and missing ET / sqrt(s): sqrt(ET^2 - pT^2) of the sums of their ET
                    and pT
     first column   C (cosh y - 1), where y is the rapidity
     above          invariant mass of two objects / sqrt(s)
     below          C (cosh((y_i - y_j) / 2) - 1)
   ET is E sin(theta); met has no mass and eta 0. Cells of missing objects are zero.
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_RMM_TYPES 8     /* maximum number of object types */
#define PASSWD_RMM_MASSES 32   /* maximum number of two-body masses */
#define PASSWD_RMM_OBJECTS 129 /* maximum number of rows of the matrix */

typedef struct passwd_rmm_layout {
    int types;
    char type[PASSWD_RMM_TYPES][16]; /* names as in the column "object": "j", "b", "e", "mu", "g" ... not "met" */
    int most[PASSWD_RMM_TYPES];      /* maximum number of objects of the type; the softest ones beyond it are
                                        dropped */
    int masses;
    int mass[PASSWD_RMM_MASSES][2]; /* two-body masses to search in, as pairs of types: the leading two of one type,
                                       or the leading one of each. Their cells are excluded from the inputs. */
    int keep_masses;                /* 1: those cells stay in the inputs */
    int skip_others;                /* 1: skip objects of types that are not listed, 0: report an error */
    double sqrt_s;                  /* GeV, 100 to 1,000,000 */
    double c;                       /* C of the rapidity cells */
} passwd_rmm_layout;

/* "search": 10 j, 10 b, 5 e, 5 mu, 5 g and the nine masses jj jb bb je jmu jg be bmu bg: 36 objects, 1,287 inputs;
   "wide": 10 each of j, b, mu, e, g (51 objects) and the same nine. C is 0.15; sqrt_s is 0 and must be given. */
PASSWD_API passwd_status passwd_rmm_layout_preset(const char *name, passwd_rmm_layout *layout, passwd_error *error);
/* CONFIG if the layout is invalid: no types, a repeated name, "met", too many objects, pairs of types that are not
   listed, sqrt(s) missing or in MeV (outside of 100 to 1,000,000 GeV). The functions below check it as well. */
PASSWD_API passwd_status passwd_rmm_layout_check(const passwd_rmm_layout *layout, passwd_error *error);
/* Sets the fields that a JSON object names: "types": {"j": 10, ...} (in this order), "masses": [["j", "b"], ...],
   "keep_masses", "skip_others", "sqrt_s", "c"; and writes them back. An unknown key is an error. `name` appears in
   messages. */
PASSWD_API passwd_status passwd_rmm_layout_read(
    passwd_rmm_layout *layout, const passwd_json *json, int32_t node, passwd_error *error);
PASSWD_API void passwd_rmm_layout_write(const passwd_rmm_layout *layout, passwd_json_writer *writer);
PASSWD_API int passwd_rmm_objects(const passwd_rmm_layout *layout); /* N: 1 + the sum of most[] */
PASSWD_API int passwd_rmm_inputs(const passwd_rmm_layout *layout);  /* N x N without the excluded cells */
/* Cell row * N + column of every input, in rising order; cells: passwd_rmm_inputs integers. */
PASSWD_API void passwd_rmm_input_cells(const passwd_rmm_layout *layout, int32_t *cells);
/* The name of a cell: "ET(j1)", "dET(j1,j2)", "mT(met,b2)", "h(mu1)", "m(j1,b2)", "h(j1,b2)"; "met" for the first. */
PASSWD_API void passwd_rmm_cell_name(const passwd_rmm_layout *layout, int row, int column, char name[64]);
/* The name of a mass: "jb", "jmu", ... */
PASSWD_API void passwd_rmm_mass_name(const passwd_rmm_layout *layout, int mass, char name[40]);

/* Numbers of dropped objects; they accumulate and are never reset. */
typedef struct passwd_rmm_dropped {
    int64_t beyond, others;
} passwd_rmm_dropped; /* beyond most[]; of types not listed */

/* A layout prepared for the type names of a set of events. Small; owns no memory. */
typedef struct passwd_rmm_encoder {
    passwd_rmm_layout layout;
    int objects, inputs;
    /* private */
    int start[PASSWD_RMM_TYPES];        /* first row of a type */
    int hole[PASSWD_RMM_MASSES], holes; /* excluded cells, rising */
    int before[PASSWD_RMM_OBJECTS];     /* excluded cells before the start of a row */
} passwd_rmm_encoder;
PASSWD_API passwd_status passwd_rmm_encoder_new(
    const passwd_rmm_layout *layout, passwd_rmm_encoder *encoder, passwd_error *error);
/* Events [first, first + count) as rows of inputs (whole = 0) or whole N x N matrices (whole = 1): out holds count x
   inputs floats. The cost scales with the number of objects present. CONFIG: an object of a type that is not listed,
   two rows "met"; NUMERIC: momenta without finite cells, an object without pT and mass; both name the event's line, and
   out is then untouched. The order of an event's rows does not matter. Events may also be built by hand (see
   passwd_events). */
PASSWD_API passwd_status passwd_rmm_encode(const passwd_rmm_encoder *encoder, const passwd_events *events,
    int64_t first, int64_t count, int whole, float *out, passwd_rmm_dropped *dropped, passwd_error *error);
/* The same from a program's own arrays, without copying them, identical to the bit. Missing energy is an object of type
   "met", or separate arrays of pt and phi (passwd_arrays.more). */
PASSWD_API passwd_status passwd_rmm_encode_arrays(const passwd_rmm_encoder *encoder, const passwd_arrays *arrays,
    int64_t first, int64_t count, int whole, float *out, passwd_rmm_dropped *dropped, passwd_error *error);
/* The same for up to 16 arbitrary events, in lanes: out[input * 16 + lane] must be zeroed by the caller; only the cells
   of objects that are present are written. Objects that passwd_rmm_encode would refuse are skipped (check the events
   beforehand with passwd_rmm_check). */
PASSWD_API void passwd_rmm_encode_lanes(
    const passwd_rmm_encoder *encoder, const passwd_events *events, const int64_t *places, int count, float *out);
/* OK if passwd_rmm_encode would accept all events; counts what it would drop. */
PASSWD_API passwd_status passwd_rmm_check(
    const passwd_rmm_encoder *encoder, const passwd_events *events, passwd_rmm_dropped *dropped, passwd_error *error);
/* The two-body masses of events [first, first + count), GeV: out is count x layout.masses; NaN if an object is
   missing. */
PASSWD_API passwd_status passwd_rmm_masses(const passwd_rmm_encoder *encoder, const passwd_events *events,
    int64_t first, int64_t count, double *out, passwd_error *error);
PASSWD_API passwd_status passwd_rmm_masses_arrays(const passwd_rmm_encoder *encoder, const passwd_arrays *arrays,
    int64_t first, int64_t count, double *out, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Anomaly scores and regions. Two networks, both trained on the data alone:
     density       the default: minus the logarithm of the density of an event's transverse energies in units of
                   sqrt(s): missing ET, the ET of every object, their sums by type and over all objects, and the
                   largest. Coordinates that at least 1 % of the training events fill are rotated to their principal
                   axes, divided by their standard deviations, and described by a mixture of `components` Gaussians.
                   Energies are not mapped to logarithms or quantiles: a density per GeV is low where events are hard or
                   have many objects.
     autoencoder   of arXiv 2307.01612, sections 2.2 and 2.3: the logarithm of the mean squared difference between an
                   event's matrix and its reconstruction by the network.
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_RMM_WIDTHS 8
#define PASSWD_RMM_REGIONS 16

typedef struct passwd_rmm_config {
    passwd_rmm_layout layout;
    int widths[PASSWD_RMM_WIDTHS],
        n_widths;   /* hidden layers down to the latent one, mirrored by the decoder: 800, 400, 200 */
    float slope;    /* of the leaky ReLU below zero */
    int components; /* Gaussians of the density; 0: the autoencoder, the only network that uses the three settings
                       above */
    float noise;    /* width of the Gaussian that each event is smeared with, in units of a coordinate's standard
                       deviation: the density resolves no finer structure */
    int log_loss;   /* Adam minimises 1: the logarithm of a batch's mean loss, 0: that mean itself, 2: the mean of
                       the events' logarithms, which weights well-described events most */
    /* training */
    int epochs, batch, patience;
    float rate, validation;
} passwd_rmm_config;

/* A cut that depends on a mass: piecewise linear in ln(mass) between its knots, constant beyond the first and the
   last. */
#define PASSWD_RMM_KNOTS 12
typedef struct passwd_rmm_curve {
    int knots;
    double mass[PASSWD_RMM_KNOTS], cut[PASSWD_RMM_KNOTS]; /* GeV, rising */
} passwd_rmm_curve;

/* An anomaly region: events whose score is above the cut. If it is flat, each mass of the layout has its own cut that
   keeps the same fraction of the events at every value of that mass (passwd_rmm_cut_at), so that spectra keep their
   shape; `cut` is that of all events. */
typedef struct passwd_rmm_region {
    char name[32];
    double cut;
    double cross_section, luminosity; /* pb, 1/fb, if it was chosen by them; else 0 */
    double fraction;                  /* of the (weighted) events above the cut, in the sample it was chosen on */
    double events;                    /* the same as a (weighted) number of events */
    int flat;
    /* by mass of the layout; no knots: too few events have that mass, and `cut` applies */
    passwd_rmm_curve curve[PASSWD_RMM_MASSES];
} passwd_rmm_region;

typedef struct passwd_rmm passwd_rmm;
/* "search", "wide": the layout of that name with the density. "search-autoencoder", "wide-autoencoder": the paper's
   network, 800-400-200, slope 0.01, log of the batch's loss, 7:3 split, patience 30, batch 256. */
PASSWD_API passwd_status passwd_rmm_preset(const char *name, passwd_rmm_config *config, passwd_error *error);
PASSWD_API passwd_status passwd_rmm_config_read(
    passwd_rmm_config *config, const char *json, size_t length, const char *name, passwd_error *error);
PASSWD_API passwd_status passwd_rmm_new(const passwd_rmm_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_rmm **rmm, passwd_error *error);
PASSWD_API passwd_status passwd_rmm_load(
    const char *path, const passwd_allocator *allocator, passwd_rmm **rmm, passwd_error *error);
PASSWD_API passwd_status passwd_rmm_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_rmm **rmm, passwd_error *error);
PASSWD_API passwd_status passwd_rmm_save(const passwd_rmm *rmm, const char *path, passwd_error *error);
PASSWD_API void passwd_rmm_free(passwd_rmm *rmm);
PASSWD_API const passwd_rmm_config *passwd_rmm_config_of(const passwd_rmm *rmm);
PASSWD_API passwd_model *passwd_rmm_model(const passwd_rmm *rmm);
/* Trains on all events; of the options, threads, simd, seed, checkpoint, progress and ranks are used; the rest comes
   from the configuration. */
PASSWD_API passwd_status passwd_rmm_train(passwd_rmm *rmm, const passwd_events *events,
    const passwd_train_options *options, passwd_train_report *report, passwd_rmm_dropped *dropped, passwd_error *error);
/* The same on the `count` events whose numbers are in places; all events are checked. */
PASSWD_API passwd_status passwd_rmm_train_on(passwd_rmm *rmm, const passwd_events *events, const int64_t *places,
    int64_t count, const passwd_train_options *options, passwd_train_report *report, passwd_rmm_dropped *dropped,
    passwd_error *error);
/* Scores of events [first, first + count), with one job per calling thread. */
typedef struct passwd_rmm_job passwd_rmm_job;
PASSWD_API passwd_status passwd_rmm_job_new(
    const passwd_rmm *rmm, const passwd_workspace_options *options, passwd_rmm_job **job, passwd_error *error);
PASSWD_API void passwd_rmm_job_free(passwd_rmm_job *job);
/* As passwd_workspace_size, for a job in the caller's buffer, which then allocates nothing. */
PASSWD_API size_t passwd_rmm_job_size(const passwd_rmm *rmm, const passwd_workspace_options *options);
PASSWD_API passwd_status passwd_rmm_run(passwd_rmm_job *job, const passwd_events *events, int64_t first, int64_t count,
    double *scores, passwd_rmm_dropped *dropped, passwd_error *error);
/* The same from a program's own arrays, identical to the bit (passwd_rmm_encode_arrays). */
PASSWD_API passwd_status passwd_rmm_run_arrays(passwd_rmm_job *job, const passwd_arrays *arrays, int64_t first,
    int64_t count, double *scores, passwd_rmm_dropped *dropped, passwd_error *error);
/* Regions are kept in order and stored with the weights. */
PASSWD_API int passwd_rmm_regions(const passwd_rmm *rmm, const passwd_rmm_region **regions);
PASSWD_API passwd_status passwd_rmm_add_region(passwd_rmm *rmm, const passwd_rmm_region *region, passwd_error *error);
PASSWD_API void passwd_rmm_clear_regions(passwd_rmm *rmm);
/* The cut above which `fraction` of the weight lies, or (cross_section > 0) the cut above which cross_section (pb) x
   1000 x luminosity (1/fb) events lie: fills cut, fraction and events of a region whose name and targets are set.
   weights may be NULL. ARGUMENT: more events requested than there are; NUMERIC: NaN scores, weights that are not finite
   or whose sum is not positive. */
PASSWD_API passwd_status passwd_rmm_cut(const double *scores, const double *weights, int64_t count,
    passwd_rmm_region *region, const passwd_allocator *allocator, passwd_error *error);

/* The same, flat in each of `n` masses (count x n, GeV, NaN if there is none; as from passwd_rmm_masses): also fills
   flat and the curves. Bins of mass hold at least 5 events above the cut; their sizes double from the heaviest events
   downwards until all are of equal size. */
PASSWD_API passwd_status passwd_rmm_cut_flat(const double *scores, const double *weights, const double *masses, int n,
    int64_t count, passwd_rmm_region *region, const passwd_allocator *allocator, passwd_error *error);
/* The cut for an event in the spectrum of mass number `mass`, at `value` GeV; `cut` itself if the region is not flat,
   the mass is negative or the value is NaN. */
PASSWD_API double passwd_rmm_cut_at(const passwd_rmm_region *region, int mass, double value);

/* Simple variables that a score should outperform, for events [first, first + count): out is count x PASSWD_RMM_SIMPLE.
   Sum of the pT of the objects [GeV], the largest of them, missing ET, number of objects, invariant mass of all of them
   with the missing momentum (at eta 0). */
#define PASSWD_RMM_SIMPLE 5
PASSWD_API passwd_status passwd_rmm_simple(const passwd_rmm_encoder *encoder, const passwd_events *events,
    int64_t first, int64_t count, double *out, passwd_error *error);
/* "HT", "pT1", "MET", "objects", "mass"; NULL beyond */
PASSWD_API const char *passwd_rmm_simple_name(int k);

/* Out-of-fold scores: each of k networks is trained on all events except its own fold, which it then scores. So no
   event is scored by a network that has seen it, and no event is lost. Scores are normalised per network to the median
   and the spread (half of the central 68 %) of its fold's scores, since independently trained networks do not agree on
   a scale. */
#define PASSWD_RMM_FOLDS 16
typedef struct passwd_rmm_folds passwd_rmm_folds;
/* folds: 2 to 16. The seed determines the initial weights and the assignment of events to folds. */
PASSWD_API passwd_status passwd_rmm_folds_new(const passwd_rmm_config *config, int folds, uint64_t seed,
    const passwd_allocator *allocator, passwd_rmm_folds **all, passwd_error *error);
PASSWD_API void passwd_rmm_folds_free(passwd_rmm_folds *all);
PASSWD_API int passwd_rmm_fold_of(const passwd_rmm_folds *all, int64_t event); /* by the number of the event */
PASSWD_API int passwd_rmm_folds_count(const passwd_rmm_folds *all);
/* to save or inspect it; NULL: there is no such fold */
PASSWD_API passwd_rmm *passwd_rmm_folds_network(passwd_rmm_folds *all, int fold);
/* Trains all of them and scores the events: scores holds events->count numbers, report (or NULL) one per network.
   Options as in passwd_rmm_train, without checkpoint. Callbacks see one training after the other. ARGUMENT: a fold
   without events. */
PASSWD_API passwd_status passwd_rmm_folds_train(passwd_rmm_folds *all, const passwd_events *events,
    const passwd_train_options *options, double *scores, passwd_train_report *report, passwd_rmm_dropped *dropped,
    passwd_error *error);
/* Scores of events that none of the networks was trained on, such as a signal sample: the mean over the networks.
   STOPPED: no scores are written, as none is complete. */
PASSWD_API passwd_status passwd_rmm_folds_run(const passwd_rmm_folds *all, const passwd_workspace_options *options,
    const passwd_events *events, double *scores, passwd_rmm_dropped *dropped, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Spectra: histograms with edges of any width. All arrays are one block of memory.
   --------------------------------------------------------------------------------------------------------------- */

/* Where a spectrum's background comes from. Everything that searches in a spectrum depends on it: a background given
   from outside is taken as it is, with its uncertainty; a fitted one floats together with the signal, and is refitted
   in every pseudo-experiment. */
typedef enum passwd_background_family {
    PASSWD_BACKGROUND_GIVEN = 0,   /* from outside: another sample, theory, a file */
    PASSWD_BACKGROUND_DIJET,       /* p1 (1 - x)^p2 x^(p3 + p4 ln x + p5 ln^2 x), x = m / sqrt(s) */
    PASSWD_BACKGROUND_EXPONENTIAL, /* exp(p1 + p2 L + p3 L^2 + ...), L = ln x: power laws with a running index */
    PASSWD_BACKGROUND_SEARCHED,    /* made of all searched data: it contains the signal, and gives no p-value */
    PASSWD_BACKGROUND_KERNELS,     /* kernel density of the searched data by local likelihood, for every mass m from
                                      what lies beside it: the exponential above for each m, in a fit that weights
                                      bins by a Gaussian kernel in ln m (C. Loader, Ann. Statist. 24 (1996) 1602). A
                                      plain sum of kernels, the special case of one parameter, cannot bridge a
                                      window in a falling spectrum */
    PASSWD_BACKGROUND_REST         /* of a region of events: the events outside it (passwd_spectrum_rest), bin by
                                      bin with their own Poisson errors, times the exponential above for the ratio
                                      of the two. If the region's cut is flat in mass, little about the ratio is
                                      unknown, and no function has to describe the spectrum itself or its end point.
                                      Signal outside the region counts as background inside it */
} passwd_background_family;

#define PASSWD_BACKGROUND_PARAMETERS 6 /* maximum number of parameters of a family (the dijet function: 5) */

/* Settings of a fit (zeroed: the values in brackets), and its results. */
typedef struct passwd_background {
    passwd_background_family family; /* [the dijet function if sqrt_s is given, else exponentials] */
    double sqrt_s;                   /* GeV; exponentials: [the last edge], just a unit */
    int least, most; /* [3, 5; kernels: 4, 4; rest: 1, 3] range of the number of free parameters: the fewest for
                        which adding one or two more brings no improvement by a likelihood-ratio test at 5 % */
    double skip_low, skip_high;   /* GeV [none]: excluded from fits of the background alone: a known signal
                                     region */
    double blind_low, blind_high; /* GeV [none]: excluded from everything that is done with the spectrum */
    double slide;                 /* [0: one fit to everything] > 1: a separate fit for every mass m, from m / slide
                                     to m slide */
    double widest;                /* kernels: sigma of the widest signal that is searched for, relative to its mass
                                     [0.03]. Two of these on either side of each mass are excluded from the kernel
                                     sum (in fits of a signal: two of its own sigma); wider signals are refused */
    double bandwidth;             /* kernels: standard deviation in ln m [0: 3 to 24 times widest, by
                                     cross-validation], wider where there are few events */
    double learnt; /* rest: GeV [0]: mass up to which the region's cut was learnt. Beyond it the ratio may change to
                      another value: 1 - (learnt / m)^5 and ln(m / learnt) replace ln m and its square there, both 0
                      below; least and most are [3, 3] */
    double drift;  /* rest with learnt: [0.5] standard deviation of the last function's exponent. If the data alone
                      constrained it, it would follow a signal at the end of the spectrum */
    int any_shape; /* [0] 1: any function. 0: with more parameters than the least, the function must fall ever more
                      steeply, d ln f / d ln m falling everywhere (shoulders and second maxima would follow a broad
                      signal), unless no such function describes the data beside the signal: then any function is
                      allowed */
    /* results */
    int parameters; /* number chosen; 0: not fitted */
    double kernel;  /* kernels: the bandwidth chosen. Toys keep it */
    double p[PASSWD_BACKGROUND_PARAMETERS], error[PASSWD_BACKGROUND_PARAMETERS];    /* p[0]: ln p1. With slide: none */
    double covariance[PASSWD_BACKGROUND_PARAMETERS * PASSWD_BACKGROUND_PARAMETERS]; /* row by row */
    double deviance; /* 2 sum (f - d + d ln(d / f)), with neighbouring bins merged until 5 events are expected */
    int degrees;     /* of freedom: merged bins - parameters */
    double goodness; /* p-value of the deviance, chi-squared. Below PASSWD_BACKGROUND_GOOD no function of the family
                        describes the data, and no significance is given. NaN: no degrees of freedom are left to
                        test it */
} passwd_background;
#define PASSWD_BACKGROUND_GOOD 0.01

typedef struct passwd_spectrum {
    int bins;
    double *edges;                    /* bins + 1, rising */
    double *data, *variance;          /* bins: sums of weights and of their squares */
    double *background, *uncertainty; /* bins: expected, and its standard deviation */
    double *rest, *rest_variance;     /* bins: of the events outside a region (passwd_spectrum_rest) */
    double below, above;              /* weight outside the edges */
    passwd_background fit;            /* origin of background and uncertainty. Zeroed: given from outside. Zero it
                                         if you overwrite these after a fit */
    passwd_allocator allocator;
} passwd_spectrum;

/* Weighted events: if variance is neither equal to data nor zero, fits, hunts, scans and limits use effective events:
   the contents of a bin (data, background and its uncertainty, signal) are divided by the scale sum w^2 / sum w, taken
   from the bin and as many neighbours (in a plane: those in its row first) as hold 100 effective events (G. Bohm and G.
   Zech, arXiv 1309.1287). Results are sums of weights again. Bins made negative by negative weights are filled up from
   their neighbours. */

/* *spectrum must be zeroed or come from an earlier call (it is then freed). ARGUMENT: fewer than one bin; NUMERIC:
   edges not rising or not finite. data = variance = background = uncertainty = 0. */
PASSWD_API passwd_status passwd_spectrum_new(
    int bins, const double *edges, const passwd_allocator *allocator, passwd_spectrum *spectrum, passwd_error *error);
PASSWD_API void passwd_spectrum_free(passwd_spectrum *spectrum); /* and zeroes it */
/* Adds count values (NaN is skipped) with their weights (NULL: 1). */
PASSWD_API void passwd_spectrum_fill(
    passwd_spectrum *spectrum, const double *values, const double *weights, int64_t count);
/* Edges from low to at least high, each bin as wide as the mass resolution at its centre divided by `bins_per_sigma`:
   width = sigma(m) / bins_per_sigma, sigma(m) = m sqrt(a^2 / m + b^2) (a in sqrt(GeV)), and at least `least` GeV.
   Returns the number of bins; edges holds room + 1, or is NULL to ask for that number alone. */
typedef struct passwd_binning {
    double low, high;      /* GeV */
    double a, b;           /* of the resolution */
    double bins_per_sigma; /* more than b / 2 */
    double least;          /* GeV [0] */
} passwd_binning;
PASSWD_API passwd_status passwd_spectrum_edges(
    const passwd_binning *binning, int room, double *edges, int *bins, passwd_error *error);
/* For the events of a region: region->rest = all->data - region->data, where `all` holds all events, those of the
   region included, in the same edges. ARGUMENT: other edges, or more in the region than in all. Weights are supported:
   region and rest each have their own effective counts. */
PASSWD_API passwd_status passwd_spectrum_rest(passwd_spectrum *region, const passwd_spectrum *all, passwd_error *error);
/* Reads a CSV (*spectrum as above) with the columns low,high,data and optionally background,uncertainty. Errors name
   line and column: text, NaN, negative contents, bins with gaps or out of order, no bins. has_background (may be NULL):
   1 if that column was present. */
PASSWD_API passwd_status passwd_spectrum_load(const char *path, const passwd_allocator *allocator,
    passwd_spectrum *spectrum, int *has_background, passwd_error *error);
PASSWD_API passwd_status passwd_spectrum_save(const passwd_spectrum *spectrum, const char *path, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Backgrounds from the data themselves: these fill background and uncertainty of a spectrum.
   --------------------------------------------------------------------------------------------------------------- */

typedef struct passwd_kde_options { /* zeroed: the values in brackets */
    int adaptive; /* [0] 1: bandwidths follow the local density (Abramson, Ann. Statist. 10 (1982) 1217) */
    int linear;   /* [0] 1: kernels in mass, 0: in its logarithm, as spectra fall by orders of magnitude */
    double scale; /* [1] factor on Silverman's bandwidth */
    int open;     /* [0] 1: leave the boundary untreated, 0: reflect the kernels at the first edge */
    int outside;  /* [0] 1: the masses are those of another sample: the background is given from outside, 0: they
                     are the searched data, and p-values are refused (PASSWD_BACKGROUND_SEARCHED) */
} passwd_kde_options;
/* Gaussian kernel density of count masses (weights may be NULL), integrated over the bins and normalised to the data of
   the spectrum; the uncertainty is that of the data's counts, propagated through the kernels. NaN masses are skipped.
   Masses below the first edge are excluded unless the edge is open; kernels of masses above the last edge reach in. B.
   Silverman, Density Estimation (1986), eq. 3.31. NUMERIC: no data to normalise to, fewer than two different masses. */
PASSWD_API passwd_status passwd_background_kde(passwd_spectrum *spectrum, const double *masses, const double *weights,
    int64_t count, const passwd_kde_options *options, passwd_error *error);

/* Fits a function to the data of the spectrum by maximum likelihood, with its integral over each bin as the
   expectation, and stores it in spectrum->fit; background and uncertainty are filled in (from the covariance). wanted
   NULL: all defaults. This is the background to search with: hunts, scans and limits float it with the signal. Newton's
   method in orthonormal functions. Kernels: the background of every bin comes from its side bands, the goodness from
   all bins. ARGUMENT: unknown families, fewer filled bins than parameters, masses beyond sqrt(s), masses not above 0,
   inverted ranges; NUMERIC: no convergence. The spectrum is then unchanged. A bad goodness of fit is no error here:
   check spectrum->fit.goodness. */
PASSWD_API passwd_status passwd_background_fit(
    passwd_spectrum *spectrum, const passwd_background *wanted, passwd_error *error);
/* ARGUMENT, with the reason, if this background gives no p-values (made of the searched data, with the window
   included); else OK. */
PASSWD_API passwd_status passwd_background_check(const passwd_spectrum *spectrum, passwd_error *error);

/* p1 (1 - x)^p2 x^(p3 + p4 ln x + p5 ln^2 x), x = m / sqrt(s), by its integral over each bin. */
typedef struct passwd_dijet_fit {
    int parameters;        /* 3 to 5 are free: the later ones are zero */
    double p[5], error[5]; /* p[0] is p1, */
    double ln_p1;          /* and its logarithm, in case p1 overflows */
    double covariance[25]; /* of (ln p1, p2 ... p5), row by row */
    double deviance;       /* 2 sum (f - d + d ln(d / f)): the goodness of the fit */
    int degrees;           /* of freedom: bins - parameters */
    double p_value;        /* of the deviance, chi-squared; NaN without degrees of freedom */
    int iterations;
} passwd_dijet_fit;
/* Fits it by maximum likelihood to the data of the spectrum (skip_low, skip_high: a mass range to exclude; equal:
   none). fit->parameters sets how many are free (0: 4). ARGUMENT: fewer filled bins than parameters, masses beyond
   sqrt(s); NUMERIC: no convergence. The uncertainty comes from the fit's covariance. spectrum->fit is set as by
   passwd_background_fit with this number of parameters and skipped range: it floats. */
PASSWD_API passwd_status passwd_background_dijet(passwd_spectrum *spectrum, double sqrt_s, double skip_low,
    double skip_high, passwd_dijet_fit *fit, passwd_error *error);

/* The events of a spectrum, for hunts and scans whose spectra share events. In toy number k each event is drawn a
   Poisson number of times with mean background / data of its bin, using a random number that depends only on its own
   number and k, the same in all spectra. So each bin of a toy is a Poisson number of the background alone, as usual,
   but spectra fluctuate together as far as they have events in common. For PASSWD_BACKGROUND_REST the events are those
   of the region and its rest: each is in the toy's region with the probability given by the ratio at its mass, by a
   random number that depends on its number and k. */
typedef struct passwd_spectrum_events {
    int64_t count;
    const int64_t *number;       /* of each event, the same in all spectra */
    const double *mass, *weight; /* its value in the spectrum (NaN: not in it); weight may be NULL */
    uint64_t seed;               /* the same for all spectra */
} passwd_spectrum_events;

/* ------------------------------------------------------------------------------------------------------------------
   BumpHunter (G. Choudalakis, arXiv 1101.0390). Probabilities are kept as natural logarithms throughout, so that far
   tails are exact.
   --------------------------------------------------------------------------------------------------------------- */

/* ln P(at least n | mean b), ln P(at most n | mean b) of a Poisson number; n and b may be any non-negative reals (the
   regularised incomplete gamma functions: P(n, b), Q(n + 1, b)). b = 0: 0 for n = 0, else -inf for "at least". */
PASSWD_API double passwd_log_poisson_above(double n, double b);
PASSWD_API double passwd_log_poisson_below(double n, double b);
/* The significance, in units of sigma, of a one-sided probability given by its logarithm, and back: ln P(x > z) for a
   normal x. */
PASSWD_API double passwd_significance(double log_p);
PASSWD_API double passwd_log_normal_above(double z);

typedef enum passwd_hunt_shift { PASSWD_HUNT_STEP = 0, PASSWD_HUNT_HALF, PASSWD_HUNT_WHOLE } passwd_hunt_shift;

typedef struct passwd_hunt_options {      /* zeroed: the values in brackets */
    int deficit;                          /* [0] 1: search for deficits */
    int width_min, width_max, width_step; /* [1, half of the bins, 1] bins of a window */
    passwd_hunt_shift shift;              /* windows move by `step` bins, by half of their width, by their width */
    int step;                             /* [1] */
    int sideband;                         /* [0] 1: the background is scaled to the data outside each window */
    int uncertainty;                      /* [0] 1: in toys, the expectation of each bin is first drawn from
                                             background and uncertainty (a normal number; 0 if negative). Not for
                                             fitted backgrounds */
    int64_t toys;                         /* [0: none] */
    uint64_t seed;
    int threads;            /* [1] */
    passwd_watch *progress; /* not 0: stop; the result is that of the toys so far */
    void *user;
    const passwd_spectrum_events *events; /* [NULL] toys are made of these: passwd_looks_together */
    int height_min, height_max;           /* planes: [1, half of the rows] rows of a window; steps as in x */
} passwd_hunt_options;

typedef struct passwd_hunt_window {
    int first, width;        /* bins, of the first channel */
    double low, high;        /* GeV */
    double data, background; /* in the window, all channels; the background after side-band scaling */
    double log_p;            /* local; several channels: the sum over them */
    int row, rows;           /* of planes; spectra: 0, 1 */
    double bottom, top;      /* the same in the units of y; spectra: 0 */
} passwd_hunt_window;

typedef struct passwd_hunt_result {
    passwd_hunt_window window;    /* the most significant one */
    double t;                     /* the test statistic: -ln of its local probability. Fewer than 100 events: fitted
                                     backgrounds have half an event more, spread over all bins */
    double local_significance;    /* several channels: Fisher's combination (-2 sum of ln p is a chi-squared) */
    int64_t toys, above;          /* toys; those with at least this t */
    double log_p;                 /* global: ln(above / toys), or extrapolated; this and the following are NaN without
                                     toys */
    double log_p_low, log_p_high; /* its 68 % interval (Clopper-Pearson, or from the extrapolation) */
    double significance, significance_low, significance_high; /* global, in sigma; may be negative */
    int extrapolated; /* set if fewer than 10 of at least 100 toys are above. 2: log_p is from as many toys drawn
                         with a window that reaches t, weighted (D. Naiman and C. Priebe, J. Comput. Graph. Stat. 10
                         (2001) 296): one channel, background from outside, without sideband and uncertainty. 1,
                         otherwise: from an exponential fitted to the largest 5 % of the toys (at least 50). Never
                         more than windows times local probability, where that is a bound */
    /* fitted backgrounds; else 0, goodness NaN */
    int rounds;      /* number of fits, each without the window that the previous one found, until it no longer
                        changes */
    double goodness; /* of the last fit, which excludes the window (and if that is not enough, up to half of the
                        bins within a factor of two in mass: a signal may be broader). NaN: no degrees of freedom
                        are left to test it */
    int refused;     /* 1: goodness is below PASSWD_BACKGROUND_GOOD: significances and log_p are NaN */
} passwd_hunt_result;

/* Scans the spectra (data against background; one channel, or several that are searched together). In the other
   spectra, a window of the first one means the bins whose centres lie in it; all channels must show an excess (deficit)
   for it to count (none: log_p = 0). options NULL: all defaults. A fitted background (one channel) is refitted without
   the best window until the window no longer changes; every toy repeats all of this, including the choice of the number
   of parameters. Windows may then hold a quarter of the bins. result->window.background is from the last fit. On
   PASSWD_STOPPED the result is that of the toys so far. toy_t: NULL, or options->toys numbers that receive the
   statistic of every toy. ARGUMENT: no spectra, windows that do not fit, anything that passwd_background_check refuses;
   NUMERIC: NaN, negative contents, a bin with data but no background (the message names it), an empty background. */
PASSWD_API passwd_status passwd_hunt(const passwd_spectrum *spectra, int channels, const passwd_hunt_options *options,
    passwd_hunt_result *result, double *toy_t, const passwd_allocator *allocator, passwd_error *error);
/* Tomography: every window with its local probability, narrow ones first. windows may be NULL to ask for *count only. A
   fitted background is used as it is in the spectrum: for the one that the hunt used, fit it without the window that
   the hunt found (skip_low, skip_high). */
PASSWD_API passwd_status passwd_hunt_windows(const passwd_spectrum *spectra, int channels,
    const passwd_hunt_options *options, passwd_hunt_window *windows, int64_t room, int64_t *count, passwd_error *error);
/* The number of signal events, shaped like signal (bins numbers, any normalisation), that must be added to the first
   spectrum's background for the median global significance to reach `target` sigma (each strength: the median t of
   `repeats` pseudo-experiments; the strength is found by bisection to 1 %). events: the answer; low, high (with
   interval): where 16 % and 84 % of the pseudo-experiments reach it. options->toys calibrate the statistic; with
   `deficit` the events are removed. NUMERIC: no strength is enough; STOPPED: the answers are NaN. */
typedef struct passwd_injection {
    double target;
    int64_t repeats;
    int interval; /* 1: low and high are found as well */
    double events, low, high;
} passwd_injection;
PASSWD_API passwd_status passwd_hunt_inject(const passwd_spectrum *spectrum, const double *signal,
    const passwd_hunt_options *options, passwd_injection *injection, const passwd_allocator *allocator,
    passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Planes: the same hunt over all rectangles of two masses, (m1, m2) of a pair or (m_X, m_Y) of a cascade. The
   background is given from outside, and the statistics of its sample enter twice. First, with n events in a window and
   a sample worth m = (sum of background)^2 / (sum of uncertainty^2) events, the local p-value is P(at least n of n + m
   | each is in the data with probability b / (b + m)), the Poisson probability averaged over a Gamma(m + 1) (J.
   Linnemann, physics/0312059; R. Cousins, J. Linnemann and J. Tucker, physics/0702156: Z_Bi); deficits: at least m.
   Second, each toy redraws both data and sample, bin by bin, and compares its data with its own sample: the best window
   is one in which the data fluctuate up and the sample down. p-values are then uniform as long as the sample is several
   times larger than the data. Windows with an empty sample do not count. pyBumpHunter's two-dimensional scan differs:
   its local p-values ignore the uncertainty, its toys do not redraw the sample, and its tails end at one over the
   number of toys.
   --------------------------------------------------------------------------------------------------------------- */

typedef struct passwd_plane {
    int columns, rows;
    double *x, *y;         /* edges, rising: columns + 1, rows + 1 */
    passwd_spectrum cells; /* bin row * columns + column; its edges are the numbers 0, 1, ... */
} passwd_plane;

/* *plane must be zeroed or come from an earlier call. Errors as in passwd_spectrum_new; all contents are 0. */
PASSWD_API passwd_status passwd_plane_new(int columns, const double *x, int rows, const double *y,
    const passwd_allocator *allocator, passwd_plane *plane, passwd_error *error);
PASSWD_API void passwd_plane_free(passwd_plane *plane); /* and zeroes it */
/* Adds count pairs with their weights (NULL: 1). NaN and values outside the edges are counted in cells.above only. */
PASSWD_API void passwd_plane_fill(
    passwd_plane *plane, const double *x, const double *y, const double *weights, int64_t count);
/* Background and its uncertainty: `scale` times the data of a sample in the same bins (simulation, a control region).
   ARGUMENT: other bins, a scale that is not positive, or the searched data themselves (they contain the signal and give
   no p-value); NUMERIC: bins made negative by negative weights. */
PASSWD_API passwd_status passwd_plane_background(
    passwd_plane *plane, const passwd_plane *sample, double scale, passwd_error *error);
/* As passwd_hunt with uncertainty = 1: far tails are extrapolated. ARGUMENT also for a fitted background or toys made
   of events. */
PASSWD_API passwd_status passwd_plane_hunt(const passwd_plane *plane, const passwd_hunt_options *options,
    passwd_hunt_result *result, double *toy_t, const passwd_allocator *allocator, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Limits (CLs: A. Read, J. Phys. G 28 (2002) 2693; profile likelihood and asymptotics: arXiv 1007.1727)
   --------------------------------------------------------------------------------------------------------------- */

/* Z = sqrt(2 ((s + b) ln(1 + s / b) - s)); 0 for s <= 0, infinite for b = 0 and s > 0 (arXiv 1007.1727, eq. 97). */
PASSWD_API double passwd_discovery(double s, double b);

/* Systematic uncertainties of the signal, as standard deviations of nuisance parameters. */
typedef struct passwd_systematics {
    double luminosity, efficiency; /* relative; log-normal */
    double scale, resolution;      /* relative, of mass and width of the signal; Gaussian, at most 0.5 */
    double spurious;               /* events: signal that the background alone may mimic (of either sign);
                                      Gaussian */
} passwd_systematics;

typedef struct passwd_limit_options {  /* zeroed: the values in brackets */
    double width;                      /* [0] of the resonance, relative to its mass: 0 to 0.15 */
    double resolution_a, resolution_b; /* [0, 0.03] as in passwd_spectrum_edges; added in quadrature to the width */
    double level;                      /* [0.95] confidence level */
    double normalisation;              /* [0] relative uncertainty of the whole background, on top of each bin's;
                                          only for backgrounds from outside: the normalisation of a fitted one
                                          floats */
    double luminosity;                 /* [0] 1/fb; > 0: limits are also given in pb */
    int64_t toys;                      /* per strength and hypothesis. 0: asymptotic formulae, and 2,000 toys where
                                          they do not hold (fewer than PASSWD_LIMIT_FEW background events under the
                                          signal); -1: never toys */
    uint64_t seed;
    int threads;                    /* [1] */
    passwd_systematics systematics; /* [none] */
    passwd_watch *progress; /* [NULL] after the toys of every strength, with `all` = 0; not 0: stop, and no limit
                               is written */
    void *user;
} passwd_limit_options;
#define PASSWD_LIMIT_FEW 5.0

typedef struct passwd_limit {
    double mass, sigma;          /* GeV; sigma of the Gaussian, width and resolution */
    double observed;             /* signal events, upper limit */
    double expected[5];          /* -2, -1, 0, +1, +2 sigma */
    double fitted, fitted_error; /* best-fit number of signal events (of either sign), and how many more raise -ln L
                                    by 1/2 */
    double to_pb; /* events times this gives cross-section x acceptance x efficiency x branching ratio, pb; 0
                     without a luminosity */
    double under; /* background events under the signal: in bins where its density exceeds e^-2 of its maximum */
    int few;      /* 1: fewer than PASSWD_LIMIT_FEW (effective) events */
    int64_t toys; /* 0: the limits are asymptotic */
    double q0;    /* test statistic of discovery (arXiv 1007.1727, eq. 12); 0 if fitted <= 0 */
    double log_p, significance; /* local, asymptotic: from Z = sqrt(q0), with the sign of fitted; NaN if refused */
    double goodness;            /* fitted backgrounds: of the function beside the signal (without the bins under it,
                                   and as many around it as needed, up to half of all and a factor of two in mass: a
                                   real signal may have another shape); otherwise, and if no degrees of freedom are
                                   left to test it, NaN */
    int refused;                /* 1: goodness is below PASSWD_BACKGROUND_GOOD; the limit is then as unreliable */
} passwd_limit;

/* Gaussian of this mass and sigma in the bins of a spectrum, normalised to one event over all masses. */
PASSWD_API void passwd_limit_signal(const passwd_spectrum *spectrum, double mass, double sigma, double *signal);
/* Signal in the bins of a spectrum, from simulated events whose masses are multiplied by `factor` (1: as they are;
   desired mass over simulated mass: moves a resonance), normalised to one event over all masses. weights may be NULL.
   NUMERIC: values that are not finite, weights whose sum is not positive, a bin that becomes negative. */
PASSWD_API passwd_status passwd_limit_events(const passwd_spectrum *spectrum, const double *masses,
    const double *weights, int64_t count, double factor, double *signal, passwd_error *error);
/* Upper limit on the number of events of a Gaussian signal on top of the spectrum's background. A background from
   outside: each bin has a Gaussian nuisance parameter of its uncertainty. A fitted one: its parameters float with the
   signal (spectrum->fit; with slide only the data around the mass are used). Expected limits for a background from
   outside do not depend on the data; those for a fitted one do. No CLs limit can be below -ln(1 - level) events, and
   none is (unless toys = -1). NUMERIC: NaN, negative contents, no background where signal and data are; ARGUMENT: a
   mass outside the spectrum, a width outside 0 to 0.15, anything that passwd_background_check refuses. */
PASSWD_API passwd_status passwd_limit_gaussian(const passwd_spectrum *spectrum, double mass,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error);
/* The same for a signal of any shape: bins numbers whose sum is the fraction of the signal that falls into the
   spectrum. limit->mass is its mean. Its shifts by scale and resolution are derived from its cumulative
   distribution. */
PASSWD_API passwd_status passwd_limit_shape(const passwd_spectrum *spectrum, const double *signal,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error);
/* Several channels at once, with one signal strength and common systematics: signal[c] belongs to spectra[c], and their
   sum over all channels is the fraction of one event that is seen. limit->significance is the combined local one.
   Backgrounds from outside may have an uncertainty in each bin. */
PASSWD_API passwd_status passwd_limit_channels(const passwd_spectrum *spectra, const double *const *signal,
    int channels, const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator,
    passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Scan: the local p-value against mass by profile likelihood (q0, arXiv 1007.1727), and the global one
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_SCAN_WIDTHS 8

typedef struct passwd_scan_options {   /* zeroed: the values in brackets */
    double width[PASSWD_SCAN_WIDTHS];  /* relative, 0 to 0.15 */
    int widths;                        /* [1, of width 0] */
    double resolution_a, resolution_b; /* [0, 0.03] as in passwd_limit_options */
    double low, high;                  /* GeV [the spectrum without its two outermost sigma on each side] range of
                                          masses */
    double step;                       /* [0.5] sigma */
    passwd_systematics systematics;    /* [none] */
    int64_t toys;                      /* [0: none] of the background alone, each refitted */
    uint64_t seed;
    int threads;            /* [1] */
    passwd_watch *progress; /* not 0: stop; the result is that of the toys so far */
    void *user;
    const passwd_spectrum_events *events; /* [NULL] toys are made of these: passwd_looks_together */
    const double *signals; /* [NULL] signals of any shape: `shapes` rows of bins numbers, masses rising; widths, masses
                              and step are then ignored */
    int shapes;
} passwd_scan_options;

typedef struct passwd_scan_point {
    double mass, width, sigma;   /* GeV, relative, GeV */
    double fitted, fitted_error; /* signal events of either sign; error from the curvature of -ln L */
    double q0;                   /* 0 if fitted <= 0 */
    double log_p, significance;  /* local: of a normal number at sqrt(q0); with the sign of fitted */
} passwd_scan_point;

typedef struct passwd_scan_result {
    passwd_scan_point best;       /* the largest q0 */
    int best_index;               /* among all points */
    int64_t toys, above;          /* toys; those with at least this q0 */
    double log_p;                 /* global: ln(above / toys), or by Gross and Vitells if fewer than 10 toys are
                                     above; this and the following are NaN without toys */
    double log_p_low, log_p_high; /* its 68 % interval */
    double significance, significance_low, significance_high; /* global; may be negative */
    int extrapolated;       /* fewer than 10 toys of at least 100 are above. 1: log_p is by Gross and Vitells; 2: where
                               their formula does not describe the toys, from an exponential through the largest of
                               them */
    double crossings;       /* mean number of up-crossings of q0 = 1 in the toys, all widths */
    double log_p_crossings; /* global by E. Gross and O. Vitells (arXiv 1005.1891): p_local + crossings
                               e^((1 - q0) / 2) */
    double goodness;        /* as in passwd_limit, at the best point */
    int refused;            /* 1: goodness is below PASSWD_BACKGROUND_GOOD: significances (global and of the points)
                               are NaN */
} passwd_scan_result;

/* Where the points of a scan go. */
typedef struct passwd_scan_points {
    passwd_scan_point *point; /* [NULL: only count is asked for] */
    int room;
    int count; /* is filled in */
} passwd_scan_points;
/* Gaussian signals of all masses and widths, width by width with masses rising, or options->signals. toy_q: NULL, or
   options->toys numbers that receive the largest q0 of every toy. The background is treated as by
   passwd_limit_gaussian. STOPPED: the result is that of the toys so far. Errors as there; ARGUMENT: too little room. */
PASSWD_API passwd_status passwd_scan(const passwd_spectrum *spectrum, const passwd_scan_options *options,
    passwd_scan_points *points, passwd_scan_result *result, double *toy_q, const passwd_allocator *allocator,
    passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   One p-value for all searches
   --------------------------------------------------------------------------------------------------------------- */

/* A hunt or a scan: its statistic (t or q0), its own global p-value, and the statistics of its toys (NULL: it is
   ignored). */
typedef struct passwd_look {
    double statistic, log_p, log_p_low, log_p_high;
    const double *toys;
} passwd_look;
typedef struct passwd_together {
    int best;            /* the look with the smallest p; -1: none has one */
    int64_t toys, above; /* toys; those in which some look has as small a p */
    double trials;       /* effective number of independent looks, in the tail: 1 (all the same) to count */
    double log_p, log_p_low, log_p_high; /* of the smallest p among all looks, and its 68 % interval */
    double significance, significance_low, significance_high;
    int extrapolated; /* 1: fewer than 10 toys of the best look are above it: log_p is its own, corrected for
                         `trials` */
} passwd_together;
/* `count` looks whose toys number k are made of the same events (options.events). The smallest p is ranked among those
   of the toys (P. Westfall and S. Young, Resampling-Based Multiple Testing (1993), sec. 2). Looks with log_p NaN are
   ignored. */
PASSWD_API passwd_status passwd_looks_together(const passwd_look *looks, int count, int64_t toys,
    passwd_together *together, const passwd_allocator *allocator, passwd_error *error);

#ifdef __cplusplus
}
#endif
#endif /* PASSWDI_REFUSED */
#endif /* PASSWD_RMM_H */

#if defined(PASSWD_RMM_IMPLEMENTATION) && !defined(PASSWDI_RMM_IMPLEMENTED)
#define PASSWDI_RMM_IMPLEMENTED
#ifdef PASSWDI_RMM_HUSHED
#pragma GCC diagnostic pop
#undef PASSWDI_RMM_HUSHED
#endif
#define PASSWDI_SHARE
#ifndef PASSWD_HEADER
#define PASSWD_HEADER "passwd.h"
#endif
#include PASSWD_HEADER /* repeated, for what the headers' implementations share */
#ifndef PASSWDI_REFUSED
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#ifdef __cplusplus
extern "C" {
#endif
PASSWDI_AS_WRITTEN

/* ------------------------------------------------------------------------------------------------------------------
   Matrices
   --------------------------------------------------------------------------------------------------------------- */

enum {
    PASSWDI_RMM_MET = -1,
    PASSWDI_RMM_OTHER = -2,
    PASSWDI_RMM_UNSEEN = -3,
    PASSWDI_RMM_NAMES = 64,
    PASSWDI_RMM_LANES = 16
};

/* --- layouts --- */

/* Describes what is wrong with a part of a layout; 0 if nothing is. */
typedef struct passwdi_rmm_words {
    char text[192];
} passwdi_rmm_words;

static int passwdi_rmm_wrong_types(const passwd_rmm_layout *l, passwdi_rmm_words *w) {
    const size_t size = sizeof w->text;
    int i, k, objects = 1;
    if (l->types < 1 || l->types > PASSWD_RMM_TYPES)
        return snprintf(w->text, size, "A layout has 1 to %d types of objects, not %d.", PASSWD_RMM_TYPES, l->types);
    for (i = 0; i < l->types; i++) {
        if (l->type[i][0] == 0 || !memchr(l->type[i], 0, sizeof l->type[i]))
            return snprintf(w->text, size, "The name of type %d should have 1 to 15 letters.", i + 1);
        if (strcmp(l->type[i], "met") == 0)
            return snprintf(
                w->text, size, "\"met\" always has the first row of a matrix; do not list it among the types.");
        for (k = 0; k < i; k++)
            if (strcmp(l->type[i], l->type[k]) == 0)
                return snprintf(w->text, size, "The type \"%s\" is listed twice.", l->type[i]);
        if (l->most[i] < 1 || l->most[i] >= PASSWD_RMM_OBJECTS)
            return snprintf(w->text, size,
                "A layout cannot keep %d objects of type \"%s\"; the number should lie in 1 to %d.", l->most[i],
                l->type[i], PASSWD_RMM_OBJECTS - 1);
        objects += l->most[i];
    }
    if (objects > PASSWD_RMM_OBJECTS)
        return snprintf(w->text, size, "A matrix has at most %d rows, including met, but these types need %d.",
            PASSWD_RMM_OBJECTS, objects);
    return 0;
}
static int passwdi_rmm_wrong_masses(const passwd_rmm_layout *l, passwdi_rmm_words *w) {
    const size_t size = sizeof w->text;
    int i, k;
    if (l->masses < 0 || l->masses > PASSWD_RMM_MASSES)
        return snprintf(w->text, size, "A layout has 0 to %d two-body masses, not %d.", PASSWD_RMM_MASSES, l->masses);
    for (i = 0; i < l->masses; i++) {
        const int a = l->mass[i][0], b = l->mass[i][1];
        if (a < 0 || a >= l->types || b < 0 || b >= l->types)
            return snprintf(w->text, size, "Mass %d uses types %d and %d, but types are numbered from 0 to %d.", i + 1,
                a, b, l->types - 1);
        if (a == b && l->most[a] < 2)
            return snprintf(w->text, size,
                "The mass of two \"%s\" needs two of these objects, but the layout keeps one.", l->type[a]);
        for (k = 0; k < i; k++)
            if ((l->mass[k][0] == a && l->mass[k][1] == b) || (l->mass[k][0] == b && l->mass[k][1] == a))
                return snprintf(
                    w->text, size, "The mass of \"%s\" and \"%s\" is listed twice.", l->type[a], l->type[b]);
    }
    return 0;
}
static int passwdi_rmm_wrong_energy(const passwd_rmm_layout *l, passwdi_rmm_words *w) {
    const size_t size = sizeof w->text;
    const double s = l->sqrt_s;
    if (s == 0.0)
        return snprintf(
            w->text, size, "sqrt(s) is missing: set \"sqrt_s\" to the collision energy in GeV, such as 13000.");
    if (s >= 100.0 && s <= 1e6) return 0;
    return snprintf(w->text, size, "sqrt(s) = %.10g %s; it should lie in 100 to 1,000,000 GeV.", s,
        s > 1e6 && s <= 1e9        ? "looks like MeV, but this library uses GeV"
            : s > 0.0 && s < 100.0 ? "looks like TeV, but this library uses GeV"
                                   : "is not a collision energy");
}
static int passwdi_rmm_wrong_c(const passwd_rmm_layout *l, passwdi_rmm_words *w) {
    if (l->c > 0.0 && l->c <= 1e6) return 0;
    return snprintf(w->text, sizeof w->text, "C = %g should be positive and at most 1,000,000.", l->c);
}
PASSWD_DEF passwd_status passwd_rmm_layout_check(const passwd_rmm_layout *layout, passwd_error *error) {
    passwdi_rmm_words w;
    if (!layout) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_layout_check: layout is NULL.");
    if (passwdi_rmm_wrong_types(layout, &w) || passwdi_rmm_wrong_masses(layout, &w)
        || passwdi_rmm_wrong_energy(layout, &w) || passwdi_rmm_wrong_c(layout, &w))
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s", w.text);
    return PASSWD_OK;
}

PASSWD_DEF passwd_status passwd_rmm_layout_preset(const char *name, passwd_rmm_layout *layout, passwd_error *error) {
    static const char *const types[2][5] = { { "j", "b", "e", "mu", "g" }, { "j", "b", "mu", "e", "g" } };
    passwd_rmm_layout l;
    int wide, i;
    if (!name || !layout)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_layout_preset: name or layout is NULL.");
    wide = strcmp(name, "wide") == 0;
    if (!wide && strcmp(name, "search") != 0)
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "There is no layout \"%.60s\": use \"search\" or \"wide\".", name);
    memset(&l, 0, sizeof l);
    l.types = 5;
    for (i = 0; i < l.types; i++) {
        strcpy(l.type[i], types[wide][i]);
        l.most[i] = wide || i < 2 ? 10 : 5;
    }
    l.mass[l.masses++][1] = 0; /* jj jb bb, then j and b with each of the others */
    l.mass[l.masses++][1] = 1;
    l.mass[l.masses][0] = l.mass[l.masses][1] = 1;
    l.masses++;
    for (i = 0; i < 6; i++) {
        l.mass[l.masses][0] = i / 3;
        l.mass[l.masses++][1] = 2 + i % 3;
    }
    l.c = 0.15;
    *layout = l;
    return PASSWD_OK;
}

static passwd_status passwdi_rmm_json_fail(
    const passwd_json *json, int32_t node, const char *what, passwd_error *error) {
    const passwd_json_node *n = json->nodes + node;
    return passwdi_fail(error, PASSWD_ERROR_CONFIG, n->line, n->column, "%s:%lld:%lld: %s", json->name,
        (long long)n->line, (long long)n->column, what);
}
static int passwdi_rmm_find(const passwd_rmm_layout *l, const char *type) {
    int i;
    for (i = 0; i < l->types; i++)
        if (strcmp(l->type[i], type) == 0) return i;
    return -1;
}
/* The masses of the previous layout are kept by the names of their types. */
static passwd_status passwdi_rmm_read_types(
    passwd_rmm_layout *l, const passwd_json *json, int32_t node, int keep, passwd_error *error) {
    const passwd_rmm_layout before = *l;
    passwdi_rmm_words w;
    int32_t at;
    int i, k;
    if (json->nodes[node].kind != PASSWD_JSON_OBJECT)
        return passwdi_rmm_json_fail(
            json, node, "\"types\" should be an object of names and numbers, such as {\"j\": 10, \"b\": 10}.", error);
    memset(l->type, 0, sizeof l->type);
    memset(l->most, 0, sizeof l->most);
    l->types = 0;
    for (at = json->nodes[node].first; at >= 0; at = json->nodes[at].next) {
        const char *name = json->nodes[at].key;
        int64_t most = 0;
        const passwd_status s = passwd_json_int(json, at, &most, error);
        if (s != PASSWD_OK) return s;
        if (l->types == PASSWD_RMM_TYPES)
            return passwdi_rmm_json_fail(json, at, "A layout has at most 8 types.", error);
        if (strlen(name) >= sizeof l->type[0])
            return passwdi_rmm_json_fail(json, at, "Names of types have at most 15 letters.", error);
        strcpy(l->type[l->types], name);
        l->most[l->types++] = most < 0 ? 0 : (int)passwdi_least(most, 1000000);
    }
    if (passwdi_rmm_wrong_types(l, &w)) return passwdi_rmm_json_fail(json, node, w.text, error);
    if (!keep) l->masses = 0;
    for (i = 0; i < l->masses; i++)
        for (k = 0; k < 2; k++) {
            const char *name = before.type[before.mass[i][k]];
            l->mass[i][k] = passwdi_rmm_find(l, name);
            if (l->mass[i][k] >= 0) continue;
            snprintf(w.text, sizeof w.text,
                "A mass of the layout needs the type \"%s\", which is not listed: set \"masses\" as well.", name);
            return passwdi_rmm_json_fail(json, node, w.text, error);
        }
    return passwdi_rmm_wrong_masses(l, &w) ? passwdi_rmm_json_fail(json, node, w.text, error) : PASSWD_OK;
}
static passwd_status passwdi_rmm_read_masses(
    passwd_rmm_layout *l, const passwd_json *json, int32_t node, passwd_error *error) {
    passwdi_rmm_words w;
    int32_t at;
    int k;
    if (json->nodes[node].kind != PASSWD_JSON_ARRAY)
        return passwdi_rmm_json_fail(
            json, node, "\"masses\" should be a list of pairs of types, such as [[\"j\", \"b\"]].", error);
    l->masses = 0;
    memset(l->mass, 0, sizeof l->mass);
    for (at = json->nodes[node].first; at >= 0; at = json->nodes[at].next) {
        if (l->masses == PASSWD_RMM_MASSES)
            return passwdi_rmm_json_fail(json, at, "A layout has at most 32 masses.", error);
        if (json->nodes[at].kind != PASSWD_JSON_ARRAY || json->nodes[at].count != 2)
            return passwdi_rmm_json_fail(json, at, "A mass should be a pair of types, such as [\"j\", \"b\"].", error);
        for (k = 0; k < 2; k++) {
            const int32_t place = passwd_json_at(json, at, k);
            const char *name = NULL;
            const passwd_status s = passwd_json_string(json, place, &name, error);
            if (s != PASSWD_OK) return s;
            l->mass[l->masses][k] = passwdi_rmm_find(l, name);
            if (l->mass[l->masses][k] >= 0) continue;
            snprintf(w.text, sizeof w.text, "A mass names the type \"%.40s\", which the layout does not list.", name);
            return passwdi_rmm_json_fail(json, place, w.text, error);
        }
        l->masses++;
        if (passwdi_rmm_wrong_masses(l, &w)) return passwdi_rmm_json_fail(json, at, w.text, error);
    }
    return PASSWD_OK;
}
static passwd_status passwdi_rmm_read_key(
    passwd_rmm_layout *l, const passwd_json *json, int32_t node, passwd_error *error) {
    const char *key = json->nodes[node].key;
    passwd_status s = PASSWD_OK;
    passwdi_rmm_words w;
    int wrong = 0;
    if (strcmp(key, "types") == 0 || strcmp(key, "masses") == 0) return PASSWD_OK;
    if (strcmp(key, "keep_masses") == 0) return passwd_json_bool(json, node, &l->keep_masses, error);
    if (strcmp(key, "skip_others") == 0) return passwd_json_bool(json, node, &l->skip_others, error);
    if (strcmp(key, "sqrt_s") == 0) {
        s = passwd_json_number(json, node, &l->sqrt_s, error);
        wrong = s == PASSWD_OK && passwdi_rmm_wrong_energy(l, &w);
    } else if (strcmp(key, "c") == 0) {
        s = passwd_json_number(json, node, &l->c, error);
        wrong = s == PASSWD_OK && passwdi_rmm_wrong_c(l, &w);
    } else wrong = snprintf(w.text, sizeof w.text, "A layout has no key \"%.60s\".", key);
    return wrong ? passwdi_rmm_json_fail(json, node, w.text, error) : s;
}
PASSWD_DEF passwd_status passwd_rmm_layout_read(
    passwd_rmm_layout *layout, const passwd_json *json, int32_t node, passwd_error *error) {
    passwd_rmm_layout l;
    passwdi_rmm_words w;
    passwd_status s = PASSWD_OK;
    int32_t types, masses, at;
    if (!layout || !json || node < 0 || node >= json->count)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_rmm_layout_read: layout or JSON is NULL, or there is no such node.");
    if (json->nodes[node].kind != PASSWD_JSON_OBJECT)
        return passwdi_rmm_json_fail(json, node, "A layout should be a JSON object.", error);
    l = *layout;
    if (passwdi_rmm_wrong_masses(&l, &w)) l.masses = 0; /* for a layout that was never filled */
    types = passwd_json_get(json, node, "types");
    masses = passwd_json_get(json, node, "masses");
    if (types >= 0) s = passwdi_rmm_read_types(&l, json, types, masses < 0, error);
    if (s == PASSWD_OK && masses >= 0) s = passwdi_rmm_read_masses(&l, json, masses, error);
    for (at = json->nodes[node].first; s == PASSWD_OK && at >= 0; at = json->nodes[at].next)
        s = passwdi_rmm_read_key(&l, json, at, error);
    if (s == PASSWD_OK) *layout = l;
    return s;
}
PASSWD_DEF void passwd_rmm_layout_write(const passwd_rmm_layout *layout, passwd_json_writer *writer) {
    int i, k;
    passwd_json_begin_object(writer);
    passwd_json_key(writer, "types");
    passwd_json_begin_object(writer);
    for (i = 0; i < layout->types; i++) {
        passwd_json_key(writer, layout->type[i]);
        passwd_json_write_int(writer, layout->most[i]);
    }
    passwd_json_end_object(writer);
    passwd_json_key(writer, "masses");
    passwd_json_begin_array(writer);
    for (i = 0; i < layout->masses; i++) {
        passwd_json_begin_array(writer);
        for (k = 0; k < 2; k++) passwd_json_write_string(writer, layout->type[layout->mass[i][k]]);
        passwd_json_end_array(writer);
    }
    passwd_json_end_array(writer);
    passwd_json_key(writer, "keep_masses");
    passwd_json_write_bool(writer, layout->keep_masses != 0);
    passwd_json_key(writer, "skip_others");
    passwd_json_write_bool(writer, layout->skip_others != 0);
    if (layout->sqrt_s != 0.0) { /* a preset whose sqrt(s) is still to be set */
        passwd_json_key(writer, "sqrt_s");
        passwd_json_write_number(writer, layout->sqrt_s);
    }
    passwd_json_key(writer, "c");
    passwd_json_write_number(writer, layout->c);
    passwd_json_end_object(writer);
}

/* --- cells --- */

static int passwdi_rmm_possible(const passwd_rmm_layout *l) {
    passwdi_rmm_words w;
    return l && !passwdi_rmm_wrong_types(l, &w) && !passwdi_rmm_wrong_masses(l, &w);
}
/* First row of a type. */
static int passwdi_rmm_start(const passwd_rmm_layout *l, int type) {
    int i, row = 1;
    for (i = 0; i < type; i++) row += l->most[i];
    return row;
}
PASSWD_DEF int passwd_rmm_objects(const passwd_rmm_layout *layout) {
    return passwdi_rmm_possible(layout) ? passwdi_rmm_start(layout, layout->types) : 0;
}
/* Cells that are not inputs, rising: those of the masses, above the diagonal. */
static int passwdi_rmm_holes(const passwd_rmm_layout *l, int hole[PASSWD_RMM_MASSES]) {
    const int objects = passwdi_rmm_start(l, l->types);
    int i, k, n = 0;
    for (i = 0; i < l->masses && !l->keep_masses; i++) {
        const int a = passwdi_rmm_start(l, l->mass[i][0]),
                  b = l->mass[i][0] == l->mass[i][1] ? a + 1 : passwdi_rmm_start(l, l->mass[i][1]);
        const int cell = a < b ? a * objects + b : b * objects + a;
        for (k = n++; k > 0 && hole[k - 1] > cell; k--) hole[k] = hole[k - 1];
        hole[k] = cell;
    }
    return n;
}
PASSWD_DEF int passwd_rmm_inputs(const passwd_rmm_layout *layout) {
    const int n = passwd_rmm_objects(layout);
    return n == 0 || layout->keep_masses ? n * n : n * n - layout->masses;
}
PASSWD_DEF void passwd_rmm_input_cells(const passwd_rmm_layout *layout, int32_t *cells) {
    const int n = passwd_rmm_objects(layout);
    int hole[PASSWD_RMM_MASSES], holes, cell, k = 0;
    if (n == 0 || !cells) return;
    holes = passwdi_rmm_holes(layout, hole);
    for (cell = 0; cell < n * n; cell++) {
        if (k < holes && hole[k] == cell) k++;
        else cells[cell - k] = cell;
    }
}
static void passwdi_rmm_row_name(const passwd_rmm_layout *l, int row, char name[24]) {
    int type = 0, start = 1;
    while (row >= start + l->most[type]) start += l->most[type++];
    snprintf(name, 24, "%.15s%d", l->type[type], (row - start + 1) & 255);
}
PASSWD_DEF void passwd_rmm_cell_name(const passwd_rmm_layout *layout, int row, int column, char name[64]) {
    const int n = passwd_rmm_objects(layout), first = row < column ? row : column, last = row < column ? column : row;
    char a[24], b[24];
    if (!name) return;
    name[0] = 0;
    if (first < 0 || last >= n) return;
    if (last == 0) {
        strcpy(name, "met");
        return;
    }
    passwdi_rmm_row_name(layout, last, b);
    if (row == 0) snprintf(name, 64, "mT(met,%s)", b);
    else if (column == 0) snprintf(name, 64, "h(%s)", b);
    else {
        int start = 1, type = 0;
        while (row != start && type < layout->types)
            start += layout->most[type++]; /* row == start: the leading object of a type */
        if (row == column && type < layout->types) snprintf(name, 64, "ET(%s)", b);
        else {
            passwdi_rmm_row_name(layout, row == column ? row - 1 : first, a);
            snprintf(name, 64, "%s(%s,%s)", row == column ? "dET" : row < column ? "m" : "h", a, b);
        }
    }
}
PASSWD_DEF void passwd_rmm_mass_name(const passwd_rmm_layout *layout, int mass, char name[40]) {
    if (!name) return;
    name[0] = 0;
    if (passwdi_rmm_possible(layout) && mass >= 0 && mass < layout->masses)
        snprintf(name, 40, "%.15s%.15s", layout->type[layout->mass[mass][0]], layout->type[layout->mass[mass][1]]);
}

PASSWD_DEF passwd_status passwd_rmm_encoder_new(
    const passwd_rmm_layout *layout, passwd_rmm_encoder *encoder, passwd_error *error) {
    passwd_status s;
    int i, k = 0;
    if (!encoder) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_encoder_new: encoder is NULL.");
    s = passwd_rmm_layout_check(layout, error);
    if (s != PASSWD_OK) return s;
    memset(encoder, 0, sizeof *encoder);
    encoder->layout = *layout;
    encoder->objects = passwd_rmm_objects(layout);
    encoder->inputs = passwd_rmm_inputs(layout);
    encoder->holes = passwdi_rmm_holes(layout, encoder->hole);
    for (i = 0; i < layout->types; i++) encoder->start[i] = passwdi_rmm_start(layout, i);
    for (i = 0; i < encoder->objects; i++) {
        while (k < encoder->holes && encoder->hole[k] < i * encoder->objects) k++;
        encoder->before[i] = k;
    }
    return PASSWD_OK;
}

/* --- events --- */

/* Maps the types of rows to types of the layout. Each name is looked up once, when first met; names beyond the table
   are looked up every time. */
typedef struct passwdi_rmm_types {
    const passwd_rmm_layout *layout;
    signed char of[256];
} passwdi_rmm_types;

static void passwdi_rmm_types_begin(passwdi_rmm_types *t, const passwd_rmm_layout *layout) {
    t->layout = layout;
    memset(t->of, PASSWDI_RMM_UNSEEN, sizeof t->of);
}
static int passwdi_rmm_type(passwdi_rmm_types *t, const passwd_arrays *v, int64_t row) {
    const int kind = passwdi_row_kind(v, row);
    int type = kind >= 0 ? (int)t->of[kind] : (int)PASSWDI_RMM_UNSEEN;
    if (type != PASSWDI_RMM_UNSEEN) return type;
    type = passwdi_rmm_find(t->layout, passwdi_row_type(v, row));
    if (type < 0) type = strcmp(passwdi_row_type(v, row), "met") == 0 ? PASSWDI_RMM_MET : PASSWDI_RMM_OTHER;
    if (kind >= 0) t->of[kind] = (signed char)type;
    return type;
}
/* A row's numbers, read once. */
typedef struct passwdi_rmm_row {
    double pt, eta, phi, m;
} passwdi_rmm_row;
static passwdi_rmm_row passwdi_rmm_row_of(const passwd_arrays *v, int64_t row) {
    const passwd_arrays *a = v;
    passwdi_rmm_row r;
    if (row >> 48 == 0 && a->agree && a->m.values && a->eta.values && !a->pt.stride && !a->eta.stride && !a->phi.stride
        && !a->m.stride && !a->pt.single && !a->eta.single && !a->phi.single
        && !a->m.single) { /* those of passwd_events, in half the time */
        memcpy(&r.pt, (const char *)a->pt.values + (size_t)row * sizeof(double), sizeof(double));
        memcpy(&r.eta, (const char *)a->eta.values + (size_t)row * sizeof(double), sizeof(double));
        memcpy(&r.phi, (const char *)a->phi.values + (size_t)row * sizeof(double), sizeof(double));
        memcpy(&r.m, (const char *)a->m.values + (size_t)row * sizeof(double), sizeof(double));
        if (r.m >= 0.0) return r;
    }
    r.pt = passwdi_row_pt(v, row);
    r.eta = passwdi_row_eta(v, row);
    r.phi = passwdi_row_phi(v, row);
    r.m = passwdi_row_m(v, row);
    return r;
}

/* Numbers that give finite cells in float: |eta| as in event files, and E below 3e38. Comparisons with NaN are
   false. */
static int passwdi_rmm_finite(const passwdi_rmm_row *r) {
    return r->pt >= 0.0 && r->pt <= 1e30 && fabs(r->eta) <= 20.0 && fabs(r->phi) <= 1e30 && r->m >= 0.0 && r->m <= 1e30;
}
/* Massless and at rest (or where the squares would underflow) there is neither ET nor rapidity. */
static int passwdi_rmm_moves(const passwdi_rmm_row *r) { return r->pt > 1e-60 || r->m > 1e-60; }

typedef struct passwdi_rmm_object {
    double et, pt, over; /* over = ET - pT */
    double mt, rest, m2; /* mT = sqrt(pT^2 + m^2); rest = mT - pT */
    double x, y;         /* direction in the transverse plane */
    double h, down;      /* exp(rapidity / 2), and its inverse */
    double eta, phi;     /* as in the events */
} passwdi_rmm_object;

/* libm's exp, sin and cos differ in the last place from processor to processor, and make an event a tenth slower. These
   are the Taylor series on |r| <= ln 2 / 2 and pi / 4, accurate to 3e-14; even and odd powers are summed separately,
   which is faster. exp: 0 <= x <= 20. */
static double passwdi_rmm_exp(double x) {
    const int n = (int)(x * 1.4426950408889634 + 0.5);
    const double r = (x - n * 0.69314718036912382) - n * 1.9082149292705877e-10,
                 q = r * r; /* ln 2, the first part of 32 bits */
    const double even =
        1.0 + q * (1.0 / 2 + q * (1.0 / 24 + q * (1.0 / 720 + q * (1.0 / 40320 + q * (1.0 / 3628800)))));
    const double odd =
        1.0 + q * (1.0 / 6 + q * (1.0 / 120 + q * (1.0 / 5040 + q * (1.0 / 362880 + q * (1.0 / 39916800)))));
    return (double)((int64_t)1 << n) * (even + r * odd);
}
static void passwdi_rmm_direction(double phi, double *x, double *y) {
    if (fabs(phi) > 1000.0) { /* not an angle of a detector, but finite */
        *x = cos(phi);
        *y = sin(phi);
    } else {
        const int n = (int)(phi * 0.63661977236758134 + 1024.5) - 1024; /* quarters of a turn */
        const double r = (phi - n * 1.5707963267341256) - n * 6.0771005065061922e-11,
                     q = r * r; /* pi / 2, the first part of 33 bits */
        const double c = 1.0
            - q
                * (1.0 / 2
                    - q
                        * (1.0 / 24
                            - q
                                * (1.0 / 720
                                    - q
                                        * (1.0 / 40320
                                            - q
                                                * (1.0 / 3628800
                                                    - q * (1.0 / 479001600 - q * (1.0 / 87178291200.0)))))));
        const double s = r
            * (1.0
                - q
                    * (1.0 / 6
                        - q
                            * (1.0 / 120
                                - q
                                    * (1.0 / 5040
                                        - q * (1.0 / 362880 - q * (1.0 / 39916800 - q * (1.0 / 6227020800.0)))))));
        double quarter[4];
        quarter[0] = c;
        quarter[1] = -s;
        quarter[2] = -c;
        quarter[3] = s;
        *x = quarter[n & 3];
        *y = quarter[(n + 3) & 3];
    }
}

/* Differences of nearly equal numbers are written as quotients (e - p = m^2 / (e + p)) here and below, so that light,
   slow and collinear objects lose no digits. ET = E sin(theta) = E / cosh(eta), also at rest. */
static void passwdi_rmm_object_of(const passwdi_rmm_row *r, passwdi_rmm_object *o) {
    const double pt = r->pt, eta = r->eta, m = r->m;
    const double up = passwdi_rmm_exp(fabs(eta)), up2 = up * up,
                 part = 1.0 / (up * (up2 + 1.0)); /* one division instead of two */
    const double down = part * (up2 + 1.0), sin_theta = 2.0 * part * up2;
    const double m2 = m * m, mt = sqrt(pt * pt + m2), p = 0.5 * pt * (up + down), e = sqrt(p * p + m2),
                 plus = e + 0.5 * pt * (up - down);
    const double root = 1.0 / sqrt(plus * mt), lesser = m2 / ((e + p) * (mt + pt));
    const int backward = eta < 0.0;
    double h[2];
    h[0] = plus * root; /* e^|y| = (E + |pz|) / mT */
    h[1] = mt * root;
    o->et = e * sin_theta;
    o->pt = pt;
    o->over = lesser * (mt + pt) * sin_theta;
    o->mt = mt;
    o->rest = lesser * (e + p);
    o->m2 = m2;
    passwdi_rmm_direction(r->phi, &o->x, &o->y);
    o->h = h[backward];
    o->down = h[1 - backward];
    o->eta = eta;
    o->phi = r->phi;
}
/* cosh(y) - 1 and cosh((y_a - y_b) / 2) - 1 are (s - t)^2 / (2 s t), s and t being exp(y) and 1, or exp(y_a / 2) and
   exp(y_b / 2). */
static double passwdi_rmm_h(const passwdi_rmm_object *a, const passwdi_rmm_object *b) {
    const double d = a->h - b->h;
    return 0.5 * d * d * (a->down * b->down);
}
static double passwdi_rmm_h_alone(const passwdi_rmm_object *a) {
    const double d = a->h - a->down;
    return 0.5 * d * d;
}
/* pT_a pT_b |direction_a - direction_b|^2 = 2 (pT_a pT_b - px_a px_b - py_a py_b) */
static double passwdi_rmm_apart(const passwdi_rmm_object *a, double pt, double x, double y) {
    return a->pt * pt * ((a->x - x) * (a->x - x) + (a->y - y) * (a->y - y));
}
/* m^2 = m_a^2 + m_b^2 + 2 (mT_a mT_b cosh(y_a - y_b) - pT_a . pT_b), in terms that cannot be negative;
   h is that of the pair: cosh(y_a - y_b) - 1 = 2 h (h + 2). */
static double passwdi_rmm_mass(const passwdi_rmm_object *a, const passwdi_rmm_object *b, double h) {
    return sqrt(a->m2 + b->m2 + 4.0 * a->mt * b->mt * h * (h + 2.0) + 2.0 * (a->rest * b->mt + a->pt * b->rest)
        + passwdi_rmm_apart(a, b->pt, b->x, b->y));
}
/* Transverse mass with met: (ET + met)^2 - (pT + met)^2 */
static double passwdi_rmm_mt(const passwdi_rmm_object *a, double met, double x, double y) {
    return sqrt(a->over * (a->et + a->pt + 2.0 * met) + passwdi_rmm_apart(a, met, x, y));
}

/* An event in the order of its matrix. */
typedef struct passwdi_rmm_event {
    double met, x, y;
    int count[PASSWD_RMM_TYPES];
    passwdi_rmm_object object[PASSWD_RMM_OBJECTS]; /* by row of the matrix */
} passwdi_rmm_event;

/* Falling ET; the other numbers break ties, so that the order of the file never matters. */
static int passwdi_rmm_harder(const passwdi_rmm_object *a, const passwdi_rmm_object *b) {
    if (a->et != b->et) return a->et > b->et;
    if (a->pt != b->pt) return a->pt > b->pt;
    if (a->eta != b->eta) return a->eta > b->eta;
    if (a->phi != b->phi) return a->phi > b->phi;
    return a->m2 > b->m2;
}
/* Rows that passwdi_rmm_look refuses are skipped. */
static void passwdi_rmm_take(const passwd_rmm_encoder *encoder, passwdi_rmm_types *types, const passwd_arrays *v,
    int64_t event, passwdi_rmm_event *out) {
    const int64_t size = passwdi_event_size(v, event);
    int64_t k;
    int full;
    memset(out->count, 0, sizeof out->count);
    out->met = out->x = out->y = 0.0;
    for (k = 0; k < size; k++) {
        const int64_t row = passwdi_event_row(v, event, k);
        const int type = passwdi_rmm_type(types, v, row);
        const passwdi_rmm_row r = passwdi_rmm_row_of(v, row);
        passwdi_rmm_object *first, *o, swap;
        if (type == PASSWDI_RMM_OTHER || !passwdi_rmm_finite(&r)) continue;
        if (type == PASSWDI_RMM_MET) {
            out->met = r.pt;
            passwdi_rmm_direction(r.phi, &out->x, &out->y);
            continue;
        }
        if (!passwdi_rmm_moves(&r)) continue;
        first = out->object + encoder->start[type];
        o = first + out->count[type];
        full = out->count[type] == encoder->layout.most[type];
        if (full) o = out->object; /* the row of met is free */
        passwdi_rmm_object_of(&r, o);
        if (full) {
            if (!passwdi_rmm_harder(o, first + out->count[type] - 1)) continue;
            o = first + out->count[type] - 1;
            *o = out->object[0];
        } else out->count[type]++;
        for (; o > first && passwdi_rmm_harder(o, o - 1); o--) {
            swap = *o;
            *o = o[-1];
            o[-1] = swap;
        }
    }
}
/* Writes the cells of an event that are not zero; stride: 1, or lanes. */
static void passwdi_rmm_fill(
    const passwd_rmm_encoder *encoder, const passwdi_rmm_event *v, int whole, float *out, size_t stride) {
    const int n = encoder->objects, holes = whole ? 0 : encoder->holes;
    const double scale = 1.0 / encoder->layout.sqrt_s, c = encoder->layout.c;
    int rows[PASSWD_RMM_OBJECTS], begin[PASSWD_RMM_OBJECTS], count = 0, t, i, k;
    for (t = 0; t < encoder->layout.types; t++)
        for (i = 0; i < v->count[t]; i++) {
            const int row = encoder->start[t] + i;
            const passwdi_rmm_object *o = v->object + row;
            const double before = i > 0 ? o[-1].et : 0.0;
            rows[count] = row;
            begin[count] = row * n - (whole ? 0 : encoder->before[row]); /* excluded cells are above the diagonal: this
                                                                            place is the same for all below */
            if (v->met > 0.0) out[(size_t)row * stride] = (float)(passwdi_rmm_mt(o, v->met, v->x, v->y) * scale);
            out[(size_t)begin[count] * stride] = (float)(c * passwdi_rmm_h_alone(o));
            out[(size_t)(begin[count] + row) * stride] =
                (float)(i > 0 ? (before - o->et) / (before + o->et) : o->et * scale);
            count++;
        }
    out[0] = (float)(v->met * scale);
    for (i = 0; i < count; i++) {
        const passwdi_rmm_object *a = v->object + rows[i];
        int hole = whole ? 0 : encoder->before[rows[i]];
        for (k = i + 1; k < count; k++) {
            const passwdi_rmm_object *b = v->object + rows[k];
            const int cell = rows[i] * n + rows[k];
            const double h = passwdi_rmm_h(a, b);
            out[(size_t)(begin[k] + rows[i]) * stride] = (float)(c * h);
            while (hole < holes && encoder->hole[hole] < cell) hole++;
            if (hole == holes || encoder->hole[hole] != cell)
                out[(size_t)(cell - hole) * stride] = (float)(passwdi_rmm_mass(a, b, h) * scale);
        }
    }
}
/* The first mistake of an event, if any; adds up what the matrix drops. */
static passwd_status passwdi_rmm_look(const passwd_rmm_encoder *encoder, passwdi_rmm_types *types,
    const passwd_arrays *v, int64_t event, passwd_rmm_dropped *dropped, passwd_error *error) {
    int count[PASSWD_RMM_TYPES], met = 0;
    char what[224];
    const int64_t size = passwdi_event_size(v, event);
    int64_t k;
    memset(count, 0, sizeof count);
    for (k = 0; k < size; k++) {
        const int64_t at = passwdi_event_row(v, event, k);
        const int type = passwdi_rmm_type(types, v, at);
        const passwdi_rmm_row r = passwdi_rmm_row_of(v, at);
        const char *name = passwdi_row_type(v, at);
        const long long row = (long long)k + 1;
        if (type == PASSWDI_RMM_OTHER) {
            dropped->others++;
            if (encoder->layout.skip_others) continue;
            snprintf(what, sizeof what,
                "has an object \"%.40s\", which is not among the types of the layout. List it, or skip others "
                "(skip_others).",
                name);
            return passwdi_arrays_fail(error, PASSWD_ERROR_CONFIG, v, event, what);
        }
        if (type == PASSWDI_RMM_MET && met++)
            return passwdi_arrays_fail(error, PASSWD_ERROR_CONFIG, v, event, "has more than one row \"met\".");
        if (!passwdi_rmm_finite(&r)) {
            snprintf(what, sizeof what,
                "has an object %lld (%.15s) of pt %g, eta %g, phi %g, m %g, but pt and m should lie in 0 to 1e30, "
                "|phi| up to 1e30, |eta| up to 20.",
                row, name, r.pt, r.eta, r.phi, r.m);
            return passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, v, event, what);
        }
        if (r.pt > encoder->layout.sqrt_s) {
            snprintf(what, sizeof what,
                "has an object %lld (%.15s) of pT %g GeV in collisions of %g GeV. Are its momenta in MeV?", row, name,
                r.pt, encoder->layout.sqrt_s);
            return passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, v, event, what);
        }
        if (type == PASSWDI_RMM_MET) continue;
        if (!passwdi_rmm_moves(&r)) {
            snprintf(what, sizeof what,
                "has an object %lld (%.15s) without pT and mass: it has no rapidity and cannot enter a matrix.", row,
                name);
            return passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, v, event, what);
        }
        if (count[type]++ >= encoder->layout.most[type]) dropped->beyond++;
    }
    return PASSWD_OK;
}
/* Checks everything that can be wrong with a call for events [first, first + count). */
static passwd_status passwdi_rmm_look_all(const passwd_rmm_encoder *encoder, passwdi_rmm_types *types,
    const passwd_arrays *events, int64_t first, int64_t count, const void *out, passwd_rmm_dropped *dropped,
    passwd_error *error) {
    passwd_status s;
    int64_t k;
    memset(dropped, 0, sizeof *dropped);
    if (!encoder || !events || !out)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The encoder, the events or the output are NULL.");
    s = passwdi_arrays_check(events, first, count, error);
    if (s != PASSWD_OK) return s;
    passwdi_rmm_types_begin(types, &encoder->layout);
    for (k = first; s == PASSWD_OK && k < first + count; k++)
        s = passwdi_rmm_look(encoder, types, events, k, dropped, error);
    return s;
}
static void passwdi_rmm_add(passwd_rmm_dropped *sum, const passwd_rmm_dropped *more) {
    if (!sum) return;
    sum->beyond += more->beyond;
    sum->others += more->others;
}
PASSWD_DEF passwd_status passwd_rmm_check(
    const passwd_rmm_encoder *encoder, const passwd_events *events, passwd_rmm_dropped *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    passwdi_rmm_types types;
    passwd_rmm_dropped more;
    const passwd_status s =
        passwdi_rmm_look_all(encoder, &types, events ? &a : NULL, 0, a.events, events, &more, error);
    if (s == PASSWD_OK) passwdi_rmm_add(dropped, &more);
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_encode_arrays(const passwd_rmm_encoder *encoder, const passwd_arrays *events,
    int64_t first, int64_t count, int whole, float *out, passwd_rmm_dropped *dropped, passwd_error *error) {
    passwdi_rmm_types types;
    passwdi_rmm_event event;
    passwd_rmm_dropped more;
    const passwd_status s = passwdi_rmm_look_all(encoder, &types, events, first, count, out, &more, error);
    size_t size;
    int64_t k;
    if (s != PASSWD_OK) return s;
    size = whole ? (size_t)encoder->objects * (size_t)encoder->objects : (size_t)encoder->inputs;
    for (k = 0; k < count; k++, out += size) {
        memset(out, 0, size * sizeof *out);
        passwdi_rmm_take(encoder, &types, events, first + k, &event);
        passwdi_rmm_fill(encoder, &event, whole, out, 1);
    }
    passwdi_rmm_add(dropped, &more);
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_rmm_encode(const passwd_rmm_encoder *encoder, const passwd_events *events,
    int64_t first, int64_t count, int whole, float *out, passwd_rmm_dropped *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    return passwd_rmm_encode_arrays(encoder, events ? &a : NULL, first, count, whole, out, dropped, error);
}
/* Events that are missing or invalid are skipped. */
static void passwdi_rmm_encode_lanes(
    const passwd_rmm_encoder *encoder, const passwd_arrays *v, const int64_t *places, int count, float *out) {
    passwdi_rmm_types types;
    passwdi_rmm_event event;
    int lane;
    passwdi_rmm_types_begin(&types, &encoder->layout);
    for (lane = 0; lane < count && lane < PASSWDI_RMM_LANES; lane++) {
        if (passwdi_arrays_check(v, places[lane], 1, NULL) != PASSWD_OK) continue;
        passwdi_rmm_take(encoder, &types, v, places[lane], &event);
        passwdi_rmm_fill(encoder, &event, 0, out + lane, PASSWDI_RMM_LANES);
    }
}
PASSWD_DEF void passwd_rmm_encode_lanes(
    const passwd_rmm_encoder *encoder, const passwd_events *events, const int64_t *places, int count, float *out) {
    const passwd_arrays a = passwdi_arrays_of(events);
    if (encoder && events && places && out) passwdi_rmm_encode_lanes(encoder, &a, places, count, out);
}
PASSWD_DEF passwd_status passwd_rmm_masses_arrays(const passwd_rmm_encoder *encoder, const passwd_arrays *events,
    int64_t first, int64_t count, double *out, passwd_error *error) {
    passwdi_rmm_types types;
    passwdi_rmm_event event;
    passwd_rmm_dropped more;
    const passwd_status s = passwdi_rmm_look_all(encoder, &types, events, first, count, out, &more, error);
    int64_t k;
    int i;
    if (s != PASSWD_OK) return s;
    for (k = 0; k < count; k++) {
        passwdi_rmm_take(encoder, &types, events, first + k, &event);
        for (i = 0; i < encoder->layout.masses; i++) {
            const int a = encoder->layout.mass[i][0], b = encoder->layout.mass[i][1], same = a == b;
            const passwdi_rmm_object *x = event.object + encoder->start[a],
                                     *y = event.object + encoder->start[b] + same;
            if (event.count[a] > 0 && event.count[b] > same) *out++ = passwdi_rmm_mass(x, y, passwdi_rmm_h(x, y));
            else *out++ = (double)NAN;
        }
    }
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_rmm_masses(const passwd_rmm_encoder *encoder, const passwd_events *events,
    int64_t first, int64_t count, double *out, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    return passwd_rmm_masses_arrays(encoder, events ? &a : NULL, first, count, out, error);
}

/* ------------------------------------------------------------------------------------------------------------------
   Anomaly scores and regions
   --------------------------------------------------------------------------------------------------------------- */
enum { PASSWDI_RMM_BLOCK = 4096, PASSWDI_RMM_COORDINATES = PASSWD_RMM_OBJECTS + PASSWD_RMM_TYPES + 2 };

struct passwd_rmm {
    passwd_allocator allocator;
    passwd_rmm_config config;
    passwd_rmm_encoder encoder;
    passwd_model *model;
    int coordinates; /* of the density */
    passwd_rmm_region region[PASSWD_RMM_REGIONS];
    int regions;
};
struct passwd_rmm_job {
    passwd_allocator allocator;
    const passwd_rmm *rmm;
    passwd_workspace *workspace;
    float *scores; /* of a block of events */
    passwd_workspace_options options;
};
/* What the network's input is made from on the fly: 1,287 numbers per event, nearly all zero, are not stored. */
typedef struct passwdi_rmm_source {
    const passwd_rmm *rmm;
    const passwd_arrays *events;
    const int64_t *places; /* events to take, in this order; NULL: all from `first` on */
    int64_t first;
} passwdi_rmm_source;

/* --- configuration --- */

PASSWD_DEF passwd_status passwd_rmm_preset(const char *name, passwd_rmm_config *config, passwd_error *error) {
    static const char ending[] = "-autoencoder";
    const size_t length = name ? strlen(name) : 0, tail = sizeof ending - 1;
    const int density = length < tail || strcmp(name + length - tail, ending) != 0;
    char layout[64];
    passwd_rmm_config c;
    passwd_status s;
    memset(&c, 0, sizeof c);
    if (!name || !config)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_preset: name or config is NULL.");
    snprintf(layout, sizeof layout, "%.*s", (int)passwdi_least((int64_t)(density ? length : length - tail), 60), name);
    s = passwd_rmm_layout_preset(layout, &c.layout, error);
    if (s != PASSWD_OK) return s;
    c.widths[0] = 800;
    c.widths[1] = 400;
    c.widths[2] = 200;
    c.n_widths = 3;
    c.slope = 0.01f;
    c.log_loss = 1;
    c.noise = 0.25f;
    c.components = density ? 64 : 0;
    c.epochs = density ? 30 : 200;
    c.batch = 256;
    c.patience = density ? 10 : 30;
    c.rate = density ? 3e-2f : 3e-4f;
    c.validation = density ? 0.2f : 0.3f;
    *config = c;
    return PASSWD_OK;
}
#define PASSWDI_RMM(field, kind, low, high) \
    { #field, offsetof(passwd_rmm_config, field), kind, low, high }
static const passwdi_setting passwdi_rmm_settings[] = { PASSWDI_RMM(slope, 'f', 0, 1), PASSWDI_RMM(log_loss, 'i', 0, 2),
    PASSWDI_RMM(components, 'i', 0, 1024), PASSWDI_RMM(noise, 'f', 1e-3, 10), PASSWDI_RMM(epochs, 'i', 1, 1e6),
    PASSWDI_RMM(batch, 'i', 1, 16777216), PASSWDI_RMM(patience, 'i', 0, 1e6), PASSWDI_RMM(rate, 'f', 0, 10),
    PASSWDI_RMM(validation, 'f', 0, 0.9) };
#undef PASSWDI_RMM
enum { PASSWDI_RMM_SETTINGS = sizeof passwdi_rmm_settings / sizeof *passwdi_rmm_settings };

static passwd_status passwdi_rmm_config_check(const passwd_rmm_config *c, passwd_error *error) {
    const passwd_status s = passwdi_settings_check(passwdi_rmm_settings, PASSWDI_RMM_SETTINGS, c, error);
    int k, good = c->n_widths >= 1 && c->n_widths <= PASSWD_RMM_WIDTHS;
    if (s != PASSWD_OK) return s;
    for (k = 0; good && k < c->n_widths; k++) good = c->widths[k] >= 1 && c->widths[k] <= 65536;
    if (!good)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "\"widths\" should be 1 to %d numbers from 1 to 65,536: the hidden layers down to the latent one.",
            PASSWD_RMM_WIDTHS);
    return passwd_rmm_layout_check(&c->layout, error);
}
static passwd_status passwdi_rmm_read_widths(
    passwd_rmm_config *c, const passwd_json *json, int32_t node, passwd_error *error) {
    passwd_status s = PASSWD_OK;
    int64_t width = 0;
    int k;
    if (json->nodes[node].kind != PASSWD_JSON_ARRAY || json->nodes[node].count < 1
        || json->nodes[node].count > PASSWD_RMM_WIDTHS)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, json->nodes[node].line, json->nodes[node].column,
            "%s: \"widths\" should be a list of 1 to %d numbers.", json->name, PASSWD_RMM_WIDTHS);
    c->n_widths = (int)json->nodes[node].count;
    for (k = 0; s == PASSWD_OK && k < c->n_widths; k++) {
        s = passwd_json_int(json, passwd_json_at(json, node, k), &width, error);
        if (s == PASSWD_OK) c->widths[k] = width < 0 || width > 65536 ? -1 : (int)width; /* refused below */
    }
    return s;
}
static passwd_status passwdi_rmm_config_key(void *config, const passwd_json *json, int32_t node, passwd_error *error) {
    passwd_rmm_config *c = (passwd_rmm_config *)config;
    const char *key = json->nodes[node].key;
    if (strcmp(key, "layout") == 0) return passwd_rmm_layout_read(&c->layout, json, node, error);
    if (strcmp(key, "widths") == 0) return passwdi_rmm_read_widths(c, json, node, error);
    return passwdi_settings_read(passwdi_rmm_settings, PASSWDI_RMM_SETTINGS, c, json, node, error);
}
static passwd_status passwdi_rmm_config_from(passwd_rmm_config *config, const char *text, size_t length,
    const char *name, const passwd_allocator *allocator, passwd_error *error) {
    passwd_rmm_config c = *config;
    const passwd_status s = passwdi_config_parse(passwdi_rmm_config_key, &c, text, length, name, allocator, error);
    if (s == PASSWD_OK) *config = c;
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_config_read(
    passwd_rmm_config *config, const char *text, size_t length, const char *name, passwd_error *error) {
    if (!config || !text)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_config_read: config or text is NULL.");
    return passwdi_rmm_config_from(config, text, length, name, NULL, error);
}
static void passwdi_rmm_write_config(const passwd_rmm_config *c, passwd_json_writer *w) {
    int k;
    passwd_json_begin_object(w);
    passwd_json_key(w, "layout");
    passwd_rmm_layout_write(&c->layout, w);
    passwd_json_key(w, "widths");
    passwd_json_begin_array(w);
    for (k = 0; k < c->n_widths; k++) passwd_json_write_int(w, c->widths[k]);
    passwd_json_end_array(w);
    passwdi_settings_write(passwdi_rmm_settings, PASSWDI_RMM_SETTINGS, c, w);
    passwd_json_end_object(w);
}

/* --- the network --- */

/* Coordinates of the density: missing ET, ET of the objects, their sums by type and over all, the largest. */
static int passwdi_rmm_coordinates(const passwd_rmm_layout *l) { return passwd_rmm_objects(l) + l->types + 2; }
static passwd_value passwdi_rmm_log_add(passwd_model *m, passwd_value a, passwd_value b) { /* ln(e^a + e^b) */
    return passwd_add(m, b, passwd_activate(m, passwd_subtract(m, a, b), PASSWD_ACTIVATE_SOFTPLUS, 0.0f, 0.0f));
}
/* - ln sum_k w_k exp(-KL_k), KL_k being the divergence of the event, a Gaussian of width `noise`, from component k. Its
   minimum is that of expectation-maximisation with noise^2 added to every variance: no component can fall onto a single
   value, such as that of objects that are not there. The coordinates are prepared outside of the program
   (passwdi_rmm_density_fill). */
static void passwdi_rmm_record_density(const passwd_rmm *r, passwd_model *m) {
    const passwd_rmm_config *c = &r->config;
    const int n = r->coordinates;
    const passwd_value x = passwd_input_event(m, "x", 1, n);
    const passwd_value narrow = passwd_activate(m, x, PASSWD_ACTIVATE_AFFINE, 0.0f, logf(c->noise));
    const passwd_value logits = passwd_learnt_rows(m, x, -1, c->components, "mixture.logits");
    passwd_value total = PASSWD_NONE, sum = PASSWD_NONE;
    char name[48];
    int shape[2], k;
    shape[0] = shape[1] = n;
    passwd_parameter_new(m, "coordinates.mean", 1, shape, 0, 0, 0.0f);
    passwd_parameter_new(m, "coordinates.axes", 2, shape, 0, 0, 0.0f);
    for (k = 0; k < c->components; k++) {
        const passwd_value logit = passwd_features(m, logits, k, 1);
        passwd_value mean, width, term;
        snprintf(name, sizeof name, "mixture.%d.mean", k);
        mean = passwd_learnt_rows(m, x, -1, n, name);
        snprintf(name, sizeof name, "mixture.%d.log_width", k);
        width = passwd_learnt_rows(m, x, -1, n, name);
        term = passwd_subtract(m, logit, passwd_divergence(m, x, narrow, mean, width));
        total = k ? passwdi_rmm_log_add(m, total, logit) : logit;
        sum = k ? passwdi_rmm_log_add(m, sum, term) : term;
    }
    sum = passwd_subtract(m, total, sum);
    passwd_output(m, sum, "score");
    passwd_loss(m, sum, 1.0f, "score");
}
static void passwdi_rmm_record_autoencoder(const passwd_rmm *r, passwd_model *m) {
    const passwd_rmm_config *c = &r->config;
    passwd_value x, h, loss;
    char name[32];
    int k;
    h = x = passwd_input_event(m, "x", 1, r->encoder.inputs);
    for (k = 0; k < 2 * c->n_widths; k++) { /* down to the latent layer and, mirrored, up to the inputs */
        const int down = k < c->n_widths, up = 2 * c->n_widths - 2 - k,
                  width = down ? c->widths[k]
            : up >= 0          ? c->widths[up]
                               : r->encoder.inputs;
        snprintf(name, sizeof name, "%s.%d", down ? "encoder" : "decoder", down ? k : k - c->n_widths);
        h = passwd_activate(m, passwd_linear(m, h, width, 1, name), PASSWD_ACTIVATE_LEAKY_RELU, c->slope, 0.0f);
        if (k == c->n_widths - 1) passwd_output(m, h, "latent");
    }
    passwd_output(m, h, "reconstruction");
    loss = passwd_mean_square(m, h, x);
    h = passwd_activate(m, loss, PASSWD_ACTIVATE_LOG, 0.0f, 0.0f);
    passwd_output(m, h, "score");
    passwd_loss(m, h, c->log_loss == 2 ? 1.0f : 0.0f, "score");
    passwd_loss(m, loss, c->log_loss == 2 ? 0.0f : 1.0f, c->log_loss == 1 ? "log loss" : "loss");
    if (c->log_loss == 1) passwd_loss_logarithm(m);
}
/* A copy of all parameters, to be changed and set again. */
static float *passwdi_rmm_parameters(const passwd_rmm *r, passwd_error *error) {
    const size_t floats = passwd_parameter_floats(r->model);
    float *all = (float *)passwdi_new(&r->allocator, floats, sizeof *all);
    if (all) memcpy(all, passwd_parameters(r->model), floats * sizeof *all);
    else
        passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld parameters.", (long long)floats);
    return all;
}
/* Components start alike except for their means, which are drawn with the spread of the data. */
static passwd_status passwdi_rmm_start_mixture(passwd_rmm *r, passwd_error *error) {
    float *all = passwdi_rmm_parameters(r, error);
    passwd_status s;
    int k;
    if (!all) return PASSWD_ERROR_MEMORY;
    for (k = 0; k < passwd_parameter_count(r->model); k++) {
        const passwd_parameter *p = passwd_parameter_at(r->model, k);
        if (!strstr(p->name, ".mean")) memset(all + p->offset, 0, p->count * sizeof *all);
    }
    s = passwd_set_parameters(r->model, all, error);
    passwdi_delete(&r->allocator, all);
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_new(const passwd_rmm_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_rmm **rmm, passwd_error *error) {
    passwd_rmm *r;
    passwd_status s;
    if (!config || !rmm)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_new: config or rmm is NULL.");
    s = passwdi_rmm_config_check(config, error);
    if (s != PASSWD_OK) return s;
    r = (passwd_rmm *)passwdi_new(allocator, 1, sizeof *r);
    if (!r) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for an autoencoder.");
    if (allocator) r->allocator = *allocator;
    r->config = *config;
    s = passwd_rmm_encoder_new(&config->layout, &r->encoder, error);
    r->coordinates = passwdi_rmm_coordinates(&config->layout);
    if (s == PASSWD_OK) s = passwd_model_new(allocator, &r->model, error);
    if (s == PASSWD_OK) {
        if (config->components) passwdi_rmm_record_density(r, r->model);
        else passwdi_rmm_record_autoencoder(r, r->model);
        s = passwd_model_build(r->model, seed, error);
    }
    if (s == PASSWD_OK && config->components) s = passwdi_rmm_start_mixture(r, error);
    if (s != PASSWD_OK) {
        passwd_rmm_free(r);
        return s;
    }
    *rmm = r;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_rmm_free(passwd_rmm *r) {
    passwd_allocator a;
    if (!r) return;
    a = r->allocator;
    passwd_model_free(r->model);
    passwdi_delete(&a, r);
}
PASSWD_DEF const passwd_rmm_config *passwd_rmm_config_of(const passwd_rmm *r) { return &r->config; }
PASSWD_DEF passwd_model *passwd_rmm_model(const passwd_rmm *r) { return r->model; }

/* --- files: configuration and regions are metadata --- */

/* "flat": for every mass of the layout a list of [mass, cut]. */
static void passwdi_rmm_write_curves(const passwd_rmm *r, const passwd_rmm_region *g, passwd_json_writer *w) {
    int m, k;
    passwd_json_key(w, "flat");
    passwd_json_begin_array(w);
    for (m = 0; m < r->config.layout.masses; m++) {
        passwd_json_begin_array(w);
        for (k = 0; k < g->curve[m].knots; k++) {
            passwd_json_begin_array(w);
            passwd_json_write_number(w, g->curve[m].mass[k]);
            passwd_json_write_number(w, g->curve[m].cut[k]);
            passwd_json_end_array(w);
        }
        passwd_json_end_array(w);
    }
    passwd_json_end_array(w);
}
static passwd_status passwdi_rmm_read_curves(
    const passwd_rmm *r, passwd_rmm_region *g, const passwd_json *json, int32_t node, passwd_error *error) {
    passwd_status s = PASSWD_OK;
    int32_t list, knot;
    int m = 0;
    if (json->nodes[node].kind != PASSWD_JSON_ARRAY || json->nodes[node].count != r->config.layout.masses)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "%s: \"flat\" of a region needs a list for each of the "
            "%d masses.",
            json->name, r->config.layout.masses);
    g->flat = 1;
    for (list = json->nodes[node].first; list >= 0; list = json->nodes[list].next, m++) {
        passwd_rmm_curve *c = g->curve + m;
        if (json->nodes[list].kind != PASSWD_JSON_ARRAY || json->nodes[list].count > PASSWD_RMM_KNOTS)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "%s: a curve of a region is a list of at most %d "
                "pairs.",
                json->name, PASSWD_RMM_KNOTS);
        for (knot = json->nodes[list].first; knot >= 0; knot = json->nodes[knot].next, c->knots++) {
            s = passwd_json_number(json, passwd_json_at(json, knot, 0), c->mass + c->knots, error);
            if (s == PASSWD_OK) s = passwd_json_number(json, passwd_json_at(json, knot, 1), c->cut + c->knots, error);
            if (s != PASSWD_OK) return s;
            if (!(c->mass[c->knots] > (c->knots ? c->mass[c->knots - 1] : 0.0)) || !(fabs(c->cut[c->knots]) < 1e300)
                || !(c->mass[c->knots] < 1e300))
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                    "%s: masses of a region's curve should be "
                    "positive and rise, its cuts finite.",
                    json->name);
        }
    }
    return PASSWD_OK;
}
static void passwdi_rmm_write_regions(const passwd_rmm *r, passwd_json_writer *w) {
    int k;
    passwd_json_begin_array(w);
    for (k = 0; k < r->regions; k++) {
        const passwd_rmm_region *g = r->region + k;
        passwd_json_begin_object(w);
        passwd_json_key(w, "name");
        passwd_json_write_string(w, g->name);
        passwd_json_key(w, "cut");
        passwd_json_write_number(w, g->cut);
        passwd_json_key(w, "cross_section");
        passwd_json_write_number(w, g->cross_section);
        passwd_json_key(w, "luminosity");
        passwd_json_write_number(w, g->luminosity);
        passwd_json_key(w, "fraction");
        passwd_json_write_number(w, g->fraction);
        passwd_json_key(w, "events");
        passwd_json_write_number(w, g->events);
        if (g->flat) passwdi_rmm_write_curves(r, g, w);
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
}
static passwd_status passwdi_rmm_read_region(
    passwd_rmm *r, const passwd_json *json, int32_t node, passwd_error *error) {
    passwd_rmm_region g;
    const char *name = NULL;
    passwd_status s;
    memset(&g, 0, sizeof g);
    s = passwd_json_string(json, passwd_json_get(json, node, "name"), &name, error);
    if (s == PASSWD_OK) s = passwd_json_number(json, passwd_json_get(json, node, "cut"), &g.cut, error);
    if (s == PASSWD_OK)
        s = passwd_json_number(json, passwd_json_get(json, node, "cross_section"), &g.cross_section, error);
    if (s == PASSWD_OK) s = passwd_json_number(json, passwd_json_get(json, node, "luminosity"), &g.luminosity, error);
    if (s == PASSWD_OK) s = passwd_json_number(json, passwd_json_get(json, node, "fraction"), &g.fraction, error);
    if (s == PASSWD_OK) s = passwd_json_number(json, passwd_json_get(json, node, "events"), &g.events, error);
    if (s == PASSWD_OK && passwd_json_get(json, node, "flat") >= 0)
        s = passwdi_rmm_read_curves(r, &g, json, passwd_json_get(json, node, "flat"), error);
    if (s != PASSWD_OK) return s;
    snprintf(g.name, sizeof g.name, "%s", name);
    return passwd_rmm_add_region(r, &g, error);
}
static passwd_status passwdi_rmm_read_regions(passwd_rmm *r, const char *text, const char *name, passwd_error *error) {
    passwd_json json;
    int32_t node;
    passwd_status s;
    if (!text) return PASSWD_OK;
    s = passwd_json_parse(text, strlen(text), name, &r->allocator, &json, error);
    if (s != PASSWD_OK) return s;
    if (json.nodes[0].kind != PASSWD_JSON_ARRAY)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: \"regions\" should be a list.", json.name);
    for (node = s == PASSWD_OK ? json.nodes[0].first : -1; s == PASSWD_OK && node >= 0; node = json.nodes[node].next)
        s = passwdi_rmm_read_region(r, &json, node, error);
    passwd_json_free(&json);
    return s;
}
static passwd_status passwdi_rmm_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    const char *text = passwd_tensor_metadata(file, "config");
    passwd_rmm_config c;
    passwd_rmm *r = NULL;
    /* files that do not say are older than the density */
    passwd_status s = passwd_rmm_preset("search-autoencoder", &c, error);
    if (!text)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: there is no \"config\" in the metadata.", name);
    if (s == PASSWD_OK) s = passwdi_rmm_config_from(&c, text, strlen(text), name, allocator, error);
    if (s == PASSWD_OK) s = passwd_rmm_new(&c, 0, allocator, &r, error);
    if (s == PASSWD_OK) s = passwd_model_read(r->model, file, name, error);
    if (s == PASSWD_OK) s = passwdi_rmm_read_regions(r, passwd_tensor_metadata(file, "regions"), name, error);
    if (s != PASSWD_OK) {
        passwd_rmm_free(r);
        return s;
    }
    *(passwd_rmm **)user = r;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_rmm_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_rmm **rmm, passwd_error *error) {
    if (!rmm) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_parse: rmm is NULL.");
    return passwdi_from_weights(NULL, bytes, count, name, allocator, passwdi_rmm_from_file, (void *)rmm, error);
}
PASSWD_DEF passwd_status passwd_rmm_load(
    const char *path, const passwd_allocator *allocator, passwd_rmm **rmm, passwd_error *error) {
    if (!rmm || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_load: path or rmm is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, allocator, passwdi_rmm_from_file, (void *)rmm, error);
}
PASSWD_DEF passwd_status passwd_rmm_save(const passwd_rmm *r, const char *path, passwd_error *error) {
    const char *metadata[7] = { "format", "pt", "config", NULL, "regions", NULL, NULL };
    passwd_json_writer json[2];
    passwd_status s;
    if (!r || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_save: rmm or path is NULL.");
    passwd_json_writer_init(json, &r->allocator);
    passwd_json_writer_init(json + 1, &r->allocator);
    passwdi_rmm_write_config(&r->config, json);
    passwdi_rmm_write_regions(r, json + 1);
    s = passwd_json_finish(json, metadata + 3, NULL, error);
    if (s == PASSWD_OK) s = passwd_json_finish(json + 1, metadata + 5, NULL, error);
    if (s == PASSWD_OK) s = passwd_model_save(r->model, path, metadata, error);
    passwd_json_writer_free(json);
    passwd_json_writer_free(json + 1);
    return s;
}

/* --- training and scores --- */

/* Numbers here and below are rounded to float before they are multiplied: the products are exact in double, so that
   their sums have the same bits whether or not a compiler fuses them. */
static void passwdi_rmm_energies(const passwd_rmm_encoder *encoder, const passwdi_rmm_event *v, double *out) {
    const double scale = 1.0 / encoder->layout.sqrt_s;
    double *sum = out + encoder->objects, *all = sum + encoder->layout.types;
    int t, i;
    memset(out, 0, (size_t)passwdi_rmm_coordinates(&encoder->layout) * sizeof *out);
    out[0] = (double)(float)(v->met * scale);
    for (t = 0; t < encoder->layout.types; t++)
        for (i = 0; i < v->count[t]; i++) {
            const double et = (double)(float)(v->object[encoder->start[t] + i].et * scale);
            out[encoder->start[t] + i] = et;
            sum[t] += et;
            all[0] += et;
            if (et > all[1]) all[1] = et;
        }
    for (t = 0; t < encoder->layout.types + 2; t++) sum[t] = (double)(float)sum[t];
}
/* Events on the principal axes of what the network was trained on. */
static void passwdi_rmm_density_fill(const passwdi_rmm_source *source, const int64_t *places, int count, float *lanes) {
    const passwd_rmm *r = source->rmm;
    const int n = r->coordinates;
    const float *mean = passwd_parameters(r->model) + passwd_parameter_find(r->model, "coordinates.mean")->offset;
    const float *axes = passwd_parameters(r->model) + passwd_parameter_find(r->model, "coordinates.axes")->offset;
    double x[PASSWDI_RMM_COORDINATES];
    passwdi_rmm_types types;
    passwdi_rmm_event event;
    int lane, i, k;
    passwdi_rmm_types_begin(&types, &r->encoder.layout);
    for (lane = 0; lane < count; lane++) {
        passwdi_rmm_take(&r->encoder, &types, source->events, places[lane], &event);
        passwdi_rmm_energies(&r->encoder, &event, x);
        for (i = 0; i < n; i++) x[i] = (double)(float)(x[i] - (double)mean[i]);
        for (k = 0; k < n; k++) {
            double sum = 0.0;
            for (i = 0; i < n; i++) sum += (double)axes[k * n + i] * x[i];
            lanes[k * PASSWDI_RMM_LANES + lane] = (float)sum;
        }
    }
}
static void passwdi_rmm_source_fill(void *user, int input, const int64_t *events, int count, float *lanes) {
    const passwdi_rmm_source *source = (const passwdi_rmm_source *)user;
    int64_t places[PASSWDI_RMM_LANES];
    int k;
    (void)input;
    for (k = 0; k < count; k++) places[k] = source->places ? source->places[events[k]] : source->first + events[k];
    if (source->rmm->config.components) passwdi_rmm_density_fill(source, places, count, lanes);
    else passwdi_rmm_encode_lanes(&source->rmm->encoder, source->events, places, count, lanes);
}
/* Checks that no weight of training is negative. *weights is NULL if all are 1. */
static passwd_status passwdi_rmm_weights(const passwd_rmm *r, const passwd_events *events, const int64_t *places,
    int64_t count, float **weights, passwd_error *error) {
    int64_t e;
    int all_one = 1;
    *weights = NULL;
    for (e = 0; events->weight && e < events->count; e++) {
        if (!(events->weight[e] >= 0.0)) {
            char what[96];
            snprintf(what, sizeof what, "has the weight %g: training needs weights that are not negative.",
                events->weight[e]);
            return passwdi_event_fail(error, PASSWD_ERROR_NUMERIC, events, e, what);
        }
        if (events->weight[e] != 1.0) all_one = 0;
    }
    if (all_one) return PASSWD_OK;
    *weights = (float *)passwdi_new(&r->allocator, (size_t)count, sizeof **weights);
    if (!*weights)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for the weights of %lld events.", (long long)count);
    for (e = 0; e < count; e++) (*weights)[e] = (float)events->weight[places ? places[e] : e];
    return PASSWD_OK;
}
/* Eigenvalues and, in the columns of v, eigenvectors of a symmetric matrix (Jacobi's rotations); a is overwritten; its
   diagonal is the answer. Whatever a compiler might fuse is written as fma, for the same bits everywhere. */
static void passwdi_rmm_eigen(double *a, double *v, int n) {
    int sweep, i, j, k;
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++) v[i * n + j] = i == j;
    for (sweep = 0; sweep < 60; sweep++) {
        double off = 0.0, size = 0.0;
        for (i = 0; i < n; i++)
            for (j = 0; j < n; j++) {
                size = fmax(size, fabs(a[i * n + j]));
                if (i != j) off = fmax(off, fabs(a[i * n + j]));
            }
        if (!(off > 1e-13 * size)) return;
        for (i = 0; i < n; i++)
            for (j = i + 1; j < n; j++) {
                const double x = a[i * n + j];
                double q, t, c, s;
                if (x == 0.0) continue;
                q = (a[j * n + j] - a[i * n + i]) / (2.0 * x);
                t = (q < 0.0 ? -1.0 : 1.0) / (fabs(q) + sqrt(fma(q, q, 1.0)));
                c = 1.0 / sqrt(fma(t, t, 1.0));
                s = t * c;
                for (k = 0; k < n; k++) {
                    const double p = a[k * n + i], r = a[k * n + j];
                    a[k * n + i] = fma(c, p, -(s * r));
                    a[k * n + j] = fma(s, p, c * r);
                }
                for (k = 0; k < n; k++) {
                    const double p = a[i * n + k], r = a[j * n + k], x_i = v[k * n + i], x_j = v[k * n + j];
                    a[i * n + k] = fma(c, p, -(s * r));
                    a[j * n + k] = fma(s, p, c * r);
                    v[k * n + i] = fma(c, x_i, -(s * x_j));
                    v[k * n + j] = fma(s, x_i, c * x_j);
                }
            }
    }
}
/* Sums over the training events: weight, and for the n coordinates the weight of the events that fill it, first and
   second moments. */
static void passwdi_rmm_moments(const passwdi_rmm_source *source, const float *weights, int64_t count, double *sums) {
    const passwd_rmm *r = source->rmm;
    const int n = r->coordinates;
    double x[PASSWDI_RMM_COORDINATES], *filled = sums + 1, *first = filled + n, *second = first + n;
    passwdi_rmm_types types;
    passwdi_rmm_event event;
    int64_t e;
    int i, k;
    passwdi_rmm_types_begin(&types, &r->encoder.layout);
    for (e = 0; e < count; e++) {
        const double w = weights ? (double)weights[e] : 1.0;
        passwdi_rmm_take(
            &r->encoder, &types, source->events, source->places ? source->places[e] : source->first + e, &event);
        passwdi_rmm_energies(&r->encoder, &event, x);
        sums[0] += w;
        for (i = 0; i < n; i++) {
            const double weighed = (double)(float)(w * x[i]);
            if (x[i] == 0.0) continue;
            filled[i] += w;
            first[i] += weighed;
            for (k = 0; k <= i; k++) second[i * n + k] += weighed * x[k];
        }
    }
}
/* From the moments: means, and axes; each row of the axes is an eigenvector of the correlations divided by its width.
   The noise is part of the width, so that directions in which almost nothing happens (a sum of one term, and that term)
   stay small. */
static void passwdi_rmm_axes(const passwd_rmm *r, const double *sums, double *work, float *mean, float *axes) {
    const int n = r->coordinates;
    const double *filled = sums + 1, *first = filled + n, *second = first + n, noise = (double)r->config.noise;
    double *a = work, *v = work + n * n, width[PASSWDI_RMM_COORDINATES];
    int i, k;
    for (i = 0; i < n; i++) {
        const double m = first[i] / sums[0], variance = fma(-m, m, second[i * n + i] / sums[0]);
        mean[i] = (float)m;
        /* 0: excluded */
        width[i] = filled[i] >= 0.01 * sums[0] && variance > 1e-12 * m * m && variance > 0.0 ? sqrt(variance) : 0.0;
    }
    for (i = 0; i < n; i++)
        for (k = 0; k <= i; k++)
            a[i * n + k] = a[k * n + i] = width[i] > 0.0 && width[k] > 0.0
                ? fma(-first[i] / sums[0], first[k] / sums[0], second[i * n + k] / sums[0]) / (width[i] * width[k])
                : 0.0;
    passwdi_rmm_eigen(a, v, n);
    for (k = 0; k < n; k++) {
        const double w = 1.0 / sqrt(fma(noise, noise, fmax(a[k * n + k], 0.0)));
        for (i = 0; i < n; i++) axes[k * n + i] = width[i] > 0.0 ? (float)(w * v[i * n + k] / width[i]) : 0.0f;
    }
}
/* The coordinates of the density are learnt before its mixture. */
static passwd_status passwdi_rmm_learn_axes(
    passwd_rmm *r, const passwdi_rmm_source *source, const float *weights, int64_t count, passwd_error *error) {
    const size_t n = (size_t)r->coordinates, size = 1 + 2 * n + n * n;
    double *sums = (double *)passwdi_new(&r->allocator, size + 2 * n * n, sizeof *sums);
    float *all = sums ? passwdi_rmm_parameters(r, error) : NULL;
    passwd_status s = PASSWD_OK;
    if (!all)
        s = sums ? PASSWD_ERROR_MEMORY
                 : passwdi_fail(
                     error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the coordinates of a density.");
    if (s == PASSWD_OK) {
        memset(sums, 0, size * sizeof *sums);
        passwdi_rmm_moments(source, weights, count, sums);
        if (!(sums[0] > 0.0))
            s = passwdi_fail(
                error, PASSWD_ERROR_NUMERIC, 0, 0, "The weights of the events to train on add up to zero.");
    }
    if (s == PASSWD_OK) {
        passwdi_rmm_axes(r, sums, sums + size, all + passwd_parameter_find(r->model, "coordinates.mean")->offset,
            all + passwd_parameter_find(r->model, "coordinates.axes")->offset);
        s = passwd_set_parameters(r->model, all, error);
    }
    passwdi_delete(&r->allocator, sums);
    passwdi_delete(&r->allocator, all);
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_train(passwd_rmm *r, const passwd_events *events,
    const passwd_train_options *options, passwd_train_report *report, passwd_rmm_dropped *dropped,
    passwd_error *error) {
    return passwd_rmm_train_on(r, events, NULL, events ? events->count : 0, options, report, dropped, error);
}
PASSWD_DEF passwd_status passwd_rmm_train_on(passwd_rmm *r, const passwd_events *events, const int64_t *places,
    int64_t count, const passwd_train_options *options, passwd_train_report *report, passwd_rmm_dropped *dropped,
    passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_rmm_train_on", "PASSWD_NO_TRAINING", error);
    const passwd_arrays a = passwdi_arrays_of(events);
    passwdi_rmm_source source;
    passwd_train_options o;
    passwd_json_writer json;
    passwd_batch b;
    passwd_rmm_dropped more = { 0, 0 };
    float *weights = NULL;
    int64_t k;
    passwd_status s;
    if (!r || !events || count < 0 || (!places && count > events->count))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Training needs an rmm, events and the numbers of at least one of them.");
    for (k = 0; places && k < count; k++)
        if (places[k] < 0 || places[k] >= events->count)
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "Training on event %lld was requested, but there are "
                "%lld.",
                (long long)places[k], (long long)events->count);
    s = passwd_rmm_check(&r->encoder, events, &more, error);
    if (s == PASSWD_OK) s = passwdi_rmm_weights(r, events, places, count, &weights, error);
    if (s != PASSWD_OK) return s;
    memset(&o, 0, sizeof o);
    if (options) {
        o.threads = options->threads;
        o.simd = options->simd;
        o.seed = options->seed;
        o.checkpoint = options->checkpoint;
        o.progress = options->progress;
        o.user = options->user;
        o.ranks = options->ranks;
    }
    o.epochs = r->config.epochs;
    o.batch = r->config.batch;
    o.patience = r->config.patience;
    o.rate = r->config.rate;
    o.validation = r->config.validation;
    o.schedule = r->config.components ? PASSWD_SCHEDULE_COSINE : PASSWD_SCHEDULE_CONSTANT;
    memset(&source, 0, sizeof source);
    source.rmm = r;
    source.events = &a;
    source.places = places;
    memset(&b, 0, sizeof b);
    b.events = count;
    b.weights = weights;
    b.fill = passwdi_rmm_source_fill;
    b.user = &source;
    if (r->config.components) s = passwdi_rmm_learn_axes(r, &source, weights, count, error);
    passwd_json_writer_init(&json, &r->allocator);
    passwdi_rmm_write_config(&r->config, &json);
    if (s == PASSWD_OK) s = passwd_json_finish(&json, &o.configuration, NULL, error);
    if (s == PASSWD_OK) s = passwd_train(r->model, &b, &o, report, error);
    passwd_json_writer_free(&json);
    if (s == PASSWD_OK || s == PASSWD_STOPPED) passwdi_rmm_add(dropped, &more);
    passwdi_delete(&r->allocator, weights);
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_job_new(
    const passwd_rmm *r, const passwd_workspace_options *options, passwd_rmm_job **job, passwd_error *error) {
    passwd_workspace_options o;
    passwd_allocator a;
    passwd_rmm_job *j;
    passwd_status s;
    if (!r || !job) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_job_new: rmm or job is NULL.");
    o = passwdi_room(options, &r->allocator, &a);
    j = (passwd_rmm_job *)passwdi_new(&a, 1, sizeof *j);
    if (!j && options && options->buffer) return passwdi_few_bytes(options, passwd_rmm_job_size(r, options), error);
    if (!j) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a job.");
    j->allocator = a;
    j->options = o;
    j->options.allocator = NULL;
    j->rmm = r;
    j->scores = (float *)passwdi_new(&a, PASSWDI_RMM_BLOCK, sizeof *j->scores);
    s = j->scores ? passwd_workspace_new(r->model, &o, &j->workspace, error)
                  : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a job.");
    if (s != PASSWD_OK) {
        passwd_rmm_job_free(j);
        if (s == PASSWD_ERROR_MEMORY && options && options->buffer)
            s = passwdi_few_bytes(options, passwd_rmm_job_size(r, options), error);
        return s;
    }
    *job = j;
    return PASSWD_OK;
}
PASSWD_DEF size_t passwd_rmm_job_size(const passwd_rmm *r, const passwd_workspace_options *options) {
    passwd_rmm_job *j = NULL;
    passwdi_meter meter;
    if (!r) return 0;
    passwdi_meter_begin(&meter, options, &r->allocator);
    if (passwd_rmm_job_new(r, &meter.options, &j, NULL) != PASSWD_OK) return 0;
    passwd_rmm_job_free(j);
    return meter.bytes;
}
PASSWD_DEF void passwd_rmm_job_free(passwd_rmm_job *j) {
    passwd_allocator a;
    if (!j) return;
    a = j->allocator;
    passwd_workspace_free(j->workspace);
    passwdi_delete(&a, j->scores);
    passwdi_delete(&a, j);
}
/* For events that were checked: those of places, or (NULL) those from `first` on. */
static passwd_status passwdi_rmm_score_some(passwd_rmm_job *j, const passwd_arrays *events, const int64_t *places,
    int64_t first, int64_t count, double *scores, passwd_error *error) {
    float *outputs[3] = { NULL, NULL, NULL };
    passwd_status s = PASSWD_OK;
    passwdi_rmm_source source;
    passwd_batch b;
    int64_t at, k;
    memset(&b, 0, sizeof b);
    memset(&source, 0, sizeof source);
    b.fill = passwdi_rmm_source_fill;
    b.user = &source;
    source.rmm = j->rmm;
    source.events = events;
    outputs[passwd_output_find(j->rmm->model, "score")] = j->scores;
    for (at = 0; s == PASSWD_OK && at < count; at += b.events) {
        source.places = places ? places + at : NULL;
        source.first = first + at;
        b.events = passwdi_least(count - at, PASSWDI_RMM_BLOCK);
        s = passwd_run(j->rmm->model, j->workspace, &b, outputs, error);
        for (k = 0; s == PASSWD_OK && k < b.events; k++) scores[at + k] = (double)j->scores[k];
        if (s == PASSWD_OK) s = passwdi_watched(&j->options, at + b.events, count, "events", error);
    }
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_run_arrays(passwd_rmm_job *j, const passwd_arrays *events, int64_t first,
    int64_t count, double *scores, passwd_rmm_dropped *dropped, passwd_error *error) {
    passwdi_rmm_types types;
    passwd_rmm_dropped more;
    passwd_status s;
    if (!j || !events || !scores)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_run: job, events or scores is NULL.");
    s = passwdi_rmm_look_all(&j->rmm->encoder, &types, events, first, count, scores, &more, error);
    if (s == PASSWD_OK) s = passwdi_rmm_score_some(j, events, NULL, first, count, scores, error);
    if (s == PASSWD_OK) passwdi_rmm_add(dropped, &more); /* of all: they are counted first */
    return s;
}
PASSWD_DEF passwd_status passwd_rmm_run(passwd_rmm_job *j, const passwd_events *events, int64_t first, int64_t count,
    double *scores, passwd_rmm_dropped *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    return passwd_rmm_run_arrays(j, events ? &a : NULL, first, count, scores, dropped, error);
}

/* --- out of fold --- */

struct passwd_rmm_folds {
    passwd_allocator allocator;
    uint64_t seed;
    int folds;
    passwd_rmm *network[PASSWD_RMM_FOLDS];
    double median[PASSWD_RMM_FOLDS], spread[PASSWD_RMM_FOLDS]; /* of a network's scores of its fold; 0: not trained */
};
PASSWD_DEF passwd_status passwd_rmm_folds_new(const passwd_rmm_config *config, int folds, uint64_t seed,
    const passwd_allocator *allocator, passwd_rmm_folds **all, passwd_error *error) {
    passwd_rmm_folds *f;
    passwd_status s = PASSWD_OK;
    int k;
    if (!config || !all || folds < 2 || folds > PASSWD_RMM_FOLDS)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Scores out of fold need a configuration and 2 to %d "
            "folds, not %d.",
            PASSWD_RMM_FOLDS, folds);
    f = (passwd_rmm_folds *)passwdi_new(allocator, 1, sizeof *f);
    if (!f) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %d folds.", folds);
    if (allocator) f->allocator = *allocator;
    f->seed = seed;
    f->folds = folds;
    for (k = 0; s == PASSWD_OK && k < folds; k++)
        s = passwd_rmm_new(config, seed + (uint64_t)k, allocator, f->network + k, error);
    if (s != PASSWD_OK) {
        passwd_rmm_folds_free(f);
        return s;
    }
    *all = f;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_rmm_folds_free(passwd_rmm_folds *f) {
    passwd_allocator a;
    int k;
    if (!f) return;
    a = f->allocator;
    for (k = 0; k < f->folds; k++) passwd_rmm_free(f->network[k]);
    passwdi_delete(&a, f);
}
PASSWD_DEF int passwd_rmm_fold_of(const passwd_rmm_folds *f, int64_t event) {
    return (int)(passwd_random_bits(f->seed, 0x666f6c64u + (uint32_t)((uint64_t)event >> 32), (uint32_t)event)
        % (uint32_t)f->folds);
}
PASSWD_DEF int passwd_rmm_folds_count(const passwd_rmm_folds *f) { return f->folds; }
PASSWD_DEF passwd_rmm *passwd_rmm_folds_network(passwd_rmm_folds *f, int fold) {
    return fold >= 0 && fold < f->folds ? f->network[fold] : NULL;
}

/* Scores of one fold by its network: places are those of the fold, scores (as many) are sorted on return, and out
   receives them by event. */
static passwd_status passwdi_rmm_score_fold(passwd_rmm_folds *f, int fold, const passwd_events *events,
    const int64_t *places, int64_t count, const passwd_train_options *o, double *scores, double *out,
    passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    passwd_workspace_options w;
    passwd_rmm_job *job = NULL;
    passwd_status s;
    int64_t k;
    memset(&w, 0, sizeof w);
    if (o) {
        w.threads = o->threads;
        w.simd = o->simd;
    }
    s = passwd_rmm_job_new(f->network[fold], &w, &job, error);
    if (s == PASSWD_OK) s = passwdi_rmm_score_some(job, &a, places, 0, count, scores, error);
    passwd_rmm_job_free(job);
    if (s != PASSWD_OK) return s;
    for (k = 0; k < count; k++) out[places[k]] = scores[k];
    passwdi_sort(scores, 1, count);
    f->median[fold] = 0.5 * (scores[(count - 1) / 2] + scores[count / 2]);
    k = (int64_t)(0.16 * (double)(count - 1));
    f->spread[fold] = 0.5 * (scores[count - 1 - k] - scores[k]);
    if (!(f->spread[fold] > 0.0)) f->spread[fold] = 1.0; /* all scores are equal */
    for (k = 0; k < count; k++) out[places[k]] = (out[places[k]] - f->median[fold]) / f->spread[fold];
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_rmm_folds_train(passwd_rmm_folds *f, const passwd_events *events,
    const passwd_train_options *options, double *scores, passwd_train_report *report, passwd_rmm_dropped *dropped,
    passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_rmm_folds_train", "PASSWD_NO_TRAINING", error);
    passwd_train_options o;
    passwd_status s = PASSWD_OK;
    int64_t *places, k, in, out;
    double *work;
    int fold;
    if (!f || !events || !scores)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_folds_train: folds, events or scores is NULL.");
    places = (int64_t *)passwdi_new(&f->allocator, (size_t)events->count + 1, sizeof *places);
    work = (double *)passwdi_new(&f->allocator, 2 * ((size_t)events->count + 1), sizeof *work);
    if (!places || !work)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the folds of %lld events.",
            (long long)events->count);
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    o.checkpoint = NULL;
    for (fold = 0; s == PASSWD_OK && fold < f->folds; fold++) {
        /* the fold at the front, the others behind it */
        for (k = 0, out = 0, in = events->count; k < events->count; k++) {
            if (passwd_rmm_fold_of(f, k) == fold) places[out++] = k;
            else places[--in] = k;
        }
        if (!out || in == events->count)
            s = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "%lld events are too few for %d folds.",
                (long long)events->count, f->folds);
        if (s == PASSWD_OK)
            s = passwd_rmm_train_on(f->network[fold], events, places + in, events->count - in, &o,
                report ? report + fold : NULL, fold ? NULL : dropped, error);
        if (s == PASSWD_OK)
            s = passwdi_rmm_score_fold(f, fold, events, places, out, options, work, work + events->count, error);
    }
    if (s == PASSWD_OK) memcpy(scores, work + events->count, (size_t)events->count * sizeof *scores);
    passwdi_delete(&f->allocator, places);
    passwdi_delete(&f->allocator, work);
    return s;
}
/* The progress of one of several runs over the same events. */
typedef struct passwdi_rmm_part {
    const passwd_workspace_options *options;
    int64_t before, all;
} passwdi_rmm_part;
static int passwdi_rmm_part_done(void *user, int64_t done, int64_t all) {
    const passwdi_rmm_part *part = (const passwdi_rmm_part *)user;
    (void)all;
    return part->options->progress(part->options->user, part->before + done, part->all);
}
PASSWD_DEF passwd_status passwd_rmm_folds_run(const passwd_rmm_folds *f, const passwd_workspace_options *options,
    const passwd_events *events, double *scores, passwd_rmm_dropped *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    passwd_workspace_options o;
    passwdi_rmm_part part;
    passwd_status s;
    double *sum, *one;
    int64_t k;
    int fold;
    if (!f || !events || !scores)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_folds_run: folds, events or scores is NULL.");
    for (fold = 0; fold < f->folds; fold++)
        if (!(f->spread[fold] > 0.0))
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The networks of the folds are not trained.");
    s = passwd_rmm_check(&f->network[0]->encoder, events, dropped, error);
    if (s != PASSWD_OK || !events->count) return s;
    one = (double *)passwdi_new(&f->allocator, 2 * (size_t)events->count, sizeof *one);
    if (!one)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for the scores of %lld events.", (long long)events->count);
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    part.options = options;
    part.all = events->count * f->folds;
    if (o.progress) o.progress = passwdi_rmm_part_done;
    o.user = &part;
    sum = one + events->count;
    for (k = 0; k < events->count; k++) sum[k] = 0.0;
    for (fold = 0; s == PASSWD_OK && fold < f->folds; fold++) {
        passwd_rmm_job *job = NULL;
        part.before = events->count * fold;
        s = passwd_rmm_job_new(f->network[fold], &o, &job, error);
        if (s == PASSWD_OK) s = passwdi_rmm_score_some(job, &a, NULL, 0, events->count, one, error);
        for (k = 0; s == PASSWD_OK && k < events->count; k++)
            sum[k] += (one[k] - f->median[fold]) / f->spread[fold] / f->folds;
        passwd_rmm_job_free(job);
    }
    if (s == PASSWD_OK) memcpy(scores, sum, (size_t)events->count * sizeof *scores);
    passwdi_delete(&f->allocator, one);
    return s;
}

/* --- simple variables --- */

PASSWD_DEF const char *passwd_rmm_simple_name(int k) {
    static const char *const names[PASSWD_RMM_SIMPLE] = { "HT", "pT1", "MET", "objects", "mass" };
    return k >= 0 && k < PASSWD_RMM_SIMPLE ? names[k] : NULL;
}
PASSWD_DEF passwd_status passwd_rmm_simple(const passwd_rmm_encoder *encoder, const passwd_events *events,
    int64_t first, int64_t count, double *out, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    passwdi_rmm_types types;
    passwdi_rmm_event event;
    passwd_rmm_dropped more;
    const passwd_status s = passwdi_rmm_look_all(encoder, &types, events ? &a : NULL, first, count, out, &more, error);
    int64_t k;
    int t, i;
    if (s != PASSWD_OK) return s;
    for (k = 0; k < count; k++, out += PASSWD_RMM_SIMPLE) {
        double e, px, py, pz = 0.0, m2;
        passwdi_rmm_take(encoder, &types, &a, first + k, &event);
        out[0] = out[1] = out[3] = 0.0;
        out[2] = e = event.met;
        px = event.met * event.x;
        py = event.met * event.y;
        for (t = 0; t < encoder->layout.types; t++)
            for (i = 0; i < event.count[t]; i++) {
                const passwdi_rmm_object *o = event.object + encoder->start[t] + i;
                out[0] += o->pt;
                if (o->pt > out[1]) out[1] = o->pt;
                out[3] += 1.0;
                e += 0.5 * o->mt * (o->h * o->h + o->down * o->down);
                pz += 0.5 * o->mt * (o->h * o->h - o->down * o->down);
                px += o->pt * o->x;
                py += o->pt * o->y;
            }
        m2 = (e - pz) * (e + pz) - px * px - py * py;
        out[4] = m2 > 0.0 ? sqrt(m2) : 0.0;
    }
    return PASSWD_OK;
}

/* --- regions --- */

PASSWD_DEF int passwd_rmm_regions(const passwd_rmm *r, const passwd_rmm_region **regions) {
    if (regions) *regions = r->region;
    return r->regions;
}
PASSWD_DEF passwd_status passwd_rmm_add_region(passwd_rmm *r, const passwd_rmm_region *region, passwd_error *error) {
    int k;
    if (!r || !region)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_rmm_add_region: rmm or region is NULL.");
    if (!memchr(region->name, 0, sizeof region->name) || !region->name[0] || !(fabs(region->cut) < 1e300))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "An anomaly region needs a name and a finite cut.");
    for (k = 0; k < r->regions; k++)
        if (strcmp(r->region[k].name, region->name) == 0)
            return passwdi_fail(
                error, PASSWD_ERROR_ARGUMENT, 0, 0, "There is an anomaly region \"%s\" already.", region->name);
    if (r->regions == PASSWD_RMM_REGIONS)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "There are %d anomaly regions already, which is the maximum.", PASSWD_RMM_REGIONS);
    r->region[r->regions++] = *region;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_rmm_clear_regions(passwd_rmm *r) {
    if (r) r->regions = 0;
}

typedef struct passwdi_rmm_scored {
    double score, weight;
} passwdi_rmm_scored;
PASSWD_DEF passwd_status passwd_rmm_cut(const double *scores, const double *weights, int64_t count,
    passwd_rmm_region *region, const passwd_allocator *allocator, passwd_error *error) {
    passwdi_rmm_scored *sorted;
    double total = 0.0, want, above = 0.0, cut;
    int64_t k;
    if (!scores || !region || count < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "A cut needs the scores of at least one event.");
    if (!(region->cross_section >= 0.0 && region->luminosity >= 0.0 && region->fraction >= 0.0
            && region->fraction <= 1.0)
        || (region->cross_section > 0.0 ? region->luminosity <= 0.0 : region->fraction <= 0.0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The anomaly region \"%.31s\" needs a cross-section (pb) with a luminosity (1/fb), or a fraction in (0, "
            "1].",
            region->name);
    for (k = 0; k < count; k++) {
        const double w = weights ? weights[k] : 1.0;
        if (!(fabs(scores[k]) < 1e300) || !(w >= 0.0 && w < 1e300))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "Event %lld has the score %g and the weight %g; a cut needs finite scores and weights of at least "
                "zero.",
                (long long)k, scores[k], w);
        total += w;
    }
    want = region->cross_section > 0.0 ? region->cross_section * 1e3 * region->luminosity : region->fraction * total;
    if (!(total > 0.0))
        return passwdi_fail(
            error, PASSWD_ERROR_NUMERIC, 0, 0, "The weights of the %lld events add up to zero.", (long long)count);
    if (want > total * (1.0 + 1e-12))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The anomaly region \"%.31s\" needs %g events (%g pb at %g/fb), but the sample holds %g.", region->name,
            want, region->cross_section, region->luminosity, total);
    sorted = (passwdi_rmm_scored *)passwdi_new(allocator, (size_t)count, sizeof *sorted);
    if (!sorted)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld scores.", (long long)count);
    for (k = 0; k < count; k++) {
        sorted[k].score = -scores[k];
        sorted[k].weight = weights ? weights[k] : 1.0;
    }
    passwdi_sort((double *)sorted, 2, count);
    for (k = 0; k < count; k++) sorted[k].score = -sorted[k].score; /* highest first */
    /* an event whose weight would carry the sum more than half of it too far stays out, and all events of the same
       score with it: the cut is strict */
    for (k = 0; k < count && above + 0.5 * sorted[k].weight <= want; k++) above += sorted[k].weight;
    cut = k < count ? sorted[k].score : sorted[count - 1].score - 1.0; /* the latter: all events */
    while (k > 0 && sorted[k - 1].score <= cut) above -= sorted[--k].weight;
    if (k == 0) {
        const double edge = sorted[0].score;
        while (k < count && sorted[k].score == edge) k++;
        passwdi_delete(allocator, sorted);
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The anomaly region \"%.31s\" would be empty: it needs %g events, and the highest score, %g, is that of "
            "%lld.",
            region->name, want, edge, (long long)k);
    }
    region->cut = cut;
    region->fraction = above / total;
    region->events = above;
    passwdi_delete(allocator, sorted);
    return PASSWD_OK;
}

/* A knot from each bin of mass: its mean logarithm, and the cut there. sorted: pairs of a mass, rising, and the number
   of its event; the bins start from the heaviest. work: 2 x count. */
static void passwdi_rmm_fit_curve(const double *sorted, int64_t count, const double *scores, const double *weights,
    const passwd_rmm_region *region, double *work, const passwd_allocator *allocator, passwd_rmm_curve *curve) {
    const double least = fmax(20.0, 5.0 / region->fraction);
    double size = least;
    double mass[PASSWD_RMM_KNOTS], cut[PASSWD_RMM_KNOTS];
    int64_t begin = 0, end, k;
    int knots = 0;
    for (; begin < count && knots < PASSWD_RMM_KNOTS; begin = end, size *= 2.0) {
        passwd_rmm_region bin = *region;
        double sum = 0.0, total = 0.0;
        size = fmax(least, fmin(size, (double)(count - begin) / (PASSWD_RMM_KNOTS - knots)));
        end = knots == PASSWD_RMM_KNOTS - 1 || (double)(count - begin) < size + least ? count : begin + (int64_t)size;
        if ((double)(end - begin) * region->fraction < 1.0) break;
        for (k = begin; k < end; k++) {
            const double *at = sorted + 2 * (count - 1 - k), w = weights ? weights[(int64_t)at[1]] : 1.0;
            work[k - begin] = scores[(int64_t)at[1]];
            work[count + k - begin] = w;
            sum += w * log(at[0]);
            total += w;
        }
        bin.cross_section = 0.0;
        /* too many equal scores: the neighbouring bins decide */
        if (passwd_rmm_cut(work, work + count, end - begin, &bin, allocator, NULL) != PASSWD_OK) continue;
        mass[knots] = exp(sum / total);
        cut[knots++] = bin.cut;
    }
    curve->knots = 0;
    while (knots-- > 0) { /* rising; bins within one mass (rounded ones) make one knot */
        if (curve->knots && !(mass[knots] > curve->mass[curve->knots - 1])) continue;
        curve->mass[curve->knots] = mass[knots];
        curve->cut[curve->knots++] = cut[knots];
    }
}
PASSWD_DEF passwd_status passwd_rmm_cut_flat(const double *scores, const double *weights, const double *masses, int n,
    int64_t count, passwd_rmm_region *region, const passwd_allocator *allocator, passwd_error *error) {
    passwd_rmm_region g;
    double *sorted, *work;
    passwd_status s;
    int64_t k, found;
    int m;
    if (!region || !masses || n < 1 || n > PASSWD_RMM_MASSES)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A flat cut needs a region and 1 to %d masses per event.", PASSWD_RMM_MASSES);
    g = *region;
    s = passwd_rmm_cut(scores, weights, count, &g, allocator, error); /* also checks scores and weights */
    if (s != PASSWD_OK) return s;
    sorted = (double *)passwdi_new(allocator, 2 * (size_t)count, sizeof *sorted);
    work = (double *)passwdi_new(allocator, 2 * (size_t)count, sizeof *work);
    if (!sorted || !work)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the masses of %lld events.",
            (long long)count);
    g.flat = 1;
    for (m = 0; s == PASSWD_OK && m < n; m++) {
        for (k = found = 0; k < count; k++) {
            const double mass = masses[k * n + m];
            if (!(mass > 0.0 && mass < 1e300)) continue;
            sorted[2 * found] = mass;
            sorted[2 * found++ + 1] = (double)k;
        }
        passwdi_sort(sorted, 2, found);
        passwdi_rmm_fit_curve(sorted, found, scores, weights, &g, work, allocator, g.curve + m);
    }
    passwdi_delete(allocator, sorted);
    passwdi_delete(allocator, work);
    if (s == PASSWD_OK) *region = g;
    return s;
}
PASSWD_DEF double passwd_rmm_cut_at(const passwd_rmm_region *g, int mass, double value) {
    const passwd_rmm_curve *c = g->curve + (mass > 0 && mass < PASSWD_RMM_MASSES ? mass : 0);
    double x;
    int k = 1;
    if (!g->flat || mass < 0 || mass >= PASSWD_RMM_MASSES || c->knots < 1 || !(value > 0.0)) return g->cut;
    if (value <= c->mass[0]) return c->cut[0];
    if (value >= c->mass[c->knots - 1]) return c->cut[c->knots - 1];
    while (c->mass[k] < value) k++;
    x = log(value / c->mass[k - 1]) / log(c->mass[k] / c->mass[k - 1]);
    return c->cut[k - 1] + x * (c->cut[k] - c->cut[k - 1]);
}

/* ------------------------------------------------------------------------------------------------------------------
   Spectra
   --------------------------------------------------------------------------------------------------------------- */

/* Two numbers that are sorted by the first: masses with weights, test statistics with likelihood ratios. */
typedef struct passwdi_pair {
    double key, value;
} passwdi_pair;

/* P(a < x < b) of a normal x, from the tail in which both lie, so that far tails keep their digits. */
static double passwdi_normal_between(double a, double b) {
    const double root_half = 0.70710678118654752440;
    if (a > 0) return 0.5 * (erfc(a * root_half) - erfc(b * root_half));
    if (b < 0) return 0.5 * (erfc(-b * root_half) - erfc(-a * root_half));
    return 1.0 - 0.5 * (erfc(b * root_half) + erfc(-a * root_half));
}

/* The bin of x: edges[bin] <= x < edges[bin + 1]; -1 below, `bins` from the last edge on. */
static int passwdi_spectrum_bin(const double *edges, int bins, double x) {
    int low = 0, high = bins; /* edges[low] <= x < edges[high] */
    if (x < edges[0]) return -1;
    if (x >= edges[bins]) return bins;
    while (high - low > 1) {
        const int middle = low + (high - low) / 2;
        if (x < edges[middle]) high = middle;
        else low = middle;
    }
    return low;
}

static passwd_status passwdi_spectrum_edges_check(int bins, const double *edges, passwd_error *error) {
    int i;
    if (!edges || bins < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "A spectrum needs at least one bin.");
    for (i = 0; i <= bins; ++i) {
        if (!(edges[i] - edges[i] == 0))
            return passwdi_fail(
                error, PASSWD_ERROR_NUMERIC, 0, 0, "Edge %d of the spectrum is not a finite number.", i + 1);
        if (i > 0 && !(edges[i] > edges[i - 1]))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "Edges of the spectrum must rise, but %.9g is followed by %.9g (edge %d).", edges[i - 1], edges[i],
                i + 1);
    }
    return PASSWD_OK;
}
static passwd_status passwdi_spectrum_content(
    const passwd_spectrum *spectrum, int bin, double value, const char *what, passwd_error *error) {
    if (value >= 0 && value - value == 0) return PASSWD_OK;
    return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
        "The %s of bin %d (%.6g to %.6g GeV) is %.6g; it should be finite and not negative.", what, bin + 1,
        spectrum->edges[bin], spectrum->edges[bin + 1], value);
}
/* Bins, edges and data; with all, also the background and its uncertainty. */
static int passwdi_spectrum_weighted(const passwd_spectrum *s);
static passwd_status passwdi_spectrum_check(const passwd_spectrum *spectrum, int all, passwd_error *error) {
    passwd_status status;
    int i, weighted;
    if (!spectrum) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The spectrum is NULL.");
    status = passwdi_spectrum_edges_check(spectrum->bins, spectrum->edges, error);
    if (status) return status;
    weighted = passwdi_spectrum_weighted(spectrum);
    for (i = 0; !status && i < spectrum->bins; ++i) { /* sums of weights may be negative, as long as they are
                                                         finite */
        const double data = spectrum->data[i];
        status = passwdi_spectrum_content(spectrum, i, weighted && data - data == 0 ? fabs(data) : data, "data", error);
        if (!status && weighted)
            status = passwdi_spectrum_content(spectrum, i, spectrum->variance[i], "variance", error);
        if (!status && all)
            status = passwdi_spectrum_content(spectrum, i, spectrum->background[i], "background", error);
        if (!status && all)
            status = passwdi_spectrum_content(spectrum, i, spectrum->uncertainty[i], "uncertainty", error);
    }
    return status;
}

PASSWD_DEF passwd_status passwd_spectrum_new(
    int bins, const double *edges, const passwd_allocator *allocator, passwd_spectrum *spectrum, passwd_error *error) {
    passwd_spectrum made;
    size_t i;
    passwd_status status;
    double *block;
    if (!spectrum) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The spectrum is NULL.");
    status = passwdi_spectrum_edges_check(bins, edges, error);
    if (status) return status;
    memset(&made, 0, sizeof made);
    if (allocator) made.allocator = *allocator;
    made.bins = bins;
    block = (double *)passwdi_new(allocator, (size_t)bins * 7 + 1, sizeof(double));
    if (!block)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a spectrum of %d bins.", bins);
    made.edges = block;
    made.data = block + bins + 1;
    made.variance = made.data + bins;
    made.background = made.variance + bins;
    made.uncertainty = made.background + bins;
    made.rest = made.uncertainty + bins;
    made.rest_variance = made.rest + bins;
    for (i = 0; i <= (size_t)bins; ++i)
        block[i] = edges[i]; /* before the old edges are freed: they may be the
                                argument */
    passwd_spectrum_free(spectrum);
    *spectrum = made;
    return PASSWD_OK;
}

PASSWD_DEF void passwd_spectrum_free(passwd_spectrum *spectrum) {
    if (!spectrum) return;
    passwdi_delete(&spectrum->allocator, spectrum->edges);
    memset(spectrum, 0, sizeof *spectrum);
}

PASSWD_DEF passwd_status passwd_spectrum_rest(
    passwd_spectrum *region, const passwd_spectrum *all, passwd_error *error) {
    passwd_status status = passwdi_spectrum_check(region, 0, error);
    int i;
    if (!status) status = passwdi_spectrum_check(all, 0, error);
    if (status) return status;
    if (!region->rest || region->bins != all->bins
        || memcmp(region->edges, all->edges, sizeof(double) * (size_t)(all->bins + 1)))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The spectrum of a region and that of all events must have the same edges.");
    for (i = 0; i < all->bins; ++i)
        if (!(all->data[i] - region->data[i] >= -1e-9 * fabs(all->data[i])))
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "Bin %d (%.6g to %.6g GeV) has %.6g events in the region, but only %.6g in total.", i + 1,
                all->edges[i], all->edges[i + 1], region->data[i], all->data[i]);
    for (i = 0; i < all->bins; ++i) {
        region->rest[i] = all->data[i] > region->data[i] ? all->data[i] - region->data[i] : 0;
        region->rest_variance[i] = all->variance[i] > region->variance[i] ? all->variance[i] - region->variance[i] : 0;
    }
    return PASSWD_OK;
}

/* A NaN weight is not skipped: it makes its bin NaN, and everything that reads the spectrum reports it. */
PASSWD_DEF void passwd_spectrum_fill(
    passwd_spectrum *spectrum, const double *values, const double *weights, int64_t count) {
    int64_t i;
    if (!spectrum || spectrum->bins < 1 || !values) return;
    for (i = 0; i < count; ++i) {
        const double x = values[i], w = weights ? weights[i] : 1.0;
        int bin;
        if (x != x) continue;
        bin = passwdi_spectrum_bin(spectrum->edges, spectrum->bins, x);
        if (bin < 0) spectrum->below += w;
        else if (bin >= spectrum->bins) spectrum->above += w;
        else {
            spectrum->data[bin] += w;
            spectrum->variance[bin] += w * w;
        }
    }
}

/* The width w of a bin that starts at `low`: k w = sqrt(a^2 m + b^2 m^2) at its centre m = low + w / 2 is a quadratic
   equation. */
static double passwdi_spectrum_width(double low, double a, double b, double k, double least) {
    const double square = k * k - 0.25 * b * b, half = 0.25 * a * a + 0.5 * b * b * low,
                 rest = low * (a * a + b * b * low);
    const double width = (half + sqrt(half * half + square * rest)) / square;
    return width > least ? width : least;
}

PASSWD_DEF passwd_status passwd_spectrum_edges(
    const passwd_binning *binning, int room, double *edges, int *bins, passwd_error *error) {
    const int most = 10000000;
    double low, high, a, b, bins_per_sigma, least, at;
    int n = 0, i;
    if (!binning || !bins || room < 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The binning or the pointer to the number of bins is NULL, or the room for edges is negative.");
    low = at = binning->low;
    high = binning->high;
    a = binning->a;
    b = binning->b;
    bins_per_sigma = binning->bins_per_sigma;
    least = binning->least;
    if (!(low >= 0 && high > low && high - high == 0))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The range of a spectrum cannot be %.6g to %.6g GeV.", low, high);
    if (!(a >= 0 && b >= 0 && least >= 0 && a + b - (a + b) == 0 && least - least == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The mass resolution and the minimum bin width must be finite and not negative.");
    if (!(bins_per_sigma > 0.5 * b && bins_per_sigma - bins_per_sigma == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The number of bins per standard deviation of the mass cannot be %.6g.", bins_per_sigma);
    while (at < high - 1e-9 * (high - low)) { /* a last bin made of rounding errors alone is dropped */
        const double next = at + passwdi_spectrum_width(at, a, b, bins_per_sigma, least);
        if (!(next > at))
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The bin at %.6g GeV would have no width.", at);
        if (++n > most)
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "From %.6g to %.6g GeV there would be more than %d bins.", low, high, most);
        at = next;
    }
    if (edges && n > room)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "From %.6g to %.6g GeV there are %d bins, but there is room for %d.", low, high, n, room);
    if (edges) {
        edges[0] = low;
        for (i = 0; i < n; ++i) edges[i + 1] = edges[i] + passwdi_spectrum_width(edges[i], a, b, bins_per_sigma, least);
    }
    *bins = n;
    return PASSWD_OK;
}

/* --- effective counts --- */

/* Whether it lies between low and high, a range of bins that is excluded. */
static int passwdi_spectrum_within(const passwd_spectrum *s, int bin, double low, double high) {
    return high > low && s->edges[bin] < high && s->edges[bin + 1] > low;
}
static int passwdi_spectrum_blind(const passwd_spectrum *s, int bin) {
    return passwdi_spectrum_within(s, bin, s->fit.blind_low, s->fit.blind_high);
}
static int passwdi_spectrum_weighted(const passwd_spectrum *s) {
    int i, zero = 1, counts = 1;
    for (i = 0; s->variance && i < s->bins; ++i) {
        zero = zero && s->variance[i] == 0;
        counts = counts && s->variance[i] == s->data[i];
    }
    return !zero && !counts;
}
/* Sum w^2 / sum w of a bin and of as many neighbours as hold 100 effective events, or of all; 0 without weights. */
static double passwdi_spectrum_scale(const passwd_spectrum *s, int bin) {
    double sum = s->data[bin], squares = s->variance[bin];
    int d;
    for (d = 1; d < s->bins && !(sum > 0 && sum * sum >= 100 * squares && squares > 0); ++d) {
        if (bin - d >= 0) {
            sum += s->data[bin - d];
            squares += s->variance[bin - d];
        }
        if (bin + d < s->bins) {
            sum += s->data[bin + d];
            squares += s->variance[bin + d];
        }
    }
    return sum > 0 ? squares / sum : 0;
}
/* A negative bin takes what it lacks from its nearest neighbours. */
static void passwdi_spectrum_fill_up(double *n, int bins) {
    int i, d, side;
    for (i = 0; i < bins; ++i) {
        for (d = 1; d < bins && n[i] < 0; ++d)
            for (side = -1; side <= 1; side += 2) {
                const int k = i + side * d;
                const double take = k < 0 || k >= bins || !(n[k] > 0) ? 0 : n[k] < -n[i] ? n[k] : -n[i];
                if (!(take > 0)) continue;
                n[k] -= take;
                n[i] += take;
            }
        if (n[i] < 0) n[i] = 0;
    }
}
/* A copy in effective counts, with blinded bins empty; `variance` holds the bins' scales. Without weights all scales
   are 1. */
static passwd_status passwdi_spectrum_effective(
    const passwd_spectrum *s, passwd_spectrum *copy, const passwd_allocator *allocator, passwd_error *error) {
    const int weighted = passwdi_spectrum_weighted(s);
    passwd_status status = passwd_spectrum_new(s->bins, s->edges, allocator, copy, error);
    passwd_spectrum beside = *s; /* the rest of a region, if there is one */
    int i, outside = 0, heavy;
    if (status) return status;
    copy->fit = s->fit;
    for (i = 0; s->rest && s->rest_variance && i < s->bins; ++i) outside |= s->rest[i] > 0;
    if (outside) {
        beside.data = s->rest;
        beside.variance = s->rest_variance;
    }
    heavy = outside && passwdi_spectrum_weighted(&beside);
    for (i = 0; i < s->bins; ++i) {
        const double scale = weighted ? passwdi_spectrum_scale(s, i) : 1;
        double n = s->data[i];
        copy->variance[i] = scale;
        if (!(scale > 0 && scale - scale == 0)) {
            passwd_spectrum_free(copy);
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The sum of the weights of the spectrum's events is not positive, or not finite.");
        }
        if (passwdi_spectrum_blind(s, i)) continue;
        if (weighted) {
            n /= scale;
            if (fabs(n - floor(n + 0.5)) < 1e-9 * (1 + fabs(n))) n = floor(n + 0.5);
        }
        copy->data[i] = n;
        copy->background[i] = s->background[i] / scale;
        copy->uncertainty[i] = s->uncertainty ? s->uncertainty[i] / scale : 0;
        if (!outside) continue;
        copy->rest_variance[i] = heavy ? passwdi_spectrum_scale(&beside, i) : 1;
        if (!(copy->rest_variance[i] > 0)) copy->rest_variance[i] = scale;
        copy->rest[i] = s->rest[i] / copy->rest_variance[i];
    }
    if (weighted) passwdi_spectrum_fill_up(copy->data, copy->bins);
    return PASSWD_OK;
}

/* The end of a path, for messages. */
static const char *passwdi_spectrum_name(const char *path) {
    const size_t length = strlen(path);
    return length > 96 ? path + length - 96 : path;
}
static passwd_status passwdi_spectrum_row(
    const passwd_events *rows, int64_t row, const char *path, passwd_error *error) {
    static const char *const column[5] = { "low", "high", "data", "background", "uncertainty" };
    const long long line = (long long)rows->line[row];
    const char *name = passwdi_spectrum_name(path);
    double low, high, before;
    int k;
    for (k = 0; k < 5; ++k) {
        const double x = rows->number[k] ? (double)rows->number[k][row] : 0.0;
        if (!(x - x == 0))
            return passwdi_fail(error, PASSWD_ERROR_PARSE, line, 0,
                "%s:%lld: the column %s is empty or not a finite number.", name, line, column[k]);
        if (k >= 2 && x < 0)
            return passwdi_fail(
                error, PASSWD_ERROR_PARSE, line, 0, "%s:%lld: %s is negative (%.6g).", name, line, column[k], x);
    }
    low = (double)rows->number[0][row];
    high = (double)rows->number[1][row];
    if (!(high > low))
        return passwdi_fail(error, PASSWD_ERROR_PARSE, line, 0, "%s:%lld: the range of a bin cannot be %.9g to %.9g.",
            name, line, low, high);
    before = row > 0 ? (double)rows->number[1][row - 1] : low;
    if (!(fabs(low - before) <= 1e-9 * fabs(before)))
        return passwdi_fail(error, PASSWD_ERROR_PARSE, line, 0,
            "%s:%lld: bins with gaps or out of order: this bin starts at %.9g, but the previous one ends at %.9g.",
            name, line, low, before);
    return PASSWD_OK;
}
static passwd_status passwdi_spectrum_of_rows(passwd_spectrum *spectrum, const passwd_events *rows, const char *path,
    const passwd_allocator *allocator, passwd_error *error) {
    const int64_t count = rows->count;
    passwd_status status = PASSWD_OK;
    double *edges;
    int64_t i;
    if (count < 1 || count > 10000000)
        return passwdi_fail(error, PASSWD_ERROR_PARSE, 0, 0, "%s: a spectrum cannot have %lld bins.",
            passwdi_spectrum_name(path), (long long)count);
    for (i = 0; !status && i < count; ++i) status = passwdi_spectrum_row(rows, i, path, error);
    if (status) return status;
    edges = (double *)passwdi_new(allocator, (size_t)count + 1, sizeof(double));
    if (!edges)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a spectrum of %lld bins.",
            (long long)count);
    for (i = 0; i < count; ++i) edges[i] = rows->number[0][i];
    edges[count] = rows->number[1][count - 1];
    status = passwd_spectrum_new((int)count, edges, allocator, spectrum, error);
    passwdi_delete(allocator, edges);
    for (i = 0; !status && i < count; ++i) {
        spectrum->data[i] = spectrum->variance[i] = rows->number[2][i]; /* counts: the variance is the mean */
        if (rows->number[3]) spectrum->background[i] = rows->number[3][i];
        if (rows->number[4]) spectrum->uncertainty[i] = rows->number[4][i];
    }
    return status;
}

PASSWD_DEF passwd_status passwd_spectrum_load(const char *path, const passwd_allocator *allocator,
    passwd_spectrum *spectrum, int *has_background, passwd_error *error) {
    static const char *const columns[5] = { "low", "high", "data", "background?", "uncertainty?" };
    passwd_event_options options;
    passwd_events rows;
    passwd_status status;
    if (!spectrum || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The spectrum or the path is NULL.");
    memset(&options, 0, sizeof options);
    memset(&rows, 0, sizeof rows);
    options.table = 1;
    options.numbers = columns;
    options.n_numbers = 5;
    status = passwd_events_load(path, &options, allocator, &rows, error);
    if (status) return status;
    status = passwdi_spectrum_of_rows(spectrum, &rows, path, allocator, error);
    if (!status && has_background) *has_background = rows.number[3] != NULL;
    passwd_events_free(&rows);
    return status;
}

/* The fewest digits that restore the number: 9 are too few for edges like 347.56438127 and for sums of weights. */
static void passwdi_spectrum_number(passwd_csv_writer *writer, double value, const passwd_allocator *allocator) {
    passwd_json_writer json;
    const char *text;
    char digits[40];
    passwd_json_writer_init(&json, allocator);
    passwd_json_write_number(&json, value);
    if (passwd_json_finish(&json, &text, NULL, NULL)) {
        passwd_format_number(digits, value, 17);
        text = digits;
    }
    passwd_csv_text(writer, text);
    passwd_json_writer_free(&json);
}

PASSWD_DEF passwd_status passwd_spectrum_save(const passwd_spectrum *spectrum, const char *path, passwd_error *error) {
    static const char *const columns[5] = { "low", "high", "data", "background", "uncertainty" };
    passwd_csv_writer *writer;
    passwd_status status =
        passwdi_spectrum_check(spectrum, 1, error); /* what passwd_spectrum_load would refuse is not written */
    int i, k;
    if (status) return status;
    if (!path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The path is NULL.");
    status = passwd_csv_open(path, &spectrum->allocator, &writer, error);
    if (status) return status;
    for (k = 0; k < 5; ++k) passwd_csv_text(writer, columns[k]);
    passwd_csv_end_row(writer);
    for (i = 0; i < spectrum->bins; ++i) {
        passwdi_spectrum_number(writer, spectrum->edges[i], &spectrum->allocator);
        passwdi_spectrum_number(writer, spectrum->edges[i + 1], &spectrum->allocator);
        passwdi_spectrum_number(writer, spectrum->data[i], &spectrum->allocator);
        passwdi_spectrum_number(writer, spectrum->background[i], &spectrum->allocator);
        passwdi_spectrum_number(writer, spectrum->uncertainty[i], &spectrum->allocator);
        passwd_csv_end_row(writer);
    }
    return passwd_csv_close(writer, error);
}

/* ------------------------------------------------------------------------------------------------------------------
   Backgrounds: kernel density
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWDI_KDE_REACH 8.5 /* range of a kernel in standard deviations; 2e-17 of it lie beyond */
#define PASSWDI_KDE_FINE 50   /* events within 1 / 50 of the bandwidth share a kernel */

/* Events that lie close together: their position (the weighted mean) and bandwidth, sums of weights and of squares. */
typedef struct passwdi_kde_group {
    double u, h, w, w2;
} passwdi_kde_group;
typedef struct passwdi_kde {
    passwdi_pair *events; /* ln m (or m) and weight, rising */
    passwdi_kde_group *groups;
    double *edges;              /* of the spectrum's bins, in ln m (or m) */
    double *content, *variance; /* of the bins */
    int64_t n_events, n_groups;
    int bins, reflect, outside;
    double h;
    double deviation; /* standard deviation, or IQR / 1.34, whichever is smaller */
} passwdi_kde;

/* The events that are used. Reflected at the first edge, the spectrum ends there, and events below it are excluded;
   left open, it goes on, and their kernels reach in. Events above the last edge are always used, as the spectrum dies
   out there rather than ends: what leaks out is then compensated by what leaks in. */
static passwd_status passwdi_kde_collect(
    passwdi_kde *kde, const double *masses, const double *weights, int64_t count, int linear, passwd_error *error) {
    int64_t i;
    for (i = 0; i < count; ++i) {
        const double w = weights ? weights[i] : 1.0,
                     u = linear ? masses[i]
            : masses[i] > 0     ? log(masses[i])
                                : -HUGE_VAL;
        if (!(w >= 0 && w - w == 0))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The weight of event %lld is %.6g; it should be finite and not negative for kernels.", (long long)i, w);
        if (!(u - u == 0) || w == 0 || (kde->reflect && u < kde->edges[0])) continue;
        kde->events[kde->n_events].key = u;
        kde->events[kde->n_events++].value = w;
    }
    if (kde->n_events < 2)
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "A kernel density needs at least two masses in the spectrum, but there %s.",
            kde->n_events ? "is one" : "are none");
    passwdi_sort((double *)kde->events, 2, kde->n_events);
    return PASSWD_OK;
}
/* The mass below which `part` of the weight lies. */
static double passwdi_kde_quantile(const passwdi_kde *kde, double part, double total) {
    double sum = 0;
    int64_t i;
    for (i = 0; i < kde->n_events - 1; ++i) {
        sum += kde->events[i].value;
        if (sum >= part * total) break;
    }
    return kde->events[i].key;
}
/* Silverman (1986), eq. 3.31, with the effective number of events (sum w)^2 / sum w^2. */
static passwd_status passwdi_kde_bandwidth(passwdi_kde *kde, double scale, passwd_error *error) {
    double total = 0, squares = 0, mean = 0, variance = 0, effective, range;
    int64_t i;
    for (i = 0; i < kde->n_events; ++i) {
        total += kde->events[i].value;
        squares += kde->events[i].value * kde->events[i].value;
        mean += kde->events[i].value * kde->events[i].key;
    }
    mean /= total;
    for (i = 0; i < kde->n_events; ++i)
        variance += kde->events[i].value * (kde->events[i].key - mean) * (kde->events[i].key - mean);
    effective = total * total / squares;
    kde->deviation = sqrt(variance / total * (effective > 1 ? effective / (effective - 1) : 1));
    range = (passwdi_kde_quantile(kde, 0.75, total) - passwdi_kde_quantile(kde, 0.25, total)) / 1.34;
    if (range > 0 && range < kde->deviation) kde->deviation = range; /* 0: more than half of the masses are equal */
    kde->h = scale * 0.9 * kde->deviation * pow(effective, -0.2);
    if (!(kde->h > 1e-12 * fabs(mean) && kde->h - kde->h == 0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "All %lld masses are (nearly) equal, so that kernels would have no width.", (long long)kde->n_events);
    return PASSWD_OK;
}
/* The kernel of a group is centred at the mean of its events, so that the first term lost is that of their variance
   within the group: at most (1 / 50)^2 / 12 of the kernel's own, a change of 2e-5 near its centre. */
static void passwdi_kde_group_up(passwdi_kde *kde) {
    const double span = kde->h / PASSWDI_KDE_FINE;
    double start = 0, moment = 0;
    passwdi_kde_group *g = NULL;
    int64_t i;
    for (i = 0; i < kde->n_events; ++i) {
        const double u = kde->events[i].key, w = kde->events[i].value;
        if (!g || u - start > span) {
            g = kde->groups + kde->n_groups++;
            g->h = kde->h;
            start = u;
            moment = 0;
        }
        g->w += w;
        g->w2 += w * w;
        moment += w * (u - start);
        g->u = start + moment / g->w;
    }
}
/* Abramson's square-root law: h_i = h sqrt(g / f(x_i)), where f is the density with the bandwidth h and g its geometric
   mean. On spectra that fall by orders of magnitude it would give the last events kernels broader than the spectrum
   itself, so it is capped at a quarter of the sample's own width (Abramson caps his as well). */
static void passwdi_kde_adapt(passwdi_kde *kde) {
    const double first = kde->edges[0], reach = PASSWDI_KDE_REACH * kde->h;
    double total = 0, sum = 0, most;
    int64_t i, j, from = 0;
    for (i = 0; i < kde->n_groups; ++i) {
        passwdi_kde_group *g = kde->groups + i;
        double f = 0;
        while (kde->groups[from].u < g->u - reach) ++from;
        for (j = from; j < kde->n_groups && kde->groups[j].u <= g->u + reach; ++j) {
            const double z = (kde->groups[j].u - g->u) / kde->h;
            f += kde->groups[j].w * exp(-0.5 * z * z);
        }
        for (j = 0; kde->reflect && j < kde->n_groups && kde->groups[j].u <= 2 * first - g->u + reach; ++j) {
            const double z = (kde->groups[j].u + g->u - 2 * first) / kde->h;
            f += kde->groups[j].w * exp(-0.5 * z * z);
        }
        g->h = log(f); /* for now */
        sum += g->w * g->h;
        total += g->w;
    }
    most = 0.25 * kde->deviation > kde->h ? 0.25 * kde->deviation : kde->h;
    for (i = 0; i < kde->n_groups; ++i) {
        const double h = kde->h * exp(0.5 * (sum / total - kde->groups[i].h));
        kde->groups[i].h = h < most ? h : most;
    }
}
/* Sums over groups of w k(bin) and w^2 k(bin)^2; k is the part of the kernel (and of its mirror image) in the bin. */
static void passwdi_kde_integrate(passwdi_kde *kde) {
    const double first = kde->edges[0];
    int64_t i;
    int b;
    for (i = 0; i < kde->n_groups; ++i) {
        const passwdi_kde_group *g = kde->groups + i;
        const double low = g->u - PASSWDI_KDE_REACH * g->h, high = g->u + PASSWDI_KDE_REACH * g->h;
        b = passwdi_spectrum_bin(kde->edges, kde->bins, low);
        for (b = b < 0 ? 0 : b; b < kde->bins && kde->edges[b] <= high; ++b) {
            double k = passwdi_normal_between((kde->edges[b] - g->u) / g->h, (kde->edges[b + 1] - g->u) / g->h);
            if (kde->reflect && low < first)
                k += passwdi_normal_between(
                    (kde->edges[b] + g->u - 2 * first) / g->h, (kde->edges[b + 1] + g->u - 2 * first) / g->h);
            kde->content[b] += g->w * k;
            kde->variance[b] += g->w2 * k * k;
        }
    }
}
/* With the masses of the data themselves, their total fluctuates as the kernels' does: the common factor, which
   compensates for leakage, is not a source of its own, and the uncertainty is scaled by it like the content. */
static passwd_status passwdi_kde_finish(const passwdi_kde *kde, passwd_spectrum *spectrum, passwd_error *error) {
    double data = 0, sum = 0;
    int b;
    for (b = 0; b < kde->bins; ++b) {
        data += spectrum->data[b];
        sum += kde->content[b];
    }
    if (!(data > 0))
        return passwdi_fail(
            error, PASSWD_ERROR_NUMERIC, 0, 0, "The spectrum has no data to normalise the background to.");
    if (!(sum > 0 && sum - sum == 0))
        return passwdi_fail(
            error, PASSWD_ERROR_NUMERIC, 0, 0, "No kernel reaches into the spectrum: all masses lie outside it.");
    for (b = 0; b < kde->bins; ++b) {
        spectrum->background[b] = kde->content[b] * (data / sum);
        spectrum->uncertainty[b] = sqrt(kde->variance[b]) * (data / sum);
    }
    memset(&spectrum->fit, 0, sizeof spectrum->fit);
    spectrum->fit.family = kde->outside ? PASSWD_BACKGROUND_GIVEN : PASSWD_BACKGROUND_SEARCHED;
    return PASSWD_OK;
}
static passwd_status passwdi_kde_run(passwdi_kde *kde, passwd_spectrum *spectrum, const double *masses,
    const double *weights, int64_t count, const passwd_kde_options *o, passwd_error *error) {
    const int linear = o && o->linear;
    passwd_status status;
    int b;
    kde->bins = spectrum->bins;
    kde->reflect = !(o && o->open);
    kde->outside = o && o->outside;
    for (b = 0; b <= kde->bins; ++b) kde->edges[b] = linear ? spectrum->edges[b] : log(spectrum->edges[b]);
    status = passwdi_kde_collect(kde, masses, weights, count, linear, error);
    if (!status) status = passwdi_kde_bandwidth(kde, o && o->scale > 0 ? o->scale : 1.0, error);
    if (status) return status;
    passwdi_kde_group_up(kde);
    if (o && o->adaptive) passwdi_kde_adapt(kde);
    passwdi_kde_integrate(kde);
    return passwdi_kde_finish(kde, spectrum, error);
}

PASSWD_DEF passwd_status passwd_background_kde(passwd_spectrum *spectrum, const double *masses, const double *weights,
    int64_t count, const passwd_kde_options *options, passwd_error *error) {
    passwdi_kde kde;
    passwd_status status = passwdi_spectrum_check(spectrum, 0, error);
    if (status) return status;
    if (count < 0 || (count > 0 && !masses))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The masses are NULL or their number is invalid.");
    if (options && !(options->scale >= 0 && options->scale - options->scale == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A bandwidth cannot be scaled by %.6g; the factor should not be negative.", options->scale);
    if (!(options && options->linear) && !(spectrum->edges[0] > 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The first edge is %.6g GeV, which has no logarithm; use kernels in mass (linear).", spectrum->edges[0]);
    memset(&kde, 0, sizeof kde);
    kde.events = (passwdi_pair *)passwdi_new(&spectrum->allocator, (size_t)count, sizeof *kde.events);
    kde.groups = (passwdi_kde_group *)passwdi_new(&spectrum->allocator, (size_t)count, sizeof *kde.groups);
    kde.edges = (double *)passwdi_new(&spectrum->allocator, (size_t)spectrum->bins * 3 + 1, sizeof(double));
    if (kde.events && kde.groups && kde.edges) {
        kde.content = kde.edges + spectrum->bins + 1;
        kde.variance = kde.content + spectrum->bins;
        status = passwdi_kde_run(&kde, spectrum, masses, weights, count, options, error);
    } else
        status = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for the kernels of %lld masses.", (long long)count);
    passwdi_delete(&spectrum->allocator, kde.events);
    passwdi_delete(&spectrum->allocator, kde.groups);
    passwdi_delete(&spectrum->allocator, kde.edges);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Backgrounds: fits, alone and with a signal
   --------------------------------------------------------------------------------------------------------------- */

/* The expectation of a bin is mu s + f. ln f is linear in its parameters: a Poisson regression with a logarithmic link,
   whose likelihood has one maximum. The functions of a family (1, ln(1 - x), L, L^2, L^3 or 1, L, L^2 ..., L = ln x)
   are nearly collinear over a spectrum, so they are orthonormalised first; the fit is done in the orthonormal
   functions, q = phi R^-1, and its parameters are transformed back by R. The first n of them span the first n
   functions, so that one basis serves all numbers of parameters. */
enum { PASSWDI_FIT_NODES = 5, PASSWDI_FIT_MOST = PASSWD_BACKGROUND_PARAMETERS };
/* Nuisance parameters: events per signal event, mass and width of the signal, signal that the background mimics,
   background from outside. */
enum {
    PASSWDI_FIT_NORM,
    PASSWDI_FIT_SCALE,
    PASSWDI_FIT_WIDTH,
    PASSWDI_FIT_SPURIOUS,
    PASSWDI_FIT_OUTSIDE,
    PASSWDI_FIT_NUISANCES
};
enum { PASSWDI_FIT_LOCAL = 1 + (int)PASSWDI_FIT_NUISANCES + (int)PASSWDI_FIT_MOST };

typedef struct passwdi_fit_channel {
    int first, bins; /* of all channels' bins */
    int n, at;       /* number of its function's parameters (0: the background is given), and the first of them
                        among all */
    int free;        /* with more parameters than this it must fall ever more steeply: passwdi_fit_hold */
    int rest;        /* 1: its function is the ratio to the events outside a region */
    double drift;    /* > 0: standard deviation of its third parameter (of the family) */
    double r[PASSWDI_FIT_MOST * PASSWDI_FIT_MOST];
} passwdi_fit_channel;
typedef struct passwdi_fit_model {
    int channels, bins, nodes, parameters; /* parameters: mu, nuisances, those of the channels */
    int local;                             /* of the one channel: 1: of a mass's surroundings */
    passwdi_fit_channel *channel;
    double *bend;        /* bins x MOST: how the slope d ln f / d ln m of each function changes there */
    double *q, *measure; /* points x MOST: the functions; points: width of a node, in effective events */
    double *ln_mass;     /* points */
    double *given, *v;   /* bins: background from outside, and its variance; or the counts of the rest */
    double *weight;      /* bins: of -ln L, 1 but for kernels */
    double *s;           /* bins x 5: signal; its first and second derivatives by mass and width. NULL: no
                            signal */
    int nuisances, nuisance[PASSWDI_FIT_NUISANCES];
    double size[PASSWDI_FIT_NUISANCES]; /* the size of one standard deviation */
    void *block;
} passwdi_fit_model;
/* An experiment, and the work space of its fit. */
typedef struct passwdi_fit_job {
    const double *n, *a;      /* bins: counts; measured shifts of the background from outside, or counts of the rest;
                                 NULL: those of the model */
    const unsigned char *use; /* bins: 0: left out */
    double aux[PASSWDI_FIT_NUISANCES]; /* measured nuisances */
    double *x;                         /* parameters: start and result */
    double value;                      /* -ln L, without the term n ln n - n */
    double *nu, *jac;                  /* bins; bins x LOCAL: expectation and its derivatives by mu, nuisances, the
                                          channel's parameters */
    double *f, *signal;                /* bins: background; signal */
    double *v, *beside;                /* bins: variance of the background; what is expected of the rest */
    const double *drift;               /* channels: what is known of the drift of ratios; NULL: 0 */
    double *fisher, *gradient, *step, *tried;
    double *rows; /* active bounds that limit the last step, and work space for them: passwdi_fit_hold */
    int held;
    double slope, curvature; /* of -ln L along mu, everything else profiled (passwdi_fit_along) */
    int iterations;
} passwdi_fit_job;

static double passwdi_limit_nu(double n, double x, double y, double v);

/* Gauss and Legendre, five points: exact for polynomials of degree nine; three are enough for narrow bins. */
static void passwdi_fit_node(
    const passwd_spectrum *spectrum, int bin, int nodes, int k, double *mass, double *measure) {
    static const double x5[5] = { -0.90617984593866399280, -0.53846931010568309104, 0, 0.53846931010568309104,
        0.90617984593866399280 };
    static const double w5[5] = { 0.23692688505618908751, 0.47862867049936646804, 0.56888888888888888889,
        0.47862867049936646804, 0.23692688505618908751 };
    static const double x3[3] = { -0.77459666924148337704, 0, 0.77459666924148337704 };
    static const double w3[3] = { 0.55555555555555555556, 0.88888888888888888889, 0.55555555555555555556 };
    const double middle = 0.5 * (spectrum->edges[bin] + spectrum->edges[bin + 1]),
                 half = 0.5 * (spectrum->edges[bin + 1] - spectrum->edges[bin]);
    *mass = middle + half * (nodes == 3 ? x3[k] : x5[k]);
    *measure = half * (nodes == 3 ? w3[k] : w5[k]);
}
/* Gram-Schmidt, twice, because of the rounding errors of the first pass; weights[point]. Returns the number of
   functions that are linearly independent. */
static int passwdi_fit_orthonormal(double *q, const double *weights, int points, int n, double *r) {
    const int stride = PASSWDI_FIT_MOST;
    int i, j, k, twice;
    memset(r, 0, sizeof(double) * PASSWDI_FIT_MOST * PASSWDI_FIT_MOST);
    for (k = 0; k < n; ++k) {
        double norm = 0, before = 0;
        for (i = 0; i < points; ++i) before += weights[i] * q[i * stride + k] * q[i * stride + k];
        for (twice = 0; twice < 2; ++twice)
            for (j = 0; j < k; ++j) {
                double dot = 0;
                for (i = 0; i < points; ++i) dot += weights[i] * q[i * stride + j] * q[i * stride + k];
                for (i = 0; i < points; ++i) q[i * stride + k] -= dot * q[i * stride + j];
                r[j * stride + k] += dot;
            }
        for (i = 0; i < points; ++i) norm += weights[i] * q[i * stride + k] * q[i * stride + k];
        norm = sqrt(norm);
        if (!(norm > 1e-10 * sqrt(before))) return k;
        for (i = 0; i < points; ++i) q[i * stride + k] /= norm;
        r[k * stride + k] = norm;
    }
    return n;
}
/* A = L L^T in place (lower triangle) of the parameters from `from` on; 0 where A is not positive. */
static int passwdi_fit_cholesky(double *a, int from, int n) {
    int i, j, k;
    for (i = from; i < n; ++i)
        for (j = from; j <= i; ++j) {
            double sum = a[i * n + j];
            for (k = from; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0 && sum - sum == 0)) return 0;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    return 1;
}
static void passwdi_fit_forward(const double *l, int from, int n, double *x) {
    int i, k;
    for (i = from; i < n; ++i) {
        for (k = from; k < i; ++k) x[i] -= l[i * n + k] * x[k];
        x[i] /= l[i * n + i];
    }
}
static void passwdi_fit_solve(const double *l, int from, int n, double *x) {
    int i, k;
    passwdi_fit_forward(l, from, n, x);
    for (i = n; i-- > from;) {
        for (k = i + 1; k < n; ++k) x[i] -= l[k * n + i] * x[k];
        x[i] /= l[i * n + i];
    }
}

/* --- models --- */

/* Whether a background is fitted, and whether separately for every mass. */
static int passwdi_fit_is(const passwd_spectrum *s) {
    return s->fit.family == PASSWD_BACKGROUND_DIJET || s->fit.family == PASSWD_BACKGROUND_EXPONENTIAL
        || s->fit.family == PASSWD_BACKGROUND_KERNELS || s->fit.family == PASSWD_BACKGROUND_REST;
}
/* Whether the drift of a channel's ratio, its last parameter, is constrained. */
static int passwdi_fit_drifts(const passwdi_fit_channel *ch) { return ch->drift > 0 && ch->n == 3; }
static int passwdi_fit_rest(const passwd_spectrum *s) { return s->fit.family == PASSWD_BACKGROUND_REST; }
/* The weight of a bin of a region and its rest, from effective counts. */
static double passwdi_fit_all(const passwd_spectrum *s, int i) {
    return s->data[i] * s->variance[i] + s->rest[i] * s->rest_variance[i];
}
static int passwdi_fit_kernels(const passwd_spectrum *s) { return s->fit.family == PASSWD_BACKGROUND_KERNELS; }
static int passwdi_fit_local(const passwd_spectrum *s) {
    return passwdi_fit_is(s) && (s->fit.slide > 1 || passwdi_fit_kernels(s));
}
static void passwdi_fit_model_free(passwdi_fit_model *m, const passwd_allocator *allocator) {
    passwdi_delete(allocator, m->block);
    memset(m, 0, sizeof *m);
}
static int passwdi_fit_most(const passwd_background *b) {
    const int family = b->family == PASSWD_BACKGROUND_DIJET ? 5 : PASSWDI_FIT_MOST, most = b->most ? b->most : 5;
    return most < family ? most : family;
}
/* The functions of a channel's family at the nodes of bins [from, from + bins) of a spectrum in effective counts. */
static passwd_status passwdi_fit_functions(passwdi_fit_model *m, passwdi_fit_channel *ch, const passwd_spectrum *s,
    int from, double *weights, passwd_error *error) {
    const int stride = PASSWDI_FIT_MOST, most = ch->n, dijet = s->fit.family == PASSWD_BACKGROUND_DIJET;
    double *q = m->q + (size_t)ch->first * (size_t)(m->nodes * stride),
           *measure = m->measure + (size_t)ch->first * (size_t)m->nodes;
    int i, k, p = 0, told;
    for (i = from; i < from + ch->bins; ++i) {
        const int out =
            passwdi_spectrum_blind(s, i) || passwdi_spectrum_within(s, i, s->fit.skip_low, s->fit.skip_high);
        for (k = 0; k < m->nodes; ++k, ++p) {
            double mass, x, ln;
            int j;
            passwdi_fit_node(s, i, m->nodes, k, &mass, measure + p);
            measure[p] *= (ch->rest ? s->rest_variance[i] / (s->edges[i + 1] - s->edges[i]) : 1) / s->variance[i];
            x = mass / s->fit.sqrt_s;
            ln = log(x);
            m->ln_mass[(size_t)ch->first * (size_t)m->nodes + (size_t)p] = ln;
            q[p * stride] = 1;
            if (dijet) q[p * stride + 1] = log1p(-x);
            for (j = dijet ? 2 : 1; j < stride; ++j)
                q[p * stride + j] = j == (dijet ? 2 : 1) ? ln : ln * q[p * stride + j - 1];
            for (j = 1; ch->rest && s->fit.learnt > 0 && j < stride; ++j) {
                const double on = mass > s->fit.learnt ? log(mass / s->fit.learnt) : 0;
                q[p * stride + j] = j == 1 ? -expm1(-5 * on) : j == 2 ? on : on * q[p * stride + j - 1];
            }
            weights[p] = out ? 0 : (s->data[i] + 0.5) * m->weight[ch->first + i - from];
        }
    }
    told = passwdi_fit_orthonormal(q, weights, p, most, ch->r);
    for (i = 1; i + 1 < ch->bins; ++i) {
        const double *ln = m->ln_mass + (size_t)ch->first * (size_t)m->nodes;
        const int here = i * m->nodes + m->nodes / 2, before = here - m->nodes, after = here + m->nodes;
        for (k = 0; k < most; ++k)
            m->bend[(size_t)(ch->first + i) * (size_t)stride + (size_t)k] =
                (q[after * stride + k] - q[here * stride + k]) / (ln[after] - ln[here])
                - (q[here * stride + k] - q[before * stride + k]) / (ln[here] - ln[before]);
    }
    if (told == most || told >= (s->fit.least ? s->fit.least : 3)) {
        ch->n = told;
        return PASSWD_OK;
    }
    return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
        "The spectrum is too narrow to determine the %d parameters of the background function.", most);
}
/* A range of bins of each spectrum (in effective counts); fitted families get their maximum number of parameters. */
typedef struct passwdi_fit_part {
    const passwd_spectrum *spectrum;
    int from, to;
    int n;          /* parameters; 0: the maximum */
    double mass, h; /* kernels: the middle, and their width in ln m; 0: none */
} passwdi_fit_part;
/* The position of bin i in ln m; whether it is left to a signal of this mass. */
static double passwdi_fit_place(const passwd_spectrum *s, int i, double mass) {
    return log(0.5 * (s->edges[i] + s->edges[i + 1]) / mass);
}
static int passwdi_fit_hole(const passwd_spectrum *s, int i, double mass) {
    return fabs(passwdi_fit_place(s, i, mass)) <= 2 * s->fit.widest * (1 + 1e-9);
}
/* Weights of a part's bins: kernels of the side bands, 1 in the window. If events count with weights w, the estimate
   has a variance of sum w^2 while -ln L assumes sum w: so w is divided by the ratio, as for weighted events. */
static void passwdi_fit_weights(const passwdi_fit_part *part, double *weight) {
    const passwd_spectrum *s = part->spectrum;
    double one = 0, two = 0;
    int i;
    for (i = part->from; i < part->to; ++i) {
        const double z = part->h > 0 ? passwdi_fit_place(s, i, part->mass) / part->h : 0, w = exp(-0.5 * z * z);
        weight[i - part->from] = w;
        if (!(part->h > 0) || passwdi_fit_hole(s, i, part->mass)) continue;
        one += w * (s->data[i] + 0.5);
        two += w * w * (s->data[i] + 0.5);
    }
    for (i = part->from; i < part->to && two > 0; ++i)
        weight[i - part->from] = passwdi_fit_hole(s, i, part->mass) ? 1 : weight[i - part->from] * one / two;
}
static passwd_status passwdi_fit_model_new(passwdi_fit_model *m, const passwdi_fit_part *part, int channels,
    const passwd_systematics *sys, double kappa, int signal, const passwd_allocator *allocator, passwd_error *error) {
    const double norm = sys
        ? sqrt(log1p(sys->luminosity) * log1p(sys->luminosity) + log1p(sys->efficiency) * log1p(sys->efficiency))
        : 0,
                 sizes[PASSWDI_FIT_NUISANCES] = { norm, sys ? sys->scale : 0, sys ? sys->resolution : 0,
                     sys ? sys->spurious : 0, kappa };
    size_t bins = 0, points;
    double *x, *weights, wide = 0;
    passwd_status status = PASSWD_OK;
    int c, i;
    memset(m, 0, sizeof *m);
    for (c = 0; c < channels; ++c) {
        bins += (size_t)(part[c].to - part[c].from);
        for (i = part[c].from; i < part[c].to; ++i) {
            const double w =
                part[c].spectrum->edges[i + 1] / (part[c].spectrum->edges[i] > 0 ? part[c].spectrum->edges[i] : 1e-300)
                - 1;
            if (w > wide) wide = w;
        }
    }
    m->nodes = wide < 0.05 ? 3 : PASSWDI_FIT_NODES;
    points = bins * (size_t)m->nodes;
    m->block = bins > 10000000
        ? NULL
        : passwdi_new(allocator,
            (size_t)channels * sizeof(passwdi_fit_channel)
                + (points * (PASSWDI_FIT_MOST + 3) + bins * (8 + PASSWDI_FIT_MOST)) * sizeof(double),
            1);
    if (!m->block)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to fit %.0f bins.", (double)bins);
    m->channel = (passwdi_fit_channel *)m->block;
    x = (double *)(void *)(m->channel + channels);
    m->q = x;
    m->measure = x + points * PASSWDI_FIT_MOST;
    weights = m->measure + points;
    m->ln_mass = weights + points;
    m->given = m->ln_mass + points;
    m->v = m->given + bins;
    m->weight = m->v + bins;
    m->bend = m->weight + bins;
    m->s = signal ? m->bend + bins * PASSWDI_FIT_MOST : NULL;
    m->channels = channels;
    for (i = 0; i < PASSWDI_FIT_NUISANCES; ++i)
        if (sizes[i] > 0) {
            m->size[m->nuisances] = sizes[i];
            m->nuisance[m->nuisances++] = i;
        }
    m->parameters = 1 + m->nuisances;
    for (c = 0; c < channels && !status; ++c) {
        const passwd_spectrum *s = part[c].spectrum;
        passwdi_fit_channel *ch = m->channel + c;
        const int fitted = passwdi_fit_is(s);
        ch->first = m->bins;
        ch->bins = part[c].to - part[c].from;
        m->local = passwdi_fit_local(s);
        ch->rest = passwdi_fit_rest(s);
        ch->drift = ch->rest && s->fit.learnt > 0 ? s->fit.drift : 0;
        ch->free = s->fit.any_shape || m->local || ch->rest ? (int)PASSWDI_FIT_MOST : s->fit.least ? s->fit.least : 3;
        ch->n = !fitted ? 0 : part[c].n ? part[c].n : passwdi_fit_most(&s->fit);
        ch->at = m->parameters;
        passwdi_fit_weights(part + c, m->weight + ch->first);
        if (fitted) status = passwdi_fit_functions(m, ch, s, part[c].from, weights, error);
        for (i = 0; i < ch->bins; ++i) {
            m->given[m->bins + i] = ch->rest ? s->rest[part[c].from + i] : fitted ? 0 : s->background[part[c].from + i];
            m->v[m->bins + i] = fitted ? 0 : s->uncertainty[part[c].from + i] * s->uncertainty[part[c].from + i];
        }
        m->bins += ch->bins;
        m->parameters += ch->n;
    }
    if (status) passwdi_fit_model_free(m, allocator);
    return status;
}
static size_t passwdi_fit_room(const passwdi_fit_model *m) { /* doubles of a job */
    const size_t bins = (size_t)m->bins, p = (size_t)m->parameters;
    return bins * (5 + PASSWDI_FIT_LOCAL) + p * (4 * p + 8);
}
static void passwdi_fit_job_set(passwdi_fit_job *j, const passwdi_fit_model *m, double *room) {
    const size_t bins = (size_t)m->bins, p = (size_t)m->parameters;
    memset(j, 0, sizeof *j);
    j->nu = room;
    j->f = room + bins;
    j->signal = room + 2 * bins;
    j->v = room + 3 * bins;
    j->beside = room + 4 * bins;
    j->jac = room + 5 * bins;
    j->fisher = j->jac + bins * PASSWDI_FIT_LOCAL;
    j->gradient = j->fisher + p * p;
    j->step = j->gradient + p;
    j->tried = j->step + p;
    j->x = j->tried + p;
    j->rows = j->x + p;
    memset(j->x, 0, p * sizeof(double));
}

/* --- the likelihood --- */

/* The signal of a bin and its derivatives by mu and the nuisances. */
static double passwdi_fit_signal(const passwdi_fit_model *m, const double *x, const double *s, double *row) {
    const double mu = x[0];
    double shape = s[0], factor = 1, spurious = 0;
    int k;
    for (k = 0; k < m->nuisances; ++k) {
        const double t = x[1 + k];
        if (m->nuisance[k] == PASSWDI_FIT_NORM) factor = exp(m->size[k] * t);
        if (m->nuisance[k] == PASSWDI_FIT_SCALE) shape += t * (s[1] + t * s[2]);
        if (m->nuisance[k] == PASSWDI_FIT_WIDTH) shape += t * (s[3] + t * s[4]);
        if (m->nuisance[k] == PASSWDI_FIT_SPURIOUS) spurious = t * m->size[k] * s[0];
    }
    if (shape < 0) shape = 0;
    row[0] = factor * shape;
    for (k = 0; k < m->nuisances; ++k) {
        const double t = x[1 + k], moved = shape > 0 ? mu * factor : 0;
        row[1 + k] = 0;
        if (m->nuisance[k] == PASSWDI_FIT_NORM) row[1 + k] = mu * factor * shape * m->size[k];
        if (m->nuisance[k] == PASSWDI_FIT_SCALE) row[1 + k] = moved * (s[1] + 2 * t * s[2]);
        if (m->nuisance[k] == PASSWDI_FIT_WIDTH) row[1 + k] = moved * (s[3] + 2 * t * s[4]);
        if (m->nuisance[k] == PASSWDI_FIT_SPURIOUS) row[1 + k] = m->size[k] * s[0];
    }
    return mu * factor * shape + spurious;
}
/* The function of a bin and its derivatives. */
static double passwdi_fit_function(
    const passwdi_fit_model *m, const passwdi_fit_channel *ch, int bin, const double *c, double *row) {
    const double *q = m->q + (size_t)bin * (size_t)(m->nodes * PASSWDI_FIT_MOST),
                 *measure = m->measure + (size_t)bin * (size_t)m->nodes;
    const int n = ch->n;
    double mean = 0;
    int p, k;
    for (k = 0; k < n; ++k) row[k] = 0;
    for (p = 0; p < m->nodes; ++p, q += PASSWDI_FIT_MOST) {
        double ln = 0, f;
        for (k = 0; k < n; ++k) ln += c[k] * q[k];
        f = exp(ln < 700 ? ln > -600 ? ln : -600 : 700) * measure[p]; /* its inverse is finite, too */
        mean += f;
        for (k = 0; k < n; ++k) row[k] += f * q[k];
    }
    return mean;
}
/* How much less steeply a channel's function falls after bin i than before it. This must not be positive if the channel
   has more parameters than are free, as shoulders and maxima would follow a broad signal. */
static double passwdi_fit_bend(const passwdi_fit_model *m, const passwdi_fit_channel *ch, int i, const double *x) {
    const double *bend = m->bend + (size_t)i * PASSWDI_FIT_MOST;
    double up = 0;
    int k;
    for (k = 0; k < ch->n; ++k) up += x[ch->at + k] * bend[k];
    return up;
}
/* A bin of a region: n ~ Poisson(ratio b + s), and of its rest: r ~ Poisson(b), with b profiled, and d f = b d ratio.
   In Fisher's matrix the error of b acts as a variance ratio^2 b of the background. Returns the contribution of r to
   -ln L. */
static double passwdi_fit_beside(passwdi_fit_job *j, int i, double ratio, double s, double r, double *row, int n) {
    const double a = (1 + ratio) * ratio, p = (1 + ratio) * s - ratio * (j->n[i] + r),
                 root = sqrt(p * p + 4 * a * r * s);
    const double q = p > 0 ? root + p : root - p; /* b is the larger root of a b^2 + p b - r s */
    double b = p > 0 ? (q > 0 ? 2 * r * s / q : 0) : a > 0 ? q / (2 * a) : 0;
    int k;
    if (!(b > 0)) b = 0;
    if (j->use && !j->use[i]) b = r; /* excluded bins carry no information: not even through the region's count */
    for (k = 0; k < n; ++k) row[k] *= b;
    j->beside[i] = b;
    j->f[i] = ratio * b;
    j->v[i] = ratio * ratio * b;
    return b > 0 ? b - r + (r > 0 ? r * log(r / b) : 0) : r > 0 ? HUGE_VAL : 0;
}
/* The pull of the drift of a channel's ratio, in standard deviations; unit: the same for one orthonormal function (0:
   unconstrained). */
static double passwdi_fit_drift(
    const passwdi_fit_model *m, int c, const passwdi_fit_job *j, const double *x, double *unit) {
    const passwdi_fit_channel *ch = m->channel + c;
    *unit = passwdi_fit_drifts(ch) ? 1 / (ch->r[2 * PASSWDI_FIT_MOST + 2] * ch->drift) : 0;
    return *unit > 0 ? x[ch->at + 2] * *unit - (j->drift ? j->drift[c] / ch->drift : 0) : 0;
}
/* The drifts found by a fit. */
static void passwdi_fit_drift_of(const passwdi_fit_model *m, const double *x, double *drift) {
    const passwdi_fit_channel *ch = m->channel, *end = ch + m->channels;
    for (; ch < end; ++ch) *drift++ = passwdi_fit_drifts(ch) ? x[ch->at + 2] / ch->r[2 * PASSWDI_FIT_MOST + 2] : 0;
}
/* Expectations and derivatives at x; returns -ln L of the bins in the fit, HUGE_VAL where it is not defined. */
static double passwdi_fit_evaluate(const passwdi_fit_model *m, passwdi_fit_job *j, const double *x) {
    double total = 0, up = 1, outside = 0;
    int c, i, k;
    for (k = 0; k < m->nuisances; ++k) {
        total += 0.5 * (x[1 + k] - j->aux[k]) * (x[1 + k] - j->aux[k]);
        if (m->nuisance[k] == PASSWDI_FIT_OUTSIDE) {
            outside = m->size[k];
            up = 1 + outside * x[1 + k];
        }
    }
    if (up < 0) return HUGE_VAL;
    for (c = 0; c < m->channels; ++c) {
        const passwdi_fit_channel *ch = m->channel + c;
        double unit;
        const double off = passwdi_fit_drift(m, c, j, x, &unit);
        total += 0.5 * off * off;
        for (i = ch->first; i < ch->first + ch->bins; ++i) {
            double *row = j->jac + (size_t)i * PASSWDI_FIT_LOCAL;
            const double n = j->n[i], v = m->v[i];
            double signal = 0, f, nu, cost = 0;
            if (m->s) signal = passwdi_fit_signal(m, x, m->s + (size_t)i * 5, row);
            f = ch->n ? passwdi_fit_function(m, ch, i, x + ch->at, row + 1 + m->nuisances) : m->given[i] * up;
            if (outside > 0 && !ch->n) row[m->nuisances] = m->given[i] * outside; /* it is the last one */
            else if (outside > 0) row[m->nuisances] = 0;
            j->f[i] = f;
            j->v[i] = v;
            j->signal[i] = signal;
            if (ch->rest) {
                cost = passwdi_fit_beside(j, i, f, signal, j->a ? j->a[i] : m->given[i], row + 1 + m->nuisances, ch->n);
                f = j->f[i];
            } else if (j->a) f += j->a[i];
            nu = v > 0 ? passwdi_limit_nu(n, signal, f, v) : signal + f;
            j->nu[i] = nu;
            if (j->use && !j->use[i]) continue;
            total += cost;
            if (!(nu > 0)) {
                if (n > 0 || nu < 0) return HUGE_VAL;
                if (v > 0) total += 0.5 * (signal + f) * (signal + f) / v;
                continue;
            }
            total += m->weight[i]
                * (nu - n + (n > 0 ? n * log(n / nu) : 0)
                    + (v > 0 ? 0.5 * (signal + f - nu) * (signal + f - nu) / v : 0));
        }
    }
    return total == total ? total : HUGE_VAL;
}
/* Fisher's matrix and the gradient of ln L at the last evaluation, at x. hold: without freedom to cross active
   bounds. */
static void passwdi_fit_fisher(const passwdi_fit_model *m, passwdi_fit_job *j, const double *x, int hold) {
    const int parameters = m->parameters, common = 1 + m->nuisances;
    double *fisher = j->fisher, *gradient = j->gradient;
    int c, i, k, l;
    memset(fisher, 0, (size_t)parameters * (size_t)parameters * sizeof *fisher);
    memset(gradient, 0, (size_t)parameters * sizeof *gradient);
    for (c = 0; c < m->channels; ++c) {
        const passwdi_fit_channel *ch = m->channel + c;
        const int own = common + ch->n, first = m->s || m->nuisances ? 0 : common;
        double local[PASSWDI_FIT_LOCAL * PASSWDI_FIT_LOCAL], pull[PASSWDI_FIT_LOCAL], unit;
        const double off = passwdi_fit_drift(m, c, j, x, &unit);
        memset(local, 0, sizeof local);
        memset(pull, 0, sizeof pull);
        if (unit > 0) {
            gradient[ch->at + 2] -= off * unit;
            fisher[(ch->at + 2) * parameters + ch->at + 2] += unit * unit;
        }
        for (i = ch->first; i < ch->first + ch->bins; ++i) {
            const double *row = j->jac + (size_t)i * PASSWDI_FIT_LOCAL, nu = j->nu[i], n = j->n[i];
            double weight, g;
            if ((j->use && !j->use[i]) || !(nu > 0)) continue;
            weight = m->weight[i] / (nu + j->v[i]);
            g = m->weight[i] * (n / nu - 1);
            for (k = first; k < own; ++k) {
                const double w = row[k] * weight;
                pull[k] += row[k] * g;
                for (l = first; l <= k; ++l) local[k * PASSWDI_FIT_LOCAL + l] += w * row[l];
            }
        }
        for (k = first; k < own; ++k) {
            const int to = k < common ? k : ch->at + k - common;
            gradient[to] += pull[k];
            for (l = first; l <= k; ++l)
                fisher[to * parameters + (l < common ? l : ch->at + l - common)] += local[k * PASSWDI_FIT_LOCAL + l];
        }
        for (i = ch->first + 1; hold && ch->n > ch->free && i + 1 < ch->first + ch->bins; ++i) {
            const double *bend = m->bend + (size_t)i * PASSWDI_FIT_MOST;
            double square = 0;
            if (passwdi_fit_bend(m, ch, i, x) < -1e-8) continue;
            for (k = 0; k < ch->n; ++k) square += bend[k] * bend[k];
            for (k = 0; k < ch->n && square > 1e-20; ++k)
                for (l = 0; l <= k; ++l)
                    fisher[(ch->at + k) * parameters + ch->at + l] += 1e8 / square * bend[k] * bend[l];
        }
    }
    for (k = 0; k < m->nuisances; ++k) {
        gradient[1 + k] -= x[1 + k] - j->aux[k];
        fisher[(1 + k) * parameters + 1 + k] += 1;
    }
}
/* The total by which x + step violates the bounds on bending; row: derivatives of the bend at the worst place, all zero
   if there is no violation. */
static double passwdi_fit_bends(const passwdi_fit_model *m, const double *x, const double *step, double *row) {
    double most = 1e-9, sum = 0;
    int c, i, k;
    memset(row, 0, (size_t)m->parameters * sizeof *row);
    for (c = 0; c < m->channels; ++c) {
        const passwdi_fit_channel *ch = m->channel + c;
        int worst = 0;
        for (i = ch->first + 1; ch->n > ch->free && i + 1 < ch->first + ch->bins; ++i) {
            const double up = passwdi_fit_bend(m, ch, i, x) + passwdi_fit_bend(m, ch, i, step);
            if (up > 0) sum += up;
            if (!(up > most)) continue;
            most = up;
            worst = i;
        }
        if (!worst) continue;
        memset(row, 0, (size_t)m->parameters * sizeof *row);
        for (k = 0; k < ch->n; ++k) row[ch->at + k] = m->bend[(size_t)worst * PASSWDI_FIT_MOST + (size_t)k];
    }
    return sum;
}
static double passwdi_fit_dot(const double *a, const double *b, int from, int to) {
    double sum = 0;
    for (; from < to; ++from) sum += a[from] * b[from];
    return sum;
}
/* The best step to a function that violates no bound: least squares of Lawson and Hanson for the forces (Lagrange
   multipliers) of the active bins, starting from those of the previous step. j->fisher: Cholesky's factor; j->step: the
   step without forces, then with them. Returns the largest force; *outside: the remaining violation by x. */
static double passwdi_fit_hold(const passwdi_fit_model *m, passwdi_fit_job *j, int from, double *outside) {
    const int p = m->parameters;
    double *row = j->rows, *root = row + (p + 1) * p, *gram = root + p * p, *loose = gram + p * p, *wish = loose + p,
           *force = wish + p, most = 0;
    int k, l, drop, alike, tries, stuck = 0;
    memcpy(loose, j->step, (size_t)p * sizeof *loose);
    for (k = 0; k < j->held; ++k) {
        memcpy(root + k * p, row + k * p, (size_t)p * sizeof *root);
        passwdi_fit_forward(j->fisher, from, p, root + k * p);
    }
    for (tries = 0;; ++tries) {
        for (drop = 0; drop >= 0 && j->held > 0;) { /* towards the best forces until one would become a pull */
            double part = 1;
            for (k = 0; k < j->held; ++k) {
                wish[k] = passwdi_fit_dot(row + k * p, j->x, from, p) + passwdi_fit_dot(row + k * p, loose, from, p);
                for (l = 0; l <= k; ++l) gram[k * j->held + l] = passwdi_fit_dot(root + k * p, root + l * p, from, p);
            }
            drop = passwdi_fit_cholesky(gram, 0, j->held) ? -1 : j->held - 1;
            if (drop < 0) passwdi_fit_solve(gram, 0, j->held, wish);
            for (k = 0, alike = drop >= 0; k < j->held && !alike; ++k)
                if (wish[k] <= 0 && force[k] <= part * (force[k] - wish[k])) {
                    part = force[k] > 0 ? force[k] / (force[k] - wish[k]) : 0;
                    drop = k;
                }
            for (k = 0; k < j->held && !alike; ++k) force[k] += part * (wish[k] - force[k]);
            if (drop < 0) break;
            stuck |= tries > 0 && drop == j->held - 1; /* the one that was added */
            --j->held;
            memmove(force + drop, force + drop + 1, (size_t)(j->held - drop) * sizeof *force);
            memmove(row + drop * p, row + (drop + 1) * p, (size_t)((j->held - drop) * p) * sizeof *row);
            memmove(root + drop * p, root + (drop + 1) * p, (size_t)((j->held - drop) * p) * sizeof *root);
        }
        memset(j->step, 0, (size_t)p * sizeof *j->step);
        for (k = 0; k < j->held; ++k)
            for (l = from; l < p; ++l) j->step[l] += force[k] * row[k * p + l];
        passwdi_fit_solve(j->fisher, from, p, j->step);
        for (l = 0; l < p; ++l) j->step[l] = loose[l] - j->step[l];
        *outside = passwdi_fit_bends(m, j->x, j->step, row + j->held * p);
        if (stuck || j->held == p || tries == 100) break;
        for (k = from; k < p && row[j->held * p + k] == 0; ++k) {}
        if (k == p) break;
        memcpy(root + j->held * p, row + j->held * p, (size_t)p * sizeof *root);
        passwdi_fit_forward(j->fisher, from, p, root + j->held * p);
        force[j->held++] = 0;
    }
    for (k = 0; k < j->held; ++k) most = fmax(most, force[k]);
    return most;
}
/* Fisher scoring with halved steps from j->x, which becomes the maximum; mu is free from = 0 or stays (from = 1). It
   ends when the last step would gain less than the tolerance. A violation by x costs the largest force times it, by
   which -ln L may rise when it is mended. 0: no convergence. */
static int passwdi_fit_run(const passwdi_fit_model *m, passwdi_fit_job *j, int from, double tolerance) {
    const int parameters = m->parameters;
    double noise = 1e-12, now = 0, gain = HUGE_VAL, outside = 0, left = 0, worth = 0; /* noise: of rounding */
    int k, halving, slow = 0, bound = 0;
    for (k = 0; k < m->bins; ++k) noise += 1e-14 * j->n[k];
    for (k = 0; k < m->channels; ++k) bound |= m->channel[k].n > m->channel[k].free;
    memset(j->tried, 0, (size_t)parameters * sizeof *j->tried);
    if (bound) outside = passwdi_fit_bends(m, j->x, j->tried, j->rows);
    j->held = 0;
    j->value = passwdi_fit_evaluate(m, j, j->x);
    if (!(j->value < HUGE_VAL)) return 0;
    for (j->iterations = 1; j->iterations <= 200; ++j->iterations) {
        passwdi_fit_fisher(m, j, j->x, 0);
        if (!passwdi_fit_cholesky(j->fisher, from, parameters)) {
            passwdi_fit_fisher(m, j, j->x, 0);
            for (k = from; k < parameters; ++k)
                j->fisher[k * parameters + k] += 1e-9 * (j->fisher[k * parameters + k] + 1e-3);
            if (!passwdi_fit_cholesky(j->fisher, from, parameters)) return 0;
        }
        memcpy(j->step, j->gradient, (size_t)parameters * sizeof *j->step);
        passwdi_fit_solve(j->fisher, from, parameters, j->step);
        if (bound) worth = outside * passwdi_fit_hold(m, j, from, &left);
        /* twice the remaining decrease of -ln L */
        for (gain = worth, k = from; k < parameters; ++k) gain += j->gradient[k] * j->step[k];
        for (halving = 0; halving < 50; ++halving) {
            for (k = 0; k < parameters; ++k) j->tried[k] = k < from ? j->x[k] : j->x[k] + ldexp(j->step[k], -halving);
            now = passwdi_fit_evaluate(m, j, j->tried);
            if (now <= j->value + noise + ldexp(worth, -halving)) break; /* not if it is NaN */
        }
        if (halving == 50) { /* at the boundary, where an expectation is zero */
            j->value = passwdi_fit_evaluate(m, j, j->x);
            return gain < 1e-6;
        }
        slow = j->value + worth - now < tolerance ? slow + 1 : 0;
        outside += ldexp(left - outside, -halving);
        memcpy(j->x, j->tried, (size_t)parameters * sizeof *j->x);
        j->value = now;
        if (gain < tolerance || slow == 4) return 1;
    }
    return gain < 1e-6; /* slow, where few events constrain a parameter */
}
/* Slope and curvature of -ln L along mu, with everything else profiled, after a fit. */
static void passwdi_fit_along(const passwdi_fit_model *m, passwdi_fit_job *j) {
    const int parameters = m->parameters;
    int k;
    passwdi_fit_fisher(m, j, j->x, 1);
    j->slope = -j->gradient[0];
    j->curvature = j->fisher[0];
    for (k = 1; k < parameters; ++k) j->step[k] = j->fisher[k * parameters];
    if (parameters < 2 || !passwdi_fit_cholesky(j->fisher, 1, parameters)) return;
    passwdi_fit_forward(j->fisher, 1, parameters, j->step);
    for (k = 1; k < parameters; ++k) j->curvature -= j->step[k] * j->step[k];
}
/* Starting values of a channel's parameters: least squares of ln((data + 1/2) / measure), with the weights for which
   the functions are orthonormal. */
static void passwdi_fit_start(
    const passwdi_fit_model *m, const passwd_spectrum *s, int from, const passwdi_fit_channel *ch, double *c) {
    int i, k, p;
    for (k = 0; k < ch->n; ++k) c[k] = 0;
    for (i = 0; i < ch->bins; ++i) {
        const double *q = m->q + (size_t)(ch->first + i) * (size_t)(m->nodes * PASSWDI_FIT_MOST);
        const int out = passwdi_spectrum_blind(s, from + i)
            || passwdi_spectrum_within(s, from + i, s->fit.skip_low, s->fit.skip_high);
        const double ln = ch->rest
            ? log((s->data[from + i] + 0.5) * s->variance[from + i]
                / ((s->rest[from + i] + 0.5) * s->rest_variance[from + i]))
            : log((s->data[from + i] + 0.5) * s->variance[from + i] / (s->edges[from + i + 1] - s->edges[from + i]));
        for (p = 0; p < m->nodes && !out; ++p, q += PASSWDI_FIT_MOST)
            for (k = 0; k < ch->n; ++k) c[k] += m->weight[ch->first + i] * (s->data[from + i] + 0.5) * q[k] * ln;
    }
}
/* NaN: it cannot be tested. */
static double passwdi_fit_chi_squared(double degrees, double deviance) {
    if (degrees < 0.5) return NAN;
    if (!(deviance > 0)) return 1.0;
    if (degrees == 1) return erfc(sqrt(0.5 * deviance));
    return exp(passwd_log_poisson_below(0.5 * degrees - 1, 0.5 * deviance));
}
/* Deviance of counts for expectations, with neighbouring bins merged until five events are expected (the remainder is
   merged with the last ones). Returns the number of merged bins. */
static int passwdi_fit_deviance(
    const double *n, const double *nu, const unsigned char *use, int bins, double *deviance) {
    double a = 0, b = 0, a_last = 0, b_last = 0;
    int i, groups = 0;
    *deviance = 0;
    for (i = 0; i <= bins; ++i) {
        if (i < bins && (!use || use[i])) {
            a += n[i];
            b += nu[i];
        }
        if (i < bins && b < 5) continue;
        if (i < bins || groups == 0) {
            if (b_last > 0) *deviance += 2 * (b_last - a_last + (a_last > 0 ? a_last * log(a_last / b_last) : 0));
            groups += b > 0;
            a_last = b_last = 0;
        }
        a_last += a;
        b_last += b;
        a = b = 0;
    }
    if (b_last > 0) *deviance += 2 * (b_last - a_last + (a_last > 0 ? a_last * log(a_last / b_last) : 0));
    return groups;
}
/* How many bins on either side of [from, to) may be excluded with it: half of all at most, within a factor of two in
   mass. */
static int passwdi_fit_widest(const passwd_spectrum *s, int from, int to) {
    int wider = 0;
    while (2 * (to - from + 2 * wider + 2) <= s->bins
        && s->edges[to + wider < s->bins ? to + wider + 1 : s->bins]
            <= 2 * s->edges[from > wider ? from - wider - 1 : 0])
        ++wider;
    return wider;
}
/* Excludes the bins [from, to), and `wider` more on either side, from `use`. */
static void passwdi_fit_without(const unsigned char *use, int bins, int from, int to, int wider, unsigned char *left) {
    int i;
    for (i = 0; i < bins; ++i) left[i] = (unsigned char)(use[i] && !(i >= from - wider && i < to + wider));
}
/* The goodness of the background beside a signal: of a fit without the bins [from, to) of each channel. A real signal
   need not have the shape that is searched for: while the goodness is bad, more bins are excluded, as many as allowed.
   left: bins; j: from its x. */
static double passwdi_fit_sides(const passwdi_fit_model *m, passwdi_fit_job *j, const unsigned char *use,
    const int *from, const int *to, int widest, unsigned char *left) {
    double best = 0;
    int c, wider;
    j->use = left;
    j->x[0] = 0;
    for (wider = 0; wider <= widest && best < PASSWD_BACKGROUND_GOOD; ++wider) {
        double deviance = 0, part, good;
        int degrees = 0;
        for (c = 0; c < m->channels; ++c)
            passwdi_fit_without(
                use + m->channel[c].first, m->channel[c].bins, from[c], to[c], wider, left + m->channel[c].first);
        if (!passwdi_fit_run(m, j, 1, 1e-7)) continue;
        for (c = 0; c < m->bins; ++c)
            if (m->weight[c] < 0.5) left[c] = 0; /* the kernel has little weight there */
        for (c = 0; c < m->channels; ++c) {
            const passwdi_fit_channel *ch = m->channel + c;
            degrees +=
                passwdi_fit_deviance(j->n + ch->first, j->nu + ch->first, left + ch->first, ch->bins, &part) - ch->n;
            deviance += part;
        }
        good = passwdi_fit_chi_squared(degrees, deviance);
        if (!(good <= best)) best = good; /* or NaN */
    }
    return best;
}
/* Changes the number of parameters of a model of one channel. */
static void passwdi_fit_take(passwdi_fit_model *m, int n) {
    m->channel->n = n;
    m->parameters = m->channel->at + n;
}
/* Other starting values, for fits with fewer parameters than the given one: as many events in every GeV. */
static void passwdi_fit_flat(const passwdi_fit_model *m, passwdi_fit_job *j) {
    double n = 0, measure = 0;
    int i, k;
    for (i = 0; i < m->bins; ++i) {
        if (j->use && !j->use[i]) continue;
        n += j->n[i];
        for (k = 0; k < m->nodes; ++k) measure += m->measure[i * m->nodes + k];
    }
    memset(j->x, 0, (size_t)m->parameters * sizeof *j->x);
    j->x[m->channel->at] = log(n / measure) / m->q[0];
}
/* The fit of one channel, of a background alone (from = 1) or with the signal (from = 0), with the fewest parameters,
   from least on, for which one or two more bring no improvement at 5 %; j->x: the start, then the fit. 0: none. There
   are no more parameters than bins with data. The model keeps the number that was chosen. */
static int passwdi_fit_choose_from(
    passwdi_fit_model *m, passwdi_fit_job *j, int from, int least, int most, double tolerance) {
    double x[PASSWDI_FIT_MOST + 1][PASSWDI_FIT_LOCAL], deviance[PASSWDI_FIT_MOST + 1];
    const int at = m->channel->at;
    int fitted[PASSWDI_FIT_MOST + 1] = { 0 }, n, i, filled = 0;
    for (i = 0; i < m->bins; ++i) filled += j->n[i] > 0 && (!j->use || j->use[i]);
    if (most > filled) most = filled;
    if (least < 1 || most < 1) return 0;
    if (least > most) passwdi_fit_flat(m, j);
    if (least > most) least = most;
    for (n = least; n <= most; ++n) {
        /* of chi-squared with one and two degrees, 5 % */
        const double gain[2] = { 3.841458820694124, 5.991464547107979 };
        passwdi_fit_take(m, n);
        if (n > least) j->x[at + n - 1] = 0;
        fitted[n] = passwdi_fit_run(m, j, from, tolerance);
        deviance[n] = fitted[n] ? 2 * j->value : HUGE_VAL;
        memcpy(x[n], j->x, sizeof(double) * (size_t)(at + n));
        if (n == least && !fitted[n]) return 0;
        /* one is better */
        for (i = least; i < n; ++i)
            if (i >= n - 2 && deviance[i] - deviance[n] > gain[n - i - 1]) fitted[i] = 0;
        for (i = least; i < n && !fitted[i]; ++i) {}
        if (i <= n - 2) break;
    }
    for (n = least; n < most && !fitted[n]; ++n) {}
    if (!fitted[n]) return 0;
    passwdi_fit_take(m, n);
    memcpy(j->x, x[n], sizeof(double) * (size_t)(at + n));
    j->value = passwdi_fit_evaluate(m, j, j->x);
    return 1;
}
/* The same; a fit of a mass's surroundings gets fewer parameters if their few events cannot determine all of them. */
static int passwdi_fit_choose(
    passwdi_fit_model *m, passwdi_fit_job *j, int from, int least, int most, double tolerance) {
    for (; !passwdi_fit_choose_from(m, j, from, least, most, tolerance); most = --least) {
        if (!m->local || least < 2) return 0;
        passwdi_fit_flat(m, j);
    }
    return 1;
}

/* --- backgrounds of a spectrum --- */

/* The models that make up the background of a spectrum: one, or with `slide` one per bin. */
typedef struct passwdi_fit_set {
    const passwd_spectrum *spectrum; /* in effective counts */
    const passwd_allocator *allocator;
    int models, least, most;
    passwdi_fit_model *model;
    passwdi_fit_part *part;
    double *start; /* models x (1 + MOST) */
    size_t room;   /* doubles of a job of the largest */
} passwdi_fit_set;

static void passwdi_fit_set_free(passwdi_fit_set *set) {
    int k;
    for (k = 0; k < set->models && set->model; ++k) passwdi_fit_model_free(set->model + k, set->allocator);
    passwdi_delete(set->allocator, set->model);
    passwdi_delete(set->allocator, set->part);
    passwdi_delete(set->allocator, set->start);
    memset(set, 0, sizeof *set);
}
/* Kernels around a mass: as wide as needed for enough events in the side bands, but no wider than to reach every bin.
   They are cut at 2.5 standard deviations. */
static void passwdi_fit_reach(passwdi_fit_part *part, double mass) {
    const passwd_spectrum *s = part->spectrum;
    double events = 0;
    int i, filled = 0;
    part->mass = mass;
    for (part->h = s->fit.kernel;; part->h *= 1.25) {
        for (filled = 0, events = 0, i = 0; i < s->bins; ++i) {
            const double z = passwdi_fit_place(s, i, mass) / part->h;
            if (passwdi_fit_hole(s, i, mass) || fabs(z) > 2.5 || passwdi_spectrum_blind(s, i)) continue;
            events += s->data[i] * exp(-0.5 * z * z);
            filled += s->data[i] > 0 && fabs(z) < 1.5;
        }
        if ((events >= 50 && filled >= 8) || part->h > log(s->edges[s->bins] / s->edges[0])) break;
    }
    while (part->from < s->bins - 1 && passwdi_fit_place(s, part->from, mass) < -2.5 * part->h) ++part->from;
    while (part->to > part->from + 1 && passwdi_fit_place(s, part->to - 1, mass) > 2.5 * part->h) --part->to;
}
/* Bins of the fit that is right for a mass. */
static passwdi_fit_part passwdi_fit_range(const passwd_spectrum *s, double mass) {
    enum { PASSWDI_FIT_FILLED = 20 };
    passwdi_fit_part part;
    int i, filled = 0;
    memset(&part, 0, sizeof part);
    part.spectrum = s;
    part.to = s->bins;
    if (!passwdi_fit_local(s)) return part;
    if (passwdi_fit_kernels(s)) {
        passwdi_fit_reach(&part, mass);
        return part;
    }
    while (part.from < s->bins - 1 && s->edges[part.from + 1] <= mass / s->fit.slide) ++part.from;
    while (part.to > part.from + 1 && s->edges[part.to - 1] >= mass * s->fit.slide) --part.to;
    for (i = part.from; i < part.to; ++i) filled += s->data[i] > 0;
    while (part.from > 0 && filled < PASSWDI_FIT_FILLED) filled += s->data[--part.from] > 0; /* at the sparse end */
    return part;
}
/* Kernels are only valid for the window that they exclude: a signal in bins [from, to) must not be wider. */
static passwd_status passwdi_fit_narrow(const passwd_spectrum *s, int from, int to, passwd_error *error) {
    if (!passwdi_fit_kernels(s) || to - from < 3 || log(s->edges[to - 1] / s->edges[from + 1]) <= 4.2 * s->fit.widest)
        return PASSWD_OK;
    return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
        "The kernels of the background are made for signals with a sigma of up to %.4g of their mass; one from %.6g to "
        "%.6g GeV "
        "is wider. Make the background with a larger `widest`.",
        s->fit.widest, s->edges[from], s->edges[to]);
}
static passwd_status passwdi_fit_set_new(
    passwdi_fit_set *set, const passwd_spectrum *s, const passwd_allocator *allocator, passwd_error *error) {
    passwd_status status = PASSWD_OK;
    int k;
    memset(set, 0, sizeof *set);
    set->spectrum = s;
    set->allocator = allocator;
    set->models = passwdi_fit_local(s) ? s->bins : 1;
    set->most = passwdi_fit_most(&s->fit);
    set->least = s->fit.least ? s->fit.least : 3;
    set->model = (passwdi_fit_model *)passwdi_new(allocator, (size_t)set->models, sizeof *set->model);
    set->part = (passwdi_fit_part *)passwdi_new(allocator, (size_t)set->models, sizeof *set->part);
    set->start = (double *)passwdi_new(allocator, (size_t)set->models, (1 + PASSWDI_FIT_MOST) * sizeof *set->start);
    if (!set->model || !set->part || !set->start)
        status = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the fits of %d bins.", s->bins);
    for (k = 0; k < set->models && !status; ++k) {
        set->part[k] = passwdi_fit_range(s, 0.5 * (s->edges[k] + s->edges[k + 1]));
        status = passwdi_fit_model_new(set->model + k, set->part + k, 1, NULL, 0, 0, allocator, error);
        if (status) break;
        set->start[k * (1 + PASSWDI_FIT_MOST)] = 0;
        passwdi_fit_start(
            set->model + k, s, set->part[k].from, set->model[k].channel, set->start + k * (1 + PASSWDI_FIT_MOST) + 1);
        if (passwdi_fit_room(set->model + k) > set->room) set->room = passwdi_fit_room(set->model + k);
    }
    set->room += (size_t)s->bins / sizeof(double) + 1; /* bins in use */
    if (status) passwdi_fit_set_free(set);
    return status;
}
/* Variances of the expectations of bins [from, to): derivatives, inverse of Fisher's matrix, derivatives. */
static void passwdi_fit_variances(const passwdi_fit_model *m, passwdi_fit_job *j, int from, int to, double *variance) {
    const int n = m->channel->n, at = m->channel->at;
    int i, k;
    passwdi_fit_fisher(m, j, j->x, 1);
    if (!passwdi_fit_cholesky(j->fisher, 1, m->parameters)) {
        for (i = from; i < to; ++i) variance[i - from] = NAN;
        return;
    }
    for (i = from; i < to; ++i) {
        memcpy(j->step + at, j->jac + (size_t)i * PASSWDI_FIT_LOCAL + 1, (size_t)n * sizeof *j->step);
        passwdi_fit_forward(j->fisher, 1, m->parameters, j->step);
        for (variance[i - from] = j->v[i], k = 0; k < n; ++k) variance[i - from] += j->step[at + k] * j->step[at + k];
    }
}
/* Fits the counts n of the spectrum's bins where use is not 0, from `start` (models x (1 + MOST)): the background f,
   and its variance (may be NULL). hole: kernels exclude what is around each bin, and have a floor of half an event
   spread over them. x (may be NULL): the fit of every model; *chosen: the largest number of parameters. 0: no fit. */
static int passwdi_fit_set_run(const passwdi_fit_set *set, const double *n, const unsigned char *use, int hole,
    const double *start, double *room, double tolerance, double *f, double *variance, double *x, int *chosen) {
    const int width = 1 + (int)PASSWDI_FIT_MOST;
    int k, i;
    *chosen = 0;
    for (k = 0; k < set->models; ++k) {
        const passwdi_fit_part part = set->part[k];
        const int from = set->models > 1 ? k - part.from : 0, to = set->models > 1 ? from + 1 : part.to;
        passwdi_fit_model m = set->model[k];
        passwdi_fit_channel channel = *m.channel;
        passwdi_fit_job j;
        int most = channel.n;
        m.channel = &channel; /* threads share the model, but not its number of parameters */
        passwdi_fit_job_set(&j, &m, room);
        j.n = n + part.from;
        j.use = use ? use + part.from : NULL;
        if (part.h > 0 && hole) {
            unsigned char *mine = (unsigned char *)(void *)(room + passwdi_fit_room(&m));
            double side[2] = { 0, 0 };
            for (i = 0; i < m.bins; ++i) {
                mine[i] = (unsigned char)((!use || use[part.from + i])
                    && !passwdi_fit_hole(set->spectrum, part.from + i, part.mass));
                if (mine[i]) side[i > from] += m.weight[i];
            }
            j.use = mine;
            if ((side[0] < 0.3 * side[1] || side[1] < 0.3 * side[0]) && most > 2)
                most = 2; /* cubics diverge where there is only one side band */
        }
        for (;; most = channel.n - 1) { /* what is uncertain by more than 50 % is estimated better with fewer
                                           parameters */
            double own = 0;
            memcpy(j.x, m.local ? set->start + k * width : start,
                sizeof(double) * (size_t)(1 + most)); /* the others diverge where they extrapolate */
            if (!passwdi_fit_choose(&m, &j, 1, set->least < most ? set->least : most, most, tolerance)) return 0;
            if (!(part.h > 0 && hole) || channel.n < 3) break;
            passwdi_fit_variances(&m, &j, from, to, &own);
            if (own <= 0.25 * j.f[from] * j.f[from]) break;
        }
        if (channel.n > *chosen) *chosen = channel.n;
        for (i = from; i < to; ++i) f[part.from + i] = j.f[i];
        if (part.h > 0 && hole) {
            double sum = 0;
            for (i = 0; i < m.bins; ++i) sum += m.weight[i];
            if (f[k] < 0.5 / sum) f[k] = 0.5 / sum;
        }
        if (variance) passwdi_fit_variances(&m, &j, from, to, variance + part.from + from);
        if (x)
            for (i = 0; i < width; ++i) x[k * width + i] = i < m.parameters ? j.x[i] : 0;
    }
    return 1;
}
/* Copies of spectra (their arrays are shared) whose fits may have any shape; NULL if that changes nothing, or without
   memory. */
static passwd_spectrum *passwdi_fit_loosen(
    const passwd_spectrum *spectra, int channels, const passwd_allocator *allocator) {
    passwd_spectrum *loose = NULL;
    int c, tight = 0;
    for (c = 0; c < channels; ++c) tight |= passwdi_fit_is(spectra + c) && !spectra[c].fit.any_shape;
    if (tight) loose = (passwd_spectrum *)passwdi_new(allocator, (size_t)channels, sizeof *loose);
    for (c = 0; loose && c < channels; ++c) {
        loose[c] = spectra[c];
        loose[c].fit.any_shape = 1;
    }
    return loose;
}
/* The bins used by fits: not those that are blinded, and (skip) not those excluded. */
static void passwdi_fit_bins(const passwd_spectrum *s, int skip, unsigned char *use) {
    int i;
    for (i = 0; i < s->bins; ++i)
        use[i] = !(
            passwdi_spectrum_blind(s, i) || (skip && passwdi_spectrum_within(s, i, s->fit.skip_low, s->fit.skip_high)));
}
/* Goodness of a background that was fitted with variances: a bin's share of the parameters is variance over content. */
static void passwdi_fit_goodness(
    const passwd_spectrum *s, const double *f, const double *variance, const unsigned char *use, passwd_background *b) {
    double share = 0;
    int i, groups = passwdi_fit_deviance(s->data, f, use, s->bins, &b->deviance);
    for (i = 0; i < s->bins; ++i)
        if (use[i] && f[i] > 0) share += variance[i] / f[i];
    if (passwdi_fit_rest(s)) share = b->parameters; /* part of the variance is the rest's own */
    b->degrees = share < groups ? groups - (int)floor(share + 0.5) : 0;
    b->goodness = passwdi_fit_chi_squared(b->degrees, b->deviance);
}
/* From the orthonormal functions back to the family's: p = R^-1 c, covariance R^-1 F^-1 R^-T, fisher being Cholesky's
   factor. */
static void passwdi_fit_back(const passwdi_fit_model *m, const double *x, const double *factor, passwd_background *b) {
    const int n = m->channel->n, at = m->channel->at, p = m->parameters, stride = PASSWDI_FIT_MOST;
    const double *r = m->channel->r;
    /* back: column k of R^-1 L^-T, whose square is the covariance */
    double back[PASSWDI_FIT_MOST * PASSWDI_FIT_MOST], y[PASSWDI_FIT_MOST];
    int i, j, k;
    for (k = 0; k <= n; ++k) { /* solve L^T R p = unit vector k; at last R p = c */
        for (i = 0; i < n; ++i) y[i] = k < n ? i == k : x[at + i];
        for (i = n; k < n && i-- > 0;) {
            for (j = i + 1; j < n; ++j) y[i] -= factor[(at + j) * p + at + i] * y[j];
            y[i] /= factor[(at + i) * p + at + i];
        }
        for (i = n; i-- > 0;) {
            for (j = i + 1; j < n; ++j) y[i] -= r[i * stride + j] * y[j];
            y[i] /= r[i * stride + i];
            if (k < n) back[i * stride + k] = y[i];
            else b->p[i] = y[i];
        }
    }
    for (i = 0; i < n; ++i)
        for (j = 0; j < n; ++j)
            for (k = 0; k < n; ++k) b->covariance[i * stride + j] += back[i * stride + k] * back[j * stride + k];
    for (i = 0; i < n; ++i) b->error[i] = sqrt(b->covariance[i * stride + i]);
}
static passwd_status passwdi_fit_check(const passwd_spectrum *s, const passwd_background *b, passwd_error *error) {
    const int dijet = b->family == PASSWD_BACKGROUND_DIJET, limit = dijet ? 5 : PASSWDI_FIT_MOST;
    const int kernels = b->family == PASSWD_BACKGROUND_KERNELS, rest = b->family == PASSWD_BACKGROUND_REST;
    int i;
    double outside = 0;
    if (!dijet && !kernels && !rest && b->family != PASSWD_BACKGROUND_EXPONENTIAL)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Only the dijet function, exponentials of polynomials, kernels and ratios to a rest can be fitted.");
    if (kernels
        && !(b->widest > 0 && b->widest <= 0.5 && b->bandwidth >= 0 && b->bandwidth - b->bandwidth == 0
            && b->slide == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Kernels need a widest signal of up to 0.5 of its mass and a bandwidth that is not negative, and do not "
            "slide.");
    if (b->least < 1 || b->least > b->most || b->most > limit)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The %s 1 to %d free parameters, not %d to %d.",
            dijet      ? "dijet function has"
                : rest ? "ratio of a region to its rest has"
                       : "exponentials have",
            limit, b->least, b->most);
    if (!(b->sqrt_s > 0 && b->sqrt_s - b->sqrt_s == 0 && s->edges[0] > 0 && (!dijet || s->edges[s->bins] <= b->sqrt_s)))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Masses of the %s must lie above 0%s: the spectrum goes from %.6g to %.6g GeV, sqrt(s) is %.6g GeV.",
            dijet ? "dijet function" : "exponentials", dijet ? " and below sqrt(s)" : "", s->edges[0],
            s->edges[s->bins], b->sqrt_s);
    if (!(b->skip_low <= b->skip_high && b->blind_low <= b->blind_high))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The excluded range cannot be %.6g to %.6g GeV.",
            b->skip_low <= b->skip_high ? b->blind_low : b->skip_low,
            b->skip_low <= b->skip_high ? b->blind_high : b->skip_high);
    if (kernels && b->blind_high > b->blind_low)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "Kernels cannot bridge a blinded range; fit a function instead.");
    for (i = 0; rest && s->rest && i < s->bins; ++i) outside += s->rest[i] >= 0 ? s->rest[i] : NAN;
    if (rest && !(outside > 0 && outside - outside == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "There are no events outside the region to make its background of; call passwd_spectrum_rest first.");
    if (rest && !(b->learnt >= 0 && b->learnt - b->learnt == 0 && b->drift > 0 && b->drift - b->drift == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The settings of a region's ratio are invalid: learnt %.6g GeV, drift %.6g.", b->learnt, b->drift);
    if (rest && b->slide != 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The ratio of a region to its rest cannot be fitted in sliding windows.");
    if (b->slide != 0 && !(b->slide > 1 && b->slide - b->slide == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A sliding window cannot reach from m / %.6g to m %.6g; the factor should be above 1.", b->slide, b->slide);
    return PASSWD_OK;
}
static passwd_status passwdi_fit_no_kernels(passwd_error *error) {
    return passwdi_fail(
        error, PASSWD_ERROR_NUMERIC, 0, 0, "The fit of the background kernels did not converge everywhere.");
}
/* The fit of a spectrum in effective counts; s->fit says what is wanted, and gets the results. */
static passwd_status passwdi_fit_spectrum(passwd_spectrum *s, const unsigned char *use, double *room,
    const passwdi_fit_set *set, double *variance, double *x, passwd_error *error) {
    passwd_background *b = &s->fit;
    int i, n;
    if (!passwdi_fit_set_run(set, s->data, use, 0, set->start, room, 1e-9, s->background, variance, x, &n))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The fit of the background function with %d or more parameters did not converge.", b->least);
    for (i = 0; i < s->bins; ++i) {
        s->uncertainty[i] = sqrt(variance[i]);
        if (!(s->background[i] - s->background[i] == 0 && s->uncertainty[i] - s->uncertainty[i] == 0))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The fitted function is not finite in bin %d (%.6g to %.6g GeV).", i + 1, s->edges[i], s->edges[i + 1]);
    }
    b->parameters = n;
    passwdi_fit_goodness(s, s->background, variance, use, b);
    if (passwdi_fit_kernels(s)) {
        if (!passwdi_fit_set_run(set, s->data, use, 1, x, room, 1e-9, s->background, variance, NULL, &n))
            return passwdi_fit_no_kernels(error);
        for (i = 0; i < s->bins; ++i) s->uncertainty[i] = sqrt(variance[i]);
    }
    if (set->models == 1) { /* again, for the parameters themselves */
        passwdi_fit_model m = *set->model;
        passwdi_fit_channel channel = *m.channel;
        passwdi_fit_job j;
        m.channel = &channel;
        passwdi_fit_take(&m, n);
        passwdi_fit_job_set(&j, &m, room);
        j.n = s->data;
        j.use = use;
        memcpy(j.x, x, sizeof(double) * (size_t)m.parameters);
        passwdi_fit_evaluate(&m, &j, j.x);
        passwdi_fit_fisher(&m, &j, j.x, 1);
        if (passwdi_fit_cholesky(j.fisher, 1, m.parameters)) passwdi_fit_back(&m, j.x, j.fisher, b);
    }
    return PASSWD_OK;
}
/* The bandwidth of kernels: the one that best predicts every bin from its neighbourhood, excluding its window. */
static passwd_status passwdi_fit_bandwidth(passwd_spectrum *s, const passwd_allocator *allocator, passwd_error *error) {
    double h, best = HUGE_VAL, least = 3 * s->fit.widest, chosen = s->fit.bandwidth;
    int i, n, step;
    for (step = 0; step < 7 && s->fit.bandwidth == 0; ++step) {
        passwdi_fit_set set;
        passwd_status status;
        double *room, *variance, score = 0;
        unsigned char *use;
        s->fit.kernel = h = least * pow(2, 0.5 * step);
        status = passwdi_fit_set_new(&set, s, allocator, error);
        if (status) return status;
        room = (double *)passwdi_new(allocator, set.room + 2 * (size_t)s->bins, sizeof *room);
        use = (unsigned char *)passwdi_new(allocator, (size_t)s->bins, 1);
        if (room && use) {
            passwdi_fit_bins(s, 1, use);
            variance = room + set.room;
            if (!passwdi_fit_set_run(&set, s->data, use, 1, set.start, room, 1e-6, s->background, variance, NULL, &n))
                score = HUGE_VAL;
            for (i = 0; i < s->bins; ++i)
                if (use[i]) {
                    const double f = s->background[i], d = s->data[i], more = 1 + variance[i] / f;
                    score += 2 * (f - d + (d > 0 ? d * log(d / f) : 0)) / more + log(more);
                }
        } else
            status =
                passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to fit %d bins.", s->bins);
        passwdi_delete(allocator, room);
        passwdi_delete(allocator, use);
        passwdi_fit_set_free(&set);
        if (status) return status;
        if (score < best) {
            best = score;
            chosen = h;
        }
        if (h > log(s->edges[s->bins] / s->edges[0])) break;
    }
    if (!(chosen > 0)) return passwdi_fit_no_kernels(error);
    s->fit.kernel = chosen;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_background_fit(
    passwd_spectrum *spectrum, const passwd_background *wanted, passwd_error *error) {
    passwd_background b;
    passwd_spectrum s;
    passwdi_fit_set set;
    const passwd_allocator *allocator = spectrum ? &spectrum->allocator : NULL;
    passwd_status status = passwdi_spectrum_check(spectrum, 0, error);
    double *room = NULL, *x = NULL;
    unsigned char *use = NULL;
    int i, filled = 0;
    if (status) return status;
    memset(&b, 0, sizeof b);
    if (wanted) { /* results of an earlier fit are ignored */
        b.family = wanted->family;
        b.sqrt_s = wanted->sqrt_s;
        b.least = wanted->least;
        b.most = wanted->most;
        b.skip_low = wanted->skip_low;
        b.skip_high = wanted->skip_high;
        b.blind_low = wanted->blind_low;
        b.blind_high = wanted->blind_high;
        b.slide = wanted->slide;
        b.any_shape = wanted->any_shape;
        b.learnt = wanted->learnt;
        b.drift = wanted->drift;
        b.widest = wanted->widest;
        b.bandwidth = wanted->bandwidth;
    }
    if (b.family == PASSWD_BACKGROUND_KERNELS) { /* cubics: with squares alone broad signals are biased by 0.7 sigma in
                                                    200,000 events */
        if (b.most == 0) b.most = b.least > 4 ? b.least : 4;
        if (b.least == 0) b.least = b.most < 4 ? b.most : 4;
        if (b.widest == 0) b.widest = 0.03;
    }
    if (b.family == PASSWD_BACKGROUND_REST) {
        if (b.most == 0) b.most = b.least > 3 ? b.least : 3;
        if (b.least == 0) b.least = b.learnt > 0 ? b.most : 1;
        if (b.drift == 0) b.drift = 0.5;
    }
    if (b.family == PASSWD_BACKGROUND_GIVEN)
        b.family = b.sqrt_s > 0 ? PASSWD_BACKGROUND_DIJET : PASSWD_BACKGROUND_EXPONENTIAL;
    if (b.sqrt_s == 0 && b.family != PASSWD_BACKGROUND_DIJET) b.sqrt_s = spectrum->edges[spectrum->bins];
    if (b.most == 0) b.most = b.least > 5 ? b.least : 5;
    if (b.least == 0) b.least = b.most < 3 ? b.most : 3;
    status = passwdi_fit_check(spectrum, &b, error);
    if (status) return status;
    memset(&s, 0, sizeof s);
    memset(&set, 0, sizeof set);
    status = passwdi_spectrum_effective(spectrum, &s, allocator, error);
    if (status) return status;
    for (i = 0; i < s.bins; ++i)
        if (passwdi_spectrum_within(&s, i, b.blind_low, b.blind_high)) s.data[i] = 0;
    s.fit = b;
    for (i = 0; i < s.bins; ++i)
        filled +=
            s.data[i] > 0 && !passwdi_spectrum_blind(&s, i) && !passwdi_spectrum_within(&s, i, b.skip_low, b.skip_high);
    if (filled < b.least)
        status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The background function has %d free parameters, but only %d bins have data.", b.least, filled);
    if (!status && passwdi_fit_kernels(&s)) status = passwdi_fit_bandwidth(&s, allocator, error);
    if (!status) status = passwdi_fit_set_new(&set, &s, allocator, error);
    if (!status) {
        room = (double *)passwdi_new(allocator, set.room + (size_t)s.bins, sizeof *room);
        x = (double *)passwdi_new(allocator, (size_t)set.models * (1 + PASSWDI_FIT_MOST), sizeof *x);
        use = (unsigned char *)passwdi_new(allocator, (size_t)s.bins, 1);
        if (room && x && use) {
            passwdi_fit_bins(&s, 1, use);
            status = passwdi_fit_spectrum(&s, use, room, &set, room + set.room, x, error);
        } else
            status =
                passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to fit %d bins.", s.bins);
    }
    for (i = 0; i < s.bins && !status; ++i) {
        spectrum->background[i] = s.background[i] * s.variance[i];
        spectrum->uncertainty[i] = s.uncertainty[i] * s.variance[i];
    }
    if (!status) spectrum->fit = s.fit;
    passwdi_delete(allocator, room);
    passwdi_delete(allocator, x);
    passwdi_delete(allocator, use);
    passwdi_fit_set_free(&set);
    passwd_spectrum_free(&s);
    return status;
}
PASSWD_DEF passwd_status passwd_background_check(const passwd_spectrum *spectrum, passwd_error *error) {
    if (!spectrum) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The spectrum is NULL.");
    if (spectrum->fit.family == PASSWD_BACKGROUND_SEARCHED)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The background is made of the searched data, including the searched masses: it contains the signal, "
            "and p-values and limits would be wrong. Fit a function, or use kernels of another sample.");
    if (spectrum->fit.family == PASSWD_BACKGROUND_GIVEN || spectrum->fit.parameters > 0) return PASSWD_OK;
    return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
        "The background is marked as fitted, but it has no fit; call passwd_background_fit.");
}

PASSWD_DEF passwd_status passwd_background_dijet(passwd_spectrum *spectrum, double sqrt_s, double skip_low,
    double skip_high, passwd_dijet_fit *fit, passwd_error *error) {
    passwd_background wanted;
    passwd_dijet_fit result;
    passwd_status status;
    int i, k, used = 0;
    memset(&wanted, 0, sizeof wanted);
    memset(&result, 0, sizeof result);
    wanted.family = PASSWD_BACKGROUND_DIJET;
    wanted.sqrt_s = sqrt_s;
    wanted.skip_low = skip_low;
    wanted.skip_high = skip_high;
    wanted.least = wanted.most = fit && fit->parameters ? fit->parameters : 4;
    if (wanted.least < 3 || wanted.least > 5)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The dijet function has 3 to 5 free parameters, not %d.", wanted.least);
    status = passwd_background_fit(spectrum, &wanted, error);
    if (status || !fit) return status;
    result.parameters = wanted.least;
    result.ln_p1 = spectrum->fit.p[0];
    for (i = 0; i < 5; ++i) {
        result.p[i] = i ? spectrum->fit.p[i] : exp(result.ln_p1);
        result.error[i] = i ? spectrum->fit.error[i] : result.p[0] * spectrum->fit.error[0];
        for (k = 0; k < 5; ++k) result.covariance[i * 5 + k] = spectrum->fit.covariance[i * PASSWDI_FIT_MOST + k];
    }
    for (i = 0; i < spectrum->bins; ++i) {
        const double n = spectrum->data[i], f = spectrum->background[i];
        if (passwdi_spectrum_within(spectrum, i, skip_low, skip_high)) continue;
        result.deviance += 2 * (f - n + (n > 0 ? n * log(n / f) : 0));
        ++used;
    }
    result.degrees = used - result.parameters;
    result.p_value = passwdi_fit_chi_squared(result.degrees, result.deviance);
    *fit = result;
    return PASSWD_OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   BumpHunter
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWDI_HUNT_HALF_LOG_2PI 0.91893853320467274178

/* --- tails of the normal and Poisson distributions --- */

/* Continued fraction b0 + a1 / (b1 + a2 / (b2 + ...)) by the method of Lentz and of Thompson and Barnett (J. Comput.
   Phys. 64 (1986) 490). Start with value = c = b0, d = 0. */
typedef struct passwdi_hunt_fraction {
    double value, c, d;
} passwdi_hunt_fraction;
static int passwdi_hunt_more(passwdi_hunt_fraction *f, double a, double b) {
    double change;
    f->d = b + a * f->d;
    f->c = b + a / f->c;
    if (f->d == 0.0) f->d = 1e-300;
    if (f->c == 0.0) f->c = 1e-300;
    f->d = 1.0 / f->d;
    change = f->c * f->d;
    f->value *= change;
    return fabs(change - 1.0) > 3e-16;
}

/* Mills's ratio P(x > z) / density(z) of a normal number, z >= 0; half_square is z^2 / 2. NIST DLMF 7.9.1. */
static double passwdi_hunt_mills(double z, double half_square) {
    passwdi_hunt_fraction f;
    int i = 1;
    if (z < 10.0) return 1.25331413731550025121 * exp(half_square) * erfc(z * 0.70710678118654752440);
    f.value = f.c = z;
    f.d = 0.0;
    while (i < 1000 && passwdi_hunt_more(&f, (double)i, z)) i++;
    return 1.0 / f.value;
}
PASSWD_DEF double passwd_log_normal_above(double z) {
    if (z < 0.0) return log1p(-0.5 * erfc(z * -0.70710678118654752440));
    if (z < 10.0) return log(0.5 * erfc(z * 0.70710678118654752440));
    if (z > 1e154) return -HUGE_VAL;
    return log(passwdi_hunt_mills(z, 0.5 * z * z)) - 0.5 * z * z - PASSWDI_HUNT_HALF_LOG_2PI;
}
/* z of P(x > z) = p <= 1/2 within 5e-4: M. Abramowitz and I. Stegun, Handbook of Mathematical Functions, 26.2.23. */
static double passwdi_hunt_rough_normal(double log_p) {
    const double t = sqrt(-2.0 * log_p);
    return t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
}
/* Newton's method on ln P(x > z), whose derivative is -1 / (Mills's ratio). As ln P is concave, it cannot diverge. */
PASSWD_DEF double passwd_significance(double log_p) {
    double z, step;
    int i;
    if (!(log_p <= 0.0)) return NAN;
    if (log_p == 0.0) return -HUGE_VAL;
    if (log_p < -1e300) return log_p - log_p == 0.0 ? sqrt(-log_p) * 1.41421356237309504880 : HUGE_VAL;
    if (log_p > -0.69314718055994530942) {
        const double other = log(-expm1(log_p));
        return other < -0.69314718055994530942 ? -passwd_significance(other) : 0.0;
    }
    z = passwdi_hunt_rough_normal(log_p);
    if (!(z > 0.0)) z = 0.0;
    for (i = 0; i < 50; i++) {
        step = (passwd_log_normal_above(z) - log_p) * passwdi_hunt_mills(z, 0.5 * z * z);
        z += step;
        if (z < 0.0) z = 0.0;
        if (fabs(step) <= 1e-15 * z) break;
    }
    return z;
}

/* Half the deviance of n for a mean of b: n ln(n / b) - n + b, without cancellation where n and b are close: with v =
   (n - b) / (n + b) it is (n + b) ((1 + v) artanh v - v). */
static double passwdi_hunt_deviance(double n, double b) {
    const double v = (n - b) / (n + b), w = v * v;
    if (n == 0.0) return b;
    if (fabs(v) > 0.1) return n * (n < 1e300 * b ? log(n / b) : log(n) - log(b)) - (n - b);
    return (n + b) * w
        * (1.0
            + (1.0 + v) * v
                * (1.0 / 3.0
                    + w
                        * (1.0 / 5.0
                            + w
                                * (1.0 / 7.0
                                    + w
                                        * (1.0 / 9.0
                                            + w * (1.0 / 11.0 + w * (1.0 / 13.0 + w * (1.0 / 15.0 + w / 17.0))))))));
}
/* ln Gamma(n) without its leading terms (n - 1/2) ln n - n + ln(2 pi) / 2, n >= 16: Stirling's series, DLMF 5.11.1. */
static double passwdi_hunt_stirling(double n) {
    const double w = 1.0 / (n * n);
    return (1.0 / 12.0
               - w
                   * (1.0 / 360.0
                       - w * (1.0 / 1260.0 - w * (1.0 / 1680.0 - w * (1.0 / 1188.0 - w * (691.0 / 360360.0))))))
        / n;
}
/* ln Gamma(n + 1), n >= 0. lgamma is not used because it writes a global variable. */
static double passwdi_hunt_log_factorial(double n) {
    double product = 1.0;
    while (n < 16.0) product *= n += 1.0;
    return (n + 0.5) * log(n) - n + PASSWDI_HUNT_HALF_LOG_2PI + passwdi_hunt_stirling(n) - log(product);
}
/* ln Gamma(n + 1) without its leading terms, n > 0. */
static double passwdi_hunt_remainder(double n) {
    if (n >= 16.0) return passwdi_hunt_stirling(n);
    return passwdi_hunt_log_factorial(n) - ((n + 0.5) * log(n) - n + PASSWDI_HUNT_HALF_LOG_2PI);
}
/* The continued fraction of the incomplete beta function, DLMF 8.17.22. */
static double passwdi_hunt_beta_fraction(double a, double b, double p) {
    passwdi_hunt_fraction f;
    int m;
    f.value = f.c = 1.0;
    f.d = 0.0;
    for (m = 0; m < 100000; m++) {
        const int more = passwdi_hunt_more(&f, -(a + m) * (a + b + m) * p / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)), 1.0);
        const double n = m + 1.0;
        if (!passwdi_hunt_more(&f, n * (b - n) * p / ((a + 2.0 * n - 1.0) * (a + 2.0 * n)), 1.0) && !more) break;
    }
    return f.value;
}
/* ln(b^n e^-b / Gamma(n + 1)), b > 0. For large n in the form of C. Loader, Fast and accurate computation of binomial
   probabilities (2000): the large terms cancel before anything is rounded. */
static double passwdi_hunt_log_density(double n, double b) {
    if (n < 16.0) return n * log(b) - b - passwdi_hunt_log_factorial(n);
    return -passwdi_hunt_deviance(n, b) - passwdi_hunt_stirling(n) - 0.5 * log(n) - PASSWDI_HUNT_HALF_LOG_2PI;
}

/* Coefficients of eta^n in c_k(eta) of Temme's expansion, k by k: exact rationals by DLMF 8.12.12, rounded once. Enough
   of them for 10^-17 at a >= 24 and |eta| < 0.47. */
static const unsigned char passwdi_hunt_terms[10] = { 18, 16, 15, 13, 11, 9, 7, 7, 5, 3 };
static const double passwdi_hunt_temme[104] = { -0.33333333333333331, 0.083333333333333329, -0.014814814814814815,
    0.0011574074074074073, 0.00035273368606701942, -0.0001787551440329218, 3.9192631785224377e-05,
    -2.185448510679992e-06, -1.85406221071516e-06, 8.2967113409530865e-07, -1.7665952736826078e-07,
    6.7078535434014984e-09, 1.0261809784240309e-08, -4.3820360184533529e-09, 9.1476995822367902e-10,
    -2.5514193994946248e-11, -5.8307721325504256e-11, 2.4361948020667415e-11, -0.0018518518518518519,
    -0.003472222222222222, 0.0026455026455026454, -0.00099022633744855963, 0.00020576131687242798,
    -4.018775720164609e-07, -1.8098550334489977e-05, 7.6491609160811098e-06, -1.6120900894563446e-06,
    4.647127802807434e-09, 1.3786334469157209e-07, -5.7525456035177047e-08, 1.1951628599778148e-08,
    -1.7543241719747647e-11, -1.0091543710600413e-09, 4.1627929918425828e-10, 0.0041335978835978834,
    -0.0026813271604938273, 0.0007716049382716049, 2.0093878600823047e-06, -0.0001073665322636516,
    5.2923448829120125e-05, -1.2760635188618728e-05, 3.4235787340961378e-08, 1.3721957309062934e-06,
    -6.2989921383800548e-07, 1.4280614206064242e-07, -2.0477098421990866e-10, -1.409252991086752e-08,
    6.2289740849220218e-09, -1.3670488396617114e-09, 0.00064943415637860077, 0.00022947209362139917,
    -0.0004691894943952557, 0.00026772063206283885, -7.5618016718839766e-05, -2.3965051138672968e-07,
    1.1082654115347302e-05, -5.6749528269915965e-06, 1.4230900732435883e-06, -2.7861080291528143e-11,
    -1.6958404091930278e-07, 8.0994649053880827e-08, -1.9111168485973655e-08, -0.00086188829091671173,
    0.00078403922172006662, -0.00029907248030319018, -1.4638452578843418e-06, 6.6414982154651219e-05,
    -3.9683650471794347e-05, 1.1375726970678419e-05, 2.5074972262375329e-10, -1.6954149536558305e-06,
    8.9075075322053094e-07, -2.2929348340008049e-07, -0.00033679855336635813, -6.9728137583658571e-05,
    0.00027727532449593918, -0.00019932570516188847, 6.797780477937208e-05, 1.4190629206439671e-07,
    -1.3594048189768693e-05, 8.018470256334202e-06, -2.2914811765080952e-06, 0.00053130793646399225,
    -0.00059216643735369393, 0.0002708782096718045, 7.9023532326603281e-07, -8.1539693675619691e-05,
    5.6116827531062497e-05, -1.8329116582843375e-05, 0.00034436760689237765, 5.1717909082605919e-05,
    -0.00033493161081142234, 0.00028126951547632369, -0.00010976582244684731, -1.2741009095484485e-07,
    2.7744451511563645e-05, -0.00065262391859530937, 0.00083949872067208726, -0.00043829709854172099,
    -6.9690914584205523e-07, 0.00016644846642067547, -0.00059676129019274626, -7.2048954160200109e-05,
    0.0006782308837667328 };
/* The sum of c_k(eta) a^-k / sqrt(a), z = |eta| sqrt(a) being the root of twice the deviance. */
static int passwdi_hunt_near(double a, double x) { return a >= 24.0 && fabs(x - a) <= 0.4 * a; }
static double passwdi_hunt_correction(double a, double x, double z) {
    const double root = sqrt(a), eta = x < a ? -z / root : z / root, *c = passwdi_hunt_temme;
    const int most = fabs(eta) < 0.01 ? 8
        : fabs(eta) < 0.05            ? 11
                                      : 18; /* coefficients fall like 3.5^-n, the radius of convergence */
    double sum = 0.0, scale = 1.0 / root;
    int k, i;
    for (k = 0; k < 10 && scale > 1e-15; c += passwdi_hunt_terms[k], k++, scale /= a) {
        double term = 0.0;
        for (i = passwdi_hunt_terms[k] < most ? passwdi_hunt_terms[k] : most; i-- > 0;) term = term * eta + c[i];
        sum += term * scale;
    }
    return sum;
}
/* ln of the regularised incomplete gamma functions P(a, x) and (upper) Q(a, x); a, x > 0. N. Temme, SIAM J. Math. Anal.
   10 (1979) 757: with a eta^2 / 2 the deviance and z = |eta| sqrt(a), the smaller of the two is the density of a normal
   number at z times (Mills's ratio +- the correction). Elsewhere the power series, DLMF 8.7.1, and the continued
   fraction, 8.9.2, take few terms. */
static double passwdi_hunt_log_gamma(double a, double x, int upper) {
    double lesser; /* ln of the one that is at most about one half */
    int small_is_upper = x > a;
    if (passwdi_hunt_near(a, x)) {
        const double d = passwdi_hunt_deviance(a, x), z = sqrt(2.0 * d), sum = passwdi_hunt_correction(a, x, z);
        lesser = log(passwdi_hunt_mills(z, d) + (small_is_upper ? sum : -sum)) - d - PASSWDI_HUNT_HALF_LOG_2PI;
    } else if (x < a + 1.0) {
        double sum = 1.0, term = 1.0, n = a;
        small_is_upper = 0;
        while (term > 1e-17 * sum) {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        lesser = passwdi_hunt_log_density(a, x) + log(sum);
    } else {
        passwdi_hunt_fraction f;
        double n = 1.0;
        small_is_upper = 1;
        f.value = f.c = x + 1.0 - a;
        f.d = 0.0;
        while (n < 1e4 && passwdi_hunt_more(&f, n * (a - n), x + 2.0 * n + 1.0 - a)) n += 1.0;
        lesser = passwdi_hunt_log_density(a, x) + log(a / f.value);
    }
    if (lesser > 0.0) lesser = 0.0;
    return upper == small_is_upper ? lesser : log1p(-exp(lesser));
}
PASSWD_DEF double passwd_log_poisson_above(double n, double b) {
    if (!(b >= 0.0) || n != n) return NAN;
    if (n <= 0.0 || (b > DBL_MAX && n <= DBL_MAX)) return 0.0;
    if (b == 0.0 || n > DBL_MAX) return -HUGE_VAL;
    return passwdi_hunt_log_gamma(n, b, 0);
}
PASSWD_DEF double passwd_log_poisson_below(double n, double b) {
    if (!(b >= 0.0) || n != n) return NAN;
    if (n < 0.0 || (b > DBL_MAX && n <= DBL_MAX)) return -HUGE_VAL;
    if (b == 0.0 || n > DBL_MAX) return 0.0;
    return passwdi_hunt_log_gamma(n + 1.0, b, 1);
}

/* --- Poisson random numbers --- */

/* One mechanism for all means: the smallest n with P(at most n) > u, for a uniform u. It grows with the mean at the
   same u, as injections need. Where the mean stays the same for all toys, tables store the answers. */

static double passwdi_hunt_unit(uint32_t high, uint32_t low) {
    const double u = ((double)high + ((double)low + 0.5) / 4294967296.0) / 4294967296.0;
    return u < 1.0 ? u : 1.0 - DBL_EPSILON / 2.0;
}
static double passwdi_hunt_uniform(uint64_t seed, uint32_t stream, uint32_t counter) {
    return passwdi_hunt_unit(passwd_random_bits(seed, stream, counter), passwd_random_bits(seed, stream, counter + 1));
}

/* P(at most n) and the density at n, without logarithms if possible. */
static double passwdi_hunt_cumulative(double n, double mean, double *density) {
    const double a = n + 1.0;
    double d, z, e, lesser;
    if (!passwdi_hunt_near(a, mean)) {
        *density = n == 0.0 ? exp(-mean) : exp(passwdi_hunt_log_density(n, mean));
        return n == 0.0 ? *density : exp(passwd_log_poisson_below(n, mean));
    }
    d = passwdi_hunt_deviance(a, mean);
    z = sqrt(2.0 * d);
    e = 0.39894228040143267794 * exp(-d);
    lesser = 0.5 * erfc(z * 0.70710678118654752440) + e * (mean > a ? 1.0 : -1.0) * passwdi_hunt_correction(a, mean, z);
    *density = e * exp(-passwdi_hunt_stirling(a)) * sqrt(a) / mean;
    return mean > a ? lesser : 1.0 - lesser;
}
/* A first guess by the Cornish-Fisher expansion, Newton's method until a few dozen steps are left, then step by
   step. */
static double passwdi_hunt_quantile(double u, double mean) {
    const double deviation = sqrt(mean);
    double n = 0.0, sum, density;
    int i;
    if (!(mean > 0.0)) return 0.0;
    if (mean > 12.0) {
        const double z = u < 0.5 ? -passwdi_hunt_rough_normal(log(u)) : passwdi_hunt_rough_normal(log1p(-u));
        n = floor(mean + deviation * z + (z * z - 1.0) / 6.0);
        if (n < 0.0) n = 0.0;
    }
    for (i = 0;; i++) {
        double step;
        sum = passwdi_hunt_cumulative(n, mean, &density);
        step = (u - sum) / density;
        if (i == 8 || mean <= 12.0 || !(fabs(step) > 32.0)) break;
        if (fabs(step) > deviation) step = step < 0.0 ? -deviation : deviation;
        n = floor(n + step);
        if (n < 0.0) n = 0.0;
    }
    if (u < sum) {
        while (n > 0.0 && u < sum - density) {
            sum -= density;
            density *= n / mean;
            n -= 1.0;
        }
    } else
        while (u >= sum
            && (density > 1e-20 || n < mean)) { /* beyond this a double cannot distinguish the probability from 1 */
            n += 1.0;
            density *= mean / n;
            sum += density;
        }
    return n;
}

/* --- toys made of events --- */

typedef struct passwdi_resample {
    const passwd_spectrum_events *events;
    int32_t *place; /* bin of every event, -1: none */
    double *ratio;  /* of every bin: background / data, and e^-that */
    int part;       /* 1: of a region and its rest; the ratio is the region's share */
} passwdi_resample;
static void passwdi_resample_free(passwdi_resample *r, const passwd_allocator *allocator) {
    passwdi_delete(allocator, r->place);
    passwdi_delete(allocator, r->ratio);
    memset(r, 0, sizeof *r);
}
/* s: in effective counts. What it allocates is freed by passwdi_resample_free, also after errors. */
static passwd_status passwdi_resample_new(passwdi_resample *r, const passwd_spectrum_events *v,
    const passwd_spectrum *s, const double *background, const passwd_allocator *allocator, passwd_error *error) {
    int64_t e;
    int i;
    if (v->count < 0 || (v->count > 0 && (!v->number || !v->mass)))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "Toys made of events need the numbers and masses of the events.");
    r->events = v;
    r->part = passwdi_fit_rest(s);
    r->place = (int32_t *)passwdi_new(allocator, passwdi_items(v->count + 1, 1), sizeof *r->place);
    r->ratio = (double *)passwdi_new(allocator, (size_t)s->bins, 2 * sizeof *r->ratio);
    if (!r->place || !r->ratio)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for toys of %lld events.",
            (long long)v->count);
    for (e = 0; e < v->count; e++) {
        const int bin = v->mass[e] == v->mass[e] ? passwdi_spectrum_bin(s->edges, s->bins, v->mass[e]) : -1;
        r->place[e] = bin < s->bins ? bin : -1;
    }
    for (i = 0; i < s->bins; i++) {
        const double data = r->part ? passwdi_fit_all(s, i) / s->variance[i] : s->data[i];
        r->ratio[2 * i] = data > 0.0 && background[i] > 0.0 ? background[i] / data : 0.0;
        r->ratio[2 * i + 1] = exp(-r->ratio[2 * i]);
    }
    return PASSWD_OK;
}
/* Contents of toy number `toy` in effective counts, to counts[0], counts[stride], ...: each event is copied as often as
   its random number says (for a share: once or not at all). Bins without data have no events; the caller draws them. */
static void passwdi_resample_draw(
    const passwdi_resample *r, const passwd_spectrum *s, int64_t toy, double *counts, int stride) {
    const passwd_spectrum_events *v = r->events;
    const uint64_t own = r->part ? v->seed ^ UINT64_C(0xa0761d6478bd642f) : v->seed; /* distinct from spectra */
    const uint64_t seed = own + (uint64_t)(toy >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    int64_t e;
    int i;
    for (i = 0; i < s->bins; i++) counts[i * stride] = 0.0;
    for (e = 0; e < v->count; e++) {
        const int64_t number = v->number[e];
        const double *ratio;
        double u, term, n = 0.0;
        if (r->place[e] < 0) continue;
        ratio = r->ratio + 2 * r->place[e];
        u = ((double)passwd_random_bits(seed + (uint64_t)(number >> 32), (uint32_t)toy, (uint32_t)number) + 0.5)
            / 4294967296.0;
        if (r->part) n = u < ratio[0];
        else
            for (term = ratio[1]; u >= term && n < 1e4 && (term > 1e-18 || n < ratio[0]); term *= ratio[0] / n) {
                u -= term;
                n += 1.0;
            }
        counts[r->place[e] * stride] += v->weight ? n * v->weight[e] : n;
    }
    for (i = 0; i < s->bins; i++) counts[i * stride] /= s->variance[i] > 0.0 ? s->variance[i] : 1.0;
}

/* Table of a bin of the toys: cdf[i] = P(at most first + i), and for every value of the uniform's highest bits the
   first possible i (H.-C. Chen and Y. Asau, AIIE Trans. 6 (1974) 163). No table: cdf is NULL. */
typedef struct passwdi_hunt_bin {
    double mean, first;
    double *cdf;
    uint16_t *guide;
    int count, bits;
} passwdi_hunt_bin;
#define PASSWDI_HUNT_MOST 1e5         /* largest mean with a table */
enum { PASSWDI_HUNT_ROOM = 1 << 22 }; /* numbers in all tables */

/* Sets first, count and bits. What lies outside the table has a probability below 2^-54, the resolution of a
   uniform. */
static void passwdi_hunt_bin_plan(passwdi_hunt_bin *bin) {
    const double width = 9.0 * sqrt(bin->mean);
    bin->first = floor(bin->mean - width - 10.0);
    if (bin->first < 0.0) bin->first = 0.0;
    bin->count = (int)(ceil(bin->mean + width + 30.0) - bin->first) + 1;
    for (bin->bits = 4; bin->bits < 10 && (1 << bin->bits) < width; bin->bits++) {}
}
static void passwdi_hunt_bin_fill(passwdi_hunt_bin *bin) {
    const int cells = 1 << bin->bits, middle = (int)(floor(bin->mean) - bin->first);
    double *cdf = bin->cdf, below = bin->first > 0.0 ? exp(passwd_log_poisson_below(bin->first - 1.0, bin->mean)) : 0.0;
    int i, k;
    cdf[middle] = exp(passwdi_hunt_log_density(bin->first + middle, bin->mean));
    for (i = middle; i > 0; i--) cdf[i - 1] = cdf[i] * (bin->first + i) / bin->mean;
    for (i = middle + 1; i < bin->count; i++) cdf[i] = cdf[i - 1] * bin->mean / (bin->first + i);
    for (i = 0; i < bin->count; i++) cdf[i] = below += cdf[i];
    cdf[bin->count - 1] = 2.0; /* the search ends here */
    for (i = k = 0; k < cells; k++) {
        while (cdf[i] <= (double)k / cells) i++;
        bin->guide[k] = (uint16_t)i;
    }
}
/* The second random word is drawn only if the first does not decide. */
static double passwdi_hunt_draw(const passwdi_hunt_bin *bin, uint64_t seed, uint32_t stream, uint32_t counter) {
    const uint32_t high = passwd_random_bits(seed, stream, counter);
    const double *at = bin->cdf + bin->guide[high >> (32 - bin->bits)];
    double u = (double)high / 4294967296.0;
    while (*at <= u) at++;
    if (*at <= u + 1.0 / 4294967296.0) {
        u = passwdi_hunt_unit(high, passwd_random_bits(seed, stream, counter + 1));
        while (*at <= u) at++;
    }
    return bin->first + (double)(at - bin->cdf);
}

/* --- windows --- */

typedef struct passwdi_hunt_channel {
    const passwd_spectrum *spectrum;
    int first, end;      /* bins considered: from the first to the last with background */
    size_t offset;       /* of its bins among those of all channels */
    int32_t *from, *to;  /* bins of every window; equal: none. Planes: corners in the table of sums (below), */
    int32_t *rise;       /* and how far below them the lower corners are; else NULL */
    double *scale;       /* background of every window; with side bands: over that of the bins outside, 0 if there
                            is none */
    passwdi_fit_set fit; /* of a fitted background; models = 0: none */
    size_t start;        /* of its parameters among those of all channels */
} passwdi_hunt_channel;
#define PASSWDI_HUNT_STEPS 16.0
enum { PASSWDI_HUNT_LEVELS = 640 };
typedef struct passwdi_hunt_plan {
    passwd_hunt_options options; /* with the defaults filled in */
    const passwd_allocator *allocator;
    int channels, largest; /* the most bins of a channel */
    int64_t windows;
    size_t bins, table;        /* of all channels: bins, sums over them */
    double least;              /* planes: a background above rounding errors */
    const passwd_plane *plane; /* if the only channel is a plane; else NULL */
    passwdi_hunt_channel *channel;
    passwdi_hunt_bin *bin; /* for toys, of all channels; and of the sample of a plane's background */
    double *cdf;
    uint16_t *guide;
    const double *signal;    /* injected on top of the first channel, for one event; or NULL */
    passwd_spectrum *counts; /* the channels in effective counts, own copies; and as given: */
    const passwd_spectrum *given;
    size_t room, parameters;               /* of the largest fit, of the starts of all; 0: nothing is fitted */
    unsigned char *use;                    /* bins used by fits */
    double *start;                         /* of the fits of toys */
    passwdi_resample resample;             /* of options.events */
    double level[PASSWDI_HUNT_LEVELS + 1]; /* passwdi_hunt_reach(i / STEPS) */
} passwdi_hunt_plan;

/* A sum over bins as two doubles, so that the difference of two prefix sums is accurate even where it is tiny. */
typedef struct passwdi_hunt_sum {
    double high, low;
} passwdi_hunt_sum;
static void passwdi_hunt_sums(const double *x, int bins, passwdi_hunt_sum *sums) {
    int i;
    sums[0].high = sums[0].low = 0.0;
    for (i = 0; i < bins; i++) { /* D. Knuth's exact sum of two */
        const double a = sums[i].high, b = x[i], s = a + b, part = s - a;
        sums[i + 1].high = s;
        sums[i + 1].low = sums[i].low + ((a - (s - part)) + (b - part));
    }
}
static double passwdi_hunt_between(const passwdi_hunt_sum *sums, int from, int to) {
    return (sums[to].high - sums[from].high) + (sums[to].low - sums[from].low);
}

static passwd_status passwdi_hunt_bad_bin(
    passwd_error *error, int channel, int channels, const passwd_spectrum *s, int bin, const char *what) {
    char where[32] = "";
    if (channels > 1) snprintf(where, sizeof where, " of channel %d", channel + 1);
    return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "Bin %d of %d (%g to %g GeV)%s %s.", bin + 1, s->bins,
        s->edges[bin], s->edges[bin + 1], where, what);
}
static int passwdi_hunt_content(double x) { return x >= 0.0 && x <= 1e15; } /* counts are exact in doubles up to here */
static passwd_status passwdi_hunt_check_spectrum(
    const passwdi_hunt_plan *p, const passwd_spectrum *s, int c, passwd_error *error) {
    const passwd_plane *plane = p->plane;
    const int channels = p->channels, uncertainty = p->options.uncertainty;
    int i, weighted;
    double sum = 0.0;
    if (s->bins < 1 || !s->edges || !s->data || !s->background || (uncertainty && !s->uncertainty))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Spectrum %d of %d has no bins, or its edges, data, background%s are missing.", c + 1, channels,
            uncertainty ? " or uncertainty" : "");
    weighted = passwdi_spectrum_weighted(s);
    for (i = 0; i < s->bins; i++) {
        const char *what = NULL;
        if (passwdi_spectrum_blind(s, i)) continue;
        if (!(s->edges[i] < s->edges[i + 1]) || s->edges[i + 1] - s->edges[i] > DBL_MAX)
            what = "has edges that do not rise";
        else if (!passwdi_hunt_content(weighted ? fabs(s->data[i]) : s->data[i]))
            what = "has data that are NaN, negative or above 1e15";
        else if (!passwdi_hunt_content(s->background[i])) what = "has a background that is NaN, negative or above 1e15";
        else if (uncertainty && !passwdi_hunt_content(s->uncertainty[i]))
            what = "has an uncertainty that is NaN, negative or above 1e15";
        else if (s->background[i] == 0.0 && s->data[i] > 0.0 && !plane)
            what = "has data but no background, so that its probability is undefined";
        if (what && plane)
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "The bin of the plane above (%g, %g) %s.",
                plane->x[i % plane->columns], plane->y[i / plane->columns], what);
        if (what) return passwdi_hunt_bad_bin(error, c, channels, s, i, what);
        sum += s->background[i];
    }
    if (sum > 0.0) return PASSWD_OK;
    return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
        "The background of spectrum %d of %d is empty: there is nothing to compare the data with.", c + 1, channels);
}
/* Fills in defaults. `range`: bins considered. */
static passwd_status passwdi_hunt_check_options(
    passwd_hunt_options *o, int bins, int range, int fitted, passwd_error *error) {
    const int part = bins / (fitted ? 4 : 2); /* more would leave a fit too few bins */
    if (o->toys < 0 || o->threads < 0 || o->step < 0 || o->width_min < 0 || o->width_max < 0 || o->width_step < 0
        || o->shift < PASSWD_HUNT_STEP || o->shift > PASSWD_HUNT_WHOLE)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The numbers of toys and threads, the steps and widths of windows cannot be negative, and the shift must "
            "be one of the three.");
    if (o->width_min == 0) o->width_min = 1;
    if (o->width_step == 0) o->width_step = 1;
    if (o->step == 0) o->step = 1;
    if (o->width_max == 0) o->width_max = part > o->width_min ? part : o->width_min;
    if (o->threads == 0) o->threads = 1;
    if (o->threads > 256) o->threads = 256;
#ifndef _OPENMP
    o->threads = 1;
#endif
    if (o->width_min > o->width_max)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The narrowest window (%d bins) is wider than the widest one (%d bins).", o->width_min, o->width_max);
    if (o->width_max > bins)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Windows of up to %d bins do not fit into a spectrum of %d bins.", o->width_max, bins);
    if (o->width_min > range)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Windows of at least %d bins do not fit into the %d bins from the first to the last with background.",
            o->width_min, range);
    return PASSWD_OK;
}

/* By how many bins a window of this size moves. */
static int64_t passwdi_hunt_move(const passwd_hunt_options *o, int64_t size) {
    const int64_t half = size / 2 > 0 ? size / 2 : 1;
    return o->shift == PASSWD_HUNT_STEP ? o->step : o->shift == PASSWD_HUNT_HALF ? half : size;
}
/* Counts the windows of one size in a plane, and lists them if the channel has room. */
static int64_t passwdi_hunt_list_size(
    const passwdi_hunt_plan *p, passwdi_hunt_channel *ch, int64_t width, int64_t height, int64_t count) {
    const int64_t over = passwdi_hunt_move(&p->options, width), up = passwdi_hunt_move(&p->options, height);
    const int64_t columns = p->plane->columns, span = columns + 1;
    int64_t x, y;
    if (!ch->from) return count + ((columns - width) / over + 1) * ((p->plane->rows - height) / up + 1);
    for (y = height; y <= p->plane->rows; y += up)
        for (x = 0; x + width <= columns; x += over, count++) {
            ch->rise[count] = (int32_t)(height * span);
            ch->from[count] = (int32_t)(y * span + x);
            ch->to[count] = (int32_t)(y * span + x + width);
        }
    return count;
}
/* Counts the windows, and lists them if the channel has room: narrow ones first, then from low to high. */
static int64_t passwdi_hunt_list(const passwdi_hunt_plan *p, passwdi_hunt_channel *ch) {
    const passwd_hunt_options *o = &p->options;
    const int fitted = passwdi_fit_is(ch->spectrum);
    int64_t count = 0, width, height, at;
    for (width = o->width_min; width <= o->width_max; width += o->width_step) {
        /* a fit needs a side band below */
        const int64_t first = ch->first + (fitted ? (width + 1) / 2 : 0), range = ch->end - first;
        const int64_t step = passwdi_hunt_move(o, width);
        for (height = o->height_min; p->plane && height <= o->height_max; height += o->width_step)
            count = passwdi_hunt_list_size(p, ch, width, height, count);
        if (p->plane) continue;
        if (range < width) break;
        if (!ch->from) {
            count += (range - width) / step + 1;
            continue;
        }
        for (at = first; at + width <= ch->end; at += step, count++) {
            ch->from[count] = (int32_t)at;
            ch->to[count] = (int32_t)(at + width);
        }
    }
    return count;
}
/* First bin whose centre is not below x. */
static int passwdi_hunt_centre(const passwd_spectrum *s, double x) {
    int low = 0, high = s->bins;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (0.5 * (s->edges[middle] + s->edges[middle + 1]) < x) low = middle + 1;
        else high = middle;
    }
    return low;
}
/* The windows of the first channel in channel ch, and their backgrounds. */
static void passwdi_hunt_map(const passwdi_hunt_plan *p, passwdi_hunt_channel *ch, passwdi_hunt_sum *sums) {
    const passwdi_hunt_channel *lead = p->channel;
    int64_t k;
    passwdi_hunt_sums(ch->spectrum->background, ch->spectrum->bins, sums);
    for (k = 0; k < p->windows; k++) {
        double inside, outside;
        if (ch != lead) {
            int from = passwdi_hunt_centre(ch->spectrum, lead->spectrum->edges[lead->from[k]]);
            int to = passwdi_hunt_centre(ch->spectrum, lead->spectrum->edges[lead->to[k]]);
            if (from < ch->first) from = ch->first;
            if (to > ch->end) to = ch->end;
            if (to < from) to = from;
            ch->from[k] = from;
            ch->to[k] = to;
        }
        inside = passwdi_hunt_between(sums, ch->from[k], ch->to[k]);
        outside = passwdi_hunt_between(sums, ch->first, ch->from[k]) + passwdi_hunt_between(sums, ch->to[k], ch->end);
        ch->scale[k] = !p->options.sideband ? inside : outside > 0.0 ? inside / outside : 0.0;
    }
}
static void passwdi_hunt_plan_free(passwdi_hunt_plan *p) {
    int c;
    for (c = 0; c < p->channels && p->channel; c++) {
        passwdi_delete(p->allocator, p->channel[c].from);
        passwdi_delete(p->allocator, p->channel[c].to);
        passwdi_delete(p->allocator, p->channel[c].scale);
        passwdi_delete(p->allocator, p->channel[c].rise);
        passwdi_fit_set_free(&p->channel[c].fit);
    }
    for (c = 0; c < p->channels && p->counts; c++) passwd_spectrum_free(p->counts + c);
    passwdi_delete(p->allocator, p->counts);
    passwdi_delete(p->allocator, p->use);
    passwdi_delete(p->allocator, p->start);
    passwdi_delete(p->allocator, p->channel);
    passwdi_delete(p->allocator, p->bin);
    passwdi_delete(p->allocator, p->cdf);
    passwdi_delete(p->allocator, p->guide);
    passwdi_resample_free(&p->resample, p->allocator);
    memset(p, 0, sizeof *p);
}
static passwd_status passwdi_hunt_short(passwd_error *error) {
    return passwdi_fail(
        error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the windows and toys of a bump hunt.");
}
static passwd_status passwdi_hunt_no_memory(passwdi_hunt_plan *p, passwd_error *error) {
    passwdi_hunt_plan_free(p);
    return passwdi_hunt_short(error);
}
/* Whether a channel is given or fitted; its copy in effective counts. */
static passwd_status passwdi_hunt_channel_new(
    passwdi_hunt_plan *p, const passwd_spectrum *s, int c, passwd_error *error) {
    passwd_status status = passwdi_hunt_check_spectrum(p, s, c, error);
    if (!status) status = passwd_background_check(s, error);
    if (!status && passwdi_fit_kernels(s))
        status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A hunt does not support a kernel background: for a window of any width it says too little "
            "about what is in it. Use a scan, or fit a function.");
    if (!status && passwdi_fit_rest(s))
        status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A hunt does not support a background from the events outside a region. Use a scan, or fit a function.");
    if (!status && passwdi_fit_is(s) && (p->options.sideband || p->options.uncertainty))
        status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A fitted background is refitted for each window and toy: it supports neither side-band scaling nor its "
            "uncertainty in toys.");
    return status ? status : passwdi_spectrum_effective(s, p->counts + c, p->allocator, error);
}
static passwd_status passwdi_plane_check(const passwd_plane *plane, passwd_error *error) {
    passwd_status status;
    if (!plane || plane->cells.bins < 1 || (int64_t)plane->columns * plane->rows != plane->cells.bins)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The plane is NULL or invalid, or has other bins than its cells.");
    status = passwdi_spectrum_edges_check(plane->columns, plane->x, error);
    if (!status) status = passwdi_spectrum_edges_check(plane->rows, plane->y, error);
    return status;
}
/* Checks everything and lists the windows. On failure the plan is empty. */
static passwd_status passwdi_hunt_plan_new(passwdi_hunt_plan *p, const passwd_spectrum *spectra, int channels,
    const passwd_plane *plane, const passwd_hunt_options *options, const passwd_allocator *allocator,
    passwd_error *error) {
    passwd_status status;
    passwdi_hunt_sum *sums;
    int c;
    memset(p, 0, sizeof *p);
    p->allocator = allocator;
    if (!spectra || channels < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "A bump hunt needs at least one spectrum.");
    if (options) p->options = *options;
    p->channels = channels;
    p->plane = plane;
    if (plane) {
        status = passwdi_plane_check(plane, error);
        if (!status && (p->options.events || passwdi_fit_is(spectra)))
            status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "A plane needs a background given from outside, and its toys cannot be made of events.");
        if (status) return status;
        p->options.uncertainty = 1;
        for (c = 0; c < spectra->bins; c++) p->least += 1e-12 * spectra->background[c];
    }
    p->given = spectra;
    p->counts = (passwd_spectrum *)passwdi_new(allocator, (size_t)channels, sizeof *p->counts);
    if (!p->counts) return passwdi_hunt_no_memory(p, error);
    for (c = 0; c < channels; c++) {
        status = passwdi_hunt_channel_new(p, spectra + c, c, error);
        if (status) {
            passwdi_hunt_plan_free(p);
            return status;
        }
    }
    spectra = p->counts;
    p->channel = (passwdi_hunt_channel *)passwdi_new(allocator, (size_t)channels, sizeof *p->channel);
    if (!p->channel) return passwdi_hunt_no_memory(p, error);
    for (c = 0; c < channels; c++) {
        passwdi_hunt_channel *ch = p->channel + c;
        ch->spectrum = spectra + c;
        ch->offset = p->bins;
        ch->end = spectra[c].bins;
        while (!(spectra[c].background[ch->first] > 0.0)) ch->first++;
        while (!(spectra[c].background[ch->end - 1] > 0.0)) ch->end--;
        if (plane) ch->first = 0;
        if (plane) ch->end = (plane->columns + 1) * (plane->rows + 1) - 1; /* in the table */
        p->bins += (size_t)spectra[c].bins;
        if (spectra[c].bins > p->largest) p->largest = spectra[c].bins;
    }
    p->table = plane ? (size_t)p->channel->end + 1 : p->bins + (size_t)channels;
    status = passwdi_hunt_check_options(&p->options, plane ? plane->columns : spectra->bins,
        plane ? plane->columns : p->channel->end - p->channel->first, passwdi_fit_is(spectra), error);
    if (!status && plane) { /* the same for the other axis */
        passwd_hunt_options *o = &p->options, high = *o;
        high.width_min = o->height_min;
        high.width_max = o->height_max;
        status = passwdi_hunt_check_options(&high, plane->rows, plane->rows, 0, error);
        o->height_min = high.width_min;
        o->height_max = high.width_max;
    }
    if (status) {
        passwdi_hunt_plan_free(p);
        return status;
    }
    p->windows = passwdi_hunt_list(p, p->channel);
    if ((uint64_t)p->windows > (size_t)-1 / 4) return passwdi_hunt_no_memory(p, error);
    for (c = 0; c < channels; c++) {
        passwdi_hunt_channel *ch = p->channel + c;
        ch->from = (int32_t *)passwdi_new(allocator, (size_t)p->windows, sizeof *ch->from);
        ch->to = (int32_t *)passwdi_new(allocator, (size_t)p->windows, sizeof *ch->to);
        ch->scale = (double *)passwdi_new(allocator, (size_t)p->windows, sizeof *ch->scale);
        if (plane) ch->rise = (int32_t *)passwdi_new(allocator, (size_t)p->windows, sizeof *ch->rise);
        if (!ch->from || !ch->to || !ch->scale || (plane && !ch->rise)) return passwdi_hunt_no_memory(p, error);
    }
    sums = (passwdi_hunt_sum *)passwdi_new(allocator, (size_t)p->largest + 1, sizeof *sums);
    if (!sums) return passwdi_hunt_no_memory(p, error);
    passwdi_hunt_list(p, p->channel);
    for (c = 0; c < channels && !plane; c++) passwdi_hunt_map(p, p->channel + c, sums);
    passwdi_delete(allocator, sums);
    return PASSWD_OK;
}
/* What fits need in addition, if a background is fitted. */
static passwd_status passwdi_hunt_plan_fit(passwdi_hunt_plan *p, passwd_error *error) {
    int c;
    for (c = 0; c < p->channels; c++) {
        passwdi_hunt_channel *ch = p->channel + c;
        passwd_status status =
            passwdi_fit_is(ch->spectrum) ? passwdi_fit_set_new(&ch->fit, ch->spectrum, p->allocator, error) : PASSWD_OK;
        if (status) return status;
        ch->start = p->parameters;
        p->parameters += (size_t)ch->fit.models * (1 + PASSWDI_FIT_MOST);
        if (ch->fit.room > p->room) p->room = ch->fit.room;
    }
    if (!p->room) return PASSWD_OK;
    p->use = (unsigned char *)passwdi_new(p->allocator, p->bins, 1);
    p->start = (double *)passwdi_new(p->allocator, p->parameters, sizeof *p->start);
    if (!p->use || !p->start) return passwdi_hunt_short(error);
    for (c = 0; c < p->channels; c++) passwdi_fit_bins(p->counts + c, 1, p->use + p->channel[c].offset);
    return PASSWD_OK;
}

/* --- scanning: the spectrum --- */

static double passwdi_hunt_local(int deficit, double n, double b) {
    if (!(b > 0.0) || (deficit ? n >= b : n <= b)) return 0.0;
    return deficit ? passwd_log_poisson_below(n, b) : passwd_log_poisson_above(n, b);
}
/* ln P(at least n of n + m events | odds of each): the binomial density at n over a continued fraction. */
static double passwdi_hunt_log_binomial(double n, double m, double odds) {
    const double all = n + m, part = odds / (1.0 + odds), rest = 1.0 / (1.0 + odds);
    double log_p;
    if (!(n > 0.0)) return 0.0;
    if (!(m > 0.0)) return n * log(part);
    log_p = passwdi_hunt_remainder(all) - passwdi_hunt_remainder(n) - passwdi_hunt_remainder(m)
        - passwdi_hunt_deviance(n, all * part) - passwdi_hunt_deviance(m, all * rest) + 0.5 * log(all / (n * m))
        - PASSWDI_HUNT_HALF_LOG_2PI + log(rest) - log(passwdi_hunt_beta_fraction(n, m + 1.0, part));
    return log_p < 0.0 ? log_p : 0.0;
}
/* The same as passwdi_hunt_local for a background estimated from a sample of m events; infinite: it is known. */
static double passwdi_hunt_finite(int deficit, double n, double b, double m) {
    if (!(m < HUGE_VAL) || !(b > 0.0) || (deficit ? n >= b : n <= b)) return passwdi_hunt_local(deficit, n, b);
    return deficit ? passwdi_hunt_log_binomial(m, n, m / b) : passwdi_hunt_log_binomial(n, m, b / m);
}
/* Toys are scanned eight at a time, so that compilers can vectorise: all numbers are laid out as [place][lane]. Planes
   are tables of sums over all bins below and on the left of a corner (F. Crow, SIGGRAPH 1984, 207): of the data, of the
   background and of the squares of its uncertainty. */
enum { PASSWDI_HUNT_LANES = 8, PASSWDI_HUNT_BLOCK = 16 };
static double passwdi_hunt_counted(const passwdi_hunt_channel *ch, const double *x, int64_t k) {
    const double *high = x + (size_t)ch->to[k] * PASSWDI_HUNT_LANES;
    const double *left = x + (size_t)ch->from[k] * PASSWDI_HUNT_LANES;
    const size_t rise = ch->rise ? (size_t)ch->rise[k] * PASSWDI_HUNT_LANES : 0;
    return !ch->rise ? *high - *left : *high - *left - (*(high - rise) - *(left - rise));
}
/* The background of a plane's window with n events, and *m, the effective size of its sample. Less than 1e-12 of the
   total counts as none. */
static double passwdi_hunt_told(const passwdi_hunt_plan *p, const double *x, int64_t k, double n, double *m) {
    const size_t table = p->table * PASSWDI_HUNT_LANES, end = (size_t)p->channel->end * PASSWDI_HUNT_LANES;
    const double b = passwdi_hunt_counted(p->channel, x + table, k), rest = x[table + end] - b;
    const double square = passwdi_hunt_counted(p->channel, x + 2 * table, k);
    *m = square * 1e12 > b * b ? b * b / square : HUGE_VAL;
    if (!(b > p->least)) return 0.0;
    return !p->options.sideband ? b : rest > p->least ? b / rest * (x[end] - n) : 0.0;
}
/* Builds the tables of sums over all bins of a plane, one after the other. */
static void passwdi_hunt_stack(const passwdi_hunt_plan *p, double *sums) {
    const int64_t columns = p->plane ? p->plane->columns : 0, span = (columns + 1) * PASSWDI_HUNT_LANES;
    int64_t row, i;
    if (!p->plane) return;
    for (row = p->plane->rows; row-- > 0;) { /* from the last row on, so that no input is overwritten */
        const double *from = sums + row * columns * PASSWDI_HUNT_LANES;
        double *to = sums + (row + 1) * span;
        for (i = span; i-- > 0;) to[i] = from[i] - from[i % PASSWDI_HUNT_LANES];
    }
    for (i = 0; i < span; i++) sums[i] = 0.0;
    for (i = span; i < (p->plane->rows + 1) * span; i++) sums[i] += sums[i - span];
}
static double passwdi_hunt_exact(const passwdi_hunt_plan *p, const double *sums, int64_t k, double enough);
static void passwdi_hunt_look_plane(const passwdi_hunt_plan *p, const double *sums, int64_t k, passwd_hunt_window *w) {
    const passwdi_hunt_channel *ch = p->channel;
    const int span = p->plane->columns + 1, from = ch->from[k] - ch->rise[k];
    double m;
    w->first = from % span;
    w->row = from / span;
    w->width = ch->to[k] - ch->from[k];
    w->rows = ch->rise[k] / span;
    w->low = p->plane->x[w->first];
    w->high = p->plane->x[w->first + w->width];
    w->bottom = p->plane->y[w->row];
    w->top = p->plane->y[w->row + w->rows];
    w->data = passwdi_hunt_counted(ch, sums, k);
    w->background = passwdi_hunt_told(p, sums, k, w->data, &m);
    w->log_p = -passwdi_hunt_exact(p, sums, k, 0.0);
}
/* The background of a plane in toy number `toy` (-1: as it is), and in the next table its uncertainty squared: from a
   sample with a Poisson number of mean (b / u)^2 in each bin, of events of weight u^2 / b. */
static void passwdi_hunt_throw_sample(const passwdi_hunt_plan *p, uint64_t seed, int64_t toy, double *sums) {
    double *squares = sums + p->table * PASSWDI_HUNT_LANES;
    size_t i;
    seed += (uint64_t)(toy >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    *sums = *squares = 0.0;
    for (i = 0; i < p->bins; i++, sums += PASSWDI_HUNT_LANES, squares += PASSWDI_HUNT_LANES) {
        const passwdi_hunt_bin *bin = toy < 0 ? NULL : p->bin + p->bins + i;
        const uint32_t stream = (uint32_t)toy, counter = (uint32_t)i * 8u + 2u;
        const double b = p->counts->background[i], u = b > 0.0 ? p->counts->uncertainty[i] : 0.0;
        double part = 1.0; /* of the expectation */
        if (bin && bin->cdf) part = passwdi_hunt_draw(bin, seed, stream, counter) / bin->mean;
        else if (bin && bin->mean > 0.0)
            part = passwdi_hunt_quantile(passwdi_hunt_uniform(seed, stream, counter), bin->mean) / bin->mean;
        sums[PASSWDI_HUNT_LANES] = *sums + b * part;
        squares[PASSWDI_HUNT_LANES] = *squares + u * u * part;
    }
}
/* Window k of the data; sums: of all channels, one after the other with bins + 1 numbers each. */
static void passwdi_hunt_look(
    const passwdi_hunt_plan *p, const passwdi_hunt_sum *sums, int64_t k, passwd_hunt_window *w) {
    const passwdi_hunt_channel *lead = p->channel;
    int c, count = 1;
    memset(w, 0, sizeof *w);
    w->rows = 1;
    if (p->plane) passwdi_hunt_look_plane(p, (const double *)(const void *)sums, k, w);
    if (p->plane) return;
    w->first = lead->from[k];
    w->width = lead->to[k] - lead->from[k];
    w->low = lead->spectrum->edges[lead->from[k]];
    w->high = lead->spectrum->edges[lead->to[k]];
    for (c = 0; c < p->channels; c++) {
        const passwdi_hunt_channel *ch = lead + c;
        const passwdi_hunt_sum *x = sums + ch->offset + c;
        const double n = passwdi_hunt_between(x, ch->from[k], ch->to[k]);
        const double outside =
            passwdi_hunt_between(x, ch->first, ch->from[k]) + passwdi_hunt_between(x, ch->to[k], ch->end);
        const double b = p->options.sideband ? ch->scale[k] * outside : ch->scale[k],
                     log_p = passwdi_hunt_local(p->options.deficit, n, b);
        w->data += n;
        w->background += b;
        w->log_p += log_p;
        if (!(log_p < 0.0)) count = 0;
    }
    if (!count) w->log_p = 0.0;
}
/* For a plane: its tables, in the first lane. */
static passwdi_hunt_sum *passwdi_hunt_data(const passwdi_hunt_plan *p) {
    const size_t room = p->plane ? 3 * p->table * PASSWDI_HUNT_LANES / 2 : p->bins + (size_t)p->channels;
    passwdi_hunt_sum *sums = (passwdi_hunt_sum *)passwdi_new(p->allocator, room, sizeof *sums);
    int c;
    if (p->plane && sums) {
        double *x = (double *)(void *)sums;
        const size_t table = p->table * PASSWDI_HUNT_LANES;
        for (c = 0; c < p->counts->bins; c++)
            x[(c + 1) * PASSWDI_HUNT_LANES] = x[c * PASSWDI_HUNT_LANES] + p->counts->data[c];
        passwdi_hunt_throw_sample(p, 0, -1, x + table);
        for (c = 0; c < 3; c++) passwdi_hunt_stack(p, x + (size_t)c * table);
        return sums;
    }
    for (c = 0; c < p->channels && sums; c++)
        passwdi_hunt_sums(p->channel[c].spectrum->data, p->channel[c].spectrum->bins, sums + p->channel[c].offset + c);
    return sums;
}
PASSWD_DEF passwd_status passwd_hunt_windows(const passwd_spectrum *spectra, int channels,
    const passwd_hunt_options *options, passwd_hunt_window *windows, int64_t room, int64_t *count,
    passwd_error *error) {
    passwdi_hunt_plan plan;
    passwdi_hunt_sum *sums;
    passwd_status status;
    int64_t k;
    if (!count)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The pointer to the number of windows is NULL.");
    status =
        passwdi_hunt_plan_new(&plan, spectra, channels, NULL, options, spectra ? &spectra->allocator : NULL, error);
    if (status) return status;
    if (windows && room < plan.windows) {
        status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "There are %lld windows, but room for only %lld.",
            (long long)plan.windows, (long long)room);
        passwdi_hunt_plan_free(&plan);
        return status;
    }
    sums = passwdi_hunt_data(&plan);
    if (!sums) return passwdi_hunt_no_memory(&plan, error);
    for (k = 0; k < plan.windows && windows; k++) passwdi_hunt_look(&plan, sums, k, windows + k);
    *count = plan.windows;
    passwdi_delete(plan.allocator, sums);
    passwdi_hunt_plan_free(&plan);
    return PASSWD_OK;
}

/* --- scanning: toys --- */

/* The smallest (half) deviance with which a single channel may reach t: for an n above (below) the mean, the tail has
   more than P(x > sqrt(2 deviance)) of a normal x: A. Zubkov and A. Serov, Theory Probab. Appl. 57 (2013) 539; M.
   Short, ISRN Probab. Stat. 2013, 412958. */
static double passwdi_hunt_reach(double t) {
    const double z = passwd_significance(-t);
    return z > 0.0 ? 0.5 * z * z : 0.0;
}
/* The same for the sum over channels. t is a concave function of the deviance, so that for k channels it is largest if
   all have the same. Slightly less than that, for rounding. */
static double passwdi_hunt_threshold(const passwdi_hunt_plan *p, double t) {
    const double each = t / p->channels, place = each * PASSWDI_HUNT_STEPS;
    return (place < (double)PASSWDI_HUNT_LEVELS ? p->level[(int)place] : passwdi_hunt_reach(each)) * p->channels
        * (1.0 - 1e-9);
}
/* Tables for toys: means that stay the same and are not too large. */
static passwd_status passwdi_hunt_plan_toys(passwdi_hunt_plan *p, passwd_error *error) {
    const size_t all = p->plane ? 2 * p->bins : p->bins;
    size_t used = 0, cells = 0, k;
    int c, i;
    p->bin = (passwdi_hunt_bin *)passwdi_new(p->allocator, all, sizeof *p->bin);
    if (!p->bin) return passwdi_hunt_no_memory(p, error);
    for (c = 0; c < p->channels; c++)
        for (i = 0; i < p->channel[c].spectrum->bins; i++)
            p->bin[p->channel[c].offset + (size_t)i].mean = p->channel[c].spectrum->background[i];
    for (i = 0; p->plane && i < p->counts->bins; i++) {
        const double b = p->counts->background[i], u = p->counts->uncertainty[i];
        if (u > 1e-6 * b) p->bin[p->bins + (size_t)i].mean = b / u * (b / u);
    }
    for (k = 0; k < all; k++) {
        passwdi_hunt_bin *bin = p->bin + k;
        if (!(bin->mean > 0.0) || bin->mean > PASSWDI_HUNT_MOST || (p->options.uncertainty && !p->plane)) continue;
        passwdi_hunt_bin_plan(bin);
        if (used + (size_t)bin->count > PASSWDI_HUNT_ROOM) bin->count = 0;
        used += (size_t)bin->count;
        if (bin->count) cells += (size_t)1 << bin->bits;
    }
    p->cdf = (double *)passwdi_new(p->allocator, used, sizeof *p->cdf);
    p->guide = (uint16_t *)passwdi_new(p->allocator, cells, sizeof *p->guide);
    if (!p->cdf || !p->guide) return passwdi_hunt_no_memory(p, error);
    used = cells = 0;
    for (k = 0; k < all; k++)
        if (p->bin[k].count) {
            p->bin[k].cdf = p->cdf + used;
            p->bin[k].guide = p->guide + cells;
            passwdi_hunt_bin_fill(p->bin + k);
            used += (size_t)p->bin[k].count;
            cells += (size_t)1 << p->bin[k].bits;
        }
    for (i = 0; i <= PASSWDI_HUNT_LEVELS; i++) p->level[i] = passwdi_hunt_reach((double)i / PASSWDI_HUNT_STEPS);
    if (!p->options.events) return PASSWD_OK;
    return passwdi_resample_new(
        &p->resample, p->options.events, p->channel->spectrum, p->channel->spectrum->background, p->allocator, error);
}
/* The counts of toy number `toy` as prefix sums (exact: they are integers) of one lane, with `strength` signal events
   on top. Each bin uses eight random words: two for the count, four for its expectation. */
static void passwdi_hunt_throw(const passwdi_hunt_plan *p, uint64_t seed, int64_t toy, double strength, double *sums) {
    const uint32_t stream = (uint32_t)toy;
    int c, i;
    if (p->options.events) passwdi_resample_draw(&p->resample, p->channel->spectrum, toy, sums, PASSWDI_HUNT_LANES);
    seed += (uint64_t)(toy >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    for (c = 0; c < p->channels; c++) {
        const passwd_spectrum *s = p->channel[c].spectrum;
        const int resampled = c == 0 && p->options.events != NULL;
        double sum = 0.0;
        for (i = 0; i < s->bins; i++) {
            const passwdi_hunt_bin *bin = p->bin + p->channel[c].offset + i;
            const uint32_t counter = (uint32_t)(p->channel[c].offset + (size_t)i) * 8u;
            double mean = bin->mean;
            const double content = *sums;
            *sums = sum;
            sums += PASSWDI_HUNT_LANES;
            if (!(mean > 0.0)) continue;
            if (p->options.uncertainty && !p->plane && s->uncertainty[i] > 0.0) { /* Box-Muller */
                const double u = passwdi_hunt_uniform(seed, stream, counter + 2),
                             v = passwdi_hunt_uniform(seed, stream, counter + 4);
                mean += s->uncertainty[i] * sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
            }
            if (mean < 0.0) mean = 0.0;
            if (p->signal && c == 0) mean += strength * p->signal[i];
            if (resampled && s->data[i] > 0.0) sum += content;
            else if (bin->cdf && mean == bin->mean) sum += passwdi_hunt_draw(bin, seed, stream, counter);
            else sum += passwdi_hunt_quantile(passwdi_hunt_uniform(seed, stream, counter), mean);
        }
        *sums = sum;
        sums += PASSWDI_HUNT_LANES;
    }
}
/* -ln p of window k in one lane, all channels; 0 if the deviance excludes that it reaches what `enough` stands for. */
static double passwdi_hunt_exact(const passwdi_hunt_plan *p, const double *sums, int64_t k, double enough) {
    enum { LANES = PASSWDI_HUNT_LANES };
    double log_p = 0.0, deviance = 0.0;
    int c, exact;
    for (exact = 0; exact < 2; exact++)
        for (c = 0; c < p->channels; c++) {
            const passwdi_hunt_channel *ch = p->channel + c;
            const double *x = sums + (ch->offset + (size_t)c) * LANES, n = passwdi_hunt_counted(ch, x, k);
            const double all = x[(size_t)ch->end * LANES] - x[(size_t)ch->first * LANES];
            double m = HUGE_VAL, b = p->options.sideband ? ch->scale[k] * (all - n) : ch->scale[k];
            if (p->plane) b = passwdi_hunt_told(p, x, k, n, &m);
            if (exact) log_p += passwdi_hunt_finite(p->options.deficit, n, b, m);
            else if (!(b > 0.0) || (p->options.deficit ? n >= b : n <= b)) return 0.0;
            else deviance += passwdi_hunt_deviance(n, b) / (p->options.deficit ? 1.0 : 1.0 + b / m);
            if (!exact && c == p->channels - 1 && deviance < enough) return 0.0;
        }
    return log_p < 0.0 ? -log_p : 0.0;
}
/* The same for a window of a plane. For an excess, a background estimated from m events has at most 1 / (1 + w) times
   the deviance of a known one, w = b / m: d / dn of the two are ln(n (1 + w) / (b + w n)) <= ln(n / b) / (1 + w). For a
   deficit: no more. */
static void passwdi_hunt_bound(const passwdi_hunt_plan *p, const double *sums, int64_t k, double *bound) {
    enum { LANES = PASSWDI_HUNT_LANES };
    const passwdi_hunt_channel *ch = p->channel;
    const double sign = p->options.deficit ? -1.0 : 1.0, known = p->options.deficit || p->options.sideband ? 0.0 : 1.0;
    const double *end = sums + (size_t)ch->end * LANES, *all = end + p->table * LANES;
    const size_t width = (size_t)(ch->to[k] - ch->from[k]) * LANES, rise = (size_t)ch->rise[k] * LANES;
    double x[3][LANES]; /* data, background, square of its uncertainty */
    int t, lane;
    for (t = 0; t < 3; t++) {
        const double *high = sums + ((size_t)t * p->table + (size_t)ch->to[k]) * LANES;
        const double *left = high - width, *low = high - rise, *corner = left - rise;
        for (lane = 0; lane < LANES; lane++) x[t][lane] = high[lane] - left[lane] - (low[lane] - corner[lane]);
    }
    for (lane = 0; lane < LANES && p->options.sideband; lane++)
        x[1][lane] *= (end[lane] - x[0][lane]) / (fabs(all[lane] - x[1][lane]) + 1e-300);
    for (lane = 0; lane < LANES; lane++) {
        const double b = fabs(x[1][lane]) + 1e-300, d = x[0][lane] - b, two = fabs(d) + sign * d, u = two / (2.0 * b);
        bound[lane] = two * u * (0.125 + 0.1875 / (1.5 + sign * u)) * b / (b + known * fabs(x[2][lane]));
    }
}
/* Upper bounds of the deviances of a block of windows: b h(u) <= b u^2 (3 + u) / (6 + 4 u), with h(u) = (1 + u) ln(1 +
   u) - u and u = (n - b) / b > -1, from ln(1 + u) <= u (6 + u) / (6 + 4 u) (a Pade approximant); 0 without an excess
   (deficit). Returns the number of windows. The loops over lanes have no branches and only local results, so that even
   -O2 vectorises them. */
static int passwdi_hunt_bounds(const passwdi_hunt_plan *p, const double *sums, int64_t block, double *bounds) {
    enum { LANES = PASSWDI_HUNT_LANES };
    const int64_t first = block * PASSWDI_HUNT_BLOCK;
    const int count = p->windows - first < PASSWDI_HUNT_BLOCK ? (int)(p->windows - first) : PASSWDI_HUNT_BLOCK;
    const double sign = p->options.deficit ? -1.0 : 1.0;
    int i, c, lane;
    for (i = 0; i < count; i++) {
        double bound[LANES], twice[LANES]; /* 2 |n - b| */
        memset(bound, 0, sizeof bound);
        if (p->plane) passwdi_hunt_bound(p, sums, first + i, bound);
        for (c = 0; c < p->channels && !p->plane; c++) {
            const passwdi_hunt_channel *ch = p->channel + c;
            const double *x = sums + (ch->offset + (size_t)c) * LANES, scale = ch->scale[first + i],
                         inverse = scale > 0.0 ? 0.5 / scale : 0.0;
            const double *low = x + (size_t)ch->from[first + i] * LANES, *high = x + (size_t)ch->to[first + i] * LANES;
            const double *start = x + (size_t)ch->first * LANES, *end = x + (size_t)ch->end * LANES;
            if (p->options.sideband)
                for (lane = 0; lane < LANES; lane++) {
                    const double n = high[lane] - low[lane], b = scale * (end[lane] - start[lane] - n),
                                 u = (fabs(n - b) + sign * (n - b)) / (2.0 * b + 1e-300);
                    twice[lane] = fabs(n - b) + sign * (n - b);
                    bound[lane] += twice[lane] * u * (0.125 + 0.1875 / (1.5 + sign * u));
                }
            else
                for (lane = 0; lane < LANES; lane++) {
                    const double d = high[lane] - low[lane] - scale, two = fabs(d) + sign * d, u = two * inverse;
                    twice[lane] = two;
                    bound[lane] += two * u * (0.125 + 0.1875 / (1.5 + sign * u));
                }
            if (p->channels > 1)
                for (lane = 0; lane < LANES; lane++)
                    if (!(twice[lane] > 0.0)) bound[lane] = -1e300; /* all must agree */
        }
        memcpy(bounds + (size_t)i * LANES, bound, sizeof bound);
    }
    return count;
}
/* Exact probabilities of a block's windows in one lane, the most promising first, as long as one may still exceed
 *best. bounds: those of this lane; overwritten. */
static void passwdi_hunt_examine(const passwdi_hunt_plan *p, const double *sums, int64_t block, double *bounds,
    int count, double *best, double *enough) {
    for (;;) {
        int i, most = 0;
        double t;
        for (i = 1; i < count; i++)
            if (bounds[i * PASSWDI_HUNT_LANES] > bounds[most * PASSWDI_HUNT_LANES]) most = i;
        if (!(bounds[most * PASSWDI_HUNT_LANES] >= *enough) || !(bounds[most * PASSWDI_HUNT_LANES] > 0.0)) return;
        bounds[most * PASSWDI_HUNT_LANES] = -1e300;
        t = passwdi_hunt_exact(p, sums, block * PASSWDI_HUNT_BLOCK + most, *enough);
        if (!(t > *best)) continue;
        *best = t;
        *enough = passwdi_hunt_threshold(p, t);
    }
}
static int64_t passwdi_hunt_blocks(const passwdi_hunt_plan *p) {
    return (p->windows + PASSWDI_HUNT_BLOCK - 1) / PASSWDI_HUNT_BLOCK;
}
/* The statistics of eight toys: the maximum over all windows, exact to the bit, but with exact probabilities computed
   only where the bound is large enough. top: the largest bound of every block. */
static void passwdi_hunt_scan(const passwdi_hunt_plan *p, const double *sums, double *top, double *t) {
    enum { LANES = PASSWDI_HUNT_LANES };
    const int64_t blocks = passwdi_hunt_blocks(p);
    double bounds[(int)PASSWDI_HUNT_BLOCK * (int)LANES], most[LANES], enough[LANES];
    int64_t k;
    int i, lane, count;
    for (k = 0; k < blocks; k++) {
        count = passwdi_hunt_bounds(p, sums, k, bounds);
        memcpy(most, bounds, sizeof most);
        for (i = 1; i < count; i++)
            for (lane = 0; lane < LANES; lane++)
                most[lane] = bounds[i * LANES + lane] > most[lane] ? bounds[i * LANES + lane] : most[lane];
        memcpy(top + k * LANES, most, sizeof most);
    }
    for (lane = 0; lane < LANES; lane++) { /* the most promising block sets the mark ... */
        int64_t best = 0;
        for (k = 1; k < blocks; k++)
            if (top[k * LANES + lane] > top[best * LANES + lane]) best = k;
        t[lane] = enough[lane] = 0.0;
        count = passwdi_hunt_bounds(p, sums, best, bounds);
        passwdi_hunt_examine(p, sums + lane, best, bounds + lane, count, t + lane, enough + lane);
        top[best * LANES + lane] = -1e300;
    }
    for (k = 0; k < blocks; k++) { /* ... that few others reach */
        count = 0;
        for (lane = 0; lane < LANES; lane++)
            if (top[k * LANES + lane] > 0.0 && top[k * LANES + lane] >= enough[lane]) {
                if (!count) count = passwdi_hunt_bounds(p, sums, k, bounds);
                passwdi_hunt_examine(p, sums + lane, k, bounds + lane, count, t + lane, enough + lane);
            }
    }
}

/* --- fitted backgrounds: every experiment is a search of its own --- */

enum { PASSWDI_HUNT_CHANGES = 4, PASSWDI_HUNT_FEW = 100 /* events */ };
typedef struct passwdi_hunt_found {
    int64_t window;
    double t;
    int rounds;
} passwdi_hunt_found;

/* The most significant window of counts and backgrounds given as prefix sums of all channels. */
static void passwdi_hunt_best(const passwdi_hunt_plan *p, const double *n, const double *b, passwdi_hunt_found *found) {
    const double sign = p->options.deficit ? -1.0 : 1.0;
    double enough = 0.0;
    int64_t k;
    found->window = 0;
    found->t = 0.0;
    for (k = 0; k < p->windows; k++) {
        double bound = 0.0, t = 0.0;
        int c;
        for (c = 0; c < p->channels; c++) { /* the bound of passwdi_hunt_bounds */
            const passwdi_hunt_channel *ch = p->channel + c;
            const size_t from = ch->offset + (size_t)(c + ch->from[k]), to = ch->offset + (size_t)(c + ch->to[k]);
            const double mean = b[to] - b[from], d = sign * (n[to] - n[from] - mean), u = d / (mean + 1e-300);
            if (!(d > 0.0)) break;
            bound += d * u * (0.25 + 0.375 / (1.5 + sign * u));
        }
        if (c < p->channels || bound < enough) continue;
        for (c = 0; c < p->channels; c++) {
            const passwdi_hunt_channel *ch = p->channel + c;
            const size_t from = ch->offset + (size_t)(c + ch->from[k]), to = ch->offset + (size_t)(c + ch->to[k]);
            t -= passwdi_hunt_local(p->options.deficit, n[to] - n[from], b[to] - b[from]);
        }
        if (!(t > found->t)) continue;
        found->t = t;
        found->window = k;
        enough = passwdi_hunt_threshold(p, t);
    }
}
/* Fits and prefix sums of the counts n of all channels (chosen: all their parameters). 0: no fit. With few events the
   background of a window is extrapolated from far away, and functions fall to 1e-30: half an event spread over all bins
   keeps stray events from appearing as miracles. */
static int passwdi_hunt_fits(const passwdi_hunt_plan *p, const double *n, const double *start, double tolerance,
    const unsigned char *use, double *work, double *variance, double *x, int *chosen) {
    double *f = work, *b = f + p->bins, *sum = b + p->bins + (size_t)p->channels, events;
    int c, i, one = 0;
    for (*chosen = c = 0; c < p->channels; c++, b++, sum++) {
        const passwdi_hunt_channel *ch = p->channel + c;
        const size_t o = ch->offset;
        for (events = 0.0, i = 0; i < ch->spectrum->bins; i++) events += n[o + (size_t)i];
        if (!ch->fit.models) memcpy(f + o, ch->spectrum->background, (size_t)ch->spectrum->bins * sizeof *f);
        else if (events == 0.0 && !variance)
            memset(f + o, 0, (size_t)ch->spectrum->bins * sizeof *f); /* a toy without any events */
        else if (!passwdi_fit_set_run(&ch->fit, n + o, use + o, 0, start + ch->start,
                     work + 3 * p->bins + 2 * (size_t)p->channels, tolerance, f + o, variance ? variance + o : NULL,
                     x ? x + ch->start : NULL, &one))
            return 0;
        else *chosen += one;
        for (b[o] = sum[o] = 0.0, i = 0; i < ch->spectrum->bins; i++) {
            if (ch->fit.models && events < (double)PASSWDI_HUNT_FEW) f[o + (size_t)i] += 0.5 / ch->spectrum->bins;
            if (passwdi_spectrum_blind(ch->spectrum, i)) f[o + (size_t)i] = 0.0;
            b[o + (size_t)i + 1] = b[o + (size_t)i] + f[o + (size_t)i];
            sum[o + (size_t)i + 1] = sum[o + (size_t)i] + n[o + (size_t)i];
        }
    }
    return 1;
}
static size_t passwdi_hunt_search_room(const passwdi_hunt_plan *p) {
    return p->room + 5 * p->bins + 4 * (size_t)p->channels;
}
/* The whole search in the counts n: a fit to all bins, the best window, a fit without it, until the window no longer
   changes; then without more and more around it (passwdi_fit_widest) until functions describe the rest. work: starts
   with the background. use: bins. variance, x: of the last fit, or NULL. 0: not even the first fit converged. */
static int passwdi_hunt_search(const passwdi_hunt_plan *p, const double *n, const double *start, double tolerance,
    double *work, unsigned char *use, double *variance, double *x, passwdi_hunt_found *found) {
    int64_t left_out = -1;
    int c, chosen, changes = 0, wider = 0;
    memset(found, 0, sizeof *found);
    memcpy(use, p->use, p->bins);
    for (found->rounds = 1;; found->rounds++) {
        if (!passwdi_hunt_fits(p, n, start, tolerance, use, work, variance, x, &chosen)) return found->rounds > 1;
        passwdi_hunt_best(p, work + 2 * p->bins + (size_t)p->channels, work + p->bins, found);
        if (!(found->t > 0.0)) break;
        if (found->window != left_out && changes++ < PASSWDI_HUNT_CHANGES) {
            left_out = found->window;
            wider = 0;
        } else {
            int groups = 0, widest = -1;
            double deviance = 0.0, one;
            for (c = 0; c < p->channels; c++) {
                const passwdi_hunt_channel *ch = p->channel + c;
                int most;
                if (!ch->fit.models) continue;
                groups +=
                    passwdi_fit_deviance(n + ch->offset, work + ch->offset, use + ch->offset, ch->spectrum->bins, &one);
                deviance += one;
                most = passwdi_fit_widest(ch->spectrum, ch->from[left_out], ch->to[left_out]);
                if (widest < 0 || most < widest) widest = most;
            }
            if (wider >= widest || !(passwdi_fit_chi_squared(groups - chosen, deviance) < PASSWD_BACKGROUND_GOOD))
                break;
            wider++; /* what is there is broader than the windows */
        }
        for (c = 0; c < p->channels; c++) {
            const passwdi_hunt_channel *ch = p->channel + c;
            passwdi_fit_without(
                p->use + ch->offset, ch->spectrum->bins, ch->from[left_out], ch->to[left_out], wider, use + ch->offset);
        }
    }
    return 1;
}
/* Toys [first, end) of a plan with a fit. */
static void passwdi_hunt_refit(const passwdi_hunt_plan *p, uint64_t seed, double strength, int64_t first, int64_t end,
    double *work, size_t each, double *t) {
    int64_t toy;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 4) num_threads(p->options.threads)
#endif
    for (toy = first; toy < end; toy++) {
        double *mine = work, *n, *lane;
        passwdi_hunt_found found;
        int c, i;
#ifdef _OPENMP
        mine += each * (size_t)omp_get_thread_num();
#endif
        n = mine + passwdi_hunt_search_room(p);
        lane = n + p->bins;
        passwdi_hunt_throw(p, seed, toy, strength, lane);
        for (c = 0; c < p->channels; c++, lane += PASSWDI_HUNT_LANES)
            for (i = 0; i < p->counts[c].bins; i++, lane += PASSWDI_HUNT_LANES)
                n[p->channel[c].offset + (size_t)i] = lane[PASSWDI_HUNT_LANES] - *lane;
        if (!passwdi_hunt_search(
                p, n, p->start, 1e-5, mine, (unsigned char *)(void *)(n + p->bins), NULL, NULL, &found))
            found.t = NAN;
        t[toy] = found.t;
    }
#ifndef _OPENMP
    (void)each;
#endif
}
/* The search in the data: window, backgrounds (stored in the spectra of the plan), goodness; the expectation of
   toys. */
static passwd_status passwdi_hunt_fit(passwdi_hunt_plan *p, passwd_hunt_result *r, passwd_error *error) {
    double *work =
               (double *)passwdi_new(p->allocator, passwdi_hunt_search_room(p) + p->bins + p->parameters, sizeof *work),
           *variance = work ? work + passwdi_hunt_search_room(p) : NULL, deviance = 0.0;
    unsigned char *use = (unsigned char *)passwdi_new(p->allocator, p->bins, 1);
    double *counts = (double *)passwdi_new(p->allocator, p->bins, sizeof *counts);
    passwdi_hunt_sum *sums = (passwdi_hunt_sum *)passwdi_new(p->allocator, (size_t)p->largest + 1, sizeof *sums);
    passwdi_hunt_found found;
    passwd_status status = PASSWD_OK;
    int c, i, degrees = 0;
    if (!work || !use || !counts || !sums) status = passwdi_hunt_short(error);
    for (c = 0; c < p->channels && !status; c++)
        memcpy(counts + p->channel[c].offset, p->counts[c].data, (size_t)p->counts[c].bins * sizeof *counts);
    for (c = 0; c < p->channels && !status; c++)
        if (p->channel[c].fit.models)
            memcpy(p->start + p->channel[c].start, p->channel[c].fit.start,
                (size_t)p->channel[c].fit.models * (1 + PASSWDI_FIT_MOST) * sizeof *p->start);
    if (!status && !passwdi_hunt_search(p, counts, p->start, 1e-9, work, use, variance, variance + p->bins, &found))
        status = passwdi_fail(
            error, PASSWD_ERROR_NUMERIC, 0, 0, "The fit of the background without the window did not converge.");
    for (c = 0; c < p->channels && !status; c++) {
        passwd_spectrum *s = p->counts + c;
        memcpy(s->background, work + p->channel[c].offset, (size_t)s->bins * sizeof *work);
        passwdi_hunt_map(p, p->channel + c, sums);
        for (i = 0; i < s->bins && !status; i++)
            if (!(s->background[i] <= 1e15))
                status = passwdi_hunt_bad_bin(
                    error, c, p->channels, s, i, "has a fitted background that is NaN or above 1e15");
    }
    if (!status) memcpy(p->start, variance + p->bins, p->parameters * sizeof *p->start);
    if (!status) {
        for (c = 0; c < p->channels; c++)
            if (p->channel[c].fit.models) {
                const size_t o = p->channel[c].offset;
                passwdi_fit_goodness(p->counts + c, work + o, variance + o, use + o, &p->counts[c].fit);
                deviance += p->counts[c].fit.deviance;
                degrees += p->counts[c].fit.degrees;
            }
        r->goodness = passwdi_fit_chi_squared(degrees, deviance);
        r->refused = r->goodness < PASSWD_BACKGROUND_GOOD;
        r->rounds = found.rounds;
    }
    passwdi_delete(p->allocator, work);
    passwdi_delete(p->allocator, use);
    passwdi_delete(p->allocator, counts);
    passwdi_delete(p->allocator, sums);
    return status;
}

/* Work space of a thread, in doubles: sums, and one number per block. */
static size_t passwdi_hunt_work(const passwdi_hunt_plan *p) {
    if (p->room) return passwdi_hunt_search_room(p) + p->bins + (p->bins + (size_t)p->channels) * PASSWDI_HUNT_LANES;
    return (p->table * (p->plane ? 3 : 1) + (size_t)passwdi_hunt_blocks(p) + 1) * PASSWDI_HUNT_LANES;
}
/* Statistics of toys [first, end), in any order by any number of threads. */
static void passwdi_hunt_toys(
    const passwdi_hunt_plan *p, uint64_t seed, double strength, int64_t first, int64_t end, double *work, double *t) {
    const size_t each = passwdi_hunt_work(p), table = p->table * PASSWDI_HUNT_LANES, top = p->plane ? 3 * table : table;
    const int64_t groups = (end - first + PASSWDI_HUNT_LANES - 1) / PASSWDI_HUNT_LANES;
    int64_t g;
    if (p->room) {
        passwdi_hunt_refit(p, seed, strength, first, end, work, each, t);
        return;
    }
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 4) num_threads(p->options.threads)
#endif
    for (g = 0; g < groups; g++) {
        const int64_t toy = first + g * PASSWDI_HUNT_LANES;
        const int count = end - toy < PASSWDI_HUNT_LANES ? (int)(end - toy) : PASSWDI_HUNT_LANES;
        double *mine = work, answer[PASSWDI_HUNT_LANES];
        int lane;
#ifdef _OPENMP
        mine += each * (size_t)omp_get_thread_num();
#endif
        for (lane = 0; lane < PASSWDI_HUNT_LANES; lane++)
            passwdi_hunt_throw(p, seed, toy + (lane < count ? lane : 0), strength, mine + lane);
        for (lane = 0; lane < PASSWDI_HUNT_LANES && p->plane; lane++)
            passwdi_hunt_throw_sample(p, seed, toy + (lane < count ? lane : 0), mine + table + lane);
        for (lane = 0; lane < 3 && p->plane; lane++) passwdi_hunt_stack(p, mine + table * (size_t)lane);
        passwdi_hunt_scan(p, mine, mine + top, answer);
        memcpy(t + toy, answer, (size_t)count * sizeof *t);
    }
#ifndef _OPENMP
    (void)each;
#endif
}
/* All toys of the background alone, with progress reports; *done: how many there are. */
static passwd_status passwdi_hunt_background(const passwdi_hunt_plan *p, double *work, double *t, int64_t *done) {
    const passwd_hunt_options *o = &p->options;
    const int64_t block = o->progress ? 512 : o->toys;
    *done = 0;
    while (*done < o->toys) {
        const int64_t end = o->toys - *done > block ? *done + block : o->toys;
        passwdi_hunt_toys(p, o->seed, 0.0, *done, end, work, t);
        *done = end;
        if (o->progress && o->progress(o->user, *done, o->toys) && *done < o->toys) return PASSWD_STOPPED;
    }
    return PASSWD_OK;
}

/* --- global probabilities --- */

/* Regularised incomplete beta function I_p(a, b). */
static double passwdi_hunt_beta(double a, double b, double p) {
    double front;
    if (p > (a + 1.0) / (a + b + 2.0)) return 1.0 - passwdi_hunt_beta(b, a, 1.0 - p);
    front = passwdi_hunt_log_factorial(a + b) - passwdi_hunt_log_factorial(a) - passwdi_hunt_log_factorial(b)
        + a * log(p) + b * log1p(-p) + log(b / (a + b));
    return exp(front) / passwdi_hunt_beta_fraction(a, b, p);
}
/* ln p at which I_p(a, b) is x */
static double passwdi_hunt_beta_inverse(double a, double b, double x) {
    double low = -100.0, high = 0.0;
    int i;
    for (i = 0; i < 60; i++) {
        const double middle = 0.5 * (low + high);
        if (passwdi_hunt_beta(a, b, exp(middle)) < x) low = middle;
        else high = middle;
    }
    return 0.5 * (low + high);
}
/* The tail of sorted toys above the threshold u: `count` of them, exceeding it by `mean` on average. count = 0:
   unusable. */
typedef struct passwdi_hunt_tail {
    double u, mean;
    int64_t count, toys;
} passwdi_hunt_tail;
static passwdi_hunt_tail passwdi_hunt_tail_of(const double *sorted, int64_t toys) {
    passwdi_hunt_tail tail;
    const int64_t most = toys / 20 > 50 ? toys / 20 : 50;
    int64_t i;
    memset(&tail, 0, sizeof tail);
    tail.toys = toys;
    if (toys < 100) return tail;
    tail.u = sorted[toys - 1 - most];
    for (i = toys; i-- > 0 && sorted[i] > tail.u; tail.count++) tail.mean += sorted[i] - tail.u;
    if (tail.count < 10)
        tail.count = 0; /* nearly all toys are equal: the counts are too small for a
                           distribution */
    else tail.mean /= (double)tail.count;
    return tail;
}
/* Local probabilities of a window are exponential in t, and so is the far tail of the largest of them: ln p(t) =
   ln(count / toys) - (t - u) / mean. It is used if fewer than ten toys are above: then its error, of the count and of
   the mean, is smaller than that of counting. The exponential is multiplied by a power of t between about -1/2 (one
   wide window with a side band: the square of a normal number) and 1/2 (the number of effectively independent windows
   grows with t); the error includes a term for that. */
static void passwdi_hunt_global(const double *sorted, int64_t toys, passwd_hunt_result *r) {
    const double side = 0.15865525393145705; /* P(x > 1) of a normal x */
    passwdi_hunt_tail tail;
    double n = (double)toys, k;
    int64_t low = 0, high = toys;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (sorted[middle] < r->t) low = middle + 1;
        else high = middle;
    }
    r->toys = toys;
    r->above = toys - low;
    k = (double)r->above;
    tail = passwdi_hunt_tail_of(sorted, toys);
    r->extrapolated = r->above < 10 && tail.count > 0 && r->t > tail.u;
    if (r->extrapolated) {
        const double m = (double)tail.count, x = (r->t - tail.u) / tail.mean,
                     spread = 0.5 * log((1.0 + r->t) / (1.0 + tail.u));
        const double error = sqrt((1.0 - m / n + x * x) / m + spread * spread);
        r->log_p = log(m / n) - x;
        r->log_p_low = r->log_p - error;
        r->log_p_high = r->log_p + error < 0.0 ? r->log_p + error : 0.0;
    } else {
        r->log_p = r->above ? log(k / n) : -HUGE_VAL;
        r->log_p_low = r->above ? passwdi_hunt_beta_inverse(k, n - k + 1.0, side) : -HUGE_VAL;
        r->log_p_high = r->above < toys ? passwdi_hunt_beta_inverse(k + 1.0, n - k, 1.0 - side) : 0.0;
    }
}

/* Far tails of one channel with a background from outside. The p-value is the probability of the union of `window k
   reaches t`. Naiman and Priebe's estimate of it is the sum of P(window k reaches t) times the mean of 1 / (number of
   windows that reach t), over toys in which window k, chosen in proportion to its probability, does. */
typedef struct passwdi_hunt_rare {
    double *least, *log_p, *below;
    double log_sum;
} passwdi_hunt_rare;

/* The count at which a window reaches t (at and above it; for deficits at and below); -1: none. */
static double passwdi_hunt_least(int deficit, double b, double t) {
    double low = floor(b), high = low + 1.0; /* does not reach it, does */
    if (!(b > 0.0) || (deficit && -passwd_log_poisson_below(0.0, b) < t)) return -1.0;
    if (deficit) {
        for (high = 0.0, low += 1.0; low - high > 1.0;) {
            const double middle = floor(0.5 * (low + high));
            if (-passwdi_hunt_local(1, middle, b) >= t) high = middle;
            else low = middle;
        }
        return high;
    }
    while (-passwdi_hunt_local(0, high, b) < t) high += high - low;
    while (high - low > 1.0) {
        const double middle = floor(0.5 * (low + high));
        if (-passwdi_hunt_local(0, middle, b) >= t) high = middle;
        else low = middle;
    }
    return high;
}
/* A Poisson number of at least `least`, from a uniform one. */
static double passwdi_hunt_beyond(int deficit, double least, double b, double log_p, double u) {
    /* in units of the tail's probability */
    double n = least, density = exp(passwdi_hunt_log_density(least, b) - log_p), sum = density;
    while (sum < u && density > 1e-18) {
        if (deficit && n < 1.0) break;
        density *= deficit ? n / b : b / (n + 1.0);
        n += deficit ? -1.0 : 1.0;
        sum += density;
    }
    return n;
}
/* Distributes n events over the bins of a window in proportion to their backgrounds: each bin in turn gets its binomial
   share. */
static void passwdi_hunt_spread(
    const double *b, int from, int to, double n, uint64_t seed, uint32_t stream, double *counts) {
    double rest = 0.0;
    uint32_t at = 0;
    int i;
    for (i = from; i < to; i++) rest += b[i];
    for (i = from; i < to; i++) {
        const double part = i == to - 1 || !(rest > 0.0) ? 1.0 : b[i] / rest, mean = n * part,
                     spread = sqrt(mean * (1.0 - part));
        double k = 0.0, j;
        if (part >= 1.0) k = n;
        else if (spread > 30.0) k = floor(mean + spread * passwd_random_normal(seed, stream, at++) + 0.5);
        else
            for (j = 0.0; j < n; j += 1.0) k += passwd_random_uniform(seed, stream, at++) < part;
        if (k < 0.0) k = 0.0;
        if (k > n) k = n;
        counts[i] = k;
        n -= k;
        rest -= b[i];
    }
}
static double passwdi_hunt_rare_toy(
    const passwdi_hunt_plan *p, const passwdi_hunt_rare *r, int64_t toy, double *lanes, double *counts) {
    const passwdi_hunt_channel *ch = p->channel;
    const passwd_spectrum *s = ch->spectrum;
    const uint64_t seed = p->options.seed ^ UINT64_C(0x72617265);
    const uint32_t stream = (uint32_t)toy;
    const double u = passwd_random_uniform(seed, stream, 0);
    int64_t low = -1, high = p->windows - 1, k;
    double hits = 0.0;
    int i;
    while (high - low > 1) { /* the first whose cumulative probability exceeds u */
        const int64_t middle = low + (high - low) / 2;
        if (r->below[middle] > u) high = middle;
        else low = middle;
    }
    passwdi_hunt_throw(p, seed + 1, toy, 0.0, lanes);
    for (i = 0; i < s->bins; i++) counts[i] = lanes[(i + 1) * PASSWDI_HUNT_LANES] - lanes[i * PASSWDI_HUNT_LANES];
    passwdi_hunt_spread(s->background, ch->from[high], ch->to[high],
        passwdi_hunt_beyond(p->options.deficit, r->least[high], ch->scale[high], r->log_p[high],
            passwd_random_uniform(seed, stream, 1)),
        seed + 2, stream, counts);
    for (lanes[0] = 0.0, i = 0; i < s->bins; i++) lanes[i + 1] = lanes[i] + counts[i];
    for (k = 0; k < p->windows; k++) {
        const double n = lanes[ch->to[k]] - lanes[ch->from[k]];
        if (r->least[k] >= 0.0 && (p->options.deficit ? n <= r->least[k] : n >= r->least[k])) hits += 1.0;
    }
    return hits > 0.0 ? 1.0 / hits : 1.0;
}
static passwd_status passwdi_hunt_far(
    const passwdi_hunt_plan *p, double *work, passwd_hunt_result *r, passwd_error *error) {
    const int64_t toys = p->options.toys < 20000 ? p->options.toys : 20000;
    const size_t windows = (size_t)p->windows, each = passwdi_hunt_work(p);
    double *block = (double *)passwdi_new(
        p->allocator, windows * 3 + (size_t)p->options.threads * (size_t)p->largest, sizeof *block);
    double most = -HUGE_VAL, sum = 0.0, mean = 0.0, square = 0.0, error_of_mean;
    passwdi_hunt_rare rare;
    int64_t k, toy;
    if (!block) return passwdi_hunt_short(error);
    rare.least = block;
    rare.log_p = block + windows;
    rare.below = block + 2 * windows;
    for (k = 0; k < p->windows; k++) {
        const double t = r->t * (1.0 - 1e-12);
        rare.least[k] = passwdi_hunt_least(p->options.deficit, p->channel->scale[k], t);
        rare.log_p[k] = rare.least[k] < 0.0
            ? -HUGE_VAL
            : passwdi_hunt_local(p->options.deficit, rare.least[k], p->channel->scale[k]);
        if (rare.log_p[k] > most) most = rare.log_p[k];
    }
    for (k = 0; k < p->windows; k++) rare.below[k] = sum += exp(rare.log_p[k] - most);
    for (k = 0; k < p->windows; k++) rare.below[k] /= sum;
    if (most > -HUGE_VAL) {
#ifdef _OPENMP
#pragma omp parallel for schedule(static) num_threads(p->options.threads) reduction(+ : mean, square)
#endif
        for (toy = 0; toy < toys; toy++) {
            int thread = 0;
            double x;
#ifdef _OPENMP
            thread = omp_get_thread_num();
#endif
            x = passwdi_hunt_rare_toy(
                p, &rare, toy, work + each * (size_t)thread, block + 3 * windows + (size_t)thread * (size_t)p->largest);
            mean += x;
            square += x * x;
        }
        mean /= (double)toys;
        error_of_mean = square / (double)toys - mean * mean;
        error_of_mean = sqrt((error_of_mean > 0.0 ? error_of_mean : 0.0) / (double)toys);
        r->extrapolated = 2;
        r->log_p = most + log(sum) + log(mean);
        if (r->log_p > 0.0) r->log_p = 0.0;
        r->log_p_low = r->log_p + log(1.0 - (error_of_mean < 0.9 * mean ? error_of_mean / mean : 0.9));
        r->log_p_high = r->log_p + log1p(error_of_mean / mean);
        if (r->log_p_high > 0.0) r->log_p_high = 0.0;
    }
    passwdi_delete(p->allocator, block);
    return PASSWD_OK;
}
static void passwdi_hunt_in_sigma(passwd_hunt_result *r) {
    r->significance = passwd_significance(r->log_p);
    r->significance_low = passwd_significance(r->log_p_high);
    r->significance_high = passwd_significance(r->log_p_low);
}
/* Contents of a window as sums of weights. */
static void passwdi_hunt_restore(const passwdi_hunt_plan *p, passwd_hunt_window *w) {
    double data = 0.0, background = 0.0;
    int c, i, weighted = 0;
    for (c = 0; c < p->channels; c++) {
        const passwd_spectrum *s = p->counts + c;
        const int from = c ? passwdi_hunt_centre(s, w->low) : w->first,
                  to = c ? passwdi_hunt_centre(s, w->high) : w->first + w->width,
                  columns = p->plane ? p->plane->columns : s->bins;
        double n = 0.0, out = 0.0, in = 0.0, all = 0.0;
        for (i = 0; i < s->bins; i++) {
            weighted = weighted || s->variance[i] != 1.0;
            all += p->given[c].data[i];
            const int column = i % columns, row = i / columns - w->row;
            const int inside = column >= from && column < to && row >= 0 && row < w->rows;
            if (inside) n += p->given[c].data[i];
            if (inside) in += s->background[i] * s->variance[i];
            else out += s->background[i] * s->variance[i];
        }
        data += n;
        background += !p->options.sideband ? in : out > 0.0 ? in / out * (all - n) : 0.0;
    }
    if (!weighted) return;
    w->data = data;
    w->background = background;
}
/* The most significant window of the data. */
static passwd_status passwdi_hunt_observe(passwdi_hunt_plan *p, passwd_hunt_result *r, passwd_error *error) {
    passwd_status status = p->room ? passwdi_hunt_fit(p, r, error) : PASSWD_OK;
    passwdi_hunt_sum *sums = status ? NULL : passwdi_hunt_data(p);
    int64_t k;
    if (status) return status;
    if (!sums) return passwdi_hunt_short(error);
    passwdi_hunt_look(p, sums, 0, &r->window);
    for (k = 1; k < p->windows; k++) {
        passwd_hunt_window w;
        passwdi_hunt_look(p, sums, k, &w);
        if (w.log_p < r->window.log_p) r->window = w;
    }
    passwdi_delete(p->allocator, sums);
    r->t = r->window.log_p < 0.0 ? -r->window.log_p : 0.0;
    r->local_significance = passwd_significance(
        p->channels > 1 && r->t > 0.0 ? passwd_log_poisson_below(p->channels - 1.0, r->t) : r->window.log_p);
    passwdi_hunt_restore(p, &r->window);
    return PASSWD_OK;
}
static passwd_status passwdi_hunt_run(passwdi_hunt_plan *p, passwd_hunt_result *r, double *toy_t, passwd_error *error) {
    const int64_t toys = p->options.toys;
    const passwd_allocator *allocator = p->allocator; /* of a plan that may be freed below */
    int64_t k, kept;
    double *t = (uint64_t)toys < (size_t)-1 / 16 ? (double *)passwdi_new(allocator, (size_t)toys, sizeof *t) : NULL;
    double *work =
        t ? (double *)passwdi_new(allocator, passwdi_hunt_work(p) * (size_t)p->options.threads, sizeof *work) : NULL;
    const double ties = p->plane ? 1.0 + 1e-7 : 1.0; /* its sums are rounded */
    passwd_status status = PASSWD_OK;
    int64_t done = 0;
    if (!work) status = passwdi_hunt_short(error);
    if (!status) status = passwdi_hunt_plan_toys(p, error);
    if (!status) {
        status = passwdi_hunt_background(p, work, t, &done);
        if (toy_t) memcpy(toy_t, t, (size_t)done * sizeof *t);
        for (kept = k = 0; k < done; k++)
            if (t[k] == t[k]) t[kept++] = t[k] * ties; /* the others have no fit */
        if (kept < done - done / 20 && (!status || status == PASSWD_STOPPED))
            status = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The fit of the background did not converge in %lld of %lld toys.", (long long)(done - kept),
                (long long)done);
        done = kept;
        passwdi_sort(t, 1, done);
        passwdi_hunt_global(t, done, r);
        if (done >= 100 && r->above < 10 && r->t > 0.0 && p->channels == 1 && !p->options.sideband
            && !p->options.uncertainty && !p->room) {
            const passwd_status beyond = passwdi_hunt_far(p, work, r, error);
            if (beyond) status = beyond;
        }
        passwdi_hunt_in_sigma(r);
        if (status == PASSWD_STOPPED)
            passwdi_fail(error, status, 0, 0, "The bump hunt was stopped after %lld of %lld toys.", (long long)done,
                (long long)toys);
    }
    passwdi_delete(allocator, work);
    passwdi_delete(allocator, t);
    return status;
}
static passwd_status passwdi_hunt_of(const passwd_spectrum *spectra, int channels, const passwd_plane *plane,
    const passwd_hunt_options *options, passwd_hunt_result *result, double *toy_t, const passwd_allocator *allocator,
    passwd_error *error) {
    passwdi_hunt_plan plan;
    passwd_hunt_result r;
    passwd_status status = passwdi_hunt_plan_new(&plan, spectra, channels, plane, options, allocator, error);
    if (status) return status;
    memset(&r, 0, sizeof r);
    r.goodness = NAN;
    r.log_p = r.log_p_low = r.log_p_high = r.significance = r.significance_low = r.significance_high = NAN;
    status = passwdi_hunt_plan_fit(&plan, error);
    if (!status) status = passwdi_hunt_observe(&plan, &r, error);
    if (!status && plan.options.toys > 0 && !r.refused) status = passwdi_hunt_run(&plan, &r, toy_t, error);
    if (r.refused) r.local_significance = NAN;
    if (!status || status == PASSWD_STOPPED) *result = r;
    passwdi_hunt_plan_free(&plan);
    return status;
}
PASSWD_DEF passwd_status passwd_hunt(const passwd_spectrum *spectra, int channels, const passwd_hunt_options *options,
    passwd_hunt_result *result, double *toy_t, const passwd_allocator *allocator, passwd_error *error) {
    passwd_spectrum *loose;
    passwd_status status;
    if (!result) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The result of the bump hunt is NULL.");
    status = passwdi_hunt_of(spectra, channels, NULL, options, result, toy_t, allocator, error);
    if (status || !result->refused) return status;
    loose = passwdi_fit_loosen(spectra, channels, allocator);
    if (loose && passwdi_hunt_of(loose, channels, NULL, options, result, toy_t, allocator, error) == PASSWD_STOPPED)
        status = PASSWD_STOPPED;
    passwdi_delete(allocator, loose); /* if that has no fit either, the refusal stands */
    return status;
}

/* --- planes --- */

PASSWD_DEF passwd_status passwd_plane_new(int columns, const double *x, int rows, const double *y,
    const passwd_allocator *allocator, passwd_plane *plane, passwd_error *error) {
    const int64_t bins = (int64_t)columns * rows, room = bins + columns + rows + 2;
    passwd_plane made;
    passwd_status status = plane ? passwdi_spectrum_edges_check(columns, x, error) : passwdi_plane_check(plane, error);
    int i;
    if (!status) status = passwdi_spectrum_edges_check(rows, y, error);
    if (status) return status;
    memset(&made, 0, sizeof made);
    made.columns = columns;
    made.rows = rows;
    made.x = room < INT32_MAX ? (double *)passwdi_new(allocator, (size_t)room, sizeof *made.x) : NULL;
    if (!made.x)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %d x %d bins.", columns, rows);
    for (i = 0; i <= bins; i++) made.x[i] = i; /* first for the edges of the cells, then for those of the plane */
    status = passwd_spectrum_new((int)bins, made.x, allocator, &made.cells, error);
    if (status) {
        passwdi_delete(allocator, made.x);
        return status;
    }
    made.y = made.x + columns + 1;
    memcpy(made.x, x, ((size_t)columns + 1) * sizeof *x);
    memcpy(made.y, y, ((size_t)rows + 1) * sizeof *y);
    passwd_plane_free(plane);
    *plane = made;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_plane_free(passwd_plane *plane) {
    if (!plane) return;
    passwdi_delete(&plane->cells.allocator, plane->x);
    passwd_spectrum_free(&plane->cells);
    memset(plane, 0, sizeof *plane);
}
PASSWD_DEF void passwd_plane_fill(
    passwd_plane *plane, const double *x, const double *y, const double *weights, int64_t count) {
    int64_t i;
    for (i = 0; plane && plane->cells.bins > 0 && x && y && i < count; i++)
        if (x[i] == x[i] && y[i] == y[i]) {
            const int column = passwdi_spectrum_bin(plane->x, plane->columns, x[i]);
            const int row = passwdi_spectrum_bin(plane->y, plane->rows, y[i]);
            const int in = column >= 0 && column < plane->columns && row >= 0 && row < plane->rows;
            const double place = in ? row * (double)plane->columns + column + 0.5 : plane->cells.bins;
            passwd_spectrum_fill(&plane->cells, &place, weights ? weights + i : NULL, 1);
        }
}
PASSWD_DEF passwd_status passwd_plane_background(
    passwd_plane *plane, const passwd_plane *sample, double scale, passwd_error *error) {
    const char *what = NULL;
    passwd_status status = passwdi_plane_check(plane, error);
    int i = 0;
    if (!status) status = passwdi_plane_check(sample, error);
    if (status) return status;
    while (i < plane->cells.bins && i < sample->cells.bins && plane->cells.data[i] == sample->cells.data[i]) i++;
    if (!(scale > 0.0 && scale <= 1e300)) what = "needs a positive scale";
    else if (plane->columns != sample->columns || plane->rows != sample->rows
        || memcmp(plane->x, sample->x, ((size_t)plane->columns + 1) * sizeof(double)) != 0
        || memcmp(plane->y, sample->y, ((size_t)plane->rows + 1) * sizeof(double)) != 0)
        what = "has other bins than the plane";
    else if (i == plane->cells.bins) what = "is the searched data: it contains the signal and gives no p-value";
    if (what) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The sample for the background %s.", what);
    for (i = 0; i < plane->cells.bins; i++)
        if (!passwdi_hunt_content(scale * sample->cells.data[i]))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "The background at (%g, %g) is negative or NaN.",
                plane->x[i % plane->columns], plane->y[i / plane->columns]);
    for (i = 0; i < plane->cells.bins; i++) {
        plane->cells.background[i] = scale * sample->cells.data[i];
        plane->cells.uncertainty[i] = scale * sqrt(sample->cells.variance[i]);
    }
    memset(&plane->cells.fit, 0, sizeof plane->cells.fit);
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_plane_hunt(const passwd_plane *plane, const passwd_hunt_options *options,
    passwd_hunt_result *result, double *toy_t, const passwd_allocator *allocator, passwd_error *error) {
    if (plane && result) return passwdi_hunt_of(&plane->cells, 1, plane, options, result, toy_t, allocator, error);
    return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The plane or the result of the bump hunt is NULL.");
}

/* --- injection --- */

/* The t whose global probability is the logarithm log_p; the inverse of passwdi_hunt_global. NAN: too few toys. */
static double passwdi_hunt_wanted(const double *sorted, int64_t toys, double log_p) {
    const passwdi_hunt_tail tail = passwdi_hunt_tail_of(sorted, toys);
    const double above = floor((double)toys * exp(log_p));
    if (above >= 10.0 || (tail.count == 0 && above >= 1.0)) return sorted[toys - (int64_t)above];
    return tail.count ? tail.u + tail.mean * (log((double)tail.count / (double)toys) - log_p) : NAN;
}
/* The strength at which `part` of the pseudo-experiments reach t. Each uses the same uniforms at all strengths, so that
   its counts grow monotonically with the strength, and bisection sees a function without noise. -1: not even 2^50
   events are enough. */
static double passwdi_hunt_strength(
    const passwdi_hunt_plan *p, double wanted, double part, int64_t repeats, double *work, double *t) {
    double low = 0.0, high = 0.0;
    int doublings = 0;
    for (;;) {
        const double s = high == 0.0 || doublings > 0 ? high : 0.5 * (low + high);
        int64_t k, reached = 0;
        passwdi_hunt_toys(p, p->options.seed ^ UINT64_C(0x696e6a656374), s, 0, repeats, work, t); /* different from the
                                                                                                     toys' numbers */
        for (k = 0; k < repeats; k++) reached += t[k] >= wanted;
        if ((double)reached >= part * (double)repeats) {
            high = s;
            if (s == 0.0) return 0.0;
            doublings = -1;
        } else {
            low = s;
            if (doublings >= 0) {
                if (doublings++ > 50) return -1.0;
                high = s == 0.0 ? 1.0 : 2.0 * s;
            }
        }
        if (doublings < 0 && high - low <= 0.01 * high) return 0.5 * (low + high);
    }
}
PASSWD_DEF passwd_status passwd_hunt_inject(const passwd_spectrum *spectrum, const double *signal,
    const passwd_hunt_options *options, passwd_injection *injection, const passwd_allocator *allocator,
    passwd_error *error) {
    const double target = injection ? injection->target : 0.0;
    const int64_t repeats = injection ? injection->repeats : 0;
    static const double part[3] = { 0.15865525393145705, 0.5, 0.84134474606854293 };
    passwdi_hunt_plan plan;
    double *work, *t, *shape, wanted, sum = 0.0, found[3] = { 0.0, 0.0, 0.0 };
    passwd_status status;
    int64_t room, done;
    int i;
    if (!signal || repeats < 1 || !options || options->toys < 1 || !(fabs(target) < 1e6))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "An injection needs a signal, a pointer for the answer, toys, a finite target and at least one "
            "pseudo-experiment.");
    status = passwdi_hunt_plan_new(&plan, spectrum, 1, NULL, options, allocator, error);
    if (status) return status;
    if (passwdi_fit_is(spectrum)) {
        passwd_hunt_result r;
        memset(&r, 0, sizeof r);
        status = passwdi_hunt_plan_fit(&plan, error);
        if (!status) status = passwdi_hunt_fit(&plan, &r, error);
    }
    for (i = 0; i < spectrum->bins && !status; i++) {
        if (!passwdi_hunt_content(signal[i]))
            status = passwdi_hunt_bad_bin(error, 0, 1, spectrum, i, "has a signal that is NaN, negative or above 1e15");
        else sum += signal[i];
    }
    if (!status && !(sum > 0.0))
        status = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "The injected signal is empty.");
    if (status) {
        passwdi_hunt_plan_free(&plan);
        return status;
    }
    room = plan.options.toys > repeats ? plan.options.toys : repeats;
    t = (uint64_t)room < (size_t)-1 / 16 ? (double *)passwdi_new(allocator, (size_t)room, sizeof *t) : NULL;
    work = t ? (double *)passwdi_new(
               allocator, passwdi_items((int64_t)passwdi_hunt_work(&plan), plan.options.threads), sizeof *work)
             : NULL;
    shape = work ? (double *)passwdi_new(allocator, (size_t)spectrum->bins, sizeof *shape) : NULL;
    status = shape ? passwdi_hunt_plan_toys(&plan, error) : passwdi_hunt_no_memory(&plan, error);
    if (!status) {
        for (i = 0; i < spectrum->bins; i++)
            shape[i] = (plan.options.deficit ? -1.0 : 1.0) * signal[i] / sum / plan.counts->variance[i];
        status = passwdi_hunt_background(&plan, work, t, &done);
        if (status)
            passwdi_fail(error, status, 0, 0, "The injection was stopped after %lld of %lld toys.", (long long)done,
                (long long)plan.options.toys);
    }
    if (!status) {
        passwdi_sort(t, 1, done);
        wanted = passwdi_hunt_wanted(t, done, passwd_log_normal_above(target));
        plan.signal = shape;
        for (i = 0; i < 3 && wanted == wanted; i++)
            if (i == 1 || injection->interval) {
                found[i] = passwdi_hunt_strength(&plan, wanted, part[i], repeats, work, t);
                if (found[i] < 0.0)
                    status = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                        "At no strength of the signal do %g of the pseudo-experiments reach %g sigma.", part[i],
                        target);
            }
        if (wanted != wanted)
            status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "%lld toys are too few to find the statistic that corresponds to %g sigma.", (long long)done, target);
    }
    if (!status || status == PASSWD_STOPPED) {
        injection->events = status ? NAN : found[1];
        if (injection->interval) injection->low = status ? NAN : found[0];
        if (injection->interval) injection->high = status ? NAN : found[2];
    }
    passwdi_delete(allocator, work);
    passwdi_delete(allocator, t);
    passwdi_delete(allocator, shape);
    passwdi_hunt_plan_free(&plan);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Limits: the likelihood
   --------------------------------------------------------------------------------------------------------------- */

/* x = s / b: b ((1 + x) ln(1 + x) - x), whose terms nearly cancel for small x, where the series is used instead. */
PASSWD_DEF double passwd_discovery(double s, double b) {
    double x, sum = 0;
    int k;
    if (s != s || !(b >= 0)) return s != s ? s : b != b ? b : HUGE_VAL - HUGE_VAL;
    if (s <= 0) return 0.0;
    if (b == 0 || s - s != 0) return HUGE_VAL;
    x = s / b;
    if (x > 0.01) return sqrt(2 * ((s + b) * log1p(x) - s));
    for (k = 10; k >= 2; --k) sum = 1.0 / (k * (k - 1.0)) - x * sum;
    return s / sqrt(b) * sqrt(2 * sum);
}

/* A bin in which there may be signal or (normalisation > 0) background. */
typedef struct passwdi_limit_bin {
    double s, b, v, sigma;
    int rest;
} passwdi_limit_bin; /* v = sigma^2; rest: of a region and its rest */
typedef struct passwdi_limit_model {
    const passwdi_limit_bin *bin;
    int bins;
    double kappa;                 /* relative uncertainty of the whole background */
    double lowest;                /* signal below which an expectation would be negative */
    double scale;                 /* roughly the standard deviation of the fitted signal */
    const passwdi_fit_model *fit; /* NULL: only the bins and kappa are used; else the floating model, and all of its
                                     bins are included */
    const unsigned char *use;     /* its bins that are used */
} passwdi_limit_model;
/* An outcome: counts, and the auxiliary measurements of the nuisances. */
typedef struct passwdi_limit_outcome {
    double *n, *a; /* bins; a: measured shift of the bin's background, events; or counts of the rest */
    double *drift; /* channels: what is known of the drift of ratios; NULL: 0 */
    double a_eta;
    double best, at_best; /* the signal >= 0 that fits it best, and -ln L there */
    double *x, *room;     /* with model->fit: parameters of the last fit, work space */
    double aux[PASSWDI_FIT_NUISANCES], tolerance;
} passwdi_limit_outcome;
/* -ln L up to a constant, and its derivatives by the signal strength mu and by eta. */
typedef struct passwdi_limit_sums {
    double value, m, mm, e, me, ee;
} passwdi_limit_sums;

/* n ~ Poisson(nu), nu = mu s + b (1 + kappa eta) + theta, a ~ Normal(theta, sigma), and -ln L = nu - n ln nu + (theta -
   a)^2 / (2 v). With x = mu s and y = b (1 + kappa eta) + a, theta is profiled where nu^2 - (x + y - v) nu - n v = 0,
   or at the boundary nu = max(x, 0): the background must not become negative, or with a large sigma it would cancel
   signal where nothing was seen. */
static double passwdi_limit_nu(double n, double x, double y, double v) {
    const double p = x + y - v, low = x > 0 ? x : 0;
    double root, nu;
    if (v <= 0) return x + y > 0 ? x + y : 0;
    root = sqrt(p * p + 4 * n * v);
    nu = p > 0 ? 0.5 * (p + root) : root > 0 ? 2 * n * v / (root - p) : 0;
    return nu > low ? nu : low;
}
/* Sums over bins at (mu, eta), theta profiled; with value: -ln L itself, without the term n ln n - n. */
static void passwdi_limit_add(const passwdi_limit_model *model, const passwdi_limit_outcome *o, double mu, double eta,
    int value, passwdi_limit_sums *sums) {
    const double up = 1 + model->kappa * eta;
    double total = 0, m = 0, mm = 0, e = 0, me = 0, ee = 0;
    int i;
    for (i = 0; i < model->bins; ++i) {
        const passwdi_limit_bin *bin = model->bin + i;
        const double n = o->n[i], x = mu * bin->s, y = bin->b * up + o->a[i], nu = passwdi_limit_nu(n, x, y, bin->v),
                     pull = x + y - nu;
        const double g = n > 0 ? 1 - n / nu : 1;
        double gs = g, gb = g, css, cbb, csb;
        if (bin->v <= 0 || nu > (x > 0 ? x : 0)) css = cbb = csb = n > 0 ? n / (nu * nu + n * bin->v) : 0;
        else { /* at the boundary */ gb = pull / bin->v;
            cbb = 1 / bin->v;
            csb = x > 0 ? 0 : cbb;
            css = x > 0 ? (n > 0 ? n / (nu * nu) : 0) : cbb;
            if (!(x > 0)) gs = gb;
        }
        if (bin->s > 0) { /* avoids 0 times infinity where nothing is expected */
            m += bin->s * gs;
            mm += bin->s * bin->s * css;
        }
        if (bin->b > 0) {
            e += bin->b * gb;
            ee += bin->b * bin->b * cbb;
            if (bin->s > 0) me += bin->b * bin->s * csb;
        }
        if (value) total += nu - n + (n > 0 ? n * log(n / nu) : 0) + (bin->v > 0 ? 0.5 * pull * pull / bin->v : 0);
    }
    sums->value = total + 0.5 * (eta - o->a_eta) * (eta - o->a_eta);
    sums->m = m;
    sums->mm = mm;
    sums->e = model->kappa * e + eta - o->a_eta;
    sums->me = model->kappa * me;
    sums->ee = model->kappa * model->kappa * ee + 1;
}
/* A fit in which everything floats: mu is free (from = 0) or fixed (from = 1). */
static void passwdi_limit_float(
    const passwdi_limit_model *model, const passwdi_limit_outcome *o, double mu, int from, passwdi_fit_job *job) {
    const size_t parameters = (size_t)model->fit->parameters;
    passwdi_fit_job_set(job, model->fit, o->room);
    memcpy(job->x, o->x, parameters * sizeof *o->x);
    memcpy(job->aux, o->aux, sizeof job->aux);
    job->x[0] = mu;
    job->n = o->n;
    job->a = o->a;
    job->drift = o->drift;
    job->use = model->use;
    passwdi_fit_run(model->fit, job, from, o->tolerance);
    passwdi_fit_along(model->fit, job);
    memcpy(o->x, job->x, parameters * sizeof *o->x);
}
/* The same with eta profiled as well: -ln L is convex, so Newton's method in a shrinking interval finds the minimum.
   eta: the start, and the result. Neither backgrounds nor expectations become negative. */
static void passwdi_limit_profile(const passwdi_limit_model *model, const passwdi_limit_outcome *o, double mu,
    double *eta, int value, passwdi_limit_sums *sums) {
    double low, high = HUGE_VAL, along = 0;
    int i;
    if (model->fit) {
        passwdi_fit_job job;
        passwdi_limit_float(model, o, mu, 1, &job);
        sums->value = job.value;
        sums->m = job.slope;
        sums->mm = job.curvature;
        return;
    }
    if (!(model->kappa > 0)) {
        *eta = 0;
        passwdi_limit_add(model, o, mu, 0, value, sums);
        return;
    }
    low = -1 / model->kappa;
    for (i = 0; mu < 0 && i < model->bins; ++i) {
        const passwdi_limit_bin *bin = model->bin + i;
        const double slope = bin->v <= 0 && bin->b > 0 ? -bin->s / (bin->b * model->kappa) : 0;
        if (slope < 0 && mu * slope - 1 / model->kappa > low) {
            low = mu * slope - 1 / model->kappa;
            along = slope;
        }
    }
    passwdi_limit_add(model, o, mu, low, value, sums);
    if (sums->e >= 0) { /* it is at the boundary, and moves along it with mu */
        *eta = low;
        sums->m += along * sums->e;
        sums->mm += along * (2 * sums->me + along * sums->ee);
        return;
    }
    if (!(*eta > low)) *eta = low + 0.5 * fabs(low);
    for (i = 0; i < 100; ++i) {
        double step, next;
        passwdi_limit_add(model, o, mu, *eta, 0, sums);
        step = -sums->e / sums->ee;
        if (fabs(step) < 1e-11 * (1 + fabs(*eta))) break;
        if (step < 0) high = *eta;
        else low = *eta;
        next = *eta + step;
        if (!(next > low && next < high)) next = high < HUGE_VAL ? 0.5 * (low + high) : low + 1 + fabs(low);
        if (!(next > low && next < high)) break; /* no double lies between them */
        *eta = next;
    }
    passwdi_limit_add(model, o, mu, *eta, value, sums);
    sums->mm -= sums->me * sums->me / sums->ee;
}
/* The best-fit signal between low and high (where -ln L falls and rises). */
static double passwdi_limit_between(const passwdi_limit_model *model, const passwdi_limit_outcome *o, double low,
    double high, double start, double *eta) {
    passwdi_limit_sums sums;
    double mu = start;
    int i;
    for (i = 0; i < 200; ++i) {
        double next;
        passwdi_limit_profile(model, o, mu, eta, 0, &sums);
        if (sums.m < 0) low = mu;
        else high = mu;
        next = mu - sums.m / sums.mm;
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (fabs(next - mu) < 1e-8 * (fabs(mu) + model->scale)) return next;
        mu = next;
    }
    return mu;
}
/* The best fit >= 0, as q-tilde needs it. */
static void passwdi_limit_best(const passwdi_limit_model *model, passwdi_limit_outcome *o) {
    passwdi_limit_sums sums;
    double eta = o->a_eta, high = model->scale;
    passwdi_limit_profile(model, o, 0, &eta, 0, &sums);
    o->best = 0;
    if (model->fit) {
        passwdi_fit_job job;
        o->at_best = sums.value;
        if (!(sums.m < 0)) return;
        passwdi_limit_float(model, o, 0, 0, &job);
        if (!(job.x[0] > 0 && job.value <= sums.value)) return;
        o->best = job.x[0];
        o->at_best = job.value;
        return;
    }
    if (sums.m < 0) {
        for (; high < 1e300; high *= 2) {
            passwdi_limit_profile(model, o, high, &eta, 0, &sums);
            if (!(sums.m < 0)) break;
        }
        o->best = passwdi_limit_between(model, o, 0, high, 0.5 * high, &eta);
    }
    passwdi_limit_profile(model, o, o->best, &eta, 1, &sums);
    o->at_best = sums.value;
}
/* q-tilde of a signal mu (arXiv 1007.1727, eq. 16). */
static double passwdi_limit_q(const passwdi_limit_model *model, const passwdi_limit_outcome *o, double mu) {
    passwdi_limit_sums sums;
    double eta = o->a_eta, q;
    if (mu <= o->best) return 0;
    passwdi_limit_profile(model, o, mu, &eta, 1, &sums);
    q = 2 * (sums.value - o->at_best);
    return q > 0 ? q : 0;
}

/* ------------------------------------------------------------------------------------------------------------------
   Limits: asymptotic
   --------------------------------------------------------------------------------------------------------------- */

typedef struct passwdi_limit_search {
    const passwdi_limit_model *model;
    const passwdi_limit_outcome *data, *asimov; /* asimov: the background alone, without fluctuations */
    double wanted;
} passwdi_limit_search;
typedef double (*passwdi_limit_function)(const passwdi_limit_search *search, double x);

/* The zero of a rising function beyond `low`: doubled steps, then regula falsi (Illinois). HUGE_VAL: there is none. */
static double passwdi_limit_root(
    passwdi_limit_function f, const passwdi_limit_search *search, double low, double step) {
    double f_low = f(search, low), high = low, f_high = f_low;
    int i, side = 0;
    if (!(f_low < 0)) return low;
    for (i = 0; f_high < 0; ++i) {
        if (i == 1000) return HUGE_VAL;
        low = high;
        f_low = f_high;
        high += step;
        step *= 2;
        f_high = f(search, high);
    }
    if (!(f_high >= 0)) return HUGE_VAL; /* NaN */
    for (i = 0; i < 200 && high - low > 1e-9 * fabs(high); ++i) {
        double x = high - f_high * (high - low) / (f_high - f_low), y;
        if (!(x > low && x < high)) x = 0.5 * (low + high);
        if (!(x > low && x < high)) break;
        y = f(search, x);
        if (y < 0) {
            if (side < 0) f_high *= 0.5;
            if (x - low < 1e-9 * fabs(high) && y > -1e-9) return x;
            low = x;
            f_low = y;
            side = -1;
        } else {
            if (side > 0) f_low *= 0.5;
            if (high - x < 1e-9 * fabs(high) && y < 1e-9) return x;
            high = x;
            f_high = y;
            side = 1;
        }
    }
    return high;
}

/* ln of CLs+b and CLb: arXiv 1007.1727, eqs. 65 and 66 with mu^2 / sigma^2 = q_A, the statistic of the Asimov data. As
   logarithms they stay finite for any q. These are formulae for many events: where few are expected they exclude too
   much (1.92 events instead of 3.00 where nothing is expected or seen), and toys should be used. */
static void passwdi_limit_tails(double q, double qa, double *signal, double *background) {
    const double root = sqrt(qa);
    *signal = *background = 0;
    if (!(qa > 0) || !(q > 0)) return;
    *signal = passwd_log_normal_above(q <= qa ? sqrt(q) : 0.5 * (q + qa) / root);
    *background = passwd_log_normal_above(q <= qa ? sqrt(q) - root : 0.5 * (q - qa) / root);
}
static void passwdi_limit_asymptotic(
    const passwdi_limit_search *search, double mu, double *signal, double *background) {
    passwdi_limit_tails(passwdi_limit_q(search->model, search->data, mu),
        passwdi_limit_q(search->model, search->asimov, mu), signal, background);
}
static double passwdi_limit_observed(const passwdi_limit_search *search, double mu) { /* wanted: ln(1 - level) */
    double signal, background;
    passwdi_limit_asymptotic(search, mu, &signal, &background);
    return search->wanted - (signal - background);
}
static double passwdi_limit_expected(const passwdi_limit_search *search, double mu) {
    return sqrt(passwdi_limit_q(search->model, search->asimov, mu)) - search->wanted;
}
static double passwdi_limit_rise(const passwdi_limit_search *search, double mu) {
    passwdi_limit_sums sums;
    double eta = search->data->a_eta;
    passwdi_limit_profile(search->model, search->data, mu, &eta, 1, &sums);
    return sums.value - search->wanted;
}

/* The best fit of either sign, and how far above it -ln L rises by 1/2 (which it does even where nothing was seen). */
static void passwdi_limit_fit(const passwdi_limit_search *search, passwd_limit *limit) {
    const passwdi_limit_model *model = search->model;
    passwdi_limit_sums sums;
    passwdi_limit_search up = *search;
    double mu = search->data->best, low, step = model->scale, eta = 0;
    if (model->fit && mu <= 0) {
        passwdi_fit_job job;
        passwdi_limit_profile(model, search->data, 0, &eta, 0, &sums);
        passwdi_limit_float(model, search->data, 0, 0, &job);
        mu = job.x[0];
    } else if (mu <= 0) {
        for (low = -step;; step *= 2, low -= step) {
            if (low <= model->lowest) low = model->lowest + 1e-9 * fabs(model->lowest);
            passwdi_limit_profile(model, search->data, low, &eta, 0, &sums);
            if (!(sums.m > 0) || low <= model->lowest * (1 - 2e-9) || !(low > -1e300)) break;
        }
        mu = low < 0 && sums.m < 0 ? passwdi_limit_between(model, search->data, low, 0, 0.5 * low, &eta) : low;
    }
    passwdi_limit_profile(model, search->data, mu, &eta, 1, &sums);
    up.wanted = sums.value + 0.5;
    limit->fitted = mu;
    limit->fitted_error = passwdi_limit_root(passwdi_limit_rise, &up, mu, model->scale) - mu;
    passwdi_limit_profile(model, search->data, 0, &eta, 1, &sums);
    step = 2 * (sums.value - up.wanted + 0.5);
    step = step > 0 ? sqrt(step) : 0;
    limit->q0 = mu > 0 ? step * step : 0;
    limit->significance = mu > 0 ? step : -step;
    limit->log_p = passwd_log_normal_above(limit->significance);
}
/* Expected limits: sqrt(q_A(mu)) = Phi^-1(1 - alpha Phi(N)) + N, which is eq. 89 of arXiv 1007.1727 for CLs with sigma
   = mu / sqrt(q_A) at that mu. */
static void passwdi_limit_all_asymptotic(const passwdi_limit_search *search, double log_alpha, passwd_limit *limit) {
    passwdi_limit_search s = *search;
    int k;
    for (k = 0; k < 5; ++k) {
        const double n = k - 2;
        s.wanted = passwd_significance(log_alpha + passwd_log_normal_above(-n)) + n;
        limit->expected[k] = passwdi_limit_root(passwdi_limit_expected, &s, 0, s.model->scale);
    }
    s.wanted = log_alpha;
    limit->observed = passwdi_limit_root(passwdi_limit_observed, &s, s.data->best, s.model->scale);
}

/* ------------------------------------------------------------------------------------------------------------------
   Limits: toys
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWDI_LIMIT_TABLE 640      /* maximum number of entries of a tabulated Poisson distribution */
#define PASSWDI_LIMIT_TABULATED 1000 /* largest expectation that is tabulated */
#define PASSWDI_LIMIT_POINTS 60      /* maximum number of signal strengths tried */

/* A Poisson number from a uniform one, by inversion: the same uniform number gives a larger n for a larger mean, so
   that CLs is a smooth function of mu. guide[j]: the first n whose cumulative probability exceeds j / entries. */
typedef struct passwdi_limit_poisson {
    double mean, first;
    int entries;
    double *sum;
    int *guide;
} passwdi_limit_poisson;
/* A hypothesis in numbers: expectations, shifts of the background, eta. */
typedef struct passwdi_limit_hypothesis {
    double *nu, *theta, eta;
    double *x;     /* with model->fit: all parameters */
    double *drift; /* channels */
    passwdi_limit_poisson *poisson;
} passwdi_limit_hypothesis;
typedef struct passwdi_limit_toys {
    const passwdi_limit_model *model;
    const passwdi_limit_outcome *data; /* the nuisance parameters of the toys are those that fit it best */
    int observed;                      /* data are the observed ones, else the Asimov data, for expected limits */
    int no_background;                 /* CLs+b instead of CLs */
    int64_t toys;
    uint64_t seed;
    int threads;
    passwdi_limit_hypothesis hypothesis[2]; /* background alone, and with signal */
    double *log_ratio;                      /* bins: ln(nu with signal / nu without) */
    double *room;                           /* of the threads */
    size_t each;                            /* work space per thread: 2 x bins, and with model->fit what it needs */
    passwd_watch *progress;
    void *user;
    int64_t done;
    int stopped;
    passwdi_pair *pairs; /* 2 toys: q and the likelihood ratio, ln L(signal) - ln L(background) */
} passwdi_limit_toys;

static void passwdi_limit_tabulate(passwdi_limit_poisson *p, double mean) {
    const double spread = 8 * sqrt(mean) + 12, first = floor(mean - spread) > 0 ? floor(mean - spread) : 0;
    const int mode = (int)(floor(mean) - first);
    double total = 0, term;
    int k, j = 0;
    p->mean = mean;
    if (!(mean <= PASSWDI_LIMIT_TABULATED)) return;
    p->first = first;
    p->entries = (int)(floor(mean + spread) - first) + 1;
    for (k = mode, term = 1; k < p->entries; ++k, term *= mean / (first + k)) p->sum[k] = term;
    for (k = mode, term = 1; k-- > 0;) p->sum[k] = term *= (first + k + 1) / mean;
    for (k = 0; k < p->entries; ++k) p->sum[k] = total += p->sum[k];
    for (k = 0; k < p->entries; ++k) p->sum[k] /= total;
    p->sum[p->entries - 1] = 1;
    for (k = 0; k < p->entries; ++k) {
        while (p->sum[j] * p->entries < k) ++j;
        p->guide[k] = j;
    }
}
static double passwdi_limit_draw(const passwdi_limit_poisson *p, uint64_t seed, uint32_t stream, uint32_t counter) {
    if (p->mean <= PASSWDI_LIMIT_TABULATED) {
        const double u = passwd_random_uniform(seed, stream, counter);
        int k = p->guide[(int)(u * p->entries)];
        while (p->sum[k] < u) ++k;
        return p->first + k;
    } else { /* Cornish-Fisher: skewness and kurtosis of a Poisson number of large mean, accurate to 1e-5 in
                probability */
        const double z = passwd_random_normal(seed, stream, counter), root = sqrt(p->mean);
        return floor(p->mean + root * z + (z * z - 1) / 6 + (z - z * z * z) / (72 * root) + 0.5);
    }
}
/* The hypothesis of signal mu with the nuisance parameters that fit the data best. */
static void passwdi_limit_hypothesise(const passwdi_limit_toys *t, passwdi_limit_hypothesis *h, double mu) {
    const passwdi_limit_model *model = t->model;
    passwdi_limit_sums sums;
    int i;
    h->eta = t->data->a_eta;
    if (model->fit) {
        passwdi_fit_job job;
        passwdi_limit_float(model, t->data, mu, 1, &job);
        memcpy(h->x, job.x, (size_t)model->fit->parameters * sizeof *h->x);
        passwdi_fit_drift_of(model->fit, job.x, h->drift);
        for (i = 0; i < model->bins; ++i) {
            h->nu[i] = model->use[i] && job.nu[i] > 0 ? job.nu[i] : 0;
            h->theta[i] = model->bin[i].rest ? job.beside[i]
                : model->bin[i].v > 0        ? job.nu[i] - job.signal[i] - job.f[i]
                                             : 0;
            passwdi_limit_tabulate(h->poisson + i, h->nu[i]);
        }
        return;
    }
    passwdi_limit_profile(model, t->data, mu, &h->eta, 0, &sums);
    for (i = 0; i < model->bins; ++i) {
        const passwdi_limit_bin *bin = model->bin + i;
        const double base = bin->b * (1 + model->kappa * h->eta);
        h->nu[i] = passwdi_limit_nu(t->data->n[i], mu * bin->s, base + t->data->a[i], bin->v);
        h->theta[i] = bin->v > 0 ? h->nu[i] - mu * bin->s - base : 0;
        passwdi_limit_tabulate(h->poisson + i, h->nu[i]);
    }
}
/* ln L(signal) - ln L(background) of an outcome, including auxiliary measurements. */
static double passwdi_limit_ratio(const passwdi_limit_toys *t, const passwdi_limit_outcome *o) {
    const passwdi_limit_hypothesis *b = t->hypothesis, *s = t->hypothesis + 1;
    double sum = 0.5 * (b->eta - s->eta) * (b->eta + s->eta - 2 * o->a_eta);
    int i;
    for (i = 0; t->model->fit && i < t->model->fit->nuisances; ++i)
        sum += 0.5 * (b->x[1 + i] - s->x[1 + i]) * (b->x[1 + i] + s->x[1 + i] - 2 * o->aux[i]);
    for (i = 0; t->model->fit && i < t->model->fit->channels; ++i) {
        const double known = t->model->fit->channel[i].drift;
        if (!passwdi_fit_drifts(t->model->fit->channel + i)) continue;
        sum += 0.5 * (b->drift[i] - s->drift[i]) * (b->drift[i] + s->drift[i] - 2 * o->drift[i]) / (known * known);
    }
    for (i = 0; i < t->model->bins; ++i) {
        const double v = t->model->bin[i].v;
        sum += (o->n[i] > 0 ? o->n[i] * t->log_ratio[i] : 0) - (s->nu[i] - b->nu[i]);
        if (v > 0) sum += 0.5 * (b->theta[i] - s->theta[i]) * (b->theta[i] + s->theta[i] - 2 * o->a[i]) / v;
        if (t->model->bin[i].rest)
            sum += (o->a[i] > 0 ? o->a[i] * log(s->theta[i] / b->theta[i]) : 0) - (s->theta[i] - b->theta[i]);
    }
    return sum;
}
/* q-tilde of a toy. Most toys need no fit: their best signal is 0, or beyond mu. */
static double passwdi_limit_toy(const passwdi_limit_model *model, passwdi_limit_outcome *o, double mu) {
    passwdi_limit_sums zero, there;
    double eta = o->a_eta, start;
    if (model->fit) {
        passwdi_fit_job job;
        passwdi_limit_profile(model, o, mu, &eta, 1, &there);
        if (!(there.m > 0)) return 0;
        start = mu - there.m / there.mm; /* no fit if it is certain to end below 0, or would not be used */
        passwdi_limit_float(model, o, start > 0 ? start : 0, start > 0 ? 0 : 1, &job);
        if (start > 0 ? job.x[0] < 0 : job.slope < 0) passwdi_limit_float(model, o, 0, start > 0 ? 1 : 0, &job);
        start = 2 * (there.value - job.value);
        return start > 0 ? start : 0;
    }
    passwdi_limit_profile(model, o, 0, &eta, 0, &zero);
    o->best = 0;
    if (zero.m < 0) {
        passwdi_limit_profile(model, o, mu, &eta, 0, &there);
        if (!(there.m > 0)) return 0;
        start = mu * zero.m / (zero.m - there.m);
        o->best = passwdi_limit_between(model, o, 0, mu, start > 0 && start < mu ? start : 0.5 * mu, &eta);
    }
    passwdi_limit_profile(model, o, o->best, &eta, 1, &zero);
    o->at_best = zero.value;
    return passwdi_limit_q(model, o, mu);
}
/* Toy number k: the first half is of the background alone, the second with signal. */
static void passwdi_limit_throw(const passwdi_limit_toys *t, int64_t k, double mu, double *room) {
    const int bins = t->model->bins, with = k >= t->toys;
    const passwdi_limit_hypothesis *h = t->hypothesis + with;
    const uint32_t counter = (uint32_t)(with ? k - t->toys : k),
                   stream = (uint32_t)(with ? 2 * bins + 1 + (t->model->fit ? t->model->fit->nuisances : 0) : 0);
    passwdi_limit_outcome o;
    int i;
    memset(&o, 0, sizeof o);
    o.n = room;
    o.a = room + bins;
    for (i = 0; i < bins; ++i) {
        const double sigma = t->model->bin[i].sigma;
        o.n[i] = passwdi_limit_draw(h->poisson + i, t->seed, stream + 2 * (uint32_t)i, counter);
        if (t->model->bin[i].rest)
            o.a[i] = h->theta[i] > 0 ? passwdi_hunt_quantile(
                         passwd_random_uniform(t->seed, stream + 2 * (uint32_t)i + 1, counter), h->theta[i])
                                     : 0;
        else
            o.a[i] = sigma > 0
                ? h->theta[i] + sigma * passwd_random_normal(t->seed, stream + 2 * (uint32_t)i + 1, counter)
                : 0;
    }
    if (t->model->fit) {
        o.x = room + 2 * bins;
        o.drift = o.x + t->model->fit->parameters;
        o.room = o.drift + t->model->fit->channels;
        o.tolerance = 1e-6;
        memcpy(o.x, t->hypothesis[1].x, (size_t)t->model->fit->parameters * sizeof *o.x);
        for (i = 0; i < t->model->fit->nuisances; ++i)
            o.aux[i] = h->x[1 + i] + passwd_random_normal(t->seed, stream + 2 * (uint32_t)bins + (uint32_t)i, counter);
        for (i = 0; i < t->model->fit->channels; ++i) {
            const passwdi_fit_channel *ch = t->model->fit->channel + i;
            const uint64_t seed = t->seed ^ UINT64_C(0x8ebc6af09c88c6e3);
            const double off = passwd_random_normal(seed, 2 * (uint32_t)i + (uint32_t)with, counter);
            o.drift[i] = h->drift[i] + (passwdi_fit_drifts(ch) ? ch->drift * off : 0);
        }
    }
    if (t->model->kappa > 0) o.a_eta = h->eta + passwd_random_normal(t->seed, stream + 2 * (uint32_t)bins, counter);
    t->pairs[k].key = passwdi_limit_toy(t->model, &o, mu);
    t->pairs[k].value = passwdi_limit_ratio(t, &o);
}

/* Sums of the weights with which a toy of either half represents the background alone, and the signal. */
typedef struct passwdi_limit_tail {
    double background, signal;
} passwdi_limit_tail;
static void passwdi_limit_weigh(passwdi_limit_tail *tail, double log_ratio) {
    tail->background += 1 / (1 + exp(log_ratio));
    tail->signal += 1 / (1 + exp(-log_ratio));
}
static double passwdi_limit_log_cls(passwdi_limit_tail tail) {
    const double ratio = tail.signal / tail.background;
    return ratio < 1 ? log(ratio > 1e-300 ? ratio : 1e-300) : 0; /* also 0 if nothing is left to distinguish them */
}
/* ln CLs of a signal mu by toys. Both halves together are a sample of the mean of the two hypotheses, and each toy
   represents either one with the weight L / (L + L') (importance sampling with the balance heuristic: E. Veach and L.
   Guibas, SIGGRAPH 1995). In the tail of few events nearly all toys are from the background alone, and all of them
   carry information on the signal: with one bin and no events CLs is exp(-mu) exactly, however few the toys. The data
   count as one more toy, so that no tail is empty. */
static void passwdi_limit_point(passwdi_limit_toys *t, double mu, double *log_cls) {
    const int64_t count = 2 * t->toys;
    passwdi_limit_tail tail = { 0, 0 }, all = { 0, 0 };
    const double q = passwdi_limit_q(t->model, t->data, mu);
    int64_t k;
    int i, which = 0;
    passwdi_limit_hypothesise(t, t->hypothesis + 1, mu);
    for (i = 0; i < t->model->bins; ++i)
        t->log_ratio[i] =
            t->hypothesis[0].nu[i] == t->hypothesis[1].nu[i] ? 0 : log(t->hypothesis[1].nu[i] / t->hypothesis[0].nu[i]);
#ifdef _OPENMP
#pragma omp parallel for num_threads(t->threads) schedule(static)
#endif
    for (k = 0; k < count; ++k) {
        int thread = 0;
#ifdef _OPENMP
        thread = omp_get_thread_num();
#endif
        passwdi_limit_throw(t, k, mu, t->room + (size_t)thread * t->each);
    }
    for (k = 0; k < count; ++k) passwdi_limit_weigh(&all, t->pairs[k].value);
    if (t->observed) {
        passwdi_limit_weigh(&tail, passwdi_limit_ratio(t, t->data));
        for (k = 0; k < count; ++k)
            if (t->pairs[k].key >= q - 1e-9 * (1 + q)) passwdi_limit_weigh(&tail, t->pairs[k].value);
        if (t->no_background) tail.background = (double)t->toys;
        log_cls[0] = q > 0 ? passwdi_limit_log_cls(tail) : 0;
        return;
    }
    passwdi_sort((double *)t->pairs, 2,
        count); /* expected: the quantiles of q in toys without signal, the largest q (lowest limit) first */
    for (k = count; k-- > 0 && which < 5;) {
        passwdi_limit_weigh(&tail, t->pairs[k].value);
        if (k > 0 && t->pairs[k - 1].key >= t->pairs[k].key - 1e-9 * (1 + t->pairs[k].key)) continue;
        while (which < 5 && (k == 0 || tail.background >= exp(passwd_log_normal_above(2 - which)) * all.background))
            log_cls[which++] = t->pairs[k].key > 0 ? passwdi_limit_log_cls(tail) : 0;
    }
}

typedef struct passwdi_limit_table {
    double mu[PASSWDI_LIMIT_POINTS], log_cls[PASSWDI_LIMIT_POINTS][5];
    int count;
} passwdi_limit_table;
/* The points that bracket the crossing of CLs and 1 - level; -1: none. */
static void passwdi_limit_bracket(const passwdi_limit_table *table, int which, double log_alpha, int *low, int *high) {
    int i;
    *low = *high = -1;
    for (i = 0; i < table->count; ++i)
        if (table->log_cls[i][which] > log_alpha && (*low < 0 || table->mu[i] > table->mu[*low])) *low = i;
    for (i = 0; i < table->count; ++i)
        if ((*low < 0 || table->mu[i] > table->mu[*low]) && !(table->log_cls[i][which] > log_alpha)
            && (*high < 0 || table->mu[i] < table->mu[*high]))
            *high = i;
}
/* limits: on entry the starting values, then the limits: interpolated in ln CLs between a point within 0.1 and one
   within 1 of ln(1 - level). All limits share their points. 0: not found. */
static int passwdi_limit_scan(passwdi_limit_toys *t, double log_alpha, int count, double *limits) {
    const double base = t->observed ? t->data->best : 0,
                 fine = 0.001 * t->model->scale; /* CLs is 1 up to the best fit */
    passwdi_limit_table table;
    int which = 0;
    table.count = 0;
    while (which < count) {
        double low, high, f_low, next;
        int a, b;
        passwdi_limit_bracket(&table, which, log_alpha, &a, &b);
        low = a < 0 ? base : table.mu[a];
        f_low = a < 0 ? 0 : table.log_cls[a][which];
        if (b < 0) { /* nothing above: the start, or where ln CLs would be if it were a straight line from the best
                        fit */
            next = base + (low - base) * (log_alpha < 2 * f_low ? log_alpha / f_low : 2);
            if (next < low + 0.1 * (low - base) + 0.05 * t->model->scale)
                next = low + 0.1 * (low - base) + 0.05 * t->model->scale;
            if (limits[which] > next || a < 0) next = limits[which];
        } else {
            const double f_high = table.log_cls[b][which];
            high = table.mu[b];
            next = low + (high - low) * (log_alpha - f_low) / (f_high - f_low);
            if (table.count == PASSWDI_LIMIT_POINTS || high - low < (fine < 0.001 * high ? fine : 0.001 * high)
                || (f_low - log_alpha < 1 && log_alpha - f_high < 1
                    && (f_low - log_alpha < 0.1 || log_alpha - f_high < 0.1))) {
                limits[which++] = next;
                continue;
            }
            if (next < low + 0.05 * (high - low)) next = low + 0.05 * (high - low);
            if (next > high - 0.05 * (high - low)) next = high - 0.05 * (high - low);
        }
        if (table.count == PASSWDI_LIMIT_POINTS || !(next > 0 && next - next == 0)) return 0;
        table.mu[table.count] = next;
        passwdi_limit_point(t, next, table.log_cls[table.count]);
        ++table.count;
        t->done += 2 * t->toys;
        t->stopped = t->progress && t->progress(t->user, t->done, 0);
        if (t->stopped) return 0;
    }
    return 1;
}

/* ------------------------------------------------------------------------------------------------------------------
   Limits: from spectra
   --------------------------------------------------------------------------------------------------------------- */

PASSWD_DEF void passwd_limit_signal(const passwd_spectrum *spectrum, double mass, double sigma, double *signal) {
    int i;
    for (i = 0; i < spectrum->bins; ++i) {
        const double low = spectrum->edges[i] - mass, high = spectrum->edges[i + 1] - mass;
        signal[i] = sigma > 0 ? passwdi_normal_between(low / sigma, high / sigma) : low <= 0 && high > 0;
    }
}

/* The shape of a signal: its bins, and those with its mass (width) one standard deviation up or down, if that is
   uncertain. */
typedef struct passwdi_limit_shape {
    const double *now, *up[2], *down[2];
    double mass;
} passwdi_limit_shape;

static int passwdi_limit_relative(double x) { return x >= 0 && x - x == 0; }
static passwd_status passwdi_limit_systematics_check(const passwd_systematics *s, passwd_error *error) {
    if (passwdi_limit_relative(s->luminosity) && passwdi_limit_relative(s->efficiency)
        && passwdi_limit_relative(s->spurious) && s->scale >= 0 && s->scale <= 0.5 && s->resolution >= 0
        && s->resolution <= 0.5)
        return PASSWD_OK;
    return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
        "Systematic uncertainties must be finite and not negative, those of scale and resolution at most 0.5.");
}
static passwd_status passwdi_limit_options_check(const passwd_limit_options *o, passwd_error *error) {
    if (!(o->level >= 0 && o->level < 1))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The confidence level should lie between 0 and 1, but is %.6g.", o->level);
    if (!(o->normalisation >= 0 && o->normalisation - o->normalisation == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The relative uncertainty of the background is %.6g; it should not be negative.", o->normalisation);
    if (!(o->luminosity >= 0 && o->luminosity - o->luminosity == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The luminosity cannot be %.6g /fb.", o->luminosity);
    if (o->toys < -1 || o->toys > 100000000)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The number of toys is %lld; it should be 0 to 100,000,000, or -1 for no toys at all.", (long long)o->toys);
    return passwdi_limit_systematics_check(&o->systematics, error);
}
static passwd_status passwdi_limit_signal_check(
    const passwd_spectrum *spectrum, const double *signal, double *total, passwd_error *error) {
    int i;
    *total = 0;
    for (i = 0; i < spectrum->bins; ++i) {
        if (!(signal[i] >= 0 && signal[i] - signal[i] == 0))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The signal in bin %d (%.6g to %.6g GeV) is %.6g; a finite number that is not negative is "
                "needed.",
                i + 1, spectrum->edges[i], spectrum->edges[i + 1], signal[i]);
        if (!passwdi_spectrum_blind(spectrum, i)) *total += signal[i];
    }
    if (!(*total > 0 && *total - *total == 0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "No signal falls into the spectrum.");
    for (i = 0; i < spectrum->bins; ++i)
        if (signal[i] > 1e-9 * *total && spectrum->data[i] > 0 && spectrum->background[i] <= 0
            && spectrum->uncertainty[i] <= 0 && !passwdi_spectrum_blind(spectrum, i))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "Bin %d (%.6g to %.6g GeV) has data (%.6g) and signal, but no background.", i + 1, spectrum->edges[i],
                spectrum->edges[i + 1], spectrum->data[i]);
    return PASSWD_OK;
}

/* Everything needed to compute a limit. */
typedef struct passwdi_limit_work {
    const passwd_allocator *allocator;
    int channels;
    passwd_spectrum *counts; /* the channels in effective counts */
    passwdi_fit_part *part;  /* the range of bins of each that is used */
    passwdi_limit_model model;
    passwdi_limit_outcome data, asimov;
    passwdi_limit_bin *bin;
    double *numbers; /* one block: 4 x bins, and for toys 5 x bins and the work space of each thread */
    passwdi_limit_toys toys;
    passwdi_limit_poisson *poisson;
    double *sums;
    int *guides;
    passwdi_fit_model fit; /* the floating model, if there is one */
    double *floating;      /* its parameters and work space, four times */
    unsigned char *use;
} passwdi_limit_work;

static void passwdi_limit_work_free(passwdi_limit_work *work) {
    const passwd_allocator *allocator = work->allocator;
    int c;
    for (c = 0; c < work->channels && work->counts; ++c) passwd_spectrum_free(work->counts + c);
    passwdi_delete(allocator, work->counts);
    passwdi_delete(allocator, work->part);
    passwdi_delete(allocator, work->bin);
    passwdi_delete(allocator, work->numbers);
    passwdi_delete(allocator, work->toys.pairs);
    passwdi_delete(allocator, work->toys.log_ratio); /* and what follows it */
    passwdi_delete(allocator, work->poisson);
    passwdi_delete(allocator, work->sums);
    passwdi_delete(allocator, work->guides);
    passwdi_delete(allocator, work->floating);
    passwdi_delete(allocator, work->use);
    passwdi_fit_model_free(&work->fit, allocator);
}
static passwd_status passwdi_limit_no_memory(
    const passwdi_limit_work *work, const passwd_limit_options *o, passwd_error *error) {
    return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
        "There is not enough memory for a limit with %d bins and %lld toys.",
        work->counts && work->channels ? work->counts->bins : 0, (long long)(o->toys > 0 ? o->toys : 0));
}
/* Signal and its derivatives by the nuisance parameters of mass and width (parabolas through the shapes one standard
   deviation away). */
static void passwdi_limit_shapes(const passwd_spectrum *s, const passwdi_fit_part *part,
    const passwdi_limit_shape *shape, double total, double *out) {
    int i, k;
    for (i = part->from; i < part->to; ++i, out += 5) {
        const double now = shape->now[i];
        const int blind = passwdi_spectrum_blind(s, i);
        out[0] = blind || !(now > 1e-9 * total) ? 0 : now / s->variance[i];
        for (k = 0; k < 2; ++k) {
            const double up = shape->up[k] && !blind ? shape->up[k][i] : now,
                         down = shape->down[k] && !blind ? shape->down[k][i] : now;
            out[1 + 2 * k] = 0.5 * (up - down) / s->variance[i];
            out[2 + 2 * k] = (0.5 * (up + down) - now) / s->variance[i];
        }
    }
}
/* The bins of the closed model; the other bins add the same constant to every -ln L. */
static void passwdi_limit_fill(passwdi_limit_work *work, const passwdi_limit_shape *shape, double total, double kappa) {
    passwdi_limit_model *model = &work->model;
    int c, i;
    model->kappa = kappa;
    for (c = 0; c < work->channels; ++c)
        for (i = 0; i < work->counts[c].bins; ++i) {
            const passwd_spectrum *s = work->counts + c;
            const double signal = passwdi_spectrum_blind(s, i) ? 0 : shape[c].now[i];
            passwdi_limit_bin *bin = work->bin + model->bins;
            if (!(signal > 1e-9 * total) && !(kappa > 0 && s->background[i] > 0)) continue;
            bin->s = signal > 1e-9 * total ? signal / s->variance[i] : 0;
            bin->b = s->background[i];
            bin->sigma = s->uncertainty[i];
            bin->v = bin->sigma * bin->sigma;
            work->data.n[model->bins] = s->data[i];
            work->asimov.n[model->bins] = bin->b;
            ++model->bins;
            if (bin->s > 0 && bin->v <= 0 && (bin->b <= 0 || !(kappa > 0)) && -bin->b / bin->s > model->lowest)
                model->lowest = -bin->b / bin->s;
        }
}
/* The number of parameters of a channel's background is chosen with the signal in the fit; otherwise a broad signal
   would be taken for curvature of the background. */
static passwd_status passwdi_limit_choose(
    passwdi_limit_work *work, int c, const passwdi_limit_shape *shape, double total, passwd_error *error) {
    passwdi_fit_part *part = work->part + c;
    const passwd_spectrum *s = part->spectrum;
    passwdi_fit_model m;
    passwd_status status;
    double *room;
    unsigned char *use;
    part->n = 0;
    if (!passwdi_fit_is(s)) return PASSWD_OK;
    status = passwdi_fit_model_new(&m, part, 1, NULL, 0, 1, work->allocator, error);
    if (status) return status;
    room = (double *)passwdi_new(work->allocator, passwdi_fit_room(&m), sizeof *room);
    use = (unsigned char *)passwdi_new(work->allocator, (size_t)s->bins, 1);
    if (room && use) {
        passwdi_fit_job job;
        passwdi_limit_shapes(s, part, shape, total, m.s);
        passwdi_fit_job_set(&job, &m, room);
        passwdi_fit_bins(s, 0, use);
        job.n = s->data + part->from;
        job.use = use + part->from;
        passwdi_fit_start(&m, s, part->from, m.channel, job.x + 1);
        if (passwdi_fit_choose(&m, &job, 0, s->fit.least, m.channel->n, 1e-9)) part->n = m.channel->n;
        else
            status = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The fit of background and signal from %.6g to %.6g GeV did not converge.", s->edges[part->from],
                s->edges[part->to]);
    } else
        status =
            passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the fit of a background.");
    passwdi_delete(work->allocator, room);
    passwdi_delete(work->allocator, use);
    passwdi_fit_model_free(&m, work->allocator);
    return status;
}
/* The model in which everything floats, fitted to the background alone. */
static passwd_status passwdi_limit_fill_floating(passwdi_limit_work *work, const passwdi_limit_shape *shape,
    double total, const passwd_limit_options *o, passwd_error *error) {
    passwdi_limit_model *model = &work->model;
    passwd_status status = PASSWD_OK;
    passwdi_fit_job job;
    size_t room, each;
    int c, i, bins = 0;
    for (c = 0; c < work->channels && !status; ++c) status = passwdi_limit_choose(work, c, shape + c, total, error);
    if (!status)
        status = passwdi_fit_model_new(
            &work->fit, work->part, work->channels, &o->systematics, o->normalisation, 1, work->allocator, error);
    if (status) return status;
    model->fit = &work->fit;
    room = passwdi_fit_room(&work->fit);
    each = room + (size_t)work->fit.parameters;
    work->floating = (double *)passwdi_new(work->allocator, 4 * (each + (size_t)work->channels), sizeof(double));
    work->use = (unsigned char *)passwdi_new(work->allocator, (size_t)work->fit.bins, 1);
    if (!work->floating || !work->use) return passwdi_limit_no_memory(work, o, error);
    model->use = work->use;
    work->data.room = work->floating;
    work->data.x = work->floating + room;
    work->asimov.room = work->floating + each;
    work->asimov.x = work->asimov.room + room;
    work->toys.hypothesis[0].x = work->floating + 2 * each;
    work->toys.hypothesis[1].x = work->floating + 3 * each;
    work->data.drift = work->floating + 4 * each; /* 0, the measured value */
    work->asimov.drift = work->data.drift + work->channels;
    work->toys.hypothesis[0].drift = work->asimov.drift + work->channels;
    work->toys.hypothesis[1].drift = work->asimov.drift + 2 * work->channels;
    work->data.tolerance = work->asimov.tolerance = 1e-10;
    for (c = 0; c < work->channels; ++c) {
        const passwdi_fit_part *part = work->part + c;
        const passwd_spectrum *s = part->spectrum;
        passwdi_limit_shapes(s, part, shape + c, total, work->fit.s + (size_t)bins * 5);
        if (work->fit.channel[c].n)
            passwdi_fit_start(&work->fit, s, part->from, work->fit.channel + c, work->data.x + work->fit.channel[c].at);
        for (i = part->from; i < part->to; ++i, ++bins) {
            passwdi_limit_bin *bin = work->bin + bins;
            bin->s = work->fit.s[(size_t)bins * 5];
            bin->b = s->background[i];
            bin->v = work->fit.v[bins];
            bin->sigma = sqrt(bin->v);
            work->use[bins] = !passwdi_spectrum_blind(s, i);
            work->data.n[bins] = s->data[i];
            bin->rest = passwdi_fit_rest(s);
            work->data.a[bins] = bin->rest ? s->rest[i] : 0;
        }
    }
    model->bins = bins;
    passwdi_limit_float(model, &work->data, 0, 1, &job);
    if (!(job.value < HUGE_VAL))
        return passwdi_fail(
            error, PASSWD_ERROR_NUMERIC, 0, 0, "The fit of the background for a limit did not converge.");
    for (i = 0; i < bins; ++i) {
        work->asimov.n[i] = work->use[i] ? job.nu[i] - job.signal[i] : 0;
        if (!(work->asimov.n[i] > 0)) work->asimov.n[i] = 0;
        if (work->fit.v[i] > 0) work->asimov.a[i] = work->asimov.n[i] - job.f[i];
        if (work->bin[i].rest) work->asimov.a[i] = job.beside[i];
    }
    memcpy(work->asimov.x, job.x, (size_t)work->fit.parameters * sizeof *job.x);
    passwdi_fit_drift_of(&work->fit, job.x, work->asimov.drift);
    for (i = 0; i < work->fit.nuisances;
         ++i) { /* background alone: the signal that it mimicked in the data is removed with the signal */
        if (work->fit.nuisance[i] == PASSWDI_FIT_SPURIOUS) work->asimov.x[1 + i] = 0;
        work->asimov.aux[i] = work->asimov.x[1 + i];
    }
    return PASSWD_OK;
}
/* Memory for toys. */
static passwd_status passwdi_limit_prepare_toys(
    passwdi_limit_work *work, const passwd_limit_options *o, passwd_error *error) {
    const size_t bins = (size_t)work->model.bins,
                 threads = o->threads < 1 ? 1
        : o->threads < 256                ? (size_t)o->threads
                                          : 256;
    passwdi_limit_toys *t = &work->toys;
    double *numbers;
    size_t i;
    t->each = 2 * bins;
    if (work->model.fit) t->each += passwdi_fit_room(&work->fit) + (size_t)(work->fit.parameters + work->channels);
    t->pairs = (passwdi_pair *)passwdi_new(work->allocator, passwdi_items(o->toys, 2), sizeof *t->pairs);
    work->poisson = (passwdi_limit_poisson *)passwdi_new(work->allocator, bins, 2 * sizeof *work->poisson);
    work->sums = (double *)passwdi_new(work->allocator, bins, 2 * PASSWDI_LIMIT_TABLE * sizeof(double));
    work->guides = (int *)passwdi_new(work->allocator, bins, 2 * PASSWDI_LIMIT_TABLE * sizeof(int));
    numbers = t->log_ratio = (double *)passwdi_new(work->allocator, 5 * bins + threads * t->each, sizeof(double));
    if (!t->pairs || !work->poisson || !work->sums || !work->guides || !numbers)
        return passwdi_limit_no_memory(work, o, error);
    t->model = &work->model;
    t->progress = o->progress;
    t->user = o->user;
    t->toys = o->toys;
    t->seed = o->seed;
    t->threads = (int)threads;
    t->hypothesis[0].nu = numbers + bins;
    t->hypothesis[0].theta = numbers + 2 * bins;
    t->hypothesis[1].nu = numbers + 3 * bins;
    t->hypothesis[1].theta = numbers + 4 * bins;
    t->room = numbers + 5 * bins;
    t->hypothesis[0].poisson = work->poisson;
    t->hypothesis[1].poisson = work->poisson + bins;
    for (i = 0; i < 2 * bins; ++i) {
        work->poisson[i].sum = work->sums + i * PASSWDI_LIMIT_TABLE;
        work->poisson[i].guide = work->guides + i * PASSWDI_LIMIT_TABLE;
    }
    return PASSWD_OK;
}
/* Background events under the signal (as sums of weights, and effective ones): where its density exceeds e^-2 of its
   maximum. */
static double passwdi_limit_under(
    const passwdi_limit_work *work, const passwd_spectrum *spectra, const passwdi_limit_shape *shape, double *events) {
    double effective = 0, top;
    int c, i;
    *events = 0;
    for (c = 0; c < work->channels; ++c) {
        const passwd_spectrum *s = work->counts + c;
        for (top = 0, i = 0; i < s->bins; ++i) {
            const double density = shape[c].now[i] / (s->edges[i + 1] - s->edges[i]);
            if (density > top && !passwdi_spectrum_blind(s, i)) top = density;
        }
        for (i = 0; i < s->bins; ++i) {
            if (passwdi_spectrum_blind(s, i)
                || !(shape[c].now[i] > 0.13533528323661270 * top * (s->edges[i + 1] - s->edges[i])))
                continue;
            effective += s->background[i];
            *events += spectra[c].background[i];
        }
    }
    return effective;
}
static passwd_status passwdi_limit_prepare(passwdi_limit_work *work, const passwd_spectrum *spectra,
    const passwdi_limit_shape *shape, double total, passwd_limit_options *o, passwd_limit *limit, passwd_error *error) {
    const passwd_systematics *y = &o->systematics;
    int c, i, floating = y->luminosity > 0 || y->efficiency > 0 || y->scale > 0 || y->resolution > 0 || y->spurious > 0;
    passwd_status status = PASSWD_OK;
    double weight = 0;
    size_t bins = 0;
    work->counts = (passwd_spectrum *)passwdi_new(work->allocator, (size_t)work->channels, sizeof *work->counts);
    work->part = (passwdi_fit_part *)passwdi_new(work->allocator, (size_t)work->channels, sizeof *work->part);
    if (!work->counts || !work->part) return passwdi_limit_no_memory(work, o, error);
    for (c = 0; c < work->channels && !status; ++c) {
        status = passwdi_spectrum_effective(spectra + c, work->counts + c, work->allocator, error);
        work->part[c] = passwdi_fit_range(work->counts + c, shape[c].mass);
        floating = floating || passwdi_fit_is(spectra + c);
        bins += (size_t)spectra[c].bins;
    }
    if (status) return status;
    work->bin = (passwdi_limit_bin *)passwdi_new(work->allocator, bins, sizeof *work->bin);
    work->numbers = (double *)passwdi_new(work->allocator, bins, 4 * sizeof(double));
    if (!work->bin || !work->numbers) return passwdi_limit_no_memory(work, o, error);
    work->data.n = work->numbers;
    work->data.a = work->numbers + bins;
    work->asimov.n = work->numbers + 2 * bins;
    work->asimov.a = work->numbers + 3 * bins;
    work->model.bin = work->bin;
    work->model.lowest = -HUGE_VAL;
    if (floating) status = passwdi_limit_fill_floating(work, shape, total, o, error);
    else passwdi_limit_fill(work, shape, total, o->normalisation);
    if (status) return status;
    for (i = 0; i < work->model.bins; ++i)
        weight += work->bin[i].s * work->bin[i].s / (work->bin[i].b + work->bin[i].v + 1);
    work->model.scale = 1 / sqrt(weight);
    passwdi_limit_best(&work->model, &work->data);
    passwdi_limit_best(&work->model, &work->asimov);
    limit->few = passwdi_limit_under(work, spectra, shape, &limit->under) < PASSWD_LIMIT_FEW;
    if (o->toys == 0 && limit->few) o->toys = 2000;
    limit->toys = o->toys > 0 ? o->toys : 0;
    return o->toys > 0 ? passwdi_limit_prepare_toys(work, o, error) : PASSWD_OK;
}
/* The bins of a part in which the signal's density exceeds e^-2 of its maximum. */
static void passwdi_limit_core(
    const passwd_spectrum *s, const passwdi_fit_part *part, const double *signal, int stride, int *from, int *to) {
    double top = 0;
    int i;
    for (i = part->from; i < part->to; ++i) {
        const double density = signal[i * stride] / (s->edges[i + 1] - s->edges[i]);
        if (density > top) top = density;
    }
    *from = part->to;
    *to = part->from;
    for (i = part->from; i < part->to; ++i) {
        if (!(signal[i * stride] > 0.13533528323661270 * top * (s->edges[i + 1] - s->edges[i]))) continue;
        if (i < *from) *from = i;
        *to = i + 1;
    }
    *from -= part->from;
    *to -= part->from;
}
/* Whether the background describes the data beside the signal. For fitted backgrounds only. */
static passwd_status passwdi_limit_goodness(
    const passwdi_limit_work *work, const passwdi_limit_shape *shape, passwd_limit *limit, passwd_error *error) {
    const passwdi_fit_model *m = &work->fit;
    passwdi_fit_job job;
    int c, fitted = 0, widest = 0, *range;
    unsigned char *left;
    limit->goodness = NAN;
    for (c = 0; c < work->channels; ++c) fitted = fitted || passwdi_fit_is(work->counts + c);
    if (!fitted) return PASSWD_OK;
    range = (int *)passwdi_new(work->allocator, (size_t)work->channels, 2 * sizeof *range);
    left = (unsigned char *)passwdi_new(work->allocator, (size_t)m->bins, 1);
    if (range && left) {
        for (c = 0; c < work->channels; ++c) {
            int most;
            passwdi_limit_core(
                work->counts + c, work->part + c, shape[c].now, 1, range + c, range + work->channels + c);
            most = passwdi_fit_widest(
                work->counts + c, range[c] + work->part[c].from, range[work->channels + c] + work->part[c].from);
            if (c == 0 || most < widest) widest = most;
        }
        passwdi_limit_float(&work->model, &work->data, 0, 1, &job);
        limit->goodness = passwdi_fit_sides(m, &job, work->use, range, range + work->channels, widest, left);
        limit->refused = limit->goodness < PASSWD_BACKGROUND_GOOD;
        if (limit->refused) limit->log_p = limit->significance = NAN;
    }
    c = range && left;
    passwdi_delete(work->allocator, range);
    passwdi_delete(work->allocator, left);
    return c ? PASSWD_OK
             : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the goodness of a fit.");
}
static passwd_status passwdi_limit_run(
    passwdi_limit_work *work, double log_alpha, passwd_limit *limit, passwd_error *error) {
    passwdi_limit_search search;
    int k, found = 1;
    search.model = &work->model;
    search.data = &work->data;
    search.asimov = &work->asimov;
    search.wanted = 0;
    passwdi_limit_fit(&search, limit);
    passwdi_limit_all_asymptotic(&search, log_alpha, limit);
    for (k = 0; k < 5; ++k) found = found && limit->expected[k] - limit->expected[k] == 0;
    found = found && limit->observed - limit->observed == 0;
    for (k = 0; found && work->toys.toys && k < 2; ++k) { /* expected limits do not use the data */
        work->toys.observed = k;
        work->toys.data = k ? &work->data : &work->asimov;
        passwdi_limit_hypothesise(&work->toys, work->toys.hypothesis, 0);
        found = passwdi_limit_scan(&work->toys, log_alpha, k ? 1 : 5, k ? &limit->observed : limit->expected);
    }
    if (work->toys.stopped)
        return passwdi_fail(
            error, PASSWD_STOPPED, 0, 0, "The limit was stopped after %lld toys.", (long long)work->toys.done);
    passwdi_sort(limit->expected, 1, 5); /* noise of toys at neighbouring strengths may put them out of order */
    if (found) return PASSWD_OK;
    return passwdi_fail(
        error, PASSWD_ERROR_NUMERIC, 0, 0, "No limit was found: no finite signal strength is excluded.");
}
/* CLs is P(q | signal) / P(q | background) >= the smallest likelihood ratio, e^-s: no limit is below -ln(1 - level)
   events; where formulae or the noise of toys give less, that bound is the better answer. */
static void passwdi_limit_bound(const passwdi_limit_work *work, double log_alpha, passwd_limit *limit) {
    double all = 0, least;
    int i;
    for (i = 0; i < work->model.bins; ++i) all += work->bin[i].s;
    least = -log_alpha / all;
    if (limit->observed < least) limit->observed = least;
    for (i = 0; i < 5; ++i)
        if (limit->expected[i] < least) limit->expected[i] = least;
}
static passwd_status passwdi_limit_tight(const passwd_spectrum *spectra, const passwdi_limit_shape *shape, int channels,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error) {
    passwd_limit_options o;
    passwd_limit result;
    passwdi_limit_work work;
    passwdi_fit_part all;
    double total = 0;
    passwd_status status;
    int c, from, to;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    if (o.level == 0) o.level = 0.95;
    status = passwdi_limit_options_check(&o, error);
    for (c = 0; c < channels && !status; ++c) {
        double part = 0;
        status = passwd_background_check(spectra + c, error);
        if (!status) status = passwdi_limit_signal_check(spectra + c, shape[c].now, &part, error);
        memset(&all, 0, sizeof all);
        all.to = spectra[c].bins;
        if (!status) passwdi_limit_core(spectra + c, &all, shape[c].now, 1, &from, &to);
        if (!status) status = passwdi_fit_narrow(spectra + c, from, to, error);
        total += part;
    }
    if (status) return status;
    memset(&result, 0, sizeof result);
    memset(&work, 0, sizeof work);
    work.allocator = allocator;
    work.channels = channels;
    status = passwdi_limit_prepare(&work, spectra, shape, total, &o, &result, error);
    if (!status) status = passwdi_limit_run(&work, log1p(-o.level), &result, error);
    if (!status) status = passwdi_limit_goodness(&work, shape, &result, error);
    if (!status && o.toys >= 0) passwdi_limit_bound(&work, log1p(-o.level), &result);
    passwdi_limit_work_free(&work);
    if (status) return status;
    result.to_pb = o.luminosity > 0 ? 1 / (1000 * o.luminosity) : 0;
    result.mass = shape->mass;
    *limit = result;
    return PASSWD_OK;
}
static passwd_status passwdi_limit_of(const passwd_spectrum *spectra, const passwdi_limit_shape *shape, int channels,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error) {
    passwd_status status = passwdi_limit_tight(spectra, shape, channels, options, limit, allocator, error);
    passwd_spectrum *loose = !status && limit->refused ? passwdi_fit_loosen(spectra, channels, allocator) : NULL;
    if (loose) (void)passwdi_limit_tight(loose, shape, channels, options, limit, allocator, error);
    passwdi_delete(allocator, loose); /* if that has no fit either, the refusal stands */
    return status;
}

static double passwdi_limit_mean(const passwd_spectrum *s, const double *signal) {
    double sum = 0, mean = 0;
    int i;
    for (i = 0; i < s->bins; ++i) {
        sum += signal[i];
        mean += signal[i] * 0.5 * (s->edges[i] + s->edges[i + 1]);
    }
    return sum > 0 ? mean / sum : s->edges[0];
}
/* A histogram whose masses m become a + b m, from its cumulative distribution. */
static void passwdi_limit_move(const passwd_spectrum *s, const double *signal, double a, double b, double *moved) {
    double before = 0, below = 0; /* cumulative at the edge; of bins up to k */
    int i, k = 0;
    for (i = 0; i <= s->bins; ++i) {
        const double m = (s->edges[i] - a) / b;
        double now;
        while (k < s->bins && s->edges[k + 1] <= m) below += signal[k++];
        now = below
            + (k < s->bins && m > s->edges[k] ? signal[k] * (m - s->edges[k]) / (s->edges[k + 1] - s->edges[k]) : 0);
        if (i) moved[i - 1] = now > before ? now - before : 0;
        before = now;
    }
}
/* A signal of any shape, and in four rows of `bins` the same up and down in mass and in width. */
static void passwdi_limit_shape_of(const passwd_spectrum *s, const double *signal, const passwd_systematics *y,
    double *rows, passwdi_limit_shape *shape) {
    int k;
    memset(shape, 0, sizeof *shape);
    shape->now = signal;
    shape->mass = passwdi_limit_mean(s, signal);
    for (k = 0; k < 2 && y; ++k, rows += 2 * s->bins) {
        const double size = k ? y->resolution : y->scale, mean = k ? shape->mass : 0;
        if (!(size > 0 && size <= 0.5)) continue;
        passwdi_limit_move(s, signal, -mean * size, 1 + size, rows);
        passwdi_limit_move(s, signal, mean * size, 1 - size, rows + s->bins);
        shape->up[k] = rows;
        shape->down[k] = rows + s->bins;
    }
}
static passwd_status passwdi_limit_given(const passwd_spectrum *spectra, const double *const *signal, int channels,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error) {
    passwdi_limit_shape *shape;
    passwd_status status;
    double *moved, *at;
    size_t bins = 0;
    int c;
    for (c = 0; c < channels; ++c) bins += (size_t)spectra[c].bins;
    shape = (passwdi_limit_shape *)passwdi_new(allocator, (size_t)channels, sizeof *shape);
    at = moved = (double *)passwdi_new(allocator, bins, 4 * sizeof *moved);
    if (shape && moved) {
        for (c = 0; c < channels; at += 4 * spectra[c++].bins)
            passwdi_limit_shape_of(spectra + c, signal[c], options ? &options->systematics : NULL, at, shape + c);
        status = passwdi_limit_of(spectra, shape, channels, options, limit, allocator, error);
    } else
        status = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the signals of %d channels.", channels);
    passwdi_delete(allocator, shape);
    passwdi_delete(allocator, moved);
    return status;
}
PASSWD_DEF passwd_status passwd_limit_channels(const passwd_spectrum *spectra, const double *const *signal,
    int channels, const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator,
    passwd_error *error) {
    passwd_status status = PASSWD_OK;
    int c;
    if (!spectra || !signal || !limit || channels < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The spectra, the signals or the limit are NULL, or there are no channels.");
    for (c = 0; c < channels && !status; ++c) {
        status = passwdi_spectrum_check(spectra + c, 1, error);
        if (!status && !signal[c])
            status = passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The signal of channel %d is NULL.", c + 1);
    }
    return status ? status : passwdi_limit_given(spectra, signal, channels, options, limit, allocator, error);
}
PASSWD_DEF passwd_status passwd_limit_shape(const passwd_spectrum *spectrum, const double *signal,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error) {
    const passwd_status status = passwdi_spectrum_check(spectrum, 1, error);
    if (status) return status;
    if (!signal || !limit) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The signal or the limit is NULL.");
    return passwdi_limit_given(spectrum, &signal, 1, options, limit, allocator, error);
}

/* Sigma of a Gaussian signal; checks its mass, width and resolution. */
static passwd_status passwdi_limit_sigma(const passwd_spectrum *spectrum, double mass, double width, double a,
    double given, double *sigma, passwd_error *error) {
    const double b = a != 0 || given != 0 ? given : 0.03;
    if (!(mass > 0 && mass >= spectrum->edges[0] && mass < spectrum->edges[spectrum->bins]))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A mass of %.6g GeV lies outside the spectrum (%.6g to %.6g GeV).", mass, spectrum->edges[0],
            spectrum->edges[spectrum->bins]);
    if (!(width >= 0 && width <= 0.15))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The relative width is %.6g; it should lie in 0 to 0.15.", width);
    if (!(a >= 0 && b >= 0 && a - a == 0 && b - b == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The mass resolution must be finite and not negative.");
    *sigma = mass * sqrt(width * width + a * a / mass + b * b);
    return PASSWD_OK;
}
/* A Gaussian in five rows of `bins`: nominal, up and down in mass and in width. */
static void passwdi_limit_gauss(const passwd_spectrum *s, double mass, double sigma, const passwd_systematics *y,
    double *rows, passwdi_limit_shape *shape) {
    memset(shape, 0, sizeof *shape);
    shape->now = rows;
    shape->mass = mass;
    passwd_limit_signal(s, mass, sigma, rows);
    if (y && y->scale > 0) {
        passwd_limit_signal(s, mass * (1 + y->scale), sigma, rows + s->bins);
        passwd_limit_signal(s, mass * (1 - y->scale), sigma, rows + 2 * s->bins);
        shape->up[0] = rows + s->bins;
        shape->down[0] = rows + 2 * s->bins;
    }
    if (y && y->resolution > 0) {
        passwd_limit_signal(s, mass, sigma * (1 + y->resolution), rows + 3 * s->bins);
        passwd_limit_signal(s, mass, sigma * (1 - y->resolution), rows + 4 * s->bins);
        shape->up[1] = rows + 3 * s->bins;
        shape->down[1] = rows + 4 * s->bins;
    }
}
PASSWD_DEF passwd_status passwd_limit_gaussian(const passwd_spectrum *spectrum, double mass,
    const passwd_limit_options *options, passwd_limit *limit, const passwd_allocator *allocator, passwd_error *error) {
    double *rows, sigma = 0;
    passwdi_limit_shape shape;
    passwd_status status = passwdi_spectrum_check(spectrum, 1, error);
    if (status) return status;
    if (!limit) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The limit is NULL.");
    if (mass > spectrum->fit.blind_low && mass < spectrum->fit.blind_high)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A mass of %.6g GeV lies in the blinded range (%.6g to %.6g GeV).", mass, spectrum->fit.blind_low,
            spectrum->fit.blind_high);
    status = passwdi_limit_sigma(spectrum, mass, options ? options->width : 0, options ? options->resolution_a : 0,
        options ? options->resolution_b : 0, &sigma, error);
    if (status) return status;
    rows = (double *)passwdi_new(allocator, (size_t)spectrum->bins, 5 * sizeof(double));
    if (!rows)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the signal's %d bins.", spectrum->bins);
    passwdi_limit_gauss(spectrum, mass, sigma, options ? &options->systematics : NULL, rows, &shape);
    status = passwdi_limit_of(spectrum, &shape, 1, options, limit, allocator, error);
    passwdi_delete(allocator, rows);
    if (status) return status;
    limit->sigma = sigma;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_limit_events(const passwd_spectrum *spectrum, const double *masses,
    const double *weights, int64_t count, double factor, double *signal, passwd_error *error) {
    passwd_status status = passwdi_spectrum_check(spectrum, 0, error);
    double total = 0;
    int64_t k;
    int i;
    if (status) return status;
    if (!masses || !signal || count < 1 || !(factor > 0 && factor - factor == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The simulated masses or the signal are NULL, or the factor is not positive.");
    for (i = 0; i < spectrum->bins; ++i) signal[i] = 0;
    for (k = 0; k < count; ++k) {
        const double w = weights ? weights[k] : 1, m = masses[k] * factor;
        const int bin = m - m == 0 ? passwdi_spectrum_bin(spectrum->edges, spectrum->bins, m) : -1;
        if (!(m - m == 0 && w - w == 0))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "Mass or weight of simulated event %lld is not finite.", (long long)k + 1);
        total += w;
        if (bin >= 0 && bin < spectrum->bins) signal[bin] += w;
    }
    if (!(total > 0))
        return passwdi_fail(
            error, PASSWD_ERROR_NUMERIC, 0, 0, "The sum of the weights of the simulated events is not positive.");
    for (i = 0; i < spectrum->bins; ++i) {
        signal[i] /= total;
        if (signal[i] < 0)
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "Bin %d (%.6g to %.6g GeV) of the simulated signal is negative: there are too few events for their "
                "weights.",
                i + 1, spectrum->edges[i], spectrum->edges[i + 1]);
    }
    return PASSWD_OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   Scan
   --------------------------------------------------------------------------------------------------------------- */

enum { PASSWDI_SCAN_NUMBERS = 1 + (int)PASSWDI_FIT_MOST, PASSWDI_SCAN_EXACT = 8 };
/* Signals on one background (or, with slide, each on the fit of its surroundings: groups of one). */
typedef struct passwdi_scan {
    const passwd_allocator *allocator;
    passwd_scan_options options;
    passwd_spectrum counts; /* in effective counts */
    int shapes, groups, bins, least;
    double *rows;           /* shapes x bins x 5: signals and their derivatives, as passwdi_fit_model has them */
    double *total;          /* shapes: fraction of a signal within the spectrum */
    passwdi_fit_part *part; /* groups */
    passwdi_fit_model *model;
    double *start;             /* groups x NUMBERS: the background's parameters */
    unsigned char *use, *left; /* bins; work space for those beside a signal */
    double *background;        /* bins: expectation of toys */
    passwdi_resample resample; /* of options.events */
    size_t room;               /* of the largest fit */
    double spurious;
} passwdi_scan;
/* An experiment in a thread: counts, shifts of backgrounds from outside, and the results of its fits. */
typedef struct passwdi_scan_work {
    double *n, *a, *room;
    double *x, *value; /* NUMBERS x NUMBERS, NUMBERS: fits of the background alone by number of parameters */
    double *rough;     /* shapes x NUMBERS: signed q0, approximate */
    double *q;         /* shapes: that for the chosen number of parameters; used ones: below zero */
    int least;         /* parameters, of any signal: passwdi_scan_choose */
    double drift;      /* of a ratio: its constraint */
} passwdi_scan_work;

static size_t passwdi_scan_room(const passwdi_scan *s) {
    return 2 * (size_t)s->bins + s->room + (size_t)PASSWDI_SCAN_NUMBERS * (PASSWDI_SCAN_NUMBERS + 1)
        + (size_t)s->shapes * (PASSWDI_SCAN_NUMBERS + 1);
}
static void passwdi_scan_work_set(const passwdi_scan *s, double *block, passwdi_scan_work *w) {
    w->n = block;
    w->a = block + s->bins;
    w->x = w->a + s->bins;
    w->value = w->x + PASSWDI_SCAN_NUMBERS * PASSWDI_SCAN_NUMBERS;
    w->rough = w->value + PASSWDI_SCAN_NUMBERS;
    w->q = w->rough + (size_t)s->shapes * PASSWDI_SCAN_NUMBERS;
    w->room = w->q + s->shapes;
}
/* q0 of a signal from a fit of the background alone: the signal's gain with the background held fixed, times the ratio
   of the information with a fixed background to that with a free one. Exact for many events; the sign is the signal's.
   factor: Cholesky's of the background. */
static double passwdi_scan_rough(const passwdi_scan *s, const passwdi_fit_model *m, const passwdi_fit_job *j,
    const double *row, const double *factor) {
    const int n = m->channel->n, p = m->parameters;
    double cross[1 + PASSWDI_FIT_MOST] = { 0 }, score = 0, info = 0, held = 0, left, q = 0, mu = 0, outside = 0;
    int i, k, step, from = 0, to = m->bins; /* where the signal is */
    while (from < to && !(row[5 * from] > 0)) ++from;
    while (to > from && !(row[5 * to - 5] > 0)) --to;
    for (i = from; i < to; ++i) {
        const double *jac = j->jac + (size_t)i * PASSWDI_FIT_LOCAL, signal = row[5 * i], nu = j->nu[i],
                     w = m->weight[i];
        if (!(signal > 0) || !(nu > 0) || !j->use[i]) continue;
        score += w * signal * (j->n[i] / nu - 1);
        info += w * signal * signal / (nu + j->v[i]);
        held += w * signal * signal / nu;
        outside += m->v[i];
        for (k = 1; k <= n; ++k) cross[k] += w * signal * jac[k] / (nu + j->v[i]);
    }
    left = info;
    if (n) passwdi_fit_forward(factor, 1, p, cross);
    for (k = 1; k <= n; ++k) left -= cross[k] * cross[k];
    if (!(left > 1e-6 * info)) return 0;
    if (score <= 0 || outside > 0)
        return (score > 0 ? 1 : -1) * score * score / left / (1 + s->spurious * s->spurious * left);
    for (step = 0; step < 6; ++step) { /* Newton's method converges from the left, as the slope is convex */
        double slope = 0, bend = 0;
        for (i = from; i < to; ++i) {
            const double signal = row[5 * i], nu = j->nu[i] + mu * signal;
            if (!(signal > 0) || !(nu > 0) || !j->use[i]) continue;
            slope += m->weight[i] * signal * (j->n[i] / nu - 1);
            bend += m->weight[i] * j->n[i] * signal * signal / (nu * nu);
        }
        if (!(slope > 0 && bend > 0)) break;
        mu += slope / bend;
        if (slope * slope < 1e-4 * bend) break;
    }
    for (i = from; i < to; ++i) {
        const double signal = row[5 * i], nu = j->nu[i];
        if (signal > 0 && nu > 0 && j->use[i])
            q += 2 * m->weight[i] * ((j->n[i] > 0 ? j->n[i] * log1p(mu * signal / nu) : 0) - mu * signal);
    }
    return q * (m->channel->rest ? held : info) / left / (1 + s->spurious * s->spurious * left);
}
/* The index of the deviance with the number of parameters, from `least` on, for which one or two more bring no
   improvement at 5 %. */
static int passwdi_scan_number(const double *deviance, int least, int most) {
    int n;
    for (n = least; n < most; ++n) {
        if (deviance[n] - deviance[n + 1] > 3.841458820694124) continue;
        if (n + 2 <= most && deviance[n] - deviance[n + 2] > 5.991464547107979) continue;
        break;
    }
    return n;
}
/* The minimum number for any signal of a group: what the background alone needs (as long as it falls ever more steeply:
   other functions follow signals), and what it needs beside the signal that each number prefers. With fewer, a broad
   signal would repair the background somewhere, and the scan would find that. */
static int passwdi_scan_choose(const passwdi_scan *s, int group, const passwdi_scan_work *w, int least, int most) {
    const int first = s->groups > 1 ? group : 0, end = s->groups > 1 ? group + 1 : s->shapes;
    double deviance[PASSWDI_SCAN_NUMBERS];
    int n, k, alone = least;
    for (n = least; n <= most; ++n) deviance[n] = 2 * w->value[n];
    if (s->model[group].channel->free < most) alone = passwdi_scan_number(deviance, least, most);
    for (n = least; n <= most; ++n) {
        double best = 0;
        for (k = first; k < end; ++k) best = fmax(best, fabs(w->rough[(size_t)k * PASSWDI_SCAN_NUMBERS + (size_t)n]));
        deviance[n] -= best;
    }
    n = passwdi_scan_number(deviance, least, most);
    return n > alone ? n : alone;
}
/* Fits of a group's background alone with every number of parameters, and approximate q0s of its signals. 0: no fit
   converged. */
static int passwdi_scan_backgrounds(const passwdi_scan *s, int group, passwdi_scan_work *w, double tolerance) {
    const passwdi_fit_part part = s->part[group];
    const int first = s->groups > 1 ? group : 0, end = s->groups > 1 ? group + 1 : s->shapes;
    const int most = s->model[group].channel->n, least = most < s->least ? most : s->least;
    passwdi_fit_model m = s->model[group];
    passwdi_fit_channel channel = *m.channel;
    passwdi_fit_job j;
    int n, k, any = 0;
    m.channel = &channel;
    m.s = NULL;
    m.nuisances = 0;
    channel.at = 1;
    for (n = 0; n < least; ++n) w->value[n] = HUGE_VAL;
    for (; n <= most; ++n) {
        double *x = w->x + n * PASSWDI_SCAN_NUMBERS;
        passwdi_fit_take(&m, n);
        passwdi_fit_job_set(&j, &m, w->room);
        j.n = w->n + part.from;
        j.a = w->a + part.from;
        j.drift = &w->drift;
        j.use = s->use + part.from;
        if (n > least) memcpy(j.x, x - PASSWDI_SCAN_NUMBERS, sizeof(double) * (size_t)n);
        else memcpy(j.x, s->start + group * PASSWDI_SCAN_NUMBERS, sizeof(double) * (size_t)(n + 1));
        w->value[n] = HUGE_VAL;
        if (passwdi_fit_run(&m, &j, 1, tolerance)) {
            w->value[n] = j.value;
            any = 1;
        }
        memcpy(x, j.x, sizeof(double) * (size_t)(n + 1));
        passwdi_fit_fisher(&m, &j, j.x, 1);
        if (!passwdi_fit_cholesky(j.fisher, 1, m.parameters)) w->value[n] = HUGE_VAL;
        for (k = first; k < end; ++k)
            w->rough[(size_t)k * PASSWDI_SCAN_NUMBERS + (size_t)n] = w->value[n] < HUGE_VAL
                ? passwdi_scan_rough(
                    s, &m, &j, s->rows + ((size_t)k * (size_t)s->bins + (size_t)part.from) * 5, j.fisher)
                : 0;
    }
    w->least = passwdi_scan_choose(s, group, w, least, most);
    for (k = first; k < end; ++k) { /* the number that would be chosen with the signal in the fit */
        const double *q = w->rough + (size_t)k * PASSWDI_SCAN_NUMBERS;
        double deviance[PASSWDI_SCAN_NUMBERS];
        for (n = w->least; n <= most; ++n) deviance[n] = 2 * w->value[n] - fabs(q[n]);
        w->q[k] = q[passwdi_scan_number(deviance, w->least, most)];
    }
    return any;
}
/* The fit of signal k after passwdi_scan_backgrounds of its group. Returns the signed q0. */
static double passwdi_scan_exact(const passwdi_scan *s, int k, passwdi_scan_work *w, double tolerance,
    passwd_scan_point *point, unsigned char *left, double *goodness) {
    const int group = s->groups > 1 ? k : 0;
    const passwdi_fit_part part = s->part[group];
    const int most = s->model[group].channel->n, least = w->least;
    passwdi_fit_model m = s->model[group];
    passwdi_fit_channel channel = *m.channel;
    passwdi_fit_job j;
    double with, mu, q, without;
    int n, good;
    m.channel = &channel;
    m.s = s->rows + ((size_t)k * (size_t)s->bins + (size_t)part.from) * 5;
    passwdi_fit_job_set(&j, &m, w->room);
    j.n = w->n + part.from;
    j.a = w->a + part.from;
    j.drift = &w->drift;
    j.use = s->use + part.from;
    memcpy(j.x + channel.at, w->x + least * PASSWDI_SCAN_NUMBERS + 1, sizeof(double) * (size_t)least);
    good = most > 0 ? passwdi_fit_choose(&m, &j, 0, least, most, tolerance)
                    : passwdi_fit_run(&m, &j, 0, tolerance) || j.value < HUGE_VAL;
    if (!good) return 0;
    n = channel.n;
    with = j.value;
    mu = j.x[0];
    passwdi_fit_along(&m, &j);
    if (point) {
        point->fitted = mu;
        point->fitted_error = j.curvature > 0 ? 1 / sqrt(j.curvature) : NAN;
    }
    without = n < PASSWDI_SCAN_NUMBERS ? w->value[n] : HUGE_VAL;
    if (s->spurious > 0 || !(without < HUGE_VAL)) { /* without a signal there may still be a spurious one */
        j.x[0] = 0;
        passwdi_fit_run(&m, &j, 1, tolerance);
        without = j.value;
    }
    q = 2 * (without - with);
    if (goodness && n > 0) {
        int from, to;
        passwdi_limit_core(&s->counts, &part, s->rows + (size_t)k * (size_t)s->bins * 5, 5, &from, &to);
        *goodness = passwdi_fit_sides(&m, &j, s->use + part.from, &from, &to,
            passwdi_fit_widest(&s->counts, from + part.from, to + part.from), left);
    }
    return (mu > 0 ? 1 : -1) * (q > 0 ? q : 0);
}
/* The largest q0 of the counts in w, and how often the approximate q0s rise above 1. */
static double passwdi_scan_largest(
    const passwdi_scan *s, passwdi_scan_work *w, const int *first_of_series, int *crossings) {
    double best = 0;
    int k, g, tries, one;
    *crossings = 0;
    for (g = 0; g < s->groups; ++g)
        if (!passwdi_scan_backgrounds(s, g, w, 1e-6) && s->groups == 1) return 0;
    for (k = 0; k < s->shapes; ++k) *crossings += w->q[k] > 1 && (first_of_series[k] || !(w->q[k - 1] > 1));
    for (tries = 0; tries < PASSWDI_SCAN_EXACT; ++tries) {
        double q;
        for (one = 0, k = 1; k < s->shapes; ++k)
            if (w->q[k] > w->q[one]) one = k;
        if (!(w->q[one] * 1.15 + 0.1 > best) || !(w->q[one] > 0)) break;
        w->q[one] = -1;
        if (s->groups > 1) passwdi_scan_backgrounds(s, one, w, 1e-6); /* the stored fits are those of another */
        q = passwdi_scan_exact(s, one, w, 1e-6, NULL, NULL, NULL);
        if (s->groups > 1) w->q[one] = -1;
        if (q > best) best = q;
    }
    return best;
}
/* A toy of a region and its rest: as many events in every bin as in the data, each in the region with the probability
   given by the ratio there. Without events, waiting times are drawn instead. */
static void passwdi_scan_part(const passwdi_scan *s, uint64_t seed, int64_t toy, passwdi_scan_work *w) {
    const passwd_spectrum *c = &s->counts;
    int i;
    if (s->options.events) passwdi_resample_draw(&s->resample, c, toy, w->n, 1);
    for (i = 0; i < s->bins; ++i) {
        const double weight = passwdi_fit_all(c, i), part = weight > 0 ? s->background[i] * c->variance[i] / weight : 0;
        double all = weight / c->variance[i], per = c->variance[i] / c->rest_variance[i]; /* in counts of the
                                                                                             region */
        if (!s->options.events) {
            const uint64_t own = seed + (uint64_t)i * UINT64_C(0xd1342543de82ef95);
            uint32_t throws = 0;
            double at = 0;
            all = c->data[i] + c->rest[i];
            per = 1;
            w->n[i] = part < 1 ? 0 : all;
            while (part > 0 && part < 1) {
                at += 1 + floor(log(passwd_random_uniform(own, (uint32_t)toy, throws++)) / log1p(-part));
                if (!(at <= all)) break;
                w->n[i] += 1;
            }
        }
        if (!s->use[i]) w->n[i] = 0;
        w->a[i] = all > w->n[i] ? (all - w->n[i]) * per : 0;
    }
}
/* Toy number `toy` of the background alone. */
static void passwdi_scan_throw(const passwdi_scan *s, int64_t toy, passwdi_scan_work *w) {
    const uint64_t seed = s->options.seed + (uint64_t)(toy >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    int i;
    w->drift = 0;
    if (passwdi_fit_rest(&s->counts)) {
        passwdi_scan_part(s, seed, toy, w);
        if (s->counts.fit.learnt > 0 && s->counts.fit.parameters == 3) /* its constraint is another measurement */
            w->drift = s->counts.fit.p[2]
                + s->counts.fit.drift * passwd_random_normal(seed ^ UINT64_C(0x8ebc6af09c88c6e3), (uint32_t)toy, 0);
        return;
    }
    if (s->options.events) passwdi_resample_draw(&s->resample, &s->counts, toy, w->n, 1);
    for (i = 0; i < s->bins; ++i) {
        const int drawn = !(s->options.events && s->counts.data[i] > 0);
        const double mean = s->background[i], sigma = passwdi_fit_is(&s->counts) ? 0 : s->counts.uncertainty[i];
        if (!(mean > 0 && s->use[i])) w->n[i] = 0;
        else if (drawn)
            w->n[i] = passwdi_hunt_quantile(passwdi_hunt_uniform(seed, (uint32_t)toy, 4 * (uint32_t)i), mean);
        w->a[i] = sigma > 0 ? sigma * passwd_random_normal(seed, (uint32_t)toy, 4 * (uint32_t)i + 2) : 0;
    }
}
static void passwdi_scan_free(passwdi_scan *s) {
    int g;
    for (g = 0; g < s->groups && s->model; ++g) passwdi_fit_model_free(s->model + g, s->allocator);
    passwdi_delete(s->allocator, s->model);
    passwdi_delete(s->allocator, s->part);
    passwdi_delete(s->allocator, s->rows);
    passwdi_delete(s->allocator, s->total);
    passwdi_delete(s->allocator, s->start);
    passwdi_delete(s->allocator, s->use);
    passwdi_delete(s->allocator, s->background);
    passwdi_resample_free(&s->resample, s->allocator);
    passwd_spectrum_free(&s->counts);
}
static passwd_status passwdi_scan_no_memory(const passwdi_scan *s, passwd_error *error) {
    return passwdi_fail(
        error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a scan with %d signals.", s->shapes);
}
static passwd_status passwdi_scan_new(
    passwdi_scan *s, const passwd_spectrum *spectrum, const passwdi_limit_shape *shape, passwd_error *error) {
    const size_t shapes = (size_t)s->shapes, bins = (size_t)spectrum->bins;
    passwd_status status = passwdi_spectrum_effective(spectrum, &s->counts, s->allocator, error);
    const int fitted = passwdi_fit_is(spectrum);
    double events = 0;
    int g, k, from, to;
    if (status) return status;
    s->bins = spectrum->bins;
    s->least = fitted ? spectrum->fit.least : 0;
    s->spurious = s->options.systematics.spurious;
    s->groups = passwdi_fit_local(spectrum) ? s->shapes : 1;
    s->rows = (double *)passwdi_new(s->allocator, shapes, bins * 5 * sizeof *s->rows);
    s->total = (double *)passwdi_new(s->allocator, shapes, sizeof *s->total);
    s->part = (passwdi_fit_part *)passwdi_new(s->allocator, (size_t)s->groups, sizeof *s->part);
    s->model = (passwdi_fit_model *)passwdi_new(s->allocator, (size_t)s->groups, sizeof *s->model);
    s->start = (double *)passwdi_new(s->allocator, (size_t)s->groups, PASSWDI_SCAN_NUMBERS * sizeof *s->start);
    s->use = (unsigned char *)passwdi_new(s->allocator, bins, 2);
    s->left = s->use + bins;
    s->background = (double *)passwdi_new(s->allocator, bins, sizeof *s->background);
    if (!s->rows || !s->total || !s->part || !s->model || !s->start || !s->use || !s->background)
        return passwdi_scan_no_memory(s, error);
    passwdi_fit_bins(&s->counts, 0, s->use);
    for (k = 0; k < s->shapes; ++k) {
        passwdi_fit_part all;
        status = passwdi_limit_signal_check(spectrum, shape[k].now, s->total + k, error);
        if (status) return status;
        memset(&all, 0, sizeof all);
        all.to = s->bins;
        passwdi_limit_core(&s->counts, &all, shape[k].now, 1, &from, &to);
        status = passwdi_fit_narrow(spectrum, from, to, error);
        if (status) return status;
        passwdi_limit_shapes(&s->counts, &all, shape + k, s->total[k], s->rows + (size_t)k * bins * 5);
    }
    for (g = 0; g < s->groups; ++g) {
        s->part[g] = passwdi_fit_range(&s->counts, shape[g].mass);
        status =
            passwdi_fit_model_new(s->model + g, s->part + g, 1, &s->options.systematics, 0, 1, s->allocator, error);
        if (status) return status;
        if (fitted)
            passwdi_fit_start(s->model + g, &s->counts, s->part[g].from, s->model[g].channel,
                s->start + g * PASSWDI_SCAN_NUMBERS + 1);
        if (passwdi_fit_room(s->model + g) > s->room) s->room = passwdi_fit_room(s->model + g);
    }
    for (k = 0; k < s->bins; ++k) events += s->counts.data[k];
    for (k = 0; k < s->bins; ++k)
        s->background[k] = !s->use[k] ? 0
                                      : s->counts.background[k]
                + (fitted && !passwdi_fit_rest(&s->counts) && events < (double)PASSWDI_HUNT_FEW
                        ? 0.5 / s->bins
                        : 0); /* half an event spread over all bins, as for hunts */
    return PASSWD_OK;
}
/* All points of the data. */
static void passwdi_scan_data(passwdi_scan *s, passwdi_scan_work *w, passwd_scan_point *points, passwd_scan_result *r) {
    int k, g;
    memcpy(w->n, s->counts.data, (size_t)s->bins * sizeof *w->n);
    memset(w->a, 0, (size_t)s->bins * sizeof *w->a);
    if (passwdi_fit_rest(&s->counts)) memcpy(w->a, s->counts.rest, (size_t)s->bins * sizeof *w->a);
    w->drift = 0;
    r->best_index = 0;
    for (g = 0; g < s->groups; ++g) {
        const int first = s->groups > 1 ? g : 0, end = s->groups > 1 ? g + 1 : s->shapes,
                  n = s->model[g].channel->n < s->least ? s->model[g].channel->n : s->least;
        passwdi_scan_backgrounds(s, g, w, 1e-9);
        if (w->value[n] < HUGE_VAL)
            memcpy(
                s->start + g * PASSWDI_SCAN_NUMBERS, w->x + n * PASSWDI_SCAN_NUMBERS, sizeof(double) * (size_t)(n + 1));
        for (k = first; k < end; ++k) {
            passwd_scan_point *p = points + k;
            const double q = passwdi_scan_exact(s, k, w, 1e-9, p, NULL, NULL), z = q < 0 ? -sqrt(-q) : sqrt(q);
            p->q0 = q > 0 ? q : 0;
            p->significance = z;
            p->log_p = passwd_log_normal_above(z);
            if (p->q0 > points[r->best_index].q0) r->best_index = k;
        }
    }
    if (s->groups > 1) passwdi_scan_backgrounds(s, r->best_index, w, 1e-9);
    passwdi_scan_exact(s, r->best_index, w, 1e-9, NULL, s->left, &r->goodness);
    r->refused = r->goodness < PASSWD_BACKGROUND_GOOD;
    for (k = 0; k < s->shapes && r->refused; ++k) points[k].log_p = points[k].significance = NAN;
    r->best = points[r->best_index];
}
/* The expectation of toys if the background is made of kernels: kernels with all bins except those under the best
   signal, since the side-band estimates of all bins do not form a smooth spectrum. */
static passwd_status passwdi_scan_smooth(passwdi_scan *s, int best, passwd_error *error) {
    passwdi_fit_set set;
    passwdi_fit_part all;
    double *room;
    int from, to, n = 0;
    passwd_status status = passwdi_fit_set_new(&set, &s->counts, s->allocator, error);
    if (status) return status;
    memset(&all, 0, sizeof all);
    all.to = s->bins;
    passwdi_limit_core(&s->counts, &all, s->rows + (size_t)best * (size_t)s->bins * 5, 5, &from, &to);
    passwdi_fit_without(s->use, s->bins, from, to, 0, s->left);
    room = (double *)passwdi_new(s->allocator, set.room, sizeof *room);
    if (!room
        || !passwdi_fit_set_run(&set, s->counts.data, s->left, 0, set.start, room, 1e-9, s->background, NULL, NULL, &n))
        status = room ? passwdi_fit_no_kernels(error) : passwdi_scan_no_memory(s, error);
    for (n = 0; n < s->bins; ++n)
        if (!s->use[n]) s->background[n] = 0;
    passwdi_delete(s->allocator, room);
    passwdi_fit_set_free(&set);
    return status;
}
/* Whether the Gross-Vitells formula gives at least half of the count where ten toys are above. */
static int passwdi_scan_crosses_rightly(const double *sorted, int64_t toys, double crossings) {
    const double u = toys >= 10 ? sorted[toys - 10] : 0;
    return crossings > 0 && u > 1
        && exp(passwd_log_normal_above(sqrt(u))) + crossings * exp(0.5 * (1 - u)) >= 5.0 / (double)toys;
}
/* The global p-value from sorted toys and their crossings. */
static void passwdi_scan_global(const double *sorted, int64_t toys, double crossings, passwd_scan_result *r) {
    passwd_hunt_result counted;
    double n;
    memset(&counted, 0, sizeof counted);
    counted.t = r->best.q0;
    r->toys = toys;
    if (toys < 1) return;
    passwdi_hunt_global(sorted, toys < 100 ? toys : 99, &counted); /* counting only: extrapolation is by Gross and
                                                                      Vitells */
    for (counted.above = 0; counted.above < toys && sorted[toys - 1 - counted.above] >= r->best.q0; ++counted.above) {}
    n = (double)toys;
    r->above = counted.above;
    r->crossings = crossings / n;
    r->log_p_crossings = log(exp(r->best.log_p) + r->crossings * exp(0.5 * (1 - r->best.q0)));
    if (r->best.q0 > 600) r->log_p_crossings = log(r->crossings + 1e-300) + 0.5 * (1 - r->best.q0);
    if (r->log_p_crossings > 0) r->log_p_crossings = 0;
    r->extrapolated = r->above < 10 && toys >= 100;
    if (r->extrapolated && passwdi_scan_crosses_rightly(sorted, toys, r->crossings)) {
        const double error = 1 / sqrt(crossings);
        r->log_p = r->log_p_crossings;
        r->log_p_low = r->log_p - error;
        r->log_p_high = r->log_p + error < 0 ? r->log_p + error : 0;
    } else if (r->extrapolated) { /* an exponential through the largest toys; its mean is never below that of
                                     chi-squared */
        passwdi_hunt_tail tail = passwdi_hunt_tail_of(sorted, toys);
        const double m = tail.count > 0 ? (double)tail.count : 1,
                     mean = tail.count > 0 && tail.mean > 2 ? tail.mean : 2;
        const double x = tail.count > 0 && r->best.q0 > tail.u ? (r->best.q0 - tail.u) / mean : 0;
        r->extrapolated = 2;
        r->log_p = log((tail.count > 0 ? m : (double)r->above + 1) / n) - x;
        if (r->log_p > 0) r->log_p = 0;
        r->log_p_low = r->log_p - sqrt((1 + x * x) / m);
        r->log_p_high = r->log_p + sqrt((1 + x * x) / m) < 0 ? r->log_p + sqrt((1 + x * x) / m) : 0;
    } else {
        const double k = (double)r->above, side = 0.15865525393145705;
        r->log_p = r->above ? log(k / n) : -HUGE_VAL;
        r->log_p_low = r->above ? passwdi_hunt_beta_inverse(k, n - k + 1.0, side) : -HUGE_VAL;
        r->log_p_high = r->above < toys ? passwdi_hunt_beta_inverse(k + 1.0, n - k, 1.0 - side) : 0.0;
    }
    r->significance = passwd_significance(r->log_p);
    r->significance_low = passwd_significance(r->log_p_high);
    r->significance_high = passwd_significance(r->log_p_low);
}
static passwd_status passwdi_scan_toys(
    const passwdi_scan *s, const int *first_of_series, double *work, double *q, int64_t *done, double *crossings) {
    const passwd_scan_options *o = &s->options;
    const size_t each = passwdi_scan_room(s);
    const int64_t block = o->progress ? 64 : o->toys;
    int threads = o->threads < 1 ? 1 : o->threads < 256 ? o->threads : 256;
    double sum = 0;
    *done = 0;
    while (*done < o->toys) {
        const int64_t first = *done, end = o->toys - first > block ? first + block : o->toys;
        int64_t toy;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 2) num_threads(threads) reduction(+ : sum)
#endif
        for (toy = first; toy < end; ++toy) {
            passwdi_scan_work w;
            int thread = 0, rises;
#ifdef _OPENMP
            thread = omp_get_thread_num();
#endif
            passwdi_scan_work_set(s, work + each * (size_t)thread, &w);
            passwdi_scan_throw(s, toy, &w);
            q[toy] = passwdi_scan_largest(s, &w, first_of_series, &rises);
            sum += rises;
        }
        *done = end;
        *crossings = sum;
        if (o->progress && o->progress(o->user, *done, o->toys) && *done < o->toys) return PASSWD_STOPPED;
    }
    (void)threads;
    return PASSWD_OK;
}
static passwd_status passwdi_scan_run(passwdi_scan *s, const int *first_of_series, passwd_scan_point *points,
    passwd_scan_result *r, double *toy_q, passwd_error *error) {
    const size_t threads = s->options.threads < 1 ? 1 : s->options.threads < 256 ? (size_t)s->options.threads : 256;
    double *work = (double *)passwdi_new(s->allocator, passwdi_scan_room(s) * threads, sizeof *work);
    double *q = (double *)passwdi_new(s->allocator, (size_t)s->options.toys, sizeof *q), crossings = 0;
    passwdi_scan_work w;
    passwd_status status = PASSWD_OK;
    int64_t done = 0;
    if (work && q) {
        passwdi_scan_work_set(s, work, &w);
        passwdi_scan_data(s, &w, points, r);
        if (s->options.toys > 0 && !r->refused && passwdi_fit_kernels(&s->counts))
            status = passwdi_scan_smooth(s, r->best_index, error);
        if (s->options.toys > 0 && !r->refused && s->options.events && !status)
            status =
                passwdi_resample_new(&s->resample, s->options.events, &s->counts, s->background, s->allocator, error);
        if (s->options.toys > 0 && !r->refused && !status) {
            status = passwdi_scan_toys(s, first_of_series, work, q, &done, &crossings);
            if (toy_q) memcpy(toy_q, q, (size_t)done * sizeof *q);
            passwdi_sort(q, 1, done);
            passwdi_scan_global(q, done, crossings, r);
            if (status)
                passwdi_fail(error, status, 0, 0, "The scan was stopped after %lld of %lld toys.", (long long)done,
                    (long long)s->options.toys);
        }
    } else status = passwdi_scan_no_memory(s, error);
    passwdi_delete(s->allocator, work);
    passwdi_delete(s->allocator, q);
    return status;
}
static passwd_status passwdi_scan_tight(const passwd_spectrum *spectrum, const passwdi_limit_shape *shape, int shapes,
    const int *first_of_series, const passwd_scan_options *options, passwd_scan_point *points,
    passwd_scan_result *result, double *toy_q, const passwd_allocator *allocator, passwd_error *error) {
    passwdi_scan s;
    passwd_scan_result r;
    passwd_scan_point *own;
    passwd_status status;
    memset(&s, 0, sizeof s);
    memset(&r, 0, sizeof r);
    r.log_p = r.log_p_low = r.log_p_high = r.significance = r.significance_low = r.significance_high =
        r.log_p_crossings = r.crossings = r.goodness = NAN;
    s.allocator = allocator;
    s.shapes = shapes;
    if (options) s.options = *options;
    own = (passwd_scan_point *)passwdi_new(allocator, (size_t)shapes, sizeof *own);
    status = own ? passwdi_scan_new(&s, spectrum, shape, error) : passwdi_scan_no_memory(&s, error);
    if (!status) {
        memcpy(own, points, (size_t)shapes * sizeof *own);
        status = passwdi_scan_run(&s, first_of_series, own, &r, toy_q, error);
    }
    if (!status || status == PASSWD_STOPPED) {
        memcpy(points, own, (size_t)shapes * sizeof *own);
        *result = r;
    }
    passwdi_delete(allocator, own);
    passwdi_scan_free(&s);
    return status;
}
static passwd_status passwdi_scan_of(const passwd_spectrum *spectrum, const passwdi_limit_shape *shape, int shapes,
    const int *first_of_series, const passwd_scan_options *options, passwd_scan_point *points,
    passwd_scan_result *result, double *toy_q, const passwd_allocator *allocator, passwd_error *error) {
    passwd_status status =
        passwdi_scan_tight(spectrum, shape, shapes, first_of_series, options, points, result, toy_q, allocator, error);
    passwd_spectrum *loose = !status && result->refused ? passwdi_fit_loosen(spectrum, 1, allocator) : NULL;
    if (loose
        && passwdi_scan_tight(loose, shape, shapes, first_of_series, options, points, result, toy_q, allocator, error)
            == PASSWD_STOPPED)
        status = PASSWD_STOPPED;
    passwdi_delete(allocator, loose); /* if that has no fit either, the refusal stands */
    return status;
}
static passwd_status passwdi_scan_check(
    const passwd_spectrum *spectrum, const passwd_scan_options *o, passwd_error *error) {
    passwd_status status = passwdi_spectrum_check(spectrum, 1, error);
    if (!status) status = passwd_background_check(spectrum, error);
    if (status) return status;
    if (o->toys < 0 || o->toys > 100000000 || o->widths < 0 || o->widths > PASSWD_SCAN_WIDTHS
        || !(o->step >= 0 && o->step - o->step == 0))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A scan needs 0 to 100,000,000 toys, up to %d widths, and a step that is not negative.",
            PASSWD_SCAN_WIDTHS);
    return passwdi_limit_systematics_check(&o->systematics, error);
}
static double passwdi_scan_sigma(const passwd_scan_options *o, double width, double mass) {
    const double b = o->resolution_a != 0 || o->resolution_b != 0 ? o->resolution_b : 0.03;
    return mass * sqrt(width * width + o->resolution_a * o->resolution_a / mass + b * b);
}
/* The points of a scan; points NULL: their number. */
static int passwdi_scan_points(const passwd_spectrum *s, const passwd_scan_options *o, passwd_scan_point *points) {
    const double first = s->edges[0], last = s->edges[s->bins], step = o->step > 0 ? o->step : 0.5;
    int w, count = 0;
    for (w = 0; w < (o->widths ? o->widths : 1); ++w) {
        const double width = o->widths ? o->width[w] : 0;
        double m = o->low > first ? o->low : first > 0 ? first : 1e-3 * last;
        while (!(o->low > 0) && m < last && m - 2 * passwdi_scan_sigma(o, width, m) < first) m *= 1.001;
        for (; m < last && count < 1000000; m += step * passwdi_scan_sigma(o, width, m)) {
            const double sigma = passwdi_scan_sigma(o, width, m);
            if (o->high > 0 ? m > o->high * (1 + 1e-12) : m + 2 * sigma > last) break;
            if (m > s->fit.blind_low && m < s->fit.blind_high) continue;
            if (points) {
                memset(points + count, 0, sizeof *points);
                points[count].mass = m;
                points[count].width = width;
                points[count].sigma = sigma;
            }
            ++count;
        }
    }
    return count;
}
PASSWD_DEF passwd_status passwd_scan(const passwd_spectrum *spectrum, const passwd_scan_options *options,
    passwd_scan_points *to, passwd_scan_result *result, double *toy_q, const passwd_allocator *allocator,
    passwd_error *error) {
    passwd_scan_options o;
    passwd_status status;
    passwdi_limit_shape *shape;
    passwd_scan_point *points;
    double *rows, sigma;
    size_t bins;
    int k, n, *first;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    status = passwdi_scan_check(spectrum, &o, error);
    for (k = 0; k < (o.widths ? o.widths : 1) && !status && !o.signals; ++k)
        status = passwdi_limit_sigma(spectrum, 0.5 * (spectrum->edges[0] + spectrum->edges[spectrum->bins]), o.width[k],
            o.resolution_a, o.resolution_b, &sigma, error);
    if (status) return status;
    if (!to || (to->point && !result))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The result of the scan is NULL.");
    n = o.signals ? o.shapes : passwdi_scan_points(spectrum, &o, NULL);
    if (o.signals && n < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "There are no signals to scan for.");
    if (n < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "No mass of the scan lies in the spectrum (%.6g to %.6g GeV).", spectrum->edges[0],
            spectrum->edges[spectrum->bins]);
    to->count = n;
    points = to->point;
    if (!points) return PASSWD_OK;
    if (to->room < n)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "There are %d points, but room for only %d.", n, to->room);
    bins = (size_t)spectrum->bins;
    shape = (passwdi_limit_shape *)passwdi_new(allocator, (size_t)n, sizeof *shape);
    rows = (double *)passwdi_new(allocator, (size_t)n, bins * 5 * sizeof *rows);
    first = (int *)passwdi_new(allocator, (size_t)n, sizeof *first);
    if (shape && rows && first) {
        if (!o.signals) passwdi_scan_points(spectrum, &o, points);
        for (k = 0; k < n; ++k) {
            double *row = rows + (size_t)k * bins * 5;
            if (o.signals) {
                passwdi_limit_shape_of(spectrum, o.signals + (size_t)k * bins, &o.systematics, row, shape + k);
                memset(points + k, 0, sizeof *points);
                points[k].mass = shape[k].mass;
            } else passwdi_limit_gauss(spectrum, points[k].mass, points[k].sigma, &o.systematics, row, shape + k);
            first[k] = k == 0 || points[k].mass < points[k - 1].mass;
        }
        status = passwdi_scan_of(spectrum, shape, n, first, &o, points, result, toy_q, allocator, error);
    } else
        status =
            passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a scan with %d signals.", n);
    passwdi_delete(allocator, shape);
    passwdi_delete(allocator, rows);
    passwdi_delete(allocator, first);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   One p-value for all searches
   --------------------------------------------------------------------------------------------------------------- */

/* Ranks of the toys of one look, with the data as one more: at least[k] = min(at least[k], fraction that reaches toy
   k). */
static double passwdi_look_ranks(const double *t, const double *sorted, int64_t toys, double data, double *least) {
    const double all = (double)(toys + 1);
    int64_t k, low, high, middle;
    for (k = -1; k < toys; k++) {
        const double x = k < 0 ? data : t[k];
        double part;
        for (low = 0, high = toys; low < high;) {
            middle = low + (high - low) / 2;
            if (sorted[middle] < x) low = middle + 1;
            else high = middle;
        }
        part = x > 0.0 ? ((double)(toys - low) + (k < 0 || data >= x)) / all : 1.0;
        if (k < 0) least[toys] = part;
        else if (part < least[k]) least[k] = part;
    }
    return least[toys];
}
/* From the smallest p of every toy (sorted), and of the data: by its rank, or if few toys are beyond, from the best
   look's own p. */
static void passwdi_together_global(
    const double *least, int64_t toys, int count, double rank, const passwd_look *best, passwd_together *r) {
    const double n = (double)toys, side = 0.15865525393145705;
    const int64_t most = toys / 20 > 50 ? toys / 20 : toys < 50 ? toys : 50;
    double k;
    while (r->above < toys && least[r->above] <= rank) r->above++;
    r->trials = least[most - 1] < 1.0 ? log1p(-(double)most / (n + 1.0)) / log1p(-least[most - 1]) : 1.0;
    if (!(r->trials >= 1.0)) r->trials = 1.0;
    if (r->trials > count) r->trials = count;
    k = (double)r->above;
    r->extrapolated =
        rank * (n + 1.0) < 10.0 && toys >= 100; /* of the best look: its own toys only show that it is rare */
    if (r->extrapolated) {                      /* 1 - (1 - p)^trials */
        const double tail = log(r->trials) + best->log_p, error = 1.0 / sqrt((double)most);
        r->log_p = tail < -20.0 ? tail : log(-expm1(r->trials * log1p(-exp(best->log_p))));
        r->log_p_low =
            r->log_p - sqrt(error * error + (best->log_p - best->log_p_low) * (best->log_p - best->log_p_low));
        r->log_p_high =
            r->log_p + sqrt(error * error + (best->log_p_high - best->log_p) * (best->log_p_high - best->log_p));
        if (r->log_p_high > 0.0) r->log_p_high = 0.0;
    } else {
        r->log_p = log((k + 1.0) / (n + 1.0));
        r->log_p_low = r->above ? passwdi_hunt_beta_inverse(k, n - k + 1.0, side) : -HUGE_VAL;
        r->log_p_high = r->above < toys ? passwdi_hunt_beta_inverse(k + 1.0, n - k, 1.0 - side) : 0.0;
    }
    r->significance = passwd_significance(r->log_p);
    r->significance_low = passwd_significance(r->log_p_high);
    r->significance_high = passwd_significance(r->log_p_low);
}
PASSWD_DEF passwd_status passwd_looks_together(const passwd_look *looks, int count, int64_t toys,
    passwd_together *together, const passwd_allocator *allocator, passwd_error *error) {
    double *least, *sorted, rank = 2.0;
    passwd_together r;
    int64_t i;
    int k;
    if (!looks || !together || count < 1 || toys < 1)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "Combining looks needs looks and the number of their toys.");
    least = (double *)passwdi_new(allocator, passwdi_items(toys + 1, 2), sizeof *least);
    if (!least)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld toys of all looks.",
            (long long)toys);
    sorted = least + toys + 1;
    for (i = 0; i < toys; i++) least[i] = 1.0;
    memset(&r, 0, sizeof r);
    r.toys = toys;
    r.best = -1;
    r.log_p = r.log_p_low = r.log_p_high = r.significance = r.significance_low = r.significance_high = r.trials = NAN;
    for (k = 0; k < count; k++) {
        double part;
        if (!looks[k].toys || looks[k].log_p != looks[k].log_p) continue;
        memcpy(sorted, looks[k].toys, (size_t)toys * sizeof *sorted);
        passwdi_sort(sorted, 1, toys);
        part = passwdi_look_ranks(looks[k].toys, sorted, toys, looks[k].statistic, least);
        if (part < rank) rank = part;
        if (r.best < 0 || looks[k].log_p < looks[r.best].log_p) r.best = k;
    }
    passwdi_sort(least, 1, toys);
    if (r.best >= 0) passwdi_together_global(least, toys, count, rank, looks + r.best, &r);
    passwdi_delete(allocator, least);
    *together = r;
    return PASSWD_OK;
}

PASSWDI_AS_WRITTEN_END
#ifdef __cplusplus
}
#endif
#endif /* PASSWDI_REFUSED */
#endif /* PASSWD_RMM_IMPLEMENTATION */
