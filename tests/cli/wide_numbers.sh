#!/usr/bin/env bash
# Numbers that a 32-bit float can't represent (account numbers, epoch seconds) are read, stored and passed as doubles.
. "$(dirname "$0")/lib.sh"
python3 - <<'PY'
import random
random.seed(2)
with open("t.csv", "w") as out:
    out.write("account,stamp,x,y\n")
    for i in range(1500):
        last = random.randrange(1000)
        stamp = 1764201600 + random.randrange(4000) / 4  # a quarter of an hour, in quarters of a second
        yes = (last < 500) != (random.random() < 0.1)
        out.write(f"{9000000000 + last},{stamp},{random.gauss(0, 1):.3f},{'yes' if yes else 'no'}\n")
PY
"$VITRINE" train t.csv --target y -o m.onnx --quiet >/dev/null
"$VITRINE" inspect m.onnx --json >card.json
json 'd["card"]["figures"]["test"]["auc"] > 0.85' <card.json
json '"double" in [i["type"] for i in d["inputs"] if i["name"] == "account"][0]' <card.json
printf 'account,stamp,x\n9000000100,1764201600.25,0\n9000000900,1764201600.25,0\n' >rows.csv
"$VITRINE" predict m.onnx rows.csv --format csv >csv.txt
serve m.onnx --log-predictions log.jsonl
curl -s "$url/predict" -H 'Content-Type: application/json' \
  -d '[{"account": 9000000100, "stamp": 1764201600.25, "x": 0}, {"account": "9000000900", "stamp": 1764201600.25, "x": 0}]' >http.json
curl -s "$url/v2/models/m" | json '{i["name"]: i["datatype"] for i in d["inputs"]}["account"] == "FP64"'
curl -s "$url/v2/models/m/infer" -H 'Content-Type: application/json' -d '{"inputs": [
  {"name": "account", "datatype": "FP64", "shape": [2, 1], "data": [9000000100, 9000000900]},
  {"name": "stamp", "datatype": "FP64", "shape": [2, 1], "data": [1764201600.25, 1764201600.25]},
  {"name": "x", "datatype": "FP32", "shape": [2, 1], "data": [0, 0]}]}' >v2.json
stop_server
python3 - <<'PY' || die "the readers differ"
import csv, json
rows = list(csv.DictReader(open("csv.txt")))
http = json.load(open("http.json"))
v2 = [o for o in json.load(open("v2.json"))["outputs"] if o["name"] == "probabilities"][0]["data"]
p = [float(row["probability_yes"]) for row in rows]
assert p[0] > 0.7 > 0.3 > p[1], p
for i in range(2):
    assert abs(http[i]["probabilities"]["yes"] - p[i]) < 1e-6 and abs(v2[2 * i + 1] - p[i]) < 1e-6
logged = [json.loads(line)["input"] for line in open("log.jsonl")]
assert [one["account"] for one in logged[:2]] == [9000000100, 9000000900] and logged[0]["stamp"] == 1764201600.25, logged
PY
venv=$("$REPO/scripts/python-venv" 2>/dev/null) || { echo "without ONNX Runtime: PyPI can't be reached"; exit 0; }
"$venv/bin/python" - <<'PY' || die "ONNX Runtime gives other predictions"
import csv, numpy, onnxruntime
session = onnxruntime.InferenceSession("m.onnx", providers=["CPUExecutionProvider"])
p = session.run(["probabilities"], {"account": numpy.array([[9000000100.0], [9000000900.0]]), "stamp": numpy.array([[1764201600.25]] * 2),
                                    "x": numpy.zeros((2, 1), numpy.float32)})[0]
ours = [float(row["probability_yes"]) for row in csv.DictReader(open("csv.txt"))]
assert abs(p[:, 1] - ours).max() < 1e-5, (p, ours)
PY
