#!/usr/bin/env bash
# With few photos, the reported metrics hold on new photos. Each photo is predicted by heads that were not trained on
# it, in the precision trial too.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
"$VITRINE" sample clothes photos --photos 600 --side 32 >/dev/null
"$VITRINE" train photos -o base.onnx --recipe epochs=3 --quiet >/dev/null
# Random labels: only a model that was trained on a photo can know its label.
python3 - <<'PY'
import glob, os, random, shutil
random.seed(4)
files = sorted(glob.glob("photos/*/*"))
random.shuffle(files)
for i, path in enumerate(files[:60]):
    os.makedirs(f"lot/{'ab'[i % 2]}", exist_ok=True)
    shutil.copy(path, f"lot/{'ab'[i % 2]}/{i}.jpg")
PY
"$VITRINE" train lot --backbone base.onnx -o lot.onnx --quiet >out.txt
"$VITRINE" inspect lot.onnx --json >card.json
python3 - <<'PY' || die "metrics include training photos: $(<out.txt)"
import json
card = json.load(open("card.json"))["card"]
said = card["figures"]["validation"]
assert said["rows"] == 60 and said["accuracy"] < 0.75, said["accuracy"]
assert said["log_loss_ci95"][0] >= 0 and said["log_loss"] > 0.6, said
for name, one in card["precision"]["measured"].items(): assert one["accuracy_f32"] < 0.85, (name, one)
PY
# An easy and a harder pair of classes with twelve photos each: the metrics hold on the remaining photos.
python3 - <<'PY'
import glob, os, shutil
for pair in (("hat", "shoes"), ("shirt", "t-shirt")):
    for name in pair:
        for i, path in enumerate(sorted(glob.glob(f"photos/{name}/*"))):
            folder = f"{'-'.join(pair)}/{'train' if i < 12 else 'test'}/{name}"
            os.makedirs(folder, exist_ok=True)
            shutil.copy(path, folder)
PY
for pair in hat-shoes shirt-t-shirt; do
  "$VITRINE" train "$pair/train" --backbone base.onnx -o "$pair.onnx" --quiet >/dev/null
  "$VITRINE" inspect "$pair.onnx" --json >card.json
  "$VITRINE" evaluate "$pair.onnx" "$pair/test" --json >test.json 2>/dev/null
  python3 - <<'PY' || die "$pair"
import json
said, found = json.load(open("card.json"))["card"]["figures"]["validation"], json.load(open("test.json"))
assert said["rows"] == 24, said["rows"]
low, high = said["log_loss_ci95"]
assert 0 <= low <= said["log_loss"] <= high and found["log_loss"] <= high, (said["log_loss"], low, high, found["log_loss"])
PY
done
