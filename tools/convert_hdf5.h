/* convert_hdf5.h: HDF5 files as tables: every data set of numbers whose first dimension counts events is a column, and
   so are members of compound types, the named columns of pandas' frames, and the particles of events in the LHE layout
   of HDF5. Part of convert.c. */
#ifndef CONVERT_HDF5_H
#define CONVERT_HDF5_H

static int is_hdf5(const char *head, size_t length, const char *path) {
    (void)path;
    return length >= 8 && !memcmp(head, "\211HDF\r\n\032\n", 8);
}
#ifndef CONVERT_HDF5
static int open_hdf5(table *t, const char *tree) {
    (void)tree;
    return complain(0,
        "%s: to read HDF5, this tool must be built with its library: apt-get install libhdf5-dev, then make convert",
        t->path);
}
static const format format_hdf5 = { "HDF5", is_hdf5, open_hdf5, NULL, NULL, NULL };
#else
#include <hdf5.h>

enum { HDF5_DIMENSIONS = 4, HDF5_NAMES = 1000 };

/* Where the numbers of a column come from. */
typedef struct h5_place {
    hid_t set, type; /* type: as they are read; 0 before that */
    char *path;      /* of the data set, for messages */
    char *member;    /* of a compound type; NULL: none */
    int64_t pick;    /* the only one of the second dimension; -1: all */
    int rank;
    hsize_t dim[HDF5_DIMENSIONS], inner; /* inner: numbers of an array in a member; else 1 */
    int particles;                       /* of LHE: as many per event as `counts` says */
    size_t bytes;                        /* of an enumeration or a truth value, read as it is; 0: as doubles */
    int sign;
} h5_place;
typedef struct h5_state {
    hid_t file;
    h5_place *place;
    int places;
    int starts, counts; /* LHE: places of each event's first particle and their number; -1: none */
    double *start, *count;
} h5_state;

/* What HDF5 says of its last failure. */
static herr_t h5_first_reason(unsigned n, const H5E_error2_t *error, void *user) {
    if (n == 0 && error->desc) snprintf((char *)user, 200, "%s", error->desc);
    return 0;
}
static const char *h5_reason(void) {
    static char text[200];
    snprintf(text, sizeof text, "it cannot be read");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, h5_first_reason, text);
    H5Eclear2(H5E_DEFAULT);
    return text;
}
static h5_place *add_place(table *t, const h5_place *from) {
    h5_state *h = (h5_state *)t->state;
    h5_place *more = (h5_place *)realloc(h->place, ((size_t)h->places + 1) * sizeof *more);
    if (!more) return no_memory(t->path), NULL;
    h->place = more;
    h->place[h->places] = *from;
    h->place[h->places].path = strdup(from->path);
    h->place[h->places].member = from->member ? strdup(from->member) : NULL;
    H5Iinc_ref(from->set);
    return h->place + h->places++;
}

/* ---- columns */

