/* abc_search.h: the command abc search, from events to one p-value. Part of abc.c.
   Networks of shape are trained out of fold, every event is split by the best partition, and the average mass is
   searched in all events (a function and a signal) and in those of the largest scores (the events outside the region,
   times a ratio, and a signal); a global p over all spectra from toys made of the data's events, limits. */
#ifndef ABC_SEARCH_H
#define ABC_SEARCH_H

/* Drift, as a power of the mass, of the fraction of the background that a cut keeps beyond the learnt masses: for
   4,000, 8,000 and 20,000 QCD events about 1.5, 0.8 and 0.3. */
#define DRIFT_EVENTS 6000.0
#define LEARNT 0.9 /* the fraction of the events, the lighter ones, that shapes are learnt from */
enum {
    REGIONS = 4,
    WEAK_LOOKS = 10,
    LOOKS = 2 + REGIONS + WEAK_LOOKS,
    FEW = 20,
    SEARCH_TOYS = 1000,
    DISPLAYS = 3,
    MOST_BINS = 1000
};

/* Every event's result, by the network that has not seen it; simple: average mass of the smallest mass asymmetry; weak:
   bits of the weakly supervised regions that it is in. */
typedef struct answered {
    int objects;
    double mass[2], average, score, simple;
    uint32_t weak;
} answered;

/* The events of a signal in one spectrum. */
typedef struct signal_look {
    double efficiency, error; /* of all events of the file */
    double peak, width;       /* of their masses: median, half of the central 68 % [GeV] */
    passwd_limit limit;       /* on its events before any cut */
    int limited;
    char why[200]; /* why there is no limit */
} signal_look;
/* A file of signal events. No network has seen them, so there are the results of every fold: of[fold]. */
typedef struct search_signal {
    char name[96];
    double mass, total; /* of the matched jets if the column parent names them, else the peak; weight */
    passwd_events events;
    answered *of[PASSWD_ABC_FOLDS];
} search_signal;

/* One spectrum and its results. simple: of the smallest mass asymmetry, for comparison; it does not enter the global p.
   weak: its weakly supervised region, from 1 on. */
typedef struct look {
    int simple, weak;
    char name[32], why[256]; /* region; why there is no result */
    double part;             /* of the background, at every mass */
    int64_t events;
    passwd_spectrum h;
    passwd_scan_options o;
    passwd_scan_point *at;
    passwd_scan_result r;
    int points, scanned, limits;
    double *toy_q;
    passwd_limit *limit;
    signal_look of_signal[MANY];
} look;

typedef struct searching {
    const settings *s;
    passwd_abc_config config;
    keeping kept;
    passwd_events events;
    copies seen;
    answered *of;                          /* of every event */
    double total, heavy;                   /* weight; average mass above which events are not learnt from [GeV] */
    double learnt;                         /* mass up to which the score's curves follow these [GeV]; beyond it they are
                                              straight */
    int folds;                             /* 0: the weights' own score */
    int64_t toys, left_out;                /* left_out: events of fewer than two jets */
    int cut_short;                         /* interrupted: the results so far are written */
    passwd_abc *network[PASSWD_ABC_FOLDS]; /* of each fold, or one */
    look looks[LOOKS];
    int n_looks;
    search_signal signal[MANY];
    passwd_spectrum whole; /* the masses of all events, which include those of the regions */
    passwd_together together;
    meter meter;
    double done, part; /* of the whole, for the meter */
    const char *doing;
} searching;

static void path_in(char path[1024], const settings *s, const char *file) {
    snprintf(path, 1024, "%.900s/%s", s->out, file);
}
static double setting_or(const reals *list, int k, double otherwise) {
    return list->count ? list->count > k ? list->item[k] : 0.0 : otherwise;
}
/* By default a tenth, the typical resolution of the average mass of two decays after jet clustering and
   combinatorics. */
static double resolution_a(const settings *s) { return setting_or(&s->resolution, 0, 0.0); }
static double resolution_b(const settings *s) { return setting_or(&s->resolution, 1, 0.1); }
static double sigma_of(const settings *s, double mass) {
    return mass * sqrt(resolution_a(s) * resolution_a(s) / mass + resolution_b(s) * resolution_b(s));
}

/* ---- events */

static int search_load(searching *a) {
    const settings *s = a->s;
    doubts d;
    double squares = 0.0;
    int64_t k, all;
    int status = load_events(&s->events, &a->kept.options, &a->events);
    memset(&d, 0, sizeof d);
    if (status != OK) return status;
    doubts_add(&d, &a->events);
    status = doubts_tell(&d, name_of_files(&s->events));
    all = a->events.count;
    if (status == OK && !copies_merge(&a->events, &a->seen))
        status = complain(FAILED, "there is not enough memory for %lld events", (long long)all);
    copies_tell(&a->seen, all);
    for (k = 0; k < a->events.count; k++) {
        a->total += a->events.weight[k];
        squares += a->events.weight[k] * a->events.weight[k];
    }
    if (status == OK && !(squares > 0.0 && squares < 1e300))
        status = complain(FAILED, "%s: the sum of the squared weights is %g", name_of_files(&s->events), squares);
    if (status == OK && !(a->total > 0.0))
        status = complain(FAILED, "%s: the sum of the weights of the events is %g; it should be positive",
            name_of_files(&s->events), a->total);
    a->of = (answered *)calloc((size_t)a->events.count + 1, sizeof *a->of);
    return status != OK || a->of
        ? status
        : complain(FAILED, "there is not enough memory for %lld events", (long long)a->events.count);
}
static int fold_of(const searching *a, int64_t event) { return a->folds ? (int)(event % a->folds) : 0; }
/* An event of fewer than two jets has no pair. */
static int has_pair(const answered *v) { return v->objects > 1 && isfinite(v->average); }
/* Some of the events, borrowed except for compacted arrays, and (may be NULL) their numbers among all: those of a fold;
   or (others) of all other folds, without heavy ones. Where the background dies out, a signal may be most of the data,
   and its shapes would be taken for the background's; what is learnt at lower masses also holds there. part->first is
   to be freed. */
