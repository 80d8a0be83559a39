"""The service that courses teach: scikit-learn behind Flask. Run by gunicorn; PEER_MODEL is the pickle."""
import os
import pickle

from flask import Flask, jsonify, request

with open(os.environ["PEER_MODEL"], "rb") as file: dv, model = pickle.load(file)
app = Flask("churn")


@app.route("/predict", methods=["POST"])
def predict():
    customer = request.get_json()
    probability = model.predict_proba(dv.transform([customer]))[0, 1]
    return jsonify({"churn_probability": float(probability), "churn": bool(probability >= 0.5)})
