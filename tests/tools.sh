#!/bin/sh
# The command-line tools on the bundled events: every command runs, prints what it should, and refuses what it must,
# without losing anything.
#   tests/tools.sh          needs build/abc, build/rmm, build/spanet and build/jets
cd "$(dirname "$0")/.." || exit 1
work=build/tools
rm -rf $work
mkdir -p $work
here=$(pwd)
. tests/commands.sh
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
gives 0 "" $rmm encode $e $s --out $work/inputs.safetensors --average $work/average.png --display $work/display.png
gives 0 "top0.1" $rmm train $e $s --out $work/w.safetensors --fraction 0.1 $small
gives 0 "top0.1" $rmm score --weights $work/w.safetensors $e --out $work/scores.csv --masses
gives 0 "top0.2" $rmm regions --weights $work/w.safetensors $e --fraction 0.2 --out $work/w2.safetensors
gives 0 "top0.1" $rmm score --weights $work/w.safetensors $e $e --out $work/twice.csv --keep eta
if [ "$(grep -c . $work/twice.csv)" = $((2 * $(grep -c . $work/scores.csv) - 1)) ] && head -n 1 $work/twice.csv |
    grep -q ',eta$'; then good; else bad "rows of two files"; fi
# the density: trained on a part, with cuts flat in each mass and the simple variables beside its scores; then compared
echo '{"components": 8, "epochs": 6, "batch": 64}' > $work/quick.json
density="--config $work/quick.json --threads 1 --log $work/d.csv"
gives 0 "top0.1" $rmm train $e $s --out $work/d.safetensors --fraction 0.1 --flat --train-fraction 0.5 $density
density="--config $work/quick.json --threads 1"
gives 0 "top0.1" $rmm score --weights $work/d.safetensors $e --out $work/d_scores.csv --simple
columns='^event,weight,score,top0.1_mjj,.*,top0.1_mbg,HT,pT1,MET,objects,mass$'
if head -n 1 $work/d_scores.csv | grep -q "$columns"; then good; else bad "columns of flat regions"; fi
# of 605 events some 300, of these 80 % to train on in whole batches of 64, six times: a header and about 18 steps
steps=$(grep -c . $work/d.csv)
if [ "$steps" -gt 12 ] && [ "$steps" -lt 26 ]; then good; else bad "steps of training on half of the events: $steps"; fi
# a flat cut keeps a tenth of those that have the mass
flat='NR > 1 && $4 != "" { n++; k += $4 } END { print (n > 100 && k > 0.05 * n && k < 0.15 * n) }'
if [ "$(awk -F, "$flat" $work/d_scores.csv)" = 1 ]; then good; else bad "a flat cut at 0.1"; fi
signals="--signal data/lepton_hplus_800.csv --signal-mass 800 --signal data/lepton_zprime_2000.csv --signal-mass 2000"
gives 0 "above HT in" $rmm compare $e $s $signals --folds 2 $density
if grep -q '^lepton hplus 800  *mjb  *[0-9]' $work/out && grep -q 'kept' $work/out; then good; else bad "its tables"; fi
gives 0 '"objects"' $rmm compare $e --weights $work/d.safetensors $signals --fraction 0.2 --json
gives 2 "its --signal-mass" $rmm compare $e $s $signals --signal data/lepton_hplus_800.csv $density
gives 2 "autoencoder" $rmm train $e $s --out $work/x.safetensors --network density --widths 20,5
gives 2 "those of --weights" $rmm compare $e --weights $work/d.safetensors $signals --folds 3
gives 0 "window" $rmm hunt --masses $work/scores.csv --mass mje --toys 500 --plots $work/plots --out $work/spectrum.csv
gives 0 '"significance"' $rmm hunt --histogram $work/spectrum.csv --toys 500 --json
gives 0 "is ignored, and one is fitted" $rmm hunt --histogram $work/spectrum.csv --toys 0
gives 0 "from outside" $rmm hunt --histogram $work/spectrum.csv --background file --toys 100
# planes of two masses: of events, of tables, checked; the data are no background
plane="$rmm plane --events $work/events.csv --pair j,j --pair-y j,e"
gives 0 "both projections" $plane --background data/lepton_background.csv --scale 0.08 --bins 6,5 --toys 100 \
    --plots $work/planes --out $work/plane.csv
for picture in plane excess projection_x projection_y toys; do if [ -s $work/planes/$picture.png ]; then good
else bad "$picture.png"; fi; done
if [ "$(grep -c . $work/plane.csv)" = 31 ]; then good; else bad "bins of a plane"; fi
awk 'NR == 1 || NR % 3 == 0' $work/scores.csv > $work/third.csv
awk 'NR == 1 || NR % 3 != 0' $work/scores.csv > $work/thirds.csv
tables="--masses $work/third.csv --x mjj --y mje --background $work/thirds.csv --scale 0.5"
tables="$tables --x-edges 50,100,200,400,1000 --y-edges 50,150,300,900"
gives 0 '"rectangle"' $rmm plane $tables --toys 100 --json
gives 0 "wins" $rmm plane $tables --toys 50 --repeats 10 --inject 300,300,20,20,10
gives 1 "contains the signal" $plane --background $work/events.csv --bins 6,5 --toys 100
gives 2 "pair-y" $rmm plane --events $work/events.csv --pair j,j --background data/lepton_background.csv
gives 2 "background" $plane
gives 1 "no column" $rmm plane --masses $work/third.csv --x mjj --y mzz --background $work/thirds.csv
gives 2 "x-edges needs" $rmm plane --masses $work/third.csv --x mjj --y mje --background $work/thirds.csv \
    --x-edges 1,two
gives 2 "overwritten" $rmm plane $tables --out $work/thirds.csv
gives 0 "toys" $rmm limits --histogram $work/spectrum.csv --mass 500 --width 0,0.15 --toys 100
gives 0 "share" $rmm limits --histogram $work/spectrum.csv --histogram $work/spectrum.csv --shares 0.7,0.3 --mass 500 \
    --toys 0 --luminosity-uncertainty 0.1
gives 2 "shares" $rmm limits --histogram $work/spectrum.csv --histogram $work/spectrum.csv --shares 0.7 --mass 500
gives 0 "Gross-Vitells" $rmm scan --masses $work/scores.csv --column mje --toys 50 --width 0,0.1 --out $work/scan.csv \
    --plots $work/plots
gives 0 "best" $rmm scan --events $work/events.csv --pair j,e --signal-events data/lepton_wprime_2000.csv --toys 0
gives 2 "one" $rmm scan --histogram $work/spectrum.csv --histogram $work/spectrum.csv
# a resonance on a rising spectrum that a cut ends inside of a bin, as that of lepton pairs from 60 to 120 GeV
awk 'function u() { x = (x * 16807) % 2147483647; return x / 2147483647 }
    BEGIN { x = 1; print "m"; while (n < 12000) { m = 60 + 60 * u(); if (u() < (m / 95) ^ 3 / (1 + (m / 95) ^ 9)) {
        print m; n++ } }
            for (n = 0; n < 8000; n++) { m = 91 + 2.7 * sqrt(-2 * log(u())) * cos(6.2831853 * u());
                if (m > 60 && m < 120) print m } }' > $work/z.csv
gives 0 "Gross-Vitells" $rmm scan --masses $work/z.csv --column m --toys 100
if awk '$1 == "best" { found = $2 > 90 && $2 < 92 } $1 == "significance" { found = found && $2 > 20 } END {
    exit !found }' $work/out; then good
else bad "the resonance at 91 GeV"; fi
awk -F, -v OFS=, 'NR == 1 { print } FNR > 1 { $1 += (NR > FNR) * 1000000;
    print }' $work/events.csv $work/events.csv > $work/twice.csv
gives 0 "copies of others" $rmm hunt --events $work/twice.csv --pair j,e --toys 100
gives 0 "Spurious" $rmm check --masses $work/scores.csv --column mje --repeats 10 --toys 20 --plots $work/plots \
    --out $work/check.csv --masses-to 400 --mass 250
for n in 1 2; do
    $rmm check --histogram $work/spectrum.csv --repeats 10 --toys 20 --mass 250 --threads $n \
    --out $work/check$n.csv > $work/out 2>&1
