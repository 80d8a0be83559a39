#!/usr/bin/env bash
# Figures have a baseline beside them; a model of noise is not recommended; evaluation on training
# rows, in whole or in part, is said; --fail-if ends with code 1.
. "$(dirname "$0")/lib.sh"
python3 - <<'EOF'
import random
random.seed(3)
def write(name, rows, signal):
    with open(name, "w") as table:
        table.write("a,b,c,kind,target\n")
        for _ in range(rows):
            a = random.gauss(0, 1)
            positive = random.random() < (0.1 if not signal else 0.03 + 0.5 * (a > 1))
            table.write(f"{a:.4f},{random.gauss(0, 1):.4f},{random.random():.4f},{random.choice('uvw')},{'Yes' if positive else 'No'}\n")
write("noise.csv", 2000, False)
write("signal.csv", 2000, True)
write("new.csv", 2000, True)
with open("numbers.csv", "w") as table:
    table.write("a,b,price\n")
    for _ in range(1000):
        table.write(f"{random.random():.5f},{random.random():.5f},{random.gauss(100, 10):.3f}\n")
rows = open("signal.csv").read().splitlines()
fresh = open("new.csv").read().splitlines()
open("part.csv", "w").write("\n".join(fresh[:801] + rows[1:201]) + "\n")
EOF
out=$("$VITRINE" train noise.csv --target target --quiet)
contains "$out" "baseline: always 'No'"
contains "$out" "verdict: the model is no better than always predicting 'No' by more than chance"
[[ $out != *"next: vitrine serve"* ]] || die "a model of noise is recommended"
out=$("$VITRINE" train numbers.csv --target price --quiet)
contains "$out" "verdict: the model is no better than always predicting the mean"
out=$("$VITRINE" train signal.csv --target target --quiet --report train.md)
contains "$out" "next: vitrine serve signal.onnx"
# The server repeats it at start.
serve noise.onnx signal.onnx
for _ in {1..100}; do grep -q "the model noise is no better than its baseline" server.log && break; sleep 0.05; done
contains "$(cat server.log)" "warning: the model noise is no better than its baseline by more than chance"
[[ $(cat server.log) != *"the model signal is"* ]] || die "a good model is warned of"
stop_server
contains "$("$VITRINE" train signal.csv --target target --quiet)" "replaced signal.onnx"
contains "$(cat train.md)" "| Baseline |"
contains "$("$VITRINE" evaluate signal.onnx signal.csv)" "verdict: 100 % of these rows were in the training data"
"$VITRINE" evaluate signal.onnx part.csv --json | json '0.15 < d["trained_share"] < 0.25 and "were in the training data" in d["verdict"]'
"$VITRINE" evaluate signal.onnx new.csv --json >new.json
json 'd["trained_share"] == 0 and d["verdict"] == "as good as at training"' <new.json
json 'd["baseline"]["beaten"] and d["baseline"]["prediction"] == "No" and abs(d["baseline"]["auc"] - 0.5) < 1e-9' <new.json
json 'd["at_training"]["on"] == "test" and 0 < d["at_training"]["log_loss"] < 1 and d["brier"] < 0.25' <new.json
"$VITRINE" evaluate noise.onnx new.csv --json | json 'not d["baseline"]["beaten"] and "no better than always predicting" in d["verdict"]'
# Worse, because the labels are wrong, and a column that has shifted.
python3 - <<'EOF'
import csv, random
random.seed(4)
rows = list(csv.DictReader(open("new.csv")))
for row in rows:
    row["b"] = f"{float(row['b']) + 2:.4f}"
    if random.random() < 0.4: row["target"] = random.choice(["Yes", "No"])
with open("worse.csv", "w", newline="") as out:
    table = csv.DictWriter(out, rows[0].keys())
    table.writeheader()
    table.writerows(rows)
EOF
text=$("$VITRINE" evaluate signal.onnx worse.csv --report worse.html)
contains "$text" "verdict: clearly worse than at training: "
contains "$text" "; b has shifted"
contains "$text" "drift: 1 of 4 columns has shifted: b (PSI "
contains "$text" "at training"
contains "$(cat worse.html)" "<th scope=\"col\">At training</th><th scope=\"col\">Baseline</th>"
contains "$(cat worse.html)" "Verdict:"
"$VITRINE" evaluate signal.onnx new.csv --fail-if 'AUC < 0.6' --fail-if 'drift > 0.25' >/dev/null || die "it should pass"
fails_with 1 "auc is 0." "$VITRINE" evaluate signal.onnx new.csv --fail-if 'auc < 0.999' --json
fails_with 1 "drift is " "$VITRINE" evaluate signal.onnx worse.csv --fail-if 'drift>=0.25'
fails_with 2 "there is no metric 'auk'" "$VITRINE" evaluate signal.onnx new.csv --fail-if 'auk < 0.9'
fails_with 2 "is no condition" "$VITRINE" evaluate signal.onnx new.csv --fail-if 'auc is low'
fails_with 2 "has no figure 'rmse'" "$VITRINE" evaluate signal.onnx new.csv --fail-if 'rmse > 1'
head -n 6 new.csv >few.csv
contains "$("$VITRINE" evaluate signal.onnx few.csv)" "(too few cases for intervals)"
# Photos are known by their files.
small_photo_model
"$VITRINE" sample clothes new_photos --photos 60 --side 32 --seed 8 >/dev/null
contains "$("$VITRINE" evaluate clothes.onnx photos)" "verdict: 100 % of these photos were in the training data"
"$VITRINE" evaluate clothes.onnx new_photos --json | json 'd["trained_share"] == 0 and d["baseline"]["accuracy"] == 0.1'
