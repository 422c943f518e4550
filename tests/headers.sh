#!/bin/sh
# The promises to those who include a header: languages, warnings, orders, symbols, several implementations in one
# program, the same bits from every optimisation and instruction set; its lines and the seconds it takes to compile.
#   tests/headers.sh [passwd.h | passwd_rmm.h]
cd "$(dirname "$0")/.." || exit 1
header=${1:-passwd.h}
work=build/headers_${header%.h}
rm -rf $work
mkdir -p $work
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror"
passed=0 failed=0 skipped=0

have() { command -v "$1" > /dev/null 2>&1; }
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; [ -f $work/log ] && head -n 8 $work/log; }
check() { # check WHAT COMMAND...; took: its user and system time
    what=$1
    shift
    took=$( ("$@" > $work/log 2>&1; echo $? > $work/status; times) | tail -n 1)
    if [ "$(cat $work/status)" = 0 ]; then good; else bad "$what"; fi
}
skip() { skipped=$((skipped + 1)); echo "skipped: $1"; }

# --- programs ---

cat > $work/empty.c <<'END'
#include "passwd.h"
typedef int one;
END
cat > $work/implementation.c <<'END'
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
END
cat > $work/static.c <<'END'
#define PASSWD_STATIC
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
int main(void) { return passwd_version() != PASSWD_VERSION; }
END
# types alone, and then a name of every system that has taken one
cat > $work/static_types.c <<'END'
#define PASSWD_STATIC
#include "passwd.h"
static passwd_error error;
int main(void) { return (int)error.line; }
END
cat > $work/taken.c <<'END'
#define far
#define near
#define huge
#define small char
#define hyper __int64
#define interface struct
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define IN
#define OUT
#define OPTIONAL
#define ERROR 0
#define BOOL int
#define CONST const
#define DELETE 1
#define IGNORE 0
#define STRICT 1
#define TRUE 1
#define FALSE 0
#define I 1
#define CHAR char
#define check(x) (x)
#define verify(x) (x)
#define major(x) (x)
#define minor(x) (x)
#define move(y, x) (x)
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
END
cat > $work/user.c <<'END'
#include "passwd.h"
int main(void) { return passwd_version() != PASSWD_VERSION; }
END
# many times, in any order, beside the system's struct passwd
cat > $work/often.c <<'END'
#define _POSIX_C_SOURCE 200809L
#include "passwd.h"
#include "passwd.h"
#include <pwd.h>
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include "passwd.h"
int main(void) { struct passwd p; p.pw_name = 0; return p.pw_name != 0 || passwd_version() != PASSWD_VERSION; }
END
cat > $work/before.c <<'END'
#define _POSIX_C_SOURCE 200809L
#include <pwd.h>
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#undef PASSWD_IMPLEMENTATION
#include "passwd.h"
#include <pwd.h>
int main(void) { struct passwd p; p.pw_name = 0; return p.pw_name != 0 || passwd_version() != PASSWD_VERSION; }
END
# two static implementations in one process
cat > $work/two.c <<'END'
#define PASSWD_STATIC
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
int other_version(void);
int main(void) { return other_version() != passwd_version(); }
END
cat > $work/other.c <<'END'
#define PASSWD_STATIC
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
int other_version(void);
int other_version(void) { return passwd_version(); }
END
# events of whole numbers, the same input bits from every compiler, and a number made of the bits of what comes of them
cat > $work/events.h <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
enum { EVENTS = 40, N = 12 };
static float x[EVENTS * N * 5], p4[EVENTS * N * 4];
static int32_t objects[EVENTS];
static const float *inputs[2] = { x, p4 };
static uint32_t hash = 2166136261u;
static void add(const void *p, size_t bytes)
{
    size_t i;
    for (i = 0; i < bytes; i++) hash = (hash ^ ((const unsigned char *)p)[i]) * 16777619u;
}
static passwd_batch events(void)
{
    passwd_batch b;
    int k;
    for (k = 0; k < EVENTS * N; k++) {
        x[5 * k] = 4.0f + (float)(k % 17) / 8.0f; x[5 * k + 1] = (float)(k % 13) / 4.0f - 1.5f; x[5 * k + 2] = 0.6f;
        x[5 * k + 3] = k % 2 ? 0.8f : -0.8f; x[5 * k + 4] = x[5 * k] + 1.0f;
        p4[4 * k] = 900.0f + (float)(k % 19); p4[4 * k + 1] = (float)(k % 23) * 10.0f;
        p4[4 * k + 2] = (float)(k % 29) * -9.0f; p4[4 * k + 3] = (float)(k % 31);
    }
    for (k = 0; k < EVENTS; k++) objects[k] = k % (N + 1);
    memset(&b, 0, sizeof b);
    b.events = EVENTS; b.inputs = inputs; b.objects = objects;
    return b;
}
END
# prints one number made of the bits of outputs, losses, gradients and a short training, and the instruction set that
# ran
cat > $work/bits.c <<'END'
#include "passwd.h"
#include "events.h"
int main(int argc, char **argv)
{
    float *out[32];
    double terms[32];
    passwd_abc_config c;
    passwd_abc *a = NULL;
    passwd_workspace_options wo;
    passwd_loss_options lo;
    passwd_train_options to;
    passwd_workspace *w = NULL;
    passwd_model *m;
    passwd_batch b = events();
    float *g;
    int k;
    memset(&wo, 0, sizeof wo);
    memset(&lo, 0, sizeof lo);
    memset(&to, 0, sizeof to);
    if (argc > 1 && passwd_simd_parse(argv[1], &wo.simd, NULL) != PASSWD_OK) return 2;
    if (!passwd_simd_available(wo.simd)) return 3;
    if (passwd_abc_preset("letter", &c, NULL) != PASSWD_OK || passwd_abc_new(&c, 3, NULL, &a,
        NULL) != PASSWD_OK) return 4;
    m = passwd_abc_model(a);
    wo.losses = lo.training = 1;
    if (passwd_workspace_new(m, &wo, &w, NULL) != PASSWD_OK) return 5;
    for (k = 0; k < passwd_output_count(m); k++) out[k] = (float *)calloc(EVENTS * passwd_output_size(m, k),
        sizeof(float));
    g = (float *)calloc(passwd_parameter_floats(m), sizeof(float));
    if (passwd_run(m, w, &b, out, NULL) != PASSWD_OK || passwd_losses(m, w, &b, &lo, terms, NULL, g,
        NULL) != PASSWD_OK) return 6;
    for (k = 0; k < passwd_output_count(m); k++) add(out[k], EVENTS * passwd_output_size(m, k) * sizeof(float));
    add(g, passwd_parameter_floats(m) * sizeof(float));
    add(terms, (size_t)passwd_loss_count(m) * sizeof(double));
    to.steps = 4; to.batch = 16; to.simd = wo.simd; to.validation = 0.2f; to.average = 0.5f; to.rate = 0.01f;
    if (passwd_train(m, &b, &to, NULL, NULL) != PASSWD_OK) return 7;
    add(passwd_parameters(m), passwd_parameter_floats(m) * sizeof(float));
    printf("%08lx\n", (unsigned long)hash);
    for (k = 0; k < passwd_output_count(m); k++) free(out[k]);
    free(g);
    passwd_workspace_free(w);
    passwd_abc_free(a);
    return 0;
}
END

