#!/bin/sh
# Features of jets beside those of FastJet, where it is installed (Debian: libfastjet-dev).
cd "$(dirname "$0")/.." || exit 1
work=${SCRATCH:-build}
if ! command -v fastjet-config > /dev/null 2>&1 || ! command -v g++ > /dev/null 2>&1; then
    echo "skipped: FastJet, or g++, is not installed"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
[ -f "$work/passwd.o" ] || make -s "$work/passwd.o" || exit 1
g++ -O2 -std=c++14 -fopenmp -I. tests/fastjet.cpp "$work/passwd.o" \
    $(fastjet-config --cxxflags --libs) -o "$work/fastjet" || exit 1
"$work/fastjet"
