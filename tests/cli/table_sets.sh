#!/usr/bin/env bash
# Several files, folders and patterns are one table: the model and its answers are those of one file with all rows.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn all.csv --rows 1500 >/dev/null
mkdir -p parts months
header=$(head -n 1 all.csv)
part() { { [[ $1 == 1 ]] || echo "$header"; sed -n "$2,$3p" all.csv; } >"parts/part-0000$1.csv"; }
part 1 1 501
part 2 502 901
part 3 902 1501
gzip parts/part-00002.csv
touch parts/_SUCCESS
: >parts/part-00004.csv  # Spark writes parts without rows
train() { "$VITRINE" train "${@:2}" --target Churn --model logistic -o "$1.onnx" --quiet >"$1.log" 2>&1 || die "$1: $(cat "$1.log")"; }
figures() { sed -n '/^test set/,/^ *Brier/p' "$1.log"; }
train whole all.csv
train folder parts
train files parts/part-00001.csv parts/part-00002.csv.gz parts/part-00003.csv
train pattern 'parts/part-*'
contains "$(figures whole)" AUC
for one in folder files pattern; do
  [[ $(figures $one) == "$(figures whole)" ]] || die "$one: $(diff $one.log whole.log)"
done
"$VITRINE" predict whole.onnx all.csv --format csv >all.answers
for one in parts 'parts/*'; do
  "$VITRINE" predict folder.onnx "$one" --format csv >answers
  cmp all.answers answers || die "the answers of $one differ"
done
# Pieces that `split` cut have no header but the first.
split -l 400 all.csv piece-
train pieces piece-*
[[ $(figures pieces) == "$(figures whole)" ]] || die "pieces: $(diff pieces.log whole.log)"
"$VITRINE" evaluate whole.onnx 'piece-*' --json >pieces.json
"$VITRINE" evaluate whole.onnx all.csv --json | cmp - pieces.json || die "evaluate of pieces differs"
# evaluate, describe, compare and --test take the same names.
"$VITRINE" evaluate whole.onnx all.csv --json >one.json
"$VITRINE" evaluate whole.onnx parts --json >parts.json
"$VITRINE" evaluate whole.onnx parts/part-00001.csv parts/part-00002.csv.gz parts/part-00003.csv --json >files.json
cmp one.json parts.json && cmp one.json files.json || die "evaluate differs"
contains "$("$VITRINE" describe parts)" "parts (4 files): 1,500 rows, 21 columns"
contains "$("$VITRINE" compare whole.onnx folder.onnx 'parts/*.csv')" "1,100 rows"
train tested all.csv --test parts
# Folders that are named after a column, as Spark and pandas write them.
python3 - <<'PY'
import csv, os
rows = list(csv.DictReader(open("all.csv")))
for value in {row["Contract"] for row in rows}:
    os.makedirs(f"hive/Contract={value.replace(' ', '%20')}", exist_ok=True)
    with open(f"hive/Contract={value.replace(' ', '%20')}/data.csv", "w") as file:
        writer = csv.DictWriter(file, [name for name in rows[0] if name != "Contract"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row for row in rows if row["Contract"] == value)
PY
contains "$("$VITRINE" describe hive)" "Month-to-month"
"$VITRINE" predict whole.onnx hive --format csv --append >answers
contains "$(head -n 1 answers)" ",Contract,label,"
[[ $(wc -l <answers) == 1501 ]] || die "hive: $(wc -l answers)"
cut -d, -f22- <(LC_ALL=C sort answers) | LC_ALL=C sort >a
LC_ALL=C sort all.answers | cmp - a || die "the answers of partitions differ"
contains "$("$VITRINE" describe 'hive/*/*.csv')" "Month-to-month"
"$VITRINE" predict whole.onnx hive/Contract=One%20year --format csv >answers
contains "$(head -n 1 answers)" "label,"
mkdir -p lines/Contract=Two%20year
python3 - <<'PY'
import csv, json
with open("lines/Contract=Two%20year/a.jsonl", "w") as file:
    for row in csv.DictReader(open("hive/Contract=Two%20year/data.csv")): file.write(json.dumps(row) + "\n")
PY
"$VITRINE" predict whole.onnx lines --format csv | cmp - <("$VITRINE" predict whole.onnx hive/Contract=Two%20year --format csv) ||
  die "the answers of JSON lines in a partition differ"
# Links are followed, once; what can't be read is an error.
mkdir linked
ln -s ../parts linked/parts
ln -s ../linked parts/again
contains "$("$VITRINE" describe linked)" "1,500 rows"
rm parts/again
ln -s nowhere.csv linked/broken.csv
fails_with 3 "broken.csv" "$VITRINE" describe linked
ln -s circle.csv circle.csv
fails_with 3 "circle.csv" "$VITRINE" describe circle.csv
fails_with 2 "addresses of this kind" "$VITRINE" describe mysql://me:secret@localhost/shop
# What is no table of this kind.
echo "customer,amount" >other.csv
echo "1,2" >>other.csv
fails_with 3 "other columns than all.csv" "$VITRINE" train all.csv other.csv --target Churn
fails_with 3 "no file has a name of this form" "$VITRINE" train 'nothing-*.csv' --target Churn
mkdir delta empty
mkdir delta/_delta_log
fails_with 3 "Delta Lake" "$VITRINE" describe delta
fails_with 2 "" "$VITRINE" train all.csv --target Churn -o all.csv
fails_with 2 "" "$VITRINE" train parts --target Churn -o parts/part-00001.csv
"$VITRINE" train all.csv --target Churn --model logistic -o keep.onnx --quiet >/dev/null
fails_with 2 "the output is one of the inputs" "$VITRINE" predict keep.onnx 'parts/part-*.csv' -o parts/part-00001.csv
fails_with 2 "the output is one of the inputs" "$VITRINE" predict keep.onnx parts -o parts/part-00001.csv
fails_with 2 "only databases have tables" "$VITRINE" describe all.csv --table t
# Files that write a column otherwise.
printf 'n;y\n1.234,5;a\n2.345,75;b\n' >comma.csv
printf 'n,y\n1234.5,a\n2345.75,b\n' >point.csv
fails_with 3 "column 'n' has a decimal point here and a decimal comma in comma.csv" "$VITRINE" describe comma.csv point.csv
echo "notes" >parts/notes.md
contains "$("$VITRINE" describe parts 2>&1)" "notes.md"
fails_with 3 "notes.md" "$VITRINE" describe parts --strict
