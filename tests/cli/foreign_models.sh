#!/usr/bin/env bash
# Graphs that do not match their card are errors: no crash, no access outside the model's memory.
. "$(dirname "$0")/lib.sh"
venv=$("$REPO/scripts/python-venv" 2>/dev/null) || skip "PyPI can't be reached"
small_model
"$venv/bin/python" - <<'PY'
import hashlib, onnx
from onnx import TensorProto as T, helper as h
model = onnx.load("churn.onnx")
card = next(p.value for p in model.metadata_props if p.key == "vitrine.card")

def save(name, nodes, type_info):
    inputs = list(model.graph.input)
    graph = h.make_graph(nodes, "g", inputs, [h.make_value_info("probabilities", type_info)])
    made = h.make_model(graph, opset_imports=[h.make_opsetid("", 20)], ir_version=9)
    digest = hashlib.sha256(made.SerializeToString(deterministic=True) + card.encode()).hexdigest()
    for key, value in (("vitrine.card", card), ("vitrine.sha256", digest)):
        prop = made.metadata_props.add(); prop.key = key; prop.value = value
    open(name, "wb").write(made.SerializeToString(deterministic=True))

def constant(values, shape, kind):
    return h.make_node("Constant", [], ["c"], value=h.make_tensor("c", kind, shape, values))

tensor = h.make_tensor_type_proto
save("short.onnx", [constant([0.5, 0.5], [1, 2], T.FLOAT), h.make_node("Identity", ["c"], ["probabilities"])], tensor(T.FLOAT, ["N", 2]))
save("double.onnx", [constant([0.5, 0.5], [1, 2], T.DOUBLE), h.make_node("Identity", ["c"], ["probabilities"])], tensor(T.DOUBLE, ["N", 2]))
save("sequence.onnx", [constant([0.5, 0.5], [1, 2], T.FLOAT), h.make_node("SequenceConstruct", ["c"], ["probabilities"])],
     h.make_sequence_type_proto(tensor(T.FLOAT, None)))
save("nan.onnx", [constant([float("nan")] * 3000, [1500, 2], T.FLOAT), h.make_node("Identity", ["c"], ["probabilities"])], tensor(T.FLOAT, ["N", 2]))
PY
for kind in short double sequence nan; do
  fails_with 4 "" "$VITRINE" predict $kind.onnx sample.csv
  fails_with 4 "" "$VITRINE" evaluate $kind.onnx sample.csv
done
