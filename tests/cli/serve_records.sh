#!/usr/bin/env bash
# Logs and traces: a prediction log with rotation that evaluate reads with true labels; traces to a collector that
# continue the caller's; drift against the training table; request ids.
. "$(dirname "$0")/lib.sh"
small_model
cat >collector.py <<'PY'
import http.server, json, sys
class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
        with open("spans", "a") as file:
            for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]: file.write(json.dumps(span) + "\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Collector)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 collector.py >collector.port &
servers+=("$!")
for _ in {1..100}; do [[ -s collector.port ]] && break; sleep 0.05; done
serve churn.onnx --log-predictions predictions.jsonl --otlp "http://127.0.0.1:$(cat collector.port)"
python3 - "$url" <<'PY' || die "requests"
import csv, json, sys, urllib.request
rows = list(csv.DictReader(open("sample.csv")))
truth = csv.writer(open("truth.csv", "w"))
truth.writerow(["request_id", "row", "Churn"])
for i in range(0, 600, 3):
    body = json.dumps([{k: v for k, v in row.items() if k not in ("Churn", "customerID")} for row in rows[i:i + 3]]).encode()
    headers = {"Content-Type": "application/json", "X-Request-Id": f"r{i}",
               "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/predict", body, headers)) as answer:
        assert answer.headers["X-Request-Id"] == f"r{i}" and len(json.load(answer)) == 3
    for j in range(3): truth.writerow([f"r{i}", j, rows[i + j]["Churn"]])
csv.writer(open("asked.csv", "w")).writerows([rows[0].keys()] + [row.values() for row in rows[:600]])
# Customers unlike the training data: all are new.
for row in rows[600:1000]:
    body = json.dumps({**{k: v for k, v in row.items() if k != "Churn"}, "tenure": 0}).encode()
    urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/predict", body, {"Content-Type": "application/json"}))
