/* Rapidity-mass matrices: the original code's, a plain long-double reference, layouts, names of cells, what is refused
   and where.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/rmm.c -o build/test_rmm -lm && build/test_rmm */
#define PASSWD_RMM_IMPLEMENTATION
#include "passwd_rmm.h"
#include "check.h"
#include "counting.h"

enum { ALL = PASSWD_RMM_OBJECTS * PASSWD_RMM_OBJECTS };

static uint32_t drawn;
static double uniform(double low, double high) { return low + (high - low) * passwd_random_uniform(7, 1, drawn++); }
static int below(int n) { return (int)(passwd_random_bits(7, 2, drawn++) % (uint32_t)n); }

/* --- events from text, and encoders --- */

typedef struct source {
    const char *text;
    size_t length;
} source;
static size_t read_text(void *user, char *buffer, size_t bytes) {
    source *s = (source *)user;
    const size_t n = bytes < s->length ? bytes : s->length;
    memcpy(buffer, s->text, n);
    s->text += n;
    s->length -= n;
    return n;
}
/* rows without a header line: event,object,pt,eta,phi,m */
static passwd_events events_of(const char *rows) {
    static char text[400000];
    passwd_events v;
    passwd_event_reader *reader = NULL;
    passwd_error e;
    source s;
    memset(&v, 0, sizeof v);
    snprintf(text, sizeof text, "event,object,pt,eta,phi,m\n%s", rows);
    s.text = text;
    s.length = strlen(text);
    if (!CHECK_OK(passwd_event_reader_open_callback(read_text, &s, "text", NULL, NULL, &reader, &e), e)) exit(1);
    if (!CHECK_OK(passwd_events_read(reader, &v, 1000000, &e), e)) exit(1);
    passwd_event_reader_close(reader);
    return v;
}
static passwd_rmm_layout preset(const char *name) {
    passwd_rmm_layout l;
    passwd_error e;
    CHECK_OK(passwd_rmm_layout_preset(name, &l, &e), e);
    l.sqrt_s = 13000.0;
    return l;
}
static passwd_rmm_layout layout_of(const char *const *names, const int *most, int types) {
    passwd_rmm_layout l = preset("search");
    int i;
    l.types = types;
    for (i = 0; i < types; i++) {
        snprintf(l.type[i], sizeof l.type[i], "%s", names[i]);
        l.most[i] = most[i];
    }
    l.masses = 0;
    return l;
}
static passwd_rmm_encoder encoder_of(const passwd_rmm_layout *l) {
    passwd_rmm_encoder encoder;
    passwd_error e;
    memset(&encoder, 0, sizeof encoder);
    CHECK_OK(passwd_rmm_encoder_new(l, &encoder, &e), e);
    return encoder;
}

/* --- the plain reference: every cell from four-momenta, as it is defined --- */

typedef long double real;
typedef struct momentum {
    real e, x, y, z, et, pt, m;
} momentum;
static momentum momentum_of(real pt, real eta, real phi, real m) {
    momentum p;
    const real size = pt * coshl(eta);
    p.x = pt * cosl(phi);
    p.y = pt * sinl(phi);
    p.z = pt * sinhl(eta);
    p.e = sqrtl(size * size + m * m);
    p.et = p.e / coshl(eta);
    p.pt = pt;
    p.m = m;
    return p;
}
static real rapidity(const momentum *p) { return 0.5L * logl((p->e + p->z) / (p->e - p->z)); }
static real mass_of(const momentum *a, const momentum *b) {
    const real e = a->e + b->e, x = a->x + b->x, y = a->y + b->y, z = a->z + b->z, m2 = e * e - x * x - y * y - z * z;
    return m2 > 0.0L ? sqrtl(m2) : 0.0L;
}
static void order(momentum *p, int n) {
    int i, k;
    for (i = 1; i < n; i++)
        for (k = i; k > 0 && p[k].et > p[k - 1].et; k--) {
            const momentum t = p[k];
            p[k] = p[k - 1];
            p[k - 1] = t;
        }
}
static momentum reference_objects[PASSWD_RMM_OBJECTS]; /* by row; pt < 0: none */
static void reference(
    const passwd_rmm_layout *l, const passwd_events *v, int64_t event, const double (*exact)[4], real *cell) {
    const int n = passwd_rmm_objects(l);
    momentum met = momentum_of(0.0L, 0.0L, 0.0L, 0.0L), *o = reference_objects;
    static momentum all[4096];
    int t, i, k, start = 1;
    int64_t row;
    memset(cell, 0, sizeof(real) * (size_t)n * (size_t)n);
    for (i = 0; i < n; i++) o[i].pt = -1.0L;
    for (t = -1; t < l->types; t++) {
        int count = 0;
        for (row = v->first[event]; row < v->first[event + 1]; row++) {
            const char *name = v->type_names.name[v->type[row]];
            const real pt = exact ? (real)exact[row][0] : (real)v->pt[row],
                       eta = exact ? (real)exact[row][1] : (real)v->eta[row];
            const real phi = exact ? (real)exact[row][2] : (real)v->phi[row],
                       m = exact ? (real)exact[row][3] : (real)v->m[row];
            if (t < 0 && strcmp(name, "met") == 0) met = momentum_of(pt, 0.0L, phi, 0.0L);
            if (t >= 0 && strcmp(name, l->type[t]) == 0) all[count++] = momentum_of(pt, eta, phi, m);
        }
        if (t < 0) continue;
        order(all, count);
        for (i = 0; i < count && i < l->most[t]; i++) {
            const int r = start + i;
            o[r] = all[i];
            cell[r * n + r] =
                i == 0 ? all[i].et / l->sqrt_s : (all[i - 1].et - all[i].et) / (all[i - 1].et + all[i].et);
        }
        start += l->most[t];
    }
    cell[0] = met.pt / l->sqrt_s;
    for (i = 1; i < n; i++) {
        const real s = o[i].et + met.pt, x = o[i].x + met.x, y = o[i].y + met.y, m2 = s * s - x * x - y * y;
        if (o[i].pt < 0.0L) continue;
        if (met.pt > 0.0L && m2 > 0.0L) cell[i] = sqrtl(m2) / l->sqrt_s;
        cell[i * n] = l->c * (coshl(rapidity(&o[i])) - 1.0L);
        for (k = 1; k < i; k++) {
            if (o[k].pt < 0.0L) continue;
            cell[i * n + k] = l->c * (coshl((rapidity(&o[i]) - rapidity(&o[k])) / 2.0L) - 1.0L);
            cell[k * n + i] = mass_of(&o[i], &o[k]) / l->sqrt_s;
        }
    }
}
/* largest relative difference; where one is zero and the other beyond `nothing`, 1 */
static double worst_of(const float *a, const real *b, int n, double nothing) {
    double worst = 0.0;
    int i;
    for (i = 0; i < n; i++) {
        const real size = fabsl(b[i]), d = fabsl((real)a[i] - b[i]);
        const double relative = d == 0.0L ? 0.0 : size > 0.0L && a[i] != 0.0f ? (double)(d / size) : 1.0;
        if (!((double)d <= nothing) && !(relative <= worst)) worst = relative;
    }
    return worst;
}

