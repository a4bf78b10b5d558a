#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the yardstick and the relay and measures every system that is installed beside them; figures go to .build/bench.
# usage: bench.sh [quick]      BENCH_ROUNDS=5 BENCH_SECONDS=2 bound the time; SYSTEMS='hypha-udp ...' replaces the list
set -eu
: "${HYPHA:?the program to measure}"
here=Tools/Bench
out=.build/bench
mkdir -p "$out"
gcc -O2 "$here/relay.c" -o "$out/relay"
gcc -O2 "$here/yardstick.c" -o "$out/yardstick-openssl" -lcrypto -lpthread
if [ "$(uname -m)" = x86_64 ]; then
    gcc -O2 -DIPSEC_MB "$here/yardstick.c" -o "$out/yardstick" -lIPSec_MB -lpthread
else
    cp "$out/yardstick-openssl" "$out/yardstick"
fi
export YARDSTICK="$PWD/$out/yardstick" YARDSTICK_OPENSSL="$PWD/$out/yardstick-openssl" RELAY="$PWD/$out/relay"
name=$out/${1:-full}-$(date -u +%Y%m%dT%H%M%SZ)

echo "hypha          $("$HYPHA" --version)"
if [ "${1:-}" = quick ]; then
    # shellcheck disable=SC2086
    Tools/sandbox.sh python3 -B "$here/duel.py" --rounds "${BENCH_ROUNDS:-3}" --seconds "${BENCH_SECONDS:-2}" --json "$name.json" --plot "$name.svg" --table "$name.md" \
        ${SYSTEMS:-yardstick-udp hypha-udp yardstick-tcp hypha-tcp}
else
    rivals=
    for rival in yggdrasil wireguard-go mycelium nebula; do
        variable=$(echo "$rival" | tr '[:lower:]-' '[:upper:]_')
        program=$(eval "echo \${$variable:-$rival}")
        command -v "$program" >/dev/null || continue
        version=$("$program" --version 2>/dev/null | grep -m 1 '[0-9]' || true)
        [ -n "$version" ] || version=$(dpkg-query -W -f='${Version} (Debian)' "$rival" 2>/dev/null || echo unknown)
        printf '%-14s %s\n' "$rival" "$version"
        case $rival in
            mycelium) rivals="$rivals mycelium-tcp" ;;
            # Releases before 1.10 have no IPv6 overlay.
            nebula) [ -z "${NEBULA:-}" ] || rivals="$rivals nebula" ;;
            *) rivals="$rivals $rival" ;;
        esac
    done
    # shellcheck disable=SC2086
    Tools/sandbox.sh python3 -B "$here/duel.py" --rounds "${BENCH_ROUNDS:-5}" --seconds "${BENCH_SECONDS:-2}" --streams 1,4 \
        --phases tcp,udp,small,idle,load --json "$name.json" --plot "$name.svg" --table "$name.md" \
        ${SYSTEMS:-bare bare@1 yardstick-udp yardstick-openssl-udp relay-udp@1 hypha-udp hypha-udp@1 hypha-udp@3 \
        yardstick-tcp yardstick-openssl-tcp hypha-tcp hypha-tcp@1 hypha-tcp@3 $rivals}
fi
echo
echo "figures: $name.json $name.svg $name.md"
