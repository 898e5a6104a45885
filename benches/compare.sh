#!/bin/bash
# whylate beside the tools that one would use to look for the lines, interleaved, as a Markdown table of ratios.
#
#   benches/compare.sh WHYLATE CORPUS...
#
# WHYLATE is a release build (cargo build --release --bins --examples), each CORPUS what examples/corpus.rs wrote: a
# folder, .tar, .tar.gz, .tar.zst or .zip, or one .log of it. `inflate` is examples/inflate.rs: the same decompression,
# and nothing done with it. Every command runs five times (ROUNDS), one after the other in each round, with a warm cache;
# shown are the minimum and the median of its own times, and what whylate takes of them: minimum by minimum, and median
# by median. A tool that is not installed is left out.
set -euo pipefail
[ $# -ge 2 ] || { echo "expected WHYLATE CORPUS..., found $# arguments" >&2; exit 2; }
whylate=$1; shift
rounds=${ROUNDS:-5}
needles='StoreAudit called|Validation passed|Event buffered|Timer tick received|flush triggered|flush completed|Explicit flush|Wrote audit batch|HTTP request|Batch audit events created|Audit events queried|Reconciling|\[FAILED\]|STEP:|event\(s\)'
times=$(mktemp -d)
trap 'rm -r "$times"' EXIT

have() { command -v "$1" > /dev/null; }
inflate=$(dirname "$whylate")/examples/inflate
have_inflate() { [ -x "$inflate" ]; }
have_duckdb() { have python3 && python3 -c 'import duckdb' 2> /dev/null; }
# Lines that are JSON, how many of each message, and how long they took: a part of the question.
quantiles="select msg, count(*), quantile_cont(actual_interval, [0.5, 0.95, 0.99]) from read_ndjson('%s', ignore_errors = true, columns = {msg: 'VARCHAR', actual_interval: 'DOUBLE'}) group by msg"

# Commands for one corpus, one a line: name, TAB, command.
commands() {
    local at=$1
    printf 'whylate\t%s\n' "$whylate -q $at"
    case $at in
        *.tar.gz)
            have_inflate && printf 'inflate\t%s\n' "$inflate $at"
            have gzip && printf 'gzip -dc\t%s\n' "gzip -dc $at"
            have gzip && have rg && printf 'gzip -dc ¦ rg -c\t%s\n' "gzip -dc $at | rg -a -c '$needles'"
            have pigz && have rg && printf 'pigz -dc ¦ rg -c\t%s\n' "pigz -dc $at | rg -a -c '$needles'" ;;
        *.tar.zst)
            have_inflate && printf 'inflate\t%s\n' "$inflate $at"
            have zstd && printf 'zstd -dc\t%s\n' "zstd -q -dc $at" ;;
        *.log)
            printf 'whylate, 1 thread\t%s\n' "$whylate -q --threads 1 $at"
            have rg && printf 'rg -c\t%s\n' "rg -a -c '$needles' $at"
            have jq && printf 'grep ¦ jq\t%s\n' "grep -a '^ *{' $at | jq -cn 'reduce inputs as \$line ({}; .[\$line.msg] += 1)'"
            have_duckdb && printf "DuckDB\t%s\n" "python3 -c \"import duckdb; print(duckdb.sql(\\\"$(printf "$quantiles" "$at")\\\"))\"" ;;
        *.zip) printf 'whylate, 1 thread\t%s\n' "$whylate -q --threads 1 $at" ;;
        *)
            printf 'whylate, 1 thread\t%s\n' "$whylate -q --threads 1 $at"
            have rg && printf 'rg -c\t%s\n' "rg -a -c '$needles' $at"
            have rg && printf 'rg -n ¦ cat\t%s\n' "rg -a -n '$needles' $at | cat"
            printf 'grep -c\t%s\n' "grep -a -r -c -E '$needles' $at" ;;
    esac
}

version() { "$@" --version 2>&1 | head -1; }
echo "Versions: $(version "$whylate"), $(have rg && version rg || echo 'no rg'), $(version grep), $(version gzip), $(have zstd && version zstd | grep -o 'v[0-9.]*' || echo 'no zstd'); $(nproc) cores."
echo
echo '| corpus | command | minimum | median | whylate takes |'
echo '| --- | --- | ---: | ---: | ---: |'
for at in "$@"; do
    mapfile -t list < <(commands "$at")
    for ((round = 0; round <= rounds; round++)); do
        for index in "${!list[@]}"; do
            command=${list[$index]#*$'\t'}
            begin=$(date +%s%N)
            # The exit status says whether something failed, and whether a line was found.
            bash -c "$command" > /dev/null 2>&1 || [ $? -lt 3 ] || echo "$command: expected an answer, found status $?" >&2
            end=$(date +%s%N)
            # The first round warms the cache.
            ((round == 0)) || echo $((end - begin)) >> "$times/$index"
        done
    done
    own=$(sort -n "$times/0" | awk '{ all[NR] = $1 } END { print all[1], all[int((NR + 1) / 2)] }')
    for index in "${!list[@]}"; do
        sort -n "$times/$index" | awk -v name="${list[$index]%%$'\t'*}" -v corpus="$(basename "$at")" -v own="$own" '
            { all[NR] = $1 }
            END {
                split(own, ours, " "); median = all[int((NR + 1) / 2)]
                printf "| `%s` | `%s` | %.3f s | %.3f s | %.2f × (%.2f ×) |\n", corpus, name, all[1] / 1e9, median / 1e9, ours[1] / all[1], ours[2] / median
            }'
    done
    rm -f "$times"/*
done
