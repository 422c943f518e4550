/* cli.h: the common part of the command-line tools. Each tool is one C file that has, before it includes this,
     #define TOOL "name"
     #include "passwd.h" with its implementation
   and, after it, a struct settings, a table of options (known_option) and a table of commands. */
#ifndef CLI_H
#define CLI_H
#include "plot.h"
#include "processes.h"
#include "unpack.h"
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef _OPENMP
#include <omp.h>
#endif

enum { BLOCK = 1024 };      /* events in memory at a time */
enum { MANY = 16 };         /* maximum number of values of an option that may be repeated */
enum { OK, FAILED, USAGE }; /* exit status */

/* ------------------------------------------------------------------------------------------------------------------
   Interruption, time, progress and messages
   --------------------------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) {
    interrupted = 1;
    signal(number, SIG_DFL); /* the second signal kills */
}
static void catch_interrupts(void) {
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
    size_t k;
    for (k = 0; k < sizeof numbers / sizeof *numbers; k++)
        if (signal(numbers[k], on_interrupt) == SIG_IGN) signal(numbers[k], SIG_IGN); /* respects nohup */
}

/* Stops a run of the library. */
static inline int on_run(void *user, int64_t done, int64_t all) {
    (void)user;
    (void)done;
    (void)all;
    return interrupted;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A line on the terminal that is redrawn; nothing if stderr is not a terminal. */
static int meter_on_screen;
typedef struct meter {
    int on;
    double start, shown, first;
} meter;

static meter meter_new(void) {
    meter m = { 0, 0.0, 0.0, -1.0 };
    m.on = is_first() && isatty(STDERR_FILENO);
    m.start = now();
    return m;
}
/* done: the fraction of the work that is done, 0 to 1; negative: unknown */
static void meter_show(meter *m, double done, const char *text) {
    static const char full[] = "####################", empty[] = "--------------------";
    const double t = now();
    struct winsize window;
    char line[512], left[32] = "";
    int width = 80;
    if (m->first < 0.0) m->first = done;
    if (!m->on || (t - m->shown < 0.1 && done < 1.0)) return;
    m->shown = t;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20) width = window.ws_col;
    if (done > m->first) {
        const int s = (int)((t - m->start) * (1.0 - done) / (done - m->first) + 0.5);
        if (s < 3600) snprintf(left, sizeof left, "%d:%02d left  ", s / 60, s % 60);
        else snprintf(left, sizeof left, "%d:%02d h left  ", s / 3600, s / 60 % 60);
    }
    if (done < 0.0) snprintf(line, sizeof line, "%s", text);
    else
        snprintf(line, sizeof line, "[%.*s%.*s] %3.0f %%  %s%s", (int)(20 * done), full, 20 - (int)(20 * done), empty,
            100 * done, left, text);
    fprintf(stderr, "\r%.*s\033[K", width - 1, line);
    fflush(stderr);
    meter_on_screen = 1;
}
static void meter_clear(void) {
    if (meter_on_screen) fputs("\r\033[K", stderr);
    meter_on_screen = 0;
}

/* For tools that report errors later, if at all: a complaint goes here instead of to stderr. */
#ifdef TOOL_WHISPERS
static int whisper;
static char whispered[256];
#endif
static int complain(int status, const char *format, ...) {
    va_list list;
    va_start(list, format);
#ifdef TOOL_WHISPERS
    if (whisper) { /* one after the other */
        const size_t at = strlen(whispered);
        if (at) snprintf(whispered + at, sizeof whispered - at, "; ");
        vsnprintf(whispered + strlen(whispered), sizeof whispered - strlen(whispered), format, list);
    } else
#endif
    {
        FILE *to = loud && status == FAILED ? loud : stderr;
        meter_clear();
        fputs(TOOL ": ", to);
        if (to == loud) fprintf(to, "rank %d: ", all_ranks.rank);
        vfprintf(to, format, list);
        fputc('\n', to);
    }
    va_end(list);
    return status;
}
static int failed(const passwd_error *error) { return complain(FAILED, "%s", error->message); }

/* ------------------------------------------------------------------------------------------------------------------
   Command line: one table says what is accepted, by which command, where it goes in the settings, and its --help text
   --------------------------------------------------------------------------------------------------------------- */

typedef struct settings settings; /* each tool's own */
typedef struct texts {
    int count;
    const char *item[MANY];
} texts;
typedef struct reals {
    int count;
    double item[MANY];
} reals;

enum option_kind {
    OPTION_HELP,
    OPTION_FLAG, /* no value; int */
    OPTION_TEXT,
    OPTION_TEXTS, /* const char *; texts, one more each time the option is given */
    OPTION_INT,
    OPTION_INT64, /* integers in [low, high] */
    OPTION_REAL,
    OPTION_REALS,  /* double; reals, one more each time */
    OPTION_LIST,   /* reals, separated by commas; a unit (words) may follow each number */
    OPTION_CHOICE, /* int: which of the words, counting from 1 */
    OPTION_SIMD,
    OPTION_SKIP_BAD /* for all sources of events */
};
static int skip_bad;
#define SKIP_BAD(COMMANDS)                                                                                    \
    {                                                                                                         \
        "skip-bad", NULL, COMMANDS, 0,                                                                        \
            "pass over events (jets, rows of tables) that cannot be read, and count them, instead of ending", \
            OPTION_SKIP_BAD, 0, 0, 0, NULL                                                                    \
    }
typedef struct known_option {
    const char *name, *value;
    int commands, needed;
    const char *help;
    enum option_kind kind;
    size_t at; /* place in the settings */
    double low, high;
    const char *words; /* separated by commas; for a text: the allowed ones */
} known_option;
typedef struct command {
    const char *name;
    int bit;
    int (*run)(const settings *);
    const char *about, *manual;
} command;
typedef struct tool {
    const char *about, *first_day;
    const known_option *options;
    int n_options;
    const command *commands;
    int n_commands;
} tool;

static void print_usage(const tool *t, FILE *to) {
    int k;
    fprintf(to, TOOL ": %s\n\n", t->about);
    for (k = 0; k < t->n_commands; k++) fprintf(to, "  " TOOL " %-8s %s\n", t->commands[k].name, t->commands[k].about);
    fprintf(to, "\n  " TOOL " COMMAND --help for details, " TOOL " --version for the version.\n\nFirst steps:\n%s",
        t->first_day);
}
static void print_help(const tool *t, const command *c) {
    int k, needed, width = 25;
    char left[64];
    printf(TOOL " %s %s.\n\n", c->name, c->about);
    for (k = 0; k < t->n_options; k++) {
        const known_option *o = t->options + k;
        const int length = snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
        if ((o->commands & c->bit) && length > width) width = length;
    }
    for (needed = 1; needed >= 0; needed--)
        for (k = 0; k < t->n_options; k++) {
            const known_option *o = t->options + k;
            if (!(o->commands & c->bit) || o->needed != needed) continue;
            snprintf(left, sizeof left, "--%s %s", o->name, o->value ? o->value : "");
            printf("  %-*s %s%s\n", width, left, o->help, needed ? " (required)" : "");
        }
    printf("\n%s", c->manual);
}

