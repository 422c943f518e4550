/* rmm_plane.h: the command rmm plane: BumpHunter on planes of two masses. Part of rmm.c. */

enum { PLANE_TOYS = 2000, PLANE_WIDEST = 8 }; /* defaults */

/* Both masses of each event that has both. */
typedef struct plane_list {
    mass_list x, y;
    double without;
} plane_list;
/* The hunt, and the comparison: the hunts in both projections, whose smaller p counts twice. */
typedef struct plane_answer {
    passwd_hunt_result plane, side[2];
    double log_rival;
} plane_answer;
typedef struct planing {
    const settings *s;
    plane_list data, sample;
    passwd_plane plane;
    plane_answer answer;
    double *toys;    /* statistics of the toys */
    double *p[2][2]; /* of pseudo-experiments: without, with a signal; plane, projections */
    int64_t done, found;
} planing;

/* ---- masses */

static int plane_add(plane_list *l, double x, double y, double weight) {
    if (isnan(x) || isnan(y)) {
        l->without += weight;
        return 1;
    }
    return masses_add(&l->x, x, weight) && masses_add(&l->y, y, weight);
}
typedef struct plane_reader {
    const settings *s;
    passwd_rmm_encoder encoder;
    plane_list *to;
} plane_reader;
static int plane_from_rows(void *user, const passwd_events *v) {
    const plane_reader *r = (const plane_reader *)user;
    int64_t k;
    int c;
    for (c = 0; c < 4; c++)
        if (c != 2 && c < v->n_numbers && !v->number[c]) {
            complain(FAILED, "%s: there is no column \"%s\"", reading,
                c == 0       ? r->s->x_name
                    : c == 1 ? r->s->y_name
                             : r->s->region_name);
            return 0;
        }
    for (k = 0; k < v->count; k++) {
        const double weight = v->number[2] && !isnan(v->number[2][k]) ? v->number[2][k] : 1.0;
        if (v->n_numbers > 3 && v->number[3][k] != 1.0) continue;
        if (!plane_add(r->to, v->number[0][k], v->number[1][k], weight)) return 0;
    }
    return 1;
}
static int plane_from_events(void *user, const passwd_events *v) {
    plane_reader *r = (plane_reader *)user;
    passwd_error error;
    double mass[2 * BLOCK];
    int64_t k;
    if (passwd_rmm_masses(&r->encoder, v, 0, v->count, mass, &error)) {
        failed_in(reading, &error);
        return 0;
    }
    for (k = 0; k < v->count; k++)
        if (!plane_add(r->to, mass[2 * k], mass[2 * k + 1], v->weight[k])) return 0;
    return 1;
}
/* Reads a pair "A,B" as mass number k of the layout, with the types that it needs. */
static int plane_pair(passwd_rmm_layout *l, int k, const char *pair, const char *option) {
    const char *comma = strchr(pair ? pair : "", ','), *name = pair;
    int side, t;
    if (!comma || comma == pair || !comma[1] || comma - pair > 15 || strlen(comma + 1) > 15 || strchr(comma + 1, ','))
        return complain(USAGE, "--events needs %s A,B: the types of the two objects, such as j,e", option);
    for (side = 0; side < 2; side++, name = comma + 1) {
        char type[16];
        snprintf(type, sizeof type, "%.*s", side ? 15 : (int)(comma - pair), name);
        for (t = 0; t < l->types && strcmp(l->type[t], type); t++) {}
        if (t == l->types) memcpy(l->type[l->types++], type, sizeof type);
        l->most[t] = 2;
        l->mass[k][side] = t;
    }
    return OK;
}
static int read_plane(const settings *s, const texts *files, plane_list *l) {
    plane_reader r;
    passwd_error error;
    int status;
    memset(&r, 0, sizeof r);
    r.s = s;
    r.to = l;
    if (s->events.count) {
        passwd_rmm_layout layout;
        memset(&layout, 0, sizeof layout);
        layout.masses = 2;
        layout.skip_others = 1;
        layout.sqrt_s = 13000.0; /* masses do not depend on it */
        layout.c = 0.15;
        status = plane_pair(&layout, 0, s->pair, "--pair");
        if (status == OK) status = plane_pair(&layout, 1, s->pair_y, "--pair-y");
        if (status == OK && passwd_rmm_encoder_new(&layout, &r.encoder, &error)) status = failed(&error);
        if (status == OK) status = each_file(files, NULL, plane_from_events, &r);
    } else {
        const char *columns[4];
        char name[3][128];
        passwd_event_options options;
        snprintf(name[0], sizeof name[0], "%.120s?", s->x_name);
        snprintf(name[1], sizeof name[1], "%.120s?", s->y_name);
        snprintf(name[2], sizeof name[2], "%.120s?", s->region_name ? s->region_name : "");
        columns[0] = name[0];
        columns[1] = name[1];
        columns[2] = "weight?";
        columns[3] = name[2];
        memset(&options, 0, sizeof options);
        options.table = 1;
        options.numbers = columns;
        options.n_numbers = s->region_name ? 4 : 3;
        status = each_file(files, &options, plane_from_rows, &r);
    }
    if (status == OK && l->x.count == 0) status = complain(FAILED, "%s: no event has both masses", files->item[0]);
    return status;
}

