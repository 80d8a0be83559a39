"""How fast, how calm and how small a server is: requests a second and latency at 1, 16 and 256
clients, start-up, memory, twice the load that it can do, and batches against single photos.

Usage: serve.py VITRINE
The load comes from bench/http_load.cpp on the same machine. Photos: a MobileNetV2 of
../shared/data where it is there, else a small network trained on drawings.
"""
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
import urllib.request

vitrine = os.path.abspath(sys.argv[1])
load_program = os.path.join(os.path.dirname(vitrine), "http_load")
shared = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../shared/data")
ROUNDS, SECONDS = 5, float(os.environ.get("BENCH_SECONDS", 4))
OVERLOAD_SECONDS = float(os.environ.get("BENCH_OVERLOAD_SECONDS", 60))


class Server:
    def __init__(self, *arguments, cores=None):
        began = time.monotonic()
        self.load_cores = set(os.sched_getaffinity(0)) - (cores or set()) or None
        self.process = subprocess.Popen([os.path.join(os.path.dirname(vitrine), "vitrine-serve"), "serve", "--port", "0", "--log", "off", *arguments],
                                        stderr=subprocess.PIPE, text=True,
                                        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None)
        for line in self.process.stderr:
            if line.startswith("serving "): break
        self.port = int(line.rsplit(":", 1)[1])
        self.start = time.monotonic() - began
    def memory(self):
        return int(next(l for l in open(f"/proc/{self.process.pid}/status") if l.startswith("VmRSS")).split()[1]) / 1024
    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    def load(self, request, clients, seconds=SECONDS, rate=None):
        command = [load_program, "127.0.0.1", str(self.port), request, str(clients), str(seconds)]
        return json.loads(subprocess.run(command + ([str(rate)] if rate else []), check=True, capture_output=True,
                                         preexec_fn=lambda: os.sched_setaffinity(0, self.load_cores)).stdout)
    def __enter__(self): return self
    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(40)


