/* plot.h -- publication-style PNG plots in one header (C99, libc, libm, stb_image_write.h).

     plot *p = plot_new("p_{T} [GeV]", "Events / 5 GeV");
     plot_note(p, "#sqrt{s} = 13 TeV");
     plot_histogram(p, edges, counts, bins, "#tilde{g} signal", (plot_style){1, PLOT_SOLID, 0, 0});
     if (plot_write(p, "pt.png") != 0) ...               // always frees p; plot_print(p, file): into an open FILE

   A NULL plot is accepted everywhere (plot_write then reports the failure), as are NaN or infinite
   values and empty series (skipped).  All arrays are copied.  Coordinates in pixels have y downwards.

   Lettering: _{..} and ^{..} for sub- and superscripts, #alpha .. #omega, #Delta, #pm, #times, #leq,
   #rightarrow, #infty, ... as in plp_glyphs below, #tilde{..} #bar{..} #hat{..} #vec{..} #sqrt{..};
   '\' may replace '#'; #_ #^ ## give the character itself.  The font is a stroke font made for this
   file, drawn anti-aliased at any size; no font file is needed. */
#ifndef PLOT_H
#define PLOT_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLOT_SOLID, PLOT_DASHED, PLOT_DOTTED, PLOT_DASHDOT }; /* plot_style.dash */
enum {
    PLOT_BLACK,
    PLOT_BLUE,
    PLOT_RED,
    PLOT_ORANGE,
    PLOT_PURPLE,
    PLOT_GREY,
    PLOT_BROWN,
    PLOT_DARKORANGE,
    PLOT_TAN,
    PLOT_SLATE,
    PLOT_CYAN,
    PLOT_COLORS
};                                                                 /* plot_style.color */
#define PLOT_RGB(r, g, b) (0x1000000 | (r) << 16 | (g) << 8 | (b)) /* ... or any other colour */

typedef struct plot plot;
enum { PLOT_NAMES = 16 };
typedef struct {
    int color;    /* PLOT_BLACK.. or PLOT_RGB(); indices beyond the palette wrap around */
    int dash;     /* PLOT_SOLID.. */
    double width; /* line width in pixels at 900x720; 0: default */
    int fill;     /* histograms, bands: 0 none (bands: light), 1 light, 2 full; points: 0 full, 1 open marker */
} plot_style;

/* --- stb_image_write, private copy --- */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* ------------------------------------------------------------------ the stroke font
   Units: 100 per em, baseline 0, x-height 50, capitals 70.  M x y: move, L x y: line, C: cubic curve,
   A cx cy rx ry from to: (super)elliptic arc in degrees joined to the stroke, O: the same, not joined. */