done
if [ -s $work/check1.csv ] && cmp -s $work/check1.csv $work/check2.csv; then good
else bad "checks depend on the threads"; fi
gives 1 "searched" $rmm hunt --masses $work/scores.csv --mass mje --background kde-adaptive --toys 10
gives 0 "from outside" $rmm hunt --events $work/events.csv --pair j,e --background kde \
    --kde-events data/lepton_background.csv --toys 100
gives 2 "bandwidth" $rmm hunt --masses $work/scores.csv --mass mje --bandwidth 2
gives 2 "LOW,HIGH" $rmm hunt --masses $work/scores.csv --mass mje --blind 300,200
gives 0 "all tables" $rmm search $e $s --weights $work/w.safetensors --toys 200 --points 3 --limits-at 500 \
    --signal data/lepton_hplus_800.csv --signal-mass 800 --out $work/search
for file in $work/average.png $work/display.png $work/plots/spectrum.png $work/plots/tomography.png \
    $work/plots/toys.png $work/plots/scan.png $work/plots/p_values.png \
    $work/plots/coverage.png $work/plots/linearity.png $work/plots/spurious.png $work/scan.csv $work/check.csv \
        $work/search/score.png $work/search/summary.json $work/search/limits.csv; do
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
gives 2 "are overwritten" $rmm search --events $work/inside/scores.csv $s --weights $work/w.safetensors \
    --out $work/inside
printf 'event,object,pt,eta,phi,m\n1,met,30000,0,1,0\n1,j,50000,0,2,1800\n' > $work/mev.csv
gives 1 "MeV" $rmm encode --events $work/mev.csv $s --out $work/x.csv
printf 'low,high,data,background\n' > $work/empty.csv
gives 1 "no rows" $rmm hunt --histogram $work/empty.csv
printf 'low,high,data,background\n1,2,3,2\n2,3,1,0\n3,4,2,3\n' > $work/zero.csv
gives 1 "2 to 3" $rmm hunt --histogram $work/zero.csv --background file
printf 'low,high,data,background\n1,2,3,2\n2,3,1,2\n3,4,2,0\n' > $work/zero.csv
gives 0 "2 events there are excluded" $rmm hunt --histogram $work/zero.csv --background file --toys 100
if cmp -s $work/events.csv $work/kept.csv; then good; else bad "the events were changed"; fi

# jets of every particle
spanet="build/spanet" e="--events data/ttbar.csv" w="--weights $work/top.safetensors"
tiny="--topology ttbar $e --count 400 --epochs 1 --set hidden_dim=16 --set num_encoder_layers=1"
tiny="$tiny --set num_attention_heads=2 --set linear_block_type=Basic"
gives 0 "spanet" $spanet --help
gives 2 "" $spanet
gives 2 "" $spanet no-such-command
for command in train run evaluate scaling export; do gives 0 "spanet $command --" $spanet $command --help; done
gives 0 "1 epochs" $spanet train $tiny --out $work/top.safetensors --threads 1 --plots $work/top --log $work/top.csv
gives 0 "1 epochs" $spanet train $tiny --out $work/top2.safetensors --threads 2
same $work/top.safetensors $work/top2.safetensors "weights depend on the threads"
gives 0 "1 epochs" $spanet train $w $e --first 400 --count 200 --out $work/fine.safetensors --epochs 1 --rate 1e-4 \
    --threads 2
silent $spanet run $w $e --out $work/top1.csv --threads 1
silent $spanet run $w $e --out $work/top2.csv --threads 2 --topology ttbar
same $work/top1.csv $work/top2.csv "answers depend on the threads"
# two files are one: the same answers, weights and table
cut -d, -f1-5,7 data/ttbar.csv | head -n 100 > $work/no_btag.csv
awk -F, 'NR == 1 || $1 < 150' data/ttbar.csv > $work/top_a.csv
awk -F, 'NR == 1 || $1 >= 150' data/ttbar.csv > $work/top_b.csv
both="--events $work/top_a.csv --events $work/top_b.csv"
silent $spanet run $w $both --out $work/top2.csv
same $work/top1.csv $work/top2.csv "answers of two files are not those of one"
gives 0 "1 epochs" $spanet train $(echo "$tiny" | sed "s|$e|$both|") --out $work/top2.safetensors
same $work/top.safetensors $work/top2.safetensors "weights of two files are not those of one"
$spanet evaluate $w $e --first 600 --count 100 --tagging none --out $work/table1.csv > $work/out
$spanet evaluate $w $both --first 600 --count 100 --tagging none --out $work/table2.csv > $work/out
same $work/table1.csv $work/table2.csv "tables of two files are not those of one"
silent $spanet run $w $e --keep 'btag,$target' --out $work/top2.csv
if head -n 1 $work/top2.csv | grep -q 'm,btag,target$'; then good; else bad "columns that spanet run keeps"; fi
cut -d , -f 1-9 $work/top2.csv > $work/cut.csv
same $work/top1.csv $work/cut.csv "answers depend on --keep"
gives 1 "only some of the files have the column \"btag\"" $spanet train --topology ttbar $e --events $work/no_btag.csv \
    --out $work/y.safetensors
gives 2 "given twice and would" $spanet train $tiny --events $work/top_b.csv --out $work/top_b.csv
gives 0 "jets dropped" $spanet run $w $e --out $work/greedy.csv --selection greedy --max-jets 8
printf 'event,particle,jets,probability,detection,pt,eta,phi,m\n' > $work/header.csv
head -n 1 $work/top1.csv > $work/header1.csv
same $work/header.csv $work/header1.csv "the header of spanet run is another"
# a row per event and particle; jets are rows of the event, none twice
if awk -F, -v OFS=, 'NR == FNR { if (FNR > 1) n[$1]++; next } FNR > 1 { split($3, j, " "); if ($1 != at) { at = $1;
    split("", seen) }
        for (k in j) { if (j[k] < 0 || j[k] >= n[$1] || j[k] in seen) bad = 1;
            seen[j[k]] = 1 } if (length(j) != 3) bad = 1; rows++ }
        END { for (k in n) events++; exit bad || rows != 2 * events }' data/ttbar.csv $work/top1.csv; then good
        else bad "jets of spanet run"; fi
gives 0 "inclusive, greedy" $spanet evaluate $w $e --first 600 --plots $work/top --out $work/table.csv
gives 0 '"chi2"' $spanet evaluate $w $e --first 600 --count 200 --chi2-fit data/ttbar.csv --chi2-events 0,300 \
    --tagging strict --leading 7 --json
gives 0 "all jets, no tags" $spanet evaluate $w $e --count 100 --tagging none
gives 0 "ttbar  *6  *90 " $spanet scaling --max-jets 6 --limit 0.001
for file in $work/top/loss.png $work/top/efficiency.png $work/top/mass_t.png $work/top/mass_t_pair.png $work/top.csv \
    $work/table.csv; do
    if [ -s $file ]; then good; else bad "$file was not written"; fi
done
printf \
    '[SOURCE]\npt = log_normalize\n[EVENT]\nparticles = (t1)\n[t1]\njets = (q1, q2, b)\npermutations = [(q1, q3)]\n' > \
    $work/wrong.ini
