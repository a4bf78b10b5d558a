#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Reference pages of the libraries from their doc comments, in .build/docs; a broken link fails.
set -eu
swift=${SWIFT:-swift}
docc=$(dirname "$(command -v "$swift")")/docc
[ -x "$docc" ] || { echo "docs: no docc beside $swift; it comes with the toolchain" >&2; exit 1; }
"$swift" package dump-symbol-graph --minimum-access-level package --skip-synthesized-members >/dev/null
graphs=$(find .build -type d -name symbolgraph | head -n 1)
rm -rf .build/docs
mkdir -p .build/docs
for graph in "$graphs"/Hypha*.symbols.json; do
    name=$(basename "$graph" .symbols.json)
    case $name in *@*|*Tests) continue ;; esac
    work=.build/docs/$name.work
    mkdir -p "$work/graph" "$work/$name.docc"
    cp "$graph" "$work/graph"
    "$docc" convert "$work/$name.docc" --additional-symbol-graph-dir "$work/graph" \
        --fallback-display-name "$name" --fallback-bundle-identifier "hypha.$name" \
        --output-path ".build/docs/$name" --transform-for-static-hosting \
        --hosting-base-path "$name" --warnings-as-errors
    rm -rf "$work"
done
echo "docs: $(find .build/docs -mindepth 1 -maxdepth 1 -type d | wc -l) libraries in .build/docs"
