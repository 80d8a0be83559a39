#!/usr/bin/env bash
# Reloads under load, with valid and broken files in turn: no request fails, each prediction is that of the version in
# its header, broken files are reported, and memory does not grow.
. "$(dirname "$0")/lib.sh"
small_model a.onnx
"$VITRINE" train sample.csv --target Churn --model trees -o b.onnx --quiet >/dev/null
cp a.onnx m.onnx
serve m.onnx --log off
PYTHONPATH=$REPO/tests/cli python3 - "$url" "$row" "$server" "${RELOADS:-$([[ -v SERVER ]] && echo 20 || echo 100)}" <<'PY' || die "reloads had an effect: $(tail -n 5 server.log)"
import hashlib, json, os, sys, time, urllib.request
from load import Load
url, row, server, reloads = sys.argv[1], sys.argv[2].encode(), sys.argv[3], int(sys.argv[4])
host, port = url[7:].split(":")
good = {name: open(name, "rb").read() for name in ("a.onnx", "b.onnx")}
digest = {name: hashlib.sha256(text).hexdigest()[:16] for name, text in good.items()}
broken = [b"", b"no model", good["a.onnx"][:5000], good["b.onnx"][:-1] + b"!"]

def get(path):
    try:
        with urllib.request.urlopen(url + path) as answer: return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error: return error.code, error.read().decode()

def put(text):
    with open("new", "wb") as file: file.write(text)
    os.rename("new", "m.onnx")

def served():
    return json.loads(get("/models")[1])["models"][0]

def until(what, seconds=20):
    end = time.time() + seconds
    while not what():
        assert time.time() < end, f"timed out: {get('/readyz')}"
        time.sleep(0.002)

truth = {}
for name in ("b.onnx", "a.onnx"):
    put(good[name])
    until(lambda: served()["sha256"].startswith(digest[name]))
    request = urllib.request.Request(url + "/predict", row, {"Content-Type": "application/json"})
    truth[digest[name]] = urllib.request.urlopen(request).read()
assert truth[digest["a.onnx"]] != truth[digest["b.onnx"]]

def check(status, headers, body):
    if status != 200: return f"{status}: {body[:200]}"
    if truth.get(headers["Vitrine-Model-Digest"]) != body:
        return f"not the answer of {headers['Vitrine-Model-Digest']}: {body[:200]}"

def memory():
    return int(next(line for line in open(f"/proc/{server}/status") if line.startswith("VmRSS")).split()[1])

load = Load(host, port, row, check, clients=4)
before = None
for i in range(reloads):
    if i == reloads // 4: before = memory()
    name = ("a.onnx", "b.onnx")[i % 2]
    put(good[name])
    until(lambda: served()["sha256"].startswith(digest[name]) and "fault" not in served())
    put(broken[i % len(broken)])
    until(lambda: "fault" in served())
    assert served()["sha256"].startswith(digest[name]), "a broken file replaced a valid one"
    status, ready = get("/readyz")
    assert status == 200 and json.loads(ready)["models"]["m"]["fault"], ready
after = memory()
answered, faults = load.stop()
assert not faults and answered > reloads, (answered, len(faults), faults[:3])
metrics = get("/metrics")[1]
assert 'vitrine_model_load_failed{model="m"} 1' in metrics
assert metrics.count("vitrine_model_ready{") == 1, "series of old versions are left"
# Sanitizers keep freed memory for a while.
assert "SERVER" in os.environ or after < 1.3 * before + 20000, f"memory grew from {before} to {after} kB"
put(good["a.onnx"])
until(lambda: "fault" not in served())
print(f"{reloads} reloads, {answered} answers, {before} -> {after} kB")
PY
contains "$(cat server.log)" "m version "
contains "$(cat server.log)" "keeps serving"
kill -HUP "$server" # checks the files again
curl -sf "$url/ping" >/dev/null
stop_server
