#!/usr/bin/env bash
# Every fuzz target takes its seeds and what crashed it once. FUZZ: the folder of the targets' programs.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[[ -x $FUZZ/fuzz_seeds ]] || { echo "skipped: the fuzz targets are not built here"; exit 77; }
"$FUZZ/fuzz_seeds" "$work"
count=0
for target in $(sed -n 's/^fuzz_target(\([a-z0-9_]*\) .*/\1/p' "$REPO/fuzz/CMakeLists.txt"); do
  inputs=("$work/$target")
  [[ ! -d $REPO/fuzz/regressions/$target ]] || inputs+=("$REPO/fuzz/regressions/$target")
  said=$("$FUZZ/fuzz_$target" "${inputs[@]}" 2>"$work/log") || { echo "FAILED: $target: $(tail -n 20 "$work/log")"; exit 1; }
  [[ $said != "0 inputs" ]] || { echo "FAILED: $target has no input"; exit 1; }
  echo "$target: $said"
  count=$((count + 1))
done
((count >= 16)) || { echo "FAILED: only $count targets"; exit 1; }
