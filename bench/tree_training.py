"""Boosted trees on 1,000,000 rows: one fit, and the default training, against XGBoost and LightGBM.

Usage: tree_training.py VITRINE
"""
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

RUNS = 3
vitrine = os.path.abspath(sys.argv[1])
fits = os.path.join(os.path.dirname(vitrine), "tree_training")
ROWS = int(os.environ.get("ROWS", "1000000"))
table = "trees.csv"

LIGHTGBM_FIT = """
import sys, time, json, numpy, pandas, lightgbm
from sklearn.model_selection import train_test_split
from sklearn.metrics import log_loss
path, threads, mode = sys.argv[1], int(sys.argv[2]), sys.argv[3]
frame = pandas.read_csv(path)
y = (frame.pop("Churn") == "Yes").astype(int)
frame = frame.drop(columns=["customerID"], errors="ignore")
for name in frame.columns:
    if frame[name].dtype == object or str(frame[name].dtype) in ("string", "str"):
        numbers = pandas.to_numeric(frame[name], errors="coerce")
        frame[name] = numbers if numbers.notna().mean() > 0.9 else frame[name].astype("category")
a, b, ya, yb = train_test_split(frame, y, test_size=0.2, random_state=1)
options = dict(objective="binary", num_leaves=31, learning_rate=0.1, num_threads=threads, verbose=-1)
begin = time.monotonic()
train = lightgbm.Dataset(a, ya).construct()
bins = time.monotonic() - begin
begin = time.monotonic()
if mode == "fit":
    model = lightgbm.train(options, train, num_boost_round=100)
else:
    model = lightgbm.train(options, train, num_boost_round=1000, valid_sets=[lightgbm.Dataset(b, yb, reference=train)],
                           callbacks=[lightgbm.early_stopping(30, verbose=False)])
fit = time.monotonic() - begin
print(json.dumps({"engine": f"lightgbm", "threads": threads, "bins_s": bins, "fit_s": fit, "rounds": model.current_iteration(),
                  "log_loss": log_loss(yb, model.predict(b))}))
"""


def process(command):
    """Seconds, peak memory (MiB) and output of a whole process."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, command
    return time.monotonic() - start, usage.ru_maxrss / 1024, output


subprocess.run([vitrine, "sample", "churn", table, "--rows", str(ROWS)], check=True, stdout=subprocess.DEVNULL)
single = {}
whole = {}
for _ in range(RUNS):
    for line in process([fits, table, "Churn", "100", "31", "1"])[2].splitlines():
        run = json.loads(line)
        name = "Vitrine" if run["engine"] == "vitrine" else f"XGBoost, threads: {run['threads']}"
        single.setdefault(name, []).append((run["fit_s"] + run.get("bins_s", 0), run["log_loss"]))
    for threads in (1, 2):
        run = json.loads(process([sys.executable, "-c", LIGHTGBM_FIT, table, str(threads), "fit"])[2])
        single.setdefault(f"LightGBM, threads: {threads}", []).append((run["bins_s"] + run["fit_s"], run["log_loss"]))
        seconds, memory, output = process([sys.executable, "-c", LIGHTGBM_FIT, table, str(threads), "whole"])
        whole.setdefault(f"pandas + one LightGBM fit, threads: {threads}", []).append((seconds, memory, json.loads(output)["log_loss"]))
    seconds, memory, _ = process([vitrine, "train", table, "--target", "Churn", "-o", "trees.onnx", "--quiet"])
    card = json.loads(subprocess.run([vitrine, "inspect", "trees.onnx", "--json"], check=True, capture_output=True, text=True).stdout)["card"]
    whole.setdefault("vitrine train", []).append((seconds, memory, card["figures"]["test"]["log_loss"]))

model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
versions = subprocess.run([sys.executable, "-c", "import pandas, lightgbm; print(pandas.__version__, lightgbm.__version__)"],
                          capture_output=True, text=True, check=True).stdout.split()


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


print(f"""# Training of boosted trees

`./scripts/bench tree_training`, {time.strftime("%Y-%m-%d")}; {model}, {os.cpu_count()} cores, Linux {platform.release()}; pandas
{versions[0]}, LightGBM {versions[1]}, Python {platform.python_version()}. The table is `vitrine sample churn --rows {ROWS}`,
{os.path.getsize(table) / 1e6:.0f} MB. Medians of {RUNS} runs in turn, least and most in brackets.

One fit of 100 trees of 31 leaves on four fifths of the rows, in memory, from columns to trees:

| | seconds | log loss on the last fifth |
|---|---|---|""")
for name, runs in single.items():
    print(f"| {name} | {spread([s for s, _ in runs])} | {statistics.median(l for _, l in runs):.5f} |")
print("""
The whole process. `vitrine train` reads, compares logistic regression and shapes of trees, judges, fits on all rows, saves and
checks the file; the peer reads and fits once, with early stopping on a fifth:

| | seconds | peak MiB | log loss on rows kept apart |
|---|---|---|---|""")
for name, runs in whole.items():
    print(f"| {name} | {spread([s for s, _, _ in runs])} | {statistics.median(m for _, m, _ in runs):.0f} | {statistics.median(l for _, _, l in runs):.5f} |")
