#!/usr/bin/env bash
# The telco table: plausible metrics, reproducible files, predictions from raw values.
. "$(dirname "$0")/lib.sh"
needs_shared churn/churn-train.csv
table=$data/churn/churn-train.csv
out=$("$VITRINE" train "$table" --target Churn --model logistic -o churn.onnx --quiet)
contains "$out" "left out: customerID"
contains "$out" "95 % interval"
"$VITRINE" inspect churn.onnx --json | json '0.838 <= d["card"]["figures"]["cross_validation"]["auc"] <= 0.850'
"$VITRINE" inspect churn.onnx --json | json '[c for c in d["card"]["columns"] if c["key"] == "totalcharges"][0]["kind"] == "number"'
cp churn.onnx first.onnx
"$VITRINE" train "$table" --target Churn --model logistic -o churn.onnx --quiet >/dev/null
cmp first.onnx churn.onnx || die "two runs gave two files"
"$VITRINE" train "$table" --target Churn -o auto.onnx --quiet | grep -q "trees" || die "auto did not compare trees"
