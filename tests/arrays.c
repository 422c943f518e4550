/* Arrays of a program's own: the answers of all three headers have the bits of events from a file with the same
   numbers, whatever the layout.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/arrays.c -o build/test_arrays -lm && build/test_arrays */
#define PASSWD_RMM_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_rmm.h"
#include "passwd_spanet.h"
#include "check.h"

enum { EVENTS = 60, JETS = 9, LEPTONS = 3 };
static passwd_error e;

/* --- events in arrays: a padded matrix of floats for jets, structs of doubles for leptons, two columns for missing
   energy, and the same as a file --- */

typedef struct lepton {
    char before;
    double phi, eta, mass, pt;
} lepton;
typedef struct made {
    float jet[5][EVENTS * JETS]; /* pt, eta, phi, m or e, btag; padding is NaN */
    int32_t jets[EVENTS], jet_type[EVENTS * JETS];
    lepton leptons[EVENTS * LEPTONS];
    int32_t lepton_type[EVENTS * LEPTONS];
    int64_t lepton_first[EVENTS + 1];
    float met[2][EVENTS];
    passwd_column btag;
    passwd_arrays a, of_leptons, of_met;
    char text[200000];
    size_t length, at;
} made;
static const char *const jet_types[2] = { "j", "b" }, *const lepton_types[2] = { "mu", "e" },
                         *const met_type[1] = { "met" }, *const names[1] = { "btag" };

