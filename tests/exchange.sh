#!/bin/sh
# What others read: HistFactory workspaces hold the model of the limit, as an independent reader finds, and HEPData
# files are whole.
#   tests/exchange.sh       needs build/rmm; Python with numpy and scipy for the reader, with yaml for HEPData
cd "$(dirname "$0")/.." || exit 1
work=build/exchange rmm=build/rmm
rm -rf $work
mkdir -p $work
passed=0 failed=0 skipped=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; }
python=
for try in "${PYTHON:-python3}" python3 /usr/bin/python3; do
    if [ -z "$python" ] && "$try" -c 'import numpy, scipy' 2> /dev/null; then python=$try; fi
done
# A steep spectrum with the fluctuations of a small generator of its own; a second one with others.
spectrum() {
    awk -v seed="$1" -v events="$2" 'function uniform() { seed = (seed * 69069 + 12345) % 4294967296;
        return (seed + 0.5) / 4294967296 }
        BEGIN { print "low,high,data"
            for (n = 0; n == 0 || low[n - 1] < 4000; n++) low[n] = n ? low[n - 1] * 1.0305 : 300
            for (k = 0; k + 1 < n; k++) { x = (low[k] + low[k + 1]) / 26000;
                f[k] = exp(10 * log(1 - x) - 5 * log(x)) * (low[k + 1] - low[k]); sum += f[k] }
            for (k = 0; k + 1 < n; k++) {
                m = events * f[k] / sum
                count = int(m + sqrt(m) * sqrt(-2 * log(uniform())) * cos(6.2831853 * uniform()) + 0.5)
                printf "%.10g,%.10g,%d\n", low[k], low[k + 1], (count > 0 ? count : 0)
            } }'
}
spectrum 1 20000 > $work/a.csv
spectrum 7 5000 > $work/b.csv
$rmm hunt --histogram $work/a.csv --sqrt-s 13000 --toys 0 --out $work/own.csv > /dev/null 2> $work/err ||
    bad "no spectrum with a background of its own"

# The same limit, within 1 %, as the independent reader finds in the workspace.
agree() {
    if ! $rmm limits "$@" --toys 0 --threads 1 --out $work/limit.csv --pyhf $work/model.json \
        > $work/out 2> $work/err; then
        bad "rmm limits $*: $(cat $work/err)"; return; fi
    if [ -z "$python" ]; then skipped=$((skipped + 1)); return; fi
    other=$($python tests/read_pyhf.py $work/model.json 2> $work/err | cut -d' ' -f1)
    here=$(tail -n 1 $work/limit.csv | cut -d, -f4)
    if awk -v a="$here" -v b="${other:-0}" 'BEGIN { exit !(a > 0 && b > 0.99 * a && b < 1.01 * a) }'; then good
    else bad "rmm limits $*: $here, the reader finds $other $(tail -n 1 $work/err)"; fi
}
agree --histogram $work/a.csv --sqrt-s 13000 --mass 700
agree --histogram $work/a.csv --mass 900 --width 0.1
agree --histogram $work/a.csv --histogram $work/b.csv --sqrt-s 13000 --mass 700 --shares 0.7,0.3 \
    --luminosity-uncertainty 0.2 --resolution-uncertainty 0.1
agree --histogram $work/own.csv --background file --mass 700 --normalisation 0.02 --efficiency-uncertainty 0.1
agree --histogram $work/a.csv --histogram $work/own.csv --background exponential --parameters 3 --blind 400,450 \
    --mass 1000
[ -n "$python" ] || echo "skipped: no Python with numpy and scipy"

# Every table of a submission is there, and its columns are of one length.
whole() {
    if [ -z "$python" ] || ! $python -c 'import yaml' 2> /dev/null; then skipped=$((skipped + 1)); return; fi
    if $python - "$1" "$2" 2> $work/err << 'END'; then good; else bad "HEPData of $1: $(tail -n 1 $work/err)"; fi
import sys, yaml
tables = [d for d in yaml.safe_load_all(open(sys.argv[1] + "/submission.yaml")) if "data_file" in d]
assert len(tables) == int(sys.argv[2]), len(tables)
for t in tables:
    assert t["name"] and t["description"] and t["keywords"]
    d = yaml.safe_load(open(sys.argv[1] + "/" + t["data_file"]))
    columns = d["independent_variables"] + d["dependent_variables"]
    assert len({len(c["values"]) for c in columns}) == 1 and len(columns[0]["values"]) > 0
    assert all(c["header"]["name"] for c in columns)
    assert all("value" in v for c in d["dependent_variables"] for v in c["values"])
END
}
a="--histogram $work/a.csv --sqrt-s 13000"
$rmm limits $a --toys 0 --points 4 --width 0,0.1 --hepdata $work/limits > /dev/null 2> $work/err ||
    bad "rmm limits --hepdata"
$rmm hunt $a --toys 100 --hepdata $work/hunt > /dev/null 2> $work/err || bad "rmm hunt --hepdata"
$rmm scan $a --toys 20 --hepdata $work/scan > /dev/null 2> $work/err || bad "rmm scan --hepdata"
whole $work/limits 2
whole $work/hunt 2
whole $work/scan 2
if $rmm limits $a --toys 0 --pyhf $work/x.json > /dev/null 2>&1; then bad "--pyhf without a mass"; else good; fi
if [ -e $work/x.json ]; then bad "a workspace of no mass"; else good; fi

if [ $skipped -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"
else echo "$passed passed, $failed failed"; fi
[ $failed -eq 0 ]
