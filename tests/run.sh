#!/bin/sh
# Runs every argument as a command and adds up their last lines "N passed, N failed[, N skipped]". A command that ends
# badly without counting a failure is a failure of its own. Failures are repeated before the total.
#   tests/run.sh [-j N] build/test_ops build/test_bits "make check"       N at a time, each shown when it has ended
if [ "$1" = --one ]; then # in a process of its own: the command in the file $2
    start=$(date +%s)
    if [ "$3" = 1 ]; then
        printf '== %s\n' "$(cat "$2")"
        { sh "$2"; echo $? > "$2.status"; } 2>&1 | tee "$2.log"
    else
        sh "$2" > "$2.log" 2>&1
        echo $? > "$2.status"
    fi
    status=$(cat "$2.status") command=$2 parallel=$3
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$2.log" | tail -n 1)
    set -- $line
    p=${1:-0} f=${3:-0} s=${5:-0}
    if [ -z "$line" ] || { [ "$status" != 0 ] && [ "$f" = 0 ]; }; then
        printf 'failed: ended with status %s\n' "$status" >> "$command.log"
        [ "$parallel" = 1 ] && tail -n 1 "$command.log"
        f=$((f + 1))
    fi
    echo $p $f $s > "$command.count"
    seconds=$(($(date +%s) - start))
    if [ "$parallel" = 1 ]; then printf '   (%d s)\n' $seconds
    else
        { printf '== %s (%d s)\n' "$(cat "$command")" $seconds; cat "$command.log"; } > "$command.text"
        cat "$command.text" # in one piece
    fi
    exit 0
fi

parallel=1
if [ "$1" = -j ]; then
    parallel=$2
    shift 2
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
n=1000
for command; do
    n=$((n + 1))
    printf '%s\n' "$command" > "$work/$n"
done
ls "$work"/* | xargs -P "$parallel" -I '{}' sh "$0" --one '{}' "$parallel"
while [ $n -gt 1000 ]; do # one that was killed has not failed silently
    [ -f "$work/$n.count" ] || { echo 'failed: it was killed' >> "$work/$n.log"; echo 0 1 0 > "$work/$n.count"; }
    n=$((n - 1))
done
for count in "$work"/*.count; do
    read -r p f s < "$count"
    [ "$f" = 0 ] || { printf '== failed: %s\n' "$(cat "${count%.count}")"; grep -A 2 'failed: ' "${count%.count}.log" |
        tail -n 20; }
done
cat "$work"/*.count | awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed", p, f;
    if (s) printf ", %d skipped", s; printf "\n"; exit f > 0 }'
