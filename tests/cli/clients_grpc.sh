#!/usr/bin/env bash
# The unmodified gRPC clients of Triton and KServe, and gRPC's health check: tables and photos, errors, streams, API
# keys, TLS, and a stop that answers accepted calls.
. "$(dirname "$0")/lib.sh"
clients_python
small_model
small_photo_model
printf "ops %s admin\n" "$(printf secret | sha256sum | cut -c1-64)" >keys
serve churn=churn.onnx clothes=clothes.onnx --grpc-port 0 --api-keys keys --admin-socket admin
grpc_address() { sed -n 's/^gRPC on \(.*\)$/\1/p' server.log; }
photo=$(find photos -name '*.jpg' | sort | head -n 1)
curl -s "$url/predict" -H 'X-API-Key: secret' -H 'Content-Type: application/json' -d "$row" >churn.json
curl -s "$url/models/clothes/predict" -H 'X-API-Key: secret' -H 'Content-Type: image/jpeg' --data-binary "@$photo" >clothes.json
cat >shared.py <<'PY'
import json, sys
import numpy as np

address, row, photo = sys.argv[1], json.loads(sys.argv[2]), open(sys.argv[3], "rb").read()
key = {"authorization": "Bearer secret"}
churn, clothes = json.load(open("churn.json")), json.load(open("clothes.json"))

def check(label, probabilities, wanted):
    label = label.decode() if isinstance(label, bytes) else label
    assert label == wanted["label"], (label, wanted)
    assert np.allclose(probabilities, list(wanted["probabilities"].values()), atol=1e-6), (probabilities, wanted)

def array(value):
    text = isinstance(value, str)
    return np.array([[value.encode() if text else value]], dtype=object if text else np.float32), "BYTES" if text else "FP32"

PY
cat >tritoning.py <<'PY'
import queue
import grpc
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException
from shared import *

def column(name, value):
    data, datatype = array(value)
    one = triton.InferInput(name, [1, 1], datatype)
    one.set_data_from_numpy(data)
    return one

client = triton.InferenceServerClient(address)
assert client.is_server_live() and client.is_server_ready()
assert "binary_tensor_data" in client.get_server_metadata(headers=key).extensions
assert client.is_model_ready("churn", headers=key) and client.is_model_ready("clothes", "1", headers=key)
assert not client.is_model_ready("churn", "7", headers=key)
metadata = client.get_model_metadata("churn", headers=key, as_json=True)
assert {"name": "tenure", "datatype": "FP32", "shape": ["-1", "1"]} in metadata["inputs"], metadata
assert client.get_model_config("clothes", headers=key, as_json=True)["config"]["input"][0]["data_type"] == "TYPE_UINT8"
index = client.get_model_repository_index(headers=key)
assert [(one.name, one.state) for one in index.models] == [("churn", "READY"), ("clothes", "READY")], index
inputs = [column(name, value) for name, value in row.items()]
for outputs in (None, [triton.InferRequestedOutput("probabilities"), triton.InferRequestedOutput("label")]):
    result = client.infer("churn", inputs, outputs=outputs, headers=key, request_id="r7")
    assert result.get_response().id == "r7" and result.get_response().model_version == "1"
    check(result.as_numpy("label")[0], result.as_numpy("probabilities")[0], churn)
image = triton.InferInput("image", [2], "BYTES")
image.set_data_from_numpy(np.array([photo, photo], dtype=object))
result = client.infer("clothes", [image], headers=key)
check(result.as_numpy("label")[1], result.as_numpy("probabilities")[1], clothes)

def refused(code, call):
    try:
        call()
    except InferenceServerException as error:
        assert error.status() == f"StatusCode.{code}" and error.message(), error
    else:
        raise AssertionError(f"not refused with {code}")

refused("UNAUTHENTICATED", lambda: client.infer("churn", inputs))
refused("NOT_FOUND", lambda: client.infer("nothing", inputs, headers=key))
refused("INVALID_ARGUMENT", lambda: client.infer("churn", inputs[1:], headers=key))
refused("INVALID_ARGUMENT", lambda: client.infer("clothes", [column("image", "no photo")], headers=key))
refused("DEADLINE_EXCEEDED", lambda: client.infer("churn", inputs, headers=key, timeout=1))
refused("UNAUTHENTICATED", lambda: client.unload_model("clothes"))
client.unload_model("clothes", headers=key)
assert not client.is_model_ready("clothes", headers=key) and client.is_model_ready("churn", headers=key)
client.load_model("clothes", headers=key)
assert client.is_model_ready("clothes", headers=key)

answers = queue.Queue()
client.start_stream(lambda result, error: answers.put((result, error)), headers=key)
for name in ("churn", "nothing", "churn"): client.async_stream_infer(name, inputs, request_id=name)
for name in ("churn", "nothing", "churn"):
    result, error = answers.get(timeout=30)
    if name == "nothing":
        assert "there is no model" in error.message(), error
    else:
        check(result.as_numpy("label")[0], result.as_numpy("probabilities")[0], churn)
client.stop_stream()