/* An integer in [low, high], or 0. */
static int read_count(const char *text, double low, double high, int64_t *out) {
    char *end;
    long long v;
    errno = 0;
    v = strtoll(text, &end, 10);
    if (end == text || *end || errno || (double)v < low || (double)v > high) return 0;
    *out = (int64_t)v;
    return 1;
}
/* A number in [low, high] at the start of text; returns what follows it, or NULL. */
static const char *read_real(const char *text, double low, double high, double *out) {
    char *end;
    const double v = strtod(text, &end);
    if (end == text || !(v >= low && v <= high)) return NULL;
    *out = v;
    return end;
}
static int read_list(reals *list, const char *text, const known_option *o) {
    const size_t unit = o->words ? strlen(o->words) : 0;
    while (list->count < MANY && (text = read_real(text, o->low, o->high, &list->item[list->count])) != NULL) {
        list->count++;
        if (unit && !strncmp(text, o->words, unit)) text += unit;
        if (!*text) return 1;
        if (*text++ != ',') return 0;
    }
    return 0;
}
/* Which of the words a value is, counting from 1; 0: none. */
static int read_choice(const char *words, const char *value) {
    const size_t length = strlen(value);
    int k;
    for (k = 1; words; k++, words = strchr(words, ','), words += words != NULL)
        if (!strncmp(words, value, length) && (!words[length] || words[length] == ',')) return k;
    return 0;
}
/* Stores one option in the settings; 0 if its value is invalid. */
static int take_option(settings *s, const known_option *o, const char *value) {
    void *to = (char *)s + o->at;
    const char *rest;
    int64_t whole = 0;
    if (value && !*value) return 0;
    switch (o->kind) {
    case OPTION_HELP: return 1;
    case OPTION_FLAG: *(int *)to = 1; return 1;
    case OPTION_TEXT: *(const char **)to = value; return !o->words || read_choice(o->words, value);
    case OPTION_TEXTS:
        if (((texts *)to)->count == MANY) return 0;
        ((texts *)to)->item[((texts *)to)->count++] = value;
        return 1;
    case OPTION_INT:
        if (!read_count(value, o->low, o->high, &whole)) return 0;
        *(int *)to = (int)whole;
        return 1;
    case OPTION_INT64: return read_count(value, o->low, o->high, (int64_t *)to);
    case OPTION_REAL: rest = read_real(value, o->low, o->high, (double *)to); return rest && !*rest;
    case OPTION_REALS: return ((reals *)to)->count < MANY && !strchr(value, ',') && read_list((reals *)to, value, o);
    case OPTION_LIST: return read_list((reals *)to, value, o);
    case OPTION_CHOICE: *(int *)to = read_choice(o->words, value); return *(int *)to > 0;
    case OPTION_SIMD: return passwd_simd_parse(value, (passwd_simd *)to, NULL) == PASSWD_OK;
    case OPTION_SKIP_BAD: return skip_bad = 1;
    }
    return 0;
}
static int check_needed(const tool *t, const command *c, const int *given) {
    int k;
    for (k = 0; k < t->n_options; k++)
        if ((t->options[k].commands & c->bit) && t->options[k].needed && !given[k])
            return complain(
                USAGE, "--%s %s is missing; see " TOOL " %s --help", t->options[k].name, t->options[k].value, c->name);
    return OK;
}
enum { MOST_OPTIONS = 200 };
static int read_options(const tool *t, const command *c, int argc, char **argv, settings *s, int *help) {
    struct option options[MOST_OPTIONS + 1];
    int which[MOST_OPTIONS], given[MOST_OPTIONS] = { 0 }, count = 0, k, found;
    memset(options, 0, sizeof options);
    for (k = 0; k < t->n_options && k < MOST_OPTIONS; k++) {
        if (!(t->options[k].commands & c->bit)) continue;
        options[count].name = t->options[k].name;
        options[count].has_arg = t->options[k].value ? required_argument : no_argument;
        which[count++] = k;
    }
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":h", options, &k)) != -1) {
        if (found == 'h') {
            *help = 1;
            continue;
        }
        if (found == ':') return complain(USAGE, "%s needs a value; see " TOOL " %s --help", argv[optind - 1], c->name);
        if (found) return complain(USAGE, "unknown option %s; see " TOOL " %s --help", argv[optind - 1], c->name);
        if (given[which[k]]++ && t->options[which[k]].kind == OPTION_TEXT)
            return complain(USAGE, "--%s is given more than once; see " TOOL " %s --help", options[k].name, c->name);
        if (t->options[which[k]].kind == OPTION_HELP) *help = 1;
        if (!take_option(s, t->options + which[k], optarg))
            return complain(USAGE, "--%s cannot be \"%s\"; see " TOOL " %s --help", options[k].name, optarg, c->name);
    }
    if (*help) return OK;
    if (optind < argc)
        return complain(USAGE, "unexpected argument \"%s\"; see " TOOL " %s --help", argv[optind], c->name);
    return check_needed(t, c, given);
}
static int all_threads(void) {
#ifdef _OPENMP
    return cores_of(omp_get_max_threads());
#else
    return 1;
#endif
}
/* Readers of standard output must know when it is incomplete. */
static int end_output(int status) {
    const int lost = ferror(stdout);
    errno = 0;
    if (!(fclose(stdout) || lost) || status != OK) return status;
    return complain(FAILED, "standard output cannot be written: %s", errno ? strerror(errno) : "part of it is lost");
}
/* The tool: finds the command, reads its options into s (with its defaults) and runs it. */
static int run_command(const tool *t, settings *s, int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "";
    int k, status, help = 0;
    if (!strcmp(word, "--help") || !strcmp(word, "-h") || !strcmp(word, "help")) {
        print_usage(t, stdout);
        return end_output(OK);
    }
    if (!strcmp(word, "--version")) {
        printf(TOOL " %d.%d.%d\n", PASSWD_VERSION / 10000, PASSWD_VERSION / 100 % 100, PASSWD_VERSION % 100);
        return end_output(OK);
    }
    if (!*word) {
        print_usage(t, stderr);
        return USAGE;
    }
    for (k = 0; k < t->n_commands && strcmp(word, t->commands[k].name); k++) continue;
    if (k == t->n_commands) return complain(USAGE, "there is no command \"%s\"; see " TOOL " --help", word);
    status = read_options(t, t->commands + k, argc - 1, argv + 1, s, &help);
    if (status == OK && help) print_help(t, t->commands + k);
    else if (status == OK) status = t->commands[k].run(s);
    meter_clear();
    return end_output(status);
}
static int run_tool(const tool *t, settings *s, int argc, char **argv) {
    const int status = run_command(t, s, argc, argv);
    return processes_end(status, status != FAILED);
}

/* ------------------------------------------------------------------------------------------------------------------
   Files
   --------------------------------------------------------------------------------------------------------------- */