static const struct plp_glyph {
    const char *name;
    int advance;
    const char *path;
} plp_glyphs[] = { { " ", 27, "" }, { "!", 22, "M11 70L11 20M11 0L11 1" }, { "\"", 30, "M9 70L9 53M21 70L21 53" },
    { "#", 55, "M22 70L13 0M43 70L34 0M6 47L50 47M4 23L48 23" },
    { "$", 61, "M52 53C48 78 10 75 10 52C10 28 54 43 54 18C54 -6 10 -7 7 19M31 80L31 -10" },
    { "%", 82, "O18 53 12 16 0 360O64 17 12 16 0 360M59 70L23 0" },
    { "&", 64, "M58 0L17 48C7 62 20 71 29 70C42 69 44 53 32 46L18 37C-1 24 9 -1 29 0C44 1 53 14 55 32" },
    { "'", 18, "M9 70L9 53" }, { "(", 31, "M25 76C5 56 5 4 25 -16" }, { ")", 31, "M6 76C26 56 26 4 6 -16" },
    { "*", 40, "M20 72L20 48M9 66L31 54M31 66L9 54" }, { "+", 52, "M5 32L47 32M26 11L26 53" },
    { ",", 21, "M11 2L7 -10" }, { "-", 31, "M5 26L26 26" }, { ".", 21, "M10 0L10 1" }, { "/", 33, "M3 -6L30 76" },
    { "0", 52, "O26 35 18 35 0 360" }, { "1", 52, "M12 55C21 57 28 62 29 70L29 0" },
    { "2", 52, "M9 51C9 76 44 76 44 51C44 33 12 20 8 0L45 0" },
    { "3", 52, "M9 55C12 76 42 75 42 53C42 41 34 37 22 37C36 37 44 30 44 19C44 -6 9 -6 7 16" },
    { "4", 52, "M37 0L37 70L5 19L48 19" }, { "5", 52, "M41 70L14 70L11 35C21 47 44 43 44 22C44 -6 10 -6 8 14" },
    { "6", 52, "M42 56C38 75 9 80 9 24O26 22 17 22 0 360" }, { "7", 52, "M7 70L45 70C32 52 22 28 20 0" },
    { "8", 52, "O26 53 15 17 0 360O26 18 18 18 0 360" }, { "9", 52, "M10 14C14 -5 43 -10 43 46O26 48 17 22 0 360" },
    { ":", 22, "M11 0L11 1M11 47L11 48" }, { ";", 22, "M11 2L7 -10M11 47L11 48" }, { "<", 52, "M45 54L7 32L45 10" },
    { "=", 52, "M5 42L47 42M5 22L47 22" }, { ">", 52, "M7 54L45 32L7 10" },
    { "?", 48, "M7 53C7 76 42 76 42 53C42 37 25 38 25 19M25 0L25 1" },
    { "@", 88, "O44 28 14 17 0 360M58 45L58 20C58 8 78 8 78 30A43 30 35 40 0 300" },
    { "A", 62, "M4 0L31 70L58 0M13 23L49 23" }, { "C", 67, "O36 35 27 35 48 312" },
    { "B", 60, "M9 0L9 70L32 70A32 54 16 16 90 -90L9 38M32 38A33 19 18 19 90 -90L9 0" },
    { "D", 68, "M9 0L9 70L28 70A28 35 32 35 90 -90L9 0" }, { "E", 56, "M50 70L9 70L9 0L51 0M9 37L46 37" },
    { "F", 53, "M49 70L9 70L9 0M9 36L44 36" }, { "G", 71, "O36 35 27 35 48 356L40 33" },
    { "H", 67, "M9 0L9 70M58 0L58 70M9 37L58 37" }, { "I", 20, "M10 0L10 70" },
    { "J", 47, "M38 70L38 19A22 19 16 19 0 -180" }, { "K", 61, "M9 0L9 70M55 70L9 24M25 40L57 0" },
    { "L", 50, "M9 70L9 0L46 0" }, { "M", 76, "M9 0L9 70L38 6L67 70L67 0" }, { "N", 66, "M9 0L9 70L57 0L57 70" },
    { "O", 74, "O37 35 29 35 0 360" }, { "P", 58, "M9 0L9 70L33 70A33 51 19 19 90 -90L9 32" },
    { "Q", 74, "O37 35 29 35 0 360M43 14L64 -5" }, { "R", 61, "M9 0L9 70L33 70A33 52 18 18 90 -90L9 34M34 34L53 0" },
    { "S", 61, "M52 53C48 76 10 75 10 52C10 28 54 43 54 18C54 -6 10 -7 7 18" }, { "T", 56, "M3 70L53 70M28 70L28 0" },
    { "U", 66, "M9 70L9 25A33 25 24 25 180 360L57 70" }, { "V", 60, "M4 70L30 0L56 70" },
    { "W", 86, "M4 70L23 0L43 68L63 0L82 70" }, { "X", 58, "M5 70L53 0M53 70L5 0" },
    { "Y", 58, "M4 70L29 33L54 70M29 33L29 0" }, { "Z", 56, "M6 70L49 70L5 0L51 0" },
    { "[", 30, "M24 76L10 76L10 -16L24 -16" }, { "\\", 33, "M30 -6L3 76" }, { "]", 30, "M6 76L20 76L20 -16L6 -16" },
    { "^", 50, "M10 42L25 68L40 42" }, { "_", 52, "M2 -12L50 -12" }, { "|", 26, "M13 -18L13 78" },
    { "{", 33, "M27 76C13 76 17 60 17 48C17 36 14 31 7 30C14 29 17 24 17 12C17 0 13 -16 27 -16" },
    { "}", 33, "M6 76C20 76 16 60 16 48C16 36 19 31 26 30C19 29 16 24 16 12C16 0 20 -16 6 -16" },
    { "~", 54, "M5 28C12 44 22 40 27 33C32 26 42 22 49 38" },
    { "a", 49, "M9 37C12 55 38 54 38 34L38 10C38 3 40 0 44 0M38 29L24 28C3 26 3 0 20 0C30 0 38 7 38 18" },
    { "b", 50, "M8 70L8 0O25 25 17 25 0 360" }, { "c", 46, "O25 25 17 25 45 315" },
    { "d", 50, "M42 70L42 0O25 25 17 25 0 360" }, { "e", 49, "M8 26L42 26A25 25 17 25 2 320" },
    { "f", 28, "M11 0L11 54C11 67 16 71 27 70M3 50L26 50" },
    { "g", 50, "O25 25 17 25 0 360M42 50L42 -4A25 -4 17 17 0 -140" },
    { "h", 50, "M8 0L8 70M8 33A25 33 17 17 180 0L42 0" }, { "i", 18, "M9 0L9 50M9 67L9 68" },
    { "j", 20, "M11 50L11 -9C11 -18 7 -21 0 -20M11 67L11 68" }, { "k", 45, "M8 0L8 70M38 50L8 20M19 31L40 0" },
    { "l", 18, "M9 0L9 70" }, { "m", 69, "M8 0L8 50M8 35A21 35 13 15 180 0L34 0M34 35A47 35 13 15 180 0L60 0" },
    { "n", 50, "M8 0L8 50M8 33A25 33 17 17 180 0L42 0" }, { "o", 50, "O25 25 18 25 0 360" },
    { "p", 50, "M8 50L8 -21O25 25 17 25 0 360" }, { "q", 50, "M42 50L42 -21O25 25 17 25 0 360" },
    { "r", 31, "M8 0L8 50M8 26C8 42 15 51 28 49" },
    { "s", 46, "M37 38C34 54 9 54 9 37C9 22 39 30 39 13C39 -5 9 -5 7 12" },
    { "t", 29, "M12 64L12 13C12 3 16 0 26 1M4 50L26 50" }, { "u", 50, "M8 50L8 17A25 17 17 17 180 360M42 50L42 0" },
    { "v", 44, "M4 50L22 0L40 50" }, { "w", 64, "M4 50L18 0L32 48L46 0L60 50" }, { "x", 44, "M5 50L39 0M39 50L5 0" },
    { "y", 45, "M4 50L22 1M41 50L20 -9C17 -18 13 -21 5 -20" }, { "z", 44, "M6 50L38 50L5 0L39 0" },
    { "alpha", 51, "M44 50C40 22 33 0 22 0C3 0 3 50 22 50C35 50 36 0 47 1" },
    { "beta", 50, "M8 -21L8 48C8 78 40 76 40 56C40 44 31 39 22 39C35 39 43 32 43 20C43 -6 8 -6 8 16" },
    { "gamma", 47, "M4 46C14 56 18 30 23 8M43 50L23 8C18 -6 17 -21 24 -21C31 -21 28 -2 23 8" },
    { "delta", 50, "M38 64C34 73 12 74 14 60C15 50 42 44 42 22C42 -7 8 -7 8 21C8 42 24 47 31 44" },
    { "epsilon", 44, "M37 40C31 54 10 53 10 38C10 28 18 27 26 27C16 27 8 24 8 13C8 -5 34 -4 38 10" },
    { "eta", 50, "M8 0L8 50M8 33A25 33 17 17 180 0L42 -21" }, { "theta", 50, "O25 35 17 35 0 360M8 35L42 35" },
    { "kappa", 43, "M8 0L8 50M36 50L8 22M18 31L38 0" }, { "lambda", 48, "M6 70C14 72 17 68 20 60L42 0M25 44L6 0" },
    { "mu", 52, "M8 50L8 -21M8 17A24 17 16 17 180 360M40 50L40 10C40 2 43 0 47 0" },
    { "nu", 45, "M5 50L20 0C34 12 40 30 40 50" }, { "pi", 54, "M3 50L51 50M15 50L13 0M38 50L38 10C38 1 42 0 48 0" },
    { "rho", 50, "M8 -21L8 25A25 25 17 25 180 -180" }, { "sigma", 53, "M50 50L25 50A25 25 17 25 90 450" },
    { "tau", 42, "M3 49L40 49M21 49L21 12C21 2 26 0 34 1" }, { "phi", 60, "M30 70L30 -21O30 25 23 25 0 360" },
    { "chi", 47, "M5 50C12 50 13 47 16 40L32 -12C35 -20 37 -21 43 -21M42 50L5 -21" },
    { "psi", 58, "M6 50L6 22A29 22 23 22 180 360L52 50M29 70L29 -21" },
    { "omega", 60, "M14 50C0 32 4 0 17 0C28 0 30 12 30 30C30 12 32 0 43 0C56 0 60 32 46 50" },
    { "Gamma", 51, "M48 70L9 70L9 0" }, { "Delta", 62, "M4 0L31 70L58 0L4 0L31 70" },
    { "Theta", 74, "O37 35 29 35 0 360M22 35L52 35" }, { "Lambda", 60, "M4 0L30 70L56 0" },
    { "Pi", 66, "M9 0L9 70L57 70L57 0" }, { "Sigma", 56, "M50 70L7 70L32 36L6 0L51 0" },
    { "Phi", 72, "M36 72L36 -2O36 35 28 22 0 360" }, { "Psi", 70, "M7 70L7 46A35 46 28 24 180 360L63 70M35 70L35 0" },
    { "Omega", 70, "M5 0L24 0L24 4C0 18 4 70 35 70C66 70 70 18 46 4L46 0L65 0" },
    { "degree", 28, "O14 58 10 11 0 360" }, { "pm", 52, "M26 57L26 19M5 38L47 38M5 4L47 4" },
    { "times", 52, "M9 49L43 15M43 49L9 15" }, { "cdot", 22, "M11 30L11 31" }, { "minus", 52, "M6 32L46 32" },
    { "leq", 52, "M45 60L8 40L45 20M8 4L45 4" }, { "geq", 52, "M8 60L45 40L8 20M8 4L45 4" },
    { "neq", 52, "M5 42L47 42M5 22L47 22M17 6L35 58" },
    { "ell", 44, "M6 16C30 30 38 71 25 70C10 70 8 0 27 0C34 0 38 5 40 10" },
    { "approx", 54, "M5 38C12 54 22 50 27 43C32 36 42 32 49 48M5 15C12 31 22 27 27 20C32 13 42 9 49 25" },
    { "infty", 72, "M36 28C44 44 64 44 64 28C64 12 44 12 36 28C28 44 8 44 8 28C8 12 28 12 36 28" },
    { "rightarrow", 72, "M5 30L65 30M49 46L66 30L49 14" }, { "sqrt", 38, "M5 30L13 34L23 -8L36 88" },
    { "tilde", 0, "M-15 60C-10 74 -4 71 0 67C4 63 10 60 15 74" },
    { "bar", 0, "M-16 66L16 66" }, /* accents, centred on 0 */
    { "hat", 0, "M-13 60L0 75L13 60" }, { "vec", 0, "M-16 68L16 68M7 75L17 68L7 61" } };

/* ------------------------------------------------------------------ canvas
   Shapes are first drawn as coverage (0..1) into `mask`, where overlapping strokes do not add up, and
   then blended as a whole with one colour by plp_flush. */
typedef struct {
    int w, h, clip[4], dirty[4];
    unsigned char *rgb;
    float *mask;
} plp_canvas; /* boxes: x0 y0 x1 y1 */

static inline double plp_clamp(double v, double lo, double hi) { return v < lo ? lo : v > hi ? hi : v; }

/* Pixels touched by [x0,x1]x[y0,y1] within the clip box; remembers them as changed. */
static inline void plp_touch(plp_canvas *c, double x0, double y0, double x1, double y1, int box[4]) {
    const double v[4] = { floor(x0), floor(y0), ceil(x1), ceil(y1) };
    for (int i = 0; i < 4; i++) {
        box[i] = (int)plp_clamp(v[i], c->clip[i & 1], c->clip[2 + (i & 1)]);
        if (i < 2 ? box[i] < c->dirty[i] : box[i] > c->dirty[i]) c->dirty[i] = box[i];
    }
}

/* A straight stroke with round ends. */
static inline void plp_stroke(plp_canvas *c, double ax, double ay, double bx, double by, double width) {
    const double r = width / 2, dx = bx - ax, dy = by - ay, length2 = dx * dx + dy * dy;
    int b[4];
    plp_touch(c, fmin(ax, bx) - r - 1, fmin(ay, by) - r - 1, fmax(ax, bx) + r + 1, fmax(ay, by) + r + 1, b);
    for (int y = b[1]; y < b[3]; y++)
        for (int x = b[0]; x < b[2]; x++) {
            const double px = x + 0.5 - ax, py = y + 0.5 - ay;
            const double t = length2 > 0 ? plp_clamp((px * dx + py * dy) / length2, 0, 1) : 0;
            const double qx = px - t * dx, qy = py - t * dy;
            const float cover = (float)plp_clamp(r + 0.5 - sqrt(qx * qx + qy * qy), 0, 1);
            float *m = &c->mask[(size_t)y * (size_t)c->w + (size_t)x];
            if (cover > *m) *m = cover;
        }
}

