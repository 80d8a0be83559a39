#!/usr/bin/env bash
# The requests that TensorFlow Serving's REST page documents: status, metadata, rows and columns,
# b64, versions and labels, errors.
. "$(dirname "$0")/lib.sh"
small_model
small_photo_model
serve churn=churn.onnx clothes=clothes.onnx --label churn=stable:1
photo=$(find photos -name '*.jpg' | sort | head -n 1)
curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" >churn.json
curl -s "$url/models/clothes/predict" -H 'Content-Type: image/jpeg' --data-binary "@$photo" >clothes.json
python3 - "$url" "$row" "$photo" <<'PY' || die "the responses differ from TensorFlow Serving's"
import base64, json, sys, urllib.request, urllib.error
url, row, photo = sys.argv[1], json.loads(sys.argv[2]), open(sys.argv[3], "rb").read()
churn, clothes = json.load(open("churn.json")), json.load(open("clothes.json"))

def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(url + path, data) as answer: return answer.status, json.load(answer)
    except urllib.error.HTTPError as error: return error.code, json.load(error)

def check(label, probabilities, wanted):
    assert label == wanted["label"], (label, wanted)
    assert max(abs(a - b) for a, b in zip(probabilities, wanted["probabilities"].values())) < 1e-6

status, state = ask("/v1/models/churn")
assert status == 200 and state["model_version_status"] == [
    {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}], state
assert ask("/v1/models/churn/versions/1")[0] == 200 and ask("/v1/models/churn/versions/2")[0] == 404
signature = ask("/v1/models/clothes/metadata")[1]["metadata"]["signature_def"]["signature_def"]["serving_default"]
assert signature["inputs"]["image"]["dtype"] == "DT_UINT8", signature

for path in ("/v1/models/churn:predict", "/v1/models/churn/versions/1:predict", "/v1/models/churn/labels/stable:predict"):
    status, answer = ask(path, {"signature_name": "serving_default", "instances": [row, {k: [v] for k, v in row.items()}][:1]})
    assert status == 200, answer
    check(answer["predictions"][0]["label"], answer["predictions"][0]["probabilities"], churn)
status, answer = ask("/v1/models/churn:predict", {"instances": [{k: [v] for k, v in row.items()}] * 2})
assert status == 200 and len(answer["predictions"]) == 2, answer
check(answer["predictions"][1]["label"], answer["predictions"][1]["probabilities"], churn)
for columns in ({k: [v, v] for k, v in row.items()}, {k: [[v], [v]] for k, v in row.items()}):
    status, answer = ask("/v1/models/churn:predict", {"inputs": columns})
    assert status == 200, answer
    check(answer["outputs"]["label"][1], answer["outputs"]["probabilities"][1], churn)

b64 = {"b64": base64.b64encode(photo).decode()}
for body in ({"instances": [b64]}, {"instances": [{"image": b64}]}, {"instances": [{"image": b64["b64"]}]}):
    status, answer = ask("/v1/models/clothes:predict", body)
    assert status == 200, answer
    check(answer["predictions"][0]["label"], answer["predictions"][0]["probabilities"], clothes)
for body in ({"inputs": [b64]}, {"inputs": {"image": [b64]}}, {"inputs": {"image": b64}}):
    status, answer = ask("/v1/models/clothes:predict", body)
    assert status == 200, answer
    check(answer["outputs"]["label"][0], answer["outputs"]["probabilities"][0], clothes)
pixels = [[[200, 200, 200]] * 8] * 9
for body, key in (({"instances": [pixels, {"image": pixels}][:1]}, "predictions"), ({"inputs": [pixels]}, "outputs")):
    status, answer = ask("/v1/models/clothes:predict", body)
    assert status == 200 and len(answer[key]) >= 1, answer

for path, body, code in (("/v1/models/none:predict", {"instances": [row]}, 404), ("/v1/models/churn:predict", {}, 400),
                         ("/v1/models/churn:predict", {"instances": [row], "inputs": {}}, 400),
                         ("/v1/models/churn:predict", {"instances": [{}]}, 422),
                         ("/v1/models/churn:predict", {"inputs": {"tenure": [1]}}, 422),
                         ("/v1/models/churn:classify", {"examples": []}, 404),
                         ("/v1/models/churn:predict", {"signature_name": "other", "instances": [row]}, 422),
                         ("/v1/models/clothes:predict", {"instances": [[[[300, 0, 0]]]]}, 422),
                         ("/v1/models/clothes:predict", {"instances": [[[[1, 2]]]]}, 422),
                         ("/v1/models/clothes:predict", {"instances": [{"b64": "bm8gcGhvdG8="}]}, 400)):
    status, answer = ask(path, body)
    assert status == code and isinstance(answer["error"], str), (path, body, status, answer)
PY
stop_server
