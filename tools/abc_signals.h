/* abc_signals.h: files of signal events in abc search: the fraction of them in every region, their peak, and limits on
   them. Part of abc_search.h. */
#ifndef ABC_SIGNALS_H
#define ABC_SIGNALS_H

/* Of the score, of weakly supervised regions, or one. */
static int signal_folds(const searching *a) { return a->folds || a->s->weak ? a->s->folds : 1; }
/* Sums over the networks, each of which scores every event: events, weight, squares of weights; their masses, if v is
   not NULL. */
static void signal_sums(const searching *a, const search_signal *g, const look *l, double sum[3], weighted *v) {
    const int folds = signal_folds(a);
    int64_t k;
    int f;
    sum[0] = sum[1] = sum[2] = 0.0;
    for (k = 0; k < g->events.count; k++) {
        const double w = g->events.weight[k];
        double part = 0.0;
        for (f = 0; f < folds; f++) part += passes(l, g->of[f] + k);
        part /= folds;
        if (!(part > 0.0)) continue;
        if (v) {
            v[(int)sum[0]].value = mass_in(l, g->of[0] + k);
            v[(int)sum[0]].weight = part * w;
            v[(int)sum[0]].signal = 1;
        }
        sum[0] += 1.0;
        sum[1] += part * w;
        sum[2] += part * w * part * w;
    }
}
/* Efficiency, peak and width in every spectrum. */
static int signal_figures(searching *a, int number) {
    search_signal *g = a->signal + number;
    weighted *v = (weighted *)malloc(((size_t)g->events.count + 1) * sizeof *v);
    double sum[3];
    int i;
    if (!v) return complain(FAILED, "there is not enough memory for %lld masses", (long long)g->events.count);
    for (i = 0; i < a->n_looks; i++) {
        signal_look *at = a->looks[i].of_signal + number;
        size_t n;
        signal_sums(a, g, a->looks + i, sum, v);
        n = (size_t)sum[0];
        qsort(v, n, sizeof *v, ascending);
        at->efficiency = sum[1] / g->total;
        at->error = sqrt(fmax(0.0, sum[2] * (1.0 - fmin(1.0, at->efficiency)))) / g->total;
        at->peak = quantile(v, n, 0.5);
        at->width = 0.5 * (quantile(v, n, 0.84) - quantile(v, n, 0.16));
    }
    if (!(g->mass > 0.0)) g->mass = a->looks[0].of_signal[number].peak;
    free(v);
    return OK;
}
/* The median of the average masses of the matched jets; 0 if the file does not name them. */
static int signal_truth(search_signal *g) {
    weighted *v = (weighted *)malloc(((size_t)g->events.count + 1) * sizeof *v);
    size_t n = 0;
    int64_t k;
    if (!v) return complain(FAILED, "there is not enough memory for %lld masses", (long long)g->events.count);
    for (k = 0; k < g->events.count; k++) {
        answer truth;
        truth.mass[TRUTH] = NAN;
        find_truth(&g->events, k, &truth);
        if (!isfinite(truth.mass[TRUTH])) continue;
        v[n].value = (double)truth.mass[TRUTH];
        v[n++].weight = g->events.weight[k];
    }
    qsort(v, n, sizeof *v, ascending);
    g->mass = n > 0 ? quantile(v, n, 0.5) : 0.0;
    free(v);
    return OK;
}
static int signal_load(searching *a, int number) {
    static const char *const parent[] = { "parent?" };
    const texts file = one_file(a->s->signal.item[number]);
    search_signal *g = a->signal + number;
    passwd_event_options options;
    doubts d;
    int64_t k;
    int status;
    memset(&d, 0, sizeof d);
    memset(&options, 0, sizeof options);
    options.numbers = parent;
    options.n_numbers = 1;
    name_from_path(g->name, file.item[0]);
    status = load_events(&file, &options, &g->events);
    if (status != OK) return status;
    doubts_add(&d, &g->events);
    status = doubts_tell(&d, file.item[0]);
    for (k = 0; k < g->events.count; k++) g->total += g->events.weight[k];
    if (status == OK && !(g->total > 0.0))
        status = complain(
            FAILED, "%s: the sum of the weights of the events is %g; it should be positive", file.item[0], g->total);
    return status == OK ? signal_truth(g) : status;
}
/* By every network. */
static int search_signals(searching *a) {
    int number, f, status = OK;
    for (number = 0; number < a->s->signal.count && status == OK; number++) {
        search_signal *g = a->signal + number;
        for (f = 0; f < signal_folds(a) && status == OK; f++) {
            g->of[f] = (answered *)calloc((size_t)g->events.count + 1, sizeof **g->of);
            if (!g->of[f])
                return complain(FAILED, "there is not enough memory for %lld events", (long long)g->events.count);
            status = search_run(a, a->network[a->folds ? f : 0], &g->events, NULL, g->of[f]);
            if (status == OK) search_simple(a, &g->events, g->of[f]);
        }
    }
    return status;
}
/* For a region whose background comes from its rest: the background that a signal event outside the region adds. */
static double signal_beside(const look *l, const double *shape) {
    double sum = 0.0, all = 0.0;
    int k;
    if (l->h.fit.family != PASSWD_BACKGROUND_REST) return 0.0;
    for (k = 0; k < l->h.bins; k++)
        if (l->h.rest[k] > 0.0) {
            const double both = l->h.data[k] + l->h.rest[k]; /* the background is both, times the region's
                                                                fraction */
            sum += shape[k] * l->h.background[k] / fmax(both - l->h.background[k], 1e-9 * both);
            all += shape[k];
        }
    return all > 0.0 ? sum / all : 0.0;
}
/* The limit on a signal's events before any cut: that on those in the spectrum, with their shape there, divided by
   their efficiency. */
