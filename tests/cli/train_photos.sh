#!/usr/bin/env bash
# Training on a folder of photos with each shared backbone (frozen), evaluation, prediction by predict and over HTTP; bad
# input ends with clear errors.
. "$(dirname "$0")/lib.sh"
needs_shared clothing
needs_shared backbones
export VITRINE_CACHE=$work/cache
backbone=$data/backbones/mobilenetv2-fp32.onnx
for part in train validation; do
  for class in pants shoes t-shirt; do
    mkdir -p "$part/$class"
    find "$data/clothing/$part/$class" -name '*.jpg' | sort | sed -n 1,12p | xargs -I{} ln -s {} "$part/$class/"
  done
done
train() { "$VITRINE" train train --validation validation -o m.onnx "$@"; }
train --backbone "$backbone" --backbone-norm imagenet >out.txt 2>steps.txt
contains "$(<out.txt)" "36 photos"
"$VITRINE" evaluate m.onnx validation --json | json 'd["rows"] == 36 and d["accuracy"] > 0.8'
contains "$("$VITRINE" inspect m.onnx)" "cropped at the centre to 224 x 224"

# predict: the file comes first; the same prediction over HTTP in each of the three forms.
photo=$(find -L validation/shoes -name '*.jpg' | sort | sed -n 1p)
"$VITRINE" predict m.onnx "$photo" | json 'd["label"] == "shoes" and d["file"].endswith(".jpg")'
[[ $("$VITRINE" predict m.onnx validation --format csv | sed -n 1p) == file,label,probability_pants,probability_shoes,probability_t-shirt ]] || die "CSV header"
[[ $("$VITRINE" predict m.onnx validation --format csv | wc -l) == 37 ]] || die "CSV lines"
"$VITRINE" predict m.onnx - <"$photo" | json 'd["label"] == "shoes"'
serve m.onnx
expected=$("$VITRINE" predict m.onnx "$photo" | python3 -c 'import json,sys; d=json.load(sys.stdin); del d["file"]; print(json.dumps(d))')
same() { python3 -c 'import json,sys; a,b=map(json.loads,sys.argv[1:]); assert a == b, (a, b)' "$expected" "$1" || die "$2"; }
same "$(curl -s --data-binary "@$photo" -H 'Content-Type: image/jpeg' "$url/predict")" "raw body"
same "$(curl -s -F "image=@$photo" "$url/predict")" "form"
same "$(printf '{"image": "%s"}' "$(base64 -w0 "$photo")" | curl -s -d @- -H 'Content-Type: application/json' "$url/predict")" "base64"
code() { curl -s -o body.json -w '%{http_code}' "$@" "$url/predict"; }
[[ $(code -d 'no photo' -H 'Content-Type: image/jpeg') == 400 ]] || die "no photo: $(<body.json)"
[[ $(code -d '{"image": "###"}' -H 'Content-Type: application/json') == 422 ]] || die "base64: $(<body.json)"
[[ $(code -d '{"image": ' -H 'Content-Type: application/json') == 400 ]] || die "JSON: $(<body.json)"
[[ $(code -d 'a,b' -H 'Content-Type: text/csv') == 415 ]] || die "CSV: $(<body.json)"
[[ $(code -H 'Content-Type: multipart/form-data; boundary=x' -d $'--x\r\nbroken') == 400 ]] || die "form: $(<body.json)"
head -c 9000 "$photo" >cut.jpg
curl -s --data-binary @cut.jpg -H 'Content-Type: image/jpeg' "$url/predict" | json '"truncated" in d["warnings"][0]'
curl -s "$url/openapi.json" | json '"image/*" in d["paths"]["/predict"]["post"]["requestBody"]["content"]'
stop_server

# A second training decodes no photos; a damaged cache is reported and repaired.
"$VITRINE" train train --validation validation --backbone "$backbone" --backbone-norm imagenet -o again.onnx --seed 7 --quiet >/dev/null
cache=$(ls -S cache/features/*.features | sed -n 1p)  # the largest file has the features
size=$(stat -c %s "$cache")
truncate -s -100 "$cache"
contains "$(train --backbone "$backbone" --backbone-norm imagenet --quiet)" "was damaged or truncated"
[[ $(stat -c %s "$cache") == "$size" ]] || die "the cache was not repaired"

# Every other backbone works unmodified; its normalisation is measured.
for other in mobilenet_v3_small-fp32 squeezenet1.1-fp32 regnetx_200mf-fp32 mobilenetv2-12-int8 shufflenet-v2-12-int8; do
  train --backbone "$data/backbones/$other.onnx" --quiet >out.txt
  "$VITRINE" evaluate m.onnx validation --json | json 'd["accuracy"] > 0.6' || die "$other"
done

# Bad input.
fails_with 2 "--target is for tables" "$VITRINE" train train --backbone "$backbone" --target x
mkdir -p bare one/only few/a few/b
fails_with 3 "holds no folders" "$VITRINE" train bare --backbone "$backbone"
cp "$photo" one/only/ && fails_with 3 "only one class" "$VITRINE" train one --backbone "$backbone"
cp "$photo" few/a/ && cp train/shoes/*.jpg few/b/
fails_with 3 "only one photo" "$VITRINE" train few --backbone "$backbone"
echo "no photo" >train/shoes/text.jpg
cp cut.jpg train/shoes/cut.jpg
contains "$(train --backbone "$backbone" --backbone-norm imagenet --quiet)" "2 files of train can't be used"
fails_with 3 "can't be used" train --backbone "$backbone" --backbone-norm imagenet --strict --quiet
fails_with 3 "could not be predicted" "$VITRINE" predict m.onnx train/shoes/text.jpg
mkdir odd && ln -s "$work/train/shoes" odd/boots
fails_with 3 "'boots' is not a class of the model" "$VITRINE" evaluate m.onnx odd
small_model table.onnx
fails_with 4 "can't be used as a backbone" train --backbone table.onnx --quiet
fails_with 3 "" "$VITRINE" predict m.onnx /nowhere.jpg
