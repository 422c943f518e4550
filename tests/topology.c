/* Event topologies: both formats, groups against brute force, every mistake with its place, text that reads back, no
   memory.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/topology.c -o build/test_topology -lm && build/test_topology */
#define PASSWD_SPANET_IMPLEMENTATION
#include "passwd_spanet.h"
#include "check.h"
#include "counting.h"

static uint32_t draws;
static int draw(int below) { return (int)(passwd_random_bits(1, 2, draws++) % (uint32_t)below); }

/* reads from a copy of its exact size, so that a byte too far is seen by a sanitizer; a failure must leave the topology
   alone and say where */
static passwd_status read_bytes(const char *text, size_t n, passwd_spanet_topology *t, passwd_error *e) {
    static passwd_spanet_topology before;
    char *copy = (char *)malloc(n ? n : 1);
    passwd_status s;
    memcpy(copy, text, n);
    memset(e, 0, sizeof *e);
    memset(t, 0x5a, sizeof *t);
    before = *t;
    s = passwd_spanet_topology_parse(copy, n, "event.ini", NULL, t, e);
    free(copy);
    if (s != PASSWD_OK) {
        const size_t end = strlen(e->message);
        if (memcmp(&before, t, sizeof before) != 0 || e->status != s || !memchr(e->message, 0, sizeof e->message)
            || end < 20 || (e->message[end - 1] != '.' && e->message[end - 1] != ':')
            || strncmp(e->message, "event.ini:", 10) != 0 || ((e->line < 1 || e->column < 1) && n <= 262144)) {
            printf("a failure that is none: %d %s\n", (int)s, e->message);
            check_failed++;
        }
    }
    return s;
}
static passwd_status read_text(const char *text, passwd_spanet_topology *t, passwd_error *e) {
    return read_bytes(text, strlen(text), t, e);
}

static int same_rows(const signed char *a, const signed char *b, size_t stride, int rows, int places) {
    int i;
    for (i = 0; i < rows; i++)
        if (memcmp(a + stride * (size_t)i, b + stride * (size_t)i, (size_t)places) != 0) return 0;
    return 1;
}
static int same(const passwd_spanet_topology *a, const passwd_spanet_topology *b) {
    int i, k;
    if (a->heads != b->heads) return 0;
    for (i = 0; i < a->heads; i++) { /* regressions are written first */
        const passwd_spanet_head *x = a->head + i;
        for (k = 0; k < b->heads; k++)
            if (strcmp(x->name, b->head[k].name) == 0 && x->particle == b->head[k].particle
                && x->product == b->head[k].product && x->kind == b->head[k].kind
                && (x->kind != PASSWD_SPANET_CLASSES || x->classes == b->head[k].classes))
                break;
        if (k == b->heads) return 0;
    }
    if (a->inputs != b->inputs || a->particles != b->particles || a->permutations != b->permutations) return 0;
    for (i = 0; i < a->inputs; i++) {
        const passwd_spanet_input *x = a->input + i, *y = b->input + i;
        if (strcmp(x->name, y->name) || x->types != y->types || !x->global != !y->global || x->features != y->features)
            return 0;
        for (k = 0; k < x->types; k++)
            if (strcmp(x->type[k], y->type[k])) return 0;
        for (k = 0; k < x->features; k++)
            if (strcmp(x->feature[k].name, y->feature[k].name) || x->feature[k].logarithm != y->feature[k].logarithm
                || x->feature[k].normalize != y->feature[k].normalize)
                return 0;
    }
    for (i = 0; i < a->particles; i++) {
        const passwd_spanet_particle *x = a->particle + i, *y = b->particle + i;
        if (strcmp(x->name, y->name) || x->products != y->products || x->permutations != y->permutations
            || a->orbit[i] != b->orbit[i])
            return 0;
        for (k = 0; k < x->products; k++)
            if (strcmp(x->product[k], y->product[k]) || strcmp(x->target[k], y->target[k])
                || x->inputs[k] != y->inputs[k])
                return 0;
        if (!same_rows(
                &x->permutation[0][0], &y->permutation[0][0], PASSWD_SPANET_PRODUCTS, x->permutations, x->products))
            return 0;
    }
    return same_rows(
        &a->permutation[0][0], &b->permutation[0][0], PASSWD_SPANET_PARTICLES, a->permutations, a->particles);
}
/* writes, reads, compares */
static int returns(const passwd_spanet_topology *t) {
    passwd_spanet_topology back;
    passwd_json_writer w;
    passwd_error e;
    int good;
    passwd_json_writer_init(&w, NULL);
    good = passwd_spanet_topology_write(t, &w.out, &e) == PASSWD_OK
        && read_bytes(w.out.text, w.out.length, &back, &e) == PASSWD_OK && same(t, &back)
        && passwd_spanet_topology_differs(t, &back, NULL) == 0;
    if (!good) printf("%s\n%s\n", e.message, w.out.text ? w.out.text : "");
    passwd_json_writer_free(&w);
    return good;
}

static void test_presets(void) {
    static const char *const names[4] = { "ttbar", "ttH", "tttt", "W" };
    static const int particles[4] = { 2, 3, 4, 1 }, permutations[4] = { 2, 2, 24, 1 };
    static const char *const features[5] = { "m", "pt", "eta", "phi", "btag" };
    passwd_spanet_topology t, u;
    passwd_error e;
    int k, i;
    for (k = 0; k < 4; k++) {
        if (!CHECK_OK(passwd_spanet_topology_preset(names[k], &t, &e), e)) continue;
        CHECK(t.inputs == 1 && t.input[0].features == 5 && t.input[0].types == 0 && !strcmp(t.input[0].name, "SOURCE"));
        for (i = 0; i < 5; i++)
            CHECK(!strcmp(t.input[0].feature[i].name, features[i]) && t.input[0].feature[i].logarithm == (i < 2)
                && t.input[0].feature[i].normalize == (i < 4));
        CHECK(t.particles == particles[k] && t.permutations == permutations[k]);
        for (i = 0; i < t.particles; i++) {
            CHECK(t.particle[i].permutations == 2 && t.particle[i].permutation[0][0] == 0
                && t.particle[i].permutation[1][0] == 1 && t.particle[i].permutation[1][1] == 0);
            CHECK(t.particle[i].products == 2 || (t.particle[i].products == 3 && t.particle[i].permutation[1][2] == 2));
            CHECK(t.orbit[i] == (k == 1 && i == 2 ? 2 : 0));
            CHECK(t.particle[i].inputs[0] == 0);
        }
        CHECK(returns(&t));
        u = t;
        CHECK(passwd_spanet_topology_check(&u, &e) == PASSWD_OK && same(&t, &u)); /* once more changes nothing */
    }
    CHECK(passwd_spanet_topology_preset("ttH", &t, &e) == PASSWD_OK && !strcmp(t.particle[2].name, "H")
        && !strcmp(t.particle[2].target[1], "H/b2") && !strcmp(t.particle[1].target[2], "t2/b"));
    CHECK(!strcmp(t.particle[1].product[0], "q1") && !strcmp(t.particle[1].product[1], "q2")
        && !strcmp(t.particle[2].product[0], "b1"));
    CHECK(passwd_spanet_topology_preset("W", &t, &e) == PASSWD_OK && !strcmp(t.particle[0].name, "w1")
        && !strcmp(t.particle[0].target[0], "t1/q1") && !strcmp(t.particle[0].target[1], "t1/q2"));
    u = t;
    CHECK(passwd_spanet_topology_preset("tth\n", &u, &e) == PASSWD_ERROR_CONFIG && strstr(e.message, "\"tth?\"")
        && memcmp(&t, &u, sizeof t) == 0);
    CHECK(passwd_spanet_topology_preset(NULL, &u, NULL) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_topology_preset("W", NULL, &e) == PASSWD_ERROR_ARGUMENT);
}

static const char ini[] =
    "; tops\n[SOURCE] ; jets\nmass = log_normalize ; as it is\npt: LOG_NormaliZe\neta = normalize\nphi=true\nbtag = "
    "NONE\n\n[EVENT]\nparticles = (t1, t2)\npermutations = [(t1, t2)]\n\n"
    "[t1]\njets = (q1, q2, b)\npermutations = [(q1, q2)]\n[t2]\njets = [q1,q2,b,]   # a list\npermutations = [ ( q1 "
    ",\n   q2 ) ; goes on\n ]\n";
static const char yaml[] =
    "# tops\nINPUTS:\n  # all\n  SEQUENTIAL:\n    SOURCE:\n      mass: log_normalize\n      pt: log_normalize # x\n    "
    "  'eta': normalize\n      phi: \"normalize\"\n\n      btag: None\n\n  GLOBAL:\n\n"
    "EVENT:\n  t1:\n    - q1\n    - q2\n    - b\n  t2:\n  - q1\n  # between\n  - 'q2'\n  - b\n\nPERMUTATIONS:\n    "
    "EVENT:\n      - [ t1, t2 ]\n    t1:\n      - [ q1, q2 ]\n    t2: [[q1,\n q2]]\n\nREGRESSIONS:\nCLASSIFICATIONS:";

