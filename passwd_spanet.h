/* passwd_spanet.h - symmetry preserving attention networks: assigns jets to particles, in one header. MIT licence.

   WHAT IT IS
     SPANet (arXiv 2010.09206, 2106.03898): events of any number of jets in, the jets of every particle out, for any
     topology (tt, ttH, four tops, your own). Tensor attention, losses that know the symmetries, events with missing
     partons, selection of jets without collisions, the chi-square method to compare with, and the efficiencies of both.
     It reads and writes the weights and options of SPANet's public code, and averages several networks.
     It needs passwd.h, whose manual says how to compile, who owns what, and what is promised: all of that holds here.
     It is no event selection and no b-tagger: events come with the features that the topology names.

   RUN: THE JETS OF ONE EVENT (save it as assign.c; cc -O2 assign.c -o assign -lm)

     #define PASSWD_IMPLEMENTATION
     #define PASSWD_SPANET_IMPLEMENTATION
     #include "passwd_spanet.h"
     #include <stdio.h>

     enum { JETS = 7 }; // in any order; GeV and radians
     static double pt[JETS] = { 126.2, 92.8, 48.6, 31.1, 29.8, 26.1, 25.8 };
     static double eta[JETS] = { 0.73, -0.53, 0.19, -0.35, -0.05, -0.32, 1.55 };
     static double phi[JETS] = { -2.99, -0.81, 0.99, 2.29, -2.11, 0.61, 0.78 };
     static double m[JETS] = { 19.1, 9.4, 9.8, 5.8, 4.1, 4.1, 4.5 };
     static double btag[JETS] = { 1, 0, 1, 0, 0, 0, 0 };

     int main(void) {
         int64_t first[] = { 0, JETS };          // the jets of event k are first[k] ... first[k + 1] - 1
         double *columns[] = { NULL, btag };     // targets, which only training needs; tags; then other features
         passwd_events events = { 0 };           // points to your arrays: never passwd_events_free it
         passwd_spanet *net = NULL;              // a network: load it once, share it
         passwd_spanet_job *job = NULL;          // the buffers to run it with: one per thread
         passwd_spanet_answer answers[1];
         passwd_error error;
         int p, k;
         events.count = 1;
         events.first = first;
         events.pt = pt;
         events.eta = eta;
         events.phi = phi;
         events.m = m;
         events.number = columns;
         events.n_numbers = 2;
         if (passwd_spanet_load("data/spanet.safetensors", NULL, 0, NULL, &net, &error)
             || passwd_spanet_job_new(net, NULL, &job, &error)
             || passwd_spanet_run(job, &events, 0, 1, passwd_spanet_selection_of(net), answers, NULL, &error)) {
             fprintf(stderr, "%s\n", error.message);
             return 1;
         }
         for (p = 0; p < passwd_spanet_topology_of(net)->particles; p++) {
             const passwd_spanet_particle *particle = &passwd_spanet_topology_of(net)->particle[p];
             const passwd_spanet_assignment *answer = &answers[0].particle[p];
             printf("%s:", particle->name);
             for (k = 0; k < particle->products; k++) printf(" %s = jet %d,", particle->product[k], answer->jet[k]);
             printf(" mass %.1f GeV, probability %.2f\n", answer->m, (double)answer->probability);
         }
         passwd_spanet_job_free(job);
         passwd_spanet_free(net);
         return 0;
     }

     "Jet k" is the k-th of the rows that the network takes (passwd_spanet_jets): those of the event, unless it has
     more than max_jets or objects of other types. -1 is a product without a jet; the mass is NaN then. events.number
     has the targets, the tags, and the topology's other columns as passwd_spanet_columns_of orders them. The
     selection: EXPECTED expects the most right particles, and is best where particles may be missing; JOINT takes the
     likeliest set of jets for all of them; GREEDY is the public code's. "probability" is that of the jets if the
     particle is there, `detection` that it is.

     From floats, or jets, leptons and missing energy in arrays of their own: passwd_spanet_run_arrays, with the
     struct of passwd.h's first program, passwd_arrays; tags go to `number` with `names` = { "btag" }. To the bit the
     same answers.

   HOW GOOD IT IS, on events with the column `target` ("t1/q1", ...)
     passwd_spanet_columns_of the network's topology, passwd_events_load with them, passwd_spanet_run,
     passwd_spanet_targets (with the max_jets of passwd_spanet_config_of), and for each event passwd_spanet_compare:
     it returns how many of the particles that are there have all their jets right, *there being how many are there.
     data/ttbar.csv is of the kind that data/spanet.safetensors learnt from, but none of its events was.

   TRAIN ONE OF A TOPOLOGY OF YOUR OWN

     #define PASSWD_IMPLEMENTATION
     #define PASSWD_SPANET_IMPLEMENTATION
     #include "passwd_spanet.h"
     #include <stdio.h>
     #include <string.h>

     static const char text[] = "[SOURCE]\npt = log_normalize\neta = normalize\nphi = normalize\nm = log_normalize\n"
                                "[EVENT]\nparticles = (W)\n"
                                "[W]\njets = (q1, q2)\npermutations = [(q1, q2)]\ntargets = (t1/q1, t1/q2)\n";

     int main(void) {
         static passwd_spanet_topology topology; // large: not on the stack
         static passwd_spanet_columns columns;   // what events must have for it
         passwd_spanet_config config;
         passwd_spanet *net = NULL;
         passwd_events events = { 0 };
         passwd_train_report report;
         passwd_error error;
         int failed = passwd_spanet_topology_parse(text, strlen(text), "W", NULL, &topology, &error)
             || passwd_spanet_preset("default", &config, &error);
         if (!failed) {
             config.epochs = 2; // far too few, and too small a network: to show how
             config.hidden_dim = 16;
             passwd_spanet_columns_of(&topology, &columns);
             failed = passwd_events_load("data/ttbar.csv", &columns.options, NULL, &events, &error)
                 || passwd_spanet_new(&config, &topology, 1, NULL, &net, &error) // parameters are drawn from seed 1
                 || passwd_spanet_train(net, &events, 0, events.count, NULL, &report, NULL, &error)
                 || passwd_spanet_save(net, "w.safetensors", &error);
         }
         if (failed) fprintf(stderr, "%s\n", error.message);
         else printf("%d epochs, loss %.3f. %s\n", report.epochs, report.total, report.warning);
         passwd_spanet_free(net);
         passwd_events_free(&events);
         return failed;
     }

     Steps: a topology (text, file, "ttbar", "ttH", "tttt", "W", or a struct that passwd_spanet_topology_check
     completes); events with the column `target` ("t1/q1", ...; empty: none); a configuration; new, train, save. Answers
     of other events are compared as above, and summed up by passwd_spanet_table_begin and _add
     (examples/spanet_train.c). passwd_spanet_chi2_preset, _fit and _run are the
     method to beat. Weights of the public code: passwd_spanet_load with its topology, read from its event file.

   WHO OWNS WHAT
     passwd_spanet and jobs: *_new (or _load, _parse), *_free; a job borrows its network. Topologies, columns, answers
     and tables are structs without pointers to anything else (columns point into themselves: do not copy them).

   LIMITS
     4 collections and global inputs, of 32 features each, 8 particles of 1 to 5 products, 720 elements of the symmetry
     group, 32 regressions and classifications of up to 64 classes (PASSWD_SPANET_*), 127 jets; with particles of four
     or five products 104 or 40 of a network, and 64 jets for the selection of five. Memory and time grow with
     jets^products of a particle: passwd_spanet_memory says how much a job or a training takes.

   NOT IMPLEMENTED
     Targets of heads from passwd_arrays (training reads passwd_events); heads whose loss takes the best permutation of
     exchangeable particles; optimizers but AdamW; batch norms in new networks.

   CONTENTS (search for the name)
     the interface:       Topology | Events and targets | Selection | Network | Chi-square | Efficiencies
     the implementation:  Topology | Events and targets | Selection | Chi-square | Efficiencies | Network | LANE KERNELS
*/
#ifndef PASSWDI_KERNEL_PASS
#ifndef PASSWD_SPANET_H
#define PASSWD_SPANET_H
#ifdef PASSWD_HEADER
#include PASSWD_HEADER
#else
#include "passwd.h"
#endif
#ifndef PASSWDI_REFUSED
#if defined(PASSWD_STATIC) && !defined(PASSWD_SPANET_IMPLEMENTATION) && defined(__GNUC__) \
    && !defined(__clang__) /* as in passwd.h */
#define PASSWDI_SPANET_HUSHED
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------------------
   Topology: the particles of an event, the jets that each of them decays to, and the symmetries between them.
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_SPANET_INPUTS 4       /* maximum number of collections of objects */
#define PASSWD_SPANET_FEATURES 32    /* maximum number of features of a collection */
#define PASSWD_SPANET_PARTICLES 8    /* maximum number of particles of an event */
#define PASSWD_SPANET_PRODUCTS 5     /* maximum number of jets of a particle */
#define PASSWD_SPANET_ORDERS 120     /* maximum order of a particle's symmetry group (all orders of its products) */
#define PASSWD_SPANET_HEADS 32       /* maximum number of regressions and classifications */
#define PASSWD_SPANET_CLASSES_MAX 64 /* maximum number of classes of a classification */
#define PASSWD_SPANET_GROUP 720      /* maximum order of the event's symmetry group (six identical particles) */

typedef struct passwd_spanet_feature {
    char name[32]; /* pt, eta, phi, m or mass, e or energy, sin_phi, cos_phi; any other name: a numeric column of
                      the events */
    int logarithm; /* log(1 + x) */
    int normalize; /* (x - mean) / width, learnt from the training set */
} passwd_spanet_feature;
typedef struct passwd_spanet_input { /* a collection of objects that share an embedding, or numbers of the event */
    char name[32];
    int global; /* 1: one vector of the event's (missing energy, a lepton), which no product comes from. Its features
                   are columns "NAME.feature", the same in all rows of an event (the first counts), or, where there are
                   none, those of the event's first object of its types. An event where all of them are empty has none.
                 */
    int types;
    char type[8][16]; /* values of the column "object" that belong to it; 0: "j" and "b" */
    int features;
    passwd_spanet_feature feature[PASSWD_SPANET_FEATURES];
} passwd_spanet_input;
typedef struct passwd_spanet_particle {
    char name[32];
    int products; /* 1 to 5 */
    char product[PASSWD_SPANET_PRODUCTS][32];
    char target[PASSWD_SPANET_PRODUCTS][64]; /* label in the events' column "target"; default "particle/product" */
    int inputs[PASSWD_SPANET_PRODUCTS];      /* collections that the product may come from, as bits; 0: all */
    int permutations; /* elements of the group, the identity first; permutation[g][k]: the product at place k */
    signed char permutation[PASSWD_SPANET_ORDERS][PASSWD_SPANET_PRODUCTS];
} passwd_spanet_particle;
/* What else a network tells of an event, a particle or a product (arXiv 2309.01886): a number, or one of some classes.
   Its name in files, in columns of events (the truth, the same in all rows of an event; empty, or of classes below 0:
   unknown) and in tensors: "EVENT/x", "t1/PARTICLE/x", "t1/b/x". Heads of exchangeable particles are trained as they
   are labelled. */
typedef enum passwd_spanet_head_kind {
    PASSWD_SPANET_GAUSSIAN = 0, /* a number with errors of one size: squares */
    PASSWD_SPANET_LAPLACIAN,    /* with long tails: absolute values */
    PASSWD_SPANET_LOG_GAUSSIAN, /* 2 sinh of what the network gives; squares in the target's own units, as in the public
                                   code, so that large targets outweigh everything else */
    PASSWD_SPANET_CLASSES
} passwd_spanet_head_kind;
typedef struct passwd_spanet_head {
    char name[32];
    int kind;              /* passwd_spanet_head_kind */
    int particle, product; /* -1: of the event, of the whole particle; products need split_symmetric_attention,
                              and num_jet_encoder_layers to learn from (0 in the preset default) */
    int classes;           /* of CLASSES; 0: of the weights that are loaded, or to be found by passwd_spanet_classes */
} passwd_spanet_head;
typedef struct passwd_spanet_topology {
    int inputs;
    passwd_spanet_input input[PASSWD_SPANET_INPUTS];
    int particles;
    passwd_spanet_particle particle[PASSWD_SPANET_PARTICLES];
    int permutations; /* of particles, as above; exchangeable particles have the same number of products and the
                         same group */
    signed char permutation[PASSWD_SPANET_GROUP][PASSWD_SPANET_PARTICLES];
    int orbit[PASSWD_SPANET_PARTICLES]; /* the first particle that this one may be exchanged with, or itself */
    int heads;
    passwd_spanet_head head[PASSWD_SPANET_HEADS];
} passwd_spanet_topology;

/* Two formats, distinguished by the first line that is neither empty nor a comment ("[": INI).

   INI, as in the talk of 2106.03898:                       YAML, the public code's event files (inputs, the event
     [SOURCE]                 ; features of the jets        tree, permutations, REGRESSIONS, CLASSIFICATIONS):
     pt = log_normalize       ; none, log, normalize
     btag = none                                              INPUTS:
     [EVENT]                                                    SEQUENTIAL:
     particles = (t1, t2)                                         Source:
     permutations = [(t1, t2)]                                      pt: log_normalize
     [t1]                                                     EVENT:
     jets = (q1, q2, b)                                         t1:
     permutations = [(q1, q2)]                                    - q1
                                                                  - b
                                                              PERMUTATIONS:
                                                                EVENT:
                                                                  - [ t1, t2 ]
   Permutations are a list of generators; the group is completed from them. INI: a generator is a cycle, (a, b, c), or a
   list of simultaneous cycles: [(a, b), (c, d)] are two generators, [[(a, b), (c, d)]] is one; round and square
   brackets are equivalent. YAML: in an item [ a, b, c ] all of them are exchangeable, as in the public code; [[ a, b ],
   [ c, d ]] is one generator of simultaneous cycles. A subset of YAML is read: blocks indented by spaces, lists, quoted
   words, comments. A product may name its collection, "- q1: Jets": the collection must exist, but, as in the public
   code, jets of the others may still be chosen (INI's "inputs" forbids it). Heads in INI: "EVENT/m = gaussian" in
   [REGRESSIONS], "t1/PARTICLE/charge = 2" in [CLASSIFICATIONS] (the number of classes; 0: as many as the events have).
   Extensions: "objects = (j, b)" of a collection (INI: in [SOURCE] or, with several, in the section of each name listed
   in "[INPUTS]" (name = sequential or global); YAML: "objects: [ j, b ]" among the features; without it collections
   whose names begin with lepton, electron, muon, tau, photon, met, bjet hold e and mu, e, mu, tau, g, met, b, all
   others j and b), "targets = (w1/q1, w1/q2)" and "inputs = (Jets, (Jets, Leptons))" of a particle (INI only). Names
   have up to 31 (types 15, targets 63) letters, digits and _ - . + * (targets: also /); those of particles and
   collections must be distinct and not EVENT, INPUTS, REGRESSIONS or CLASSIFICATIONS. Unknown keys, sections, particles
   and products, duplicate names, an object type in more than one collection, no particle, no feature ... are PARSE or
   CONFIG errors "FILE:LINE:COLUMN: ...", with line and column in the error as well; UNSUPPORTED: a group of more than
   720 elements, lists more than 8 deep, texts beyond 262,144 bytes. */
PASSWD_API passwd_status passwd_spanet_topology_parse(const char *text, size_t length, const char *name,
    const passwd_allocator *allocator, passwd_spanet_topology *topology, passwd_error *error);
PASSWD_API passwd_status passwd_spanet_topology_load(
    const char *path, const passwd_allocator *allocator, passwd_spanet_topology *topology, passwd_error *error);
/* Predefined topologies: "ttbar", "ttH", "tttt", "W" (W -> qq only, with the targets t1/q1, t1/q2). Features m, pt
   (log_normalize), eta, phi (normalize), btag. */
PASSWD_API passwd_status passwd_spanet_topology_preset(
    const char *name, passwd_spanet_topology *topology, passwd_error *error);
/* For structs filled by hand: completes the groups from the given permutations (taken as generators), sets orbit, fills
   in default targets, writes "all collections" as 0, and refuses invalid topologies (CONFIG; UNSUPPORTED beyond 720
   elements). */
PASSWD_API passwd_status passwd_spanet_topology_check(passwd_spanet_topology *topology, passwd_error *error);
/* "EVENT/x", "t1/PARTICLE/x" or "t1/b/x"; "" if there is no such head. */
PASSWD_API void passwd_spanet_head_name(const passwd_spanet_topology *topology, int head, char name[100]);
/* Sets the numbers of classes that are 0: one more than the largest label in events [first, first + count). CONFIG: a
   head with fewer than two classes; NUMERIC: labels that are not whole numbers below 64. */
PASSWD_API passwd_status passwd_spanet_classes(
    passwd_spanet_topology *topology, const passwd_events *events, int64_t first, int64_t count, passwd_error *error);
/* Appends the INI text of the topology, with permutations as a few generators. `text` must be zeroed or belong to a
   JSON writer (writer.out), which frees it. */
PASSWD_API passwd_status passwd_spanet_topology_write(
    const passwd_spanet_topology *topology, passwd_text *text, passwd_error *error);
/* 0 if the particles, products and groups agree (features and targets may differ); else 1, with the reason in `why`
   (may be NULL). */
PASSWD_API int passwd_spanet_topology_differs(
    const passwd_spanet_topology *a, const passwd_spanet_topology *b, char why[160]);

/* ------------------------------------------------------------------------------------------------------------------
   Events and targets
   --------------------------------------------------------------------------------------------------------------- */

/* Events may also be built by hand from your arrays (see passwd_events), with the numeric columns that the topology
   names, in the order of passwd_spanet_columns_of; columns that are not needed may be NULL. */
/* Options that make passwd_events_load keep what the topology needs: its numeric columns, "btag" (if present), and the
   texts of "target" (if present). The pointers refer to `name` in this struct. */
typedef struct passwd_spanet_columns {
    passwd_event_options options; /* its numbers: "$target?" first, "btag?" second, then the topology's other
                                     columns (without "?": they are required), at last one for each head */
    const char *numbers[PASSWD_SPANET_INPUTS * PASSWD_SPANET_FEATURES + PASSWD_SPANET_HEADS + 2];
    char name[PASSWD_SPANET_INPUTS * PASSWD_SPANET_FEATURES + PASSWD_SPANET_HEADS + 2][104];
} passwd_spanet_columns;
#define PASSWD_SPANET_TARGET                                                                                          \
    0 /* columns of events loaded so: events->number[PASSWD_SPANET_TARGET], as indices into events->texts; NULL where \
         the file has none */
#define PASSWD_SPANET_BTAG 1
PASSWD_API void passwd_spanet_columns_of(const passwd_spanet_topology *topology, passwd_spanet_columns *columns);

/* The rows of an event that the network uses: the objects of the collections, limited to the max_jets of highest pT, in
   the file's order. rows (max_jets) receives their numbers counted from the event's first row, input (may be NULL) the
   collection of each. Returns their number; *dropped (may be NULL) is increased by the number of objects beyond
   max_jets. "Jet k" is the k-th of these everywhere below. */
PASSWD_API int passwd_spanet_jets(const passwd_spanet_topology *topology, const passwd_events *events, int64_t event,
    int max_jets, int32_t *rows, signed char *input, int64_t *dropped);
/* The same for a program's own arrays; rows are counted through all linked ones. */
PASSWD_API int passwd_spanet_jets_arrays(const passwd_spanet_topology *topology, const passwd_arrays *arrays,
    int64_t event, int max_jets, int32_t *rows, signed char *input, int64_t *dropped);

/* The true jet of each product; -1: none. A particle is present if all its products are. */
typedef struct passwd_spanet_target {
    signed char jet[PASSWD_SPANET_PARTICLES][PASSWD_SPANET_PRODUCTS];
    unsigned char there; /* a bit per particle */
} passwd_spanet_target;
/* Targets of events [first, first + count) from their column "target". CONFIG, with the event's line: a label on two
   jets of an event, or one jet for two products; no label in the whole range belongs to the topology, though there are
   some; a label on an object that no collection (or not the product's) accepts. Labels unknown to the topology are
   ignored. Products whose jet was dropped beyond max_jets are missing. */
PASSWD_API passwd_status passwd_spanet_targets(const passwd_spanet_topology *topology, const passwd_events *events,
    int64_t first, int64_t count, int max_jets, passwd_spanet_target *targets, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Selection: from one distribution per particle to a collision-free set of jets.
   --------------------------------------------------------------------------------------------------------------- */

typedef enum passwd_spanet_selection {
    PASSWD_SPANET_JOINT =
        0, /* the set of assignments of the largest total log-probability (most particles first); exact */
    PASSWD_SPANET_GREEDY,  /* the talk's and the public code's: the most confident particle first, then the best of
                              the others that does not collide */
    PASSWD_SPANET_EXPECTED /* the set of the largest expected number of correct particles: the sum of (probability
                              that the particle is present) x (probability of its jets); best if particles are often
                              missing */
} passwd_spanet_selection;

/* The assignment of one particle. */
typedef struct passwd_spanet_assignment {
    signed char
        jet[PASSWD_SPANET_PRODUCTS]; /* in the order of the topology's products; -1: not assigned (too few jets) */
    float log_probability;           /* of this cell in the particle's own distribution; -infinity: not assigned */
    float probability;               /* summed over the cells that are equivalent under the particle's symmetries */
    float marginal[PASSWD_SPANET_PRODUCTS]; /* probability of each chosen jet at its place, over all cells
                                               (equivalent places added) */
    float detection; /* probability that the particle is present; NaN if the network was not trained for it
                        (detection_loss_scale 0). Set by passwd_spanet_run. */
    double pt, eta, phi,
        m; /* of the sum of its jets, GeV; NaN: not assigned. Set by passwd_spanet_run and passwd_spanet_momenta. */
} passwd_spanet_assignment;
/* The assignments of one event. */
typedef struct passwd_spanet_answer {
    int jets;   /* of the event, as seen by the network */
    int proven; /* 0: the search for the best set (joint, expected) was abandoned after twenty million sets of jets,
                   and this is the result of greedy */
    passwd_spanet_assignment particle[PASSWD_SPANET_PARTICLES];
} passwd_spanet_answer;

/* log_p[p]: jets^k log-probabilities (row-major, the last product fastest, with `stride` cells between neighbours in
   the last but one dimension: cell (a, b, c) is at (a * stride + b) * stride + c); cells with a repeated jet, NaN or
   below -1e29 are not chosen. input: collection of each jet, or NULL. jets: 0 to 128. Ties: particle by particle the
   larger log-probability, then the first cell in order. Events of a few particles take about ten microseconds; if many
   particles compete for the same jets, the search is abandoned after twenty million sets of jets (some seconds), and
   the answer says so. Joint never has a lower total than greedy (if greedy assigns as many). Apart from invalid
   arguments, the errors are MEMORY, and UNSUPPORTED for more than 64 jets of particles with five products. */
typedef struct passwd_spanet_distributions {
    const float *const *log_p;
    int jets, stride;
    const signed char *input;
    const float *detection; /* [NULL] probability of each particle to be present, for EXPECTED */
} passwd_spanet_distributions;
PASSWD_API passwd_status passwd_spanet_select(const passwd_spanet_topology *topology,
    const passwd_spanet_distributions *distributions, passwd_spanet_selection kind, const passwd_allocator *allocator,
    passwd_spanet_answer *answer, passwd_error *error);
/* Fills pt, eta, phi, m of an answer from the event's rows (passwd_spanet_jets). */
PASSWD_API void passwd_spanet_momenta(const passwd_spanet_topology *topology, const passwd_events *events,
    int64_t event, const int32_t *rows, passwd_spanet_answer *answer);

/* ------------------------------------------------------------------------------------------------------------------
   Network (arXiv 2106.03898): embedding of the jets, transformer encoders, and for each particle a branch of its own
   with tensor attention and a head for the probability that the particle is present.

       passwd_spanet *net;
       passwd_spanet_load("ttbar.safetensors", NULL, 0, NULL, &net, &error);
       passwd_spanet_job_new(net, NULL, &job, &error);
       passwd_spanet_run(job, &events, 0, events.count, PASSWD_SPANET_JOINT, answers, NULL, &error);
   --------------------------------------------------------------------------------------------------------------- */

typedef enum passwd_spanet_block {
    PASSWD_SPANET_BASIC = 0,
    PASSWD_SPANET_RESNET,
    PASSWD_SPANET_GATED,
    PASSWD_SPANET_GRU
} passwd_spanet_block;
typedef enum passwd_spanet_transformer {
    PASSWD_SPANET_STANDARD = 0,
    PASSWD_SPANET_NORM_FIRST,
    PASSWD_SPANET_GATED_TRANSFORMER
} passwd_spanet_transformer;
typedef enum passwd_spanet_combination {
    PASSWD_SPANET_MINIMUM = 0,
    PASSWD_SPANET_SOFT_MINIMUM,
    PASSWD_SPANET_MEAN
} passwd_spanet_combination;

/* In JSON "none", "LayerNorm", "BatchNorm", "MaskedBatchNorm". Batch norms exist for weights of the public code: they
   keep their running statistics, even in fine-tuning, so that events stay independent, and new networks cannot be
   trained with them. */
typedef enum passwd_spanet_normalization {
    PASSWD_SPANET_NO_NORM = 0,
    PASSWD_SPANET_LAYER_NORM,
    PASSWD_SPANET_BATCH_NORM,
    PASSWD_SPANET_MASKED_BATCH_NORM
} passwd_spanet_normalization;
#define PASSWD_SPANET_PRELU 100 /* x > 0 ? x : slope x, with a slope per feature */

/* Everything about a network and its training. The JSON keys are the field names; they agree with the public code's
   where it has the same setting, so that its option files can be read unchanged. Start from passwd_spanet_preset. */
typedef struct passwd_spanet_config {
    int max_jets; /* maximum number of objects per event, 1 to 127; those of highest pT are kept */
    int hidden_dim, initial_embedding_dim, position_embedding_dim;
    double transformer_dim_scale; /* widths inside blocks, relative to their input; halves are rounded to even
                                     numbers */
    int num_embedding_layers, num_encoder_layers, num_branch_embedding_layers, num_branch_encoder_layers;
    int num_jet_embedding_layers, num_jet_encoder_layers, num_detector_layers;
    int split_symmetric_attention; /* 1: one encoder and projection per product; 0: the whole weight tensor */
    int num_attention_heads;
    int linear_block_type;      /* passwd_spanet_block; in JSON "Basic", "ResNet", "Gated", "GRU" */
    int transformer_type;       /* passwd_spanet_transformer; "Standard", "NormFirst", "Gated" */
    int linear_activation;      /* passwd_activation, or PASSWD_SPANET_PRELU: "relu", "elu", "gelu", "PReLU", "none" */
    int transformer_activation; /* "relu", "gelu" */
    int normalization;          /* passwd_spanet_normalization */
    int skip_connections, initial_embedding_skip_connections;
    int normalize_features;
    float dropout;
    int mass_units; /* > 0: the logits of tensor attention get a hidden layer of this many units on the masses of
                       all subsets of the cell's jets (our extension) */
    int pair_units; /* > 0: encoders see pairs of jets, by hidden layers of this many units on their mass, angle and pT:
                       every jet adds up what the others tell it, and attention gets a bias (our extension) */
    int align;      /* 1: events are rotated in phi and mirrored in eta so that the hardest jet has phi 0 and eta > 0
                       (our extension) */
    /* losses */
    int combine_pair_loss; /* passwd_spanet_combination: "min", "softmin", "mean" */
    float focal_gamma, assignment_loss_scale, detection_loss_scale, kl_loss_scale;
    float regression_loss_scale, classification_loss_scale; /* of each head; 0: they are not trained */
    int num_regression_layers, num_classification_layers;   /* blocks of a head, before its last layer */
    int balance_classifications;                            /* classes are weighted by effective numbers */
    int partial_events;                                     /* 1: events with missing particles are used, too */
    int balance_particles; /* classes of events (by the particles that are present) are weighted by effective
                              numbers (arXiv 1901.05555) */
    int balance_jets;      /* the same for classes of events by their number of objects */
    /* events to train on: the first fraction of those given (0 to 1), and of them those with exactly this many objects
       (0: all) */
    float dataset_limit;
    int limit_to_num_jets;
    /* training: AdamW, warm-up, cosine */
    int epochs, batch_size;
    float learning_rate, learning_rate_warmup_epochs, l2_penalty, gradient_clip;
    float average;    /* decay of a running mean of the parameters, which replaces them (our extension); 0: none */
    float validation; /* fraction of the events set aside */
    int augment;      /* 1: every step sees each event rotated by a random angle in phi, and mirrored in phi and in eta
                         at random: symmetries of the collisions, drawn anew by seed, step and event. With align only
                         the mirror in phi is left to draw (our extension) */
} passwd_spanet_config;

typedef struct passwd_spanet passwd_spanet;

/* "default": our settings; "public": the public code's options for tt (2.5 million parameters); "paper": plain, as in
   the first paper: standard transformers, basic blocks, the whole weight tensor. */
PASSWD_API passwd_status passwd_spanet_preset(const char *name, passwd_spanet_config *config, passwd_error *error);
/* Sets the fields that a JSON object names (train_validation_split, the public code's key for 1 - validation, is
   accepted as well). Every other option of the public code either has no effect here (files, numbers of workers, layers
   of heads ...) and is ignored, or requests something unsupported (another optimizer, more than one
   learning_rate_cycles, unmasked padding ...): CONFIG, like unknown keys. `name` appears in messages. */
PASSWD_API passwd_status passwd_spanet_config_read(
    passwd_spanet_config *config, const char *json, size_t length, const char *name, passwd_error *error);
/* The number of ignored keys of such an object; names (may be NULL; zero-terminated, as many as fit in `room` bytes)
   receives them, separated by ", ". 0 for anything that passwd_spanet_config_read refuses. */
PASSWD_API int passwd_spanet_passed_over(const char *json, size_t length, char *names, size_t room);
/* A network with new random parameters. */
PASSWD_API passwd_status passwd_spanet_new(const passwd_spanet_config *config, const passwd_spanet_topology *topology,
    uint64_t seed, const passwd_allocator *allocator, passwd_spanet **net, passwd_error *error);
/* From and to safetensors: tensors with the public code's names, metadata "options" and "topology". A file without
   "topology" (from the public code) needs one here; for a file with one, a different `topology` (may be NULL) is
   CONFIG. max_jets: 0, or a new value: the parameters do not depend on it. */
PASSWD_API passwd_status passwd_spanet_load(const char *path, const passwd_spanet_topology *topology, int max_jets,
    const passwd_allocator *allocator, passwd_spanet **net, passwd_error *error);
PASSWD_API passwd_status passwd_spanet_parse(const void *bytes, size_t count, const char *name,
    const passwd_spanet_topology *topology, int max_jets, const passwd_allocator *allocator, passwd_spanet **net,
    passwd_error *error);
PASSWD_API passwd_status passwd_spanet_save(const passwd_spanet *net, const char *path, passwd_error *error);
/* A file for the public code: the state_dict of its network, to the tensor and shape, with metadata "options" (its
   options as JSON) and "event_info" (its event file, YAML); README says how to load it there. It is read back as any of
   its files, with the topology of "event_info" and this network's max_jets, and gives the same answers to the bit.
   CONFIG for what that code lacks: mass_units, pair_units, align, global inputs between other ones. Its
   jet_weights_tensor (balance_jets), which only training reads, is 1. Which collections products come from is left out.
 */
PASSWD_API passwd_status passwd_spanet_save_public(const passwd_spanet *net, const char *path, passwd_error *error);
PASSWD_API void passwd_spanet_free(passwd_spanet *net);
PASSWD_API const passwd_spanet_config *passwd_spanet_config_of(const passwd_spanet *net);
PASSWD_API const passwd_spanet_topology *passwd_spanet_topology_of(const passwd_spanet *net);
/* The underlying network. Inputs "x" (objects x features; row 0 of every event is not a jet but the place of the
   "particle vector"), and for losses "truth". Outputs: "log_p.NAME", objects^products log-probabilities of each
   particle, -1e30 for impossible cells (row 0, a repeated jet, padding), and "detection.NAME". */
PASSWD_API passwd_model *passwd_spanet_model(const passwd_spanet *net);
/* A line for the user that lists what its weights file contains without effect here: options of the public code,
   tensors that its settings leave unused. "" for none. */
PASSWD_API const char *passwd_spanet_unused(const passwd_spanet *net);

/* Events [first, first + count) as inputs of the network: x: events x rows x features floats, where row 0 is empty,
   followed by the global inputs and the jets (rows = 1 + globals + max_jets); objects: the rows of each event that are
   filled; dropped (may be NULL) is increased by the number of jets beyond max_jets. NUMERIC: a feature that is NaN or
   infinite, with the event's line. */
PASSWD_API int passwd_spanet_features(const passwd_spanet *net);
PASSWD_API int passwd_spanet_rows(const passwd_spanet *net);
PASSWD_API passwd_status passwd_spanet_inputs(const passwd_spanet *net, const passwd_events *events, int64_t first,
    int64_t count, float *x, int32_t *objects, int64_t *dropped, passwd_error *error);

/* The recommended selection for a network: EXPECTED, or JOINT for one trained only on complete events and without
   detection of particles. */
PASSWD_API passwd_spanet_selection passwd_spanet_selection_of(const passwd_spanet *net);

/* Buffers to run with; memory does not grow with the number of events. One per calling thread. */
typedef struct passwd_spanet_job passwd_spanet_job;
PASSWD_API passwd_status passwd_spanet_job_new(
    const passwd_spanet *net, const passwd_workspace_options *options, passwd_spanet_job **job, passwd_error *error);
/* A job of several networks, such as trainings from several seeds: before the selection, distributions and
   probabilities of detection are averaged (heads, too: their numbers, and probabilities of classes). It borrows all of
   them. One network, or the same one twice, gives the answers of passwd_spanet_job_new to the bit. CONFIG, which says
   what differs: particles, products and groups, names of inputs, features and heads, max_jets or whether detection was
   trained must be the same; widths, parameters and normalisations may differ. ARGUMENT: options->buffer with more than
   one. */
PASSWD_API passwd_status passwd_spanet_job_ensemble(const passwd_spanet *const *nets, int count,
    const passwd_workspace_options *options, passwd_spanet_job **job, passwd_error *error);
PASSWD_API void passwd_spanet_job_free(passwd_spanet_job *job);
/* As passwd_workspace_size, for a job in the caller's buffer, which then allocates nothing. */
PASSWD_API size_t passwd_spanet_job_size(const passwd_spanet *net, const passwd_workspace_options *options);
/* Bytes that a job takes or, with options->losses, a training on so many events (beside those of passwd_events),
   counted without making it, but for some KB. Distributions have jets^products cells, and every thread keeps several,
   16 events at a time: with particles of five products and 16 jets a gigabyte per thread. A lower max_jets, of the
   configuration or of passwd_spanet_load, or fewer threads take less. */
PASSWD_API double passwd_spanet_memory(
    const passwd_spanet *net, const passwd_workspace_options *options, int64_t events);
/* Floats that head k gives (1, or the probabilities of its classes); -1: all heads together. */
PASSWD_API int passwd_spanet_head_floats(const passwd_spanet *net, int head);
/* Where later runs of this job write what the heads give, passwd_spanet_head_floats(net, -1) floats per event; NULL:
   nowhere. */
PASSWD_API void passwd_spanet_job_heads(passwd_spanet_job *job, float *values);
/* The answers of events [first, first + count). */
PASSWD_API passwd_status passwd_spanet_run(passwd_spanet_job *job, const passwd_events *events, int64_t first,
    int64_t count, passwd_spanet_selection selection, passwd_spanet_answer *answers, int64_t *dropped,
    passwd_error *error);
/* The same from a program's own arrays, without copying them: the answers are identical to the bit to those of
   passwd_spanet_run for events with the same numbers. Collections may be separate arrays, linked by passwd_arrays.more,
   with the type that the topology gives them; features other than the momentum ("btag") are columns of
   passwd_arrays.number, found by `names`. */
PASSWD_API passwd_status passwd_spanet_run_arrays(passwd_spanet_job *job, const passwd_arrays *arrays, int64_t first,
    int64_t count, passwd_spanet_selection selection, passwd_spanet_answer *answers, int64_t *dropped,
    passwd_error *error);

/* Trains on events [first, first + count) with the configuration's settings; of the options, threads, simd, seed,
   checkpoint, progress, ranks and fine_tune are used, the rest comes from the configuration. Event weights enter the
   losses and the balance of classes (only their ratios matter; events of weight 0 are excluded; NUMERIC: a weight that
   is negative or NaN). The features' means and widths are learnt anew from these events, or (options->fine_tune) kept.
   Events without any particle are excluded if no detection is trained. The loss differs from the public code's in one
   point: that divides each particle's sum by the batch's number of events that have it (after the best permutation);
   here it is the training set's (of all exchangeable particles), so that events stay independent. The batch norm of the
   detection head keeps its running statistics. report->warning also says if chi-square (passwd_spanet_chi2_preset,
   fitted to the same events) is better on the events set aside (at most a thousand of them). */
PASSWD_API passwd_status passwd_spanet_train(passwd_spanet *net, const passwd_events *events, int64_t first,
    int64_t count, const passwd_train_options *options, passwd_train_report *report, int64_t *dropped,
    passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Chi-square: the baseline method (talk, eq. 1): sum over resonances of (mass of some products - mass)^2 / width^2.
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_SPANET_TERMS 16
typedef enum passwd_spanet_tagging {
    PASSWD_SPANET_TAG_NONE = 0, /* any jet at any place */
    PASSWD_SPANET_TAG_B,        /* b products only get tagged jets */
    PASSWD_SPANET_TAG_STRICT    /* and the others only jets without a tag */
} passwd_spanet_tagging;
/* One resonance: the mass of these products of that particle. */
typedef struct passwd_spanet_term {
    int particle, products; /* bits */
    double mass, width;     /* GeV */
} passwd_spanet_term;
typedef struct passwd_spanet_chi2 {
    int terms;
    passwd_spanet_term term[PASSWD_SPANET_TERMS];
    int b[PASSWD_SPANET_PARTICLES]; /* products that are b quarks, as bits */
    passwd_spanet_tagging tagging;
    int leading; /* use only this many jets of the highest pT; 0: all */
} passwd_spanet_chi2;
/* The talk's terms for a topology: particles with three products, two of them exchangeable, are tops (m of all, 172.5
   GeV; m of the two, 80.4 GeV: the W; the third is a b), those with two exchangeable products whose names start with b
   are Higgs bosons (125.1 GeV, both b), those with two other exchangeable products are W bosons. CONFIG for others.
   Widths are rough until fitted. */
PASSWD_API passwd_status passwd_spanet_chi2_preset(
    const passwd_spanet_topology *topology, passwd_spanet_chi2 *chi2, passwd_error *error);
/* Fits masses (median) and widths (half of the central 68 %) to the correct combinations of events with targets. */
PASSWD_API passwd_status passwd_spanet_chi2_fit(passwd_spanet_chi2 *chi2, const passwd_spanet_topology *topology,
    const passwd_events *events, int64_t first, int64_t count, int max_jets, passwd_error *error);
/* The assignment with the smallest chi-square for one event: log_probability of each particle is minus half of its
   terms. `exhaustive`: tries every permutation of all jets, O(N^f), as other codes do; *permutations (may be NULL)
   receives the number tried. Otherwise the same answer particle by particle, O(N^k), since no term of the sum involves
   two particles; then *permutations counts candidates, and stop is not used. Tags are read from
   events->number[PASSWD_SPANET_BTAG] (NaN counts as 0); if it is NULL, TAG_NONE is the only choice (CONFIG otherwise).
   No allowed permutation: nothing is assigned. The answer's probabilities are NaN. stop: gives up beyond this many
   permutations (0: never; UNSUPPORTED, as are more than 64 jets of particles with five products). */
typedef struct passwd_spanet_chi2_options {
    int max_jets, exhaustive;
    int64_t stop;
} passwd_spanet_chi2_options;
PASSWD_API passwd_status passwd_spanet_chi2_run(const passwd_spanet_chi2 *chi2, const passwd_spanet_topology *topology,
    const passwd_events *events, int64_t event, const passwd_spanet_chi2_options *options, passwd_spanet_answer *answer,
    int64_t *permutations, passwd_error *error);
/* Permutations of an event of n jets without tags: 90, 630, 2,520 for tt with 6, 7, 8 (divided by the symmetries, as
   the talk counts). A double, since it grows fast. */
PASSWD_API double passwd_spanet_permutations(const passwd_spanet_topology *topology, int jets);

/* ------------------------------------------------------------------------------------------------------------------
   Efficiencies: the tables of the talk.
   --------------------------------------------------------------------------------------------------------------- */

/* One row: counts, so that rows can be added. Orbits: exchangeable particles are counted together, under the number of
   the first. */
typedef struct passwd_spanet_efficiency {
    int64_t events; /* in this row */
    int64_t right;  /* every particle that is present has its correct jets */
    int64_t there[PASSWD_SPANET_PARTICLES], found[PASSWD_SPANET_PARTICLES]; /* particles of each orbit */
} passwd_spanet_efficiency;
/* A sum of weights, which may be negative, and of their squares. */
typedef struct passwd_spanet_weight {
    double sum, squares;
} passwd_spanet_weight;
typedef struct passwd_spanet_weights {
    passwd_spanet_weight events, right, there[PASSWD_SPANET_PARTICLES], found[PASSWD_SPANET_PARTICLES];
} passwd_spanet_weights;
/* Compares answer and truth under the event's symmetries: the permutation of particles (of the group) with the most
   correct ones is used. Returns how many of the particles that are there have all their jets right; *there (may be
   NULL): how many are there. right: bits of the answer's particles that are correct (may be NULL). */
PASSWD_API int passwd_spanet_compare(const passwd_spanet_topology *topology, const passwd_spanet_answer *answer,
    const passwd_spanet_target *target, int *there, unsigned char *right);
/* The talk's table: rows by number of jets: == first, == first + 1, >= first + 2, inclusive; [0] all events with at
   least one particle, [1] complete events. first: the topology's number of products. */
typedef struct passwd_spanet_table {
    int first;
    int64_t total;
    passwd_spanet_efficiency row[2][4];
    double weight;
    passwd_spanet_weights sums[2][4]; /* the same for the events' weights */
} passwd_spanet_table;
PASSWD_API void passwd_spanet_table_begin(passwd_spanet_table *table, const passwd_spanet_topology *topology);
/* An event with its weight (1 if there are none). */
PASSWD_API void passwd_spanet_table_add(passwd_spanet_table *table, const passwd_spanet_topology *topology,
    const passwd_spanet_answer *answer, const passwd_spanet_target *target, double weight);
/* found / there, NaN for none, and its binomial error. */
PASSWD_API double passwd_spanet_ratio(int64_t found, int64_t there, double *error);
/* The same for weights, NaN if those that are present do not have a positive sum; the error is that of independent
   events: sqrt(sum of found w^2 (1 - r)^2 + sum of the others w^2 r^2) / (sum of w), the binomial one if all weights
   are equal. */
PASSWD_API double passwd_spanet_weighted_ratio(
    const passwd_spanet_weight *found, const passwd_spanet_weight *there, double *error);

#ifdef __cplusplus
}
#endif
#endif /* PASSWDI_REFUSED */
#endif /* PASSWD_SPANET_H */

#if defined(PASSWD_SPANET_IMPLEMENTATION) && !defined(PASSWDI_SPANET_IMPLEMENTED)
#define PASSWDI_SPANET_IMPLEMENTED
#ifdef PASSWDI_SPANET_HUSHED
#pragma GCC diagnostic pop
#undef PASSWDI_SPANET_HUSHED
#endif
#define PASSWDI_SHARE
#ifndef PASSWD_HEADER
#define PASSWD_HEADER "passwd.h"
#endif
#ifndef PASSWD_SPANET_HEADER
#define PASSWD_SPANET_HEADER "passwd_spanet.h"
#endif
#include PASSWD_HEADER /* repeated, for what the headers' implementations share */
#ifndef PASSWDI_REFUSED
#include <float.h>
#include <math.h>
#ifdef __cplusplus
extern "C" {
#endif
PASSWDI_AS_WRITTEN

/* ------------------------------------------------------------------------------------------------------------------
   Topology
   --------------------------------------------------------------------------------------------------------------- */

enum {
    PASSWDI_TOPOLOGY_TEXT = 262144,
    PASSWDI_TOPOLOGY_DEPTH = 8,
    PASSWDI_TOPOLOGY_KEYS = 64,
    PASSWDI_TOPOLOGY_PLACES = 400
};

/* --- groups of permutations of up to 8 places, by their generators --- */

/* An element is identified by its rank in lexicographic order (its digits in the factorial number system), so that a
   bit per rank records membership and sorts it. Each generator that is kept at least doubles the group: ten are enough
   for 720 elements. */
typedef struct passwdi_topology_group {
    int places, most, count, generators;
    signed char element[PASSWD_SPANET_GROUP][8], generator[16][8];
    unsigned char seen[5040]; /* 8! bits */
} passwdi_topology_group;

static int passwdi_topology_rank(const signed char *row, int places) {
    int k, i, rank = 0;
    for (k = 0; k < places; k++) {
        rank *= places - k;
        for (i = k + 1; i < places; i++) rank += row[i] < row[k];
    }
    return rank;
}
static void passwdi_topology_unrank(int rank, int places, signed char *row) {
    int k, i;
    for (k = places - 1; k >= 0; k--) { /* the digit is a place among those that follow: later ones move up */
        row[k] = (signed char)(rank % (places - k));
        rank /= places - k;
        for (i = k + 1; i < places; i++) row[i] = (signed char)(row[i] + (row[i] >= row[k]));
    }
}
static int passwdi_topology_seen(const passwdi_topology_group *g, const signed char *row) {
    const int rank = passwdi_topology_rank(row, g->places);
    return g->seen[rank / 8] >> rank % 8 & 1;
}
static int passwdi_topology_add(passwdi_topology_group *g, const signed char *row) {
    const int rank = passwdi_topology_rank(row, g->places);
    if (passwdi_topology_seen(g, row)) return 1;
    if (g->count == g->most) return 0;
    memcpy(g->element[g->count++], row, (size_t)g->places);
    g->seen[rank / 8] = (unsigned char)(g->seen[rank / 8] | 1 << rank % 8);
    return 1;
}
static void passwdi_topology_identity(signed char *row) {
    int k;
    for (k = 0; k < 8; k++) row[k] = (signed char)k;
}
/* The group of the generators so far and one more: products of elements and generators until nothing new appears. 0:
   too many. */
static int passwdi_topology_generate(passwdi_topology_group *g, const signed char *row) {
    signed char product[8];
    int e, i, k;
    if (passwdi_topology_seen(g, row)) return 1;
    memcpy(g->generator[g->generators++], row, (size_t)g->places);
    memset(g->seen, 0, sizeof g->seen);
    g->count = 0;
    passwdi_topology_identity(product);
    passwdi_topology_add(g, product);
    for (e = 0; e < g->count; e++)
        for (i = 0; i < g->generators; i++) {
            for (k = 0; k < g->places; k++) product[k] = g->element[e][g->generator[i][k]];
            if (!passwdi_topology_add(g, product)) return 0;
        }
    return 1;
}
static void passwdi_topology_group_begin(passwdi_topology_group *g, int places, int most) {
    signed char row[8];
    memset(g, 0, sizeof *g);
    g->places = places;
    g->most = most;
    passwdi_topology_identity(row);
    passwdi_topology_add(g, row);
}
/* All elements as rows of `stride` numbers, in lexicographic order. */
static void passwdi_topology_elements(const passwdi_topology_group *g, signed char *rows, size_t stride, int *count) {
    int rank, found = 0;
    for (rank = 0; found < g->count; rank++)
        if (g->seen[rank / 8] >> rank % 8 & 1)
            passwdi_topology_unrank(rank, g->places, rows + stride * (size_t)found++);
    *count = found;
}
/* The group generated by the given rows. More than `most` elements: 0; a row that is not a permutation: -1. */
static int passwdi_topology_gather(
    passwdi_topology_group *g, const signed char *rows, size_t stride, int count, int places, int most) {
    int i, k;
    passwdi_topology_group_begin(g, places, most);
    for (i = 0; i < count; i++, rows += stride) {
        unsigned used = 0;
        for (k = 0; k < places; k++) used |= rows[k] >= 0 && rows[k] < places ? 1u << rows[k] : 0u;
        if (used != (1u << places) - 1u) return -1;
        if (!passwdi_topology_generate(g, rows)) return 0;
    }
    return 1;
}

/* --- validity: one set of rules for files and for structs filled by hand --- */

/* An error, and the field of the topology that it is in: files know where they read it. */
typedef struct passwdi_topology_fault {
    passwd_status status;
    const void *at;
    char text[168];
} passwdi_topology_fault;

static int passwdi_topology_wrong(passwdi_topology_fault *f, const void *at, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(f->text, sizeof f->text, format, list);
    va_end(list);
    f->status = PASSWD_ERROR_CONFIG;
    f->at = at;
    return 1;
}
/* The beginning of arbitrary bytes, made safe for a message. */
static const char *passwdi_topology_show(char to[40], const char *text, size_t length) {
    const size_t n = length < 36 ? length : 33;
    size_t k;
    for (k = 0; k < n; k++) to[k] = (char)(text[k] >= ' ' && text[k] < 127 ? text[k] : '?');
    memcpy(to + n, n < length ? "..." : "", n < length ? 4 : 1);
    return to;
}
/* Why bytes are not a name of less than `room` bytes; NULL if they are. more: characters allowed in addition. */
static const char *passwdi_topology_bad(const char *text, size_t length, size_t room, const char *more) {
    size_t k;
    if (length == 0) return "is empty";
    if (length >= room)
        return room > 32 ? "is longer than 63 bytes"
            : room > 16  ? "is longer than 31 bytes"
                         : "is longer than 15 bytes";
    for (k = 0; k < length; k++) {
        const char c = text[k];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                || (c != 0 && (strchr("_-.+*", c) || strchr(more, c)))))
            return "should consist of letters, digits and _ - . + *";
    }
    return NULL;
}
static int passwdi_topology_wrong_name(
    passwdi_topology_fault *f, const char *what, const char *name, size_t room, const char *more) {
    const char *end = (const char *)memchr(name, 0, room);
    const size_t length = end ? (size_t)(end - name) : room;
    const char *why = passwdi_topology_bad(name, length, room, more);
    char shown[40];
    return why
        ? passwdi_topology_wrong(f, name, "The %s \"%s\" %s.", what, passwdi_topology_show(shown, name, length), why)
        : 0;
}

static int passwdi_topology_types(const passwd_spanet_input *input) { return input->types ? input->types : 2; }
static const char *passwdi_topology_type(const passwd_spanet_input *input, int k) {
    return input->types ? input->type[k] : k ? "b" : "j";
}

static int passwdi_topology_wrong_input(const passwd_spanet_input *in, passwdi_topology_fault *f) {
    int i, k;
    if (passwdi_topology_wrong_name(f, "collection", in->name, sizeof in->name, "")) return 1;
    if (in->features < 1)
        return passwdi_topology_wrong(
            f, in->name, "The collection \"%s\" has no features; list at least one, such as pt.", in->name);
    if (in->features > PASSWD_SPANET_FEATURES)
        return passwdi_topology_wrong(f, in->name, "The collection \"%s\" has %d features; the maximum is %d.",
            in->name, in->features, PASSWD_SPANET_FEATURES);
    if (in->types < 0 || in->types > 8)
        return passwdi_topology_wrong(
            f, in->name, "The collection \"%s\" has %d types of objects; the maximum is 8.", in->name, in->types);
    for (i = 0; i < in->features; i++) {
        const char *name = in->feature[i].name;
        if (passwdi_topology_wrong_name(f, "feature", name, sizeof in->feature[i].name, "")) return 1;
        if (strcmp(name, "target") == 0)
            return passwdi_topology_wrong(f, name, "A feature cannot be called \"target\", the column of the truth.");
        if (strcmp(name, "objects") == 0)
            return passwdi_topology_wrong(
                f, name, "A feature cannot be called \"objects\", the key that lists the types of objects.");
        for (k = 0; k < i; k++)
            if (strcmp(name, in->feature[k].name) == 0)
                return passwdi_topology_wrong(f, name, "The feature \"%s\" is listed twice in \"%s\".", name, in->name);
    }
    for (i = 0; i < in->types; i++)
        if (passwdi_topology_wrong_name(f, "type of objects", in->type[i], sizeof in->type[i], "")) return 1;
    return 0;
}
static int passwdi_topology_wrong_inputs(const passwd_spanet_topology *t, passwdi_topology_fault *f) {
    int i, j, a, b;
    if (t->inputs < 1)
        return passwdi_topology_wrong(f, &t->inputs,
            "There is no collection of objects: define one, in INI in [SOURCE], in YAML in INPUTS, SEQUENTIAL.");
    if (t->inputs > PASSWD_SPANET_INPUTS)
        return passwdi_topology_wrong(
            f, &t->inputs, "There are %d collections; the maximum is %d.", t->inputs, PASSWD_SPANET_INPUTS);
    for (i = 0; i < t->inputs && t->input[i].global; i++) {}
    if (i == t->inputs)
        return passwdi_topology_wrong(f, t->input[0].name,
            "\"%s\" is global, as all inputs are: a collection of objects is needed.", t->input[0].name);
    for (i = 0; i < t->inputs; i++) {
        const passwd_spanet_input *x = t->input + i;
        if (passwdi_topology_wrong_input(x, f)) return 1;
        for (a = 0; !x->global && a < passwdi_topology_types(x); a++)
            for (j = 0; j <= i; j++)
                for (b = 0; !t->input[j].global && b < (j < i ? passwdi_topology_types(t->input + j) : a); b++)
                    if (strcmp(passwdi_topology_type(x, a), passwdi_topology_type(t->input + j, b)) == 0)
                        return passwdi_topology_wrong(f, x->types ? x->type[a] : x->name,
                            j < i ? "Objects \"%s\" belong to \"%s\" already and cannot also belong to \"%s\"."
                                  : "Objects \"%s\" are listed twice in \"%s\".",
                            passwdi_topology_type(x, a), t->input[j].name, x->name);
    }
    return 0;
}

/* Completes a particle: default targets, "all collections" as 0, the whole group. */
static int passwdi_topology_wrong_particle(
    passwd_spanet_particle *p, const passwd_spanet_topology *t, passwdi_topology_group *g, passwdi_topology_fault *f) {
    const int inputs = t->inputs;
    int k, i, state, sequential = 0;
    for (k = 0; k < inputs; k++) sequential |= (t->input[k].global ? 0 : 1) << k;
    if (passwdi_topology_wrong_name(f, "particle", p->name, sizeof p->name, "")) return 1;
    if (p->products < 1 || p->products > PASSWD_SPANET_PRODUCTS)
        return passwdi_topology_wrong(f, p->name, "Particle \"%s\" has %d products; it should have 1 to %d.", p->name,
            p->products, PASSWD_SPANET_PRODUCTS);
    for (k = 0; k < p->products; k++) {
        if (passwdi_topology_wrong_name(f, "product", p->product[k], sizeof p->product[k], "")) return 1;
        for (i = 0; i < k; i++)
            if (strcmp(p->product[i], p->product[k]) == 0)
                return passwdi_topology_wrong(
                    f, p->product[k], "Particle \"%s\" has the product \"%s\" twice.", p->name, p->product[k]);
        if (p->target[k][0] == 0) snprintf(p->target[k], sizeof p->target[k], "%.31s/%.31s", p->name, p->product[k]);
        if (passwdi_topology_wrong_name(f, "target", p->target[k], sizeof p->target[k], "/")) return 1;
        if (p->inputs[k] < 0 || p->inputs[k] >= 1 << inputs)
            return passwdi_topology_wrong(f, p->inputs + k,
                "Product \"%s\" of \"%s\" comes from a collection that does not exist.", p->product[k], p->name);
        if (p->inputs[k] & ~sequential && p->inputs[k] != (1 << inputs) - 1)
            return passwdi_topology_wrong(f, p->inputs + k,
                "Product \"%s\" of \"%s\" comes from a global input, which has no objects.", p->product[k], p->name);
        if ((p->inputs[k] & sequential) == sequential) p->inputs[k] = 0;
    }
    state = p->permutations < 0 || p->permutations > PASSWD_SPANET_ORDERS
        ? -1
        : passwdi_topology_gather(
            g, &p->permutation[0][0], PASSWD_SPANET_PRODUCTS, p->permutations, p->products, PASSWD_SPANET_ORDERS);
    if (state < 0)
        return passwdi_topology_wrong(f, &p->permutations,
            "\"%s\" should have 0 to %d permutations, of its products 0 to %d.", p->name, PASSWD_SPANET_ORDERS,
            p->products - 1);
    passwdi_topology_elements(g, &p->permutation[0][0], PASSWD_SPANET_PRODUCTS, &p->permutations);
    for (i = 0; i < p->permutations; i++)
        for (k = 0; k < p->products; k++)
            if (p->inputs[k] != p->inputs[p->permutation[i][k]])
                return passwdi_topology_wrong(f, &p->permutations,
                    "Products \"%s\" and \"%s\" come from different collections and cannot be exchanged.",
                    p->product[k], p->product[p->permutation[i][k]]);
    return 0;
}
/* Why two particles cannot be exchanged; NULL if they can. */
static const char *passwdi_topology_unlike(const passwd_spanet_particle *a, const passwd_spanet_particle *b) {
    int i;
    if (a->products != b->products) return "numbers of products";
    for (i = 0; i < a->products; i++)
        if (a->inputs[i] != b->inputs[i]) return "collections of their products";
    if (a->permutations != b->permutations) return "permutations of their products";
    for (i = 0; i < a->permutations; i++)
        if (memcmp(a->permutation[i], b->permutation[i], (size_t)a->products) != 0)
            return "permutations of their products";
    return NULL;
}
static int passwdi_topology_wrong_event(
    passwd_spanet_topology *t, passwdi_topology_group *g, passwdi_topology_fault *f) {
    int i, k, state;
    state = t->permutations < 0 || t->permutations > PASSWD_SPANET_GROUP
        ? -1
        : passwdi_topology_gather(
            g, &t->permutation[0][0], PASSWD_SPANET_PARTICLES, t->permutations, t->particles, PASSWD_SPANET_GROUP);
    if (state < 0)
        return passwdi_topology_wrong(f, &t->permutations,
            "The event should have 0 to %d permutations, of its particles 0 to %d.", PASSWD_SPANET_GROUP,
            t->particles - 1);
    if (!state) {
        passwdi_topology_wrong(
            f, &t->permutations, "The event's symmetry group has more than %d elements.", PASSWD_SPANET_GROUP);
        f->status = PASSWD_ERROR_UNSUPPORTED;
        return 1;
    }
    passwdi_topology_elements(g, &t->permutation[0][0], PASSWD_SPANET_PARTICLES, &t->permutations);
    for (k = 0; k < t->particles; k++) {
        const passwd_spanet_particle *a, *b = t->particle + k;
        const char *why;
        t->orbit[k] = k;
        for (i = 0; i < t->permutations; i++)
            if (t->permutation[i][k] < t->orbit[k]) t->orbit[k] = t->permutation[i][k];
        a = t->particle + t->orbit[k];
        why = passwdi_topology_unlike(a, b);
        if (why)
            return passwdi_topology_wrong(
                f, &t->permutations, "\"%s\" and \"%s\" cannot be exchanged: the %s differ.", a->name, b->name, why);
    }
    return 0;
}
/* Names that would clash as sections of a file or as labels of events. */
static int passwdi_topology_wrong_names(const passwd_spanet_topology *t, passwdi_topology_fault *f) {
    const int inputs = t->inputs, all = inputs + t->particles;
    int i, k, a, b;
    for (i = 0; i < all; i++) {
        const char *name = i < inputs ? t->input[i].name : t->particle[i - inputs].name;
        if (strcmp(name, "EVENT") == 0 || strcmp(name, "INPUTS") == 0 || strcmp(name, "REGRESSIONS") == 0
            || strcmp(name, "CLASSIFICATIONS") == 0 || (i >= inputs && strcmp(name, "SOURCE") == 0))
            return passwdi_topology_wrong(f, name, "A %s cannot be called \"%s\", which is a reserved name.",
                i < inputs ? "collection" : "particle", name);
        for (k = 0; k < i; k++)
            if (strcmp(name, k < inputs ? t->input[k].name : t->particle[k - inputs].name) == 0)
                return passwdi_topology_wrong(
                    f, name, "The name \"%s\" is used twice among collections and particles.", name);
    }
    for (i = 0; i < t->particles; i++)
        for (a = 0; a < t->particle[i].products; a++)
            for (k = 0; k <= i; k++)
                for (b = 0; b < (k < i ? t->particle[k].products : a); b++)
                    if (strcmp(t->particle[i].target[a], t->particle[k].target[b]) == 0)
                        return passwdi_topology_wrong(
                            f, t->particle[i].target[a], "The target \"%s\" is used twice.", t->particle[i].target[a]);
    return 0;
}
static int passwdi_topology_wrong_head(const passwd_spanet_topology *t, int k, passwdi_topology_fault *f) {
    const passwd_spanet_head *h = t->head + k;
    int i;
    if (passwdi_topology_wrong_name(f, "head", h->name, sizeof h->name, "")) return 1;
    if (h->particle < -1 || h->particle >= t->particles || h->product < -1
        || (h->product >= 0 && (h->particle < 0 || h->product >= t->particle[h->particle].products)))
        return passwdi_topology_wrong(
            f, h->name, "Head \"%s\" is of a particle or a product that does not exist.", h->name);
    if (h->kind < 0 || h->kind > PASSWD_SPANET_CLASSES)
        return passwdi_topology_wrong(f, h->name, "Head \"%s\" has kind %d, which does not exist.", h->name, h->kind);
    if (h->kind == PASSWD_SPANET_CLASSES
        && (h->classes < 0 || h->classes == 1 || h->classes > PASSWD_SPANET_CLASSES_MAX))
        return passwdi_topology_wrong(f, h->name, "Head \"%s\" has %d classes; it can have 2 to %d.", h->name,
            h->classes, PASSWD_SPANET_CLASSES_MAX);
    for (i = 0; i < k; i++)
        if (t->head[i].particle == h->particle && t->head[i].product == h->product && !strcmp(t->head[i].name, h->name))
            return passwdi_topology_wrong(f, h->name, "Head \"%s\" occurs twice.", h->name);
    return 0;
}
static int passwdi_topology_wrong_heads(passwd_spanet_topology *t, passwdi_topology_fault *f) {
    int k;
    if (t->heads < 0 || t->heads > PASSWD_SPANET_HEADS)
        return passwdi_topology_wrong(
            f, &t->heads, "There are %d heads; the maximum is %d.", t->heads, PASSWD_SPANET_HEADS);
    for (k = 0; k < t->heads; k++)
        if (passwdi_topology_wrong_head(t, k, f)) return 1;
    return 0;
}
static int passwdi_topology_wrong_any(passwd_spanet_topology *t, passwdi_topology_group *g, passwdi_topology_fault *f) {
    int i, k;
    if (passwdi_topology_wrong_inputs(t, f)) return 1;
    for (i = 0; i < t->inputs; i++)
        for (k = 0; k < t->input[i].features; k++) {
            t->input[i].feature[k].logarithm = t->input[i].feature[k].logarithm != 0;
            t->input[i].feature[k].normalize = t->input[i].feature[k].normalize != 0;
        }
    if (t->particles < 1) return passwdi_topology_wrong(f, &t->particles, "The topology has no particle.");
    if (t->particles > PASSWD_SPANET_PARTICLES)
        return passwdi_topology_wrong(
            f, &t->particles, "There are %d particles; the maximum is %d.", t->particles, PASSWD_SPANET_PARTICLES);
    for (i = 0; i < t->particles; i++)
        if (passwdi_topology_wrong_particle(t->particle + i, t, g, f)) return 1;
    return passwdi_topology_wrong_names(t, f) || passwdi_topology_wrong_event(t, g, f)
        || passwdi_topology_wrong_heads(t, f);
}
/* A topology with the work space to complete it: 27 KB, too much for the stacks of small threads. */
typedef struct passwdi_topology_work {
    passwd_spanet_topology t;
    passwdi_topology_group g;
    passwdi_topology_fault f;
} passwdi_topology_work;
static passwdi_topology_work *passwdi_topology_work_new(
    const passwd_spanet_topology *topology, const passwd_allocator *allocator, passwd_error *error) {
    passwdi_topology_work *w = (passwdi_topology_work *)passwdi_new(allocator, 1, sizeof *w);
    if (!w) passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for an event topology.");
    if (w && topology) w->t = *topology;
    return w;
}
/* If nothing is wrong, the completed topology goes to `to`; frees the work space. */
static passwd_status passwdi_topology_complete(
    passwdi_topology_work *w, const passwd_allocator *allocator, passwd_spanet_topology *to, passwd_error *error) {
    passwd_status s = PASSWD_OK;
    if (!w) return PASSWD_ERROR_MEMORY;
    if (passwdi_topology_wrong_any(&w->t, &w->g, &w->f)) s = passwdi_fail(error, w->f.status, 0, 0, "%s", w->f.text);
    else *to = w->t;
    passwdi_delete(allocator, w);
    return s;
}
PASSWD_DEF passwd_status passwd_spanet_topology_check(passwd_spanet_topology *topology, passwd_error *error) {
    if (!topology)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_topology_check: topology is NULL.");
    return passwdi_topology_complete(passwdi_topology_work_new(topology, NULL, error), NULL, topology, error);
}

PASSWD_DEF passwd_status passwd_spanet_topology_preset(
    const char *name, passwd_spanet_topology *topology, passwd_error *error) {
    static const char *const presets[4][2] = { { "ttbar", "tt" }, { "ttH", "ttH" }, { "tttt", "tttt" }, { "W", "W" } };
    static const char *const features[5] = { "m", "pt", "eta", "phi", "btag" };
    passwdi_topology_work *w;
    passwd_spanet_topology *t;
    int which, i, k;
    if (!name || !topology)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_topology_preset: name or topology is NULL.");
    for (which = 0; which < 4 && strcmp(name, presets[which][0]) != 0; which++) {}
    if (which == 4) {
        char shown[40];
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "There is no topology \"%s\": use ttbar, ttH, tttt or W.",
            passwdi_topology_show(shown, name, strlen(name)));
    }
    w = passwdi_topology_work_new(NULL, NULL, error);
    if (!w) return PASSWD_ERROR_MEMORY;
    t = &w->t;
    t->inputs = 1;
    strcpy(t->input[0].name, "SOURCE");
    t->input[0].features = 5;
    for (k = 0; k < 5; k++) {
        strcpy(t->input[0].feature[k].name, features[k]);
        t->input[0].feature[k].logarithm = k < 2;
        t->input[0].feature[k].normalize = k < 4;
    }
    t->particles = (int)strlen(presets[which][1]);
    for (i = 0; i < t->particles; i++) {
        passwd_spanet_particle *p = t->particle + i;
        const char kind = presets[which][1][i];
        p->products = kind == 't' ? 3 : 2;
        for (k = 0; k < p->products; k++)
            snprintf(p->product[k], sizeof p->product[k], kind == 'H' ? "b%d" : "q%d", k + 1);
        if (kind == 't') strcpy(p->product[2], "b");
        if (kind == 'H') strcpy(p->name, "H");
        else snprintf(p->name, sizeof p->name, kind == 't' ? "t%d" : "w%d", i + 1);
        for (k = 0; k < 2 && kind == 'W'; k++)
            snprintf(p->target[k], sizeof p->target[k], "t1/q%d", k + 1); /* as in events of top pairs */
        for (k = 0; k < p->products && k < PASSWD_SPANET_PRODUCTS; k++)
            p->permutation[0][k] = (signed char)(k < 2 ? 1 - k : k);
        p->permutations = 1;
        if (i > 0 && kind == 't') { /* exchangeable with the one before */
            for (k = 0; k < t->particles; k++)
                t->permutation[t->permutations][k] = (signed char)(k == i ? i - 1 : k == i - 1 ? i : k);
            t->permutations++;
        }
    }
    return passwdi_topology_complete(w, NULL, topology, error);
}

PASSWD_DEF int passwd_spanet_topology_differs(
    const passwd_spanet_topology *a, const passwd_spanet_topology *b, char why[160]) {
    char unused[160], *w = why ? why : unused;
    int i, k;
    w[0] = 0;
    if (!a || !b) return snprintf(w, 160, "One of the topologies is NULL.") > 0;
    if (a->particles != b->particles)
        return snprintf(w, 160, "One has %d particles, the other %d.", a->particles, b->particles) > 0;
    if (a->particles < 1 || a->particles > PASSWD_SPANET_PARTICLES)
        return snprintf(w, 160, "The topology has %d particles, which is invalid.", a->particles) > 0;
    for (i = 0; i < a->particles; i++) {
        const passwd_spanet_particle *x = a->particle + i, *y = b->particle + i;
        if (strncmp(x->name, y->name, sizeof x->name) != 0)
            return snprintf(
                       w, 160, "Particle %d is \"%.31s\" in one and \"%.31s\" in the other.", i + 1, x->name, y->name)
                > 0;
        if (x->products != y->products)
            return snprintf(w, 160, "Particle \"%.31s\" has %d products in one and %d in the other.", x->name,
                       x->products, y->products)
                > 0;
        if (x->products < 1 || x->products > PASSWD_SPANET_PRODUCTS)
            return snprintf(w, 160, "Particle \"%.31s\" has %d products, which is invalid.", x->name, x->products) > 0;
        for (k = 0; k < x->products; k++)
            if (strncmp(x->product[k], y->product[k], sizeof x->product[k]) != 0)
                return snprintf(w, 160, "Product %d of \"%.31s\" is \"%.31s\" in one and \"%.31s\" in the other.",
                           k + 1, x->name, x->product[k], y->product[k])
                    > 0;
        k = x->permutations;
        if (k == y->permutations && k >= 0 && k <= PASSWD_SPANET_ORDERS)
            while (k > 0 && memcmp(x->permutation[k - 1], y->permutation[k - 1], (size_t)x->products) == 0) k--;
        else k = 1;
        if (k) return snprintf(w, 160, "The permutations of the products of \"%.31s\" differ.", x->name) > 0;
    }
    k = a->permutations;
    if (k == b->permutations && k >= 0 && k <= PASSWD_SPANET_GROUP)
        while (k > 0 && memcmp(a->permutation[k - 1], b->permutation[k - 1], (size_t)a->particles) == 0) k--;
    else k = 1;
    return k ? snprintf(w, 160, "The permutations of the particles differ.") > 0 : 0;
}

/* --- reading: both formats become a tree of words, lists and maps, from which one builder makes the topology --- */

typedef struct passwdi_topology_word {
    const char *text;
    int length, line, column, quoted;
} passwdi_topology_word;
enum { PASSWDI_TOPOLOGY_EMPTY = 0, PASSWDI_TOPOLOGY_WORD, PASSWDI_TOPOLOGY_LIST, PASSWDI_TOPOLOGY_MAP };
typedef struct passwdi_topology_node {
    int kind, first, last, next, count; /* children by number: first, then each one's next; -1: none */
    passwdi_topology_word key, word;    /* word: the value; for lists and maps the place where they begin */
} passwdi_topology_node;
typedef struct passwdi_topology_place {
    size_t field;
    int line, column;
} passwdi_topology_place;

typedef struct passwdi_topology_reader {
    const char *p, *end, *row; /* [p, end) remains to be read; row: where the line begins */
    const char *name;
    int line, ini, places;
    passwdi_topology_node *nodes;
    size_t count, room;
    const passwd_allocator *allocator;
    passwd_error *error;
    passwd_status status; /* the first error; functions return 0 after it */
    passwd_spanet_topology t;
    passwdi_topology_group group;
    passwdi_topology_place place[PASSWDI_TOPOLOGY_PLACES]; /* where the fields of t were read */
} passwdi_topology_reader;

static const char *passwdi_topology_tail(const char *path) { /* the end of a long name, not in the middle of a
                                                                character */
    const size_t n = strlen(path);
    if (n > 60)
        for (path += n - 60; ((unsigned char)*path & 0xC0) == 0x80; path++) {}
    return path;
}
static int passwdi_topology_stop(
    passwdi_topology_reader *r, passwd_status status, int line, int column, const char *format, ...) {
    char text[168];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    r->status = passwdi_fail(
        r->error, status, line, column, "%s:%d:%d: %s", passwdi_topology_tail(r->name), line, column, text);
    return 0;
}
static int passwdi_topology_column(const passwdi_topology_reader *r) { return (int)(r->p - r->row) + 1; }
/* Reports something unexpected at this place. */
static int passwdi_topology_unexpected(passwdi_topology_reader *r, const char *expected) {
    if (r->p == r->end || *r->p == '\n' || *r->p == '\r')
        return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, r->line, passwdi_topology_column(r),
            "The line ends where %s is expected.", expected);
    return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, r->line, passwdi_topology_column(r),
        "Found '%c' where %s is expected.", *r->p >= ' ' && *r->p < 127 ? *r->p : '?', expected);
}
static int passwdi_topology_no_memory(passwdi_topology_reader *r) {
    r->status = passwdi_fail(
        r->error, PASSWD_ERROR_MEMORY, 0, 0, "%s: There is not enough memory.", passwdi_topology_tail(r->name));
    return 0;
}

/* Comments begin with # (YAML: after a space) or, in INI, with a semicolon. */
static int passwdi_topology_comment(const passwdi_topology_reader *r) {
    if (*r->p == '#') return r->ini || r->p == r->row || r->p[-1] == ' ';
    return *r->p == ';' && r->ini;
}
static int passwdi_topology_ends(const passwdi_topology_reader *r) {
    return r->p == r->end || *r->p == '\n' || *r->p == '\r' || passwdi_topology_comment(r);
}
/* Skips spaces and a comment; with `lines` also ends of lines. (A \r only occurs before \n.) */
static void passwdi_topology_skip(passwdi_topology_reader *r, int lines) {
    while (r->p < r->end) {
        if (*r->p == ' ' || *r->p == '\r' || (*r->p == '\t' && r->ini)) r->p++;
        else if (passwdi_topology_comment(r))
            while (r->p < r->end && *r->p != '\n') r->p++;
        else if (*r->p == '\n' && lines) {
            r->row = ++r->p;
            r->line++;
        } else return;
    }
}
/* Bytes that such a text cannot contain: control characters, and tabs in YAML outside comments. */
static int passwdi_topology_bytes(passwdi_topology_reader *r) {
    const char *p, *row = r->row;
    int line = 1, comment = 0;
    for (p = r->p; p < r->end; p++) {
        const int column = (int)(p - row) + 1;
        comment |= *p == '#' && (p == row || p[-1] == ' ');
        if (*p == '\n') {
            row = p + 1;
            line++;
            comment = 0;
        } else if (*p == '\t' && !r->ini && !comment)
            return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, line, column, "YAML does not allow tabs; use spaces.");
        else if (*p == 0)
            return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, line, column,
                "This file contains a zero byte and is not plain text; save it as UTF-8.");
        else if (*p == 127 || (*p > 0 && *p < ' ' && *p != '\t' && !(*p == '\r' && (p + 1 == r->end || p[1] == '\n'))))
            return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, line, column,
                "This file contains a control character (%d) and is not plain text; remove it.", *p);
    }
    return 1;
}

/* A new node at this place, the last child of its parent; -1: no memory. */
static int passwdi_topology_node_new(passwdi_topology_reader *r, int parent) {
    passwdi_topology_node *n;
    const int k = (int)r->count;
    if (!passwdi_grow(r->allocator, (void **)(void *)&r->nodes, r->count, &r->room, sizeof *r->nodes)) {
        passwdi_topology_no_memory(r);
        return -1;
    }
    n = r->nodes + r->count++;
    memset(n, 0, sizeof *n);
    n->first = n->last = n->next = -1;
    n->word.line = r->line;
    n->word.column = passwdi_topology_column(r);
    if (parent < 0) return k;
    if (r->nodes[parent].first < 0) r->nodes[parent].first = k;
    else r->nodes[r->nodes[parent].last].next = k;
    r->nodes[parent].last = k;
    r->nodes[parent].count++;
    return k;
}
static int passwdi_topology_is(const passwdi_topology_word *w, const char *text) {
    return (size_t)w->length == strlen(text) && memcmp(w->text, text, (size_t)w->length) == 0;
}
/* The child of a map with a key, or -1. */
static int passwdi_topology_child(const passwdi_topology_reader *r, int map, const char *key) {
    int k;
    for (k = r->nodes[map].first; k >= 0 && !passwdi_topology_is(&r->nodes[k].key, key); k = r->nodes[k].next) {}
    return k;
}
static int passwdi_topology_twin(const passwdi_topology_reader *r, int map, const passwdi_topology_word *key) {
    int k;
    for (k = r->nodes[map].first; k >= 0; k = r->nodes[k].next)
        if (r->nodes[k].key.length == key->length && memcmp(r->nodes[k].key.text, key->text, (size_t)key->length) == 0)
            return k;
    return -1;
}
/* A new child of a map; -1: an error. */
static int passwdi_topology_key(passwdi_topology_reader *r, int map, const passwdi_topology_word *key) {
    char shown[40];
    int k = passwdi_topology_twin(r, map, key);
    if (k >= 0) {
        passwdi_topology_stop(r, PASSWD_ERROR_PARSE, key->line, key->column, "\"%s\" occurs twice, first in line %d.",
            passwdi_topology_show(shown, key->text, (size_t)key->length), r->nodes[k].key.line);
        return -1;
    }
    if (r->nodes[map].count == PASSWDI_TOPOLOGY_KEYS) {
        passwdi_topology_stop(r, PASSWD_ERROR_UNSUPPORTED, key->line, key->column, "There are more than %d names here.",
            PASSWDI_TOPOLOGY_KEYS);
        return -1;
    }
    k = passwdi_topology_node_new(r, map);
    if (k >= 0) r->nodes[k].key = *key;
    return k;
}

/* A quoted or bare word, up to one of the characters `stops` or the end of the line. */
static int passwdi_topology_read_word(passwdi_topology_reader *r, const char *stops, passwdi_topology_word *w) {
    const char quote = *r->p;
    memset(w, 0, sizeof *w);
    w->line = r->line;
    w->column = passwdi_topology_column(r);
    w->quoted = quote == '"' || quote == '\'';
    r->p += w->quoted;
    w->text = r->p;
    if (w->quoted) {
        while (r->p < r->end && *r->p != '\n' && *r->p != quote) r->p++;
        if (r->p == r->end || *r->p != quote)
            return passwdi_topology_stop(
                r, PASSWD_ERROR_PARSE, w->line, w->column, "This quoted string does not end on its line.");
        w->length = (int)(r->p++ - w->text);
        return 1;
    }
    while (!passwdi_topology_ends(r) && !strchr(stops, *r->p)) r->p++;
    w->length = (int)(r->p - w->text);
    while (w->length && (w->text[w->length - 1] == ' ' || w->text[w->length - 1] == '\t')) w->length--;
    if (!r->ini && (quote == '*' || quote == '&'))
        return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, w->line, w->column,
            "References (* and &) of YAML are not supported; quote names that begin with these characters.");
    return 1;
}
static int passwdi_topology_opens(const passwdi_topology_reader *r) {
    return r->p < r->end && (*r->p == '[' || (*r->p == '(' && r->ini));
}
static int passwdi_topology_read_list(passwdi_topology_reader *r, int node, int depth);
/* A value on the line: nothing, a word, or a list, which may continue on the following lines. */
static int passwdi_topology_read_value(passwdi_topology_reader *r, int node, const char *stops, int depth) {
    passwdi_topology_word w;
    r->nodes[node].word.line = r->line;
    r->nodes[node].word.column = passwdi_topology_column(r);
    if (passwdi_topology_ends(r)) return 1;
    if (passwdi_topology_opens(r)) return passwdi_topology_read_list(r, node, depth + 1);
    if (!passwdi_topology_read_word(r, stops, &w)) return 0;
    if (r->ini || w.quoted
        || !(passwdi_topology_is(&w, "~") || passwdi_topology_is(&w, "null") || passwdi_topology_is(&w, "{}")))
        r->nodes[node].kind = PASSWDI_TOPOLOGY_WORD;
    r->nodes[node].word = w;
    return 1;
}
static int passwdi_topology_read_list(passwdi_topology_reader *r, int node, int depth) {
    const char close = *r->p == '(' ? ')' : ']';
    const int line = r->line, column = passwdi_topology_column(r);
    char expected[64];
    if (depth > PASSWDI_TOPOLOGY_DEPTH)
        return passwdi_topology_stop(
            r, PASSWD_ERROR_UNSUPPORTED, line, column, "Lists are nested more than %d deep.", PASSWDI_TOPOLOGY_DEPTH);
    r->nodes[node].kind = PASSWDI_TOPOLOGY_LIST;
    for (r->p++;; r->p++) {
        int item;
        passwdi_topology_skip(r, 1);
        if (r->p < r->end && *r->p == close) break; /* a comma before the end is allowed, as in Python */
        if (r->p == r->end) break;
        if (strchr(r->ini ? ",)]" : ",]", *r->p)) return passwdi_topology_unexpected(r, "a name or a list");
        if ((item = passwdi_topology_node_new(r, node)) < 0
            || !passwdi_topology_read_value(r, item, r->ini ? ",()[]" : ",[]", depth))
            return 0;
        passwdi_topology_skip(r, 1);
        if (r->p == r->end || *r->p != ',') break;
    }
    snprintf(expected, sizeof expected, "',' or the '%c' of the list of line %d, column %d", close, line, column);
    if (r->p == r->end || *r->p != close) return passwdi_topology_unexpected(r, expected);
    r->p++;
    return 1;
}
/* The rest of the line after a value. */
static int passwdi_topology_read_end(passwdi_topology_reader *r) {
    passwdi_topology_skip(r, 0);
    return passwdi_topology_ends(r) ? 1 : passwdi_topology_unexpected(r, "the end of the line");
}

static int passwdi_topology_read_ini(passwdi_topology_reader *r) {
    passwdi_topology_word key;
    int section = -1, k;
    r->nodes[0].kind = PASSWDI_TOPOLOGY_MAP;
    for (;;) {
        int heading;
        passwdi_topology_skip(r, 1);
        if (r->p == r->end) return 1;
        heading = *r->p == '[';
        if (heading) {
            r->p++;
            passwdi_topology_skip(r, 0);
        }
        if (passwdi_topology_ends(r)) return passwdi_topology_unexpected(r, "the name of a section");
        if (!passwdi_topology_read_word(r, heading ? "]" : "=:", &key)) return 0;
        passwdi_topology_skip(r, 0);
        if (heading ? passwdi_topology_ends(r) || *r->p != ']'
                    : passwdi_topology_ends(r) || (*r->p != '=' && *r->p != ':'))
            return passwdi_topology_unexpected(r, heading ? "']'" : "'=' after a key");
        k = passwdi_topology_key(r, heading ? 0 : section, &key);
        if (k < 0) return 0;
        r->p++;
        passwdi_topology_skip(r, 0);
        if (heading) r->nodes[section = k].kind = PASSWDI_TOPOLOGY_MAP;
        else if (!passwdi_topology_read_value(r, k, "", 0)) return 0;
        if (!passwdi_topology_read_end(r)) return 0;
    }
}

static int passwdi_topology_after(
    const passwdi_topology_reader *r, char c) { /* c is here, followed by a space or the end of the line */
    return r->p < r->end && *r->p == c && (r->p + 1 == r->end || r->p[1] == ' ' || r->p[1] == '\n' || r->p[1] == '\r');
}
static int passwdi_topology_read_block(passwdi_topology_reader *r, int node, int depth);
/* Whether "key: value" is here, as in "- q1: Jets". */
static int passwdi_topology_at_pair(const passwdi_topology_reader *r) {
    const char *p = r->p;
    const char quote = p < r->end && (*p == '"' || *p == '\'') ? *p : 0;
    if (quote)
        for (p++; p < r->end && *p != quote && *p != '\n'; p++) {}
    for (; p < r->end && !strchr("\n#[]{}(),", *p); p++)
        if (*p == ':') return p + 1 == r->end || p[1] == ' ' || p[1] == '\n' || p[1] == '\r';
    return 0;
}
/* The content of a key or an item: the rest of its line, or else lines indented further (or, as in YAML, items in the
   column of their key). */
static int passwdi_topology_read_content(passwdi_topology_reader *r, int node, int indent, int item, int depth) {
    r->p++;
    passwdi_topology_skip(r, 0);
    if (item && (passwdi_topology_after(r, '-') || passwdi_topology_at_pair(r)))
        return passwdi_topology_read_block(r, node, depth + 1);
    if (!passwdi_topology_ends(r))
        return passwdi_topology_read_value(r, node, "", depth) && passwdi_topology_read_end(r);
    passwdi_topology_skip(r, 1);
    if (r->p == r->end
        || (r->p - r->row <= indent && !(r->p - r->row == indent && !item && passwdi_topology_after(r, '-'))))
        return 1;
    return passwdi_topology_read_block(r, node, depth + 1);
}
/* Lines that begin in this column: either all items, or all keys. */
static int passwdi_topology_read_block(passwdi_topology_reader *r, int node, int depth) {
    const int indent = (int)(r->p - r->row);
    if (depth > PASSWDI_TOPOLOGY_DEPTH)
        return passwdi_topology_stop(r, PASSWD_ERROR_UNSUPPORTED, r->line, indent + 1,
            "Blocks are nested more than %d deep.", PASSWDI_TOPOLOGY_DEPTH);
    for (;;) {
        const int item = passwdi_topology_after(r, '-'), kind = item ? PASSWDI_TOPOLOGY_LIST : PASSWDI_TOPOLOGY_MAP;
        passwdi_topology_word key;
        int k;
        if (r->p == r->end || r->p - r->row < indent) return 1;
        if (r->p - r->row > indent)
            return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, r->line, passwdi_topology_column(r),
                "The indentation of this line does not match that of its block.");
        if (r->nodes[node].kind == PASSWDI_TOPOLOGY_LIST && !item) return 1;
        if (r->nodes[node].kind == PASSWDI_TOPOLOGY_MAP && item) return passwdi_topology_unexpected(r, "\"key:\"");
        if (r->nodes[node].kind == PASSWDI_TOPOLOGY_EMPTY) {
            r->nodes[node].word.line = r->line;
            r->nodes[node].word.column = indent + 1;
        }
        r->nodes[node].kind = kind;
        if (item) k = passwdi_topology_node_new(r, node);
        else {
            const char *at = r->p;
            if (!passwdi_topology_read_word(r, ":", &key)) return 0;
            passwdi_topology_skip(r, 0);
            if (!passwdi_topology_after(r, ':')) {
                r->p = at;
                return passwdi_topology_unexpected(
                    r, "\"key: value\" or \"- item\" (INI files begin with a [section])");
            }
            k = passwdi_topology_key(r, node, &key);
        }
        if (k < 0 || !passwdi_topology_read_content(r, k, indent, item, depth)) return 0;
        passwdi_topology_skip(r, 1);
    }
}
static int passwdi_topology_read_yaml(passwdi_topology_reader *r) {
    passwdi_topology_skip(r, 1);
    if (r->end - r->p >= 3 && r->p == r->row && memcmp(r->p, "---", 3) == 0) {
        r->p += 3;
        if (!passwdi_topology_read_end(r)) return 0;
        passwdi_topology_skip(r, 1);
    }
    if (r->p < r->end && !passwdi_topology_read_block(r, 0, 0)) return 0;
    if (r->p < r->end)
        return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, r->line, passwdi_topology_column(r),
            "The indentation of this line does not match the block above it.");
    return 1;
}

/* --- building --- */

static void passwdi_topology_note(passwdi_topology_reader *r, const void *field, const passwdi_topology_word *w) {
    passwdi_topology_place *at = r->place + r->places;
    if (r->places == PASSWDI_TOPOLOGY_PLACES) return;
    r->places++;
    at->field = (size_t)((const char *)field - (const char *)&r->t);
    at->line = w->line;
    at->column = w->column;
}
/* An error at a word, which the message names. */
static int passwdi_topology_refuse(
    passwdi_topology_reader *r, passwd_status status, const passwdi_topology_word *w, const char *format) {
    char shown[40];
    return passwdi_topology_stop(
        r, status, w->line, w->column, format, passwdi_topology_show(shown, w->text, (size_t)w->length));
}
static int passwdi_topology_take(passwdi_topology_reader *r, const passwdi_topology_word *w, const char *what, char *to,
    size_t room, const char *more) {
    const char *why = passwdi_topology_bad(w->text, (size_t)w->length, room, more);
    char shown[40];
    if (why)
        return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, w->line, w->column, "The %s \"%s\" %s.", what,
            passwdi_topology_show(shown, w->text, (size_t)w->length), why);
    memcpy(to, w->text, (size_t)w->length);
    to[w->length] = 0;
    passwdi_topology_note(r, to, w);
    return 1;
}
/* Nothing counts as an empty list or map. */
static int passwdi_topology_want(passwdi_topology_reader *r, int node, int kind, const char *what) {
    const passwdi_topology_node *n = r->nodes + node;
    if (n->kind == kind || (n->kind == PASSWDI_TOPOLOGY_EMPTY && kind != PASSWDI_TOPOLOGY_WORD)) return 1;
    return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, n->word.line, n->word.column, "%s is expected here.", what);
}
/* Checks that all keys of a map are among those in `allowed`, a list with commas. */
static int passwdi_topology_known(passwdi_topology_reader *r, int map, const char *allowed) {
    char shown[40];
    int k;
    for (k = r->nodes[map].first; k >= 0; k = r->nodes[k].next) {
        const passwdi_topology_word *w = &r->nodes[k].key;
        const char *a = allowed;
        while (a
            && (strncmp(a, w->text, (size_t)w->length) != 0 || (a[w->length] != ',' && a[w->length] != 0)
                || w->length == 0))
            a = strchr(a, ',') ? strchr(a, ',') + 2 : NULL;
        if (!a)
            return passwdi_topology_stop(r, PASSWD_ERROR_CONFIG, w->line, w->column, "\"%s\" is unknown here; use %s.",
                passwdi_topology_show(shown, w->text, (size_t)w->length), allowed);
    }
    return 1;
}
static int passwdi_topology_lower_is(const passwdi_topology_word *w, const char *lower) {
    int k;
    for (k = 0; k < w->length && lower[k]
         && (w->text[k] >= 'A' && w->text[k] <= 'Z' ? w->text[k] + 32 : w->text[k]) == lower[k];
         k++) {}
    return k == w->length && lower[k] == 0;
}

static int passwdi_topology_feature(passwdi_topology_reader *r, passwd_spanet_input *in, int node) {
    static const char *const kinds[6] = { "none", "log", "normalize", "log_normalize", "false", "true" };
    static const int bits[6] = { 0, 1, 2, 3, 0, 2 };
    const passwdi_topology_node *n = r->nodes + node;
    passwd_spanet_feature *f = in->feature + in->features;
    int k;
    if (in->features == PASSWD_SPANET_FEATURES)
        return passwdi_topology_refuse(
            r, PASSWD_ERROR_CONFIG, &n->key, "\"%s\" is one feature too many: a collection has at most 32.");
    if (!passwdi_topology_take(r, &n->key, "feature", f->name, sizeof f->name, "")) return 0;
    if (!passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_WORD, "none, log, normalize or log_normalize")) return 0;
    for (k = 0; k < 6 && !passwdi_topology_lower_is(&n->word, kinds[k]); k++) {}
    if (k == 6)
        return passwdi_topology_refuse(
            r, PASSWD_ERROR_CONFIG, &n->word, "\"%s\" is unknown; use none, log, normalize or log_normalize.");
    f->logarithm = bits[k] & 1;
    f->normalize = bits[k] >> 1;
    in->features++;
    return 1;
}
/* The public code's files do not say which objects a collection holds; its name may: "Leptons" holds electrons and
   muons. */
static void passwdi_topology_guess(passwd_spanet_input *in) {
    static const char *const names[7][3] = { { "lepton", "e", "mu" }, { "electron", "e", NULL }, { "muon", "mu", NULL },
        { "tau", "tau", NULL }, { "photon", "g", NULL }, { "met", "met", NULL }, { "bjet", "b", NULL } };
    passwdi_topology_word w;
    int k, i;
    memset(&w, 0, sizeof w);
    w.text = in->name;
    for (k = 0; k < 7 && in->types == 0; k++) {
        w.length = (int)strlen(names[k][0]);
        if (strlen(in->name) < (size_t)w.length || !passwdi_topology_lower_is(&w, names[k][0])) continue;
        for (i = 1; i < 3 && names[k][i]; i++) strcpy(in->type[in->types++], names[k][i]);
    }
}
static int passwdi_topology_input(passwdi_topology_reader *r, const passwdi_topology_word *name, int map, int global) {
    passwd_spanet_input *in = r->t.input + r->t.inputs;
    int k, i;
    if (r->t.inputs == PASSWD_SPANET_INPUTS)
        return passwdi_topology_refuse(
            r, PASSWD_ERROR_CONFIG, name, "\"%s\" is one collection too many: the maximum is 4.");
    r->t.inputs++;
    in->global = global;
    if (!passwdi_topology_take(r, name, "collection", in->name, sizeof in->name, "")
        || !passwdi_topology_want(r, map, PASSWDI_TOPOLOGY_MAP, "A feature, such as pt: log_normalize,"))
        return 0;
    for (k = r->nodes[map].first; k >= 0; k = r->nodes[k].next) {
        if (!passwdi_topology_is(&r->nodes[k].key, "objects")) {
            if (!passwdi_topology_feature(r, in, k)) return 0;
            continue;
        }
        if (!passwdi_topology_want(r, k, PASSWDI_TOPOLOGY_LIST, "A list of types of objects, such as [j, b],"))
            return 0;
        if (r->nodes[k].count == 0)
            return passwdi_topology_refuse(
                r, PASSWD_ERROR_CONFIG, &r->nodes[k].key, "\"%s\" lists no type of objects.");
        for (i = r->nodes[k].first; i >= 0; i = r->nodes[i].next) {
            if (!passwdi_topology_want(r, i, PASSWDI_TOPOLOGY_WORD, "A type of objects")) return 0;
            if (in->types == 8)
                return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, &r->nodes[i].word,
                    "\"%s\" is one type too many: a collection has at most 8.");
            if (!passwdi_topology_take(
                    r, &r->nodes[i].word, "type of objects", in->type[in->types++], sizeof in->type[0], ""))
                return 0;
        }
    }
    passwdi_topology_guess(in);
    return 1;
}

/* The names that are permuted. */
typedef struct passwdi_topology_names {
    const char *first;
    size_t stride;
    int count;
} passwdi_topology_names;

static int passwdi_topology_find(const passwdi_topology_word *w, const char *first, size_t stride, int count) {
    int k;
    for (k = 0; k < count && !passwdi_topology_is(w, first + stride * (size_t)k); k++) {}
    return k < count ? k : -1;
}
/* The collection of that name; -1, with the failure, where products cannot come from it. */
static int passwdi_topology_source(passwdi_topology_reader *r, const passwdi_topology_word *w) {
    const int found = passwdi_topology_find(w, r->t.input[0].name, sizeof r->t.input[0], r->t.inputs);
    if (found >= 0 && !r->t.input[found].global) return found;
    passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, w,
        found < 0 ? "There is no collection \"%s\"." : "\"%s\" is a global input, which no product can come from.");
    return -1;
}
/* (a, b, c): a, b and c move to the places of b, c and a. Writes into row, which holds the identity there. */
static int passwdi_topology_cycle(
    passwdi_topology_reader *r, int list, const passwdi_topology_names *names, unsigned *used, signed char *row) {
    int k, first = -1, last = -1;
    if (!passwdi_topology_want(r, list, PASSWDI_TOPOLOGY_LIST, "A list of names to exchange")) return 0;
    for (k = r->nodes[list].first; k >= 0; k = r->nodes[k].next) {
        const passwdi_topology_word *w = &r->nodes[k].word;
        int i;
        if (!passwdi_topology_want(r, k, PASSWDI_TOPOLOGY_WORD, "A name")) return 0;
        i = passwdi_topology_find(w, names->first, names->stride, names->count);
        if (i < 0) return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, w, "There is no \"%s\" to exchange.");
        if (*used >> i & 1u)
            return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, w, "\"%s\" is named twice in one permutation.");
        *used |= 1u << i;
        if (first < 0) first = i;
        else row[last] = (signed char)i;
        last = i;
    }
    if (r->nodes[list].count < 2)
        return passwdi_topology_stop(r, PASSWD_ERROR_CONFIG, r->nodes[list].word.line, r->nodes[list].word.column,
            "A permutation needs at least two names.");
    row[last] = (signed char)first;
    return 1;
}
/* One generator. A list of names is a cycle in INI; in YAML all of them are exchangeable: the group of the cycle and of
   one transposition. */
static int passwdi_topology_generator(passwdi_topology_reader *r, int node, const passwdi_topology_names *names) {
    const int first = r->nodes[node].first, several = first >= 0 && r->nodes[first].kind == PASSWDI_TOPOLOGY_LIST;
    signed char row[8];
    unsigned used = 0;
    int k, good;
    passwdi_topology_identity(row);
    if (!passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_LIST,
            r->ini ? "A permutation in brackets, such as [(a, b)]," : "A list of names, such as - [ a, b ],"))
        return 0;
    for (k = several ? first : node; k >= 0; k = several ? r->nodes[k].next : -1)
        if (!passwdi_topology_cycle(r, k, names, &used, row)) return 0;
    good = passwdi_topology_generate(&r->group, row);
    if (good && !several && !r->ini) {
        const int a = passwdi_topology_find(&r->nodes[first].word, names->first, names->stride, names->count),
                  b = row[a];
        passwdi_topology_identity(row);
        row[a] = (signed char)b;
        row[b] = (signed char)a;
        good = passwdi_topology_generate(&r->group, row);
    }
    if (!good)
        passwdi_topology_stop(r, PASSWD_ERROR_UNSUPPORTED, r->nodes[node].word.line, r->nodes[node].word.column,
            "With this permutation the symmetry group has more than %d elements.", r->group.most);
    return good;
}
static int passwdi_topology_permutations(passwdi_topology_reader *r, int node, const passwdi_topology_names *names,
    signed char *rows, size_t stride, int *count, int most) {
    int k;
    if (node < 0) return 1;
    passwdi_topology_note(r, count, &r->nodes[node].word);
    if (!passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_LIST,
            r->ini ? "A list of permutations, such as [(a, b)]," : "A list of permutations, such as - [ a, b ],"))
        return 0;
    passwdi_topology_group_begin(&r->group, names->count, most);
    for (k = r->nodes[node].first; k >= 0; k = r->nodes[k].next)
        if (!passwdi_topology_generator(r, k, names)) return 0;
    passwdi_topology_elements(&r->group, rows, stride, count);
    return 1;
}
static int passwdi_topology_of_products(passwdi_topology_reader *r, int node, passwd_spanet_particle *p) {
    passwdi_topology_names names;
    names.first = p->product[0];
    names.stride = sizeof p->product[0];
    names.count = p->products;
    return passwdi_topology_permutations(
        r, node, &names, &p->permutation[0][0], PASSWD_SPANET_PRODUCTS, &p->permutations, PASSWD_SPANET_ORDERS);
}
static int passwdi_topology_of_particles(passwdi_topology_reader *r, int node) {
    passwdi_topology_names names;
    names.first = r->t.particle[0].name;
    names.stride = sizeof r->t.particle[0];
    names.count = r->t.particles;
    return passwdi_topology_permutations(
        r, node, &names, &r->t.permutation[0][0], PASSWD_SPANET_PARTICLES, &r->t.permutations, PASSWD_SPANET_GROUP);
}

static passwd_spanet_particle *passwdi_topology_particle(
    passwdi_topology_reader *r, const passwdi_topology_word *name, int products) {
    passwd_spanet_particle *p = r->t.particle + r->t.particles;
    int k;
    if (r->t.particles == PASSWD_SPANET_PARTICLES) {
        passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, name, "\"%s\" is one particle too many: the maximum is 8.");
        return NULL;
    }
    r->t.particles++;
    if (!passwdi_topology_take(r, name, "particle", p->name, sizeof p->name, "")
        || !passwdi_topology_want(r, products, PASSWDI_TOPOLOGY_LIST, "A list of products"))
        return NULL;
    for (k = r->nodes[products].first; k >= 0; k = r->nodes[k].next) {
        const int pair = r->nodes[k].kind == PASSWDI_TOPOLOGY_MAP && r->nodes[k].count == 1 ? r->nodes[k].first : -1;
        const passwdi_topology_word *w = pair < 0 ? &r->nodes[k].word : &r->nodes[pair].key;
        if (pair < 0 && !passwdi_topology_want(r, k, PASSWDI_TOPOLOGY_WORD, "The name of a product")) return NULL;
        if (pair >= 0 && !passwdi_topology_want(r, pair, PASSWDI_TOPOLOGY_WORD, "The name of a collection"))
            return NULL;
        if (p->products == PASSWD_SPANET_PRODUCTS) {
            passwdi_topology_refuse(
                r, PASSWD_ERROR_CONFIG, w, "\"%s\" is one product too many: a particle has at most 5.");
            return NULL;
        }
        if (pair >= 0 && passwdi_topology_source(r, &r->nodes[pair].word) < 0) return NULL;
        if (!passwdi_topology_take(r, w, "product", p->product[p->products++], sizeof p->product[0], "")) return NULL;
    }
    return p;
}
/* One entry per product: its label, or its collection or list of collections. */
static int passwdi_topology_per_product(passwdi_topology_reader *r, int node, passwd_spanet_particle *p, int targets) {
    int k, i, c;
    if (node < 0) return 1;
    if (!passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_LIST, targets ? "A list of targets" : "A list of collections"))
        return 0;
    if (r->nodes[node].count != p->products)
        return passwdi_topology_stop(r, PASSWD_ERROR_CONFIG, r->nodes[node].word.line, r->nodes[node].word.column,
            "There are %d names for the %d jets of \"%s\".", r->nodes[node].count, p->products, p->name);
    for (k = r->nodes[node].first, i = 0; k >= 0; k = r->nodes[k].next, i++) {
        const int several = !targets && r->nodes[k].kind == PASSWDI_TOPOLOGY_LIST;
        if (several && r->nodes[k].count == 0)
            return passwdi_topology_stop(r, PASSWD_ERROR_CONFIG, r->nodes[k].word.line, r->nodes[k].word.column,
                "This list of collections is empty.");
        for (c = several ? r->nodes[k].first : k; c >= 0; c = several ? r->nodes[c].next : -1) {
            const passwdi_topology_word *w = &r->nodes[c].word;
            int found;
            if (!passwdi_topology_want(r, c, PASSWDI_TOPOLOGY_WORD, targets ? "A target" : "A collection")) return 0;
            if (targets && !passwdi_topology_take(r, w, "target", p->target[i], sizeof p->target[i], "/")) return 0;
            if (targets) continue;
            found = passwdi_topology_source(r, w);
            if (found < 0) return 0;
            p->inputs[i] |= 1 << found;
        }
    }
    return 1;
}

static int passwdi_topology_empty(const passwdi_topology_reader *r, int node) {
    return r->nodes[node].kind != PASSWDI_TOPOLOGY_WORD && r->nodes[node].first < 0;
}
/* A head of the name w, of the kind that the node says (a word; -1: gaussian), or with so many classes (a number). */
static int passwdi_topology_head(
    passwdi_topology_reader *r, const passwdi_topology_word *w, int node, int classes, int particle, int product) {
    static const char *const kinds[3] = { "gaussian", "laplacian", "log_gaussian" };
    passwd_spanet_head *h = r->t.head + r->t.heads;
    const passwdi_topology_word *kind = node < 0 ? NULL : &r->nodes[node].word;
    int k = 0;
    if (r->t.heads == PASSWD_SPANET_HEADS)
        return passwdi_topology_refuse(
            r, PASSWD_ERROR_CONFIG, w, "\"%s\" is one head too many: a topology has at most 32.");
    if (!passwdi_topology_take(r, w, "head", h->name, sizeof h->name, "")) return 0;
    if (kind && !passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_WORD, "A kind of head")) return 0;
    if (classes)
        for (h->classes = 0; kind && k < kind->length && kind->text[k] >= '0' && kind->text[k] <= '9' && k < 3; k++)
            h->classes = 10 * h->classes + kind->text[k] - '0';
    else
        while (kind && k < 3 && !passwdi_topology_lower_is(kind, kinds[k])) k++;
    if (kind && (classes ? k < kind->length : k == 3))
        return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, kind,
            classes ? "\"%s\" is not a number of classes."
                    : "\"%s\" is unknown; use gaussian, laplacian or log_gaussian.");
    h->kind = classes ? (int)PASSWD_SPANET_CLASSES : k;
    h->particle = particle;
    h->product = product;
    r->t.heads++;
    return 1;
}
/* YAML: a list of names, or of [ name, kind ]. */
static int passwdi_topology_head_list(passwdi_topology_reader *r, int node, int classes, int particle, int product) {
    int k;
    if (!passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_LIST, "A list of heads")) return 0;
    for (k = r->nodes[node].first; k >= 0; k = r->nodes[k].next) {
        const int pair = !classes && r->nodes[k].kind == PASSWDI_TOPOLOGY_LIST && r->nodes[k].count == 2;
        const int name = pair ? r->nodes[k].first : k;
        if (!passwdi_topology_want(r, name, PASSWDI_TOPOLOGY_WORD, "The name of a head")
            || !passwdi_topology_head(
                r, &r->nodes[name].word, pair ? r->nodes[name].next : -1, classes, particle, product))
            return 0;
    }
    return 1;
}
static int passwdi_topology_product(passwdi_topology_reader *r, int particle, const passwdi_topology_word *w) {
    const passwd_spanet_particle *p = r->t.particle + particle;
    const int k = passwdi_topology_find(w, p->product[0], sizeof p->product[0], p->products);
    if (k >= 0 || passwdi_topology_is(w, "PARTICLE")) return k;
    passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, w, "\"%s\" is neither PARTICLE nor a product of this particle.");
    return -2;
}
static int passwdi_topology_heads(passwdi_topology_reader *r, int node, int classes) {
    int k, i;
    if (node < 0 || passwdi_topology_empty(r, node)) return 1;
    if (!passwdi_topology_want(r, node, PASSWDI_TOPOLOGY_MAP, "EVENT: or a particle")) return 0;
    for (k = r->nodes[node].first; k >= 0; k = r->nodes[k].next) {
        const passwdi_topology_word *w = &r->nodes[k].key;
        const int p = passwdi_topology_find(w, r->t.particle[0].name, sizeof r->t.particle[0], r->t.particles);
        if (passwdi_topology_empty(r, k)) continue;
        if (passwdi_topology_is(w, "EVENT")) {
            if (!passwdi_topology_head_list(r, k, classes, -1, -1)) return 0;
            continue;
        }
        if (p < 0) return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, w, "There is no particle \"%s\" in EVENT.");
        if (!passwdi_topology_want(r, k, PASSWDI_TOPOLOGY_MAP, "PARTICLE: or a product")) return 0;
        for (i = r->nodes[k].first; i >= 0; i = r->nodes[i].next) {
            const int product = passwdi_topology_product(r, p, &r->nodes[i].key);
            if (product < -1) return 0;
            if (!passwdi_topology_empty(r, i) && !passwdi_topology_head_list(r, i, classes, p, product)) return 0;
        }
    }
    return 1;
}
/* INI: "t1/PARTICLE/x = kind" */
static int passwdi_topology_ini_heads(passwdi_topology_reader *r, const char *section, int classes) {
    const int node = passwdi_topology_child(r, 0, section);
    int k;
    for (k = node < 0 ? -1 : r->nodes[node].first; k >= 0; k = r->nodes[k].next) {
        passwdi_topology_word part[3];
        int i, n = 0, p = -1, product = -1;
        part[0] = r->nodes[k].key;
        for (i = 0; i < part[n].length && n < 2; i++)
            if (part[n].text[i] == '/') {
                part[n + 1] = part[n];
                part[n + 1].text += i + 1;
                part[n + 1].length -= i + 1;
                part[n + 1].column += i + 1;
                part[n++].length = i;
                i = -1;
            }
        if (n == 0 || (n == 1) != passwdi_topology_is(part, "EVENT"))
            return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, &r->nodes[k].key,
                "\"%s\" should be EVENT/x, PARTICLE's name/PARTICLE/x or its name/product/x.");
        if (n == 2) {
            p = passwdi_topology_find(part, r->t.particle[0].name, sizeof r->t.particle[0], r->t.particles);
            if (p < 0) return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, part, "There is no particle \"%s\".");
            product = passwdi_topology_product(r, p, part + 1);
            if (product < -1) return 0;
        }
        if (!passwdi_topology_head(r, part + n, k, classes, p, product)) return 0;
    }
    return 1;
}
static int passwdi_topology_ini_inputs(passwdi_topology_reader *r) {
    const int listed = passwdi_topology_child(r, 0, "INPUTS"), source = passwdi_topology_child(r, 0, "SOURCE");
    int k, section;
    if (listed < 0) return source < 0 || passwdi_topology_input(r, &r->nodes[source].key, source, 0);
    passwdi_topology_note(r, &r->t.inputs, &r->nodes[listed].key);
    for (k = r->nodes[listed].first; k >= 0; k = r->nodes[k].next) {
        const passwdi_topology_node *n = r->nodes + k;
        const int global = passwdi_topology_lower_is(&n->word, "global");
        if (!passwdi_topology_want(r, k, PASSWDI_TOPOLOGY_WORD, "\"sequential\" or \"global\"")) return 0;
        if (!global && !passwdi_topology_lower_is(&n->word, "sequential"))
            return passwdi_topology_refuse(
                r, PASSWD_ERROR_CONFIG, &n->word, "\"%s\" is not supported: inputs must be sequential or global.");
        section = passwdi_topology_twin(r, 0, &n->key);
        if (section < 0)
            return passwdi_topology_refuse(
                r, PASSWD_ERROR_CONFIG, &n->key, "There is no section [%s] with the features of this collection.");
        if (!passwdi_topology_input(r, &n->key, section, global)) return 0;
    }
    return 1;
}
static int passwdi_topology_ini_particle(passwdi_topology_reader *r, const passwdi_topology_word *w) {
    passwd_spanet_particle *p;
    const int section = passwdi_topology_twin(r, 0, w);
    int jets;
    if (section < 0)
        return passwdi_topology_refuse(
            r, PASSWD_ERROR_CONFIG, w, "There is no section [%s] with the jets of this particle.");
    if (passwdi_topology_is(w, "EVENT") || passwdi_topology_is(w, "INPUTS")
        || passwdi_topology_find(w, r->t.input[0].name, sizeof r->t.input[0], r->t.inputs) >= 0)
        return passwdi_topology_refuse(
            r, PASSWD_ERROR_CONFIG, w, "A particle cannot be called \"%s\": that section name is reserved.");
    if (!passwdi_topology_known(r, section, "jets, permutations, targets, inputs")) return 0;
    jets = passwdi_topology_child(r, section, "jets");
    if (jets < 0)
        return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, &r->nodes[section].key,
            "The section [%s] has no \"jets\", such as jets = (q1, q2, b).");
    p = passwdi_topology_particle(r, w, jets);
    return p && passwdi_topology_of_products(r, passwdi_topology_child(r, section, "permutations"), p)
        && passwdi_topology_per_product(r, passwdi_topology_child(r, section, "targets"), p, 1)
        && passwdi_topology_per_product(r, passwdi_topology_child(r, section, "inputs"), p, 0);
}
static int passwdi_topology_ini(passwdi_topology_reader *r) {
    const int event = passwdi_topology_child(r, 0, "EVENT");
    int k, list;
    if (event < 0)
        return passwdi_topology_stop(r, PASSWD_ERROR_CONFIG, 1, 1, "There is no section [EVENT] with the particles.");
    if (!passwdi_topology_known(r, event, "particles, permutations") || !passwdi_topology_ini_inputs(r)) return 0;
    list = passwdi_topology_child(r, event, "particles");
    if (list < 0)
        return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, &r->nodes[event].key,
            "The section [%s] has no \"particles\", such as particles = (t1, t2).");
    passwdi_topology_note(r, &r->t.particles, &r->nodes[list].word);
    if (!passwdi_topology_want(r, list, PASSWDI_TOPOLOGY_LIST, "A list of particles, such as (t1, t2),")) return 0;
    for (k = r->nodes[list].first; k >= 0; k = r->nodes[k].next)
        if (!passwdi_topology_want(r, k, PASSWDI_TOPOLOGY_WORD, "The name of a particle")
            || !passwdi_topology_ini_particle(r, &r->nodes[k].word))
            return 0;
    for (k = r->nodes[0].first; k >= 0; k = r->nodes[k].next) {
        const passwdi_topology_word *w = &r->nodes[k].key;
        if (!passwdi_topology_is(w, "EVENT") && !passwdi_topology_is(w, "INPUTS")
            && !passwdi_topology_is(w, "REGRESSIONS") && !passwdi_topology_is(w, "CLASSIFICATIONS")
            && passwdi_topology_find(w, r->t.input[0].name, sizeof r->t.input[0], r->t.inputs) < 0
            && passwdi_topology_find(w, r->t.particle[0].name, sizeof r->t.particle[0], r->t.particles) < 0)
            return passwdi_topology_refuse(r, PASSWD_ERROR_CONFIG, w,
                "The section [%s] is neither a particle of [EVENT] nor a collection of objects.");
    }
    if (!passwdi_topology_ini_heads(r, "REGRESSIONS", 0) || !passwdi_topology_ini_heads(r, "CLASSIFICATIONS", 1))
        return 0;
    return passwdi_topology_of_particles(r, passwdi_topology_child(r, event, "permutations"));
}

static int passwdi_topology_yaml(passwdi_topology_reader *r) {
    const int inputs = passwdi_topology_child(r, 0, "INPUTS"), event = passwdi_topology_child(r, 0, "EVENT"),
              permutations = passwdi_topology_child(r, 0, "PERMUTATIONS");
    int k, part;
    if (!passwdi_topology_want(r, 0, PASSWDI_TOPOLOGY_MAP, "INPUTS: or EVENT:")
        || !passwdi_topology_known(r, 0, "INPUTS, EVENT, PERMUTATIONS, REGRESSIONS, CLASSIFICATIONS"))
        return 0;
    if (inputs < 0 || event < 0)
        return passwdi_topology_stop(r, PASSWD_ERROR_CONFIG, 1, 1,
            inputs < 0 ? "There is no \"INPUTS:\" with the features." : "There is no \"EVENT:\" with the particles.");
    passwdi_topology_note(r, &r->t.inputs, &r->nodes[inputs].key);
    passwdi_topology_note(r, &r->t.particles, &r->nodes[event].key);
    if (!passwdi_topology_want(r, inputs, PASSWDI_TOPOLOGY_MAP, "SEQUENTIAL:")
        || !passwdi_topology_known(r, inputs, "SEQUENTIAL, GLOBAL"))
        return 0;
    for (part = r->nodes[inputs].first; part >= 0; part = r->nodes[part].next) { /* numbered in the file's order */
        const int global = passwdi_topology_is(&r->nodes[part].key, "GLOBAL");
        if (r->nodes[part].kind != PASSWDI_TOPOLOGY_MAP && passwdi_topology_empty(r, part)) continue;
        if (!passwdi_topology_want(r, part, PASSWDI_TOPOLOGY_MAP,
                global ? "A global input, such as Met:," : "A collection of objects, such as Source:,"))
            return 0;
        for (k = r->nodes[part].first; k >= 0; k = r->nodes[k].next)
            if (!passwdi_topology_input(r, &r->nodes[k].key, k, global)) return 0;
    }
    if (!passwdi_topology_want(r, event, PASSWDI_TOPOLOGY_MAP, "A particle, such as t1:,")) return 0;
    for (k = r->nodes[event].first; k >= 0; k = r->nodes[k].next)
        if (!passwdi_topology_particle(r, &r->nodes[k].key, k)) return 0;
    if (!passwdi_topology_heads(r, passwdi_topology_child(r, 0, "REGRESSIONS"), 0)
        || !passwdi_topology_heads(r, passwdi_topology_child(r, 0, "CLASSIFICATIONS"), 1))
        return 0;
    if (permutations < 0) return 1;
    if (!passwdi_topology_want(r, permutations, PASSWDI_TOPOLOGY_MAP, "EVENT: or a particle")) return 0;
    for (k = r->nodes[permutations].first; k >= 0; k = r->nodes[k].next) {
        const int p =
            passwdi_topology_find(&r->nodes[k].key, r->t.particle[0].name, sizeof r->t.particle[0], r->t.particles);
        const int whole = passwdi_topology_is(&r->nodes[k].key, "EVENT");
        if (!whole && p < 0)
            return passwdi_topology_refuse(
                r, PASSWD_ERROR_CONFIG, &r->nodes[k].key, "There is no particle \"%s\" in EVENT.");
        if (!(whole ? passwdi_topology_of_particles(r, k) : passwdi_topology_of_products(r, k, r->t.particle + p)))
            return 0;
    }
    return 1;
}

/* The rules again, for the whole topology. */
static int passwdi_topology_judge(passwdi_topology_reader *r) {
    passwdi_topology_fault f;
    int k;
    size_t field;
    if (!passwdi_topology_wrong_any(&r->t, &r->group, &f)) return 1;
    field = (size_t)((const char *)f.at - (const char *)&r->t);
    for (k = r->places - 1; k >= 0 && r->place[k].field != field; k--) {}
    return passwdi_topology_stop(
        r, f.status, k < 0 ? 1 : r->place[k].line, k < 0 ? 1 : r->place[k].column, "%s", f.text);
}
static int passwdi_topology_read(passwdi_topology_reader *r) {
    const char *begin;
    if (r->end - r->p >= 3 && memcmp(r->p, "\xef\xbb\xbf", 3) == 0) r->p += 3;
    begin = r->row = r->p;
    r->ini = 1; /* to find its first section; a semicolon cannot begin a line of valid YAML */
    passwdi_topology_skip(r, 1);
    if (r->p == r->end)
        return passwdi_topology_stop(r, PASSWD_ERROR_PARSE, 1, 1,
            "This file is empty; INI begins with a [section], YAML with INPUTS: or EVENT:.");
    r->ini = *r->p == '[';
    r->p = r->row = begin;
    r->line = 1;
    if (!passwdi_topology_bytes(r) || passwdi_topology_node_new(r, -1) < 0) return 0;
    return (r->ini ? passwdi_topology_read_ini(r) && passwdi_topology_ini(r)
                   : passwdi_topology_read_yaml(r) && passwdi_topology_yaml(r))
        && passwdi_topology_judge(r);
}
PASSWD_DEF passwd_status passwd_spanet_topology_parse(const char *text, size_t length, const char *name,
    const passwd_allocator *allocator, passwd_spanet_topology *topology, passwd_error *error) {
    passwdi_topology_reader *r;
    passwd_status status;
    if (!text || !topology)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_topology_parse: text or topology is NULL.");
    if (!name) name = "topology";
    if (length > PASSWDI_TOPOLOGY_TEXT)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "%s: This is not an event topology: it has more than %d bytes.", passwdi_topology_tail(name),
            PASSWDI_TOPOLOGY_TEXT);
    r = (passwdi_topology_reader *)passwdi_new(allocator, 1, sizeof *r);
    if (!r)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "%s: There is not enough memory.", passwdi_topology_tail(name));
    r->p = r->row = text;
    r->end = text + length;
    r->line = 1;
    r->name = name;
    r->allocator = allocator;
    r->error = error;
    if (passwdi_topology_read(r)) *topology = r->t;
    status = r->status;
    passwdi_delete(allocator, r->nodes);
    passwdi_delete(allocator, r);
    return status;
}

/* --- text that grows --- */

static int passwdi_topology_put(passwd_text *t, const char *bytes, size_t n) {
    while (t->room - t->length <= n) /* one byte is reserved for the zero */
        if (!passwdi_grow(&t->allocator, (void **)(void *)&t->text, t->room, &t->room, 1)) return 0;
    memcpy(t->text + t->length, bytes, n);
    t->length += n;
    t->text[t->length] = 0;
    return 1;
}
PASSWD_DEF passwd_status passwd_spanet_topology_load(
    const char *path, const passwd_allocator *allocator, passwd_spanet_topology *topology, passwd_error *error) {
    passwd_text text;
    char chunk[4096];
    FILE *file;
    size_t got = 0;
    int good = 1;
    passwd_status status;
    if (!path || !topology)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_topology_load: path or topology is NULL.");
    file = fopen(path, "rb");
    if (!file)
        return passwdi_fail(
            error, PASSWD_ERROR_IO, 0, 0, "%s: This file cannot be opened.", passwdi_topology_tail(path));
    memset(&text, 0, sizeof text);
    if (allocator) text.allocator = *allocator;
    do good = passwdi_topology_put(&text, chunk, got);
    while (good && text.length <= PASSWDI_TOPOLOGY_TEXT && (got = fread(chunk, 1, sizeof chunk, file)) > 0);
    if (!good)
        status = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "%s: There is not enough memory.", passwdi_topology_tail(path));
    else if (ferror(file))
        status =
            passwdi_fail(error, PASSWD_ERROR_IO, 0, 0, "%s: This file cannot be read.", passwdi_topology_tail(path));
    else status = passwd_spanet_topology_parse(text.text, text.length, path, allocator, topology, error);
    fclose(file);
    passwdi_delete(allocator, text.text);
    return status;
}

/* --- writing --- */

typedef struct passwdi_topology_writer {
    passwd_text *out;
    int good;
} passwdi_topology_writer;
static void passwdi_topology_say(passwdi_topology_writer *w, const char *text) {
    w->good = w->good && passwdi_topology_put(w->out, text, strlen(text));
}
static void passwdi_topology_say3(passwdi_topology_writer *w, const char *a, const char *b, const char *c) {
    passwdi_topology_say(w, a);
    passwdi_topology_say(w, b);
    passwdi_topology_say(w, c);
}
static void passwdi_topology_say_list(
    passwdi_topology_writer *w, const char *key, const char *first, size_t stride, int count) {
    int k;
    passwdi_topology_say3(w, key, " = (", "");
    for (k = 0; k < count; k++) passwdi_topology_say3(w, k ? ", " : "", first + stride * (size_t)k, "");
    passwdi_topology_say(w, ")\n");
}
/* One permutation: its cycles of two and more. */
static void passwdi_topology_say_generator(
    passwdi_topology_writer *w, const signed char *row, int places, const char *first, size_t stride) {
    int k, i, cycles = 0, said = 0;
    unsigned used = 0;
    for (k = 0; k < places; k++) {
        if (row[k] == k || used >> k & 1u) continue;
        for (i = k; !(used >> i & 1u); i = row[i]) used |= 1u << i;
        cycles++;
    }
    passwdi_topology_say(w, cycles > 1 ? "[" : "");
    for (k = 0, used = 0; k < places; k++) {
        if (row[k] == k || used >> k & 1u) continue;
        passwdi_topology_say(w, said++ ? ", (" : "(");
        for (i = k; !(used >> i & 1u); i = row[i]) {
            passwdi_topology_say3(w, i == k ? "" : ", ", first + stride * (size_t)i, "");
            used |= 1u << i;
        }
        passwdi_topology_say(w, ")");
    }
    passwdi_topology_say(w, cycles > 1 ? "]" : "");
}
/* A few generators of a group, reconstructed: the first elements in order that are not yet generated. */
static void passwdi_topology_say_group(passwdi_topology_writer *w, passwdi_topology_group *g, const signed char *rows,
    size_t stride, int count, int places, int most, const char *first, size_t name_stride) {
    int k;
    passwdi_topology_gather(g, rows, stride, count, places, most);
    if (g->generators == 0) return;
    passwdi_topology_say(w, "permutations = [");
    for (k = 0; k < g->generators; k++) {
        if (k) passwdi_topology_say(w, ", ");
        passwdi_topology_say_generator(w, g->generator[k], places, first, name_stride);
    }
    passwdi_topology_say(w, "]\n");
}
static void passwdi_topology_say_input(passwdi_topology_writer *w, const passwd_spanet_input *in) {
    static const char *const kinds[4] = { " = none\n", " = log\n", " = normalize\n", " = log_normalize\n" };
    int k;
    passwdi_topology_say3(w, "[", in->name, "]\n");
    if (in->types) passwdi_topology_say_list(w, "objects", in->type[0], sizeof in->type[0], in->types);
    for (k = 0; k < in->features; k++)
        passwdi_topology_say3(
            w, in->feature[k].name, kinds[in->feature[k].logarithm + 2 * in->feature[k].normalize], "");
    passwdi_topology_say(w, "\n");
}
static void passwdi_topology_say_particle(passwdi_topology_writer *w, const passwd_spanet_particle *p,
    const passwd_spanet_topology *t, passwdi_topology_group *g) {
    char label[64];
    int k, c, special = 0, limited = 0, said;
    for (k = 0; k < p->products; k++) {
        snprintf(label, sizeof label, "%s/%s", p->name, p->product[k]);
        special |= strcmp(label, p->target[k]) != 0;
        limited |= p->inputs[k] != 0;
    }
    passwdi_topology_say3(w, "\n[", p->name, "]\n");
    passwdi_topology_say_list(w, "jets", p->product[0], sizeof p->product[0], p->products);
    passwdi_topology_say_group(w, g, &p->permutation[0][0], PASSWD_SPANET_PRODUCTS, p->permutations, p->products,
        PASSWD_SPANET_ORDERS, p->product[0], sizeof p->product[0]);
    if (special) passwdi_topology_say_list(w, "targets", p->target[0], sizeof p->target[0], p->products);
    for (k = 0; k < p->products && limited; k++) {
        passwdi_topology_say(w, k ? ", (" : "inputs = ((");
        for (c = 0, said = 0; c < t->inputs; c++) /* 0: all, each by its name */
            if (!t->input[c].global && (p->inputs[k] == 0 || p->inputs[k] >> c & 1))
                passwdi_topology_say3(w, said++ ? ", " : "", t->input[c].name, "");
        passwdi_topology_say(w, ")");
    }
    if (limited) passwdi_topology_say(w, ")\n");
}
static void passwdi_topology_say_heads(
    passwdi_topology_writer *w, const passwd_spanet_topology *t, int classes, const char *title) {
    static const char *const kinds[3] = { "gaussian\n", "laplacian\n", "log_gaussian\n" };
    char name[100], number[16];
    int k, said = 0;
    for (k = 0; k < t->heads; k++) {
        const passwd_spanet_head *h = t->head + k;
        if ((h->kind == PASSWD_SPANET_CLASSES) != classes) continue;
        if (!said++) passwdi_topology_say(w, title);
        passwd_spanet_head_name(t, k, name);
        snprintf(number, sizeof number, "%d\n", h->classes);
        passwdi_topology_say3(w, name, " = ", classes ? number : kinds[h->kind]);
    }
    if (said) passwdi_topology_say(w, "\n");
}
static void passwdi_topology_say_all(
    passwdi_topology_writer *w, const passwd_spanet_topology *t, passwdi_topology_group *g) {
    int i;
    if (t->inputs > 1 || strcmp(t->input[0].name, "SOURCE") != 0) {
        passwdi_topology_say(w, "[INPUTS]\n");
        for (i = 0; i < t->inputs; i++)
            passwdi_topology_say3(w, t->input[i].name, t->input[i].global ? " = global\n" : " = sequential\n", "");
        passwdi_topology_say(w, "\n");
    }
    for (i = 0; i < t->inputs; i++) passwdi_topology_say_input(w, t->input + i);
    passwdi_topology_say(w, "[EVENT]\n");
    passwdi_topology_say_list(w, "particles", t->particle[0].name, sizeof t->particle[0], t->particles);
    passwdi_topology_say_group(w, g, &t->permutation[0][0], PASSWD_SPANET_PARTICLES, t->permutations, t->particles,
        PASSWD_SPANET_GROUP, t->particle[0].name, sizeof t->particle[0]);
    for (i = 0; i < t->particles; i++) passwdi_topology_say_particle(w, t->particle + i, t, g);
    passwdi_topology_say_heads(w, t, 0, "[REGRESSIONS]\n");
    passwdi_topology_say_heads(w, t, 1, "[CLASSIFICATIONS]\n");
}
PASSWD_DEF passwd_status passwd_spanet_topology_write(
    const passwd_spanet_topology *topology, passwd_text *text, passwd_error *error) {
    passwdi_topology_work *work;
    passwdi_topology_writer w;
    passwd_status s = PASSWD_OK;
    size_t before;
    if (!topology || !text)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_topology_write: topology or text is NULL.");
    if (text->status)
        return passwdi_fail(
            error, text->status, 0, 0, "passwd_spanet_topology_write: an earlier error is recorded in this text.");
    work = passwdi_topology_work_new(topology, &text->allocator, error);
    if (!work) return PASSWD_ERROR_MEMORY;
    w.out = text;
    w.good = 1;
    before = text->length;
    if (passwdi_topology_wrong_any(&work->t, &work->g, &work->f))
        s = passwdi_fail(error, work->f.status, 0, 0, "%s", work->f.text);
    else passwdi_topology_say_all(&w, &work->t, &work->g);
    passwdi_delete(&text->allocator, work);
    if (w.good) return s;
    text->length = before;
    if (text->text) text->text[before] = 0;
    return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the topology's text.");
}
/* ------------------------------------------------------------------------------------------------------------------
   Events and targets
   --------------------------------------------------------------------------------------------------------------- */

/* Everything the functions below rely on, so that a struct filled by hand does no harm. */
static passwd_status passwdi_spanet_usable(const passwd_spanet_topology *topology, passwd_error *error) {
    int p, g, k, good;
    if (!topology) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The topology is NULL.");
    good = topology->inputs >= 0 && topology->inputs <= PASSWD_SPANET_INPUTS && topology->particles >= 1
        && topology->particles <= PASSWD_SPANET_PARTICLES && topology->permutations >= 1
        && topology->permutations <= PASSWD_SPANET_GROUP;
    for (p = 0; good && p < topology->inputs; p++)
        good = topology->input[p].types >= 0 && topology->input[p].types <= 8;
    for (g = 0; good && g < topology->permutations; g++) {
        unsigned seen = 0;
        for (p = 0; p < topology->particles; p++) {
            const int q = topology->permutation[g][p];
            good = good && q >= 0 && q < topology->particles && (g || q == p)
                && topology->particle[p].products == topology->particle[q].products;
            if (good) seen |= 1u << q;
        }
        good = good && seen == (1u << topology->particles) - 1;
    }
    for (p = 0; good && p < topology->particles; p++) {
        const passwd_spanet_particle *x = topology->particle + p;
        good = x->products >= 1 && x->products <= PASSWD_SPANET_PRODUCTS && x->permutations >= 1
            && x->permutations <= PASSWD_SPANET_ORDERS && topology->orbit[p] >= 0 && topology->orbit[p] <= p;
        for (g = 0; good && g < x->permutations; g++) {
            unsigned seen = 0;
            for (k = 0; k < x->products; k++) {
                const int q = x->permutation[g][k];
                good = good && q >= 0 && q < x->products && (g || q == k);
                if (good) seen |= 1u << q;
            }
            good = good && seen == (1u << x->products) - 1;
        }
    }
    return good ? PASSWD_OK
                : passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                    "The topology is incomplete; call passwd_spanet_topology_check for a struct filled by hand.");
}

PASSWD_DEF void passwd_spanet_columns_of(const passwd_spanet_topology *topology, passwd_spanet_columns *columns) {
    static const char *const given[] = { "pt", "eta", "phi", "m", "mass", "e", "energy", "sin_phi", "cos_phi", "btag" };
    int i, f, k, n = 2;
    if (!columns) return;
    memset(columns, 0, sizeof *columns);
    memcpy(columns->name[PASSWD_SPANET_TARGET], "$target?", 9);
    memcpy(columns->name[PASSWD_SPANET_BTAG], "btag?", 6);
    for (i = 0; topology && i < topology->inputs; i++)
        for (f = 0; f < topology->input[i].features; f++) {
            const char *name = topology->input[i].feature[f].name;
            if (topology->input[i].global) {
                snprintf(columns->name[n++], sizeof columns->name[0], "%.31s.%.31s?", topology->input[i].name, name);
                continue;
            }
            for (k = 0; k < 10 && strcmp(name, given[k]) != 0; k++) {}
            if (k < 10) continue;
            for (k = 2; k < n
                 && (strncmp(name, columns->name[k], strlen(name)) != 0
                     || strcmp(columns->name[k] + strlen(name), "?") != 0);
                 k++) {}
            if (k == n)
                snprintf(columns->name[n++], sizeof columns->name[0], "%.31s?",
                    name); /* objects of other collections may lack it */
        }
    for (k = 0; topology && k < topology->heads; k++, n++) {
        passwd_spanet_head_name(topology, k, columns->name[n]);
        strcat(columns->name[n], "?");
    }
    for (k = 0; k < n; k++) columns->numbers[k] = columns->name[k];
    columns->options.numbers = columns->numbers;
    columns->options.n_numbers = n;
}

PASSWD_DEF void passwd_spanet_head_name(const passwd_spanet_topology *t, int head, char name[100]) {
    const passwd_spanet_head *h = t && head >= 0 && head < t->heads ? t->head + head : NULL;
    if (!h || h->particle >= t->particles) name[0] = 0;
    else if (h->particle < 0) snprintf(name, 100, "EVENT/%.31s", h->name);
    else
        snprintf(name, 100, "%.31s/%.31s/%.31s", t->particle[h->particle].name,
            h->product < 0 ? "PARTICLE" : t->particle[h->particle].product[h->product], h->name);
}
/* Collection that a type of objects belongs to, or -1. */
static int passwdi_spanet_collection(const passwd_spanet_topology *topology, const char *type) {
    int i, k;
    for (i = 0; i < topology->inputs; i++) {
        const passwd_spanet_input *x = topology->input + i;
        if (x->global) continue;
        if (x->types == 0 && (strcmp(type, "j") == 0 || strcmp(type, "b") == 0)) return i;
        for (k = 0; k < x->types; k++)
            if (strcmp(type, x->type[k]) == 0) return i;
    }
    return -1;
}

/* Of events that were checked. */
static int passwdi_spanet_jets(const passwd_spanet_topology *topology, const passwd_arrays *v, int64_t event,
    int max_jets, int32_t *rows, signed char *input, int64_t *dropped) {
    const int64_t size = passwdi_event_size(v, event);
    signed char known[256]; /* collection of a type; -2: not looked up yet */
    double pt[PASSWD_MAX_OBJECTS];
    int64_t place;
    int n = 0, i, low, c;
    if (max_jets > PASSWD_MAX_OBJECTS) max_jets = PASSWD_MAX_OBJECTS;
    memset(known, -2, sizeof known);
    for (place = 0; place < size; place++) {
        const int64_t row = passwdi_event_row(v, event, place);
        const int kind = passwdi_row_kind(v, row); /* -1: beyond the table: looked up every time */
        c = kind >= 0 ? known[kind] : -2;
        if (c == -2) c = passwdi_spanet_collection(topology, passwdi_row_type(v, row));
        if (kind >= 0) known[kind] = (signed char)c;
        if (c < 0) continue;
        if (n == max_jets) { /* the softest is dropped, the last of equals */
            for (low = 0, i = 1; i < n; i++)
                if (!(pt[i] > pt[low])) low = i; /* NaN is dropped first */
            if (dropped) ++*dropped;
            if (!(passwdi_row_pt(v, row) > pt[low])) continue;
            for (n--, i = low; i < n; i++) {
                rows[i] = rows[i + 1];
                pt[i] = pt[i + 1];
                if (input) input[i] = input[i + 1];
            }
        }
        rows[n] = (int32_t)place;
        pt[n] = passwdi_row_pt(v, row);
        if (input) input[n] = (signed char)c;
        n++;
    }
    return n;
}
PASSWD_DEF int passwd_spanet_jets(const passwd_spanet_topology *topology, const passwd_events *events, int64_t event,
    int max_jets, int32_t *rows, signed char *input, int64_t *dropped) {
    const passwd_arrays a = passwdi_arrays_of(events);
    if (!topology || !rows || max_jets < 1 || passwdi_arrays_check(&a, event, 1, NULL) != PASSWD_OK) return 0;
    return passwdi_spanet_jets(topology, &a, event, max_jets, rows, input, dropped);
}
PASSWD_DEF int passwd_spanet_jets_arrays(const passwd_spanet_topology *topology, const passwd_arrays *arrays,
    int64_t event, int max_jets, int32_t *rows, signed char *input, int64_t *dropped) {
    if (!topology || !arrays || !rows || max_jets < 1 || passwdi_arrays_check(arrays, event, 1, NULL) != PASSWD_OK)
        return 0;
    return passwdi_spanet_jets(topology, arrays, event, max_jets, rows, input, dropped);
}

/* The product that a label names: particle * PASSWD_SPANET_PRODUCTS + product; -1: none, -3: several. */
static int passwdi_spanet_label(const passwd_spanet_topology *topology, const char *label) {
    int p, k, found = -1;
    if (!*label) return -1;
    for (p = 0; p < topology->particles; p++)
        for (k = 0; k < topology->particle[p].products; k++)
            if (strcmp(label, topology->particle[p].target[k]) == 0)
                found = found == -1 ? p * PASSWD_SPANET_PRODUCTS + k : -3;
    return found;
}

typedef struct passwdi_spanet_labels {
    signed char known[64];
    int64_t ours, others;
} passwdi_spanet_labels; /* known: -2: not looked up yet */

static passwd_status passwdi_spanet_target_of(const passwd_spanet_topology *topology, const passwd_events *v,
    int64_t event, int max_jets, passwdi_spanet_labels *labels, passwd_spanet_target *target, passwd_error *error) {
    const double *column = v->number[PASSWD_SPANET_TARGET] + v->first[event];
    const int64_t line = v->line ? v->line[event] : 0, id = v->id ? v->id[event] : event,
                  size = v->first[event + 1] - v->first[event];
    int32_t rows[PASSWD_MAX_OBJECTS];
    signed char input[PASSWD_MAX_OBJECTS];
    unsigned seen[PASSWD_SPANET_PARTICLES] = { 0 };
    int64_t row;
    int n = passwd_spanet_jets(topology, v, event, max_jets, rows, input, NULL), jet = 0, p, k, code;
    memset(target->jet, -1, sizeof target->jet);
    target->there = 0;
    for (row = 0; row < size; row++) {
        const char *label, *type;
        int text, place;
        while (jet < n && rows[jet] < row) jet++;
        if (!(column[row] >= 1 && column[row] < (double)v->texts.count)) continue; /* 0 is the empty text */
        text = (int)column[row];
        label = v->texts.name[text];
        type = passwdi_object_type(v, v->first[event] + row);
        code = text < 64 ? labels->known[text] : -2;
        if (code == -2) code = passwdi_spanet_label(topology, label);
        if (text < 64) labels->known[text] = (signed char)code;
        if (code == -1) {
            labels->others++;
            continue;
        }
        if (code == -3)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, line, 0,
                "Event %lld at line %lld: its jet labelled \"%.60s\" is the target of two products.", (long long)id,
                (long long)line, label);
        labels->ours++;
        p = code / PASSWD_SPANET_PRODUCTS;
        place = code % PASSWD_SPANET_PRODUCTS;
        if (seen[p] >> place & 1u)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, line, 0,
                "Event %lld at line %lld: two jets have the target \"%.60s\".", (long long)id, (long long)line, label);
        seen[p] |= 1u << place;
        if (passwdi_spanet_collection(topology, type) < 0)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, line, 0,
                "Event %lld at line %lld: the target \"%.60s\" labels an object \"%.15s\", which no collection of "
                "the topology accepts.",
                (long long)id, (long long)line, label, type);
        if (jet == n || rows[jet] != row) continue; /* dropped */
        if (topology->particle[p].inputs[place] && !((unsigned)topology->particle[p].inputs[place] >> input[jet] & 1u))
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, line, 0,
                "Event %lld at line %lld: the target \"%.60s\" labels an object \"%.15s\", which the product cannot "
                "come from.",
                (long long)id, (long long)line, label, type);
        target->jet[p][place] = (signed char)jet;
    }
    for (p = 0; p < topology->particles; p++) {
        for (k = 0; k < topology->particle[p].products && target->jet[p][k] >= 0; k++) {}
        if (k == topology->particle[p].products) target->there = (unsigned char)(target->there | 1u << p);
    }
    return PASSWD_OK;
}

static passwd_status passwdi_spanet_range(
    const passwd_events *events, int64_t first, int64_t count, int max_jets, passwd_error *error) {
    if (max_jets < 1 || max_jets > PASSWD_MAX_OBJECTS)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "max_jets is %d; it must be from 1 to %d.", max_jets,
            PASSWD_MAX_OBJECTS);
    return passwdi_events_check(events, first, count, error);
}

PASSWD_DEF passwd_status passwd_spanet_targets(const passwd_spanet_topology *topology, const passwd_events *events,
    int64_t first, int64_t count, int max_jets, passwd_spanet_target *targets, passwd_error *error) {
    passwd_status s = passwdi_spanet_usable(topology, error);
    passwd_spanet_target t;
    passwdi_spanet_labels labels;
    int64_t k;
    if (s == PASSWD_OK) s = passwdi_spanet_range(events, first, count, max_jets, error);
    if (s != PASSWD_OK) return s;
    if (!targets && count) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The targets are NULL.");
    if (events->n_numbers <= PASSWD_SPANET_TARGET || !events->number || !events->number[PASSWD_SPANET_TARGET])
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "The events have no column \"target\" that assigns jets to products.");
    labels.ours = labels.others = 0;
    memset(labels.known, -2, sizeof labels.known);
    for (k = 0; k < count; k++)
        if ((s = passwdi_spanet_target_of(topology, events, first + k, max_jets, &labels, &t, error)) != PASSWD_OK)
            return s;
    for (k = 0; k < count; k++)
        (void)passwdi_spanet_target_of(topology, events, first + k, max_jets, &labels, targets + k, NULL);
    return PASSWD_OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   Selection. The jet permutations of a particle that are equivalent under its symmetries are one candidate, encoded as
   one number: the log-probability in the upper bits (so that numbers compare as log-probabilities do), below it the
   jets, a byte each (of five, six bits each), complemented: of equal candidates the first in order is the largest.
   --------------------------------------------------------------------------------------------------------------- */

enum { PASSWDI_SPANET_SIX_BITS = 64 }; /* jets that particles of five products may choose from */
static int passwdi_spanet_shift(int products, int k) { return products > 4 ? 24 - 6 * k : 24 - 8 * k; }
static uint64_t passwdi_spanet_key(float value, const int *jet, int products) {
    uint32_t bits, order = 0;
    int k;
    value += 0.0f; /* no negative zero */
    memcpy(&bits, &value, sizeof bits);
    bits = bits >> 31 ? ~bits : bits | 0x80000000u;
    for (k = 0; k < products; k++) order |= (uint32_t)jet[k] << passwdi_spanet_shift(products, k);
    return (uint64_t)bits << 32 | (uint32_t)~order;
}
static float passwdi_spanet_value(uint64_t key) {
    uint32_t bits = (uint32_t)(key >> 32);
    float value;
    bits = bits >> 31 ? bits & 0x7fffffffu : ~bits;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static int passwdi_spanet_jet(uint64_t key, int products, int k) {
    return (int)(~key >> passwdi_spanet_shift(products, k) & (products > 4 ? 63u : 127u));
}

/* All ways to assign jets to the places of a particle, equivalent ones once: of these the first in order, in which the
   first place moved by a symmetry has a lower jet than what comes there. With `sets`, one way per set of jets:
   ascending. */
enum { PASSWDI_SPANET_ANY = (1 << PASSWD_SPANET_PRODUCTS) - 1 }; /* every place, as bits */
typedef struct passwdi_spanet_walk {
    int products, jets, depth, t[PASSWD_SPANET_PRODUCTS];
    unsigned char before[PASSWD_SPANET_PRODUCTS];     /* places with lower jets, as bits */
    unsigned char widen[1 << PASSWD_SPANET_PRODUCTS]; /* places, and those equivalent to them by symmetry */
    const unsigned char *allow;                       /* allowed places of each jet, as bits */
    uint64_t used[2];
} passwdi_spanet_walk;

static void passwdi_spanet_walk_begin(passwdi_spanet_walk *w, const passwd_spanet_particle *particle, int sets,
    int jets, const unsigned char *allow, const uint64_t *used) {
    unsigned orbit[PASSWD_SPANET_PRODUCTS] = { 0 };
    int g, k, b;
    memset(w, 0, sizeof *w);
    w->products = particle->products;
    w->jets = jets;
    w->allow = allow;
    w->t[0] = -1;
    if (used) {
        w->used[0] = used[0];
        w->used[1] = used[1];
    }
    for (g = 0; g < particle->permutations; g++) {
        for (k = 0; k < particle->products; k++) orbit[k] |= 1u << particle->permutation[g][k];
        for (k = 0; k < particle->products && particle->permutation[g][k] == k; k++) {}
        if (k < particle->products)
            w->before[(int)particle->permutation[g][k]] =
                (unsigned char)(w->before[(int)particle->permutation[g][k]] | 1u << k);
    }
    for (k = 0; sets && k < particle->products; k++) {
        orbit[k] = PASSWDI_SPANET_ANY;
        w->before[k] = (unsigned char)((1u << k) - 1);
    }
    for (b = 0; b <= PASSWDI_SPANET_ANY; b++)
        for (k = 0; k < particle->products; k++)
            if ((unsigned)b & orbit[k]) w->widen[b] = (unsigned char)(w->widen[b] | 1u << k);
}
static int passwdi_spanet_walk_next(passwdi_spanet_walk *w) {
    int d = w->depth, *t = w->t, i, j;
    for (;;) {
        j = ++t[d];
        if (j >= w->jets) {
            if (d-- == 0) {
                t[0] = w->jets - 1;
                w->depth = 0;
                return 0;
            }
            continue;
        }
        if (!(w->widen[w->allow[j] & PASSWDI_SPANET_ANY] >> d & 1) || (w->used[j >> 6] >> (j & 63) & 1u)) continue;
        for (i = 0; i < d && t[i] != j; i++) {}
        if (i < d) continue;
        if (d == w->products - 1) {
            w->depth = d;
            return 1;
        }
        t[++d] = -1;
        for (i = 0; i < d; i++)
            if ((w->before[d] >> i & 1) && t[i] > t[d]) t[d] = t[i];
    }
}

#define PASSWDI_SPANET_EASY 256      /* sets of used jets to visit before prices are computed */
#define PASSWDI_SPANET_HARD 20000000 /* and before the search is abandoned */
#define PASSWDI_SPANET_ROUNDS 128    /* iterations of prices */
#define PASSWDI_SPANET_SEEN 65536    /* maximum number of remembered sets of used jets */
/* An upper bound for some particles and certain jets: the number of particles assigned, and the sum of their
   log-probabilities. */
typedef struct passwdi_spanet_sum {
    int count;
    double total;
} passwdi_spanet_sum;
typedef struct passwdi_spanet_seen {
    uint64_t used[2], key;
    passwdi_spanet_sum sum;
    uint32_t stamp;
    int from;
} passwdi_spanet_seen;

/* Work space of the selection, for one thread. */
typedef struct passwdi_spanet_scratch {
    uint64_t *memory,
        *list[PASSWD_SPANET_PARTICLES]; /* candidates: a heap from which the best have been moved to the end */
    size_t all[PASSWD_SPANET_PARTICLES], count[PASSWD_SPANET_PARTICLES],
        heap[PASSWD_SPANET_PARTICLES]; /* count: without those ruled out, which are behind */
    unsigned char allow[PASSWD_SPANET_PARTICLES][PASSWD_MAX_OBJECTS];
    passwdi_spanet_seen *seen; /* the best for the last particles without these jets */
    size_t room;               /* of seen, a power of two; 0: two particles need none */
    uint32_t stamp;
    int particles, products[PASSWD_SPANET_PARTICLES];
    int need[PASSWD_SPANET_PARTICLES + 1][PASSWD_SPANET_PARTICLES + 1]; /* minimum number of jets needed by this many of
                                                                           the particles from here on */
    int ways[PASSWD_SPANET_PARTICLES];
    signed char (*way)[PASSWD_SPANET_ORDERS][PASSWD_SPANET_PRODUCTS]; /* of each: inequivalent orders of a set's jets */
    uint64_t best[PASSWD_SPANET_PARTICLES];                           /* chosen; 0: not assigned */
    double price[PASSWD_MAX_OBJECTS], worth[PASSWD_SPANET_PARTICLES + 1], total,
        slack;                         /* worth: of the particles from here on, at these prices, and of all jets */
    double excess[PASSWD_MAX_OBJECTS]; /* jets: how many particles want each, less one; a running mean */
    int64_t nodes, limit;
    int expected; /* values are expected numbers of correct particles, not logarithms */
    passwd_allocator allocator;
} passwdi_spanet_scratch;

static void passwdi_spanet_scratch_free(passwdi_spanet_scratch *s) {
    passwdi_delete(&s->allocator, s->memory);
    passwdi_delete(&s->allocator, s->seen);
    passwdi_delete(&s->allocator, s->way);
    memset(s, 0, sizeof *s);
}

/* Six bits say which jet, if there are five. */
static passwd_status passwdi_spanet_few_jets(const passwd_spanet_topology *topology, int jets, passwd_error *error) {
    int p;
    for (p = 0; p < topology->particles && jets > PASSWDI_SPANET_SIX_BITS; p++)
        if (topology->particle[p].products > 4)
            return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
                "Particle \"%.31s\" has %d products; they are selected among up to %d jets, not %d.",
                topology->particle[p].name, topology->particle[p].products, PASSWDI_SPANET_SIX_BITS, jets);
    return PASSWD_OK;
}
/* For events of up to max_jets jets of this topology. */
static passwd_status passwdi_spanet_scratch_new(passwdi_spanet_scratch *s, const passwd_spanet_topology *topology,
    int max_jets, const passwd_allocator *allocator, passwd_error *error) {
    unsigned char any[PASSWD_SPANET_PRODUCTS];
    size_t room[PASSWD_SPANET_PARTICLES], sum = 0;
    int p, k, n, used = 0;
    double states = 0, sets;
    passwd_status status = passwdi_spanet_few_jets(topology, max_jets, error);
    memset(s, 0, sizeof *s);
    if (status != PASSWD_OK) return status;
    memset(any, PASSWDI_SPANET_ANY, sizeof any);
    if (allocator) s->allocator = *allocator;
    s->particles = topology->particles;
    s->way = (signed char(*)[PASSWD_SPANET_ORDERS][PASSWD_SPANET_PRODUCTS])passwdi_new(
        allocator, (size_t)s->particles, sizeof *s->way);
    for (p = 0; s->way && p < s->particles; p++) {
        passwdi_spanet_walk w;
        s->products[p] = topology->particle[p].products;
        for (room[p] = 1, k = 0; k < s->products[p]; k++)
            room[p] = room[p] * (size_t)(max_jets > k ? max_jets - k : 0) / (size_t)(k + 1);
        sum += room[p];
        passwdi_spanet_walk_begin(&w, topology->particle + p, 0, s->products[p], any, NULL);
        while (passwdi_spanet_walk_next(&w)) {
            for (k = 0; k < s->products[p]; k++) s->way[p][s->ways[p]][k] = (signed char)w.t[k];
            s->ways[p]++;
        }
    }
    for (p = s->particles - 1; p >= 0; p--) /* products of the smallest particles */
        for (n = 1; n <= s->particles - p; n++) {
            int size, left = n;
            for (size = 1; left && size <= PASSWD_SPANET_PRODUCTS; size++)
                for (k = p; left && k < s->particles; k++)
                    if (s->products[k] == size) {
                        s->need[p][n] += size;
                        left--;
                    }
        }
    for (p = 0; p < s->particles - 1; p++) { /* sets of jets that the first particles use */
        used += s->products[p];
        for (sets = 1, k = 0; k < used; k++) sets *= k < max_jets ? (double)(max_jets - k) / (k + 1) : 0;
        if (p) states += sets;
    }
    if (s->particles > 2)
        for (s->room = 64; s->room < PASSWDI_SPANET_SEEN && (double)s->room < 2 * states; s->room *= 2) {}
    s->memory = s->way ? (uint64_t *)passwdi_new(allocator, sum, sizeof *s->memory) : NULL;
    if (s->room && s->memory) s->seen = (passwdi_spanet_seen *)passwdi_new(allocator, s->room, sizeof *s->seen);
    if (!s->memory || (s->room && !s->seen)) {
        passwdi_spanet_scratch_free(s);
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to select among %d jets.", max_jets);
    }
    for (p = 0, sum = 0; p < s->particles; sum += room[p++]) s->list[p] = s->memory + sum;
    return PASSWD_OK;
}

static void passwdi_spanet_sift(uint64_t *a, size_t n, size_t i) {
    const uint64_t x = a[i];
    size_t c;
    while ((c = 2 * i + 1) < n) {
        if (c + 1 < n && a[c + 1] > a[c]) c++;
        if (a[c] <= x) break;
        a[i] = a[c];
        i = c;
    }
    a[i] = x;
}
static void passwdi_spanet_heap(passwdi_spanet_scratch *s, int p) {
    size_t i;
    s->heap[p] = s->count[p];
    for (i = s->count[p] / 2; i-- > 0;) passwdi_spanet_sift(s->list[p], s->count[p], i);
}
/* The candidate of rank i of particle p; 0 beyond the last. Sorts no further than needed. */
static uint64_t passwdi_spanet_ranked(passwdi_spanet_scratch *s, int p, size_t i) {
    uint64_t *a = s->list[p];
    if (i >= s->count[p]) return 0;
    while (s->count[p] - s->heap[p] <= i) {
        const size_t last = --s->heap[p];
        const uint64_t x = a[0];
        a[0] = a[last];
        a[last] = x;
        if (last) passwdi_spanet_sift(a, last, 0);
    }
    return a[s->count[p] - 1 - i];
}
/* The rank, from i on, of the best candidate without used jets. */
static size_t passwdi_spanet_compatible(passwdi_spanet_scratch *s, int p, size_t i, const uint64_t *used) {
    uint64_t key;
    int k;
    for (; (key = passwdi_spanet_ranked(s, p, i)) != 0; i++) {
        for (k = 0; k < s->products[p]; k++) {
            const int j = passwdi_spanet_jet(key, s->products[p], k);
            if (used[j >> 6] >> (j & 63) & 1u) break;
        }
        if (k == s->products[p]) break;
    }
    return i;
}
static void passwdi_spanet_use(uint64_t *used, uint64_t key, int products) {
    int k;
    for (k = 0; k < products; k++) {
        const int j = passwdi_spanet_jet(key, products, k);
        used[j >> 6] |= (uint64_t)1 << (j & 63);
    }
}

/* Greedy, as in the talk: the most confident particle first, then the best of the others that does not collide. */
static void passwdi_spanet_greedy(passwdi_spanet_scratch *s) {
    size_t from[PASSWD_SPANET_PARTICLES] = { 0 };
    uint64_t used[2] = { 0, 0 };
    int p, best;
    memset(s->best, 0, sizeof s->best);
    do {
        uint64_t top = 0;
        for (best = -1, p = 0; p < s->particles; p++) {
            uint64_t key;
            if (s->best[p]) continue;
            from[p] = passwdi_spanet_compatible(s, p, from[p], used);
            key = passwdi_spanet_ranked(s, p, from[p]);
            if (key && (!top || key >> 32 > top >> 32)) {
                top = key;
                best = p;
            }
        }
        if (best >= 0) {
            s->best[best] = top;
            passwdi_spanet_use(used, top, s->products[best]);
        }
    } while (best >= 0);
}

static int passwdi_spanet_more(passwdi_spanet_sum a, passwdi_spanet_sum b) {
    return a.count > b.count || (a.count == b.count && a.total > b.total);
}
static passwdi_spanet_sum passwdi_spanet_plus(const passwdi_spanet_scratch *s, uint64_t key, passwdi_spanet_sum a) {
    a.count += !s->expected; /* for expected numbers only the sum matters */
    a.total = (double)passwdi_spanet_value(key) + a.total;
    return a;
}
/* An upper bound for the particles from p on with this many jets, if each may have its top candidate. It sums from the
   last particle, as the search does, so that rounding cannot make it too low. */
static passwdi_spanet_sum passwdi_spanet_bound(const passwdi_spanet_scratch *s, int p, int jets, const uint64_t *top) {
    passwdi_spanet_sum f[PASSWD_SPANET_PARTICLES + 1]; /* for this many particles */
    int n = 0, k, q;
    f[0].count = 0;
    f[0].total = 0;
    for (q = s->particles - 1; q >= p; q--) {
        if (!top[q]) continue;
        f[n + 1] = passwdi_spanet_plus(s, top[q], f[n]);
        for (k = n++; k > 0; k--) {
            const passwdi_spanet_sum x = passwdi_spanet_plus(s, top[q], f[k - 1]);
            if (passwdi_spanet_more(x, f[k])) f[k] = x;
        }
    }
    while (n > 0 && s->need[p][n] > jets) n--;
    return f[n];
}

/* The place of a set of used jets in the table: with a known result (1), or to write one (0). */
static passwdi_spanet_seen *passwdi_spanet_look(passwdi_spanet_scratch *s, int p, const uint64_t *used, int *known) {
    uint64_t h = (used[0] ^ (used[1] << 31 | used[1] >> 33) ^ (uint64_t)p << 58) * 0x9E3779B97F4A7C15u;
    passwdi_spanet_seen *e = NULL;
    uint64_t tries;
    h ^= h >> 32;
    for (*known = 0, tries = 8; tries-- > 0 && !*known;) {
        e = s->seen + ((h + tries) & (s->room - 1));
        if (e->stamp != s->stamp) break;
        *known = e->from == p && e->used[0] == used[0] && e->used[1] == used[1];
    }
    return e;
}
/* The best for the particles from p on without the used jets, and the first one's candidate (0: none). The answer does
   not depend on who uses those jets, so it is stored: the work is bounded by the number of sets of jets, whatever the
   distributions. Candidates are tried in falling order until none can do better. Of equal sums the first is kept. */
static passwdi_spanet_sum passwdi_spanet_solve(
    passwdi_spanet_scratch *s, int p, int jets, const uint64_t *used, const size_t *parent, uint64_t *choice) {
    passwdi_spanet_sum best = { -1, 0 }, rest, sum;
    passwdi_spanet_seen *seen = NULL;
    size_t from[PASSWD_SPANET_PARTICLES];
    uint64_t key, later, top[PASSWD_SPANET_PARTICLES], next[2];
    int q, known;
    *choice = 0;
    if (p > 1) { /* the first particle reaches each set only once */
        seen = passwdi_spanet_look(s, p, used, &known);
        if (known) {
            *choice = seen->key;
            return seen->sum;
        }
    }
    if (++s->nodes > s->limit) return best;
    for (q = p; q < s->particles; q++) {
        from[q] = passwdi_spanet_compatible(s, q, parent[q], used);
        top[q] = passwdi_spanet_ranked(s, q, from[q]);
    }
    rest = passwdi_spanet_bound(s, p + 1, jets - s->products[p], top);
    for (; (key = passwdi_spanet_ranked(s, p, from[p])) != 0;
         from[p] = passwdi_spanet_compatible(s, p, from[p] + 1, used)) {
        if (!passwdi_spanet_more(passwdi_spanet_plus(s, key, rest), best)) break;
        next[0] = used[0];
        next[1] = used[1];
        passwdi_spanet_use(next, key, s->products[p]);
        sum = p + 1 < s->particles ? passwdi_spanet_solve(s, p + 1, jets - s->products[p], next, from, &later) : rest;
        sum = passwdi_spanet_plus(s, key, sum);
        if (passwdi_spanet_more(sum, best)) {
            best = sum;
            *choice = key;
        }
    }
    if (passwdi_spanet_more(passwdi_spanet_bound(s, p + 1, jets, top), best)) { /* without this particle */
        sum = p + 1 < s->particles ? passwdi_spanet_solve(s, p + 1, jets, used, from, &later) : rest;
        if (passwdi_spanet_more(sum, best)) {
            best = sum;
            *choice = 0;
        }
    }
    if (seen && s->nodes <= s->limit) {
        seen = passwdi_spanet_look(s, p, used, &known);
        seen->used[0] = used[0];
        seen->used[1] = used[1];
        seen->key = *choice;
        seen->sum = best;
        seen->stamp = s->stamp;
        seen->from = p;
    }
    return best;
}
/* The worth of a candidate after its jets are paid for. */
static double passwdi_spanet_net(const passwdi_spanet_scratch *s, uint64_t key, int products) {
    double net = (double)passwdi_spanet_value(key);
    int k;
    for (k = 0; k < products; k++) net -= s->price[passwdi_spanet_jet(key, products, k)];
    return net;
}
/* Each particle's best candidate at the prices: what it is worth, and which jets are wanted. */
static void passwdi_spanet_demand(passwdi_spanet_scratch *s, int jets) {
    size_t i;
    int p, j;
    s->worth[s->particles] = 0;
    for (j = 0; j < jets; j++) {
        s->worth[s->particles] += s->price[j];
        s->excess[j] = 0.5 * s->excess[j] - 0.5;
    }
    for (p = s->particles - 1; p >= 0; p--) {
        double best = -HUGE_VAL;
        uint64_t pick = 0;
        for (i = 0; i < s->count[p]; i++) {
            const double net = passwdi_spanet_net(s, s->list[p][i], s->products[p]);
            if (net > best) {
                best = net;
                pick = s->list[p][i];
            }
        }
        s->worth[p] = s->worth[p + 1] + best;
        for (j = 0; j < s->products[p] && pick; j++) s->excess[passwdi_spanet_jet(pick, s->products[p], j)] += 0.5;
    }
}
/* An answer at the prices: each particle in order takes the best that is left. Returns its total, if all find a
   candidate. */
static void passwdi_spanet_guess(passwdi_spanet_scratch *s) {
    uint64_t used[2] = { 0, 0 };
    double total = 0;
    size_t i;
    int p, k;
    for (p = 0; p < s->particles; p++) {
        double best = -HUGE_VAL;
        uint64_t pick = 0;
        for (i = 0; i < s->count[p]; i++) {
            const uint64_t key = s->list[p][i];
            const double net = passwdi_spanet_net(s, key, s->products[p]);
            if (!(net > best)) continue;
            for (k = 0; k < s->products[p]; k++) {
                const int j = passwdi_spanet_jet(key, s->products[p], k);
                if (used[j >> 6] >> (j & 63) & 1u) break;
            }
            if (k == s->products[p]) {
                best = net;
                pick = key;
            }
        }
        if (!pick) return;
        passwdi_spanet_use(used, pick, s->products[p]);
        total += (double)passwdi_spanet_value(pick);
    }
    if (total > s->total) s->total = total;
}
/* Candidates that cannot be in a best answer go behind the others: even with the best of all other particles they stay
   below a total that is known to be possible. */
static void passwdi_spanet_rule_out(passwdi_spanet_scratch *s) {
    size_t i, n;
    int p;
    s->slack = 1e-9 * (1 + fabs(s->total) + s->worth[s->particles]); /* for rounding */
    for (p = 0; p < s->particles; p++) {
        const double others = s->worth[0] - (s->worth[p] - s->worth[p + 1]);
        uint64_t *a = s->list[p];
        for (i = n = 0; i < s->count[p]; i++) {
            const uint64_t x = a[i];
            if (passwdi_spanet_net(s, x, s->products[p]) + others < s->total - s->slack) continue;
            a[i] = a[n];
            a[n++] = x;
        }
        s->count[p] = n;
    }
}
/* Prices of jets, so that particles that compete for the same jets do not give too optimistic a bound. For any prices
   of at least 0, a total is at most the sum of all prices and of each particle's best log-probability less the cost of
   its jets (Lagrange relaxation; M. Held and R. Karp, Math. Program. 1 (1971) 6); prices rise where jets are wanted
   more than once and fall where they are not, with B. Polyak's step size. For events in which all particles can be
   assigned. */
static void passwdi_spanet_prices(passwdi_spanet_scratch *s, int jets) {
    double bound = HUGE_VAL, step = 1;
    int round, j, p, stale = 0;
    memset(s->price, 0, sizeof s->price);
    memset(s->excess, 0, sizeof s->excess);
    s->total = -HUGE_VAL;
    passwdi_spanet_guess(s);
    for (round = 1; round <= PASSWDI_SPANET_ROUNDS && s->total > -HUGE_VAL; round++) {
        double norm = 0;
        passwdi_spanet_demand(s, jets);
        if (round % 4 == 0) passwdi_spanet_guess(s);
        if (s->worth[0] < bound) {
            bound = s->worth[0];
            passwdi_spanet_rule_out(s);
            stale = 0;
        } else if (++stale == 6) {
            stale = 0;
            step /= 2;
        }
        for (j = 0; j < jets; j++)
            if (s->excess[j] > 0 || s->price[j] > 0) norm += s->excess[j] * s->excess[j];
        if (!(norm > 0) || !(bound - s->total > s->slack)) break;
        for (j = 0; j < jets; j++) {
            s->price[j] += step * (bound - s->total) / norm * s->excess[j];
            if (!(s->price[j] > 0)) s->price[j] = 0;
        }
    }
    for (p = 0; p < s->particles; p++) passwdi_spanet_heap(s, p);
}
/* The most particles, then the largest sum of log-probabilities (expected: the largest sum). 0 if it was abandoned, and
   greedy's answer stands. */
static int passwdi_spanet_joint(passwdi_spanet_scratch *s, int jets) {
    static const size_t from[PASSWD_SPANET_PARTICLES] = { 0 };
    uint64_t used[2] = { 0, 0 }, greedy[PASSWD_SPANET_PARTICLES];
    int p, hard = 0;
    s->nodes = 0;
    for (s->limit = PASSWDI_SPANET_EASY, p = 0; p < s->particles;
         p++) { /* what the first chose is out of reach of the others */
        if (p == 0 && s->room && ++s->stamp == 0) {
            memset(s->seen, 0, s->room * sizeof *s->seen);
            s->stamp = 1;
        }
        (void)passwdi_spanet_solve(s, p, jets, used, from, s->best + p);
        if (s->nodes > s->limit && hard) {
            memcpy(s->best, greedy, sizeof s->best);
            return 0;
        }
        if (s->nodes > s->limit) { /* a hard event: fewer candidates (only if all particles can be assigned), then
                                      as far as possible */
            hard = 1;
            passwdi_spanet_greedy(s);
            memcpy(greedy, s->best, sizeof greedy);
            s->nodes = 0;
            s->limit = PASSWDI_SPANET_HARD;
            if (!s->expected) passwdi_spanet_prices(s, jets);
            p = -1;
            continue;
        }
        s->limit = PASSWDI_SPANET_HARD;
        if (!s->best[p]) continue;
        passwdi_spanet_use(used, s->best[p], s->products[p]);
        jets -= s->products[p];
    }
    return 1;
}

/* Log-probability of the jets t under element g of the particle's symmetries, at the places jet[]; -infinity: not to be
   chosen. */
static float passwdi_spanet_image(const passwd_spanet_particle *particle, int g, const float *log_p, int stride,
    const int *t, const unsigned char *allow, int *jet) {
    size_t cell = 0;
    int k, good = 1;
    float v;
    for (k = 0; k < particle->products; k++) {
        jet[k] = t[(int)particle->permutation[g][k]];
        cell = cell * (size_t)stride + (size_t)jet[k];
        good &= allow[jet[k]] >> k;
    }
    if (!(good & 1)) return -HUGE_VALF;
    v = log_p[cell];
    return v >= -1e29f && v <= FLT_MAX ? v : -HUGE_VALF;
}
/* The best order of each set of jets: no other can be in a better answer. there: 0, or the probability that the
   particle is present; candidates are then ranked by the probability that they are correct, this number times their
   own. */
static void passwdi_spanet_list(passwdi_spanet_scratch *s, int p, const passwd_spanet_particle *particle,
    const float *log_p, int jets, int stride, float there) {
    const int products = particle->products, orders = s->ways[p] * particle->permutations;
    size_t weight[PASSWD_SPANET_ORDERS]
                 [PASSWD_SPANET_PRODUCTS]; /* of the jets of a set, ascending, in the number of a cell */
    signed char at[PASSWD_SPANET_ORDERS][PASSWD_SPANET_PRODUCTS];
    int jet[PASSWD_SPANET_PRODUCTS] = { 0 }, i, g, k;
    passwdi_spanet_walk w;
    for (i = 0; i < s->ways[p]; i++)
        for (g = 0; g < particle->permutations; g++) {
            const int o = i * particle->permutations + g;
            size_t power = 1;
            for (k = products - 1; k >= 0; k--, power *= (size_t)stride) {
                at[o][k] = s->way[p][i][(int)particle->permutation[g][k]];
                weight[o][(int)at[o][k]] = power;
            }
        }
    passwdi_spanet_walk_begin(&w, particle, 1, jets, s->allow[p], NULL);
    s->count[p] = 0;
    while (passwdi_spanet_walk_next(&w)) {
        uint64_t best = 0, key;
        float top = -1e29f;
        int free_all = PASSWDI_SPANET_ANY;
        for (k = 0; k < products; k++) free_all &= s->allow[p][w.t[k]];
        for (i = 0; i < orders; i++) {
            size_t cell = 0;
            for (k = 0; k < products; k++) cell += (size_t)w.t[k] * weight[i][k];
            if (!(log_p[cell] >= top && log_p[cell] <= FLT_MAX)) continue;
            for (k = 0; k < products; k++) jet[k] = w.t[(int)at[i][k]];
            for (k = 0; k < products && (free_all >> k & 1 || s->allow[p][jet[k]] >> k & 1); k++) {}
            if (k < products) continue;
            key = passwdi_spanet_key(log_p[cell], jet, products);
            if (key > best) {
                best = key;
                top = log_p[cell];
            }
        }
        if (best && there > 0.0f) {
            for (k = 0; k < products; k++) jet[k] = passwdi_spanet_jet(best, products, k);
            best =
                passwdi_spanet_key((float)((double)there * exp((double)top) * particle->permutations), jet, products);
        }
        if (best) s->list[p][s->count[p]++] = best;
    }
    s->all[p] = s->count[p];
    passwdi_spanet_heap(s, p);
}

static void passwdi_spanet_clear(passwd_spanet_answer *answer, int jets) {
    int p, k;
    answer->jets = jets;
    answer->proven = 1;
    for (p = 0; p < PASSWD_SPANET_PARTICLES; p++) {
        for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++) {
            answer->particle[p].jet[k] = -1;
            answer->particle[p].marginal[k] = 0;
        }
        answer->particle[p].log_probability = -HUGE_VALF;
        answer->particle[p].probability = 0;
        answer->particle[p].detection = (float)NAN;
        answer->particle[p].pt = answer->particle[p].eta = answer->particle[p].phi = answer->particle[p].m =
            (double)NAN;
    }
}
/* Writes the chosen candidates' jets. */
static void passwdi_spanet_chosen(const passwdi_spanet_scratch *s, passwd_spanet_answer *answer, int jets) {
    int p, k;
    passwdi_spanet_clear(answer, jets);
    for (p = 0; p < s->particles; p++) {
        if (!s->best[p]) continue;
        for (k = 0; k < s->products[p]; k++)
            answer->particle[p].jet[k] = (signed char)passwdi_spanet_jet(s->best[p], s->products[p], k);
    }
}
/* Probabilities of a particle's chosen jets. */
static void passwdi_spanet_certainty(const passwdi_spanet_scratch *s, int p, const passwd_spanet_particle *particle,
    const float *log_p, int stride, passwd_spanet_answer *answer) {
    const signed char *chosen = answer->particle[p].jet;
    unsigned char role[PASSWD_MAX_OBJECTS],
        orbit[PASSWD_SPANET_PRODUCTS] = { 0 }; /* role: places equivalent to the place of a jet */
    double sum[PASSWD_SPANET_PRODUCTS] = { 0 };
    size_t i;
    int set[PASSWD_SPANET_PRODUCTS], t[PASSWD_SPANET_PRODUCTS], jet[PASSWD_SPANET_PRODUCTS], g, k, m, n;
    memset(role, 0, sizeof role);
    for (g = 0; g < particle->permutations; g++)
        for (k = 0; k < particle->products; k++)
            orbit[k] = (unsigned char)(orbit[k] | 1u << particle->permutation[g][k]);
    for (k = 0; k < particle->products; k++) role[(int)chosen[k]] = orbit[k];
    for (i = 0; i < s->all[p]; i++) {
        unsigned any = 0;
        for (k = 0; k < particle->products; k++)
            any |= role[set[k] = passwdi_spanet_jet(s->list[p][i], s->products[p], k)];
        for (n = 0; n < s->ways[p] && any; n++) {
            unsigned add = 0;
            double q = 0;
            for (k = 0; k < particle->products; k++) add |= role[t[k] = set[(int)s->way[p][n][k]]] & 1u << k;
            for (g = 0; g < particle->permutations && add; g++)
                q += exp((double)passwdi_spanet_image(particle, g, log_p, stride, t, s->allow[p], jet));
            for (k = 0; k < particle->products && add; k++)
                if (add >> k & 1u)
                    for (m = 0; m < particle->products; m++)
                        if (t[k] == chosen[m]) sum[m] += q;
        }
    }
    for (k = 0; k < particle->products; k++) {
        answer->particle[p].marginal[k] = (float)sum[k];
        t[k] = chosen[k];
    }
    for (sum[0] = 0, g = 0; g < particle->permutations; g++)
        sum[0] += exp((double)passwdi_spanet_image(particle, g, log_p, stride, t, s->allow[p], jet));
    answer->particle[p].probability = (float)sum[0];
    answer->particle[p].log_probability = passwdi_spanet_image(particle, 0, log_p, stride, t, s->allow[p], jet);
}

/* passwd_spanet_select without checks and allocations; jets: at most what the scratch was made for. */
static void passwdi_spanet_select_in(passwdi_spanet_scratch *s, const passwd_spanet_topology *topology,
    const float *const *log_p, int jets, int stride, const signed char *input, const float *detection,
    passwd_spanet_selection kind, passwd_spanet_answer *answer) {
    int p, j, k, proven = 1;
    s->expected = kind == PASSWD_SPANET_EXPECTED;
    for (p = 0; p < s->particles; p++) {
        for (j = 0; j < jets; j++)
            for (s->allow[p][j] = 0, k = 0; k < s->products[p]; k++)
                if (!input || !topology->particle[p].inputs[k]
                    || ((unsigned)topology->particle[p].inputs[k] >> input[j] & 1u))
                    s->allow[p][j] = (unsigned char)(s->allow[p][j] | 1u << k);
        passwdi_spanet_list(s, p, topology->particle + p, jets ? log_p[p] : NULL, jets, stride,
            kind != PASSWD_SPANET_EXPECTED ? 0.0f
                : !detection               ? 1.0f
                : detection[p] > 1e-6f     ? detection[p]
                                           : 1e-6f);
    }
    if (kind == PASSWD_SPANET_GREEDY) passwdi_spanet_greedy(s);
    else proven = passwdi_spanet_joint(s, jets);
    passwdi_spanet_chosen(s, answer, jets);
    answer->proven = proven;
    for (p = 0; p < s->particles; p++)
        if (s->best[p]) passwdi_spanet_certainty(s, p, topology->particle + p, log_p[p], stride, answer);
}

PASSWD_DEF passwd_status passwd_spanet_select(const passwd_spanet_topology *topology,
    const passwd_spanet_distributions *distributions, passwd_spanet_selection kind, const passwd_allocator *allocator,
    passwd_spanet_answer *answer, passwd_error *error) {
    const float *const *log_p = distributions ? distributions->log_p : NULL;
    const int jets = distributions ? distributions->jets : -1, stride = distributions ? distributions->stride : 0;
    const signed char *input = distributions ? distributions->input : NULL;
    passwdi_spanet_scratch s;
    passwd_status status = passwdi_spanet_usable(topology, error);
    int k;
    if (status != PASSWD_OK) return status;
    if (jets < 0 || jets > PASSWD_MAX_OBJECTS)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "An event cannot have %d jets; it has 0 to %d.", jets,
            PASSWD_MAX_OBJECTS);
    if (stride < jets)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "The stride %d of the log-probabilities is less than the number of jets, %d.", stride, jets);
    if ((int)kind < 0 || (int)kind > (int)PASSWD_SPANET_EXPECTED)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "There is no selection number %d.", (int)kind);
    if (!answer) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The answer is NULL.");
    for (k = 0; k < topology->particles && jets; k++)
        if (!log_p || !log_p[k])
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "The log-probabilities of particle \"%.31s\" are NULL.", topology->particle[k].name);
    for (k = 0; k < jets && input; k++)
        if (input[k] < 0 || input[k] >= PASSWD_SPANET_INPUTS)
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "Jet %d belongs to collection %d, which does not exist.", k, input[k]);
    if ((status = passwdi_spanet_scratch_new(&s, topology, jets, allocator, error)) != PASSWD_OK) return status;
    passwdi_spanet_select_in(&s, topology, log_p, jets, stride, input, distributions->detection, kind, answer);
    passwdi_spanet_scratch_free(&s);
    return PASSWD_OK;
}

typedef struct passwdi_spanet_p4 {
    double e, x, y, z;
} passwdi_spanet_p4;
static passwdi_spanet_p4 passwdi_spanet_p4_of(const passwd_arrays *v, int64_t row) {
    const double pt = passwdi_row_pt(v, row), phi = passwdi_row_phi(v, row);
    passwdi_spanet_p4 p;
    p.e = passwdi_row_e(v, row);
    p.x = pt * cos(phi);
    p.y = pt * sin(phi);
    p.z = pt * sinh(passwdi_row_eta(v, row));
    return p;
}
static void passwdi_spanet_p4_add(passwdi_spanet_p4 *a, const passwdi_spanet_p4 *b) {
    a->e += b->e;
    a->x += b->x;
    a->y += b->y;
    a->z += b->z;
}
static double passwdi_spanet_p4_mass(const passwdi_spanet_p4 *p) {
    const double m2 = p->e * p->e - p->x * p->x - p->y * p->y - p->z * p->z;
    return m2 > 0 ? sqrt(m2) : 0;
}

static void passwdi_spanet_momenta(const passwd_spanet_topology *topology, const passwd_arrays *v, int64_t event,
    const int32_t *rows, passwd_spanet_answer *answer) {
    int p, k;
    for (p = 0; p < topology->particles; p++) {
        passwdi_spanet_p4 sum = { 0, 0, 0, 0 }, one;
        int good = 1;
        for (k = 0; k < topology->particle[p].products && good; k++) {
            const int jet = answer->particle[p].jet[k];
            good = jet >= 0 && jet < answer->jets;
            if (!good) continue;
            one = passwdi_spanet_p4_of(v, passwdi_event_row(v, event, rows[jet]));
            passwdi_spanet_p4_add(&sum, &one);
        }
        answer->particle[p].pt = good ? sqrt(sum.x * sum.x + sum.y * sum.y) : (double)NAN;
        answer->particle[p].eta =
            good && answer->particle[p].pt > 0.0 ? asinh(sum.z / answer->particle[p].pt) : (double)NAN;
        answer->particle[p].phi = good ? atan2(sum.y, sum.x) : (double)NAN;
        answer->particle[p].m = good ? passwdi_spanet_p4_mass(&sum) : (double)NAN;
    }
}
PASSWD_DEF void passwd_spanet_momenta(const passwd_spanet_topology *topology, const passwd_events *events,
    int64_t event, const int32_t *rows, passwd_spanet_answer *answer) {
    const passwd_arrays a = passwdi_arrays_of(events);
    if (!topology || !rows || !answer || passwdi_arrays_check(&a, event, 1, NULL) != PASSWD_OK) return;
    passwdi_spanet_momenta(topology, &a, event, rows, answer);
}

/* ------------------------------------------------------------------------------------------------------------------
   Chi-square
   --------------------------------------------------------------------------------------------------------------- */

/* If only two of a particle's products, all in `which`, may be exchanged: those two, as bits; 0: another group. */
static unsigned passwdi_spanet_pair(const passwd_spanet_particle *particle) {
    unsigned moved = 0;
    int k, n = 0;
    if (particle->permutations != 2) return 0;
    for (k = 0; k < particle->products; k++)
        if (particle->permutation[1][k] != k) {
            moved |= 1u << k;
            n++;
        }
    return n == 2 ? moved : 0;
}

PASSWD_DEF passwd_status passwd_spanet_chi2_preset(
    const passwd_spanet_topology *topology, passwd_spanet_chi2 *chi2, passwd_error *error) {
    passwd_status s = passwdi_spanet_usable(topology, error);
    passwd_spanet_chi2 c;
    int p, k;
    if (s != PASSWD_OK) return s;
    if (!chi2) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The chi-square is NULL.");
    memset(&c, 0, sizeof c);
    for (p = 0; p < topology->particles; p++) {
        const passwd_spanet_particle *x = topology->particle + p;
        const int pair = (int)passwdi_spanet_pair(x), all = (1 << x->products) - 1;
        int b = 1;
        for (k = 0; k < x->products; k++)
            if (x->product[k][0] != 'b') b = 0;
        if (!pair || x->products > 3)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "There is no predefined chi-square for the particle \"%.31s\": it is not a top (three products, two of "
                "them "
                "exchangeable), W or Higgs boson (two exchangeable ones).",
                x->name);
        for (k = x->products == 3; k >= 0; k--) { /* the top, then the pair */
            c.term[c.terms].particle = p;
            c.term[c.terms].products = k ? all : pair;
            c.term[c.terms].mass = k ? 172.5 : b && x->products == 2 ? 125.1 : 80.4;
            c.term[c.terms].width = k ? 20 : b && x->products == 2 ? 15 : 10;
            c.terms++;
        }
        c.b[p] = x->products == 3 ? all & ~pair : b ? all : 0;
    }
    *chi2 = c;
    return PASSWD_OK;
}

/* The number of terms that are like term t after its products were moved to those of particle p by g (as
   permutation[g]). */
static int passwdi_spanet_like(const passwd_spanet_chi2 *c, int t, int p, const signed char *g) {
    int k, products = 0, n = 0;
    for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++)
        if (c->term[t].products >> k & 1) products |= 1 << (g ? g[k] : k);
    for (k = 0; k < c->terms; k++)
        if (c->term[k].particle == p && c->term[k].products == products
            && !(c->term[k].mass < c->term[t].mass || c->term[k].mass > c->term[t].mass)
            && !(c->term[k].width < c->term[t].width || c->term[k].width > c->term[t].width))
            n++;
    return n;
}
/* Checks that terms are valid and respect the symmetries of jets and particles: otherwise a permutation would not
   represent those equivalent to it. */
static passwd_status passwdi_spanet_chi2_check(
    const passwd_spanet_chi2 *c, const passwd_spanet_topology *topology, passwd_error *error) {
    int t, g, p, k;
    if (!c) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The chi-square is NULL.");
    if (c->terms < 1 || c->terms > PASSWD_SPANET_TERMS)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "The chi-square has %d terms; it must have 1 to %d.",
            c->terms, PASSWD_SPANET_TERMS);
    if (c->tagging < PASSWD_SPANET_TAG_NONE || c->tagging > PASSWD_SPANET_TAG_STRICT)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "There is no b-tagging rule number %d.", (int)c->tagging);
    if (c->leading < 0)
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "The number of leading jets is %d; it must be at least 0.", c->leading);
    for (t = 0; t < c->terms; t++) {
        p = c->term[t].particle;
        if (p < 0 || p >= topology->particles || c->term[t].products < 1
            || c->term[t].products >= 1 << topology->particle[p].products)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "Term %d of the chi-square uses products that the topology does not have.", t);
        if (!(c->term[t].mass >= 0 && c->term[t].mass <= DBL_MAX && c->term[t].width > 0
                && c->term[t].width <= DBL_MAX))
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "Term %d of the chi-square has mass %g and width %g GeV; the mass must not be negative and the width "
                "must be positive.",
                t, c->term[t].mass, c->term[t].width);
    }
    for (t = 0; t < c->terms; t++) {
        const passwd_spanet_particle *x = topology->particle + c->term[t].particle;
        const int same = passwdi_spanet_like(c, t, c->term[t].particle, NULL);
        for (g = 0; g < x->permutations; g++)
            if (passwdi_spanet_like(c, t, c->term[t].particle, x->permutation[g]) != same)
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                    "Term %d of the chi-square distinguishes products of \"%.31s\" that are exchangeable.", t, x->name);
        for (g = 0; g < topology->permutations; g++)
            if (passwdi_spanet_like(c, t, topology->permutation[g][c->term[t].particle], NULL) != same)
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                    "Term %d of the chi-square distinguishes \"%.31s\" and \"%.31s\", which are exchangeable.", t,
                    x->name, topology->particle[(int)topology->permutation[g][c->term[t].particle]].name);
    }
    for (p = 0; p < topology->particles; p++) {
        const passwd_spanet_particle *x = topology->particle + p;
        if (c->b[p] < 0 || c->b[p] >= 1 << x->products)
            return passwdi_fail(
                error, PASSWD_ERROR_CONFIG, 0, 0, "The b quarks of \"%.31s\" are not among its products.", x->name);
        for (k = 0; k < x->products; k++) {
            int good = 1;
            for (g = 0; g < x->permutations; g++) {
                const int to = x->permutation[g][k];
                if ((c->b[p] >> k & 1) != (c->b[p] >> to & 1) || x->inputs[k] != x->inputs[to]) good = 0;
            }
            for (g = 0; g < topology->permutations; g++) {
                const int to = topology->permutation[g][p];
                if (c->b[p] != c->b[to] || x->inputs[k] != topology->particle[to].inputs[k]) good = 0;
            }
            if (!good)
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                    "Product \"%.31s\" of \"%.31s\" may be exchanged with one that needs other jets (b quark or not, "
                    "or collection).",
                    x->product[k], x->name);
        }
    }
    return PASSWD_OK;
}

/* Quantile of sorted values, between neighbours as numpy does. */
static double passwdi_spanet_quantile(const double *v, int64_t n, double q) {
    const double at = q * (double)(n - 1);
    const int64_t k = (int64_t)at;
    return k + 1 < n ? v[k] + (at - (double)k) * (v[k + 1] - v[k]) : v[n - 1];
}
static double passwdi_spanet_mass(const passwdi_spanet_p4 *p4, const int *jet, int products) {
    passwdi_spanet_p4 sum = { 0, 0, 0, 0 };
    int k;
    for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++)
        if (products >> k & 1) passwdi_spanet_p4_add(&sum, p4 + jet[k]);
    return passwdi_spanet_p4_mass(&sum);
}

/* Masses of the correct combinations of one term and of those equivalent to it by symmetry; returns their number. */
static int64_t passwdi_spanet_masses(const passwd_spanet_chi2 *c, int t, const passwd_spanet_topology *topology,
    const passwd_events *events, int64_t first, int64_t count, int max_jets, const passwd_spanet_target *targets,
    double *masses) {
    const passwd_arrays a = passwdi_arrays_of(events);
    const int p = c->term[t].particle;
    int32_t rows[PASSWD_MAX_OBJECTS];
    int64_t e, n = 0;
    int q, k, g;
    for (e = 0; e < count; e++) {
        passwd_spanet_jets(topology, events, first + e, max_jets, rows, NULL, NULL);
        for (q = 0; q < topology->particles; q++) {
            passwdi_spanet_p4 p4[PASSWD_SPANET_PRODUCTS];
            int jet[PASSWD_SPANET_PRODUCTS];
            if (topology->orbit[q] != topology->orbit[p]) continue;
            for (k = 0; k < topology->particle[q].products; k++) {
                jet[k] = k;
                if (targets[e].jet[q][k] >= 0)
                    p4[k] = passwdi_spanet_p4_of(&a, events->first[first + e] + rows[(int)targets[e].jet[q][k]]);
            }
            for (g = 0; g < topology->particle[q].permutations; g++) { /* only different sets of products */
                int set = 0, there = 1, h;
                for (k = 0; k < topology->particle[q].products; k++)
                    if (c->term[t].products >> k & 1) set |= 1 << topology->particle[q].permutation[g][k];
                for (k = 0; k < topology->particle[q].products; k++)
                    if ((set >> k & 1) && targets[e].jet[q][k] < 0) there = 0;
                for (h = 0; h < g && there; h++) {
                    int other = 0;
                    for (k = 0; k < topology->particle[q].products; k++)
                        if (c->term[t].products >> k & 1) other |= 1 << topology->particle[q].permutation[h][k];
                    if (other == set) there = 0;
                }
                if (there) {
                    if (masses) masses[n] = passwdi_spanet_mass(p4, jet, set);
                    n++;
                }
            }
        }
    }
    return n;
}

PASSWD_DEF passwd_status passwd_spanet_chi2_fit(passwd_spanet_chi2 *chi2, const passwd_spanet_topology *topology,
    const passwd_events *events, int64_t first, int64_t count, int max_jets, passwd_error *error) {
    passwd_status s = passwdi_spanet_usable(topology, error);
    passwd_spanet_chi2 c;
    passwd_spanet_target *targets;
    int t;
    if (s == PASSWD_OK) s = passwdi_spanet_chi2_check(chi2, topology, error);
    if (s == PASSWD_OK) s = passwdi_spanet_range(events, first, count, max_jets, error);
    if (s != PASSWD_OK) return s;
    c = *chi2;
    targets = (passwd_spanet_target *)passwdi_new(&events->allocator, (size_t)count, sizeof *targets);
    if (!targets)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for the targets of %lld events.", (long long)count);
    s = passwd_spanet_targets(topology, events, first, count, max_jets, targets, error);
    for (t = 0; t < c.terms && s == PASSWD_OK; t++) {
        const int64_t n = passwdi_spanet_masses(&c, t, topology, events, first, count, max_jets, targets, NULL);
        double *m = (double *)passwdi_new(&events->allocator, (size_t)n, sizeof *m);
        if (!m)
            s = passwdi_fail(
                error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld masses.", (long long)n);
        else if (n < 10)
            s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "The %lld events have %lld correct combinations for term %d of the chi-square (particle \"%.31s\"); a "
                "mass and a width need at least 10.",
                (long long)count, (long long)n, t, topology->particle[c.term[t].particle].name);
        else {
            passwdi_spanet_masses(chi2, t, topology, events, first, count, max_jets, targets, m);
            passwdi_sort(m, 1, n);
            c.term[t].mass = passwdi_spanet_quantile(m, n, 0.5);
            c.term[t].width = (passwdi_spanet_quantile(m, n, 0.84) - passwdi_spanet_quantile(m, n, 0.16)) / 2;
            if (!(c.term[t].width > 0))
                s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                    "The correct combinations for term %d of the chi-square (particle \"%.31s\") all have the mass %g "
                    "GeV; it has no width.",
                    t, topology->particle[c.term[t].particle].name, c.term[t].mass);
        }
        passwdi_delete(&events->allocator, m);
    }
    passwdi_delete(&events->allocator, targets);
    if (s == PASSWD_OK) *chi2 = c;
    return s;
}

/* One event for the chi-square. */
typedef struct passwdi_spanet_trial {
    const passwd_spanet_chi2 *chi2;
    const passwd_spanet_topology *topology;
    int jets;
    passwdi_spanet_p4 p4[PASSWD_MAX_OBJECTS];
    unsigned char allow[PASSWD_SPANET_PARTICLES][PASSWD_MAX_OBJECTS];
    unsigned before[PASSWD_SPANET_PARTICLES]; /* particles that come first in order, as bits */
    uint64_t now[PASSWD_SPANET_PARTICLES], best[PASSWD_SPANET_PARTICLES];
    double total;
    int64_t tried, formed, stop;
} passwdi_spanet_trial;

/* Minus half the terms of a particle, as a float like a network's log-probability, so that both ways add up the same
   numbers. */
static float passwdi_spanet_fit(const passwdi_spanet_trial *x, int p, const int *jet) {
    double sum = 0;
    int t;
    for (t = 0; t < x->chi2->terms; t++) {
        double pull;
        if (x->chi2->term[t].particle != p) continue;
        pull = (passwdi_spanet_mass(x->p4, jet, x->chi2->term[t].products) - x->chi2->term[t].mass)
            / x->chi2->term[t].width;
        sum += pull * pull;
    }
    return sum < 2e29 ? (float)(-0.5 * sum) : -1e29f;
}
/* Every permutation, equivalent ones once: the first particle that a symmetry moves has the lower jets. 0: too many. */
static int passwdi_spanet_exhaust(passwdi_spanet_trial *x, int p, double total, const uint64_t *used) {
    passwdi_spanet_walk w;
    int q;
    if (p == x->topology->particles) {
        if (x->tried++ == x->stop && x->stop) return 0;
        for (q = 0; !(total > x->total) && !(total < x->total) && q < p && x->now[q] == x->best[q]; q++) {}
        if (total > x->total || (q < p && !(total < x->total) && x->now[q] > x->best[q])) {
            x->total = total;
            memcpy(x->best, x->now, sizeof x->best);
        }
        return 1;
    }
    passwdi_spanet_walk_begin(&w, x->topology->particle + p, 0, x->jets, x->allow[p], used);
    while (passwdi_spanet_walk_next(&w)) {
        const float v = passwdi_spanet_fit(x, p, w.t);
        uint64_t next[2];
        if (x->stop && ++x->formed > 16 * x->stop) return 0; /* when only few permutations are complete */
        next[0] = used[0];
        next[1] = used[1];
        x->now[p] = passwdi_spanet_key(v, w.t, w.products);
        for (q = 0; q < p && !((x->before[p] >> q & 1u) && (uint32_t)x->now[q] < (uint32_t)x->now[p]); q++) {}
        if (q < p) continue;
        passwdi_spanet_use(next, x->now[p], w.products);
        if (!passwdi_spanet_exhaust(x, p + 1, total + (double)v, next)) return 0;
    }
    return 1;
}
/* Particle by particle: candidates as those of a network, and the joint selection. */
static passwd_status passwdi_spanet_each(
    passwdi_spanet_trial *x, const passwd_allocator *allocator, passwd_error *error) {
    passwdi_spanet_scratch s;
    passwdi_spanet_walk w;
    passwd_status status = passwdi_spanet_scratch_new(&s, x->topology, x->jets, allocator, error);
    int p, i;
    if (status != PASSWD_OK) return status;
    for (p = 0; p < s.particles; p++) {
        passwdi_spanet_walk_begin(&w, x->topology->particle + p, 1, x->jets, x->allow[p], NULL);
        while (passwdi_spanet_walk_next(&w)) {
            uint64_t best = 0;
            for (i = 0; i < s.ways[p]; i++) {
                uint64_t key;
                int t[PASSWD_SPANET_PRODUCTS], k, good = 1;
                for (k = 0; k < w.products; k++) {
                    t[k] = w.t[(int)s.way[p][i][k]];
                    good &= x->allow[p][t[k]] >> k;
                }
                if (!(good & 1)) continue;
                key = passwdi_spanet_key(passwdi_spanet_fit(x, p, t), t, w.products);
                if (key > best) best = key;
                x->tried++;
            }
            if (best) s.list[p][s.count[p]++] = best;
        }
        s.all[p] = s.count[p];
        passwdi_spanet_heap(&s, p);
    }
    (void)passwdi_spanet_joint(&s, x->jets);
    for (p = 0; p < s.particles && s.best[p]; p++) {}
    if (p == s.particles) memcpy(x->best, s.best, sizeof x->best);
    passwdi_spanet_scratch_free(&s);
    return PASSWD_OK;
}

/* Which jets are allowed where: collections, leading jets, tags. */
static void passwdi_spanet_places(passwdi_spanet_trial *x, const passwd_events *events, int64_t event,
    const int32_t *rows, const signed char *input) {
    const double *pt = events->pt + events->first[event];
    const double *tag =
        x->chi2->tagging != PASSWD_SPANET_TAG_NONE ? events->number[PASSWD_SPANET_BTAG] + events->first[event] : NULL;
    int j, i, p, k;
    for (j = 0; j < x->jets; j++) {
        int rank = 0;
        const int tagged = tag && tag[rows[j]] > 0.5;
        for (i = 0; i < x->jets; i++)
            if (pt[rows[i]] > pt[rows[j]] || (i < j && !(pt[rows[i]] < pt[rows[j]]))) rank++;
        for (p = 0; p < x->topology->particles; p++) {
            const passwd_spanet_particle *y = x->topology->particle + p;
            unsigned allow = 0;
            for (k = 0; k < y->products; k++) {
                const int b = x->chi2->b[p] >> k & 1;
                if ((y->inputs[k] && !((unsigned)y->inputs[k] >> input[j] & 1u))
                    || (x->chi2->leading && rank >= x->chi2->leading))
                    continue;
                if (x->chi2->tagging == PASSWD_SPANET_TAG_NONE || tagged == b
                    || (x->chi2->tagging == PASSWD_SPANET_TAG_B && !b))
                    allow |= 1u << k;
            }
            x->allow[p][j] = (unsigned char)allow;
        }
    }
}
/* Of the answers that are equivalent under exchange of particles, the one in which the first particles fit best. */
static void passwdi_spanet_order(const passwd_spanet_topology *topology, uint64_t *best) {
    uint64_t old[PASSWD_SPANET_PARTICLES], x[PASSWD_SPANET_PARTICLES];
    int g, p;
    memcpy(old, best, sizeof old);
    for (g = 1; g < topology->permutations; g++) {
        for (p = 0; p < topology->particles; p++) x[p] = old[(int)topology->permutation[g][p]];
        for (p = 0; p < topology->particles && x[p] == best[p]; p++) {}
        if (p < topology->particles && x[p] > best[p]) memcpy(best, x, (size_t)topology->particles * sizeof *x);
    }
}

PASSWD_DEF passwd_status passwd_spanet_chi2_run(const passwd_spanet_chi2 *chi2, const passwd_spanet_topology *topology,
    const passwd_events *events, int64_t event, const passwd_spanet_chi2_options *options, passwd_spanet_answer *answer,
    int64_t *permutations, passwd_error *error) {
    const int max_jets = options ? options->max_jets : 0, exhaustive = options && options->exhaustive;
    const int64_t stop = options ? options->stop : 0;
    const passwd_arrays a = passwdi_arrays_of(events);
    passwdi_spanet_trial x;
    passwd_status s = passwdi_spanet_usable(topology, error);
    int32_t rows[PASSWD_MAX_OBJECTS];
    signed char input[PASSWD_MAX_OBJECTS];
    const uint64_t used[2] = { 0, 0 };
    int p, g, k;
    if (s == PASSWD_OK) s = passwdi_spanet_chi2_check(chi2, topology, error);
    if (s == PASSWD_OK) s = passwdi_spanet_range(events, event, 1, max_jets, error);
    if (s != PASSWD_OK) return s;
    if (!answer || stop < 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            answer ? "The number of permutations to stop at is negative." : "The answer is NULL.");
    if (chi2->tagging != PASSWD_SPANET_TAG_NONE
        && (events->n_numbers <= PASSWD_SPANET_BTAG || !events->number || !events->number[PASSWD_SPANET_BTAG]))
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "The chi-square needs b-tags, but the events have no column \"btag\".");
    memset(&x, 0, sizeof x);
    x.chi2 = chi2;
    x.topology = topology;
    x.stop = stop;
    x.total = -HUGE_VAL;
    x.jets = passwd_spanet_jets(topology, events, event, max_jets, rows, input, NULL);
    if ((s = passwdi_spanet_few_jets(topology, x.jets, error)) != PASSWD_OK) return s;
    for (k = 0; k < x.jets; k++) x.p4[k] = passwdi_spanet_p4_of(&a, events->first[event] + rows[k]);
    passwdi_spanet_places(&x, events, event, rows, input);
    for (g = 0; g < topology->permutations; g++) {
        for (p = 0; p < topology->particles && topology->permutation[g][p] == p; p++) {}
        if (p < topology->particles) x.before[(int)topology->permutation[g][p]] |= 1u << p;
    }
    if (exhaustive && !passwdi_spanet_exhaust(&x, 0, 0.0, used))
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, events->line ? events->line[event] : 0, 0,
            "Event %lld at line %lld has more than %lld permutations of its %d jets.",
            (long long)(events->id ? events->id[event] : event), (long long)(events->line ? events->line[event] : 0),
            (long long)stop, x.jets);
    if (!exhaustive && (s = passwdi_spanet_each(&x, &events->allocator, error)) != PASSWD_OK) return s;
    passwdi_spanet_order(topology, x.best);
    passwdi_spanet_clear(answer, x.jets);
    for (p = 0; p < topology->particles && x.best[0]; p++) {
        for (k = 0; k < topology->particle[p].products; k++)
            answer->particle[p].jet[k] = (signed char)passwdi_spanet_jet(x.best[p], topology->particle[p].products, k);
        answer->particle[p].log_probability = passwdi_spanet_value(x.best[p]);
        answer->particle[p].probability = (float)NAN;
        for (k = 0; k < PASSWD_SPANET_PRODUCTS; k++) answer->particle[p].marginal[k] = (float)NAN;
    }
    if (permutations) *permutations = x.tried;
    return PASSWD_OK;
}

PASSWD_DEF double passwd_spanet_permutations(const passwd_spanet_topology *topology, int jets) {
    double n;
    int p, k;
    if (passwdi_spanet_usable(topology, NULL) != PASSWD_OK) return 0;
    n = 1.0 / topology->permutations;
    for (p = 0; p < topology->particles; p++) {
        for (k = 0; k < topology->particle[p].products; k++, jets--) n *= jets > 0 ? (double)jets : 0;
        n /= topology->particle[p].permutations;
    }
    return floor(n + 0.5);
}

/* ------------------------------------------------------------------------------------------------------------------
   Efficiencies
   --------------------------------------------------------------------------------------------------------------- */

/* Whether the jets are the correct ones, up to the particle's symmetries. */
static int passwdi_spanet_right(
    const passwd_spanet_particle *particle, const signed char *jet, const signed char *truth) {
    int g, k;
    for (g = 0; g < particle->permutations; g++) {
        for (k = 0; k < particle->products && truth[k] >= 0 && jet[(int)particle->permutation[g][k]] == truth[k]; k++) {
        }
        if (k == particle->products) return 1;
    }
    return 0;
}
/* The number of correct particles for the permutation with the most correct ones (the first of equals), and which, as
   bits. */
static int passwdi_spanet_match(const passwd_spanet_topology *topology, const passwd_spanet_answer *answer,
    const passwd_spanet_target *target, unsigned *right) {
    int g, p, most = -1;
    for (g = 0; g < topology->permutations; g++) {
        unsigned bits = 0;
        int n = 0;
        for (p = 0; p < topology->particles; p++) {
            const int q = topology->permutation[g][p];
            if (!(target->there >> q & 1)
                || !passwdi_spanet_right(topology->particle + q, answer->particle[p].jet, target->jet[q]))
                continue;
            bits |= 1u << p;
            n++;
        }
        if (n > most) {
            most = n;
            *right = bits;
        }
    }
    return most;
}
static int passwdi_spanet_bits(unsigned x) {
    int n = 0;
    for (; x; x &= x - 1) n++;
    return n;
}

PASSWD_DEF int passwd_spanet_compare(const passwd_spanet_topology *topology, const passwd_spanet_answer *answer,
    const passwd_spanet_target *target, int *there, unsigned char *right) {
    unsigned bits = 0;
    int n;
    if (!answer || !target || passwdi_spanet_usable(topology, NULL) != PASSWD_OK) return 0;
    n = passwdi_spanet_match(topology, answer, target, &bits);
    if (there) *there = passwdi_spanet_bits(target->there);
    if (right) *right = (unsigned char)bits;
    return n;
}

PASSWD_DEF void passwd_spanet_table_begin(passwd_spanet_table *table, const passwd_spanet_topology *topology) {
    int p;
    if (!table) return;
    memset(table, 0, sizeof *table);
    for (p = 0; topology && p < topology->particles; p++) table->first += topology->particle[p].products;
}

static void passwdi_spanet_weigh(passwd_spanet_weight *w, int times, double weight) {
    w->sum += times * weight;
    w->squares += times * weight * weight;
}
PASSWD_DEF void passwd_spanet_table_add(passwd_spanet_table *table, const passwd_spanet_topology *topology,
    const passwd_spanet_answer *answer, const passwd_spanet_target *target, double weight) {
    unsigned bits = 0;
    int n, there, kind, line, p;
    if (!table || !answer || !target || passwdi_spanet_usable(topology, NULL) != PASSWD_OK) return;
    table->total++;
    table->weight += weight;
    there = passwdi_spanet_bits(target->there);
    if (!there) return;
    n = passwdi_spanet_match(topology, answer, target, &bits);
    for (kind = 0; kind < (there == topology->particles ? 2 : 1); kind++)
        for (line = 0; line < 4; line++) {
            passwd_spanet_efficiency *e = &table->row[kind][line];
            passwd_spanet_weights *w = &table->sums[kind][line];
            if (line < 3 && (line < 2 ? answer->jets != table->first + line : answer->jets < table->first + 2))
                continue;
            e->events++;
            e->right += n == there;
            passwdi_spanet_weigh(&w->events, 1, weight);
            passwdi_spanet_weigh(&w->right, n == there, weight);
            for (p = 0; p < topology->particles; p++) { /* an answer and its truth are of one orbit */
                const int q = topology->orbit[p], is = target->there >> p & 1, got = (int)(bits >> p & 1u);
                e->there[q] += is;
                e->found[q] += got;
                passwdi_spanet_weigh(w->there + q, is, weight);
                passwdi_spanet_weigh(w->found + q, got, weight);
            }
        }
}
PASSWD_DEF double passwd_spanet_weighted_ratio(
    const passwd_spanet_weight *found, const passwd_spanet_weight *there, double *error) {
    const double r = there && found && there->sum > 0.0 ? found->sum / there->sum : (double)NAN;
    if (error)
        *error = r - r == 0.0
            ? sqrt(fmax(0.0, found->squares * (1.0 - r) * (1.0 - r) + (there->squares - found->squares) * r * r))
                / there->sum
            : (double)NAN;
    return r;
}

PASSWD_DEF double passwd_spanet_ratio(int64_t found, int64_t there, double *error) {
    const double r = there > 0 ? (double)found / (double)there : (double)NAN;
    if (error) *error = there > 0 && r >= 0 && r <= 1 ? sqrt(r * (1 - r) / (double)there) : (double)NAN;
    return r;
}
/* ------------------------------------------------------------------------------------------------------------------
   Network: tensor attention and losses as operations
   --------------------------------------------------------------------------------------------------------------- */

/* What the operations of one particle need. Row 0 of the objects is the particle vector, never a jet. */
typedef struct passwdi_spanet_cells {
    int products, permutations;
    signed char permutation[PASSWD_SPANET_ORDERS][PASSWD_SPANET_PRODUCTS];
    float scale;        /* D^(-products / 2) */
    float logarithm;    /* times the group's order: every target then has the same weight, however many cells are
                           equivalent */
    int units, momenta; /* of the layer on masses; the features of the objects with E, px, py, pz, in 100 GeV */
} passwdi_spanet_cells;
enum { PASSWDI_SPANET_PAIR = 4 }; /* features of a pair of jets */
static size_t passwdi_spanet_power(int n, int k) {
    size_t p = 1;
    while (k-- > 0) p *= (size_t)n;
    return p;
}
/* The next of n^k cells, the last index fastest. */
static void passwdi_spanet_next(int *at, int k, int n) {
    while (k-- > 0 && ++at[k] == n) at[k] = 0;
}
static int passwdi_spanet_is_cell(const int *at, int k) {
    int i, j;
    for (i = 0; i < k; i++) {
        if (at[i] == 0) return 0;
        for (j = 0; j < i; j++)
            if (at[i] == at[j]) return 0;
    }
    return 1;
}
/* The vectors of split attention, of rows x features: one value for each product, but one with all of them where they
   are more than an operation has inputs for. */
typedef struct passwdi_spanet_factors {
    const float *y[PASSWD_SPANET_PRODUCTS], *mask;
    float *dy[PASSWD_SPANET_PRODUCTS]; /* their gradients, or NULL */
    int features, row;                 /* row: floats from one row of a product to the next */
} passwdi_spanet_factors;
static int passwdi_spanet_joined(int products) { return products > 4; }
static passwdi_spanet_factors passwdi_spanet_factors_of(const passwd_lanes *v, int products) {
    const int joined = passwdi_spanet_joined(products);
    passwdi_spanet_factors f;
    int k;
    f.features = joined ? v->features[0] / products : v->features[0];
    f.row = v->features[0] * 16;
    f.mask = v->in[joined ? 1 : products];
    for (k = 0; k < products; k++) {
        float *dy = v->in_gradient[joined ? 0 : k];
        f.y[k] = joined ? v->in[0] + k * f.features * 16 : v->in[k];
        f.dy[k] = joined && dy ? dy + k * f.features * 16 : dy;
    }
    return f;
}
/* S = scale times the mean over the group of W with its indices permuted (2106.03898 sums; the public code takes the
   mean) */
static void passwdi_spanet_symmetric_weights(
    float *to, const float *w, const passwdi_spanet_cells *t, int features, float scale) {
    const size_t count = passwdi_spanet_power(features, t->products);
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, g, k;
    size_t i;
    for (i = 0; i < count; i++) {
        float s = 0.0f;
        for (g = 0; g < t->permutations; g++) {
            size_t place = 0;
            for (k = 0; k < t->products; k++) place = place * (size_t)features + (size_t)at[t->permutation[g][k]];
            s += w[place];
        }
        to[i] = s * (scale / (float)t->permutations);
        passwdi_spanet_next(at, t->products, features);
    }
}

enum { PASSWDI_SPANET_MASSES = (1 << PASSWD_SPANET_PRODUCTS) - PASSWD_SPANET_PRODUCTS - 1 }; /* of a cell, at most */
#define PASSWDI_SPANET_OPS(X) X(split) X(full) X(mass) X(pairs) X(log_softmax) X(divergence)
#define PASSWDI_MEMBER(name) void (*name##_forward)(const passwd_lanes *), (*name##_backward)(const passwd_lanes *);
typedef struct passwdi_spanet_kernels {
    PASSWDI_SPANET_OPS(PASSWDI_MEMBER)
} passwdi_spanet_kernels;
#undef PASSWDI_MEMBER
#undef PASSWDI_OWN
#define PASSWDI_OWN(isa) spanet_##isa
#define PASSWDI_KERNELS PASSWD_SPANET_HEADER
#define PASSWDI_INSTANCES
PASSWDI_AS_WRITTEN_END
#include PASSWD_HEADER /* the lane kernels at the end of this file, for every instruction set */
PASSWDI_AS_WRITTEN
#undef PASSWDI_KERNELS
static const passwdi_spanet_kernels *passwdi_spanet_kernels_of(passwd_simd level) {
    switch (level) {
#ifdef PASSWDI_SSE2
    case PASSWD_SIMD_SSE2: return &passwdi_kernels_spanet_sse2;
#endif
#ifdef PASSWDI_X86
    case PASSWD_SIMD_AVX2: return &passwdi_kernels_spanet_avx2;
#endif
#ifdef PASSWDI_AVX512
    case PASSWD_SIMD_AVX512: return &passwdi_kernels_spanet_avx512;
#endif
#ifdef PASSWDI_ARM
    case PASSWD_SIMD_NEON: return &passwdi_kernels_spanet_neon;
#endif
    default: return &passwdi_kernels_spanet_scalar;
    }
}
#define PASSWDI_CALL(name)                                                \
    static void passwdi_spanet_##name##_forward(const passwd_lanes *v) {  \
        passwdi_spanet_kernels_of(v->simd)->name##_forward(v);            \
    }                                                                     \
    static void passwdi_spanet_##name##_backward(const passwd_lanes *v) { \
        passwdi_spanet_kernels_of(v->simd)->name##_backward(v);           \
    }
PASSWDI_SPANET_OPS(PASSWDI_CALL)
#undef PASSWDI_CALL

/* --- truth: particles x (row of each product's jet, presence, weight); rows count from 1, 0: missing --- */
enum { PASSWDI_SPANET_THERE = PASSWD_SPANET_PRODUCTS, PASSWDI_SPANET_WEIGHT, PASSWDI_SPANET_TRUTH };

/* Cell of the target of particle `p` in the current distribution; -1: none. */
static int64_t passwdi_spanet_target_cell(const passwd_lanes *v, const passwdi_spanet_cells *t, int p, int lane) {
    const float *truth = v->in[1] + (size_t)p * PASSWDI_SPANET_TRUTH * 16 + lane;
    int64_t cell = 0;
    int k;
    if (!(truth[PASSWDI_SPANET_THERE * 16] > 0.5f)) return -1;
    for (k = 0; k < t->products; k++) {
        const int row = (int)truth[k * 16];
        if (row < 1 || row >= v->objects) return -1;
        cell = cell * v->objects + row;
    }
    return cell;
}
/* log_p of every particle's target in this particle's distribution, 0 where it is missing; out: one feature per
   particle */
static void passwdi_spanet_pick_forward(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    int p, lane;
    for (p = 0; p < v->out_features; p++)
        for (lane = 0; lane < 16; lane++) {
            const int64_t cell = passwdi_spanet_target_cell(v, t, p, lane);
            v->out[p * 16 + lane] = cell < 0 ? 0.0f : v->in[0][cell * 16 + lane] + t->logarithm;
        }
}
static void passwdi_spanet_pick_backward(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    int p, lane;
    for (p = 0; v->in_gradient[0] && p < v->out_features; p++)
        for (lane = 0; lane < 16; lane++) {
            const int64_t cell = passwdi_spanet_target_cell(v, t, p, lane);
            if (cell >= 0) v->in_gradient[0][cell * 16 + lane] += v->out_gradient[p * 16 + lane];
        }
}

struct passwd_spanet {
    passwd_allocator allocator;
    passwd_spanet_config config;
    passwd_spanet_topology topology;
    passwd_spanet_columns columns; /* of the topology: too large for stacks of small threads */
    passwdi_spanet_cells cells[PASSWD_SPANET_PARTICLES];
    passwd_model *model;
    int features; /* of an object: those of all collections, one flag per collection if there are several, its
                     four-momentum if masses are used */
    int first[PASSWD_SPANET_INPUTS], flags,
        momenta;       /* first feature of each collection, of the flags, of the four-momentum (-1: none) */
    int globals, rows; /* inputs that are global; rows of an event: the particle vector, these, and max_jets */
    int head_from[PASSWD_SPANET_HEADS + 1]; /* floats of the heads before this one */
    size_t spread[PASSWD_SPANET_HEADS][2];  /* where mean and width of a regression stand in the parameters */
    int keys;          /* with globals: feature that is 1 in rows that are there, followed by 1 in those but globals' */
    char passed[1024]; /* content of its weights file without effect, for the user */
};

/* Losses of one event: loss[p][target][kind], kind 0 assignment, 1 detection; share of each permutation of the
   particles. */
typedef struct passwdi_spanet_loss {
    double loss[PASSWD_SPANET_PARTICLES][PASSWD_SPANET_PARTICLES][2], share[PASSWD_SPANET_GROUP];
} passwdi_spanet_loss;
/* Of all particles under permutation g. */
static double passwdi_spanet_total(const passwdi_spanet_loss *l, const passwd_spanet_topology *t, int g) {
    double total = 0.0;
    int p;
    for (p = 0; p < t->particles; p++)
        total += l->loss[p][t->permutation[g][p]][0] + l->loss[p][t->permutation[g][p]][1];
    return total;
}
/* -focal(log p): the public code's, of p times the group's order */
static double passwdi_spanet_focal(double log_p, double gamma, double *slope) {
    const double p = log_p < 80.0 ? exp(log_p) : exp(80.0), rest = p < 1.0 ? 1.0 - p : 0.0;
    if (gamma == 0.0) {
        *slope = -1.0;
        return -log_p;
    }
    *slope = rest > 0.0 ? -pow(rest, gamma) + log_p * gamma * pow(rest, gamma - 1.0) * p : 0.0;
    return -log_p * pow(rest, gamma);
}
static double passwdi_spanet_cross(double logit, double there) { /* -log sigmoid(+-logit) */
    const double x = there > 0.5 ? logit : -logit;
    return x > 0.0 ? log(1.0 + exp(-x)) : log(1.0 + exp(x)) - x;
}
/* in[0]: particles x particles, [head][target] log-probabilities; in[1]: truth; in[2]: detection logits of each head,
   if there is one. */
static void passwdi_spanet_losses_of(const passwd_lanes *v, int lane, passwdi_spanet_loss *l) {
    const passwd_spanet *net = (const passwd_spanet *)v->user;
    const passwd_spanet_config *c = &net->config;
    const passwd_spanet_topology *t = &net->topology;
    const int n = t->particles;
    double sum = 0.0, least = 0.0, slope;
    int g, p, target, best = 0;
    for (p = 0; p < n; p++)
        for (target = 0; target < n; target++) {
            const double there = (double)v->in[1][(target * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_THERE) * 16 + lane];
            const double log_p = (double)v->in[0][(p * n + target) * 16 + lane];
            l->loss[p][target][0] = there > 0.5
                ? (double)c->assignment_loss_scale * passwdi_spanet_focal(log_p, (double)c->focal_gamma, &slope)
                : 0.0;
            l->loss[p][target][1] = v->in[2]
                ? (double)c->detection_loss_scale * passwdi_spanet_cross((double)v->in[2][p * 16 + lane], there)
                : 0.0;
        }
    for (g = 0; g < t->permutations; g++) {
        const double total = passwdi_spanet_total(l, t, g);
        if (g == 0 || total < least) {
            least = total;
            best = g;
        }
    }
    for (g = 0; g < t->permutations; g++) {
        l->share[g] = c->combine_pair_loss == PASSWD_SPANET_MINIMUM ? (g == best ? 1.0 : 0.0)
            : c->combine_pair_loss == PASSWD_SPANET_MEAN            ? 1.0
                                                                    : exp(least - passwdi_spanet_total(l, t, g));
        sum += l->share[g];
    }
    for (g = 0; g < t->permutations; g++) l->share[g] /= sum;
}
/* Minimum (soft minimum, mean) over the event's symmetries (2106.03898, eq. 5 and 6); out: assignment and detection. */
static void passwdi_spanet_symmetric_forward(const passwd_lanes *v) {
    const passwd_spanet *net = (const passwd_spanet *)v->user;
    passwdi_spanet_loss l;
    int lane, g, p, kind;
    for (lane = 0; lane < 16; lane++) {
        double sum[2] = { 0.0, 0.0 };
        passwdi_spanet_losses_of(v, lane, &l);
        for (g = 0; g < net->topology.permutations; g++)
            if (l.share[g] > 0.0)
                for (p = 0; p < net->topology.particles; p++)
                    for (kind = 0; kind < 2; kind++)
                        sum[kind] += l.share[g] * l.loss[p][net->topology.permutation[g][p]][kind]
                            * (double)v->in[1][(p * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_WEIGHT) * 16 + lane];
        v->out[lane] = (float)sum[0];
        v->out[16 + lane] = (float)sum[1];
    }
}
/* The loss of permutation g, weighted by the gradient of the output. */
static double passwdi_spanet_pulled(
    const passwd_lanes *v, int lane, const passwdi_spanet_loss *l, const passwd_spanet_topology *t, int g) {
    double total = 0.0;
    int p, kind;
    for (p = 0; p < t->particles; p++)
        for (kind = 0; kind < 2; kind++)
            total += (double)v->out_gradient[kind * 16 + lane]
                * (double)v->in[1][(p * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_WEIGHT) * 16 + lane]
                * l->loss[p][t->permutation[g][p]][kind];
    return total;
}
static void passwdi_spanet_symmetric_backward(const passwd_lanes *v) {
    const passwd_spanet *net = (const passwd_spanet *)v->user;
    const passwd_spanet_config *c = &net->config;
    const passwd_spanet_topology *t = &net->topology;
    const int n = t->particles;
    passwdi_spanet_loss l;
    int lane, g, p;
    for (lane = 0; lane < 16; lane++) {
        double mean = 0.0;
        passwdi_spanet_losses_of(v, lane, &l);
        for (g = 0; g < t->permutations; g++) mean += l.share[g] * passwdi_spanet_pulled(v, lane, &l, t, g);
        for (g = 0; g < t->permutations; g++)
            if (l.share[g] > 0.0) {
                const double pull = c->combine_pair_loss == PASSWD_SPANET_SOFT_MINIMUM
                    ? mean - passwdi_spanet_pulled(v, lane, &l, t, g)
                    : 0.0; /* the shares vary as well */
                for (p = 0; p < n; p++) {
                    const int target = t->permutation[g][p];
                    const double weight =
                        (double)v->in[1][(p * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_WEIGHT) * 16 + lane];
                    const double there =
                        (double)v->in[1][(target * PASSWDI_SPANET_TRUTH + PASSWDI_SPANET_THERE) * 16 + lane];
                    double slope;
                    passwdi_spanet_focal(
                        (double)v->in[0][(p * n + target) * 16 + lane], (double)c->focal_gamma, &slope);
                    if (there > 0.5 && v->in_gradient[0])
                        v->in_gradient[0][(p * n + target) * 16 + lane] +=
                            (float)(l.share[g] * ((double)v->out_gradient[lane] * weight + pull)
                                * (double)c->assignment_loss_scale * slope);
                    if (v->in[2] && v->in_gradient[2])
                        v->in_gradient[2][p * 16 + lane] += (float)(l.share[g]
                            * ((double)v->out_gradient[16 + lane] * weight + pull) * (double)c->detection_loss_scale
                            * (1.0 / (1.0 + exp(-(double)v->in[2][p * 16 + lane])) - (there > 0.5 ? 1.0 : 0.0)));
                }
            }
    }
}

/* ------------------------------------------------------------------------------------------------------------------
   Network: configuration
   --------------------------------------------------------------------------------------------------------------- */
#define PASSWDI_SPANET_FIELD(name, kind, low, high) \
    { #name, offsetof(passwd_spanet_config, name), kind, low, high }
static const passwdi_setting passwdi_spanet_settings[] = { PASSWDI_SPANET_FIELD(
                                                               max_jets, 'i', 1, PASSWD_MAX_OBJECTS - 1),
    PASSWDI_SPANET_FIELD(hidden_dim, 'i', 1, 1024), PASSWDI_SPANET_FIELD(initial_embedding_dim, 'i', 1, 1024),
    PASSWDI_SPANET_FIELD(position_embedding_dim, 'i', 1, 1024),
    PASSWDI_SPANET_FIELD(transformer_dim_scale, 'd', 0.1, 16), PASSWDI_SPANET_FIELD(num_embedding_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(num_encoder_layers, 'i', 0, 32), PASSWDI_SPANET_FIELD(num_branch_embedding_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(num_branch_encoder_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(num_jet_embedding_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(num_jet_encoder_layers, 'i', 0, 32), PASSWDI_SPANET_FIELD(num_detector_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(split_symmetric_attention, 'i', 0, 1), PASSWDI_SPANET_FIELD(num_attention_heads, 'i', 1, 64),
    PASSWDI_SPANET_FIELD(skip_connections, 'i', 0, 1),
    PASSWDI_SPANET_FIELD(initial_embedding_skip_connections, 'i', 0, 1),
    PASSWDI_SPANET_FIELD(normalize_features, 'i', 0, 1), PASSWDI_SPANET_FIELD(dropout, 'f', 0, 0.99),
    PASSWDI_SPANET_FIELD(align, 'i', 0, 1), PASSWDI_SPANET_FIELD(mass_units, 'i', 0, 256),
    PASSWDI_SPANET_FIELD(pair_units, 'i', 0, 256), PASSWDI_SPANET_FIELD(focal_gamma, 'f', 0, 10),
    PASSWDI_SPANET_FIELD(assignment_loss_scale, 'f', 0, 1e6), PASSWDI_SPANET_FIELD(detection_loss_scale, 'f', 0, 1e6),
    PASSWDI_SPANET_FIELD(kl_loss_scale, 'f', 0, 1e6), PASSWDI_SPANET_FIELD(regression_loss_scale, 'f', 0, 1e6),
    PASSWDI_SPANET_FIELD(classification_loss_scale, 'f', 0, 1e6),
    PASSWDI_SPANET_FIELD(num_regression_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(num_classification_layers, 'i', 0, 32),
    PASSWDI_SPANET_FIELD(balance_classifications, 'i', 0, 1), PASSWDI_SPANET_FIELD(partial_events, 'i', 0, 1),
    PASSWDI_SPANET_FIELD(balance_particles, 'i', 0, 1), PASSWDI_SPANET_FIELD(balance_jets, 'i', 0, 1),
    PASSWDI_SPANET_FIELD(dataset_limit, 'f', 1e-9, 1),
    PASSWDI_SPANET_FIELD(limit_to_num_jets, 'i', 0, PASSWD_MAX_OBJECTS - 1),
    PASSWDI_SPANET_FIELD(epochs, 'i', 1, 1000000), PASSWDI_SPANET_FIELD(batch_size, 'i', 1, 1 << 20),
    PASSWDI_SPANET_FIELD(learning_rate, 'f', 1e-12, 10), PASSWDI_SPANET_FIELD(learning_rate_warmup_epochs, 'f', 0, 1e6),
    PASSWDI_SPANET_FIELD(l2_penalty, 'f', 0, 10), PASSWDI_SPANET_FIELD(gradient_clip, 'f', 0, 1e6),
    PASSWDI_SPANET_FIELD(average, 'f', 0, 0.999999), PASSWDI_SPANET_FIELD(validation, 'f', 0, 0.9),
    PASSWDI_SPANET_FIELD(augment, 'i', 0, 1) };
#undef PASSWDI_SPANET_FIELD
enum { PASSWDI_SPANET_SETTINGS = sizeof passwdi_spanet_settings / sizeof *passwdi_spanet_settings };
/* Settings that are words: the first word of each value is the one that is written. */
typedef struct passwdi_spanet_word {
    const char *key;
    size_t offset;
    const char *word;
    int value;
} passwdi_spanet_word;
#define PASSWDI_SPANET_WORD(name, word, value) \
    { #name, offsetof(passwd_spanet_config, name), word, value }
static const passwdi_spanet_word passwdi_spanet_words[] = { PASSWDI_SPANET_WORD(
                                                                linear_block_type, "Basic", PASSWD_SPANET_BASIC),
    PASSWDI_SPANET_WORD(linear_block_type, "ResNet", PASSWD_SPANET_RESNET),
    PASSWDI_SPANET_WORD(linear_block_type, "Gated", PASSWD_SPANET_GATED),
    PASSWDI_SPANET_WORD(linear_block_type, "GRU", PASSWD_SPANET_GRU),
    PASSWDI_SPANET_WORD(transformer_type, "Standard", PASSWD_SPANET_STANDARD),
    PASSWDI_SPANET_WORD(transformer_type, "NormFirst", PASSWD_SPANET_NORM_FIRST),
    PASSWDI_SPANET_WORD(transformer_type, "Gated", PASSWD_SPANET_GATED_TRANSFORMER),
    PASSWDI_SPANET_WORD(linear_activation, "relu", PASSWD_ACTIVATE_RELU),
    PASSWDI_SPANET_WORD(linear_activation, "elu", PASSWD_ACTIVATE_ELU),
    PASSWDI_SPANET_WORD(linear_activation, "celu", PASSWD_ACTIVATE_ELU),
    PASSWDI_SPANET_WORD(linear_activation, "gelu", PASSWD_ACTIVATE_GELU),
    PASSWDI_SPANET_WORD(linear_activation, "none", PASSWD_ACTIVATE_LINEAR),
    PASSWDI_SPANET_WORD(linear_activation, "PReLU", PASSWD_SPANET_PRELU),
    PASSWDI_SPANET_WORD(transformer_activation, "relu", PASSWD_ACTIVATE_RELU),
    PASSWDI_SPANET_WORD(transformer_activation, "gelu", PASSWD_ACTIVATE_GELU),
    PASSWDI_SPANET_WORD(normalization, "LayerNorm", PASSWD_SPANET_LAYER_NORM),
    PASSWDI_SPANET_WORD(normalization, "none", PASSWD_SPANET_NO_NORM),
    PASSWDI_SPANET_WORD(normalization, "BatchNorm", PASSWD_SPANET_BATCH_NORM),
    PASSWDI_SPANET_WORD(normalization, "MaskedBatchNorm", PASSWD_SPANET_MASKED_BATCH_NORM),
    PASSWDI_SPANET_WORD(combine_pair_loss, "min", PASSWD_SPANET_MINIMUM),
    PASSWDI_SPANET_WORD(combine_pair_loss, "softmin", PASSWD_SPANET_SOFT_MINIMUM),
    PASSWDI_SPANET_WORD(combine_pair_loss, "mean", PASSWD_SPANET_MEAN) };
#undef PASSWDI_SPANET_WORD
enum { PASSWDI_SPANET_WORDS = sizeof passwdi_spanet_words / sizeof *passwdi_spanet_words };

PASSWD_DEF passwd_status passwd_spanet_preset(const char *name, passwd_spanet_config *config, passwd_error *error) {
    passwd_spanet_config c;
    if (!name || !config)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_preset: name or config is NULL.");
    memset(&c, 0, sizeof c);
    c.max_jets = 16;
    c.hidden_dim = 64;
    c.initial_embedding_dim = 16;
    c.position_embedding_dim = 32;
    c.transformer_dim_scale = 2.0;
    c.dataset_limit = 1.0f;
    c.num_embedding_layers = 10;
    c.num_encoder_layers = 6;
    c.num_branch_embedding_layers = 3;
    c.num_branch_encoder_layers = 3;
    c.num_jet_encoder_layers = 2;
    c.num_detector_layers = 2;
    c.num_regression_layers = c.num_classification_layers = 1;
    c.split_symmetric_attention = 1;
    c.num_attention_heads = 4;
    c.linear_block_type = PASSWD_SPANET_GRU;
    c.transformer_type = PASSWD_SPANET_GATED_TRANSFORMER;
    c.linear_activation = c.transformer_activation = PASSWD_ACTIVATE_GELU;
    c.normalization = c.skip_connections = c.initial_embedding_skip_connections = c.normalize_features = 1;
    c.assignment_loss_scale = 1.0f;
    c.partial_events = c.balance_particles = 1;
    c.epochs = 500;
    c.batch_size = 2048;
    c.learning_rate = 1.5e-3f;
    c.learning_rate_warmup_epochs = 1.0f;
    c.l2_penalty = 2e-4f;
    if (strcmp(name, "default") == 0) {
        c.hidden_dim = 32;
        c.position_embedding_dim = 8;
        c.num_encoder_layers = 3;
        c.num_branch_embedding_layers = 1;
        c.num_branch_encoder_layers = 1;
        c.num_jet_encoder_layers = 0;
        c.num_detector_layers = 1;
        c.transformer_type = PASSWD_SPANET_NORM_FIRST;
        c.mass_units = 32;
        c.pair_units = 16;
        c.augment = 1;
        c.detection_loss_scale = 0.2f;
        c.regression_loss_scale = c.classification_loss_scale = 1.0f;
        c.epochs = 26;
        c.batch_size = 128;
        c.learning_rate = 6e-3f;
        c.gradient_clip = 1.0f;
        c.average = 0.997f;
        c.validation = 0.03f;
    } else if (strcmp(name, "paper") == 0) {
        c.split_symmetric_attention = 0;
        c.hidden_dim = 32;
        c.initial_embedding_dim = 16;
        c.position_embedding_dim = 8;
        c.num_encoder_layers = 4;
        c.num_branch_embedding_layers = 1;
        c.num_branch_encoder_layers = 2;
        c.num_jet_encoder_layers = 0;
        c.linear_block_type = PASSWD_SPANET_BASIC;
        c.transformer_type = PASSWD_SPANET_STANDARD;
        c.linear_activation = c.transformer_activation = PASSWD_ACTIVATE_RELU;
        c.epochs = 50;
        c.batch_size = 512;
    } else if (strcmp(name, "public") != 0) {
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "There is no preset \"%s\": use default, public or paper.", name);
    }
    *config = c;
    return PASSWD_OK;
}
/* Equal without case, "_" and " ", as the public code compares its words. */
static int passwdi_spanet_same_word(const char *a, const char *b) {
    for (;; a++, b++) {
        while (*a == '_' || *a == ' ') a++;
        while (*b == '_' || *b == ' ') b++;
        if ((*a >= 'A' && *a <= 'Z' ? *a + 32 : *a) != (*b >= 'A' && *b <= 'Z' ? *b + 32 : *b)) return 0;
        if (!*a) return 1;
    }
}
/* Options of the public code that are not settings here, with their allowed values: a word (or none, NULL), or a range
   of numbers; without a range (low > high) any value is allowed and has no effect. */
typedef struct passwdi_spanet_foreign {
    const char *key;
    int always; /* 1: also in a weights file, since it changes the answers; 0: only in training */
    const char *word;
    double low, high;
    const char *why;
} passwdi_spanet_foreign;
static const passwdi_spanet_foreign passwdi_spanet_foreigners[] = {
    { "mask_sequence_vectors", 1, NULL, 1, 1, "padding is not an object, and attention ignores it" },
    { "combinatorial_scale", 1, NULL, 0, 0, "this offset of the distributions is not supported" },
    { "optimizer", 0, "AdamW", 1, 0, "networks are trained with AdamW" },
    { "learning_rate_cycles", 0, NULL, 0, 1, "the learning rate follows half a cosine, once" },
    { "transformer_dim", 0, NULL, 1, 0, NULL }, { "masking", 0, NULL, 1, 0, NULL },
    { "linear_prelu_activation", 0, NULL, 1, 0, NULL }, { "event_info_file", 0, NULL, 1, 0, NULL },
    { "training_file", 0, NULL, 1, 0, NULL }, { "validation_file", 0, NULL, 1, 0, NULL },
    { "testing_file", 0, NULL, 1, 0, NULL }, { "balance_losses", 0, NULL, 1, 0, NULL },
    { "balance_regressions", 0, NULL, 1, 0, NULL }, { "dataset_randomization", 0, NULL, 1, 0, NULL },
    { "num_dataloader_workers", 0, NULL, 1, 0, NULL }, { "num_gpu", 0, NULL, 1, 0, NULL },
    { "verbose_output", 0, NULL, 1, 0, NULL }, { "usable_gpus", 0, NULL, 1, 0, NULL },
    { "trial_time", 0, NULL, 1, 0, NULL }, { "trial_output_dir", 0, NULL, 1, 0, NULL }
};
enum { PASSWDI_SPANET_FOREIGNERS = sizeof passwdi_spanet_foreigners / sizeof *passwdi_spanet_foreigners };

/* A list of names that grows as long as there is room. */
typedef struct passwdi_spanet_names {
    char *text;
    size_t room;
    int count;
} passwdi_spanet_names;
static void passwdi_spanet_names_add(passwdi_spanet_names *l, const char *name) {
    const size_t used = l->text && l->room ? strlen(l->text) : 0, more = strlen(name) + (used ? 2 : 0);
    l->count++;
    if (l->text && used + more < l->room) snprintf(l->text + used, l->room - used, "%s%s", used ? ", " : "", name);
}
/* A configuration being read. */
typedef struct passwdi_spanet_reading {
    passwd_spanet_config c;
    int weights;                 /* 1: of a weights file, whose training is over */
    passwdi_spanet_names passed; /* names of keys without effect */
} passwdi_spanet_reading;

static passwd_status passwdi_spanet_read_foreign(passwdi_spanet_reading *r, const passwdi_spanet_foreign *o,
    const passwd_json *json, int32_t node, passwd_error *error) {
    const passwd_json_node *x = json->nodes + node;
    const int number = x->kind == PASSWD_JSON_NUMBER || x->kind == PASSWD_JSON_TRUE || x->kind == PASSWD_JSON_FALSE;
    const double v = x->kind == PASSWD_JSON_NUMBER ? x->number : x->kind == PASSWD_JSON_TRUE;
    char shown[48] = "another value";
    int as_here;
    as_here = o->word ? x->kind == PASSWD_JSON_STRING && passwdi_spanet_same_word(x->text, o->word)
                      : number && v >= o->low && v <= o->high;
    if (o->why && as_here && (o->word || o->low == o->high || v >= o->high)) return PASSWD_OK;
    if (!o->why || as_here
        || (r->weights && !o->always)) { /* as_here: no cycle at all, which half a cosine satisfies */
        passwdi_spanet_names_add(&r->passed, x->key);
        return PASSWD_OK;
    }
    if (x->kind == PASSWD_JSON_STRING) snprintf(shown, sizeof shown, "\"%.40s\"", x->text);
    else if (x->kind == PASSWD_JSON_NUMBER) passwd_format_number(shown, v, 9);
    else if (number) snprintf(shown, sizeof shown, "%s", v > 0.5 ? "true" : "false");
    return passwdi_fail(error, PASSWD_ERROR_CONFIG, x->line, x->column, "%s:%lld:%lld: \"%s\" cannot be %s: %s.",
        json->name, (long long)x->line, (long long)x->column, x->key, shown, o->why);
}
static passwd_status passwdi_spanet_read_word(
    passwdi_spanet_reading *r, size_t k, const passwd_json *json, int32_t node, passwd_error *error) {
    const passwd_json_node *x = json->nodes + node;
    const char *key = passwdi_spanet_words[k].key, *text, *type;
    char known[160] = "";
    passwd_status s = passwd_json_string(json, node, &text, error);
    if (s != PASSWD_OK) return s;
    for (; k < PASSWDI_SPANET_WORDS && strcmp(key, passwdi_spanet_words[k].key) == 0; k++) {
        if (passwdi_spanet_same_word(text, passwdi_spanet_words[k].word)) {
            *(int *)(void *)((char *)&r->c + passwdi_spanet_words[k].offset) = passwdi_spanet_words[k].value;
            return PASSWD_OK;
        }
        sprintf(known + strlen(known), "%s%s", *known ? ", " : "", passwdi_spanet_words[k].word);
    }
    if (strcmp(key, "transformer_activation") == 0
        && passwd_json_string(json, passwd_json_get(json, 0, "transformer_type"), &type, NULL) == PASSWD_OK
        && passwdi_spanet_same_word(type, "Gated")) { /* these have the blocks' activation */
        passwdi_spanet_names_add(&r->passed, key);
        return PASSWD_OK;
    }
    return passwdi_fail(error, PASSWD_ERROR_CONFIG, x->line, x->column,
        "%s:%lld:%lld: \"%s\" is \"%.40s\"; it must be one of %s.", json->name, (long long)x->line,
        (long long)x->column, key, text, known);
}
static passwd_status passwdi_spanet_read_key(void *config, const passwd_json *json, int32_t node, passwd_error *error) {
    static const passwdi_setting split = { "train_validation_split", 0, 'd', 0.1, 1 };
    passwdi_spanet_reading *r = (passwdi_spanet_reading *)config;
    const char *key = json->nodes[node].key;
    double part = 0.0;
    passwd_status s;
    size_t k;
    if (strcmp(key, "format") == 0) return PASSWD_OK;
    if (strcmp(key, split.name) == 0) {
        s = passwdi_settings_read(&split, 1, &part, json, node, error);
        if (s == PASSWD_OK) r->c.validation = (float)(1.0 - part);
        return s;
    }
    for (k = 0; k < PASSWDI_SPANET_FOREIGNERS; k++)
        if (strcmp(key, passwdi_spanet_foreigners[k].key) == 0)
            return passwdi_spanet_read_foreign(r, passwdi_spanet_foreigners + k, json, node, error);
    for (k = 0; k < PASSWDI_SPANET_WORDS && strcmp(key, passwdi_spanet_words[k].key) != 0; k++) {}
    return k < PASSWDI_SPANET_WORDS
        ? passwdi_spanet_read_word(r, k, json, node, error)
        : passwdi_settings_read(passwdi_spanet_settings, PASSWDI_SPANET_SETTINGS, &r->c, json, node, error);
}
/* list: receives the ignored keys, or NULL. */
static passwd_status passwdi_spanet_config_from(passwd_spanet_config *config, const char *text, size_t length,
    const char *name, int weights, passwdi_spanet_names *list, const passwd_allocator *allocator, passwd_error *error) {
    passwdi_spanet_reading r;
    passwd_status s;
    memset(&r, 0, sizeof r);
    memcpy(&r.c, config, sizeof r.c);
    r.weights = weights;
    if (list) r.passed = *list;
    s = passwdi_config_parse(passwdi_spanet_read_key, &r, text, length, name, allocator, error);
    if (s == PASSWD_OK) memcpy(config, &r.c, sizeof r.c);
    if (list) list->count = s == PASSWD_OK ? r.passed.count : 0;
    return s;
}
PASSWD_DEF passwd_status passwd_spanet_config_read(
    passwd_spanet_config *config, const char *text, size_t length, const char *name, passwd_error *error) {
    if (!config || !text)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_config_read: config or text is NULL.");
    return passwdi_spanet_config_from(config, text, length, name, 0, NULL, NULL, error);
}
PASSWD_DEF int passwd_spanet_passed_over(const char *text, size_t length, char *names, size_t room) {
    passwd_spanet_config c;
    passwdi_spanet_names list;
    list.text = names;
    list.room = names ? room : 0;
    list.count = 0;
    if (list.room) names[0] = 0;
    if (!text || passwd_spanet_preset("default", &c, NULL) != PASSWD_OK) return 0;
    if (passwdi_spanet_config_from(&c, text, length, "configuration", 0, &list, NULL, NULL) != PASSWD_OK && list.room)
        names[0] = 0;
    return list.count;
}
/* The settings that are words, and the object's end. */
static passwd_status passwdi_spanet_write_words(
    const passwd_spanet_config *c, passwd_json_writer *w, const char **text, passwd_error *error) {
    const char *last = "";
    size_t length, k;
    for (k = 0; k < PASSWDI_SPANET_WORDS; k++) {
        const passwdi_spanet_word *t = passwdi_spanet_words + k;
        if (*(const int *)(const void *)((const char *)c + t->offset) != t->value || strcmp(last, t->key) == 0)
            continue;
        last = t->key;
        passwd_json_key(w, t->key);
        passwd_json_write_string(w, t->word);
    }
    passwd_json_end_object(w);
    return passwd_json_finish(w, text, &length, error);
}
static passwd_status passwdi_spanet_config_write(
    const passwd_spanet_config *c, passwd_json_writer *w, const char **text, passwd_error *error) {
    passwd_json_begin_object(w);
    passwd_json_key(w, "format");
    passwd_json_write_string(w, "passwd-spanet-1");
    passwdi_settings_write(passwdi_spanet_settings, PASSWDI_SPANET_SETTINGS, c, w);
    return passwdi_spanet_write_words(c, w, text, error);
}

/* ------------------------------------------------------------------------------------------------------------------
   Network: recording, with the names of the public code
   --------------------------------------------------------------------------------------------------------------- */
typedef struct passwdi_spanet_name {
    char text[160];
} passwdi_spanet_name;
static passwdi_spanet_name passwdi_spanet_under(const char *name, const char *below, int number) {
    passwdi_spanet_name n;
    const int used = number < 0 ? snprintf(n.text, sizeof n.text, "%s%s", name, below)
                                : snprintf(n.text, sizeof n.text, "%s%s%d", name, below, number);
    if (used < 0 || used >= (int)sizeof n.text) n.text[0] = 0; /* refused where it is used */
    return n;
}
#define PASSWDI_UNDER(name, below) passwdi_spanet_under(name, below, -1).text
/* The activation of blocks; features: of x. The slopes of PReLU are name.weight. */
static passwd_value passwdi_spanet_activate(passwd_model *m, passwd_value x, int kind, int features, const char *name) {
    passwd_value above, slope;
    if (kind == PASSWD_ACTIVATE_LINEAR) return x;
    if (kind != PASSWD_SPANET_PRELU) return passwd_activate(m, x, (passwd_activation)kind, 0.0f, 0.0f);
    above = passwd_activate(m, x, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
    slope = passwd_learnt_rows(m, x, -1, features, PASSWDI_UNDER(name, ".weight"));
    return passwd_add(m, above, passwd_multiply(m, slope, passwd_subtract(m, x, above)));
}
static passwd_value passwdi_spanet_norm(
    passwd_model *m, const passwd_spanet_config *c, passwd_value x, passwd_value residual, const char *name) {
    if (c->normalization != PASSWD_SPANET_LAYER_NORM && residual != PASSWD_NONE) x = passwd_add(m, x, residual);
    if (c->normalization == PASSWD_SPANET_NO_NORM) return x;
    if (c->normalization == PASSWD_SPANET_BATCH_NORM)
        return passwd_batch_norm(m, x, NULL, PASSWDI_UNDER(name, ".normalization.normalization"));
    if (c->normalization == PASSWD_SPANET_MASKED_BATCH_NORM)
        return passwd_batch_norm(m, x, NULL, PASSWDI_UNDER(name, ".normalization"));
    return passwd_layer_norm(
        m, x, residual, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, PASSWDI_UNDER(name, ".normalization.normalization"));
}
/* The gate of arXiv 1910.06764: how much of y replaces x. */
static passwd_value passwdi_spanet_gate(
    passwd_model *m, passwd_value y, passwd_value x, int features, const char *name) {
    const passwd_value reset =
        passwd_linear_pair(m, y, x, features, PASSWDI_UNDER(name, ".linear_W_r"), PASSWDI_UNDER(name, ".linear_U_r"));
    const passwd_value update =
        passwd_linear_pair(m, y, x, features, PASSWDI_UNDER(name, ".linear_W_z"), PASSWDI_UNDER(name, ".linear_U_z"));
    const passwd_value fresh = passwd_linear_pair(m, y, passwd_gated(m, reset, x), features,
        PASSWDI_UNDER(name, ".linear_W_g"), PASSWDI_UNDER(name, ".linear_U_g"));
    return passwd_gru(m, update, fresh, x, 2.0f, name);
}
/* Width inside a block: .5 is rounded to even, as in the public code's language. */
static int passwdi_spanet_inner(const passwd_spanet_config *c, int in) {
    const double exact = c->transformer_dim_scale * in, down = floor(exact);
    const int whole = (int)down;
    return exact - down == 0.5 ? whole + whole % 2 : (int)(exact + 0.5);
}
/* A linear block of any type, from `in` to `out` features. */
static passwd_value passwdi_spanet_linear_block(
    passwd_model *m, const passwd_spanet_config *c, passwd_value x, int in, int out, int skip, const char *name) {
    const int hidden = passwdi_spanet_inner(c, in);
    passwd_value y, residual = PASSWD_NONE;
    if (c->linear_block_type == PASSWD_SPANET_RESNET) {
        passwd_value first;
        y = passwd_linear(m, x, out, 0, PASSWDI_UNDER(name, ".block_1.linear"));
        y = passwdi_spanet_norm(m, c, y, PASSWD_NONE, PASSWDI_UNDER(name, ".block_1"));
        first = passwdi_spanet_activate(m, y, c->linear_activation, out, PASSWDI_UNDER(name, ".block_1.activation"));
        y = passwd_linear(m, first, out, 0, PASSWDI_UNDER(name, ".block_2.linear"));
        y = passwdi_spanet_norm(m, c, y, PASSWD_NONE, PASSWDI_UNDER(name, ".block_2"));
        y = passwdi_spanet_activate(m, skip ? passwd_add(m, y, first) : y, c->linear_activation, out,
            PASSWDI_UNDER(name, ".block_2.activation"));
        return passwd_dropout(m, y, c->dropout);
    }
    if (skip) residual = in == out ? x : passwd_linear(m, x, out, 1, PASSWDI_UNDER(name, ".residual"));
    switch (c->linear_block_type) {
    case PASSWD_SPANET_GRU:
        y = passwdi_spanet_norm(m, c, x, PASSWD_NONE, name);
        y = passwd_linear(m, y, hidden, 1, PASSWDI_UNDER(name, ".linear_1.0"));
        y = passwd_dropout(m,
            passwdi_spanet_activate(m, y, c->linear_activation, hidden, PASSWDI_UNDER(name, ".linear_1.1")),
            c->dropout);
        y = passwd_linear(m, y, out, 1, PASSWDI_UNDER(name, ".linear_2.0"));
        y = passwdi_spanet_activate(m, y, c->linear_activation, out, PASSWDI_UNDER(name, ".linear_2.1"));
        y = passwd_dropout(m, y, c->dropout);
        return skip ? passwdi_spanet_gate(m, y, residual, out, PASSWDI_UNDER(name, ".gru")) : y;
    case PASSWD_SPANET_GATED:
        y = passwd_linear(m, x, hidden, 1, PASSWDI_UNDER(name, ".linear_2"));
        y = passwdi_spanet_activate(m, y, c->linear_activation, hidden, PASSWDI_UNDER(name, ".activation"));
        y = passwd_dropout(m, passwd_linear(m, y, out, 1, PASSWDI_UNDER(name, ".linear_1")), c->dropout);
        y = passwd_gated(m, passwd_linear(m, y, out, 1, PASSWDI_UNDER(name, ".gate.linear_1")),
            passwd_linear(m, y, out, 1, PASSWDI_UNDER(name, ".gate.linear_2")));
        return passwdi_spanet_norm(m, c, y, residual, name);
    default:
        y = passwd_linear(m, x, out, 1, PASSWDI_UNDER(name, ".linear"));
        y = passwdi_spanet_activate(m, y, c->linear_activation, out, PASSWDI_UNDER(name, ".activation"));
        return passwd_dropout(m, passwdi_spanet_norm(m, c, y, residual, name), c->dropout);
    }
}
static passwd_value passwdi_spanet_stack(
    passwd_model *m, const passwd_spanet_config *c, passwd_value x, int layers, const char *name) {
    int k;
    for (k = 0; k < layers; k++)
        x = passwdi_spanet_linear_block(
            m, c, x, c->hidden_dim, c->hidden_dim, c->skip_connections, passwdi_spanet_under(name, ".layers.", k).text);
    return x;
}
/* What a hidden layer makes of pairs, as a bias of attention; none without pairs. */
static passwd_value passwdi_spanet_pair_bias(
    passwd_model *m, const passwd_spanet_config *c, passwd_value pairs, const char *name) {
    passwd_value h;
    if (pairs == PASSWD_NONE) return PASSWD_NONE;
    h = passwd_linear(m, pairs, c->pair_units, 1, PASSWDI_UNDER(name, ".pair_hidden"));
    h = passwd_activate(m, h, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
    return passwd_linear(m, h, 1, 0, PASSWDI_UNDER(name, ".pair_bias"));
}
/* x of every jet, with the sum of what the others tell it: a layer on what they are and on what the pair is. */
static passwd_value passwdi_spanet_messages(
    passwd_model *m, const passwd_spanet_config *c, passwd_value x, passwd_value pairs) {
    const int units = c->pair_units;
    passwd_value h = passwd_linear(m, pairs, units, 1, "pair_embedding.pair");
    h = passwd_add(
        m, h, passwd_spread(m, passwd_linear(m, x, units, 0, "pair_embedding.receiver"), PASSWD_SIDE_SECOND));
    h = passwd_add(m, h, passwd_spread(m, passwd_linear(m, x, units, 0, "pair_embedding.sender"), PASSWD_SIDE_FIRST));
    h = passwd_activate(m, h, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
    h = passwd_mask_rows(m, h, passwd_features(m, pairs, PASSWDI_SPANET_PAIR - 1, 1)); /* no jet is its own partner */
    h = passwd_activate(m, passwd_sum_over(m, h, PASSWD_SIDE_FIRST), PASSWD_ACTIVATE_AFFINE, 0.2f, 0.0f);
    return passwd_add(m, x, passwd_linear(m, h, c->hidden_dim, 1, "pair_embedding.output"));
}
static passwd_value passwdi_spanet_encoder_layer(passwd_model *m, const passwd_spanet_config *c, passwd_value x,
    passwd_value keys, passwd_value pairs, const char *name) {
    const passwd_attention_options attention = { c->num_attention_heads, 0, c->dropout };
    const int d = c->hidden_dim, hidden = passwdi_spanet_inner(c, d);
    const int first = c->transformer_type == PASSWD_SPANET_NORM_FIRST;
    passwd_value y;
    if (c->transformer_type == PASSWD_SPANET_GATED_TRANSFORMER) {
        passwd_spanet_config gru = *c;
        gru.linear_block_type = PASSWD_SPANET_GRU;
        y = passwd_layer_norm(
            m, x, PASSWD_NONE, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, PASSWDI_UNDER(name, ".attention_norm"));
        y = passwd_multihead(
            m, y, y, keys, passwdi_spanet_pair_bias(m, c, pairs, name), &attention, PASSWDI_UNDER(name, ".attention"));
        y = passwdi_spanet_gate(m, y, x, d, PASSWDI_UNDER(name, ".attention_gate"));
        return passwdi_spanet_linear_block(m, &gru, y, d, d, 1, PASSWDI_UNDER(name, ".feed_forward"));
    }
    y = first ? passwd_layer_norm(m, x, PASSWD_NONE, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, PASSWDI_UNDER(name, ".norm1"))
              : x;
    y = passwd_dropout(m,
        passwd_multihead(
            m, y, y, keys, passwdi_spanet_pair_bias(m, c, pairs, name), &attention, PASSWDI_UNDER(name, ".self_attn")),
        c->dropout);
    x = first ? passwd_add(m, x, y)
              : passwd_layer_norm(m, y, x, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, PASSWDI_UNDER(name, ".norm1"));
    y = first ? passwd_layer_norm(m, x, PASSWD_NONE, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, PASSWDI_UNDER(name, ".norm2"))
              : x;
    y = passwd_dropout(m,
        passwdi_spanet_activate(
            m, passwd_linear(m, y, hidden, 1, PASSWDI_UNDER(name, ".linear1")), c->transformer_activation, hidden, ""),
        c->dropout);
    y = passwd_dropout(m, passwd_linear(m, y, d, 1, PASSWDI_UNDER(name, ".linear2")), c->dropout);
    return first ? passwd_add(m, x, y)
                 : passwd_layer_norm(m, y, x, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR, PASSWDI_UNDER(name, ".norm2"));
}
/* Linear blocks, then the particle vector in row 0, then transformer encoders. keys: rows that others look at; NONE:
   all. pairs: of all rows, or NONE. */
static passwd_value passwdi_spanet_encoder(passwd_model *m, const passwd_spanet_config *c, passwd_value x,
    passwd_value keys, passwd_value pairs, int embeddings, int layers, const char *name) {
    const char *middle =
        c->transformer_type == PASSWD_SPANET_GATED_TRANSFORMER ? ".encoder.layers." : ".encoder.transformer.layers.";
    int k;
    x = passwdi_spanet_stack(m, c, x, embeddings, PASSWDI_UNDER(name, ".embedding"));
    x = passwd_learnt_rows(m, x, 0, c->hidden_dim, PASSWDI_UNDER(name, ".particle_vector"));
    for (k = 0; k < layers; k++)
        x = passwdi_spanet_encoder_layer(m, c, x, keys, pairs, passwdi_spanet_under(name, middle, k).text);
    return x;
}
/* Embedding of each collection by itself, with the vector that identifies it, then of all together. */
static passwd_value passwdi_spanet_embed(passwd_spanet *net, passwd_model *m, passwd_value x) {
    const passwd_spanet_config *c = &net->config;
    const passwd_spanet_topology *t = &net->topology;
    passwd_value sum = PASSWD_NONE, part[2];
    int k, layer, width, next;
    for (k = 0; k < t->inputs; k++) {
        const passwdi_spanet_name name = passwdi_spanet_under("embedding.vector_embedding_layers.", "", k);
        const passwdi_spanet_name stack = passwdi_spanet_under(name.text,
            t->input[k].global ? ".vector_embeddings.embedding.embedding_stack.embedding_layers."
                               : ".vector_embeddings.embedding_stack.embedding_layers.",
            -1);
        const int features = t->input[k].features;
        if (c->normalize_features) {
            passwd_parameter_new(m, PASSWDI_UNDER(name.text, ".normalizer.mean"), 1, &features, 0, 0, 0.0f);
            passwd_parameter_new(m, PASSWDI_UNDER(name.text, ".normalizer.std"), 1, &features, 0, 0, 1.0f);
        }
        part[0] = net->features == features ? x : passwd_features(m, x, net->first[k], features);
        part[0] = passwdi_spanet_linear_block(m, c, part[0], features, width = c->initial_embedding_dim,
            c->initial_embedding_skip_connections, passwdi_spanet_under(stack.text, "", 0).text);
        for (layer = 1;; layer++) { /* doubling widths up to hidden_dim */
            next = layer <= c->num_embedding_layers && 2 * width < c->hidden_dim ? 2 * width : c->hidden_dim;
            part[0] = passwdi_spanet_linear_block(m, c, part[0], width, next, c->initial_embedding_skip_connections,
                passwdi_spanet_under(stack.text, "", layer).text);
            if (!(layer <= c->num_embedding_layers && 2 * width < c->hidden_dim)) break;
            width = next;
        }
        part[1] = passwd_learnt_rows(m, part[0], -1, c->position_embedding_dim,
            PASSWDI_UNDER(name.text, ".position_embedding.position_embedding"));
        part[0] = passwd_concat(m, part, 2);
        if (t->inputs > 1) part[0] = passwd_mask_rows(m, part[0], passwd_features(m, x, net->flags + k, 1));
        sum = sum == PASSWD_NONE ? part[0] : passwd_add(m, sum, part[0]);
    }
    return passwdi_spanet_linear_block(m, c, sum, c->hidden_dim + c->position_embedding_dim, c->hidden_dim,
        c->skip_connections, "embedding.final_embedding_layer");
}
static passwd_value passwdi_spanet_operation(passwd_model *m, void (*forward)(const passwd_lanes *),
    void (*backward)(const passwd_lanes *), const passwd_value *in, int inputs, int parameter, int second, int power,
    int features, size_t scratch, const void *user) {
    passwd_custom_options o;
    memset(&o, 0, sizeof o);
    o.forward = forward;
    o.backward = backward;
    o.inputs = inputs;
    memcpy(o.in, in, (size_t)inputs * sizeof *in);
    o.parameters = (parameter >= 0) + (second >= 0);
    o.parameter[0] = parameter;
    o.parameter[1] = second;
    o.power = power;
    o.rows = 1;
    o.features = features;
    o.scratch = scratch;
    o.user = user;
    return passwd_custom(m, &o);
}
/* log-probabilities of all cells (2106.03898, eq. 3 and 4) from the branch's vectors */
static passwd_value passwdi_spanet_attention(passwd_spanet *net, passwd_model *m, int p, passwd_value jets,
    passwd_value x, passwd_value pairs, passwd_value mask, passwd_value *vectors, const char *name) {
    const passwd_spanet_config *c = &net->config;
    const passwdi_spanet_cells *t = net->cells + p;
    const int d = c->hidden_dim, n = net->rows, k = t->products;
    const size_t cells = passwdi_spanet_power(n, k) * 16;
    passwd_value in[PASSWD_SPANET_PRODUCTS + 1], y;
    int i;
    if (c->split_symmetric_attention) {
        for (i = 0; i < k; i++) {
            in[i] =
                passwdi_spanet_encoder(m, c, x, net->globals ? mask : PASSWD_NONE, pairs, c->num_jet_embedding_layers,
                    c->num_jet_encoder_layers, passwdi_spanet_under(name, ".encoders.", i).text);
            vectors[i] = in[i];
            in[i] = passwd_linear(m, in[i], d, 1, passwdi_spanet_under(name, ".linear_layers.", i).text);
        }
        if (passwdi_spanet_joined(k)) in[0] = passwd_concat(m, in, k);
        i = passwdi_spanet_joined(k) ? 1 : k;
        in[i] = mask;
        y = passwdi_spanet_operation(m, passwdi_spanet_split_forward, passwdi_spanet_split_backward, in, i + 1, -1, -1,
            k, 1, cells + (size_t)d * 32, t);
    } else {
        int shape[PASSWD_SPANET_PRODUCTS];
        size_t levels = 0, size = passwdi_spanet_power(d, k);
        for (i = 0; i < k; i++) {
            shape[i] = d;
            levels += passwdi_spanet_power(d, i) * 32;
        }
        in[0] = x;
        in[1] = mask;
        i = passwd_parameter_new(m, PASSWDI_UNDER(name, ".weights"), k, shape, 1, 1,
            sqrtf(6.0f / (float)(k == 1 ? (size_t)d + 1 : 2 * passwdi_spanet_power(d, k - 1))));
        y = passwdi_spanet_operation(m, passwdi_spanet_full_forward, passwdi_spanet_full_backward, in, 2, i, -1, k, 1,
            cells + 2 * size + 64 + levels, t);
    }
    if (t->units > 0 && k > 1) { /* our extension: the logits also depend on the joint masses of the products */
        const int units = t->units;
        int shape[2], hidden;
        shape[0] = units;
        shape[1] = (1 << k) - k;
        hidden = passwd_parameter_new(m, PASSWDI_UNDER(name, ".mass.hidden"), 2, shape, 1, 1, 1.5f);
        i = passwd_parameter_new(m, PASSWDI_UNDER(name, ".mass.output"), 1, &units, 1, 1, 1.0f / sqrtf((float)units));
        y = passwd_add(m, y,
            passwdi_spanet_operation(m, passwdi_spanet_mass_forward, passwdi_spanet_mass_backward, &jets, 1, hidden, i,
                k, 1, cells + (size_t)units * (size_t)(shape[1] + 1) * 16, t));
    }
    return passwdi_spanet_operation(
        m, passwdi_spanet_log_softmax_forward, passwdi_spanet_log_softmax_backward, &y, 1, -1, -1, k, 1, 0, t);
}
/* What row 0 says: blocks, a batch norm, a linear layer of `out` features. */
static passwd_value passwdi_spanet_read_out(
    passwd_model *m, const passwd_spanet_config *c, passwd_value x, int layers, int out, const char *name) {
    static const int row = 0;
    x = passwd_select_rows(m, x, &row, 1);
    x = passwdi_spanet_stack(m, c, x, layers, PASSWDI_UNDER(name, ".hidden_layers"));
    x = passwd_batch_norm(m, x, NULL, PASSWDI_UNDER(name, ".output_norm"));
    return passwd_linear(m, x, out, 1, PASSWDI_UNDER(name, ".output_layer"));
}
/* --- heads --- */
/* Truth of a head as its loss reads it: the target (of regressions normalised, but for log_gaussian), what its loss
   weighs (0: unknown), and width and mean of the training set's targets. */
enum { PASSWDI_SPANET_AIM = 0, PASSWDI_SPANET_SHARE, PASSWDI_SPANET_WIDTH, PASSWDI_SPANET_MEAN, PASSWDI_SPANET_AIMS };
static passwdi_spanet_name passwdi_spanet_head_under(const passwd_spanet_topology *t, int head, const char *below) {
    char name[100];
    passwd_spanet_head_name(t, head, name);
    return passwdi_spanet_under(
        passwdi_spanet_under(t->head[head].kind == PASSWD_SPANET_CLASSES ? "classification_decoder.networks."
                                                                         : "regression_decoder.networks.",
            name, -1)
            .text,
        below, -1);
}
/* Its loss for an event: of what the network gives, r, and the truth. */
static passwd_value passwdi_spanet_head_loss(passwd_model *m, int kind, passwd_value r, passwd_value truth) {
    const passwd_value aim = passwd_features(m, truth, PASSWDI_SPANET_AIM, 1);
    passwd_value y, z;
    if (kind == PASSWD_SPANET_CLASSES) return passwd_cross_entropy(m, r, aim, 0);
    if (kind == PASSWD_SPANET_GAUSSIAN) return passwd_mean_square(m, r, aim);
    if (kind == PASSWD_SPANET_LAPLACIAN) {
        y = passwd_subtract(m, r, aim);
        z = passwd_activate(m, y, PASSWD_ACTIVATE_AFFINE, -1.0f, 0.0f);
        return passwd_add(m, passwd_activate(m, y, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f),
            passwd_activate(m, z, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f));
    }
    z = passwd_add(m, passwd_multiply(m, r, passwd_features(m, truth, PASSWDI_SPANET_WIDTH, 1)),
        passwd_features(m, truth, PASSWDI_SPANET_MEAN, 1));
    y = passwd_activate(m, z, PASSWD_ACTIVATE_EXP, 0.0f, 0.0f);
    z = passwd_activate(m, passwd_activate(m, z, PASSWD_ACTIVATE_AFFINE, -1.0f, 0.0f), PASSWD_ACTIVATE_EXP, 0.0f, 0.0f);
    return passwd_mean_square(m, passwd_subtract(m, y, z), aim);
}
static float passwdi_spanet_head_scale(const passwd_spanet_config *c, const passwd_spanet_head *h) {
    return h->kind == PASSWD_SPANET_CLASSES ? c->classification_loss_scale : c->regression_loss_scale;
}
/* vectors: of the event, then of each particle, then of each product. */
static void passwdi_spanet_record_heads(passwd_spanet *net, passwd_model *m, const passwd_value *vectors, int terms) {
    const passwd_spanet_config *c = &net->config;
    const passwd_spanet_topology *t = &net->topology;
    const int one = 1;
    passwd_value truth = t->heads ? passwd_input_event(m, "heads", t->heads, PASSWDI_SPANET_AIMS) : PASSWD_NONE;
    int k;
    for (k = 0; k < t->heads; k++) {
        const passwd_spanet_head *h = t->head + k;
        const int classes = h->kind == PASSWD_SPANET_CLASSES;
        const passwd_value x = vectors[h->particle < 0 ? 0
                : h->product < 0                       ? 1 + h->particle
                                 : 1 + t->particles + PASSWD_SPANET_PRODUCTS * h->particle + h->product];
        passwd_value r, loss;
        char name[100];
        passwd_spanet_head_name(t, k, name);
        if (!classes) {
            passwd_parameter_new(m, passwdi_spanet_head_under(t, k, ".mean").text, 1, &one, 0, 0, 0.0f);
            passwd_parameter_new(m, passwdi_spanet_head_under(t, k, ".std").text, 1, &one, 0, 0, 1.0f);
        } else if (c->balance_classifications)
            passwd_parameter_new(
                m, passwdi_spanet_under("classification_weights.", name, -1).text, 1, &h->classes, 0, 0, 1.0f);
        r = passwdi_spanet_read_out(m, c, x, classes ? c->num_classification_layers : c->num_regression_layers,
            classes ? h->classes : 1, passwdi_spanet_head_under(t, k, classes ? "" : ".linear").text);
        passwd_output(m, r, name);
        if (!(passwdi_spanet_head_scale(c, h) > 0.0f)) continue;
        loss = passwd_select_rows(m, truth, &k, 1);
        loss = passwd_multiply(
            m, passwdi_spanet_head_loss(m, h->kind, r, loss), passwd_features(m, loss, PASSWDI_SPANET_SHARE, 1));
        passwd_loss(m, loss, passwdi_spanet_head_scale(c, h) / (float)terms, name);
    }
}
/* The loss of distributions that are similar although their particles differ (2106.03898, appendix). */
static void passwdi_spanet_record_divergence(
    passwd_spanet *net, passwd_model *m, const passwd_value *log_p, passwd_value truth) {
    passwd_value sum = PASSWD_NONE;
    int i, j, pairs = 0;
    for (i = 0; i < net->topology.particles; i++)
        for (j = i + 1; j < net->topology.particles; j++)
            if (net->topology.orbit[i] == net->topology.orbit[j]) {
                passwd_value in[2], term, there;
                in[0] = log_p[i];
                in[1] = log_p[j];
                term = passwdi_spanet_operation(m, passwdi_spanet_divergence_forward,
                    passwdi_spanet_divergence_backward, in, 2, -1, -1, 0, 1, 0, net);
                there = passwd_features(m, truth, PASSWDI_SPANET_THERE, 1);
                term = passwd_multiply(m, term, passwd_select_rows(m, there, &i, 1));
                term = passwd_multiply(m, term, passwd_select_rows(m, there, &j, 1));
                sum = sum == PASSWD_NONE ? term : passwd_add(m, sum, term);
                pairs++;
            }
    if (pairs) passwd_loss(m, sum, net->config.kl_loss_scale / (float)pairs, "divergence");
}
static passwd_status passwdi_spanet_record(passwd_spanet *net, uint64_t seed, passwd_error *error) {
    const passwd_spanet_config *c = &net->config;
    const passwd_spanet_topology *t = &net->topology;
    const int n = t->particles, classes = 1 << n;
    passwd_value vectors[1 + PASSWD_SPANET_PARTICLES * (1 + PASSWD_SPANET_PRODUCTS)];
    passwd_model *m = net->model;
    passwd_value jets, x, mask, truth, log_p[PASSWD_SPANET_PARTICLES], picks[PASSWD_SPANET_PARTICLES],
        logits[PASSWD_SPANET_PARTICLES], in[3], terms, keys = PASSWD_NONE, pairs = PASSWD_NONE;
    int p, parts; /* the public code takes the mean over particles, kinds and heads */
    for (p = 0, parts = c->detection_loss_scale > 0.0f ? 2 * n : n; p < t->heads; p++)
        parts += passwdi_spanet_head_scale(c, t->head + p) > 0.0f;
    jets = passwd_input_objects(m, "x", net->rows, net->features);
    mask = passwd_input_mask(m);
    if (net->globals) { /* they are rows as jets are, but no product comes from them */
        keys = passwd_features(m, jets, net->keys, 1);
        mask = passwd_features(m, jets, net->keys + 1, 1);
    }
    truth = passwd_input_event(m, "truth", n, PASSWDI_SPANET_TRUTH);
    if (c->balance_particles && c->partial_events)
        passwd_parameter_new(m, "particle_weights_tensor", 1, &classes, 0, 0, 1.0f);
    x = passwdi_spanet_embed(net, m, jets);
    if (c->pair_units > 0) {
        pairs = passwdi_spanet_operation(m, passwdi_spanet_pairs_forward, passwdi_spanet_pairs_backward, &jets, 1, -1,
            -1, 2, PASSWDI_SPANET_PAIR, 0, net->cells);
        x = passwdi_spanet_messages(m, c, x, pairs);
    }
    x = passwdi_spanet_encoder(m, c, x, keys, pairs, 0, c->num_encoder_layers, "encoder");
    vectors[0] = x;
    for (p = 0; p < n; p++) {
        const passwdi_spanet_name name = passwdi_spanet_under("branch_decoders.", "", p);
        const passwd_value y = passwdi_spanet_encoder(m, c, x, keys, pairs, c->num_branch_embedding_layers,
            c->num_branch_encoder_layers, PASSWDI_UNDER(name.text, ".encoder"));
        vectors[1 + p] = y;
        log_p[p] = passwdi_spanet_attention(net, m, p, jets, y, pairs, mask,
            vectors + 1 + n + PASSWD_SPANET_PRODUCTS * p, PASSWDI_UNDER(name.text, ".attention"));
        logits[p] = passwdi_spanet_read_out(
            m, c, y, c->num_detector_layers, 1, PASSWDI_UNDER(name.text, ".detection_classifier"));
        passwd_output(m, log_p[p], PASSWDI_UNDER("log_p.", t->particle[p].name));
        passwd_output(m, logits[p], PASSWDI_UNDER("detection.", t->particle[p].name));
        in[0] = log_p[p];
        in[1] = truth;
        picks[p] = passwdi_spanet_operation(
            m, passwdi_spanet_pick_forward, passwdi_spanet_pick_backward, in, 2, -1, -1, 0, n, 0, net->cells + p);
    }
    in[0] = passwd_concat(m, picks, n);
    in[1] = truth;
    in[2] = passwd_concat(m, logits, n);
    terms = passwdi_spanet_operation(m, passwdi_spanet_symmetric_forward, passwdi_spanet_symmetric_backward, in,
        c->detection_loss_scale > 0.0f ? 3 : 2, -1, -1, 0, 2, 0, net);
    passwd_loss(m, passwd_features(m, terms, 0, 1), 1.0f / (float)parts, "assignment");
    if (c->detection_loss_scale > 0.0f)
        passwd_loss(m, passwd_features(m, terms, 1, 1), 1.0f / (float)parts, "detection");
    if (c->kl_loss_scale > 0.0f) passwdi_spanet_record_divergence(net, m, log_p, truth);
    passwdi_spanet_record_heads(net, m, vectors, parts);
    return passwd_model_build(m, seed, error);
}

static passwd_status passwdi_spanet_check(const passwd_spanet_config *c, passwd_error *error) {
    const passwd_status s = passwdi_settings_check(passwdi_spanet_settings, PASSWDI_SPANET_SETTINGS, c, error);
    size_t k;
    int known = 0;
    if (s != PASSWD_OK) return s;
    if (c->hidden_dim % c->num_attention_heads)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "Configuration: \"hidden_dim\" %d is not a multiple of \"num_attention_heads\" %d.", c->hidden_dim,
            c->num_attention_heads);
    for (k = 0; k < PASSWDI_SPANET_WORDS; k++) { /* words of one key are adjacent */
        const passwdi_spanet_word *t = passwdi_spanet_words + k;
        known |= *(const int *)(const void *)((const char *)c + t->offset) == t->value;
        if (k + 1 < PASSWDI_SPANET_WORDS && strcmp(t[1].key, t->key) == 0) continue;
        if (!known)
            return passwdi_fail(
                error, PASSWD_ERROR_CONFIG, 0, 0, "Configuration: \"%s\" has an invalid value.", t->key);
        known = 0;
    }
    return PASSWD_OK;
}
static int passwdi_spanet_ends(const char *name, const char *end) {
    const size_t length = strlen(name), last = strlen(end);
    return length > last && strcmp(name + length - last, end) == 0;
}
static int passwdi_spanet_is_slope(const char *name) {
    return passwdi_spanet_ends(name, ".activation.weight") || passwdi_spanet_ends(name, ".linear_1.1.weight")
        || passwdi_spanet_ends(name, ".linear_2.1.weight");
}
/* Slopes of PReLU start at a quarter, as in the public code. */
static passwd_status passwdi_spanet_first_slopes(passwd_spanet *a, passwd_error *error) {
    const size_t floats = passwd_parameter_floats(a->model);
    float *block = (float *)passwdi_new(&a->allocator, floats, sizeof *block);
    passwd_status s;
    size_t i;
    int k;
    if (!block) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a network.");
    memcpy(block, passwd_parameters(a->model), floats * sizeof *block);
    for (k = 0; k < passwd_parameter_count(a->model); k++) {
        const passwd_parameter *p = passwd_parameter_at(a->model, k);
        for (i = 0; passwdi_spanet_is_slope(p->name) && i < p->count; i++) block[p->offset + i] = 0.25f;
    }
    s = passwd_set_parameters(a->model, block, error);
    passwdi_delete(&a->allocator, block);
    return s;
}
/* A particle whose distribution, or whole tensor of weights, is larger than values and parameters of a model. */
static passwd_status passwdi_spanet_too_large(const passwd_spanet *a, int p, passwd_error *error) {
    const passwd_spanet_particle *x = a->topology.particle + p;
    const double cells = pow((double)a->rows, (double)x->products),
                 weights = a->config.split_symmetric_attention ? 0.0 : pow((double)a->config.hidden_dim, x->products);
    if (cells > 1.25e8)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "Particle \"%.31s\" has %d products: with max_jets %d its distribution has %.2g cells, and at most 1.2e8 "
            "are possible. A max_jets of up to %d works.",
            x->name, x->products, a->config.max_jets, cells,
            (int)pow(1.25e8, 1.0 / x->products) - (a->rows - a->config.max_jets));
    if (weights > 268435456.0)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "Particle \"%.31s\" has %d products: with hidden_dim %d its tensor has %.2g weights, and at most 2.6e8 are "
            "possible; \"split_symmetric_attention\" needs no such tensor.",
            x->name, x->products, a->config.hidden_dim, weights);
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_spanet_new(const passwd_spanet_config *config, const passwd_spanet_topology *topology,
    uint64_t seed, const passwd_allocator *allocator, passwd_spanet **net, passwd_error *error) {
    passwd_spanet *a;
    passwd_status s;
    int p, k;
    if (!config || !topology || !net)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_new: config, topology or net is NULL.");
    s = passwdi_spanet_check(config, error);
    if (s != PASSWD_OK) return s;
    a = (passwd_spanet *)passwdi_new(allocator, 1, sizeof *a);
    if (!a) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a network.");
    if (allocator) a->allocator = *allocator;
    a->config = *config;
    a->topology = *topology;
    passwd_spanet_columns_of(topology, &a->columns);
    s = passwdi_topology_complete(
        passwdi_topology_work_new(&a->topology, allocator, error), allocator, &a->topology, error);
    for (p = 0; s == PASSWD_OK && p < a->topology.particles; p++) {
        const passwd_spanet_particle *from = a->topology.particle + p;
        passwdi_spanet_cells *to = a->cells + p;
        to->products = from->products;
        to->permutations = from->permutations;
        memcpy(to->permutation, from->permutation, sizeof to->permutation);
        to->scale = (float)pow((double)config->hidden_dim, -0.5 * from->products);
        to->logarithm = (float)log((double)from->permutations);
    }
    for (k = 0; s == PASSWD_OK && k < a->topology.inputs; k++) {
        a->first[k] = a->features;
        a->features += a->topology.input[k].features;
    }
    a->flags = a->features;
    if (a->topology.inputs > 1) a->features += a->topology.inputs;
    for (k = 0; s == PASSWD_OK && k < a->topology.inputs; k++) a->globals += a->topology.input[k].global != 0;
    for (k = 0; s == PASSWD_OK && k < a->topology.heads; k++) {
        const passwd_spanet_head *h = a->topology.head + k;
        char name[100];
        passwd_spanet_head_name(&a->topology, k, name);
        if (h->product >= 0 && !config->split_symmetric_attention)
            s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "Head \"%s\" of a product needs \"split_symmetric_attention\": the whole tensor has no vector for it.",
                name);
        else if (h->kind == PASSWD_SPANET_CLASSES && h->classes < 2)
            s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "The number of classes of \"%s\" is not set: passwd_spanet_classes finds it in events.", name);
        a->head_from[k + 1] = a->head_from[k] + (h->kind == PASSWD_SPANET_CLASSES ? h->classes : 1);
    }
    a->rows = config->max_jets + 1 + a->globals;
    a->keys = a->features;
    if (a->globals) a->features += 2;
    if (s == PASSWD_OK && a->rows > PASSWD_MAX_OBJECTS)
        s = passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "Configuration: \"max_jets\" %d and %d global inputs are more than the %d rows of an event.",
            config->max_jets, a->globals, PASSWD_MAX_OBJECTS - 1);
    for (p = 0; s == PASSWD_OK && p < a->topology.particles; p++) s = passwdi_spanet_too_large(a, p, error);
    a->momenta = config->mass_units > 0 || config->pair_units > 0 ? a->features : -1;
    if (a->momenta >= 0) a->features += 4;
    for (p = 0; p < a->topology.particles; p++) {
        a->cells[p].units = config->mass_units;
        a->cells[p].momenta = a->momenta;
    }
    if (s == PASSWD_OK) s = passwd_model_new(allocator, &a->model, error);
    if (s == PASSWD_OK) s = passwdi_spanet_record(a, seed, error);
    for (k = 0; s == PASSWD_OK && k < a->topology.heads; k++) {
        if (a->topology.head[k].kind == PASSWD_SPANET_CLASSES) continue;
        a->spread[k][0] =
            passwd_parameter_find(a->model, passwdi_spanet_head_under(&a->topology, k, ".mean").text)->offset;
        a->spread[k][1] =
            passwd_parameter_find(a->model, passwdi_spanet_head_under(&a->topology, k, ".std").text)->offset;
    }
    if (s == PASSWD_OK && config->linear_activation == PASSWD_SPANET_PRELU) s = passwdi_spanet_first_slopes(a, error);
    if (s != PASSWD_OK) {
        passwd_spanet_free(a);
        return s;
    }
    *net = a;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_spanet_free(passwd_spanet *a) {
    passwd_allocator allocator;
    if (!a) return;
    allocator = a->allocator;
    passwd_model_free(a->model);
    passwdi_delete(&allocator, a);
}
PASSWD_DEF const passwd_spanet_config *passwd_spanet_config_of(const passwd_spanet *a) { return &a->config; }
PASSWD_DEF const passwd_spanet_topology *passwd_spanet_topology_of(const passwd_spanet *a) { return &a->topology; }
PASSWD_DEF passwd_model *passwd_spanet_model(const passwd_spanet *a) { return a->model; }
PASSWD_DEF int passwd_spanet_features(const passwd_spanet *a) { return a->features; }
PASSWD_DEF int passwd_spanet_rows(const passwd_spanet *a) { return a->rows; }
PASSWD_DEF int passwd_spanet_head_floats(const passwd_spanet *a, int head) {
    if (head < 0) return a->head_from[a->topology.heads];
    return head < a->topology.heads ? a->head_from[head + 1] - a->head_from[head] : 0;
}
PASSWD_DEF passwd_spanet_selection passwd_spanet_selection_of(const passwd_spanet *a) {
    return a->config.partial_events || a->config.detection_loss_scale > 0.0f ? PASSWD_SPANET_EXPECTED
                                                                             : PASSWD_SPANET_JOINT;
}
PASSWD_DEF const char *passwd_spanet_unused(const passwd_spanet *a) { return a->passed; }

/* Means or widths of a collection's features, in a block of parameters; NULL if they are not normalised. */
static const float *passwdi_spanet_normalizer(
    const float *block, const passwd_spanet *a, int input, const char *which) {
    const passwdi_spanet_name name = passwdi_spanet_under("embedding.vector_embedding_layers.", "", input);
    const passwd_parameter *p = passwd_parameter_find(a->model, PASSWDI_UNDER(name.text, which));
    return p ? block + p->offset : NULL;
}

/* --- weights files --- */
/* Tensors that the public code stores although its settings leave them unused: gates (and what they carry past a block)
   without skip connections, weights of classes of events, which training recomputes, heads of regressions and
   classifications. */
static int passwdi_spanet_needless(const passwd_model *m, const char *name) {
    static const char *const parts[3] = { ".gru.", ".residual.", ".gate_bias" };
    static const char *const whole[5] = { "jet_weights_tensor", "particle_weights_tensor", "classification_weights.",
        "regression_decoder.", "classification_decoder." };
    size_t k, length;
    int i;
    for (k = 0; k < 5; k++)
        if (strncmp(name, whole[k], strlen(whole[k])) == 0) return 1;
    for (k = 0; k < 3; k++) {
        const char *at = strstr(name, parts[k]);
        length = at ? (size_t)(at - name) + 1 : 0;
        for (i = 0; at && i < passwd_parameter_count(m); i++) /* of a block that is present */
            if (strncmp(passwd_parameter_at(m, i)->name, name, length) == 0) return 1;
    }
    return 0;
}
/* A tensor whose shape differs from the parameter's only by ones gets the parameter's. */
static void passwdi_spanet_take_tensor(const passwd_parameter *p, const passwd_tensor *from, passwd_tensor *to) {
    int d;
    *to = *from;
    if (!p || to->count != (int64_t)p->count) return;
    for (d = 0; d < from->rank; d++)
        if (from->shape[d] != 1 && from->shape[d] != from->count) return;
    for (d = 0; d < p->rank; d++)
        if (p->shape[d] != 1 && p->shape[d] != (int)p->count) return;
    to->rank = p->rank;
    for (d = 0; d < p->rank; d++) to->shape[d] = p->shape[d];
}
/* The network's tensors, without those that it does not need. */
static passwd_status passwdi_spanet_read_tensors(
    passwd_spanet *a, const passwd_tensor_file *file, const char *name, passwd_error *error) {
    passwd_tensor_file needed = *file;
    const char *one = NULL;
    passwd_status s = PASSWD_OK;
    int64_t i, unused = 0;
    needed.tensors = (passwd_tensor *)passwdi_new(
        &a->allocator, (size_t)(file->count > 0 ? file->count : 1), sizeof *needed.tensors);
    if (!needed.tensors)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to read %s.", name);
    for (needed.count = i = 0; s == PASSWD_OK && i < file->count; i++) {
        const passwd_tensor *t = file->tensors + i;
        const int known = passwd_parameter_find(a->model, t->name) != NULL || t->dtype >= PASSWD_DTYPE_I64;
        if (known)
            passwdi_spanet_take_tensor(passwd_parameter_find(a->model, t->name), t, needed.tensors + needed.count++);
        else if (!passwdi_spanet_needless(a->model, t->name))
            s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
                "%s: with these options the network has no tensor \"%s\".",
                strlen(t->name) < 140 ? passwdi_topology_tail(name) : "Weights", t->name);
        else if (unused++ == 0) one = t->name;
    }
    if (s == PASSWD_OK) s = passwd_model_read(a->model, &needed, name, error);
    if (s == PASSWD_OK && unused > 0) {
        const size_t used = strlen(a->passed);
        snprintf(a->passed + used, sizeof a->passed - used, "%s%lld tensor%s (%s%s)", used ? "; " : "",
            (long long)unused, unused > 1 ? "s" : "", one, unused > 1 ? ", ..." : "");
    }
    passwdi_delete(&a->allocator, needed.tensors);
    return s;
}
typedef struct passwdi_spanet_asked {
    const passwd_spanet_topology *topology;
    int max_jets;
    passwd_spanet **net;
} passwdi_spanet_asked;
static passwd_status passwdi_spanet_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    const passwdi_spanet_asked *call = (const passwdi_spanet_asked *)user;
    const passwd_spanet_topology *asked = call->topology;
    const char *options = passwd_tensor_metadata(file, "options"), *text = passwd_tensor_metadata(file, "topology");
    passwd_spanet_topology *topology;
    passwd_spanet_config c;
    passwd_spanet *a = NULL;
    passwd_status s = passwd_spanet_preset("public", &c, error);
    passwdi_spanet_names list;
    char why[160], passed[900] = "";
    int k, f;
    if (!options) return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the metadata have no \"options\".", name);
    if (!text && !asked)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "%s: the metadata have no \"topology\" (the public code writes none): give a topology file.", name);
    list.text = passed;
    list.room = sizeof passed;
    list.count = 0;
    if (s == PASSWD_OK) s = passwdi_spanet_config_from(&c, options, strlen(options), name, 1, &list, allocator, error);
    if (s != PASSWD_OK) return s;
    topology = (passwd_spanet_topology *)passwdi_new(allocator, 1, sizeof *topology);
    if (!topology) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "%s: There is not enough memory.", name);
    if (text) s = passwd_spanet_topology_parse(text, strlen(text), name, allocator, topology, error);
    else *topology = *asked;
    if (s == PASSWD_OK && text && asked && passwd_spanet_topology_differs(topology, asked, why))
        s = passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the network was trained for another topology: %s", name, why);
    if (call->max_jets > 0) c.max_jets = call->max_jets;
    for (k = 0; s == PASSWD_OK && k < topology->heads && k < PASSWD_SPANET_HEADS; k++) {
        const passwd_tensor *last =
            passwd_tensor_find(file, passwdi_spanet_head_under(topology, k, ".output_layer.bias").text);
        if (topology->head[k].kind == PASSWD_SPANET_CLASSES && topology->head[k].classes == 0 && last)
            topology->head[k].classes = last->count < 1000 ? (int)last->count : 1000;
    }
    if (s == PASSWD_OK) s = passwd_spanet_new(&c, topology, 0, allocator, &a, error);
    passwdi_delete(allocator, topology);
    if (s == PASSWD_OK && list.count) snprintf(a->passed, sizeof a->passed, "the options %s", passed);
    if (s == PASSWD_OK) s = passwdi_spanet_read_tensors(a, file, name, error);
    for (k = 0; s == PASSWD_OK && c.normalize_features && k < a->topology.inputs; k++)
        for (f = 0; f < a->topology.input[k].features; f++)
            if (!(passwdi_spanet_normalizer(passwd_parameters(a->model), a, k, ".normalizer.std")[f] > 0.0f))
                s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                    "%s: the width of feature \"%s\", by which the network divides, is not positive.", name,
                    a->topology.input[k].feature[f].name);
    if (s != PASSWD_OK) {
        passwd_spanet_free(a);
        return s;
    }
    *call->net = a;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_spanet_parse(const void *bytes, size_t count, const char *name,
    const passwd_spanet_topology *topology, int max_jets, const passwd_allocator *allocator, passwd_spanet **net,
    passwd_error *error) {
    passwdi_spanet_asked asked;
    asked.topology = topology;
    asked.max_jets = max_jets;
    asked.net = net;
    if (!net) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_parse: net is NULL.");
    return passwdi_from_weights(NULL, bytes, count, name, allocator, passwdi_spanet_from_file, &asked, error);
}
PASSWD_DEF passwd_status passwd_spanet_load(const char *path, const passwd_spanet_topology *topology, int max_jets,
    const passwd_allocator *allocator, passwd_spanet **net, passwd_error *error) {
    passwdi_spanet_asked asked;
    asked.topology = topology;
    asked.max_jets = max_jets;
    asked.net = net;
    if (!net || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_load: path or net is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, allocator, passwdi_spanet_from_file, &asked, error);
}
PASSWD_DEF passwd_status passwd_spanet_save(const passwd_spanet *a, const char *path, passwd_error *error) {
    const char *metadata[7] = { "format", "pt", "options", NULL, "topology", NULL, NULL };
    passwd_json_writer json;
    passwd_text topology;
    passwd_status s;
    if (!a || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_save: path or net is NULL.");
    memset(&topology, 0, sizeof topology);
    topology.allocator = a->allocator;
    passwd_json_writer_init(&json, &a->allocator);
    s = passwdi_spanet_config_write(&a->config, &json, metadata + 3, error);
    if (s == PASSWD_OK) s = passwd_spanet_topology_write(&a->topology, &topology, error);
    metadata[5] = topology.text;
    if (s == PASSWD_OK) s = passwd_model_save(a->model, path, metadata, error);
    passwd_json_writer_free(&json);
    passwdi_delete(&a->allocator, topology.text);
    return s;
}

/* --- files for the public code --- */
/* Its event file. */
static void passwdi_spanet_say_group(passwdi_topology_writer *w, passwdi_topology_group *g, const char *of,
    const signed char *rows, size_t stride, int count, int places, int most, const char *first, size_t name_stride) {
    int n, k, i;
    passwdi_topology_gather(g, rows, stride, count, places, most);
    if (g->generators == 0) return;
    passwdi_topology_say3(w, "  ", of, ":\n");
    for (n = 0; n < g->generators; n++) { /* cycles at a time */
        const signed char *row = g->generator[n];
        unsigned used = 0;
        int said = 0;
        passwdi_topology_say(w, "    - [");
        for (k = 0; k < places; k++) {
            if (row[k] == k || used >> k & 1u) continue;
            passwdi_topology_say(w, said++ ? ", [" : "[");
            for (i = k; !(used >> i & 1u); i = row[i]) {
                passwdi_topology_say3(w, i == k ? "" : ", ", first + name_stride * (size_t)i, "");
                used |= 1u << i;
            }
            passwdi_topology_say(w, "]");
        }
        passwdi_topology_say(w, "]\n");
    }
}
static void passwdi_spanet_say_public_heads(
    passwdi_topology_writer *w, const passwd_spanet_topology *t, int classes, const char *title) {
    static const char *const kinds[3] = { "gaussian", "laplacian", "log_gaussian" };
    int p, q, k, said = 0, particle, product;
    for (p = -1; p < t->particles; p++)
        for (particle = 0, q = -1; q < (p < 0 ? 0 : t->particle[p].products); q++)
            for (product = 0, k = 0; k < t->heads; k++) {
                const passwd_spanet_head *h = t->head + k;
                if ((h->kind == PASSWD_SPANET_CLASSES) != classes || h->particle != p || h->product != q) continue;
                if (!said++) passwdi_topology_say(w, title);
                if (!particle++) passwdi_topology_say3(w, "  ", p < 0 ? "EVENT" : t->particle[p].name, ":\n");
                if (!product++ && p >= 0)
                    passwdi_topology_say3(w, "    ", q < 0 ? "PARTICLE" : t->particle[p].product[q], ":\n");
                passwdi_topology_say3(w, p < 0 ? "    - " : "      - ", classes ? "" : "[ ", h->name);
                if (!classes) passwdi_topology_say3(w, ", ", kinds[h->kind], " ]");
                passwdi_topology_say(w, "\n");
            }
}
static passwd_status passwdi_spanet_event_file(
    const passwd_spanet_topology *t, passwd_text *text, passwd_error *error) {
    static const char *const kinds[4] = { ": none\n", ": log\n", ": normalize\n", ": log_normalize\n" };
    passwdi_topology_group *g = (passwdi_topology_group *)passwdi_new(&text->allocator, 1, sizeof *g);
    passwdi_topology_writer w;
    int i, k;
    w.out = text;
    w.good = g != NULL;
    passwdi_topology_say(&w, "INPUTS:\n");
    for (i = 0; i < t->inputs; i++) {
        const passwd_spanet_input *in = t->input + i;
        if (i == 0 || in->global != t->input[i - 1].global)
            passwdi_topology_say(&w, in->global ? "  GLOBAL:\n" : "  SEQUENTIAL:\n");
        passwdi_topology_say3(&w, "    ", in->name, ":\n");
        for (k = 0; k < in->features; k++)
            passwdi_topology_say3(
                &w, "      ", in->feature[k].name, kinds[in->feature[k].logarithm + 2 * in->feature[k].normalize]);
    }
    passwdi_topology_say(&w, "EVENT:\n");
    for (i = 0; i < t->particles; i++) {
        passwdi_topology_say3(&w, "  ", t->particle[i].name, ":\n");
        for (k = 0; k < t->particle[i].products; k++)
            passwdi_topology_say3(&w, "    - ", t->particle[i].product[k], "\n");
    }
    passwdi_topology_say(&w, "PERMUTATIONS:\n");
    if (g)
        passwdi_spanet_say_group(&w, g, "EVENT", &t->permutation[0][0], PASSWD_SPANET_PARTICLES, t->permutations,
            t->particles, PASSWD_SPANET_GROUP, t->particle[0].name, sizeof t->particle[0]);
    for (i = 0; g && i < t->particles; i++) {
        const passwd_spanet_particle *p = t->particle + i;
        passwdi_spanet_say_group(&w, g, p->name, &p->permutation[0][0], PASSWD_SPANET_PRODUCTS, p->permutations,
            p->products, PASSWD_SPANET_ORDERS, p->product[0], sizeof p->product[0]);
    }
    passwdi_spanet_say_public_heads(&w, t, 0, "REGRESSIONS:\n");
    passwdi_spanet_say_public_heads(&w, t, 1, "CLASSIFICATIONS:\n");
    passwdi_delete(&text->allocator, g);
    return w.good ? PASSWD_OK
                  : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the event file.");
}
/* Its options: those of ours that it knows, under the same names. */
static passwd_status passwdi_spanet_options(
    const passwd_spanet_config *c, passwd_json_writer *w, const char **text, passwd_error *error) {
    static const char *const own[] = { "max_jets", "align", "mass_units", "pair_units", "average", "validation",
        "augment" };
    size_t k;
    int i;
    passwd_json_begin_object(w);
    for (k = 0; k < PASSWDI_SPANET_SETTINGS; k++) {
        const passwdi_setting *t = passwdi_spanet_settings + k;
        const double value = passwdi_setting_get(t, c);
        for (i = 0; i < (int)(sizeof own / sizeof *own) && strcmp(t->name, own[i]) != 0; i++) {}
        if (i < (int)(sizeof own / sizeof *own)) continue;
        passwd_json_key(w, t->name);
        if (strcmp(t->name, "normalize_features") == 0) passwd_json_write_bool(w, 1); /* by 0 and 1 where it is off */
        else if (t->kind == 'i' && t->high <= 1.0) passwd_json_write_bool(w, value > 0.5);
        else passwd_json_write_number(w, value);
    }
    passwd_json_key(w, "train_validation_split");
    passwd_json_write_number(w, floor(1e6 * (1.0 - (double)c->validation) + 0.5) / 1e6);
    return passwdi_spanet_write_words(c, w, text, error);
}
/* Tensors being collected; what they borrow. */
typedef struct passwdi_spanet_exporting {
    passwd_tensor_writer w;
    const passwd_spanet *net;
    passwdi_spanet_name *name; /* of tensors that our network lacks */
    size_t names;
    float *rest; /* zeros, for tensors that nothing reads; ones behind them */
    int64_t tracked, particles[PASSWD_SPANET_PARTICLES];
    int64_t permutations[PASSWD_SPANET_GROUP * PASSWD_SPANET_PARTICLES];
} passwdi_spanet_exporting;
static passwd_status passwdi_spanet_export(passwdi_spanet_exporting *x, const char *name, const char *below,
    passwd_dtype dtype, int rank, int a, int b, const void *data, passwd_error *error) {
    int64_t shape[2];
    shape[0] = a;
    shape[1] = b;
    x->name[x->names] = passwdi_spanet_under(name, below, -1);
    return passwd_tensor_writer_add(&x->w, x->name[x->names++].text, dtype, rank, shape, data, error);
}
/* A parameter in the shape that it has there. */
static passwd_status passwdi_spanet_export_own(
    passwdi_spanet_exporting *x, const passwd_parameter *p, passwd_error *error) {
    const int masked = x->net->config.normalization == PASSWD_SPANET_MASKED_BATCH_NORM && p->rank == 1
        && strstr(p->name, ".normalization."),
              scalar = strncmp(p->name, "regression_decoder.", 19) == 0
        && (passwdi_spanet_ends(p->name, ".mean") || passwdi_spanet_ends(p->name, ".std"));
    int64_t shape[5] = { 1, 1, 1, 1, 1 };
    int d, rank = p->rank;
    for (d = 0; d < rank; d++) shape[d] = p->shape[d];
    if (scalar) rank = 0;
    else if (masked || passwdi_spanet_is_slope(p->name)) {
        rank = masked ? 3 : 1;
        shape[0] = shape[1] = 1;
        shape[rank - 1] = (int64_t)p->count;
    }
    return passwd_tensor_writer_add(
        &x->w, p->name, PASSWD_DTYPE_F32, rank, shape, passwd_parameters(x->net->model) + p->offset, error);
}
/* What it stores beside the end of a block or of a norm: gates without skip connections, the number of batches. */
static passwd_status passwdi_spanet_export_beside(
    passwdi_spanet_exporting *x, const passwd_parameter *p, passwd_error *error) {
    static const char letters[6] = { 'W', 'U', 'W', 'U', 'W', 'U' }, gates[6] = { 'r', 'r', 'z', 'z', 'g', 'g' };
    const int n = (int)p->count;
    passwdi_spanet_name stem;
    passwd_status s = PASSWD_OK;
    char below[24];
    int k;
    snprintf(stem.text, sizeof stem.text, "%s", p->name);
    if (passwdi_spanet_ends(p->name, ".running_var")) {
        stem.text[strlen(stem.text) - strlen("running_var")] = 0;
        return passwdi_spanet_export(
            x, stem.text, "num_batches_tracked", PASSWD_DTYPE_I64, 0, 1, 1, &x->tracked, error);
    }
    if (x->net->config.linear_block_type != PASSWD_SPANET_GRU || !passwdi_spanet_ends(p->name, ".linear_2.0.bias"))
        return PASSWD_OK;
    stem.text[strlen(stem.text) - strlen("linear_2.0.bias")] = 0;
    if (passwd_parameter_find(x->net->model, PASSWDI_UNDER(stem.text, "gru.gate_bias"))) return PASSWD_OK;
    s = passwdi_spanet_export(x, stem.text, "gru.gate_bias", PASSWD_DTYPE_F32, 1, n, 1, x->rest, error);
    for (k = 0; s == PASSWD_OK && k < 6; k++) {
        snprintf(below, sizeof below, "gru.linear_%c_%c.weight", letters[k], gates[k]);
        s = passwdi_spanet_export(x, stem.text, below, PASSWD_DTYPE_F32, 2, n, n, x->rest, error);
        snprintf(below, sizeof below, "gru.linear_%c_%c.bias", letters[k], gates[k]);
        if (s == PASSWD_OK && letters[k] == 'W')
            s = passwdi_spanet_export(x, stem.text, below, PASSWD_DTYPE_F32, 1, n, 1, x->rest, error);
    }
    return s;
}
/* What belongs to the whole network. zeros: how many precede the ones. */
static passwd_status passwdi_spanet_export_whole(passwdi_spanet_exporting *x, size_t zeros, passwd_error *error) {
    const passwd_spanet_topology *t = &x->net->topology;
    passwd_status s;
    int g, k;
    for (k = 0; k < t->particles; k++) x->particles[k] = (int64_t)1 << k;
    for (g = 0; g < t->permutations; g++)
        for (k = 0; k < t->particles; k++) x->permutations[g * t->particles + k] = t->permutation[g][k];
    s = passwdi_spanet_export(
        x, "event_permutation_tensor", "", PASSWD_DTYPE_I64, 2, t->permutations, t->particles, x->permutations, error);
    if (s == PASSWD_OK && passwd_parameter_find(x->net->model, "particle_weights_tensor"))
        s = passwdi_spanet_export(
            x, "particle_index_tensor", "", PASSWD_DTYPE_I64, 1, t->particles, 1, x->particles, error);
    if (s == PASSWD_OK && x->net->config.balance_jets)
        s = passwdi_spanet_export(
            x, "jet_weights_tensor", "", PASSWD_DTYPE_F32, 1, x->net->rows, 1, x->rest + zeros, error);
    for (k = 0; s == PASSWD_OK && !x->net->config.normalize_features && k < t->inputs; k++) {
        const passwdi_spanet_name name = passwdi_spanet_under("embedding.vector_embedding_layers.", "", k);
        s = passwdi_spanet_export(
            x, name.text, ".normalizer.mean", PASSWD_DTYPE_F32, 1, t->input[k].features, 1, x->rest, error);
        if (s == PASSWD_OK)
            s = passwdi_spanet_export(
                x, name.text, ".normalizer.std", PASSWD_DTYPE_F32, 1, t->input[k].features, 1, x->rest + zeros, error);
    }
    return s;
}
static passwd_status passwdi_spanet_exportable(const passwd_spanet *a, passwd_error *error) {
    const passwd_spanet_topology *t = &a->topology;
    int k, changes = 0;
    for (k = 1; k < t->inputs; k++) changes += t->input[k].global != t->input[k - 1].global;
    if (a->config.mass_units > 0 || a->config.pair_units > 0 || a->config.align)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "The public code has no \"%s\", which this network was trained with; train one with mass_units=0, "
            "pair_units=0 and "
            "align=0, as the presets public and paper do.",
            a->config.mass_units > 0       ? "mass_units"
                : a->config.pair_units > 0 ? "pair_units"
                                           : "align");
    if (changes > 1)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "The public code numbers global inputs and collections in two groups, but here they are mixed.");
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_spanet_save_public(const passwd_spanet *a, const char *path, passwd_error *error) {
    passwdi_spanet_exporting *x = NULL;
    passwd_json_writer json;
    passwd_text event_file;
    const char *options = NULL;
    size_t zeros, k;
    passwd_status s;
    int i, count;
    if (!a || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_save_public: path or net is NULL.");
    if ((s = passwdi_spanet_exportable(a, error)) != PASSWD_OK) return s;
    count = passwd_parameter_count(a->model);
    zeros = (size_t)a->config.hidden_dim * (size_t)a->config.hidden_dim;
    for (i = 0; i < count; i++) /* the widest block without a gate */
        if (passwdi_spanet_ends(passwd_parameter_at(a->model, i)->name, ".linear_2.0.bias")) {
            const size_t n = passwd_parameter_at(a->model, i)->count;
            if (n * n > zeros) zeros = n * n;
        }
    if (zeros < PASSWD_SPANET_FEATURES) zeros = PASSWD_SPANET_FEATURES;
    memset(&event_file, 0, sizeof event_file);
    event_file.allocator = a->allocator;
    passwd_json_writer_init(&json, &a->allocator);
    x = (passwdi_spanet_exporting *)passwdi_new(&a->allocator, 1, sizeof *x);
    if (x) {
        passwd_tensor_writer_init(&x->w, &a->allocator);
        x->net = a;
        x->name = (passwdi_spanet_name *)passwdi_new(&a->allocator, 10 * (size_t)count + 16, sizeof *x->name);
        x->rest = (float *)passwdi_new(&a->allocator, zeros + PASSWD_MAX_OBJECTS + 1, sizeof *x->rest);
    }
    if (!x || !x->name || !x->rest)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to write %.60s.", path);
    for (k = 0; s == PASSWD_OK && k < zeros + PASSWD_MAX_OBJECTS + 1; k++) x->rest[k] = k < zeros ? 0.0f : 1.0f;
    if (s == PASSWD_OK) s = passwdi_spanet_options(&a->config, &json, &options, error);
    if (s == PASSWD_OK) s = passwdi_spanet_event_file(&a->topology, &event_file, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(&x->w, "format", "pt", error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(&x->w, "options", options, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(&x->w, "event_info", event_file.text, error);
    for (i = 0; s == PASSWD_OK && i < count; i++) {
        s = passwdi_spanet_export_own(x, passwd_parameter_at(a->model, i), error);
        if (s == PASSWD_OK) s = passwdi_spanet_export_beside(x, passwd_parameter_at(a->model, i), error);
    }
    if (s == PASSWD_OK) s = passwdi_spanet_export_whole(x, zeros, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_save(&x->w, path, error);
    if (x) {
        passwd_tensor_writer_free(&x->w);
        passwdi_delete(&a->allocator, x->name);
        passwdi_delete(&a->allocator, x->rest);
    }
    passwdi_delete(&a->allocator, x);
    passwd_json_writer_free(&json);
    passwdi_delete(&a->allocator, event_file.text);
    return s;
}

/* --- events in, answers out --- */
typedef struct passwdi_spanet_frame {
    double turn, mirror, flip;
} passwdi_spanet_frame; /* flip (phi - turn), mirror eta; flip and mirror: 1 or -1 */
static const passwdi_spanet_frame passwdi_spanet_as_is = { 0.0, 1.0, 1.0 };
static double passwdi_spanet_angle(double phi) { /* in [-pi, pi) */
    return phi - 6.283185307179586 * floor((phi + 3.141592653589793) / 6.283185307179586);
}
/* The column of events that a feature reads: events were loaded with passwd_spanet_columns_of. */
static int passwdi_spanet_column(const passwd_spanet_columns *columns, const char *name) {
    static const char *const own[] = { "pt", "eta", "phi", "sin_phi", "cos_phi", "m", "mass", "e", "energy" };
    size_t i;
    int k;
    for (i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(name, own[i]) == 0) return -1;
    for (k = 0; k < columns->options.n_numbers; k++) {
        const char *column = columns->numbers[k];
        const size_t length = strlen(column), used = length - (length > 1 && column[length - 1] == '?');
        if (strncmp(column, name, used) == 0 && strlen(name) == used) return k;
    }
    return -2;
}
/* floats of a row, at most: features, flags, two masks, a four-momentum */
enum { PASSWDI_SPANET_ONE = PASSWD_SPANET_INPUTS * (PASSWD_SPANET_FEATURES + 1) + 6 };
typedef struct passwdi_spanet_reader { /* how rows become features; set up once for many events */
    double *const *number;             /* of events; NULL: of the arrays */
    short column[PASSWD_ARRAYS_LINKED][PASSWD_SPANET_INPUTS]
                [PASSWD_SPANET_FEATURES];  /* -1: of the momentum, -2: none */
    short of_object[PASSWD_SPANET_INPUTS]; /* 1: a global input without columns of its own */
    double mean[PASSWD_SPANET_INPUTS][PASSWD_SPANET_FEATURES], scale[PASSWD_SPANET_INPUTS][PASSWD_SPANET_FEATURES];
} passwdi_spanet_reader;
static const double *passwdi_spanet_numbers(const passwd_events *v, int column) {
    return column >= 0 && column < v->n_numbers && v->number ? v->number[column] : NULL;
}
/* The place of a column in one of the linked structs (events: those of the arrays, or NULL); -2: it has none. */
static int passwdi_spanet_place(const passwd_arrays *one, const passwd_events *events, const char *name, int column) {
    if (column >= 0 && events) return passwdi_spanet_numbers(events, column) ? column : -2;
    if (column < 0 || (column = passwdi_number_of(one, name, column)) < 0) return -2;
    return column;
}
/* Whether a global input is read from an object: none of its columns is there, and its features are an object's. */
static int passwdi_spanet_of_object(
    const passwd_spanet *a, const passwd_arrays *v, const passwd_events *events, int input) {
    const passwd_spanet_columns *columns = &a->columns;
    const passwd_spanet_input *t = a->topology.input + input;
    const passwd_arrays *one;
    char name[72];
    int f, types = 0;
    for (one = v; one; one = one->more) types |= one->types && one->n_types > 0;
    for (f = 0; f < t->features; f++) {
        const char *feature = t->feature[f].name;
        snprintf(name, sizeof name, "%.31s.%.31s", t->name, feature);
        for (one = v; one; one = one->more)
            if (passwdi_spanet_place(one, events, name, passwdi_spanet_column(columns, name)) >= 0) return 0;
        if (strcmp(feature, "met") != 0 && passwdi_spanet_column(columns, feature) != -1) return 0;
    }
    return t->global && types;
}
/* events: those of the arrays, or NULL. */
static PASSWDI_APART passwd_status passwdi_spanet_reader_of(const passwd_spanet *a, const passwd_arrays *v,
    const passwd_events *events, passwdi_spanet_reader *r, passwd_error *error) {
    const passwd_spanet_columns *columns = &a->columns;
    int i, f, link, found;
    r->number = events ? events->number : NULL;
    for (i = 0; i < a->topology.inputs; i++) r->of_object[i] = (short)passwdi_spanet_of_object(a, v, events, i);
    for (i = 0; i < a->topology.inputs; i++) {
        const float *block = passwd_parameters(a->model);
        const float *mean = passwdi_spanet_normalizer(block, a, i, ".normalizer.mean"),
                    *width = passwdi_spanet_normalizer(block, a, i, ".normalizer.std");
        for (f = 0; f < a->topology.input[i].features; f++) {
            const char *name = a->topology.input[i].feature[f].name;
            const passwd_arrays *one;
            char own[72];
            int column;
            if (a->topology.input[i].global && !r->of_object[i]) {
                snprintf(own, sizeof own, "%.31s.%.31s", a->topology.input[i].name, name);
                name = own;
            }
            column = r->of_object[i] ? -1 : passwdi_spanet_column(columns, name);
            r->mean[i][f] = mean ? (double)mean[f] : 0.0;
            r->scale[i][f] = width ? 1.0 / (double)width[f] : 1.0;
            found = column < 0;
            for (one = v, link = 0; one; one = one->more, link++) {
                const int at = column == -1 ? -1 : passwdi_spanet_place(one, events, name, column);
                r->column[link][i][f] = (short)at;
                found = found || at >= 0;
            }
            if (!found)
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                    "The events have no column \"%s\", which the topology names.", name);
        }
    }
    return PASSWD_OK;
}
/* One feature of a row. */
static double passwdi_spanet_feature(const passwdi_spanet_reader *r, const passwd_arrays *v, int64_t row, int input,
    int feature, const char *name, const passwdi_spanet_frame *f) {
    const int column = r->column[row >> 48][input][feature];
    double phi;
    if (column == -2) return (double)NAN;
    if (column >= 0 && r->number) return r->number[column][row];
    if (column >= 0) {
        v = passwdi_linked(v, &row);
        return passwdi_at(v->number + column, row);
    }
    phi = passwdi_row_phi(v, row);
    if (f->turn != 0.0) phi = passwdi_spanet_angle(phi - f->turn);
    phi *= f->flip;
    if (strcmp(name, "pt") == 0 || strcmp(name, "met") == 0) return passwdi_row_pt(v, row);
    if (strcmp(name, "eta") == 0) return f->mirror * passwdi_row_eta(v, row);
    if (strcmp(name, "phi") == 0) return phi;
    if (strcmp(name, "sin_phi") == 0) return sin(phi);
    if (strcmp(name, "cos_phi") == 0) return cos(phi);
    return name[0] == 'm' ? passwdi_row_m(v, row) : passwdi_row_e(v, row);
}
/* Puts a feature into the row x; 0: it is NaN or infinite. */
static int passwdi_spanet_put(
    const passwd_spanet *a, const passwdi_spanet_reader *r, int input, int f, double value, int raw, float *x) {
    if (a->topology.input[input].feature[f].logarithm) value = log(1.0 + value);
    if (!raw) value = (value - r->mean[input][f]) * r->scale[input][f];
    if (!(fabs(value) <= 1e30)) return 0;
    x[a->first[input] + f] = (float)value;
    return 1;
}
/* What a row is, beside its features. */
static void passwdi_spanet_flag(const passwd_spanet *a, int input, float *x) {
    if (a->topology.inputs > 1) x[a->flags + input] = 1.0f;
    if (!a->globals) return;
    x[a->keys] = 1.0f;
    x[a->keys + 1] = a->topology.input[input].global ? 0.0f : 1.0f;
}
/* Features of one row of collection `input`; 0: one is NaN or infinite. */
static int passwdi_spanet_row(const passwd_spanet *a, const passwdi_spanet_reader *r, const passwd_arrays *v,
    int64_t row, int input, const passwdi_spanet_frame *frame, int raw, float *x) {
    const passwd_spanet_input *t = a->topology.input + input;
    int f;
    for (f = 0; f < t->features; f++)
        if (!passwdi_spanet_put(
                a, r, input, f, passwdi_spanet_feature(r, v, row, input, f, t->feature[f].name, frame), raw, x))
            return 0;
    passwdi_spanet_flag(a, input, x);
    if (a->momenta >= 0) {
        const double pt = passwdi_row_pt(v, row), phi = frame->flip * (passwdi_row_phi(v, row) - frame->turn);
        x[a->momenta] = (float)(0.01 * passwdi_row_e(v, row));
        x[a->momenta + 1] = (float)(0.01 * pt * cos(phi));
        x[a->momenta + 2] = (float)(0.01 * pt * sin(phi));
        x[a->momenta + 3] = (float)(0.01 * pt * sinh(frame->mirror * passwdi_row_eta(v, row)));
        for (f = 0; f < 4; f++)
            if (!(fabs((double)x[a->momenta + f]) <= 1e15)) return 0;
    }
    return 1;
}
static double *passwdi_spanet_named(const passwd_spanet_input *t, double *value, const char *name) {
    int f;
    for (f = 0; f < t->features; f++)
        if (strcmp(t->feature[f].name, name) == 0) return value + f;
    return NULL;
}
/* Numbers of an event, turned as its jets are. */
static void passwdi_spanet_turn(const passwd_spanet_input *t, const passwdi_spanet_frame *frame, double *value) {
    double *phi = passwdi_spanet_named(t, value, "phi"), *sine = passwdi_spanet_named(t, value, "sin_phi"),
           *cosine = passwdi_spanet_named(t, value, "cos_phi"), *eta = passwdi_spanet_named(t, value, "eta");
    const double angle = sine && cosine ? frame->flip * (atan2(*sine, *cosine) - frame->turn) : 0.0;
    if (eta) *eta *= frame->mirror;
    if (frame->turn == 0.0 && frame->flip > 0.0) return;
    if (phi) *phi = frame->flip * passwdi_spanet_angle(*phi - frame->turn);
    if (sine && cosine) {
        *sine = sin(angle);
        *cosine = cos(angle);
    }
}
/* A number of an event: that of its first row, in the first of the linked structs with this column and rows of the
   event; NaN: none. */
static double passwdi_spanet_event_number(
    const passwdi_spanet_reader *r, const passwd_arrays *v, int64_t event, int input, int feature) {
    int link;
    for (link = 0; v; v = v->more, link++) {
        const int column = r->column[link][input][feature];
        const int64_t row = passwdi_first_row(v, event);
        if (column < 0 || row == passwdi_end_row(v, event)) continue;
        return r->number ? r->number[column][row] : passwdi_at(v->number + column, row);
    }
    return (double)NAN;
}
/* The event's first object of the input's types; -1: none. */
static int64_t passwdi_spanet_first_of(const passwd_spanet_input *t, const passwd_arrays *v, int64_t event) {
    const int64_t size = passwdi_event_size(v, event);
    int64_t place;
    int k;
    for (place = 0; place < size; place++) {
        const int64_t row = passwdi_event_row(v, event, place);
        const char *type = passwdi_row_type(v, row);
        for (k = 0; k < passwdi_topology_types(t); k++)
            if (strcmp(type, passwdi_topology_type(t, k)) == 0) return row;
    }
    return -1;
}
/* A global input's row of an event: 1; 0: the event has none; -1: some of its numbers are missing or infinite. */
static int passwdi_spanet_global(const passwd_spanet *a, const passwdi_spanet_reader *r, const passwd_arrays *v,
    int64_t event, int input, const passwdi_spanet_frame *frame, int raw, float *x) {
    const passwd_spanet_input *t = a->topology.input + input;
    const int64_t row = r->of_object[input] ? passwdi_spanet_first_of(t, v, event) : -1;
    double value[PASSWD_SPANET_FEATURES];
    int f, there = 0;
    if (r->of_object[input] && row < 0) return 0;
    for (f = 0; f < t->features; f++) {
        value[f] = row >= 0 ? passwdi_spanet_feature(r, v, row, input, f, t->feature[f].name, frame)
                            : passwdi_spanet_event_number(r, v, event, input, f);
        there += value[f] == value[f];
    }
    if (!there) return 0;
    if (row < 0) passwdi_spanet_turn(t, frame, value);
    for (f = 0; f < t->features; f++)
        if (!passwdi_spanet_put(a, r, input, f, value[f], raw, x)) return -1;
    passwdi_spanet_flag(a, input, x);
    return 1;
}
/* The rows of an event that are not jets: that of the particle vector and those of global inputs (step: 0 puts them all
   into one row, which only checks them); 0: a feature is NaN or infinite. */
static int passwdi_spanet_front(const passwd_spanet *a, const passwdi_spanet_reader *r, const passwd_arrays *v,
    int64_t event, const passwdi_spanet_frame *frame, int raw, int step, float *x) {
    int k, at = 0;
    if (a->globals) x[a->keys] = x[a->keys + 1] = 1.0f;
    for (k = 0; k < a->topology.inputs; k++)
        if (a->topology.input[k].global && passwdi_spanet_global(a, r, v, event, k, frame, raw, x + ++at * step) < 0)
            return 0;
    return 1;
}
/* The frame of an event's n jets: that of its hardest jet, or, without align, the one that it has. */
static passwdi_spanet_frame passwdi_spanet_frame_of(
    const passwd_spanet *a, const passwd_arrays *v, int64_t event, const int32_t *rows, int n) {
    passwdi_spanet_frame frame = passwdi_spanet_as_is;
    int64_t hardest, row;
    int k;
    if (!a->config.align || n == 0) return frame;
    hardest = passwdi_event_row(v, event, rows[0]);
    for (k = 1; k < n; k++) {
        row = passwdi_event_row(v, event, rows[k]);
        if (passwdi_row_pt(v, row) > passwdi_row_pt(v, hardest)) hardest = row;
    }
    frame.turn = passwdi_row_phi(v, hardest);
    frame.mirror = passwdi_row_eta(v, hardest) < 0.0 ? -1.0 : 1.0;
    return frame;
}
/* One event into x (rows x features, fully written; NULL: it is only checked); returns its number of rows, or -1 if a
   feature is NaN or infinite. */
static int passwdi_spanet_event(const passwd_spanet *a, const passwdi_spanet_reader *r, const passwd_arrays *v,
    int64_t event, const passwdi_spanet_frame *given, int raw, float *x, int64_t *dropped) {
    int32_t rows[PASSWD_MAX_OBJECTS];
    signed char input[PASSWD_MAX_OBJECTS];
    float one[PASSWDI_SPANET_ONE];
    const int n = passwdi_spanet_jets(&a->topology, v, event, a->config.max_jets, rows, input, dropped),
              before = 1 + a->globals;
    const passwdi_spanet_frame frame = given ? *given : passwdi_spanet_frame_of(a, v, event, rows, n);
    int k;
    if (x) memset(x, 0, (size_t)a->rows * (size_t)a->features * sizeof *x);
    if (a->globals && !passwdi_spanet_front(a, r, v, event, &frame, raw, x ? a->features : 0, x ? x : one)) return -1;
    for (k = 0; k < n; k++)
        if (!passwdi_spanet_row(a, r, v, passwdi_event_row(v, event, rows[k]), input[k], &frame, raw,
                x ? x + (size_t)(k + before) * (size_t)a->features : one))
            return -1;
    return n + before;
}
static passwd_status passwdi_spanet_no_number(const passwd_arrays *v, int64_t event, passwd_error *error) {
    return passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, v, event,
        "has a jet or a global input with a feature that is NaN, infinite, or the logarithm of a number that is "
        "not positive.");
}
/* Sets up the reader, and checks the whole range before anything of it is written. */
static passwd_status passwdi_spanet_look_all(const passwd_spanet *a, passwdi_spanet_reader *r, const passwd_arrays *v,
    const passwd_events *events, int64_t first, int64_t count, passwd_error *error) {
    passwd_status s = passwdi_arrays_check(v, first, count, error);
    int64_t e;
    if (s == PASSWD_OK) s = passwdi_spanet_reader_of(a, v, events, r, error);
    for (e = first; s == PASSWD_OK && e < first + count; e++)
        if (passwdi_spanet_event(a, r, v, e, NULL, 0, NULL, NULL) < 0) s = passwdi_spanet_no_number(v, e, error);
    return s;
}
/* Events that were checked; adds up what was dropped. */
static void passwdi_spanet_encode(const passwd_spanet *a, const passwdi_spanet_reader *r, const passwd_arrays *v,
    int64_t first, int64_t count, float *x, int32_t *objects, int64_t *dropped) {
    const size_t size = (size_t)a->rows * (size_t)a->features;
    int64_t e;
    for (e = 0; e < count; e++)
        objects[e] = passwdi_spanet_event(a, r, v, first + e, NULL, 0, x + (size_t)e * size, dropped);
}
PASSWD_DEF passwd_status passwd_spanet_inputs(const passwd_spanet *a, const passwd_events *v, int64_t first,
    int64_t count, float *x, int32_t *objects, int64_t *dropped, passwd_error *error) {
    const passwd_arrays arrays = passwdi_arrays_of(v);
    passwdi_spanet_reader reader;
    passwd_status s;
    if (!a || !v || !x || !objects)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_inputs: a required argument is NULL.");
    s = passwdi_spanet_look_all(a, &reader, &arrays, v, first, count, error);
    if (s == PASSWD_OK) passwdi_spanet_encode(a, &reader, &arrays, first, count, x, objects, dropped);
    return s;
}

struct passwd_spanet_job {
    passwd_allocator allocator;
    const passwd_spanet *net;
    passwd_workspace *work;
    int64_t block; /* events at a time */
    passwdi_spanet_scratch *scratch;
    int threads; /* of the selection, one per thread */
    passwd_workspace_options options;
    float *x, *output[2 * PASSWD_SPANET_PARTICLES + PASSWD_SPANET_HEADS];
    float *heads; /* the caller's, or NULL */
    int32_t *objects;
    passwdi_spanet_reader reader; /* of the run at hand */
    passwd_spanet_job *more;      /* of an ensemble: the next network's */
};
PASSWD_DEF void passwd_spanet_job_heads(passwd_spanet_job *j, float *values) { j->heads = values; }
PASSWD_DEF void passwd_spanet_job_free(passwd_spanet_job *j) {
    passwd_allocator a;
    int k;
    if (!j) return;
    passwd_spanet_job_free(j->more);
    a = j->allocator;
    passwd_workspace_free(j->work);
    for (k = 0; j->scratch && k < j->threads; k++)
        if (j->scratch[k].memory) passwdi_spanet_scratch_free(j->scratch + k);
    passwdi_delete(&a, j->scratch);
    for (k = 0; k < 2 * PASSWD_SPANET_PARTICLES + PASSWD_SPANET_HEADS; k++) passwdi_delete(&a, j->output[k]);
    passwdi_delete(&a, j->x);
    passwdi_delete(&a, j->objects);
    passwdi_delete(&a, j);
}
/* Floats of all outputs of an event. */
static size_t passwdi_spanet_out(const passwd_spanet *net) {
    size_t floats = 0;
    int k;
    for (k = 0; k < passwd_output_count(net->model); k++) floats += passwd_output_size(net->model, k);
    return floats;
}
/* Events at a time: about 16 MB of distributions. */
static int64_t passwdi_spanet_block(const passwd_spanet *net) {
    const int64_t block = (int64_t)(((size_t)1 << 22) / passwdi_spanet_out(net)) / 16 * 16;
    return block < 16 ? 16 : block > 1024 ? 1024 : block;
}
PASSWD_DEF double passwd_spanet_memory(
    const passwd_spanet *net, const passwd_workspace_options *options, int64_t events) {
    const double parameters = net ? (double)passwd_parameter_floats(net->model) : 0.0,
                 row = net ? (double)net->rows * net->features : 0.0;
    double sum, sets, threads = 1.0;
    int p, k;
    if (!net) return 0.0;
    sum = passwd_workspace_bytes(net->model, options);
    if (options && options->losses) /* moments and copies of parameters; what is known of every event */
        return sum + 4.0 * (9.0 * parameters + row)
            + 4.0 * (double)events
            * ((net->config.augment ? 0.0 : row) + net->topology.particles * (double)PASSWDI_SPANET_TRUTH
                + net->topology.heads * (double)PASSWDI_SPANET_AIMS + 16.0);
#ifdef _OPENMP
    if (options && options->threads > 1) threads = (double)options->threads;
#endif
    sum += 4.0 * (double)passwdi_spanet_block(net) * ((double)passwdi_spanet_out(net) + row);
    for (p = 0; p < net->topology.particles; p++) { /* candidates of the selection */
        for (sets = 1.0, k = 0; k < net->topology.particle[p].products; k++)
            sets *= fmax(0.0, (double)(net->config.max_jets - k)) / (k + 1);
        sum += threads * sets * sizeof(uint64_t);
    }
    return sum + threads * sizeof(passwdi_spanet_scratch);
}
/* What there is not enough memory for, and what takes most of it. */
static passwd_status passwdi_spanet_no_memory(
    const passwd_spanet *net, const passwd_workspace_options *options, int64_t events, passwd_error *error) {
    const passwd_spanet_particle *most = net->topology.particle;
    const int training = options && options->losses;
    int p;
    for (p = 1; p < net->topology.particles; p++)
        if (net->topology.particle[p].products > most->products) most = net->topology.particle + p;
    return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
        "There is not enough memory for %s: %.2g GB with max_jets %d and %d threads, since particle \"%.31s\" has %d "
        "products. A lower max_jets or fewer threads take less.",
        training ? "training" : "a job", 1e-9 * passwd_spanet_memory(net, options, events), net->config.max_jets,
        options && options->threads > 1 ? options->threads : 1, most->name, most->products);
}
PASSWD_DEF passwd_status passwd_spanet_job_new(
    const passwd_spanet *net, const passwd_workspace_options *options, passwd_spanet_job **job, passwd_error *error) {
    passwd_workspace_options o;
    passwd_allocator a;
    passwd_spanet_job *j;
    passwd_status s;
    int k, outputs, good;
    if (!net || !job)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_job_new: net or job is NULL.");
    outputs = passwd_output_count(net->model);
    o = passwdi_room(options, &net->allocator, &a);
    j = (passwd_spanet_job *)passwdi_new(&a, 1, sizeof *j);
    if (!j && options && options->buffer)
        return passwdi_few_bytes(options, passwd_spanet_job_size(net, options), error);
    if (!j) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a job.");
    j->allocator = a;
    j->options = o;
    j->options.allocator = NULL;
    j->net = net;
    j->block = passwdi_spanet_block(net);
    s = passwd_workspace_new(net->model, &o, &j->work, error);
    if (s == PASSWD_ERROR_MEMORY) s = passwdi_spanet_no_memory(net, &o, 0, error);
    j->x =
        (float *)passwdi_new(&j->allocator, passwdi_items(j->block, net->rows * (int64_t)net->features), sizeof(float));
    j->objects = (int32_t *)passwdi_new(&j->allocator, (size_t)j->block, sizeof(int32_t));
    good = j->x && j->objects;
    for (k = 0; good && k < outputs; k++)
        good = (j->output[k] = (float *)passwdi_new(
                    &j->allocator, passwdi_items(j->block, (int64_t)passwd_output_size(net->model, k)), sizeof(float)))
            != NULL;
#ifdef _OPENMP
    j->threads = options && options->threads > 1 ? options->threads : 1;
#else
    j->threads = 1;
#endif
    good = good
        && (j->scratch = (passwdi_spanet_scratch *)passwdi_new(&j->allocator, (size_t)j->threads, sizeof *j->scratch))
            != NULL;
    if (s == PASSWD_OK && !good) s = passwdi_spanet_no_memory(net, &o, 0, error);
    for (k = 0; s == PASSWD_OK && k < j->threads; k++)
        s = passwdi_spanet_scratch_new(j->scratch + k, &net->topology, net->config.max_jets, &j->allocator, error);
    if (s != PASSWD_OK) {
        passwd_spanet_job_free(j);
        if (s == PASSWD_ERROR_MEMORY && options && options->buffer)
            s = passwdi_few_bytes(options, passwd_spanet_job_size(net, options), error);
        return s;
    }
    *job = j;
    return PASSWD_OK;
}
/* Why two networks cannot be averaged; empty if they can. */
static const char *passwdi_spanet_unlike(const passwd_spanet *a, const passwd_spanet *b, char why[160]) {
    const passwd_spanet_topology *s = &a->topology, *t = &b->topology;
    char name[100], other[100];
    int i, f;
    if (passwd_spanet_topology_differs(s, t, why)) return why;
    if (s->inputs != t->inputs || s->heads != t->heads) return "The numbers of inputs or heads differ.";
    for (i = 0; i < s->inputs; i++) {
        const passwd_spanet_input *x = s->input + i, *y = t->input + i;
        int same = !strcmp(x->name, y->name) && x->global == y->global && x->features == y->features
            && passwdi_topology_types(x) == passwdi_topology_types(y);
        for (f = 0; same && f < x->features; f++) same = !strcmp(x->feature[f].name, y->feature[f].name);
        for (f = 0; same && f < passwdi_topology_types(x); f++)
            same = !strcmp(passwdi_topology_type(x, f), passwdi_topology_type(y, f));
        if (!same) {
            snprintf(why, 160, "The objects or features of the input \"%.31s\" differ.", x->name);
            return why;
        }
    }
    for (i = 0; i < s->particles; i++)
        if (memcmp(s->particle[i].inputs, t->particle[i].inputs, sizeof s->particle[i].inputs) != 0)
            return "The collections that products come from differ.";
    for (i = 0; i < s->heads; i++) {
        passwd_spanet_head_name(s, i, name);
        passwd_spanet_head_name(t, i, other);
        if (strcmp(name, other) != 0 || s->head[i].kind != t->head[i].kind
            || s->head[i].classes != t->head[i].classes) {
            snprintf(why, 160, "The head \"%.100s\" differs.", name);
            return why;
        }
    }
    if (a->config.max_jets != b->config.max_jets) return "Their max_jets differ.";
    if ((a->config.detection_loss_scale > 0.0f) != (b->config.detection_loss_scale > 0.0f))
        return "One of them was trained for detection and the other was not.";
    return "";
}
PASSWD_DEF passwd_status passwd_spanet_job_ensemble(const passwd_spanet *const *nets, int count,
    const passwd_workspace_options *options, passwd_spanet_job **job, passwd_error *error) {
    passwd_spanet_job *first = NULL, **next = &first;
    passwd_status s = PASSWD_OK;
    char why[160];
    int k;
    if (!nets || count < 1 || !job)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_spanet_job_ensemble: nets or job is NULL, or there are no nets.");
    for (k = 0; k < count; k++)
        if (!nets[k])
            return passwdi_fail(
                error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_job_ensemble: network %d is NULL.", k + 1);
    if (count > 1 && options && options->buffer)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_spanet_job_ensemble: a buffer holds the job of one network alone.");
    for (k = 1; k < count; k++) {
        const char *text = passwdi_spanet_unlike(nets[0], nets[k], why);
        if (*text)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "Network %d of the ensemble cannot be averaged with the first: %s", k + 1, text);
    }
    for (k = 0; s == PASSWD_OK && k < count; k++) {
        s = passwd_spanet_job_new(nets[k], options, next, error);
        if (s == PASSWD_OK) next = &(*next)->more;
    }
    if (s == PASSWD_OK) *job = first;
    else passwd_spanet_job_free(first);
    return s;
}
/* Puts the mean of the distributions of all networks for event `at` of the block in place of the first one's: relative
   to the largest, so that the mean of equal ones is the same. */
static void passwdi_spanet_average(const passwd_spanet_job *j, int64_t at) {
    const passwd_spanet *net = j->net;
    const int objects = j->objects[at];
    int p, k;
    for (p = 0; p < net->topology.particles; p++) {
        const int products = net->topology.particle[p].products;
        const size_t size = passwd_output_size(net->model, 2 * p), cells = passwdi_spanet_power(objects, products);
        int place[PASSWD_SPANET_PRODUCTS] = { 0 };
        size_t c;
        for (c = 0; c < cells; c++, passwdi_spanet_next(place, products, objects)) {
            const passwd_spanet_job *m;
            size_t cell = (size_t)at * size, inside = 0;
            double sum = 0.0;
            float most;
            int count = 0;
            for (k = 0; k < products; k++) inside = inside * (size_t)net->rows + (size_t)place[k];
            cell += inside;
            most = j->output[2 * p][cell];
            for (m = j->more; m; m = m->more)
                if (m->output[2 * p][cell] > most) most = m->output[2 * p][cell];
            if (most < -1e29f) continue; /* impossible */
            for (m = j; m; m = m->more, count++) sum += exp((double)m->output[2 * p][cell] - (double)most);
            j->output[2 * p][cell] = (float)((double)most + log(sum / count));
        }
    }
}
/* A head's answer for event `at` of the block: a number in the target's units, or probabilities of classes. */
static void passwdi_spanet_say_head(const passwd_spanet_job *j, int64_t at, int head, float *to) {
    const passwd_spanet *net = j->net;
    const passwd_spanet_topology *t = &net->topology;
    const float *block = passwd_parameters(net->model);
    const int count = passwd_spanet_head_floats(net, head);
    const float *r = j->output[2 * t->particles + head] + at * count;
    float most = r[0];
    double sum = 0.0;
    int c;
    if (t->head[head].kind != PASSWD_SPANET_CLASSES) {
        const double mean = (double)block[net->spread[head][0]],
                     y = (double)block[net->spread[head][1]] * (double)r[0] + mean;
        to[0] = (float)(t->head[head].kind == PASSWD_SPANET_LOG_GAUSSIAN ? 2.0 * sinh(y) : y);
        return;
    }
    for (c = 1; c < count; c++) most = r[c] > most ? r[c] : most;
    for (c = 0; c < count; c++) sum += exp((double)(r[c] - most));
    for (c = 0; c < count; c++) to[c] = (float)(exp((double)(r[c] - most)) / sum);
}
/* All heads' answers, of an ensemble their means. */
static void passwdi_spanet_say_heads(const passwd_spanet_job *j, int64_t at, float *values) {
    float one[PASSWD_SPANET_CLASSES_MAX];
    int k, c, n;
    for (k = 0; k < j->net->topology.heads; k++) {
        const int count = passwd_spanet_head_floats(j->net, k);
        float *to = values + j->net->head_from[k];
        const passwd_spanet_job *m;
        passwdi_spanet_say_head(j, at, k, to);
        for (m = j->more, n = 1; m; m = m->more, n++) {
            passwdi_spanet_say_head(m, at, k, one);
            for (c = 0; c < count; c++) to[c] += one[c];
        }
        for (c = 0; n > 1 && c < count; c++) to[c] /= (float)n;
    }
}
PASSWD_DEF size_t passwd_spanet_job_size(const passwd_spanet *net, const passwd_workspace_options *options) {
    passwd_spanet_job *j = NULL;
    passwdi_meter meter;
    if (!net) return 0;
    passwdi_meter_begin(&meter, options, &net->allocator);
    if (passwd_spanet_job_new(net, &meter.options, &j, NULL) != PASSWD_OK) return 0;
    passwd_spanet_job_free(j);
    return meter.bytes;
}
/* Selection of one event of the block, and everything that depends on it. */
static void passwdi_spanet_answer_of(passwd_spanet_job *j, passwdi_spanet_scratch *scratch, const passwd_arrays *v,
    int64_t event, int64_t at, passwd_spanet_selection selection, passwd_spanet_answer *answer) {
    const passwd_spanet *net = j->net;
    const passwd_spanet_topology *t = &net->topology;
    const float *log_p[PASSWD_SPANET_PARTICLES];
    float detection[PASSWD_SPANET_PARTICLES];
    int32_t rows[PASSWD_MAX_OBJECTS];
    signed char input[PASSWD_MAX_OBJECTS];
    const int n = passwdi_spanet_jets(t, v, event, net->config.max_jets, rows, input, NULL), stride = net->rows;
    const passwd_spanet_job *m;
    int p, k;
    if (j->more) passwdi_spanet_average(j, at);
    for (p = 0; p < t->particles; p++) {
        double sum = 0.0;
        size_t corner = 0; /* cell of the first jet, where jets begin: neither row 0 nor globals are jets */
        for (k = 0; k < t->particle[p].products; k++) corner = corner * (size_t)stride + 1 + (size_t)net->globals;
        log_p[p] = j->output[2 * p] + (size_t)at * passwd_output_size(net->model, 2 * p) + (n > 0 ? corner : 0);
        for (m = j, k = 0; m; m = m->more, k++) sum += 1.0 / (1.0 + exp(-(double)m->output[2 * p + 1][at]));
        detection[p] = (float)(sum / k);
    }
    passwdi_spanet_select_in(scratch, t, log_p, n, stride, input,
        net->config.detection_loss_scale > 0.0f ? detection : NULL, selection, answer);
    for (p = 0; p < t->particles; p++)
        answer->particle[p].detection = net->config.detection_loss_scale > 0.0f ? detection[p] : (float)NAN;
    passwdi_spanet_momenta(t, v, event, rows, answer);
}
/* events: those of the arrays, or NULL. */
static passwd_status passwdi_spanet_run(passwd_spanet_job *j, const passwd_arrays *v, const passwd_events *events,
    int64_t first, int64_t count, passwd_spanet_selection selection, passwd_spanet_answer *answers, int64_t *dropped,
    passwd_error *error) {
    const float *inputs[3] = { NULL, NULL, NULL };
    passwd_spanet_job *m;
    passwd_batch batch;
    passwd_status s = PASSWD_OK;
    int64_t at, e, beyond = 0, again;
    if ((int)selection < 0 || (int)selection > (int)PASSWD_SPANET_EXPECTED)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "There is no selection number %d.", (int)selection);
    if (!j || !v || !answers)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_run: a required argument is NULL.");
    for (m = j; s == PASSWD_OK && m; m = m->more)
        s = passwdi_spanet_look_all(m->net, &m->reader, v, events, first, count, error);
    memset(&batch, 0, sizeof batch);
    batch.inputs = inputs;
    for (at = 0; s == PASSWD_OK && at < count; at += j->block) {
        batch.events = passwdi_least(j->block, count - at);
        for (m = j, again = 0; s == PASSWD_OK && m; m = m->more) {
            passwdi_spanet_encode(
                m->net, &m->reader, v, first + at, batch.events, m->x, m->objects, m == j ? &beyond : &again);
            inputs[0] = m->x;
            batch.objects = m->objects;
            s = passwd_run(m->net->model, m->work, &batch, m->output, error);
        }
        if (s != PASSWD_OK) break;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 8) num_threads(j->threads) if (j->threads > 1)
#endif
        for (e = 0; e < batch.events; e++) {
#ifdef _OPENMP
            passwdi_spanet_scratch *scratch = j->scratch + omp_get_thread_num();
#else
            passwdi_spanet_scratch *scratch = j->scratch;
#endif
            passwdi_spanet_answer_of(j, scratch, v, first + at + e, e, selection, answers + at + e);
            if (j->heads)
                passwdi_spanet_say_heads(j, e, j->heads + (at + e) * (int64_t)passwd_spanet_head_floats(j->net, -1));
        }
        s = passwdi_watched(&j->options, at + batch.events, count, "events", error);
    }
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && dropped) *dropped += beyond;
    return s;
}
PASSWD_DEF passwd_status passwd_spanet_run(passwd_spanet_job *j, const passwd_events *v, int64_t first, int64_t count,
    passwd_spanet_selection selection, passwd_spanet_answer *answers, int64_t *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(v);
    return passwdi_spanet_run(j, v ? &a : NULL, v, first, count, selection, answers, dropped, error);
}
PASSWD_DEF passwd_status passwd_spanet_run_arrays(passwd_spanet_job *j, const passwd_arrays *v, int64_t first,
    int64_t count, passwd_spanet_selection selection, passwd_spanet_answer *answers, int64_t *dropped,
    passwd_error *error) {
    return passwdi_spanet_run(j, v, NULL, first, count, selection, answers, dropped, error);
}

/* ------------------------------------------------------------------------------------------------------------------
   Network: training
   --------------------------------------------------------------------------------------------------------------- */

/* The weight of one event of a class by the effective number of its events, (1 - b^n) / (1 - b) with b = 1 - 1 / N
   (arXiv 1901.05555). */
static double passwdi_spanet_effective(double number, double all) {
    const double rest = 1.0 - 1.0 / all;
    return (1.0 - rest) / (1.0 - pow(rest, number));
}
/* Weights of classes of events by the particles that are present; classes related by the event's symmetries are one.
   The mean over the classes that occur is 1. weight: of each event, 1 on average. */
static void passwdi_spanet_class_weights(const passwd_spanet_topology *t, const passwd_spanet_target *targets,
    const float *weight, int64_t count, double weights[1 << PASSWD_SPANET_PARTICLES]) {
    double number[1 << PASSWD_SPANET_PARTICLES], sum = 0.0;
    int first[1 << PASSWD_SPANET_PARTICLES], c, g, p, classes = 0;
    int64_t e;
    memset(number, 0, sizeof number);
    for (c = 0; c < 1 << t->particles; c++)
        for (first[c] = c, g = 0; g < t->permutations; g++) { /* the smallest of its class */
            int image = 0;
            for (p = 0; p < t->particles; p++) image |= (c >> t->permutation[g][p] & 1) << p;
            if (image < first[c]) first[c] = image;
        }
    for (e = 0; e < count; e++) number[first[targets[e].there]] += (double)weight[e];
    for (c = 0; c < 1 << t->particles; c++)
        if (first[c] == c && number[c] > 0.0) {
            weights[c] = passwdi_spanet_effective(number[c], (double)count);
            sum += weights[c];
            classes++;
        }
    for (c = 0; c < 1 << t->particles; c++)
        if (first[c] == c) weights[c] = number[c] > 0.0 ? weights[c] * classes / sum : 1.0;
    for (c = 0; c < 1 << t->particles; c++) weights[c] = weights[first[c]];
}
/* The same by the number of objects (of rows, which has one more for each event); the mean over the numbers from the
   smallest to the largest is 1, as in the public code. */
static void passwdi_spanet_jet_weights(
    const int32_t *rows, const float *weight, int64_t count, double weights[PASSWD_MAX_OBJECTS + 1]) {
    double number[PASSWD_MAX_OBJECTS + 1], sum = 0.0;
    int n, low = PASSWD_MAX_OBJECTS, high = 0;
    int64_t e;
    memset(number, 0, sizeof number);
    for (e = 0; e < count; e++) number[rows[e] - 1] += (double)weight[e];
    for (n = 0; n <= PASSWD_MAX_OBJECTS; n++) {
        weights[n] = number[n] > 0.0 ? passwdi_spanet_effective(number[n], (double)count) : 0.0;
        sum += weights[n];
        if (number[n] > 0.0) {
            high = n;
            if (n < low) low = n;
        }
    }
    for (n = 0; n <= PASSWD_MAX_OBJECTS; n++) weights[n] *= (double)(high - low + 1) / sum;
}
/* The column of events with the truth of a head, or NULL: heads come last, in their order. */
static const double *passwdi_spanet_truth_of(
    const passwd_spanet_topology *t, const passwd_spanet_columns *columns, const passwd_events *v, int head) {
    return passwdi_spanet_numbers(v, columns->options.n_numbers - t->heads + head);
}
/* The target of a head in an event; NaN: unknown. */
static double passwdi_spanet_aim(
    const passwd_spanet_head *h, const passwd_events *v, const double *truth, int64_t event) {
    const double x = truth && v->first[event] < v->first[event + 1] ? truth[v->first[event]] : (double)NAN;
    return fabs(x) <= 1e30 && !(h->kind == PASSWD_SPANET_CLASSES && x < 0.0) ? x : (double)NAN;
}
static passwd_status passwdi_spanet_label_check(const passwd_spanet_topology *t, int head, double label, int classes,
    const passwd_events *v, int64_t event, passwd_error *error) {
    char name[100], text[200];
    if (t->head[head].kind != PASSWD_SPANET_CLASSES || !(label == label)) return PASSWD_OK;
    if (label == floor(label) && label < classes) return PASSWD_OK;
    passwd_spanet_head_name(t, head, name);
    snprintf(text, sizeof text, "has the label %.6g of \"%s\", which should be a whole number below %d.", label, name,
        classes);
    return passwdi_event_fail(error, PASSWD_ERROR_NUMERIC, v, event, text);
}
PASSWD_DEF passwd_status passwd_spanet_classes(
    passwd_spanet_topology *t, const passwd_events *v, int64_t first, int64_t count, passwd_error *error) {
    passwd_spanet_columns columns;
    int number[PASSWD_SPANET_HEADS], k;
    char name[100];
    int64_t e;
    passwd_status s = t ? passwdi_events_check(v, first, count, error)
                        : passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_spanet_classes: topology is NULL.");
    passwd_spanet_columns_of(t, &columns);
    for (k = 0; s == PASSWD_OK && k < t->heads && k < PASSWD_SPANET_HEADS; k++) {
        const double *truth = passwdi_spanet_truth_of(t, &columns, v, k);
        number[k] = t->head[k].classes;
        if (t->head[k].kind != PASSWD_SPANET_CLASSES || number[k] > 0) continue;
        for (e = first; s == PASSWD_OK && e < first + count; e++) {
            const double label = passwdi_spanet_aim(t->head + k, v, truth, e);
            s = passwdi_spanet_label_check(t, k, label, PASSWD_SPANET_CLASSES_MAX, v, e, error);
            if (s == PASSWD_OK && label == label && (int)label >= number[k]) number[k] = (int)label + 1;
        }
        passwd_spanet_head_name(t, k, name);
        if (s == PASSWD_OK && number[k] < 2)
            s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                truth ? "Column \"%s\" has no two classes." : "The events have no column \"%s\" with the classes.",
                name);
    }
    for (k = 0; s == PASSWD_OK && k < t->heads; k++) t->head[k].classes = number[k];
    return s;
}
typedef struct passwdi_spanet_trainer {
    passwd_spanet *net;
    const passwd_events *events;
    passwd_arrays arrays; /* the same */
    const passwd_train_options *options;
    passwdi_spanet_reader reader;
    int64_t *event, count; /* those trained on */
    float *truth, *weight; /* weight of each event, 1 on average */
    float *heads;          /* truth of the heads */
    int32_t *objects;
    int64_t step; /* the trainer's current step; augmentation differs from step to step. Validation, -1, rotates
                     every event the same way each time. */
} passwdi_spanet_trainer;

/* Inputs on the fly: encoded again for every step, each event rotated and mirrored at random; one that is aligned has
   its angle and the sign of eta already. */
static void passwdi_spanet_fill(void *user, int input, const int64_t *events, int count, float *lanes) {
    const passwdi_spanet_trainer *t = (const passwdi_spanet_trainer *)user;
    const passwd_spanet *net = t->net;
    const int features = net->features;
    const uint64_t seed = t->options ? t->options->seed : 0;
    const uint32_t stream = 77u + (uint32_t)t->step;
    int32_t rows[PASSWD_MAX_OBJECTS];
    signed char in[PASSWD_MAX_OBJECTS];
    float one[PASSWDI_SPANET_ONE * PASSWD_SPANET_INPUTS];
    passwdi_spanet_frame frame;
    int lane, k, f;
    (void)input;
    for (lane = 0; lane < count; lane++) {
        const int64_t event = t->event[events[lane]], base = t->events->first[event];
        const int n = passwdi_spanet_jets(&net->topology, &t->arrays, event, net->config.max_jets, rows, in, NULL);
        const uint32_t number = 4 * (uint32_t)events[lane];
        frame = passwdi_spanet_frame_of(net, &t->arrays, event, rows, n);
        if (!net->config.align) {
            frame.turn = 6.283185307179586 * passwd_random_uniform(seed, stream, number);
            frame.mirror = passwd_random_uniform(seed, stream, number + 1) < 0.5 ? -1.0 : 1.0;
        }
        frame.flip = passwd_random_uniform(seed, stream, number + 2) < 0.5 ? -1.0 : 1.0;
        if (net->globals) {
            memset(one, 0, sizeof one);
            passwdi_spanet_front(net, &t->reader, &t->arrays, event, &frame, 0, features, one);
            for (f = 0; f < (net->globals + 1) * features; f++) lanes[f * 16 + lane] = one[f];
        }
        for (k = 0; k < n; k++) {
            memset(one, 0, sizeof one);
            passwdi_spanet_row(net, &t->reader, &t->arrays, base + rows[k], in[k], &frame, 0, one);
            for (f = 0; f < features; f++) lanes[((k + 1 + net->globals) * features + f) * 16 + lane] = one[f];
        }
    }
}
/* Means and widths of the features that are normalised, over all jets. */
static PASSWDI_APART passwd_status passwdi_spanet_normalize(passwdi_spanet_trainer *t, passwd_error *error) {
    passwd_spanet *net = t->net;
    const int most = net->rows, features = net->features;
    double sum[PASSWD_SPANET_INPUTS * PASSWD_SPANET_FEATURES][3];
    float *block = (float *)passwdi_new(&net->allocator, passwd_parameter_floats(net->model), sizeof *block),
          *x = (float *)passwdi_new(&net->allocator, passwdi_items(most, features), sizeof *x);
    passwd_status s =
        block && x ? PASSWD_OK : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train.");
    int64_t e;
    int i, f, k, n;
    memset(sum, 0, sizeof sum);
    for (e = 0; s == PASSWD_OK && e < t->count; e++) {
        n = passwdi_spanet_event(net, &t->reader, &t->arrays, t->event[e], NULL, 1, x, NULL);
        for (k = 1; k < n; k++)
            for (i = 0; i < net->topology.inputs; i++) {
                const float *row = x + k * features;
                if (net->topology.inputs > 1 && row[net->flags + i] == 0.0f) continue;
                for (f = net->first[i]; f < net->first[i] + net->topology.input[i].features; f++) {
                    sum[f][0] += 1.0;
                    sum[f][1] += (double)row[f];
                    sum[f][2] += (double)row[f] * (double)row[f];
                }
            }
    }
    if (s == PASSWD_OK)
        memcpy(block, passwd_parameters(net->model), passwd_parameter_floats(net->model) * sizeof *block);
    for (i = 0; s == PASSWD_OK && net->config.normalize_features && i < net->topology.inputs; i++) {
        float *mean = block + (passwdi_spanet_normalizer(block, net, i, ".normalizer.mean") - block),
              *width = block + (passwdi_spanet_normalizer(block, net, i, ".normalizer.std") - block);
        for (f = 0; f < net->topology.input[i].features; f++) {
            const double *v = sum[net->first[i] + f], m = v[0] > 0.0 ? v[1] / v[0] : 0.0,
                         variance = v[0] > 1.0 ? (v[2] - v[0] * m * m) / (v[0] - 1.0) : 0.0;
            const int wanted = net->topology.input[i].feature[f].normalize;
            mean[f] = wanted ? (float)m : 0.0f;
            width[f] = wanted && variance > 1e-10 ? (float)sqrt(variance) : 1.0f;
        }
    }
    if (s == PASSWD_OK) s = passwd_set_parameters(net->model, block, error);
    passwdi_delete(&net->allocator, block);
    passwdi_delete(&net->allocator, x);
    return s == PASSWD_OK ? passwdi_spanet_reader_of(net, &t->arrays, t->events, &t->reader, error) : s;
}
/* Weights of events to train on: none below 0, 1 on average. */
static passwd_status passwdi_spanet_event_weights(passwdi_spanet_trainer *t, passwd_error *error) {
    double sum = 0.0;
    int64_t e;
    for (e = 0; e < t->count; e++) sum += passwdi_event_weight(t->events, t->event[e]);
    if (t->count > 0 && !(sum > 0.0 && sum <= DBL_MAX))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The sum of the weights of the events is %g; it should be positive.", sum);
    for (e = 0; e < t->count; e++)
        t->weight[e] = (float)(passwdi_event_weight(t->events, t->event[e]) * (double)t->count / sum);
    return PASSWD_OK;
}
/* Selects the events to train on, and prepares their truth as the losses read it. */
static PASSWDI_APART passwd_status passwdi_spanet_prepare(
    passwdi_spanet_trainer *t, int64_t first, int64_t count, int64_t *dropped, passwd_error *error) {
    passwd_spanet *net = t->net;
    const passwd_allocator *a = &net->allocator;
    const passwd_spanet_topology *top = &net->topology;
    const int particles = top->particles, all = (1 << particles) - 1;
    passwd_spanet_target *targets = (passwd_spanet_target *)passwdi_new(a, (size_t)count, sizeof *targets);
    float *x = (float *)passwdi_new(a, (size_t)net->rows * (size_t)net->features, sizeof *x),
          *block = (float *)passwdi_new(a, passwd_parameter_floats(net->model), sizeof *block);
    double weights[1 << PASSWD_SPANET_PARTICLES], share[PASSWD_SPANET_PARTICLES], members[PASSWD_SPANET_PARTICLES],
        by_jets[PASSWD_MAX_OBJECTS + 1];
    const passwd_parameter *tensor = passwd_parameter_find(net->model, "particle_weights_tensor");
    passwd_status s = PASSWD_OK;
    int64_t e;
    int p, k;
    t->arrays = passwdi_arrays_of(t->events);
    t->event = (int64_t *)passwdi_new(a, (size_t)count, sizeof *t->event);
    t->truth = (float *)passwdi_new(a, passwdi_items(count, particles), PASSWDI_SPANET_TRUTH * sizeof(float));
    t->objects = (int32_t *)passwdi_new(a, (size_t)count, sizeof(int32_t));
    t->weight = (float *)passwdi_new(a, (size_t)count, sizeof(float));
    if (!targets || !x || !block || !t->event || !t->truth || !t->objects || !t->weight)
        s = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld events.", (long long)count);
    if (s == PASSWD_OK) s = passwdi_spanet_reader_of(net, &t->arrays, t->events, &t->reader, error);
    if (s == PASSWD_OK) s = passwd_spanet_targets(top, t->events, first, count, net->config.max_jets, targets, error);
    for (e = 0; s == PASSWD_OK && e < count; e++) {
        const int objects = passwdi_spanet_event(net, &t->reader, &t->arrays, first + e, NULL, 1, x, dropped);
        const double weight = passwdi_event_weight(t->events, first + e);
        if (objects < 0) {
            s = passwdi_spanet_no_number(&t->arrays, first + e, error);
            break;
        }
        if (!(weight >= 0.0 && weight <= DBL_MAX)) {
            s = passwdi_event_fail(error, PASSWD_ERROR_NUMERIC, t->events, first + e,
                "has a weight that is negative or NaN; training needs weights that are not negative.");
            break;
        }
        if (!(weight > 0.0)
            || (net->config.limit_to_num_jets > 0 && objects - 1 - net->globals != net->config.limit_to_num_jets))
            continue;
        if (net->config.partial_events ? targets[e].there == 0 && net->config.detection_loss_scale <= 0.0f
                                       : targets[e].there != all)
            continue;
        t->event[t->count] = first + e;
        t->objects[t->count] = objects;
        targets[t->count++] = targets[e];
    }
    for (e = 0, k = 0; s == PASSWD_OK && e < t->count; e++) k |= targets[e].there;
    if (s == PASSWD_OK && t->count == 0 && net->config.limit_to_num_jets > 0)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "None of %lld events with targets has exactly %d objects (limit_to_num_jets).", (long long)count,
            net->config.limit_to_num_jets);
    if (s == PASSWD_OK) s = passwdi_spanet_event_weights(t, error);
    if (s == PASSWD_OK && k == 0)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "None of %lld events has a particle with all its jets: the column \"target\" must name them, such as "
            "\"%.60s\".",
            (long long)count, top->particle[0].target[0]);
    if (s == PASSWD_OK && t->count < 2)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "Of %lld events, %lld have targets to train on%s; at least two are needed.", (long long)count,
            (long long)t->count, net->config.partial_events ? "" : " with all particles");
    if (s == PASSWD_OK) {
        for (k = 0; k < 1 << particles; k++) weights[k] = 1.0;
        for (k = 0; k <= PASSWD_MAX_OBJECTS; k++) by_jets[k] = 1.0;
        if (tensor) passwdi_spanet_class_weights(top, targets, t->weight, t->count, weights);
        if (net->config.balance_jets) passwdi_spanet_jet_weights(t->objects, t->weight, t->count, by_jets);
        memcpy(block, passwd_parameters(net->model), passwd_parameter_floats(net->model) * sizeof *block);
        for (k = 0; tensor && k < 1 << particles; k++) block[tensor->offset + (size_t)k] = (float)weights[k];
        s = passwd_set_parameters(net->model, block, error);
        memset(share, 0, sizeof share);
        memset(members, 0, sizeof members);
        for (p = 0; p < particles; p++) members[top->orbit[p]] += 1.0;
        for (e = 0; e < t->count; e++)
            for (p = 0; p < particles; p++)
                share[top->orbit[p]] +=
                    (double)t->weight[e] * (targets[e].there >> p & 1) / members[top->orbit[p]] / (double)t->count;
        for (e = 0; e < t->count; e++)
            for (p = 0; p < particles; p++) {
                float *to = t->truth + ((size_t)e * (size_t)particles + (size_t)p) * PASSWDI_SPANET_TRUTH;
                for (k = 0; k < top->particle[p].products; k++) {
                    const int jet = targets[e].jet[p][k];
                    to[k] = (float)(jet < 0 ? 0 : jet + 1 + net->globals);
                }
                to[PASSWDI_SPANET_THERE] = (float)(targets[e].there >> p & 1);
                to[PASSWDI_SPANET_WEIGHT] = (float)(weights[targets[e].there] * by_jets[t->objects[e] - 1]
                    / (share[top->orbit[p]] > 0.0 ? share[top->orbit[p]] : 1.0));
            }
    }
    passwdi_delete(a, targets);
    passwdi_delete(a, x);
    passwdi_delete(a, block);
    return s;
}
/* Middle and width of n targets, x, as the public code learns them. */
static void passwdi_spanet_spread(int kind, double *x, int64_t n, double *mean, double *width) {
    double sum = 0.0, square = 0.0;
    int64_t k;
    if (kind == PASSWD_SPANET_LAPLACIAN) passwdi_sort(x, 1, n);
    for (k = 0; k < n; k++) {
        if (kind == PASSWD_SPANET_LOG_GAUSSIAN) x[k] = asinh(0.5 * x[k]);
        sum += x[k] / (double)n;
    }
    *mean = kind == PASSWD_SPANET_LAPLACIAN ? x[(n - 1) / 2] : sum;
    for (k = 0; k < n; k++)
        square += (kind == PASSWD_SPANET_LAPLACIAN ? fabs(x[k] - *mean) : (x[k] - *mean) * (x[k] - *mean)) / (double)n;
    *width = kind == PASSWD_SPANET_LAPLACIAN ? square : sqrt(square);
    if (!(*width > 0.0)) *width = 1.0;
}
/* The truth of one head: its statistics into `block` where they are learnt (fresh), and what its loss reads. x: room
   for all events. */
static passwd_status passwdi_spanet_head_truth(
    passwdi_spanet_trainer *t, int head, int fresh, float *block, double *x, passwd_error *error) {
    const passwd_spanet *net = t->net;
    const passwd_spanet_head *h = net->topology.head + head;
    const double *truth = passwdi_spanet_truth_of(&net->topology, &net->columns, t->events, head);
    double number[PASSWD_SPANET_CLASSES_MAX], mean = 0.0, width = 1.0, sum = 0.0;
    const int classes = h->kind == PASSWD_SPANET_CLASSES;
    char name[100];
    const passwd_parameter *weights;
    int64_t e, n = 0;
    int c;
    passwd_status s = PASSWD_OK;
    passwd_spanet_head_name(&net->topology, head, name);
    weights = passwd_parameter_find(net->model, passwdi_spanet_under("classification_weights.", name, -1).text);
    memset(number, 0, sizeof number);
    for (e = 0; s == PASSWD_OK && e < t->count; e++) {
        const double aim = passwdi_spanet_aim(h, t->events, truth, t->event[e]);
        s = passwdi_spanet_label_check(&net->topology, head, aim, h->classes, t->events, t->event[e], error);
        if (s != PASSWD_OK || !(aim == aim)) continue;
        if (classes) number[(int)aim] += 1.0;
        x[n++] = aim;
    }
    if (s == PASSWD_OK && n == 0 && passwdi_spanet_head_scale(&net->config, h) > 0.0f)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            truth ? "No event has a target in column \"%s\"."
                  : "The events have no column \"%s\" to train this head on.",
            name);
    if (s != PASSWD_OK || n == 0) return s;
    if (!classes) {
        float *m = block + net->spread[head][0], *w = block + net->spread[head][1];
        if (fresh) {
            passwdi_spanet_spread(h->kind, x, n, &mean, &width);
            *m = (float)mean;
            *w = (float)width;
        }
        mean = (double)*m;
        width = (double)*w;
    }
    for (c = 0; fresh && weights && c < h->classes; c++) {
        number[c] = number[c] > 0.0 ? passwdi_spanet_effective(number[c], (double)t->count) : 0.0;
        sum += number[c];
    }
    for (c = 0; fresh && weights && c < h->classes; c++)
        block[weights->offset + (size_t)c] = (float)(number[c] * h->classes / sum);
    for (sum = 0.0, e = 0; e < t->count; e++) { /* weights of the events that have a target: 1 on average over all */
        const double aim = passwdi_spanet_aim(h, t->events, truth, t->event[e]);
        float *to = t->heads + ((size_t)e * (size_t)net->topology.heads + (size_t)head) * PASSWDI_SPANET_AIMS;
        const double share = !(aim == aim) ? 0.0 : weights ? (double)block[weights->offset + (size_t)aim] : 1.0;
        to[PASSWDI_SPANET_AIM] = (float)(classes ? -1.0 : 0.0);
        if (aim == aim)
            to[PASSWDI_SPANET_AIM] =
                (float)(classes || h->kind == PASSWD_SPANET_LOG_GAUSSIAN ? aim : (aim - mean) / width);
        to[PASSWDI_SPANET_SHARE] = (float)share;
        to[PASSWDI_SPANET_WIDTH] = (float)width;
        to[PASSWDI_SPANET_MEAN] = (float)mean;
        sum += share * (double)t->weight[e] / (double)t->count;
    }
    for (e = 0; e < t->count; e++)
        t->heads[((size_t)e * (size_t)net->topology.heads + (size_t)head) * PASSWDI_SPANET_AIMS
            + PASSWDI_SPANET_SHARE] /= (float)sum;
    return PASSWD_OK;
}
/* A head reads the row that an encoder's layers fill; without layers it is the same in all events. */
static passwd_status passwdi_spanet_deaf_head(const passwd_spanet *net, int k, passwd_error *error) {
    const passwd_spanet_config *c = &net->config;
    const passwd_spanet_head *h = net->topology.head + k;
    const char *layers = h->particle < 0 ? "num_encoder_layers"
        : h->product < 0                 ? "num_branch_encoder_layers"
                                         : "num_jet_encoder_layers";
    char name[100];
    if (!(passwdi_spanet_head_scale(c, h) > 0.0f)
        || (h->particle < 0         ? c->num_encoder_layers
                   : h->product < 0 ? c->num_branch_encoder_layers
                                    : c->num_jet_encoder_layers)
            > 0)
        return PASSWD_OK;
    passwd_spanet_head_name(&net->topology, k, name);
    return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
        "%s could learn nothing but a constant: no event reaches it where \"%s\" is 0.", name, layers);
}
static PASSWDI_APART passwd_status passwdi_spanet_heads(passwdi_spanet_trainer *t, int fresh, passwd_error *error) {
    const passwd_allocator *a = &t->net->allocator;
    const passwd_model *m = t->net->model;
    const int heads = t->net->topology.heads;
    passwd_status s = PASSWD_OK;
    float *block;
    double *x;
    int k;
    if (!heads) return PASSWD_OK;
    for (k = 0; s == PASSWD_OK && k < heads; k++) s = passwdi_spanet_deaf_head(t->net, k, error);
    if (s != PASSWD_OK) return s;
    t->heads = (float *)passwdi_new(a, passwdi_items(t->count, heads), PASSWDI_SPANET_AIMS * sizeof(float));
    block = (float *)passwdi_new(a, passwd_parameter_floats(m), sizeof *block);
    x = (double *)passwdi_new(a, (size_t)t->count, sizeof *x);
    if (!t->heads || !block || !x)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld events.",
            (long long)t->count);
    else memcpy(block, passwd_parameters(m), passwd_parameter_floats(m) * sizeof *block);
    for (k = 0; s == PASSWD_OK && k < heads; k++) s = passwdi_spanet_head_truth(t, k, fresh, block, x, error);
    if (s == PASSWD_OK) s = passwd_set_parameters(t->net->model, block, error);
    passwdi_delete(a, block);
    passwdi_delete(a, x);
    return s;
}
/* The jets of listed events, by the network. */
static passwd_status passwdi_spanet_run_list(passwd_spanet_job *j, const passwdi_spanet_reader *r,
    const passwd_arrays *v, const int64_t *list, int64_t count, passwd_spanet_answer *answers) {
    const size_t size = (size_t)j->net->rows * (size_t)j->net->features;
    const float *inputs[3] = { NULL, NULL, NULL };
    passwd_status s = PASSWD_OK;
    passwd_batch batch;
    int64_t at, e;
    memset(&batch, 0, sizeof batch);
    inputs[0] = j->x;
    batch.inputs = inputs;
    batch.objects = j->objects;
    for (at = 0; s == PASSWD_OK && at < count; at += batch.events) {
        batch.events = passwdi_least(j->block, count - at);
        for (e = 0; e < batch.events; e++)
            j->objects[e] = passwdi_spanet_event(j->net, r, v, list[at + e], NULL, 0, j->x + (size_t)e * size, NULL);
        s = passwd_run(j->net->model, j->work, &batch, j->output, NULL);
        for (e = 0; s == PASSWD_OK && e < batch.events; e++)
            passwdi_spanet_answer_of(
                j, j->scratch, v, list[at + e], e, passwd_spanet_selection_of(j->net), answers + at + e);
    }
    return s;
}
/* The events that passwd_train sets aside, as it shuffles them; at most `most`, and their number. */
static int64_t passwdi_spanet_set_aside(
    const passwdi_spanet_trainer *t, const passwd_train_options *o, int64_t most, int64_t *list) {
    const int64_t aside = (int64_t)((double)o->validation * (double)t->count);
    int64_t *order = (int64_t *)passwdi_new(&t->net->allocator, (size_t)t->count, sizeof *order), k, n = 0;
    if (!order) return 0;
    for (k = 0; k < t->count; k++) order[k] = t->event[k];
    for (k = t->count - 1; k > 0; k--) {
        const int64_t i = (int64_t)(passwd_random_uniform(o->seed, 999u, (uint32_t)k) * (double)(k + 1));
        const int64_t other = order[i];
        order[i] = order[k];
        order[k] = other;
    }
    for (k = t->count - aside; k < t->count && n < most; k++) list[n++] = order[k];
    passwdi_delete(&t->net->allocator, order);
    return n;
}
/* Warns if the chi-square method finds more of the events set aside than the network does, by more than a standard
   deviation. */
static PASSWDI_APART void passwdi_spanet_beside_chi2(const passwdi_spanet_trainer *t, int64_t first, int64_t count,
    const passwd_train_options *o, passwd_train_report *r) {
    enum { MOST = 1000 };
    const passwd_allocator *a = &t->net->allocator;
    const passwd_spanet_topology *top = &t->net->topology;
    const int max_jets = t->net->config.max_jets;
    const passwd_spanet_chi2_options options = { max_jets, 0, 0 };
    const size_t used = strlen(r->warning);
    passwd_workspace_options wo;
    passwd_spanet_job *job = NULL;
    passwd_spanet_chi2 chi2;
    passwd_spanet_answer *answers, other;
    int64_t *list, n, e, there = 0, ours = 0, theirs = 0;
    if (o->validation <= 0.0f || passwd_spanet_chi2_preset(top, &chi2, NULL) != PASSWD_OK) return;
    chi2.tagging =
        t->events->number && t->events->n_numbers > PASSWD_SPANET_BTAG && t->events->number[PASSWD_SPANET_BTAG]
        ? PASSWD_SPANET_TAG_B
        : PASSWD_SPANET_TAG_NONE;
    if (passwd_spanet_chi2_fit(&chi2, top, t->events, first, count, max_jets, NULL) != PASSWD_OK)
        return; /* too few complete particles */
    memset(&wo, 0, sizeof wo);
    wo.threads = o->threads;
    wo.simd = o->simd;
    list = (int64_t *)passwdi_new(a, MOST, sizeof *list);
    answers = (passwd_spanet_answer *)passwdi_new(a, MOST, sizeof *answers);
    n = list && answers ? passwdi_spanet_set_aside(t, o, MOST, list) : 0;
    if (n > 0 && passwd_spanet_job_new(t->net, &wo, &job, NULL) == PASSWD_OK
        && passwdi_spanet_run_list(job, &t->reader, &t->arrays, list, n, answers) == PASSWD_OK)
        for (e = 0; e < n; e++) {
            passwd_spanet_target target;
            int whole = 0, mine, its;
            if (passwd_spanet_targets(top, t->events, list[e], 1, max_jets, &target, NULL) != PASSWD_OK || !target.there
                || passwd_spanet_chi2_run(&chi2, top, t->events, list[e], &options, &other, NULL, NULL) != PASSWD_OK)
                continue;
            mine = passwd_spanet_compare(top, answers + e, &target, &whole, NULL) == whole;
            its = passwd_spanet_compare(top, &other, &target, &whole, NULL) == whole;
            there++;
            ours += mine && !its;
            theirs += its && !mine;
        }
    if ((double)(theirs - ours) > sqrt((double)(theirs + ours)))
        snprintf(r->warning + used, sizeof r->warning - used,
            "%sOf %lld events set aside, chi-square finds all jets in %lld more than the network, which needs more "
            "events or steps.",
            used ? " " : "", (long long)there, (long long)(theirs - ours));
    passwd_spanet_job_free(job);
    passwdi_delete(a, answers);
    passwdi_delete(a, list);
}
PASSWD_DEF passwd_status passwd_spanet_train(passwd_spanet *net, const passwd_events *events, int64_t first,
    int64_t count, const passwd_train_options *options, passwd_train_report *report, int64_t *dropped,
    passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_spanet_train", "PASSWD_NO_TRAINING", error);
    const int fresh = !options || !options->fine_tune;
    const float *inputs[3] = { NULL, NULL, NULL };
    passwd_train_options o;
    passwd_train_report r;
    passwdi_spanet_trainer t;
    passwd_json_writer json;
    passwd_batch batch;
    passwd_status s;
    float *x = NULL, *before;
    int64_t beyond = 0;
    if (!net || !events || count < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_spanet_train: a required argument is NULL, or there are no events.");
    s = passwdi_events_check(events, first, count, error);
    if (s != PASSWD_OK) return s;
    if (fresh && net->config.normalization >= PASSWD_SPANET_BATCH_NORM)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "Configuration: batch norms inside blocks keep their statistics and cannot be trained; a new "
            "network needs \"normalization\" LayerNorm or none.");
    before = (float *)passwdi_new(&net->allocator, passwd_parameter_floats(net->model), sizeof *before);
    if (!before)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld events.", (long long)count);
    memcpy(before, passwd_parameters(net->model), passwd_parameter_floats(net->model) * sizeof *before);
    memset(&r, 0, sizeof r);
    memset(&t, 0, sizeof t);
    memset(&o, 0, sizeof o);
    memset(&batch, 0, sizeof batch);
    if (options) o = *options;
    t.net = net;
    t.events = events;
    t.options = options;
    o.epochs = net->config.epochs;
    o.batch = net->config.batch_size;
    o.rate = net->config.learning_rate;
    o.schedule = PASSWD_SCHEDULE_COSINE;
    o.warmup = net->config.learning_rate_warmup_epochs / (float)net->config.epochs;
    if (o.warmup > 0.5f) o.warmup = 0.5f;
    o.weight_decay = net->config.l2_penalty;
    o.clip = net->config.gradient_clip;
    o.average = net->config.average;
    o.validation = net->config.validation;
    if (net->config.dataset_limit < 1.0f) count = (int64_t)ceil((double)net->config.dataset_limit * (double)count);
    s = passwdi_spanet_prepare(&t, first, count, &beyond, error);
    if (s == PASSWD_OK && fresh) s = passwdi_spanet_normalize(&t, error);
    if (s == PASSWD_OK) s = passwdi_spanet_heads(&t, fresh, error);
    inputs[1] = t.truth;
    inputs[2] = t.heads;
    batch.events = t.count;
    batch.inputs = inputs;
    batch.objects = t.objects;
    batch.weights = t.weight;
    if (s == PASSWD_OK && net->config.augment) {
        batch.fill = passwdi_spanet_fill;
        batch.user = &t;
        batch.step = &t.step;
    } else if (s == PASSWD_OK) {
        const size_t size = (size_t)net->rows * (size_t)net->features;
        int64_t e;
        x = (float *)passwdi_new(&net->allocator, passwdi_items(t.count, (int64_t)size), sizeof *x);
        if (!x)
            s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld events.",
                (long long)t.count);
        for (e = 0; x && e < t.count; e++)
            passwdi_spanet_event(net, &t.reader, &t.arrays, t.event[e], NULL, 0, x + (size_t)e * size, NULL);
        inputs[0] = x;
    }
    passwd_json_writer_init(&json, &net->allocator);
    if (s == PASSWD_OK) s = passwdi_spanet_config_write(&net->config, &json, &o.configuration, error);
    if (s == PASSWD_OK) s = passwd_train(net->model, &batch, &o, &r, error);
    if (s == PASSWD_ERROR_MEMORY && o.threads >= 0) {
        passwd_workspace_options wo;
        memset(&wo, 0, sizeof wo);
        wo.threads = o.threads;
        wo.losses = 1;
        s = passwdi_spanet_no_memory(net, &wo, t.count, error);
    }
    passwd_json_writer_free(&json);
    if (s == PASSWD_OK || s == PASSWD_STOPPED) {
        if (dropped) *dropped += beyond;
        passwdi_spanet_beside_chi2(&t, first, count, &o, &r);
    } else if (s != PASSWD_ERROR_NUMERIC && r.best_epoch == 0)
        passwd_set_parameters(net->model, before, NULL); /* rolls back */
    if (report) *report = r;
    passwdi_delete(&net->allocator, before);
    passwdi_delete(&net->allocator, x);
    passwdi_delete(&net->allocator, t.event);
    passwdi_delete(&net->allocator, t.truth);
    passwdi_delete(&net->allocator, t.heads);
    passwdi_delete(&net->allocator, t.weight);
    passwdi_delete(&net->allocator, t.objects);
    return s;
}
PASSWDI_AS_WRITTEN_END
#ifdef __cplusplus
}
#endif
#endif /* PASSWDI_REFUSED */
#endif /* PASSWD_SPANET_IMPLEMENTATION */
#endif /* PASSWDI_KERNEL_PASS */
#ifdef PASSWDI_KERNEL_PASS
/* ==================================================================================================================
   LANE KERNELS of tensor attention, once per instruction set (see the kernels of passwd.h for the rules). Cells of n^k
   jets are laid out as [cell][16 events], the last index fastest.
   =============================================================================================================== */

/* to[c] = mean over the group of from[c with its indices permuted] */
PASSWDI_TARGET static void PASSWDI_K(symmetrise)(float *to, const float *from, const passwdi_spanet_cells *t, int n) {
    const size_t cells = passwdi_spanet_power(n, t->products);
    const PASSWDI_V share = passwdi_set(1.0f / (float)t->permutations);
    size_t c;
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, g, k, l;
    for (c = 0; c < cells; c++) {
        size_t place[PASSWD_SPANET_ORDERS];
        for (g = 0; g < t->permutations; g++)
            for (k = 0, place[g] = 0; k < t->products; k++)
                place[g] = place[g] * (size_t)n + (size_t)at[t->permutation[g][k]];
        PASSWDI_EACH_LANE(l) {
            PASSWDI_V s = passwdi_load(from + c * 16 + l);
            for (g = 1; g < t->permutations; g++) s = s + passwdi_load(from + place[g] * 16 + l);
            passwdi_store(to + c * 16 + l, passwdi_times(s, share));
        }
        passwdi_spanet_next(at, t->products, n);
    }
}
/* -1e30 in cells with row 0 (which is not a jet), a repeated jet, or padding */
PASSWDI_TARGET static void PASSWDI_K(mask_cells)(float *out, const float *mask, int products, int n) {
    const size_t cells = passwdi_spanet_power(n, products);
    const PASSWDI_V low = passwdi_set(-1e30f);
    size_t c;
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, k, l;
    for (c = 0; c < cells; c++) {
        const int possible = passwdi_spanet_is_cell(at, products);
        PASSWDI_EACH_LANE(l) {
            PASSWDI_V m = passwdi_set(1.0f);
            for (k = 0; k < products; k++) m = passwdi_times(m, passwdi_load(mask + at[k] * 16 + l));
            passwdi_store(out + c * 16 + l, possible ? passwdi_pick(m, passwdi_load(out + c * 16 + l), low) : low);
        }
        passwdi_spanet_next(at, products, n);
    }
}

/* t[d] = scale times the product of features d of the rows at[i] of the first `count` inputs, leaving one out */
PASSWDI_INLINE void PASSWDI_K(product)(
    float *t, const passwdi_spanet_factors *f, const int *at, int count, int without, float scale, int l) {
    int d, k;
    for (d = 0; d < f->features; d++) {
        PASSWDI_V p = passwdi_set(scale);
        for (k = 0; k < count; k++)
            if (k != without) p = passwdi_times(p, passwdi_load(f->y[k] + at[k] * f->row + d * 16 + l));
        passwdi_store(t + d * 16 + l, p);
    }
}
/* O = sum over d of y1[j1][d] y2[j2][d] ... / D^(k/2), symmetrised */
PASSWDI_TARGET static void PASSWDI_K(split_forward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const passwdi_spanet_factors f = passwdi_spanet_factors_of(v, t->products);
    const int n = v->objects, k = t->products, features = f.features, row = f.row;
    const size_t prefixes = passwdi_spanet_power(n, k - 1);
    const float *last = f.y[k - 1];
    float *product = v->scratch, *raw = product + features * 16;
    size_t p;
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, j, d, l;
    for (p = 0; p < prefixes; p++) {
        PASSWDI_EACH_LANE(l) {
            float *out = raw + p * (size_t)n * 16 + l;
            PASSWDI_K(product)(product, &f, at, k - 1, -1, t->scale, l);
            for (j = 0; j + 4 <= n; j += 4) {
                const float *y = last + j * row + l;
                PASSWDI_V s0 = passwdi_set(0.0f), s1 = s0, s2 = s0, s3 = s0;
                for (d = 0; d < features; d++) {
                    const PASSWDI_V q = passwdi_load(product + d * 16 + l);
                    s0 = passwdi_fma(q, passwdi_load(y + d * 16), s0);
                    s1 = passwdi_fma(q, passwdi_load(y + row + d * 16), s1);
                    s2 = passwdi_fma(q, passwdi_load(y + 2 * row + d * 16), s2);
                    s3 = passwdi_fma(q, passwdi_load(y + 3 * row + d * 16), s3);
                }
                passwdi_store(out + j * 16, s0);
                passwdi_store(out + j * 16 + 16, s1);
                passwdi_store(out + j * 16 + 32, s2);
                passwdi_store(out + j * 16 + 48, s3);
            }
            for (; j < n; j++) {
                PASSWDI_V s = passwdi_set(0.0f);
                for (d = 0; d < features; d++)
                    s = passwdi_fma(passwdi_load(product + d * 16 + l), passwdi_load(last + j * row + d * 16 + l), s);
                passwdi_store(out + j * 16, s);
            }
        }
        passwdi_spanet_next(at, k - 1, n);
    }
    PASSWDI_K(symmetrise)(v->out, raw, t, n);
    PASSWDI_K(mask_cells)(v->out, f.mask, k, n);
}
PASSWDI_TARGET static void PASSWDI_K(split_backward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const passwdi_spanet_factors f = passwdi_spanet_factors_of(v, t->products);
    const int n = v->objects, k = t->products, features = f.features;
    const size_t prefixes = passwdi_spanet_power(n, k - 1);
    const float *last = f.y[k - 1];
    float *dlast = f.dy[k - 1], *product = v->scratch, *raw = product + features * 16,
          *back = raw + passwdi_spanet_power(n, k) * 16;
    size_t p;
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, i, j, d, l;
    PASSWDI_K(symmetrise)
    (raw, v->out_gradient, t, n); /* the group has every element's inverse, so this is its own transpose */
    for (p = 0; p < prefixes; p++) {
        const float *g = raw + p * (size_t)n * 16;
        PASSWDI_EACH_LANE(l) {
            PASSWDI_K(product)(product, &f, at, k - 1, -1, t->scale, l);
            for (d = 0; d < features; d++) {
                const PASSWDI_V q = passwdi_load(product + d * 16 + l);
                PASSWDI_V s = passwdi_set(0.0f);
                for (j = 0; j < n; j++) {
                    const int y = j * f.row + d * 16 + l;
                    const PASSWDI_V gj = passwdi_load(g + j * 16 + l);
                    s = passwdi_fma(gj, passwdi_load(last + y), s);
                    if (dlast) passwdi_store(dlast + y, passwdi_fma(gj, q, passwdi_load(dlast + y)));
                }
                passwdi_store(back + d * 16 + l, s);
            }
            for (i = 0; i < k - 1; i++)
                if (f.dy[i]) {
                    float *to = f.dy[i] + at[i] * f.row + l;
                    PASSWDI_K(product)(product, &f, at, k - 1, i, t->scale, l);
                    for (d = 0; d < features; d++)
                        passwdi_store(to + d * 16,
                            passwdi_fma(passwdi_load(back + d * 16 + l), passwdi_load(product + d * 16 + l),
                                passwdi_load(to + d * 16)));
                }
        }
        passwdi_spanet_next(at, k - 1, n);
    }
}

/* out[r] = sum over i of x[i] tensor[i][r] for T neighbours r; the tensor has one number per entry (lanes 0) or per
   entry and event */
PASSWDI_INLINE void PASSWDI_K(contract_tile)(
    float *out, const float *x, const float *tensor, size_t rest, int features, const int lanes, const int T) {
    PASSWDI_V s[8];
    int i, t;
    PASSWDI_UNROLL
    for (t = 0; t < T; t++) s[t] = passwdi_set(0.0f);
    for (i = 0; i < features; i++) {
        const PASSWDI_V xi = passwdi_load(x + i * 16);
        const float *row = tensor + (size_t)i * rest * (lanes ? 16 : 1);
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) s[t] = passwdi_fma(xi, lanes ? passwdi_load(row + t * 16) : passwdi_set(row[t]), s[t]);
    }
    PASSWDI_UNROLL
    for (t = 0; t < T; t++) passwdi_store(out + t * 16, s[t]);
}
PASSWDI_TARGET static void PASSWDI_K(contract)(
    float *out, const float *x, const float *tensor, size_t rest, int features, int lanes) {
    size_t r;
    int l;
    PASSWDI_EACH_LANE(l) {
        for (r = 0; r + 8 <= rest; r += 8) {
            if (lanes) PASSWDI_K(contract_tile)(out + r * 16 + l, x + l, tensor + r * 16 + l, rest, features, 1, 8);
            else PASSWDI_K(contract_tile)(out + r * 16 + l, x + l, tensor + r, rest, features, 0, 8);
        }
        for (; r < rest; r++) {
            if (lanes) PASSWDI_K(contract_tile)(out + r * 16 + l, x + l, tensor + r * 16 + l, rest, features, 1, 1);
            else PASSWDI_K(contract_tile)(out + r * 16 + l, x + l, tensor + r, rest, features, 0, 1);
        }
    }
}
/* dx[i] += sum over rest of tensor[i][rest] back[rest]; with lanes, dtensor[i][rest] += x[i] back[rest] */
PASSWDI_TARGET static void PASSWDI_K(contract_back)(float *dx, float *dtensor, const float *back, const float *x,
    const float *tensor, size_t rest, int features, int lanes) {
    size_t r;
    int i, l;
    for (i = 0; i < features; i++) PASSWDI_EACH_LANE(l) {
            const PASSWDI_V xi = passwdi_load(x + i * 16 + l);
            PASSWDI_V s = passwdi_load(dx + i * 16 + l);
            for (r = 0; r < rest; r++) {
                const size_t at = (size_t)i * rest + r;
                const PASSWDI_V b = passwdi_load(back + r * 16 + l);
                s = passwdi_fma(lanes ? passwdi_load(tensor + at * 16 + l) : passwdi_set(tensor[at]), b, s);
                if (lanes)
                    passwdi_store(dtensor + at * 16 + l, passwdi_fma(xi, b, passwdi_load(dtensor + at * 16 + l)));
            }
            passwdi_store(dx + i * 16 + l, s);
        }
}
/* dtensor[i][rest] += sum over lanes of x[i] back[rest] */
PASSWDI_TARGET static void PASSWDI_K(contract_weights)(
    float *dtensor, const float *back, const float *x, size_t rest, int features) {
    float sums[16 * 16];
    size_t r, b;
    int i, l;
    for (i = 0; i < features; i++)
        for (r = 0; r < rest; r += 16) {
            const size_t count = rest - r < 16 ? rest - r : 16;
            for (b = 0; b < count; b++) PASSWDI_EACH_LANE(l)
            passwdi_store(
                sums + b * 16 + l, passwdi_times(passwdi_load(x + i * 16 + l), passwdi_load(back + (r + b) * 16 + l)));
            PASSWDI_K(lane_sums)(dtensor + (size_t)i * rest + r, sums, (int)count);
        }
}
/* O = X X .. S, one index after the other: level by level, tensors of one index less */
PASSWDI_TARGET static void PASSWDI_K(full_level)(
    const passwd_lanes *v, const passwdi_spanet_cells *t, int level, const float *tensor, float *room, float *out) {
    const int n = v->objects, features = v->features[0];
    const size_t rest = passwdi_spanet_power(features, t->products - level - 1),
                 cells = passwdi_spanet_power(n, t->products - level - 1);
    int j;
    for (j = 0; j < n; j++) {
        float *to = level + 1 == t->products ? out + j * 16 : room;
        PASSWDI_K(contract)(to, v->in[0] + j * features * 16, tensor, rest, features, level > 0);
        if (level + 1 < t->products)
            PASSWDI_K(full_level)(v, t, level + 1, room, room + rest * 16, out + (size_t)j * cells * 16);
    }
}
PASSWDI_TARGET static void PASSWDI_K(full_forward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const size_t size = passwdi_spanet_power(v->features[0], t->products),
                 cells = passwdi_spanet_power(v->objects, t->products);
    float *symmetric = v->scratch, *raw = symmetric + (size + 15) / 16 * 16;
    passwdi_spanet_symmetric_weights(symmetric, v->parameter[0], t, v->features[0], t->scale);
    PASSWDI_K(full_level)(v, t, 0, symmetric, raw + cells * 16, raw);
    PASSWDI_K(symmetrise)(v->out, raw, t, v->objects); /* symmetric already, up to rounding */
    PASSWDI_K(mask_cells)(v->out, v->in[1], t->products, v->objects);
}
/* Back through one level: gradient `g` of the cells below, into those of x and of the tensor (of `weights` on level
   0). */
PASSWDI_TARGET static void PASSWDI_K(full_level_back)(const passwd_lanes *v, const passwdi_spanet_cells *t, int level,
    const float *tensor, float *dtensor, float *room, const float *g) {
    const int n = v->objects, features = v->features[0];
    const size_t rest = passwdi_spanet_power(features, t->products - level - 1),
                 cells = passwdi_spanet_power(n, t->products - level - 1);
    float *below = room, *dbelow = room + rest * 16;
    int j;
    for (j = 0; j < n; j++) {
        const float *x = v->in[0] + j * features * 16, *back = g + j * 16;
        float *dx = v->in_gradient[0] + j * features * 16;
        if (level + 1 < t->products) {
            PASSWDI_K(contract)(below, x, tensor, rest, features, level > 0);
            memset(dbelow, 0, rest * 16 * sizeof(float));
            PASSWDI_K(full_level_back)
            (v, t, level + 1, below, dbelow, room + 2 * rest * 16, g + (size_t)j * cells * 16);
            back = dbelow;
        }
        PASSWDI_K(contract_back)(dx, dtensor, back, x, tensor, rest, features, level > 0);
        if (level == 0) PASSWDI_K(contract_weights)(dtensor, back, x, rest, features);
    }
}
PASSWDI_TARGET static void PASSWDI_K(full_backward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const size_t count = passwdi_spanet_power(v->features[0], t->products), size = (count + 15) / 16 * 16,
                 cells = passwdi_spanet_power(v->objects, t->products);
    float *symmetric = v->scratch, *dsymmetric = symmetric + size, *raw = dsymmetric + size;
    size_t i;
    if (!v->in_gradient[0]) return;
    passwdi_spanet_symmetric_weights(symmetric, v->parameter[0], t, v->features[0], t->scale);
    memset(dsymmetric, 0, size * sizeof(float));
    PASSWDI_K(symmetrise)(raw, v->out_gradient, t, v->objects);
    PASSWDI_K(full_level_back)(v, t, 0, symmetric, dsymmetric, raw + cells * 16, raw);
    passwdi_spanet_symmetric_weights(symmetric, dsymmetric, t, v->features[0], t->scale);
    for (i = 0; i < count; i++) v->parameter_gradient[0][i] += symmetric[i];
}

/* Logarithms of the masses of all subsets of two and more of a cell's jets, ln(m / 100 GeV), times 2; returns their
   number. */
PASSWDI_INLINE int PASSWDI_K(masses)(
    PASSWDI_V s[PASSWDI_SPANET_MASSES], const passwd_lanes *v, const passwdi_spanet_cells *t, const int *at, int l) {
    const int features = v->features[0];
    int set, i, k, count = 0;
    for (set = 3; set < 1 << t->products; set++)
        if (set & (set - 1)) {
            PASSWDI_V p[4], m;
            for (i = 0; i < 4; i++) p[i] = passwdi_set(0.0f);
            for (k = 0; k < t->products; k++)
                if (set >> k & 1)
                    for (i = 0; i < 4; i++)
                        p[i] = p[i] + passwdi_load(v->in[0] + (at[k] * features + t->momenta + i) * 16 + l);
            m = passwdi_times(p[0], p[0]);
            for (i = 1; i < 4; i++) m = passwdi_fma(p[i], passwdi_set(0.0f) - p[i], m);
            s[count++] = PASSWDI_K(log)(passwdi_max(m, passwdi_set(1e-4f)));
        }
    return count;
}
/* Logarithm of the root of max(square, least). */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(log_root)(PASSWDI_V square, float least) {
    return passwdi_times(PASSWDI_K(log)(passwdi_max(square, passwdi_set(least))), passwdi_set(0.5f));
}
/* For every pair of jets the logarithms of its mass m, in 100 GeV; of m / sqrt(pT pT'), almost their dR; of
   sqrt(pT pT'); and 1. Zeros where one of the two is no jet, and for a jet with itself. */
PASSWDI_TARGET static void PASSWDI_K(pairs_forward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const int n = v->objects, features = v->features[0];
    const PASSWDI_V zero = passwdi_set(0.0f);
    int i, j, k, l;
    for (j = 0; j < n; j++)
        for (i = 0; i < n; i++) PASSWDI_EACH_LANE(l) {
                const float *a = v->in[0] + (j * features + t->momenta) * 16 + l,
                            *b = v->in[0] + (i * features + t->momenta) * 16 + l;
                float *out = v->out + (j * n + i) * PASSWDI_SPANET_PAIR * 16 + l;
                PASSWDI_V p[4], pt[2], f[PASSWDI_SPANET_PAIR], there = zero;
                for (k = 0; k < 4; k++) p[k] = passwdi_load(a + k * 16) + passwdi_load(b + k * 16);
                pt[0] = passwdi_times(passwdi_load(a + 16), passwdi_load(a + 16));
                pt[0] = passwdi_fma(passwdi_load(a + 32), passwdi_load(a + 32), pt[0]);
                pt[1] = passwdi_times(passwdi_load(b + 16), passwdi_load(b + 16));
                pt[1] = passwdi_fma(passwdi_load(b + 32), passwdi_load(b + 32), pt[1]);
                f[0] = passwdi_times(p[0], p[0]);
                for (k = 1; k < 4; k++) f[0] = passwdi_fma(p[k], zero - p[k], f[0]);
                f[0] = PASSWDI_K(log_root)(f[0], 1e-4f);
                f[2] = passwdi_times(
                    PASSWDI_K(log_root)(pt[0], 1e-6f) + PASSWDI_K(log_root)(pt[1], 1e-6f), passwdi_set(0.5f));
                f[1] = f[0] - f[2];
                f[3] = passwdi_set(1.0f);
                if (i != j) there = passwdi_times(passwdi_load(a), passwdi_load(b));
                for (k = 0; k < PASSWDI_SPANET_PAIR; k++) passwdi_store(out + k * 16, passwdi_pick(there, f[k], zero));
            }
}
/* Pairs are made of inputs, to which no gradient passes. */
PASSWDI_TARGET static void PASSWDI_K(pairs_backward)(const passwd_lanes *v) { (void)v; }
/* sum over units of w2 max(0, w1 masses + b) for every cell, symmetrised: one hidden layer that sees the masses of the
   jets' possible parents. parameter[0]: units x (masses, bias), parameter[1]: units. */
PASSWDI_TARGET static void PASSWDI_K(mass_forward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const size_t cells = passwdi_spanet_power(v->objects, t->products);
    float *raw = v->scratch;
    size_t c;
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, u, i, l;
    for (c = 0; c < cells; c++) {
        const int possible = passwdi_spanet_is_cell(at, t->products);
        PASSWDI_EACH_LANE(l) {
            PASSWDI_V s[PASSWDI_SPANET_MASSES], sum = passwdi_set(0.0f);
            const int count = possible ? PASSWDI_K(masses)(s, v, t, at, l) : 0;
            for (u = 0; possible && u < t->units; u++) {
                const float *w = v->parameter[0] + u * (count + 1);
                PASSWDI_V a = passwdi_set(w[count]);
                for (i = 0; i < count; i++) a = passwdi_fma(passwdi_set(w[i]), s[i], a);
                sum = passwdi_fma(passwdi_set(v->parameter[1][u]), passwdi_max(a, passwdi_set(0.0f)), sum);
            }
            passwdi_store(raw + c * 16 + l, sum);
        }
        passwdi_spanet_next(at, t->products, v->objects);
    }
    PASSWDI_K(symmetrise)(v->out, raw, t, v->objects);
}
PASSWDI_TARGET static void PASSWDI_K(mass_backward)(const passwd_lanes *v) {
    const passwdi_spanet_cells *t = (const passwdi_spanet_cells *)v->user;
    const size_t cells = passwdi_spanet_power(v->objects, t->products);
    const int width = (1 << t->products) - t->products; /* masses, and one */
    float *raw = v->scratch, *sums = raw + cells * 16, *sums2 = sums + t->units * width * 16;
    size_t c;
    int at[PASSWD_SPANET_PRODUCTS] = { 0 }, u, i, l;
    memset(sums, 0, (size_t)t->units * (size_t)(width + 1) * 16 * sizeof(float));
    PASSWDI_K(symmetrise)(raw, v->out_gradient, t, v->objects);
    for (c = 0; c < cells; c++) {
        if (passwdi_spanet_is_cell(at, t->products)) PASSWDI_EACH_LANE(l) {
                PASSWDI_V s[PASSWDI_SPANET_MASSES];
                const int count = PASSWDI_K(masses)(s, v, t, at, l);
                const PASSWDI_V g = passwdi_load(raw + c * 16 + l);
                for (u = 0; u < t->units; u++) {
                    const float *w = v->parameter[0] + u * width;
                    float *to = sums + u * width * 16 + l;
                    PASSWDI_V a = passwdi_set(w[count]), d;
                    for (i = 0; i < count; i++) a = passwdi_fma(passwdi_set(w[i]), s[i], a);
                    passwdi_store(sums2 + u * 16 + l,
                        passwdi_fma(g, passwdi_max(a, passwdi_set(0.0f)), passwdi_load(sums2 + u * 16 + l)));
                    d = passwdi_pick(a, passwdi_times(g, passwdi_set(v->parameter[1][u])), passwdi_set(0.0f));
                    for (i = 0; i < count; i++)
                        passwdi_store(to + i * 16, passwdi_fma(d, s[i], passwdi_load(to + i * 16)));
                    passwdi_store(to + count * 16, passwdi_load(to + count * 16) + d);
                }
            }
        passwdi_spanet_next(at, t->products, v->objects);
    }
    PASSWDI_K(lane_sums)(v->parameter_gradient[0], sums, t->units * width);
    PASSWDI_K(lane_sums)(v->parameter_gradient[1], sums2, t->units);
}

/* log softmax over the cells that are above -1e29; the others stay at -1e30 */
PASSWDI_TARGET static void PASSWDI_K(log_softmax_forward)(const passwd_lanes *v) {
    const size_t cells = (size_t)v->out_rows;
    const PASSWDI_V low = passwdi_set(-1e30f), bound = passwdi_set(1e29f);
    size_t c;
    int l;
    PASSWDI_EACH_LANE(l) {
        PASSWDI_V top = low, sum = passwdi_set(0.0f);
        for (c = 0; c < cells; c++) top = passwdi_max(top, passwdi_load(v->in[0] + c * 16 + l));
        for (c = 0; c < cells; c++) sum = sum + PASSWDI_K(exp)(passwdi_load(v->in[0] + c * 16 + l) - top);
        sum = PASSWDI_K(log)(sum);
        for (c = 0; c < cells; c++) {
            const PASSWDI_V x = passwdi_load(v->in[0] + c * 16 + l);
            passwdi_store(v->out + c * 16 + l, passwdi_pick(x + bound, (x - top) - sum, low)); /* separately: logits may
                                                                                                  be large */
        }
    }
}
PASSWDI_TARGET static void PASSWDI_K(log_softmax_backward)(const passwd_lanes *v) {
    const size_t cells = (size_t)v->out_rows;
    const PASSWDI_V bound = passwdi_set(1e29f), zero = passwdi_set(0.0f);
    size_t c;
    int l;
    if (v->in_gradient[0]) PASSWDI_EACH_LANE(l) {
            PASSWDI_V sum = zero;
            for (c = 0; c < cells; c++) sum = sum + passwdi_load(v->out_gradient + c * 16 + l);
            for (c = 0; c < cells; c++) {
                const PASSWDI_V x = passwdi_load(v->out + c * 16 + l);
                const PASSWDI_V d =
                    passwdi_fma(zero - PASSWDI_K(exp)(x), sum, passwdi_load(v->out_gradient + c * 16 + l));
                passwdi_store(v->in_gradient[0] + c * 16 + l,
                    passwdi_load(v->in_gradient[0] + c * 16 + l) + passwdi_pick(x + bound, d, zero));
            }
        }
}

/* exp(-J^2), where J is the Jensen-Shannon divergence of two distributions: 1 if they are the same */
PASSWDI_TARGET static void PASSWDI_K(divergence)(const passwd_lanes *v, int back) {
    const size_t cells = (size_t)v->rows[0];
    const PASSWDI_V zero = passwdi_set(0.0f), half = passwdi_set(0.5f), bound = passwdi_set(1e29f);
    size_t c;
    int l, k;
    PASSWDI_EACH_LANE(l) {
        PASSWDI_V j = zero, g;
        for (c = 0; c < cells; c++) {
            const PASSWDI_V a = passwdi_load(v->in[0] + c * 16 + l), b = passwdi_load(v->in[1] + c * 16 + l),
                            p = PASSWDI_K(exp)(a), q = PASSWDI_K(exp)(b);
            const PASSWDI_V m = PASSWDI_K(log)(passwdi_times(p + q, half));
            j = j + passwdi_pick(a + bound, passwdi_fma(p, a - m, passwdi_times(q, b - m)), zero);
        }
        j = passwdi_times(j, half);
        if (!back) {
            passwdi_store(v->out + l, PASSWDI_K(exp)(zero - passwdi_times(j, j)));
            continue;
        }
        g = passwdi_times(passwdi_load(v->out_gradient + l), passwdi_load(v->out + l))
            * passwdi_times(j, passwdi_set(-1.0f)); /* -2 j exp(-j^2) times 1/2 below */
        for (k = 0; k < 2; k++)
            for (c = 0; v->in_gradient[k] && c < cells; c++) { /* d J / d log p = p log(p / m) / 2 */
                const PASSWDI_V a = passwdi_load(v->in[k] + c * 16 + l), p = PASSWDI_K(exp)(a),
                                q = PASSWDI_K(exp)(passwdi_load(v->in[1 - k] + c * 16 + l));
                const PASSWDI_V d = passwdi_times(p, a - PASSWDI_K(log)(passwdi_times(p + q, half)));
                passwdi_store(v->in_gradient[k] + c * 16 + l,
                    passwdi_fma(passwdi_pick(a + bound, d, zero), g, passwdi_load(v->in_gradient[k] + c * 16 + l)));
            }
    }
}
PASSWDI_TARGET static void PASSWDI_K(divergence_forward)(const passwd_lanes *v) { PASSWDI_K(divergence)(v, 0); }
PASSWDI_TARGET static void PASSWDI_K(divergence_backward)(const passwd_lanes *v) { PASSWDI_K(divergence)(v, 1); }

#define PASSWDI_ENTRY(name) PASSWDI_K(name##_forward), PASSWDI_TRAINING(PASSWDI_K(name##_backward)),
static const passwdi_spanet_kernels PASSWDI_K(kernels) = { PASSWDI_SPANET_OPS(PASSWDI_ENTRY) };
#undef PASSWDI_ENTRY
#endif /* PASSWDI_KERNEL_PASS */
