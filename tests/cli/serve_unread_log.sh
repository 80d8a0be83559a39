#!/usr/bin/env bash
# A log without a reader does not block the server: lines are dropped instead.
. "$(dirname "$0")/lib.sh"
small_model
mkfifo pipe
exec 8<>pipe # open, and never read
"$VITRINE" serve --port 0 churn.onnx 2>pipe 8<&- &
server=$!
servers+=("$server")
read -r line <&8 # the line with the server's address
url=http://${line##*http://}
# More lines than the pipe (64 KiB) and the queue (1 MiB) can hold.
python3 - "$url" <<'PY' || die "the server stopped answering"
import socket, sys
host, port = sys.argv[1][7:].split(":")
s = socket.create_connection((host, int(port)), timeout=20)
request = b"GET /ping?" + b"x" * 150 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
for _ in range(80):
    s.sendall(request * 100)
    answers = b""
    while answers.count(b"PONG") < 100:
        part = s.recv(65536)
        assert part, "closed"
        answers += part
PY
kill -TERM "$server"
wait "$server" || die "the server ended with $?"
