#!/usr/bin/env bash
# The input of a photo model's file is uint8 [N,H,W,3]: Python's newest onnxruntime gives the probabilities of predict
# within 1e-4 for the same pixels, one by one and as a batch.
. "$(dirname "$0")/lib.sh"
needs_shared clothing
needs_shared backbones
venv=$("$REPO/scripts/python-venv") || skip "PyPI can't be reached"
export VITRINE_CACHE=$work/cache
for class in pants shoes; do
  mkdir -p "photos/$class"
  find "$data/clothing/train/$class" -name '*.jpg' | sort | sed -n 1,8p | xargs -I{} ln -s {} "photos/$class/"
done
for backbone in mobilenetv2-fp32 shufflenet-v2-12-int8; do
  "$VITRINE" train photos --backbone "$data/backbones/$backbone.onnx" -o m.onnx --precision f32 --quiet >/dev/null
  "$venv/bin/python" - "$VITRINE" <<'PY' || die "$backbone"
import json, numpy, onnx, onnxruntime, struct, subprocess, sys, zlib
onnx.checker.check_model("m.onnx")
random = numpy.random.default_rng(1)
pixels = random.integers(0, 256, (4, 224, 224, 3), dtype=numpy.uint8)
for i, picture in enumerate(pixels):  # PNG of the network's input size: nothing is resized
    raw = b"".join(b"\0" + row.tobytes() for row in picture)
    chunk = lambda tag, body: struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
    open(f"{i}.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 224, 224, 8, 2, 0, 0, 0))
                                 + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))
out = subprocess.run([sys.argv[1], "predict", "m.onnx"] + [f"{i}.png" for i in range(4)], capture_output=True, check=True)
ours = numpy.array([list(json.loads(line)["probabilities"].values()) for line in out.stdout.splitlines()])
session = onnxruntime.InferenceSession("m.onnx", providers=["CPUExecutionProvider"])
assert [d for d in session.get_inputs()[0].shape][1:] == [224, 224, 3]
one_by_one = numpy.concatenate([session.run(["probabilities"], {"image": pixels[i:i + 1]})[0] for i in range(4)])
batch = session.run(["probabilities"], {"image": pixels})[0]
assert abs(ours - one_by_one).max() < 1e-4, abs(ours - one_by_one).max()
assert abs(ours - batch).max() < 1e-4, abs(ours - batch).max()
PY
done