gives 1 "wrong.ini:7" $spanet train --topology $work/wrong.ini $e --out $work/y.safetensors
gives 1 "no such topology" $spanet train --topology no-such-file $e --out $work/y.safetensors
gives 2 "topology" $spanet train $e --out $work/y.safetensors
gives 2 "no-such-option" $spanet train $tiny --out $work/y.safetensors --no-such-option
gives 1 "hidden_dimension" $spanet train $tiny --out $work/y.safetensors --set hidden_dimension=3
gives 1 "change the network" $spanet train $w $e --out $work/y.safetensors --set hidden_dim=24
gives 1 "no-such-file" $spanet run $w --events $work/no-such-file --out $work/y.csv
gives 1 "no-such-file" $spanet run --weights $work/no-such-file $e --out $work/y.csv
gives 1 "another topology" $spanet run $w --topology ttH $e --out $work/y.csv
gives 1 "" $spanet run --weights data/abc.safetensors $e --out $work/y.csv
gives 1 "no event 100000" $spanet evaluate $w $e --first 100000
gives 2 "overwritten" $spanet evaluate $w $e --out data/ttbar.csv
gives 2 "the same file" $spanet run $w $e --out $work/top.safetensors
cut -d, -f1-6 data/ttbar.csv > $work/no_targets.csv
gives 1 "no column \"target\"" $spanet evaluate $w --events $work/no_targets.csv
gives 1 "no column \"target\"" $spanet train --topology ttbar --events $work/no_targets.csv --out $work/y.safetensors
cut -d, -f1-5,7 data/ttbar.csv > $work/no_tags.csv
gives 1 "no column \"btag\"" $spanet run $w --events $work/no_tags.csv --out $work/y.csv
head -n 1 data/ttbar.csv > $work/no_events.csv
gives 1 "no events" $spanet run $w --events $work/no_events.csv --out $work/y.csv
printf 'event,pt,eta,phi,m,btag,target\n7,100,0,1,10,1,t1/b\n7,50,1,2,5,0,t1/b\n' > $work/two_jets.csv
gives 1 "two jets have the target" $spanet evaluate $w --events $work/two_jets.csv
gives 0 "2 particles in 1 events with too few jets" $spanet run $w --events $work/two_jets.csv --out $work/two.csv
if grep -q '^7,t1,,,[0-9.]*,,,,$' $work/two.csv; then good; else bad "an event of two jets"; fi
# options of the public code: passed over by name, or refused
gives 0 "without effect here: num_gpu" $spanet train $tiny --out $work/top2.safetensors --set num_gpu=4
same $work/top.safetensors $work/top2.safetensors "weights depend on an option that has no effect"
gives 1 "AdamW" $spanet train $tiny --out $work/y.safetensors --set optimizer=SGD
gives 1 "half a cosine" $spanet train $tiny --out $work/y.safetensors --set learning_rate_cycles=3
gives 1 "padding" $spanet train $tiny --out $work/y.safetensors --set mask_sequence_vectors=0
gives 1 "exactly 80 objects" $spanet train $tiny --out $work/y.safetensors --set limit_to_num_jets=80
# a network that chi-square beats on the events set aside is said to be one, a good one is not
gives 0 "chi-square finds all jets in [0-9]* more than the network" $spanet train $tiny --out $work/top2.safetensors \
    --set validation=0.4
gives 0 "1 epochs" $spanet train --weights data/spanet.safetensors $e --count 100 --epochs 1 --rate 1e-9 \
    --set validation=0.9 --out $work/top2.safetensors
if grep -q "chi-square" $work/out $work/err; then bad "a warning without a reason"; else good; fi
# selections: each is the first in its own table, and all tables have all of them
for selection in joint greedy expected; do
    gives 0 "SPANet: selection $selection" $spanet evaluate $w $e --first 600 --count 200 --tagging none \
        --selection $selection --out $work/table_$selection.csv
    silent $spanet run $w $e --out $work/top_$selection.csv --selection $selection
done
gives 0 "selection expected" $spanet evaluate $w $e --first 600 --count 200 --tagging none --out $work/table1.csv
same $work/table1.csv $work/table_expected.csv "the usual selection of evaluate is not expected"
same $work/top1.csv $work/top_expected.csv "the usual selection of run is not expected"
row() { grep "^all,inclusive,.*,$2," $work/table_$1.csv | cut -d, -f 6-; }
if [ "$(row joint spanet_greedy)" = "$(row greedy spanet)" ] &&
    [ "$(row greedy spanet_joint)" = "$(row joint spanet)" ]; then good; else bad "tables of two selections differ"; fi
gives 0 "; greedy 0.*; chi-square 0.*; ratio" $spanet evaluate $w $e --first 600
# weights: with 1 and 0 as if the others were not there; negative ones count in evaluate alone
awk -F, -v OFS=, '{ print $0, NR == 1 ? "weight" : $1 % 2 }' data/ttbar.csv > $work/odd.csv
awk -F, 'NR == 1 || $1 % 2' data/ttbar.csv > $work/only_odd.csv
$spanet evaluate $w --events $work/odd.csv --tagging none --out $work/table1.csv > $work/out
$spanet evaluate $w --events $work/only_odd.csv --tagging none --out $work/table2.csv > $work/out
for table in 1 2; do cut -d, -f1,2,4- $work/table$table.csv > $work/cut$table.csv; done
same $work/cut1.csv $work/cut2.csv "events of weight 0 count"
awk -F, -v OFS=, '{ print $0, NR == 1 ? "weight" : $1 % 5 ? 1 : -0.5 }' data/ttbar.csv > $work/negative.csv
gives 0 "with their weights" $spanet evaluate $w --events $work/negative.csv --tagging none
gives 1 "weight that is negative" $spanet train --topology ttbar --events $work/negative.csv --count 400 --epochs 1 \
    --out $work/y.safetensors
# one particle: nothing is printed twice
gives 0 "1 epochs" $spanet train --topology W $e --count 400 --epochs 1 --set hidden_dim=16 --set num_encoder_layers=1 \
    --set num_attention_heads=2 --out $work/one.safetensors
gives 0 "ratio" $spanet evaluate --weights $work/one.safetensors $e --first 600
if grep -q -e greedy -e "Complete" $work/out || [ $(grep -c "event" $work/out) -gt 4 ]; then
    bad "a table of one particle"; else good; fi
$spanet evaluate --weights $work/one.safetensors $e --first 600 --out $work/one_table.csv > $work/out
if [ $(cut -d, -f1,2,5 $work/one_table.csv | sort | uniq -d | wc -l) -eq 0 ] &&
    [ $(wc -l < $work/one_table.csv) -eq 9 ] && head -n 1 $work/one_table.csv | grep -q 'method,event,event_error$'
then good; else bad "one particle, twice in CSV"; fi
# all rules for tags in one table, each as by itself, with times
for tagging in none b strict all; do
    $spanet evaluate $w $e --first 600 --count 200 --tagging $tagging --out $work/tags_$tagging.csv \
        > $work/out_$tagging 2> $work/err
done
tags() { grep "^all,inclusive,.*,$2," $work/tags_$1.csv | cut -d, -f 6-; }
for pair in none,chi2_none b,chi2 strict,chi2_strict; do
    [ -n "$(tags ${pair%,*} chi2)" ] && [ "$(tags ${pair%,*} chi2)" = "$(tags all ${pair#*,})" ] || bad "tags, $pair"
done
if [ $(grep -c "^chi-square, .* 0\.[0-9]* *0\.[0-9]*$" $work/out_all) -eq 3 ] && grep -q "ms / event" $work/out_all &&
    ! grep -q "ms / event" $work/out_b; then good; else bad "a table of all rules for tags"; fi
gives 0 '"seconds_per_event":{"spanet_joint":' $spanet evaluate $w $e --first 600 --count 100 --tagging all --json
# several networks: the same one twice is that one; what differs is refused
silent $spanet run $w $w $e --out $work/twice.csv
same $work/top1.csv $work/twice.csv "the mean of a network and itself"
gives 0 "the mean of 2 networks" $spanet evaluate $w --weights $work/fine.safetensors $e --first 600 --count 200
if $spanet run $w --weights $work/fine.safetensors $e --out $work/twice.csv && ! cmp -s $work/top1.csv $work/twice.csv
then good; else bad "the mean of two networks"; fi
gives 1 "Network 2 of the ensemble .* particles" $spanet run $w --weights $work/one.safetensors $e --out $work/y.csv
gives 2 "the same file" $spanet run $w --weights $work/fine.safetensors $e --out $work/fine.safetensors
gives 2 "overwritten\|the same" $spanet evaluate $w --weights $work/fine.safetensors $e --out $work/fine.safetensors
# five products: what it takes is said before, or refused
cat > $work/gluino.ini <<EOF
[SOURCE]
pt = log_normalize
btag = none
[EVENT]
particles = (g)
[g]
jets = (a, b, c, d, e)
permutations = [(a, b), (c, d), (d, e)]
targets = (t1/q1, t1/q2, t1/b, t2/q1, t2/q2)
EOF
five="--topology $work/gluino.ini $e --count 60 --epochs 1 --set hidden_dim=8 --set num_encoder_layers=1 --threads 1"
gives 0 "1 epochs" $spanet train $five --set mass_units=2 --set max_jets=8 --out $work/gluino.safetensors
gives 0 "" $spanet run --weights $work/gluino.safetensors $e --out $work/gluino.csv
if [ $(grep -c ',g,[0-9]* [0-9]* [0-9]* [0-9]* [0-9]*,' $work/gluino.csv) -eq 1000 ]
then good; else bad "five jets"; fi
gives 1 "up to 40 works" $spanet train $five --set max_jets=60 --out $work/y.safetensors
gives 1 "GB of memory and the machine has" $spanet train $five --set max_jets=40 --threads 64 --out $work/y.safetensors
# MeV
awk -F, -v OFS=, 'NR > 1 { $2 *= 1000; $5 *= 1000 } 1' data/ttbar.csv > $work/mev.csv
gives 1 "MeV" $spanet train --topology ttbar --events $work/mev.csv --epochs 1 --out $work/y.safetensors
gives 1 "MeV" $spanet run $w --events $work/mev.csv --out $work/y.csv
gives 1 "MeV" $spanet evaluate $w --events $work/mev.csv
if [ -e $work/y.csv ] || [ -e $work/y.safetensors ]; then bad "something was written by a command that failed"
else good; fi

