#!/usr/bin/env bash
# More photos than can be predicted in time: accepted requests are answered in time, the others get 503 with
# Retry-After, deadlines are enforced, work of disconnected clients is dropped, and the server recovers.
. "$(dirname "$0")/lib.sh"
small_photo_model
serve clothes.onnx --max-wait 50 --workers 1 --log off
"$VITRINE" sample clothes large --photos 20 --side 1500 >/dev/null 2>&1
large=$(find large -name '*.jpg' | sort | head -n 1)
python3 - "$url" "$large" <<'PY' || die "overload: $(tail -n 3 server.log)"
import http.client, socket, sys, threading, time, urllib.request
url, photo = sys.argv[1], open(sys.argv[2], "rb").read()
host, port = url[7:].split(":")
codes, slow, lock, end = {}, [], threading.Lock(), time.time() + 6

def ask(headers={}):
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    connection.request("POST", "/predict", photo, {"Content-Type": "image/jpeg", **headers})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer

def client():
    while time.time() < end:
        began = time.time()
        answer = ask()
        with lock:
            codes[answer.status] = codes.get(answer.status, 0) + 1
            if answer.status == 503 and not answer.headers["Retry-After"]: slow.append("no Retry-After")
            if time.time() - began > 10: slow.append(time.time() - began)

assert ask().status == 200
threads = [threading.Thread(target=client) for _ in range(64)]
for one in threads: one.start()
time.sleep(2)
assert urllib.request.urlopen(url + "/livez", timeout=5).status == 200
late = [ask({"X-Request-Timeout": "1ms"}).status for _ in range(5)]
for one in threads: one.join()
assert set(codes) == {200, 503} and not slow, (codes, slow[:3])
assert set(late) <= {503, 504}, late
assert ask().status == 200, "it did not recover"
assert ask({"X-Request-Timeout": "soon"}).status == 400
# The work of clients that disconnect is dropped before it runs. Work waits only for some milliseconds, and a reset
# before the body was read leaves no work, so they disconnect at different moments until one was counted.
def metrics(): return urllib.request.urlopen(url + "/metrics").read().decode()
request = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(photo) + photo
tries = 0
while 'reason="client_gone"' not in metrics():
    assert tries < 200, [line for line in metrics().splitlines() if "reject" in line]
    gone = []
    for _ in range(4):
        one = socket.create_connection((host, int(port)))
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # close with a reset
        one.sendall(request)
        gone.append(one)
    time.sleep(tries % 10 * 0.003)
    for one in gone: one.close()
    tries += 1
# A client that closes only its sending side gets a response.
half = socket.create_connection((host, int(port)), timeout=20)
time.sleep(1)
half.sendall(request.replace(b"Host: x", b"Host: x\r\nConnection: close"))
half.shutdown(socket.SHUT_WR)
assert half.recv(12) == b"HTTP/1.1 200"
assert 'vitrine_rejected_total{reason="overloaded"}' in metrics(), metrics()
PY
stop_server
