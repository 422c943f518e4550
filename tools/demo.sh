#!/bin/sh
# The main jobs on the bundled events: train on background alone, then look for two gluinos that the network has never
# seen; and the
# search with rapidity-mass matrices in events with leptons; and the jets of top pairs, by weights that come along.
#   make demo
set -e
out=build/demo
mkdir -p $out
printf '== training on data/background.csv\n'
build/abc train --events data/background.csv --out $out/abc.safetensors --steps "${STEPS:-2500}" --seed 1 \
    --log $out/loss.csv
for sample in background_test gluino_qqneutralino_1500 gluino_qsquark_1500; do
    build/abc run --weights $out/abc.safetensors --events data/$sample.csv --out $out/$sample.csv
    printf '== wrote %s/%s.csv, which begins\n' $out $sample
    head -n 3 $out/$sample.csv
done
printf '== the network beside the smallest mass asymmetry\n'
build/abc compare --weights $out/abc.safetensors --background data/background_test.csv \
    --signal data/gluino_qqneutralino_1500.csv --mass 1500 --signal data/gluino_qsquark_1500.csv --mass 1500 \
    --names 'QCD background,gluino to qq neutralino,gluino to q squark' --log $out/loss.csv --plots $out --figures $out
printf '== pictures: %s\n' "$(ls $out/*.png | tr '\n' ' ')"
printf '== events with leptons: anomaly scores and regions, scans of all spectra, limits, one global p-value\n'
build/rmm search --events data/lepton_background.csv --sqrt-s 13000 --fraction 0.1,0.01 --epochs "${EPOCHS:-20}" \
    --toys 500 --points 4 \
    --signal data/lepton_hplus_800.csv --signal-mass 800 --signal data/lepton_wprime_2000.csv --signal-mass 2000 \
    --signal data/lepton_zprime_2000.csv --signal-mass 2000 --label Simulation --out $out/leptons
printf '== tables and pictures: %s\n' "$(ls $out/leptons | tr '\n' ' ')"
printf '== top pairs: which jets belong to which top\n'
build/spanet evaluate --weights data/spanet.safetensors --events data/ttbar.csv --plots $out/spanet
printf '== pictures: %s\n' "$(ls $out/spanet | tr '\n' ' ')"
printf '== anomalous jets: a plain and a normalized autoencoder, trained on top jets alone\n'
build/jets compare --model ae,nae --background data/features_top.csv --train-count 1500 \
    --signal data/features_semivisible_30.csv \
    --signal data/features_semivisible_70.csv --signal data/features_dark.csv --signal data/features_qcd.csv \
        --signal data/features_wz.csv \
    --names 'top,semivisible 30 %,semivisible 70 %,dark,QCD,W/Z' --seeds 3 --set nae.batch=64 --set ae.batch=64 \
        --label Simulation --plots $out/jets
printf '== pictures: %s\n' "$(ls $out/jets | tr '\n' ' ')"