static uint32_t drawn;
static double uniform(double low, double high) { return low + (high - low) * passwd_random_uniform(11, 1, drawn++); }
/* multiples of 1/64, which six decimals say exactly */
static double even(double x) { return floor(64.0 * x) / 64.0; }
static double number(double low, double high) { return even(uniform(low, high)); }
static void row(made *m, int event, const char *type, const double *p) { /* pt, eta, phi, m or e, btag (-1: empty) */
    char tag[32] = "";
    if (p[4] >= 0.0) snprintf(tag, sizeof tag, "%g", p[4]);
    m->length += (size_t)snprintf(m->text + m->length, sizeof m->text - m->length, "%d,%s,%.6f,%.6f,%.6f,%.6f,%s\n",
        event, type, p[0], p[1], p[2], p[3], tag);
}
/* energies: e in place of m, in the arrays and in the file */
static void make(made *m, int energies) {
    int event, k, i, leptons = 0;
    double p[5];
    memset(m, 0, sizeof *m);
    drawn = 0;
    for (k = 0; k < EVENTS * JETS; k++)
        for (i = 0; i < 5; i++) m->jet[i][k] = NAN;
    m->length = (size_t)snprintf(m->text, sizeof m->text, "event,object,pt,eta,phi,%s,btag\n", energies ? "e" : "m");
    for (event = 0; event < EVENTS; event++) {
        m->jets[event] = 2 + event % (JETS - 1);
        for (k = event * JETS; k < event * JETS + m->jets[event]; k++) {
            m->jet[0][k] = (float)number(30, 300);
            m->jet[1][k] = (float)number(-2.5, 2.5);
            m->jet[2][k] = (float)number(-3.1, 3.1);
            m->jet[3][k] = k % 7 == 1 ? -0.015625f : (float)number(4, 20); /* a little below 0 is 0 */
            if (energies)
                m->jet[3][k] = (float)even(uniform(0.999, 1.1) * (double)m->jet[0][k] * cosh((double)m->jet[1][k]));
            m->jet[4][k] = uniform(0, 1) < 0.4;
            m->jet_type[k] = uniform(0, 1) < 0.3;
            for (i = 0; i < 5; i++) p[i] = (double)m->jet[i][k];
            row(m, event, jet_types[m->jet_type[k]], p);
        }
        for (k = (int)uniform(0, LEPTONS + 0.9); k-- > 0; leptons++) {
            lepton *l = m->leptons + leptons;
            p[0] = l->pt = number(20, 90);
            p[1] = l->eta = number(-2.5, 2.5);
            p[2] = l->phi = number(-3.1, 3.1);
            p[3] = l->mass = energies ? even(l->pt * cosh(l->eta) * uniform(0.999, 1.1)) : number(0, 0.2);
            p[4] = -1.0;
            m->lepton_type[leptons] = uniform(0, 1) < 0.5;
            row(m, event, lepton_types[m->lepton_type[leptons]], p);
        }
        m->lepton_first[event + 1] = leptons;
        p[0] = (double)(m->met[0][event] = (float)number(1, 150));
        p[1] = 0.0;
        p[2] = (double)(m->met[1][event] = (float)number(-3.1, 3.1));
        p[3] = energies ? p[0] : 0.0;
        p[4] = -1.0;
        row(m, event, "met", p);
    }
    m->a.events = m->of_leptons.events = m->of_met.events = EVENTS;
    m->a.rows = JETS;
    m->a.objects = m->jets;
    m->a.pt = passwd_floats(m->jet[0], 0);
    m->a.eta = passwd_floats(m->jet[1], 0);
    m->a.phi = passwd_floats(m->jet[2], 0);
    *(energies ? &m->a.e : &m->a.m) = passwd_floats(m->jet[3], 0);
    m->a.type = m->jet_type;
    m->a.types = jet_types;
    m->a.n_types = 2;
    m->btag = passwd_floats(m->jet[4], 0);
    m->a.number = &m->btag;
    m->a.names = names;
    m->a.n_numbers = 1;
    m->a.more = &m->of_leptons;
    m->of_leptons.first = m->lepton_first;
    m->of_leptons.pt = passwd_doubles(&m->leptons[0].pt, sizeof *m->leptons);
    m->of_leptons.eta = passwd_doubles(&m->leptons[0].eta, sizeof *m->leptons);
    m->of_leptons.phi = passwd_doubles(&m->leptons[0].phi, sizeof *m->leptons);
    *(energies ? &m->of_leptons.e : &m->of_leptons.m) = passwd_doubles(&m->leptons[0].mass, sizeof *m->leptons);
    m->of_leptons.type = m->lepton_type;
    m->of_leptons.types = lepton_types;
    m->of_leptons.n_types = 2;
    m->of_leptons.more = &m->of_met;
    m->of_met.rows = 1;
    m->of_met.pt = passwd_floats(m->met[0], 0);
    m->of_met.phi = passwd_floats(m->met[1], 0);
    m->of_met.types = met_type;
    m->of_met.n_types = 1;
}
static size_t read_text(void *user, char *buffer, size_t bytes) {
    made *m = (made *)user;
    const size_t n = bytes < m->length - m->at ? bytes : m->length - m->at;
    memcpy(buffer, m->text + m->at, n);
    m->at += n;
    return n;
}
static int load(made *m, const passwd_event_options *options, passwd_events *v) {
    passwd_event_reader *reader = NULL;
    memset(v, 0, sizeof *v);
    m->at = 0;
    CHECK_OK(passwd_event_reader_open_callback(read_text, m, "made", options, NULL, &reader, &e), e);
    CHECK_OK(passwd_events_read(reader, v, EVENTS, &e), e);
    passwd_event_reader_close(reader);
    return CHECK(v->count == EVENTS);
}

/* --- the three headers --- */

