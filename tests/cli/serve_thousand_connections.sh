#!/usr/bin/env bash
# 1,000 connections at once all get responses, and SIGTERM under load loses no accepted request.
. "$(dirname "$0")/lib.sh"
small_model
serve churn.onnx --log off
python3 - "$url" "$row" "$server" <<'PY' || die "requests were lost"
import os, signal, socket, sys, threading, time
host, port = sys.argv[1][7:].split(":")
body = sys.argv[2].encode()
request = (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)) + body

def answer(s):
    data = b""
    while b"\r\n\r\n" not in data:
        part = s.recv(65536)
        if not part: return data
        data += part
    head, rest = data.split(b"\r\n\r\n", 1)
    length = int([l for l in head.split(b"\r\n") if l.lower().startswith(b"content-length")][0].split(b":")[1])
    while len(rest) < length: rest += s.recv(65536)
    return head

sockets = [socket.create_connection((host, int(port))) for _ in range(1000)]
for s in sockets: s.sendall(request)
assert all(answer(s).startswith(b"HTTP/1.1 200") for s in sockets)
for s in sockets: s.close()

lost, answered, stop = [], [0], time.time() + 3
def client():
    while time.time() < stop:
        try: s = socket.create_connection((host, int(port)), timeout=5)
        except OSError: return  # refused: never accepted
        try:
            s.sendall(request)
            head = answer(s)
            if head.startswith(b"HTTP/1.1 200"): answered[0] += 1
            else: lost.append(head)
        except OSError as error: lost.append(error)
        finally: s.close()
threads = [threading.Thread(target=client) for _ in range(16)]
for t in threads: t.start()
time.sleep(1)
os.kill(int(sys.argv[3]), signal.SIGTERM)
for t in threads: t.join()
# A connection that the kernel completes between the last accept and the close was not accepted by
# the server: such a client gets a reset. This window takes microseconds.
resets = [l for l in lost if isinstance(l, ConnectionResetError)]
assert len(lost) == len(resets) <= 2 and answered[0] > 100, (len(lost), lost[:3], answered)
PY
wait "$server" || die "exit $?"
contains "$(cat server.log)" "every accepted request was answered"
