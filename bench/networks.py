"""Networks of photos: our engine, its convolutions as raw oneDNN primitives, OpenVINO and ONNX
Runtime, at the same precision on the same cores, interleaved.

Usage: networks.py VITRINE
ResNet-50 and EfficientNet-b0 have weights by chance; the others are the shared backbones, where they
are there. Ours takes bytes of pixels and scales them in the measured time; the peers get floats.
"""
import glob
import json
import os
import platform
import statistics
import subprocess
import sys
import time

vitrine = os.path.abspath(sys.argv[1])
here = os.path.dirname(os.path.abspath(__file__))
program = os.path.join(os.path.dirname(vitrine), "bench_network")
peer = os.path.join(here, "network_peer.py")
ROUNDS = int(os.environ.get("BENCH_ROUNDS", 7))
THREADS = os.cpu_count()
BATCHES = (1, 8)
flags = open("/proc/cpuinfo").read()
PRECISIONS = (["f32"] + (["bf16"] if "avx512_bf16" in flags else []) + (["int8"] if "avx512_vnni" in flags else []))


class Engine:
    def __init__(self, *command):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.first = json.loads(self.process.stdout.readline())
    def run(self, times, what="run"):
        print(what, times, file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())
    def __enter__(self): return self
    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


def spread(values, form="{:.2f}"):
    return f"{form.format(statistics.median(values))} ({form.format(min(values))}-{form.format(max(values))})"


def geometric(values): return statistics.geometric_mean(values) if values else float("nan")


def quantized(path): return os.path.join("networks/int8", os.path.basename(path).removesuffix(".onnx") + ".xml")


def measure(path, precision, batch):
    arguments = (path, precision, batch, THREADS)
    with Engine(program, *arguments) as ours, \
         Engine(sys.executable, peer, "openvino", quantized(path) if precision == "int8" else path, *arguments[1:]) as vino, \
         Engine(sys.executable, peer, "onnxruntime", path, "f32", batch, THREADS) as runtime:
        engines = {"ours": lambda n: ours.run(n), "convolutions": lambda n: ours.run(n, "convolutions"),
                   "openvino": lambda n: vino.run(n), "onnxruntime": lambda n: runtime.run(n)}
        times = max(2, min(40, int(200 / ours.run(3))))
        rounds = {name: [] for name in engines}
        for name in engines: engines[name](max(1, times // 2))
        order = list(engines)
        for _ in range(ROUNDS):
            order.append(order.pop(0))
            for name in order:
                time.sleep(0.1)  # threads of the one before may still spin
                rounds[name].append(engines[name](times))
        opens = {"ours": ours.first["open_ms"], "openvino": vino.first["open_ms"]}
        names = [ours.first["engine"], vino.first["engine"], runtime.first["engine"]]
    ratio = lambda name: statistics.median(b / a for a, b in zip(rounds["ours"], rounds[name]))
    return {"times": rounds, "convolutions": 1 / ratio("convolutions"), "openvino": ratio("openvino"),
            "onnxruntime": ratio("onnxruntime"), "opens": opens, "names": names}


def openings(path, precision):
    """Reading, compiling and the first answer, each in a process of its own."""
    ours, vino = [], []
    for _ in range(5):
        with Engine(program, path, precision, 1, THREADS) as one: ours.append(one.first["open_ms"])
        with Engine(sys.executable, peer, "openvino", path, precision, 1, THREADS) as one: vino.append(one.first["open_ms"])
    return ours, vino


os.makedirs("networks", exist_ok=True)
if not os.path.exists("networks/resnet50.onnx"):
    subprocess.run([sys.executable, os.path.join(here, "make_networks.py"), "networks"], check=True)
paths = sorted(glob.glob("networks/*.onnx")) + sorted(glob.glob(os.path.join(here, "../../shared/data/backbones/*fp32.onnx")))
paths = {os.path.basename(path): path for path in paths}
if "int8" in PRECISIONS and (missing := [path for path in paths.values() if not os.path.exists(quantized(path))]):
    subprocess.run([sys.executable, os.path.join(here, "quantize_networks.py"), "networks/int8", *missing], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
cpu = next((line.split(":")[1].strip() for line in flags.splitlines() if line.startswith("model name")), "?")
print(f"""# Networks of photos

{time.strftime('%Y-%m-%d')}, {platform.platform()}, {cpu}, {THREADS} cores. 224 x 224, milliseconds a call on all cores; medians of
{ROUNDS} rounds in which all take turns, lowest and highest in brackets. int8: OpenVINO's by NNCF. Again: `./scripts/bench networks`.
""")
print("| Network | Photos | Precision | Vitrine | raw convolutions | OpenVINO | ONNX Runtime f32 | to raw | OpenVINO / ours | ONNX Runtime / ours |")
print("|---|---|---|---|---|---|---|---|---|---|")
all_ratios, names = {}, []
for name, path in paths.items():
    for precision in PRECISIONS:
        for batch in BATCHES:
            found = measure(path, precision, batch)
            names = found["names"]
            t = found["times"]
            print(f"| {name.removesuffix('.onnx')} | {batch} | {precision} | {spread(t['ours'])} | {spread(t['convolutions'])} | {spread(t['openvino'])} "
                  f"| {spread(t['onnxruntime'])} | {found['convolutions']:.2f} | {found['openvino']:.2f} | {found['onnxruntime']:.2f} |", flush=True)
            for other in ("openvino", "onnxruntime"):
                all_ratios.setdefault((other, precision), []).append(found[other])
print(f"\n{names[0].split(',')[0]}; {names[1]}; {names[2]}.\n")
for (other, precision), ratios in all_ratios.items():
    print(f"- {other}, {precision}: geometric mean {geometric(ratios):.2f}, least {min(ratios):.2f}")
print("\n## Opening\n\nRead, compiled and answered once, f32, milliseconds (5 processes each).\n\n| Network | Vitrine | OpenVINO | ratio |\n|---|---|---|---|")
for name, path in paths.items():
    ours, vino = openings(path, "f32")
    print(f"| {name.removesuffix('.onnx')} | {spread(ours, '{:.0f}')} | {spread(vino, '{:.0f}')} | {statistics.median(vino) / statistics.median(ours):.1f} |", flush=True)