# runs a network, and asks for everything that a macro may have left out
cat > $work/lean.c <<'END'
#define PASSWD_STATIC
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
#include "events.h"
#ifdef PASSWD_NO_TRAINING
#define LEFT_OUT(call) (memset(&e, 0, sizeof e), (call) != PASSWD_ERROR_UNSUPPORTED || !strstr(e.message, \
    "PASSWD_NO_TRAINING"))
#else
#define LEFT_OUT(call) (memset(&e, 0, sizeof e), (call) == PASSWD_ERROR_UNSUPPORTED && strstr(e.message, \
    "PASSWD_NO_TRAINING"))
#endif
#ifdef PASSWD_NO_JETS
#define NO_JETS(call) (memset(&e, 0, sizeof e), (call) != PASSWD_ERROR_UNSUPPORTED || !strstr(e.message, \
    "PASSWD_NO_JETS"))
#else
#define NO_JETS(call) ((call) == PASSWD_ERROR_UNSUPPORTED)
#endif
int main(int argc, char **argv)
{
    static passwd_clustering clustering;
    float *out[32];
    double terms[32];
    passwd_abc_config c;
    passwd_abc *a = NULL;
    passwd_nae *nae = NULL;
    passwd_vrnn *vrnn = NULL;
    passwd_nae_config nc;
    passwd_vrnn_config vc;
    passwd_workspace_options wo;
    passwd_train_options to;
    passwd_chain_options co;
    passwd_substructure sub;
    passwd_workspace *w = NULL;
    passwd_error e;
    passwd_p4 jet;
    passwd_model *m;
    passwd_batch b = events();
    int k;
    memset(&wo, 0, sizeof wo);
    memset(&to, 0, sizeof to);
    memset(&co, 0, sizeof co);
    to.steps = 1;
    if (argc > 1 && passwd_simd_parse(argv[1], &wo.simd, NULL) != PASSWD_OK) return 2;
    if (!passwd_simd_available(wo.simd)) return 3;
    if (passwd_abc_preset("letter", &c, NULL) != PASSWD_OK || passwd_abc_new(&c, 3, NULL, &a,
        NULL) != PASSWD_OK) return 4;
    m = passwd_abc_model(a);
    wo.losses = 1;
    if (passwd_workspace_new(m, &wo, &w, NULL) != PASSWD_OK) return 5;
    for (k = 0; k < passwd_output_count(m); k++) out[k] = (float *)calloc(EVENTS * passwd_output_size(m, k),
        sizeof(float));
    if (passwd_run(m, w, &b, out, NULL) != PASSWD_OK) return 6;
    for (k = 0; k < passwd_output_count(m); k++)
        add(out[k], EVENTS * passwd_output_size(m, k) * sizeof(float));
    if (LEFT_OUT(passwd_losses(m, w, &b, NULL, terms, NULL, NULL, &e)) || LEFT_OUT(passwd_gradients(m, w, &b, NULL,
        NULL, NULL, &e))
        || LEFT_OUT(passwd_train(m, &b, &to, NULL, &e)) || LEFT_OUT(passwd_chains_run(m, w, &co, 1, x, NULL,
            &e))) return 7;
    jet = passwd_p4_of(100.0, 0.0, 0.0, 10.0);
    if (NO_JETS(passwd_cluster(&jet, 1, PASSWD_CLUSTER_KT, 0.4, &clustering, &e))
        || NO_JETS(passwd_substructure_of(&jet, 1, &sub, &e))) return 8;
    if (passwd_nae_preset("default", &nc, NULL) != PASSWD_OK || passwd_vrnn_preset("default", &vc,
        NULL) != PASSWD_OK) return 9;
    nc.features = 4;
    if (NO_JETS(passwd_nae_new(&nc, 1, NULL, &nae, &e)) || NO_JETS(passwd_vrnn_new(&vc, 1, NULL, &vrnn, &e))) return 10;
    printf("%08lx\n", (unsigned long)hash);
    return 0;
}
END

