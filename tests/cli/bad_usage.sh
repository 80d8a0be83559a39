#!/usr/bin/env bash
# Wrong usage ends with exit code 2; a missing output folder is reported before the work.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn t.csv --rows 500 >/dev/null
fails_with 2 "no verb (subcommand) was given" "$VITRINE"
fails_with 2 "did you mean 'train'?" "$VITRINE" fit t.csv
fails_with 2 "did you mean 'serve'?" "$VITRINE" deploy m.onnx
fails_with 2 "did you mean 'evaluate'?" "$VITRINE" test m.onnx t.csv
fails_with 2 "did you mean 'churn'?" "$VITRINE" sample chrn t.csv
fails_with 2 "there are churn and clothes" "$VITRINE" sample
fails_with 2 "no DATA was given" "$VITRINE" train
fails_with 2 "for example: vitrine predict churn.onnx customers.csv" "$VITRINE" predict m.onnx
fails_with 2 "--target needs a value" "$VITRINE" train t.csv --target
fails_with 2 "the values are auto, logistic, linear and trees" "$VITRINE" train t.csv --target Churn --model forest
fails_with 2 "it is an option of serve" "$VITRINE" train t.csv --target Churn --port 3
fails_with 2 "'x' is no value of --seed" "$VITRINE" train t.csv --target Churn --seed x
fails_with 2 "give a number from 0 to 65535" "$VITRINE" serve m.onnx --port abc
# Help fits 80 columns, has examples, and is the same for `help VERB` and `VERB --help`.
"$VITRINE" --help >help.txt
grep -q "^Predict and serve:" help.txt || die "verbs are not grouped: $(<help.txt)"
for verb in $("$VITRINE" completion bash | grep -o 'describe train[a-z ]*' | head -n 1); do
  "$VITRINE" help "$verb" >"help.$verb"
  cmp "help.$verb" <("$VITRINE" "$verb" --help) || die "help $verb"
done
[[ -s help.evaluate ]] || die "no help of evaluate"
grep -q "^  vitrine evaluate churn.onnx later.csv$" help.evaluate || die "no example"
grep -q "^Photos:$" help.train && grep -q "^Tables:$" help.train || die "options of train are not grouped"
! awk 'length($0) > 80' help.* | grep . || die "a line is longer than 80 columns"
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