/* The area between the lines (x0,a0)-(x1,a1) and (x0,b0)-(x1,b1), x0 < x1; neighbours add up exactly. */
static inline void plp_area(plp_canvas *c, double x0, double x1, double a0, double a1, double b0, double b1) {
    int b[4];
    if (!(x1 > x0)) return;
    plp_touch(c, x0, fmin(fmin(a0, a1), fmin(b0, b1)), x1, fmax(fmax(a0, a1), fmax(b0, b1)), b);
    for (int x = b[0]; x < b[2]; x++) {
        const double left = fmax(x0, x), right = fmin(x1, x + 1), t = ((left + right) / 2 - x0) / (x1 - x0);
        const double ya = a0 + t * (a1 - a0), yb = b0 + t * (b1 - b0), top = fmin(ya, yb), bottom = fmax(ya, yb);
        for (int y = b[1]; y < b[3]; y++) {
            const double cover = (right - left) * (fmin(bottom, y + 1) - fmax(top, y));
            if (cover > 0) c->mask[(size_t)y * (size_t)c->w + (size_t)x] += (float)cover;
        }
    }
}

static inline void plp_flush(plp_canvas *c, int rgb, double alpha) {
    for (int y = c->dirty[1]; y < c->dirty[3]; y++)
        for (int x = c->dirty[0]; x < c->dirty[2]; x++) {
            const size_t i = (size_t)y * (size_t)c->w + (size_t)x;
            const double a = alpha * fmin(c->mask[i], 1);
            for (int k = 0; k < 3; k++)
                c->rgb[3 * i + (size_t)k] =
                    (unsigned char)(c->rgb[3 * i + (size_t)k] * (1 - a) + ((rgb >> (16 - 8 * k)) & 255) * a + 0.5);
            c->mask[i] = 0;
        }
    c->dirty[0] = c->w, c->dirty[1] = c->h, c->dirty[2] = c->dirty[3] = 0;
}

static inline void plp_rect(plp_canvas *c, double x0, double y0, double x1, double y1, int rgb, double alpha) {
    plp_area(c, x0, x1, y0, y0, y1, y1);
    plp_flush(c, rgb, alpha);
}

static inline void plp_clip(plp_canvas *c, int x0, int y0, int x1, int y1) {
    c->clip[0] = x0, c->clip[1] = y0, c->clip[2] = x1, c->clip[3] = y1;
}

/* --- text --- */
typedef struct {
    plp_canvas *c;
    double x, y, size, weight;
    int turned;
} plp_pen; /* c NULL: measure only */

static inline void plp_pen_line(const plp_pen *t, double ax, double ay, double bx, double by, double size) {
    const double w = t->weight * (0.4 * t->size + 0.6 * size);
    if (!t->c) return;
    if (t->turned) plp_stroke(t->c, t->x - ay, t->y - ax, t->x - by, t->y - bx, w);
    else plp_stroke(t->c, t->x + ax, t->y - ay, t->x + bx, t->y - by, w);
}

static inline void plp_path(const plp_pen *t, const char *s, double x, double y, double size) {
    const double unit = size / 100;
    double px = 0, py = 0, v[6];
    while (t->c && *s) {
        const char op = *s++;
        const int arc = op == 'A' || op == 'O', count = arc || op == 'C' ? 6 : 2, steps = arc ? 36 : op == 'C' ? 14 : 1;
        const double sx = px, sy = py;
        for (int i = 0; i < count; i++) {
            char *e;
            v[i] = (double)strtol(s, &e, 10);
            s = e;
        }
        for (int i = !arc; i <= steps; i++) {
            const double u = (double)i / steps, w = 1 - u;
            double nx = v[0], ny = v[1];
            if (op == 'C') {
                nx = w * w * w * sx + 3 * w * w * u * v[0] + 3 * w * u * u * v[2] + u * u * u * v[4];
                ny = w * w * w * sy + 3 * w * w * u * v[1] + 3 * w * u * u * v[3] + u * u * u * v[5];
            } else if (arc) {
                const double a = (v[4] + u * (v[5] - v[4])) * 0.017453292519943295, ca = cos(a), sa = sin(a);
                nx += v[2] * copysign(pow(fabs(ca), 0.9), ca);
                ny += v[3] * copysign(pow(fabs(sa), 0.9), sa);
            }
            if (op != 'M' && !(op == 'O' && i == 0))
                plp_pen_line(t, x + px * unit, y + py * unit, x + nx * unit, y + ny * unit, size);
            px = nx, py = ny;
        }
    }
}

static inline const struct plp_glyph *plp_find(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof plp_glyphs / sizeof *plp_glyphs; i++)
        if (strlen(plp_glyphs[i].name) == length && !memcmp(plp_glyphs[i].name, name, length)) return &plp_glyphs[i];
    return NULL;
}

/* Longest glyph name (of two letters or more) that s starts with: "Deltaphi" is Delta, then "phi" as text. */
static inline const struct plp_glyph *plp_command(const char *s, const char *end) {
    size_t n = 0;
    const struct plp_glyph *g = NULL;
    while (s + n < end && ((s[n] | 32) >= 'a' && (s[n] | 32) <= 'z')) n++;
    while (n > 1 && !(g = plp_find(s, n))) n--;
    return g;
}

/* The argument at s, "{...}" or one symbol, is [*from, *to); returns what follows. */
static inline const char *plp_argument(const char *s, const char *end, const char **from, const char **to) {
    int depth = 0;
    const struct plp_glyph *g = s < end && (*s == '#' || *s == '\\') ? plp_command(s + 1, end) : NULL;
    *from = s;
    if (s >= end || *s != '{') return *to = g ? s + 1 + strlen(g->name) : s < end ? s + 1 : end;
    for (*from = s + 1; s < end; s++) {
        depth += (*s == '{') - (*s == '}');
        if (!depth) break;
    }
    *to = s;
    return s < end ? s + 1 : end;
}

/* Draws (t->c) and measures the text [s, end) starting at (x, y) in pixels from the pen's origin, y up. */
static inline double plp_text(const plp_pen *t, const char *s, const char *end, double x, double y, double size) {
    const double x0 = x;
    const char *from, *to;
    while (s < end) {
        const struct plp_glyph *g = NULL;
        if ((*s == '_' || *s == '^') && s + 1 < end) { /* x_{a}^{b}: both at the same place */
            const char first = *s;
            double widest = 0;
            for (int k = 0; k < 2 && s + 1 < end && (k ? *s == (first ^ '_' ^ '^') : 1); k++) {
                const double dy = *s == '_' ? -0.22 * size : 0.4 * size;
                s = plp_argument(s + 1, end, &from, &to);
                widest = fmax(widest, plp_text(t, from, to, x + 0.02 * size, y + dy, 0.68 * size));
            }
            x += widest + 0.04 * size;
            continue;
        }
        if ((*s == '#' || *s == '\\') && s + 1 < end && (g = plp_command(s + 1, end)) != NULL) {
            s += 1 + strlen(g->name);
            if (!g->advance || !strcmp(g->name, "sqrt")) {
                const int root = g->advance != 0;
                s = plp_argument(s, end, &from, &to);
                if (root) plp_path(t, g->path, x, y, size), x += 0.01 * g->advance * size;
                const double width = plp_text(t, from, to, x, y, size);
                const struct plp_glyph *of = to > from && *from == '#' ? plp_command(from + 1, to) : NULL;
                const int tall = of
                    ? strchr("GDTLPSO", of->name[0]) || strstr("beta delta theta lambda phi psi", of->name)
                    : to > from && (strchr("bdfhijklt", *from) || (*from >= '0' && *from <= 'Z'));
                if (root)
                    plp_pen_line(t, x - 0.02 * size, y + 0.88 * size, x + width + 0.02 * size, y + 0.88 * size, size);
                else plp_path(t, g->path, x + width / 2, y + (tall ? 0.22 : 0.03) * size, size);
                x += width + (root ? 0.05 * size : 0);
                continue;
            }
        } else {
            if ((*s == '#' || *s == '\\') && s + 1 < end && strchr("_^#{}\\", s[1])) s++;
            else if (*s == '{' || *s == '}') {
                s++;
                continue;
            } /* bare braces only group */
            if (((unsigned char)*s & 0xC0) == 0x80) {
                s++;
                continue;
            } /* rest of a UTF-8 sequence */
            g = *s == '-' && size < 0.9 * t->size ? plp_find("minus", 5) : plp_find(s, 1); /* exponents: a long minus */
            s++;
            if (!g) g = plp_find("?", 1);
        }
        plp_path(t, g->path, x, y, size);
        x += (0.01 * g->advance + 0.35 * t->weight) * size;
    }
    return x - x0;
}

