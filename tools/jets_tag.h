/* jets: the recurrent network as a tag of jets, as the ATLAS talk has it: signal over background at a score above one
   half, the same of a cut on D2 that keeps as much background, and the simple scores that it must beat. Part of
   jets.c. */

static double rank_correlation_of(column a, column b) { return rank_correlation(a.x, a.step, b.x, b.step, a.count); }
/* D2 of every jet after alignment; NaN where there is none. */
static int aligned_d2(const sample *a, const passwd_vrnn_config *config, double *d2) {
    passwd_alignment how;
    int64_t i;
    memset(&how, 0, sizeof how);
    how.mass = config->mass;
    how.energy = config->energy;
    for (i = 0; i < a->count; i++) {
        passwd_p4 p[PASSWD_MAX_CONSTITUENTS];
        passwd_substructure x;
        const int n = passwd_jet_constituents(&a->events, i, p, PASSWD_MAX_CONSTITUENTS);
        d2[i] = (double)NAN;
        if (passwd_align_jet(p, n, &how, p, NULL) == PASSWD_OK && passwd_substructure_of(p, n, &x, NULL) == PASSWD_OK)
            d2[i] = x.d2;
    }
    return OK;
}
/* The part of the numbers that are above (or below) a cut. */
static double part_beyond(const double *x, int64_t count, double cut, int below) {
    int64_t i, n = 0, all = 0;
    for (i = 0; i < count; i++) {
        all += isfinite(x[i]) != 0;
        n += below ? x[i] < cut : x[i] > cut;
    }
    return all ? (double)n / (double)all : (double)NAN;
}
/* The cut below which a part of the numbers lies. */
static double cut_of(const double *x, int64_t count, double part) {
    weighted *v = (weighted *)malloc(((size_t)count + 1) * sizeof *v);
    column c;
    double cut = (double)NAN;
    int64_t n;
    c.x = x;
    c.count = count;
    c.step = 1;
    n = v ? finite_of(&c, v) : 0;
    if (n > 0) {
        qsort(v, (size_t)n, sizeof *v, ascending);
        cut = quantile(v, (size_t)n, part);
    }
    free(v);
    return cut;
}
/* The rank (0 to 1) of every jet's number among the 200 jets of the background whose masses are nearest. */
static int rank_near(const column background[2], const column sample[2], double *rank) {
    const int64_t n = background[0].count, span = n < 200 ? n : 200;
    weighted *v = (weighted *)malloc(((size_t)n + 1) * sizeof *v);
    int64_t i, j, low, high;
    for (i = 0; v && i < n; i++) {
        const double m = background[0].x[i * background[0].step];
        v[i].value = isfinite(m) ? m : 0.0;
        v[i].weight = background[1].x[i * background[1].step];
    }
    if (v) qsort(v, (size_t)n, sizeof *v, ascending);
    for (i = 0; v && i < sample[0].count; i++) {
        const double m = sample[0].x[i * sample[0].step], x = sample[1].x[i * sample[1].step];
        double below = 0.0;
        for (low = 0, high = n; low < high;) { /* how many are lighter */
            const int64_t middle = (low + high) / 2;
            if (v[middle].value < m) low = middle + 1;
            else high = middle;
        }
        low = low < span / 2 ? 0 : low - span / 2;
        if (low > n - span) low = n - span;
        for (j = low; j < low + span; j++) below += v[j].weight < x ? 1.0 : v[j].weight == x ? 0.5 : 0.0;
        rank[i] = isfinite(m) && isfinite(x) ? below / (double)span : (double)NAN;
    }
    free(v);
    return v ? OK : complain(FAILED, "there is not enough memory for ranks");
}
/* Of each jet D2 after alignment, and the ranks in mass of it and of the number of constituents. */
static int tag_prepare(const comparison *c, contestant *m) {
    tagging *t = &m->tag;
    int i, k, status = OK;
    for (k = 0; k < c->samples && status == OK; k++) {
        const size_t room = (size_t)c->on[k].count + 1;
        column background[2], sample[2];
        if (t->d2[k]) continue;
        t->d2[k] = (double *)malloc(3 * room * sizeof **t->d2);
        if (!t->d2[k]) return complain(FAILED, "no memory for D2");
        aligned_d2(c->on + k, &m->recipe.vrnn, t->d2[k]);
        background[0] = variable_column(c->on, "mass");
        sample[0] = variable_column(c->on + k, "mass");
        for (i = 0; i < 2 && status == OK; i++) {
            background[1] = i ? scores_column(t->d2[0], c->on) : variable_column(c->on, "constituents");
            sample[1] = i ? scores_column(t->d2[k], c->on + k) : variable_column(c->on + k, "constituents");
            t->ranked[i][k] = t->d2[k] + (size_t)(i + 1) * room;
            status = rank_near(background, sample, t->ranked[i][k]);
        }
    }
    return status;
}
/* What one training's scores, sample after sample, are as a tag. */
static int judge_tag(comparison *c, contestant *m, int seed, const double *score) {
    tagging *t = &m->tag;
    double cut;
    int k;
    if (tag_prepare(c, m)) return FAILED;
    m->rank[seed] = rank_correlation_of(scores_column(score, c->on), variable_column(c->on, "mass"));
    t->background[seed] = part_beyond(score, c->on[0].count, 0.5, 0);
    cut = cut_of(t->d2[0], c->on[0].count, t->background[seed]);
    for (k = 0; k < c->samples; score += c->on[k++].count) {
        t->ratio[seed][k] = part_beyond(score, c->on[k].count, 0.5, 0) / t->background[seed];
        t->d2_ratio[seed][k] = part_beyond(t->d2[k], c->on[k].count, cut, 1) / t->background[seed];
    }
    return OK;
}
static void tag_free(tagging *t) {
    int k;
    for (k = 0; k <= MANY; k++) free(t->d2[k]);
}
enum { SIMPLE = 5 };
static const char *const simple_names[SIMPLE] = { "mass", "constituents", "aligned_d2", "constituents_in_mass",
    "aligned_d2_in_mass" };