/* ---- bins */

/* Numbers separated by commas: how many, 0 for anything else. to: room for all, or NULL. */
static int plane_numbers(const char *text, double *to) {
    double x;
    int n = 0;
    while ((text = read_real(text, -1e300, 1e300, &x)) != NULL) {
        if (to) to[n] = x;
        n++;
        if (!*text) return n;
        if (*text++ != ',') return 0;
    }
    return 0;
}
/* Edges of one axis: given one by one, a number of equal width, or by the resolution; the number of bins, 0 after a
   complaint. */
static int plane_edges(const settings *s, int axis, const mass_list *m, double **edges) {
    const char *text = axis ? s->y_edges : s->x_edges;
    const reals *range = axis ? &s->y_range : &s->x_range;
    settings one = *s;
    double low, high;
    if (text) {
        *edges = (double *)malloc((size_t)plane_numbers(text, NULL) * sizeof **edges);
        if (!*edges) {
            complain(FAILED, "there is not enough memory for edges");
            return 0;
        }
        return plane_numbers(text, *edges) - 1;
    }
    one.bins = s->plane_bins.count ? (int)s->plane_bins.item[s->plane_bins.count > 1 ? axis : 0] : 0;
    one.low = range->count ? range->item[0] : 0.0;
    one.high = range->count > 1 ? range->item[1] : 0.0;
    return mass_range(&one, m, &low, &high) == OK ? make_edges(&one, low, high, edges) : 0;
}
static int plane_bin(planing *a) {
    const settings *s = a->s;
    passwd_plane from;
    passwd_error error;
    double *x = NULL, *y = NULL, scale;
    int columns = plane_edges(s, 0, &a->data.x, &x), rows = columns ? plane_edges(s, 1, &a->data.y, &y) : 0,
        status = rows ? OK : FAILED;
    memset(&from, 0, sizeof from);
    if (status == OK && (double)columns * rows > 4e6)
        status = complain(USAGE, "%d x %d bins are more than 4,000,000: give --bins or --resolution", columns, rows);
    if (status == OK
        && (passwd_plane_new(columns, x, rows, y, NULL, &a->plane, &error)
            || passwd_plane_new(columns, x, rows, y, NULL, &from, &error)))
        status = failed(&error);
    if (status == OK) {
        passwd_plane_fill(&a->plane, a->data.x.mass, a->data.y.mass, a->data.x.weight, a->data.x.count);
        passwd_plane_fill(&from, a->sample.x.mass, a->sample.y.mass, a->sample.x.weight, a->sample.x.count);
        if (!(sum_of(a->plane.cells.data, a->plane.cells.bins) > 0.0)
            || !(sum_of(from.cells.data, from.cells.bins) > 0.0))
            status = complain(FAILED, "no event of the %s lies in the plane, from %g to %g and %g to %g GeV",
                sum_of(a->plane.cells.data, a->plane.cells.bins) > 0.0 ? "background" : "data", x[0], x[columns], y[0],
                y[rows]);
    }
    if (status == OK) { /* only the shape is used; toys have the normalisation of the data */
        scale = s->scale > 0.0 ? s->scale
            : s->sideband ? sum_of(a->plane.cells.data, a->plane.cells.bins) / sum_of(from.cells.data, from.cells.bins)
                          : 1.0;
        if (passwd_plane_background(&a->plane, &from, scale, &error)) status = failed(&error);
    }
    passwd_plane_free(&from);
    free(x);
    free(y);
    return status;
}

