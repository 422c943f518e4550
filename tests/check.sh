#!/bin/sh
# The wider checks: compilers, languages, sanitizers, other machines, fuzzing. What is not installed is skipped, and said so.
#   tests/check.sh [name ...]     only those steps
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/check
list=build/check/list
: > $list

have() { command -v "$1" > /dev/null 2>&1; }
# step NAME COMMAND: a command for tests/run.sh
step() { printf '%s\t%s\n' "$1" "$2" >> $list; }
skip() { step "$1" "echo 'skipped: $1: $2 is not installed'; echo '0 passed, 0 failed, 1 skipped'"; }
# built NAME COMPILER TEST [ARGUMENTS [RUNNER]]: compiles tests/TEST.c and runs it
built() { step "$1" "$2 -I. tests/$3.c -o build/check/$1_$3 -lm && $5 build/check/$1_$3 $4"; }

for header in passwd*.h; do step headers "sh tests/headers.sh $header"; done
plain=-DPASSWD_NO_SIMD # kernels take most of the time to compile: where a test is about other things, they are left out
if have clang; then
    built clang "clang -O2 -x c" ops
    for t in golden spanet api files hunt jets; do built clang "clang -O2 $plain -x c" $t; done
    built clang_c++ "clang++ -std=c++11 -O1 $plain -x c++" api
    built clang_native "clang -O3 -march=native" bits quick
else skip clang clang; fi
if have g++; then
    built gcc_c++ "g++ -std=c++11 -O1 -x c++" golden
    for t in api files rmm limits topology assignment spanet jets reweight jet_networks; do built gcc_c++ "g++ -std=c++11 -O1 $plain -x c++" $t; done
else skip gcc_c++ g++; fi
if have gcc; then
    built gcc_O0 "gcc -O0" golden
    built gcc_native "gcc -O3 -march=native -fopenmp" bits quick
    built gcc_native "gcc -O3 -march=native" ops quick
    built gcc_no_simd "gcc -O2 $plain" ops quick
    built gcc_no_simd "gcc -O2 $plain" golden
    sanitized="gcc -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all"
    built sanitized "$sanitized" ops quick
    for t in golden spanet api files fuzz rmm autoencoder hunt limits topology assignment jets reweight; do built sanitized "$sanitized $plain" $t; done
    for t in chains jet_networks; do built sanitized "$sanitized $plain" $t quick; done
else skip gcc gcc; fi
if have tcc; then for t in golden files rmm autoencoder topology assignment jets; do built tcc "tcc -std=c99" $t; done; built tcc "tcc -std=c99" ops quick; else skip tcc tcc; fi
for machine in aarch64 s390x; do
    if have $machine-linux-gnu-gcc && have qemu-$machine; then
        built $machine "$machine-linux-gnu-gcc -O2 -static" golden "" qemu-$machine
        for t in files fuzz rmm topology jets; do built $machine "$machine-linux-gnu-gcc -O2 -static $plain" $t "" qemu-$machine; done
        for t in ops bits; do built $machine "$machine-linux-gnu-gcc -O2 -static" $t quick qemu-$machine; done
    else skip $machine "a cross compiler or qemu"; fi
done
if have clang && printf 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n);int LLVMFuzzerTestOneInput(const char *d, unsigned long n){(void)d;(void)n;return 0;}' |
    clang -fsanitize=fuzzer,address,undefined -x c - -o build/check/try 2> /dev/null; then
    for target in 0 1 2 3 4 5; do
        step fuzz "clang -g -O1 $plain -DFUZZ=$target -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -I. tests/fuzz.c -o build/check/fuzz$target -lm && \
            build/check/fuzz$target -max_total_time=20 -timeout=10 -rss_limit_mb=1024 -max_len=16384 -verbosity=0 -print_final_stats=0 -artifact_prefix=build/check/ && echo '1 passed, 0 failed'"
    done
else skip fuzz "libFuzzer of clang"; fi

# two steps at a time; what each printed, in order, when all are done
tab=$(printf '\t')
chosen=" $* "
rm -f build/check/step_*
n=100
while IFS="$tab" read -r name command; do
    [ $# -eq 0 ] || [ "${chosen#* "$name" }" != "$chosen" ] || continue
    n=$((n + 1))
    printf '%s\n' "$command" > build/check/step_$n
done < $list
ls build/check/step_* | xargs -P "${JOBS:-2}" -n 1 sh -c 'start=$(date +%s); sh tests/run.sh "$(cat "$0")" > "$0.log" 2>&1
    printf "%s: %s, %d s: %s\n" "${0##*/}" "$(tail -n 1 "$0.log")" $(($(date +%s) - start)) "$(cut -c 1-90 "$0")"'
for log in build/check/step_*.log; do sed '$d' "$log"; done
for log in build/check/step_*.log; do tail -n 1 "$log" | grep -q ' 0 failed' || { echo "failed: ${log%.log}"; grep -A 2 failed: "$log" | tail -n 20; }; done
for log in build/check/step_*.log; do tail -n 1 "$log"; done |
    awk '{ p += $1; f += $3; s += $5 } END { printf "%d passed, %d failed", p, f; if (s) printf ", %d skipped", s; printf "\n"; exit f > 0 }'