static void test_formats(void) {
    passwd_spanet_topology a, b, c;
    passwd_error e;
    char changed[2048], *to = changed;
    const char *p;
    CHECK_OK(read_text(ini, &a, &e), e);
    CHECK_OK(read_text(yaml, &b, &e), e);
    CHECK(same(&a, &b) && memcmp(&a, &b, sizeof a) == 0);
    CHECK(passwd_spanet_topology_preset("ttbar", &c, &e) == PASSWD_OK);
    strcpy(c.input[0].feature[0].name, "mass");
    CHECK(same(&a, &c));
    CHECK(returns(&a) && returns(&b));
    /* byte-order mark, CRLF */
    memcpy(to, "\xef\xbb\xbf", 3);
    for (to += 3, p = yaml; *p; p++) {
        if (*p == '\n') *to++ = '\r';
        *to++ = *p;
    }
    CHECK(read_bytes(changed, (size_t)(to - changed), &c, &e) == PASSWD_OK && same(&c, &a));
    for (to = changed + 3, p = ini; *p; p++) {
        if (*p == '\n') *to++ = '\r';
        *to++ = *p;
    }
    CHECK(read_bytes(changed, (size_t)(to - changed), &c, &e) == PASSWD_OK && same(&c, &a));
    CHECK(read_bytes(changed, (size_t)(to - changed) - 1, &c, &e) == PASSWD_OK
        && same(&c, &a)); /* a lone CR at the end */
    /* nothing, in YAML's ways */
    CHECK_OK(read_text("---\nINPUTS:\n SEQUENTIAL:\n  S:\n   pt: none\n GLOBAL: {}\nEVENT:\n a: [x]\nPERMUTATIONS: "
                       "~\nREGRESSIONS:\n EVENT:\n a:\n  x: []\nCLASSIFICATIONS: null\n",
                 &c, &e),
        e);
    CHECK(c.permutations == 1 && c.particles == 1 && c.particle[0].permutations == 1 && c.particle[0].products == 1
        && !strcmp(c.particle[0].target[0], "a/x"));
    CHECK_OK(
        read_text(
            "  INPUTS:\n    SEQUENTIAL:\n     S:\n      objects: [ j, b ]\n      pt: none\n  EVENT:\n   a:\n   - x", &c,
            &e),
        e); /* not from column 1 on */
    CHECK(c.input[0].types == 2 && !strcmp(c.input[0].type[1], "b") && c.input[0].features == 1 && returns(&c));
    /* several collections, where products come from, labels */
    CHECK_OK(read_text("[INPUTS]\nJets = sequential\nLeptons = SEQUENTIAL\n[Jets]\nobjects = (j, b)\npt = "
                       "log\n[Leptons]\nobjects = [e, mu]\npt = log_normalize\nid = false\n"
                       "[EVENT]\nparticles = (t+, W-.*)\n[t+]\njets = (l, q, b)\ninputs = (Leptons, (Jets, Leptons), "
                       "Jets)\ntargets = (t1/l, t1/q, x)\n[W-.*]\njets=(a,b)\npermutations=\n",
                 &c, &e),
        e);
    CHECK(c.inputs == 2 && c.input[1].types == 2 && c.input[1].feature[1].logarithm == 0
        && c.input[0].feature[0].logarithm == 1 && c.input[0].feature[0].normalize == 0);
    CHECK(c.particle[0].inputs[0] == 2 && c.particle[0].inputs[1] == 0 && c.particle[0].inputs[2] == 1
        && !strcmp(c.particle[0].target[2], "x"));
    CHECK(c.orbit[1] == 1 && !strcmp(c.particle[1].target[1], "W-.*/b") && returns(&c));
    /* a product's collection, collections known by their names */
    CHECK_OK(read_text("INPUTS:\n SEQUENTIAL:\n  Jets:\n   pt: log\n  Leptons:\n   pt: log\n  MET:\n   met: "
                       "log\nEVENT:\n t:\n  - q1: Jets\n  - q2: Jets # a comment\n  - \"b\":  Jets\n  - l: Leptons\n"
                       " w:\n - a\n -   b: 'Jets'\nPERMUTATIONS:\n t:\n  - [ q1, q2 ]\n w: []\n EVENT: []\n",
                 &c, &e),
        e);
    CHECK(c.particle[0].products == 4 && !strcmp(c.particle[0].product[2], "b")
        && !strcmp(c.particle[0].product[3], "l") && c.particle[0].permutations == 2 && c.particle[1].products == 2);
    CHECK(c.input[0].types == 0 && c.input[1].types == 2 && !strcmp(c.input[1].type[1], "mu") && c.input[2].types == 1
        && !strcmp(c.input[2].type[0], "met"));
    CHECK(c.particle[0].inputs[0] == 0 && returns(&c));
    CHECK(read_text("INPUTS:\n SEQUENTIAL:\n  Jets:\n   pt: log\nEVENT:\n t:\n  - q1: Jetz\n", &c, &e)
            == PASSWD_ERROR_CONFIG
        && e.line == 7 && e.column == 9 && strstr(e.message, "no collection \"Jetz\""));
    CHECK(read_text("INPUTS:\n SEQUENTIAL:\n  Jets:\n   pt: log\nEVENT:\n t:\n  - q1: [Jets]\n", &c, &e)
            == PASSWD_ERROR_PARSE
        && strstr(e.message, "name of a collection"));
    CHECK(read_text("INPUTS:\n SEQUENTIAL:\n  Jets:\n   pt: log\nEVENT:\n t:\n  - q1: Jets\n    q2: Jets\n", &c, &e)
            == PASSWD_ERROR_PARSE
        && strstr(e.message, "name of a product"));
    /* a name of 31 bytes */
    CHECK_OK(
        read_text("[SOURCE]\nabcdefghijklmnopqrstuvwxyz01234=none\n[EVENT]\nparticles=(abcdefghijklmnopqrstuvwxyz01234)"
                  "\n[abcdefghijklmnopqrstuvwxyz01234]\njets=(abcdefghijklmnopqrstuvwxyz01234)",
            &c, &e),
        e);
    CHECK(strlen(c.particle[0].target[0]) == 63 && returns(&c));
}

/* permutations of the particles a, b, c, d, e, f: the group's size and one of its elements */
static int group_of(int as_yaml, const char *list, const char *element) {
    static const char *const names[6] = { "a", "b", "c", "d", "e", "f" };
    passwd_spanet_topology t;
    passwd_error e;
    char text[2048];
    int k, n;
    n = snprintf(text, sizeof text,
        as_yaml ? "INPUTS: \n SEQUENTIAL:\n  S:\n   pt: none\nPERMUTATIONS:\n EVENT:%s\nEVENT:\n"
                : "[SOURCE]\npt=none\n[EVENT]\nparticles=(a,b,c,d,e,f)\npermutations=%s\n",
        list);
    for (k = 0; k < 6; k++)
        n += snprintf(text + n, sizeof text - (size_t)n, as_yaml ? " %s:\n  - x\n" : "[%s]\njets=(x)\n", names[k]);
    if (read_text(text, &t, &e) != PASSWD_OK) {
        printf("%s\n", e.message);
        return -1;
    }
    if (!returns(&t)) return -2;
    for (k = 0; k < t.permutations; k++) {
        for (n = 0; n < 6 && t.permutation[k][n] == element[n] - 'a'; n++) {}
        if (n == 6) return t.permutations;
    }
    return 0;
}
static void test_generators(void) {
    CHECK(group_of(0, "[(a, b)]", "bacdef") == 2);
    CHECK(group_of(0, "[(a, b, c)]", "bcadef") == 3);
    CHECK(group_of(0, "[(a, b, c)]", "cabdef") == 3);
    CHECK(group_of(0, "[(a, b, c)]", "bacdef") == 0);        /* a cycle is no exchange */
    CHECK(group_of(0, "[(a, b), (c, d)]", "bacdef") == 4);   /* two generators */
    CHECK(group_of(0, "[[(a, b), (c, d)]]", "badcef") == 2); /* one, of two exchanges at once */
    CHECK(group_of(0, "[[(a, b), (c, d)]]", "bacdef") == 0);
    CHECK(group_of(0, "[[(a, b), (c, d)], (e, f)]", "badcfe") == 4);
    CHECK(group_of(0, "((a, b), [(c, d)],)", "badcef") == 4);
    CHECK(group_of(0, "[(a,b,c,d,e,f)]", "fabcde") == 6);
    CHECK(group_of(0, "[(a,b,c,d,e,f), (a, b)]", "fedcba") == 720);
    CHECK(group_of(0, "[(a,b,c),(a,d,e)]", "bcadef") == 60); /* even ones of five */
    CHECK(group_of(0, "[(a,b,c,d),[(a,c),(e,f)]]", "bcdaef") == 8);
    CHECK(group_of(0, "[]", "abcdef") == 1 && group_of(0, "", "abcdef") == 1);
    CHECK(group_of(1, "\n  - [a, b]", "bacdef") == 2);
    CHECK(group_of(1, "\n  - [a, b, c]", "bacdef") == 6); /* all of them */
    CHECK(group_of(1, "\n  - [a, b, c, d, e, f]", "fedcba") == 720);
    CHECK(group_of(1, "\n  - [c, a, e]", "ebadcf") == 6 && group_of(1, "\n - [a, e, c]", "ebadcf") == 6
        && group_of(0, "[(a, e, c)]", "ebadcf") == 3);
    CHECK(group_of(1, "\n  - [c, a, e]", "ebcdaf") == 6);
    CHECK(group_of(1, "\n  - [[a, b], [c, d]]", "badcef") == 2);
    CHECK(group_of(1, "\n  - [[a, b], [c, d]]\n  - [[a, c], [b, d]]", "dcbaef") == 4);
    CHECK(group_of(1, "\n  - - a\n    - b\n  - - - c\n      - d\n    - - e\n      - f", "bacdfe") == 0);
    CHECK(group_of(1, "\n  - - a\n    - b\n  - - - c\n      - d\n    - - e\n      - f", "badcfe") == 4);
    CHECK(group_of(1, "\n  -\n    - a\n    - b\n", "bacdef") == 2);
    CHECK(group_of(1, " [[a, b], [e, f]] # two items", "bacdef") == 4);
    CHECK(group_of(1, "", "abcdef") == 1);
}