/* ---- hunting */

static void plane_options(const settings *s, toy_meter *m, passwd_hunt_options *o) {
    hunt_options(s, m, o);
    o->width_max = s->width_max ? s->width_max : PLANE_WIDEST;
    o->height_min = s->height_min;
    o->height_max = s->height_max ? s->height_max : PLANE_WIDEST;
    o->toys = s->toys < 0 ? PLANE_TOYS : s->toys;
}
/* The projection to x (0) or y (1) over the bins [from, to) of the other, uncertainties in quadrature. */
static int plane_project(const passwd_plane *plane, int axis, int from, int to, passwd_spectrum *h) {
    const int columns = plane->columns;
    passwd_error error;
    int k;
    if (passwd_spectrum_new(axis ? plane->rows : columns, axis ? plane->y : plane->x, NULL, h, &error))
        return failed(&error);
    for (k = 0; k < plane->cells.bins; k++) {
        const int i = axis ? k / columns : k % columns, other = axis ? k % columns : k / columns;
        if (other < from || other >= to) continue;
        h->data[i] += plane->cells.data[k];
        h->variance[i] += plane->cells.variance[k];
        h->background[i] += plane->cells.background[k];
        h->uncertainty[i] = hypot(h->uncertainty[i], plane->cells.uncertainty[k]);
    }
    return OK;
}
/* The same for all, as a plane of one row, so that its hunt includes the sample's statistics, too. */
static int plane_side(const passwd_plane *plane, int axis, passwd_plane *side) {
    static const double row[2] = { 0.0, 1.0 };
    passwd_spectrum h;
    passwd_error error;
    int status;
    memset(&h, 0, sizeof h);
    memset(side, 0, sizeof *side);
    status = plane_project(plane, axis, 0, axis ? plane->columns : plane->rows, &h);
    if (status == OK && passwd_plane_new(h.bins, h.edges, 1, row, NULL, side, &error)) status = failed(&error);
    if (status == OK) {
        const size_t bytes = (size_t)h.bins * sizeof(double);
        memcpy(side->cells.data, h.data, bytes);
        memcpy(side->cells.variance, h.variance, bytes);
        memcpy(side->cells.background, h.background, bytes);
        memcpy(side->cells.uncertainty, h.uncertainty, bytes);
    }
    passwd_spectrum_free(&h);
    return status;
}
/* The plane and its two projections. toys: NULL in pseudo-experiments. */
static passwd_status plane_look(
    const passwd_plane *plane, passwd_hunt_options o, plane_answer *to, double *toys, passwd_error *error) {
    passwd_status status;
    int axis;
    if (o.width_max > plane->columns) o.width_max = plane->columns;
    if (o.height_max > plane->rows) o.height_max = plane->rows;
    memset(to, 0, sizeof *to);
    to->log_rival = HUGE_VAL;
    status = passwd_plane_hunt(plane, &o, &to->plane, toys, NULL, error);
    for (axis = 0; axis < 2 && !status; axis++) {
        passwd_hunt_options one = o;
        passwd_plane side;
        one.progress = NULL;
        if (axis) {
            one.width_min = o.height_min;
            one.width_max = o.height_max;
        }
        one.height_min = one.height_max = 1;
        if (plane_side(plane, axis, &side)) return PASSWD_ERROR_MEMORY;
        status = passwd_plane_hunt(&side, &one, to->side + axis, NULL, NULL, error);
        passwd_plane_free(&side);
        if (!status && !isnan(to->side[axis].log_p)) to->log_rival = fmin(to->log_rival, to->side[axis].log_p);
    }
    /* of two looks: 1 - (1 - p)^2 */
    to->log_rival = to->log_rival <= 0.0 ? to->log_rival + log(2.0 - exp(to->log_rival)) : (double)NAN;
    return status;
}

