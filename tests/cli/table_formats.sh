#!/usr/bin/env bash
# The same table as pandas, polars and openpyxl write it, in each format, gives the same model and the same answers.
. "$(dirname "$0")/lib.sh"
has_module arrow || skip "there is no module arrow: PyPI could not be reached"
venv=$("$REPO/scripts/python-venv" tables 2>/dev/null) || skip "PyPI can't be reached"
cat >make.py <<'PY'
import datetime, random
import numpy, openpyxl, pandas, polars, pyarrow, pyarrow.parquet
random.seed(5)
rows = []
for i in range(600):
    age, income = random.randint(18, 80), round(1000 + random.lognormvariate(8.7, 0.5), 2)
    plan = random.choice(["monthly", "yearly", "two, years"])
    since = datetime.date(2020, 1, 1) + datetime.timedelta(days=random.randint(0, 1500))
    score = (age - 50) / 15 - (income - 6000) / 4000 + (plan == "monthly") * 1.5 + random.gauss(0, 1)
    rows.append([age, income if i % 9 else None, plan, since, "yes" if score > 0.5 else "no"])
table = pandas.DataFrame(rows, columns=["age", "income", "plan", "since", "churn"])
table.to_csv("base.csv", index=False)
moments = table.assign(since=pandas.to_datetime(table.since))
moments.to_parquet("base.parquet", index=False)
moments.to_parquet("groups.parquet", index=False, row_group_size=70, compression="zstd")
moments.assign(plan=moments.plan.astype("category"), age=moments.age.astype("float32")).to_parquet("types.parquet", index=False)
moments.sample(frac=1, random_state=1).sort_index().set_index(numpy.arange(600)[::-1] * 3).to_parquet("index.parquet")
moments.to_feather("base.feather")
arrow = pyarrow.Table.from_pandas(table, preserve_index=False)
with pyarrow.OSFile("base.arrows", "wb") as sink, pyarrow.ipc.new_stream(sink, arrow.schema) as writer:
    writer.write_table(arrow, max_chunksize=100)
polars.from_pandas(table).write_parquet("polars.parquet")
polars.from_pandas(table).write_ipc("polars.arrow", compression="zstd")
table.to_excel("openpyxl.xlsx", index=False, engine="openpyxl")
moments.to_excel("xlsxwriter.xlsx", index=False, engine="xlsxwriter")
moments.to_excel("base.ods", index=False, engine="odf")
book = openpyxl.Workbook()
book.active.title = "Notes"
book.active["A1"] = "made by a test"
sheet = book.create_sheet("Customers")
sheet.append(["Customers of 2024"])
sheet.append([])
sheet.append(list(table.columns))
for row in rows: sheet.append(row)
sheet.append(["Total", None, None, None, 600])
for cells in sheet.iter_rows(min_row=4, min_col=4, max_col=4):
    for cell in cells: cell.number_format = "[$-407]d. mmm yyyy;@"
book.save("report.xlsx")
PY
"$venv/bin/python" make.py
train() { "$VITRINE" train "$1" --target churn -o "$1.onnx" --model logistic --quiet "${@:2}" >"$1.log" 2>&1 || die "$1: $(cat "$1.log")"; }
# The values are equal, so the test metrics are equal to the last digit.
figures() { sed -n '/^test set/,/^ *Brier/p' "$1.log"; }
train base.csv
base=$(figures base.csv)
contains "$base" AUC
"$VITRINE" predict base.csv.onnx base.csv --format csv >base.answers
for table in base.parquet groups.parquet types.parquet index.parquet base.feather base.arrows polars.parquet polars.arrow \
  openpyxl.xlsx xlsxwriter.xlsx base.ods report.xlsx; do
  options=()
  [[ $table != report.xlsx ]] || options=(--sheet customers)
  train "$table" "${options[@]}"
  [[ $(figures "$table") == "$base" ]] || die "$table: $(diff <(figures base.csv) <(figures "$table"))"
  # Each model answers its own table and the plain one alike, and the model of the plain table answers each.
  "$VITRINE" predict "$table.onnx" "$table" "${options[@]}" --format csv >answers 2>/dev/null
  cmp -s base.answers answers || die "other answers: $table"
  "$VITRINE" predict "$table.onnx" base.csv --format csv 2>/dev/null | cmp -s base.answers || die "other answers to CSV: $table"
  "$VITRINE" predict base.csv.onnx "$table" "${options[@]}" --format csv 2>/dev/null | cmp -s base.answers || die "other model: $table"
  "$VITRINE" evaluate base.csv.onnx "$table" "${options[@]}" --json | json 'd["rows"] == 600' || die "evaluate: $table"