static column simple_column(const comparison *c, const contestant *m, int which, int k) {
    if (which < 2) return variable_column(c->on + k, simple_names[which]);
    return scores_column(which == 2 ? m->tag.d2[k] : m->tag.ranked[which - 3][k], c->on + k);
}
/* Areas of a simple score, by the side that is better in the mean: 1 for low. area[0]: the mean. */
static int simple_areas(const comparison *c, const contestant *m, int which, double area[MANY + 1]) {
    int k, low;
    area[0] = 0.0;
    for (k = 1; k < c->samples; k++) {
        area[k] = area_of(simple_column(c, m, which, 0), simple_column(c, m, which, k));
        area[0] += area[k] / (c->samples - 1);
    }
    low = area[0] < 0.5;
    for (k = 0; low && k < c->samples; k++) area[k] = 1.0 - area[k];
    return low;
}
static void tag_table(const comparison *c, const contestant *m) {
    grid *t = (grid *)calloc(1, sizeof *t);
    double area[SIMPLE][MANY + 1], v[2];
    int low[SIMPLE], i, k;
    char line[2048];
    if (!t) return;
    over_seeds(m, m->tag.background, 1, v);
    printf("\n%s as a tag, score > 0.5 (%.1f %% of the background): signal over background, relative to all jets; "
           "simple scores\n",
        m->name, 100.0 * v[0]);
    for (i = 0; i < SIMPLE; i++) low[i] = simple_areas(c, m, i, area[i]);
    grid_row(t,
        "|score > 0.5|aligned D2, as much background|area of mass|constituents|aligned D2|constituents, rank in "
        "mass|aligned D2, rank in mass");
    for (k = 1; k <= c->samples; k++) {
        const int mean = k == c->samples;
        int at = snprintf(line, sizeof line, "%.40s", mean ? "side, mean" : c->on[k].name);
        over_seeds(m, &m->tag.ratio[0][mean ? 1 : k], MANY + 1, v);
        if (!mean) at += add_cell(line + at, sizeof line - (size_t)at, m, v, "%.3f");
        over_seeds(m, &m->tag.d2_ratio[0][mean ? 1 : k], MANY + 1, v);
        if (!mean) at += add_cell(line + at, sizeof line - (size_t)at, m, v, "%.3f");
        if (mean) at += snprintf(line + at, sizeof line - (size_t)at, "||low");
        for (i = 0; i < SIMPLE; i++)
            at += snprintf(line + at, sizeof line - (size_t)at, mean ? "|%s %.3f" : "|%.0s%.3f",
                low[i] ? "low" : "high", area[i][mean ? 0 : k]);
        grid_row(t, "%s", line);
    }
    over_seeds(m, m->rank, 1, v);
    i = snprintf(line, sizeof line, "rank correlation with mass");
    i += add_cell(line + i, sizeof line - (size_t)i, m, v, "%+.3f");
    i += snprintf(line + i, sizeof line - (size_t)i, "|%+.3f",
        rank_correlation_of(simple_column(c, m, 2, 0), variable_column(c->on, "mass")));
    for (k = 0; k < SIMPLE; k++)
        i += snprintf(line + i, sizeof line - (size_t)i, "|%+.3f",
            rank_correlation_of(simple_column(c, m, k, 0), variable_column(c->on, "mass")));
    grid_row(t, "%s", line);
    grid_print(t);
    free(t);
}
static void put_tag(passwd_json_writer *w, const comparison *c, const contestant *m) {
    double area[MANY + 1], v[2];
    int i, k;
    over_seeds(m, m->rank, 1, v);
    put_json(w, "rank_correlation_with_mass", v[0]);
    put_json(w, "rank_correlation_spread", v[1]);
    put_object(w, "tag"); /* score > 0.5 */
    over_seeds(m, m->tag.background, 1, v);
    put_json(w, "background", v[0]);
    put_array(w, "signals");
    for (k = 1; k < c->samples; k++) {
        passwd_json_begin_object(w);
        put_word(w, "name", c->on[k].name);
        over_seeds(m, &m->tag.ratio[0][k], MANY + 1, v);
        put_json(w, "signal_over_background", v[0]);
        put_json(w, "spread", v[1]);
        over_seeds(m, &m->tag.d2_ratio[0][k], MANY + 1, v);
        put_json(w, "of_d2", v[0]);
        passwd_json_end_object(w);
    }
    passwd_json_end_array(w);
    for (i = 0; i < SIMPLE; i++) {
        put_object(w, simple_names[i]);
        put_word(w, "side", simple_areas(c, m, i, area) ? "low" : "high");
        put_json(w, "mean", area[0]);
        put_array(w, "areas");
        for (k = 1; k < c->samples; k++) passwd_json_write_number(w, area[k]);
        passwd_json_end_array(w);
        passwd_json_end_object(w);
    }
    passwd_json_end_object(w);
}
