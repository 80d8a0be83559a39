#!/usr/bin/env bash
# Imported models of photos answer as Keras does, which makes the models and the answers here: Keras 2 (tf-keras) and 3, .h5 and .keras,
# networks of keras.applications with random weights, and small ones with the layers that courses use.
. "$(dirname "$0")/lib.sh"
python=$("$REPO/scripts/python-venv" keras)/bin/python || skip "PyPI can't be reached"
small=(small binary grey branches nested resized normalised operators operators_caffe inlined)
large=(xception mobilenet_v2 efficientnet)
[[ -z ${ALL_NETWORKS:-} ]] || large=()  # all of them
mkdir made
"$python" "$REPO/tests/cli/import_keras.py" made keras ${large:+"${small[@]}" "${large[@]}"} >list.txt 2>python.log || die "the models can't be made: $(tail -n 3 python.log)"
"$python" "$REPO/tests/cli/import_keras.py" made tf_keras "${small[@]}" "${large[@]}" >>list.txt 2>python.log || die "the models can't be made: $(tail -n 3 python.log)"
(($(wc -l <list.txt) >= 88)) || die "only $(wc -l <list.txt) models"
while read -r file photos answers preprocess _; do
  options=()
  [[ $preprocess == - ]] || options=(--preprocess "$preprocess")
  "$VITRINE" import "$file" -o model.onnx "${options[@]}" --check "$photos" --answers "$answers" --tolerance 1e-4 >said.txt 2>&1 || die "$file: $(<said.txt)"
  echo "$file: $(grep checked said.txt)"
done <list.txt

# A model is served, with names; those of a file in any of its forms.
file=made/keras.xception.keras photos=made/keras.xception.photos answers=made/keras.xception.csv
names=a,b,c,d,e,f,g,h,i,j
"$VITRINE" import "$file" -o clothes.onnx --preprocess xception --classes $names --target clothes --check "$photos" --answers "$answers" --tolerance 1e-4 >said.txt
contains "$(<said.txt)" "photos of 96 x 96 pixels, classes a, b, c"
serve clothes.onnx
curl -s "$url/predict" -F "image=@$photos/0.png" | json 'list(d["probabilities"]) == list("abcdefghij") and d["label"] == max(d["probabilities"], key=d["probabilities"].get)'
stop_server
python3 -c 'import json; json.dump({n: i for i, n in enumerate("abcdefghij")}, open("indices.json", "w")); json.dump(dict(enumerate("abcdefghij")), open("names.json", "w")); open("labels.txt", "w").write("\n".join("abcdefghij") + "\n")'
for one in indices.json names.json labels.txt; do
  "$VITRINE" import "$file" -o other.onnx --preprocess half --classes "$one" --target clothes >said.txt
  contains "$(<said.txt)" "classes a, b, c"
done

# Weights of 16 and 8 bits in TensorFlow Lite's files; completely quantised models are refused.
"$python" - made >python.log 2>&1 <<'PY' || die "the models can't be made: $(tail -n 3 python.log)"
import os, sys
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras, numpy as np, tensorflow as tf
from PIL import Image
model = keras.models.load_model(sys.argv[1] + "/keras.mobilenet_v2.keras")
photos = np.stack([np.asarray(Image.open(f"{sys.argv[1]}/keras.mobilenet_v2.photos/{place}.png")) for place in range(4)]).astype("float32") / 127.5 - 1
for name, types in ("half", [tf.float16]), ("eight", []), ("whole", []):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if types: converter.target_spec.supported_types = types
    if name == "whole":
        converter.representative_dataset = lambda: ([one[None]] for one in photos)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    open(f"{sys.argv[1]}/{name}.tflite", "wb").write(converter.convert())
PY
lite=(made/keras.mobilenet_v2.photos --answers made/keras.mobilenet_v2.csv)
"$VITRINE" import made/half.tflite -o half.onnx --preprocess mobilenet_v2 --check "${lite[@]}" --tolerance 0.005 >said.txt || die "$(<said.txt)"
"$VITRINE" import made/eight.tflite -o eight.onnx --preprocess mobilenet_v2 --check "${lite[@]}" --tolerance 0.1 >said.txt || die "$(<said.txt)"
contains "$(<said.txt)" "weights are of 8 bits"
fails_with 3 "quantised completely" "$VITRINE" import made/whole.tflite -o bad.onnx --preprocess mobilenet_v2
head -c 9000 made/half.tflite >cut.tflite
fails_with 3 "cut.tflite" "$VITRINE" import cut.tflite -o bad.onnx --preprocess mobilenet_v2
fails_with 4 "vitrine import" "$VITRINE" inspect made/half.tflite

