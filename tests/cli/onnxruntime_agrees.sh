#!/usr/bin/env bash
# Python's newest onnxruntime opens the file and gives the probabilities of predict for the raw values of a table with
# unusual spellings and missing cells.
. "$(dirname "$0")/lib.sh"
venv=$("$REPO/scripts/python-venv" 2>/dev/null) || skip "PyPI can't be reached"
"$VITRINE" sample churn sample.csv --rows 1200 >/dev/null
python3 - <<'PY'
import csv, random
random.seed(1)
rows = list(csv.reader(open("sample.csv")))
head = rows[0]
for row in rows[1:]:
    for i, name in enumerate(head):
        if name == "Contract":
            row[i] = random.choice([row[i], row[i].upper(), " " + row[i], row[i].replace(" ", "_") + " "])
        if name == "PaymentMethod" and random.random() < 0.1:
            row[i] = random.choice(["", " ?", "NA", "  ", " n/a "])
        if name == "TotalCharges" and random.random() < 0.05:
            row[i] = "99999999"
csv.writer(open("odd.csv", "w")).writerows(rows)
PY
for model in logistic trees; do
  "$VITRINE" train odd.csv --target Churn --model $model -o $model.onnx --quiet >/dev/null
  "$VITRINE" predict $model.onnx odd.csv --format csv -o $model.csv
  "$venv/bin/python" - $model <<'PY' || die "onnxruntime disagrees with predict ($model)"
import csv, sys
import numpy as np, onnxruntime as ort
name = sys.argv[1]
session = ort.InferenceSession(name + ".onnx")
rows = list(csv.DictReader(open("odd.csv")))
feeds = {}
for wanted in session.get_inputs():
    cells = [next(v for k, v in row.items() if k.lower() == wanted.name) for row in rows]
    if "string" in wanted.type:
        feeds[wanted.name] = np.array(cells, dtype=object).reshape(-1, 1)
    else:
        feeds[wanted.name] = np.array([float(c) if c.strip() else np.nan for c in cells], dtype=np.float32).reshape(-1, 1)
labels, probabilities = session.run(["label", "probabilities"], feeds)
own = list(csv.DictReader(open(name + ".csv")))
worst = max(abs(float(o["probability_Yes"]) - p[1]) for o, p in zip(own, probabilities))
assert len(own) == len(rows) and worst <= 1e-5, worst
assert all(o["label"].lower() == label for o, label in zip(own, labels))
PY
done