page = urllib.request.urlopen(sys.argv[1] + "/metrics").read().decode()
psi = {line.split('column="')[1].split('"')[0]: float(line.split()[-1]) for line in page.splitlines() if line.startswith("vitrine_drift_psi{")}
assert psi["tenure"] > 0.25 and psi["gender"] < 0.1, psi
shares = [float(line.split()[-1]) for line in page.splitlines() if line.startswith("vitrine_class_share{")]
assert len(shares) == 2 and abs(sum(shares) - 1) < 1e-6, shares
PY
stop_server
[[ $(wc -l <predictions.jsonl) == 1000 ]] || die "$(wc -l <predictions.jsonl) records"
head -n 1 predictions.jsonl | json 'd["request_id"] == "r0" and d["row"] == 0 and "tenure" in d["input"] and len(d["sha256"]) == 64'
# The log with true labels has the same metrics as the table.
"$VITRINE" evaluate churn.onnx predictions.jsonl --truth truth.csv --json >log.json 2>/dev/null
"$VITRINE" evaluate churn.onnx asked.csv --json >table.json 2>/dev/null
python3 - <<'PY' || die "the metrics of log and table differ"
import json
log, table = json.load(open("log.json")), json.load(open("table.json"))
for name in ("rows", "accuracy", "auc", "log_loss"): assert abs(log[name] - table[name]) < 1e-6, (name, log[name], table[name])
assert any(one["code"] == "unknown_truth" for one in log["warnings"])
spans = [json.loads(line) for line in open("spans")]
servers = [one for one in spans if one["kind"] == 2 and one["traceId"] == "0af7651916cd43dd8448eb211c80319c"]
assert len(servers) == 200 and all(one["parentSpanId"] == "b7ad6b7169203331" for one in servers), len(servers)
children = [one for one in spans if one.get("parentSpanId") == servers[0]["spanId"]]
assert {one["name"] for one in children} >= {"decode", "infer"}, children
PY
sed 's/"label"/"churn":"yes","label"/' predictions.jsonl >told.jsonl
"$VITRINE" evaluate churn.onnx told.jsonl --json 2>/dev/null | json 'd["rows"] == 1000'
fails_with 3 "no line has a known true label" "$VITRINE" evaluate churn.onnx predictions.jsonl
(head -n 1 predictions.jsonl; echo '{"request_id": "r1"}') >odd.jsonl
fails_with 3 "odd.jsonl:2" "$VITRINE" evaluate churn.onnx odd.jsonl --truth truth.csv
# Incomplete lines (of a full disk or a killed server) are skipped and counted.
(head -n 1 predictions.jsonl | head -c 90; echo; head -n 400 predictions.jsonl; echo '{"time":"2026-11-'; sed -n 401,600p predictions.jsonl; printf '{"request') >torn.jsonl
"$VITRINE" evaluate churn.onnx torn.jsonl --truth truth.csv --json >torn.json 2>/dev/null
json 'd["rows"] == 600 and [w["message"][:8] for w in d["warnings"] if w["code"] == "torn_lines"] == ["3 lines "]' <torn.json
# A server that finds such a file ends the line before it appends.
printf '{"time":"torn' >ended.jsonl
serve churn.onnx --log-predictions ended.jsonl
curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" -o /dev/null
stop_server
[[ $(wc -l <ended.jsonl) == 2 && $(sed -n 1p ended.jsonl) == '{"time":"torn' ]] || die "an incomplete line is joined with the next record"
tail -n 1 ended.jsonl | json '"label" in d'
fails_with 1 "can't be written" "$VITRINE" serve churn.onnx --port 0 --log-predictions /nowhere/log
fails_with 2 "is not an http or https URL" "$VITRINE" serve churn.onnx --port 0 --otlp localhost
# Rotation: no file exceeds the limit, and no record is lost.
serve churn.onnx --log-predictions small.jsonl --log-predictions-max 1
"$VITRINE" sample churn many.csv --rows 9000 >/dev/null
curl -s "$url/predict" -H 'Content-Type: text/csv' --data-binary @many.csv -o /dev/null
for _ in {1..8}; do curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" -o /dev/null; done
stop_server
[[ $(cat small.jsonl* | wc -l) == 9008 && -e small.jsonl.1 ]] || die "rotation: $(wc -l small.jsonl*)"
# A file-size limit acts as a full disk; two servers may share a log.
(ulimit -f 200; exec "${SERVER:-$VITRINE}" serve churn.onnx --port 0 --log-predictions limited.jsonl --log off) 2>limited.log &
limited=$! && servers+=("$limited")
for _ in {1..100}; do grep -q "serving" limited.log && break; sleep 0.05; done
limited_url=$(grep -o 'http://127.0.0.1:[0-9]*' limited.log)
curl -s "$limited_url/predict" -H 'Content-Type: text/csv' --data-binary @many.csv -o /dev/null
for _ in {1..100}; do curl -s "$limited_url/metrics" >limited.txt; grep -q '^vitrine_prediction_log_lost_total [1-9]' limited.txt && break; sleep 0.05; done
kill -TERM "$limited" && wait "$limited" || die "the limit ended the server: $(<limited.log)"
contains "$(<limited.log)" "could not be written to limited.jsonl: File too large"
serve churn.onnx --log-predictions shared.jsonl --log-predictions-max 1 --log off
"${SERVER:-$VITRINE}" serve churn.onnx --port 0 --log-predictions shared.jsonl --log-predictions-max 1 --log off 2>second.log &
second=$! && servers+=("$second")
for _ in {1..100}; do grep -q "serving" second.log && break; sleep 0.05; done
second_url=$(grep -o 'http://127.0.0.1:[0-9]*' second.log)
head -n 301 many.csv >some.csv
for _ in {1..15}; do
  curl -s "$url/predict" -H 'Content-Type: text/csv' --data-binary @some.csv -o /dev/null &
  curl -s "$second_url/predict" -H 'Content-Type: text/csv' --data-binary @some.csv -o /dev/null
  wait $!
done
stop_server
kill -TERM "$second" && wait "$second" || die "the second server: $(<second.log)"
[[ $(cat shared.jsonl shared.jsonl.* | wc -l) == 9000 ]] || die "two servers kept $(cat shared.jsonl* | wc -l) of 9000"
# Records for a pipe without a reader are lost and counted.
mkfifo pipe
serve churn.onnx --log-predictions pipe --log off
curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" -o /dev/null
for _ in {1..100}; do curl -s "$url/metrics" >pipe.txt; grep -q '^vitrine_prediction_log_lost_total 1' pipe.txt && break; sleep 0.05; done
contains "$(<pipe.txt)" "vitrine_prediction_log_lost_total 1"
stop_server
# A file that begins with a blank or an incomplete line is recognised as a log.
(echo; head -n 200 told.jsonl) >blank.jsonl && (head -n 1 told.jsonl | tail -c 90; echo 1; head -n 200 told.jsonl) >front.jsonl
for odd in blank front; do "$VITRINE" evaluate churn.onnx $odd.jsonl --json 2>/dev/null | json 'd["rows"] == 200'; done