/* A source of events: files, or "-", read one after the other as if they were one, with the progress so far. */
typedef struct source {
    FILE *file;
    unpacker *unpacker;
    double size, before; /* of all files, 0: unknown; of those that are done */
    passwd_event_reader *reader;
    const texts *files;
    passwd_event_options options;
    passwd_skipped skipped; /* of the current file */
    int at;                 /* the current file */
} source;
static const char *reading; /* its name, for messages */

/* The library's message, with the file it refers to. */
static inline int failed_in(const char *path, const passwd_error *error) {
    return complain(FAILED, "%s: %s", strcmp(path, "-") ? path : "standard input", error->message);
}
static size_t source_read(void *user, char *buffer, size_t bytes) {
    return unpack_read(((source *)user)->unpacker, buffer, bytes);
}
/* The part of the files that was read, or -1. */
static double source_part(const source *s) {
    const double done = s->before + (s->unpacker ? s->unpacker->done : 0.0);
    return s->size > 0.0 ? fmin(1.0, done / s->size) : -1.0;
}
/* What the library says of a file, or that it could not be unpacked. */
static int source_failed(const source *s, const passwd_error *error) {
    return s->unpacker && s->unpacker->fault
        ? complain(FAILED, "%s: %s", strcmp(reading, "-") ? reading : "standard input", s->unpacker->fault)
        : failed(error);
}
static void source_close(source *s) {
    const char *what = s->options.jets ? "jets" : s->options.table ? "rows" : "events";
    if (s->skipped.count)
        complain(OK, "%s that cannot be read and are passed over: %lld; the first: %s", what,
            (long long)s->skipped.count, s->skipped.first.message);
    s->skipped.count = 0;
    passwd_event_reader_close(s->reader);
    if (s->file && s->file != stdin) fclose(s->file);
    if (s->unpacker) {
        s->before += s->unpacker->done;
        unpack_end(s->unpacker);
    }
    free(s->unpacker);
    s->unpacker = NULL;
    s->reader = NULL;
    s->file = NULL;
}
static int source_open_file(source *s) {
    const char *path = s->files->item[s->at];
    passwd_error error;
    reading = path;
    s->file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
    if (!s->file) {
        complain(FAILED, "%s: %s", path, strerror(errno));
        return 0;
    }
    s->unpacker = (unpacker *)malloc(sizeof *s->unpacker);
    if (!s->unpacker) {
        complain(FAILED, "%s: there is not enough memory", path);
        source_close(s);
        return 0;
    }
    unpack_begin(s->unpacker, s->file);
    if (passwd_event_reader_open_callback(
            source_read, s, strcmp(path, "-") ? path : "standard input", &s->options, NULL, &s->reader, &error)
        == PASSWD_OK)
        return 1;
    source_failed(s, &error);
    source_close(s);
    return 0;
}
/* 1, or 0 after a complaint. A missing file is reported before hours are spent on the files before it. */
static int source_open(source *s, const texts *files, const passwd_event_options *options) {
    struct stat about;
    int k, plain = 1, streams = 0;
    memset(s, 0, sizeof *s);
    s->files = files;
    if (options) s->options = *options;
    if (skip_bad) s->options.skip = &s->skipped;
    for (k = 0; k < files->count; k++) {
        const char *path = files->item[k];
        if (!strcmp(path, "-")) {
            plain = 0;
            streams++;
            continue;
        }
        if (stat(path, &about)) {
            complain(FAILED, "%s: %s", path, strerror(errno));
            return 0;
        }
        if (S_ISDIR(about.st_mode)) {
            complain(FAILED, "%s: This is a directory", path);
            return 0;
        }
        if (S_ISREG(about.st_mode)) s->size += (double)about.st_size;
        else plain = 0;
    }
    if (streams > 1) {
        complain(USAGE, "standard input can be read only once, but - is given %d times", streams);
        return 0;
    }
    if (!plain) s->size = 0.0;
    return source_open_file(s);
}
/* The next events, at most `most` and all from one file; none at the end of the last. */
static int source_next(source *s, int64_t most, passwd_events *events) {
    passwd_error error;
    for (;;) {
        if (passwd_events_read(s->reader, events, most, &error)) return source_failed(s, &error);
        if (events->count || s->at + 1 == s->files->count) return OK;
        source_close(s);
        s->at++;
        if (!source_open_file(s)) return FAILED;
    }
}
static inline texts one_file(const char *path) {
    texts one;
    memset(&one, 0, sizeof one);
    one.count = 1;
    one.item[0] = path;
    return one;
}
static inline int reads_standard_input(const texts *files) {
    int k;
    for (k = 0; k < files->count && strcmp(files->item[k], "-"); k++) {}
    return k < files->count;
}
/* The name of several files in messages. */
static inline const char *name_of_files(const texts *files) {
    static char name[512];
    if (files->count == 1) return strcmp(files->item[0], "-") ? files->item[0] : "standard input";
    snprintf(name, sizeof name, "%.400s and %d more files", files->item[0], files->count - 1);
    if (files->count == 2) snprintf(name, sizeof name, "%.250s and %.250s", files->item[0], files->item[1]);
    return name;
}

static int same_file(const char *a, const char *b) {
    struct stat x, y;
    if (!a || !b) return 0;
    return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}
/* The output: standard output, or a file that appears complete at the end if all went well. */
typedef struct output {
    FILE *file;
    const char *path;
    passwd_file *whole;
} output;

