#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the integration tests in lanes: several at a time, since most scenarios wait more than they
# work, then those alone that measure rates. Every lane is a sandbox of its own. Shows one lane's log
# after the other, ends with the sum, and fails when a test failed, or when a suite is in no lane or
# in two.
# usage: HYPHA=PROGRAM Tools/integration.sh TEST-BUNDLE
set -u
[ $# -eq 1 ] && [ -n "${HYPHA:-}" ] || { echo "usage: HYPHA=PROGRAM $0 TEST-BUNDLE" >&2; exit 2; }
bundle=$1
export HYPHA HYPHA_NETNS=1

# One line a lane, of about the same time each.
together='SealedPathTests SealedFrameTests MiddleTests
SealedMixTests MeshTests LineTests LifecycleTests OperatorTests DirectLinkTests
SealedLinkTests SealedPolicyTests WorkersTests'
alone='SealedFloodTests'

logs=.build/test-logs
mkdir -p "$logs"
rm -f "$logs"/lane-*
pids=
# shellcheck disable=SC2086
trap 'kill $pids 2>/dev/null; exit 130' INT TERM

listed=$("$bundle" --testing-library swift-testing --list-tests |
    sed -n 's,^IntegrationTests\.Integration/,,p')
suites=$(printf '%s\n' "$listed" | cut -d/ -f1 | sort -u)
planned=$(printf '%s\n' "$together" "$alone" | tr ' ' '\n' | sort)
if [ "$suites" != "$planned" ]; then
    echo "$0: every suite belongs in one lane; there are: $(echo $suites); planned: $(echo $planned)" >&2
    exit 1
fi

start() { # NUMBER SUITE...
    number=$1
    shift
    echo "lane $number: $*"
    pattern=$(echo "$*" | tr ' ' '|')
    Tools/sandbox.sh "$bundle" --testing-library swift-testing --no-parallel \
        --filter "^IntegrationTests\\.Integration/($pattern)/" >"$logs/lane-$number.log" 2>&1 &
    pids="$pids $!"
}

failed=0
finish() { # FIRST-NUMBER: waits for what was started and shows it
    number=$1
    for pid in $pids; do
        wait "$pid" || failed=$((failed + 1))
        echo "--- lane $number"
        cat "$logs/lane-$number.log"
        number=$((number + 1))
    done
    pids=
}

began=$(date +%s)
number=0
while read -r lane; do
    # shellcheck disable=SC2086
    start $((number + 1)) $lane
done <<END
$together
END
finish 1
start "$number" "$alone"
finish "$number"

count=0
for log in "$logs"/lane-*.log; do
    ran=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*/\1/p' "$log" | tail -n 1)
    count=$((count + ${ran:-0}))
done
wanted=$(printf '%s\n' "$listed" | wc -l)
took=$(($(date +%s) - began))
if [ "$failed" -eq 0 ] && [ "$count" -eq "$wanted" ]; then
    echo "integration: $count tests passed in $(ls "$logs"/lane-*.log | wc -l) lanes, $took s"
else
    # Once more at the end, where the last lines of a long log still show it.
    grep -aE '✘|recorded an issue|Fatal|error:' "$logs"/lane-*.log | sed 's,.*/,,' | cut -c1-400 | tail -n 40
    echo "integration: $count of $wanted tests ran, $failed lanes FAILED, $took s"
    exit 1
fi