# the same of substructure, and of hunts and limits
if [ $header = passwd.h ]; then
    cat > $work/written.c <<'END'
#include "passwd.h"
#include <math.h>
#include <stdio.h>
static uint32_t hash = 2166136261u;
static void add(const void *p, size_t bytes) { size_t i; for (i = 0; i < bytes; i++) hash
    = (hash ^ ((const unsigned char *)p)[i]) * 16777619u; }
int main(void)
{
    static passwd_clustering c;
    passwd_p4 jet[40], aligned[40];
    passwd_alignment alignment = { 50.0, 500.0, 0 };
    passwd_substructure sub;
    passwd_jet_features *features;
    const char *names[100];
    double values[100];
    int j, k, n;
    for (n = 0; passwd_jet_feature_name(n); n++) names[n] = passwd_jet_feature_name(n);
    names[n++] = "soft_drop_tau3_onepass";
    names[n++] = "n2_beta0.7";
    if (passwd_jet_features_new(names, n, NULL, &features, NULL) != PASSWD_OK) return 2;
    for (j = 0; j < 50; j++) {
        for (k = 0; k < 40; k++) {
            const uint32_t i = (uint32_t)(40 * j + k);
            jet[k].px = 100.0 + 50.0 * passwd_random_uniform(1, 1, i);
            jet[k].py = 40.0 * passwd_random_uniform(1, 2, i) - 20.0;
            jet[k].pz = 60.0 * passwd_random_uniform(1, 3, i);
            jet[k].e = 200.0 + 10.0 * passwd_random_uniform(1, 4, i);
        }
        if (passwd_substructure_of(jet, 40, &sub, NULL) != PASSWD_OK
            || passwd_cluster(jet, 40, PASSWD_CLUSTER_KT, 0.4, &c, NULL) != PASSWD_OK
            || passwd_align_jet(jet, 40, &alignment, aligned, NULL) != PASSWD_OK
            || passwd_jet_features_of(features, jet, 40, values, NULL) != PASSWD_OK) return 3;
        add(&sub, sizeof sub);
        add(values, (size_t)n * sizeof *values);
        add(aligned, sizeof aligned);
        for (k = 0; k < c.nodes; k++) add(&c.node[k].p4, sizeof(passwd_p4));
    }
    printf("%08lx\n", (unsigned long)hash);
    return 0;
}
END
elif [ $header = passwd_rmm.h ]; then
    cat > $work/written.c <<'END'
