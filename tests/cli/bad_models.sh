#!/usr/bin/env bash
# All verbs end with exit code 4 for a model file that can't be used.
. "$(dirname "$0")/lib.sh"
small_model
for verb in "predict x.onnx sample.csv" "evaluate x.onnx sample.csv" "inspect x.onnx" "serve x.onnx --port 0"; do
  head -c 3000 churn.onnx >x.onnx
  fails_with 4 "truncated" "$VITRINE" $verb
  echo "a,b" >x.onnx
  fails_with 4 "not an ONNX file" "$VITRINE" $verb
  : >x.onnx
  fails_with 4 "the file is empty" "$VITRINE" $verb
  sed 's/"threshold":0.5/"threshold":0.4/' churn.onnx >x.onnx
  fails_with 4 "SHA-256" "$VITRINE" $verb
done
fails_with 3 "no such file" "$VITRINE" predict missing.onnx sample.csv
