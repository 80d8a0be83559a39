"""A photo service as teams write it today: FastAPI, Pillow, and an engine. Run by uvicorn.

PEER_MODEL is an ONNX file that takes float [N, 3, 224, 224]; PEER_ENGINE is openvino-bf16, openvino-f32
or onnxruntime.
"""
import io
import os

import numpy as np
from fastapi import FastAPI, Request
from PIL import Image

engine = os.environ["PEER_ENGINE"]
threads = int(os.environ.get("PEER_THREADS", "1"))
if engine.startswith("openvino"):
    import openvino as ov
    core = ov.Core()
    model = core.read_model(os.environ["PEER_MODEL"])
    model.reshape({model.inputs[0].get_any_name(): [1, 3, 224, 224]})
    compiled = core.compile_model(model, "CPU", {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
                                                 "INFERENCE_PRECISION_HINT": engine.split("-")[1]})
    infer = compiled.create_infer_request()
    run = lambda picture: infer.infer([picture])[0]
else:
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(os.environ["PEER_MODEL"], options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    run = lambda picture: session.run(None, {name: picture})[0]
mean = np.array([0.485, 0.456, 0.406], np.float32) * 255
deviation = np.array([0.229, 0.224, 0.225], np.float32) * 255
app = FastAPI()


@app.post("/predict")
async def predict(request: Request):
    photo = Image.open(io.BytesIO(await request.body())).convert("RGB").resize((224, 224))
    picture = ((np.asarray(photo, np.float32) - mean) / deviation).transpose(2, 0, 1)[None]
    scores = run(np.ascontiguousarray(picture))[0]
    best = int(np.argmax(scores))
    return {"label": best, "probability": float(1 / np.exp(scores - scores[best]).sum())}
