#!/bin/sh
# CPU seconds (user and system) of whole runs of the program, as rows of a Markdown table.
#
#   cargo build --release
#   benches/run.sh FILE.jsonl [RULES...]
#
# FILE is plain JSON Lines. RULES are names of rule sets, or files; without any, those of
# docs/performance.md. The rule sets run in turn, round after round, and the median of the rounds
# counts, so that a busy minute of the machine hits all alike. From the environment:
#
#   TAMIS    the program                              target/release/tamis
#   ROUNDS   how many rounds                          3
#   THREADS  threads that clean                       1
#   FORMATS  plain, gz, zst (need gzip, zstd)         plain
#   OPTIONS  more options, as --fast                  none
#
# `of the floor` is the rate as a share of that of an empty rule set, in the same format.
set -eu

[ $# -ge 1 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2; }
file=$1
shift
own=$(dirname "$0")/rules
tamis=${TAMIS:-$(dirname "$0")/../target/release/tamis}
[ $# -gt 0 ] || set -- "$own/four-sets-uax29.toml" "$own/four-sets-spaces.toml" \
  gopher-quality-datatrove gopher-repetition-datatrove fineweb-datatrove c4-datatrove fineweb \
  gopher-dolma-v1 gopher-dolma-v2 c4-dolma gopher-dclm refinedweb-lines c4-tfds \
  nemo-heuristics data-juicer-default web

scratch=$(mktemp -d "${TMPDIR:-/tmp}/tamis-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
bytes=$(wc -c < "$file")

# CPU seconds of one run: `times` of a shell whose only child it was.
cpu() {
  sh -c '"$@" > /dev/null || exit 1; times' sh \
    "$tamis" clean "$1" -o "$scratch/out" --overwrite -q --threads "${THREADS:-1}" \
    -r "$2" ${OPTIONS:-} |
    awk '{ split($1, u, "[ms]"); split($2, s, "[ms]") }
      END { if (NR < 2) exit 1; print (u[1] + s[1]) * 60 + u[2] + s[2] }'
}

for format in ${FORMATS:-plain}; do
  input=$scratch/input.jsonl
  case $format in
    plain) cp "$file" "$input" ;;
    gz) input=$input.gz; gzip -c "$file" > "$input" ;;
    zst) input=$input.zst; zstd -q -c "$file" > "$input" ;;
    *) echo "unknown format $format" >&2; exit 2 ;;
  esac
  round=0
  while [ "$round" -lt "${ROUNDS:-3}" ]; do
    for rules in "$own/empty.toml" "$@"; do
      seconds=$(cpu "$input" "$rules")
      printf '%s %s %s\n' "$format" "$(basename "$rules" .toml)" "$seconds"
    done
    round=$((round + 1))
  done
  rm -f "$input"
done |
  awk -v bytes="$bytes" -v rounds="${ROUNDS:-3}" '
    { key = $1 " | " $2; if (!(key in n)) order[++keys] = key; times[key, ++n[key]] = $3 }
    END {
      print "| format | rules | CPU s | MB per CPU s | of the floor |"
      print "|---|---|---|---|---|"
      for (k = 1; k <= keys; k++) {
        key = order[k]
        for (i = 2; i <= n[key]; i++)
          for (j = i; j > 1 && times[key, j] < times[key, j - 1]; j--) {
            t = times[key, j]; times[key, j] = times[key, j - 1]; times[key, j - 1] = t
          }
        cpu = times[key, int((n[key] + 1) / 2)]
        if (cpu <= 0) cpu = 0.01
        if (key ~ /\| empty$/) floor = cpu
        printf "| %s | %.2f | %.1f | %.0f %% |\n", key, cpu, bytes / 1e6 / cpu, 100 * floor / cpu
      }
    }'
