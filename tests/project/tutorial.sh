#!/usr/bin/env bash
# The commands of docs/tutorial/churn.md run in order as they stand (on a free port), and print what the page shows of the parts that do
# not depend on the machine. Those of docs/tutorial/clothes.md train for five minutes and are run by hand.
. "$(dirname "$0")/../cli/lib.sh"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
mkdir bin && printf '#!/bin/sh\nexec "%s" "$@"\n' "$VITRINE" >bin/vitrine && chmod +x bin/vitrine
export PATH=$work/bin:$PATH
python3 - "$REPO/docs/tutorial/churn.md" "$port" <<'PY' >commands.sh
import re, sys
page, port = open(sys.argv[1]).read(), sys.argv[2]
blocks = re.findall(r"```sh\n(.*?)```", page, re.S)
assert len(blocks) >= 12, len(blocks)
print("set -eo pipefail")
for block in blocks:
    print(block.replace("localhost:9696", f"localhost:{port}").replace("vitrine serve ", f"vitrine serve --port {port} "))
PY
mkdir tutorial
(cd tutorial && trap 'kill -KILL $server 2>/dev/null || true' EXIT && . ../commands.sh) >out.txt 2>err.txt ||
  die "a command of the tutorial failed: $(tail -n 5 err.txt)"
for part in '{"status":"ready"' '"churn":true' '"contributions"' 'the second is\|no significant difference\|the first is' 'churn-image\|blobs\|README.md'; do
  grep -q "$part" out.txt || die "no '$part' in what the tutorial prints"
done
[[ -s tutorial/report.html && $(wc -l <tutorial/answers.csv) == 7001 ]] || die "files of the tutorial"
