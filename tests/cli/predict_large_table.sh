#!/usr/bin/env bash
# A table that is read in parts: predictions are those of the whole table, in order; warnings are printed once for all
# parts; of several errors, that of the first line is reported.
. "$(dirname "$0")/lib.sh"
small_model
"$VITRINE" sample churn large.csv --rows 40000 --seed 9 >/dev/null
[[ $(stat -c %s large.csv) -gt 5000000 ]] || die "too small for several parts"
for form in json csv; do
  "$VITRINE" predict churn.onnx large.csv --format $form -o whole.txt 2>said.txt
  # A few of so many rows are outside of the range of the small training table.
  ! grep -v "outside of the range\|check the values\|^wrote whole.txt\|^replaced whole.txt" said.txt || die "there are other warnings"
  rm -rf shares
  for i in 1 2; do "$VITRINE" predict churn.onnx large.csv --format $form --shard $i/2 -o shares 2>/dev/null; done
  if [[ $form == csv ]]; then
    { head -n 1 shares/large-0001*; tail -q -n +2 shares/*; } | cmp - whole.txt || die "csv differs"
  else
    cat shares/* | cmp - whole.txt || die "json differs"
  fi
done
[[ $(wc -l <whole.txt) == 40001 ]] || die "rows are lost"
# A reader that closes the pipe is not an error.
set +o pipefail
"$VITRINE" predict churn.onnx large.csv 2>said.txt | head -n 1 >/dev/null
[[ ${PIPESTATUS[0]} == 141 && ! $(<said.txt) == *error* ]] || die "a pipe that closes: $(<said.txt)"
set -o pipefail

# The same unseen value in the first and the last row, another in the middle; an unknown class in the target column is
# ignored.
awk -F, -v OFS=, 'NR == 2 || NR == 40001 { $16 = "Weekly" } NR == 20000 { $16 = "Daily"; $21 = "perhaps" } 1' large.csv >odd.csv
"$VITRINE" predict churn.onnx odd.csv --format csv -o odd.txt 2>said.txt
contains "$(<said.txt)" "3 of 40,000 rows have values that did not occur in training (Weekly and Daily)"
[[ $(grep '^warning' said.txt | grep -vc "outside of the range") == 1 ]] || die "not one warning: $(<said.txt)"

awk -F, -v OFS=, 'NR == 30000 || NR == 39000 { $6 = "soon" } 1' large.csv >bad.csv
for _ in 1 2 3; do fails_with 3 "bad.csv, line 30000" "$VITRINE" predict churn.onnx bad.csv --strict -o bad.txt; done
[[ ! -e bad.txt ]] || die "something was written"
awk 'NR == 25000 { $0 = $0 ",more" } 1' large.csv >ragged.csv
fails_with 3 "ragged.csv, line 25000" "$VITRINE" predict churn.onnx ragged.csv
printf 'x\0' >>large.csv
fails_with 3 "NUL byte" "$VITRINE" predict churn.onnx large.csv