with grpc.insecure_channel(address) as channel:  # as Kubernetes' gRPC probe does
    health = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert health(b"") == b"\x08\x01", health(b"")
    assert health(b"\x0a\x05churn", metadata=(("x-api-key", "secret"),)) == b"\x08\x01"
    try:
        health(b"\x0a\x05churn")  # the names of models are visible only with a key
        raise AssertionError("not refused")
    except grpc.RpcError as error:
        assert error.code().name == "NOT_FOUND" and "churn" not in error.details(), error
    for path, code in (("/grpc.health.v1.Health/Watch", "UNIMPLEMENTED"), ("/inference.GRPCInferenceService/ModelInfer", "INVALID_ARGUMENT")):
        try:
            channel.unary_unary(path)(b"\xff\xff", metadata=(("x-api-key", "secret"),))
            raise AssertionError("not refused")
        except grpc.RpcError as error:
            assert error.code().name == code, error
    try:
        channel.unary_unary("/grpc.health.v1.Health/Watch")(b"")  # a client without a key turns its health checks off at this status alone
        raise AssertionError("not refused")
    except grpc.RpcError as error:
        assert error.code().name == "UNIMPLEMENTED", error
    try:
        channel.unary_unary("/inference.GRPCInferenceService/ModelInfer")(b"\x0a" * (17 << 20))
        raise AssertionError("not refused")
    except grpc.RpcError as error:
        assert error.code().name == "RESOURCE_EXHAUSTED", error

PY
cat >kserving.py <<'PY'
import asyncio
from kserve import InferenceGRPCClient, InferInput, InferRequest
from shared import *

async def kserve():
    other = InferenceGRPCClient(address)
    header = list(key.items())
    assert await other.is_server_live() and await other.is_server_ready()
    assert await other.is_model_ready("churn", headers=header)
    for raw in (True, False):
        sent = []
        for name, value in row.items():
            data, datatype = array(value)
            one = InferInput(name, [1, 1], datatype)
            one.set_data_from_numpy(data, binary_data=raw)
            sent.append(one)
        answer = await other.infer(InferRequest("churn", sent), headers=header)
        outputs = {one.name: one for one in answer.outputs}
        check(outputs["label"].as_numpy().ravel()[0], outputs["probabilities"].as_numpy()[0], churn)

asyncio.run(kserve())
PY
for client in tritoning kserving; do  # the messages of both have the same names: two processes
  "$python" $client.py "$(grpc_address)" "$row" "$photo" 2>client.log || die "$client failed: $(tail -n 5 client.log)"
done
curl -s "$url/metrics" -H 'X-API-Key: secret' | grep -q 'vitrine_requests_total{code="404"' && die "a request without a model was counted for a model"
grep -q 'POST /inference.GRPCInferenceService/ModelInfer.* 200' server.log || die "no gRPC call in the log"
stop_server

# Calls that run at the stop are answered; new ones are refused.
serve churn=churn.onnx --grpc-port 0 --log off --workers 1
cat >stop.py <<'PY'
import os, re, signal, sys, threading, time, urllib.request
import numpy as np, tritonclient.grpc as triton, json
from tritonclient.utils import InferenceServerException
address, server, row, url = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4]
rows = triton.InferInput("row", [20000], "BYTES")
rows.set_data_from_numpy(np.array([json.dumps(row).encode()] * 20000, dtype=object))
client = triton.InferenceServerClient(address)
answers = []
def ask():
    try: answers.append(client.infer("churn", [rows]).as_numpy("label").size)
    except InferenceServerException: pass  # it arrived after the stop
def waiting_in_the_queue():
    metrics = urllib.request.urlopen(url + "/metrics").read().decode()
    return int(float(re.search(r"^vitrine_queue_length (\S+)$", metrics, re.M).group(1)))
def some_wait():
    """Waits until the server reports waiting calls, which are accepted ones. Whether there are some is random."""
    for _ in range(30):
        calls = [threading.Thread(target=ask) for _ in range(12)]
        for call in calls: call.start()
        while any(call.is_alive() for call in calls):
            before = len(answers)
            waiting = waiting_in_the_queue()
            if waiting >= 2: return calls, before, waiting
        for call in calls: call.join()
    raise AssertionError("no call ever waited")
calls, before, waiting = some_wait()
os.kill(server, signal.SIGTERM)
for call in calls: call.join()
assert len(answers) >= before + waiting and set(answers) == {20000}, (answers, before, waiting)
for _ in range(100):  # the signal may not have been delivered yet
    try: triton.InferenceServerClient(address).is_server_live(client_timeout=5)
    except InferenceServerException: break
    time.sleep(0.1)
else: raise AssertionError("answered after the stop")
PY
"$python" stop.py "$(grpc_address)" "$server" "$row" "$url" || die "a call was lost at the stop"
wait "$server" || die "the server ended with $?"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=localhost -addext 'subjectAltName=DNS:localhost' -days 2 2>/dev/null
serve churn=churn.onnx --grpc-port 0 --tls-cert cert.pem --tls-key key.pem --sandbox
port=$(grpc_address); port=${port##*:}
"$python" - "$port" <<'PY' || die "gRPC over TLS does not work"
import sys, tritonclient.grpc as triton
client = triton.InferenceServerClient(f"localhost:{sys.argv[1]}", ssl=True, root_certificates="cert.pem")
assert client.is_server_ready()
PY
fails_with 1 "gRPC can't listen" "${SERVER:-$VITRINE}" serve churn.onnx --port 0 --grpc-port "$port"
stop_server
