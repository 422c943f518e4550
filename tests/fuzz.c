/* Any bytes into every reader of files: JSON, configurations, safetensors, CSV, networks, topologies, checkpoints. Each
   target below names the functions that it calls, and the test fails where the headers have a reader that no target
   names. With -DFUZZ a libFuzzer binary of the target that the variable FUZZ names; without it a program that replays
   files, or (without files) its own beginnings, each cut and changed in some thousand ways. Both: `list` prints the
   targets, `seeds FOLDER` writes the beginnings as FOLDER/TARGET/NUMBER.

   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/fuzz.c -o build/test_fuzz -lm && build/test_fuzz [quick | file ...]
   clang -g -O1 -DFUZZ -DPASSWD_IMPLEMENTATION -fsanitize=fuzzer,address,undefined -I. tests/fuzz.c -o build/fuzz -lm &&
   FUZZ=events build/fuzz -max_total_time=30 */
#define PASSWD_RMM_IMPLEMENTATION
#define PASSWD_SPANET_IMPLEMENTATION
#include "../passwd_rmm.h"
#include "../passwd_spanet.h"
#include "check.h"

typedef struct source {
    const uint8_t *at;
    size_t left, step;
} source;
static size_t source_read(void *user, char *buffer, size_t bytes) {
    source *s = (source *)user;
    if (bytes > s->step) bytes = s->step;
    if (bytes > s->left) bytes = s->left;
    memcpy(buffer, s->at, bytes);
    s->at += bytes;
    s->left -= bytes;
    return bytes;
}
static void must(int good) {
    if (!good) abort();
}
/* an error is a status and a sentence */
static void judged(passwd_status s, const passwd_error *e) {
    must(s == PASSWD_OK || (e->status == s && e->message[0] && memchr(e->message, 0, sizeof e->message)));
}

/* what is read by its path alone */
static const char *as_file(const uint8_t *data, size_t size) {
    static char path[512];
    FILE *f;
    snprintf(path, sizeof path, "%s/test_fuzz.bytes", scratch_folder());
    f = fopen(path, "wb");
    must(f != NULL && fwrite(data, 1, size, f) == size && fclose(f) == 0);
    return path;
}

