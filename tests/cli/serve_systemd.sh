#!/usr/bin/env bash
# Under systemd: sockets are inherited, READY and STOPPING are sent, and no connection is refused between two servers on
# the same inherited socket.
. "$(dirname "$0")/lib.sh"
small_model
python3 - "$VITRINE" "$row" <<'PY' || die "systemd's protocols: $(tail -n 3 log)"
import os, signal, socket, subprocess, sys, threading, time, urllib.request
program, row = sys.argv[1], sys.argv[2].encode()
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(os.path.abspath("notify"))
notify.settimeout(20)
listening = socket.create_server(("127.0.0.1", 0), backlog=128)
port = listening.getsockname()[1]

def start():
    # As systemd does: the socket is file 3, and LISTEN_PID is the process itself.
    script = f'exec 3<&{listening.fileno()}; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$0" serve churn.onnx --log off'
    return subprocess.Popen(["bash", "-c", script, program], pass_fds=[listening.fileno()],
                            env={**os.environ, "NOTIFY_SOCKET": os.path.abspath("notify")}, stderr=open("log", "a"))

failed, answered, over = [], [0], False
def client():
    while not over:
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", row, {"Content-Type": "application/json"})
            assert urllib.request.urlopen(request, timeout=20).status == 200
            answered[0] += 1
        except Exception as problem: failed.append(problem)

servers = [start()]
try:
    assert notify.recv(100) == b"READY=1"
    threads = [threading.Thread(target=client) for _ in range(4)]
    for one in threads: one.start()
    for _ in range(5):
        servers.append(start())
        assert notify.recv(100) == b"READY=1"
        servers[-2].send_signal(signal.SIGTERM)
        assert notify.recv(100) == b"STOPPING=1"
        assert servers[-2].wait(20) == 0
    time.sleep(0.2)
    over = True
    for one in threads: one.join()
    assert not failed and answered[0] > 20, (answered, failed[:3])
finally:
    over = True
    for one in servers:
        if one.poll() is None: one.kill()
PY
contains "$(cat log)" "the sockets from systemd"