/* ---- pseudo-experiments */

/* Data and sample of the background, both redrawn, and a Gaussian signal. */
static void plane_draw(const settings *s, const passwd_plane *truth, int with, int64_t experiment, passwd_plane *h) {
    dice d = dice_of(s, experiment, with);
    const double *g = s->inject.item;
    int k;
    for (k = 0; k < truth->cells.bins; k++) {
        const double b = truth->cells.background[k], u = truth->cells.uncertainty[k],
                     weight = b > 0.0 ? u * u / b : 0.0;
        const double n = weight > 0.0 ? poisson(&d, b / weight) : 0.0;
        h->cells.background[k] = weight > 0.0 ? n * weight : b;
        h->cells.uncertainty[k] = sqrt(n) * weight;
        h->cells.data[k] = poisson(&d, b);
    }
    if (with) {
        const double events = poisson(&d, g[4]);
        double e;
        memset(h->cells.variance, 0, (size_t)h->cells.bins * sizeof(double));
        for (e = 0.0; e < events; e += 1.0) {
            const double x = g[0] + g[2] * normal(&d), y = g[1] + g[3] * normal(&d);
            passwd_plane_fill(h, &x, &y, NULL, 1);
        }
    }
    memcpy(h->cells.variance, h->cells.data, (size_t)h->cells.bins * sizeof(double));
}
static int plane_check(planing *a) {
    const settings *s = a->s;
    const passwd_plane *truth = &a->plane;
    passwd_plane h;
    passwd_hunt_options o;
    passwd_error error;
    meter m = meter_new();
    int kinds = s->inject.count ? 2 : 1, with, status = OK;
    int64_t r;
    memset(&h, 0, sizeof h);
    plane_options(s, NULL, &o);
    o.progress = NULL;
    if (s->toys < 0) o.toys = CHECK_TOYS;
    if (passwd_plane_new(truth->columns, truth->x, truth->rows, truth->y, NULL, &h, &error)) return failed(&error);
    for (with = 0; with < 2; with++) {
        a->p[with][0] = (double *)malloc((size_t)s->tries * sizeof(double));
        a->p[with][1] = (double *)malloc((size_t)s->tries * sizeof(double));
        if (!a->p[with][0] || !a->p[with][1])
            status = complain(FAILED, "there is not enough memory for pseudo-experiments");
    }
    for (r = 0; r < s->tries && status == OK && !interrupted; r++) {
        for (with = 0; with < kinds && status == OK; with++) {
            plane_answer at;
            const double *g = s->inject.item;
            dice d = dice_of(s, r, 9);
            plane_draw(s, truth, with, r, &h);
            o.seed = (uint64_t)s->seed + 1000003u * (uint64_t)(r + 1);
            if (plane_look(&h, o, &at, NULL, &error)) status = failed(&error);
            else {
                const passwd_hunt_window *w = &at.plane.window;
                const double n = (double)at.plane.toys + 1.0;
                /* without a signal: the rank among its toys, so that it can be uniform */
                a->p[with][0][r] = with ? exp(at.plane.log_p) : ((double)at.plane.above + uniform(&d)) / n;
                a->p[with][1][r] = exp(at.log_rival);
                a->found += with && g[0] >= w->low && g[0] < w->high && g[1] >= w->bottom && g[1] < w->top;
            }
        }
        if (status == OK) a->done = r + 1;
        meter_show(&m, (double)(r + 1) / (double)s->tries, "pseudo-experiments");
    }
    meter_clear();
    passwd_plane_free(&h);
    if (status == OK && a->done < 10)
        status = complain(FAILED, "interrupted; there are too few pseudo-experiments for any result");
    for (with = 0; with < kinds && status == OK; with++) {
        qsort(a->p[with][0], (size_t)a->done, sizeof(double), ascending_numbers);
        qsort(a->p[with][1], (size_t)a->done, sizeof(double), ascending_numbers);
    }
    return status;
}
static int64_t plane_below(const double *p, int64_t n, double level) {
    int64_t k = 0;
    while (k < n && p[k] < level) k++;
    return k;
}
static double plane_median(const double *p, int64_t n) { return 0.5 * (p[n / 2] + p[(n - 1) / 2]); }
static double plane_uniform(const planing *a) {
    double distance;
    return uniformity(a->p[0][0], a->done, &distance);
}

