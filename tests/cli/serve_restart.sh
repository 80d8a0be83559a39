#!/usr/bin/env bash
# Restarts under load: the new server starts beside the old one, and no request on a new connection
# is refused, reset or lost.
. "$(dirname "$0")/lib.sh"
small_model
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
start() {
  "$VITRINE" serve churn.onnx --port "$port" --reuse-port --log off 2>>server.log &
  server=$!
  servers+=("$server")
  for _ in {1..400}; do # until this process listens
    [[ $(grep -c "^serving" server.log) -ge $1 ]] && return
    sleep 0.02
  done
  die "the server did not start: $(tail -n 3 server.log)"
}
: >server.log
start 1
PYTHONPATH=$REPO/tests/cli python3 - "$port" "$row" >load.txt 2>&1 <<'PY' &
import os, sys, time
from load import Load
load = Load("127.0.0.1", sys.argv[1], sys.argv[2].encode(),
            lambda status, headers, body: None if status == 200 else f"{status}: {body[:200]}", clients=8)
while not os.path.exists("enough"): time.sleep(0.05)
answered, faults = load.stop()
print(f"{answered} answered, {len(faults)} failed", faults[:5])
sys.exit(1 if faults or answered < 100 else 0)
PY
load=$!
servers+=("$load")
for i in $(seq 2 $((${RESTARTS:-20} + 1))); do
  old=$server
  start "$i"
  kill -TERM "$old"
  wait "$old" || die "restart $i: the old server ended with $?"
done
touch enough
wait "$load" || die "$(cat load.txt)"
contains "$(cat load.txt)" " 0 failed"
cat load.txt
stop_server

# --stop-delay: a load balancer sees the stop by new connections, and no connection is refused until then.
serve churn.onnx --stop-delay 2
curl -sf "$url/readyz" >/dev/null || die "not ready"
kill -TERM "$server"
for _ in {1..100}; do [[ $(curl -s -o /dev/null -w '%{http_code}' "$url/readyz") == 503 ]] && break; sleep 0.01; done
[[ $(curl -s -o /dev/null -w '%{http_code}' "$url/readyz") == 503 ]] || die "/readyz is not 503 during the stop delay"
[[ $(curl -s -o /dev/null -w '%{http_code}' "$url/predict" -H 'Content-Type: application/json' -d "$row") == 200 ]] || die "a new connection is refused before the delay is over"
wait "$server" || die "the server ended with $?"
contains "$(tail -n 1 server.log)" "every accepted request was answered"
