#!/bin/sh
# Trainings of the command-line tools that are killed and resumed: the same weights and the same log as without; another
# training's checkpoint is refused; a checkpoint that cannot be written costs no weights.
#   tests/resume.sh          needs build/abc, build/rmm and build/spanet
cd "$(dirname "$0")/.." || exit 1
work=build/resume
rm -rf $work
mkdir -p $work
. tests/commands.sh
# meets FILE DEED COMMAND...: as soon as the file is there, the deed is done to the command that runs as $pid; its
# status is in $got
meets() {
    file=$1 deed=$2
    shift 2
    "$@" > $work/out 2> $work/err &
    pid=$! waited=0
    while [ ! -f "$file" ] && [ $waited -lt 1500 ] && kill -0 $pid 2> /dev/null; do
        sleep 0.02; waited=$((waited + 1))
    done
    eval "$deed"
    wait $pid 2> /dev/null
    got=$?
}

head -n 8000 data/background.csv > $work/background.csv
head -n 3000 data/background.csv > $work/others.csv
head -n 6000 data/lepton_background.csv > $work/lepton.csv
printf '{"epochs": 20, "steps": 0, "batch": 32}\n' > $work/abc.json
printf '{"epochs": 20, "steps": 0, "batch": 32, "rate": 0.02}\n' > $work/faster.json
abc="build/abc train --config $work/abc.json --events $work/background.csv --threads 1"
rmm="build/rmm train --sqrt-s 13000 --widths 20,5 --epochs 200 --events $work/lepton.csv --threads 1"
spanet="build/spanet train --topology ttbar --events data/ttbar.csv --count 400 --epochs 20 --batch 64 --threads 1"
spanet="$spanet --set hidden_dim=16 --set num_encoder_layers=1 --set num_attention_heads=2"

for tool in abc rmm spanet; do
    eval train=\"\$$tool\"
    gives 0 "" $train --out $work/$tool.whole --log $work/$tool.whole.csv
    meets $work/$tool.ck 'kill -KILL $pid' $train --out $work/$tool.part --log $work/$tool.part.csv \
        --checkpoint $work/$tool.ck
    if [ -f $work/$tool.part ]; then bad "$tool was not killed in time"; fi
    gives 0 "came from the checkpoint" $train --out $work/$tool.part --log $work/$tool.part.csv \
        --checkpoint $work/$tool.ck
    same $work/$tool.whole $work/$tool.part
    same $work/$tool.whole.csv $work/$tool.part.csv
    gives 0 "had already ended" $train --out $work/$tool.again --log $work/$tool.part.csv --checkpoint $work/$tool.ck
    same $work/$tool.whole $work/$tool.again
    same $work/$tool.whole.csv $work/$tool.part.csv
    if grep -q nan $work/err; then bad "$tool speaks of nan"; else good; fi
    gives 1 "seed" $train --seed 9 --out $work/$tool.other --checkpoint $work/$tool.ck
    if [ -f $work/$tool.other ]; then bad "$tool kept the weights of another training"; else good; fi
    # the checkpoint's folder goes away: the weights are saved all the same
    mkdir -p $work/gone
    meets $work/gone/ck 'mv $work/gone $work/gone_$tool' $train --out $work/$tool.saved --checkpoint $work/gone/ck
    if [ $got = 1 ] && grep -q "best weights so far" $work/err && [ -s $work/$tool.saved ]; then good
    else bad "$tool without its checkpoint: status $got"; fi
done
gives 1 "rate" build/abc train --config $work/faster.json --events $work/background.csv --out $work/x \
    --checkpoint $work/abc.ck
gives 1 "events are" build/abc train --config $work/abc.json --events $work/others.csv --out $work/x \
    --checkpoint $work/abc.ck
sed '5s/,[0-9]*\./,77./' $work/background.csv > $work/changed.csv
gives 1 "hash of the events" build/abc train --config $work/abc.json --events $work/changed.csv --out $work/x \
    --checkpoint $work/abc.ck
if [ -f $work/x ]; then bad "the weights of another training were kept"; else good; fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
