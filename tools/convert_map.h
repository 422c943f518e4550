/* convert_map.h: which columns of a table make which objects of our events. A map is a few lines (`map_manual`), of
   which each says what one collection of objects is made of; its formulas are compiled for each file, whose names are
   known then, and evaluated event by event. Part of convert.c. */
#ifndef CONVERT_MAP_H
#define CONVERT_MAP_H

static const char map_manual[] =
    "A map is a file, or a text, of lines (or parts between ;) such as\n\n"
    "  object=j  pt=Jet_pt eta=Jet_eta phi=Jet_phi m=Jet_mass btag=Jet_btagDeepB where pt>25 && abs(eta)<2.5\n"
    "  object=mu pt=Muon_pt eta=Muon_eta phi=Muon_phi m=0.10566 where Muon_tightId\n"
    "  object=met pt=MET_pt phi=MET_phi eta=0 m=0\n"
    "  event weight=genWeight run=run where count(Jet_pt>25) >= 4\n\n"
    "A line makes a row per entry of the lists that it names (one row where it names none). Momenta are pt, eta, phi\n"
    "and m or e, or px, py, pz and e or m, in GeV; any other name is a column of its own. The line `event` has\n"
    "columns that are the same in all rows of an event, and which events are kept; `tree NAME` says which tree of a\n"
    "ROOT file (or --tree). Formulas: + - * / %, comparisons, && || !, & | << on whole numbers, abs sqrt exp log sin\n"
    "cos tan sinh cosh tanh asinh pow atan2 min max; sum, count, any, largest, smallest of a list; either(A,B): the\n"
    "first whose branches exist. A formula with spaces stands in (). `where` may use the line's own names. Parts of\n"
    "arrays: X[3], X[0:2100:3], X[:,2]; names with odd characters in \"\". NAME?= leaves a column (object?= a line)\n"
    "out where the file has no such branches. \"target:t1/q1\"=I labels the object that is the I-th in the lists.\n"
    "cluster=0.4 least=25: the row's objects are constituents of anti-kT jets (R, least pT).\n";

enum { FIELDS = 160, RULES = 24, MAP_NAME = 104 };
enum node_kind { NODE_NUMBER, NODE_COLUMN, NODE_UNARY, NODE_BINARY, NODE_LIST };
enum {
    OP_OR,
    OP_AND,
    OP_BITOR,
    OP_BITAND,
    OP_EQ,
    OP_NE,
    OP_LE,
    OP_GE,
    OP_SHIFT,
    OP_LT,
    OP_GT,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_MOD,
    OP_POW,
    OP_ATAN2,
    OP_MIN,
    OP_MAX
};
enum { OP_NOT, OP_MINUS, OP_ABS, OP_SQRT, OP_EXP, OP_LOG, OP_SIN, OP_COS, OP_TAN, OP_SINH, OP_COSH, OP_TANH, OP_ASINH };
enum { OP_SUM, OP_COUNT, OP_ANY, OP_LARGEST, OP_SMALLEST };

typedef struct node {
    enum node_kind kind;
    int op, a, b, column;
    double number;
    int one;                    /* a single entry of the column's list */
    int64_t start, step, count; /* its entries; count -1: up to the end of the list, or to `stop` */
    int64_t stop;
} node;
typedef struct field {
    char name[MAP_NAME];
    char *text;                          /* the formula */
    int line, optional, target, formula; /* formula: -1: left out */
} field;
typedef struct rule {
    int event, optional, absent; /* of the event; absent: its branches are missing */
    char object[16];
    field field[FIELDS];
    int fields, where, line;
    char *condition;
    double radius, least; /* radius 0: no clustering */
} rule;
typedef struct map {
    const char *name; /* for messages */
    char tree[128];
    rule *rule[RULES];
    int rules;
    node *nodes;
    int n;
} map;

