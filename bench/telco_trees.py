"""Boosted trees of the telco table: what a row costs on one thread, against YDF's C++ engine.

Both learn from the same rows and are judged on the same others; YDF is measured by its own
model.benchmark (100 rows a call, one thread, its fastest engine), ours by bench/table_rows.cpp in
the same way. Rounds take turns.

Usage: telco_trees.py VITRINE
"""
import csv
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import time

import pandas
import ydf

vitrine = os.path.abspath(sys.argv[1])
rows_program = os.path.join(os.path.dirname(vitrine), "table_rows")
telco = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../shared/data/churn/churn-train.csv")
ROUNDS, TOGETHER = 9, 100
core = {min(os.sched_getaffinity(0))}
quiet = dict(check=True, stdout=subprocess.DEVNULL)

what = "the telco table"
if not os.path.exists(telco):
    telco, what = "sample.csv", "a simulated telco table"
    subprocess.run([vitrine, "sample", "churn", telco, "--rows", "5600"], **quiet)
with open(telco, newline="") as file: header, *rows = csv.reader(file)
random.Random(7).shuffle(rows)
cut = len(rows) * 4 // 5
for name, part in (("ydf_train.csv", rows[:cut]), ("ydf_test.csv", rows[cut:])):
    with open(name, "w", newline="") as file: csv.writer(file).writerows([header, *part])

target = next(name for name in header if name.lower() == "churn")
key = [name for name in header if name.lower() in ("customerid", "id")]
train, test = (pandas.read_csv(name).drop(columns=key) for name in ("ydf_train.csv", "ydf_test.csv"))
for frame in (train, test):
    for name in frame.columns:  # "TotalCharges" holds blanks
        if name.lower() == "totalcharges": frame[name] = pandas.to_numeric(frame[name], errors="coerce")
ydf.verbose(0)
peers = {"YDF, its own settings": ydf.GradientBoostedTreesLearner(label=target, num_threads=1).train(train),
         "YDF, 500 trees": ydf.GradientBoostedTreesLearner(label=target, num_threads=1, num_trees=500, early_stopping="NONE").train(train)}
subprocess.run([vitrine, "train", "ydf_train.csv", "--target", target, "--model", "trees", "-o", "ydf.onnx", "--quiet"], **quiet)
judged = json.loads(subprocess.run([vitrine, "evaluate", "ydf.onnx", "ydf_test.csv", "--json"], check=True, capture_output=True).stdout)

def ours():
    run = subprocess.run([rows_program, "ydf.onnx", "ydf_test.csv", str(TOGETHER)], check=True, capture_output=True,
                         preexec_fn=lambda: os.sched_setaffinity(0, core))
    return json.loads(run.stdout)


def theirs(model):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, core)
    try: return 1e6 * model.benchmark(test, benchmark_duration=0.5, batch_size=TOGETHER, num_threads=1).duration_per_example
    finally: os.sched_setaffinity(0, before)


times = {"Vitrine": [], **{name: [] for name in peers}}
for _ in range(ROUNDS):
    times["Vitrine"].append(ours()["us_a_row"])
    for name, model in peers.items(): times[name].append(theirs(model))
aucs = {"Vitrine": judged["auc"], **{name: model.evaluate(test).characteristics[0].auc for name, model in peers.items()}}
trees = {name: model.num_trees() for name, model in peers.items()}
processor = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
print(f"""# Boosted trees of a table, against YDF

{time.strftime('%Y-%m-%d')}, {processor}, Linux {platform.release()}, YDF {ydf.__version__}. {what[0].upper() + what[1:]}: {cut:,} rows to learn
from, {len(rows) - cut:,} to be judged on. Time a row on one thread, {TOGETHER} rows a call, values in each engine's own
form; medians of {ROUNDS} rounds in turn, lowest and highest in brackets. Again: `./scripts/bench telco_trees`.

| Model | AUC | us a row | of Vitrine's time |
|---|---|---|---|""")
mine = statistics.median(times["Vitrine"])
for name, found in times.items():
    shown = f"{name} ({trees[name]} trees)" if name in trees else f"Vitrine ({ours()['engine']})"
    print(f"| {shown} | {aucs[name]:.3f} | {statistics.median(found):.3f} ({min(found):.3f} to {max(found):.3f}) "
          f"| {statistics.median(found) / mine:.1f} x |")
