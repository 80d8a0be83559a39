#!/usr/bin/env bash
# The commands of the README work as printed (except demo and test), and their output is the one
# that the README shows.
. "$(dirname "$0")/../cli/lib.sh"
python3 - "$REPO/README.md" <<'PY' >commands.sh
import re, sys
page = open(sys.argv[1]).read()
blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
assert len(blocks) >= 5, blocks
for block in blocks:
    if "scripts/demo" in block: continue
    print(block.replace("./scripts/vitrine serve churn.onnx --port 9696", "serve churn.onnx")
               .replace("./scripts/vitrine", '"$VITRINE"').replace("localhost:9696", '"$url"'))
PY
. ./commands.sh >out.txt
stop_server
contains "$(cat out.txt)" PONG
# Processors round differently: the words must be equal, numbers to three digits.
like_readme() {
  python3 - "$1" "$2" <<'PY' || die "README: $1, output: $2"
import re, sys
number = r"\d+\.\d+"
said, got = sys.argv[1:]
assert re.sub(number, "#", said) == re.sub(number, "#", got)
assert all(abs(float(a) - float(b)) < 0.002 for a, b in zip(re.findall(number, said), re.findall(number, got)))
PY
}
like_readme "$(grep '^{"churn"' "$REPO/README.md")" "$(grep -o '{"churn".*' out.txt)"
like_readme "$(grep '^  logistic  log loss' "$REPO/README.md")" "$(grep '^  logistic  log loss' out.txt)"
[[ $(wc -l <answers.csv) == 7001 ]] || die "answers.csv"