static int part_of(const searching *a, int fold, int others, passwd_events *part, int64_t *number) {
    const passwd_events *v = &a->events;
    const size_t n = (size_t)v->count, rows = (size_t)v->objects;
    char *block = (char *)malloc(
        (n + 1) * (3 * sizeof(int64_t) + sizeof(double)) + (rows + 1) * (5 * sizeof(double) + sizeof(int32_t)));
    int64_t k, i;
    if (!block) return complain(FAILED, "there is not enough memory for %lld events", (long long)v->count);
    *part = *v;
    part->n_numbers = 0;
    part->first = (int64_t *)(void *)block;
    part->id = part->first + n + 1;
    part->line = part->id + n;
    part->weight = (double *)(void *)(part->line + n);
    part->pt = part->weight + n;
    part->eta = part->pt + rows;
    part->phi = part->eta + rows;
    part->m = part->phi + rows;
    part->e = part->m + rows;
    part->type = (int32_t *)(void *)(part->e + rows);
    part->count = part->objects = 0;
    for (k = 0; k < v->count; k++) {
        if ((fold_of(a, k) == fold) == others || (others && !(has_pair(a->of + k) && a->of[k].average < a->heavy)))
            continue;
        if (number) number[part->count] = k;
        part->first[part->count] = part->objects;
        part->id[part->count] = v->id[k];
        part->line[part->count] = v->line[k];
        part->weight[part->count++] = v->weight[k];
        for (i = v->first[k]; i < v->first[k + 1]; i++) {
            const int64_t to = part->objects++;
            part->pt[to] = v->pt[i];
            part->eta[to] = v->eta[i];
            part->phi[to] = v->phi[i];
            part->m[to] = v->m[i];
            part->e[to] = v->e[i];
            part->type[to] = v->type[i];
        }
    }
    part->first[part->count] = part->objects;
    return OK;
}

/* ---- scores */

static int on_shapes(void *user, const passwd_progress *p) {
    searching *a = (searching *)user;
    const double of = p->steps > 0 ? (double)p->step / (double)p->steps : 0.0;
    meter_show(&a->meter, a->done + a->part * of, a->doing);
    return interrupted;
}
/* Runs one network on events; number: which results these are (NULL: in order). */
static int search_run(
    const searching *a, const passwd_abc *abc, const passwd_events *v, const int64_t *number, answered *answers) {
    passwd_workspace_options o;
    passwd_abc_job *job = NULL;
    passwd_abc_result *r = (passwd_abc_result *)malloc(BLOCK * sizeof *r);
    passwd_error error;
    int64_t k, i, n;
    int status = r ? OK : complain(FAILED, "there is not enough memory for %d results", BLOCK);
    memset(&o, 0, sizeof o);
    o.threads = a->s->threads;
    o.simd = a->s->simd;
    if (status == OK
        && (passwd_abc_job_new(abc, &o, &job, &error) || passwd_abc_job_assign(job, PASSWD_ABC_EXACT, &error)))
        status = failed(&error);
    for (k = 0; k < v->count && status == OK; k += n) {
        n = v->count - k < BLOCK ? v->count - k : BLOCK;
        if (passwd_abc_run(job, v, k, n, r, NULL, &error)) status = failed(&error);
        for (i = 0; i < n && status == OK; i++) {
            answered *to = answers + (number ? number[k + i] : k + i);
            to->objects = r[i].objects;
            to->mass[0] = (double)r[i].answer.mass[0];
            to->mass[1] = (double)r[i].answer.mass[1];
            to->average = (double)r[i].answer.mass_avg;
            to->score = (double)r[i].score;
        }
    }
    passwd_abc_job_free(job);
    free(r);
    return status;
}
/* The smallest mass asymmetry, the usual method, needs no network. */
static void search_simple(const searching *a, const passwd_events *v, answered *answers) {
    int64_t k;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 64) num_threads(a->s->threads)