done
contains "$(cat report.xlsx.log)" "Customers of 2024"
contains "$(cat report.xlsx.log)" "Total"
contains "$("$VITRINE" describe report.xlsx 2>&1 || true)" "'Notes' is read"
for table in base.parquet base.arrows openpyxl.xlsx base.ods; do
  "$VITRINE" describe "$table" --strict >describe.txt || die "--strict refuses $table"
  "$VITRINE" predict base.csv.onnx - --format csv <"$table" 2>/dev/null | cmp -s base.answers || die "standard input: $table"
done

# --append writes the cells as CSV has them, whole numbers without a fraction.
"$VITRINE" predict base.csv.onnx groups.parquet --append --format csv 2>/dev/null >appended.csv
"$VITRINE" predict base.csv.onnx base.csv --append --format csv 2>/dev/null | sed "s/\.0,/,/" | cmp - appended.csv || die "--append of Parquet"

fails_with 2 "did you mean 'Customers'" "$VITRINE" describe report.xlsx --sheet custommers
fails_with 2 "only workbooks have sheets" "$VITRINE" describe base.csv --sheet x
fails_with 2 "only workbooks have sheets" "$VITRINE" describe base.parquet --sheet x
head -c 3000 base.parquet >cut.parquet
fails_with 3 "a Parquet file that is cut off" "$VITRINE" describe cut.parquet
printf PAR1 >>cut.parquet
fails_with 3 "can't be read" "$VITRINE" describe cut.parquet
head -c 3000 openpyxl.xlsx >cut.xlsx
fails_with 3 "damaged" "$VITRINE" describe cut.xlsx
printf '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' >old.xls
fails_with 3 "an old Excel workbook" "$VITRINE" describe old.xls

# Columns that can't be read are left out with the reason; where the model needs one, it is an error.
cat >odd.py <<'PY'
import pandas, pyarrow, pyarrow.parquet
table = pyarrow.Table.from_pandas(pandas.read_csv("base.csv"), preserve_index=False)
lists = pyarrow.array([[i] for i in range(600)])
odd = table.append_column("tags", lists).append_column("hash", pyarrow.array([bytes([255, i % 250]) for i in range(600)]))
pyarrow.parquet.write_table(odd, "odd.parquet")
pyarrow.parquet.write_table(table.set_column(0, "age", lists), "no_age.parquet")
pyarrow.parquet.write_table(table.set_column(2, "plan", lists), "no_plan.parquet")
PY
"$venv/bin/python" odd.py
train odd.parquet --strict
[[ $(figures odd.parquet) == "$base" ]] || die "odd.parquet"
contains "$("$VITRINE" describe odd.parquet)" "its cells are lists or structures"
contains "$("$VITRINE" describe odd.parquet)" "its cells are not text in UTF-8"
"$VITRINE" predict base.csv.onnx odd.parquet --format csv 2>/dev/null | cmp -s base.answers || die "columns that no one needs"
for table in no_age no_plan; do
  fails_with 3 "lists or structures" "$VITRINE" predict base.csv.onnx $table.parquet
  fails_with 3 "lists or structures" "$VITRINE" evaluate base.csv.onnx $table.parquet
done
fails_with 3 "lists or structures" "$VITRINE" train odd.parquet --target tags -o x.onnx