static void test_abc(made *m, const passwd_events *v) {
    static passwd_abc_result wanted[EVENTS], results[EVENTS];
    static float column[3][2 * EVENTS];
    signed char category[5 * EVENTS];
    passwd_abc_columns c_of;
    int64_t k, same = 0;
    passwd_abc_config c;
    passwd_abc *abc = NULL;
    passwd_abc_job *job = NULL;
    int64_t dropped = 0, again = 0;
    passwd_abc_preset("isr", &c, NULL);
    c.max_objects = 7;
    c.align = 1;
    CHECK_OK(passwd_abc_new(&c, 5, NULL, &abc, &e), e);
    CHECK_OK(passwd_abc_job_new(abc, NULL, &job, &e), e);
    CHECK_OK(passwd_abc_run(job, v, 0, EVENTS, wanted, &dropped, &e), e);
    CHECK_OK(passwd_abc_run_arrays(job, &m->a, 0, EVENTS, results, &again, &e), e);
    CHECK(memcmp(wanted, results, sizeof wanted) == 0 && dropped == again && dropped > 0);
    /* only what is asked for */
    memset(&c_of, 0, sizeof c_of);
    c_of.score = column[0];
    c_of.mass_avg = column[1];
    c_of.mass = column[2];
    c_of.category = category;
    c_of.objects = 5;
    CHECK_OK(passwd_abc_run_columns(job, &m->a, 3, EVENTS - 3, &c_of, NULL, &e), e);
    for (k = 0; k < EVENTS - 3; k++) {
        const passwd_abc_result *r = wanted + 3 + k;
        same += memcmp(column[0] + k, &r->score, 4) == 0 && memcmp(column[1] + k, &r->answer.mass_avg, 4) == 0
            && memcmp(column[2] + 2 * k, r->answer.mass, 8) == 0
            && memcmp(category + 5 * k, r->answer.category, 5) == 0;
    }
    CHECK(same == EVENTS - 3);
    c_of.objects = 0;
    CHECK(passwd_abc_run_columns(job, &m->a, 0, EVENTS, &c_of, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_abc_run_columns(job, &m->a, 0, EVENTS, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_abc_job_free(job);
    passwd_abc_free(abc);
}
static const char topology[] = "[INPUTS]\nJets = sequential\nLeptons = sequential\n[Jets]\npt = log_normalize\n"
                               "eta = none\nsin_phi = none\ncos_phi = none\nmass = log_normalize\nbtag = none\n"
                               "objects = (j, b)\n[Leptons]\nobjects = (e, mu)\npt = log\neta = none\nphi = none\n"
                               "energy = log\n[EVENT]\nparticles = (t1, t2)\npermutations = [(t1, t2)]\n"
                               "[t1]\njets = (q1, q2, b)\npermutations = [(q1, q2)]\n"
                               "[t2]\njets = (q1, q2, b)\npermutations = [(q1, q2)]\n";
static void test_spanet(made *m, passwd_events *v, int align) {
    static passwd_spanet_answer wanted[EVENTS], answers[EVENTS];
    passwd_spanet_topology t;
    passwd_spanet_config c;
    passwd_spanet *net = NULL;
    passwd_spanet_job *job = NULL;
    int32_t rows[8], others[8];
    signed char input[8], of[8];
    int64_t dropped = 0, again = 0, k;
    CHECK_OK(passwd_spanet_topology_parse(topology, sizeof topology - 1, "topology", NULL, &t, &e), e);
    passwd_spanet_preset("default", &c, &e);
    c.max_jets = 8;
    c.align = align;
    c.mass_units = 3;
    c.augment = 0;
    c.num_encoder_layers = 1;
    CHECK_OK(passwd_spanet_new(&c, &t, 3, NULL, &net, &e), e);
    CHECK_OK(passwd_spanet_job_new(net, NULL, &job, &e), e);
    memset(wanted, 0, sizeof wanted);
    memset(answers, 0, sizeof answers);
    CHECK_OK(passwd_spanet_run(job, v, 0, EVENTS, PASSWD_SPANET_JOINT, wanted, &dropped, &e), e);
    CHECK_OK(passwd_spanet_run_arrays(job, &m->a, 0, EVENTS, PASSWD_SPANET_JOINT, answers, &again, &e), e);
    CHECK(dropped > 0 && again == dropped && wanted[7].jets == 8 && wanted[7].particle[0].pt > 0.0);
    CHECK(memcmp(wanted, answers, sizeof wanted) == 0);
    for (k = 0; k < EVENTS; k++) {
        const int n = passwd_spanet_jets(&t, v, k, 8, rows, input, NULL);
        CHECK(passwd_spanet_jets_arrays(&t, &m->a, k, 8, others, of, NULL) == n);
        CHECK(memcmp(rows, others, (size_t)n * sizeof *rows) == 0 && memcmp(input, of, (size_t)n) == 0);
    }
    m->a.names = NULL; /* then btag should be the second */
    CHECK(passwd_spanet_run_arrays(job, &m->a, 0, EVENTS, PASSWD_SPANET_JOINT, answers, NULL, &e) == PASSWD_ERROR_CONFIG
        && strstr(e.message, "btag"));
    m->a.names = names;
    m->jet[4][JETS * 9] = NAN;
    CHECK(
        passwd_spanet_run_arrays(job, &m->a, 0, EVENTS, PASSWD_SPANET_JOINT, answers, NULL, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "Event 9 "));
    m->jet[4][JETS * 9] = 1;
    CHECK(passwd_spanet_run_arrays(job, NULL, 0, EVENTS, PASSWD_SPANET_JOINT, answers, NULL, &e)
        == PASSWD_ERROR_ARGUMENT);
    CHECK(memcmp(wanted, answers, sizeof wanted) == 0);
    passwd_spanet_job_free(job);
    passwd_spanet_free(net);
}
static void test_rmm(made *m, const passwd_events *v, const char *preset) {
    static double wanted[EVENTS], scores[EVENTS], masses[2][EVENTS * PASSWD_RMM_MASSES];
    static float matrices[2][EVENTS * 1296];
    passwd_rmm_dropped dropped = { 0, 0 }, again = { 0, 0 };
    passwd_rmm_encoder encoder;
    passwd_rmm_config c;
    passwd_rmm *rmm = NULL;
    passwd_rmm_job *job = NULL;
    int whole;
    passwd_rmm_preset(preset, &c, &e);
    c.layout.sqrt_s = 13000;
    c.layout.most[0] = 3;
    c.widths[0] = 16;
    c.n_widths = 1;
    CHECK_OK(passwd_rmm_encoder_new(&c.layout, &encoder, &e), e);
    for (whole = 0; whole < 2; whole++) {
        CHECK_OK(passwd_rmm_encode(&encoder, v, 0, EVENTS, whole, matrices[0], &dropped, &e), e);
        CHECK_OK(passwd_rmm_encode_arrays(&encoder, &m->a, 0, EVENTS, whole, matrices[1], &again, &e), e);
        CHECK(memcmp(matrices[0], matrices[1], sizeof matrices[0]) == 0 && matrices[0][0] > 0.0f);
        CHECK(dropped.beyond == again.beyond && dropped.beyond > 0);
    }
    CHECK_OK(passwd_rmm_masses(&encoder, v, 0, EVENTS, masses[0], &e), e);
    CHECK_OK(passwd_rmm_masses_arrays(&encoder, &m->a, 0, EVENTS, masses[1], &e), e);
    CHECK(memcmp(masses[0], masses[1], sizeof masses[0]) == 0 && masses[0][9 * 5] > 0.0);
    CHECK_OK(passwd_rmm_new(&c, 5, NULL, &rmm, &e), e);
    CHECK_OK(passwd_rmm_job_new(rmm, NULL, &job, &e), e);
    CHECK_OK(passwd_rmm_run(job, v, 0, EVENTS, wanted, NULL, &e), e);
    CHECK_OK(passwd_rmm_run_arrays(job, &m->a, 0, EVENTS, scores, NULL, &e), e);
    CHECK(memcmp(wanted, scores, sizeof wanted) == 0);
    m->met[1][33] = INFINITY;
    CHECK(passwd_rmm_run_arrays(job, &m->a, 0, EVENTS, scores, NULL, &e) == PASSWD_ERROR_NUMERIC
        && strstr(e.message, "Event 33 "));
    CHECK_OK(passwd_rmm_run_arrays(job, &m->a, 0, 33, scores, NULL, &e), e);
    m->met[1][33] = 1;
    CHECK(memcmp(wanted, scores, sizeof wanted) == 0);
    passwd_rmm_job_free(job);
    passwd_rmm_free(rmm);
}
/* What cannot be linked, and events made of all of it. */
static void test_linked(made *m, const passwd_events *v) {
    passwd_events copy;
    passwd_arrays odd = m->a;
    int64_t k, good = 0;
    memset(&copy, 0, sizeof copy);
    CHECK_OK(passwd_events_add(&copy, &m->a, &e), e);
    CHECK(copy.count == v->count && copy.objects == v->objects && copy.n_numbers == 1);
    for (k = 0; k < v->objects; k++) {
        const double tag = v->number[PASSWD_SPANET_BTAG][k];
        good += (copy.pt[k] == v->pt[k] && copy.eta[k] == v->eta[k] && copy.phi[k] == v->phi[k] && copy.m[k] == v->m[k]
            && copy.e[k] == v->e[k] && strcmp(copy.type_names.name[copy.type[k]], v->type_names.name[v->type[k]]) == 0
            && (tag != tag || tag == copy.number[0][k]));
    }
    CHECK(good == v->objects);
    odd.more = &odd;
    CHECK(passwd_events_add(&copy, &odd, &e) == PASSWD_ERROR_ARGUMENT && strstr(e.message, "linked"));
    m->of_met.events--;
    CHECK(passwd_events_add(&copy, &m->a, &e) == PASSWD_ERROR_SHAPE && strstr(e.message, "same events"));
    m->of_met.events++;
    m->of_met.types = jet_types; /* jets need more than pt and phi */
    CHECK(passwd_events_add(&copy, &m->a, &e) == PASSWD_ERROR_ARGUMENT);
    m->of_met.types = met_type;
    CHECK(copy.count == EVENTS);
    passwd_events_free(&copy);
}

/* --- jobs in buffers --- */

static long taken; /* by the models' allocator */
static void *count_take(void *user, size_t bytes) {
    (void)user;
    taken++;
    return malloc(bytes);
}
static void count_release(void *user, void *p) {
    (void)user;
    free(p);
}
typedef struct jobs { /* one of these; and what to run it on */
    passwd_abc *abc;
    passwd_spanet *net;
    passwd_rmm *rmm;
    made *m;
} jobs;
/* Makes and runs one of four kinds: answers as bytes. */
static passwd_status run_job(const jobs *x, int kind, const passwd_workspace_options *o, unsigned char *out) {
    passwd_status s = PASSWD_OK;
    const passwd_arrays *a = &x->m->a;
    if (kind == 0) {
        passwd_abc_job *j = NULL;
        s = passwd_abc_job_new(x->abc, o, &j, &e);
        if (s == PASSWD_OK) s = passwd_abc_run_arrays(j, a, 0, EVENTS, (passwd_abc_result *)(void *)out, NULL, &e);
        passwd_abc_job_free(j);
    } else if (kind == 1) {
        passwd_spanet_job *j = NULL;
        s = passwd_spanet_job_new(x->net, o, &j, &e);
        if (s == PASSWD_OK)
            s = passwd_spanet_run_arrays(
                j, a, 0, EVENTS, PASSWD_SPANET_JOINT, (passwd_spanet_answer *)(void *)out, NULL, &e);
        passwd_spanet_job_free(j);
    } else if (kind == 2) {
        passwd_rmm_job *j = NULL;
        s = passwd_rmm_job_new(x->rmm, o, &j, &e);
        if (s == PASSWD_OK) s = passwd_rmm_run_arrays(j, a, 0, EVENTS, (double *)(void *)out, NULL, &e);
        passwd_rmm_job_free(j);
    } else {
        const passwd_model *model = passwd_rmm_model(x->rmm);
        static float input[1296], *outputs[8];
        const float *inputs[8] = { input };
        passwd_workspace *w = NULL;
        passwd_batch b;
        memset(&b, 0, sizeof b);
        b.events = 1;
        b.inputs = inputs;
        outputs[passwd_output_find(model, "score")] = (float *)(void *)out;
        s = passwd_workspace_new(model, o, &w, &e);
        if (s == PASSWD_OK) s = passwd_run(model, w, &b, outputs, &e);
        passwd_workspace_free(w);
    }
    return s;
}
static size_t size_of(const jobs *x, int kind, const passwd_workspace_options *o) {
    return kind == 0 ? passwd_abc_job_size(x->abc, o)
        : kind == 1  ? passwd_spanet_job_size(x->net, o)
        : kind == 2  ? passwd_rmm_job_size(x->rmm, o)
                     : passwd_workspace_size(passwd_rmm_model(x->rmm), o);
}
static void test_in_buffer(const jobs *x, int kind, int threads) {
    const size_t room = EVENTS * (sizeof(passwd_abc_result) + sizeof(passwd_spanet_answer));
    unsigned char *wanted = (unsigned char *)calloc(room, 1), *answers = (unsigned char *)calloc(room, 1), *buffer;
    passwd_workspace_options o;
    char number[32];
    size_t size, k;
    int offset;
    memset(&o, 0, sizeof o);
    o.threads = threads;
    size = size_of(x, kind, &o);
    CHECK(size > 1000 && size == size_of(x, kind, &o));
    CHECK_OK(run_job(x, kind, &o, wanted), e);
    buffer = (unsigned char *)malloc(size + 64);
    for (offset = 0; offset < 17; offset += offset ? 5 : 1) {
        const long before = taken;
        memset(buffer, 0xa5, size + 64);
        memset(answers, 0, room);
        o.buffer = buffer + offset;
        o.bytes = size;
        CHECK_OK(run_job(x, kind, &o, answers), e);
        CHECK(taken == before && memcmp(wanted, answers, room) == 0);
        for (k = 0; k < (size_t)offset && buffer[k] == 0xa5; k++) {}
        CHECK(k == (size_t)offset);
        for (k += size; k < size + 64 && buffer[k] == 0xa5; k++) {}
        CHECK(k == size + 64);
    }
    /* too few: as many as there are, and as many as there should be; at the alignment that takes the most, one less
     * fails */
    o.buffer = buffer + 1 + 15 - (size_t)((uintptr_t)buffer % 16);
    o.buffer = (unsigned char *)o.buffer + ((uintptr_t)o.buffer % 16 == 0);
    snprintf(number, sizeof number, "%lu are needed", (unsigned long)size);
    for (k = 0; k < 5; k++) {
        static const size_t few[5] = { 0, 1, 20, 300, 1 };
        o.bytes = k < 4 ? few[k] : size / 2;
        CHECK(run_job(x, kind, &o, answers) == PASSWD_ERROR_MEMORY && strstr(e.message, number));
    }
    for (o.bytes = size - 64; run_job(x, kind, &o, answers) == PASSWD_ERROR_MEMORY; o.bytes++) {}
    CHECK(o.bytes <= size && o.bytes + 48 >= size);
    free(wanted);
    free(answers);
    free(buffer);
}
static void test_buffers(made *m) {
    passwd_allocator a;
    passwd_spanet_topology t;
    passwd_spanet_config spanet;
    passwd_abc_config abc;
    passwd_rmm_config rmm;
    passwd_workspace_options o;
    passwd_workspace *w = NULL;
    jobs x;
    int kind;
    memset(&x, 0, sizeof x);
    memset(&o, 0, sizeof o);
    a.allocate = count_take;
    a.release = count_release;
    a.user = NULL;
    passwd_abc_preset("default", &abc, &e);
    passwd_spanet_preset("default", &spanet, &e);
    spanet.max_jets = 8;
    spanet.num_encoder_layers = 1;
    passwd_spanet_topology_parse(topology, sizeof topology - 1, "topology", NULL, &t, &e);
    passwd_rmm_preset("search", &rmm, &e);
    rmm.layout.sqrt_s = 13000;
    CHECK_OK(passwd_abc_new(&abc, 1, &a, &x.abc, &e), e);
    CHECK_OK(passwd_spanet_new(&spanet, &t, 1, &a, &x.net, &e), e);
    CHECK_OK(passwd_rmm_new(&rmm, 1, &a, &x.rmm, &e), e);
    x.m = m;
    CHECK(taken > 10);
    for (kind = 0; kind < 4; kind++) test_in_buffer(&x, kind, kind % 2 ? 2 : 1);
    o.losses = 1;
    o.buffer = &a;
    o.bytes = sizeof a;
    CHECK(passwd_workspace_new(passwd_rmm_model(x.rmm), &o, &w, &e) == PASSWD_ERROR_ARGUMENT
        && strstr(e.message, "losses"));
    CHECK(passwd_abc_job_size(NULL, NULL) == 0 && passwd_spanet_job_size(NULL, NULL) == 0
        && passwd_rmm_job_size(NULL, NULL) == 0 && passwd_workspace_size(NULL, NULL) == 0);
    /* an allocator for the job alone */
    memset(&o, 0, sizeof o);
    o.allocator = &a;
    taken = 0;
    CHECK_OK(passwd_workspace_new(passwd_rmm_model(x.rmm), &o, &w, &e), e);
    CHECK(taken > 3);
    passwd_workspace_free(w);
    passwd_abc_free(x.abc);
    passwd_spanet_free(x.net);
    passwd_rmm_free(x.rmm);
}

/* --- runs that are stopped --- */

typedef struct stop {
    int64_t at, done, all, calls;
} stop;
static int on_run(void *user, int64_t done, int64_t all) {
    stop *s = (stop *)user;
    CHECK(done > s->done && done <= all);
    s->done = done;
    s->all = all;
    s->calls++;
    return done >= s->at;
}
/* a run over many events is stopped after some hundreds or thousands: those have their answers, the others are
 * untouched */
static void test_stopped(void) {
    enum { MANY = 5000 };
    static float pt[4 * MANY];
    static double eta[4] = { 0.3, -0.2, 1.0, -1.1 }, phi[4] = { 0.1, 3.0, 1.5, -1.6 }, m[4] = { 20, 20, 10, 10 };
    static passwd_abc_result results[MANY], all[MANY];
    static double scores[MANY], whole[MANY];
    passwd_workspace_options o;
    passwd_abc_config c;
    passwd_rmm_config r;
    passwd_abc *abc = NULL;
    passwd_abc_job *job = NULL;
    passwd_rmm *rmm = NULL;
    passwd_rmm_job *scorer = NULL;
    passwd_arrays a;
    int64_t first[MANY + 1], dropped = 0;
    char words[64];
    stop s;
    int k, going;
    static double eta_of[4 * MANY], phi_of[4 * MANY], m_of[4 * MANY];
    for (k = 0; k < 4 * MANY; k++) {
        pt[k] = (float)number(50, 500);
        eta_of[k] = eta[k % 4];
        phi_of[k] = phi[k % 4];
        m_of[k] = m[k % 4];
    }
    for (k = 0; k <= MANY; k++) first[k] = 4 * k;
    memset(&a, 0, sizeof a);
    a.events = MANY;
    a.first = first;
    a.pt = passwd_floats(pt, 0);
    a.eta = passwd_doubles(eta_of, 0);
    a.phi = passwd_doubles(phi_of, 0);
    a.m = passwd_doubles(m_of, 0);
    memset(&o, 0, sizeof o);
    o.progress = on_run;
    o.user = &s;
    passwd_abc_preset("default", &c, &e);
    c.max_objects = 3;
    c.embed_dim = c.mlp_dim = 8;
    passwd_rmm_preset("search", &r, &e);
    r.layout.sqrt_s = 13000;
    CHECK_OK(passwd_abc_new(&c, 1, NULL, &abc, &e), e);
    CHECK_OK(passwd_abc_job_new(abc, &o, &job, &e), e);
    CHECK_OK(passwd_rmm_new(&r, 1, NULL, &rmm, &e), e);
    CHECK_OK(passwd_rmm_job_new(rmm, &o, &scorer, &e), e);
    for (going = 1; going >= 0; going--) { /* to the end, and not */
        memset(&s, 0, sizeof s);
        s.at = going ? MANY : 2000;
        dropped = 0;
        memset(results, 0x5a, sizeof results);
        if (going) {
            CHECK_OK(passwd_abc_run_arrays(job, &a, 0, MANY, all, &dropped, &e), e);
            CHECK(s.done == MANY && s.all == MANY && dropped == MANY && s.calls < MANY / 100);
        } else {
            CHECK(passwd_abc_run_arrays(job, &a, 0, MANY, results, &dropped, &e) == PASSWD_STOPPED);
            snprintf(words, sizeof words, "after %d of %d events", (int)s.done, (int)MANY);
            CHECK(s.done >= 2000 && s.done < MANY && strstr(e.message, words) && dropped == s.done);
            CHECK(memcmp(results, all, (size_t)s.done * sizeof *results) == 0);
            CHECK(*(unsigned char *)(results + s.done) == 0x5a);
        }
        memset(&s, 0, sizeof s);
        s.at = going ? MANY : 2000;
        for (k = 0; k < MANY; k++) scores[k] = -1e9;
        if (going) CHECK_OK(passwd_rmm_run_arrays(scorer, &a, 0, MANY, whole, NULL, &e), e);
        else {
            CHECK(passwd_rmm_run_arrays(scorer, &a, 0, MANY, scores, NULL, &e) == PASSWD_STOPPED);
            CHECK(s.done < MANY && memcmp(scores, whole, (size_t)s.done * sizeof *scores) == 0);
            CHECK(scores[s.done] == -1e9);
        }
    }
    passwd_abc_job_free(job);
    passwd_abc_free(abc);
    passwd_rmm_job_free(scorer);
    passwd_rmm_free(rmm);
}
static int on_limit(void *user, int64_t done, int64_t all) {
    CHECK(done > 0 && all == 0);
    return ++*(int *)user == 3;
}
static void test_stopped_limit(void) {
    static const double edges[] = { 100, 120, 140, 160, 180, 200 };
    passwd_limit_options o;
    passwd_spectrum s;
    passwd_limit l;
    int k, calls = 0;
    memset(&s, 0, sizeof s);
    memset(&o, 0, sizeof o);
    memset(&l, 0x5a, sizeof l);
    CHECK_OK(passwd_spectrum_new(5, edges, NULL, &s, &e), e);
    for (k = 0; k < 5; k++) s.data[k] = s.variance[k] = s.background[k] = 9 - k;
    o.toys = 500;
    o.progress = on_limit;
    o.user = &calls;
    CHECK(passwd_limit_gaussian(&s, 150, &o, &l, NULL, &e) == PASSWD_STOPPED && strstr(e.message, "3000 toys"));
    CHECK(calls == 3 && *(unsigned char *)&l == 0x5a);
    o.progress = NULL;
    CHECK_OK(passwd_limit_gaussian(&s, 150, &o, &l, NULL, &e), e);
    passwd_spectrum_free(&s);
}

int main(void) {
    made *m = (made *)malloc(sizeof *m);
    passwd_spanet_topology t;
    passwd_spanet_columns columns;
    int energies;
    passwd_spanet_topology_parse(topology, sizeof topology - 1, "topology", NULL, &t, &e);
    passwd_spanet_columns_of(&t, &columns);
    for (energies = 0; energies < 2; energies++) {
        passwd_events v;
        make(m, energies);
        if (load(m, &columns.options, &v)) {
            test_linked(m, &v);
            test_abc(m, &v);
            test_spanet(m, &v, energies);
            test_rmm(m, &v, energies ? "search-autoencoder" : "search");
        }
        passwd_events_free(&v);
    }
    test_buffers(m);
    test_stopped();
    test_stopped_limit();
    free(m);
    return finish();
}
