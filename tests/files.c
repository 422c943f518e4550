/* Numbers as text, JSON, safetensors, CSV: what is taken, what is refused and where, changed and truncated bytes, no
   memory.

   cc -O2 -I. tests/files.c -o build/test_files -lm && build/test_files [events.csv ...] */
#include <locale.h>
#include <pwd.h>
#include <time.h>
#define PASSWD_STATIC /* this test looks at private names */
#define PASSWD_IMPLEMENTATION
#include "../passwd.h"
#include "check.h"
#include "counting.h"
#if defined(__unix__) || defined(__APPLE__)
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>
#define FOLDERS
#endif
static char scratch[256];

static uint64_t seed = 1;
static uint64_t rnd(void) {
    seed += 0x9E3779B97F4A7C15u;
    {
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
}
static double rnd_double(void) {
    uint64_t b = rnd();
    double d;
    memcpy(&d, &b, 8);
    return d;
}

/* exact for what 19 digits and a power of ten up to 22 hold, else within a few units of the last place */
static int same_parse(const char *t) {
    double x = 0, y = strtod(t, NULL);
    const int kind = passwdi_parse_number(t, t + strlen(t), &x);
    if (kind == 2 || fabs(y) > DBL_MAX) return kind == 2 && (fabs(y) > DBL_MAX || fabs(y) > DBL_MAX * (1 - 1e-15));
    return kind == 1 && (fabs(x - y) <= 2e-15 * fabs(y) || fabs(x - y) <= 1e-323);
}
static int exact_parse(const char *t) {
    double x = 0;
    return passwdi_parse_number(t, t + strlen(t), &x) == 1 && x == strtod(t, NULL);
}
static int same_format(double v, int d) {
    char a[64], b[32];
    size_t n = passwd_format_number(b, v, d);
    snprintf(a, sizeof a, "%.*g", d, v);
    if (!strcmp(a, b) && n == strlen(a)) return 1;
    printf("%s vs %s\n", a, b);
    return 0;
}

static void test_numbers(void) {
    static const char *const good[] = { "0", "-0", "1", "+1.5", "1.", ".5", "1e5", "1E-5", "9007199254740993",
        "9007199254740992.5", "1.7976931348623157e308", "1.7976931348623159e308", "4.9e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072014e-308", "1e400", "1e-400",
        "123456789012345678901234567890", "0.000000000000000000000000000000000000000000000001", "1e23", "8.5e22",
        "18446744073709551615", "9999999999999999999", "1e99999999999999999999", "0e99999", "6.02214076e23", "1e-22",
        "3.14159265358979323846", "1.00000000000000011102230246251565404" };
    static const char *const bad[] = { "", "-", "+", ".", "e5", "1e", "1e+", "0x10", "1,5", " 1", "1 ", "1..2", "1.2.3",
        "--1", "nanx", "na", "infi", "1f", "NaN(1)", "1_0" };
    char t[64];
    double x;
    long i, bad_count = 0;
    size_t k;
    for (k = 0; k < sizeof good / sizeof *good; ++k)
        if (!same_parse(good[k])) {
            printf("parse %s\n", good[k]);
            ++bad_count;
        }
    CHECK(bad_count == 0);
    for (k = 0; k < sizeof bad / sizeof *bad; ++k)
        if (passwdi_parse_number(bad[k], bad[k] + strlen(bad[k]), &x)) {
            printf("took %s\n", bad[k]);
            ++bad_count;
        }
    CHECK(bad_count == 0);
    {
        const char *n = "-Infinity";
        CHECK(passwdi_parse_number(n, n + 9, &x) == 2 && x < 0);
        n = "nan";
        CHECK(passwdi_parse_number(n, n + 3, &x) == 2 && x != x);
    }
    for (i = 0; i < 200000; ++i) {
        double v = rnd_double();
        int digits = 1 + (int)(rnd() % 19);
        if (!(fabs(v) <= DBL_MAX)) continue;
        snprintf(t, sizeof t, "%.*e", digits - 1, v);
        if (!same_parse(t) && bad_count++ < 5) printf("parse %s\n", t);
        snprintf(t, sizeof t, "%.*f", (int)(rnd() % 12), (double)(int64_t)rnd() / 1e15);
        if (!same_parse(t) && bad_count++ < 5) printf("parse %s\n", t);
        if (!same_format(v, 1 + (int)(rnd() % 17)) && bad_count++ > 5) break;
        if (!same_format((double)(int64_t)(rnd() >> (rnd() % 64)) / (double)(1 << (rnd() % 20)), 1 + (int)(rnd() % 17))
            && bad_count++ > 5)
            break;
        {
            float f;
            uint32_t b = (uint32_t)rnd();
            double back;
            memcpy(&f, &b, 4);
            if (f - f == 0) {
                size_t n = passwd_format_number(t, (double)f, 9);
                float g;
                passwdi_parse_number(t, t + n, &back);
                g = (float)back;
                if (memcmp(&f, &g, 4)) ++bad_count;
            }
        }
    }
    CHECK(bad_count == 0);
    for (i = 0; i < 100000; i++) { /* as files have them: exact, and 9 digits bring a float back */
        snprintf(t, sizeof t, "%.*f", (int)(rnd() % 10), (double)(int64_t)(rnd() % 2000000000u - 1000000000) / 1e5);
        if (!exact_parse(t) && bad_count++ < 5) printf("parse %s\n", t);
    }
    CHECK(bad_count == 0);
    CHECK(same_format(0.0, 9));
    CHECK(same_format(-0.0, 9));
    CHECK(same_format(5e-324, 17));
    CHECK(same_format(DBL_MAX, 17));
    CHECK(same_format(0.5, 1));
    CHECK(same_format(2.5, 1));
    CHECK(same_format(9.9999999995, 9));
    CHECK(same_format(1e16, 17));
    CHECK(same_format(123456789, 9));
    CHECK(same_format(1234567890, 9));
    CHECK(same_format(0.0001, 9));
    CHECK(same_format(0.00001, 9));
    CHECK(same_format(999999.5, 6));
    passwd_format_number(t, HUGE_VAL, 9);
    CHECK(!strcmp(t, "inf"));
    passwd_format_number(t, -HUGE_VAL, 9);
    CHECK(!strcmp(t, "-inf"));
    passwd_format_number(t, NAN, 9);
    CHECK(!strcmp(t, "nan"));
}

static passwd_status tensor_try(const void *bytes, size_t n, passwd_error *e);
static passwd_status json_try(const char *text, size_t n, passwd_error *e) {
    passwd_json j;
    passwd_status s = passwd_json_parse(text, n, "c.json", NULL, &j, e);
    if (!s) passwd_json_free(&j);
    return s;
}

static void test_json(void) {
    static const char text[] =
        " {\"a\": [1, -2.5e1, {\"b\": null}],\n  \"s\\u00e9\\ud83d\\ude00\": \"x\\n\\\"\\\\\\/\", \"t\": true, \"f\": "
        "false, \"big\": 9223372036854775807, \"h\": 0.5}\n";
    static const char *const bad[] = { "", " ", "{", "[1,]", "{\"a\":1,}", "[1 2]", "{\"a\" 1}", "{a:1}", "01", "1.",
        ".5", "+1", "-", "1e", "nul", "truex", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
        "\"\\ud800\\u0041\"", "\"\\u0000\"", "\"a\nb\"", "\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"",
        "{\"a\":1,\"a\":2}", "1 1", "[1]]", "1e999", "NaN", "Infinity", "[\"a\",\n  x]", "\"\\", "{\"a\":}", "{1:2}",
        "\xef\xbb\xbf{}", "// c\n1", "{\"k\":1,\"\\u006b\":2}" };
    passwd_json j, j2;
    passwd_json_writer w;
    passwd_error e;
    const char *s;
    size_t n, k;
    int64_t i;
    double d;
    int b;
    CHECK(passwd_json_parse(text, strlen(text), "c.json", NULL, &j, &e) == PASSWD_OK);
    CHECK(passwd_json_int(&j, passwd_json_at(&j, passwd_json_get(&j, 0, "a"), 0), &i, &e) == 0 && i == 1);
    CHECK(passwd_json_number(&j, passwd_json_at(&j, passwd_json_get(&j, 0, "a"), 1), &d, &e) == 0 && d == -25);
    CHECK(passwd_json_int(&j, passwd_json_get(&j, 0, "big"), &i, &e) == 0 && i == INT64_MAX);
    CHECK(passwd_json_string(&j, passwd_json_get(&j, 0, "s\xc3\xa9\xf0\x9f\x98\x80"), &s, &e) == 0
        && !strcmp(s, "x\n\"\\/"));
    CHECK(passwd_json_bool(&j, passwd_json_get(&j, 0, "t"), &b, &e) == 0 && b == 1);
    i = 7;
    CHECK(passwd_json_int(&j, passwd_json_get(&j, 0, "h"), &i, &e) == PASSWD_ERROR_CONFIG && i == 7 && e.line == 2
        && strstr(e.message, "c.json:2:"));
    CHECK(passwd_json_string(&j, passwd_json_get(&j, 0, "none"), &s, &e) == PASSWD_ERROR_CONFIG);
    CHECK(passwd_json_at(&j, 0, 0) == -1 && passwd_json_at(&j, 1, 3) == -1 && passwd_json_get(&j, -1, "x") == -1);
    passwd_json_free(&j);
    for (k = 0; k < sizeof bad / sizeof *bad; ++k) {
        passwd_status st = json_try(bad[k], strlen(bad[k]), &e);
        if (st != PASSWD_ERROR_PARSE || !e.line || !e.column) printf("json %s -> %d %s\n", bad[k], (int)st, e.message);
        CHECK(st == PASSWD_ERROR_PARSE && e.line && e.column);
    }
    CHECK(json_try("[\"a\",\n  x]", 10, &e) && e.line == 2 && e.column == 3);
    for (k = 0; k + 2 < strlen(text); ++k) {
        char *copy = (char *)malloc(k ? k : 1);
        memcpy(copy, text, k);
        CHECK(json_try(copy, k, &e) == PASSWD_ERROR_PARSE);
        free(copy);
    }
    {
        char *many = (char *)malloc(60000);
        int count = 4095;
        for (;; ++count) {
            passwd_status st;
            size_t q = 1;
            int c;
            many[0] = '{';
            for (c = 0; c < count; ++c) q += (size_t)sprintf(many + q, "%s\"%d\":1", c ? "," : "", c);
            many[q++] = '}';
            st = json_try(many, q, &e);
            CHECK(st == (count <= PASSWD_JSON_KEYS ? PASSWD_OK : PASSWD_ERROR_UNSUPPORTED));
            if (st) break;
        }
        free(many);
    }
    {
        char deep[300];
        memset(deep, '[', 100);
        memset(deep + 100, ']', 100);
        CHECK(json_try(deep, 200, &e) == PASSWD_ERROR_UNSUPPORTED);
        CHECK(json_try(deep + 40, 120, &e) == PASSWD_OK);
    }
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    passwd_json_key(&w, "a\"\\\x01\xc3\xa9");
    passwd_json_begin_array(&w);
    passwd_json_write_int(&w, INT64_MIN);
    passwd_json_write_number(&w, 0.1);
    passwd_json_write_bool(&w, 0);
    passwd_json_write_null(&w);
    passwd_json_end_array(&w);
    passwd_json_key(&w, "o");
    passwd_json_begin_object(&w);
    passwd_json_end_object(&w);
    passwd_json_key(&w, "s");
    passwd_json_write_string(&w, "tab\t");
    passwd_json_end_object(&w);
    CHECK(passwd_json_finish(&w, &s, &n, &e) == 0
        && !strcmp(
            s, "{\"a\\\"\\\\\\u0001\xc3\xa9\":[-9223372036854775808,0.1,false,null],\"o\":{},\"s\":\"tab\\u0009\"}"));
    CHECK(passwd_json_parse(s, n, "w", NULL, &j2, &e) == 0 && passwd_json_get(&j2, 0, "a\"\\\x01\xc3\xa9") == 1);
    passwd_json_free(&j2);
    passwd_json_writer_free(&w);
    passwd_json_begin_object(&w);
    passwd_json_write_int(&w, 1);
    CHECK(passwd_json_finish(&w, &s, &n, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_json_writer_free(&w);
    passwd_json_begin_array(&w);
    passwd_json_end_object(&w);
    CHECK(passwd_json_finish(&w, &s, &n, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_json_writer_free(&w);
    passwd_json_write_int(&w, 1);
    passwd_json_write_int(&w, 1);
    CHECK(passwd_json_finish(&w, &s, &n, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_json_writer_free(&w);
    passwd_json_write_number(&w, NAN);
    CHECK(passwd_json_finish(&w, &s, &n, &e) == PASSWD_ERROR_NUMERIC);
    passwd_json_writer_free(&w);
    passwd_json_write_string(&w, "\xff");
    CHECK(passwd_json_finish(&w, &s, &n, &e) == PASSWD_ERROR_ARGUMENT);
    passwd_json_writer_free(&w);
    {
        long f;
        for (f = 1; f < 1000; ++f) {
            counter c;
            passwd_allocator a = counting(&c, f);
            passwd_status st = passwd_json_parse(text, strlen(text), "c", &a, &j, &e);
            if (!st) {
                passwd_json_free(&j);
                CHECK(c.alive == 0);
                break;
            }
            CHECK(st == PASSWD_ERROR_MEMORY && c.alive == 0);
        }
    }
}

/* The time to read so many objects of so many keys. */
static double json_time(int objects, int keys) {
    char *text = (char *)malloc((size_t)objects * (size_t)keys * 12 + 100);
    double best = 1e9;
    passwd_error e;
    size_t n = 0;
    int i, k;
    text[n++] = '[';
    for (i = 0; i < objects; i++) {
        text[n++] = '{';
        for (k = 0; k < keys; k++) n += (size_t)sprintf(text + n, "%s\"k%d\":1", k ? "," : "", k);
        text[n++] = '}';
        text[n++] = i + 1 < objects ? ',' : ']';
    }
    for (i = 0; i < 7; i++) {
        const clock_t begin = clock();
        CHECK_OK(json_try(text, n, &e), e);
        best = fmin(best, (double)(clock() - begin) / CLOCKS_PER_SEC);
    }
    free(text);
    return best;
}
/* 4,096 keys in each object take as long as the same keys in objects of 64. */
static void test_json_keys(void) {
    const double many = json_time(8, PASSWD_JSON_KEYS), few = json_time(8 * PASSWD_JSON_KEYS / 64, 64);
    if (!CHECK(many < 4 * few + 1e-3)) printf("  %g s, %g s\n", many, few);
}
/* A header of more than 100 MB is refused, before it is read. */
static void test_json_header(void) {
    unsigned char bytes[16] = { 1, 0xe1, 0xf5, 5, 0, 0, 0, 0, '{', '}' };
    char path[300];
    passwd_tensor_file f;
    passwd_error e;
    FILE *out;
    CHECK(tensor_try(bytes, sizeof bytes, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "100000001 bytes")
        && strstr(e.message, "100000000"));
    snprintf(path, sizeof path, "%s/header.safetensors", scratch);
    if ((out = fopen(path, "wb")) != NULL) {
        fwrite(bytes, 1, sizeof bytes, out);
        fclose(out);
    }
    CHECK(passwd_tensor_file_load(path, NULL, &f, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "100000001 bytes"));
    bytes[0] = 0; /* 100,000,000 are allowed, but not there */
    CHECK(tensor_try(bytes, sizeof bytes, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "truncated"));
    remove(path);
}

static size_t tensor_bytes(unsigned char *out, const char *header, size_t n_data) {
    size_t n = strlen(header), k;
    for (k = 0; k < 8; ++k) out[k] = (unsigned char)((uint64_t)n >> (8 * k));
    memcpy(out + 8, header, n);
    for (k = 0; k < n_data; ++k) out[8 + n + k] = (unsigned char)k;
    return 8 + n + n_data;
}
static passwd_status tensor_try(const void *bytes, size_t n, passwd_error *e) {
    passwd_tensor_file f;
    passwd_status s;
    void *copy = malloc(n ? n : 1);
    memcpy(copy, bytes, n);
    s = passwd_tensor_file_parse(copy, n, "w.st", NULL, &f, e);
    if (!s) passwd_tensor_file_free(&f);
    free(copy);
    return s;
}

static void test_tensors(void) {
    static const struct {
        const char *header;
        size_t data;
        int status;
    } bad[] = { { "[]", 0, PASSWD_ERROR_PARSE }, { " {}", 0, PASSWD_ERROR_PARSE },
        { "{\"a\":1}", 0, PASSWD_ERROR_PARSE }, { "{}", 1, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, PASSWD_ERROR_UNSUPPORTED },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
            PASSWD_ERROR_UNSUPPORTED },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
            PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"F64\",\"shape\":[2305843009213693952],\"data_offsets\":[0,0]}}", 0, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}", 1, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,1]}}", 1, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1]}}", 1, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 1, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}", 2, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_"
          "offsets\":[1,3]}}",
            3, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_"
          "offsets\":[0,2]}}",
            2, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_"
          "offsets\":[1,2]}}",
            2, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 2, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1, PASSWD_ERROR_PARSE },
        { "{\"__metadata__\":{\"a\":1}}", 0, PASSWD_ERROR_PARSE }, { "{\"__metadata__\":[]}", 0, PASSWD_ERROR_PARSE },
        { "{\"\xff\":1}", 0, PASSWD_ERROR_PARSE }, { "{} x", 0, PASSWD_ERROR_PARSE },
        { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[-9223372036854775808,9223372036854775807]}}", 1,
            PASSWD_ERROR_PARSE } };
    unsigned char b[1024];
    passwd_error e;
    passwd_tensor_file f;
    passwd_tensor_writer w;
    float x[6] = { 1, -2.5f, 3e-40f, 4, 5, 6 }, y[6];
    double z[3] = { 0.1, -1e300, 7 }, q[6];
    int64_t shape[2] = { 2, 3 }, three = 3, none = 0;
    unsigned char bytes[2048];
    size_t n, k, k2 = 0;
    long fail;
    char path[300];
    for (k = 0; k < sizeof bad / sizeof *bad; ++k) {
        n = tensor_bytes(b, bad[k].header, bad[k].data);
        e.message[0] = 0;
        {
            int s = (int)tensor_try(b, n, &e);
            if (s != bad[k].status) printf("%s -> %d %s\n", bad[k].header, s, e.message);
            CHECK(s == bad[k].status && strstr(e.message, "w.st"));
        }
    }
    n = tensor_bytes(b,
        "{\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[1,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_"
        "offsets\":[0,1]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}  ",
        2);
    CHECK(tensor_try(b, n, &e) == 0);
    memset(b, 0, 16);
    b[7] = 0x80;
    CHECK(tensor_try(b, 16, &e) == PASSWD_ERROR_PARSE);
    memset(b, 255, 16);
    CHECK(tensor_try(b, 16, &e) == PASSWD_ERROR_PARSE);
    memset(b, 0, 8);
    CHECK(tensor_try(b, 8, &e) == PASSWD_ERROR_PARSE);
    {
        static const unsigned char raw[] = { 0, 0x3c, 1, 0, 0, 0xfc, 0x80, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0x80, 0x80, 2 };
        size_t h = tensor_bytes(b,
            "{\"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},\"bf\":{\"dtype\":\"BF16\",\"shape\":[1],"
            "\"data_offsets\":[6,8]},\"l\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]},\"i\":{\"dtype\":"
            "\"I32\",\"shape\":[1],\"data_offsets\":[16,20]},\"c\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":["
            "20,21]},\"u\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[21,22]},\"t\":{\"dtype\":\"BOOL\","
            "\"shape\":[1],\"data_offsets\":[22,23]}}",
            23);
        memcpy(b + h - 23, raw, 23);
        CHECK(passwd_tensor_file_parse(b, h, "t", NULL, &f, &e) == 0 && f.count == 7);
        CHECK(passwd_tensor_to_float(passwd_tensor_find(&f, "h"), y, 3, &e) == 0 && y[0] == 1
            && y[1] == 5.9604644775390625e-8f && y[2] < -FLT_MAX);
        CHECK(passwd_tensor_to_double(passwd_tensor_find(&f, "bf"), q, 1, &e) == 0 && q[0] == 1);
        {
            static const char *const others[] = { "l", "i", "c", "u", "t" };
            for (k = 0; k < 5; k++)
                CHECK(passwd_tensor_to_float(passwd_tensor_find(&f, others[k]), y, 1, &e) == PASSWD_ERROR_UNSUPPORTED
                    && strstr(e.message, "floating-point"));
        }
        CHECK(passwd_tensor_to_float(passwd_tensor_find(&f, "h"), y, 2, &e) == PASSWD_ERROR_SHAPE
            && strstr(e.message, "\"h\""));
        passwd_tensor_file_free(&f);
    }
    passwd_tensor_writer_init(&w, NULL);
    CHECK(!passwd_tensor_writer_add(&w, "layer.weight", PASSWD_DTYPE_F32, 2, shape, x, &e));
    CHECK(!passwd_tensor_writer_add(&w, "d", PASSWD_DTYPE_F64, 1, &three, z, &e));
    CHECK(!passwd_tensor_writer_add(&w, "none", PASSWD_DTYPE_F32, 1, &none, NULL, &e));
    CHECK(!passwd_tensor_writer_metadata(&w, "config", "{\"n\": 1}\n", &e));
    CHECK(passwd_tensor_writer_add(&w, "d", PASSWD_DTYPE_F64, 1, &three, z, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_tensor_writer_add(&w, "__metadata__", PASSWD_DTYPE_F64, 1, &three, z, &e) == PASSWD_ERROR_ARGUMENT);
    CHECK(passwd_tensor_writer_add(&w, "i", PASSWD_DTYPE_I8, 1, &three, z, &e) == PASSWD_ERROR_ARGUMENT);
    snprintf(path, sizeof path, "%s/t.safetensors", scratch);
    CHECK(!passwd_tensor_writer_save(&w, path, &e));
    {
        FILE *in = fopen(path, "rb");
        n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
        if (in) fclose(in);
        CHECK(n > 200 && n < sizeof bytes);
    }
    for (k = 0; k < n; ++k)
        if (tensor_try(bytes, k, &e) != PASSWD_ERROR_PARSE) { ++k2; }
    CHECK(k2 == 0);
    for (k = 0; k < 60000; ++k) {
        unsigned char *c = (unsigned char *)malloc(n);
        memcpy(c, bytes, n);
        c[rnd() % n] = (unsigned char)rnd();
        if (k & 1) c[rnd() % n] = (unsigned char)rnd();
        tensor_try(c, n, &e);
        free(c);
    }
    CHECK(!passwd_tensor_writer_save(&w, path, &e));
    CHECK(!passwd_tensor_file_load(path, NULL, &f, &e));
    CHECK(f.count == 3 && !strcmp(passwd_tensor_metadata(&f, "config"), "{\"n\": 1}\n"));
    CHECK(!passwd_tensor_to_float(passwd_tensor_find(&f, "layer.weight"), y, 6, &e) && !memcmp(x, y, sizeof x));
    CHECK(!passwd_tensor_to_double(passwd_tensor_find(&f, "d"), q, 3, &e) && !memcmp(z, q, sizeof z));
    CHECK(passwd_tensor_find(&f, "layer.weight")->rank == 2 && passwd_tensor_find(&f, "none")->count == 0);
    passwd_tensor_file_free(&f);
    CHECK(passwd_tensor_writer_save(&w, scratch, &e) == PASSWD_ERROR_IO);
    CHECK(passwd_tensor_writer_save(&w, "/nonexistent/a", &e) == PASSWD_ERROR_IO);
    CHECK(passwd_tensor_file_load(scratch, NULL, &f, &e) == PASSWD_ERROR_IO);
    CHECK(passwd_tensor_file_load("/nonexistent", NULL, &f, &e) == PASSWD_ERROR_IO);
    for (fail = 1; fail < 1000; ++fail) {
        counter c;
        passwd_allocator a = counting(&c, fail);
        passwd_tensor_writer v;
        passwd_status s;
        passwd_tensor_writer_init(&v, &a);
        s = passwd_tensor_writer_add(&v, "layer.weight", PASSWD_DTYPE_F32, 2, shape, x, &e);
        if (!s) s = passwd_tensor_writer_metadata(&v, "k", "v", &e);
        if (!s) s = passwd_tensor_writer_save(&v, path, &e);
        passwd_tensor_writer_free(&v);
        if (!s) {
            s = passwd_tensor_file_load(path, &a, &f, &e);
            if (!s) passwd_tensor_file_free(&f);
        }
        CHECK(c.alive == 0);
        if (!s) break;
        CHECK(s == PASSWD_ERROR_MEMORY);
    }
    CHECK(fail > 8 && fail < 1000);
    CHECK(passwd_tensor_writer_save(&w, "/dev/null", &e) == PASSWD_OK); /* written through, never replaced */
    {
        FILE *null = fopen("/dev/null", "rb");
        if (null) {
            CHECK(fgetc(null) == EOF);
            fclose(null);
        }
    }
    {
        passwd_csv_writer *cw;
        if (!passwd_csv_open("/dev/full", NULL, &cw, &e)) {
            passwd_csv_integer(cw, 1);
            CHECK(passwd_csv_close(cw, &e) == PASSWD_ERROR_IO);
        }
    }
    remove(path);
    passwd_tensor_writer_free(&w);
}

typedef struct source {
    const char *p;
    size_t left, step;
} source;
static size_t source_read(void *user, char *buffer, size_t n) {
    source *s = (source *)user;
    if (s->step && n > s->step) n = s->step;
    if (n > s->left) n = s->left;
    memcpy(buffer, s->p, n);
    s->p += n;
    s->left -= n;
    return n;
}
static passwd_status csv_mem(const char *text, size_t n, size_t step, const passwd_event_options *o,
    const passwd_allocator *a, passwd_events *v, passwd_error *e) {
    source s;
    passwd_event_reader *r = NULL;
    passwd_status st;
    s.p = text;
    s.left = n;
    s.step = step;
    st = passwd_event_reader_open_callback(source_read, &s, "f.csv", o, a, &r, e);
    if (!st) st = passwd_events_read(r, v, INT64_MAX, e);
    passwd_event_reader_close(r);
    return st;
}
#define H "event,object,pt,eta,phi,m\n"

static void test_csv(void) {
    static const struct {
        const char *text;
        int status;
        int line, column;
        const char *part;
    } bad[] = { { "", PASSWD_ERROR_PARSE, 0, 0, "no events in" }, { H, PASSWD_ERROR_PARSE, 1, 0, "no events in" },
        { "# x\n\n", PASSWD_ERROR_PARSE, 2, 0, "no events" },
        { "pt,eta\n", PASSWD_ERROR_PARSE, 1, 1, "missing: event, phi, m or e. Found: pt, eta" },
        { "event,pt,eta,phi,pt,m\n", PASSWD_ERROR_PARSE, 1, 18, "twice" },
        { H "0,j,1,2,3\n", PASSWD_ERROR_PARSE, 2, 10, "5 fields" },
        { H "0,j,1,2,3,4,5\n", PASSWD_ERROR_PARSE, 2, 12, "7 fields" },
        { H "0,j,nan,2,3,4\n", PASSWD_ERROR_NUMERIC, 2, 5, "pt" },
        { H "0,j,1,inf,3,4\n", PASSWD_ERROR_NUMERIC, 2, 7, "eta" },
        { H "0,j,-1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 5, "negative" },
        { H "0,j,1,20.1,3,4\n", PASSWD_ERROR_PARSE, 2, 7, "eta" },
        { H "0,j,1x,2,3,4\n", PASSWD_ERROR_PARSE, 2, 5, "\"1x\"" },
        { H "0,j,0x1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 5, "pt" },
        { H "0,j,,2,3,4\n", PASSWD_ERROR_PARSE, 2, 5, "empty" },
        { H "0.5,j,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 1, "integer" },
        { H "a,j,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 1, "integer" },
        { H "99999999999999999999,j,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 1, "integer" },
        { H ",j,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 1, "event" },
        { H "0,,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 3, "object" },
        { H "0,j,1,2,3,4\n\n1,j,1,2,3,4\n0,j,1,2,3,4\n", PASSWD_ERROR_PARSE, 5, 1, "line 2" },
        { H "0,\"j,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 3, "quoted" },
        { H "0,\"j\"x,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 6, "comma" },
        { H "0,j,1e39,2,3,4\n", PASSWD_ERROR_NUMERIC, 2, 5, "range" },
        { H "0,j,1e38,20,3,4\n", PASSWD_ERROR_NUMERIC, 2, 5, "energy" },
        { H "0,j,1,2,3,-4\n", PASSWD_ERROR_PARSE, 2, 11, "negative" },
        { "event,pt,eta,phi,m,weight\n0,1,1,1,1,nan\n", PASSWD_ERROR_NUMERIC, 2, 11, "weight" },
        { H "0,\xff,1,2,3,4\n", PASSWD_ERROR_PARSE, 2, 3, "UTF-8" },
        { "\xff\xfe"
          "e",
            PASSWD_ERROR_PARSE, 1, 1, "UTF-16" },
        { "event,pt,eta,phi,e\n0,1,1,1,-1\n", PASSWD_ERROR_PARSE, 2, 9, "negative" } };
    static const char fine[] =
        "\xEF\xBB\xBF# comment\r\n\r\nweight, pt ,\"eta\",x,phi,m,e,event,object,b,lab\r\n2.5,10,0,?,1, 5 "
        ",26,7,j,1,\"t1/\"\"b\"\"\"\r\n,20,1,,2,0,1,7.0,mu,,\r\n  # "
        "more\r\n-1,0,0,,0,0,0,3,met,3,t2\n\n,1,0,,0,0,3,-4,j,,t2";
    static const char *const numbers[] = { "b?", "none?" };
    const double pi = 3.14159265, tiny = 1e-7;
    passwd_event_options o;
    passwd_events v, u;
    passwd_error e;
    size_t k;
    long fail;
    char path[300];
    memset(&o, 0, sizeof o);
    memset(&v, 0, sizeof v);
    memset(&u, 0, sizeof u);
    for (k = 0; k < sizeof bad / sizeof *bad; ++k) {
        int s = (int)csv_mem(bad[k].text, strlen(bad[k].text), k % 3, &o, NULL, &u, &e);
        int good = s == bad[k].status && e.line == bad[k].line && e.column == bad[k].column
            && strstr(e.message, bad[k].part) && u.count == 0 && !u.first;
        if (!good)
            printf(
                "%s -> %d %lld:%lld %s\n", bad[k].text, s, (long long)e.line, (long long)e.column, s ? e.message : "");
        CHECK(good);
        if (!s) passwd_events_free(&u);
    }
    o.numbers = numbers;
    o.n_numbers = 2;
    for (k = 0; k < 5; ++k) {
        CHECK(csv_mem(fine, strlen(fine), k, &o, NULL, &v, &e) == 0);
        CHECK(v.count == 3 && v.objects == 4 && v.first[0] == 0 && v.first[1] == 2 && v.first[2] == 3 && v.first[3] == 4
            && v.id[0] == 7 && v.id[2] == -4 && v.line[0] == 4 && v.line[1] == 7 && v.line[2] == 9);
        CHECK(v.weight[0] == 2.5 && v.weight[1] == -1 && v.weight[2] == 1 && v.m[0] == 24 && v.e[0] == 26 && v.m[1] == 0
            && v.e[1] == 1 && v.pt[1] == 20);
        CHECK(v.type_names.count == 3 && !strcmp(v.type_names.name[v.type[1]], "mu") && v.type[0] == v.type[3]);
        CHECK(v.number[0][0] == 1 && v.number[0][1] != v.number[0][1] && !v.number[1]);
    }
    { /* a table: any columns, each row by itself, full precision */
        static const char *const columns[] = { "low", "high", "none?" };
        static const char bins[] = "# bins\nhigh,x,low\n300.123456789,a,250\n320,,300.123456789\n";
        passwd_event_options t;
        memset(&t, 0, sizeof t);
        t.numbers = columns;
        t.n_numbers = 3;
        t.table = 1;
        CHECK(csv_mem(bins, strlen(bins), 0, &t, NULL, &u, &e) == 0);
        CHECK(u.count == 2 && u.number[0][0] == 250 && u.number[1][0] == 300.123456789
            && u.number[0][1] == 300.123456789 && !u.number[2] && u.line[1] == 4);
        CHECK(
            csv_mem("high,low\n3,x\n", 13, 0, &t, NULL, &u, &e) == PASSWD_ERROR_PARSE && e.line == 2 && e.column == 3);
        CHECK(csv_mem("high,pt\n3,2\n", 12, 0, &t, NULL, &u, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "low"));
        passwd_events_free(&u);
        memset(&u, 0, sizeof u);
    }
    for (k = 0; k <= strlen(fine); ++k) {
        char *c = (char *)malloc(k ? k : 1);
        passwd_status s;
        memcpy(c, fine, k);
        memset(&u, 0, sizeof u);
        s = csv_mem(c, k, 7, &o, NULL, &u, &e);
        CHECK(s == PASSWD_OK || s == PASSWD_ERROR_PARSE);
        if (!s) passwd_events_free(&u);
        free(c);
    }
    for (k = 0; k < 60000; ++k) {
        char *c = (char *)malloc(sizeof fine);
        memcpy(c, fine, sizeof fine);
        c[rnd() % sizeof fine] = (char)rnd();
        c[rnd() % sizeof fine] = ",\"\n#1."[rnd() % 6];
        memset(&u, 0, sizeof u);
        if (!csv_mem(c, sizeof fine - 1, 0, &o, NULL, &u, &e)) passwd_events_free(&u);
        free(c);
    }
    for (fail = 1; fail < 1000; ++fail) {
        counter c;
        passwd_allocator a = counting(&c, fail);
        passwd_status s;
        memset(&u, 0, sizeof u);
        s = csv_mem(fine, strlen(fine), 0, &o, &a, &u, &e);
        if (!s) {
            passwd_events_free(&u);
            CHECK(c.alive == 0);
            break;
        }
        CHECK(s == PASSWD_ERROR_MEMORY && c.alive == 0 && !u.first);
    }
    CHECK(fail > 20 && fail < 1000);
    {
        source s;
        passwd_event_reader *r;
        int64_t ids[4];
        int n = 0;
        const char *text = H "1,j,1,1,1,1\n1,j,1,1,1,1\n2,b,1,1,1,1\n3,\"mu\"\"\",1,1,1,1\n4,j,1,1,1,1\n2,j,1,1,1,1\n";
        s.p = text;
        s.left = strlen(text);
        s.step = 0;
        memset(&u, 0, sizeof u);
        CHECK(!passwd_event_reader_open_callback(source_read, &s, "s", NULL, NULL, &r, &e));
        while (n < 3 && !passwd_events_read(r, &u, 1, &e)) ids[n++] = u.id[0];
        CHECK(ids[0] == 1 && ids[1] == 2 && ids[2] == 3 && u.objects == 1
            && !strcmp(u.type_names.name[u.type[0]], "mu\""));
        CHECK(passwd_events_read(r, &u, 5, &e) == PASSWD_ERROR_PARSE && e.line == 7 && u.id[0] == 3);
        CHECK(passwd_events_read(r, &u, 5, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "Event 2"));
        passwd_event_reader_close(r);
        passwd_events_free(&u);
    }
    {
        char *big = (char *)malloc(3000000);
        size_t n = strlen(H);
        memcpy(big, H, n);
        memset(big + n, '1', 3000000 - n);
        memset(&u, 0, sizeof u);
        CHECK(csv_mem(big, 3000000, 0, NULL, NULL, &u, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "1 MiB")
            && e.line == 2);
        free(big);
    }
    /* shuffled events, and one of them again at the end; file: the exact first line is found */
    {
        passwd_csv_writer *w;
        int64_t i, n = 20011;
        passwd_event_reader *r;
        int64_t total = 0;
        passwd_status s;
        snprintf(path, sizeof path, "%s/t.csv", scratch);
        CHECK(!passwd_csv_open(path, NULL, &w, &e));
        passwd_csv_text(w, "event");
        passwd_csv_text(w, "pt");
        passwd_csv_text(w, "eta");
        passwd_csv_text(w, "phi");
        passwd_csv_text(w, "m");
        passwd_csv_text(w, "object");
        passwd_csv_end_row(w);
        for (i = 0; i <= n; ++i) {
            passwd_csv_integer(w, i * 7919 % n * 2 - 100);
            passwd_csv_number(w, 0.1 + (double)i);
            passwd_csv_number(w, -0.25);
            passwd_csv_number(w, pi);
            passwd_csv_number(w, 1e-7);
            passwd_csv_text(w, i % 2 ? " a,\"b\"" : "#");
            passwd_csv_end_row(w);
        }
        CHECK(!passwd_csv_close(w, &e));
        memset(&u, 0, sizeof u);
        CHECK(passwd_events_load(path, NULL, NULL, &u, &e) == PASSWD_ERROR_PARSE && strstr(e.message, "line 20013")
            && strstr(e.message, "began in line 2."));
        CHECK(!passwd_event_reader_open(path, NULL, NULL, &r, &e));
        while (!(s = passwd_events_read(r, &u, 1000, &e))) total += u.count;
        CHECK(s == PASSWD_ERROR_PARSE && total == 20000 && strstr(e.message, "began in line 2.") && u.count == 1000
            && u.phi[0] == pi && u.m[999] == tiny && !strcmp(u.type_names.name[1], " a,\"b\""));
        passwd_event_reader_close(r);
        passwd_events_free(&u);
        remove(path);
    }
    CHECK(passwd_events_load("/nonexistent", NULL, NULL, &u, &e) == PASSWD_ERROR_IO);
    CHECK(passwd_events_load(scratch, NULL, NULL, &u, &e) == PASSWD_ERROR_IO);
    passwd_events_free(&v);
}

/* columns of texts: "$name" */
/* Numbers and rows eight bytes at a time, beside one byte after the other: the same bits, and the same messages. A
   source that gives single bytes never has a row that is complete when it is looked for. */
static int same_events(const passwd_events *a, const passwd_events *b) {
    const size_t n = (size_t)a->objects * sizeof(double), m = (size_t)a->count * sizeof(int64_t);
    int i,
        same = a->count == b->count && a->objects == b->objects && a->n_numbers == b->n_numbers
        && a->texts.count == b->texts.count && a->type_names.count == b->type_names.count;
    for (i = 0; same && i < a->n_numbers; i++)
        same = !a->number[i] == !b->number[i] && (!a->number[i] || !memcmp(a->number[i], b->number[i], n));
    return same && !memcmp(a->first, b->first, m) && !memcmp(a->id, b->id, m) && !memcmp(a->line, b->line, m)
        && !memcmp(a->weight, b->weight, m) && !memcmp(a->pt, b->pt, n) && !memcmp(a->eta, b->eta, n)
        && !memcmp(a->phi, b->phi, n) && !memcmp(a->m, b->m, n) && !memcmp(a->e, b->e, n)
        && !memcmp(a->type, b->type, n / 2);
}
/* a field of up to `longest` characters: mostly a number, for which few differ from those of `often` */
static size_t put_field(char *to, size_t longest, const char *often, const char *seldom) {
    const size_t length = (size_t)(rnd() % (longest + 1));
    size_t k;
    for (k = 0; k < length; k++) to[k] = rnd() % 40 ? often[rnd() % strlen(often)] : seldom[rnd() % strlen(seldom)];
    return length;
}
static void test_plain(void) {
    static const char *const numbers[] = { "$target?", "b?" };
    static const char *const ends[] = { "\n", "\r\n" };
    static char text[400000];
    passwd_event_options o;
    passwd_events v[2];
    passwd_error e[2];
    passwd_status s[2];
    int k, row, i, accepted = 0, wrong = 0, refused = 0;
    for (k = 0; k < 200000; k++) {
        char bytes[40];
        passwdi_field f;
        double plain = 1.0, slow = 2.0;
        const size_t n = put_field(bytes + 1, 18, "0123456789", "..-+eE:/,x \xff\xae");
        size_t digits = 0, points = 0;
        bytes[0] = '-';
        for (i = 0; i < 15; i++) bytes[1 + n + (size_t)i] = (char)rnd();
        if (n > 0 && rnd() % 2) bytes[1 + rnd() % n] = '.';
        f.begin = bytes + (rnd() % 2);
        f.end = bytes + 1 + n;
        for (i = 0; i < (int)n; i++) {
            digits += bytes[1 + i] >= '0' && bytes[1 + i] <= '9';
            points += bytes[1 + i] == '.';
        }
        if (passwdi_csv_number(f, &plain)) {
            wrong += passwdi_parse_number(f.begin, f.end, &slow) != 1 || memcmp(&plain, &slow, sizeof plain) != 0;
            accepted++;
        } else refused += digits > 0 && points < 2 && digits + points == n && n <= 16;
    }
    CHECK(wrong == 0 && refused == 0 && accepted > 50000);
    for (k = 0; k < 20000; k++) {
        unsigned char b[64];
        uint64_t marks = 0;
        for (i = 0; i < 64; i++) {
            b[i] = (unsigned char)(rnd() % 4 ? rnd() : (uint64_t) ",$#\n+-"[rnd() % 6]);
            marks |= (uint64_t)(b[i] == ',' || b[i] < '$') << i;
        }
        wrong += passwdi_csv_marks((const char *)b) != marks;
        wrong += passwdi_lowest(~(uint64_t)0 << k % 64) != k % 64;
    }
    memset(&o, 0, sizeof o);
    o.numbers = numbers;
    o.n_numbers = 2;
    for (k = 0; k < 600; k++) {
        const int rows = k < 597 ? (int)(rnd() % 30) : 6000, clean = k >= 590 || rnd() % 2;
        const char *end = ends[rnd() % 2], *often = "0123456789", *seldom = clean ? "1" : ".#\" \t\r,-x";
        size_t n = (size_t)sprintf(text, "event,pt,eta,phi,m,target,b%s", end);
        for (row = 0; row < rows; row++) {
            n += (size_t)sprintf(text + n, "%d,", row / 3);
            for (i = 0; i < 4; i++) {
                n += (size_t)sprintf(text + n, i == 1 ? "-1." : i == 2 && rnd() % 2 ? "-2" : "3.");
                n += put_field(text + n, 9, often, seldom);
                text[n++] = ',';
            }
            n += put_field(text + n, 2, "tq12/", seldom);
            text[n++] = ',';
            n += put_field(text + n, 3, often, seldom);
            n += (size_t)sprintf(text + n, "%s", rnd() % 30 ? end : clean ? "\n# 1,2\n" : " \r\n\n");
        }
        for (i = 0; i < 2; i++) {
            memset(v + i, 0, sizeof *v);
            memset(e + i, 0, sizeof *e);
            s[i] = csv_mem(text, n, (size_t)i, &o, NULL, v + i, e + i);
        }
        wrong += s[0] != s[1] || strcmp(e[0].message, e[1].message) != 0 || e[0].line != e[1].line
            || e[0].column != e[1].column || (!s[0] && !same_events(v, v + 1));
        accepted = k ? accepted + !s[0] : !s[0];
        for (i = 0; i < 2; i++) passwd_events_free(v + i);
    }
    CHECK(wrong == 0 && accepted > 200 && accepted < 580);
    o.table = 1; /* a blank line is no row of one empty field */
    o.numbers = numbers + 1;
    o.n_numbers = 1;
    for (k = 0, i = sprintf(text, "b\n"); k < 40; k++) i += sprintf(text + i, "1.5\n\n");
    CHECK_OK(csv_mem(text, (size_t)i, 0, &o, NULL, v, e), e[0]);
    CHECK(v->objects == 40 && v->number[0][39] == 1.5);
    for (k = 0, i = sprintf(text, "b\r\n"); k < 400; k++) i += sprintf(text + i, "%d\r\n", k);
    CHECK_OK(csv_mem(text, (size_t)i, 0, &o, NULL, v, e), e[0]);
    CHECK(v->objects == 400 && v->number[0][399] == 399.0);
    passwd_events_free(v);
}

static void wrong_texts(const passwd_events *v) /* every index is of a name */
{
    int k;
    int64_t i, wrong = 0;
    for (k = 0; k < v->n_numbers; k++)
        if (v->number[k] && k != 1)
            for (i = 0; i < v->objects; i++)
                wrong += !(v->number[k][i] >= 0 && v->number[k][i] < v->texts.count
                    && v->number[k][i] == floor(v->number[k][i]));
    if (wrong) CHECK(!"indices of texts");
}
static const char *text_of(const passwd_events *v, int column, int64_t row) {
    return v->texts.name[(int32_t)v->number[column][row]];
}
static void test_texts(void) {
    static const char csv[] =
        "event,kind,pt,eta,phi,m,object,x,label\n1, good ,1,1,1,1,j,5,\"a, "
        "\"\"b\"\"\"\n1,,1,1,1,1,mu,6,good\n2,\"\",1,1,1,1,j,7,\xc3\xa9\n2,good,1,1,1,1,j,8,\n3,1.5,1,1,1,1,j,9,a\n";
    static const char *const columns[] = { "$kind", "x", "$label?", "$none?", "none?", "$object" };
    static const struct {
        const char *text, *column;
        int status, line, at;
        const char *part;
    } bad[] = { { H "1,j,1,1,1,1\n", "$kind", PASSWD_ERROR_PARSE, 1, 1, "missing: kind." },
        { H "1,j,1,1,1,1\n", "$$m", PASSWD_ERROR_PARSE, 1, 1, "missing: $m." },
        { "event,pt,eta,phi,m,kind,kind\n1,1,1,1,1,a,b\n", "$kind", PASSWD_ERROR_PARSE, 1, 25,
            "\"kind\" occurs twice" },
        { "event,pt,eta,phi,m,kind,kind\n1,1,1,1,1,a,b\n", "$kind?", PASSWD_ERROR_PARSE, 1, 25, "twice" },
        { "event,pt,eta,phi,m,kind\n1,1,1,1,1,a\n1,1,1,1,1,\xff\n", "$kind", PASSWD_ERROR_PARSE, 3, 11, "UTF-8" },
        { "event,pt,eta,phi,m,kind\n1,1,1,1,1,\"a\n", "$kind", PASSWD_ERROR_PARSE, 2, 11, "quoted" },
        { "event,pt,eta,phi,m,kind\n1,1,1,1,1,a\n", "kind", PASSWD_ERROR_PARSE, 2, 11, "number" } };
    passwd_event_options o;
    passwd_events v, u;
    passwd_error e;
    passwd_event_reader *r;
    source source_;
    size_t k, n;
    int64_t i, row, batch;
    long fail;
    char *big;
    memset(&o, 0, sizeof o);
    memset(&v, 0, sizeof v);
    memset(&u, 0, sizeof u);
    o.numbers = columns;
    o.n_numbers = 6;
    for (k = 0; k < 4;
         k++) { /* "good" of two columns is one text; spaces do not count; "" and what is empty are the first name */
        CHECK(csv_mem(csv, strlen(csv), k, &o, NULL, &v, &e) == PASSWD_OK);
        CHECK(v.count == 3 && v.objects == 5 && v.n_numbers == 6 && !v.number[3] && !v.number[4] && v.number[1][4] == 9
            && v.texts.name[0][0] == 0);
        CHECK(!strcmp(text_of(&v, 0, 0), "good") && v.number[0][1] == 0 && v.number[0][2] == 0
            && v.number[0][3] == v.number[0][0] && !strcmp(text_of(&v, 0, 4), "1.5"));
        CHECK(!strcmp(text_of(&v, 2, 0), "a, \"b\"") && v.number[2][1] == v.number[0][0]
            && !strcmp(text_of(&v, 2, 2), "\xc3\xa9") && v.number[2][3] == 0 && !strcmp(text_of(&v, 2, 4), "a"));
        CHECK(!strcmp(text_of(&v, 5, 1), "mu") && v.type_names.count == 2
            && v.texts.count == 8); /* "", good, a "b", j, mu, e', 1.5, a */
    }
    for (k = 0; k < sizeof bad / sizeof *bad; ++k) {
        const char *const one[1] = { bad[k].column };
        passwd_event_options b;
        int s, good;
        memset(&b, 0, sizeof b);
        b.numbers = one;
        b.n_numbers = 1;
        s = (int)csv_mem(bad[k].text, strlen(bad[k].text), 0, &b, NULL, &u, &e);
        good = s == bad[k].status && e.line == bad[k].line && e.column == bad[k].at && strstr(e.message, bad[k].part)
            && !u.first;
        if (!good)
            printf(
                "texts %d -> %d %lld:%lld %s\n", (int)k, s, (long long)e.line, (long long)e.column, s ? e.message : "");
        CHECK(good);
        if (!s) passwd_events_free(&u);
    }
    {
        static const char *const maybe[] = { "$none?" };
        passwd_event_options b;
        memset(&b, 0, sizeof b);
        b.numbers = maybe;
        b.n_numbers = 1;
        CHECK(csv_mem(csv, strlen(csv), 0, &b, NULL, &u, &e) == PASSWD_OK && !u.number[0] && u.texts.count <= 1);
        passwd_events_free(&u);
        memset(&u, 0, sizeof u);
        b.numbers = NULL;
        b.n_numbers = 0;
        CHECK(csv_mem(csv, strlen(csv), 0, &b, NULL, &u, &e) == PASSWD_OK && u.texts.count == 0);
        passwd_events_free(&u);
        memset(&u, 0, sizeof u);
    }
    { /* a table, and a column both as texts and as numbers */
        static const char *const both[] = { "$x", "x", "$y" };
        static const char table[] = "y,x\nb,1.50\n,2\na,1.50\n";
        passwd_event_options b;
        memset(&b, 0, sizeof b);
        b.numbers = both;
        b.n_numbers = 3;
        b.table = 1;
        CHECK(csv_mem(table, strlen(table), 1, &b, NULL, &u, &e) == PASSWD_OK && u.count == 3 && u.number[1][1] == 2
            && !strcmp(text_of(&u, 0, 2), "1.50") && u.number[0][0] == u.number[0][2] && !strcmp(text_of(&u, 2, 0), "b")
            && u.number[2][1] == 0 && !strcmp(text_of(&u, 2, 2), "a"));
        passwd_events_free(&u);
        memset(&u, 0, sizeof u);
    }
    /* in batches of any size: the same indices, and all names so far */
    for (batch = 1; batch <= 3; batch++) {
        source_.p = csv;
        source_.left = strlen(csv);
        source_.step = 0;
        row = 0;
        CHECK(!passwd_event_reader_open_callback(source_read, &source_, "s", &o, NULL, &r, &e));
        while (!passwd_events_read(r, &u, batch, &e) && u.count)
            for (i = 0; i < u.objects; i++, row++) {
                CHECK(u.number[0][i] == v.number[0][row] && u.number[2][i] == v.number[2][row]
                    && u.number[5][i] == v.number[5][row]);
                CHECK(
                    !strcmp(text_of(&u, 0, i), text_of(&v, 0, row)) && !strcmp(text_of(&u, 2, i), text_of(&v, 2, row)));
            }
        CHECK(row == v.objects);
        passwd_event_reader_close(r);
        passwd_events_free(&u);
        memset(&u, 0, sizeof u);
    }
    for (k = 0; k <= strlen(csv); ++k) {
        char *c = (char *)malloc(k ? k : 1);
        passwd_status s;
        memcpy(c, csv, k);
        s = csv_mem(c, k, 7, &o, NULL, &u, &e);
        CHECK(s == PASSWD_OK || s == PASSWD_ERROR_PARSE);
        if (!s) passwd_events_free(&u);
        memset(&u, 0, sizeof u);
        free(c);
    }
    for (k = 0; k < 20000; ++k) {
        char *c = (char *)malloc(sizeof csv);
        memcpy(c, csv, sizeof csv);
        c[rnd() % sizeof csv] = (char)rnd();
        c[rnd() % sizeof csv] = ",\"\n#1."[rnd() % 6];
        if (!csv_mem(c, sizeof csv - 1, 0, &o, NULL, &u, &e)) {
            wrong_texts(&u);
            passwd_events_free(&u);
        }
        memset(&u, 0, sizeof u);
        free(c);
    }
    for (fail = 1; fail < 1000; ++fail) {
        counter c;
        passwd_allocator a = counting(&c, fail);
        passwd_status s = csv_mem(csv, strlen(csv), 0, &o, &a, &u, &e);
        if (!s) {
            passwd_events_free(&u);
            CHECK(c.alive == 0);
            break;
        }
        CHECK(s == PASSWD_ERROR_MEMORY && c.alive == 0 && !u.first && !u.texts.name);
    }
    CHECK(fail > 30 && fail < 1000);
    memset(&u, 0, sizeof u);
    big = (char *)malloc(200000); /* 4,096 different texts, the empty one among them; no more */
    for (k = 4095; k <= 4096; k++) {
        static const char *const one[1] = { "$kind" };
        passwd_event_options b;
        passwd_status s;
        memset(&b, 0, sizeof b);
        b.numbers = one;
        b.n_numbers = 1;
        n = (size_t)sprintf(big, "event,pt,eta,phi,m,kind\n");
        for (i = 0; i < 4200; i++) n += (size_t)sprintf(big + n, "%d,1,1,1,1,t%d\n", (int)i, (int)(i % (int64_t)k));
        s = csv_mem(big, n, 0, &b, NULL, &u, &e);
        if (k == 4095)
            CHECK(s == PASSWD_OK && u.texts.count == 4096 && !strcmp(text_of(&u, 0, 4094), "t4094")
                && !strcmp(text_of(&u, 0, 4199), "t104"));
        else
            CHECK(s == PASSWD_ERROR_PARSE && e.line == 4097 && e.column == (int64_t)strlen("4095,1,1,1,1,") + 1
                && strstr(e.message, "4097th") && !u.first);
        passwd_events_free(&u);
        memset(&u, 0, sizeof u);
    }
    free(big);
    passwd_events_free(&v);
}

/* --- files that appear whole: nothing else is touched, and nothing is left lying about --- */

#ifdef FOLDERS
static char inside[300];
static const char *in_folder(const char *name) {
    static char paths[4][1024];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", inside, name);
    return path;
}
static void put(const char *name, const char *text) {
    FILE *f = fopen(in_folder(name), "wb");
    if (!CHECK(f != NULL)) return;
    fputs(text, f);
    fclose(f);
}
static int holds(const char *name, const char *text) {
    char bytes[64] = "";
    FILE *f = fopen(in_folder(name), "rb");
    if (!f) return 0;
    bytes[fread(bytes, 1, sizeof bytes - 1, f)] = 0;
    fclose(f);
    return strcmp(bytes, text) == 0;
}
static int entries(void) {
    DIR *d = opendir(inside);
    int n = 0;
    while (d && readdir(d)) n++;
    if (d) closedir(d);
    return n - 2;
}
static int mode_of(const char *name) {
    struct stat s;
    return stat(in_folder(name), &s) ? -1 : (int)(s.st_mode & 0777);
}
static void clear_folder(void) {
    struct dirent *entry;
    DIR *d = opendir(inside);
    while (d && (entry = readdir(d)) != NULL) remove(in_folder(entry->d_name));
    if (d) closedir(d);
}
static passwd_status save(
    int writer, const char *name, const char *text, passwd_error *e) /* writer 0: a file, 1: CSV, 2: tensors */
{
    const float x = 1.0f;
    passwd_csv_writer *csv;
    passwd_tensor_writer tensors;
    passwd_file *file;
    passwd_status s;
    if (writer == 0) {
        if ((s = passwd_file_create(in_folder(name), NULL, &file, e)) != PASSWD_OK) return s;
        fputs(text, (FILE *)passwd_file_stream(file));
        return passwd_file_close(file, 1, e);
    }
    if (writer == 1) {
        if ((s = passwd_csv_open(in_folder(name), NULL, &csv, e)) != PASSWD_OK) return s;
        passwd_csv_text(csv, text);
        passwd_csv_end_row(csv);
        return passwd_csv_close(csv, e);
    }
    passwd_tensor_writer_init(&tensors, NULL);
    s = passwd_tensor_writer_add(&tensors, "x", PASSWD_DTYPE_F32, 0, NULL, &x, e);
    if (s == PASSWD_OK) s = passwd_tensor_writer_save(&tensors, in_folder(name), e);
    passwd_tensor_writer_free(&tensors);
    return s;
}
static void test_whole_files(void) {
    char longest[256];
    passwd_file *a = NULL, *b = NULL;
    passwd_error e;
    struct stat s;
    int writer;
    snprintf(inside, sizeof inside, "%s/whole", scratch);
    mkdir(inside, 0777);
    clear_folder();
    for (writer = 0; writer < 3; writer++) {
        /* a file of somebody's, or a link, of the name that is nearest at hand */
        put("a.tmp", "mine");
        put("other", "other");
        CHECK(symlink("other", in_folder("l.tmp")) == 0);
        CHECK_OK(save(writer, "a", "1", &e), e);
        CHECK_OK(save(writer, "l", "1", &e), e);
        CHECK(holds("a.tmp", "mine") && holds("other", "other") && entries() == 5);
        /* the mode of what is replaced, whatever umask is; else what new files get */
        CHECK(mode_of("a") == mode_of("other"));
        CHECK(chmod(in_folder("a"), 0600) == 0 && chmod(in_folder("l"), 0666) == 0);
        CHECK(save(writer, "a", "2", &e) == PASSWD_OK && mode_of("a") == 0600);
        CHECK(save(writer, "l", "2", &e) == PASSWD_OK && mode_of("l") == 0666);
        /* through links: to a file, through a second link, to what is not there yet */
        CHECK(symlink("other", in_folder("link")) == 0 && symlink("link", in_folder("link2")) == 0
            && symlink("new", in_folder("link3")) == 0);
        CHECK(save(writer, "link2", "2", &e) == PASSWD_OK && save(writer, "link3", "2", &e) == PASSWD_OK);
        CHECK(lstat(in_folder("link2"), &s) == 0 && S_ISLNK(s.st_mode) && lstat(in_folder("link"), &s) == 0
            && S_ISLNK(s.st_mode) && lstat(in_folder("link3"), &s) == 0 && S_ISLNK(s.st_mode));
        CHECK(!holds("other", "other") && lstat(in_folder("new"), &s) == 0 && S_ISREG(s.st_mode) && s.st_size > 0
            && entries() == 9);
        CHECK(symlink("round", in_folder("round")) == 0 && save(writer, "round", "2", &e) == PASSWD_ERROR_IO
            && strlen(e.message) > 20 && entries() == 10);
        clear_folder();
        memset(longest, 'x', 255);
        longest[255] = 0;
        CHECK(
            save(writer, longest, "3", &e) == PASSWD_OK && entries() == 1); /* a name that has no room for an ending */
        CHECK(save(writer, "no/folder", "3", &e) == PASSWD_ERROR_IO && entries() == 1);
        if (geteuid() != 0) {
            put("kept", "kept");
            CHECK(chmod(in_folder("kept"), 0400) == 0 && save(writer, "kept", "3", &e) == PASSWD_ERROR_IO
                && holds("kept", "kept") && entries() == 2);
        }
        clear_folder();
    }
    /* two at a time: each is whole, the last one stays; and what is given up was never there */
    CHECK_OK(passwd_file_create(in_folder("a"), NULL, &a, &e), e);
    CHECK_OK(passwd_file_create(in_folder("a"), NULL, &b, &e), e);
    fputs("first", (FILE *)passwd_file_stream(a));
    fputs("2nd", (FILE *)passwd_file_stream(b));
    CHECK(passwd_file_close(a, 1, &e) == PASSWD_OK && holds("a", "first") && passwd_file_close(b, 1, &e) == PASSWD_OK
        && holds("a", "2nd") && entries() == 1);
    CHECK_OK(passwd_file_create(in_folder("a"), NULL, &a, &e), e);
    fputs("no", (FILE *)passwd_file_stream(a));
    CHECK(passwd_file_close(a, 0, &e) == PASSWD_OK && holds("a", "2nd") && entries() == 1);
    a = NULL;
    CHECK(passwd_file_create(NULL, NULL, &a, &e) == PASSWD_ERROR_ARGUMENT
        && passwd_file_create("x", NULL, NULL, &e) == PASSWD_ERROR_ARGUMENT && a == NULL);
    CHECK(passwd_file_close(NULL, 1, &e) == PASSWD_OK && passwd_file_stream(NULL) == NULL);
    clear_folder();
    remove(inside);
}
#endif

static void test_file(const char *path) {
    static const char *const numbers[] = { "parent?", "btag?" };
    passwd_event_options o;
    passwd_events v, u;
    passwd_error e;
    passwd_event_reader *r;
    int64_t k = 0, i, wrong = 0, rows = 0;
    clock_t t;
    double s, size;
    FILE *f = fopen(path, "rb");
    memset(&o, 0, sizeof o);
    memset(&v, 0, sizeof v);
    memset(&u, 0, sizeof u);
    if (!f) return;
    fseek(f, 0, SEEK_END);
    size = (double)ftell(f);
    fclose(f);
    t = clock();
    if (passwd_events_load(path, NULL, NULL, &v, &e)) {
        printf("%s\n", e.message);
        check_failed++;
        return;
    }
    s = (double)(clock() - t) / CLOCKS_PER_SEC;
    printf("%-60s %8lld events %9lld objects %6.0f MB/s\n", path, (long long)v.count, (long long)v.objects,
        size / 1e6 / s);
    o.numbers = numbers;
    o.n_numbers = 2;
    CHECK(!passwd_event_reader_open(path, &o, NULL, &r, &e));
    while (!passwd_events_read(r, &u, 777, &e) && u.count) {
        for (i = 0; i < u.count; ++i, ++k)
            wrong += u.id[i] != v.id[k] || u.first[i] + rows != v.first[k] || u.line[i] != v.line[k];
        wrong += memcmp(u.e, v.e + rows, sizeof(float) * (size_t)u.objects) != 0
            || memcmp(u.m, v.m + rows, sizeof(float) * (size_t)u.objects) != 0
            || memcmp(u.type, v.type + rows, sizeof(int32_t) * (size_t)u.objects) != 0;
        rows += u.objects;
    }
    CHECK(k == v.count && rows == v.objects && wrong == 0);
    passwd_event_reader_close(r);
    passwd_events_free(&u);
    passwd_events_free(&v);
}

int main(int argc, char **argv) {
    int i;
    snprintf(scratch, sizeof scratch, "%s", scratch_folder());
    setlocale(LC_ALL, "C");
    test_numbers();
    test_json();
    test_json_keys();
    test_json_header();
    test_tensors();
    test_csv();
    test_plain();
    test_texts();
#ifdef FOLDERS
    test_whole_files();
#endif
    for (i = 1; i < argc; ++i) test_file(argv[i]);
    return finish();
}
