"""Networks quantized to int8 for OpenVINO by NNCF, with its own settings.

Usage: quantize_networks.py FOLDER FILE.onnx ...
Writes FOLDER/NAME.xml. Scaled by pictures of noise, as ours are in bench/network.cpp: speed does not
depend on them.
"""
import os
import sys

import nncf
import numpy as np
import openvino as ov

os.makedirs(sys.argv[1], exist_ok=True)
random = np.random.default_rng(4)
pictures = [random.normal(0, 1, (1, 3, 224, 224)).astype(np.float32) for _ in range(16)]
for path in sys.argv[2:]:
    model = ov.Core().read_model(path)
    model.reshape({model.inputs[0].get_any_name(): [1, 3, 224, 224]})
    quantized = nncf.quantize(model, nncf.Dataset(pictures), subset_size=len(pictures))
    ov.save_model(quantized, os.path.join(sys.argv[1], os.path.basename(path).removesuffix(".onnx") + ".xml"))
