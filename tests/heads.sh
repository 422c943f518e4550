#!/bin/sh
# Regressions and classifications of SPANet from the command line: topologies with heads are trained, run and evaluated
# on top pairs with columns that are made here; figures are computed again from what run writes, rivals find what they
# can, and wrong columns are refused.
#   tests/heads.sh          needs build/spanet
cd "$(dirname "$0")/.." || exit 1
work=build/heads
rm -rf $work
mkdir -p $work
. tests/commands.sh

# HT is linear in what the rival reads, seven jets or more are separated by it; the mass of a top and its b's momentum
# are known where its jets are; two, three or more tags are not known to the rival
awk -F, -v OFS=, 'function flush(k, many, mass, class) {
        many = rows >= 7
        if (ht < 300) many = ""
        mass = n == 3 ? sqrt(e * e - x * x - y * y - z * z) : ""
        class = tags < 2 ? -1 : tags > 3 ? 2 : tags - 2
        for (k = 1; k <= rows; k++) print line[k], ht, many, mass, b, class
        rows = ht = n = e = x = y = z = tags = 0; b = ""
    }
    NR == 1 { print $0, "EVENT/ht", "EVENT/signal", "t1/PARTICLE/mass", "t1/b/pt", "EVENT/tags"; next }
    $1 != at { flush(); at = $1 }
    { line[++rows] = $0; ht += $2; tags += $6 }
    $7 ~ /^t1/ { pz = $2 * (exp($3) - exp(-$3)) / 2; n++; x += $2 * cos($4); y += $2 * sin($4); z += pz
        e += sqrt($5 * $5 + $2 * $2 + pz * pz); if ($7 == "t1/b") b = $2 }
    END { flush() }' data/ttbar.csv > $work/top.csv
cat > $work/heads.ini << 'END'
[SOURCE]
m = log_normalize
pt = log_normalize
eta = normalize
phi = normalize
btag = none
[EVENT]
particles = (t1, t2)
permutations = [(t1, t2)]
[t1]
jets = (q1, q2, b)
permutations = [(q1, q2)]
[t2]
jets = (q1, q2, b)
permutations = [(q1, q2)]
[REGRESSIONS]
EVENT/ht = gaussian
t1/PARTICLE/mass = laplacian
t1/b/pt = gaussian
[CLASSIFICATIONS]
EVENT/signal = 0
EVENT/tags = 0
END
spanet="build/spanet" e="--events $work/top.csv" w="--weights $work/w.safetensors"
few="--count 600 --set hidden_dim=16 --set num_encoder_layers=1 --set num_attention_heads=2"
few="$few --set linear_block_type=Basic --set validation=0.1"
tiny="--topology $work/heads.ini $few --epochs 2"

# training
gives 0 "EVENT/ht: loss [0-9.]*, [0-9.]* on the events set aside; a constant has 1" $spanet train $tiny $e \
    --out $work/w.safetensors --threads 1 --log $work/log.csv --plots $work/plots
for text in "EVENT/ht: 600 events with its truth" "t1/b/pt: [345][0-9]* events with its truth" \
    "EVENT/signal: [0-9]* events with its truth; of the classes from 0 on: [1-9][0-9]*, [1-9][0-9]*$" \
    "EVENT/tags: .* from 0 on: [0-9]*, [0-9]*, [0-9]*$" "EVENT/tags: loss [0-9.]*, .*a constant has 0.[0-9]*$"; do
    if grep -q "$text" $work/err; then good; else bad "training does not say \"$text\""; fi
done
if head -n 1 $work/log.csv | grep -q ",EVENT/ht,t1/PARTICLE/mass,t1/b/pt,EVENT/signal,EVENT/tags,validation$"
then good; else bad "the log has no losses of heads"; fi
gives 0 "EVENT/ht: loss" $spanet train $tiny $e --out $work/w2.safetensors --threads 2
# a head that nothing would reach learns no constant instead
gives 0 "num_jet_encoder_layers is 1 instead of 0" $spanet train $tiny $e --count 200 --epochs 1 \
    --out $work/y.safetensors
rm -f $work/y.safetensors
gives 1 "t1/b/pt could learn nothing but a constant: no event reaches it where \"num_jet_encoder_layers\" is 0" \
    $spanet train $tiny $e --set num_jet_encoder_layers=0 --out $work/y.safetensors
