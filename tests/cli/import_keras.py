"""Makes Keras models of photos with random weights, photos, and what Keras answers.

usage: import_keras.py DIR keras|tf_keras [NAME...]
Writes DIR/LIBRARY.NAME.h5, .keras, .saved and .tflite, LIBRARY.NAME.photos/*.png, LIBRARY.NAME.csv (the answers), and prints for each file:
FILE PHOTOS ANSWERS PREPROCESS.
"""
import os, sys
os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")
import numpy as np
from PIL import Image

folder, library, *names = sys.argv[1:]
report = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # the converter prints what it did
if library == "keras": import keras
else: import tf_keras as keras
layers, apps = keras.layers, keras.applications
rng = np.random.default_rng(7)


def photos(count, height, width, grey):
    """Smooth noise, as photos are."""
    small = rng.uniform(0, 255, (count, max(2, height // 8), max(2, width // 8), 3))
    big = [np.asarray(Image.fromarray(one.astype("uint8")).resize((width, height), Image.BICUBIC)) for one in small]
    return np.stack(big)


def randomise(model):
    """Statistics of batch normalizations that matter."""
    def each(layer):
        for inner in getattr(layer, "layers", []): each(inner)
        if isinstance(layer, (layers.BatchNormalization,)):
            values = layer.get_weights()
            for place in range(len(values)):
                values[place] = rng.uniform(0.7, 1.3, values[place].shape).astype("float32")
                if place in (len(values) - 2, len(values) - 3): values[place] = values[place] - 1
            layer.set_weights(values)
    each(model)


def spread(model, x):
    """Scales the last layer, so that its answers differ."""
    head = [one for one in model.layers if isinstance(one, layers.Dense)][-1]
    kernel, *rest = head.get_weights()
    if len(kernel[0]) < 2: return
    for _ in range(3):
        p = np.log(np.clip(model.predict(x, verbose=0), 1e-12, 1))
        p = p - p.mean(axis=1, keepdims=True)
        kernel = kernel * (2 / max(p.std(), 1e-3))
        head.set_weights([kernel, *rest])
        if 1 < p.std() < 4: break


def transfer(base, size, preprocess_inside=None, frozen=True, classes=10):
    base.trainable = not frozen
    inputs = keras.Input((size, size, 3))
    x = preprocess_inside(inputs) if preprocess_inside else inputs
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(layers.Dense(32, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


def app(maker, size=96, **options):
    return getattr(apps, maker)(weights=None, include_top=False, input_shape=(size, size, 3), **options)


def inlined():
    base = app("MobileNet")
    x = layers.Flatten()(base.output)
    return keras.Model(base.input, layers.Dense(6, activation="softmax")(x))


def small():
    return keras.Sequential([
        keras.Input((60, 50, 3)), layers.Rescaling(1 / 255),
        layers.RandomFlip("horizontal"), layers.RandomRotation(0.1),
        layers.Conv2D(8, 3, activation="relu"), layers.MaxPooling2D(), layers.BatchNormalization(),
        layers.Conv2D(12, (3, 5), strides=2, padding="same"), layers.LeakyReLU(), layers.MaxPooling2D(2, padding="same"),
        layers.SeparableConv2D(9, 3, activation="elu"), layers.Dropout(0.5), layers.Flatten(),
        layers.Dense(20, activation="tanh"), layers.BatchNormalization(), layers.Dense(4, activation="softmax")])


def binary():
    return keras.Sequential([
        keras.Input((32, 40, 3)), layers.Conv2D(6, 3, dilation_rate=2), layers.ReLU(6.0), layers.AveragePooling2D(3, 2, padding="same"),
        layers.GlobalMaxPooling2D(), layers.Dense(1, activation="sigmoid")])


def grey():
    return keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(), layers.Dense(32, activation="selu"), layers.Dense(10), layers.Softmax()])


def branches():
    a = keras.Input((40, 40, 3), name="photo")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(a)
    x = layers.Activation("swish")(layers.BatchNormalization(scale=False)(x))
    shared = layers.Conv2D(8, 1, activation="hard_sigmoid")
    y = layers.Multiply()([x, shared(x)])
    z = layers.Average()([y, shared(y)])
    gate = layers.Reshape((1, 1, 8))(layers.Dense(8, activation="sigmoid")(layers.GlobalAveragePooling2D()(z)))
    w = layers.Concatenate()([layers.multiply([z, gate]), layers.PReLU(shared_axes=[1, 2])(x)])
    w = layers.ZeroPadding2D(((0, 1), (2, 1)))(w)
    w = layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2)(w)
    w = layers.Cropping2D(((1, 0), (0, 2)))(w)
    w = layers.Maximum()([w, layers.Subtract()([w, layers.Activation("softplus")(w)])])
    w = layers.LayerNormalization()(w)
    w = layers.Permute((2, 1, 3))(w) if False else w
    v = layers.Concatenate()([layers.Flatten()(w), layers.GlobalMaxPooling2D()(w)])
    v = layers.Dense(16, activation="gelu")(v)
    return keras.Model(a, layers.Dense(5, activation="softmax")(v))


def nested():
    """Models in models, of which a part is frozen."""
    inner = keras.Sequential([keras.Input((30, 30, 6)), layers.Conv2D(7, 3), layers.BatchNormalization(), layers.Conv2D(5, 3)], name="inner")
    inner.layers[1].trainable = False
    middle = keras.Sequential([keras.Input((30, 30, 6)), inner, layers.BatchNormalization(), layers.GlobalAveragePooling2D()], name="middle")
    return keras.Sequential([keras.Input((32, 32, 3)), layers.Rescaling(1 / 127.5, offset=-1), layers.Conv2D(6, 3), middle, layers.Dense(3, activation="softmax")])


def resized():
    return keras.Sequential([keras.Input((48, 40, 3)), layers.Resizing(20, 30), layers.Rescaling(1 / 255), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3, activation="softmax")])


def normalised():
    layer = layers.Normalization(mean=[120.0, 110.0, 100.0], variance=[3000.0, 3500.0, 4000.0])
    return keras.Sequential([keras.Input((24, 24, 3)), layer, layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Dense(3, activation="softmax")])


def operators():
    inputs = keras.Input((40, 40, 3))
    x = apps.mobilenet_v2.preprocess_input(inputs)
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(layers.Conv2D(5, 3)(x))))