/* ---- results */

static void plane_window_text(const passwd_hunt_window *w, int of, char text[64]) {
    if (of == 0) snprintf(text, 64, "%.4g-%.4g x %.4g-%.4g", w->low, w->high, w->bottom, w->top);
    else snprintf(text, 64, of == 1 ? "x %.4g-%.4g" : "y %.4g-%.4g", w->low, w->high);
}
static void plane_print_checks(const planing *a) {
    const int64_t n = a->done;
    table t;
    char p1[32], p2[32];
    memset(&t, 0, sizeof t);
    printf("\n%-13s %lld pseudo-experiments of the background, data and sample redrawn\n", "check", (long long)n);
    print_fraction("p < 0.05", plane_below(a->p[0][0], n, 0.05), n, 0.05);
    print_fraction("p < 0.5", plane_below(a->p[0][0], n, 0.5), n, 0.5);
    printf("%-13s p = %.2g that global p-values are uniform\n", "uniform", plane_uniform(a));
    if (!a->s->inject.count) return;
    printf("%-13s %g events at (%g, %g), sigma (%g, %g): the window contains its centre in %.3f +- %.3f\n", "signal",
        a->s->inject.item[4], a->s->inject.item[0], a->s->inject.item[1], a->s->inject.item[2], a->s->inject.item[3],
        (double)a->found / (double)n, fraction_error(a->found, n));
    table_row(&t, "with it|median p|p < 0.01");
    table_row(&t, "plane|%s|%.3f", p_text(p1, log(plane_median(a->p[1][0], n))),
        (double)plane_below(a->p[1][0], n, 0.01) / (double)n);
    table_row(&t, "both projections|%s|%.3f", p_text(p2, log(plane_median(a->p[1][1], n))),
        (double)plane_below(a->p[1][1], n, 0.01) / (double)n);
    table_print(&t, 1, stdout);
    printf("%-13s %s\n", "wins",
        plane_median(a->p[1][0], n) < plane_median(a->p[1][1], n) ? "the plane" : "the projections");
}
static void plane_print(const planing *a) {
    static const char *const names[] = { "plane", "x alone", "y alone" };
    const passwd_spectrum *c = &a->plane.cells;
    const passwd_hunt_result *r = &a->answer.plane;
    table t;
    char p1[32], p2[32], z[32], window[64];
    int k, empty = 0;
    for (k = 0; k < c->bins; k++) empty += c->background[k] == 0.0;
    memset(&t, 0, sizeof t);
    printf(
        "%-13s %d x %d bins, %.6g to %.6g and %.6g to %.6g, %.10g events, %.10g outside, %.10g without both masses\n",
        "plane", a->plane.columns, a->plane.rows, a->plane.x[0], a->plane.x[a->plane.columns], a->plane.y[0],
        a->plane.y[a->plane.rows], sum_of(c->data, c->bins), c->above, a->data.without);
    printf("%-13s %.6g, of %lld events; %d bins have none\n", "background", sum_of(c->background, c->bins),
        (long long)a->sample.x.count, empty);
    if (r->t > 0.0)
        printf("%-13s %.6g to %.6g and %.6g to %.6g (%d x %d bins), data %.6g, background %.6g\n", "window",
            r->window.low, r->window.high, r->window.bottom, r->window.top, r->window.width, r->window.rows,
            r->window.data, r->window.background);
    else printf("%-13s none with %s events than the background\n", "window", a->s->deficit ? "fewer" : "more");
    printf("%-13s %s (%s sigma)\n", "local p", p_text(p1, r->window.log_p), z_text(z, r->local_significance));
    if (r->toys) {
        printf("%-13s %s (68 %%: %s to %s), %s %lld toys, of which %lld reach that of the data\n", "global p",
            p_text(p1, r->log_p), p_text(p2, r->log_p_low), p_text(z, r->log_p_high), toys_words(r), (long long)r->toys,
            (long long)r->above);
        printf("%-13s %s sigma\n", "significance", z_text(z, r->significance));
        table_row(&t, "look|window [GeV]|local p|global p|sigma");
        for (k = 0; k < 3; k++) {
            const passwd_hunt_result *q = k ? a->answer.side + k - 1 : r;
            if (!q->toys) continue; /* stopped before */
            plane_window_text(&q->window, k, window);
            table_row(&t, "%s|%s|%s|%s|%s", names[k], window, p_text(p1, q->window.log_p), p_text(p2, q->log_p),
                z_text(z, q->significance));
        }
        table_row(&t, "both projections|||%s|%s", p_text(p1, a->answer.log_rival),
            z_text(z, passwd_significance(a->answer.log_rival)));
        putchar('\n');
        table_print(&t, 2, stdout);
    }
    if (a->done) plane_print_checks(a);
}
static void put_plane_window(passwd_json_writer *w, const passwd_hunt_window *v) {
    put_json(w, "x_low", v->low);
    put_json(w, "x_high", v->high);
    put_json(w, "y_low", v->bottom);
    put_json(w, "y_high", v->top);
    put_count(w, "column", v->first);
    put_count(w, "row", v->row);
    put_count(w, "columns", v->width);
    put_count(w, "rows", v->rows);
}
static int plane_json(const planing *a) {
    static const char *const sides[] = { "x_alone", "y_alone" };
    const passwd_spectrum *c = &a->plane.cells;
    passwd_json_writer w;
    int k;
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    put_count(&w, "columns", a->plane.columns);
    put_count(&w, "rows", a->plane.rows);
    put_json(&w, "events", sum_of(c->data, c->bins));
    put_json(&w, "outside", c->above);
    put_json(&w, "background", sum_of(c->background, c->bins));
    passwd_json_key(&w, "rectangle");
    passwd_json_begin_object(&w);
    put_plane_window(&w, &a->answer.plane.window);
    passwd_json_end_object(&w);
    put_hunt(&w, &a->answer.plane);
    for (k = 0; k < 2 && a->answer.side[1].window.width; k++) { /* else stopped before */
        passwd_json_key(&w, sides[k]);
        passwd_json_begin_object(&w);
        put_hunt(&w, a->answer.side + k);
        passwd_json_end_object(&w);
    }
    put_json(&w, "projections_global_p", exp(a->answer.log_rival));
    if (a->done) {
        passwd_json_key(&w, "check");
        passwd_json_begin_object(&w);
        put_count(&w, "experiments", a->done);
        put_json(&w, "below_0.05", (double)plane_below(a->p[0][0], a->done, 0.05) / (double)a->done);
        put_json(&w, "below_0.5", (double)plane_below(a->p[0][0], a->done, 0.5) / (double)a->done);
        put_json(&w, "uniform_p", plane_uniform(a));
        if (a->s->inject.count) {
            put_json(&w, "found", (double)a->found / (double)a->done);
            put_json(&w, "median_p", plane_median(a->p[1][0], a->done));
            put_json(&w, "projections_median_p", plane_median(a->p[1][1], a->done));
        }
        passwd_json_end_object(&w);
    }
    passwd_json_end_object(&w);
    return print_json_text(&w);
}
static int plane_csv(const planing *a) {
    const passwd_plane *h = &a->plane;
    output o;
    int k;
    if (!output_open(&o, a->s->out)) return FAILED;
    fprintf(o.file, "x_low,x_high,y_low,y_high,data,variance,background,uncertainty\n");
    for (k = 0; k < h->cells.bins; k++) {
        const int i = k % h->columns, j = k / h->columns;
        const double field[] = { h->x[i], h->x[i + 1], h->y[j], h->y[j + 1], h->cells.data[k], h->cells.variance[k],
            h->cells.background[k], h->cells.uncertainty[k] };
        int f;
        for (f = 0; f < 8; f++) {
            if (f) fputc(',', o.file);
            put_number(o.file, field[f]);
        }
        fputc('\n', o.file);
    }
    return output_close(&o, 1) ? OK : FAILED;
}

