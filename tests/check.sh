#!/bin/sh
# The wider checks: compilers, languages, sanitizers, other machines, fuzzing. What is not installed is skipped, and
# said so.
#   tests/check.sh [name ...]     only those steps
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/check
list=build/check/list
: > $list

have() { command -v "$1" > /dev/null 2>&1; }
# step NAME COMMAND: a command for tests/run.sh
step() { printf '%s\t%s\n' "$1" "$2" >> $list; }
skip() { step "$1" "echo 'skipped: $1: $2 is not installed'; echo '0 passed, 0 failed, 1 skipped'"; }
# programs NAME COMPILER FLAGS TESTS [RUNNER]: the implementation compiled once so, and tests that link it; those of
# $quick run short
programs() {
    settings="JOBS=1 OPENMP= BUILD='build/check/$1' CC='$2' CFLAGS='$3' NAMES='$4' RUNNER='$5' QUICK='$quick'"
    step "$1" "MAKEFLAGS= make -s $settings programs"
}
quick="bits ops chains jet_networks jets features golden hunt limits rest fuzz partition"
plain=-DPASSWD_NO_SIMD # kernels take most of the time to compile: where a test is about other things, they are left out

# what takes longest comes first
for machine in aarch64 s390x; do # other lanes; other bytes
    tests="golden bits ops jets features partition"
    [ $machine = s390x ] && tests="golden files fuzz rmm jets"
    if have $machine-linux-gnu-gcc && have qemu-$machine; then
        programs $machine "$machine-linux-gnu-gcc -static" -O2 "$tests" qemu-$machine
    else skip $machine "a cross compiler or qemu"; fi
done
# 32 bits, little and big: sizes that wrap, x87's long floats (whose bits nobody promises) and SSE's
if have arm-linux-gnueabihf-gcc && have qemu-arm; then
    programs armhf "arm-linux-gnueabihf-gcc -static" "-O2 $plain" "golden api rmm" qemu-arm
else skip armhf "a cross compiler or qemu"; fi
if have i686-linux-gnu-gcc && have qemu-i386; then
    programs i686 "i686-linux-gnu-gcc -static -msse2 -mfpmath=sse" "-O2 $plain" "api topology" "qemu-i386 -cpu max"
    programs x87 "i686-linux-gnu-gcc -static" "-O2 $plain" "golden rmm" qemu-i386
else skip i686 "a cross compiler or qemu"; fi
# other systems: Windows by MinGW and Wine, WebAssembly by clang and Node
windows=x86_64-w64-mingw32-gcc-posix wine=$(command -v wine64 || command -v wine ||
    ls /usr/lib/wine/wine64 2> /dev/null)
if have $windows && [ "$wine" ]; then
    cat > build/check/wine.sh << END
program=\$1 # MinGW adds .exe to it
shift
[ -f "\$program.exe" ] && program=\$program.exe
WINEDEBUG=-all WINEPREFIX=$PWD/build/check/wine $wine "\$program" "\$@" | tr -d '\\r'
END
    programs windows "$windows -static" -O1 "golden bits" "sh build/check/wine.sh"
else skip windows "MinGW-w64 or Wine"; fi
cat > build/check/wasi.mjs << 'END'
import { WASI } from 'node:wasi';
import { readFileSync } from 'node:fs';
const args = process.argv.slice(2), wasi = new WASI({ version: 'preview1', args, env: process.env, preopens: {
    '.': '.' } });
process.exit(wasi.start(await WebAssembly.instantiate(new WebAssembly.Module(readFileSync(args[0])),
    wasi.getImportObject())) ?? 0);
END
wasm="clang --target=wasm32-wasi --sysroot=/usr"
if have node && node --no-warnings -e 'new (require("node:wasi").WASI)({ version: "preview1" })' 2> /dev/null &&
    have clang && echo 'int main(void){return 0;}' | $wasm -x c - -o build/check/try.wasm 2> /dev/null; then
    programs wasm "$wasm" "-O1 $plain" "golden bits" "node --no-warnings build/check/wasi.mjs"
else skip wasm "wasi-libc, its compiler or Node"; fi
if have gcc; then
    sanitized="gcc -fsanitize=address,undefined -fno-sanitize-recover=all"
    tests="golden api files fuzz chains jet_networks rmm autoencoder hunt limits rest topology assignment"
    programs sanitized "$sanitized" "-g -O1 $plain" "$tests spanet jets features reweight"
    programs sanitized_kernels "$sanitized" "-g -O1" ops
else skip sanitized gcc; fi
if have mpicc && have mpirun; then step mpi "sh tests/mpi.sh"; else skip mpi "OpenMPI or MPICH"; fi
for header in passwd*.h; do step headers "sh tests/headers.sh $header"; done
fuzzer='int LLVMFuzzerTestOneInput(const char *d, unsigned long n)'
if have clang && printf '%s;%s{(void)d;(void)n;return 0;}' "$fuzzer" "$fuzzer" |
    clang -fsanitize=fuzzer,address,undefined -x c - -o build/check/try 2> /dev/null; then
    step fuzz "sh tests/fuzz.sh"
else skip fuzz "libFuzzer of clang"; fi
if have clang; then
    programs clang clang -O2 "golden ops spanet api files hunt jets"
    programs clang_c++ clang++ "-std=c++11 -O1 $plain -x c++" api
    programs clang_native clang "-O3 -march=native" bits
else skip clang clang; fi
if have g++; then
    programs gcc_c++ g++ "-std=c++11 -O1 -x c++" \
    "golden api files rmm limits topology assignment spanet jets reweight jet_networks"; else skip gcc_c++ g++; fi
if have gcc; then
    programs gcc_native "gcc -fopenmp" "-O3 -march=native" "bits ops jets"
    programs gcc_no_simd gcc "-O2 $plain" "golden ops"
    case $(uname -m) in x86_64 | i?86) programs gcc_sse2 gcc "-O1 -DPASSWD_SSE2" "golden bits ops" ;; esac
else skip gcc gcc; fi
if have tcc; then programs tcc tcc -std=c99 "golden files rmm topology assignment jets ops"; else skip tcc tcc; fi

tab=$(printf '\t')
chosen=" $* "
set --
while IFS="$tab" read -r name command; do
    [ "$chosen" = "  " ] || [ "${chosen#* "$name" }" != "$chosen" ] || continue
    set -- "$@" "$command"
done < $list
sh tests/run.sh -j "${JOBS:-2}" "$@"