def operators_caffe():
    inputs = keras.Input((40, 40, 3))
    x = apps.resnet50.preprocess_input(inputs)
    return keras.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(layers.Conv2D(5, 3)(x))))


half, unit, caffe = (lambda x: x / 127.5 - 1), (lambda x: x / 255), (lambda x: x[..., ::-1] - np.array([103.939, 116.779, 123.68]))
ZOO = {  # how to make it, --preprocess, what this does
    "small": (small, "", None), "binary": (binary, "unit", unit), "grey": (grey, "unit", unit), "branches": (branches, "half", half),
    "nested": (nested, "", None), "resized": (resized, "", None), "normalised": (normalised, "", None),
    "operators": (operators, "", None), "operators_caffe": (operators_caffe, "", None), "inlined": (inlined, "mobilenet", half),
    "xception": (lambda: transfer(app("Xception"), 96), "xception", half),
    "mobilenet_v2": (lambda: transfer(app("MobileNetV2"), 96), "mobilenet_v2", half),
    "mobilenet_v2_inside": (lambda: transfer(app("MobileNetV2"), 96, layers.Rescaling(1 / 127.5, -1), frozen=False), "", None),
    "efficientnet": (lambda: transfer(app("EfficientNetB0"), 96), "", None),
    "resnet50": (lambda: transfer(app("ResNet50"), 96), "resnet50", caffe),
    "resnet50v2": (lambda: transfer(app("ResNet50V2"), 96), "resnet_v2", half),
    "vgg16": (lambda: transfer(app("VGG16", 64), 64), "vgg16", caffe),
    "densenet121": (lambda: transfer(app("DenseNet121"), 96), "unit", unit),
    "inception_v3": (lambda: transfer(app("InceptionV3"), 96), "inception_v3", half),
    "inception_resnet_v2": (lambda: transfer(app("InceptionResNetV2"), 96), "inception_resnet_v2", half),
    "nasnet_mobile": (lambda: transfer(app("NASNetMobile"), 96), "nasnet", half),
    "mobilenet_v3_small": (lambda: transfer(app("MobileNetV3Small"), 96), "", None),
    "mobilenet_v3_large": (lambda: transfer(app("MobileNetV3Large"), 96), "", None),
    "efficientnet_v2": (lambda: transfer(app("EfficientNetV2B0"), 96), "", None),
    "convnext_tiny": (lambda: transfer(app("ConvNeXtTiny"), 96), "", None),
}
def lite(model, where, **options):
    import tensorflow as tf
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    for name, value in options.items(): setattr(converter, name, value)
    open(where, "wb").write(converter.convert())