#include "passwd_rmm.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
enum { BINS = 40, MASSES = 3000 };
static uint32_t hash = 2166136261u;
static void add(const void *p, size_t bytes) { size_t i; for (i = 0; i < bytes; i++) hash
    = (hash ^ ((const unsigned char *)p)[i]) * 16777619u; }
int main(void)
{
    static double mass[MASSES], t[200];
    double edges[BINS + 1];
    passwd_spectrum s;
    passwd_dijet_fit fit;
    passwd_hunt_options ho;
    passwd_hunt_result hunt;
    passwd_limit_options lo;
    passwd_limit limit;
    int k;
    memset(&s, 0, sizeof s);
    memset(&fit, 0, sizeof fit);
    memset(&ho, 0, sizeof ho);
    memset(&lo, 0, sizeof lo);
    for (k = 0; k <= BINS; k++) edges[k] = 500.0 + 50.0 * k;
    for (k = 0; k < MASSES; k++) mass[k] = 500.0 - 220.0 * log(passwd_random_uniform(1, 2, (uint32_t)k));
    if (passwd_spectrum_new(BINS, edges, NULL, &s, NULL) != PASSWD_OK) return 2;
    passwd_spectrum_fill(&s, mass, NULL, MASSES);
    if (passwd_background_kde(&s, mass, NULL, MASSES, NULL, NULL) != PASSWD_OK) return 3;
    add(s.background, BINS * sizeof(double));
    fit.parameters = 4;
    if (passwd_background_dijet(&s, 13000.0, 0.0, 0.0, &fit, NULL) != PASSWD_OK) return 4;
    add(s.background, BINS * sizeof(double));
    add(s.uncertainty, BINS * sizeof(double));
    add(fit.p, sizeof fit.p);
    ho.toys = 200; ho.seed = 3; ho.width_max = 6;
    if (passwd_hunt(&s, 1, &ho, &hunt, t, NULL, NULL) != PASSWD_OK) return 5;
    add(t, sizeof t);
    add(&hunt.log_p, sizeof hunt.log_p);
    add(&hunt.significance, sizeof hunt.significance);
    for (k = 0; k < 2; k++) {
        lo.toys = k * 100;
        lo.seed = 4;
        if (passwd_limit_gaussian(&s, 1200.0, &lo, &limit, NULL, NULL) != PASSWD_OK) return 6;
        add(&limit.observed, sizeof limit.observed);
        add(limit.expected, sizeof limit.expected);
        add(&limit.fitted, sizeof limit.fitted);
    }
    passwd_spectrum_free(&s);
    printf("%08lx\n", (unsigned long)hash);
    return 0;
}
END
fi

