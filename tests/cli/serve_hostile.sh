#!/usr/bin/env bash
# Requests of attackers and broken clients: right status codes, no 5xx, no effect on other clients, no leak of files or
# memory. 10,000 idle connections are accepted.
. "$(dirname "$0")/lib.sh"
small_model
ulimit -n "$(ulimit -Hn)"
serve churn.onnx --log off
python3 - "$url" "$row" "$server" <<'PY' || die "a hostile client had an effect: $(tail -n 3 server.log)"
import os, resource, socket, sys, time, urllib.request
url, row, server = sys.argv[1], sys.argv[2].encode(), sys.argv[3]
host, port = url[7:].split(":")
ping = b"GET /ping HTTP/1.1\r\nHost: x\r\n"

def talk(*parts, wait=0.0, half=True):
    with socket.create_connection((host, int(port)), timeout=20) as s:
        for part in parts:
            try: s.sendall(part)
            except OSError: break
            time.sleep(wait)
        if half:
            try: s.shutdown(socket.SHUT_WR)
            except OSError: pass
        data = b""
        try:
            while part := s.recv(65536): data += part
        except ConnectionResetError: pass
    return data

def code(answer): return int(answer[9:12]) if answer.startswith(b"HTTP/1.") else 0

post = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
body = b"Content-Length: %d\r\n\r\n" % len(row) + row
cases = [
    (200, post + body), (200, post + b"Connection: close\r\n" + body),
    (400, post + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nabc"),
    (400, post + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    (400, post + b"Content-Length: -1\r\n\r\n"), (400, post + b"Content-Length: 3x\r\n\r\nabc"),
    (400, post + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    (501, post + b"Transfer-Encoding: chunked, gzip\r\n\r\n"),
    (501, post + b"Transfer-Encoding: xchunked\r\n\r\n"), (501, post + b"Transfer-Encoding: identity\r\n\r\n"),
    (400, post + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), (400, post + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n"),
    (400, post + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n"),
    (413, post + b"Transfer-Encoding: chunked\r\n\r\nfffffffffff\r\n"),
    (400, ping + b"X: a\0b\r\n\r\n"), (400, ping + b"X\0: a\r\n\r\n"), (400, ping + b"X y: a\r\n\r\n"),
    (400, ping + b": a\r\n\r\n"), (400, b"GET /pi\0ng HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, b"GET /ping HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"), (400, b"GET /ping HTTP/1.1\r\n\r\n"),
    (400, b"GET  /ping HTTP/1.1\r\nHost: x\r\n\r\n"), (400, b"GET /ping\r\n\r\n"), (400, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n"),
    (431, ping + b"X: " + b"a" * 100000 + b"\r\n\r\n"), (431, ping + b"X: a\r\n" * 5000 + b"\r\n"),
    (431, b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    (505, b"GET /ping HTTP/2.0\r\nHost: x\r\n\r\n"), (200, b"GET /ping HTTP/1.0\r\n\r\n"),
    (404, b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"), (404, b"GET //etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"),
    (404, b"GET /models/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n"), (404, b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n"),
    (404, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".replace(b"/ ", b"/none ")), (200, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (405, b"BREW /ping HTTP/1.1\r\nHost: x\r\n\r\n"), (417, post + b"Expect: tea\r\n" + body),
    (404, b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"), (404, b"POST /v2/models/churn/versions/18446744073709551616/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
    (422, post + b"Content-Length: 2\r\n\r\n{}"), (400, post + b"Content-Length: 3\r\n\r\n{\xff}"),
    (400, b"POST /v2/models/churn/infer HTTP/1.1\r\nHost: x\r\nInference-Header-Content-Length: 99\r\nContent-Length: 2\r\n\r\n{}"),
    (422, b'POST /v2/models/churn/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 86\r\n\r\n{"inputs":[{"name":"tenure","datatype":"FP32","shape":[4294967295,4294967295]}],"a":1}'),
]
for want, request in cases:
    got = code(talk(request))
    assert got == want, (want, got, request[:200])
# A header over two lines (obs-fold) must be refused or read as one line (request smuggling).
assert code(talk(ping + b"X: a\r\n Content-Length: 5\r\n\r\n")) in (200, 400)
# Pipelined requests, one byte at a time, and in pieces of other sizes.
answers = talk((ping + b"\r\n") * 50 + post + b"Connection: close\r\n" + body)
assert answers.count(b"PONG") == 50 and answers.count(b'"churn_probability"') == 1
assert code(talk(*[bytes([b]) for b in ping + b"\r\n"], wait=0.001)) == 200
# Nothing is read after a refused request: no second request can be smuggled in.
smuggled = talk(post + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + ping + b"\r\n")
assert code(smuggled) == 400 and b"PONG" not in smuggled
# 100 Continue is sent if expected, but not for a body that is too large.
assert talk(post + b"Expect: 100-continue\r\n" + body).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
assert code(talk(post + b"Expect: 100-continue\r\nContent-Length: 999999999\r\n\r\n")) == 413

def open_files(): return len(os.listdir(f"/proc/{server}/fd"))
def memory(): return int(next(l for l in open(f"/proc/{server}/status") if l.startswith("VmRSS")).split()[1])
time.sleep(3)  # closed connections linger for two seconds
files = open_files()
# Clients that are slow, silent or half-closed do not block others.
slow = []
for i in range(300):
    s = socket.create_connection((host, int(port)), timeout=20)
    s.sendall((ping, post + b"Content-Length: 100\r\n\r\n{", b"G", b"")[i % 4])
    if i % 3 == 0: s.shutdown(socket.SHUT_WR)
    slow.append(s)
began = time.time()
assert urllib.request.urlopen(url + "/ping", timeout=5).read() == b"PONG" and time.time() - began < 2
for s in slow: s.close()
# 10,000 idle connections.
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
count = min(10000, soft - 100)
before = memory()
idle = []
for i in range(count):
    s = socket.socket()
    s.bind(("127.0.0.%d" % (2 + i % 8), 0))
    s.connect((host, int(port)))
    idle.append(s)
for s in idle[::100]:
    s.sendall(ping + b"\r\n")
    assert s.recv(1000).endswith(b"PONG")
metrics = urllib.request.urlopen(url + "/metrics").read().decode()
connections = float(next(l for l in metrics.splitlines() if l.startswith("http_connections ")).split()[1])
assert connections >= count, (connections, count)
each = (memory() - before) / count
assert each < 40, f"{each} kB per connection"
for s in idle: s.close()
end = time.time() + 20
while open_files() > files + 5 and time.time() < end: time.sleep(0.1)
assert open_files() <= files + 5, (files, open_files())
assert 'http_requests_total{code="5' not in metrics.replace('code="501"', "").replace('code="505"', ""), metrics
print(f"{len(cases)} cases; {count} idle connections at {each:.1f} kB each")
PY
stop_server