#endif
    for (k = 0; k < v->count; k++) {
        signed char category[PASSWD_MAX_OBJECTS];
        int64_t rows[SEARCHED];
        answer found;
        found.mass[ASYMMETRY] = NAN;
        find_asymmetry(v, k, rows, hardest_jets(v, k, SEARCHED, rows), &found, category);
        answers[k].simple = (double)found.mass[ASYMMETRY];
    }
    (void)a;
}
static int search_network(const searching *a, passwd_abc **abc) {
    passwd_error error;
    return (a->s->weights ? passwd_abc_load(a->s->weights, NULL, abc, &error)
                          : passwd_abc_new(&a->config, (uint64_t)a->s->seed, NULL, abc, &error))
        ? failed(&error)
        : OK;
}
/* A network that learns the shape of the events of all other folds. */
static int search_train(searching *a, int fold) {
    passwd_train_options o;
    passwd_events part;
    passwd_error error;
    int64_t *number;
    char text[64], file[48], path[1024];
    passwd_status trained;
    int status = part_of(a, fold, 1, &part, NULL);
    if (status != OK) return status;
    memset(&o, 0, sizeof o);
    o.threads = a->s->threads;
    o.simd = a->s->simd;
    o.seed = (uint64_t)a->s->seed + (uint64_t)fold;
    o.progress = on_shapes;
    o.user = a;
    snprintf(text, sizeof text, "network %d of %d", fold + 1, a->folds);
    a->doing = text;
    trained = passwd_abc_train_score(a->network[fold], &part, &o, &error);
    free(part.first);
    if (trained == PASSWD_STOPPED) {
        a->cut_short = 1;
        return FAILED;
    }
    if (trained != PASSWD_OK) return failed(&error);
    snprintf(file, sizeof file, "weights_%d.safetensors", fold + 1);
    path_in(path, a->s, file);
    status = save_weights(a->network[fold], path, save_abc);
    if (status != OK) return status;
    number = (int64_t *)malloc(((size_t)a->events.count + 1) * sizeof *number);
    if (!number) return complain(FAILED, "there is not enough memory for %lld events", (long long)a->events.count);
    status = part_of(a, fold, 0, &part, number);
    if (status == OK) {
        status = search_run(a, a->network[fold], &part, number, a->of);
        free(part.first);
    }
    free(number);
    return status;
}
/* The masses of the best partitions, which no network changes, decide which events are learnt from. */
static int search_masses(searching *a) {
    weighted *v = (weighted *)malloc(((size_t)a->events.count + 1) * sizeof *v);
    size_t n = 0;
    int64_t k;
    int status = v ? search_run(a, a->network[0], &a->events, NULL, a->of)
                   : complain(FAILED, "there is not enough memory for %lld masses", (long long)a->events.count);
    if (status == OK) search_simple(a, &a->events, a->of);
    for (k = 0; k < a->events.count && status == OK; k++) {
        if (!has_pair(a->of + k)) {
            a->left_out++;
            continue;
        }
        v[n].value = a->of[k].average;
        v[n].weight = fmax(a->events.weight[k], 0.0);
        v[n++].signal = 0;
    }
    if (status == OK && n == 0) status = complain(FAILED, "%s: no event has two jets", name_of_files(&a->s->events));
    else if (a->left_out)
        complain(OK, "events with fewer than two jets, excluded: %lld of %lld", (long long)a->left_out,
            (long long)a->events.count);
    if (status == OK) {
        qsort(v, n, sizeof *v, ascending);
        a->heavy = quantile(v, n, LEARNT);
        a->learnt = quantile(v, n, LEARNT * 59.0 / 60.0);
    }
    free(v);
    return status;
}
static int search_scores(searching *a) {
    int64_t i;
    int k, status = search_network(a, a->network);
    if (status == OK) status = search_masses(a);
    if (status == OK && passwd_abc_has_score(a->network[0])) return OK; /* the weights' own */
    a->folds = a->s->folds;
    for (i = 0; i < a->events.count; i++) a->of[i].score = (double)NAN; /* until a network is there */
    for (k = 0; k < a->folds && status == OK; k++) {
        a->done = 0.7 * k / a->folds;
        a->part = 0.7 / a->folds;
        if (k) status = search_network(a, a->network + k);
        if (status == OK) status = search_train(a, k);
    }
    return status;
}
static int passes(const look *l, const answered *v) {
    return l->simple ? isfinite(v->simple)
        : l->weak    ? (int)(v->weak >> (l->weak - 1) & 1u)
                     : has_pair(v) && (l->part >= 1.0 || v->score > -log10(l->part));
}
static double mass_in(const look *l, const answered *v) { return l->simple ? v->simple : v->average; }
/* Regions of scores learnt from other events may keep another fraction of these than their names say. Counted at the
   masses of the background, where shapes are learnt. */
static void tell_sizes(const searching *a) {
    double all = 0.0, squares = 0.0, in;
    int64_t k;
    int i;
    for (k = 0; k < a->events.count; k++)
        if (has_pair(a->of + k) && a->of[k].average < a->heavy) {
            all += a->events.weight[k];
            squares += a->events.weight[k] * a->events.weight[k];
        }
    for (i = 1; i < a->n_looks; i++) {
        const look *l = a->looks + i;
        const double wanted = l->part * all;
        if (l->simple || l->weak) continue;
        for (k = 0, in = 0.0; k < a->events.count; k++)
            if (passes(l, a->of + k) && a->of[k].average < a->heavy) in += a->events.weight[k];
        if (fabs(in - wanted) < 5.0 * sqrt(l->part * squares) || (in < 1.5 * wanted && in > wanted / 1.5)) continue;
        complain(OK,
            "warning: region %s has %.3g %% of the events below %.4g GeV, not %.3g %%: the score is from events "
            "of another kind, or the lighter events are "
            "full of signal%s",
            l->name, 100.0 * in / all, a->heavy, 100.0 * l->part,
            a->s->weights ? "; without a score in --weights it is learnt from these" : "");
    }
}
#include "abc_signals.h"
#include "abc_weak.h"

static int write_answers(const searching *a) {
    char path[1024];
    output to;
    int64_t k;
    int i;
    path_in(path, a->s, "results.csv");
    if (!output_open(&to, path)) return FAILED;
    fputs("event,weight,n,mass1,mass2,mass_avg,score", to.file);
    for (i = 1; i < a->n_looks; i++)
        if (!a->looks[i].simple) fprintf(to.file, ",%s", a->looks[i].name);
    fputs(",asymmetry_mass_avg", to.file);
    keep_header(&a->kept, to.file);
    fputc('\n', to.file);
    for (k = 0; k < a->events.count; k++) {
        const answered *v = a->of + k;
        fprintf(to.file, "%lld", (long long)a->events.id[k]);
        put_number(to.file, a->events.weight[k]);
        fprintf(to.file, ",%d", v->objects);
        put_field(to.file, v->mass[0]);
        put_field(to.file, v->mass[1]);
        put_field(to.file, v->average);
        put_field(to.file, v->score);
        for (i = 1; i < a->n_looks; i++)
            if (!a->looks[i].simple)
                put_field(
                    to.file, isnan(v->score) && !a->looks[i].weak ? (double)NAN : passes(a->looks + i, a->of + k));
        put_field(to.file, v->simple);
        keep_event(&a->kept, &a->events, k, to.file);
        fputc('\n', to.file);
    }
    return output_close(&to, 1) ? OK : FAILED;
}

/* ---- one spectrum */

