#!/usr/bin/env bash
# KServe's unmodified Python client checks and uses both models by its v1 and v2 protocols.
. "$(dirname "$0")/lib.sh"
clients_python
small_model
small_photo_model
serve churn=churn.onnx clothes=clothes.onnx
photo=$(find photos -name '*.jpg' | sort | head -n 1)
curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row" >churn.json
curl -s "$url/models/clothes/predict" -H 'Content-Type: image/jpeg' --data-binary "@$photo" >clothes.json
"$python" - "$url" "$row" "$photo" 2>client.log <<'PY' || die "KServe's client failed: $(tail -n 5 client.log)"
import asyncio, base64, json, sys
import numpy as np
from kserve import InferenceRESTClient, RESTConfig, InferRequest, InferInput

url, row, photo = sys.argv[1], json.loads(sys.argv[2]), open(sys.argv[3], "rb").read()
churn, clothes = json.load(open("churn.json")), json.load(open("clothes.json"))

def check(label, probabilities, wanted):
    assert label == wanted["label"], (label, wanted)
    assert np.allclose(probabilities, list(wanted["probabilities"].values()), atol=1e-6), (probabilities, wanted)

async def main():
    v2 = InferenceRESTClient(RESTConfig(protocol="v2"))
    assert await v2.is_server_live(url) is True and await v2.is_server_ready(url) is True
    for name in ("churn", "clothes"):
        assert await v2.is_model_ready(url, name) is True
    inputs = []
    for name, value in row.items():
        text = isinstance(value, str)
        one = InferInput(name, [1, 1], "BYTES" if text else "FP32")
        one.set_data_from_numpy(np.array([[value]], dtype=object if text else np.float32), binary_data=not text)
        inputs.append(one)
    answer = await v2.infer(url, InferRequest("churn", inputs), model_name="churn")
    outputs = {one.name: one for one in answer.outputs}
    check(outputs["label"].as_numpy().ravel()[0], outputs["probabilities"].as_numpy()[0], churn)
    image = InferInput("image", [1], "BYTES")
    image.set_data_from_numpy(np.array([photo], dtype=object), binary_data=True)
    answer = await v2.infer(url, InferRequest("clothes", [image]), model_name="clothes")
    outputs = {one.name: one for one in answer.outputs}
    check(outputs["label"].as_numpy().ravel()[0], outputs["probabilities"].as_numpy()[0], clothes)

    v1 = InferenceRESTClient(RESTConfig(protocol="v1"))
    assert await v1.is_server_live(url) is True
    for name in ("churn", "clothes"):
        assert await v1.is_model_ready(url, name) is True
    answer = await v1.infer(url, {"instances": [row, row]}, model_name="churn")
    for one in answer["predictions"]: check(one["label"], one["probabilities"], churn)
    instance = {"image": {"b64": base64.b64encode(photo).decode()}}
    answer = await v1.infer(url, {"instances": [instance]}, model_name="clothes")
    check(answer["predictions"][0]["label"], answer["predictions"][0]["probabilities"], clothes)
    try:
        await v1.infer(url, {"instances": [{}]}, model_name="churn")
        raise AssertionError("not refused")
    except Exception as error:
        assert "422" in str(error) and "missing" in str(error), error

asyncio.run(main())
PY
stop_server