enum { PLP_REGULAR, PLP_BOLD, PLP_TURNED }; /* PLP_TURNED: regular, rotated by 90 degrees */

static inline double plp_width(const char *s, double size, int look) {
    const plp_pen pen = { NULL, 0, 0, size, look == PLP_BOLD ? 0.128 : 0.088, 0 };
    return plp_text(&pen, s, s + strlen(s), 0, 0, size);
}

/* align: 0 starts at, 0.5 centred on, 1 ends at (x, y) = baseline. */
static inline void plp_write_in(
    plp_canvas *c, const char *s, double x, double y, double size, double align, int look, int rgb) {
    const double shift = align * plp_width(s, size, look);
    plp_pen pen = { c, x, y, size, look == PLP_BOLD ? 0.128 : 0.088, look == PLP_TURNED };
    if (pen.turned) pen.y += shift;
    else pen.x -= shift;
    plp_text(&pen, s, s + strlen(s), 0, 0, size);
    plp_flush(c, rgb, 1);
}
static inline void plp_write(plp_canvas *c, const char *s, double x, double y, double size, double align, int look) {
    plp_write_in(c, s, x, y, size, align, look, 0);
}

/* --- the plot --- */
enum { PLP_HISTOGRAM, PLP_POINTS, PLP_LINE, PLP_BAND, PLP_VLINE, PLP_HLINE, PLP_TEXT };
typedef struct {
    int kind, panel, n;
    double *a, *b, *c;
    char name[128];
    plot_style style;
} plp_series;
typedef struct {
    double lo, hi, pix0, pix1;
    int log, fixed, whole;
} plp_axis;
typedef struct {
    plp_axis y;
    char title[128];
    int top, bottom;
} plp_panel;

struct plot {
    int width, height, panels, current, count, notes, failed, left, right;
    double fraction, unit; /* height of the lower panel; pixels per design pixel (of 900x720) */
    char x_title[128], label[128], note[6][128], z_title[128], x_name[PLOT_NAMES][64];
    int names;
    plp_axis x, z;
    plp_panel panel[2];
    plp_series *series;
    double *image, extent[4];
    int nx, ny;
    plp_canvas canvas;
};

static const int plp_palette[PLOT_COLORS] = { /* after Petroff (arXiv:2107.02270), all told apart by the colour-blind */
    0x000000, 0x3f90da, 0xbd1f01, 0xffa90e, 0x832db6, 0x94a4a2, 0xa96b59, 0xe76300, 0xb9ac70, 0x717581, 0x92dadd
};

static inline int plp_color(int color) {
    if (color >= 0x1000000) return color & 0xffffff;
    return color <= 0 ? 0 : plp_palette[color < PLOT_COLORS ? color : 1 + (color - 1) % (PLOT_COLORS - 1)];
}

static inline void plp_copy(char to[128], const char *from) { snprintf(to, 128, "%s", from ? from : ""); }

static inline plot *plot_new(const char *x_title, const char *y_title) {
    plot *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->width = 900, p->height = 720, p->panels = 1;
    plp_copy(p->x_title, x_title), plp_copy(p->panel[0].title, y_title), plp_copy(p->label, "Simulation");
    return p;
}

/* Size of the picture in pixels; everything scales with it. */
static inline void plot_size(plot *p, int width, int height) {
    if (p) p->width = (int)plp_clamp(width, 200, 8000), p->height = (int)plp_clamp(height, 160, 8000);
}

/* Fixed ranges of x and of the current panel's y; x0 >= x1 (y0 >= y1) leaves x (y) automatic. */
static inline void plot_range(plot *p, double x0, double x1, double y0, double y1) {
    if (!p) return;
    if (x0 < x1 && fabs(x0) < 1e100 && fabs(x1) < 1e100) p->x.lo = x0, p->x.hi = x1, p->x.fixed = 1;
    plp_axis *y = &p->panel[p->current].y;
    if (y0 < y1 && fabs(y0) < 1e100 && fabs(y1) < 1e100) y->lo = y0, y->hi = y1, y->fixed = 1;
}

/* Logarithmic axes (y: of the current panel). */
/* Names at 1, 2, ... n on the horizontal axis, instead of numbers. */
static inline void plot_names(plot *p, const char *const *name, int n) {
    for (int k = 0; p && k < n && k < PLOT_NAMES; k++) snprintf(p->x_name[p->names++], 64, "%s", name[k]);
}
static inline void plot_log(plot *p, int log_x, int log_y) {
    if (p) p->x.log = log_x != 0, p->panel[p->current].y.log = log_y != 0;
}

/* Ticks at whole numbers only, of x and of the current panel's y: the axes count. */
static inline void plot_whole(plot *p) {
    if (p) p->x.whole = p->panel[p->current].y.whole = 1;
}

/* The bold words at the top left instead of "Simulation"; "" for none. */
static inline void plot_label(plot *p, const char *text) {
    if (p) plp_copy(p->label, text);
}

/* Another line under the label (six at most). */
static inline void plot_note(plot *p, const char *line) {
    if (p && p->notes < 6) plp_copy(p->note[p->notes++], line);
}

/* Opens the lower panel, `fraction` (e.g. 0.3) of the height; what follows goes there until plot_upper. */
static inline void plot_lower(plot *p, const char *y_title, double fraction) {
    if (!p) return;
    p->panels = 2, p->current = 1, p->fraction = fraction > 0.1 && fraction < 0.8 ? fraction : 0.3;
    plp_copy(p->panel[1].title, y_title);
}
static inline void plot_upper(plot *p) {
    if (p) p->current = 0;
}

static inline double *plp_duplicate(plot *p, const double *v, size_t n) {
    double *copy = malloc((n + 1) * sizeof *copy);
    if (!copy) p->failed = 1;
    else if (v) memcpy(copy, v, n * sizeof *v);
    else
        for (size_t i = 0; i < n; i++) copy[i] = 0;
    return copy;
}

static inline void plp_add(
    plot *p, int kind, int n, const double *a, const double *b, const double *c, const char *name, plot_style style) {
    if (!p || n <= 0 || !a || (!b && kind < PLP_VLINE)) return;
    plp_series *grown = realloc(p->series, ((size_t)p->count + 1) * sizeof *grown);
    if (!grown) {
        p->failed = 1;
        return;
    }
    p->series = grown;
    plp_series *s = &grown[p->count++];
    const size_t m = (size_t)n;
    *s = (plp_series){ .kind = kind, .panel = p->current, .n = n, .style = style };
    s->a = plp_duplicate(p, a, m + (kind == PLP_HISTOGRAM)), s->b = plp_duplicate(p, b, m),
    s->c = plp_duplicate(p, c, m);
    plp_copy(s->name, name);
    if (!(style.width > 0)) s->style.width = kind == PLP_POINTS ? 2 : kind == PLP_VLINE || kind == PLP_HLINE ? 2 : 2.6;
}

/* A step histogram: edges has bins + 1 values.  Series with an empty name (NULL or "") are not in the legend. */
static inline void plot_histogram(
    plot *p, const double *edges, const double *counts, int bins, const char *name, plot_style style) {
    plp_add(p, PLP_HISTOGRAM, bins, edges, counts, NULL, name, style);
}

/* Markers with error bars of +-ey (NULL: none). */
static inline void plot_points(
    plot *p, const double *x, const double *y, const double *ey, int n, const char *name, plot_style style) {
    plp_add(p, PLP_POINTS, n, x, y, ey, name, style);
}

static inline void plot_line(plot *p, const double *x, const double *y, int n, const char *name, plot_style style) {
    plp_add(p, PLP_LINE, n, x, y, NULL, name, style);
}

/* The filled area between low and high. */
static inline void plot_band(
    plot *p, const double *x, const double *low, const double *high, int n, const char *name, plot_style style) {
    plp_add(p, PLP_BAND, n, x, low, high, name, style);
}

/* Lines across the current panel. */
static inline void plot_vline(plot *p, double x, plot_style style) {
    plp_add(p, PLP_VLINE, 1, &x, NULL, NULL, NULL, style);
}
static inline void plot_hline(plot *p, double y, plot_style style) {
    plp_add(p, PLP_HLINE, 1, &y, NULL, NULL, NULL, style);
}

/* Small words that end at (x, y) of the upper panel, such as the name of a line across it. */
static inline void plot_text_in(plot *p, double x, double y, const char *text, int color) {
    plp_add(p, PLP_TEXT, 1, &x, &y, NULL, text, (plot_style){ color, PLOT_SOLID, 0, 0 });
}
static inline void plot_text(plot *p, double x, double y, const char *text) { plot_text_in(p, x, y, text, PLOT_BLACK); }

