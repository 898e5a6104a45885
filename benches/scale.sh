#!/bin/bash
# Time and memory of whylate against size, as a Markdown table with the exponent from row to row.
#
#   benches/scale.sh WHYLATE PATH...
#
# PATHs grow: what examples/corpus.rs and examples/many.rs wrote. Each runs five times (ROUNDS) with a warm cache and two
# threads; shown are the minimum of the elapsed time, of the time on all processors, and the peak memory. An exponent of
# 1 is linear. Needs GNU time.
set -euo pipefail
[ $# -ge 2 ] || { echo "expected WHYLATE PATH..., found $# arguments" >&2; exit 2; }
whylate=$1; shift
rounds=${ROUNDS:-5}
runs=$(mktemp)
trap 'rm "$runs"' EXIT

echo '| input | size | elapsed | processors | peak memory | exponent |'
echo '| --- | ---: | ---: | ---: | ---: | ---: |'
before=""
for at in "$@"; do
    bytes=$(du -sb "$at" | cut -f1)
    : > "$runs"
    for ((round = 0; round <= rounds; round++)); do
        command time -f '%e %U %S %M' -o "$runs" -a "$whylate" -q --threads 2 "$at" > /dev/null
    done
    # The first round warms the cache.
    row=$(tail -n +2 "$runs" | awk -v bytes="$bytes" '
        { used = $2 + $3 }
        NR == 1 || $1 < elapsed { elapsed = $1 }
        NR == 1 || used < least { least = used }
        $4 > most { most = $4 }
        END { print bytes, elapsed, least, most }')
    echo "$row $before" | awk -v name="$(basename "$at")" '{
        exponent = NF > 4 && $3 > 0 && $7 > 0 ? sprintf("%.2f", log($3 / $7) / log($1 / $5)) : ""
        printf "| `%s` | %.0f MB | %.2f s | %.2f s | %.0f MB | %s |\n", name, $1 / 1e6, $2, $3, $4 / 1e3, exponent
    }'
    before=$row
done