# the companions: the same programs with their names, and each implementation in an object of its own
if [ $header != passwd.h ]; then
    warnings="$warnings -DPASSWD_NO_SIMD" # the kernels are compiled by the core's own run
    macro=$(echo "${header%.h}" | tr a-z A-Z)_IMPLEMENTATION
    cat > $work/apart.c << END
#define $macro
#include "$header"
END
    for program in empty implementation static static_types taken user often before two other; do
        sed -i -e "s/\"passwd.h\"/\"$header\"/" -e "s/^\(#[a-z]*\) PASSWD_IMPLEMENTATION/&\n\1 $macro/" $work/$program.c
    done
fi

# --- warnings and languages; what the optimizer sees is asked of the core alone, in C ---

optimized=-O1
[ $header = passwd.h ] && optimized=-O2

for compiler in gcc clang; do
    have $compiler || { skip "$compiler is not installed"; continue; }
    cxx=g++
    [ $compiler = clang ] && cxx=clang++
    for program in empty implementation static static_types taken often before; do
        depth=-fsyntax-only cxx_depth=-fsyntax-only
        case $compiler,$program,$header in
            gcc,implementation,* | *,implementation,passwd.h) depth="$optimized -c -o $work/$compiler.o" ;;
            gcc,static,*) depth="-O0 -c -o $work/static.o" ;;
        esac
        [ $compiler,$program = gcc,implementation ] && cxx_depth="-O1 -c -o $work/g++.o"
        check "$compiler -std=c99 $program.c" $compiler -std=c99 $warnings -I. $depth $work/$program.c
        [ $program = implementation ] && echo "$compiler $depth, user and system time: $took"
        have $cxx && check "$cxx -std=c++11 $program.c" $cxx -std=c++11 -x c++ $warnings -I. $cxx_depth $work/$program.c
    done
    [ $header != passwd.h ] ||
        check "$compiler -std=c99 without SIMD" $compiler -std=c99 $warnings -DPASSWD_NO_SIMD $optimized -I. -c -o \
        $work/plain.o $work/implementation.c
    check "$compiler -fopenmp" $compiler -std=c99 $warnings -fopenmp -fsyntax-only -I. $work/implementation.c
done
if have gcc; then
    for standard in gnu99 c17; do
        check "gcc -std=$standard" gcc -std=$standard $warnings -fsyntax-only -I. $work/implementation.c
    done
    have g++ && for standard in c++17 c++20; do
        check "g++ -std=$standard" g++ -std=$standard -x c++ $warnings -fsyntax-only -I. $work/implementation.c
    done
    for program in often before static; do
        check "$program links" gcc -O0 -DPASSWD_NO_SIMD -I. $work/$program.c -o $work/$program -lm
        check "$program runs" $work/$program
    done
    check "two implementations link" gcc -O0 -DPASSWD_NO_SIMD -I. $work/two.c $work/other.c -o $work/two -lm
    check "two implementations run" $work/two
    if [ $header != passwd.h ]; then
        printf '#define PASSWD_IMPLEMENTATION\n#include "passwd.h"\n' > $work/core.c
        check "$header apart from passwd.h" gcc -std=c99 $warnings -I. $work/apart.c $work/core.c $work/user.c -o \
            $work/apart -lm
        check "$header apart runs" $work/apart
        for compiler in gcc clang; do # lane kernels of its own, if it has any
            have $compiler && grep -q PASSWDI_INSTANCES $header &&
                check "$compiler, kernels of $header" $compiler -std=c99 ${warnings% *} -O2 -I. -c -o $work/kernels.o \
                $work/apart.c
        done
        have g++ && grep -q PASSWDI_INSTANCES $header &&
            check "g++, kernels of $header" g++ -std=c++11 -x c++ ${warnings% *} -O1 -I. -c -o $work/kernels.o \
            $work/apart.c
    fi
    if have g++; then # a C++ program on the C implementation, and the other way round
        for pair in "gcc g++" "g++ gcc"; do
            set -- $pair
            language=c
            [ $2 = g++ ] && language=c++
            check "$2 user of $1's implementation" sh -c \
                "$2 -I. -x $language -c $work/user.c -o $work/user.o &&
                    g++ $work/user.o $work/$1.o -o $work/user -lm && $work/user"
        done
    fi
