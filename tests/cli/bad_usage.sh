#!/usr/bin/env bash
# Wrong usage ends with exit code 2; a missing output folder is reported before the work.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn t.csv --rows 500 >/dev/null
fails_with 2 "subcommand" "$VITRINE"
fails_with 2 "did you mean 'train'?" "$VITRINE" trian t.csv
fails_with 2 "--port" "$VITRINE" serve m.onnx --port 70000
fails_with 2 "did you mean '--port'?" "$VITRINE" serve m.onnx --prot 9000
fails_with 2 "there is no option '--everything'" "$VITRINE" predict m.onnx t.csv --everything=1
fails_with 2 "unexpected argument 'two'" "$VITRINE" doctor two
fails_with 2 "no target column was given" "$VITRINE" train t.csv
fails_with 2 "--model" "$VITRINE" train t.csv --target Churn --model forest
fails_with 2 "is not a threshold" "$VITRINE" train t.csv --target Churn --threshold 7
fails_with 2 "there is no column 'nothing'" "$VITRINE" train t.csv --target Churn --drop nothing
fails_with 2 "is not a class" "$VITRINE" train t.csv --target Churn --positive maybe
fails_with 2 "is also dropped" "$VITRINE" train t.csv --target Churn --drop Churn
fails_with 1 "create the folder first" "$VITRINE" train t.csv --target Churn -o no/such/m.onnx
"$VITRINE" --help | grep -q train || die "no help"
"$VITRINE" --version | grep -q "^vitrine " || die "no version"