def write_request(name, body, content_type):
    head = (f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    with open(name, "wb") as file: file.write(head + body)


def median(values, form="{:.0f}"):
    values = list(values)
    if len(values) == 1: return form.format(values[0])
    return f"{form.format(statistics.median(values))} ({form.format(min(values))} to {form.format(max(values))})"


def ok(result): return result["codes"].get("200", {"count": 0, "p50_ms": 0, "p99_ms": 0})


def throughput(server, request, title):
    rounds = {clients: [] for clients in (1, 16, 256)}
    server.load(request, 16, 1)
    for _ in range(ROUNDS):
        for clients in rounds: rounds[clients].append(server.load(request, clients))
    print(f"## {title}\n\n| Clients | requests/s | p50, ms | p99, ms | other than 200 |\n|---|---|---|---|---|")
    for clients, results in rounds.items():
        other = sum(code["count"] for r in results for name, code in r["codes"].items() if name != "200")
        print(f"| {clients} | {median(ok(r)['count'] / r['seconds'] for r in results)} "
              f"| {median((ok(r)['p50_ms'] for r in results), '{:.2f}')} "
              f"| {median((ok(r)['p99_ms'] for r in results), '{:.2f}')} | {other} |", flush=True)
    return rounds


def start_up(model, request_path, content_type):
    body = open(request_path, "rb").read().split(b"\r\n\r\n", 1)[1]
    times = []
    for _ in range(10):
        began = time.monotonic()
        with Server(model) as server:
            request = urllib.request.Request(f"http://127.0.0.1:{server.port}/predict", body, {"Content-Type": content_type})
            urllib.request.urlopen(request).read()
            times.append(1000 * (time.monotonic() - began))
    return times


def overload(model, request, clients, wait_ms, title):
    """Twice what it can do, open loop, for a minute. Server and load have a core each: on the same ones the
    load would be late by itself."""
    with Server(model, "--max-wait", str(wait_ms), cores={min(os.sched_getaffinity(0))}) as server:
        unloaded = server.load(request, 1)
        most = ok(server.load(request, 16))["count"] / SECONDS
        server.load(request, clients, 2, 2 * most)  # what memory such a crowd takes at all
        before = server.memory()
        result = server.load(request, clients, OVERLOAD_SECONDS, 2 * most)
        after = server.memory()
        recovered = server.load(request, 1)
    fine, shed = ok(result), result["codes"].get("503", {"count": 0, "p99_ms": 0})
    limit = 3 * ok(unloaded)["p99_ms"] + wait_ms
    print(f"""## {title}: twice the load for {OVERLOAD_SECONDS:.0f} s

{2 * most:.0f} requests a second are due (it can do {most:.0f} on one core, the load has the other), {clients} connections,
`--max-wait {wait_ms}`.

| | |
|---|---|
| answered | {fine['count'] / OVERLOAD_SECONDS:.0f} a second ({fine['count'] / OVERLOAD_SECONDS / most:.0%} of what it can do), p50 {fine['p50_ms']:.1f} ms, p99 {fine['p99_ms']:.1f} ms |
| limit: 3 x unloaded p99 ({ok(unloaded)['p99_ms']:.2f} ms) + allowed wait | {limit:.1f} ms |
| refused with 503 | {shed['count'] / OVERLOAD_SECONDS:.0f} a second, p99 {shed['p99_ms']:.1f} ms |
| anything else, unanswered, never sent | {sum(c['count'] for n, c in result['codes'].items() if n not in ('200', '503'))}, {result['unanswered']}, {result['never_sent']} |
| memory before, after | {before:.0f}, {after:.0f} MiB |
| p50 with one client afterwards | {ok(recovered)['p50_ms']:.2f} ms ({ok(unloaded)['p50_ms']:.2f} before) |
""", flush=True)


def batches(model, request):
    """Fixed sizes against auto, interleaved; one client against no batches."""
    choices = ("1", "2", "4", "8", "auto")
    servers = {name: Server(model, "--batch", name, "--max-wait", "60000") for name in choices}
    try:
        many, one = {n: [] for n in choices}, {n: [] for n in ("1", "auto")}
        for server in servers.values(): server.load(request, 32, 3)
        for _ in range(ROUNDS):
            for name in choices: many[name].append(servers[name].load(request, 32))
            for name in one: one[name].append(servers[name].load(request, 1))
    finally:
        for server in servers.values(): server.__exit__()
    rate = {n: statistics.median(ok(r)["count"] / r["seconds"] for r in results) for n, results in many.items()}
    best = max((n for n in choices if n != "auto"), key=rate.get)
    ratios = [ok(a)["count"] / ok(b)["count"] for a, b in zip(many["auto"], many[best])]
    print("## Photos: batches\n\n| Batch | requests/s at 32 clients | p99, ms |\n|---|---|---|")
    for name, results in many.items():
        print(f"| {name} | {median((ok(r)['count'] / r['seconds'] for r in results), '{:.1f}')} "
              f"| {median((ok(r)['p99_ms'] for r in results), '{:.1f}')} |")
    print(f"\nauto against the best fixed size ({best}): {median(ratios, '{:.3f}')} of its requests/s, round by round.\n"
          f"p99 at one client: auto {median((ok(r)['p99_ms'] for r in one['auto']), '{:.2f}')} ms, "
          f"batch 1 {median((ok(r)['p99_ms'] for r in one['1']), '{:.2f}')} ms.\n", flush=True)


def photo_model():
    """The model and a photo."""
    backbone = os.path.join(shared, "backbones/mobilenetv2-fp32.onnx")
    train = os.path.join(shared, "clothing/train")
    if os.path.exists(backbone) and os.path.exists(train):
        if not os.path.exists("clothes.onnx"):
            subprocess.run([vitrine, "train", train, "--backbone", backbone, "--backbone-norm", "imagenet", "-o",
                            "clothes.onnx", "--quiet"], check=True, stdout=subprocess.DEVNULL)
        folder, what = train, "MobileNetV2, 224 x 224, the precision that training chose, a photo of the clothing dataset"
    else:
        if not os.path.exists("clothes.onnx"):
            subprocess.run([vitrine, "sample", "clothes", "photos", "--photos", "200"], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([vitrine, "train", "photos", "-o", "clothes.onnx", "--recipe", "epochs=2", "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
        folder, what = "photos", "a small network on a drawing"
    photo = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names if name.endswith(".jpg"))[0]
    return "clothes.onnx", photo, what


cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
if not os.path.exists("churn.onnx"):
    subprocess.run([vitrine, "sample", "churn", "sample.csv", "--rows", "5000"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([vitrine, "train", "sample.csv", "--target", "Churn", "--model", "logistic", "-o", "churn.onnx", "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
with Server("churn.onnx") as server:
    document = json.load(urllib.request.urlopen(f"http://127.0.0.1:{server.port}/openapi.json"))
row = document["components"]["schemas"]["churn.Row"]["examples"][0]
write_request("churn.http", json.dumps(row).encode(), "application/json")
write_request("churn100.http", json.dumps([row] * 100).encode(), "application/json")
clothes, photo, what = photo_model()
write_request("clothes.http", open(photo, "rb").read(), "image/jpeg")

print(f"""# Serving

{time.strftime('%Y-%m-%d')}, {platform.platform()}, {cpu}, {os.cpu_count()} cores shared by server and load. Medians of
{ROUNDS} rounds of {SECONDS:.0f} s, lowest and highest in brackets. Again: `./scripts/bench serve`.

Tables: logistic regression on 19 columns, one row a request. Photos: {what}
({os.path.getsize(photo) / 1024:.0f} KiB).
""")
with Server("churn.onnx") as server:
    before = server.memory()
    used, count = server.cpu(), 0
    for results in throughput(server, "churn.http", "Tables").values():
        count += sum(ok(r)["count"] for r in results)
    print(f"\nProcessor time a request: {1e6 * (server.cpu() - used) / count:.0f} us. Memory: {before:.0f} MiB at the start, "
          f"{server.memory():.0f} MiB after {count:,} requests.\n")
with Server(clothes, "--max-wait", "60000") as server:
    before = server.memory()
    throughput(server, "clothes.http", "Photos")
    print(f"\nMemory: {before:.0f} MiB at the start, {server.memory():.0f} MiB afterwards.\n")
print(f"""## Start-up

From exec to the first right answer: tables {median(start_up('churn.onnx', 'churn.http', 'application/json'))} ms,
photos {median(start_up(clothes, 'clothes.http', 'image/jpeg'))} ms (10 starts each).
""")
overload("churn.onnx", "churn100.http", 512, 20, "Tables, 100 rows a request")
overload(clothes, "clothes.http", 256, 200, "Photos")
batches(clothes, "clothes.http")
