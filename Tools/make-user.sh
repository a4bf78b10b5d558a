#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the user and group that the service runs as.
# usage: Tools/make-user.sh SYSUSERS-FILE
set -eu
if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers "$1"
elif ! getent passwd hypha >/dev/null; then
    useradd --system --user-group --home-dir /var/lib/hypha --shell /usr/sbin/nologin hypha
fi