static const char *h5_type_name(hid_t type, char text[40]) {
    const size_t bits = 8 * H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_FLOAT: snprintf(text, 40, "float%zu", bits); break;
    case H5T_INTEGER: snprintf(text, 40, "%sint%zu", H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "", bits); break;
    case H5T_ENUM: snprintf(text, 40, "%s", H5Tget_nmembers(type) == 2 && bits == 8 ? "bool" : "enumeration"); break;
    case H5T_STRING: snprintf(text, 40, "text"); break;
    case H5T_ARRAY: snprintf(text, 40, "array"); break;
    default: snprintf(text, 40, "other"); break;
    }
    return text;
}
/* A column of what `place` says, of numbers of this type. */
static int h5_column(table *t, const char *name, h5_place *place, hid_t type) {
    const H5T_class_t kind = H5Tget_class(type);
    h5_place *kept;
    column *c;
    char text[40];
    int k;
    place->bytes = kind == H5T_ENUM ? H5Tget_size(type) : 0;
    kept = add_place(t, place);
    if (!kept) return 0;
    c = add_column(t, name, h5_type_name(type, text));
    if (!c) return 0;
    c->place = ((h5_state *)t->state)->places - 1;
    c->entries = (int64_t)place->dim[0];
    c->single = kind == H5T_FLOAT && H5Tget_size(type) <= 4;
    c->unusable = kind != H5T_FLOAT && kind != H5T_INTEGER && kind != H5T_ENUM;
    c->lists = place->particles || ((place->rank > 1 || place->inner > 1) && place->pick < 0);
    if (!c->lists || place->particles) return 1;
    c->length = (int64_t)place->inner;
    for (k = 1; k < place->rank; k++) {
        c->dim[c->rank++] = (int64_t)place->dim[k];
        c->length *= (int64_t)place->dim[k];
    }
    if (place->inner > 1 && c->rank < 3) c->dim[c->rank++] = (int64_t)place->inner;
    return 1;
}
/* The members of a compound type, each a column "path.member". */
static int h5_members(table *t, const char *path, h5_place *place, hid_t type) {
    const int count = H5Tget_nmembers(type);
    char name[600];
    int k, good = 1;
    for (k = 0; good && k < count; k++) {
        char *member = H5Tget_member_name(type, (unsigned)k);
        hid_t own = H5Tget_member_type(type, (unsigned)k), base = -1;
        h5_place one = *place;
        one.member = member;
        if (H5Tget_class(own) == H5T_ARRAY) {
            base = H5Tget_super(own);
            one.inner = H5Tget_size(own) / H5Tget_size(base);
        }
        snprintf(name, sizeof name, "%s.%s", path, member);
        good = h5_column(t, name, &one, base >= 0 ? base : own);
        if (base >= 0) H5Tclose(base);
        H5Tclose(own);
        H5free_memory(member);
    }
    return good;
}
/* Texts of a one-dimensional data set or attribute; their number, or 0 where it has none. */
static int h5_texts(hid_t of, int attribute, char *words[HDF5_NAMES]) {
    hid_t type = attribute ? H5Aget_type(of) : H5Dget_type(of), space = attribute ? H5Aget_space(of) : H5Dget_space(of);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    const int varies = H5Tis_variable_str(type) > 0;
    char *raw = NULL;
    int k, count = 0;
    if (H5Tget_class(type) == H5T_STRING && n > 0 && n <= HDF5_NAMES)
        raw = (char *)calloc((size_t)n, varies ? sizeof(char *) : size);
    if (raw && (attribute ? H5Aread(of, type, raw) : H5Dread(of, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw)) >= 0) {
        for (k = 0; k < n; k++)
            words[count++] = varies ? strdup(((char **)(void *)raw)[k] ? ((char **)(void *)raw)[k] : "")
                                    : strndup(raw + size * (size_t)k, size);
        if (varies) H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw);
    }
    free(raw);
    H5Sclose(space);
    H5Tclose(type);
    return count;
}
/* The names of the columns of a table of two dimensions: pandas keeps them beside it (block0_values, block0_items),
   others in an attribute "properties". */
