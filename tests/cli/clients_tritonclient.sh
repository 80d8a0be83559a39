#!/usr/bin/env bash
# Triton's unmodified Python client lists, checks and uses both models: JSON and binary tensors, columns, whole rows,
# photo files and pixels.
. "$(dirname "$0")/lib.sh"
clients_python
small_model
small_photo_model
printf "ops %s admin\n" "$(printf secret | sha256sum | cut -c1-64)" >keys
serve churn=churn.onnx clothes=clothes.onnx --api-keys keys
photo=$(find photos -name '*.jpg' | sort | head -n 1)
curl -s "$url/predict" -H 'X-API-Key: secret' -H 'Content-Type: application/json' -d "$row" >churn.json
curl -s "$url/models/clothes/predict" -H 'X-API-Key: secret' -H 'Content-Type: image/jpeg' --data-binary "@$photo" >clothes.json
"$python" - "${url#http://}" "$row" "$photo" <<'PY' || die "Triton's client failed"
import json, sys
import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

address, row, photo = sys.argv[1], json.loads(sys.argv[2]), open(sys.argv[3], "rb").read()
# a copy each time, because the client changes the headers
key = {"Authorization": "Bearer secret"}
churn, clothes = json.load(open("churn.json")), json.load(open("clothes.json"))
client = triton.InferenceServerClient(address)
assert client.is_server_live() and client.is_server_ready()
assert not client.is_model_ready("churn"), "answered without a key"
assert client.is_model_ready("churn", headers=dict(key)) and client.is_model_ready("clothes", "1", headers=dict(key))
assert not client.is_model_ready("churn", "7", headers=dict(key))
assert "binary_tensor_data" in client.get_server_metadata(headers=dict(key))["extensions"]
metadata = client.get_model_metadata("churn", headers=dict(key))
assert metadata["versions"] == ["1"] and {"name": "tenure", "datatype": "FP32", "shape": [-1, 1]} in metadata["inputs"], metadata
assert client.get_model_config("clothes", headers=dict(key))["input"][0]["data_type"] == "TYPE_UINT8"
index = client.get_model_repository_index(headers=dict(key))
assert [(one["name"], one["state"]) for one in index] == [("churn", "READY"), ("clothes", "READY")], index

def column(name, value, binary):
    if isinstance(value, str):
        one = triton.InferInput(name, [1, 1], "BYTES")
        one.set_data_from_numpy(np.array([[value.encode()]], dtype=object), binary_data=binary)
    else:
        one = triton.InferInput(name, [1, 1], "FP32")
        one.set_data_from_numpy(np.array([[value]], dtype=np.float32), binary_data=binary)
    return one

def check(result, wanted, row=0):
    label = result.as_numpy("label")[row]
    label = label.decode() if isinstance(label, bytes) else label
    assert label == wanted["label"], (label, wanted)
    got = result.as_numpy("probabilities")[row]
    assert np.allclose(got, list(wanted["probabilities"].values()), atol=1e-6), (got, wanted)

for binary in (True, False):
    inputs = [column(name, value, binary) for name, value in row.items()]
    for outputs in (None, [triton.InferRequestedOutput("probabilities", binary_data=binary),
                           triton.InferRequestedOutput("label", binary_data=not binary)]):
        result = client.infer("churn", inputs, outputs=outputs, headers=dict(key), request_id="r7")
        assert result.get_response()["id"] == "r7" and result.get_response()["model_version"] == "1"
        check(result, churn)
    whole = triton.InferInput("row", [2], "BYTES")
    whole.set_data_from_numpy(np.array([json.dumps(row).encode()] * 2, dtype=object), binary_data=binary)
    result = client.infer("churn", [whole], headers=dict(key))
    check(result, churn, 0), check(result, churn, 1)
file = triton.InferInput("image", [2], "BYTES")
file.set_data_from_numpy(np.array([photo, photo], dtype=object))
result = client.infer("clothes", [file], headers=dict(key), model_version="1")
check(result, clothes, 0), check(result, clothes, 1)
height, width = client.get_model_metadata("clothes", headers=dict(key))["inputs"][0]["shape"][1:3]
for binary in (True, False):
    pixels = triton.InferInput("image", [1, height, width, 3], "UINT8")
    pixels.set_data_from_numpy(np.full((1, height, width, 3), 200, dtype=np.uint8), binary_data=binary)
    assert abs(client.infer("clothes", [pixels], headers=dict(key)).as_numpy("probabilities").sum() - 1) < 1e-4

def refused(status, *arguments, **named):
    try:
        client.infer(*arguments, headers=dict(key), **named)
    except InferenceServerException as error:
        assert error.status() == str(status) and error.message(), error
    else:
        raise AssertionError(f"not refused: {arguments}")

refused(404, "nothing", inputs)
refused(422, "churn", inputs[1:])
refused(422, "churn", inputs, outputs=[triton.InferRequestedOutput("nothing")])
refused(504, "churn", inputs, timeout=1)  # a microsecond: it expires at once
client.unload_model("clothes", headers=dict(key))
assert not client.is_model_ready("clothes", headers=dict(key)) and client.is_model_ready("churn", headers=dict(key))
client.load_model("clothes", headers=dict(key))
assert client.is_model_ready("clothes", headers=dict(key))
check(client.infer("clothes", [file], headers=dict(key)), clothes)
try:
    triton.InferenceServerClient(address).unload_model("churn")
    raise AssertionError("unloaded without a key")
except InferenceServerException as error:
    assert error.status() == "401", error
PY
stop_server
