/* jets_grid.h: areas under ROC curves where the signals are: against one parameter of theirs (the invisible part of a
   shower, say), or in a plane of two (with a mediator's mass). Part of jets.c, after areas_of. */

typedef struct grid_axis {
    char name[64];
    double at[MANY];
} grid_axis;

/* "invisible part=0.3,0.7,0": a number for each signal. */
static int grid_read(grid_axis *axis, const char *text, int signals) {
    const char *rest = strchr(text, '=');
    int k;
    if (!rest || rest == text || rest - text > 63)
        return complain(USAGE,
            "--at cannot be \"%s\": it should be a name and a number for each signal, such as "
            "mass=1000,2000",
            text);
    snprintf(axis->name, sizeof axis->name, "%.*s", (int)(rest - text), text);
    for (k = 0; k < signals; k++) {
        rest = read_real(rest + 1, -1e30, 1e30, axis->at + k);
        if (!rest || *rest != (k + 1 < signals ? ',' : 0))
            return complain(USAGE, "--at %s: it should have %d numbers, one for each --signal", text, signals);
    }
    return OK;
}
/* Networks and single variables against one parameter. */
static int plot_at_one(const comparison *c, const grid_axis *axis) {
    const int n = c->samples - 1;
    plot *p = plot_new(axis->name, "Area under the ROC curve");
    int order[MANY], i, j, k;
    double from, to;
    plot_label(p, c->s->label ? c->s->label : "");
    plot_size(p, 1200, 720);
    for (k = 0; k < n; k++) {
        for (j = k; j > 0 && axis->at[order[j - 1]] > axis->at[k]; j--) order[j] = order[j - 1];
        order[j] = k;
    }
    for (i = 0; i < c->models + SINGLES; i++) {
        double area[MANY], spread[MANY], x[MANY], y[MANY], e[MANY];
        plot_style line = style_of_areas(c, i);
        if (!areas_of(c, i, area, spread)) continue;
        for (k = 0; k < n; k++) {
            x[k] = axis->at[order[k]];
            y[k] = area[order[k]];
            e[k] = spread[order[k]];
        }
        plot_points(p, x, y, e, n, name_of_areas(c, i), line);
        line.dash = i < c->models ? PLOT_SOLID : PLOT_DOTTED;
        plot_line(p, x, y, n, NULL, line);
    }
    from = axis->at[order[0]];
    to = axis->at[order[n - 1]];
    to = to > from ? to : from + 1.0;
    plot_hline(p, 0.5, grey_dashes);
    plot_range(p, from - 0.05 * (to - from), to + 0.35 * (to - from), 0.4, 1.0); /* and room for the names */
    return write_plot(p, c->s->plots, "areas_at.png");
}
/* One network in a plane of two parameters: its area at each signal, and below it that of the best single variable. */
static int plot_at_two(const comparison *c, int which, const grid_axis axis[2]) {
    const int n = c->samples - 1;
    plot *p = plot_new(axis[0].name, axis[1].name);
    double area[MANY], spread[MANY], best[MANY] = { 0.0 }, low[2], high[2];
    char file[128];
    int i, k;
    plot_label(p, c->s->label ? c->s->label : "");
    plot_note(p, "Area under the ROC curve (the best single variable's)");
    for (i = c->models; i < c->models + SINGLES; i++)
        for (k = 0; areas_of(c, i, area, spread) && k < n; k++) best[k] = fmax(best[k], area[k]);
    areas_of(c, which, area, spread);
    for (i = 0; i < 2; i++) {
        low[i] = high[i] = axis[i].at[0];
        for (k = 1; k < n; k++) {
            low[i] = fmin(low[i], axis[i].at[k]);
            high[i] = fmax(high[i], axis[i].at[k]);
        }
        if (!(high[i] > low[i])) high[i] = low[i] + 1.0;
    }
    plot_points(p, axis[0].at, axis[1].at, NULL, n, NULL, style_of(which + 1, PLOT_SOLID));
    for (k = 0; k < n; k++) {
        char text[64];
        snprintf(text, sizeof text, "%.3f (%.3f)", area[k], best[k]); /* its end is given: it stands in the middle */
        plot_text(p, axis[0].at[k] + 0.12 * (high[0] - low[0]), axis[1].at[k] + 0.03 * (high[1] - low[1]), text);
    }
    plot_range(p, low[0] - 0.25 * (high[0] - low[0]), high[0] + 0.25 * (high[0] - low[0]),
        low[1] - 0.15 * (high[1] - low[1]), high[1] + 0.3 * (high[1] - low[1]));
    file_name(file, "areas_at", c->model[which].name);
    return write_plot(p, c->s->plots, file);
}
static int plot_grid(const comparison *c) {
    grid_axis axis[2];
    int k, status = OK;
    for (k = 0; k < c->s->at.count && status == OK; k++) status = grid_read(axis + k, c->s->at.item[k], c->samples - 1);
    if (status == OK && c->s->at.count == 1) status = plot_at_one(c, axis);
    for (k = 0; k < c->models && status == OK && c->s->at.count == 2; k++) status = plot_at_two(c, k, axis);
    return status;
}
/* Before anything is trained. */
static int check_grid(const settings *s) {
    grid_axis axis;
    int k, status = s->at.count > 2 ? complain(USAGE, "--at can be given twice at most") : OK;
    if (status == OK && s->at.count && !s->plots) status = complain(USAGE, "--at is about --plots, which is missing");
    for (k = 0; k < s->at.count && status == OK; k++) status = grid_read(&axis, s->at.item[k], s->signal.count);
    return status;
}
