#!/bin/sh
# Builds convert with those of its libraries that are installed, and says which are not.
#   CC=cc CXX=c++ BUILD=build sh tools/convert/build.sh          build/convert (HDF5, gzip, zstd), build/convert_hepmc
#   BUILD=build sh tools/convert/build.sh node                   build/convert_node: ROOT, parquet, Arrow, by npm
cd "$(dirname "$0")/../.." || exit 1
: "${CC:=cc}" "${CXX:=c++}" "${CFLAGS:=-O2}" "${BUILD:=build}"
mkdir -p "$BUILD"
try=$BUILD/convert_try
missing() { echo "convert: without $1: $2"; }

if [ "$1" = node ]; then
    if ! command -v npm > /dev/null || ! command -v node > /dev/null; then
        missing "ROOT, parquet and Arrow" "apt-get install nodejs npm"
        exit 0
    fi
    mkdir -p "$BUILD/convert_node"
    cp tools/convert/package.json tools/convert/package-lock.json tools/convert/read.mjs "$BUILD/convert_node"
    # again only when another version is pinned; nothing of the packages is run while they are installed
    if ! cmp -s tools/convert/package-lock.json "$BUILD/convert_node/installed" &&
        ! { (cd "$BUILD/convert_node" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) &&
            cp tools/convert/package-lock.json "$BUILD/convert_node/installed"; }; then
        missing "ROOT, parquet and Arrow" "npm could not install the packages of tools/convert/package.json"
    fi
    exit 0
fi

# the flags that a library needs; nothing where it is not installed
compiles() { # TEXT FLAGS
    printf '%s\n' "$1" > "$try.c"
    $CC "$try.c" -o "$try" $2 2> /dev/null
}
flags= libraries=
if compiles '#include <zlib.h>
int main(void) { return zlibVersion() == 0; }' -lz; then
    flags="$flags -DTOOLS_ZLIB" libraries="$libraries -lz"
else missing gzip "apt-get install zlib1g-dev"; fi
if compiles '#include <zstd.h>
int main(void) { return ZSTD_versionNumber() == 0; }' -lzstd; then
    flags="$flags -DTOOLS_ZSTD" libraries="$libraries -lzstd"
else missing zstd "apt-get install libzstd-dev"; fi
here=/usr/lib/$($CC -dumpmachine 2> /dev/null | sed 's/-pc-/-/')/hdf5/serial
for way in "$(pkg-config --cflags --libs hdf5 2> /dev/null)" "-I/usr/include/hdf5/serial -L$here -lhdf5" -lhdf5; do
    if [ "$way" ] && compiles '#include <hdf5.h>
int main(void) { return H5open() < 0; }' "$way"; then
        flags="$flags -DCONVERT_HDF5" libraries="$libraries $way"
        break
    fi
done
case $flags in *HDF5*) ;; *) missing HDF5 "apt-get install libhdf5-dev" ;; esac
$CC $CFLAGS $OPENMP -I. $flags $libraries -c tools/convert.c -o "$BUILD/convert.o" &&
    $CC $OPENMP "$BUILD/convert.o" "$BUILD/passwd.o" -o "$BUILD/convert" $libraries -lm || exit 1

printf '#include <HepMC3/ReaderAscii.h>\n#include <zlib.h>\nint main() {}\n' > "$try.cpp"
if $CXX "$try.cpp" -o "$try" -lHepMC3 -lz 2> /dev/null; then
    $CXX -std=c++11 -O2 tools/convert_hepmc.cpp -o "$BUILD/convert_hepmc" -lHepMC3 -lz || exit 1
else
    rm -f "$BUILD/convert_hepmc"
    missing HepMC "apt-get install g++ libhepmc3-dev zlib1g-dev"
fi
