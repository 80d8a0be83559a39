#!/usr/bin/env bash
# What the page builds on: sentence and examples in the card, contributions in probability, requests that are not
# recorded, and feedback that evaluate finds in the log.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn sample.csv --rows 1500 >/dev/null
"$VITRINE" train sample.csv --target Churn --model logistic -o churn.onnx --about 'Will this customer cancel?' --quiet >/dev/null
"$VITRINE" inspect churn.onnx --json >card.json
json 'd["card"]["about"] == "Will this customer cancel?" and [one["label"] for one in d["card"]["examples"]] == ["No", "Yes"]' <card.json
# The typical rows: medians and most frequent values of each class.
python3 - <<'PY' || die "the examples are not typical"
import collections, csv, json, statistics
examples = {one["label"]: one["row"] for one in json.load(open("card.json"))["card"]["examples"]}
for label, example in examples.items():
    rows = [row for row in csv.DictReader(open("sample.csv")) if row["Churn"] == label]
    most = collections.Counter(row["Contract"] for row in rows).most_common(1)[0][0]
    assert example["contract"] == most.lower().replace(" ", "_"), (example["contract"], most)
    assert example["tenure"] == statistics.median_high(int(row["tenure"]) for row in rows), example["tenure"]
PY
"$VITRINE" train sample.csv --like churn.onnx -o like.onnx --no-examples --quiet >/dev/null
"$VITRINE" inspect like.onnx --json | json '"examples" not in d["card"] and d["card"]["about"] == "Will this customer cancel?"'
contains "$("$VITRINE" tune churn.onnx --about 'Who leaves?' -o other.onnx)" "wrote other.onnx"
"$VITRINE" inspect other.onnx --json | json 'd["card"]["about"] == "Who leaves?" and d["card"]["threshold"] == 0.5 and "confusion" in d["card"]["figures"]["test"]'
fails_with 2 "one line of text" "$VITRINE" tune churn.onnx --about $'two\nlines'
fails_with 2 "one line of text" "$VITRINE" train sample.csv --target Churn --about "$(printf 'x%.0s' {1..301})"
# A number: its lowest, middle and highest fifth. Many classes: the ten largest.
python3 - <<'PY'
import random
random.seed(1)
with open("sizes.csv", "w") as numbers, open("kinds.csv", "w") as kinds:
    numbers.write("size,price\n")
    kinds.write("size,kind\n")
    for i in range(600):
        size = random.randint(20, 200)
        numbers.write(f"{size},{1000 * size + random.randint(-5000, 5000)}\n")
        kinds.write(f"{size},k{size // 15}\n")
PY
"$VITRINE" train sizes.csv --target price -o sizes.onnx --quiet >/dev/null
"$VITRINE" inspect sizes.onnx --json | json '[one["label"] for one in d["card"]["examples"]] == ["low", "middle", "high"] and d["card"]["examples"][0]["row"]["size"] < 60 and d["card"]["examples"][2]["row"]["size"] > 160'
"$VITRINE" train kinds.csv --target kind -o kinds.onnx --model trees --quiet >/dev/null
"$VITRINE" inspect kinds.onnx --json | json 'len(d["card"]["examples"]) == 10'
# Contributions in probability add up to the answer, for two classes and for more.
serve churn.onnx kinds.onnx --log-predictions log.jsonl
for request in "churn $row" 'kinds {"size": 100}'; do
  curl -s "$url/models/${request%% *}/predict?explain=true&record=false" -d "${request#* }" -H 'Content-Type: application/json' |
    json 'abs(d["explanation"]["base_probability"] + sum(d["explanation"]["points"].values()) - d["probabilities"][d["explanation"]["of"]]) < 1e-5 and list(d["explanation"]["points"]) == list(d["explanation"]["contributions"])'
done
curl -s "$url/models/churn/predict?record=maybe" -d "$row" -H 'Content-Type: application/json' | json 'd["status"] == 400 and "record" in d["detail"]'
# Feedback.
curl -s "$url/models/churn" | json 'd["takes_feedback"] is True'
curl -s "$url/openapi.json" | json '"/models/churn/feedback" in d["paths"]'
tell() { curl -s "$url/models/${2:-churn}/feedback" -d "$1" -H 'Content-Type: application/json'; }
for id in a b c; do curl -s "$url/models/churn/predict" -H "X-Request-Id: $id" -d "$row" -H 'Content-Type: application/json' -o /dev/null; done
tell '{"request_id": "a", "truth": "yes"}' | json 'd == {"recorded": True}'
tell '{"request_id": "b", "row": 0, "truth": "No"}' | json 'd == {"recorded": True}'
for wrong in 'no json' '[]' '{"truth": "yes"}' '{"request_id": 3, "truth": "yes"}' '{"request_id": "a", "row": -1, "truth": "yes"}' \
  '{"request_id": "a", "row": 1e9, "truth": "yes"}' '{"request_id": "a", "truth": "perhaps"}' '{"request_id": "a", "truth": null}' \
  "{\"request_id\": \"$(printf 'x%.0s' {1..300})\", \"truth\": \"yes\"}" "{\"request_id\": \"a$(printf '\\x01')\", \"truth\": \"yes\"}"; do
  tell "$wrong" | json 'd["status"] in (400, 422) and d["hint"]'
done
tell '{"request_id": "a", "truth": "yes"}' nothing | json 'd["status"] == 404'
curl -s "$url/models/churn/feedback" -H 'Content-Type: text/plain' -d '{"request_id": "a", "truth": "yes"}' | json 'd["status"] == 415'
# The same id in a request to another model does not count for this one.
printf '%s\n' '{"time":"","request_id":"c","row":0,"model":"kinds","truth":"yes"}' >other.jsonl
stop_server
cat other.jsonl >>log.jsonl
[[ $(grep -c probabilities log.jsonl) == 3 ]] || die "recorded: $(cat log.jsonl)"
"$VITRINE" evaluate churn.onnx log.jsonl --json 2>/dev/null | json 'd["rows"] == 2 and d["accuracy"] == 0.5'
# A table of true classes takes precedence.
printf 'request_id,Churn\na,No\nc,No\n' >truth.csv
"$VITRINE" evaluate churn.onnx log.jsonl --truth truth.csv --json 2>/dev/null | json 'd["rows"] == 3 and d["confusion"]["rows_are_truth"][1] == [0, 0]'
serve churn.onnx
curl -s "$url/models/churn" | json 'd["takes_feedback"] is False'
tell '{"request_id": "a", "truth": "yes"}' | json 'd["status"] == 404 and "--log-predictions" in d["hint"]'
curl -s "$url/docs" | grep -q docs.js || die "/docs is not the page of calls"
stop_server