/* values[iy * nx + ix] as a colour map over [x0,x1]x[y0,y1] (linear axes) with a colour bar for [z0,z1]; z0 >= z1:
   automatic. A linear range with z0 == -z1 gets diverging colours.  On a logarithmic scale values <= 0 stay white. */
static inline void plot_image(plot *p, const double *values, int nx, int ny, double x0, double x1, double y0, double y1,
    const char *z_title, double z0, double z1, int log_z) {
    if (!p || !values || nx <= 0 || ny <= 0 || !(x0 < x1) || !(y0 < y1)) return;
    const size_t n = (size_t)nx * (size_t)ny;
    double lo = INFINITY, hi = -INFINITY;
    free(p->image);
    p->image = plp_duplicate(p, values, n);
    p->nx = nx, p->ny = ny, p->z.log = log_z != 0;
    p->extent[0] = x0, p->extent[1] = x1, p->extent[2] = y0, p->extent[3] = y1;
    plp_copy(p->z_title, z_title);
    for (size_t i = 0; i < n; i++)
        if (isfinite(values[i]) && (!log_z || values[i] > 0)) lo = fmin(lo, values[i]), hi = fmax(hi, values[i]);
    if (z0 < z1 && (!log_z || z0 > 0)) lo = z0, hi = z1;
    else if (log_z) lo = fmax(lo, hi * 1e-7);
    if (!(lo <= hi)) lo = log_z ? 0.1 : 0, hi = 1;
    if (!(lo < hi)) hi = log_z ? lo * 10 : lo + 1;
    p->z.lo = lo, p->z.hi = hi;
}

/* --- axes --- */
static inline double plp_fraction(const plp_axis *a, double v) {
    if (a->log) return v > 0 ? plp_clamp(log(v / a->lo) / log(a->hi / a->lo), -9, 9) : -9;
    return plp_clamp((v - a->lo) / (a->hi - a->lo), -9, 9);
}
static inline double plp_map(const plp_axis *a, double v) { return a->pix0 + plp_fraction(a, v) * (a->pix1 - a->pix0); }
static inline int plp_good(const plp_axis *a, double v) { return fabs(v) < 1e100 && (!a->log || v > 1e-100); }

typedef struct {
    double v;
    int major;
    char text[48];
} plp_tick;

/* The ticks of an axis with labels about `room` pixels apart; *power is the power of ten to be written at its end. */
static inline int plp_ticks(const plp_axis *a, double room, plp_tick *tick, int max, int *power) {
    const double pixels = fabs(a->pix1 - a->pix0), big = fmax(fabs(a->lo), fabs(a->hi));
    int n = 0;
    *power = 0;
    if (a->log) {
        const double decades = log10(a->hi / a->lo), skip = ceil(decades * 0.6 * room / pixels);
        for (double e = floor(log10(a->lo)); e <= log10(a->hi) + 1e-9; e++)
            for (int m = 1; m < (skip > 1 ? 2 : 10) && n < max; m++) {
                const double v = m * pow(10, e);
                if (v < a->lo * (1 - 1e-9) || v > a->hi * (1 + 1e-9)) continue;
                plp_tick *t = &tick[n++];
                *t = (plp_tick){ v, m == 1, "" };
                if (m == 1 && fmod(e, skip) == 0) {
                    if (e >= 0 && e < 2) snprintf(t->text, sizeof t->text, "%g", v);
                    else snprintf(t->text, sizeof t->text, "10^{%s%g}", e < 0 ? "#minus" : "", fabs(e));
                } else if (decades < 1.5 && (m == 2 || m == 5 || (m == 3 && decades < 0.7))) {
                    if (e > -4 && e < 4) snprintf(t->text, sizeof t->text, "%g", v);
                    else snprintf(t->text, sizeof t->text, "%d#times10^{%s%g}", m, e < 0 ? "#minus" : "", fabs(e));
                }
            }
        return n;
    }
    const double raw = (a->hi - a->lo) * room / pixels, ten = pow(10, floor(log10(raw))), rest = raw / ten;
    const double nice = ten * (rest > 5 ? 10 : rest > 2 ? 5 : rest > 1 ? 2 : 1), step = fmax(nice, a->whole);
    const int parts = a->whole && step < 5 ? (int)step : rest > 1 && rest <= 2 ? 4 : 5;
    if (big >= 99999.5 || big < 2e-3) *power = (int)floor(log10(big) + 1e-9);
    const double unit = pow(10, *power), digits = -floor(log10(step / unit) + 1e-9);
    for (double i = ceil(a->lo / step * parts - 1e-6); i <= a->hi / step * parts + 1e-6 && n < max; i++) {
        plp_tick *t = &tick[n++];
        *t = (plp_tick){ i * step / parts, fmod(i, parts) == 0, "" };
        if (t->major)
            snprintf(t->text, sizeof t->text, "%s%.*f", i < 0 ? "#minus" : "", (int)plp_clamp(digits, 0, 9),
                fabs(t->v / unit));
    }
    return n;
}

/* The range of an axis from the data of one panel (which = 1) or of x in all panels (which = 0). */
static inline void plp_automatic(const plot *p, plp_axis *a, int panel, int which) {
    double lo = INFINITY, hi = -INFINITY;
    int bars = 0, exact = 0;
    for (int k = 0; k < p->count; k++) {
        const plp_series *s = &p->series[k];
        if ((which && s->panel != panel) || s->kind == PLP_TEXT) continue;
        bars |= s->kind == PLP_HISTOGRAM, exact |= s->kind != PLP_POINTS;
        for (int i = 0; i < s->n + (s->kind == PLP_HISTOGRAM && !which); i++) {
            const double e = which && s->kind == PLP_POINTS && isfinite(s->c[i]) ? s->c[i] : 0;
            const double *y = s->kind == PLP_HLINE ? s->a : s->b,
                         v[3] = { which ? y[i] - e : s->a[i], which ? y[i] + e : s->a[i],
                             which && s->kind == PLP_BAND ? s->c[i] : NAN };
            if (s->kind == (which ? PLP_VLINE : PLP_HLINE)) continue;
            for (int j = 0; j < 3; j++)
                if (plp_good(a, v[j])) lo = fmin(lo, v[j]), hi = fmax(hi, v[j]);
        }
    }
    if (p->image && panel == 0) lo = fmin(lo, p->extent[2 * which]), hi = fmax(hi, p->extent[2 * which + 1]);
    if (!(lo <= hi)) lo = a->log ? 0.1 : 0, hi = 1;
    if (a->log && lo < hi * 1e-12) lo = hi * 1e-12;
    if (!(hi - lo > 1e-9 * fabs(hi))) {
        const double d = a->log ? 0 : fabs(lo) * 0.1 + (lo == 0);
        hi = a->log ? hi * 2 : hi + d, lo = a->log ? lo / 2 : lo - d;
    }
    const double pad = which ? 0.06 : exact ? 0 : 0.04;
    if (p->image && panel == 0)
        ;
    else if (a->log) {
        const double f = pow(hi / lo, pad);
        lo /= which ? fmax(f, 1.6) : f, hi *= f;
    } else {
        const double d = hi - lo;
        if (which && lo >= 0 && (bars || lo < 0.5 * hi)) lo = 0;
        else lo -= pad * d;
        hi += pad * d;
    }
    a->lo = lo, a->hi = hi;
}

