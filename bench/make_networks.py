"""ResNet-50 and EfficientNet-b0 as ONNX files, with weights by chance: speed does not depend on them.

Usage: make_networks.py FOLDER
Weights are scaled so that activations keep their size from layer to layer: no number becomes
denormal, which processors are slow at.
"""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    def __init__(self):
        self.nodes, self.weights, self.count, self.random = [], [], 0, np.random.default_rng(1)
    def name(self, what):
        self.count += 1
        return f"{what}{self.count}"
    def constant(self, values):
        name = self.name("w")
        self.weights.append(numpy_helper.from_array(np.asarray(values, dtype=np.float32), name))
        return name
    def node(self, kind, inputs, **attributes):
        out = self.name(kind.lower())
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out
    def conv(self, x, channels, out, kernel=1, stride=1, groups=1, gain=2.0):
        fan = channels // groups * kernel * kernel
        w = self.random.normal(0, np.sqrt(gain / fan), (out, channels // groups, kernel, kernel))
        pad = kernel // 2
        return self.node("Conv", [x, self.constant(w), self.constant(self.random.normal(0, 0.01, out))],
                         kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4, group=groups)
    def relu(self, x): return self.node("Relu", [x])
    def swish(self, x): return self.node("Mul", [x, self.node("Sigmoid", [x])])
    def save(self, x, channels, path):
        x = self.node("Flatten", [self.node("GlobalAveragePool", [x])], axis=1)
        w = self.random.normal(0, 0.02, (1000, channels))
        self.nodes.append(helper.make_node("Gemm", [x, self.constant(w), self.constant(np.zeros(1000))], ["logits"], transB=1))
        graph = helper.make_graph(self.nodes, "net", [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, 224, 224])],
                                  [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", 1000])], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def resnet50(path):
    net = Net()
    x = net.relu(net.conv("input", 3, 64, 7, 2))
    x = net.node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for width, blocks, first in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for block in range(blocks):
            stride = first if block == 0 else 1
            y = net.relu(net.conv(x, channels, width))
            y = net.relu(net.conv(y, width, width, 3, stride))
            y = net.conv(y, width, 4 * width, gain=0.3)
            if block == 0: x = net.conv(x, channels, 4 * width, 1, stride, gain=1.0)
            x = net.relu(net.node("Add", [y, x]))
            channels = 4 * width
    net.save(x, channels, path)


def efficientnet_b0(path):
    net = Net()
    x, channels = net.swish(net.conv("input", 3, 32, 3, 2)), 32
    for expand, out, blocks, first, kernel in ((1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3),
                                               (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)):
        for block in range(blocks):
            stride, wide, y = (first if block == 0 else 1), channels * expand, x
            if expand > 1: y = net.swish(net.conv(y, channels, wide))
            y = net.swish(net.conv(y, wide, wide, kernel, stride, wide))
            s = net.node("GlobalAveragePool", [y])
            s = net.swish(net.conv(s, wide, max(1, channels // 4)))
            s = net.node("Sigmoid", [net.conv(s, max(1, channels // 4), wide)])
            y = net.conv(net.node("Mul", [y, s]), wide, out)
            if stride == 1 and channels == out: y = net.node("Add", [y, x])
            x, channels = y, out
    net.save(net.swish(net.conv(x, channels, 1280)), 1280, path)


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    resnet50(os.path.join(sys.argv[1], "resnet50.onnx"))
    efficientnet_b0(os.path.join(sys.argv[1], "efficientnet_b0.onnx"))
