"""Our server against what it replaces, on one machine, in turns: requests a second, processor time a
request, time to the first right answer, and a million rows at once.

Usage: http_peers.py VITRINE
Peers: a bare Beast server that reads the body and answers a fixed one; Flask, gunicorn and
scikit-learn; FastAPI with OpenVINO and with ONNX Runtime; Flask, gunicorn and Keras (where
tensorflow is installed). Load comes from bench/http_load.cpp on the same cores.
"""
import importlib.util
import json
import os
import pickle
import platform
import re
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

vitrine = os.path.abspath(sys.argv[1])
bin_folder = os.path.dirname(vitrine)
here = os.path.dirname(os.path.abspath(__file__))
shared = os.path.join(here, "../../shared/data")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 5))
SECONDS = float(os.environ.get("BENCH_SECONDS", 3))
CORES = os.cpu_count()
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def processes_of(group):
    """All processes of a server: gunicorn's and uvicorn's workers too."""
    for name in os.listdir("/proc"):
        if not name.isdigit(): continue
        try:
            if os.getpgid(int(name)) == group: yield int(name)
        except ProcessLookupError: pass


class Server:
    """A server in a process group of its own, ready when it has answered `request`."""
    def __init__(self, command, port, body, content_type, environment={}):
        self.port, began = port, time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                        env={**os.environ, **environment}, cwd=os.path.join(here, "peers"))
        while True:
            try:
                request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body, {"Content-Type": content_type})
                assert urllib.request.urlopen(request, timeout=60).status == 200
                break
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None: raise SystemExit(f"{command[0]} ended before it answered")
                if time.monotonic() - began > 120: raise SystemExit(f"{command} never answered")
                time.sleep(0.002)
        self.first_answer = time.monotonic() - began
    def cpu(self):
        total = 0
        for pid in processes_of(self.process.pid):
            try: fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
            except FileNotFoundError: continue
            total += int(fields[11]) + int(fields[12])
        return total / TICK
    def memory(self):
        total = 0
        for pid in processes_of(self.process.pid):
            text = open(f"/proc/{pid}/smaps_rollup").read()
            total += int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))
        return total / 1024
    def load(self, request, clients, seconds=SECONDS):
        before = self.cpu()
        out = subprocess.run([os.path.join(bin_folder, "http_load"), "127.0.0.1", str(self.port), request, str(clients), str(seconds)],
                             check=True, capture_output=True)
        result = json.loads(out.stdout)
        count = result["codes"]["200"]["count"]
        assert set(result["codes"]) == {"200"}, result
        return {"rate": count / result["seconds"], "cpu_us": 1e6 * (self.cpu() - before) / count, "p99": result["codes"]["200"]["p99_ms"]}
    def __enter__(self): return self
    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGTERM)
        try: self.process.wait(10)
        except subprocess.TimeoutExpired: os.killpg(self.process.pid, signal.SIGKILL)


def spread(values, form="{:,.0f}"):
    values = list(values)
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}-{form.format(max(values))})"


def compare(servers, request, clients, title):
    """All servers in turns, with our own first."""
    rounds = {name: [] for name in servers}
    for server in servers.values(): server.load(request, clients, 1)
    order = list(servers)
    for _ in range(ROUNDS):
        order.append(order.pop(0))
        for name in order:
            time.sleep(0.2)
            rounds[name].append(servers[name].load(request, clients))
    ours = rounds["Vitrine"]
    print(f"## {title}\n\n| | requests/s | processor time a request, us | p99, ms | memory, MiB | Vitrine's requests/s to it | its processor time to Vitrine's |")
    print("|---|---|---|---|---|---|---|")
    for name, results in rounds.items():
        rate = statistics.median(a["rate"] / b["rate"] for a, b in zip(ours, results))
        cpu = statistics.median(b["cpu_us"] / a["cpu_us"] for a, b in zip(ours, results))
        print(f"| {name} | {spread(r['rate'] for r in results)} | {spread((r['cpu_us'] for r in results), '{:,.1f}')} "
              f"| {spread((r['p99'] for r in results), '{:.2f}')} | {servers[name].memory():.0f} | {rate:.2f} | {cpu:.1f} |", flush=True)
    print()


def python(*arguments): return [sys.executable, "-m", *arguments]


