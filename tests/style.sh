#!/bin/sh
# Habits that a compiler does not see: every public function has a comment, takes at most eight arguments, and is called
# by an example, tool or test; public enumerators have the prefix of their library; the CONTENTS at the head of a header
# names its sections, and MACROS all build macros; and lines end at 120 columns, those of scripts as well.
cd "$(dirname "$0")/.." || exit 1
mkdir -p build
list=build/style
passed=0 failed=0
good() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "failed: $1"; }

# the names of public functions, "-" before those without a comment: neither in their lines, nor above them up to a
# blank line
for header in passwd.h passwd_rmm.h passwd_spanet.h; do
    awk '/^$/ && !inside { comment = 0 }
        /\/\*/ && !/^PASSWD_API/ { comment = inside = 1 }
        /\*\// { inside = 0 }
        /^PASSWD_API / {
            text = $0
            while (text !~ /;/ && (getline more) > 0) text = text more
            match(text, /passwd_[a-z0-9_]+\(/)
            name = substr(text, RSTART, RLENGTH - 1)
            arguments = substr(text, RSTART + RLENGTH)
            sub(/\);.*/, "", arguments)
            print (comment || text ~ /\/\*/ ? "+" : "-") " " name " " gsub(/,/, "", arguments) + 1
        }' $header > $list.counted
    cut -d " " -f 1,2 $list.counted > $list.names
    if [ "$(wc -l < $list.names)" -gt 20 ]; then good; else bad "$header: its functions were not found"; fi
    many=$(awk '$3 > 8 { print $2 }' $list.counted | tr '\n' ' ')
    if [ -z "$many" ]; then good; else bad "$header: more than eight arguments in $many"; fi
    # an enumerator is alone in its line, or follows "{" or ","; those of the implementation begin with PASSWDI_
    odd=$(awk '/^(typedef )?enum[ a-z_]*\{/ { inside = 1 }
        inside {
            text = $0
            gsub(/\/\*.*\*\//, "", text); sub(/\/\*.*/, "", text); sub(/.*\*\//, "", text); sub(/.*\{/, "", text)
            print text
        }
        /\}/ { inside = 0 }' $header | sed 's/}.*//' | tr ',' '\n' | sed 's/=.*//;s/ //g' |
        grep -E '^[A-Z][A-Z0-9_]+$' | grep -vE '^PASSWDI?_' | tr '\n' ' ')
    if [ -z "$odd" ]; then good; else bad "$header: enumerators without prefix: $odd"; fi
    bare=$(sed -n 's/^- //p' $list.names | tr '\n' ' ')
    if [ -z "$bare" ]; then good; else bad "$header: no comment above $bare"; fi
    cat examples/*.c examples/*.cpp tools/*.[ch] tests/*.[ch] | grep -oE 'passwd_[a-z0-9_]+' | sort -u > $list.used
    unused=$(cut -c 3- $list.names | sort -u | comm -23 - $list.used | tr '\n' ' ')
    if [ -z "$unused" ]; then good; else bad "$header: no example, tool or test calls $unused"; fi

    # both ways: a name in CONTENTS (between | and - or |) begins the line below a banner, and each of those is named
    sed -n '/^   CONTENTS/,/^\*\//p' $header | sed '1d;/^\*\//d;s/^ *//;s/^the [a-z]*: */|/' | tr '\n' ' ' |
        tr '|' '\n' | sed 's/ - .*//;s/^ *//;s/ *$//;/^the same, in this order$/d' | grep . | sort -u > $list.contents
    awk '/^\/\* (--*|==*)$/ { getline; sub(/^ */, ""); print }' $header > $list.sections
    if [ "$(wc -l < $list.contents)" -gt 5 ]; then good; else bad "$header: there is no CONTENTS"; fi
    while read -r name; do
        if grep -q "^$name\([:.,( ]\|$\)" $list.sections; then good
        else bad "$header: CONTENTS names \"$name\", which is no section"; fi
    done < $list.contents
    while read -r title; do
        if awk -v title="$title" 'index(title, $0) == 1 && substr(title, length($0) + 1) !~ /^[a-z0-9]/ { found = 1 }
            END { exit !found }' $list.contents; then good
        else bad "$header: CONTENTS does not name the section \"$title\""; fi
    done < $list.sections
done

# the one table of build macros, at the head of passwd.h, both ways: what a header asks for, and nothing else
sed -n '/^   MACROS/,/^   LIMITS/p' passwd.h | grep -oE 'PASSWD_[A-Z0-9_]+' |
    grep -v '^PASSWD_ERROR_' | sort -u > $list.table
grep -hE '^ *# *(if|ifdef|ifndef|elif)' passwd*.h | grep -oE 'PASSWD_[A-Z0-9_]+' |
    grep -vE '^PASSWD_(RMM_|SPANET_)?H$' | sort -u > $list.asked
missing=$(comm -13 $list.table $list.asked | tr '\n' ' ')
if [ -z "$missing" ]; then good; else bad "passwd.h: MACROS does not list $missing"; fi
stale=$(comm -23 $list.table $list.asked | tr '\n' ' ')
if [ -z "$stale" ]; then good; else bad "passwd.h: MACROS lists $stale, which no header asks for"; fi

# limits are those of the code
sed -n '/^   LIMITS/,/^   FILES/p' passwd.h | tr -s '\n ' ' ' |
    grep -oE 'PASSWD_[A-Z_]+ \([0-9]+' | tr -d '(' > $list.limits
if [ "$(wc -l < $list.limits)" -gt 5 ]; then good; else bad "passwd.h: there are no LIMITS"; fi
while read -r name value; do
    if grep -qE "^(#define $name $value( |\$)|enum \{ $name = $value \})" passwd.h; then good
    else bad "passwd.h: $name is not $value, as LIMITS says"; fi
done < $list.limits

# columns are characters: without the second and later bytes of UTF-8
for file in passwd*.h tools/*.[ch] tests/*.[ch] examples/* tests/*.sh tools/*.sh CMakeLists.txt Makefile .ci/run; do
    count=$(LC_ALL=C tr -d '\200-\277' < "$file" | awk 'length > 120 { n++ } END { print n + 0 }')
    if [ "$count" = 0 ]; then good
    else bad "$file: $count lines are longer than 120 columns; \"make format\" breaks those of C"; fi
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
