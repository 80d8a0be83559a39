#!/usr/bin/env bash
# The JSON of evaluate has the documented keys; the text shows metrics and calibration.
. "$(dirname "$0")/lib.sh"
small_model
"$VITRINE" sample churn later.csv --rows 3000 --seed 9 >/dev/null
"$VITRINE" evaluate churn.onnx later.csv --json >figures.json
json 'all(k in d and (k == "rows" or len(d[k + "_ci95"]) == 2) for k in ("rows", "accuracy", "log_loss", "f1_macro", "ece", "auc"))' <figures.json
json '0.80 < d["auc"] < 0.88 and d["auc_ci95"][0] < d["auc"] < d["auc_ci95"][1] and d["rows"] == 3000' <figures.json
text=$("$VITRINE" evaluate churn.onnx later.csv)
contains "$text" "AUC"
contains "$text" "observed"
cut -d, -f1-20 later.csv >truthless.csv
fails_with 3 "no column 'Churn'" "$VITRINE" evaluate churn.onnx truthless.csv