static int output_open(output *o, const char *path) {
    passwd_error error;
    memset(o, 0, sizeof *o);
    o->path = path;
    if (!is_first()) path = "-"; /* whose output is silent */
    if (!strcmp(path, "-")) {
        o->file = stdout;
        o->path = "standard output";
        return 1;
    }
    errno = 0;
    if (passwd_file_create(path, NULL, &o->whole, &error) == PASSWD_OK) o->file = (FILE *)passwd_file_stream(o->whole);
    else if (errno) complain(FAILED, "%s cannot be written: %s", path, strerror(errno));
    else failed(&error);
    return o->file != NULL;
}
/* Keeps the file if good; returns 1 if it exists. */
static int output_close(output *o, int good) {
    int written;
    errno = 0;
    written = !ferror(o->file) && fflush(o->file) == 0;
    if (o->whole && passwd_file_close(o->whole, good && written, NULL)) written = 0;
    if (good && !written)
        complain(FAILED, "%s cannot be written: %s", o->path, errno ? strerror(errno) : "is the disk full?");
    return good && written;
}
/* Whether path can be written and replaced; an existing file is left alone. 1, or 0 after a complaint. */
static int check_writable(const char *path) {
    struct stat about;
    output o;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode)) {
        complain(FAILED, "%s cannot be written: it is not a plain file", path);
        return 0;
    }
    if (!output_open(&o, path)) return 0;
    output_close(&o, 0);
    return 1;
}
static void put_number(FILE *to, double value) {
    char text[32];
    passwd_format_number(text, value, 9);
    fprintf(to, ",%s", text);
}
/* A text as a field of a CSV row, after a comma. */
static inline void put_name(FILE *to, const char *name) {
    const int quoted = strpbrk(name, ",\"") != NULL;
    fputs(quoted ? ",\"" : ",", to);
    for (; *name; name++) {
        if (*name == '"') fputc('"', to);
        fputc(*name, to);
    }
    if (quoted) fputc('"', to);
}
/* Empty for a missing number (NaN). */
static inline void put_field(FILE *to, double value) {
    if (isnan(value)) fputc(',', to);
    else put_number(to, value);
}
/* A whole text file, to be freed; NULL after a complaint. */
static char *read_text(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *text = NULL, *more;
    size_t n = 0, got = 1;
    while (file && got) {
        if (n > (1u << 24) || !(more = (char *)realloc(text, n + 65536))) {
            errno = EFBIG;
            break;
        }
        text = more;
        got = fread(text + n, 1, 65536, file);
        n += got;
    }
    if (file && !got && !ferror(file)) {
        fclose(file);
        *length = n;
        return text;
    }
    complain(FAILED, "%s: %s", path, strerror(errno));
    if (file) fclose(file);
    free(text);
    return NULL;
}
/* The first 64 kB of a file that may be compressed, to be freed; NULL after a complaint. */
static inline char *file_begin(const char *path) {
    FILE *file = fopen(path, "rb");
    unpacker *u = (unpacker *)malloc(sizeof *u);
    char *text = (char *)calloc(1, UNPACK_ROOM + 1);
    size_t n = 0, got = 1;
    if (file && u && text) {
        unpack_begin(u, file);
        while (n < UNPACK_ROOM && got && got != (size_t)-1) n += got = unpack_read(u, text + n, UNPACK_ROOM - n);
        if (got == (size_t)-1) complain(FAILED, "%s: %s", path, u->fault);
        unpack_end(u);
    } else complain(FAILED, "%s: %s", path, file ? "there is not enough memory" : strerror(errno));
    if (file) fclose(file);
    if (!u || !file || got == (size_t)-1) {
        free(text);
        text = NULL;
    }
    free(u);
    return text;
}
static int make_folder(const char *path) {
    struct stat about;
    if (mkdir(path, 0777) == 0) return OK;
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return access(path, W_OK) ? complain(FAILED, "%s: %s", path, strerror(errno)) : OK;
    return complain(FAILED, "%s: this folder cannot be created: %s", path, strerror(errno));
}
/* Whether a command writes a file of this name into its folder: it matches one of the patterns; the last is NULL. */
static inline int is_own(const char *name, const char *const *own) {
    while (*own && fnmatch(*own, name, 0)) own++;
    return *own != NULL;
}
/* A folder for the output of a command. It must be empty unless it may be overwritten: files of two runs side by side
   would be taken for one. */
static inline int check_folder(const char *path, int overwrite) {
    DIR *folder = opendir(path);
    const struct dirent *at;
    int files = 0, status;
    while (folder && (at = readdir(folder)) != NULL) files += strcmp(at->d_name, ".") && strcmp(at->d_name, "..");
    if (folder) closedir(folder);
    status = make_folder(path);
    return status == OK && files && !overwrite ? complain(USAGE,
               "the folder %s is not empty: give another one to --out, or --overwrite, which removes the files that an "
               "earlier run of this command wrote there",
               path)
                                               : status;
}
/* Removes the files of an earlier run, and nothing else. */
static inline int clear_folder(const char *path, const char *const *own) {
    DIR *folder = opendir(path);
    const struct dirent *at;
    char file[1400];
    int removed = 0, status = OK;
    while (folder && status == OK && (at = readdir(folder)) != NULL) {
        if (!is_own(at->d_name, own)) continue;
        snprintf(file, sizeof file, "%s/%s", path, at->d_name);
        if (remove(file)) status = complain(FAILED, "%s cannot be removed: %s", file, strerror(errno));
        else removed++;
    }
    if (folder) closedir(folder);
    if (removed) complain(OK, "removed from %s: %d files of an earlier run", path, removed);
    return status;
}
/* Whether a file that is read is one of these. */
static inline int is_overwritten(const char *folder, const char *file, const char *const *own) {
    const char *slash = file ? strrchr(file, '/') : NULL;
    char path[1024];
    if (!file || !is_own(slash ? slash + 1 : file, own)) return 0;
    snprintf(path, sizeof path, "%s/%.100s", folder, slash ? slash + 1 : file);
    return same_file(path, file);
}
/* Nothing may be lost, neither by overwriting another file of this command nor after hours of work: the first `written`
   of the files are written, the others read; any may be NULL. */
static int check_outputs(const char *const *files, int written, int count) {
    int i, k;
    for (i = 0; i < written; i++)
        for (k = i + 1; k < count; k++)
            if (same_file(files[i], files[k]))
                return complain(USAGE, "%s is given twice and would be overwritten", files[i]);
    return OK;
}
/* The same if several files are read. */
static inline int check_read(const char *const *files, int written, const texts *inputs) {
    int i, k;
    for (k = 0; k < inputs->count; k++)
        for (i = 0; i < written; i++)
            if (same_file(files[i], inputs->item[k]))
                return complain(USAGE, "%s is given twice and would be overwritten", files[i]);
    return OK;
}
/* Saves, and if that fails now, saves elsewhere: into a new folder, so that nothing can be in the way. */
typedef passwd_status (*saver)(const void *what, const char *path, passwd_error *error);
static int save_weights(const void *what, const char *path, saver save) {
    const char *folders[2] = { getenv("TMPDIR"), "/tmp" };
    char rescue[512];
    passwd_error error;
    size_t length;
    int k;
    if (!is_first() || save(what, path, &error) == PASSWD_OK) return OK;
    failed(&error);
    for (k = 0; k < 2; k++) {
        if (!folders[k] || strlen(folders[k]) > 400) continue;
        length = (size_t)snprintf(rescue, sizeof rescue, "%s/" TOOL "-XXXXXX", folders[k]);
        if (!mkdtemp(rescue)) continue;
        snprintf(rescue + length, sizeof rescue - length, "/weights.safetensors");
        if (save(what, rescue, NULL) == PASSWD_OK)
            return complain(FAILED, "the weights were saved in %s instead", rescue);
        rescue[length] = 0;
        rmdir(rescue);
    }
    return complain(FAILED, "the weights could not be saved elsewhere either");
}

/* ------------------------------------------------------------------------------------------------------------------
   Weights inside a program: the command "export" of every tool
   --------------------------------------------------------------------------------------------------------------- */

#define EXPORT_OPTIONS(bit)                                                                                           \
    { "weights", "W.safetensors", bit, 1, "a trained network", OPTION_TEXT, AT(weights), 0, 0, NULL },                \
        { "c", "W.h", bit, 1, "the header to write; - is standard output", OPTION_TEXT, AT(header), 0, 0, NULL }, {   \
        "name", "NAME", bit, 0, "name of the array (default: that of the header)", OPTION_TEXT, AT(array), 0, 0, NULL \
    }
