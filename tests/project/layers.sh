#!/usr/bin/env bash
# Each folder of src/ includes only what the layer table of ARCHITECTURE.md allows,
# libraries stay with their owners, and every path the page names exists.
set -euo pipefail
cd "$REPO"
python3 - <<'PY'
import os, re, sys
page = open("ARCHITECTURE.md").read()
table = page[page.index("| Folder |"):].split("\n\n")[0].splitlines()[2:]
allowed = {}
for line in table:
    folder, may, _ = [cell.strip() for cell in line.strip("|").split("|")]
    allowed[folder] = {folder, "base"} | {name.strip() for name in may.split(",") if name.strip() != "-"}
owners = {"onnxruntime": {"ort"}, "onnxruntime_cxx_api.h": {"ort"}, "dnnl.hpp": {"cnn"}, "omp.h": {"cnn"}, "xgboost": {"learn"}, "linear.h": {"learn"}, "boost": {"serve"},
          "CLI": {"cli"}, "openssl": {"base", "net"}, "seccomp.h": {"serve"}, "prometheus": {"telemetry"}, "onnx": {"model", "infer", "nn", "cnn", "ort"}, "simdjson": {"data", "api"},
          "jpeglib.h": {"data"}, "spng.h": {"data"}, "webp": {"data"}, "libheif": {"data"}, "gif_lib.h": {"data"},
          "libexif": {"data"}, "stb": {"data"}, "zlib.h": {"data", "web"}, "curl": {"curl"}, "archive.h": {"package"}, "libdeflate.h": {"package"}, "grpcpp": {"grpc"}, "torch": {"nn"}, "ATen": {"nn"}}
faults, seen = [], set()
for folder, _, files in os.walk("src"):
    for name in files:
        path = os.path.join(folder, name)
        layer = path.split(os.sep)[1]
        seen.add(layer)
        if name.endswith("_test.cpp") or name.startswith("test_"): continue
        for target in re.findall(r'^\s*#include ["<]([^">]+)[">]', open(path).read(), re.M):
            head = target.split("/")[0]
            if head in allowed and head not in allowed.get(layer, set()):
                faults.append(f"{path} includes {target}, which the layer {layer} may not")
            library = head.split("_cxx_api")[0]
            if library in owners and layer not in owners[library]:
                faults.append(f"{path} includes {target}, which belongs to {sorted(owners[library])}")
for layer in seen ^ set(allowed):
    faults.append(f"the folder src/{layer} and the table of ARCHITECTURE.md differ")
for text in ("ARCHITECTURE.md", "README.md", "CONTRIBUTING.md"):
    for path in re.findall(r"`((?:src|docs|scripts|tests|bench)/[\w./-]+)`", open(text).read()) + re.findall(r"\]\(([\w./-]+)\)", open(text).read()):
        if not os.path.exists(path): faults.append(f"{text} names {path}, which is not there")
print("\n".join(faults))
sys.exit(1 if faults else 0)
PY