static void feed_json(const uint8_t *data, size_t size) {
    passwd_error e;
    passwd_json j;
    const passwd_status s = passwd_json_parse((const char *)data, size, "fuzz.json", NULL, &j, &e);
    int32_t k;
    judged(s, &e);
    if (s != PASSWD_OK) return;
    for (k = 0; k < j.count; k++) must(j.nodes[k].line > 0 && j.nodes[k].column > 0);
    passwd_json_free(&j);
}
/* the same text as a configuration of every model; what was read is written, and read back as the same */
static void feed_configs(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    passwd_abc_config abc;
    passwd_nae_config nae;
    passwd_vrnn_config vrnn;
    passwd_rmm_config rmm;
    passwd_spanet_config spanet;
    passwd_error e;
    must(passwd_abc_preset("default", &abc, NULL) == PASSWD_OK && passwd_nae_preset("default", &nae, NULL) == PASSWD_OK
        && passwd_vrnn_preset("default", &vrnn, NULL) == PASSWD_OK);
    must(passwd_rmm_preset("search", &rmm, NULL) == PASSWD_OK
        && passwd_spanet_preset("default", &spanet, NULL) == PASSWD_OK);
    judged(passwd_abc_config_read(&abc, text, size, "fuzz.json", &e), &e);
    judged(passwd_nae_config_read(&nae, text, size, "fuzz.json", &e), &e);
    judged(passwd_vrnn_config_read(&vrnn, text, size, "fuzz.json", &e), &e);
    judged(passwd_rmm_config_read(&rmm, text, size, "fuzz.json", &e), &e);
    judged(passwd_spanet_config_read(&spanet, text, size, "fuzz.json", &e), &e);
}
static void feed_layout(const uint8_t *data, size_t size) {
    passwd_rmm_layout layout;
    passwd_json j;
    passwd_error e;
    passwd_status s = passwd_json_parse((const char *)data, size, "fuzz.json", NULL, &j, &e);
    if (s != PASSWD_OK) return;
    must(passwd_rmm_layout_preset("search", &layout, NULL) == PASSWD_OK);
    s = passwd_rmm_layout_read(&layout, &j, 0, &e);
    judged(s, &e);
    judged(passwd_rmm_layout_check(&layout, &e), &e);
    passwd_json_free(&j);
}
static void feed_words(const uint8_t *data, size_t size) {
    char word[64];
    passwd_simd level;
    passwd_abc_config abc;
    passwd_nae_config nae;
    passwd_vrnn_config vrnn;
    passwd_rmm_config rmm;
    passwd_rmm_layout layout;
    passwd_spanet_config spanet;
    passwd_spanet_topology topology;
    passwd_error e;
    const size_t n = size < sizeof word ? size : sizeof word - 1;
    memcpy(word, data, n);
    word[n] = 0;
    judged(passwd_simd_parse(word, &level, &e), &e);
    judged(passwd_abc_preset(word, &abc, &e), &e);
    judged(passwd_nae_preset(word, &nae, &e), &e);
    judged(passwd_vrnn_preset(word, &vrnn, &e), &e);
    judged(passwd_rmm_preset(word, &rmm, &e), &e);
    judged(passwd_rmm_layout_preset(word, &layout, &e), &e);
    judged(passwd_spanet_preset(word, &spanet, &e), &e);
    judged(passwd_spanet_topology_preset(word, &topology, &e), &e);
}
/* two rows of two numbers in, two out: parameters y.weight and y.bias, and "a" beside them */
static passwd_model *tiny(void) {
    static const int two = 2;
    passwd_model *m = NULL;
    passwd_value x;
    must(passwd_model_new(NULL, &m, NULL) == PASSWD_OK);
    x = passwd_input_event(m, "x", 1, 2);
    passwd_output(m, passwd_linear(m, x, 2, 1, "y"), "y");
    passwd_loss(m, passwd_mean_square(m, x, passwd_linear(m, x, 2, 1, "y")), 1.0f, "loss");
    must(passwd_parameter_new(m, "a", 1, &two, 1, 0, 1.0f) >= 0 && passwd_model_build(m, 1, NULL) == PASSWD_OK);
    return m;
}
static void feed_tensors(const uint8_t *data, size_t size) {
    static passwd_model *m; /* for all calls: what is refused must not have changed it */
    passwd_tensor_file f;
    passwd_quantiles q;
    passwd_error e;
    int64_t i;
    passwd_status s = passwd_tensor_file_parse(data, size, "fuzz", NULL, &f, &e);
    judged(s, &e);
    if (s != PASSWD_OK) return;
    for (i = 0; i < f.count; i++) {
        double *x = (double *)malloc((size_t)f.tensors[i].count * sizeof *x + 8);
        must(x != NULL && f.tensors[i].bytes <= size);
        must(passwd_tensor_to_double(f.tensors + i, x, f.tensors[i].count, &e)
            == (f.tensors[i].dtype > PASSWD_DTYPE_BF16 ? PASSWD_ERROR_UNSUPPORTED : PASSWD_OK));
        free(x);
    }
    if (!m) m = tiny();
    memset(&q, 0, sizeof q);
    s = passwd_model_read(m, &f, "fuzz", &e);
    judged(s, &e);
    if (s == PASSWD_OK) {
        passwd_model_free(m);
        m = NULL;
    }
    s = passwd_quantiles_read(&f, "fuzz", NULL, &q, &e);
    judged(s, &e);
    if (s == PASSWD_OK) {
        must(fabs(passwd_quantiles_map(&q, 0, q.x[0])) <= DBL_MAX
            && fabs(passwd_quantiles_invert(&q, 0, q.normal[0])) <= DBL_MAX);
        passwd_quantiles_free(&q);
    }
    passwd_tensor_file_free(&f);
}
static void read_events(const uint8_t *data, size_t size, const passwd_event_options *o) {
    passwd_event_reader *r = NULL;
    passwd_events v;
    passwd_error e;
    passwd_status status;
    source s;
    int64_t k;
    s.at = data;
    s.left = size;
    s.step = size % 3 ? 1000000 : 1 + size % 7;
    memset(&v, 0, sizeof v);
    status = passwd_event_reader_open_callback(source_read, &s, "fuzz.csv", o, NULL, &r, &e);
    judged(status, &e);
    while (status == PASSWD_OK) {
        status = passwd_events_read(r, &v, 3, &e);
        judged(status, &e);
        if (status != PASSWD_OK || v.count == 0) break;
        must(v.first[0] == 0 && v.first[v.count] == v.objects);
        for (k = 0; k < v.objects && !o->table; k++) {
            must(v.e[k] >= 0.0 && v.m[k] >= 0.0 && v.pt[k] >= 0.0 && fabs(v.eta[k]) < 20.001);
            must(v.type[k] >= 0 && v.type[k] < v.type_names.count);
        }
    }
    passwd_event_reader_close(r);
    passwd_events_free(&v);
}
static void feed_events(const uint8_t *data, size_t size) {
    static const char *const numbers[] = { "b?", "$t?" };
    static const passwd_event_options o = { numbers, 2, 0, 0, 0, NULL };
    read_events(data, size, &o);
}
static void feed_constituents(const uint8_t *data, size_t size) {
    static const passwd_event_options o = { NULL, 0, 0, 1, 0, NULL };
    read_events(data, size, &o);
}
static void feed_table(const uint8_t *data, size_t size) {
    static const char *const numbers[] = { "a", "b?", "$t?" };
    static const passwd_event_options o = { numbers, 3, 0, 0, 1, NULL };
    read_events(data, size, &o);
}
/* networks from bytes: a status, and a network exactly where it is OK */
#define FEED_NETWORK(model)                                                               \
    static void feed_##model(const uint8_t *data, size_t size) {                          \
        passwd_##model *a = NULL;                                                         \
        passwd_error e;                                                                   \
        const passwd_status s = passwd_##model##_parse(data, size, "fuzz", NULL, &a, &e); \
        judged(s, &e);                                                                    \
        must((s == PASSWD_OK) == (a != NULL));                                            \
        passwd_##model##_free(a);                                                         \
    }