static const struct builtin_map {
    const char *name, *about, *text;
} builtin_maps[] = {
    { "nanoaod", "CMS NanoAOD",
        "tree Events\n"
        "object?=j   pt=Jet_pt eta=Jet_eta phi=Jet_phi m=Jet_mass "
        "btag?=either(Jet_btagUParTAK4B,Jet_btagPNetB,Jet_btagDeepFlavB,Jet_btagDeepB,Jet_btagCSVV2)\n"
        "object?=e   pt=Electron_pt eta=Electron_eta phi=Electron_phi m=Electron_mass charge?=Electron_charge\n"
        "object?=mu  pt=Muon_pt eta=Muon_eta phi=Muon_phi m=Muon_mass charge?=Muon_charge\n"
        "object?=tau pt=Tau_pt eta=Tau_eta phi=Tau_phi m=Tau_mass charge?=Tau_charge\n"
        "object?=g   pt=Photon_pt eta=Photon_eta phi=Photon_phi m=0\n"
        "object?=met pt=either(MET_pt,PFMET_pt,PuppiMET_pt) eta=0 phi=either(MET_phi,PFMET_phi,PuppiMET_phi) m=0\n"
        "event weight?=genWeight run?=run lumi?=luminosityBlock number?=event\n" },
    { "delphes", "trees of Delphes",
        "tree Delphes\n"
        "object?=j   pt=Jet.PT eta=Jet.Eta phi=Jet.Phi m=Jet.Mass btag?=Jet.BTag\n"
        "object?=e   pt=Electron.PT eta=Electron.Eta phi=Electron.Phi m=0.000511 charge?=Electron.Charge\n"
        "object?=mu  pt=Muon.PT eta=Muon.Eta phi=Muon.Phi m=0.10566 charge?=Muon.Charge\n"
        "object?=g   pt=Photon.PT eta=Photon.Eta phi=Photon.Phi m=0\n"
        "object?=met pt=MissingET.MET eta=0 phi=MissingET.Phi m=0\n"
        "event weight?=Event.Weight[0] number?=Event.Number[0]\n" },
    { "spanet", "HDF5 of the public SPANet code; made of what the file has, as `convert list` shows", "" },
    { "lhe", "Les Houches events (text or HDF5): final partons and leptons, neutrinos summed",
        "object=j   px=px py=py pz=pz m=m where status==1 && (abs(id)<5 || id==21)\n"
        "object=b   px=px py=py pz=pz m=m where status==1 && abs(id)==5\n"
        "object=e   px=px py=py pz=pz m=m where status==1 && abs(id)==11\n"
        "object=mu  px=px py=py pz=pz m=m where status==1 && abs(id)==13\n"
        "object=tau px=px py=py pz=pz m=m where status==1 && abs(id)==15\n"
        "object=g   px=px py=py pz=pz m=m where status==1 && id==22\n"
        "object=met px=sum(px*(status==1&&(abs(id)==12||abs(id)==14||abs(id)==16))) "
        "py=sum(py*(status==1&&(abs(id)==12||abs(id)==14||abs(id)==16))) pz=0 m=0 where pt>0\n"
        "event weight=weight\n" },
    { "hepmc",
        "HepMC: anti-kT jets (R 0.4) of final hadrons, leptons and photons of more than 10 GeV, neutrinos summed",
        "object=j  px=px py=py pz=pz e=e cluster=0.4 least=20 where status==1 && abs(eta)<5 && abs(id)!=12 && "
        "abs(id)!=14 && abs(id)!=16 && !((abs(id)==11 || abs(id)==13 || id==22) && pt>10)\n"
        "object=e  px=px py=py pz=pz e=e where status==1 && abs(id)==11 && pt>10\n"
        "object=mu px=px py=py pz=pz e=e where status==1 && abs(id)==13 && pt>10\n"
        "object=g  px=px py=py pz=pz e=e where status==1 && id==22 && pt>10\n"
        "object=met px=sum(px*(status==1&&(abs(id)==12||abs(id)==14||abs(id)==16))) "
        "py=sum(py*(status==1&&(abs(id)==12||abs(id)==14||abs(id)==16))) pz=0 m=0 where pt>0\n"
        "event weight=weight\n" },
    { "lhco", "LHC Olympics' text (LHCO)",
        "object=g   pt=pt eta=eta phi=phi m=jmas where typ==0\n"
        "object=e   pt=pt eta=eta phi=phi m=jmas where typ==1\n"
        "object=mu  pt=pt eta=eta phi=phi m=jmas where typ==2\n"
        "object=tau pt=pt eta=eta phi=phi m=jmas where typ==3\n"
        "object=j   pt=pt eta=eta phi=phi m=jmas btag=btag where typ==4\n"
        "object=met pt=pt eta=eta phi=phi m=jmas where typ==6\n" },
    { "lhco2020", "HDF5 of the LHC Olympics 2020: 700 particles; anti-kT jets (R 1.0) of more than 20 GeV",
        "object=j pt=df/block0_values[0:2100:3] eta=df/block0_values[1:2100:3] phi=df/block0_values[2:2100:3] m=0 "
        "cluster=1.0 least=20 where pt>0\n"
        "event signal?=df/block0_values[2100]\n" },
    { "lhco2020-features", "HDF5 of the LHC Olympics 2020: the two leading jets",
        "object=j px=df/pxj1 py=df/pyj1 pz=df/pzj1 m=df/mj1 tau1=df/tau1j1 tau2=df/tau2j1 tau3=df/tau3j1\n"
        "object=j px=df/pxj2 py=df/pyj2 pz=df/pzj2 m=df/mj2 tau1=df/tau1j2 tau2=df/tau2j2 tau3=df/tau3j2\n"
        "event signal?=df/label\n" },
};
static const char *builtin_map_of(const char *name) {
    size_t k;
    for (k = 0; k < sizeof builtin_maps / sizeof *builtin_maps; k++)
        if (!strcmp(builtin_maps[k].name, name)) return builtin_maps[k].text;
    return NULL;
}