static int signal_limit(searching *a, look *l, int number) {
    enum { LEAST = 20 }; /* minimum number of events for a shape */
    const settings *s = a->s;
    search_signal *g = a->signal + number;
    signal_look *at = l->of_signal + number;
    weighted *v = (weighted *)malloc(((size_t)g->events.count + 1) * sizeof *v);
    double *mass = (double *)malloc((2 * (size_t)g->events.count + (size_t)l->h.bins + 1) * sizeof *mass),
           *weight = mass ? mass + g->events.count : NULL;
    double *shape = mass ? weight + g->events.count : NULL, sum[3], kept;
    passwd_limit_options o;
    passwd_error error;
    passwd_status status;
    int k;
    if (!v || !mass) {
        free(v);
        free(mass);
        return complain(FAILED, "there is not enough memory for %lld masses", (long long)g->events.count);
    }
    signal_sums(a, g, l, sum, v);
    for (k = 0; k < (int)sum[0]; k++) {
        mass[k] = v[k].value;
        weight[k] = v[k].weight;
    }
    free(v);
    if (sum[0] < LEAST) {
        snprintf(at->why, sizeof at->why, "%.0f of its events are too few for a shape", sum[0]);
        free(mass);
        return OK;
    }
    memset(&o, 0, sizeof o);
    o.luminosity = s->luminosity;
    o.seed = (uint64_t)s->seed;
    o.threads = s->threads;
    o.toys = -1;
    status = passwd_limit_events(&l->h, mass, weight, (int64_t)sum[0], 1.0, shape, &error);
    if (!status) status = passwd_limit_shape(&l->h, shape, &o, &at->limit, NULL, &error);
    o.toys = 200;
    if (!status && at->limit.few) status = passwd_limit_shape(&l->h, shape, &o, &at->limit, NULL, &error);
    at->limited = !status;
    if (status) {
        free(mass);
        snprintf(at->why, sizeof at->why, "%.190s", error.message);
        return OK;
    }
    at->limit.mass = g->mass;
    at->limit.sigma = at->width;
    kept = at->efficiency - signal_beside(l, shape) * (1.0 - at->efficiency);
    free(mass);
    if (!(kept > 0.1 * at->efficiency)) {
        at->limited = 0;
        snprintf(at->why, sizeof at->why, "the region keeps hardly more of it than of the background");
        return OK;
    }
    at->limit.observed /= kept;
    for (k = 0; k < 5; k++) at->limit.expected[k] /= kept;
    at->limit.fitted /= kept;
    at->limit.fitted_error /= kept;
    return OK;
}

