#!/usr/bin/env bash
# Puts the inputs that reach the most code into seeds/, which is committed: fuzz/keep.sh [MOST]. FUZZ_TARGET_DIR as in run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
most=${1:-60}
build=${FUZZ_TARGET_DIR:-fuzz/target}
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
for corpus in fuzz/corpus/*/; do
    target=$(basename "$corpus")
    seeds=fuzz/seeds/$target
    merged=$(mktemp -d)
    mkdir -p "$seeds"
    "$build/$host/release/$target" -set_cover_merge=1 -max_len=3000 -close_fd_mask=3 "$merged" "$seeds" "$corpus" \
        >/dev/null 2>&1 || echo "$target: the merge did not end" >&2
    # Written by hand, and worth keeping whatever they reach.
    mapfile -t found < <(find "$merged" -type f -printf '%s %p\n' | sort -n | cut -d' ' -f2- | head -n "$most")
    find "$seeds" -type f -regex '.*/[0-9a-f]*' -delete
    [ ${#found[@]} = 0 ] || cp "${found[@]}" "$seeds/"
    echo "$target: $(find "$seeds" -type f | wc -l) seeds"
    rm -rf "$merged"
done