/* --- goldens --- */

static int sort_names(const void *a, const void *b) { return strcmp((const char *)a, (const char *)b); }
/* "m(mu1,e2)" and "m(e2,mu1)" are one cell in layouts of another order */
static void plain_name(const passwd_rmm_layout *l, int cell, char out[64]) {
    const int n = passwd_rmm_objects(l);
    char name[64], *comma, *open, *close;
    passwd_rmm_cell_name(l, cell / n, cell % n, name);
    strcpy(out, name);
    open = strchr(name, '(');
    comma = strchr(name, ',');
    close = strchr(name, ')');
    if (!comma || name[0] == 'd' || strncmp(name, "mT", 2) == 0) return;
    *open = *comma = *close = 0;
    if (strcmp(open + 1, comma + 1) > 0) sprintf(out, "%.4s(%.20s,%.20s)", name, comma + 1, open + 1);
}
static void test_kept(const passwd_tensor_file *file, const passwd_rmm_layout *wide) {
    const passwd_rmm_layout search = preset("search");
    static char ours[1287][64], theirs[1287][64];
    static int32_t cells[1287];
    const passwd_tensor *kept = passwd_tensor_find(file, "inputs_kept");
    int i, rising = 1;
    CHECK(passwd_rmm_objects(&search) == 36 && passwd_rmm_inputs(&search) == 1287);
    if (!CHECK(kept && kept->count == 1287 && kept->dtype == PASSWD_DTYPE_I32)) return;
    passwd_rmm_input_cells(&search, cells);
    for (i = 0; i < 1287; i++) {
        const unsigned char *b = kept->data + 4 * i;
        plain_name(&search, cells[i], ours[i]);
        plain_name(wide, b[0] | b[1] << 8 | b[2] << 16, theirs[i]);
        if (i > 0 && cells[i] <= cells[i - 1]) rising = 0;
    }
    CHECK(rising);
    qsort(ours, 1287, 64, sort_names);
    qsort(theirs, 1287, 64, sort_names);
    CHECK(memcmp(ours, theirs, sizeof ours) == 0 && strcmp(ours[0], ours[1]) != 0);
}
/* the momenta of a file in double */
static double (*exact_of(const char *path, int64_t rows))[4] {
    double(*x)[4] = (double(*)[4])calloc((size_t)rows, sizeof *x);
    char line[256];
    int64_t k = 0;
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, sizeof line, f)) exit(1);
    while (k < rows && fgets(line, sizeof line, f)) {
        char *p = strchr(strchr(line, ',') + 1, ',');
        int i;
        for (i = 0; i < 4; i++) x[k][i] = strtod(p + 1, &p);
        k++;
    }
    fclose(f);
    CHECK(k == rows);
    return x;
}
static void test_golden(void) {
    passwd_rmm_layout wide = preset("wide");
    passwd_rmm_encoder encoder;
    const int n = 51 * 51;
    passwd_tensor_file file;
    passwd_events v;
    passwd_error e;
    double(*exact)[4], worst_definition = 0.0, worst_double = 0.0, worst = 0.0;
    static float golden[20 * 2601], out[20 * 2601];
    static real cell[2601];
    int i, k, zeros = 0, beyond = 0;
    wide.c = 1.0; /* as in the stored matrices */
    encoder = encoder_of(&wide);
    memset(&v, 0, sizeof v);
    if (!CHECK_OK(passwd_tensor_file_load(data_folder("tests/golden/rmm.safetensors"), NULL, &file, &e), e)) return;
    if (!CHECK_OK(passwd_events_load(data_folder("tests/golden/rmm_events.csv"), NULL, NULL, &v, &e), e)) return;
    CHECK_OK(passwd_tensor_to_float(passwd_tensor_find(&file, "rmm"), golden, 20 * 2601, &e), e);
    CHECK(v.count == 20 && encoder.objects == 51);
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, 20, 1, out, NULL, &e), e);
    exact = exact_of(data_folder("tests/golden/rmm_events.csv"), v.objects);
    for (k = 0; k < 20; k++) {
        const float *a = out + k * n, *b = golden + k * n;
        double d;
        reference(&wide, &v, k, NULL, cell);
        d = worst_of(a, cell, n, 0.0);
        if (d > worst_definition) worst_definition = d;
        reference(&wide, &v, k, (const double(*)[4])exact, cell);
        d = worst_of(b, cell, n, 0.0);
        if (d > worst_double) worst_double = d;
        for (i = 0; i < n; i++) {
            d = b[i] != 0.0f ? fabs((double)a[i] - (double)b[i]) / fabs((double)b[i]) : 0.0;
            if ((a[i] == 0.0f) != (b[i] == 0.0f)) zeros++;
            if (d > 1e-5) beyond++;
            if (d > worst) worst = d;
        }
    }
    CHECK(zeros == 0);
    CHECK_BELOW(worst_double, 1e-7);
    CHECK_BELOW(worst_definition, 1e-7);
    CHECK(beyond == 0);
    CHECK_BELOW(worst, 1e-5);
    printf("  worst cell of the golden matrices: %.1e\n", worst);
    test_kept(&file, &wide);
    free(exact);
    passwd_events_free(&v);
    passwd_tensor_file_free(&file);
}

/* --- numbers --- */

