#!/bin/sh
# The library beside PyTorch on the same weights and events, in one run: microseconds per event and ratios, one core.
#   make bench          needs python3-torch for the peer (and, for a fair one, libopenblas0-pthread)
weights=${1:-data/abc.safetensors} events=${2:-data/background_test.csv}
OMP_NUM_THREADS=${OMP_NUM_THREADS:-2} build/bench "$weights" "$events" | tee build/bench.txt || exit 1
printf '\nthe search with rapidity-mass matrices, one core\n'
OMP_NUM_THREADS=1 build/bench_rmm | tee build/bench_rmm.txt || exit 1
printf '\nSPANet, the public options for tt, one core\n'
OMP_NUM_THREADS=1 build/bench_spanet | tee build/bench_spanet.txt || exit 1
printf '\njets, one core\n'
OMP_NUM_THREADS=1 build/bench_jets | tee build/bench_jets.txt || exit 1
python=
for p in python3 /usr/bin/python3; do $p -c 'import torch, numpy' 2> /dev/null && python=$p && break; done
[ -n "$python" ] || { echo 'skipped: PyTorch is not installed (apt-get install python3-torch)'; exit 0; }
$python -c 'import numpy, sys, time
start = time.process_time()
numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
rate = len(open(sys.argv[1], "rb").read()) / (time.process_time() - start) * 1e-6
print(f"\nreading CSV by numpy.loadtxt: {rate:.0f} MB/s")' "$events"
# the peer is up to three times faster where the C library keeps memory that it frees
peer() {
    MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=100000000000 MALLOC_TOP_PAD_=268435456 OMP_NUM_THREADS=1 \
        $python tools/bench_torch.py "$@"
}
peer time "$weights" "$events" > build/bench_torch.txt || exit 1
for network in rmm spanet; do
    peer $network > build/bench_peer.txt || exit 1
    sed "s/^/$network /" build/bench_peer.txt >> build/bench_torch.txt
done
printf '\nmicroseconds per event on one core, the best instruction set here beside PyTorch\n%-12s %10s %10s %8s\n' '' \
    passwd.h PyTorch ratio
awk 'FILENAME ~ /bench.txt/ { if ($2 == 1) { run[1] = $4; run[64] = $6; run[1024] = $8; train = $10 } next }
     FILENAME ~ /bench_(rmm|spanet).txt/ { if ($2 + 0 > 0 && !(FILENAME $1 in other)) other[FILENAME $1] = $2; next }
     { mine = $1 == "run" ? run[$2] : $1 == "train" ? train : other["build/bench_" $1 ".txt" $2];
         printf "%-12s %10.2f %10.1f %8.1f\n", $1 " " $2, mine, $3, $3 / mine }' \
    build/bench.txt build/bench_rmm.txt build/bench_spanet.txt build/bench_torch.txt
for mode in chain vrnn; do
    peer $mode
done > build/bench_torch_jets.txt || exit 1
printf '\nmicroseconds of processor time per chain step and per jet, one core: '
printf 'beside the ordinary program in PyTorch, and the fastest found by hand\n'
printf '%-20s %10s %10s %8s %10s %8s\n' '' passwd.h PyTorch ratio 'by hand' ratio
awk 'FILENAME ~ /bench_jets/ { mine[$1 " " $2] = $3; next }
     { t = mine[$1 " " $2];
         printf "%-20s %10.3f %10.3f %8.1f %10.3f %8.1f\n", $1 " " $2, t, $3, $3 / t, $4, $4 / t }' \
         build/bench_jets.txt build/bench_torch_jets.txt
