/* Any bytes into the readers of JSON, safetensors, CSV and of networks. With -DFUZZ a libFuzzer target of the reader that the variable FUZZ names
   (of all, where it does not); without it a program that replays files, or (without files) its own nasty beginnings, each cut and changed in a few thousand ways.
   cc -O2 -I. -DPASSWD_IMPLEMENTATION tests/fuzz.c -o build/test_fuzz -lm && build/test_fuzz [file ...]
   clang -g -O1 -DFUZZ -DPASSWD_IMPLEMENTATION -fsanitize=fuzzer,address,undefined -I. tests/fuzz.c -o build/fuzz -lm && FUZZ=events build/fuzz -max_total_time=30 */
#define PASSWD_SPANET_IMPLEMENTATION
#include "../passwd_spanet.h"
#include "check.h"

typedef struct source { const uint8_t *at; size_t left, step; } source;
static size_t source_read(void *user, char *buffer, size_t bytes)
{
    source *s = (source *)user;
    if (bytes > s->step) bytes = s->step;
    if (bytes > s->left) bytes = s->left;
    memcpy(buffer, s->at, bytes);
    s->at += bytes;
    s->left -= bytes;
    return bytes;
}
static void must(int good) { if (!good) abort(); }
/* an error is a status and a sentence */
static void judged(passwd_status s, const passwd_error *e) { must(s == PASSWD_OK || (e->status == s && e->message[0] && memchr(e->message, 0, sizeof e->message))); }

static void feed_json(const uint8_t *data, size_t size)
{
    passwd_abc_config c;
    passwd_error e;
    passwd_json j;
    passwd_status s = passwd_json_parse(&j, (const char *)data, size, "fuzz.json", NULL, &e);
    judged(s, &e);
    if (s == PASSWD_OK) {
        int32_t k;
        for (k = 0; k < j.count; k++) must(j.nodes[k].line > 0 && j.nodes[k].column > 0);
        passwd_json_free(&j);
    }
    must(passwd_abc_preset("default", &c, NULL) == PASSWD_OK);
    judged(passwd_abc_config_read(&c, (const char *)data, size, "fuzz.json", &e), &e);
}
static void feed_tensors(const uint8_t *data, size_t size)
{
    passwd_tensor_file f;
    passwd_error e;
    int64_t i;
    passwd_status s = passwd_tensor_file_parse(&f, data, size, "fuzz", NULL, &e);
    judged(s, &e);
    if (s != PASSWD_OK) return;
    for (i = 0; i < f.count; i++) {
        double *x = (double *)malloc((size_t)f.tensors[i].count * sizeof *x + 8);
        must(x != NULL && f.tensors[i].bytes <= size);
        must(passwd_tensor_to_double(f.tensors + i, x, f.tensors[i].count, &e) == (f.tensors[i].dtype > PASSWD_BF16 ? PASSWD_ERROR_UNSUPPORTED : PASSWD_OK));
        free(x);
    }
    passwd_tensor_file_free(&f);
}
static void feed_events(const uint8_t *data, size_t size)
{
    static const char *const numbers[] = { "b?", "$t?" };
    passwd_event_options o;
    passwd_event_reader *r = NULL;
    passwd_events v;
    passwd_error e;
    passwd_status status;
    source s;
    int64_t k;
    s.at = data;
    s.left = size;
    s.step = size % 3 ? 1000000 : 1 + size % 7;
    memset(&o, 0, sizeof o);
    memset(&v, 0, sizeof v);
    o.numbers = numbers; o.n_numbers = 2;
    status = passwd_event_reader_open_callback(&r, source_read, &s, "fuzz.csv", &o, NULL, &e);
    judged(status, &e);
    while (status == PASSWD_OK) {
        status = passwd_events_read(r, &v, 3, &e);
        judged(status, &e);
        if (status != PASSWD_OK || v.count == 0) break;
        must(v.first[0] == 0 && v.first[v.count] == v.objects);
        for (k = 0; k < v.objects; k++) {
            must(v.e[k] >= 0.0 && v.m[k] >= 0.0 && v.pt[k] >= 0.0 && fabs(v.eta[k]) < 20.001);
            must(v.type[k] >= 0 && v.type[k] < v.type_names.count);
        }
    }
    passwd_event_reader_close(r);
    passwd_events_free(&v);
}
static void feed_network(const uint8_t *data, size_t size)
{
    passwd_abc *a = NULL;
    passwd_error e;
    const passwd_status s = passwd_abc_parse(data, size, "fuzz", NULL, &a, &e);
    judged(s, &e);
    must((s == PASSWD_OK) == (a != NULL));
    passwd_abc_free(a);
}
static void feed_jet_network(const uint8_t *data, size_t size)
{
    passwd_nae *a = NULL;
    passwd_vrnn *v = NULL;
    passwd_error e;
    passwd_status s = passwd_nae_parse(data, size, "fuzz", NULL, &a, &e);
    judged(s, &e);
    must((s == PASSWD_OK) == (a != NULL));
    passwd_nae_free(a);
    s = passwd_vrnn_parse(data, size, "fuzz", NULL, &v, &e);
    judged(s, &e);
    must((s == PASSWD_OK) == (v != NULL));
    passwd_vrnn_free(v);
}
/* what is read as a topology is written as text that reads back as the same one */
static void feed_topology(const uint8_t *data, size_t size)
{
    passwd_spanet_topology t, again;
    passwd_json_writer w;
    passwd_error e;
    const passwd_status s = passwd_spanet_topology_parse((const char *)data, size, "fuzz.ini", NULL, &t, &e);
    judged(s, &e);
    if (s != PASSWD_OK) return;
    passwd_json_writer_init(&w, NULL);
    must(passwd_spanet_topology_write(&t, &w.out, &e) == PASSWD_OK);
    must(passwd_spanet_topology_parse(w.out.text, w.out.length, "again", NULL, &again, &e) == PASSWD_OK && !passwd_spanet_topology_differs(&t, &again, NULL));
    passwd_json_writer_free(&w);
}
enum { FEEDS = 6 };
static const struct { const char *name; void (*run)(const uint8_t *, size_t); } feeds[FEEDS] = {
    { "json", feed_json }, { "tensors", feed_tensors }, { "events", feed_events }, { "network", feed_network }, { "topology", feed_topology }, { "jets", feed_jet_network } };

