#!/bin/sh
# build/convert: small files that other programs wrote (tests/files, with the scripts that made them), compared with the
# CSV that they should become; the public files of ../shared/published, where they are; broken files and wrong maps.
# What is not installed is skipped, and said so.
#   tests/convert.sh          needs build/convert and build/spanet; "make convert" adds ROOT, parquet, Arrow and HepMC
cd "$(dirname "$0")/.." || exit 1
work=build/convert_test files=tests/files convert=build/convert
rm -rf $work
mkdir -p $work
. tests/commands.sh
skipped=0
skip() { skipped=$((skipped + 1)); echo "skipped: $1"; }
# near OURS EXPECTED: the same columns, perhaps in another order, with the same texts, and numbers within 2e-6
near() {
    awk -F, 'FNR == 1 { if (NR == 1) { split($0, name, ","); n = NF } else {
                for (i = 1; i <= NF; i++) at[$i] = i
                if (NF != n) bad = "columns" } }
        NR == FNR { for (i = 1; i <= NF; i++) value[FNR, name[i]] = $i; rows = FNR; next }
        FNR > 1 { for (c in at) { x = $at[c]; y = value[FNR, c]
            if (x == y) continue
            if (x != "" && y != "" && x + 0 == x && y + 0 == y && (x - y) ^ 2 <= 4e-12 * (1 + x ^ 2)) continue
            if (!bad) bad = "row " FNR ", " c ": " y ", not " x } }
        END { if (!bad && FNR != rows) bad = rows " rows, not " FNR; if (bad) print bad; exit bad != "" }' "$1" "$2" \
        > $work/out 2> $work/err
}
# becomes FORMAT EXPECTED OPTIONS...: the CSV of a file
becomes() {
    format=$1 expected=$2
    shift 2
    if $convert csv "$@" --out $work/events.csv > $work/out 2> $work/err && near $work/events.csv $expected; then good
    else bad "$format: $*"; fi
}
# refused TEXT OPTIONS...: with a message, and nothing is left under the final name
refused() {
    text=$1
    shift
    rm -f $work/none.csv
    gives 1 "$text" $convert csv "$@" --out $work/none.csv
    if [ -e $work/none.csv ]; then bad "$*: something was left"; else good; fi
}
# whether this build reads a format: its message else names a package
reads() { ! $convert list --events $1 2>&1 | grep -q "apt-get install"; }

for command in csv list hdf5 maps; do gives 0 "convert $command " $convert $command --help; done
gives 0 "nanoaod" $convert maps
gives 0 "^object?=mu" $convert maps --map delphes
gives 2 "no map" $convert maps --map delfes

# ---- text
becomes LHE $files/lhe.csv --events $files/events.lhe
becomes LHCO $files/lhco.csv --events $files/events.lhco
gives 0 "mother1 .*lists" $convert --list --events $files/events.lhe
gzip -c $files/events.lhe > $work/events.lhe.gz
if $convert list --events $work/events.lhe.gz 2>&1 | grep -q zlib1g-dev; then skip "gzip: zlib1g-dev"; else
    becomes gzip $files/lhe.csv --events $work/events.lhe.gz
    head -c 200 $work/events.lhe.gz > $work/short.lhe.gz
    refused "cannot be decompressed" --events $work/short.lhe.gz
fi
head -n 25 $files/events.lhe > $work/short.lhe
refused "line 25: the file ends within an event" --events $work/short.lhe
sed 's/30.0 0.0 40.0/x/' $files/events.lhe > $work/odd.lhe
refused "line 14: a particle should have 13" --events $work/odd.lhe
sed '/<.LesHouches/d' $files/events.lhe > $work/open.lhe
refused "the file is not whole" --events $work/open.lhe
printf '0 1 0\n1 4 0.5 1.0\n' > $work/short.lhco
refused "line 2" --events $work/short.lhco
: > $work/empty
refused "empty" --events $work/empty
refused "format is not known" --events $files/topology.ini
refused "is a directory" --events $work
refused "no file matches" --events "$work/*.root"
refused "No such file" --events $work/no-such-file

