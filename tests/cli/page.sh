#!/usr/bin/env bash
# The web page in headless Chromium: tables and photos, by mouse and by keyboard, hostile names, an API key, and
# accessibility (axe). Screenshots are written to build/test-results/page.
. "$(dirname "$0")/lib.sh"
command -v chromium >/dev/null || skip "chromium is missing"
python=$("$REPO/scripts/python-venv" browser)/bin/python || skip "PyPI can't be reached"
small_model
"$VITRINE" train sample.csv --target Churn --model trees -o trees.onnx --quiet >/dev/null
small_photo_model
"$VITRINE" sample churn rows.csv --rows 40 --seed 5 >/dev/null
python3 - <<'PY'
# Names with markup and bidirectional marks.
import csv, random
names = ["<img src=x onerror=alert(1)>", "\"quoted' & </script>", "\u202ertl \u0627\u0644", "plain"]
values = ["<script>alert(2)</script>", "b\"'>", "x" * 10000, "\u202eevil"]
random.seed(1)
with open("hostile.csv", "w", newline="") as file:
    out = csv.writer(file)
    out.writerow(names + ["</title><script>alert(3)</script>"])
    for i in range(400):
        value = random.choice(values)
        out.writerow([value, random.choice(values), random.random(), random.random(), "<b>yes</b>" if (value == values[0]) != (random.random() < 0.2) else "n\u202eo"])
PY
"$VITRINE" train hostile.csv --target '</title><script>alert(3)</script>' --model logistic -o hostile.onnx --quiet >/dev/null
python3 - <<'PY'
# A number, with a date among the columns.
import random
random.seed(4)
with open("house.csv", "w") as file:
    file.write("house,size,sold,Price\n")
    for _ in range(300):
        size, month = random.uniform(20, 200), random.randint(1, 12)
        file.write(f"h{_},{size:.1f},2023-{month:02}-{random.randint(1, 28):02},{1000 * size + 9000 * month + random.gauss(0, 9000):.0f}\n")
PY
"$VITRINE" train house.csv --target Price --id house -o house.onnx --quiet >/dev/null
printf "ops %s\n" "$(printf secret | sha256sum | cut -c1-64)" >keys
mkdir -p "$REPO/build/test-results/page"
"$VITRINE" tune churn.onnx --about 'Will this customer cancel?' >/dev/null
serve churn=churn.onnx trees=trees.onnx clothes=clothes.onnx hostile=hostile.onnx house=house.onnx --log-predictions log.jsonl
photos=$(find photos -name '*.jpg' | sort | sed -n '1p;50p;100p')
printf 'this is no photo' >broken.jpg
"$python" "$REPO/tests/cli/page.py" "$url" "$REPO/build/test-results/page" rows.csv broken.jpg $photos || die "a test of the page failed"
stop_server
# The page's trials are not logged; what somebody called wrong is, with what is true.
[[ $(grep -c '"truth":"no"' log.jsonl) == 1 ]] || die "the log has not what was called wrong"
[[ $(grep -c '"model":"trees"' log.jsonl) == 0 ]] || die "the log has predictions that were only tried"
grep -e '"model":"churn"' log.jsonl >churn.jsonl
"$VITRINE" evaluate churn.onnx churn.jsonl --json 2>/dev/null | json 'd["rows"] == 1 and d["accuracy"] == 0'
serve churn=churn.onnx --api-keys keys
"$python" "$REPO/tests/cli/page.py" "$url" --key secret || die "the page does not ask for the key"
stop_server