/* closure by the definition: multiply all by all until nothing new comes; elements as numbers in base 8 */
static int brute_group(const signed char *rows, int stride, int count, int n, long *set, int most) {
    int size = 1, i, j, k, grown = 1;
    for (set[0] = 0, k = 0; k < n; k++) set[0] = set[0] * 8 + k;
    while (grown) {
        grown = 0;
        for (i = 0; i < size; i++)
            for (j = 0; j < count; j++) {
                long x = 0;
                int at;
                for (k = 0; k < n; k++) x = x * 8 + rows[j * stride + (int)(set[i] >> 3 * (n - 1 - k) & 7)];
                for (at = 0; at < size && set[at] != x; at++) {}
                if (at < size) continue;
                if (size == most) return most + 1;
                set[size++] = x;
                grown = 1;
            }
    }
    return size;
}
static int by_size(const void *a, const void *b) {
    const long x = *(const long *)a, y = *(const long *)b;
    return (x > y) - (x < y);
}

static void random_row(signed char *row, int n, const int *kind) {
    int k;
    for (k = 0; k < n; k++) row[k] = (signed char)k;
    for (k = n - 1; k > 0; k--) {
        const int i = draw(k + 1);
        const signed char keep = row[k];
        if (kind && kind[(int)row[i]] != kind[(int)row[k]]) continue;
        row[k] = row[i];
        row[i] = keep;
    }
}
static void random_name(char *to, int most, int number) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.+*";
    const int n = 1 + draw(most - 2);
    int k;
    to[0] = (char)('A' + number % 26); /* so that no two agree */
    for (k = 1; k < n; k++) to[k] = letters[draw((int)sizeof letters - 1)];
    to[n] = (char)('a' + number / 26);
    to[n + 1] = 0;
}
/* some particles alike, so that they can be exchanged */
static void random_topology(passwd_spanet_topology *t, int *alike) {
    int kind[8], i, k, j, sequential, number = 0;
    memset(t, draw(2) ? 0x33 : 0, sizeof *t); /* what is not used may be anything */
    t->inputs = 1 + draw(4);
    for (i = 0; i < t->inputs; i++) {
        passwd_spanet_input *x = t->input + i;
        random_name(x->name, 31, number++);
        if (t->inputs == 1 && draw(2)) strcpy(x->name, "SOURCE");
        x->global = i > 0 ? draw(2) : 0;
        x->types = i == 0 ? draw(4) : 1 + draw(8);
        for (k = 0; k < x->types; k++) snprintf(x->type[k], sizeof x->type[k], "type%d.%d", i & 3, k & 7);
        x->features = draw(8) ? 1 + draw(6) : 32;
        for (k = 0; k < x->features; k++) {
            random_name(x->feature[k].name, 31, k);
            x->feature[k].logarithm = draw(2);
            x->feature[k].normalize = 3 * draw(2);
        }
    }
    for (i = 0, sequential = 0; i < t->inputs; i++) sequential |= (t->input[i].global ? 0 : 1) << i;
    t->particles = 1 + draw(8);
    for (i = 0; i < t->particles; i++) {
        passwd_spanet_particle *p = t->particle + i;
        kind[i] = i;
        if (i && draw(3)) {
            kind[i] = kind[draw(i)];
            *p = t->particle[kind[i]];
        } else {
            p->products = 1 + draw(PASSWD_SPANET_PRODUCTS);
            p->permutations = draw(3);
            for (k = 0; k < p->products; k++) p->inputs[k] = draw(3) ? 0 : draw(1 << t->inputs) & sequential;
            for (k = 0; k < p->permutations; k++) random_row(p->permutation[k], p->products, p->inputs);
        }
        random_name(p->name, 31, number++);
        for (k = 0; k < p->products; k++) {
            random_name(p->product[k], 31, k);
            p->target[k][0] = 0;
            if (!draw(4)) snprintf(p->target[k], sizeof p->target[k], "l/%d_%d", i, k);
        }
        for (j = 0; j < p->products; j++)
            if (p->inputs[j] == sequential && draw(2)) p->inputs[j] = 0; /* the same for this rule only if all do */
        for (j = 0; j < p->products; j++)
            if (p->inputs[j] == sequential) p->inputs[j] = 0;
    }
    t->permutations = draw(4);
    for (k = 0; k < t->permutations; k++) random_row(t->permutation[k], t->particles, kind);
    for (t->heads = draw(5), k = 0; k < t->heads; k++) {
        passwd_spanet_head *h = t->head + k;
        random_name(h->name, 31, k);
        h->kind = draw(4);
        h->particle = draw(3) ? draw(t->particles) : -1;
        h->product = h->particle >= 0 && draw(2) ? draw(t->particle[h->particle].products) : -1;
        h->classes = draw(3) ? 2 + draw(60) : 0;
    }
    for (i = 0, *alike = 0; i < t->particles; i++) {
        for (k = 0, j = 0; k < t->particles; k++) j += kind[k] == kind[i];
        if (j > *alike) *alike = j;
    }
}
static void test_random(void) {
    static long set[721];
    passwd_spanet_topology t, u;
    passwd_error e;
    int k, i, n, alike, taken = 0, large = 0, wrong = 0;
    for (k = 0; k < 1500; k++) {
        passwd_status s;
        random_topology(&t, &alike);
        u = t;
        n = brute_group(&t.permutation[0][0], PASSWD_SPANET_PARTICLES, t.permutations, t.particles, set, 720);
        s = passwd_spanet_topology_check(&u, &e);
        if (n > 720) {
            large++;
            wrong += s != PASSWD_ERROR_UNSUPPORTED || memcmp(&t, &u, sizeof t) != 0;
            continue;
        }
        if (s != PASSWD_OK) {
            wrong++;
            printf("%s\n", e.message);
            continue;
        }
        taken++;
        qsort(set, (size_t)n, sizeof *set, by_size);
        wrong += n != u.permutations;
        for (i = 0; i < n && i < u.permutations; i++) {
            long x = 0;
            int j;
            for (j = 0; j < u.particles; j++) x = x * 8 + u.permutation[i][j];
            wrong += x != set[i];
        }
        for (i = 0; i < u.particles; i++) {
            int j, least = i;
            for (j = 0; j < n; j++) {
                const int x = (int)(set[j] >> 3 * (u.particles - 1 - i) & 7);
                if (x < least) least = x;
            }
            wrong += u.orbit[i] != least;
            j = brute_group(&t.particle[i].permutation[0][0], PASSWD_SPANET_PRODUCTS, t.particle[i].permutations,
                t.particle[i].products, set + 0, 720);
            wrong += j != u.particle[i].permutations;
            n = brute_group(&t.permutation[0][0], PASSWD_SPANET_PARTICLES, t.permutations, t.particles, set, 720);
        }
        wrong += !returns(&u);
        { /* what was written is what the unchecked one writes */
            passwd_json_writer a, b;
            passwd_json_writer_init(&a, NULL);
            passwd_json_writer_init(&b, NULL);
            wrong += passwd_spanet_topology_write(&t, &a.out, NULL) || passwd_spanet_topology_write(&u, &b.out, NULL)
                || strcmp(a.out.text, b.out.text) != 0;
            passwd_json_writer_free(&a);
            passwd_json_writer_free(&b);
        }
    }
    CHECK(wrong == 0);
    CHECK(taken > 1000 && large > 0);
}