# ---- maps
lhe="--events $files/events.lhe"
refused 'no "pxx" (--map, line 1); nearest: px' $lhe --map 'object=j px=pxx py=py pz=pz e=e'
refused "of \"px+\"" $lhe --map 'object=j px=px+ py=py pz=pz e=e'
refused "a list" $lhe --map 'pt=1 eta=0 phi=0 m=0; event x=px'
refused "different lengths" $lhe --map 'object=j px=px py=py pz=weights e=e'
refused "have no m" $lhe --map 'object=j px=px py=py pz=pz'
refused "NAME=FORMULA is expected" $lhe --map 'pt = px'
refused "line 2" $lhe --map 'pt=1 eta=0 phi=0 m=0
event where count(px'
refused "one value per event" $lhe --map 'pt=1 eta=0 phi=0 m=0; event where px>0'
refused "finds no objects" $lhe --map 'object?=j px=nothing py=py pz=pz e=e'
gives 0 "1 events with 1 objects" $convert csv $lhe --out $work/one.csv \
    --map '# the only muon
        object=mu px=px py=py pz=pz e=e half=(px/2) n=count(id>0) where abs(id)==13 && pt > 2.5e1 ; # its event
        event scale=scale where sum(id==22)==0 && !any(status>1)'
printf 'event,object,pt,eta,phi,e,half,n,scale\n0,mu,30,1.09861229,3.14159265,50,-15,3,91.2\n' > $work/expected.csv
same $work/one.csv $work/expected.csv "a map with comments, conditions and functions"
printf 'pt=largest(max(pow(px,2),9)) eta=either(none,px[2]/100) phi=(atan2(1,0)-px[1:4:2][0]*0) m=(7&3|8)' \
    > $work/odd.map
refused "line 1: ) is expected" $lhe --map $work/odd.map
printf 'pt=largest(max(pow(px,2),9)) eta=either(none,px[2]/100) phi=(atan2(0,1)+!px[0]) m=((7&3|8)+7%%4+(1<<4))' \
    > $work/odd.map
gives 0 "2 events" $convert csv $lhe --map $work/odd.map --out $work/one.csv
printf 'event,pt,eta,phi,m\n0,900,0.3,1,30\n1,9,0,1,30\n' > $work/expected.csv
if near $work/one.csv $work/expected.csv; then good; else bad "functions of a map"; fi
# several files are one; what is replaced is whole or untouched
cp $files/events.lhe $work/a.lhe
printf '# all of them\n%s\n' $files/events.lhe $work/a.lhe $work/a.lhe > $work/list
gives 0 "6 events with 15 objects" $convert csv --events @$work/list --out $work/list.csv
gives 0 "4 events with 10 objects" $convert csv --events $files/events.lhe --events "$work/[a].lhe" --out $work/two.csv
if [ "$(cut -d, -f1 $work/two.csv | sort -u | tr '\n' ' ')" = "0 1 2 3 event " ]; then good; else bad "two files"; fi
gives 0 "1 events with 2 objects" $convert csv --events $work/a.lhe --first 1 --count 1 --out $work/part.csv
cp $work/two.csv $work/kept.csv
gives 1 "ends within" $convert csv --events $work/a.lhe --events $work/short.lhe --out $work/two.csv
same $work/two.csv $work/kept.csv "a failure changed what was there"
gives 1 "overwritten" $convert csv --events $work/a.lhe --out $work/a.lhe
same $work/a.lhe $files/events.lhe "the input was overwritten"

# ---- HDF5
if reads $files/spanet.h5; then
    sources="--source t1/b=Jets --source t1/q1=Jets --source t2/l=Leptons"
    becomes SPANet $files/spanet.csv --events $files/spanet.h5 $sources
    refused "say which one \"TARGETS/t1/b\"" --events $files/spanet.h5
    gives 0 "Leptons/MASK  *bool  *5 x 2" $convert list --events $files/spanet.h5
    # there and back: the same numbers, in the same data sets
    $convert csv --events $files/spanet.h5 $sources --out $work/there.csv 2> $work/err
    gives 0 "5 events" $convert hdf5 --events $work/there.csv --topology $files/topology.ini --out $work/back.h5
    becomes "HDF5 and back" $work/there.csv --events $work/back.h5 $sources
    $convert list --events $files/spanet.h5 | sed 1d | grep -v "t2/MASK" | sort > $work/sets
    $convert list --events $work/back.h5 | sed 1d | sort > $work/back
    # events without a mask of a particle; 64-bit numbers become 32
    sed 's/float64/float32/' $work/sets > $work/sets32
    sed 's/  */ /g' $work/sets32 > $work/sets
    sed 's/  */ /g' $work/back > $work/back32
    same $work/sets $work/back32 "the data sets that were written are not those of the file"
    # targets that count through both collections
    sed '/^inputs/d' $files/topology.ini > $work/through.ini
    $convert hdf5 --events $work/there.csv --topology $work/through.ini --out $work/through.h5 --width 6 2> $work/err
    becomes "targets through all" $work/there.csv --events $work/through.h5 --topology $work/through.ini
    gives 0 "Jets/pt .*5 x 6" $convert list --events $work/through.h5
    # a network is trained on them; how many classes a head has is found in the events, as the public code does
    sed 's/signal = 2/signal = 0/' $files/topology.ini > $work/zero.ini
    awk -F, -v OFS=, 'NR == 1 { while ($++w != "weight") continue } NR > 1 { $w = 1 } { print }' $work/there.csv \
        > $work/train.csv
    gives 0 "5 events: 40.0 %" build/spanet train --topology $work/zero.ini --events $work/train.csv --epochs 1 \
        --set hidden_dim=8 --set num_encoder_layers=1 --set num_attention_heads=1 --out $work/w.safetensors
    # predictions, as spanet run writes results: jets are rows of the event
    { echo event,particle,jets,probability,detection,pt,eta,phi,m
    echo '0,t1,2 0,0.5,0.8,1,1,1,1'
    echo '0,t2,4,0.9,0.7,1,1,1,1'
    for e in 1 2 3; do printf "$e,t1,,,0.1,,,,\n$e,t2,,,0.1,,,,\n"; done
    printf '4,t1,,,,,,,\n4,t2,0,1,1,1,1,1,1\n'; } > $work/results.csv
    gives 0 "5 events" $convert hdf5 --events $work/there.csv --topology $files/topology.ini \
        --results $work/results.csv --out $work/predicted.h5
    gives 0 "t1/marginal_probability" $convert list --events $work/predicted.h5
    gives 0 "" $convert csv --events $work/predicted.h5 $sources --out $work/predicted.csv
    if awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        NR == 2 { good = $at["target"] == "t1/q1" && $at["t1/marginal_probability"] - 0.4 < 1e-6 }
        NR == 4 { good = good && $at["target"] == "t1/b" } NR == 6 { good = good && $at["target"] == "t2/l" }
        $1 == 1 && $at["target"] != "" { good = 0 } END { exit !good }' $work/predicted.csv; then good
    else bad "predictions"; fi
    sed 4d $work/results.csv > $work/gap.csv
    sed 's/^4,t2.*/5,t2,0,1,1,1,1,1,1/' $work/results.csv > $work/more.csv
    gives 1 "no such event" $convert hdf5 --events $work/there.csv --topology $files/topology.ini --results \
        $work/more.csv --out $work/no.h5
    sed '/^1,/d' $work/results.csv > $work/gap.csv
    gives 1 "event 1 of the events should" $convert hdf5 --events $work/there.csv --topology $files/topology.ini \
        --results $work/gap.csv --out $work/no.h5
    gives 2 "cannot be read twice" $convert hdf5 --events - --topology ttbar --out $work/no.h5
    gives 1 "no-such" $convert hdf5 --events $work/there.csv --topology no-such-file --out $work/no.h5
    if [ -e $work/no.h5 ]; then bad "a failure left a file"; else good; fi
    # the LHC Olympics; tables of records, arrays of three dimensions
    olympics="object=j pt=df/block0_values[0:2100:3] eta=df/block0_values[1:2100:3] phi=df/block0_values[2:2100:3] m=0"
    becomes "LHC Olympics" $files/olympics.csv --events $files/olympics.h5 \
        --map "$olympics where pt>0; event signal=df/block0_values[2100]"
    gives 0 "3 events with 6 objects" $convert csv --events $files/olympics.h5 --out $work/jets.csv
    becomes "features of the LHC Olympics" $files/features.csv --events $files/features.h5
    cube="pt=cube[:,0] eta=cube[:,1] phi=cube[:,2] m=cube[:,3]"
    becomes "tables and arrays" $files/table.csv --events $files/table.h5 \
        --map "$cube value=events/table.values[0:6:2] index=events/table.index where events/table.good"
    refused "3 dimensions\|2 dimensions" --events $files/table.h5 --map 'pt=cube eta=0 phi=0 m=0'
    refused "beyond the array" --events $files/table.h5 --map 'pt=cube[:,4] eta=0 phi=0 m=0'
    refused "which of its columns" --events $files/table.h5
    head -c 9000 $files/spanet.h5 > $work/short.h5
    refused "no whole HDF5 file" --events $work/short.h5 $sources
else skip "HDF5: libhdf5-dev"; fi

# ---- HepMC
if reads $files/events.hepmc; then
    becomes HepMC $files/hepmc.csv --events $files/events.hepmc \
        --map 'px=px py=py pz=pz e=e id=id where status==1; event number=number weight=weight'
    gives 0 "3 events with" $convert csv --events $files/events.hepmc --out $work/jets.csv
    head -c 3000 $files/events.hepmc > $work/short.hepmc
    refused "is broken, or ends too early" --events $work/short.hepmc
else skip "HepMC: libhepmc3-dev"; fi

# ---- ROOT, parquet, Arrow
for format in parquet arrow; do
    if reads $files/events.$format; then
        becomes $format $files/events.csv --events $files/events.$format --map nanoaod
        head -c 1200 $files/events.$format > $work/short.$format
        refused "no whole" --events $work/short.$format --map nanoaod
        refused 'nearest: MET_pt' --events $files/events.$format --map 'pt=MTE_pt eta=0 phi=0 m=0'
    else skip "$format: npm"; fi
done

if reads $files/zstd.arrow; then
    becomes "zstd in Arrow" $files/events.csv --events $files/zstd.arrow --map nanoaod
    awk 'BEGIN { print "event,pt,eta,phi,m"; for (k = 0; k < 20000; k++) printf "%d,%.9g,0,0,0\n", k, k % 700 / 7 }' \
        > $work/expected.csv
    becomes "LZ4 in Arrow, several blocks" $work/expected.csv --events $files/lz4.arrow --map 'pt=pt eta=0 phi=0 m=0'
fi

# ---- the files that people have
shared=../shared/published/files
if ! [ -d $shared ]; then skip "public files: ../shared/published"
else
    gives 0 "100 events with 592 objects" $convert csv --events $shared/pylhe-testfile-pythia-6.413-ttbar.lhe \
        --out $work/lhe.csv
    head -c 100000 $shared/pylhe-testfile-pythia-6.413-ttbar.lhe > $work/short.lhe
    refused "line 919" --events $work/short.lhe
fi
if [ -d $shared ] && reads $shared/spanet_full_hadronic_ttbar.h5; then
    gives 0 "10000 events with 71958" $convert csv --events $shared/spanet_full_hadronic_ttbar.h5 --out $work/tt.csv
    gives 0 "1000 events with 8034" $convert csv --events $shared/spanet_semi_leptonic_ttH.h5 --out $work/ttH.csv
    gives 0 "100 events with 200" $convert csv --events $shared/pylhe-testfile-hpcgen.hdf5 --out $work/hpcgen.csv
    gives 0 "10000 events" $convert hdf5 --events $work/tt.csv --topology ttbar --out $work/tt.h5
    gives 0 "" $convert csv --events $work/tt.h5 --out $work/tt2.csv
    same $work/tt.csv $work/tt2.csv "public tt events to HDF5 and back"
    # the authors' 8,000 events are the first of these, with fewer digits (and masses just below 0, by rounding)
    if [ -f $shared/../spanet_ttbar.csv ]; then
        awk -F, 'NR == 1 || $1 < 8000' $work/tt.csv > $work/tt8.csv
        awk -F, -v OFS=, 'NR == FNR { line[FNR] = $0; next } { split(line[FNR], x, ",")
            if (FNR > 1 && $5 < 0) $5 = 0
            for (i = 1; i <= NF; i++) if ($i != x[i] && !($i + 0 == $i && ($i - x[i]) ^ 2 < 1e-10 * (1e-3 + $i ^ 2)))
                bad = 1 } END { exit bad || FNR < 50000 }' $work/tt8.csv $shared/../spanet_ttbar.csv && good ||
            bad "the CSV of the same events"
    fi
    head -c 1000000 $shared/spanet_full_hadronic_ttbar.h5 > $work/short.h5
    refused "truncated" --events $work/short.h5