fi
# --- what macros leave out, and add: alone and as people use them together ---

lean_bits=
for macros in "" NO_TRAINING NO_JETS NO_AVX512 SSE2 "NO_TRAINING NO_JETS" "NO_TRAINING NO_JETS NO_AVX512" \
    "NO_TRAINING NO_JETS NO_SIMD"; do
    defines=
    for macro in $macros; do defines="$defines -DPASSWD_$macro"; done
    for compiler in "gcc -std=c99" "g++ -std=c++11 -x c++" "clang -std=c99"; do
        have ${compiler%% *} || continue
        check "$compiler$defines" $compiler $warnings $defines -fsyntax-only -I. $work/static.c
        check "$compiler$defines, all functions" $compiler $warnings $defines -fsyntax-only -I. $work/implementation.c
    done
    [ $header = passwd.h ] && have gcc || continue
    case $macros in *TRAINING* | SSE2) ;; *) continue ;; esac # what takes longest is compiled for the programs above
    check "gcc$defines, a program" gcc -std=c99 $warnings $defines -O1 -I. $work/lean.c -o $work/lean -lm
    [ "$macros" != "NO_TRAINING NO_JETS" ] ||
        echo "gcc -O1$defines, a program that runs a network, user and system time: $took"
    for level in auto scalar avx2; do
        got=$($work/lean $level)
        status=$?
        [ $status = 3 ] && continue
        [ -n "$lean_bits" ] || lean_bits=$got
        rm -f $work/log
        if [ $status = 0 ] && [ "$got" = "$lean_bits" ]; then good
        else bad "lean$defines, $level: status $status, bits $got, not $lean_bits"; fi
    done
done
if have tcc; then check "tcc" tcc -std=c99 -Wall -I. -c -o $work/tcc.o $work/implementation.c
else skip "tcc is not installed"; fi

# --- what is refused is refused in one sentence; the interface alone does not mind ---

refuses() { # refuses WHAT FILE COMPILER...: one error
    what=$1
    shift
    "$@" -I. -fsyntax-only > $work/log 2>&1
    if [ $? != 0 ] && [ "$(grep -c 'error:' $work/log)" = 1 ] && grep -q '#error' $work/log; then good
    else bad "$what"; fi
}
for compiler in gcc clang; do
    have $compiler || continue
    for flag in -std=c89 -std=gnu90 -ffast-math -Ofast -ffinite-math-only; do
        refuses "$compiler $flag gives one error" $compiler $flag $work/implementation.c
    done
    [ $header = passwd.h ] ||
        refuses "$compiler -ffast-math gives one error to a companion" $compiler -ffast-math $work/apart.c
    check "$compiler -ffast-math, the interface" $compiler -std=c99 $warnings -ffast-math -fsyntax-only -I. \
        $work/empty.c
    check "$compiler -ffast-math, insisting" $compiler -std=c99 $warnings -ffast-math -DPASSWD_FAST_MATH \
        -DPASSWD_NO_SIMD -fsyntax-only -I. $work/implementation.c
done
have g++ && refuses "g++ -std=c++98 gives one error" g++ -std=c++98 -x c++ $work/implementation.c

# --- the table of operations: a row that lacks a column or a kernel does not compile ---