#define HEAD "[SOURCE]\npt = none\n[EVENT]\nparticles = (t)\n"                                  /* line 5 comes */
#define TREE "INPUTS:\n  SEQUENTIAL:\n    S:\n      pt: none\nEVENT:\n  t:\n    - a\n    - b\n" /* line 9 comes */
#define N32 "abcdefghijklmnopqrstuvwxyz012345"
static const struct {
    const char *text;
    passwd_status status;
    int line, column;
    const char *says;
} bad[] = { { "", PASSWD_ERROR_PARSE, 1, 1, "empty" }, { "\n \n# x\n;\n", PASSWD_ERROR_PARSE, 1, 1, "empty" },
    { "\xef\xbb\xbf", PASSWD_ERROR_PARSE, 1, 1, "empty" }, { "hello", PASSWD_ERROR_PARSE, 1, 1, "[section]" },
    { "pt = none\n[SOURCE]\n", PASSWD_ERROR_PARSE, 1, 1, "[section]" },
    { "{\"a\": 1}", PASSWD_ERROR_CONFIG, 1, 1, "INPUTS" }, { "[SOURCE\npt=none", PASSWD_ERROR_PARSE, 1, 8, "']'" },
    { "[]\n", PASSWD_ERROR_CONFIG, 1, 1, "[EVENT]" }, { "[", PASSWD_ERROR_PARSE, 1, 2, "name of a section" },
    { "[SOURCE] pt\n", PASSWD_ERROR_PARSE, 1, 10, "end of the line" },
    { "[SOURCE]\npt\n", PASSWD_ERROR_PARSE, 2, 3, "'='" }, { "[SOURCE]\npt none\n", PASSWD_ERROR_PARSE, 2, 8, "'='" },
    { "[SOURCE]\npt = none\n[SOURCE]\n", PASSWD_ERROR_PARSE, 3, 2, "twice, first in line 1" },
    { "[SOURCE]\npt = none\n pt = log\n", PASSWD_ERROR_PARSE, 3, 2, "twice" },
    { "[SOURCE]\npt = none\n", PASSWD_ERROR_CONFIG, 1, 1, "[EVENT]" },
    { "[EVENT]\nparticles = (t)\n[t]\njets=(a)", PASSWD_ERROR_CONFIG, 1, 1, "[SOURCE]" },
    { "[SOURCE]\n[EVENT]\nparticles=(t)\n[t]\njets=(a)", PASSWD_ERROR_CONFIG, 1, 2, "no feature" },
    { "[SOURCE]\npt = nome\n[EVENT]", PASSWD_ERROR_CONFIG, 2, 6, "\"nome\"" },
    { "[SOURCE]\npt =\n[EVENT]", PASSWD_ERROR_PARSE, 2, 5, "log_normalize" },
    { "[SOURCE]\npt = (none)\n[EVENT]", PASSWD_ERROR_PARSE, 2, 6, "log_normalize" },
    { "[SOURCE]\np t = none\n[EVENT]", PASSWD_ERROR_PARSE, 2, 1, "letters" },
    { "[SOURCE]\n" N32 " = none\n[EVENT]", PASSWD_ERROR_PARSE, 2, 1, "31 bytes" },
    { "[SOURCE]\n= none\n[EVENT]", PASSWD_ERROR_PARSE, 2, 1, "empty" },
    { "[SOURCE]\nobjects = j\n[EVENT]", PASSWD_ERROR_PARSE, 2, 11, "[j, b]" },
    { "[SOURCE]\nobjects = (j, j)\npt=none\n[EVENT]\nparticles=(t)\n[t]\njets=(a)", PASSWD_ERROR_CONFIG, 2, 15,
        "twice" },
    { "[SOURCE]\nobjects = ()\npt=none\n[EVENT]", PASSWD_ERROR_CONFIG, 2, 1, "no type" },
    { "[SOURCE]\nobjects = (abcdefghijklmnop)\n[EVENT]", PASSWD_ERROR_PARSE, 2, 12, "15 bytes" },
    { "[SOURCE]\nobjects = (a,b,c,d,e,f,g,h,i)\n[EVENT]", PASSWD_ERROR_CONFIG, 2, 28, "\"i\"" },
    { "[SOURCE]\nobjects = ((j))\n[EVENT]", PASSWD_ERROR_PARSE, 2, 12, "type of objects" },
    { "[INPUTS]\nA = sequential\nB = sequential\n[A]\npt=none\n[B]\nobjects=(e, "
      "b)\npt=none\n[EVENT]\nparticles=(t)\n[t]\njets=(a)",
        PASSWD_ERROR_CONFIG, 7, 13, "belong to \"A\"" },
    { "[INPUTS]\nA = sequential\nB = "
      "sequential\n[A]\nobjects=(b)\npt=none\n[B]\npt=none\n[EVENT]\nparticles=(t)\n[t]\njets=(a)",
        PASSWD_ERROR_CONFIG, 3, 1, "belong to \"A\"" },
    { "[INPUTS]\nA = planar\n[A]\npt=none\n[EVENT]", PASSWD_ERROR_CONFIG, 2, 5, "planar" },
    { "[INPUTS]\nA = sequential\n[EVENT]", PASSWD_ERROR_CONFIG, 2, 1, "[A]" },
    { "[INPUTS]\n[EVENT]\nparticles=(t)\n[t]\njets=(a)", PASSWD_ERROR_CONFIG, 1, 2, "no collection" },
    { "[INPUTS]\nA=sequential\n[A]\npt=none\n[SOURCE]\npt=none\n[EVENT]\nparticles=(t)\n[t]\njets=(a)",
        PASSWD_ERROR_CONFIG, 5, 2, "[SOURCE]" },
    { "[INPUTS]\nA=sequential\nB=sequential\nC=sequential\nD=sequential\nE=sequential\n[A]\n[B]\n[C]\n[D]\n[E]\n["
      "EVENT]",
        PASSWD_ERROR_CONFIG, 6, 1, "too many" },
    { "[INPUTS]\nt=sequential\n[t]\npt=none\n[EVENT]\nparticles=(t)\n", PASSWD_ERROR_CONFIG, 6, 12, "\"t\"" },
    { "[SOURCE]\npt=none\n[EVENT]\n", PASSWD_ERROR_CONFIG, 3, 2, "particles = " },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles = ()\n", PASSWD_ERROR_CONFIG, 4, 13, "no particle" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles =\n", PASSWD_ERROR_CONFIG, 4, 12, "no particle" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles = t\n[t]\njets=(a)", PASSWD_ERROR_PARSE, 4, 13, "list of particles" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles = t1, t2\n", PASSWD_ERROR_PARSE, 4, 13, "list of particles" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticle = (t)\n", PASSWD_ERROR_CONFIG, 4, 1, "particles, permutations" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles = (SOURCE)\n", PASSWD_ERROR_CONFIG, 4, 14, "reserved" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles = (EVENT)\n", PASSWD_ERROR_CONFIG, 4, 14, "reserved" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles = (t, t)\n[t]\njets=(a)", PASSWD_ERROR_CONFIG, 4, 17, "twice" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles=(a,b,c,d,e,f,g,h,i)\n[a]\njets=(x)\n[b]\njets=(x)\n[c]\njets=(x)\n[d]"
      "\njets=(x)\n[e]\njets=(x)\n[f]\njets=(x)\n[g]\njets=(x)\n[h]\njets=(x)\n[i]\njets=(x)",
        PASSWD_ERROR_CONFIG, 4, 28, "\"i\"" },
    { HEAD, PASSWD_ERROR_CONFIG, 4, 14, "[t]" }, { HEAD "[T]\njets=(a)", PASSWD_ERROR_CONFIG, 4, 14, "[t]" },
    { HEAD "[t]\n", PASSWD_ERROR_CONFIG, 5, 2, "jets" },
    { HEAD "[t]\njets = ()\n", PASSWD_ERROR_CONFIG, 4, 14, "0 products" },
    { HEAD "[t]\njets =\n", PASSWD_ERROR_CONFIG, 4, 14, "0 products" },
    { HEAD "[t]\njets = (a, b, c, d, e, f)\n", PASSWD_ERROR_CONFIG, 6, 24, "\"f\"" },
    { HEAD "[t]\njets = (a, a)\n", PASSWD_ERROR_CONFIG, 6, 12, "twice" },
    { HEAD "[t]\njets = (a b)\n", PASSWD_ERROR_PARSE, 6, 9, "letters" },
    { HEAD "[t]\njets = (" N32 ")\n", PASSWD_ERROR_PARSE, 6, 9, "31 bytes" },
    { HEAD "[t]\njets = (a,, b)\n", PASSWD_ERROR_PARSE, 6, 11, "a name" },
    { HEAD "[t]\njets = (,)\n", PASSWD_ERROR_PARSE, 6, 9, "a name" },
    { HEAD "[t]\njets = (a, b\n", PASSWD_ERROR_PARSE, 7, 1, "line 6, column 8" },
    { HEAD "[t]\njets = (a, b\npermutations = [(a, b)]\n", PASSWD_ERROR_PARSE, 7, 1, "line 6, column 8" },
    { HEAD "[t]\njets = (a, b]\n", PASSWD_ERROR_PARSE, 6, 13, "')'" },
    { HEAD "[t]\njets = (a, b) c\n", PASSWD_ERROR_PARSE, 6, 15, "end of the line" },
    { HEAD "[t]\njets = (a, \"b)\n", PASSWD_ERROR_PARSE, 6, 12, "quoted string" },
    { HEAD "[t]\njets = (a, \"\")\n", PASSWD_ERROR_PARSE, 6, 12, "empty" },
    { HEAD "[t]\njets = (a, \"b\" c)\n", PASSWD_ERROR_PARSE, 6, 16, "','" },
    { HEAD "[t]\njets = (a, (b))\n", PASSWD_ERROR_PARSE, 6, 12, "product" },
    { HEAD "[t]\njets = (a)\ncolour = red\n", PASSWD_ERROR_CONFIG, 7, 1, "jets, permutations, targets, inputs" },
    { HEAD "[t]\njets = (a)\n[u]\njets = (a)\n", PASSWD_ERROR_CONFIG, 7, 2, "[u]" },
    { HEAD "[t]\njets = (a, b)\npermutations = (a, b)\n", PASSWD_ERROR_PARSE, 7, 17, "[(a, b)]" },
    { HEAD "[t]\njets = (a, b)\npermutations = [a]\n", PASSWD_ERROR_PARSE, 7, 17, "[(a, b)]" },
    { HEAD "[t]\njets = (a, b)\npermutations = [(a, c)]\n", PASSWD_ERROR_CONFIG, 7, 21, "\"c\"" },
    { HEAD "[t]\njets = (a, b)\npermutations = [(a, a)]\n", PASSWD_ERROR_CONFIG, 7, 21, "twice" },
    { HEAD "[t]\njets = (a, b, c)\npermutations = [[(a, b), (b, c)]]\n", PASSWD_ERROR_CONFIG, 7, 27, "twice" },
    { HEAD "[t]\njets = (a, b)\npermutations = [(a)]\n", PASSWD_ERROR_CONFIG, 7, 17, "two" },
    { HEAD "[t]\njets = (a, b)\npermutations = [()]\n", PASSWD_ERROR_CONFIG, 7, 17, "two" },
    { HEAD "[t]\njets = (a, b)\npermutations = [[(a, b), a]]\n", PASSWD_ERROR_PARSE, 7, 26, "list of names" },
    { HEAD "[t]\njets = (a, b)\npermutations = [[a, (a, b)]]\n", PASSWD_ERROR_PARSE, 7, 21, "name" },
    { HEAD "[t]\njets = (a, b)\npermutations = [[[(a, b)]]]\n", PASSWD_ERROR_PARSE, 7, 19, "name" },
    { HEAD "[t]\njets = (a, b)\npermutations = (((((((((((((((((((a\n", PASSWD_ERROR_UNSUPPORTED, 7, 24, "8 deep" },
    { HEAD "[t]\njets = (a, b)\npermutations = [(a, b)(a, b)]\n", PASSWD_ERROR_PARSE, 7, 23, "','" },
    { HEAD "[t]\njets = (a, b)\ntargets = (x)\n", PASSWD_ERROR_CONFIG, 7, 11, "1 names for the 2" },
    { HEAD "[t]\njets = (a, b)\ntargets = (x, x)\n", PASSWD_ERROR_CONFIG, 7, 15, "twice" },
    { HEAD "[t]\njets = (a, b)\ntargets = (x, y z)\n", PASSWD_ERROR_PARSE, 7, 15, "letters" },
    { HEAD "[t]\njets = (a, b)\ntargets = x\n", PASSWD_ERROR_PARSE, 7, 11, "list of targets" },
    { HEAD "[t]\njets = (a)\ntargets = (" N32 N32 ")\n", PASSWD_ERROR_PARSE, 7, 12, "63 bytes" },
    { HEAD "[t]\njets = (a, b)\ntargets = (t/b, x)\n[u]", PASSWD_ERROR_CONFIG, 8, 2, "[u]" },
    { HEAD "[t]\njets = (a, b)\ninputs = (SOURCE, Jets)\n", PASSWD_ERROR_CONFIG, 7, 19, "\"Jets\"" },
    { HEAD "[t]\njets = (a, b)\ninputs = (SOURCE, ())\n", PASSWD_ERROR_CONFIG, 7, 19, "empty" },
    { HEAD "[t]\njets = (a, b)\ninputs = (SOURCE)\n", PASSWD_ERROR_CONFIG, 7, 10, "1 names" },
    { "[INPUTS]\nA=sequential\nB=sequential\n[A]\npt=none\n[B]\nobjects=(e)\npt=none\n[EVENT]\nparticles=(t)\n[t]"
      "\njets=(a,b)\ninputs=(A,B)\npermutations=[(a,b)]",
        PASSWD_ERROR_CONFIG, 14, 14, "different collections" },
    { "[INPUTS]\nA=sequential\nB=sequential\n[A]\npt=none\n[B]\nobjects=(e)\npt=none\n[EVENT]\nparticles=(t,u)"
      "\npermutations=[(t,u)]\n[t]\njets=(a)\ninputs=(A)\n[u]\njets=(a)\n",
        PASSWD_ERROR_CONFIG, 11, 14, "collections" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles=(t,u)\npermutations=[(t,u)]\n[t]\njets=(a,b)\n[u]\njets=(a)\n",
        PASSWD_ERROR_CONFIG, 5, 14, "numbers of products differ" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles=(t,u)\npermutations=[(t,u)]\n[t]\njets=(a,b)\npermutations=[(a,b)]\n[u]"
      "\njets=(a,b)\n",
        PASSWD_ERROR_CONFIG, 5, 14, "permutations of their products differ" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles=(t,u)\npermutations=[(t,v)]\n[t]\njets=(a,b)\n[u]\njets=(a)\n",
        PASSWD_ERROR_CONFIG, 5, 18, "\"v\"" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles=(t,u)\n[t]\njets=(a)\ntargets=(u/a)\n[u]\njets=(a)\n", PASSWD_ERROR_CONFIG,
        1, 1, "target \"u/a\"" },
    { "[SOURCE]\npt=none\n[EVENT]\nparticles=(a,b,c,d,e,f,g)\npermutations=[(a,b),\n "
      "(a,b,c,d,e,f,g)]\n[a]\njets=(x)\n[b]\njets=(x)\n[c]\njets=(x)\n[d]\njets=(x)\n[e]\njets=(x)\n[f]\njets=(x)\n[g]"
      "\njets=(x)\n",
        PASSWD_ERROR_UNSUPPORTED, 6, 2, "720" },
    { "[SOURCE]\npt\x01 = none", PASSWD_ERROR_PARSE, 2, 3, "control" },
    { "[SOURCE]\rpt = none", PASSWD_ERROR_PARSE, 1, 9, "control" },
    { "[SOURCE]\np\xc3\xa4 = none\n[EVENT]", PASSWD_ERROR_PARSE, 2, 1, "p??" },
    /* YAML */
    { "INPUTS:\n\tSEQUENTIAL:\n", PASSWD_ERROR_PARSE, 2, 1, "tab" },
    { "INPUTS:\n  SEQUENTIAL:\t\n", PASSWD_ERROR_PARSE, 2, 14, "tab" },
    { "# \t fine\n\tINPUTS:\n", PASSWD_ERROR_PARSE, 2, 1, "tab" },
    { "; no\nINPUTS:\n", PASSWD_ERROR_PARSE, 1, 1, "\"key: value\"" },
    { "- a\n- b\n", PASSWD_ERROR_PARSE, 1, 1, "INPUTS: or EVENT:" },
    { "INPUTS: 3\n", PASSWD_ERROR_CONFIG, 1, 1, "EVENT" }, { "EVENT:\n", PASSWD_ERROR_CONFIG, 1, 1, "INPUTS" },
    { "INPUTS: 3\nEVENT:\n", PASSWD_ERROR_PARSE, 1, 9, "SEQUENTIAL" },
    { "INPUTS:\nEVENT:\n", PASSWD_ERROR_CONFIG, 1, 1, "no collection" },
    { "INPUTS:\n  SEQUENTIAL: x\nEVENT:\n", PASSWD_ERROR_PARSE, 2, 15, "collection" },
    { "INPUTS:\n  RELATIVE:\nEVENT:\n", PASSWD_ERROR_CONFIG, 2, 3, "SEQUENTIAL, GLOBAL" },
    { "INPUTS:\n  GLOBAL:\n    Met:\n      met: none\nEVENT:\n", PASSWD_ERROR_CONFIG, 3, 5, "a collection of objects" },
    { "INPUTS:\n  SEQUENTIAL:\n    J:\n      pt: none\n  GLOBAL:\n    Met:\n      met: none\nEVENT:\n  a:\n    - x: "
      "Met\n",
        PASSWD_ERROR_CONFIG, 10, 10, "global" },
    { TREE "REGRESSIONS:\n  EVENT:\n    - [x, wide]\n", PASSWD_ERROR_CONFIG, 11, 11, "gaussian" },
    { TREE "REGRESSIONS:\n  u:\n    PARTICLE:\n      - x\n", PASSWD_ERROR_CONFIG, 10, 3, "no particle" },
    { TREE "REGRESSIONS:\n  t:\n    c:\n      - x\n", PASSWD_ERROR_CONFIG, 11, 5, "neither PARTICLE" },
    { TREE "CLASSIFICATIONS:\n  EVENT:\n    - x\n    - x\n", PASSWD_ERROR_CONFIG, 12, 7, "twice" },
    { TREE "CLASSIFICATIONS: x", PASSWD_ERROR_PARSE, 9, 18, "a particle" },
    { TREE "OTHER:\n", PASSWD_ERROR_CONFIG, 9, 1, "PERMUTATIONS, REG" },
    { TREE "EVENT:\n", PASSWD_ERROR_PARSE, 9, 1, "line 5" },
    { TREE "   - c\n", PASSWD_ERROR_PARSE, 9, 4, "indentation" },
    { TREE "     - c\n", PASSWD_ERROR_PARSE, 9, 6, "indentation" },
    { TREE "    u:\n", PASSWD_ERROR_PARSE, 9, 5, "indentation" }, { TREE "  - c\n", PASSWD_ERROR_PARSE, 9, 3, "key" },
    { TREE "   u:\n", PASSWD_ERROR_PARSE, 9, 4, "indentation" },
    { TREE "  u: a\n", PASSWD_ERROR_PARSE, 9, 6, "list of products" },
    { TREE "  u:\n", PASSWD_ERROR_CONFIG, 9, 3, "0 products" },
    { TREE "  u: [a, b\n", PASSWD_ERROR_PARSE, 10, 1, "line 9, column 6" },
    { TREE "  u: [a, b)\n", PASSWD_ERROR_PARSE, 10, 1, "','" },
    { TREE "  u: [a]]\n", PASSWD_ERROR_PARSE, 9, 9, "end of the line" },
    { TREE "  u: [a:b]\n", PASSWD_ERROR_PARSE, 9, 7, "letters" },
    { TREE "  u: {a: b}\n", PASSWD_ERROR_PARSE, 9, 6, "list" },
    { TREE "  u:\n  -\n", PASSWD_ERROR_PARSE, 10, 3, "product" },
    { TREE "  u:\n  - - a\n", PASSWD_ERROR_PARSE, 10, 5, "product" },
    { TREE "  u:\n  - a: b\n", PASSWD_ERROR_CONFIG, 10, 8, "no collection" },
    { TREE "  u:\n  - ~\n", PASSWD_ERROR_PARSE, 10, 5, "product" },
    { TREE "  u:\n  - *a\n", PASSWD_ERROR_PARSE, 10, 5, "References" },
    { TREE "  u:\n  - !x\n", PASSWD_ERROR_PARSE, 10, 5, "letters" },
    { TREE "  u:\n  - |\n   x\n", PASSWD_ERROR_PARSE, 11, 4, "indentation" },
    { TREE "  u:[a]\n", PASSWD_ERROR_PARSE, 9, 3, "key: value" },
    { TREE "  u\n", PASSWD_ERROR_PARSE, 9, 3, "key: value" },
    { TREE "  EVENT:\n  - a\n", PASSWD_ERROR_CONFIG, 9, 3, "reserved" },
    { TREE "  INPUTS:\n  - a\n", PASSWD_ERROR_CONFIG, 9, 3, "reserved" },
    { TREE "  SOURCE:\n  - a\n", PASSWD_ERROR_CONFIG, 9, 3, "reserved" },
    { TREE "  S:\n  - a\n", PASSWD_ERROR_CONFIG, 9, 3, "twice" },
    { TREE "  u:\n  - a#b\n", PASSWD_ERROR_PARSE, 10, 5, "letters" }, { TREE "---\n", PASSWD_ERROR_PARSE, 9, 1, "" },
    { TREE "PERMUTATIONS:\n - a\n", PASSWD_ERROR_PARSE, 10, 2, "particle" },
    { TREE "PERMUTATIONS:\n u:\n", PASSWD_ERROR_CONFIG, 10, 2, "\"u\"" },
    { TREE "PERMUTATIONS:\n t:\n  - a\n", PASSWD_ERROR_PARSE, 11, 5, "- [ a, b ]" },
    { TREE "PERMUTATIONS:\n t: [a, b]\n", PASSWD_ERROR_PARSE, 10, 6, "- [ a, b ]" },
    { TREE "PERMUTATIONS:\n t: a\n", PASSWD_ERROR_PARSE, 10, 5, "- [ a, b ]" },
    { TREE "PERMUTATIONS:\n t:\n  - [a, c]\n", PASSWD_ERROR_CONFIG, 11, 9, "\"c\"" },
    { TREE "PERMUTATIONS:\n t:\n  - [a, b, a]\n", PASSWD_ERROR_CONFIG, 11, 12, "twice" },
    { TREE "PERMUTATIONS:\n t:\n  - [[a, b], [a, b]]\n", PASSWD_ERROR_CONFIG, 11, 15, "twice" },
    { TREE "PERMUTATIONS:\n t:\n  - []\n", PASSWD_ERROR_CONFIG, 11, 5, "two" },
    { TREE "PERMUTATIONS:\n t:\n  - [a]\n", PASSWD_ERROR_CONFIG, 11, 5, "two" },
    { TREE "PERMUTATIONS:\n t:\n  - t: [a]\n", PASSWD_ERROR_PARSE, 11, 5, "- [ a, b ]" },
    { TREE "PERMUTATIONS:\n t:\n  - - - - - - - - - - a\n", PASSWD_ERROR_UNSUPPORTED, 11, 17, "8 deep" },
    { TREE "PERMUTATIONS:\n t:\n  - [[[[[[[[[[[[[[\n", PASSWD_ERROR_UNSUPPORTED, 11, 11, "8 deep" },
    { TREE "PERMUTATIONS:\n t:\n  - [(a, b)]\n", PASSWD_ERROR_CONFIG, 11, 6, "\"(a\"" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\n      pt: none\n      pt: log\n", PASSWD_ERROR_PARSE, 5, 7, "line 4" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\n      pt: [none]\nEVENT:\n t: [a]", PASSWD_ERROR_PARSE, 4, 11, "log_normalize" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\n      - pt\nEVENT:\n t: [a]", PASSWD_ERROR_PARSE, 4, 7, "feature" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\nEVENT:\n t: [a]", PASSWD_ERROR_CONFIG, 3, 5, "no feature" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\n      pt: none\nEVENT:\n", PASSWD_ERROR_CONFIG, 5, 1, "no particle" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\n      pt: \"none\nEVENT:\n", PASSWD_ERROR_PARSE, 4, 11, "quoted string" },
    { "INPUTS:\n  SEQUENTIAL:\n    S:\n      pt: none\nEVENT:\n  - a\n", PASSWD_ERROR_PARSE, 6, 3, "particle" },
    { TREE "REGRESSIONS: \"null\"", PASSWD_ERROR_PARSE, 9, 14, "a particle" },
    { "[SOURCE", PASSWD_ERROR_PARSE, 1, 8, "line ends" }, { "[SOURCE] ; x", PASSWD_ERROR_CONFIG, 1, 1, "[EVENT]" },
    { "INPUTS:\n  SEQUENTIAL:\n    EVENT:\n      pt: none\nEVENT:\n t: [a]", PASSWD_ERROR_CONFIG, 3, 5, "reserved" } };