same $work/w.safetensors $work/w2.safetensors "weights depend on the threads"
gives 0 "EVENT/ht: loss" $spanet train $w $e --count 300 --epochs 1 --out $work/fine.safetensors
gives 0 "EVENT/signal: loss" $spanet train $tiny $e --set regression_loss_scale=0 --set balance_classifications=1 \
    --out $work/balanced.safetensors
if grep -q "EVENT/ht: loss" $work/err; then bad "a head that is not trained has a loss"; else good; fi

# run: the columns of a network without heads, and more
silent $spanet run $w $e --out $work/run.csv --keep '$EVENT/ht,$t1/b/pt,$EVENT/signal,EVENT/tags' --threads 1
silent $spanet run $w $e --out $work/run2.csv --keep '$EVENT/ht,$t1/b/pt,$EVENT/signal,EVENT/tags' --threads 2
same $work/run.csv $work/run2.csv "what heads say depends on the threads"
printf '%s%s%s%s\n' event,particle,jets,probability,detection,pt,eta,phi,m \
    ,EVENT/ht.value,t1/PARTICLE/mass.value,t1/b/pt.value,EVENT/signal.class,EVENT/signal.p0,EVENT/signal.p1 \
    ,EVENT/tags.class,EVENT/tags.p0,EVENT/tags.p1,EVENT/tags.p2 ,EVENT/ht,t1/b/pt,EVENT/signal,EVENT/tags \
    > $work/header.csv
head -n 1 $work/run.csv > $work/header1.csv
same $work/header.csv $work/header1.csv "the header of a network with heads"
if awk -F, 'function off(x) { return x > 1e-6 || x < -1e-6 }
    NR > 1 && (NF != 23 || off($14 + $15 - 1) || off($17 + $18 + $19 - 1) || $13 != ($15 > $14)) { wrong = 1 }
    NR > 1 { for (k = 17; k <= 19; k++) if ($(17 + $16) < $k) wrong = 1 }
    NR % 2 == 1 { for (k = 10; k <= 23; k++) if (NR > 1 && $k != before[k]) wrong = 1 }
    { for (k = 10; k <= 23; k++) before[k] = $k } END { exit wrong || NR != 2001 }' $work/run.csv; then good
else bad "probabilities of classes"; fi
gives 1 "EVENT/signal.p1 is a column of the answers already" $spanet run $w $e --out $work/y.csv --keep EVENT/signal.p1
silent $spanet run --weights $work/balanced.safetensors $e --out $work/run2.csv
if awk -F, 'NR > 1 && ($10 $11 $12 != "" || $14 + $15 < 0.99) { wrong = 1 } END { exit wrong }' $work/run2.csv
then good; else bad "heads that were not trained have no value"; fi

# evaluate: the figures again, from the answers of run
gives 0 "rivals learnt from 600 events of .*, from number 0 on" $spanet evaluate $w $e --first 600 --threads 2 \
    --plots $work/plots --out $work/table.csv
for text in "EVENT/ht, gaussian, 400 events" "! worse than linear regression ([0-9.]* sigma)" "EVENT/tags, classes" \
    "! .* than logistic regression" "true class, and the likeliest one"; do
    if grep -q "$text" $work/out; then good; else bad "evaluate does not say \"$text\""; fi
done
for file in residual_EVENT_ht residual_t1_PARTICLE_mass residual_t1_b_pt roc_EVENT_signal confusion_EVENT_signal \
    roc_EVENT_tags confusion_EVENT_tags loss; do
    if [ -s $work/plots/$file.png ]; then good; else bad "$file.png was not written"; fi