# anomalous jets
jets="build/jets" c="$work/jets.csv" f="--events data/features_top.csv"
quick="--count 400 --set epochs=2 --set chain_steps=3 --set latent_steps=2"
gives 0 "jets" $jets --help
gives 2 "" $jets
gives 2 "" $jets no-such-command
for command in features train score compare reweight export density; do
    gives 0 "jets $command --" $jets $command --help
done
printf 'jet,pt,eta,phi\n7,500,0.1,0.2\n9,500,0.1,0.2\n9,300,0.2,0.3\n' > $work/single.csv
gives 0 "40 jets" $jets features --events data/jets_qcd.csv --events data/jets_top.csv --out $c \
    --out $work/jets_top.csv --plots $work/jets
if [ "$(wc -l < $c)" = 41 ] && head -n 1 $c |
    grep -q '^jet,major,minor,efp,c2,ptd,soft_drop_mass,tau2,tau3,d2,pt,eta,phi,mass,tau1,n2,constituents$'; then good
else bad "the table of features"; fi
# features by name: listed, of constituents, ratios; where a denominator is 0; names that are none
gives 0 "tau3_onepass" $jets features --list
gives 0 "denominator is 0 in 1 numbers, the first of them \"tau2/tau1\"" $jets features --events $work/single.csv \
    --columns tau2/tau1,m/pt,constituents --out $work/single_features.csv
if [ "$(tail -n 2 $work/single_features.csv | cut -d, -f 1,2,4 | tr '\n' ' ')" = "7,,1 9,0,2 " ]; then good
else bad "ratios of jets of one and two constituents"; fi
gives 0 "40 jets" $jets features --events data/jets_qcd.csv --columns \
    mass/pt,n2_beta2,soft_drop_tau2/soft_drop_tau1,efp_3_3_1*efp_2_1_0 --out $work/more.csv --plots $work/more \
    --threads 2
if [ "$(head -n 1 $work/more.csv)" = "jet,mass/pt,n2_beta2,soft_drop_tau2/soft_drop_tau1,efp_3_3_1*efp_2_1_0" ] &&
    [ -s $work/more/mass_pt.png ]; then good
else bad "features by name"; fi
gives 1 "no feature \"tau5\" of jets" $jets train --model ae --events data/jets_qcd.csv --columns tau5/tau2,mass \
    --out $work/y.safetensors
gives 1 "no column \"tau4\"" $jets train --model ae $f --columns tau4/tau3 --out $work/y.safetensors
gives 2 "no feature \"no\" of jets" $jets features --events data/jets_qcd.csv --columns pt,no --out $work/y.csv
gives 0 "2 epochs" $jets train --model ae --events data/jets_qcd.csv --columns tau2/tau1,tau3_wta/tau2_wta,d2 \
    --epochs 2 --out $work/ratios.safetensors
silent $jets score --weights $work/ratios.safetensors --events data/jets_top.csv --out $work/ratios.csv
gives 0 "area" $jets compare --background data/jets_qcd.csv --signal data/jets_top.csv --train-count 20 --columns \
    n2,tau2/tau1,m/pt --model ae --epochs 1
gives 0 "2 epochs" $jets train --model ae $f --count 400 --columns tau3/tau2,soft_drop_mass*efp,c2/ptd --epochs 2 \
    --out $work/table.safetensors
silent $jets score --weights $work/table.safetensors $f --out $work/table.csv
gives 0 "2 epochs" $jets train --model nae $f $quick --out $work/nae.safetensors --threads 1 --plots $work/jets \
    --log $work/nae.csv
gives 0 "2 epochs" $jets train --model nae $f $quick --out $work/nae2.safetensors --threads 2
same $work/nae.safetensors $work/nae2.safetensors "weights of the normalized autoencoder depend on the threads"
gives 0 "3 epochs" $jets train --model ae $f --count 400 --epochs 3 --out $work/ae.safetensors
gives 0 "2 epochs" $jets train --model vrnn --events data/jets_qcd.csv --epochs 2 --preset talk \
    --out $work/vrnn.safetensors --threads 1
gives 0 "2 epochs" $jets train --model vrnn --events data/jets_qcd.csv --epochs 2 --preset talk \
    --out $work/vrnn2.safetensors --threads 2
same $work/vrnn.safetensors $work/vrnn2.safetensors "weights of the recurrent network depend on the threads"
# a training that goes on from its checkpoint, its log, and the reason for its end in the last line
vr="$jets train --model vrnn --events data/jets_qcd.csv --preset talk"
gives 0 "ended: all epochs are done" $vr --epochs 6 --out $work/ck_a.safetensors --log $work/ck_a.csv
(trap - INT TERM; exec $vr --epochs 6 --out $work/ck_b.safetensors --log $work/ck_b.csv \
    --checkpoint $work/ck --threads 1) > $work/ck.out 2>&1 &
for k in $(seq 200); do if [ -e $work/ck ]; then break; fi; sleep 0.02; done
kill -TERM $! 2> /dev/null; wait $! 2> /dev/null
if tail -n 1 $work/ck.out | grep -q "interrupted; the best weights so far are in\|all epochs are done"; then good
else bad "the last line of a training that was stopped"; fi
gives 0 "checkpoint" $vr --epochs 6 --out $work/ck_b.safetensors --log $work/ck_b.csv --checkpoint $work/ck
same $work/ck_a.safetensors $work/ck_b.safetensors "weights of a training that went on from its checkpoint"
same $work/ck_a.csv $work/ck_b.csv "the log of a training that went on from its checkpoint"
gives 1 "another training" $vr --epochs 7 --out $work/y.safetensors --checkpoint $work/ck
for model in ae nae; do
    short=$([ $model = nae ] && echo $quick || echo --count 400 --epochs 2)
    gives 0 "ended" $jets train --model $model $f $short --out $work/ck_a.safetensors --checkpoint $work/ck_$model
    gives 0 "nothing was left to do" $jets train --model $model $f $short --out $work/ck_b.safetensors \
        --checkpoint $work/ck_$model
    same $work/ck_a.safetensors $work/ck_b.safetensors "weights of $model from a checkpoint of its end"
done
# jets that cannot be read
awk -F, -v OFS=, 'NR == 5 { $2 = "x" } { print }' data/jets_qcd.csv > $work/bad_jets.csv
gives 1 "bad_jets.csv:5:" $jets train --model vrnn --epochs 1 --events $work/bad_jets.csv --out $work/y.safetensors
awk -F, 'NR == 1 || $1 > 0' data/jets_qcd.csv > $work/good_jets.csv
gives 0 "1 epochs" $jets train --model vrnn --events $work/good_jets.csv --epochs 1 --out $work/ck_a.safetensors
gives 0 "jets that cannot be read and are passed over: 1" $jets train --model vrnn --events $work/bad_jets.csv \
    --epochs 1 --skip-bad --out $work/ck_b.safetensors
same $work/ck_a.safetensors $work/ck_b.safetensors "weights of a training without a jet that cannot be read"
gives 0 "39 jets" $jets features --events $work/good_jets.csv --out $work/good_features.csv
gives 0 "passed over: 1; the first: .*bad_jets.csv:5:" $jets features --events $work/bad_jets.csv --skip-bad \
    --out $work/bad_features.csv