for name in names or ZOO:
    make, option, scale = ZOO[name]
    keras.utils.set_random_seed(3)
    model = make()
    height, width, channels = model.input_shape[1:]
    pixels = photos(4, height, width, channels == 1)
    where = f"{folder}/{library}.{name}"
    os.makedirs(where + ".photos", exist_ok=True)
    for place, one in enumerate(pixels): Image.fromarray(one).save(f"{where}.photos/{place}.png")
    x = pixels.astype("float32")
    if channels == 1: x = np.stack([np.asarray(Image.fromarray(one).convert("L")) for one in pixels])[..., None].astype("float32")
    if scale: x = scale(x).astype("float32")
    randomise(model)
    spread(model, x)
    answers = model.predict(x, verbose=0)
    np.savetxt(where + ".csv", answers, delimiter=",", fmt="%.9g")
    resized = not scale and channels == 3
    if resized:  # photos of another size
        os.makedirs(where + ".large", exist_ok=True)
        for place, one in enumerate(photos(3, 3 * height + 11, 2 * width + 7, False)): Image.fromarray(one).save(f"{where}.large/{place}.jpg", quality=92)
        x = np.stack([keras.utils.img_to_array(keras.utils.load_img(f"{where}.large/{place}.jpg", target_size=(height, width))) for place in range(3)])
        np.savetxt(where + ".large.csv", model.predict(x, verbose=0), delimiter=",", fmt="%.9g")
    # Keras 2 can't write x[..., ::-1] into a .keras file.
    for ending in ("h5",) if (library, name) == ("tf_keras", "operators_caffe") else ("h5", "keras"):
        model.save(f"{where}.{ending}")
        print(f"{where}.{ending}", where + ".photos", where + ".csv", option or "-", np.round(answers[0].max(), 3), file=report, flush=True)
        if resized: print(f"{where}.{ending}", where + ".large", where + ".large.csv", option or "-", file=report, flush=True)
    # A dilated convolution, and layers that TensorFlow writes as comparisons or slices, are not read there; Keras 3 keeps random layers.
    if name not in ("binary", "branches", "operators_caffe") and (library, name) != ("keras", "small"):
        model.export(where + ".saved", verbose=False) if library == "keras" else model.save(where + ".saved", save_format="tf")
        print(where + ".saved", where + ".photos", where + ".csv", option or "-", file=report, flush=True)
    # TensorFlow Lite has no such operators, or writes them as many small ones.
    if library == "keras" and name not in ("binary", "grey", "branches", "operators_caffe"):
        lite(model, where + ".tflite")
        print(where + ".tflite", where + ".photos", where + ".csv", option or "none", file=report, flush=True)
