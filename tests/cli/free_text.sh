#!/usr/bin/env bash
# Free text: short messages are classified by their words, alone and beside other columns; ONNX Runtime in Python answers
# the same from the raw text.
. "$(dirname "$0")/lib.sh"
python3 - <<'PY'
import csv, random
random.seed(3)
every_day = ("i you me we ok lol going home dinner later call see tomorrow love miss what where time work class bus soon good night "
             "morning happy sorry think want know come back tell mum dad friend movie food sleep meeting lunch really yeah").split()
selling = ("free win prize claim txt text urgent mobile cash award won guaranteed reply stop service customer offer voucher tone "
           "nokia camera call now landline code chat dating weekly entry competition draw points bonus").split()

def message(spam):
    words = []
    for _ in range(random.randint(8, 26) if spam else random.randint(3, 22)):
        words.append(random.choice(selling if random.random() < (0.45 if spam else 0.02) else every_day))
    if spam and random.random() < 0.6:
        words.insert(random.randrange(len(words)), "0" + "".join(random.choice("0123456789") for _ in range(10)))
    if random.random() < (0.4 if spam else 0.02):
        words.insert(random.randrange(len(words)), f"£{random.choice([50, 100, 250, 1000])}")
    text = " ".join(word.upper() if spam and random.random() < 0.12 else word for word in words)
    return text + random.choice(["", ".", "!", "...", ' "xx"', ", ok?", "\nbye"])

with open("messages.csv", "w") as messages, open("both.csv", "w") as both:
    one, two = csv.writer(messages), csv.writer(both)
    one.writerow(["label", "message"])
    two.writerow(["message", "length of stay", "plan", "note", "price"])
    for i in range(3000):
        spam = random.random() < 0.15
        one.writerow(["spam" if spam else "ham", message(spam)])
        stay, plan = random.randint(1, 60), random.choice(["gold", "silver"])
        text = message(spam) if i % 40 else ""
        noise = " ".join(random.choice(every_day) for _ in range(6))
        two.writerow([text, stay, plan, noise, round(20 + stay + 30 * (plan == "gold") + 40 * spam + random.gauss(0, 5), 2)])
PY
contains "$("$VITRINE" describe messages.csv --target label)" "text, "
"$VITRINE" train messages.csv --target label -o spam.onnx --quiet >log.txt 2>&1 || die "$(cat log.txt)"
python3 - "$("$VITRINE" evaluate spam.onnx messages.csv --json)" "$(cat log.txt)" <<'PY'
import json, re, sys
assert json.loads(sys.argv[1])["auc"] > 0.99, sys.argv[1]
auc = float(re.search(r"^test set.*?AUC +([0-9.]+)", sys.argv[2], re.S | re.M).group(1))
assert auc >= 0.99, sys.argv[2]
PY
# The same bytes on one core.
taskset -c 0 "$VITRINE" train messages.csv --target label -o one_core.onnx --quiet >/dev/null 2>&1
cmp spam.onnx one_core.onnx || die "one core trains another model"
# Words explain a prediction.
answer=$(echo '{"message": "URGENT! You won a FREE prize, call 08712460324 now"}' | "$VITRINE" predict spam.onnx - --explain)
python3 - "$answer" <<'PY'
import json, sys
answer = json.loads(sys.argv[1])
assert answer["label"] == "spam", answer
words = answer["explanation"]["words"]["message"]
assert words["FREE"] > 0 and words["prize,"] > 0 and len(words) <= 10, words
assert abs(answer["explanation"]["base"] + answer["explanation"]["contributions"]["message"] - answer["explanation"]["margin"]) < 1e-4
PY
# Texts of any kind are answered; a missing one is an empty one.
python3 - >odd.jsonl <<'PY'
import json
for text in ["NA", " ... ", "日本語のテキスト です", "É\u0301🙂" * 500, "tab\tand\nline", "x" * 100000, '"', "\u0000a"]:
    print(json.dumps({"message": text}))
PY
[[ $("$VITRINE" predict spam.onnx odd.jsonl | wc -l) == 8 ]] || die "odd texts are not answered"
for text in '{"message": null}' '{"message": ""}' '{}'; do "$VITRINE" predict spam.onnx - --strict <<<"$text"; done >missing.jsonl
[[ $(sort -u missing.jsonl | wc -l) == 1 ]] || die "a missing text is not an empty one: $(cat missing.jsonl)"
# A number from a text, a number and a category; a note without use is left out.
"$VITRINE" train both.csv --target price -o price.onnx --quiet >log.txt 2>&1 || die "$(cat log.txt)"
contains "$(cat log.txt)" "free text that does not help"
contains "$("$VITRINE" inspect price.onnx)" "text, in training"
contains "$("$VITRINE" train both.csv --target price --drop note --model linear -o linear.onnx --quiet)" "saved linear.onnx"
"$VITRINE" train both.csv --target price --keep note --text plan --model trees -o kept.onnx --quiet >log.txt 2>&1 || die "$(cat log.txt)"
"$VITRINE" evaluate price.onnx both.csv --json >evaluated.json
python3 -c "import json; assert json.load(open('evaluated.json'))['r2'] > 0.9"
# The server takes them too.
serve spam.onnx price.onnx
contains "$(curl -s "$url/models/spam/predict" -H 'content-type: text/csv' --data-binary $'message\n"free prize, call now"\n')" "spam"
contains "$(curl -s "$url/models/price/predict" -H 'content-type: application/json' -d '{"message": null, "length of stay": 3, "plan": "gold"}')" '"price":'
[[ $(curl -s "$url/models/spam" | wc -c) -lt 20000 ]] || die "the card that is served has the weights of all words"
contains "$(curl -s "$url/models/spam")" '"kind":"text"'
venv=$("$REPO/scripts/python-venv" tests) || skip "the checks in Python: PyPI can't be reached"
"$VITRINE" predict spam.onnx messages.csv --format csv >spam.csv
"$VITRINE" predict price.onnx both.csv --format csv >price.csv
"$VITRINE" predict kept.onnx both.csv --format csv >kept.csv
"$venv/bin/python" - <<'PY'
import csv
import numpy as np
import onnxruntime as ort

def rows(name):
    return list(csv.DictReader(open(name, newline="")))[:500]

def run(model, table, types):
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    feed = {}
    for one in session.get_inputs():
        cells = [row[types.get(one.name, one.name)] for row in table]
        feed[one.name] = np.array([[cell] for cell in cells], dtype=object if "string" in one.type else np.float32)
    return dict(zip([one.name for one in session.get_outputs()], session.run(None, feed)))

answers = run("spam.onnx", rows("messages.csv"), {})
ours = np.array([[float(row["probability_ham"]), float(row["probability_spam"])] for row in rows("spam.csv")])
assert np.abs(answers["probabilities"] - ours).max() < 1e-5, np.abs(answers["probabilities"] - ours).max()
for name in ("price", "kept"):
    answers = run(f"{name}.onnx", rows("both.csv"), {"length_of_stay": "length of stay"})
    ours = np.array([float(row["price"]) for row in rows(f"{name}.csv")])
    assert (np.abs(answers["prediction"][:, 0] - ours) / ours).max() < 1e-5, name
PY
