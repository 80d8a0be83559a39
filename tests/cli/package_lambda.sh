#!/usr/bin/env bash
# The packaged function, started as AWS Lambda does it, with a fake of the documented Runtime API.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
small_model
small_photo_model
"$VITRINE" package churn.onnx clothes.onnx --for lambda -o out >/dev/null
"$VITRINE" package churn.onnx clothes.onnx --for lambda -o again >/dev/null
cmp out/churn-lambda.zip again/churn-lambda.zip || die "the same input gave another zip"
fails_with 2 "was not started by AWS Lambda" "$VITRINE_SERVE" lambda churn.onnx
python3 - <<'PY'
import zipfile
assert sum(one.file_size for one in zipfile.ZipFile("out/churn-lambda.zip").infolist()) < 250 * 2**20, "larger than Lambda's 250 MiB"
PY
unzipped out/churn-lambda.zip task
contains "$(<task/bootstrap)" "exec /var/task/vitrine-serve lambda churn=/var/task/models/churn.onnx"
# /var/task may not be writable: the same command with another folder.
sed -i "s#/var/task#$work/task#g" task/bootstrap
python3 - "$work/task/bootstrap" "$row" "$(find photos -name '*.jpg' | head -n 1)" <<'PY' || die "Lambda's loop: $(tail -n 5 function.log)"
import base64, http.server, json, queue, subprocess, sys, threading, time
bootstrap, row, photo = sys.argv[1], json.loads(sys.argv[2]), open(sys.argv[3], "rb").read()
events, answers, starts = queue.Queue(), queue.Queue(), queue.Queue()

class Runtime(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_GET(self):
        assert self.path == "/2018-06-01/runtime/invocation/next", self.path
        event = events.get()
        if event is None: return self.close()
        id, body, deadline = event
        self.send_response(200)
        for name, value in (("Lambda-Runtime-Aws-Request-Id", id), ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + deadline) * 1000))),
                            ("Content-Type", "application/json"), ("Content-Length", str(len(body)))): self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
    def close(self):
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (starts if "init" in self.path else answers).put((self.path, json.loads(body)))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "PATH": "/usr/bin:/bin"}
process = subprocess.Popen([bootstrap], env=environment, stderr=open("function.log", "w"), cwd="/")
number = 0
def call(event, deadline=30):
    global number
    number += 1
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    events.put((f"id-{number}", body, deadline))
    path, answer = answers.get(timeout=60)
    assert path.startswith(f"/2018-06-01/runtime/invocation/id-{number}/"), path
    return path.rsplit("/", 1)[1], answer

try:
    kind, answer = call({"customer": row})
    assert kind == "response" and 0 < answer["churn_probability"] < 1, answer
    assert call(row) == ("response", answer)
    kind, many = call({"customers": [row, row]})
    assert kind == "response" and len(many) == 2 and many[0]["churn_probability"] == answer["churn_probability"], many
    kind, seen = call({"image": base64.b64encode(photo).decode(), "model": "clothes"})
    assert kind == "response" and abs(sum(seen["probabilities"].values()) - 1) < 1e-5, seen
    kind, why = call({"customer": row, "explain": True})
    assert kind == "response" and "contributions" in json.dumps(why), why
    # HTTP events in each format.
    url = lambda method, path, body=None, type="application/json", **more: {"version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {"content-type": type},
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path}}, **({"body": body} if body is not None else {}), **more}
    kind, pong = call(url("GET", "/ping"))
    assert kind == "response" and pong["statusCode"] == 200 and pong["body"] == "PONG", pong
    kind, http_answer = call(url("POST", "/predict", json.dumps(row)))
    assert kind == "response" and json.loads(http_answer["body"]) == answer and http_answer["headers"]["Content-Type"] == "application/json", http_answer
    kind, http_seen = call(url("POST", "/models/clothes/predict", base64.b64encode(photo).decode(), "image/jpeg", isBase64Encoded=True))
    assert json.loads(http_seen["body"]) == seen, http_seen
    kind, rest = call({"httpMethod": "POST", "path": "/predict", "headers": {"Content-Type": "application/json"}, "body": json.dumps(row), "isBase64Encoded": False, "requestContext": {"stage": "prod"}})
    assert json.loads(rest["body"]) == answer, rest
    # Errors have the caller's format, and the function continues.
    kind, fault = call({"customer": {**row, "tenure": "long"}})
    assert kind == "error" and fault["errorType"] == "Status422" and "tenure" in fault["errorMessage"], fault
    kind, fault = call(url("POST", "/predict", "{"))
    assert kind == "response" and fault["statusCode"] == 400, fault
    kind, fault = call(b"no JSON")
    assert kind == "error" and fault["errorType"] == "BadEvent", fault
    for odd in ('"text"', "5", "null", "[1]", "true"):
        kind, fault = call(b'{"rawPath": "/ping", "requestContext": ' + odd.encode() + b'}')
        assert kind == "error", (odd, fault)
    kind, fault = call(b"[" * 1_000_000)
    assert kind == "error" and "deep" in fault["errorMessage"], fault
    kind, fault = call({"image": "AAAA", "model": "clothes"})
    assert kind == "error" and fault["errorType"].startswith("Status4"), fault
    kind, fault = call({"image": base64.b64encode(photo).decode(), "model": "clothes"}, deadline=-1)
    assert kind == "error" and fault["errorType"] == "Status504", fault
    kind, again = call({"customer": row})
    assert (kind, again) == ("response", answer)
finally:
    events.put(None)
    ended = process.wait(20)
assert ended == 1, f"exit code {ended} after the Runtime API returned 403"
broken = subprocess.run([bootstrap.replace("bootstrap", "vitrine-serve"), "lambda", "nowhere.onnx"], env=environment, stderr=subprocess.DEVNULL)
path, said = starts.get(timeout=10)
assert broken.returncode == 3 and path.endswith("/runtime/init/error") and "no such file" in said["errorMessage"], (broken, said)
PY
