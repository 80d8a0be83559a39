#!/usr/bin/env bash
# Reports of evaluate and train have the numbers of --json, open from disk without a network, and escape hostile
# names. compare finds a difference only if there is one.
. "$(dirname "$0")/lib.sh"
small_model
small_photo_model
"$VITRINE" sample churn later.csv --rows 800 --seed 3 >/dev/null
"$VITRINE" evaluate churn.onnx later.csv --report churn.html --json >churn.json
"$VITRINE" evaluate churn.onnx later.csv --report churn.md >/dev/null
"$VITRINE" evaluate clothes.onnx photos --report clothes.html --json >clothes.json
"$VITRINE" train later.csv --target Churn --model logistic -o other.onnx --report train.html --quiet >/dev/null
"$VITRINE" train later.csv --target Churn --model trees -o trees.onnx --quiet >/dev/null
"$VITRINE" evaluate trees.onnx later.csv --report trees.html >/dev/null
"$VITRINE" inspect trees.onnx --json >trees.json
"$VITRINE" inspect churn.onnx --json >churn_card.json
"$VITRINE" predict churn.onnx later.csv --format csv >answers.csv
"$VITRINE" train later.csv --target Churn -o both.onnx --report both.html --quiet >/dev/null
"$VITRINE" train photos -o other_clothes.onnx --recipe epochs=1 --report train.md --quiet >/dev/null
python3 - <<'PY'
import csv, random
random.seed(1)
with open("hostile.csv", "w", newline="") as file:
    out = csv.writer(file)
    out.writerow(["x", "</title><script>alert(3)</script>|*"])
    for i in range(300):
        x = random.random()
        out.writerow([x, "<img src=x onerror=alert(1)>" if x + random.random() > 1 else "\u202e\"quoted' & " + "x" * 10000])
