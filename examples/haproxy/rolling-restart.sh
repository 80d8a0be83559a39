#!/usr/bin/env bash
# rolling-restart.sh: restarts the servers behind HAProxy one after another. No request fails: HAProxy
# gives a server nothing new, what it has is answered, and only then it is stopped. The next one's turn
# comes when HAProxy sees it ready.
#   DIR      the folder of run.sh
#   CONTROL  HAProxy's socket, where it is not in DIR
#   RESTART  a program that restarts a server, called with its name and address; it must not return
#            before the old process has ended. For systemd its one line is
#            ssh "${2%:*}" systemctl restart vitrine
#            Without it: the servers of run.sh, which starts them again.
set -euo pipefail
. "$(dirname "$0")/common.sh"
[[ $# == 0 ]] || { echo "usage: [DIR=...] [CONTROL=...] [RESTART=...] rolling-restart.sh" >&2; exit 2; }
CONTROL=${CONTROL:-$DIR/control.sock}
RESTART=${RESTART:-restart_by_pid}
need python3 curl
[[ -S $CONTROL ]] || fail "HAProxy's socket is not there" "$CONTROL" "start examples/haproxy/run.sh, or name the socket by CONTROL"

# tell COMMAND: says it to HAProxy and prints the answer.
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
' "$CONTROL" "$1" || fail "HAProxy can't be told '$1'" "$CONTROL" "is HAProxy running, and may you write to its socket?"
}

# order COMMAND: one that answers nothing when it is obeyed.
order() {
  local answer
  answer=$(tell "$1")
  [[ -z ${answer//[[:space:]]/} ]] || fail "HAProxy refuses '$1': $answer" "$CONTROL" "the socket must be of 'level admin', the backend be called 'models'"
}

# servers: name, address, status (UP, DRAIN, DOWN, MAINT, perhaps with a fraction) and sessions of each.
servers() {
  tell "show stat models 4 -1" | python3 -c '
import csv, sys
for row in csv.DictReader(sys.stdin.read().removeprefix("# ").strip().splitlines()):
    print(row["svname"], row["addr"], row["status"].split()[0], int(row["scur"]) + int(row["qcur"]))'
}
# field NAME COLUMN: of one server, in $value.
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
  pid=$(cat "$DIR/$1.pid") || fail "nobody knows the process of $1" "$DIR/$1.pid" "set DIR to the folder of run.sh, or RESTART to a command"
  kill -TERM "$pid"
  within 60 "$1 does not end" "process $pid" "look at its log; a second 'kill -TERM $pid' ends it at once" gone "$pid"
}

# Whatever happens: no server stays drained. One that is not ready gets nothing, by HAProxy's own look.
current=
trap '[[ -z $current ]] || order "set server models/$current state ready"' EXIT

list=$(servers)
mapfile -t list <<<"$list"
for line in "${list[@]}"; do
  read -r name address status _ <<<"$line"
  case $status in MAINT | DRAIN) echo "passed over $name ($address): somebody took it out ($status)"; continue ;; esac
  others_up "$name" ||
    fail "no other server is up while $name restarts" "backend models" "start a second server first"
  current=$name
  order "set server models/$name state drain"
  within 60 "$name still has requests in work" "$address" "look at what takes so long; it takes requests again" idle "$name"
  $RESTART "$name" "$address" || fail "$name could not be restarted" "$RESTART $name $address" "run that by hand"
  within 60 "$name does not get ready" "http://$address/readyz" "read its log; the servers behind it in the list were not touched" ready "$address"
  within 30 "HAProxy does not see that $name is ready" "$CONTROL" "read HAProxy's log" is "$name" DRAIN UP
  order "set server models/$name state ready"
  current=
  within 30 "$name takes no requests" "$CONTROL" "read HAProxy's log" is "$name" UP
  echo "restarted $name ($address)"
done
