#!/usr/bin/env bash
# train --like uses the options of a card; --rename maps columns that have new names.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn t.csv --rows 1500 >/dev/null
"$VITRINE" train t.csv --target Churn --drop gender,Partner --model logistic --threshold 0.3 --seed 5 -o a.onnx --quiet >/dev/null
"$VITRINE" train t.csv --like a.onnx -o b.onnx --quiet >/dev/null
cmp a.onnx b.onnx || die "--like gave another model"
sed '1s/Churn/Left/; 1s/gender/sex/' t.csv >renamed.csv
"$VITRINE" train renamed.csv --like a.onnx --rename Churn=Left --rename gender=sex -o c.onnx --quiet >/dev/null
"$VITRINE" inspect c.onnx --json | json 'd["card"]["target"]["name"] == "Left" and d["card"]["threshold"] == 0.3 and "sex" not in [c["key"] for c in d["card"]["columns"]]'
fails_with 2 "old=new" "$VITRINE" train t.csv --like a.onnx --rename nonsense