same $work/good_features.csv $work/bad_features.csv "features without a jet that cannot be read"
# and so the other tools pass over events
awk -F, -v OFS=, 'NR == 5 { $2 = "x" } NR < 400 { print }' data/background_test.csv > $work/bad_events.csv
awk -F, 'NR == 1 || (NR < 400 && $1 != first) { print } NR == 2 { first = $1 }' data/background_test.csv \
    > $work/good_events.csv
gives 1 "bad_events.csv:5:" build/abc run --weights data/abc.safetensors --events $work/bad_events.csv \
    --out $work/y.csv
silent build/abc run --weights data/abc.safetensors --events $work/good_events.csv --out $work/good_run.csv
gives 0 "events that cannot be read and are passed over: 1" build/abc run --weights data/abc.safetensors \
    --events $work/bad_events.csv --skip-bad --out $work/bad_run.csv
same $work/good_run.csv $work/bad_run.csv "answers without an event that cannot be read"
awk -F, -v OFS=, 'NR == 5 { $2 = "x" } { print }' data/ttbar.csv > $work/bad_ttbar.csv
gives 0 "passed over: 1" $spanet evaluate --weights data/spanet.safetensors --skip-bad \
    --events $work/bad_ttbar.csv
silent $jets score --weights $work/nae.safetensors --events data/features_qcd.csv --out $work/energies.csv
silent $jets score --weights $work/nae.safetensors --events data/jets_qcd.csv --out $work/energies2.csv
silent $jets score --weights $work/vrnn.safetensors --events data/jets_top.csv --out $work/jet_scores.csv
head -n 21 data/features_qcd.csv > $work/features_a.csv
(head -n 1 data/features_qcd.csv; tail -n +22 data/features_qcd.csv) > $work/features_b.csv
silent $jets score --weights $work/nae.safetensors --events $work/features_a.csv --events $work/features_b.csv \
    --out $work/energies2.csv
same $work/energies.csv $work/energies2.csv "energies of two files are not those of one"
if [ "$(wc -l < $work/jet_scores.csv)" = 41 ] &&
    [ "$(wc -l < $work/energies.csv)" = "$(wc -l < data/features_qcd.csv)" ]; then good
else bad "rows of jets score"; fi
gives 0 "radius" $jets compare --background data/features_top.csv --train-count 400 --signal data/features_qcd.csv \
    --model ae,nae --epochs 2 --seeds 2 --best-epoch --plots $work/jets
gives 0 "ratios" $jets compare --background data/jets_qcd.csv --signal data/jets_top.csv \
    --weights $work/ratios.safetensors
gives 0 '"signals"' $jets compare --background data/features_top.csv --signal data/features_qcd.csv \
    --weights $work/nae.safetensors --json
gives 0 "10 gaussians of quantiles" $jets compare --background data/features_top.csv \
    --signal data/features_qcd.csv --weights $work/nae.safetensors
gives 0 "of a normal" $jets density --sample ring --set steps=20 --set chain_steps=2 --plots $work/jets
gives 2 "nothing is trained" $jets compare --background data/features_top.csv --signal data/features_qcd.csv \
    --weights $work/nae.safetensors --seeds 3
gives 0 "tau2/tau1" $jets compare --background data/jets_qcd.csv --train-count 25 --signal data/jets_top.csv \
    --model vrnn,ae --epochs 1
gives 0 "rank correlation with vrnn" $jets compare --background data/jets_qcd.csv --signal data/jets_top.csv \
    --weights $work/vrnn.safetensors
gives 0 "vrnn unaligned" $jets compare --background data/jets_qcd.csv --train-count 25 --signal data/jets_top.csv \
    --model vrnn --epochs 1 --before-after --plots $work/jets
gives 0 "rank correlation with mass" $jets compare --background data/jets_qcd.csv --train-count 25 \
    --signal data/jets_top.csv --model vrnn --preset talk --epochs 1 --contamination 0.2
gives 0 '"signal_over_background"' $jets compare --background data/jets_qcd.csv --train-count 25 \
    --signal data/jets_top.csv --model vrnn --epochs 1 --json
gives 2 "nothing is trained" $jets compare --background data/jets_qcd.csv --signal data/jets_top.csv \
    --weights $work/vrnn.safetensors --contamination 0.2
awk -v OFS=, 'BEGIN { srand(1); print "m,t,x,y"; for (i = 0; i < 3000; i++) { x = rand();
    print 100 * rand(), x * 0.3 + rand() * 0.7, 100 + 1000 * x, 100 + 1000 * rand() } }' > $work/tagged.csv
gives 0 "logistic regression" $jets reweight --events $work/tagged.csv --tag t --cut 0.6 --rank-in-mass --mass m \
    --low 0:30 --signal 30:60 --high 60:100 --columns x,y --variables x,y,x/y --networks 2 --epochs 2 \
    --plots $work/jets --out $work/weights.csv
gives 0 "^nearest rows  *[0-9.]*  *[0-9.]*  *[0-9.]*  *[-+0-9.]* sigma" \
    $jets reweight --events $work/tagged.csv --tag t \
    --cut 0.6 --rank-in-mass --mass m --low 0:30 --signal 30:60 --high 60:100 --columns x,y --layers 0
if awk '$1 == "nearest" && $2 == "rows" { p = $3; e = $4 * $4 + $5 * $5 + $3; pull = $6 } END {
    exit !(e > 0 && pull > -3.5 && pull < 3.5) }' $work/out; then good; else bad "weights by neighbours"; fi
gives 0 "both projections" $rmm plane --masses $work/tagged.csv --x x --y y --background $work/weights.csv --toys 20
for file in $work/jets/density.png $work/jets/energies.png $work/jets/distance.png $work/jets/areas.png \
    $work/jets/roc_nae.png \
    $work/jets/score_mass_vrnn.png $work/jets/score_mass_vrnn_unaligned.png $work/jets/closure_x.png \
    $work/jets/tau2.png $work/nae.csv $work/weights.csv; do
    if [ -s $file ]; then good; else bad "$file was not written"; fi
done
gives 1 "no_such" $jets train --model nae $f --out $work/y.safetensors --set no_such=1
gives 1 "no-such-file" $jets score --weights $work/no-such-file $f --out $work/y.csv
gives 1 "" $jets score --weights data/abc.safetensors $f --out $work/y.csv
gives 1 "" $jets score --weights $work/vrnn.safetensors --events data/features_qcd.csv --out $work/y.csv
gives 2 "" $jets train --model no $f --out $work/y.safetensors
gives 2 "overwritten" $jets score --weights $work/nae.safetensors --events data/features_qcd.csv \
    --out data/features_qcd.csv
gives 1 "no column" $jets reweight --events $work/tagged.csv --tag no --cut 0.6 --mass m --low 0:30 --signal 30:60 \
    --high 60:100 --columns x --out $work/y.csv
sed 's/0\.1/nan/' data/features_top.csv | head -n 50 > $work/nan.csv
gives 1 "nan.csv:" $jets train --model nae --events $work/nan.csv --out $work/y.safetensors
if [ -e $work/y.csv ] || [ -e $work/y.safetensors ]; then bad "something was written by jets when it failed"
else good; fi

# compressed files, told by their first bytes; where a tool was built without the library, it says which one it takes
r="build/abc run --weights data/abc.safetensors"
silent $r --events data/background_test.csv --out $work/plain.csv
for pack in gzip zstd; do
    if ! command -v $pack > /dev/null; then echo "$pack is not installed: skipped"; continue; fi
    $pack -c data/background_test.csv > $work/packed
    $r --events $work/packed --out $work/unpacked.csv > $work/out 2> $work/err
    if grep -q "was built without" $work/err; then
        if grep -q "1g-dev\|libzstd-dev" $work/err; then good; else bad "how to read $pack"; fi
        echo "the tools were built without $pack: skipped"
        continue
    fi
    same $work/plain.csv $work/unpacked.csv "answers of a file compressed by $pack"
    silent $r --events - --out $work/unpacked.csv < $work/packed
    same $work/plain.csv $work/unpacked.csv "answers of standard input compressed by $pack"
    (head -n 1 data/background_test.csv | $pack -c; tail -n +2 data/background_test.csv | $pack -c) > $work/packed2
    silent $r --events $work/packed2 --out $work/unpacked.csv
    same $work/plain.csv $work/unpacked.csv "answers of two streams in one file, by $pack"
    head -c 90000 $work/packed > $work/packed2
    gives 1 "packed2: it ends in the middle" $r --events $work/packed2 --out $work/y.csv
    (head -c 50000 $work/packed; tail -c +60000 $work/packed) > $work/packed2
    gives 1 "packed2" $r --events $work/packed2 --out $work/y.csv
    $pack -c data/features_top.csv > $work/packed2
    gives 0 "2 epochs" $jets train --model ae --events $work/packed2 --count 400 --epochs 2 --out $work/ck_a.safetensors
    if [ -e $work/y.csv ]; then bad "something was written of a damaged file"; else good; fi