/* ---- reports */

/* The limits on signals: events, and pb. */
static void tell_signals(const searching *a) {
    const double pb = a->s->luminosity;
    table t = { NULL, 0, 0, 0, "" };
    char limit[48], cross_section[48];
    int i, k;
    if (!a->s->signal.count) return;
    printf("\nsignals; limits (95 %% CL, observed and expected) are on all events of the file's kind, before any "
           "cut%s\n",
        pb > 0.0 ? ", and on cross-section x branching ratio x efficiency of the file's own selection" : "");
    table_row(&t, "signal|mass|region|efficiency|peak|width|limit (expected)%s", pb > 0.0 ? "|pb (expected)" : "");
    for (i = 0; i < a->s->signal.count; i++)
        for (k = 0; k < a->n_looks; k++) {
            const signal_look *at = a->looks[k].of_signal + i;
            const passwd_limit *l = &at->limit;
            strcpy(limit, "-");
            strcpy(cross_section, "-");
            if (at->limited) {
                snprintf(limit, sizeof limit, "%.4g (%.4g)", l->observed, l->expected[2]);
                snprintf(cross_section, sizeof cross_section, "%.3g (%.3g)", l->observed * l->to_pb,
                    l->expected[2] * l->to_pb);
            }
            table_row(&t, "%.38s|%.5g|%s|%.4f +- %.4f|%.5g|%.4g|%s%s%s", a->signal[i].name, a->signal[i].mass,
                a->looks[k].name, at->efficiency, at->error, at->peak, at->width, limit, pb > 0.0 ? "|" : "",
                pb > 0.0 ? cross_section : "");
        }
    table_print(&t, 1, stdout);
    for (i = 0; i < a->s->signal.count; i++)
        for (k = 0; k < a->n_looks; k++)
            if (a->looks[k].of_signal[i].why[0])
                printf("%s in %s: %s\n", a->signal[i].name, a->looks[k].name, a->looks[k].of_signal[i].why);
}
static int write_signals(const searching *a) {
    char path[1024];
    output to;
    int i, k, c;
    if (!a->s->signal.count) return OK;
    path_in(path, a->s, "signals.csv");
    if (!output_open(&to, path)) return FAILED;
    fputs("signal,mass,region,efficiency,efficiency_error,peak,width,observed,expected_-2,expected_-1,expected,"
          "expected_+1,expected_+2,fitted,fitted_error,to_pb,"
          "toys\n",
        to.file);
    for (i = 0; i < a->s->signal.count; i++)
        for (k = 0; k < a->n_looks; k++) {
            const signal_look *at = a->looks[k].of_signal + i;
            const passwd_limit *l = &at->limit;
            const double v[] = { at->efficiency, at->error, at->peak, at->width, l->observed, l->expected[0],
                l->expected[1], l->expected[2], l->expected[3], l->expected[4], l->fitted, l->fitted_error, l->to_pb,
                (double)l->toys };
            fprintf(to.file, "%s", a->signal[i].name);
            put_field(to.file, a->signal[i].mass);
            put_name(to.file, a->looks[k].name);
            for (c = 0; c < (int)(sizeof v / sizeof *v); c++)
                put_field(to.file, c < 4 || at->limited ? v[c] : (double)NAN);
            fputc('\n', to.file);
        }
    return output_close(&to, 1) ? OK : FAILED;
}
static int by_mass(const void *x, const void *y) {
    const passwd_limit *a = (const passwd_limit *)x, *b = (const passwd_limit *)y;
    return (a->mass > b->mass) - (a->mass < b->mass);
}
/* A signal's masses in every spectrum, as fractions of all its events; with several signals, their limits against mass
   in each spectrum. */
