#!/usr/bin/env bash
# A training that is killed at any moment leaves the old model file or the new one.
. "$(dirname "$0")/lib.sh"
small_model
cp churn.onnx old.onnx
"$VITRINE" train sample.csv --target Churn --model logistic --seed 2 -o churn.onnx --quiet >/dev/null
cp churn.onnx new.onnx
cmp -s old.onnx new.onnx && die "both seeds gave the same file"
for pause in 0.01 0.03 0.05 0.07 0.09 0.11 0.13 0.15 0.2; do
  cp old.onnx churn.onnx
  "$VITRINE" train sample.csv --target Churn --model logistic --seed 2 -o churn.onnx --quiet >/dev/null 2>&1 &
  pid=$!
  sleep $pause
  kill -KILL $pid 2>/dev/null || true
  wait $pid 2>/dev/null || true
  cmp -s churn.onnx old.onnx || cmp -s churn.onnx new.onnx || die "a broken file after $pause s"
done
"$VITRINE" train sample.csv --target Churn --model logistic --seed 2 -o churn.onnx --quiet >/dev/null
[[ -z $(find . -name '.churn.onnx.part-*') ]] || die "temporary files are left"