done
figure() { # figure HEAD METHOD COLUMN
    awk -F, -v head="$1" -v method="$2" -v column="$3" 'NR == 1 { for (k = 1; k <= NF; k++) name[$k] = k; fields = NF }
        NF != fields { print "fields" } $name["head"] == head && $name["method"] == method && $name["class"] == "" {
            print $name[column] }' $work/table.csv
}
near() { # near TEXT A B: within two millionths
    if awk -v a="$2" -v b="$3" 'BEGIN { d = a - b; s = a < 0 ? 1e-3 - a : 1e-3 + a
        exit !(a != "" && b != "" && d * d <= 4e-12 * s * s) }'; then good; else bad "$1: $2, not $3"; fi
}
awk -F, 'NR % 2 == 1 || NR == 1 { next }
    $1 < 600 { n++; mean += $20; next }
    { if (!judged++) mean /= n
        off = $10 - $20; bias += off; square += off * off; off = mean - $20; rival += off * off
        if ($21 != "") { off = $12 - $21; b += off < 0 ? -off : off; bs++ } }
    $22 != "" { right += $13 == $22; signals++; entropy -= log($(14 + $22)) }
    $22 != "" { for (k in truth) if (truth[k] != $22) { pairs++; sign = truth[k] < $22 ? $15 - p[k] : p[k] - $15
            above += sign > 0 ? 1 : sign < 0 ? 0 : 0.5 }
        truth[NR] = $22; p[NR] = $15 }
    END { printf "%.12g %.12g %.12g %.12g %.12g %.12g %.12g\n", bias / judged, sqrt(square / judged),
        sqrt(rival / judged), b / bs, right / signals, entropy / signals, above / pairs }' $work/run.csv > $work/mine
read -r bias rms mean b right entropy area < $work/mine
near "bias" "$(figure EVENT/ht spanet bias)" $bias
near "RMS" "$(figure EVENT/ht spanet rms)" $rms
near "RMS of the mean" "$(figure EVENT/ht constant rms)" $mean
near "mean absolute residual" "$(figure t1/b/pt spanet mean_absolute)" $b
near "accuracy" "$(figure EVENT/signal spanet accuracy)" $right
near "cross-entropy" "$(figure EVENT/signal spanet cross_entropy)" $entropy
near "area" "$(figure EVENT/signal spanet area)" $area
# rivals find what is linear, and nothing in what they do not see
if awk -v a="$(figure EVENT/ht regression rms)" -v c="$mean" 'BEGIN { exit !(a > 0 && a < 0.001 * c) }'; then good
else bad "a linear regression does not find HT"; fi
if awk -v a="$(figure EVENT/signal regression accuracy)" -v b="$(figure EVENT/tags regression area)" \
    'BEGIN { exit !(a > 0.99 && b > 0.4 && b < 0.75) }'; then good; else bad "a logistic regression"; fi
gives 0 '"heads":\[{"name":"EVENT/ht".*"verdict":"worse".*"confusion":\[\[' $spanet evaluate $w $e --first 600 --json
# without other events the constant is that of the judged ones; events are never learnt from and judged
gives 0 "rivals have no events but the judged ones" $spanet evaluate $w $e --count 300
if grep -q "mean\* " $work/out && grep -q "frequencies\* " $work/out && ! grep -q "^  l[a-z]* regression" $work/out
then good; else bad "rivals without other events"; fi
gives 0 "some events of --chi2-events are judged" $spanet evaluate $w $e --first 600 --chi2-events 500,200
gives 0 "some events of --chi2-fit are judged" $spanet evaluate $w $e --first 600 --chi2-fit $work/top.csv
gives 0 "learnt from 300 events .* from number 100 on" $spanet evaluate $w $e --first 600 --chi2-events 100,300
awk -F, 'NR == 1 || $1 < 400' $work/top.csv > $work/other.csv
awk -F, 'NR == 1 || $1 >= 400' $work/top.csv > $work/judged.csv
gives 0 "learnt from 400 events of $work/other.csv" $spanet evaluate $w --events $work/judged.csv --chi2-fit \
    $work/other.csv
gives 0 "rivals have no events" $spanet evaluate $w --events - --tagging none < $work/judged.csv
gives 0 "not trained: the scale of its loss is 0" $spanet evaluate --weights $work/balanced.safetensors $e --first 600
if grep -q "EVENT/signal, classes with the weights of the training" $work/out; then good; else bad "balance"; fi
# weights: with 1 and 0 as if the others were not there; negative ones count
awk -F, -v OFS=, '{ print $0, NR == 1 ? "weight" : $1 % 2 }' $work/top.csv > $work/odd.csv
awk -F, 'NR == 1 || $1 % 2' $work/top.csv > $work/only_odd.csv
for k in odd only_odd; do
    $spanet evaluate $w --events $work/$k.csv --tagging none --out $work/table.csv > $work/out 2> $work/err
    grep '^head' $work/table.csv | cut -d, -f 1-3,5- > $work/table_$k.csv
