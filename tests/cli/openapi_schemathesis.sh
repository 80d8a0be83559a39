#!/usr/bin/env bash
# schemathesis reads /openapi.json and asks every path with what it allows and forbids: the
# answers are those that the document promises, and none is a 5xx.
. "$(dirname "$0")/lib.sh"
clients_python
small_model
small_photo_model
serve churn=churn.onnx clothes=clothes.onnx --log off --max-wait 60000
"$python" -m schemathesis.cli run "$url/openapi.json" --max-examples 25 --seed 1 --workers 1 \
  --checks all >report.txt 2>&1 || die "$(tail -n 120 report.txt)"
tail -n 5 report.txt
curl -sf "$url/ping" >/dev/null
stop_server