/* ------------------------------------------------------------------------------------------------------------------
   The text of a map
   --------------------------------------------------------------------------------------------------------------- */

static void map_free(map *m) {
    int r, k;
    for (r = 0; r < m->rules; r++) {
        for (k = 0; k < m->rule[r]->fields; k++) free(m->rule[r]->field[k].text);
        free(m->rule[r]->condition);
        free(m->rule[r]);
    }
    free(m->nodes);
    memset(m, 0, sizeof *m);
}
static int map_wrong(const map *m, int line, const char *what, const char *word, size_t length) {
    return complain(0, "%s, line %d: %s \"%.*s\"; see convert csv --help", m->name, line, what,
        (int)(length < 80 ? length : 80), word);
}
/* The end of a word: white space outside of brackets and quotes. */
static const char *word_end(const char *at, const char *end) {
    int depth = 0, quoted = 0;
    for (; at < end; at++) {
        if (*at == '"') quoted = !quoted;
        if (quoted) continue;
        if (*at == '(' || *at == '[') depth++;
        if (*at == ')' || *at == ']') depth--;
        if (depth <= 0 && (*at == ' ' || *at == '\t')) break;
    }
    return at;
}
/* The end of a line: a line feed, a semicolon or a comment outside of quotes. */
static const char *line_end(const char *at) {
    int quoted = 0;
    for (; *at && *at != '\n'; at++) {
        if (*at == '"') quoted = !quoted;
        if (!quoted && (*at == ';' || *at == '#')) break;
    }
    return at;
}
static field *add_field(map *m, rule *r, const char *name, size_t length, const char *text, size_t size) {
    field *f = r->field + r->fields;
    if (r->fields == FIELDS || length == 0 || length >= MAP_NAME) {
        map_wrong(
            m, r->line, r->fields == FIELDS ? "one column too many:" : "this cannot be a column's name:", name, length);
        return NULL;
    }
    memset(f, 0, sizeof *f);
    f->line = r->line;
    f->formula = -1;
    snprintf(f->name, sizeof f->name, "%.*s", (int)length, name);
    f->text = strndup(text, size);
    if (f->text) r->fields++;
    else no_memory(m->name);
    return f->text ? f : NULL;
}
/* "key=formula"; 0 after a complaint. */
static int map_word(map *m, rule *r, const char *at, const char *end) {
    const char *equals = at, *name, *last;
    int quoted = 0, optional;
    double number;
    field *f;
    for (; equals < end && (quoted || *equals != '='); equals++)
        if (*equals == '"') quoted = !quoted;
    if (equals == end || equals + 1 == end || equals[1] == '=')
        return map_wrong(
            m, r->line, "NAME=FORMULA is expected, with formulas that have spaces in (), not", at, (size_t)(end - at));
    name = at;
    last = equals;
    optional = last > name && last[-1] == '?';
    last -= optional;
    if (last - name > 1 && *name == '"' && last[-1] == '"') name++, last--;
    at = equals + 1;
    if (!strncmp(name, "object", 6) && last - name == 6) {
        if (end - at > 15) return map_wrong(m, r->line, "a type of objects has at most 15 letters, not", at, 20);
        snprintf(r->object, sizeof r->object, "%.*s", (int)(end - at), at);
        r->optional = optional;
        return 1;
    }
    if ((!strncmp(name, "cluster", 7) && last - name == 7) || (!strncmp(name, "least", 5) && last - name == 5)) {
        if (read_real(at, 0.0, 1e6, &number) == NULL) return map_wrong(m, r->line, "a number is expected:", at, 20);
        *(*name == 'c' ? &r->radius : &r->least) = number;
        return 1;
    }
    quoted = last - name > 7 && !strncmp(name, "target:", 7);
    if (quoted) name += 7;
    f = add_field(m, r, name, (size_t)(last - name), at, (size_t)(end - at));
    if (!f) return 0;
    f->optional = optional;
    f->target = quoted;
    return 1;
}
static int map_line(map *m, const char *at, const char *end, int line) {
    const char *stop;
    rule *r;
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r')) at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    if (at == end) return 1;
    stop = word_end(at, end);
    if (stop - at == 4 && !strncmp(at, "tree", 4)) {
        while (stop < end && *stop == ' ') stop++;
        snprintf(m->tree, sizeof m->tree, "%.*s", (int)(end - stop), stop);
        return 1;
    }
    r = m->rules < RULES ? (rule *)calloc(1, sizeof *r) : NULL;
    if (!r) return complain(0, "%s, line %d: it is one too many, or there is not enough memory", m->name, line);
    m->rule[m->rules++] = r;
    r->line = line;
    r->where = -1;
    snprintf(r->object, sizeof r->object, "j");
    r->event = stop - at == 5 && !strncmp(at, "event", 5);
    if (r->event) at = stop;
    for (; at < end; at = stop) {
        while (at < end && (*at == ' ' || *at == '\t')) at++;
        stop = word_end(at, end);
        if (stop - at == 5 && !strncmp(at, "where", 5)) {
            r->condition = strndup(stop, (size_t)(end - stop));
            break;
        }
        if (at < stop && !map_word(m, r, at, stop)) return 0;
    }
    return 1;
}
/* Reads the text of a map; 0 after a complaint. `name` for messages. */
static int map_parse(map *m, const char *text, const char *name) {
    int line = 1;
    memset(m, 0, sizeof *m);
    m->name = name;
    while (*text) {
        const char *end = line_end(text);
        if (!map_line(m, text, end, line)) return 0;
        if (*end == '#') end += strcspn(end, "\n");
        line += *end == '\n';
        text = end + (*end != 0);
    }
    return 1;
}