PY
python3 -c '
import random
random.seed(2)
print("x,y,kind")
for i in range(900): print(f"{i % 30 + random.gauss(0, 1.2):.2f},{(i % 30) % 5},kind {i % 30}")' >many.csv
"$VITRINE" train many.csv --target kind --model logistic -o many.onnx --quiet >/dev/null
"$VITRINE" evaluate many.onnx many.csv --report many.html --json >many.json
"$VITRINE" train hostile.csv --target '</title><script>alert(3)</script>|*' --model logistic -o hostile.onnx --quiet >/dev/null
"$VITRINE" evaluate hostile.onnx hostile.csv --report hostile.html >/dev/null
"$VITRINE" evaluate hostile.onnx hostile.csv --report hostile.md >/dev/null
# Partial dependence by hand: all rows (there are fewer than 300 in few.csv) with one value of Contract.
head -n 251 later.csv >few.csv
"$VITRINE" evaluate churn.onnx few.csv --report few.html >/dev/null
python3 - <<'PY'
import csv
with open("few.csv") as file: rows = list(csv.DictReader(file))
for value in {row["Contract"] for row in rows}:
    with open(value + ".csv", "w", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows({**row, "Contract": value} for row in rows)
# Rows of which most have a short tenure.
with open("shifted.csv", "w", newline="") as file:
    out = csv.DictWriter(file, rows[0])
    out.writeheader()
    out.writerows({**row, "tenure": int(row["tenure"]) // 4} for row in rows)
PY
for value in Month-to-month 'One year' 'Two year'; do "$VITRINE" predict churn.onnx "$value.csv" -o "$value.answers.csv"; done
"$VITRINE" evaluate churn.onnx shifted.csv --report shifted.html >/dev/null
python3 - <<'PY' || die "a report differs from --json"
import json, re
for name in ("churn", "clothes"):
    said = json.load(open(name + ".json"))
    page = open(name + ".html").read()
    shown = dict(re.findall(r'data-figure="(\w+)">([\d.]+)<', page))
    assert set(shown) == {key for key in ("accuracy", "auc", "f1_macro", "log_loss", "ece", "brier") if key in said}, shown
    for key, value in shown.items(): assert value == f"{said[key]:.3f}", (key, value, said[key])
    for low, high in (said[key + "_ci95"] for key in shown): assert f"{low:.3f} to {high:.3f}" in page
    assert all(f">{count}</td>" in page.replace("</a></td>", "</td>") for row in said["confusion"]["rows_are_truth"] for count in row)
    assert "http" not in page.replace("http-equiv", ""), "it names another host"
    assert page.count("<script>") <= 1 and "<img src=x" not in page
# How the prediction depends on a column.
import csv
page = open("few.html").read()
part = page[page.index("How the prediction depends"):page.index("Decision threshold")]
contract = part[part.index("<h3>Contract</h3>"):]
for value in ("Month-to-month", "One year", "Two year"):
    with open(value + ".answers.csv") as file: scores = [float(row["probability_Yes"]) for row in csv.DictReader(file)]
    assert f'<th scope="row">{value}</th><td>{100 * sum(scores) / 250:.1f} %</td>' in contract, (value, sum(scores) / 250)
assert part.count("<figure>") == 8 and 'class="curve"' in part
# Intervals of the calibration, and histograms of columns that have shifted.
assert page.count('class="interval"') >= 5
assert "<h3>tenure</h3><table>" not in page
shifted = open("shifted.html").read()
drift = shifted[shifted.index("Drift against"):]
shares = [[float(x) for x in one] for one in re.findall(r"<td>([\d.]+) %</td><td>([\d.]+) %</td><td><svg", drift[drift.index("<h3>tenure</h3>"):].split("</figure>")[0])]
assert len(shares) > 5 and all(abs(sum(one[k] for one in shares) - 100) < 1 for k in (0, 1)), shares
assert shares[0][0] > 2 * shares[0][1], shares
assert '<th scope="row">TechSupport</th>' in drift
# Who made it of what, importances, the models that were compared, gains.
page = open("churn.html").read()
assert json.load(open("churn_card.json"))["card"]["training"]["data_sha256"] in page and re.search(r"<dd>20\d\d-\d\d-\d\d, Vitrine ", page)
assert page.index("Important columns") < page.index("Decision threshold") < page.index("<h2>Gains")
cells = re.findall(r'<tr><th scope="row">(\d+) %</th><td>([\d.]+)</td><td>([\d.]+) %</td><td>([\d.]+)</td><td>([\d.]+) %</td>', page)
assert [int(one[0]) for one in cells] == list(range(10, 101, 10)) and cells[-1][4] == "100.0", cells
with open("later.csv") as file: truth = [row["Churn"] for row in csv.DictReader(file)]
with open("answers.csv") as file: scores = [float(row["probability_Yes"]) for row in csv.DictReader(file)]
first = sorted(range(800), key=lambda i: -scores[i])[:80]
found = sum(truth[i] == "Yes" for i in first)
assert cells[0][2] == f"{100 * found / 80:.1f}" and cells[0][3] == f"{found / 80 / (truth.count('Yes') / 800):.2f}", (cells[0], found)
assert "<h2>Where it is worst</h2>" in page
for name, value, rows, wrong in re.findall(r'scope="row">(\w+): ([^<]+)</th><td>([\d,]+)</td><td>([\d.]+) %</td>', page):
    if value not in ("Yes", "No", "Month-to-month", "Electronic check", "Fiber optic"): continue
    with open("later.csv") as file: members = [i for i, row in enumerate(csv.DictReader(file)) if row[name] == value]
    with open("answers.csv") as file: said = [row["label"] for row in csv.DictReader(file)]
    assert len(members) == int(rows) and f"{100 * sum(said[i] != truth[i] for i in members) / len(members):.1f}" == wrong, (name, value)
assert "Models that were compared" not in page  # --model logistic compared nothing
board = open("both.html").read().split("Models that were compared")[1].split("</table>")[0]
assert re.findall(r'scope="row">(\w+)</th>', board) in (["logistic", "trees"], ["trees", "logistic"]), board
rows = re.findall(r'<tr><th class="place" scope="row">row ([\d,]+)</th>.*?<td class="left">(.*?)</td>', open("churn.html").read())
import csv
table = list(csv.DictReader(open("later.csv")))
assert len(rows) == 20 and all(f"tenure={table[int(number.replace(',', '')) - 1]['tenure']}" in words for number, words in rows), rows
curve = json.load(open("trees.json"))["card"]["training"]["learning_curve"]
assert curve["validation_loss"][curve["chosen"] - 1] == min(curve["validation_loss"]), "the chosen round is not the best"
assert f"log loss by round; {min(curve['validation_loss']):.3f} at round {curve['chosen']}" in open("trees.html").read()
matrix, page = json.load(open("many.json"))["confusion"]["rows_are_truth"], open("many.html").read()
worst = max(((matrix[a][b], a, b) for a in range(30) for b in range(30) if a != b), key=lambda one: one[0])
assert page.index("predicted as") < page.index("The whole matrix") and re.search(rf"predicted as [^<]*: {worst[0]}</li>", page), "the most frequent errors are not listed"
assert "Learning curve" not in open("churn.html").read(), "a learning curve of a model without steps"
drift = json.load(open("churn.json"))["drift"]
assert len(drift) == 19 and max(drift.values()) < 0.1 and f">{drift['tenure']:.3f}" in open("churn.html").read(), drift
markdown, said = open("churn.md").read(), json.load(open("churn.json"))
assert f"| Accuracy | {said['accuracy']:.3f} |" in markdown and "Worst errors" in markdown
for trained in ("train.html", "train.md"): assert re.search(r"\b0\.\d{3} to 0\.\d{3}\b", open(trained).read()) and "Accuracy" in open(trained).read(), trained
hostile = open("hostile.html").read()
assert "<script>alert" not in hostile and "<img src=x" not in hostile and len(hostile) < 200_000
assert not re.search(r"(?<!\\)[<|](script|img|\*)", open("hostile.md").read()), "markup that is not escaped"
assert "data:image/jpeg;base64," in open("clothes.html").read()
PY
fails_with 2 "must end in .html or .md" "$VITRINE" evaluate churn.onnx later.csv --report report.pdf
fails_with 1 "" "$VITRINE" evaluate churn.onnx later.csv --report nowhere/report.html
cp churn.onnx before.onnx
fails_with 2 "" "$VITRINE" train later.csv --target Churn -o churn.onnx --report churn.onnx
cmp -s churn.onnx before.onnx || die "a report was written over a model"

# compare: a model with itself, with a much worse one, and models that can't be compared.
"$VITRINE" compare churn.onnx churn.onnx later.csv --json | json "d['accuracy']['p_value'] == 1 and d['auc']['difference'] == 0 and d['log_loss']['verdict'] == 'no significant difference'"
"$VITRINE" train later.csv --target Churn --model logistic --drop tenure,Contract,MonthlyCharges,TotalCharges,InternetService,OnlineSecurity,TechSupport,PaymentMethod -o poor.onnx --quiet >/dev/null
"$VITRINE" sample churn judge.csv --rows 3000 --seed 8 >/dev/null
"$VITRINE" compare poor.onnx churn.onnx judge.csv >said.txt
contains "$(cat said.txt)" "the second is better"
"$VITRINE" compare poor.onnx churn.onnx judge.csv --json | json "d['auc']['difference_ci95'][0] > 0 and d['only_second_right'] > d['only_first_right']"
# More than two are ranked.
"$VITRINE" compare poor.onnx churn.onnx poor.onnx judge.csv --json >ranked.json
json 'd["models"][0]["model"] == "churn.onnx" and "behind_best" not in d["models"][0] and d["models"][2]["behind_best"]["p_value"] < 0.05' <ranked.json
json 'd["ranked_by"] == "log_loss" and d["models"][0]["log_loss"] < d["models"][1]["log_loss"] == d["models"][2]["log_loss"]' <ranked.json
contains "$("$VITRINE" compare poor.onnx churn.onnx poor.onnx judge.csv)" "(baseline)"
fails_with 2 "no data was given" "$VITRINE" compare churn.onnx poor.onnx
"$VITRINE" compare clothes.onnx other_clothes.onnx photos --json | json "d['rows'] == 120"
fails_with 3 "same classes" "$VITRINE" compare churn.onnx hostile.onnx hostile.csv
fails_with 3 "" "$VITRINE" compare churn.onnx clothes.onnx later.csv

command -v chromium >/dev/null || skip "chromium is missing"
python=$("$REPO/scripts/python-venv" browser)/bin/python || skip "PyPI can't be reached"
shots=$REPO/build/test-results/report
mkdir -p "$shots"
"$python" - "$shots" churn.html clothes.html train.html hostile.html trees.html <<'PY' || die "a report has accessibility or script errors"
import os, sys
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    shots = sys.argv[1]
    for name in sys.argv[2:]:
        context = browser.new_context(offline=True)
        page, faults = context.new_page(), []
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append("dialog"), dialog.dismiss()))
        page.goto("file://" + os.path.abspath(name))
        if name == "churn.html":
            before = page.locator("#tp").inner_text()
            page.locator("#at").focus()
            for _ in range(30): page.keyboard.press("ArrowRight")
            assert int(page.locator("#tp").inner_text()) < int(before)  # a higher threshold finds fewer
            assert page.locator("#value").inner_text() == "0.530" and page.locator("#tune").inner_text() == "vitrine tune churn.onnx --threshold 0.530"
        if name == "clothes.html":  # a cell of the matrix opens its photos
            assert page.locator("[id^=cell-]:visible").count() == 0
            page.locator(".confusion a").first.click()
            assert page.locator("[id^=cell-]:visible").count() == 1
        bad = [(one["id"], one["help"], [node["html"][:150] for node in one["nodes"]][:2]) for one in Axe().run(page).response["violations"]]
        assert not bad and not faults, (name, bad, faults)
        context.close()
        for width, height, scheme in ((1280, 900, "light"), (768, 1024, "dark"), (390, 844, "light")):
            context = browser.new_context(offline=True, viewport={"width": width, "height": height}, color_scheme=scheme)
            page = context.new_page()
            page.goto("file://" + os.path.abspath(name))
            if name != "hostile.html": assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            page.screenshot(path=f"{shots}/{name[:-5]}-{width}-{scheme}.png", full_page=True)
            context.close()
    browser.close()
PY
