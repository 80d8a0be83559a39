#!/usr/bin/env bash
# Imported pickles of a course predict as scikit-learn does; other pickles are refused.
. "$(dirname "$0")/lib.sh"
printf '\x80\x02cposix\nsystem\nX\x0c\x00\x00\x00touch PWNED1\x85R.' >bad.bin
fails_with 3 "'posix.system'" "$VITRINE" import bad.bin -o m.onnx
[[ ! -e PWNED1 && ! -e m.onnx ]] || die "code in the pickle was run"
needs_shared cases/tables/na_category.bin
# A category may be named like a missing value; values that differ by case stay apart.
"$VITRINE" import "$data/cases/tables/na_category.bin" --target y -o na.onnx >/dev/null
"$VITRINE" import "$data/cases/tables/dv_lr_case.bin" --target y -o case.onnx >/dev/null
contains "$("$VITRINE" tune na.onnx --threshold 0.4 -o tuned.onnx)" "wrote tuned.onnx"
serve na.onnx
while read -r plan p; do
  row="{\"plan\": \"$plan\", \"amount\": 5, \"flag\": 1}"
  echo "$row" | "$VITRINE" predict na.onnx - | json "abs(d['probabilities']['1'] - $p) < 1e-4" || die "predict: $plan"
  curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" | json "abs(d['probabilities']['1'] - $p) < 1e-4" || die "HTTP: $plan"
  printf 'plan,amount,flag\n%s,5,1\n' "$plan" | curl -s "$url/predict" -H 'Content-Type: text/csv' --data-binary @- >csv.txt
  python3 -c 'import csv,sys; assert abs(float(next(csv.DictReader(open("csv.txt")))["probability_1"]) - float(sys.argv[1])) < 1e-4' "$p" || die "CSV: $plan"
done <<<'NA 0.9251
none 0.9028
? 0.0564
nan 0.8466
null 0.1085
N/A 0.8950'
stop_server
needs_shared pickles/expected.json
"$VITRINE" import "$data/pickles/churn-dv-model.bin" --target churn -o churn-dv-model.bin.onnx >/dev/null
# expected.json has the predictions of scikit-learn before 1.5 for this file of 1.6.1: it reads
# multi_class='deprecated' as multinomial and doubles the margin.
"$VITRINE" import "$data/pickles/leads-pipeline.bin" --scikit-learn 1.3 -o leads-pipeline.bin.onnx >/dev/null
python3 - "$VITRINE" "$data/pickles/expected.json" <<'PY' || die "predictions differ"
import json, subprocess, sys
for case in json.load(open(sys.argv[2])):
    out = subprocess.run([sys.argv[1], "predict", case["name"] + ".onnx", "-"], input=json.dumps(case["record"]), capture_output=True, text=True, check=True)
    got = json.loads(out.stdout)["probabilities"]
    assert all(abs(got[c] - p) <= 1e-6 for c, p in zip(case["classes"], case["proba"])), (case, got)
PY
"$VITRINE" import "$data/pickles/leads-pipeline.bin" -o own.onnx | grep -q "reproduces its predictions" || die "no note"
out=$(echo '{"lead_source": "paid_ads", "number_of_courses_viewed": 2, "annual_income": 79276.0}' | "$VITRINE" predict own.onnx -)
echo "$out" | json 'abs(d["probabilities"]["1"] - 0.5336072702798061) <= 1e-6'
