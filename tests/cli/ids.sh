#!/usr/bin/env bash
# --id: columns that a model does not read stand in each of its predictions, in every format and protocol that names columns.
. "$(dirname "$0")/lib.sh"
python3 - <<'PY'
import random
random.seed(3)
with open("t.csv", "w") as file:
    file.write("customer,no,label,age,plan,churn\n")
    for i in range(3000):
        age, plan = random.randint(18, 80), random.choice(["a", "b"])
        churn = "yes" if (age - 50) / 15 + (plan == "a") + random.gauss(0, 1) > 0.5 else "no"
        file.write(f"{i * 7 % 3000:05d},{i + 100},L{i},{age},{plan},{churn}\n")
PY
described=$("$VITRINE" describe t.csv --target churn --id customer,no)
contains "$described" "it stands in predictions (--id)"
"$VITRINE" train t.csv --target churn --id customer,no --id label --model logistic -o m.onnx --quiet >/dev/null
"$VITRINE" train t.csv --target churn --drop customer,no,label --model logistic -o without.onnx --quiet >/dev/null
"$VITRINE" predict m.onnx t.csv --format csv >answers.csv
[[ $(sed -n '1p;2p' answers.csv | cut -d, -f1-4) == $'customer,no,label_,label\n00000,100,L0,no' ||
  $(sed -n '1p;2p' answers.csv | cut -d, -f1-4) == $'customer,no,label_,label\n00000,100,L0,yes' ]] || die "$(head -n 2 answers.csv)"
# The model is that without the columns.
cut -d, -f4- answers.csv | cmp - <("$VITRINE" predict without.onnx t.csv --format csv) || die "the ids change the answers"
"$VITRINE" predict m.onnx t.csv >answers.json
sed -n 2p answers.json | json 'd["customer"] == "00007" and d["no"] == 101 and d["label_"] == "L1" and list(d)[0] == "customer"'
head -n 1 t.csv | cut -d, -f4- >no_ids.csv
sed -n 2p t.csv | cut -d, -f4- >>no_ids.csv
"$VITRINE" predict m.onnx no_ids.csv | json 'd["customer"] is None and d["label"] in ("yes", "no")'
"$VITRINE" predict m.onnx t.csv --format csv --append >appended.csv
contains "$(head -n 1 appended.csv)" "customer,no,label,age,plan,churn,label_2,"
"$VITRINE" evaluate m.onnx t.csv --json >/dev/null
# Ids of a table of very many short rows are texts as written.
{ echo "customer,age,plan"; for ((i = 0; i < 100000; ++i)); do printf '%07d,30,a\n' "$i"; done; } >many.csv
"$VITRINE" predict m.onnx many.csv --format csv | tail -n 1 | grep -q '^0099999,,,' || die "the last id is not 0099999"
# HTTP: one row, rows, CSV; the document describes them.
serve m.onnx
answer=$(curl -s "$url/predict" -H 'Content-Type: application/json' -d '{"customer": "0042", "No": 7.5, "age": 30, "plan": "a"}')
json 'd["customer"] == "0042" and d["no"] == 7.5 and d["label_"] is None and "warnings" not in d' <<<"$answer"
curl -s "$url/predict" -H 'Content-Type: application/json' -d '[{"customer": 1, "age": 30, "plan": "a"}, {"customer": null, "age": 40, "plan": "b"}]' |
  json '[one["customer"] for one in d] == [1, None]'
[[ $(curl -s "$url/predict" -H 'Content-Type: text/csv' --data-binary $'customer,age,plan\n"00,1",30,a\n' | cut -d, -f1-5 | tail -n 1) == '"00,1",,,'* ]] || die "CSV over HTTP"
curl -s "$url/openapi.json" | json '"customer" in json.dumps(d)'
stop_server
# Options are kept for --like; mistakes are named.
"$VITRINE" train t.csv --like m.onnx -o like.onnx --quiet >/dev/null
"$VITRINE" predict like.onnx t.csv --format csv | cmp - answers.csv || die "--like forgets the ids"
fails_with 2 "is also an id" "$VITRINE" train t.csv --target churn --id churn
fails_with 2 "there is no column 'nope'" "$VITRINE" train t.csv --target churn --id nope