/* ------------------------------------------------------------------------------------------------------------------
   Formulas
   --------------------------------------------------------------------------------------------------------------- */

typedef struct compiler {
    map *m;
    table *t;
    rule *rule;
    const char *at, *whole;
    int line, own_first, quiet, missing; /* missing: a branch is, which was not complained of */
} compiler;

static int compile_or(compiler *c);

static int add_node(compiler *c, enum node_kind kind, int op, int a, int b) {
    map *m = c->m;
    node *n;
    if ((m->n & (m->n - 1)) == 0) {
        node *more = (node *)realloc(m->nodes, 2 * ((size_t)m->n + 1) * sizeof *more);
        if (!more) return no_memory(m->name), -1;
        m->nodes = more;
    }
    n = m->nodes + m->n;
    memset(n, 0, sizeof *n);
    n->kind = kind;
    n->op = op;
    n->a = a;
    n->b = b;
    return m->n++;
}
static int wrong(const compiler *c, const char *what) {
    return complain(-1, "%s, line %d: %s at \"%.40s\" of \"%.200s\"", c->m->name, c->line, what, c->at, c->whole);
}
static void skip(compiler *c) {
    while (*c->at == ' ' || *c->at == '\t') c->at++;
}
/* Takes a symbol, if it is next. */
static int take(compiler *c, const char *symbol) {
    const size_t n = strlen(symbol);
    skip(c);
    if (strncmp(c->at, symbol, n)) return 0;
    c->at += n;
    return 1;
}
static int is_word(char x) {
    return (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '_' || x == '.'
        || x == ':';
}
/* The longest name of a column that the text begins with, in quotes or not; -1: none. */
static int column_at(const compiler *c, size_t *length) {
    const char *at = c->at + (*c->at == '"');
    int k, best = -1;
    *length = 0;
    if (*c->at == '"') {
        *length = strcspn(at, "\"");
        return find_column(c->t, at, *length);
    }
    for (k = 0; k < c->t->columns; k++) {
        const char *name = c->t->column[k].name;
        const size_t n = strlen(name);
        if (n > *length && !strncmp(at, name, n) && !is_word(at[n])) best = k, *length = n;
    }
    return best;
}
static int own_field(const compiler *c, size_t *length) {
    int k;
    *length = 0;
    while (is_word(c->at[*length])) ++*length;
    for (k = 0; c->rule && k < c->rule->fields; k++)
        if (c->rule->field[k].formula >= 0 && strlen(c->rule->field[k].name) == *length
            && !strncmp(c->rule->field[k].name, c->at, *length))
            return c->rule->field[k].formula;
    return -1;
}
static int unknown(compiler *c) {
    size_t length = 0;
    char near[300];
    const char *at = c->at + (*c->at == '"');
    c->missing = 1;
    if (c->quiet) return -1;
    if (*c->at == '"') length = strcspn(at, "\"");
    else
        while (is_word(at[length]) || (at[length] == '/' && is_word(at[length + 1]))) length++;
    if (length == 0) return wrong(c, "a number, a branch or a function is expected");
    nearest_names(c->t, at, length, near);
    return complain(-1, "%s: there is no \"%.*s\" (%s, line %d); nearest: %s", c->t->path, (int)length, at, c->m->name,
        c->line, near);
}
/* [3], [0:2100:3], [:,2]: a part of a list. */
static int compile_part(compiler *c, int at) {
    node *n = c->m->nodes + at;
    const column *col = c->t->column + n->column;
    int64_t inner = 1, low[3] = { 0 }, high[3] = { -1, -1, -1 }, step[3] = { 1, 1, 1 };
    int one[3] = { 0 }, k = 0, d, lists = 0;
    const int rank = col->rank ? col->rank : 1;
    do {
        char *end;
        if (k == 3) return wrong(c, "there are too many indices");
        skip(c);
        one[k] = *c->at != ':';
        low[k] = strtoll(c->at, &end, 10);
        if (one[k] && end == c->at) return wrong(c, "a whole number is expected");
        c->at = end;
        if (take(c, ":")) {
            one[k] = 0;
            skip(c);
            high[k] = strtoll(c->at, &end, 10);
            if (end == c->at) high[k] = -1;
            c->at = end;
            if (take(c, ":")) {
                step[k] = strtoll(c->at, &end, 10);
                if (end == c->at || step[k] < 1) return wrong(c, "a step of 1 or more is expected");
                c->at = end;
            }
        }
        k++;
    } while (take(c, ","));
    if (!take(c, "]")) return wrong(c, "] is expected");
    if (k != rank) return wrong(c, "there are more or fewer indices than the array has dimensions");
    n->start = 0;
    for (d = rank - 1; d >= 0; d--) {
        const int64_t size = col->rank ? col->dim[d] : -1;
        if (low[d] < 0 || (size >= 0 && (low[d] >= size || high[d] > size)))
            return wrong(c, "an index is beyond the array");
        n->start += low[d] * inner;
        if (!one[d]) {
            lists++;
            n->step = step[d] * inner;
            if (size >= 0 && high[d] < 0) high[d] = size;
            n->stop = high[d];
            n->count = size >= 0 ? high[d] > low[d] ? (high[d] - low[d] + step[d] - 1) / step[d] : 0 : -1;
        }
        if (size > 0) inner *= size;
    }
    if (lists > 1) return wrong(c, "two dimensions are left; one makes a list");
    n->one = lists == 0;
    return at;
}
static int compile_column(compiler *c, int k) {
    const column *col = c->t->column + k;
    int at;
    if (col->unusable) return complain(-1, "%s: \"%s\" is no number, but %s", c->t->path, col->name, col->type);
    c->t->column[k].wanted = 1;
    at = add_node(c, NODE_COLUMN, 0, -1, -1);
    if (at < 0) return -1;
    c->m->nodes[at].column = k;
    c->m->nodes[at].step = 1;
    c->m->nodes[at].count = c->m->nodes[at].stop = -1;
    if (col->rank == 1) c->m->nodes[at].count = c->m->nodes[at].stop = col->length;
    if (!col->lists) return at;
    if (take(c, "[")) return compile_part(c, at);
    if (col->rank > 1)
        return complain(-1, "%s, line %d: \"%s\" has %d dimensions for each event: say which of them, as in %s[:,0]",
            c->m->name, c->line, col->name, col->rank, col->name);
    return at;
}
/* The end of an argument: a comma or bracket outside of brackets. */
static const char *argument_end(const char *at) {
    int depth = 0;
    for (; *at && (depth || (*at != ',' && *at != ')')); at++) depth += (*at == '(') - (*at == ')');
    return at;
}
/* either(A, B, ...): the first without missing branches. */
static int compile_either(compiler *c) {
    const char *first = c->at;
    const int quiet = c->quiet;
    int found = -1, more = 1;
    c->quiet = 1;
    while (more) {
        const char *end = argument_end(c->at);
        if (found < 0) {
            c->missing = 0;
            found = compile_or(c);
            if (found < 0 && !c->missing) return -1;
        }
        more = *end == ',';
        c->at = end + more;
    }
    c->quiet = quiet;
    if (found < 0 && !quiet) c->at = first, compile_or(c); /* which tells of the first */
    if (found < 0) return -1;
    return take(c, ")") ? found : wrong(c, ") is expected");
}
static int compile_call(compiler *c) {
    static const struct {
        const char *name;
        enum node_kind kind;
        int op;
    } functions[] = { { "abs(", NODE_UNARY, OP_ABS }, { "sqrt(", NODE_UNARY, OP_SQRT }, { "exp(", NODE_UNARY, OP_EXP },
        { "log(", NODE_UNARY, OP_LOG }, { "sin(", NODE_UNARY, OP_SIN }, { "cos(", NODE_UNARY, OP_COS },
        { "tan(", NODE_UNARY, OP_TAN }, { "sinh(", NODE_UNARY, OP_SINH }, { "cosh(", NODE_UNARY, OP_COSH },
        { "tanh(", NODE_UNARY, OP_TANH }, { "asinh(", NODE_UNARY, OP_ASINH }, { "pow(", NODE_BINARY, OP_POW },
        { "atan2(", NODE_BINARY, OP_ATAN2 }, { "min(", NODE_BINARY, OP_MIN }, { "max(", NODE_BINARY, OP_MAX },
        { "sum(", NODE_LIST, OP_SUM }, { "count(", NODE_LIST, OP_COUNT }, { "any(", NODE_LIST, OP_ANY },
        { "largest(", NODE_LIST, OP_LARGEST }, { "smallest(", NODE_LIST, OP_SMALLEST } };
    size_t k;
    int a, b = -1;
    if (take(c, "either(")) return compile_either(c);
    for (k = 0; k < sizeof functions / sizeof *functions; k++)
        if (take(c, functions[k].name)) {
            a = compile_or(c);
            if (a >= 0 && functions[k].kind == NODE_BINARY) {
                if (!take(c, ",")) return wrong(c, ", is expected");
                b = compile_or(c);
                if (b < 0) return -1;
            }
            if (a >= 0 && !take(c, ")")) return wrong(c, ") is expected");
            return a < 0 ? -1 : add_node(c, functions[k].kind, functions[k].op, a, b);
        }
    return unknown(c);
}
static int compile_primary(compiler *c) {
    size_t length = 0, own_length = 0;
    int k, own;
    skip(c);
    if (take(c, "(")) {
        k = compile_or(c);
        return k >= 0 && !take(c, ")") ? wrong(c, ") is expected") : k;
    }
    if (take(c, "!")) k = OP_NOT;
    else if (take(c, "-")) k = OP_MINUS;
    else k = -1;
    if (k >= 0) {
        const int a = compile_primary(c);
        return a < 0 ? -1 : add_node(c, NODE_UNARY, k, a, -1);
    }
    k = column_at(c, &length);
    own = own_field(c, &own_length);
    if (own >= 0 && (k < 0 || c->own_first) && own_length >= length) {
        c->at += own_length;
        return own;
    }
    if (k >= 0) {
        c->at += length + (*c->at == '"' ? 2 : 0);
        return compile_column(c, k);
    }
    if ((*c->at >= '0' && *c->at <= '9') || *c->at == '.') {
        char *end;
        const double x = strtod(c->at, &end);
        k = add_node(c, NODE_NUMBER, 0, -1, -1);
        if (k >= 0) c->m->nodes[k].number = x;
        c->at = end;
        return k;
    }
    return compile_call(c);
}
/* Operators that bind alike, from the loosest. */
static int compile_level(compiler *c, int level) {
    static const struct {
        const char *symbol;
        int level, op;
    } operators[] = { { "||", 0, OP_OR }, { "&&", 1, OP_AND }, { "|", 2, OP_BITOR }, { "&", 3, OP_BITAND },
        { "==", 4, OP_EQ }, { "!=", 4, OP_NE }, { "<<", 6, OP_SHIFT }, { "<=", 5, OP_LE }, { ">=", 5, OP_GE },
        { "<", 5, OP_LT }, { ">", 5, OP_GT }, { "+", 7, OP_ADD }, { "-", 7, OP_SUB }, { "*", 8, OP_MUL },
        { "/", 8, OP_DIV }, { "%", 8, OP_MOD } };
    int a = level == 9 ? compile_primary(c) : compile_level(c, level + 1), b;
    size_t k;
    while (a >= 0 && level < 9) {
        skip(c);
        for (k = 0; k < sizeof operators / sizeof *operators; k++)
            if (!strncmp(c->at, operators[k].symbol, strlen(operators[k].symbol))) break;
        if (k == sizeof operators / sizeof *operators || operators[k].level != level) break;
        c->at += strlen(operators[k].symbol);
        b = compile_level(c, level + 1);
        a = b < 0 ? -1 : add_node(c, NODE_BINARY, operators[k].op, a, b);
    }
    return a;
}
static int compile_or(compiler *c) { return compile_level(c, 0); }

/* A formula as a node; -1 after a complaint; -2: it is optional, and the file lacks its branches. */
static int compile(map *m, table *t, rule *r, const char *text, int line, int optional, int own_first) {
    compiler c;
    int found;
    memset(&c, 0, sizeof c);
    c.m = m;
    c.t = t;
    c.rule = r;
    c.at = c.whole = text;
    c.line = line;
    c.quiet = optional;
    c.own_first = own_first;
    found = compile_or(&c);
    if (found < 0) return c.missing && optional ? -2 : -1;
    skip(&c);
    return *c.at ? wrong(&c, "an operator is expected") : found;
}
/* Whether a formula has a value per entry of a list. */
static int has_list(const map *m, const table *t, int at) {
    const node *n = m->nodes + at;
    if (n->kind == NODE_COLUMN) return t->column[n->column].lists && !n->one;
    return (n->kind == NODE_UNARY && has_list(m, t, n->a))
        || (n->kind == NODE_BINARY && (has_list(m, t, n->a) || has_list(m, t, n->b)));
}
static field *find_field(rule *r, const char *name) {
    int k;
    for (k = 0; k < r->fields; k++)
        if (!strcmp(r->field[k].name, name) && r->field[k].formula >= 0 && !r->field[k].target) return r->field + k;
    return NULL;
}
/* What follows from what is given: pt, eta, phi from px, py, pz, and m from e. */
static int complete_rule(map *m, table *t, rule *r) {
    static const char *const made[][4] = { { "pt", "px", "py", "sqrt(px*px+py*py)" },
        { "phi", "px", "py", "atan2(py,px)" }, { "eta", "pz", "pt", "asinh(pz/max(pt,0.000000001))" },
        { "p2", "px", "pz", "px*px+py*py+pz*pz" }, { "p2", "pt", "eta", "pow(pt*cosh(eta),2)" },
        { "m", "e", "p2", "sqrt(max(0,e*e-p2))" } };
    size_t k;
    for (k = 0; k < sizeof made / sizeof *made; k++) {
        field *f;
        if (find_field(r, made[k][0]) || !find_field(r, made[k][1]) || !find_field(r, made[k][2])) continue;
        f = add_field(m, r, made[k][0], strlen(made[k][0]), made[k][3], strlen(made[k][3]));
        if (!f) return 0;
        f->formula = compile(m, t, r, made[k][3], r->line, 0, 1);
        if (f->formula < 0) return 0;
    }
    for (k = 0; k < 4; k++) {
        static const char *const needed[] = { "pt", "eta", "phi", "m" };
        if (!find_field(r, needed[k]))
            return complain(0, "%s, line %d: the objects \"%s\" have no %s (nor px, py, pz, e to find it from)",
                m->name, r->line, r->object, needed[k]);
    }
    return 1;
}
static int compile_rule(map *m, table *t, rule *r) {
    int k;
    for (k = 0; k < r->fields; k++) {
        field *f = r->field + k;
        f->formula = compile(m, t, NULL, f->text, f->line, f->optional || r->optional, 0);
        if (f->formula == -1) return 0;
        if (f->formula == -2 && !f->optional) r->absent = 1;
        if (f->formula >= 0 && (r->event || f->target) && has_list(m, t, f->formula))
            return complain(0, "%s, line %d: \"%s\" should be one number per event, but \"%s\" is a list", m->name,
                f->line, f->name, f->text);
    }
    if (r->absent) return 1;
    if (!r->event && !complete_rule(m, t, r)) return 0;
    if (!r->condition) return 1;
    r->where = compile(m, t, r, r->condition, r->line, r->optional, 0);
    if (r->where == -2) r->absent = 1;
    if (r->where >= 0 && r->event && has_list(m, t, r->where))
        return complain(
            0, "%s, line %d: a condition of events has one value per event: use any, count or sum", m->name, r->line);
    return r->where != -1;
}
/* Compiles all formulas for the columns of a file; 0 after a complaint. */
static int map_compile(map *m, table *t) {
    int k;
    for (k = 0; k < m->rules; k++)
        if (!compile_rule(m, t, m->rule[k])) return 0;
    for (k = 0; k < m->rules && (m->rule[k]->absent || m->rule[k]->event); k++) {}
    return k < m->rules || complain(0, "%s: %s finds no objects in it", t->path, m->name);
}

/* ------------------------------------------------------------------------------------------------------------------
   Values
   --------------------------------------------------------------------------------------------------------------- */

/* Entries of a formula in event e of the block: -1: one number; -2: lists of different lengths. */
static int64_t extent(const map *m, const table *t, int at, int64_t e) {
    const node *n = m->nodes + at;
    int64_t a, b;
    if (n->kind == NODE_UNARY) return extent(m, t, n->a, e);
    if (n->kind == NODE_BINARY) {
        a = extent(m, t, n->a, e);
        b = extent(m, t, n->b, e);
        return a == -1 ? b : b == -1 || a == b ? a : -2;
    }
    if (n->kind != NODE_COLUMN || !t->column[n->column].lists || n->one) return -1;
    if (n->count >= 0) return n->count;
    b = t->column[n->column].first[e + 1] - t->column[n->column].first[e];
    if (n->stop >= 0 && n->stop < b) b = n->stop;
    return b > n->start ? (b - n->start + n->step - 1) / n->step : 0;
}
static double two(int op, double a, double b) {
    switch (op) {
    case OP_OR: return a != 0.0 || b != 0.0;
    case OP_AND: return a != 0.0 && b != 0.0;
    case OP_BITOR: return (double)((int64_t)a | (int64_t)b);
    case OP_BITAND: return (double)((int64_t)a & (int64_t)b);
    case OP_SHIFT: return b >= 0.0 && b < 63.0 ? ldexp(a, (int)b) : (double)NAN;
    case OP_EQ: return a == b;
    case OP_NE: return a != b;
    case OP_LE: return a <= b;
    case OP_GE: return a >= b;
    case OP_LT: return a < b;
    case OP_GT: return a > b;
    case OP_ADD: return a + b;
    case OP_SUB: return a - b;
    case OP_MUL: return a * b;
    case OP_DIV: return a / b;
    case OP_MOD: return fmod(a, b);
    case OP_POW: return pow(a, b);
    case OP_ATAN2: return atan2(a, b);
    case OP_MIN: return a < b ? a : b;
    default: return a > b ? a : b;
    }
}
static double one(int op, double a) {
    switch (op) {
    case OP_NOT: return a == 0.0;
    case OP_MINUS: return -a;
    case OP_ABS: return fabs(a);
    case OP_SQRT: return sqrt(a);
    case OP_EXP: return exp(a);
    case OP_LOG: return log(a);
    case OP_SIN: return sin(a);
    case OP_COS: return cos(a);
    case OP_TAN: return tan(a);
    case OP_SINH: return sinh(a);
    case OP_COSH: return cosh(a);
    case OP_TANH: return tanh(a);
    default: return asinh(a);
    }
}
/* Of event e of the block, and there of entry k of its lists. */
static double value_of(const map *m, const table *t, int at, int64_t e, int64_t k) {
    const node *n = m->nodes + at;
    const column *c;
    double x, total = 0.0;
    int64_t i, count;
    switch (n->kind) {
    case NODE_NUMBER: return n->number;
    case NODE_UNARY: return one(n->op, value_of(m, t, n->a, e, k));
    case NODE_BINARY:
        x = value_of(m, t, n->a, e, k);
        if (n->op == OP_AND && x == 0.0) return 0.0;
        if (n->op == OP_OR && x != 0.0) return 1.0;
        return two(n->op, x, value_of(m, t, n->b, e, k));
    case NODE_COLUMN:
        c = t->column + n->column;
        if (!c->lists) return c->value[e];
        i = n->start + (n->one ? 0 : k * n->step);
        return i < c->first[e + 1] - c->first[e] ? c->value[c->first[e] + i] : (double)NAN;
    default: break;
    }
    count = extent(m, t, n->a, e);
    if (count == -1) count = 1;
    if (n->op == OP_LARGEST || n->op == OP_SMALLEST) total = (double)NAN;
    for (i = 0; i < count; i++) {
        x = value_of(m, t, n->a, e, i);
        if (n->op == OP_SUM) total += x;
        else if (n->op == OP_COUNT) total += x != 0.0;
        else if (n->op == OP_ANY) total = total != 0.0 || x != 0.0;
        else if (n->op == OP_LARGEST && !(total >= x)) total = x;
        else if (n->op == OP_SMALLEST && !(total <= x)) total = x;
    }
    return total;
}
/* How exactly the file has it: 32-bit numbers, doubles, or what was computed, as a number of digits; negative: of
   floats. */
static int digits_of(const map *m, const table *t, int at) {
    const node *n = m->nodes + at;
    if (n->kind == NODE_COLUMN) return t->column[n->column].single ? -9 : 17;
    return n->kind == NODE_NUMBER ? 17 : 9;
}
#endif /* CONVERT_MAP_H */
