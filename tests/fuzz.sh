#!/bin/sh
# Every reader of files against libFuzzer, a few seconds each, from the test's own beginnings.
#   tests/fuzz.sh [SECONDS]
cd "$(dirname "$0")/.." || exit 1
work=build/check/fuzz
mkdir -p $work
clang -g -O1 -DPASSWD_NO_SIMD -DPASSWD_IMPLEMENTATION -DFUZZ -fsanitize=fuzzer,address,undefined \
    -fno-sanitize-recover=all -I. tests/fuzz.c -o $work/fuzz -lm || exit 1
targets=$($work/fuzz list) || exit 1
for target in $targets; do mkdir -p $work/seeds/$target $work/scratch/$target; done
SCRATCH=$work/scratch $work/fuzz seeds $work/seeds || exit 1
passed=0 failed=0
for target in $targets; do
    if FUZZ=$target SCRATCH=$work/scratch/$target $work/fuzz -max_total_time="${1:-4}" -timeout=10 -rss_limit_mb=1024 \
        -max_len=16384 -verbosity=0 \
        -print_final_stats=0 -artifact_prefix=$work/${target}_ $work/seeds/$target > $work/log 2>&1; then
            passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $target"
        tail -n 40 $work/log
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
