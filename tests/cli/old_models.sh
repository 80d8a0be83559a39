#!/usr/bin/env bash
# Model files of earlier versions open and answer as they did: see tests/fixtures/0.1.0/README.md.
. "$(dirname "$0")/lib.sh"
old=$REPO/tests/fixtures/0.1.0
# Answers have had the table's own spelling since 0.2.0; 0.1.0 normalised it.
plain() { tr 'A-Z ' 'a-z_'; }
# Contributions in probability are new in 0.2.0.
without_points() { sed -E 's/,"base_probability":[^,]*,"points":\{[^}]*\}//'; }
for model in churn-logistic churn-trees contract-softmax; do
  cmp <("$VITRINE" predict "$old/$model.onnx" "$old/rows.csv" --format csv | plain) <(plain <"$old/$model.csv") || die "$model: CSV"
  cmp <("$VITRINE" predict "$old/$model.onnx" "$old/rows.csv" --explain | plain | without_points) <(plain <"$old/$model.jsonl") || die "$model: JSON"
  contains "$("$VITRINE" inspect "$old/$model.onnx")" "runs on compiled"
done
"$VITRINE" evaluate "$old/churn-logistic.onnx" "$old/labelled.csv" --json >evaluation.json
"$VITRINE" predict "$old/clothes.onnx" "$old/dress.jpg" "$old/hat.jpg" --format csv >clothes.csv
python3 - "$old" <<'PY' || die "the figures or the photos' answers differ from those of 0.1.0"
import csv, json, os, sys
old = sys.argv[1]
was, now = (json.load(open(path)) for path in (f"{old}/churn-logistic.evaluation.json", "evaluation.json"))
for key, value in was.items():  # the Brier score of two classes was twice as large
    if key.startswith("brier"): continue
    assert now[key] == value, (key, value, now[key])
assert abs(now["at_training"]["brier"] - now["brier"]) < 0.03, now  # the card's is read as the usual one
assert abs(2 * now["brier"] - was["brier"]) < 1e-5
was, now = (list(csv.DictReader(open(path))) for path in (f"{old}/clothes.csv", "clothes.csv"))
assert len(was) == len(now) == 2
for a, b in zip(was, now):
    assert os.path.basename(a["file"]) == os.path.basename(b["file"]) and a["label"] == b["label"], (a, b)
    for key in a:
        if key.startswith("probability_"): assert abs(float(a[key]) - float(b[key])) < 1e-4, (key, a[key], b[key])
PY
# A server takes them as it takes its own.
serve "churn=$old/churn-logistic.onnx" "clothes=$old/clothes.onnx"
curl -s "$url/models/churn/predict" -H 'Content-Type: text/csv' --data-binary "@$old/rows.csv" >served.csv
cmp <(plain <served.csv) <(plain <"$old/churn-logistic.csv") || die "served rows"
curl -s "$url/models/clothes/predict" -H 'Content-Type: image/jpeg' --data-binary "@$old/hat.jpg" |
  json '"probability" in d and len(d["probabilities"]) == 10'
stop_server
