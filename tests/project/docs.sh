#!/usr/bin/env bash
# The pages are true: every link and every path that they name exists, and the reference of the command line is what the program prints.
set -euo pipefail
cd "$REPO"
diff <("$VITRINE" manual --format markdown) docs/reference/command-line.md ||
  { echo "FAILED: run: ./scripts/vitrine manual --format markdown >docs/reference/command-line.md"; exit 1; }
python3 - <<'PY'
import glob, os, re, sys
pages = [p for p in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"] + sorted(
    glob.glob("docs/**/*.md", recursive=True) + glob.glob("fuzz/*.md") + glob.glob("tests/**/*.md", recursive=True)) if os.path.exists(p)]
faults, links = [], 0
def anchors(path):
    """What GitHub makes of the headings."""
    out, fenced = set(), False
    for line in open(path):
        if line.startswith("```"): fenced = not fenced
        if line.startswith("#") and not fenced:
            text = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip())
            out.add(re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-"))
    return out
for page in pages:
    text = re.sub(r"^```.*?^```", "", open(page).read(), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target): continue
        links += 1
        path, _, anchor = target.partition("#")
        path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        if not os.path.exists(path): faults.append(f"{page} links {target}, which is not there")
        elif anchor and path.endswith(".md") and anchor not in anchors(path): faults.append(f"{page} links {target}: there is no such heading")
    if "benchmarks" in page: continue  # what was measured then
    for path in re.findall(r"`((?:src|docs|scripts|tests|bench|fuzz|include|cmake|examples)/[\w./-]+)`", text):
        if not os.path.exists(path): faults.append(f"{page} names {path}, which is not there")
# Paths in comments of the sources.
named = 0
for folder in ("src", "bench", "tests", "scripts", "cmake", "include", "fuzz", "examples"):
    for path in (os.path.join(d, n) for d, _, names in os.walk(folder) for n in names):
        if not re.search(r"\.(h|cpp|sh|py|cmake|txt|js|md)$|^scripts/", path): continue
        for line in open(path, errors="replace"):
            comment = re.search(r"(?://|^ \*)(.*)" if re.search(r"\.(h|cpp|js)$", path) else r"#(.*)", line)
            if not comment: continue
            for one in re.findall(r"(?<![\w./-])((?:src|docs|scripts|tests|bench|fuzz|include)/[\w/-]+\.(?:h|cpp|md|sh|py))(?!\w)", comment.group(1)):
                named += 1
                if not os.path.exists(one): faults.append(f"{path} names {one}, which is not there")
            if path.startswith("src/"):
                for one in re.findall(r"(?<![\w./-])((?:base|net|onnx|data|model|engine|train|serve|app|metrics|telemetry|package|zoo|report|interop)/[\w/]+\.h)\b", comment.group(1)):
                    named += 1
                    generated = one in ("base/build_id.h", "base/build_info.h", "base/version.h", "serve/api/inference.pb.h")
                    if not generated and not os.path.exists("src/" + one): faults.append(f"{path} names {one}, which is not there")
assert links > 60 and named > 20, (links, named)
print("\n".join(sorted(set(faults))))
sys.exit(1 if faults else 0)
PY
