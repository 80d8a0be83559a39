#!/usr/bin/env bash
# Boosted trees of several shapes, ours against ONNX Runtime and XGBoost: bench/trees.cpp.
set -euo pipefail
cat <<PAGE
# Boosted trees

$(date +%F), $(uname -srm), $(sed -n 's/^model name\s*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores. Microseconds a call, medians of 15 rounds
in which all engines take turns. One row comes from 64 different ones. Again: \`./scripts/bench trees\`.

PAGE
for shape in "500 6 30" "500 6 100" "500 4 19" "256 2 19"; do
  # shellcheck disable=SC2086
  "$1" $shape
  echo
done