#define EXPORT_COMMAND(bit, reader)                                                                                   \
    {                                                                                                                 \
        "export", bit, command_export, "writes a network as a C array, for programs without weights files",           \
            "The header is C99 and C++11 and defines one array of bytes, NAME. Include it in one file of a program; " \
            "and\n" reader "(NAME, sizeof NAME, \"NAME\", ...) then reads the network from it.\n"                     \
            "The bytes are only needed during that call.\n\n"                                                         \
            "  " TOOL " export --weights weights.safetensors --c weights.h --name weights\n"                          \
    }
/* The function of the library that reads these bytes as a network of this tool, or NULL. */
typedef const char *(*bytes_reader)(const settings *s, const void *bytes, size_t count, passwd_error *error);

/* The given name, or the last part of a path without its ending, as an identifier; 0, after a complaint, if it is not
   one. */
static inline int array_name(char name[64], const char *given, const char *path) {
    const char *slash = strrchr(path, '/'), *from = given ? given : slash ? slash + 1 : path;
    const size_t length = given ? strlen(given) : strcspn(from, ".");
    size_t k;
    int good = length > 0 && length < 64 && !(*from >= '0' && *from <= '9');
    for (k = 0; good && k < length; k++) {
        const char c = from[k];
        const int word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        good = word || !given;
        name[k] = c;
        if (!word) name[k] = '_';
    }
    if (good) name[length] = 0;
    else complain(USAGE, "\"%.*s\" cannot be the name of a C array; choose one with --name", (int)length, from);
    return good;
}
/* The array, aligned if the language supports it (any alignment can be read), below a comment. */
static inline void put_bytes(
    FILE *to, const char *name, const char *path, const char *reader, const char *bytes, size_t count) {
    size_t k;
    fputs("/* The network of ", to);
    for (; *path; path++) fputc(*path == '*' || (unsigned char)*path < ' ' ? '_' : *path, to);
    fprintf(to,
        ", written by \"" TOOL " export\": %zu bytes.\n   Included in one file of a program, where"
        " %s(%s, sizeof %s, \"%s\", ...) reads it. */\n",
        count, reader, name, name, name);
    fputs("#if defined(__cplusplus)\nalignas(64)\n#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L\n"
          "_Alignas(64)\n#elif defined(__GNUC__)\n__attribute__((aligned(64)))\n#endif\n",
        to);
    fprintf(to, "static const unsigned char %s[%zu] = {\n", name, count);
    for (k = 0; k < count; k++)
        fprintf(to, "%u%s", (unsigned)(unsigned char)bytes[k], k + 1 == count ? "\n};\n" : k % 32 == 31 ? ",\n" : ",");
}
static inline int export_weights(
    const settings *s, const char *weights, const char *header, const char *array, bytes_reader read) {
    const char *files[2], *reader;
    char name[64];
    passwd_error error;
    output to;
    size_t count = 0;
    char *bytes;
    int status = FAILED;
    files[0] = header;
    files[1] = weights;
    if (!array_name(name, array, strcmp(header, "-") ? header : weights)) return USAGE;
    if (check_outputs(files, 1, 2) != OK) return USAGE;
    bytes = read_text(weights, &count);
    if (!bytes) return FAILED;
    reader = read(s, bytes, count, &error);
    if (!reader) failed(&error);
    else if (output_open(&to, header)) {
        put_bytes(to.file, name, weights, reader, bytes, count);
        if (output_close(&to, 1)) status = OK;
    }
    free(bytes);
    return status;
}

/* ------------------------------------------------------------------------------------------------------------------
   Settings
   */

/* "1,2,3" or "[1,2,3]", numbers only, as an array; otherwise 0, and nothing is written. */
static inline int set_list(const char *text, passwd_json_writer *w) {
    const size_t length = strlen(text);
    const int brackets = length > 1 && text[0] == '[' && text[length - 1] == ']';
    const char *end = text + length - brackets, *at = text + brackets;
    double number[64];
    char *next;
    int n = 0, k;
    if (!brackets && !strchr(text, ',')) return 0;
    for (; n < 64; at = next + 1) {
        number[n++] = strtod(at, &next);
        if (next == at || next > end || (next < end && *next != ',')) return 0;
        if (next == end) break;
    }
    if (n == 64) return 0;
    passwd_json_begin_array(w);
    for (k = 0; k < n; k++) passwd_json_write_number(w, number[k]);
    passwd_json_end_array(w);
    return 1;
}
/* "key=value" becomes part of a configuration: as a JSON object, with quotes unless the value is a number, several
   numbers separated by commas, true or false. */
typedef passwd_status (*setting_reader)(
    void *config, const char *json, size_t length, const char *name, passwd_error *error);
static inline int set_one(const char *text, setting_reader read, void *config) {
    const char *equals = strchr(text, '='), *json;
    char key[64], name[128], *end;
    passwd_json_writer w;
    passwd_error error;
    size_t length;
    double number;
    int status = OK;
    if (!equals || equals == text || !equals[1] || equals - text >= (long)sizeof key)
        return complain(USAGE, "--set %s: this should be KEY=VALUE", text);
    snprintf(key, sizeof key, "%.*s", (int)(equals - text), text);
    snprintf(name, sizeof name, "--set %.100s", text);
    number = strtod(equals + 1, &end);
    passwd_json_writer_init(&w, NULL);
    passwd_json_begin_object(&w);
    passwd_json_key(&w, key);
    if (!*end) passwd_json_write_number(&w, number);
    else if (set_list(equals + 1, &w)) {
    } else if (!strcmp(equals + 1, "true") || !strcmp(equals + 1, "false"))
        passwd_json_write_bool(&w, equals[1] == 't');
    else passwd_json_write_string(&w, equals + 1);
    passwd_json_end_object(&w);
    if (passwd_json_finish(&w, &json, &length, &error) || read(config, json, length, name, &error))
        status = failed(&error);
    passwd_json_writer_free(&w);
    return status;
}
/* ------------------------------------------------------------------------------------------------------------------
   Events
   --------------------------------------------------------------------------------------------------------------- */

/* Appends the numbers of another array, which may be NULL if this one is. */
static inline int append(void *array, size_t have, const void *more, size_t count, size_t size) {
    void *p;
    memcpy(&p, array, sizeof p);
    if (!more && !p) return 1;
    p = realloc(p, (have + count + 2) * size);
    if (!p) return 0;
    memcpy(array, &p, sizeof p);
    if (more) memcpy((char *)p + have * size, more, count * size);
    return 1;
}
/* Converts indices into one list of names to those of another, which grows; NULL: no memory. To be freed. */
static inline int32_t *append_names(passwd_names *all, const passwd_names *more) {
    int32_t *place = (int32_t *)malloc(((size_t)more->count + 1) * sizeof *place), t, u;
    for (t = 0; place && t < more->count; t++) {
        for (u = 0; u < all->count && strcmp(all->name[u], more->name[t]); u++) {}
        if (u == all->count) {
            char *copy = strdup(more->name[t]);
            if (!copy || !append(&all->name, (size_t)u, &copy, 1, sizeof copy)) {
                free(copy);
                free(place);
                return NULL;
            }
            all->count++;
        }
        place[t] = u;
    }
    return place;
}
/* Appends events to others: 1; 0: no memory, or (*missing) a column that one of the two lacks. Leaves `more` empty or
   unchanged. */
