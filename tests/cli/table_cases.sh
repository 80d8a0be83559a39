#!/usr/bin/env bash
# Tables of ../shared on which earlier versions failed: each is read, and each reaches its AUC.
. "$(dirname "$0")/lib.sh"
needs_shared cases/tables
cases=$data/cases/tables
# auc TABLE LEAST MOST [OPTION...]: trains; the cross-validated AUC must be in the range.
auc() {
  local table=$1 least=$2 most=$3 found
  shift 3
  "$VITRINE" train "$cases/$table" -o m.onnx --quiet --target "${target:-churn}" "$@" >train.log 2>&1 || die "$table: $(cat train.log)"
  found=$("$VITRINE" inspect m.onnx --json | python3 -c '
import json, sys
card = json.load(sys.stdin)["card"]
print(card["figures"]["cross_validation"]["auc"])')
  python3 -c "import sys; sys.exit(0 if $least <= $found <= $most else 1)" || die "$table: AUC $found, not $least to $most"
}
# says PART: the log of the last training contains PART.
says() { contains "$(cat train.log)" "$1"; }
# as_base TABLE PART [OPTION...]: the table is base.csv in another form, and the log contains PART.
as_base() { auc "$1" 0.78 0.84 "${@:3}" && says "$2"; }
as_base base.csv ""
as_base thousands.csv "commas between thousands"
as_base currency.csv '$'
as_base units.csv "without 'eur'"
as_base decimal_comma.csv "a decimal comma"
as_base na_excel.csv "#N/A"
as_base na_pd.csv "<NA>"
as_base sent_m200.csv "--missing 'income=-200'"
as_base sent_m200.csv "" --missing -200
as_base latin1.csv "WINDOWS-1252"
as_base utf16.csv "UTF-16LE"
as_base cr.csv "CR"
as_base short_rows.csv "67 rows have fewer fields"
as_base one_short_last.csv "1 row has fewer fields"
as_base footer.csv "Total rows: 600"
as_base comment_top.csv "# exported 2024-01-01"
as_base sep_line.csv "sep=,"
as_base backslash.csv ""
as_base dup_names.csv "'age_2'"
target=column_5 as_base nohdr.csv "looks like a row"
as_base base.csv.gz ""
as_base base.zip ""
as_base base.jsonl ""
as_base base.arff ""
if has_module arrow; then as_base base.parquet ""; else echo "without base.parquet: no module arrow"; fi
as_base base.xlsx ""
auc date_iso.csv 0.9 1
auc case_feature.csv 0.80 0.90
as_base t_none.csv "" --not-missing None
as_base custid.csv "left out: CustomerId"
auc index_sorted_leak.csv 0.74 0.88 && says "left out: column_1"
auc f32_account_no.csv 0.85 0.92
fails_with 3 "keep it with --not-missing None" "$VITRINE" train "$cases/t_none.csv" --target churn -o m.onnx --quiet
for table in short_rows one_short_last footer comment_top sep_line backslash dup_names nohdr latin1 utf16 cr; do
  fails_with 3 "--strict" "$VITRINE" describe "$cases/$table.csv" --strict
done
