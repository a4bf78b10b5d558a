#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the yardstick and measures every system that is installed beside it; figures go to .build/bench.
set -eu
: "${HYPHA:?the program to measure}"
here=Tools/Bench
out=.build/bench
mkdir -p "$out"
gcc -O2 "$here/yardstick.c" -o "$out/yardstick-openssl" -lcrypto -lpthread
if [ "$(uname -m)" = x86_64 ]; then
    gcc -O2 -DIPSEC_MB "$here/yardstick.c" -o "$out/yardstick" -lIPSec_MB -lpthread
else
    cp "$out/yardstick-openssl" "$out/yardstick"
fi
export YARDSTICK="$PWD/$out/yardstick" YARDSTICK_OPENSSL="$PWD/$out/yardstick-openssl"

echo "hypha          $("$HYPHA" --version)"
rivals=
for name in yggdrasil wireguard-go mycelium nebula; do
    variable=$(echo "$name" | tr '[:lower:]-' '[:upper:]_')
    program=$(eval "echo \${$variable:-$name}")
    command -v "$program" >/dev/null || continue
    version=$("$program" --version 2>/dev/null | grep -m 1 '[0-9]' || true)
    [ -n "$version" ] || version=$(dpkg-query -W -f='${Version} (Debian)' "$name" 2>/dev/null || echo unknown)
    printf '%-14s %s\n' "$name" "$version"
    case $name in
        mycelium) rivals="$rivals mycelium-tcp" ;;
        # Releases before 1.10 have no IPv6 overlay.
        nebula) [ -n "${NEBULA:-}" ] && rivals="$rivals nebula" ;;
        *) rivals="$rivals $name" ;;
    esac
done
echo
stamp=$(date -u +%Y%m%dT%H%M%SZ)
Tools/sandbox.sh python3 -B "$here/duel.py" --json "$out/direct-$stamp.json" ${ROUNDS:+--rounds $ROUNDS} \
    ${SECONDS_EACH:+--seconds $SECONDS_EACH} --reference yardstick-tcp bare yardstick-openssl-tcp hypha-tcp $rivals
echo
echo "over one router in between:"
Tools/sandbox.sh python3 -B "$here/duel.py" --hops 1 --json "$out/transit-$stamp.json" \
    ${ROUNDS:+--rounds $ROUNDS} bare hypha-tcp
echo
echo "figures: $out/direct-$stamp.json $out/transit-$stamp.json"