static inline int join(
    passwd_events *all, passwd_events *more, const passwd_event_options *options, const char **missing) {
    const size_t n = (size_t)all->count, m = (size_t)more->count, rows = (size_t)all->objects,
                 new_rows = (size_t)more->objects;
    int32_t *types, *words;
    int64_t k;
    int i, good;
    if (!all->first) {
        *all = *more;
        memset(more, 0, sizeof *more);
        return 1;
    }
    for (i = 0; i < more->n_numbers; i++)
        if (!all->number[i] != !more->number[i]) {
            *missing = options->numbers[i];
            return 0;
        }
    types = append_names(&all->type_names, &more->type_names);
    words = append_names(&all->texts, &more->texts);
    good = types && words && append(&all->first, n + 1, more->first, m, sizeof *all->first)
        && append(&all->id, n, more->id, m, sizeof *all->id) && append(&all->line, n, more->line, m, sizeof *all->line)
        && append(&all->weight, n, more->weight, m, sizeof *all->weight)
        && append(&all->pt, rows, more->pt, new_rows, sizeof *all->pt)
        && append(&all->eta, rows, more->eta, new_rows, sizeof *all->eta)
        && append(&all->phi, rows, more->phi, new_rows, sizeof *all->phi)
        && append(&all->m, rows, more->m, new_rows, sizeof *all->m)
        && append(&all->e, rows, more->e, new_rows, sizeof *all->e)
        && append(&all->type, rows, more->type, new_rows, sizeof *all->type);
    for (i = 0; good && i < more->n_numbers; i++) {
        good = append(&all->number[i], rows, more->number[i], new_rows, sizeof **all->number);
        if (good && more->number[i] && options->numbers[i][0] == '$')
            for (k = 0; k < more->objects; k++) all->number[i][rows + (size_t)k] = words[(int)more->number[i][k]];
    }
    for (k = 0; good && more->type && k < more->objects; k++) all->type[rows + (size_t)k] = types[more->type[k]];
    for (k = 1; good && k <= more->count; k++) all->first[n + (size_t)k] = all->objects + more->first[k];
    if (good) {
        all->count += more->count;
        all->objects += more->objects;
    }
    free(types);
    free(words);
    return good;
}
/* Events [first, first + count) of all files, count 0: to their end. `what`: event or jet. */
static int load_range(const texts *files, const passwd_event_options *options, int64_t first, int64_t count,
    const char *what, passwd_events *events) {
    const char *missing = NULL;
    passwd_events more;
    source from;
    int64_t passed = 0;
    int status;
    memset(&more, 0, sizeof more);
    if (!source_open(&from, files, options)) return FAILED;
    passwd_events_free(events);
    do {
        const int64_t left = passed < first ? first - passed < BLOCK ? first - passed : BLOCK
            : count                         ? count - events->count
                                            : INT64_MAX;
        if (left == 0) break;
        status = interrupted ? complain(FAILED, "interrupted; nothing was kept") : source_next(&from, left, &more);
        if (status != OK || more.count == 0) break;
        if (passed < first) {
            passed += more.count;
            continue;
        }
        if (!join(events, &more, options, &missing)) {
            if (missing)
                status = complain(FAILED, "%s: only some of the files have the column \"%.*s\"", reading,
                    (int)strcspn(missing + (*missing == '$'), "?"), missing + (*missing == '$'));
            else
                status = complain(
                    FAILED, "%s: no memory for %lld %ss", reading, (long long)(events->count + more.count), what);
        }
    } while (status == OK);
    if (status == OK && events->count == 0 && (first || count))
        status = complain(FAILED, "%s: there is no %s %lld; the file has %lld %ss", name_of_files(files), what,
            (long long)first, (long long)passed, what);
    if (status == OK && count && events->count < count)
        complain(OK, "%s: only %lld %ss follow the first %lld", name_of_files(files), (long long)events->count, what,
            (long long)first);
    passwd_events_free(&more);
    source_close(&from);
    if (status != OK) passwd_events_free(events);
    return status;
}
static inline int load_events(const texts *files, const passwd_event_options *options, passwd_events *events) {
    return load_range(files, options, 0, 0, "event", events);
}
/* Columns of the input that are copied to the output: "run,lumi,$sample", where $ marks texts. An event gets the values
   of its first row. Numbers are written with as many digits as needed to read them back. */
enum { KEPT = 32, ASKED = 256 };
typedef struct keeping {
    passwd_event_options options;
    int count, from;
    char text[KEPT][64];
    const char *name[KEPT], *numbers[ASKED];
} keeping;

/* known: the output's own columns, which would be duplicated; own (may be NULL): other columns read from the events,
   which come first. */
static inline int keep_read(keeping *k, const char *list, const char *known, const passwd_event_options *own) {
    int i;
    memset(k, 0, sizeof *k);
    if (own) k->options = *own;
    k->from = k->options.n_numbers;
    while (list && *list) {
        const size_t length = strcspn(list, ",");
        if (k->count == KEPT) return complain(USAGE, "--keep accepts at most %d columns", KEPT);
        if (length == 0 || length > 62 || (length == 1 && *list == '$'))
            return complain(USAGE, "--keep: \"%.70s\" does not begin with the name of a column", list);
        snprintf(k->text[k->count], 64, "%.*s", (int)length, list);
        k->name[k->count] = k->text[k->count];
        for (i = 0; i < k->count; i++)
            if (!strcmp(k->name[i] + (*k->name[i] == '$'), k->name[k->count] + (*k->name[k->count] == '$')))
                return complain(USAGE, "--keep names %s twice", k->name[i]);
        if (known && read_choice(known, k->name[k->count] + (*k->name[k->count] == '$')))
            return complain(USAGE, "--keep: %s is a column of the answers already", k->name[k->count]);
        k->count++;
        list += length + (list[length] == ',');
    }
    if (k->from + k->count > ASKED) return complain(USAGE, "--keep: too many columns");
    for (i = 0; i < k->from; i++) k->numbers[i] = own->numbers[i];
    for (i = 0; i < k->count; i++) k->numbers[k->from + i] = k->name[i];
    k->options.numbers = k->numbers;
    k->options.n_numbers = k->from + k->count;
    return OK;
}
static inline void keep_header(const keeping *k, FILE *to) {
    int i;
    for (i = 0; i < k->count; i++) fprintf(to, ",%s", k->name[i] + (*k->name[i] == '$'));
}
static inline void keep_event(const keeping *k, const passwd_events *v, int64_t event, FILE *to) {
    char text[40];
    int i, digits;
    for (i = 0; i < k->count; i++) {
        const double x = v->number[k->from + i][v->first[event]];
        const char *word = *k->name[i] == '$' ? v->texts.name[(int)x] : text;
        for (digits = 9, *text = 0; word == text && digits <= 17; digits++) {
            passwd_format_number(text, x, digits);
            if (strtod(text, NULL) == x) break;
        }
        put_name(to, word);
    }
}
/* The action on a block of events; returning 0, after a complaint, stops. */
typedef int (*block_action)(void *user, const passwd_events *events);

