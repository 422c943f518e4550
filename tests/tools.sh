#!/bin/sh
# The command-line tools on the bundled events: every command runs, says what it should, and refuses what it must, losing nothing.
#   tests/tools.sh          needs build/abc and build/rmm
cd "$(dirname "$0")/.." || exit 1
work=build/tools
rm -rf $work
mkdir -p $work
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; head -n 5 $work/out $work/err; }
# gives STATUS TEXT COMMAND...: its exit status, and a text (a basic regular expression) in what it prints
gives() {
    status=$1 text=$2
    shift 2
    "$@" > $work/out 2> $work/err
    got=$?
    if [ $got = "$status" ] && cat $work/out $work/err | grep -q -e "$text"; then good; else bad "$*: status $got, not $status with \"$text\""; fi
}
head -n 2500 data/lepton_background.csv > $work/events.csv
cp $work/events.csv $work/kept.csv
rmm="build/rmm" e="--events $work/events.csv" s="--sqrt-s 13000"
small="--widths 20,5 --epochs 2 --threads 1"

for tool in abc rmm; do
    gives 0 "$tool" build/$tool --help
    gives 2 "" build/$tool
    gives 2 "" build/$tool no-such-command
done
gives 0 "" $rmm encode $e $s --out $work/inputs.csv
gives 0 "" $rmm encode $e $s --out $work/inputs.safetensors --average $work/average.png
gives 0 "top0.1" $rmm train $e $s --out $work/w.safetensors --fraction 0.1 $small
gives 0 "top0.1" $rmm score --weights $work/w.safetensors $e --out $work/scores.csv --masses
gives 0 "top0.2" $rmm regions --weights $work/w.safetensors $e --fraction 0.2 --out $work/w2.safetensors
gives 0 "window" $rmm hunt --masses $work/scores.csv --mass mje --toys 500 --plots $work/plots --out $work/spectrum.csv
gives 0 '"significance"' $rmm hunt --histogram $work/spectrum.csv --toys 500 --json
gives 0 "observed" $rmm limits --histogram $work/spectrum.csv --mass 500 --width 0,0.15
gives 0 "all tables" $rmm search $e $s --weights $work/w.safetensors --toys 200 --signal data/lepton_hplus_800.csv --signal-mass 800 --out $work/search
for file in $work/average.png $work/plots/spectrum.png $work/plots/tomography.png $work/plots/toys.png $work/search/score.png $work/search/summary.json $work/search/limits.csv; do
    if [ -s $file ]; then good; else bad "$file was not written"; fi
done
# the same bits for any number of threads
$rmm train $e $s --out $work/t2.safetensors --widths 300,5 --epochs 1 --threads 2 > $work/out 2>&1
$rmm train $e $s --out $work/t1.safetensors --widths 300,5 --epochs 1 --threads 1 > $work/out 2>&1
if cmp -s $work/t1.safetensors $work/t2.safetensors; then good; else bad "weights depend on the threads"; fi

gives 1 "MeV" $rmm encode $e --sqrt-s 13000000 --out $work/x.csv
gives 2 "" $rmm encode $e --out $work/x.csv --no-such-option
gives 1 "no-such-file" $rmm score --weights $work/no-such-file $e --out $work/x.csv
gives 1 "" $rmm score --weights data/abc.safetensors $e --out $work/x.csv
gives 1 "" build/abc run --weights $work/w.safetensors $e --out $work/x.csv
gives 2 "overwritten" $rmm regions --weights $work/w.safetensors $e --fraction 0.2 --out $work/events.csv
gives 2 "overwritten" $rmm hunt --masses $work/scores.csv --mass mje --toys 10 --out $work/scores.csv
printf 'event,object,pt,eta,phi,m\n1,met,30,0,1,0\n1,tau,50,0,2,1.8\n' > $work/tau.csv
gives 1 "tau" $rmm encode --events $work/tau.csv $s --out $work/x.csv
gives 0 "" $rmm encode --events $work/tau.csv $s --skip-others --out $work/x.csv
mkdir -p $work/inside && cp $work/events.csv $work/inside/scores.csv
gives 2 "written anew" $rmm search --events $work/inside/scores.csv $s --weights $work/w.safetensors --out $work/inside
printf 'event,object,pt,eta,phi,m\n1,met,30000,0,1,0\n1,j,50000,0,2,1800\n' > $work/mev.csv
gives 1 "MeV" $rmm encode --events $work/mev.csv $s --out $work/x.csv
printf 'low,high,data,background\n' > $work/empty.csv
gives 1 "no rows" $rmm hunt --histogram $work/empty.csv
printf 'low,high,data,background\n1,2,3,2\n2,3,1,0\n' > $work/zero.csv
gives 1 "2 to 3" $rmm hunt --histogram $work/zero.csv
if cmp -s $work/events.csv $work/kept.csv; then good; else bad "the events were changed"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