FEED_NETWORK(abc)
FEED_NETWORK(nae)
FEED_NETWORK(vrnn)
FEED_NETWORK(rmm)
static void feed_spanet(const uint8_t *data, size_t size) {
    passwd_spanet_topology topology;
    int k;
    must(passwd_spanet_topology_preset("W", &topology, NULL) == PASSWD_OK);
    for (k = 0; k < 2; k++) { /* with its own topology, and with one that is given */
        passwd_spanet *a = NULL;
        passwd_error e;
        const passwd_status s = passwd_spanet_parse(data, size, "fuzz", k ? &topology : NULL, k * 4, NULL, &a, &e);
        judged(s, &e);
        must((s == PASSWD_OK) == (a != NULL));
        passwd_spanet_free(a);
    }
}
static void feed_reweight(const uint8_t *data, size_t size) {
    passwd_reweight *r = NULL;
    passwd_error e;
    const passwd_status s = passwd_reweight_load(as_file(data, size), NULL, &r, &e);
    judged(s, &e);
    must((s == PASSWD_OK) == (r != NULL));
    passwd_reweight_free(r);
}
static void feed_spectrum(const uint8_t *data, size_t size) {
    passwd_spectrum spectrum;
    passwd_error e;
    passwd_status s;
    int has = 0, k;
    memset(&spectrum, 0, sizeof spectrum);
    s = passwd_spectrum_load(as_file(data, size), NULL, &spectrum, &has, &e);
    judged(s, &e);
    if (s != PASSWD_OK) return;
    must(spectrum.bins > 0);
    for (k = 0; k < spectrum.bins; k++) must(spectrum.edges[k] < spectrum.edges[k + 1] && spectrum.data[k] >= 0.0);
    passwd_spectrum_free(&spectrum);
}
/* what is read as a topology is written as text that reads back as the same one */
static void feed_topology(const uint8_t *data, size_t size) {
    passwd_spanet_topology t, again;
    passwd_json_writer w;
    passwd_error e;
    const passwd_status s = passwd_spanet_topology_parse((const char *)data, size, "fuzz.ini", NULL, &t, &e);
    judged(s, &e);
    if (s != PASSWD_OK) return;
    passwd_json_writer_init(&w, NULL);
    must(passwd_spanet_topology_write(&t, &w.out, &e) == PASSWD_OK);
    must(passwd_spanet_topology_parse(w.out.text, w.out.length, "again", NULL, &again, &e) == PASSWD_OK
        && !passwd_spanet_topology_differs(&t, &again, NULL));
    passwd_json_writer_free(&w);
}
/* the readers of paths whose twins read bytes, above */
static void feed_paths(const uint8_t *data, size_t size) {
    const char *const path = as_file(data, size);
    passwd_tensor_file f;
    passwd_events v;
    passwd_event_reader *r = NULL;
    passwd_abc *abc = NULL;
    passwd_nae *nae = NULL;
    passwd_vrnn *vrnn = NULL;
    passwd_rmm *rmm = NULL;
    passwd_spanet *spanet = NULL;
    passwd_spanet_topology t;
    passwd_error e;
    passwd_status s = passwd_tensor_file_load(path, NULL, &f, &e);
    judged(s, &e);
    if (s == PASSWD_OK) passwd_tensor_file_free(&f);
    memset(&v, 0, sizeof v);
    judged(passwd_events_load(path, NULL, NULL, &v, &e), &e);
    passwd_events_free(&v);
    judged(passwd_event_reader_open(path, NULL, NULL, &r, &e), &e);
    passwd_event_reader_close(r);
    judged(passwd_abc_load(path, NULL, &abc, &e), &e);
    passwd_abc_free(abc);
    judged(passwd_nae_load(path, NULL, &nae, &e), &e);
    passwd_nae_free(nae);
    judged(passwd_vrnn_load(path, NULL, &vrnn, &e), &e);
    passwd_vrnn_free(vrnn);
    judged(passwd_rmm_load(path, NULL, &rmm, &e), &e);
    passwd_rmm_free(rmm);
    judged(passwd_spanet_load(path, NULL, 0, NULL, &spanet, &e), &e);
    passwd_spanet_free(spanet);
    judged(passwd_spanet_topology_load(path, NULL, &t, &e), &e);
}
static int stop_at_three(void *user, const passwd_progress *p) {
    (void)user;
    return p->step >= 3;
}
static passwd_status train_tiny(const char *checkpoint, int stop, passwd_error *e) {
    static const float x[16] = { 1, 2, 3, 4, -1, -2, 0.5f, 0, 1, 1, 2, 0, -3, 1, 0, 2 };
    const float *inputs[1];
    passwd_train_options o;
    passwd_train_report report;
    passwd_batch b;
    passwd_model *m = tiny();
    passwd_status s;
    memset(&o, 0, sizeof o);
    memset(&b, 0, sizeof b);
    inputs[0] = x;
    b.events = 8;
    b.inputs = inputs;
    o.epochs = 3;
    o.batch = 4;
    o.validation = 0.25f;
    o.average = 0.5f;
    o.checkpoint = checkpoint;
    o.progress = stop ? stop_at_three : NULL;
    s = passwd_train(m, &b, &o, &report, e);
    passwd_model_free(m);
    return s;
}
/* a training that goes on from any bytes */
static void feed_checkpoint(const uint8_t *data, size_t size) {
    const char *const path = as_file(data, size);
    passwd_error e;
    judged(train_tiny(path, 0, &e), &e);
    remove(path);
}

