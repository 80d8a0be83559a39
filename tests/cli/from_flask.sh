#!/usr/bin/env bash
# docs/guides/from-flask.md: a course's project (a DictVectorizer and a logistic regression in a pickle) answers the same record on the same
# path with the same keys; import --check saves a model only if it gives the library's answers.
. "$(dirname "$0")/lib.sh"
python=$("$REPO/scripts/python-venv" imports)/bin/python || skip "PyPI can't be reached"
"$VITRINE" sample churn churn.csv >/dev/null
"$python" - <<'PY'
import csv, json, pickle, numpy
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
def value(text):
    try: return float(text)
    except ValueError: return text.lower().replace(" ", "_") if text.strip() else 0.0
rows = [{key.lower(): value(cell) for key, cell in row.items()} for row in csv.DictReader(open("churn.csv"))]
churn = [row.pop("churn") == "yes" for row in rows]
for row in rows: row.pop("customerid", None)
dv = DictVectorizer(sparse=False)
model = LogisticRegression(solver="liblinear").fit(dv.fit_transform(rows), churn)
pickle.dump((dv, model), open("model.bin", "wb"))
some = rows[:300]
json.dump(some, open("customers.json", "w"))
answers = model.predict_proba(dv.transform(some))
numpy.savetxt("answers.csv", answers[:, 1])
numpy.savetxt("both.csv", answers, delimiter=",")
open("labels.csv", "w").write("\n".join(str(one) for one in model.predict(dv.transform(some))) + "\n")
answers[17, 1] += 0.001
numpy.savetxt("wrong.csv", answers[:, 1])
json.dump(some[0], open("row.json", "w"))
json.dump(float(answers[0, 1]), open("wanted.json", "w"))
PY
for answers in answers both labels; do
  said=$("$VITRINE" import model.bin --target churn -o churn.onnx --check customers.json --answers $answers.csv)
  contains "$said" "checked 300 rows of customers.json"
done
rm churn.onnx
fails_with 1 "row 18: the library answers" "$VITRINE" import model.bin -o churn.onnx --check customers.json --answers wrong.csv
[[ ! -e churn.onnx ]] || die "a model with other answers was saved"
"$VITRINE" import model.bin -o churn.onnx --check customers.json --answers wrong.csv --tolerance 0.01 >/dev/null
head -n 299 answers.csv >short.csv
fails_with 3 "there are 299 answers for 300 rows" "$VITRINE" import model.bin -o churn.onnx --check customers.json --answers short.csv
fails_with 2 "--answers" "$VITRINE" import model.bin -o churn.onnx --check customers.json
"$VITRINE" import model.bin --target churn -o churn.onnx >/dev/null
serve churn.onnx
[[ $(curl -s "$url/ping") == PONG ]] || die "no PONG"
curl -s "$url/predict" -d @row.json >got.json
python3 -c 'import json; got, wanted = json.load(open("got.json")), json.load(open("wanted.json"))
assert abs(got["churn_probability"] - wanted) <= 1e-6 and got["churn"] is (wanted >= 0.5), (got, wanted)'
stop_server
