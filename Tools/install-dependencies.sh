#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that are missing; says in one line what to do when it may not.
# usage: Tools/install-dependencies.sh [build|test]      (test includes build)
set -eu
purpose=${1:-build}

# Docs/dependencies.md says what each is for.
build='ca-certificates g++ iproute2 libnl-3-dev libnl-route-3-dev libsodium-dev libssl-dev
libtomlplusplus-dev liburing-dev make pkg-config'
[ "$(uname -m)" != x86_64 ] || build="$build libipsec-mb-dev"
test='bash-completion curl ethtool fish gcc iperf3 iputils-ping jq mandoc mtr-tiny netcat-openbsd
nftables procps python3 python3-venv systemd traceroute util-linux valgrind zsh'

case $purpose in
    build) wanted=$build ;;
    test) wanted="$build $test" ;;
    *) echo "usage: $0 [build|test]" >&2; exit 2 ;;
esac

if ! command -v "${SWIFT:-swift}" >/dev/null; then
    echo "$0: no Swift toolchain; get $(cat .swift-version 2>/dev/null || echo 6.3.1) for this" \
        "system from https://www.swift.org/install/linux and put its usr/bin on PATH" >&2
    exit 1
fi

missing=
if command -v dpkg-query >/dev/null; then
    for package in $wanted; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$state" = installed ] || missing="$missing $package"
    done
else
    echo "$0: not a Debian system; install the equivalents of:" $wanted >&2
    exit 0
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" -ne 0 ]; then
        echo "$0: Debian packages missing; as root: apt-get install$missing" >&2
        exit 1
    fi
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086
    apt-get install -qq -y --no-install-recommends $missing
fi
