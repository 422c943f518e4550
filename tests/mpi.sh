#!/bin/sh
# The tools by MPI: the same bytes for 1, 2, 3, 4 and 8 ranks and any threads, in the training of all four; a checkpoint
# that goes on with another number of ranks; a rank that is killed. Needs mpicc and mpirun.
cd "$(dirname "$0")/.." || exit 1
if ! command -v mpicc > /dev/null || ! command -v mpirun > /dev/null; then
    echo "skipped: mpicc or mpirun is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
build=build/mpi work=build/mpi/work
mkdir -p $build
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; tail -n 4 $work/err; }
make -s BUILD=$build MPI=1 $build/abc $build/rmm $build/spanet $build/jets $build/example_train_mpi || exit 1
rm -rf $work
mkdir -p $work
# OpenMPI refuses root, and more ranks than cores, unless told; MPICH knows neither option
options=
mpirun --version 2>&1 | grep -q "Open MPI" && options="--oversubscribe"
[ "$options" ] && [ "$(id -u)" = 0 ] && options="$options --allow-run-as-root"
ranks() { n=$1; shift; mpirun $options -n "$n" "$@" > $work/out 2> $work/err; }
# compare NAME COMMAND...: its --out is given here
compare() {
    name=$1
    shift
    for n in 1 2 3 4 8; do
        if ranks $n "$@" --threads $((n % 2 + 1)) --out $work/$name.$n &&
            cmp -s $work/$name.1 $work/$name.$n; then good
        else bad "$name by $n ranks"; fi
    done
}
compare abc $build/abc train --events data/background_test.csv --steps 60 --seed 3 --no-score
compare rmm $build/rmm train --events data/lepton_background.csv --sqrt-s 13000 --epochs 2
compare autoencoder $build/rmm train --events data/lepton_background.csv --sqrt-s 13000 --epochs 1 \
    --network autoencoder --widths 40,8
compare spanet $build/spanet train --topology ttbar --events data/ttbar.csv --epochs 1 --set hidden_dim=16
compare nae $build/jets train --model nae --events data/features_top.csv --count 400 --set epochs=2 \
    --set chain_steps=3
compare vrnn $build/jets train --model vrnn --events data/jets_qcd.csv --epochs 2
# a training is stopped, and goes on with another number of ranks: weights and log are those of one process
train="$build/abc train --events data/background_test.csv --steps 60 --seed 3 --no-score --threads 1"
ranks 1 $train --out $work/whole --log $work/whole.csv || bad "one rank"
mpirun $options -n 2 $train --out $work/parts --log $work/parts.csv --checkpoint $work/check > $work/out 2> $work/err &
for k in $(seq 600); do if [ -e $work/check ]; then break; fi; sleep 0.05; done
pkill -KILL -f "$build/abc train .*--checkpoint $work/check"
wait $!
if [ $? != 0 ] && [ -e $work/check ]; then good; else bad "ranks that were killed"; fi
if ranks 3 $train --out $work/parts --log $work/parts.csv --checkpoint $work/check &&
    cmp -s $work/whole $work/parts && cmp -s $work/whole.csv $work/parts.csv; then good
else bad "another number of ranks goes on from a checkpoint"; fi
# one rank alone is killed in mid-step: the job ends, with a message, and soon
mpirun $options -n 3 $build/abc train --events data/background.csv --steps 100000 --no-score --threads 1 \
    --out $work/never > $work/out 2> $work/err &
job=$!
sleep 4
kill -KILL "$(pgrep -f "$build/abc train .*--out $work/never" | grep -v "^$job\$" | tail -n 1)"
for k in $(seq 200); do if ! kill -0 $job 2> /dev/null; then break; fi; sleep 0.1; done
if kill -0 $job 2> /dev/null; then
    bad "a job goes on although one of its ranks was killed"
    kill -KILL $job
elif [ -s $work/err ] && [ ! -e $work/never ]; then good
else bad "a job says nothing of a rank that was killed"; fi
# what all ranks refuse
if ranks 2 $build/abc train --events no-such-file.csv --out $work/y; then bad "no events"; else good; fi
if ranks 2 $build/abc train --no-such-option; then bad "no such option"; else good; fi
if ranks 3 $build/example_train_mpi && grep -q "3 ranks: 50 steps" $work/out; then good; else bad "the example"; fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