done
if [ -s $work/table_odd.csv ]; then good; else bad "there are no rows of heads"; fi
same $work/table_odd.csv $work/table_only_odd.csv "events of weight 0 count for heads"
awk -F, -v OFS=, '{ print $0, NR == 1 ? "weight" : $1 % 5 ? 1 : -0.5 }' $work/top.csv > $work/negative.csv
gives 0 "EVENT/ht, gaussian, 400 events" $spanet evaluate $w --events $work/negative.csv --first 600
gives 1 "weight that is negative" $spanet train $tiny --events $work/negative.csv --out $work/y.safetensors

# wrong columns
cut -d, -f 1-7,9- $work/top.csv > $work/wrong.csv
gives 1 "wrong.csv: there is no column \"EVENT/ht\" to train" $spanet train $tiny --events $work/wrong.csv --out \
    $work/y.safetensors
gives 0 "no event has its truth, in a column of this name" $spanet evaluate $w --events $work/wrong.csv --first 600
cut -d, -f 1-8,10- $work/top.csv > $work/wrong.csv
gives 1 "wrong.csv: The events have no column \"EVENT/signal\"" $spanet train $tiny --events $work/wrong.csv --out \
    $work/y.safetensors
wrong() { # wrong COLUMN VALUE EVENT: at one event, or (-1) at all
    awk -F, -v OFS=, -v column="$1" -v value="$2" -v event="$3" '
        NR > 1 && (event < 0 || $1 == event) { $column = value } 1' $work/top.csv > $work/wrong.csv
}
refused() { gives 1 "$1" $spanet train $tiny --events $work/wrong.csv --out $work/y.safetensors; }
wrong 9 -1 -1; refused "wrong.csv: Column \"EVENT/signal\" has no two classes"
wrong 9 0 -1; refused "wrong.csv: Column \"EVENT/signal\" has no two classes"
wrong 9 1e9 17; refused "Event 17 (line 1[0-9]*) has the label 1e+09 of \"EVENT/signal\""
gives 1 "wrong.csv:1[0-9]*: event 17 has 1e+09 in column \"EVENT/signal\", but the network knows the classes 0 to 1" \
    $spanet evaluate $w --events $work/wrong.csv --count 100
wrong 9 0.5 17; refused "Event 17 (line 1[0-9]*) has the label 0.5"
wrong 9 nan 17; refused "wrong.csv:1[0-9]*:[0-9]*: EVENT/signal should be finite"
wrong 8 nan 17; refused "wrong.csv:1[0-9]*:[0-9]*: EVENT/ht should be finite"
wrong 8 "" -1; refused "No event has a target in column \"EVENT/ht\""
wrong 9 1 -1
gives 0 "warning: no event has class 0 of EVENT/signal" $spanet train $tiny --events $work/wrong.csv --out \
    $work/one.safetensors
gives 0 "EVENT/signal, classes, [0-9]* events" $spanet evaluate $w --events $work/wrong.csv --first 600
wrong 9 2 650
gives 1 "event 650 has 2 in column \"EVENT/signal\", but the network knows the classes 0 to 1" $spanet evaluate $w \
    --events $work/wrong.csv --first 600
sed 's/EVENT\/ht = gaussian/EVENT\/ht = cauchy/' $work/heads.ini > $work/wrong.ini
gives 1 "wrong.ini:1[0-9]:" $spanet train --topology $work/wrong.ini $few $e --out $work/y.safetensors
if [ -e $work/y.csv ] || [ -e $work/y.safetensors ]; then bad "something was written by a command that failed"
else good; fi

# fifteen heads of the public code
golden=../shared/golden/spanet_heads
if [ -s ${golden}_weights.safetensors ]; then
    e="--events ${golden}_events.csv --topology $golden.yaml" w="--weights ${golden}_weights.safetensors"
    gives 0 "without effect here" $spanet run $w $e --out $work/run.csv
    if awk -F, 'NR > 1 && (NF != 39 || $20 + $21 < 0.99999 || $37 + $38 + $39 < 0.99999) { wrong = 1 }
        END { exit wrong || NR != 65 }' $work/run.csv; then good; else bad "heads of the public code"; fi
    gives 0 '"name":"t2/q1/flavour","kind":"classes","count":31' $spanet evaluate $w $e --tagging none --json
    gives 0 "t2/q1/flavour: loss" $spanet train $e $few --count 32 --epochs 1 --out $work/w2.safetensors
else echo "skipped: heads of the public code, which need $golden*"; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