else skip "public HDF5 files"; fi
if [ -d $shared ] && reads $shared/uproot-HZZ-zlib.root; then
    cat > $work/hzz.map << 'END'
object=j  px=Jet_Px py=Jet_Py pz=Jet_Pz e=Jet_E btag=Jet_btag id=Jet_ID
object=mu px=Muon_Px py=Muon_Py pz=Muon_Pz e=Muon_E charge=Muon_Charge
object=e  px=Electron_Px py=Electron_Py pz=Electron_Pz e=Electron_E charge=Electron_Charge
object=g  px=Photon_Px py=Photon_Py pz=Photon_Pz e=Photon_E
object=met px=MET_px py=MET_py pz=0 m=0
event n=count(Jet_ID>=0) weight=EventWeight
END
    sed 's/Jet_P\(.\)/jetp4.p\1/g;s/Jet_E/jetp4.e/;s/Muon_P\(.\)/muonp4.p\1/g;s/Muon_E/muonp4.e/;s/Jet_btag/jetbtag/
        s/Electron_P\(.\)/electronp4.p\1/g;s/Electron_E/electronp4.e/;s/Photon_P\(.\)/photonp4.p\1/g;s/EventW/eventw/
        s/Photon_E/photonp4.e/;s/Jet_ID/jetid/g;s/_Charge/q/g;s/=Muonq/=muonq/;s/=Electronq/=electronq/
        s/MET_p/MET./g' $work/hzz.map > $work/objects.map
    for way in zlib lz4 zstd lzma; do
        gives 0 "2421 events with 9410 objects" $convert csv --events $shared/uproot-HZZ-$way.root --map $work/hzz.map \
            --out $work/hzz_$way.csv
        same $work/hzz_zlib.csv $work/hzz_$way.csv "$way reads as something else than zlib"
    done
    # vectors of TLorentzVector, TVector2: the same events; masses of muons suffer from their 32 bits
    $convert csv --events $shared/uproot-HZZ-objects.root --map $work/objects.map --out $work/objects.csv 2> $work/err
    cut -d, -f 1-5,7- $work/objects.csv > $work/objects_cut.csv
    cut -d, -f 1-5,7- $work/hzz_zlib.csv > $work/hzz_cut.csv
    if near $work/objects_cut.csv $work/hzz_cut.csv; then good; else bad "objects read as something else"; fi
    # the same tree, as another program read it
    if [ -f $shared/../cms_hzz_sample.csv ]; then
        cut -d, -f 3-5 $shared/../cms_hzz_sample.csv | sed 1d | sort > $work/theirs
        awk -F, 'NR > 1 { printf "%.6g,%.6g,%.6g\n", $3, $4, $5 }' $work/hzz_zlib.csv | sort > $work/ours
        common=$(awk -F, 'NR == FNR { n[sprintf("%.3g", $1)]++; next } n[sprintf("%.3g", $1)]-- > 0 { k++ }
            END { print k }' $work/theirs $work/ours)
        if [ "$common" = 9410 ]; then good; else bad "$common of 9410 objects are those of cms_hzz_sample.csv"; fi
    fi
    gives 0 "200 events with 1007 objects" $convert csv --events $shared/nanoAOD_2015_CMS_Open_Data_ttbar.root --out \
        $work/nano.csv
    gives 0 "Jet_btagDeepB .*lists" $convert list --events $shared/nanoAOD_2015_CMS_Open_Data_ttbar.root
    muons='object=mu px=px1 py=py1 pz=pz1 e=E1; object=mu px=px2 py=py2 pz=pz2 e=E2; event M=M where M>60'
    gives 0 "2012 events with 4024 objects" $convert csv --events $shared/uproot-Zmumu-zstd.root --map "$muons" \
        --out $work/z.csv
    # the invariant mass of the two is what the file says
    awk -F, 'NR > 1 { px[NR % 2] = $3 * cos($5); py[NR % 2] = $3 * sin($5); pz[NR % 2] = $3 * (exp($4) - exp(-$4)) / 2
        e[NR % 2] = $6
        if (NR % 2) { m2 = (e[0] + e[1]) ^ 2 - (px[0] + px[1]) ^ 2 - (py[0] + py[1]) ^ 2 - (pz[0] + pz[1]) ^ 2
            if ((sqrt(m2) - $7) ^ 2 > 1e-4) bad = 1 } } END { exit bad || NR != 4025 }' $work/z.csv && good ||
        bad "masses of muon pairs"
    refused "\"Type\" is no number, but text" --events $shared/uproot-Zmumu-zstd.root --map 'pt=Type eta=0 phi=0 m=0'
    refused "no tree \"Evts\"; its trees: events" --events $shared/uproot-Zmumu-zstd.root --tree Evts
    refused "nearest: Muon_P" --events $shared/uproot-HZZ-zlib.root --map 'pt=Muon_Pxx eta=0 phi=0 m=0'
    head -c 120000 $shared/uproot-HZZ-zlib.root > $work/short.root
    refused "no tree\|no whole\|cannot be" --events $work/short.root --map $work/hzz.map
    { head -c 100000 $shared/uproot-HZZ-zlib.root; head -c 400 /dev/zero | tr '\0' x
    tail -c +100401 $shared/uproot-HZZ-zlib.root; } > $work/broken.root
    refused 'branch "Jet_P.": it cannot be read' --events $work/broken.root --map $work/hzz.map
else skip "public ROOT files: npm"; fi

# ---- without any library each format says what it takes
if ${CC:-cc} -std=c99 -O0 -I. -c tools/convert.c -o $work/bare.o 2> $work/err &&
    { ${CC:-cc} -fopenmp $work/bare.o build/passwd.o -o $work/bare -lm ||
        ${CC:-cc} $work/bare.o build/passwd.o -o $work/bare -lm; } 2>> $work/err; then
    convert=$work/bare
    refused "libhdf5-dev" --events $files/spanet.h5
    refused "zlib1g-dev" --events $work/events.lhe.gz
    refused "libhepmc3-dev" --events $files/events.hepmc
    refused "hyparquet is needed: apt-get install nodejs npm" --events $files/events.parquet
    refused "apache-arrow is needed" --events $files/events.arrow
    gives 1 "libhdf5-dev" $convert hdf5 --events $work/two.csv --topology ttbar --out $work/no.h5
    becomes LHE $files/lhe.csv --events $files/events.lhe
else bad "without libraries it does not compile"; fi

if [ $skipped -gt 0 ]; then echo "$passed passed, $failed failed, $skipped skipped"
else echo "$passed passed, $failed failed"; fi
[ $failed -eq 0 ]
