#!/usr/bin/env bash
# The commands of the README work as printed, one block after another, and their output is the one that the README shows.
. "$(dirname "$0")/../cli/lib.sh"
mkdir bin && printf '#!/bin/sh\nexec "%s" "$@"\n' "$VITRINE" >bin/vitrine && chmod +x bin/vitrine
export PATH=$work/bin:$PATH
# `vitrine serve` is started in the background, on a free port.
served() {
  if [[ -n ${server:-} ]]; then stop_server; fi
  serve "$@"
}
python3 - "$REPO/README.md" <<'PY' >commands.sh
import re, sys
page = open(sys.argv[1]).read()
blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
assert len(blocks) >= 6, blocks
for block in blocks:
    # The training on photos is cut short.
    print(re.sub(r"^vitrine serve ", "served ", block, flags=re.M).replace("localhost:9696", '"$url"').replace("--time 3m", "--time 20s"))
PY
[[ $(grep -c '^served ' commands.sh) == 3 ]] || die "the README serves other models"
set -eo pipefail
. ./commands.sh >out.txt
[[ $(curl -s "$url/v1/models/churn" -o /dev/null -w '%{http_code}') == 401 ]] || die "the README's keys are not asked for"
stop_server
contains "$(cat out.txt)" PONG
contains "$(cat out.txt)" '"model":"clothes"'
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
like_readme "$(grep -m 1 '^  logistic  log loss' "$REPO/README.md")" "$(grep -m 1 '^  logistic  log loss' out.txt)"
[[ $(wc -l <answers.csv) == 7001 && -s training.html && -s churn-image/README.md && -s keys ]] || die "files of the README"
