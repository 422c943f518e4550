# For tests of commands, which source this once $work is a folder: what a command gives, counted.
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; head -n 5 $work/out $work/err; }
# gives STATUS TEXT COMMAND...: its exit status, and a text (a basic regular expression) in what it prints
gives() {
    status=$1 text=$2
    shift 2
    "$@" > $work/out 2> $work/err
    got=$?
    if [ $got = "$status" ] && cat $work/out $work/err | grep -q -e "$text"; then good
    else bad "$*: status $got, not $status with \"$text\""; fi
}
silent() { if "$@" > $work/out 2> $work/err && [ ! -s $work/out ] && [ ! -s $work/err ]; then good; else bad "$*"; fi; }
# same FILE FILE [WHAT]
same() { if cmp -s "$1" "$2"; then good; else bad "${3:-$1 and $2 differ}"; fi; }
