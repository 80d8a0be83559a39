"""What is shipped: sizes of images against those of the Python stacks, and how long it is from `vitrine package` to the first answer.

Usage: packages.py VITRINE
No image can be pulled: a Python image is Debian 13 with its Python (mmdebstrap, minbase) and what pip installs, as tar and
gzip, which is how a registry keeps it; python:3.12-slim is built alike. Ours is the sum of the image's layers.
"""
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request

vitrine = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()
os.chdir(work)


def run(*words, **more):
    return subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def compressed(folder=None, file=None):
    """Bytes of a layer."""
    source = subprocess.Popen(["tar", "-c", "-C", folder, "."] if folder else ["cat", file], stdout=subprocess.PIPE)
    size = int(subprocess.run("gzip -6 | wc -c", shell=True, stdin=source.stdout, capture_output=True, check=True).stdout)
    source.wait()
    return size


def stack(*packages):
    folder = tempfile.mkdtemp(dir=work)
    run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder, *packages)
    size = compressed(folder=folder)
    shutil.rmtree(folder)
    return size


def layers(package):
    archive = tarfile.open(next(os.path.join(package, name) for name in os.listdir(package) if name.endswith(".oci.tar")))
    index = json.load(archive.extractfile("index.json"))
    manifest = json.load(archive.extractfile("blobs/sha256/" + index["manifests"][0]["digest"][7:]))
    return sum(layer["size"] for layer in manifest["layers"])


run(vitrine, "sample", "churn", "sample.csv", "--rows", "2000")
run(vitrine, "train", "sample.csv", "--target", "Churn", "--model", "logistic", "-o", "churn.onnx", "--quiet")
run(vitrine, "sample", "clothes", "photos", "--photos", "120", "--side", "32")
run(vitrine, "train", "photos", "-o", "clothes.onnx", "--recipe", "epochs=1", "--quiet")
row = dict(zip(open("sample.csv").readline().strip().split(","), open("sample.csv").readlines()[1].strip().split(",")))
row = json.dumps({key: value for key, value in row.items() if key not in ("Churn", "customerID")}).encode()
photo = next(os.path.join(folder, files[0]) for folder, _, files in os.walk("photos") if files)
questions = {"churn": (row, "application/json"), "clothes": (open(photo, "rb").read(), "image/jpeg")}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def first_answer(port, model):
    body, kind = questions[model]
    while True:
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", body, {"Content-Type": kind})
            with urllib.request.urlopen(request, timeout=5) as answer:
                assert "label" in json.load(answer)
                return
        except OSError: time.sleep(0.001)


storage = {**os.environ, "STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot", "CONTAINERS_STORAGE_CONF": work + "/storage.conf", "CONTAINERS_CONF": work + "/containers.conf"}
open("storage.conf", "w").write(f'[storage]\ndriver="vfs"\ngraphroot="{work}/graph"\nrunroot="{work}/run"\n')
open("containers.conf", "w").write('[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=4096:4096"]\n')


def by_tarball(model):
    began = time.monotonic()
    run(vitrine, "package", model + ".onnx", "--for", "tarball", "-o", "t")
    run("tar", "-xzf", f"t/{model}.tar.gz")
    port = free_port()
    server = subprocess.Popen([f"{model}/serve", "--port", str(port)], stderr=subprocess.DEVNULL)
    first_answer(port, model)
    took = time.monotonic() - began
    server.terminate()
    server.wait()
    shutil.rmtree("t")
    shutil.rmtree(model)
    return took


def by_image(model):
    began = time.monotonic()
    run(vitrine, "package", model + ".onnx", "--for", "oci", "-o", "i")
    packed = time.monotonic() - began
    container = subprocess.run(["buildah", "from", f"oci-archive:i/{model}.oci.tar"], check=True, capture_output=True, text=True, env=storage).stdout.strip()
    port = free_port()
    words = ["/usr/bin/vitrine-serve", "serve", f"{model}=/models/{model}.onnx", "--port", str(port)]
    runner = subprocess.Popen(["buildah", "run", container, "--", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=storage)
    first_answer(port, model)
    took = time.monotonic() - began
    run("pkill", "-TERM", "-f", "^" + " ".join(words) + "$")
    runner.wait()
    run("buildah", "rm", container, env=storage)
    run("buildah", "rmi", "--all", "--force", env=storage)
    shutil.rmtree("i")
    return packed, took


times = {name: [] for name in ("churn packed", "churn tarball", "churn image", "clothes packed", "clothes tarball", "clothes image")}
for _ in range(5):
    for model in ("churn", "clothes"):
        times[model + " tarball"].append(by_tarball(model))
        packed, took = by_image(model)
        times[model + " packed"].append(packed)
        times[model + " image"].append(took)
sizes = {}
for model in ("churn", "clothes"):
    run(vitrine, "package", model + ".onnx", "--for", "oci", "-o", "s")
    sizes[model] = layers("s")
    shutil.rmtree("s")
run("mmdebstrap", "--variant=minbase", "--include=python3,ca-certificates", "trixie", "base.tar")
base = compressed(file="base.tar")
scikit = stack("flask", "gunicorn", "scikit-learn")
tensorflow = stack("flask", "gunicorn", "pillow", "tensorflow")
shutil.rmtree(work)
mb = lambda size: f"{size / 1e6:.1f}"
seconds = lambda name: f"{statistics.median(times[name]):.2f} ({min(times[name]):.2f} to {max(times[name]):.2f})"
processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
print(f"""# What is shipped

{time.strftime('%Y-%m-%d')}, {processor}, {os.cpu_count()} cores, Linux {platform.release()}. Again: `./scripts/bench packages`.

| Image | MB, compressed | Against Vitrine's |
|---|---|---|
| Vitrine, churn | {mb(sizes['churn'])} | 1 |
| Debian 13, Python, Flask, gunicorn, scikit-learn | {mb(base + scikit)} | {(base + scikit) / sizes['churn']:.1f} |
| Vitrine, clothes (a model of 2.8 MB in it) | {mb(sizes['clothes'])} | 1 |
| Debian 13, Python, Flask, gunicorn, TensorFlow | {mb(base + tensorflow)} | {(base + tensorflow) / sizes['clothes']:.1f} |

Debian and its Python alone are {mb(base)} MB. No image can be pulled here: sizes are those of mmdebstrap's minbase and of what pip
installs, tar and gzip -6. Models of the Python images are not counted.

| From `vitrine package` | churn, s | clothes, s |
|---|---|---|
| to a whole image | {seconds('churn packed')} | {seconds('clothes packed')} |
| to the first answer, as a tarball (unpacked, started, asked) | {seconds('churn tarball')} | {seconds('clothes tarball')} |
| to the first answer, as an image (loaded by buildah with vfs, run in a chroot, asked) | {seconds('churn image')} | {seconds('clothes image')} |

Medians of five, least and most.""")