lacks() { # lacks WHAT SCRIPT: an error once sed's script has changed the header, and none before
    mkdir -p $work/lacks
    sed "$2" $header > $work/lacks/passwd.h
    if cmp -s $header $work/lacks/passwd.h; then bad "$1: nothing to leave out"; return; fi
    gcc -std=c99 -DPASSWD_NO_SIMD -fsyntax-only -I$work/lacks $work/implementation.c > $work/log 2>&1
    if grep -q error: $work/log; then good; else bad "$1 compiles"; fi
}
if [ $header = passwd.h ] && have gcc; then
    check "the table of operations" gcc -std=c99 -DPASSWD_NO_SIMD -fsyntax-only -I. $work/implementation.c
    lacks "an operation without a column" 's/^\( *X(sum_over, .*\) none,/\1/'
    lacks "an operation with an empty column" 's/^\( *X(sum_over,\) *avx2,/\1 ,/'
    lacks "an operation without a kernel" 's/PASSWDI_K(sum_over_backward)/PASSWDI_K(other)/'
    lacks "an operation without a row" '/^ *X(sum_over,/d'
fi

# --- PASSWD_API: a shared library shows what it is told to show ---

if have gcc && have nm; then
    for show in default hidden; do
        check "PASSWD_API $show" gcc -O0 -DPASSWD_NO_SIMD -shared -fPIC -fvisibility=hidden \
            "-DPASSWD_API=__attribute__((visibility(\"$show\")))" -I. -o $work/library.so $work/implementation.c -lm
        shown=$(nm -D --defined-only $work/library.so | grep -c ' T passwd_')
        promised=$(grep -c '^PASSWD_API' $header)
        rm -f $work/log
        if { [ $show = hidden ] && [ "$shown" = 0 ]; } || { [ $show = default ] && [ "$shown" -ge "$promised" ]; }; then
            good; else bad "$show: $shown functions of $promised are shown"; fi
    done
    refuses "PASSWD_STATIC with PASSWD_API gives one error" gcc -std=c99 -DPASSWD_API=extern $work/static_types.c
fi

# --- Windows: the system's own headers first ---

printf '#define UNICODE\n#define _UNICODE\n#include <winsock2.h>\n#include <windows.h>\n' > $work/windows.c
printf '#include <rpc.h>\n#include "implementation.c"\n' >> $work/windows.c
for compiler in gcc g++; do
    windows=x86_64-w64-mingw32-$compiler-posix
    have $windows || { skip "$windows is not installed"; continue; }
    standard=-std=c99
    [ $compiler = g++ ] && standard="-std=c++11 -x c++"
    check "$windows" $windows $standard $warnings -DPASSWD_NO_SIMD -I. -fsyntax-only $work/windows.c
done

# --- symbols: nothing but passwd_* leaves, and passwdi_* only as local ---

for object in gcc clang g++ plain; do
    [ -f $work/$object.o ] || continue
    have nm || { skip "nm is not installed"; break; }
    foreign=$(nm -g --defined-only $work/$object.o | awk '{ print $NF }' | grep -v '^passwd_' | head -n 5 | tr '\n' ' ')
    rm -f $work/log
    if [ -z "$foreign" ]; then good; else bad "$object: foreign symbols $foreign"; fi
    data=$(size -A $work/$object.o | awk '$1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /rel\.ro/ && $2 > 0 { print $1 }' |
        tr '\n' ' ')
    if [ -z "$data" ]; then good; else bad "$object: variables in $data"; fi
    banned='exit|abort|__assert_fail|printf|puts|putchar|__errno_location|stdout|stderr|rand|srand|setlocale|strtod'
    calls=$(nm -u $work/$object.o | awk '{ print $NF }' |
        grep -E "^($banned|__printf_chk|__fprintf_chk)\$" | tr '\n' ' ')
    if [ -z "$calls" ]; then good; else bad "$object: calls $calls"; fi
done
[ -f $work/static.o ] && { left=$(nm -g --defined-only $work/static.o | grep -vc ' main$'); if [ "$left" = 0 ]; then
    good; else bad "PASSWD_STATIC leaves $left symbols"; fi; }

