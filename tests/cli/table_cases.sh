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
# says TABLE PART: the log of the last training contains PART.
says() { contains "$(cat train.log)" "$1"; }
auc base.csv 0.78 0.84
auc thousands.csv 0.78 0.84 && says "commas between thousands"
auc currency.csv 0.78 0.84 && says '$'
auc units.csv 0.78 0.84 && says "without 'eur'"
auc decimal_comma.csv 0.78 0.84 && says "a decimal comma"
auc na_excel.csv 0.78 0.84 && says "#N/A"
auc na_pd.csv 0.78 0.84 && says "<NA>"
auc sent_m200.csv 0.78 0.84 && says "--missing 'income=-200'"
auc sent_m200.csv 0.78 0.84 --missing -200
auc latin1.csv 0.78 0.84 && says "WINDOWS-1252"
auc utf16.csv 0.78 0.84 && says "UTF-16LE"
auc cr.csv 0.78 0.84 && says "CR"
auc short_rows.csv 0.78 0.84 && says "67 rows have fewer fields"
auc one_short_last.csv 0.78 0.84 && says "1 row has fewer fields"
auc footer.csv 0.78 0.84 && says "Total rows: 600"
auc comment_top.csv 0.78 0.84 && says "# exported 2024-01-01"
auc sep_line.csv 0.78 0.84 && says "sep=,"
auc backslash.csv 0.78 0.84
auc dup_names.csv 0.78 0.84 && says "'age_2'"
target=column_5 auc nohdr.csv 0.78 0.84 && says "looks like a row"
auc base.csv.gz 0.78 0.84
auc base.zip 0.78 0.84
auc base.jsonl 0.78 0.84
auc base.arff 0.78 0.84
auc case_feature.csv 0.80 0.90
auc t_none.csv 0.78 0.84 --not-missing None
auc custid.csv 0.78 0.84 && says "left out: CustomerId"
auc index_sorted_leak.csv 0.74 0.88 && says "left out: column_1"
auc f32_account_no.csv 0.85 0.92
fails_with 3 "keep it with --not-missing None" "$VITRINE" train "$cases/t_none.csv" --target churn -o m.onnx --quiet
for table in short_rows one_short_last footer comment_top sep_line backslash dup_names nohdr latin1 utf16 cr; do
  fails_with 3 "--strict" "$VITRINE" describe "$cases/$table.csv" --strict
done