static void test_functions(void) {
    double worst_exp = 0.0, worst_angle = 0.0, x, y;
    int i;
    for (i = 0; i <= 400000; i++) {
        const double a = i / 20000.0, phi = i < 200000 ? uniform(-7.0, 7.0) : uniform(-1001.0, 1001.0),
                     d = fabs(passwdi_rmm_exp(a) / exp(a) - 1.0);
        passwdi_rmm_direction(phi, &x, &y);
        if (!(d <= worst_exp)) worst_exp = d;
        if (!(fabs(x - cos(phi)) <= worst_angle)) worst_angle = fabs(x - cos(phi));
        if (!(fabs(y - sin(phi)) <= worst_angle)) worst_angle = fabs(y - sin(phi));
    }
    CHECK_BELOW(worst_exp, 3e-14);
    CHECK_BELOW(worst_angle, 3e-14);
    CHECK(passwdi_rmm_exp(0.0) == 1.0);
    passwdi_rmm_direction(0.0, &x, &y);
    CHECK(x == 1.0 && y == 0.0);
}
/* rows of one random event; ties: momenta of few values, so that ETs are equal */
static int random_rows(char rows[][80], const char *const *names, int types, int most, int ties) {
    int n = below(most + 1), i;
    for (i = 0; i < n; i++)
        if (ties)
            snprintf(rows[i], 80, "%s,%d,%d.5,%d.25,%g\n", names[below(types)], 30 + 10 * below(2), below(3) - 2,
                below(3), below(2) ? 5.0 : 1e-9 * below(2));
        else
            snprintf(rows[i], 80, "%s,%.7g,%.7g,%.7g,%.7g\n", names[below(types)], exp(uniform(-1.0, 8.0)),
                uniform(-5.0, 5.0), uniform(-4.0, 7.0), below(3) ? exp(uniform(-4.0, 5.0)) : 0.0);
    if (below(4))
        snprintf(rows[n++], 80, "met,%.7g,%d,%.7g,0\n", below(5) ? uniform(0.0, 300.0) : 0.0, below(3) - 1,
            uniform(-4.0, 4.0));
    if (n == 0) snprintf(rows[n++], 80, "%s,40,1,2,3\n", names[0]);
    return n;
}
static void append(char *text, int event, char rows[][80], int n) {
    int i;
    text += strlen(text);
    for (i = 0; i < n; i++) text += sprintf(text, "%d,%s", event, rows[i]);
}
static void shuffle(char rows[][80], int n) {
    int i;
    for (i = n - 1; i > 0; i--) {
        const int k = below(i + 1);
        char keep[80];
        memcpy(keep, rows[i], 80);
        memmove(rows[i], rows[k], 80);
        memcpy(rows[k], keep, 80);
    }
}
/* one layout on random events: the reference, shuffled rows, inputs and whole matrices, lanes, chunks, masses */
static void try_layout(const passwd_rmm_layout *l, int most) {
    enum { EVENTS = 48 };
    static char text[EVENTS * 150 * 80], mixed[EVENTS * 150 * 80], rows[150][80];
    static float whole[EVENTS * ALL], inputs[EVENTS * ALL], other[EVENTS * ALL], lanes[ALL * 16];
    static real cell[ALL];
    static int32_t cells[ALL];
    const char *names[PASSWD_RMM_TYPES];
    const passwd_rmm_encoder encoder = encoder_of(l);
    const int n = encoder.objects * encoder.objects, kept = encoder.inputs;
    double masses[EVENTS * PASSWD_RMM_MASSES], worst = 0.0, worst_mass = 0.0;
    int64_t places[16], beyond = 0;
    passwd_rmm_dropped dropped;
    passwd_events v, w;
    passwd_error e;
    int i, k, lane, bad = 0;
    for (i = 0; i < l->types; i++) names[i] = l->type[i];
    text[0] = mixed[0] = 0;
    for (k = 0; k < EVENTS; k++) {
        const int count = random_rows(rows, names, l->types, most, k % 3 == 2);
        append(text, k, rows, count);
        shuffle(rows, count);
        append(mixed, k, rows, count);
    }
    v = events_of(text);
    w = events_of(mixed);
    CHECK(v.count == EVENTS && w.count == EVENTS);
    memset(&dropped, 0, sizeof dropped);
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, EVENTS, 1, whole, &dropped, &e), e);
    CHECK_OK(passwd_rmm_encode(&encoder, &w, 0, EVENTS, 1, other, NULL, &e), e);
    CHECK(memcmp(whole, other, sizeof(float) * (size_t)(n * EVENTS)) == 0);
    CHECK_OK(passwd_rmm_masses(&encoder, &v, 0, EVENTS, masses, &e), e);
    for (k = 0; k < EVENTS; k++) {
        if (k % 3 != 2) { /* ties leave the plain reference undecided */
            double d;
            reference(l, &v, k, NULL, cell);
            d = worst_of(whole + k * n, cell, n, 1e-18);
            if (d > worst) worst = d;
            for (i = 0; i < l->masses; i++) {
                const int a = passwdi_rmm_start(l, l->mass[i][0]),
                          b = passwdi_rmm_start(l, l->mass[i][1]) + (l->mass[i][0] == l->mass[i][1]);
                const double m = masses[k * l->masses + i];
                const int there = reference_objects[a].pt >= 0.0L && reference_objects[b].pt >= 0.0L;
                if (there != (m == m)) bad++;
                d = there ? fabs(m / (double)mass_of(&reference_objects[a], &reference_objects[b]) - 1.0) : 0.0;
                if (d > worst_mass) worst_mass = d;
            }
        }
        for (i = 0; i < l->types; i++) {
            int there = 0;
            int64_t row;
            for (row = v.first[k]; row < v.first[k + 1]; row++)
                there += strcmp(v.type_names.name[v.type[row]], l->type[i]) == 0;
            if (there > l->most[i]) beyond += there - l->most[i];
        }
    }
    CHECK_BELOW(worst, 2e-7);
    CHECK_BELOW(
        worst_mass, LDBL_MANT_DIG > 53 ? 1e-11 : 1e-9); /* where long double is double the reference loses digits */
    CHECK(bad == 0);
    CHECK(dropped.beyond == beyond && dropped.others == 0);
    passwd_rmm_input_cells(l, cells);
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, EVENTS, 0, inputs, NULL, &e), e);
    for (k = 0; k < EVENTS; k++)
        for (i = 0; i < kept; i++)
            if (memcmp(&inputs[k * kept + i], &whole[k * n + cells[i]], 4) != 0) bad++;
    for (k = 0; k < EVENTS; k += 7)
        CHECK_OK(passwd_rmm_encode(&encoder, &v, k, k + 7 < EVENTS ? 7 : EVENTS - k, 0, other + k * kept, NULL, &e), e);
    CHECK(memcmp(inputs, other, sizeof(float) * (size_t)(kept * EVENTS)) == 0);
    for (k = 0; k < EVENTS; k += 15) { /* from the back, also fewer than 16 */
        const int count = k + 15 < EVENTS ? 15 + (k == 0) : EVENTS - k;
        for (lane = 0; lane < count; lane++) places[lane] = EVENTS - 1 - k - lane;
        memset(lanes, 0, sizeof lanes);
        passwd_rmm_encode_lanes(&encoder, &v, places, count, lanes);
        for (lane = 0; lane < 16; lane++)
            for (i = 0; i < kept; i++) {
                const float zero = 0.0f;
                if (memcmp(&lanes[i * 16 + lane], lane < count ? &inputs[places[lane] * kept + i] : &zero, 4) != 0)
                    bad++;
            }
    }
    CHECK(bad == 0);
    passwd_events_free(&v);
    passwd_events_free(&w);
}
static void test_layouts(void) {
    static const char *const eight[] = { "j", "b", "e", "mu", "g", "tau", "abcdefghijklmno", "\xce\xbc" };
    static const int few[] = { 4, 1, 2, 1, 3, 1, 2, 1 }, full[] = { 128 }, split[] = { 100, 28 }, one[] = { 1 };
    passwd_rmm_layout l = preset("search");
    int i, k;
    try_layout(&l, 40);
    l.keep_masses = 1;
    try_layout(&l, 20);
    l = preset("wide");
    try_layout(&l, 12);
    l = layout_of(eight, few, 8);
    try_layout(&l, 14);
    for (i = 0; i < 8; i++)
        for (k = i + (few[i] < 2); k < 8 && l.masses < PASSWD_RMM_MASSES; k++) { /* 32 masses, given as (k, i) */
            l.mass[l.masses][0] = k;
            l.mass[l.masses++][1] = i;
        }
    CHECK(l.masses == PASSWD_RMM_MASSES);
    try_layout(&l, 30);
    l = layout_of(eight, full, 1);
    CHECK(passwd_rmm_objects(&l) == PASSWD_RMM_OBJECTS);
    try_layout(&l, 140);
    l = layout_of(eight, split, 2);
    l.masses = 3;
    l.mass[0][0] = l.mass[0][1] = l.mass[1][0] = 0;
    l.mass[2][0] = l.mass[2][1] = l.mass[1][1] = 1;
    try_layout(&l, 140);
    l = layout_of(eight, one, 1);
    try_layout(&l, 6);
}