/* --- what each begins with --- */

#define NETWORK_FILE scratch_file("test_fuzz.safetensors")
static size_t saved(uint8_t *to, size_t room) {
    FILE *f = fopen(NETWORK_FILE, "rb");
    const size_t n = f ? fread(to, 1, room, f) : 0;
    if (f) fclose(f);
    remove(NETWORK_FILE);
    must(n > 100 && n < room);
    return n;
}
static size_t make_abc(uint8_t *to, size_t room) {
    passwd_abc_config c;
    passwd_abc *a = NULL;
    passwd_error e;
    must(passwd_abc_preset("default", &c, NULL) == PASSWD_OK);
    c.embed_dim = c.mlp_dim = c.attn_block_ffwd_dim = 4;
    c.attn_block_num_heads = c.attn_blocks_n = c.attn_block_ffwd_nlayers = c.embed_nlayers = c.mlp_nlayers =
        c.ae_depth = 1;
    if (passwd_abc_new(&c, 1, NULL, &a, &e) != PASSWD_OK || passwd_abc_save(a, NETWORK_FILE, &e) != PASSWD_OK) {
        fprintf(stderr, "  %s\n", e.message);
        abort();
    }
    passwd_abc_free(a);
    return saved(to, room);
}
static size_t make_nae(uint8_t *to, size_t room) {
    double rows[16];
    passwd_table table;
    passwd_nae_config c;
    passwd_nae *a = NULL;
    int k;
    for (k = 0; k < 16; k++) rows[k] = passwd_random_normal(1, 1, (uint32_t)k);
    must(passwd_nae_preset("default", &c, NULL) == PASSWD_OK);
    c.features = c.widths[0] = 2;
    c.widths[1] = c.widths[2] = 0;
    c.steps = 8;
    c.batch = 4;
    memset(&table, 0, sizeof table);
    table.rows = rows;
    table.count = 8;
    table.features = c.features;
    must(passwd_nae_new(&c, 1, NULL, &a, NULL) == PASSWD_OK
        && passwd_nae_train(a, &table, NULL, NULL, NULL, NULL, NULL) == PASSWD_OK
        && passwd_nae_save(a, NETWORK_FILE, NULL) == PASSWD_OK);
    passwd_nae_free(a);
    return saved(to, room);
}
static const char constituents_text[] = "jet,pt,eta,phi\n0,100,0.1,0.2\n0,50,0.3,-0.1\n0,20,-0.2,0\n1,90,1,1\n1,80,1.2,"
                                        "0.9\n2,70,-1,0.5\n2,30,-1.3,0.2\n3,60,0,3\n3,20,0.2,-3.1\n";
