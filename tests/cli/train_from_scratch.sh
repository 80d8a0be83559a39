#!/usr/bin/env bash
# Synthetic clothes; a network from scratch; fine-tuning; IDX files.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
"$VITRINE" sample clothes photos --photos 200 --side 32 >/dev/null
"$VITRINE" sample clothes same --photos 200 --side 32 >/dev/null
diff -r photos same || die "the same seed gave other photos"
"$VITRINE" sample clothes others --photos 60 --side 32 --seed 2 >/dev/null
! cmp -s photos/hat/00000.jpg others/hat/00000.jpg || die "another seed gave the same photo"
fails_with 3 "exists already" "$VITRINE" sample clothes photos

# From scratch: the network has the size of the photos; the file works like any other.
"$VITRINE" train photos -o m.onnx --test others --recipe epochs=2 >out.txt 2>steps.txt
contains "$(<out.txt)" "model: from_scratch"
contains "$(<steps.txt)" "epoch 2 ended"
[[ ! -e m.onnx.checkpoint ]] || die "the checkpoint was not deleted"
"$VITRINE" evaluate m.onnx others --json >evaluated.json
json 'd["rows"] == 60' <evaluated.json
"$VITRINE" inspect m.onnx --json | json 'd["card"]["image"]["width"] == 32 and d["card"]["figures"]["test"]["accuracy"] == json.load(open("evaluated.json"))["accuracy"]'

# The learning curve is in the card and in the report.
"$VITRINE" inspect m.onnx --json >card.json
json 'all(len(d["card"]["training"]["learning_curve"][key]) == 2 for key in ("training_loss", "validation_loss", "validation_accuracy"))' <card.json
"$VITRINE" evaluate m.onnx others --report report.html >/dev/null
contains "$(<report.html)" "accuracy by epoch; $(python3 -c 'import json; c=json.load(open("card.json"))["card"]["training"]["learning_curve"]; print("%.3f at epoch %d" % (c["validation_accuracy"][c["chosen"]-1], c["chosen"]))')"

# Prediction sets: a higher level gives larger sets; also over HTTP.
sizes() { "$VITRINE" predict m.onnx others --set "$1" | python3 -c 'import json,sys; print(sum(len(json.loads(l)["set"]) for l in sys.stdin))'; }
[[ $(sizes 0.95) -ge $(sizes 0.6) ]] || die "prediction sets of a higher level are smaller"
contains "$("$VITRINE" predict m.onnx others --set 0.9 --format csv | sed -n 1p)" "probability_t-shirt,set"
serve m.onnx
curl -s --data-binary @others/hat/00000.jpg -H 'Content-Type: image/jpeg' "$url/predict?set=0.9" | json 'isinstance(d["set"], list)'
curl -s --data-binary @others/hat/00000.jpg -H 'Content-Type: image/jpeg' "$url/predict" | json '"set" not in d'
[[ $(curl -s -o /dev/null -w '%{http_code}' --data-binary @others/hat/00000.jpg "$url/predict?set=2") == 400 ]] || die "set=2"
stop_server
small_model table.onnx
fails_with 3 "no prediction sets" "$VITRINE" predict table.onnx sample.csv --set 0.9

# A trained network can be a backbone, too: frozen, and fine-tuned.
"$VITRINE" train photos --backbone m.onnx -o f.onnx --fine-tune --recipe epochs=1 >out.txt 2>steps.txt
contains "$(<out.txt)" "accuracy on the validation photos, compared with the frozen network"
"$VITRINE" inspect f.onnx --json >card.json
json 'd["card"]["training"]["network"]["accuracy"] >= d["card"]["training"]["network"]["frozen_accuracy"] or d["card"]["algorithm"] == "frozen"' <card.json
"$VITRINE" train photos --like f.onnx --backbone m.onnx -o again.onnx --quiet >/dev/null
"$VITRINE" inspect again.onnx --json | json 'd["card"]["training"]["options"] == json.load(open("card.json"))["card"]["training"]["options"]'
"$VITRINE" train photos -o t.onnx --time 4s --recipe epochs=1000 >/dev/null 2>steps.txt

# Wrong usage.
fails_with 2 "nothing to fine-tune" "$VITRINE" train photos --fine-tune
fails_with 2 "--time is only for training a whole network" "$VITRINE" train photos --backbone m.onnx --time 5m
fails_with 2 "is not a duration" "$VITRINE" train photos --time soon
fails_with 2 "the recipe has no setting 'epoch'" "$VITRINE" train photos --recipe epoch=3
fails_with 2 "can't be used" "$VITRINE" train photos --recipe epochs=-3
if ! "$VITRINE" train photos -o c.onnx --device cuda --recipe epochs=1 --quiet >/dev/null 2>cuda.txt; then
  contains "$(<cuda.txt)" "CUDA"
fi

# IDX files, plain and gzipped; labels are found beside the images.
python3 - <<'PY'
import gzip, random, struct
random.seed(1)
def write(stem, count, opener, end):
    labels = bytes(random.randrange(3) for _ in range(count))
    images = bytearray()
    for label in labels:  # a bright bar: left, middle or right
        for y in range(16):
            images += bytes((200 if x // 6 == label else 20) + random.randrange(50) for x in range(16))
    with opener(f"{stem}-images-idx3-ubyte{end}", "wb") as f: f.write(struct.pack(">4I", 0x803, count, 16, 16) + images)
    with opener(f"{stem}-labels-idx1-ubyte{end}", "wb") as f: f.write(struct.pack(">2I", 0x801, count) + labels)
write("train", 240, gzip.open, ".gz")
write("t10k", 60, open, "")
PY
"$VITRINE" train train-images-idx3-ubyte.gz -o digits.onnx --recipe epochs=12,mirror=0 --quiet >out.txt
"$VITRINE" evaluate digits.onnx t10k-images-idx3-ubyte --json | json 'd["rows"] == 60 and d["accuracy"] > 0.9'
contains "$("$VITRINE" describe train-images-idx3-ubyte.gz)" "240"
head -c 5000 t10k-images-idx3-ubyte >cut-images-idx3-ubyte && cp t10k-labels-idx1-ubyte cut-labels-idx1-ubyte
fails_with 3 "ends too early" "$VITRINE" train cut-images-idx3-ubyte
rm cut-labels-idx1-ubyte
fails_with 3 "the label file of these images is missing" "$VITRINE" train cut-images-idx3-ubyte
python3 -c 'import struct; open("bomb-images-idx3-ubyte","wb").write(struct.pack(">4I",0x803,4000000000,4000,4000)); open("bomb-labels-idx1-ubyte","wb").write(b"")'
fails_with 3 "the header declares" "$VITRINE" train bomb-images-idx3-ubyte