def prepare_churn():
    if not os.path.exists("churn.csv"):
        table = os.path.join(shared, "churn/churn-train.csv")
        if os.path.exists(table): os.symlink(os.path.abspath(table), "churn.csv")
        else: subprocess.run([vitrine, "sample", "churn", "churn.csv"], check=True, stdout=subprocess.DEVNULL)
    target = next(name for name in open("churn.csv").readline().strip().split(",") if name.lower() == "churn")
    if not os.path.exists("churn_peer.onnx"):
        subprocess.run([vitrine, "train", "churn.csv", "--target", target, "--model", "logistic", "-o", "churn_peer.onnx", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
    import pandas as pd
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    frame = pd.read_csv("churn.csv")
    frame.columns = frame.columns.str.lower()
    frame["totalcharges"] = pd.to_numeric(frame["totalcharges"], errors="coerce").fillna(0)
    columns = [c for c in frame.columns if c not in ("churn", "customerid")]
    dv = DictVectorizer(sparse=False)
    x = dv.fit_transform(frame[columns].to_dict(orient="records"))
    model = LogisticRegression(solver="liblinear").fit(x, frame["churn"].astype(str).str.lower().isin(("yes", "1", "true")))
    with open("churn.bin", "wb") as file: pickle.dump((dv, model), file)
    return json.loads(frame[columns].iloc[0].to_json())


def write_request(name, body, content_type):
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    with open(name, "wb") as file: file.write(head.encode() + body)


def serve_command(model, port): return [os.path.join(bin_folder, "vitrine-serve"), "serve", os.path.abspath(model), "--port", str(port), "--log", "off"]


def tables():
    body = json.dumps(prepare_churn()).encode()
    write_request("churn_peer.http", body, "application/json")
    ours, flask, bare = free_port(), free_port(), None
    environment = {"PEER_MODEL": os.path.abspath("churn.bin")}
    gunicorn = python("gunicorn", "--bind", f"127.0.0.1:{flask}", "--workers", str(CORES), "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75", "flask_churn:app")
    with Server(serve_command("churn_peer.onnx", ours), ours, body, "application/json") as mine:
        answer = len(urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{ours}/predict", body, {"Content-Type": "application/json"})).read())
        beast = subprocess.Popen([os.path.join(bin_folder, "bare_beast"), str(answer)], stdout=subprocess.PIPE, text=True, start_new_session=True)
        bare = int(beast.stdout.readline())
        class Bare(Server):
            def __init__(self): self.process, self.port = beast, bare
        with Bare() as beast_server, Server(gunicorn, flask, body, "application/json", environment) as peer:
            compare({"Vitrine": mine, "bare Beast, a fixed answer": beast_server, f"Flask, gunicorn ({CORES} workers), scikit-learn": peer},
                    "churn_peer.http", 64, "Tables: one row a request, 64 keep-alive clients")
    first_answers("churn_peer.onnx", body, "application/json",
                  {"Flask, scikit-learn": lambda port: (python("flask", "--app", "flask_churn", "run", "--port", str(port)), environment)}, "tables")


def first_answers(model, body, content_type, peers, what):
    rows = {"Vitrine": []} | {name: [] for name in peers}
    for _ in range(5):
        port = free_port()
        with Server(serve_command(model, port), port, body, content_type) as one: rows["Vitrine"].append(1000 * one.first_answer)
        for name, make in peers.items():
            port = free_port()
            command, environment = make(port)
            with Server(command, port, body, content_type, environment) as one: rows[name].append(1000 * one.first_answer)
    print(f"## From exec to the first right answer: {what}\n\n| | ms | to Vitrine's |\n|---|---|---|")
    for name, times in rows.items():
        print(f"| {name} | {spread(times)} | {statistics.median(times) / statistics.median(rows['Vitrine']):.1f} |", flush=True)
    print()


def photos():
    backbone, folder = os.path.join(shared, "backbones/mobilenetv2-fp32.onnx"), os.path.join(shared, "clothing/train")
    if not os.path.exists(backbone) or not os.path.exists(folder): return print("Photos: skipped, ../shared/data is not there.\n")
    if not os.path.exists("clothes_peer.onnx"):
        subprocess.run([vitrine, "train", folder, "--backbone", backbone, "-o", "clothes_peer.onnx", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    photo = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names if name.endswith(".jpg"))[0]
    body = open(photo, "rb").read()
    write_request("clothes_peer.http", body, "image/jpeg")
    engine = json.loads(subprocess.run([vitrine, "inspect", "clothes_peer.onnx", "--json"], check=True, capture_output=True).stdout)["engine"]
    port = free_port()
    running = {"Vitrine": Server(serve_command("clothes_peer.onnx", port), port, body, "image/jpeg")}
    bf16 = "avx512_bf16" in open("/proc/cpuinfo").read()
    engines = [("openvino-bf16" if bf16 else "openvino-f32", "FastAPI, OpenVINO " + ("bf16" if bf16 else "f32")), ("onnxruntime", "FastAPI, ONNX Runtime")]
    makers = {}
    for name, title in engines:
        def make(port, name=name):
            return (python("uvicorn", "fastapi_photo:app", "--port", str(port), "--workers", str(CORES), "--log-level", "error"),
                    {"PEER_ENGINE": name, "PEER_MODEL": os.path.abspath(backbone)})
        makers[title] = make
    keras = importlib.util.find_spec("tensorflow") is not None
    if keras:
        makers["Flask, gunicorn, Keras"] = lambda port: (
            python("gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(CORES), "--worker-class", "gthread", "--threads", "2", "--keep-alive", "75", "--timeout", "120", "flask_keras:app"), {"TF_CPP_MIN_LOG_LEVEL": "3"})
    try:
        for title, make in makers.items():
            port = free_port()
            command, environment = make(port)
            running[title] = Server(command, port, body, "image/jpeg", environment)
        compare(running, "clothes_peer.http", 16, f"Photos: a JPEG of {len(body) / 1024:.0f} KiB, MobileNetV2 at 224 x 224, 16 clients ({engine}; peers with {CORES} workers of one thread)")
    finally:
        for server in running.values(): server.__exit__()
    first_answers("clothes_peer.onnx", body, "image/jpeg", makers, "photos")


def million_rows():
    if not os.path.exists("million.csv"):
        subprocess.run([vitrine, "sample", "churn", "million.csv", "--rows", "1000000", "--seed", "3"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([vitrine, "sample", "churn", "teach.csv"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([vitrine, "train", "teach.csv", "--target", "Churn", "--model", "logistic", "-o", "million.onnx", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    script = """
import pickle, sys, pandas as pd
dv, model = pickle.load(open('churn.bin', 'rb'))
frame = pd.read_csv('million.csv')
frame.columns = frame.columns.str.lower()
frame['totalcharges'] = pd.to_numeric(frame['totalcharges'], errors='coerce').fillna(0)
rows = frame[[c for c in frame.columns if c not in ('churn', 'customerid')]].to_dict(orient='records')
probability = model.predict_proba(dv.transform(rows))[:, 1]
pd.DataFrame({'label': probability >= 0.5, 'probability_no': 1 - probability, 'probability_yes': probability}).to_csv('answers_peer.csv', index=False)
"""
    onehot = """
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
import pickle, os
def columns(frame): return frame.drop(columns=['Churn', 'customerID'])
def read(path):
    frame = pd.read_csv(path)
    frame['TotalCharges'] = pd.to_numeric(frame['TotalCharges'], errors='coerce').fillna(0)
    return frame
if not os.path.exists('onehot.bin'):
    teach = read('teach.csv')
    text = [c for c in columns(teach) if not pd.api.types.is_numeric_dtype(teach[c])]
    pipeline = make_pipeline(make_column_transformer((OneHotEncoder(handle_unknown='ignore'), text), remainder='passthrough'), LogisticRegression(max_iter=500))
    pickle.dump(pipeline.fit(columns(teach), teach['Churn']), open('onehot.bin', 'wb'))
pipeline = pickle.load(open('onehot.bin', 'rb'))
p = pipeline.predict_proba(columns(read('million.csv')))
pd.DataFrame({'label': p[:, 1] >= 0.5, 'probability_no': p[:, 0], 'probability_yes': p[:, 1]}).to_csv('answers_onehot.csv', index=False)
"""
    subprocess.run([sys.executable, "-c", onehot], check=True)  # once, to fit it
    commands = {"Vitrine": [vitrine, "predict", "million.onnx", "million.csv", "--format", "csv", "-o", "answers.csv"],
                "pandas, DictVectorizer, LogisticRegression (the course's way)": [sys.executable, "-c", script],
                "pandas, OneHotEncoder, LogisticRegression (the quick way)": [sys.executable, "-c", onehot]}
    times = {name: [] for name in commands}
    for _ in range(3):
        for name, command in commands.items():
            began = time.monotonic()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            times[name].append(time.monotonic() - began)
    print("## predict of 1,000,000 CSV rows: from process start to the written answers\n\n| | s | to Vitrine's |\n|---|---|---|")
    for name, all_times in times.items():
        print(f"| {name} | {spread(all_times, '{:.2f}')} | {statistics.median(all_times) / statistics.median(times['Vitrine']):.1f} |", flush=True)
    print()


cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
print(f"""# Servers against what they replace

{time.strftime('%Y-%m-%d')}, {platform.platform()}, {cpu}, {CORES} cores shared by server and load. Medians of {ROUNDS} rounds of
{SECONDS:.0f} s in which all take turns, lowest and highest in brackets. Again: `./scripts/bench http_peers`.
""")
parts = {"tables": tables, "photos": photos, "million_rows": million_rows}
for name in os.environ.get("BENCH_PARTS", "tables,photos,million_rows").split(","): parts[name]()
