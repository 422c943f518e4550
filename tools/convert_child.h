/* convert_child.h: formats whose libraries are not C: a program beside this one reads them, and sends tables through a
   pipe. Part of convert.c.

     READER FILE TREE        first a line per column, "name<tab>type<tab>lists<tab>single<tab>unusable<tab>entries", and
                             an empty line (before them perhaps ":inside<tab>tree NAME"). It then reads the names of
                             those that are wanted, each on a line of its own, from standard input to its end; where
                             there are none it ends.
                             Blocks follow, in this machine's byte order: int32 events; for each column that is wanted,
                             if it has lists int32 [events], their lengths; then its numbers, as double. A block of no
                             events is the end. What went wrong it says on standard error; then it ends with status 1.
 */
#ifndef CONVERT_CHILD_H
#define CONVERT_CHILD_H
#include <sys/wait.h>

typedef struct child {
    pid_t process;
    FILE *from, *to;
    int32_t *lengths;
} child;
static char beside[1024]; /* the folder of this program */

static void find_beside(const char *name) {
    const ssize_t n = readlink("/proc/self/exe", beside, sizeof beside - 1);
    char *slash;
    if (n > 0) beside[n] = 0;
    else snprintf(beside, sizeof beside, "%s", name);
    slash = strrchr(beside, '/');
    if (slash) *slash = 0;
    else snprintf(beside, sizeof beside, ".");
}
static int start_child(table *t, const char *const *words) {
    child *c = (child *)calloc(1, sizeof *c);
    int down[2], up[2];
    if (!c) return no_memory(t->path);
    t->state = c;
    if (pipe(down)) return complain(0, "%s: %s", words[0], strerror(errno));
    if (pipe(up)) return complain(0, "%s: %s", words[0], strerror(errno));
    fflush(NULL);
    c->process = fork();
    if (c->process == 0) {
        dup2(down[0], STDIN_FILENO);
        dup2(up[1], STDOUT_FILENO);
        close(down[0]);
        close(down[1]);
        close(up[0]);
        close(up[1]);
        execvp(words[0], (char *const *)(size_t)words);
        _exit(127);
    }
    close(down[0]);
    close(up[1]);
    c->to = fdopen(down[1], "wb");
    c->from = fdopen(up[0], "rb");
    return (c->process > 0 && c->to && c->from) || complain(0, "%s: %s", words[0], strerror(errno));
}
/* Its status when it has ended; what it complained of was said by itself. */
static int end_child(table *t) {
    child *c = (child *)t->state;
    int status = 0;
    if (c->to) fclose(c->to);
    if (c->from) fclose(c->from);
    c->to = c->from = NULL;
    if (c->process > 0) waitpid(c->process, &status, 0);
    c->process = 0;
    if (WIFSIGNALED(status)) return complain(0, "%s: its reader was killed (signal %d)", t->path, WTERMSIG(status));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return complain(0, "%s: its reader could not be started", t->path);
    return 0;
}
static int list_child(table *t) {
    child *c = (child *)t->state;
    char *line = NULL;
    size_t room = 0;
    int ended = 0, good = 1;
    while (good && !ended && getline(&line, &room, c->from) > 0) {
        char *field[6], *at = line;
        int k = 0;
        line[strcspn(line, "\n")] = 0;
        ended = !*line;
        for (; k < 6 && at; k++) {
            field[k] = at;
            at = strchr(at, '\t');
            if (at) *at++ = 0;
        }
        if (k == 2 && !strcmp(field[0], ":inside")) snprintf(t->inside, sizeof t->inside, "%s", field[1]);
        if (k < 6) continue;
        good = add_column(t, field[0], field[1]) != NULL;
        if (good) {
            column *new = t->column + t->columns - 1;
            new->lists = atoi(field[2]);
            new->single = atoi(field[3]);
            new->unusable = atoi(field[4]);
            new->entries = atoll(field[5]);
        }
    }
    free(line);
    if (good && !ended) end_child(t);
    t->entries = t->columns ? t->column[0].entries : -1;
    return good && ended;
}
static int start_wanted(table *t) {
    child *c = (child *)t->state;
    int k;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* a reader that has died is told of by its end */
    for (k = 0; k < t->columns; k++)
        if (t->column[k].wanted) fprintf(c->to, "%s\n", t->column[k].name);
    fclose(c->to);
    c->to = NULL;
    signal(SIGPIPE, before);
    return 1;
}
static int read_list_lengths(table *t, column *c, const child *from) {
    int64_t e;
    if (!list_room(t, c, (size_t)t->events)) return -1;
    if (fread(from->lengths, sizeof(int32_t), (size_t)t->events, from->from) != (size_t)t->events) return 0;
    for (e = 0; e < t->events; e++) c->first[e + 1] = c->first[e] + from->lengths[e];
    return 1;
}
static int read_child(table *t, int64_t most) {
    child *c = (child *)t->state;
    int32_t n = 0;
    int k, good = 1;
    (void)most; /* blocks are the reader's */
    t->at += t->events;
    t->events = 0;
    if (fread(&n, sizeof n, 1, c->from) != 1) return end_child(t);
    if (n > 0) {
        int32_t *more = (int32_t *)realloc(c->lengths, (size_t)n * sizeof *more);
        if (!more) return no_memory(t->path);
        c->lengths = more;
    }
    t->events = n;
    for (k = 0; n > 0 && good > 0 && k < t->columns; k++) {
        column *to = t->column + k;
        size_t count = (size_t)n;
        if (!to->wanted) continue;
        if (to->lists) {
            good = read_list_lengths(t, to, c);
            if (good > 0) count = (size_t)to->first[n];
        }
        if (good > 0) good = column_room(t, to, count) ? fread(to->value, sizeof(double), count, c->from) == count : -1;
    }
    if (good <= 0) {
        t->events = 0;
        return good < 0 ? 0 : end_child(t);
    }
    t->done = t->entries > 0 ? (double)(t->at + n) / (double)t->entries : -1.0;
    return 1;
}
static void close_child(table *t) {
    child *c = (child *)t->state;
    if (!c) return;
    if (c->process > 0) {
        if (c->to) fclose(c->to);
        if (c->from) fclose(c->from);
        c->to = c->from = NULL;
        waitpid(c->process, NULL, 0); /* it ends when nobody reads */
    }
    free(c->lengths);
    free(c);
    t->state = NULL;
}