/* The average masses of the events of a region, their weights and numbers; to be freed. */
typedef struct picked {
    double *mass, *weight;
    int64_t *number, count;
} picked;

static void picked_free(picked *p) {
    free(p->mass);
    free(p->number);
}
static int pick(const searching *a, const look *l, picked *p) {
    const size_t room = (size_t)a->events.count + 1;
    int64_t k;
    p->mass = (double *)malloc(2 * room * sizeof *p->mass);
    p->number = (int64_t *)malloc(room * sizeof *p->number);
    p->weight = p->mass ? p->mass + room : NULL;
    p->count = 0;
    if (!p->mass || !p->number) {
        picked_free(p);
        return complain(FAILED, "there is not enough memory for %lld masses", (long long)a->events.count);
    }
    for (k = 0; k < a->events.count; k++) {
        if (!passes(l, a->of + k)) continue;
        p->number[p->count] = k;
        p->weight[p->count] = a->events.weight[k];
        p->mass[p->count++] = mass_in(l, a->of + k);
    }
    return OK;
}
/* The heaviest event, of sorted ones, for which two others have at least half of its mass: the range ignores one or two
   outliers. */
static int64_t last_of(const weighted *v, int64_t count) {
    int64_t k = count - 1;
    while (k > 1 && v[k - 2].value < 0.5 * v[k].value) k--;
    return k > 1 ? k : count - 1;
}
/* Two bins per sigma, up to the heaviest event (or --high). The range that a function describes begins at the median
   (or --low), as the selection shapes the spectrum below, and the first hundredth is always excluded. */
static int look_bins(const settings *s, const picked *p, int falling, passwd_spectrum *h) {
    passwd_binning binning;
    passwd_error error;
    double low = s->low, high = s->high, *edges;
    weighted *v = (weighted *)malloc(((size_t)p->count + 1) * sizeof *v);
    int n = 0, status;
    int64_t k;
    if (!v) return complain(FAILED, "there is not enough memory for %lld masses", (long long)p->count);
    for (k = 0; k < p->count; k++) {
        v[k].value = p->mass[k];
        v[k].weight = p->weight[k];
        v[k].signal = 0;
    }
    qsort(v, (size_t)p->count, sizeof *v, ascending);
    if (!(low > 0.0)) low = fmax(1.0, floor(quantile(v, (size_t)p->count, falling ? 0.5 : 0.01)));
    if (!(high > 0.0)) {
        k = last_of(v, p->count);
        high = v[k].value * 1.000001;
        if (k + 1 < p->count)
            complain(OK, "events far above all others, excluded: %lld, up to %.4g GeV; --high includes them",
                (long long)(p->count - 1 - k), v[p->count - 1].value);
    }
    free(v);
    if (!(high > low)) return complain(FAILED, "the range of a spectrum cannot be %g to %g GeV", low, high);
    if (!(sigma_of(s, high) > 0.0)) return complain(FAILED, "--resolution: sigma must be positive");
    binning.low = low;
    binning.high = high;
    binning.a = resolution_a(s);
    binning.b = resolution_b(s);
    binning.bins_per_sigma = 2.0;
    binning.least = 1e-3;
    if (passwd_spectrum_edges(&binning, 0, NULL, &n, &error)) return failed(&error);
    if (n > MOST_BINS)
        return complain(FAILED,
            "there would be %d bins from %g to %g GeV, more than %d: give --low, "
            "--high or --resolution",
            n, low, high, MOST_BINS);
    edges = (double *)malloc(((size_t)n + 1) * sizeof *edges);
    if (!edges) return complain(FAILED, "there is not enough memory for %d bins", n);
    if (passwd_spectrum_edges(&binning, n, edges, &n, &error)) status = failed(&error);
    else status = fill_range(h, n, edges, p->mass, p->weight, p->count, falling && !(s->low > 0.0), falling);
    free(edges);
    return status;
}
static int on_looks(void *user, int64_t done, int64_t toys) {
    searching *a = (searching *)user;
    meter_show(&a->meter, a->done + a->part * (double)done / (double)toys, a->doing);
    return interrupted;
}
/* The spectrum of a region of the score, with the events outside it, from which its background comes: the cut is flat
   in mass, so that no function has to describe the end of the spectrum. Its toys are made of all events, which replace
   those of the region. */
