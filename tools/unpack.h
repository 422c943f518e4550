/* unpack.h: reads files that may be compressed by gzip or zstd, which their first bytes tell. Built with zlib
   (TOOLS_ZLIB) and zstd (TOOLS_ZSTD) where they are installed; else such a file is refused, with what to do. */
#ifndef UNPACK_H
#define UNPACK_H
#include <stdio.h>
#include <string.h>
#ifdef TOOLS_ZLIB
#include <zlib.h>
#endif
#ifdef TOOLS_ZSTD
#include <zstd.h>
#endif

#define UNPACK_WITHOUT(kind, package, reader)                                                     \
    "it is compressed by " kind ", and this tool was built without its library: install " package \
    " and build it again, or read from " reader
enum { UNPACK_PLAIN, UNPACK_GZIP, UNPACK_ZSTD, UNPACK_ROOM = 65536 };
typedef struct unpacker {
    FILE *file;
    double done; /* bytes of the file so far */
    int kind, inside, ended;
    const char *fault; /* why reading failed, or NULL */
    size_t at, have;   /* what was read and is not used yet */
    unsigned char in[UNPACK_ROOM];
#ifdef TOOLS_ZLIB
    z_stream gzip;
#endif
#ifdef TOOLS_ZSTD
    ZSTD_DStream *zstd;
#endif
} unpacker;

/* Reads on if all is used; 0 at the end of the file, or when reading fails. */
static inline int unpack_fill(unpacker *u) {
    if (u->at < u->have) return 1;
    u->at = 0;
    u->have = fread(u->in, 1, sizeof u->in, u->file);
    u->done += (double)u->have;
    if (!u->have && ferror(u->file)) u->fault = "reading fails";
    return u->have > 0;
}
/* Begins with a file that was opened; the caller closes it. */
static inline void unpack_begin(unpacker *u, FILE *file) {
    u->file = file;
    u->done = 0.0;
    u->kind = UNPACK_PLAIN;
    u->inside = u->ended = 0;
    u->fault = NULL;
    u->at = u->have = 0;
    if (!unpack_fill(u)) return;
    if (u->have > 2 && !memcmp(u->in, "\x1f\x8b\x08", 3)) u->kind = UNPACK_GZIP;
    if (u->have > 3 && !memcmp(u->in, "\x28\xb5\x2f\xfd", 4)) u->kind = UNPACK_ZSTD;
#ifdef TOOLS_ZLIB
    memset(&u->gzip, 0, sizeof u->gzip);
    if (u->kind == UNPACK_GZIP && inflateInit2(&u->gzip, 15 + 16) != Z_OK) u->fault = "there is not enough memory";
#endif
#ifdef TOOLS_ZSTD
    u->zstd = u->kind == UNPACK_ZSTD ? ZSTD_createDStream() : NULL;
    if (u->kind == UNPACK_ZSTD && !u->zstd) u->fault = "there is not enough memory";
#endif
}
static inline void unpack_end(unpacker *u) {
#ifdef TOOLS_ZLIB
    if (u->kind == UNPACK_GZIP) inflateEnd(&u->gzip);
#endif
#ifdef TOOLS_ZSTD
    ZSTD_freeDStream(u->zstd);
    u->zstd = NULL;
#endif
    u->kind = UNPACK_PLAIN;
}
/* One step of the decompressor: bytes that it gave; several streams, one behind the other, are one file. */
static inline size_t unpack_gzip(unpacker *u, char *buffer, size_t bytes) {
#ifdef TOOLS_ZLIB
    int status;
    if (!u->inside && u->at && inflateReset(&u->gzip) != Z_OK) u->fault = "there is not enough memory";
    u->gzip.next_in = u->in + u->at;
    u->gzip.avail_in = (unsigned)(u->have - u->at);
    u->gzip.next_out = (unsigned char *)buffer;
    u->gzip.avail_out = bytes < 1u << 30 ? (unsigned)bytes : 1u << 30;
    bytes = u->gzip.avail_out;
    status = inflate(&u->gzip, Z_NO_FLUSH);
    u->at = u->have - u->gzip.avail_in;
    u->inside = status != Z_STREAM_END;
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) u->fault = "its gzip data are damaged";
    return bytes - u->gzip.avail_out;
#else
    (void)buffer;
    (void)bytes;
    u->fault = UNPACK_WITHOUT("gzip", "zlib1g-dev", "zcat");
    return 0;
#endif
}
static inline size_t unpack_zstd(unpacker *u, char *buffer, size_t bytes) {
#ifdef TOOLS_ZSTD
    ZSTD_inBuffer in;
    ZSTD_outBuffer out;
    size_t status;
    in.src = u->in;
    in.size = u->have;
    in.pos = u->at;
    out.dst = buffer;
    out.size = bytes;
    out.pos = 0;
    status = ZSTD_decompressStream(u->zstd, &out, &in);
    u->at = in.pos;
    u->inside = status != 0;
    if (ZSTD_isError(status)) u->fault = "its zstd data are damaged";
    return out.pos;
#else
    (void)buffer;
    (void)bytes;
    u->fault = UNPACK_WITHOUT("zstd", "libzstd-dev", "zstdcat");
    return 0;
#endif
}
/* Up to `bytes` of what is in the file; 0 at the end; (size_t)-1 with a fault. */
static inline size_t unpack_read(unpacker *u, char *buffer, size_t bytes) {
    size_t n = 0;
    while (!n && !u->fault && !u->ended) {
        if (u->kind == UNPACK_PLAIN && u->at == u->have && bytes >= UNPACK_ROOM) { /* without a copy */
            n = fread(buffer, 1, bytes, u->file);
            u->done += (double)n;
            if (!n && ferror(u->file)) u->fault = "reading fails";
            u->ended = !n;
            continue;
        }
        if (!unpack_fill(u)) {
            if (!u->fault && u->inside) u->fault = "it ends in the middle of its compressed data";
            u->ended = 1;
            continue;
        }
        if (u->kind == UNPACK_GZIP) n = unpack_gzip(u, buffer, bytes);
        else if (u->kind == UNPACK_ZSTD) n = unpack_zstd(u, buffer, bytes);
        else {
            n = u->have - u->at < bytes ? u->have - u->at : bytes;
            memcpy(buffer, u->in + u->at, n);
            u->at += n;
        }
    }
    return u->fault ? (size_t)-1 : n;
}
#endif
