#!/usr/bin/env bash
# If the disk is full, the prediction log loses no written record. Lost records are counted and reported, with
# increasing pauses and the reason. The server keeps serving, and logs again once there is room.
. "$(dirname "$0")/lib.sh"
small_model
unshare --mount --propagation private true 2>/dev/null || skip "mounts are not allowed on this machine"
cat >within.sh <<'SH'
set -euo pipefail
mkdir small && mount -t tmpfs -o size=3m tmpfs small
. "$1"
cd "$2"
trap - EXIT
serve churn.onnx --log-predictions small/log.jsonl --log-predictions-max 1 --log off
trap 'kill -KILL "$server" 2>/dev/null || true' EXIT
cat >ask.py <<'PY'
import http.client, os, sys
host, count = sys.argv[1].split("//")[1], int(sys.argv[2])
connection = http.client.HTTPConnection(host)
for i in range(count):
    connection.request("POST", "/predict", os.environ["row"], {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.status
    answer.read()
PY
python3 ask.py "$url" 100
for _ in {1..100}; do [[ $(wc -l <small/log.jsonl) == 100 ]] && break; sleep 0.05; done
cp small/log.jsonl before.jsonl
dd if=/dev/zero of=small/rest bs=4096 2>/dev/null || true
python3 ask.py "$url" 20000
curl -s "$url/metrics" >metrics.txt
cp small/log.jsonl full.jsonl
ls small >names.txt
rm small/rest
for _ in {1..50}; do python3 ask.py "$url" 1; [[ $(wc -l <small/log.jsonl) -gt $(wc -l <full.jsonl) ]] && break; sleep 0.05; done
kill -TERM "$server" && wait "$server"
cp small/log.jsonl after.jsonl
SH
export row
unshare --mount --propagation private bash within.sh "$REPO/tests/cli/lib.sh" "$work" || die "$(tail -n 5 server.log)"
head -n 100 full.jsonl | cmp - before.jsonl || die "written records are lost"
[[ $(<names.txt) == $'log.jsonl\nrest' ]] || die "files were rotated without need: $(<names.txt)"
python3 - <<'PY' || die "the count is wrong"
import json, re
kept = sum(1 for _ in map(json.loads, open("full.jsonl")))  # complete lines only
lost = int(float(re.search(r"^vitrine_prediction_log_lost_total (\S+)$", open("metrics.txt").read(), re.M).group(1)))
log = open("server.log").read()
warnings = re.findall(r"^warning: (\d+) predictions could not be written to small/log\.jsonl: (.*)$", log, re.M)
assert kept + lost == 20100, (kept, lost)
assert 1 <= len(warnings) <= 20 and all(why == "No space left on device" for _, why in warnings), warnings
assert sum(int(n) for n, _ in warnings) == lost, (warnings, lost)
after = [json.loads(line) for line in open("after.jsonl")]
assert len(after) > kept, (len(after), kept)
PY
# A log file that is a mount point can't be renamed: it keeps growing, and no record is lost.
cat >mounted.sh <<'SH'
set -euo pipefail
touch outside.jsonl mounted.jsonl && mount --bind outside.jsonl mounted.jsonl
. "$1"
cd "$2"
trap - EXIT
serve churn.onnx --log-predictions mounted.jsonl --log-predictions-max 1 --log off
trap 'kill -KILL "$server" 2>/dev/null || true' EXIT
python3 ask.py "$url" 3000
kill -TERM "$server" && wait "$server"
SH
unshare --mount --propagation private bash mounted.sh "$REPO/tests/cli/lib.sh" "$work" || die "$(tail -n 5 server.log)"
[[ $(wc -l <outside.jsonl) == 3000 ]] || die "$(wc -l <outside.jsonl) of 3000 records"
[[ $(grep -c "can't be rotated and keeps growing" server.log) == 1 ]] || die "$(<server.log)"