static int look_beside(searching *a, look *l, picked *p) {
    passwd_error error;
    picked all;
    int status = pick(a, a->looks, &all);
    if (status != OK) return status;
    if (!a->whole.bins) status = look_bins(a->s, &all, 0, &a->whole);
    if (status == OK && passwd_spectrum_new(a->whole.bins, a->whole.edges, NULL, &l->h, &error))
        status = failed(&error);
    if (status == OK) {
        passwd_spectrum_fill(&l->h, p->mass, p->weight, p->count);
        if (passwd_spectrum_rest(&l->h, &a->whole, &error)) status = failed(&error);
    }
    picked_free(p);
    *p = all;
    return status;
}
/* Local p against mass; toys are made of the data's events, so that all spectra fluctuate together. */
static int look_scan(searching *a, look *l, const picked *p, int number) {
    static const double usual[2] = { 0.0, 0.1 };
    const settings *s = a->s;
    passwd_spectrum_events events;
    passwd_scan_points points;
    passwd_error error;
    passwd_status status;
    int k;
    memset(&events, 0, sizeof events);
    events.count = p->count;
    events.number = p->number;
    events.mass = p->mass;
    events.weight = p->weight;
    events.seed = (uint64_t)s->seed + 1;
    l->o.widths = s->relative.count ? s->relative.count : 2;
    if (l->o.widths > PASSWD_SCAN_WIDTHS)
        return complain(USAGE, "there are %d widths, but a scan accepts at most %d", l->o.widths, PASSWD_SCAN_WIDTHS);
    for (k = 0; k < l->o.widths; k++) l->o.width[k] = s->relative.count ? s->relative.item[k] : usual[k];
    l->o.resolution_a = resolution_a(s);
    l->o.resolution_b = resolution_b(s);
    l->o.toys = a->toys;
    l->o.seed = (uint64_t)s->seed + 1000u * (uint64_t)(number + 1);
    l->o.threads = s->threads;
    l->o.progress = on_looks;
    l->o.user = a;
    l->o.events = &events;
    memset(&points, 0, sizeof points);
    if (passwd_scan(&l->h, &l->o, &points, NULL, NULL, NULL, &error)) return failed(&error);
    l->points = points.room = points.count;
    l->at = (passwd_scan_point *)calloc((size_t)l->points + 1, sizeof *l->at);
    l->toy_q = (double *)malloc(((size_t)l->o.toys + 1) * sizeof *l->toy_q);
    if (!l->at || !l->toy_q) return complain(FAILED, "there is not enough memory for %d masses", l->points);
    points.point = l->at;
    status = passwd_scan(&l->h, &l->o, &points, &l->r, l->toy_q, NULL, &error);
    l->scanned = status == PASSWD_OK;
    return l->scanned ? OK : failed(&error);
}
/* At as many masses as requested, evenly in their logarithm; by toys where few events are expected. */
static int look_limits(searching *a, look *l) {
    const settings *s = a->s;
    passwd_limit_options o;
    passwd_error error;
    char file[64], note[64];
    passwd_status status;
    double from, to;
    int k, last = l->h.bins;
    for (k = 0; k < s->signal.count && !interrupted; k++)
        if (signal_limit(a, l, k)) return FAILED;
    while (last > 1 && !(l->h.data[last - 1] > 0.0)) last--;
    from = l->h.edges[0] + 2.0 * sigma_of(s, l->h.edges[0]);
    to = l->h.edges[last] - 2.0 * sigma_of(s, l->h.edges[last]);
    if (!(to > from)) return complain(FAILED, "the spectrum is too short for limits");
    memset(&o, 0, sizeof o);
    o.resolution_a = resolution_a(s);
    o.resolution_b = resolution_b(s);
    o.luminosity = s->luminosity;
    o.seed = (uint64_t)s->seed;
    o.threads = s->threads;
    l->limit = (passwd_limit *)malloc(((size_t)s->points + 1) * sizeof *l->limit);
    if (!l->limit) return complain(FAILED, "there is not enough memory for limits");
    for (k = 0; k < s->points && !interrupted; k++) { /* a mass without a limit is skipped */
        const double mass = s->points > 1 ? from * pow(to / from, (double)k / (s->points - 1)) : from;
        passwd_limit *one = l->limit + l->limits;
        o.toys = -1;
        status = passwd_limit_gaussian(&l->h, mass, &o, one, NULL, &error);
        o.toys = 200;
        if (!status && one->few) status = passwd_limit_gaussian(&l->h, mass, &o, one, NULL, &error);
        if (status) complain(OK, "limit at %g GeV: %s", mass, error.message);
        else l->limits++;
    }
    if (interrupted || l->limits < 2) return OK;
    snprintf(file, sizeof file, "limits_%s.png", l->name);
    snprintf(note, sizeof note, "region %s", l->name);
    return plot_limits(
        s, s->sqrt_s, l->limit, l->limits, 0.95, all_factors, "Gaussian of the resolution", note, s->out, file);
}
static int look_into(searching *a, look *l, int number) {
    const settings *s = a->s;
    const int beside = l->part < 1.0 && !l->simple && !l->weak;
    passwd_background wanted;
    passwd_error error;
    picked p;
    char file[64], path[1024], note[160], text[32];
    int status = pick(a, l, &p);
    if (status != OK) return status;
    l->events = p.count;
    memset(&wanted, 0, sizeof wanted);
    if (beside) {
        wanted.family = PASSWD_BACKGROUND_REST;
        wanted.learnt = a->folds ? a->learnt : 0.0; /* it is unknown for weights from elsewhere */
        wanted.drift = fmax(0.2, DRIFT_EVENTS / (double)(a->events.count - a->left_out));
    } else wanted.sqrt_s = s->sqrt_s;
    if (p.count < FEW)
        status = complain(FAILED, "skipped: it has %lld events, but %d are needed", (long long)p.count, FEW);
    if (status == OK) status = beside ? look_beside(a, l, &p) : look_bins(s, &p, 1, &l->h);
    if (status == OK && passwd_background_fit(&l->h, &wanted, &error)) status = failed(&error);
    if (status == OK) status = look_scan(a, l, &p, number);
    picked_free(&p);
    if (status != OK) return status;
    if (s->points > 0) look_limits(a, l);                     /* the spectrum is useful without them */
    wanted.skip_low = l->r.best.mass - 2.0 * l->r.best.sigma; /* the plot shows the background beside the excess */
    wanted.skip_high = l->r.best.mass + 2.0 * l->r.best.sigma;
    (void)passwd_background_fit(&l->h, &wanted, NULL);
    snprintf(file, sizeof file, "spectrum_%s.csv", l->name);
    path_in(path, s, file);
    if (passwd_spectrum_save(&l->h, path, &error)) return failed(&error);
    snprintf(note, sizeof note, "region %s; best %.4g GeV, local p = %s", l->name, l->r.best.mass,
        p_text(text, l->r.best.log_p));
    snprintf(file, sizeof file, "spectrum_%s.png", l->name);
    return plot_spectrum(s, s->sqrt_s, &l->h, NULL, "Average mass of the parents [GeV]", note, s->out, file);
}
/* A spectrum that cannot be searched is no reason to stop: errors are reported at the end. */
static int search_spectra(searching *a) {
    passwd_look looks[LOOKS];
    passwd_error error;
    char text[64];
    int k, status = OK;
    memset(looks, 0, sizeof looks);
    for (k = 0; k < a->n_looks; k++) {
        look *l = a->looks + k;
        a->part = 0.3 / a->n_looks;
        a->done = 0.7 + k * a->part;
        snprintf(text, sizeof text, "spectrum %s", l->name);
        a->doing = text;
        whispered[0] = 0;
        whisper = 1;
        look_into(a, l, k);
        whisper = 0;
        snprintf(l->why, sizeof l->why, "%s", whispered);
        if (interrupted) {
            a->cut_short = 1;
            break;
        }
        if (l->simple) continue; /* for comparison, not part of the search */
        looks[k].statistic = l->r.best.q0;
        looks[k].log_p = l->scanned ? l->r.log_p : (double)NAN;
        looks[k].log_p_low = l->r.log_p_low;
        looks[k].log_p_high = l->r.log_p_high;
        looks[k].toys = l->scanned ? l->toy_q : NULL;
    }
    meter_clear();
    if (a->toys && !a->cut_short && passwd_looks_together(looks, a->n_looks, a->toys, &a->together, NULL, &error))
        status = failed(&error);
    return status;
}