static void test_mistakes(void) {
    passwd_spanet_topology t;
    passwd_error e;
    size_t k;
    for (k = 0; k < sizeof bad / sizeof *bad; k++) {
        const passwd_status s = read_text(bad[k].text, &t, &e);
        if (!CHECK(s == bad[k].status && e.line == bad[k].line && e.column == bad[k].column
                && strstr(e.message, bad[k].says)))
            printf("---\n%s\n--- number %d, %s: %s\n", bad[k].text, (int)k, passwd_status_name(s), s ? e.message : "");
    }
    CHECK(read_bytes("[SOURCE]\np\0t = none\n", 20, &t, &e) == PASSWD_ERROR_PARSE && e.line == 2 && e.column == 2
        && strstr(e.message, "zero byte"));
    CHECK(passwd_spanet_topology_parse(NULL, 0, "x", NULL, &t, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_topology_parse("", 0, "x", NULL, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_spanet_topology_parse("", 0, NULL, NULL, &t, NULL) == PASSWD_ERROR_PARSE);
    { /* long names of files are cut, messages end */
        char name[1000];
        memset(name, 'x', sizeof name);
        name[999] = 0;
        CHECK(passwd_spanet_topology_parse(HEAD "[t]\njets=(a)\n" N32 N32 N32 "=1",
                  strlen(HEAD "[t]\njets=(a)\n" N32 N32 N32 "=1"), name, NULL, &t, &e)
            == PASSWD_ERROR_CONFIG);
        CHECK(strstr(e.message, "xxx:7:1: ") && strstr(e.message, "inputs.") && strlen(e.message) < 255);
        name[998] = 'y';
        name[939] = name[940] = '\x84'; /* the cut is amid a character */
        name[938] = '\xe2';
        CHECK(passwd_spanet_topology_parse("", 0, name, NULL, &t, &e) == PASSWD_ERROR_PARSE && e.message[0] == 'x');
    }
}

/* cut at every byte, every byte changed, bytes at random */
static void test_torn(void) {
    static const char nasty[] = "[](),:;=#-'\"\n\r\t {}~*&\\/0ab\x01\x7f\x80\xff";
    static const char *const texts[2] = { ini, yaml };
    static char copy[4096];
    passwd_spanet_topology t;
    passwd_error e;
    int w, good = 0;
    size_t n, k, i;
    for (w = 0; w < 2; w++) {
        n = strlen(texts[w]);
        for (k = 0; k <= n; k++) good += read_bytes(texts[w], k, &t, &e) == PASSWD_OK;
        memcpy(copy, texts[w], n);
        for (k = 0; k < n; k++)
            for (i = 0; i < sizeof nasty; i++) {
                copy[k] = nasty[i];
                if (read_bytes(copy, n, &t, &e) == PASSWD_OK && i % 8 == 0) CHECK(returns(&t));
                copy[k] = texts[w][k];
            }
        for (k = 0; k < 20000; k++) { /* several changes, gaps and repeats */
            size_t m = n, at;
            int c;
            memcpy(copy, texts[w], n);
            for (c = draw(4); c >= 0 && m > 1 && m < 2000; c--) {
                at = (size_t)draw((int)m);
                if (draw(3) == 0) copy[at] = nasty[draw((int)sizeof nasty)];
                else if (draw(2)) {
                    const size_t gap = (size_t)draw(20);
                    if (at + gap < m) {
                        memmove(copy + at, copy + at + gap, m - at - gap);
                        m -= gap;
                    }
                } else {
                    const size_t gap = (size_t)draw(30);
                    if (at >= gap) {
                        memmove(copy + at + gap, copy + at, m - at);
                        memmove(copy + at, copy + at - gap, gap);
                        m += gap;
                    }
                }
            }
            if (read_bytes(copy, m, &t, &e) == PASSWD_OK && k % 4 == 0 && !returns(&t)) CHECK(0);
        }
        for (k = 0; k < 20000; k++) {
            n = (size_t)draw(60);
            for (i = 0; i < n; i++) copy[i] = k % 2 ? (char)draw(256) : nasty[draw((int)sizeof nasty)];
            if (w == 0 && n) copy[0] = '[';
            read_bytes(copy, n, &t, &e);
        }
    }
    CHECK(good >= 2);
}

static void fill(char *text, size_t n, const char *what) {
    size_t k;
    const size_t m = strlen(what);
    for (k = 0; k < n; k++) text[k] = what[k % m];
}
static void test_huge(void) {
    static const char *const what[] = { "[", "(", "- ", "-\n", " ", "\n", "#", "a", "a:\n", "'", "[a,", "[a]\n",
        "- [a]\n", "\xef\xbb\xbf", "[[a],", " a:\n", ";", "\r\n", ",", ":", "a: b\n" };
    const size_t n = 262144;
    char *text = (char *)malloc(n + 1);
    passwd_spanet_topology t;
    passwd_error e;
    size_t k, at;
    for (k = 0; k < sizeof what / sizeof *what; k++) {
        fill(text, n, what[k]);
        CHECK(read_bytes(text, n, &t, &e) != PASSWD_OK);
        at = strlen(HEAD "[t]\njets=(a,b)\npermutations = [");
        memcpy(text, HEAD "[t]\njets=(a,b)\npermutations = [", at);
        CHECK(read_bytes(text, n, &t, &e) != PASSWD_OK);
        at = strlen(TREE);
        memcpy(text, TREE, at);
        read_bytes(text, n, &t, &e);
    }
    fill(text, n + 1, " ");
    memcpy(text, HEAD "[t]\njets=(a)\n", strlen(HEAD "[t]\njets=(a)\n"));
    CHECK(read_bytes(text, n, &t, &e) == PASSWD_OK);
    CHECK(read_bytes(text, n + 1, &t, &e) == PASSWD_ERROR_UNSUPPORTED && strstr(e.message, "262144"));
    fill(text, n, "(a,b),");
    at = strlen(HEAD "[t]\njets=(a,b)\npermutations = [");
    memcpy(text, HEAD "[t]\njets=(a,b)\npermutations = [", at);
    for (; (at - strlen(HEAD)) % 6; at++) text[at] = ' ';
    for (k = at; k + 6 < n; k += 6) memcpy(text + k, "(a,b),", 6);
    text[k] = ']';
    CHECK(read_bytes(text, k + 1, &t, &e) == PASSWD_OK
        && t.particle[0].permutations == 2); /* one generator, forty thousand times */
    {                                        /* the whole group of six, written by hand with long names, fits */
        passwd_spanet_topology u;
        int g, i;
        at = (size_t)sprintf(
            text, "[SOURCE]\npt=none\n[EVENT]\nparticles=(a.....................,b,c,d,e,f)\npermutations=[");
        CHECK(passwd_spanet_topology_preset("W", &u, &e) == PASSWD_OK);
        u.particles = 6;
        u.permutations = 2;
        for (i = 0; i < 6; i++) {
            u.particle[i] = u.particle[0];
            snprintf(u.particle[i].name, 32, "%c%s", 'a' + i, i ? "" : ".....................");
            u.particle[i].target[0][0] = u.particle[i].target[1][0] = 0;
            u.permutation[0][i] = (signed char)((i + 1) % 6);
            u.permutation[1][i] = (signed char)(i < 2 ? 1 - i : i);
        }
        CHECK(passwd_spanet_topology_check(&u, &e) == PASSWD_OK && u.permutations == 720 && returns(&u));
        for (g = 1; g < 720; g++) {
            unsigned used = 0;
            at += (size_t)sprintf(text + at, "[");
            for (i = 0; i < 6; i++) {
                int j, m = 0;
                if (u.permutation[g][i] == i || used >> i & 1u) continue;
                for (j = i; !(used >> j & 1u); j = u.permutation[g][j]) {
                    used |= 1u << j;
                    at += (size_t)sprintf(text + at, "%s%s", m++ ? "," : "(", u.particle[j].name);
                }
                at += (size_t)sprintf(text + at, "),");
            }
            at += (size_t)sprintf(text + at, "],\n");
        }
        at += (size_t)sprintf(text + at, "]\n");
        for (i = 0; i < 6; i++)
            at += (size_t)sprintf(text + at, "[%s]\njets=(q1,q2)\npermutations=[(q1,q2)]\n", u.particle[i].name);
        CHECK_OK(read_bytes(text, at, &t, &e), e);
        CHECK(passwd_spanet_topology_differs(&t, &u, NULL) == 0);
    }
    free(text);
}

static void test_memory(void) {
    static const char *const texts[2] = { ini, yaml };
    passwd_spanet_topology t, before;
    passwd_error e;
    passwd_allocator a;
    counter c;
    long k;
    int w, failures = 0;
    memset(&t, 0x5a, sizeof t);
    before = t;
    for (w = 0; w < 2; w++) {
        passwd_status s = PASSWD_ERROR_MEMORY;
        for (k = 1; s == PASSWD_ERROR_MEMORY && k < 100; k++) {
            a = counting(&c, k);
            s = passwd_spanet_topology_parse(texts[w], strlen(texts[w]), "event.ini", &a, &t, &e);
            CHECK(c.alive == 0
                && (s == PASSWD_OK
                    || (s == PASSWD_ERROR_MEMORY && e.status == s && strstr(e.message, "memory")
                        && memcmp(&t, &before, sizeof t) == 0)));
            failures += s != PASSWD_OK;
        }
        CHECK(s == PASSWD_OK);
        memset(&t, 0x5a, sizeof t);
        a = counting(&c, 0);
        CHECK(passwd_spanet_topology_parse(texts[w], strlen(texts[w]) - 30, "event.ini", &a, &t, NULL) != PASSWD_OK
            || w == 1);
        CHECK(c.alive == 0 && c.calls > 2);
        memset(&t, 0x5a, sizeof t);
    }
    CHECK(failures > 4);
    { /* a text that holds something stays as it is */
        passwd_status s = PASSWD_ERROR_MEMORY;
        CHECK(passwd_spanet_topology_preset("ttH", &t, &e) == PASSWD_OK);
        for (k = 2; s == PASSWD_ERROR_MEMORY && k < 100; k++) {
            passwd_json_writer x;
            a = counting(&c, k);
            passwd_json_writer_init(&x, &a);
            passwd_json_write_int(&x, 7);
            s = passwd_spanet_topology_write(&t, &x.out, &e);
            CHECK(s == PASSWD_OK ? !strncmp(x.out.text, "7[SOURCE]\n", 10)
                                 : s == PASSWD_ERROR_MEMORY && e.status == s && x.out.length == 1
                        && !strcmp(x.out.text, "7") && x.out.status == PASSWD_OK);
            passwd_json_writer_free(&x);
            CHECK(c.alive == 0);
        }
        CHECK(s == PASSWD_OK && k > 4);
    }
    {
        passwd_text x;
        memset(&x, 0, sizeof x);
        x.status = PASSWD_ERROR_MEMORY;
        CHECK(passwd_spanet_topology_write(&t, &x, &e) == PASSWD_ERROR_MEMORY && x.text == NULL);
        CHECK(passwd_spanet_topology_write(NULL, &x, &e) == PASSWD_ERROR_ARGUMENT
            && passwd_spanet_topology_write(&t, NULL, NULL) == PASSWD_ERROR_ARGUMENT);
        x.status = PASSWD_OK;
        t.particles = 0;
        CHECK(passwd_spanet_topology_write(&t, &x, &e) == PASSWD_ERROR_CONFIG && x.text == NULL && x.length == 0);
    }
}

static void test_files(void) {
    const char *const path = scratch_file("test_topology.yaml");
    passwd_spanet_topology t, u;
    passwd_error e;
    passwd_allocator a;
    passwd_status s = PASSWD_ERROR_MEMORY;
    counter c;
    long k;
    FILE *f = fopen(path, "wb");
    if (!CHECK(f != NULL)) return;
    fputs(yaml, f);
    fclose(f);
    CHECK(read_text(ini, &t, &e) == PASSWD_OK);
    u = t;
    for (k = 1; s == PASSWD_ERROR_MEMORY && k < 100; k++) {
        a = counting(&c, k);
        s = passwd_spanet_topology_load(path, &a, &t, &e);
        CHECK(c.alive == 0 && same(&t, &u));
    }
    CHECK(s == PASSWD_OK && k > 8);
    CHECK(passwd_spanet_topology_load(path, NULL, &t, NULL) == PASSWD_OK && same(&t, &u));
    f = fopen(path, "ab");
    if (f) {
        fputs("\nwrong:", f);
        fclose(f);
    }
    CHECK(passwd_spanet_topology_load(path, NULL, &t, &e) != PASSWD_OK && !strncmp(e.message, path, strlen(path))
        && e.message[strlen(path)] == ':' && same(&t, &u));
    remove(path);
    CHECK(passwd_spanet_topology_load(path, NULL, &t, &e) == PASSWD_ERROR_IO && strstr(e.message, path) && e.line == 0
        && same(&t, &u));
    CHECK(passwd_spanet_topology_load("build", NULL, &t, &e) == PASSWD_ERROR_IO && same(&t, &u));
    CHECK(passwd_spanet_topology_load(NULL, NULL, &t, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_spanet_topology_load(path, NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT);
    f = fopen("/dev/zero", "rb");
    if (f) {
        fclose(f);
        CHECK(passwd_spanet_topology_load("/dev/zero", NULL, &t, &e) == PASSWD_ERROR_UNSUPPORTED && same(&t, &u));
    }
}

/* structs filled by hand: each change makes one that cannot be, and is not touched */
static void test_check(void) {
    passwd_spanet_topology t, u, v;
    passwd_error e;
    char why[160];
    int k;
    CHECK(passwd_spanet_topology_preset("ttH", &t, &e) == PASSWD_OK);
#define REFUSED(change, code, says)                                                                       \
    u = t;                                                                                                \
    change;                                                                                               \
    v = u;                                                                                                \
    CHECK(passwd_spanet_topology_check(&u, &e) == (code) && e.status == (code) && strstr(e.message, says) \
        && memcmp(&u, &v, sizeof u) == 0)
    REFUSED(u.inputs = 0, PASSWD_ERROR_CONFIG, "no collection");
    REFUSED(u.inputs = 5, PASSWD_ERROR_CONFIG, "5 collections");
    REFUSED(u.inputs = -1, PASSWD_ERROR_CONFIG, "no collection");
    REFUSED(u.inputs = 2147483647, PASSWD_ERROR_CONFIG, "collections");
    REFUSED(u.input[0].features = 33, PASSWD_ERROR_CONFIG, "33");
    REFUSED(u.input[0].features = -5, PASSWD_ERROR_CONFIG, "no feature");
    REFUSED(u.input[0].types = 9, PASSWD_ERROR_CONFIG, "9 types");
    REFUSED(u.input[0].types = -1, PASSWD_ERROR_CONFIG, "types");
    REFUSED(u.input[0].types = 1, PASSWD_ERROR_CONFIG, "empty");
    REFUSED(memset(u.input[0].name, 'x', 32), PASSWD_ERROR_CONFIG, "31 bytes");
    REFUSED(u.input[0].name[0] = 0, PASSWD_ERROR_CONFIG, "empty");
    REFUSED(strcpy(u.input[0].name, "a]"), PASSWD_ERROR_CONFIG, "letters");
    REFUSED(strcpy(u.input[0].name, "t2"), PASSWD_ERROR_CONFIG, "twice");
    REFUSED(strcpy(u.input[0].feature[2].name, "pt"), PASSWD_ERROR_CONFIG, "twice");
    REFUSED(strcpy(u.input[0].feature[2].name, "objects"), PASSWD_ERROR_CONFIG, "objects");
    REFUSED(memset(u.input[0].feature[2].name, 'x', 32), PASSWD_ERROR_CONFIG, "31 bytes");
    REFUSED(u.particles = 0, PASSWD_ERROR_CONFIG, "no particle");
    REFUSED(u.particles = 9, PASSWD_ERROR_CONFIG, "9 particles");
    REFUSED(u.particles = 4, PASSWD_ERROR_CONFIG, "empty");
    REFUSED(u.particle[1].products = 0, PASSWD_ERROR_CONFIG, "0 products");
    REFUSED(u.particle[1].products = 6, PASSWD_ERROR_CONFIG, "6 products");
    REFUSED(strcpy(u.particle[1].name, "t1"), PASSWD_ERROR_CONFIG, "twice");
    REFUSED(strcpy(u.particle[1].name, "EVENT"), PASSWD_ERROR_CONFIG, "reserved");
    REFUSED(strcpy(u.particle[1].product[1], "q1"), PASSWD_ERROR_CONFIG, "twice");
    REFUSED(strcpy(u.particle[1].product[1], "q 1"), PASSWD_ERROR_CONFIG, "letters");
    REFUSED(strcpy(u.particle[1].target[1], "t1/q1"), PASSWD_ERROR_CONFIG, "twice");
    REFUSED(memset(u.particle[1].target[1], 'x', 64), PASSWD_ERROR_CONFIG, "63 bytes");
    REFUSED(u.particle[1].inputs[1] = 2, PASSWD_ERROR_CONFIG, "does not exist");
    REFUSED(u.particle[1].inputs[1] = -1, PASSWD_ERROR_CONFIG, "does not exist");
    REFUSED(u.particle[1].permutations = 121, PASSWD_ERROR_CONFIG, "0 to 120");
    REFUSED(u.particle[1].permutations = -1, PASSWD_ERROR_CONFIG, "0 to 120");
    REFUSED(u.particle[1].permutation[1][0] = 0, PASSWD_ERROR_CONFIG, "products 0 to 2");
    REFUSED(u.particle[1].permutation[1][0] = 3, PASSWD_ERROR_CONFIG, "products 0 to 2");
    REFUSED(u.particle[1].permutation[1][0] = -1, PASSWD_ERROR_CONFIG, "products 0 to 2");
    REFUSED(u.permutations = 721, PASSWD_ERROR_CONFIG, "0 to 720");
    REFUSED(u.permutations = -1, PASSWD_ERROR_CONFIG, "0 to 720");
    REFUSED(u.permutation[1][2] = 1, PASSWD_ERROR_CONFIG, "particles 0 to 2");
    REFUSED((u.permutation[1][2] = 1, u.permutation[1][0] = 2), PASSWD_ERROR_CONFIG, "cannot be exchanged");
    REFUSED((u.permutation[1][2] = 0, u.permutation[1][0] = 2, u.permutation[1][1] = 1), PASSWD_ERROR_CONFIG,
        "cannot be exchanged: the numbers of products differ");
    REFUSED(u.particle[1].permutations = 1, PASSWD_ERROR_CONFIG, "permutations of their products differ");
    CHECK(passwd_spanet_topology_check(NULL, &e) == PASSWD_ERROR_ARGUMENT);
    memset(&u, 0xff, sizeof u);
    CHECK(passwd_spanet_topology_check(&u, NULL) == PASSWD_ERROR_CONFIG);
    memset(&u, 0, sizeof u);
    CHECK(passwd_spanet_topology_check(&u, NULL) == PASSWD_ERROR_CONFIG);
    memset(&u, 0x41, sizeof u);
    CHECK(passwd_spanet_topology_check(&u, NULL) == PASSWD_ERROR_CONFIG);
    /* eight alike: too many of all, but not of all in pairs */
    u = t;
    u.particles = 8;
    for (k = 0; k < 8; k++) {
        u.particle[k] = t.particle[0];
        snprintf(u.particle[k].name, 32, "p%d", k);
        memset(u.particle[k].target, 0, sizeof u.particle[k].target);
        u.permutation[0][k] = (signed char)(k ^ 1);
        u.permutation[1][k] = (signed char)((k + 2) % 8);
        u.permutation[2][k] = (signed char)(k < 7 ? (k + 1) % 7 : 7);
    }
    u.permutations = 2;
    v = u;
    CHECK(passwd_spanet_topology_check(&v, &e) == PASSWD_OK && v.permutations == 8 && v.orbit[7] == 0 && returns(&v));
    u.permutations = 3;
    v = u;
    CHECK(passwd_spanet_topology_check(&v, &e) == PASSWD_ERROR_UNSUPPORTED && strstr(e.message, "720")
        && memcmp(&u, &v, sizeof u) == 0);
    /* what differs */
    CHECK(passwd_spanet_topology_differs(&t, &t, why) == 0 && why[0] == 0);
#define DIFFERS(change, says)                                                   \
    u = t;                                                                      \
    change;                                                                     \
    CHECK(passwd_spanet_topology_differs(&t, &u, why) == 1 && strstr(why, says) \
        && passwd_spanet_topology_differs(&u, &t, NULL) == 1)
    DIFFERS(u.particles = 2, "3 particles");
    DIFFERS(strcpy(u.particle[2].name, "Z"), "\"Z\"");
    DIFFERS(u.particle[2].products = 3, "products");
    DIFFERS(strcpy(u.particle[2].product[1], "c"), "\"c\"");
    DIFFERS(u.particle[2].permutations = 1, "products of \"H\"");
    DIFFERS(u.particle[2].permutations = 1000, "products of \"H\"");
    DIFFERS((u.particle[2].permutation[1][0] = 0, u.particle[2].permutation[1][1] = 1), "products of \"H\"");
    DIFFERS(u.permutations = 1, "particles");
    DIFFERS(u.permutation[1][0] = 0, "particles");
    u = t;
    u.input[0].features = 1;
    strcpy(u.particle[0].target[0], "x");
    CHECK(passwd_spanet_topology_differs(&t, &u, why) == 0);
    CHECK(passwd_spanet_topology_differs(&t, NULL, why) == 1 && passwd_spanet_topology_differs(NULL, &t, NULL) == 1);
    memset(&u, 0x41, sizeof u);
    CHECK(passwd_spanet_topology_differs(&u, &u, why) == 1);
}

int main(void) {
    test_presets();
    test_formats();
    test_generators();
    test_random();
    test_mistakes();
    test_torn();
    test_huge();
    test_memory();
    test_files();
    test_check();
    return finish();
}
