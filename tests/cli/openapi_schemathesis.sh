#!/usr/bin/env bash
# schemathesis reads /openapi.json and sends valid and invalid requests to every path: the responses match the document,
# and none is a 5xx.
. "$(dirname "$0")/lib.sh"
python=$("$REPO/scripts/python-venv" schemathesis 2>/dev/null)/bin/python || skip "PyPI can't be reached"
small_model
small_photo_model
run() {
  serve "$1" --log off --max-wait 60000
  "$python" -m schemathesis.cli run "$url/openapi.json" --max-examples 40 --seed 1 --workers 1 \
    "${@:2}" >report.txt 2>&1 || die "$(tail -n 120 report.txt)"
  contains "$(cat report.txt)" "generated, "
  curl -sf "$url/ping" >/dev/null
  stop_server
}
run churn.onnx --checks all
# No schema can describe which bytes are a photo: all checks except those that require it.
run clothes.onnx --checks all --exclude-checks positive_data_acceptance
