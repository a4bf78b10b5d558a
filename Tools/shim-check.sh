#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the C shims with every warning an error, which SwiftPM cannot be told to do.
set -u
clang=$(dirname "$(command -v "${SWIFT:-swift}")")/clang
[ -x "$clang" ] || clang=clang
failed=0
count=0
for file in Sources/C*/*.c Sources/C*/*.cpp; do
    [ -e "$file" ] || continue
    target=$(dirname "$file")
    case $file in
        *.cpp) language='-x c++ -std=c++20' ;;
        *) language='-std=gnu11' ;;
    esac
    flags=$(pkg-config --cflags libnl-route-3.0 libsodium libcrypto 2>/dev/null)
    # shellcheck disable=SC2086
    "$clang" $language -fsyntax-only -D_GNU_SOURCE -Wall -Wextra -Wconversion -Werror \
        -I"$target/include" -ISources/CNetlink -ISources/COpenSSL -ISources/CSodium $flags "$file" ||
        failed=$((failed + 1))
    count=$((count + 1))
done
echo "$((count - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