/* --- series --- */
/* Calls visit(ctx, ax, ay, bx, by, joined) for the strokes of a series; solid: also for what lies under it. */
typedef void plp_visit(void *ctx, double ax, double ay, double bx, double by, int joined);
static inline void plp_trace(const plot *p, const plp_series *s, int solid, plp_visit *visit, void *ctx) {
    const plp_axis *ax = &p->x, *ay = &p->panel[s->panel].y;
    const double base = ay->log ? ay->pix0 + 9 : plp_clamp(plp_map(ay, 0), ay->pix1 - 9, ay->pix0 + 9);
    double x = 0, y = 0, nx, ny;
    int on = 0;
    for (int i = 0; i < s->n && s->kind != PLP_TEXT; i++) {
        const double e = s->c[i], v = s->b[i];
        switch (s->kind) {
        case PLP_HISTOGRAM:
            if (!plp_good(ax, s->a[i]) || !plp_good(ax, s->a[i + 1]) || !isfinite(v)) {
                if (on) visit(ctx, x, y, x, base, 1);
                on = 0;
                continue;
            }
            x = floor(plp_map(ax, s->a[i]) + 0.5), nx = floor(plp_map(ax, s->a[i + 1]) + 0.5),
            ny = floor(plp_map(ay, v) + 0.5);
            visit(ctx, x, on ? y : base, x, ny, on);
            visit(ctx, x, ny, nx, ny, 1);
            if (solid) visit(ctx, (x + nx) / 2, base, (x + nx) / 2, ny, 0);
            if (i == s->n - 1) visit(ctx, nx, ny, nx, base, 1);
            break;
        case PLP_LINE:
            if (!plp_good(ax, s->a[i]) || !plp_good(ay, v)) {
                on = 0;
                continue;
            }
            nx = plp_map(ax, s->a[i]), ny = plp_map(ay, v);
            if (on) visit(ctx, x, y, nx, ny, 1);
            else if (s->n == 1) visit(ctx, nx, ny, nx, ny, 0);
            break;
        case PLP_VLINE:
        case PLP_HLINE:
            if (!plp_good(s->kind == PLP_VLINE ? ax : ay, s->a[i])) continue;
            nx = floor(plp_map(ax, s->a[i])), ny = floor(plp_map(ay, s->a[i]));
            if (s->kind == PLP_VLINE) visit(ctx, nx, ay->pix0, nx, ay->pix1, 0);
            else visit(ctx, ax->pix0, ny, ax->pix1, ny, 0);
            continue;
        default: /* points with errors, bands */
            if (!plp_good(ax, s->a[i]) || !isfinite(v) || (s->kind == PLP_POINTS && !plp_good(ay, v))) continue;
            nx = plp_map(ax, s->a[i]), ny = plp_map(ay, v);
            if (s->kind == PLP_BAND) visit(ctx, nx, ny, nx, plp_map(ay, isfinite(e) ? e : v), 0);
            else if (isfinite(e) && e > 0) visit(ctx, nx, plp_map(ay, v - e), nx, plp_map(ay, v + e), 0);
            else if (solid) visit(ctx, nx, ny, nx, ny, 0);
        }
        x = nx, y = ny, on = 1;
    }
}

typedef struct {
    plp_canvas *c;
    double width, phase, box[4];
    int dash, hits;
} plp_brush;

static inline void plp_dashes(void *ctx, double ax, double ay, double bx, double by, int joined) {
    static const double patterns[4][4] = { { 0 }, { 3.6, 3.2, 3.6, 3.2 }, { 0.01, 2.5, 0.01, 2.5 },
        { 4.5, 2.8, 0.01, 2.8 } };
    plp_brush *b = ctx;
    const double *pattern = patterns[b->dash & 3], length = hypot(bx - ax, by - ay);
    if (!(b->dash & 3) || !(length > 0)) {
        plp_stroke(b->c, ax, ay, bx, by, b->width);
        return;
    }
    if (!joined) b->phase = 0;
    for (double at = 0; at < length;) {
        double used = b->phase / b->width;
        int k = 0;
        while (k < 3 && used >= pattern[k]) used -= pattern[k++];
        const double to = fmin(length, at + fmax((pattern[k] - used) * b->width, 1e-3)), f = at / length,
                     g = to / length;
        if (k % 2 == 0)
            plp_stroke(b->c, ax + f * (bx - ax), ay + f * (by - ay), ax + g * (bx - ax), ay + g * (by - ay), b->width);
        b->phase += to - at, at = to;
        if (b->phase >= b->width * (pattern[0] + pattern[1] + pattern[2] + pattern[3]) - 1e-6) b->phase = 0;
    }
}

/* Counts the strokes' points (every two pixels) within a box. */
static inline void plp_count(void *ctx, double ax, double ay, double bx, double by, int joined) {
    plp_brush *b = ctx;
    const double steps = ceil(hypot(bx - ax, by - ay) / 2);
    (void)joined;
    if (fmax(ax, bx) < b->box[0] || fmin(ax, bx) > b->box[2] || fmax(ay, by) < b->box[1] || fmin(ay, by) > b->box[3])
        return;
    for (double i = 0; i <= steps; i++) {
        const double t = steps > 0 ? i / steps : 0, x = ax + t * (bx - ax), y = ay + t * (by - ay);
        b->hits += x >= b->box[0] && x <= b->box[2] && y >= b->box[1] && y <= b->box[3];
    }
}

/* How much of the upper panel's series lies in a box; lines across the panel count little, as they may be crossed. */
static inline double plp_hits(const plot *p, double x0, double y0, double x1, double y1) {
    plp_brush b = { NULL, 0, 0, { x0, y0, x1, y1 }, 0, 0 };
    double sum = 0;
    for (int k = 0; k < p->count; k++, b.hits = 0)
        if (p->series[k].panel == 0) {
            plp_trace(p, &p->series[k], p->series[k].kind != PLP_LINE, plp_count, &b);
            sum += b.hits * (p->series[k].kind >= PLP_VLINE ? 1e-4 : 1);
        }
    return sum;
}

/* pass 0: areas, 1: lines, 2: points */
static inline void plp_draw(plot *p, const plp_series *s, int pass) {
    plp_canvas *c = &p->canvas;
    const plp_axis *ax = &p->x, *ay = &p->panel[s->panel].y;
    const double base = plp_clamp(plp_map(ay, ay->log ? ay->lo : 0), ay->pix1, ay->pix0), u = p->unit;
    const int rgb = plp_color(s->style.color), bars = s->kind == PLP_HISTOGRAM;
    plp_brush b = { c, s->style.width * u, 0, { 0, 0, 0, 0 }, s->style.dash, 0 };
    if (pass == 0 && (s->kind == PLP_BAND || (bars && s->style.fill))) {
        for (int i = 0; i + !bars < s->n; i++) {
            const int j = i + !bars;
            const double x0 = plp_map(ax, s->a[i]), x1 = plp_map(ax, s->a[i + 1]);
            if (!plp_good(ax, s->a[i]) || !plp_good(ax, s->a[i + 1])
                || !isfinite(s->b[i] + s->b[j] + s->c[i] + s->c[j]))
                continue;
            if (bars)
                plp_area(c, floor(x0 + 0.5), floor(x1 + 0.5), base, base, plp_map(ay, s->b[i]), plp_map(ay, s->b[i]));
            else
                plp_area(
                    c, x0, x1, plp_map(ay, s->b[i]), plp_map(ay, s->b[j]), plp_map(ay, s->c[i]), plp_map(ay, s->c[j]));
        }
        plp_flush(c, rgb, s->style.fill == 2 ? 1 : 0.3);
    } else if (pass == 2 && s->kind == PLP_TEXT) {
        plp_write_in(
            c, s->name, plp_map(ax, s->a[0]) - 24 * u, plp_map(ay, s->b[0]) + 7 * u, 20 * u, 1, PLP_REGULAR, rgb);
    } else if (pass == 1 && s->kind != PLP_POINTS && s->kind != PLP_BAND) {
        plp_trace(p, s, 0, plp_dashes, &b);
        plp_flush(c, rgb, 1);
    } else if (pass == 2 && s->kind == PLP_POINTS) {
        plp_trace(p, s, 0, plp_dashes, &b);
        plp_flush(c, rgb, 1);
        for (int ring = 0; ring <= (s->style.fill != 0); ring++) { /* open markers: a white disc on top */
            for (int i = 0; i < s->n; i++)
                if (plp_good(ax, s->a[i]) && plp_good(ay, s->b[i])) {
                    const double x = plp_map(ax, s->a[i]), y = plp_map(ay, s->b[i]);
                    plp_stroke(c, x, y, x, y, (ring ? 6 : 10) * u);
                }
            plp_flush(c, ring ? 0xffffff : rgb, 1);
        }
        for (int i = 0; i < s->n && s->panel == 1; i++) { /* ratios beyond the lower panel: an arrow at its edge */
            const int above = s->b[i] > ay->hi;
            const double x = plp_map(ax, s->a[i]), edge = above ? ay->pix1 : ay->pix0, way = above ? u : -u;
            if (!plp_good(ax, s->a[i]) || !isfinite(s->b[i]) || !(above || s->b[i] < ay->lo)) continue;
            plp_stroke(c, x, edge + 3 * way, x, edge + 20 * way, 2 * u);
            for (int side = -1; side <= 1; side += 2)
                plp_stroke(c, x, edge + 3 * way, x + 5 * side * u, edge + 11 * way, 2 * u);
        }
        plp_flush(c, rgb, 1);
    }
}

/* --- picture --- */
/* Perceptually uniform colours along a straight line of CIE lightness: white-yellow-green-blue, or, diverging,
   blue-white-red. */