/* one-prong toys, trained for a step */
static size_t make_vrnn(uint8_t *to, size_t room) {
    passwd_event_options o;
    passwd_events jets;
    passwd_vrnn_config c;
    passwd_vrnn *a = NULL;
    memset(&o, 0, sizeof o);
    memset(&jets, 0, sizeof jets);
    o.jets = 1;
    must(passwd_events_load(
             as_file((const uint8_t *)constituents_text, sizeof constituents_text - 1), &o, NULL, &jets, NULL)
            == PASSWD_OK
        && jets.count == 4);
    must(passwd_vrnn_preset("default", &c, NULL) == PASSWD_OK);
    c.constituents = 3;
    c.hidden = c.latent = c.width = 2;
    c.epochs = 1;
    c.batch = 2;
    must(passwd_vrnn_new(&c, 1, NULL, &a, NULL) == PASSWD_OK
        && passwd_vrnn_train(a, &jets, NULL, NULL, NULL, NULL) == PASSWD_OK
        && passwd_vrnn_save(a, NETWORK_FILE, NULL) == PASSWD_OK);
    passwd_vrnn_free(a);
    passwd_events_free(&jets);
    return saved(to, room);
}
static size_t make_rmm(uint8_t *to, size_t room) {
    static const char text[] =
        "{\"widths\": [2], \"layout\": {\"sqrt_s\": 13000, \"types\": {\"j\": 2}, \"masses\": [[\"j\", \"j\"]]}}";
    passwd_rmm_config c;
    passwd_rmm_region region;
    passwd_rmm *a = NULL;
    passwd_error e;
    memset(&region, 0, sizeof region);
    strcpy(region.name, "10pb");
    region.cut = -9.5;
    must(passwd_rmm_preset("search", &c, NULL) == PASSWD_OK);
    if (passwd_rmm_config_read(&c, text, sizeof text - 1, "fuzz", &e) != PASSWD_OK
        || passwd_rmm_new(&c, 1, NULL, &a, &e) != PASSWD_OK || passwd_rmm_add_region(a, &region, &e) != PASSWD_OK
        || passwd_rmm_save(a, NETWORK_FILE, &e) != PASSWD_OK) {
        fprintf(stderr, "  %s\n", e.message);
        abort();
    }
    passwd_rmm_free(a);
    return saved(to, room);
}
static size_t make_spanet(uint8_t *to, size_t room) {
    passwd_spanet_config c;
    passwd_spanet_topology t;
    passwd_spanet *a = NULL;
    passwd_error e;
    must(passwd_spanet_topology_preset("W", &t, NULL) == PASSWD_OK
        && passwd_spanet_preset("default", &c, NULL) == PASSWD_OK);
    c.max_jets = 4;
    c.hidden_dim = c.initial_embedding_dim = c.position_embedding_dim = 2;
    c.num_attention_heads = 1;
    c.mass_units = 0;
    c.num_embedding_layers = c.num_encoder_layers = c.num_branch_embedding_layers = c.num_branch_encoder_layers =
        c.num_jet_embedding_layers = c.num_jet_encoder_layers = c.num_detector_layers = 1;
    if (passwd_spanet_new(&c, &t, 1, NULL, &a, &e) != PASSWD_OK
        || passwd_spanet_save(a, NETWORK_FILE, &e) != PASSWD_OK) {
        fprintf(stderr, "  %s\n", e.message);
        abort();
    }
    passwd_spanet_free(a);
    return saved(to, room);
}
static size_t make_reweight(uint8_t *to, size_t room) {
    double rows[2][40];
    passwd_table table[2];
    passwd_reweight_config c;
    passwd_reweight *a = NULL;
    passwd_error e;
    int k, i;
    for (k = 0; k < 2; k++) {
        for (i = 0; i < 40; i++) rows[k][i] = passwd_random_normal(2, (uint32_t)k, (uint32_t)i) + 0.2 * k;
        table[k].rows = rows[k];
        table[k].weight = NULL;
        table[k].count = 40;
        table[k].features = 1;
        table[k].names = NULL;
    }
    passwd_reweight_defaults(&c);
    c.networks = 2;
    c.epochs = 1;
    c.batch = 16;
    c.layers = 1;
    c.nodes = 2;
    if (passwd_reweight_learn(&c, table, table + 1, NULL, NULL, &a, &e) != PASSWD_OK
        || passwd_reweight_save(a, NETWORK_FILE, &e) != PASSWD_OK) {
        fprintf(stderr, "  %s\n", e.message);
        abort();
    }
    passwd_reweight_free(a);
    return saved(to, room);
}
static size_t make_checkpoint(uint8_t *to, size_t room) {
    passwd_error e;
    remove(NETWORK_FILE);
    must(train_tiny(NETWORK_FILE, 1, &e) == PASSWD_STOPPED);
    return saved(to, room);
}
/* every parameter of the tiny model, and a map of two knots */
static size_t make_tensors(uint8_t *to, size_t room) {
    static const int64_t shape[2] = { 1, 2 };
    static const double knots[2] = { -1.0, 1.0 };
    passwd_tensor_writer w;
    passwd_model *m = tiny();
    passwd_tensor_writer_init(&w, NULL);
    must(passwd_model_write(m, &w, NULL) == PASSWD_OK
        && passwd_tensor_writer_add(&w, "map.x", PASSWD_DTYPE_F64, 2, shape, knots, NULL) == PASSWD_OK);
    must(passwd_tensor_writer_add(&w, "map.normal", PASSWD_DTYPE_F64, 2, shape, knots, NULL) == PASSWD_OK
        && passwd_tensor_writer_save(&w, NETWORK_FILE, NULL) == PASSWD_OK);
    passwd_tensor_writer_free(&w);
    passwd_model_free(m);
    return saved(to, room);
}
static const char *const json_texts[] = { "{\"embed_dim\": 16, \"out_dim\": [2, 3], \"doWij\": true, \"rate\": 1e-3}",
    "[[[[{\"a\":\"\\u00e9\\ud83d\\ude00\"}]]], -0.5e-7, null]", "", NULL };
