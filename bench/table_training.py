"""From a table of 1,000,000 different customers to a model.

Vitrine: reading, the choice of C over five folds, figures with intervals on rows
kept apart, the final fit, the file, reopening and comparing it.
Peer: pandas + scikit-learn's OneHotEncoder pipeline: reading and one single fit
(bench/peer_onehot.py); no folds, no choice of C, no figures, no file.

Usage: table_training.py VITRINE
"""
import os
import platform
import resource
import statistics
import subprocess
import sys
import time

RUNS = 5
here = os.path.dirname(os.path.abspath(__file__))
vitrine = sys.argv[1]
table = "million.csv"


def run(command):
    """Seconds and peak memory (MiB) of a whole process."""
    start = time.monotonic()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, command
    return time.monotonic() - start, usage.ru_maxrss / 1024


def line(name, runs):
    seconds = [s for s, _ in runs]
    memory = statistics.median(m for _, m in runs)
    return (f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} "
            f"| {memory:.0f} |")


subprocess.run([vitrine, "sample", "churn", table, "--rows", "1000000"], check=True, stdout=subprocess.DEVNULL)
commands = {
    "vitrine train --model logistic": [vitrine, "train", table, "--target", "Churn", "--model", "logistic",
                                       "-o", "million.onnx", "--quiet"],
    "pandas + scikit-learn, one fit": [sys.executable, os.path.join(here, "peer_onehot.py"), table],
}
results = {name: [] for name in commands}
for command in commands.values():
    run(command)  # warm: file cache, byte code
for _ in range(RUNS):
    for name, command in commands.items():
        results[name].append(run(command))

ours, peer = (results[name] for name in commands)
ratios = [p[0] / o[0] for o, p in zip(ours, peer)]
model = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
versions = subprocess.run([sys.executable, "-c", "import pandas, sklearn; print(pandas.__version__, sklearn.__version__)"],
                          capture_output=True, text=True, check=True).stdout.split()
print(f"""# Training on a table of 1,000,000 rows

`./scripts/bench table_training`, {time.strftime("%Y-%m-%d")}; {model}, {os.cpu_count()} cores, Linux {platform.release()};
pandas {versions[0]}, scikit-learn {versions[1]}, Python {platform.python_version()}. The table is `vitrine sample churn
--rows 1000000`, {os.path.getsize(table) / 1e6:.0f} MB. {RUNS} runs each, in turn, after one warm-up; whole processes.

| | median s | min to max | peak MiB |
|---|---|---|---|
{line("vitrine: read, choose C over 5 folds, judge, fit, save, reopen", ours)}
{line("pandas + scikit-learn one-hot: read and one single fit", peer)}

Ratio of the times, run by run: median {statistics.median(ratios):.1f}, {min(ratios):.1f} to {max(ratios):.1f}.""")