static inline int plp_map_color(double t, int diverging) {
    const double far = fabs(2 * t - 1), light = diverging ? 97 - 55 * far : 97 - 82 * t;
    const double hue = (diverging ? (t < 0.5 ? 262 : 30) : 92 + 200 * t) * 0.017453292519943295;
    const double chroma = diverging ? 46 * far : 3 + 31 * sin(3.141592653589793 * pow(t, 0.85)) + 14 * t;
    const double fy = (light + 16) / 116, f[3] = { fy + chroma * cos(hue) / 500, fy, fy - chroma * sin(hue) / 200 };
    static const double white[3] = { 0.9505, 1, 1.089 };
    static const double rgb[3][3] = { { 3.2406, -1.5372, -0.4986 }, { -0.9689, 1.8758, 0.0415 },
        { 0.0557, -0.2040, 1.0570 } };
    int color = 0;
    for (int k = 0; k < 3; k++) { /* CIE L*a*b* to XYZ to sRGB */
        double v = 0;
        for (int j = 0; j < 3; j++)
            v += rgb[k][j] * white[j] * (f[j] > 6 / 29.0 ? f[j] * f[j] * f[j] : (f[j] - 16 / 116.0) * 3 * 36 / 841.0);
        v = v > 0.0031308 ? 1.055 * pow(v, 1 / 2.4) - 0.055 : 12.92 * v;
        color = color << 8 | (int)(255 * plp_clamp(v, 0, 1) + 0.5);
    }
    return color;
}

static inline void plp_draw_image(plot *p) {
    const double *e = p->extent, dx = (e[1] - e[0]) / p->nx, dy = (e[3] - e[2]) / p->ny;
    for (int i = 0; i < p->nx * p->ny; i++) {
        const double v = p->image[i];
        const plp_axis *y = &p->panel[0].y;
        if (!plp_good(&p->z, v)) continue;
        const double x0 = e[0] + i % p->nx * dx, y0 = e[2] + i / p->nx * dy, x1 = e[0] + (i % p->nx + 1) * dx,
                     y1 = e[2] + (i / p->nx + 1) * dy; /* neighbours round alike */
        plp_rect(&p->canvas, floor(plp_map(&p->x, x0) + 0.5), floor(plp_map(y, y1) + 0.5),
            floor(plp_map(&p->x, x1) + 0.5), floor(plp_map(y, y0) + 0.5),
            plp_map_color(plp_clamp(plp_fraction(&p->z, v), 0, 1), !p->z.log && p->z.lo == -p->z.hi), 1);
    }
}

/* Ticks, labels and title of one axis of the frame [x0,x1]x[y0,y1]; side: 0 bottom, 1 left, 2 right (colour bar). */
/* A name below its tick, in two lines where one is wider than the room. */
static inline void plp_draw_name(plot *p, const char *name, double x, double y, double room) {
    const double u = p->unit, size = 22 * u;
    const char *cut = NULL;
    char line[64];
    for (const char *at = strchr(name, ' '); at && plp_width(name, size, PLP_REGULAR) > room; at = strchr(at + 1, ' '))
        if (!cut
            || fabs((double)strlen(name) / 2 - (double)(at - name))
                < fabs((double)strlen(name) / 2 - (double)(cut - name)))
            cut = at;
    snprintf(line, sizeof line, "%.*s", cut ? (int)(cut - name) : 63, name);
    plp_write(&p->canvas, line, x, y, size, 0.5, PLP_REGULAR);
    if (cut) plp_write(&p->canvas, cut + 1, x, y + 26 * u, size, 0.5, PLP_REGULAR);
}
static inline void plp_draw_names(plot *p, const plp_axis *a, const int f[4]) {
    const double u = p->unit, w = floor(1.6 * u + 0.5), room = fabs(plp_map(a, 2) - plp_map(a, 1)) - 14 * u;
    for (int k = 0; k < p->names; k++) {
        const double at = floor(plp_map(a, k + 1) + 0.5);
        plp_rect(&p->canvas, at - floor(w / 2), f[3] - 15 * u, at - floor(w / 2) + w, f[3], 0, 1);
        plp_draw_name(p, p->x_name[k], at, f[3] + 30 * u, room);
    }
}
static inline void plp_draw_axis(
    plot *p, const plp_axis *a, const int f[4], int side, int labels, int both, const char *title) {
    plp_canvas *c = &p->canvas;
    plp_tick tick[200];
    int power;
    const double u = p->unit, size = 25 * u, w = floor(1.6 * u + 0.5);
    if (!side && p->names) {
        if (labels) plp_draw_names(p, a, f);
        return;
    }
    const int n =
        plp_ticks(a, side ? plp_clamp(fabs(a->pix1 - a->pix0) / 5.5, 28 * u, 72 * u) : 105 * u, tick, 200, &power);
    double widest = 0;
    for (int i = 0; i < n; i++) {
        const double at = floor(plp_map(a, tick[i].v) + 0.5) - floor(w / 2), l = (tick[i].major ? 15 : 8) * u;
        if (!side) plp_rect(c, at, f[3] - l, at + w, f[3], 0, 1);
        if (!side && both) plp_rect(c, at, f[1], at + w, f[1] + l, 0, 1);
        if (side == 1) plp_rect(c, f[0], at, f[0] + l, at + w, 0, 1);
        if (side && both) plp_rect(c, f[2] - l, at, f[2], at + w, 0, 1);
        if (!labels || !*tick[i].text) continue;
        if (p->panels == 2 && side && both && f[1] > p->height / 3 && at < f[1] + 0.5 * size)
            continue; /* not into the upper panel */
        if (!side) plp_write(c, tick[i].text, at, f[3] + 30 * u, size, 0.5, PLP_REGULAR);
        else
            plp_write(
                c, tick[i].text, side == 1 ? f[0] - 10 * u : f[2] + 8 * u, at + 9 * u, size, side == 1, PLP_REGULAR);
        widest = fmax(widest, plp_width(tick[i].text, size, PLP_REGULAR));
    }
    if (!labels) return;
    if (power) {
        char text[32];
        snprintf(text, sizeof text, "#times10^{%s%d}", power < 0 ? "#minus" : "", abs(power));
        if (!side) plp_write(c, text, f[2] + 30 * u, f[3] + 68 * u, 0.75 * size, 1, PLP_REGULAR);
        else plp_write(c, text, f[side == 1 ? 0 : 2], f[1] - 17 * u, 0.75 * size, side == 1 ? 1.15 : 0, PLP_REGULAR);
    }
    if (!side) plp_write(c, title, f[2] - (power ? 42 * u : 0), f[3] + 68 * u, 28 * u, 1, PLP_REGULAR);
    else
        plp_write(c, title, side == 1 ? fmax(f[0] - widest - 28 * u, 26 * u) : f[2] + widest + 44 * u, f[1], 28 * u, 1,
            PLP_TURNED);
}

static inline int plp_in_legend(const plp_series *s) { return *s->name && !s->panel && s->kind != PLP_TEXT; }

/* The legend with its top right corner at (x, y), or only its size. */
static inline void plp_legend(plot *p, double x, double y, int draw, double size[2]) {
    plp_canvas *c = &p->canvas;
    const double u = p->unit, row = 33 * u, line = 46 * u;
    double widest = 0, at = y;
    int rows = 0;
    for (int k = 0; k < p->count; k++)
        widest = fmax(widest, plp_in_legend(&p->series[k]) ? plp_width(p->series[k].name, 24 * u, PLP_REGULAR) : 0);
    for (int k = 0; k < p->count; k++) {
        const plp_series *s = &p->series[k];
        if (!plp_in_legend(s)) continue;
        const double x0 = x - widest - line - 12 * u, middle = floor(at + row / 2) + 0.5;
        const int rgb = plp_color(s->style.color);
        plp_brush b = { c, s->style.width * u, 0, { 0, 0, 0, 0 }, s->style.dash, 0 };
        rows++, at += row;
        if (!draw) continue;
        if (s->kind == PLP_BAND || (s->kind == PLP_HISTOGRAM && s->style.fill)) {
            plp_rect(c, floor(x0), middle - 9 * u, floor(x0 + line), middle + 9 * u, rgb, s->style.fill == 2 ? 1 : 0.3);
            if (s->kind == PLP_HISTOGRAM)
                for (int i = 0; i < 4; i++) /* the outline */
                    plp_dashes(&b, floor(x0 + line * (i == 1 || i == 2)), middle + (i < 2 ? -9 : 9) * u,
                        floor(x0 + line * (i < 2)), middle + (i == 1 || i == 2 ? 9 : -9) * u, i > 0);
        } else if (s->kind == PLP_POINTS)
            plp_stroke(c, x0 + line / 2, middle - 12 * u, x0 + line / 2, middle + 12 * u, b.width);
        else plp_dashes(&b, x0 + 2 * u, middle, x0 + line - 2 * u, middle, 0);
        plp_flush(c, rgb, 1);
        for (int ring = 0; ring <= (s->style.fill != 0) && s->kind == PLP_POINTS; ring++) {
            plp_stroke(c, x0 + line / 2, middle, x0 + line / 2, middle, (ring ? 6 : 10) * u);
            plp_flush(c, ring ? 0xffffff : rgb, 1);
        }
        plp_write(c, s->name, x0 + line + 12 * u, middle + 8 * u, 24 * u, 0, PLP_REGULAR);
    }
    size[0] = rows ? widest + line + 12 * u : 0, size[1] = rows * row;
}

