#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs PROGRAM under valgrind with its secrets undefined, then with a deliberate branch on one.
# usage: Tools/constant-time.sh PROGRAM
set -u
program=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# 99 is valgrind's answer when it reported something; other codes are the program's own. What it
# prints is shown only then, because it complains about debug information newer than itself.
if ! valgrind -q --error-exitcode=99 "$program" 2>"$log"; then
    cat "$log" >&2
    echo "constant-time: a branch or an address depends on a secret, or the program failed" >&2
    echo "0 passed, 1 failed"
    exit 1
fi
valgrind -q --error-exitcode=99 "$program" --prove >"$log" 2>&1
if [ $? -ne 99 ] || ! grep -q 'depends on uninitialised' "$log"; then
    cat "$log" >&2
    echo "constant-time: a deliberate branch on a secret was not found; the check is blind" >&2
    echo "1 passed, 1 failed"
    exit 1
fi
echo "2 passed, 0 failed"