/* ---- displays */

/* The jets of one event along the beam, in the colours of their parents. */
static int display(searching *a, passwd_abc_job *job, int64_t event, int number) {
    static const char *const words[] = { "First parent", "Second parent", "ISR" };
    const passwd_events *v = &a->events;
    passwd_abc_result r;
    passwd_error error;
    double most = 1.0, x[2] = { 0.0, 0.0 }, y[2] = { 0.0, 0.0 };
    int named[3] = { 0, 0, 0 };
    char note[96], file[48];
    int64_t i;
    plot *p;
    if (passwd_abc_run(job, v, event, 1, &r, NULL, &error)) return failed(&error);
    p = plot_of(a->s, a->s->sqrt_s, "p_{x} [GeV]", "p_{y} [GeV]");
    snprintf(note, sizeof note, "event %lld: %.0f and %.0f GeV, score %.2f", (long long)v->id[event],
        (double)r.answer.mass[0], (double)r.answer.mass[1], a->of[event].score);
    plot_note(p, note);
    plot_size(p, 800, 800);
    for (i = v->first[event]; i < v->first[event + 1] && i - v->first[event] < PASSWD_MAX_OBJECTS; i++) {
        const int category = r.answer.category[i - v->first[event]];
        plot_style style = style_of(category + 1, PLOT_SOLID);
        if (category < 0 || category > 2) continue;
        style.width = 4.0;
        x[1] = v->pt[i] * cos(v->phi[i]);
        y[1] = v->pt[i] * sin(v->phi[i]);
        most = fmax(most, v->pt[i]);
        plot_line(p, x, y, 2, named[category]++ ? NULL : words[category], style);
    }
    plot_range(p, -1.2 * most, 1.2 * most, -1.2 * most, 1.2 * most);
    snprintf(file, sizeof file, "event_%d.png", number);
    return write_plot(p, a->s->out, file);
}
/* Those of the largest scores within one sigma of the excess. */
static int search_displays(searching *a) {
    const look *l = a->looks + (a->together.best < 0 ? 0 : a->together.best);
    passwd_workspace_options o;
    passwd_abc_job *job = NULL;
    passwd_error error;
    int64_t shown[DISPLAYS], k;
    int n, i, status = OK;
    if (!l->scanned) return OK;
    memset(&o, 0, sizeof o);
    if (passwd_abc_job_new(a->network[0], &o, &job, &error) || passwd_abc_job_assign(job, PASSWD_ABC_EXACT, &error))
        status = failed(&error);
    for (n = 0; n < DISPLAYS && status == OK; n++) {
        int64_t best = -1;
        for (k = 0; k < a->events.count; k++) {
            if (!passes(l, a->of + k) || fabs(a->of[k].average - l->r.best.mass) > l->r.best.sigma
                || !(best < 0 || a->of[k].score > a->of[best].score))
                continue;
            for (i = 0; i < n && shown[i] != k; i++) {}
            if (i == n) best = k;
        }
        if (best < 0) break;
        shown[n] = best;
        status = display(a, job, best, n + 1);
    }
    passwd_abc_job_free(job);
    return status;
}

/* ---- reports */

