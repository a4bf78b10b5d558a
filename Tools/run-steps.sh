#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs make targets one after the other, keeps each one's output in .build/test-logs, and ends with
# a table and the line "N passed, N failed". A failed step does not keep later ones from running,
# except the first: without its packages nothing can.
# usage: Tools/run-steps.sh TARGET...
set -u
logs=.build/test-logs
mkdir -p "$logs"
passed=0
failed=0
table=
for step in "$@"; do
    echo "==> make $step"
    began=$(date +%s)
    # The status of make, not of tee, decides.
    { "${MAKE:-make}" --no-print-directory "$step" 2>&1; echo $? >"$logs/$step.status"; } |
        tee "$logs/$step.log"
    status=$(cat "$logs/$step.status")
    took=$(( $(date +%s) - began ))
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1)) word=passed
    else
        failed=$((failed + 1)) word=FAILED
    fi
    closing=$(grep -aE '[0-9]+ (passed|tests?|cases?|skipped|inputs|problems)|link-check:' "$logs/$step.log" |
        tail -n 1 | sed 's/^[^[:alnum:]]*//' | cut -c1-100)
    table="$table$(printf '%-22s %s %5d s  %s' "$step" "$word" "$took" "$closing")
"
    [ "$status" -eq 0 ] || [ "$step" != "$1" ] || break
done
printf '\n%s\n' "$table"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
