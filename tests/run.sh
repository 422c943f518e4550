#!/bin/sh
# Runs every argument as a command, shows what it prints and adds up their last lines "N passed, N failed[, N skipped]". A command
# that ends badly without counting a failure is a failure of its own. What failed is said once more before the total.
#   tests/run.sh build/test_ops build/test_bits "make check"
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
again=$(mktemp) || exit 1
trap 'rm -f "$log" "$again"' EXIT
for command; do
    printf '== %s\n' "$command"
    { sh -c "$command"; printf '\nexit status %d\n' $?; } 2>&1 | tee "$log" | sed '/^exit status [0-9]*$/d'
    status=$(sed -n 's/^exit status //p' "$log" | tail -n 1)
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" | tail -n 1)
    set -- $line
    p=${1:-0} f=${3:-0} s=${5:-0}
    if [ -z "$line" ] || { [ "$status" != 0 ] && [ "$f" = 0 ]; }; then
        printf '%s: failed: ended with status %s\n' "$command" "$status"
        f=$((f + 1))
    fi
    [ "$f" = 0 ] || { printf '== %s: %s\n' "$command" "${line:-exit status $status}"; grep -A 2 failed: "$log" | tail -n 20; } >> "$again"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
cat "$again"
if [ $skipped -gt 0 ]; then printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
else printf '%d passed, %d failed\n' $passed $failed; fi
[ $failed -eq 0 ]
