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
# What people take for a model is named, with what to do with it.
printf '\x80\x04\x95' >model.pkl
fails_with 4 "vitrine import FILE" "$VITRINE" serve model.pkl --port 0
fails_with 4 "the model comes first, the data after it" "$VITRINE" predict sample.csv churn.onnx
printf '\xff\xd8\xff\xe0' >photo.jpg
fails_with 4 "the model comes first, the data after it" "$VITRINE" predict photo.jpg churn.onnx
fails_with 3 "this is a photo (JPEG)" "$VITRINE" predict churn.onnx photo.jpg
fails_with 3 "open it as it is" "$VITRINE" import churn.onnx -o y.onnx
head -n 2 sample.csv | cut -d, -f1-3 >narrow.csv
fails_with 3 "the table has no columns" "$VITRINE" predict churn.onnx narrow.csv
fails_with 3 "no such file" "$VITRINE" predict missing.onnx sample.csv
