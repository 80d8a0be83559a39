#!/usr/bin/env bash
# predict reads CSV, a JSON object, an array, JSON lines and standard input, and gives the same
# predictions for the same rows.
. "$(dirname "$0")/lib.sh"
small_model
echo "$row" >one.json
echo "[$row, $row]" >two.json
printf '%s\n%s\n' "$row" "$row" >lines.jsonl
one=$("$VITRINE" predict churn.onnx one.json)
echo "$one" | json 'd["label"] in ("Yes", "No") and d["Churn"] == (d["label"] == "Yes") and d["model"] == "churn"'
# The last digit may differ between a batch and a single row.
same='[abs(x["Churn_probability"] - d[0]["Churn_probability"]) < 1e-6 and x["label"] == d[0]["label"] for x in d] == [True] * 3'
{ echo "$one"; "$VITRINE" predict churn.onnx two.json; } | jq -s . | json "$same"
{ echo "$one"; "$VITRINE" predict churn.onnx lines.jsonl; } | jq -s . | json "$same"
[[ $("$VITRINE" predict churn.onnx - <one.json) == "$one" ]] || die "standard input differs"
"$VITRINE" predict churn.onnx sample.csv --format csv -o out.csv
[[ $(head -n 1 out.csv) == label,probability_No,probability_Yes ]] || die "header"
[[ $(wc -l <out.csv) == 1501 ]] || die "lines"
"$VITRINE" predict churn.onnx sample.csv -o named.csv
cmp out.csv named.csv || die "an output named .csv"
"$VITRINE" predict churn.onnx sample.csv --format json -o named.csv
[[ $(head -c 9 named.csv) == '{"Churn":' ]] || die "--format does not win over the name"
[[ $("$VITRINE" predict churn.onnx - --format csv <sample.csv) == "$(cat out.csv)" ]] || die "a pipe differs"
fails_with 3 "line 2" "$VITRINE" predict churn.onnx - <<<"$row"$'\n{"gender": }'
fails_with 3 "is not a number" "$VITRINE" predict churn.onnx --strict - <<<"${row/\"tenure\": 1/\"tenure\": \"soon\"}"
fails_with 3 "no column" "$VITRINE" predict churn.onnx - <<<$'gender\nMale'
fails_with 1 "can't be written" "$VITRINE" predict churn.onnx one.json -o /dev/full

# --append writes the input's columns first, whatever their separator; a row that is short is filled.
"$VITRINE" predict churn.onnx sample.csv --format csv >plain.csv
"$VITRINE" predict churn.onnx sample.csv --format csv --append >appended.csv
python3 - sample.csv <<'PY'
import csv, sys
given, plain, both = (list(csv.reader(open(name, newline=""))) for name in (sys.argv[1], "plain.csv", "appended.csv"))
assert both == [a + b for a, b in zip(given, plain)], both[:2]
PY
python3 -c 'import csv,sys; csv.writer(sys.stdout, delimiter=";").writerows(csv.reader(open(sys.argv[1], newline="")))' \
  sample.csv >semicolons.csv
"$VITRINE" predict churn.onnx semicolons.csv --format csv --append 2>/dev/null | cmp - appended.csv || die "semicolons"
"$VITRINE" predict churn.onnx sample.csv semicolons.csv --format csv --append >twice.csv
[[ $(wc -l <twice.csv) == $(($(wc -l <appended.csv) * 2 - 1)) ]] || die "two tables"
"$VITRINE" predict churn.onnx appended.csv --format csv --append -o again.csv 2>/dev/null
head -n 1 again.csv | tr , '\n' | sort | uniq -d >again.txt
[[ ! -s again.txt ]] || die "columns with one name: $(<again.txt)"
fails_with 2 "--format csv" "$VITRINE" predict churn.onnx sample.csv --append
fails_with 2 "this is JSON" "$VITRINE" predict churn.onnx --format csv --append - <<<"$row"
