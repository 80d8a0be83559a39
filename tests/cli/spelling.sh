#!/usr/bin/env bash
# Classes and categories that differ only by case or blanks are distinct. An exact match comes first, then an unambiguous
# match without case and blanks. A category may be named like a missing value. All readers agree, and ONNX Runtime with
# the same file.
. "$(dirname "$0")/lib.sh"
python3 - <<'PY'
import random
random.seed(1)
with open("t.csv", "w") as out:
    out.write("code,plan,x,y\n")
    odds = {"Kx": 2, "kX": -2, "kx": 0, "Two Year": 1.5, "two_year": -1.5}
    for i in range(900):
        code = random.choice(["Kx", "kX", "kx"])
        plan = random.choice(["Two Year", "two_year", "Monthly"])
        x = random.gauss(0, 1)
        score = odds[code] + odds.get(plan, 0) + x + random.gauss(0, 1)
        out.write(f"{code},{plan},{x:.3f},{'Hid' if score > 1 else 'hid' if score > -1 else 'HID'}\n")
PY
"$VITRINE" train t.csv --target y -o m.onnx --quiet >out.txt
contains "$(<out.txt)" "differ only in case or blanks"
"$VITRINE" inspect m.onnx --json | json '[c["value"] for c in d["card"]["target"]["classes"]] == ["HID", "Hid", "hid"]'
"$VITRINE" evaluate m.onnx t.csv --json | json 'd["rows"] == 900 and 0.6 < d["accuracy"] < 0.9'
ask() { printf '%s' "$1" | "$VITRINE" predict m.onnx - | python3 -c 'import json,sys; d=json.load(sys.stdin); print(d["probabilities"]["Hid"], len(d.get("warnings", [])))'; }
upper=$(ask '{"code": "Kx", "plan": "MONTHLY", "x": 0}')
lower=$(ask '{"code": "kX", "plan": "monthly", "x": 0}')
python3 -c 'import sys; assert float(sys.argv[1]) > float(sys.argv[2]) + 0.3, sys.argv' ${upper% *} ${lower% *} || die "categories were merged"
[[ $upper == *" 0" && $lower == *" 0" ]] || die "a warning about an unambiguous match"
[[ $(ask '{"code": "KX", "plan": "monthly", "x": 0}') == *" 1" ]] || die "an ambiguous spelling was guessed"
[[ $(ask '{"code": "Kx", "plan": "Two_Year", "x": 0}') == *" 1" ]] || die "an ambiguous blank was guessed"
# HTTP, CSV, the command line and ONNX Runtime give the same prediction.
serve m.onnx
row='{"code": "kX", "plan": "Two Year", "x": 0.25}'
curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" >http.json
printf 'code,plan,x\nkX,Two Year,0.25\nKx,two_year,0.25\nkx, Two Year ,0.25\nkX,MONTHLY,1\n' >rows.csv
curl -s "$url/predict" -H 'Content-Type: text/csv' --data-binary @rows.csv >http.csv
"$VITRINE" predict m.onnx rows.csv --format csv >cli.csv
cmp http.csv cli.csv || die "HTTP and predict differ"
python3 - <<'PY' || die "JSON and CSV differ"
import csv, json
row = next(csv.DictReader(open("cli.csv")))
for name, p in json.load(open("http.json"))["probabilities"].items():
    assert abs(float(row["probability_" + name]) - p) < 1e-6, (row, name, p)
PY
stop_server
venv=$("$REPO/scripts/python-venv" 2>/dev/null) || { echo "without ONNX Runtime: PyPI can't be reached"; exit 0; }
"$venv/bin/python" - <<'PY' || die "ONNX Runtime gives other predictions"
import csv, numpy, onnxruntime
rows = list(csv.DictReader(open("rows.csv")))
session = onnxruntime.InferenceSession("m.onnx", providers=["CPUExecutionProvider"])
text = lambda name: numpy.array([[row[name]] for row in rows], dtype=object)
p = session.run(["probabilities"], {"code": text("code"), "plan": text("plan"), "x": numpy.array([[float(row["x"])] for row in rows], numpy.float32)})[0]
ours = [[float(v) for k, v in row.items() if k.startswith("probability_")] for row in csv.DictReader(open("cli.csv"))]
# Vitrine ignores blanks at the ends; the graph has only the spellings of the table.
for i in (0, 1, 3): assert abs(numpy.array(ours[i]) - p[i]).max() < 1e-5, (i, ours[i], p[i])
PY