/* ---- pictures */

static void plane_title(const settings *s, int axis, char title[80]) {
    const char *name = axis ? s->events.count ? s->pair_y : s->y_name : s->events.count ? s->pair : s->x_name;
    snprintf(title, 80, s->events.count ? "m(%.60s) [GeV]" : "%.60s [GeV]", name);
}
/* Bins of any width, as colours on a fine grid, with the window found. */
static int plot_plane(const settings *s, const passwd_plane *h, const double *value, const passwd_hunt_result *r,
    const char *z, int even, const char *file) {
    enum { FINE = 300 };
    const plot_style frame = { PLOT_RED, PLOT_SOLID, 3.0, 0 };
    const passwd_hunt_window *w = &r->window;
    const double x0 = h->x[0], x1 = h->x[h->columns], y0 = h->y[0], y1 = h->y[h->rows];
    const double corner_x[] = { w->low, w->high, w->high, w->low, w->low },
                 corner_y[] = { w->bottom, w->bottom, w->top, w->top, w->bottom };
    double *fine = (double *)malloc((size_t)FINE * FINE * sizeof *fine), far = 0.0;
    char x[80], y[80], note[128], p1[48];
    int i, k;
    plot *p;
    if (!fine) return complain(FAILED, "there is not enough memory for a picture");
    for (k = 0; k < FINE * FINE; k++) {
        const double at_x = x0 + (x1 - x0) * (k % FINE + 0.5) / FINE, at_y = y0 + (y1 - y0) * (k / FINE + 0.5) / FINE;
        int column = 0, row = 0;
        while (column + 1 < h->columns && at_x >= h->x[column + 1]) column++;
        while (row + 1 < h->rows && at_y >= h->y[row + 1]) row++;
        i = row * h->columns + column;
        fine[k] = h->cells.data[i] == 0.0 && h->cells.background[i] == 0.0 ? (double)NAN : value[i];
        if (isfinite(fine[k])) far = fmax(far, fabs(fine[k]));
    }
    plane_title(s, 0, x);
    plane_title(s, 1, y);
    p = plot_of(s, s->sqrt_s, x, y);
    plot_size(p, 940, 800);
    plot_range(p, x0, x1, y0, y1);
    if (even) plot_image(p, fine, FINE, FINE, x0, x1, y0, y1, z, -fmax(far, 3.0), fmax(far, 3.0), 0);
    else plot_image(p, fine, FINE, FINE, x0, x1, y0, y1, z, 0.0, 0.0, 1);
    if (r->t > 0.0) {
        plot_line(p, corner_x, corner_y, 5, NULL, frame);
        snprintf(note, sizeof note, r->toys ? "global p = %s" : "p = %s (local)",
            p_picture(p1, r->toys ? r->log_p : r->window.log_p));
        plot_note(p, note);
    }
    free(fine);
    return write_plot(p, s->plots, file);
}
static int plane_plots(const planing *a) {
    const settings *s = a->s;
    const passwd_plane *h = &a->plane;
    double *z = (double *)malloc((size_t)h->cells.bins * sizeof *z);
    char title[80];
    int k, status;
    if (!z) return complain(FAILED, "there is not enough memory for a picture");
    for (k = 0; k < h->cells.bins; k++) { /* of a bin alone, with the sample's statistics */
        const double u = h->cells.uncertainty[k], d = h->cells.data[k] - h->cells.background[k],
                     v = h->cells.background[k] + u * u;
        z[k] = v > 0.0 ? d / sqrt(v) : 0.0;
    }
    status = plot_plane(s, h, h->cells.data, &a->answer.plane, "Events / bin", 0, "plane.png");
    if (status == OK)
        status = plot_plane(s, h, z, &a->answer.plane, "(Data #minus background) / uncertainty", 1, "excess.png");
    free(z);
    for (k = 0; k < 2 && status == OK; k++) { /* only over the bins of the window */
        const passwd_hunt_window *w = &a->answer.plane.window;
        passwd_hunt_result r = a->answer.plane;
        passwd_spectrum one;
        char note[128];
        memset(&one, 0, sizeof one);
        if (k) {
            r.window.low = w->bottom;
            r.window.high = w->top;
        }
        plane_title(s, 1 - k, title);
        snprintf(note, sizeof note, "%s in %.4g-%.4g", title, k ? w->low : w->bottom, k ? w->high : w->top);
        plane_title(s, k, title);
        if (plane_project(h, k, k ? w->first : w->row, k ? w->first + w->width : w->row + w->rows, &one)) return FAILED;
        status =
            plot_spectrum(s, s->sqrt_s, &one, &r, title, note, s->plots, k ? "projection_y.png" : "projection_x.png");
        passwd_spectrum_free(&one);
    }
    if (status == OK && a->answer.plane.toys)
        status = plot_toys(s, a->toys, a->answer.plane.toys, a->answer.plane.t, a->answer.plane.log_p,
            a->answer.plane.significance, "t = #minusln(smallest local p-value)", s->plots);
    return status;
}

