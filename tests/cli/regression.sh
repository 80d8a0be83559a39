#!/usr/bin/env bash
# A number as the target, through every verb and protocol; its answers are those of onnxruntime.
. "$(dirname "$0")/lib.sh"
cat >make.py <<'PY'
import random
random.seed(6)
def rows(count, name):
    with open(name, "w") as out:
        out.write("size,district,sold,Price\n")
        for _ in range(count):
            size, district = random.uniform(20, 200), random.choice(["north", "South", "old town"])
            sold = f"2024-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
            price = 50 + 2 * size + 60 * (district == "South") + (80 if size > 120 else 0) + random.gauss(0, size / 5)
            out.write(f"{size:.1f},{district},{sold},\"${1000 * max(price, 0):,.2f}\"\n")
rows(1500, "houses.csv")
rows(1500, "later.csv")
PY
python3 make.py
"$VITRINE" train houses.csv --target Price -o house.onnx --quiet --report training.html >train.log 2>train.err || die "$(cat train.err)"
contains "$(cat train.log)" "target Price: a number"
contains "$(cat train.log)" "RMSE"
contains "$(cat train.log)" "interval coverage"
"$VITRINE" describe houses.csv --target Price >describe.txt
contains "$(cat describe.txt)" "target Price: a number"
"$VITRINE" inspect house.onnx >inspect.txt
contains "$(cat inspect.txt)" "predicts Price: a number"
"$VITRINE" evaluate house.onnx later.csv --json --report report.html >evaluate.json
json '0.87 < d["interval_coverage"] < 0.93 and d["r2"] > 0.9 and d["rmse_ci95"][0] < d["rmse"] < d["rmse_ci95"][1]' <evaluate.json
json 'd["median_absolute_error"] < d["mae"] < d["rmse"] and d["rows"] == 1500 and "confusion" not in d' <evaluate.json
"$VITRINE" evaluate house.onnx later.csv --report report.md >evaluate.txt
contains "$(cat evaluate.txt)" "RMSE"
contains "$(cat report.html)" "Truth against prediction"
contains "$(cat report.md)" "Worst errors"
contains "$(cat training.html)" "Interval coverage"

# predict: JSON, CSV, another level, explanations, shards.
head -n 101 later.csv >few.csv
"$VITRINE" predict house.onnx few.csv >few.jsonl
"$VITRINE" predict house.onnx few.csv --format csv >few.out.csv
[[ $(sed -n 1p few.out.csv) == Price,Price_low,Price_high ]] || die "$(sed -n 1p few.out.csv)"
"$VITRINE" predict house.onnx few.csv --format csv --interval 0.5 >half.csv
"$VITRINE" predict house.onnx few.csv --format csv --append >appended.csv
contains "$(sed -n 1p appended.csv)" "size,district,sold,Price,Price_2,Price_low,Price_high"
"$VITRINE" predict house.onnx few.csv --explain >explained.jsonl
"$VITRINE" predict house.onnx few.csv --interval 0.99 >/dev/null
fails_with 2 "threshold needs two classes" "$VITRINE" train houses.csv --target Price -o x.onnx --threshold 0.3 --quiet
fails_with 2 "does not predict numbers" "$VITRINE" train houses.csv --target Price -o x.onnx --model logistic --quiet
fails_with 3 "not a number" "$VITRINE" train houses.csv --target district --task regression -o x.onnx --quiet

# A row far from all others is answered too; few rows are enough; --time holds out the last ones.
printf 'size,district,sold\n1e9,South,2024-05-01\n100,South,2024-05-01\n' >far.csv
"$VITRINE" predict house.onnx far.csv --interval 0.99 | python3 -c '
import json, sys
rows = [json.loads(line) for line in sys.stdin]
assert len(rows) == 2 and all(row["Price_interval"][0] <= row["Price"] <= row["Price_interval"][1] for row in rows), rows'
"$VITRINE" train houses.csv --target Price --time sold -o time.onnx --quiet >time.log 2>/dev/null
contains "$(cat time.log)" "validation set"
head -n 41 houses.csv >tiny.csv
"$VITRINE" train tiny.csv --target Price -o tiny.onnx --quiet >tiny.log 2>&1 || die "$(cat tiny.log)"
fails_with 3 "only up to the level 0.95" "$VITRINE" predict tiny.onnx few.csv --interval 0.99

# compare, and a linear model.
"$VITRINE" train houses.csv --target Price -o linear.onnx --model linear --quiet >/dev/null 2>&1
"$VITRINE" compare linear.onnx house.onnx later.csv --json >compare.json
json 'd["rmse"]["verdict"] == "the second is better" and "only_first_right" not in d' <compare.json
"$VITRINE" compare linear.onnx house.onnx later.csv | grep -q "second is better" || die "compare"

