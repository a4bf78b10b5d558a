#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Feeds decoders with inputs. What `grow` finds goes to Tools/Fuzz/NAME/Corpus, a crashing input to
# .build/fuzz-crashers/NAME: make a test of it.
# usage: Tools/fuzz.sh replay NAME           the corpus, through the ordinary debug build
#        Tools/fuzz.sh brief NAME            libFuzzer for 20 seconds at most; the corpus stays as it is
#        Tools/fuzz.sh grow NAME RUNS        libFuzzer
set -eu
mode=${1:?} name=${2:?} runs=${3:-200000}
swift=${SWIFT:-swift}
corpus=Tools/Fuzz/$name/Corpus
crashers=.build/fuzz-crashers/$name
product=fuzz-$(echo "$name" | tr '[:upper:]' '[:lower:]')
mkdir -p "$corpus" "$crashers"
# The backtracer can hang a crashing fuzz run.
export SWIFT_BACKTRACE=enable=no

if [ "$mode" = replay ]; then
    "$swift" build --product "$product" >/dev/null
    echo "$name: $(find "$corpus" -type f -exec .build/debug/"$product" {} +)"
    exit
fi

"$swift" build -c release --sanitize=fuzzer --scratch-path .build/fuzz --product "$product"
program=.build/fuzz/release/$product
case $mode in
    brief)
        scratch=$(mktemp -d)
        trap 'rm -rf "$scratch" "$scratch.log"' EXIT
        "$program" -runs="$runs" -max_total_time=20 -artifact_prefix="$crashers/" \
            "$scratch" "$corpus" >"$scratch.log" 2>&1 || { tail -n 30 "$scratch.log"; exit 1; }
        echo "$name: $(tail -n 1 "$scratch.log")"
        ;;
    grow) "$program" -runs="$runs" -artifact_prefix="$crashers/" "$corpus" 2>&1 | tail -n 5 ;;
    *) echo "usage: $0 replay|brief|grow NAME [RUNS]" >&2; exit 2 ;;
esac
