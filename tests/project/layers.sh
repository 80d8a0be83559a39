#!/usr/bin/env bash
# Each folder of src/ includes and links only what the layer table of ARCHITECTURE.md allows, and has its own namespace;
# external libraries are used only by their owners. (tests/project/docs.sh checks the paths in the pages.)
set -euo pipefail
cd "$REPO"
python3 - <<'PY'
import os, re, sys
page = open("ARCHITECTURE.md").read()
table = page[page.index("| Folder | May include |"):].split("\n\n")[0].splitlines()[2:]
rows = {}  # folder -> what it may include, as written
for line in table:
    folder, may, _ = [cell.strip() for cell in line.strip("|").split("|")]
    rows[folder] = {name.strip() for name in may.split(",") if name.strip() != "-"}
faults = [f"the table of ARCHITECTURE.md names {one}, which is not in src/" for one in rows if not os.path.isdir("src/" + one)]

def row_of(path):
    """The layer of a path below src/: the longest row that it begins with."""
    parts = path.split("/")
    for end in range(len(parts), 0, -1):
        if "/".join(parts[:end]) in rows: return "/".join(parts[:end])
    return None

def may(layer, target):
    return target in (layer, "base") or any(
        target == one or one not in rows and target.startswith(one + "/") for one in rows[layer])

# The table has no cycle: each row names rows above it.
order = list(rows)
for layer in rows:
    for target in rows:
        if target != "base" and may(layer, target) and order.index(target) > order.index(layer):
            faults.append(f"the row {layer} names {target}, which stands below it")

owners = {
    "onnxruntime_cxx_api.h": {"engine/ort"}, "dnnl.hpp": {"engine/onednn"}, "omp.h": {"engine/onednn"},
    "xgboost": {"train/table/solvers"}, "linear.h": {"train/table/solvers"}, "torch": {"train/network"},
    "ATen": {"train/network"}, "boost": {"serve/http"}, "grpcpp": {"serve/grpc"}, "CLI": {"cli"},
    "openssl": {"base", "net"}, "seccomp.h": {"sandbox"}, "hdf5.h": {"interop/hdf5"}, "prometheus": {"telemetry"},
    "simdjson": {"data/table", "serve/api"}, "jpeglib.h": {"data/image"}, "spng.h": {"data/image"},
    "webp": {"data/image"}, "libheif": {"data/image"}, "gif_lib.h": {"data/image"}, "libexif": {"data/image"},
    "stb": {"data/image"}, "zlib.h": {"data/table", "data/image", "web"}, "zstd.h": {"data/table"}, "iconv.h": {"data/table"}, "curl": {"curl"}, "archive.h": {"package", "interop"},
    "libdeflate.h": {"package"}, "expat.h": {"data/spreadsheet"}, "sqlite3.h": {"data/database"}, "libpq-fe.h": {"data/database"}, "arrow": {"data/arrow"}, "parquet": {"data/arrow"}, "onnx": {row for row in rows if row == "onnx" or "onnx" in rows[row]}}
files = 0
for folder, _, names in os.walk("src"):
    for name in names:
        path = os.path.join(folder, name)
        if not name.endswith((".h", ".cpp")): continue
        files += 1
        text = open(path).read()
        layer = row_of(path[4:])
        if layer is None:
            faults.append(f"{path} is in no row of the table")
            continue
        wanted = "vitrine" if layer == "base" else "vitrine::" + layer.split("/")[0]
        for space in re.findall(r"^namespace (vitrine[\w:]*) \{", text, re.M):
            if space != wanted: faults.append(f"{path} opens the namespace {space}; its folder's is {wanted}")
        if name.endswith("_test.cpp") or name.startswith("test_"): continue
        for bracket, target in re.findall(r'^\s*#include (["<])([^">]+)[">]', text, re.M):
            head = target.split("/")[0]
            if bracket == '"' and "/" in target:
                other = row_of(target)
                if other is None: faults.append(f"{path} includes {target}, which is in no row of the table")
                elif not may(layer, other): faults.append(f"{path} includes {target}, which the layer {layer} may not")
            elif bracket == "<" and head in owners and layer not in owners[head]:
                faults.append(f"{path} includes {target}, which belongs to {sorted(owners[head])}")
assert files > 300, f"only {files} files were read: the search is broken"

# The link graph: a target links only targets of the layers that its own layer may include.
targets = {"vitrine_" + folder.replace("/", "_"): folder for folder in rows}
targets["vitrine_train_solvers"] = targets.pop("vitrine_train_table_solvers")
linked = 0
for folder in rows:
    text = re.sub(r"#[^\n]*", "", open(f"src/{folder}/CMakeLists.txt").read())
    for call in re.findall(r"(?:vitrine_library|target_link_libraries|vitrine_module)\(([^)]*)\)", text):
        for target in re.findall(r"\bvitrine_\w+", call):
            if target not in targets:
                faults.append(f"src/{folder}/CMakeLists.txt links {target}, which is no layer's")
                continue
            linked += 1
            if not may(folder, targets[target]):
                faults.append(f"src/{folder}/CMakeLists.txt links {target}, which the layer {folder} may not")
assert linked > 30, f"only {linked} links were read: the search is broken"

print("\n".join(faults))
sys.exit(1 if faults else 0)
PY
