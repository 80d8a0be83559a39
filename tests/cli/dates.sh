#!/usr/bin/env bash
# Columns of dates: however they are written, the model and its answers are the same; in the graph they are text.
. "$(dirname "$0")/lib.sh"
cat >make.py <<'PY'
import datetime as d, random
random.seed(3)
rows = []
for _ in range(1200):
    start = d.datetime(2021, 1, 1) + d.timedelta(days=random.randrange(1400), seconds=random.randrange(86400))
    end = start + d.timedelta(days=random.randrange(1, 60))
    p = 0.02 + 0.5 * (start.weekday() >= 5) + 0.45 * ((end - start).days > 40)
    rows.append((start, end, round(random.random(), 3), "yes" if random.random() < p else "no"))

def write(name, start, end, names="start,end,x,y"):
    with open(name + ".csv", "w") as out:
        out.write(names + "\n")
        for a, b, x, y in rows: out.write(f'"{start(a)}","{end(b)}",{x},{y}\n')
write("micro", lambda a: a.isoformat() + f".{a.second * 16381 % 1000000:06}", lambda b: b.date().isoformat())
write("iso", lambda a: a.isoformat(), lambda b: b.date().isoformat())
write("day_first", lambda a: a.strftime("%d.%m.%Y %H:%M:%S"), lambda b: b.strftime("%d/%m/%y"))
write("month_first", lambda a: a.strftime("%m/%d/%Y %I:%M:%S %p"), lambda b: b.strftime("%b %d %Y"))
write("zoned", lambda a: a.strftime("%Y-%m-%d %H:%M:%S+02:00"), lambda b: b.strftime("%a, %d %b %Y"))
write("numbers", lambda a: int((a - d.datetime(1970, 1, 1)).total_seconds()), lambda b: b.strftime("%Y%m%d"),
      "start_time,end,x,y")
PY
python3 make.py
for table in iso day_first month_first zoned numbers; do
  "$VITRINE" train $table.csv --target y -o $table.onnx --quiet >$table.log 2>&1 || die "$table: $(cat $table.log)"
  sed -n '/^test set/,/^ *Brier/p' $table.log >$table.figures
  cmp iso.figures $table.figures || die "$table: other figures than iso"
  "$VITRINE" predict $table.onnx $table.csv --format csv >$table.answers
  cmp iso.answers $table.answers || die "$table: other answers than iso"
  [[ $table == numbers ]] && continue
  "$VITRINE" predict $table.onnx iso.csv --format csv | cmp - iso.answers || die "$table: does not read ISO dates"
done
contains "$(cat day_first.log)" "dates with the day first"
contains "$(cat month_first.log)" "dates with the month first"
contains "$(cat numbers.log)" "dates of eight digits"
contains "$(cat numbers.log)" "seconds since 1970"
"$VITRINE" inspect iso.onnx --json >card.json
json 'd["card"]["figures"]["test"]["auc"] > 0.8' <card.json
json '[c["kind"] for c in d["card"]["columns"]] == ["date", "date", "number"]' <card.json
"$VITRINE" train micro.csv --target y -o micro.onnx --model trees --quiet >/dev/null
"$VITRINE" train iso.csv --target y -o logistic.onnx --model logistic --quiet >/dev/null

# JSON: the same answer; a bad date is refused alone, missing with a warning among others.
serve iso.onnx numbers.onnx
row='{"start": "2022-05-07T21:34:38", "end": "2022-06-30", "x": 0.5}'
curl -s "$url/models/iso/predict" -H 'Content-Type: application/json' -d "$row" >iso.json
curl -s "$url/models/numbers/predict" -H 'Content-Type: application/json' \
  -d '{"start_time": 1651959278, "end": 20220630, "x": 0.5}' >numbers.json
python3 - <<'PY' || die "JSON dates"
import json
iso, numbers = (json.load(open(name + ".json")) for name in ("iso", "numbers"))
assert iso["probabilities"] == numbers["probabilities"] and iso["probabilities"]["yes"] > 0.5, (iso, numbers)
PY
curl -s "$url/models/iso/predict" -H 'Content-Type: application/json' -d '{"start": "yesterday", "end": "2022-06-30", "x": 1}' |
  json "'not a date' in d['detail'] and d['field'] == 'start' and 'such as 20' in d['hint']"
curl -s "$url/models/iso/predict" -H 'Content-Type: application/json' -d "[$row, {\"start\": \"soon\", \"end\": \"2022-06-30\", \"x\": 1}]" |
  json "'not a date' in d[1]['warnings'][0]"
curl -s "$url/models/iso/predict?explain=true" -H 'Content-Type: application/json' -d "$row" |
  json "set(d['explanation']['contributions']) == {'start', 'end', 'x'}"
curl -s "$url/v2/models/iso" | json '{i["name"]: i["datatype"] for i in d["inputs"]}["start"] == "BYTES"'
curl -s "$url/openapi.json" | json '"date" in str(d)'
stop_server

venv=$("$REPO/scripts/python-venv" 2>/dev/null) || { echo "without ONNX Runtime: PyPI can't be reached"; exit 0; }
"$venv/bin/python" - <<'PY' || die "ONNX Runtime gives other predictions"
import csv, numpy, onnxruntime
rows = list(csv.DictReader(open("iso.csv")))[:300]
answers = [float(row["probability_yes"]) for row in csv.DictReader(open("iso.answers"))][:300]
session = onnxruntime.InferenceSession("iso.onnx", providers=["CPUExecutionProvider"])
texts = lambda key: numpy.array([[row[key]] for row in rows], dtype=object)
feed = {"start": texts("start"), "end": texts("end"), "x": numpy.array([[float(row["x"])] for row in rows], numpy.float32)}
p = session.run(["probabilities"], feed)[0][:, 1]
assert abs(p - answers).max() < 1e-5, abs(p - answers).max()
feed["start"][:] = [["2022-05-07T21:34"], ["2022-05-07 21:34"], ["2022-05-07"]] * 100
p = session.run(["probabilities"], feed)[0]
feed["start"][:] = "soon"
assert numpy.isfinite(session.run(["probabilities"], feed)[0]).all() and numpy.isfinite(p).all()
PY