done

# files of the name that is nearest at hand, links, modes, and two commands at a time
mkdir $work/whole
head -n 300 data/background.csv > $work/few.csv
r="build/abc run --weights data/abc.safetensors --events"
silent $r $work/few.csv --out $work/whole/plain
echo mine > $work/whole/a.tmp
echo other > $work/whole/other
ln -s other $work/whole/l.tmp
echo old > $work/whole/a
chmod 600 $work/whole/a
ln -s a $work/whole/l
silent $r $work/few.csv --out $work/whole/l
same $work/whole/a $work/whole/plain "a link was not written through"
case "$(cat $work/whole/a.tmp $work/whole/other) $(ls -l $work/whole/a) $(ls $work/whole | wc -l)" in
"mine
other -rw------- "*" 6") if [ -h $work/whole/l ]; then good; else bad "a link was replaced"; fi ;;
*) bad "somebody's file or its mode was changed, or something was left" ;;
esac
$r data/background.csv --out $work/whole/both > /dev/null 2>&1 &
$r $work/few.csv --out $work/whole/both > $work/out 2> $work/err
wait
$r data/background.csv --out $work/whole/all > $work/out 2> $work/err
if cmp -s $work/whole/both $work/whole/all || cmp -s $work/whole/both $work/whole/plain; then good
else bad "two commands mixed their rows"; fi
# a terminal that goes away is no reason to lose a training, unless nohup says so
$rmm train --events data/lepton_background.csv $s --out $work/hung.safetensors --widths 400,100 --epochs 100000 \
    --threads 1 > $work/out 2> $work/err &
job=$!
sleep 4
kill -HUP $job
wait $job
if [ -s $work/hung.safetensors ] && grep -q "best weights so far" $work/err; then good
else bad "a training that was hung up left nothing"; fi
# whose partition is the answer: the best one, where nothing else is asked for; the score is the network's own
for how in network polished exact; do silent $r $work/few.csv --assign $how --out $work/$how.csv; done
same $work/exact.csv $work/whole/plain "the best partition is not what run answers with"
if cmp -s $work/exact.csv $work/network.csv; then bad "the network is at the optimum everywhere"; else good; fi
for how in network polished exact; do cut -d , -f 1,2,6,7,8 $work/$how.csv > $work/$how.scores; done
same $work/exact.scores $work/network.scores "scores depend on --assign"
same $work/exact.scores $work/polished.scores "scores depend on --assign"
gives 2 "cannot be" $r $work/few.csv --assign best --out $work/y.csv
# the bundled network: taught, with a score; all that comes along is below 12 MB
gives 0 "^  score  *of shapes at their mass" build/abc info --weights data/abc.safetensors
if awk '$1 == "lambda_teacher" { taught = $2 > 0 } /best partition/ {
    for (k = 1; k < NF; k++) if ($(k + 1) == "%") found = $k }
        END { exit !(taught && found > 80) }' $work/out; then good; else bad "the bundled network is not taught"; fi
if [ "$(cat data/* tests/golden/* | wc -c)" -lt 12000000 ]; then good; else bad "12 MB of bundled data"; fi
head -n 2000 data/gluino_qqneutralino_1500.csv > $work/signal.csv
compare="build/abc compare --weights data/abc.safetensors --background data/background_test.csv"
compare="$compare --signal $work/signal.csv --mass 1500"
gives 0 "^best partition .* %\$" $compare
gives 0 "finds the best partition in [0-9.]* % of the events" $compare
gives 0 '"exact":.*"truth":.*"score":.*"area_at_fixed_mass"' $compare --json
gives 0 "^last layer" $compare --assign network
gives 0 "^both .*mass above [0-9]* GeV and score above .*: [0-9]* events of background" $compare --figures $work/figures
for picture in figure_2 figure_2_loss figure_3; do if [ -s $work/figures/$picture.png ]; then good
else bad "$picture.png"; fi; done
printf '{"out_dim": [2, 2, 3]}' > $work/three.json
# other units, columns and types are asked about; what trains no network is named
awk -F, -v OFS=, 'NR > 1 { $2 *= 1000; $5 *= 1000 } 1' $work/few.csv > $work/units.csv
gives 0 "in MeV?" $r $work/units.csv --out $work/y.csv
awk -F, -v OFS=, 'NR > 1 { $4 *= 57.29578 } 1' $work/few.csv > $work/units.csv
gives 0 "in degrees?" $r $work/units.csv --out $work/y.csv
awk -F, -v OFS=, 'NR > 1 { $5 *= 0.5 } 1' $work/few.csv > $work/units.csv
gives 0 "less energy than momentum" $r $work/units.csv --out $work/y.csv
rm $work/y.csv
awk -F, -v OFS=, '{ print NR == 1 ? "object" : "jet", $0 }' $work/few.csv > $work/units.csv
gives 1 "none has the type" $r $work/units.csv --out $work/y.csv
awk -F, -v OFS=, 'NR == 100 { $2 = 1e20; $5 = 1e21 } 1' $work/few.csv > $work/units.csv
gives 1 "Event [0-9]* (line [0-9]*) has a jet" build/abc train --events $work/units.csv --steps 10 --out $work/y.csv
gives 1 "3 numbers for 2 layers" build/abc train --events $work/few.csv --set lambda_teacher=5 --set mass_scale=50 \
    --config $work/three.json --out $work/y.csv
if [ -e $work/y.csv ]; then bad "something was written by abc when it failed"; else good; fi
# what a training came to: a good one says nothing; collapses have their own status, and the weights are there
head -n 4000 data/background.csv > $work/some.csv
tiny="--batch 64 --no-score --threads 1 --set embed_dim=16 --set mlp_dim=16 --set attn_block_ffwd_dim=16"
tiny="$tiny --set embed_nlayers=1 --set mlp_nlayers=1"
tiny="build/abc train $tiny --set attn_block_ffwd_nlayers=1 --set rate=3e-3 --set temperature_steps=50"
tiny="$tiny --set average=0.98 --set ramp=0 --out $work/tiny.safetensors"
gives 0 "300 steps" $tiny --events $work/some.csv --steps 300
if grep -q "warning" $work/err; then bad "a warning of a good training"; else good; fi
gives 0 "similarity is trivial" $tiny --events $work/some.csv --steps 300 --set random_block=0 --set lambda_crossed=1000
gives 0 "distances are zero, even those of random candidates" $tiny --events $work/some.csv --steps 300 \
    --set lambda_crossed=1000
rm $work/tiny.safetensors
letter="build/abc train --events $work/some.csv --preset letter --batch 64 --no-score --threads 1"
letter="$letter --out $work/tiny.safetensors --set rate=3e-3"
gives 3 "Training collapsed: in [0-9]* % of the events one parent has no jet" $letter --steps 20
if [ -s $work/tiny.safetensors ] && grep -q "exit status 3 signals" $work/err; then good
else bad "the weights of a collapse"; fi
gives 3 "largest score the loss is [0-9.]*, with shared jets, as trained, [0-9.]*:" $letter --steps 400 \
    --set tau=2
copies() { awk -F, -v OFS=, -v jets=$1 'NR == 1 { print "event,pt,eta,phi,e" } NR > 1 && NR <= jets + 1 {
    row[NR] = $2 OFS $3 OFS $4 OFS $5 }
    END {
        for (e = 0; e < 200; e++) for (k = 2; k <= jets + 1; k++) print e, row[k] }' data/gluino_qqneutralino_1500.csv \
        > $work/copies.csv; }