static void tell_together(const searching *a) {
    const passwd_together *t = &a->together;
    char p1[32], p2[32], p3[32], z[32];
    const look *l;
    int k, looked = 0;
    if (t->best < 0) {
        printf("global p: none: %s\n\n",
            a->cut_short  ? "the search was interrupted before it was complete"
                : a->toys ? "no spectrum has a p-value"
                          : "there are no toys");
        return;
    }
    for (k = 0; k < a->n_looks; k++) looked += !a->looks[k].simple && a->looks[k].scanned && !a->looks[k].r.refused;
    l = a->looks + t->best;
    printf("global p of the whole search %s (%s sigma), 68 %%: %s to %s, over %d spectra, equivalent to %.1f "
           "independent ones; %s %lld toys\n",
        p_text(p1, t->log_p), z_text(z, t->significance), p_text(p2, t->log_p_low), p_text(p3, t->log_p_high), looked,
        t->trials, t->extrapolated ? "extrapolated from" : "from", (long long)t->toys);
    printf("the most significant: %s: %.5g GeV, sigma %.4g GeV, %.4g +- %.3g events, local p %s, in this spectrum "
           "%s\n\n",
        l->name, l->r.best.mass, l->r.best.sigma, l->r.best.fitted, l->r.best.fitted_error, p_text(p1, l->r.best.log_p),
        p_bound(p2, l->r.log_p, l->r.log_p_high));
}
static void tell_looks(const searching *a) {
    table t = { NULL, 0, 0, 0, "" };
    char p1[32], p2[32], z[32], good[64];
    int k;
    table_row(&t, "region|events|from [GeV]|to|best|sigma|fitted|local p|p|sigma|goodness");
    for (k = 0; k < a->n_looks; k++) {
        const look *l = a->looks + k;
        if (!l->scanned) {
            table_row(&t, "%s|%lld|-", l->name, (long long)l->events);
            continue;
        }
        table_row(&t, "%s|%lld|%.4g|%.4g|%.4g|%.3g|%.4g +- %.2g|%s|%s|%s|%s", l->name, (long long)l->events,
            l->h.edges[0], l->h.edges[l->h.bins], l->r.best.mass, l->r.best.sigma, l->r.best.fitted,
            l->r.best.fitted_error, p_text(p1, l->r.best.log_p), p_bound(p2, l->r.log_p, l->r.log_p_high),
            z_text(z, l->r.significance), isnan(l->r.goodness) ? "-" : good_text(good, l->r.goodness) + strlen("p = "));
    }
    table_print(&t, 1, stdout);
    for (k = 0; k < a->n_looks; k++) {
        const look *l = a->looks + k;
        if (l->why[0]) printf("%s: %s\n", l->name, l->why);
        if (l->simple && l->scanned)
            printf("%s: the average mass of the smallest mass asymmetry, for comparison: not "
                   "counted in the global p\n",
                l->name);
        if (l->scanned && isnan(l->r.goodness))
            printf("%s: no degrees of freedom are left to test whether the function describes the data\n", l->name);
        if (l->scanned && l->r.refused)
            printf("%s: %s describes the data beside the best mass (p = %.2g): no significance\n", l->name,
                l->h.fit.family == PASSWD_BACKGROUND_REST ? "no ratio to the events outside" : "no function",
                l->r.goodness);
    }
}
static int write_limits(const searching *a) {
    char path[1024];
    output to;
    int i, k;
    path_in(path, a->s, "limits.csv");
    if (!output_open(&to, path)) return FAILED;
    fputs("region,mass,sigma,observed,expected_-2,expected_-1,expected,expected_+1,expected_+2,fitted,fitted_error,"
          "to_pb,under,toys\n",
        to.file);
    for (k = 0; k < a->n_looks; k++)
        for (i = 0; i < a->looks[k].limits; i++) {
            const passwd_limit *l = a->looks[k].limit + i;
            const double v[] = { l->mass, l->sigma, l->observed, l->expected[0], l->expected[1], l->expected[2],
                l->expected[3], l->expected[4], l->fitted, l->fitted_error, l->to_pb, l->under, (double)l->toys };
            size_t c;
            fputs(a->looks[k].name, to.file);
            for (c = 0; c < sizeof v / sizeof *v; c++) put_field(to.file, v[c]);
            fputc('\n', to.file);
        }
    return output_close(&to, 1) ? OK : FAILED;
}
static void put_look(passwd_json_writer *w, const look *l) {
    passwd_json_begin_object(w);
    put_word(w, "region", l->name);
    put_count(w, "events", l->events);
    passwd_json_key(w, "counted");
    passwd_json_write_bool(w, !l->simple);
    if (l->scanned) {
        put_json(w, "mass", l->r.best.mass);
        put_json(w, "sigma", l->r.best.sigma);
        put_json(w, "fitted", l->r.best.fitted);
        put_json(w, "fitted_error", l->r.best.fitted_error);
        put_json(w, "local_p", exp(l->r.best.log_p));
        put_json(w, "p", exp(l->r.log_p));
        put_json(w, "log_p", l->r.log_p);
        put_json(w, "significance", l->r.significance);
        put_json(w, "goodness", l->r.goodness);
    }
    if (l->why[0]) put_word(w, "note", l->why);
    passwd_json_end_object(w);
}
static int search_json(const searching *a) {
    const passwd_together *t = &a->together;
    passwd_json_writer w;
    char path[1024];
    int k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_count(&w, "events", a->events.count);
    put_json(&w, "weight", a->total);
    passwd_json_key(&w, "interrupted");
    passwd_json_write_bool(&w, a->cut_short);
    put_json(&w, "global_p", exp(t->log_p));
    put_json(&w, "log_global_p", t->log_p);
    put_json(&w, "significance", t->significance);
    put_json(&w, "significance_low", t->significance_low);
    put_json(&w, "significance_high", t->significance_high);
    if (t->best >= 0) {
        const look *l = a->looks + t->best;
        put_json(&w, "mass", l->r.best.mass);
        put_word(&w, "region", l->name);
        put_json(&w, "local_p", exp(l->r.best.log_p));
    }
    put_array(&w, "spectra");
    for (k = 0; k < a->n_looks; k++) put_look(&w, a->looks + k);
    passwd_json_end_array(&w);
    if (a->s->signal.count) {
        put_array(&w, "signals");
        for (k = 0; k < a->s->signal.count; k++) put_signal(&w, a, k);
        passwd_json_end_array(&w);
    }
    passwd_json_end_object(&w);
    path_in(path, a->s, "summary.json");
    return save_json(&w, path, a->s->json);
}

/* ---- the command */

static int search_looks(searching *a) {
    static const double usual[3] = { 0.1, 0.01, 0.001 };
    const reals *wanted = &a->s->fraction;
    const int n = wanted->count ? wanted->count : 3;
    int k, i;
    if (n > REGIONS) return complain(USAGE, "--fraction accepts at most %d regions", REGIONS);
    strcpy(a->looks[0].name, "all");
    a->looks[0].part = 1.0;
    for (k = 0; k < n; k++) {
        a->looks[k + 1].part = wanted->count ? wanted->item[k] : usual[k];
        snprintf(a->looks[k + 1].name, sizeof a->looks->name, "top%g", a->looks[k + 1].part);
        for (i = 0; i <= k; i++)
            if (!strcmp(a->looks[i].name, a->looks[k + 1].name))
                return complain(USAGE, "--fraction: there are two regions %s", a->looks[i].name);
    }
    a->n_looks = n + 1;
    strcpy(a->looks[a->n_looks].name, "asymmetry");
    a->looks[a->n_looks].part = 1.0;
    a->looks[a->n_looks++].simple = 1;
    a->toys = a->s->toys < 0 ? SEARCH_TOYS : a->s->toys;
    return OK;
}
/* The files that a search writes. */
static const char *const search_files[] = { "results.csv", "limits.csv", "signals.csv", "summary.json",
    "weights_*.safetensors", "spectrum_*.csv", "spectrum_*.png", "limits_*.png", "signal_*.png", "event_*.png", NULL };