#ifdef FUZZ
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *chosen = getenv("FUZZ");
    int k;
    for (k = 0; k < FEEDS; k++) if (!chosen || strcmp(chosen, feeds[k].name) == 0) feeds[k].run(data, size);
    (void)check_count; (void)finish;
    return 0;
}
#else
/* networks' own bytes to begin with */
#define NETWORK_FILE scratch_file("test_fuzz.safetensors")
static size_t saved(uint8_t *to, size_t room)
{
    FILE *f = fopen(NETWORK_FILE, "rb");
    const size_t n = f ? fread(to, 1, room, f) : 0;
    if (f) fclose(f);
    remove(NETWORK_FILE);
    return n;
}
static size_t network(uint8_t *to, size_t room)
{
    passwd_abc_config c;
    passwd_abc *a = NULL;
    CHECK(passwd_abc_preset("default", &c, NULL) == PASSWD_OK);
    c.embed_dim = c.mlp_dim = c.attn_block_ffwd_dim = 8;
    c.attn_block_num_heads = 2;
    CHECK(passwd_abc_new(&c, 1, NULL, &a, NULL) == PASSWD_OK && passwd_abc_save(a, NETWORK_FILE, NULL) == PASSWD_OK);
    passwd_abc_free(a);
    return saved(to, room);
}
static size_t normalized_network(uint8_t *to, size_t room)
{
    double rows[16];
    passwd_nae_config c;
    passwd_nae *a = NULL;
    int k;
    for (k = 0; k < 16; k++) rows[k] = passwd_random_normal(1, 1, (uint32_t)k);
    CHECK(passwd_nae_preset("default", &c, NULL) == PASSWD_OK);
    c.features = c.widths[0] = 2; c.widths[1] = c.widths[2] = 0;
    c.epochs = 1; c.batch = 4;
    CHECK(passwd_nae_new(&c, 1, NULL, &a, NULL) == PASSWD_OK && passwd_nae_train(a, rows, 8, NULL, NULL, NULL, NULL, NULL, NULL) == PASSWD_OK && passwd_nae_save(a, NETWORK_FILE, NULL) == PASSWD_OK);
    passwd_nae_free(a);
    return saved(to, room);
}
/* one-prong toys, trained for a step */
static size_t recurrent_network(uint8_t *to, size_t room)
{
    static const char text[] = "jet,pt,eta,phi\n0,100,0.1,0.2\n0,50,0.3,-0.1\n0,20,-0.2,0\n1,90,1,1\n1,80,1.2,0.9\n2,70,-1,0.5\n2,30,-1.3,0.2\n3,60,0,3\n3,20,0.2,-3.1\n";
    passwd_event_options o;
    passwd_events jets;
    passwd_vrnn_config c;
    passwd_vrnn *a = NULL;
    FILE *f = fopen(NETWORK_FILE, "wb");
    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
    memset(&o, 0, sizeof o);
    memset(&jets, 0, sizeof jets);
    o.jets = 1;
    CHECK(passwd_events_load(NETWORK_FILE, &o, NULL, &jets, NULL) == PASSWD_OK && jets.count == 4);
    CHECK(passwd_vrnn_preset("default", &c, NULL) == PASSWD_OK);
    c.constituents = 3; c.hidden = c.latent = c.width = 2; c.epochs = 1; c.batch = 2;
    CHECK(passwd_vrnn_new(&c, 1, NULL, &a, NULL) == PASSWD_OK && passwd_vrnn_train(a, &jets, NULL, NULL, NULL, NULL) == PASSWD_OK && passwd_vrnn_save(a, NETWORK_FILE, NULL) == PASSWD_OK);
    passwd_vrnn_free(a);
    passwd_events_free(&jets);
    return saved(to, room);
}
/* exact copies, so that a byte too far is seen by a sanitizer */
static void feed(int kind, const uint8_t *data, size_t size)
{
    uint8_t *copy = (uint8_t *)malloc(size ? size : 1);
    memcpy(copy, data, size);
    feeds[kind].run(copy, size);
    free(copy);
}
static void torment(int kind, const uint8_t *data, size_t size, int rounds)
{
    static const uint8_t nasty[] = "\"{}[],:\\\n\r#0123456789.-+eEnaif\t \x80\xff\xc3\xef\xbb\xbf";
    uint8_t *copy = (uint8_t *)malloc(size + 64);
    uint32_t k, i;
    for (k = 0; k < (uint32_t)rounds; k++) {
        size_t n = size, at;
        memcpy(copy, data, size);
        for (i = 0; i <= k % 4 && n > 0; i++) {
            const uint32_t r = passwd_random_bits(5, 8 * i + (uint32_t)kind, k), q = passwd_random_bits(6, 8 * i + (uint32_t)kind, k);
            at = r % (n > 4096 && q % 8 ? 4096 : n);
            switch (q >> 8 & 3u) {
            case 0: copy[at] = (uint8_t)(q >> 16); break;
            case 1: copy[at] = nasty[(q >> 16) % (sizeof nasty - 1)]; break;
            case 2: n = at; break;                                                             /* cut */
            default: if (n < size + 60) { memmove(copy + at + 1, copy + at, n - at); copy[at] = nasty[(q >> 16) % (sizeof nasty - 1)]; n++; } break;
            }
        }
        feed(kind, copy, n);
    }
    free(copy);
}
int main(int argc, char **argv)
{
    static const char *const json[] = { "{\"embed_dim\": 16, \"out_dim\": [2, 3], \"doWij\": true, \"rate\": 1e-3}", "[[[[{\"a\":\"\\u00e9\\ud83d\\ude00\"}]]], -0.5e-7, null]", "" };
    static const char *const csv[] = { "event,object,pt,eta,phi,m\n0,j,105.72,-0.2851,-1.0664,12.4\n0,mu,48.58,-0.4819,-2.1132,0.1\n1,j,1,2,3,4\n",
        "\xef\xbb\xbfweight,pt,\"eta\",phi,e,event,object,b,t\r\n# x\r\n2.5,10,0,1,26,7,j,1,\"t1/\"\"b\"\"\"\r\n,20,1,2,99,7,mu,,\r\n", "" };
    static const char *const topology[] = {
        "[SOURCE]\npt=log\n[EVENT]\nparticles=(a,b)\npermutations=[(a,b)]\n[a]\njets=(x,y)\ntargets=(q/1,r)\n[b]\njets=(x,y)\n",
        "INPUTS:\n SEQUENTIAL:\n  S:\n   pt: none\n   objects: [j,b]\nEVENT:\n a:\n - x\n - 'y'\n b: [x,y]\nPERMUTATIONS:\n EVENT:\n  - [a, b]\n a:\n  - - - x\n      - y\n b: [[x,y]]\n", "" };
    static const char *const header = "{\"__metadata__\":{\"config\":\"{}\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"I8\",\"shape\":[],\"data_offsets\":[8,9]}}   ";
    uint8_t *bytes = (uint8_t *)calloc(1, 1 << 20);
    size_t n = strlen(header);
    int k, i;
    for (i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");
        size_t size = f ? fread(bytes, 1, 1 << 20, f) : 0;
        if (f) fclose(f);
        for (k = 0; k < FEEDS; k++) feed(k, bytes, size);
        CHECK(f != NULL);
    }
    if (argc == 1) {
        for (k = 0; k < 3; k++) {
            torment(0, (const uint8_t *)json[k], strlen(json[k]), 4000);
            torment(2, (const uint8_t *)csv[k], strlen(csv[k]), 4000);
            torment(4, (const uint8_t *)topology[k], strlen(topology[k]), 4000);
            CHECK(1);
        }
        bytes[0] = (uint8_t)n;
        memcpy(bytes + 8, header, n);
        torment(1, bytes, n + 8 + 9, 8000);
        CHECK(1);
        n = network(bytes, 1 << 20);
        CHECK(n > 1000 && n < 1 << 20);
        feed(3, bytes, n);
        torment(3, bytes, n, 1000);
        CHECK(1);
        for (k = 0; k < 2; k++) {
            n = k ? recurrent_network(bytes, 1 << 20) : normalized_network(bytes, 1 << 20);
            CHECK(n > 1000 && n < 1 << 20);
            feed(5, bytes, n);
            torment(5, bytes, n, 1000);
            CHECK(1);
        }
    }
    free(bytes);
    return finish();
}
#endif