copies 6
gives 3 "does not depend on the event" $tiny --events $work/copies.csv --steps 100
copies 3
gives 3 "have the same mass" $tiny --events $work/copies.csv --steps 100
awk -F, -v OFS=, 'NR == 100 { $2 = 1e7; $5 = 2e7 } 1' $work/some.csv > $work/absurd.csv
gives 0 "Event 14 (line 92) has an object of 2e+07 GeV" $tiny --events $work/absurd.csv --steps 300
awk -F, -v OFS=, 'NR == 100 { $2 = 1e25; $5 = 100 } 1' $work/some.csv > $work/absurd.csv
gives 1 "absurd.csv: Event 14 (line 92) has an object of 1.*e+25 GeV. The loss is not finite" $tiny \
    --events $work/absurd.csv --steps 300
gives 0 "training collapsed, so" build/abc train --help
gives 0 "out_dim  *2, 3" sh -c \
    "$tiny --events $work/some.csv --steps 300 --set out_dim=2,3 && build/abc info --weights $work/tiny.safetensors"
# every setting that info tells can be set, and is then what it tells
build/abc info --weights $work/tiny.safetensors | sed -n '/^configuration/,$s/^  \([A-Za-z_]*\)  *\(.*\)/\1=\2/p' |
    tr -d ' ' > $work/keys
for first in 1 16 31 46; do
    set=""
    for pair in $(sed -n "$first,$((first + 14))p" $work/keys | grep -v '^steps='); do set="$set --set $pair"; done
    gives 3 "1 steps" build/abc train --events $work/some.csv --preset letter --steps 1 --no-score --threads 1 \
        --out $work/set.safetensors $set
    build/abc info --weights $work/set.safetensors > $work/out
    for pair in $(sed -n "$first,$((first + 14))p" $work/keys | grep -v '^steps='); do
        if grep "^  ${pair%%=*} " $work/out | tr -d ' ' | grep -q -x -F "$(echo $pair | tr -d =)"; then good
        else bad "--set $pair"; fi
    done
done
# the score of shapes and its cuts, as columns for rmm; too few events, or no wish for one, leave the loss
head -n 5000 data/background.csv > $work/shapes.csv
gives 3 "Training collapsed" build/abc train --events $work/shapes.csv --steps 5 --out $work/shapes.safetensors
gives 0 "of shapes at their mass" build/abc info --weights $work/shapes.safetensors
gives 0 "crossed,top0.1,top0.01,top0.001,assignment" build/abc run --weights $work/shapes.safetensors \
    --events $work/few.csv --out -
gives 3 "Training collapsed" build/abc train --events $work/shapes.csv --steps 5 \
    --no-score --out $work/shapes.safetensors
gives 0 "crossed,assignment" build/abc run --weights $work/shapes.safetensors --events $work/few.csv --out -
gives 3 "no score of shapes.* needs 500 events" build/abc train --events $work/few.csv --steps 5 \
    --out $work/shapes.safetensors
printf 'event,pt,eta,phi,e\n1,100,0,0,100\n2,90,1,1,200\n' > $work/one_jet.csv
# a search in background with 150 gluinos finds them at their mass; without them there is nothing
awk -F, -v OFS=, 'FNR == 1 { files++ } NR == 1 { print } FNR > 1 && (files == 1 || $1 < 150) {
    $1 += (files == 2) * 1000000;
    print $1, $2, $3, $4, $5 }' data/background.csv data/gluino_qqneutralino_1500.csv > $work/mixed.csv
search="build/abc search --sqrt-s 13000 --toys 200 --points 3 --threads 2"
# the signal's file gives efficiencies and limits, in events and pb; an absurd event does not stretch the spectra
head -n 5000 data/gluino_qqneutralino_1500.csv > $work/gluinos.csv
head -n 5000 data/gluino_qsquark_1500.csv > $work/others.csv
printf '99999999,500000,0,0,500000\n99999999,500000,0.5,3,600000\n' >> $work/mixed.csv
gives 0 "global p of the whole search" $search --events $work/mixed.csv --out $work/found --fraction 0.1,0.01 \
    --luminosity 140 --weak \
    --signal $work/gluinos.csv --signal $work/others.csv
if awk 'NR == 2 { gsub(/[:,]/, ""); for (k = 1; k < NF; k++) if ($(k + 1) == "GeV" && !mass) mass = $k } NR == 1 {
    sub(/.*\(/, ""); z = $1 }
        END { exit !(z > 6 && mass > 1150 && mass < 1600) }' $work/out; then good
        else bad "the gluinos of 1,500 GeV"; fi
if grep -q "^all: events far above all others, excluded: 1," $work/out; then good; else bad "an event of 1e5 GeV"; fi
# networks that tell a window from its side bands keep most of this signal, and have a line and a spectrum of their own
if awk -F, '$1 == "gluinos" && $3 ~ /^weak1[23]/ { e = $4 } END { exit !(e > 0.5) }' $work/found/signals.csv &&
    grep -q "^weak[0-9]* " $work/out &&
   head -n 1 $work/found/results.csv | grep -q ",weak[0-9]*,"; then good; else bad "weakly supervised regions"; fi
if grep -q "^asymmetry: .*not counted" $work/out; then good; else bad "the simplest rule beside a search"; fi
# the limits hold the 150 gluinos that are there; tighter cuts keep less of them
if awk -F, '$1 == "gluinos" && $3 ~ /^(all|top)/ { if ($4 > last && last) bad = 1; last = $4;
    if (!($8 > 150 && $8 < 400 && $16 > 7e-6 && $16 < 7.3e-6)) bad = 1; n++ }
        END { exit bad || n != 3 || last < 0.3 }' $work/found/signals.csv; then good; else bad "limits on a signal"; fi
if grep -q '"signals":\[{"name":"gluinos".*"observed_pb"' $work/found/summary.json; then good
else bad "signals in summary.json"; fi
for file in signal_2.png limits_top0.1_signals.png signals.csv results.csv limits.csv summary.json spectrum_all.png \
    event_1.png weights_2.safetensors; do
    if [ -s $work/found/$file ]; then good; else bad "$file of a search"; fi
done
gives 0 '"global_p"' $search --events data/background.csv --out $work/nothing \
    --weights $work/found/weights_1.safetensors --weak --json
if awk -F'[:,]' '{ for (k = 1; k < NF; k++) if ($k ~ /"global_p"/) p = $(k + 1) }
    END { exit !(p > 0.01) }' $work/out; then
    good; else bad "a p-value of background"; fi
gives 2 "at most 4 regions" $search --events data/background.csv --out $work/nothing --fraction 0.5,0.4,0.3,0.2,0.1
gives 2 "omit" $search --events data/background.csv --out $work/nothing --weights $work/w.safetensors --preset isr
gives 1 "2 events are too few: shapes are learnt" $search --events $work/one_jet.csv --out $work/one
# nothing is mixed with what lies in a folder; a second search takes only its own files away
gives 2 "not empty" $search --events data/background.csv --out $work/nothing
echo mine > $work/nothing/mine.txt
gives 0 "removed from $work/nothing: [0-9]* files" $search --events $work/gluinos.csv --signal $work/others.csv \
    --out $work/nothing --overwrite --toys 0 --points 0 \
    --weights $work/found/weights_1.safetensors
if [ -s $work/nothing/mine.txt ] && [ ! -e $work/nothing/limits_all.png ]; then good
else bad "what --overwrite removes"; fi
if grep -q "top0.1 has [4-9][0-9.]* % of the events" $work/err; then good
else bad "a region that keeps too much is not told"; fi
# what is interrupted is written and says so
$search --events $work/mixed.csv --out $work/cut --folds 8 > $work/out 2> $work/err &
i=0
while [ $i -lt 200 ] && [ ! -e $work/cut/weights_1.safetensors ]; do sleep 0.1; i=$((i + 1)); done
kill -TERM $! 2> $work/null
wait $!
if [ $? = 1 ] && grep -q "interrupted; $work/cut holds" $work/err &&
    grep -q '"interrupted":true,"global_p":null' $work/cut/summary.json &&
   [ -s $work/cut/results.csv ]; then good; else bad "an interrupted search"; fi