static const char *const config_texts[] = { "{\"embed_dim\": 16, \"out_dim\": [2, 3], \"doWij\": true, \"rate\": 1e-3}",
    "{\"features\": 9, \"widths\": [8, 2], \"epochs\": 3}", "{\"constituents\": 20, \"hidden\": 8, \"schedule\": 1}",
    "{\"widths\": [8, 4], \"layout\": {\"sqrt_s\": 13000}, \"slope\": 0.1}",
    "{\"hidden_dim\": 32, \"event_info_file\": \"x\", \"linear_prelu_activation\": true}", NULL };
static const char *const layout_texts[] = {
    "{\"types\": {\"j\": 10, \"b\": 2}, \"masses\": [[\"j\", \"b\"]], \"keep_masses\": true, \"skip_others\": 1, "
    "\"sqrt_s\": 13000, \"c\": 0.15}",
    NULL
};
static const char *const word_texts[] = { "avx2", "default", "ttbar", NULL };
static const char *const event_texts[] = {
    "event,object,pt,eta,phi,m\n0,j,105.72,-0.2851,-1.0664,12.4\n0,mu,48.58,-0.4819,-2.1132,0.1\n1,j,1,2,3,4\n",
    "\xef\xbb\xbfweight,pt,\"eta\",phi,e,event,object,b,t\r\n# "
    "x\r\n2.5,10,0,1,26,7,j,1,\"t1/\"\"b\"\"\"\r\n,20,1,2,99,7,mu,,\r\n",
    "", NULL
};
static const char *const constituents_texts[] = { constituents_text, NULL };
static const char *const table_texts[] = { "a,b,t\n1,2,x\n-3e2,,\"y\"\n", "t,a\n,nan\n", NULL };
static const char *const spectrum_texts[] = { "low,high,data\n100,110,5\n110,121.5,3\n",
    "low,high,data,background,uncertainty\n1,2,3,3.5,0.1\n2,4,1,1.5,0.2\n", NULL };
static const char *const topology_texts[] = { "[SOURCE]\npt=log\n[EVENT]\nparticles=(a,b)\npermutations=[(a,b)]\n[a]"
                                              "\njets=(x,y)\ntargets=(q/1,r)\n[b]\njets=(x,y)\n",
    "INPUTS:\n SEQUENTIAL:\n  S:\n   pt: none\n   objects: [j,b]\nEVENT:\n a:\n - x\n - 'y'\n b: "
    "[x,y]\nPERMUTATIONS:\n EVENT:\n  - [a, b]\n a:\n  - - - x\n      - y\n b: [[x,y]]\n",
    "", NULL };