# --- the same bits ---

want=
bits() { # bits OBJECT: every fused level of that implementation gives the same number
    name=$1 linker=cc
    [ -f $work/$1.o ] || return
    [ $1 = tcc ] && linker=tcc # its arithmetic has helpers of its own
    if ! $linker -I. $work/bits.c $work/$1.o -o $work/bits -lm > $work/log 2>&1; then
        bad "$name does not link"; return
    fi
    for level in auto scalar avx2 avx512 neon; do
        got=$($work/bits $level)
        status=$?
        [ $status = 3 ] && continue # not on this processor
        [ -z "$want" ] && want=$got && echo "bits: $want"
        rm -f $work/log
        if [ $status = 0 ] && [ "$got" = "$want" ]; then good
        else bad "$name, $level: status $status, bits $got, not $want"; fi
    done
}
if [ $header = passwd.h ]; then
    if have gcc; then
        check "gcc -O0" gcc -O0 -I. -c -o $work/gcc_O0.o $work/implementation.c
    fi
    for compiler in gcc clang; do
        have $compiler &&
        check "$compiler -O3 -march=native" $compiler -O3 -march=native -I. -c -o $work/${compiler}_native.o \
        $work/implementation.c
    done
    for object in gcc gcc_O0 gcc_native plain g++ clang clang_native tcc; do bits $object; done
    # other machines: NEON, and 32 bits without a fused multiply-add
    for machine in aarch64-linux-gnu,qemu-aarch64, arm-linux-gnueabihf,qemu-arm,-DPASSWD_NO_SIMD \
        i686-linux-gnu,qemu-i386,-DPASSWD_NO_SIMD%-msse2%-mfpmath=sse; do
        cross=${machine%%,*} rest=${machine#*,}
        emulator=${rest%%,*} flags=$(echo "${rest#*,}" | tr % ' ')
        if ! have $cross-gcc || ! have $emulator; then
            skip "a cross compiler for $cross, or $emulator, is not installed"; continue; fi
        check "$cross" $cross-gcc -static -O1 $flags -I. $work/bits.c $work/implementation.c -o $work/bits_there -lm
        got=$($emulator $work/bits_there)
        rm -f $work/log
        if [ "$got" = "$want" ]; then good; else bad "$cross: bits $got, not $want"; fi
    done
fi
# what is no network, in doubles: equal on one machine for all compilers and flags, -march=native too
written=
for flags in gcc%-O0 gcc%-O2%-mfma%-mavx2 gcc%-O3%-march=native clang%-O3%-march=native tcc; do
    [ -f $work/written.c ] || break
    compiler=${flags%%%*} linker=cc
    have $compiler || continue
    [ $compiler = tcc ] && linker=tcc
    case $(uname -m),$flags in x86_64,*) ;; *,*-mfma*) continue ;; esac
    check "$flags, what is written" $(echo $flags |
        tr % ' ') -DPASSWD_NO_SIMD -I. -c -o $work/written.o $work/implementation.c
    $linker -I. $work/written.c $work/written.o -o $work/written -lm > $work/log 2>&1 && got=$($work/written)
    [ -n "$written" ] || written=$got
    rm -f $work/log
    if [ -n "$got" ] && [ "$got" = "$written" ]; then good; else bad "$flags: $got, not $written"; fi
done

# --- size ---

lines=$(wc -l < $header)
rm -f $work/log
echo "$header: $lines lines"
most=6500
case $header in
    passwd.h) most=17800 ;;     # the manual, networks, files and training, and jets
    passwd_spanet.h) most=7200 ;; # topologies, networks with inputs and heads, files for the public code, selection
    passwd_rmm.h) most=8700 ;;  # matrices, scores, fits, hunts, limits, scans
esac
if [ "$lines" -le $most ]; then good; else bad "$header has $lines lines, more than $most"; fi

if [ $skipped -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"
else echo "$passed passed, $failed failed"; fi
[ $failed -eq 0 ]
