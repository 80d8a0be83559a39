#!/usr/bin/env bash
# The same table as many programs and countries write it gives the same model and the same answers.
. "$(dirname "$0")/lib.sh"
cat >make.py <<'PY'
import gzip, json, random, zipfile
random.seed(5)
rows = []
for i in range(600):
    age, income, rate = random.randint(18, 80), random.lognormvariate(8.7, 0.5), random.random() / 2
    plan = random.choice(["monthly", "yearly", "two_year"])
    score = (age - 50) / 15 - (income - 6000) / 4000 + (plan == "monthly") * 1.5 + random.gauss(0, 1)
    rows.append([age, f"{income + 1000:.2f}", f"{rate:.3f}", plan, "yes" if score > 0.5 else "no"])
names = ["age", "income", "rate", "plan", "churn"]

def write(name, rows=rows, separator=",", names=names, encoding="utf-8", before="", after="", end="\n"):
    lines = [separator.join(names)] if names else []
    lines += [separator.join(map(str, row)) for row in rows]
    open(name, "wb").write((before + end.join(lines) + end + after).encode(encoding))

def income(form): return [[row[0], form(float(row[1])), *row[2:]] for row in rows]
def german(value): return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
write("base.csv")
write("thousands.csv", income(lambda v: f'"{v:,.2f}"'))
write("dollars.csv", income(lambda v: f'"${v:,.2f}"'))
write("euros.csv", income(lambda v: f"{v:.2f} EUR"))
write("german.csv", [[r[0], german(float(r[1])), r[2].replace(".", ","), *r[3:]] for r in rows], ";")
write("french.csv", [[r[0], f"{float(r[1]):,.2f}".replace(",", "\u202f").replace(".", ","), r[2].replace(".", ","),
                      *r[3:]] for r in rows], ";")
write("swiss.csv", income(lambda v: f"{v:,.2f}".replace(",", "'")))
write("tabs.csv", separator="\t")
write("utf16.csv", encoding="utf-16")
write("crlf_bom.csv", encoding="utf-8-sig", end="\r\n")
write("cr.csv", end="\r")
write("title.csv", before="Report of May\n\n# exported\n")
write("sep.csv", separator=";", before="sep=;\n")
write("footer.csv", after="\nTotal rows: 600\n")
write("trailing.csv", [row + [""] for row in rows])
write("row_names.csv", [[f"r{i}", *row] for i, row in enumerate(rows)])
write("index.csv", [[i, *row] for i, row in enumerate(rows)], names=["", *names])
write("duplicate.csv", [[*row[:2], row[2], *row[3:]] for row in rows], names=["age", "income", "age", "plan", "churn"])
write("nohdr.csv", names=None)
gzip.open("base.csv.gz", "wb").write(open("base.csv", "rb").read())
zipfile.ZipFile("base.zip", "w", zipfile.ZIP_DEFLATED).write("base.csv")
def number(text): return float(text) if "." in str(text) else int(text)
objects = [dict(zip(names, [row[0], float(row[1]), float(row[2]), *row[3:]])) for row in rows]
open("base.jsonl", "w").write("".join(json.dumps(one) + "\n" for one in objects))
json.dump(objects, open("base.json", "w"))
arff = "@relation x\n" + "".join(f"@attribute {n} {t}\n" for n, t in zip(names, ["numeric"] * 3 + ["{a}", "{no,yes}"]))
open("base.arff", "w").write(arff + "@data\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
PY
python3 make.py
train() { "$VITRINE" train "$1" --target "${2:-churn}" -o "$1.onnx" --model logistic --quiet >"$1.log" 2>&1 ||
  die "$1: $(cat "$1.log")"; }
# The values are equal, so the test metrics are equal to the last digit.
figures() { sed -n '/^test set/,/^ *Brier/p' "$1.log"; }
train base.csv
base=$(figures base.csv)
contains "$base" AUC
tables=(thousands.csv dollars.csv euros.csv german.csv french.csv swiss.csv tabs.csv utf16.csv crlf_bom.csv cr.csv
  title.csv sep.csv footer.csv trailing.csv row_names.csv index.csv duplicate.csv base.csv.gz base.zip base.jsonl
  base.json base.arff)
for table in "${tables[@]}"; do
  train "$table"
  [[ $(figures "$table") == "$base" ]] || die "$table: $(diff <(figures base.csv) <(figures "$table"))"
  # A model answers the table it was trained on and, where the names are the same, the plain one alike.
  "$VITRINE" predict "$table.onnx" "$table" --format csv >"$table.answers" 2>/dev/null
  cmp -s <("$VITRINE" predict base.csv.onnx base.csv --format csv) "$table.answers" || die "other answers: $table"
  [[ $table == duplicate.csv ]] ||
    cmp -s <("$VITRINE" predict "$table.onnx" base.csv --format csv 2>&1) "$table.answers" || die "plain numbers: $table"
done
train nohdr.csv column_5
[[ $(figures nohdr.csv) == "$base" ]] || die "nohdr.csv"
contains "$(cat nohdr.csv.log)" "the first line looks like a row"
contains "$(cat german.csv.log)" "a decimal comma and points between thousands"
contains "$(cat row_names.csv.log)" "left out: column_1"

# --strict refuses what is assumed, and nothing else.
for table in german.csv tabs.csv crlf_bom.csv base.csv.gz base.jsonl; do
  "$VITRINE" describe "$table" --strict >describe.txt || die "--strict refuses $table"
done
for table in utf16.csv cr.csv title.csv sep.csv footer.csv trailing.csv row_names.csv duplicate.csv nohdr.csv; do
  fails_with 3 "--strict" "$VITRINE" describe "$table" --strict
done

# Over HTTP, the writing of the training table and plain numbers are the same.
serve model=german.csv.onnx
ask() { curl -s "$url/predict" -H 'Content-Type: application/json' -d "$1"; }
plain=$(ask '{"age": 40, "income": 5234.5, "rate": 0.25, "plan": "monthly"}')
contains "$plain" '"churn_probability"'
[[ $(ask '{"age": "40", "income": "5.234,50", "rate": "0,25", "plan": "monthly"}') == "$plain" ]] || die "JSON text"
[[ $(printf 'age;income;rate;plan\n40;5.234,50;0,25;monthly\n' |
  curl -s "$url/predict" -H 'Content-Type: text/csv' --data-binary @- | tail -1) == *,* ]] || die "CSV"
# A bad cell of a batch is missing, with a warning; a row alone is refused.
ask '[{"age": "old", "income": 5234.5, "rate": 0.25, "plan": "monthly"}]' |
  json '"not a number; it is treated as missing" in d[0]["warnings"][0]'
ask '{"age": "old", "income": 5234.5, "rate": 0.25, "plan": "monthly"}' | json 'd["status"] == 422'
printf 'age,income,rate,plan\nold,1,0.1,monthly\n30,1,0.1,monthly\n' >bad.csv
contains "$("$VITRINE" predict base.csv.onnx bad.csv 2>&1)" "1 of 2 rows has a text that is not a number ('old')"
fails_with 3 "'old' is not a number" "$VITRINE" predict base.csv.onnx bad.csv --strict
stop_server