typedef struct target {
    const char *name;
    void (*run)(const uint8_t *, size_t);
    const char *readers;                      /* the functions that it is about */
    const char *const *texts;                 /* beginnings, to NULL; or */
    size_t (*make)(uint8_t *to, size_t room); /* one of bytes */
    int rounds;                               /* of changes to each, in the test */
} target;
static const target targets[] = { { "json", feed_json, "passwd_json_parse", json_texts, NULL, 6000 },
    { "configs", feed_configs,
        "passwd_abc_config_read passwd_nae_config_read passwd_vrnn_config_read passwd_rmm_config_read "
        "passwd_spanet_config_read",
        config_texts, NULL, 1000 },
    { "layout", feed_layout, "passwd_rmm_layout_read", layout_texts, NULL, 5000 },
    { "words", feed_words, "passwd_simd_parse", word_texts, NULL, 500 },
    { "tensors", feed_tensors, "passwd_tensor_file_parse passwd_model_read passwd_quantiles_read", NULL, make_tensors,
        6000 },
    { "events", feed_events, "passwd_event_reader_open_callback passwd_events_read", event_texts, NULL, 5000 },
    { "constituents", feed_constituents, "passwd_event_reader_open_callback passwd_events_read", constituents_texts,
        NULL, 5000 },
    { "table", feed_table, "passwd_event_reader_open_callback passwd_events_read", table_texts, NULL, 2000 },
    { "abc", feed_abc, "passwd_abc_parse", NULL, make_abc, 2000 },
    { "nae", feed_nae, "passwd_nae_parse", NULL, make_nae, 2000 },
    { "vrnn", feed_vrnn, "passwd_vrnn_parse", NULL, make_vrnn, 2000 },
    { "rmm", feed_rmm, "passwd_rmm_parse", NULL, make_rmm, 2000 },
    { "spanet", feed_spanet, "passwd_spanet_parse", NULL, make_spanet, 2000 },
    { "reweight", feed_reweight, "passwd_reweight_load", NULL, make_reweight, 2000 },
    { "spectrum", feed_spectrum, "passwd_spectrum_load", spectrum_texts, NULL, 1000 },
    { "topology", feed_topology, "passwd_spanet_topology_parse", topology_texts, NULL, 5000 },
    { "paths", feed_paths,
        "passwd_tensor_file_load passwd_events_load passwd_event_reader_open passwd_abc_load passwd_nae_load "
        "passwd_vrnn_load passwd_rmm_load"
        " passwd_spanet_load passwd_spanet_topology_load",
        event_texts, NULL, 100 },
    { "checkpoint", feed_checkpoint, "passwd_train", NULL, make_checkpoint, 300 } };
enum { TARGETS = sizeof targets / sizeof *targets, ROOM = 1 << 20 };

/* the k-th beginning of a target; 0 where there is none */
static int beginning(const target *t, int k, uint8_t *to, size_t *size) {
    if (t->texts ? !t->texts[k] : k > 0) return 0;
    if (t->texts) memcpy(to, t->texts[k], *size = strlen(t->texts[k]));
    else *size = t->make(to, ROOM);
    return 1;
}
/* "list" and "seeds FOLDER"; 1 where it was one of them */
static int asked(int argc, char **argv) {
    uint8_t *bytes;
    int t, k;
    if (argc < 2 || (strcmp(argv[1], "list") && strcmp(argv[1], "seeds"))) return 0;
    bytes = (uint8_t *)calloc(1, ROOM);
    for (t = 0; t < TARGETS; t++) {
        size_t size = 0;
        if (argc < 3) {
            printf("%s\n", targets[t].name);
            continue;
        }
        for (k = 0; beginning(targets + t, k, bytes, &size); k++) {
            char path[600];
            FILE *f;
            snprintf(path, sizeof path, "%s/%s/%d", argv[2], targets[t].name, k);
            f = fopen(path, "wb");
            must(f != NULL && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
        }
    }
    free(bytes);
    return 1;
}

#ifdef FUZZ
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    if (asked(*argc, *argv)) exit(0);
    return 0;
}
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *chosen;
    static int begun, only = -1;
    int k;
    for (k = 0, chosen = begun ? chosen : getenv("FUZZ"); !begun && chosen && k < TARGETS; k++)
        if (strcmp(chosen, targets[k].name) == 0) only = k;
    must(begun || !chosen || only >= 0);
    begun = 1;
    for (k = 0; k < TARGETS; k++)
        if (only < 0 || k == only) targets[k].run(data, size);
    (void)check_count;
    (void)finish;
    return 0;
}
#else
/* exact copies, so that a byte too far is seen by a sanitizer */
static void feed(const target *t, const uint8_t *data, size_t size) {
    uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
    memcpy(copy, data, size);
    t->run(copy, size);
    free(copy);
}
static int quick; /* for sanitizers and emulators: a fifth of the changes */
static void torment(int kind, const uint8_t *data, size_t size) {
    static const uint8_t nasty[] = "\"{}[],:\\\n\r#0123456789.-+eEnaif\t \x80\xff\xc3\xef\xbb\xbf";
    uint8_t *copy = (uint8_t *)malloc(size + 64);
    uint32_t k, i;
    for (k = 0; k < (uint32_t)(quick ? targets[kind].rounds / 5 : targets[kind].rounds); k++) {
        size_t n = size, at;
        memcpy(copy, data, size);
        for (i = 0; i <= k % 4 && n > 0; i++) {
            const uint32_t r = passwd_random_bits(5, 8 * i + (uint32_t)kind, k),
                           q = passwd_random_bits(6, 8 * i + (uint32_t)kind, k);
            at = r % (n > 4096 && q % 8 ? 4096 : n);
            switch (q >> 8 & 3u) {
            case 0: copy[at] = (uint8_t)(q >> 16); break;
            case 1: copy[at] = nasty[(q >> 16) % (sizeof nasty - 1)]; break;
            case 2: n = at; break; /* cut */
            default:
                if (n < size + 60) {
                    memmove(copy + at + 1, copy + at, n - at);
                    copy[at] = nasty[(q >> 16) % (sizeof nasty - 1)];
                    n++;
                }
                break;
            }
        }
        feed(targets + kind, copy, n);
    }
    free(copy);
}
/* Every public function that reads has a target that names it and calls it. What is called read, load, parse or open
   and reads nothing: */
