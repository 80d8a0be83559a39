#!/usr/bin/env bash
# A model file that can't be used is exit code 4, whatever asks for it.
. "$(dirname "$0")/lib.sh"
small_model
for verb in "predict x.onnx sample.csv" "evaluate x.onnx sample.csv" "inspect x.onnx" "serve x.onnx --port 0"; do
  head -c 3000 churn.onnx >x.onnx
  fails_with 4 "cut off" "$VITRINE" $verb
  echo "a,b" >x.onnx
  fails_with 4 "no ONNX file" "$VITRINE" $verb
  : >x.onnx
  fails_with 4 "the file is empty" "$VITRINE" $verb
  sed 's/"threshold":0.5/"threshold":0.4/' churn.onnx >x.onnx
  fails_with 4 "SHA-256" "$VITRINE" $verb
done
fails_with 3 "no such file" "$VITRINE" predict missing.onnx sample.csv
