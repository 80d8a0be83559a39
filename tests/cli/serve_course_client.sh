#!/usr/bin/env bash
# The client of the course works unchanged: /ping, and /predict with a flat lower-case customer and
# an extra customerid.
. "$(dirname "$0")/lib.sh"
small_model
serve churn.onnx
[[ $(curl -s "$url/ping") == PONG ]] || die "ping"
customer=${row%\}}', "customerid": "8879-zkjof"}'
answer=$(curl -s "$url/predict" -H 'Content-Type: application/json' -d "$customer")
echo "$answer" | json 'isinstance(d["churn"], bool) and 0 < d["churn_probability"] < 1'
contains "$answer" "customerid"
upper=$(curl -s "$url/predict" -H 'Content-Type: application/json' -d "${row/month-to-month/MONTH-TO-MONTH}")
[[ $upper == "$(curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row")" ]] || die "case matters"
# The same answer, but that HTTP normalises the spelling.
[[ $upper == "$(echo "$row" | "$VITRINE" predict churn.onnx - | tr A-Z a-z)" ]] || die "predict and serve differ"
curl -s "$url/models" | json 'd["default"] == "churn"'
curl -s "$url/readyz" | json 'd["status"] == "ready"'
stop_server
contains "$(cat server.log)" '"POST /predict" 200'
