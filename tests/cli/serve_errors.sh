#!/usr/bin/env bash
# Invalid requests get the right status and a hint how to fix them; the server continues.
. "$(dirname "$0")/lib.sh"
small_model
serve m=churn.onnx --log json
# status CODE PART CURL-ARGS...
status() {
  local want=$1 part=$2 got
  shift 2
  got=$(curl -s -o body -w '%{http_code}' -m 20 "$@") || true
  [[ $got == "$want" ]] || die "status $got, not $want, for: $* ($(head -c 300 body))"
  contains "$(cat body)" "$part"
}
j=(-H 'Content-Type: application/json')
status 400 'byte 11' "$url/predict" "${j[@]}" -d '{"tenure": NaN}'
status 400 '"hint"' "$url/predict" "${j[@]}" -d '{"tenure": 1'
status 400 'nested' "$url/predict" "${j[@]}" -d "$(printf '[%.0s' {1..200}; printf ']%.0s' {1..200})"
status 415 'application/json' "$url/predict" -H 'Content-Type: text/plain' -d "$row"
# curl's own type, if the body looks like JSON; a form is none.
status 200 '"label"' "$url/predict" -d "$row"
status 415 'application/json' "$url/predict" -d 'tenure=1&contract=two_year'
status 422 '"field":"tenure"' "$url/predict" "${j[@]}" -d "${row/\"tenure\": 1/\"tenure\": [1]}"
status 422 '"field":"tenure"' "$url/predict" "${j[@]}" -d "${row/\"tenure\": 1/\"tenure\": 1e39}"
status 422 "did you mean 'tenure'" "$url/predict" "${j[@]}" -d "${row/\"tenure\"/\"tenur\"}"
status 200 'did not occur in training' "$url/predict" "${j[@]}" -d "${row/month-to-month/weekly}"
head -c 100000000 /dev/zero >large
status 413 'larger than' "$url/predict" "${j[@]}" --data-binary @large
status 404 '/predict' "$url/nothing"
status 404 "did you mean 'm'" "$url/models/mm"
status 405 'use POST' "$url/predict"
status 405 'use GET' -X PUT -d x "$url/ping"
status 204 '' -X OPTIONS "$url/predict"
status 200 '' -I "$url/ping"
status 200 PONG "$url/ping"
# A client that hangs must not block others.
exec 7<>"/dev/tcp/127.0.0.1/${url##*:}"
printf 'POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{' >&7
status 200 PONG "$url/ping"
exec 7>&-
stop_server
python3 -c "
import json
lines = [json.loads(l) for l in open('server.log') if l.startswith('{')]
assert any(l['status'] == 413 for l in lines) and all('ms' in l for l in lines), lines"
