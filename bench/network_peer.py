"""One network on somebody else's engine, timed on request: the other side of bench/network.cpp.

Usage: network_peer.py openvino|onnxruntime FILE f32|bf16|int8 BATCH THREADS
Prints how long it took to open the file and to answer once; then for each line `run K` the
milliseconds of one run, the mean of K. Both get their input as they like it best, float32 [N, 3, H, W].
int8: FILE is a model that was quantized for the engine before.
"""
import json
import os
import sys
import time

import numpy as np

engine, path, precision, batch, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
picture = np.random.default_rng(2).normal(0, 1, (batch, 3, 224, 224)).astype(np.float32)
began = time.perf_counter()
if engine == "openvino":
    import openvino as ov
    began = time.perf_counter()
    core = ov.Core()
    model = core.read_model(path)
    model.reshape({model.inputs[0].get_any_name(): [batch, 3, 224, 224]})
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
        # int8: what was not quantized runs as fast as it can
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" or (precision == "int8" and "avx512_bf16" in open("/proc/cpuinfo").read())
                                    else "f32"})
    request = compiled.create_infer_request()
    request.set_input_tensor(ov.Tensor(picture))
    run = request.infer
    version = "OpenVINO " + ov.get_version().split("-")[0]
else:
    import onnxruntime as ort
    began = time.perf_counter()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    run = lambda: session.run(None, {name: picture})
    version = "ONNX Runtime " + ort.__version__
run()
print(json.dumps({"open_ms": round(1000 * (time.perf_counter() - began), 1), "engine": version}), flush=True)
for line in sys.stdin:
    times = int(line.split()[1])
    began = time.perf_counter()
    for _ in range(times): run()
    print(f"{1000 * (time.perf_counter() - began) / times:.4f}", flush=True)