/* ---- the command */

static int check_plane(const settings *s) {
    if (!s->events.count == !s->masses.count)
        return complain(USAGE, "the data are --events with --pair and --pair-y, or --masses with --x and --y");
    if (s->masses.count && (!s->x_name || !s->y_name))
        return complain(USAGE, "a table of masses needs --x NAME and --y NAME, such as mjj and mjb");
    if (s->events.count && (!s->pair || !s->pair_y))
        return complain(USAGE, "--events needs --pair A,B and --pair-y C,D");
    if (s->x_edges && plane_numbers(s->x_edges, NULL) < 2)
        return complain(USAGE, "--x-edges needs at least two numbers separated by commas");
    if (s->y_edges && plane_numbers(s->y_edges, NULL) < 2)
        return complain(USAGE, "--y-edges needs at least two numbers separated by commas");
    if (s->plane_bins.count > 2) return complain(USAGE, "--bins needs one number, or two: NX,NY");
    if (check_range(&s->x_range, "x-range") || check_range(&s->y_range, "y-range")) return USAGE;
    if (s->resolution.count && s->resolution.count != 2) return complain(USAGE, "--resolution needs two numbers, A,B");
    if (s->inject.count && (s->inject.count != 5 || !s->tries))
        return complain(USAGE, "--inject needs X,Y,SIGMA_X,SIGMA_Y,EVENTS and --repeats");
    if (s->tries && s->toys == 0) return complain(USAGE, "--repeats needs toys");
    if (s->plots && make_folder(s->plots)) return FAILED;
    return check_files(s);
}
static int plane_go(planing *a) {
    const settings *s = a->s;
    passwd_hunt_options o;
    passwd_status hunted;
    passwd_error error;
    toy_meter m;
    int status = read_plane(s, s->events.count ? &s->events : &s->masses, &a->data);
    if (status == OK) status = read_plane(s, &s->background_events, &a->sample);
    if (status == OK) status = plane_bin(a);
    if (status != OK) return status;
    m.from = 0.0;
    m.part = 1.0;
    m.text = "";
    m.meter = meter_new();
    plane_options(s, &m, &o);
    if (o.toys && !(a->toys = (double *)malloc((size_t)o.toys * sizeof(double))))
        return complain(FAILED, "there is not enough memory for %lld toys", (long long)o.toys);
    hunted = plane_look(&a->plane, o, &a->answer, a->toys, &error);
    meter_clear();
    if (hunted == PASSWD_STOPPED && a->answer.plane.toys > 0)
        complain(OK, "stopped after %lld toys, which the results are based on", (long long)a->answer.plane.toys);
    else if (hunted) return failed(&error);
    if (s->tries && !interrupted) status = plane_check(a);
    if (status == OK && s->out) status = plane_csv(a);
    if (status == OK && s->json) status = plane_json(a);
    else if (status == OK) plane_print(a);
    if (status == OK && s->plots) status = plane_plots(a);
    return status;
}
static int command_plane(const settings *s) {
    planing a;
    int status = check_plane(s), k;
    if (status != OK) return status;
    memset(&a, 0, sizeof a);
    a.s = s;
    status = plane_go(&a);
    masses_free(&a.data.x);
    masses_free(&a.data.y);
    masses_free(&a.sample.x);
    masses_free(&a.sample.y);
    passwd_plane_free(&a.plane);
    free(a.toys);
    for (k = 0; k < 4; k++) free(a.p[k / 2][k % 2]);
    return status;
}
