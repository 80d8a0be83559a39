#!/usr/bin/env bash
# rolling-restart.sh: restarts the servers behind HAProxy one after another. No request fails: HAProxy
# drains a server (no new requests, current ones are answered), and only then it is stopped. The next
# server follows when HAProxy sees it ready.
#   DIR      the folder of run.sh
#   CONTROL  HAProxy's socket, if it is not in DIR
#   RESTART  a program that restarts a server, called with its name and address; it must not return
#            before the old process has ended. For systemd it has one line:
#            ssh "${2%:*}" systemctl restart vitrine
#            Without it: the servers of run.sh, which starts them again.
set -euo pipefail
. "$(dirname "$0")/common.sh"
[[ $# == 0 ]] || { echo "usage: [DIR=...] [CONTROL=...] [RESTART=...] rolling-restart.sh" >&2; exit 2; }
CONTROL=${CONTROL:-$DIR/control.sock}
RESTART=${RESTART:-restart_by_pid}
need python3 curl
[[ -S $CONTROL ]] || fail "HAProxy's socket does not exist" "$CONTROL" "start examples/haproxy/run.sh, or name the socket by CONTROL"

# tell COMMAND: sends it to HAProxy and prints the response.
tell() {
  python3 -c '
import socket, sys
haproxy = socket.socket(socket.AF_UNIX)
haproxy.settimeout(10)
try:
    haproxy.connect(sys.argv[1])
    haproxy.sendall(sys.argv[2].encode() + b"\n")
    while part := haproxy.recv(65536): sys.stdout.buffer.write(part)
except OSError: sys.exit(1)
' "$CONTROL" "$1" || fail "the command '$1' can't be sent to HAProxy" "$CONTROL" "check that HAProxy is running and that you may write to its socket"
}

# order COMMAND: for commands that print nothing on success.
order() {
  local answer
  answer=$(tell "$1")
  [[ -z ${answer//[[:space:]]/} ]] || fail "HAProxy refuses '$1': $answer" "$CONTROL" "the socket needs 'level admin', and the backend must be named 'models'"
}

# servers: prints name, address, status (UP, DRAIN, DOWN, MAINT, possibly with a fraction) and number of sessions.
servers() {
  tell "show stat models 4 -1" | python3 -c '
import csv, sys
for row in csv.DictReader(sys.stdin.read().removeprefix("# ").strip().splitlines()):
    print(row["svname"], row["addr"], row["status"].split()[0], int(row["scur"]) + int(row["qcur"]))'
}
# field NAME COLUMN: sets $value to a column of one server.
field() {
  local now
  now=$(servers) || exit 1
  value=$(awk -v name="$1" -v column="$2" '$1 == name {print $column}' <<<"$now")
}
is() { field "$1" 3 && [[ " ${*:2} " == *" $value "* ]]; } # NAME STATUS...
idle() { field "$1" 4 && [[ $value == 0 ]]; }
others_up() { servers | awk -v name="$1" '$1 != name && $3 == "UP" {up = 1} END {exit !up}'; }
gone() { ! kill -0 "$1" 2>/dev/null; }

restart_by_pid() {
  local pid
  pid=$(cat "$DIR/$1.pid") || fail "the process of $1 is unknown" "$DIR/$1.pid" "set DIR to the folder of run.sh, or RESTART to a command"
  kill -TERM "$pid"
  within 60 "$1 does not end" "process $pid" "read its log; a second 'kill -TERM $pid' ends it at once" gone "$pid"
}

# At exit no server stays drained. HAProxy's checks keep requests from a server that is not ready.
current=
trap '[[ -z $current ]] || order "set server models/$current state ready"' EXIT

list=$(servers)
mapfile -t list <<<"$list"
for line in "${list[@]}"; do
  read -r name address status _ <<<"$line"
  case $status in MAINT | DRAIN) echo "skipped $name ($address): it was disabled before ($status)"; continue ;; esac
  others_up "$name" ||
    fail "no other server is up while $name restarts" "backend models" "start a second server first"
  current=$name
  order "set server models/$name state drain"
  within 60 "$name still has unfinished requests" "$address" "find out which requests take so long; the server was enabled again" idle "$name"
  $RESTART "$name" "$address" || fail "$name could not be restarted" "$RESTART $name $address" "run that command by hand"
  within 60 "$name does not become ready" "http://$address/readyz" "read its log; the following servers were not restarted" ready "$address"
  within 30 "HAProxy does not see that $name is ready" "$CONTROL" "read HAProxy's log" is "$name" DRAIN UP
  order "set server models/$name state ready"
  current=
  within 30 "$name gets no requests" "$CONTROL" "read HAProxy's log" is "$name" UP
  echo "restarted $name ($address)"
done