/* Chooses the head-room of y and the legend's place; returns whether the label fits inside the frame. */
static inline int plp_place(plot *p, double legend[2]) {
    static const double places[][2] = { { 1, 0 }, { 0, 0 }, { 1, 1 }, { 0, 1 }, { .5, 0 }, { 1, .5 }, { 0, .5 },
        { .5, 1 }, { .5, .5 }, { 1, .25 }, { 0, .25 }, { 1, .75 }, { 0, .75 } };
    plp_axis *y = &p->panel[0].y;
    const double u = p->unit, gap = 24 * u, lo = y->lo, hi = y->hi, rows = p->notes + (*p->label != 0);
    double size[2], wide = plp_width(p->label, 30 * u, PLP_BOLD), best;
    int inside;
    for (int i = 0; i < p->notes; i++) wide = fmax(wide, plp_width(p->note[i], 24 * u, PLP_REGULAR));
    const double tall = rows * 33 * u, left = p->left, top = p->panel[0].top;
    plp_legend(p, 0, 0, 0, size);
    for (double room = 1;; room += 0.04) {
        if (!y->fixed) y->hi = y->log ? lo * pow(hi / lo, room) : lo + (hi - lo) * room;
        inside = !(rows > 0 && plp_hits(p, left, top, left + gap + wide + gap / 2, top + gap + tall) >= 1);
        best = INFINITY;
        for (size_t i = 0; i < sizeof places / sizeof *places && best > 0; i++) {
            const double x0 = left + gap + places[i][0] * (p->right - left - 2 * gap - size[0]);
            const double shift = inside && !p->image && x0 < left + gap + wide + gap ? tall : 0;
            const double y0 =
                top + gap * 0.7 + shift + places[i][1] * (p->panel[0].bottom - top - 1.6 * gap - shift - size[1]);
            const double hits = plp_hits(p, x0 - gap / 2, y0 - gap / 3, x0 + size[0] + gap / 2, y0 + size[1] + gap / 3);
            if (hits < best) best = hits, legend[0] = x0 + size[0], legend[1] = y0;
        }
        if (y->fixed || p->image || (best < 1 && inside) || room > 2.5) break;
    }
    return inside && !p->image;
}

static inline void plp_render(plot *p) {
    plp_canvas *c = &p->canvas;
    const double u = p->unit = fmin(p->width / 900.0, p->height / 720.0);
    double legend[2] = { 0, 0 }, size[2];
    p->left = (int)(122 * u), p->right = p->width - (int)((p->image ? 168 : 34) * u);
    const int top = (int)(46 * u), bottom = p->height - (int)(92 * u),
              split = p->panels == 2 ? bottom - (int)(p->fraction * (bottom - top)) : bottom;
    if (!p->x.fixed) plp_automatic(p, &p->x, 0, 0);
    if (p->x.log && p->x.lo <= 0) p->x.lo = p->x.hi > 0 ? p->x.hi * 1e-3 : (p->x.hi = 1) * 1e-3;
    p->x.pix0 = p->left, p->x.pix1 = p->right;
    for (int k = 0; k < p->panels; k++) {
        plp_axis *y = &p->panel[k].y;
        p->panel[k].top = k ? split + (int)(8 * u) : top, p->panel[k].bottom = k ? bottom : split;
        y->pix0 = p->panel[k].bottom, y->pix1 = p->panel[k].top;
        if (!y->fixed) plp_automatic(p, y, k, 1);
        if (y->log && y->lo <= 0) y->lo = y->hi > 0 ? y->hi * 1e-6 : (y->hi = 1) * 1e-6;
    }
    const int inside = plp_place(p, legend);
    for (int k = 0; k < p->panels; k++) {
        const int f[4] = { p->left, p->panel[k].top, p->right, p->panel[k].bottom },
                  w = (int)fmax(1, floor(2 * u + 0.5));
        plp_clip(c, f[0], f[1], f[2], f[3]);
        if (p->image && k == 0) plp_draw_image(p);
        for (int pass = 0; pass < 3; pass++)
            for (int i = 0; i < p->count; i++)
                if (p->series[i].panel == k) plp_draw(p, &p->series[i], pass);
        plp_clip(c, 0, 0, p->width, p->height);
        plp_draw_axis(p, &p->x, f, 0, k == p->panels - 1, 1, p->x_title);
        plp_draw_axis(p, &p->panel[k].y, f, 1, 1, 1, p->panel[k].title);
        for (int i = 0; i < 4; i++)
            plp_rect(c, i == 2 ? f[2] - w / 2 : f[0] - w / 2, i == 3 ? f[3] - w / 2 : f[1] - w / 2,
                (i == 0 ? f[0] : f[2]) - w / 2 + w, (i == 1 ? f[1] : f[3]) - w / 2 + w, 0, 1);
    }
    if (p->image) { /* the colour bar */
        const int f[4] = { p->right + (int)(16 * u), top, p->right + (int)(42 * u), split };
        p->z.pix0 = split, p->z.pix1 = top;
        for (int y = f[1]; y < f[3]; y++)
            plp_rect(c, f[0], y, f[2], y + 1,
                plp_map_color((split - y - 0.5) / (split - top), !p->z.log && p->z.lo == -p->z.hi), 1);
        plp_draw_axis(p, &p->z, f, 2, 1, 0, p->z_title);
        for (int i = 0; i < 2; i++)
            plp_rect(c, f[2 * i], f[1], f[2 * i] + 1, f[3], 0, 1),
                plp_rect(c, f[0], f[1 + 2 * i], f[2] + 1, f[1 + 2 * i] + 1, 0, 1);
    }
    plp_legend(p, 0, 0, 0, size);
    if (plp_hits(p, legend[0] - size[0], legend[1], legend[0], legend[1] + size[1]) > 0) /* no free place */
        plp_rect(c, legend[0] - size[0] - 6 * u, legend[1], legend[0] + 6 * u, legend[1] + size[1], 0xffffff, 0.85);
    plp_legend(p, legend[0], legend[1], 1, size);
    double x = p->left + (inside ? 24 * u : 0), y = inside ? top + 46 * u : top - 12 * u;
    plp_write(c, p->label, x, y, 30 * u, 0, PLP_BOLD);
    x += inside ? 0 : plp_width(p->label, 30 * u, PLP_BOLD) + 20 * u, y += inside && *p->label ? 33 * u : 0;
    for (int i = 0; i < p->notes; i++) {
        plp_write(c, p->note[i], x, y, 24 * u, 0, PLP_REGULAR);
        if (inside) y += 33 * u;
        else x += plp_width(p->note[i], 24 * u, PLP_REGULAR) + 20 * u;
    }
}

static inline void plp_put(void *file, void *bytes, int count) { fwrite(bytes, 1, (size_t)count, (FILE *)file); }
/* Draws everything as PNG into a file and frees the plot; 0 on success, -1 on failure (of writing, ferror knows). */
static inline int plot_print(plot *p, FILE *file) {
    if (!p) return -1;
    const size_t n = (size_t)p->width * (size_t)p->height;
    plp_canvas *c = &p->canvas;
    int ok = 0;
    c->w = p->width, c->h = p->height;
    c->rgb = malloc(3 * n), c->mask = calloc(n, sizeof *c->mask);
    if (c->rgb && c->mask && file && !p->failed) {
        memset(c->rgb, 255, 3 * n);
        plp_clip(c, 0, 0, c->w, c->h);
        plp_flush(c, 0, 1);
        plp_render(p);
        ok = stbi_write_png_to_func(plp_put, file, c->w, c->h, 3, c->rgb, 3 * c->w);
    }
    for (int k = 0; k < p->count; k++) free(p->series[k].a), free(p->series[k].b), free(p->series[k].c);
    free(p->series), free(p->image), free(c->rgb), free(c->mask), free(p);
    return ok ? 0 : -1;
}
static inline int plot_write(plot *p, const char *path) {
    FILE *file = path ? fopen(path, "wb") : NULL;
    int ok = plot_print(p, file) == 0;
    if (file && (ferror(file) | fclose(file))) ok = 0;
    return ok ? 0 : -1;
}
#endif
