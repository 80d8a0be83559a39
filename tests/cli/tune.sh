#!/usr/bin/env bash
# The threshold is the user's: tune changes card and graph, ?threshold= one request.
. "$(dirname "$0")/lib.sh"
small_model
"$VITRINE" sample churn later.csv --rows 800 --seed 5 >/dev/null
contains "$("$VITRINE" tune churn.onnx --threshold 0.35 -o low.onnx)" "wrote low.onnx"
"$VITRINE" inspect low.onnx --json >low.json
json 'd["card"]["threshold"] == 0.35 and d["engine"].startswith("compiled") and "confusion" not in d["card"]["figures"]["test"] and "auc" in d["card"]["figures"]["test"]' <low.json
contains "$("$VITRINE" tune churn.onnx --cost fp=5,fn=50 -o cost.onnx)" "threshold: 0.09091, before 0.5"
text=$("$VITRINE" tune churn.onnx --capacity 100 --data later.csv -o few.onnx)
contains "$text" "100 of 800 cases are predicted positive"
[[ $("$VITRINE" predict few.onnx later.csv --format csv 2>/dev/null | grep -c '^Yes,') == 100 ]] || die "not 100"
"$VITRINE" predict churn.onnx later.csv --format csv >before.csv
"$VITRINE" predict low.onnx later.csv --format csv >after.csv
python3 - <<'EOF'
import csv
before, after = (list(csv.DictReader(open(name))) for name in ("before.csv", "after.csv"))
assert all(a["probability_Yes"] == b["probability_Yes"] for a, b in zip(after, before))
assert all((float(a["probability_Yes"]) >= 0.35) == (a["label"] == "Yes") for a in after)
assert sum(a["label"] != b["label"] for a, b in zip(after, before)) > 20
EOF
serve churn.onnx
ask() { curl -s "$url/predict$1" -H 'Content-Type: application/json' -d "$row"; }
p=$(ask "" | python3 -c 'import json,sys; print(json.load(sys.stdin)["churn_probability"])')
ask "?threshold=$(python3 -c "print($p - 0.01)")" | json 'd["label"] == "yes" and d["churn"] is True'
ask "?threshold=$(python3 -c "print($p + 0.01)")" | json 'd["label"] == "no" and d["churn"] is False'
ask "?threshold=2" | json 'd["status"] == 400 and "is not a threshold" in d["detail"]'
# All faults of a row at once.
bad=${row/\"tenure\": 1,/\"tenure\": \"long\",}
bad=${bad/\"gender\": \"female\", /}
curl -s "$url/predict" -H 'Content-Type: application/json' -d "${bad/\"monthlycharges\": 29.85/\"monthlycharges\": []}" >faults.json
json 'd["field"] == "tenure" and [e["field"] for e in d["errors"]] == ["tenure", "monthlycharges", "gender"] and all(e["detail"] and e["hint"] for e in d["errors"])' <faults.json
stop_server
# A signature that does not fit any more is said.
"$VITRINE" sign --new-key k >/dev/null
"$VITRINE" sign churn.onnx --key k.private.pem >/dev/null
contains "$("$VITRINE" tune churn.onnx --threshold 0.4)" "the signature beside the file does not fit any more"
fails_with 2 "no threshold was given" "$VITRINE" tune churn.onnx
fails_with 2 "one of the inputs" "$VITRINE" tune churn.onnx --capacity 10 --data later.csv -o later.csv
{ head -n 1 later.csv; for _ in 1 2 3 4 5 6; do sed -n 2p later.csv; done; } >equal.csv
fails_with 3 "6 cases share the probability" "$VITRINE" tune churn.onnx --capacity 3 --data equal.csv
fails_with 2 "several rules" "$VITRINE" tune churn.onnx --threshold 0.2 --cost fp=1,fn=2
fails_with 2 "needs the cases" "$VITRINE" tune churn.onnx --capacity 10
fails_with 2 "is not a threshold" "$VITRINE" tune churn.onnx --threshold 1.5
# Keys.
"$VITRINE" key web --rate 50 >key.txt 2>said
[[ $(wc -c <key.txt) == 65 && $(stat -c %a keys) == 600 ]] || die "the key: $(cat key.txt)"
fails_with 2 "is no name for a key" "$VITRINE" key $'a\vb'
fails_with 2 "there is a key of 'web' already" "$VITRINE" key web
fails_with 2 "is no name for a key" "$VITRINE" key "two words"
"$VITRINE" key boss --admin >boss.txt 2>/dev/null
serve churn.onnx --api-keys keys
[[ $(curl -s -o /dev/null -w '%{http_code}' "$url/models") == 401 ]] || die "no key is needed"
[[ $(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $(cat key.txt)" "$url/models") == 200 ]] || die "the key is refused"
stop_server
