#!/usr/bin/env bash
# Imported models answer as their libraries, whose Python makes the models and the answers here: linear models, trees, forests, gradient
# boosting, XGBoost and LightGBM; with a DictVectorizer, by names, behind scalers and encoders; pickles, joblib files, JSON, UBJSON, text.
. "$(dirname "$0")/lib.sh"
python=$("$REPO/scripts/python-venv" imports)/bin/python || skip "PyPI can't be reached"
"$python" "$REPO/tests/cli/import_models.py" made 2>python.log || die "the models can't be made: $(tail -n 3 python.log)"
for answers in made/*.answers.json; do
  name=${answers%.answers.json}
  file=$name
  [[ -f $file ]] || file=$name.bin
  "$VITRINE" import "$file" --target y -o model.onnx >said.txt 2>&1 || die "$file: $(<said.txt)"
  "$VITRINE" predict model.onnx "$name.rows.json" --format json >got.jsonl 2>warnings.txt || die "$file: $(<warnings.txt)"
  python3 - "$name" "$answers" <<'PY' || die "$file answers differently"
import json, os, sys
wanted = json.load(open(sys.argv[2]))
said = [json.loads(line) for line in open("got.jsonl")]
assert len(said) == len(wanted), (len(said), len(wanted))
if isinstance(wanted[0], str):
    worst = sum(one["label"] != w for one, w in zip(said, wanted))
elif isinstance(wanted[0], list):
    got = [list(one["probabilities"].values()) for one in said]
    worst = max(abs(a - b) for g, w in zip(got, wanted, strict=True) for a, b in zip(g, w, strict=True))
    if os.path.exists(sys.argv[1] + ".classes.json"): assert list(said[0]["probabilities"]) == json.load(open(sys.argv[1] + ".classes.json")), said[0]
else:
    assert "y_interval" not in said[0], said[0]
    worst = max(abs(one["y"] - w) / max(1, abs(w)) for one, w in zip(said, wanted))
print(sys.argv[1], "largest difference", worst)
assert worst <= 1e-6, worst
PY
done
# Trees are explained exactly, and the model is served like any other.
"$VITRINE" import made/dv_forest_2_dense.bin --target y -o forest.onnx >/dev/null
python3 -c 'import json; json.dump(json.load(open("made/dv_forest_2_dense.rows.json"))[0], open("row.json", "w"))'
"$VITRINE" predict forest.onnx row.json --explain | json 'abs(d["explanation"]["base"] + sum(d["explanation"]["contributions"].values()) - d["probabilities"]["1"]) < 1e-5'
serve forest.onnx
curl -s "$url/predict" -d @row.json | json 'set(d["probabilities"]) == {"0", "1"}'
stop_server
# A number without intervals, in every protocol and report.
"$VITRINE" import made/number_forest.bin --target price -o number.onnx >said.txt
contains "$(<said.txt)" "predicts a number"
python3 -c 'import json; rows = json.load(open("made/number_forest.rows.json")); json.dump(rows[0], open("row.json", "w"))
w = json.load(open("made/number_forest.answers.json")); import csv; out = csv.writer(open("labelled.csv", "w"))
out.writerow([*rows[0], "price"]); [out.writerow([*r.values(), y]) for r, y in zip(rows, w)]'
serve number.onnx
curl -s "$url/predict" -d @row.json | json 'list(d) == ["price", "model"]'
curl -s "$url/predict?interval=0.8" -d @row.json | json '"was imported" in str(d)'
curl -s "$url/v2/models/number" | json '[one["name"] for one in d["outputs"]] == ["prediction"]'
curl -s "$url/openapi.json" | grep -q price_interval && die "an interval is promised"
curl -s "$url/predict?explain=true" -d @row.json | json 'abs(d["explanation"]["margin"] - d["price"]) < 1e-3 * d["price"]'
stop_server
"$VITRINE" evaluate number.onnx labelled.csv --report r.html --json | json '"interval_coverage" not in d and d["r2"] > 0.99'
grep -q "90 % interval" r.html && die "the report has intervals"
contains "$("$VITRINE" predict number.onnx labelled.csv 2>/dev/null | head -n 1)" "price"
# What is not read is named, with the way out.
"$python" - <<'PY'
import pickle
from sklearn.neighbors import KNeighborsClassifier
pickle.dump(KNeighborsClassifier().fit([[0], [1], [2], [3], [4]], [0, 0, 1, 1, 1]), open("knn.bin", "wb"))
PY
fails_with 3 "the model contains KNeighborsClassifier, which import does not read" "$VITRINE" import knn.bin -o x.onnx
[[ ! -e x.onnx ]] || die "something was written"
