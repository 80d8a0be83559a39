#!/usr/bin/env bash
# schemathesis reads /openapi.json and sends valid and invalid requests to every path: the responses match the document,
# and none is a 5xx.
. "$(dirname "$0")/lib.sh"
python=$("$REPO/scripts/python-venv" schemathesis 2>/dev/null)/bin/python || skip "PyPI can't be reached"
small_model
small_photo_model
# filter_too_much is about the tool's own generator: rows of pattern-bound texts beside the query's words.
run() {
  serve "$1" --log off --max-wait 60000
  "$python" -m schemathesis.cli run "$url/openapi.json" --max-examples 40 --seed 1 --workers 1 \
    --suppress-health-check=filter_too_much \
    "${@:2}" >report.txt 2>&1 || die "$(tail -n 120 report.txt)"
  contains "$(cat report.txt)" "generated, "
  curl -sf "$url/ping" >/dev/null
  stop_server
}
"$VITRINE" train sample.csv --target Contract --model logistic -o contract.onnx --quiet >/dev/null
run contract.onnx --checks all
# Parameters of the query that are not known are ignored: a number in the query makes the tool try that.
run churn.onnx --checks all --exclude-checks negative_data_rejection --suppress-health-check filter_too_much
python3 - <<'PY'
# A number, and dates: plain, with times and gaps, and as seconds.
import random
random.seed(4)
with open("house.csv", "w") as file:
    file.write("size,sold,seen,created_at,price\n")
    for i in range(300):
        size, month = random.uniform(20, 200), random.randint(1, 12)
        seen = f"2024-{month:02}-11 0{i % 10}:30" if i % 9 else ""
        file.write(f"{size:.1f},2023-{month:02}-{random.randint(1, 28):02},{seen},{1700000000 + 7919 * i},{size + month:.2f}\n")
PY
"$VITRINE" train house.csv --target price -o house.onnx --quiet >/dev/null
# A date may also be written in the format of its column.
run house.onnx --checks all --exclude-checks negative_data_rejection
# No schema can describe which bytes are a photo: all checks except those that require it.
run clothes.onnx --checks all --exclude-checks positive_data_acceptance
