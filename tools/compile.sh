#!/bin/sh
# Seconds of processor time that compiling takes, for each use of the header, the best of three rounds; beside them the
# ratio to the first line.
#   tools/compile.sh [OTHER.h]     beside another passwd.h, say that of an older version; COMPILERS="gcc clang"
cd "$(dirname "$0")/.." || exit 1
work=build/compile
mkdir -p $work
printf '#define PASSWD_IMPLEMENTATION\n#include "passwd.h"\n' > $work/passwd.c
printf '#include "passwd.h"\nint main(void) { return passwd_version() != PASSWD_VERSION; }\n' > $work/user.c
sed -n '/^```c$/,/^```$/p' README.md | sed '1d;/^```$/,$d' > $work/first.c # README's first program
lean="-DPASSWD_STATIC -DPASSWD_NO_TRAINING -DPASSWD_NO_JETS"
[ -z "$1" ] || { mkdir -p $work/other; cp "$1" $work/other/passwd.h || exit 1; }

# seconds COMMAND...: user and system time of it and its children
seconds() {
    sh -c '"$@" > /dev/null 2>&1 || echo failed >&2; times' sh "$@" |
        awk 'END { gsub(/[ms]/, " "); split($0, t, " "); print t[1] * 60 + t[2] + t[3] * 60 + t[4] }'
}
cat > $work/list <<END
-I$work/other|$work/passwd.c|the other header, everything
-I.|$work/passwd.c|everything: passwd.c of two lines
-I.%$lean|$work/first.c|README's first program, run only and static
-I.%$lean%-DPASSWD_NO_AVX512|$work/first.c|the same without AVX-512
-I.|$work/user.c|a file that includes the interface
END
[ -n "$1" ] || sed -i 1d $work/list
for compiler in ${COMPILERS:-gcc clang}; do
    command -v $compiler > /dev/null 2>&1 || continue
    rm -f $work/times
    for round in 1 2 3; do
        while IFS='|' read -r flags file what; do
            printf '%s|%s\n' "$what" \
                "$(seconds $compiler -O2 $(echo "$flags" | tr % ' ') -c "$file" -o $work/object.o)" >> $work/times
        done < $work/list
    done
    awk -F'|' -v compiler=$compiler '!($1 in best) { order[++n] = $1; best[$1] = $2 } $2 < best[$1] { best[$1] = $2 }
        END {
            for (i = 1; i <= n; i++) printf "%-6s %7.2f s %6.2f  %s\n", compiler, best[order[i]],
                best[order[i]] / best[order[1]], order[i]
        }' $work/times
done