# The server: native, CSV, /v1, /v2, explanations, levels, the log and its evaluation, metrics, the page's data.
serve house.onnx linear.onnx --log-predictions log.jsonl
row='{"size": 100, "district": "South", "sold": "2024-05-01"}'
curl -s "$url/models/house/predict" -H 'Content-Type: application/json' -d "$row" >one.json
json 'list(d) == ["price", "price_interval", "model"] and d["price_interval"][0] < d["price"] < d["price_interval"][1]' <one.json
curl -s "$url/models/house/predict?interval=0.5" -H 'Content-Type: application/json' -d "$row" >narrow.json
curl -s "$url/models/house/predict?explain=true" -H 'Content-Type: application/json' -d "$row" >explained.json
curl -s "$url/models/house/predict" -H 'Content-Type: text/csv' --data-binary @few.csv >few.http.csv
cmp few.http.csv few.out.csv || die "CSV over HTTP differs"
curl -s "$url/v1/models/house:predict" -d "{\"instances\": [$row]}" >v1.json
curl -s "$url/v2/models/house/infer" -d '{"inputs": [{"name": "size", "datatype": "FP32", "shape": [1, 1], "data": [100]},
  {"name": "district", "datatype": "BYTES", "shape": [1, 1], "data": ["South"]},
  {"name": "sold", "datatype": "BYTES", "shape": [1, 1], "data": ["2024-05-01"]}]}' >v2.json
curl -s "$url/v2/models/house" | json '[o["name"] for o in d["outputs"]] == ["prediction", "low", "high"] and d["outputs"][0]["datatype"] == "FP32"'
curl -s "$url/openapi.json" | json '"price_interval" in d["components"]["schemas"]["house.Answer"]["required"]'
code=$(curl -s -o no.json -w '%{http_code}' "$url/models/house/predict?set=0.9" -H 'Content-Type: application/json' -d "$row")
[[ $code == 422 ]] || die "set: $code"
curl -s "$url/models/house" | json 'd["card"]["target"]["number"]["intervals"][2]["level"] == 0.9'
stop_server
python3 - <<'PY' || die "the answers differ"
import csv, json, math
one, narrow, v1 = (json.load(open(name)) for name in ("one.json", "narrow.json", "v1.json"))
explained = json.load(open("explained.json"))["explanation"]
margin = explained["base"] + sum(explained["contributions"].values())
number = {"log": math.exp, "log1p": math.expm1}.get(explained.get("scale"), float)
assert abs(number(margin) / one["price"] - 1) < 1e-4 and abs(margin - explained["margin"]) < 1e-4, explained
v2 = {o["name"]: o["data"][0] for o in json.load(open("v2.json"))["outputs"]}
close = lambda a, b: abs(a - b) < 1e-6 * abs(a)
assert close(one["price"], v2["prediction"]) and close(one["price_interval"][0], v2["low"]), (one, v2)
assert close(one["price"], v1["predictions"][0]["prediction"][0]), v1
assert narrow["price"] == one["price"] and narrow["price_interval"][0] > one["price_interval"][0]
lines = [json.loads(line) for line in open("few.jsonl")]
rows, half = list(csv.DictReader(open("few.out.csv"))), list(csv.DictReader(open("half.csv")))
for line, row, inner in zip(lines, rows, half, strict=True):
    assert line["Price"] == float(row["Price"]) and line["Price_interval"][1] == float(row["Price_high"])
    assert float(row["Price_low"]) < float(inner["Price_low"]) < float(row["Price"])
# The log with what became true.
log = [json.loads(line) for line in open("log.jsonl")]
assert log[0]["prediction"] == one["price"] and log[0]["interval"] == one["price_interval"]
truth = [float(row["Price"].strip("$").replace(",", "")) for row in csv.DictReader(open("few.csv"))]
csv_id = [line["request_id"] for line in log if line["row"] == 99][0]
with open("truth.csv", "w") as out:
    out.write("request_id,row,Price\n")
    for line in log:
        if line["request_id"] == csv_id: out.write(f"{csv_id},{line['row']},{truth[line['row']]}\n")
PY
"$VITRINE" evaluate house.onnx log.jsonl --truth truth.csv --json | json 'd["rows"] == 100 and d["r2"] > 0.85'

venv=$("$REPO/scripts/python-venv" 2>/dev/null) || { echo "without ONNX Runtime: PyPI can't be reached"; exit 0; }
for model in house linear; do "$VITRINE" predict $model.onnx few.csv --format csv >$model.csv; done
"$venv/bin/python" - <<'PY' || die "ONNX Runtime gives other predictions"
import csv, numpy, onnxruntime
rows = list(csv.DictReader(open("few.csv")))
texts = lambda key: numpy.array([[row[key]] for row in rows], dtype=object)
feed = {"size": numpy.array([[float(row["size"])] for row in rows], numpy.float32), "district": texts("district"), "sold": texts("sold")}
for name in ("house", "linear"):
    session = onnxruntime.InferenceSession(name + ".onnx", providers=["CPUExecutionProvider"])
    found = session.run(["prediction", "low", "high"], feed)
    ours = list(csv.DictReader(open(name + ".csv")))
    for output, key in zip(found, ("Price", "Price_low", "Price_high")):
        right = numpy.array([float(row[key]) for row in ours])
        assert output.shape == (len(rows), 1)
        assert (abs(output[:, 0] - right) / numpy.maximum(abs(right), 1000)).max() < 1e-5, (name, key)
PY
