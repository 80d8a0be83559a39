#!/usr/bin/env bash
# Four servers behind HAProxy (examples/haproxy) under keep-alive load: no request fails during a rolling restart of all
# servers, a stop of one without telling HAProxy, and a kill of one.
. "$(dirname "$0")/lib.sh"
command -v haproxy >/dev/null || skip "haproxy is not installed"
small_model
example=$REPO/examples/haproxy
# Ports outside the range of outgoing connections: a server must get its port again when it restarts.
ports=$(python3 - <<'PY'
import random, socket
lowest = int(open("/proc/sys/net/ipv4/ip_local_port_range").read().split()[0])
found = []
while len(found) < 6:
    with socket.socket() as one:
        try: one.bind(("127.0.0.1", port := random.randrange(5000, lowest)))
        except OSError: continue
    if port not in found: found.append(port)
print(*found)
PY
)
read -r front stats servers_ports <<<"$ports"
url=http://127.0.0.1:$front
export DIR=$work/run
: >run.txt
VITRINE=${SERVER:-$VITRINE} FRONT=127.0.0.1:$front STATS=127.0.0.1:$stats PORTS=$servers_ports \
  "$example/run.sh" churn.onnx 4 --log off >>run.txt 2>&1 &
run=$!
# run.sh ends its servers itself on SIGTERM.
trap 'kill -TERM $run 2>/dev/null && wait $run; for pid in "${servers[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
for _ in {1..400}; do
  grep -q "^4 servers behind" run.txt && break
  kill -0 $run 2>/dev/null || die "run.sh ended: $(cat run.txt)"
  sleep 0.05
done
contains "$(cat run.txt)" "4 servers behind $url"

# Headers that HAProxy adds, and paths that it blocks.
contains "$(curl -si "$url/predict" -H 'X-Request-Id: mine-1' -d "$row" -H 'Content-Type: application/json')" "mine-1"
[[ $(curl -s -o /dev/null -w '%{http_code}' -X POST "$url/admin/reload") == 403 ]] || die "/admin is not blocked"
contains "$(curl -s "http://127.0.0.1:$stats/metrics")" haproxy_server_status

# Strict clients: a closed connection or a response other than 200 is a failure.
python3 - "$front" "$row" >load.txt 2>&1 <<'PY' &
import http.client, json, os, sys, threading, time
port, row = int(sys.argv[1]), sys.argv[2].encode()
answered, faults, lock = [0] * 8, [], threading.Lock()
def client(number):
    connection = None
    while not os.path.exists("enough"):
        try:
            if not connection or answered[number] % 100 == 99:  # a new connection now and then
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("POST", "/predict", row, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200 or json.loads(body)["label"] != "yes": raise ValueError(answer.status, body[:200])
        except Exception as problem:
            connection = None
            with lock: faults.append((time.strftime("%T"), repr(problem)))
            time.sleep(0.1)
        answered[number] += 1
threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
for one in threads: one.start()
for one in threads: one.join()
print(f"{sum(answered)} asked, {len(faults)} failed", faults[:5])
PY
load=$!
servers+=("$load")

# The number of requests that the process on a port has answered.
answers() { { curl -s "http://127.0.0.1:$1/metrics" || true; } | awk '/^vitrine_requests_total\{.*code="200"/ {n += $NF} END {print n + 0}'; }
# All four servers receive requests.
all_take_part() {
  local port before
  for port in $servers_ports; do
    before=$(answers "$port")
    for _ in {1..200}; do
      [[ $(answers "$port") -gt $before ]] && continue 2
      sleep 0.05
    done
    die "$1: the server on port $port receives no requests; $(cat run/haproxy.log)"
  done
}
# back NAME OLD_PID: waits until another process has replaced it and serves.
back() {
  for _ in {1..200}; do
    [[ $(cat "run/$1.pid") != "$2" ]] && all_take_part "after the end of $1" && return
    sleep 0.05
  done
  die "$1 did not come back"
}
pids() { cat run/s[1-4].pid; }

all_take_part "at the start"
before=$(pids)
"$example/rolling-restart.sh" >restart.txt 2>&1 || die "$(cat restart.txt)"
[[ $(grep -c "^restarted s" restart.txt) == 4 ]] || die "$(cat restart.txt)"
[[ $(printf '%s\n' "$before" "$(pids)" | sort -u | wc -l) == 8 ]] || die "not all were restarted: $before, now $(pids)"
all_take_part "after the rolling restart"

pid=$(cat run/s1.pid)
kill -TERM "$pid"
back s1 "$pid"
pid=$(cat run/s2.pid)
kill -KILL "$pid" # it is restarted after a second; meanwhile the others work without it
back s2 "$pid"

touch enough
wait "$load" || die "$(cat load.txt)"
cat load.txt
contains "$(cat load.txt)" " 0 failed"
[[ $(cut -d' ' -f1 load.txt) -gt 1000 ]] || die "too little load"

# A server that an operator disabled stays disabled; a single server is not restarted, and no server stays drained.
tell() { python3 -c 'import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect("run/control.sock"); s.sendall(sys.argv[1].encode()+b"\n"); print(s.recv(65536).decode())' "$1"; }
tell "set server models/s2 state maint" >/dev/null
contains "$("$example/rolling-restart.sh")" "skipped s2"
[[ $(tell "show stat models 4 -1" | grep -c ",MAINT,") == 1 ]] || die "s2 was enabled"
for i in 3 4; do tell "set server models/s$i state maint" >/dev/null; done
fails_with 1 "no other server is up" "$example/rolling-restart.sh"
[[ $(curl -s -o /dev/null -w '%{http_code}' "$url/readyz") == 200 ]] || die "the last server was drained"
# Without any server, HAProxy's own response has Vitrine's error format.
tell "set server models/s1 state maint" >/dev/null
curl -si "$url/predict" -d "$row" -H 'Content-Type: application/json' >none.txt
contains "$(tr A-Z a-z <none.txt)" "retry-after: 1"
tail -n 1 none.txt | json 'd["status"] == 503 and d["hint"]'
fails_with 1 "HAProxy's socket does not exist" env DIR="$work/nowhere" "$example/rolling-restart.sh"

# It ends with all processes that it started.
started=$(pids)
kill -TERM $run
wait $run || die "run.sh ended with $?: $(cat run.txt)"
for pid in $started; do ! kill -0 "$pid" 2>/dev/null || die "process $pid is still running"; done