# columns are kept, of events without jets, too, and read on; several files are one
awk -F, -v OFS=, 'NR == 1 { print $0, "object", "run", "weight", "tag"; next } {
    print $0, "j", 123456789 + $1, 0.5, "\"a," $1 % 3 "\"" }' $work/shapes.csv > $work/with.csv
printf '88888888,50,0,0,50,mu,12345678901,0.1,x\n' >> $work/with.csv
gives 0 "without jets: 2" build/abc run --weights $work/found/weights_1.safetensors --events $work/with.csv \
    --events $work/with.csv --keep 'run,weight,$tag' --out $work/kept_rows.csv
if head -n 1 $work/kept_rows.csv | grep -q 'top0.001,run,weight,tag,assignment$' && sed -n 2p $work/kept_rows.csv |
    grep -q ',123456789,0.5,"a,0",' &&
   [ "$(grep -c '^88888888,0,,,,,,,,,,12345678901,0.1,x,-$' $work/kept_rows.csv)" = 2 ]; then good
   else bad "columns that are kept"; fi
gives 0 "723 events" build/rmm hunt --masses $work/kept_rows.csv --column mass_avg --toys 0
gives 0 "" $search --events $work/with.csv --out $work/kept_search --weights $work/found/weights_1.safetensors \
    --keep 'run,$tag' --points 0 --fraction 0.1
if tail -n 1 $work/kept_search/results.csv | grep -q '^88888888,0.1,0,.*,12345678901,x$'; then good
else bad "columns that a search keeps"; fi
gives 1 "missing: rum" build/abc run --weights $work/found/weights_1.safetensors --events $work/with.csv --keep rum \
    --out $work/y.csv
gives 2 "already" build/abc run --weights $work/found/weights_1.safetensors --events $work/with.csv --keep score \
    --out $work/y.csv
silent build/abc run --weights $work/found/weights_1.safetensors --events $work/few.csv --layers --out $work/layers.csv
if awk -F, 'NR > 1 { n[$2]++; if ($2 == 0) last = $1; else if ($1 != last) bad = 1 } END {
    exit bad || n[0] != n[1] || n[1] != n[2] || n[3] }' $work/layers.csv; then good; else bad "rows of layers"; fi
cut -d , -f 1,3- $work/layers.csv | awk 'NR == 1 || NR % 3 == 2' > $work/answers.csv
build/abc run --weights $work/found/weights_1.safetensors --events $work/few.csv --out $work/single.csv
same $work/answers.csv $work/single.csv "the answers among the rows of layers"
gives 2 "more than once" build/abc run --weights $work/w.safetensors --weights $work/w.safetensors \
    --events $work/few.csv --out $work/y.csv
gives 1 "read only once" build/abc run --weights $work/found/weights_1.safetensors --events - --events - \
    --out $work/y.csv
gives 3 "" build/abc train --events $work/few.csv --events $work/one_jet.csv --steps 5 \
    --no-score --out $work/two_files.safetensors
cp $work/mixed.csv $work/found/results.csv
gives 2 "would be overwritten" $search --events data/background.csv --events $work/found/results.csv --out $work/found \
    --overwrite
gives 2 "would be overwritten" $search --events $work/found/results.csv --out $work/found
gives 2 "two regions" $search --events data/background.csv --out $work/nothing --fraction 0.1,0.1
gives 1 "more than 1000" $search --events data/background.csv --out $work/bins \
    --weights $work/found/weights_1.safetensors --resolution 0,1e-5
# output that cannot be written
if [ -c /dev/full ]; then
    for tool in abc rmm spanet jets; do for word in --help --version "train --help"; do
        if build/$tool $word > /dev/full 2> $work/err || ! grep -q "standard output" $work/err; then
            bad "$tool $word > /dev/full"; else good; fi
    done
done
    if $r $work/few.csv --out - > /dev/full 2> $work/err; then bad "abc run > /dev/full"; else good; fi
    gives 1 "cannot be written" $rmm encode --events $work/events.csv $s --out $work/inputs.csv --average /dev/full
fi

# weights as a C array: the file's bytes, in C99 and C++11; a program without files has the bits of abc run
silent build/abc export --weights data/abc.safetensors --c $work/weights.h
silent build/spanet export --weights data/spanet.safetensors --c $work/spanet.h
silent $rmm export --weights $work/w.safetensors --c $work/rmm-1.h
silent build/jets export --weights $work/nae.safetensors --c $work/nae.h --name jet_network
bytes() { # bytes HEADER NAME FILE
    printf '#include "%s"\n#include <stdio.h>\n' $1.h > $work/bytes.c
    printf 'int main(void) { return fwrite(%s, 1, sizeof %s, stdout) != sizeof %s || %s; }\n' \
        $2 $2 $2 "(size_t)$2 % 64" >> $work/bytes.c
    if ${CC:-cc} -std=c99 -Wall -Wextra -Wpedantic -Werror -I$work $work/bytes.c -o $work/bytes > $work/out 2>&1 \
        && $work/bytes | cmp - $3 > $work/out 2>&1; then good; else bad "the bytes of $1.h"; fi
}
bytes weights weights data/abc.safetensors
bytes spanet spanet data/spanet.safetensors
bytes rmm-1 rmm_1 $work/w.safetensors
bytes nae jet_network $work/nae.safetensors
silent build/jets export --weights $work/vrnn.safetensors --c $work/vrnn.h
bytes vrnn vrnn $work/vrnn.safetensors
gives 1 "config" build/abc export --weights data/spanet.safetensors --c $work/other.h
gives 1 "" build/spanet export --weights data/abc.safetensors --c $work/other.h
gives 2 "state-dict" build/spanet export --weights data/spanet.safetensors
gives 1 "mass_units" build/spanet export --weights data/spanet.safetensors --state-dict $work/state.safetensors
gives 2 "overwritten" build/spanet export --weights $work/top.safetensors --state-dict $work/top.safetensors
gives 0 "1 epochs" build/spanet train --topology ttbar --events data/ttbar.csv --count 200 --epochs 1 \
    --set mass_units=0 --set pair_units=0 --set hidden_dim=16 --set num_encoder_layers=1 --out $work/plain.safetensors
silent build/spanet export --weights $work/plain.safetensors --state-dict $work/state.safetensors
silent build/spanet run --weights $work/plain.safetensors --events data/ttbar.csv --out $work/plain.csv
silent build/spanet run --weights $work/state.safetensors --topology ttbar --events data/ttbar.csv --max-jets 16 \
    --out $work/state.csv
same $work/plain.csv $work/state.csv "answers of a state_dict"
gives 2 "name of a C array" build/abc export --weights data/abc.safetensors --c $work/other.h --name 3x
gives 2 "overwritten" build/abc export --weights $work/w.safetensors --c $work/w.safetensors
if [ -e $work/other.h ]; then bad "a header of what is no network"; else good; fi
head -n 3000 data/background_test.csv > $work/inside.csv
silent build/abc run --weights data/abc.safetensors --events $work/inside.csv --out $work/outside.csv
cut -d , -f 1,5-7 $work/outside.csv > $work/wanted.csv
inside="-std=c++11 -O1 -DPASSWD_NO_SIMD -pthread -I. -I$work examples/embedded.cpp -o $work/embedded -lm"
if ${CXX:-c++} $inside > $work/out 2> $work/err
then good; else bad "examples/embedded.cpp"; fi
(cd / && "$here/$work/embedded") < $work/inside.csv > $work/out 2> $work/err
if cmp -s $work/out $work/wanted.csv; then good
else bad "a network inside of a program"; fi

# what is not run here at least compiles without a warning
for file in $(ls examples/*.c tools/bench*.c | grep -v _mpi); do
    if ${CC:-cc} -std=gnu99 -Wall -Wextra -Werror -Wno-unused-function -fsyntax-only -I. $file \
        > $work/out 2> $work/err; then
        good; else bad "$file does not compile"; fi
done
for file in examples/*.cpp; do
    if ${CXX:-c++} -std=c++11 -Wall -Wextra -Werror -fsyntax-only -I. -I$work $file > $work/out 2> $work/err
    then good; else bad "$file does not compile"; fi
done

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
