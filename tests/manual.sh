#!/bin/sh
# The programs in the manuals, at the heads of the headers, compile without warnings as C and as C++, run, and print
# what they should. They begin with "#define PASSWD_IMPLEMENTATION" and end with the brace of main; implementations are
# linked, as they take longest to compile.
cd "$(dirname "$0")/.." || exit 1
work=build/manual
rm -rf $work
mkdir -p $work
ln -s ../../data $work/data # programs run in there, and write there
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef -Werror"
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; [ -f $work/log ] && head -n 8 $work/log; }

make build/passwd.o > /dev/null || exit 1
printf 'int main(void) { return 0; }' > $work/try.c
openmp=$(cc -fopenmp $work/try.c -o $work/try 2> /dev/null && echo -fopenmp) # as in the Makefile

# the companions' implementations, once each
for part in rmm spanet; do
    printf '#define PASSWD_%s_IMPLEMENTATION\n#include "passwd_%s.h"\n' $(echo $part | tr a-z A-Z) $part > $work/$part.c
    if cc -O0 -DPASSWD_NO_SIMD -I. -c $work/$part.c -o $work/$part.o > $work/log 2>&1; then good
    else bad "the implementation of passwd_$part.h"; fi
done

expect() { # expect HEADER NUMBER PATTERN: program NUMBER of the header prints a line like that
    program=$work/${1%.h}_$2
    if ! [ -f "$program.c" ]; then bad "$1: there is no program $2 in the manual"; return; fi
    sed -i '/^#define PASSWD_[A-Z_]*IMPLEMENTATION$/d' $program.c
    if cc -std=c99 $warnings -O1 -I. $program.c build/passwd.o $work/rmm.o $work/spanet.o $openmp -o $program -lm \
        > $work/log 2>&1; then good; else bad "$1: program $2 does not compile"; return; fi
    if ! command -v c++ > /dev/null || c++ -std=c++11 -x c++ $warnings -Wno-missing-field-initializers -fsyntax-only \
        -I. $program.c > $work/log 2>&1; then good; else bad "$1: program $2 does not compile as C++"; fi
    if (cd $work && "./${program##*/}") > $work/log 2>&1 && grep -q "$3" $work/log; then good
    else bad "$1: program $2 does not print \"$3\""; fi
}

for header in passwd.h passwd_rmm.h passwd_spanet.h; do
    awk -v name=$work/${header%.h} '
        /^\*\// { exit }
        /^     #define PASSWD_IMPLEMENTATION$/ { file = name "_" ++count ".c" }
        file { print substr($0, 6) > file; if (/int main\(/) last = 1 }
        file && last && /^     }$/ { file = ""; last = 0 }' $header
done
expect passwd.h 1 '^mass [0-9.]* GeV, score [0-9.]*, parents of the jets: [012] [012]'
expect passwd.h 2 '^1[678][0-9][0-9] of 2000 other events are classified right$'
expect passwd_rmm.h 1 '^8[0-9]* to 9[0-9]* GeV: .* sigma global$'
expect passwd_rmm.h 2 '^800 GeV: fewer than [0-9.]* events'
expect passwd_spanet.h 1 '^t2: q1 = jet [0-9], q2 = jet [0-9], b = jet [0-9], mass [0-9.]* GeV'
expect passwd_spanet.h 2 '^2 epochs, loss [0-9.]*\.'
echo "$passed passed, $failed failed"
[ $failed = 0 ]