/* Sends all events of a source through an action, block by block. */
static int each_block(source *from, const char *label, block_action action, void *user) {
    passwd_events events;
    meter progress = meter_new();
    double count = 0.0;
    char text[160];
    int status = OK;
    memset(&events, 0, sizeof events);
    while (status == OK) {
        status = source_next(from, BLOCK, &events);
        if (status != OK || events.count == 0) break;
        if (!action(user, &events)) {
            status = FAILED;
            break;
        }
        count += (double)events.count;
        snprintf(text, sizeof text, "%.80s%.0f events", label, count);
        meter_show(&progress, source_part(from), text);
        if (interrupted) status = complain(FAILED, "interrupted; nothing was kept");
    }
    meter_clear();
    passwd_events_free(&events);
    return status;
}
/* Makes a title from a path: no folder, no ending, spaces for underscores. */
static void name_from_path(char name[96], const char *path) {
    const char *slash = strrchr(path, '/');
    char *c;
    snprintf(name, 96, "%s", slash ? slash + 1 : path);
    c = strrchr(name, '.');
    if (c && c > name) *c = 0;
    for (c = name; *c; c++)
        if (*c == '_' || *c == '#' || *c == '^' || *c == '\\') *c = ' ';
}
/* Sends the events of all files through an action. */
static inline int each_file(const texts *files, const passwd_event_options *options, block_action action, void *user) {
    char label[100];
    source from;
    int status;
    if (!source_open(&from, files, options)) return FAILED;
    name_from_path(label, files->item[0]);
    strcat(label, ": ");
    status = each_block(&from, files->count > 1 ? "" : label, action, user);
    source_close(&from);
    return status;
}
/* ------------------------------------------------------------------------------------------------------------------
   Training: progress, its log and its end
   --------------------------------------------------------------------------------------------------------------- */

typedef struct training {
    passwd_model *model;
    meter meter;
    FILE *log;
    const char *log_path;
    int lost; /* the log cannot be written */
} training;

/* Terms that are monitored but not trained on, and those of earlier layers ("mass 0"): neither belongs in a plot of the
   loss. Heads, which the user names, are trained ("EVENT/distance"). */
static int is_monitor(const char *name) {
    const char *end = strrchr(name, ' ');
    if (strchr(name, '/')) return 0;
    return strstr(name, "distance") != NULL || strncmp(name, "jets", 4) == 0 || strcmp(name, "decided") == 0
        || (end && end[1] >= '0' && end[1] <= '9');
}

static void log_header(FILE *log, const passwd_model *m) {
    int k;
    fputs("step,epoch,rate,temperature,total", log);
    for (k = 0; k < passwd_loss_count(m); k++) {
        const char *c;
        fputc(',', log);
        for (c = passwd_loss_name(m, k); *c; c++) fputc(*c == ' ' ? '_' : *c, log);
    }
    fputs(",validation\n", log);
}
static int is_log_header(const passwd_model *m, const char *row) {
    char text[16384];
    FILE *to = fmemopen(text, sizeof text, "w");
    if (!to) return 0;
    log_header(to, m);
    fclose(to);
    return !strcmp(text, row);
}
/* The log of a training that begins with step `first`: new, or appended to the rows of an earlier log up to there, so
   that a training resumed from a checkpoint has each step once. If that fails, training continues without it. */
static void open_log(training *t, int64_t first) {
    FILE *old = first > 1 ? fopen(t->log_path, "r") : NULL;
    char row[16384];
    long keep = 0;
    int strange = 0;
    while (old && !strange && fgets(row, sizeof row, old) && strchr(row, '\n')
        && (keep == 0 || strtod(row, NULL) < (double)first)) {
        strange = keep == 0 && !is_log_header(t->model, row);
        keep = ftell(old);
    }
    if (old) fclose(old);
    if (strange) {
        t->lost = complain(FAILED,
            "%s is not the log of this training, and is left unchanged; the training continues without a log",
            t->log_path);
        return;
    }
    if (keep == 0 || truncate(t->log_path, (off_t)keep) == 0) t->log = fopen(t->log_path, keep ? "ab" : "wb");
    if (!t->log) t->lost = complain(FAILED, "%s cannot be written: %s", t->log_path, strerror(errno));
    else if (keep == 0) log_header(t->log, t->model);
}
static void log_row(const training *t, const passwd_progress *p) {
    int k;
    fprintf(t->log, "%lld,%d", (long long)p->step, p->within);
    put_number(t->log, p->rate);
    put_number(t->log, p->temperature);
    put_number(t->log, p->total);
    for (k = 0; k < passwd_loss_count(t->model); k++) put_number(t->log, p->terms[k]);
    if (p->validated) put_number(t->log, p->validation);
    else fputc(',', t->log);
    fputc('\n', t->log);
    if (p->epoch >= p->within) fflush(t->log); /* an epoch has ended: its checkpoint comes next */
}
static int on_step(void *user, const passwd_progress *p) {
    training *t = (training *)user;
    char text[400];
    int k, at = snprintf(text, sizeof text, "loss %.4g:", p->total);
    for (k = 0; k < passwd_loss_count(t->model) && at < 300; k++)
        if (!is_monitor(passwd_loss_name(t->model, k)))
            at += snprintf(
                text + at, sizeof text - (size_t)at, " %.32s %.3g", passwd_loss_name(t->model, k), p->terms[k]);
    if (p->best < 1e30) snprintf(text + at, sizeof text - (size_t)at, " (best validation %.4g)", p->best);
    if (t->log_path && !t->log && !t->lost && is_first()) open_log(t, p->step);
    if (t->log) log_row(t, p);
    meter_show(&t->meter, (double)p->step / (double)p->steps, text);
    return interrupted;
}
static void tell_training(const passwd_train_report *r, int patience, double seconds) {
    if (r->resumed && r->resumed == r->steps)
        fprintf(stderr, TOOL ": the training of this checkpoint had already ended; %lld steps, %d epochs",
            (long long)r->steps, r->epochs);
    else fprintf(stderr, TOOL ": %lld steps, %d epochs in %.1f s", (long long)r->steps, r->epochs, seconds);
    if (r->resumed && r->resumed < r->steps)
        fprintf(stderr, ", of which %lld steps came from the checkpoint", (long long)r->resumed);
    fprintf(stderr, "; loss %.5g", r->total);
    if (r->validation < 1e30)
        fprintf(stderr, ", best validation loss %.5g after epoch %d", r->validation, r->best_epoch);
    if (r->stopped == 1) fprintf(stderr, "; stopped early after %d epochs without improvement", patience);
    fputc('\n', stderr);
    if (r->warning[0] && r->stopped != 3) fprintf(stderr, TOOL ": warning: %s\n", r->warning);
}
static int close_log(training *t, int status) {
    if (t->log && (ferror(t->log) | fclose(t->log)))
        status = complain(FAILED, "%s could not be written completely", t->log_path);
    t->log = NULL;
    return t->lost ? FAILED : status;
}
/* The result of a training: reports it, and keeps the weights if there are good ones, however it ended. */
static int end_training(const training *t, passwd_status status, const passwd_error *error,
    const passwd_train_report *r, int patience, const void *what, const char *out, saver save) {
    int saved;
    meter_clear();
    if (status != PASSWD_OK && status != PASSWD_STOPPED) {
        failed(error);
        if (r->best_epoch == 0)
            return r->steps == 0 && r->stopped != 3
                ? FAILED
                : complain(FAILED, "no epoch gave usable weights; nothing was written");
    }
    tell_training(r, patience, now() - t->meter.start);
    saved = save_weights(what, out, save);
    if (status != PASSWD_OK && saved == OK) complain(OK, "stopped; the best weights so far are in %s", out);
    return status == PASSWD_OK || status == PASSWD_STOPPED ? saved : FAILED;
}