static int plot_signals(const searching *a) {
    enum { SIGNAL_BINS = 60 };
    double edges[SIGNAL_BINS + 1], bins[SIGNAL_BINS], sum[3];
    const int count = a->s->signal.count;
    passwd_limit limits[MANY];
    char file[64], name[96];
    int i, k, n, b, status = OK;
    for (i = 0; i < count && status == OK; i++) {
        const search_signal *g = a->signal + i;
        weighted *v = (weighted *)malloc(((size_t)g->events.count + 1) * sizeof *v);
        plot *p = plot_of(a->s, a->s->sqrt_s, "Average mass of the parents [GeV]", "Fraction of all events / bin");
        if (!v) {
            plot_print(p, NULL);
            return complain(FAILED, "there is not enough memory for %lld masses", (long long)g->events.count);
        }
        plot_note(p, g->name);
        for (b = 0; b <= SIGNAL_BINS; b++) edges[b] = 2.0 * g->mass * b / SIGNAL_BINS;
        for (k = 0; k < a->n_looks; k++) {
            memset(bins, 0, sizeof bins);
            signal_sums(a, g, a->looks + k, sum, v);
            for (n = 0; n < (int)sum[0]; n++)
                if (v[n].value >= 0.0 && v[n].value < edges[SIGNAL_BINS])
                    bins[(int)(v[n].value / edges[SIGNAL_BINS] * SIGNAL_BINS)] += v[n].weight / g->total;
            snprintf(name, sizeof name, "%s (%.3g %%)", a->looks[k].name, 100.0 * a->looks[k].of_signal[i].efficiency);
            plot_histogram(
                p, edges, bins, SIGNAL_BINS, name, style_of(k, a->looks[k].simple ? PLOT_DASHED : PLOT_SOLID));
        }
        free(v);
        snprintf(file, sizeof file, "signal_%d.png", i + 1);
        status = write_plot(p, a->s->out, file);
    }
    for (k = 0; k < a->n_looks && status == OK; k++) {
        for (i = n = 0; i < count; i++)
            if (a->looks[k].of_signal[i].limited) limits[n++] = a->looks[k].of_signal[i].limit;
        if (n < 2) continue;
        qsort(limits, (size_t)n, sizeof *limits, by_mass);
        snprintf(file, sizeof file, "limits_%s_signals.png", a->looks[k].name);
        snprintf(name, sizeof name, "region %s", a->looks[k].name);
        status = plot_limits(a->s, a->s->sqrt_s, limits, n, 0.95, "#sigma #times A #times BR [pb]",
            "signals of the files", name, a->s->out, file);
    }
    return status;
}
static void put_signal(passwd_json_writer *w, const searching *a, int number) {
    const search_signal *g = a->signal + number;
    int k;
    passwd_json_begin_object(w);
    put_word(w, "name", g->name);
    put_json(w, "mass", g->mass);
    put_count(w, "events", g->events.count);
    put_array(w, "regions");
    for (k = 0; k < a->n_looks; k++) {
        const signal_look *at = a->looks[k].of_signal + number;
        const passwd_limit *l = &at->limit;
        passwd_json_begin_object(w);
        put_word(w, "region", a->looks[k].name);
        put_json(w, "efficiency", at->efficiency);
        put_json(w, "efficiency_error", at->error);
        put_json(w, "peak", at->peak);
        put_json(w, "width", at->width);
        if (at->limited) {
            put_limit_events(w, l);
            if (l->to_pb > 0.0) {
                put_json(w, "observed_pb", l->observed * l->to_pb);
                put_json(w, "expected_pb", l->expected[2] * l->to_pb);
            }
        }
        if (at->why[0]) put_word(w, "note", at->why);
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
    passwd_json_end_object(w);
}
#endif /* ABC_SIGNALS_H */
