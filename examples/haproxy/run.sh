#!/usr/bin/env bash
# run.sh MODEL [N [SERVE_OPTION...]]: runs N servers (default 4) of a model on loopback ports and
# HAProxy in front of them, until Ctrl-C. A server that ends is restarted, as by systemd or Kubernetes.
#   FRONT  the address of HAProxy (127.0.0.1:9696)
#   STATS  the address of its status page (127.0.0.1:8404)
#   PORTS  the ports of the servers (9701 9702 ...)
#   DIR    the folder for pids, logs and HAProxy's socket (in $XDG_RUNTIME_DIR or /tmp)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
. "$here/common.sh"
[[ $# -gt 0 ]] || { echo "usage: run.sh MODEL [N [SERVE_OPTION...]]" >&2; exit 2; }
if [[ -z ${VITRINE:-} ]]; then # use HAProxy and the program of this repository
  [[ -n ${VITRINE_INSIDE:-} ]] || exec "$repo/scripts/in-debian13" "$0" "$@"
  VITRINE=$repo/build/release/bin/vitrine
  [[ -x $VITRINE ]] || fail "the program was not built yet" "$VITRINE" "run ./scripts/build release, or set VITRINE to a program"
fi
model=$1
count=${2:-4}
options=("${@:3}")
[[ -r $model ]] || fail "the model file does not exist" "$model" "train a model: vitrine train TABLE --target COLUMN -o $model"
[[ $count =~ ^[1-9][0-9]?$ ]] || fail "'$count' is not a valid number of servers" "run.sh MODEL [N]" "give a number from 1 to 99"
read -ra ports <<<"${PORTS:-$(seq -s ' ' 9701 $((9700 + count)))}"
[[ ${#ports[@]} == "$count" ]] || fail "${#ports[@]} ports for $count servers" "PORTS='${PORTS:-}'" "name one port per server"
need haproxy curl
export FRONT=${FRONT:-127.0.0.1:9696} STATS=${STATS:-127.0.0.1:8404} CONTROL=$DIR/control.sock
mkdir -p "$DIR" && chmod 700 "$DIR"
exec 9>"$DIR/lock"
flock -n 9 || fail "another run.sh uses this folder" "$DIR" "stop the other run.sh, or set DIR to another folder"
rm -f "$DIR"/*.pid "$DIR"/*.log

# keep NAME PORT: restarts the server whenever it ends, until TERM. Ctrl-C must reach only this script,
# which stops HAProxy first: so INT is ignored here, and the server gets its own session.
keep() {
  local stopping='' status
  trap '' INT
  trap 'stopping=1; kill -TERM "$!" 2>/dev/null || true' TERM
  while [[ -z $stopping ]]; do
    setsid "$VITRINE" serve "$model" --port "$2" "${options[@]}" >>"$DIR/$1.log" 2>&1 9>&- &
    echo $! >"$DIR/$1.part" && mv "$DIR/$1.part" "$DIR/$1.pid"
    [[ -z $stopping ]] || kill -TERM $! 2>/dev/null || true
    status=0
    until wait $! 2>/dev/null || status=$?; ! kill -0 $! 2>/dev/null; do :; done # TERM ends a wait, not the server
    [[ -z $stopping && $status != 0 ]] || continue
    # After a pause, because a server that can't start would keep the machine busy.
    echo "$1 ended with $status, log in $DIR/$1.log; it is restarted" >&2
    sleep 1
  done
  rm -f "$DIR/$1.pid"
}

# Both fail at once if waiting is useless.
serves() { # LOG ADDRESS
  ! grep -q '^error: ' "$1" || fail "a server can't start: $(sed -n 's/^error: //p' "$1" | head -n 1)" "$2, log in $1" "$(sed -n 's/^ *hint: //p' "$1" | head -n 1)"
  grep -q '^serving ' "$1" && ready "$2"
}
forwards() {
  kill -0 "$proxy" 2>/dev/null || fail "HAProxy can't start: $(grep -m 1 ALERT "$DIR/haproxy.log")" "$FRONT and $STATS, log in $DIR/haproxy.log" "choose other addresses by FRONT and STATS"
  [[ -S $CONTROL ]] && ready "$FRONT"
}

keepers=()
proxy=
stop() {
  trap '' INT TERM
  # First HAProxy: it accepts no new requests and finishes current ones. Then the servers.
  [[ -z $proxy ]] || { kill -USR1 "$proxy" 2>/dev/null || true; wait "$proxy" || true; }
  for keeper in "${keepers[@]}"; do kill -TERM "$keeper" 2>/dev/null || true; done
  [[ ${#keepers[@]} == 0 ]] || wait "${keepers[@]}" || true
  rm -f "$CONTROL" "$DIR"/*.pid
}
trap stop EXIT
trap 'exit 0' INT TERM

for i in "${!ports[@]}"; do
  : >"$DIR/s$((i + 1)).log"
  keep "s$((i + 1))" "${ports[i]}" &
  keepers+=($!)
done
for i in "${!ports[@]}"; do
  log=$DIR/s$((i + 1)).log
  within 60 "server s$((i + 1)) does not become ready" "127.0.0.1:${ports[i]}" "read its log: $log" serves "$log" "127.0.0.1:${ports[i]}"
done

# The configuration of the example, with these servers.
{
  sed '/^  server /,$d' "$here/haproxy.cfg"
  for i in "${!ports[@]}"; do echo "  server s$((i + 1)) 127.0.0.1:${ports[i]}"; done
  sed '1,/^  server /d; /^  server /d' "$here/haproxy.cfg"
} >"$DIR/haproxy.cfg"
setsid haproxy -db -f "$DIR/haproxy.cfg" 2>"$DIR/haproxy.log" 9>&- &
proxy=$!
echo "$proxy" >"$DIR/haproxy.pid"
within 10 "HAProxy does not respond" "$FRONT" "read its log: $DIR/haproxy.log" forwards

cat <<TEXT
$count servers behind http://$FRONT, status page on http://$STATS
request:  curl http://$FRONT/predict -H 'Content-Type: application/json' -d '{...}'
restart:  DIR=$DIR $here/rolling-restart.sh
TEXT
wait "$proxy" && status=0 || status=$?
proxy=
fail "HAProxy ended with $status" "$DIR/haproxy.log" "read its log and start run.sh again"