static float one_cell(const float *m, const passwd_rmm_layout *l, const char *name) {
    const int n = passwd_rmm_objects(l);
    char cell[64];
    int i;
    for (i = 0; i < n * n; i++) {
        passwd_rmm_cell_name(l, i / n, i % n, cell);
        if (strcmp(cell, name) == 0) return m[i];
    }
    return (float)NAN;
}
static int filled(const float *m, int n) {
    int i, k = 0;
    for (i = 0; i < n; i++) k += m[i] != 0.0f;
    return k;
}
static void test_events(void) {
    const passwd_rmm_layout l = preset("search");
    const passwd_rmm_encoder encoder = encoder_of(&l);
    static float m[8 * 1296];
    static real cell[1296];
    double masses[8 * 9];
    passwd_events v = events_of("0,met,50,0,1,0\n"                                          /* met alone */
                                "1,j,65,0,0,0\n"                                            /* one object alone */
                                "2,j,50,1,2,5\n2,j,50,1,2,5\n2,j,50,1,2,5\n2,met,9,0,2,0\n" /* the same three times */
                                "3,e,40,1,0,0\n3,e,40,1,0,0\n3,met,40,0,0,0\n"              /* massless and collinear */
                                "4,j,12999,15,1,1e28\n4,b,9e3,-15,2,0\n4,met,13000,0,0,0\n" /* huge */
                                "5,j,1e-30,0.1,1,1e-31\n5,b,1e-30,0.3,2,0\n5,met,1e-30,0,3,0\n" /* tiny */
                                "6,j,0,2,1,10\n6,met,20,0,0,0\n"                                /* at rest */
                                "7,mu,30,20,1,0.1\n7,g,30,-20,1,0\n");
    passwd_rmm_dropped dropped;
    passwd_error e;
    int k, i;
    memset(&dropped, 0, sizeof dropped);
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, 8, 1, m, &dropped, &e), e);
    CHECK_OK(passwd_rmm_masses(&encoder, &v, 0, 8, masses, &e), e);
    CHECK(dropped.beyond == 0 && dropped.others == 0);
    for (i = 0; i < 8 * 1296; i++)
        if (!(m[i] >= 0.0f && m[i] <= 1e38f)) break;
    CHECK(i == 8 * 1296);
    CHECK(m[0] == (float)(50.0 / 13000.0) && filled(m, 1296) == 1);
    CHECK(
        one_cell(m + 1296, &l, "ET(j1)") == (float)(65.0 / 13000.0) && filled(m + 1296, 1296) == 1); /* y = 0, no met */
    for (i = 0; i < 9; i++) CHECK(masses[i] != masses[i] && masses[9 + i] != masses[9 + i]);
    CHECK(one_cell(m + 2 * 1296, &l, "dET(j1,j2)") == 0.0f && one_cell(m + 2 * 1296, &l, "h(j2,j3)") == 0.0f);
    CHECK_BELOW(fabs(masses[2 * 9] - 10.0), 1e-13);
    CHECK(one_cell(m + 3 * 1296, &l, "m(e1,e2)") == 0.0f && one_cell(m + 3 * 1296, &l, "mT(met,e1)") == 0.0f
        && one_cell(m + 3 * 1296, &l, "h(e2)") > 0.0f);
    CHECK_BELOW(fabs((double)one_cell(m + 6 * 1296, &l, "ET(j1)") * 13000.0 * cosh(2.0) - 10.0), 1e-5);
    CHECK_BELOW((double)one_cell(m + 6 * 1296, &l, "h(j1)"), 1e-30);
    for (k = 0; k < 8; k++)
        if (k != 3 && k != 7) { /* there the long double reference has no digits left */
            reference(&l, &v, k, NULL, cell);
            CHECK_BELOW(worst_of(m + k * 1296, cell, 1296, 1e-18), LDBL_MANT_DIG == 53 ? 1e-3 : k == 6 ? 1e-6 : 2e-7);
        }
    CHECK_BELOW(
        fabs((double)one_cell(m + 7 * 1296, &l, "h(mu1)") / (0.15 * (cosh(20.0 - 0.5 * log(1.0 + 0.01 / 900.0)) - 1.0))
            - 1.0),
        1e-6);
    CHECK_BELOW(fabs((double)one_cell(m + 7 * 1296, &l, "h(g1)") / (0.15 * (cosh(20.0) - 1.0)) - 1.0), 1e-6);
    passwd_events_free(&v);

    v = events_of(
        "4,j,50,1,2,5\n5,j,10,1,1,0\n5,j,30,0,2,0\n5,j,20,1,3,0\n5,j,40,1,4,0\n5,j,25,1,5,0\n"); /* more than cells */
    {
        static const char *const name[] = { "j" };
        static const int most[] = { 2 };
        const passwd_rmm_layout two = layout_of(name, most, 1);
        const passwd_rmm_encoder small = encoder_of(&two);
        CHECK_OK(passwd_rmm_encode(&small, &v, 1, 1, 1, m, &dropped, &e), e);
        CHECK(dropped.beyond == 3);
        CHECK(one_cell(m, &two, "ET(j1)") == (float)(40.0 / 13000.0));
        CHECK_BELOW(fabs((double)one_cell(m, &two, "dET(j1,j2)") - 10.0 / 70.0), 1e-7);
        CHECK_OK(passwd_rmm_check(&small, &v, &dropped, &e), e);
        CHECK(dropped.beyond == 6);
    }
    passwd_events_free(&v);
}