static const char *const no_readers[] = { "passwd_csv_open",
    "passwd_model_load" /* passwd_tensor_file_load and passwd_model_read, which have targets */ };
static char *whole(const char *path) {
    FILE *f = fopen(path, "rb");
    char *text = (char *)calloc(1, ROOM);
    if (f && fread(text, 1, ROOM - 1, f) == 0) *text = 0;
    if (f) fclose(f);
    return text;
}
static int names(const char *list, const char *word, char after) {
    const size_t n = strlen(word);
    const char *at;
    for (at = strstr(list, word); at; at = strstr(at + 1, word))
        if ((at == list || strchr(" !(;\t=,", at[-1])) && (at[n] == after || (after == ' ' && at[n] == 0))) return 1;
    return 0;
}
static void test_readers(void) {
    static const char *const headers[3] = { "passwd.h", "passwd_rmm.h", "passwd_spanet.h" };
    static const char *const verbs[4] = { "_read", "_load", "_parse", "_open" };
    char *const own = whole(data_folder("tests/fuzz.c"));
    int h, v, t, found = 0;
    size_t k;
    for (h = 0; h < 3 && *own; h++) {
        char *const text = whole(data_folder(headers[h])), *line = text;
        for (; (line = strstr(line, "\nPASSWD_API ")) != NULL; line++) {
            char *const end = strchr(line + 12, '('), *start = end, name[128];
            int reads = 0, named = 0;
            if (!end) break;
            while (start[-1] == '_' || (start[-1] >= 'a' && start[-1] <= 'z') || (start[-1] >= '0' && start[-1] <= '9'))
                start--;
            snprintf(name, sizeof name, "%.*s", (int)(end - start), start);
            for (v = 0; v < 4; v++) {
                const char *at = strstr(name, verbs[v]);
                if (at) {
                    at += strlen(verbs[v]);
                    reads |= !*at || strcmp(at, "_callback") == 0;
                }
            }
            if (strcmp(name, "passwd_train") == 0) reads = 1; /* its checkpoint */
            for (k = 0; k < sizeof no_readers / sizeof *no_readers; k++)
                if (strcmp(name, no_readers[k]) == 0) reads = 0;
            if (!reads) continue;
            found++;
            for (t = 0; t < TARGETS; t++) named |= names(targets[t].readers, name, ' ');
            /* the four of FEED_NETWORK are called by their model */
            if (!CHECK(named
                    && (names(own, name, '(') || (strstr(name, "_parse") && strstr(own, "passwd_##model##_parse(")))))
                printf("  %s is not fuzzed\n", name);
        }
        free(text);
    }
    if (*own) CHECK(found > 30);
    else SKIP("the headers' own text is not here");
    free(own);
}
int main(int argc, char **argv) {
    uint8_t *bytes;
    size_t n = 0;
    int t, k;
    if (asked(argc, argv)) return 0;
    quick = argc == 2 && strcmp(argv[1], "quick") == 0;
    if (quick) argc = 1;
    bytes = (uint8_t *)calloc(1, ROOM);
    for (k = 1; k < argc; k++) {
        FILE *f = fopen(argv[k], "rb");
        n = f ? fread(bytes, 1, ROOM, f) : 0;
        if (f) fclose(f);
        for (t = 0; t < TARGETS; t++) feed(targets + t, bytes, n);
        CHECK(f != NULL);
    }
    for (t = 0; argc == 1 && t < TARGETS; t++)
        for (k = 0; beginning(targets + t, k, bytes, &n); k++) {
            feed(targets + t, bytes, n);
            torment(t, bytes, n);
            CHECK(1);
        }
    if (argc == 1) test_readers();
    remove(as_file(bytes, 0));
    free(bytes);
    return finish();
}
#endif
