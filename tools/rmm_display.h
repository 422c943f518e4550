/* rmm_display.h: one event, seen along the beam. Part of rmm.c. */
#ifndef RMM_DISPLAY_H
#define RMM_DISPLAY_H

/* The name of a type in a legend. */
static const char *type_words(const char *type) {
    static const char *const words[][2] = { { "met", "Missing E_{T}" }, { "j", "Jet" }, { "b", "b jet" },
        { "e", "Electron" }, { "mu", "Muon" }, { "g", "Photon" }, { "tau", "Tau" } };
    size_t k;
    for (k = 0; k < sizeof words / sizeof *words; k++)
        if (!strcmp(type, words[k][0])) return words[k][1];
    return type;
}
/* Every object as a line from the beam, as long as its transverse momentum. */
static int plot_display(const settings *s, const passwd_rmm_layout *layout, const passwd_events *v, int64_t event) {
    plot *p = plot_of(s, layout->sqrt_s, "p_{x} [GeV]", "p_{y} [GeV]");
    double most = 1.0, x[2] = { 0.0, 0.0 }, y[2] = { 0.0, 0.0 };
    int type, shown = 0;
    int64_t i;
    char note[64];
    snprintf(note, sizeof note, "event %lld", (long long)v->id[event]);
    plot_note(p, note);
    plot_size(p, 800, 800);
    for (i = v->first[event]; i < v->first[event + 1]; i++) most = fmax(most, v->pt[i]);
    for (type = 0; type < v->type_names.count; type++) {
        const char *name = v->type_names.name[type];
        plot_style style = style_of(strcmp(name, "met") ? ++shown : 0, strcmp(name, "met") ? PLOT_SOLID : PLOT_DASHED);
        int first = 1;
        style.width = 4.0;
        for (i = v->first[event]; i < v->first[event + 1]; i++) {
            if (v->type[i] != type) continue;
            x[1] = v->pt[i] * cos(v->phi[i]);
            y[1] = v->pt[i] * sin(v->phi[i]);
            plot_line(p, x, y, 2, first ? type_words(name) : NULL, style);
            first = 0;
        }
    }
    plot_range(p, -1.2 * most, 1.2 * most, -1.2 * most, 1.2 * most);
    return write_plot_at(p, s->display);
}
#endif /* RMM_DISPLAY_H */
