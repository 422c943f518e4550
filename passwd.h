/* passwd.h - searches for new particles with small neural networks, in one header. MIT licence.

   WHAT IT IS
     Three headers in C99 that is also C++11. They need libc and libm: no Python, no framework, no other library.
       passwd.h         Tensors, networks with gradients, training, files of events and weights. PASSWD-ABC (Phys. Rev.
                        D 109 L011702, arXiv 2309.05728): trained on background alone, it assigns jets to two unknown,
                        equal parents, and gives their mass and an anomaly score. Large jets: clustering, substructure,
                        normalized and recurrent variational autoencoders. Backgrounds by reweighting.
       passwd_rmm.h     The search for bumps in masses of anomalous events: rapidity-mass matrices, anomaly scores,
                        spectra, backgrounds, BumpHunter, scans, limits.
       passwd_spanet.h  SPANet: the jets of every particle of a topology that you name, such as a pair of tops.
     The networks are small (some ten thousand parameters, up to 128 objects per event), and so is the time: 16 events
     lie side by side in vector registers, and one event takes some ten microseconds on one core.

   WHAT IT IS NOT
     No general framework: it records the operations listed under Models, and knows one optimizer, Adam. No GPU. No
     simulation of collisions or detectors. No plots: tools/ draws them. NOT IMPLEMENTED, below, is the whole list.

   THE SHORTEST PROGRAM, from arrays to answers (save it as first.c; cc -O2 first.c -o first -lm)

     #define PASSWD_IMPLEMENTATION
     #include "passwd.h"
     #include <stdio.h>

     typedef struct jet { float pt, eta, phi, mass; } jet; // GeV, none, radians, GeV
     static const jet jets[] = { { 612.4f, 0.31f, -1.02f, 71.2f }, { 540.1f, -0.44f, 2.25f, 58.9f },
         { 371.8f, 0.87f, 1.61f, 40.3f }, { 288.0f, -0.95f, -0.30f, 33.7f }, { 203.5f, 0.12f, -2.61f, 25.4f },
         { 154.9f, -1.40f, 0.72f, 19.8f }, { 421.0f, 0.02f, 0.55f, 50.1f }, { 398.2f, 0.64f, -2.50f, 44.6f },
         { 120.7f, -0.71f, 1.93f, 14.2f }, { 96.3f, 1.25f, -0.88f, 11.0f } };
     static const int64_t first[] = { 0, 6, 10 }; // the jets of event k are first[k] ... first[k + 1] - 1

     int main(void) {
         passwd_abc *abc = NULL;       // a network: load it once
         passwd_abc_job *job = NULL;   // the buffers to run it with: one per thread
         passwd_arrays arrays = { 0 }; // where your numbers are; nothing is copied
         passwd_abc_result results[2];
         passwd_error error;
         int k, j;
         arrays.events = 2;
         arrays.first = first;
         arrays.pt = passwd_floats(&jets[0].pt, sizeof(jet)); // bytes from one to the next; 0: an array of its own
         arrays.eta = passwd_floats(&jets[0].eta, sizeof(jet));
         arrays.phi = passwd_floats(&jets[0].phi, sizeof(jet));
         arrays.m = passwd_floats(&jets[0].mass, sizeof(jet)); // or arrays.e, energies
         if (passwd_abc_load("data/abc.safetensors", NULL, &abc, &error) || passwd_abc_job_new(abc, NULL, &job, &error)
             || passwd_abc_run_arrays(job, &arrays, 0, 2, results, NULL, &error)) {
             fprintf(stderr, "%s\n", error.message);
             return 1;
         }
         for (k = 0; k < 2; k++) {
             printf("mass %.1f GeV, score %.3f, parents of the jets:", (double)results[k].answer.mass_avg,
                 (double)results[k].score);
             for (j = 0; j < first[k + 1] - first[k]; j++) printf(" %d", results[k].answer.category[j]);
             printf("\n"); // a category is 0 or 1, the parents; 2, ISR (some networks); -1, not used
         }
         passwd_abc_job_free(job);
         passwd_abc_free(abc);
         return 0;
     }

     Your numbers may be floats or doubles (passwd_doubles) of any stride, and rows padded: arrays.rows and .objects in
     place of first. Jets come in any order; of more than 12 (max_objects of this network) the hardest count. mass_avg
     is the mass of a parent. A score above 1, 2, 3 has 10, 1, 0.1 % of the background of that mass. A network knows
     events like those that it was trained on (data/README.md; examples/train.c trains one). For a file of events:
     passwd_events_load, passwd_abc_run. In C++ write {} for { 0 }.

   COMPILE IT ONCE
     The implementation takes seconds to compile, the interface 0.1 s. So give it a file of its own, passwd.c, of two
     lines (and two more for each companion: PASSWD_RMM_IMPLEMENTATION, PASSWD_SPANET_IMPLEMENTATION),
         #define PASSWD_IMPLEMENTATION
         #include "passwd.h"
     include the header without that macro in all other files, and link with -lm:
         cc -O2 -c passwd.c && cc -O2 analysis.c passwd.o -o analysis -lm
     The file may as well be C++. Optimize (-O2): the kernels are loops that compilers make vectors of. Without -march
     one program has the kernels of all instruction sets, and takes the best that the processor has.

   THREE LEVELS, and when to use which
     1 Jobs: a network that the library knows. Load it (or train it), make a job, run events. Use this level if one of
       them answers your question: it takes care of masks, frames and scores, and checks every number that it is given.
           passwd_abc        jets of an event -> two parents, mass, anomaly score  passwd_abc_run, passwd_abc_run_arrays
           passwd_nae        any numbers of a jet or event -> energy, an anomaly score              passwd_nae_run
           passwd_vrnn       constituents of a jet -> an anomaly score                              passwd_vrnn_run
           passwd_reweight   numbers of an event -> weights that turn one sample into another       passwd_reweight_run
           passwd_spanet     jets of an event -> jets of each particle (passwd_spanet.h)            passwd_spanet_run
           passwd_rmm        objects of an event -> an anomaly score (passwd_rmm.h)                 passwd_rmm_run
     2 Models: a network of your own, recorded operation by operation. Its gradients, its memory and its training follow
       from the recording. Use this level for another architecture, other inputs or another loss.
     3 Kernels: an operation of your own inside of a model (passwd_custom): you write it forward and backward, for 16
       events side by side. Use this level if no combination of the recorded operations does it, or not fast enough.
     Levels are open downwards: passwd_abc_model and its like give the model of a network. But its inputs are what the
     job would have made of events (passwd_abc_inputs): raw jets give other answers, and no error.

   A NETWORK OF YOUR OWN, step by step
     1 Record   passwd_model_new, then inputs, operations, outputs and losses. No call needs a check of its own.
     2 Build    passwd_model_build reports the first mistake of recording, plans memory and draws parameters.
     3 Batch    one array per input, in the order of recording: events x rows x features floats.
     4 Train    passwd_train, and 5 save: passwd_model_save.
     6 Load     another program records the same; passwd_model_load takes the place of training.
     7 Run      passwd_workspace_new, one per thread, and passwd_run.

     #define PASSWD_IMPLEMENTATION
     #include "passwd.h"
     #include <math.h>
     #include <stdio.h>

     enum { MOST = 3000, JETS = 12, NUMBERS = 5 };
     static float x[MOST * JETS * NUMBERS], label[MOST], logits[MOST * 2];
     static int32_t objects[MOST]; // jets of each event; rows beyond them are padding, and not read
     static int events;            // so many are in the arrays

     static passwd_status append(const char *path, float category, int64_t most, passwd_error *error) {
         passwd_events file = { 0 }; // doubles: rows of event k are first[k] ... first[k + 1] - 1 of pt, eta, phi, m, e
         const passwd_status status = passwd_events_load(path, NULL, NULL, &file, error);
         for (int64_t k = 0; k < file.count && k < most; k++, events++) { // rows keep the file's order, of m and e the
             float *to = x + events * JETS * NUMBERS;                     // missing one is there, too
             objects[events] = 0;
             for (int64_t row = file.first[k]; row < file.first[k + 1] && objects[events] < JETS; row++) {
                 *to++ = (float)log(file.pt[row]);
                 *to++ = (float)file.eta[row];
                 *to++ = (float)cos(file.phi[row]);
                 *to++ = (float)sin(file.phi[row]);
                 *to++ = (float)log(file.e[row]);
                 objects[events]++;
             }
             label[events] = category;
         }
         passwd_events_free(&file);
         return status;
     }

     static passwd_status record(passwd_model **net, passwd_error *error) {
         static const int embed[] = { 24, 24 }, head[] = { 24, 2 };
         passwd_value in, truth, h;
         const passwd_status status = passwd_model_new(NULL, net, error);
         if (status != PASSWD_OK) return status;
         in = passwd_input_objects(*net, "jets", JETS, NUMBERS);     // inputs[0] of a batch: 12 rows of 5 features
         truth = passwd_input_event(*net, "truth", 1, 1);            // inputs[1]: a category, 0 or 1
         h = passwd_batch_norm(*net, in, NULL, "norm");              // to mean 0, width 1
         h = passwd_mlp(*net, h, embed, 2, 1, PASSWD_ACTIVATE_RELU, "embed"); // 12 x 24: the same for each jet
         h = passwd_sum_rows(*net, h);                                        // 1 x 24: without padding
         h = passwd_mlp(*net, h, head, 2, 0, PASSWD_ACTIVATE_RELU, "head");   // 1 x 2
         passwd_output(*net, h, "logits");
         passwd_loss(*net, passwd_cross_entropy(*net, h, truth, 0), 1.0f, "cross-entropy");
         return passwd_model_build(*net, 1, error); // parameters are drawn from seed 1
     }

     int main(void) {
         const float *inputs[] = { x, label };
         float *outputs[] = { logits }; // one per passwd_output, in order
         passwd_model *net = NULL, *again = NULL;
         passwd_workspace *workspace = NULL;
         passwd_train_options options = { 0 }; // zeroed: the defaults that the interface gives in brackets
         passwd_batch batch = { 0 };
         passwd_error error;
         int k, right = 0;
         int failed = append("data/background.csv", 0.0f, 2000, &error)
             || append("data/gluino_qqneutralino_1500.csv", 1.0f, 1000, &error);
         batch.events = events;
         batch.inputs = inputs;
         batch.objects = objects;
         options.epochs = 15;
         options.batch = 64;
         options.validation = 0.1f; // the fraction set aside, by which the best epoch is kept
         failed = failed || record(&net, &error) || passwd_train(net, &batch, &options, NULL, &error)
             || passwd_model_save(net, "own.safetensors", NULL, &error);

         events = 0; // other events, and in a program of its own you would begin here
         failed = failed || append("data/background_test.csv", 0.0f, 1000, &error)
             || append("data/gluino_qsquark_1500.csv", 1.0f, 1000, &error) || record(&again, &error)
             || passwd_model_load(again, "own.safetensors", &error)
             || passwd_workspace_new(again, NULL, &workspace, &error);
         batch.events = events;
         inputs[1] = NULL; // only the loss needs it
         failed = failed || passwd_run(again, workspace, &batch, outputs, &error);
         for (k = 0; k < events && !failed; k++) right += (logits[2 * k + 1] > logits[2 * k]) == (label[k] > 0.5f);
         if (failed) fprintf(stderr, "%s\n", error.message);
         else printf("%d of %d other events are classified right\n", right, events);
         passwd_workspace_free(workspace);
         passwd_model_free(again);
         passwd_model_free(net);
         return failed;
     }

     Values have a shape: rows x features of an event. Rows of an input of objects are its objects, those of
     passwd_pairs its pairs; all operations but those that say otherwise act row by row, and keep the rows. There is no
     softmax: outputs are logits, and the probability of category 1 of two is 1 / (1 + exp(logit 0 - logit 1)).
     examples/custom.c has attention, examples/supervised.c pairs and the ABC layer, with events from files.

   WHO OWNS WHAT, and how long it must live
       what                               made by               freed by             what it borrows, until when
       passwd_error, options, configs     you                   -                    nothing
       passwd_allocator                   you; it is copied     -                    `user`: until what it made is freed
       passwd_model                       passwd_model_new      passwd_model_free    passwd_custom's `user`: until freed
       passwd_workspace, passwd_*_job     *_new                 *_free               its model or network: until freed
       passwd_abc, _nae, _vrnn            *_new, _load, _parse  *_free               nothing: bytes are read, not kept
       passwd_reweight                    *_learn, _load        *_free               nothing
       passwd_arrays, passwd_batch        you                   you                  your arrays: while a call lasts
       passwd_events of a file            passwd_events_load    passwd_events_free   nothing
         of your arrays, copied           passwd_events_add     passwd_events_free   nothing
         that point to your arrays        you                   you, never _free     your arrays: as you use it
       passwd_event_reader                *_open                *_close              a callback's `user`: until closed
       passwd_tensor_file                 *_load                *_free               nothing; of *_parse, the bytes
       passwd_tensor_writer               you, zeroed           *_free               names, data, metadata: until saved
       passwd_json, passwd_json_writer    *_parse, *_init       *_free               nothing
       passwd_quantiles                   *_learn, *_read       *_free               nothing
       passwd_file, passwd_csv_writer     *_create, *_open      *_close              nothing
     What a call returns by pointer (a name, a configuration, the model of a network) belongs to the object that it came
     from. Every *_free takes NULL: set pointers to NULL at first, and free everything in one place.

   THREADS
     There are no globals: calls on different objects never meet. Shared by any number of threads: all that a call takes
     as pointer to const, such as a model, a network, events, arrays. One per thread: workspaces, jobs, readers,
     writers, errors. Do not run a network while it is trained, read into or freed. Afterwards workspaces go on, with
     the new parameters (but jobs of PASSWD-ABC must be freed before passwd_abc_train_score).
     Or let the library divide the work: options.threads, where your program is compiled with -fopenmp. Callbacks come
     from the thread that called, except `fill` of a batch and custom operations, which several call at once.

   MEMORY
     Objects allocate when they are made, from the allocator that they are given (NULL: malloc and free) and keep.
     Running a network allocates nothing: workspaces and jobs have room for any number of events, in blocks.
     Their first call with up to 8 events turns the weights for these, which takes milliseconds per million of them.
     passwd_workspace_size says how much; a job of the bundled ABC network has 2 MB, a workspace that trains it 8 MB.
     What runs only now and then (passwd_nae_run, passwd_vrnn_run, clustering) makes its buffers in every call.
     `allocate` need not zero, aligns like malloc, and is called by the calling thread alone. No call needs more than
     24 KB of stack, but a passwd_abc_result has 1.4 KB: do not put thousands on it.

   ERRORS
     Every call that can fail returns a passwd_status, 0 for success, so that calls can be joined by ||, and explains
     itself in a whole sentence with file, line, column or tensor in the passwd_error (or NULL) that you give. Outputs
     are untouched on failure; a range of events is checked before the first is run. Recording calls return PASSWD_NONE
     after a mistake, and so do all after it: passwd_model_build reports the first one. Writers of JSON and CSV keep
     theirs for *_finish and *_close. PASSWD_STOPPED: a callback asked to stop, and results so far are valid. No exit,
     abort, printing or errno, ever. Jobs refuse NaN and infinity; passwd_run takes any floats.

   NUMBERS
     GeV, radians, c = 1. Networks compute in float; substructure, spectra, fits and limits in double.
     Networks, losses, gradients and training give the same bits on AVX-512, AVX2, NEON and plain loops, for any batch,
     neighbours, lane and number of threads, from every compiler and machine, x86 without fused multiply-add and 32-bit
     ones too (but not from the kernels that PASSWD_SSE2 adds): as far as the inputs are the same and the C library's
     cos, exp, log and pow agree where training calls them. What is computed in doubles outside of networks
     (substructure, features of events, backgrounds, hunts, limits) gives the same bits from all compilers and flags on
     one machine with one C library, and equal numbers but for rounding on others.
     Not promised, and equal but for rounding: where the host program has changed the rounding mode (fesetround) or
     flushes subnormal numbers (linking with -ffast-math does), on x87 (32-bit x86 without -msse2 -mfpmath=sse: there
     neighbours may change last digits), and with clang's -ffp-contract=fast.
     Random numbers depend on a seed and a place alone, never on time, threads or order.

   MACROS, all there are; define them before the include, the same for all three headers
       PASSWD_IMPLEMENTATION   compile the implementation of this header here [not defined]; of the companions:
                               PASSWD_RMM_IMPLEMENTATION, PASSWD_SPANET_IMPLEMENTATION
       PASSWD_STATIC           every function is static: several files of a program may each have an implementation, and
                               compilers leave out what the file does not call [not defined]
       PASSWD_API              what is written before every declaration, such as __declspec(dllexport) [extern]
       PASSWD_HEADER           name of this file, if you renamed it: it includes itself once per instruction set
                               ["passwd.h"]; PASSWD_SPANET_HEADER ["passwd_spanet.h"]
       PASSWD_FAST_MATH        compile in spite of -ffast-math, which is an error otherwise: it removes the checks for
                               NaN and infinity, and with them every promise about bits and bad input [not defined]
     For the implementation alone, all [not defined]: to have less of it to compile (README has a table of seconds),
       PASSWD_NO_TRAINING      no gradients: passwd_losses, passwd_gradients, passwd_chains_run and all that trains or
                               samples answer PASSWD_ERROR_UNSUPPORTED; networks load and run
       PASSWD_NO_JETS          clustering, substructure, alignment, normalized autoencoder, Energy Mover's Distance and
                               recurrent autoencoder answer PASSWD_ERROR_UNSUPPORTED
       PASSWD_NO_AVX512        no kernels for AVX-512: such processors run those for AVX2, at half the speed or more
       PASSWD_NO_SIMD          plain loops only
     and to have more of it:
       PASSWD_SSE2             kernels for SSE2, too, whose bits are their own. Without it x86 without FMA (before 2013,
                               some Atoms) runs plain loops: the same bits as elsewhere, 15 to 35 times slower
     With OpenMP (-fopenmp) options.threads counts. On 32-bit Linux files beyond 2 GB need -D_FILE_OFFSET_BITS=64.

   LIMITS
     PASSWD_MAX_OBJECTS (128) objects of an event in a model, not in a file, and one such maximum for all inputs of a
     model. PASSWD_MAX_CATEGORIES (8) of an ABC layer, PASSWD_ABC_LAYERS (8); PASSWD_ABC_EXACT_OBJECTS (12) of which all
     partitions are tried. PASSWD_MAX_CONSTITUENTS (256) of a jet that is clustered. PASSWD_NAE_LAYERS (8).
     PASSWD_MAX_POWER (5) of passwd_custom. PASSWD_TENSOR_RANK (8) of files; 5 of parameters, which have up to 2^28
     numbers. A value has up to 2^20 features and 10^8 numbers per event, an input of events up to 4096 rows.
     PASSWD_JSON_DEPTH (64), PASSWD_JSON_KEYS (4096), PASSWD_CSV_BUFFER (1048576 bytes: the longest row),
     PASSWD_CSV_TYPES (4096 different texts). Names have up to 47 characters, those of parameters 159. Beyond a limit
     calls fail, and say so.

   FILES
     Events: CSV with a header line, one row per object, the rows of one event together; `event,pt,eta,phi` and `m` or
     `e`, perhaps `object` (type: j, b, e, mu, g, met ...), `weight`, and numbers or texts that you ask for.
     Constituents of jets: `jet,pt,eta,phi`, massless without `m` or `e`. Tables: any columns. All rules are in Files.
     Weights: safetensors, tensors by their PyTorch names, the configuration as JSON in the metadata. *_load reads a
     path, *_parse bytes in memory (tools write them as a C array: `abc export --c`), *_save writes.
     Files appear whole or not at all. Readers survive any bytes. Numbers have a decimal point in every locale.

   NOT IMPLEMENTED
     GPUs; networks in double or half precision (weights are read from both); convolutions on images; graphs other than
     all pairs of objects; optimizers but Adam and AdamW; recurrences but over the objects of an event; ONNX, ROOT,
     HDF5, parquet; compressed files; ABC for more than two parents (layers take up to 8 categories); second
     derivatives. Several processes train together by options.ranks, which you write: there is no MPI in here.

   CONTENTS: what each section holds (search for the name)
     the interface:
     | Status, errors, memory - passwd_status, passwd_error, passwd_allocator, the version
     | Instruction sets - which kernels run; measuring a core's peak
     | Random numbers - uniform and normal numbers by seed, stream and counter
     | Models - recording a network: inputs, operations, outputs, losses, parameters
     | Running - batches, workspaces, passwd_run; losses, gradients, Markov chains
     | Training - passwd_train: options, progress, checkpoints, report
     | Files - numbers as text, JSON, safetensors, events as CSV or arrays, results as CSV
     | PASSWD-ABC - configuration, files, jobs, training, the score, best partitions
     | Jets - four-momenta, clustering, substructure, alignment, quantiles
     | Normalized autoencoder - anomalies in a table of numbers; Energy Mover's Distance
     | Recurrent variational autoencoder - anomalies in the constituents of a jet
     | Background by reweighting - weights from a network, and their closure test
     the implementation:
     | Errors, memory, random numbers | Programs | Recording | Building | Running | Losses and gradients | Files
     | Training | PASSWD-ABC | Jets | Quantiles | Normalized autoencoder | Recurrent variational autoencoder
     | Background by reweighting | LANE KERNELS
*/
#if !defined(PASSWDI_KERNEL_PASS) && !defined(PASSWDI_REFUSED) /* what cannot work is said once, and nothing else */
#if defined(__cplusplus) ? __cplusplus < 201103L && !defined(_MSC_VER) \
                         : !defined(_MSC_VER) && (!defined(__STDC_VERSION__) || __STDC_VERSION__ + 0 < 199901L)
#define PASSWDI_REFUSED
#error "passwd.h needs C99 (-std=c99) or C++11 (-std=c++11), or later."
#elif (defined(PASSWD_IMPLEMENTATION) || defined(PASSWDI_SHARE)) && !defined(PASSWD_FAST_MATH)
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || defined(_M_FP_FAST)
#define PASSWDI_REFUSED
#elif defined(__FINITE_MATH_ONLY__)
#if __FINITE_MATH_ONLY__ > 0
#define PASSWDI_REFUSED
#endif
#endif
#ifdef PASSWDI_REFUSED
#error "-ffast-math removes checks for NaN and changes results: compile passwd.h without it or define PASSWD_FAST_MATH"
#endif
#endif
#endif
#ifndef PASSWDI_REFUSED
#ifndef PASSWDI_KERNEL_PASS
#ifndef PASSWD_H
#define PASSWD_H
#include <stddef.h>
#include <stdint.h>

#define PASSWD_VERSION 10000 /* 1.0.0 */

#if defined(PASSWD_STATIC) && defined(PASSWD_API)
#error "PASSWD_STATIC and PASSWD_API exclude each other."
#elif defined(PASSWD_STATIC) && (defined(__GNUC__) || defined(__clang__))
#define PASSWD_API static __attribute__((unused))
#define PASSWD_DEF static __attribute__((unused))
#elif defined(PASSWD_STATIC)
#define PASSWD_API static
#define PASSWD_DEF static
#else
#ifndef PASSWD_API
#define PASSWD_API extern
#endif
#define PASSWD_DEF
#endif
/* gcc's "unused" does not mean: need not be defined. So in a file without implementation nothing is said of unused
   functions. */
#if defined(PASSWD_STATIC) && !defined(PASSWD_IMPLEMENTATION) && defined(__GNUC__) && !defined(__clang__)
#define PASSWDI_HUSHED
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------------------------------
   Status, errors, memory
   --------------------------------------------------------------------------------------------------------------- */

/* Arguments have one order: first what a call works on or changes, then its input and options, the allocator, what it
   makes or fills, and the error. */
/* What a call returns. Outputs are untouched unless it is PASSWD_OK or PASSWD_STOPPED. */
typedef enum passwd_status {
    PASSWD_OK = 0,
    PASSWD_ERROR_ARGUMENT,    /* invalid argument: NULL, a negative size, a value out of range */
    PASSWD_ERROR_MEMORY,      /* the allocator returned NULL, or a size overflowed */
    PASSWD_ERROR_IO,          /* a file cannot be opened, read or written */
    PASSWD_ERROR_PARSE,       /* text or bytes that do not follow their format; line and column say where */
    PASSWD_ERROR_SHAPE,       /* tensors, rows or features that do not fit together */
    PASSWD_ERROR_CONFIG,      /* unknown or contradictory configuration */
    PASSWD_ERROR_UNSUPPORTED, /* not on this processor, left out by a macro, or beyond a documented limit */
    PASSWD_ERROR_NUMERIC,     /* NaN or infinity where a finite number is needed, or no convergence */
    PASSWD_STOPPED            /* a callback asked to stop; the results so far are valid */
} passwd_status;

/* What went wrong, written on failure alone. It is the caller's; every `error` argument may be NULL. */
typedef struct passwd_error {
    passwd_status status;
    int64_t line, column; /* of a file, from 1; 0 where there is none */
    char message[256];    /* a whole sentence for people, zero-terminated */
} passwd_error;

/* Where memory comes from. The library allocates when something is created or loaded, never while it runs, from the
   allocator that a call is given or that its model, events, ... were made with. Not through it goes what libc takes for
   an open file; and calls that know no allocator use malloc while they last (passwd_abc_config_read and its like,
   passwd_cluster, passwd_substructure_of, presets and checks of SPANet's topologies). */
typedef struct passwd_allocator {                /* zeroed: the values in brackets */
    void *(*allocate)(void *user, size_t bytes); /* [malloc] aligned like malloc's; NULL: there is none */
    void (*release)(void *user, void *pointer);  /* [free; with your allocate: nothing, as memory of an arena may be
                                                    given back all at once] */
    void *user;                                  /* is passed to both */
} passwd_allocator;

/* Called now and then by what takes long (runs over many events, pseudo-experiments), never by two threads at a time:
   `done` of `all` are finished; all is 0 where that is not known before. Not 0: stop. The call then answers
   PASSWD_STOPPED, its message says how many were finished, and their results are valid. */
typedef int passwd_watch(void *user, int64_t done, int64_t all);

/* PASSWD_VERSION of the compiled implementation, as 10000 * major + 100 * minor + patch. */
PASSWD_API int passwd_version(void);
/* A short name of a status: "ok", "shape", ... */
PASSWD_API const char *passwd_status_name(passwd_status status);

/* ------------------------------------------------------------------------------------------------------------------
   Instruction sets. All give the same bits except SSE2, which has no fused multiply-add and exists only with
   PASSWD_SSE2.
   --------------------------------------------------------------------------------------------------------------- */

typedef enum passwd_simd {
    PASSWD_SIMD_AUTO = 0, /* the best that this processor has */
    PASSWD_SIMD_SCALAR,   /* plain loops: the definition of the arithmetic, and what x86 without FMA runs */
    PASSWD_SIMD_SSE2,     /* only with PASSWD_SSE2 */
    PASSWD_SIMD_AVX2,     /* with FMA */
    PASSWD_SIMD_AVX512,
    PASSWD_SIMD_NEON
} passwd_simd;

/* 1 if both this program and this processor have the level, else 0. */
PASSWD_API int passwd_simd_available(passwd_simd level);
/* The level that PASSWD_SIMD_AUTO stands for here. */
PASSWD_API passwd_simd passwd_simd_best(void);
/* "auto", "scalar", "sse2", "avx2", "avx512", "neon". */
PASSWD_API const char *passwd_simd_name(passwd_simd level);
/* The level of such a name; ARGUMENT for any other. Whether it is available is not checked. */
PASSWD_API passwd_status passwd_simd_parse(const char *name, passwd_simd *level, passwd_error *error);
/* Does count x 24 x 16 fused multiply-adds (2 operations each) in registers alone, for measuring a core's peak. Returns
   a number that depends on all of them; 0 where the level is not available. */
PASSWD_API float passwd_simd_peak(passwd_simd level, int64_t count);

/* ------------------------------------------------------------------------------------------------------------------
   Random numbers: a hash of (seed, stream, counter). There is no state: the numbers of a stream can be drawn in any
   order, by any thread.
   --------------------------------------------------------------------------------------------------------------- */

PASSWD_API uint32_t passwd_random_bits(uint64_t seed, uint32_t stream, uint32_t counter);  /* 32 independent bits */
PASSWD_API double passwd_random_uniform(uint64_t seed, uint32_t stream, uint32_t counter); /* in (0, 1), uniform */
PASSWD_API double passwd_random_normal(uint64_t seed, uint32_t stream, uint32_t counter);  /* mean 0, width 1 */

/* ------------------------------------------------------------------------------------------------------------------
   Models. A network is recorded once, operation by operation, on values of rows x features per event. Values that
   depend on an input of objects have one row per object (up to the maximum), those of pairs one row per pair. Recording
   calls return the new value, or PASSWD_NONE after a mistake; the first mistake is kept, and passwd_model_build reports
   it, so that no call needs a check of its own. Parameters have PyTorch state_dict names; layers of one name share
   them. The manual above has a whole program. In short:

       passwd_model_new(NULL, &net, &error);
       x = passwd_input_event(net, "x", 1, 8);
       h = passwd_mlp(net, x, widths, 3, 0, PASSWD_ACTIVATE_RELU, "autoencoder");
       passwd_output(net, h, "reconstruction");
       passwd_loss(net, passwd_mean_square(net, x, h), 1.0f, "mean square");
       passwd_model_build(net, seed, &error);
   --------------------------------------------------------------------------------------------------------------- */

typedef struct passwd_model passwd_model;
typedef int passwd_value;       /* a value of one model */
#define PASSWD_NONE (-1)        /* no value: a mistake, or an optional one left out */
#define PASSWD_MAX_OBJECTS 128  /* most objects per event */
#define PASSWD_MAX_POWER 5      /* largest power of rows that are objects^power */
#define PASSWD_MAX_CATEGORIES 8 /* most categories of an ABC layer, and rows of passwd_select_rows */

typedef enum passwd_activation {
    PASSWD_ACTIVATE_LINEAR = 0, /* x */
    PASSWD_ACTIVATE_RELU,       /* max(x, 0) */
    PASSWD_ACTIVATE_LEAKY_RELU, /* x, below zero a x */
    PASSWD_ACTIVATE_ELU,        /* x, below zero e^x - 1 */
    PASSWD_ACTIVATE_SIGMOID,    /* 1 / (1 + e^-x) */
    PASSWD_ACTIVATE_TANH,
    PASSWD_ACTIVATE_SOFTPLUS, /* ln(1 + e^x) */
    PASSWD_ACTIVATE_SILU,     /* x / (1 + e^-x) */
    PASSWD_ACTIVATE_EXP,
    PASSWD_ACTIVATE_LOG, /* natural */
    PASSWD_ACTIVATE_SQUARE,
    PASSWD_ACTIVATE_SQRT,   /* of max(x, 0) */
    PASSWD_ACTIVATE_AFFINE, /* a x + b */
    PASSWD_ACTIVATE_GELU,   /* x (1 + erf(x / sqrt 2)) / 2 (arXiv 1606.08415) */
    PASSWD_ACTIVATIONS      /* how many there are */
} passwd_activation;

/* How passwd_choice chooses. In a run it is always one-hot of the largest score. */
typedef enum passwd_choice_kind {
    PASSWD_CHOICE_SOFT = 0,   /* training: softmax(scores / temperature) */
    PASSWD_CHOICE_GUMBEL,     /* training: the same with Gumbel noise (arXiv 1611.00712) */
    PASSWD_CHOICE_GUMBEL_HARD /* training: one-hot of that, with the gradient of the soft one */
} passwd_choice_kind;

/* An empty model, to be recorded. allocator: NULL, or what the model and its workspaces allocate from. */
PASSWD_API passwd_status passwd_model_new(const passwd_allocator *allocator, passwd_model **model, passwd_error *error);
/* Frees a model, recorded, built or NULL. Its workspaces must be freed before. */
PASSWD_API void passwd_model_free(passwd_model *model);
/* Ends recording: reports its first mistake, plans memory, draws initial parameters (PyTorch's defaults) from the seed.
   After a failure the model can only be freed. */
PASSWD_API passwd_status passwd_model_build(passwd_model *model, uint64_t seed, passwd_error *error);

/* --- inputs --- */

/* An input of objects: up to max_objects rows per event, of which the first objects[event] of the batch are valid. All
   inputs of objects of a model have the same max_objects (1 to PASSWD_MAX_OBJECTS), and share `objects`. */
PASSWD_API passwd_value passwd_input_objects(passwd_model *model, const char *name, int max_objects, int features);
/* The mask of objects, one feature: 1 for a valid row, 0 for padding. The library makes it: it is not in a batch. */
PASSWD_API passwd_value passwd_input_mask(passwd_model *model);
/* An input of rows x features that every event has (up to 4096 rows). */
PASSWD_API passwd_value passwd_input_event(passwd_model *model, const char *name, int rows, int features);
/* Requests gradients with respect to this input of events, for passwd_gradients and passwd_chains_run. Before any
   operation is recorded. */
PASSWD_API void passwd_input_trains(passwd_model *model, passwd_value input);

/* --- layers --- */

/* y = W x + b, row by row. Parameters name.weight (features x features of x) and, with bias, name.bias. */
PASSWD_API passwd_value passwd_linear(passwd_model *model, passwd_value x, int features, int bias, const char *name);
/* W x + b + U y: two linear layers in one value. Parameters name_x.weight, name_x.bias and name_y.weight, which is U.
 */
PASSWD_API passwd_value passwd_linear_pair(
    passwd_model *model, passwd_value x, passwd_value y, int features, const char *name_x, const char *name_y);
/* Layer norm (arXiv 1607.06450) over the features of x + residual (PASSWD_NONE: of x), then the activation: LINEAR,
   RELU or LEAKY_RELU (slope 0.01), then zero where mask is zero (PASSWD_NONE: nowhere). Parameters name.weight,
   name.bias. */
PASSWD_API passwd_value passwd_layer_norm(passwd_model *model, passwd_value x, passwd_value residual, passwd_value mask,
    passwd_activation activation, const char *name);
/* Batch norm (arXiv 1502.03167). Of an input: batch statistics in training, running ones (momentum 0.1) otherwise. Of
   any other value: always the running ones, which stay as they are (a fixed affine map before weight and bias), so that
   events remain independent. padding: NULL, or `features` floats as which padded rows, then counted in the statistics,
   are read, as in the original ABC code (inputs of objects of up to 16 features). Parameters name.weight, name.bias,
   name.running_mean, name.running_var. */
PASSWD_API passwd_value passwd_batch_norm(
    passwd_model *model, passwd_value input, const float *padding, const char *name);
/* An activation, element by element. a: slope of LEAKY_RELU and AFFINE; b: offset of AFFINE; others ignore them. */
PASSWD_API passwd_value passwd_activate(passwd_model *model, passwd_value x, passwd_activation kind, float a, float b);
/* x + y, element by element, of two values of the same shape. */
PASSWD_API passwd_value passwd_add(passwd_model *model, passwd_value x, passwd_value y);
/* x - y. */
PASSWD_API passwd_value passwd_subtract(passwd_model *model, passwd_value x, passwd_value y);
/* x y. */
PASSWD_API passwd_value passwd_multiply(passwd_model *model, passwd_value x, passwd_value y);
/* sigmoid(gate) x, element by element. */
PASSWD_API passwd_value passwd_gated(passwd_model *model, passwd_value gate, passwd_value x);
/* The last step of a gated recurrent unit (arXiv 1412.3555; as a gate of residuals: 1910.06764): (1 - s) old + s
   tanh(fresh) with s = sigmoid(update - name.gate_bias), a parameter that starts at `bias`. */
PASSWD_API passwd_value passwd_gru(
    passwd_model *model, passwd_value update, passwd_value fresh, passwd_value old, float bias, const char *name);
/* Dropout in training: each number is zero with probability `rate` (0 to below 1), the others grow by 1 / (1 - rate).
 */
PASSWD_API passwd_value passwd_dropout(passwd_model *model, passwd_value x, float rate);
/* x + by in one feature. */
PASSWD_API passwd_value passwd_shift(passwd_model *model, passwd_value x, int feature, float by);
/* x, and zero in the rows where mask (one feature) is zero. */
PASSWD_API passwd_value passwd_mask_rows(passwd_model *model, passwd_value x, passwd_value mask);
/* Row `row` of x (of every event, valid or not), or each of its rows (-1), replaced by one learnt vector of `features`
   (those of x, unless row is -1). Parameter name: 1 x 1 x features. */
PASSWD_API passwd_value passwd_learnt_rows(
    passwd_model *model, passwd_value x, int row, int features, const char *name);
/* The features of `count` values of the same rows, side by side. */
PASSWD_API passwd_value passwd_concat(passwd_model *model, const passwd_value *x, int count);
/* Features [from, from + count) of x. */
PASSWD_API passwd_value passwd_features(passwd_model *model, passwd_value x, int from, int count);
/* The rows of x whose numbers rows[] holds, up to PASSWD_MAX_CATEGORIES of them; of objects row 0 alone. */
PASSWD_API passwd_value passwd_select_rows(passwd_model *model, passwd_value x, const int *rows, int count);
/* The same numbers, but no gradient flows back. */
PASSWD_API passwd_value passwd_detach(passwd_model *model, passwd_value x);
/* Random numbers of a normal distribution (mean 0, width 1) for every row of x, new in every training step; zero
   otherwise. */
PASSWD_API passwd_value passwd_noise(passwd_model *model, passwd_value x, int features);

/* --- recurrence over objects, in their order --- */

/* A state of `features` per object: zero for the first, for every other one what passwd_recur names, of the object
   before. What is recorded between the two calls runs object by object, and must act row by row (linear, layer norm,
   activations, sums and products, gated units, concat, mean_square, divergence); all else, before and after, runs on
   all objects at once. */
PASSWD_API passwd_value passwd_previous(passwd_model *model, passwd_value objects, int features);
/* Ends the recurrence that `previous` began: `next` is the state that the next object gets. */
PASSWD_API void passwd_recur(passwd_model *model, passwd_value previous, passwd_value next);

/* --- attention, and sums over rows. Padded rows never enter a sum over rows of objects (attention, pool, sum_rows,
       cross_entropy), whether you give a mask or not. --- */

/* Multi-head attention core (arXiv 1706.03762, eq. 1) of rows of q on rows of k and v, all of the same features, which
   the heads divide. mask: of the keys, or PASSWD_NONE. bias: one feature per (key, query) pair of objects, added to the
   scores of every head, or PASSWD_NONE. extra: 1 adds a learnt key and value (name.bias_k, name.bias_v). dropout acts
   on the probabilities, in training. */
typedef struct passwd_attention_options {
    int heads, extra; /* extra [0] */
    float dropout;    /* [0] */
} passwd_attention_options;
PASSWD_API passwd_value passwd_attention(passwd_model *model, passwd_value q, passwd_value k, passwd_value v,
    passwd_value mask, passwd_value bias, const passwd_attention_options *options, const char *name);
/* The whole layer, as PyTorch's MultiheadAttention: projections name.in_proj_weight, name.in_proj_bias of q and of
   other, the core above, then name.out_proj.weight, name.out_proj.bias. */
PASSWD_API passwd_value passwd_multihead(passwd_model *model, passwd_value q, passwd_value other, passwd_value mask,
    passwd_value bias, const passwd_attention_options *options, const char *name);
/* A category for each row, by its first `categories` features (2 to PASSWD_MAX_CATEGORIES): rows x categories, zero
   where mask is zero (PASSWD_NONE: nowhere). temperature: above 0, times the trainer's. */
PASSWD_API passwd_value passwd_choice(passwd_model *model, passwd_value scores, passwd_value mask, int categories,
    passwd_choice_kind kind, float temperature);
/* One-hot of a random category for every unmasked row; new in every training step. */
PASSWD_API passwd_value passwd_random_choice(passwd_model *model, passwd_value mask, int categories);
/* categories x features: sum over rows of choice[row][category] x[row]. Where x are four-momenta, those of candidates.
 */
PASSWD_API passwd_value passwd_pool(passwd_model *model, passwd_value choice, passwd_value x);
/* 1 x features: the sum of the rows, of objects or of pairs, without padding. */
PASSWD_API passwd_value passwd_sum_rows(passwd_model *model, passwd_value x);

/* --- physics --- */

/* One row per (key, query) pair of objects: eta_i - eta_j, cos(phi_i - phi_j), sin(phi_i - phi_j), where features
   from, from + 1, from + 2 of the input are eta, cos phi, sin phi. No gradient passes. */
PASSWD_API passwd_value passwd_pairs(passwd_model *model, passwd_value input, int from);
/* --- graphs --- */

/* Objects are nodes, pairs of objects (also of one with itself) are edges, and all that acts row by row acts on
   either. A value of pairs is [first][second] object; passwd_pairs gives differences second - first. */
typedef enum passwd_side { PASSWD_SIDE_FIRST = 0, PASSWD_SIDE_SECOND } passwd_side;
/* One row per pair: that of x, a value of objects, for the object on this side of the pair. */
PASSWD_API passwd_value passwd_spread(passwd_model *model, passwd_value x, passwd_side side);
/* One row per object: the sum of x, a value of pairs, over the pairs that the object is in on the other side, that is
   over all objects on this side; padding is left out. */
PASSWD_API passwd_value passwd_sum_over(passwd_model *model, passwd_value x, passwd_side side);
/* One feature: sqrt((1.0001 E)^2 - p^2 + 1e-4) / scale per row of (E, px, py, pz), GeV. */
PASSWD_API passwd_value passwd_mass(passwd_model *model, passwd_value p4, float scale);

/* --- what losses are made of --- */

/* One feature, row by row: mean over the features of (a - b)^2. b may be PASSWD_NONE, which is zero. */
PASSWD_API passwd_value passwd_mean_square(passwd_model *model, passwd_value a, passwd_value b);
/* One feature, row by row: sqrt(sum over the features of (a - b)^2 + 1e-12). b as above. */
PASSWD_API passwd_value passwd_distance(passwd_model *model, passwd_value a, passwd_value b);
/* One feature, row by row: Kullback-Leibler divergence of N(mean, e^log_width) from N(mean0, e^log_width0), summed over
   the features (arXiv 1312.6114, app. B). */
PASSWD_API passwd_value passwd_divergence(
    passwd_model *model, passwd_value mean, passwd_value log_width, passwd_value mean0, passwd_value log_width0);
/* 1 x 1: cross-entropy of rows of logits with their labels (one feature: the number of the category, from 0; below 0:
   none), the mean over labelled rows. exchange: 1 takes the smaller of it and of it with labels 0 and 1 swapped. */
PASSWD_API passwd_value passwd_cross_entropy(
    passwd_model *model, passwd_value logits, passwd_value labels, int exchange);

/* --- composite layers, recorded from the operations above --- */

/* passwd_sum_over as a mean: weighted with one feature per pair, not negative, to which no gradient passes, or (weight
   PASSWD_NONE) plain. Zero where all weights are. A layer of EdgeConv (ParticleNet, arXiv 1902.08570), say:

       message = passwd_add(net, passwd_spread(net, passwd_linear(net, x, 16, 1, "receiver"), PASSWD_SIDE_SECOND),
           passwd_spread(net, passwd_linear(net, x, 16, 0, "sender"), PASSWD_SIDE_FIRST));
       message = passwd_activate(net, message, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
       message = passwd_linear(net, message, 16, 1, "message");             and so on, row by row
       x = passwd_mean_over(net, message, closeness, PASSWD_SIDE_FIRST);

   The first linear layer, on (x_i, x_j - x_i), runs on objects here, where it is far less work than on pairs. */
PASSWD_API passwd_value passwd_mean_over(passwd_model *model, passwd_value x, passwd_value weight, passwd_side side);
/* Linear, layer norm and activation (LINEAR, RELU, LEAKY_RELU) for each of `count` widths; of the last width linear
   alone, unless closed. Parameters name.0.*, name.1.*, name.3.*, name.4.*, ...: as in a PyTorch Sequential. */
PASSWD_API passwd_value passwd_mlp(passwd_model *model, passwd_value x, const int *widths, int count, int closed,
    passwd_activation activation, const char *name);
typedef struct passwd_block_options {
    int heads;        /* of attention; they divide the features */
    int hidden;       /* hidden layers of the feed-forward network, 0 to 16 */
    int hidden_width; /* features of each */
    float dropout;    /* of attention [0] */
} passwd_block_options;
/* Attention block of the ABC network: multi-head attention of q on other, residual to other where rows agree, layer
   norm, feed-forward network, residual, layer norm; rows zero where q_mask is zero. Masks and bias may be PASSWD_NONE.
   Names name.attn.*, name.post_attn_norm.*, name.ffwd.*, name.post_ffwd_norm.*. */
PASSWD_API passwd_value passwd_attention_block(passwd_model *model, passwd_value q, passwd_value other,
    passwd_value q_mask, passwd_value other_mask, passwd_value bias, const passwd_block_options *options,
    const char *name);
typedef struct passwd_abc_layer_options {
    passwd_block_options block;
    int categories; /* 2 to PASSWD_MAX_CATEGORIES */
    passwd_choice_kind choice;
    float temperature; /* of the choice, times the trainer's [1] */
    int original;      /* 1: the original code's quirks with three categories [0] */
} passwd_abc_layer_options;
typedef struct passwd_abc_layer_values {
    passwd_value objects;    /* after the layer, for the next one */
    passwd_value scores;     /* of the choice, before softmax: objects x categories */
    passwd_value choice;     /* objects x categories */
    passwd_value candidates; /* categories x features */
    passwd_value attended;   /* what the candidates are sums of: the objects after self-attention */
} passwd_abc_layer_values;
/* ABC layer number `number` (arXiv 2309.05728, fig. 1): object self-attention, choice of a category per object,
   candidates, candidate self-attention, cross-attention of the objects on the candidates. Permutation equivariant.
   bias: of pairs of objects, or PASSWD_NONE. Names obj_blocks.N.*, cand_blocks.N.*, cross_blocks.N.*. */
PASSWD_API passwd_abc_layer_values passwd_abc_layer(passwd_model *model, passwd_value objects, passwd_value mask,
    passwd_value bias, const passwd_abc_layer_options *options, int number);

/* --- operations of your own --- */

/* A parameter for passwd_custom, or one that only you read. rank 1 to 5; trainable: 0 for a constant; drawn at
   building: kind 0 the constant `scale`, 1 uniform in +- scale, 2 normal of width scale. Returns its number for
   passwd_parameter_at (that of the parameter of this name, if there is one of this shape), or -1. */
PASSWD_API int passwd_parameter_new(
    passwd_model *model, const char *name, int rank, const int *shape, int trainable, int kind, float scale);
/* What an operation sees of up to 16 events. Values lie [row][feature][16 events] in memory; events beyond the last and
   padded rows hold numbers that must do no harm. */
typedef struct passwd_lanes {
    const float *in[5], *parameter[2]; /* values of the inputs; parameters as they lie in the block */
    float *out;                        /* forward writes all of it */
    const float *out_gradient;         /* backward reads it, and adds to these, unless they are NULL: */
    float *in_gradient[5];
    float *parameter_gradient[2]; /* sums over rows and events, in an order that is always the same */
    float *scratch;               /* as many floats as were asked for */
    int rows[5], features[5], out_rows, out_features;
    int objects;  /* the most that an event at hand has: rows of values of objects. Of objects^power rows the last index
                     is the fastest */
    int training; /* 1: in losses with options.training */
    passwd_simd simd; /* what runs now */
    const void *user;
} passwd_lanes;
typedef struct passwd_custom_options {           /* zeroed: the values in brackets */
    void (*forward)(const passwd_lanes *lanes);  /* both are called by several threads at once */
    void (*backward)(const passwd_lanes *lanes); /* [NULL: no gradient passes] */
    int inputs;                                  /* 1 to 5 */
    passwd_value in[5];                          /* no gradient passes to the fifth */
    int parameters;                              /* [0] to 2 */
    int parameter[2];                            /* numbers from passwd_parameter_new */
    int power, rows, features; /* the output has `rows` rows (power 0), or objects^power (power 1 to 5, rows 1) */
    size_t scratch;            /* [0] floats */
    const void *user;          /* [NULL] handed to both; must live as long as the model */
} passwd_custom_options;
/* An operation that you write. The options are copied. */
PASSWD_API passwd_value passwd_custom(passwd_model *model, const passwd_custom_options *options);

/* --- outputs and losses --- */

/* Makes a value a result of passwd_run: the k-th call names outputs[k]. */
PASSWD_API void passwd_output(passwd_model *model, passwd_value x, const char *name);
/* Makes a value of one row and one feature a term of the loss. A weight of 0 makes it a monitor: it is averaged and
   reported, but not trained on. */
PASSWD_API void passwd_loss(passwd_model *model, passwd_value x, float weight, const char *name);
/* The weight of the last recorded loss grows in training as (step / steps)^2 until it is full. */
PASSWD_API void passwd_loss_ramp(passwd_model *model, float steps);
/* The last recorded loss, the only one with a weight, enters as the logarithm of its mean over the batch. */
PASSWD_API void passwd_loss_logarithm(passwd_model *model);
/* The last recorded loss is an energy E: training (passwd_train with `negatives`) sets its mean over the events, E+,
   against its mean over negative samples, E-. In the sum of losses it enters, times its weight, as log cosh(E+ - E-) +
   alpha E+ (F. Eble, EPS-HEP2023, sec. 4.1); with difference = 1 as E+ - E- + alpha E+ (arXiv 2105.05735). log cosh is
   least at E+ = E-: samples must have settled, or energies outside of the data are pulled down, too. */
PASSWD_API void passwd_loss_contrast(passwd_model *model, float alpha, int difference);
/* Adds to the contrast of the last recorded loss, an energy, gamma times the mean of the squared energies of the
   negative samples, which keeps energies outside the data from running away (gamma in the code of arXiv 2105.05735). */
PASSWD_API void passwd_loss_penalty(passwd_model *model, float gamma);

/* --- what was recorded; the model must not be NULL --- */

PASSWD_API int passwd_output_count(const passwd_model *model);                  /* calls of passwd_output */
PASSWD_API int passwd_loss_count(const passwd_model *model);                    /* calls of passwd_loss */
PASSWD_API const char *passwd_output_name(const passwd_model *model, int k);    /* NULL: there is no output k */
PASSWD_API const char *passwd_loss_name(const passwd_model *model, int k);      /* NULL: there is no loss k */
PASSWD_API int passwd_output_find(const passwd_model *model, const char *name); /* its number; -1: none */
PASSWD_API size_t passwd_output_size(const passwd_model *model, int k);         /* floats per event, padding included */
/* Multiplications with additions, in linear layers and attention, of one full event's run. */
PASSWD_API double passwd_model_multiply_adds(const passwd_model *model);

/* --- parameters --- */

/* All parameters lie in one flat block of floats, each padded to a multiple of 16. */
typedef struct passwd_parameter {
    char name[160];
    int rank, shape[5];
    size_t offset, count; /* floats: where in the block, how many */
    int trainable;        /* 0: a constant or a running statistic */
} passwd_parameter;
PASSWD_API int passwd_parameter_count(const passwd_model *model);                         /* how many there are */
PASSWD_API const passwd_parameter *passwd_parameter_at(const passwd_model *model, int k); /* NULL: there is no such k */
PASSWD_API const passwd_parameter *passwd_parameter_find(const passwd_model *model, const char *name); /* or NULL */
PASSWD_API size_t passwd_parameter_floats(const passwd_model *model); /* of the block, padding included */
PASSWD_API const float *passwd_parameters(const passwd_model *model); /* the block; NULL before building */
/* Replaces the block by passwd_parameter_floats floats, which are copied. Not while the model runs. */
PASSWD_API passwd_status passwd_set_parameters(passwd_model *model, const float *values, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Running. A model may be shared by threads, with one workspace each; or one workspace has several threads (OpenMP). An
   answer does not depend on the other events, their order, the batch, the threads or the instruction set.
   --------------------------------------------------------------------------------------------------------------- */

/* Events side by side, in your memory. `fill` is for inputs that are too large, or too empty, to keep: it makes them 16
   events at a time. */
typedef struct passwd_batch { /* zeroed: the values in brackets */
    int64_t events;
    const float *const *inputs; /* inputs[k]: events x rows x features floats of input k, in the order of recording
                                   (masks left out). Rows beyond objects[event] are not read. NULL: an input that only
                                   losses need, in passwd_run; or one that `fill` makes */
    const int32_t *objects;     /* [NULL: all events are full] events: objects of each */
    const float *weights;       /* [NULL: 1] events: for losses */
    /* [NULL] Is called for inputs that are NULL (or all of them, with inputs NULL), by several threads at once: writes
       `count` events (up to 16), those of the numbers events[], into lanes that are zero: feature f of row r of
       events[k] is lanes[(r * features + f) * 16 + k]; of objects as many rows as each event has. */
    void (*fill)(void *user, int input, const int64_t *events, int count, float *lanes);
    void *user;    /* is passed to fill */
    int64_t *step; /* [NULL] where passwd_train writes the number of the step that `fill` is asked for, -1 in
                      validation */
} passwd_batch;

typedef struct passwd_workspace passwd_workspace; /* the memory that a model runs in */
typedef struct passwd_workspace_options {         /* zeroed, or NULL: the values in brackets */
    int threads;                                  /* [1] more need OpenMP */
    passwd_simd simd;                             /* [PASSWD_SIMD_AUTO] UNSUPPORTED where it is not available */
    int losses;                                   /* [0] 1: with room for losses and gradients */
    void *buffer; /* [NULL: the allocator] the caller's, which holds all of it and must live as long, at any alignment.
                     Not with losses, whose memory follows the batch */
    size_t bytes; /* its size: what passwd_workspace_size (passwd_abc_job_size, ...) returns for these options. MEMORY,
                     with both numbers, if they are too few */
    const passwd_allocator *allocator; /* [NULL: that of the model] */
    passwd_watch *progress; /* [NULL] of the runs of jobs, and of calls that make a workspace of their own; after every
                               few hundred or thousand events; not 0: stop */
    void *user;             /* is passed to progress */
} passwd_workspace_options;
/* The workspace borrows the model, which must be built, and has room for any number of events. */
PASSWD_API passwd_status passwd_workspace_new(const passwd_model *model, const passwd_workspace_options *options,
    passwd_workspace **workspace, passwd_error *error);
PASSWD_API void passwd_workspace_free(passwd_workspace *workspace); /* takes NULL, too */
/* Bytes that such a workspace takes, at any alignment; 0 if it cannot be made. It is made and freed meanwhile. */
PASSWD_API size_t passwd_workspace_size(const passwd_model *model, const passwd_workspace_options *options);
/* The same, but for some KB, counted without making it: also where there is not as much memory. 0 if the model is not
   built. Of the options, threads and losses are used. */
PASSWD_API double passwd_workspace_bytes(const passwd_model *model, const passwd_workspace_options *options);

/* Runs the events. outputs[k]: events x passwd_output_size(k) floats, or NULL to leave that output out; rows of padding
   are set to zero. Allocates nothing. Numbers are not checked: NaN in an event is NaN in its outputs. */
PASSWD_API passwd_status passwd_run(const passwd_model *model, passwd_workspace *workspace, const passwd_batch *batch,
    float *const *outputs, passwd_error *error);

typedef struct passwd_loss_options { /* zeroed, or NULL: the values in brackets */
    int training;                    /* [0] 1: soft choices, dropout, batch statistics */
    uint64_t seed;                   /* [0] of the random numbers of training */
    int64_t step;                    /* [0] and their number; ramps of losses count it, too */
    float temperature;               /* [1] of choices in training */
} passwd_loss_options;
/* Losses of the events, in a workspace with losses. terms: passwd_loss_count doubles, each the weighted mean over the
   batch, without the term's own weight. per_event: NULL, or events x terms floats. gradient: NULL, or
   passwd_parameter_floats floats that receive d(sum of weight x mean) / d(parameters). */
PASSWD_API passwd_status passwd_losses(const passwd_model *model, passwd_workspace *workspace,
    const passwd_batch *batch, const passwd_loss_options *options, double *terms, float *per_event, float *gradient,
    passwd_error *error);
/* Gradients of each event's own loss (sum of weight x term, no mean) with respect to the inputs of passwd_input_trains.
   gradients[k]: events x rows x features floats of input k, or NULL. energy: each event's loss, or NULL. */
PASSWD_API passwd_status passwd_gradients(const passwd_model *model, passwd_workspace *workspace,
    const passwd_batch *batch, const passwd_loss_options *options, float *energy, float *const *gradients,
    passwd_error *error);

typedef struct passwd_chain_options { /* zeroed: the values in brackets */
    int64_t steps;                    /* [0] of every chain */
    float step, noise;                /* [0, 0] of the formula below */
    float clip;                       /* [0: none] components of dE/dx are held within +- clip */
    float low, high;                  /* [0, 0: none] x is held within */
    int metropolis;                   /* [0] 1: a step is taken with the probability of Metropolis and Hastings, so that
                                         exp(-E / T) is sampled exactly */
    float temperature;                /* [1] T of that choice */
    uint64_t seed;                    /* [0] */
    int64_t first;                    /* [0] number of the first chain; seed and number decide on all that is random */
    int sphere;                       /* [0] 1: after every step x is scaled to unit length, as the starts must have it;
                                         not with metropolis */
} passwd_chain_options;
typedef struct passwd_chain_report {
    double start, end; /* mean energies, of chains that were not lost */
    double acceptance; /* fraction of the proposals that were taken (1 without metropolis) */
    double saturation; /* fraction of the components of gradients that were clipped */
    double outside;    /* fraction of the components that were held at low or high */
    int64_t lost;      /* chains that became NaN or infinite: they are put back to their start */
} passwd_chain_report;
/* Langevin Markov chains (arXiv 2105.05735 sec. 3): x <- x - step dE/dx + noise N(0, 1), where E is the model's loss as
   in passwd_gradients (of a model with passwd_loss_contrast that loss alone) and x its one input, of events, which
   passwd_input_trains named. With noise^2 = 2 T step they sample exp(-E / T). x: chains x size of the input, the starts
   and then the ends. report: or NULL. The workspace has losses. The same bits for any threads, neighbours and
   instruction set but SSE2. */
PASSWD_API passwd_status passwd_chains_run(const passwd_model *model, passwd_workspace *workspace,
    const passwd_chain_options *options, int64_t chains, float *x, passwd_chain_report *report, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Training (Adam, arXiv 1412.6980; decoupled weight decay, arXiv 1711.05101). The same bits for any number of threads:
   gradients are summed over fixed chunks of events in a fixed tree.
   --------------------------------------------------------------------------------------------------------------- */

/* How the rate changes with the steps. All start with a linear warm-up over the part `warmup` of the steps. */
typedef enum passwd_schedule {
    PASSWD_SCHEDULE_LETTER = 0, /* then x `decay` for every further part `warmup` of the steps */
    PASSWD_SCHEDULE_COSINE,     /* then half a cosine down to 1 % */
    PASSWD_SCHEDULE_CONSTANT    /* then constant */
} passwd_schedule;

/* What a callback is told after every step. */
typedef struct passwd_progress {
    int64_t step, steps; /* steps done, of all; a training that goes on from a checkpoint starts beyond 1 */
    int epoch, epochs;   /* epochs done, of all */
    int within;          /* the epoch that this step belongs to, from 1 */
    int validated;       /* 1 where `validation` is of this step */
    double rate, temperature;
    double total;                           /* training loss of this step, with its weights */
    double validation, best;                /* validation loss, NaN unless validated; the best so far */
    const double *terms, *validation_terms; /* one per loss term */
    double negative;                        /* E- of this step, with passwd_loss_contrast */
} passwd_progress;

/* Processes (ranks) that train one network together, on one machine or many: MPI, or whatever you put behind `move`.
   All of them read the same events and call the same function with the same options. Each computes its part of every
   step's losses and gradients, which are summed along one fixed tree, so that the answer is the same to the bit for any
   number of ranks and threads, also where a training goes on from a checkpoint with another number. Before it begins,
   all compare what they have: CONFIG where events, options or parameters differ. Rank 0 alone writes the checkpoint,
   which all read, and decides about stopping, as its `validate`, `negatives` and `progress` say. A rank that fails
   before (no memory, a checkpoint that is refused) must end the others, which wait for it. A step has 16 parts
   (networks of more than 262,144 parameters 4 below 512 events, 8 below 1,024), so that more ranks than that gain
   nothing; dense networks for single rows (autoencoders) have one. */
typedef struct passwd_ranks {
    int rank, count; /* this process, from 0; how many there are */
    /* Moves bytes from the memory of rank `from` to that of rank `to`; to = -1: of all others. All ranks call it in the
       same order; who neither gives nor takes returns 0 at once. Not 0: failed, and training ends with IO. */
    int (*move)(void *user, int from, int to, void *data, size_t bytes);
    void *user;
} passwd_ranks;
typedef struct passwd_train_options { /* zeroed, or NULL: the values in brackets */
    int epochs;                       /* [10] */
    int64_t steps;                    /* [0: by epochs] stop after so many */
    int64_t interval;                 /* [0: one pass over the events] steps of an epoch, at whose end is validated */
    int batch;                        /* [1024] events per step */
    int threads;                      /* [1] */
    passwd_simd simd;                 /* [PASSWD_SIMD_AUTO] */
    uint64_t seed;                    /* [0] of the order of events and all that is random */
    float rate;                       /* [1e-3] largest learning rate */
    passwd_schedule schedule;         /* [PASSWD_SCHEDULE_LETTER] */
    float warmup, decay;              /* [0.02, 0.95] */
    float beta1, beta2, epsilon;      /* [0.9, 0.999, 1e-8] */
    float weight_decay;               /* [0] */
    float clip;                       /* [0: none] largest norm of the gradient */
    float validation;        /* [0: the last parameters are kept] fraction of the events set aside at random, by
                                whose loss the best epoch is kept */
    int64_t validation_last; /* [0] so many events at the end of the batch are set aside instead */
    int patience;            /* [0: off] epochs without a better validation loss before stopping */
    int fine_tune;           /* [0] passwd_spanet_train: 1: go on from a network that was trained on other events */
    int keep_last;           /* [0] 1: keep the last parameters, not those of the best validation loss */
    float average;           /* [0] decay of a running mean of the parameters, which validation and the result
                                then use; after n steps it is (n + 1) / (n + 10) at most, so that a short
                                training does not keep its first parameters */
    float temperature_start, temperature_end, temperature_steps; /* [1, the start, 0] of choices: end + (start - end)
                                                                    exp(-step / steps) */
    const char *checkpoint;    /* [NULL] file written after each epoch and read, if it is there, to go on from. CONFIG
                                  where it belongs to another training (options, network, first parameters, events), or
                                  contradicts itself */
    const char *configuration; /* [NULL] whatever else the training depends on, as text: a checkpoint with another one
                                  is refused. The networks of this library give their settings. */
    float *state;       /* [NULL, 0] numbers of the caller's own that the next step depends on, such as chains: */
    size_t state_count; /* the checkpoint holds them, and restores them before a training goes on */
    int (*progress)(void *user, const passwd_progress *progress); /* [NULL] after every step; not 0: stop */
    void *user;                                                   /* is passed to progress, negatives and validate */
    /* [NULL] For models with passwd_loss_contrast: writes `count` negative samples (the model's one input) for this
       step; not 0: stop. */
    int (*negatives)(void *user, passwd_model *model, int64_t step, int64_t count, float *samples);
    /* [NULL] In place of the validation loss: a figure of this epoch's parameters that should be small. NaN: not to be
       kept. */
    double (*validate)(void *user, passwd_model *model, int epoch);
    const passwd_ranks *ranks; /* [NULL: this process alone] the processes that train together */
} passwd_train_options;

typedef struct passwd_train_report {
    int64_t events, steps;    /* trained on, without those set aside; taken */
    int epochs, best_epoch;   /* done; the one whose parameters are kept */
    int stopped;              /* 0 at its end, 1 by early stopping, 2 by the callback, 3 by a loss that is not finite */
    double total, validation; /* losses: of the last step; the best one in validation */
    int64_t resumed;   /* step that a checkpoint led to; where it equals steps, that training had ended already */
    char warning[256]; /* a sentence or more where training went wrong, else empty */
    int collapsed;     /* passwd_abc_train: 1 where the network is useless; warning says why */
} passwd_train_report;

/* Trains all parameters on the batch's events, at least two. report: or NULL. However it ends (PASSWD_STOPPED, a loss
   that is not finite, a checkpoint that cannot be written, processes that fail), the model holds the best parameters so
   far: worth keeping where report->best_epoch is above zero, or on PASSWD_STOPPED. A checkpoint that is refused changes
   nothing. report->warning tells of a validation loss that stays far above the training loss. */
PASSWD_API passwd_status passwd_train(passwd_model *model, const passwd_batch *data,
    const passwd_train_options *options, passwd_train_report *report, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Files: numbers as text, JSON, safetensors, CSV, and events from arrays. All readers take any bytes without harm.
   Errors say "FILE:LINE:COLUMN: what is wrong"; columns count bytes from 1. `allocator` may be NULL or zeroed: malloc
   and free.
   --------------------------------------------------------------------------------------------------------------- */

/* --- numbers as text --- */

/* Writes value like printf("%.*g", digits, value), correctly rounded, with a decimal point in every locale. buffer: at
   least 32 bytes; digits: 1 to 17 (others are clamped). 9 digits bring every float back, 17 every double. "nan", "inf"
   and "-inf" where it is not a finite number. Returns the length without the terminating zero. */
PASSWD_API size_t passwd_format_number(char *buffer, double value, int digits);

/* --- JSON --- */

#define PASSWD_JSON_DEPTH 64  /* most arrays and objects inside each other */
#define PASSWD_JSON_KEYS 4096 /* most keys of one object */

typedef enum passwd_json_kind {
    PASSWD_JSON_NULL = 0,
    PASSWD_JSON_FALSE,
    PASSWD_JSON_TRUE,
    PASSWD_JSON_NUMBER,
    PASSWD_JSON_STRING,
    PASSWD_JSON_ARRAY,
    PASSWD_JSON_OBJECT
} passwd_json_kind;

typedef struct passwd_json_node {
    passwd_json_kind kind;
    int32_t first, next; /* nodes by index; -1: none. Children: first, then each one's next */
    int32_t count;       /* number of children */
    const char *key;     /* name inside the parent object, zero-terminated UTF-8; NULL elsewhere */
    const char *text;    /* string: its value, zero-terminated; number: its digits, not terminated */
    size_t length;       /* bytes of text */
    double number;
    int64_t line, column; /* where the value starts */
} passwd_json_node;

typedef struct passwd_json {
    passwd_json_node *nodes; /* nodes[0] is the whole text's value */
    int32_t count;
    char name[96]; /* appears in messages; the end of it, if it is long */
    size_t room;   /* private from here */
    char *storage;
    passwd_allocator allocator;
} passwd_json;

/* Parses length bytes of strict JSON (RFC 8259, UTF-8, one value, no duplicate keys, no NUL in strings); the text is
   copied. name (usually the file's) appears in messages. PARSE with line and column on the first mistake; UNSUPPORTED
   beyond the limits above. On failure there is nothing to free. */
PASSWD_API passwd_status passwd_json_parse(const char *text, size_t length, const char *name,
    const passwd_allocator *allocator, passwd_json *json, passwd_error *error);
PASSWD_API void passwd_json_free(passwd_json *json); /* and zeroes it */
/* The node of a key in an object; -1 where there is none, or node is not an object. Linear time. */
PASSWD_API int32_t passwd_json_get(const passwd_json *json, int32_t node, const char *key);
/* The node of an index in an array; -1 where there is none, or node is not an array. Linear time. */
PASSWD_API int32_t passwd_json_at(const passwd_json *json, int32_t node, int32_t index);
/* The value of a node. CONFIG with the node's place where it has another type, or node is -1. */
PASSWD_API passwd_status passwd_json_number(const passwd_json *json, int32_t node, double *out, passwd_error *error);
/* The same of whole numbers, exact; CONFIG for others, too. */
PASSWD_API passwd_status passwd_json_int(const passwd_json *json, int32_t node, int64_t *out, passwd_error *error);
/* The same of true (1) and false (0). */
PASSWD_API passwd_status passwd_json_bool(const passwd_json *json, int32_t node, int *out, passwd_error *error);
/* The same of text, which is zero-terminated and belongs to json. */
PASSWD_API passwd_status passwd_json_string(
    const passwd_json *json, int32_t node, const char **out, passwd_error *error);

/* A growing string: what the writers below build. */
typedef struct passwd_text {
    char *text; /* zero-terminated unless NULL */
    size_t length;
    size_t room;          /* private from here */
    passwd_status status; /* the first mistake */
    passwd_allocator allocator;
} passwd_text;

/* Writes JSON into a growing string. Calls need no checks one by one: the first mistake (a value without key in an
   object, an end without begin, NaN, bad UTF-8, no memory) is kept and reported by passwd_json_finish. */
typedef struct passwd_json_writer {
    passwd_text out;
} passwd_json_writer;
PASSWD_API void passwd_json_writer_init(passwd_json_writer *writer, const passwd_allocator *allocator); /* empty */
PASSWD_API void passwd_json_begin_object(passwd_json_writer *writer);                                   /* { */
PASSWD_API void passwd_json_end_object(passwd_json_writer *writer);                                     /* } */
PASSWD_API void passwd_json_begin_array(passwd_json_writer *writer);                                    /* [ */
PASSWD_API void passwd_json_end_array(passwd_json_writer *writer);                                      /* ] */
PASSWD_API void passwd_json_key(passwd_json_writer *writer, const char *key);           /* before every value of { } */
PASSWD_API void passwd_json_write_string(passwd_json_writer *writer, const char *text); /* UTF-8 */
PASSWD_API void passwd_json_write_number(
    passwd_json_writer *writer, double value); /* fewest digits that read back equal */
PASSWD_API void passwd_json_write_int(passwd_json_writer *writer, int64_t value);
PASSWD_API void passwd_json_write_bool(passwd_json_writer *writer, int value); /* true unless 0 */
PASSWD_API void passwd_json_write_null(passwd_json_writer *writer);
/* The text, which remains the writer's: valid until passwd_json_writer_free. Or the first mistake: ARGUMENT, NUMERIC,
   MEMORY. */
PASSWD_API passwd_status passwd_json_finish(
    passwd_json_writer *writer, const char **text, size_t *length, passwd_error *error);
PASSWD_API void passwd_json_writer_free(passwd_json_writer *writer); /* after mistakes, too */

/* --- tensors: safetensors --- */

#define PASSWD_TENSOR_RANK 8 /* most dimensions */

typedef enum passwd_dtype {
    PASSWD_DTYPE_F32 = 0,
    PASSWD_DTYPE_F64,
    PASSWD_DTYPE_F16,
    PASSWD_DTYPE_BF16,
    PASSWD_DTYPE_I64,
    PASSWD_DTYPE_I32,
    PASSWD_DTYPE_I8,
    PASSWD_DTYPE_U8,
    PASSWD_DTYPE_BOOL
} passwd_dtype;

typedef struct passwd_tensor {
    const char *name; /* UTF-8 */
    passwd_dtype dtype;
    int rank; /* 0: a single number */
    int64_t shape[PASSWD_TENSOR_RANK];
    int64_t count;             /* product of the shape */
    const unsigned char *data; /* as in the file: little-endian, not aligned; read it with passwd_tensor_to_float */
    size_t bytes;
} passwd_tensor;

typedef struct passwd_tensor_file {
    passwd_tensor *tensors; /* in the header's order */
    int64_t count;
    int32_t metadata; /* node of json: an object of strings; -1: none */
    passwd_json json; /* the header; owns the names */
    char *storage;    /* private from here */
    passwd_allocator allocator;
} passwd_tensor_file;

/* Reads a safetensors file. IO: it cannot be read; PARSE: not that format (truncated, overlaps, holes, sizes that
   disagree with shapes, ...); UNSUPPORTED: a data type or rank that this library does not know. */
PASSWD_API passwd_status passwd_tensor_file_load(
    const char *path, const passwd_allocator *allocator, passwd_tensor_file *file, passwd_error *error);
/* The same of bytes in memory, which are not copied: they must live as long as the result. name appears in messages. */
PASSWD_API passwd_status passwd_tensor_file_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_tensor_file *file, passwd_error *error);
PASSWD_API void passwd_tensor_file_free(passwd_tensor_file *file); /* and zeroes it */
PASSWD_API const passwd_tensor *passwd_tensor_find(const passwd_tensor_file *file, const char *name); /* or NULL */
PASSWD_API const char *passwd_tensor_metadata(const passwd_tensor_file *file, const char *key);       /* or NULL */
/* Copies all values of a floating-point tensor (UNSUPPORTED for others) into out[count]; SHAPE unless count is the
   tensor's. On any byte order. Values beyond the range of float become infinite. */
PASSWD_API passwd_status passwd_tensor_to_float(
    const passwd_tensor *tensor, float *out, int64_t count, passwd_error *error);
/* The same into doubles. */
PASSWD_API passwd_status passwd_tensor_to_double(
    const passwd_tensor *tensor, double *out, int64_t count, passwd_error *error);

/* A file that appears whole, or not at all. What is written goes to a new file beside path, of a name that nothing else
   has, which takes the place of path when it is closed and kept, flushed to the disk on POSIX systems and Windows. What
   is replaced keeps its mode (POSIX), a symbolic link keeps pointing to its file, and the last of several writers wins
   whole. Devices and pipes are written directly. */
typedef struct passwd_file passwd_file;
/* Begins one. IO: path cannot be created, or is not writable. */
PASSWD_API passwd_status passwd_file_create(
    const char *path, const passwd_allocator *allocator, passwd_file **file, passwd_error *error);
PASSWD_API void *passwd_file_stream(passwd_file *file); /* its FILE, to be written, not closed */
/* Ends and frees it; keep 0: as if it had never been begun. IO: not all of it could be written, and what was there is
   still there. */
PASSWD_API passwd_status passwd_file_close(passwd_file *file, int keep, passwd_error *error);

/* Collects tensors and writes them as a safetensors file. Zero it or call _init. Names, metadata and data are borrowed:
   they must live until the file is written. */
typedef struct passwd_tensor_writer {
    passwd_tensor *tensors;
    size_t count, room; /* private */
    const char **metadata;
    size_t n_metadata, room_metadata; /* key, value, key, value, ... */
    passwd_allocator allocator;
} passwd_tensor_writer;
PASSWD_API void passwd_tensor_writer_init(passwd_tensor_writer *writer, const passwd_allocator *allocator); /* empty */
/* Adds a tensor. dtype: PASSWD_DTYPE_F32 (data: float), PASSWD_DTYPE_F64 (double) or PASSWD_DTYPE_I64 (int64_t), in the
   host's byte order; shape[rank], rank 0 to 8. ARGUMENT: a name that is taken, empty, no UTF-8 or "__metadata__", a
   negative size, another dtype. */
PASSWD_API passwd_status passwd_tensor_writer_add(passwd_tensor_writer *writer, const char *name, passwd_dtype dtype,
    int rank, const int64_t *shape, const void *data, passwd_error *error);
/* Adds a text to the metadata. */
PASSWD_API passwd_status passwd_tensor_writer_metadata(
    passwd_tensor_writer *writer, const char *key, const char *value, passwd_error *error);
/* Writes the file, as a passwd_file: path is either the old or the whole new one. IO where that fails. */
PASSWD_API passwd_status passwd_tensor_writer_save(
    const passwd_tensor_writer *writer, const char *path, passwd_error *error);
PASSWD_API void passwd_tensor_writer_free(passwd_tensor_writer *writer);

/* Parameters of a built model from and to a file that was loaded or is to be saved, by name; all or nothing is read. A
   tensor that is missing, has another shape or no place in the model, or holds NaN is an error that names it (tensors
   of whole numbers, PyTorch's counters, are passed over, and those called map.*: of inputs). `name` appears in
   messages. */
PASSWD_API passwd_status passwd_model_read(
    passwd_model *model, const passwd_tensor_file *file, const char *name, passwd_error *error);
PASSWD_API passwd_status passwd_model_write(
    const passwd_model *model, passwd_tensor_writer *writer, passwd_error *error);
/* A whole file of them. metadata: key, value, ..., NULL; or NULL for none. */
PASSWD_API passwd_status passwd_model_save(
    const passwd_model *model, const char *path, const char *const *metadata, passwd_error *error);
/* Into a model that was recorded and built in the same way. */
PASSWD_API passwd_status passwd_model_load(passwd_model *model, const char *path, passwd_error *error);

/* --- events from CSV

       event,object,pt,eta,phi,m        one row per object, the rows of one event together;
       0,j,105.72,-0.2851,-1.0664,12.4  pt, m, e in GeV, phi in radians; e instead of m (e counts if both are there);
       0,mu,48.58,-0.4819,-2.1132,0.1   "object" and "weight" may be missing, columns come in any order, and columns
                                        that are neither these nor asked for are skipped.

   Also accepted: a byte-order mark, CRLF, "quoted ""fields""" (on one line), spaces around fields, blank lines, #
   comments. Refused, with line and column: NaN, infinity, negative pt or e, |eta| > 20, ragged rows, text in a number,
   an event number that is not whole, rows beyond 1 MiB, an event that comes back after another one. --- */

#define PASSWD_CSV_BUFFER 1048576 /* bytes; also the longest row */
#define PASSWD_CSV_TYPES 4096     /* most different texts in the column "object", and in all columns of texts */

/* Events that a reader skipped (see passwd_event_options). */
typedef struct passwd_skipped {
    int64_t count;      /* events (of a table rows) that were passed over */
    passwd_error first; /* what was wrong with the first */
} passwd_skipped;
typedef struct passwd_event_options { /* zeroed, or NULL: only the columns above */
    const char *const *numbers;       /* names of n_numbers more columns to keep, of numbers. "name?": the column may be
                                         missing (its array is NULL then), and empty fields are NaN; "$name": texts, as
                                         indices into texts */
    int n_numbers;
    int require_object;   /* [0] 1: without a column "object" the file is refused */
    int jets;             /* [0] 1: constituents: "jet" instead of "event", massless without m and e */
    int table;            /* [0] 1: no event, no momenta: each row stands by itself, with its numbers alone */
    passwd_skipped *skip; /* [NULL: reading ends with the error] a row that is refused is skipped with all rows of its
                             event (that of the row before, where its own cannot be told), and counted here, which must
                             live as long as the reader. An event that is interrupted keeps the rows until then */
} passwd_event_options;

typedef struct passwd_names {
    char **name;
    int32_t count;
    size_t room;
} passwd_names; /* name[count], UTF-8; room is private */

/* Events as a structure of arrays. Rows (objects) of event k are first[k] ... first[k+1]-1, in the file's order. They
   come from a file (passwd_events_load), from your arrays (passwd_events_add copies them), or point to your arrays:
   zero the struct, then set count, first, pt, eta, phi and one of m, e; such events are never given to
   passwd_events_free. One rule for all networks: all else may be NULL or 0. Without `type` or with empty type_names
   every object is "j" (an index beyond the names belongs to no type, and counts as another), without `weight` every
   weight is 1, without `id` events are called by their place, without `line` errors have no line, and of m and e the
   missing one follows from the other as below. Columns that a network asks for beside these (SPANet's features, b-tags,
   targets) must be in `number`. SHAPE: `first` falls, or goes beyond `objects` (where that is not 0); ARGUMENT: a
   needed array is NULL. */
typedef struct passwd_events {
    int64_t count, objects; /* number of events, of rows */
    int64_t *first;         /* [count+1] */
    int64_t *id;            /* [count] the event column */
    int64_t *line;          /* [count] line of the event's first row */
    double *weight;         /* [count] of the event's first row; 1 without the column or in an empty field */
    double *pt, *eta, *phi; /* [objects] GeV, none, radians */
    double *m, *e;          /* [objects] GeV; the missing one from E^2 = m^2 + (pt cosh eta)^2, m at least 0 */
    int32_t *type;          /* [objects] index into type_names; all "j" without an object column */
    passwd_names type_names;
    double **number; /* [n_numbers][objects], or NULL for a missing column asked for as "name?" */
    int n_numbers;
    passwd_names texts;             /* what columns asked for as "$name" hold; name[0] is "" */
    size_t event_room, object_room; /* private */
    passwd_allocator allocator;
} passwd_events;

typedef struct passwd_event_reader passwd_event_reader;
/* Gives up to bytes bytes; 0 at the end; (size_t)-1 when reading fails. */
typedef size_t (*passwd_read)(void *user, char *buffer, size_t bytes);

/* Opens a file and reads its header line, for events in portions. options may be NULL, and need not live on. IO: it
   cannot be opened; PARSE: needed columns are missing, or are there twice. Memory: 1 MiB, plus a portion of events. */
PASSWD_API passwd_status passwd_event_reader_open(const char *path, const passwd_event_options *options,
    const passwd_allocator *allocator, passwd_event_reader **reader, passwd_error *error);
/* The same of any source. name appears in messages; user must live until the reader is closed. */
PASSWD_API passwd_status passwd_event_reader_open_callback(passwd_read read, void *user, const char *name,
    const passwd_event_options *options, const passwd_allocator *allocator, passwd_event_reader **reader,
    passwd_error *error);
PASSWD_API void passwd_event_reader_close(passwd_event_reader *reader); /* events that it read remain */
/* The next events, max_events at most; *events is zeroed or from an earlier call (it is freed). At the end
   events->count is 0. Indices into type_names stay the same through a file. After a failure *events is what it was, and
   the reader repeats that failure. A source without any event is a PARSE error. */
PASSWD_API passwd_status passwd_events_read(
    passwd_event_reader *reader, passwd_events *events, int64_t max_events, passwd_error *error);
/* All events of a file; *events is zeroed or from an earlier call. */
PASSWD_API passwd_status passwd_events_load(const char *path, const passwd_event_options *options,
    const passwd_allocator *allocator, passwd_events *events, passwd_error *error);
PASSWD_API void passwd_events_free(passwd_events *events); /* and zeroes it */

/* Numbers of a program's own, one per object: `values` are floats or doubles of any alignment, `stride` bytes from one
   to the next (0: they lie side by side; it may be negative). So an array (stride 0), a column of a matrix and a field
   of an array of structs (values: the first one's, stride: sizeof the struct) are read where they are. */
typedef struct passwd_column {
    const void *values;
    ptrdiff_t stride;
    int single; /* float */
} passwd_column;
PASSWD_API passwd_column passwd_doubles(const double *values, ptrdiff_t stride); /* a column of doubles */
PASSWD_API passwd_column passwd_floats(const float *values, ptrdiff_t stride);   /* a column of floats */

/* Events in arrays of a program's own, which are read only while a call lasts. Zero the struct, then set events; first
   or rows; pt, eta, phi and one of m, e. The rules of passwd_events hold: of m and e the missing one follows from the
   other, and e counts where both are there; without types every object is "j". Where jets, leptons and missing energy
   are in arrays of their own, each gets a struct, linked by `more`: an event's objects are those of all of them, in
   this order. One whose only type is "met" needs pt and phi alone. */
typedef struct passwd_arrays { /* zeroed: the values in brackets */
    int64_t events;
    const int64_t *first;   /* [events+1] rows of event k are first[k] ... first[k+1]-1 [NULL: the next two] */
    int64_t rows;           /* of each event, so that the first row of event k is k * rows */
    const int32_t *objects; /* [events] valid ones of those rows, which come first [NULL: all] */
    int64_t total;          /* rows that the columns have: first must not go beyond [0: not checked] */
    passwd_column pt, eta, phi, m, e; /* GeV, none, radians */
    const int32_t *type;              /* [rows] index into types [NULL: all are types[0]] */
    const char *const *types;         /* [n_types] their names: "j", "b", "e", ... */
    int n_types;
    const int64_t *id, *line;    /* [events] what messages call them [their places; none] */
    const double *weight;        /* [events] [1; running a network does not need it] */
    const passwd_column *number; /* [n_numbers] more columns, as passwd_events has them [values NULL: NaN] */
    const char *const *names;    /* [n_numbers] their names, by which SPANet finds them ("btag") [NULL: they are in
                                    the order of passwd_spanet_columns_of] */
    int n_numbers;
    int agree;                        /* [0] 1: where m and e are both there, m is not made anew from e */
    const struct passwd_arrays *more; /* [NULL] more objects of the same events; of these structs id, line and weight do
                                         not count */
} passwd_arrays;
#define PASSWD_ARRAYS_LINKED 16 /* of these structs, at most */

/* Copies all events of the arrays behind those of `events`, one or thousands at a time, as if a file had them: events
   is zeroed (its allocator may be set), filled by earlier calls, or read by passwd_events_load. Room grows by
   doubling. On failure events holds what it held. ARGUMENT: columns are missing, or events has arrays that were not
   allocated here; SHAPE: `first` falls, `objects` is beyond `rows`, n_numbers is not that of events; NUMERIC: what a
   file may not hold either (NaN and infinity outside of `number`, negative pt, m or e, |eta| > 20), with event and
   object in the message. Whether an id was there already is not checked. The arrays must not be those of events
   itself. Columns of numbers are those of the first struct; the others' are found by name, or else by place. */
PASSWD_API passwd_status passwd_events_add(passwd_events *events, const passwd_arrays *arrays, passwd_error *error);

/* --- results as CSV --- */

/* Writes CSV, as a passwd_file. Only open and close report: a failed write is kept for close. */
typedef struct passwd_csv_writer passwd_csv_writer;
/* Begins a file; the first row that is written is the header. */
PASSWD_API passwd_status passwd_csv_open(
    const char *path, const passwd_allocator *allocator, passwd_csv_writer **writer, passwd_error *error);
PASSWD_API void passwd_csv_text(passwd_csv_writer *writer, const char *text); /* quoted where it must be; NULL: empty */
PASSWD_API void passwd_csv_integer(passwd_csv_writer *writer, int64_t value);
PASSWD_API void passwd_csv_number(passwd_csv_writer *writer, double value); /* 9 digits */
PASSWD_API void passwd_csv_end_row(passwd_csv_writer *writer);
/* Ends the file and frees the writer. */
PASSWD_API passwd_status passwd_csv_close(passwd_csv_writer *writer, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   PASSWD-ABC (A. Badea and J. Montejo Berlingen, Phys. Rev. D 109 L011702, arXiv 2309.05728): jets are assigned to two
   unknown, equal parents by a network that has seen background alone. The anomaly score is that of an event's shape at
   its mass (passwd_abc_train_score), or, of networks without one, the letter's: the logarithm of the reconstruction
   loss.

       passwd_abc_load("weights.safetensors", NULL, &abc, &error);
       passwd_abc_job_new(abc, NULL, &job, &error);
       passwd_abc_run(job, &events, 0, events.count, results, NULL, &error);

   Where the network was trained with terms that say which partition is best (presets default and isr), `answer` is the
   best of all (passwd_abc_job_assign, passwd_abc_assign), found in microseconds, and better than the network's own.
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_ABC_LAYERS 8 /* most layers */

typedef enum passwd_abc_losses {
    PASSWD_ABC_LETTER = 0, /* the letter's: distances as norms, latent distance, hinge with random candidates, ISR */
    PASSWD_ABC_ORIGINAL    /* the published code's: mean squares, each candidate also by the other's decoder output */
} passwd_abc_losses;

/* Everything about a network and its training. The JSON keys are the field names; those that the original code has too
   are its own, so that its configurations are read as they are. Start from passwd_abc_preset: in brackets "default". */
typedef struct passwd_abc_config {
    int max_objects;              /* [12] jets per event, 1 to 128; of more the highest pT are kept */
    int embed_dim, embed_nlayers; /* [32, 2] features of a jet; layers that make them */
    int mlp_dim, mlp_nlayers;     /* [32, 2] network of the pair bias w_ij */
    int doWij;                    /* [1] 1: with pair bias */
    int attn_blocks_n;            /* [2] ABC layers, 1 to 8 */
    int attn_block_num_heads, attn_block_ffwd_nlayers, attn_block_ffwd_dim; /* [4, 2, 32] */
    int out_dim[PASSWD_ABC_LAYERS]; /* [2, 2] categories of each layer, 2 to 8; 0 and 1 are the parents, 2 is ISR */
    int ae_dim, ae_depth;           /* [2, 4] latent features, layers each way */
    float mass_scale;               /* [100] GeV: the mass enters as mass / mass_scale */
    int do_gumbel, gumbel_hard;     /* [0, 0] Gumbel-softmax in training, straight through */
    float tau;                      /* [0.1] temperature of the choice in training, times the annealed one */
    float attn_dropout;             /* [0] */
    int original;                   /* [0] 1: quirks of the original code; set when its weights are loaded */
    int last_block;   /* [1] 1: the autoencoder reads the last candidate block (original), 0: candidates of the last
                         choice */
    int random_block; /* [1] 1: with last_block, random candidates go through that block, too; 0: plain sums */
    int align; /* [1] 1: events are turned in phi and mirrored in eta so that the hardest jet has phi 0 and eta > 0 */
    float mass_bound; /* [2] > 0: the decoder's mass is bound times a sigmoid (in mass_scale): the autoencoder must not
                         learn to reproduce masses, or the score no longer grows with them */
    int losses;       /* [PASSWD_ABC_LETTER] passwd_abc_losses */
    float lambda_reco, lambda_crossed, lambda_random, lambda_isr; /* [1, 1, 1, 1] weights; isr per mass_scale GeV */
    float lambda_mass, lambda_root; /* [11, 15] compact parents: sums of m_i / M and of its square root, M being the
                                       mass of all jets */
    float lambda_balance,
        balance_power;    /* [15, 4] equal parents: |m_1 - m_2| / M min(1.2, 1.4 (m_1 + m_2) / M)^power, so
                             that it counts where the two take up the whole event, as heavy pairs do */
    float lambda_early;   /* [0.5] the same two terms for the choices of the earlier layers, relative to the last */
    float lambda_teacher; /* [30] cross-entropy of the choices with the best partition (passwd_abc_assign), which
                             passwd_abc_train finds */
    int isr_square;       /* [0] 1: the ISR term is squared, so that soft jets may go and hard ones stay */
    float ramp;           /* [2000] steps over which all but the mass terms grow to their weights */
    /* training: as in passwd_train_options */
    int epochs, batch; /* [10, 256] */
    int64_t steps;     /* [8000] 0: by epochs; so it becomes where JSON names epochs, but no steps */
    int schedule;      /* [PASSWD_SCHEDULE_COSINE] passwd_schedule */
    float rate, warmup, decay, weight_decay, clip, average, validation; /* [7e-4, 0.02, 0.95, 0, 1, 0.999, 0.1] */
    int patience, keep_last;                                            /* [0, 1] */
    float temperature_start, temperature_end, temperature_steps;        /* [10, 1, 300] */
} passwd_abc_config;

typedef struct passwd_abc passwd_abc; /* a network */

/* A configuration by name: "default", our settings for two parents; "isr", the same with a third category in the last
   layer; "letter", the letter's to the word (two and three categories); "original", the network whose weights were
   published. */
PASSWD_API passwd_status passwd_abc_preset(const char *name, passwd_abc_config *config, passwd_error *error);
/* Changes the fields that a JSON object names; an unknown key is an error. `name` appears in messages. */
PASSWD_API passwd_status passwd_abc_config_read(
    passwd_abc_config *config, const char *json, size_t length, const char *name, passwd_error *error);
/* A network with new parameters, drawn from the seed. */
PASSWD_API passwd_status passwd_abc_new(const passwd_abc_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_abc **abc, passwd_error *error);
/* A network from a safetensors file, whose configuration is the metadata "config". The original code tiles its pair
   bias over the heads in the wrong order, so that an event there receives other events' bias; here every event has its
   own, which equals the original run on one event at a time. */
PASSWD_API passwd_status passwd_abc_load(
    const char *path, const passwd_allocator *allocator, passwd_abc **abc, passwd_error *error);
/* The same from the bytes of such a file, which need not live on. name appears in messages. */
PASSWD_API passwd_status passwd_abc_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_abc **abc, passwd_error *error);
/* Writes such a file. */
PASSWD_API passwd_status passwd_abc_save(const passwd_abc *abc, const char *path, passwd_error *error);
PASSWD_API void passwd_abc_free(passwd_abc *abc); /* its jobs must be freed before */
/* What it was made with; it belongs to the network. */
PASSWD_API const passwd_abc_config *passwd_abc_config_of(const passwd_abc *abc);
/* The fraction of events in which the network by itself finds the best partition (passwd_abc_assign), or one that costs
   the same within 1e-5: of the last 2,048 that it was trained with, measured at the end of passwd_abc_train and kept in
   weights files; NaN where that is not known. */
PASSWD_API double passwd_abc_at_optimum(const passwd_abc *abc);
/* The model behind it, which belongs to the network: inputs "x" (objects x 5), "p4" (objects x 4) and, with
   lambda_teacher, "teacher" (objects x 1: the category that each should have; NULL will do in passwd_run). */
PASSWD_API passwd_model *passwd_abc_model(const passwd_abc *abc);

/* One jet (GeV, radians) as the network reads it: log pT, eta, cos phi, sin phi, log E; and E, px, py, pz. A jet alone
   does not know its event's frame (align), into which passwd_abc_inputs and passwd_abc_run_arrays turn all of an
   event. */
PASSWD_API void passwd_abc_encode(double pt, double eta, double phi, double e, float x[5], float p4[4]);

/* The same for the jets (types j and b, of more than max_objects the hardest) of events [first, first + count), as a
   passwd_batch wants them: x events x max_objects x 5, p4 events x max_objects x 4, objects per event. x or p4 may be
   NULL. max_objects and align: of the configuration, which begins with passwd_abc_preset (a zeroed one does not align
   events as the presets do). dropped (may be NULL) is increased by the jets beyond max_objects.
 */
typedef struct passwd_abc_tensors {
    float *x, *p4;
    int32_t *objects;
} passwd_abc_tensors;
PASSWD_API passwd_status passwd_abc_inputs(const passwd_abc_config *config, const passwd_events *events, int64_t first,
    int64_t count, const passwd_abc_tensors *tensors, int64_t *dropped, passwd_error *error);

/* Whose partition is the answer. The best partition of an event's objects into two parents (and, where the last layer
   has a third category, ISR) is the one of the smallest cost, which is what the network's loss says of a partition of
   four-momenta with the masses m_1, m_2 of the parents and M of all:
       lambda_mass (m_1 + m_2) / M + lambda_root (sqrt(m_1 / M) + sqrt(m_2 / M))
       + lambda_balance sqrt((|m_1 - m_2| / M)^2 + 1e-6) min(1.2, 1.4 (m_1 + m_2) / M)^balance_power
       + lambda_isr E_T of ISR / mass_scale (squared with isr_square),
   with the network's masses, sqrt((1.0001 E)^2 - p^2 + 1e-4). Both parents have at least one object. */
typedef enum passwd_abc_how {
    PASSWD_ABC_AUTO = 0, /* exact where the configuration has any of the first three terms, else the network's */
    PASSWD_ABC_NETWORK,  /* as the network says */
    PASSWD_ABC_POLISHED, /* from there, one or two objects change as long as the cost falls */
    PASSWD_ABC_EXACT     /* all partitions are tried: up to 12 objects. Of more objects the 12 of highest pT so,
                            then the others one by one to where they cost least, then polished. */
} passwd_abc_how;

/* What a layer says of an event. Categories: 0 and 1 the parents, 2 ISR; -1: not used (another type, or beyond
   max_objects). */
typedef struct passwd_abc_layer_result {
    float mass[2], mass_avg;                  /* GeV */
    signed char category[PASSWD_MAX_OBJECTS]; /* of the event's first 128 objects, in your order */
} passwd_abc_layer_result;
typedef struct passwd_abc_result {
    int objects;              /* used; with none, masses and losses are NaN */
    float score;              /* of the shape at its mass (passwd_abc_train_score); where the network has none, the
                                 natural logarithm of loss */
    float loss, loss_crossed; /* reconstruction; latent distance or (original) crossed reconstruction */
    float latent_distance;
    float p4[PASSWD_MAX_CATEGORIES][4]; /* E, px, py, pz of each category by the answer, GeV */
    float cost, network_cost;           /* of the answer's partition and of the last layer's: equal where the
                                           network is at the optimum; NaN with fewer than two objects, and where
                                           passwd_abc_assign refuses the configuration */
    passwd_abc_layer_result answer;     /* the last layer's, or (passwd_abc_job_assign) one that is better */
    passwd_abc_layer_result layer[PASSWD_ABC_LAYERS]; /* of every layer of the network */
} passwd_abc_result;

/* Buffers to run with: one job per thread that calls. Its memory does not grow with the number of events. */
typedef struct passwd_abc_job passwd_abc_job;
/* A job, which borrows the network. options (may be NULL): threads and simd count. */
PASSWD_API passwd_status passwd_abc_job_new(
    const passwd_abc *abc, const passwd_workspace_options *options, passwd_abc_job **job, passwd_error *error);
PASSWD_API void passwd_abc_job_free(passwd_abc_job *job); /* takes NULL, too */
/* As passwd_workspace_size, for a job in the caller's buffer, which then allocates nothing more. */
PASSWD_API size_t passwd_abc_job_size(const passwd_abc *abc, const passwd_workspace_options *options);
/* Whose partition `answer` is [PASSWD_ABC_AUTO]; loss and score remain the network's own. UNSUPPORTED, CONFIG: as
   passwd_abc_assign. */
PASSWD_API passwd_status passwd_abc_job_assign(passwd_abc_job *job, passwd_abc_how how, passwd_error *error);
PASSWD_API passwd_abc_how passwd_abc_job_how(const passwd_abc_job *job); /* never AUTO */
/* Runs events [first, first + count), into as many results; dropped (may be NULL) is increased by the jets beyond
   max_objects. NUMERIC: NaN, infinity, negative pT, |eta| > 20; nothing is run then. */
PASSWD_API passwd_status passwd_abc_run(passwd_abc_job *job, const passwd_events *events, int64_t first, int64_t count,
    passwd_abc_result *results, int64_t *dropped, passwd_error *error);
/* The same from your own arrays, which are not copied: the network's alignment is applied, and results have the bits of
   passwd_abc_run for events with the same numbers. */
PASSWD_API passwd_status passwd_abc_run_arrays(passwd_abc_job *job, const passwd_arrays *arrays, int64_t first,
    int64_t count, passwd_abc_result *results, int64_t *dropped, passwd_error *error);
/* The same, of each event only what is asked for: a passwd_abc_result has 1.4 KB, three columns have 12 bytes. Each
   column has `count` numbers. */
typedef struct passwd_abc_columns { /* [NULL: not wanted] */
    float *score, *loss;
    float *mass_avg, *mass; /* of the answer, GeV: one, and two per event */
    signed char *category;  /* of the answer: `objects` per event, of its first objects in order */
    int objects;
} passwd_abc_columns;
PASSWD_API passwd_status passwd_abc_run_columns(passwd_abc_job *job, const passwd_arrays *arrays, int64_t first,
    int64_t count, const passwd_abc_columns *columns, int64_t *dropped, passwd_error *error);
/* Trains on background events with the configuration's settings. options (may be NULL): threads, simd, seed,
   checkpoint, progress and ranks count, the rest comes from the configuration. report->collapsed is 1 where, in the
   last 2,048 events, the trained network finds nothing: most of them have an empty parent, or the same jets (by their
   order) go to the same parents in 95 % of them, or all have the same mass. report->warning says so, and tells of
   parents that are empty in some events; of a validation loss (by the largest score) far above that of training (shared
   jets); and of latent distances that are zero, or zero for candidates of the network alone, since the encoder knows
   which are random. NUMERIC: a loss that is not finite; the message names the event with the largest energy where that
   is absurd. */
PASSWD_API passwd_status passwd_abc_train(passwd_abc *abc, const passwd_events *events,
    const passwd_train_options *options, passwd_train_report *report, int64_t *dropped, passwd_error *error);

/* A score of the shape of an event at its mass, learnt from the same background, for `score` in results: the loss grows
   with the masses, and at one mass it tells nothing. Networks (those of passwd_reweight_learn) learn the logarithm of
   p_phase space / p_background at fixed mass. p_phase space is of the same events decayed again: parents of the best
   partition (PASSWD_ABC_EXACT) keep their masses and the momentum that they have against one another, in any direction;
   each becomes 2 to 6 jets (or more, where events have more than 12) by phase space, half of the time by way of a
   lighter particle of any mass; up to two soft jets stay as they are; jets merge and are lost as in the sample; any
   number of jets is as likely as any other. No signal is simulated: QCD radiates hierarchically, and whatever is heavy
   decays less so. The score is -log10 of the part of the background at this mass that has a larger one, from curves in
   the logarithm of the mass: score > 1, 2, 3 keeps 10, 1, 0.1 % of the background at every mass. Mass is the average
   one of the best partition, on which alone the score depends; NaN with fewer than two jets.
   events: of background, at least 500 with two jets (SHAPE), no weight below 0 (NUMERIC); those that the network was
   trained on will do. Signal among them lowers its own score where it outweighs the background of its mass: a search in
   a window of mass gives the events of the window the weight 0. options (may be NULL): threads, simd, seed, progress
   and user count. Jobs of this network must be freed before. On failure the network is as before. UNSUPPORTED, CONFIG:
   as passwd_abc_assign. PASSWD_STOPPED: by progress. */
PASSWD_API passwd_status passwd_abc_train_score(
    passwd_abc *abc, const passwd_events *events, const passwd_train_options *options, passwd_error *error);
/* 1 where that score has been learnt, or was in the weights file; else 0. */
PASSWD_API int passwd_abc_has_score(const passwd_abc *abc);
/* What that score is learnt from, to learn something of your own from it: rows, count x PASSWD_ABC_SHAPES numbers
   without a scale of events [first, first + count), and (log_mass) the logarithm of the average mass of the best
   partition [GeV], NaN where there is none or fewer than two jets: such a row is worth nothing. options (may be NULL):
   threads and simd count. UNSUPPORTED, CONFIG: as passwd_abc_assign. */
enum { PASSWD_ABC_SHAPES = 26 };
PASSWD_API passwd_status passwd_abc_shapes(const passwd_abc *abc, const passwd_events *events, int64_t first,
    int64_t count, const passwd_workspace_options *options, double *rows, double *log_mass, passwd_error *error);

enum { PASSWD_ABC_EXACT_OBJECTS = 12 };
/* The best partitions of `events` events. p4: events x max_objects x (E, px, py, pz) [GeV] and objects per event, as
   passwd_abc_inputs makes them. config: the weights and the last layer's categories, NULL or without any of the three
   terms of masses: the weights of preset "default". category: events x max_objects, what is to be polished or rated,
   and the answer: 0 the parent of the first object that has one, 1 the other, 2 ISR, -1 beyond the event's objects;
   rated categories (NETWORK) stay as they are. EXACT does not read it. mass: events x 2, sqrt(E^2 - p^2) [GeV]; cost:
   events; both may be NULL. An event of one object has one parent and no cost (NaN), one without any has NaN for all.
   options: threads and simd count. The same bits for all instruction sets (but SSE2's) and threads. Needs no memory.
   UNSUPPORTED: more than 3 categories. CONFIG: a weight below 0. NUMERIC: momenta that are not finite. SHAPE: more
   objects than max_objects. ARGUMENT: NULL, or a category that is not there. */
typedef struct passwd_abc_partition {
    int64_t events;
    int max_objects;
    const float *p4;
    const int32_t *objects;
    signed char *category;
    float *mass, *cost;
} passwd_abc_partition;
PASSWD_API passwd_status passwd_abc_assign(const passwd_abc_config *config, passwd_abc_how how,
    const passwd_workspace_options *options, const passwd_abc_partition *partition, passwd_error *error);

typedef struct passwd_asymmetry {
    double mass[2], mass_avg, asymmetry; /* GeV; |m1 - m2| / (m1 + m2) */
    uint32_t group;                      /* bit k is set where object k is in the second group */
} passwd_asymmetry;
/* The search that the letter compares with: over all ways to split 2 to 12 objects in two groups that are not empty,
   the one of the smallest mass asymmetry. p4: objects x (E, px, py, pz). */
PASSWD_API passwd_status passwd_smallest_asymmetry(
    const float *p4, int objects, passwd_asymmetry *result, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Jets: constituents, sequential recombination, substructure, alignment. A file of constituents is read by
   passwd_events_load with passwd_event_options.jets = 1: columns jet,pt,eta,phi[,m] (or e), one row per constituent;
   without m or e they are massless. "Events" of the result are the jets, objects their constituents.
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_MAX_CONSTITUENTS 256 /* most constituents of a jet */

typedef struct passwd_p4 {
    double e, px, py, pz; /* GeV */
} passwd_p4;
/* From GeV and radians; a negative pt points the other way. */
PASSWD_API passwd_p4 passwd_p4_of(double pt, double eta, double phi, double m);
PASSWD_API double passwd_p4_pt(passwd_p4 p);
PASSWD_API double passwd_p4_eta(passwd_p4 p);      /* at most +-20, which is along the beam; 0 at rest */
PASSWD_API double passwd_p4_rapidity(passwd_p4 p); /* at most +-20 */
PASSWD_API double passwd_p4_phi(passwd_p4 p);      /* in (-pi, pi] */
/* 0 where m^2 is negative, or not above the rounding of E^2 (1.8e-15 E^2). */
PASSWD_API double passwd_p4_mass(passwd_p4 p);

/* The constituents of jet k of events of jets: pT > 0 only, in the file's order; of more than `room` the hardest.
   Returns how many; 0 where there is no jet k. */
PASSWD_API int passwd_jet_constituents(const passwd_events *jets, int64_t k, passwd_p4 *constituents, int room);

/* p = 1, 0, -1 below. */
typedef enum passwd_jet_algorithm {
    PASSWD_CLUSTER_KT = 0,
    PASSWD_CLUSTER_CAMBRIDGE_AACHEN,
    PASSWD_CLUSTER_ANTI_KT
} passwd_jet_algorithm;
typedef struct passwd_jet_node {
    passwd_p4 p4;
    int parent[2];   /* what merged, the harder one first; -1, -1: a constituent */
    int child;       /* what it merged into; -1: a jet */
    double distance; /* d_ij of the merging that made it (0: a constituent); without beam R is 1 */
    double beam;     /* d_iB where it became a jet, else 0 */
} passwd_jet_node;
typedef struct passwd_clustering {
    int constituents, nodes; /* nodes: the constituents, then one per merging, in order */
    passwd_jet_node node[2 * PASSWD_MAX_CONSTITUENTS];
} passwd_clustering;
/* Sequential recombination (generalised kt, arXiv 1111.6097 eqs. 2 to 7): d_ij = min(pT_i^2p, pT_j^2p) dR_ij^2 / R^2,
   d_iB = pT_i^2p; dR in (rapidity, phi), momenta add up (E scheme). Of equal d_ij the pair of the smaller dR goes
   first, then the one of the lower node number (the lower of the pair, then the higher); what has no other within R
   goes to the beam. dR below 1e-12 is rounding, and counts as 0. pT = 0 is allowed (a momentum along the beam, or
   none): kt takes it first, anti-kt last. radius 0: no beam, so that all end in one jet (a jet's own constituents).
   Takes 36 KB from malloc meanwhile (MEMORY). UNSUPPORTED: more than PASSWD_MAX_CONSTITUENTS. NUMERIC: momenta that are
   not finite, or beyond 1e100 GeV. ARGUMENT: a radius outside of 0 to 100. */
PASSWD_API passwd_status passwd_cluster(const passwd_p4 *constituents, int count, passwd_jet_algorithm algorithm,
    double radius, passwd_clustering *result, passwd_error *error);
/* The nodes that are jets of pT >= min_pt, hardest first. node: room for as many as there are constituents. Returns how
   many. */
PASSWD_API int passwd_inclusive_jets(const passwd_clustering *c, double min_pt, int *node);
/* The `jets` nodes that are left when recombination without beam stops early (fewer where there are fewer
   constituents), hardest first; with a beam its jets count as left. node and result as above. */
PASSWD_API int passwd_exclusive_jets(const passwd_clustering *c, int jets, int *node);
/* The constituents of a node, as rising indices into what was clustered; returns how many. */
PASSWD_API int passwd_node_constituents(const passwd_clustering *c, int node, int *index);
/* Soft drop (arXiv 1402.2657 eq. 1.1) of the hardest jet of a Cambridge/Aachen clustering: the first node, going back
   along the harder one, with min(pT_1, pT_2) / (pT_1 + pT_2) > z_cut (dR_12 / R0)^beta; a constituent where none is; -1
   of no jet. radius R0: 0 means 1. */
PASSWD_API int passwd_soft_drop(const passwd_clustering *c, double z_cut, double beta, double radius);

/* Substructure variables of the CMS study (EPS-HEP2023, F. Eble) and D2. z_i = pT_i / sum pT, distances in (rapidity,
   phi). A jet of one constituent has all zero but pT dispersion, which is 1; c2 and d2 are 0 where e2 is; constituents
   of pT = 0 weigh nothing, and of them alone all is 0 but the last five. e2 = sum over i < j of z_i z_j dR_ij^beta, e3
   = sum over i < j < k of z_i z_j z_k (dR_ij dR_ik dR_jk)^beta. */
typedef struct passwd_substructure {
    double major, minor; /* jet axes: roots of the eigenvalues of the covariance of (eta, phi), weights pT^2 / sum pT^2,
                            about its own mean */
    double efp;          /* first energy-flow polynomial, sum over i, j of z_i z_j dR_ij = 2 e2 (arXiv 1712.07124) */
    double c2;           /* C2 at beta 0.5: e3 / e2^2 (arXiv 1305.0007) */
    double ptd;          /* sqrt(sum pT_i^2) / sum pT_i */
    double soft_drop_mass; /* GeV; z_cut 0.1, beta 0, Cambridge/Aachen */
    double tau2, tau3; /* subjettiness (arXiv 1011.2268 eq. 2.1), beta 1, R0 1, no cut on dR: sum of z_i dR(i, nearest
                          axis). Axes: what kt at R = 1 with the beam has left when 2 or 3 are left (a soft one beyond R
                          goes to the beam, and is no axis) */
    double d2;         /* at beta 1: e3 / e2^3 (arXiv 1409.6298) */
    double pt, eta, phi, mass; /* of the sum of constituents */
    int constituents;
} passwd_substructure;
#define PASSWD_SUBSTRUCTURE_NUMBERS 13 /* all but the last, in this order, as an array of doubles */
/* Their names: "major", "minor", ...; NULL beyond. */
PASSWD_API const char *passwd_substructure_name(int k);
/* The variables of one jet. NUMERIC: momenta that are not finite, or beyond 1e100 GeV. UNSUPPORTED: more than
   PASSWD_MAX_CONSTITUENTS. No constituents: all zero. Takes some 110 KB and 16 n^2 bytes from malloc meanwhile
   (MEMORY). */
PASSWD_API passwd_status passwd_substructure_of(
    const passwd_p4 *constituents, int count, passwd_substructure *result, passwd_error *error);

/* Features of jets by name; what is not asked for is not computed, and a value does not depend on what else is. Names:
   those that passwd_jet_feature_name lists; behind those with a beta "_beta0.5" (or another of 0 to 10; n2_beta2);
   before any but zg and rg "soft_drop_", of the groomed jet (z_cut 0.1, beta 0, Cambridge/Aachen; z_i are of its own
   sum; zg and rg, 0 where nothing passes, are of the branching where it stops); and with "/" or "*" between them ratios
   and products, from left to right: "tau2/tau1", "mass/pt", "efp_2_1_0*efp_3_2_0". A ratio with a denominator of 0 is
   NaN. z_i = pT_i / sum pT, dR in (rapidity, phi), sums over all i, R0 = 1.
   - tau1 to tau4: as tau2 above. fjcontrib's KT_Axes have no beam (R = 1000), so that a soft jet beyond R = 1 is an
   axis there. tauN_wta: as its WTA_KT_Axes, exclusive kt without beam, what merges having the sum of both pT and the
   harder one's place. tauN_onepass: as OnePass_WTA_KT_Axes, from those axes to a minimum nearby: everyone to the
   nearest axis (of equally near ones the first), every axis to the exact minimum of its own sum of z_i dR (a geometric
   median), and again until the whole does not sink, or 100 times. fjcontrib takes one step of the median between
   assignments and stops at 1e-4; it may end in another minimum. All: 0 where there are no more constituents than axes,
   and without the beam's distance, as in the unnormalized measure over sum pT (fjcontrib's NormalizedMeasure with R0 =
   1, no cutoff).
   - lha, width, thrust: lambda^1_beta (arXiv 1408.3122), beta 1/2, 1, 2, about the jet's momentum (E scheme), or with
     _wta about its winner-take-all axis. rg: dR of the two branches, not over R0.
   - c2, d2, n2, m2 (arXiv 1305.0007, 1409.6298, 1609.07483): ven = sum over n-tuples i < j < ... of z_i z_j ... times
   the product of the v smallest dR^beta among them. Without a beta C2 is at 0.5, as in passwd_substructure; the others
   at 1 (fjcontrib has no default). 0 where e2 is 0.
   - efp_n_d_k: energy flow polynomials (arXiv 1712.07124) of connected multigraphs of n vertices and d <= 4 edges, k as
     EnergyFlow counts them; measure hadr, kappa 1, normed, beta 1 unless given. Of graphs that are not connected they
   are products. "efp" is efp_2_1_0, as "m" is mass. O(n^2); with a triangle or square in the graph, as C2 to M2,
   O(n^3). Features are thread-safe once made. */
typedef struct passwd_jet_features passwd_jet_features;
PASSWD_API const char *passwd_jet_feature_name(int k);  /* from 0 on; NULL beyond */
PASSWD_API const char *passwd_jet_feature_about(int k); /* what it is, in a line */
/* ARGUMENT: a name that is none (its number, counted from 1, as the column). UNSUPPORTED: more than 8 different beta.
 */
PASSWD_API passwd_status passwd_jet_features_new(const char *const *names, int count, const passwd_allocator *allocator,
    passwd_jet_features **features, passwd_error *error);
/* values: one for each name. Errors, memory and jets without shape as passwd_substructure_of; on failure nothing is
   written. */
PASSWD_API passwd_status passwd_jet_features_of(
    const passwd_jet_features *features, const passwd_p4 *constituents, int count, double *values, passwd_error *error);
PASSWD_API void passwd_jet_features_free(passwd_jet_features *features);

/* The order in which the recurrent network reads: highest pT first, then each time the one with the largest pT_i dR(i,
   previous); of equal ones the lower index. order: count; constituents beyond PASSWD_MAX_CONSTITUENTS come last, as
   they are. */
PASSWD_API void passwd_kt_order(const passwd_p4 *constituents, int count, int *order);
typedef struct passwd_alignment {
    double mass, energy; /* GeV, of the aligned jet */
    int steps;           /* [0: all] for pictures, the first so many: mass, boost, direction, axis and mirroring */
} passwd_alignment;
/* Aligns a jet (ATLAS, B. Wynne 2024): momenta times mass / m, a boost along the jet to `energy` (GeV), turned so that
   the jet points to eta = 0, phi = 0 (direction +x; rising eta and phi stay rising), then about the jet so that the
   widest axis of the constituents lies along eta (second moments of the momentum across the jet, over |p|: pT-weighted
   eta and phi to first order, and the same however the jet was turned), and mirrored so that the half of larger summed
   pT lies at eta > 0 and at phi > 0. Hence the result does not change when the input is scaled, turned or boosted along
   the jet. Constituents stay on their (scaled) mass shells; E below |p| counts as massless. ARGUMENT: energy not above
   mass > 0 (energy is not looked at in step 1). NUMERIC, and nothing written: no constituents, momenta that are not
   finite, or a jet whose mass is not above 1e-6 of its energy. `aligned` may be `constituents`. */
PASSWD_API passwd_status passwd_align_jet(const passwd_p4 *constituents, int count, const passwd_alignment *alignment,
    passwd_p4 *aligned, passwd_error *error);

/* Each feature's distribution made normal (mean 0, width 1) by its quantiles in the training jets. Knots are numbers of
   the table, evenly over the ranks; a number's quantile is (how many are below + how many are equal / 2) / rows, so
   that equal numbers share the middle of theirs. Straight lines in between; beyond the last knots it goes on straight,
   with the slope of the outer tenth of the knots (of more where these are all equal). */
typedef struct passwd_quantiles {
    int features, knots;
    double *x, *normal;
    passwd_allocator allocator;
} passwd_quantiles; /* [feature][knot]; x rises, normal(x) never falls */
/* Learns them. table: rows x features, row by row; names (features, may be NULL) appear in messages. knots 0: 1001 (at
   most one per row). NUMERIC: a feature that is not finite, or beyond 1e300 (its row, counted from 1, as the line), or
   the same in all rows. SHAPE: fewer than 2 rows. ARGUMENT: 1 knot, or less. *q is zeroed or of an earlier call. */
PASSWD_API passwd_status passwd_quantiles_learn(const double *table, int64_t rows, int features,
    const char *const *names, int knots, const passwd_allocator *allocator, passwd_quantiles *q, passwd_error *error);
/* A number as a normal one. NaN remains NaN; NaN, too, where there is no such feature. */
PASSWD_API double passwd_quantiles_map(const passwd_quantiles *q, int feature, double x);
/* And back. */
PASSWD_API double passwd_quantiles_invert(const passwd_quantiles *q, int feature, double normal);
PASSWD_API void passwd_quantiles_free(passwd_quantiles *q); /* and zeroes it */
/* Adds tensors map.x and map.normal (features x knots, F64) to a weights file; the writer borrows them. */
PASSWD_API passwd_status passwd_quantiles_write(
    const passwd_quantiles *q, passwd_tensor_writer *writer, passwd_error *error);
/* Reads them. name appears in messages; SHAPE where one is missing or they do not fit together, NUMERIC where they are
   not finite or do not rise together. *q as in learning. */
PASSWD_API passwd_status passwd_quantiles_read(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, passwd_quantiles *q, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Normalized autoencoder (S. Yoon, Y. Noh and F. Park, arXiv 2105.05735; for jets F. Eble, EPS-HEP2023): p(x) ~
   exp(-E(x)), E being the mean squared error of the reconstruction over a temperature T. Training lowers E where the
   events are, and raises it where Markov chains find it low without any. Works on any table of numbers; tools/jets.c
   feeds it the substructure of jets. normalized 0: a plain autoencoder of the same network.

       passwd_nae_preset("default", &config, &error);
       passwd_nae_new(&config, seed, NULL, &nae, &error);
       passwd_nae_train(nae, &table, NULL, NULL, NULL, &report, &error);
       passwd_nae_run(nae, NULL, table.rows, table.count, energy, NULL, &error);
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_NAE_LAYERS 8

typedef enum passwd_chain_start {
    PASSWD_START_MANIFOLD =
        0,                   /* chains of the latent features first, on the energy of what the decoder makes of them */
    PASSWD_START_PERSISTENT, /* where earlier chains ended; now and then from noise */
    PASSWD_START_NOISE       /* a normal distribution in every mapped feature */
} passwd_chain_start;

/* Everything about a network and its training. The JSON keys are the field names. Start from passwd_nae_preset: in
   brackets "default". */
typedef struct passwd_nae_config {
    int features;                  /* [8] columns of the table */
    int widths[PASSWD_NAE_LAYERS]; /* [64, 64, 16] of the encoder down to the latent features, then zeros; the decoder
                                      mirrors them */
    int activation;                /* [PASSWD_ACTIVATE_RELU] passwd_activation, between layers */
    int quantiles;  /* [0] 1: features are mapped to normal distributions; 0: shifted and scaled to mean 0, width 1 */
    int whiten;     /* [1] 1: then made uncorrelated (ZCA), with width 1 in every direction */
    int normalized; /* [1] 0: a plain autoencoder, without chains */
    int difference; /* [1] 1: the loss is E+ - E- + alpha E+, which may diverge without gamma */
    float alpha;    /* [0] log cosh(E+ - E-) + alpha E+ */
    float gamma;    /* [0.05] + gamma times the mean of E- squared (code of 2105.05735) */
    float latent;   /* [0] weight of the mean square of the latent features (z_norm_reg there) */
    float temperature;     /* [0.5] T: E is the mean squared error / T */
    int train_temperature; /* [0] 1: T is trained, too, starting from there (temperature_trainable) */
    int spherical;         /* [0] 1: latent features have unit length */
    int pretrain;          /* [0] steps as a plain autoencoder, before */
    float pretrain_rate;   /* [1e-3] of these */
    int start;             /* [PASSWD_START_PERSISTENT] passwd_chain_start */
    int replay;            /* [0] 1: latent chains of PASSWD_START_MANIFOLD continue from earlier ones, too (replay) */
    float start_width; /* [1.5] of the normal distribution of starts: in the latent features in units of their widths in
                          events, or in the mapped features */
    int latent_steps;  /* [20] of PASSWD_START_MANIFOLD */
    float latent_step, latent_noise;           /* [0.05, 0.3] */
    int chain_steps;                           /* [20] in the space of the features */
    float chain_step, chain_noise, chain_clip; /* [0.02, 0.2, 0] as in passwd_chain_options; noise^2 = 2 step samples
                                                  exp(-E) */
    float chain_range;                         /* [10] features are held within +- this; 0: not */
    int metropolis;                            /* [1] as in passwd_chain_options */
    float restart;       /* [0.05] fraction of persistent chains that starts from noise again, in every step */
    int buffer;          /* [10000] persistent chains kept, of features or latent features */
    int distance_events; /* [300] most events (and chains) of the validation that the mover's distance is taken of */
    float rise;        /* [1e6] an epoch may be kept until the distance has risen by this fraction above its smallest */
    int epochs, batch; /* [40, 256] this and what follows: as in passwd_train_options */
    int patience;      /* [0] epochs after the distance (plain: the validation loss) was at its best */
    int schedule;      /* [PASSWD_SCHEDULE_COSINE] */
    int steps, interval; /* [2000, 250] steps above 0: as many, whatever the rows, in epochs of `interval` (0: passes);
                            epochs is not read then */
    float rate, warmup, weight_decay, clip, validation; /* [1e-3, 0.01, 0, 1, 0.15] */
    float average;                                      /* [0.99] of the parameters that are validated and kept */
} passwd_nae_config;
/* A configuration by name:
     default    learns the density of a table: uncorrelated features, the loss of the first paper with its penalty,
                chains that continue from earlier ones; counts steps
     plain      an autoencoder: E+ alone; counts epochs
     cms        F. Eble's settings: 8-10-10-6 network, log cosh, chains from the decoder's manifold, the epoch before
                the Energy Mover's Distance rises; counts epochs
     original   arXiv 2105.05735 as its code treats two dimensions (2d_density_estimation): first as a plain
                autoencoder, then 2,000 steps; latent features on a sphere, whose chains are replayed, a temperature
                that is trained, the Metropolis algorithm. The network is far smaller (residual blocks of 1,024 there),
                hence a rate of 1e-3 instead of 1e-5; gamma, there of errors before T, is what that is at T = 0.1 */
PASSWD_API passwd_status passwd_nae_preset(const char *name, passwd_nae_config *config, passwd_error *error);
/* Changes the fields that a JSON object names; an unknown key is an error. `name` appears in messages. */
PASSWD_API passwd_status passwd_nae_config_read(
    passwd_nae_config *config, const char *json, size_t length, const char *name, passwd_error *error);

typedef struct passwd_nae passwd_nae; /* a network */
/* With new parameters, drawn from the seed. */
PASSWD_API passwd_status passwd_nae_new(const passwd_nae_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_nae **nae, passwd_error *error);
/* From a safetensors file. */
PASSWD_API passwd_status passwd_nae_load(
    const char *path, const passwd_allocator *allocator, passwd_nae **nae, passwd_error *error);
/* From the bytes of such a file, which need not live on. name appears in messages. */
PASSWD_API passwd_status passwd_nae_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_nae **nae, passwd_error *error);
/* Writes such a file. */
PASSWD_API passwd_status passwd_nae_save(const passwd_nae *nae, const char *path, passwd_error *error);
PASSWD_API void passwd_nae_free(passwd_nae *nae);
/* What it was made with; it belongs to the network. */
PASSWD_API const passwd_nae_config *passwd_nae_config_of(const passwd_nae *nae);
/* The map of its features; it belongs to the network. */
PASSWD_API const passwd_quantiles *passwd_nae_quantiles(const passwd_nae *nae);
/* Names of the features that it was trained on, with commas between them; NULL: none were given. */
PASSWD_API const char *passwd_nae_features(const passwd_nae *nae);
/* The model behind it, which belongs to the network: input "x" (features, mapped), outputs "reconstruction", "latent",
 * loss "energy". */
PASSWD_API passwd_model *passwd_nae_model(const passwd_nae *nae);
/* One row of the table as the network reads it: quantiles, whitening. x: features floats; NaN where the row is, or all
   of them where the network is not trained. */
PASSWD_API void passwd_nae_map(const passwd_nae *nae, const double *row, float *x);
/* The way back: x (features floats, as the network reads or gives them) in the units of the table. */
PASSWD_API void passwd_nae_unmap(const passwd_nae *nae, const float *x, double *row);
/* T as it was trained, or as the configuration has it. */
PASSWD_API double passwd_nae_temperature(const passwd_nae *nae);

/* Rows of numbers to learn from: count x features, row by row. */
typedef struct passwd_table {
    const double *rows;
    const double *weight; /* [NULL: 1] of each row, not negative */
    int64_t count;
    int features;
    const char *const *names; /* [NULL] of the features, for messages */
} passwd_table;
/* What an epoch left, for curves. distance: Energy Mover's Distance of positive and negative validation samples, mapped
   features, Euclidean. */
typedef struct passwd_nae_epoch {
    int epoch, kept;                        /* kept: the best so far */
    double loss, positive, negative;        /* training: means of its steps */
    double validation, samples, distance;   /* E+ of the validation events, E- of chains, their distance (plain: NaN) */
    double acceptance, saturation, outside; /* of the chains of the validation */
} passwd_nae_epoch;
/* After every epoch; `nae` holds its parameters, so that it may be run. Not 0: stop. */
typedef int passwd_nae_watch(void *user, const passwd_nae *nae, const passwd_nae_epoch *epoch);
/* Learns the map of the features and the network from a table (events of background), whose features must be as many as
   the configuration's (SHAPE), without weights (ARGUMENT). options: threads, simd, seed, progress count, the rest comes
   from the configuration. NUMERIC: chains that diverge or a loss that is not finite; the best parameters until then are
   kept. report->warning: a sentence where chains have collapsed or training ended with its best epoch last. */
PASSWD_API passwd_status passwd_nae_train(passwd_nae *nae, const passwd_table *table,
    const passwd_train_options *options, passwd_nae_watch *watch, void *user, passwd_train_report *report,
    passwd_error *error);
/* Scores: energy[rows]; reconstruction (may be NULL): rows x features, in the units of the table. NaN in a row:
   NUMERIC, with its number as the line. Mapped features are held at +-1e6. Workspaces are made and freed by every call:
   for single events in microseconds keep one, map with passwd_nae_map and passwd_run passwd_nae_model. */
PASSWD_API passwd_status passwd_nae_run(const passwd_nae *nae, const passwd_workspace_options *options,
    const double *table, int64_t rows, double *energy, double *reconstruction, passwd_error *error);
/* Negative samples as training draws them: count x features, in the units of the table (mapped 0) or as the network has
   them (mapped 1). steps -1: of the configuration. Persistent chains start from noise: those of the training are not
   kept. */
typedef struct passwd_nae_sampling {
    uint64_t seed;
    int64_t count;
    int steps, mapped;
} passwd_nae_sampling;
PASSWD_API passwd_status passwd_nae_sample(const passwd_nae *nae, const passwd_workspace_options *options,
    const passwd_nae_sampling *sampling, double *samples, passwd_chain_report *report, passwd_error *error);

/* Energy Mover's Distance of two samples of equal size and weight: the mean Euclidean distance of the cheapest pairing,
   exactly, in O(count^3) (count up to 4,096). a, b: count x features. */
PASSWD_API passwd_status passwd_movers_distance(const float *a, const float *b, int count, int features,
    const passwd_allocator *allocator, double *distance, passwd_error *error);

/* ------------------------------------------------------------------------------------------------------------------
   Recurrent variational autoencoder of jets (J. Chung et al., arXiv 1506.02216; for jets A. Kahn et al., arXiv
   2105.09274, and B. Wynne, ATLAS 2024): reads constituents one after the other; at every step prior, encoder and
   decoder know the state that the constituents before have left. Constituents that surprise need an encoder far from
   the prior (the divergence of the two), or are not where the decoder looks for them (the reconstruction). The score is
   made of these two by the rules of `score`, `score_share` and `mass_bins`; its mean over the training jets is 0.5.

       passwd_vrnn_preset("default", &config, &error);
       passwd_vrnn_new(&config, seed, NULL, &vrnn, &error);
       passwd_vrnn_train(vrnn, &jets, NULL, &report, NULL, &error);
       passwd_vrnn_run(vrnn, NULL, &jets, 0, jets.count, results, &error);
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWD_VRNN_FEATURES 4 /* of a constituent, each shifted and scaled by the training jets' mean and width */

typedef enum passwd_vrnn_inputs {
    PASSWD_VRNN_MOMENTA = 0, /* E, px, py, pz (arXiv 2105.09274; ATLAS): of an aligned jet E and px all but agree */
    PASSWD_VRNN_SHARES,      /* log(z), eta, phi, dR from the jet's axis; z: part of the jet's summed pT */
    PASSWD_VRNN_ROOTS        /* sqrt(z) times 1, eta, phi, dR: soft ones lie close together, and matter less */
} passwd_vrnn_inputs;

typedef enum passwd_vrnn_score {
    PASSWD_VRNN_DIVERGENCE = 0, /* d / (d + c) of the divergence d; here and below c makes the training's mean 0.5 */
    PASSWD_VRNN_RECONSTRUCTION, /* r / (r + c) of the reconstruction r */
    PASSWD_VRNN_BOTH,           /* b / (b + c), b = r + divergence * d, what training makes small: with a `resolution`
                                   and divergence 1 the bound of the logarithm of the likelihood (arXiv 1506.02216) */
    PASSWD_VRNN_EXPONENTIAL     /* 1 - exp(-d / c) (arXiv 2105.09274, where c is 1) */
} passwd_vrnn_score;

/* Everything about a network and its training. The JSON keys are the field names. Start from passwd_vrnn_preset: in
   brackets "default". */
typedef struct passwd_vrnn_config {
    int constituents;          /* [50] read per jet, 2 to 128 */
    int hidden, latent, width; /* [32, 8, 32] features of the state, of z, of the layers between */
    int inputs;                /* [PASSWD_VRNN_ROOTS] passwd_vrnn_inputs */
    int order; /* [0] 0: by pT; 1: by kt distance to the one before (passwd_kt_order; ATLAS); 2, 3: those that 0 or 1
                  would read, from the last to the first */
    int align; /* [1] 1: every jet is brought to one mass, energy and orientation (passwd_align_jet); 0: momenta as seen
                  from the jet's axis */
    double mass, energy; /* [0.25, 1] GeV, of aligned jets */
    int condition; /* [1] 1: prior, encoder and decoder know log(mass / pT) of the jet as it was seen, so that a jet is
                      judged as one of its mass (a conditional autoencoder: K. Sohn et al., NeurIPS 2015) */
    float resolution; /* [0.1] 0: the decoder gives means, the reconstruction is their mean squared error. Above: it
                         gives means and widths (arXiv 1506.02216, eq. 6), the reconstruction is minus the logarithm of
                         the likelihood, blurred by so much (in widths of the features): the divergence of N(decoder)
                         from N(x, resolution), which is never below 0 */
    float divergence; /* [1] weight of the Kullback-Leibler terms */
    float ramp;       /* [500] steps over which that weight grows */
    int mean_steps; /* [0] losses are 0: sums over a jet's constituents, 1: means, 2: weighted by their shares of pT */
    int share_divergence; /* [0] 1: the divergence of each constituent by its share of pT (arXiv 2105.09274), times the
                             number of constituents where mean_steps is 0 */
    int score;            /* [PASSWD_VRNN_BOTH] passwd_vrnn_score */
    float score_share; /* [0.4] in the score constituents weigh as their share of pT to this power, in all 1: 0 is the
                          mean, 1 the mean by pT; below 0: as in the losses */
    int reverse;       /* [0] 1: small is anomalous: 1 less the score */
    int mass_bins; /* [30] 0: scores as above; n: what is scored becomes its rank (0 to 1) among training jets of like
                      mass, in up to n bins of 50 jets or more, with straight lines in between: quantile regression on
                      the mass, so that no cut on the score shapes the background's mass (a decorrelated tagger, as in
                      J. Dolen et al., arXiv 1603.00027, for all cuts at once). 1: the rank among all */
    int epochs, batch, patience; /* [20, 128, 0] this and what follows: as in passwd_train_options */
    int schedule;                /* [PASSWD_SCHEDULE_COSINE] */
    float rate, warmup, weight_decay, clip, validation; /* [2e-3, 0.05, 0, 1, 0.1] */
} passwd_vrnn_config;
/* A configuration by name: "default", measured (README has the figures); "talk": ATLAS, as far as its slides and arXiv
   2105.09274 say: up to 20 constituents by kt distance, aligned four-momenta, divergences by pT in the loss, 1 -
   exp(-mean divergence). */
PASSWD_API passwd_status passwd_vrnn_preset(const char *name, passwd_vrnn_config *config, passwd_error *error);
/* Changes the fields that a JSON object names; an unknown key is an error. `name` appears in messages. */
PASSWD_API passwd_status passwd_vrnn_config_read(
    passwd_vrnn_config *config, const char *json, size_t length, const char *name, passwd_error *error);

typedef struct passwd_vrnn passwd_vrnn; /* a network */
/* With new parameters, drawn from the seed. */
PASSWD_API passwd_status passwd_vrnn_new(const passwd_vrnn_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_vrnn **vrnn, passwd_error *error);
/* From a safetensors file. */
PASSWD_API passwd_status passwd_vrnn_load(
    const char *path, const passwd_allocator *allocator, passwd_vrnn **vrnn, passwd_error *error);
/* From the bytes of such a file, which need not live on. name appears in messages. */
PASSWD_API passwd_status passwd_vrnn_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_vrnn **vrnn, passwd_error *error);
/* Writes such a file. */
PASSWD_API passwd_status passwd_vrnn_save(const passwd_vrnn *vrnn, const char *path, passwd_error *error);
PASSWD_API void passwd_vrnn_free(passwd_vrnn *vrnn);
/* What it was made with; it belongs to the network. */
PASSWD_API const passwd_vrnn_config *passwd_vrnn_config_of(const passwd_vrnn *vrnn);
/* The model behind it, which belongs to the network: inputs "x" (constituents x 4), "beside" (constituents x 3: weights
   of the constituent's reconstruction and divergence, log(mass / pT) of the jet, shifted and scaled), outputs
   "reconstruction", "divergence" (one number each), losses of these names. */
PASSWD_API passwd_model *passwd_vrnn_model(const passwd_vrnn *vrnn);

/* One jet's constituents as features, before shift and scale, in the order of reading: x (constituents x 4, at least
   `count` rows). Returns how many rows; 0 where the jet cannot be read: fewer than two constituents, momenta that are
   not finite or beyond 1e100 GeV, or (aligned) no mass. */
PASSWD_API int passwd_vrnn_encode(
    const passwd_vrnn_config *config, const passwd_p4 *constituents, int count, double *x);

typedef struct passwd_vrnn_result {
    float divergence, reconstruction; /* weighted as the score wants it; NaN for a jet that cannot be read */
    float score;                      /* 0 to 1, anomalous jets high; the training jets' mean is 0.5 */
    int constituents;                 /* read */
} passwd_vrnn_result;
/* Trains on jets (events of constituents). options: threads, simd, seed, checkpoint, progress and ranks count. skipped
   (may be NULL): jets that could not be read. */
PASSWD_API passwd_status passwd_vrnn_train(passwd_vrnn *vrnn, const passwd_events *jets,
    const passwd_train_options *options, passwd_train_report *report, int64_t *skipped, passwd_error *error);
/* Scores of jets [first, first + count). The latent features are their means, not drawn, so that a jet always has the
   same score. */
PASSWD_API passwd_status passwd_vrnn_run(const passwd_vrnn *vrnn, const passwd_workspace_options *options,
    const passwd_events *jets, int64_t first, int64_t count, passwd_vrnn_result *results, passwd_error *error);
/* Score of an event with several jets: the mean of those that are numbers, or NaN. */
PASSWD_API double passwd_vrnn_event_score(const passwd_vrnn_result *jets, int count);

/* ------------------------------------------------------------------------------------------------------------------
   Background by reweighting (ATLAS talk, B. Wynne 2024): a network learns weights that turn one control sample into
   another; they are tried on a second pair of samples, and applied in the region of the search. w(x) = p_to(x) /
   p_from(x) from a classifier (its logit is the logarithm of the ratio). Each of several networks learns from its own
   bootstrap sample (Poisson(1) times each row): a logistic regression of the mapped columns first, then a network that
   is added to it, times the share (0 to 1) that serves the rows which the sample leaves out best, 37 %: what it cannot
   know better shrinks to the regression. On these rows the sum is calibrated (a logit + b). The spread of all is the
   uncertainty.
   --------------------------------------------------------------------------------------------------------------- */

typedef struct passwd_reweight_config { /* start from passwd_reweight_defaults, which are in brackets */
    int layers, nodes;           /* [3, 20] hidden layers, and features of each; layers 0: the regression alone */
    int linear;                  /* [1] 0: the networks alone, without a regression to shrink to */
    int networks;                /* [10] trainings, each of its own bootstrap sample and initial parameters */
    int epochs, batch, patience; /* [100, 256, 10] */
    float rate, weight_decay;    /* [2e-3, 0.1] */
    float validation;            /* [0.2] fraction of each bootstrap sample set aside for early stopping; with
                                    linear the rows that it leaves out serve instead */
    float limit;                 /* [5] largest |log w|, before the norm */
    int knots;                   /* [1001] of the quantiles that the columns are mapped by */
    uint64_t seed;               /* [1] */
} passwd_reweight_config;
PASSWD_API void passwd_reweight_defaults(passwd_reweight_config *config); /* fills it */

typedef struct passwd_reweight passwd_reweight; /* several networks, and what they need */
/* Learns from two samples of the same features (mapped by the quantiles of both together; names are those of `from`).
   Over the rows of `from` the weights, times the rows' own, sum to the total weight
   of `to`; each network's norm is its bootstrap sample's, so that the spread holds the norm's statistical error too.
   options (may be NULL): threads, simd, progress and user alone; progress as in passwd_train, over all networks
   together (steps are jumped over where one stops early). SHAPE: fewer than 20 rows. NUMERIC: a number that is not
   finite, a column that is the same in all rows, weights that are negative or sum to 0. PASSWD_STOPPED from progress
   leaves no result. */
PASSWD_API passwd_status passwd_reweight_learn(const passwd_reweight_config *config, const passwd_table *from,
    const passwd_table *to, const passwd_train_options *options, const passwd_allocator *allocator,
    passwd_reweight **reweight, passwd_error *error);
/* Weights of rows of any sample, without the rows' own: mean over the networks into weight[count], and (may be NULL)
   each network's own into each[networks * count], network by network. Beyond the learnt samples the ratio is only
   extrapolated. */
PASSWD_API passwd_status passwd_reweight_run(const passwd_reweight *reweight, const passwd_workspace_options *options,
    const double *rows, int64_t count, double *weight, double *each, passwd_error *error);
PASSWD_API int passwd_reweight_features(const passwd_reweight *reweight); /* columns */
PASSWD_API int passwd_reweight_networks(const passwd_reweight *reweight); /* how many there are */
PASSWD_API void passwd_reweight_free(passwd_reweight *reweight);
/* To a safetensors file. */
PASSWD_API passwd_status passwd_reweight_save(const passwd_reweight *reweight, const char *path, passwd_error *error);
/* From such a file. */
PASSWD_API passwd_status passwd_reweight_load(
    const char *path, const passwd_allocator *allocator, passwd_reweight **reweight, passwd_error *error);

typedef struct passwd_closure {
    double chi2, p;            /* of the bins' differences, and its p-value */
    int bins;                  /* that count */
    double ratio, ratio_error; /* of the totals, from / to */
    double chi2_statistical,
        p_statistical; /* without the networks' covariance: what the samples' statistics alone say */
} passwd_closure;
/* Agreement of a weighted sample with another in bins of one variable (low <= x < high; rows outside enter the totals
   alone). chi2 of the bins' differences, norm included, over the bins with at least `least` rows in each sample (none:
   SHAPE). Covariance: the statistical errors of both samples (sums of squared weights), independent from bin to bin,
   plus the sample covariance of the networks' histograms, by which all bins move together: the statistical error of
   what was learnt, and the chance of training. The samples must therefore not be those that were learnt from, nor share
   rows; and what the columns do not know about the step from one region to the other is in no error. Of N networks the
   second part has rank N - 1: few make p too small (on toys of 10 bins p < 0.05 came in 30 % of the cases with 3, in 7
   % with 10, in 4 % with 20 networks). weight: NULL: 1, and weight and each hold the rows' own weights as factors, if
   they have any; each: networks x from, as above, NULL: none. */
typedef struct passwd_closure_input {
    int64_t from, to;            /* rows of the two samples */
    const double *x_from, *x_to; /* the variable */
    const double *weight, *weight_to;
    const double *each;
    int networks, bins;
    const double *edges; /* bins + 1, rising */
    double least;
} passwd_closure_input;
PASSWD_API passwd_status passwd_closure_test(
    const passwd_closure_input *input, const passwd_allocator *allocator, passwd_closure *closure, passwd_error *error);

#ifdef __cplusplus
}
#endif
#endif /* PASSWD_H */

/* ******************************************************************************************************************
   THE INTERFACE ENDS HERE. To use the library, stop here: nothing below is needed, nothing below is promised. What
   follows is the implementation, bottom up; names that begin with passwdi_ are private, and change without notice.
   *************************************************************************************************************** */

/* What the implementations of this header and of its companions share: errors, memory, settings. */
#if (defined(PASSWD_IMPLEMENTATION) || defined(PASSWDI_SHARE)) && !defined(PASSWDI_SHARED)
#define PASSWDI_SHARED
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__GNUC__) || defined(__clang__)
#define PASSWDI_UNUSED __attribute__((unused))
#define PASSWDI_APART __attribute__((noinline)) /* so that its stack is released when it returns */
#else
#define PASSWDI_UNUSED
#define PASSWDI_APART
#endif
/* Between these two no product and sum are fused into one operation with one rounding, which -march=native and AArch64
   would allow: results are those of the source text. (Lane kernels fuse explicitly.) gcc still fuses in vectorised
   straight-line code. */
#if defined(__clang__)
#define PASSWDI_AS_WRITTEN _Pragma("STDC FP_CONTRACT OFF")
#define PASSWDI_AS_WRITTEN_END _Pragma("STDC FP_CONTRACT DEFAULT")
#elif defined(__GNUC__) && !defined(__TINYC__)
#define PASSWDI_AS_WRITTEN \
    _Pragma("GCC push_options") _Pragma("GCC optimize(\"fp-contract=off\", \"no-tree-slp-vectorize\")")
#define PASSWDI_AS_WRITTEN_END _Pragma("GCC pop_options")
#elif defined(_MSC_VER)
#define PASSWDI_AS_WRITTEN __pragma(fp_contract(off))
#define PASSWDI_AS_WRITTEN_END
#else
#define PASSWDI_AS_WRITTEN
#define PASSWDI_AS_WRITTEN_END
#endif
/* Between these two stands what runs once per network, file or training: gcc spends half as much on it. */
#if defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__) && defined(__GNUC__) && !defined(__clang__)
#define PASSWDI_SELDOM                                                                                          \
    _Pragma("GCC push_options") _Pragma("GCC optimize(\"O1\", \"fp-contract=off\", \"no-tree-slp-vectorize\")") \
        _Pragma("GCC optimize(\"no-tree-dominator-opts\", \"no-ivopts\", \"no-tree-pta\")")
#define PASSWDI_SELDOM_END _Pragma("GCC pop_options")
#else
#define PASSWDI_SELDOM
#define PASSWDI_SELDOM_END
#endif
PASSWDI_AS_WRITTEN
static PASSWDI_UNUSED passwd_status passwdi_fail(
    passwd_error *error, passwd_status status, int64_t line, int64_t column, const char *format, ...)
#if defined(__GNUC__) || defined(__clang__)
    __attribute__((format(printf, 5, 6)))
#endif
    ;
static passwd_status passwdi_fail(
    passwd_error *error, passwd_status status, int64_t line, int64_t column, const char *format, ...) {
    if (error) {
        va_list list;
        error->status = status;
        error->line = line;
        error->column = column;
        va_start(list, format);
        vsnprintf(error->message, sizeof error->message, format, list);
        va_end(list);
    }
    return status;
}

/* Parts that a macro leaves out. Calls to them test this constant first, and compilers drop what nothing else needs. */
#ifdef PASSWD_NO_TRAINING
#define PASSWDI_NO_TRAINING 1
#define PASSWDI_TRAINING(kernel) NULL
#else
#define PASSWDI_NO_TRAINING 0
#define PASSWDI_TRAINING(kernel) kernel
#endif
#ifdef PASSWD_NO_JETS
#define PASSWDI_NO_JETS 1
#define PASSWDI_JETS(kernel) NULL
#else
#define PASSWDI_NO_JETS 0
#define PASSWDI_JETS(kernel) kernel
#endif
static PASSWDI_UNUSED passwd_status passwdi_left_out(const char *what, const char *macro, passwd_error *error) {
    return passwdi_fail(
        error, PASSWD_ERROR_UNSUPPORTED, 0, 0, "%s is not available: this program was compiled with %s.", what, macro);
}

static PASSWDI_UNUSED void *passwdi_take(const passwd_allocator *allocator, size_t bytes) {
    return allocator && allocator->allocate ? allocator->allocate(allocator->user, bytes) : malloc(bytes);
}
/* Memory for count items, which the caller writes before it reads; NULL if there is none or the product overflows.
   64-byte alignment is up to the caller. */
static PASSWDI_UNUSED void *passwdi_raw(const passwd_allocator *allocator, size_t count, size_t size) {
    if (count == 0) count = 1;
    return size == 0 || count > ((size_t)-1) / 2 / size ? NULL : passwdi_take(allocator, count * size);
}
/* The same, zeroed; calloc does not touch what the system hands out as zeros. */
static PASSWDI_UNUSED void *passwdi_new(const passwd_allocator *allocator, size_t count, size_t size) {
    void *p;
    if (!allocator || !allocator->allocate)
        return size == 0 || count > ((size_t)-1) / 2 / size ? NULL : calloc(count ? count : 1, size);
    p = passwdi_raw(allocator, count, size);
    if (p) memset(p, 0, (count ? count : 1) * size);
    return p;
}
/* a x b as a count for passwdi_new, which refuses what does not fit into a size_t (even one of 32 bits) or is
   negative. */
static PASSWDI_UNUSED size_t passwdi_items(int64_t a, int64_t b) {
    const uint64_t most = (size_t)-1 / 2;
    return a < 0 || b < 0 || (b > 0 && (uint64_t)a > most / (uint64_t)b) ? (size_t)-1
                                                                         : (size_t)((uint64_t)a * (uint64_t)b);
}
static PASSWDI_UNUSED void passwdi_delete(const passwd_allocator *allocator, void *p) {
    if (!p) return;
    if (!allocator || !allocator->allocate) free(p);
    else if (allocator->release) allocator->release(allocator->user, p);
}
/* An array that grows by doubling; 0 if there is not enough memory, and then nothing has changed. What is new is not
   cleared. */
static PASSWDI_UNUSED int passwdi_grow(
    const passwd_allocator *allocator, void **array, size_t used, size_t *room, size_t size) {
    const size_t more = *room ? *room * 2 : 16;
    const int own = allocator && allocator->allocate;
    void *bigger;
    if (used < *room) return 1;
    if (more > (size_t)-1 / 2 / size) return 0;
    bigger = own ? passwdi_raw(allocator, more, size) : realloc(*array, more * size); /* which moves pages, not bytes */
    if (!bigger) return 0;
    if (own && *array) memcpy(bigger, *array, used * size);
    if (own) passwdi_delete(allocator, *array);
    *array = bigger;
    *room = more;
    return 1;
}
/* Says how far a run has come; STOPPED where that was answered by a wish to stop and something is left to do. */
static PASSWDI_UNUSED passwd_status passwdi_watched(
    const passwd_workspace_options *o, int64_t done, int64_t all, const char *what, passwd_error *error) {
    if (!o || !o->progress || !o->progress(o->user, done, all) || done >= all) return PASSWD_OK;
    return passwdi_fail(
        error, PASSWD_STOPPED, 0, 0, "Stopped after %lld of %lld %s.", (long long)done, (long long)all, what);
}
/* Memory in a caller's buffer, which this struct begins: one piece after the other, given back with the buffer. */
enum { PASSWDI_PIECE = 16 };
typedef struct passwdi_arena {
    char *at;
    size_t left;
} passwdi_arena;
static PASSWDI_UNUSED size_t passwdi_pieces(size_t bytes) {
    return bytes > (size_t)-1 - PASSWDI_PIECE ? (size_t)-1
                                              : (bytes + PASSWDI_PIECE - 1) / PASSWDI_PIECE * PASSWDI_PIECE;
}
static PASSWDI_UNUSED void *passwdi_arena_take(void *user, size_t bytes) {
    passwdi_arena *a = (passwdi_arena *)user;
    char *piece;
    if (!a || passwdi_pieces(bytes) > a->left) return NULL;
    piece = a->at;
    a->at += passwdi_pieces(bytes);
    a->left -= passwdi_pieces(bytes);
    return piece;
}
static PASSWDI_UNUSED passwdi_arena *passwdi_arena_in(void *buffer, size_t bytes) {
    const size_t skip = (PASSWDI_PIECE - (size_t)((uintptr_t)buffer % PASSWDI_PIECE)) % PASSWDI_PIECE,
                 own = skip + passwdi_pieces(sizeof(passwdi_arena));
    passwdi_arena *a = (passwdi_arena *)(void *)((char *)buffer + skip);
    if (bytes < own) return NULL;
    a->at = (char *)buffer + own;
    a->left = bytes - own;
    return a;
}
/* Counts what an arena would need. */
typedef struct passwdi_meter {
    passwd_allocator from, counted;
    passwd_workspace_options options;
    size_t bytes;
} passwdi_meter;
static PASSWDI_UNUSED void *passwdi_meter_take(void *user, size_t bytes) {
    passwdi_meter *m = (passwdi_meter *)user;
    m->bytes += passwdi_pieces(bytes);
    return passwdi_take(&m->from, bytes);
}
static PASSWDI_UNUSED void passwdi_meter_release(void *user, void *p) {
    passwdi_delete(&((passwdi_meter *)user)->from, p);
}
static PASSWDI_UNUSED void passwdi_meter_begin(
    passwdi_meter *m, const passwd_workspace_options *options, const passwd_allocator *model) {
    memset(m, 0, sizeof *m);
    if (options) m->options = *options;
    m->from = m->options.allocator ? *m->options.allocator : *model;
    m->counted.allocate = passwdi_meter_take;
    m->counted.release = passwdi_meter_release;
    m->counted.user = m;
    m->options.buffer = NULL;
    m->options.allocator = &m->counted;
    m->bytes = PASSWDI_PIECE - 1 + passwdi_pieces(sizeof(passwdi_arena));
}
/* Options whose `allocator` is where the memory comes from, in a buffer or not; it is `a`. */
static PASSWDI_UNUSED passwd_workspace_options passwdi_room(
    const passwd_workspace_options *options, const passwd_allocator *model, passwd_allocator *a) {
    passwd_workspace_options o;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    *a = o.allocator ? *o.allocator : *model;
    if (o.buffer) {
        a->allocate = passwdi_arena_take;
        a->release = NULL;
        a->user = passwdi_arena_in(o.buffer, o.bytes);
    }
    o.buffer = NULL;
    o.allocator = a;
    return o;
}
static PASSWDI_UNUSED passwd_status passwdi_few_bytes(
    const passwd_workspace_options *options, size_t needed, passwd_error *error) {
    return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
        "The buffer has %llu bytes, but %llu are needed (in passwd_workspace_options: buffer, bytes).",
        (unsigned long long)options->bytes, (unsigned long long)needed);
}
/* Rows of `width` (1 or 2) numbers, by the first. */
static PASSWDI_UNUSED void passwdi_sort_sink(double *x, int width, int64_t at, int64_t count) {
    const double key = x[width * at], rest = x[width * at + width - 1];
    int64_t child;
    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && x[width * (child + 1)] > x[width * child]) ++child;
        if (!(x[width * child] > key)) break;
        memcpy(x + width * at, x + width * child, (size_t)width * sizeof *x);
        at = child;
    }
    x[width * at + width - 1] = rest;
    x[width * at] = key;
}
/* Heapsort, rising: qsort may allocate memory. */
static PASSWDI_UNUSED void passwdi_sort(double *x, int width, int64_t count) {
    int64_t i;
    int k;
    for (i = count / 2; i-- > 0;) passwdi_sort_sink(x, width, i, count);
    for (i = count; i-- > 1;) {
        for (k = 0; k < width; k++) {
            const double largest = x[k];
            x[k] = x[width * i + k];
            x[width * i + k] = largest;
        }
        passwdi_sort_sink(x, width, 0, i);
    }
}
static PASSWDI_UNUSED int64_t passwdi_least(int64_t a, int64_t b) { return a < b ? a : b; }
PASSWDI_SELDOM
/* Settings of a configuration struct by their names, as JSON: one table is used to read, check and write them. */
typedef struct passwdi_setting {
    const char *name;
    size_t offset;
    char kind;
    double low, high;
} passwdi_setting; /* i: int, l: int64_t, f: float, d: double, w: up to PASSWDI_WIDTHS ints, 0 ends */
enum { PASSWDI_WIDTHS = 8 };
static PASSWDI_UNUSED double passwdi_setting_get(const passwdi_setting *t, const void *config) {
    const char *at = (const char *)config + t->offset;
    return t->kind == 'i' || t->kind == 'w' ? *(const int *)(const void *)at
        : t->kind == 'l'                    ? (double)*(const int64_t *)(const void *)at
        : t->kind == 'f'                    ? (double)*(const float *)(const void *)at
                                            : *(const double *)(const void *)at;
}
static PASSWDI_UNUSED passwd_status passwdi_setting_refuse(
    const passwdi_setting *t, const char *name, const passwd_json_node *x, double v, passwd_error *error) {
    return passwdi_fail(error, PASSWD_ERROR_CONFIG, x ? x->line : 0, x ? x->column : 0,
        "%s: \"%s\" is %g; it must be %s from %g to %g.", name, t->name, v,
        t->kind == 'f' || t->kind == 'd' ? "a number" : "an integer", t->low, t->high);
}
/* Checks the range of every value; those of a file are checked when they are read, this is for structs filled by
   hand. */
static PASSWDI_UNUSED passwd_status passwdi_settings_check(
    const passwdi_setting *table, size_t count, const void *config, passwd_error *error) {
    size_t k;
    for (k = 0; k < count; k++) {
        const double v = passwdi_setting_get(table + k, config); /* of widths: the first */
        if (!(v >= table[k].low && v <= table[k].high))
            return passwdi_setting_refuse(table + k, "Configuration", NULL, v, error);
    }
    return PASSWD_OK;
}
static PASSWDI_UNUSED passwd_status passwdi_widths_read(
    const passwdi_setting *t, int *widths, const passwd_json *json, int32_t node, passwd_error *error) {
    const passwd_json_node *x = json->nodes + node;
    int list[PASSWDI_WIDTHS], k;
    if (x->kind != PASSWD_JSON_ARRAY || x->count < 1 || x->count > PASSWDI_WIDTHS)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, x->line, x->column,
            "%s: \"%s\" needs a list of 1 to %d integers.", json->name, t->name, PASSWDI_WIDTHS);
    memset(list, 0, sizeof list);
    for (k = 0; k < (int)x->count; k++) {
        const int32_t at = passwd_json_at(json, node, k);
        int64_t v;
        const passwd_status s = passwd_json_int(json, at, &v, error);
        if (s != PASSWD_OK) return s;
        if (!((double)v >= t->low && (double)v <= t->high))
            return passwdi_setting_refuse(t, json->name, json->nodes + at, (double)v, error);
        list[k] = (int)v;
    }
    memcpy(widths, list, sizeof list);
    return PASSWD_OK;
}
/* The setting that a node names; booleans are 0 and 1. Unknown names are refused. */
static PASSWDI_UNUSED passwd_status passwdi_settings_read(const passwdi_setting *table, size_t count, void *config,
    const passwd_json *json, int32_t node, passwd_error *error) {
    const passwd_json_node *x = json->nodes + node;
    passwd_status s = PASSWD_OK;
    double v = x->kind == PASSWD_JSON_TRUE;
    size_t k;
    for (k = 0; k < count && strcmp(x->key, table[k].name) != 0; k++) {}
    if (k == count)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, x->line, x->column, "%s:%lld:%lld: unknown key \"%.60s\".",
            json->name, (long long)x->line, (long long)x->column, x->key);
    if (table[k].kind == 'w')
        return passwdi_widths_read(table + k, (int *)(void *)((char *)config + table[k].offset), json, node, error);
    if (x->kind != PASSWD_JSON_TRUE && x->kind != PASSWD_JSON_FALSE) s = passwd_json_number(json, node, &v, error);
    if (s != PASSWD_OK) return s;
    table += k;
    if (!(v >= table->low && v <= table->high)
        || ((table->kind == 'i' || table->kind == 'l') && v != (double)(int64_t)v))
        return passwdi_setting_refuse(table, json->name, x, v, error);
    if (table->kind == 'i') *(int *)(void *)((char *)config + table->offset) = (int)v;
    else if (table->kind == 'l') *(int64_t *)(void *)((char *)config + table->offset) = (int64_t)v;
    else if (table->kind == 'f') *(float *)(void *)((char *)config + table->offset) = (float)v;
    else *(double *)(void *)((char *)config + table->offset) = v;
    return PASSWD_OK;
}
static PASSWDI_UNUSED void passwdi_settings_write(
    const passwdi_setting *table, size_t count, const void *config, passwd_json_writer *w) {
    size_t k;
    for (k = 0; k < count; k++) {
        passwd_json_key(w, table[k].name);
        if (table[k].kind == 'w') {
            const int *widths = (const int *)(const void *)((const char *)config + table[k].offset);
            int i;
            passwd_json_begin_array(w);
            for (i = 0; i < PASSWDI_WIDTHS && widths[i]; i++) passwd_json_write_int(w, widths[i]);
            passwd_json_end_array(w);
        } else passwd_json_write_number(w, passwdi_setting_get(table + k, config));
    }
}
/* A whole configuration as a JSON object: key reads one of its members. On failure config is partly changed: pass a
   copy. */
typedef passwd_status passwdi_config_key(void *config, const passwd_json *json, int32_t node, passwd_error *error);
static PASSWDI_UNUSED passwd_status passwdi_config_parse(passwdi_config_key *key, void *config, const char *text,
    size_t length, const char *name, const passwd_allocator *allocator, passwd_error *error) {
    passwd_json json;
    passwd_status s = passwd_json_parse(text, length, name, allocator, &json, error);
    int32_t node;
    if (s != PASSWD_OK) return s;
    if (json.nodes[0].kind != PASSWD_JSON_OBJECT)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 1, 1, "%s: a configuration should be a JSON object.", json.name);
    for (node = s == PASSWD_OK ? json.nodes[0].first : -1; s == PASSWD_OK && node >= 0; node = json.nodes[node].next)
        s = key(config, &json, node, error);
    passwd_json_free(&json);
    return s;
}
/* The same as text for the metadata of a weights file. */
static PASSWDI_UNUSED passwd_status passwdi_settings_text(const passwdi_setting *table, size_t count,
    const void *config, const char *format, passwd_json_writer *w, const char **text, passwd_error *error) {
    size_t length;
    passwd_json_begin_object(w);
    passwd_json_key(w, "format");
    passwd_json_write_string(w, format);
    passwdi_settings_write(table, count, config, w);
    passwd_json_end_object(w);
    return passwd_json_finish(w, text, &length, error);
}
PASSWDI_SELDOM_END
/* Events, including those made by hand, which may lack arrays: see passwd_events. */
static PASSWDI_UNUSED double passwdi_event_weight(const passwd_events *v, int64_t event) {
    return v->weight ? v->weight[event] : 1.0;
}
static PASSWDI_UNUSED int passwdi_has_types(const passwd_events *v) {
    return v->type && v->type_names.name && v->type_names.count > 0;
}
static PASSWDI_UNUSED const char *passwdi_object_type(const passwd_events *v, int64_t row) {
    if (!passwdi_has_types(v)) return "j";
    return v->type[row] >= 0 && v->type[row] < v->type_names.count ? v->type_names.name[v->type[row]] : "?";
}
/* E^2 = m^2 + p^2, p = pT cosh(eta); NaN and negative energies give NaN. */
static PASSWDI_UNUSED double passwdi_energy_from(double p, double m) { return sqrt(p * p + m * m); }
static PASSWDI_UNUSED double passwdi_mass_from(double p, double e) {
    return e > p ? sqrt((e - p) * (e + p)) : e >= 0.0 ? 0.0 : (double)NAN;
}
static PASSWDI_UNUSED double passwdi_object_e(const passwd_events *v, int64_t row) {
    return v->e ? v->e[row] : passwdi_energy_from(v->pt[row] * cosh(v->eta[row]), v->m[row]);
}
static PASSWDI_UNUSED double passwdi_object_m(const passwd_events *v, int64_t row) {
    return v->m ? v->m[row] : passwdi_mass_from(v->pt[row] * cosh(v->eta[row]), v->e[row]);
}
/* A column's number of this row. */
static PASSWDI_UNUSED double passwdi_at(const passwd_column *c, int64_t row) {
    const ptrdiff_t stride = c->stride ? c->stride : c->single ? (ptrdiff_t)sizeof(float) : (ptrdiff_t)sizeof(double);
    const char *at = (const char *)c->values + (ptrdiff_t)row * stride;
    double number;
    float single;
    if (!c->single) {
        memcpy(&number, at, sizeof number);
        return number;
    }
    memcpy(&single, at, sizeof single);
    return (double)single;
}
/* Where the rows of an event begin and end in one of the linked structs. */
static PASSWDI_UNUSED int64_t passwdi_first_row(const passwd_arrays *a, int64_t event) {
    return a->first ? a->first[event] : event * a->rows;
}
static PASSWDI_UNUSED int64_t passwdi_end_row(const passwd_arrays *a, int64_t event) {
    return a->first ? a->first[event + 1] : event * a->rows + (a->objects ? a->objects[event] : a->rows);
}
/* An event's objects in all of them: how many; the row of number k, which has the number of its struct above bit 48;
   and back. */
static PASSWDI_UNUSED int64_t passwdi_event_size(const passwd_arrays *a, int64_t event) {
    int64_t size = 0;
    for (; a; a = a->more) size += passwdi_end_row(a, event) - passwdi_first_row(a, event);
    return size;
}
static PASSWDI_UNUSED int64_t passwdi_event_row(const passwd_arrays *a, int64_t event, int64_t k) {
    int64_t link = 0;
    for (;; a = a->more, link += (int64_t)1 << 48) {
        const int64_t begin = passwdi_first_row(a, event), size = passwdi_end_row(a, event) - begin;
        if (k < size || !a->more) return link + begin + k;
        k -= size;
    }
}
static PASSWDI_UNUSED const passwd_arrays *passwdi_linked(const passwd_arrays *a, int64_t *row) {
    int64_t link;
    for (link = *row >> 48; link > 0; link--) a = a->more;
    *row &= ((int64_t)1 << 48) - 1;
    return a;
}
static PASSWDI_UNUSED int64_t passwdi_event_place(const passwd_arrays *a, int64_t event, int64_t row) {
    int64_t link, before = 0;
    for (link = row >> 48; link > 0; link--, a = a->more)
        before += passwdi_end_row(a, event) - passwdi_first_row(a, event);
    return before + (row & (((int64_t)1 << 48) - 1)) - passwdi_first_row(a, event);
}
/* What a row has. Missing energy may lack eta and m. */
static PASSWDI_UNUSED double passwdi_row_pt(const passwd_arrays *a, int64_t row) {
    a = passwdi_linked(a, &row);
    return passwdi_at(&a->pt, row);
}
static PASSWDI_UNUSED double passwdi_row_eta(const passwd_arrays *a, int64_t row) {
    a = passwdi_linked(a, &row);
    return a->eta.values ? passwdi_at(&a->eta, row) : 0.0;
}
static PASSWDI_UNUSED double passwdi_row_phi(const passwd_arrays *a, int64_t row) {
    a = passwdi_linked(a, &row);
    return passwdi_at(&a->phi, row);
}
/* A mass a little below 0 is how rounding shows massless objects: as in files. */
static PASSWDI_UNUSED double passwdi_row_mass(const passwd_arrays *a, int64_t row) {
    const double m = a->m.values ? passwdi_at(&a->m, row) : 0.0;
    return m < 0.0 && m >= -1e-3 * passwdi_row_pt(a, row) * cosh(passwdi_row_eta(a, row)) ? 0.0 : m;
}
static PASSWDI_UNUSED double passwdi_row_m(const passwd_arrays *a, int64_t row) {
    a = passwdi_linked(a, &row);
    if (!a->e.values || (a->agree && a->m.values)) return passwdi_row_mass(a, row);
    return passwdi_mass_from(passwdi_at(&a->pt, row) * cosh(passwdi_row_eta(a, row)), passwdi_at(&a->e, row));
}
static PASSWDI_UNUSED double passwdi_row_e(const passwd_arrays *a, int64_t row) {
    a = passwdi_linked(a, &row);
    if (a->e.values) return passwdi_at(&a->e, row);
    return passwdi_energy_from(passwdi_at(&a->pt, row) * cosh(passwdi_row_eta(a, row)), passwdi_row_mass(a, row));
}
static PASSWDI_UNUSED const char *passwdi_row_type(const passwd_arrays *a, int64_t row) {
    int32_t type;
    a = passwdi_linked(a, &row);
    if (!a->types || a->n_types < 1) return "j";
    type = a->type ? a->type[row] : 0;
    return type >= 0 && type < a->n_types ? a->types[type] : "?";
}
/* A number below 256 that rows of one type share, for tables of what is known of types; -1: beyond them. */
static PASSWDI_UNUSED int passwdi_row_kind(const passwd_arrays *a, int64_t row) {
    const int link = (int)(row >> 48);
    int32_t type;
    a = passwdi_linked(a, &row);
    type = a->type && a->types ? a->type[row] : 0;
    return type >= 0 && type < 16 ? 16 * link + type : -1;
}
/* The column of numbers of this name, or, where there are no names, of this place; -1: none. */
static PASSWDI_UNUSED int passwdi_number_of(const passwd_arrays *a, const char *name, int place) {
    int k;
    for (k = 0; a->number && k < a->n_numbers; k++)
        if (name && a->names ? a->names[k] && strcmp(a->names[k], name) == 0 : k == place)
            return a->number[k].values ? k : -1;
    return -1;
}
/* Events as arrays; for NULL, arrays that passwdi_arrays_check refuses. */
static PASSWDI_UNUSED passwd_arrays passwdi_arrays_of(const passwd_events *v) {
    passwd_arrays a;
    memset(&a, 0, sizeof a);
    a.total = -1;
    if (!v) return a;
    a.events = v->count;
    a.total = v->objects;
    a.first = v->first;
    a.id = v->id;
    a.line = v->line;
    a.weight = v->weight;
    a.pt.values = v->pt;
    a.eta.values = v->eta;
    a.phi.values = v->phi;
    a.m.values = v->m;
    a.e.values = v->e;
    a.agree = 1;
    if (!v->type) return a;
    a.type = v->type;
    a.types = (const char *const *)v->type_names.name;
    a.n_types = v->type_names.count;
    return a;
}
/* An error about one event: "Event 12 (line 34) has ...". */
static PASSWDI_UNUSED passwd_status passwdi_arrays_fail(
    passwd_error *error, passwd_status status, const passwd_arrays *a, int64_t event, const char *what) {
    const long long line = a->line ? a->line[event] : 0, id = a->id ? a->id[event] : event;
    if (line > 0) return passwdi_fail(error, status, line, 0, "Event %lld (line %lld) %s", id, line, what);
    return passwdi_fail(error, status, 0, 0, "Event %lld %s", id, what);
}
static PASSWDI_UNUSED passwd_status passwdi_event_fail(
    passwd_error *error, passwd_status status, const passwd_events *v, int64_t event, const char *what) {
    const passwd_arrays a = passwdi_arrays_of(v);
    return passwdi_arrays_fail(error, status, &a, event, what);
}
/* Checks that events [first, first + count) exist, with the columns that every model needs. */
static PASSWDI_UNUSED passwd_status passwdi_arrays_check_one(
    const passwd_arrays *a, int64_t first, int64_t count, passwd_error *error) {
    const int met = !a->type && a->types && a->n_types > 0 && strcmp(a->types[0], "met") == 0;
    int64_t k, objects = 0;
    if (!a->first && a->rows < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The array \"first\" of the events is NULL.");
    if (!a->first && a->rows > (a->total > 0 ? a->total : ((int64_t)1 << 48) - 1) / (first + count))
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "%lld events cannot have %lld rows.",
            (long long)(first + count), (long long)a->rows);
    for (k = first; k < first + count; k++) {
        const int64_t begin = passwdi_first_row(a, k), end = passwdi_end_row(a, k);
        if (begin < 0 || end < begin || end >> 48
            || (a->first ? a->total > 0 && end > a->total : end - begin > a->rows))
            return passwdi_arrays_fail(error, PASSWD_ERROR_SHAPE, a, k,
                "has rows that do not exist: the array \"first\""
                " must rise from 0 to the number of objects, and \"objects\" must not exceed the rows of an event.");
        objects += end - begin;
    }
    if (objects > 0
        && (!a->pt.values || !a->phi.values || (!met && (!a->eta.values || (!a->m.values && !a->e.values)))))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Events need the arrays pt, eta, phi and one of m, e.");
    return PASSWD_OK;
}
static PASSWDI_UNUSED passwd_status passwdi_arrays_check(
    const passwd_arrays *a, int64_t first, int64_t count, passwd_error *error) {
    const int64_t events = a->events;
    passwd_status s = PASSWD_OK;
    int link;
    if (a->total < 0) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The events are NULL.");
    if (first < 0 || count < 0 || first > events || count > events - first)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "%lld events from event %lld on are asked for, but there are %lld in all.", (long long)count,
            (long long)first, (long long)events);
    for (link = 0; s == PASSWD_OK && a; a = a->more, link++) {
        if (link == PASSWD_ARRAYS_LINKED)
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "More than %d structs of arrays are linked.", link);
        if (a->events != events)
            return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
                "Linked arrays hold the same events, but there are %lld in one and %lld in another.", (long long)events,
                (long long)a->events);
        if (count > 0) s = passwdi_arrays_check_one(a, first, count, error);
    }
    return s;
}
static PASSWDI_UNUSED passwd_status passwdi_events_check(
    const passwd_events *v, int64_t first, int64_t count, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(v);
    return passwdi_arrays_check(&a, first, count, error);
}
/* A network from the tensors of a weights file, which is read from a path, or (path NULL) from bytes named `name`. */
typedef passwd_status passwdi_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error);
static PASSWDI_UNUSED passwd_status passwdi_from_weights(const char *path, const void *bytes, size_t count,
    const char *name, const passwd_allocator *allocator, passwdi_from_file *from, void *user, passwd_error *error) {
    passwd_tensor_file file;
    passwd_status s = path ? passwd_tensor_file_load(path, allocator, &file, error)
                           : passwd_tensor_file_parse(bytes, count, name, allocator, &file, error);
    if (s != PASSWD_OK) return s;
    s = from(&file, path ? path : name ? name : "weights", allocator, user, error);
    passwd_tensor_file_free(&file);
    return s;
}
PASSWDI_AS_WRITTEN_END
/* Processors and compilers */
#if !defined(PASSWD_NO_SIMD) && (defined(__GNUC__) || defined(__clang__)) && !defined(__TINYC__)
#if defined(__x86_64__) || (defined(__i386__) && defined(__SSE2__))
#define PASSWDI_X86
#ifndef PASSWD_NO_AVX512
#define PASSWDI_AVX512
#endif
#ifdef PASSWD_SSE2
#define PASSWDI_SSE2
#endif
/* gcc takes half a second for <immintrin.h>, which has names for its own builtins. These are used in its releases that
   are tested; others include the names. -1 and 0xffff: all lanes; 4: rounded as usual. */
#if defined(__GNUC__) && __GNUC__ >= 11 && __GNUC__ <= 12 && defined(PASSWD_NO_JETS) && !defined(__clang__) \
    && !defined(__INTEL_COMPILER) && !defined(PASSWDI_SSE2)
#define PASSWDI_MM512(name) passwdi_mm512_##name
#define PASSWDI_MM256(name) passwdi_mm256_##name
#define PASSWDI_INTS(bits) PASSWDI_K(s)
#define PASSWDI_NONE_LEFT \
    __extension__(PASSWDI_V) { 0 }
#define passwdi_mm512_set1_ps(x) \
    __extension__(PASSWDI_V) { x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x }
#define passwdi_mm512_cmp_ps_mask(a, b, how) __builtin_ia32_cmpps512_mask(a, b, how, 0xffff, 4)
#define passwdi_mm512_mask_blend_ps(k, a, b) __builtin_ia32_blendmps_512_mask(a, b, k)
#define passwdi_mm512_maskz_cvtepi32_ps(k, a) __builtin_convertvector(a, PASSWDI_V)
#define passwdi_mm512_fmadd_ps(a, b, c) __builtin_ia32_vfmaddps512_mask(a, b, c, -1, 4)
#define passwdi_mm512_maskz_max_ps(k, a, b) __builtin_ia32_maxps512_mask(a, b, PASSWDI_NONE_LEFT, -1, 4)
#define passwdi_mm512_maskz_min_ps(k, a, b) __builtin_ia32_minps512_mask(a, b, PASSWDI_NONE_LEFT, -1, 4)
#define passwdi_mm512_maskz_sqrt_ps(k, a) __builtin_ia32_sqrtps512_mask(a, PASSWDI_NONE_LEFT, -1, 4)
#define passwdi_mm512_maskz_unpacklo_ps(k, a, b) __builtin_ia32_unpcklps512_mask(a, b, PASSWDI_NONE_LEFT, 0xffff)
#define passwdi_mm512_maskz_unpackhi_ps(k, a, b) __builtin_ia32_unpckhps512_mask(a, b, PASSWDI_NONE_LEFT, 0xffff)
#define passwdi_mm512_maskz_shuffle_ps(k, a, b, how) __builtin_ia32_shufps512_mask(a, b, how, PASSWDI_NONE_LEFT, 0xffff)
#define passwdi_mm512_maskz_shuffle_f32x4(k, a, b, how) \
    __builtin_ia32_shuf_f32x4_mask(a, b, how, PASSWDI_NONE_LEFT, 0xffff)
#define passwdi_mm256_set1_ps(x) \
    __extension__(PASSWDI_V) { x, x, x, x, x, x, x, x }
#define passwdi_mm256_cmp_ps(a, b, how) __builtin_ia32_cmpps256(a, b, how)
#define passwdi_mm256_blendv_ps(a, b, c) __builtin_ia32_blendvps256(a, b, c)
#define passwdi_mm256_cvtepi32_ps(a) __builtin_convertvector(a, PASSWDI_V)
#define passwdi_mm256_fmadd_ps(a, b, c) __builtin_ia32_vfmaddps256(a, b, c)
#define passwdi_mm256_max_ps(a, b) __builtin_ia32_maxps256(a, b)
#define passwdi_mm256_min_ps(a, b) __builtin_ia32_minps256(a, b)
#define passwdi_mm256_sqrt_ps(a) __builtin_ia32_sqrtps256(a)
#define passwdi_mm256_unpacklo_ps(a, b) __builtin_ia32_unpcklps256(a, b)
#define passwdi_mm256_unpackhi_ps(a, b) __builtin_ia32_unpckhps256(a, b)
#define passwdi_mm256_shuffle_ps(a, b, how) __builtin_ia32_shufps256(a, b, how)
#define passwdi_mm256_permute2f128_ps(a, b, how) __builtin_ia32_vperm2f128_ps256(a, b, how)
#else
#include <immintrin.h>
#define PASSWDI_MM512(name) _mm512_##name
#define PASSWDI_MM256(name) _mm256_##name
#define PASSWDI_INTS(bits) __m##bits##i
#endif
#elif defined(__aarch64__) && defined(__ARM_NEON) && !defined(__AARCH64EB__)
#define PASSWDI_ARM
#include <arm_neon.h>
#endif
#endif
/* (float)(product + c), where sum is product + c as doubles and may be rounded: to the neighbour whose last bit is odd,
   so that a second rounding, to 24 bits or the fewer bits of a subnormal float, never sees a tie (S. Boldo and G.
   Melquiond, IEEE Trans. Comput. 57 (2008) 462). */
static PASSWDI_UNUSED PASSWDI_APART float passwdi_fma_to_odd(double product, float c, double sum) {
    const double part = sum - product, lost = (product - (sum - part)) + (c - part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((lost > 0.0 || lost < 0.0) && !(bits & 1u)) bits += (lost > 0.0) == (sum > 0.0) ? 1u : (uint64_t)-1;
    memcpy(&sum, &bits, sizeof sum);
    return (float)sum;
}
/* a b + c with one rounding, from operations on doubles: the product is exact, and rounding the sum twice goes wrong
   only where it is a tie of floats, or subnormal as a float. */
static PASSWDI_UNUSED float passwdi_fma_by_doubles(float a, float b, float c) {
    const double product = (double)a * b, sum = product + c;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((bits & 0x1fffffffu) == 0x10000000u || (bits << 1) - 1 < ((uint64_t)0x381 << 53) - 1)
        return passwdi_fma_to_odd(product, c, sum);
    return (float)sum;
}
/* Processors with the instruction use it through fmaf; the C libraries' functions for the others are slow, and those of
   MinGW and WASI round twice. */
#if !defined(__FMA__) \
    && (defined(__x86_64__) || defined(__SSE2_MATH__) || (defined(_M_X64) && !defined(__AVX2__)) || defined(__wasm__))
#define passwdi_fmaf passwdi_fma_by_doubles
#elif defined(__arm__) && defined(__VFP_FP__) && !defined(__SOFTFP__) && !defined(__ARM_FEATURE_FMA)
#define passwdi_fmaf passwdi_fma_by_doubles
#else
#define passwdi_fmaf fmaf
#endif
#if (defined(PASSWDI_X86) || defined(PASSWDI_ARM)) && defined(__OPTIMIZE__) && !defined(__clang__)
#define PASSWDI_SCALAR_IS_LAST
#endif
#if defined(__GNUC__) || defined(__clang__)
#define PASSWDI_ALWAYS inline __attribute__((always_inline, unused))
#else
#define PASSWDI_ALWAYS
#endif
#if defined(__clang__)
#define PASSWDI_UNROLL _Pragma("clang loop unroll(full)")
#define PASSWDI_UNROLL_24 _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__) && __GNUC__ >= 8
#define PASSWDI_UNROLL _Pragma("GCC unroll 16")
#define PASSWDI_UNROLL_24 _Pragma("GCC unroll 24")
#else
#define PASSWDI_UNROLL
#define PASSWDI_UNROLL_24
#endif
#endif /* PASSWDI_SHARED */

/* Lane kernels for every instruction set: this header's own, or those of PASSWDI_KERNELS, a companion's file.
   PASSWDI_OWN forms the names. */
#ifdef PASSWDI_INSTANCES
#undef PASSWDI_INSTANCES
#define PASSWDI_KERNEL_PASS
#define PASSWDI_ISA PASSWDI_OWN(scalar)
#define PASSWDI_LEVEL PASSWD_SIMD_SCALAR
#define PASSWDI_W 1
#define PASSWDI_TARGET PASSWDI_UNUSED
#define PASSWDI_INLINE static PASSWDI_ALWAYS
#define PASSWDI_TILE_R 2
#define PASSWDI_TILE_T 4
#define PASSWDI_HAS_FMA 1
#define PASSWDI_FMA1(a, b, c) passwdi_fmaf(a, b, c)
#ifdef PASSWDI_SCALAR_IS_LAST /* beside vectors plain loops seldom run: half of the time to compile them is better \
                                 saved */
#pragma GCC push_options
#pragma GCC optimize("O1")
#endif
#include PASSWD_HEADER
#ifdef PASSWDI_SCALAR_IS_LAST
#pragma GCC pop_options
#endif
#ifdef PASSWDI_SSE2
#define PASSWDI_ISA PASSWDI_OWN(sse2)
#define PASSWDI_LEVEL PASSWD_SIMD_SSE2
#define PASSWDI_W 4
#define PASSWDI_TARGET PASSWDI_UNUSED
#define PASSWDI_INLINE static PASSWDI_ALWAYS
#define PASSWDI_TILE_R 2
#define PASSWDI_TILE_T 4
#define PASSWDI_HAS_FMA 0
#ifdef __FMA__
#define PASSWDI_FMA1(a, b, c) __builtin_fmaf(a, b, c)
#else
#define PASSWDI_FMA1(a, b, c) ((a) * (b) + (c))
#endif
#include PASSWD_HEADER
#endif
#ifdef PASSWDI_X86
#define PASSWDI_ISA PASSWDI_OWN(avx2)
#define PASSWDI_LEVEL PASSWD_SIMD_AVX2
#define PASSWDI_W 8
#define PASSWDI_TARGET __attribute__((target("avx2,fma"), unused))
#define PASSWDI_INLINE __attribute__((target("avx2,fma"))) static PASSWDI_ALWAYS
#define PASSWDI_TILE_R 3
#define PASSWDI_TILE_T 4
#define PASSWDI_HAS_FMA 1
#define PASSWDI_FMA1(a, b, c) __builtin_fmaf(a, b, c)
#include PASSWD_HEADER
#endif
#ifdef PASSWDI_AVX512
#define PASSWDI_ISA PASSWDI_OWN(avx512)
#define PASSWDI_LEVEL PASSWD_SIMD_AVX512
#define PASSWDI_W 16
#define PASSWDI_TARGET __attribute__((target("avx512f,avx2,fma"), unused))
#define PASSWDI_INLINE __attribute__((target("avx512f,avx2,fma"))) static PASSWDI_ALWAYS
#define PASSWDI_TILE_R 3
#define PASSWDI_TILE_T 8
#define PASSWDI_HAS_FMA 1
#define PASSWDI_FMA1(a, b, c) __builtin_fmaf(a, b, c)
#include PASSWD_HEADER
#endif
#ifdef PASSWDI_ARM
#define PASSWDI_NEON
#define PASSWDI_ISA PASSWDI_OWN(neon)
#define PASSWDI_LEVEL PASSWD_SIMD_NEON
#define PASSWDI_W 4
#define PASSWDI_TARGET PASSWDI_UNUSED
#define PASSWDI_INLINE static PASSWDI_ALWAYS
#define PASSWDI_TILE_R 3
#define PASSWDI_TILE_T 8
#define PASSWDI_HAS_FMA 1
#define PASSWDI_FMA1(a, b, c) __builtin_fmaf(a, b, c)
#include PASSWD_HEADER
#undef PASSWDI_NEON
#endif
#undef PASSWDI_KERNEL_PASS
#endif /* PASSWDI_INSTANCES */

#if defined(PASSWD_IMPLEMENTATION) && !defined(PASSWDI_IMPLEMENTED)
#define PASSWDI_IMPLEMENTED
#ifdef PASSWDI_HUSHED
#pragma GCC diagnostic pop
#undef PASSWDI_HUSHED
#endif
#ifndef PASSWD_HEADER
#define PASSWD_HEADER "passwd.h"
#endif
#define PASSWDI_OWN(isa) isa
#include <float.h>
#include <limits.h>
#include <math.h>
#if defined(__unix__) || defined(__APPLE__)
#define PASSWDI_POSIX
#define PASSWDI_SEPARATOR '/'
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#elif defined(_WIN32)
#define PASSWDI_SEPARATOR '\\'
#include <fcntl.h>
#include <io.h>
#include <sys/stat.h>
#else
#define PASSWDI_SEPARATOR '/'
#endif
#ifdef __cplusplus
extern "C" {
#endif
#if defined(PASSWDI_POSIX) && defined(__STRICT_ANSI__) \
    && !defined(__cplusplus) /* if only C is requested, <unistd.h> hides them */
int fsync(int file);
ssize_t readlink(const char *path, char *to, size_t bytes);
#endif
/* ------------------------------------------------------------------------------------------------------------------
   Errors, memory, random numbers
   --------------------------------------------------------------------------------------------------------------- */
PASSWD_DEF int passwd_version(void) { return PASSWD_VERSION; }

PASSWD_DEF const char *passwd_status_name(passwd_status status) {
    static const char *const names[] = { "ok", "argument", "memory", "io", "parse", "shape", "config", "unsupported",
        "numeric", "stopped" };
    return (int)status >= 0 && (size_t)status < sizeof names / sizeof *names ? names[status] : "unknown";
}

static float *passwdi_align(float *p) { return p + (16 - ((uintptr_t)p / sizeof(float)) % 16) % 16; }

static uint32_t passwdi_mix(uint32_t x) {
    x ^= x >> 16;
    x *= 0x21f0aaadu;
    x ^= x >> 15;
    x *= 0x735a2d97u;
    x ^= x >> 15;
    return x;
}
PASSWD_DEF uint32_t passwd_random_bits(uint64_t seed, uint32_t stream, uint32_t counter) {
    uint32_t x = passwdi_mix((uint32_t)seed ^ 0x9e3779b9u);
    x = passwdi_mix(x ^ (uint32_t)(seed >> 32));
    x = passwdi_mix(x + stream);
    return passwdi_mix(x ^ (counter * 0x85ebca6bu + 0xc2b2ae35u));
}
PASSWD_DEF double passwd_random_uniform(uint64_t seed, uint32_t stream, uint32_t counter) {
    return ((double)passwd_random_bits(seed, stream, counter) + 0.5) * (1.0 / 4294967296.0);
}
PASSWD_DEF double passwd_random_normal(uint64_t seed, uint32_t stream, uint32_t counter) /* Box and Muller */
{
    const double u = passwd_random_uniform(seed, stream, 2 * counter),
                 v = passwd_random_uniform(seed, stream, 2 * counter + 1);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

/* ------------------------------------------------------------------------------------------------------------------
   Programs: the parts of a model
   --------------------------------------------------------------------------------------------------------------- */
/* clang-format off */
/* THE TABLE OF OPERATIONS holds all that the library knows of each, but for its arithmetic. To add one:
     1. Give it a row here.
     2. Give it a struct in passwdi_with, below, if it is recorded with more than values and parameters.
     3. Write its kernels NAME_forward and NAME_backward (LANE KERNELS), once for all instruction sets; the first alone
        where no gradient passes.
     4. Write passwd_NAME (Recording), which checks shapes and calls passwdi_record; declare and explain it in the
        interface (Models).
     5. Give it a node of the reference and a net in tests/ops.c, where values, gradients and the bits of all
        instruction sets are compared.
   Nothing else knows of kinds, but for batch norm's statistics: those of the batch, the running ones.
   The columns. A word completes a name that is defined elsewhere, so that a row that lacks one does not compile.
     kernel     anew: compiled for every instruction set. avx2: so little of any network's time that AVX-512 does with
                the code for AVX2, which gives the same bits and is compiled already
     gradients  pass to so many of its inputs: the first ones
     rows       What a row of the output depends on. mixed: any rows of the inputs. numbered: its own row of each, and
                the number of that row (random numbers depend on it). own: its own row alone, so that recurrences run
                it object by object. beside: the same, and models made of such operations on values of one row set
                groups of events side by side, as rows (which orders sums of gradients otherwise)
     mask       the input that makes padded rows of the output zero; -1: none
     aux        a second value that its kernels keep. losses: for the way back. runs: always
     parts      1: its kernels heed job->part, by which threads share it, and job->pass, by which recurrences leave the
                gradients of its weights for the end, when they are summed over all objects at once
     scratch    floats that its kernels need, beyond a few rows
     products   multiply-adds for each number of its output
     single     Whether it runs one event alone. rows: as it runs many. lanes: objects in the lanes, no other cells.
                events: values of events only */
#define PASSWDI_OPS(X) \
    /* name          kernel  gradients  rows      mask  aux     parts  scratch    products   single    */ \
    X(linear,        anew,   1,         beside,   -1,   none,   1,     linear,    linear,    rows)        \
    X(unary,         anew,   1,         beside,   -1,   none,   0,     none,      none,      rows)        \
    X(binary,        anew,   2,         beside,   -1,   none,   0,     none,      none,      rows)        \
    X(shift,         avx2,   1,         beside,   -1,   none,   0,     none,      none,      rows)        \
    X(copy,          avx2,   1,         beside,   -1,   none,   0,     none,      none,      rows)        \
    X(distance,      avx2,   2,         beside,   -1,   none,   0,     none,      none,      rows)        \
    X(norm,          anew,   2,         own,      2,    losses, 0,     none,      none,      rows)        \
    X(mask_rows,     anew,   1,         own,      1,    none,   0,     none,      none,      rows)        \
    X(gru,           anew,   3,         own,      -1,   none,   0,     none,      none,      rows)        \
    X(divergence,    anew,   4,         own,      -1,   none,   0,     none,      none,      rows)        \
    X(mass,          avx2,   1,         own,      -1,   none,   0,     none,      none,      rows)        \
    X(batch_norm,    avx2,   1,         own,      -1,   none,   0,     none,      none,      rows)        \
    X(dropout,       avx2,   1,         numbered, -1,   none,   0,     none,      none,      rows)        \
    X(learnt,        avx2,   1,         numbered, -1,   none,   0,     none,      none,      rows)        \
    X(choice,        anew,   1,         numbered, 1,    runs,   0,     none,      none,      rows)        \
    X(random_choice, avx2,   0,         numbered, 0,    none,   0,     none,      none,      rows)        \
    X(noise,         anew,   0,         numbered, -1,   none,   0,     none,      none,      rows)        \
    X(select,        avx2,   1,         mixed,    -1,   none,   0,     none,      none,      lanes)       \
    X(pool,          anew,   2,         mixed,    -1,   none,   0,     none,      none,      lanes)       \
    X(attention,     anew,   4,         mixed,    -1,   losses, 0,     attention, attention, attention)   \
    X(pairs,         anew,   0,         mixed,    -1,   none,   0,     pairs,     none,      lanes)       \
    X(spread,        avx2,   1,         mixed,    -1,   none,   0,     none,      none,      lanes)       \
    X(sum_over,      avx2,   1,         mixed,    -1,   none,   0,     none,      none,      lanes)       \
    X(sum_rows,      avx2,   1,         mixed,    -1,   none,   0,     none,      none,      events)      \
    X(cross_entropy, avx2,   1,         mixed,    -1,   none,   0,     none,      none,      events)      \
    X(custom,        anew,   4,         mixed,    -1,   none,   0,     custom,    none,      custom)
enum { PASSWDI_ROWS_mixed, PASSWDI_ROWS_numbered, PASSWDI_ROWS_own, PASSWDI_ROWS_beside }; /* more and more */
enum { PASSWDI_AUX_none, PASSWDI_AUX_losses, PASSWDI_AUX_runs };
/* clang-format on */
#define PASSWDI_ENUM(name, ...) PASSWDI_OP_##name,
typedef enum passwdi_kind { PASSWDI_OPS(PASSWDI_ENUM) PASSWDI_OP_COUNT } passwdi_kind;
#undef PASSWDI_ENUM

enum {
    PASSWDI_CHUNKS = 16,
    PASSWDI_SIDE = 16,
    PASSWDI_CHAIN_SIDE = 8,
    PASSWDI_BLOCK = 4096,
    PASSWDI_ALONE = 8,
    PASSWDI_FEW = 8
};
enum { PASSWDI_MEAN, PASSWDI_ROOT }; /* kinds of distance: of the squares the mean, or the root of the sum */

/* What an operation is recorded with, beside values and parameters: ints and floats alone, since checkpoints hash the
   bits. */
/* clang-format off */
typedef union passwdi_with {
    struct { int sparse, adds, flat; }         linear;        /* to look for zeros among inputs; to add to the output */
                                                              /* flat: no objects in the lanes of a single event */
    struct { int kind; float a, b; }           unary;         /* kind: passwd_activation */
    struct { int sign; }                       binary;        /* '+', '-', '*', or 's': sigmoid(x) y */
    struct { int feature; float by; }          shift;
    struct { int from, to, count; }            copy;          /* features */
    struct { int kind; float floor; }          distance;
    struct { int activation; float slope; }    norm;
    struct { float scale; }                    mass;
    struct { int statistics, mean, variance;                  /* where means and scales lie; parameters: the running */
             int running, padded; }            batch_norm;    /* ones; to use these alone; to count padded rows */
    struct { float rate; }                     dropout;
    struct { int row; }                        learnt;        /* -1: each of them */
    struct { int kind; float temperature; }    choice;        /* kind: passwd_choice_kind */
    struct { int row[PASSWD_MAX_CATEGORIES]; } select;
    struct { int heads; float dropout; }       attention;
    struct { int from; }                       pairs;         /* the first of three features */
    struct { int side; }                       spread, sum_over; /* passwd_side */
    struct { int exchange; }                   cross_entropy;
} passwdi_with;
/* clang-format on */

/* rows * n^power rows per event, n being the objects of the event */
typedef struct passwdi_value {
    int power, rows, features;
    int input;   /* -1, or the input's number; the mask is input 1000 */
    int trains;  /* a gradient may flow to it */
    int reached; /* a gradient does */
    int used;    /* by a run */
    int flat;    /* even one event alone is in lane 0, not with its objects in the lanes: cells of a user-defined
                    operation */
    size_t at_run, at_loss, at_gradient; /* floats, in the arenas */
} passwdi_value;

typedef struct passwdi_op {
    int kind, index;
    int in[5], out, aux; /* values; -1: none */
    int n_in, n_out;     /* features */
    passwdi_with with;
    int parameter[2]; /* -1: none */
    int row;          /* the first of theirs: several operations may use some each */
    size_t offset[2]; /* of that row */
    int stop;         /* no gradient passes */
    int begin[4];     /* this operation writes the gradient of in[k] first */
    int for_run, for_loss;
    const struct passwdi_custom *custom;
} passwdi_op;

typedef struct passwdi_custom {
    passwd_custom_options o;
    int features_of[5], trains[2];
} passwdi_custom; /* of each input */
typedef struct passwdi_named {
    char name[48];
    passwd_value value;
    float weight, ramp, alpha, gamma;
    int logarithm, contrast;
} passwdi_named; /* contrast: 1 log cosh, 2 difference */
typedef struct passwdi_loop {
    int begin, end, begun, wanted[2];
    passwd_value previous, next;
} passwdi_loop; /* operations [begin, end); begun: others write the gradient of `next`
first; wanted: somebody asks for the state, in a run, for losses */
typedef struct passwdi_input {
    char name[48];
    passwd_value value;
} passwdi_input;
typedef struct passwdi_start {
    int kind;
    float scale;
} passwdi_start; /* of a parameter: 0 constant, 1 uniform, 2 normal */

struct passwd_model {
    passwd_allocator allocator;
    passwd_error error; /* the first of recording */
    passwdi_value *values;
    size_t n_values, room_values;
    passwdi_op *ops;
    size_t n_ops, room_ops;
    passwd_parameter *parameters;
    size_t n_parameters, room_parameters;
    passwdi_start *starts;
    size_t room_starts;
    passwdi_input *inputs;
    size_t n_inputs, room_inputs;
    passwdi_named *outputs;
    size_t n_outputs, room_outputs;
    passwdi_named *losses;
    size_t n_losses, room_losses;
    passwd_value mask;
    int max_objects, whole; /* whole: padded rows matter, never leave them out */
    double work;            /* a measure of one event's: whether threads are worth their waiting for each other */
    int batch_norms;        /* that read a batch's statistics, and with them all of its inputs */
    int built, alone;       /* alone: one event may have its objects in the lanes */
    int side; /* groups of 16 events that share a pass over the weights: more than 1 where all work is row by row */
    float padding[16]; /* of the objects input that batch norm reads */
    int padded_features;
    size_t floats, trainable, run_floats, loss_floats, gradient_floats, scratch, n_statistics;
    float *block, *statistics;
    uint64_t version; /* of the parameters: passwdi_rewrite counts it */
    passwdi_custom **customs;
    size_t n_customs, room_customs;
    passwdi_loop *loops;
    size_t n_loops, room_loops;
};

/* The parameters, for all who write them: copies elsewhere become old. */
static float *passwdi_rewrite(passwd_model *m) {
    m->version++;
    return m->block;
}

/* --- what the columns of the table name --- */
/* Rows of the fullest event, also where a size_t does not hold them. */
static double passwdi_wide_rows(const passwd_model *m, passwd_value v) {
    double rows = m->values[v].rows;
    int k;
    for (k = 0; k < m->values[v].power; k++) rows *= m->max_objects;
    return rows;
}
static double passwdi_scratch_none(const passwd_model *m, const passwdi_op *op) { return (void)m, (void)op, 0.0; }
static double passwdi_scratch_linear(const passwd_model *m, const passwdi_op *op) {
    return passwdi_wide_rows(m, op->out) * m->side * 16.0 * 32.0 + op->n_in;
}
static double passwdi_scratch_attention(const passwd_model *m, const passwdi_op *op) {
    return ((double)m->max_objects + m->values[op->in[1]].rows + 2.0) * (2.0 * op->n_out + 3.0) * 16.0
        + op->n_out * 32.0;
}
static double passwdi_scratch_pairs(const passwd_model *m, const passwdi_op *op) {
    return (double)m->max_objects * op->n_in * 16.0;
}
/* What the user asked for, and room to turn one event alone. */
static double passwdi_scratch_custom(const passwd_model *m, const passwdi_op *op) {
    double sum = (double)op->custom->o.scratch + 16.0;
    int k;
    for (k = 0; k < 5 && op->in[k] >= 0; k++)
        sum += passwdi_wide_rows(m, op->in[k]) * m->values[op->in[k]].features * 16.0 * m->side;
    return sum;
}

static double passwdi_products_none(const passwd_model *m, const passwdi_op *op) { return (void)m, (void)op, 0.0; }
static double passwdi_products_linear(const passwd_model *m, const passwdi_op *op) { return (void)m, op->n_in; }
static double passwdi_products_attention(const passwd_model *m, const passwdi_op *op) {
    return 2.0 * (passwdi_wide_rows(m, op->in[1]) + (op->parameter[0] >= 0 ? 1.0 : 0.0));
}

/* 1 where all inputs of pairs or larger cells lie as `flat` says. */
static int passwdi_cells_lie(const passwd_model *m, const passwdi_op *op, int flat) {
    int k;
    for (k = 0; k < 5; k++)
        if (op->in[k] >= 0 && m->values[op->in[k]].power > 1 && m->values[op->in[k]].flat != flat) return 0;
    return 1;
}
static int passwdi_single_rows(const passwd_model *m, const passwdi_op *op) {
    return passwdi_cells_lie(m, op, m->values[op->out].flat);
}
static int passwdi_single_lanes(const passwd_model *m, const passwdi_op *op) { return passwdi_cells_lie(m, op, 0); }
static int passwdi_single_attention(const passwd_model *m, const passwdi_op *op) { /* not of event values on objects */
    return passwdi_cells_lie(m, op, 0) && (m->values[op->in[0]].power > 0 || m->values[op->in[1]].power == 0);
}
static int passwdi_single_events(const passwd_model *m, const passwdi_op *op) { /* values of events alone */
    return m->values[op->in[0]].power == 0;
}
static int passwdi_single_custom(const passwd_model *m, const passwdi_op *op) {
    return passwdi_cells_lie(m, op, 1) && m->values[op->out].power != 1;
}

typedef struct passwdi_traits {
    int gradients, rows, mask, aux, parts;
    double (*scratch)(const passwd_model *, const passwdi_op *), (*products)(const passwd_model *, const passwdi_op *);
    int (*single)(const passwd_model *, const passwdi_op *);
} passwdi_traits;
#define PASSWDI_TRAITS(name, kernel, gradients, rows, mask, aux, parts, scratch, products, single) \
    { gradients, PASSWDI_ROWS_##rows, mask, PASSWDI_AUX_##aux, parts, passwdi_scratch_##scratch,   \
        passwdi_products_##products, passwdi_single_##single },
static const passwdi_traits passwdi_table[PASSWDI_OP_COUNT] = { PASSWDI_OPS(PASSWDI_TRAITS) };
#undef PASSWDI_TRAITS

/* What a kernel sees of the job at hand. */
typedef struct passwdi_job {
    float *const *value, *const *gradient;
    const int *rows, *inner; /* rows stored; objects of a value of objects, or its rows */
    const int *power;
    int single, keep, training, share, part,
        parts; /* share: threads may share an operation; part: of linear, where they do */
    int pass;  /* back through a recurrence: 1 row by row, without the weights of linear; 2 these alone, for all rows;
                  else 0 */
    float temperature;
    const float *parameters, *statistics, *running; /* statistics: of the batch in training, else running */
    const float *turned;                            /* NULL, or the weights of linear for a few lanes: */
    int lanes, objects;    /* those of what belongs to events, to the objects of a single one */
    float *sums, *scratch; /* sums: NULL where no gradients of parameters are wanted */
    uint32_t key[2];
    const uint32_t *event_id;
} passwdi_job;

typedef struct passwdi_move { /* one step of 16 Markov chains, the state [size][16] */
    const passwd_chain_options *o;
    float *x, *gradient;       /* gradient: dE/dx at x */
    float *old, *old_gradient; /* with metropolis: state before the proposal that x is */
    float *energy, *old_energy;
    float *counts; /* [3][16]: accepted, clipped, held */
    size_t size;
    const uint32_t *id; /* [16] numbers of the chains */
    uint32_t key[2];
} passwdi_move;
typedef struct passwdi_pair_terms { /* what a partition costs */
    float inverse;                  /* 1 / M [1/GeV] */
    float mass, root, balance, power, isr, scale;
    int square;
} passwdi_pair_terms;
typedef struct passwdi_partition { /* a search over all ways to give 2 to 12 objects to two parents */
    const passwdi_pair_terms *terms;
    const float *p4; /* [objects][4] */
    int objects;
    float cost;     /* the smallest; of equal ones the first */
    uint32_t group; /* bit k: object k is in the second parent; the last object is in the first */
} passwdi_partition;
typedef struct passwdi_change { /* what it costs to change one object, for every object */
    const passwdi_pair_terms *terms;
    const float *p4;    /* [4][room] */
    const float *to[2]; /* [room]: 1 where the change brings the object to that parent, -1 where it takes it
                           away, else 0 */
    float parent[2][4], all[4];
    int room;    /* a multiple of 16 */
    float *cost; /* [room] */
} passwdi_change;
typedef struct passwdi_adam {
    float beta1, beta2, clip, rate, shrink, root, epsilon;
} passwdi_adam;
#define PASSWDI_JET_PI 3.14159265358979323846
#define PASSWDI_JET_TINY 1e-12 /* directions that are closer differ by rounding alone, and count as one */
typedef struct passwdi_jet_kernels {
    void (*row)(const double *y, const double *phi, double y0, double phi0, int count, double *r2); /* dR^2 */
    double (*least)(const double *x, int count, uint64_t *where); /* with a bit for each x[k] that is it */
    double (*nearest)(const double *y, const double *phi, double y0, double phi0, int count, const double *bound,
        double *r2, uint64_t *where, uint64_t *closer); /* rows, the least with bits, and bits where r2 < bound */
    void (*roots)(const double *x, int count, double *root);
    void (*moments)(const double *q, const double *w, int count, int powers, double *sum);
    double (*triples)(const double *q, const double *z, int count, int stride);
    void (*ordered)(const double *q, const double *z, int count, int stride, double *sum);
    void (*cycles)(const double *q, const double *z, const double *t, int count, int stride, double *sum);
} passwdi_jet_kernels;
#ifndef PASSWD_NO_JETS
static double passwdi_jet_sum(const double *lanes) {
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}
#endif
typedef void passwdi_kernel(const passwdi_job *, const passwdi_op *);
typedef struct passwdi_kernels {
    struct {
        passwdi_kernel *forward, *backward;
    } op[PASSWDI_OP_COUNT];
    void (*adam)(float *w, float *m, float *v, const float *g, size_t count, const passwdi_adam *);
    float (*square_sum)(const float *, size_t);
    void (*turn)(float *to, const float *weights, int in, int out);
    void (*propose)(const passwdi_move *), (*choose)(const passwdi_move *);
    void (*partitions)(passwdi_partition *);
    void (*changes)(const passwdi_change *);
    float (*peak)(int64_t);
    passwdi_jet_kernels jets;
} passwdi_kernels;

/* Pointers and strides of an attention, for events in lanes and for objects in lanes. */
typedef struct passwdi_attention {
    const float *q, *k, *v, *mask, *bias, *extra_k, *extra_v;
    float *out, *kept, *dq, *dk, *dv, *dbias, scale;
    int heads, width, features, queries, keys, one;
    size_t key_row, bias_key, bias_row;
} passwdi_attention;

static PASSWDI_UNUSED passwdi_attention passwdi_attention_of(const passwdi_job *job, const passwdi_op *op) {
    passwdi_attention a;
    const int one = job->single && job->power[op->in[0]] > 0, lanes = one && job->power[op->in[1]] > 0;
    memset(&a, 0, sizeof a);
    a.q = job->value[op->in[0]];
    a.k = job->value[op->in[1]];
    a.v = job->value[op->in[2]];
    a.bias = op->in[3] < 0 ? NULL : job->value[op->in[3]];
    a.mask = op->in[4] < 0 ? NULL : job->value[op->in[4]];
    if (op->parameter[0] >= 0) {
        a.extra_k = job->parameters + op->offset[0];
        a.extra_v = job->parameters + op->offset[1];
    }
    a.out = job->value[op->out];
    a.kept = job->value[op->aux];
    if (job->gradient) {
        a.dq = job->gradient[op->in[0]];
        a.dk = job->gradient[op->in[1]];
        a.dv = job->gradient[op->in[2]];
        a.dbias = op->in[3] < 0 ? NULL : job->gradient[op->in[3]];
    }
    a.heads = op->with.attention.heads;
    a.features = op->n_out;
    a.width = a.features / a.heads;
    a.scale = 1.0f / sqrtf((float)a.width);
    a.one = one;
    a.queries = job->rows[op->in[0]];
    a.keys = job->inner[op->in[1]];
    a.key_row = lanes ? 1 : (size_t)a.features * 16;
    a.bias_key = (size_t)a.queries * 16;
    a.bias_row = 16;
    return a;
}

#define PASSWDI_INSTANCES
#include PASSWD_HEADER /* once more, for the lane kernels */
PASSWDI_AS_WRITTEN

/* --- instruction sets at run time --- */
PASSWD_DEF int passwd_simd_available(passwd_simd level) {
    switch (level) {
    case PASSWD_SIMD_AUTO:
    case PASSWD_SIMD_SCALAR: return 1;
#ifdef PASSWDI_SSE2
    case PASSWD_SIMD_SSE2: return 1;
#endif
#ifdef PASSWDI_X86
    case PASSWD_SIMD_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
#ifdef PASSWDI_AVX512
    case PASSWD_SIMD_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
#ifdef PASSWDI_ARM
    case PASSWD_SIMD_NEON: return 1;
#endif
    default: return 0;
    }
}
PASSWD_DEF passwd_simd passwd_simd_best(void) {
    static const passwd_simd order[] = { PASSWD_SIMD_AVX512, PASSWD_SIMD_AVX2, PASSWD_SIMD_NEON, PASSWD_SIMD_SSE2,
        PASSWD_SIMD_SCALAR };
    int i = 0;
    while (!passwd_simd_available(order[i])) i++;
    return order[i];
}
PASSWD_DEF const char *passwd_simd_name(passwd_simd level) {
    static const char *const names[] = { "auto", "scalar", "sse2", "avx2", "avx512", "neon" };
    return (int)level >= 0 && (int)level <= (int)PASSWD_SIMD_NEON ? names[level] : "unknown";
}
PASSWD_DEF passwd_status passwd_simd_parse(const char *name, passwd_simd *level, passwd_error *error) {
    int i;
    for (i = 0; name && i <= (int)PASSWD_SIMD_NEON; i++)
        if (strcmp(name, passwd_simd_name((passwd_simd)i)) == 0) {
            *level = (passwd_simd)i;
            return PASSWD_OK;
        }
    return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
        "There is no instruction set \"%s\": use auto, scalar, sse2, avx2, avx512 or neon.", name ? name : "");
}
static const passwdi_kernels *passwdi_kernels_of(passwd_simd level) {
    if (level == PASSWD_SIMD_AUTO) level = passwd_simd_best();
    if (!passwd_simd_available(level)) return NULL;
    switch (level) {
#ifdef PASSWDI_SSE2
    case PASSWD_SIMD_SSE2: return &passwdi_kernels_sse2;
#endif
#ifdef PASSWDI_X86
    case PASSWD_SIMD_AVX2: return &passwdi_kernels_avx2;
#endif
#ifdef PASSWDI_AVX512
    case PASSWD_SIMD_AVX512: return &passwdi_kernels_avx512;
#endif
#ifdef PASSWDI_ARM
    case PASSWD_SIMD_NEON: return &passwdi_kernels_neon;
#endif
    default: return &passwdi_kernels_scalar;
    }
}
PASSWD_DEF float passwd_simd_peak(passwd_simd level, int64_t count) {
    const passwdi_kernels *k = passwdi_kernels_of(level);
    return k ? k->peak(count) : 0.0f;
}

PASSWDI_SELDOM
/* ------------------------------------------------------------------------------------------------------------------
   Recording
   --------------------------------------------------------------------------------------------------------------- */
PASSWD_DEF passwd_status passwd_model_new(
    const passwd_allocator *allocator, passwd_model **model, passwd_error *error) {
    passwd_model *m;
    if (!model) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_model_new: model is NULL.");
    m = (passwd_model *)passwdi_new(allocator, 1, sizeof *m);
    if (!m) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a model.");
    if (allocator) m->allocator = *allocator;
    m->mask = PASSWD_NONE;
    *model = m;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_model_free(passwd_model *m) {
    passwd_allocator a;
    if (!m) return;
    a = m->allocator;
    passwdi_delete(&a, m->values);
    passwdi_delete(&a, m->ops);
    passwdi_delete(&a, m->parameters);
    passwdi_delete(&a, m->starts);
    passwdi_delete(&a, m->inputs);
    passwdi_delete(&a, m->outputs);
    passwdi_delete(&a, m->losses);
    passwdi_delete(&a, m->block);
    passwdi_delete(&a, m->statistics);
    while (m->n_customs > 0) passwdi_delete(&a, m->customs[--m->n_customs]);
    passwdi_delete(&a, m->customs);
    passwdi_delete(&a, m->loops);
    passwdi_delete(&a, m);
}

/* Keeps the first error of recording. */
static passwd_value passwdi_refuse(passwd_model *m, passwd_status status, const char *what) {
    if (m && m->error.status == PASSWD_OK) passwdi_fail(&m->error, status, 0, 0, "%s", what);
    return PASSWD_NONE;
}
static int passwdi_good(passwd_model *m, passwd_value x, const char *what) {
    if (m && !m->built && m->error.status == PASSWD_OK && x >= 0 && (size_t)x < m->n_values) return 1;
    passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, what);
    return 0;
}
/* Values that exist and have one shape. */
static int passwdi_alike(passwd_model *m, const passwd_value *in, int count, const char *missing, const char *differ) {
    int k;
    for (k = 0; k < count; k++) {
        const passwdi_value *v, *first;
        if (!passwdi_good(m, in[k], missing)) return 0;
        v = m->values + in[k];
        first = m->values + in[0];
        if (v->power != first->power || v->rows != first->rows || v->features != first->features) {
            passwdi_refuse(m, PASSWD_ERROR_SHAPE, differ);
            return 0;
        }
    }
    return 1;
}
static passwd_value passwdi_new_value(passwd_model *m, int power, int rows, int features) {
    passwdi_value *v;
    if (!passwdi_grow(&m->allocator, (void **)&m->values, m->n_values, &m->room_values, sizeof *v))
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for a value of the model.");
    v = m->values + m->n_values;
    memset(v, 0, sizeof *v);
    v->power = power;
    v->rows = rows;
    v->features = features;
    v->input = -1;
    return (passwd_value)m->n_values++;
}
/* A new operation on `count` values, of which all but the first may be PASSWD_NONE; its output has `features` features
   and the rows of the first. */
static passwdi_op *passwdi_record(passwd_model *m, passwdi_kind kind, const passwd_value *in, int count, int features) {
    passwdi_op *op;
    passwd_value out;
    int k;
    for (k = 0; k < count; k++)
        if ((k == 0 || in[k] != PASSWD_NONE) && !passwdi_good(m, in[k], "An operation needs a value that exists."))
            return NULL;
    if (features < 1 || features > 1 << 20) {
        passwdi_refuse(m, PASSWD_ERROR_SHAPE, "An operation needs at least one feature, and at most a million.");
        return NULL;
    }
    if (!passwdi_grow(&m->allocator, (void **)&m->ops, m->n_ops, &m->room_ops, sizeof *op)) {
        passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for an operation of the model.");
        return NULL;
    }
    out = passwdi_new_value(m, m->values[in[0]].power, m->values[in[0]].rows, features);
    if (out < 0) return NULL;
    m->values[out].flat = m->values[in[0]].flat;
    op = m->ops + m->n_ops;
    memset(op, 0, sizeof *op);
    op->kind = (int)kind;
    op->index = (int)m->n_ops++;
    for (k = 0; k < 5; k++) op->in[k] = k < count ? in[k] : PASSWD_NONE;
    for (k = 0; k < count && k < passwdi_table[kind].gradients; k++)
        if (in[k] != PASSWD_NONE) m->values[out].trains |= m->values[in[k]].trains;
    op->out = out;
    op->aux = PASSWD_NONE;
    op->n_in = m->values[in[0]].features;
    op->n_out = features;
    op->parameter[0] = op->parameter[1] = -1;
    return op;
}
/* Other rows than those of the first value. */
static passwd_value passwdi_reshape(passwd_model *m, const passwdi_op *op, int power, int rows) {
    m->values[op->out].power = power;
    m->values[op->out].rows = rows;
    m->values[op->out].flat = 0;
    return op->out;
}
/* A second value, with the rows of the output. */
static void passwdi_keep(passwd_model *m, passwdi_op *op, int features) {
    op->aux = passwdi_new_value(m, m->values[op->out].power, m->values[op->out].rows, features);
    if (op->aux >= 0) m->values[op->aux].flat = m->values[op->out].flat;
}
PASSWD_DEF int passwd_parameter_new(
    passwd_model *m, const char *name, int rank, const int *shape, int trainable, int kind, float scale) {
    passwd_parameter *p;
    size_t k, room = m ? m->room_starts : 0, count = 1;
    int d;
    if (!m || m->error.status != PASSWD_OK) return -1;
    if (!name || !*name || strlen(name) >= sizeof p->name)
        return passwdi_refuse(
            m, PASSWD_ERROR_ARGUMENT, "The name of a parameter is missing or longer than 159 characters.");
    for (d = 0; d < rank && shape && rank <= 5 && shape[d] > 0 && count <= ((size_t)1 << 28) / (size_t)shape[d]; d++)
        count *= (size_t)shape[d];
    if (rank < 1 || d < rank || m->built || kind < 0 || kind > 2 || !(scale - scale == 0.0f))
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE,
            "A parameter needs one to five positive dimensions, at most 2^28 numbers, and a model that is not built.");
    if (!passwdi_grow(&m->allocator, (void **)&m->parameters, m->n_parameters, &m->room_parameters, sizeof *p)
        || !passwdi_grow(&m->allocator, (void **)&m->starts, m->n_parameters, &room, sizeof *m->starts))
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for a parameter of the model.");
    m->room_starts = room;
    for (k = 0; k < m->n_parameters; k++)
        if (strcmp(m->parameters[k].name, name) == 0) { /* the same name: shared */
            if (m->parameters[k].rank == rank
                && memcmp(m->parameters[k].shape, shape, (size_t)rank * sizeof *shape) == 0)
                return (int)k;
            passwdi_fail(&m->error, PASSWD_ERROR_SHAPE, 0, 0,
                "Two layers called \"%s\" have different shapes and cannot share parameters.", name);
            return -1;
        }
    p = m->parameters + m->n_parameters;
    memset(p, 0, sizeof *p);
    strcpy(p->name, name);
    p->rank = rank;
    memcpy(p->shape, shape, (size_t)rank * sizeof *shape);
    p->count = count;
    p->trainable = trainable != 0;
    m->starts[m->n_parameters].kind = kind;
    m->starts[m->n_parameters].scale = scale;
    return (int)m->n_parameters++;
}
/* name + suffix: rank 1 (a), 2 (a x b) or 3 (1 x 1 x a) */
static int passwdi_new_parameter(passwd_model *m, const char *name, const char *suffix, int rank, int a, int b,
    int trainable, int kind, float scale) {
    char full[224];
    int shape[3];
    shape[0] = rank == 3 ? 1 : a;
    shape[1] = rank == 3 ? 1 : b;
    shape[2] = a;
    snprintf(full, sizeof full, "%s%s", name ? name : "", suffix);
    return passwd_parameter_new(m, name ? full : NULL, rank, shape, trainable, kind, scale);
}

PASSWD_DEF passwd_value passwd_input_objects(passwd_model *m, const char *name, int max_objects, int features) {
    passwd_value v;
    if (!m || m->built || m->error.status != PASSWD_OK) return PASSWD_NONE;
    if (!name || max_objects < 1 || max_objects > PASSWD_MAX_OBJECTS || features < 1)
        return passwdi_refuse(
            m, PASSWD_ERROR_ARGUMENT, "An input of objects needs a name, 1 to 128 objects and at least one feature.");
    if (m->max_objects && m->max_objects != max_objects)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "All inputs of objects need the same maximum of objects.");
    m->max_objects = max_objects;
    if (!passwdi_grow(&m->allocator, (void **)&m->inputs, m->n_inputs, &m->room_inputs, sizeof *m->inputs))
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for an input.");
    v = passwdi_new_value(m, 1, 1, features);
    if (v < 0) return v;
    m->values[v].input = (int)m->n_inputs;
    snprintf(m->inputs[m->n_inputs].name, sizeof m->inputs->name, "%s", name);
    m->inputs[m->n_inputs++].value = v;
    return v;
}
PASSWD_DEF passwd_value passwd_input_event(passwd_model *m, const char *name, int rows, int features) {
    passwd_value v;
    if (!m || m->built || m->error.status != PASSWD_OK) return PASSWD_NONE;
    if (!name || rows < 1 || rows > 4096 || features < 1)
        return passwdi_refuse(
            m, PASSWD_ERROR_ARGUMENT, "An input of events needs a name, 1 to 4096 rows and at least one feature.");
    if (!passwdi_grow(&m->allocator, (void **)&m->inputs, m->n_inputs, &m->room_inputs, sizeof *m->inputs))
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for an input.");
    v = passwdi_new_value(m, 0, rows, features);
    if (v < 0) return v;
    m->values[v].input = (int)m->n_inputs;
    snprintf(m->inputs[m->n_inputs].name, sizeof m->inputs->name, "%s", name);
    m->inputs[m->n_inputs++].value = v;
    return v;
}
PASSWD_DEF passwd_value passwd_input_mask(passwd_model *m) {
    if (!m || m->built || m->error.status != PASSWD_OK) return PASSWD_NONE;
    if (m->mask == PASSWD_NONE) {
        m->mask = passwdi_new_value(m, 1, 1, 1);
        if (m->mask >= 0) m->values[m->mask].input = 1000;
    }
    return m->mask;
}

/* 1 if padded rows of a value of objects are already zero. */
static int passwdi_is_masked(const passwd_model *m, passwd_value v) {
    size_t i = m->n_ops;
    if (m->values[v].power == 0 || m->values[v].input >= 0) return 1;
    while (i-- > 0)
        if (m->ops[i].out == v) {
            const int mask = passwdi_table[m->ops[i].kind].mask;
            return mask >= 0 && m->mask >= 0 && m->ops[i].in[mask] == m->mask;
        }
    return 0;
}
/* Padding must not enter sums over rows: its amount depends on the event's neighbours. */
static passwd_value passwdi_masked(passwd_model *m, passwd_value v) {
    return m->values[v].power != 1 || passwdi_is_masked(m, v) ? v : passwd_mask_rows(m, v, passwd_input_mask(m));
}
static int passwdi_is_mask_of(passwd_model *m, passwd_value mask, passwd_value x) {
    return mask == PASSWD_NONE
        || (passwdi_good(m, mask, "The mask does not exist.") && m->values[mask].features == 1
            && m->values[mask].power == m->values[x].power && m->values[mask].rows == m->values[x].rows);
}

/* Rows [row, row + features) of a weight that several operations may share. */
static passwd_value passwdi_linear(passwd_model *m, passwd_value x, int features, int weight, int bias, int row) {
    passwdi_op *op = passwdi_record(m, PASSWDI_OP_linear, &x, 1, features);
    if (!op) return PASSWD_NONE;
    if (weight < 0) return PASSWD_NONE;
    op->parameter[0] = weight;
    op->parameter[1] = bias;
    op->row = row;
    op->with.linear.sparse = m->values[x].input >= 0 && m->values[x].power == 0 && m->values[x].features >= 64;
    op->with.linear.flat = m->values[op->out].flat;
    m->values[op->out].trains = 1;
    return op->out;
}
PASSWD_DEF void passwd_input_trains(passwd_model *m, passwd_value x) {
    if (!passwdi_good(m, x, "passwd_input_trains: no such value.")) return;
    if (m->values[x].input < 0 || m->values[x].input >= (int)m->n_inputs || m->values[x].power || m->n_ops > 0)
        passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_input_trains: an input of events, before any operation.");
    else m->values[x].trains = 1;
}

PASSWD_DEF passwd_value passwd_linear(passwd_model *m, passwd_value x, int features, int bias, const char *name) {
    float bound;
    int w, b;
    if (!passwdi_good(m, x, "passwd_linear: no such value.")) return PASSWD_NONE;
    bound = 1.0f / sqrtf((float)m->values[x].features);
    w = passwdi_new_parameter(m, name, ".weight", 2, features, m->values[x].features, 1, 1, bound);
    b = bias ? passwdi_new_parameter(m, name, ".bias", 1, features, 0, 1, 1, bound) : -1;
    return passwdi_linear(m, x, features, w, b, 0);
}
PASSWD_DEF passwd_value passwd_linear_pair(
    passwd_model *m, passwd_value x, passwd_value y, int features, const char *name_x, const char *name_y) {
    passwdi_op *op;
    const passwd_value out = passwd_linear(m, x, features, 1, name_x);
    if (out == PASSWD_NONE || !passwdi_good(m, y, "passwd_linear_pair: no such value.")) return PASSWD_NONE;
    if (m->values[x].power != m->values[y].power || m->values[x].rows != m->values[y].rows)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_linear_pair: both values need the same rows.");
    if (passwd_linear(m, y, features, 0, name_y) == PASSWD_NONE) return PASSWD_NONE;
    op = m->ops + m->n_ops - 1;
    m->n_values--;
    op->out = out;
    op->with.linear.adds = 1;
    return out;
}
PASSWD_DEF passwd_value passwd_layer_norm(passwd_model *m, passwd_value x, passwd_value residual, passwd_value mask,
    passwd_activation activation, const char *name) {
    const passwd_value in[3] = { x, residual, mask };
    passwdi_op *op;
    int features;
    if (!passwdi_good(m, x, "passwd_layer_norm: no such value.")) return PASSWD_NONE;
    features = m->values[x].features;
    if (residual != PASSWD_NONE
        && (!passwdi_good(m, residual, "passwd_layer_norm: no such residual.")
            || m->values[residual].features != features || m->values[residual].power != m->values[x].power
            || m->values[residual].rows != m->values[x].rows))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_layer_norm: the residual's shape is not that of the value.");
    if (!passwdi_is_mask_of(m, mask, x))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_layer_norm: the mask needs the value's rows and one feature.");
    if (activation != PASSWD_ACTIVATE_LINEAR && activation != PASSWD_ACTIVATE_RELU
        && activation != PASSWD_ACTIVATE_LEAKY_RELU)
        return passwdi_refuse(m, PASSWD_ERROR_UNSUPPORTED,
            "passwd_layer_norm: the activation must be linear, ReLU or leaky ReLU; use passwd_activate for others.");
    op = passwdi_record(m, PASSWDI_OP_norm, in, 3, features);
    if (!op) return PASSWD_NONE;
    op->with.norm.activation = (int)activation;
    op->with.norm.slope = 0.01f;
    op->parameter[0] = passwdi_new_parameter(m, name, ".weight", 1, features, 0, 1, 0, 1.0f);
    op->parameter[1] = passwdi_new_parameter(m, name, ".bias", 1, features, 0, 1, 0, 0.0f);
    m->values[op->out].trains = 1;
    passwdi_keep(m, op, 2);
    return op->out;
}
PASSWD_DEF passwd_value passwd_batch_norm(passwd_model *m, passwd_value x, const float *padding, const char *name) {
    passwdi_op *op;
    passwd_value out;
    int n;
    if (!passwdi_good(m, x, "passwd_batch_norm: no such value.")) return PASSWD_NONE;
    n = m->values[x].features;
    if (m->values[x].input == 1000)
        return passwdi_refuse(m, PASSWD_ERROR_UNSUPPORTED, "passwd_batch_norm: a mask cannot be batch-normalised.");
    if (padding && (m->values[x].input < 0 || n > 16 || m->values[x].power != 1))
        return passwdi_refuse(
            m, PASSWD_ERROR_UNSUPPORTED, "passwd_batch_norm: padding counts only for objects of up to 16 features.");
    op = passwdi_record(m, PASSWDI_OP_batch_norm, &x, 1, n);
    if (!op) return PASSWD_NONE;
    out = op->out;
    op->parameter[0] = passwdi_new_parameter(m, name, ".weight", 1, n, 0, 1, 0, 1.0f);
    op->parameter[1] = passwdi_new_parameter(m, name, ".bias", 1, n, 0, 1, 0, 0.0f);
    op->with.batch_norm.mean = passwdi_new_parameter(m, name, ".running_mean", 1, n, 0, 0, 0, 0.0f);
    op->with.batch_norm.variance = passwdi_new_parameter(m, name, ".running_var", 1, n, 0, 0, 0, 1.0f);
    op->with.batch_norm.statistics = (int)m->n_statistics;
    m->n_statistics += 2 * (size_t)n;
    if (padding) {
        memcpy(m->padding, padding, (size_t)n * sizeof *padding);
        m->padded_features = n;
    }
    op->with.batch_norm.padded = padding != NULL;
    op->with.batch_norm.running = m->values[x].input < 0;
    m->batch_norms += !op->with.batch_norm.running;
    m->values[out].trains = 1;
    return m->error.status != PASSWD_OK ? PASSWD_NONE : out;
}
PASSWD_DEF passwd_value passwd_activate(passwd_model *m, passwd_value x, passwd_activation kind, float a, float b) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_activate: no such value.")) return PASSWD_NONE;
    if ((int)kind < 0 || kind >= PASSWD_ACTIVATIONS)
        return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_activate: no such activation.");
    op = passwdi_record(m, PASSWDI_OP_unary, &x, 1, m->values[x].features);
    if (!op) return PASSWD_NONE;
    op->with.unary.kind = (int)kind;
    op->with.unary.a = a;
    op->with.unary.b = b;
    return op->out;
}
static passwd_value passwdi_binary(passwd_model *m, passwd_value x, passwd_value y, int sign) {
    const passwd_value in[2] = { x, y };
    passwdi_op *op;
    if (!passwdi_good(m, x, "An operation needs values that exist.")
        || !passwdi_good(m, y, "An operation needs values that exist."))
        return PASSWD_NONE;
    if (m->values[x].power != m->values[y].power || m->values[x].rows != m->values[y].rows
        || m->values[x].features != m->values[y].features)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "Sums, differences and products need two values of the same shape.");
    op = passwdi_record(m, PASSWDI_OP_binary, in, 2, m->values[x].features);
    if (!op) return PASSWD_NONE;
    op->with.binary.sign = sign;
    return op->out;
}
PASSWD_DEF passwd_value passwd_add(passwd_model *m, passwd_value x, passwd_value y) {
    return passwdi_binary(m, x, y, '+');
}
PASSWD_DEF passwd_value passwd_subtract(passwd_model *m, passwd_value x, passwd_value y) {
    return passwdi_binary(m, x, y, '-');
}
PASSWD_DEF passwd_value passwd_multiply(passwd_model *m, passwd_value x, passwd_value y) {
    return passwdi_binary(m, x, y, '*');
}
PASSWD_DEF passwd_value passwd_gated(passwd_model *m, passwd_value gate, passwd_value x) {
    return passwdi_binary(m, gate, x, 's');
}
PASSWD_DEF passwd_value passwd_gru(
    passwd_model *m, passwd_value update, passwd_value fresh, passwd_value old, float bias, const char *name) {
    passwdi_op *op;
    const passwd_value in[3] = { update, fresh, old };
    if (!passwdi_alike(m, in, 3, "passwd_gru: no such value.", "passwd_gru: all three values need the same shape."))
        return PASSWD_NONE;
    op = passwdi_record(m, PASSWDI_OP_gru, in, 3, m->values[old].features);
    if (!op) return PASSWD_NONE;
    op->parameter[0] = passwdi_new_parameter(m, name, ".gate_bias", 1, op->n_out, 0, 1, 0, bias);
    m->values[op->out].trains = 1;
    return op->parameter[0] < 0 ? PASSWD_NONE : op->out;
}
PASSWD_DEF passwd_value passwd_learnt_rows(passwd_model *m, passwd_value x, int row, int features, const char *name) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_learnt_rows: no such value.")) return PASSWD_NONE;
    if (m->values[x].power > 1 || row < -1 || row >= (m->values[x].power ? 1 : m->values[x].rows)
        || (row >= 0 && features != m->values[x].features))
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE,
            "passwd_learnt_rows: no such row (of objects: 0 alone), or other features than the value's.");
    op = passwdi_record(m, PASSWDI_OP_learnt, &x, 1, features);
    if (!op) return PASSWD_NONE;
    op->with.learnt.row = row;
    op->stop = row < 0;
    op->parameter[0] = passwdi_new_parameter(m, name, "", 3, features, 0, 1, 2, 1.0f);
    m->values[op->out].trains = 1;
    return op->parameter[0] < 0 ? PASSWD_NONE : op->out;
}
PASSWD_DEF passwd_value passwd_custom(passwd_model *m, const passwd_custom_options *o) {
    passwdi_op *op;
    passwdi_custom *kept;
    int k;
    if (!m || !o || !o->forward || o->inputs < 1 || o->inputs > 5 || o->parameters < 0 || o->parameters > 2
        || o->power < 0 || o->power > PASSWD_MAX_POWER || o->rows < 1 || (o->power > 0 && o->rows != 1)
        || o->scratch > (size_t)-1 / 64)
        return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT,
            "passwd_custom: needs a forward function, one to five inputs, up to two parameters, a power of 0 to 5, "
            "positive rows (one where power is not 0) and no more scratch than memory.");
    for (k = 0; k < o->inputs; k++)
        if (!passwdi_good(m, o->in[k], "passwd_custom: no such value.")) return PASSWD_NONE;
    if (o->inputs == 5 && o->backward && m->values[o->in[4]].trains)
        return passwdi_refuse(
            m, PASSWD_ERROR_UNSUPPORTED, "passwd_custom: the fifth input gets no gradient; detach it.");
    for (k = 0; k < o->parameters; k++)
        if (o->parameter[k] < 0 || (size_t)o->parameter[k] >= m->n_parameters)
            return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_custom: no such parameter.");
    op = passwdi_record(m, PASSWDI_OP_custom, o->in, o->inputs, o->features);
    if (!op) return PASSWD_NONE;
    if (!passwdi_grow(&m->allocator, (void **)&m->customs, m->n_customs, &m->room_customs, sizeof *m->customs)
        || (kept = (passwdi_custom *)passwdi_new(&m->allocator, 1, sizeof *kept)) == NULL)
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for an operation of the model.");
    m->customs[m->n_customs++] = kept;
    kept->o = *o;
    for (k = 0; k < o->inputs; k++) kept->features_of[k] = m->values[o->in[k]].features;
    op->custom = kept;
    op->stop = !o->backward;
    m->values[op->out].trains = o->backward && (o->parameters > 0 || m->values[op->out].trains);
    for (k = 0; k < o->parameters; k++) {
        op->parameter[k] = o->parameter[k];
        kept->trains[k] = m->parameters[o->parameter[k]].trainable;
    }
    passwdi_reshape(m, op, o->power, o->rows);
    m->values[op->out].flat = o->power > 0;
    return op->out;
}
PASSWD_DEF passwd_value passwd_mask_rows(passwd_model *m, passwd_value x, passwd_value mask) {
    const passwd_value in[2] = { x, mask };
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_mask_rows: no such value.")
        || !passwdi_good(m, mask, "passwd_mask_rows: no such mask."))
        return PASSWD_NONE;
    if (m->values[mask].features != 1 || m->values[mask].power != m->values[x].power
        || m->values[mask].rows != m->values[x].rows)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_mask_rows: the mask needs the value's rows and one feature.");
    op = passwdi_record(m, PASSWDI_OP_mask_rows, in, 2, m->values[x].features);
    return op ? op->out : PASSWD_NONE;
}
PASSWD_DEF passwd_value passwd_previous(passwd_model *m, passwd_value objects, int features) {
    passwdi_loop *loop;
    passwd_value v;
    if (!passwdi_good(m, objects, "passwd_previous: no such value.")) return PASSWD_NONE;
    if (m->values[objects].power != 1 || features < 1)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_previous: recurrence runs over objects, with at least one feature.");
    if (m->n_loops > 0 && m->loops[m->n_loops - 1].next < 0)
        return passwdi_refuse(
            m, PASSWD_ERROR_UNSUPPORTED, "passwd_previous: the previous recurrence has no passwd_recur yet.");
    if (!passwdi_grow(&m->allocator, (void **)&m->loops, m->n_loops, &m->room_loops, sizeof *m->loops))
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for a recurrence of the model.");
    v = passwdi_new_value(m, 1, 1, features);
    if (v < 0) return v;
    m->values[v].trains = 1;
    loop = m->loops + m->n_loops++;
    loop->begin = loop->end = (int)m->n_ops;
    loop->begun = loop->wanted[0] = loop->wanted[1] = 0;
    loop->previous = v;
    loop->next = PASSWD_NONE;
    return v;
}
/* Operations that may run object by object: each row of the output depends on the same rows of the inputs only. */
static int passwdi_recurs(const passwd_model *m, const passwdi_op *op) {
    int k;
    for (k = 0; k < 5; k++)
        if (op->in[k] >= 0 && m->values[op->in[k]].power != 1) return 0;
    return passwdi_table[op->kind].rows >= PASSWDI_ROWS_own;
}
PASSWD_DEF void passwd_recur(passwd_model *m, passwd_value previous, passwd_value next) {
    passwdi_loop *loop = m && m->n_loops > 0 ? m->loops + m->n_loops - 1 : NULL;
    int i;
    if (!passwdi_good(m, next, "passwd_recur: no such value.")) return;
    if (!loop || loop->next >= 0 || loop->previous != previous || m->values[next].power != 1
        || m->values[next].features != m->values[previous].features) {
        passwdi_refuse(m, PASSWD_ERROR_SHAPE,
            "passwd_recur: needs the value of the last passwd_previous, and one of the same shape.");
        return;
    }
    loop->next = next;
    loop->end = (int)m->n_ops;
    for (i = loop->begin; i < loop->end; i++) {
        if (m->ops[i].out == next) loop->begun = 1;
        if (!passwdi_recurs(m, m->ops + i)) {
            passwdi_refuse(m, PASSWD_ERROR_UNSUPPORTED,
                "passwd_recur: an operation of the recurrence does not act row by row on objects.");
            return;
        }
    }
    if (!loop->begun)
        passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_recur: the next state was not recorded after passwd_previous.");
    loop->begun = 0;
}

PASSWD_DEF passwd_value passwd_noise(passwd_model *m, passwd_value x, int features) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_noise: no such value.")) return PASSWD_NONE;
    op = passwdi_record(m, PASSWDI_OP_noise, &x, 1, features);
    return op ? op->out : PASSWD_NONE;
}
PASSWD_DEF passwd_value passwd_divergence(
    passwd_model *m, passwd_value mean, passwd_value log_width, passwd_value mean0, passwd_value log_width0) {
    const passwd_value in[4] = { mean, log_width, mean0, log_width0 };
    passwdi_op *op;
    if (!passwdi_alike(
            m, in, 4, "passwd_divergence: no such value.", "passwd_divergence: all four values need the same shape."))
        return PASSWD_NONE;
    op = passwdi_record(m, PASSWDI_OP_divergence, in, 4, 1);
    return op ? op->out : PASSWD_NONE;
}

PASSWD_DEF passwd_value passwd_dropout(passwd_model *m, passwd_value x, float rate) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_dropout: no such value.")) return PASSWD_NONE;
    if (!(rate >= 0.0f && rate < 1.0f))
        return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_dropout: the rate must lie in [0, 1).");
    if (rate == 0.0f) return x;
    op = passwdi_record(m, PASSWDI_OP_dropout, &x, 1, m->values[x].features);
    if (!op) return PASSWD_NONE;
    op->with.dropout.rate = rate;
    return op->out;
}
PASSWD_DEF passwd_value passwd_shift(passwd_model *m, passwd_value x, int feature, float by) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_shift: no such value.")) return PASSWD_NONE;
    if (feature < 0 || feature >= m->values[x].features)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_shift: no such feature.");
    op = passwdi_record(m, PASSWDI_OP_shift, &x, 1, m->values[x].features);
    if (!op) return PASSWD_NONE;
    op->with.shift.feature = feature;
    op->with.shift.by = by;
    return op->out;
}
PASSWD_DEF passwd_value passwd_concat(passwd_model *m, const passwd_value *x, int count) {
    passwd_value out = PASSWD_NONE;
    int k, width = 0, at = 0;
    if (!x || count < 1) return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_concat: nothing to join.");
    for (k = 0; k < count; k++) {
        if (!passwdi_good(m, x[k], "passwd_concat: no such value.")) return PASSWD_NONE;
        if (m->values[x[k]].power != m->values[x[0]].power || m->values[x[k]].rows != m->values[x[0]].rows)
            return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_concat: all values need the same rows.");
        width += m->values[x[k]].features;
    }
    for (k = 0; k < count; k++) { /* one copy per part, all into the first one's output */
        const int n = m->values[x[k]].features;
        passwdi_op *op = passwdi_record(m, PASSWDI_OP_copy, x + k, 1, width);
        if (!op) return PASSWD_NONE;
        if (k == 0) out = op->out;
        else {
            m->values[out].trains |= m->values[op->out].trains;
            m->n_values--;
            op->out = out;
        }
        op->with.copy.to = at;
        op->with.copy.count = n;
        at += n;
    }
    return out;
}
PASSWD_DEF passwd_value passwd_features(passwd_model *m, passwd_value x, int from, int count) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_features: no such value.")) return PASSWD_NONE;
    if (from < 0 || count < 1 || from > m->values[x].features || count > m->values[x].features - from)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_features: the value has no such features.");
    op = passwdi_record(m, PASSWDI_OP_copy, &x, 1, count);
    if (!op) return PASSWD_NONE;
    op->with.copy.from = from;
    op->with.copy.count = count;
    return op->out;
}
PASSWD_DEF passwd_value passwd_detach(passwd_model *m, passwd_value x) {
    passwd_value v;
    if (!passwdi_good(m, x, "passwd_detach: no such value.")) return PASSWD_NONE;
    v = passwd_features(m, x, 0, m->values[x].features);
    if (v == PASSWD_NONE) return v;
    m->ops[m->n_ops - 1].stop = 1;
    m->values[v].trains = 0;
    return v;
}
PASSWD_DEF passwd_value passwd_select_rows(passwd_model *m, passwd_value x, const int *rows, int count) {
    passwdi_op *op;
    int k;
    if (!passwdi_good(m, x, "passwd_select_rows: no such value.")) return PASSWD_NONE;
    if (!rows || count < 1 || count > PASSWD_MAX_CATEGORIES || m->values[x].power > 1)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_select_rows: up to 8 rows of a value of fixed rows, or row 0 of objects.");
    for (k = 0; k < count; k++)
        if (rows[k] < 0 || rows[k] >= (m->values[x].power ? 1 : m->values[x].rows))
            return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_select_rows: the value has no such row.");
    op = passwdi_record(m, PASSWDI_OP_select, &x, 1, m->values[x].features);
    if (!op) return PASSWD_NONE;
    memcpy(op->with.select.row, rows, (size_t)count * sizeof *rows);
    return passwdi_reshape(m, op, 0, count);
}
PASSWD_DEF passwd_value passwd_attention(passwd_model *m, passwd_value q, passwd_value k, passwd_value v,
    passwd_value mask, passwd_value bias, const passwd_attention_options *options, const char *name) {
    const int heads = options ? options->heads : 0, extra = options ? options->extra : 0;
    const float dropout = options ? options->dropout : 0.0f;
    passwd_value in[5];
    passwdi_op *op;
    int features, keys;
    if (!passwdi_good(m, q, "passwd_attention: no such query.") || !passwdi_good(m, k, "passwd_attention: no such key.")
        || !passwdi_good(m, v, "passwd_attention: no such value."))
        return PASSWD_NONE;
    features = m->values[q].features;
    if (m->values[k].features != features || m->values[v].features != features || heads < 1 || features % heads
        || m->values[k].power != m->values[v].power || m->values[k].rows != m->values[v].rows || m->values[q].power > 1
        || m->values[k].power > 1)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE,
            "passwd_attention: queries, keys and values need the same features, a multiple of the heads, and keys the "
            "rows of values.");
    if (mask == PASSWD_NONE && m->values[k].power == 1) mask = passwd_input_mask(m);
    if (!passwdi_is_mask_of(m, mask, k))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_attention: the mask needs the rows of the keys and one feature.");
    if (bias != PASSWD_NONE
        && (!passwdi_good(m, bias, "passwd_attention: no such bias.") || m->values[bias].power != 2
            || m->values[bias].features != 1 || m->values[q].power != 1 || m->values[k].power != 1))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_attention: the bias needs one feature per pair of objects.");
    if (!(dropout >= 0.0f && dropout < 1.0f))
        return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_attention: dropout must lie in [0, 1).");
    in[0] = q;
    in[1] = k;
    in[2] = v;
    in[3] = bias;
    in[4] = mask;
    op = passwdi_record(m, PASSWDI_OP_attention, in, 5, features);
    if (!op) return PASSWD_NONE;
    op->with.attention.heads = heads;
    op->with.attention.dropout = dropout;
    m->values[q].trains = m->values[k].trains = m->values[v].trains = m->values[op->out].trains = 1;
    if (extra) {
        const float width = 1.0f / sqrtf((float)features);
        op->parameter[0] = passwdi_new_parameter(m, name, ".bias_k", 3, features, 0, 1, 2, width);
        op->parameter[1] = passwdi_new_parameter(m, name, ".bias_v", 3, features, 0, 1, 2, width);
    }
    keys = m->values[k].power ? m->max_objects : m->values[k].rows;
    passwdi_keep(m, op, heads * (keys + 1));
    return op->out;
}
PASSWD_DEF passwd_value passwd_choice(passwd_model *m, passwd_value scores, passwd_value mask, int categories,
    passwd_choice_kind kind, float temperature) {
    const passwd_value in[2] = { scores, mask };
    passwdi_op *op;
    if (!passwdi_good(m, scores, "passwd_choice: no such scores.")
        || (mask != PASSWD_NONE && !passwdi_good(m, mask, "passwd_choice: no such mask.")))
        return PASSWD_NONE;
    if (!passwdi_is_mask_of(m, mask, scores))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_choice: the mask needs the rows of the scores and one feature.");
    if (categories < 2 || categories > PASSWD_MAX_CATEGORIES || categories > m->values[scores].features)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_choice: 2 to 8 categories, at most the features of the scores.");
    if (!(temperature > 0.0f))
        return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_choice: the temperature must be positive.");
    op = passwdi_record(m, PASSWDI_OP_choice, in, 2, categories);
    if (!op) return PASSWD_NONE;
    op->with.choice.kind = (int)kind;
    op->with.choice.temperature = temperature;
    passwdi_keep(m, op, categories);
    return op->out;
}
PASSWD_DEF passwd_value passwd_random_choice(passwd_model *m, passwd_value mask, int categories) {
    passwdi_op *op;
    if (categories < 2 || categories > PASSWD_MAX_CATEGORIES)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_random_choice: 2 to 8 categories.");
    if (passwdi_good(m, mask, "passwd_random_choice: no such mask.") && m->values[mask].features != 1)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_random_choice: a mask has one feature.");
    op = passwdi_record(m, PASSWDI_OP_random_choice, &mask, 1, categories);
    return op ? op->out : PASSWD_NONE;
}
/* passwd_pool without the guard against padding, for a quirk of the original code */
static passwd_value passwdi_pool(passwd_model *m, passwd_value choice, passwd_value x) {
    const passwd_value in[2] = { choice, x };
    passwdi_op *op;
    if (!passwdi_good(m, choice, "passwd_pool: no such choice.") || !passwdi_good(m, x, "passwd_pool: no such value."))
        return PASSWD_NONE;
    if (m->values[choice].power != m->values[x].power || m->values[choice].rows != m->values[x].rows
        || m->values[x].power > 1)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_pool: choice and value need the same rows.");
    op = passwdi_record(m, PASSWDI_OP_pool, in, 2, m->values[x].features);
    return op ? passwdi_reshape(m, op, 0, op->n_in) : PASSWD_NONE;
}
PASSWD_DEF passwd_value passwd_pool(passwd_model *m, passwd_value choice, passwd_value x) {
    if (!passwdi_good(m, choice, "passwd_pool: no such choice.")) return PASSWD_NONE;
    return passwdi_pool(m, passwdi_masked(m, choice), x);
}
PASSWD_DEF passwd_value passwd_pairs(passwd_model *m, passwd_value x, int from) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_pairs: no such value.")) return PASSWD_NONE;
    if (m->values[x].power != 1 || from < 0 || from + 3 > m->values[x].features)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_pairs: needs objects with eta, cos phi, sin phi side by side.");
    op = passwdi_record(m, PASSWDI_OP_pairs, &x, 1, 3);
    if (!op) return PASSWD_NONE;
    op->with.pairs.from = from;
    return passwdi_reshape(m, op, 2, 1);
}
PASSWD_DEF passwd_value passwd_spread(passwd_model *m, passwd_value x, passwd_side side) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_spread: no such value.")) return PASSWD_NONE;
    if (m->values[x].power != 1 || (side != PASSWD_SIDE_FIRST && side != PASSWD_SIDE_SECOND))
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_spread: needs a value of objects, and a side of pairs.");
    op = passwdi_record(m, PASSWDI_OP_spread, &x, 1, m->values[x].features);
    if (!op) return PASSWD_NONE;
    op->with.spread.side = (int)side;
    return passwdi_reshape(m, op, 2, 1);
}
PASSWD_DEF passwd_value passwd_sum_over(passwd_model *m, passwd_value x, passwd_side side) {
    passwd_value in[2];
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_sum_over: no such value.")) return PASSWD_NONE;
    if (m->values[x].power != 2 || (side != PASSWD_SIDE_FIRST && side != PASSWD_SIDE_SECOND))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_sum_over: needs a value of pairs of objects, and a side of theirs.");
    in[0] = x;
    in[1] = passwd_input_mask(m);
    op = passwdi_record(m, PASSWDI_OP_sum_over, in, 2, m->values[x].features);
    if (!op) return PASSWD_NONE;
    op->with.sum_over.side = (int)side;
    return passwdi_reshape(m, op, 1, 1);
}
PASSWD_DEF passwd_value passwd_mass(passwd_model *m, passwd_value p4, float scale) {
    passwdi_op *op;
    if (!passwdi_good(m, p4, "passwd_mass: no such value.")) return PASSWD_NONE;
    if (m->values[p4].features != 4 || !(scale > 0.0f))
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_mass: needs rows of (E, px, py, pz) and a positive scale.");
    op = passwdi_record(m, PASSWDI_OP_mass, &p4, 1, 1);
    if (!op) return PASSWD_NONE;
    op->with.mass.scale = scale;
    return op->out;
}
static passwd_value passwdi_distance(passwd_model *m, passwd_value a, passwd_value b, int kind, float floor) {
    const passwd_value in[2] = { a, b };
    passwdi_op *op;
    if (!passwdi_good(m, a, "A distance needs values that exist.")) return PASSWD_NONE;
    if (b != PASSWD_NONE
        && (!passwdi_good(m, b, "A distance needs values that exist.") || m->values[a].power != m->values[b].power
            || m->values[a].rows != m->values[b].rows || m->values[a].features != m->values[b].features))
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "A distance needs two values of the same shape.");
    op = passwdi_record(m, PASSWDI_OP_distance, in, 2, 1);
    if (!op) return PASSWD_NONE;
    op->with.distance.kind = kind;
    op->with.distance.floor = floor;
    return op->out;
}
PASSWD_DEF passwd_value passwd_mean_square(passwd_model *m, passwd_value a, passwd_value b) {
    return passwdi_distance(m, a, b, PASSWDI_MEAN, 0.0f);
}
PASSWD_DEF passwd_value passwd_distance(passwd_model *m, passwd_value a, passwd_value b) {
    return passwdi_distance(m, a, b, PASSWDI_ROOT, 1e-12f);
}
PASSWD_DEF passwd_value passwd_sum_rows(passwd_model *m, passwd_value x) {
    passwdi_op *op;
    if (!passwdi_good(m, x, "passwd_sum_rows: no such value.")) return PASSWD_NONE;
    if (m->values[x].power == 2) x = passwd_sum_over(m, x, PASSWD_SIDE_FIRST);
    if (x != PASSWD_NONE) x = passwdi_masked(m, x);
    op = passwdi_record(m, PASSWDI_OP_sum_rows, &x, 1, m->values[x < 0 ? 0 : x].features);
    return op ? passwdi_reshape(m, op, 0, 1) : PASSWD_NONE;
}
PASSWD_DEF passwd_value passwd_cross_entropy(passwd_model *m, passwd_value logits, passwd_value labels, int exchange) {
    passwd_value in[3];
    passwdi_op *op;
    if (!passwdi_good(m, logits, "passwd_cross_entropy: no such logits.")
        || !passwdi_good(m, labels, "passwd_cross_entropy: no such labels."))
        return PASSWD_NONE;
    if (m->values[labels].features != 1 || m->values[labels].power != m->values[logits].power
        || m->values[labels].rows != m->values[logits].rows)
        return passwdi_refuse(
            m, PASSWD_ERROR_SHAPE, "passwd_cross_entropy: labels need one feature and the rows of the logits.");
    in[0] = logits;
    in[1] = labels;
    in[2] = m->values[logits].power == 1 ? passwd_input_mask(m) : PASSWD_NONE;
    op = passwdi_record(m, PASSWDI_OP_cross_entropy, in, 3, 1);
    if (!op) return PASSWD_NONE;
    m->values[logits].trains = m->values[op->out].trains = 1; /* its kernel writes that gradient in any case */
    op->with.cross_entropy.exchange = exchange;
    return passwdi_reshape(m, op, 0, 1);
}

/* --- composite layers --- */
static const char *passwdi_join(char *to, size_t size, const char *name, const char *middle, int number) {
    if (number < 0) snprintf(to, size, "%s%s", name ? name : "", middle);
    else snprintf(to, size, "%s%s%d", name ? name : "", middle, number);
    return to;
}
PASSWD_DEF passwd_value passwd_mlp(passwd_model *m, passwd_value x, const int *widths, int count, int closed,
    passwd_activation activation, const char *name) {
    char full[160];
    int k;
    if (!widths || count < 1) return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_mlp: at least one layer.");
    for (k = 0; k < count; k++) {
        x = passwd_linear(m, x, widths[k], 1, passwdi_join(full, sizeof full, name, ".", 3 * k));
        if (k < count - 1 || closed)
            x = passwd_layer_norm(
                m, x, PASSWD_NONE, PASSWD_NONE, activation, passwdi_join(full, sizeof full, name, ".", 3 * k + 1));
    }
    return x;
}
PASSWD_DEF passwd_value passwd_mean_over(passwd_model *m, passwd_value x, passwd_value weight, passwd_side side) {
    passwd_value sum;
    if (weight == PASSWD_NONE) weight = passwd_spread(m, passwd_input_mask(m), side);
    sum = passwd_activate(m, passwd_sum_over(m, weight, side), PASSWD_ACTIVATE_LOG, 0.0f, 0.0f);
    sum = passwd_activate(
        m, passwd_activate(m, sum, PASSWD_ACTIVATE_AFFINE, -1.0f, 0.0f), PASSWD_ACTIVATE_EXP, 0.0f, 0.0f);
    return passwd_mask_rows(m, passwd_sum_over(m, passwd_mask_rows(m, x, weight), side), sum);
}
PASSWD_DEF passwd_value passwd_multihead(passwd_model *m, passwd_value q, passwd_value other, passwd_value mask,
    passwd_value bias, const passwd_attention_options *options, const char *name) {
    passwd_value qv, kv, vv, y;
    int e, w, b;
    if (!passwdi_good(m, q, "passwd_multihead: no such query.")
        || !passwdi_good(m, other, "passwd_multihead: no such value."))
        return PASSWD_NONE;
    e = m->values[q].features;
    if (m->values[other].features != e)
        return passwdi_refuse(m, PASSWD_ERROR_SHAPE, "passwd_multihead: queries and keys need the same features.");
    w = passwdi_new_parameter(m, name, ".in_proj_weight", 2, 3 * e, e, 1, 1, sqrtf(6.0f / (float)(4 * e)));
    b = passwdi_new_parameter(m, name, ".in_proj_bias", 1, 3 * e, 0, 1, 0, 0.0f);
    qv = passwdi_linear(m, q, e, w, b, 0);
    kv = passwdi_linear(m, other, e, w, b, e);
    vv = passwdi_linear(m, other, e, w, b, 2 * e);
    y = passwd_attention(m, qv, kv, vv, mask, bias, options, name);
    w = passwdi_new_parameter(m, name, ".out_proj.weight", 2, e, e, 1, 1, 1.0f / sqrtf((float)e));
    b = passwdi_new_parameter(m, name, ".out_proj.bias", 1, e, 0, 1, 0, 0.0f);
    return passwdi_linear(m, y, e, w, b, 0);
}
PASSWD_DEF passwd_value passwd_attention_block(passwd_model *m, passwd_value q, passwd_value other, passwd_value q_mask,
    passwd_value other_mask, passwd_value bias, const passwd_block_options *o, const char *name) {
    passwd_attention_options attention;
    char full[160];
    passwd_value y, residual;
    int e, k, widths[17];
    if (!passwdi_good(m, q, "passwd_attention_block: no such query.")
        || !passwdi_good(m, other, "passwd_attention_block: no such value."))
        return PASSWD_NONE;
    if (!o || o->hidden < 0 || o->hidden > 16)
        return passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_attention_block: 0 to 16 hidden layers.");
    e = m->values[q].features;
    attention.heads = o->heads;
    attention.extra = 1;
    attention.dropout = o->dropout;
    y = passwd_multihead(m, q, other, other_mask, bias, &attention, passwdi_join(full, sizeof full, name, ".attn", -1));
    if (y == PASSWD_NONE) return y;
    residual = m->values[q].power == m->values[other].power && m->values[q].rows == m->values[other].rows ? other
                                                                                                          : PASSWD_NONE;
    y = passwd_layer_norm(m, y, residual, PASSWD_NONE, PASSWD_ACTIVATE_LINEAR,
        passwdi_join(full, sizeof full, name, ".post_attn_norm", -1));
    for (k = 0; k < o->hidden; k++) widths[k] = o->hidden_width;
    widths[o->hidden] = e;
    residual = y;
    y = passwd_mlp(
        m, y, widths, o->hidden + 1, 1, PASSWD_ACTIVATE_RELU, passwdi_join(full, sizeof full, name, ".ffwd", -1));
    return passwd_layer_norm(
        m, y, residual, q_mask, PASSWD_ACTIVATE_LINEAR, passwdi_join(full, sizeof full, name, ".post_ffwd_norm", -1));
}
PASSWD_DEF passwd_abc_layer_values passwd_abc_layer(passwd_model *m, passwd_value objects, passwd_value mask,
    passwd_value bias, const passwd_abc_layer_options *o, int number) {
    passwd_abc_layer_values r;
    char name[96];
    r.objects = r.scores = r.choice = r.candidates = r.attended = PASSWD_NONE;
    if (!o) {
        passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_abc_layer: options are missing.");
        return r;
    }
    objects = passwd_attention_block(
        m, objects, objects, mask, mask, bias, &o->block, passwdi_join(name, sizeof name, "obj_blocks.", "", number));
    if (o->original && o->categories == 3) { /* the original lowers the third score in place, on padded rows too */
        objects = passwd_shift(m, objects, 2, -1.0f);
        m->whole = 1;
    }
    r.attended = objects;
    r.scores = passwd_features(m, objects, 0, o->categories);
    r.choice = passwd_choice(m, objects, o->original ? PASSWD_NONE : mask, o->categories, o->choice,
        o->temperature > 0.0f ? o->temperature : 1.0f);
    r.candidates = o->original ? passwdi_pool(m, r.choice, objects) : passwd_pool(m, r.choice, objects);
    r.candidates = passwd_attention_block(m, r.candidates, r.candidates, PASSWD_NONE, PASSWD_NONE, PASSWD_NONE,
        &o->block, passwdi_join(name, sizeof name, "cand_blocks.", "", number));
    r.objects = passwd_attention_block(m, objects, r.candidates, mask, PASSWD_NONE, PASSWD_NONE, &o->block,
        passwdi_join(name, sizeof name, "cross_blocks.", "", number));
    return r;
}

static void passwdi_name(passwd_model *m, passwdi_named **list, size_t *count, size_t *room, passwd_value x,
    float weight, const char *name) {
    if (!passwdi_good(m, x, "An output or loss needs a value that exists.")) return;
    if (!name || strlen(name) >= sizeof(*list)->name) {
        passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "An output or loss needs a name of up to 47 characters.");
        return;
    }
    if (!passwdi_grow(&m->allocator, (void **)list, *count, room, sizeof **list)) {
        passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory for the name of an output.");
        return;
    }
    memset(*list + *count, 0, sizeof **list);
    strcpy((*list)[*count].name, name);
    (*list)[*count].value = x;
    (*list)[(*count)++].weight = weight;
}
PASSWD_DEF void passwd_output(passwd_model *m, passwd_value x, const char *name) {
    if (m) passwdi_name(m, &m->outputs, &m->n_outputs, &m->room_outputs, x, 0.0f, name);
}
PASSWD_DEF void passwd_loss(passwd_model *m, passwd_value x, float weight, const char *name) {
    if (!m || !passwdi_good(m, x, "A loss needs a value that exists.")) return;
    if (m->values[x].power != 0 || m->values[x].rows != 1 || m->values[x].features != 1) {
        passwdi_refuse(m, PASSWD_ERROR_SHAPE, "A loss needs one row and one feature.");
        return;
    }
    passwdi_name(m, &m->losses, &m->n_losses, &m->room_losses, x, weight, name);
}

PASSWD_DEF void passwd_loss_ramp(passwd_model *m, float steps) {
    if (!m || m->built || m->n_losses == 0 || !(steps >= 0.0f))
        passwdi_refuse(
            m, PASSWD_ERROR_ARGUMENT, "passwd_loss_ramp: there is no loss yet, or the number of steps is negative.");
    else m->losses[m->n_losses - 1].ramp = steps;
}
PASSWD_DEF void passwd_loss_logarithm(passwd_model *m) {
    if (!m || m->built || m->n_losses == 0)
        passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_loss_logarithm: there is no loss yet.");
    else m->losses[m->n_losses - 1].logarithm = 1;
}
PASSWD_DEF void passwd_loss_contrast(passwd_model *m, float alpha, int difference) {
    if (!m || m->built || m->n_losses == 0 || !(alpha >= 0.0f)) {
        passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_loss_contrast: there is no loss yet, or alpha is negative.");
        return;
    }
    m->losses[m->n_losses - 1].contrast = difference ? 2 : 1;
    m->losses[m->n_losses - 1].alpha = alpha;
}
PASSWD_DEF void passwd_loss_penalty(passwd_model *m, float gamma) {
    if (!m || m->built || m->n_losses == 0 || !m->losses[m->n_losses - 1].contrast || !(gamma >= 0.0f))
        passwdi_refuse(m, PASSWD_ERROR_ARGUMENT, "passwd_loss_penalty: no contrast yet, or a negative gamma.");
    else m->losses[m->n_losses - 1].gamma = gamma;
}
/* The weight of a loss at a training step. */
static float passwdi_loss_weight(const passwdi_named *loss, const passwd_loss_options *o) {
    const float part = !o->training || loss->ramp <= (float)o->step ? 1.0f : (float)o->step / loss->ramp;
    return loss->weight * (part * part);
}

/* ------------------------------------------------------------------------------------------------------------------
   Building: which operations run when, where values are stored, initial parameters
   --------------------------------------------------------------------------------------------------------------- */
static size_t passwdi_rows(const passwd_model *m, passwd_value v, int n) {
    const passwdi_value *x = m->values + v;
    size_t rows = (size_t)x->rows;
    int k;
    for (k = 0; k < x->power; k++) rows *= (size_t)n;
    return rows;
}
static size_t passwdi_value_floats(const passwd_model *m, passwd_value v) {
    return passwdi_rows(m, v, m->max_objects) * (size_t)m->values[v].features * 16 * (size_t)m->side;
}

/* Offsets for values alive from..to (a span below 0: not stored) so that no two alive at once overlap; the floats
   needed. */
static size_t passwdi_pack_lifetimes(const passwd_model *m, const int *from, const int *to, size_t *at) {
    size_t top = 0, i, j;
    for (i = 0; i < m->n_values; i++) {
        size_t best = 0, size = passwdi_value_floats(m, (passwd_value)i);
        int moved = 1;
        at[i] = 0;
        if (from[i] < 0) continue;
        while (moved) { /* first fit: step past every earlier one in the way */
            moved = 0;
            for (j = 0; j < i; j++) {
                const size_t other = passwdi_value_floats(m, (passwd_value)j);
                if (from[j] < 0 || to[j] < from[i] || to[i] < from[j] || best + size <= at[j] || at[j] + other <= best)
                    continue;
                best = at[j] + other;
                moved = 1;
            }
        }
        at[i] = best;
        if (best + size > top) top = best + size;
    }
    return top;
}

/* Marks the operations that some results hang on. */
static void passwdi_mark(passwd_model *m, const passwdi_named *list, size_t count, char *needed, int loss) {
    size_t i;
    int k;
    memset(needed, 0, m->n_values);
    for (i = 0; i < count; i++) needed[list[i].value] = 1;
    for (i = m->n_ops; i-- > 0;) {
        passwdi_op *op = m->ops + i;
        size_t l;
        if (needed[op->out]) {
            if (loss) op->for_loss = 1;
            else op->for_run = 1;
            if (op->aux >= 0) needed[op->aux] = 1;
            for (k = 0; k < 5; k++)
                if (op->in[k] >= 0) needed[op->in[k]] = 1;
        }
        for (l = 0; l < m->n_loops; l++)
            if (m->loops[l].begin == (int)i && needed[m->loops[l].previous] && !m->loops[l].wanted[loss]) {
                m->loops[l].wanted[loss] = needed[m->loops[l].next] =
                    1; /* the state depends on the next one, and that on what was passed */
                i = (size_t)m->loops[l].end;
                break;
            }
    }
}

/* Whatever is alive at some time of a recurrence is alive through all of it. */
static void passwdi_stretch_lifetimes(const passwd_model *m, int *from, int *to) {
    size_t i, l;
    for (l = 0; l < m->n_loops; l++)
        for (i = 0; i < m->n_values; i++) {
            if (from[i] < 0 || from[i] >= m->loops[l].end || to[i] < m->loops[l].begin) continue;
            if (from[i] > m->loops[l].begin) from[i] = m->loops[l].begin;
            if (to[i] < m->loops[l].end - 1) to[i] = m->loops[l].end - 1;
        }
}
static void passwdi_plan_run(passwd_model *m, int *from, int *to, size_t *at) {
    size_t i;
    int k;
    for (i = 0; i < m->n_values; i++) {
        from[i] = m->values[i].input >= 0 ? 0 : -1;
        to[i] = 0;
    }
    for (i = 0; i < m->n_ops; i++) {
        const passwdi_op *op = m->ops + i;
        if (!op->for_run) continue;
        if (from[op->out] < 0) from[op->out] = (int)i;
        to[op->out] = (int)i;
        if (passwdi_table[op->kind].aux == PASSWDI_AUX_runs) from[op->aux] = to[op->aux] = (int)i;
        for (k = 0; k < 5; k++)
            if (op->in[k] >= 0) {
                to[op->in[k]] = (int)i;
                m->values[op->in[k]].used = 1;
            }
    }
    for (i = 0; i < m->n_loops; i++)
        if (m->loops[i].wanted[0]) from[m->loops[i].previous] = m->loops[i].begin;
    passwdi_stretch_lifetimes(m, from, to);
    for (i = 0; i < m->n_outputs; i++) {
        to[m->outputs[i].value] = (int)m->n_ops;
        m->values[m->outputs[i].value].used = 1;
    }
    m->run_floats = passwdi_pack_lifetimes(m, from, to, at);
    for (i = 0; i < m->n_values; i++) m->values[i].at_run = at[i];
}

/* Gradients are alive from their first writer, going back, to the operation that made the value. */
static void passwdi_plan_loss(passwd_model *m, int *from, int *to, size_t *at) {
    size_t i, total = 0;
    int k;
    for (i = 0; i < m->n_values; i++) {
        m->values[i].at_loss = total;
        total += passwdi_value_floats(m, (passwd_value)i);
        from[i] = to[i] = -1;
    }
    m->loss_floats = total;
    for (i = 0; i < m->n_losses; i++) {
        passwdi_value *v = m->values + m->losses[i].value;
        if (!v->trains) continue;
        v->reached = 1;
        to[m->losses[i].value] = (int)m->n_ops;
    }
    for (i = m->n_ops; i-- > 0;) {
        passwdi_op *op = m->ops + i;
        const int passes = op->stop ? 0 : passwdi_table[op->kind].gradients;
        size_t l;
        for (l = 0; l < m->n_loops; l++)
            if (m->loops[l].end == (int)i + 1
                && m->loops[l].wanted[1]) { /* every state has the gradient of the next one */
                passwdi_value *next = m->values + m->loops[l].next;
                m->loops[l].begun = next->reached;
                if (!next->reached) to[m->loops[l].next] = (int)i;
                next->reached = 1;
                from[m->loops[l].previous] = m->loops[l].begin;
            }
        if (!op->for_loss || !m->values[op->out].reached) {
            op->begin[0] = -1;
            continue;
        }
        from[op->out] = (int)i;
        for (k = 0; k < passes; k++)
            if (op->in[k] >= 0 && m->values[op->in[k]].trains) {
                passwdi_value *v = m->values + op->in[k];
                op->begin[k] = !v->reached;
                if (!v->reached) to[op->in[k]] = (int)i;
                v->reached = 1;
                if (v->input >= 0) from[op->in[k]] = 0;
            }
    }
    for (i = 0; i < m->n_loops; i++)
        if (!m->values[m->loops[i].previous].reached) from[m->loops[i].previous] = -1;
    passwdi_stretch_lifetimes(m, from, to);
    m->gradient_floats = passwdi_pack_lifetimes(m, from, to, at);
    for (i = 0; i < m->n_values; i++) m->values[i].at_gradient = at[i];
}

/* Floats that the kernels of an operation need, also where a size_t does not hold them. */
static double passwdi_scratch_of(const passwd_model *m, const passwdi_op *op) {
    return 64.0 + 64.0 * (op->n_in > op->n_out ? op->n_in : op->n_out) + passwdi_table[op->kind].scratch(m, op);
}
/* Whether a size_t holds all sizes that the plans below add up: those of values, parameters and the scratch of an
   operation. In doubles, which do not wrap. */
static int passwdi_can_be_addressed(const passwd_model *m) {
    double values = 0.0, parameters = 0.0, scratch = 64.0 * 16.0;
    size_t i;
    for (i = 0; i < m->n_values; i++)
        values += passwdi_wide_rows(m, (passwd_value)i) * m->values[i].features * 16.0 * m->side + 16.0;
    for (i = 0; i < m->n_parameters; i++) parameters += (double)m->parameters[i].count + 16.0;
    for (i = 0; i < m->n_ops; i++)
        if (passwdi_scratch_of(m, m->ops + i) > scratch) scratch = passwdi_scratch_of(m, m->ops + i);
    return (3.0 * values + ((double)PASSWDI_CHUNKS + 1.0) * parameters + scratch) * sizeof(float)
        < (double)((size_t)-1 / 2);
}
/* Where parameters are stored: the trainable ones first. */
static int passwdi_place_parameters(passwd_model *m) {
    size_t i, at = 0;
    int pass, k;
    for (pass = 1; pass >= 0; pass--) {
        for (i = 0; i < m->n_parameters; i++)
            if (m->parameters[i].trainable == pass) {
                m->parameters[i].offset = at;
                at += (m->parameters[i].count + 15) / 16 * 16;
            }
        if (pass) m->trainable = at;
    }
    m->floats = at;
    m->scratch = 64 * 16;
    for (i = 0; i < m->n_ops; i++) {
        passwdi_op *op = m->ops + i;
        const size_t need = (size_t)passwdi_scratch_of(m, op);
        for (k = 0; k < 2; k++)
            if (op->parameter[k] >= 0) {
                const passwd_parameter *parameter = m->parameters + op->parameter[k];
                op->offset[k] = parameter->offset + (size_t)op->row * (parameter->count / (size_t)parameter->shape[0]);
            }
        if (need > m->scratch) m->scratch = need;
    }
    m->block = (float *)passwdi_new(&m->allocator, m->floats, sizeof(float));
    m->statistics = (float *)passwdi_new(&m->allocator, m->n_statistics, sizeof(float));
    return m->block && m->statistics;
}
static void passwdi_first_parameters(passwd_model *m, uint64_t seed) {
    size_t i, k;
    for (i = 0; i < m->n_parameters; i++) {
        float *w = passwdi_rewrite(m) + m->parameters[i].offset;
        const float scale = m->starts[i].scale;
        for (k = 0; k < m->parameters[i].count; k++)
            w[k] = m->starts[i].kind == 0 ? scale
                : m->starts[i].kind == 1
                ? (float)(scale * (2.0 * passwd_random_uniform(seed, (uint32_t)i, (uint32_t)k) - 1.0))
                : (float)(scale * passwd_random_normal(seed, (uint32_t)i, (uint32_t)k));
    }
}
/* After every change of parameters: running statistics as mean and scale. */
static void passwdi_set_statistics(passwd_model *m) {
    size_t i;
    int k;
    for (i = 0; i < m->n_ops; i++) {
        const passwdi_op *op = m->ops + i;
        float *mean, *scale;
        if (op->kind != PASSWDI_OP_batch_norm) continue;
        mean = m->statistics + op->with.batch_norm.statistics;
        scale = mean + op->n_out;
        for (k = 0; k < op->n_out; k++) {
            mean[k] = m->block[m->parameters[op->with.batch_norm.mean].offset + (size_t)k];
            scale[k] = 1.0f / sqrtf(m->block[m->parameters[op->with.batch_norm.variance].offset + (size_t)k] + 1e-5f);
        }
    }
}
/* Groups of events may be placed side by side, as rows, if no operation looks beyond its row. */
static int passwdi_is_row_by_row(const passwd_model *m) {
    size_t i;
    for (i = 0; i < m->n_values; i++)
        if (m->values[i].power || m->values[i].rows != 1) return 0;
    for (i = 0; i < m->n_ops; i++)
        if (passwdi_table[m->ops[i].kind].rows < PASSWDI_ROWS_beside) return 0;
    return 1;
}
/* Multiply-adds of one full event, or the equivalent in time. */
static double passwdi_work_of(const passwd_model *m) {
    double sum = 0.0;
    size_t i;
    for (i = 0; i < m->n_ops; i++) {
        const double products = passwdi_table[m->ops[i].kind].products(m, m->ops + i);
        sum += passwdi_wide_rows(m, m->ops[i].out) * m->ops[i].n_out * (products > 0.0 ? products + 2.0 : 8.0);
    }
    return sum;
}
/* One event may run with its objects in the lanes if every operation of a run supports it. */
static int passwdi_can_run_alone(const passwd_model *m) {
    size_t i;
    if (m->max_objects > 16 || m->n_loops > 0) return 0;
    for (i = 0; i < m->n_ops; i++)
        if (m->ops[i].for_run && !passwdi_table[m->ops[i].kind].single(m, m->ops + i)) return 0;
    return 1;
}

PASSWD_DEF passwd_status passwd_model_build(passwd_model *m, uint64_t seed, passwd_error *error) {
    int *from = NULL, *to = NULL, logarithms = 0, trained = 0, contrast = 0;
    size_t *at = NULL, k;
    char *needed = NULL;
    int done = 0;
    if (!m) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_model_build: the model is NULL.");
    if (m->error.status != PASSWD_OK) {
        if (error) *error = m->error;
        return m->error.status;
    }
    if (m->built)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_model_build: the model is built already.");
    if (m->n_outputs + m->n_losses == 0)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_model_build: the model has neither outputs nor losses.");
    for (k = 0; k < m->n_losses; k++) {
        logarithms += m->losses[k].logarithm;
        trained += m->losses[k].weight != 0.0f;
    }
    if (m->n_loops > 0 && m->loops[m->n_loops - 1].next < 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_model_build: a recurrence has a passwd_previous but no passwd_recur.");
    for (k = 0; k < m->n_losses; k++)
        if (m->losses[k].contrast && contrast++)
            return passwdi_fail(
                error, PASSWD_ERROR_UNSUPPORTED, 0, 0, "passwd_model_build: only one loss can be an energy.");
    if (contrast && (logarithms || m->n_inputs != 1 || m->batch_norms))
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "passwd_model_build: a model with an energy has one input, no batch norm of it, and no logarithm of a "
            "loss.");
    if (logarithms > 1 || (logarithms && trained > 1))
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "passwd_model_build: a loss that enters as a logarithm must be the only one with a weight.");
    for (m->side = 1, k = 0; k < m->n_values; k++)
        if (passwdi_wide_rows(m, (passwd_value)k) * m->values[k].features * 16.0 > 2e9)
            return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
                "A value of the model has %.3g numbers per event; the maximum is a hundred million.",
                passwdi_wide_rows(m, (passwd_value)k) * m->values[k].features);
    from = (int *)passwdi_new(&m->allocator, m->n_values, sizeof *from);
    to = (int *)passwdi_new(&m->allocator, m->n_values, sizeof *to);
    at = (size_t *)passwdi_new(&m->allocator, m->n_values, sizeof *at);
    needed = (char *)passwdi_new(&m->allocator, m->n_values, 1);
    m->side = passwdi_is_row_by_row(m) ? PASSWDI_SIDE : 1;
    if (from && to && at && needed && passwdi_can_be_addressed(m)) {
        passwdi_mark(m, m->outputs, m->n_outputs, needed, 0);
        passwdi_mark(m, m->losses, m->n_losses, needed, 1);
        passwdi_plan_run(m, from, to, at);
        passwdi_plan_loss(m, from, to, at);
        m->alone = passwdi_can_run_alone(m);
        m->work = passwdi_work_of(m);
        done = passwdi_place_parameters(m);
    }
    passwdi_delete(&m->allocator, from);
    passwdi_delete(&m->allocator, to);
    passwdi_delete(&m->allocator, at);
    passwdi_delete(&m->allocator, needed);
    if (!done)
        return passwdi_refuse(m, PASSWD_ERROR_MEMORY, "There is not enough memory to build the model."),
               passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to build the model.");
    passwdi_first_parameters(m, seed);
    passwdi_set_statistics(m);
    m->built = 1;
    return PASSWD_OK;
}

PASSWD_DEF int passwd_output_count(const passwd_model *m) { return (int)m->n_outputs; }
PASSWD_DEF int passwd_loss_count(const passwd_model *m) { return (int)m->n_losses; }
PASSWD_DEF const char *passwd_output_name(const passwd_model *m, int k) {
    return k >= 0 && (size_t)k < m->n_outputs ? m->outputs[k].name : NULL;
}
PASSWD_DEF const char *passwd_loss_name(const passwd_model *m, int k) {
    return k >= 0 && (size_t)k < m->n_losses ? m->losses[k].name : NULL;
}
PASSWD_DEF int passwd_output_find(const passwd_model *m, const char *name) {
    size_t k;
    for (k = 0; k < m->n_outputs; k++)
        if (strcmp(m->outputs[k].name, name) == 0) return (int)k;
    return -1;
}
PASSWD_DEF size_t passwd_output_size(const passwd_model *m, int k) {
    if (k < 0 || (size_t)k >= m->n_outputs) return 0;
    return passwdi_rows(m, m->outputs[k].value, m->max_objects) * (size_t)m->values[m->outputs[k].value].features;
}
PASSWD_DEF double passwd_model_multiply_adds(const passwd_model *m) {
    double sum = 0.0;
    size_t i;
    for (i = 0; i < m->n_ops; i++) {
        const passwdi_op *op = m->ops + i;
        if (op->for_run) sum += passwdi_wide_rows(m, op->out) * op->n_out * passwdi_table[op->kind].products(m, op);
    }
    return sum;
}
PASSWD_DEF int passwd_parameter_count(const passwd_model *m) { return (int)m->n_parameters; }
PASSWD_DEF const passwd_parameter *passwd_parameter_at(const passwd_model *m, int k) {
    return k >= 0 && (size_t)k < m->n_parameters ? m->parameters + k : NULL;
}
PASSWD_DEF const passwd_parameter *passwd_parameter_find(const passwd_model *m, const char *name) {
    size_t k;
    for (k = 0; k < m->n_parameters; k++)
        if (strcmp(m->parameters[k].name, name) == 0) return m->parameters + k;
    return NULL;
}
PASSWD_DEF size_t passwd_parameter_floats(const passwd_model *m) { return m->floats; }
PASSWD_DEF const float *passwd_parameters(const passwd_model *m) { return m->block; }
PASSWD_DEF passwd_status passwd_set_parameters(passwd_model *m, const float *values, passwd_error *error) {
    if (!m || !m->built || !values)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_set_parameters: needs a built model and values.");
    memmove(passwdi_rewrite(m), values, m->floats * sizeof(float));
    passwdi_set_statistics(m);
    return PASSWD_OK;
}

PASSWDI_SELDOM_END
/* ------------------------------------------------------------------------------------------------------------------
   Running
   --------------------------------------------------------------------------------------------------------------- */
/* What one thread needs. */
typedef struct passwdi_hand {
    float **value, **loss_value, **gradient;
    float **row_value, **row_gradient; /* of one object of a recurrence */
    int *rows, *inner, *ones;
    float *chain;        /* states and gradients before a proposal */
    int n, single, side; /* that rows and inner are for */
    float *scratch;
} passwdi_hand;

struct passwd_workspace {
    passwd_allocator allocator;
    const passwd_model *model;
    const passwdi_kernels *kernels;
    int threads, losses;
    passwdi_hand *hands;
    void **owned;
    size_t n_owned;
    int *power;
    int32_t *order; /* of one block of events, by their objects */
    float *sums;    /* PASSWDI_CHUNKS gradients */
    float *turned;  /* the weights of linear as passwdi_few_lanes wants them, of the parameters of this version */
    uint64_t version;
    float *statistics;
    double *normed; /* sums of one batch norm */
    float *per_event;
    size_t room_per_event; /* loss terms of a batch */
    int64_t *index;
    size_t room_index;
    const passwd_ranks *ranks; /* with whom losses are computed, or NULL */
    float *packed;             /* as per_event, on its way between ranks */
};

/* Whether all weights of linear may be turned where they lie: none is a part of another. */
static int passwdi_can_turn(const passwd_model *m) {
    size_t i, k;
    for (i = 0; i < m->n_ops; i++)
        for (k = 0; k < i; k++) {
            const passwdi_op *a = m->ops + i, *b = m->ops + k;
            const size_t width = (size_t)a->n_in;
            if (a->kind == PASSWDI_OP_linear && b->kind == PASSWDI_OP_linear && a->parameter[0] == b->parameter[0]
                && (a->offset[0] != b->offset[0] || a->n_out != b->n_out)
                && a->offset[0] < b->offset[0] + width * (size_t)b->n_out
                && b->offset[0] < a->offset[0] + width * (size_t)a->n_out)
                return 0;
        }
    return 1;
}
static float *passwdi_own(passwd_workspace *w, size_t bytes) {
    void *p = passwdi_new(&w->allocator, bytes + 64, 1);
    if (!p) return NULL;
    w->owned[w->n_owned++] = p;
    return passwdi_align((float *)p);
}
static int passwdi_hand_new(passwd_workspace *w, passwdi_hand *h) {
    const passwd_model *m = w->model;
    float *arena = passwdi_own(w, m->run_floats * sizeof(float)), *losses = NULL, *gradients = NULL;
    size_t v;
    h->value = (float **)(void *)passwdi_own(w, m->n_values * sizeof(float *));
    h->rows = (int *)(void *)passwdi_own(w, m->n_values * sizeof(int));
    h->inner = (int *)(void *)passwdi_own(w, m->n_values * sizeof(int));
    h->scratch = passwdi_own(w, m->scratch * sizeof(float));
    if (!arena || !h->value || !h->rows || !h->inner || !h->scratch) return 0;
    if (m->n_loops > 0) {
        h->row_value = (float **)(void *)passwdi_own(w, m->n_values * sizeof(float *));
        h->row_gradient = (float **)(void *)passwdi_own(w, m->n_values * sizeof(float *));
        h->ones = (int *)(void *)passwdi_own(w, m->n_values * sizeof(int));
        if (!h->row_value || !h->row_gradient || !h->ones) return 0;
        for (v = 0; v < m->n_values; v++) h->ones[v] = 1;
    }
    if (w->losses) {
        losses = passwdi_own(w, m->loss_floats * sizeof(float));
        gradients = passwdi_own(w, m->gradient_floats * sizeof(float));
        h->loss_value = (float **)(void *)passwdi_own(w, m->n_values * sizeof(float *));
        h->gradient = (float **)(void *)passwdi_own(w, m->n_values * sizeof(float *));
        if (!losses || !gradients || !h->loss_value || !h->gradient) return 0;
        if (m->n_inputs == 1 && m->values[m->inputs[0].value].trains
            && !(h->chain = passwdi_own(w, 2 * passwdi_value_floats(m, m->inputs[0].value) * sizeof(float))))
            return 0;
    }
    for (v = 0; v < m->n_values; v++) {
        h->value[v] = arena + m->values[v].at_run;
        if (!w->losses) continue;
        h->loss_value[v] = losses + m->values[v].at_loss;
        h->gradient[v] = m->values[v].reached ? gradients + m->values[v].at_gradient : NULL;
    }
    h->n = -1;
    return 1;
}
PASSWD_DEF passwd_status passwd_workspace_new(
    const passwd_model *m, const passwd_workspace_options *options, passwd_workspace **workspace, passwd_error *error) {
    passwd_workspace_options o;
    passwd_allocator a;
    passwd_workspace *w;
    size_t v, chunks;
    float *sums;
    int t, good;
    if (!m || !m->built || !workspace)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_workspace_new: the model is not built.");
    if (options && options->buffer && options->losses)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_workspace_new: losses need memory that follows the batch, which a buffer does not have.");
    o = passwdi_room(options, &m->allocator, &a);
    if (o.threads < 0 || o.threads > 1024)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_workspace_new: 0 to 1024 threads.");
    if (!passwdi_kernels_of(o.simd))
        return passwdi_fail(
            error, PASSWD_ERROR_UNSUPPORTED, 0, 0, "This program or processor has no %s.", passwd_simd_name(o.simd));
    w = (passwd_workspace *)passwdi_new(&a, 1, sizeof *w);
    if (!w && options && options->buffer) return passwdi_few_bytes(options, passwd_workspace_size(m, options), error);
    if (!w) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a workspace.");
    w->allocator = a;
    w->model = m;
    w->kernels = passwdi_kernels_of(o.simd);
    w->threads = o.threads > 0 ? o.threads : 1;
#ifndef _OPENMP
    w->threads = 1;
#endif
    w->losses = o.losses;
    w->owned = (void **)passwdi_new(&w->allocator, 16 + 16 * (size_t)w->threads, sizeof *w->owned);
    w->hands = (passwdi_hand *)passwdi_new(&w->allocator, (size_t)w->threads, sizeof *w->hands);
    good = w->owned && w->hands;
    for (t = 0; good && t < w->threads; t++) good = passwdi_hand_new(w, w->hands + t);
    if (good) {
        chunks = m->side > 1 || !w->losses ? 1 : PASSWDI_CHUNKS;
        w->power = (int *)(void *)passwdi_own(w, m->n_values * sizeof(int));
        w->order = (int32_t *)(void *)passwdi_own(w, PASSWDI_BLOCK * sizeof(int32_t));
        w->statistics = passwdi_own(w, (m->n_statistics + 16) * sizeof(float));
        w->normed = (double *)(void *)passwdi_own(w, (m->n_statistics + 1) * sizeof(double));
        /* gradients, or turned weights: not cleared, as few batches use all of it, and they write it before */
        if ((sums = (float *)passwdi_raw(&w->allocator, chunks * m->floats + 32, sizeof *sums)) != NULL) {
            w->owned[w->n_owned++] = sums;
            if (w->losses) w->sums = passwdi_align(sums);
            else if (passwdi_can_turn(m)) w->turned = passwdi_align(sums);
        }
        good = w->power && w->order && w->statistics && w->normed && sums;
    }
    if (!good) {
        passwd_workspace_free(w);
        if (options && options->buffer) return passwdi_few_bytes(options, passwd_workspace_size(m, options), error);
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a workspace.");
    }
    for (v = 0; v < m->n_values; v++) w->power[v] = m->values[v].power;
    *workspace = w;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_workspace_free(passwd_workspace *w) {
    passwd_allocator a;
    size_t i;
    if (!w) return;
    a = w->allocator;
    for (i = 0; i < w->n_owned; i++) passwdi_delete(&a, w->owned[i]);
    passwdi_delete(&a, w->owned);
    passwdi_delete(&a, w->hands);
    passwdi_delete(&a, w->per_event);
    passwdi_delete(&a, w->packed);
    passwdi_delete(&a, w->index);
    passwdi_delete(&a, w);
}
PASSWD_DEF size_t passwd_workspace_size(const passwd_model *m, const passwd_workspace_options *options) {
    passwd_workspace *w = NULL;
    passwdi_meter meter;
    if (!m) return 0;
    passwdi_meter_begin(&meter, options, &m->allocator);
    if (passwd_workspace_new(m, &meter.options, &w, NULL) != PASSWD_OK) return 0;
    passwd_workspace_free(w);
    return meter.bytes;
}

PASSWD_DEF double passwd_workspace_bytes(const passwd_model *m, const passwd_workspace_options *o) {
    double floats, threads = 1.0;
    if (!m || !m->built) return 0.0;
#ifdef _OPENMP
    if (o && o->threads > 1) threads = (double)o->threads;
#endif
    floats = (double)m->run_floats + (double)m->scratch;
    if (o && o->losses) floats += (double)m->loss_floats + (double)m->gradient_floats;
    floats *= threads;
    if (o && o->losses) floats += (double)m->floats * (m->side > 1 ? 1.0 : (double)PASSWDI_CHUNKS);
    else if (passwdi_can_turn(m)) floats += (double)m->floats;
    return floats * sizeof(float);
}

/* Threads wait for each other at the end of every call: below half a millisecond of work that costs more than it
   gains. */
static PASSWDI_UNUSED int passwdi_is_worth_threads(const passwd_workspace *w, double events) {
    return w->threads > 1 && events * w->model->work > 1e7;
}
static passwdi_hand *passwdi_my_hand(passwd_workspace *w) {
#ifdef _OPENMP
    return w->hands + omp_get_thread_num();
#else
    return w->hands;
#endif
}
/* Rows of every value for n objects, with events (of `side` groups) or (single) objects in the lanes. */
static void passwdi_set_rows(const passwd_model *m, passwdi_hand *h, int n, int single, int side) {
    size_t v;
    if (h->n == n && h->single == single && h->side == side) return;
    for (v = 0; v < m->n_values; v++) {
        const passwdi_value *x = m->values + v;
        h->inner[v] = x->power ? n : x->rows;
        h->rows[v] = x->power == 0 ? x->rows * side
            : !single || x->flat   ? (int)passwdi_rows(m, (passwd_value)v, n)
            : x->power == 1        ? 1
                                   : n;
    }
    h->n = n;
    h->single = single;
    h->side = side;
}
static int passwdi_objects_of(const passwd_model *m, const passwd_batch *b, int64_t event) {
    return b->objects ? b->objects[event] : m->max_objects;
}

/* Copies `count` (up to 16) events into the lanes of group `group` of the inputs; remaining lanes and padded rows are
   zero. */
static void passwdi_gather(const passwd_model *m, float *const *value, const passwd_batch *b, const int64_t *events,
    int count, int n, int single, int group) {
    size_t k;
    int lane, r, f;
    for (k = 0; k <= m->n_inputs; k++) {
        const passwd_value v = k < m->n_inputs ? m->inputs[k].value : m->mask;
        const float *all = k < m->n_inputs && b->inputs ? b->inputs[k] : NULL;
        const passwdi_value *x;
        float *to;
        int rows;
        if (v == PASSWD_NONE) continue;
        x = m->values + v;
        rows = x->power ? n : x->rows;
        to = value[v] + (size_t)group * (size_t)rows * (size_t)x->features * 16;
        memset(to, 0, (size_t)(single && x->power ? 1 : rows) * (size_t)x->features * 16 * sizeof(float));
        if (k < m->n_inputs && !all) {
            if (b->fill && !(single && x->power)) b->fill(b->user, (int)k, events, count, to);
            continue;
        }
        for (lane = 0; lane < count; lane++) {
            const int valid = x->power ? passwdi_objects_of(m, b, events[lane]) : rows;
            const float *from = all
                ? all + (size_t)events[lane] * (size_t)(x->power ? m->max_objects : x->rows) * (size_t)x->features
                : NULL;
            for (r = 0; r < valid; r++)
                for (f = 0; f < x->features; f++) {
                    const size_t at = single && x->power
                        ? (size_t)f * 16 + (size_t)r
                        : ((size_t)r * (size_t)x->features + (size_t)f) * 16 + (size_t)lane;
                    to[at] = from ? from[r * x->features + f] : 1.0f;
                }
        }
    }
}
/* One event's rows of objects, or cells of objects^power, from lane `lane` into `to`, whose indices run to the model's
   maximum. */
static void passwdi_scatter_cells(const passwd_model *m, const passwdi_value *x, const float *from, float *to, int lane,
    int valid, int n, int single) {
    const int width = x->features;
    int at[PASSWD_MAX_POWER] = { 0 }, k, f;
    while (valid > 0) {
        size_t row = 0, place = 0;
        for (k = 0; k < x->power; k++) {
            row = row * (size_t)n + (size_t)at[k];
            place = place * (size_t)m->max_objects + (size_t)at[k];
        }
        for (f = 0; f < width; f++)
            to[place * (size_t)width + (size_t)f] =
                from[!single || x->flat ? (row * (size_t)width + (size_t)f) * 16 + (size_t)lane
                        : x->power == 2 ? ((size_t)at[0] * (size_t)width + (size_t)f) * 16 + (size_t)at[1]
                                        : (size_t)f * 16 + (size_t)at[0]];
        for (k = x->power - 1; k >= 0 && ++at[k] == valid; k--) at[k] = 0;
        if (k < 0) return;
    }
}
static void passwdi_scatter(const passwd_model *m, float *const *value, const passwd_batch *b, const int64_t *events,
    int count, int n, int single, int group, float *const *outputs) {
    size_t k;
    int lane, i;
    for (k = 0; k < m->n_outputs; k++) {
        const passwdi_value *x = m->values + m->outputs[k].value;
        const size_t size = passwd_output_size(m, (int)k);
        const float *from =
            value[m->outputs[k].value] + (x->power ? 0 : (size_t)group * (size_t)x->rows * (size_t)x->features * 16);
        if (!outputs[k]) continue;
        for (lane = 0; lane < count; lane++) {
            float *to = outputs[k] + (size_t)events[lane] * size;
            if (x->power) {
                memset(to, 0, size * sizeof(float));
                passwdi_scatter_cells(m, x, from, to, lane, passwdi_objects_of(m, b, events[lane]), n, single);
            } else
                for (i = 0; i < (int)size; i++) to[i] = from[(size_t)i * 16 + (size_t)lane];
        }
    }
}

static passwd_status passwdi_check_batch(
    const passwd_model *m, const passwd_workspace *w, const passwd_batch *b, int losses, passwd_error *error) {
    double sum = 0.0;
    int64_t i;
    size_t k;
    if (!m || !w || !b || w->model != m)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The workspace belongs to another model, or an argument is NULL.");
    if (b->events < 0 || (b->events > 0 && m->n_inputs > 0 && !b->inputs && !b->fill))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The batch has a negative number of events, or no inputs.");
    for (k = 0; b->events > 0 && k < m->n_inputs; k++)
        if (!(b->inputs && b->inputs[k]) && (losses || m->values[m->inputs[k].value].used)
            && !(b->fill && !m->batch_norms))
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Input \"%s\" is NULL.", m->inputs[k].name);
    for (i = 0; b->objects && i < b->events; i++)
        if (b->objects[i] < 0 || b->objects[i] > m->max_objects)
            return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
                "Event %lld has %ld objects; the model accepts 0 to %d.", (long long)i, (long)b->objects[i],
                m->max_objects);
    for (i = 0; losses && b->weights && i < b->events; i++) sum += (double)b->weights[i];
    if (losses && b->weights && b->events > 0 && !(sum > 0.0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The sum of the weights of the events is %g; losses are weighted means and need a positive sum.", sum);
    return PASSWD_OK;
}

static void passwdi_job_begin(const passwd_model *m, const passwd_workspace *w, passwdi_hand *h, passwdi_job *job) {
    memset(job, 0, sizeof *job);
    job->rows = h->rows;
    job->inner = h->inner;
    job->power = w->power;
    job->parts = 1;
    job->temperature = 1.0f;
    job->parameters = m->block;
    job->statistics = job->running = m->statistics;
    job->scratch = h->scratch;
}
/* One operation. If groups are side by side, threads share the rows of linear, and the gradients of its weights. */
static void passwdi_apply(passwd_workspace *w, const passwdi_job *job, const passwdi_op *op, int back) {
    passwdi_kernel *kernel = back ? w->kernels->op[op->kind].backward : w->kernels->op[op->kind].forward;
#ifdef _OPENMP
    if (job->share && w->model->side > 1 && w->threads > 1 && passwdi_table[op->kind].parts
        && (double)job->rows[op->out] * op->n_in * op->n_out > 262144.0) { /* or waiting costs more */
#pragma omp parallel num_threads(w->threads)
        {
            passwdi_job mine = *job;
            mine.part = omp_get_thread_num();
            mine.parts = omp_get_num_threads();
            mine.scratch = w->hands[mine.part].scratch;
            kernel(&mine, op);
        }
        return;
    }
#endif
    kernel(job, op);
}
/* A job of object t of a recurrence alone. */
static void passwdi_job_of_row(
    const passwd_model *m, const passwdi_hand *h, const passwdi_job *all, int t, passwdi_job *one) {
    size_t v;
    *one = *all;
    for (v = 0; v < m->n_values; v++) {
        const size_t at = m->values[v].power == 1 ? (size_t)t * (size_t)m->values[v].features * 16 : 0;
        h->row_value[v] = all->value[v] + at;
        if (all->gradient) h->row_gradient[v] = all->gradient[v] ? all->gradient[v] + at : NULL;
    }
    one->value = h->row_value;
    if (all->gradient) one->gradient = h->row_gradient;
    one->rows = one->inner = h->ones;
}
static void passwdi_loop_forward(const passwd_model *m, passwd_workspace *w, const passwdi_hand *h,
    const passwdi_job *job, const passwdi_loop *loop, int losses) {
    const size_t row = (size_t)m->values[loop->previous].features * 16;
    const int n = job->inner[loop->previous];
    passwdi_job one;
    int t, i;
    if (loop->wanted[losses]) memset(job->value[loop->previous], 0, row * sizeof(float));
    for (t = 0; t < n; t++) {
        passwdi_job_of_row(m, h, job, t, &one);
        for (i = loop->begin; i < loop->end; i++)
            if (losses ? m->ops[i].for_loss : m->ops[i].for_run) passwdi_apply(w, &one, m->ops + i, 0);
        if (loop->wanted[losses] && t + 1 < n)
            memcpy(job->value[loop->previous] + (size_t)(t + 1) * row, job->value[loop->next] + (size_t)t * row,
                row * sizeof(float));
    }
}
/* Back through time; the gradients of the weights of linear at the end, for all objects at once. */
static void passwdi_loop_backward(const passwd_model *m, passwd_workspace *w, const passwdi_hand *h,
    const passwdi_job *job, const passwdi_loop *loop) {
    const size_t row = (size_t)m->values[loop->previous].features * 16;
    const int n = job->inner[loop->previous];
    passwdi_job one;
    size_t k;
    int t, i;
    if (loop->wanted[1] && !loop->begun && job->gradient[loop->next])
        memset(job->gradient[loop->next], 0, (size_t)n * row * sizeof(float));
    for (t = n; t-- > 0;) {
        passwdi_job_of_row(m, h, job, t, &one);
        one.pass = 1;
        for (i = loop->end; i-- > loop->begin;)
            if (m->ops[i].for_loss && m->ops[i].begin[0] >= 0) passwdi_apply(w, &one, m->ops + i, 1);
        if (loop->wanted[1] && t > 0 && job->gradient[loop->previous] && job->gradient[loop->next]) {
            float *to = job->gradient[loop->next] + (size_t)(t - 1) * row;
            const float *from = job->gradient[loop->previous] + (size_t)t * row;
            for (k = 0; k < row; k++) to[k] += from[k];
        }
    }
    one = *job;
    one.pass = 2;
    for (i = loop->end; i-- > loop->begin;)
        if (passwdi_table[m->ops[i].kind].parts && m->ops[i].for_loss && m->ops[i].begin[0] >= 0)
            passwdi_apply(w, &one, m->ops + i, 1);
}
static void passwdi_forward(
    const passwd_model *m, passwd_workspace *w, const passwdi_hand *h, const passwdi_job *job, int losses) {
    size_t i, l = 0;
    for (i = 0; i < m->n_ops; i++) {
        if (l < m->n_loops && m->loops[l].begin == (int)i) {
            passwdi_loop_forward(m, w, h, job, m->loops + l, losses);
            i = (size_t)m->loops[l++].end - 1;
        } else if (losses ? m->ops[i].for_loss : m->ops[i].for_run) passwdi_apply(w, job, m->ops + i, 0);
    }
}
static void passwdi_backward(
    const passwd_model *m, passwd_workspace *w, const passwdi_hand *h, const passwdi_job *job) {
    size_t i, l = m->n_loops;
    for (i = m->n_ops; i-- > 0;) {
        if (l > 0 && m->loops[l - 1].end == (int)i + 1) {
            passwdi_loop_backward(m, w, h, job, m->loops + --l);
            i = (size_t)m->loops[l].begin;
        } else if (m->ops[i].for_loss && m->ops[i].begin[0] >= 0) passwdi_apply(w, job, m->ops + i, 1);
    }
}
/* Runs up to 16 events (m->side times as many), or one with its objects in the lanes. */
static void passwdi_run_group(const passwd_model *m, passwd_workspace *w, const passwd_batch *b, const int64_t *events,
    int count, int single, float *const *outputs) {
    passwdi_hand *h = passwdi_my_hand(w);
    passwdi_job job;
    int n = 1, k;
    for (k = 0; k < count; k++)
        if (passwdi_objects_of(m, b, events[k]) > n) n = passwdi_objects_of(m, b, events[k]);
    if (m->whole) n = m->max_objects;
    passwdi_job_begin(m, w, h, &job);
    passwdi_set_rows(m, h, n, single, (count + 15) / 16);
    job.value = h->value;
    job.single = single;
    job.turned = b->events <= PASSWDI_FEW ? w->turned : NULL;
    job.lanes = count;
    job.objects = n;
    for (k = 0; k < count; k += 16)
        passwdi_gather(m, h->value, b, events + k, count - k < 16 ? count - k : 16, n, single, k / 16);
    passwdi_forward(m, w, h, &job, 0);
    for (k = 0; k < count; k += 16)
        passwdi_scatter(m, h->value, b, events + k, count - k < 16 ? count - k : 16, n, single, k / 16, outputs);
}

/* Events of one block ordered by their number of objects, so that 16 neighbours need few rows of padding; stable. */
static void passwdi_sort_block(
    const passwd_model *m, const passwd_batch *b, const int64_t *index, int64_t first, int count, int32_t *order) {
    int32_t start[PASSWD_MAX_OBJECTS + 2];
    int i, n;
    memset(start, 0, sizeof start);
    for (i = 0; i < count; i++) start[passwdi_objects_of(m, b, index ? index[first + i] : first + i) + 1]++;
    for (n = 0; n < PASSWD_MAX_OBJECTS; n++) start[n + 1] += start[n];
    for (i = 0; i < count; i++) order[start[passwdi_objects_of(m, b, index ? index[first + i] : first + i)]++] = i;
}

/* The weights of linear, turned for a few events: once, and again after every change. */
static void passwdi_turn_all(const passwd_model *m, passwd_workspace *w) {
    size_t i;
    if (!w->turned || w->version == m->version) return;
    for (i = 0; i < m->n_ops; i++)
        if (m->ops[i].kind == PASSWDI_OP_linear && m->ops[i].for_run)
            w->kernels->turn(
                w->turned + m->ops[i].offset[0], m->block + m->ops[i].offset[0], m->ops[i].n_in, m->ops[i].n_out);
    w->version = m->version;
}

PASSWD_DEF passwd_status passwd_run(
    const passwd_model *m, passwd_workspace *w, const passwd_batch *b, float *const *outputs, passwd_error *error) {
    const passwd_status status = passwdi_check_batch(m, w, b, 0, error);
    int64_t first;
    if (status != PASSWD_OK) return status;
    if (!outputs) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_run: the outputs are NULL.");
    if (b->events <= PASSWDI_FEW) passwdi_turn_all(m, w);
    for (first = 0; first < b->events; first += PASSWDI_BLOCK) {
        const int count = (int)passwdi_least(b->events - first, PASSWDI_BLOCK),
                  shared = ((count + 15) / 16 + w->threads - 1) / w->threads;
        const int together = 16 * (shared < m->side ? shared : m->side), groups = (count + together - 1) / together;
        int g;
        passwdi_sort_block(m, b, NULL, first, count, w->order);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) num_threads(w->threads) if (groups > 1 && passwdi_is_worth_threads(w, count))
#endif
        for (g = 0; g < groups; g++) {
            int64_t events[16 * PASSWDI_SIDE];
            const int size = count - g * together < together ? count - g * together : together,
                      alone = m->alone && size <= PASSWDI_ALONE && !b->fill;
            int k;
            for (k = 0; k < size; k++) events[k] = first + w->order[g * together + k];
            if (alone)
                for (k = 0; k < size; k++) passwdi_run_group(m, w, b, events + k, 1, 1, outputs);
            else passwdi_run_group(m, w, b, events, size, 0, outputs);
        }
    }
    return PASSWD_OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   Losses and gradients
   --------------------------------------------------------------------------------------------------------------- */
typedef struct passwdi_pass { /* one evaluation of the losses of indexed events */
    const passwd_batch *batch;
    const int64_t *index; /* events */
    int64_t count;
    const passwd_loss_options *options;
    double weight;    /* sum of the events' weights */
    float *per_event; /* count x terms */
    int gradient;
    double energy, rest;  /* factors of an energy (passwd_loss_contrast), and of the other losses */
    double twice;         /* to the factor of an energy: this times the energy itself, for its square */
    float *const *inputs; /* NULL, or where gradients with respect to inputs go */
} passwdi_pass;

static float passwdi_weight_of(const passwd_batch *b, int64_t event) { return b->weights ? b->weights[event] : 1.0f; }

static void passwdi_loss_job(
    const passwd_model *m, const passwd_workspace *w, passwdi_hand *h, const passwd_loss_options *o, passwdi_job *job) {
    passwdi_job_begin(m, w, h, job);
    job->value = h->loss_value;
    job->gradient = h->gradient;
    job->training = o->training;
    job->temperature = o->temperature > 0.0f ? o->temperature : 1.0f;
    job->statistics = o->training ? w->statistics : m->statistics;
    job->key[0] = passwd_random_bits(o->seed, 17u, (uint32_t)o->step);
    job->key[1] = passwd_random_bits(o->seed, 18u, (uint32_t)o->step);
}
/* Gradients of 16 events with respect to inputs, from the lanes of group `group`. */
static void passwdi_scatter_gradients(
    const passwd_model *m, const passwdi_hand *h, const int64_t *events, int count, int group, float *const *to) {
    size_t k;
    int lane, i;
    for (k = 0; k < m->n_inputs; k++) {
        const passwdi_value *x = m->values + m->inputs[k].value;
        const int size = x->rows * x->features;
        const float *from = h->gradient[m->inputs[k].value];
        if (!to[k] || x->power) continue;
        for (lane = 0; lane < count; lane++)
            for (i = 0; i < size; i++)
                to[k][(size_t)events[lane] * (size_t)size + (size_t)i] =
                    from ? from[((size_t)group * (size_t)size + (size_t)i) * 16 + (size_t)lane] : 0.0f;
    }
}
/* Forward, and backward into sums: up to 16 events (m->side times as many), at `places` of the pass's index. */
static void passwdi_loss_group(const passwd_model *m, passwd_workspace *w, const passwdi_pass *pass,
    const int64_t *places, int count, float *sums) {
    passwdi_hand *h = passwdi_my_hand(w);
    passwdi_job job;
    int64_t events[16 * PASSWDI_SIDE];
    uint32_t ids[16];
    size_t k;
    int n = 1, e;
    memset(ids, 0, sizeof ids);
    for (e = 0; e < count; e++) {
        events[e] = pass->index[places[e]];
        if (e < 16) ids[e] = (uint32_t)events[e];
        if (passwdi_objects_of(m, pass->batch, events[e]) > n) n = passwdi_objects_of(m, pass->batch, events[e]);
    }
    if (m->whole) n = m->max_objects;
    passwdi_set_rows(m, h, n, 0, (count + 15) / 16);
    passwdi_loss_job(m, w, h, pass->options, &job);
    job.keep = pass->gradient;
    job.share = 1;
    job.sums = sums;
    job.event_id = ids;
    for (e = 0; e < count; e += 16)
        passwdi_gather(m, h->loss_value, pass->batch, events + e, count - e < 16 ? count - e : 16, n, 0, e / 16);
    passwdi_forward(m, w, h, &job, 1);
    for (e = 0; e < count; e++)
        for (k = 0; k < m->n_losses; k++)
            pass->per_event[(size_t)places[e] * m->n_losses + k] = h->loss_value[m->losses[k].value][e];
    if (!pass->gradient) return;
    for (k = 0; k < m->n_losses; k++)
        if (h->gradient[m->losses[k].value])
            memset(h->gradient[m->losses[k].value], 0, (size_t)(count + 15) / 16 * 16 * sizeof(float));
    for (k = 0; k < m->n_losses; k++)
        if (h->gradient[m->losses[k].value])
            for (e = 0; e < count; e++)
                h->gradient[m->losses[k].value][e] +=
                    (float)((m->losses[k].contrast
                                    ? pass->energy + pass->twice * (double)h->loss_value[m->losses[k].value][e]
                                    : pass->rest)
                        * passwdi_loss_weight(m->losses + k, pass->options) * passwdi_weight_of(pass->batch, events[e])
                        / (pass->inputs ? 1.0 : pass->weight)); /* of inputs: no mean */
    passwdi_backward(m, w, h, &job);
    for (e = 0; pass->inputs && e < count; e += 16)
        passwdi_scatter_gradients(m, h, events + e, count - e < 16 ? count - e : 16, e / 16, pass->inputs);
}

/* Mean and scale of every batch-normed input over the pass's events, including padded rows if they count. Doubles, in
   the order of the events, so that nothing depends on threads. sums: count, then sum and sum of squares per feature. */
static void passwdi_batch_sums(const passwd_model *m, const passwdi_op *op, const passwdi_pass *pass, double *sums) {
    const passwdi_value *x = m->values + op->in[0];
    const int features = x->features, rows = x->power ? m->max_objects : x->rows;
    int64_t e;
    int r, f;
    memset(sums, 0, (size_t)(1 + 2 * features) * sizeof *sums);
    for (e = 0; e < pass->count; e++) {
        const int64_t event = pass->index[e];
        const float *from = pass->batch->inputs[x->input] + (size_t)event * (size_t)rows * (size_t)features;
        const int valid = x->power ? passwdi_objects_of(m, pass->batch, event) : rows;
        for (r = 0; r < (op->with.batch_norm.padded ? rows : valid); r++) {
            const float *v = r < valid ? from + r * features : m->padding;
            sums[0] += 1.0;
            for (f = 0; f < features; f++) {
                sums[1 + f] += (double)v[f];
                sums[1 + features + f] = fma((double)v[f], (double)v[f], sums[1 + features + f]);
            }
        }
    }
}
static void passwdi_batch_statistics(const passwd_model *m, passwd_workspace *w, const passwdi_pass *pass) {
    double *sums = w->normed;
    size_t i;
    int f;
    for (i = 0; i < m->n_ops; i++)
        if (m->ops[i].kind == PASSWDI_OP_batch_norm && !m->ops[i].with.batch_norm.running) {
            const int n = m->ops[i].n_out;
            float *mean = w->statistics + m->ops[i].with.batch_norm.statistics, *scale = mean + n;
            passwdi_batch_sums(m, m->ops + i, pass, sums);
            if (sums[0] < 1.0) sums[0] = 1.0;
            for (f = 0; f < n; f++) {
                const double average = sums[1 + f] / sums[0], square = sums[1 + n + f] / sums[0];
                double variance = fma(-average, average, square);
                if (variance < 0.0) variance = 0.0;
                mean[f] = (float)average;
                scale[f] = (float)(1.0 / sqrt(variance + 1e-5));
            }
        }
}

/* Partial sums of gradients. Side by side, all events are in one; clearing and adding those of large networks must not
   cost more than computing them. */
static int passwdi_chunks(const passwd_model *m, int64_t groups) {
    int chunks = PASSWDI_CHUNKS;
    if (m->side > 1) return 1;
    while (chunks > 4 && m->trainable > 1u << 18 && groups < 4 * chunks) chunks /= 2;
    return chunks;
}
static int passwdi_rank(const passwd_ranks *ranks) { return ranks ? ranks->rank : 0; }
static int passwdi_rank_move(const passwd_ranks *ranks, int from, int to, void *data, size_t bytes) {
    return !ranks || from == to || !(ranks->move)(ranks->user, from, to, data, bytes);
}
/* The rank that computes a chunk: each has neighbours, as even in number as can be. */
static int passwdi_owner(const passwd_ranks *ranks, int chunk, int chunks) {
    return ranks ? (int)((((int64_t)chunk + 1) * ranks->count - 1) / chunks) : 0;
}
/* The sums of all chunks into those of the first, along a tree that depends on their number alone. 0: a rank failed. */
static int passwdi_sum_chunks(const passwd_model *m, passwd_workspace *w, int chunks) {
    int c, step;
    size_t i;
    for (step = 1; step < chunks; step *= 2)
        for (c = 0; c + step < chunks; c += 2 * step) {
            const int mine = passwdi_owner(w->ranks, c, chunks);
            float *to = w->sums + (size_t)c * m->floats, *from = w->sums + (size_t)(c + step) * m->floats;
            if (!passwdi_rank_move(
                    w->ranks, passwdi_owner(w->ranks, c + step, chunks), mine, from, m->trainable * sizeof *from))
                return 0;
            if (mine != passwdi_rank(w->ranks)) continue;
            for (i = 0; i < m->trainable; i++) to[i] += from[i];
        }
    return passwdi_rank_move(w->ranks, passwdi_owner(w->ranks, 0, chunks), -1, w->sums, m->trainable * sizeof *w->sums);
}
/* The losses of all events to all ranks. 0: a rank failed. */
static int passwdi_share_losses(const passwd_model *m, passwd_workspace *w, const passwdi_pass *pass, int chunks) {
    const int64_t groups = (pass->count + 15) / 16;
    const size_t terms = m->n_losses;
    int c, r;
    for (c = 0; w->ranks && c < chunks; c++) {
        const int64_t first = groups * c / chunks * 16,
                      end = passwdi_least(groups * (c + 1) / chunks * 16, pass->count);
        int64_t p;
        r = passwdi_owner(w->ranks, c, chunks);
        for (p = first; p < end && r == w->ranks->rank; p++)
            memcpy(w->packed + (size_t)p * terms, pass->per_event + (size_t)w->index[p] * terms, terms * sizeof(float));
        if (end > first
            && !passwdi_rank_move(
                w->ranks, r, -1, w->packed + (size_t)first * terms, (size_t)(end - first) * terms * sizeof(float)))
            return 0;
        for (p = first; p < end && r != w->ranks->rank; p++)
            memcpy(pass->per_event + (size_t)w->index[p] * terms, w->packed + (size_t)p * terms, terms * sizeof(float));
    }
    return 1;
}
/* Evaluates the pass: terms (means), and the gradient into w->sums[0 .. floats) if requested. 0: a rank failed. */
static int passwdi_losses(const passwd_model *m, passwd_workspace *w, passwdi_pass *pass, double *terms) {
    const int64_t groups = (pass->count + 15) / 16;
    const int chunks = passwdi_chunks(m, groups);
    int64_t first, *places = w->index;
    size_t k;
    int c;
    for (first = 0; first < pass->count; first += PASSWDI_BLOCK) { /* neighbours in multiplicity, block by block */
        const int count = (int)passwdi_least(pass->count - first, PASSWDI_BLOCK);
        int p;
        passwdi_sort_block(m, pass->batch, pass->index, first, count, w->order);
        for (p = 0; p < count; p++) places[first + p] = first + w->order[p];
    }
    pass->weight = 0.0;
    for (first = 0; first < pass->count; first++)
        pass->weight += (double)passwdi_weight_of(pass->batch, pass->index[first]);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) \
    num_threads(w->threads) if (chunks > 1 && passwdi_is_worth_threads(w, 3.0 * (double)pass->count))
#endif
    for (c = 0; c < chunks; c++) {
        float *sums = pass->inputs ? NULL : w->sums + (size_t)c * m->floats;
        int64_t g;
        if (passwdi_owner(w->ranks, c, chunks) != passwdi_rank(w->ranks)) continue;
        if (pass->gradient && sums) memset(sums, 0, m->floats * sizeof(float));
        for (g = groups * c / chunks; g < groups * (c + 1) / chunks; g += m->side)
            passwdi_loss_group(
                m, w, pass, places + g * 16, (int)passwdi_least(pass->count - g * 16, 16 * m->side), sums);
    }
    if (pass->gradient && !pass->inputs && !passwdi_sum_chunks(m, w, chunks)) return 0;
    if (!passwdi_share_losses(m, w, pass, chunks)) return 0;
    for (k = 0; k < m->n_losses; k++) {
        double sum = 0.0;
        for (first = 0; first < pass->count; first++)
            sum = fma((double)passwdi_weight_of(pass->batch, pass->index[first]),
                (double)pass->per_event[(size_t)first * m->n_losses + k], sum);
        terms[k] = sum;
    }
    return 1;
}
/* Sums become means, and one perhaps its logarithm; returns the factor that this implies for the gradient. */
static double passwdi_loss_means(const passwd_model *m, double weight, double *terms) {
    double factor = 1.0;
    size_t k;
    for (k = 0; k < m->n_losses; k++) {
        terms[k] /= weight;
        if (!m->losses[k].logarithm) continue;
        if (terms[k] < 1e-30) terms[k] = 1e-30;
        factor = 1.0 / terms[k];
        terms[k] = log(terms[k]);
    }
    return factor;
}
/* Allocates the loss terms and places of `count` events. */
static int passwdi_loss_room(passwd_workspace *w, int64_t count) {
    const size_t need = (size_t)count * (w->model->n_losses + 1);
    if (need > w->room_per_event) {
        float *p = (float *)passwdi_new(&w->allocator, need, sizeof *p);
        if (!p) return 0;
        passwdi_delete(&w->allocator, w->per_event);
        w->per_event = p;
        w->room_per_event = need;
        if (w->ranks) {
            passwdi_delete(&w->allocator, w->packed);
            w->packed = (float *)passwdi_new(&w->allocator, need, sizeof *p);
            if (!w->packed) return 0;
        }
    }
    if ((size_t)count > w->room_index) {
        int64_t *p = (int64_t *)passwdi_new(&w->allocator, (size_t)count, 2 * sizeof *p);
        if (!p) return 0;
        passwdi_delete(&w->allocator, w->index);
        w->index = p;
        w->room_index = (size_t)count;
    }
    return 1;
}

/* A pass over all events of a batch. zero: options for when there are none. */
static passwd_status passwdi_pass_begin(const passwd_model *m, passwd_workspace *w, const passwd_batch *b,
    const passwd_loss_options *options, passwd_loss_options *zero, passwdi_pass *pass, passwd_error *error) {
    const passwd_status status = passwdi_check_batch(m, w, b, 1, error);
    int64_t i;
    if (status != PASSWD_OK) return status;
    if (!w->losses || m->n_losses == 0)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The workspace was made without losses, or the model has none.");
    if (b->events < 1) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Losses need at least one event.");
    if (!passwdi_loss_room(w, b->events))
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for the losses of %lld events.", (long long)b->events);
    memset(zero, 0, sizeof *zero);
    memset(pass, 0, sizeof *pass);
    for (i = 0; i < b->events; i++) w->index[w->room_index + (size_t)i] = i;
    pass->batch = b;
    pass->index = w->index + w->room_index;
    pass->count = b->events;
    pass->options = options ? options : zero;
    pass->per_event = w->per_event;
    pass->energy = pass->rest = 1.0;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_losses(const passwd_model *m, passwd_workspace *w, const passwd_batch *b,
    const passwd_loss_options *options, double *terms, float *per_event, float *gradient, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_losses", "PASSWD_NO_TRAINING", error);
    passwd_loss_options zero;
    passwdi_pass pass;
    passwd_status status;
    float factor;
    int64_t i;
    if (!terms) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_losses: terms is NULL.");
    status = passwdi_pass_begin(m, w, b, options, &zero, &pass, error);
    if (status != PASSWD_OK) return status;
    pass.gradient = gradient != NULL;
    if (pass.options->training) passwdi_batch_statistics(m, w, &pass);
    passwdi_losses(m, w, &pass, terms);
    factor = (float)passwdi_loss_means(m, pass.weight, terms);
    if (per_event) memcpy(per_event, w->per_event, (size_t)b->events * m->n_losses * sizeof(float));
    for (i = 0; gradient && i < (int64_t)m->floats; i++) gradient[i] = w->sums[i] * factor;
    return PASSWD_OK;
}
/* With an energy, chains and gradients refer to it alone. */
static int passwdi_has_energy(const passwd_model *m) {
    size_t k;
    for (k = 0; k < m->n_losses; k++)
        if (m->losses[k].contrast) return 1;
    return 0;
}
static double passwdi_energy_of(const passwd_model *m, int energy, const passwd_loss_options *o, size_t loss) {
    return energy && !m->losses[loss].contrast ? 0.0 : (double)passwdi_loss_weight(m->losses + loss, o);
}
PASSWD_DEF passwd_status passwd_gradients(const passwd_model *m, passwd_workspace *w, const passwd_batch *b,
    const passwd_loss_options *options, float *energy, float *const *gradients, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_gradients", "PASSWD_NO_TRAINING", error);
    passwd_loss_options zero;
    passwd_batch plain;
    passwdi_pass pass;
    passwd_status status;
    double terms[64];
    int64_t i;
    size_t k;
    if (!b || !gradients)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_gradients: the batch or the gradients are NULL.");
    plain = *b;
    plain.weights = NULL;
    status = passwdi_pass_begin(m, w, &plain, options, &zero, &pass, error);
    if (status != PASSWD_OK) return status;
    if (m->n_losses > 64)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0, "passwd_gradients: at most 64 losses.");
    for (k = 0; k < m->n_inputs; k++)
        if (gradients[k] && !m->values[m->inputs[k].value].trains)
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "passwd_gradients: input \"%s\" was not marked by passwd_input_trains.", m->inputs[k].name);
    if (pass.options->training && m->batch_norms)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "passwd_gradients: in training, batch norm mixes the events; only in evaluation does each event have a "
            "gradient of its own.");
    pass.gradient = 1;
    pass.inputs = gradients;
    pass.rest = passwdi_has_energy(m) ? 0.0 : 1.0;
    passwdi_losses(m, w, &pass, terms);
    for (i = 0; energy && i < b->events; i++) {
        double sum = 0.0;
        for (k = 0; k < m->n_losses; k++)
            sum = fma(passwdi_energy_of(m, passwdi_has_energy(m), pass.options, k),
                (double)w->per_event[(size_t)i * m->n_losses + k], sum);
        energy[i] = (float)sum;
    }
    return PASSWD_OK;
}

/* Energies of the current chains (may be NULL), and their gradients, kept in the lanes. */
static void passwdi_chain_energies(const passwd_model *m, passwd_workspace *w, passwdi_hand *h, const passwdi_job *job,
    const float *weights, int lanes, float *energy, int back) {
    size_t k;
    int e;
    passwdi_forward(m, w, h, job, 1);
    for (k = 0; k < m->n_losses; k++)
        if (h->gradient[m->losses[k].value]) memset(h->gradient[m->losses[k].value], 0, (size_t)lanes * sizeof(float));
    if (energy)
        for (e = 0; e < lanes; e++) energy[e] = 0.0f;
    for (k = 0; k < m->n_losses; k++)
        if (weights[k] != 0.0f) {
            float *gradient = h->gradient[m->losses[k].value];
            if (energy)
                for (e = 0; e < lanes; e++)
                    energy[e] = passwdi_fmaf(weights[k], h->loss_value[m->losses[k].value][e], energy[e]);
            if (gradient)
                for (e = 0; e < lanes; e++) gradient[e] += weights[k];
        }
    if (back) passwdi_backward(m, w, h, job);
}
enum { PASSWDI_CHAINS = 16 * PASSWDI_CHAIN_SIDE };
/* Up to PASSWDI_CHAINS chains, from start to end without leaving the lanes. totals: energies at start and end, then
   accepted, clipped, held. */
static void passwdi_chain_group(const passwd_model *m, passwd_workspace *w, const passwd_chain_options *o,
    const float *weights, int64_t first, int count, float *x, double *totals, int64_t *lost) {
    const passwd_value v = m->inputs[0].value;
    const size_t size = (size_t)m->values[v].rows * (size_t)m->values[v].features, block = size * 16;
    const int sides = (count + 15) / 16;
    passwdi_hand *h = passwdi_my_hand(w);
    passwd_loss_options lo;
    passwd_batch batch;
    passwdi_job job;
    passwdi_move move;
    const float *inputs[1];
    float energy[2][PASSWDI_CHAINS], begin[PASSWDI_CHAINS], counts[PASSWDI_CHAIN_SIDE][48];
    double sums[PASSWDI_CHAIN_SIDE][48];
    int64_t chains[PASSWDI_CHAINS], step;
    uint32_t ids[PASSWDI_CHAINS];
    size_t i;
    int e, s;
    memset(&lo, 0, sizeof lo);
    memset(&batch, 0, sizeof batch);
    memset(&move, 0, sizeof move);
    memset(counts, 0, sizeof counts);
    memset(sums, 0, sizeof sums);
    inputs[0] = x;
    batch.inputs = inputs;
    for (e = 0; e < count; e++) chains[e] = first + e;
    for (e = 0; e < PASSWDI_CHAINS; e++) ids[e] = (uint32_t)(o->first + first + e);
    passwdi_set_rows(m, h, 1, 0, sides);
    passwdi_loss_job(m, w, h, &lo, &job);
    job.keep = 1;
    for (s = 0; s < sides; s++)
        passwdi_gather(m, h->loss_value, &batch, chains + s * 16, count - s * 16 < 16 ? count - s * 16 : 16, 1, 0, s);
    move.o = o;
    move.size = size;
    passwdi_chain_energies(m, w, h, &job, weights, 16 * sides, energy[0], 1);
    memcpy(begin, energy[0], sizeof begin);
    for (step = 0; step < o->steps; step++) {
        const int last = step + 1 == o->steps;
        move.key[0] = passwd_random_bits(o->seed, 19u, (uint32_t)step);
        move.key[1] = passwd_random_bits(o->seed, 20u, (uint32_t)step);
        for (s = 0; s < 2 * sides; s++) { /* proposals of all, then, with new energies, the decision */
            const int side = s % sides;
            if (s == sides) {
                if (o->metropolis) memcpy(energy[1], energy[0], sizeof energy[1]);
                passwdi_chain_energies(m, w, h, &job, weights, 16 * sides, o->metropolis || last ? energy[0] : NULL,
                    o->metropolis || !last);
                if (!o->metropolis) break;
            }
            move.id = ids + side * 16;
            move.x = h->loss_value[v] + (size_t)side * block;
            move.gradient = h->gradient[v] + (size_t)side * block;
            move.old = h->chain + (size_t)side * 2 * block;
            move.old_gradient = move.old + block;
            move.counts = counts[side];
            move.energy = energy[0] + side * 16;
            move.old_energy = energy[1] + side * 16;
            if (s < sides) w->kernels->propose(&move);
            else w->kernels->choose(&move);
        }
        if ((step + 1) % 1024 == 0 || last)
            for (s = 0; s < sides; s++)
                for (e = 0; e < 48; e++) { /* floats count to 2^24 */
                    sums[s][e] += (double)counts[s][e];
                    counts[s][e] = 0.0f;
                }
    }
    for (e = 0; e < count; e++) {
        const float *from = h->loss_value[v] + (size_t)(e / 16) * block + e % 16;
        int good = energy[0][e] - energy[0][e] == 0.0f && begin[e] - begin[e] == 0.0f;
        for (i = 0; i < size; i++)
            if (!(from[i * 16] - from[i * 16] == 0.0f)) good = 0;
        if (!good) {
            ++*lost;
            continue;
        }
        for (i = 0; i < size; i++) x[(size_t)(first + e) * size + i] = from[i * 16];
        totals[0] += (double)begin[e];
        totals[1] += (double)energy[0][e];
        for (s = 0; s < 3; s++) totals[2 + s] += sums[e / 16][s * 16 + e % 16];
    }
}
static passwd_status passwdi_check_chains(const passwd_model *m, const passwd_workspace *w,
    const passwd_chain_options *o, int64_t chains, const float *x, passwd_error *error) {
    if (!m || !w || w->model != m || !w->losses || !o || (chains > 0 && !x))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_chains_run: needs a model, its workspace made with losses, options and starts.");
    if (m->n_losses == 0 || m->n_inputs != 1 || m->values[m->inputs[0].value].power
        || !m->values[m->inputs[0].value].reached)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "Markov chains need a model with a loss and one input, an event's, marked by passwd_input_trains.");
    if (m->n_losses > 64 || m->batch_norms
        || m->values[m->inputs[0].value].rows * m->values[m->inputs[0].value].features > 4096)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "Markov chains run on models of up to 64 losses and 4,096 numbers per event, without batch norm of the "
            "input.");
    if (chains < 0 || o->steps < 0 || !(o->step >= 0.0f && o->step < 1e30f) || !(o->noise >= 0.0f && o->noise < 1e30f)
        || !(o->clip >= 0.0f) || !(o->low < o->high || (o->low == 0.0f && o->high == 0.0f)) || !(o->temperature >= 0.0f)
        || (o->metropolis && (!(o->noise > 0.0f) || o->sphere)))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Markov chains: steps, step, noise, clip and temperature must not be negative, low must lie below high, "
            "and the Metropolis algorithm needs noise, and no sphere.");
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_chains_run(const passwd_model *m, passwd_workspace *w,
    const passwd_chain_options *options, int64_t chains, float *x, passwd_chain_report *report, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_chains_run", "PASSWD_NO_TRAINING", error);
    const passwd_status status = passwdi_check_chains(m, w, options, chains, x, error);
    passwd_chain_report r;
    passwd_loss_options lo;
    double totals[PASSWDI_CHUNKS][5], moves;
    int64_t lost[PASSWDI_CHUNKS];
    float weights[64];
    size_t k;
    int c, j, together;
    if (status != PASSWD_OK) return status;
    memset(&r, 0, sizeof r);
    memset(&lo, 0, sizeof lo);
    memset(totals, 0, sizeof totals);
    memset(lost, 0, sizeof lost);
    for (k = 0; k < m->n_losses; k++) weights[k] = (float)passwdi_energy_of(m, passwdi_has_energy(m), &lo, k);
    together = 16 * (m->side < PASSWDI_CHAIN_SIDE ? m->side : PASSWDI_CHAIN_SIDE);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic) \
    num_threads(w->threads) if (passwdi_is_worth_threads(w, 2.0 * (double)chains * (double)(options->steps + 1)))
#endif
    for (c = 0; c < PASSWDI_CHUNKS; c++) { /* a fixed share of the groups, so that sums do not depend on threads */
        const int64_t groups = (chains + together - 1) / together;
        int64_t g;
        for (g = groups * c / PASSWDI_CHUNKS; g < groups * (c + 1) / PASSWDI_CHUNKS; g++)
            passwdi_chain_group(m, w, options, weights, g * together,
                (int)passwdi_least(together, chains - g * together), x, totals[c], lost + c);
    }
    for (c = 1; c < PASSWDI_CHUNKS; c++) {
        for (j = 0; j < 5; j++) totals[0][j] += totals[c][j];
        lost[0] += lost[c];
    }
    r.lost = lost[0];
    moves = (double)(chains - r.lost) * (double)options->steps;
    if (chains > r.lost) {
        r.start = totals[0][0] / (double)(chains - r.lost);
        r.end = totals[0][1] / (double)(chains - r.lost);
    } else r.start = r.end = (double)NAN;
    r.acceptance = options->metropolis && moves > 0.0 ? totals[0][2] / moves : 1.0;
    if (moves > 0.0) {
        moves *= (double)(m->values[m->inputs[0].value].rows * m->values[m->inputs[0].value].features);
        r.saturation = totals[0][3] / moves;
        r.outside = totals[0][4] / moves;
    }
    if (report) *report = r;
    return PASSWD_OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   Files
   --------------------------------------------------------------------------------------------------------------- */
/* --- texts: UTF-8, messages, growing strings --- */
#define PASSWDI_TEXT(s) (s), strlen(s)
/* Number of bytes of the first character; 0 at the end of the text or if it is not valid UTF-8 (overlong forms and
   surrogates are not). */
static size_t passwdi_utf8_length(const char *text, size_t length) {
    const unsigned char *s = (const unsigned char *)text;
    const unsigned c = length ? s[0] : 0xFFu;
    const size_t n = c < 0x80 ? 1 : c < 0xC2 || c > 0xF4 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    size_t k;
    if (n > length) return 0;
    for (k = 1; k < n; k++)
        if ((s[k] & 0xC0) != 0x80) return 0;
    if ((c == 0xE0 && s[1] < 0xA0) || (c == 0xED && s[1] > 0x9F) || (c == 0xF0 && s[1] < 0x90)
        || (c == 0xF4 && s[1] > 0x8F))
        return 0;
    return n;
}
/* Text from outside, made short and harmless enough for a message: at most 40 bytes, whole characters, no control
   codes. */
static const char *passwdi_show(char out[48], const char *text, size_t length) {
    size_t i = 0, n;
    for (; i < length; i += n) {
        n = passwdi_utf8_length(text + i, length - i);
        if (i + n > 39) break;
        if (n > 0) memcpy(out + i, text + i, n);
        if (n == 0 || (unsigned char)text[i] < 32 || text[i] == 127) {
            out[i] = '?';
            n = 1;
        }
    }
    memcpy(out + i, i < length ? "..." : "", i < length ? 4 : 1);
    return out;
}
/* The end of a path that is too long for a message. */
static const char *passwdi_show_path(const char *path) {
    const size_t n = strlen(path);
    if (n > 90)
        for (path += n - 90; ((unsigned char)*path & 0xC0) == 0x80; path++) continue;
    return path;
}
/* passwdi_fail with "NAME:LINE:COLUMN: " before the message, or "NAME: " if there is no column. */
static passwd_status passwdi_fail_at(passwd_error *error, passwd_status status, const char *name, int64_t line,
    int64_t column, const char *format, ...) {
    char text[200], place[48] = "";
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (column > 0) snprintf(place, sizeof place, ":%lld:%lld", (long long)line, (long long)column);
    return passwdi_fail(error, status, line, column, "%s%s: %s", passwdi_show_path(name), place, text);
}
static passwd_status passwdi_no_memory(passwd_error *error, const char *name) {
    return passwdi_fail_at(error, PASSWD_ERROR_MEMORY, name, 0, 0, "There is not enough memory.");
}
/* The readers of JSON and CSV keep their first error, at a byte of the current row, as their failure; functions then
   return 0. */
#define PASSWDI_FAIL(s, status, at, ...) \
    (!passwdi_fail_at(&(s)->failure, status, (s)->name, (s)->line, (at) - (s)->row + 1, __VA_ARGS__))
#define PASSWDI_WRONG(s, at, ...) PASSWDI_FAIL(s, PASSWD_ERROR_PARSE, at, __VA_ARGS__)
static void passwdi_put(passwd_text *t, const char *bytes, size_t n) {
    while (!t->status && t->room - t->length <= n) /* one byte is reserved for the zero */
        if (!passwdi_grow(&t->allocator, (void **)&t->text, t->room, &t->room, 1)) t->status = PASSWD_ERROR_MEMORY;
    if (t->status) return;
    if (n) memcpy(t->text + t->length, bytes, n);
    t->length += n;
    t->text[t->length] = 0;
}
static char *passwdi_copy_text(const passwd_allocator *allocator, const char *text, size_t length) {
    char *p = (char *)passwdi_new(allocator, length + 1, 1);
    if (p && length) memcpy(p, text, length);
    return p;
}

/* --- numbers as text --- */
#define PASSWDI_DIGIT(p) ((p) < end && (unsigned)(*(p) - '0') < 10u)
static const double passwdi_powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
    1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
/* m * 10^e. One rounding if m has up to 15 digits and |e| <= 22, as people write; otherwise within a few units of the
   last place. */
static double passwdi_from_decimal(uint64_t m, int64_t e) {
    double value = (double)m;
    for (; e > 22 && value > 0.0 && value < HUGE_VAL; e -= 22) value *= 1e22;
    for (; e < -22 && value > 0.0; e += 22) value /= 1e22;
    return value == 0.0 || value > DBL_MAX ? value : e < 0 ? value / passwdi_powers[-e] : value * passwdi_powers[e];
}
static int passwdi_is_word(const char *p, const char *end, const char *lower) {
    for (; p < end && *lower && (*p | 32) == *lower; p++) lower++;
    return p == end && !*lower;
}
/* Reads all of [begin, end) as a number: 0 not a number, 1 a finite one, 2 NaN or infinite (also if beyond double's
   range). Digits beyond the 19th are ignored. No locale, no hexadecimal. */
static int passwdi_parse_number(const char *begin, const char *end, double *out) {
    const int negative = begin < end && *begin == '-';
    const char *p = begin + (begin < end && (*begin == '-' || *begin == '+')), *const start = p;
    uint64_t m = 0;
    int64_t e = 0, written = 0;
    int point = 0;
    double value;
    for (; p < end; p++) {
        const unsigned digit = (unsigned)(*p - '0');
        if (digit >= 10 && (point || *p != '.')) break;
        if (digit >= 10) point = 1;
        else if (m < 1000000000000000000u) {
            m = m * 10 + digit;
            e -= point;
        } else e += !point;
    }
    if (p == start) {
        if (passwdi_is_word(p, end, "nan")) value = (double)NAN;
        else if (passwdi_is_word(p, end, "inf") || passwdi_is_word(p, end, "infinity")) value = HUGE_VAL;
        else return 0;
    } else {
        if (p - start == point) return 0;
        if (p < end && (*p | 32) == 'e') {
            const int minus = p + 1 < end && p[1] == '-';
            p += 1 + (minus || (p + 1 < end && p[1] == '+'));
            if (!PASSWDI_DIGIT(p)) return 0;
            for (; PASSWDI_DIGIT(p); p++)
                if (written < 1000000000000) written = written * 10 + (*p - '0');
            e += minus ? -written : written;
        }
        if (p != end) return 0;
        value = passwdi_from_decimal(m, e);
    }
    *out = negative ? -value : value;
    return value <= DBL_MAX ? 1 : 2;
}
/* Integers, exactly: plain digits up to 64 bits; "3.0" or "3e2" as long as a double holds every integer. */
static int passwdi_parse_int(const char *begin, const char *end, int64_t *out) {
    const int negative = begin < end && *begin == '-';
    const char *p = begin + (begin < end && (*begin == '-' || *begin == '+'));
    const uint64_t limit = (uint64_t)INT64_MAX + (uint64_t)negative;
    uint64_t value = 0;
    double number;
    if (p == end) return 0;
    for (; PASSWDI_DIGIT(p); p++) {
        const uint64_t d = (uint64_t)(*p - '0');
        if (value > (limit - d) / 10) return 0;
        value = value * 10 + d;
    }
    if (p == end) {
        *out = negative && value ? -(int64_t)(value - 1) - 1 : (int64_t)value;
        return 1;
    }
    if (passwdi_parse_number(begin, end, &number) != 1 || fabs(number) > 9007199254740992.0 || floor(number) != number)
        return 0;
    *out = (int64_t)number;
    return 1;
}
PASSWD_DEF size_t passwd_format_number(char *buffer, double value, int digits) {
    char *b = buffer;
    const char *p = buffer;
    digits = digits < 1 ? 1 : digits > 17 ? 17 : digits;
    if (value != value || fabs(value) > DBL_MAX) strcpy(buffer, value != value ? "nan" : value < 0.0 ? "-inf" : "inf");
    else snprintf(buffer, 32, "%.*g", digits, value);
    for (; *p; p++) { /* a locale's decimal point, of one byte or more, becomes a point */
        if ((unsigned char)*p < 128 && strchr("+-0123456789aefin", *p)) *b++ = *p;
        else if (b[-1] != '.') *b++ = '.';
    }
    *b = 0;
    return (size_t)(b - buffer);
}

PASSWDI_SELDOM
/* --- JSON --- */
#define PASSWDI_AT_NODE(json, node) (json)->name, (json)->nodes[node].line, (json)->nodes[node].column
/* A node, or NULL if it is missing or not of this kind (-1: any). */
static const passwd_json_node *passwdi_json_node(const passwd_json *json, int32_t node, int kind) {
    return json && node >= 0 && node < json->count && (kind < 0 || (int)json->nodes[node].kind == kind)
        ? json->nodes + node
        : NULL;
}
PASSWD_DEF int32_t passwd_json_get(const passwd_json *json, int32_t node, const char *key) {
    const passwd_json_node *object = passwdi_json_node(json, node, PASSWD_JSON_OBJECT);
    int32_t i = object && key ? object->first : -1;
    while (i >= 0 && strcmp(json->nodes[i].key, key) != 0) i = json->nodes[i].next;
    return i;
}
PASSWD_DEF int32_t passwd_json_at(const passwd_json *json, int32_t node, int32_t index) {
    const passwd_json_node *array = passwdi_json_node(json, node, PASSWD_JSON_ARRAY);
    int32_t i = array && index >= 0 ? array->first : -1;
    for (; i >= 0 && index > 0; index--) i = json->nodes[i].next;
    return i;
}

typedef struct passwdi_json_key {
    int32_t object, child;
} passwdi_json_key; /* child 0: a free place */
typedef struct passwdi_json_parser {
    passwd_json json;
    const char *name;
    char *p, *end, *row; /* [p, end) remains to be read, and *end is 0; row: where the line begins */
    int64_t line;
    passwd_error failure;
    passwdi_json_key *keys;
    size_t used, room; /* hash table of the keys of all objects */
} passwdi_json_parser;

/* Skips white space, and c if it comes next: 1. (' ' never does.) */
static int passwdi_json_take(passwdi_json_parser *s, char c) {
    for (; *s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'; s->p++)
        if (*s->p == '\n') {
            s->line++;
            s->row = s->p + 1;
        }
    if (*s->p != c) return 0;
    s->p++;
    return 1;
}
/* Four hexadecimal digits, or -1. */
static int32_t passwdi_json_hex(const char *p) {
    int32_t value = 0;
    int i;
    for (i = 0; i < 4; i++) {
        const int c = p[i] | 32,
                  digit = c >= '0' && c <= '9' && c == p[i] ? c - '0'
            : c >= 'a' && c <= 'f'                          ? c - 'a' + 10
                                                            : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}
/* The XXXX of \uXXXX at s->p as UTF-8 at *w, which lies before it. */
static int passwdi_json_unicode(passwdi_json_parser *s, char **w) {
    int32_t c = passwdi_json_hex(s->p), second;
    int more, k;
    if (c <= 0) return PASSWDI_WRONG(s, s->p, "\\u needs four hexadecimal digits that are not 0000.");
    if (c >= 0xD800 && c <= 0xDFFF) {
        second = s->p[4] == '\\' && s->p[5] == 'u' ? passwdi_json_hex(s->p + 6) : -1;
        if (c > 0xDBFF || second < 0xDC00 || second > 0xDFFF)
            return PASSWDI_WRONG(s, s->p, "Half of a \\u surrogate pair is missing.");
        c = 0x10000 + ((c - 0xD800) << 10) + (second - 0xDC00);
        s->p += 6;
    }
    s->p += 4;
    more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    *(*w)++ = (char)(more == 0 ? c : ((0xF80 >> more) & 0xFF) | (c >> (6 * more)));
    for (k = more - 1; k >= 0; k--) *(*w)++ = (char)(0x80 | ((c >> (6 * k)) & 63));
    return 1;
}
/* The rest of a string after its opening quote, unescaped in place; the closing quote makes room for a zero. NULL: a
   failure. */
static const char *passwdi_json_text(passwdi_json_parser *s, size_t *length) {
    static const char from[] = "\"\\/bfnrt", becomes[] = "\"\\/\b\f\n\r\t";
    char *const start = s->p, *w = start;
    int good = 1;
    while (good && s->p < s->end && *s->p != '"') {
        size_t n = passwdi_utf8_length(s->p, (size_t)(s->end - s->p));
        if (n == 0) good = PASSWDI_WRONG(s, s->p, "This byte is not valid UTF-8.");
        else if ((unsigned char)*s->p < 32)
            good = PASSWDI_WRONG(s, s->p, "A string must not contain control characters.");
        else if (*s->p != '\\')
            while (n--) *w++ = *s->p++;
        else if (++s->p < s->end) {
            const char *which = *s->p ? strchr(from, *s->p) : NULL;
            if (which) *w++ = becomes[which - from];
            else if (*s->p != 'u')
                good = PASSWDI_WRONG(s, s->p, "The character after the backslash is not a valid escape.");
            s->p++;
            if (good && !which) good = passwdi_json_unicode(s, &w);
        }
    }
    if (good && s->p == s->end) good = PASSWDI_WRONG(s, start - 1, "This string has no closing quote.");
    s->p++;
    *length = (size_t)(w - start);
    *w = 0;
    return good ? start : NULL;
}
/* JSON allows fewer spellings of numbers than passwdi_parse_number accepts. */
static int passwdi_json_digits(passwdi_json_parser *s, passwd_json_node *node) {
    const size_t n = strspn(s->p, "+-.0123456789eE");
    const char *const end = s->p + n, *const first = s->p + (*s->p == '-'),
                      *const point = (const char *)memchr(s->p, '.', n);
    int flag =
        PASSWDI_DIGIT(first) && !(*first == '0' && PASSWDI_DIGIT(first + 1)) && (!point || PASSWDI_DIGIT(point + 1));
    if (flag) flag = passwdi_parse_number(s->p, end, &node->number);
    if (flag == 0)
        return PASSWDI_WRONG(s, s->p, "A value is expected: a number, string, object, array, true, false or null.");
    if (flag == 2) return PASSWDI_WRONG(s, s->p, "This number is too large.");
    node->kind = PASSWD_JSON_NUMBER;
    node->text = s->p;
    node->length = n;
    s->p += n;
    return 1;
}
/* The place of a key of an object in the table, or the free one where it belongs (FNV-1a). */
static passwdi_json_key *passwdi_json_place(
    const passwdi_json_parser *s, passwdi_json_key *keys, size_t room, int32_t object, const char *key) {
    uint32_t hash = 2166136261u ^ passwdi_mix((uint32_t)object);
    const char *c;
    size_t k;
    for (c = key; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (k = hash & (room - 1);
         keys[k].child && (keys[k].object != object || strcmp(s->json.nodes[keys[k].child].key, key) != 0);)
        k = (k + 1) & (room - 1);
    return keys + k;
}
/* Stores the key of a child; 0 if its object has it already, or there is no memory. */
static int passwdi_json_remember(passwdi_json_parser *s, int32_t object, int32_t child) {
    const passwd_json *json = &s->json;
    const char *key = json->nodes[child].key;
    passwdi_json_key *place;
    char shown[48];
    size_t k;
    if (2 * s->used >= s->room) {
        const size_t room = s->room ? 2 * s->room : 64;
        passwdi_json_key *keys = (passwdi_json_key *)passwdi_new(&json->allocator, room, sizeof *keys);
        if (!keys) return PASSWDI_FAIL(s, PASSWD_ERROR_MEMORY, s->p, "There is not enough memory.");
        for (k = 0; k < s->room; k++)
            if (s->keys[k].child)
                *passwdi_json_place(s, keys, room, s->keys[k].object, json->nodes[s->keys[k].child].key) = s->keys[k];
        passwdi_delete(&json->allocator, s->keys);
        s->keys = keys;
        s->room = room;
    }
    place = passwdi_json_place(s, s->keys, s->room, object, key);
    if (place->child)
        return !passwdi_fail_at(&s->failure, PASSWD_ERROR_PARSE, PASSWDI_AT_NODE(json, child),
            "The key \"%s\" occurs twice in one object.", passwdi_show(shown, PASSWDI_TEXT(key)));
    place->object = object;
    place->child = child;
    s->used++;
    return 1;
}
static int passwdi_json_value(passwdi_json_parser *s, int depth);
/* The inside of [...] or {...}, where no key may occur twice. */
static int passwdi_json_children(passwdi_json_parser *s, int32_t self, int depth, char close) {
    passwd_json *json = &s->json;
    int32_t last = -1, child;
    size_t length;
    if (passwdi_json_take(s, close)) return 1;
    do {
        const char *key = NULL;
        if (close == '}') {
            if (!passwdi_json_take(s, '"')) return PASSWDI_WRONG(s, s->p, "A key in double quotes is expected.");
            if ((key = passwdi_json_text(s, &length)) == NULL) return 0;
            if (!passwdi_json_take(s, ':')) return PASSWDI_WRONG(s, s->p, "A colon is expected after the key.");
        }
        child = json->count;
        if (!passwdi_json_value(s, depth + 1)) return 0;
        if (key && json->nodes[self].count == PASSWD_JSON_KEYS)
            return PASSWDI_FAIL(s, PASSWD_ERROR_UNSUPPORTED, s->p, "This object has more than 4096 keys.");
        json->nodes[child].key = key;
        if (key && !passwdi_json_remember(s, self, child)) return 0;
        *(last < 0 ? &json->nodes[self].first : &json->nodes[last].next) = child;
        json->nodes[self].count++;
        last = child;
    } while (passwdi_json_take(s, ','));
    return passwdi_json_take(s, close) || PASSWDI_WRONG(s, s->p, "A comma or the closing bracket is expected.");
}
/* The value at s->p becomes the next node, and those after it its children. */
static int passwdi_json_value(passwdi_json_parser *s, int depth) {
    static const char *const words[] = { "null", "false", "true" };
    passwd_json *json = &s->json;
    passwd_json_node *node;
    const int32_t self = json->count;
    int i;
    passwdi_json_take(s, ' ');
    if (depth > PASSWD_JSON_DEPTH)
        return PASSWDI_FAIL(s, PASSWD_ERROR_UNSUPPORTED, s->p, "Arrays and objects are nested more than 64 deep.");
    if (s->p == s->end) return PASSWDI_WRONG(s, s->p, "The text ends where a value should be.");
    if (self == INT32_MAX
        || !passwdi_grow(&json->allocator, (void **)&json->nodes, (size_t)self, &json->room, sizeof *node))
        return PASSWDI_FAIL(s, PASSWD_ERROR_MEMORY, s->p, "There is not enough memory.");
    node = json->nodes + json->count++;
    memset(node, 0, sizeof *node);
    node->first = node->next = -1;
    node->line = s->line;
    node->column = s->p - s->row + 1;
    for (i = 0; i < 3 && strncmp(s->p, words[i], strlen(words[i])) != 0;) i++;
    if (i < 3) {
        node->kind = (passwd_json_kind)i;
        s->p += strlen(words[i]);
        return 1;
    }
    if (passwdi_json_take(s, '{')) {
        node->kind = PASSWD_JSON_OBJECT;
        return passwdi_json_children(s, self, depth, '}');
    }
    if (passwdi_json_take(s, '[')) {
        node->kind = PASSWD_JSON_ARRAY;
        return passwdi_json_children(s, self, depth, ']');
    }
    if (!passwdi_json_take(s, '"')) return passwdi_json_digits(s, node);
    node->kind = PASSWD_JSON_STRING;
    node->text = passwdi_json_text(s, &node->length);
    return node->text != NULL;
}
PASSWD_DEF void passwd_json_free(passwd_json *json) {
    if (!json) return;
    passwdi_delete(&json->allocator, json->nodes);
    passwdi_delete(&json->allocator, json->storage);
    memset(json, 0, sizeof *json);
}
PASSWD_DEF passwd_status passwd_json_parse(const char *text, size_t length, const char *name,
    const passwd_allocator *allocator, passwd_json *json, passwd_error *error) {
    passwdi_json_parser s;
    if (!json || (!text && length))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_json_parse: json or text is NULL.");
    memset(&s, 0, sizeof s);
    if (allocator) s.json.allocator = *allocator;
    snprintf(s.json.name, sizeof s.json.name, "%s", passwdi_show_path(name ? name : "JSON"));
    s.json.storage = s.p = s.row = passwdi_copy_text(allocator, text, length);
    if (!s.p) return passwdi_no_memory(error, s.json.name);
    s.name = s.json.name;
    s.end = s.p + length;
    s.line = 1;
    if (passwdi_json_value(&s, 0)) {
        passwdi_json_take(&s, ' ');
        if (s.p < s.end) (void)PASSWDI_WRONG(&s, s.p, "There is more text after the end of the value.");
    }
    passwdi_delete(allocator, s.keys);
    if (s.failure.status) passwd_json_free(&s.json);
    else *json = s.json;
    if (s.failure.status && error) *error = s.failure;
    return s.failure.status;
}
/* OK if good; else an error that says what this node should be. */
static passwd_status passwdi_json_want(
    const passwd_json *json, int32_t index, int good, const char *what, passwd_error *error) {
    const passwd_json_node *node = passwdi_json_node(json, index, -1);
    char shown[48];
    if (good) return PASSWD_OK;
    if (!node)
        return passwdi_fail_at(error, PASSWD_ERROR_CONFIG, json ? json->name : "JSON", 0, 0,
            "A value that should be %s is missing.", what);
    passwdi_show(shown, PASSWDI_TEXT(node->key ? node->key : "this value"));
    return passwdi_fail_at(
        error, PASSWD_ERROR_CONFIG, PASSWDI_AT_NODE(json, index), "\"%s\" should be %s.", shown, what);
}
PASSWD_DEF passwd_status passwd_json_number(const passwd_json *json, int32_t node, double *out, passwd_error *error) {
    const passwd_json_node *n = passwdi_json_node(json, node, PASSWD_JSON_NUMBER);
    if (n) *out = n->number;
    return passwdi_json_want(json, node, n != NULL, "a number", error);
}
PASSWD_DEF passwd_status passwd_json_int(const passwd_json *json, int32_t node, int64_t *out, passwd_error *error) {
    const passwd_json_node *n = passwdi_json_node(json, node, PASSWD_JSON_NUMBER);
    return passwdi_json_want(
        json, node, n && passwdi_parse_int(n->text, n->text + n->length, out), "an integer", error);
}
PASSWD_DEF passwd_status passwd_json_bool(const passwd_json *json, int32_t node, int *out, passwd_error *error) {
    const int yes = passwdi_json_node(json, node, PASSWD_JSON_TRUE) != NULL,
              good = yes || passwdi_json_node(json, node, PASSWD_JSON_FALSE);
    if (good) *out = yes;
    return passwdi_json_want(json, node, good, "true or false", error);
}
PASSWD_DEF passwd_status passwd_json_string(
    const passwd_json *json, int32_t node, const char **out, passwd_error *error) {
    const passwd_json_node *n = passwdi_json_node(json, node, PASSWD_JSON_STRING);
    if (n) *out = n->text;
    return passwdi_json_want(json, node, n != NULL, "a string", error);
}
PASSWD_DEF void passwd_json_writer_init(passwd_json_writer *w, const passwd_allocator *allocator) {
    memset(w, 0, sizeof *w);
    if (allocator) w->out.allocator = *allocator;
}
PASSWD_DEF void passwd_json_writer_free(passwd_json_writer *w) {
    if (!w) return;
    passwdi_delete(&w->out.allocator, w->out.text);
    memset(w, 0, sizeof *w);
}
/* Writes a key, a value or the beginning of one, after the comma that it may need. */
static void passwdi_json_write(passwd_json_writer *w, const char *text) {
    const size_t n = w->out.length;
    if (n && !strchr("{[:", w->out.text[n - 1])) passwdi_put(&w->out, ",", 1);
    passwdi_put(&w->out, PASSWDI_TEXT(text));
}
PASSWD_DEF void passwd_json_begin_object(passwd_json_writer *w) { passwdi_json_write(w, "{"); }
PASSWD_DEF void passwd_json_end_object(passwd_json_writer *w) { passwdi_put(&w->out, "}", 1); }
PASSWD_DEF void passwd_json_begin_array(passwd_json_writer *w) { passwdi_json_write(w, "["); }
PASSWD_DEF void passwd_json_end_array(passwd_json_writer *w) { passwdi_put(&w->out, "]", 1); }
PASSWD_DEF void passwd_json_write_bool(passwd_json_writer *w, int value) {
    passwdi_json_write(w, value ? "true" : "false");
}
PASSWD_DEF void passwd_json_write_null(passwd_json_writer *w) { passwdi_json_write(w, "null"); }
PASSWD_DEF void passwd_json_write_string(passwd_json_writer *w, const char *text) {
    char escape[8];
    if (!text) w->out.status = PASSWD_ERROR_ARGUMENT;
    passwdi_json_write(w, "\"");
    for (; text && *text; text++) {
        const unsigned char c = (unsigned char)*text;
        const int n = snprintf(escape, sizeof escape, c < 32 ? "\\u%04x" : c == '"' || c == '\\' ? "\\%c" : "%c", c);
        passwdi_put(&w->out, escape, (size_t)n);
    }
    passwdi_put(&w->out, "\"", 1);
}
PASSWD_DEF void passwd_json_key(passwd_json_writer *w, const char *key) {
    passwd_json_write_string(w, key);
    passwdi_put(&w->out, ":", 1);
}
PASSWD_DEF void passwd_json_write_number(passwd_json_writer *w, double value) {
    char text[32];
    double back = 0.0;
    int digits;
    if (!(fabs(value) <= DBL_MAX)) w->out.status = PASSWD_ERROR_NUMERIC;
    for (digits = 15; digits <= 17 && (digits == 15 || back < value || back > value); digits++)
        passwdi_parse_number(text, text + passwd_format_number(text, value, digits), &back);
    passwdi_json_write(w, text);
}
PASSWD_DEF void passwd_json_write_int(passwd_json_writer *w, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    passwdi_json_write(w, text);
}
/* Whether the calls were valid is checked by reading the text again. */
PASSWD_DEF passwd_status passwd_json_finish(
    passwd_json_writer *w, const char **text, size_t *length, passwd_error *error) {
    passwd_json check;
    if (!w->out.status) {
        w->out.status = passwd_json_parse(w->out.text, w->out.length, "JSON writer", &w->out.allocator, &check, error);
        if (!w->out.status) passwd_json_free(&check);
    }
    if (w->out.status == PASSWD_ERROR_MEMORY) return passwdi_no_memory(error, "JSON writer");
    if (w->out.status == PASSWD_ERROR_NUMERIC)
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "JSON cannot hold NaN or infinity.");
    if (w->out.status)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "The calls to the JSON writer do not form one value of UTF-8 text.");
    if (text) *text = w->out.text;
    if (length) *length = w->out.length;
    return PASSWD_OK;
}

/* --- safetensors: 8 bytes header length (little-endian), a JSON header, the data that its offsets cover without gap
   --- */
enum { PASSWDI_HEADER_LIMIT = 100000000, PASSWDI_DTYPES = 9 }; /* the limit is the reference implementation's */
static const struct {
    const char *name;
    unsigned char size;
} passwdi_dtypes[PASSWDI_DTYPES] = { /* as passwd_dtype */
    { "F32", 4 }, { "F64", 8 }, { "F16", 2 }, { "BF16", 2 }, { "I64", 8 }, { "I32", 4 }, { "I8", 1 }, { "U8", 1 },
    { "BOOL", 1 }
};
static uint64_t passwdi_little(const unsigned char *p, size_t bytes) {
    uint64_t value = 0;
    while (bytes--) value = value << 8 | p[bytes];
    return value;
}
/* An array of up to `most` non-negative integers: how many, or -1. */
static int passwdi_json_sizes(const passwd_json *json, int32_t node, int64_t *out, int most) {
    const passwd_json_node *array = passwdi_json_node(json, node, PASSWD_JSON_ARRAY);
    int32_t i = array ? array->first : -1;
    int n = 0;
    if (!array || array->count > most) return -1;
    for (; i >= 0; i = json->nodes[i].next, n++)
        if (passwd_json_int(json, i, out + n, NULL) || out[n] < 0) return -1;
    return n;
}
/* The product of a shape, or -1 if a size is negative or the product too large. */
static int64_t passwdi_shape_count(int rank, const int64_t *shape) {
    int64_t count = 1;
    int k;
    for (k = 0; k < rank; count *= shape[k++])
        if (shape[k] < 0 || (shape[k] > 0 && count > (int64_t)((size_t)-1 / 32) / shape[k])) return -1;
    return rank < 0 ? -1 : count;
}
static passwd_status passwdi_tensor_read(const passwd_json *json, int32_t node, passwd_tensor *t,
    const unsigned char *data, size_t n_data, passwd_error *error) {
    const int32_t shape = passwd_json_get(json, node, "shape"), offsets = passwd_json_get(json, node, "data_offsets");
    const char *dtype = NULL, *wrong = NULL;
    char shown[48];
    int64_t at[2] = { 0, 0 };
    passwd_status status = PASSWD_ERROR_PARSE;
    int k;
    t->name = json->nodes[node].key;
    passwd_json_string(json, passwd_json_get(json, node, "dtype"), &dtype, NULL);
    for (k = 0; dtype && k < PASSWDI_DTYPES && strcmp(passwdi_dtypes[k].name, dtype) != 0;) k++;
    t->dtype = (passwd_dtype)k;
    t->rank = passwdi_json_sizes(json, shape, t->shape, PASSWD_TENSOR_RANK);
    t->count = passwdi_shape_count(t->rank, t->shape);
    if (k == PASSWDI_DTYPES || (shape >= 0 && json->nodes[shape].count > PASSWD_TENSOR_RANK))
        status = PASSWD_ERROR_UNSUPPORTED;
    if (!dtype || k == PASSWDI_DTYPES) wrong = "needs a dtype from F32, F64, F16, BF16, I64, I32, I8, U8, BOOL";
    else if (t->count < 0) wrong = "needs a shape: at most 8 integers, none of them negative or huge";
    else if (passwdi_json_sizes(json, offsets, at, 2) != 2 || (uint64_t)at[1] > n_data
        || at[1] - at[0] != t->count * passwdi_dtypes[k].size)
        wrong = "needs data_offsets: begin and end, with as many bytes as shape and dtype need, within the file";
    passwdi_show(shown, PASSWDI_TEXT(t->name));
    if (wrong) return passwdi_fail_at(error, status, PASSWDI_AT_NODE(json, node), "Tensor \"%s\" %s.", shown, wrong);
    t->data = data + at[0];
    t->bytes = (size_t)(at[1] - at[0]);
    return PASSWD_OK;
}
/* Each byte of the data belongs to one tensor: no two overlap, and together they cover all bytes. */
static int passwdi_tensor_cover(const passwd_tensor_file *file, size_t n_data) {
    const passwd_tensor *t = file->tensors;
    size_t sum = 0;
    int64_t i, k;
    for (i = 0; i < file->count; sum += t[i++].bytes)
        for (k = 0; k < i; k++)
            if (t[i].data < t[k].data + t[k].bytes && t[k].data < t[i].data + t[i].bytes) return 0;
    return sum == n_data;
}
PASSWD_DEF void passwd_tensor_file_free(passwd_tensor_file *file) {
    if (!file) return;
    passwdi_delete(&file->allocator, file->tensors);
    passwdi_delete(&file->allocator, file->storage);
    passwd_json_free(&file->json);
    memset(file, 0, sizeof *file);
}
PASSWD_DEF passwd_status passwd_tensor_file_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_tensor_file *file, passwd_error *error) {
    const unsigned char *data = (const unsigned char *)bytes;
    const uint64_t header = data && count > 8 ? passwdi_little(data, 8) : 0;
    passwd_tensor_file f;
    const passwd_json_node *nodes;
    int32_t i;
    passwd_status status;
    if (!file || (!bytes && count))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_tensor_file_parse: file or bytes is NULL.");
    if (!name) name = "safetensors";
    if (count > 8 && data[8] == '{' && header > PASSWDI_HEADER_LIMIT)
        return passwdi_fail_at(error, PASSWD_ERROR_PARSE, name, 0, 0,
            "The header would have %llu bytes; safetensors allows %d.", (unsigned long long)header,
            (int)PASSWDI_HEADER_LIMIT);
    if (count < 9 || data[8] != '{' || header > count - 8)
        return passwdi_fail_at(
            error, PASSWD_ERROR_PARSE, name, 0, 0, "The file is truncated or not a safetensors file.");
    memset(&f, 0, sizeof f);
    if (allocator) f.allocator = *allocator;
    status = passwd_json_parse((const char *)data + 8, (size_t)header, name, allocator, &f.json, error);
    if (status) return status;
    data += 8 + (size_t)header;
    count -= 8 + (size_t)header;
    nodes = f.json.nodes;
    f.tensors = (passwd_tensor *)passwdi_new(allocator, (size_t)nodes[0].count, sizeof *f.tensors);
    if (!f.tensors) status = passwdi_no_memory(error, name);
    f.metadata = passwd_json_get(&f.json, 0, "__metadata__");
    for (i = nodes[0].first; i >= 0 && !status; i = nodes[i].next)
        if (i != f.metadata) status = passwdi_tensor_read(&f.json, i, f.tensors + f.count++, data, count, error);
    if (f.metadata >= 0 && !status) {
        i = nodes[f.metadata].kind == PASSWD_JSON_OBJECT ? nodes[f.metadata].first : f.metadata;
        while (i >= 0 && nodes[i].kind == PASSWD_JSON_STRING) i = nodes[i].next;
        if (i >= 0)
            status = passwdi_fail_at(
                error, PASSWD_ERROR_PARSE, PASSWDI_AT_NODE(&f.json, i), "__metadata__ should be an object of strings.");
    }
    if (!status && !passwdi_tensor_cover(&f, count))
        status =
            passwdi_fail_at(error, PASSWD_ERROR_PARSE, name, 0, 0, "The tensors overlap or leave a gap in the data.");
    if (status) passwd_tensor_file_free(&f);
    else *file = f;
    return status;
}
/* Reads to the end, without asking for the size: this also works for pipes, and a directory just fails to read. */
PASSWD_DEF passwd_status passwd_tensor_file_load(
    const char *path, const passwd_allocator *allocator, passwd_tensor_file *file, passwd_error *error) {
    passwd_json_writer bytes; /* only as a growing text */
    char chunk[4096];
    size_t got;
    FILE *f;
    passwd_status status;
    if (!file || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_tensor_file_load: file or path is NULL.");
    f = fopen(path, "rb");
    if (!f) return passwdi_fail_at(error, PASSWD_ERROR_IO, path, 0, 0, "This file cannot be opened.");
    passwd_json_writer_init(&bytes, allocator);
    while ((got = fread(chunk, 1, sizeof chunk, f)) > 0) {
        passwdi_put(&bytes.out, chunk, got);
        if (bytes.out.length == got
            && (got < 9 || chunk[8] != '{' || passwdi_little((const unsigned char *)chunk, 8) > PASSWDI_HEADER_LIMIT))
            break; /* not a safetensors file: do not read all of it first */
    }
    if (ferror(f)) status = passwdi_fail_at(error, PASSWD_ERROR_IO, path, 0, 0, "This file cannot be read.");
    else if (bytes.out.status) status = passwdi_no_memory(error, path);
    else status = passwd_tensor_file_parse(bytes.out.text, bytes.out.length, path, allocator, file, error);
    fclose(f);
    if (status) passwd_json_writer_free(&bytes);
    else file->storage = bytes.out.text;
    return status;
}
PASSWD_DEF const passwd_tensor *passwd_tensor_find(const passwd_tensor_file *file, const char *name) {
    int64_t i;
    for (i = 0; file && name && i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0) return file->tensors + i;
    return NULL;
}
PASSWD_DEF const char *passwd_tensor_metadata(const passwd_tensor_file *file, const char *key) {
    const char *value = NULL;
    if (file) passwd_json_string(&file->json, passwd_json_get(&file->json, file->metadata, key), &value, NULL);
    return value;
}
/* One little-endian element, exactly. */
static double passwdi_element(const passwd_tensor *t, int64_t i) {
    const size_t size = passwdi_dtypes[t->dtype].size;
    const uint64_t bits = passwdi_little(t->data + (size_t)i * size, size) << (t->dtype == PASSWD_DTYPE_BF16 ? 16 : 0);
    const uint32_t word = (uint32_t)(bits & 0xFFFFFFFFu);
    const int exponent = (int)(word >> 10 & 31), fraction = (int)(word & 1023); /* of F16 */
    float single;
    double value;
    memcpy(&single, &word, 4);
    memcpy(&value, &bits, 8);
    if (t->dtype != PASSWD_DTYPE_F16) return t->dtype == PASSWD_DTYPE_F64 ? value : (double)single;
    value = exponent == 31 ? (fraction ? (double)NAN : HUGE_VAL)
        : exponent == 0    ? ldexp(fraction, -24)
                           : ldexp(fraction + 1024, exponent - 25);
    return word >> 15 ? -value : value;
}
static passwd_status passwdi_tensor_convert(
    const passwd_tensor *t, float *single, double *out, int64_t count, passwd_error *error) {
    char shown[48];
    int64_t i;
    if (!t || (count && !single && !out))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "The tensor or its output is NULL.");
    passwdi_show(shown, PASSWDI_TEXT(t->name));
    if (t->dtype > PASSWD_DTYPE_BF16)
        return passwdi_fail(
            error, PASSWD_ERROR_UNSUPPORTED, 0, 0, "Tensor \"%s\" does not hold floating-point numbers.", shown);
    if (t->count != count)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "Tensor \"%s\" has %lld values, but %lld are needed.",
            shown, (long long)t->count, (long long)count);
    for (i = 0; i < count; i++) {
        if (single) single[i] = (float)passwdi_element(t, i);
        else out[i] = passwdi_element(t, i);
    }
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_tensor_to_float(
    const passwd_tensor *tensor, float *out, int64_t count, passwd_error *error) {
    return passwdi_tensor_convert(tensor, out, NULL, count, error);
}
PASSWD_DEF passwd_status passwd_tensor_to_double(
    const passwd_tensor *tensor, double *out, int64_t count, passwd_error *error) {
    return passwdi_tensor_convert(tensor, NULL, out, count, error);
}
PASSWD_DEF void passwd_tensor_writer_init(passwd_tensor_writer *w, const passwd_allocator *allocator) {
    memset(w, 0, sizeof *w);
    if (allocator) w->allocator = *allocator;
}
PASSWD_DEF void passwd_tensor_writer_free(passwd_tensor_writer *w) {
    if (!w) return;
    passwdi_delete(&w->allocator, w->tensors);
    passwdi_delete(&w->allocator, (void *)w->metadata);
    memset(w, 0, sizeof *w);
}
PASSWD_DEF passwd_status passwd_tensor_writer_add(passwd_tensor_writer *w, const char *name, passwd_dtype dtype,
    int rank, const int64_t *shape, const void *data, passwd_error *error) {
    passwd_tensor t;
    size_t i = 0;
    if (!w || !name || !*name || strcmp(name, "__metadata__") == 0
        || (dtype != PASSWD_DTYPE_F32 && dtype != PASSWD_DTYPE_F64 && dtype != PASSWD_DTYPE_I64) || rank < 0
        || rank > PASSWD_TENSOR_RANK || (rank && !shape))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A tensor needs a name, not __metadata__, F32, F64 or I64, and rank 0 to 8.");
    memset(&t, 0, sizeof t);
    t.name = name;
    t.dtype = dtype;
    t.rank = rank;
    t.count = passwdi_shape_count(rank, shape);
    if (rank) memcpy(t.shape, shape, (size_t)rank * sizeof *shape);
    while (i < w->count && strcmp(w->tensors[i].name, name) != 0) i++;
    if (t.count < 0 || i < w->count || (t.count && !data))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "A tensor has an invalid shape, no data, or the name of another one.");
    if (!passwdi_grow(&w->allocator, (void **)&w->tensors, w->count, &w->room, sizeof t))
        return passwdi_no_memory(error, "safetensors writer");
    t.data = (const unsigned char *)data;
    t.bytes = (size_t)t.count * passwdi_dtypes[dtype].size;
    w->tensors[w->count++] = t;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_tensor_writer_metadata(
    passwd_tensor_writer *w, const char *key, const char *value, passwd_error *error) {
    if (!w || !key || !value)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Metadata need a writer, a key and a value.");
    if (!passwdi_grow(&w->allocator, (void **)&w->metadata, w->n_metadata, &w->room_metadata, sizeof *w->metadata))
        return passwdi_no_memory(error, "safetensors writer"); /* the room is always even */
    w->metadata[w->n_metadata++] = key;
    w->metadata[w->n_metadata++] = value;
    return PASSWD_OK;
}
static void passwdi_write_ints(passwd_json_writer *json, const char *key, const int64_t *values, int count) {
    int k;
    passwd_json_key(json, key);
    passwd_json_begin_array(json);
    for (k = 0; k < count; k++) passwd_json_write_int(json, values[k]);
    passwd_json_end_array(json);
}
static passwd_status passwdi_tensor_header(
    const passwd_tensor_writer *w, passwd_json_writer *json, passwd_error *error) {
    size_t i;
    int64_t offsets[2] = { 0, 0 };
    passwd_json_begin_object(json);
    if (w->n_metadata) {
        passwd_json_key(json, "__metadata__");
        passwd_json_begin_object(json);
    }
    for (i = 0; i < w->n_metadata; i++) (i % 2 ? passwd_json_write_string : passwd_json_key)(json, w->metadata[i]);
    if (w->n_metadata) passwd_json_end_object(json);
    for (i = 0; i < w->count; i++) {
        const passwd_tensor *t = w->tensors + i;
        passwd_json_key(json, t->name);
        passwd_json_begin_object(json);
        passwd_json_key(json, "dtype");
        passwd_json_write_string(json, passwdi_dtypes[t->dtype].name);
        passwdi_write_ints(json, "shape", t->shape, t->rank);
        offsets[0] = offsets[1];
        offsets[1] += (int64_t)t->bytes;
        passwdi_write_ints(json, "data_offsets", offsets, 2);
        passwd_json_end_object(json);
    }
    passwd_json_end_object(json);
    while (!json->out.status && json->out.length % 8) passwdi_put(&json->out, " ", 1); /* the data begin aligned */
    if (json->out.length > PASSWDI_HEADER_LIMIT)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "Names and metadata of these tensors need a header of %llu bytes; safetensors allows %d.",
            (unsigned long long)json->out.length, (int)PASSWDI_HEADER_LIMIT);
    return passwd_json_finish(json, NULL, NULL, error);
}
/* --- files that appear complete --- */
struct passwd_file {
    passwd_allocator allocator;
    FILE *stream;
    char *path, *temporary; /* the file that is replaced, links followed; NULL: path itself is written */
};
/* Bytes of a path up to its last name. */
static size_t passwdi_folder(const char *path) {
    size_t k, length = 0;
    for (k = 0; path[k]; k++)
        if (path[k] == '/' || path[k] == PASSWDI_SEPARATOR) length = k + 1;
    return length;
}
/* A copy of path, to be freed, with a link at its end resolved. */
static passwd_status passwdi_follow(const passwd_allocator *a, const char *path, char **real, passwd_error *error) {
    *real = passwdi_copy_text(a, path, strlen(path));
#ifdef PASSWDI_POSIX
    {
        enum { LONGEST = 4096, DEEPEST = 40 };
        char *to = (char *)passwdi_new(a, LONGEST + 1, 1);
        int depth = 0;
        while (*real && to && depth < DEEPEST) {
            const ssize_t length = readlink(*real, to, LONGEST);
            size_t folder;
            char *joined;
            if (length < 1) break;
            folder = *to == '/' ? 0 : passwdi_folder(*real);
            joined = (char *)passwdi_new(a, folder + (size_t)length + 1, 1);
            if (joined) {
                memcpy(joined, *real, folder);
                memcpy(joined + folder, to, (size_t)length);
            }
            passwdi_delete(a, *real);
            *real = joined;
            depth++;
        }
        passwdi_delete(a, to);
        if (depth == DEEPEST)
            return passwdi_fail_at(error, PASSWD_ERROR_IO, path, 0, 0, "These symbolic links form a loop.");
        if (!to) return passwdi_no_memory(error, path);
    }
#endif
    return *real ? PASSWD_OK : passwdi_no_memory(error, path);
}
/* Creates a file that did not exist, for writing, or NULL. mode: -1: the default of new files. */
static FILE *passwdi_create_new(const char *name, int mode) {
#if defined(PASSWDI_POSIX) || defined(_WIN32)
    FILE *stream;
#ifdef PASSWDI_POSIX
    const int file = open(name, O_WRONLY | O_CREAT | O_EXCL, mode < 0 ? 0666 : mode);
    if (file < 0) return NULL;
    close(file);
    if (mode >= 0) (void)chmod(name, (mode_t)mode); /* what umask removes */
#else
    const int file = _open(name, _O_WRONLY | _O_CREAT | _O_EXCL, _S_IREAD | _S_IWRITE);
    (void)mode;
    if (file < 0) return NULL;
    _close(file);
#endif
    stream = fopen(name, "wb");
    if (!stream) remove(name);
    return stream;
#else
    (void)mode;
    return fopen(name, "wbx"); /* exclusive since C11 */
#endif
}
/* A file next to the one that it will replace. */
static passwd_status passwdi_create_beside(passwd_file *f, int mode, passwd_error *error) {
    const size_t folder = passwdi_folder(f->path), all = strlen(f->path);
    size_t length = all > folder + 200 ? folder + 200 : all; /* names have a maximum length */
    uint32_t number = passwdi_mix((uint32_t)((uintptr_t)f >> 4));
    int attempt;
    if (all - folder > 255)
        return passwdi_fail_at(
            error, PASSWD_ERROR_IO, f->path, 0, 0, "This name is longer than the 255 bytes that file systems allow.");
    while (length > folder && (f->path[length] & 0xC0) == 0x80) length--; /* whole characters */
    f->temporary = (char *)passwdi_new(&f->allocator, length + 16, 1);
    if (!f->temporary) return passwdi_no_memory(error, f->path);
#ifdef PASSWDI_POSIX
    number += (uint32_t)getpid() * 0x9e3779b9u;
#endif
    memcpy(f->temporary, f->path, length);
    for (attempt = 0; !f->stream && attempt < 100; attempt++) {
        sprintf(f->temporary + length, ".%08lx.tmp", (unsigned long)passwdi_mix(number + (uint32_t)attempt));
        f->stream = passwdi_create_new(f->temporary, mode);
    }
    return f->stream ? PASSWD_OK
                     : passwdi_fail_at(error, PASSWD_ERROR_IO, f->path, 0, 0, "This file cannot be created.");
}
static passwd_status passwdi_file_begin(passwd_file *f, const char *path, passwd_error *error) {
    const passwd_status status = passwdi_follow(&f->allocator, path, &f->path, error);
    int mode = -1;
    if (status) return status;
#ifdef PASSWDI_POSIX
    {
        struct stat s;
        if (stat(f->path, &s) == 0) {
            const int plain = S_ISREG(s.st_mode), file = plain ? open(f->path, O_WRONLY) : -1;
            mode = (int)(s.st_mode & 0777);
            if (file >= 0) close(file);
            else if (plain) return passwdi_fail_at(error, PASSWD_ERROR_IO, path, 0, 0, "This file is not writable.");
            if (!plain) { /* a device, pipe or folder, which a rename must never replace */
                f->stream = fopen(f->path, "wb");
                return f->stream ? PASSWD_OK
                                 : passwdi_fail_at(error, PASSWD_ERROR_IO, path, 0, 0, "This file cannot be created.");
            }
        }
    }
#endif
    return passwdi_create_beside(f, mode, error);
}
/* Waits until what was written to a file, or the names in a folder, are on the disk; 0 if that fails. */
static int passwdi_flush(const char *name, int folder) {
#ifdef PASSWDI_POSIX
    const int file = open(name, folder ? O_RDONLY : O_WRONLY), good = file >= 0 && fsync(file) == 0;
    if (file >= 0) close(file);
    return good;
#elif defined(_WIN32)
    const int file = folder ? -1 : _open(name, _O_WRONLY), good = folder || (file >= 0 && _commit(file) == 0);
    if (file >= 0) _close(file);
    return good;
#else
    (void)name;
    (void)folder;
    return 1;
#endif
}
/* Replaces the old file by the new one; 0 if that fails. */
static int passwdi_file_keep(passwd_file *f) {
    if (!passwdi_flush(f->temporary, 0)) return 0;
#ifdef _WIN32
    remove(f->path); /* on that system rename does not replace */
#endif
    if (rename(f->temporary, f->path)) return 0;
    f->temporary[passwdi_folder(f->temporary)] = 0;
    passwdi_flush(f->temporary[0] ? f->temporary : ".", 1); /* not every system can do it */
    return 1;
}
PASSWD_DEF passwd_status passwd_file_create(
    const char *path, const passwd_allocator *allocator, passwd_file **file, passwd_error *error) {
    passwd_file *f;
    passwd_status status;
    if (!file || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_file_create: file or path is NULL.");
    f = (passwd_file *)passwdi_new(allocator, 1, sizeof *f);
    if (!f) return passwdi_no_memory(error, path);
    if (allocator) f->allocator = *allocator;
    status = passwdi_file_begin(f, path, error);
    if (status) passwd_file_close(f, 0, NULL);
    else *file = f;
    return status;
}
PASSWD_DEF void *passwd_file_stream(passwd_file *f) { return f ? f->stream : NULL; }
PASSWD_DEF passwd_status passwd_file_close(passwd_file *f, int keep, passwd_error *error) {
    passwd_allocator a;
    passwd_status status = PASSWD_OK;
    int good;
    if (!f) return PASSWD_OK;
    a = f->allocator;
    good = f->stream && !ferror(f->stream);
    if (f->stream && fclose(f->stream)) good = 0;
    if (keep && good && f->temporary) good = passwdi_file_keep(f);
    if (f->stream && f->temporary && !(keep && good)) remove(f->temporary);
    if (keep && !good)
        status =
            passwdi_fail_at(error, PASSWD_ERROR_IO, f->path, 0, 0, "This file cannot be written (is the disk full?).");
    passwdi_delete(&a, f->path);
    passwdi_delete(&a, f->temporary);
    passwdi_delete(&a, f);
    return status;
}

/* Writes the header after its length, then the tensors, whose bytes the machine may have in the other order. */
static void passwdi_tensor_write(FILE *f, const passwd_tensor_writer *w, const passwd_text *header) {
    const uint16_t one = 1;
    const size_t swap = *(const unsigned char *)&one ? 0 : (size_t)-1;
    size_t i, k;
    for (k = 0; k < 8; k++) putc((int)((uint64_t)header->length >> (8 * k) & 255), f);
    fwrite(header->text, 1, header->length, f);
    for (i = 0; i < w->count; i++) {
        const passwd_tensor *t = w->tensors + i;
        const size_t flip = swap & (size_t)(passwdi_dtypes[t->dtype].size - 1);
        for (k = 0; k < t->bytes; k++) putc(t->data[k ^ flip], f); /* backwards through each number */
    }
}
PASSWD_DEF passwd_status passwd_tensor_writer_save(
    const passwd_tensor_writer *w, const char *path, passwd_error *error) {
    passwd_json_writer json;
    passwd_file *file = NULL;
    passwd_status status;
    if (!w || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_tensor_writer_save: writer or path is NULL.");
    passwd_json_writer_init(&json, &w->allocator);
    status = passwdi_tensor_header(w, &json, error);
    if (!status) status = passwd_file_create(path, &w->allocator, &file, error);
    if (!status) {
        passwdi_tensor_write(file->stream, w, &json.out);
        status = passwd_file_close(file, 1, error);
    }
    passwd_json_writer_free(&json);
    return status;
}

PASSWDI_SELDOM_END
/* --- events from CSV. The first error is kept in the reader's failure, and ends everything; functions then return 0
   --- */
enum {
    PASSWDI_EVENT,
    PASSWDI_PT,
    PASSWDI_ETA,
    PASSWDI_PHI,
    PASSWDI_E,
    PASSWDI_M,
    PASSWDI_OBJECT,
    PASSWDI_WEIGHT,
    PASSWDI_EXTRA
};

enum { PASSWDI_CSV_AT_ONCE = 1 << 16 };
typedef struct passwdi_field {
    char *begin, *end;
} passwdi_field;
typedef struct passwdi_column {
    char name[48];
    int optional, text, field;
} passwdi_column; /* name as messages show it; field -1: not in this file */
typedef struct passwdi_block {
    uint64_t number, bits;
} passwdi_block; /* the events 64 * number + i whose bit i is set */

struct passwd_event_reader {
    passwd_allocator allocator;
    FILE *file;
    passwd_read read;
    void *user;
    char name[96];       /* file: to be closed, or NULL */
    char *row, *row_end; /* [begin, end) of the buffer is unread; the current row, followed by a byte that is not a
                            space */
    size_t begin, end;
    size_t next, marked; /* the row that begins at next: its marks up to the byte marked are in marks */
    uint64_t marks;
    int at_end, have_row, n_numbers, table;
    int64_t line, total; /* lines read, events returned */
    passwdi_field *field;
    size_t n_fields, n_row, room_fields; /* of the header, of the current row */
    passwd_skipped *skip;
    int bad, closed;          /* with skip: an event, bad_id, is passed over; the last one has ended */
    int64_t bad_id, forgiven; /* forgiven: line of the last row that was passed over */
    passwdi_column *column;   /* the eight above, the extra numbers */
    passwd_names types, texts;
    passwdi_block *seen;
    size_t n_seen, room_seen; /* hash table of the events seen */
    passwd_events work;       /* the current batch; it becomes the caller's when complete */
    passwd_error failure;     /* once not OK, it stays so */
    char buffer[PASSWD_CSV_BUFFER + 8];
};

static int passwdi_csv_memory(passwd_event_reader *r) { return !passwdi_no_memory(&r->failure, r->name); }
static int passwdi_csv_has(const passwd_event_reader *r, int column) { return r->column[column].field >= 0; }
static passwdi_field passwdi_csv_get(const passwd_event_reader *r, int column) {
    return r->field[r->column[column].field];
}
static char *passwdi_csv_skip(char *p) { /* spaces */
    while (*p == ' ' || *p == '\t') p++;
    return p;
}
/* Index of a text in a dictionary, to which it is added if new; -1 if there is no memory. */
static int32_t passwdi_names_index(const passwd_allocator *a, passwd_names *names, const char *text, size_t length) {
    int32_t i;
    for (i = 0; i < names->count; i++)
        if (strncmp(names->name[i], text, length) == 0 && strlen(names->name[i]) == length) return i;
    if (!passwdi_grow(a, (void **)&names->name, (size_t)i, &names->room, sizeof *names->name)
        || (names->name[i] = passwdi_copy_text(a, text, length)) == NULL)
        return -1;
    return names->count++;
}
static void passwdi_names_free(const passwd_allocator *a, passwd_names *names) {
    while (names->count > 0) passwdi_delete(a, names->name[--names->count]);
    passwdi_delete(a, names->name);
}
/* The next line without its end; 0 at the end of the source and after a failure. */
static int passwdi_csv_line(passwd_event_reader *r) {
    size_t scanned = r->begin, space, got;
    char *found;
    while ((found = (char *)memchr(r->buffer + scanned, '\n', r->end - scanned)) == NULL) {
        if (r->at_end) return 0;
        scanned = r->end -= r->begin;
        r->row = (char *)memmove(r->buffer, r->buffer + r->begin, r->end);
        r->begin = 0;
        space = PASSWD_CSV_BUFFER - r->end;
        r->line += space == 0;
        if (space == 0) return PASSWDI_WRONG(r, r->row, "This row is longer than 1 MiB.");
        if (space > PASSWDI_CSV_AT_ONCE) space = PASSWDI_CSV_AT_ONCE; /* what stays in the cache */
        got = r->read(r->user, r->buffer + r->end, space);
        if (got > space)
            return !passwdi_fail_at(&r->failure, PASSWD_ERROR_IO, r->name, r->line, 0,
                "Reading failed after line %lld.", (long long)r->line);
        r->end += got;
        r->at_end = got == 0;
        if (r->at_end && r->end > 0) r->buffer[r->end++] = '\n'; /* which the last line may lack */
    }
    r->row = r->buffer + r->begin;
    r->row_end = found - (found > r->row && found[-1] == '\r');
    r->begin = (size_t)(found - r->buffer) + 1;
    r->line++;
    return 1;
}
/* One field, without the spaces around it; *cursor advances to the next, or becomes NULL after the line's last. A
   quoted field is unescaped in place. */
static int passwdi_csv_field(passwd_event_reader *r, char **cursor, passwdi_field *f) {
    char *const end = r->row_end, *p = passwdi_csv_skip(*cursor), *w;
    f->begin = p;
    if (*p == '"') {
        for (f->begin = w = ++p; p < end && (*p != '"' || p[1] == '"'); *w++ = *p++)
            if (*p == '"') p++;
        if (p == end) return PASSWDI_WRONG(r, f->begin - 1, "This quoted field does not end on its line.");
        f->end = w;
        p = passwdi_csv_skip(p + 1);
        if (p < end && *p != ',') return PASSWDI_WRONG(r, p, "A comma is expected after a closing quote.");
    } else {
        while (p < end && *p != ',') p++;
        for (f->end = p; f->end > f->begin && (f->end[-1] == ' ' || f->end[-1] == '\t'); f->end--) continue;
    }
    *cursor = p < end ? p + 1 : NULL;
    return 1;
}
/* --- rows as programs write them, without quotes, spaces and comments, eight bytes at a time in one word; everything
   else, and all that is wrong, is left to the functions above --- */
#define PASSWDI_BYTES(byte) ((byte) * (uint64_t)0x0101010101010101u)
#define PASSWDI_BYTE(p, i) ((uint64_t)(unsigned char)(p)[i] << 8 * (i))
static PASSWDI_ALWAYS uint64_t passwdi_eight(const char *p) { /* compilers load them at once */
    return PASSWDI_BYTE(p, 0) | PASSWDI_BYTE(p, 1) | PASSWDI_BYTE(p, 2) | PASSWDI_BYTE(p, 3) | PASSWDI_BYTE(p, 4)
        | PASSWDI_BYTE(p, 5) | PASSWDI_BYTE(p, 6) | PASSWDI_BYTE(p, 7);
}
/* the highest bit of every byte that is `least` or more, for bytes and least up to 128 */
#define PASSWDI_FROM(bytes, least) ((bytes) + PASSWDI_BYTES(128 - (least)))
/* Of 64 bytes, those that are commas or below '$': ends of fields and lines, and what is not as simple. */
static uint64_t passwdi_csv_marks(const char *p) {
    uint64_t marks = 0;
    int i;
    for (i = 0; i < 64; i += 8) {
        const uint64_t w = passwdi_eight(p + i), low = w & PASSWDI_BYTES(127), other = low ^ PASSWDI_BYTES(',');
        const uint64_t none = (PASSWDI_FROM(low, '$') & PASSWDI_FROM(other, 1)) | w;
        marks |= ((~none & PASSWDI_BYTES(128)) >> 7) * 0x0102040810204080u >> 56 << i;
    }
    return marks;
}
/* place of the lowest bit: these products' six highest bits all differ */
static PASSWDI_ALWAYS int passwdi_lowest(uint64_t bits) {
    static const char place[65] =
        "\0\1\2\7\3\15\10\23\4\31\16\34\11\42\24\50\5\21\32\46\17\56\35\60\12\37\43\66\25\62\51\71"
        "\77\6\14\22\30\33\41\47\20\45\55\57\36\65\61\70\76\13\27\40\44\54\64\67\75\26\53\63\74\52\73\72";
    return place[(bits & (0 - bits)) * 0x0218A392CD3D5DBFu >> 58];
}
static int passwdi_csv_plain(passwd_event_reader *r) {
    passwdi_field *f = r->field, *const last = f + r->n_fields - 1;
    char *begin = r->buffer + r->begin, *at;
    size_t marked = r->next == r->begin ? r->marked : r->begin;
    uint64_t marks = r->next == r->begin ? r->marks : 0;
    r->next = (size_t)-1;
    r->row = begin;
    for (;; f++) {
        for (; marks == 0; marked += 64) {
            if (marked + 64 > r->end) return 0;
            marks = passwdi_csv_marks(r->buffer + marked);
        }
        at = r->buffer + (marked - 64) + passwdi_lowest(marks);
        marks &= marks - 1;
        f->begin = begin;
        f->end = at;
        begin = at + 1;
        if (*at != ',') break;
        if (f == last) return 0;
    }
    if (*at == '\r' && marks && *begin++ == '\n') marks &= marks - 1;
    else if (*at != '\n') return 0;
    if (f != last || r->row == at) return 0;
    r->row_end = at;
    r->n_row = r->n_fields;
    r->line++;
    r->begin = r->next = (size_t)(begin - r->buffer);
    r->marked = marked;
    r->marks = marks;
    return 1;
}
/* n of up to 8 digits with up to one point, with `decimals` behind it (-1: there is none); UINT64_MAX: something else.
   All 8 bytes are read. */
static PASSWDI_ALWAYS uint64_t passwdi_csv_digits(const char *p, int n, int *decimals) {
    uint64_t w = (passwdi_eight(p) ^ PASSWDI_BYTES('0')) << (64 - 8 * n); /* zeros come first */
    const uint64_t other = (PASSWDI_FROM(w & PASSWDI_BYTES(127), 10) | w) & PASSWDI_BYTES(128), bit = other >> 7;
    *decimals = -1;
    if (other) { /* what stands before a point moves on */
        const uint64_t point = bit * ('.' ^ '0'), before = w & (bit - 1);
        if ((other & (other - 1)) || (w & bit * 255) != point) return UINT64_MAX;
        *decimals = (int)(bit * 0x0706050403020100u >> 56);
        w += (before << 8) - before - point;
    }
    w = w * 10 + (w >> 8);
    w = (w & 0x00ff00ff00ff00ffu) * 100 + (w >> 16 & 0x00ff00ff00ff00ffu);
    return (w & 0xffff) * 10000 + (w >> 32 & 0xffff);
}
/* Up to 16 characters of passwdi_parse_number, without exponent; 0: something else. Up to 7 bytes behind are read. */
static PASSWDI_APART int passwdi_csv_long(const char *p, int n, double *out) {
    int decimals, more;
    uint64_t first, rest;
    if (n > 16) return 0;
    first = passwdi_csv_digits(p, 8, &decimals);
    rest = passwdi_csv_digits(p + 8, n - 8, &more);
    if (first == UINT64_MAX || rest == UINT64_MAX || (decimals >= 0 && more >= 0)) return 0;
    if (decimals >= 0) decimals += n - 8;
    else decimals = more > 0 ? more : 0;
    *out = (double)(int64_t)(first * (uint64_t)passwdi_powers[n - 8 - (more >= 0)] + rest) / passwdi_powers[decimals];
    return 1;
}
static PASSWDI_ALWAYS int passwdi_csv_number(passwdi_field f, double *out) {
    static const double sign[] = { 1.0, -1.0 };
    const int negative = *f.begin == '-', n = (int)(f.end - f.begin) - negative;
    int decimals;
    uint64_t digits;
    if (n > 8) {
        if (!passwdi_csv_long(f.begin + negative, n, out)) return 0;
    } else {
        digits = n > 0 ? passwdi_csv_digits(f.begin + negative, n, &decimals) : UINT64_MAX;
        if (digits == UINT64_MAX || (n == 1 && decimals == 0)) return 0;
        *out = (double)(int64_t)digits / passwdi_powers[decimals > 0 ? decimals : 0];
    }
    *out *= sign[negative];
    return 1;
}
/* The next line that is neither blank nor a comment, split into fields; 0 at the end and after a failure. */
static int passwdi_csv_row(passwd_event_reader *r) {
    char *p;
    size_t n;
    if (r->n_fields > 0 && passwdi_csv_plain(r)) return 1;
    do {
        if (!passwdi_csv_line(r)) return 0;
        if (r->line == 1 && strncmp(r->row, "\xEF\xBB\xBF", 3) == 0) r->row += 3;
        if (r->line == 1 && (unsigned char)*r->row >= 0xFE)
            return PASSWDI_WRONG(r, r->row, "This is UTF-16 text, not UTF-8.");
        p = passwdi_csv_skip(r->row);
    } while (p == r->row_end || *p == '#');
    for (n = r->n_row = 0; p; r->n_row = ++n) {
        if (!passwdi_grow(&r->allocator, (void **)&r->field, n, &r->room_fields, sizeof *r->field))
            return passwdi_csv_memory(r);
        if (!passwdi_csv_field(r, &p, r->field + n)) return 0;
    }
    if (r->n_fields == 0) r->n_fields = n; /* the header */
    return n == r->n_fields
        || PASSWDI_WRONG(r, n > r->n_fields ? r->field[r->n_fields - 1].end : r->row_end,
            "This row has %u fields, but the header has %u.", (unsigned)n, (unsigned)r->n_fields);
}
/* Appends ", item" to a list of 80 bytes, and "..." if it is full. */
static void passwdi_list(char list[80], const char *item, size_t length) {
    char shown[48];
    const size_t used = strlen(list);
    passwdi_show(shown, item, length);
    if (used + strlen(shown) + 6 < 80) sprintf(list + used, "%s%s", used ? ", " : "", shown);
    else if (used < 4 || strcmp(list + used - 3, "...") != 0) memcpy(list + used, "...", 4);
}
/* Reads the header line, and finds the columns that are known or requested. */
static int passwdi_csv_header(passwd_event_reader *r, const passwd_event_options *o) {
    static const char *const known[] = { "event", "pt", "eta", "phi", "e", "m", "object?", "weight?" };
    char missing[80] = "", found[80] = "";
    const int jets = o && o->jets;
    int i;
    size_t k;
    if (!passwdi_csv_row(r)) return 0; /* an empty source is reported by the first read */
    for (k = 0; k < r->n_fields; k++)
        passwdi_list(found, r->field[k].begin, (size_t)(r->field[k].end - r->field[k].begin));
    for (i = 0; i < PASSWDI_EXTRA + r->n_numbers; i++) {
        const char *asked = i >= PASSWDI_EXTRA ? o->numbers[i - PASSWDI_EXTRA]
            : i == PASSWDI_EVENT && jets       ? "jet"
                                               : known[i],
                   *name = asked + (asked[0] == '$');
        const size_t all = strlen(name), length = all - (all > 1 && name[all - 1] == '?');
        passwdi_column *c = r->column + i;
        c->text = name > asked;
        if (c->text && passwdi_names_index(&r->allocator, &r->texts, "", 0) < 0) return passwdi_csv_memory(r);
        c->optional = (length < all && !(i == PASSWDI_OBJECT && o && o->require_object)) || (i == PASSWDI_M && jets);
        c->field = -1;
        if (r->table && i < PASSWDI_EXTRA) continue;
        passwdi_show(c->name, name, length);
        for (k = 0; k < r->n_fields; k++) {
            const passwdi_field *f = r->field + k;
            if (length != (size_t)(f->end - f->begin) || memcmp(f->begin, name, length) != 0) continue;
            if (c->field >= 0) return PASSWDI_WRONG(r, f->begin, "The column \"%s\" occurs twice.", c->name);
            c->field = (int)k;
        }
        if (c->field >= 0 || c->optional || i == PASSWDI_E) continue;
        if (i != PASSWDI_M) passwdi_list(missing, name, length);
        else if (c[-1].field < 0) passwdi_list(missing, "m or e", 6);
    }
    if (missing[0]) return PASSWDI_WRONG(r, r->row, "Columns are missing: %s. Found: %s.", missing, found);
    return passwdi_csv_has(r, PASSWDI_OBJECT) || passwdi_names_index(&r->allocator, &r->types, "j", 1) == 0
        || passwdi_csv_memory(r);
}
static PASSWDI_APART int passwdi_csv_other(passwd_event_reader *r, int column, double *out) {
    const passwdi_column *c = r->column + column;
    const passwdi_field f = r->field[c->field];
    char shown[48];
    const int flag = passwdi_parse_number(f.begin, f.end, out);
    if (flag == 1 && fabs(*out) <= FLT_MAX) return 1;
    passwdi_show(shown, f.begin, (size_t)(f.end - f.begin));
    return PASSWDI_FAIL(r, flag ? PASSWD_ERROR_NUMERIC : PASSWD_ERROR_PARSE, f.begin,
        "%s should be %s, but is %s\"%s\".", c->name, flag ? "finite and in range" : "a number",
        *shown ? "" : "empty: ", shown);
}
/* A finite number that fits a float; *out is unchanged if an optional column is missing or empty. */
static int passwdi_csv_value(passwd_event_reader *r, int column, double *out) {
    const passwdi_column *c = r->column + column;
    const passwdi_field *f = r->field + (c->field < 0 ? 0 : c->field);
    if (c->optional && (c->field < 0 || f->begin == f->end)) return 1;
    return passwdi_csv_number(*f, out) || passwdi_csv_other(r, column, out);
}
static int passwdi_csv_text(passwd_event_reader *r, int column, passwd_names *names, int32_t *out) {
    const passwdi_field f = passwdi_csv_get(r, column);
    const int32_t known = names->count;
    const char *p = f.begin;
    size_t n;
    if (column == PASSWDI_OBJECT && f.begin == f.end) return PASSWDI_WRONG(r, f.begin, "The field object is empty.");
    *out = passwdi_names_index(&r->allocator, names, f.begin, (size_t)(f.end - f.begin));
    if (*out < 0) return passwdi_csv_memory(r);
    while (*out == known && p < f.end && *p && (n = passwdi_utf8_length(p, (size_t)(f.end - p))) > 0) p += n;
    if (*out < known || (known < PASSWD_CSV_TYPES && p == f.end)) return 1;
    return PASSWDI_WRONG(r, f.begin, "This text is not valid UTF-8, contains a zero, or is the 4097th distinct one.");
}
/* The arrays of a batch: 4 of events, 6 of objects, the numbers. */
static void **passwdi_events_array(passwd_events *v, int i) {
#define PASSWDI_ARRAY(field) offsetof(passwd_events, field)
    static const size_t fixed[] = { PASSWDI_ARRAY(first), PASSWDI_ARRAY(id), PASSWDI_ARRAY(line), PASSWDI_ARRAY(weight),
        PASSWDI_ARRAY(pt), PASSWDI_ARRAY(eta), PASSWDI_ARRAY(phi), PASSWDI_ARRAY(m), PASSWDI_ARRAY(e),
        PASSWDI_ARRAY(type) };
#undef PASSWDI_ARRAY
    return i < 10 ? (void **)(void *)((char *)v + fixed[i]) : (void **)&v->number[i - 10];
}
/* Doubles the room of the arrays i to end - 1: 8 bytes per item, types 4. r: the reader with their columns, or NULL. */
static int passwdi_events_grow(passwd_events *v, const passwd_event_reader *r, size_t *room, int i, int end) {
    size_t larger = *room;
    for (; i < end; i++) {
        void **array = passwdi_events_array(v, i);
        /* a missing column has no array */
        if (i >= 10 && (r ? !passwdi_csv_has(r, PASSWDI_EXTRA + i - 10) : *room > 0 && !*array)) continue;
        larger = *room;
        if (!passwdi_grow(&v->allocator, array, *room, &larger, i == 9 ? 4 : 8)) return 0;
    }
    *room = larger;
    if (v->count == 0 && v->first) v->first[0] = 0;
    return 1;
}
static int passwdi_events_room(passwd_event_reader *r) {
    return passwdi_events_grow(&r->work, r, &r->work.event_room, 0, 4) || passwdi_csv_memory(r);
}
static int passwdi_objects_room(passwd_event_reader *r) {
    return passwdi_events_grow(&r->work, r, &r->work.object_room, 4, 10 + r->n_numbers) || passwdi_csv_memory(r);
}
PASSWD_DEF void passwd_events_free(passwd_events *v) {
    int i;
    if (!v) return;
    for (i = 0; i < 10 + v->n_numbers; i++) passwdi_delete(&v->allocator, *passwdi_events_array(v, i));
    passwdi_names_free(&v->allocator, &v->type_names);
    passwdi_names_free(&v->allocator, &v->texts);
    passwdi_delete(&v->allocator, v->number);
    memset(v, 0, sizeof *v);
}
/* Only for a message, after which the reader is finished: reads a file again to find where an event began. 0:
   unknown. */
static int64_t passwdi_events_first_line(passwd_event_reader *r, int64_t id) {
    int64_t here;
    for (here = 0; here < r->work.count; here++)
        if (r->work.id[here] == id) return r->work.line[here];
    if (!r->file || fseek(r->file, 0, SEEK_SET)) return 0;
    r->begin = r->end = 0;
    r->line = r->at_end = 0;
    while (passwdi_csv_row(r)) {
        const passwdi_field f = passwdi_csv_get(r, PASSWDI_EVENT);
        if (passwdi_parse_int(f.begin, f.end, &here) && here == id) return r->line;
    }
    return 0;
}
static passwdi_block *passwdi_find_block(passwdi_block *table, size_t room, uint64_t number) {
    size_t k = (size_t)((number * 0x9E3779B97F4A7C15u) >> 32) & (room - 1);
    while (table[k].bits && table[k].number != number) k = (k + 1) & (room - 1);
    return table + k;
}
/* A new event, which must not have occurred before. */
static int passwdi_events_begin(passwd_event_reader *r, int64_t id, double weight) {
    passwd_events *v = &r->work;
    const uint64_t number = (uint64_t)id >> 6, bit = (uint64_t)1 << ((uint64_t)id & 63);
    passwdi_block *b;
    size_t k;
    if (2 * r->n_seen >= r->room_seen) {
        const size_t room = r->room_seen ? 2 * r->room_seen : 64;
        passwdi_block *table = (passwdi_block *)passwdi_new(&r->allocator, room, sizeof *table);
        if (!table) return passwdi_csv_memory(r);
        for (k = 0; k < r->room_seen; k++)
            if (r->seen[k].bits) *passwdi_find_block(table, room, r->seen[k].number) = r->seen[k];
        passwdi_delete(&r->allocator, r->seen);
        r->seen = table;
        r->room_seen = room;
    }
    b = passwdi_find_block(r->seen, r->room_seen, number);
    if ((b->bits & bit) && !r->table) {
        const int64_t line = r->line, column = passwdi_csv_get(r, PASSWDI_EVENT).begin - r->row + 1,
                      first = r->skip ? 0 : passwdi_events_first_line(r, id);
        const int jets = r->column[PASSWDI_EVENT].name[0] == 'j';
        char began[48] = "";
        if (first > 0) sprintf(began, " it began in line %lld.", (long long)first);
        return !passwdi_fail_at(&r->failure, PASSWD_ERROR_PARSE, r->name, line, column,
            "%s %lld continues in line %lld after other %s;%s "
            "The rows of %s must be contiguous.",
            jets ? "Jet" : "Event", (long long)id, (long long)line, jets ? "jets" : "events", began,
            jets ? "a jet" : "an event");
    }
    if ((size_t)v->count + 2 > v->event_room && !passwdi_events_room(r)) return 0;
    r->n_seen += b->bits == 0;
    b->number = number;
    b->bits |= bit;
    v->id[v->count] = id;
    v->line[v->count] = r->line;
    v->weight[v->count] = weight;
    v->first[v->count++] = v->objects;
    return 1;
}
/* An object in row k: mass is its m or e. Returns 0, or what is invalid: 1 pt, 2 eta, 3 mass, 4 the resulting
   energy. */
static int passwdi_events_object(passwd_events *v, int64_t k, const double p[3], double mass, int has_e) {
    const double momentum = p[0] * cosh(p[1]);
    double m = mass, e = mass;
    if (p[0] < 0.0) return 1;
    if (fabs(p[1]) > 20.0) return 2;
    if (mass < (has_e ? 0.0 : -1e-3 * momentum))
        return 3; /* a value slightly below 0 is how rounding shows
                     massless objects */
    if (has_e) m = passwdi_mass_from(momentum, e);
    else e = passwdi_energy_from(momentum, m > 0.0 ? m : 0.0);
    if (!(e <= FLT_MAX)) return 4;
    v->pt[k] = p[0];
    v->eta[k] = p[1];
    v->phi[k] = p[2];
    v->m[k] = m > 0.0 ? m : 0.0;
    v->e[k] = e;
    return 0;
}
static int passwdi_events_momentum(passwd_event_reader *r, passwd_events *v, int64_t k) {
    const int has_e = passwdi_csv_has(r, PASSWDI_E), mass = has_e ? PASSWDI_E : PASSWDI_M;
    double p[3], m = 0.0;
    if (!passwdi_csv_value(r, PASSWDI_PT, p) || !passwdi_csv_value(r, PASSWDI_ETA, p + 1)
        || !passwdi_csv_value(r, PASSWDI_PHI, p + 2) || !passwdi_csv_value(r, mass, &m))
        return 0;
    switch (passwdi_events_object(v, k, p, m, has_e)) {
    case 1: return PASSWDI_WRONG(r, passwdi_csv_get(r, PASSWDI_PT).begin, "pt must not be negative.");
    case 2: return PASSWDI_WRONG(r, passwdi_csv_get(r, PASSWDI_ETA).begin, "|eta| must not exceed 20.");
    case 3: return PASSWDI_WRONG(r, passwdi_csv_get(r, mass).begin, "m or e must not be negative.");
    case 4:
        return PASSWDI_FAIL(
            r, PASSWD_ERROR_NUMERIC, passwdi_csv_get(r, PASSWDI_PT).begin, "The energy is out of range.");
    }
    return 1;
}
/* Adds the current row to the batch; -1 if it would begin one event too many. */
static int passwdi_events_row(passwd_event_reader *r, int64_t max_events) {
    passwd_events *v = &r->work;
    const passwdi_field f = r->field[r->table ? 0 : r->column[PASSWDI_EVENT].field];
    const int64_t k = v->objects;
    double x = 1.0, number;
    int64_t id = r->total + v->count;
    int i;
    if (!r->table && f.end - f.begin < 16 && passwdi_csv_number(f, &number) && number == (double)(int64_t)number)
        id = (int64_t)number;
    else if (!r->table && !passwdi_parse_int(f.begin, f.end, &id))
        return PASSWDI_WRONG(r, f.begin, "%s should be an integer.", r->column[PASSWDI_EVENT].name);
    if (r->bad && id == r->bad_id) return 1; /* the rest of an event that is passed over */
    if (!passwdi_csv_value(r, PASSWDI_WEIGHT, &x)) return 0;
    if (v->count == 0 || v->id[v->count - 1] != id || r->closed) {
        if (v->count == max_events && v->id[v->count - 1] != id) return -1;
        if (!passwdi_events_begin(r, id, x)) return 0;
        r->closed = 0;
    }
    if ((size_t)k == v->object_room && !passwdi_objects_room(r)) return 0;
    v->type[k] = 0; /* "j" */
    if ((!r->table && !passwdi_events_momentum(r, v, k))
        || (passwdi_csv_has(r, PASSWDI_OBJECT) && !passwdi_csv_text(r, PASSWDI_OBJECT, &r->types, v->type + k)))
        return 0;
    for (i = 0; i < r->n_numbers; i++) {
        int32_t text = 0;
        x = (double)NAN;
        if (!v->number[i]) continue;
        if (r->column[PASSWDI_EXTRA + i].text ? !passwdi_csv_text(r, PASSWDI_EXTRA + i, &r->texts, &text)
                                              : !passwdi_csv_value(r, PASSWDI_EXTRA + i, &x))
            return 0;
        v->number[i][k] = r->column[PASSWDI_EXTRA + i].text ? (double)text : x;
    }
    v->first[v->count] = ++v->objects;
    return 1;
}
/* After a row that was refused: its event is forgotten, and the failure; 0 where nothing was refused, or it cannot be
   passed over. */
static int passwdi_events_forgive(passwd_event_reader *r) {
    passwd_events *v = &r->work;
    const passwd_status status = r->failure.status;
    const size_t column = r->table ? 0 : (size_t)r->column[PASSWDI_EVENT].field;
    const int64_t last = v->count > 0 ? v->id[v->count - 1] : 0;
    int64_t id = 0;
    int known = 0;
    if (!r->skip || r->line <= r->forgiven || (status != PASSWD_ERROR_PARSE && status != PASSWD_ERROR_NUMERIC))
        return 0;
    r->forgiven = r->line;
    if (!r->table && column < r->n_row) known = passwdi_parse_int(r->field[column].begin, r->field[column].end, &id);
    if (!r->table && !known && v->count > 0 && !r->closed) {
        id = last;
        known = 1;
    }
    if (!(known && r->bad && id == r->bad_id)) {
        if (r->skip->count++ == 0) r->skip->first = r->failure;
        if (known) {
            r->bad = 1;
            r->bad_id = id;
        }
    }
    if (r->table && v->count > 0 && v->first[v->count - 1] == v->objects) v->count--; /* begun, without its row */
    else if (!r->table && v->count > 0 && id == last && !r->closed) v->objects = v->first[--v->count];
    else r->closed = !r->table; /* rows of the last one that come after this one come back, in batches of any size */
    memset(&r->failure, 0, sizeof r->failure);
    return 1;
}
static int passwdi_events_fill(passwd_event_reader *r, int64_t max_events) {
    passwd_events *v = &r->work;
    int good = 1;
    int32_t i;
    v->allocator = r->allocator;
    v->number = (double **)passwdi_new(&v->allocator, (size_t)r->n_numbers, sizeof *v->number);
    if (!v->number) return passwdi_csv_memory(r);
    v->n_numbers = r->n_numbers;
    if (!passwdi_events_room(r) || !passwdi_objects_room(r)) return 0;
    do {
        good = 1;
        while (good == 1 && (r->have_row || passwdi_csv_row(r))) {
            good = passwdi_events_row(r, max_events);
            r->have_row = good == -1;
        }
    } while (passwdi_events_forgive(r));
    if (r->failure.status) return 0;
    r->total += v->count;
    if (r->total == 0)
        return !passwdi_fail_at(&r->failure, PASSWD_ERROR_PARSE, r->name, r->line, 0, "%s",
            r->table ? "There are no rows below the header." : "There are no events in this file.");
    for (i = 0; i < r->types.count; i++)
        if (passwdi_names_index(&v->allocator, &v->type_names, PASSWDI_TEXT(r->types.name[i])) < 0)
            return passwdi_csv_memory(r);
    for (i = 0; i < r->texts.count; i++)
        if (passwdi_names_index(&v->allocator, &v->texts, PASSWDI_TEXT(r->texts.name[i])) < 0)
            return passwdi_csv_memory(r);
    return 1;
}
PASSWD_DEF passwd_status passwd_events_read(
    passwd_event_reader *r, passwd_events *events, int64_t max_events, passwd_error *error) {
    if (!r || !events || max_events < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_events_read: the reader or the events are NULL, or the maximum is not positive.");
    if (!r->failure.status && passwdi_events_fill(r, max_events)) {
        passwd_events_free(events);
        *events = r->work;
        memset(&r->work, 0, sizeof r->work);
    } else if (error) *error = r->failure;
    return r->failure.status;
}
PASSWD_DEF void passwd_event_reader_close(passwd_event_reader *r) {
    if (!r) return;
    if (r->file) fclose(r->file);
    passwd_events_free(&r->work);
    passwdi_names_free(&r->allocator, &r->types);
    passwdi_names_free(&r->allocator, &r->texts);
    passwdi_delete(&r->allocator, r->column);
    passwdi_delete(&r->allocator, r->seen);
    passwdi_delete(&r->allocator, r->field);
    passwdi_delete(&r->allocator, r);
}
PASSWD_DEF passwd_status passwd_event_reader_open_callback(passwd_read read, void *user, const char *name,
    const passwd_event_options *o, const passwd_allocator *a, passwd_event_reader **reader, passwd_error *error) {
    passwd_event_reader *r;
    passwd_status status;
    if (!reader || !read)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_event_reader_open: reader or source is NULL.");
    if (!name) name = "events";
    r = (passwd_event_reader *)passwdi_take(a, sizeof *r);
    if (!r) return passwdi_no_memory(error, name);
    memset(r, 0, offsetof(passwd_event_reader, buffer)); /* the buffer's megabyte is written before it is read */
    if (a) r->allocator = *a;
    r->read = read;
    r->user = user;
    r->n_numbers = o && o->numbers && o->n_numbers > 0 ? o->n_numbers : 0;
    r->table = o && o->table;
    r->skip = o ? o->skip : NULL;
    snprintf(r->name, sizeof r->name, "%s", passwdi_show_path(name));
    r->column = (passwdi_column *)passwdi_new(a, (size_t)(PASSWDI_EXTRA + r->n_numbers), sizeof *r->column);
    if (r->column) passwdi_csv_header(r, o);
    else passwdi_csv_memory(r);
    status = r->failure.status;
    if (status && error) *error = r->failure;
    if (status) passwd_event_reader_close(r);
    else *reader = r;
    return status;
}
static size_t passwdi_read_file(void *file, char *buffer, size_t bytes) {
    const size_t got = fread(buffer, 1, bytes, (FILE *)file);
    return ferror((FILE *)file) ? (size_t)-1 : got;
}
PASSWD_DEF passwd_status passwd_event_reader_open(const char *path, const passwd_event_options *options,
    const passwd_allocator *allocator, passwd_event_reader **reader, passwd_error *error) {
    FILE *file = path ? fopen(path, "rb") : NULL;
    passwd_status status;
    if (!path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_event_reader_open: path is NULL.");
    if (!file) return passwdi_fail_at(error, PASSWD_ERROR_IO, path, 0, 0, "This file cannot be opened.");
    status = passwd_event_reader_open_callback(passwdi_read_file, file, path, options, allocator, reader, error);
    if (status) fclose(file);
    else (*reader)->file = file;
    return status;
}
PASSWD_DEF passwd_status passwd_events_load(const char *path, const passwd_event_options *options,
    const passwd_allocator *allocator, passwd_events *events, passwd_error *error) {
    passwd_event_reader *reader = NULL;
    passwd_status status = passwd_event_reader_open(path, options, allocator, &reader, error);
    if (!status) status = passwd_events_read(reader, events, INT64_MAX, error);
    passwd_event_reader_close(reader);
    return status;
}

/* --- events from arrays --- */
PASSWD_DEF passwd_column passwd_doubles(const double *v, ptrdiff_t by) {
    passwd_column c = { v, by, 0 };
    return c;
}
PASSWD_DEF passwd_column passwd_floats(const float *v, ptrdiff_t by) {
    passwd_column c = { v, by, 1 };
    return c;
}
/* Allocates room for more events and rows, and for the columns of numbers. */
static passwd_status passwdi_add_room(passwd_events *v, const passwd_arrays *a, int64_t rows, passwd_error *error) {
    const int none = v->event_room == 0, numbers = a->number && a->n_numbers > 0 ? a->n_numbers : 0;
    int good = 1;
    if (none && (v->count || v->first || v->pt || v->number))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_events_add: these events use arrays of the program, which cannot grow.");
    if (!none && numbers != v->n_numbers)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "passwd_events_add: %d columns of numbers cannot be appended to %d.", numbers, v->n_numbers);
    if (none && numbers) {
        v->number = (double **)passwdi_new(&v->allocator, (size_t)numbers, sizeof *v->number);
        if (!v->number) return passwdi_no_memory(error, "passwd_events_add");
        v->n_numbers = numbers;
    }
    while (good && v->object_room < (size_t)(v->objects + rows))
        good = passwdi_events_grow(v, NULL, &v->object_room, 4, 10 + v->n_numbers);
    while (good && v->event_room < (size_t)(v->count + a->events) + 1)
        good = passwdi_events_grow(v, NULL, &v->event_room, 0, 4);
    return good ? PASSWD_OK : passwdi_no_memory(error, "passwd_events_add");
}
/* Appends row `row` of the arrays; room has been allocated. */
static passwd_status passwdi_add_row(
    passwd_events *v, const passwd_arrays *all, int64_t event, int64_t place, passwd_error *error) {
    static const char *const wrong[] = { "NaN or infinity", "a negative pt", "|eta| above 20", "a negative m or e",
        "an energy out of range" };
    const double p[3] = { passwdi_row_pt(all, place), passwdi_row_eta(all, place), passwdi_row_phi(all, place) };
    const int64_t k = v->objects;
    const char *type = passwdi_row_type(all, place);
    int64_t row = place;
    const passwd_arrays *a = passwdi_linked(all, &row);
    const passwd_column *from = a->e.values ? &a->e : &a->m;
    const double mass = from->values ? passwdi_at(from, row) : 0.0;
    char what[96];
    int i, finite = fabs(mass) <= (double)FLT_MAX, found;
    for (i = 0; i < 3; i++) finite = finite && fabs(p[i]) <= (double)FLT_MAX;
    found = finite ? passwdi_events_object(v, k, p, mass, a->e.values != NULL) : 0;
    if (!finite || found) {
        snprintf(what, sizeof what, "has %s in its object %lld.", wrong[found],
            (long long)passwdi_event_place(all, event, place));
        return passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, all, event, what);
    }
    for (i = 0; i < v->n_numbers; i++) {
        const int at = passwdi_number_of(a, all->names ? all->names[i] : NULL, i);
        if (v->number[i]) v->number[i][k] = at >= 0 ? passwdi_at(a->number + at, row) : (double)NAN;
    }
    v->type[k] = -1;
    if (strcmp(type, "?") != 0) {
        v->type[k] = passwdi_names_index(&v->allocator, &v->type_names, type, strlen(type));
        if (v->type[k] < 0) return passwdi_no_memory(error, "passwd_events_add");
    }
    v->objects++;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_events_add(passwd_events *v, const passwd_arrays *a, passwd_error *error) {
    passwd_events before;
    passwd_status s;
    int64_t k, row, rows = 0;
    if (!v || !a)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_events_add: events or arrays is NULL.");
    s = passwdi_arrays_check(a, 0, a->events, error);
    for (k = 0; s == PASSWD_OK && k < a->events; k++) {
        rows += passwdi_event_size(a, k);
        if (a->weight && !(fabs(a->weight[k]) <= (double)FLT_MAX))
            s = passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, a, k, "has a weight that is not finite.");
    }
    if (s == PASSWD_OK) s = passwdi_add_room(v, a, rows, error);
    if (s != PASSWD_OK) return s;
    before = *v;
    for (k = 0; s == PASSWD_OK && k < a->events; k++) {
        v->id[v->count] = a->id ? a->id[k] : v->count;
        v->line[v->count] = a->line ? a->line[k] : 0;
        v->weight[v->count] = a->weight ? a->weight[k] : 1.0;
        for (row = 0; s == PASSWD_OK && row < passwdi_event_size(a, k); row++)
            s = passwdi_add_row(v, a, k, passwdi_event_row(a, k, row), error);
        v->first[++v->count] = v->objects;
    }
    if (s == PASSWD_OK) return s;
    while (v->type_names.count > before.type_names.count)
        passwdi_delete(&v->allocator, v->type_names.name[--v->type_names.count]);
    v->count = before.count;
    v->objects = before.objects;
    return s;
}

/* --- results as CSV --- */
struct passwd_csv_writer {
    passwd_allocator allocator;
    passwd_file *whole;
    FILE *file;
    int fields;
};

PASSWD_DEF passwd_status passwd_csv_open(
    const char *path, const passwd_allocator *allocator, passwd_csv_writer **writer, passwd_error *error) {
    passwd_csv_writer *w;
    passwd_status status;
    if (!writer || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_csv_open: writer or path is NULL.");
    w = (passwd_csv_writer *)passwdi_new(allocator, 1, sizeof *w);
    if (!w) return passwdi_no_memory(error, path);
    if (allocator) w->allocator = *allocator;
    status = passwd_file_create(path, allocator, &w->whole, error);
    if (status) passwdi_delete(allocator, w);
    else {
        w->file = w->whole->stream;
        *writer = w;
    }
    return status;
}
static FILE *passwdi_csv_next(passwd_csv_writer *w) {
    if (w->fields++) putc(',', w->file);
    return w->file;
}
PASSWD_DEF void passwd_csv_integer(passwd_csv_writer *w, int64_t value) {
    fprintf(passwdi_csv_next(w), "%lld", (long long)value);
}
PASSWD_DEF void passwd_csv_number(passwd_csv_writer *w, double value) {
    char text[32];
    fwrite(text, 1, passwd_format_number(text, value, 9), passwdi_csv_next(w));
}
/* Also quotes what readers would trim, take for a comment or, alone on its line, for a blank line. */
PASSWD_DEF void passwd_csv_text(passwd_csv_writer *w, const char *text) {
    const char *t = text ? text : "";
    const int quoted =
        *t ? strpbrk(t, ",\"\r\n") || strchr(" \t#", *t) || strchr(" \t", t[strlen(t) - 1]) : w->fields == 0;
    fputs(quoted ? "\"" : t, passwdi_csv_next(w));
    for (; quoted && *t; t++) {
        if (*t == '"') putc('"', w->file);
        putc(*t, w->file);
    }
    if (quoted) putc('"', w->file);
}
PASSWD_DEF void passwd_csv_end_row(passwd_csv_writer *w) {
    w->fields = 0;
    putc('\n', w->file);
}
PASSWD_DEF passwd_status passwd_csv_close(passwd_csv_writer *w, passwd_error *error) {
    passwd_allocator a;
    passwd_status status;
    if (!w) return PASSWD_OK;
    a = w->allocator;
    status = passwd_file_close(w->whole, 1, error);
    passwdi_delete(&a, w);
    return status;
}
PASSWDI_SELDOM
/* ------------------------------------------------------------------------------------------------------------------
   Training
   --------------------------------------------------------------------------------------------------------------- */
/* What identifies a training, by name: options, and hashes of large data. */
typedef struct passwdi_facts {
    int count;
    struct passwdi_fact {
        const char *name;
        char value[32];
    } fact[32];
} passwdi_facts;
typedef struct passwdi_trainer {
    passwd_model *model;
    passwd_workspace *work;
    const passwd_batch *data;
    passwd_train_options o;
    int64_t *order; /* events: first those to train on, then those set aside */
    int64_t *first; /* 0, 1, 2, ...: of the negative samples */
    int64_t train, aside, per_pass, per_epoch, steps, step;
    int64_t resumed; /* step of the checkpoint, or 0 */
    int epoch, best_epoch;
    float *m, *v, *mean, *best; /* Adam's moments, running mean and best parameters, as the block */
    double *terms, *validation_terms, *negative_terms;
    passwdi_facts *facts;                 /* what a checkpoint must agree with; NULL without one */
    float *negatives, *negative_gradient; /* for an energy: samples of a step, and their part of the gradient */
    double negative;                      /* E- */
    double total, validation, best_validation, rate, temperature, factor; /* factor: of the gradient */
    double first_total, epoch_total, epoch_mean; /* training loss, with full weights: of the first step; its sum in this
                                                    epoch; its mean in the one before */
} passwdi_trainer;

static passwd_train_options passwdi_train_defaults(const passwd_train_options *options) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    if (!o.epochs) o.epochs = 10;
    if (!o.batch) o.batch = 1024;
    if (!o.threads) o.threads = 1;
    if (o.rate <= 0.0f) o.rate = 1e-3f;
    if (o.warmup <= 0.0f) o.warmup = 0.02f;
    if (o.decay <= 0.0f) o.decay = 0.95f;
    if (o.beta1 <= 0.0f) o.beta1 = 0.9f;
    if (o.beta2 <= 0.0f) o.beta2 = 0.999f;
    if (o.epsilon <= 0.0f) o.epsilon = 1e-8f;
    if (o.temperature_start <= 0.0f) o.temperature_start = 1.0f;
    if (o.temperature_end <= 0.0f) o.temperature_end = o.temperature_start;
    return o;
}
static passwd_status passwdi_check_training(
    const passwd_model *m, const passwd_batch *b, const passwd_train_options *o, passwd_error *error) {
    if (m->n_losses == 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_train: the model has no losses.");
    if (passwdi_has_energy(m) && (!o->negatives || !b->inputs || !b->inputs[0] || m->values[m->inputs[0].value].power))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_train: a model with an energy needs negative samples (options.negatives), and one input of "
            "events in memory.");
    if (b->events < 2)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Training needs at least two events; there are %lld.",
            (long long)b->events);
    if (o->epochs < 0 || o->batch < 1 || o->threads < 1 || o->steps < 0 || o->interval < 0)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "Epochs, steps, batch and threads of a training must be positive.");
    if (o->ranks
        && (o->ranks->count < 1 || o->ranks->rank < 0 || o->ranks->rank >= o->ranks->count
            || (o->ranks->count > 1 && !o->ranks->move)))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Rank %d of %d processes cannot be; or it has no `move`.", o->ranks->rank, o->ranks->count);
    if (o->validation_last < 0 || o->validation_last >= b->events)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "%lld of %lld events cannot be set aside: some must be left to train on.", (long long)o->validation_last,
            (long long)b->events);
    if (!(o->validation >= 0.0f && o->validation < 1.0f) || !(o->warmup < 1.0f) || !(o->decay <= 1.0f)
        || !(o->average >= 0.0f && o->average < 1.0f) || !(o->beta1 < 1.0f) || !(o->beta2 < 1.0f))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Validation, warm-up, decay, average and Adam's betas of a training must lie below 1.");
    return PASSWD_OK;
}

/* Fisher-Yates, with numbers that depend only on seed and stream */
static void passwdi_shuffle(int64_t *order, int64_t count, uint64_t seed, uint32_t stream) {
    int64_t i;
    for (i = count - 1; i > 0; i--) {
        const int64_t j = (int64_t)(passwd_random_uniform(seed, stream, (uint32_t)i) * (double)(i + 1));
        const int64_t t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
}

/* Learning rate of a step, as in the letter: warm-up to the full rate, then x decay per further interval of that
   length. */
static double passwdi_rate_at(const passwd_train_options *o, int64_t step, int64_t steps) {
    const int64_t warm = (int64_t)fma((double)o->warmup, (double)steps, 1e-3); /* 0.02f lies below 0.02 */
    const double full = o->rate;
    if (step < warm) return full * (double)(step + 1) / (double)warm;
    if (o->schedule == PASSWD_SCHEDULE_CONSTANT || warm < 1) return full;
    if (o->schedule == PASSWD_SCHEDULE_COSINE)
        return full * fma(0.495, cos(3.141592653589793 * (double)(step - warm) / (double)(steps - warm)), 0.505);
    return full * pow((double)o->decay, (double)(step / warm));
}

/* Terms as means, and their weighted sum; 0 if a rank failed. */
static int passwdi_evaluate(
    passwdi_trainer *t, const int64_t *index, int64_t count, int training, double *terms, double *total) {
    passwd_loss_options lo;
    passwdi_pass pass;
    double factor;
    size_t k;
    memset(&lo, 0, sizeof lo);
    memset(&pass, 0, sizeof pass);
    lo.training = training;
    lo.seed = t->o.seed;
    lo.step = t->step;
    lo.temperature = (float)t->temperature;
    pass.batch = t->data;
    pass.index = index;
    pass.count = count;
    pass.options = &lo;
    pass.per_event = t->work->per_event;
    pass.gradient = training;
    if (t->data->step) *t->data->step = training ? t->step : -1;
    pass.energy = pass.rest = 1.0;
    if (training) passwdi_batch_statistics(t->model, t->work, &pass);
    if (!passwdi_losses(t->model, t->work, &pass, terms)) return 0;
    *total = 0.0;
    factor = passwdi_loss_means(t->model, pass.weight, terms);
    if (training) t->factor = factor;
    for (k = 0; k < t->model->n_losses; k++) {
        *total += (double)passwdi_loss_weight(t->model->losses + k, &lo) * terms[k];
    }
    return 1;
}

/* The same in training of a model with an energy: its mean over the events against its mean over negative samples. Both
   means are needed first, for the gradient of log cosh(E+ - E-). 0: a rank failed; -1: no negative samples. */
static int passwdi_evaluate_contrast(passwdi_trainer *t, const int64_t *index, int64_t count, double *total) {
    const passwd_model *m = t->model;
    const float *inputs[1];
    passwd_loss_options lo;
    passwd_batch other;
    passwdi_pass pass;
    double gap, gamma, slope = 0.0, square = 0.0, *terms;
    size_t i, k, energy = 0;
    int turn;
    while (!m->losses[energy].contrast) energy++;
    gamma = (double)m->losses[energy].gamma;
    turn = t->o.negatives(t->o.user, t->model, t->step, count, t->negatives) != 0;
    if (!passwdi_rank_move(t->o.ranks, 0, -1, &turn, sizeof turn)) return 0;
    if (turn) return -1;
    if (t->data->step) *t->data->step = t->step;
    memset(&lo, 0, sizeof lo);
    memset(&pass, 0, sizeof pass);
    memset(&other, 0, sizeof other);
    lo.training = 1;
    lo.seed = t->o.seed;
    lo.step = t->step;
    lo.temperature = (float)t->temperature;
    inputs[0] = t->negatives;
    other.inputs = inputs;
    other.events = count;
    pass.options = &lo;
    pass.count = count;
    pass.per_event = t->work->per_event;
    for (turn = 0; turn < 4; turn++) { /* means of negative samples and events, then their gradients */
        const int events = turn % 2;
        terms = events ? t->terms : t->negative_terms;
        pass.gradient = turn > 1;
        pass.energy = events ? slope + (double)m->losses[energy].alpha : -slope;
        pass.twice = events ? 0.0 : 2.0 * gamma;
        pass.rest = events;
        pass.batch = events ? t->data : &other;
        pass.index = events ? index : t->first;
        if (!passwdi_losses(m, t->work, &pass, terms)) return 0;
        for (k = 0; k < m->n_losses; k++) terms[k] /= pass.weight;
        if (turn == 0 && gamma > 0.0) {
            for (i = 0; i < (size_t)count; i++) {
                const double e = t->work->per_event[i * m->n_losses + energy];
                square += e * e;
            }
        }
        if (turn == 1)
            slope = m->losses[energy].contrast == 2 ? 1.0 : tanh(t->terms[energy] - t->negative_terms[energy]);
        if (turn == 2) memcpy(t->negative_gradient, t->work->sums, m->trainable * sizeof(float));
    }
    for (i = 0; i < m->trainable; i++) t->work->sums[i] += t->negative_gradient[i];
    t->negative = t->negative_terms[energy];
    gap = t->terms[energy] - t->negative;
    if (m->losses[energy].contrast == 1) gap = fabs(gap) + log1p(exp(-2.0 * fabs(gap))) - log(2.0);
    *total = (double)passwdi_loss_weight(m->losses + energy, &lo)
        * (gap + (double)m->losses[energy].alpha * t->terms[energy]
            + (gamma > 0.0 ? gamma * square / (double)count : 0.0));
    for (k = 0; k < m->n_losses; k++)
        if (k != energy) *total += (double)passwdi_loss_weight(m->losses + k, &lo) * t->terms[k];
    t->factor = 1.0;
    return 1;
}

/* One step of Adam on the gradient in work->sums; 0, and nothing done, if that is not finite. */
static int passwdi_update(passwdi_trainer *t) {
    passwd_model *m = t->model;
    passwdi_adam a;
    double norm = 0.0;
    size_t i;
    int k;
    for (i = 0; i < m->trainable; i += 4096)
        norm +=
            (double)t->work->kernels->square_sum(t->work->sums + i, m->trainable - i < 4096 ? m->trainable - i : 4096);
    norm = sqrt(norm) * t->factor;
    if (!(norm < 1e30)) return 0;
    a.beta1 = t->o.beta1;
    a.beta2 = t->o.beta2;
    a.clip =
        t->o.clip > 0.0f && norm > (double)t->o.clip ? (float)((double)t->o.clip / norm * t->factor) : (float)t->factor;
    a.rate = (float)(t->rate / (1.0 - pow((double)t->o.beta1, (double)(t->step + 1))));
    a.root = (float)(1.0 / sqrt(1.0 - pow((double)t->o.beta2, (double)(t->step + 1))));
    a.shrink = (float)(1.0 - t->rate * (double)t->o.weight_decay);
    a.epsilon = t->o.epsilon;
    t->work->kernels->adam(passwdi_rewrite(m), t->m, t->v, t->work->sums, m->trainable, &a);
    for (i = 0; i < m->n_ops; i++)
        if (m->ops[i].kind == PASSWDI_OP_batch_norm
            && !m->ops[i].with.batch_norm.running) { /* running statistics, momentum 0.1 */
            const passwdi_op *op = m->ops + i;
            const passwdi_value *x = m->values + op->in[0];
            const double rows = (double)t->o.batch * (x->power ? m->max_objects : x->rows);
            float *mean = m->block + m->parameters[op->with.batch_norm.mean].offset,
                  *variance = m->block + m->parameters[op->with.batch_norm.variance].offset;
            const float *now = t->work->statistics + op->with.batch_norm.statistics;
            for (k = 0; k < op->n_out; k++) {
                const double scale = now[op->n_out + k],
                             v = (1.0 / (scale * scale) - 1e-5) * (rows / (rows > 1.0 ? rows - 1.0 : 1.0));
                mean[k] = (float)fma(0.1, (double)now[k] - (double)mean[k], (double)mean[k]);
                variance[k] = (float)fma(0.1, v - (double)variance[k], (double)variance[k]);
            }
        }
    if (t->o.average > 0.0f) {
        const double young = (double)(t->step + 1) / (double)(t->step + 10),
                     keep = young < (double)t->o.average ? young : (double)t->o.average;
        for (i = 0; i < m->floats; i++)
            t->mean[i] = (float)fma(1.0 - keep, (double)m->block[i] - (double)t->mean[i], (double)t->mean[i]);
    }
    passwdi_set_statistics(m);
    return 1;
}

static int passwdi_validates(const passwdi_trainer *t) { return t->aside > 0 || t->o.validate; }
static int passwdi_has_waited(const passwdi_trainer *t) {
    return t->o.patience > 0 && t->epoch - t->best_epoch >= t->o.patience;
}
/* At the end of an epoch: validation with the parameters that would be kept, and the best of them. 1: stop early; -1: a
   rank failed. */
static int passwdi_end_epoch(passwdi_trainer *t) {
    passwd_model *m = t->model;
    const int averaged = t->o.average > 0.0f;
    float *now = t->m + 2 * m->floats + 2 * m->floats; /* scratch block behind m, v, mean, best */
    int good = 1;
    t->epoch++;
    t->epoch_mean = t->epoch_total / (double)(t->step - t->per_epoch * (t->epoch - 1));
    t->epoch_total = 0.0;
    memcpy(now, m->block, m->floats * sizeof(float));
    if (averaged) {
        memcpy(passwdi_rewrite(m), t->mean, m->floats * sizeof(float));
        passwdi_set_statistics(m);
    }
    if (t->o.validate) { /* all keep and stop by what rank 0 finds */
        t->validation = t->o.validate(t->o.user, m, t->epoch);
        good = passwdi_rank_move(t->o.ranks, 0, -1, &t->validation, sizeof t->validation);
    } else if (t->aside > 0)
        good = passwdi_evaluate(t, t->order + t->train, t->aside, 0, t->validation_terms, &t->validation);
    if (good
        && (t->o.keep_last || !passwdi_validates(t)
            || (t->validation < t->best_validation && t->validation > -(double)INFINITY))) {
        if (passwdi_validates(t)) t->best_validation = t->validation;
        memcpy(t->best, m->block, m->floats * sizeof(float));
        t->best_epoch = t->epoch;
    }
    memcpy(passwdi_rewrite(m), now, m->floats * sizeof(float));
    if (averaged) passwdi_set_statistics(m);
    return good ? passwdi_has_waited(t) : -1;
}

/* --- checkpoints: everything that the next step needs, as safetensors, and what identifies this training --- */

/* FNV-1a over words of 32 bits; the same on every byte order */
static void passwdi_hash_word(uint64_t *hash, uint32_t word) { *hash = (*hash ^ word) * 1099511628211ull; }
static void passwdi_hash_int(uint64_t *hash, int64_t v) {
    passwdi_hash_word(hash, (uint32_t)(uint64_t)v);
    passwdi_hash_word(hash, (uint32_t)((uint64_t)v >> 32));
}
static void passwdi_hash_float(uint64_t *hash, float v) {
    uint32_t word;
    memcpy(&word, &v, sizeof word);
    passwdi_hash_word(hash, word);
}
static void passwdi_hash_text(uint64_t *hash, const char *text) {
    for (; *text; text++) passwdi_hash_word(hash, (unsigned char)*text);
    passwdi_hash_word(hash, 256u);
}
static const uint64_t passwdi_hash_start = 14695981039346656037ull;

static uint64_t passwdi_hash_network(const passwd_model *m) {
    uint64_t h = passwdi_hash_start;
    uint32_t word[sizeof(passwdi_with) / sizeof(uint32_t)];
    size_t i;
    int k;
    for (i = 0; i < m->n_values; i++) {
        passwdi_hash_int(&h, m->values[i].power);
        passwdi_hash_int(&h, m->values[i].rows);
        passwdi_hash_int(&h, m->values[i].features);
    }
    for (i = 0; i < m->n_ops; i++) {
        const passwdi_op *op = m->ops + i;
        passwdi_hash_int(&h, op->kind);
        passwdi_hash_int(&h, op->out);
        for (k = 0; k < 5; k++) passwdi_hash_int(&h, op->in[k]);
        memcpy(word, &op->with, sizeof word);
        for (k = 0; k < (int)(sizeof word / sizeof *word); k++) passwdi_hash_word(&h, word[k]);
    }
    for (i = 0; i < m->n_losses; i++) {
        const passwdi_named *l = m->losses + i;
        passwdi_hash_text(&h, l->name);
        passwdi_hash_int(&h, l->value);
        passwdi_hash_float(&h, l->weight);
        passwdi_hash_float(&h, l->ramp);
        passwdi_hash_float(&h, l->alpha);
        passwdi_hash_int(&h, l->logarithm);
        passwdi_hash_int(&h, l->contrast);
        if (l->gamma > 0.0f) passwdi_hash_float(&h, l->gamma);
    }
    for (i = 0; i < m->n_parameters; i++) {
        passwdi_hash_text(&h, m->parameters[i].name);
        passwdi_hash_int(&h, (int64_t)m->parameters[i].count);
    }
    return h;
}
static uint64_t passwdi_hash_block(const float *block, size_t count) {
    uint64_t h = passwdi_hash_start;
    size_t i;
    for (i = 0; i < count; i++) passwdi_hash_float(&h, block[i]);
    return h;
}
/* Events as the network sees them in validation: valid rows, objects, weights. */
static uint64_t passwdi_hash_events(const passwdi_trainer *t) {
    const passwd_model *m = t->model;
    const passwd_batch *b = t->data;
    passwdi_hand *hand = t->work->hands;
    uint64_t h = passwdi_hash_start;
    int64_t first, events[16];
    int lane, r, f;
    size_t k;
    if (b->step) *b->step = -1;
    passwdi_set_rows(m, hand, m->max_objects, 0, 1);
    for (first = 0; first < b->events; first += 16) {
        const int count = (int)passwdi_least(b->events - first, 16);
        for (lane = 0; lane < count; lane++) events[lane] = first + lane;
        passwdi_gather(m, hand->loss_value, b, events, count, m->max_objects, 0, 0);
        for (lane = 0; lane < count; lane++) {
            const int objects = passwdi_objects_of(m, b, events[lane]);
            passwdi_hash_int(&h, objects);
            passwdi_hash_float(&h, b->weights ? b->weights[events[lane]] : 1.0f);
            for (k = 0; k < m->n_inputs; k++) {
                const passwdi_value *x = m->values + m->inputs[k].value;
                const float *lanes = hand->loss_value[m->inputs[k].value];
                for (r = 0; r < (x->power ? objects : x->rows); r++)
                    for (f = 0; f < x->features; f++) passwdi_hash_float(&h, lanes[(r * x->features + f) * 16 + lane]);
            }
        }
    }
    return h;
}

static void passwdi_fact_number(passwdi_facts *all, const char *name, double value) {
    all->fact[all->count].name = name;
    passwd_format_number(
        all->fact[all->count++].value, value, value == floor(value) ? 17 : 7); /* integers, or floats */
}
static void passwdi_fact_hash(passwdi_facts *all, const char *name, uint64_t hash) {
    all->fact[all->count].name = name;
    snprintf(all->fact[all->count].value, sizeof all->fact->value, "%08lx%08lx", (unsigned long)(hash >> 32),
        (unsigned long)(hash & 0xffffffffu));
    all->count++;
}
/* Before anything has been trained. Threads and instruction sets are not included: they change no bit. */
static void passwdi_collect_facts(const passwdi_trainer *t, passwdi_facts *all) {
    const passwd_train_options *o = &t->o;
    passwdi_fact_number(all, "events", (double)t->data->events);
    passwdi_fact_number(all, "steps", (double)t->steps);
    passwdi_fact_number(all, "batch", o->batch);
    if (o->interval > 0) passwdi_fact_number(all, "interval", (double)o->interval);
    passwdi_fact_number(all, "rate", (double)o->rate);
    passwdi_fact_number(all, "schedule", o->schedule);
    passwdi_fact_number(all, "warmup", (double)o->warmup);
    passwdi_fact_number(all, "decay", (double)o->decay);
    passwdi_fact_number(all, "beta1", (double)o->beta1);
    passwdi_fact_number(all, "beta2", (double)o->beta2);
    passwdi_fact_number(all, "epsilon", (double)o->epsilon);
    passwdi_fact_number(all, "weight_decay", (double)o->weight_decay);
    passwdi_fact_number(all, "clip", (double)o->clip);
    passwdi_fact_number(all, "validation", (double)o->validation);
    if (o->validation_last) passwdi_fact_number(all, "validation_last", (double)o->validation_last);
    passwdi_fact_number(all, "patience", o->patience);
    passwdi_fact_number(all, "keep_last", o->keep_last != 0);
    passwdi_fact_number(all, "average", (double)o->average);
    passwdi_fact_number(all, "temperature_start", (double)o->temperature_start);
    passwdi_fact_number(all, "temperature_end", (double)o->temperature_end);
    passwdi_fact_number(all, "temperature_steps", (double)o->temperature_steps);
    all->fact[all->count].name = "seed";
    snprintf(all->fact[all->count++].value, sizeof all->fact->value, "%llu", (unsigned long long)o->seed);
    passwdi_fact_hash(all, "hash of the network", passwdi_hash_network(t->model));
    passwdi_fact_hash(all, "hash of the first parameters", passwdi_hash_block(t->model->block, t->model->floats));
    passwdi_fact_hash(all, "hash of the events", passwdi_hash_events(t));
}

static const char *const passwdi_checkpoint_blocks[5] = { "parameters", "adam.m", "adam.v", "mean", "best" };
enum { PASSWDI_STATES = 6 };
static void passwdi_checkpoint_places(const passwdi_trainer *t, float *blocks[5]) {
    blocks[0] = passwdi_rewrite(t->model);
    blocks[1] = t->m;
    blocks[2] = t->v;
    blocks[3] = t->mean;
    blocks[4] = t->best;
}
static passwd_status passwdi_checkpoint_write(const passwdi_trainer *t, passwd_error *error) {
    const passwd_model *m = t->model;
    const char *configuration = t->o.configuration ? t->o.configuration : "";
    double state[PASSWDI_STATES];
    float *blocks[5];
    passwd_tensor_writer w;
    passwd_status s = PASSWD_OK;
    int64_t shape[1];
    int k;
    passwdi_checkpoint_places(t, blocks);
    state[0] = (double)t->step;
    state[1] = t->best_epoch;
    state[2] = t->best_validation;
    state[3] = t->first_total;
    state[4] = t->epoch_mean;
    state[5] = t->total;
    passwd_tensor_writer_init(&w, &m->allocator);
    shape[0] = (int64_t)m->floats;
    for (k = 0; s == PASSWD_OK && k < 5; k++)
        s = passwd_tensor_writer_add(&w, passwdi_checkpoint_blocks[k], PASSWD_DTYPE_F32, 1, shape, blocks[k], error);
    shape[0] = PASSWDI_STATES;
    if (s == PASSWD_OK) s = passwd_tensor_writer_add(&w, "state", PASSWD_DTYPE_F64, 1, shape, state, error);
    shape[0] = (int64_t)t->o.state_count;
    if (s == PASSWD_OK && t->o.state_count)
        s = passwd_tensor_writer_add(&w, "state.caller", PASSWD_DTYPE_F32, 1, shape, t->o.state, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(&w, "format", "passwd-checkpoint-2", error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(&w, "configuration", configuration, error);
    for (k = 0; s == PASSWD_OK && k < t->facts->count; k++)
        s = passwd_tensor_writer_metadata(&w, t->facts->fact[k].name, t->facts->fact[k].value, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_save(&w, t->o.checkpoint, error);
    passwd_tensor_writer_free(&w);
    return s;
}

/* The first difference of two configurations: the setting there, up to its end. */
static void passwdi_excerpt(const char *text, size_t at, char out[80]) {
    size_t begin = at, n = 0;
    while (begin > 0 && at - begin < 48 && text[begin - 1] != ',' && text[begin - 1] != '{') begin--;
    while (n < 79 && text[begin + n] && (begin + n < at || !strchr(",}", text[begin + n]))) {
        out[n] = text[begin + n];
        n++;
    }
    out[n] = 0;
}
static passwd_status passwdi_checkpoint_compare(
    const passwdi_trainer *t, const passwd_tensor_file *file, passwd_error *error) {
    const char *path = t->o.checkpoint, *mine = t->o.configuration ? t->o.configuration : "",
               *there = passwd_tensor_metadata(file, "format");
    char excerpt[2][80];
    size_t at;
    int k;
    if (!there || strcmp(there, "passwd-checkpoint-2") != 0)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "%s: This is not a checkpoint of a training, or one of an earlier version of this library.", path);
    for (k = 0; k < t->facts->count; k++) { /* events, steps and options by name first, hashes last */
        const char *name = t->facts->fact[k].name, *value = t->facts->fact[k].value;
        if (k == t->facts->count - 4) { /* the configuration says more than a hash */
            there = passwd_tensor_metadata(file, "configuration");
            if (!there)
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the checkpoint has no configuration.", path);
            for (at = 0; there[at] && there[at] == mine[at]; at++) {}
            if (there[at] != mine[at]) {
                passwdi_excerpt(there, at, excerpt[0]);
                passwdi_excerpt(mine, at, excerpt[1]);
                return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                    "%s: the checkpoint belongs to another training: its settings have %s, but this training has %s.",
                    path, excerpt[0], excerpt[1]);
            }
        }
        there = passwd_tensor_metadata(file, name);
        if (!there || strcmp(there, value) != 0)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "%s: the checkpoint belongs to another training: its %s %s %.40s, not %s.", path, name,
                name[strlen(name) - 1] == 's' && strncmp(name, "hash", 4) != 0 ? "are" : "is",
                there ? there : "missing", value);
    }
    return PASSWD_OK;
}
/* Checks for integers within the training, at the end of an epoch; a best epoch that has been reached; losses and
   parameters that are finite. */
static int passwdi_checkpoint_is_possible(
    const passwdi_trainer *t, const double state[PASSWDI_STATES], const float *blocks) {
    const size_t n = t->model->floats;
    const int validates = passwdi_validates(t), keeps_all = t->o.keep_last || !validates;
    const double step = state[0], best_epoch = state[1], best = state[2], epochs = ceil(step / (double)t->per_epoch);
    size_t i;
    int k;
    if (!(step >= 1.0 && step <= (double)t->steps) || step != floor(step) || epochs > 2147483647.0) return 0;
    if (step < (double)t->steps && epochs * (double)t->per_epoch != step) return 0;
    if (!(best_epoch >= (keeps_all ? epochs : 0.0) && best_epoch <= epochs) || best_epoch != floor(best_epoch))
        return 0;
    if (!validates || best_epoch == 0.0 ? !(best > DBL_MAX)
                                        : best < -DBL_MAX || (!t->o.keep_last && !(best - best == 0.0)))
        return 0;
    for (k = 3; k < PASSWDI_STATES; k++)
        if (!(state[k] - state[k] == 0.0)) return 0;
    for (i = 0; i < 5 * n; i++)
        if (!(blocks[i] - blocks[i] == 0.0f)) return 0;
    for (i = 2 * n; i < 3 * n; i++)
        if (blocks[i] < 0.0f) return 0; /* means of squares */
    return 1;
}
static passwd_status passwdi_checkpoint_take(
    passwdi_trainer *t, const passwd_tensor_file *file, float *scratch, passwd_error *error) {
    const size_t n = t->model->floats;
    double state[PASSWDI_STATES];
    float *blocks[5];
    passwd_status s = PASSWD_OK;
    int k;
    for (k = 0; k < 6; k++) {
        const passwd_tensor *x = passwd_tensor_find(file, k < 5 ? passwdi_checkpoint_blocks[k] : "state");
        if (!x || x->rank != 1 || x->count != (int64_t)(k < 5 ? n : (size_t)PASSWDI_STATES))
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "%s: tensor \"%s\" of the checkpoint is missing or has another size.", t->o.checkpoint,
                k < 5 ? passwdi_checkpoint_blocks[k] : "state");
        s = k < 5 ? passwd_tensor_to_float(x, scratch + (size_t)k * n, (int64_t)n, error)
                  : passwd_tensor_to_double(x, state, PASSWDI_STATES, error);
        if (s != PASSWD_OK) return s;
    }
    if (!passwdi_checkpoint_is_possible(t, state, scratch))
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "%s: the checkpoint is damaged: its numbers cannot be those of this training.", t->o.checkpoint);
    if (t->o.state_count) {
        const passwd_tensor *x = passwd_tensor_find(file, "state.caller");
        if (!x || x->rank != 1 || x->count != (int64_t)t->o.state_count)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "%s: tensor \"state.caller\" of the checkpoint is missing or has another size.", t->o.checkpoint);
        s = passwd_tensor_to_float(x, t->o.state, x->count, error);
        if (s != PASSWD_OK) return s;
    }
    passwdi_checkpoint_places(t, blocks);
    for (k = 0; k < 5; k++) memcpy(blocks[k], scratch + (size_t)k * n, n * sizeof(float));
    t->step = t->resumed = (int64_t)state[0];
    t->epoch = (int)((t->step + t->per_epoch - 1) / t->per_epoch);
    t->best_epoch = (int)state[1];
    t->best_validation = state[2];
    t->first_total = state[3];
    t->epoch_mean = state[4];
    t->total = state[5];
    passwdi_set_statistics(t->model);
    return PASSWD_OK;
}
/* Links that lead nowhere count as missing. */
static int passwdi_is_there(const char *path) {
#ifdef PASSWDI_POSIX
    struct stat about;
    return stat(path, &about) == 0;
#else
    return rename(path, path) == 0; /* an existing file can be renamed to its own name */
#endif
}
static passwd_status passwdi_checkpoint_read(passwdi_trainer *t, passwd_error *error) {
    const passwd_allocator *a = &t->model->allocator;
    float *scratch = (float *)passwdi_new(a, 5 * t->model->floats, sizeof(float));
    FILE *there = NULL;
    passwd_tensor_file file;
    passwd_status s = PASSWD_OK;
    t->facts = (passwdi_facts *)passwdi_new(a, 1, sizeof *t->facts);
    if (!t->facts || !scratch)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a checkpoint.");
    else {
        passwdi_collect_facts(t, t->facts);
        there = fopen(t->o.checkpoint, "rb");
        if (!there && passwdi_is_there(t->o.checkpoint))
            s = passwdi_fail(error, PASSWD_ERROR_IO, 0, 0, "%s: the checkpoint cannot be read.", t->o.checkpoint);
    }
    if (there) { /* else there is none yet: begin */
        fclose(there);
        s = passwd_tensor_file_load(t->o.checkpoint, a, &file, error);
        if (s == PASSWD_OK) {
            s = passwdi_checkpoint_compare(t, &file, error);
            if (s == PASSWD_OK) s = passwdi_checkpoint_take(t, &file, scratch, error);
            passwd_tensor_file_free(&file);
        }
    }
    passwdi_delete(a, scratch);
    return s;
}

static int passwdi_tell(passwdi_trainer *t, int validated) {
    passwd_progress p;
    memset(&p, 0, sizeof p);
    if (!t->o.progress) return 0;
    p.step = t->step;
    p.steps = t->steps;
    p.epoch = t->epoch;
    p.epochs = t->o.epochs;
    p.within = (int)((t->step - 1) / t->per_epoch) + 1;
    p.validated = validated;
    p.rate = t->rate;
    p.temperature = t->temperature;
    p.total = t->total;
    p.validation = t->validation;
    p.best = t->best_validation;
    p.terms = t->terms;
    p.validation_terms = t->validation_terms;
    p.negative = t->negative;
    return t->o.progress(t->o.user, &p);
}

/* This step's training loss as in validation: growing weights at their full size. */
static double passwdi_full_total(const passwdi_trainer *t) {
    passwd_loss_options validation;
    double total = 0.0;
    size_t k;
    memset(&validation, 0, sizeof validation);
    for (k = 0; k < t->model->n_losses; k++)
        total += (double)passwdi_loss_weight(t->model->losses + k, &validation) * t->terms[k];
    return total;
}
static passwd_status passwdi_lost_rank(const passwdi_trainer *t, passwd_error *error) {
    return passwdi_fail(
        error, PASSWD_ERROR_IO, 0, 0, "A process that trains with this one failed at step %lld.", (long long)t->step);
}
/* Rank 0 writes the checkpoint; if it cannot, all end. */
static passwd_status passwdi_checkpoint_keep(passwdi_trainer *t, passwd_error *error) {
    passwd_status s = passwdi_rank(t->o.ranks) == 0 ? passwdi_checkpoint_write(t, error) : PASSWD_OK;
    int failed = s != PASSWD_OK;
    if (!passwdi_rank_move(t->o.ranks, 0, -1, &failed, sizeof failed)) return passwdi_lost_rank(t, error);
    if (failed && s == PASSWD_OK)
        s = passwdi_fail(error, PASSWD_ERROR_IO, 0, 0, "%s: rank 0 could not write this checkpoint.", t->o.checkpoint);
    return s;
}
/* Whether all ranks are about to do the same: events, options, parameters and step. */
static passwd_status passwdi_compare_ranks(const passwdi_trainer *t, passwd_error *error) {
    const passwd_ranks *ranks = t->o.ranks;
    passwdi_facts own, *facts = t->facts ? t->facts : &own;
    uint64_t mine = passwdi_hash_start, theirs, first = 0;
    int k, differs = -1;
    if (!ranks) return PASSWD_OK;
    memset(&own, 0, sizeof own);
    if (!t->facts) passwdi_collect_facts(t, &own);
    for (k = 0; k < facts->count; k++) passwdi_hash_text(&mine, facts->fact[k].value);
    passwdi_hash_text(&mine, t->o.configuration ? t->o.configuration : "");
    passwdi_hash_int(&mine, t->step);
    passwdi_hash_int(&mine, (t->o.checkpoint != NULL) + 2 * (t->o.validate != NULL) + 4 * (t->o.negatives != NULL));
    passwdi_hash_int(&mine, (int64_t)passwdi_hash_block(t->m, 4 * t->model->floats)); /* as a checkpoint left them */
    for (k = 0; k < ranks->count; k++) {
        theirs = mine;
        if (!passwdi_rank_move(ranks, k, -1, &theirs, sizeof theirs)) return passwdi_lost_rank(t, error);
        if (k == 0) first = theirs;
        else if (theirs != first && differs < 0) differs = k;
    }
    if (differs < 0) return PASSWD_OK;
    return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
        "Rank %d has other events, options, parameters or another checkpoint than rank 0: all ranks must train the "
        "same.",
        differs);
}
/* Steps until the end, a stop or a loss that is not finite. */
static passwd_status passwdi_train_steps(passwdi_trainer *t, passwd_train_report *r, passwd_error *error) {
    const double nan = (double)NAN;
    while (t->step < t->steps && !passwdi_has_waited(t)) {
        const int64_t at = t->step % t->per_pass;
        int ended, early = 0, evaluated, stop;
        if (at == 0 || t->step == t->resumed) { /* a new order for every pass, from the same start, so that a resumed
                                                   run sees the same */
            int64_t i;
            for (i = 0; i < t->train; i++) t->order[i] = t->order[t->train + t->aside + i];
            passwdi_shuffle(t->order, t->train, t->o.seed, 1000u + (uint32_t)(t->step / t->per_pass));
        }
        t->rate = passwdi_rate_at(&t->o, t->step, t->steps);
        t->temperature = t->o.temperature_end;
        if (t->o.temperature_steps > 0.0f)
            t->temperature += (double)(t->o.temperature_start - t->o.temperature_end)
                * exp(-(double)t->step / (double)t->o.temperature_steps);
        if (t->negatives) {
            const int done = passwdi_evaluate_contrast(t, t->order + at * t->o.batch, t->o.batch, &t->total);
            if (done < 0) {
                r->stopped = 2;
                return PASSWD_STOPPED;
            }
            evaluated = done;
        } else evaluated = passwdi_evaluate(t, t->order + at * t->o.batch, t->o.batch, 1, t->terms, &t->total);
        if (!evaluated) return passwdi_lost_rank(t, error);
        if (!(t->total - t->total == 0.0) || !passwdi_update(t)) {
            r->stopped = 3;
            passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "The loss is not finite at step %lld; the best parameters of earlier epochs are kept.",
                (long long)t->step);
            snprintf(r->warning, sizeof r->warning,
                "The loss is not finite at step %lld; the best parameters of earlier epochs are kept.",
                (long long)t->step);
            return PASSWD_ERROR_NUMERIC;
        }
        if (t->step == 0) t->first_total = passwdi_full_total(t);
        t->epoch_total += passwdi_full_total(t);
        t->step++;
        t->validation = nan;
        ended = t->step % t->per_epoch == 0 || t->step == t->steps;
        if (ended) early = passwdi_end_epoch(t);
        if (early < 0) return passwdi_lost_rank(t, error);
        stop = passwdi_tell(t, ended && passwdi_validates(t));
        if (!passwdi_rank_move(t->o.ranks, 0, -1, &stop, sizeof stop)) return passwdi_lost_rank(t, error);
        r->stopped = stop ? 2 : early ? 1 : 0; /* before the checkpoint, so that a log has each of its steps */
        if (ended && t->o.checkpoint) {
            const passwd_status s = passwdi_checkpoint_keep(t, error);
            if (s != PASSWD_OK) return s;
        }
        if (r->stopped) return r->stopped == 2 ? PASSWD_STOPPED : PASSWD_OK;
    }
    if (passwdi_has_waited(t)) r->stopped = 1;
    return PASSWD_OK;
}
/* What training gained should be visible in validation: a warning if it is less than half. A user-defined figure, or an
   energy, cannot be compared to a loss. */
static void passwdi_watch_gap(const passwdi_trainer *t, passwd_train_report *r) {
    const double gained = t->first_total - t->epoch_mean, missing = t->best_validation - t->epoch_mean;
    if (t->epoch == 0 || t->aside == 0 || t->o.validate || t->negatives || r->warning[0]
        || !(gained > 0.0 && missing > 0.5 * gained))
        return;
    snprintf(r->warning, sizeof r->warning,
        "The validation loss, %.4g, stays far above the training loss, which fell from %.4g to %.4g: %s.",
        t->best_validation, t->first_total, t->epoch_mean,
        t->epoch_mean < t->best_validation && t->best_epoch < t->epoch
            ? "the network overfits; more events or a smaller network would help"
            : "the parameters that are kept are not those that were trained");
}

static passwd_status passwdi_train_begin(passwdi_trainer *t, passwd_error *error) {
    passwd_model *m = t->model;
    const passwd_allocator *a = &m->allocator;
    passwd_workspace_options wo;
    passwd_status s;
    int64_t i;
    memset(&wo, 0, sizeof wo);
    wo.threads = t->o.threads;
    wo.simd = t->o.simd;
    wo.losses = 1;
    s = passwd_workspace_new(m, &wo, &t->work, error);
    if (s != PASSWD_OK) return s;
    t->aside =
        t->o.validation_last ? t->o.validation_last : (int64_t)((double)t->o.validation * (double)t->data->events);
    t->train = t->data->events - t->aside;
    if (t->o.batch > t->train) t->o.batch = (int)t->train;
    t->per_pass = t->train / t->o.batch;
    t->per_epoch = t->o.interval > 0 ? t->o.interval : t->per_pass;
    t->steps = t->o.steps > 0 ? t->o.steps : t->per_epoch * t->o.epochs;
    t->order = (int64_t *)passwdi_new(a, passwdi_items(t->data->events + t->train, 1), sizeof *t->order);
    t->m = (float *)passwdi_new(a, 5 * m->floats, sizeof(float));
    t->terms = (double *)passwdi_new(a, 3 * m->n_losses, sizeof(double));
    t->work->ranks = t->o.ranks;
    if (!t->order || !t->m || !t->terms || !passwdi_loss_room(t->work, t->aside > t->o.batch ? t->aside : t->o.batch))
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld events.",
            (long long)t->data->events);
    if (passwdi_has_energy(m)) {
        const size_t size = (size_t)m->values[m->inputs[0].value].rows * (size_t)m->values[m->inputs[0].value].features;
        t->negatives = (float *)passwdi_new(a, passwdi_items(t->o.batch, (int64_t)size), sizeof(float));
        t->negative_gradient = (float *)passwdi_new(a, m->trainable, sizeof(float));
        t->first = (int64_t *)passwdi_new(a, (size_t)t->o.batch, sizeof(int64_t));
        if (!t->negatives || !t->negative_gradient || !t->first)
            return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for negative samples.");
        for (i = 0; i < t->o.batch; i++) t->first[i] = i;
    }
    t->v = t->m + m->floats;
    t->mean = t->v + m->floats;
    t->best = t->mean + m->floats;
    t->validation_terms = t->terms + m->n_losses;
    t->negative_terms = t->validation_terms + m->n_losses;
    for (i = 0; i < t->data->events; i++) t->order[i] = i;
    if (!t->o.validation_last) passwdi_shuffle(t->order, t->data->events, t->o.seed, 999u);
    for (i = 0; i < t->train; i++) t->order[t->data->events + i] = t->order[i];
    memcpy(t->mean, m->block, m->floats * sizeof(float));
    memcpy(t->best, m->block, m->floats * sizeof(float));
    t->best_validation = (double)INFINITY;
    t->validation = t->total = (double)NAN;
    s = passwdi_check_batch(m, t->work, t->data, 1, error);
    if (s == PASSWD_OK && t->o.checkpoint) s = passwdi_checkpoint_read(t, error);
    return s == PASSWD_OK ? passwdi_compare_ranks(t, error) : s;
}

PASSWD_DEF passwd_status passwd_train(passwd_model *m, const passwd_batch *data, const passwd_train_options *options,
    passwd_train_report *report, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_train", "PASSWD_NO_TRAINING", error);
    passwd_train_report r;
    passwdi_trainer t;
    passwd_status s;
    memset(&r, 0, sizeof r);
    memset(&t, 0, sizeof t);
    if (!m || !m->built || !data || !(data->inputs || data->fill))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_train: needs a built model and data.");
    t.model = m;
    t.data = data;
    t.o = passwdi_train_defaults(options);
    s = passwdi_check_training(m, data, &t.o, error);
    if (s == PASSWD_OK && t.o.ranks && t.o.ranks->count == 1) t.o.ranks = NULL;
    if (s == PASSWD_OK) s = passwdi_train_begin(&t, error);
    if (s == PASSWD_OK) {
        s = passwdi_train_steps(&t, &r, error);
        if (t.epoch == 0 && s == PASSWD_STOPPED)
            memcpy(t.best, t.o.average > 0.0f ? t.mean : m->block,
                m->floats * sizeof(float)); /* no epoch has ended: use the parameters of the last step */
        memcpy(passwdi_rewrite(m), t.best, m->floats * sizeof(float));
        passwdi_set_statistics(m);
    }
    if (s == PASSWD_OK && t.epoch > 0 && t.aside > 0 && !t.o.validate && !t.o.keep_last
        && !(t.best_validation - t.best_validation == 0.0))
        s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The validation loss was never finite; the initial parameters are kept. A smaller rate may help.");
    if (s == PASSWD_OK || s == PASSWD_STOPPED) passwdi_watch_gap(&t, &r);
    r.events = t.train;
    r.steps = t.step;
    r.resumed = t.resumed;
    r.epochs = t.epoch;
    r.best_epoch = t.best_epoch;
    r.total = t.total;
    r.validation = t.best_validation;
    if (report) *report = r;
    passwd_workspace_free(t.work);
    passwdi_delete(&m->allocator, t.order);
    passwdi_delete(&m->allocator, t.m);
    passwdi_delete(&m->allocator, t.terms);
    passwdi_delete(&m->allocator, t.negatives);
    passwdi_delete(&m->allocator, t.negative_gradient);
    passwdi_delete(&m->allocator, t.first);
    passwdi_delete(&m->allocator, t.facts);
    return s;
}
/* ------------------------------------------------------------------------------------------------------------------
   PASSWD-ABC: configuration
   --------------------------------------------------------------------------------------------------------------- */
#define PASSWDI_ABC(field, kind, low, high) \
    { #field, offsetof(passwd_abc_config, field), kind, low, high }
static const passwdi_setting passwdi_abc_settings[] = { PASSWDI_ABC(max_objects, 'i', 1, PASSWD_MAX_OBJECTS),
    PASSWDI_ABC(embed_dim, 'i', 4, 1024), PASSWDI_ABC(embed_nlayers, 'i', 0, 15), PASSWDI_ABC(mlp_dim, 'i', 1, 1024),
    PASSWDI_ABC(mlp_nlayers, 'i', 0, 15), PASSWDI_ABC(doWij, 'i', 0, 1),
    PASSWDI_ABC(attn_blocks_n, 'i', 1, PASSWD_ABC_LAYERS), PASSWDI_ABC(attn_block_num_heads, 'i', 1, 1024),
    PASSWDI_ABC(attn_block_ffwd_nlayers, 'i', 0, 15), PASSWDI_ABC(attn_block_ffwd_dim, 'i', 1, 1024),
    PASSWDI_ABC(ae_dim, 'i', 1, 1024), PASSWDI_ABC(ae_depth, 'i', 1, 15), PASSWDI_ABC(do_gumbel, 'i', 0, 1),
    PASSWDI_ABC(gumbel_hard, 'i', 0, 1), PASSWDI_ABC(original, 'i', 0, 1), PASSWDI_ABC(last_block, 'i', 0, 1),
    PASSWDI_ABC(random_block, 'i', 0, 1), PASSWDI_ABC(losses, 'i', 0, 1), PASSWDI_ABC(align, 'i', 0, 1),
    PASSWDI_ABC(isr_square, 'i', 0, 1), PASSWDI_ABC(schedule, 'i', 0, 2), PASSWDI_ABC(epochs, 'i', 0, 1e6),
    PASSWDI_ABC(batch, 'i', 1, 16777216), PASSWDI_ABC(patience, 'i', 0, 1e6), PASSWDI_ABC(keep_last, 'i', 0, 1),
    PASSWDI_ABC(steps, 'l', 0, 1e15), PASSWDI_ABC(mass_scale, 'f', 1e-3, 1e6), PASSWDI_ABC(tau, 'f', 1e-6, 1e6),
    PASSWDI_ABC(attn_dropout, 'f', 0, 0.99), PASSWDI_ABC(mass_bound, 'f', 0, 1e6),
    PASSWDI_ABC(lambda_root, 'f', -1e15, 1e15), PASSWDI_ABC(lambda_balance, 'f', -1e15, 1e15),
    PASSWDI_ABC(balance_power, 'f', -1e15, 1e15), PASSWDI_ABC(lambda_early, 'f', -1e15, 1e15),
    PASSWDI_ABC(lambda_teacher, 'f', 0, 1e15), PASSWDI_ABC(ramp, 'f', 0, 1e12),
    PASSWDI_ABC(lambda_reco, 'f', -1e15, 1e15), PASSWDI_ABC(lambda_crossed, 'f', -1e15, 1e15),
    PASSWDI_ABC(lambda_random, 'f', -1e15, 1e15), PASSWDI_ABC(lambda_isr, 'f', -1e15, 1e15),
    PASSWDI_ABC(lambda_mass, 'f', -1e15, 1e15), PASSWDI_ABC(rate, 'f', 0, 10), PASSWDI_ABC(warmup, 'f', 0, 0.99),
    PASSWDI_ABC(decay, 'f', 0, 1), PASSWDI_ABC(weight_decay, 'f', 0, 1), PASSWDI_ABC(clip, 'f', 0, 1e9),
    PASSWDI_ABC(average, 'f', 0, 0.99999), PASSWDI_ABC(validation, 'f', 0, 0.9),
    PASSWDI_ABC(temperature_start, 'f', 1e-6, 1e6), PASSWDI_ABC(temperature_end, 'f', 1e-6, 1e6),
    PASSWDI_ABC(temperature_steps, 'f', 0, 1e12) };
#undef PASSWDI_ABC
enum { PASSWDI_ABC_SETTINGS = sizeof passwdi_abc_settings / sizeof *passwdi_abc_settings };

/* The settings of the letter, with two categories in both layers. */
static passwd_abc_config passwdi_abc_base(void) {
    passwd_abc_config c;
    memset(&c, 0, sizeof c);
    c.max_objects = 12;
    c.embed_dim = 16;
    c.embed_nlayers = 2;
    c.mlp_dim = 16;
    c.mlp_nlayers = 2;
    c.doWij = 1;
    c.attn_blocks_n = 2;
    c.attn_block_num_heads = 4;
    c.attn_block_ffwd_nlayers = 2;
    c.attn_block_ffwd_dim = 16;
    c.out_dim[0] = c.out_dim[1] = 2;
    c.ae_dim = 2;
    c.ae_depth = 4;
    c.mass_scale = 100.0f;
    c.tau = 1.0f;
    c.balance_power = 4.0f;
    c.lambda_reco = 10.0f;
    c.lambda_crossed = c.lambda_random = c.lambda_isr = 1.0f;
    c.epochs = 10;
    c.batch = 1024;
    c.rate = 1e-3f;
    c.warmup = 0.02f;
    c.decay = 0.95f;
    c.validation = 0.1f;
    c.temperature_start = 1.0f;
    c.temperature_end = 0.1f;
    c.temperature_steps = 100.0f;
    return c;
}
PASSWD_DEF passwd_status passwd_abc_preset(const char *name, passwd_abc_config *config, passwd_error *error) {
    passwd_abc_config c = passwdi_abc_base();
    int k;
    if (!name || !config)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_preset: name or config is NULL.");
    if (strcmp(name, "letter") == 0) { /* 10 epochs of 180,000 events; E_T of ISR costs 1 per GeV */
        c.out_dim[1] = 3;
        c.lambda_isr = 100.0f;
        c.steps = 1758;
    } else if (strcmp(name, "original") == 0) {
        c.embed_dim = c.mlp_dim = c.attn_block_ffwd_dim = 32;
        c.embed_nlayers = c.mlp_nlayers = c.attn_block_ffwd_nlayers = 3;
        c.attn_blocks_n = 4;
        for (k = 0; k < 4; k++) c.out_dim[k] = 2;
        c.ae_dim = 4;
        c.original = c.last_block = 1;
        c.losses = PASSWD_ABC_ORIGINAL;
        c.lambda_reco = c.lambda_crossed = 1.0f;
        c.tau = 0.1f;
        c.attn_dropout = 0.1f;
        c.temperature_end = 1.0f;
        c.temperature_steps = 0.0f;
        c.batch = 256;
        c.steps = 7031; /* the same events and epochs */
    } else if (strcmp(name, "default") == 0
        || strcmp(name, "isr") == 0) { /* measured: README, "Training from scratch" */
        if (name[0] == 'i') {
            c.out_dim[1] = 3;
            c.lambda_isr = 4.0f;
        }
        c.align = c.last_block = c.random_block = c.keep_last = 1;
        c.mass_bound = 2.0f;
        c.tau = 0.1f;
        c.temperature_start = 10.0f;
        c.temperature_end = 1.0f;
        c.temperature_steps = 300.0f; /* at a low temperature from the start, all jets may freeze in one parent */
        c.lambda_reco = 1.0f;
        c.lambda_mass = 11.0f;
        c.lambda_root = c.lambda_balance = 15.0f;
        c.lambda_early = 0.5f;
        c.lambda_teacher = 30.0f;
        c.ramp = 2000.0f;
        c.embed_dim = c.mlp_dim = c.attn_block_ffwd_dim = 32;
        c.steps = 8000;
        c.batch = 256;
        c.rate = 7e-4f;
        c.schedule = PASSWD_SCHEDULE_COSINE;
        c.clip = 1.0f;
        c.average = 0.999f;
    } else {
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "There is no preset \"%s\": use default, isr, letter or original.", name);
    }
    *config = c;
    return PASSWD_OK;
}

/* out_dim: one number for all layers, or one per layer. */
static passwd_status passwdi_abc_read_categories(
    passwd_abc_config *c, const passwd_json *json, int32_t node, passwd_error *error) {
    const int array = json->nodes[node].kind == PASSWD_JSON_ARRAY;
    const int32_t layers = passwd_json_get(json, 0, "attn_blocks_n"); /* of this file, or the present settings */
    int64_t v;
    int k;
    if (array && (json->nodes[node].count < 1 || json->nodes[node].count > PASSWD_ABC_LAYERS))
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, json->nodes[node].line, json->nodes[node].column,
            "%s: \"out_dim\" needs one number per layer, for 1 to 8 layers.", json->name);
    if (array && (layers < 0 || passwd_json_int(json, layers, &v, NULL) != PASSWD_OK)) v = c->attn_blocks_n;
    if (array && json->nodes[node].count > v)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, json->nodes[node].line, json->nodes[node].column,
            "%s: \"out_dim\" has %d numbers for %d layers (\"attn_blocks_n\").", json->name,
            (int)json->nodes[node].count, (int)v);
    for (k = 0; k < PASSWD_ABC_LAYERS; k++) {
        const int32_t at =
            !array ? node : passwd_json_at(json, node, k < json->nodes[node].count ? k : json->nodes[node].count - 1);
        const passwd_status s = passwd_json_int(json, at, &v, error);
        if (s != PASSWD_OK) return s;
        if (v < 2 || v > PASSWD_MAX_CATEGORIES)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, json->nodes[at].line, json->nodes[at].column,
                "%s: \"out_dim\" must lie in 2 to 8.", json->name);
        c->out_dim[k] = (int)v;
    }
    return PASSWD_OK;
}
static passwd_status passwdi_abc_key(void *config, const passwd_json *json, int32_t node, passwd_error *error) {
    passwd_abc_config *c = (passwd_abc_config *)config;
    static const passwdi_setting fixed[] = { { "embed_input_dim", 0, 'd', 5, 5 }, { "mlp_input_dim", 0, 'd', 3, 3 },
        { "attn_block_ffwd_on", 0, 'd', 1, 1 } };
    static const passwdi_setting hard_setting = { "hard", offsetof(passwd_abc_config, gumbel_hard), 'i', 0, 1 };
    const char *key = json->nodes[node].key;
    double unused;
    int k;
    if (strcmp(key, "out_dim") == 0) return passwdi_abc_read_categories(c, json, node, error);
    if (strcmp(key, "format") == 0) return PASSWD_OK;
    if (strcmp(key, "epochs") == 0 && passwd_json_get(json, 0, "steps") < 0) c->steps = 0; /* the presets count steps */
    if (strcmp(key, "gumbel_softmax_config") == 0) { /* the original's: {"tau": .., "hard": ..} */
        const int32_t hard = passwd_json_get(json, node, "hard");
        return hard < 0 ? PASSWD_OK : passwdi_settings_read(&hard_setting, 1, c, json, hard, error);
    }
    for (k = 0; k < 3; k++)
        if (strcmp(key, fixed[k].name) == 0) return passwdi_settings_read(fixed, 3, &unused, json, node, error);
    return passwdi_settings_read(passwdi_abc_settings, PASSWDI_ABC_SETTINGS, c, json, node, error);
}
static passwd_status passwdi_abc_config_from(passwd_abc_config *config, const char *text, size_t length,
    const char *name, const passwd_allocator *allocator, passwd_error *error) {
    passwd_abc_config c = *config;
    const passwd_status s = passwdi_config_parse(passwdi_abc_key, &c, text, length, name, allocator, error);
    if (s == PASSWD_OK) *config = c;
    return s;
}
PASSWD_DEF passwd_status passwd_abc_config_read(
    passwd_abc_config *config, const char *text, size_t length, const char *name, passwd_error *error) {
    if (!config || !text)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_config_read: config or text is NULL.");
    return passwdi_abc_config_from(config, text, length, name, NULL, error);
}
static passwd_status passwdi_abc_check(const passwd_abc_config *c, passwd_error *error) {
    const passwd_status s = passwdi_settings_check(passwdi_abc_settings, PASSWDI_ABC_SETTINGS, c, error);
    int k;
    if (s != PASSWD_OK) return s;
    if (c->embed_dim % c->attn_block_num_heads)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "Configuration: \"embed_dim\" %d is not a multiple of \"attn_block_num_heads\" %d.", c->embed_dim,
            c->attn_block_num_heads);
    for (k = 0; k < c->attn_blocks_n; k++)
        if (c->out_dim[k] < 2 || c->out_dim[k] > PASSWD_MAX_CATEGORIES || c->out_dim[k] >= c->embed_dim)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
                "Configuration: \"out_dim\" of layer %d is %d; it must lie in 2 to 8 and below \"embed_dim\".", k + 1,
                c->out_dim[k]);
    return PASSWD_OK;
}
static passwd_status passwdi_abc_write_config(
    const passwd_abc_config *c, passwd_json_writer *w, const char **text, passwd_error *error) {
    size_t length;
    int k;
    passwd_json_begin_object(w);
    passwd_json_key(w, "format");
    passwd_json_write_string(w, "passwd-abc-1");
    passwdi_settings_write(passwdi_abc_settings, PASSWDI_ABC_SETTINGS, c, w);
    passwd_json_key(w, "out_dim");
    passwd_json_begin_array(w);
    for (k = 0; k < c->attn_blocks_n; k++) passwd_json_write_int(w, c->out_dim[k]);
    passwd_json_end_array(w);
    passwd_json_end_object(w);
    return passwd_json_finish(w, text, &length, error);
}

/* ------------------------------------------------------------------------------------------------------------------
   PASSWD-ABC: the network
   --------------------------------------------------------------------------------------------------------------- */
enum { PASSWDI_SHAPES = 26, PASSWDI_CURVES = 5 };
/* Learnt networks, and curves in x = (log m - a) / b within c <= x <= d: a, b, c, d are the first row. */
typedef struct passwdi_abc_score {
    passwd_reweight *ratio;
    const passwd_model *model; /* the ratio's */
    double curve[PASSWDI_CURVES + 1][4];
} passwdi_abc_score;
static void passwdi_abc_score_free(const passwd_allocator *a, passwdi_abc_score *score);
static passwd_status passwdi_abc_score_write(
    const passwdi_abc_score *score, passwd_tensor_writer *w, passwd_json_writer *json, passwd_error *error);
static passwd_status passwdi_abc_score_read(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, passwdi_abc_score **score, passwd_error *error);
static passwd_status passwdi_abc_score_run(const passwd_abc *abc, passwd_workspace *work,
    const passwd_workspace_options *run, const float *p4, const int32_t *objects, int64_t events, float *x, float *z,
    float *score, passwd_error *error);

struct passwd_abc {
    passwd_allocator allocator;
    passwd_abc_config config;
    passwd_model *model;
    double at_optimum;
    passwdi_abc_score *score; /* NULL: not learnt */
};

/* widths from a to b in `depth` steps */
static void passwdi_cascade(int *widths, int a, int b, int depth) {
    int i;
    for (i = 1; i <= depth; i++) widths[i - 1] = (int)(b + (double)(a - b) * (depth - i) / depth);
}
typedef struct passwdi_abc_parts {
    passwd_value p4, mass, features, latent, decoded;
} passwdi_abc_parts;

/* The two parents given by a choice, through the autoencoder; cand: candidates in feature space, or PASSWD_NONE to sum
   x. */
static passwdi_abc_parts passwdi_abc_code(passwd_model *m, const passwd_abc_config *c, passwd_value choice,
    passwd_value x, passwd_value p4, passwd_value cand) {
    static const int parents[2] = { 0, 1 };
    const int categories = c->out_dim[c->attn_blocks_n - 1], width = c->embed_dim - categories + 1;
    int widths[16];
    passwd_value part[2];
    passwdi_abc_parts r;
    r.p4 = passwd_pool(m, choice, p4);
    if (cand == PASSWD_NONE) cand = passwd_pool(m, choice, x);
    part[0] = passwd_select_rows(m, passwd_features(m, cand, categories, c->embed_dim - categories), parents, 2);
    part[1] = passwd_mass(m, passwd_select_rows(m, r.p4, parents, 2), c->mass_scale);
    r.mass = part[1];
    r.features = passwd_concat(m, part, 2);
    passwdi_cascade(widths, width, c->ae_dim, c->ae_depth);
    r.latent = passwd_mlp(m, r.features, widths, c->ae_depth, 0, PASSWD_ACTIVATE_RELU, "ae_in.net");
    passwdi_cascade(widths, c->ae_dim, width, c->ae_depth);
    r.decoded = passwd_mlp(m, r.latent, widths, c->ae_depth, 0, PASSWD_ACTIVATE_RELU, "ae_out.net");
    if (c->mass_bound > 0.0f) {
        part[0] = passwd_features(m, r.decoded, 0, width - 1);
        part[1] = passwd_activate(m, passwd_features(m, r.decoded, width - 1, 1), PASSWD_ACTIVATE_SIGMOID, 0.0f, 0.0f);
        part[1] = passwd_activate(m, part[1], PASSWD_ACTIVATE_AFFINE, c->mass_bound, 0.0f);
        r.decoded = passwd_concat(m, part, 2);
    }
    return r;
}
static passwd_value passwdi_abc_latent_distance(passwd_model *m, passwd_value latent) {
    static const int row[2] = { 0, 1 };
    return passwd_distance(m, passwd_select_rows(m, latent, row, 1), passwd_select_rows(m, latent, row + 1, 1));
}
/* x^power of positive x */
static passwd_value passwdi_power(passwd_model *m, passwd_value logarithm, float power) {
    return passwd_activate(
        m, passwd_activate(m, logarithm, PASSWD_ACTIVATE_AFFINE, power, 0.0f), PASSWD_ACTIVATE_EXP, 0.0f, 0.0f);
}
/* Compact and equal parents, by the candidates' masses (two rows) relative to that of all jets. */
static void passwdi_abc_mass_losses(
    passwd_model *m, const passwd_abc_config *c, passwd_value mass, passwd_value p4, float weight, const char *suffix) {
    static const int twice[2] = { 0, 0 }, row[2] = { 0, 1 };
    passwd_value whole, part, apart, r;
    char name[48];
    if (weight * c->lambda_mass == 0.0f && weight * c->lambda_balance == 0.0f) return;
    whole = passwd_activate(m, passwd_mass(m, passwd_sum_rows(m, p4), c->mass_scale), PASSWD_ACTIVATE_LOG, 0.0f, 0.0f);
    part = passwd_subtract(
        m, passwd_activate(m, mass, PASSWD_ACTIVATE_LOG, 0.0f, 0.0f), passwd_select_rows(m, whole, twice, 2));
    if (c->lambda_root != 0.0f) {
        passwd_loss(m, passwd_sum_rows(m, passwdi_power(m, part, 0.5f)), weight * c->lambda_root,
            passwdi_join(name, sizeof name, "root", suffix, -1));
        passwd_loss_ramp(m, c->ramp);
    }
    part = passwdi_power(m, part, 1.0f);
    passwd_loss(
        m, passwd_sum_rows(m, part), weight * c->lambda_mass, passwdi_join(name, sizeof name, "mass", suffix, -1));
    if (c->lambda_balance == 0.0f) return;
    apart = passwd_subtract(m, passwd_select_rows(m, part, row, 1), passwd_select_rows(m, part, row + 1, 1));
    r = passwd_activate(m, passwd_activate(m, passwd_sum_rows(m, part), PASSWD_ACTIVATE_AFFINE, -1.4f, 1.2f),
        PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
    r = passwd_activate(m, passwd_activate(m, r, PASSWD_ACTIVATE_AFFINE, -1.0f, 1.2f), PASSWD_ACTIVATE_LOG, 0.0f, 0.0f);
    passwd_loss(m,
        passwd_multiply(
            m, passwdi_distance(m, apart, PASSWD_NONE, PASSWDI_ROOT, 1e-6f), passwdi_power(m, r, c->balance_power)),
        weight * c->lambda_balance, passwdi_join(name, sizeof name, "balance", suffix, -1));
    passwd_loss_ramp(m, c->ramp);
}
/* What candidates are made of: the last layer's objects (attended: before its candidate block), momenta, mask. */
typedef struct passwdi_abc_source {
    passwd_value x, attended, p4, mask;
    const passwd_block_options *block;
} passwdi_abc_source;

/* Candidates of randomly combined objects. As plain sums, the encoder would easily distinguish them from those of a
   candidate block, whose features are normalised, and the similarity of the others would cost nothing. */
static passwdi_abc_parts passwdi_abc_random(
    passwd_model *m, const passwd_abc_config *c, const passwdi_abc_source *from) {
    const int last = c->attn_blocks_n - 1, blocks = c->random_block && c->last_block;
    const passwd_value choice = passwd_random_choice(m, from->mask, blocks ? c->out_dim[last] : 2);
    passwd_value cand = PASSWD_NONE;
    char name[48];
    if (blocks) {
        cand = passwd_pool(m, choice, from->attended);
        cand = passwd_attention_block(m, cand, cand, PASSWD_NONE, PASSWD_NONE, PASSWD_NONE, from->block,
            passwdi_join(name, sizeof name, "cand_blocks.", "", last));
    }
    return passwdi_abc_code(m, c, choice, from->x, from->p4, cand);
}
/* Loss terms and the monitors that reveal a collapse: the jets in each category. */
static void passwdi_abc_losses(passwd_model *m, const passwd_abc_config *c, const passwdi_abc_parts *a,
    const passwdi_abc_source *from, passwd_value choice) {
    static const int swap[2] = { 1, 0 }, isr[1] = { 2 };
    const int categories = c->out_dim[c->attn_blocks_n - 1], original = c->losses == PASSWD_ABC_ORIGINAL;
    const passwd_value apart = passwdi_abc_latent_distance(m, a->latent);
    passwd_value loss, crossed, jets = passwd_sum_rows(m, choice);
    char name[48];
    int k;
    loss = passwd_sum_rows(
        m, original ? passwd_mean_square(m, a->features, a->decoded) : passwd_distance(m, a->features, a->decoded));
    crossed = original
        ? passwd_sum_rows(m, passwd_mean_square(m, a->features, passwd_select_rows(m, a->decoded, swap, 2)))
        : apart;
    passwd_output(m, loss, "loss");
    passwd_output(m, crossed, "loss_crossed");
    passwd_output(m, apart, "latent_distance");
    passwd_loss(m, loss, c->lambda_reco, "reconstruction");
    passwd_loss_ramp(m, c->ramp);
    passwd_loss(m, crossed, c->lambda_crossed, "crossed");
    passwd_loss_ramp(m, c->ramp);
    if (!original && c->lambda_random != 0.0f) {
        const passwdi_abc_parts r = passwdi_abc_random(m, c, from);
        const passwd_value random_apart = passwdi_abc_latent_distance(m, r.latent);
        passwd_value hinge =
            passwd_activate(m, passwd_subtract(m, apart, random_apart), PASSWD_ACTIVATE_AFFINE, 1.0f, 1.0f);
        hinge = passwd_activate(m, hinge, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
        passwd_loss(m, hinge, c->lambda_random, "random");
        passwd_loss_ramp(m, c->ramp);
        passwd_loss(m, random_apart, 0.0f, "random distance");
    }
    if (categories > 2) { /* transverse energy outside the parents: sqrt(m^2 + pT^2), in the published code pT */
        const passwd_value rest = passwd_select_rows(m, a->p4, isr, 1);
        passwd_value part[2];
        part[0] = passwdi_distance(m, passwd_features(m, rest, 1, 2), PASSWD_NONE, PASSWDI_ROOT, 1e-4f);
        part[0] = passwd_activate(m, part[0], PASSWD_ACTIVATE_AFFINE, 1.0f / c->mass_scale, 0.0f);
        part[1] = passwd_mass(m, rest, c->mass_scale);
        if (!original) part[0] = passwd_distance(m, passwd_concat(m, part, 2), PASSWD_NONE);
        if (c->isr_square) part[0] = passwd_activate(m, part[0], PASSWD_ACTIVATE_SQUARE, 0.0f, 0.0f);
        passwd_loss(m, part[0], c->lambda_isr, "isr");
    }
    passwdi_abc_mass_losses(m, c, a->mass, from->p4, 1.0f, "");
    passwd_loss(m, apart, 0.0f, "latent distance");
    passwd_loss(m, passwd_sum_rows(m, passwd_mean_square(m, choice, PASSWD_NONE)), 0.0f, "decided");
    for (k = 0; k < categories; k++) {
        snprintf(name, sizeof name, "jets in category %d", k);
        passwd_loss(m, passwd_features(m, jets, k, 1), 0.0f, name);
        if (k > 1) continue;
        snprintf(name, sizeof name, "jets lacking in %d", k); /* 1 for an empty parent */
        passwd_loss(m,
            passwd_activate(m, passwd_activate(m, passwd_features(m, jets, k, 1), PASSWD_ACTIVATE_AFFINE, -1.0f, 1.0f),
                PASSWD_ACTIVATE_RELU, 0.0f, 0.0f),
            0.0f, name);
    }
}
static passwd_status passwdi_abc_record(
    const passwd_abc_config *c, passwd_model *m, uint64_t seed, passwd_error *error) {
    static const float padding[5] = { 0.0f, 0.0f, 1.0f, 0.0f, 0.0f };
    static const int parents[2] = { 0, 1 };
    passwd_value early[PASSWD_ABC_LAYERS], teacher = PASSWD_NONE;
    const int last = c->attn_blocks_n - 1;
    passwd_abc_layer_options o;
    passwd_value x, p4, mask, e, bias = PASSWD_NONE, choice = PASSWD_NONE, cand = PASSWD_NONE;
    passwdi_abc_parts parts;
    passwdi_abc_source from;
    int widths[17], k;
    char name[48];
    memset(&o, 0, sizeof o);
    memset(&from, 0, sizeof from);
    x = passwd_input_objects(m, "x", c->max_objects, 5);
    p4 = passwd_input_objects(m, "p4", c->max_objects, 4);
    if (c->lambda_teacher > 0.0f) teacher = passwd_input_objects(m, "teacher", c->max_objects, 1);
    mask = passwd_input_mask(m);
    for (k = 0; k <= c->embed_nlayers; k++) widths[k] = c->embed_dim;
    e = passwd_batch_norm(m, x, c->original ? padding : NULL, "embed.input_bn");
    e = passwd_mask_rows(m, passwd_mlp(m, e, widths, c->embed_nlayers + 1, 0, PASSWD_ACTIVATE_RELU, "embed.net"), mask);
    if (c->doWij) {
        for (k = 0; k < c->mlp_nlayers; k++) widths[k] = c->mlp_dim;
        widths[c->mlp_nlayers] = 1;
        bias = passwd_mlp(m, passwd_pairs(m, x, 1), widths, c->mlp_nlayers + 1, 0, PASSWD_ACTIVATE_RELU, "mlp.net");
    }
    o.block.heads = c->attn_block_num_heads;
    o.block.hidden = c->attn_block_ffwd_nlayers;
    o.block.hidden_width = c->attn_block_ffwd_dim;
    o.block.dropout = c->attn_dropout;
    o.choice = !c->do_gumbel ? PASSWD_CHOICE_SOFT : c->gumbel_hard ? PASSWD_CHOICE_GUMBEL_HARD : PASSWD_CHOICE_GUMBEL;
    o.temperature = c->tau;
    o.original = c->original;
    for (k = 0; k <= last; k++) {
        passwd_abc_layer_values v;
        passwd_value scores;
        o.categories = c->out_dim[k];
        v = passwd_abc_layer(m, e, mask, bias, &o, k);
        e = scores = v.objects;
        cand = v.candidates;
        from.attended = v.attended;
        if (c->original && o.categories == 3) scores = passwd_shift(m, e, 2, -1.0f);
        choice = passwd_choice(m, scores, c->original ? PASSWD_NONE : mask, o.categories, o.choice, o.temperature);
        if (k == last) e = scores;
        if (teacher != PASSWD_NONE && (k == last || c->lambda_early > 0.0f) && o.categories >= c->out_dim[last]) {
            scores = passwd_activate(
                m, passwd_features(m, scores, 0, o.categories), PASSWD_ACTIVATE_AFFINE, 1.0f / c->tau, 0.0f);
            passwdi_join(name, sizeof name, "teacher", k == last ? "" : " ", k == last ? -1 : k);
            passwd_loss(m, passwd_cross_entropy(m, scores, teacher, 1),
                (k == last ? 1.0f : c->lambda_early) * c->lambda_teacher, name);
        }
        snprintf(name, sizeof name, "choice%d", k);
        passwd_output(m, choice, name);
        if (k == last) break;
        snprintf(name, sizeof name, "p4_%d", k);
        early[k] = passwd_pool(m, choice, p4);
        passwd_output(m, early[k], name);
    }
    parts = passwdi_abc_code(m, c, choice, e, p4, c->last_block ? cand : PASSWD_NONE);
    snprintf(name, sizeof name, "p4_%d", last);
    passwd_output(m, parts.p4, name);
    from.x = e;
    from.p4 = p4;
    from.mask = mask;
    from.block = &o.block;
    passwdi_abc_losses(m, c, &parts, &from, choice);
    for (k = 0; k < last; k++) {
        snprintf(name, sizeof name, " %d", k);
        passwdi_abc_mass_losses(m, c, passwd_mass(m, passwd_select_rows(m, early[k], parents, 2), c->mass_scale), p4,
            c->lambda_early, name);
    }
    return passwd_model_build(m, seed, error);
}
PASSWD_DEF passwd_status passwd_abc_new(const passwd_abc_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_abc **abc, passwd_error *error) {
    passwd_abc *a;
    passwd_status s;
    if (!config || !abc)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_new: config or abc is NULL.");
    s = passwdi_abc_check(config, error);
    if (s != PASSWD_OK) return s;
    a = (passwd_abc *)passwdi_new(allocator, 1, sizeof *a);
    if (!a) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a network.");
    if (allocator) a->allocator = *allocator;
    a->config = *config;
    a->at_optimum = NAN;
    s = passwd_model_new(allocator, &a->model, error);
    if (s == PASSWD_OK) s = passwdi_abc_record(config, a->model, seed, error);
    if (s != PASSWD_OK) {
        passwd_abc_free(a);
        return s;
    }
    *abc = a;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_abc_free(passwd_abc *a) {
    passwd_allocator allocator;
    if (!a) return;
    allocator = a->allocator;
    passwd_model_free(a->model);
    passwdi_abc_score_free(&allocator, a->score);
    passwdi_delete(&allocator, a);
}
PASSWD_DEF const passwd_abc_config *passwd_abc_config_of(const passwd_abc *a) { return &a->config; }
PASSWD_DEF passwd_model *passwd_abc_model(const passwd_abc *a) { return a->model; }
PASSWD_DEF double passwd_abc_at_optimum(const passwd_abc *a) { return a->at_optimum; }
PASSWD_DEF int passwd_abc_has_score(const passwd_abc *a) { return a->score != NULL; }

/* --- weights files --- */
/* Fills a model's parameters from tensors of the same names and shapes; every tensor must be used, except integers:
   PyTorch stores counters and tables of indices beside the parameters. */
#define PASSWDI_OF_SCORE                             \
    "network." /* so begin the names of its tensors, \
beside those of a network to whose file it belongs */
static passwd_status passwdi_model_read(
    passwd_model *m, const passwd_tensor_file *file, const char *name, int with_score, int score, passwd_error *error) {
    float *block = (float *)passwdi_new(&m->allocator, m->floats, sizeof(float));
    passwd_status s = block
        ? PASSWD_OK
        : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to read %s.", name);
    int64_t i;
    size_t k, f;
    int d;
    for (i = 0; s == PASSWD_OK && i < file->count; i++) {
        const char *t = file->tensors[i].name;
        if (with_score && (strncmp(t, PASSWDI_OF_SCORE, strlen(PASSWDI_OF_SCORE)) == 0) != score) continue;
        if (!passwd_parameter_find(m, t) && file->tensors[i].dtype < PASSWD_DTYPE_I64 && strncmp(t, "map.", 4) != 0)
            s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "%s: the network has no tensor \"%.80s\".", name, t);
    }
    for (k = 0; s == PASSWD_OK && k < m->n_parameters; k++) {
        const passwd_parameter *p = m->parameters + k;
        const passwd_tensor *t = passwd_tensor_find(file, p->name);
        if (!t) {
            s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "%s: tensor \"%s\" is missing.", name, p->name);
            break;
        }
        for (d = 0; d < p->rank && t->rank == p->rank && t->shape[d] == p->shape[d]; d++) continue;
        if (d < p->rank || t->rank != p->rank) {
            char shape[64] = "";
            for (d = 0; d < p->rank; d++) sprintf(shape + strlen(shape), d ? " x %d" : "%d", p->shape[d]);
            s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
                "%s: tensor \"%s\" does not have the shape that the configuration needs (%s).", name, p->name, shape);
            break;
        }
        if (t->dtype != PASSWD_DTYPE_F32 && t->dtype != PASSWD_DTYPE_F64 && t->dtype != PASSWD_DTYPE_F16
            && t->dtype != PASSWD_DTYPE_BF16) {
            s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "%s: tensor \"%s\" does not hold floating-point numbers.",
                name, p->name);
            break;
        }
        s = passwd_tensor_to_float(t, block + p->offset, (int64_t)p->count, error);
        for (f = 0; s == PASSWD_OK && f < p->count; f++)
            if (!(block[p->offset + f] - block[p->offset + f] == 0.0f))
                s = passwdi_fail(
                    error, PASSWD_ERROR_NUMERIC, 0, 0, "%s: tensor \"%s\" holds NaN or infinity.", name, p->name);
            else if (block[p->offset + f] < 0.0f && strstr(p->name, "running_var"))
                s = passwdi_fail(
                    error, PASSWD_ERROR_NUMERIC, 0, 0, "%s: tensor \"%s\" holds a negative variance.", name, p->name);
    }
    if (s == PASSWD_OK) s = passwd_set_parameters(m, block, error);
    passwdi_delete(&m->allocator, block);
    return s;
}
PASSWD_DEF passwd_status passwd_model_read(
    passwd_model *m, const passwd_tensor_file *file, const char *name, passwd_error *error) {
    return passwdi_model_read(m, file, name, 0, 0, error);
}
PASSWD_DEF passwd_status passwd_model_write(const passwd_model *m, passwd_tensor_writer *w, passwd_error *error) {
    passwd_status s = PASSWD_OK;
    size_t k;
    for (k = 0; s == PASSWD_OK && k < m->n_parameters; k++) {
        const passwd_parameter *p = m->parameters + k;
        int64_t shape[5];
        int d;
        for (d = 0; d < p->rank; d++) shape[d] = p->shape[d];
        s = passwd_tensor_writer_add(w, p->name, PASSWD_DTYPE_F32, p->rank, shape, m->block + p->offset, error);
    }
    return s;
}
static passwd_status passwdi_model_save(const passwd_model *m, const passwdi_abc_score *score, const char *path,
    const char *const *metadata, passwd_error *error) {
    passwd_tensor_writer w;
    passwd_json_writer json;
    passwd_status s = PASSWD_OK;
    passwd_json_writer_init(&json, &m->allocator);
    passwd_tensor_writer_init(&w, &m->allocator);
    for (; s == PASSWD_OK && *metadata; metadata += 2)
        s = passwd_tensor_writer_metadata(&w, metadata[0], metadata[1], error);
    if (s == PASSWD_OK) s = passwd_model_write(m, &w, error);
    if (s == PASSWD_OK && score) s = passwdi_abc_score_write(score, &w, &json, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_save(&w, path, error);
    passwd_tensor_writer_free(&w);
    passwd_json_writer_free(&json);
    return s;
}
PASSWD_DEF passwd_status passwd_model_save(
    const passwd_model *m, const char *path, const char *const *metadata, passwd_error *error) {
    static const char *const none[] = { NULL };
    if (!m || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_model_save: model or path is NULL.");
    return passwdi_model_save(m, NULL, path, metadata ? metadata : none, error);
}
static passwd_status passwdi_model_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    (void)allocator;
    return passwd_model_read((passwd_model *)user, file, name, error);
}
PASSWD_DEF passwd_status passwd_model_load(passwd_model *m, const char *path, passwd_error *error) {
    if (!m || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_model_load: model or path is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, &m->allocator, passwdi_model_from_file, m, error);
}
static passwd_status passwdi_abc_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    const char *text = passwd_tensor_metadata(file, "config"), *at_optimum = passwd_tensor_metadata(file, "at_optimum");
    passwd_abc_config c;
    passwd_abc *a = NULL;
    passwd_status s = passwd_abc_preset("original", &c, error);
    if (!text) return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the metadata have no \"config\".", name);
    if (s == PASSWD_OK) s = passwdi_abc_config_from(&c, text, strlen(text), name, allocator, error);
    if (s == PASSWD_OK) s = passwd_abc_new(&c, 0, allocator, &a, error);
    if (s == PASSWD_OK) s = passwdi_model_read(a->model, file, name, 1, 0, error);
    if (s == PASSWD_OK) s = passwdi_abc_score_read(file, name, allocator, &a->score, error);
    if (s != PASSWD_OK) {
        passwd_abc_free(a);
        return s;
    }
    if (at_optimum) passwdi_parse_number(at_optimum, at_optimum + strlen(at_optimum), &a->at_optimum);
    if (!(a->at_optimum >= 0.0 && a->at_optimum <= 1.0)) a->at_optimum = NAN;
    *(passwd_abc **)user = a;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_abc_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_abc **abc, passwd_error *error) {
    if (!abc) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_parse: abc is NULL.");
    return passwdi_from_weights(NULL, bytes, count, name, allocator, passwdi_abc_from_file, (void *)abc, error);
}
PASSWD_DEF passwd_status passwd_abc_load(
    const char *path, const passwd_allocator *allocator, passwd_abc **abc, passwd_error *error) {
    if (!abc || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_load: path or abc is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, allocator, passwdi_abc_from_file, (void *)abc, error);
}
PASSWD_DEF passwd_status passwd_abc_save(const passwd_abc *a, const char *path, passwd_error *error) {
    const char *metadata[7] = { "format", "pt", "config", NULL, NULL, NULL, NULL };
    passwd_json_writer json;
    passwd_status s;
    char at_optimum[32];
    if (a && a->at_optimum >= 0.0) {
        passwd_format_number(at_optimum, a->at_optimum, 4);
        metadata[4] = "at_optimum";
        metadata[5] = at_optimum;
    }
    if (!a || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_save: abc or path is NULL.");
    passwd_json_writer_init(&json, &a->allocator);
    s = passwdi_abc_write_config(&a->config, &json, metadata + 3, error);
    if (s == PASSWD_OK) s = passwdi_model_save(a->model, a->score, path, metadata, error);
    passwd_json_writer_free(&json);
    return s;
}

/* --- events in, answers out --- */
PASSWDI_SELDOM_END
PASSWD_DEF void passwd_abc_encode(double pt, double eta, double phi, double e, float x[5], float p4[4]) {
    const double c = cos(phi), s = sin(phi);
    x[0] = (float)(pt > 0.0 ? log(pt) : 0.0);
    x[1] = (float)eta;
    x[2] = (float)c;
    x[3] = (float)s;
    x[4] = (float)(e > 0.0 ? log(e) : 0.0);
    p4[0] = (float)e;
    p4[1] = (float)(pt * c);
    p4[2] = (float)(pt * s);
    p4[3] = (float)(pt * sinh(eta));
}

/* The rows of an event's jets (types j and b) that the network uses: all, or those of the highest pT, in the file's
   order. */
static int passwdi_abc_jets(const passwd_arrays *v, int64_t event, int most, int64_t *rows, int64_t *dropped) {
    const int64_t size = passwdi_event_size(v, event);
    int64_t place, count = 0;
    for (place = 0; place < size; place++) {
        const int64_t r = passwdi_event_row(v, event, place);
        const char *type = passwdi_row_type(v, r);
        const double pt = passwdi_row_pt(v, r);
        int64_t k, low = 0;
        if ((strcmp(type, "j") != 0 && strcmp(type, "b") != 0) || !(pt > 0.0)) continue;
        if (count < most) {
            rows[count++] = r;
            continue;
        }
        if (dropped) ++*dropped;
        for (k = 1; k < count; k++) /* the last of the lowest */
            if (passwdi_row_pt(v, rows[k]) <= passwdi_row_pt(v, rows[low])) low = k;
        if (pt <= passwdi_row_pt(v, rows[low])) continue;
        for (k = low; k + 1 < count; k++) rows[k] = rows[k + 1];
        rows[count - 1] = r;
    }
    return (int)count;
}
/* The rotation in phi and the sign of eta that align an event with its hardest jet; none without align. */
static void passwdi_abc_frame(
    int align, const passwd_arrays *v, const int64_t *rows, int n, double *turn, double *mirror) {
    int k, top = 0;
    *turn = 0.0;
    *mirror = 1.0;
    if (!align || n == 0) return;
    for (k = 1; k < n; k++)
        if (passwdi_row_pt(v, rows[k]) > passwdi_row_pt(v, rows[top])) top = k;
    *turn = passwdi_row_phi(v, rows[top]);
    if (passwdi_row_eta(v, rows[top]) < 0.0) *mirror = -1.0;
}
/* Checks the whole range before anything is written. Numbers that give finite inputs: pT cosh(20) of 1e30 GeV is a
   float. */
static passwd_status passwdi_abc_look_arrays(
    const passwd_arrays *v, int64_t first, int64_t count, passwd_error *error) {
    const passwd_status s = passwdi_arrays_check(v, first, count, error);
    int64_t e, k;
    if (s != PASSWD_OK) return s;
    for (e = first; e < first + count; e++)
        for (k = passwdi_event_size(v, e); k-- > 0;) {
            int64_t row = passwdi_event_row(v, e, k);
            const double pt = passwdi_row_pt(v, row), eta = passwdi_row_eta(v, row), phi = passwdi_row_phi(v, row);
            const passwd_arrays *a = passwdi_linked(v, &row);
            const passwd_column *m = a->e.values ? &a->e : &a->m;
            if (!(pt >= 0.0 && pt <= 1e30 && fabs(eta) <= 20.0 && fabs(phi) <= FLT_MAX)
                || (m->values && !(fabs(passwdi_at(m, row)) <= (a->e.values ? (double)FLT_MAX : 1e30))))
                return passwdi_arrays_fail(error, PASSWD_ERROR_NUMERIC, v, e,
                    "has an object with NaN, infinity, a negative pT or |eta| above 20.");
        }
    return PASSWD_OK;
}
static passwd_status passwdi_abc_look(const passwd_events *v, int64_t first, int64_t count, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(v);
    return passwdi_abc_look_arrays(&a, first, count, error);
}
/* Events that were checked; returns how many jets were dropped. */
static int64_t passwdi_abc_encode(const passwd_arrays *v, int64_t first, int64_t count, int max_objects, int align,
    float *x, float *p4, int32_t *objects) {
    int64_t e, dropped = 0, rows[PASSWD_MAX_OBJECTS];
    float one_x[5], one_p4[4];
    for (e = 0; e < count; e++) {
        const int n = passwdi_abc_jets(v, first + e, max_objects, rows, &dropped);
        double turn, mirror;
        int k;
        passwdi_abc_frame(align, v, rows, n, &turn, &mirror);
        for (k = 0; k < n; k++) {
            const size_t at = (size_t)e * (size_t)max_objects + (size_t)k;
            passwd_abc_encode(passwdi_row_pt(v, rows[k]), mirror * passwdi_row_eta(v, rows[k]),
                passwdi_row_phi(v, rows[k]) - turn, passwdi_row_e(v, rows[k]), x ? x + 5 * at : one_x,
                p4 ? p4 + 4 * at : one_p4);
        }
        objects[e] = n;
    }
    return dropped;
}
PASSWD_DEF passwd_status passwd_abc_inputs(const passwd_abc_config *config, const passwd_events *v, int64_t first,
    int64_t count, const passwd_abc_tensors *to, int64_t *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(v);
    const int max_objects = config ? config->max_objects : 0;
    passwd_status s;
    int64_t beyond;
    if (!to || !to->objects || max_objects < 1 || max_objects > PASSWD_MAX_OBJECTS)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_abc_inputs: config, tensors or its objects are NULL, or max_objects is not from 1 to %d.",
            PASSWD_MAX_OBJECTS);
    s = passwdi_abc_look_arrays(&a, first, count, error);
    if (s != PASSWD_OK) return s;
    beyond = passwdi_abc_encode(&a, first, count, max_objects, config->align, to->x, to->p4, to->objects);
    if (dropped) *dropped += beyond;
    return PASSWD_OK;
}

enum { PASSWDI_ABC_BLOCK = 1024 };
struct passwd_abc_job {
    passwd_allocator allocator;
    const passwd_abc *abc;
    passwd_workspace *work;
    float *memory, *x, *p4, **outputs;
    const float *loss, *loss_crossed, *latent_distance, *choice[PASSWD_ABC_LAYERS],
        *momenta[PASSWD_ABC_LAYERS]; /* some of outputs */
    int32_t *objects;
    passwd_workspace_options options;
    passwd_abc_how how;    /* never AUTO */
    signed char *category; /* the network's, then the answer */
    float *mass, *cost, *network_cost;
    passwd_workspace *score_work; /* NULL: score is that of the loss */
    float *shapes, *ratios, *score;
};
static passwd_abc_how passwdi_abc_auto(const passwd_abc_config *c);
static const float *passwdi_abc_output(const passwd_abc_job *j, const char *name, int layer) {
    char full[48];
    return j->outputs[passwd_output_find(j->abc->model, passwdi_join(full, sizeof full, name, "", layer))];
}
PASSWD_DEF passwd_status passwd_abc_job_new(
    const passwd_abc *abc, const passwd_workspace_options *options, passwd_abc_job **job, passwd_error *error) {
    const passwd_model *m;
    passwd_workspace_options o;
    passwd_allocator a;
    passwd_abc_job *j;
    passwd_status s;
    size_t floats, n, at, shapes;
    int k;
    if (!abc || !job)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_job_new: abc or job is NULL.");
    m = abc->model;
    n = (size_t)abc->config.max_objects;
    shapes = abc->score ? PASSWDI_SHAPES + (size_t)passwd_reweight_networks(abc->score->ratio) : 0;
    o = passwdi_room(options, &abc->allocator, &a);
    j = (passwd_abc_job *)passwdi_new(&a, 1, sizeof *j);
    if (!j && options && options->buffer) return passwdi_few_bytes(options, passwd_abc_job_size(abc, options), error);
    if (!j) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a job.");
    j->allocator = a;
    j->abc = abc;
    j->how = passwdi_abc_auto(&abc->config);
    j->options = o;
    j->options.allocator = NULL; /* for partitions, which need no memory */
    s = passwd_workspace_new(m, &o, &j->work, error);
    if (s == PASSWD_OK && abc->score) s = passwd_workspace_new(abc->score->model, &o, &j->score_work, error);
    for (floats = 9 * n + 5 + shapes, k = 0; k < passwd_output_count(m); k++) floats += passwd_output_size(m, k);
    j->memory = (float *)passwdi_new(&a, floats * PASSWDI_ABC_BLOCK, sizeof(float));
    j->outputs = (float **)passwdi_new(&a, (size_t)passwd_output_count(m), sizeof *j->outputs);
    j->objects = (int32_t *)passwdi_new(&a, PASSWDI_ABC_BLOCK, sizeof *j->objects);
    j->category = (signed char *)passwdi_new(&a, n, PASSWDI_ABC_BLOCK);
    if (s == PASSWD_OK && (!j->memory || !j->outputs || !j->objects || !j->category))
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a job.");
    if (s != PASSWD_OK) {
        passwd_abc_job_free(j);
        if (s == PASSWD_ERROR_MEMORY && options && options->buffer)
            s = passwdi_few_bytes(options, passwd_abc_job_size(abc, options), error);
        return s;
    }
    j->x = j->memory;
    j->p4 = j->x + 5 * n * PASSWDI_ABC_BLOCK;
    j->mass = j->p4 + 4 * n * PASSWDI_ABC_BLOCK;
    j->cost = j->mass + 2 * PASSWDI_ABC_BLOCK;
    j->network_cost = j->cost + PASSWDI_ABC_BLOCK;
    j->score = j->network_cost + PASSWDI_ABC_BLOCK;
    j->shapes = j->score + PASSWDI_ABC_BLOCK;
    j->ratios = j->shapes + (size_t)PASSWDI_SHAPES * PASSWDI_ABC_BLOCK;
    for (at = (9 * n + 5 + shapes) * PASSWDI_ABC_BLOCK, k = 0; k < passwd_output_count(m); k++) {
        j->outputs[k] = j->memory + at;
        at += passwd_output_size(m, k) * PASSWDI_ABC_BLOCK;
    }
    j->loss = passwdi_abc_output(j, "loss", -1);
    j->loss_crossed = passwdi_abc_output(j, "loss_crossed", -1);
    j->latent_distance = passwdi_abc_output(j, "latent_distance", -1);
    for (k = 0; k < abc->config.attn_blocks_n; k++) {
        j->choice[k] = passwdi_abc_output(j, "choice", k);
        j->momenta[k] = passwdi_abc_output(j, "p4_", k);
    }
    *job = j;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_abc_job_free(passwd_abc_job *j) {
    passwd_allocator a;
    if (!j) return;
    a = j->allocator;
    passwd_workspace_free(j->work);
    passwdi_delete(&a, j->memory);
    passwdi_delete(&a, j->outputs);
    passwdi_delete(&a, j->objects);
    passwdi_delete(&a, j->category);
    passwd_workspace_free(j->score_work);
    passwdi_delete(&a, j);
}

PASSWD_DEF size_t passwd_abc_job_size(const passwd_abc *abc, const passwd_workspace_options *options) {
    passwd_abc_job *j = NULL;
    passwdi_meter meter;
    if (!abc) return 0;
    passwdi_meter_begin(&meter, options, &abc->allocator);
    if (passwd_abc_job_new(abc, &meter.options, &j, NULL) != PASSWD_OK) return 0;
    passwd_abc_job_free(j);
    return meter.bytes;
}

static float passwdi_mass_of(const float *p) {
    const double e = (double)p[0], x = (double)p[1], y = (double)p[2], z = (double)p[3],
                 m2 = fma(e, e, -fma(x, x, fma(y, y, z * z)));
    return m2 > 0.0 ? (float)sqrt(m2) : 0.0f;
}
/* The answers of a block: the network's categories, rated, and improved if requested. */
static passwd_status passwdi_abc_answer(passwd_abc_job *j, int64_t events, passwd_error *error) {
    const passwd_abc_config *c = &j->abc->config;
    const int n = c->max_objects, categories = c->out_dim[c->attn_blocks_n - 1];
    const float *choice = j->choice[c->attn_blocks_n - 1];
    passwd_abc_partition all;
    passwd_status s;
    int64_t k;
    int t;
    for (k = 0; k < events * n; k++)
        for (j->category[k] = 0, t = 1; t < categories; t++)
            if (choice[k * categories + t] > 0.5f) j->category[k] = (signed char)t;
    all.events = events;
    all.max_objects = n;
    all.p4 = j->p4;
    all.objects = j->objects;
    all.category = j->category;
    all.mass = j->mass;
    all.cost = j->network_cost;
    s = passwd_abc_assign(c, PASSWD_ABC_NETWORK, &j->options, &all, error);
    all.cost = j->cost;
    /* such a network's own answer is used */
    if (s == PASSWD_ERROR_CONFIG || s == PASSWD_ERROR_UNSUPPORTED || s == PASSWD_ERROR_NUMERIC) {
        if (j->how != PASSWD_ABC_NETWORK) return s;
        for (k = 0; k < events; k++) j->network_cost[k] = NAN;
        s = PASSWD_OK;
    }
    if (s == PASSWD_OK && j->how != PASSWD_ABC_NETWORK) return passwd_abc_assign(c, j->how, &j->options, &all, error);
    memcpy(j->cost, j->network_cost, (size_t)events * sizeof *j->cost);
    return s;
}
/* An answer that is not the last layer's own. */
static void passwdi_abc_take_answer(
    const passwd_abc_job *j, int64_t k, const int64_t *places, int n, passwd_abc_result *r) {
    const size_t at = (size_t)k * (size_t)j->abc->config.max_objects;
    double sum[PASSWD_MAX_CATEGORIES][4];
    int i, t;
    memset(sum, 0, sizeof sum);
    for (i = 0; i < n; i++) {
        for (t = 0; t < 4; t++) sum[j->category[at + (size_t)i]][t] += (double)j->p4[4 * (at + (size_t)i) + (size_t)t];
        if (places[i] < PASSWD_MAX_OBJECTS) r->answer.category[places[i]] = j->category[at + (size_t)i];
    }
    for (i = 0; i < PASSWD_MAX_CATEGORIES; i++)
        for (t = 0; t < 4; t++) r->p4[i][t] = (float)sum[i][t];
    for (t = 0; t < 2; t++) r->answer.mass[t] = j->mass[2 * k + t];
    r->answer.mass_avg = 0.5f * r->answer.mass[0] + 0.5f * r->answer.mass[1];
}
/* Event `k` of the block in the job's outputs becomes a result. */
static void passwdi_abc_result(
    const passwd_abc_job *j, const passwd_arrays *v, int64_t event, int64_t k, passwd_abc_result *r) {
    const passwd_abc_config *c = &j->abc->config;
    int64_t rows[PASSWD_MAX_OBJECTS], places[PASSWD_MAX_OBJECTS];
    const int n = passwdi_abc_jets(v, event, c->max_objects, rows, NULL), last = c->attn_blocks_n - 1;
    double turn, mirror;
    int layer, i, t;
    for (i = 0; i < n; i++) places[i] = passwdi_event_place(v, event, rows[i]);
    memset(r, 0, sizeof *r);
    r->objects = n;
    r->loss = j->loss[k];
    r->loss_crossed = j->loss_crossed[k];
    r->latent_distance = j->latent_distance[k];
    r->score = j->score_work ? j->score[k] : (float)log((double)r->loss);
    for (layer = 0; layer <= last; layer++) {
        passwd_abc_layer_result *l = r->layer + layer;
        const int categories = c->out_dim[layer];
        const float *choice = j->choice[layer] + (size_t)k * (size_t)c->max_objects * (size_t)categories,
                    *p4 = j->momenta[layer] + (size_t)k * (size_t)categories * 4;
        memset(l->category, -1, sizeof l->category);
        for (i = 0; i < n; i++)
            for (t = 0; t < categories; t++)
                if (choice[i * categories + t] > 0.5f && places[i] < PASSWD_MAX_OBJECTS)
                    l->category[places[i]] = (signed char)t;
        for (t = 0; t < 2; t++) l->mass[t] = passwdi_mass_of(p4 + 4 * t);
        l->mass_avg = 0.5f * l->mass[0] + 0.5f * l->mass[1];
        if (layer == last) memcpy(r->p4, p4, (size_t)categories * 4 * sizeof(float));
    }
    r->answer = r->layer[last];
    r->cost = j->cost[k];
    r->network_cost = j->network_cost[k];
    if (j->how != PASSWD_ABC_NETWORK) passwdi_abc_take_answer(j, k, places, n, r);
    passwdi_abc_frame(c->align, v, rows, n, &turn, &mirror);
    for (t = 0; c->align && t < PASSWD_MAX_CATEGORIES; t++) { /* back to the frame of the file */
        const double px = (double)r->p4[t][1], py = (double)r->p4[t][2];
        r->p4[t][1] = (float)(px * cos(turn) - py * sin(turn));
        r->p4[t][2] = (float)(px * sin(turn) + py * cos(turn));
        r->p4[t][3] *= (float)mirror;
    }
    if (n == 0) {
        r->loss = r->loss_crossed = r->score = r->latent_distance = NAN;
        for (layer = 0; layer <= last; layer++)
            r->layer[layer].mass[0] = r->layer[layer].mass[1] = r->layer[layer].mass_avg = NAN;
        r->answer.mass[0] = r->answer.mass[1] = r->answer.mass_avg = NAN;
    }
}
/* What is asked for of a result. */
static void passwdi_abc_column(const passwd_abc_columns *c, int64_t k, const passwd_abc_result *r) {
    int i;
    if (c->score) c->score[k] = r->score;
    if (c->loss) c->loss[k] = r->loss;
    if (c->mass_avg) c->mass_avg[k] = r->answer.mass_avg;
    for (i = 0; c->mass && i < 2; i++) c->mass[2 * k + i] = r->answer.mass[i];
    for (i = 0; c->category && i < c->objects; i++)
        c->category[k * c->objects + i] = (signed char)(i < PASSWD_MAX_OBJECTS ? r->answer.category[i] : -1);
}
/* Results go to an array, or (NULL) to columns. */
static passwd_status passwdi_abc_run(passwd_abc_job *j, const passwd_arrays *events, int64_t first, int64_t count,
    passwd_abc_result *results, const passwd_abc_columns *columns, int64_t *dropped, passwd_error *error) {
    const passwd_abc_config *c;
    const float *inputs[3];
    passwd_abc_result one;
    passwd_batch b;
    passwd_status s;
    int64_t at, k, beyond = 0;
    if (!j || !events || (!results && !columns))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_run: job, events or results is NULL.");
    s = passwdi_abc_look_arrays(events, first, count, error);
    c = &j->abc->config;
    inputs[0] = j->x;
    inputs[1] = j->p4;
    inputs[2] = NULL;
    memset(&b, 0, sizeof b);
    b.inputs = inputs;
    b.objects = j->objects;
    for (at = 0; s == PASSWD_OK && at < count; at += PASSWDI_ABC_BLOCK) {
        b.events = passwdi_least(count - at, PASSWDI_ABC_BLOCK);
        beyond += passwdi_abc_encode(events, first + at, b.events, c->max_objects, c->align, j->x, j->p4, j->objects);
        s = passwd_run(j->abc->model, j->work, &b, j->outputs, error);
        if (s == PASSWD_OK) s = passwdi_abc_answer(j, b.events, error);
        if (s == PASSWD_OK && j->score_work)
            s = passwdi_abc_score_run(
                j->abc, j->score_work, &j->options, j->p4, j->objects, b.events, j->shapes, j->ratios, j->score, error);
        for (k = 0; s == PASSWD_OK && k < b.events; k++) {
            passwdi_abc_result(j, events, first + at + k, k, results ? results + at + k : &one);
            if (!results) passwdi_abc_column(columns, at + k, &one);
        }
        if (s == PASSWD_OK) s = passwdi_watched(&j->options, at + b.events, count, "events", error);
    }
    if ((s == PASSWD_OK || s == PASSWD_STOPPED) && dropped) *dropped += beyond;
    return s;
}
PASSWD_DEF passwd_status passwd_abc_run_arrays(passwd_abc_job *j, const passwd_arrays *events, int64_t first,
    int64_t count, passwd_abc_result *results, int64_t *dropped, passwd_error *error) {
    return passwdi_abc_run(j, events, first, count, results, NULL, dropped, error);
}
PASSWD_DEF passwd_status passwd_abc_run_columns(passwd_abc_job *j, const passwd_arrays *events, int64_t first,
    int64_t count, const passwd_abc_columns *columns, int64_t *dropped, passwd_error *error) {
    if (columns && columns->category && columns->objects < 1)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_run_columns: categories need a number of objects.");
    return passwdi_abc_run(j, events, first, count, NULL, columns, dropped, error);
}
PASSWD_DEF passwd_status passwd_abc_run(passwd_abc_job *j, const passwd_events *events, int64_t first, int64_t count,
    passwd_abc_result *results, int64_t *dropped, passwd_error *error) {
    const passwd_arrays a = passwdi_arrays_of(events);
    return passwd_abc_run_arrays(j, &a, first, count, results, dropped, error);
}

PASSWDI_SELDOM
/* --- training --- */
static passwd_train_options passwdi_abc_train_options(const passwd_abc_config *c, const passwd_train_options *options) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    o.epochs = c->epochs;
    o.steps = c->steps;
    o.batch = c->batch;
    o.schedule = (passwd_schedule)c->schedule;
    o.rate = c->rate;
    o.warmup = c->warmup;
    o.decay = c->decay;
    o.weight_decay = c->weight_decay;
    o.clip = c->clip;
    o.average = c->average;
    o.validation = c->validation;
    o.patience = c->patience;
    o.keep_last = c->keep_last;
    o.temperature_start = c->temperature_start;
    o.temperature_end = c->temperature_end;
    o.temperature_steps = c->temperature_steps;
    return o;
}
/* Diagnostics of a trained network on the last events. */
enum { PASSWDI_ABC_MEASURED = 2048, PASSWDI_ABC_MEASURED_EACH = 64 };
typedef struct passwdi_abc_answers {
    double pattern[PASSWDI_ABC_MEASURED], mass[PASSWDI_ABC_MEASURED];
} passwdi_abc_answers;
typedef struct passwdi_abc_found {
    double at_optimum; /* fraction of the events with the best partition; NaN if there is no cost */
    double empty;      /* fraction of those of two jets or more that have an empty parent */
    double same;       /* fraction of those of four jets or more with the most common assignment for their number of
                          jets */
    double width;      /* half the central 68 % of the average mass over its median */
    int64_t masses, patterns;
} passwdi_abc_found;

/* The categories of up to 12 objects in the file's order, up to exchange of the parents, as digits to base 8, preceded
   by the number of objects. */
static double passwdi_abc_pattern(const passwd_abc_layer_result *l, int objects) {
    double pattern = objects, rest = 1.0;
    int k, n = 0, turned = -1;
    for (k = 0; k < PASSWD_MAX_OBJECTS && n < 12; k++) {
        int c = l->category[k];
        if (c < 0) continue;
        if (c < 2 && turned < 0) turned = c;
        if (c < 2) c ^= turned;
        pattern += (rest *= 0.125) * c;
        n++;
    }
    return pattern;
}
static void passwdi_abc_look_at(const passwd_abc_result *r, int last, passwdi_abc_answers *a, passwdi_abc_found *f) {
    const passwd_abc_layer_result *l = r->layer + last;
    if (r->objects < 2) return;
    f->empty += !(memchr(l->category, 0, sizeof l->category) && memchr(l->category, 1, sizeof l->category));
    a->mass[f->masses++] = (double)l->mass_avg;
    if (r->objects > 3) a->pattern[f->patterns++] = passwdi_abc_pattern(l, r->objects);
}
/* Turns sums into fractions; too few events are not used. */
static void passwdi_abc_conclude(passwdi_abc_answers *a, passwdi_abc_found *f) {
    int64_t k, run = 0, most = 0, same = 0;
    const int64_t n = f->masses;
    f->width = INFINITY;
    if (n < 20) {
        f->empty = 0.0;
        return;
    }
    f->empty /= (double)n;
    passwdi_sort(a->mass, 1, n);
    f->width = 0.5 * (a->mass[n * 84 / 100] - a->mass[n * 16 / 100]) / a->mass[n / 2];
    if (f->patterns < 20) return;
    passwdi_sort(a->pattern, 1, f->patterns);
    for (k = 0; k < f->patterns; k++) {
        run = k && a->pattern[k] == a->pattern[k - 1] ? run + 1 : 1;
        if (run > most) most = run;
        if (k + 1 < f->patterns && floor(a->pattern[k + 1]) == floor(a->pattern[k])) continue;
        same += most; /* the last with as many objects */
        most = 0;
    }
    f->same = (double)same / (double)f->patterns;
}
static void passwdi_abc_measure(passwd_abc_job *j, const passwd_events *events, passwd_abc_result *r,
    passwdi_abc_answers *a, passwdi_abc_found *f) {
    const int64_t first = events->count > PASSWDI_ABC_MEASURED ? events->count - PASSWDI_ABC_MEASURED : 0;
    const int last = j->abc->config.attn_blocks_n - 1;
    double rated = 0.0, best = 0.0;
    int64_t at, k, n;
    memset(f, 0, sizeof *f);
    if (passwd_abc_job_assign(j, PASSWD_ABC_EXACT, NULL) != PASSWD_OK) /* then there is no cost */
        passwd_abc_job_assign(j, PASSWD_ABC_NETWORK, NULL);
    for (at = first; at < events->count; at += n) {
        n = passwdi_least(events->count - at, PASSWDI_ABC_MEASURED_EACH);
        if (passwd_abc_run(j, events, at, n, r, NULL, NULL) != PASSWD_OK) break;
        for (k = 0; k < n; k++) {
            passwdi_abc_look_at(r + k, last, a, f);
            if (!(r[k].cost < INFINITY)) continue;
            rated += 1.0;
            best += r[k].network_cost <= r[k].cost * 1.00001f;
        }
    }
    f->at_optimum = rated > 0.0 ? best / rated : (double)NAN;
    passwdi_abc_conclude(a, f);
}
/* Means of the monitors over an epoch, and of the loss with its weights at their full size except the teacher's, which
   does not depend on the choice: soft, as it is trained, and by the largest score, as it is validated. */
typedef struct passwdi_abc_watch {
    const passwd_abc *abc;
    const passwd_train_options *options;
    double steps, soft, apart, random_apart, decided, jets; /* sums over this epoch's steps */
    double gap, hard, shared, near_ones, random_ones;       /* of the last epoch that was validated, or of the last */
    int within;
} passwdi_abc_watch;

static double passwdi_abc_total(const passwd_model *m, const double *terms) {
    passwd_loss_options full;
    double total = 0.0;
    int k;
    memset(&full, 0, sizeof full);
    for (k = 0; k < passwd_loss_count(m); k++)
        if (strncmp(passwd_loss_name(m, k), "teacher", 7) != 0)
            total += (double)passwdi_loss_weight(m->losses + k, &full) * terms[k];
    return total;
}
static int passwdi_abc_progress(void *user, const passwd_progress *p) {
    passwdi_abc_watch *w = (passwdi_abc_watch *)user;
    const passwd_model *m = w->abc->model;
    int k;
    if (p->within != w->within) w->steps = w->soft = w->apart = w->random_apart = w->decided = w->jets = 0.0;
    w->within = p->within;
    w->steps += 1.0;
    w->soft += passwdi_abc_total(m, p->terms);
    for (k = 0; k < passwd_loss_count(m); k++) {
        const char *name = passwd_loss_name(m, k);
        if (strncmp(name, "jets in", 7) == 0) w->jets += p->terms[k];
        if (strcmp(name, "decided") == 0) w->decided += p->terms[k];
        if (strcmp(name, "latent distance") == 0) w->apart += p->terms[k];
        if (strcmp(name, "random distance") == 0) w->random_apart += p->terms[k];
    }
    w->near_ones = w->apart / w->steps;
    w->random_ones = w->random_apart / w->steps;
    w->shared = w->decided * w->abc->config.out_dim[w->abc->config.attn_blocks_n - 1] / w->jets;
    if (p->validated) {
        w->hard = passwdi_abc_total(m, p->validation_terms);
        w->gap = w->hard - w->soft / w->steps;
    }
    return w->options && w->options->progress ? w->options->progress(w->options->user, p) : 0;
}
static void passwdi_warn(passwd_train_report *r, const char *format, ...) {
    const size_t at = strlen(r->warning);
    va_list list;
    if (at > 160) return; /* no room for another sentence */
    va_start(list, format);
    if (at) r->warning[at] = ' ';
    vsnprintf(r->warning + at + (at > 0), sizeof r->warning - at - (at > 0), format, list);
    va_end(list);
}
/* The result of a training is judged by its answers; its course, by its monitors. */
static void passwdi_abc_judge(const passwdi_abc_watch *w, const passwdi_abc_found *f, passwd_train_report *r) {
    const int random = w->abc->config.losses == PASSWD_ABC_LETTER && w->abc->config.lambda_random != 0.0f;
    r->collapsed = f->empty > 0.5 || f->same >= 0.95 || f->width < 0.01;
    if (r->collapsed) r->warning[0] = 0;
    if (f->empty > 0.5)
        passwdi_warn(r, "Training collapsed: in %.0f %% of the events one parent has no jet.", 100.0 * f->empty);
    else if (f->same >= 0.95)
        passwdi_warn(r,
            "Training collapsed: the assignment does not depend on the event, in "
            "%.0f %% of them the jets at the same positions go to the same parent.",
            100.0 * f->same);
    else if (f->width < 0.01)
        passwdi_warn(r, "Training collapsed: all events have the same mass within %.2g %%.", 100.0 * f->width);
    else if (f->empty > 0.1) passwdi_warn(r, "In %.0f %% of the events one parent has no jet.", 100.0 * f->empty);
    if (w->gap > 0.5 * fabs(w->hard - w->gap))
        passwdi_warn(r,
            "With each jet in the category of its largest score the loss is %.3g, with shared "
            "jets, as trained, %.3g: lower the temperature or train longer.",
            w->hard, w->hard - w->gap);
    else if (r->collapsed) passwdi_warn(r, "Train longer, or change the rate, tau or the seed.");
    else if (w->shared < 0.6) passwdi_warn(r, "Jets are shared between the categories: train longer, or lower tau.");
    if (r->collapsed || !random || w->near_ones >= 1e-4) return;
    if (w->random_ones < 1e-4)
        passwdi_warn(r,
            "All latent distances are zero, even those of random candidates: raise "
            "lambda_random.");
    else
        passwdi_warn(r,
            "The similarity is trivial: latent distances are %.1e, but %.2g for random candidates, which the "
            "encoder recognises as such.",
            w->near_ones, w->random_ones);
}
/* The best partitions, as labels for the network to learn. */
static passwd_status passwdi_abc_teach(const passwd_abc *abc, const passwd_workspace_options *o, const float *p4,
    const int32_t *objects, int64_t events, float *teacher, passwd_error *error) {
    const int n = abc->config.max_objects;
    signed char category[64 * PASSWD_MAX_OBJECTS];
    passwd_abc_partition some;
    int64_t at, k, count;
    memset(&some, 0, sizeof some);
    some.max_objects = n;
    some.category = category;
    for (at = 0; at < events; at += count) {
        passwd_status s;
        count = passwdi_least(events - at, 64);
        some.events = count;
        some.p4 = p4 + at * n * 4;
        some.objects = objects + at;
        s = passwd_abc_assign(&abc->config, PASSWD_ABC_EXACT, o, &some, error);
        if (s != PASSWD_OK) return s;
        for (k = 0; k < count * n; k++) teacher[at * n + k] = (float)category[k];
    }
    return PASSWD_OK;
}
/* The object of the largest energy, if that is beyond all colliders: its energy in GeV, and its event, or -1. */
static int64_t passwdi_abc_absurd(const passwd_events *v, double *most) {
    int64_t k, r, worst = -1;
    *most = 1e5;
    for (k = 0; k < v->count; k++)
        for (r = v->first[k]; r < v->first[k + 1]; r++) {
            const double e = fmax(passwdi_object_e(v, r), v->pt[r] * cosh(v->eta[r]));
            if (e > *most) {
                *most = e;
                worst = k;
            }
        }
    return worst;
}
/* Reports a training that has failed, or its result, naming the event that is the most likely cause. */
static void passwdi_abc_blame(
    const passwd_events *v, passwd_train_report *r, passwd_status status, passwd_error *error) {
    double most;
    const int64_t worst = passwdi_abc_absurd(v, &most);
    const int not_finite = status == PASSWD_ERROR_NUMERIC;
    passwd_error found;
    char what[sizeof found.message];
    if (worst < 0 || !(not_finite || status == PASSWD_OK || status == PASSWD_STOPPED)) return;
    snprintf(what, sizeof what, "has an object of %.3g GeV.%s%.160s", most, not_finite ? " " : "",
        not_finite && error ? error->message : "");
    passwdi_event_fail(&found, PASSWD_ERROR_NUMERIC, v, worst, what);
    if (!not_finite) passwdi_warn(r, "%s", found.message);
    else if (error) *error = found;
}
PASSWD_DEF passwd_status passwd_abc_train(passwd_abc *abc, const passwd_events *events,
    const passwd_train_options *options, passwd_train_report *report, int64_t *dropped, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_abc_train", "PASSWD_NO_TRAINING", error);
    passwdi_abc_watch watch;
    passwd_train_options o;
    passwd_train_report r;
    passwd_workspace_options wo;
    passwd_abc_job *judge = NULL;
    passwd_abc_result *results;
    passwdi_abc_answers *answers;
    passwdi_abc_found found;
    passwd_json_writer json;
    passwd_batch b;
    const float *inputs[3];
    float *x, *p4, *weights, *teacher;
    int32_t *objects;
    int64_t e, n, beyond = 0;
    passwd_status s;
    if (!abc || !events)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_train: abc or events is NULL.");
    s = passwdi_abc_look(events, 0, events->count, error);
    for (e = 0; s == PASSWD_OK && events->weight && e < events->count; e++)
        if (!(events->weight[e] - events->weight[e] == 0.0))
            s = passwdi_event_fail(error, PASSWD_ERROR_NUMERIC, events, e, "has a weight that is not finite.");
    if (s != PASSWD_OK) return s;
    n = abc->config.max_objects;
    x = (float *)passwdi_new(&abc->allocator, passwdi_items(events->count, n), 5 * sizeof *x);
    p4 = (float *)passwdi_new(&abc->allocator, passwdi_items(events->count, n), 4 * sizeof *p4);
    weights = (float *)passwdi_new(&abc->allocator, (size_t)events->count, sizeof *weights);
    objects = (int32_t *)passwdi_new(&abc->allocator, (size_t)events->count, sizeof *objects);
    teacher = (float *)passwdi_new(
        &abc->allocator, abc->config.lambda_teacher > 0.0f ? passwdi_items(events->count, n) : 1, sizeof *teacher);
    results = (passwd_abc_result *)passwdi_new(&abc->allocator, PASSWDI_ABC_MEASURED_EACH, sizeof *results);
    answers = (passwdi_abc_answers *)passwdi_new(&abc->allocator, 1, sizeof *answers);
    memset(&r, 0, sizeof r);
    memset(&wo, 0, sizeof wo);
    if (options) {
        wo.threads = options->threads;
        wo.simd = options->simd;
    }
    s = passwd_abc_job_new(abc, &wo, &judge, error);
    if (s == PASSWD_OK && (!x || !p4 || !weights || !objects || !teacher || !results || !answers))
        s = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld events.", (long long)events->count);
    if (s == PASSWD_OK) {
        const passwd_arrays a = passwdi_arrays_of(events);
        memset(&b, 0, sizeof b);
        for (e = 0; s == PASSWD_OK && e < events->count; e++) { /* events without two jets teach nothing */
            int i;
            beyond += passwdi_abc_encode(
                &a, e, 1, (int)n, abc->config.align, x + 5 * n * b.events, p4 + 4 * n * b.events, objects + b.events);
            for (i = 0; i < objects[b.events]; i++) /* one such jet's gradient outweighs all others */
                if (fabsf(p4[4 * (n * b.events + i)]) > 1e9f)
                    s = passwdi_event_fail(error, PASSWD_ERROR_NUMERIC, events, e,
                        "has a jet of more than 1e9 GeV, for which training would diverge.");
            if (objects[b.events] >= 2) weights[b.events++] = (float)passwdi_event_weight(events, e);
        }
        inputs[0] = x;
        inputs[1] = p4;
        inputs[2] = teacher;
        b.inputs = inputs;
        b.objects = objects;
        b.weights = weights;
        memset(&watch, 0, sizeof watch);
        watch.abc = abc;
        watch.options = options;
        watch.shared = 1.0;
        o = passwdi_abc_train_options(&abc->config, options);
        o.progress = passwdi_abc_progress;
        o.user = &watch;
        passwd_json_writer_init(&json, &abc->allocator);
        if (s == PASSWD_OK) s = passwdi_abc_write_config(&abc->config, &json, &o.configuration, error);
        if (s == PASSWD_OK && abc->config.lambda_teacher > 0.0f)
            s = passwdi_abc_teach(abc, &wo, p4, objects, b.events, teacher, error);
        if (s == PASSWD_OK) s = passwd_train(abc->model, &b, &o, &r, error);
        passwd_json_writer_free(&json);
        if (s == PASSWD_OK || s == PASSWD_STOPPED) {
            passwdi_abc_measure(judge, events, results, answers, &found);
            abc->at_optimum = found.at_optimum;
            passwdi_abc_judge(&watch, &found, &r);
        }
        passwdi_abc_blame(events, &r, s, error);
        if (report) *report = r;
    }
    if (dropped && (s == PASSWD_OK || s == PASSWD_STOPPED)) *dropped += beyond;
    passwd_abc_job_free(judge);
    passwdi_delete(&abc->allocator, results);
    passwdi_delete(&abc->allocator, answers);
    passwdi_delete(&abc->allocator, teacher);
    passwdi_delete(&abc->allocator, x);
    passwdi_delete(&abc->allocator, p4);
    passwdi_delete(&abc->allocator, weights);
    passwdi_delete(&abc->allocator, objects);
    return s;
}
PASSWDI_SELDOM_END

/* --- the best partition --- */
enum {
    PASSWDI_ABC_ROOM = PASSWD_MAX_OBJECTS + 16
}; /* at least one place beyond the objects, where nothing
      changes */

static int passwdi_abc_has_terms(const passwd_abc_config *c) {
    return c->lambda_mass != 0.0f || c->lambda_root != 0.0f || c->lambda_balance != 0.0f;
}
static passwd_status passwdi_abc_terms(
    const passwd_abc_config *config, passwdi_pair_terms *t, int *categories, passwd_error *error) {
    passwd_abc_config c;
    const passwd_status s = passwd_abc_preset("default", &c, error);
    if (s != PASSWD_OK) return s;
    *categories = config ? config->out_dim[config->attn_blocks_n - 1] : 2;
    if (*categories > 3)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "The best partition needs a network with two parents and ISR; this one has %d categories.", *categories);
    memset(t, 0, sizeof *t);
    if (*categories > 2) {
        t->isr = config->lambda_isr;
        t->scale = 1.0f / config->mass_scale;
        t->square = config->isr_square;
    }
    if (config && passwdi_abc_has_terms(config)) c = *config;
    t->mass = c.lambda_mass;
    t->root = c.lambda_root;
    t->balance = c.lambda_balance;
    t->power = c.balance_power;
    if (!(t->mass >= 0.0f && t->root >= 0.0f && t->balance >= 0.0f && t->isr >= 0.0f))
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "For the best partition lambda_mass, lambda_root, lambda_balance and lambda_isr must not be negative.");
    return PASSWD_OK;
}
/* Exact if the network was trained with these terms; others use their own answer, as in the letter and the published
   code. */
static passwd_abc_how passwdi_abc_auto(const passwd_abc_config *c) {
    passwdi_pair_terms t;
    int categories;
    return passwdi_abc_has_terms(c) && passwdi_abc_terms(c, &t, &categories, NULL) == PASSWD_OK ? PASSWD_ABC_EXACT
                                                                                                : PASSWD_ABC_NETWORK;
}
PASSWD_DEF passwd_abc_how passwd_abc_job_how(const passwd_abc_job *j) { return j->how; }
PASSWD_DEF passwd_status passwd_abc_job_assign(passwd_abc_job *j, passwd_abc_how how, passwd_error *error) {
    passwdi_pair_terms t;
    int categories;
    passwd_status s = PASSWD_OK;
    if (!j || (int)how < 0 || (int)how > (int)PASSWD_ABC_EXACT)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_job_assign: job is NULL, or there is no such assignment.");
    if (how == PASSWD_ABC_AUTO) how = passwdi_abc_auto(&j->abc->config);
    if (how != PASSWD_ABC_NETWORK) s = passwdi_abc_terms(&j->abc->config, &t, &categories, error);
    if (s == PASSWD_OK) j->how = how;
    return s;
}
/* The masses as the network uses them, and the corresponding transverse energy. */
static double passwdi_abc_mass(const double p[4]) {
    const double m2 = 1.0001 * p[0] * (1.0001 * p[0]) - p[1] * p[1] - p[2] * p[2] - p[3] * p[3] + 1e-4;
    return sqrt(m2 > 1e-8 ? m2 : 1e-8);
}
static double passwdi_abc_isr_cost(const passwdi_pair_terms *t, const double p[4]) {
    const double m = passwdi_abc_mass(p), et = sqrt(m * m + p[1] * p[1] + p[2] * p[2]) * (double)t->scale;
    return (double)t->isr * (t->square ? et * et : et);
}
static void passwdi_abc_add(double sum[4], const float *p) {
    int k;
    for (k = 0; k < 4; k++) sum[k] += (double)p[k];
}

/* An event during assignment; its changes and its cost. */
typedef struct passwdi_assignment {
    const passwdi_kernels *kernels;
    passwdi_pair_terms terms;
    const float *p4; /* [objects][4] */
    int objects, categories, room;
    signed char *category;
    float lanes[4 * PASSWDI_ABC_ROOM], to[2][PASSWDI_ABC_ROOM], cost[PASSWDI_ABC_ROOM];
    double all[4];
} passwdi_assignment;

static void passwdi_abc_prepare(passwdi_assignment *a) {
    int i, k;
    a->room = (a->objects / 16 + 1) * 16;
    memset(a->all, 0, sizeof a->all);
    memset(a->lanes, 0, 4 * (size_t)a->room * sizeof(float));
    for (i = 0; i < a->objects; i++) {
        passwdi_abc_add(a->all, a->p4 + 4 * i);
        for (k = 0; k < 4; k++) a->lanes[k * a->room + i] = a->p4[4 * i + k];
    }
    a->terms.inverse = (float)(1.0 / passwdi_abc_mass(a->all));
}
/* Object `moved` (none: -1) moves `step` categories on, and with it every other one `step_2` on: a->cost, at
   [a->objects] that of the first alone. */
static void passwdi_abc_changes(passwdi_assignment *a, int moved, int step, int step_2, double parent[2][4]) {
    passwdi_change s;
    int i, j, k, now;
    memset(parent[0], 0, 2 * sizeof parent[0]);
    memset(a->to, 0, sizeof a->to);
    for (i = 0; i < a->objects; i++) {
        now = a->category[i];
        if (i == moved) now = (now + step) % a->categories;
        if (now >= 0 && now < 2) passwdi_abc_add(parent[now], a->p4 + 4 * i);
        for (j = 0; j < 2; j++) a->to[j][i] = (float)(((now + step_2) % a->categories == j) - (now == j));
    }
    s.terms = &a->terms;
    s.p4 = a->lanes;
    for (j = 0; j < 2; j++) {
        s.to[j] = a->to[j];
        for (k = 0; k < 4; k++) s.parent[j][k] = (float)parent[j][k];
    }
    for (k = 0; k < 4; k++) s.all[k] = (float)a->all[k];
    s.room = a->room;
    s.cost = a->cost;
    a->kernels->changes(&s);
}
/* Whether both parents keep an object. */
static int passwdi_abc_is_allowed(const passwdi_assignment *a, const int held[2], int i, int step, int j, int step_2) {
    int left[2], k;
    for (k = 0; k < 2; k++) {
        left[k] = held[k];
        if (i >= 0) left[k] += ((a->category[i] + step) % a->categories == k) - (a->category[i] == k);
        if (j >= 0) left[k] += ((a->category[j] + step_2) % a->categories == k) - (a->category[j] == k);
    }
    return left[0] > 0 && left[1] > 0;
}
/* The best change of one object or of two, as long as it lowers the cost; this includes swaps. */
static void passwdi_abc_polish(passwdi_assignment *a) {
    double parent[2][4];
    int turn, i, j, k, step, step_2;
    for (turn = 0; turn < 4 * a->objects; turn++) {
        int held[2] = { 0, 0 }, best[4] = { -1, 0, -1, 0 };
        float least;
        for (k = 0; k < a->objects; k++)
            if (a->category[k] < 2) held[a->category[k]]++;
        passwdi_abc_changes(a, -1, 0, 1, parent);
        least = held[0] && held[1] ? a->cost[a->objects] - 1e-6f * a->cost[a->objects] : (float)INFINITY;
        for (i = -1; i < a->objects; i++)
            for (step = i < 0 ? 0 : 1; step < (i < 0 ? 1 : a->categories); step++)
                for (step_2 = 1; step_2 < a->categories; step_2++) {
                    passwdi_abc_changes(a, i, step, step_2, parent);
                    for (j = i + 1; j < a->objects; j++)
                        if (a->cost[j] < least && passwdi_abc_is_allowed(a, held, i, step, j, step_2)) {
                            least = a->cost[j];
                            best[0] = i;
                            best[1] = step;
                            best[2] = j;
                            best[3] = step_2;
                        }
                }
        if (best[2] < 0) return;
        for (k = 0; k < 4; k += 2)
            if (best[k] >= 0)
                a->category[best[k]] = (signed char)((a->category[best[k]] + best[k + 1]) % a->categories);
    }
}
/* All ways to distribute 2 to 12 objects `chosen` over two parents; the cost of the best, which becomes a->category if
   it is below `most`. */
static double passwdi_abc_two(
    passwdi_assignment *a, const passwdi_pair_terms *terms, const int *chosen, int count, double most) {
    float p4[PASSWD_ABC_EXACT_OBJECTS * 4];
    passwdi_partition s;
    int i;
    for (i = 0; i < count; i++) memcpy(p4 + 4 * i, a->p4 + 4 * chosen[i], 4 * sizeof(float));
    s.terms = terms;
    s.p4 = p4;
    s.objects = count;
    a->kernels->partitions(&s);
    if (!((double)s.cost < most)) return (double)s.cost;
    for (i = 0; i < a->objects; i++) a->category[i] = 2;
    for (i = 0; i < count; i++) a->category[chosen[i]] = (signed char)(s.group >> i & 1u);
    return (double)s.cost;
}
/* Those of the `count` objects `order` that are not in a set. */
static int passwdi_abc_outside(const int *order, int count, uint32_t set, int *chosen) {
    int i, n = 0;
    for (i = 0; i < count; i++)
        if (!(set >> i & 1u)) chosen[n++] = order[i];
    return n;
}
/* A lower bound of the compact terms for the objects outside a set, whatever else there is: they only grow with more
   objects. */
static double passwdi_abc_bound(passwdi_assignment *a, const int *order, int count, uint32_t set) {
    passwdi_pair_terms compact = a->terms;
    int chosen[PASSWD_ABC_EXACT_OBJECTS];
    const int n = passwdi_abc_outside(order, count, set, chosen);
    compact.balance = 0.0f;
    return n < 2 ? 0.0 : passwdi_abc_two(a, &compact, chosen, n, -1.0) * (1.0 - 1e-5); /* less its rounding */
}
static double passwdi_abc_isr_of(const passwdi_assignment *a, const int *order, int count, uint32_t set) {
    double sum[4] = { 0.0, 0.0, 0.0, 0.0 };
    int i;
    for (i = 0; i < count; i++)
        if (set >> i & 1u) passwdi_abc_add(sum, a->p4 + 4 * order[i]);
    return passwdi_abc_isr_cost(&a->terms, sum);
}
/* Tries sets of ISR: of the hard objects (the last of `order`), and for each of them those of the soft ones. The
   transverse energy only grows with a set, and the cost of the hard objects outside it is a bound for all its
   supersets. */
static void passwdi_abc_three(passwdi_assignment *a, const int *order, int count, double best) {
    const int hards = count < 8 ? count : 8, softs = count - hards;
    const int *hard = order + softs;
    uint32_t set, of_hard, may = 0;
    double core;
    int chosen[PASSWD_ABC_EXACT_OBJECTS], i, n;
    for (i = 0; i < hards; i++)
        if (passwdi_abc_isr_of(a, hard, hards, 1u << i) < best) may |= 1u << i;
    core = passwdi_abc_bound(a, hard, hards, may);
    for (of_hard = 0; of_hard < 1u << hards; of_hard++) {
        double bound;
        if (of_hard && passwdi_abc_isr_of(a, hard, hards, of_hard) + core >= best) { /* nor any set that adds softer
                                                                                        ones */
            of_hard += (of_hard & (~of_hard + 1u)) - 1u;
            continue;
        }
        bound = passwdi_abc_bound(a, hard, hards, of_hard);
        for (set = of_hard ? 0 : 1; set < 1u << softs; set++) {
            const uint32_t all = of_hard << softs | set;
            double cost = of_hard || set ? passwdi_abc_isr_of(a, order, count, all) : 0.0;
            n = passwdi_abc_outside(order, count, all, chosen);
            if (n < 2 || cost + bound >= best) {
                if (set == 0) break;
                set += (set & (~set + 1u)) - 1u;
                continue;
            }
            cost += passwdi_abc_two(a, &a->terms, chosen, n, best - cost);
            if (cost < best) best = cost;
        }
    }
}
static double passwdi_abc_pt2(const float *p) { return (double)p[1] * (double)p[1] + (double)p[2] * (double)p[2]; }
static void passwdi_abc_exact(passwdi_assignment *a) {
    const int count = a->objects < PASSWD_ABC_EXACT_OBJECTS ? a->objects : PASSWD_ABC_EXACT_OBJECTS;
    int order[PASSWD_MAX_OBJECTS], hard[PASSWD_ABC_EXACT_OBJECTS], i, j;
    double best, parent[2][4];
    for (i = 0; i < a->objects; i++) { /* softest first */
        for (j = i; j > 0 && passwdi_abc_pt2(a->p4 + 4 * order[j - 1]) > passwdi_abc_pt2(a->p4 + 4 * i); j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (i = 0; i < count; i++) hard[i] = order[a->objects - count + i];
    for (i = 0; i < a->objects; i++) a->category[i] = 0;
    a->category[hard[0]] = 1; /* if no cost is finite */
    best = passwdi_abc_two(a, &a->terms, hard, count, (double)INFINITY);
    if (a->categories > 2) passwdi_abc_three(a, hard, count, best);
    if (a->objects == count) return;
    for (i = a->objects - count - 1; i >= 0; i--)
        a->category[order[i]] = (signed char)a->categories; /* not
                                                               assigned
                                                               yet */
    for (i = a->objects - count - 1; i >= 0; i--) {
        signed char least = 0;
        float costs[3];
        for (j = 0; j < a->categories; j++) {
            a->category[order[i]] = (signed char)j;
            passwdi_abc_changes(a, -1, 0, 0, parent);
            costs[j] = a->cost[a->objects];
            if (costs[j] < costs[least]) least = (signed char)j;
        }
        a->category[order[i]] = least;
    }
    passwdi_abc_polish(a);
}
/* The first object that has a parent has parent 0. */
static void passwdi_abc_name_parents(passwdi_assignment *a) {
    int i, first = 0;
    while (first < a->objects && a->category[first] > 1) first++;
    if (first == a->objects || a->category[first] == 0) return;
    for (i = 0; i < a->objects; i++)
        if (a->category[i] < 2) a->category[i] = (signed char)(1 - a->category[i]);
}
static void passwdi_abc_assign_one(
    passwdi_assignment *a, passwd_abc_how how, int max_objects, float *mass, float *cost) {
    double parent[2][4] = { { 0.0 } };
    int i, j;
    for (i = a->objects; i < max_objects; i++) a->category[i] = -1;
    if (cost) *cost = NAN;
    if (a->objects == 1 && how != PASSWD_ABC_NETWORK) a->category[0] = 0;
    passwdi_abc_prepare(a);
    if (a->objects > 1) {
        if (how == PASSWD_ABC_EXACT) passwdi_abc_exact(a);
        if (how == PASSWD_ABC_POLISHED) passwdi_abc_polish(a);
        if (how != PASSWD_ABC_NETWORK) passwdi_abc_name_parents(a);
    }
    passwdi_abc_changes(a, -1, 0, 0, parent);
    if (cost && a->objects > 1) *cost = a->cost[a->objects];
    for (j = 0; mass && j < 2; j++) {
        const double *p = parent[j], m2 = p[0] * p[0] - p[1] * p[1] - p[2] * p[2] - p[3] * p[3];
        mass[j] = a->objects == 0 ? NAN : m2 > 0.0 ? (float)sqrt(m2) : 0.0f;
    }
}
PASSWD_DEF passwd_status passwd_abc_assign(const passwd_abc_config *config, passwd_abc_how how,
    const passwd_workspace_options *options, const passwd_abc_partition *partition, passwd_error *error) {
    const passwdi_kernels *kernels = passwdi_kernels_of(options ? options->simd : PASSWD_SIMD_AUTO);
    const int64_t events = partition ? partition->events : -1;
    const int max_objects = partition ? partition->max_objects : 0;
    const float *p4 = partition ? partition->p4 : NULL;
    const int32_t *objects = partition ? partition->objects : NULL;
    signed char *category = partition ? partition->category : NULL;
    const int threads = options && options->threads > 1 && events > 64 ? options->threads : 1;
    passwdi_pair_terms terms;
    int64_t e;
    int categories, i;
    passwd_status s;
    if (!p4 || !objects || !category || max_objects < 1 || max_objects > PASSWD_MAX_OBJECTS || events < 0
        || (int)how < 0 || (int)how > (int)PASSWD_ABC_EXACT)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_abc_assign: p4, objects or category is NULL, max_objects is not from 1 to %d, or there is no such "
            "assignment.",
            PASSWD_MAX_OBJECTS);
    if (!kernels)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0, "This processor or build does not support %s.",
            passwd_simd_name(options->simd));
    s = passwdi_abc_terms(config, &terms, &categories, error);
    if (s != PASSWD_OK) return s;
    if (how == PASSWD_ABC_AUTO) how = config ? passwdi_abc_auto(config) : PASSWD_ABC_EXACT;
    for (e = 0; e < events; e++) {
        if (objects[e] < 0 || objects[e] > max_objects)
            return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "passwd_abc_assign: event %lld has %d objects, of %d.",
                (long long)e, (int)objects[e], max_objects);
        for (i = 0; i < 4 * objects[e]; i++)
            if (!(fabsf(p4[e * 4 * max_objects + i]) <= FLT_MAX))
                return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                    "passwd_abc_assign: object %d of event %lld has a momentum that is not finite.", i / 4,
                    (long long)e);
        for (i = 0; how != PASSWD_ABC_EXACT && i < objects[e]; i++)
            if (category[e * max_objects + i] < 0 || category[e * max_objects + i] >= categories)
                return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                    "passwd_abc_assign: object %d of event %lld has the category %d, of %d.", i, (long long)e,
                    category[e * max_objects + i], categories);
    }
    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 16) num_threads(threads)
#endif
    for (e = 0; e < events; e++) {
        passwdi_assignment a;
        a.kernels = kernels;
        a.terms = terms;
        a.p4 = p4 + e * 4 * max_objects;
        a.objects = objects[e];
        a.categories = categories;
        a.category = category + e * max_objects;
        passwdi_abc_assign_one(&a, how, max_objects, partition->mass ? partition->mass + 2 * e : NULL,
            partition->cost ? partition->cost + e : NULL);
    }
    return PASSWD_OK;
}

/* --- the smallest mass asymmetry --- */
PASSWD_DEF passwd_status passwd_smallest_asymmetry(
    const float *p4, int objects, passwd_asymmetry *result, passwd_error *error) {
    double all[4] = { 0.0, 0.0, 0.0, 0.0 }, one[4] = { 0.0, 0.0, 0.0, 0.0 };
    passwd_asymmetry best;
    uint32_t step, gray = 0;
    int i, k;
    if (!p4 || !result)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_smallest_asymmetry: p4 or result is NULL.");
    if (objects < 2)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "The smallest mass asymmetry needs at least 2 objects; there are %d.", objects);
    if (objects > 12)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "The smallest mass asymmetry of %d objects needs %.0f partitions; the maximum is 12 objects.", objects,
            pow(2.0, objects - 1) - 1.0);
    memset(&best, 0, sizeof best);
    best.asymmetry = 2.0;
    for (i = 0; i < objects; i++)
        for (k = 0; k < 4; k++) all[k] += (double)p4[4 * i + k];
    for (step = 1; step < 1u << (objects - 1);
         step++) { /* Gray code: one object changes sides at a time; object 0 stays */
        int flip = 0;
        double m[2], sum, asymmetry;
        while (!(step >> flip & 1u)) flip++;
        gray ^= 2u << flip;
        for (k = 0; k < 4; k++)
            one[k] += gray >> (flip + 1) & 1u ? (double)p4[4 * (flip + 1) + k] : -(double)p4[4 * (flip + 1) + k];
        for (i = 0; i < 2; i++) {
            double p[4], m2;
            for (k = 0; k < 4; k++) p[k] = i ? one[k] : all[k] - one[k];
            m2 = fma(p[0], p[0], -fma(p[1], p[1], fma(p[2], p[2], p[3] * p[3])));
            m[i] = m2 > 0.0 ? sqrt(m2) : 0.0;
        }
        sum = m[0] + m[1];
        asymmetry = sum > 0.0 ? fabs(m[0] - m[1]) / sum : 0.0;
        if (asymmetry < best.asymmetry) {
            best.asymmetry = asymmetry;
            best.mass[0] = m[0];
            best.mass[1] = m[1];
            best.mass_avg = 0.5 * sum;
            best.group = gray;
        }
    }
    *result = best;
    return PASSWD_OK;
}
/* ------------------------------------------------------------------------------------------------------------------
   Jets: four-momenta
   --------------------------------------------------------------------------------------------------------------- */

#define PASSWDI_JET_FORWARD 20.0 /* rapidity of what goes along the beam */
#define PASSWDI_JET_HUGE 1e100   /* GeV; beyond it squares of squares overflow */

static double passwdi_p4_pt2(const passwd_p4 *p) { return p->px * p->px + p->py * p->py; }
/* m^2, or 0 if it is not above the rounding of E^2: massless stays massless, and its rapidity is its pseudorapidity. */
static double passwdi_p4_mass2(const passwd_p4 *p) {
    const double momentum = sqrt(passwdi_p4_pt2(p) + p->pz * p->pz), m2 = (p->e - momentum) * (p->e + momentum);
    return m2 <= 8 * DBL_EPSILON * p->e * p->e ? 0 : m2;
}
/* asinh(pz / t), t^2 the transverse mass squared (rapidity) or pT^2 (pseudorapidity); written so that nothing
   cancels. */
static double passwdi_p4_slope(double pz, double t2) {
    const double z = fabs(pz);
    double y = PASSWDI_JET_FORWARD;
    if (!(t2 <= 0)) y = log((sqrt(t2 + z * z) + z) / sqrt(t2)); /* NaN stays NaN */
    else if (z == 0) y = 0;
    if (y > PASSWDI_JET_FORWARD) y = PASSWDI_JET_FORWARD;
    return pz < 0 ? -y : y;
}
PASSWD_DEF passwd_p4 passwd_p4_of(double pt, double eta, double phi, double m) {
    const double pz = pt * sinh(eta);
    passwd_p4 p;
    p.e = sqrt(pt * pt + pz * pz + m * m);
    p.px = pt * cos(phi);
    p.py = pt * sin(phi);
    p.pz = pz;
    return p;
}
PASSWD_DEF double passwd_p4_pt(passwd_p4 p) { return sqrt(passwdi_p4_pt2(&p)); }
PASSWD_DEF double passwd_p4_eta(passwd_p4 p) { return passwdi_p4_slope(p.pz, passwdi_p4_pt2(&p)); }
PASSWD_DEF double passwd_p4_rapidity(passwd_p4 p) {
    return passwdi_p4_slope(p.pz, passwdi_p4_pt2(&p) + passwdi_p4_mass2(&p));
}
PASSWD_DEF double passwd_p4_phi(passwd_p4 p) {
    if (p.py == 0) return p.px < 0 ? PASSWDI_JET_PI : 0; /* atan2 distinguishes 0 from -0 */
    return atan2(p.py, p.px);
}
PASSWD_DEF double passwd_p4_mass(passwd_p4 p) { return sqrt(passwdi_p4_mass2(&p)); }
static void passwdi_p4_add(passwd_p4 *sum, const passwd_p4 *p) {
    sum->e += p->e;
    sum->px += p->px;
    sum->py += p->py;
    sum->pz += p->pz;
}
static passwd_status passwdi_jet_check(
    const char *what, const passwd_p4 *constituents, int count, int most, passwd_error *error) {
    int i;
    if (count < 0 || (count > 0 && !constituents))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "%s: the constituents are NULL, or their number is negative.", what);
    if (count > most)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "%s: the jet has %d constituents; the maximum is %d (keep the hardest).", what, count, most);
    for (i = 0; i < count; i++) {
        const passwd_p4 *p = constituents + i;
        if (fabs(p->e) <= PASSWDI_JET_HUGE && fabs(p->px) <= PASSWDI_JET_HUGE && fabs(p->py) <= PASSWDI_JET_HUGE
            && fabs(p->pz) <= PASSWDI_JET_HUGE)
            continue;
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "%s: constituent %d of the jet has a momentum or energy that is not finite (or beyond 1e100 GeV).", what,
            i + 1);
    }
    return PASSWD_OK;
}
PASSWD_DEF int passwd_jet_constituents(const passwd_events *jets, int64_t k, passwd_p4 *constituents, int room) {
    int64_t row;
    int n = 0, i, softest;
    if (!constituents || room < 1 || passwdi_events_check(jets, k, 1, NULL) != PASSWD_OK) return 0;
    for (row = jets->first[k]; row < jets->first[k + 1]; row++) {
        if (!(jets->pt[row] > 0)) continue;
        if (n == room) { /* the softest is removed, so that the file's order is kept */
            for (softest = 0, i = 1; i < n; i++)
                if (passwdi_p4_pt2(constituents + i) <= passwdi_p4_pt2(constituents + softest)) softest = i;
            if (passwd_p4_pt(constituents[softest]) >= jets->pt[row]) continue;
            n--;
            for (i = softest; i < n; i++) constituents[i] = constituents[i + 1];
        }
        constituents[n++] = passwd_p4_of(jets->pt[row], jets->eta[row], jets->phi[row], passwdi_object_m(jets, row));
    }
    return n;
}

/* ------------------------------------------------------------------------------------------------------------------
   Jets: sequential recombination
   --------------------------------------------------------------------------------------------------------------- */

/* Positions of nodes, by their number: constituents first, then what they merge into; and the constituents' nearest
   neighbours. */
typedef struct passwdi_jet_plane {
    double y[2 * PASSWD_MAX_CONSTITUENTS], phi[2 * PASSWD_MAX_CONSTITUENTS], pt2[2 * PASSWD_MAX_CONSTITUENTS];
    double r2[PASSWD_MAX_CONSTITUENTS];
    int nearest[PASSWD_MAX_CONSTITUENTS];
} passwdi_jet_plane;

static void passwdi_jet_place(passwdi_jet_plane *plane, int k, const passwd_p4 *p) {
    plane->pt2[k] = passwdi_p4_pt2(p);
    plane->y[k] = passwd_p4_rapidity(*p);
    plane->phi[k] = passwd_p4_phi(*p);
}
static double passwdi_jet_apart2(double dy, double a) { /* a: difference of angles, not negative */
    const double dphi = a > PASSWDI_JET_PI ? 2 * PASSWDI_JET_PI - a : a, r2 = dy * dy + dphi * dphi;
    return r2 < PASSWDI_JET_TINY * PASSWDI_JET_TINY ? 0 : r2;
}
static int passwdi_jet_eights(int count) { return (count + 7) & ~7; } /* what kernels take */
static void passwdi_jet_fill(double *x, int count, double value) {
    int k;
    for (k = count; k & 7; k++) x[k] = value;
}
#define PASSWDI_JET_FAR 1e9 /* in rapidity: beyond any limit */
#define PASSWDI_JET_BEAM (-1)
/* Bits of kernels, from which the lowest one, number first + ..., is taken. */
#define PASSWDI_JET_WORDS (PASSWD_MAX_CONSTITUENTS / 64)
static int passwdi_jet_next(uint64_t *bits, int first) {
    int k = 0;
#if defined(__GNUC__) || defined(__clang__)
    k = __builtin_ctzll(*bits);
#else
    while (!(*bits >> k & 1)) k++;
#endif
    *bits &= *bits - 1;
    return first + k;
}
/* The nearest neighbours; table (may be NULL): dR of all pairs, rows of whole eights, which end with 0. What is not
   meant is far away meanwhile. */
static void passwdi_jet_neighbours(
    const passwdi_jet_kernels *kernels, passwdi_jet_plane *plane, int count, double *row, double *table) {
    const int stride = passwdi_jet_eights(count);
    uint64_t where[PASSWDI_JET_WORDS], closer[PASSWDI_JET_WORDS];
    int i, j;
    passwdi_jet_fill(plane->y, count, PASSWDI_JET_FAR);
    passwdi_jet_fill(plane->phi, count, 0);
    for (i = 0; i < count; i++) {
        const double y = plane->y[i];
        plane->y[i] = PASSWDI_JET_FAR;
        plane->r2[i] = kernels->nearest(plane->y, plane->phi, y, plane->phi[i], count, row, row, where, closer);
        plane->y[i] = y;
        row[i] = 0;
        passwdi_jet_fill(row, count, 0);
        if (table) kernels->roots(row, stride, table + i * stride);
        for (j = 0; !where[j >> 6]; j += 64) {}
        plane->nearest[i] = passwdi_jet_next(where + (j >> 6), j);
        if (count > 1) continue;
        plane->nearest[i] = -1;
        plane->r2[i] = HUGE_VAL;
    }
}

/* Every node that is left knows its nearest neighbour in dR (M. Cacciari and G. Salam, hep-ph/0512210): the smallest
   d_ij is the smallest of pT_i^2p dR^2 to the nearest neighbour, because the node with the smaller pT^2p has it there.
   One that loses its neighbour looks for another only when its turn comes: until then the old distance is a lower
   bound. What is left lies side by side in slots, in any order; of equally near neighbours the lowest number counts. */
typedef struct passwdi_jet_search {
    const passwdi_jet_kernels *kernels;
    passwd_jet_algorithm algorithm;
    int winner;         /* 1: what merges lies where the harder one did, and has the sum of both pT */
    double unit, limit; /* R^2; without beam 1, and more than any distance */
    double y[PASSWD_MAX_CONSTITUENTS], phi[PASSWD_MAX_CONSTITUENTS], factor[PASSWD_MAX_CONSTITUENTS]; /* pT^2p */
    double r2[PASSWD_MAX_CONSTITUENTS], d[PASSWD_MAX_CONSTITUENTS]; /* to the nearest neighbour; times factor */
    double row[PASSWD_MAX_CONSTITUENTS];
    int node[PASSWD_MAX_CONSTITUENTS], nearest[PASSWD_MAX_CONSTITUENTS]; /* numbers; or the beam */
    int slot[2 * PASSWD_MAX_CONSTITUENTS], count;                        /* of a node; -1: it has left */
} passwdi_jet_search;
/* Some 35 KB, too much for the stacks of small threads. */
typedef struct passwdi_jet_scratch {
    passwdi_jet_plane plane;
    passwdi_jet_search search;
} passwdi_jet_scratch;

static double passwdi_jet_factor(passwd_jet_algorithm algorithm, double pt2) {
    if (algorithm == PASSWD_CLUSTER_CAMBRIDGE_AACHEN) return 1;
    if (algorithm == PASSWD_CLUSTER_KT) return pt2;
    return pt2 > 1e-290 ? 1 / pt2 : 1e290;
}
static void passwdi_jet_neighbour(passwdi_jet_search *s, int i, double r2, int j) {
    s->r2[i] = r2;
    s->d[i] = r2 * s->factor[i];
    s->nearest[i] = j;
}
/* The nearest of those that are left to a point; r2: its distance, or the limit; closer: bits of those to which the
   point is nearer than what they have. */
static int passwdi_jet_nearest(passwdi_jet_search *s, double y, double phi, double *r2, uint64_t *closer) {
    uint64_t where[PASSWDI_JET_WORDS];
    int nearest = PASSWDI_JET_BEAM, k;
    *r2 = s->kernels->nearest(s->y, s->phi, y, phi, s->count, s->r2, s->row, where, closer);
    for (k = 0; k < s->count && *r2 < s->limit; k += 64)
        while (where[k >> 6]) {
            const int node = s->node[passwdi_jet_next(where + (k >> 6), k)];
            if (nearest < 0 || node < nearest) nearest = node;
        }
    if (nearest < 0) *r2 = s->limit;
    return nearest;
}
static void passwdi_jet_look(passwdi_jet_search *s, int i) {
    uint64_t closer[PASSWDI_JET_WORDS];
    const double y = s->y[i];
    double r2;
    int nearest;
    s->y[i] = PASSWDI_JET_FAR;
    nearest = passwdi_jet_nearest(s, y, s->phi[i], &r2, closer);
    s->y[i] = y;
    passwdi_jet_neighbour(s, i, r2, nearest);
}
static int passwdi_jet_lost(const passwdi_jet_search *s, int i) {
    return s->nearest[i] >= 0 && s->slot[s->nearest[i]] < 0;
}
/* Does slot i merge before slot j? Of equal d_ij the closer pair goes first, then the lower numbers. Who has lost its
   neighbour looks first. */
static int passwdi_jet_before(const passwdi_jet_search *s, int i, int j) {
    const int p = s->node[i], q = s->node[j], a = s->nearest[i] >= 0 && s->nearest[i] < p ? s->nearest[i] : p,
              b = s->nearest[j] >= 0 && s->nearest[j] < q ? s->nearest[j] : q;
    if (passwdi_jet_lost(s, i) || passwdi_jet_lost(s, j)) return passwdi_jet_lost(s, i);
    if (s->r2[i] != s->r2[j]) return s->r2[i] < s->r2[j];
    return a != b ? a < b : p + s->nearest[i] < q + s->nearest[j];
}
static int passwdi_jet_first(passwdi_jet_search *s) {
    for (;;) {
        uint64_t bits[PASSWDI_JET_WORDS];
        int a = -1, k;
        s->kernels->least(s->d, s->count, bits);
        for (k = 0; k < s->count; k += 64)
            while (bits[k >> 6]) {
                const int i = passwdi_jet_next(bits + (k >> 6), k);
                if (a < 0 || passwdi_jet_before(s, i, a)) a = i;
            }
        if (!passwdi_jet_lost(s, a)) return a;
        passwdi_jet_look(s, a);
    }
}
static int passwdi_jet_merge(
    const passwdi_jet_search *s, passwd_clustering *c, int a, int b, double distance, passwdi_jet_plane *plane) {
    const int m = c->nodes++,
              harder = plane->pt2[b] > plane->pt2[a] || (plane->pt2[b] == plane->pt2[a] && b < a) ? b : a;
    passwd_jet_node *node = c->node + m;
    node->p4 = c->node[a].p4;
    passwdi_p4_add(&node->p4, &c->node[b].p4);
    node->parent[0] = harder;
    node->parent[1] = a + b - harder;
    node->child = -1;
    node->distance = distance;
    node->beam = 0;
    c->node[a].child = c->node[b].child = m;
    if (s->winner) {
        const double pt = sqrt(plane->pt2[a]) + sqrt(plane->pt2[b]);
        plane->y[m] = plane->y[harder];
        plane->phi[m] = plane->phi[harder];
        plane->pt2[m] = pt * pt;
    } else passwdi_jet_place(plane, m, &node->p4);
    return m;
}
static int passwdi_jet_enter(passwdi_jet_search *s, const passwdi_jet_plane *plane, int node) {
    const int k = s->count++;
    s->y[k] = plane->y[node];
    s->phi[k] = plane->phi[node];
    s->factor[k] = passwdi_jet_factor(s->algorithm, plane->pt2[node]);
    s->node[k] = node;
    s->slot[node] = k;
    return k;
}
static void passwdi_jet_leave(passwdi_jet_search *s, int k) { /* the last one comes into its place */
    const int last = --s->count;
    s->slot[s->node[k]] = -1;
    s->y[k] = s->y[last];
    s->phi[k] = s->phi[last];
    s->factor[k] = s->factor[last];
    s->r2[k] = s->r2[last];
    s->d[k] = s->d[last];
    s->nearest[k] = s->nearest[last];
    s->node[k] = s->node[last];
    if (k < last) s->slot[s->node[k]] = k;
    s->y[last] = PASSWDI_JET_FAR;
    s->d[last] = HUGE_VAL;
}
/* radius 0: no beam */
static void passwdi_jet_start(passwdi_jet_search *s, passwd_clustering *c, const passwd_p4 *p, int count,
    const passwdi_jet_plane *plane, passwd_jet_algorithm algorithm, double radius, int winner) {
    int i;
    s->algorithm = algorithm;
    s->winner = winner;
    s->unit = radius > 0 ? radius * radius : 1;
    s->limit = radius > 0 ? s->unit : 1e6;
    s->count = 0;
    c->constituents = c->nodes = count;
    for (i = 0; i < count; i++) {
        const int beam = !(plane->r2[i] < s->limit);
        passwd_jet_node *node = c->node + i;
        node->p4 = p[i];
        node->parent[0] = node->parent[1] = node->child = -1;
        node->distance = node->beam = 0;
        passwdi_jet_enter(s, plane, i);
        passwdi_jet_neighbour(s, i, beam ? s->limit : plane->r2[i], beam ? PASSWDI_JET_BEAM : plane->nearest[i]);
    }
    passwdi_jet_fill(s->y, count, PASSWDI_JET_FAR);
    passwdi_jet_fill(s->phi, count, 0);
    passwdi_jet_fill(s->r2, count, 0);
    passwdi_jet_fill(s->d, count, HUGE_VAL);
}
/* Two nodes became m: those that are left hear of it. */
static void passwdi_jet_joined(passwdi_jet_search *s, const passwdi_jet_plane *plane, int m) {
    uint64_t closer[PASSWDI_JET_WORDS];
    double r2;
    const int nearest = passwdi_jet_nearest(s, plane->y[m], plane->phi[m], &r2, closer);
    int k;
    for (k = 0; k < s->count; k += 64)
        while (closer[k >> 6]) {
            const int i = passwdi_jet_next(closer + (k >> 6), k);
            passwdi_jet_neighbour(s, i, s->row[i], m);
        }
    k = passwdi_jet_enter(s, plane, m);
    passwdi_jet_neighbour(s, k, r2, nearest);
}
/* Recombines until `left` nodes are left in the slots; jets that went to the beam are not. */
static void passwdi_jet_run(passwdi_jet_search *s, passwd_clustering *c, passwdi_jet_plane *plane, int left) {
    while (s->count > left) {
        const int i = passwdi_jet_first(s), a = s->node[i], b = s->nearest[i];
        const double d = s->d[i];
        if (b == PASSWDI_JET_BEAM) c->node[a].beam = s->factor[i];
        passwdi_jet_leave(s, i);
        if (b >= 0) passwdi_jet_leave(s, s->slot[b]);
        if (b >= 0) passwdi_jet_joined(s, plane, passwdi_jet_merge(s, c, a, b, d / s->unit, plane));
    }
}
PASSWD_DEF passwd_status passwd_cluster(const passwd_p4 *constituents, int count, passwd_jet_algorithm algorithm,
    double radius, passwd_clustering *result, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_cluster", "PASSWD_NO_JETS", error);
    passwdi_jet_scratch *x;
    passwd_status s = passwdi_jet_check("Clustering", constituents, count, PASSWD_MAX_CONSTITUENTS, error);
    int i;
    if (s != PASSWD_OK) return s;
    if (!result || (int)algorithm < 0 || algorithm > PASSWD_CLUSTER_ANTI_KT || !(radius >= 0 && radius <= 100))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Clustering: the result is NULL, the algorithm unknown, or the radius (%g) not from 0 to 100.", radius);
    x = (passwdi_jet_scratch *)passwdi_take(NULL, sizeof *x);
    if (!x) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "Clustering: there is not enough memory.");
    x->search.kernels = &passwdi_kernels_of(PASSWD_SIMD_AUTO)->jets;
    for (i = 0; i < count; i++) passwdi_jet_place(&x->plane, i, constituents + i);
    passwdi_jet_neighbours(x->search.kernels, &x->plane, count, x->search.row, NULL);
    passwdi_jet_start(&x->search, result, constituents, count, &x->plane, algorithm, radius, 0);
    passwdi_jet_run(&x->search, result, &x->plane, radius > 0 ? 0 : 1);
    passwdi_delete(NULL, x);
    return PASSWD_OK;
}
/* Nodes not used by any node before number `stop`, hardest first. */
static int passwdi_jet_left(const passwd_clustering *c, int stop, double min_pt, int *node) {
    int i, k, n = 0;
    for (i = 0; i < stop; i++) {
        const double pt2 = passwdi_p4_pt2(&c->node[i].p4);
        if ((c->node[i].child >= 0 && c->node[i].child < stop) || !(sqrt(pt2) >= min_pt)) continue;
        for (k = n++; k > 0 && passwdi_p4_pt2(&c->node[node[k - 1]].p4) < pt2; k--) node[k] = node[k - 1];
        node[k] = i;
    }
    return n;
}
PASSWD_DEF int passwd_inclusive_jets(const passwd_clustering *c, double min_pt, int *node) {
    return c && node ? passwdi_jet_left(c, c->nodes, min_pt, node) : 0;
}
PASSWD_DEF int passwd_exclusive_jets(const passwd_clustering *c, int jets, int *node) {
    if (!c || !node || jets < 1) return 0;
    return passwdi_jet_left(c,
        jets >= c->constituents ? c->constituents : (int)passwdi_least(c->nodes, 2 * (int64_t)c->constituents - jets),
        0, node);
}
PASSWD_DEF int passwd_node_constituents(const passwd_clustering *c, int node, int *index) {
    int i, k, n = 0;
    if (!c || !index || node < 0 || node >= c->nodes) return 0;
    for (i = 0; i < c->constituents; i++) {
        for (k = i; k >= 0 && k < node; k = c->node[k].child) {} /* a child's number is above its parents' */
        if (k == node) index[n++] = i;
    }
    return n;
}
PASSWD_DEF int passwd_soft_drop(const passwd_clustering *c, double z_cut, double beta, double radius) {
    int list[PASSWD_MAX_CONSTITUENTS], node;
    if (!c || passwd_inclusive_jets(c, 0, list) == 0) return -1;
    for (node = list[0]; c->node[node].parent[0] >= 0; node = c->node[node].parent[0]) {
        const passwd_p4 *harder = &c->node[c->node[node].parent[0]].p4, *softer = &c->node[c->node[node].parent[1]].p4;
        const double pt = passwd_p4_pt(*softer);
        double least = z_cut;
        if (beta != 0) {
            const double r2 = passwdi_jet_apart2(passwd_p4_rapidity(*harder) - passwd_p4_rapidity(*softer),
                fabs(passwd_p4_phi(*harder) - passwd_p4_phi(*softer)));
            least *= pow(sqrt(r2) / (radius > 0 ? radius : 1), beta);
        }
        if (pt > least * (pt + passwd_p4_pt(*harder))) break;
    }
    return node;
}

/* ------------------------------------------------------------------------------------------------------------------
   Jets: substructure
   --------------------------------------------------------------------------------------------------------------- */

static double passwdi_jet_turned(double dphi) { /* a difference of angles, into (-pi, pi] */
    return dphi + (dphi > PASSWDI_JET_PI ? -2 * PASSWDI_JET_PI : dphi < -PASSWDI_JET_PI ? 2 * PASSWDI_JET_PI : 0);
}
/* The direction, as (cosine, sine), along which weights at (u, v) of these second moments lie widest. */
static void passwdi_jet_widest(double uu, double uv, double vv, double *cosine, double *sine) {
    const double angle = 0.5 * atan2(2 * uv, uu - vv);
    *cosine = cos(angle);
    *sine = sin(angle);
}
/* Jet axes in (eta, phi), weights z^2, about their own mean. phi is relative to the jet's, so that it never wraps. Both
   widths are sums of squares along the axes, where eigenvalues would lose the smaller one to rounding. */
static void passwdi_jet_axes(const passwd_p4 *p, const passwdi_jet_plane *plane, const double *z, int count,
    double phi_jet, double *eta, double *phi, double *major, double *minor) {
    double w = 0, e0 = 0, f0 = 0, ee = 0, ef = 0, ff = 0, c, s, along = 0, across = 0;
    int i;
    for (i = 0; i < count; i++) {
        eta[i] = passwdi_p4_mass2(p + i) > 0 ? passwd_p4_eta(p[i]) : plane->y[i];
        phi[i] = passwdi_jet_turned(plane->phi[i] - phi_jet);
        w += z[i] * z[i];
        e0 += z[i] * z[i] * eta[i];
        f0 += z[i] * z[i] * phi[i];
    }
    for (i = 0; i < count; i++) {
        eta[i] -= e0 / w;
        phi[i] -= f0 / w;
        ee += z[i] * z[i] * eta[i] * eta[i];
        ef += z[i] * z[i] * eta[i] * phi[i];
        ff += z[i] * z[i] * phi[i] * phi[i];
    }
    passwdi_jet_widest(ee, ef, ff, &c, &s);
    for (i = 0; i < count; i++) {
        const double u = c * eta[i] + s * phi[i], v = c * phi[i] - s * eta[i];
        along += z[i] * z[i] * u * u;
        across += z[i] * z[i] * v * v;
    }
    *major = sqrt(along / w);
    *minor = sqrt(across / w);
    if (*major < PASSWDI_JET_TINY) *major = 0;
    if (*minor < PASSWDI_JET_TINY) *minor = 0;
}

/* What can be asked for, in the order of the list below: first what has no beta, then what is made for each beta. */
enum {
    PASSWDI_JET_PT,
    PASSWDI_JET_ETA,
    PASSWDI_JET_PHI,
    PASSWDI_JET_MASS,
    PASSWDI_JET_CONSTITUENTS,
    PASSWDI_JET_PTD,
    PASSWDI_JET_MAJOR,
    PASSWDI_JET_MINOR,
    PASSWDI_JET_TAU, /* 4 with each kind of axes */
    PASSWDI_JET_TAU_WTA = PASSWDI_JET_TAU + 4,
    PASSWDI_JET_TAU_ONEPASS = PASSWDI_JET_TAU_WTA + 4,
    PASSWDI_JET_ANGLES = PASSWDI_JET_TAU_ONEPASS + 4, /* 3 about each of two axes */
    PASSWDI_JET_ANGLES_WTA = PASSWDI_JET_ANGLES + 3,
    PASSWDI_JET_ZG = PASSWDI_JET_ANGLES_WTA + 3,
    PASSWDI_JET_RG,
    PASSWDI_JET_C2, /* from here on with a beta */
    PASSWDI_JET_D2,
    PASSWDI_JET_N2,
    PASSWDI_JET_M2,
    PASSWDI_JET_EFP,
    PASSWDI_JET_NUMBERS = PASSWDI_JET_EFP + 20,
    PASSWDI_JET_BETAS = 8 /* different ones at a time */
};
static const struct {
    const char *name, *about;
    double beta; /* where the name has none; 0: there is no beta */
} passwdi_jet_list[PASSWDI_JET_NUMBERS] = { { "pt", "transverse momentum of the jet [GeV]", 0 },
    { "eta", "its pseudorapidity", 0 }, { "phi", "its azimuth", 0 }, { "mass", "its mass [GeV]", 0 },
    { "constituents", "how many there are", 0 }, { "ptd", "pT dispersion, sqrt(sum pT_i^2) / sum pT_i", 0 },
    { "major", "width of the pT^2-weighted (eta, phi) along the longer axis", 0 },
    { "minor", "the same along the shorter axis", 0 },
    { "tau1", "1-subjettiness: sum of z_i dR(i, nearest axis), axes of exclusive kt with R = 1", 0 },
    { "tau2", "2-subjettiness about the axes of kt", 0 }, { "tau3", "3-subjettiness about the axes of kt", 0 },
    { "tau4", "4-subjettiness about the axes of kt", 0 },
    { "tau1_wta", "1-subjettiness about the axes of exclusive kt with winner-take-all recombination", 0 },
    { "tau2_wta", "2-subjettiness about winner-take-all axes", 0 },
    { "tau3_wta", "3-subjettiness about winner-take-all axes", 0 },
    { "tau4_wta", "4-subjettiness about winner-take-all axes", 0 },
    { "tau1_onepass", "1-subjettiness about axes that make it smallest, from those of winner-take-all", 0 },
    { "tau2_onepass", "2-subjettiness about minimised axes", 0 },
    { "tau3_onepass", "3-subjettiness about minimised axes", 0 },
    { "tau4_onepass", "4-subjettiness about minimised axes", 0 },
    { "lha", "Les Houches angularity, sum of z_i sqrt(dR(i, jet))", 0 }, { "width", "sum of z_i dR(i, jet)", 0 },
    { "thrust", "sum of z_i dR(i, jet)^2", 0 }, { "lha_wta", "lha about the winner-take-all axis", 0 },
    { "width_wta", "width about the winner-take-all axis", 0 },
    { "thrust_wta", "thrust about the winner-take-all axis", 0 },
    { "zg", "momentum sharing of the branching where soft drop stops", 0 }, { "rg", "dR of that branching", 0 },
    { "c2", "C2 = 3e3 / e2^2", 0.5 }, { "d2", "D2 = 3e3 / e2^3", 1 }, { "n2", "N2 = 2e3 / e2^2", 1 },
    { "m2", "M2 = 1e3 / e2", 1 }, { "efp_2_1_0", "energy flow polynomial of edges 01: the sum of z_i z_j dR_ij", 1 },
    { "efp_2_2_0", "energy flow polynomial of edges 01 01", 1 },
    { "efp_2_3_0", "energy flow polynomial of edges 01 01 01", 1 },
    { "efp_2_4_0", "energy flow polynomial of edges 01 01 01 01", 1 },
    { "efp_3_2_0", "energy flow polynomial of edges 01 02", 1 },
    { "efp_3_3_0", "energy flow polynomial of edges 01 02 02", 1 },
    { "efp_3_4_0", "energy flow polynomial of edges 01 02 02 02", 1 },
    { "efp_3_4_1", "energy flow polynomial of edges 01 01 02 02", 1 },
    { "efp_4_3_0", "energy flow polynomial of edges 01 02 03", 1 },
    { "efp_4_3_1", "energy flow polynomial of edges 01 02 13", 1 },
    { "efp_4_4_0", "energy flow polynomial of edges 01 02 02 03", 1 },
    { "efp_4_4_1", "energy flow polynomial of edges 01 02 02 13", 1 },
    { "efp_4_4_2", "energy flow polynomial of edges 01 01 02 13", 1 },
    { "efp_5_4_0", "energy flow polynomial of edges 01 02 03 04", 1 },
    { "efp_5_4_1", "energy flow polynomial of edges 01 02 03 14", 1 },
    { "efp_5_4_2", "energy flow polynomial of edges 01 02 13 24", 1 },
    { "efp_3_3_1", "energy flow polynomial of edges 01 02 12", 1 },
    { "efp_3_4_2", "energy flow polynomial of edges 01 02 02 12", 1 },
    { "efp_4_4_3", "energy flow polynomial of edges 01 02 12 03", 1 },
    { "efp_4_4_4", "energy flow polynomial of edges 01 02 13 23", 1 } };
/* Trees are sums over their middle vertex of z times powers of what its branches give: t_m = sum of z_j dR^(m beta) for
   m = 1 to 4, and branches of two edges, u = sum of z_j dR^beta t_1j and v = sum of z_j dR^2beta t_1j. */
enum { PASSWDI_JET_TREES = 16, PASSWDI_JET_BRANCHES = 6 };
static const unsigned char passwdi_jet_trees[PASSWDI_JET_TREES][PASSWDI_JET_BRANCHES] = { { 1, 0, 0, 0, 0, 0 },
    { 0, 1, 0, 0, 0, 0 }, { 0, 0, 1, 0, 0, 0 }, { 0, 0, 0, 1, 0, 0 }, { 2, 0, 0, 0, 0, 0 }, { 1, 1, 0, 0, 0, 0 },
    { 1, 0, 1, 0, 0, 0 }, { 0, 2, 0, 0, 0, 0 }, { 3, 0, 0, 0, 0, 0 }, { 1, 0, 0, 0, 1, 0 }, { 2, 1, 0, 0, 0, 0 },
    { 0, 1, 0, 0, 1, 0 }, { 1, 0, 0, 0, 0, 1 }, { 4, 0, 0, 0, 0, 0 }, { 2, 0, 0, 0, 1, 0 }, { 0, 0, 0, 0, 2, 0 } };

/* One number: of the whole jet (0) or of the groomed one (1). */
typedef struct passwdi_jet_quantity {
    int groomed, number;
    double beta;
    int place; /* of beta among the wanted ones */
} passwdi_jet_quantity;
typedef struct passwdi_jet_wants { /* bits by number */
    uint64_t fixed, need[PASSWDI_JET_BETAS];
    double beta[PASSWDI_JET_BETAS];
    int betas;
} passwdi_jet_wants;
typedef struct passwdi_jet_results {
    double fixed[PASSWDI_JET_C2], by_beta[PASSWDI_JET_BETAS][PASSWDI_JET_NUMBERS - PASSWDI_JET_C2];
} passwdi_jet_results;
#define PASSWDI_JET_BIT(number) ((uint64_t)1 << (number))
#define PASSWDI_JET_BITS(number, count) ((PASSWDI_JET_BIT(count) - 1) << (number))

/* 0: too many betas */
static int passwdi_jet_want(passwdi_jet_wants wants[2], passwdi_jet_quantity *q) {
    passwdi_jet_wants *w = wants + q->groomed;
    int b;
    if (!(q->beta > 0)) {
        w->fixed |= PASSWDI_JET_BIT(q->number);
        return 1;
    }
    for (b = 0; b < w->betas && (w->beta[b] < q->beta || w->beta[b] > q->beta); b++) {}
    if (b == PASSWDI_JET_BETAS) return 0;
    if (b == w->betas) w->beta[w->betas++] = q->beta;
    w->need[b] |= PASSWDI_JET_BIT(q->number);
    q->place = b;
    return 1;
}
static double passwdi_jet_got(const passwdi_jet_results results[2], const passwdi_jet_quantity *q) {
    const passwdi_jet_results *r = results + q->groomed;
    return q->beta > 0 ? r->by_beta[q->place][q->number - PASSWDI_JET_C2] : r->fixed[q->number];
}

/* What features need: some 100 KB, and tables of dR and of its powers behind it. */
typedef struct passwdi_jet_work {
    passwdi_jet_scratch jet;
    passwd_clustering c;
    passwd_p4 p[PASSWD_MAX_CONSTITUENTS];
    int count, index[PASSWD_MAX_CONSTITUENTS];
    double z[PASSWD_MAX_CONSTITUENTS], weight[PASSWD_MAX_CONSTITUENTS];
    double branch[PASSWDI_JET_BRANCHES][PASSWD_MAX_CONSTITUENTS]; /* t_1 to t_4, u, v */
    double row[4][PASSWD_MAX_CONSTITUENTS];
    double *r, *q; /* [count][stride], stride being count in whole eights */
    passwdi_jet_results results[2];
} passwdi_jet_work;

/* Subjettiness at beta 1 and R0 1 (arXiv 1011.2268 eq. 2.1), and everyone's axis. */
static double passwdi_jet_subjettiness(passwdi_jet_work *w, const double *y, const double *phi, int axes, int *owner) {
    const passwdi_jet_kernels *kernels = w->jet.search.kernels;
    double tau, *const least = w->row[0];
    int i, k;
    for (k = 0; k < axes; k++) kernels->row(w->jet.plane.y, w->jet.plane.phi, y[k], phi[k], w->count, w->row[k]);
    passwdi_jet_fill(least, w->count, 0);
    for (i = 0; i < w->count && owner; i++) owner[i] = 0;
    for (k = 1; k < axes; k++)
        for (i = 0; i < w->count; i++) {
            if (!(w->row[k][i] < least[i])) continue;
            least[i] = w->row[k][i];
            if (owner) owner[i] = k;
        }
    kernels->roots(least, w->count, least);
    kernels->moments(least, w->z, w->count, 1, &tau);
    return tau;
}
/* Sum of w_i dR(i, point) with its derivatives, over i that are not at the point. */
typedef struct passwdi_jet_pull {
    double y, phi, sum, gy, gphi, hyy, hyphi, hphiphi, inverse, here; /* inverse: sum of w / dR; here: w at the point */
} passwdi_jet_pull;
typedef struct passwdi_jet_cluster { /* of one axis; places from that of constituent `best` */
    const double *y, *phi, *weight;
    int count;
} passwdi_jet_cluster;
static void passwdi_jet_pull_at(const passwdi_jet_cluster *c, double y, double phi, passwdi_jet_pull *p) {
    int i;
    memset(p, 0, sizeof *p);
    p->y = y;
    p->phi = phi;
    for (i = 0; i < c->count; i++) {
        const double dy = y - c->y[i], dphi = phi - c->phi[i], r2 = dy * dy + dphi * dphi;
        if (r2 < PASSWDI_JET_TINY * PASSWDI_JET_TINY) p->here += c->weight[i];
        else {
            const double r = sqrt(r2), inverse = 1 / r, pull = c->weight[i] * inverse, u = dy * inverse,
                         v = dphi * inverse;
            p->sum += c->weight[i] * r;
            p->inverse += pull;
            p->gy += c->weight[i] * u;
            p->gphi += c->weight[i] * v;
            p->hyy += pull * v * v;
            p->hyphi -= pull * u * v;
            p->hphiphi += pull * u * u;
        }
    }
}
/* Where the sum of w_i dR is smallest: the best constituent, if none pulls harder than it weighs (Y. Vardi and C.-H.
   Zhang, PNAS 97 (2000) 1423); else from there downhill, where the sum is smooth, by Newton's steps, or Weiszfeld's
   where those do not go down. */
static void passwdi_jet_downhill(const passwdi_jet_cluster *c, passwdi_jet_pull *p) {
    passwdi_jet_pull next;
    double force;
    int step;
    passwdi_jet_pull_at(c, 0, 0, p);
    force = sqrt(p->gy * p->gy + p->gphi * p->gphi);
    if (!(force > p->here)) return;
    force = (1 - p->here / force) / p->inverse;
    passwdi_jet_pull_at(c, -force * p->gy, -force * p->gphi, &next);
    for (step = 0; step < 50 && next.sum < p->sum; step++) {
        const int last = p->sum - next.sum < 1e-13 * p->sum;
        const double det = next.hyy * next.hphiphi - next.hyphi * next.hyphi;
        *p = next;
        if (last) break;
        passwdi_jet_pull_at(c, p->y - (p->hphiphi * p->gy - p->hyphi * p->gphi) / det,
            p->phi - (p->hyy * p->gphi - p->hyphi * p->gy) / det, &next);
        if (!(next.sum < p->sum))
            passwdi_jet_pull_at(c, p->y - p->gy / p->inverse, p->phi - p->gphi / p->inverse, &next);
    }
}
/* The best place of an axis of those that are owned by it. */
static void passwdi_jet_median(passwdi_jet_work *w, const int *owner, int axis, double *y, double *phi) {
    const passwdi_jet_plane *plane = &w->jet.plane;
    const int stride = passwdi_jet_eights(w->count);
    passwdi_jet_cluster c;
    passwdi_jet_pull p;
    double least = HUGE_VAL;
    int i, best = -1;
    for (i = 0; i < w->count; i++) w->weight[i] = owner[i] == axis ? w->z[i] : 0;
    passwdi_jet_fill(w->weight, w->count, 0);
    for (i = 0; i < w->count; i++) {
        double sum;
        if (!(w->weight[i] > 0)) continue;
        w->jet.search.kernels->moments(w->r + i * stride, w->weight, w->count, 1, &sum);
        if (!(sum < least)) continue;
        least = sum;
        best = i;
    }
    if (best < 0) return; /* nobody's axis stays */
    c.y = w->row[0];
    c.phi = w->row[1];
    c.weight = w->row[2];
    for (c.count = i = 0; i < w->count; i++) {
        if (!(w->weight[i] > 0)) continue;
        w->row[0][c.count] = plane->y[i] - plane->y[best];
        w->row[1][c.count] = passwdi_jet_turned(plane->phi[i] - plane->phi[best]);
        w->row[2][c.count++] = w->weight[i];
    }
    passwdi_jet_downhill(&c, &p);
    *y = plane->y[best] + p.y;
    *phi = passwdi_jet_turned(plane->phi[best] + p.phi);
}
/* Everyone to the nearest axis, each axis to where its sum is smallest, until nothing goes down any more. */
static double passwdi_jet_onepass(passwdi_jet_work *w, const double *y0, const double *phi0, int axes) {
    double y[4], phi[4], tau, least = HUGE_VAL;
    int owner[2][PASSWD_MAX_CONSTITUENTS], k, turn, same = 0;
    memcpy(y, y0, (size_t)axes * sizeof *y);
    memcpy(phi, phi0, (size_t)axes * sizeof *phi);
    for (turn = 0; turn < 100 && !same; turn++) {
        int *own = owner[turn & 1];
        tau = passwdi_jet_subjettiness(w, y, phi, axes, own);
        if (!(tau < least)) break;
        least = tau;
        same = turn && memcmp(own, owner[~turn & 1], (size_t)w->count * sizeof *own) == 0;
        for (k = 0; k < axes && !same; k++) passwdi_jet_median(w, own, k, y + k, phi + k);
    }
    return least;
}
/* Angularities: sums of z dR^beta for beta 1/2, 1 and 2. */
static void passwdi_jet_angles(passwdi_jet_work *w, double y, double phi, double angle[3]) {
    const passwdi_jet_kernels *kernels = w->jet.search.kernels;
    double *const r2 = w->row[0], *const r = w->row[1], *const root = w->row[2];
    kernels->row(w->jet.plane.y, w->jet.plane.phi, y, phi, w->count, r2);
    passwdi_jet_fill(r2, w->count, 0);
    kernels->roots(r2, passwdi_jet_eights(w->count), r);
    kernels->roots(r, passwdi_jet_eights(w->count), root);
    kernels->moments(root, w->z, w->count, 1, angle);
    kernels->moments(r, w->z, w->count, 1, angle + 1);
    kernels->moments(r2, w->z, w->count, 1, angle + 2);
}
static void passwdi_jet_subjets(passwdi_jet_work *w, uint64_t fixed, double *out) {
    passwdi_jet_search *s = &w->jet.search;
    const int kt = (int)(fixed >> PASSWDI_JET_TAU & 15), wta = (int)(fixed >> PASSWDI_JET_TAU_WTA & 15),
              onepass = (int)(fixed >> PASSWDI_JET_TAU_ONEPASS & 15),
              angles = (fixed & PASSWDI_JET_BITS(PASSWDI_JET_ANGLES_WTA, 3)) != 0;
    int n;
    if (kt) passwdi_jet_start(s, &w->c, w->p, w->count, &w->jet.plane, PASSWD_CLUSTER_KT, 1, 0);
    for (n = 4; n > 0 && kt; n--) {
        if (!(kt >> (n - 1) & 1)) continue;
        passwdi_jet_run(s, &w->c, &w->jet.plane, n);
        out[PASSWDI_JET_TAU + n - 1] = passwdi_jet_subjettiness(w, s->y, s->phi, s->count, NULL);
    }
    if (!wta && !onepass && !angles) return;
    passwdi_jet_start(s, &w->c, w->p, w->count, &w->jet.plane, PASSWD_CLUSTER_KT, 0, 1);
    for (n = 4; n > 0; n--) {
        if (!((wta | onepass | angles) >> (n - 1) & 1)) continue;
        passwdi_jet_run(s, &w->c, &w->jet.plane, n);
        if (wta >> (n - 1) & 1)
            out[PASSWDI_JET_TAU_WTA + n - 1] = passwdi_jet_subjettiness(w, s->y, s->phi, s->count, NULL);
        if (onepass >> (n - 1) & 1)
            out[PASSWDI_JET_TAU_ONEPASS + n - 1] = passwdi_jet_onepass(w, s->y, s->phi, s->count);
        if (angles && n == 1) passwdi_jet_angles(w, s->y[0], s->phi[0], out + PASSWDI_JET_ANGLES_WTA);
    }
}
/* q = dR^beta, whole */
static void passwdi_jet_powers(const passwdi_jet_work *w, double beta) {
    const int stride = passwdi_jet_eights(w->count), size = w->count * stride;
    int i, k;
    if (beta >= 1 && beta <= 1) memcpy(w->q, w->r, (size_t)size * sizeof *w->q);
    else if (beta >= 0.5 && beta <= 0.5) w->jet.search.kernels->roots(w->r, size, w->q);
    else if (beta >= 2 && beta <= 2)
        for (i = 0; i < size; i++) w->q[i] = w->r[i] * w->r[i];
    else {
        memset(w->q, 0, (size_t)size * sizeof *w->q);
        for (i = 0; i < w->count; i++)
            for (k = 0; k < i; k++)
                w->q[i * stride + k] = w->q[k * stride + i] =
                    w->r[i * stride + k] > 0 ? pow(w->r[i * stride + k], beta) : 0;
    }
}
/* Energy correlations (arXiv 1305.0007, 1609.07483) and energy flow polynomials (arXiv 1712.07124), at one beta. */
static void passwdi_jet_correlations(passwdi_jet_work *w, double beta, uint64_t need, double *out) {
    enum { EFP = PASSWDI_JET_EFP - PASSWDI_JET_C2, TRIANGLE = EFP + PASSWDI_JET_TREES };
    const passwdi_jet_kernels *kernels = w->jet.search.kernels;
    const uint64_t flow = need >> PASSWDI_JET_EFP;
    const int stride = passwdi_jet_eights(w->count), n = w->count, powers = flow >> 1 ? 4 : 1;
    double e2 = 0, e3[3] = { 0, 0, 0 }, sum[4];
    int i, k, m;
    passwdi_jet_powers(w, beta);
    for (i = 0; i < n; i++) {
        kernels->moments(w->q + i * stride, w->z, n, powers, sum);
        for (m = 0; m < powers; m++) w->branch[m][i] = sum[m];
        w->weight[i] = w->z[i] * sum[0];
        e2 += 0.5 * w->weight[i];
    }
    passwdi_jet_fill(w->weight, n, 0);
    for (i = 0; i < n && powers > 1; i++) {
        kernels->moments(w->q + i * stride, w->weight, n, 4, sum);
        w->branch[4][i] = sum[0];
        w->branch[5][i] = sum[1];
    }
    for (k = 0; k < PASSWDI_JET_TREES; k++) {
        const unsigned char *power = passwdi_jet_trees[k];
        double *const x = w->row[0];
        if (!(flow >> k & 1)) continue;
        memcpy(x, w->z, (size_t)n * sizeof *x);
        for (m = 0; m < PASSWDI_JET_BRANCHES; m++) {
            int times = power[m];
            for (; times > 0; times--)
                for (i = 0; i < n; i++) x[i] *= w->branch[m][i];
        }
        for (i = 0; i < n; i++) out[EFP + k] += x[i];
    }
    if (flow >> (PASSWDI_JET_TREES + 1)) {
        passwdi_jet_fill(w->branch[0], n, 0);
        kernels->cycles(w->q, w->z, w->branch[0], n, stride, sum);
        out[TRIANGLE + 1] = 2 * sum[0];
        out[TRIANGLE + 2] = sum[1];
        out[TRIANGLE + 3] = 2 * sum[2];
        for (i = 0; i < n; i++) out[TRIANGLE + 3] += w->z[i] * w->z[i] * w->branch[1][i] * w->branch[1][i];
    }
    for (i = 0; i < n; i++) memset(w->q + i * stride, 0, (size_t)(i + 1) * sizeof *w->q);
    if ((need & PASSWDI_JET_BITS(PASSWDI_JET_C2, 2)) || (flow >> PASSWDI_JET_TREES & 1))
        e3[2] = kernels->triples(w->q, w->z, n, stride);
    if (need & PASSWDI_JET_BITS(PASSWDI_JET_N2, 2)) kernels->ordered(w->q, w->z, n, stride, e3);
    out[TRIANGLE] = 6 * e3[2];
    if (e2 * e2 > 0) out[0] = e3[2] / (e2 * e2);
    if (e2 * e2 * e2 > 0) out[PASSWDI_JET_D2 - PASSWDI_JET_C2] = e3[2] / (e2 * e2 * e2);
    if (e2 * e2 > 0) out[PASSWDI_JET_N2 - PASSWDI_JET_C2] = e3[1] / (e2 * e2);
    if (e2 > 0) out[PASSWDI_JET_M2 - PASSWDI_JET_C2] = e3[0] / e2;
}
/* All that is wanted of the constituents in w->p and w->jet.plane, whose sum is `jet`. */
static void passwdi_jet_numbers(
    passwdi_jet_work *w, const passwdi_jet_wants *wants, const passwd_p4 *jet, passwdi_jet_results *results) {
    const uint64_t pairs = PASSWDI_JET_BITS(PASSWDI_JET_TAU, 12) | PASSWDI_JET_BITS(PASSWDI_JET_ANGLES_WTA, 3)
        | PASSWDI_JET_BITS(PASSWDI_JET_ZG, 2);
    double *const out = results->fixed, *const z = w->z, scale = 0, squares = 0;
    int i;
    out[PASSWDI_JET_PT] = passwd_p4_pt(*jet);
    out[PASSWDI_JET_ETA] = passwd_p4_eta(*jet);
    out[PASSWDI_JET_PHI] = passwd_p4_phi(*jet);
    out[PASSWDI_JET_MASS] = passwd_p4_mass(*jet);
    out[PASSWDI_JET_CONSTITUENTS] = w->count;
    for (i = 0; i < w->count; i++) {
        z[i] = sqrt(w->jet.plane.pt2[i]);
        scale += z[i];
    }
    if (wants->betas || (wants->fixed & pairs))
        passwdi_jet_neighbours(w->jet.search.kernels, &w->jet.plane, w->count, w->row[0],
            wants->betas || (wants->fixed & PASSWDI_JET_BITS(PASSWDI_JET_TAU_ONEPASS, 4)) ? w->r : NULL);
    if (!(scale > 0)) return; /* what goes along the beam alone has no shape */
    for (i = 0; i < w->count; i++) {
        z[i] /= scale;
        squares += z[i] * z[i];
    }
    passwdi_jet_fill(z, w->count, 0);
    out[PASSWDI_JET_PTD] = sqrt(squares);
    if (wants->fixed & PASSWDI_JET_BITS(PASSWDI_JET_MAJOR, 2))
        passwdi_jet_axes(w->p, &w->jet.plane, z, w->count, out[PASSWDI_JET_PHI], w->row[0], w->row[1],
            out + PASSWDI_JET_MAJOR, out + PASSWDI_JET_MINOR);
    if (wants->fixed & PASSWDI_JET_BITS(PASSWDI_JET_ANGLES, 3))
        passwdi_jet_angles(w, passwd_p4_rapidity(*jet), out[PASSWDI_JET_PHI], out + PASSWDI_JET_ANGLES);
    for (i = 0; i < wants->betas; i++) passwdi_jet_correlations(w, wants->beta[i], wants->need[i], results->by_beta[i]);
    passwdi_jet_subjets(w, wants->fixed, out);
}
/* The constituents that soft drop leaves take the place of all. */
static passwd_p4 passwdi_jet_groom(passwdi_jet_work *w) {
    const passwd_jet_node *node;
    double *const out = w->results[0].fixed;
    int i, k;
    passwdi_jet_start(&w->jet.search, &w->c, w->p, w->count, &w->jet.plane, PASSWD_CLUSTER_CAMBRIDGE_AACHEN, 0, 0);
    passwdi_jet_run(&w->jet.search, &w->c, &w->jet.plane, 1);
    k = passwd_soft_drop(&w->c, 0.1, 0, 1);
    node = w->c.node + k;
    if (node->parent[0] >= 0) {
        const int a = node->parent[0], b = node->parent[1];
        const passwdi_jet_plane *plane = &w->jet.plane;
        const double soft = sqrt(plane->pt2[b]);
        out[PASSWDI_JET_ZG] = soft / (soft + sqrt(plane->pt2[a]));
        out[PASSWDI_JET_RG] = sqrt(passwdi_jet_apart2(plane->y[a] - plane->y[b], fabs(plane->phi[a] - plane->phi[b])));
    }
    w->count = passwd_node_constituents(&w->c, k, w->index);
    for (i = 0; i < w->count; i++) { /* indices rise */
        k = w->index[i];
        w->p[i] = w->p[k];
        w->jet.plane.y[i] = w->jet.plane.y[k];
        w->jet.plane.phi[i] = w->jet.plane.phi[k];
        w->jet.plane.pt2[i] = w->jet.plane.pt2[k];
    }
    return node->p4;
}
static void passwdi_jet_shape(passwdi_jet_work *w, const passwdi_jet_wants wants[2]) {
    passwdi_jet_wants all = wants[0];
    passwd_p4 sum;
    int i, groomed = wants[1].fixed || wants[1].betas;
    groomed |= (wants[0].fixed & PASSWDI_JET_BITS(PASSWDI_JET_ZG, 2)) != 0;
    if (groomed) all.fixed |= PASSWDI_JET_BIT(PASSWDI_JET_ZG); /* which wants the neighbours */
    memset(&sum, 0, sizeof sum);
    for (i = 0; i < w->count; i++) {
        passwdi_jet_place(&w->jet.plane, i, w->p + i);
        passwdi_p4_add(&sum, w->p + i);
    }
    passwdi_jet_numbers(w, &all, &sum, w->results);
    if (!groomed || !w->count || !(w->results[0].fixed[PASSWDI_JET_PTD] > 0)) return;
    sum = passwdi_jet_groom(w);
    passwdi_jet_numbers(w, wants + 1, &sum, w->results + 1);
}
/* Checks, and all of the work; *work is to be released. */
static passwd_status passwdi_jet_go(const char *what, const passwd_p4 *constituents, int count, const void *result,
    const passwdi_jet_wants wants[2], passwdi_jet_work **work, passwd_error *error) {
    const passwd_status s = passwdi_jet_check(what, constituents, count, PASSWD_MAX_CONSTITUENTS, error);
    const size_t table = s == PASSWD_OK ? (size_t)count * (size_t)passwdi_jet_eights(count) : 0;
    passwdi_jet_work *w;
    if (s != PASSWD_OK) return s;
    if (!result) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "%s: the result is NULL.", what);
    *work = w = (passwdi_jet_work *)passwdi_take(NULL, sizeof *w + 2 * table * sizeof(double));
    if (!w) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "%s: there is not enough memory.", what);
    w->jet.search.kernels = &passwdi_kernels_of(PASSWD_SIMD_AUTO)->jets;
    w->count = count;
    w->r = (double *)(void *)(w + 1);
    w->q = w->r + table;
    memset(w->results, 0, sizeof w->results);
    if (count > 0) memcpy(w->p, constituents, (size_t)count * sizeof *w->p);
    passwdi_jet_shape(w, wants);
    return PASSWD_OK;
}
/* The default set by name, number and beta. */
static const struct {
    const char *name;
    passwdi_jet_quantity quantity;
} passwdi_jet_default[PASSWD_SUBSTRUCTURE_NUMBERS] = { { "major", { 0, PASSWDI_JET_MAJOR, 0, 0 } },
    { "minor", { 0, PASSWDI_JET_MINOR, 0, 0 } }, { "efp", { 0, PASSWDI_JET_EFP, 1, 0 } },
    { "c2", { 0, PASSWDI_JET_C2, 0.5, 0 } }, { "ptd", { 0, PASSWDI_JET_PTD, 0, 0 } },
    { "soft_drop_mass", { 1, PASSWDI_JET_MASS, 0, 0 } }, { "tau2", { 0, PASSWDI_JET_TAU + 1, 0, 0 } },
    { "tau3", { 0, PASSWDI_JET_TAU + 2, 0, 0 } }, { "d2", { 0, PASSWDI_JET_D2, 1, 0 } },
    { "pt", { 0, PASSWDI_JET_PT, 0, 0 } }, { "eta", { 0, PASSWDI_JET_ETA, 0, 0 } },
    { "phi", { 0, PASSWDI_JET_PHI, 0, 0 } }, { "mass", { 0, PASSWDI_JET_MASS, 0, 0 } } };
PASSWD_DEF const char *passwd_substructure_name(int k) {
    return k >= 0 && k < PASSWD_SUBSTRUCTURE_NUMBERS ? passwdi_jet_default[k].name : NULL;
}
PASSWD_DEF passwd_status passwd_substructure_of(
    const passwd_p4 *constituents, int count, passwd_substructure *result, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_substructure_of", "PASSWD_NO_JETS", error);
    passwdi_jet_quantity q[PASSWD_SUBSTRUCTURE_NUMBERS];
    passwdi_jet_wants wants[2];
    passwdi_jet_work *w;
    passwd_status s;
    int k;
    memset(wants, 0, sizeof wants);
    for (k = 0; k < PASSWD_SUBSTRUCTURE_NUMBERS; k++) {
        q[k] = passwdi_jet_default[k].quantity;
        passwdi_jet_want(wants, q + k);
    }
    s = passwdi_jet_go("Substructure", constituents, count, result, wants, &w, error);
    if (s != PASSWD_OK) return s;
    memset(result, 0, sizeof *result);
    for (k = 0; k < PASSWD_SUBSTRUCTURE_NUMBERS; k++) (&result->major)[k] = passwdi_jet_got(w->results, q + k);
    result->constituents = count;
    passwdi_delete(NULL, w);
    return PASSWD_OK;
}

/* Quantities that multiply or divide what stands before them. */
typedef struct passwdi_jet_term {
    passwdi_jet_quantity quantity;
    int over;
} passwdi_jet_term;
struct passwd_jet_features {
    passwd_allocator allocator;
    passwdi_jet_wants wants[2];
    int count, *first; /* of a feature's terms; [count + 1] */
    passwdi_jet_term *term;
};
PASSWD_DEF const char *passwd_jet_feature_name(int k) {
    return k >= 0 && k < PASSWDI_JET_NUMBERS ? passwdi_jet_list[k].name : NULL;
}
PASSWD_DEF const char *passwd_jet_feature_about(int k) {
    return k >= 0 && k < PASSWDI_JET_NUMBERS ? passwdi_jet_list[k].about : NULL;
}
/* 0: there is none of that name, which ends before `end` */
static int passwdi_jet_find(const char *name, const char *end, passwdi_jet_quantity *q) {
    static const char groomed[] = "soft_drop_", at_beta[] = "_beta";
    const char *p;
    int mass, flow;
    memset(q, 0, sizeof *q);
    if (end - name > 10 && memcmp(name, groomed, 10) == 0) {
        q->groomed = 1;
        name += 10;
    }
    for (p = name; end - p > 5; p++)
        if (memcmp(p, at_beta, 5) == 0) {
            if (passwdi_parse_number(p + 5, end, &q->beta) != 1 || !(q->beta > 0 && q->beta <= 10)) return 0;
            end = p;
        }
    mass = end - name == 1 && *name == 'm';
    flow = end - name == 3 && memcmp(name, "efp", 3) == 0;
    for (; q->number < PASSWDI_JET_NUMBERS; q->number++) {
        const char *listed = passwdi_jet_list[q->number].name;
        const double beta = passwdi_jet_list[q->number].beta;
        if (!((size_t)(end - name) == strlen(listed) && memcmp(name, listed, (size_t)(end - name)) == 0)
            && !(mass && q->number == PASSWDI_JET_MASS) && !(flow && q->number == PASSWDI_JET_EFP))
            continue;
        if (q->beta > 0 && !(beta > 0)) return 0;
        if (!(q->beta > 0)) q->beta = beta;
        return !(q->groomed && (q->number == PASSWDI_JET_ZG || q->number == PASSWDI_JET_RG));
    }
    return 0;
}
/* The terms of one name, "a", "a/b" or "a*b/c"; how many, or 0. term NULL: they are counted, and not looked at. */
static int passwdi_jet_terms(const char *name, passwdi_jet_term *term, char unknown[64]) {
    int n = 0, over = 0;
    for (;; n++) {
        const char *end = name + strcspn(name, "*/");
        if (term && !passwdi_jet_find(name, end, &term[n].quantity)) {
            snprintf(unknown, 64, "%.*s", (int)passwdi_least(end - name, 63), name);
            return 0;
        }
        if (term) term[n].over = over;
        if (!*end) return n + 1;
        over = *end == '/';
        name = end + 1;
    }
}
static passwd_status passwdi_jet_plan(
    passwd_jet_features *f, const char *const *names, int count, passwd_error *error) {
    char unknown[64];
    int i, k;
    for (i = 0; i < count; i++) {
        const int n = passwdi_jet_terms(names[i], f->term + f->first[i], unknown);
        if (n == 0)
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, i + 1,
                "\"%.60s\": there is no feature \"%s\" of jets. They are those that passwd_jet_feature_name lists, "
                "with "
                "soft_drop_ before them for the groomed jet, and _beta0.5 (of 0 to 10) behind those with a beta.",
                names[i], unknown);
        f->first[i + 1] = f->first[i] + n;
        for (k = f->first[i]; k < f->first[i + 1]; k++)
            if (!passwdi_jet_want(f->wants, &f->term[k].quantity))
                return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, i + 1,
                    "\"%.60s\": features of jets may have %d different beta at a time.", names[i], PASSWDI_JET_BETAS);
    }
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_jet_features_new(const char *const *names, int count, const passwd_allocator *allocator,
    passwd_jet_features **features, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_jet_features_new", "PASSWD_NO_JETS", error);
    passwd_jet_features *f;
    passwd_status s;
    size_t terms = 0;
    int i;
    for (i = 0; names && i < count && names[i]; i++) terms += (size_t)passwdi_jet_terms(names[i], NULL, NULL);
    if (!names || !features || count < 1 || i < count)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Features of jets: there are no names, one of them is NULL, or there is no place for the result.");
    f = (passwd_jet_features *)passwdi_new(
        allocator, 1, sizeof *f + terms * sizeof *f->term + ((size_t)count + 1) * sizeof *f->first);
    if (!f)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %d features of jets.", count);
    if (allocator) f->allocator = *allocator;
    f->count = count;
    f->term = (passwdi_jet_term *)(void *)(f + 1);
    f->first = (int *)(void *)(f->term + terms);
    s = passwdi_jet_plan(f, names, count, error);
    if (s != PASSWD_OK) {
        passwd_jet_features_free(f);
        return s;
    }
    *features = f;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_jet_features_of(const passwd_jet_features *features, const passwd_p4 *constituents,
    int count, double *values, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_jet_features_of", "PASSWD_NO_JETS", error);
    passwdi_jet_work *w;
    passwd_status s;
    int i, k;
    if (!features)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Features of a jet: it is not said which ones.");
    s = passwdi_jet_go("Features of a jet", constituents, count, values, features->wants, &w, error);
    if (s != PASSWD_OK) return s;
    for (i = 0; i < features->count; i++) {
        values[i] = 1;
        for (k = features->first[i]; k < features->first[i + 1]; k++) {
            const double x = passwdi_jet_got(w->results, &features->term[k].quantity);
            if (!features->term[k].over) values[i] = k > features->first[i] ? values[i] * x : x;
            else values[i] = x < 0 || x > 0 ? values[i] / x : (double)NAN;
        }
    }
    passwdi_delete(NULL, w);
    return PASSWD_OK;
}
PASSWD_DEF void passwd_jet_features_free(passwd_jet_features *features) {
    if (!features) return;
    {
        const passwd_allocator allocator = features->allocator;
        passwdi_delete(&allocator, features);
    }
}
PASSWD_DEF void passwd_kt_order(const passwd_p4 *constituents, int count, int *order) {
    double y[PASSWD_MAX_CONSTITUENTS], phi[PASSWD_MAX_CONSTITUENTS];
    const int n = (int)passwdi_least(count, PASSWD_MAX_CONSTITUENTS);
    int i, k, place;
    if (!constituents || !order) return;
    for (i = 0; i < count; i++) order[i] = i;
    for (i = 0; i < n; i++) {
        y[i] = passwd_p4_rapidity(constituents[i]);
        phi[i] = passwd_p4_phi(constituents[i]);
    }
    for (place = 0; place < n; place++) {
        double most = -1;
        int best = place;
        for (k = place; k < n; k++) { /* the remaining nodes stay in rising order; pT^2 dR^2 gives the same order as
                                         pT dR */
            const int j = order[k], last = place ? order[place - 1] : 0;
            const double x = passwdi_p4_pt2(constituents + j)
                * (place ? passwdi_jet_apart2(y[j] - y[last], fabs(phi[j] - phi[last])) : 1);
            if (x > most) {
                most = x;
                best = k;
            }
        }
        i = order[best];
        for (k = best; k > place; k--) order[k] = order[k - 1];
        order[place] = i;
    }
}

/* ------------------------------------------------------------------------------------------------------------------
   Jets: alignment
   --------------------------------------------------------------------------------------------------------------- */

/* A frame along the jet: n, then the directions of rising phi and of rising eta. A momentum in it is (along, v, u). */
typedef struct passwdi_jet_frame {
    double n[3], v[3], u[3];
} passwdi_jet_frame;

static void passwdi_jet_frame_of(const passwd_p4 *jet, passwdi_jet_frame *f) {
    const double pt = passwd_p4_pt(*jet), p = sqrt(pt * pt + jet->pz * jet->pz);
    const double sine = p > 0 ? pt / p : 1, cosine = p > 0 ? jet->pz / p : 0, x = pt > 0 ? jet->px / pt : 1,
                 y = pt > 0 ? jet->py / pt : 0;
    f->n[0] = sine * x;
    f->n[1] = sine * y;
    f->n[2] = cosine;
    f->v[0] = -y;
    f->v[1] = x;
    f->v[2] = 0;
    f->u[0] = -cosine * x;
    f->u[1] = -cosine * y;
    f->u[2] = sine;
}
/* E + p_n and E - p_n of a constituent, and its transverse components. The smaller of the two is (m^2 + pT^2) / the
   larger, which does not cancel: so boosts of TeV jets keep masses, and a jet's mass is accurate far below the rounding
   of its E^2 - p^2. */
typedef struct passwdi_jet_cone {
    double plus, minus, u, v, m2;
} passwdi_jet_cone;

static passwdi_jet_cone passwdi_jet_cone_of(const passwd_p4 *p, const passwdi_jet_frame *f) {
    const double along = p->px * f->n[0] + p->py * f->n[1] + p->pz * f->n[2];
    passwdi_jet_cone c;
    double t2, larger, smaller;
    c.v = p->px * f->v[0] + p->py * f->v[1];
    c.u = p->px * f->u[0] + p->py * f->u[1] + p->pz * f->u[2];
    c.m2 = passwdi_p4_mass2(p);
    t2 = c.u * c.u + c.v * c.v + c.m2;
    larger = sqrt(t2 + along * along) + fabs(along);
    smaller = larger > 0 ? t2 / larger : 0;
    c.plus = along < 0 ? smaller : larger;
    c.minus = along < 0 ? larger : smaller;
    return c;
}
static void passwdi_p4_rotate(passwd_p4 *p, double cosine, double sine) { /* about x: (pz, py) onto (along, across) */
    const double u = cosine * p->pz + sine * p->py, v = cosine * p->py - sine * p->pz;
    p->pz = u;
    p->py = v;
}
/* The widest axis of the flow across the jet, weights |p| at p_T / |p|: to first order pT at (eta, phi), but
   independent of rotations of the jet about its axis. Then mirrored by which half of each axis has more pT. */
static void passwdi_jet_turn(passwd_p4 *p, int count) {
    double uu = 0, uv = 0, vv = 0, cosine, sine, eta = 0, phi = 0;
    int i;
    for (i = 0; i < count; i++) {
        const double momentum = sqrt(passwdi_p4_pt2(p + i) + p[i].pz * p[i].pz);
        if (!(momentum > 0)) continue;
        uu += p[i].pz * p[i].pz / momentum;
        uv += p[i].pz * p[i].py / momentum;
        vv += p[i].py * p[i].py / momentum;
    }
    passwdi_jet_widest(uu, uv, vv, &cosine, &sine);
    for (i = 0; i < count; i++) {
        double pt;
        passwdi_p4_rotate(p + i, cosine, sine);
        pt = passwd_p4_pt(p[i]);
        eta += p[i].pz > 0 ? pt : p[i].pz < 0 ? -pt : 0;
        phi += p[i].py > 0 ? pt : p[i].py < 0 ? -pt : 0;
    }
    for (i = 0; i < count; i++) {
        if (eta < 0) p[i].pz = -p[i].pz;
        if (phi < 0) p[i].py = -p[i].py;
    }
}
PASSWD_DEF passwd_status passwd_align_jet(const passwd_p4 *constituents, int count, const passwd_alignment *alignment,
    passwd_p4 *aligned, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_align_jet", "PASSWD_NO_JETS", error);
    passwd_status s = passwdi_jet_check("Alignment", constituents, count, INT_MAX, error);
    const int steps = alignment ? (alignment->steps ? alignment->steps : 4) : 0;
    passwdi_jet_frame f;
    passwd_p4 jet;
    double plus = 0, minus = 0, mass, scale, boost = 1;
    int i;
    if (s != PASSWD_OK) return s;
    if (!alignment || !aligned || steps < 1 || steps > 4)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Alignment: the settings or the result are NULL, or the number of steps is not from 0 to 4.");
    if (!(alignment->mass > 0 && alignment->mass <= PASSWDI_JET_HUGE)
        || (steps > 1 && !(alignment->energy > alignment->mass && alignment->energy <= PASSWDI_JET_HUGE)))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Alignment: a jet cannot have a mass of %g GeV and an energy of %g GeV.", alignment->mass,
            alignment->energy);
    if (count < 1) return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "Alignment: the jet has no constituents.");
    memset(&jet, 0, sizeof jet);
    for (i = 0; i < count; i++) passwdi_p4_add(&jet, constituents + i);
    passwdi_jet_frame_of(&jet, &f);
    for (i = 0; i < count; i++) {
        const passwdi_jet_cone c = passwdi_jet_cone_of(constituents + i, &f);
        plus += c.plus;
        minus += c.minus;
    }
    mass = sqrt(plus * minus);
    if (!(mass > 1e-6 * 0.5 * (plus + minus)))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "Alignment: a jet of %d constituent%s, %g GeV of energy and no mass (%.3g GeV) cannot be aligned.", count,
            count > 1 ? "s" : "", 0.5 * (plus + minus), mass);
    scale = alignment->mass / mass;
    if (steps > 1) /* e^rapidity along the jet: desired over present value */
        boost =
            (alignment->energy + sqrt((alignment->energy - alignment->mass) * (alignment->energy + alignment->mass)))
            / (plus * scale);
    for (i = 0; i < count; i++) {
        const passwdi_jet_cone c = passwdi_jet_cone_of(constituents + i, &f);
        const double along = 0.5 * scale * (c.plus * boost - c.minus / boost), u = c.u * scale, v = c.v * scale;
        passwd_p4 *p = aligned + i;
        p->e = sqrt(along * along + u * u + v * v + c.m2 * scale * scale);
        p->px = steps > 2 ? along : along * f.n[0] + v * f.v[0] + u * f.u[0];
        p->py = steps > 2 ? v : along * f.n[1] + v * f.v[1] + u * f.u[1];
        p->pz = steps > 2 ? u : along * f.n[2] + u * f.u[2];
    }
    if (steps > 3) passwdi_jet_turn(aligned, count);
    return PASSWD_OK;
}

/* ------------------------------------------------------------------------------------------------------------------
   Quantiles: mapping any distribution to a normal one
   --------------------------------------------------------------------------------------------------------------- */

/* The quantile of the normal distribution for p: a rough start (the tail's leading terms), then Halley's steps on
   erfc. */
static double passwdi_quantile_normal(double p) {
    const double tail = p < 0.5 ? p : 1 - p;
    double x = 0;
    int k;
    if (!(tail > 0)) return p < 0.5 ? -HUGE_VAL : HUGE_VAL;
    if (tail < 0.3) {
        x = sqrt(-2 * log(tail));
        x -= log(x * 2.5066282746310002) / x;
    }
    for (k = 0; k < 8; k++) { /* the tail beyond x, and its density */
        const double step = (0.5 * erfc(x * 0.70710678118654752) - tail) / (0.39894228040143268 * exp(-0.5 * x * x));
        x += step / (1 - 0.5 * x * step);
    }
    return p < 0.5 ? -x : x;
}
/* Heapsort: no allocation, and never slow. */
static void passwdi_quantile_sift(double *x, int64_t top, int64_t count) {
    const double value = x[top];
    int64_t k;
    while ((k = 2 * top + 1) < count) {
        if (k + 1 < count && x[k + 1] > x[k]) k++;
        if (!(x[k] > value)) break;
        x[top] = x[k];
        top = k;
    }
    x[top] = value;
}
static void passwdi_quantile_sort(double *x, int64_t count) {
    int64_t k;
    for (k = count / 2; k-- > 0;) passwdi_quantile_sift(x, k, count);
    for (k = count; k-- > 1;) {
        const double largest = x[0];
        x[0] = x[k];
        x[k] = largest;
        passwdi_quantile_sift(x, 0, k);
    }
}
/* Knots are rows of the training table, evenly over the ranks, including both ends. A row's quantile is its mid-rank:
   half of the rows equal to it count as below. */
static void passwdi_quantile_knots(const double *sorted, int64_t rows, int knots, double *x, double *normal) {
    int64_t low = 0, high = 0;
    int k;
    for (k = 0; k < knots; k++) {
        const int64_t row = k * ((rows - 1) / (knots - 1)) + k * ((rows - 1) % (knots - 1)) / (knots - 1);
        x[k] = sorted[row];
        if (k > 0 && x[k] == x[k - 1]) {
            normal[k] = normal[k - 1];
            continue;
        }
        for (low = row; low > high && sorted[low - 1] == x[k]; low--) {}
        for (high = row + 1; high < rows && sorted[high] == x[k]; high++) {}
        normal[k] = passwdi_quantile_normal(0.5 * ((double)low + (double)high) / (double)rows);
    }
}
static passwd_status passwdi_quantiles_new(
    passwd_quantiles *q, int features, int knots, const passwd_allocator *allocator, passwd_error *error) {
    memset(q, 0, sizeof *q);
    if (allocator) q->allocator = *allocator;
    q->features = features;
    q->knots = knots;
    q->x = (double *)passwdi_new(allocator, passwdi_items(features, knots), sizeof(double));
    q->normal = q->x ? (double *)passwdi_new(allocator, passwdi_items(features, knots), sizeof(double)) : NULL;
    if (q->normal) return PASSWD_OK;
    passwd_quantiles_free(q);
    return passwdi_fail(
        error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the quantiles of %d features.", features);
}
PASSWDI_SELDOM
PASSWD_DEF passwd_status passwd_quantiles_learn(const double *table, int64_t rows, int features,
    const char *const *names, int knots, const passwd_allocator *allocator, passwd_quantiles *q, passwd_error *error) {
    const int wanted = knots ? knots : 1001;
    passwd_status s = PASSWD_OK;
    passwd_quantiles made;
    double *column = NULL;
    char shown[96];
    int64_t row;
    int f;
    if (!table || !q || features < 1 || wanted < 2)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Quantiles: the table or the result is NULL, there are no features, or fewer than two knots.");
    if (rows < 2)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "Quantiles need at least two jets, not %lld.",
            (long long)(rows < 0 ? 0 : rows));
    if ((uint64_t)rows > ((size_t)-1) / sizeof(double) / (size_t)features)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "Quantiles: a table of %lld rows is too large for any memory.", (long long)rows);
    s = passwdi_quantiles_new(&made, features, (int)passwdi_least(wanted, rows), allocator, error);
    if (s != PASSWD_OK) return s;
    column = (double *)passwdi_new(allocator, (size_t)rows, sizeof(double));
    if (!column)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to sort a feature of %lld jets.",
            (long long)rows);
    for (f = 0; s == PASSWD_OK && f < features; f++) {
        if (names && names[f]) sprintf(shown, "Feature \"%.60s\"", names[f]);
        else sprintf(shown, "Feature %d", f + 1);
        for (row = 0; s == PASSWD_OK && row < rows; row++) {
            column[row] = table[row * features + f];
            if (!(fabs(column[row]) <= 1e300))
                s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, row + 1, 0, "%s of row %lld is not a finite number.",
                    shown, (long long)(row + 1));
        }
        if (s != PASSWD_OK) break;
        passwdi_quantile_sort(column, rows);
        if (column[0] == column[rows - 1])
            s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "%s is %g in all %lld rows: it has no distribution to learn.", shown, column[0], (long long)rows);
        else
            passwdi_quantile_knots(column, rows, made.knots, made.x + (size_t)f * (size_t)made.knots,
                made.normal + (size_t)f * (size_t)made.knots);
    }
    passwdi_delete(allocator, column);
    if (s != PASSWD_OK) {
        passwd_quantiles_free(&made);
        return s;
    }
    passwd_quantiles_free(q);
    *q = made;
    return PASSWD_OK;
}
PASSWDI_SELDOM_END
/* The straight line between the knots on either side of v; beyond the ends, of the outer tenth of the knots (more where
   these are all equal). */
static double passwdi_quantiles_line(const double *from, const double *to, int knots, double v) {
    int low = 0, high = knots, a, b;
    if (v != v) return v;
    while (low < high) { /* low: the first knot above v */
        const int middle = low + (high - low) / 2;
        if (from[middle] <= v) low = middle + 1;
        else high = middle;
    }
    a = low - 1;
    b = low;
    if (a >= 0 && from[a] == v) return to[a];
    if (low == 0 || low == knots) {
        const int tenth = knots > 10 ? knots / 10 : 1, turn = low ? -1 : 1;
        a = low ? knots - 1 : 0;
        for (b = a + turn * tenth; from[b] == from[a]; b += turn) {}
    }
    return to[a] + (to[b] - to[a]) * ((v - from[a]) / (from[b] - from[a]));
}
static double passwdi_quantiles_at(const passwd_quantiles *q, int feature, double v, int inverse) {
    const double *x, *normal;
    if (!q || !q->x || feature < 0 || feature >= q->features) return (double)NAN;
    x = q->x + (size_t)feature * (size_t)q->knots;
    normal = q->normal + (size_t)feature * (size_t)q->knots;
    return inverse ? passwdi_quantiles_line(normal, x, q->knots, v) : passwdi_quantiles_line(x, normal, q->knots, v);
}
PASSWD_DEF double passwd_quantiles_map(const passwd_quantiles *q, int feature, double x) {
    return passwdi_quantiles_at(q, feature, x, 0);
}
PASSWD_DEF double passwd_quantiles_invert(const passwd_quantiles *q, int feature, double normal) {
    return passwdi_quantiles_at(q, feature, normal, 1);
}
PASSWD_DEF void passwd_quantiles_free(passwd_quantiles *q) {
    if (!q) return;
    passwdi_delete(&q->allocator, q->x);
    passwdi_delete(&q->allocator, q->normal);
    memset(q, 0, sizeof *q);
}
PASSWDI_SELDOM
PASSWD_DEF passwd_status passwd_quantiles_write(
    const passwd_quantiles *q, passwd_tensor_writer *writer, passwd_error *error) {
    int64_t shape[2];
    passwd_status s;
    if (!q || !q->x || !writer)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "Quantiles cannot be written: none have been learnt, or the writer is NULL.");
    shape[0] = q->features;
    shape[1] = q->knots;
    s = passwd_tensor_writer_add(writer, "map.x", PASSWD_DTYPE_F64, 2, shape, q->x, error);
    return s == PASSWD_OK ? passwd_tensor_writer_add(writer, "map.normal", PASSWD_DTYPE_F64, 2, shape, q->normal, error)
                          : s;
}
/* Finite, both rising together, and not constant. */
static int passwdi_quantiles_good(const double *x, const double *normal, int knots) {
    int k;
    for (k = 0; k < knots; k++) {
        if (!(fabs(x[k]) <= 1e300 && fabs(normal[k]) <= 1e300)) return 0;
        if (k > 0 && !(x[k] > x[k - 1] ? normal[k] > normal[k - 1] : x[k] == x[k - 1] && normal[k] == normal[k - 1]))
            return 0;
    }
    return x[0] < x[knots - 1];
}
PASSWD_DEF passwd_status passwd_quantiles_read(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, passwd_quantiles *q, passwd_error *error) {
    const passwd_tensor *x = passwd_tensor_find(file, "map.x"), *normal = passwd_tensor_find(file, "map.normal");
    passwd_quantiles made;
    passwd_status s;
    int f;
    if (!name) name = "Weights file";
    if (!file || !q)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "Quantiles cannot be read: file or result is NULL.");
    if (!x || !normal)
        return passwdi_fail(
            error, PASSWD_ERROR_SHAPE, 0, 0, "%.120s: tensor \"%s\" is missing.", name, x ? "map.normal" : "map.x");
    if (x->rank != 2 || normal->rank != 2 || x->shape[0] != normal->shape[0] || x->shape[1] != normal->shape[1]
        || x->shape[0] < 1 || x->shape[1] < 2 || x->shape[0] > INT_MAX || x->shape[1] > INT_MAX)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "%.120s: \"map.x\" and \"map.normal\" must both be features x knots, with at least two knots.", name);
    s = passwdi_quantiles_new(&made, (int)x->shape[0], (int)x->shape[1], allocator, error);
    if (s != PASSWD_OK) return s;
    s = passwd_tensor_to_double(x, made.x, x->count, error);
    if (s == PASSWD_OK) s = passwd_tensor_to_double(normal, made.normal, normal->count, error);
    for (f = 0; s == PASSWD_OK && f < made.features; f++)
        if (!passwdi_quantiles_good(
                made.x + (size_t)f * (size_t)made.knots, made.normal + (size_t)f * (size_t)made.knots, made.knots))
            s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "%.120s: the quantiles of feature %d are not finite or do not rise.", name, f + 1);
    if (s != PASSWD_OK) {
        passwd_quantiles_free(&made);
        return s;
    }
    passwd_quantiles_free(q);
    *q = made;
    return PASSWD_OK;
}
PASSWDI_SELDOM_END
/* ------------------------------------------------------------------------------------------------------------------
   Normalized autoencoder
   --------------------------------------------------------------------------------------------------------------- */
typedef struct passwdi_whitening { /* y = matrix (x - mean); features 0: none */
    int features;
    double *mean, *matrix, *inverse; /* one piece of memory */
} passwdi_whitening;
struct passwd_nae {
    passwd_allocator allocator;
    passwd_nae_config config;
    passwd_model *model;    /* x: encoder, decoder, energy */
    passwd_model *manifold; /* z: decoder, encoder, decoder, energy of the first decoder's result; same parameters */
    passwd_quantiles quantiles;
    passwdi_whitening white;
    char *features; /* names, or NULL */
};
static void passwdi_whitening_free(passwdi_whitening *w, const passwd_allocator *allocator) {
    passwdi_delete(allocator, w->mean);
    memset(w, 0, sizeof *w);
}
static passwd_status passwdi_whitening_new(
    passwdi_whitening *w, int features, const passwd_allocator *allocator, passwd_error *error) {
    const size_t d = (size_t)features;
    memset(w, 0, sizeof *w);
    w->mean = (double *)passwdi_new(allocator, d + 2 * d * d, sizeof(double));
    if (!w->mean)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to whiten %d features.", features);
    w->features = features;
    w->matrix = w->mean + d;
    w->inverse = w->matrix + d * d;
    return PASSWD_OK;
}
/* Eigenvalues of a symmetric matrix on its diagonal, eigenvectors in the columns of v: rotations of Jacobi, row by row,
   until nothing is left beside the diagonal. */
static void passwdi_eigen(double *a, double *v, size_t d) {
    size_t i, j, k;
    int sweep;
    for (i = 0; i < d * d; i++) v[i] = i % (d + 1) == 0 ? 1.0 : 0.0;
    for (sweep = 0; sweep < 60; sweep++) {
        double off = 0.0, on = 0.0;
        for (i = 0; i < d; i++)
            for (j = 0; j < d; j++) *(i == j ? &on : &off) += a[i * d + j] * a[i * d + j];
        if (!(off > 1e-28 * on)) return;
        for (i = 0; i < d; i++)
            for (j = i + 1; j < d; j++) {
                const double half = 0.5 * (a[j * d + j] - a[i * d + i]), b = a[i * d + j];
                const double t = b == 0.0 ? 0.0 : (half < 0.0 ? -b : b) / (fabs(half) + sqrt(half * half + b * b));
                const double c = 1.0 / sqrt(1.0 + t * t), s = t * c;
                for (k = 0; k < d; k++) {
                    const double x = a[i * d + k], y = a[j * d + k];
                    a[i * d + k] = c * x - s * y;
                    a[j * d + k] = s * x + c * y;
                }
                for (k = 0; k < d; k++) {
                    const double x = a[k * d + i], y = a[k * d + j], p = v[k * d + i], q = v[k * d + j];
                    a[k * d + i] = c * x - s * y;
                    a[k * d + j] = s * x + c * y;
                    v[k * d + i] = c * p - s * q;
                    v[k * d + j] = s * p + c * q;
                }
            }
    }
}
/* From mapped rows: the symmetric root of the inverse covariance (ZCA; A. Kessy, A. Lewin and K. Strimmer, arXiv
   1512.00809). Directions narrower than a thousandth of the widest are scaled as if they were as wide: nothing is
   learnt of what is rounding. */
static passwd_status passwdi_whitening_learn(passwdi_whitening *w, const float *x, int64_t rows, int features,
    const passwd_allocator *allocator, passwd_error *error) {
    const size_t d = (size_t)features;
    double *a, *v, largest = 0.0;
    passwd_status s = passwdi_whitening_new(w, features, allocator, error);
    size_t i, j, k;
    int64_t n;
    if (s != PASSWD_OK) return s;
    a = (double *)passwdi_new(allocator, 2 * d * d, sizeof(double));
    if (!a) {
        passwdi_whitening_free(w, allocator);
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to whiten %d features.", features);
    }
    v = a + d * d;
    for (i = 0; i < d * d; i++) a[i] = w->matrix[i] = w->inverse[i] = 0.0;
    for (i = 0; i < d; i++)
        for (w->mean[i] = 0.0, n = 0; n < rows; n++) w->mean[i] += (double)x[(size_t)n * d + i] / (double)rows;
    for (n = 0; n < rows; n++)
        for (i = 0; i < d; i++)
            for (j = 0; j < d; j++)
                a[i * d + j] += ((double)x[(size_t)n * d + i] - w->mean[i])
                    * ((double)x[(size_t)n * d + j] - w->mean[j]) / (double)rows;
    passwdi_eigen(a, v, d);
    for (i = 0; i < d; i++) largest = fmax(largest, a[i * d + i]);
    for (k = 0; k < d; k++) {
        const double width = sqrt(fmax(a[k * d + k], 1e-6 * largest));
        for (i = 0; i < d; i++)
            for (j = 0; j < d; j++) {
                w->matrix[i * d + j] += v[i * d + k] * v[j * d + k] / width;
                w->inverse[i * d + j] += v[i * d + k] * v[j * d + k] * width;
            }
    }
    passwdi_delete(allocator, a);
    return s;
}
static void passwdi_times_matrix(const double *matrix, const double *x, double *y, size_t d) {
    size_t i, j;
    for (i = 0; i < d; i++)
        for (y[i] = 0.0, j = 0; j < d; j++) y[i] += matrix[i * d + j] * x[j];
}
/* A row in the map's units to one that is white (back 0), or the way back; in place, with room for 2 x features. */
static void passwdi_whiten(const passwdi_whitening *w, double *row, double *room, int back) {
    const size_t d = (size_t)w->features;
    size_t i;
    if (d == 0) return;
    for (i = 0; i < d; i++) room[i] = back ? row[i] : row[i] - w->mean[i];
    passwdi_times_matrix(back ? w->inverse : w->matrix, room, row, d);
    for (i = 0; i < d && back; i++) row[i] += w->mean[i];
}
static passwd_status passwdi_whitening_write(
    const passwdi_whitening *w, passwd_tensor_writer *writer, passwd_error *error) {
    const int64_t shape[2] = { w->features, w->features };
    passwd_status s = PASSWD_OK;
    if (w->features == 0) return s;
    s = passwd_tensor_writer_add(writer, "map.mean", PASSWD_DTYPE_F64, 1, shape, w->mean, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_add(writer, "map.white", PASSWD_DTYPE_F64, 2, shape, w->matrix, error);
    return s == PASSWD_OK
        ? passwd_tensor_writer_add(writer, "map.colour", PASSWD_DTYPE_F64, 2, shape, w->inverse, error)
        : s;
}
static passwd_status passwdi_whitening_read(passwdi_whitening *w, int features, const passwd_tensor_file *file,
    const char *name, const passwd_allocator *allocator, passwd_error *error) {
    static const char *const names[3] = { "map.mean", "map.white", "map.colour" };
    const int64_t d = features;
    passwd_status s = passwdi_whitening_new(w, features, allocator, error);
    int k;
    for (k = 0; k < 3 && s == PASSWD_OK; k++) {
        const passwd_tensor *t = passwd_tensor_find(file, names[k]);
        double *to = k == 0 ? w->mean : k == 1 ? w->matrix : w->inverse;
        int64_t i;
        if (!t || t->count != (k ? d * d : d))
            s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
                "%s: tensor \"%s\", which whitens the features, is missing or not of %d of them.", name, names[k],
                features);
        if (s == PASSWD_OK) s = passwd_tensor_to_double(t, to, t->count, error);
        for (i = 0; s == PASSWD_OK && i < t->count; i++)
            if (!(fabs(to[i]) <= 1e9))
                s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "%s: tensor \"%s\" is not finite.", name, names[k]);
    }
    if (s != PASSWD_OK) passwdi_whitening_free(w, allocator);
    return s;
}
#define PASSWDI_NAE(field, kind, low, high) \
    { #field, offsetof(passwd_nae_config, field), kind, low, high }
static const passwdi_setting passwdi_nae_settings[] = { PASSWDI_NAE(features, 'i', 1, 4096),
    PASSWDI_NAE(widths, 'w', 1, 4096), PASSWDI_NAE(activation, 'i', 0, PASSWD_ACTIVATIONS - 1),
    PASSWDI_NAE(quantiles, 'i', 0, 1), PASSWDI_NAE(whiten, 'i', 0, 1), PASSWDI_NAE(normalized, 'i', 0, 1),
    PASSWDI_NAE(difference, 'i', 0, 1), PASSWDI_NAE(alpha, 'f', 0, 1e6), PASSWDI_NAE(gamma, 'f', 0, 1e6),
    PASSWDI_NAE(train_temperature, 'i', 0, 1), PASSWDI_NAE(spherical, 'i', 0, 1), PASSWDI_NAE(pretrain, 'i', 0, 1e9),
    PASSWDI_NAE(pretrain_rate, 'f', 0, 10), PASSWDI_NAE(replay, 'i', 0, 1), PASSWDI_NAE(steps, 'i', 0, 1e9),
    PASSWDI_NAE(interval, 'i', 0, 1e9), PASSWDI_NAE(average, 'f', 0, 0.999999), PASSWDI_NAE(latent, 'f', 0, 1e6),
    PASSWDI_NAE(temperature, 'f', 1e-9, 1e9), PASSWDI_NAE(start, 'i', 0, 2), PASSWDI_NAE(latent_steps, 'i', 0, 1e6),
    PASSWDI_NAE(latent_step, 'f', 0, 1e9), PASSWDI_NAE(latent_noise, 'f', 0, 1e6),
    PASSWDI_NAE(start_width, 'f', 0, 1e6), PASSWDI_NAE(chain_steps, 'i', 0, 1e6), PASSWDI_NAE(chain_step, 'f', 0, 1e9),
    PASSWDI_NAE(chain_noise, 'f', 0, 1e6), PASSWDI_NAE(chain_clip, 'f', 0, 1e9), PASSWDI_NAE(chain_range, 'f', 0, 1e6),
    PASSWDI_NAE(metropolis, 'i', 0, 1), PASSWDI_NAE(restart, 'f', 0, 1), PASSWDI_NAE(buffer, 'i', 1, 1e7),
    PASSWDI_NAE(distance_events, 'i', 2, 4096), PASSWDI_NAE(rise, 'f', 0, 1e6), PASSWDI_NAE(epochs, 'i', 1, 1e6),
    PASSWDI_NAE(batch, 'i', 1, 16777216), PASSWDI_NAE(patience, 'i', 0, 1e6), PASSWDI_NAE(schedule, 'i', 0, 2),
    PASSWDI_NAE(rate, 'f', 0, 10), PASSWDI_NAE(warmup, 'f', 0, 0.99), PASSWDI_NAE(weight_decay, 'f', 0, 1),
    PASSWDI_NAE(clip, 'f', 0, 1e9), PASSWDI_NAE(validation, 'f', 0.01, 0.9) };
#undef PASSWDI_NAE
enum { PASSWDI_NAE_SETTINGS = sizeof passwdi_nae_settings / sizeof *passwdi_nae_settings };

PASSWDI_SELDOM
PASSWD_DEF passwd_status passwd_nae_preset(const char *name, passwd_nae_config *config, passwd_error *error) {
    passwd_nae_config c;
    if (!name || !config)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_preset: name or config is NULL.");
    if (strcmp(name, "default") != 0 && strcmp(name, "plain") != 0 && strcmp(name, "cms") != 0
        && strcmp(name, "original") != 0)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "There is no preset \"%.60s\": use default, plain, cms or original.", name);
    memset(&c, 0, sizeof c);
    c.features = 8;
    c.activation = PASSWD_ACTIVATE_RELU;
    c.quantiles = c.normalized = 1;
    c.temperature = c.clip = 1.0f;
    c.start_width = 1.5f;
    c.restart = 0.05f;
    c.buffer = 10000;
    c.latent_steps = c.chain_steps = 20;
    c.latent_step = 0.05f;
    c.latent_noise = 0.3f;
    c.chain_clip = 10.0f;
    c.chain_range = 5.0f;
    c.distance_events = 300;
    c.rise = 0.02f;
    c.batch = 256;
    c.patience = 12;
    c.schedule = PASSWD_SCHEDULE_CONSTANT;
    c.warmup = 0.01f;
    c.validation = 0.15f;
    c.pretrain_rate = 1e-3f;
    c.epochs = 40;
    if (name[0] == 'p' || name[0] == 'c') {
        c.widths[0] = c.widths[1] = 10;
        c.widths[2] = 6;
        c.rate = 3e-4f;
        c.alpha = 0.02f;
        c.temperature = 0.22f; /* at the end E+ is some four times T */
        c.chain_step = 0.05f;
        c.chain_noise = 0.32f; /* noise^2 = 2 step */
    }
    if (name[0] == 'p') {
        c.normalized = 0;
        c.temperature = 1.0f;
        c.epochs = 300;
        c.patience = 100;
        c.rate = 1e-3f;
    }
    if (name[0] == 'd' || name[0] == 'o') {
        c.difference = c.metropolis = 1;
        c.quantiles = 0;
        c.temperature = 0.5f;
        c.steps = 2000;
        c.interval = 250;
        c.patience = 0;
        c.rise = 1e6f; /* the last step: chains that have not arrived yet make the distance no guide */
        c.chain_clip = c.clip = 0.0f;
    }
    if (name[0] == 'd') {
        c.widths[0] = c.widths[1] = 64;
        c.widths[2] = 16;
        c.whiten = 1;
        c.gamma = 0.05f;
        c.start = PASSWD_START_PERSISTENT;
        c.chain_step = 0.02f;
        c.chain_noise = 0.2f;
        c.chain_range = 10.0f;
        c.schedule = PASSWD_SCHEDULE_COSINE;
        c.rate = 1e-3f;
        c.average = 0.99f;
        c.clip = 1.0f;
    }
    if (name[0] == 'o') {
        c.widths[0] = c.widths[1] = 64;
        c.widths[2] = 3;
        c.gamma = 0.01f;
        c.train_temperature = c.spherical = c.replay = 1;
        c.pretrain = 2000;
        c.latent_steps = 10;
        c.latent_step = c.chain_step = 0.005f;
        c.latent_noise = c.chain_noise = 0.1f;
        c.chain_steps = 30;
        c.batch = 200;
        c.rate = 1e-3f;
    }
    *config = c;
    return PASSWD_OK;
}
static passwd_status passwdi_nae_key(void *config, const passwd_json *json, int32_t node, passwd_error *error) {
    if (strcmp(json->nodes[node].key, "format") == 0) return PASSWD_OK;
    return passwdi_settings_read(passwdi_nae_settings, PASSWDI_NAE_SETTINGS, config, json, node, error);
}
static passwd_status passwdi_nae_config_from(passwd_nae_config *config, const char *text, size_t length,
    const char *name, const passwd_allocator *allocator, passwd_error *error) {
    passwd_nae_config c = *config;
    const passwd_status s = passwdi_config_parse(passwdi_nae_key, &c, text, length, name, allocator, error);
    if (s == PASSWD_OK) *config = c;
    return s;
}
PASSWD_DEF passwd_status passwd_nae_config_read(
    passwd_nae_config *config, const char *text, size_t length, const char *name, passwd_error *error) {
    if (!config || !text)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_config_read: config or text is NULL.");
    return passwdi_nae_config_from(config, text, length, name, NULL, error);
}

/* Layers name.0, name.1, ... of these widths; the last is linear. */
static passwd_value passwdi_nae_layers(
    passwd_model *m, const passwd_nae_config *c, passwd_value x, const int *widths, int count, const char *name) {
    char layer[32];
    int k;
    for (k = 0; k < count; k++) {
        snprintf(layer, sizeof layer, "%s.%d", name, k);
        x = passwd_linear(m, x, widths[k], 1, layer);
        if (k + 1 < count)
            x = passwd_activate(m, x, (passwd_activation)c->activation,
                c->activation == PASSWD_ACTIVATE_LEAKY_RELU ? 0.01f : 1.0f, 0.0f);
    }
    return x;
}
static passwd_value passwdi_nae_encode(passwd_model *m, const passwd_nae_config *c, passwd_value x) {
    int count = 0;
    while (count < PASSWD_NAE_LAYERS && c->widths[count]) count++;
    return passwdi_nae_layers(m, c, x, c->widths, count, "encoder");
}
static passwd_value passwdi_nae_decode(passwd_model *m, const passwd_nae_config *c, passwd_value z) {
    int widths[PASSWD_NAE_LAYERS], count = 0, k;
    while (count < PASSWD_NAE_LAYERS && c->widths[count]) count++;
    for (k = 0; k < count; k++) widths[k] = k + 1 < count ? c->widths[count - 2 - k] : c->features;
    return passwdi_nae_layers(m, c, z, widths, count, "decoder");
}
/* x / |x|, of an event's features (spherical of arXiv 2105.05735's code). */
static void passwdi_sphere_forward(const passwd_lanes *v) {
    int f, e;
    for (e = 0; e < 16; e++) {
        float square = 1e-20f, scale;
        for (f = 0; f < v->out_features; f++) square = passwdi_fmaf(v->in[0][f * 16 + e], v->in[0][f * 16 + e], square);
        scale = 1.0f / sqrtf(square);
        for (f = 0; f < v->out_features; f++) v->out[f * 16 + e] = v->in[0][f * 16 + e] * scale;
    }
}
static void passwdi_sphere_backward(const passwd_lanes *v) {
    int f, e;
    for (e = 0; e < 16 && v->in_gradient[0]; e++) {
        float square = 1e-20f, along = 0.0f, scale;
        for (f = 0; f < v->out_features; f++) {
            const float x = v->in[0][f * 16 + e];
            square = passwdi_fmaf(x, x, square);
            along = passwdi_fmaf(x, v->out_gradient[f * 16 + e], along);
        }
        scale = 1.0f / sqrtf(square);
        along /= square;
        for (f = 0; f < v->out_features; f++)
            v->in_gradient[0][f * 16 + e] +=
                scale * passwdi_fmaf(-along, v->in[0][f * 16 + e], v->out_gradient[f * 16 + e]);
    }
}
/* An energy over e^t, t being a parameter: the logarithm of the part of T that is trained. */
static void passwdi_cool_forward(const passwd_lanes *v) {
    const float scale = (float)exp(-(double)v->parameter[0][0]);
    int e;
    for (e = 0; e < 16; e++) v->out[e] = v->in[0][e] * scale;
}
static void passwdi_cool_backward(const passwd_lanes *v) {
    const float scale = (float)exp(-(double)v->parameter[0][0]);
    int e;
    for (e = 0; e < 16; e++) {
        const float g = v->out_gradient[e] * scale;
        if (v->in_gradient[0]) v->in_gradient[0][e] += g;
        if (v->parameter_gradient[0]) v->parameter_gradient[0][0] -= g * v->in[0][e];
    }
}
static passwd_value passwdi_nae_custom(passwd_model *m, passwd_value x, int features, int parameter,
    void (*forward)(const passwd_lanes *), void (*backward)(const passwd_lanes *)) {
    passwd_custom_options o;
    memset(&o, 0, sizeof o);
    o.forward = forward;
    o.backward = backward;
    o.inputs = 1;
    o.in[0] = x;
    o.parameters = parameter >= 0;
    o.parameter[0] = parameter;
    o.rows = 1;
    o.features = features;
    return passwd_custom(m, &o);
}
/* The network of x, and that of z with the decoder before it. */
static passwd_status passwdi_nae_record(const passwd_nae_config *c, int manifold, uint64_t seed,
    const passwd_allocator *allocator, passwd_model **model, passwd_error *error) {
    passwd_status s = passwd_model_new(allocator, model, error);
    passwd_model *m = *model;
    passwd_value x, z, y, energy;
    const int one = 1;
    int latent = c->features, k;
    if (s != PASSWD_OK) return s;
    for (k = 0; k < PASSWD_NAE_LAYERS && c->widths[k]; k++) latent = c->widths[k];
    x = passwd_input_event(m, manifold ? "z" : "x", 1, manifold ? latent : c->features);
    passwd_input_trains(m, x);
    if (manifold) {
        x = passwdi_nae_decode(m, c, x);
        passwd_output(m, x, "sample");
    }
    z = passwdi_nae_encode(m, c, x);
    if (c->spherical) z = passwdi_nae_custom(m, z, latent, -1, passwdi_sphere_forward, passwdi_sphere_backward);
    y = passwdi_nae_decode(m, c, z);
    if (!manifold) {
        passwd_output(m, y, "reconstruction");
        passwd_output(m, z, "latent");
    }
    energy = passwd_activate(m, passwd_mean_square(m, x, y), PASSWD_ACTIVATE_AFFINE, 1.0f / c->temperature, 0.0f);
    if (c->train_temperature && c->normalized)
        energy = passwdi_nae_custom(m, energy, 1, passwd_parameter_new(m, "temperature", 1, &one, 1, 0, 0.0f),
            passwdi_cool_forward, passwdi_cool_backward);
    passwd_loss(m, energy, 1.0f, "energy");
    if (c->normalized && !manifold) {
        passwd_loss_contrast(m, c->alpha, c->difference);
        passwd_loss_penalty(m, c->gamma);
    }
    if (c->latent > 0.0f && !manifold) passwd_loss(m, passwd_mean_square(m, z, PASSWD_NONE), c->latent, "latent");
    return passwd_model_build(m, seed, error);
}
/* Parameters by name: of the network of z from that of x. */
static void passwdi_same_parameters(const passwd_model *from, passwd_model *to) {
    int k;
    for (k = 0; k < passwd_parameter_count(to); k++) {
        const passwd_parameter *p = passwd_parameter_at(to, k), *q = passwd_parameter_find(from, p->name);
        if (q) memcpy(passwdi_rewrite(to) + p->offset, from->block + q->offset, p->count * sizeof(float));
    }
}
PASSWD_DEF passwd_status passwd_nae_new(const passwd_nae_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_nae **nae, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_new", "PASSWD_NO_JETS", error);
    passwd_nae *a;
    passwd_status s;
    int k;
    if (!config || !nae)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_new: config or nae is NULL.");
    s = passwdi_settings_check(passwdi_nae_settings, PASSWDI_NAE_SETTINGS, config, error);
    if (s != PASSWD_OK) return s;
    for (k = 1; k < PASSWD_NAE_LAYERS && config->widths[k]; k++)
        if (config->widths[k] < 0 || config->widths[k] > 4096)
            return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "Configuration: \"widths\" must lie in 1 to 4096.");
    a = (passwd_nae *)passwdi_new(allocator, 1, sizeof *a);
    if (!a) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a network.");
    if (allocator) a->allocator = *allocator;
    a->config = *config;
    s = passwdi_nae_record(config, 0, seed, allocator, &a->model, error);
    if (s == PASSWD_OK) s = passwdi_nae_record(config, 1, seed, allocator, &a->manifold, error);
    if (s != PASSWD_OK) {
        passwd_nae_free(a);
        return s;
    }
    passwdi_same_parameters(a->model, a->manifold);
    *nae = a;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_nae_free(passwd_nae *a) {
    passwd_allocator allocator;
    if (!a) return;
    allocator = a->allocator;
    passwd_model_free(a->model);
    passwd_model_free(a->manifold);
    passwd_quantiles_free(&a->quantiles);
    passwdi_whitening_free(&a->white, &allocator);
    passwdi_delete(&allocator, a->features);
    passwdi_delete(&allocator, a);
}
PASSWD_DEF const passwd_nae_config *passwd_nae_config_of(const passwd_nae *a) { return a ? &a->config : NULL; }
PASSWD_DEF const passwd_quantiles *passwd_nae_quantiles(const passwd_nae *a) { return a ? &a->quantiles : NULL; }
PASSWD_DEF passwd_model *passwd_nae_model(const passwd_nae *a) { return a ? a->model : NULL; }
PASSWD_DEF const char *passwd_nae_features(const passwd_nae *a) { return a ? a->features : NULL; }
PASSWD_DEF double passwd_nae_temperature(const passwd_nae *a) {
    const passwd_parameter *p = a ? passwd_parameter_find(a->model, "temperature") : NULL;
    return !a ? 0.0 : (double)a->config.temperature * (p ? exp((double)a->model->block[p->offset]) : 1.0);
}
/* names[count], separated by commas. */
static passwd_status passwdi_nae_name(
    const passwd_allocator *allocator, const char *const *names, int count, char **joined, passwd_error *error) {
    size_t length = 0;
    int k;
    for (k = 0; k < count; k++) length += names[k] ? strlen(names[k]) + 1 : 1;
    *joined = (char *)passwdi_new(allocator, length + 1, 1);
    if (!*joined)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for the names of features.");
    for (k = 0; k < count; k++) {
        if (k) strcat(*joined, ",");
        strcat(*joined, names[k] ? names[k] : "");
    }
    return PASSWD_OK;
}

static passwd_status passwdi_nae_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    const char *text = passwd_tensor_metadata(file, "config"), *features = passwd_tensor_metadata(file, "features");
    passwd_nae_config c;
    passwd_nae *a = NULL;
    passwd_status s = passwd_nae_preset("cms", &c, error); /* older files lack what came later: there it is off */
    if (!text) return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the metadata have no \"config\".", name);
    if (s == PASSWD_OK) s = passwdi_nae_config_from(&c, text, strlen(text), name, allocator, error);
    if (s == PASSWD_OK) s = passwd_nae_new(&c, 0, allocator, &a, error);
    if (s == PASSWD_OK) s = passwd_quantiles_read(file, name, allocator, &a->quantiles, error);
    if (s == PASSWD_OK && a->quantiles.features != c.features)
        s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "%s: the map has %d features, but the network has %d.", name,
            a->quantiles.features, c.features);
    if (s == PASSWD_OK && c.whiten) s = passwdi_whitening_read(&a->white, c.features, file, name, &a->allocator, error);
    if (s == PASSWD_OK) s = passwd_model_read(a->model, file, name, error);
    if (s == PASSWD_OK && features) s = passwdi_nae_name(&a->allocator, &features, 1, &a->features, error);
    if (s != PASSWD_OK) {
        passwd_nae_free(a);
        return s;
    }
    passwdi_same_parameters(a->model, a->manifold);
    *(passwd_nae **)user = a;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_nae_load(
    const char *path, const passwd_allocator *allocator, passwd_nae **nae, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_load", "PASSWD_NO_JETS", error);
    if (!nae || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_load: path or nae is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, allocator, passwdi_nae_from_file, (void *)nae, error);
}
PASSWD_DEF passwd_status passwd_nae_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_nae **nae, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_parse", "PASSWD_NO_JETS", error);
    if (!nae) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_parse: nae is NULL.");
    return passwdi_from_weights(NULL, bytes, count, name, allocator, passwdi_nae_from_file, (void *)nae, error);
}
/* Parameters as a file, with the configuration, after the writer's present contents. */
static passwd_status passwdi_save_beside(passwd_tensor_writer *w, const passwd_model *m, const passwdi_setting *table,
    size_t settings, const void *config, const char *format, const char *path, passwd_error *error) {
    passwd_json_writer json;
    const char *text = NULL;
    passwd_status s;
    passwd_json_writer_init(&json, &w->allocator);
    s = passwdi_settings_text(table, settings, config, format, &json, &text, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(w, "format", "pt", error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(w, "config", text, error);
    if (s == PASSWD_OK) s = passwd_model_write(m, w, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_save(w, path, error);
    passwd_json_writer_free(&json);
    return s;
}
PASSWD_DEF passwd_status passwd_nae_save(const passwd_nae *a, const char *path, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_save", "PASSWD_NO_JETS", error);
    passwd_tensor_writer w;
    passwd_status s;
    if (!a || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_save: nae or path is NULL.");
    if (a->quantiles.features == 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "%s: the network is not trained: the map of its features is missing.", path);
    passwd_tensor_writer_init(&w, &a->allocator);
    s = passwd_quantiles_write(&a->quantiles, &w, error);
    if (s == PASSWD_OK) s = passwdi_whitening_write(&a->white, &w, error);
    if (s == PASSWD_OK && a->features) s = passwd_tensor_writer_metadata(&w, "features", a->features, error);
    if (s == PASSWD_OK)
        s = passwdi_save_beside(
            &w, a->model, passwdi_nae_settings, PASSWDI_NAE_SETTINGS, &a->config, "passwd-nae-1", path, error);
    passwd_tensor_writer_free(&w);
    return s;
}
PASSWDI_SELDOM_END

/* --- Energy Mover's Distance: the cheapest pairing by shortest augmenting paths (R. Jonker and A. Volgenant, Computing
   38 (1987) 325) --- */
typedef struct passwdi_pairing {
    float *cost;
    double *row, *column, *shortest;
    int *partner, *way;
    char *done;
    int n;
} passwdi_pairing;
/* Adds row `first` to the pairing; partner[j]: the row of column j, both counted from 1, column 0 being the start. */
static void passwdi_pair_row(passwdi_pairing *p, int first) {
    int j, at = 0;
    p->partner[0] = first;
    for (j = 0; j <= p->n; j++) {
        p->shortest[j] = (double)INFINITY;
        p->done[j] = 0;
    }
    do {
        const int row = p->partner[at];
        const float *cost = p->cost + (size_t)(row - 1) * (size_t)p->n - 1;
        double least = (double)INFINITY;
        int next = 0;
        p->done[at] = 1;
        for (j = 1; j <= p->n; j++)
            if (!p->done[j]) {
                const double d = (double)cost[j] - p->row[row] - p->column[j];
                if (d < p->shortest[j]) {
                    p->shortest[j] = d;
                    p->way[j] = at;
                }
                if (p->shortest[j] < least) {
                    least = p->shortest[j];
                    next = j;
                }
            }
        for (j = 0; j <= p->n; j++) {
            if (p->done[j]) {
                p->row[p->partner[j]] += least;
                p->column[j] -= least;
            } else p->shortest[j] -= least;
        }
        at = next;
    } while (p->partner[at]);
    while (at) {
        const int before = p->way[at];
        p->partner[at] = p->partner[before];
        at = before;
    }
}
PASSWD_DEF passwd_status passwd_movers_distance(const float *a, const float *b, int count, int features,
    const passwd_allocator *allocator, double *distance, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_movers_distance", "PASSWD_NO_JETS", error);
    passwdi_pairing p;
    double sum = 0.0;
    size_t i, j;
    int f, k, good;
    if (!a || !b || !distance || count < 1 || count > 4096 || features < 1)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_movers_distance: needs two samples of 1 to 4,096 events with at least one feature.");
    memset(&p, 0, sizeof p);
    p.n = count;
    p.cost = (float *)passwdi_new(allocator, passwdi_items(count, count), sizeof(float));
    p.row = (double *)passwdi_new(allocator, 3 * (size_t)(count + 1), sizeof(double));
    p.partner = (int *)passwdi_new(allocator, 2 * (size_t)(count + 1), sizeof(int));
    p.done = (char *)passwdi_new(allocator, (size_t)(count + 1), 1);
    good = p.cost && p.row && p.partner && p.done;
    for (i = 0; good && i < (size_t)count; i++)
        for (j = 0; j < (size_t)count; j++) {
            double d = 0.0;
            for (f = 0; f < features; f++) {
                const double x =
                    (double)a[i * (size_t)features + (size_t)f] - (double)b[j * (size_t)features + (size_t)f];
                d += x * x;
            }
            p.cost[i * (size_t)count + j] =
                d <= (double)FLT_MAX * (double)FLT_MAX ? (float)sqrt(d) : INFINITY; /* NaN, too */
            sum += (double)p.cost[i * (size_t)count + j];
        }
    if (good && sum - sum == 0.0) {
        p.column = p.row + count + 1;
        p.shortest = p.column + count + 1;
        p.way = p.partner + count + 1;
        for (k = 1; k <= count; k++) passwdi_pair_row(&p, k);
        for (sum = 0.0, k = 1; k <= count; k++)
            sum += (double)p.cost[(size_t)(p.partner[k] - 1) * (size_t)count + (size_t)(k - 1)];
        *distance = sum / (double)count;
    } else if (good) good = 2;
    passwdi_delete(allocator, p.cost);
    passwdi_delete(allocator, p.row);
    passwdi_delete(allocator, p.partner);
    passwdi_delete(allocator, p.done);
    return good == 1 ? PASSWD_OK
        : good       ? passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                    "The mover's distance is undefined: numbers are not finite, or too far apart.")
                     : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
                         "There is not enough memory for a mover's distance of %d events.", count);
}

/* --- negative samples --- */
typedef struct passwdi_sampler {
    const passwd_nae *nae;
    passwd_workspace *work, *latent_work;
    const float *events;
    int64_t count;        /* mapped; NULL: N(0, 1), as mapped features are */
    float *buffer;        /* persistent chains, of features or (with replay) of latent features */
    int begun;            /* with replay: the buffer has its starts */
    float *z, *seen;      /* latent features of chains, and of some events */
    double *mean, *width; /* of the latent features */
    uint64_t seed;
} passwdi_sampler;
enum { PASSWDI_SEEN = 256 };

static int passwdi_nae_latent(const passwd_nae *a) { return (int)passwd_output_size(a->model, 1); }
PASSWDI_SELDOM
static void passwdi_sampler_free(passwdi_sampler *p) {
    const passwd_allocator *allocator = &p->nae->allocator;
    passwd_workspace_free(p->work);
    passwd_workspace_free(p->latent_work);
    passwdi_delete(allocator, p->buffer);
    passwdi_delete(allocator, p->z);
    passwdi_delete(allocator, p->seen);
    passwdi_delete(allocator, p->mean);
}
static passwd_status passwdi_sampler_new(passwdi_sampler *p, const passwd_nae *a,
    const passwd_workspace_options *options, uint64_t seed, int64_t most, passwd_error *error) {
    const size_t latent = (size_t)passwdi_nae_latent(a), d = (size_t)a->config.features;
    passwd_workspace_options o;
    passwd_status s;
    size_t i;
    memset(p, 0, sizeof *p);
    memset(&o, 0, sizeof o);
    if (options) o = *options;
    o.losses = 1;
    p->nae = a;
    p->seed = seed;
    s = passwd_workspace_new(a->model, &o, &p->work, error);
    if (s == PASSWD_OK) s = passwd_workspace_new(a->manifold, &o, &p->latent_work, error);
    if (s != PASSWD_OK) {
        passwdi_sampler_free(p);
        return s;
    }
    p->z = (float *)passwdi_new(&a->allocator, passwdi_items(most, (int64_t)latent), sizeof(float));
    p->seen = (float *)passwdi_new(&a->allocator, PASSWDI_SEEN * (latent + d), sizeof(float));
    p->buffer = (float *)passwdi_new(
        &a->allocator, passwdi_items(a->config.buffer, (int64_t)(d > latent ? d : latent)), sizeof(float));
    p->mean = (double *)passwdi_new(&a->allocator, 2 * latent, sizeof(double));
    if (p->mean) p->width = p->mean + latent;
    if (!p->z || !p->seen || !p->buffer || !p->mean) {
        passwdi_sampler_free(p);
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld Markov chains.", (long long)most);
    }
    for (i = 0; i < (size_t)a->config.buffer * d; i++)
        p->buffer[i] = (float)(a->config.start_width * passwd_random_normal(seed, 30u, (uint32_t)i));
    return PASSWD_OK;
}
static passwd_chain_options passwdi_chain_of(const passwd_nae_config *c, uint64_t seed, uint32_t draw) {
    passwd_chain_options o;
    memset(&o, 0, sizeof o);
    o.steps = c->chain_steps;
    o.step = c->chain_step;
    o.noise = c->chain_noise;
    o.clip = c->chain_clip;
    o.metropolis = c->metropolis;
    o.low = -c->chain_range;
    o.high = c->chain_range;
    o.seed = seed ^ ((uint64_t)passwd_random_bits(seed, 31u, draw) << 32 | draw);
    return o;
}
/* The place in the buffer that chain i of a draw continues from. */
static int64_t passwdi_place(const passwdi_sampler *p, uint64_t seed, int64_t i) {
    return (int64_t)(passwd_random_uniform(seed, 34u, (uint32_t)i) * (double)p->nae->config.buffer);
}
/* A start in the space of latent features: spread like those of events, or anywhere on the sphere. */
static void passwdi_latent_start(const passwdi_sampler *p, uint64_t seed, uint32_t stream, int64_t number, float *z) {
    const int latent = passwdi_nae_latent(p->nae);
    const passwd_nae_config *c = &p->nae->config;
    double square = 1e-30;
    int f;
    for (f = 0; f < latent; f++) {
        const double n = passwd_random_normal(seed, stream, (uint32_t)(number * latent + f));
        z[f] = (float)(c->spherical ? n : p->mean[f] + c->start_width * p->width[f] * n);
        square += n * n;
    }
    for (f = 0; f < latent && c->spherical; f++) z[f] /= (float)sqrt(square);
}
/* Starts on the decoder's manifold: chains of latent features, from passwdi_latent_start or, with replay, from where
   earlier ones ended, on the energy of their decoded points. keep: chains of the buffer continue from here. */
static passwd_status passwdi_sample_manifold(
    passwdi_sampler *p, uint32_t draw, int64_t count, int keep, float *x, passwd_error *error) {
    const passwd_nae *a = p->nae;
    const int latent = passwdi_nae_latent(a), d = a->config.features;
    passwd_chain_options o = passwdi_chain_of(&a->config, p->seed + 1, draw);
    float *rows = p->seen + (size_t)PASSWDI_SEEN * (size_t)latent, *outputs[2] = { NULL, NULL };
    const float *inputs[1];
    double width = 0.0;
    passwd_batch b;
    passwd_status s;
    int64_t i;
    int k, f;
    for (k = 0; k < PASSWDI_SEEN; k++)
        for (f = 0; f < d; f++)
            rows[k * d + f] = p->events
                ? p->events[(size_t)(passwd_random_uniform(o.seed, 32u, (uint32_t)k) * (double)p->count) * (size_t)d
                    + (size_t)f]
                : (float)passwd_random_normal(o.seed, 32u, (uint32_t)(k * d + f));
    memset(&b, 0, sizeof b);
    b.inputs = inputs;
    inputs[0] = rows;
    b.events = PASSWDI_SEEN;
    outputs[1] = p->seen;
    s = passwd_run(a->model, p->work, &b, outputs, error);
    if (s != PASSWD_OK) return s;
    for (f = 0; f < latent; f++) {
        double sum = 0.0, square = 0.0;
        for (k = 0; k < PASSWDI_SEEN; k++) {
            const double v = p->seen[k * latent + f];
            sum += v;
            square += v * v;
        }
        p->mean[f] = sum / (double)PASSWDI_SEEN;
        p->width[f] = sqrt(fmax(square / (double)PASSWDI_SEEN - p->mean[f] * p->mean[f], 1e-12));
    }
    for (f = 0; f < latent; f++) width += p->width[f] * p->width[f] / latent;
    if (a->config.spherical) width = 1.0;
    for (i = 0; i < a->config.buffer && a->config.replay && !p->begun; i++)
        passwdi_latent_start(p, p->seed, 37u, i, p->buffer + i * latent);
    p->begun = 1;
    for (i = 0; i < count; i++) {
        const int64_t from = passwdi_place(p, o.seed, i);
        if (a->config.replay && passwd_random_uniform(o.seed, 35u, (uint32_t)i) >= (double)a->config.restart)
            memcpy(p->z + i * latent, p->buffer + from * latent, (size_t)latent * sizeof(float));
        else passwdi_latent_start(p, o.seed, 33u, i, p->z + i * latent);
    }
    o.steps = a->config.latent_steps;
    o.step = (float)(a->config.latent_step * width); /* in the current units of the latent features */
    o.noise = (float)(a->config.latent_noise * sqrt(width));
    o.clip = 0.0f;
    o.metropolis = 0;
    o.low = o.high = 0.0f;
    o.sphere = a->config.spherical;
    s = passwd_chains_run(a->manifold, p->latent_work, &o, count, p->z, NULL, error);
    for (i = 0; s == PASSWD_OK && keep && a->config.replay && i < count; i++)
        memcpy(p->buffer + passwdi_place(p, o.seed, i) * latent, p->z + i * latent, (size_t)latent * sizeof(float));
    inputs[0] = p->z;
    b.events = count;
    outputs[0] = x;
    outputs[1] = NULL;
    return s == PASSWD_OK ? passwd_run(a->manifold, p->latent_work, &b, outputs, error) : s;
}
/* Negative samples x[count]: a start, then chains. keep: persistent chains continue from here. */
static passwd_status passwdi_sample(passwdi_sampler *p, uint32_t draw, int64_t count, int steps, int keep, float *x,
    passwd_chain_report *report, passwd_error *error) {
    const passwd_nae_config *c = &p->nae->config;
    const size_t d = (size_t)c->features;
    passwd_chain_options o = passwdi_chain_of(c, p->seed, draw);
    passwd_status s = PASSWD_OK;
    size_t i, f;
    if (c->start == PASSWD_START_MANIFOLD) s = passwdi_sample_manifold(p, draw, count, keep, x, error);
    else
        for (i = 0; i < (size_t)count; i++) {
            const size_t from = (size_t)passwdi_place(p, o.seed, (int64_t)i);
            const int fresh =
                c->start == PASSWD_START_NOISE || passwd_random_uniform(o.seed, 35u, (uint32_t)i) < (double)c->restart;
            for (f = 0; f < d; f++)
                x[i * d + f] = fresh
                    ? (float)(c->start_width * passwd_random_normal(o.seed, 36u, (uint32_t)(i * d + f)))
                    : p->buffer[from * d + f];
        }
    if (steps >= 0) o.steps = steps;
    if (s == PASSWD_OK) s = passwd_chains_run(p->nae->model, p->work, &o, count, x, report, error);
    for (i = 0; s == PASSWD_OK && keep && c->start == PASSWD_START_PERSISTENT && i < (size_t)count; i++)
        memcpy(p->buffer + (size_t)passwdi_place(p, o.seed, (int64_t)i) * d, x + i * d, d * sizeof(float));
    return s;
}

/* --- training --- */
typedef struct passwdi_nae_trainer {
    passwd_nae *nae;
    passwdi_sampler sampler;
    passwd_nae_watch *watch;
    void *user;
    const passwd_train_options *options;
    const float *aside;
    int64_t n_aside; /* validation events, mapped */
    float *samples;
    double *room;  /* of one row */
    float *judged; /* parameters that were validated last (running means, with average), and room for as many */
    double least, loss, positive, negative; /* smallest distance; sums of an epoch's steps */
    int64_t steps;
    int stop, best_epoch, spread_lost, ended; /* ended: the epoch waits for its last step */
    passwd_nae_epoch last;
    float *state; /* for checkpoints: 0 once it is one, least (in two parts), best_epoch, spread_lost, the sampler's
                     begun, and the chains */
    int begun;
    passwd_status status;
    passwd_error error;
} passwdi_nae_trainer;
enum { PASSWDI_NAE_STATE = 6 };

static size_t passwdi_nae_chains(const passwd_nae *a) { /* numbers of the chains that continue: of features or latent */
    const passwd_nae_config *c = &a->config;
    const int width = c->start == PASSWD_START_PERSISTENT ? c->features
        : c->start == PASSWD_START_MANIFOLD && c->replay  ? passwdi_nae_latent(a)
                                                          : 0;
    return c->normalized ? (size_t)c->buffer * (size_t)width : 0;
}
static void passwdi_nae_keep(passwdi_nae_trainer *t) { /* at the end of an epoch, for its checkpoint */
    if (!t->state) return;
    t->state[0] = 0.0f;
    t->state[1] = (float)fmin(t->least, FLT_MAX);
    t->state[2] = t->least < FLT_MAX ? (float)(t->least - (double)t->state[1]) : 0.0f;
    t->state[3] = (float)t->best_epoch;
    t->state[4] = (float)t->spread_lost;
    t->state[5] = (float)t->sampler.begun;
    memcpy(t->state + PASSWDI_NAE_STATE, t->sampler.buffer, passwdi_nae_chains(t->nae) * sizeof(float));
}
static void passwdi_nae_go_on(passwdi_nae_trainer *t) { /* before all else, once: what a checkpoint brought back */
    if (t->begun || !t->state || t->state[0] != 0.0f) {
        t->begun = 1;
        return;
    }
    t->begun = 1;
    t->least = (double)t->state[1] + (double)t->state[2];
    t->best_epoch = (int)t->state[3];
    t->spread_lost = (int)t->state[4];
    t->sampler.begun = (int)t->state[5];
    memcpy(t->sampler.buffer, t->state + PASSWDI_NAE_STATE, passwdi_nae_chains(t->nae) * sizeof(float));
}

static int passwdi_nae_negatives(void *user, passwd_model *model, int64_t step, int64_t count, float *samples) {
    passwdi_nae_trainer *t = (passwdi_nae_trainer *)user;
    passwd_chain_report r;
    passwdi_nae_go_on(t);
    passwdi_same_parameters(model, t->nae->manifold);
    t->status = passwdi_sample(&t->sampler, (uint32_t)step, count, -1, 1, samples, &r, &t->error);
    if (t->status == PASSWD_OK && (2 * r.lost > count || !(r.end < 1e9)))
        t->status = passwdi_fail(&t->error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The Markov chains diverged at step %lld: %lld of %lld are not finite, mean energy %.3g; the best "
            "earlier parameters are kept. A smaller chain_step, chain_clip "
            "or rate may help, or the log cosh loss.",
            (long long)step, (long long)r.lost, (long long)count, r.end);
    return t->status != PASSWD_OK;
}
static double passwdi_mean_energy(passwdi_nae_trainer *t, const float *x, int64_t count) {
    const float *inputs[1];
    double terms[2] = { 0.0, 0.0 };
    passwd_batch b;
    memset(&b, 0, sizeof b);
    inputs[0] = x;
    b.inputs = inputs;
    b.events = count;
    if (t->status == PASSWD_OK)
        t->status = passwd_losses(t->nae->model, t->sampler.work, &b, NULL, terms, NULL, NULL, &t->error);
    return terms[0];
}
/* 1 if all samples are at one spot. */
static int passwdi_collapsed(const float *x, int count, int features) {
    double width = 0.0;
    int i, f;
    for (f = 0; f < features; f++) {
        double sum = 0.0, square = 0.0;
        for (i = 0; i < count; i++) {
            const double v = x[i * features + f];
            sum += v;
            square += v * v;
        }
        width += square / count - sum / count * (sum / count);
    }
    return width < 1e-3 * features;
}
/* End of an epoch: the figure that the trainer minimises. A normalized one is kept while the distance stays near its
   minimum. */
static double passwdi_nae_validate(void *user, passwd_model *model, int epoch) {
    passwdi_nae_trainer *t = (passwdi_nae_trainer *)user;
    const passwd_nae_config *c = &t->nae->config;
    const int n = (int)passwdi_least(c->distance_events, t->n_aside);
    passwd_chain_report r;
    passwd_nae_epoch e;
    double figure;
    passwdi_nae_go_on(t);
    memset(&e, 0, sizeof e);
    memcpy(t->judged, model->block, model->floats * sizeof(float));
    e.epoch = epoch;
    e.validation = passwdi_mean_energy(t, t->aside, t->n_aside);
    e.samples = e.distance = e.acceptance = e.saturation = e.outside = (double)NAN;
    figure = e.validation;
    if (c->normalized
        && t->status == PASSWD_OK) { /* the same random numbers in every epoch, or the distance would jump */
        passwdi_same_parameters(model, t->nae->manifold);
        memset(&r, 0, sizeof r);
        t->status = passwdi_sample(&t->sampler, 0xffffffffu, n, -1, 0, t->samples, &r, &t->error);
        if (t->status == PASSWD_OK)
            t->status = passwd_movers_distance(
                t->aside, t->samples, n, c->features, &t->nae->allocator, &e.distance, &t->error);
        e.samples = r.end;
        e.acceptance = r.acceptance;
        e.saturation = r.saturation;
        e.outside = r.outside;
        if (t->status == PASSWD_OK && passwdi_collapsed(t->samples, n, c->features)) t->spread_lost = epoch;
        if (e.distance < t->least) t->least = e.distance;
        figure = e.distance <= (1.0 + (double)c->rise) * t->least ? -(double)epoch : 1.0;
    } else if (figure < t->least) t->least = figure;
    e.kept = c->normalized ? figure < 0.0 : figure <= t->least;
    if (e.kept) t->best_epoch = epoch;
    t->last = e;
    t->ended = 1;
    return t->status == PASSWD_OK ? figure : (double)NAN;
}
static int passwdi_nae_progress(void *user, const passwd_progress *p) {
    passwdi_nae_trainer *t = (passwdi_nae_trainer *)user;
    t->loss += p->total;
    t->positive += p->terms[0];
    t->negative += p->negative;
    t->steps++;
    if (t->ended) { /* an epoch's means, with the step that has ended it */
        t->last.loss = t->loss / (double)t->steps;
        t->last.positive = t->positive / (double)t->steps;
        t->last.negative = t->nae->config.normalized ? t->negative / (double)t->steps : (double)NAN;
        t->loss = t->positive = t->negative = 0.0;
        t->steps = t->ended = 0;
        passwdi_nae_keep(t);
        if (t->status == PASSWD_OK && t->watch) {
            passwd_model *m = t->nae->model;
            memcpy(t->judged + m->floats, m->block, m->floats * sizeof(float));
            memcpy(passwdi_rewrite(m), t->judged, m->floats * sizeof(float));
            if (t->watch(t->user, t->nae, &t->last)) t->stop = 1;
            memcpy(passwdi_rewrite(m), t->judged + m->floats, m->floats * sizeof(float));
        }
    }
    if (t->status != PASSWD_OK || t->stop) return 1;
    return t->options && t->options->progress ? t->options->progress(t->options->user, p) : 0;
}
static passwd_status passwdi_check_rows(
    const passwd_quantiles *q, const double *table, int64_t rows, passwd_error *error) {
    int64_t i;
    int f;
    for (i = 0; i < rows; i++)
        for (f = 0; f < q->features; f++) {
            const double v = table[i * q->features + f];
            if (!(v - v == 0.0))
                return passwdi_fail(error, PASSWD_ERROR_NUMERIC, i + 1, f + 1,
                    "Row %lld: feature %d is not a finite number.", (long long)(i + 1), f + 1);
        }
    return PASSWD_OK;
}
/* A finite row as the network reads it; room: features doubles, twice. Features beyond a million widths are clipped, or
   the network would leave the range of float. */
static void passwdi_map_row(
    const passwd_quantiles *q, const passwdi_whitening *w, const double *row, double *room, float *x) {
    int f;
    for (f = 0; f < q->features; f++) room[f] = fmin(fmax(passwd_quantiles_map(q, f, row[f]), -1e6), 1e6);
    passwdi_whiten(w, room, room + q->features, 0);
    for (f = 0; f < q->features; f++) x[f] = (float)fmin(fmax(room[f], -1e6), 1e6);
}
static void passwdi_map_rows(
    const passwd_quantiles *q, const passwdi_whitening *w, const double *table, int64_t rows, double *room, float *x) {
    int64_t i;
    for (i = 0; i < rows; i++) passwdi_map_row(q, w, table + i * q->features, room, x + i * q->features);
}
/* The way back, in the units of the table. */
static void passwdi_unmap_row(
    const passwd_quantiles *q, const passwdi_whitening *w, const float *x, double *room, double *row) {
    int f;
    for (f = 0; f < q->features; f++) room[f] = x[f];
    passwdi_whiten(w, room, room + q->features, 1);
    for (f = 0; f < q->features; f++) row[f] = passwd_quantiles_invert(q, f, room[f]);
}
/* Of one row: map, or the way back. */
static void passwdi_nae_convert(const passwd_nae *a, double *row, float *x, int back) {
    double local[2 * 64], *room = local;
    int f, bad = a->quantiles.features == 0;
    for (f = 0; f < a->config.features && !bad; f++) bad = back ? x[f] != x[f] : row[f] != row[f];
    if (a->config.features > 64)
        room = (double *)passwdi_new(&a->allocator, 2 * (size_t)a->config.features, sizeof *room);
    if (!bad && room && back) passwdi_unmap_row(&a->quantiles, &a->white, x, room, row);
    else if (!bad && room) passwdi_map_row(&a->quantiles, &a->white, row, room, x);
    for (f = 0; f < a->config.features && (bad || !room); f++)
        if (back) row[f] = (double)NAN;
        else x[f] = (float)NAN;
    if (room != local) passwdi_delete(&a->allocator, room);
}
PASSWD_DEF void passwd_nae_map(const passwd_nae *a, const double *row, float *x) {
    if (a && row && x) passwdi_nae_convert(a, (double *)(size_t)row, x, 0);
}
PASSWD_DEF void passwd_nae_unmap(const passwd_nae *a, const float *x, double *row) {
    if (a && row && x) passwdi_nae_convert(a, row, (float *)(size_t)x, 1);
}
/* A map that only shifts and scales: two knots, one width below the mean and one above. */
static passwd_status passwdi_scale_learn(const double *table, int64_t rows, int features, const char *const *names,
    const passwd_allocator *allocator, passwd_quantiles *q, passwd_error *error) {
    passwd_status s =
        passwd_quantiles_learn(table, rows, features, names, 2, allocator, q, error); /* including all its checks */
    int64_t i;
    int f;
    for (f = 0; s == PASSWD_OK && f < features; f++) {
        double mean = 0.0, square = 0.0, largest = 0.0, width;
        for (i = 0; i < rows; i++) mean += table[i * features + f] / (double)rows;
        for (i = 0; i < rows; i++) largest = fmax(largest, fabs(table[i * features + f] - mean));
        for (i = 0; i < rows; i++) {
            const double d = (table[i * features + f] - mean) / largest;
            square += d * d / (double)rows;
        } /* in any unit */
        width = largest * sqrt(square);
        q->x[2 * f] = mean - width;
        q->x[2 * f + 1] = mean + width;
        if (!(mean - width < mean + width && fabs(mean) + width <= 1e300)) {
            const char *name = names ? names[f] : NULL;
            passwd_quantiles_free(q);
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "Feature %s%.60s%s%.0d has mean %g and width %g: it cannot be scaled.", name ? "\"" : "",
                name ? name : "", name ? "\"" : "", name ? 0 : f + 1, mean, width);
        }
        q->normal[2 * f] = -1.0;
        q->normal[2 * f + 1] = 1.0;
    }
    return s;
}
static passwd_train_options passwdi_nae_options(
    const passwd_nae_config *c, const passwd_train_options *given, passwdi_nae_trainer *t) {
    passwd_train_options o;
    memset(&o, 0, sizeof o);
    if (given) {
        o.threads = given->threads;
        o.simd = given->simd;
        o.seed = given->seed;
        o.checkpoint = given->checkpoint;
        o.ranks = given->ranks;
    }
    o.epochs = c->epochs;
    o.steps = c->steps;
    o.interval = c->steps ? c->interval : 0;
    if (c->steps && c->interval) o.epochs = (c->steps + c->interval - 1) / c->interval;
    o.average = c->average;
    o.batch = c->batch;
    o.rate = c->rate;
    o.schedule = (passwd_schedule)c->schedule;
    o.warmup = c->warmup;
    o.weight_decay = c->weight_decay;
    o.clip = c->clip;
    o.patience = c->patience;
    o.progress = passwdi_nae_progress;
    o.negatives = passwdi_nae_negatives;
    o.validate = passwdi_nae_validate;
    o.user = t;
    return o;
}
static int passwdi_pretrain_progress(void *user, const passwd_progress *p) {
    const passwd_train_options *o = (const passwd_train_options *)user;
    return o && o->progress ? o->progress(o->user, p) : 0;
}
/* The same network as a plain autoencoder, before there are chains: parameters for a->model. */
static passwd_status passwdi_pretrain(passwd_nae *a, const passwd_batch *b, const passwd_train_options *given,
    const passwd_train_options *o, passwd_error *error) {
    passwd_nae_config c = a->config;
    passwd_train_options plain = *o;
    passwd_model *m = NULL;
    passwd_status s;
    c.normalized = 0;
    s = passwdi_nae_record(&c, 0, 0, &a->allocator, &m, error);
    if (s == PASSWD_OK) {
        passwdi_same_parameters(a->model, m);
        plain.steps = c.pretrain;
        plain.interval = 0;
        plain.epochs = 1;
        plain.rate = c.pretrain_rate;
        plain.average = 0.0f;
        plain.patience = 0;
        plain.negatives = NULL;
        plain.validate = NULL;
        plain.checkpoint = NULL;
        plain.progress = passwdi_pretrain_progress;
        plain.user = (void *)(size_t)given;
        s = passwd_train(m, b, &plain, NULL, error);
        passwdi_same_parameters(m, a->model);
    }
    passwd_model_free(m);
    return s;
}
PASSWD_DEF passwd_status passwd_nae_train(passwd_nae *a, const passwd_table *learnt,
    const passwd_train_options *options, passwd_nae_watch *watch, void *user, passwd_train_report *report,
    passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_train", "PASSWD_NO_JETS", error);
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_nae_train", "PASSWD_NO_TRAINING", error);
    const size_t d = a ? (size_t)a->config.features : 0;
    const double *table = learnt ? learnt->rows : NULL;
    const char *const *names = learnt ? learnt->names : NULL;
    const int64_t rows = learnt ? learnt->count : 0;
    passwdi_nae_trainer t;
    passwd_train_options o;
    passwd_workspace_options wo;
    passwd_train_report r;
    passwd_quantiles map, before;
    passwdi_whitening white, other;
    passwd_json_writer json;
    passwd_batch b;
    passwd_status s;
    const float *inputs[1];
    float *x = NULL, *block = NULL;
    char *name = NULL;
    double *mixed = NULL;
    int64_t i, *order = NULL, train;
    int kept;
    if (report) memset(report, 0, sizeof *report);
    if (!a || !table || rows < 4)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_nae_train: needs a network and at least four rows; there are %lld.", (long long)rows);
    if (learnt->features != a->config.features)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0, "The table has %d features, but the network takes %d.",
            learnt->features, a->config.features);
    if (learnt->weight)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_train: rows have no weights in this training.");
    memset(&t, 0, sizeof t);
    memset(&r, 0, sizeof r);
    memset(&map, 0, sizeof map);
    memset(&white, 0, sizeof white);
    memset(&b, 0, sizeof b);
    memset(&wo, 0, sizeof wo);
    o = passwdi_nae_options(&a->config, options, &t);
    wo.threads = o.threads;
    wo.simd = o.simd;
    t.nae = a;
    t.watch = watch;
    t.user = user;
    t.options = options;
    t.least = (double)INFINITY;
    t.n_aside = (int64_t)((double)a->config.validation * (double)rows);
    if (t.n_aside < 2) t.n_aside = 2;
    train = rows - t.n_aside;
    s = a->config.quantiles
        ? passwd_quantiles_learn(table, rows, a->config.features, names, 0, &a->allocator, &map, error)
        : passwdi_scale_learn(table, rows, a->config.features, names, &a->allocator, &map, error);
    if (s != PASSWD_OK) return s;
    x = (float *)passwdi_new(&a->allocator, passwdi_items(rows, (int64_t)d), sizeof(float));
    mixed = (double *)passwdi_new(&a->allocator, passwdi_items(rows, (int64_t)d), sizeof(double));
    order = (int64_t *)passwdi_new(&a->allocator, (size_t)rows, sizeof(int64_t));
    t.samples =
        (float *)passwdi_new(&a->allocator, passwdi_items(a->config.distance_events, (int64_t)d), sizeof(float));
    block = (float *)passwdi_new(&a->allocator, a->model->floats, sizeof(float));
    t.room = (double *)passwdi_new(&a->allocator, 2 * d, sizeof(double));
    t.judged = (float *)passwdi_new(&a->allocator, 2 * a->model->floats, sizeof(float));
    if (!x || !mixed || !order || !t.samples || !block || !t.room || !t.judged)
        s = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld rows.", (long long)rows);
    if (s == PASSWD_OK) {
        for (i = 0; i < rows; i++) order[i] = i;
        passwdi_shuffle(order, rows, o.seed, 998u);
        for (i = 0; i < rows; i++) memcpy(mixed + (size_t)i * d, table + (size_t)order[i] * d, d * sizeof(double));
        passwdi_map_rows(&map, &white, mixed, rows, t.room, x);
        if (a->config.whiten) s = passwdi_whitening_learn(&white, x, rows, a->config.features, &a->allocator, error);
        if (s == PASSWD_OK && a->config.whiten) passwdi_map_rows(&map, &white, mixed, rows, t.room, x);
    }
    if (s == PASSWD_OK && names) s = passwdi_nae_name(&a->allocator, names, a->config.features, &name, error);
    i = passwdi_least(a->config.batch, train);
    if (s == PASSWD_OK)
        s = passwdi_sampler_new(
            &t.sampler, a, &wo, o.seed, i > a->config.distance_events ? i : a->config.distance_events, error);
    if (s == PASSWD_OK) {
        memcpy(block, a->model->block, a->model->floats * sizeof(float));
        before = a->quantiles;
        a->quantiles = map;
        map = before;
        other = a->white;
        a->white = white;
        white = other;
        t.sampler.events = x;
        t.sampler.count = train;
        t.aside = x + (size_t)train * d;
        inputs[0] = x;
        b.events = train;
        b.inputs = inputs;
        passwd_json_writer_init(&json, &a->allocator);
        if (a->config.normalized && a->config.pretrain) /* again before going on: a checkpoint knows where it began */
            s = passwdi_pretrain(a, &b, options, &o, error);
        if (s == PASSWD_OK && o.checkpoint) {
            o.state_count = PASSWDI_NAE_STATE + passwdi_nae_chains(a);
            o.state = t.state = (float *)passwdi_new(&a->allocator, o.state_count, sizeof(float));
            s = t.state
                ? passwdi_settings_text(passwdi_nae_settings, PASSWDI_NAE_SETTINGS, &a->config, "passwd-nae-1", &json,
                    &o.configuration, error)
                : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a checkpoint.");
            if (t.state) t.state[0] = 1.0f;
        }
        if (s == PASSWD_OK) s = passwd_train(a->model, &b, &o, &r, error);
        passwdi_nae_go_on(&t); /* of a training that had ended */
        passwd_json_writer_free(&json);
        passwdi_delete(&a->allocator, t.state);
        if (t.status != PASSWD_OK) {
            s = t.status;
            if (error) *error = t.error;
        }
        if (s == PASSWD_ERROR_NUMERIC) r.stopped = 3;
        kept = s == PASSWD_OK || s == PASSWD_STOPPED || s == PASSWD_ERROR_NUMERIC || t.best_epoch > 0;
        if (!kept) { /* rolls back */
            before = a->quantiles;
            a->quantiles = map;
            map = before;
            other = a->white;
            a->white = white;
            white = other;
            passwd_set_parameters(a->model, block, NULL);
        } else {
            char *old = a->features;
            a->features = name;
            name = old;
        }
        passwdi_same_parameters(a->model, a->manifold);
        r.best_epoch = t.best_epoch;
        r.validation = t.least;
        if (t.spread_lost)
            snprintf(r.warning, sizeof r.warning,
                "The Markov chains collapsed on one spot in epoch %d: more chain_noise or another start would spread "
                "them.",
                t.spread_lost);
        else if (s == PASSWD_OK && a->config.patience > 0 && r.best_epoch == r.epochs && !r.stopped)
            snprintf(r.warning, sizeof r.warning, "The last epoch is the best: more epochs may do better.");
        passwdi_sampler_free(&t.sampler);
    }
    passwd_quantiles_free(&map);
    passwdi_whitening_free(&white, &a->allocator);
    passwdi_delete(&a->allocator, x);
    passwdi_delete(&a->allocator, t.room);
    passwdi_delete(&a->allocator, t.judged);
    passwdi_delete(&a->allocator, mixed);
    passwdi_delete(&a->allocator, order);
    passwdi_delete(&a->allocator, t.samples);
    passwdi_delete(&a->allocator, name);
    passwdi_delete(&a->allocator, block);
    if (report) *report = r;
    return s;
}
PASSWDI_SELDOM_END

PASSWD_DEF passwd_status passwd_nae_run(const passwd_nae *a, const passwd_workspace_options *options,
    const double *table, int64_t rows, double *energy, double *reconstruction, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_run", "PASSWD_NO_JETS", error);
    enum { BLOCK = 4096 };
    passwd_workspace *w = NULL;
    float *x = NULL, *outputs[2] = { NULL, NULL };
    double *room = NULL, cold;
    const float *inputs[1];
    passwd_batch b;
    passwd_status s;
    int64_t first, i;
    size_t d;
    int f;
    if (!a || (rows > 0 && (!table || !energy)))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_run: needs a network, rows and room for energies.");
    if (a->quantiles.features == 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_run: the network is not trained.");
    if (rows < 0)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_run: the number of rows cannot be %lld.", (long long)rows);
    d = (size_t)a->config.features;
    s = passwdi_check_rows(&a->quantiles, table, rows, error); /* before anything is written */
    if (s != PASSWD_OK) return s;
    s = passwd_workspace_new(a->model, options, &w, error);
    if (s != PASSWD_OK) return s;
    cold = passwd_nae_temperature(a);
    x = (float *)passwdi_new(&a->allocator, 2 * BLOCK * d, sizeof(float));
    room = (double *)passwdi_new(&a->allocator, 2 * d, sizeof(double));
    if (!x || !room) s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to score rows.");
    memset(&b, 0, sizeof b);
    inputs[0] = x;
    b.inputs = inputs;
    outputs[0] = x ? x + BLOCK * d : NULL;
    for (first = 0; s == PASSWD_OK && first < rows; first += BLOCK) {
        b.events = passwdi_least(BLOCK, rows - first);
        passwdi_map_rows(&a->quantiles, &a->white, table + (size_t)first * d, b.events, room, x);
        s = passwd_run(a->model, w, &b, outputs, error);
        for (i = 0; s == PASSWD_OK && i < b.events; i++) {
            double sum = 0.0;
            for (f = 0; f < (int)d; f++) {
                const double r = outputs[0][(size_t)i * d + (size_t)f], e = (double)x[(size_t)i * d + (size_t)f] - r;
                sum += e * e;
            }
            if (reconstruction)
                passwdi_unmap_row(&a->quantiles, &a->white, outputs[0] + (size_t)i * d, room,
                    reconstruction + (size_t)(first + i) * d);
            energy[first + i] = sum / (double)d / cold;
        }
        if (s == PASSWD_OK) s = passwdi_watched(options, first + b.events, rows, "rows", error);
    }
    passwdi_delete(&a->allocator, x);
    passwdi_delete(&a->allocator, room);
    passwd_workspace_free(w);
    return s;
}
PASSWD_DEF passwd_status passwd_nae_sample(const passwd_nae *a, const passwd_workspace_options *options,
    const passwd_nae_sampling *sampling, double *samples, passwd_chain_report *report, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_nae_sample", "PASSWD_NO_JETS", error);
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_nae_sample", "PASSWD_NO_TRAINING", error);
    const int64_t count = sampling ? sampling->count : -1;
    passwdi_sampler p;
    passwd_status s;
    double *room;
    float *x;
    size_t i, d;
    if (!a || count < 0 || count > 1 << 24 || (count > 0 && !samples))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_nae_sample: needs a network, at most 16,777,216 samples, and room for them.");
    if (!sampling->mapped && a->quantiles.features == 0)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_nae_sample: the network is not trained.");
    d = (size_t)a->config.features;
    s = passwdi_sampler_new(&p, a, options, sampling->seed, count, error);
    if (s != PASSWD_OK) return s;
    x = (float *)passwdi_new(&a->allocator, passwdi_items(count, (int64_t)d), sizeof(float));
    room = (double *)passwdi_new(&a->allocator, 2 * d, sizeof(double));
    if (!x || !room)
        s = passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld samples.", (long long)count);
    if (s == PASSWD_OK) s = passwdi_sample(&p, 0u, count, sampling->steps, 0, x, report, error);
    for (i = 0; s == PASSWD_OK && sampling->mapped && i < (size_t)count * d; i++) samples[i] = (double)x[i];
    for (i = 0; s == PASSWD_OK && !sampling->mapped && i < (size_t)count; i++)
        passwdi_unmap_row(&a->quantiles, &a->white, x + i * d, room, samples + i * d);
    passwdi_delete(&a->allocator, x);
    passwdi_delete(&a->allocator, room);
    passwdi_sampler_free(&p);
    return s;
}
/* ------------------------------------------------------------------------------------------------------------------
   Recurrent variational autoencoder
   --------------------------------------------------------------------------------------------------------------- */
enum { PASSWDI_VRNN_MAPPED = PASSWD_VRNN_FEATURES + 1, PASSWDI_VRNN_BESIDE = 3 };
struct passwd_vrnn {
    passwd_allocator allocator;
    passwd_vrnn_config config;
    passwd_model *model;
    double shift[PASSWDI_VRNN_MAPPED], scale[PASSWDI_VRNN_MAPPED]; /* of features, and of the condition */
    double middle;                                                 /* what c is in passwd_vrnn_score */
    passwd_quantiles ranks; /* with mass_bins, of what is scored: a "feature" is a bin */
    double *bin;            /* logarithms of the bins' middle masses, falling nowhere */
    int trained;
};
#define PASSWDI_VRNN(field, kind, low, high) \
    { #field, offsetof(passwd_vrnn_config, field), kind, low, high }
static const passwdi_setting passwdi_vrnn_settings[] = { PASSWDI_VRNN(constituents, 'i', 2, PASSWD_MAX_OBJECTS),
    PASSWDI_VRNN(hidden, 'i', 1, 1024), PASSWDI_VRNN(latent, 'i', 1, 1024), PASSWDI_VRNN(width, 'i', 1, 1024),
    PASSWDI_VRNN(inputs, 'i', 0, 2), PASSWDI_VRNN(order, 'i', 0, 3), PASSWDI_VRNN(align, 'i', 0, 1),
    PASSWDI_VRNN(mass, 'd', 1e-6, 1e6), PASSWDI_VRNN(energy, 'd', 1e-6, 1e9), PASSWDI_VRNN(condition, 'i', 0, 1),
    PASSWDI_VRNN(resolution, 'f', 0, 1e3), PASSWDI_VRNN(divergence, 'f', 0, 1e6), PASSWDI_VRNN(ramp, 'f', 0, 1e12),
    PASSWDI_VRNN(mean_steps, 'i', 0, 2), PASSWDI_VRNN(share_divergence, 'i', 0, 1), PASSWDI_VRNN(score, 'i', 0, 3),
    PASSWDI_VRNN(score_share, 'f', -1, 10), PASSWDI_VRNN(reverse, 'i', 0, 1), PASSWDI_VRNN(mass_bins, 'i', 0, 1000),
    PASSWDI_VRNN(epochs, 'i', 1, 1e6), PASSWDI_VRNN(batch, 'i', 1, 16777216), PASSWDI_VRNN(patience, 'i', 0, 1e6),
    PASSWDI_VRNN(schedule, 'i', 0, 2), PASSWDI_VRNN(rate, 'f', 0, 10), PASSWDI_VRNN(warmup, 'f', 0, 0.99),
    PASSWDI_VRNN(weight_decay, 'f', 0, 1), PASSWDI_VRNN(clip, 'f', 0, 1e9), PASSWDI_VRNN(validation, 'f', 0, 0.9) };
#undef PASSWDI_VRNN
enum { PASSWDI_VRNN_SETTINGS = sizeof passwdi_vrnn_settings / sizeof *passwdi_vrnn_settings };

PASSWDI_SELDOM
PASSWD_DEF passwd_status passwd_vrnn_preset(const char *name, passwd_vrnn_config *config, passwd_error *error) {
    passwd_vrnn_config c;
    if (!name || !config)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_preset: name or config is NULL.");
    if (strcmp(name, "default") != 0 && strcmp(name, "talk") != 0)
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "There is no preset \"%.60s\": use default or talk.", name);
    memset(&c, 0, sizeof c);
    c.constituents = 50;
    c.hidden = c.width = 32;
    c.latent = 8;
    c.inputs = PASSWD_VRNN_ROOTS;
    c.align = c.condition = 1;
    c.mass = 0.25;
    c.energy = 1.0;
    c.resolution = 0.1f;
    c.divergence = 1.0f;
    c.ramp = 500.0f;
    c.score = PASSWD_VRNN_BOTH;
    c.score_share = 0.4f;
    c.mass_bins = 30;
    if (name[0] == 't') {
        c.constituents = 20;
        c.hidden = c.width = 16;
        c.latent = 4;
        c.inputs = PASSWD_VRNN_MOMENTA;
        c.order = c.mean_steps = c.share_divergence = 1;
        c.condition = c.mass_bins = 0;
        c.resolution = c.score_share = 0.0f;
        c.divergence = 0.1f;
        c.score = PASSWD_VRNN_EXPONENTIAL;
    }
    c.epochs = 20;
    c.batch = 128;
    c.schedule = PASSWD_SCHEDULE_COSINE;
    c.rate = 2e-3f;
    c.warmup = 0.05f;
    c.clip = 1.0f;
    c.validation = 0.1f;
    *config = c;
    return PASSWD_OK;
}
static passwd_status passwdi_vrnn_key(void *config, const passwd_json *json, int32_t node, passwd_error *error) {
    if (strcmp(json->nodes[node].key, "format") == 0) return PASSWD_OK;
    return passwdi_settings_read(passwdi_vrnn_settings, PASSWDI_VRNN_SETTINGS, config, json, node, error);
}
static passwd_status passwdi_vrnn_config_from(passwd_vrnn_config *config, const char *text, size_t length,
    const char *name, const passwd_allocator *allocator, passwd_error *error) {
    passwd_vrnn_config c = *config;
    const passwd_status s = passwdi_config_parse(passwdi_vrnn_key, &c, text, length, name, allocator, error);
    if (s == PASSWD_OK) *config = c;
    return s;
}
PASSWD_DEF passwd_status passwd_vrnn_config_read(
    passwd_vrnn_config *config, const char *text, size_t length, const char *name, passwd_error *error) {
    if (!config || !text)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_config_read: config or text is NULL.");
    return passwdi_vrnn_config_from(config, text, length, name, NULL, error);
}

/* One hidden layer of `width`, of x, y and a condition, then `features`. y and condition may be PASSWD_NONE. */
static passwd_value passwdi_vrnn_head(passwd_model *m, int width, passwd_value x, passwd_value y,
    passwd_value condition, int features, const char *name) {
    char layer[48], other[48];
    passwd_value h;
    snprintf(layer, sizeof layer, "%s.0", name);
    snprintf(other, sizeof other, "%s.state", name);
    h = y == PASSWD_NONE ? passwd_linear(m, x, width, 1, layer) : passwd_linear_pair(m, x, y, width, layer, other);
    snprintf(layer, sizeof layer, "%s.condition", name);
    if (condition != PASSWD_NONE) h = passwd_add(m, h, passwd_linear(m, condition, width, 0, layer));
    snprintf(layer, sizeof layer, "%s.1", name);
    return passwd_linear(m, passwd_activate(m, h, PASSWD_ACTIVATE_RELU, 0.0f, 0.0f), features, 1, layer);
}
/* The sum over constituents of what each has, by its weight: a result, and a loss. */
static void passwdi_vrnn_term(
    passwd_model *m, passwd_value each, passwd_value beside, int which, float weight, const char *name) {
    const passwd_value all = passwd_sum_rows(m, passwd_multiply(m, each, passwd_features(m, beside, which, 1)));
    passwd_output(m, all, name);
    passwd_loss(m, all, weight, name);
}
/* The network of arXiv 1506.02216, eqs. 5 to 11. Only what the state hangs on runs constituent by constituent: encoder,
   z and gated unit; prior and decoder read all states at once afterwards. */
static passwd_status passwdi_vrnn_record(
    const passwd_vrnn_config *c, passwd_model *m, uint64_t seed, passwd_error *error) {
    const int L = c->latent, H = c->hidden, F = PASSWD_VRNN_FEATURES, blurred = c->resolution > 0.0f;
    const passwd_value x = passwd_input_objects(m, "x", c->constituents, F),
                       beside = passwd_input_objects(m, "beside", c->constituents, PASSWDI_VRNN_BESIDE);
    const passwd_value known = c->condition ? passwd_features(m, beside, 2, 1) : PASSWD_NONE;
    const passwd_value phi_x =
        passwd_activate(m, passwd_linear(m, x, c->width, 1, "phi_x"), PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
    const passwd_value noise = passwd_noise(m, x, L), state = passwd_previous(m, x, H);
    const passwd_value q = passwdi_vrnn_head(m, c->width, phi_x, state, known, 2 * L, "encoder"),
                       mean = passwd_features(m, q, 0, L), spread = passwd_features(m, q, L, L);
    const passwd_value z =
        passwd_add(m, mean, passwd_multiply(m, passwd_activate(m, spread, PASSWD_ACTIVATE_EXP, 0.0f, 0.0f), noise));
    const passwd_value phi_z =
        passwd_activate(m, passwd_linear(m, z, c->width, 1, "phi_z"), PASSWD_ACTIVATE_RELU, 0.0f, 0.0f);
    passwd_value seen[2], in, reset, update, fresh, next, p, y, error_of;
    seen[0] = phi_x;
    seen[1] = phi_z;
    in = passwd_concat(m, seen, 2);
    reset = passwd_gated(m, passwd_linear_pair(m, in, state, H, "gru.reset", "gru.reset_state"), state);
    update = passwd_linear_pair(m, in, state, H, "gru.update", "gru.update_state");
    fresh = passwd_linear_pair(m, in, reset, H, "gru.fresh", "gru.fresh_state");
    next = passwd_gru(m, update, fresh, state, 0.0f, "gru");
    passwd_recur(m, state, next);
    p = passwdi_vrnn_head(m, c->width, state, PASSWD_NONE, known, 2 * L, "prior");
    y = passwdi_vrnn_head(m, c->width, phi_z, state, known, blurred ? 2 * F : F, "decoder");
    error_of = blurred ? passwd_divergence(m, x,
                   passwd_activate(m, x, PASSWD_ACTIVATE_AFFINE, 0.0f, (float)log((double)c->resolution)),
                   passwd_features(m, y, 0, F), passwd_features(m, y, F, F))
                       : passwd_mean_square(m, x, y);
    passwdi_vrnn_term(m, error_of, beside, 0, 1.0f, "reconstruction");
    passwdi_vrnn_term(m, passwd_divergence(m, mean, spread, passwd_features(m, p, 0, L), passwd_features(m, p, L, L)),
        beside, 1, c->divergence, "divergence");
    passwd_loss_ramp(m, c->ramp);
    return passwd_model_build(m, seed, error);
}
PASSWD_DEF passwd_status passwd_vrnn_new(const passwd_vrnn_config *config, uint64_t seed,
    const passwd_allocator *allocator, passwd_vrnn **vrnn, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_vrnn_new", "PASSWD_NO_JETS", error);
    passwd_vrnn *a;
    passwd_status s;
    if (!config || !vrnn)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_new: config or vrnn is NULL.");
    s = passwdi_settings_check(passwdi_vrnn_settings, PASSWDI_VRNN_SETTINGS, config, error);
    if (s != PASSWD_OK) return s;
    if (config->align && !(config->energy > config->mass))
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "Configuration: \"energy\" %g GeV of aligned jets must be above their \"mass\" %g GeV.", config->energy,
            config->mass);
    a = (passwd_vrnn *)passwdi_new(allocator, 1, sizeof *a);
    if (!a) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a network.");
    if (allocator) a->allocator = *allocator;
    a->config = *config;
    s = passwd_model_new(allocator, &a->model, error);
    if (s == PASSWD_OK) s = passwdi_vrnn_record(config, a->model, seed, error);
    if (s != PASSWD_OK) {
        passwd_vrnn_free(a);
        return s;
    }
    *vrnn = a;
    return PASSWD_OK;
}
PASSWD_DEF void passwd_vrnn_free(passwd_vrnn *a) {
    passwd_allocator allocator;
    if (!a) return;
    allocator = a->allocator;
    passwd_model_free(a->model);
    passwd_quantiles_free(&a->ranks);
    passwdi_delete(&allocator, a->bin);
    passwdi_delete(&allocator, a);
}
PASSWD_DEF const passwd_vrnn_config *passwd_vrnn_config_of(const passwd_vrnn *a) { return a ? &a->config : NULL; }
PASSWD_DEF passwd_model *passwd_vrnn_model(const passwd_vrnn *a) { return a ? a->model : NULL; }

/* The map of the features as tensor map.features: shifts, scales and c of the score; that of the condition as
   map.condition; ranks as quantiles and map.mass. */
static passwd_status passwdi_vrnn_map_read(const passwd_tensor_file *file, const char *name, const char *tensor,
    double *numbers, int count, int shifts, passwd_error *error) {
    const passwd_tensor *map = passwd_tensor_find(file, tensor);
    passwd_status s;
    int k;
    if (!map)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "%s: there is no \"%s\": these are not the weights of a recurrent network of jets.", name, tensor);
    s = passwd_tensor_to_double(map, numbers, count, error);
    for (k = 0; s == PASSWD_OK && k < count; k++)
        if (!(numbers[k] - numbers[k] == 0.0) || (k >= shifts && numbers[k] <= 0.0))
            s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "%s: \"%s\" holds %g, where a finite, positive number is needed.", name, tensor, numbers[k]);
    return s;
}
static passwd_status passwdi_vrnn_ranks_read(
    passwd_vrnn *a, const passwd_tensor_file *file, const char *name, passwd_error *error) {
    passwd_status s = passwd_quantiles_read(file, name, &a->allocator, &a->ranks, error);
    int k;
    if (s != PASSWD_OK) return s;
    a->bin = (double *)passwdi_new(&a->allocator, (size_t)a->ranks.features, sizeof(double));
    if (!a->bin) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a network.");
    s = passwdi_vrnn_map_read(file, name, "map.mass", a->bin, a->ranks.features, a->ranks.features, error);
    for (k = 1; s == PASSWD_OK && k < a->ranks.features; k++)
        if (a->bin[k] < a->bin[k - 1])
            s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "%s: \"map.mass\" falls.", name);
    return s;
}
static passwd_status passwdi_vrnn_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    enum { F = PASSWD_VRNN_FEATURES };
    const char *text = passwd_tensor_metadata(file, "config");
    double numbers[2 * F + 1], condition[2] = { 0.0, 1.0 };
    passwd_vrnn_config c;
    passwd_vrnn *a = NULL;
    passwd_status s = passwd_vrnn_preset("talk", &c, error);
    if (!text)
        return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "%s: there is no \"config\": these are not the weights of a recurrent network of jets.", name);
    c.share_divergence = 0; /* what files that are older than these settings mean */
    c.score = PASSWD_VRNN_DIVERGENCE;
    c.score_share = -1.0f;
    if (s == PASSWD_OK) s = passwdi_vrnn_config_from(&c, text, strlen(text), name, allocator, error);
    if (s == PASSWD_OK) s = passwdi_vrnn_map_read(file, name, "map.features", numbers, 2 * F + 1, F, error);
    if (s == PASSWD_OK && c.condition) s = passwdi_vrnn_map_read(file, name, "map.condition", condition, 2, 1, error);
    if (s == PASSWD_OK) s = passwd_vrnn_new(&c, 0, allocator, &a, error);
    if (s == PASSWD_OK && c.mass_bins) s = passwdi_vrnn_ranks_read(a, file, name, error);
    if (s == PASSWD_OK) s = passwd_model_read(a->model, file, name, error);
    if (s != PASSWD_OK) {
        passwd_vrnn_free(a);
        return s;
    }
    memcpy(a->shift, numbers, F * sizeof(double));
    memcpy(a->scale, numbers + F, F * sizeof(double));
    a->shift[F] = condition[0];
    a->scale[F] = condition[1];
    a->middle = numbers[2 * F];
    a->trained = 1;
    *(passwd_vrnn **)user = a;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_vrnn_load(
    const char *path, const passwd_allocator *allocator, passwd_vrnn **vrnn, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_vrnn_load", "PASSWD_NO_JETS", error);
    if (!vrnn || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_load: path or vrnn is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, allocator, passwdi_vrnn_from_file, (void *)vrnn, error);
}
PASSWD_DEF passwd_status passwd_vrnn_parse(const void *bytes, size_t count, const char *name,
    const passwd_allocator *allocator, passwd_vrnn **vrnn, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_vrnn_parse", "PASSWD_NO_JETS", error);
    if (!vrnn) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_parse: vrnn is NULL.");
    return passwdi_from_weights(NULL, bytes, count, name, allocator, passwdi_vrnn_from_file, (void *)vrnn, error);
}
PASSWD_DEF passwd_status passwd_vrnn_save(const passwd_vrnn *a, const char *path, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_vrnn_save", "PASSWD_NO_JETS", error);
    enum { F = PASSWD_VRNN_FEATURES };
    const int64_t shape[1] = { 2 * F + 1 }, two[1] = { 2 };
    double numbers[2 * F + 1], condition[2];
    int64_t bins[1];
    passwd_tensor_writer w;
    passwd_status s;
    if (!a || !path) return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_save: vrnn or path is NULL.");
    if (!a->trained)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "%s: the network is not trained: the map of its features is missing.", path);
    memcpy(numbers, a->shift, F * sizeof(double));
    memcpy(numbers + F, a->scale, F * sizeof(double));
    numbers[2 * F] = a->middle;
    condition[0] = a->shift[F];
    condition[1] = a->scale[F];
    bins[0] = a->ranks.features;
    passwd_tensor_writer_init(&w, &a->allocator);
    s = passwd_tensor_writer_add(&w, "map.features", PASSWD_DTYPE_F64, 1, shape, numbers, error);
    if (s == PASSWD_OK && a->config.condition)
        s = passwd_tensor_writer_add(&w, "map.condition", PASSWD_DTYPE_F64, 1, two, condition, error);
    if (s == PASSWD_OK && a->bin)
        s = passwd_tensor_writer_add(&w, "map.mass", PASSWD_DTYPE_F64, 1, bins, a->bin, error);
    if (s == PASSWD_OK && a->bin) s = passwd_quantiles_write(&a->ranks, &w, error);
    if (s == PASSWD_OK)
        s = passwdi_save_beside(
            &w, a->model, passwdi_vrnn_settings, PASSWDI_VRNN_SETTINGS, &a->config, "passwd-vrnn-1", path, error);
    passwd_tensor_writer_free(&w);
    return s;
}
PASSWDI_SELDOM_END

/* A jet that is not aligned: seen from its own axis. */
static void passwdi_vrnn_center(const passwd_p4 *p, int count, passwd_p4 *to) {
    passwd_p4 jet = { 0.0, 0.0, 0.0, 0.0 };
    double eta, phi;
    int k;
    for (k = 0; k < count; k++) {
        jet.e += p[k].e;
        jet.px += p[k].px;
        jet.py += p[k].py;
        jet.pz += p[k].pz;
    }
    eta = passwd_p4_eta(jet);
    phi = passwd_p4_phi(jet);
    for (k = 0; k < count; k++)
        to[k] = passwd_p4_of(
            passwd_p4_pt(p[k]), passwd_p4_eta(p[k]) - eta, passwd_p4_phi(p[k]) - phi, passwd_p4_mass(p[k]));
}
static void passwdi_pt_order(const passwd_p4 *p, int count, int *order) {
    int i, k;
    for (k = 0; k < count; k++) {
        for (i = k; i > 0 && passwd_p4_pt(p[order[i - 1]]) < passwd_p4_pt(p[k]); i--) order[i] = order[i - 1];
        order[i] = k;
    }
}
/* One jet on its way into the network: 15 KB, which are asked for once. */
typedef struct passwdi_vrnn_jet {
    passwd_p4 constituents[PASSWD_MAX_CONSTITUENTS];
    double features[PASSWD_VRNN_FEATURES * PASSWD_MAX_OBJECTS], share[PASSWD_MAX_OBJECTS], mass, condition;
} passwdi_vrnn_jet;
/* A constituent of an (aligned) jet, whose part of the summed pT is z. */
static void passwdi_vrnn_features(int inputs, passwd_p4 p, double z, double *x) {
    const double eta = passwd_p4_eta(p), phi = passwd_p4_phi(p), root = inputs == PASSWD_VRNN_ROOTS ? sqrt(z) : 1.0;
    if (inputs == PASSWD_VRNN_MOMENTA) {
        x[0] = p.e;
        x[1] = p.px;
        x[2] = p.py;
        x[3] = p.pz;
        return;
    }
    x[0] = inputs == PASSWD_VRNN_ROOTS ? root : log(fmax(z, 1e-9));
    x[1] = root * eta;
    x[2] = root * phi;
    x[3] = root * hypot(eta, phi);
}
/* Mass, and logarithm of mass / pT, of a jet as it was seen; of one without mass a millionth of its momentum counts. */
static void passwdi_vrnn_look(passwdi_vrnn_jet *jet, int count) {
    passwd_p4 sum = { 0.0, 0.0, 0.0, 0.0 };
    double pt;
    int k;
    for (k = 0; k < count; k++) {
        sum.e += jet->constituents[k].e;
        sum.px += jet->constituents[k].px;
        sum.py += jet->constituents[k].py;
        sum.pz += jet->constituents[k].pz;
    }
    pt = fmax(passwd_p4_pt(sum), 1e-150);
    jet->mass = fmax(passwd_p4_mass(sum), 1e-6 * pt);
    jet->condition = log(jet->mass / pt);
}
/* Features and shares of pT of up to `constituents`, in the order of reading; how many there are. */
static int passwdi_vrnn_read(
    const passwd_vrnn_config *c, const passwd_p4 *constituents, int count, double *x, double *share) {
    passwd_p4 jet[PASSWD_MAX_CONSTITUENTS];
    passwd_alignment alignment;
    int order[PASSWD_MAX_CONSTITUENTS], k, n;
    double all = 0.0;
    if (c->constituents < 1 || count < 2 || count > PASSWD_MAX_CONSTITUENTS) return 0;
    memset(&alignment, 0, sizeof alignment);
    alignment.mass = c->mass;
    alignment.energy = c->energy;
    if (c->align) {
        if (passwd_align_jet(constituents, count, &alignment, jet, NULL) != PASSWD_OK) return 0;
    } else passwdi_vrnn_center(constituents, count, jet);
    for (k = 0; k < count; k++) {
        if (!(fabs(jet[k].e) + fabs(jet[k].px) + fabs(jet[k].py) + fabs(jet[k].pz) <= 1e100)) return 0;
        all += passwd_p4_pt(jet[k]);
    }
    if (c->order & 1) passwd_kt_order(jet, count, order);
    else passwdi_pt_order(jet, count, order);
    n = count < c->constituents ? count : c->constituents;
    for (k = 0; k < n; k++) {
        const passwd_p4 p = jet[order[c->order & 2 ? n - 1 - k : k]];
        const double z = all > 0.0 ? passwd_p4_pt(p) / all : 0.0;
        passwdi_vrnn_features(c->inputs, p, z, x + PASSWD_VRNN_FEATURES * k);
        if (share) share[k] = z;
    }
    return n;
}
PASSWD_DEF int passwd_vrnn_encode(const passwd_vrnn_config *c, const passwd_p4 *constituents, int count, double *x) {
    return c && constituents && x ? passwdi_vrnn_read(c, constituents, count, x, NULL) : 0;
}
/* Jet k of a sample, with all that the network reads of it; how many constituents. */
static int passwdi_vrnn_take(const passwd_vrnn *a, const passwd_events *jets, int64_t k, passwdi_vrnn_jet *jet) {
    const int count = passwd_jet_constituents(jets, k, jet->constituents, PASSWD_MAX_CONSTITUENTS);
    passwdi_vrnn_look(jet, count);
    return passwdi_vrnn_read(&a->config, jet->constituents, count, jet->features, jet->share);
}
/* What a constituent weighs: by its share of pT to a power, in all 1; where all shares are 0, all alike. */
static void passwdi_vrnn_weigh(const double *share, int n, double power, float *beside, int which, double times) {
    double sum = 0.0;
    int i;
    for (i = 0; i < n; i++) sum += pow(share[i], power);
    for (i = 0; i < n; i++)
        beside[PASSWDI_VRNN_BESIDE * i + which] =
            (float)(times * (sum > 0.0 ? pow(share[i], power) / sum : 1.0 / (double)n));
}
static float passwdi_vrnn_mapped(const passwd_vrnn *a, double x, int feature) { /* within float */
    return (float)fmin(fmax((x - a->shift[feature]) / a->scale[feature], -1e6), 1e6);
}
/* Jets [first, first + count) as the network's inputs; objects 0 where a jet cannot be read. scoring: weights of the
   score, not of the losses. */
static void passwdi_vrnn_inputs(const passwd_vrnn *a, const passwd_events *jets, int64_t first, int64_t count,
    int scoring, passwdi_vrnn_jet *jet, float *x, float *beside, int32_t *objects) {
    enum { F = PASSWD_VRNN_FEATURES };
    const passwd_vrnn_config *c = &a->config;
    const size_t rows = (size_t)c->constituents;
    int64_t k;
    int i, n;
    for (k = 0; k < count; k++) {
        float *to = x + (size_t)k * rows * F, *by = beside + (size_t)k * rows * PASSWDI_VRNN_BESIDE;
        objects[k] = n = passwdi_vrnn_take(a, jets, first + k, jet);
        for (i = 0; i < F * n; i++) to[i] = passwdi_vrnn_mapped(a, jet->features[i], i % F);
        for (i = 0; i < n; i++) by[PASSWDI_VRNN_BESIDE * i + 2] = passwdi_vrnn_mapped(a, jet->condition, F);
        for (i = 0; i < 2; i++)
            if (scoring && c->score_share >= 0.0f)
                passwdi_vrnn_weigh(jet->share, n, (double)c->score_share, by, i, 1.0);
            else
                passwdi_vrnn_weigh(jet->share, n, c->mean_steps == 2 || (i && c->share_divergence) ? 1.0 : 0.0, by, i,
                    c->mean_steps ? 1.0 : (double)n);
    }
}
/* For a jet so unlike the training jets that the network leaves the range of float: the largest float, not NaN. Below 0
   is rounding. */
static float passwdi_vrnn_held(float x) { return x <= FLT_MAX ? (x > 0.0f ? x : 0.0f) : FLT_MAX; }
/* What the score is made of: one number that is large for anomalous jets (small with `reverse`). */
static double passwdi_vrnn_value(const passwd_vrnn_config *c, const passwd_vrnn_result *r) {
    const double d = (double)r->divergence;
    if (c->score == PASSWD_VRNN_RECONSTRUCTION) return (double)r->reconstruction;
    return c->score == PASSWD_VRNN_BOTH ? (double)r->reconstruction + (double)c->divergence * d : d;
}
/* That number's place among the training's, without regard to the mass. */
static double passwdi_vrnn_place(const passwd_vrnn_config *c, double value, double middle) {
    return c->score == PASSWD_VRNN_EXPONENTIAL ? -expm1(-value / middle) : value / (value + middle);
}
/* Its rank among training jets of about the same mass: normal quantiles of the two bins next to it, mixed. */
static double passwdi_vrnn_rank(const passwd_vrnn *a, double value, double mass) {
    const int last = a->ranks.features - 1;
    const double at = log(mass);
    double part = 0.0, normal;
    int k = 0;
    while (k < last && a->bin[k + 1] <= at) k++;
    if (k < last && at > a->bin[k]) part = (at - a->bin[k]) / (a->bin[k + 1] - a->bin[k]);
    normal = (1.0 - part) * passwd_quantiles_map(&a->ranks, k, value);
    if (part > 0.0) normal += part * passwd_quantiles_map(&a->ranks, k + 1, value);
    return 0.5 * erfc(-0.70710678118654752 * normal);
}
static float passwdi_vrnn_score_of(
    const passwd_vrnn *a, const passwd_vrnn_result *r, const passwd_events *jets, int64_t k, passwdi_vrnn_jet *jet) {
    const double value = passwdi_vrnn_value(&a->config, r);
    double score;
    if (!r->constituents) return NAN;
    if (a->bin) {
        passwdi_vrnn_look(jet, passwd_jet_constituents(jets, k, jet->constituents, PASSWD_MAX_CONSTITUENTS));
        score = passwdi_vrnn_rank(a, value, jet->mass);
    } else score = passwdi_vrnn_place(&a->config, value, a->middle);
    return (float)(a->config.reverse ? 1.0 - score : score);
}
PASSWD_DEF passwd_status passwd_vrnn_run(const passwd_vrnn *a, const passwd_workspace_options *options,
    const passwd_events *jets, int64_t first, int64_t count, passwd_vrnn_result *results, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_vrnn_run", "PASSWD_NO_JETS", error);
    enum { BLOCK = 4096 };
    passwd_workspace *w = NULL;
    const float *inputs[2];
    float *x = NULL, *beside = NULL, *sums = NULL, *outputs[2];
    int32_t *objects = NULL;
    passwdi_vrnn_jet *jet;
    passwd_batch b;
    passwd_status s;
    int64_t done, k;
    if (!a || (count > 0 && !results))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_run: needs a network, and room for results.");
    if (!a->trained)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_run: the network is not trained.");
    s = passwdi_events_check(jets, first, count, error);
    if (s != PASSWD_OK) return s;
    s = passwd_workspace_new(a->model, options, &w, error);
    if (s != PASSWD_OK) return s;
    x = (float *)passwdi_new(
        &a->allocator, passwdi_items(BLOCK, PASSWD_VRNN_FEATURES * (int64_t)a->config.constituents), sizeof(float));
    beside = (float *)passwdi_new(
        &a->allocator, passwdi_items(BLOCK, PASSWDI_VRNN_BESIDE * (int64_t)a->config.constituents), sizeof(float));
    sums = (float *)passwdi_new(&a->allocator, 2 * BLOCK, sizeof(float));
    objects = (int32_t *)passwdi_new(&a->allocator, BLOCK, sizeof(int32_t));
    jet = (passwdi_vrnn_jet *)passwdi_new(&a->allocator, 1, sizeof *jet);
    if (!x || !beside || !sums || !objects || !jet)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to score jets.");
    memset(&b, 0, sizeof b);
    inputs[0] = x;
    inputs[1] = beside;
    b.inputs = inputs;
    b.objects = objects;
    outputs[0] = sums;
    outputs[1] = sums ? sums + BLOCK : NULL;
    for (done = 0; s == PASSWD_OK && done < count; done += BLOCK) {
        b.events = passwdi_least(BLOCK, count - done);
        passwdi_vrnn_inputs(a, jets, first + done, b.events, 1, jet, x, beside, objects);
        s = passwd_run(a->model, w, &b, outputs, error);
        for (k = 0; s == PASSWD_OK && k < b.events; k++) {
            passwd_vrnn_result *r = results + done + k;
            r->constituents = objects[k];
            r->reconstruction = objects[k] ? passwdi_vrnn_held(outputs[0][k]) : NAN;
            r->divergence = objects[k] ? passwdi_vrnn_held(outputs[1][k]) : NAN;
            r->score = passwdi_vrnn_score_of(a, r, jets, first + done + k, jet);
        }
        if (s == PASSWD_OK) s = passwdi_watched(options, done + b.events, count, "jets", error);
    }
    passwdi_delete(&a->allocator, x);
    passwdi_delete(&a->allocator, beside);
    passwdi_delete(&a->allocator, sums);
    passwdi_delete(&a->allocator, objects);
    passwdi_delete(&a->allocator, jet);
    passwd_workspace_free(w);
    return s;
}
PASSWD_DEF double passwd_vrnn_event_score(const passwd_vrnn_result *jets, int count) {
    double sum = 0.0;
    int k, n = 0;
    for (k = 0; jets && k < count; k++)
        if (jets[k].score - jets[k].score == 0.0f) {
            sum += (double)jets[k].score;
            n++;
        }
    return n ? sum / n : (double)NAN;
}

PASSWDI_SELDOM
/* Mean and width of the features, and of the condition, over all constituents that are read; one without spread keeps
   the scale 1. */
static passwd_status passwdi_vrnn_learn_map(
    passwd_vrnn *a, const passwd_events *jets, passwdi_vrnn_jet *jet, int64_t *good, passwd_error *error) {
    enum { F = PASSWD_VRNN_FEATURES };
    double sum[PASSWDI_VRNN_MAPPED] = { 0.0 }, square[PASSWDI_VRNN_MAPPED] = { 0.0 }, count = 0.0;
    int64_t k;
    int i, f, n;
    for (*good = 0, k = 0; k < jets->count; k++) {
        n = passwdi_vrnn_take(a, jets, k, jet);
        *good += n > 0;
        count += n;
        for (i = 0; i < F * n; i++) {
            sum[i % F] += jet->features[i];
            square[i % F] += jet->features[i] * jet->features[i];
        }
        if (n > 0) {
            sum[F] += n * jet->condition;
            square[F] += n * jet->condition * jet->condition;
        }
    }
    if (*good < 2)
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "Of %lld jets %lld can be used: training needs at least two, with at least two constituents each%s.",
            (long long)jets->count, (long long)*good, a->config.align ? " and a mass" : "");
    for (f = 0; f <= F; f++) {
        const double mean = sum[f] / count, variance = square[f] / count - mean * mean;
        a->shift[f] = mean;
        a->scale[f] = variance > 1e-18 * (1.0 + mean * mean) ? sqrt(variance) : 1.0;
    }
    return PASSWD_OK;
}
/* c such that the mean of `count` places is one half. rows: mass and number of each. */
static double passwdi_vrnn_middle(const passwd_vrnn_config *c, const double *rows, int64_t count) {
    double low = 1e-12, high = 1e12, middle = 1.0;
    int64_t k;
    int i;
    for (i = 0; i < 200; i++) {
        double sum = 0.0;
        middle = sqrt(low * high);
        for (k = 0; k < count; k++) sum += passwdi_vrnn_place(c, rows[2 * k + 1], middle);
        if (sum > 0.5 * (double)count) low = middle;
        else high = middle;
    }
    return middle;
}
/* Ranks in bins of equal numbers of jets, and the bins' middle masses; rows get sorted. */
static passwd_status passwdi_vrnn_learn_ranks(passwd_vrnn *a, double *rows, int64_t count, passwd_error *error) {
    enum { FEWEST = 50, KNOTS = 201 };
    const int64_t most = count / FEWEST > 1 ? count / FEWEST : 1, bins = passwdi_least(a->config.mass_bins, most),
                  each = count / bins;
    double *table = (double *)passwdi_new(&a->allocator, passwdi_items(bins, each), sizeof(double)),
           *bin = (double *)passwdi_new(&a->allocator, (size_t)bins, sizeof(double));
    passwd_status s = table && bin ? PASSWD_OK
                                   : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
                                       "There is not enough memory for the ranks of %lld jets.", (long long)count);
    int64_t i, k;
    passwdi_sort(rows, 2, count);
    for (k = 0; s == PASSWD_OK && k < bins; k++) {
        const double *from = rows + 2 * (k * count / bins);
        int same = 1;
        bin[k] = log(from[2 * (each / 2)]);
        for (i = 0; i < each; i++) {
            table[i * bins + k] = from[2 * i + 1];
            same &= from[2 * i + 1] == from[1];
        }
        if (same) table[k] += 1e-6 * (1.0 + fabs(table[k])); /* copies of one jet: a step, not nothing */
    }
    if (s == PASSWD_OK)
        s = passwd_quantiles_learn(table, each, (int)bins, NULL, KNOTS, &a->allocator, &a->ranks, error);
    passwdi_delete(&a->allocator, table);
    if (s == PASSWD_OK) {
        passwdi_delete(&a->allocator, a->bin);
        a->bin = bin;
    } else passwdi_delete(&a->allocator, bin);
    return s;
}
/* How numbers become scores: from those of the jets that were trained on. */
static passwd_status passwdi_vrnn_learn_score(passwd_vrnn *a, const passwd_events *jets, passwdi_vrnn_jet *jet,
    const passwd_workspace_options *options, passwd_error *error) {
    passwd_vrnn_result *r = (passwd_vrnn_result *)passwdi_new(&a->allocator, (size_t)jets->count, sizeof *r);
    double *rows = (double *)passwdi_new(&a->allocator, passwdi_items(jets->count, 2), sizeof(double));
    passwd_status s = r && rows ? PASSWD_OK
                                : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
                                    "There is not enough memory for the scores of %lld jets.", (long long)jets->count);
    int64_t k, n = 0;
    a->trained = 1;
    a->middle = 1.0;
    if (s == PASSWD_OK) s = passwd_vrnn_run(a, options, jets, 0, jets->count, r, error);
    for (k = 0; s == PASSWD_OK && k < jets->count; k++) {
        if (!r[k].constituents) continue;
        passwdi_vrnn_look(jet, passwd_jet_constituents(jets, k, jet->constituents, PASSWD_MAX_CONSTITUENTS));
        rows[2 * n] = jet->mass;
        rows[2 * n++ + 1] = passwdi_vrnn_value(&a->config, r + k);
    }
    if (s == PASSWD_OK) a->middle = passwdi_vrnn_middle(&a->config, rows, n);
    if (s == PASSWD_OK && a->config.mass_bins) s = passwdi_vrnn_learn_ranks(a, rows, n, error);
    passwdi_delete(&a->allocator, r);
    passwdi_delete(&a->allocator, rows);
    return s;
}
PASSWD_DEF passwd_status passwd_vrnn_train(passwd_vrnn *a, const passwd_events *jets,
    const passwd_train_options *options, passwd_train_report *report, int64_t *skipped, passwd_error *error) {
    if (PASSWDI_NO_JETS) return passwdi_left_out("passwd_vrnn_train", "PASSWD_NO_JETS", error);
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_vrnn_train", "PASSWD_NO_TRAINING", error);
    passwd_workspace_options wo;
    passwd_train_options o;
    passwd_batch b;
    passwd_status s, mapped;
    const float *inputs[2];
    float *x, *beside, *block;
    int32_t *objects;
    size_t row, side;
    int64_t good = 0, k, n;
    int kept = 0;
    passwd_train_report r;
    passwd_json_writer json;
    passwd_vrnn before;
    passwdi_vrnn_jet *jet;
    if (!a || !jets)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_vrnn_train: the network or the jets are NULL.");
    s = passwdi_events_check(jets, 0, jets->count, error);
    if (s != PASSWD_OK) return s;
    before = *a;
    jet = (passwdi_vrnn_jet *)passwdi_new(&a->allocator, 1, sizeof *jet);
    s = jet ? passwdi_vrnn_learn_map(a, jets, jet, &good, error)
            : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld jets.",
                (long long)jets->count);
    if (s != PASSWD_OK) {
        passwdi_delete(&a->allocator, jet);
        return s;
    }
    memset(&r, 0, sizeof r);
    memset(&b, 0, sizeof b);
    memset(&o, 0, sizeof o);
    memset(&wo, 0, sizeof wo);
    if (options) {
        o.threads = options->threads;
        o.simd = options->simd;
        o.seed = options->seed;
        o.checkpoint = options->checkpoint;
        o.progress = options->progress;
        o.user = options->user;
        o.ranks = options->ranks;
    }
    o.epochs = a->config.epochs;
    o.batch = a->config.batch;
    o.patience = a->config.patience;
    o.schedule = (passwd_schedule)a->config.schedule;
    o.rate = a->config.rate;
    o.warmup = a->config.warmup;
    o.weight_decay = a->config.weight_decay;
    o.clip = a->config.clip;
    o.validation = a->config.validation;
    wo.threads = o.threads;
    wo.simd = o.simd;
    row = (size_t)a->config.constituents * PASSWD_VRNN_FEATURES;
    side = (size_t)a->config.constituents * PASSWDI_VRNN_BESIDE;
    x = (float *)passwdi_new(&a->allocator, passwdi_items(jets->count, (int64_t)row), sizeof(float));
    beside = (float *)passwdi_new(&a->allocator, passwdi_items(jets->count, (int64_t)side), sizeof(float));
    objects = (int32_t *)passwdi_new(&a->allocator, (size_t)jets->count, sizeof(int32_t));
    block = (float *)passwdi_new(&a->allocator, a->model->floats, sizeof(float));
    if (block) memcpy(block, a->model->block, a->model->floats * sizeof(float));
    if (!x || !beside || !objects || !block)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to train on %lld jets.",
            (long long)jets->count);
    else {
        passwdi_vrnn_inputs(a, jets, 0, jets->count, 0, jet, x, beside, objects);
        for (k = n = 0; k < jets->count; k++)
            if (objects[k]) { /* jets that cannot be read are skipped */
                memmove(x + (size_t)n * row, x + (size_t)k * row, row * sizeof(float));
                memmove(beside + (size_t)n * side, beside + (size_t)k * side, side * sizeof(float));
                objects[n++] = objects[k];
            }
        inputs[0] = x;
        inputs[1] = beside;
        b.events = good;
        b.inputs = inputs;
        b.objects = objects;
        passwd_json_writer_init(&json, &a->allocator);
        s = passwdi_settings_text(
            passwdi_vrnn_settings, PASSWDI_VRNN_SETTINGS, &a->config, "passwd-vrnn-1", &json, &o.configuration, error);
        if (s == PASSWD_OK) s = passwd_train(a->model, &b, &o, &r, error);
        passwd_json_writer_free(&json);
        kept = s == PASSWD_OK || s == PASSWD_STOPPED || s == PASSWD_ERROR_NUMERIC || r.best_epoch > 0;
        if (kept) {
            mapped = passwdi_vrnn_learn_score(a, jets, jet, &wo, error);
            if (mapped != PASSWD_OK) {
                s = mapped;
                kept = 0;
            }
        }
    }
    if (report) *report = r;
    if (kept) {
        if (skipped && s != PASSWD_ERROR_NUMERIC) *skipped = jets->count - good;
    } else { /* rolls back */
        if (block) passwd_set_parameters(a->model, block, NULL);
        *a = before;
    }
    passwdi_delete(&a->allocator, x);
    passwdi_delete(&a->allocator, beside);
    passwdi_delete(&a->allocator, objects);
    passwdi_delete(&a->allocator, jet);
    passwdi_delete(&a->allocator, block);
    return s;
}
PASSWDI_SELDOM_END
/* ------------------------------------------------------------------------------------------------------------------
   Background by reweighting
   --------------------------------------------------------------------------------------------------------------- */
#define PASSWDI_REWEIGHT_ROWS 20       /* of a sample, at least */
#define PASSWDI_REWEIGHT_CALIBRATION 3 /* numbers per network: slope and offset of its logit, and the norm */

struct passwd_reweight {
    passwd_allocator allocator;
    passwd_reweight_config config;
    passwd_quantiles quantiles;
    passwd_model *model; /* all networks side by side, "x" (features) to "logits" (networks) */
    double *calibration; /* [networks][PASSWDI_REWEIGHT_CALIBRATION] */
};

static const passwdi_setting passwdi_reweight_settings[] = {
    { "layers", offsetof(passwd_reweight_config, layers), 'i', 0, 10 },
    { "nodes", offsetof(passwd_reweight_config, nodes), 'i', 1, 512 },
    { "linear", offsetof(passwd_reweight_config, linear), 'i', 0, 1 },
    { "networks", offsetof(passwd_reweight_config, networks), 'i', 1, 200 },
    { "epochs", offsetof(passwd_reweight_config, epochs), 'i', 1, 100000 },
    { "batch", offsetof(passwd_reweight_config, batch), 'i', 1, 1048576 },
    { "patience", offsetof(passwd_reweight_config, patience), 'i', 0, 100000 },
    { "rate", offsetof(passwd_reweight_config, rate), 'f', 1e-6, 1.0 },
    { "weight_decay", offsetof(passwd_reweight_config, weight_decay), 'f', 0.0, 100.0 },
    { "validation", offsetof(passwd_reweight_config, validation), 'f', 0.0, 0.9 },
    { "limit", offsetof(passwd_reweight_config, limit), 'f', 0.01, 50.0 },
    { "knots", offsetof(passwd_reweight_config, knots), 'i', 2, 100000 },
};
#define PASSWDI_REWEIGHT_SETTINGS (sizeof passwdi_reweight_settings / sizeof *passwdi_reweight_settings)

PASSWDI_SELDOM
PASSWD_DEF void passwd_reweight_defaults(passwd_reweight_config *config) {
    if (!config) return;
    memset(config, 0, sizeof *config);
    config->layers = 3;
    config->nodes = 20;
    config->linear = 1;
    config->networks = 10;
    config->epochs = 100;
    config->batch = 256;
    config->patience = 10;
    config->rate = 2e-3f;
    config->weight_decay = 0.1f;
    config->validation = 0.2f;
    config->limit = 5.0f;
    config->knots = 1001;
    config->seed = 1;
}

/* --- the networks --- */
/* One network: smooth activations, since densities and their ratio are smooth; one logit. */
static passwd_value passwdi_reweight_network(
    passwd_model *m, const passwd_reweight_config *c, passwd_value x, int network) {
    char name[48];
    int k;
    for (k = 0; k <= c->layers; k++) {
        snprintf(name, sizeof name, "network.%d.%d", network, k);
        x = passwd_linear(m, x, k < c->layers ? c->nodes : 1, 1, name);
        if (k < c->layers) x = passwd_activate(m, x, PASSWD_ACTIVATE_SILU, 0.0f, 0.0f);
    }
    return x;
}
static passwd_value passwdi_reweight_line(passwd_model *m, passwd_value x, int network) {
    char name[48];
    snprintf(name, sizeof name, "network.%d.linear", network);
    return passwd_linear(m, x, 1, 1, name);
}
/* For training: softmax of (-z/2, z/2) is the logistic function of z, so that one logit serves passwd_cross_entropy.
   The regression's logit is an input, since it does not change any more. */
static passwd_status passwdi_reweight_record_one(
    passwd_model *m, const passwd_reweight_config *c, int features, int network, uint64_t seed, passwd_error *error) {
    const passwd_value x = passwd_input_event(m, "x", 1, features), label = passwd_input_event(m, "label", 1, 1);
    passwd_value half[2], z = passwdi_reweight_network(m, c, x, network);
    if (c->linear) z = passwd_add(m, z, passwd_input_event(m, "line", 1, 1));
    half[0] = passwd_activate(m, z, PASSWD_ACTIVATE_AFFINE, -0.5f, 0.0f);
    half[1] = passwd_activate(m, z, PASSWD_ACTIVATE_AFFINE, 0.5f, 0.0f);
    passwd_loss(m, passwd_cross_entropy(m, passwd_concat(m, half, 2), label, 0), 1.0f, "cross-entropy");
    return passwd_model_build(m, seed, error);
}
/* For use: all of them. */
static passwd_status passwdi_reweight_record_all(passwd_reweight *r, int features, passwd_error *error) {
    const int networks = r->config.networks;
    passwd_value *z, x;
    passwd_status s = passwd_model_new(&r->allocator, &r->model, error);
    int n;
    if (s != PASSWD_OK) return s;
    z = (passwd_value *)passwdi_new(&r->allocator, (size_t)networks, sizeof *z);
    if (!z)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %d networks.", networks);
    x = passwd_input_event(r->model, "x", 1, features);
    for (n = 0; n < networks; n++) {
        const passwd_value line = r->config.linear ? passwdi_reweight_line(r->model, x, n) : PASSWD_NONE;
        const passwd_value net = r->config.layers ? passwdi_reweight_network(r->model, &r->config, x, n) : PASSWD_NONE;
        z[n] = line == PASSWD_NONE ? net : net == PASSWD_NONE ? line : passwd_add(r->model, net, line);
    }
    passwd_output(r->model, passwd_concat(r->model, z, networks), "logits");
    passwdi_delete(&r->allocator, z);
    return passwd_model_build(r->model, 0, error);
}
PASSWD_DEF void passwd_reweight_free(passwd_reweight *r) {
    passwd_allocator a;
    if (!r) return;
    a = r->allocator;
    passwd_model_free(r->model);
    passwd_quantiles_free(&r->quantiles);
    passwdi_delete(&a, r->calibration);
    passwdi_delete(&a, r);
}
static passwd_reweight *passwdi_reweight_new(const passwd_reweight_config *c, const passwd_allocator *allocator) {
    passwd_reweight *r = (passwd_reweight *)passwdi_new(allocator, 1, sizeof *r);
    if (!r) return NULL;
    if (allocator) r->allocator = *allocator;
    r->config = *c;
    r->calibration =
        (double *)passwdi_new(allocator, (size_t)c->networks, PASSWDI_REWEIGHT_CALIBRATION * sizeof(double));
    if (!r->calibration) {
        passwd_reweight_free(r);
        return NULL;
    }
    return r;
}
PASSWDI_SELDOM_END

/* A row as the networks read it. Networks know nothing far outside their training samples: values are clipped at 8
   widths. */
static void passwdi_reweight_encode(const passwd_quantiles *q, const double *row, float *x) {
    int k;
    for (k = 0; k < q->features; k++) {
        const double v = passwd_quantiles_map(q, k, row[k]);
        x[k] = (float)(v > 8.0 ? 8.0 : v < -8.0 ? -8.0 : v);
    }
}
/* The logarithm of p_to / p_from by one network, and its share of the background. */
static double passwdi_reweight_log(const passwd_reweight *r, int network, float z) {
    const double *c = r->calibration + network * PASSWDI_REWEIGHT_CALIBRATION, limit = (double)r->config.limit,
                 v = c[0] * (double)z + c[1];
    return v > limit ? limit : v < -limit ? -limit : v;
}
static double passwdi_reweight_weight(const passwd_reweight *r, int network, float z) {
    return r->calibration[network * PASSWDI_REWEIGHT_CALIBRATION + 2] * exp(passwdi_reweight_log(r, network, z));
}

/* --- learning --- */
/* Solves in place: chi2 = d C^-1 d for a symmetric positive C (n x n, the lower half is read), by C = L L^T; -1 where C
   is not positive. */
static double passwdi_chi2_of(double *c, double *d, int n) {
    double chi2 = 0.0;
    int i, j, k;
    for (i = 0; i < n; i++) {
        for (j = 0; j <= i; j++) {
            double sum = c[i * n + j];
            for (k = 0; k < j; k++) sum -= c[i * n + k] * c[j * n + k];
            if (j < i) c[i * n + j] = sum / c[j * n + j];
            else if (!(sum > 0.0)) return -1.0;
            else c[i * n + i] = sqrt(sum);
        }
        for (k = 0; k < i; k++) d[i] -= c[i * n + k] * d[k];
        d[i] /= c[i * n + i];
        chi2 += d[i] * d[i];
    }
    return chi2;
}
typedef struct passwdi_reweight_task {
    passwd_reweight *r;
    const passwd_table *sample[2]; /* from, to */
    const passwd_train_options *options;
    int64_t rows;                          /* of both, those of `from` first */
    float *x;                              /* rows x features, encoded */
    float *bag_x, *bag_label, *bag_weight; /* of a bootstrap sample */
    float *bag_line;                       /* the regression's logit there */
    float *parameters;                     /* of all networks, as r->model has them */
    float *z;                              /* rows x networks */
    int network;                           /* in training */
    int64_t steps;                         /* maximum of a training */
} passwdi_reweight_task;

static int passwdi_reweight_label(const passwdi_reweight_task *t, int64_t row) { return row >= t->sample[0]->count; }
static double passwdi_reweight_given(const passwdi_reweight_task *t, int64_t row) {
    const int to = passwdi_reweight_label(t, row);
    return t->sample[to]->weight ? t->sample[to]->weight[row - (to ? t->sample[0]->count : 0)] : 1.0;
}
/* The number of copies of a row in a network's bootstrap sample: a Poisson number of mean 1. */
static int passwdi_reweight_times(const passwdi_reweight_task *t, int network, int64_t row) {
    double u = passwd_random_uniform(t->r->config.seed, (uint32_t)network, (uint32_t)row), p = exp(-1.0);
    int k = 0;
    for (; u > p && k < 20; p /= k) {
        u -= p;
        k++;
    }
    return k;
}
static uint64_t passwdi_reweight_seed(uint64_t seed, int network) {
    return (uint64_t)passwd_random_bits(seed, 1000000u, (uint32_t)network) << 32
        | passwd_random_bits(seed, 1000001u, (uint32_t)network);
}

PASSWDI_SELDOM
static passwd_status passwdi_reweight_check_sample(
    const passwd_table *t, const char *which, int features, const char *const *names, passwd_error *error) {
    double sum = 0.0;
    int64_t i;
    int k;
    if (!t || !t->rows)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_reweight_learn: the sample \"%s\" is NULL.", which);
    if (t->count < PASSWDI_REWEIGHT_ROWS)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "The sample \"%s\" has %lld rows; a reweighting needs at least %d in each.", which, (long long)t->count,
            PASSWDI_REWEIGHT_ROWS);
    if (t->count > 1000000000)
        return passwdi_fail(error, PASSWD_ERROR_UNSUPPORTED, 0, 0,
            "The sample \"%s\" has %lld rows; the maximum is a thousand million.", which, (long long)t->count);
    for (i = 0; i < t->count; i++) {
        const double w = t->weight ? t->weight[i] : 1.0;
        for (k = 0; k < features; k++) {
            const double v = t->rows[i * features + k];
            if (v - v == 0.0) continue;
            if (names && names[k])
                return passwdi_fail(error, PASSWD_ERROR_NUMERIC, i + 1, k + 1,
                    "Column \"%.60s\" of row %lld of the sample \"%s\" is not finite.", names[k], (long long)(i + 1),
                    which);
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, i + 1, k + 1,
                "Column %d of row %lld of the sample \"%s\" is not finite.", k + 1, (long long)(i + 1), which);
        }
        if (!(w >= 0.0 && w - w == 0.0))
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, i + 1, 0,
                "The weight of row %lld of the sample \"%s\" is %g; it must not be negative.", (long long)(i + 1),
                which, w);
        sum += w;
    }
    if (!(sum > 0.0 && sum - sum == 0.0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The weights of the sample \"%s\" sum to %g; their sum must be positive.", which, sum);
    return PASSWD_OK;
}
/* Quantiles of both samples together, and their rows encoded with them. */
static passwd_status passwdi_reweight_encode_samples(
    passwdi_reweight_task *t, int features, const char *const *names, passwd_error *error) {
    const passwd_allocator *a = &t->r->allocator;
    const size_t width = (size_t)features, first = (size_t)t->sample[0]->count * width,
                 second = (size_t)t->sample[1]->count * width;
    double *both = (double *)passwdi_new(a, (size_t)t->rows, width * sizeof *both);
    passwd_status s;
    int64_t i;
    if (!both)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld rows of %d columns.",
            (long long)t->rows, features);
    memcpy(both, t->sample[0]->rows, first * sizeof *both);
    memcpy(both + first, t->sample[1]->rows, second * sizeof *both);
    s = passwd_quantiles_learn(both, t->rows, features, names, t->r->config.knots, a, &t->r->quantiles, error);
    for (i = 0; s == PASSWD_OK && i < t->rows; i++)
        passwdi_reweight_encode(&t->r->quantiles, both + i * features, t->x + i * features);
    passwdi_delete(a, both);
    return s;
}
/* A network's bootstrap sample, or the rows that it leaves out, written from row `at` on: with their weights, those of
   either sample summing to the same. Returns where it ends, 0 where one of the samples has no weight. */
static int64_t passwdi_reweight_bag(passwdi_reweight_task *t, int network, int left_out, int64_t at) {
    const size_t features = (size_t)t->r->quantiles.features;
    double sum[2] = { 0.0, 0.0 };
    int64_t i;
    int turn;
    for (turn = 0; turn < 2; turn++)
        for (i = 0; i < t->rows; i++) {
            const int label = passwdi_reweight_label(t, i), times = passwdi_reweight_times(t, network, i);
            const double w = (left_out ? !times : times) * passwdi_reweight_given(t, i);
            if (!turn) sum[label] += w;
            if (!turn || !(w / sum[label] > 0.0)) continue;
            memcpy(t->bag_x + (size_t)at * features, t->x + (size_t)i * features, features * sizeof(float));
            t->bag_label[at] = (float)label;
            t->bag_weight[at++] = (float)(w / sum[label] * (double)t->rows);
        }
    return sum[0] > 0.0 && sum[1] > 0.0 ? at : 0;
}
/* One step of Newton's method for the logistic regression of a bootstrap sample of `rows`: its loss at `at` (slopes,
   then the offset; Gaussians of width 1 about 0 keep what separates the samples finite), and where to go next. */
static double passwdi_reweight_newton(
    const passwdi_reweight_task *t, int64_t rows, const double *at, double *step, double *second) {
    const int features = t->r->quantiles.features, n = features + 1;
    double loss = 0.0;
    int64_t i;
    int j, k;
    for (k = 0; k < n * n; k++) second[k] = 0.0;
    for (k = 0; k < n; k++) {
        loss += 0.5 * at[k] * at[k];
        step[k] = -at[k];
        second[k * n + k] = 1.0;
    }
    for (i = 0; i < rows; i++) {
        const float *x = t->bag_x + i * features;
        const double w = (double)t->bag_weight[i], label = (double)t->bag_label[i];
        double y = at[features], e, p;
        for (k = 0; k < features; k++) y += at[k] * (double)x[k];
        e = exp(-fabs(y));
        p = y > 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
        loss += w * (log1p(e) + (label > 0.5 ? (y < 0.0 ? -y : 0.0) : (y > 0.0 ? y : 0.0)));
        for (j = 0; j < n; j++) {
            const double v = j < features ? (double)x[j] : 1.0;
            step[j] += w * (label - p) * v;
            for (k = 0; k <= j; k++) second[j * n + k] += w * p * (1.0 - p) * v * (k < features ? (double)x[k] : 1.0);
        }
    }
    passwdi_chi2_of(second, step, n); /* L^-1 of the gradient; and back */
    for (j = n; j-- > 0;) {
        for (k = j + 1; k < n; k++) step[j] -= second[k * n + j] * step[k];
        step[j] /= second[j * n + j];
    }
    return loss;
}
/* Where a network's regression stands among all parameters. */
static void passwdi_reweight_line_of(
    const passwd_reweight *r, int network, float *parameters, float **slope, float **offset) {
    char name[48];
    snprintf(name, sizeof name, "network.%d.linear.weight", network);
    *slope = parameters + passwd_parameter_find(r->model, name)->offset;
    snprintf(name, sizeof name, "network.%d.linear.bias", network);
    *offset = parameters + passwd_parameter_find(r->model, name)->offset;
}
/* The regression of a network's bootstrap sample, `rows` of `all`, into its parameters; the logits of all into
 * bag_line. */
static passwd_status passwdi_reweight_regress(
    passwdi_reweight_task *t, int network, int64_t rows, int64_t all, passwd_error *error) {
    const passwd_allocator *a = &t->r->allocator;
    const int features = t->r->quantiles.features, n = features + 1;
    double *at = (double *)passwdi_new(a, (size_t)n, (size_t)(n + 4) * sizeof *at), *next = at + n, *step = next + n,
           *fresh = step + n, best = (double)INFINITY, size = 1.0;
    float *slope, *offset;
    int64_t i;
    int k, turn;
    if (!at)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a regression in %d columns.", features);
    for (turn = 0; turn < 100 && size > 1e-9; turn++) { /* a step is halved where it goes too far */
        double loss;
        for (k = 0; k < n; k++) next[k] = at[k] + step[k];
        loss = passwdi_reweight_newton(t, rows, next, fresh, fresh + n);
        for (size = 0.0, k = 0; k < n; k++) {
            if (loss < best) at[k] = next[k];
            step[k] = loss < best ? fresh[k] : 0.5 * step[k];
            size += fabs(step[k]);
        }
        if (loss < best) best = loss;
    }
    passwdi_reweight_line_of(t->r, network, t->parameters, &slope, &offset);
    for (k = 0; k < features; k++) slope[k] = (float)at[k];
    *offset = (float)at[features];
    for (i = 0; i < all; i++) {
        double y = at[features];
        for (k = 0; k < features; k++) y += at[k] * (double)t->bag_x[i * features + k];
        t->bag_line[i] = (float)y;
    }
    passwdi_delete(a, at);
    return PASSWD_OK;
}
static int passwdi_reweight_progress(void *user, const passwd_progress *progress) {
    const passwdi_reweight_task *t = (const passwdi_reweight_task *)user;
    const int networks = t->r->config.networks;
    passwd_progress p = *progress;
    p.step += t->network * t->steps;
    p.steps = networks * t->steps;
    p.epoch += t->network * t->r->config.epochs;
    p.epochs = networks * t->r->config.epochs;
    return t->options->progress(t->options->user, &p);
}
static void passwdi_reweight_options(passwdi_reweight_task *t, passwd_train_options *o) {
    const passwd_reweight_config *c = &t->r->config;
    const double rows = (1.0 - exp(-1.0)) * (c->linear ? 1.0 : 1.0 - (double)c->validation)
        * (double)t->rows; /* of a bootstrap sample, that are trained on */
    memset(o, 0, sizeof *o);
    t->steps = c->epochs * (rows > c->batch ? (int64_t)(rows / c->batch) : 1);
    o->epochs = c->epochs;
    o->steps = t->steps;
    o->batch = c->batch;
    o->seed = passwdi_reweight_seed(c->seed, t->network);
    o->rate = c->rate;
    o->schedule = PASSWD_SCHEDULE_CONSTANT;
    o->weight_decay = c->weight_decay;
    o->validation = c->validation;
    o->patience = c->patience;
    if (!t->options) return;
    o->threads = t->options->threads;
    o->simd = t->options->simd;
    if (t->options->progress) {
        o->progress = passwdi_reweight_progress;
        o->user = t;
    }
}
/* A network's last layer: its weights and its bias, in the model m; times f. */
static void passwdi_reweight_scale(
    const passwd_model *m, const passwd_reweight_config *c, int network, float *parameters, float f) {
    static const char *const kind[2] = { "weight", "bias" };
    char name[48];
    size_t i;
    int k;
    for (k = 0; k < 2; k++) {
        const passwd_parameter *p;
        snprintf(name, sizeof name, "network.%d.%d.%s", network, c->layers, kind[k]);
        p = passwd_parameter_find(m, name);
        for (i = 0; i < p->count; i++) parameters[p->offset + i] *= f;
    }
}
/* The network begins as nothing, which is what is added to the regression. */
static passwd_status passwdi_reweight_from_line(
    passwd_model *m, const passwd_reweight_config *c, int network, passwd_error *error) {
    const size_t floats = passwd_parameter_floats(m);
    passwd_status s;
    float *values = (float *)passwdi_new(&m->allocator, floats, sizeof(float));
    if (!values)
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for network %d.", network + 1);
    memcpy(values, passwd_parameters(m), floats * sizeof(float));
    passwdi_reweight_scale(m, c, network, values, 0.0f);
    s = passwd_set_parameters(m, values, error);
    passwdi_delete(&m->allocator, values);
    return s;
}
static passwd_status passwdi_reweight_train(passwdi_reweight_task *t, int network, passwd_error *error) {
    const passwd_reweight *r = t->r;
    const float *inputs[3];
    passwd_train_options o;
    passwd_batch b;
    passwd_model *m = NULL;
    passwd_status s = PASSWD_OK;
    int64_t rows;
    int k;
    t->network = network;
    passwdi_reweight_options(t, &o);
    memset(&b, 0, sizeof b);
    inputs[0] = t->bag_x;
    inputs[1] = t->bag_label;
    inputs[2] = t->bag_line;
    b.inputs = inputs;
    b.weights = t->bag_weight;
    b.events = rows = passwdi_reweight_bag(t, network, 0, 0);
    if (!rows)
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "A bootstrap sample has no weight at all: nearly all weight of a sample stands in a few rows.");
    if (r->config.linear) { /* where one sample has no weight left out, training ends with its epochs */
        const int64_t all = passwdi_reweight_bag(t, network, 1, rows);
        o.validation = 0.0f;
        if (all > rows) b.events = all;
        o.validation_last = b.events - rows;
        s = passwdi_reweight_regress(t, network, rows, b.events, error);
    }
    if (s != PASSWD_OK || !r->config.layers) return s;
    s = passwd_model_new(&r->allocator, &m, error);
    if (s == PASSWD_OK) s = passwdi_reweight_record_one(m, &r->config, r->quantiles.features, network, o.seed, error);
    if (s == PASSWD_OK && r->config.linear) s = passwdi_reweight_from_line(m, &r->config, network, error);
    if (s == PASSWD_OK) s = passwd_train(m, &b, &o, NULL, error);
    if (s == PASSWD_STOPPED)
        passwdi_fail(error, s, 0, 0, "The reweighting was stopped during the training of network %d of %d.",
            network + 1, r->config.networks);
    for (k = 0; s == PASSWD_OK && k < passwd_parameter_count(m); k++) {
        const passwd_parameter *from = passwd_parameter_at(m, k), *to = passwd_parameter_find(r->model, from->name);
        memcpy(t->parameters + to->offset, passwd_parameters(m) + from->offset, from->count * sizeof(float));
    }
    passwd_model_free(m);
    return s;
}
static passwd_status passwdi_reweight_logits(
    const passwd_reweight *r, passwd_workspace *w, const float *x, int64_t count, float *z, passwd_error *error) {
    passwd_batch b;
    passwd_status s;
    int64_t i;
    memset(&b, 0, sizeof b);
    b.events = count;
    b.inputs = &x;
    s = passwd_run(r->model, w, &b, &z, error);
    for (i = 0; s == PASSWD_OK && i < count * r->config.networks; i++)
        if (!(z[i] == z[i])) /* parameters of absurd size */
            s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, i / r->config.networks + 1, 0,
                "Network %d gives no finite result for row %lld.", (int)(i % r->config.networks) + 1,
                (long long)(i / r->config.networks + 1));
    return s;
}

/* Factors of the rows of either sample which the network's bootstrap left out, so that both weigh the same, and
   together as many equal rows as would know as much. 0: one of them has none. */
static int passwdi_reweight_left_out(const passwdi_reweight_task *t, int network, double v[2]) {
    double sum[2] = { 0.0, 0.0 }, square[2] = { 0.0, 0.0 }, rows;
    int64_t i;
    int k;
    for (i = 0; i < t->rows; i++)
        if (passwdi_reweight_times(t, network, i) == 0) {
            const double w = passwdi_reweight_given(t, i);
            sum[passwdi_reweight_label(t, i)] += w;
            square[passwdi_reweight_label(t, i)] += w * w;
        }
    if (!(sum[0] > 0.0 && sum[1] > 0.0)) return 0;
    rows = 4.0 / (square[0] / (sum[0] * sum[0]) + square[1] / (sum[1] * sum[1]));
    for (k = 0; k < 2; k++) v[k] = 0.5 * rows / sum[k];
    return 1;
}
/* The share, 0 to 1, of a network's own part (t->z without the regression's) that the rows left out like best: where
   the logistic loss, with a Gaussian of width 1 about 0, has no slope. */
static double passwdi_reweight_share(const passwdi_reweight_task *t, int network) {
    const int networks = t->r->config.networks;
    double v[2], low = 0.0, high = 1.0;
    int64_t i;
    int turn;
    if (!passwdi_reweight_left_out(t, network, v)) return 0.0;
    for (turn = 0; turn < 20; turn++) {
        const double share = 0.5 * (low + high);
        double slope = share;
        for (i = 0; i < t->rows; i++)
            if (passwdi_reweight_times(t, network, i) == 0) {
                const int label = passwdi_reweight_label(t, i);
                const double line = (double)t->bag_line[i], net = (double)t->z[i * networks + network] - line;
                slope += v[label] * passwdi_reweight_given(t, i) * net
                    * (1.0 / (1.0 + exp(-line - share * net)) - (double)label);
            }
        if (slope > 0.0) high = share;
        else low = share;
    }
    return 0.5 * (low + high);
}
/* Every network's own part times its share. */
static void passwdi_reweight_shrink(passwdi_reweight_task *t) {
    const passwd_reweight *r = t->r;
    const int features = r->quantiles.features;
    int64_t i;
    int n, k;
    for (n = 0; n < r->config.networks; n++) {
        float *slope, *offset;
        passwdi_reweight_line_of(r, n, t->parameters, &slope, &offset);
        for (i = 0; i < t->rows; i++) {
            double y = (double)*offset;
            for (k = 0; k < features; k++) y += (double)slope[k] * (double)t->x[i * features + k];
            t->bag_line[i] = (float)y;
        }
        passwdi_reweight_scale(r->model, &r->config, n, t->parameters, (float)passwdi_reweight_share(t, n));
    }
}

/* The logistic loss of a z + b on the rows that the network's bootstrap left out, those of sample k with v[k] times
   their own weight; its gradient (2) and second derivatives (aa, ab, bb). A Gaussian of width 1 about a = 1, b = 0 is
   added: it yields to a few dozen rows that know better, and keeps a and b where logits say nothing, or separate the
   samples. */
static double passwdi_reweight_logistic(const passwdi_reweight_task *t, int network, const double v[2],
    const double at[2], double gradient[2], double second[3]) {
    const int networks = t->r->config.networks;
    double loss = 0.5 * ((at[0] - 1.0) * (at[0] - 1.0) + at[1] * at[1]);
    int64_t i;
    gradient[0] = at[0] - 1.0;
    gradient[1] = at[1];
    second[0] = second[2] = 1.0;
    second[1] = 0.0;
    for (i = 0; i < t->rows; i++)
        if (passwdi_reweight_times(t, network, i) == 0) {
            const int label = passwdi_reweight_label(t, i);
            const double x = (double)t->z[i * networks + network], y = at[0] * x + at[1],
                         w = v[label] * passwdi_reweight_given(t, i);
            const double e = exp(-fabs(y)), p = y > 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e), d = w * (p - label),
                         h = w * e / ((1.0 + e) * (1.0 + e));
            loss += w * (log1p(e) + (label ? (y < 0.0 ? -y : 0.0) : (y > 0.0 ? y : 0.0)));
            gradient[0] += d * x;
            gradient[1] += d;
            second[0] += h * x * x;
            second[1] += h * x;
            second[2] += h;
        }
    return loss;
}
/* Newton's method, with the step halved if it goes too far (the loss is convex). */
static void passwdi_reweight_calibrate(const passwdi_reweight_task *t, int network) {
    double *c = t->r->calibration + network * PASSWDI_REWEIGHT_CALIBRATION, best = (double)INFINITY, v[2], at[2],
           step[2] = { 0.0, 0.0 }, g[2], h[3];
    int k, turn;
    c[0] = 1.0;
    c[1] = 0.0;
    if (!passwdi_reweight_left_out(t, network, v)) return;
    for (turn = 0; turn < 50; turn++) {
        double loss;
        for (k = 0; k < 2; k++) at[k] = c[k] + step[k];
        loss = passwdi_reweight_logistic(t, network, v, at, g, h);
        if (loss < best) {
            const double determinant = h[0] * h[2] - h[1] * h[1];
            best = loss;
            for (k = 0; k < 2; k++) c[k] = at[k];
            step[0] = -(h[2] * g[0] - h[1] * g[1]) / determinant;
            step[1] = -(h[0] * g[1] - h[1] * g[0]) / determinant;
        } else
            for (k = 0; k < 2; k++) step[k] *= 0.5;
        if (!(fabs(step[0]) + fabs(step[1]) > 1e-9)) break;
    }
    c[0] = c[0] > 10.0 ? 10.0 : c[0] < 0.1 ? 0.1 : c[0];
}
/* Each network's norm is its bootstrap sample's, so that their spread includes the norm's uncertainty; then one factor
   for all. */
static passwd_status passwdi_reweight_normalise(const passwdi_reweight_task *t, passwd_error *error) {
    const passwd_reweight *r = t->r;
    const int networks = r->config.networks;
    double sum = 0.0, wanted = 0.0;
    int64_t i;
    int n;
    for (n = 0; n < networks; n++) {
        double mine[2] = { 0.0, 0.0 }, *norm = r->calibration + n * PASSWDI_REWEIGHT_CALIBRATION + 2;
        *norm = 1.0;
        for (i = 0; i < t->rows; i++) {
            const int label = passwdi_reweight_label(t, i), times = passwdi_reweight_times(t, n, i);
            if (times)
                mine[label] += times * passwdi_reweight_given(t, i)
                    * (label ? 1.0 : passwdi_reweight_weight(r, n, t->z[i * networks + n]));
        }
        *norm = mine[1] / mine[0];
        for (i = 0; i < t->sample[0]->count; i++)
            sum += passwdi_reweight_given(t, i) * passwdi_reweight_weight(r, n, t->z[i * networks + n]) / networks;
    }
    for (i = t->sample[0]->count; i < t->rows; i++) wanted += passwdi_reweight_given(t, i);
    if (!(wanted / sum > 0.0 && wanted / sum - wanted / sum == 0.0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0, "The weights of the reweighting are not finite.");
    for (n = 0; n < networks; n++) r->calibration[n * PASSWDI_REWEIGHT_CALIBRATION + 2] *= wanted / sum;
    return PASSWD_OK;
}
static passwd_status passwdi_reweight_learn(
    passwdi_reweight_task *t, int features, const char *const *names, passwd_error *error) {
    passwd_reweight *r = t->r;
    const passwd_allocator *a = &r->allocator;
    const size_t rows = (size_t)t->rows, width = (size_t)features * sizeof(float);
    passwd_workspace_options wo;
    passwd_workspace *w = NULL;
    passwd_status s = passwdi_reweight_record_all(r, features, error);
    int n;
    if (s != PASSWD_OK) return s;
    t->x = (float *)passwdi_new(a, rows, width);
    t->bag_x = (float *)passwdi_new(a, rows, width);
    t->bag_label = (float *)passwdi_new(a, rows, sizeof(float));
    t->bag_weight = (float *)passwdi_new(a, rows, sizeof(float));
    t->bag_line = (float *)passwdi_new(a, rows, sizeof(float));
    t->parameters = (float *)passwdi_new(a, passwd_parameter_floats(r->model), sizeof(float));
    t->z = (float *)passwdi_new(a, rows, (size_t)r->config.networks * sizeof(float));
    if (!t->x || !t->bag_x || !t->bag_label || !t->bag_weight || !t->bag_line || !t->parameters || !t->z)
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for a reweighting of %lld rows.", (long long)t->rows);
    s = passwdi_reweight_encode_samples(t, features, names, error);
    for (n = 0; s == PASSWD_OK && n < r->config.networks; n++) s = passwdi_reweight_train(t, n, error);
    if (s != PASSWD_OK) return s;
    memset(&wo, 0, sizeof wo);
    if (t->options) {
        wo.threads = t->options->threads;
        wo.simd = t->options->simd;
    }
    s = passwd_set_parameters(r->model, t->parameters, error);
    if (s == PASSWD_OK) s = passwd_workspace_new(r->model, &wo, &w, error);
    if (s == PASSWD_OK) s = passwdi_reweight_logits(r, w, t->x, t->rows, t->z, error);
    if (s == PASSWD_OK && r->config.linear && r->config.layers) {
        passwdi_reweight_shrink(t);
        s = passwd_set_parameters(r->model, t->parameters, error);
        if (s == PASSWD_OK) s = passwdi_reweight_logits(r, w, t->x, t->rows, t->z, error);
    }
    passwd_workspace_free(w);
    if (s != PASSWD_OK) return s;
    for (n = 0; n < r->config.networks; n++) passwdi_reweight_calibrate(t, n);
    return passwdi_reweight_normalise(t, error);
}
PASSWD_DEF passwd_status passwd_reweight_learn(const passwd_reweight_config *config, const passwd_table *from,
    const passwd_table *to, const passwd_train_options *options, const passwd_allocator *allocator,
    passwd_reweight **reweight, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_reweight_learn", "PASSWD_NO_TRAINING", error);
    const int features = from ? from->features : 0;
    const char *const *names = from ? from->names : NULL;
    passwdi_reweight_task t;
    passwd_status s;
    if (!config || !reweight)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_reweight_learn: config or reweight is NULL.");
    if (features < 1 || features > 1000)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "A reweighting needs 1 to 1000 columns, not %d.", features);
    if (to && to->features != features)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "The sample \"from\" has %d columns, the sample \"to\" %d.", features, to->features);
    s = passwdi_settings_check(passwdi_reweight_settings, PASSWDI_REWEIGHT_SETTINGS, config, error);
    if (s == PASSWD_OK && !config->layers && !config->linear)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0,
            "With layers 0 the regression is all there is to a reweighting: linear must be 1.");
    if (s == PASSWD_OK) s = passwdi_reweight_check_sample(from, "from", features, names, error);
    if (s == PASSWD_OK) s = passwdi_reweight_check_sample(to, "to", features, names, error);
    if (s != PASSWD_OK) return s;
    memset(&t, 0, sizeof t);
    t.sample[0] = from;
    t.sample[1] = to;
    t.options = options;
    t.rows = from->count + to->count;
    t.r = passwdi_reweight_new(config, allocator);
    if (!t.r) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a reweighting.");
    s = passwdi_reweight_learn(&t, features, names, error);
    passwdi_delete(&t.r->allocator, t.x);
    passwdi_delete(&t.r->allocator, t.bag_x);
    passwdi_delete(&t.r->allocator, t.bag_label);
    passwdi_delete(&t.r->allocator, t.bag_weight);
    passwdi_delete(&t.r->allocator, t.bag_line);
    passwdi_delete(&t.r->allocator, t.parameters);
    passwdi_delete(&t.r->allocator, t.z);
    if (s != PASSWD_OK) {
        passwd_reweight_free(t.r);
        return s;
    }
    *reweight = t.r;
    return PASSWD_OK;
}
PASSWDI_SELDOM_END

/* --- use --- */
PASSWD_DEF int passwd_reweight_features(const passwd_reweight *r) { return r ? r->quantiles.features : 0; }
PASSWD_DEF int passwd_reweight_networks(const passwd_reweight *r) { return r ? r->config.networks : 0; }
PASSWD_DEF passwd_status passwd_reweight_run(const passwd_reweight *r, const passwd_workspace_options *options,
    const double *rows, int64_t count, double *weight, double *each, passwd_error *error) {
    enum { BLOCK = 4096 };
    const int features = r ? r->quantiles.features : 0, networks = r ? r->config.networks : 0;
    passwd_workspace *w = NULL;
    passwd_status s;
    float *x, *z;
    int64_t at, i, block;
    int n;
    if (!r || count < 0 || (count > 0 && (!rows || !weight)))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "passwd_reweight_run: reweight, rows or weight is NULL, or count negative.");
    for (i = 0; i < count; i++)
        for (n = 0; n < features; n++)
            if (!(rows[i * features + n] - rows[i * features + n] == 0.0))
                return passwdi_fail(error, PASSWD_ERROR_NUMERIC, i + 1, n + 1, "Column %d of row %lld is not finite.",
                    n + 1, (long long)(i + 1));
    x = (float *)passwdi_new(&r->allocator, BLOCK, (size_t)features * sizeof(float));
    z = (float *)passwdi_new(&r->allocator, BLOCK, (size_t)networks * sizeof(float));
    s = x && z ? passwd_workspace_new(r->model, options, &w, error)
               : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to weight %lld rows.",
                   (long long)count);
    for (at = 0; s == PASSWD_OK && at < count; at += block) {
        block = passwdi_least(BLOCK, count - at);
        for (i = 0; i < block; i++)
            passwdi_reweight_encode(&r->quantiles, rows + (at + i) * features, x + i * features);
        s = passwdi_reweight_logits(r, w, x, block, z, error);
        for (i = 0; s == PASSWD_OK && i < block; i++) {
            double sum = 0.0;
            for (n = 0; n < networks; n++) {
                const double v = passwdi_reweight_weight(r, n, z[i * networks + n]);
                if (each) each[n * count + at + i] = v;
                sum += v;
            }
            weight[at + i] = sum / networks;
        }
        if (s == PASSWD_OK) s = passwdi_watched(options, at + block, count, "rows", error);
    }
    passwd_workspace_free(w);
    passwdi_delete(&r->allocator, x);
    passwdi_delete(&r->allocator, z);
    return s;
}
PASSWDI_SELDOM

/* --- weights files --- */
/* json: holds the text until the file is written. */
static passwd_status passwdi_reweight_write(
    const passwd_reweight *r, passwd_tensor_writer *w, passwd_json_writer *json, const char *key, passwd_error *error) {
    passwd_status s;
    const char *text;
    size_t length;
    int64_t shape[2];
    shape[0] = r->config.networks;
    shape[1] = PASSWDI_REWEIGHT_CALIBRATION;
    passwd_json_begin_object(json);
    passwd_json_key(json, "format");
    passwd_json_write_string(json, "passwd-reweight-1");
    passwdi_settings_write(passwdi_reweight_settings, PASSWDI_REWEIGHT_SETTINGS, &r->config, json);
    passwd_json_key(json, "seed");
    passwd_json_write_int(json, (int64_t)r->config.seed); /* beyond 2^63 negative, and back again */
    passwd_json_end_object(json);
    s = passwd_json_finish(json, &text, &length, error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_metadata(w, key, text, error);
    if (s == PASSWD_OK) s = passwd_model_write(r->model, w, error);
    if (s == PASSWD_OK) s = passwd_quantiles_write(&r->quantiles, w, error);
    if (s == PASSWD_OK)
        s = passwd_tensor_writer_add(w, "map.calibration", PASSWD_DTYPE_F64, 2, shape, r->calibration, error);
    return s;
}
PASSWD_DEF passwd_status passwd_reweight_save(const passwd_reweight *r, const char *path, passwd_error *error) {
    passwd_tensor_writer w;
    passwd_json_writer json;
    passwd_status s;
    if (!r || !path)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_reweight_save: reweight or path is NULL.");
    passwd_tensor_writer_init(&w, &r->allocator);
    passwd_json_writer_init(&json, &r->allocator);
    s = passwdi_reweight_write(r, &w, &json, "config", error);
    if (s == PASSWD_OK) s = passwd_tensor_writer_save(&w, path, error);
    passwd_tensor_writer_free(&w);
    passwd_json_writer_free(&json);
    return s;
}
static passwd_status passwdi_reweight_read_config(const char *text, const char *name, const passwd_allocator *allocator,
    passwd_reweight_config *c, passwd_error *error) {
    passwd_json json;
    passwd_status s = passwd_json_parse(text, strlen(text), name, allocator, &json, error);
    int32_t node;
    if (s != PASSWD_OK) return s;
    passwd_reweight_defaults(c);
    c->linear = 0; /* files from before there was one do not name it */
    node = passwd_json_get(&json, 0, "format");
    if (node < 0 || json.nodes[node].kind != PASSWD_JSON_STRING
        || strcmp(json.nodes[node].text, "passwd-reweight-1") != 0)
        s = passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the weights are not those of a reweighting.", name);
    for (node = json.nodes[0].first; s == PASSWD_OK && node >= 0; node = json.nodes[node].next) {
        const char *key = json.nodes[node].key;
        int64_t seed = 0;
        if (strcmp(key, "format") == 0) continue;
        if (strcmp(key, "seed") != 0) {
            s = passwdi_settings_read(passwdi_reweight_settings, PASSWDI_REWEIGHT_SETTINGS, c, &json, node, error);
            continue;
        }
        s = passwd_json_int(&json, node, &seed, error);
        c->seed = (uint64_t)seed;
    }
    passwd_json_free(&json);
    return s;
}
static passwd_status passwdi_reweight_read_calibration(
    passwd_reweight *r, const passwd_tensor_file *file, const char *name, passwd_error *error) {
    const int64_t count = (int64_t)r->config.networks * PASSWDI_REWEIGHT_CALIBRATION;
    const passwd_tensor *t = passwd_tensor_find(file, "map.calibration");
    passwd_status s;
    int64_t k;
    if (!t || t->count != count)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "%s: tensor \"map.calibration\" is missing, or not for %d networks.", name, r->config.networks);
    s = passwd_tensor_to_double(t, r->calibration, count, error);
    for (k = 0; s == PASSWD_OK && k < count; k++)
        if (!(fabs(r->calibration[k]) < 1e100) || (k % PASSWDI_REWEIGHT_CALIBRATION != 1 && !(r->calibration[k] > 0.0)))
            s = passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
                "%s: tensor \"map.calibration\" holds %g for network %d.", name, r->calibration[k],
                (int)(k / PASSWDI_REWEIGHT_CALIBRATION) + 1);
    return s;
}
static passwd_status passwdi_reweight_read(const passwd_tensor_file *file, const char *key, int score, const char *name,
    const passwd_allocator *allocator, passwd_reweight **read, passwd_error *error) {
    const char *text = passwd_tensor_metadata(file, key);
    passwd_reweight_config c;
    passwd_reweight *r;
    passwd_status s;
    if (!text) return passwdi_fail(error, PASSWD_ERROR_CONFIG, 0, 0, "%s: the metadata have no \"%s\".", name, key);
    s = passwdi_reweight_read_config(text, name, allocator, &c, error);
    if (s != PASSWD_OK) return s;
    if (!c.layers && !c.linear)
        return passwdi_fail(
            error, PASSWD_ERROR_CONFIG, 0, 0, "%s: a reweighting of 0 layers needs its regression.", name);
    r = passwdi_reweight_new(&c, allocator);
    if (!r) return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to read %s.", name);
    s = passwd_quantiles_read(file, name, allocator, &r->quantiles, error);
    if (s == PASSWD_OK) s = passwdi_reweight_record_all(r, r->quantiles.features, error);
    if (s == PASSWD_OK) s = passwdi_model_read(r->model, file, name, score, score, error);
    if (s == PASSWD_OK) s = passwdi_reweight_read_calibration(r, file, name, error);
    if (s != PASSWD_OK) {
        passwd_reweight_free(r);
        return s;
    }
    *read = r;
    return PASSWD_OK;
}
static passwd_status passwdi_reweight_from_file(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, void *user, passwd_error *error) {
    return passwdi_reweight_read(file, "config", 0, name, allocator, (passwd_reweight **)user, error);
}
PASSWD_DEF passwd_status passwd_reweight_load(
    const char *path, const passwd_allocator *allocator, passwd_reweight **reweight, passwd_error *error) {
    if (!path || !reweight)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_reweight_load: path or reweight is NULL.");
    return passwdi_from_weights(path, NULL, 0, NULL, allocator, passwdi_reweight_from_file, (void *)reweight, error);
}
PASSWDI_SELDOM_END

/* --- closure --- */
/* Probability of a chi2 above x with n degrees of freedom: the regularised incomplete gamma function Q(n/2, x/2), from
   Q(1/2, y) = erfc(sqrt y) or Q(1, y) = exp(-y) by Q(a + 1, y) = Q(a, y) + y^a exp(-y) / Gamma(a + 1). All terms are
   positive; their logarithms do not underflow. */
static double passwdi_chi2_tail(double x, int n) {
    const double y = 0.5 * x;
    double a = n % 2 ? 0.5 : 1.0, q, t;
    if (!(y > 0.0)) return 1.0;
    q = n % 2 ? erfc(sqrt(y)) : exp(-y);
    t = n % 2 ? 0.5 * log(y / 0.78539816339744831) - y : log(y) - y; /* Gamma(3/2)^2 = pi / 4 */
    for (; a < 0.5 * n - 0.25; a += 1.0) {
        q += exp(t);
        t += log(y / (a + 1.0));
    }
    return q < 1.0 ? q : 1.0;
}
PASSWDI_SELDOM
/* A weighted sample in bins; [bins] is the whole sample. */
typedef struct passwdi_closure_side {
    double *sum, *square, *rows;
} passwdi_closure_side;
static int passwdi_closure_bin(const double *edges, int bins, double x) { /* -1: outside */
    int low = 0, high = bins;
    if (!(x >= edges[0] && x < edges[bins])) return -1;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (x >= edges[middle]) low = middle;
        else high = middle;
    }
    return low;
}
static passwd_status passwdi_closure_fill(const double *x, const double *weight, const double *each, int networks,
    int64_t count, const double *edges, int bins, const char *which, passwdi_closure_side *side, double *spread,
    passwd_error *error) {
    int64_t i;
    int n, turn;
    for (i = 0; i < count; i++) {
        const double w = weight ? weight[i] : 1.0;
        int finite = x[i] - x[i] == 0.0 && w - w == 0.0;
        for (n = 0; n < networks; n++) finite = finite && each[n * count + i] - each[n * count + i] == 0.0;
        if (!finite)
            return passwdi_fail(error, PASSWD_ERROR_NUMERIC, i + 1, 0,
                "The value or a weight of row %lld of the sample \"%s\" is not finite.", (long long)(i + 1), which);
        for (turn = 0; turn < 2; turn++) {
            const int b = turn ? bins : passwdi_closure_bin(edges, bins, x[i]);
            if (b < 0) continue;
            side->rows[b] += 1.0;
            side->sum[b] += w;
            side->square[b] += w * w;
            for (n = 0; n < networks; n++) spread[n * (bins + 1) + b] += each[n * count + i];
        }
    }
    return PASSWD_OK;
}
/* Each network's bins as deviations from their mean, so that the covariance of two bins is a sum of products. */
static void passwdi_closure_centre(double *spread, int networks, int bins) {
    int n, b;
    for (b = 0; b <= bins; b++) {
        double mean = 0.0;
        for (n = 0; n < networks; n++) mean += spread[n * (bins + 1) + b] / networks;
        for (n = 0; n < networks; n++)
            spread[n * (bins + 1) + b] = (spread[n * (bins + 1) + b] - mean) / sqrt(networks - 1.0);
    }
}
static double passwdi_closure_covariance(const double *spread, int networks, int bins, int a, int b) {
    double sum = 0.0;
    int n;
    for (n = 0; n < networks; n++) sum += spread[n * (bins + 1) + a] * spread[n * (bins + 1) + b];
    return sum;
}
static passwd_status passwdi_closure_evaluate(const passwdi_closure_side *side, const double *spread, int networks,
    int bins, double least, int *used, double *apart, double *matrix, passwd_closure *closure, passwd_error *error) {
    const passwdi_closure_side *from = side, *to = side + 1;
    passwd_closure c;
    int i, j, b;
    memset(&c, 0, sizeof c);
    for (b = 0; b < bins; b++)
        if (from->rows[b] > 0.0 && to->rows[b] > 0.0 && from->rows[b] >= least && to->rows[b] >= least
            && from->square[b] + to->square[b] > 0.0)
            used[c.bins++] = b;
    if (!c.bins)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "None of the %d bins has at least %g rows of both samples: there is nothing to compare.", bins, least);
    if (!(to->sum[bins] > 0.0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The weights of the sample \"to\" sum to %g; their sum must be positive.", to->sum[bins]);
    for (i = 0; i < c.bins; i++) {
        b = used[i];
        apart[i] = from->sum[b] - to->sum[b];
        for (j = 0; j <= i; j++)
            matrix[i * c.bins + j] = passwdi_closure_covariance(spread, networks, bins, b, used[j])
                + (i == j ? from->square[b] + to->square[b] : 0.0);
    }
    for (i = 0; i < c.bins; i++)
        c.chi2_statistical += apart[i] * apart[i] / (from->square[used[i]] + to->square[used[i]]);
    c.p_statistical = passwdi_chi2_tail(c.chi2_statistical, c.bins);
    c.chi2 = passwdi_chi2_of(matrix, apart, c.bins);
    c.p = passwdi_chi2_tail(c.chi2, c.bins);
    c.ratio = from->sum[bins] / to->sum[bins];
    c.ratio_error = sqrt(from->square[bins] + passwdi_closure_covariance(spread, networks, bins, bins, bins)
                        + c.ratio * c.ratio * to->square[bins])
        / to->sum[bins];
    if (!(c.chi2 >= 0.0 && c.chi2 - c.chi2 == 0.0 && c.ratio_error - c.ratio_error == 0.0))
        return passwdi_fail(error, PASSWD_ERROR_NUMERIC, 0, 0,
            "The covariance of the bins cannot be inverted: the weights are too large or too unequal.");
    *closure = c;
    return PASSWD_OK;
}
PASSWD_DEF passwd_status passwd_closure_test(const passwd_closure_input *input, const passwd_allocator *allocator,
    passwd_closure *closure, passwd_error *error) {
    const double *const edges = input ? input->edges : NULL, *const each = input ? input->each : NULL;
    const int64_t from = input ? input->from : 0, to = input ? input->to : 0;
    const int bins = input ? input->bins : 0;
    const double least = input ? input->least : 0.0;
    int networks = input ? input->networks : 0;
    passwdi_closure_side side[2];
    passwd_status s;
    double *room, *at, *spread;
    int *used, k;
    if (!closure || !edges || from < 0 || to < 0 || (from && !input->x_from) || (to && !input->x_to))
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_closure_test: an argument is NULL, or a count is negative.");
    if (bins < 1 || bins > 1000 || networks < 0 || networks > 100000 || !(least == least))
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
            "A closure test needs 1 to 1000 bins, up to 100000 networks and a minimum number of rows, not %d, %d and "
            "%g.",
            bins, networks, least);
    for (k = 0; k <= bins; k++)
        if (!(edges[k] - edges[k] == 0.0) || (k > 0 && !(edges[k] > edges[k - 1])))
            return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0,
                "The edges of the bins must be finite and rise; edge %d is %g.", k + 1, edges[k]);
    if (!each || networks < 2) networks = 0; /* one network has no spread */
    room = (double *)passwdi_new(allocator, (size_t)(bins + 1), ((size_t)(7 + bins) + (size_t)networks) * sizeof *room);
    used = (int *)passwdi_new(allocator, (size_t)bins, sizeof *used);
    s = room && used ? PASSWD_OK
                     : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
                         "There is not enough memory for a closure test of %d bins.", bins);
    if (s == PASSWD_OK) {
        at = room;
        for (k = 0; k < 2; k++, at += 3 * (bins + 1)) {
            side[k].sum = at;
            side[k].square = at + bins + 1;
            side[k].rows = at + 2 * (bins + 1);
        }
        spread = at + (bins + 1) * (bins + 1);
        s = passwdi_closure_fill(
            input->x_from, input->weight, each, networks, from, edges, bins, "from", side, spread, error);
        if (s == PASSWD_OK)
            s = passwdi_closure_fill(
                input->x_to, input->weight_to, NULL, 0, to, edges, bins, "to", side + 1, NULL, error);
        if (networks) passwdi_closure_centre(spread, networks, bins);
        if (s == PASSWD_OK)
            s = passwdi_closure_evaluate(
                side, spread, networks, bins, least, used, at + bins * (bins + 1), at, closure, error);
    }
    passwdi_delete(allocator, room);
    passwdi_delete(allocator, used);
    return s;
}
PASSWDI_SELDOM_END
/* ------------------------------------------------------------------------------------------------------------------
   PASSWD-ABC: a score of the shape at a given mass
   --------------------------------------------------------------------------------------------------------------- */
enum { PASSWDI_OBJECTS = 8, PASSWDI_DECAY = 10 };
static const double passwdi_flat_parts[PASSWDI_CURVES] = { 0.9, 0.5, 0.1, 0.01, 0.001 };

/* --- shapes --- */
static void passwdi_shape_insert(double *largest, int count, double v) { /* into falling numbers */
    int k = count;
    while (--k >= 0 && v > largest[k]) {
        if (k + 1 < count) largest[k + 1] = largest[k];
        largest[k] = v;
    }
}
/* The row of an event of n jets, p4 as the network reads them, x[PASSWDI_SHAPES] without a scale, so that no mass can
   be memorised; returns log m, or NaN if there is none. log pT / m of eight jets (0.01 m for missing ones), jets, H_T /
   E, log H_T / 2m, log M / 2m; of the heavier and the lighter parent four largest energies in its rest frame over its
   mass, jets, pT / m, |rapidity|. Jets and their parents: p, category. */
static double passwdi_shape(const passwd_abc *abc, const passwd_workspace_options *run, const float *p4, int32_t n,
    passwd_p4 *p, signed char *category, double *x) {
    passwd_p4 q[3]; /* the parents, and all */
    passwd_abc_partition one;
    double m, ht = 0.0, own[2];
    float mass[2];
    int i, k, c;
    memset(q, 0, sizeof q);
    memset(&one, 0, sizeof one);
    one.events = 1;
    one.max_objects = n;
    one.p4 = p4;
    one.objects = &n;
    one.category = category;
    one.mass = mass;
    for (k = 0; k < PASSWDI_SHAPES; k++) x[k] = 0.0;
    if (n < 2 || passwd_abc_assign(&abc->config, PASSWD_ABC_EXACT, run, &one, NULL) != PASSWD_OK) return (double)NAN;
    for (i = 0; i < n; i++) {
        p[i].e = (double)p4[4 * i];
        p[i].px = (double)p4[4 * i + 1];
        p[i].py = (double)p4[4 * i + 2];
        p[i].pz = (double)p4[4 * i + 3];
        if (mass[1] > mass[0] && category[i] < 2) category[i] = (signed char)(1 - category[i]);
        if (category[i] < 2) passwdi_p4_add(q + category[i], p + i);
        passwdi_p4_add(q + 2, p + i);
        passwdi_shape_insert(x, 8, passwd_p4_pt(p[i]));
        ht += passwd_p4_pt(p[i]);
    }
    for (c = 0; c < 2; c++) own[c] = passwd_p4_mass(q[c]);
    m = 0.5 * (own[0] + own[1]);
    for (i = 0; i < n; i++)
        if ((c = category[i]) < 2) {
            const double e = p[i].e * q[c].e - p[i].px * q[c].px - p[i].py * q[c].py - p[i].pz * q[c].pz;
            passwdi_shape_insert(x + 12 + 7 * c, 4, fmin(1.0, e / fmax(own[c] * own[c], 1e-9 * m * m)));
            x[16 + 7 * c] += 1.0;
        }
    for (c = 0; c < 2; c++) {
        x[17 + 7 * c] = passwd_p4_pt(q[c]) / m;
        x[18 + 7 * c] = fabs(passwd_p4_rapidity(q[c]));
    }
    for (k = 0; k < 8; k++) x[k] = log(fmax(x[k] / m, 0.01));
    x[PASSWDI_OBJECTS] = n;
    x[9] = ht / q[2].e;
    x[10] = log(ht / (2.0 * m));
    x[11] = log(fmax(passwd_p4_mass(q[2]), m) / (2.0 * m));
    for (k = 0; k < PASSWDI_SHAPES; k++)
        if (!(fabs(x[k]) < 1e30)) return (double)NAN;
    return m > 0.0 ? log(m) : (double)NAN;
}

/* --- decays by phase space --- */
typedef struct passwdi_dice {
    uint64_t seed;
    uint32_t stream, at;
} passwdi_dice;
static double passwdi_throw(passwdi_dice *d) { return passwd_random_uniform(d->seed, d->stream, d->at++); }
/* In any direction, given p and e. */
static passwd_p4 passwdi_throw_p4(passwdi_dice *d, double momentum, double e) {
    const double z = 2.0 * passwdi_throw(d) - 1.0, phi = 2.0 * PASSWDI_JET_PI * passwdi_throw(d),
                 r = momentum * sqrt(1.0 - z * z);
    passwd_p4 p;
    p.e = e;
    p.px = r * cos(phi);
    p.py = r * sin(phi);
    p.pz = momentum * z;
    return p;
}
/* p into the rest frame (way -1) of q, whose mass is m, or out of it (1); times a factor. */
static void passwdi_boost(passwd_p4 *p, const passwd_p4 *q, double m, int way, double factor) {
    const double along = p->px * q->px + p->py * q->py + p->pz * q->pz, by = along / (m * (q->e + m)) + way * p->e / m;
    p->e = factor * (p->e * q->e + way * along) / m;
    p->px = factor * (p->px + by * q->px);
    p->py = factor * (p->py + by * q->py);
    p->pz = factor * (p->pz + by * q->pz);
}
/* A parent q of mass m becomes n massless jets by phase space (RAMBO: Kleiss, Stirling, Ellis, Comput. Phys. Commun. 40
   (1986) 359); cascade: half of the time one and a lighter particle, of any mass, that becomes the others. */
static void passwdi_decay(passwdi_dice *d, int n, const passwd_p4 *q, double m, passwd_p4 *p, int cascade) {
    passwd_p4 sum;
    double made;
    int i;
    memset(&sum, 0, sizeof sum);
    if (cascade && n > 2 && passwdi_throw(d) < 0.5) {
        const double lighter = m * passwdi_throw(d), momentum = 0.5 * (m - lighter * lighter / m);
        p[0] = passwdi_throw_p4(d, momentum, momentum);
        sum.e = m - momentum;
        sum.px = -p[0].px;
        sum.py = -p[0].py;
        sum.pz = -p[0].pz;
        passwdi_decay(d, n - 1, &sum, lighter, p + 1, 0);
    } else {
        for (i = 0; i < n; i++) {
            const double e = -log(passwdi_throw(d)) - log(passwdi_throw(d));
            p[i] = passwdi_throw_p4(d, e, e);
            passwdi_p4_add(&sum, p + i);
        }
        made = fmax(passwd_p4_mass(sum), 1e-300);
        for (i = 0; i < n; i++) passwdi_boost(p + i, &sum, made, -1, m / made);
    }
    for (i = 0; i < n; i++) passwdi_boost(p + i, q, m, 1, 1.0);
}
/* The margins of an event to the cuts of its sample: smallest pT and H_T [GeV], largest |eta|, jets, smallest distance
   squared (2 (cosh Delta eta - cos Delta phi), for small ones Delta R squared). A sample's cut is estimated as the
   value that one event in a thousand fails (in a hundred: the distance). */
typedef struct passwdi_edges {
    double least_pt, ht, eta, jets, apart;
} passwdi_edges;
static double passwdi_jets_apart(passwd_p4 a, passwd_p4 b) {
    return 2.0
        * (cosh(passwd_p4_eta(a) - passwd_p4_eta(b))
            - (a.px * b.px + a.py * b.py) / (passwd_p4_pt(a) * passwd_p4_pt(b)));
}
static passwdi_edges passwdi_edges_of(const passwd_p4 *p, int n) {
    passwdi_edges o = { 1e300, 0.0, 0.0, 0.0, 1e300 };
    int i, j;
    for (i = 0; i < n; i++) {
        o.least_pt = fmin(o.least_pt, passwd_p4_pt(p[i]));
        o.eta = fmax(o.eta, fabs(passwd_p4_eta(p[i])));
        o.ht += passwd_p4_pt(p[i]);
        for (j = 0; j < i; j++) o.apart = fmin(o.apart, passwdi_jets_apart(p[i], p[j]));
    }
    o.jets = n;
    return o;
}
/* In falling pT, jets absorb those that are too near; what would not be a jet in the sample is lost, and 0 marks an
   event that would not be in the sample. */
static int passwdi_select(const passwdi_edges *cut, passwd_p4 *p, int n, int most) {
    int i, j, merged = 0, kept = 0;
    for (i = 0; i < n; i++) {
        for (j = i + 1; j < n; j++)
            if (passwd_p4_pt(p[j]) > passwd_p4_pt(p[i])) {
                const passwd_p4 harder = p[j];
                p[j] = p[i];
                p[i] = harder;
            }
        for (j = 0; j < merged && passwdi_jets_apart(p[i], p[j]) >= cut->apart; j++) continue;
        if (j < merged) passwdi_p4_add(p + j, p + i);
        else p[merged++] = p[i];
    }
    for (i = 0; i < merged && kept < most; i++)
        if (passwd_p4_pt(p[i]) >= cut->least_pt && fabs(passwd_p4_eta(p[i])) <= cut->eta) p[kept++] = p[i];
    return kept >= cut->jets && passwdi_edges_of(p, kept).ht >= cut->ht ? kept : 0;
}
/* An event of n jets (of which those of the sample have at most `usual`) is decayed again, in place of its jets: p has
   room for 128, at most `most` are kept. Up to two soft jets and ISR are unchanged. */
static int passwdi_decay_again(
    passwdi_dice *d, const passwdi_edges *cut, int usual, passwd_p4 *p, int n, const signed char *category, int most) {
    const int each = usual < 6      ? 3
        : usual > 2 * PASSWDI_DECAY ? PASSWDI_DECAY
                                    : (usual + 1) / 2,
              thrown = (int)(3.0 * passwdi_throw(d));
    const int softs = n < 5 ? 0 : thrown < n - 4 ? thrown : n - 4;
    passwd_p4 q[3], axis;
    double m[2], mass, momentum, soft[2] = { -1e300, -1e300 };
    int jets[2], made = 0, i, c;
    for (i = 0; i < n; i++) passwdi_shape_insert(soft, 2, -passwd_p4_pt(p[i]));
    memset(q, 0, sizeof q);
    for (i = 0; i < n; i++) {
        if (category[i] > 1 || (softs && -passwd_p4_pt(p[i]) >= soft[softs - 1])) p[made++] = p[i];
        else {
            passwdi_p4_add(q + category[i], p + i);
            passwdi_p4_add(q + 2, p + i);
        }
    }
    for (c = 0; c < 2; c++) m[c] = passwd_p4_mass(q[c]);
    mass = passwd_p4_mass(q[2]);
    if (!(fmin(m[0], m[1]) > 0.02 * fmax(m[0], m[1]) && mass > m[0] + m[1]) || made + 2 * each > PASSWD_MAX_OBJECTS)
        return 0;
    do
        for (c = 0; c < 2; c++) jets[c] = 2 + (int)((each - 1) * passwdi_throw(d));
    while (jets[0] + jets[1] < cut->jets && cut->jets <= 2 * each);
    momentum =
        sqrt((mass - m[0] - m[1]) * (mass + m[0] + m[1]) * (mass - m[0] + m[1]) * (mass + m[0] - m[1])) / (2.0 * mass);
    axis = passwdi_throw_p4(d, momentum, 0.0);
    for (c = 0; c < 2; c++) {
        axis.e = sqrt(momentum * momentum + m[c] * m[c]);
        q[c] = axis;
        passwdi_boost(q + c, q + 2, mass, 1, 1.0);
        passwdi_decay(d, jets[c], q + c, m[c], p + made, 1);
        made += jets[c];
        axis.px = -axis.px;
        axis.py = -axis.py;
        axis.pz = -axis.pz;
    }
    return passwdi_select(cut, p, made, most);
}

/* --- curves: quantiles of the background as cubics in x, a linear function of log m; linear beyond the masses of the
   sample (range[2], range[3]) --- */
static double passwdi_flat_x(const double range[4], double log_mass) { return (log_mass - range[0]) / range[1]; }
static void passwdi_flat_basis(const double range[4], double x, double basis[4]) {
    const double at = fmax(range[2], fmin(range[3], x)), on = x - at;
    basis[0] = 1.0;
    basis[1] = x;
    basis[2] = at * (at + 2.0 * on);
    basis[3] = at * at * (at + 3.0 * on);
}
static double passwdi_flat_curve(const double curve[4], const double basis[4]) {
    return curve[0] * basis[0] + curve[1] * basis[1] + curve[2] * basis[2] + curve[3] * basis[3];
}
/* -log10 of the fraction of the background at this mass that is above z: linear between the curves, which are kept
   apart, and beyond. */
static double passwdi_flat_score(const passwdi_abc_score *f, double log_mass, double z) {
    double basis[4], low, high;
    int k = 1;
    passwdi_flat_basis(f->curve[0], passwdi_flat_x(f->curve[0], log_mass), basis);
    low = passwdi_flat_curve(f->curve[1], basis);
    for (;; low = high, k++) {
        const double from = -log10(passwdi_flat_parts[k - 1]), to = -log10(passwdi_flat_parts[k]);
        high = fmax(passwdi_flat_curve(f->curve[k + 1], basis), low + 1e-3);
        if (z < high || k == PASSWDI_CURVES - 1) return from + (to - from) * (z - low) / (high - low);
    }
}
typedef struct passwdi_tail {
    const double *x, *z, *weight, *range;
    int64_t count;
    double part;
} passwdi_tail;
/* The loss that is minimal for a curve with a fraction `part` of z above it, smoothed over h; m: its second
   derivatives, and minus the first. */
static double passwdi_flat_loss(const passwdi_tail *t, const double curve[4], double h, double m[4][5]) {
    double loss = 0.0;
    int64_t i;
    int a, b;
    memset(m, 0, 20 * sizeof m[0][0]);
    for (i = 0; i < t->count; i++) {
        double basis[4], w = t->weight[i], r, e, below;
        passwdi_flat_basis(t->range, t->x[i], basis);
        r = (t->z[i] - passwdi_flat_curve(curve, basis)) / h;
        e = exp(-fabs(r));
        below = (r > 0.0 ? e : 1.0) / (1.0 + e);
        loss += w * h * ((1.0 - t->part) * r + log1p(e) + fmax(-r, 0.0));
        for (a = 0; a < 4; a++) {
            m[a][4] += w * (1.0 - t->part - below) * basis[a];
            for (b = 0; b < 4; b++) m[a][b] += w * below * (1.0 - below) / h * basis[a] * basis[b];
        }
    }
    return loss;
}
/* Newton's steps, halved until the loss falls, with decreasing smoothing. */
static void passwdi_flat_fit(const passwdi_tail *t, double curve[4], double h) {
    double m[4][5], unused[4][5], by;
    int round, a, b, c;
    for (round = 0; round < 24; round++) {
        const double smooth = h * pow(0.3, round / 8), loss = passwdi_flat_loss(t, curve, smooth, m);
        double tried[4] = { 0.0, 0.0, 0.0, 0.0 };
        for (a = 0; a < 4; a++) m[a][a] += 1e-6 * m[0][0] + 1e-300;
        for (a = 0; a < 4; a++)
            for (b = 0; b < 4; b++) {
                const double times = m[b][a] / m[a][a];
                for (c = a; c < 5 && b != a; c++) m[b][c] -= times * m[a][c];
            }
        for (by = 1.0; by > 1e-6; by *= 0.5) {
            for (a = 0; a < 4; a++) tried[a] = curve[a] + by * m[a][4] / m[a][a];
            if (passwdi_flat_loss(t, tried, smooth, unused) <= loss) break;
        }
        if (by > 1e-6) memcpy(curve, tried, sizeof tried);
    }
}
/* The number that a fraction `part` of `count` are below; sorts them. */
static double passwdi_part_of(double *numbers, int64_t count, double part) {
    passwdi_quantile_sort(numbers, count);
    return numbers[(int64_t)(part * (double)(count - 1))];
}

/* --- scores of a job, in its own memory: x [events][shapes], z [events][networks] --- */
static passwd_status passwdi_abc_score_run(const passwd_abc *abc, passwd_workspace *work,
    const passwd_workspace_options *run, const float *p4, const int32_t *objects, int64_t events, float *x, float *z,
    float *score, passwd_error *error) {
    const passwd_reweight *ratio = abc->score->ratio;
    const int n = abc->config.max_objects, networks = ratio->config.networks,
              threads = run->threads > 1 && events > 64 ? run->threads : 1;
    passwd_workspace_options one = *run;
    passwd_status s;
    int64_t k;
    int i;
    one.threads = 1;
    (void)threads;
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 16) num_threads(threads)
#endif
    for (k = 0; k < events; k++) {
        passwd_p4 p[PASSWD_MAX_OBJECTS];
        double row[PASSWDI_SHAPES];
        signed char category[PASSWD_MAX_OBJECTS];
        score[k] = (float)passwdi_shape(abc, &one, p4 + 4 * n * k, objects[k], p, category, row);
        if (score[k] != score[k]) memset(row, 0, sizeof row);
        passwdi_reweight_encode(&ratio->quantiles, row, x + k * PASSWDI_SHAPES);
    }
    s = passwdi_reweight_logits(ratio, work, x, events, z, error);
    for (k = 0; s == PASSWD_OK && k < events; k++) {
        double sum = 0.0;
        for (i = 0; i < networks; i++) sum += passwdi_reweight_log(ratio, i, z[k * networks + i]);
        if (score[k] == score[k]) score[k] = (float)passwdi_flat_score(abc->score, (double)score[k], sum / networks);
    }
    return s;
}
PASSWDI_SELDOM

/* --- in weights files: a reweighting's tensors, and map.curves --- */
static void passwdi_abc_score_free(const passwd_allocator *a, passwdi_abc_score *score) {
    if (score) passwd_reweight_free(score->ratio);
    passwdi_delete(a, score);
}
static passwd_status passwdi_abc_score_write(
    const passwdi_abc_score *score, passwd_tensor_writer *w, passwd_json_writer *json, passwd_error *error) {
    const int64_t shape[2] = { PASSWDI_CURVES + 1, 4 };
    const passwd_status s = passwdi_reweight_write(score->ratio, w, json, "score", error);
    return s == PASSWD_OK ? passwd_tensor_writer_add(w, "map.curves", PASSWD_DTYPE_F64, 2, shape, score->curve, error)
                          : s;
}
static passwd_status passwdi_abc_score_read(const passwd_tensor_file *file, const char *name,
    const passwd_allocator *allocator, passwdi_abc_score **score, passwd_error *error) {
    const passwd_tensor *t = passwd_tensor_find(file, "map.curves");
    double number[4 * (PASSWDI_CURVES + 1)];
    passwdi_abc_score *made;
    passwd_status s;
    int k, good;
    if (!t && !passwd_tensor_metadata(file, "score")) return PASSWD_OK; /* none was learnt, or the file is older */
    made = (passwdi_abc_score *)passwdi_new(allocator, 1, sizeof *made);
    s = made ? passwdi_reweight_read(file, "score", 1, name, allocator, &made->ratio, error)
             : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to read %s.", name);
    good = s == PASSWD_OK && t && t->count == 4 * (PASSWDI_CURVES + 1)
        && made->ratio->quantiles.features == PASSWDI_SHAPES;
    if (good) s = passwd_tensor_to_double(t, number, t->count, error);
    for (k = 0; good && s == PASSWD_OK && k < 4 * (PASSWDI_CURVES + 1); k++) good = fabs(number[k]) < 1e6;
    if (s == PASSWD_OK && !(good && number[1] > 1e-6 && number[2] <= number[3]))
        s = passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "%s: the score does not have %d shapes, or the tensor \"map.curves\" not %d x 4 valid numbers.", name,
            (int)PASSWDI_SHAPES, PASSWDI_CURVES + 1);
    if (s != PASSWD_OK) {
        passwdi_abc_score_free(allocator, made);
        return s;
    }
    memcpy(made->curve, number, sizeof made->curve);
    made->model = made->ratio->model;
    *score = made;
    return PASSWD_OK;
}
PASSWDI_SELDOM_END

/* --- learning --- */
enum { PASSWDI_LESSON_COPIES = 15, PASSWDI_LESSON_BINS = 40, PASSWDI_LESSON_EVENTS = 500 };
typedef struct passwdi_lesson {
    const passwd_abc *abc;
    const passwd_events *events;
    passwd_workspace_options run;
    passwdi_edges cut;
    double *rows[2], *weight[2], *log_mass[2]; /* of background, and of redecayed events */
    double *column[5];                         /* of background, for various uses */
    int64_t count[2];
    double middle; /* median of log m */
    int usual;     /* jets: one event in a thousand has more */
} passwdi_lesson;
/* Of rare, heavy events there are several. */
static int passwdi_lesson_copies(const passwdi_lesson *t, double log_mass) {
    return (int)fmax(1.0, fmin(PASSWDI_LESSON_COPIES, 2.35 * exp(2.0 * (log_mass - t->middle))));
}
PASSWDI_SELDOM
static double passwdi_lesson_event(
    const passwdi_lesson *t, int64_t e, passwd_p4 *p, signed char *category, double *row, int32_t *n) {
    const passwd_arrays a = passwdi_arrays_of(t->events);
    float p4[4 * PASSWD_MAX_OBJECTS];
    passwdi_abc_encode(&a, e, 1, t->abc->config.max_objects, 0, NULL, p4, n);
    return passwdi_shape(t->abc, &t->run, p4, *n, p, category, row);
}
static void passwdi_lesson_background(passwdi_lesson *t) {
    passwd_p4 p[PASSWD_MAX_OBJECTS];
    signed char category[PASSWD_MAX_OBJECTS];
    int64_t e, count = 0;
    int32_t n;
    for (e = 0; e < t->events->count; e++) {
        passwdi_edges o;
        t->log_mass[0][count] = passwdi_lesson_event(t, e, p, category, t->rows[0] + PASSWDI_SHAPES * count, &n);
        if (t->log_mass[0][count] != t->log_mass[0][count]) continue;
        o = passwdi_edges_of(p, n);
        t->column[0][count] = o.least_pt;
        t->column[1][count] = o.ht;
        t->column[2][count] = o.eta;
        t->column[3][count] = n;
        t->column[4][count] = o.apart;
        t->weight[0][count++] = passwdi_event_weight(t->events, e);
    }
    t->count[0] = count;
    if (!count) return;
    t->cut.least_pt = passwdi_part_of(t->column[0], count, 0.001);
    t->cut.ht = passwdi_part_of(t->column[1], count, 0.001);
    t->cut.eta = passwdi_part_of(t->column[2], count, 0.999);
    t->cut.jets = passwdi_part_of(t->column[3], count, 0.001);
    t->usual = (int)passwdi_part_of(t->column[3], count, 0.999);
    t->cut.apart = fmin(passwdi_part_of(t->column[4], count, 0.01), 1.0);
    memcpy(t->column[0], t->log_mass[0], (size_t)count * sizeof(double));
    t->middle = passwdi_part_of(t->column[0], count, 0.5);
}
/* All events are decayed again, heavy ones several times, each with up to six tries. */
static void passwdi_lesson_decay(passwdi_lesson *t, uint64_t seed) {
    passwd_p4 p[PASSWD_MAX_OBJECTS], again[PASSWD_MAX_OBJECTS];
    signed char category[PASSWD_MAX_OBJECTS], parent[PASSWD_MAX_OBJECTS];
    float p4[4 * PASSWD_MAX_OBJECTS];
    double row[PASSWDI_SHAPES];
    int64_t e;
    int32_t n;
    int copies, tries, made, i;
    for (e = 0; e < t->events->count; e++) {
        const double log_mass = passwdi_lesson_event(t, e, p, category, row, &n);
        for (copies = log_mass == log_mass ? passwdi_lesson_copies(t, log_mass) : 0; copies > 0; copies--) {
            passwdi_dice dice = { seed ^ UINT64_C(0x5ca1ab1e0ddba115), (uint32_t)(e * PASSWDI_LESSON_COPIES + copies),
                0 };
            for (tries = made = 0; made < 2 && tries < 6; tries++) {
                memcpy(again, p, (size_t)n * sizeof *p);
                made = passwdi_decay_again(&dice, &t->cut, t->usual, again, n, category, t->abc->config.max_objects);
            }
            for (i = 0; i < made; i++) {
                p4[4 * i] = (float)again[i].e;
                p4[4 * i + 1] = (float)again[i].px;
                p4[4 * i + 2] = (float)again[i].py;
                p4[4 * i + 3] = (float)again[i].pz;
            }
            t->log_mass[1][t->count[1]] =
                passwdi_shape(t->abc, &t->run, p4, made, again, parent, t->rows[1] + PASSWDI_SHAPES * t->count[1]);
            if (t->log_mass[1][t->count[1]] == t->log_mass[1][t->count[1]]) t->count[1]++;
        }
    }
}
/* In every bin of mass redecayed events have the same total weight as the background, and each number of jets the same
   as any other. */
static void passwdi_lesson_weigh(passwdi_lesson *t) {
    double sum[2][PASSWDI_LESSON_BINS];
    float count[PASSWDI_LESSON_BINS][PASSWD_MAX_OBJECTS / 4 + 1];
    int64_t k;
    int c, i, pass;
    memset(sum, 0, sizeof sum);
    memset(count, 0, sizeof count);
    for (pass = 0; pass < 3; pass++)
        for (c = 0; c < 2; c++)
            for (k = 0; k < t->count[c]; k++) {
                double *row = t->rows[c] + PASSWDI_SHAPES * k, *w = t->weight[c] + k;
                const int bin =
                    (int)fmax(0.0, fmin(PASSWDI_LESSON_BINS - 1, 13.0 + 15.0 * (t->log_mass[c][k] - t->middle)));
                const int jets = (int)fmin(row[PASSWDI_OBJECTS], PASSWD_MAX_OBJECTS / 4);
                if (pass == 0 && c) count[bin][jets] += 1.0f;
                if (pass == 1 && c) *w = 1.0 / fmax((double)count[bin][jets], 3.0);
                if (pass == 1) sum[c][bin] += *w;
                if (pass == 2 && c) *w *= sum[0][bin] / sum[1][bin];
                /* what all share has quantiles now */
                for (i = 0; pass == 2 && i < PASSWDI_SHAPES; i++) row[i] += 1e-6 * (double)(k % 3 - 1);
            }
}
static void passwdi_lesson_flatten(const passwdi_lesson *t, const double *z, passwdi_abc_score *score) {
    double *sorted = t->column[0], *x = t->column[1], *range = score->curve[0], spread;
    passwdi_tail tail;
    const int64_t count = t->count[0];
    int64_t i, used = 0, edge;
    int k;
    for (i = 0; i < count; i++)
        if (t->weight[0][i] > 0.0) sorted[used++] = t->log_mass[0][i];
    edge = used / 60; /* for fewer events there is no curve */
    range[0] = t->middle;
    range[1] = fmax(passwdi_part_of(sorted, used, 0.84) - t->middle, 1e-3);
    range[2] = (sorted[edge] - range[0]) / range[1];
    range[3] = (sorted[used - 1 - edge] - range[0]) / range[1];
    for (i = 0; i < count; i++) x[i] = passwdi_flat_x(range, t->log_mass[0][i]);
    tail.range = range;
    tail.x = x;
    tail.z = z;
    tail.weight = t->weight[0];
    tail.count = count;
    memcpy(sorted, z, (size_t)count * sizeof *z);
    spread = fmax(passwdi_part_of(sorted, count, 0.84) - sorted[(int64_t)(0.16 * (double)count)], 1e-6);
    for (k = 0; k < PASSWDI_CURVES; k++) {
        score->curve[k + 1][0] = sorted[(int64_t)((1.0 - passwdi_flat_parts[k]) * (double)(count - 1))];
        tail.part = passwdi_flat_parts[k];
        passwdi_flat_fit(&tail, score->curve[k + 1], 0.15 * spread);
    }
}
static passwd_status passwdi_lesson_learn(
    passwdi_lesson *t, const passwd_train_options *options, passwdi_abc_score *score, passwd_error *error) {
    const passwd_allocator *a = &t->abc->allocator;
    passwd_reweight_config c;
    passwd_table sample[2];
    passwdi_reweight_task bags;
    passwd_status s;
    double *each = NULL, *z = t->column[2];
    int64_t i;
    int n, others;
    passwd_reweight_defaults(&c);
    c.nodes = 32;
    c.linear = 0;
    c.networks = 8;
    c.epochs = 20;
    c.batch = 512;
    c.patience = 3;
    c.limit = 30.0f;
    c.knots = 126; /* as good, and the file is half the size */
    c.seed = options ? options->seed : 0;
    for (n = 0; n < 2; n++) {
        sample[n].rows = t->rows[n];
        sample[n].weight = t->weight[n];
        sample[n].count = t->count[n];
        sample[n].features = PASSWDI_SHAPES;
        sample[n].names = NULL;
    }
    s = passwd_reweight_learn(&c, sample, sample + 1, options, a, &score->ratio, error);
    if (s == PASSWD_OK) each = (double *)passwdi_new(a, passwdi_items(t->count[0], c.networks), sizeof *each);
    if (s == PASSWD_OK && !each)
        s = passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory to score %lld events.",
            (long long)t->count[0]);
    if (s == PASSWD_OK) s = passwd_reweight_run(score->ratio, NULL, t->rows[0], t->count[0], z, each, error);
    memset(&bags, 0, sizeof bags);
    bags.r = score->ratio;
    for (i = 0; s == PASSWD_OK && i < t->count[0]; i++) { /* by networks that have not seen the event,
        so that curves hold for others */
        for (n = others = 0, z[i] = 0.0; n < c.networks; n++)
            if (passwdi_reweight_times(&bags, n, i) == 0) {
                z[i] +=
                    log(each[n * t->count[0] + i] / score->ratio->calibration[n * PASSWDI_REWEIGHT_CALIBRATION + 2]);
                others++;
            }
        if (others) z[i] /= others;
        else t->weight[0][i] = 0.0;
    }
    if (s == PASSWD_OK) passwdi_lesson_flatten(t, z, score);
    if (s == PASSWD_OK) score->model = score->ratio->model;
    passwdi_delete(a, each);
    return s;
}
static passwd_status passwdi_lesson_go(
    passwdi_lesson *t, const passwd_train_options *options, passwdi_abc_score *score, passwd_error *error) {
    const size_t all = (size_t)t->events->count;
    size_t room = 1;
    int64_t k;
    t->rows[0] = (double *)passwdi_new(&t->abc->allocator, all + 1, (PASSWDI_SHAPES + 7) * sizeof(double));
    if (!t->rows[0])
        return passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0,
            "There is not enough memory for the shapes of %lld events.", (long long)all);
    t->weight[0] = t->rows[0] + PASSWDI_SHAPES * (all + 1); /* a row is tried beyond the last */
    t->log_mass[0] = t->weight[0] + all + 1;
    for (k = 0; k < 5; k++) t->column[k] = t->log_mass[0] + (size_t)(k + 1) * (all + 1);
    passwdi_lesson_background(t);
    for (k = 0; k < t->count[0]; k++) room += (size_t)passwdi_lesson_copies(t, t->log_mass[0][k]);
    t->rows[1] = (double *)passwdi_new(&t->abc->allocator, room, (PASSWDI_SHAPES + 2) * sizeof(double));
    if (!t->rows[1])
        return passwdi_fail(
            error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for %lld redecayed events.", (long long)room);
    t->weight[1] = t->rows[1] + PASSWDI_SHAPES * room;
    t->log_mass[1] = t->weight[1] + room;
    passwdi_lesson_decay(t, options ? options->seed : 0);
    if (t->count[0] < PASSWDI_LESSON_EVENTS || t->count[1] < PASSWDI_LESSON_EVENTS)
        return passwdi_fail(error, PASSWD_ERROR_SHAPE, 0, 0,
            "Learning a score needs %d events of two jets or more, and as many redecayed ones; there are %lld and "
            "%lld.",
            (int)PASSWDI_LESSON_EVENTS, (long long)t->count[0], (long long)t->count[1]);
    passwdi_lesson_weigh(t);
    return passwdi_lesson_learn(t, options, score, error);
}
PASSWD_DEF passwd_status passwd_abc_shapes(const passwd_abc *abc, const passwd_events *events, int64_t first,
    int64_t count, const passwd_workspace_options *options, double *rows, double *log_mass, passwd_error *error) {
    const int threads = options && options->threads > 1 ? options->threads : 1;
    passwdi_pair_terms terms;
    passwdi_lesson t;
    passwd_status s;
    int64_t at, end, k;
    int categories;
    if (!abc || !events || !rows || !log_mass)
        return passwdi_fail(
            error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_shapes: abc, events, rows or log_mass is NULL.");
    s = passwdi_abc_terms(&abc->config, &terms, &categories, error);
    if (s == PASSWD_OK) s = passwdi_abc_look(events, first, count, error);
    if (s != PASSWD_OK) return s;
    memset(&t, 0, sizeof t);
    t.abc = abc;
    t.events = events;
    if (options) t.run.simd = options->simd;
    (void)threads;
    for (at = 0; s == PASSWD_OK && at < count; at = end) {
        end = passwdi_least(count, at + 1024);
#ifdef _OPENMP
#pragma omp parallel for schedule(static, 16) num_threads(threads)
#endif
        for (k = at; k < end; k++) {
            passwd_p4 p[PASSWD_MAX_OBJECTS];
            signed char category[PASSWD_MAX_OBJECTS];
            int32_t n;
            log_mass[k] = passwdi_lesson_event(&t, first + k, p, category, rows + PASSWDI_SHAPES * k, &n);
        }
        s = passwdi_watched(options, end, count, "events", error);
    }
    return s;
}
PASSWD_DEF passwd_status passwd_abc_train_score(
    passwd_abc *abc, const passwd_events *events, const passwd_train_options *options, passwd_error *error) {
    if (PASSWDI_NO_TRAINING) return passwdi_left_out("passwd_abc_train_score", "PASSWD_NO_TRAINING", error);
    passwdi_abc_score *score;
    passwdi_lesson t;
    passwdi_pair_terms terms;
    passwd_status s;
    int64_t e;
    int categories;
    if (!abc || !events)
        return passwdi_fail(error, PASSWD_ERROR_ARGUMENT, 0, 0, "passwd_abc_train_score: abc or events is NULL.");
    s = passwdi_abc_terms(&abc->config, &terms, &categories, error);
    if (s == PASSWD_OK) s = passwdi_abc_look(events, 0, events->count, error);
    for (e = 0; s == PASSWD_OK && events->weight && e < events->count; e++)
        if (!(events->weight[e] >= 0.0 && events->weight[e] - events->weight[e] == 0.0))
            s = passwdi_event_fail(error, PASSWD_ERROR_NUMERIC, events, e,
                "has a weight that is negative or not finite: no score can be learnt from it.");
    if (s != PASSWD_OK) return s;
    memset(&t, 0, sizeof t);
    t.abc = abc;
    t.events = events;
    if (options) t.run.simd = options->simd;
    score = (passwdi_abc_score *)passwdi_new(&abc->allocator, 1, sizeof *score);
    s = score ? passwdi_lesson_go(&t, options, score, error)
              : passwdi_fail(error, PASSWD_ERROR_MEMORY, 0, 0, "There is not enough memory for a score.");
    passwdi_delete(&abc->allocator, t.rows[0]);
    passwdi_delete(&abc->allocator, t.rows[1]);
    if (s != PASSWD_OK) {
        passwdi_abc_score_free(&abc->allocator, score);
        return s;
    }
    passwdi_abc_score_free(&abc->allocator, abc->score);
    abc->score = score;
    return PASSWD_OK;
}
PASSWDI_SELDOM_END
PASSWDI_AS_WRITTEN_END
#ifdef __cplusplus
}
#endif
#endif /* PASSWD_IMPLEMENTATION */
#endif /* PASSWDI_KERNEL_PASS */
/* ==================================================================================================================
   LANE KERNELS. This part of the file is included once per instruction set.

   A value is stored [row][feature][16 lanes]; the lane is the event. Every kernel is vertical: no sum runs across
   lanes, but for the gradients of parameters, which are summed over the lanes in one written tree. PASSWDI_W lanes make
   a vector; a kernel walks the 16 lanes in 16 / PASSWDI_W strides `l`. One definition of the arithmetic gives the same
   bits for every width, so mind two rules: a product that feeds a sum is written as passwdi_fma, and sums run in the
   order that the loops say.

   When one event is run alone (job->single) its objects lie in the lanes instead: [feature][lane = object]. Row-wise
   kernels do not notice. The few that mix rows (attention, pooling, pairs) spread or pick the other object first.
   =============================================================================================================== */
#ifdef PASSWDI_KERNEL_PASS

#define PASSWDI_CAT2(a, b) a##_##b
#define PASSWDI_CAT(a, b) PASSWDI_CAT2(a, b)
#define PASSWDI_K(name) PASSWDI_CAT(passwdi_##name, PASSWDI_ISA)
#define PASSWDI_EACH_LANE(l) for (l = 0; l < 16; l += PASSWDI_W)

/* --- vectors of one instruction set --- */
/* max and min: the second where one is NaN; pick(x, a, b): a where x > 0, else b. Macros where they can be: compilers
   take their time for functions, even for those that they always inline. */
#if PASSWDI_W == 1

typedef float PASSWDI_K(v);
typedef uint32_t PASSWDI_K(u);
#define PASSWDI_V PASSWDI_K(v)
#define PASSWDI_U PASSWDI_K(u)
#define passwdi_load(p) (*(p))
#define passwdi_store(p, v) (*(p) = (v))
#define passwdi_fma(a, b, c) passwdi_fmaf(a, b, c)
PASSWDI_INLINE PASSWDI_V PASSWDI_K(set)(float x) { return x; }
PASSWDI_INLINE PASSWDI_V PASSWDI_K(max)(PASSWDI_V a, PASSWDI_V b) { return a > b ? a : b; }
PASSWDI_INLINE PASSWDI_V PASSWDI_K(min)(PASSWDI_V a, PASSWDI_V b) { return a < b ? a : b; }
PASSWDI_INLINE PASSWDI_V PASSWDI_K(pick)(PASSWDI_V x, PASSWDI_V a, PASSWDI_V b) { return x > 0.0f ? a : b; }
#define passwdi_max PASSWDI_K(max)
#define passwdi_min PASSWDI_K(min)
#define passwdi_pick PASSWDI_K(pick)
#define passwdi_sqrt(a) sqrtf(a)
PASSWDI_INLINE PASSWDI_U PASSWDI_K(bits)(PASSWDI_V a) {
    PASSWDI_U u;
    memcpy(&u, &a, 4);
    return u;
}
PASSWDI_INLINE PASSWDI_V PASSWDI_K(from_bits)(PASSWDI_U u) {
    PASSWDI_V a;
    memcpy(&a, &u, 4);
    return a;
}
PASSWDI_INLINE PASSWDI_U PASSWDI_K(load_u)(const uint32_t *p) { return *p; }
PASSWDI_INLINE PASSWDI_V PASSWDI_K(to_float)(PASSWDI_U u) { return (float)(int32_t)u; }
PASSWDI_INLINE PASSWDI_U PASSWDI_K(sign_shift)(PASSWDI_U u) { return (uint32_t)(((int64_t)(int32_t)u) >> 23); }

#else

typedef float PASSWDI_K(v) __attribute__((vector_size(4 * PASSWDI_W)));
typedef float PASSWDI_K(vm) __attribute__((vector_size(4 * PASSWDI_W), may_alias, aligned(4)));
typedef uint32_t PASSWDI_K(u) __attribute__((vector_size(4 * PASSWDI_W)));
typedef uint32_t PASSWDI_K(um) __attribute__((vector_size(4 * PASSWDI_W), may_alias, aligned(4)));
typedef int32_t PASSWDI_K(s) __attribute__((vector_size(4 * PASSWDI_W)));
#define PASSWDI_V PASSWDI_K(v)
#define PASSWDI_U PASSWDI_K(u)
#define passwdi_load(p) ((PASSWDI_V) * (const PASSWDI_K(vm) *)(p))
#define passwdi_store(p, v) (*(PASSWDI_K(vm) *)(p) = (v))
PASSWDI_INLINE PASSWDI_U PASSWDI_K(bits)(PASSWDI_V a) { return (PASSWDI_U)a; }
PASSWDI_INLINE PASSWDI_V PASSWDI_K(from_bits)(PASSWDI_U u) { return (PASSWDI_V)u; }
PASSWDI_INLINE PASSWDI_U PASSWDI_K(load_u)(const uint32_t *p) { return *(const PASSWDI_K(um) *)p; }
PASSWDI_INLINE PASSWDI_U PASSWDI_K(sign_shift)(PASSWDI_U u) { return (PASSWDI_U)((PASSWDI_K(s))u >> 23); }
/* gcc 12 warns of its own headers' "undefined" vectors; the maskz forms, all lanes kept, compile to the plain
   instructions. 30: greater, false for NaN */
#if PASSWDI_W == 16
PASSWDI_INLINE PASSWDI_V PASSWDI_K(set)(float x) { return PASSWDI_MM512(set1_ps)(x); }
#define passwdi_fma(a, b, c) ((PASSWDI_V)PASSWDI_MM512(fmadd_ps)(a, b, c))
#define passwdi_max(a, b) ((PASSWDI_V)PASSWDI_MM512(maskz_max_ps)(0xffff, a, b))
#define passwdi_min(a, b) ((PASSWDI_V)PASSWDI_MM512(maskz_min_ps)(0xffff, a, b))
#define passwdi_sqrt(a) ((PASSWDI_V)PASSWDI_MM512(maskz_sqrt_ps)(0xffff, a))
#define passwdi_pick(x, a, b) \
    ((PASSWDI_V)PASSWDI_MM512(mask_blend_ps)(PASSWDI_MM512(cmp_ps_mask)(x, passwdi_set(0.0f), 30), b, a))
PASSWDI_INLINE PASSWDI_V PASSWDI_K(to_float)(PASSWDI_U u) {
    return (PASSWDI_V)PASSWDI_MM512(maskz_cvtepi32_ps)(0xffff, (PASSWDI_INTS(512))u);
}
#elif PASSWDI_W == 8
PASSWDI_INLINE PASSWDI_V PASSWDI_K(set)(float x) { return PASSWDI_MM256(set1_ps)(x); }
#define passwdi_fma(a, b, c) ((PASSWDI_V)PASSWDI_MM256(fmadd_ps)(a, b, c))
#define passwdi_max(a, b) ((PASSWDI_V)PASSWDI_MM256(max_ps)(a, b))
#define passwdi_min(a, b) ((PASSWDI_V)PASSWDI_MM256(min_ps)(a, b))
#define passwdi_sqrt(a) ((PASSWDI_V)PASSWDI_MM256(sqrt_ps)(a))
#define passwdi_pick(x, a, b) \
    ((PASSWDI_V)PASSWDI_MM256(blendv_ps)(b, a, PASSWDI_MM256(cmp_ps)(x, passwdi_set(0.0f), 30)))
PASSWDI_INLINE PASSWDI_V PASSWDI_K(to_float)(PASSWDI_U u) {
    return (PASSWDI_V)PASSWDI_MM256(cvtepi32_ps)((PASSWDI_INTS(256))u);
}
#elif defined(PASSWDI_NEON)
PASSWDI_INLINE PASSWDI_V PASSWDI_K(set)(float x) { return vdupq_n_f32(x); }
#define passwdi_fma(a, b, c) ((PASSWDI_V)vfmaq_f32(c, a, b))
#define passwdi_max(a, b) ((PASSWDI_V)vbslq_f32(vcgtq_f32(a, b), a, b))
#define passwdi_min(a, b) ((PASSWDI_V)vbslq_f32(vcltq_f32(a, b), a, b))
#define passwdi_sqrt(a) ((PASSWDI_V)vsqrtq_f32(a))
#define passwdi_pick(x, a, b) ((PASSWDI_V)vbslq_f32(vcgtq_f32(x, vdupq_n_f32(0.0f)), a, b))
PASSWDI_INLINE PASSWDI_V PASSWDI_K(to_float)(PASSWDI_U u) { return vcvtq_f32_s32((int32x4_t)u); }
#else          /* SSE2: no fused multiply-add, the one instance whose bits differ */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(set)(float x) { return _mm_set1_ps(x); }
#ifdef __FMA__ /* the whole program may use it: compilers would fuse here and there, so fuse everywhere */
#define passwdi_fma(a, b, c) ((PASSWDI_V)_mm_fmadd_ps(a, b, c))
#else
#define passwdi_fma(a, b, c) ((PASSWDI_V)_mm_add_ps(_mm_mul_ps(a, b), c))
#endif
#define passwdi_max(a, b) ((PASSWDI_V)_mm_max_ps(a, b))
#define passwdi_min(a, b) ((PASSWDI_V)_mm_min_ps(a, b))
#define passwdi_sqrt(a) ((PASSWDI_V)_mm_sqrt_ps(a))
PASSWDI_INLINE PASSWDI_V PASSWDI_K(pick)(PASSWDI_V x, PASSWDI_V a, PASSWDI_V b) {
    __m128 m = _mm_cmpgt_ps(x, _mm_setzero_ps());
    return _mm_or_ps(_mm_and_ps(m, a), _mm_andnot_ps(m, b));
}
#define passwdi_pick PASSWDI_K(pick)
PASSWDI_INLINE PASSWDI_V PASSWDI_K(to_float)(PASSWDI_U u) { return _mm_cvtepi32_ps((__m128i)u); }
#endif
#endif /* PASSWDI_W == 1 */

#define passwdi_set PASSWDI_K(set)

/* a product that compilers may not fuse into a later sum */
#define passwdi_times(a, b) passwdi_fma(a, b, passwdi_set(0.0f))

/* W x W block: to[lane][feature] = from[feature][lane]; strides in floats */
PASSWDI_INLINE void PASSWDI_K(turn)(float *to, size_t to_stride, const float *from, size_t from_stride) {
#if PASSWDI_W == 16
    PASSWDI_V a[16], b[16];
    int i;
    PASSWDI_UNROLL
    for (i = 0; i < 16; i += 2) {
        PASSWDI_V p = passwdi_load(from + (size_t)i * from_stride),
                  q = passwdi_load(from + (size_t)(i + 1) * from_stride);
        a[i] = PASSWDI_MM512(maskz_unpacklo_ps)(0xffff, p, q);
        a[i + 1] = PASSWDI_MM512(maskz_unpackhi_ps)(0xffff, p, q);
    }
    PASSWDI_UNROLL
    for (i = 0; i < 16; i += 4) {
        b[i] = PASSWDI_MM512(maskz_shuffle_ps)(0xffff, a[i], a[i + 2], 0x44);
        b[i + 1] = PASSWDI_MM512(maskz_shuffle_ps)(0xffff, a[i], a[i + 2], 0xee);
        b[i + 2] = PASSWDI_MM512(maskz_shuffle_ps)(0xffff, a[i + 1], a[i + 3], 0x44);
        b[i + 3] = PASSWDI_MM512(maskz_shuffle_ps)(0xffff, a[i + 1], a[i + 3], 0xee);
    }
    PASSWDI_UNROLL
    for (i = 0; i < 4; i++) {
        a[i] = PASSWDI_MM512(maskz_shuffle_f32x4)(0xffff, b[i], b[i + 4], 0x88);
        a[i + 4] = PASSWDI_MM512(maskz_shuffle_f32x4)(0xffff, b[i], b[i + 4], 0xdd);
        a[i + 8] = PASSWDI_MM512(maskz_shuffle_f32x4)(0xffff, b[i + 8], b[i + 12], 0x88);
        a[i + 12] = PASSWDI_MM512(maskz_shuffle_f32x4)(0xffff, b[i + 8], b[i + 12], 0xdd);
    }
    PASSWDI_UNROLL
    for (i = 0; i < 8; i++) {
        passwdi_store(to + (size_t)i * to_stride, PASSWDI_MM512(maskz_shuffle_f32x4)(0xffff, a[i], a[i + 8], 0x88));
        passwdi_store(
            to + (size_t)(i + 8) * to_stride, PASSWDI_MM512(maskz_shuffle_f32x4)(0xffff, a[i], a[i + 8], 0xdd));
    }
#elif PASSWDI_W == 8
    PASSWDI_V a[8], b[8];
    int i;
    PASSWDI_UNROLL
    for (i = 0; i < 8; i += 2) {
        PASSWDI_V p = passwdi_load(from + (size_t)i * from_stride),
                  q = passwdi_load(from + (size_t)(i + 1) * from_stride);
        a[i] = PASSWDI_MM256(unpacklo_ps)(p, q);
        a[i + 1] = PASSWDI_MM256(unpackhi_ps)(p, q);
    }
    PASSWDI_UNROLL
    for (i = 0; i < 8; i += 4) {
        b[i] = PASSWDI_MM256(shuffle_ps)(a[i], a[i + 2], 0x44);
        b[i + 1] = PASSWDI_MM256(shuffle_ps)(a[i], a[i + 2], 0xee);
        b[i + 2] = PASSWDI_MM256(shuffle_ps)(a[i + 1], a[i + 3], 0x44);
        b[i + 3] = PASSWDI_MM256(shuffle_ps)(a[i + 1], a[i + 3], 0xee);
    }
    PASSWDI_UNROLL
    for (i = 0; i < 4; i++) {
        passwdi_store(to + (size_t)i * to_stride, PASSWDI_MM256(permute2f128_ps)(b[i], b[i + 4], 0x20));
        passwdi_store(to + (size_t)(i + 4) * to_stride, PASSWDI_MM256(permute2f128_ps)(b[i], b[i + 4], 0x31));
    }
#else
    int i, j;
    for (i = 0; i < PASSWDI_W; i++)
        for (j = 0; j < PASSWDI_W; j++)
            to[(size_t)j * to_stride + (size_t)i] = from[(size_t)i * from_stride + (size_t)j];
#endif
}

/* --- functions of one vector: the library's own, so that every machine gives the same bits --- */
/* e^x within 2 units of the last place; x is held to [-87.3, 88.3] */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(exp)(PASSWDI_V x) {
    const PASSWDI_V shift = passwdi_set(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
    PASSWDI_V t, n, r, p;
    PASSWDI_U scale;
    x = passwdi_min(passwdi_set(88.3f), passwdi_max(passwdi_set(-87.3f), x)); /* in this order NaN stays */
    t = passwdi_fma(x, passwdi_set(1.44269504f), shift);
    n = t - shift;
    r = passwdi_fma(n, passwdi_set(-0.693145752f), x);
    r = passwdi_fma(n, passwdi_set(-1.42860677e-6f), r);
    p = passwdi_fma(r, passwdi_set(1.37805939e-3f), passwdi_set(8.37312452e-3f));
    p = passwdi_fma(p, r, passwdi_set(4.16695364e-2f));
    p = passwdi_fma(p, r, passwdi_set(1.66664720e-1f));
    p = passwdi_fma(p, r, passwdi_set(4.99999851e-1f));
    p = passwdi_fma(p, r, passwdi_set(1.0f));
    p = passwdi_fma(p, r, passwdi_set(1.0f));
    scale = (PASSWDI_K(bits)(t) + 127u) << 23;
    return p * PASSWDI_K(from_bits)(scale);
}

/* log x for normal x > 0 (below 1.2e-38: as for 1.2e-38), within 2 units of the last place */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(log)(PASSWDI_V x) {
    PASSWDI_U b, e;
    PASSWDI_V m, p, z, k;
    const PASSWDI_V lost = x - x; /* 0, but NaN for NaN and infinity */
    x = passwdi_max(x, passwdi_set(1.17549435e-38f));
    b = PASSWDI_K(bits)(x);
    e = PASSWDI_K(sign_shift)(b - 0x3f3504f3u); /* exponent such that the mantissa lies in [sqrt(1/2), sqrt(2)) */
    m = PASSWDI_K(from_bits)(b - (e << 23)) - passwdi_set(1.0f);
    k = PASSWDI_K(to_float)(e);
    p = passwdi_fma(m, passwdi_set(7.0376836292e-2f), passwdi_set(-1.1514610310e-1f));
    p = passwdi_fma(p, m, passwdi_set(1.1676998740e-1f));
    p = passwdi_fma(p, m, passwdi_set(-1.2420140846e-1f));
    p = passwdi_fma(p, m, passwdi_set(1.4249322787e-1f));
    p = passwdi_fma(p, m, passwdi_set(-1.6668057665e-1f));
    p = passwdi_fma(p, m, passwdi_set(2.0000714765e-1f));
    p = passwdi_fma(p, m, passwdi_set(-2.4999993993e-1f));
    p = passwdi_fma(p, m, passwdi_set(3.3333331174e-1f));
    z = m * m;
    p = passwdi_fma(p * m, z, k * passwdi_set(-2.12194440e-4f));
    p = passwdi_fma(z, passwdi_set(-0.5f), p);
    return passwdi_fma(k, passwdi_set(0.693359375f), m + p) + lost;
}

/* 1/sqrt(x) for normal x > 0: a first guess from the exponent, then three Newton steps; far faster than the divider */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(rsqrt)(PASSWDI_V x) {
    const PASSWDI_V half = x * passwdi_set(0.5f);
    PASSWDI_V y = PASSWDI_K(from_bits)(0x5f3759dfu - (PASSWDI_K(bits)(x) >> 1));
    int i;
    PASSWDI_UNROLL
    for (i = 0; i < 3; i++) {
        PASSWDI_V e = passwdi_fma(half * y, y, passwdi_set(-0.5f)); /* error of y*y*x/2 */
        y = passwdi_fma(y * passwdi_set(-1.0f), e, y);
    }
    return y;
}

PASSWDI_INLINE PASSWDI_V PASSWDI_K(sigmoid)(PASSWDI_V x) {
    return passwdi_set(1.0f) / (passwdi_set(1.0f) + PASSWDI_K(exp)(passwdi_set(0.0f) - x));
}

/* (1 + erf(x / sqrt 2)) / 2 within 1e-7: an odd rational function, fitted on |x / sqrt 2| < 4, and 0 or 1 beyond */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(normal_integral)(PASSWDI_V x) {
    PASSWDI_V s, p, q;
    x = x * passwdi_set(0.707106781f);
    x = passwdi_min(passwdi_set(4.0f), passwdi_max(passwdi_set(-4.0f), x));
    s = passwdi_times(x, x);
    p = passwdi_fma(s, passwdi_set(1.97483033e-6f), passwdi_set(2.88042211e-4f));
    p = passwdi_fma(p, s, passwdi_set(4.00366604e-3f));
    p = passwdi_fma(p, s, passwdi_set(5.34675375e-2f));
    p = passwdi_fma(p, s, passwdi_set(1.96249404e-1f));
    p = passwdi_fma(p, s, passwdi_set(1.12837898f));
    q = passwdi_fma(s, passwdi_set(3.74809083e-5f), passwdi_set(1.21636552e-3f));
    q = passwdi_fma(q, s, passwdi_set(1.54444605e-2f));
    q = passwdi_fma(q, s, passwdi_set(1.16476606e-1f));
    q = passwdi_fma(q, s, passwdi_set(5.07252665e-1f));
    q = passwdi_fma(q, s, passwdi_set(1.0f));
    return passwdi_fma(x * p / q, passwdi_set(0.5f), passwdi_set(0.5f));
}

/* out[i] (+)= sum over the 16 lanes of sums[i][lane], in the tree l + (l + 8), + 4, + 2, + 1 */
PASSWDI_TARGET static void PASSWDI_K(lane_sums)(float *out, const float *sums, int count) {
    float t[16 * PASSWDI_W];
    int i, k, l, h;
    for (i = 0; i < count; i += PASSWDI_W) {
        const int n = count - i < PASSWDI_W ? count - i : PASSWDI_W;
        if (n == PASSWDI_W) {
            PASSWDI_EACH_LANE(l) PASSWDI_K(turn)(t + l * PASSWDI_W, PASSWDI_W, sums + (size_t)i * 16 + l, 16);
        }
#if PASSWDI_W > 1
        else {
            memset(t, 0, sizeof t);
            for (k = 0; k < n; k++)
                for (l = 0; l < 16; l++) t[l * PASSWDI_W + k] = sums[(size_t)(i + k) * 16 + (size_t)l];
        }
#endif
        for (h = 8; h > 0; h /= 2)
            for (l = 0; l < h; l++)
                passwdi_store(
                    t + l * PASSWDI_W, passwdi_load(t + l * PASSWDI_W) + passwdi_load(t + (l + h) * PASSWDI_W));
        for (k = 0; k < n; k++) out[i + k] += t[k];
    }
}

/* add to a gradient, or begin it */
#define PASSWDI_GIVE(pointer, v, begin) passwdi_store(pointer, (begin) ? (v) : passwdi_load(pointer) + (v))

#ifdef PASSWDI_KERNELS
#include PASSWDI_KERNELS
#else
/* counter-based random bits: a hash of (seed, step, operation, element, event); the same for every lane and thread */
PASSWDI_INLINE PASSWDI_U PASSWDI_K(mix)(PASSWDI_U x) {
    x ^= x >> 16;
    x *= 0x21f0aaadu;
    x ^= x >> 15;
    x *= 0x735a2d97u;
    x ^= x >> 15;
    return x;
}
PASSWDI_INLINE PASSWDI_V PASSWDI_K(uniform)(
    const passwdi_job *job, const passwdi_op *op, int element, int lane) { /* in (0, 1) */
    PASSWDI_U x = PASSWDI_K(mix)(PASSWDI_K(load_u)(job->event_id + lane) + job->key[0]);
    x = PASSWDI_K(mix)(x ^ (job->key[1] + (uint32_t)op->index * 0x9e3779b9u + (uint32_t)element * 0x85ebca6bu));
    return passwdi_fma(PASSWDI_K(to_float)(x >> 9), passwdi_set(1.0f / 8388608.0f), passwdi_set(0.5f / 8388608.0f));
}

/* --- linear ----------------------------------------------------------------------------------------------------- */
/* R rows x T outputs held in registers: y[r][t] = b[t] + sum over i of w[t * wt + i * wi] x[r][i]; with add: y += .
   LISTED: only the inputs that `which` names (the others are zero in every lane), wi being 1. */
PASSWDI_INLINE void PASSWDI_K(dense_tile)(float *y, const float *x, const float *w, size_t wt, size_t wi,
    const float *b, const int *which, int count, int in, int out, int add, const int R, const int T, const int LISTED) {
    PASSWDI_V sum[PASSWDI_TILE_R][PASSWDI_TILE_T], xv[PASSWDI_TILE_R];
    const float *w3 = w + 3 * wt, *w6 = w + 6 * wt; /* three pointers and steps of wt reach eight rows of weights */
    const size_t row = (size_t)in * 16;
    int k, r, t;
    PASSWDI_UNROLL
    for (r = 0; r < R; r++) {
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) sum[r][t] = add ? passwdi_load(y + (r * out + t) * 16) : passwdi_set(b ? b[t] : 0.0f);
    }
    for (k = 0; k < count; k++) {
        const size_t i = LISTED ? (size_t)which[k] : 0;
        PASSWDI_UNROLL
        for (r = 0; r < R; r++) xv[r] = passwdi_load(x + i * 16 + (size_t)r * row);
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) {
            const PASSWDI_V wv = passwdi_set((t < 3 ? w : t < 6 ? w3 : w6)[i + (size_t)(t % 3) * wt]);
            PASSWDI_UNROLL
            for (r = 0; r < R; r++) sum[r][t] = passwdi_fma(wv, xv[r], sum[r][t]);
        }
        if (!LISTED) {
            x += 16;
            w += wi;
            w3 += wi;
            w6 += wi;
        }
    }
    PASSWDI_UNROLL
    for (r = 0; r < R; r++) {
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) passwdi_store(y + (r * out + t) * 16, sum[r][t]);
    }
}

/* y[row][o] = b[o] + sum_i w[o * wt + i * wi] x[row][i]; with add: y += . A few rows of x stay in the cache while all
   weights pass by: these are sixteen times smaller than rows of events. */
PASSWDI_TARGET static void PASSWDI_K(dense)(float *y, const float *x, const float *w, size_t wt, size_t wi,
    const float *b, const int *which, int count, int rows, int in, int out, int add) {
    int l, o, r;
#define PASSWDI_OUTPUTS(R, T, LISTED)                                                                                 \
    for (; o + T <= out; o += T) PASSWDI_K(dense_tile)                                                                \
    (y + ((size_t)r * (size_t)out + (size_t)o) * 16 + l, x + (size_t)r * (size_t)in * 16 + l, w + (size_t)o * wt, wt, \
        wi, b ? b + o : NULL, which, LISTED ? count : in, in, out, add, R, T, LISTED);
#if PASSWDI_TILE_T > 4
#define PASSWDI_HALF(R) PASSWDI_OUTPUTS(R, 4, 0)
#else
#define PASSWDI_HALF(R)
#endif
/* every tile is code to compile: few outputs go one by one, those of a list too, with its zeros */
#define PASSWDI_ROWS(R)                                      \
    for (; r + R <= rows; r += R) {                          \
        o = 0;                                               \
        if (which) { PASSWDI_OUTPUTS(R, PASSWDI_TILE_T, 1) } \
        PASSWDI_OUTPUTS(R, PASSWDI_TILE_T, 0)                \
        PASSWDI_HALF(R)                                      \
        PASSWDI_OUTPUTS(R, 1, 0)                             \
    }
    PASSWDI_EACH_LANE(l) {
        r = 0;
#if PASSWDI_TILE_R > 2
        PASSWDI_ROWS(PASSWDI_TILE_R)
#endif
        PASSWDI_ROWS(2)
        PASSWDI_ROWS(1)
    }
#undef PASSWDI_OUTPUTS
#undef PASSWDI_HALF
#undef PASSWDI_ROWS
}

/* The same for the first few lanes alone, which would leave the others idle: the outputs stand in the lanes instead,
   and the weights are turned. Panels of 4 vectors of outputs lie one behind the other, then those of 2 and 1, then what
   is left, each [inputs][outputs], so that memory is read from its beginning to its end. */
PASSWDI_INLINE int PASSWDI_K(panel)(int left) {
    return left >= 4 * PASSWDI_W ? 4 * PASSWDI_W
        : left >= 2 * PASSWDI_W  ? 2 * PASSWDI_W
        : left >= PASSWDI_W      ? PASSWDI_W
                                 : left;
}
PASSWDI_TARGET static void PASSWDI_K(turn_weights)(float *to, const float *w, int in, int out) {
    int o, i, j, n;
    for (o = 0; o < out; o += n, w += (size_t)n * (size_t)in) {
        n = PASSWDI_K(panel)(out - o);
        for (i = 0; i < in; i++)
            for (j = 0; j < n; j++) *to++ = w[(size_t)j * (size_t)in + (size_t)i];
    }
}
/* E lanes x T vectors of outputs: sums[e][t] += sum over i of w[i][t] x[i][e] */
PASSWDI_INLINE void PASSWDI_K(few_tile)(
    float *sums, const float *x, const float *w, int panel, const int *which, int count, const int E, const int T) {
    PASSWDI_V sum[4][4];
    int k, e, t;
    PASSWDI_UNROLL
    for (e = 0; e < E; e++) {
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) sum[e][t] = passwdi_load(sums + (e * 4 + t) * PASSWDI_W);
    }
    for (k = 0; k < count; k++) {
        const size_t i = (size_t)(which ? which[k] : k);
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) {
            const PASSWDI_V wv = passwdi_load(w + i * (size_t)panel + t * PASSWDI_W);
            PASSWDI_UNROLL
            for (e = 0; e < E; e++) sum[e][t] = passwdi_fma(wv, passwdi_set(x[i * 16 + (size_t)e]), sum[e][t]);
        }
    }
    PASSWDI_UNROLL
    for (e = 0; e < E; e++) {
        PASSWDI_UNROLL
        for (t = 0; t < T; t++) passwdi_store(sums + (e * 4 + t) * PASSWDI_W, sum[e][t]);
    }
}
/* One row: y[o][lanes] = (add: += ) b[o] + sum of w x. What the lanes beyond hold does not matter. */
PASSWDI_TARGET static void PASSWDI_K(few_lanes)(float *y, const float *x, const float *w, const float *b,
    const int *which, int count, int lanes, int in, int out, int add) {
    enum { S = 4 * PASSWDI_W };
    float sums[16 * S];
    const int some = lanes > 1 ? (lanes + 3) / 4 * 4 : 1;
    int o, n, e, j, l;
    memset(sums, 0, sizeof sums);
    for (o = 0; o < out; o += n, w += (size_t)n * (size_t)in) {
        n = PASSWDI_K(panel)(out - o);
        for (e = 0; e < some; e++) {
            if (b && !add) memcpy(sums + e * S, b + o, (size_t)n * sizeof(float));
            else if (!add) memset(sums + e * S, 0, (size_t)n * sizeof(float));
            for (j = 0; add && j < n; j++) sums[e * S + j] = y[(o + j) * 16 + e];
        }
        for (e = 0; e < some; e += 4) {
#define PASSWDI_LANES(T)                                                    \
    if (lanes == 1) PASSWDI_K(few_tile)(sums, x, w, n, which, count, 1, T); \
    else PASSWDI_K(few_tile)(sums + e * S, x + e, w, n, which, count, 4, T);
            if (n == S) {
                PASSWDI_LANES(4)
            } else if (n == 2 * PASSWDI_W) {
                PASSWDI_LANES(2)
            } else {
                PASSWDI_LANES(1)
            }
#undef PASSWDI_LANES
        }
        for (j = 0; lanes == 1 && j < n; j++)
            PASSWDI_EACH_LANE(l) passwdi_store(y + (o + j) * 16 + l, passwdi_set(sums[j]));
        for (j = 0; lanes > 1 && j < n; j += PASSWDI_W)
            if (j + PASSWDI_W <= n) {
                PASSWDI_EACH_LANE(l) PASSWDI_K(turn)(y + (o + j) * 16 + l, 16, sums + l * S + j, S);
            } else
                for (l = 0; l < 16 * (n - j); l++) y[(o + j) * 16 + l] = sums[l % 16 * S + j + l / 16];
    }
}

#ifndef PASSWD_NO_TRAINING
/* T outputs x J vectors of inputs: dw[t][i] += sum over all k of dy[k][t] xt[k][i]; xt is [16 rows][2 W] */
PASSWDI_INLINE void PASSWDI_K(outer_tile)(float *dw, int in, const int *which, int i, int end, const float *dy,
    size_t dy_row, const float *xt, int rows, const int T, const int J) {
    PASSWDI_V sum[PASSWDI_TILE_T][2];
    float out[PASSWDI_W];
    int r, l, t, j, n;
    PASSWDI_UNROLL
    for (t = 0; t < T; t++) {
        PASSWDI_UNROLL
        for (j = 0; j < J; j++) sum[t][j] = passwdi_set(0.0f);
    }
    for (r = 0; r < rows; r++, dy += dy_row) {
        for (l = 0; l < 16; l++, xt += 2 * PASSWDI_W) {
            PASSWDI_V xv[2];
            PASSWDI_UNROLL
            for (j = 0; j < J; j++) xv[j] = passwdi_load(xt + j * PASSWDI_W);
            PASSWDI_UNROLL
            for (t = 0; t < T; t++) {
                const PASSWDI_V d = passwdi_set(dy[t * 16 + l]);
                PASSWDI_UNROLL
                for (j = 0; j < J; j++) sum[t][j] = passwdi_fma(d, xv[j], sum[t][j]);
            }
        }
    }
    PASSWDI_UNROLL
    for (t = 0; t < T; t++) {
        PASSWDI_UNROLL
        for (j = 0; j < J; j++) {
            float *to = dw + (size_t)t * (size_t)in;
            n = end - i - j * PASSWDI_W;
            if (n >= PASSWDI_W && !which) {
                to += i + j * PASSWDI_W;
                passwdi_store(to, passwdi_load(to) + sum[t][j]);
                continue;
            }
            passwdi_store(out, sum[t][j]);
            if (n > PASSWDI_W) n = PASSWDI_W;
            for (l = 0; l < n; l++) to[which ? which[i + j * PASSWDI_W + l] : i + j * PASSWDI_W + l] += out[l];
        }
    }
}

/* dw[out][in] += sum over rows and lanes of dy x, for outputs from..end. x is turned, two vectors of inputs at a time,
   so that the sum runs along memory, not across lanes. which: as in dense. */
PASSWDI_TARGET static void PASSWDI_K(outer)(float *dw, float *db, const float *dy, const float *x, const int *which,
    int count, int rows, int in, int out, int from, int end, float *xt) {
    const size_t dy_row = (size_t)out * 16;
    int r, i, j, l, o, t;
    for (i = 0; i < count; i += 2 * PASSWDI_W) {
        for (r = 0; r < rows; r++)
            for (j = i; j < i + 2 * PASSWDI_W && j < count; j += PASSWDI_W) {
                const float *xr = x + (size_t)r * (size_t)in * 16, *block = xr + (size_t)j * 16;
                float copy[PASSWDI_W * 16];
                if (which
                    || j + PASSWDI_W > count) { /* what does not stand together, or ends early: zeros fill it up */
                    memset(copy, 0, sizeof copy);
                    for (l = 0; l < PASSWDI_W && j + l < count; l++)
                        memcpy(copy + l * 16, xr + (size_t)(which ? which[j + l] : j + l) * 16, 16 * sizeof(float));
                    block = copy;
                }
                PASSWDI_EACH_LANE(l)
                PASSWDI_K(turn)
                (xt + ((size_t)r * 16 + (size_t)l) * 2 * PASSWDI_W + (j - i), 2 * PASSWDI_W, block + l, 16);
            }
        for (o = from; o < end; o += t) {
            float *to = dw + (size_t)o * (size_t)in;
            t = end - o >= PASSWDI_TILE_T ? PASSWDI_TILE_T : 1;
            if (t > 1 && i + PASSWDI_W < count)
                PASSWDI_K(outer_tile)(to, in, which, i, count, dy + o * 16, dy_row, xt, rows, PASSWDI_TILE_T, 2);
            else if (t > 1)
                PASSWDI_K(outer_tile)(to, in, which, i, count, dy + o * 16, dy_row, xt, rows, PASSWDI_TILE_T, 1);
            else if (i + PASSWDI_W < count)
                PASSWDI_K(outer_tile)(to, in, which, i, count, dy + o * 16, dy_row, xt, rows, 1, 2);
            else PASSWDI_K(outer_tile)(to, in, which, i, count, dy + o * 16, dy_row, xt, rows, 1, 1);
        }
    }
    if (db) {
        float *sums = xt;
        PASSWDI_EACH_LANE(l) for (o = from; o < end; o++) {
            PASSWDI_V s = passwdi_set(0.0f);
            for (r = 0; r < rows; r++) s = s + passwdi_load(dy + ((size_t)r * (size_t)out + (size_t)o) * 16 + l);
            passwdi_store(sums + (o - from) * 16 + l, s);
        }
        PASSWDI_K(lane_sums)(db + from, sums, end - from);
    }
}
#endif

/* Of many inputs (rapidity-mass matrices, say) most may be zero in all events at hand: lists the others, or says NULL.
 */
PASSWDI_TARGET static const int *PASSWDI_K(filled)(const passwdi_job *job, const passwdi_op *op, int *count) {
    const int rows = job->rows[op->out], in = op->n_in;
    const float *x = job->value[op->in[0]];
    int *which =
        (int *)(void *)(job->scratch + (size_t)rows * 16 * 32 + 64 + 64 * (size_t)(in > op->n_out ? in : op->n_out));
    int i, r, l;
    *count = in;
    if (!op->with.linear.sparse) return NULL;
    for (i = 0, *count = 0; i < in; i++) {
        PASSWDI_V any = passwdi_set(0.0f);
        float one[PASSWDI_W];
        for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
                const PASSWDI_V v = passwdi_load(x + ((size_t)r * (size_t)in + (size_t)i) * 16 + l);
                any = any + passwdi_max(v, passwdi_set(0.0f) - v); /* NaN stays NaN */
            }
        passwdi_store(one, any);
        for (l = 0; l < PASSWDI_W && one[l] == 0.0f; l++) {}
        if (l < PASSWDI_W) which[(*count)++] = i;
    }
    return which;
}
PASSWDI_TARGET static void PASSWDI_K(linear_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], from = rows * job->part / job->parts,
              end = rows * (job->part + 1) / job->parts;
    const float *b = op->parameter[1] < 0 ? NULL : job->parameters + op->offset[1];
    const int lanes = job->single && job->power[op->out] > 0 && !op->with.linear.flat ? job->objects : job->lanes;
    int count, r;
    const int *which = PASSWDI_K(filled)(job, op, &count);
    for (r = from; job->turned && lanes <= PASSWDI_FEW && r < end; r++) PASSWDI_K(few_lanes)
    (job->value[op->out] + (size_t)r * (size_t)op->n_out * 16,
        job->value[op->in[0]] + (size_t)r * (size_t)op->n_in * 16, job->turned + op->offset[0], b, which, count, lanes,
        op->n_in, op->n_out, op->with.linear.adds);
    if (r == from) PASSWDI_K(dense)
    (job->value[op->out] + (size_t)from * (size_t)op->n_out * 16,
        job->value[op->in[0]] + (size_t)from * (size_t)op->n_in * 16, job->parameters + op->offset[0], (size_t)op->n_in,
        1, b, which, count, end - from, op->n_in, op->n_out, op->with.linear.adds);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(linear_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], from = rows * job->part / job->parts,
              end = rows * (job->part + 1) / job->parts;
    const int tiles = (op->n_out + PASSWDI_TILE_T - 1) / PASSWDI_TILE_T,
              first = tiles * job->part / job->parts * PASSWDI_TILE_T;
    const int last = job->part + 1 == job->parts ? op->n_out : tiles * (job->part + 1) / job->parts * PASSWDI_TILE_T;
    const float *dy = job->gradient[op->out];
    int count;
    const int *which = job->sums && job->pass != 1 ? PASSWDI_K(filled)(job, op, &count) : NULL;
    if (job->sums && job->pass != 1) PASSWDI_K(outer)
    (job->sums + op->offset[0], op->parameter[1] < 0 ? NULL : job->sums + op->offset[1], dy, job->value[op->in[0]],
        which, count, rows, op->n_in, op->n_out, first, last, job->scratch);
    if (job->gradient[op->in[0]] && job->pass != 2) PASSWDI_K(dense)
    (job->gradient[op->in[0]] + (size_t)from * (size_t)op->n_in * 16, dy + (size_t)from * (size_t)op->n_out * 16,
        job->parameters + op->offset[0], 1, (size_t)op->n_in, NULL, NULL, op->n_out, end - from, op->n_out, op->n_in,
        !op->begin[0]);
}
#endif

/* --- layer norm, with residual, activation and row mask ----------------------------------------------------------- */
PASSWDI_TARGET static void PASSWDI_K(norm_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_out;
    const float *x = job->value[op->in[0]], *residual = op->in[1] < 0 ? NULL : job->value[op->in[1]];
    const float *mask = op->in[2] < 0 ? NULL : job->value[op->in[2]];
    const float *g = job->parameters + op->offset[0], *b = job->parameters + op->offset[1];
    const PASSWDI_V share = passwdi_set(1.0f / (float)n), slope = passwdi_set(op->with.norm.slope);
    const int activation = op->with.norm.activation;
    int r, f, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            const float *xr = x + (size_t)r * (size_t)n * 16 + l,
                        *rr = residual ? residual + (size_t)r * (size_t)n * 16 + l : NULL;
            float *y = job->value[op->out] + (size_t)r * (size_t)n * 16 + l;
            PASSWDI_V s[4], mean, scale;
            for (f = 0; f < 4; f++) s[f] = passwdi_set(0.0f);
            if (rr) {
                for (f = 0; f < n; f++)
                    passwdi_store(y + f * 16, passwdi_load(xr + f * 16) + passwdi_load(rr + f * 16));
                xr = y;
            }
            for (f = 0; f + 4 <= n; f += 4) { /* four sums: the adder's latency would rule otherwise */
                s[0] = s[0] + passwdi_load(xr + f * 16);
                s[1] = s[1] + passwdi_load(xr + f * 16 + 16);
                s[2] = s[2] + passwdi_load(xr + f * 16 + 32);
                s[3] = s[3] + passwdi_load(xr + f * 16 + 48);
            }
            for (; f < n; f++) s[0] = s[0] + passwdi_load(xr + f * 16);
            mean = passwdi_times((s[0] + s[1]) + (s[2] + s[3]), share);
            for (f = 0; f < 4; f++) s[f] = passwdi_set(0.0f);
            for (f = 0; f + 4 <= n; f += 4) {
                const PASSWDI_V d0 = passwdi_load(xr + f * 16) - mean, d1 = passwdi_load(xr + f * 16 + 16) - mean;
                const PASSWDI_V d2 = passwdi_load(xr + f * 16 + 32) - mean, d3 = passwdi_load(xr + f * 16 + 48) - mean;
                s[0] = passwdi_fma(d0, d0, s[0]);
                s[1] = passwdi_fma(d1, d1, s[1]);
                s[2] = passwdi_fma(d2, d2, s[2]);
                s[3] = passwdi_fma(d3, d3, s[3]);
            }
            for (; f < n; f++) {
                const PASSWDI_V d = passwdi_load(xr + f * 16) - mean;
                s[0] = passwdi_fma(d, d, s[0]);
            }
            scale = PASSWDI_K(rsqrt)(passwdi_fma((s[0] + s[1]) + (s[2] + s[3]), share, passwdi_set(1e-5f)));
            if (job->keep) {
                passwdi_store(job->value[op->aux] + (size_t)r * 32 + l, mean);
                passwdi_store(job->value[op->aux] + (size_t)r * 32 + 16 + l, scale);
            }
            for (f = 0; f < n; f++) {
                PASSWDI_V v =
                    passwdi_fma((passwdi_load(xr + f * 16) - mean) * scale, passwdi_set(g[f]), passwdi_set(b[f]));
                if (activation == PASSWD_ACTIVATE_RELU) v = passwdi_max(v, passwdi_set(0.0f));
                else if (activation == PASSWD_ACTIVATE_LEAKY_RELU) v = passwdi_pick(v, v, v * slope);
                passwdi_store(y + f * 16, v);
            }
            if (mask) {
                const PASSWDI_V m = passwdi_load(mask + (size_t)r * 16 + l);
                for (f = 0; f < n; f++) passwdi_store(y + f * 16, passwdi_load(y + f * 16) * m);
            }
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(norm_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_out, activation = op->with.norm.activation;
    const float *x = job->value[op->in[0]], *residual = op->in[1] < 0 ? NULL : job->value[op->in[1]],
                *aux = job->value[op->aux];
    const float *mask = op->in[2] < 0 ? NULL : job->value[op->in[2]], *g = job->parameters + op->offset[0];
    const PASSWDI_V share = passwdi_set(1.0f / (float)n), zero = passwdi_set(0.0f), one = passwdi_set(1.0f),
                    slope = passwdi_set(op->with.norm.slope);
    float *dg = job->scratch, *db = dg + n * 16, *dh = db + n * 16, *xh = dh + n * 16;
    int r, f, l;
    memset(dg, 0, (size_t)n * 32 * sizeof(float));
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            const size_t at = (size_t)r * (size_t)n * 16 + (size_t)l;
            const PASSWDI_V mean = passwdi_load(aux + (size_t)r * 32 + l),
                            scale = passwdi_load(aux + (size_t)r * 32 + 16 + l);
            const PASSWDI_V m = mask ? passwdi_load(mask + (size_t)r * 16 + l) : one;
            const float *y = job->value[op->out] + at, *dy = job->gradient[op->out] + at;
            float *dx = job->gradient[op->in[0]] ? job->gradient[op->in[0]] + at : NULL;
            float *dr = residual && job->gradient[op->in[1]] ? job->gradient[op->in[1]] + at : NULL;
            PASSWDI_V s0 = zero, s1 = zero;
            for (f = 0; f < n; f++) {
                PASSWDI_V h = passwdi_load(x + at + f * 16), d = passwdi_load(dy + f * 16) * m;
                if (residual) h = h + passwdi_load(residual + at + f * 16);
                h = (h - mean) * scale;
                if (activation == PASSWD_ACTIVATE_RELU) d = passwdi_pick(passwdi_load(y + f * 16), d, zero);
                else if (activation == PASSWD_ACTIVATE_LEAKY_RELU)
                    d = passwdi_pick(passwdi_load(y + f * 16), d, d * slope);
                passwdi_store(dg + f * 16 + l, passwdi_fma(d, h, passwdi_load(dg + f * 16 + l)));
                passwdi_store(db + f * 16 + l, passwdi_load(db + f * 16 + l) + d);
                d = d * passwdi_set(g[f]);
                passwdi_store(dh + f * 16 + l, d);
                passwdi_store(xh + f * 16 + l, h);
                s0 = passwdi_fma(d, one, s0);
                s1 = passwdi_fma(d, h, s1);
            }
            s0 = passwdi_times(s0, share);
            s1 = passwdi_times(s1, share);
            for (f = 0; f < n; f++) {
                const PASSWDI_V d =
                    passwdi_fma(passwdi_load(xh + f * 16 + l), zero - s1, passwdi_load(dh + f * 16 + l) - s0);
                if (dx)
                    passwdi_store(
                        dx + f * 16, op->begin[0] ? d * scale : passwdi_fma(d, scale, passwdi_load(dx + f * 16)));
                if (dr)
                    passwdi_store(
                        dr + f * 16, op->begin[1] ? d * scale : passwdi_fma(d, scale, passwdi_load(dr + f * 16)));
            }
        }
    if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[0], dg, n);
    if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[1], db, n);
}
#endif

/* --- batch norm of an input: the statistics are ready when the batch starts (passwdi_batch_statistics) -------------
 */
PASSWDI_TARGET static void PASSWDI_K(batch_norm_forward)(const passwdi_job *job, const passwdi_op *op) {
    const float *mean = (op->with.batch_norm.running ? job->running : job->statistics) + op->with.batch_norm.statistics,
                *scale = mean + op->n_out;
    const float *g = job->parameters + op->offset[0], *b = job->parameters + op->offset[1];
    const size_t rows = (size_t)job->rows[op->out], n = (size_t)op->n_out;
    size_t r, f;
    int l;
    for (r = 0; r < rows; r++)
        for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) {
                const PASSWDI_V h = (passwdi_load(job->value[op->in[0]] + (r * n + f) * 16 + l) - passwdi_set(mean[f]))
                    * passwdi_set(scale[f]);
                passwdi_store(
                    job->value[op->out] + (r * n + f) * 16 + l, passwdi_fma(h, passwdi_set(g[f]), passwdi_set(b[f])));
            }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(batch_norm_backward)(const passwdi_job *job, const passwdi_op *op) {
    const float *mean = (op->with.batch_norm.running ? job->running : job->statistics) + op->with.batch_norm.statistics,
                *scale = mean + op->n_out, *g = job->parameters + op->offset[0];
    const size_t rows = (size_t)job->rows[op->out], n = (size_t)op->n_out;
    float *dx = job->gradient[op->in[0]], *dg = job->scratch, *db = dg + n * 16;
    size_t r, f;
    int l;
    for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) {
            PASSWDI_V sg = passwdi_set(0.0f), sb = sg;
            for (r = 0; r < rows; r++) {
                const PASSWDI_V h = (passwdi_load(job->value[op->in[0]] + (r * n + f) * 16 + l) - passwdi_set(mean[f]))
                    * passwdi_set(scale[f]);
                const PASSWDI_V d = passwdi_load(job->gradient[op->out] + (r * n + f) * 16 + l);
                sg = passwdi_fma(d, h, sg);
                sb = sb + d;
                if (dx)
                    PASSWDI_GIVE(dx + (r * n + f) * 16 + l,
                        passwdi_times(passwdi_times(d, passwdi_set(scale[f])), passwdi_set(g[f])), op->begin[0]);
            }
            passwdi_store(dg + f * 16 + l, sg);
            passwdi_store(db + f * 16 + l, sb);
        }
    if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[0], dg, (int)n);
    if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[1], db, (int)n);
}
#endif

/* --- element by element ------------------------------------------------------------------------------------------- */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(unary)(int kind, PASSWDI_V x, PASSWDI_V a, PASSWDI_V b) {
    const PASSWDI_V zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    PASSWDI_V e;
    switch (kind) { /* those without an exponential; for the others its argument */
    case PASSWD_ACTIVATE_RELU: return passwdi_max(x, zero);
    case PASSWD_ACTIVATE_LEAKY_RELU: return passwdi_pick(x, x, x * a);
    case PASSWD_ACTIVATE_LOG: return PASSWDI_K(log)(x);
    case PASSWD_ACTIVATE_SQUARE: return x * x;
    case PASSWD_ACTIVATE_SQRT: return passwdi_sqrt(passwdi_max(x, zero));
    case PASSWD_ACTIVATE_AFFINE: return passwdi_fma(x, a, b);
    case PASSWD_ACTIVATE_GELU: return x * PASSWDI_K(normal_integral)(x);
    case PASSWD_ACTIVATE_EXP: e = x; break;
    case PASSWD_ACTIVATE_ELU: e = passwdi_pick(x, zero, x); break;
    case PASSWD_ACTIVATE_SOFTPLUS: e = passwdi_pick(x, zero - x, x); break;
    case PASSWD_ACTIVATE_TANH: e = zero - (x + x); break;
    case PASSWD_ACTIVATE_SIGMOID:
    case PASSWD_ACTIVATE_SILU: e = zero - x; break;
    default: return x;
    }
    e = PASSWDI_K(exp)(e);
    switch (kind) {
    case PASSWD_ACTIVATE_EXP: return e;
    case PASSWD_ACTIVATE_ELU: return passwdi_pick(x, x, e - one);
    case PASSWD_ACTIVATE_SOFTPLUS: return passwdi_max(x, zero) + PASSWDI_K(log)(one + e);
    case PASSWD_ACTIVATE_TANH: return passwdi_fma(passwdi_set(2.0f), one / (one + e), passwdi_set(-1.0f));
    case PASSWD_ACTIVATE_SILU: return x / (one + e);
    default: return one / (one + e);
    }
}
#ifndef PASSWD_NO_TRAINING
/* derivative at x, where y = f(x) */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(slope)(int kind, PASSWDI_V x, PASSWDI_V y, PASSWDI_V a) {
    const PASSWDI_V zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    switch (kind) {
    case PASSWD_ACTIVATE_RELU: return passwdi_pick(x, one, zero);
    case PASSWD_ACTIVATE_LEAKY_RELU: return passwdi_pick(x, one, a);
    case PASSWD_ACTIVATE_ELU: return passwdi_pick(x, one, y + one);
    case PASSWD_ACTIVATE_SIGMOID: return passwdi_fma(y, zero - y, y);
    case PASSWD_ACTIVATE_TANH: return passwdi_fma(y, zero - y, one);
    case PASSWD_ACTIVATE_SOFTPLUS:
    case PASSWD_ACTIVATE_SILU: {
        const PASSWDI_V s = PASSWDI_K(sigmoid)(x);
        return kind == PASSWD_ACTIVATE_SILU ? passwdi_fma(y, one - s, s) : s;
    }
    case PASSWD_ACTIVATE_EXP: return y;
    case PASSWD_ACTIVATE_LOG: return one / passwdi_max(x, passwdi_set(1.17549435e-38f));
    case PASSWD_ACTIVATE_SQUARE: return x + x;
    case PASSWD_ACTIVATE_SQRT: return passwdi_pick(x, passwdi_set(0.5f) / passwdi_max(y, passwdi_set(1e-12f)), zero);
    case PASSWD_ACTIVATE_AFFINE: return a;
    case PASSWD_ACTIVATE_GELU:
        return passwdi_fma(
            x * passwdi_set(0.398942280f), PASSWDI_K(exp)(x * x * passwdi_set(-0.5f)), PASSWDI_K(normal_integral)(x));
    default: return one;
    }
}
#endif
PASSWDI_TARGET static void PASSWDI_K(unary_forward)(const passwdi_job *job, const passwdi_op *op) {
    const size_t count = (size_t)job->rows[op->out] * (size_t)op->n_out * 16;
    const float *x = job->value[op->in[0]];
    float *y = job->value[op->out];
    const PASSWDI_V a = passwdi_set(op->with.unary.a), b = passwdi_set(op->with.unary.b);
    size_t i;
#define PASSWDI_UNARY(kind) \
    for (i = 0; i < count; i += PASSWDI_W) passwdi_store(y + i, PASSWDI_K(unary)(kind, passwdi_load(x + i), a, b));
    if (op->with.unary.kind == PASSWD_ACTIVATE_RELU)
        PASSWDI_UNARY(PASSWD_ACTIVATE_RELU) /* the choice outside of the loop, where it costs most */
    else if (op->with.unary.kind == PASSWD_ACTIVATE_GELU) PASSWDI_UNARY(PASSWD_ACTIVATE_GELU)
    else PASSWDI_UNARY(op->with.unary.kind)
#undef PASSWDI_UNARY
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(unary_backward)(const passwdi_job *job, const passwdi_op *op) {
    const size_t count = (size_t)job->rows[op->out] * (size_t)op->n_out * 16;
    const PASSWDI_V a = passwdi_set(op->with.unary.a);
    const float *x = job->value[op->in[0]], *y = job->value[op->out], *dy = job->gradient[op->out];
    float *dx = job->gradient[op->in[0]];
    size_t i;
    if (!dx) return;
    if (op->with.unary.kind == PASSWD_ACTIVATE_RELU && op->begin[0]) {
        for (i = 0; i < count; i += PASSWDI_W)
            passwdi_store(
                dx + i, passwdi_load(dy + i) * PASSWDI_K(slope)(PASSWD_ACTIVATE_RELU, passwdi_load(x + i), a, a));
        return;
    }
    for (i = 0; i < count; i += PASSWDI_W) {
        const PASSWDI_V d =
            passwdi_load(dy + i) * PASSWDI_K(slope)(op->with.unary.kind, passwdi_load(x + i), passwdi_load(y + i), a);
        passwdi_store(dx + i, op->begin[0] ? d : passwdi_fma(d, passwdi_set(1.0f), passwdi_load(dx + i)));
    }
}
#endif

PASSWDI_TARGET static void PASSWDI_K(binary_forward)(const passwdi_job *job, const passwdi_op *op) {
    const size_t count = (size_t)job->rows[op->out] * (size_t)op->n_out * 16;
    const float *a = job->value[op->in[0]], *b = job->value[op->in[1]];
    const int sign = op->with.binary.sign;
    size_t i;
    for (i = 0; i < count; i += PASSWDI_W) {
        const PASSWDI_V x = passwdi_load(a + i), y = passwdi_load(b + i);
        passwdi_store(job->value[op->out] + i,
            sign == '+'       ? x + y
                : sign == '-' ? x - y
                              : (sign == 's' ? PASSWDI_K(sigmoid)(x) : x) * y);
    }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(binary_backward)(const passwdi_job *job, const passwdi_op *op) {
    const size_t count = (size_t)job->rows[op->out] * (size_t)op->n_out * 16;
    const PASSWDI_V zero = passwdi_set(0.0f);
    const int sign = op->with.binary.sign;
    int k;
    for (k = 0; k < 2; k++) { /* one input after the other: they may be the same value */
        float *to = job->gradient[op->in[k]];
        size_t i;
        for (i = 0; to && i < count; i += PASSWDI_W) {
            const PASSWDI_V d = passwdi_load(job->gradient[op->out] + i),
                            old = op->begin[k] ? zero : passwdi_load(to + i);
            PASSWDI_V factor = passwdi_set(sign == '-' && k == 1 ? -1.0f : 1.0f);
            if (sign == '*') factor = passwdi_load(job->value[op->in[1 - k]] + i);
            if (sign == 's') factor = PASSWDI_K(sigmoid)(passwdi_load(job->value[op->in[0]] + i));
            if (sign == 's' && k == 0)
                factor = passwdi_fma(factor, zero - factor, factor) * passwdi_load(job->value[op->in[1]] + i);
            passwdi_store(to + i, passwdi_fma(d, factor, old));
        }
    }
}
#endif

/* old + s (tanh(fresh) - old), s = sigmoid(update - bias): from two exponentials and one division. Their arguments stop
   at 40, where both functions are 0 or 1 to rounding, so that the product below them stays finite. */
PASSWDI_TARGET static void PASSWDI_K(gru_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int count = job->rows[op->out] * op->n_out, n = op->n_out;
    const float *update = job->value[op->in[0]], *fresh = job->value[op->in[1]], *old = job->value[op->in[2]],
                *bias = job->parameters + op->offset[0];
    const PASSWDI_V zero = passwdi_set(0.0f), one = passwdi_set(1.0f), low = passwdi_set(-40.0f);
    int i, f, l;
    for (i = 0, f = 0; i < count; i++, f = f + 1 < n ? f + 1 : 0) PASSWDI_EACH_LANE(l) {
            const PASSWDI_V h = passwdi_load(fresh + i * 16 + l), x = passwdi_load(old + i * 16 + l);
            const PASSWDI_V a =
                one + PASSWDI_K(exp)(zero - passwdi_max(low, passwdi_load(update + i * 16 + l) - passwdi_set(bias[f])));
            const PASSWDI_V e = PASSWDI_K(exp)(zero - passwdi_max(low, h + h)), b = one + e;
            const PASSWDI_V step = passwdi_fma(zero - x, b, one - e);
            passwdi_store(job->value[op->out] + i * 16 + l, step / passwdi_times(a, b) + x);
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(gru_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_out;
    const float *bias = job->parameters + op->offset[0];
    const PASSWDI_V zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    float *db = job->scratch;
    int r, f, l;
    memset(db, 0, (size_t)n * 16 * sizeof(float));
    for (r = 0; r < rows; r++)
        for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) {
                const size_t at = (size_t)(r * n + f) * 16 + (size_t)l;
                const PASSWDI_V h = passwdi_load(job->value[op->in[1]] + at),
                                x = passwdi_load(job->value[op->in[2]] + at),
                                d = passwdi_load(job->gradient[op->out] + at);
                const PASSWDI_V s = PASSWDI_K(sigmoid)(passwdi_load(job->value[op->in[0]] + at) - passwdi_set(bias[f]));
                const PASSWDI_V t = passwdi_fma(passwdi_set(2.0f), PASSWDI_K(sigmoid)(h + h), passwdi_set(-1.0f)),
                                ds = passwdi_times(d, s);
                const PASSWDI_V du = passwdi_times(passwdi_times(ds, one - s), t - x);
                if (job->gradient[op->in[0]]) PASSWDI_GIVE(job->gradient[op->in[0]] + at, du, op->begin[0]);
                if (job->gradient[op->in[1]])
                    PASSWDI_GIVE(
                        job->gradient[op->in[1]] + at, passwdi_times(ds, passwdi_fma(zero - t, t, one)), op->begin[1]);
                if (job->gradient[op->in[2]]) PASSWDI_GIVE(job->gradient[op->in[2]] + at, d - ds, op->begin[2]);
                passwdi_store(db + f * 16 + l, passwdi_load(db + f * 16 + l) - du);
            }
    if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[0], db, n);
}
#endif

/* one row, or all of them, replaced by a learnt vector; of one event alone, an object's row is a lane */
PASSWDI_TARGET static void PASSWDI_K(learnt_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_out, row = op->with.learnt.row,
              lanes = row >= 0 && job->single && job->power[op->out] > 0;
    const float *p = job->parameters + op->offset[0];
    float *y = job->value[op->out];
    int r, f, l;
    if (row >= 0) memcpy(y, job->value[op->in[0]], (size_t)rows * (size_t)n * 16 * sizeof(float));
    for (r = lanes ? rows : row < 0 ? 0 : row; r < (row < 0 ? rows : row + 1) && r < rows; r++)
        for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) passwdi_store(y + (r * n + f) * 16 + l, passwdi_set(p[f]));
    for (f = 0; lanes && f < n; f++) y[f * 16 + row] = p[f];
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(learnt_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_out, row = op->with.learnt.row, first = row < 0 ? 0 : row,
              last = row < 0 ? rows : row + 1;
    const float *dy = job->gradient[op->out];
    float *dx = row < 0 ? NULL : job->gradient[op->in[0]], *sums = job->scratch;
    int r, f, l;
    for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) {
            PASSWDI_V s = passwdi_set(0.0f);
            for (r = first; r < last; r++) s = s + passwdi_load(dy + (r * n + f) * 16 + l);
            passwdi_store(sums + f * 16 + l, s);
        }
    if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[0], sums, n);
    for (r = 0; dx && r < rows; r++)
        for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l)
    PASSWDI_GIVE(dx + (r * n + f) * 16 + l, r == row ? passwdi_set(0.0f) : passwdi_load(dy + (r * n + f) * 16 + l),
        op->begin[0]);
}
#endif

/* --- user-defined operations: one event alone is moved to lane 0 first --- */
PASSWDI_TARGET static void PASSWDI_K(custom_pass)(const passwdi_job *job, const passwdi_op *op, int back) {
    const passwd_custom_options *o = &op->custom->o;
    float *room = job->scratch + (o->scratch + 15) / 16 * 16;
    passwd_lanes v;
    int k, r, f;
    memset(&v, 0, sizeof v);
    for (k = 0; k < o->inputs; k++) {
        const int n = v.features[k] = op->custom->features_of[k], objects = job->power[op->in[k]] == 1;
        v.in[k] = job->value[op->in[k]];
        v.rows[k] = job->rows[op->in[k]];
        if (job->single && objects) {
            v.rows[k] = job->inner[op->in[k]];
            memset(room, 0, (size_t)v.rows[k] * (size_t)n * 16 * sizeof(float));
            for (r = 0; r < v.rows[k]; r++)
                for (f = 0; f < n; f++) room[(size_t)(r * n + f) * 16] = v.in[k][f * 16 + r];
            v.in[k] = room;
            room += (size_t)v.rows[k] * (size_t)n * 16;
        }
        if (job->power[op->in[k]] > 0) v.objects = job->inner[op->in[k]];
        if (!back || k == 4 || !job->gradient[op->in[k]]) continue;
        v.in_gradient[k] = job->gradient[op->in[k]];
        if (op->begin[k]) memset(v.in_gradient[k], 0, (size_t)v.rows[k] * (size_t)n * 16 * sizeof(float));
    }
    for (k = 0; k < o->parameters; k++) {
        v.parameter[k] = job->parameters + op->offset[k];
        if (back && job->sums && op->custom->trains[k]) v.parameter_gradient[k] = job->sums + op->offset[k];
    }
    v.out = job->value[op->out];
    v.out_gradient = back ? job->gradient[op->out] : NULL;
    v.out_rows = job->rows[op->out];
    v.out_features = op->n_out;
    v.scratch = job->scratch;
    v.training = job->training;
    v.simd = PASSWDI_LEVEL;
    v.user = o->user;
    if (back) o->backward(&v);
    else o->forward(&v);
}
PASSWDI_TARGET static void PASSWDI_K(custom_forward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_K(custom_pass)(job, op, 0);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(custom_backward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_K(custom_pass)(job, op, 1);
}
#endif

/* rows of x times a mask of one feature; a constant added to one feature */
PASSWDI_TARGET static void PASSWDI_K(mask_rows_pass)(
    const passwdi_job *job, const passwdi_op *op, float *to, const float *from, int begin) {
    const int rows = job->rows[op->out], n = op->n_out;
    int r, f, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            const PASSWDI_V m = passwdi_load(job->value[op->in[1]] + r * 16 + l);
            for (f = 0; f < n; f++) {
                const PASSWDI_V v = passwdi_load(from + (r * n + f) * 16 + l);
                PASSWDI_GIVE(to + (r * n + f) * 16 + l, passwdi_times(v, m), begin);
            }
        }
}
PASSWDI_TARGET static void PASSWDI_K(mask_rows_forward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_K(mask_rows_pass)(job, op, job->value[op->out], job->value[op->in[0]], 1);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(mask_rows_backward)(const passwdi_job *job, const passwdi_op *op) {
    if (job->gradient[op->in[0]])
        PASSWDI_K(mask_rows_pass)(job, op, job->gradient[op->in[0]], job->gradient[op->out], op->begin[0]);
}
#endif
PASSWDI_TARGET static void PASSWDI_K(shift_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_out;
    float *y = job->value[op->out];
    int r, l;
    memcpy(y, job->value[op->in[0]], (size_t)rows * (size_t)n * 16 * sizeof(float));
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            float *at = y + (r * n + op->with.shift.feature) * 16 + l;
            passwdi_store(at, passwdi_load(at) + passwdi_set(op->with.shift.by));
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(shift_backward)(const passwdi_job *job, const passwdi_op *op) {
    const size_t count = (size_t)job->rows[op->out] * (size_t)op->n_out * 16;
    float *dx = job->gradient[op->in[0]];
    size_t i;
    for (i = 0; dx && i < count; i += PASSWDI_W)
        PASSWDI_GIVE(dx + i, passwdi_load(job->gradient[op->out] + i), op->begin[0]);
}
#endif

/* inverted dropout: kept values are scaled up in training, nothing happens otherwise */
PASSWDI_TARGET static void PASSWDI_K(dropout_pass)(
    const passwdi_job *job, const passwdi_op *op, float *to, const float *from, int begin) {
    const int count = job->rows[op->out] * op->n_out;
    const PASSWDI_V rate = passwdi_set(op->with.dropout.rate),
                    kept = passwdi_set(1.0f / (1.0f - op->with.dropout.rate)), zero = passwdi_set(0.0f);
    int i, l;
    for (i = 0; i < count; i++) PASSWDI_EACH_LANE(l) {
            const PASSWDI_V factor =
                job->training ? passwdi_pick(PASSWDI_K(uniform)(job, op, i, l) - rate, kept, zero) : passwdi_set(1.0f);
            passwdi_store(to + i * 16 + l,
                passwdi_fma(passwdi_load(from + i * 16 + l), factor, begin ? zero : passwdi_load(to + i * 16 + l)));
        }
}
PASSWDI_TARGET static void PASSWDI_K(dropout_forward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_K(dropout_pass)(job, op, job->value[op->out], job->value[op->in[0]], 1);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(dropout_backward)(const passwdi_job *job, const passwdi_op *op) {
    if (job->gradient[op->in[0]])
        PASSWDI_K(dropout_pass)(job, op, job->gradient[op->in[0]], job->gradient[op->out], op->begin[0]);
}
#endif

/* --- choice of a category per row ----------------------------------------------------------------------------------
 */
/* softmax of s[0..n) / temperature in place (stride 16) */
PASSWDI_INLINE void PASSWDI_K(softmax)(float *s, int n, PASSWDI_V sharpness) {
    PASSWDI_V top = passwdi_load(s), sum = passwdi_set(0.0f);
    int t;
    for (t = 1; t < n; t++) top = passwdi_max(top, passwdi_load(s + t * 16));
    for (t = 0; t < n; t++) {
        const PASSWDI_V e = PASSWDI_K(exp)((passwdi_load(s + t * 16) - top) * sharpness);
        passwdi_store(s + t * 16, e);
        sum = sum + e;
    }
    sum = passwdi_set(1.0f) / sum;
    for (t = 0; t < n; t++) passwdi_store(s + t * 16, passwdi_load(s + t * 16) * sum);
}
/* one-hot of the largest of s[0..n); the first of equals */
PASSWDI_INLINE void PASSWDI_K(argmax)(float *to, const float *s, int n) {
    PASSWDI_V top = passwdi_load(s), who = passwdi_set(0.0f);
    int t;
    for (t = 1; t < n; t++) {
        const PASSWDI_V v = passwdi_load(s + t * 16), more = v - top;
        who = passwdi_pick(more, passwdi_set((float)t), who);
        top = passwdi_pick(more, v, top);
    }
    for (t = 0; t < n; t++) { /* |who - t| < 1/2 */
        const PASSWDI_V d = who - passwdi_set((float)t);
        passwdi_store(to + t * 16,
            passwdi_pick(
                passwdi_fma(d, passwdi_set(0.0f) - d, passwdi_set(0.25f)), passwdi_set(1.0f), passwdi_set(0.0f)));
    }
}
PASSWDI_TARGET static void PASSWDI_K(choice_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_in, c = op->n_out, kind = op->with.choice.kind;
    const float *mask = op->in[1] < 0 ? NULL : job->value[op->in[1]];
    const PASSWDI_V sharp = passwdi_set(1.0f / (op->with.choice.temperature * job->temperature));
    int r, t, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            const float *x = job->value[op->in[0]] + (size_t)r * (size_t)n * 16 + l;
            float *y = job->value[op->out] + (size_t)r * (size_t)c * 16 + l,
                  *soft = job->value[op->aux] + (size_t)r * (size_t)c * 16 + l;
            if (!job->training) {
                PASSWDI_K(argmax)(y, x, c);
                if (job->keep)
                    for (t = 0; t < c; t++) passwdi_store(soft + t * 16, passwdi_set(0.0f)); /* no gradient */
            } else {
                for (t = 0; t < c; t++) {
                    PASSWDI_V s = passwdi_load(x + t * 16);
                    if (kind != PASSWD_CHOICE_SOFT) /* Gumbel noise: -log(-log u) */
                        s = s
                            - PASSWDI_K(log)(
                                passwdi_set(0.0f) - PASSWDI_K(log)(PASSWDI_K(uniform)(job, op, r * c + t, l)));
                    passwdi_store(soft + t * 16, s);
                }
                PASSWDI_K(softmax)(soft, c, sharp);
                if (kind == PASSWD_CHOICE_GUMBEL_HARD)
                    PASSWDI_K(argmax)(y, soft, c); /* straight through: the gradient is that of soft */
                else
                    for (t = 0; t < c; t++) passwdi_store(y + t * 16, passwdi_load(soft + t * 16));
            }
            if (mask)
                for (t = 0; t < c; t++)
                    passwdi_store(y + t * 16, passwdi_load(y + t * 16) * passwdi_load(mask + (size_t)r * 16 + l));
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(choice_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_in, c = op->n_out;
    const float *mask = op->in[1] < 0 ? NULL : job->value[op->in[1]];
    const PASSWDI_V sharp = passwdi_set(1.0f / (op->with.choice.temperature * job->temperature)),
                    zero = passwdi_set(0.0f);
    int r, t, l;
    if (!job->gradient[op->in[0]]) return;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            const float *p = job->value[op->aux] + (size_t)r * (size_t)c * 16 + l,
                        *dp = job->gradient[op->out] + (size_t)r * (size_t)c * 16 + l;
            const PASSWDI_V m = mask ? passwdi_load(mask + (size_t)r * 16 + l) * sharp : sharp;
            float *dx = job->gradient[op->in[0]] + (size_t)r * (size_t)n * 16 + l;
            int u;
            for (t = 0; t < c; t++) { /* p_t sum_u p_u (dp_t - dp_u): exact to rounding where one p is nearly 1 */
                PASSWDI_V d = zero;
                for (u = 0; u < c; u++)
                    if (u != t)
                        d = passwdi_fma(
                            passwdi_load(p + u * 16), passwdi_load(dp + t * 16) - passwdi_load(dp + u * 16), d);
                d = d * passwdi_load(p + t * 16);
                passwdi_store(dx + t * 16, passwdi_fma(d, m, op->begin[0] ? zero : passwdi_load(dx + t * 16)));
            }
            if (op->begin[0])
                for (t = c; t < n; t++) passwdi_store(dx + t * 16, zero);
        }
}
#endif

/* one-hot of a random category per row; masked rows get none */
PASSWDI_TARGET static void PASSWDI_K(random_choice_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], c = op->n_out;
    const float *mask = job->value[op->in[0]];
    int r, t, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            float *y = job->value[op->out] + (size_t)r * (size_t)c * 16 + l;
            PASSWDI_V u = passwdi_times(PASSWDI_K(uniform)(job, op, r, l), passwdi_set((float)c)),
                      left = passwdi_load(mask + (size_t)r * 16 + l);
            for (t = 0; t < c; t++) { /* category t where t < u <= t + 1 */
                const PASSWDI_V hit =
                    t == c - 1 ? left : passwdi_pick(passwdi_set((float)(t + 1)) - u, left, passwdi_set(0.0f));
                passwdi_store(y + t * 16, hit);
                left = left - hit;
            }
        }
}

/* --- attention -----------------------------------------------------------------------------------------------------
 */
/* One number per key, spread over all lanes: so one event alone, its queries in the lanes, is like many. */
PASSWDI_TARGET static void PASSWDI_K(spread)(float *to, const float *from, size_t row, int rows, int features) {
    int r, f, l;
    for (r = 0; r < rows; r++)
        for (f = 0; f < features; f++) PASSWDI_EACH_LANE(l)
    passwdi_store(to + (r * features + f) * 16 + l, passwdi_set(from[(size_t)r * row + (size_t)f * 16]));
}

/* s[j] = (q . k_j) / sqrt(d) + bias_ij, softmax over the keys that the mask keeps; stride 16 between keys */
PASSWDI_INLINE void PASSWDI_K(attention_row)(
    const passwdi_attention *a, float *s, const float *q, int i, int h, int l) {
    const PASSWDI_V scale = passwdi_set(a->scale), low = passwdi_set(-1e30f), zero = passwdi_set(0.0f);
    const int d = a->width, n = a->keys, all = n + (a->extra_k ? 1 : 0);
    const size_t row = (size_t)a->features * 16;
    PASSWDI_V top = low, sum = zero;
    int j, k;
    for (j = 0; j + 4 <= n; j += 4) {
        const float *kj = a->k + (size_t)h * (size_t)d * 16 + (size_t)j * row;
        PASSWDI_V s0 = zero, s1 = zero, s2 = zero, s3 = zero;
        for (k = 0; k < d; k++, kj += 16) {
            const PASSWDI_V qv = passwdi_load(q + k * 16 + l) * scale;
            s0 = passwdi_fma(qv, passwdi_load(kj + l), s0);
            s1 = passwdi_fma(qv, passwdi_load(kj + row + l), s1);
            s2 = passwdi_fma(qv, passwdi_load(kj + 2 * row + l), s2);
            s3 = passwdi_fma(qv, passwdi_load(kj + 3 * row + l), s3);
        }
        passwdi_store(s + j * 16 + l, s0);
        passwdi_store(s + j * 16 + 16 + l, s1);
        passwdi_store(s + j * 16 + 32 + l, s2);
        passwdi_store(s + j * 16 + 48 + l, s3);
    }
    for (; j < all; j++) {
        PASSWDI_V v = zero;
        for (k = 0; k < d; k++) {
            const PASSWDI_V qv = passwdi_load(q + k * 16 + l) * scale;
            v = passwdi_fma(qv,
                j < n ? passwdi_load(a->k + (size_t)(h * d + k) * 16 + (size_t)j * row + l)
                      : passwdi_set(a->extra_k[h * d + k]),
                v);
        }
        passwdi_store(s + j * 16 + l, v);
    }
    for (j = 0; j < all; j++) {
        PASSWDI_V v = passwdi_load(s + j * 16 + l);
        if (a->bias && j < n) v = v + passwdi_load(a->bias + (size_t)j * a->bias_key + (size_t)i * a->bias_row + l);
        if (a->mask && j < n) v = passwdi_pick(passwdi_load(a->mask + j * 16 + l), v, low);
        passwdi_store(s + j * 16 + l, v);
        top = passwdi_max(top, v);
    }
    for (j = 0; j < all; j++) {
        PASSWDI_V e = PASSWDI_K(exp)(passwdi_load(s + j * 16 + l) - top);
        if (a->mask && j < n) e = passwdi_pick(passwdi_load(a->mask + j * 16 + l), e, zero);
        passwdi_store(s + j * 16 + l, e);
        sum = sum + e;
    }
    sum = passwdi_pick(sum, passwdi_set(1.0f) / sum, zero); /* no key survives: no attention, and no NaN */
    for (j = 0; j < all; j++) passwdi_store(s + j * 16 + l, passwdi_load(s + j * 16 + l) * sum);
}

/* y[k] = sum_j p_j v_jk for D features at once */
PASSWDI_INLINE void PASSWDI_K(attention_mix)(
    const passwdi_attention *a, float *y, const float *p, int f, int l, const int D) {
    PASSWDI_V sum[4];
    int j, k;
    PASSWDI_UNROLL
    for (k = 0; k < D; k++) sum[k] = passwdi_set(0.0f);
    for (j = 0; j < a->keys; j++) {
        const PASSWDI_V pj = passwdi_load(p + j * 16 + l);
        const float *vj = a->v + (size_t)(j * a->features + f) * 16 + l;
        PASSWDI_UNROLL
        for (k = 0; k < D; k++) sum[k] = passwdi_fma(pj, passwdi_load(vj + k * 16), sum[k]);
    }
    PASSWDI_UNROLL
    for (k = 0; k < D; k++) {
        if (a->extra_v)
            sum[k] = passwdi_fma(passwdi_load(p + a->keys * 16 + l), passwdi_set(a->extra_v[f + k]), sum[k]);
        passwdi_store(y + (f + k) * 16 + l, sum[k]);
    }
}

/* dropout factor of probability j of query i in head h */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(attention_kept)(
    const passwdi_job *job, const passwdi_op *op, const passwdi_attention *a, int h, int i, int j, int l) {
    return passwdi_pick(
        PASSWDI_K(uniform)(job, op, (h * a->queries + i) * 512 + j, l) - passwdi_set(op->with.attention.dropout),
        passwdi_set(1.0f / (1.0f - op->with.attention.dropout)), passwdi_set(0.0f));
}

PASSWDI_TARGET static void PASSWDI_K(attention_forward)(const passwdi_job *job, const passwdi_op *op) {
    passwdi_attention all = passwdi_attention_of(job, op), *a = &all;
    const int d = a->width, keys = a->keys + (a->extra_k ? 1 : 0),
              drop = job->training && op->with.attention.dropout > 0.0f;
    float *scratch = job->scratch;
    int h, i, j, k, l;
    if (a->one) {
        const size_t floats = (size_t)a->keys * (size_t)a->features * 16;
        PASSWDI_K(spread)(scratch, a->k, a->key_row, a->keys, a->features);
        PASSWDI_K(spread)(scratch + floats, a->v, a->key_row, a->keys, a->features);
        if (a->mask) PASSWDI_K(spread)(scratch + 2 * floats, a->mask, a->key_row == 1 ? 1 : 16, a->keys, 1);
        a->k = scratch;
        a->v = scratch + floats;
        a->mask = a->mask ? scratch + 2 * floats : NULL;
        scratch += 2 * floats + (size_t)a->keys * 16;
    }
    for (h = 0; h < a->heads; h++)
        for (i = 0; i < a->queries; i++) PASSWDI_EACH_LANE(l) {
                float *p =
                    job->keep ? a->kept + ((size_t)h * (size_t)a->queries + (size_t)i) * (size_t)keys * 16 : scratch;
                float *used = drop ? scratch : p, *y = a->out + (size_t)i * (size_t)a->features * 16;
                PASSWDI_K(attention_row)
                (a, p, a->q + (size_t)i * (size_t)a->features * 16 + (size_t)h * (size_t)d * 16, i, h, l);
                if (drop)
                    for (j = 0; j < keys; j++)
                        passwdi_store(used + j * 16 + l,
                            passwdi_load(p + j * 16 + l) * PASSWDI_K(attention_kept)(job, op, a, h, i, j, l));
                for (k = 0; k + 4 <= d; k += 4) PASSWDI_K(attention_mix)(a, y, used, h * d + k, l, 4);
                for (; k < d; k++) PASSWDI_K(attention_mix)(a, y, used, h * d + k, l, 1);
            }
}

#ifndef PASSWD_NO_TRAINING
/* gradients of one query of one head: ds of the scores, then q, k, v and the pair bias */
PASSWDI_INLINE void PASSWDI_K(attention_row_back)(const passwdi_job *job, const passwdi_op *op,
    const passwdi_attention *a, int h, int i, int l, float *dxk, float *dxv) {
    const int d = a->width, n = a->keys, all = n + (a->extra_k ? 1 : 0),
              drop = job->training && op->with.attention.dropout > 0.0f;
    const size_t at = (size_t)i * (size_t)a->features * 16 + (size_t)h * (size_t)d * 16 + (size_t)l;
    const float *p = a->kept + ((size_t)h * (size_t)a->queries + (size_t)i) * (size_t)all * 16 + l;
    const float *dy = job->gradient[op->out] + at, *q = a->q + at;
    const PASSWDI_V scale = passwdi_set(a->scale), zero = passwdi_set(0.0f);
    float *ds = job->scratch + l;
    PASSWDI_V sum = zero;
    int j, k;
    for (j = 0; j < all; j++) { /* dp_j = dy . v_j, and v_j's own share */
        const size_t vj = (size_t)j * a->key_row + (size_t)h * (size_t)d * 16 + (size_t)l;
        const PASSWDI_V kept = drop ? PASSWDI_K(attention_kept)(job, op, a, h, i, j, l) : passwdi_set(1.0f);
        const PASSWDI_V pj = passwdi_load(p + j * 16), used = pj * kept;
        float *dv = j < n ? a->dv + vj : dxv + h * d * 16 + l;
        PASSWDI_V dp = zero;
        for (k = 0; k < d; k++) {
            const PASSWDI_V g = passwdi_load(dy + k * 16);
            dp = passwdi_fma(g, j < n ? passwdi_load(a->v + vj + k * 16) : passwdi_set(a->extra_v[h * d + k]), dp);
            passwdi_store(dv + k * 16, passwdi_fma(used, g, passwdi_load(dv + k * 16)));
        }
        dp = dp * kept;
        sum = passwdi_fma(pj, dp, sum);
        passwdi_store(ds + j * 16, dp);
    }
    for (j = 0; j < all; j++) {
        const PASSWDI_V g = passwdi_load(p + j * 16) * (passwdi_load(ds + j * 16) - sum), gs = g * scale;
        const size_t kj = (size_t)j * a->key_row + (size_t)h * (size_t)d * 16 + (size_t)l;
        float *dk = j < n ? a->dk + kj : dxk + h * d * 16 + l;
        for (k = 0; k < d; k++) {
            passwdi_store(dk + k * 16, passwdi_fma(gs, passwdi_load(q + k * 16), passwdi_load(dk + k * 16)));
            passwdi_store(a->dq + at + k * 16,
                passwdi_fma(gs, j < n ? passwdi_load(a->k + kj + k * 16) : passwdi_set(a->extra_k[h * d + k]),
                    passwdi_load(a->dq + at + k * 16)));
        }
        if (a->dbias && j < n) {
            float *to = a->dbias + (size_t)j * a->bias_key + (size_t)i * a->bias_row + l;
            passwdi_store(to, passwdi_fma(g, passwdi_set(1.0f), passwdi_load(to)));
        }
    }
}
PASSWDI_TARGET static void PASSWDI_K(attention_backward)(const passwdi_job *job, const passwdi_op *op) {
    passwdi_attention a = passwdi_attention_of(job, op);
    const size_t key_floats = (size_t)a.keys * (size_t)a.features * 16;
    float *dxk = job->scratch + (size_t)(a.keys + 1) * 16, *dxv = dxk + (size_t)a.features * 16;
    int h, i, l;
    if (op->begin[0]) memset(a.dq, 0, (size_t)a.queries * (size_t)a.features * 16 * sizeof(float));
    if (op->begin[1]) memset(a.dk, 0, key_floats * sizeof(float));
    if (op->begin[2]) memset(a.dv, 0, key_floats * sizeof(float));
    if (a.dbias && op->begin[3]) memset(a.dbias, 0, (size_t)job->rows[op->in[3]] * 16 * sizeof(float));
    memset(dxk, 0, (size_t)a.features * 32 * sizeof(float));
    for (h = 0; h < a.heads; h++)
        for (i = 0; i < a.queries; i++) PASSWDI_EACH_LANE(l)
    PASSWDI_K(attention_row_back)(job, op, &a, h, i, l, dxk, dxv);
    if (a.extra_k) {
        if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[0], dxk, a.features);
        if (job->sums) PASSWDI_K(lane_sums)(job->sums + op->offset[1], dxv, a.features);
    }
}
#endif

/* --- pooling: out[t] = sum_j choice[j][t] x[j], over rows ----------------------------------------------------------
 */
PASSWDI_TARGET static void PASSWDI_K(pool_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int n = job->inner[op->in[0]], c = op->n_in, w = op->n_out;
    const float *choice = job->value[op->in[0]], *x = job->value[op->in[1]];
    int t, f, j, l;
    if (job->single
        && job->power[op->in[0]] > 0) { /* the rows are lanes here: add them one by one, in the same order */
        for (t = 0; t < c; t++)
            for (f = 0; f < w; f++) {
                float sum = 0.0f;
                for (j = 0; j < n; j++) sum = PASSWDI_FMA1(choice[t * 16 + j], x[f * 16 + j], sum);
                job->value[op->out][(t * w + f) * 16] = sum;
            }
    } else {
        for (t = 0; t < c; t++)
            for (f = 0; f < w; f++) PASSWDI_EACH_LANE(l) {
                    PASSWDI_V sum = passwdi_set(0.0f);
                    for (j = 0; j < n; j++)
                        sum = passwdi_fma(
                            passwdi_load(choice + (j * c + t) * 16 + l), passwdi_load(x + (j * w + f) * 16 + l), sum);
                    passwdi_store(job->value[op->out] + (t * w + f) * 16 + l, sum);
                }
    }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(pool_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int n = job->inner[op->in[0]], c = op->n_in, w = op->n_out;
    const float *choice = job->value[op->in[0]], *x = job->value[op->in[1]], *dy = job->gradient[op->out];
    float *dc = job->gradient[op->in[0]], *dx = job->gradient[op->in[1]];
    int t, f, j, l;
    for (j = 0; j < n; j++) PASSWDI_EACH_LANE(l) {
            for (t = 0; dc && t < c; t++) {
                PASSWDI_V sum = op->begin[0] ? passwdi_set(0.0f) : passwdi_load(dc + (j * c + t) * 16 + l);
                for (f = 0; f < w; f++)
                    sum = passwdi_fma(
                        passwdi_load(x + (j * w + f) * 16 + l), passwdi_load(dy + (t * w + f) * 16 + l), sum);
                passwdi_store(dc + (j * c + t) * 16 + l, sum);
            }
            for (f = 0; dx && f < w; f++) {
                PASSWDI_V sum = op->begin[1] ? passwdi_set(0.0f) : passwdi_load(dx + (j * w + f) * 16 + l);
                for (t = 0; t < c; t++)
                    sum = passwdi_fma(
                        passwdi_load(choice + (j * c + t) * 16 + l), passwdi_load(dy + (t * w + f) * 16 + l), sum);
                passwdi_store(dx + (j * w + f) * 16 + l, sum);
            }
        }
}
#endif

/* --- pairs of objects: (eta_i - eta_j, cos(phi_i - phi_j), sin(phi_i - phi_j)) from (.., eta, cos phi, sin phi, ..)
   ---- */
PASSWDI_TARGET static void PASSWDI_K(pairs_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int n = job->inner[op->in[0]], rows = job->rows[op->in[0]], w = op->n_in, from = op->with.pairs.from;
    const float *x = job->value[op->in[0]] + from * 16, *other = x;
    int i, j, l;
    if (job->single) {
        PASSWDI_K(spread)(job->scratch, x, 1, n, w - from);
        other = job->scratch;
    }
    for (j = 0; j < n; j++)
        for (i = 0; i < rows; i++) PASSWDI_EACH_LANE(l) {
                const float *a = x + i * w * 16 + l, *b = other + j * (job->single ? w - from : w) * 16 + l;
                float *y = job->value[op->out] + (j * rows + i) * 48 + l;
                const PASSWDI_V c = passwdi_load(a + 16), s = passwdi_load(a + 32), cj = passwdi_load(b + 16),
                                sj = passwdi_load(b + 32);
                passwdi_store(y, passwdi_load(a) - passwdi_load(b));
                passwdi_store(y + 16, passwdi_fma(s, sj, c * cj));
                passwdi_store(y + 32, passwdi_fma(s, cj, passwdi_set(0.0f) - c * sj));
            }
}

/* --- graphs: objects onto pairs and pairs summed to objects, each the way back of the other --- */
/* Row j rows + i is the pair (j, i); of one event alone i is the lane. side: where in the pair the object is. mask (or
   NULL): of the objects on the other side; where it is zero, they are left out. */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(kept)(const passwdi_job *job, const float *mask, int other, int l) {
    if (!mask) return passwdi_set(1.0f);
    return job->single ? passwdi_set(mask[other]) : passwdi_load(mask + other * 16 + l);
}
PASSWDI_TARGET static void PASSWDI_K(to_pairs)(const passwdi_job *job, int n, int width, int side, float *pairs,
    const float *objects, const float *mask, int begin) {
    const int rows = job->single ? 1 : n, lane = job->single && side == PASSWD_SIDE_FIRST;
    int i, j, f, l;
    for (j = 0; j < n; j++)
        for (i = 0; i < rows; i++) {
            const int own = side == PASSWD_SIDE_FIRST ? j : i, other = side == PASSWD_SIDE_FIRST ? i : j;
            const float *from = objects + (lane ? (size_t)own : (size_t)own * (size_t)width * 16);
            float *to = pairs + (size_t)(j * rows + i) * (size_t)width * 16;
            PASSWDI_EACH_LANE(l) {
                const PASSWDI_V kept = PASSWDI_K(kept)(job, mask, other, l), zero = passwdi_set(0.0f);
                for (f = 0; f < width; f++) {
                    const PASSWDI_V v = lane ? passwdi_set(from[f * 16]) : passwdi_load(from + f * 16 + l);
                    PASSWDI_GIVE(to + f * 16 + l, passwdi_pick(kept, v, zero), begin);
                }
            }
        }
}
PASSWDI_TARGET static void PASSWDI_K(to_objects)(const passwdi_job *job, int n, int width, int side, float *objects,
    const float *pairs, const float *mask, int begin) {
    const int rows = job->single ? 1 : n;
    int i, j, f, l;
    if (job->single && side == PASSWD_SIDE_FIRST) { /* over the lanes: one by one, in the same order */
        for (j = 0; j < n; j++)
            for (f = 0; f < width; f++) {
                float sum = 0.0f;
                for (i = 0; i < n; i++) sum += mask[i] > 0.0f ? pairs[(j * width + f) * 16 + i] : 0.0f;
                objects[f * 16 + j] = sum;
            }
        return;
    }
    for (j = 0; j < n; j++)
        for (i = 0; i < rows; i++) {
            const int own = side == PASSWD_SIDE_FIRST ? j : i, other = side == PASSWD_SIDE_FIRST ? i : j;
            const float *from = pairs + (size_t)(j * rows + i) * (size_t)width * 16;
            float *to = objects + (size_t)own * (size_t)width * 16;
            PASSWDI_EACH_LANE(l) {
                const PASSWDI_V kept = PASSWDI_K(kept)(job, mask, other, l), zero = passwdi_set(0.0f);
                for (f = 0; f < width; f++)
                    passwdi_store(to + f * 16 + l,
                        (begin && other == 0 ? zero : passwdi_load(to + f * 16 + l))
                            + passwdi_pick(kept, passwdi_load(from + f * 16 + l), zero));
            }
        }
}
PASSWDI_TARGET static void PASSWDI_K(spread_forward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_K(to_pairs)
    (job, job->inner[op->out], op->n_out, op->with.spread.side, job->value[op->out], job->value[op->in[0]], NULL, 1);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(spread_backward)(const passwdi_job *job, const passwdi_op *op) {
    if (job->gradient[op->in[0]]) PASSWDI_K(to_objects)
    (job, job->inner[op->out], op->n_out, op->with.spread.side, job->gradient[op->in[0]], job->gradient[op->out], NULL,
        op->begin[0]);
}
#endif
PASSWDI_TARGET static void PASSWDI_K(sum_over_forward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_K(to_objects)
    (job, job->inner[op->out], op->n_out, !op->with.sum_over.side, job->value[op->out], job->value[op->in[0]],
        job->value[op->in[1]], 1);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(sum_over_backward)(const passwdi_job *job, const passwdi_op *op) {
    if (job->gradient[op->in[0]]) PASSWDI_K(to_pairs)
    (job, job->inner[op->out], op->n_out, !op->with.sum_over.side, job->gradient[op->in[0]], job->gradient[op->out],
        job->value[op->in[1]], op->begin[0]);
}
#endif

/* --- candidate mass: sqrt((1.0001 E)^2 - px^2 - py^2 - pz^2 + 1e-4) / scale from (E, px, py, pz) ---------------------
 */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(mass_squared_of)(const PASSWDI_V p[4]) {
    const PASSWDI_V e = p[0] * passwdi_set(1.0001f), zero = passwdi_set(0.0f);
    PASSWDI_V m = passwdi_fma(e, e, passwdi_set(1e-4f));
    m = passwdi_fma(p[1], zero - p[1], m);
    m = passwdi_fma(p[2], zero - p[2], m);
    m = passwdi_fma(p[3], zero - p[3], m);
    return passwdi_max(m, passwdi_set(1e-8f)); /* rounding of a massless candidate */
}
PASSWDI_INLINE PASSWDI_V PASSWDI_K(mass_squared)(const float *p, int l) {
    PASSWDI_V q[4];
    int k;
    for (k = 0; k < 4; k++) q[k] = passwdi_load(p + k * 16 + l);
    return PASSWDI_K(mass_squared_of)(q);
}
PASSWDI_TARGET static void PASSWDI_K(mass_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out];
    const PASSWDI_V scale = passwdi_set(1.0f / op->with.mass.scale);
    int r, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l)
    passwdi_store(job->value[op->out] + r * 16 + l,
        passwdi_sqrt(PASSWDI_K(mass_squared)(job->value[op->in[0]] + r * 64, l)) * scale);
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(mass_backward)(const passwdi_job *job, const passwdi_op *op) {
    static const float sign[4] = { 1.00020001f, -1.0f, -1.0f, -1.0f };
    const int rows = job->rows[op->out];
    int r, k, l;
    if (!job->gradient[op->in[0]]) return;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            const float *p = job->value[op->in[0]] + r * 64;
            float *dp = job->gradient[op->in[0]] + r * 64;
            const PASSWDI_V d = passwdi_load(job->gradient[op->out] + r * 16 + l)
                / (passwdi_sqrt(PASSWDI_K(mass_squared)(p, l)) * passwdi_set(op->with.mass.scale));
            for (k = 0; k < 4; k++) {
                const PASSWDI_V old = op->begin[0] ? passwdi_set(0.0f) : passwdi_load(dp + k * 16 + l);
                passwdi_store(
                    dp + k * 16 + l, passwdi_fma(passwdi_load(p + k * 16 + l) * passwdi_set(sign[k]), d, old));
            }
        }
}
#endif

/* --- partitions: the loss terms of two parents, compact and equal, in lanes of partitions of one event ------------ */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(pair_cost)(
    const passwdi_pair_terms *t, const PASSWDI_V one[4], const PASSWDI_V other[4]) {
    const PASSWDI_V inverse = passwdi_set(t->inverse),
                    a = passwdi_times(passwdi_sqrt(PASSWDI_K(mass_squared_of)(one)), inverse);
    const PASSWDI_V b = passwdi_times(passwdi_sqrt(PASSWDI_K(mass_squared_of)(other)), inverse), sum = a + b,
                    apart = a - b;
    const PASSWDI_V distance = passwdi_sqrt(passwdi_fma(apart, apart, passwdi_set(1e-6f)));
    const PASSWDI_V full = PASSWDI_K(log)(passwdi_min(passwdi_set(1.2f), passwdi_times(sum, passwdi_set(1.4f))));
    PASSWDI_V cost = passwdi_times(sum, passwdi_set(t->mass));
    cost = passwdi_fma(passwdi_sqrt(a) + passwdi_sqrt(b), passwdi_set(t->root), cost);
    return passwdi_fma(passwdi_times(distance, passwdi_set(t->balance)),
        PASSWDI_K(exp)(passwdi_times(full, passwdi_set(t->power))), cost);
}
/* Up to four objects make the 16 subsets that lie in the lanes, the others the subsets that are walked through. What is
   in no subset is added up by itself, so that a parent of one light object has its mass, and not the rounding of all
   the others. */
PASSWDI_TARGET static void PASSWDI_K(partitions)(passwdi_partition *s) {
    const int lows = s->objects - 1 < 4 ? s->objects - 1 : 4, highs = s->objects - 1 - lows, sets = 1 << highs,
              full = (1 << lows) - 1;
    const float *last = s->p4 + (s->objects - 1) * 4;
    float low[64], rest[64], high[128][4], none[16], best[16], at[16];
    PASSWDI_V one[4], other[4];
    int h, i, k, l;
    memset(low, 0, sizeof low);
    memset(high[0], 0, sizeof high[0]);
    for (l = 0; l < 16; l++) {
        for (i = 0; i < lows; i++)
            for (k = 0; k < 4; k++)
                if (l >> i & 1) low[k * 16 + l] += s->p4[i * 4 + k];
        none[l] = (l & full) == 0 ? (float)INFINITY : 0.0f;
        best[l] = (float)INFINITY;
        at[l] = 0.0f;
    }
    for (l = 0; l < 16; l++)
        for (k = 0; k < 4; k++) rest[k * 16 + l] = low[k * 16 + (full ^ (l & full))] + last[k];
    for (i = 0; i < highs; i++)
        for (h = 0; h < 1 << i; h++)
            for (k = 0; k < 4; k++) high[(1 << i) + h][k] = high[h][k] + s->p4[(lows + i) * 4 + k];
    PASSWDI_EACH_LANE(l) {
        PASSWDI_V least = passwdi_load(best + l), where = passwdi_load(at + l);
        for (h = 0; h < sets; h++) {
            PASSWDI_V cost;
            for (k = 0; k < 4; k++) {
                one[k] = passwdi_load(low + k * 16 + l) + passwdi_set(high[h][k]);
                other[k] = passwdi_load(rest + k * 16 + l) + passwdi_set(high[sets - 1 - h][k]);
            }
            cost = PASSWDI_K(pair_cost)(s->terms, one, other);
            if (h == 0) cost = cost + passwdi_load(none + l);
            where = passwdi_pick(least - cost, passwdi_set((float)h), where);
            least = passwdi_pick(least - cost, cost, least);
        }
        passwdi_store(best + l, least);
        passwdi_store(at + l, where);
    }
    s->cost = (float)INFINITY;
    s->group = 1;
    for (l = 0; l < 16; l++) {
        const uint32_t group = (uint32_t)at[l] << lows | (uint32_t)(l & full);
        if (!(best[l] < s->cost || (best[l] <= s->cost && group < s->group && group))) continue;
        s->cost = best[l];
        s->group = group;
    }
}
PASSWDI_TARGET static void PASSWDI_K(changes)(const passwdi_change *s) {
    const passwdi_pair_terms *t = s->terms;
    PASSWDI_V p[2][4], rest[4];
    int i, k, j;
    for (i = 0; i < s->room; i += PASSWDI_W) {
        PASSWDI_V cost;
        for (k = 0; k < 4; k++) {
            for (j = 0; j < 2; j++)
                p[j][k] = passwdi_fma(
                    passwdi_load(s->p4 + k * s->room + i), passwdi_load(s->to[j] + i), passwdi_set(s->parent[j][k]));
            rest[k] = passwdi_set(s->all[k]) - p[0][k] - p[1][k];
        }
        cost = PASSWDI_K(pair_cost)(t, p[0], p[1]);
        if (t->isr > 0.0f) {
            const PASSWDI_V square = passwdi_max(
                passwdi_fma(rest[1], rest[1], passwdi_fma(rest[2], rest[2], PASSWDI_K(mass_squared_of)(rest))),
                passwdi_set(0.0f));
            const PASSWDI_V et = passwdi_sqrt(passwdi_times(square, passwdi_set(t->scale * t->scale)));
            cost = passwdi_fma(t->square ? passwdi_times(et, et) : et, passwdi_set(t->isr), cost);
        }
        passwdi_store(s->cost + i, cost);
    }
}

/* --- copies: features [from, from + count) into features [to, ..) of the output; chosen rows ------------------------
 */
PASSWDI_TARGET static void PASSWDI_K(copy_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], from = op->with.copy.from, to = op->with.copy.to;
    int r;
    for (r = 0; r < rows; r++)
        memcpy(job->value[op->out] + (size_t)(r * op->n_out + to) * 16,
            job->value[op->in[0]] + (size_t)(r * op->n_in + from) * 16,
            (size_t)op->with.copy.count * 16 * sizeof(float));
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(copy_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], count = op->with.copy.count * 16;
    float *dx = job->gradient[op->in[0]];
    int r, i;
    if (!dx) return;
    if (op->begin[0]) memset(dx, 0, (size_t)rows * (size_t)op->n_in * 16 * sizeof(float));
    for (r = 0; r < rows; r++) {
        float *to = dx + (size_t)(r * op->n_in + op->with.copy.from) * 16;
        const float *from = job->gradient[op->out] + (size_t)(r * op->n_out + op->with.copy.to) * 16;
        for (i = 0; i < count; i += PASSWDI_W) passwdi_store(to + i, passwdi_load(to + i) + passwdi_load(from + i));
    }
}
#endif
PASSWDI_TARGET static void PASSWDI_K(select_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out];
    const size_t row = (size_t)op->n_out * 16;
    int r;
    for (r = 0; r < rows; r++)
        memcpy(job->value[op->out] + (size_t)r * row, job->value[op->in[0]] + (size_t)op->with.select.row[r] * row,
            row * sizeof(float));
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(select_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out];
    const size_t row = (size_t)op->n_out * 16;
    float *dx = job->gradient[op->in[0]];
    size_t i;
    int r;
    if (!dx) return;
    if (op->begin[0]) memset(dx, 0, (size_t)job->rows[op->in[0]] * row * sizeof(float));
    for (r = 0; r < rows; r++) {
        float *to = dx + (size_t)op->with.select.row[r] * row;
        const float *from = job->gradient[op->out] + (size_t)r * row;
        for (i = 0; i < row; i += PASSWDI_W) passwdi_store(to + i, passwdi_load(to + i) + passwdi_load(from + i));
    }
}
#endif

/* --- losses: mean square and distance of two values, row by row; sums over rows; cross-entropy -----------------------
 */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(difference)(const float *a, const float *b, size_t i) {
    return b ? passwdi_load(a + i) - passwdi_load(b + i) : passwdi_load(a + i);
}
PASSWDI_TARGET static void PASSWDI_K(distance_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_in, root = op->with.distance.kind == PASSWDI_ROOT;
    const float *a = job->value[op->in[0]], *b = op->in[1] < 0 ? NULL : job->value[op->in[1]];
    int r, f, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            PASSWDI_V s = passwdi_set(root ? op->with.distance.floor : 0.0f);
            for (f = 0; f < n; f++) {
                const PASSWDI_V d = PASSWDI_K(difference)(a, b, (size_t)(r * n + f) * 16 + (size_t)l);
                s = passwdi_fma(d, d, s);
            }
            passwdi_store(job->value[op->out] + r * 16 + l, root ? passwdi_sqrt(s) : s * passwdi_set(1.0f / (float)n));
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(distance_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_in, root = op->with.distance.kind == PASSWDI_ROOT;
    const float *a = job->value[op->in[0]], *b = op->in[1] < 0 ? NULL : job->value[op->in[1]];
    int k, r, f, l;
    for (k = 0; k < 2; k++) {
        float *to = op->in[k] < 0 ? NULL : job->gradient[op->in[k]];
        for (r = 0; to && r < rows; r++) PASSWDI_EACH_LANE(l) {
                const PASSWDI_V y = passwdi_load(job->value[op->out] + r * 16 + l),
                                sign = passwdi_set(k ? -1.0f : 1.0f);
                PASSWDI_V g = passwdi_load(job->gradient[op->out] + r * 16 + l);
                g = (root ? g / y : g * passwdi_set(2.0f / (float)n)) * sign;
                for (f = 0; f < n; f++) {
                    const size_t at = (size_t)(r * n + f) * 16 + (size_t)l;
                    const PASSWDI_V old = op->begin[k] ? passwdi_set(0.0f) : passwdi_load(to + at);
                    passwdi_store(to + at, passwdi_fma(PASSWDI_K(difference)(a, b, at), g, old));
                }
            }
    }
}
#endif

PASSWDI_TARGET static void PASSWDI_K(sum_rows_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->in[0]], n = op->n_out;
    int r, f, l;
    for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) {
            PASSWDI_V s = passwdi_set(0.0f);
            for (r = 0; r < rows; r++) s = s + passwdi_load(job->value[op->in[0]] + (r * n + f) * 16 + l);
            passwdi_store(job->value[op->out] + f * 16 + l, s);
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(sum_rows_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->in[0]], n = op->n_out * 16;
    float *dx = job->gradient[op->in[0]];
    int r, i;
    for (r = 0; dx && r < rows; r++)
        for (i = 0; i < n; i += PASSWDI_W)
            PASSWDI_GIVE(dx + r * n + i, passwdi_load(job->gradient[op->out] + i), op->begin[0]);
}
#endif

/* -sum over labelled rows that the mask keeps of log softmax(logits)[label] / labelled rows; with exchange also for
   labels 0 and 1 swapped, and the smaller counts: the two parents have no names. Labels are floats, negative: no label.
 */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(cross_entropy)(
    const passwdi_job *job, const passwdi_op *op, int l, PASSWDI_V *swapped, PASSWDI_V *labelled) {
    const int rows = job->rows[op->in[0]], c = op->n_in;
    const PASSWDI_V zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    PASSWDI_V sum[2], count = zero;
    int r, t, k;
    sum[0] = sum[1] = zero;
    for (r = 0; r < rows; r++) {
        const float *x = job->value[op->in[0]] + r * c * 16 + l;
        const PASSWDI_V label = passwdi_load(job->value[op->in[1]] + r * 16 + l),
                        valid = op->in[2] < 0 ? one : passwdi_load(job->value[op->in[2]] + r * 16 + l);
        const PASSWDI_V has = passwdi_pick(label + passwdi_set(0.5f), valid, zero);
        PASSWDI_V top = passwdi_load(x), s = zero;
        for (t = 1; t < c; t++) top = passwdi_max(top, passwdi_load(x + t * 16));
        for (t = 0; t < c; t++) s = s + PASSWDI_K(exp)(passwdi_load(x + t * 16) - top);
        s = PASSWDI_K(log)(s) + top;
        for (t = 0; t < c; t++)
            for (k = 0; k < 2; k++) {
                const PASSWDI_V d = label - passwdi_set((float)(k && t < 2 ? 1 - t : t));
                const PASSWDI_V hit = passwdi_pick(passwdi_fma(d, zero - d, passwdi_set(0.25f)), has, zero);
                sum[k] = passwdi_fma(hit, s - passwdi_load(x + t * 16), sum[k]);
            }
        count = count + has;
    }
    *labelled = passwdi_max(count, one);
    *swapped = op->with.cross_entropy.exchange ? passwdi_pick(sum[0] - sum[1], one, zero) : zero;
    return passwdi_pick(*swapped, sum[1], sum[0]) / *labelled;
}
PASSWDI_TARGET static void PASSWDI_K(cross_entropy_forward)(const passwdi_job *job, const passwdi_op *op) {
    PASSWDI_V swapped, labelled;
    int l;
    PASSWDI_EACH_LANE(l)
    passwdi_store(job->value[op->out] + l, PASSWDI_K(cross_entropy)(job, op, l, &swapped, &labelled));
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(cross_entropy_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->in[0]], c = op->n_in;
    const PASSWDI_V zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    int r, t, l;
    PASSWDI_EACH_LANE(l) {
        PASSWDI_V swapped, labelled, g;
        PASSWDI_K(cross_entropy)(job, op, l, &swapped, &labelled);
        g = passwdi_load(job->gradient[op->out] + l) / labelled;
        for (r = 0; r < rows; r++) {
            const float *x = job->value[op->in[0]] + r * c * 16 + l;
            float *dx = job->gradient[op->in[0]] + r * c * 16 + l, *p = job->scratch + l;
            const PASSWDI_V label = passwdi_load(job->value[op->in[1]] + r * 16 + l),
                            valid = op->in[2] < 0 ? one : passwdi_load(job->value[op->in[2]] + r * 16 + l);
            const PASSWDI_V has = passwdi_pick(passwdi_pick(label + passwdi_set(0.5f), valid, zero), g, zero);
            for (t = 0; t < c; t++) passwdi_store(p + t * 16, passwdi_load(x + t * 16));
            PASSWDI_K(softmax)(p, c, one);
            for (t = 0; t < c; t++) {
                const PASSWDI_V who = t < 2 ? passwdi_pick(swapped, passwdi_set((float)(1 - t)), passwdi_set((float)t))
                                            : passwdi_set((float)t);
                const PASSWDI_V d = label - who,
                                hit = passwdi_pick(passwdi_fma(d, zero - d, passwdi_set(0.25f)), one, zero);
                const PASSWDI_V old = op->begin[0] ? zero : passwdi_load(dx + t * 16);
                passwdi_store(dx + t * 16, passwdi_fma(passwdi_load(p + t * 16) - hit, has, old));
            }
        }
    }
}
#endif

/* --- normal random numbers, divergence of two of them ----------------------------------------------------------------
 */
/* Two from two uniform ones (Box and Muller). */
PASSWDI_INLINE PASSWDI_V PASSWDI_K(sine_of_pi)(PASSWDI_V x) { /* sin(pi x), |x| <= 1/2, within 2e-7 */
    const PASSWDI_V s = passwdi_times(x, x);
    PASSWDI_V p = passwdi_fma(s, passwdi_set(-7.37043094e-3f), passwdi_set(8.21458866e-2f));
    p = passwdi_fma(p, s, passwdi_set(-5.99264529e-1f));
    p = passwdi_fma(p, s, passwdi_set(2.55016404f));
    p = passwdi_fma(p, s, passwdi_set(-5.16771278f));
    p = passwdi_fma(p, s, passwdi_set(3.14159265f));
    return passwdi_times(p, x);
}
PASSWDI_INLINE void PASSWDI_K(two_normals)(PASSWDI_V u, PASSWDI_V v, PASSWDI_V out[2]) {
    const PASSWDI_V half = passwdi_set(0.5f), zero = passwdi_set(0.0f),
                    angle = passwdi_fma(v, passwdi_set(2.0f), passwdi_set(-1.0f)); /* of pi */
    const PASSWDI_V size = passwdi_max(angle, zero - angle), fold = half - size,
                    sine = PASSWDI_K(sine_of_pi)(half - passwdi_max(fold, zero - fold));
    const PASSWDI_V radius = passwdi_sqrt(PASSWDI_K(log)(u) * passwdi_set(-2.0f));
    out[0] = passwdi_times(radius, PASSWDI_K(sine_of_pi)(fold));
    out[1] = passwdi_times(radius, passwdi_pick(angle, sine, zero - sine));
}
PASSWDI_TARGET static void PASSWDI_K(noise_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int count = job->rows[op->out] * op->n_out;
    float *y = job->value[op->out];
    PASSWDI_V two[2];
    int i, l;
    if (!job->training) {
        memset(y, 0, (size_t)count * 16 * sizeof(float));
        return;
    }
    for (i = 0; i < count; i += 2) PASSWDI_EACH_LANE(l) {
            PASSWDI_K(two_normals)(PASSWDI_K(uniform)(job, op, i, l), PASSWDI_K(uniform)(job, op, i + 1, l), two);
            passwdi_store(y + (size_t)i * 16 + l, two[0]);
            if (i + 1 < count) passwdi_store(y + (size_t)i * 16 + 16 + l, two[1]);
        }
}

/* sum over features of s0 - s + (e^2(s - s0) + (m - m0)^2 e^-2 s0 - 1) / 2, s being the logarithms of the widths */
PASSWDI_TARGET static void PASSWDI_K(divergence_forward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_in;
    const PASSWDI_V half = passwdi_set(0.5f), two = passwdi_set(2.0f), zero = passwdi_set(0.0f);
    int r, f, l;
    for (r = 0; r < rows; r++) PASSWDI_EACH_LANE(l) {
            PASSWDI_V sum = zero;
            for (f = 0; f < n; f++) {
                const size_t at = ((size_t)r * (size_t)n + (size_t)f) * 16 + (size_t)l;
                const PASSWDI_V d = passwdi_load(job->value[op->in[0]] + at) - passwdi_load(job->value[op->in[2]] + at);
                const PASSWDI_V s = passwdi_load(job->value[op->in[1]] + at),
                                s0 = passwdi_load(job->value[op->in[3]] + at), ratio = s - s0;
                const PASSWDI_V apart = passwdi_times(d, PASSWDI_K(exp)(zero - s0)),
                                wide = PASSWDI_K(exp)(passwdi_times(ratio, two)) - passwdi_set(1.0f);
                sum = sum + passwdi_fma(passwdi_fma(apart, apart, wide), half, zero - ratio);
            }
            passwdi_store(job->value[op->out] + (size_t)r * 16 + l, sum);
        }
}
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(divergence_backward)(const passwdi_job *job, const passwdi_op *op) {
    const int rows = job->rows[op->out], n = op->n_in;
    const PASSWDI_V two = passwdi_set(2.0f), zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    int r, f, l, k;
    for (r = 0; r < rows; r++)
        for (f = 0; f < n; f++) PASSWDI_EACH_LANE(l) {
                const size_t at = ((size_t)r * (size_t)n + (size_t)f) * 16 + (size_t)l;
                const PASSWDI_V d = passwdi_load(job->value[op->in[0]] + at) - passwdi_load(job->value[op->in[2]] + at),
                                g = passwdi_load(job->gradient[op->out] + (size_t)r * 16 + l);
                const PASSWDI_V s = passwdi_load(job->value[op->in[1]] + at),
                                s0 = passwdi_load(job->value[op->in[3]] + at);
                const PASSWDI_V inverse = PASSWDI_K(exp)(zero - s0), apart = passwdi_times(d, inverse),
                                wide = PASSWDI_K(exp)(passwdi_times(s - s0, two)) - one;
                PASSWDI_V part[4];
                part[0] = passwdi_times(apart, inverse);
                part[1] = wide;
                part[2] = zero - part[0];
                part[3] = passwdi_fma(apart, zero - apart, zero - wide);
                for (k = 0; k < 4; k++)
                    if (job->gradient[op->in[k]])
                        PASSWDI_GIVE(job->gradient[op->in[k]] + at, passwdi_times(part[k], g), op->begin[k]);
            }
}
#endif

/* --- Markov chains: 16 of them, one step ---------------------------------------------------------------------------
 */
#ifndef PASSWD_NO_TRAINING
PASSWDI_INLINE PASSWDI_U PASSWDI_K(chain_bits)(const passwdi_move *m, int lane) {
    return PASSWDI_K(mix)(PASSWDI_K(load_u)(m->id + lane) + m->key[0]);
}
PASSWDI_INLINE PASSWDI_V PASSWDI_K(chain_uniform)(const passwdi_move *m, PASSWDI_U bits, uint32_t element) {
    const PASSWDI_U x = PASSWDI_K(mix)(bits ^ (m->key[1] + element * 0x85ebca6bu));
    return passwdi_fma(PASSWDI_K(to_float)(x >> 9), passwdi_set(1.0f / 8388608.0f), passwdi_set(0.5f / 8388608.0f));
}
PASSWDI_INLINE PASSWDI_V PASSWDI_K(held)(PASSWDI_V x, float low, float high) { /* NaN stays NaN */
    return passwdi_min(passwdi_set(high), passwdi_max(passwdi_set(low), x));
}
PASSWDI_INLINE PASSWDI_V PASSWDI_K(differs)(PASSWDI_V a, PASSWDI_V b) { /* 1 or 0 */
    return passwdi_pick(passwdi_max(a - b, b - a), passwdi_set(1.0f), passwdi_set(0.0f));
}
PASSWDI_TARGET static void PASSWDI_K(propose)(const passwdi_move *m) {
    const passwd_chain_options *o = m->o;
    const float none = (float)INFINITY, clip = o->clip > 0.0f ? o->clip : none;
    const float low = o->low < o->high && !o->metropolis ? o->low : -none,
                high = o->low < o->high && !o->metropolis ? o->high : none;
    const PASSWDI_V back = passwdi_set(-o->step), noise = passwdi_set(o->noise);
    PASSWDI_V two[2];
    size_t i;
    int l;
    if (o->metropolis) {
        memcpy(m->old, m->x, m->size * 16 * sizeof(float));
        memcpy(m->old_gradient, m->gradient, m->size * 16 * sizeof(float));
    }
    PASSWDI_EACH_LANE(l) {
        const PASSWDI_U bits = PASSWDI_K(chain_bits)(m, l);
        PASSWDI_V clipped = passwdi_load(m->counts + 16 + l), outside = passwdi_load(m->counts + 32 + l),
                  length = passwdi_set(1e-30f);
        for (i = 0; i < m->size; i++) {
            const PASSWDI_V g = passwdi_load(m->gradient + i * 16 + l), c = PASSWDI_K(held)(g, -clip, clip);
            PASSWDI_V moved, x;
            if (i % 2 == 0) PASSWDI_K(two_normals)
            (PASSWDI_K(chain_uniform)(m, bits, (uint32_t)i), PASSWDI_K(chain_uniform)(m, bits, (uint32_t)i + 1), two);
            moved = passwdi_fma(two[i % 2], noise, passwdi_fma(back, c, passwdi_load(m->x + i * 16 + l)));
            x = PASSWDI_K(held)(moved, low, high);
            clipped = clipped + PASSWDI_K(differs)(g, c);
            outside = outside + PASSWDI_K(differs)(moved, x);
            passwdi_store(m->x + i * 16 + l, x);
            length = passwdi_fma(x, x, length);
        }
        if (o->sphere) {
            length = passwdi_sqrt(length);
            for (i = 0; i < m->size; i++) passwdi_store(m->x + i * 16 + l, passwdi_load(m->x + i * 16 + l) / length);
        }
        passwdi_store(m->counts + 16 + l, clipped);
        passwdi_store(m->counts + 32 + l, outside);
    }
}
/* Metropolis and Hastings: the proposal is kept with the probability min(1, e^-(E' - E) / T q(x | x') / q(x' | x)), q
   being the normal distribution about the step that dE/dx makes. */
PASSWDI_TARGET static void PASSWDI_K(choose)(const passwdi_move *m) {
    const passwd_chain_options *o = m->o;
    const float clip = o->clip > 0.0f ? o->clip : (float)INFINITY;
    const PASSWDI_V step = passwdi_set(o->step), zero = passwdi_set(0.0f), one = passwdi_set(1.0f);
    size_t i;
    int l;
    PASSWDI_EACH_LANE(l) {
        const PASSWDI_V e = passwdi_load(m->energy + l), old = passwdi_load(m->old_energy + l),
                        u = PASSWDI_K(log)(
                            PASSWDI_K(chain_uniform)(m, PASSWDI_K(chain_bits)(m, l), (uint32_t)m->size + 1));
        PASSWDI_V there = zero, back = zero, out = zero, ratio, take;
        for (i = 0; i < m->size; i++) {
            const PASSWDI_V x = passwdi_load(m->x + i * 16 + l), d = x - passwdi_load(m->old + i * 16 + l);
            const PASSWDI_V a =
                passwdi_fma(step, PASSWDI_K(held)(passwdi_load(m->old_gradient + i * 16 + l), -clip, clip), d);
            const PASSWDI_V b =
                passwdi_fma(step, PASSWDI_K(held)(passwdi_load(m->gradient + i * 16 + l), -clip, clip), zero - d);
            there = passwdi_fma(a, a, there);
            back = passwdi_fma(b, b, back);
            if (o->low < o->high) out = out + PASSWDI_K(differs)(x, PASSWDI_K(held)(x, o->low, o->high));
        }
        ratio = passwdi_fma(there - back, passwdi_set(0.5f / (o->noise * o->noise)),
            passwdi_times(old - e, passwdi_set(1.0f / (o->temperature > 0.0f ? o->temperature : 1.0f))));
        take = passwdi_pick(out, zero, passwdi_pick(ratio - u, one, zero)); /* NaN: no */
        for (i = 0; i < m->size; i++) {
            passwdi_store(m->x + i * 16 + l,
                passwdi_pick(take, passwdi_load(m->x + i * 16 + l), passwdi_load(m->old + i * 16 + l)));
            passwdi_store(m->gradient + i * 16 + l,
                passwdi_pick(take, passwdi_load(m->gradient + i * 16 + l), passwdi_load(m->old_gradient + i * 16 + l)));
        }
        passwdi_store(m->energy + l, passwdi_pick(take, e, old));
        passwdi_store(m->counts + l, passwdi_load(m->counts + l) + take);
        passwdi_store(m->counts + 32 + l, passwdi_load(m->counts + 32 + l) + out);
    }
}
#endif

/* --- Adam (arXiv 1412.6980), decoupled weight decay (arXiv 1711.05101)
   ------------------------------------------------ */
#ifndef PASSWD_NO_TRAINING
PASSWDI_TARGET static void PASSWDI_K(adam)(
    float *w, float *m, float *v, const float *g, size_t count, const passwdi_adam *o) {
    const PASSWDI_V b1 = passwdi_set(o->beta1), b2 = passwdi_set(o->beta2), c1 = passwdi_set(1.0f - o->beta1),
                    c2 = passwdi_set(1.0f - o->beta2);
    const PASSWDI_V clip = passwdi_set(o->clip), rate = passwdi_set(-o->rate), shrink = passwdi_set(o->shrink),
                    zero = passwdi_set(0.0f);
    const PASSWDI_V root = passwdi_set(o->root), epsilon = passwdi_set(o->epsilon);
    size_t i;
    for (i = 0; i < count; i += PASSWDI_W) { /* blocks are padded to 16 */
        const PASSWDI_V gi = passwdi_load(g + i) * clip;
        const PASSWDI_V mi = passwdi_fma(c1, gi, b1 * passwdi_load(m + i)),
                        vi = passwdi_fma(c2 * gi, gi, b2 * passwdi_load(v + i));
        const PASSWDI_V step = mi / passwdi_fma(passwdi_sqrt(passwdi_max(vi, zero)), root, epsilon);
        passwdi_store(m + i, mi);
        passwdi_store(v + i, vi);
        passwdi_store(w + i, passwdi_fma(step, rate, passwdi_load(w + i) * shrink));
    }
}

PASSWDI_TARGET static float PASSWDI_K(square_sum)(const float *g, size_t count) {
    float lanes[16], sum = 0.0f;
    size_t i;
    int l;
    PASSWDI_EACH_LANE(l) {
        PASSWDI_V s = passwdi_set(0.0f);
        for (i = (size_t)l; i < count; i += 16) s = passwdi_fma(passwdi_load(g + i), passwdi_load(g + i), s);
        passwdi_store(lanes + l, s);
    }
    PASSWDI_K(lane_sums)(&sum, lanes, 1);
    return sum;
}
#endif

/* chains of fused multiply-adds that fill the registers: the peak that shares are measured against. 2 x 16 lanes x
   count x 24 operations, the answer only so that nothing is removed */
PASSWDI_TARGET static float PASSWDI_K(peak)(int64_t count) {
    enum { N = PASSWDI_W == 8 || !PASSWDI_HAS_FMA ? 12 : 24, PARTS = 16 / PASSWDI_W * 24 / N };
    PASSWDI_V a[N], x = passwdi_set(0.999f), y = passwdi_set(0.001f);
    float out[PASSWDI_W], sum = 0.0f;
    int64_t i, k;
    int j;
    for (j = 0; j < N; j++) a[j] = passwdi_set((float)j);
    for (i = 0; i < count; i++)
        for (k = 0; k < PARTS; k++) {
            PASSWDI_UNROLL_24
            for (j = 0; j < N; j++) a[j] = passwdi_fma(a[j], x, y);
        }
    for (j = 0; j < N; j++) {
        passwdi_store(out, a[j]);
        sum += out[0];
    }
    return sum;
}

#ifndef PASSWD_NO_JETS
/* --- jets: doubles, eight lanes at every width, nothing fused; max and min of no NaN ---
   ----------------------------------------------------------------------------------------------------------------- */
PASSWDI_AS_WRITTEN
#if PASSWDI_W == 1
typedef double PASSWDI_K(d);
#define PASSWDI_DOUBLES 1
PASSWDI_INLINE double PASSWDI_K(d_load)(const double *p) { return *p; }
PASSWDI_INLINE void PASSWDI_K(d_store)(double *p, double v) { *p = v; }
PASSWDI_INLINE double PASSWDI_K(d_set)(double x) { return x; }
PASSWDI_INLINE double PASSWDI_K(d_max)(double a, double b) { return a > b ? a : b; }
PASSWDI_INLINE double PASSWDI_K(d_min)(double a, double b) { return a < b ? a : b; }
PASSWDI_INLINE double PASSWDI_K(d_sqrt)(double a) { return sqrt(a); }
PASSWDI_INLINE double PASSWDI_K(d_from)(double a, double least) { return a >= least ? a : 0; } /* a, or 0 below */
PASSWDI_INLINE double PASSWDI_K(d_least)(double a) { return a; }                /* of all lanes, in each */
PASSWDI_INLINE uint64_t PASSWDI_K(d_less)(double a, double b) { return a < b; } /* a bit of each lane */
#else
#define PASSWDI_DOUBLES (PASSWDI_W / 2)
typedef double PASSWDI_K(d) __attribute__((vector_size(4 * PASSWDI_W)));
typedef double PASSWDI_K(dm) __attribute__((vector_size(4 * PASSWDI_W), may_alias, aligned(8)));
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_load)(const double *p) { return *(const PASSWDI_K(dm) *)p; }
PASSWDI_INLINE void PASSWDI_K(d_store)(double *p, PASSWDI_K(d) v) { *(PASSWDI_K(dm) *)p = v; }
#if PASSWDI_W == 16
#define PASSWDI_EACH(name, a, b) _mm512_maskz_##name##_pd(0xff, a, b)
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_set)(double x) { return _mm512_set1_pd(x); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_sqrt)(PASSWDI_K(d) a) { return _mm512_maskz_sqrt_pd(0xff, a); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_from)(PASSWDI_K(d) a, PASSWDI_K(d) least) {
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, least, _CMP_GE_OQ), a);
}
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_least)(PASSWDI_K(d) a) {
    a = _mm512_maskz_min_pd(0xff, a, _mm512_maskz_shuffle_f64x2(0xff, a, a, 0x4e));
    a = _mm512_maskz_min_pd(0xff, a, _mm512_maskz_shuffle_f64x2(0xff, a, a, 0xb1));
    return _mm512_maskz_min_pd(0xff, a, _mm512_maskz_permute_pd(0xff, a, 0x55));
}
PASSWDI_INLINE uint64_t PASSWDI_K(d_less)(PASSWDI_K(d) a, PASSWDI_K(d) b) {
    return _mm512_cmp_pd_mask(a, b, _CMP_LT_OQ);
}
#elif PASSWDI_W == 8
#define PASSWDI_EACH(name, a, b) _mm256_##name##_pd(a, b)
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_set)(double x) { return _mm256_set1_pd(x); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_sqrt)(PASSWDI_K(d) a) { return _mm256_sqrt_pd(a); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_from)(PASSWDI_K(d) a, PASSWDI_K(d) least) {
    return _mm256_and_pd(_mm256_cmp_pd(a, least, _CMP_GE_OQ), a);
}
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_least)(PASSWDI_K(d) a) {
    a = _mm256_min_pd(a, _mm256_permute2f128_pd(a, a, 1));
    return _mm256_min_pd(a, _mm256_permute_pd(a, 5));
}
PASSWDI_INLINE uint64_t PASSWDI_K(d_less)(PASSWDI_K(d) a, PASSWDI_K(d) b) {
    return (uint64_t)_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ));
}
#elif defined(PASSWDI_NEON)
#define PASSWDI_EACH(name, a, b) vbslq_f64(PASSWDI_CAT2(PASSWDI_NEON, name)(a, b), a, b)
#define PASSWDI_NEON_max vcgtq_f64
#define PASSWDI_NEON_min vcltq_f64
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_set)(double x) { return vdupq_n_f64(x); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_sqrt)(PASSWDI_K(d) a) { return vsqrtq_f64(a); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_from)(PASSWDI_K(d) a, PASSWDI_K(d) least) {
    return vbslq_f64(vcgeq_f64(a, least), a, vdupq_n_f64(0.0));
}
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_least)(PASSWDI_K(d) a) { return vdupq_n_f64(vminvq_f64(a)); }
PASSWDI_INLINE uint64_t PASSWDI_K(d_less)(PASSWDI_K(d) a, PASSWDI_K(d) b) {
    const uint64x2_t m = vcltq_f64(a, b);
    return (vgetq_lane_u64(m, 0) & 1) | (vgetq_lane_u64(m, 1) & 2);
}
#else
#define PASSWDI_EACH(name, a, b) _mm_##name##_pd(a, b)
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_set)(double x) { return _mm_set1_pd(x); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_sqrt)(PASSWDI_K(d) a) { return _mm_sqrt_pd(a); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_from)(PASSWDI_K(d) a, PASSWDI_K(d) least) {
    return _mm_and_pd(_mm_cmpge_pd(a, least), a);
}
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_least)(PASSWDI_K(d) a) { return _mm_min_pd(a, _mm_shuffle_pd(a, a, 1)); }
PASSWDI_INLINE uint64_t PASSWDI_K(d_less)(PASSWDI_K(d) a, PASSWDI_K(d) b) {
    return (uint64_t)_mm_movemask_pd(_mm_cmplt_pd(a, b));
}
#endif
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_max)(PASSWDI_K(d) a, PASSWDI_K(d) b) { return PASSWDI_EACH(max, a, b); }
PASSWDI_INLINE PASSWDI_K(d) PASSWDI_K(d_min)(PASSWDI_K(d) a, PASSWDI_K(d) b) { return PASSWDI_EACH(min, a, b); }
#undef PASSWDI_EACH
#ifdef PASSWDI_NEON
#undef PASSWDI_NEON_max
#undef PASSWDI_NEON_min
#endif
#endif
#define PASSWDI_D PASSWDI_K(d)
#define passwdi_d_load PASSWDI_K(d_load)
#define passwdi_d_set PASSWDI_K(d_set)
#define PASSWDI_EIGHT(l) for (l = 0; l < 8; l += PASSWDI_DOUBLES)

PASSWDI_INLINE void PASSWDI_K(d_add)(double *lanes, PASSWDI_D x) {
    PASSWDI_K(d_store)(lanes, passwdi_d_load(lanes) + x);
}
/* The arrays go on with anything up to a multiple of eight, where what is written is worth nothing, and sums want 0. */
PASSWDI_INLINE PASSWDI_D PASSWDI_K(d_apart2)(PASSWDI_D y, PASSWDI_D phi, PASSWDI_D y0, PASSWDI_D phi0) {
    const PASSWDI_D tiny = passwdi_d_set(PASSWDI_JET_TINY * PASSWDI_JET_TINY), turn = passwdi_d_set(2 * PASSWDI_JET_PI);
    const PASSWDI_D dy = y - y0, a = phi - phi0, b = PASSWDI_K(d_max)(a, passwdi_d_set(0) - a),
                    dphi = PASSWDI_K(d_min)(b, turn - b);
    return PASSWDI_K(d_from)(dy * dy + dphi * dphi, tiny);
}
PASSWDI_TARGET static void PASSWDI_K(jet_row)(
    const double *y, const double *phi, double y0, double phi0, int count, double *r2) {
    int k;
    for (k = 0; k < count; k += PASSWDI_DOUBLES) PASSWDI_K(d_store)
    (r2 + k,
        PASSWDI_K(d_apart2)(passwdi_d_load(y + k), passwdi_d_load(phi + k), passwdi_d_set(y0), passwdi_d_set(phi0)));
}
/* Bits of the x that are the least, which every lane has. */
PASSWDI_INLINE void PASSWDI_K(d_where)(const double *x, int count, PASSWDI_D least, uint64_t *where) {
    int k, l;
    for (k = 0; k < count; k += 64) {
        const int n = count - k < 64 ? count - k : 64;
        uint64_t bits = 0;
        for (l = 0; l < n; l += PASSWDI_DOUBLES) bits |= PASSWDI_K(d_less)(least, passwdi_d_load(x + k + l)) << l;
        where[k >> 6] = ~bits & (~(uint64_t)0 >> (64 - n));
    }
}
PASSWDI_TARGET static double PASSWDI_K(jet_least)(const double *x, int count, uint64_t *where) {
    PASSWDI_D least = passwdi_d_load(x);
    double lanes[8];
    int k;
    for (k = PASSWDI_DOUBLES; k < count; k += PASSWDI_DOUBLES) least = PASSWDI_K(d_min)(least, passwdi_d_load(x + k));
    least = PASSWDI_K(d_least)(least);
    PASSWDI_K(d_where)(x, count, least, where);
    PASSWDI_K(d_store)(lanes, least);
    return lanes[0];
}
PASSWDI_TARGET static double PASSWDI_K(jet_nearest)(const double *y, const double *phi, double y0, double phi0,
    int count, const double *bound, double *r2, uint64_t *where, uint64_t *closer) {
    const PASSWDI_D y1 = passwdi_d_set(y0), phi1 = passwdi_d_set(phi0);
    PASSWDI_D least = passwdi_d_set(HUGE_VAL);
    double lanes[8];
    int k, l;
    for (k = 0; k < count; k += 64) {
        uint64_t bits = 0;
        for (l = 0; l < 64 && k + l < count; l += PASSWDI_DOUBLES) {
            const PASSWDI_D x = PASSWDI_K(d_apart2)(passwdi_d_load(y + k + l), passwdi_d_load(phi + k + l), y1, phi1);
            PASSWDI_K(d_store)(r2 + k + l, x);
            bits |= PASSWDI_K(d_less)(x, passwdi_d_load(bound + k + l)) << l;
            least = PASSWDI_K(d_min)(least, x);
        }
        closer[k >> 6] = bits;
    }
    least = PASSWDI_K(d_least)(least);
    PASSWDI_K(d_where)(r2, count, least, where);
    PASSWDI_K(d_store)(lanes, least);
    return lanes[0];
}
PASSWDI_TARGET static void PASSWDI_K(jet_roots)(const double *x, int count, double *root) {
    int k;
    for (k = 0; k < count; k += PASSWDI_DOUBLES) PASSWDI_K(d_store)(root + k, PASSWDI_K(d_sqrt)(passwdi_d_load(x + k)));
}
/* sum[p - 1] = sum of w q^p for p = 1, or for p = 1 to 4 */
PASSWDI_TARGET static void PASSWDI_K(jet_moments)(
    const double *q, const double *w, int count, int powers, double *sum) {
    double lanes[4][8];
    int k, l, p;
    PASSWDI_EIGHT(l) {
        PASSWDI_D a = passwdi_d_set(0), b = a, c = a, d = a;
        if (powers == 1)
            for (k = l; k < count; k += 8) a = a + passwdi_d_load(q + k) * passwdi_d_load(w + k);
        else
            for (k = l; k < count; k += 8) {
                const PASSWDI_D x = passwdi_d_load(q + k), one = x * passwdi_d_load(w + k), two = one * x,
                                three = two * x;
                a = a + one;
                b = b + two;
                c = c + three;
                d = d + three * x;
            }
        PASSWDI_K(d_store)(lanes[0] + l, a);
        PASSWDI_K(d_store)(lanes[1] + l, b);
        PASSWDI_K(d_store)(lanes[2] + l, c);
        PASSWDI_K(d_store)(lanes[3] + l, d);
    }
    for (p = 0; p < powers; p++) sum[p] = passwdi_jet_sum(lanes[p]);
}
/* s = sum over from <= j < to of row[j] q[j][k...] for one vector of k; even and odd j apart, which do not wait for
   each other */
PASSWDI_INLINE PASSWDI_D PASSWDI_K(jet_product)(const double *row, const double *q, int from, int to, int stride) {
    PASSWDI_D even = passwdi_d_set(0), odd = even;
    int j;
    for (j = from; j + 1 < to; j += 2) {
        even = even + passwdi_d_set(row[j]) * passwdi_d_load(q + j * stride);
        odd = odd + passwdi_d_set(row[j + 1]) * passwdi_d_load(q + (j + 1) * stride);
    }
    if (j < to) even = even + passwdi_d_set(row[j]) * passwdi_d_load(q + j * stride);
    return even + odd;
}
/* Sum over i < j < k of z_i z_j z_k q_ij q_ik q_jk; q [count][stride] is 0 up to the diagonal. */
PASSWDI_TARGET static double PASSWDI_K(jet_triples)(const double *q, const double *z, int count, int stride) {
    double row[PASSWD_MAX_CONSTITUENTS], lanes[8] = { 0, 0, 0, 0, 0, 0, 0, 0 };
    int i, k, l;
    for (i = 0; i + 2 < count; i++) {
        const double *qi = q + i * stride;
        const PASSWDI_D zi = passwdi_d_set(z[i]);
        for (k = 0; k < stride; k += PASSWDI_DOUBLES)
            PASSWDI_K(d_store)(row + k, passwdi_d_load(z + k) * passwdi_d_load(qi + k));
        for (k = (i + 1) & ~7; k < count; k += 8) PASSWDI_EIGHT(l) {
                const PASSWDI_D s =
                    PASSWDI_K(jet_product)(row, q + k + l, i + 1, k + 8 < count ? k + 8 : count, stride);
                PASSWDI_K(d_add)(lanes + l, zi * passwdi_d_load(row + k + l) * s);
            }
    }
    return passwdi_jet_sum(lanes);
}
/* The same of the least of the three q, and of the product of the two least. */
PASSWDI_TARGET static void PASSWDI_K(jet_ordered)(
    const double *q, const double *z, int count, int stride, double *sum) {
    double lanes[2][8] = { { 0, 0, 0, 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0, 0, 0, 0 } };
    int i, j, k, l;
    for (i = 0; i + 2 < count; i++) {
        const double *qi = q + i * stride;
        for (k = (i + 1) & ~7; k < count; k += 8) PASSWDI_EIGHT(l) {
                const PASSWDI_D b = passwdi_d_load(qi + k + l), zz = passwdi_d_set(z[i]) * passwdi_d_load(z + k + l);
                const int last = k + 8 < count ? k + 8 : count;
                PASSWDI_D one = passwdi_d_set(0), two = one;
                for (j = i + 1; j < last; j++) {
                    const PASSWDI_D a = passwdi_d_set(qi[j]), c = passwdi_d_load(q + j * stride + k + l);
                    const PASSWDI_D low = PASSWDI_K(d_min)(a, b), high = PASSWDI_K(d_max)(a, b),
                                    least = passwdi_d_set(z[j]) * PASSWDI_K(d_min)(low, c);
                    one = one + least;
                    two = two + least * PASSWDI_K(d_max)(low, PASSWDI_K(d_min)(high, c));
                }
                PASSWDI_K(d_add)(lanes[0] + l, zz * one);
                PASSWDI_K(d_add)(lanes[1] + l, zz * two);
            }
    }
    sum[0] = passwdi_jet_sum(lanes[0]);
    sum[1] = passwdi_jet_sum(lanes[1]);
}
/* With m_ij = sum over k of z_k q_ik q_kj, q being whole: sums over i < j of z_i z_j q_ij^2 m_ij; z_i z_j q_ij m_ij
   (t_i + t_j); z_i z_j m_ij^2. */
PASSWDI_TARGET static void PASSWDI_K(jet_cycles)(
    const double *q, const double *z, const double *t, int count, int stride, double *sum) {
    double row[PASSWD_MAX_CONSTITUENTS], right[PASSWD_MAX_CONSTITUENTS],
        lanes[3][8] = { { 0, 0, 0, 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0, 0, 0, 0 } };
    int i, k, l;
    memcpy(right, z, (size_t)stride * sizeof *right); /* z where j > i */
    for (i = 0; i + 1 < count; i++) {
        const double *qi = q + i * stride;
        const PASSWDI_D zi = passwdi_d_set(z[i]), ti = passwdi_d_set(t[i]);
        right[i] = 0;
        for (k = 0; k < stride; k += PASSWDI_DOUBLES)
            PASSWDI_K(d_store)(row + k, passwdi_d_load(z + k) * passwdi_d_load(qi + k));
        for (k = (i + 1) & ~7; k < count; k += 8) PASSWDI_EIGHT(l) {
                const PASSWDI_D m = PASSWDI_K(jet_product)(row, q + k + l, 0, count, stride),
                                w = zi * passwdi_d_load(right + k + l) * m, x = passwdi_d_load(qi + k + l);
                PASSWDI_K(d_add)(lanes[0] + l, w * x * x);
                PASSWDI_K(d_add)(lanes[1] + l, w * x * (ti + passwdi_d_load(t + k + l)));
                PASSWDI_K(d_add)(lanes[2] + l, w * m);
            }
    }
    for (i = 0; i < 3; i++) sum[i] = passwdi_jet_sum(lanes[i]);
}
#undef PASSWDI_D
#undef PASSWDI_DOUBLES
#undef PASSWDI_EIGHT
#undef passwdi_d_load
#undef passwdi_d_set
PASSWDI_AS_WRITTEN_END
#endif

#define PASSWDI_FROM_anew(kernel) PASSWDI_K(kernel)
#if PASSWDI_W == 16
#define PASSWDI_FROM_avx2(kernel) passwdi_##kernel##_avx2
#else
#define PASSWDI_FROM_avx2(kernel) PASSWDI_K(kernel)
#endif
#define PASSWDI_BACK_0(kernel) NULL
#define PASSWDI_BACK_1(kernel) PASSWDI_TRAINING(kernel)
#define PASSWDI_BACK_2(kernel) PASSWDI_TRAINING(kernel)
#define PASSWDI_BACK_3(kernel) PASSWDI_TRAINING(kernel)
#define PASSWDI_BACK_4(kernel) PASSWDI_TRAINING(kernel)
#define PASSWDI_ENTRY(name, kernel, gradients, ...) \
    { PASSWDI_FROM_##kernel(name##_forward), PASSWDI_BACK_##gradients(PASSWDI_FROM_##kernel(name##_backward)) },
static const passwdi_kernels PASSWDI_K(kernels) = { { PASSWDI_OPS(PASSWDI_ENTRY) }, PASSWDI_TRAINING(PASSWDI_K(adam)),
    PASSWDI_TRAINING(PASSWDI_K(square_sum)), PASSWDI_K(turn_weights), PASSWDI_TRAINING(PASSWDI_K(propose)),
    PASSWDI_TRAINING(PASSWDI_K(choose)), PASSWDI_K(partitions), PASSWDI_K(changes), PASSWDI_K(peak),
    { PASSWDI_JETS(PASSWDI_K(jet_row)), PASSWDI_JETS(PASSWDI_K(jet_least)), PASSWDI_JETS(PASSWDI_K(jet_nearest)),
        PASSWDI_JETS(PASSWDI_K(jet_roots)), PASSWDI_JETS(PASSWDI_K(jet_moments)), PASSWDI_JETS(PASSWDI_K(jet_triples)),
        PASSWDI_JETS(PASSWDI_K(jet_ordered)), PASSWDI_JETS(PASSWDI_K(jet_cycles)) } };
#undef PASSWDI_ENTRY
#undef PASSWDI_FROM_anew
#undef PASSWDI_FROM_avx2
#undef PASSWDI_BACK_0
#undef PASSWDI_BACK_1
#undef PASSWDI_BACK_2
#undef PASSWDI_BACK_3
#undef PASSWDI_BACK_4
#endif /* PASSWDI_KERNELS */

#undef passwdi_load
#undef passwdi_store
#undef passwdi_set
#undef passwdi_fma
#undef passwdi_max
#undef passwdi_min
#undef passwdi_sqrt
#undef passwdi_pick
#undef passwdi_times
#undef PASSWDI_GIVE
#undef PASSWDI_EACH_LANE
#undef PASSWDI_V
#undef PASSWDI_U
#undef PASSWDI_K
#undef PASSWDI_CAT
#undef PASSWDI_CAT2
#undef PASSWDI_ISA
#undef PASSWDI_LEVEL
#undef PASSWDI_W
#undef PASSWDI_INLINE
#undef PASSWDI_TARGET
#undef PASSWDI_TILE_R
#undef PASSWDI_TILE_T
#undef PASSWDI_FMA1
#undef PASSWDI_HAS_FMA

#endif /* PASSWDI_KERNEL_PASS */
#endif /* PASSWDI_REFUSED */
