#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when the release binary needs a shared library that Docs/dependencies.md does not list, or
# has grown beyond its size limit.
# usage: Tools/link-check.sh BINARY
set -eu
binary=${1:?usage: link-check.sh BINARY}
limit_mib=${LINK_SIZE_LIMIT_MIB:-24}

allowed=' libc.so.6 libm.so.6 libgcc_s.so.1 libstdc++.so.6 ld-linux-x86-64.so.2 ld-linux-aarch64.so.1
 libcrypto.so.3 libsodium.so.23 libnl-3.so.200 libnl-route-3.so.200 liburing.so.2 '
failed=0
for library in $(readelf -d "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
    case $allowed in
        *[[:space:]]"$library"[[:space:]]*) ;;
        *) echo "link-check: $library is not on the list of Docs/dependencies.md" >&2; failed=1 ;;
    esac
done
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$binary"
mib=$(( ($(wc -c <"$stripped") + 1048575) / 1048576 ))
if [ "$mib" -gt "$limit_mib" ]; then
    echo "link-check: $mib MiB stripped, the limit is $limit_mib" >&2
    failed=1
fi
echo "link-check: $(readelf -d "$binary" | grep -c NEEDED) shared libraries, $mib MiB stripped"
exit $failed
