"""The photo service that courses teach: Keras' model.predict behind Flask. Run by gunicorn.

MobileNetV2 at 224 x 224 with weights by chance: speed does not depend on them.
"""
import io

import numpy as np
from flask import Flask, jsonify, request
from PIL import Image
from tensorflow import keras

model = keras.applications.MobileNetV2(weights=None, classes=10)
app = Flask("clothes")


@app.route("/predict", methods=["POST"])
def predict():
    photo = Image.open(io.BytesIO(request.get_data())).convert("RGB").resize((224, 224), Image.NEAREST)
    batch = np.asarray(photo, np.float32)[None] / 127.5 - 1
    scores = model.predict(batch, verbose=0)[0]
    return jsonify({str(i): float(score) for i, score in enumerate(scores)})