/* Inputs that would be overwritten, and results that would be mixed with older ones. */
static int search_folder(const searching *a) {
    const settings *s = a->s;
    const texts *const several[] = { &s->events, &s->signal };
    const char *const inputs[] = { s->weights, s->config };
    int i, k;
    for (i = 0; i < 2; i++) {
        for (k = 0; k < several[i]->count; k++)
            if (is_overwritten(s->out, several[i]->item[k], search_files))
                return complain(USAGE, "%s would be overwritten by the search: choose another folder for --out",
                    several[i]->item[k]);
        if (is_overwritten(s->out, inputs[i], search_files))
            return complain(USAGE, "%s would be overwritten by the search: choose another folder for --out", inputs[i]);
    }
    return check_folder(s->out, s->overwrite);
}
static int search_tell(searching *a) {
    int status = write_limits(a);
    if (status == OK) status = write_signals(a);
    if (status == OK && !interrupted) status = search_displays(a);
    if (status == OK && !interrupted) status = plot_signals(a);
    if (status == OK && !a->s->json) {
        tell_together(a);
        tell_looks(a);
        if (!a->cut_short) tell_signals(a);
        printf("\nresults, spectra, limits and plots are in %s\n", a->s->out);
    }
    return status == OK ? search_json(a) : status;
}
static int search_go(searching *a) {
    const settings *s = a->s;
    int k, scanned = 0, status = search_looks(a);
    if (status == OK)
        status = keep_read(&a->kept, s->keep, "event,weight,n,mass1,mass2,mass_avg,score,asymmetry_mass_avg", NULL);
    if (status == OK) status = search_folder(a);
    if (status == OK && !s->weights) status = configure(s, &a->config);
    if (status == OK) status = search_load(a);
    for (k = 0; k < s->signal.count && status == OK; k++) status = signal_load(a, k);
    if (status == OK && !s->weights && (double)a->events.count * LEARNT * (s->folds - 1) / s->folds < 500.0)
        status = complain(FAILED,
            "%s: %lld events are too few: shapes are learnt from the lighter 90 %% of all folds "
            "but one, 500 at least",
            name_of_files(&s->events), (long long)a->events.count);
    if (status == OK && s->low > 0.0 && s->high > 0.0 && !(s->high > s->low))
        status = complain(USAGE, "the range of a spectrum cannot be --low %g to --high %g GeV", s->low, s->high);
    if (status == OK) status = clear_folder(s->out, search_files);
    if (status != OK) return status;
    a->meter = meter_new();
    a->together.best = -1;
    a->together.log_p = a->together.significance = a->together.significance_low = a->together.significance_high =
        a->together.trials = (double)NAN;
    status = search_scores(a);
    if (status != OK && !a->cut_short) return status;
    if (!a->cut_short) tell_sizes(a);
    status = a->cut_short ? OK : search_signals(a);
    if (status == OK && !a->cut_short && s->weak) {
        status = search_weak(a);
        if (a->cut_short) status = OK;
    }
    for (k = 0; k < s->signal.count && status == OK && !a->cut_short; k++) status = signal_figures(a, k);
    if (status == OK) status = write_answers(a);
    if (status == OK && !a->cut_short) status = search_spectra(a);
    meter_clear();
    if (status == OK) status = search_tell(a);
    if (status == OK && a->cut_short)
        return complain(FAILED, "interrupted; %s holds what was finished: the results of the events%s", s->out,
            a->looks[0].scanned ? " and some of the spectra" : ", with the scores so far");
    for (k = 0; k < a->n_looks; k++) scanned += a->looks[k].scanned;
    return status == OK && !scanned ? complain(FAILED, "no spectrum could be searched") : status;
}
static int command_search(const settings *s) {
    searching *a;
    int k, f, status;
    if (strlen(s->out) > 900) return complain(FAILED, "%.60s...: this name is too long", s->out);
    if (s->weights && (s->preset || s->config || s->set.count))
        return complain(USAGE, "the configuration is that of --weights: omit --preset, --config and --set");
    if (s->folds > PASSWD_ABC_FOLDS) return complain(USAGE, "--folds accepts at most %d", PASSWD_ABC_FOLDS);
    a = (searching *)calloc(1, sizeof *a);
    if (!a) return complain(FAILED, "there is not enough memory for a search");
    a->s = s;
    catch_interrupts();
    status = search_go(a);
    for (k = 0; k < LOOKS; k++) {
        passwd_spectrum_free(&a->looks[k].h);
        free(a->looks[k].at);
        free(a->looks[k].toy_q);
        free(a->looks[k].limit);
    }
    for (k = 0; k < PASSWD_ABC_FOLDS; k++) passwd_abc_free(a->network[k]);
    for (k = 0; k < MANY; k++) {
        passwd_events_free(&a->signal[k].events);
        for (f = 0; f < PASSWD_ABC_FOLDS; f++) free(a->signal[k].of[f]);
    }
    passwd_spectrum_free(&a->whole);
    copies_free(&a->seen);
    passwd_events_free(&a->events);
    free(a->of);
    free(a);
    return status;
}
#endif /* ABC_SEARCH_H */
