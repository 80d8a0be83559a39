#!/usr/bin/env bash
# Values outside of the range of training are answered with a warning, in files, over HTTP, in the
# log of predictions, and as a counter.
. "$(dirname "$0")/lib.sh"
small_model
header=$(head -n 1 sample.csv)
python3 - <<'EOF'
import csv
rows = list(csv.DictReader(open("sample.csv")))[:4]
rows[0]["tenure"], rows[1]["tenure"] = "4300", "-5"
rows[2]["tenure"] = "74"  # within the slack of 5 %
with open("odd.csv", "w", newline="") as out:
    table = csv.DictWriter(out, rows[0].keys())
    table.writeheader()
    table.writerows(rows)
EOF
[[ $header == *tenure* ]] || die "no tenure"
"$VITRINE" predict churn.onnx odd.csv >/dev/null 2>said
contains "$(cat said)" "warning: column 'tenure': 2 of 4 rows have values outside of the range of training, 0 to 72 (4300 and -5)"
# A constant number with a fraction, missing in some rows, is not outside of itself.
python3 - <<'EOF'
import random
random.seed(1)
with open("constant.csv", "w") as table:
    table.write("x,k,y\n")
    for i in range(400):
        x = random.gauss(0, 1)
        table.write(f"{x:.3f},{'' if i % 5 == 0 else 0.1},{'yes' if x + random.gauss(0, 1) > 0 else 'no'}\n")
EOF
"$VITRINE" train constant.csv --target y --keep k -o constant.onnx --quiet >/dev/null
"$VITRINE" predict constant.onnx constant.csv >/dev/null 2>said
[[ ! -s said ]] || die "$(<said)"
serve churn.onnx --log-predictions log.jsonl
post() { curl -s "$url/predict" -H 'Content-Type: application/json' -d "$1"; }
post "${row/\"tenure\": 1,/\"tenure\": 4300,}" | json 'd["warnings"] == ["field '"'tenure'"': 4300 is outside of the range of training, 0 to 72"]'
post "${row/\"tenure\": 1,/\"tenure\": -1,}" | json '"-1 is outside" in d["warnings"][0]'
post "[$row, ${row/\"gender\": \"female\"/\"gender\": \"unknown\"}]" | json '"warnings" not in d[0] and "did not occur" in d[1]["warnings"][0]'
curl -s -D headers "$url/predict" -H 'Content-Type: text/csv' --data-binary @odd.csv >/dev/null
contains "$(cat headers)" "outside of the range of training"
metrics=$(curl -s "$url/metrics")
contains "$metrics" 'vitrine_unusual_values_total{column="tenure",kind="outside",model="churn",version="1"} 4'
contains "$metrics" 'vitrine_unusual_values_total{column="gender",kind="unseen",model="churn",version="1"} 1'
stop_server
[[ $(grep -c '"warnings":\["field' log.jsonl) == 3 ]] || die "$(cat log.jsonl)"
