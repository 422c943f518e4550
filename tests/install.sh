#!/bin/sh
# What installs the headers, in scratch projects and in paths with spaces: make install and uninstall, pkg-config, and
# CMake by add_subdirectory, FetchContent and find_package. Where one of the two is missing, that is said and skipped.
cd "$(dirname "$0")/.." || exit 1
work="$(pwd)/build/install of headers"
rm -rf "$work"
mkdir -p "$work"
passed=0 failed=0 skipped=0
have() { command -v "$1" > /dev/null 2>&1; }
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; head -n 8 "$work/log"; }
check() { # check WHAT COMMAND...
    what=$1
    shift
    if "$@" > "$work/log" 2>&1; then good; else bad "$what"; fi
}
skip() { skipped=$((skipped + 1)); echo "skipped: $1"; }
version=$(sed -n 's/^.define PASSWD_VERSION \([0-9]*\).*/\1/p' passwd.h)
version=$((version / 10000)).$((version / 100 % 100)).$((version % 100))

# a project: all three headers, and libm; with an argument it prints the version
mkdir -p "$work/my project"
cat > "$work/my project/main.c" << 'END_OF_FILE'
#include "passwd.h"
#include "passwd_rmm.h"
#include "passwd_spanet.h"
#include <math.h>
int main(int argc, char **argv) { (void)argv; return cbrt(argc * PASSWD_VERSION) < 1.0; }
END_OF_FILE
cat > "$work/my project/whole.c" << 'END_OF_FILE'
#define PASSWD_STATIC
#define PASSWD_NO_TRAINING
#define PASSWD_NO_JETS
#define PASSWD_NO_SIMD
#define PASSWD_IMPLEMENTATION
#include "passwd.h"
int main(void) { return passwd_version() != PASSWD_VERSION; }
END_OF_FILE

# this tree, in a folder of another name
mkdir -p "$work/the tree"
cp passwd*.h Makefile CMakeLists.txt LICENSE "$work/the tree"
cd "$work/the tree" || exit 1
check "make install" make install PREFIX="$work/a prefix"
check "make install with DESTDIR" make install PREFIX=/usr DESTDIR="$work/a package"
for file in include/passwd.h include/passwd_rmm.h include/passwd_spanet.h share/pkgconfig/passwd.pc \
    share/cmake/passwd/passwd-config.cmake; do
    check "$file" cmp "$work/a prefix/$file" "$work/a package/usr/$file"
done
check "the header that was installed" cmp passwd.h "$work/a prefix/include/passwd.h"

if have pkg-config; then
    PKG_CONFIG_PATH="$work/a prefix/share/pkgconfig"
    export PKG_CONFIG_PATH
    check "pkg-config has another version" test "$(pkg-config --modversion passwd)" = "$version"
    # the shell takes pkg-config's backslashes before spaces apart
    eval "set -- $(pkg-config --cflags passwd)"
    eval "libs=\"$(pkg-config --libs passwd)\""
    check "pkg-config" ${CC:-cc} -O0 "$@" "$work/my project/whole.c" -o "$work/my project/whole" $libs
    check "its program" "$work/my project/whole"
else skip "pkg-config is not installed"; fi

if have cmake; then
    project() { # project NAME LINE...: a project that has the target from these lines, and runs
        name=$1
        shift
        mkdir -p "$work/$name"
        { printf 'cmake_minimum_required(VERSION 3.14)\nproject(mine C)\n'
          printf '%s\n' "$@" "add_executable(main \"$work/my project/main.c\")"
          echo 'target_link_libraries(main PRIVATE passwd::passwd)'
        } > "$work/$name/CMakeLists.txt"
        check "CMake: $name" cmake -S "$work/$name" -B "$work/$name/build"
        check "CMake: $name, built" cmake --build "$work/$name/build"
        check "CMake: $name, run" "$work/$name/build/main"
    }
    project "add subdirectory" "add_subdirectory(\"$work/the tree\" passwd)"
    project "fetch content" "include(FetchContent)" \
        "FetchContent_Declare(passwd SOURCE_DIR \"$work/the tree\")" "FetchContent_MakeAvailable(passwd)"
    project "find package" "find_package(passwd $version REQUIRED PATHS \"$work/a prefix\" NO_DEFAULT_PATH)"
    check "CMake configures" cmake -S . -B build/cmake "-DCMAKE_INSTALL_PREFIX=$work/by cmake"
    check "CMake installs" cmake --install build/cmake
    project "find package of CMake" \
        "find_package(passwd $version REQUIRED PATHS \"$work/by cmake\" NO_DEFAULT_PATH)"
    # a version that is not there yet
    printf 'cmake_minimum_required(VERSION 3.14)\nproject(mine C)\nfind_package(passwd 9 REQUIRED PATHS "%s" %s)\n' \
        "$work/a prefix" NO_DEFAULT_PATH > "$work/my project/CMakeLists.txt"
    if cmake -S "$work/my project" -B "$work/my project/build" > "$work/log" 2>&1; then
        bad "CMake takes version 9"; else good; fi
else skip "cmake is not installed"; fi

check "make uninstall" make uninstall PREFIX="$work/a prefix"
check "make uninstall leaves nothing" test -z "$(find "$work/a prefix" -type f)"

echo "$passed passed, $failed failed$([ $skipped = 0 ] || echo ", $skipped skipped")"
[ $failed = 0 ]