# A SavedModel's folder may also be named by its graph; it is read whole or not at all.
cp -r made/keras.xception.saved saved
"$VITRINE" import saved/saved_model.pb -o other.onnx --preprocess xception >said.txt
contains "$(<said.txt)" "imported from TensorFlow 2."
fails_with 3 "saved_model.pb" "$VITRINE" import made -o bad.onnx
truncate -s 5000 saved/variables/variables.data-00000-of-00001
fails_with 3 "variables are damaged" "$VITRINE" import saved -o bad.onnx --preprocess xception
rm saved/variables/variables.data-00000-of-00001
fails_with 3 "no variables in one file" "$VITRINE" import saved -o bad.onnx --preprocess xception

# What can't be imported is named, and nothing is written.
fails_with 2 "--preprocess" "$VITRINE" import "$file" -o bad.onnx
fails_with 2 "xception" "$VITRINE" import "$file" -o bad.onnx --preprocess xceptoin
fails_with 2 "10 classes" "$VITRINE" import "$file" -o bad.onnx --preprocess half --classes a,b
fails_with 2 "same name" "$VITRINE" import "$file" -o bad.onnx --preprocess half --classes a,b,c,d,e,f,g,h,i,i
fails_with 3 "--size" "$VITRINE" import "$file" -o bad.onnx --preprocess half --size 64
fails_with 1 "the library answers" "$VITRINE" import "$file" -o bad.onnx --preprocess unit --check "$photos" --answers "$answers"
head -c 9000 made/keras.small.h5 >cut.h5
fails_with 3 "the HDF5 file" "$VITRINE" import cut.h5 -o bad.onnx
head -c 20000 "$file" >cut.keras
fails_with 3 "cut.keras" "$VITRINE" import cut.keras -o bad.onnx
"$python" - made >python.log 2>&1 <<'PY' || die "the models can't be made: $(tail -n 3 python.log)"
import os, sys
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import keras, tf_keras, zipfile
layers = keras.layers
def save(name, *rest, shape=(20, 20, 3), loss=None):
    model = keras.Sequential([keras.Input(shape), *rest])
    if loss: model.compile(loss=loss)
    model.save(f"{sys.argv[1]}/{name}.keras")
    return model
end = [layers.Flatten(), layers.Dense(3, activation="softmax")]
save("weights", *end).save_weights(sys.argv[1] + "/only.weights.h5")
old = tf_keras.Sequential([tf_keras.Input((20, 20, 3)), tf_keras.layers.Flatten(), tf_keras.layers.Dense(3)])
old.save_weights(sys.argv[1] + "/only.h5")
save("lambda", layers.Lambda(lambda x: x * 2), *end)
save("sigmoids", layers.Flatten(), layers.Dense(3, activation="sigmoid"))
save("number", layers.Flatten(), layers.Dense(1), loss="mse")
save("vector", layers.Dense(3, activation="softmax"), shape=(7,))
@keras.saving.register_keras_serializable("own")
class Mine(layers.Layer):
    def call(self, x): return x * 2
save("mine", Mine(), *end)
save("any", layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(2), shape=(None, None, 3), loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
photo = keras.Input((20, 20, 3))
channels = keras.ops.mean(layers.Conv2D(4, 3, activation="relu")(photo), axis=3)
keras.Model(photo, layers.Dense(3, activation="softmax")(layers.Flatten()(channels))).export(sys.argv[1] + "/channels.saved", verbose=False)
PY
fails_with 3 "holds the weights of a Keras model, but not its layers" "$VITRINE" import made/only.weights.h5 -o bad.onnx
fails_with 3 "model.save(" "$VITRINE" import made/only.h5 -o bad.onnx
fails_with 3 "code of Python" "$VITRINE" import made/lambda.keras -o bad.onnx
fails_with 3 "several sigmoids" "$VITRINE" import made/sigmoids.keras -o bad.onnx
fails_with 3 "predicts a number" "$VITRINE" import made/number.keras -o bad.onnx
fails_with 3 "not a photo" "$VITRINE" import made/vector.keras -o bad.onnx
fails_with 3 "class of your own" "$VITRINE" import made/mine.keras -o bad.onnx
fails_with 3 "/Mean')" "$VITRINE" import made/channels.saved -o bad.onnx --preprocess unit
fails_with 3 "--size" "$VITRINE" import made/any.keras -o bad.onnx --preprocess unit
"$VITRINE" import made/any.keras -o any.onnx --preprocess unit --size 30x20 >said.txt
contains "$(<said.txt)" "photos of 30 x 20 pixels"
contains "$(<said.txt)" "without a softmax"
[[ ! -e bad.onnx ]] || die "a model was written"
# 'serve' says what to do with such a file.
fails_with 4 "vitrine import" "$VITRINE" serve made/keras.small.h5