/* --- events that are refused --- */

static void refuse(
    const passwd_rmm_encoder *encoder, const char *rows, passwd_status status, int64_t line, const char *words) {
    static float m[4 * 1296], before[4 * 1296], lanes[1296 * 16];
    double masses[4 * 9];
    int64_t places[4] = { 0, 1, 2, 3 };
    passwd_events v = events_of(rows);
    passwd_rmm_dropped dropped;
    passwd_error e;
    int i;
    dropped.beyond = 11;
    dropped.others = 12;
    for (i = 0; i < 4 * 1296; i++) m[i] = before[i] = (float)i;
    for (i = 0; i < 36; i++) masses[i] = i;
    if (!CHECK(passwd_rmm_encode(encoder, &v, 0, v.count, 1, m, &dropped, &e) == status)) return;
    if (!CHECK(e.status == status && e.line == line && strstr(e.message, words)))
        printf("  line %lld: %s\n", (long long)e.line, e.message);
    CHECK(strlen(e.message) > 20 && strlen(e.message) < 250);
    CHECK(passwd_rmm_check(encoder, &v, &dropped, &e) == status && e.line == line);
    CHECK(passwd_rmm_masses(encoder, &v, 0, v.count, masses, &e) == status && e.line == line);
    CHECK(passwd_rmm_encode(encoder, &v, 0, v.count, 0, m, NULL, NULL) == status);
    CHECK(memcmp(m, before, sizeof m) == 0 && dropped.beyond == 11 && dropped.others == 12);
    for (i = 0; i < 36 && masses[i] == i; i++)
        ;
    CHECK(i == 36);
    memset(lanes, 0, sizeof lanes);
    passwd_rmm_encode_lanes(
        encoder, &v, places, 4, lanes); /* passes over what cannot be taken, and over places that are none */
    for (i = 0; i < 1296 * 16 && lanes[i] >= 0.0f && lanes[i] < 1e38f; i++)
        ;
    CHECK(i == 1296 * 16);
    passwd_events_free(&v);
}
static void test_refused(void) {
    passwd_rmm_layout l = preset("search");
    passwd_rmm_encoder encoder = encoder_of(&l);
    static float m[1296 * 3];
    passwd_rmm_dropped dropped;
    passwd_error e;
    passwd_events v;
    refuse(&encoder, "0,j,50,1,1,0\n7,j,50,1,1,0\n7,tau,20,1,1,0\n", PASSWD_ERROR_CONFIG, 3,
        "Event 7 (line 3) has an object \"tau\"");
    refuse(&encoder, "0,J,50,1,1,0\n", PASSWD_ERROR_CONFIG, 2, "\"J\"");
    refuse(&encoder, "0,met,50,0,1,0\n0,j,50,1,1,0\n0,met,50,0,1,0\n", PASSWD_ERROR_CONFIG, 2,
        "more than one row \"met\"");
    refuse(&encoder, "0,j,50,1,1,0\n1,j,50,1,1,0\n1,e,0,1,1,0\n", PASSWD_ERROR_NUMERIC, 3,
        "object 2 (e) without pT and mass");
    refuse(&encoder, "0,j,2e30,1,1,0\n", PASSWD_ERROR_NUMERIC, 2, "object 1 (j) of pt 2e+30");
    refuse(&encoder, "0,j,20,1,1,2e30\n", PASSWD_ERROR_NUMERIC, 2, "1e30");
    refuse(&encoder, "0,met,2e30,0,1,0\n", PASSWD_ERROR_NUMERIC, 2, "(met)");
    l.skip_others = 1;
    encoder = encoder_of(&l);
    v = events_of("0,j,50,1,1,0\n0,tau,0,1,1,0\n0,x,50,1,1,0\n1,x,2,1,1,0\n");
    memset(&dropped, 0, sizeof dropped);
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, 2, 1, m, &dropped, &e), e);
    CHECK(dropped.others == 3 && dropped.beyond == 0);
    CHECK(filled(m, 1296) == 2 && filled(m + 1296, 1296) == 0);

    /* arguments */
    CHECK(passwd_rmm_encode(NULL, &v, 0, 1, 1, m, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encode(&encoder, NULL, 0, 1, 1, m, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encode(&encoder, &v, 0, 1, 1, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encode(&encoder, &v, -1, 1, 1, m, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encode(&encoder, &v, 0, -1, 1, m, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encode(&encoder, &v, 1, 2, 1, m, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "2 events from event 1"));
    CHECK(passwd_rmm_encode(&encoder, &v, 1, INT64_MAX, 1, m, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encode(&encoder, &v, 2, 0, 1, m, NULL, &e) == PASSWD_OK);
    CHECK(passwd_rmm_check(&encoder, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_rmm_check(NULL, &v, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_masses(&encoder, &v, 0, 3, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_encoder_new(&l, NULL, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_rmm_encoder_new(NULL, &encoder, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_rmm_encode_lanes(NULL, &v, NULL, 3, m);
    passwd_events_free(&v);
}
/* events that a program makes itself; numbers that no file lets through */
static void test_by_hand(void) {
    const passwd_rmm_layout l = preset("search");
    const passwd_rmm_encoder encoder = encoder_of(&l);
    char *names[2];
    char jet[] = "j", electron[] = "e";
    int64_t first[] = { 0, 2 };
    double pt[2], eta[2], phi[2], m[2], *number[4];
    int32_t type[] = { 0, 1 };
    static float out[1296];
    passwd_events v;
    passwd_error e;
    int i, k;
    const float bad[4][4] = { { (float)NAN, (float)HUGE_VAL, -1.0f, -1e-30f },
        { (float)NAN, (float)HUGE_VAL, -20.5f, 21.0f }, { (float)NAN, (float)HUGE_VAL, -(float)HUGE_VAL, 3e38f },
        { (float)NAN, (float)HUGE_VAL, -1.0f, 3e38f } };
    names[0] = jet;
    names[1] = electron;
    memset(&v, 0, sizeof v);
    v.count = 1;
    v.objects = 2;
    v.first = first;
    v.type = type;
    v.type_names.name = names;
    v.type_names.count = 2;
    v.pt = number[0] = pt;
    v.eta = number[1] = eta;
    v.phi = number[2] = phi;
    v.m = number[3] = m;
    for (i = 0; i < 2; i++) {
        pt[i] = 50.0;
        eta[i] = 0.5;
        phi[i] = 3.0 * i;
        m[i] = 1.0;
    }
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, 1, 1, out, NULL, &e), e);
    CHECK(one_cell(out, &l, "m(j1,e1)") > 0.0f && one_cell(out, &l, "h(j1,e1)") == 0.0f);
    for (i = 0; i < 4; i++)
        for (k = 0; k < 4; k++) {
            const double keep = number[i][1];
            number[i][1] = (double)bad[i][k];
            CHECK(passwd_rmm_encode(&encoder, &v, 0, 1, 1, out, NULL, &e) == PASSWD_ERROR_NUMERIC
                && strstr(e.message, "Event 0 has an object 2 (e)") && e.line == 0);
            number[i][1] = keep;
        }
    type[1] = 2;
    CHECK(passwd_rmm_encode(&encoder, &v, 0, 1, 1, out, NULL, &e) == PASSWD_ERROR_CONFIG);
    type[1] = -1;
    CHECK(passwd_rmm_encode(&encoder, &v, 0, 1, 1, out, NULL, &e) == PASSWD_ERROR_CONFIG);
}
/* more names than the table of types has room for, and a list that grows from chunk to chunk */
static void test_names_of_events(void) {
    passwd_rmm_layout l = preset("search");
    passwd_rmm_encoder encoder;
    static char text[10000] = "event,object,pt,eta,phi,m\n";
    static float all[40 * 1296], part[3 * 1296];
    passwd_rmm_dropped dropped;
    passwd_event_reader *reader = NULL;
    passwd_events v;
    passwd_error e;
    source s;
    char *p = text + strlen(text);
    int64_t at = 0;
    int i, same = 1;
    for (i = 0; i < 40; i++)
        p += sprintf(p, "%d,x%d,50,1,1,1\n%d,y%d,50,1,1,1\n%d,%s,%d,0.5,1,1\n", i, i, i, i, i,
            i < 35       ? "j"
                : i < 38 ? "mu"
                         : "met",
            20 + i);
    l.skip_others = 1;
    encoder = encoder_of(&l);
    v = events_of(strchr(text, '\n') + 1);
    CHECK(v.type_names.count == 83);
    memset(&dropped, 0, sizeof dropped);
    CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, 40, 1, all, &dropped, &e), e);
    CHECK(dropped.others == 80 && filled(all, 40 * 1296) == 2 * 38 + 2
        && one_cell(all + 36 * 1296, &l, "ET(mu1)") > 0.0f && all[39 * 1296] == (float)(59.0 / 13000.0));
    s.text = text;
    s.length = strlen(text);
    CHECK_OK(passwd_event_reader_open_callback(read_text, &s, "text", NULL, NULL, &reader, &e), e);
    for (;;) {
        if (!CHECK_OK(passwd_events_read(reader, &v, 3, &e), e) || v.count == 0) break;
        CHECK_OK(passwd_rmm_encode(&encoder, &v, 0, v.count, 1, part, NULL, &e), e);
        if (memcmp(part, all + at * 1296, sizeof(float) * 1296 * (size_t)v.count) != 0) same = 0;
        at += v.count;
    }
    CHECK(same && at == 40);
    passwd_event_reader_close(reader);
    passwd_events_free(&v);
}

/* --- layouts: checks, JSON, names --- */

static void wrong(const passwd_rmm_layout *l, const char *words) {
    passwd_rmm_encoder encoder;
    passwd_error e;
    if (!CHECK(passwd_rmm_layout_check(l, &e) == PASSWD_ERROR_CONFIG && e.status == PASSWD_ERROR_CONFIG
            && strstr(e.message, words)))
        printf("  %s\n", e.message);
    CHECK(passwd_rmm_encoder_new(l, &encoder, NULL) == PASSWD_ERROR_CONFIG);
}
static void test_check(void) {
    const passwd_rmm_layout good = preset("search");
    passwd_rmm_layout l = good;
    passwd_error e;
    char name[64];
    CHECK_OK(passwd_rmm_layout_check(&l, &e), e);
    CHECK(passwd_rmm_layout_check(NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_rmm_layout_preset("wild", &l, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "\"search\" or \"wide\"")
        && memcmp(&l, &good, sizeof l) == 0);
    CHECK(passwd_rmm_layout_preset(NULL, &l, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_rmm_layout_preset("wide", NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_rmm_layout_preset("search", &l, NULL);
    wrong(&l, "sqrt(s) is missing");
    CHECK(passwd_rmm_objects(&l) == 36 && passwd_rmm_inputs(&l) == 1287);
    l.sqrt_s = 13e6;
    wrong(&l, "looks like MeV");
    l.sqrt_s = 13.0;
    wrong(&l, "looks like TeV");
    l.sqrt_s = 1e6 + 1.0;
    wrong(&l, "1,000,000 GeV");
    l.sqrt_s = -13000.0;
    wrong(&l, "not a collision energy");
    l.sqrt_s = (double)NAN;
    wrong(&l, "not a collision energy");
    l.sqrt_s = HUGE_VAL;
    wrong(&l, "not a collision energy");
    l.sqrt_s = 1e6;
    CHECK_OK(passwd_rmm_layout_check(&l, &e), e);
    l.sqrt_s = 100.0;
    CHECK_OK(passwd_rmm_layout_check(&l, &e), e);
    l = good;
    l.c = 0.0;
    wrong(&l, "C = 0");
    l = good;
    l.c = (double)NAN;
    wrong(&l, "C = ");
    l = good;
    l.c = 1e7;
    wrong(&l, "C = ");
    l = good;
    l.types = 0;
    wrong(&l, "1 to 8 types");
    CHECK(passwd_rmm_objects(&l) == 0 && passwd_rmm_inputs(&l) == 0);
    passwd_rmm_cell_name(&l, 0, 0, name);
    CHECK(name[0] == 0);
    l = good;
    l.types = 9;
    wrong(&l, "1 to 8 types");
    l = good;
    l.type[1][0] = 0;
    wrong(&l, "1 to 15 letters");
    l = good;
    memset(l.type[1], 'x', 16);
    wrong(&l, "1 to 15 letters");
    l = good;
    strcpy(l.type[1], "met");
    wrong(&l, "\"met\"");
    l = good;
    strcpy(l.type[1], "j");
    wrong(&l, "\"j\" is listed twice");
    l = good;
    l.most[2] = 0;
    wrong(&l, "0 objects of type \"e\"");
    l = good;
    l.most[2] = 129;
    wrong(&l, "129 objects of type \"e\"");
    l = good;
    l.most[2] = -5;
    wrong(&l, "-5 objects");
    l = good;
    l.most[2] = 2147483647;
    wrong(&l, "2147483647 objects");
    l = good;
    l.most[2] = 99;
    wrong(&l, "need 130");
    l = good;
    l.masses = 33;
    wrong(&l, "0 to 32");
    l = good;
    l.masses = -1;
    wrong(&l, "0 to 32");
    l = good;
    l.mass[3][1] = 5;
    wrong(&l, "Mass 4 uses types 0 and 5");
    l = good;
    l.mass[3][0] = -1;
    wrong(&l, "Mass 4");
    l = good;
    l.most[1] = 1;
    wrong(&l, "mass of two \"b\" needs two");
    l = good;
    l.mass[3][0] = 1;
    l.mass[3][1] = 0;
    wrong(&l, "listed twice");
}
static void test_names(void) {
    const passwd_rmm_layout l = preset("search");
    static const char *const masses[] = { "jj", "jb", "bb", "je", "jmu", "jg", "be", "bmu", "bg" };
    char name[64];
    int i;
#define NAME(row, column, text)                                      \
    do {                                                             \
        passwd_rmm_cell_name(&l, row, column, name);                 \
        if (!CHECK(strcmp(name, text) == 0)) printf("  %s\n", name); \
    } while (0)
    NAME(0, 0, "met");
    NAME(1, 1, "ET(j1)");
    NAME(2, 2, "dET(j1,j2)");
    NAME(10, 10, "dET(j9,j10)");
    NAME(11, 11, "ET(b1)");
    NAME(35, 35, "dET(g4,g5)");
    NAME(0, 12, "mT(met,b2)");
    NAME(26, 0, "h(mu1)");
    NAME(1, 12, "m(j1,b2)");
    NAME(12, 1, "h(j1,b2)");
    NAME(21, 26, "m(e1,mu1)");
    NAME(0, 35, "mT(met,g5)");
    NAME(0, 36, "");
    NAME(36, 36, "");
    NAME(-1, 3, "");
    NAME(3, -1, "");
#undef NAME
    for (i = 0; i < 9; i++) {
        passwd_rmm_mass_name(&l, i, name);
        CHECK(strcmp(name, masses[i]) == 0);
    }
    passwd_rmm_mass_name(&l, 9, name);
    CHECK(name[0] == 0);
    passwd_rmm_mass_name(&l, -1, name);
    CHECK(name[0] == 0);
}

static passwd_status read_layout(passwd_rmm_layout *l, const char *text, passwd_error *e) {
    passwd_json json;
    passwd_status s = passwd_json_parse(text, strlen(text), "c.json", NULL, &json, e);
    if (!CHECK(s == PASSWD_OK)) return s;
    s = passwd_rmm_layout_read(l, &json, 0, e);
    passwd_json_free(&json);
    return s;
}
static void bad_layout(const char *text, int64_t line, int64_t column, const char *words) {
    const passwd_rmm_layout good = preset("search");
    passwd_rmm_layout l = good;
    passwd_error e;
    e.message[0] = 0;
    if (!CHECK(read_layout(&l, text, &e) == PASSWD_ERROR_CONFIG && e.line == line && e.column == column
            && strstr(e.message, words) && strncmp(e.message, "c.json", 6) == 0))
        printf("  %s\n  %lld:%lld %s\n", text, (long long)e.line, (long long)e.column, e.message);
    CHECK(memcmp(&l, &good, sizeof l) == 0);
}
static int written(const passwd_rmm_layout *l, const passwd_allocator *a, char *out, size_t room) {
    passwd_json_writer writer;
    const char *text = "";
    size_t length;
    passwd_status s;
    passwd_json_writer_init(&writer, a);
    passwd_rmm_layout_write(l, &writer);
    s = passwd_json_finish(&writer, &text, &length, NULL);
    if (s == PASSWD_OK) snprintf(out, room, "%s", text);
    passwd_json_writer_free(&writer);
    return s == PASSWD_OK;
}
static void test_json(void) {
    static const char *const presets[] = { "search", "wide" };
    passwd_rmm_layout l, back;
    passwd_allocator a;
    passwd_json json;
    passwd_error e;
    counter c;
    char text[4096], again[4096];
    int i, good = 0;
    long n;
    for (i = 0; i < 2; i++) { /* there and back, also into a layout of nothing, also without sqrt(s) */
        l = preset(presets[i]);
        l.keep_masses = l.skip_others = i;
        l.c = 0.1 + i;
        CHECK(written(&l, NULL, text, sizeof text));
        memset(&back, 0, sizeof back);
        CHECK_OK(read_layout(&back, text, &e), e);
        CHECK(memcmp(&l, &back, sizeof l) == 0);
        l.sqrt_s = 0.0;
        CHECK(written(&l, NULL, text, sizeof text) && !strstr(text, "sqrt_s"));
        CHECK_OK(read_layout(&back, text, &e), e);
        CHECK(back.sqrt_s == 13000.0);
    }
    l = preset("search");
    CHECK_OK(read_layout(&l, "{\"types\": {\"b\": 3, \"j\": 8, \"mu\": 1, \"e\": 2, \"g\": 1}}", &e),
        e); /* masses keep their names */
    CHECK(l.types == 5 && l.most[0] == 3 && l.most[1] == 8 && l.masses == 9 && l.mass[0][0] == 1 && l.mass[2][1] == 0
        && l.mass[3][1] == 3);
    CHECK_OK(read_layout(&l,
                 "{\"masses\": [[\"b\", \"tau\"]], \"types\": {\"b\": 3, \"tau\": 8}, \"sqrt_s\": 1.36e4, "
                 "\"skip_others\": true}",
                 &e),
        e);
    CHECK(l.types == 2 && l.masses == 1 && l.mass[0][0] == 0 && l.mass[0][1] == 1 && l.sqrt_s == 13600.0
        && l.skip_others == 1 && l.keep_masses == 0);
    CHECK_OK(read_layout(&l, "{\"masses\": [], \"c\": 0.5}", &e), e);
    CHECK(l.masses == 0 && l.c == 0.5 && passwd_rmm_layout_check(&l, NULL) == PASSWD_OK);
    CHECK_OK(read_layout(&l, "{}", &e), e);
    bad_layout("[]", 1, 1, "object");
    bad_layout("{\"sqrt_s\": 13000,\n \"colour\": 1}", 2, 12, "\"colour\"");
    bad_layout("{\"sqrt_s\": 13000000}", 1, 12, "looks like MeV");
    bad_layout("{\"sqrt_s\": 0}", 1, 12, "missing");
    bad_layout("{\"sqrt_s\": -5}", 1, 12, "not a collision energy");
    bad_layout("{\"sqrt_s\": \"13 TeV\"}", 1, 12, "number");
    bad_layout("{\"c\": 0}", 1, 7, "C = 0");
    bad_layout("{\"keep_masses\": 1}", 1, 17, "keep_masses");
    bad_layout("{\"skip_others\": null}", 1, 17, "skip_others");
    bad_layout("{\"types\": [\"j\"]}", 1, 11, "object");
    bad_layout("{\"types\": {}}", 1, 11, "1 to 8 types");
    bad_layout("{\"types\": {\"j\": 1.5}}", 1, 17, "\"j\"");
    bad_layout("{\"types\": {\"j\": 0}}", 1, 11, "0 objects");
    bad_layout("{\"types\": {\"j\": -3}}", 1, 11, "0 objects");
    bad_layout("{\"types\": {\"j\": 4000000000000}}", 1, 11, "objects of type");
    bad_layout("{\"types\": {\"j\": 100, \"b\": 100}, \"masses\": []}", 1, 11, "need 201");
    bad_layout("{\"types\": {\"met\": 3}}", 1, 11, "\"met\"");
    bad_layout("{\"types\": {\"\": 3}}", 1, 11, "letters");
    bad_layout("{\"types\": {\"abcdefghijklmnop\": 3}}", 1, 32, "15 letters");
    bad_layout(
        "{\"types\": {\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1}}", 1, 64, "at most 8");
    bad_layout("{\"types\": {\"j\": 10, \"b\": 10, \"e\": 1, \"mu\": 1}}", 1, 11, "\"g\"");
    bad_layout("{\"types\": {\"j\": 10, \"b\": 1, \"e\": 1, \"mu\": 1, \"g\": 1}}", 1, 11, "needs two");
    bad_layout("{\"masses\": {}}", 1, 12, "list of pairs");
    bad_layout("{\"masses\": [\"jj\"]}", 1, 13, "pair");
    bad_layout("{\"masses\": [[\"j\"]]}", 1, 13, "pair");
    bad_layout("{\"masses\": [[\"j\", \"b\", \"b\"]]}", 1, 13, "pair");
    bad_layout("{\"masses\": [[\"j\", 1]]}", 1, 19, "string");
    bad_layout("{\"masses\": [[\"j\", \"tau\"]]}", 1, 19, "\"tau\"");
    bad_layout("{\"masses\": [[\"j\", \"b\"],\n[\"b\", \"j\"]]}", 2, 1, "twice");
    CHECK(passwd_rmm_layout_read(NULL, NULL, 0, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_json_parse("{}", 2, NULL, NULL, &json, NULL) == PASSWD_OK
        && passwd_rmm_layout_read(&l, &json, 7, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_rmm_layout_read(&l, &json, -1, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_json_free(&json);
    l = preset("search");
    CHECK(written(&l, NULL, text, sizeof text));
    for (n = 1; n < 100 && !good; n++) { /* no memory at the n-th call */
        a = counting(&c, n);
        good = written(&l, &a, again, sizeof again);
        CHECK(c.alive == 0);
    }
    CHECK(good && n > 2 && strcmp(text, again) == 0);
}

int main(void) {
    test_functions();
    test_golden();
    test_layouts();
    test_events();
    test_refused();
    test_by_hand();
    test_names_of_events();
    test_check();
    test_names();
    test_json();
    return finish();
}