static int h5_names(const table *t, const h5_place *place, char *words[HDF5_NAMES]) {
    const h5_state *h = (const h5_state *)t->state;
    const char *values = strstr(place->path, "_values");
    char items[512];
    hid_t of;
    int count = 0;
    if (place->rank != 2) return 0;
    if (H5Aexists(place->set, "properties") > 0) {
        of = H5Aopen(place->set, "properties", H5P_DEFAULT);
        if (of >= 0) count = h5_texts(of, 1, words);
        if (of >= 0) H5Aclose(of);
    } else if (values && !values[7]) {
        snprintf(items, sizeof items, "%.*s_items", (int)(values - place->path), place->path);
        if (H5Lexists(h->file, items, H5P_DEFAULT) <= 0) return 0;
        of = H5Dopen2(h->file, items, H5P_DEFAULT);
        if (of >= 0) count = h5_texts(of, 0, words);
        if (of >= 0) H5Dclose(of);
    }
    return count;
}
static int h5_named(table *t, h5_place *place, hid_t type) {
    char *words[HDF5_NAMES], name[600];
    const char *slash = strrchr(place->path, '/');
    const int count = h5_names(t, place, words), pandas = count && strstr(place->path, "_values") != NULL;
    int k, good = 1;
    for (k = 0; k < count; k++) {
        h5_place one = *place;
        one.pick = k;
        if (pandas && slash) snprintf(name, sizeof name, "%.*s/%s", (int)(slash - place->path), place->path, words[k]);
        else snprintf(name, sizeof name, "%s/%s", place->path, words[k]);
        if (good && (hsize_t)k < place->dim[1]) good = h5_column(t, name, &one, type);
        free(words[k]);
    }
    return good;
}
static herr_t h5_visit(hid_t from, const char *path, const H5O_info_t *info, void *user) {
    table *t = (table *)user;
    hsize_t dim[32];
    h5_place place;
    hid_t type, space;
    int k, good = 1;
    (void)from;
    if (info->type != H5O_TYPE_DATASET) return 0;
    memset(&place, 0, sizeof place);
    place.set = H5Dopen2(((h5_state *)t->state)->file, path, H5P_DEFAULT);
    if (place.set < 0) return complain(-1, "%s: data set \"%s\": %s", t->path, path, h5_reason());
    type = H5Dget_type(place.set);
    space = H5Dget_space(place.set);
    place.rank = H5Sget_simple_extent_dims(space, dim, NULL);
    place.path = (char *)(size_t)path;
    place.pick = -1;
    place.inner = 1;
    for (k = 0; k < place.rank && k < HDF5_DIMENSIONS; k++) place.dim[k] = dim[k];
    if (place.rank >= 1 && place.rank <= HDF5_DIMENSIONS) {
        if (H5Tget_class(type) == H5T_COMPOUND) good = h5_members(t, path, &place, type);
        else good = h5_column(t, path, &place, type) && h5_named(t, &place, type);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(place.set);
    return good ? 0 : -1;
}
#if H5_VERSION_GE(1, 12, 0)
#define CONVERT_VISIT(file, action, user) H5Ovisit3(file, H5_INDEX_NAME, H5_ITER_NATIVE, action, user, H5O_INFO_BASIC)
#else
#define CONVERT_VISIT(file, action, user) H5Ovisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, action, user)
#endif

/* Events in the LHE layout: their particles stand together in one table. Their columns are called as those of LHE. */
static int h5_particles(table *t) {
    static const char *const names[] = { "id", "status", "mother1", "mother2", "color1", "color2", "px", "py", "pz",
        "e", "m", "lifetime", "spin" };
    static const char *const scalars[][2] = { { "process", "pid" }, { "scale", "scale" }, { "aqed", "aqed" },
        { "aqcd", "aqcd" }, { "weight", "NOMINAL" }, { "weight", "weight" } };
    h5_state *h = (h5_state *)t->state;
    const int starts = find_column(t, "events/start", 12), counts = find_column(t, "events/nparticles", 17);
    char text[80];
    size_t k;
    h->starts = h->counts = -1;
    if (starts < 0 || counts < 0 || find_column(t, "particles/px", 12) < 0) return 1;
    h->starts = t->column[starts].place;
    h->counts = t->column[counts].place;
    for (k = 0; k < sizeof names / sizeof *names + sizeof scalars / sizeof *scalars; k++) {
        const size_t s = k - sizeof names / sizeof *names;
        const int list = k < sizeof names / sizeof *names;
        h5_place one;
        int at;
        snprintf(text, sizeof text, "%s/%s", list ? "particles" : "events", list ? names[k] : scalars[s][1]);
        at = find_column(t, text, strlen(text));
        if (at < 0) continue;
        one = h->place[t->column[at].place];
        one.particles = list;
        if (!h5_column(t, list ? names[k] : scalars[s][0], &one, H5T_NATIVE_DOUBLE)) return 0;
        if (list) t->column[t->columns - 1].entries = t->column[starts].entries;
    }
    return 1;
}
static int open_hdf5(table *t, const char *tree) {
    h5_state *h = (h5_state *)calloc(1, sizeof *h);
    (void)tree;
    if (!h) return no_memory(t->path);
    t->state = h;
    t->entries = -1;
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    h->file = H5Fopen(t->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (h->file < 0) return complain(0, "%s: it is no whole HDF5 file: %s", t->path, h5_reason());
    if (CONVERT_VISIT(h->file, h5_visit, t) < 0)
        return complain(0, "%s: its data sets could not be listed: %s", t->path, h5_reason());
    return h5_particles(t);
}

/* ---- reading */

/* Filters that HDF5 has no code for. */
static int h5_filters(const table *t, const h5_place *p) {
    hid_t list = H5Dget_create_plist(p->set);
    const int count = H5Pget_nfilters(list);
    char name[64];
    int k, good = 1;
    for (k = 0; good && k < count; k++) {
        size_t values = 0;
        unsigned flags, config;
        const H5Z_filter_t id = H5Pget_filter2(list, (unsigned)k, &flags, &values, NULL, sizeof name, name, &config);
        if (H5Zfilter_avail(id) > 0) continue;
        good = complain(0, "%s: data set \"%s\" is compressed with \"%s\" (filter %d); Debian has it as %s", t->path,
            p->path, name, (int)id,
            id == 32001       ? "hdf5-filter-plugin-blosc-serial"
                : id == 32000 ? "hdf5-plugin-lzf"
                : id == 32013 ? "hdf5-filter-plugin-zfp-serial"
                              : "hdf5-filter-plugin, if at all");
    }
    H5Pclose(list);
    return good;
}
/* Chunks that lie side by side are read again for every block of events unless HDF5 keeps a row of them. */
static int h5_keep_chunks(const table *t, h5_place *p) {
    hid_t list = H5Dget_create_plist(p->set), access;
    hsize_t chunk[HDF5_DIMENSIONS];
    double bytes = 0.0;
    int k;
    if (H5Pget_layout(list) == H5D_CHUNKED && H5Pget_chunk(list, HDF5_DIMENSIONS, chunk) == p->rank) {
        hid_t type = H5Dget_type(p->set);
        bytes = (double)H5Tget_size(type) * (double)chunk[0];
        for (k = 1; k < p->rank; k++) bytes *= (double)((p->dim[k] + chunk[k] - 1) / chunk[k] * chunk[k]);
        H5Tclose(type);
    }
    H5Pclose(list);
    if (bytes < 1e6 || bytes > 1e9) return 1;
    access = H5Pcreate(H5P_DATASET_ACCESS);
    H5Pset_chunk_cache(access, 10007, (size_t)(1.1 * bytes), 1.0);
    H5Dclose(p->set);
    p->set = H5Dopen2(((const h5_state *)t->state)->file, p->path, access);
    H5Pclose(access);
    return p->set >= 0 || complain(0, "%s: data set \"%s\": %s", t->path, p->path, h5_reason());
}
/* The type that the numbers are read as: doubles, but truth values and enumerations as they are. */
static int h5_memory_type(const table *t, h5_place *p) {
    hid_t type = H5Dget_type(p->set), own = type, base = H5T_NATIVE_DOUBLE, array;
    const hsize_t inner = p->inner;
    if (p->bytes) {
        own = p->member ? H5Tget_member_type(type, (unsigned)H5Tget_member_index(type, p->member)) : H5Tcopy(type);
        base = H5Tget_native_type(own, H5T_DIR_ASCEND);
        H5Tclose(own);
        p->bytes = H5Tget_size(base);
        own = H5Tget_super(base);
        p->sign = H5Tget_sign(own) != H5T_SGN_NONE;
        H5Tclose(own);
    }
    array = inner > 1 ? H5Tarray_create2(base, 1, &inner) : H5Tcopy(base);
    p->type = array;
    if (p->member) {
        p->type = H5Tcreate(H5T_COMPOUND, H5Tget_size(array));
        H5Tinsert(p->type, p->member, 0, array);
        H5Tclose(array);
    }
    if (p->bytes) H5Tclose(base);
    H5Tclose(type);
    return p->type >= 0 || complain(0, "%s: data set \"%s\": %s", t->path, p->path, h5_reason());
}
/* Integers of p->bytes each become doubles, in place. */
static void h5_widen(const h5_place *p, double *value, size_t count) {
    const unsigned char *raw = (const unsigned char *)value;
    while (count-- > 0) {
        int64_t x = 0;
        if (p->bytes == 1) x = p->sign ? (int64_t)(signed char)raw[count] : (int64_t)raw[count];
        else {
            int16_t two;
            int32_t four;
            memcpy(&two, raw + (p->bytes == 2 ? 2 * count : 0), sizeof two);
            memcpy(&four, raw + (p->bytes == 4 ? 4 * count : 0), sizeof four);
            if (p->bytes == 8) memcpy(&x, raw + 8 * count, sizeof x);
            else if (p->bytes == 4) x = p->sign ? (int64_t)four : (int64_t)(uint32_t)four;
            else x = p->sign ? (int64_t)two : (int64_t)(uint16_t)two;
        }
        value[count] = (double)x;
    }
}
/* Rows [at, at + count) of a place into value. */
static int h5_rows(const table *t, const h5_place *p, int64_t at, int64_t count, double *value) {
    hsize_t start[HDF5_DIMENSIONS] = { 0 }, size[HDF5_DIMENSIONS], numbers = (hsize_t)count;
    hid_t there, here;
    int k, good;
    if (count == 0) return 1;
    memcpy(size, p->dim, sizeof size);
    start[0] = (hsize_t)at;
    size[0] = (hsize_t)count;
    if (p->pick >= 0) {
        start[1] = (hsize_t)p->pick;
        size[1] = 1;
    }
    for (k = 1; k < p->rank; k++) numbers *= size[k];
    there = H5Dget_space(p->set);
    here = H5Screate_simple(1, &numbers, NULL);
    good = H5Sselect_hyperslab(there, H5S_SELECT_SET, start, NULL, size, NULL) >= 0
        && H5Dread(p->set, p->type, here, there, H5P_DEFAULT, value) >= 0;
    if (!good) complain(0, "%s: data set \"%s\", from event %lld on: %s", t->path, p->path, (long long)at, h5_reason());
    H5Sclose(here);
    H5Sclose(there);
    if (good && p->bytes) h5_widen(p, value, (size_t)(numbers * p->inner));
    return good;
}
static int start_hdf5(table *t) {
    h5_state *h = (h5_state *)t->state;
    const column *first = NULL;
    int k;
    for (k = 0; k < t->columns; k++) {
        column *c = t->column + k;
        if (!c->wanted) continue;
        if (!h5_filters(t, h->place + c->place) || !h5_keep_chunks(t, h->place + c->place)
            || !h5_memory_type(t, h->place + c->place))
            return 0;
        if (first && first->entries != c->entries)
            return complain(0, "%s: data set \"%s\" has %lld entries, but \"%s\" has %lld", t->path, first->name,
                (long long)first->entries, c->name, (long long)c->entries);
        if (!first) first = c;
    }
    t->entries = first ? first->entries : 0;
    for (k = 0; k < 2 && h->starts >= 0; k++)
        if (!h->place[k ? h->counts : h->starts].type && !h5_memory_type(t, h->place + (k ? h->counts : h->starts)))
            return 0;
    return 1;
}
/* The particles of events [at, at + n), whose place in their table is known. */
static int h5_read_particles(table *t, column *c, int64_t n) {
    const h5_state *h = (const h5_state *)t->state;
    const h5_place *p = h->place + c->place;
    int64_t e, low = 0, count = 0;
    if (!list_room(t, c, (size_t)n)) return 0;
    for (e = 0; e < n; e++) {
        if (e == 0) low = (int64_t)h->start[e];
        if (h->count[e] < 0 || (int64_t)h->start[e] != low + count)
            return complain(0, "%s: event %lld: its particles do not follow those of the event before it", t->path,
                (long long)(t->at + e));
        count += (int64_t)h->count[e];
        c->first[e + 1] = count;
    }
    if (low < 0 || low + count > (int64_t)p->dim[0])
        return complain(0, "%s: the data set \"%s\" ends before the particles of event %lld", t->path, p->path,
            (long long)(t->at + n - 1));
    return column_room(t, c, (size_t)count) && h5_rows(t, p, low, count, c->value);
}
static int read_hdf5(table *t, int64_t most) {
    h5_state *h = (h5_state *)t->state;
    int64_t n, e;
    int k;
    t->at += t->events;
    n = t->entries - t->at < most ? t->entries - t->at : most;
    t->events = 0;
    if (h->starts >= 0) {
        free(h->start);
        h->start = (double *)malloc((size_t)(2 * n + 2) * sizeof *h->start);
        if (!h->start) return no_memory(t->path);
        h->count = h->start + n + 1;
        if (!h5_rows(t, h->place + h->starts, t->at, n, h->start)
            || !h5_rows(t, h->place + h->counts, t->at, n, h->count))
            return 0;
    }
    for (k = 0; k < t->columns; k++) {
        column *c = t->column + k;
        if (!c->wanted) continue;
        if (h->place[c->place].particles) {
            if (!h5_read_particles(t, c, n)) return 0;
            continue;
        }
        if (!column_room(t, c, (size_t)(n * (c->lists ? c->length : 1))) || !list_room(t, c, (size_t)n)
            || !h5_rows(t, h->place + c->place, t->at, n, c->value))
            return 0;
        for (e = 0; c->lists && e <= n; e++) c->first[e] = e * c->length;
    }
    t->events = n;
    t->done = t->entries ? (double)(t->at + n) / (double)t->entries : 1.0;
    return 1;
}
static void close_hdf5(table *t) {
    h5_state *h = (h5_state *)t->state;
    int k;
    if (!h) return;
    for (k = 0; k < h->places; k++) {
        if (h->place[k].type > 0) H5Tclose(h->place[k].type);
        if (h->place[k].set > 0) H5Dclose(h->place[k].set);
        free(h->place[k].path);
        free(h->place[k].member);
    }
    if (h->file > 0) H5Fclose(h->file);
    free(h->place);
    free(h->start);
    free(h);
    t->state = NULL;
}
static const format format_hdf5 = { "HDF5", is_hdf5, open_hdf5, start_hdf5, read_hdf5, close_hdf5 };
#endif
#endif /* CONVERT_HDF5_H */
