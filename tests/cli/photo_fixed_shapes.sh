#!/usr/bin/env bash
# Networks with fixed shapes: one that was exported for batch size 1 serves many clients, photo by photo, and its card
# says so; one that flattens a feature map can be fine-tuned, with images of one size.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
venv=$("$REPO/scripts/python-venv" 2>/dev/null) || skip "PyPI can't be reached"
"$VITRINE" sample clothes photos --photos 80 --side 40 >/dev/null
"$venv/bin/python" - <<'PY'
import numpy, onnx
from onnx import TensorProto as T, helper as h, numpy_helper as n
random = numpy.random.default_rng(1)
def weights(name, *shape): return n.from_array((random.normal(size=shape) / numpy.sqrt(numpy.prod(shape[1:]))).astype(numpy.float32), name)
def ints(name, *values): return n.from_array(numpy.array(values, numpy.int64), name)
def save(path, batch, nodes, constants):
    graph = h.make_graph(nodes, "g", [h.make_tensor_value_info("x", T.FLOAT, [batch, 3, 32, 32])],
                         [h.make_tensor_value_info("y", T.FLOAT, [batch, 10])], constants)
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
conv = h.make_node("Conv", ["x", "w"], ["c"], kernel_shape=[4, 4], strides=[4, 4])
# A class token of batch size 1 before the patches, as exporters of transformers write it.
save("token.onnx", 1, [conv, h.make_node("Reshape", ["c", "patches"], ["p"]), h.make_node("Concat", ["token", "p"], ["t"], axis=2),
     h.make_node("Relu", ["t"], ["r"]), h.make_node("ReduceMean", ["r"], ["m"], axes=[2], keepdims=0), h.make_node("Gemm", ["m", "head", "bias"], ["y"])],
     [weights("w", 8, 3, 4, 4), ints("patches", 1, 8, 64), weights("token", 1, 8, 1), weights("head", 8, 10), weights("bias", 10)])
save("flat.onnx", "N", [conv, h.make_node("Relu", ["c"], ["r"]), h.make_node("Reshape", ["r", "map"], ["f"]), h.make_node("Gemm", ["f", "middle"], ["g"]),
     h.make_node("Relu", ["g"], ["a"]), h.make_node("Gemm", ["a", "head", "bias"], ["y"])],
     [weights("w", 8, 3, 4, 4), ints("map", -1, 512), weights("middle", 512, 16), weights("head", 16, 10), weights("bias", 10)])
PY
"$VITRINE" train photos --backbone token.onnx --backbone-norm unit -o token-model.onnx --quiet >out.txt
contains "$(<out.txt)" "runs photos one by one"
"$VITRINE" inspect token-model.onnx --json | json 'd["card"]["image"]["one_by_one"] is True'
contains "$("$VITRINE" inspect token-model.onnx)" "one at a time"
serve token-model.onnx --log off
cat >clients.py <<'PY'
import glob, http.client, json, sys, threading
host, files = sys.argv[1].split("//")[1], sorted(glob.glob("photos/*/*"))[:24]
def ask(path):
    connection = http.client.HTTPConnection(host)
    connection.request("POST", "/predict", open(path, "rb").read(), {"Content-Type": "image/jpeg"})
    answer = connection.getresponse()
    return answer.status, answer.read()
alone = {path: ask(path) for path in files}
wrong = []
def client(number):
    for i in range(24):
        path = files[(i + number) % 24]
        status, body = ask(path)
        p, q = json.loads(body).get("probabilities"), json.loads(alone[path][1])["probabilities"]
        if status != 200 or any(abs(p[k] - q[k]) > 1e-5 for k in q): wrong.append((status, body))
threads = [threading.Thread(target=client, args=(n,)) for n in range(12)]
for one in threads: one.start()
for one in threads: one.join()
assert not wrong, (len(wrong), wrong[0])
PY
python3 clients.py "$url" || die "predictions under load"
stop_server
"$VITRINE" train photos --backbone flat.onnx --backbone-norm unit -o flat-model.onnx --fine-tune --recipe epochs=2 >out.txt 2>steps.txt || die "$(tail -n 3 steps.txt)"
contains "$(<steps.txt)" "accepts only images of its own size"
contains "$(<out.txt)" "saved flat-model.onnx"
"$VITRINE" train photos --backbone flat.onnx --backbone-norm unit -o large.onnx --size 64 --quiet 2>error.txt && die "a size that does not fit the feature map was accepted"
contains "$(<error.txt)" "where: "