/* ---- ROOT, parquet and Arrow, by packages of npm */

static int is_root(const char *head, size_t length, const char *path) {
    (void)path;
    return length >= 4 && !memcmp(head, "root", 4);
}
static int is_parquet(const char *head, size_t length, const char *path) {
    (void)path;
    return length >= 4 && !memcmp(head, "PAR1", 4);
}
static int is_arrow(const char *head, size_t length, const char *path) {
    (void)path;
    return length >= 6 && !memcmp(head, "ARROW1", 6);
}
static int open_node(table *t, const char *tree) {
    char script[1100], package[1200];
    const char *name = t->format->name, *words[6];
    snprintf(script, sizeof script, "%s/convert_node/read.mjs", beside);
    snprintf(package, sizeof package, "%s/convert_node/node_modules/%s", beside,
        !strcmp(name, "ROOT")          ? "jsroot"
            : !strcmp(name, "parquet") ? "hyparquet"
                                       : "apache-arrow");
    if (access(package, F_OK) || access(script, F_OK))
        return complain(0,
            "%s: to read %s files, npm's package %s is needed: apt-get install nodejs npm, then make convert", t->path,
            name, strrchr(package, '/') + 1);
    words[0] = "node";
    words[1] = script;
    words[2] = name;
    words[3] = t->path;
    words[4] = tree ? tree : "";
    words[5] = NULL;
    return start_child(t, words) && list_child(t);
}
static const format format_root = { "ROOT", is_root, open_node, start_wanted, read_child, close_child };
static const format format_parquet = { "parquet", is_parquet, open_node, start_wanted, read_child, close_child };
static const format format_arrow = { "Arrow", is_arrow, open_node, start_wanted, read_child, close_child };

/* ---- HepMC, by its library in C++ */

static int is_hepmc(const char *head, size_t length, const char *path) {
    const char *ending = strstr(path, ".hepmc");
    (void)length;
    return ending != NULL || strstr(head, "HepMC::") != NULL;
}
static int open_hepmc(table *t, const char *tree) {
    char program[1100];
    const char *words[3];
    (void)tree;
    snprintf(program, sizeof program, "%s/convert_hepmc", beside);
    if (access(program, X_OK))
        return complain(0,
            "%s: to read HepMC, its library is needed: apt-get install g++ libhepmc3-dev zlib1g-dev, then make convert",
            t->path);
    words[0] = program;
    words[1] = t->path;
    words[2] = NULL;
    return start_child(t, words) && list_child(t);
}
static const format format_hepmc = { "HepMC", is_hepmc, open_hepmc, start_wanted, read_child, close_child };
#endif /* CONVERT_CHILD_H */
