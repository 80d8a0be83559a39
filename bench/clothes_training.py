"""Transfer learning on photos: vitrine train, frozen, against ten epochs of a frozen MobileNetV2 in Keras.

Usage: clothes_training.py VITRINE
The same photos, the same architecture, 224 x 224. Keras' weights are by chance (none can be fetched): its time
does not depend on them. Two of its epochs are timed, the first apart; ten are the first and nine of the second.
Ours begins with an empty cache of features, and does more: it chooses the head's strength, judges by
cross-fitting, calibrates, measures bf16 and int8, and saves.
"""
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
vitrine = os.path.abspath(sys.argv[1])
shared = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../shared/data")
photos = os.path.join(shared, "clothing/train")
backbone = os.path.join(shared, "backbones/mobilenetv2-fp32.onnx")
if not os.path.exists(photos) or not os.path.exists(backbone): sys.exit("the clothing photos and backbones are not there")


def ours():
    with tempfile.TemporaryDirectory() as cache:
        began = time.monotonic()
        subprocess.run([vitrine, "train", photos, "--backbone", backbone, "--backbone-norm", "imagenet", "-o", "frozen.onnx", "--quiet"],
                       check=True, stdout=subprocess.DEVNULL, env={**os.environ, "VITRINE_CACHE": cache})
        return time.monotonic() - began


import keras
import tensorflow as tf

data = keras.utils.image_dataset_from_directory(photos, image_size=(224, 224), batch_size=32, label_mode="int", seed=1, verbose=False)
data = data.map(lambda x, y: (keras.applications.mobilenet_v2.preprocess_input(x), y), num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)
base = keras.applications.MobileNetV2(input_shape=(224, 224, 3), include_top=False, weights=None, pooling="avg")
base.trainable = False
model = keras.Sequential([base, keras.layers.Dense(10)])
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
epochs = []
mine = [ours()]
for _ in range(2):
    began = time.monotonic()
    model.fit(data, epochs=1, verbose=0)
    epochs.append(time.monotonic() - began)
    mine.append(ours())
ten = epochs[0] + 9 * epochs[1]
count = sum(len(files) for _, _, files in os.walk(photos))
processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
print(f"""# Training on photos

{time.strftime('%Y-%m-%d')}, {processor}, {os.cpu_count()} cores, Linux {platform.release()}, Keras {keras.__version__} on TensorFlow {tf.__version__}.
{count:,} photos of ten kinds of clothing, MobileNetV2 at 224 x 224, the backbone frozen. Again: `./scripts/bench clothes_training`.

| | s |
|---|---|
| vitrine train, from an empty cache to the saved file: chosen, judged, calibrated | {statistics.median(mine):.1f} ({min(mine):.1f} to {max(mine):.1f}) |
| Keras, an epoch: the first, the second | {epochs[0]:.1f}, {epochs[1]:.1f} |
| Keras, ten epochs: the first and nine times the second | {ten:.0f} |

Ratio: {ten / statistics.median(mine):.1f}.""")
