#!/usr/bin/env bash
# describe shows the kinds of columns, left-out columns with the reason, and the split, without training.
. "$(dirname "$0")/lib.sh"
"$VITRINE" sample churn t.csv --rows 2000 >/dev/null
text=$("$VITRINE" describe t.csv --target churn)
contains "$text" "customerID"
contains "$text" "left out: identifier"
contains "$text" "<- positive"
contains "$text" "rows in the test set"
contains "$("$VITRINE" describe t.csv)" "name the column to predict"
"$VITRINE" describe t.csv --target Churn --json | json 'd["rows"] == 2000 and len(d["columns"]) == 19 and sum(d["split"]["fold_rows"]) + d["split"]["test_rows"] == 2000'
