#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a command with network, mount and process namespaces of its own and an empty /run, so that
# everything it makes (namespaces, interfaces, routes, processes) vanishes with it, also after kill -9.
# usage: Tools/sandbox.sh COMMAND [ARGUMENT...]
set -eu
[ $# -gt 0 ] || { echo "usage: $0 COMMAND [ARGUMENT...]" >&2; exit 2; }
command -v unshare >/dev/null || { echo "$0: needs unshare (apt-get install util-linux)" >&2; exit 1; }

rootless=
[ "$(id -u)" -eq 0 ] || rootless=--map-root-user
# The shell stays process 1 of the sandbox: a default SIGINT ends the command, then the shell ends.
# shellcheck disable=SC2016
exec unshare $rootless --net --mount --pid --fork --kill-child --mount-proc sh -c '
    mount -t tmpfs tmpfs /run
    export HYPHA_LAB_FOLDER=/run
    ip link set lo up 2>/dev/null
    "$@"
    exit $?' sandbox "$@"
