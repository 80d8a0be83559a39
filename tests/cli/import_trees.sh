#!/usr/bin/env bash
# Imported trees, forests, gradient boosting and XGBoost models answer as their libraries, whose Python makes the models and the answers
# here: with a DictVectorizer, by names, behind scalers; pickles, joblib files, JSON and UBJSON.
. "$(dirname "$0")/lib.sh"
python=$("$REPO/scripts/python-venv" imports)/bin/python || skip "PyPI can't be reached"
"$python" "$REPO/tests/cli/import_trees.py" made 2>python.log || die "the models can't be made: $(tail -n 3 python.log)"
for answers in made/*.answers.json; do
  name=${answers%.answers.json}
  file=$name
  [[ -f $file ]] || file=$name.bin
  "$VITRINE" import "$file" --target y -o model.onnx >said.txt 2>&1 || die "$file: $(<said.txt)"
  "$VITRINE" predict model.onnx "$name.rows.json" --format json >got.jsonl 2>warnings.txt || die "$file: $(<warnings.txt)"
  python3 - "$name" "$answers" <<'PY' || die "$file answers differently"
import json, sys
wanted = json.load(open(sys.argv[2]))
got = [list(json.loads(line)["probabilities"].values()) for line in open("got.jsonl")]
assert len(got) == len(wanted) and all(len(g) == len(w) for g, w in zip(got, wanted)), (len(got), len(wanted))
worst = max(abs(a - b) for g, w in zip(got, wanted) for a, b in zip(g, w))
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
# What is not read is named, with the way out.
"$python" - <<'PY'
import pickle
from sklearn.neighbors import KNeighborsClassifier
pickle.dump(KNeighborsClassifier().fit([[0], [1], [2], [3], [4]], [0, 0, 1, 1, 1]), open("knn.bin", "wb"))
PY
fails_with 3 "the model has a KNeighborsClassifier, which import does not read" "$VITRINE" import knn.bin -o x.onnx
[[ ! -e x.onnx ]] || die "something was written"
