/* Events that are copies of others: duplicated by mistake, or drawn again in a bootstrap. They are not independent
   events. Each event counts once, with the weight of all its copies; fits, hunts and limits then know the variance of
   such sums. */
#ifndef COPIES_H
#define COPIES_H

typedef struct copies {
    uint64_t *key;
    int64_t *at, found;
    size_t used, room;
} copies;

static void copies_free(copies *c) {
    free(c->key);
    free(c->at);
    memset(c, 0, sizeof *c);
}
static void hash_bytes(uint64_t *hash, const void *data, size_t bytes) {
    const unsigned char *c = (const unsigned char *)data;
    while (bytes--) *hash = (*hash ^ *c++) * 1099511628211u; /* the 64-bit hash by Fowler, Noll and Vo */
}
/* Hash of everything known of the objects, never 0. */
static uint64_t event_key(const passwd_events *v, int64_t event) {
    uint64_t hash = 14695981039346656037u;
    int64_t k;
    for (k = v->first[event]; k < v->first[event + 1]; k++) {
        const double number[4] = { v->pt[k], v->eta[k], v->phi[k], v->m[k] };
        const char *type = v->type_names.name[v->type[k]];
        hash_bytes(&hash, number, sizeof number);
        hash_bytes(&hash, type, strlen(type) + 1);
    }
    return hash ? hash : 1;
}
static int copies_grow(copies *c) {
    copies more = { NULL, NULL, 0, 0, 0 };
    size_t k, to;
    more.room = c->room ? 2 * c->room : 4096;
    more.key = (uint64_t *)calloc(more.room, sizeof *more.key);
    more.at = (int64_t *)malloc(more.room * sizeof *more.at);
    if (!more.key || !more.at) {
        copies_free(&more);
        return 0;
    }
    for (k = 0; k < c->room; k++) {
        if (!c->key[k]) continue;
        for (to = (size_t)c->key[k] & (more.room - 1); more.key[to]; to = (to + 1) & (more.room - 1)) {}
        more.key[to] = c->key[k];
        more.at[to] = c->at[k];
    }
    more.used = c->used;
    more.found = c->found;
    copies_free(c);
    *c = more;
    return 1;
}
/* The number under which the same event occurred before; `number` if it is new; -1: no memory. */
static int64_t copies_first(copies *c, const passwd_events *v, int64_t event, int64_t number) {
    const uint64_t key = event_key(v, event);
    size_t at;
    if (2 * (c->used + 1) > c->room && !copies_grow(c)) return -1;
    for (at = (size_t)key & (c->room - 1); c->key[at]; at = (at + 1) & (c->room - 1))
        if (c->key[at] == key) {
            c->found++;
            return c->at[at];
        }
    c->key[at] = key;
    c->at[at] = number;
    c->used++;
    return number;
}
static void copies_tell(const copies *c, int64_t events) {
    if (c->found)
        complain(OK,
            "%lld of %lld events are copies of others: each event counts once, with the weight of all its copies",
            (long long)c->found, (long long)events);
}
/* Keeps the first of each, in order. 0: no memory. */
static int copies_merge(passwd_events *v, copies *c) {
    int64_t k, i, n = 0, rows = 0;
    int number;
    for (k = 0; k < v->count; k++) {
        const int64_t first = copies_first(c, v, k, n);
        if (first < 0) return 0;
        if (first < n) {
            v->weight[first] += v->weight[k];
            continue;
        }
        v->id[n] = v->id[k];
        v->line[n] = v->line[k];
        v->weight[n] = v->weight[k];
        i = v->first[k];
        v->first[n++] = rows;
        for (; i < v->first[k + 1]; i++, rows++) {
            v->pt[rows] = v->pt[i];
            v->eta[rows] = v->eta[i];
            v->phi[rows] = v->phi[i];
            v->m[rows] = v->m[i];
            if (v->e) v->e[rows] = v->e[i];
            for (number = 0; number < v->n_numbers; number++)
                if (v->number[number]) v->number[number][rows] = v->number[number][i];
            v->type[rows] = v->type[i];
        }
    }
    v->first[n] = rows;
    v->count = n;
    v->objects = rows;
    return 1;
}
#endif