/* ------------------------------------------------------------------------------------------------------------------
   Figures: quantiles, curves of efficiencies
   --------------------------------------------------------------------------------------------------------------- */

typedef struct weighted {
    double value, weight;
    int signal;
} weighted;

static inline int ascending_numbers(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static int ascending(const void *a, const void *b) {
    const double x = ((const weighted *)a)->value, y = ((const weighted *)b)->value;
    return (x > y) - (x < y);
}
/* The value below which a fraction q of the weight lies, interpolated between events like numpy.quantile. */
static double quantile(const weighted *v, size_t n, double q) {
    double total = 0.0, below = 0.0;
    size_t k;
    if (n == 0) return (double)NAN;
    for (k = 0; k < n; k++) total += v[k].weight;
    total -= 0.5 * (v[0].weight + v[n - 1].weight);
    for (k = 0; k + 1 < n; k++) {
        const double step = 0.5 * (v[k].weight + v[k + 1].weight), want = q * total - below;
        if (want <= step && step > 0.0) return v[k].value + (v[k + 1].value - v[k].value) * fmax(0.0, want / step);
        below += step;
    }
    return v[n - 1].value;
}
/* Efficiencies of "value above a threshold", for falling thresholds. */
typedef struct roc {
    double *signal, *background;
    size_t count;
    double area, rejection;
} roc;

static void roc_free(roc *r) {
    free(r->signal);
    free(r->background);
}
/* For n values with their sample and their fraction of its weight; they are sorted. */
static roc roc_new(weighted *v, size_t n) {
    roc r = { NULL, NULL, 0, 0.0, (double)NAN };
    double part[2] = { 0.0, 0.0 }; /* background, signal above the threshold */
    size_t k;
    r.signal = (double *)malloc((n + 1) * sizeof *r.signal);
    r.background = (double *)malloc((n + 1) * sizeof *r.background);
    if (!v || !r.signal || !r.background) return r;
    qsort(v, n, sizeof *v, ascending);
    for (k = n; k-- > 0;) {
        part[v[k].signal] += v[k].weight;
        if (k > 0 && v[k - 1].value == v[k].value) continue; /* equal values pass together */
        r.signal[r.count] = part[1];
        r.background[r.count++] = part[0];
    }
    for (k = 0; k < r.count; k++) {
        const double s0 = k ? r.signal[k - 1] : 0.0, b0 = k ? r.background[k - 1] : 0.0;
        r.area += (r.background[k] - b0) * 0.5 * (s0 + r.signal[k]);
        if (isnan(r.rejection) && r.signal[k] >= 0.5 - 1e-12)
            r.rejection = r.background[k] > 0.0 ? 1.0 / r.background[k] : (double)INFINITY;
    }
    return r;
}

/* ------------------------------------------------------------------------------------------------------------------
   Tables, JSON and plots
   --------------------------------------------------------------------------------------------------------------- */

static void put_json(passwd_json_writer *w, const char *key, double value) {
    passwd_json_key(w, key);
    if (isfinite(value)) passwd_json_write_number(w, value);
    else passwd_json_write_null(w);
}
/* Prints on standard output what was written. */
static int print_json_text(passwd_json_writer *w) {
    passwd_error error;
    const char *text;
    size_t length;
    const int good = passwd_json_finish(w, &text, &length, &error) == PASSWD_OK;
    if (good) printf("%s\n", text);
    passwd_json_writer_free(w);
    return good ? OK : failed(&error);
}
/* Saves it; at the second place, if requested, on standard output. Frees it. */
static inline int save_json(passwd_json_writer *w, const char *path, int print) {
    passwd_error error;
    const char *text;
    output to;
    int status = passwd_json_finish(w, &text, NULL, &error) ? failed(&error) : output_open(&to, path) ? OK : FAILED;
    if (status == OK) {
        fprintf(to.file, "%s\n", text);
        if (!output_close(&to, 1)) status = FAILED;
    }
    if (status == OK && print) printf("%s\n", text);
    passwd_json_writer_free(w);
    return status;
}
static int write_plot_at(plot *p, const char *path) {
    output to;
    int drawn;
    if (!output_open(&to, path)) {
        plot_print(p, NULL);
        return FAILED;
    }
    drawn = plot_print(p, to.file) == 0;
    if (!drawn) complain(FAILED, "%s cannot be written: there is not enough memory for the picture", path);
    return output_close(&to, drawn) ? OK : FAILED;
}
static int write_plot(plot *p, const char *folder, const char *file) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return write_plot_at(p, path);
}
/* Black for the background, colours for signals. */
static plot_style style_of(int s, int dash) {
    plot_style style = { 0, 0, 0.0, 0 };
    style.color = s == 0 ? PLOT_BLACK : 1 + (s - 1) % (PLOT_COLORS - 1);
    style.dash = dash;
    return style;
}
enum { CURVE = 500 };
/* Background rejection against signal efficiency, with the areas in the names. */
static plot *roc_plot(void) {
    plot *p = plot_new("Signal efficiency", "Background rejection");
    plot_log(p, 0, 1);
    plot_range(p, 0.0, 1.0, 1.0, 1.0);
    return p;
}
static void roc_draw(plot *p, const roc *r, const char *sample, plot_style style) {
    double x[CURVE], y[CURVE];
    char name[128];
    size_t k;
    int n = 0;
    for (k = 0; k < r->count && n < CURVE; k++)
        if (r->background[k] > 0.0 && r->signal[k] >= (double)n / CURVE) {
            x[n] = r->signal[k];
            y[n++] = 1.0 / r->background[k];
        }
    snprintf(name, sizeof name, "%.90s (area %.3f)", sample, r->area);
    plot_line(p, x, y, n, name, style);
}
static void roc_draw_guess(plot *p) {
    const plot_style guess = { PLOT_GREY, PLOT_DASHED, 2.0, 0 };
    double x[CURVE], y[CURVE];
    int n;
    for (n = 0; n < CURVE; n++) {
        x[n] = fmin(1.0, 0.02 + (double)n / (CURVE - 20));
        y[n] = 1.0 / x[n];
    }
    plot_line(p, x, y, CURVE, "Random choice", guess);
}
#endif /* CLI_H */
