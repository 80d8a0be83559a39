#!/usr/bin/env bash
# The memory of bodies is bounded: large bodies beyond the budget get 503, requests are refused by their header before
# the body is read, small requests still work, and the memory of large ones is returned to the system.
. "$(dirname "$0")/lib.sh"
small_model
head -c 32 /dev/urandom | sha256sum | cut -c1-20 >key.txt
printf 'clerk %s\n' "$(printf %s "$(<key.txt)" | sha256sum | cut -d' ' -f1)" >keys
serve churn.onnx --log off
cat >flood.py <<'PY'
import json, os, re, socket, sys, threading, time, urllib.error, urllib.request
url, pid = sys.argv[1], sys.argv[2]
host, port = url.split("//")[1].split(":")
row = os.environ["row"]
body = ("[" + ",".join([row] * ((14 << 20) // (len(row) + 1))) + "]").encode()
head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
def resident(what): return int(re.search(what + r":\s+(\d+) kB", open(f"/proc/{pid}/status").read()).group(1)) / 1024
codes, small, done = [], [], threading.Event()
def large():
    with socket.create_connection((host, int(port))) as s:
        s.settimeout(60)
        try:
            s.sendall(head)
            for at in range(0, len(body), 1 << 16):
                s.sendall(body[at:at + (1 << 16)])
                time.sleep(0.002)
        except OSError: pass  # refused while sending
        try: answer = s.recv(4096).decode()
        except OSError: answer = ""
        codes.append(answer.split(" ")[1] if answer else "none")
        if " 503 " in answer.split("\r\n")[0]: assert "Retry-After: 1" in answer, answer
def ask():
    while not done.is_set():
        try: small.append(urllib.request.urlopen(urllib.request.Request(url + "/predict", row.encode(), {"Content-Type": "application/json"}), timeout=20).status)
        except urllib.error.HTTPError as error: small.append(error.code)
        time.sleep(0.005)
asking = threading.Thread(target=ask)
asking.start()
threads = [threading.Thread(target=large) for _ in range(40)]
for one in threads: one.start()
for one in threads: one.join()
done.set(); asking.join()
most = resident("VmHWM")
time.sleep(8)
after = resident("VmRSS")
print(f"large {sorted(set(codes))}, {len(small)} small, {most:.0f} MiB at most, {after:.0f} MiB eight seconds later")
assert len(codes) == 40 and set(codes) <= {"200", "422", "503"} and "503" in codes, codes
assert len(small) > 20 and set(small) == {200}, set(small)
if os.environ.get("MEASURES_MEMORY") == "1": assert most < 450 and after < 60, (most, after)
PY
export row
# Sanitizers need additional memory.
[[ -n ${SERVER:-} ]] || export MEASURES_MEMORY=1
python3 flood.py "$url" "$server" || die "many large bodies"
contains "$(curl -s "$url/metrics")" 'vitrine_rejected_total{reason="memory"}'
stop_server
# Refusals by the header: the response comes although the announced body is never sent.
serve churn.onnx --api-keys keys --max-body 4 --log off
cat >heads.py <<'PY'
import socket, sys
host, port = sys.argv[1].split("//")[1].split(":")
key = open("key.txt").read().strip()
def status(line, *fields, length=3 << 20):
    with socket.create_connection((host, int(port))) as s:
        s.settimeout(5)
        s.sendall("\r\n".join([line + " HTTP/1.1", "Host: x", f"Content-Length: {length}", *fields, "", ""]).encode())
        return s.recv(4096).decode()
bearer = f"Authorization: Bearer {key}"
csv, json = "Content-Type: text/csv", "Content-Type: application/json"
for code, answer in [
    (401, status("POST /predict", json)), (401, status("POST /v2/models/churn/infer", json)),
    (403, status("POST /admin/reload", json, bearer)), (404, status("POST /nowhere", json, bearer)),
    (404, status("POST /models/other/predict", json, bearer)), (405, status("PUT /predict", json, bearer)),
    (413, status("POST /predict", json, bearer, length=5 << 20)), (415, status("POST /predict", "Content-Type: image/jpeg", bearer)),
    (417, status("POST /predict", json, bearer, "Expect: wonders")),
    (401, status("POST /predict", json, "Expect: 100-continue")),
    (401, status("POST /predict", json, "Expect: 100-continue", length=100)),
    (404, status("POST /nowhere", json, bearer, "Expect: 100-continue", length=100))]:
    assert answer.startswith(f"HTTP/1.1 {code} "), (code, answer)
assert status("POST /predict", csv, bearer, "Expect: 100-continue").startswith("HTTP/1.1 100 ")
# Errors before the dispatch have the format of the path's protocol.
for path in ("/v1/models/churn:predict", "/v2/models/churn/infer"):
    for answer in (status("POST " + path, json, bearer, length=5 << 20), status("POST " + path, json, bearer, "Content-Encoding: br"),
                   status("POST " + path, json, bearer, "Expect: wonders"), status("POST " + path, json, bearer, "X-Long: " + "x" * 20000),
                   status("POST " + path + "?" + "x" * 20000, json, bearer)):
        assert answer.split(" ")[1] in ("413", "415", "417", "431") and '\r\n\r\n{"error":"' in answer, answer
assert "application/problem+json" in status("POST /predict", json, bearer, "Expect: wonders")
PY
python3 heads.py "$url" || die "refusals by the header"
stop_server
# A client that announces a large body and sends nothing does not block others; small bodies are bounded, too.
serve churn.onnx --body-memory 32 --log off
cat >silent.py <<'PY'
import json, os, re, socket, sys, time, urllib.request
url, pid = sys.argv[1], sys.argv[2]
host, port = url.split("//")[1].split(":")
def open_with(length, sent=b""):
    s = socket.create_connection((host, int(port)))
    s.sendall(f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode() + sent)
    return s
silent = [open_with(16 << 20) for _ in range(12)]
time.sleep(0.3)
rows = ("[" + ",".join([os.environ["row"]] * 300) + "]").encode()
assert len(rows) > 65536
assert urllib.request.urlopen(urllib.request.Request(url + "/predict", rows, {"Content-Type": "application/json"}), timeout=20).status == 200
few = [open_with(65000, b" " * 64000) for _ in range(900)]
time.sleep(1)
refused = 0
for s in few:
    s.setblocking(False)
    try: refused += s.recv(4096).startswith(b"HTTP/1.1 503 ")
    except BlockingIOError: pass
assert 300 < refused < 600, refused  # 32 MiB are 516 of them
PY
python3 silent.py "$url" "$server" || die "silent senders"
stop_server
