#!/usr/bin/env bash
# Fuzzes, and adds up in record.tsv what was done: fuzz/run.sh SECONDS [TARGET…]
#
# The time is shared by the targets in slices, each of which is recorded when it ends, so that the script can be stopped
# and started at any time; what a run has learnt is kept in corpus/ (the best of it in seeds/, by keep.sh) and the next one
# starts from it. No sanitizer: there is
# no unsafe code here, and without one there are five times as many executions. FUZZ_TARGET_DIR says where to build,
# FUZZ_BUILD=0 that it is built, LINGER_CORPUS which Rust files are mutated.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:?how many seconds}
shift
targets=("$@")
if [ ${#targets[@]} = 0 ]; then
    mapfile -t targets < <(sed -n 's/^name = "\(.*\)"$/\1/p' fuzz/Cargo.toml | grep -v '^linger-fuzz$\|^driver$')
fi
build=${FUZZ_TARGET_DIR:-fuzz/target}
if [ "${FUZZ_BUILD:-1}" = 1 ]; then
    # With cfg(fuzzing) proc-macro2 gives no positions.
    cargo +nightly fuzz build --sanitizer none --no-cfg-fuzzing --target-dir "$build"
fi
# `nice` alone counts within a session only, where the kernel groups processes by session.
[ -w /proc/self/autogroup ] && echo "${FUZZ_NICE:-19}" >/proc/self/autogroup
host=$(rustc +nightly -vV | sed -n 's/^host: //p')
# What was built in another checkout would look there.
export LINGER_CORPUS=${LINGER_CORPUS:-$PWD/fixtures}
slice=${FUZZ_SLICE:-300}
# An input that was slow on a busy machine is kept, too, and is no crash.
found_in() { find "fuzz/artifacts/$1" -type f ! -name 'slow-unit-*' | wc -l; }
crashes=0
end=$((SECONDS + seconds))
while [ $SECONDS -lt $end ]; do
    for target in "${targets[@]}"; do
        left=$((end - SECONDS))
        [ $left -gt 0 ] || break
        mkdir -p "fuzz/corpus/$target" "fuzz/artifacts/$target"
        corpora=("fuzz/corpus/$target")
        [ -d "fuzz/seeds/$target" ] && corpora+=("fuzz/seeds/$target")
        dictionary=()
        [ -f "fuzz/dictionaries/$target.txt" ] && dictionary=("-dict=fuzz/dictionaries/$target.txt")
        log=$(mktemp)
        before=$(found_in "$target")
        TIMEFORMAT='%U %S'
        # A crash ends the slice, not the script.
        cpu=$({ time nice -n 19 "$build/$host/release/$target" "${corpora[@]}" "${dictionary[@]}" \
            "-artifact_prefix=fuzz/artifacts/$target/" "-max_total_time=$((left < slice ? left : slice))" \
            -print_final_stats=1 -timeout=60 -rss_limit_mb=4096 -close_fd_mask=1 >"$log" 2>&1 || true; } 2>&1)
        found=$(($(found_in "$target") - before))
        crashes=$((crashes + found))
        executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
        # After a crash the closing figures are missing.
        executions=${executions:-$(grep -o '^#[0-9]*' "$log" | tr -d '#' | tail -1)}
        spent=$(awk '{ printf "%.0f", $1 + $2 }' <<<"$cpu")
        printf '%s\t%s\t%s\t%s\t%s\n' "$(date -u +%F)" "$target" "$spent" "${executions:-0}" "$found" >>fuzz/record.tsv
        [ "$found" = 0 ] || tail -40 "$log"
        rm -f "$log"
    done
done
awk -F'\t' 'NR > 1 { cpu[$2] += $3; runs[$2] += $4; bad[$2] += $5; all += $3; every += $4 }
    END { for (t in cpu) printf "%-14s %8.2f CPU hours %12d executions %3d crashes\n", t, cpu[t] / 3600, runs[t], bad[t]
          printf "%-14s %8.2f CPU hours %12d executions\n", "all", all / 3600, every }' fuzz/record.tsv
exit $((crashes > 0))
