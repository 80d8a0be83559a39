#!/usr/bin/env bash
# Common folder layouts: a root with train, val and test is a split; for photos beside a table of labels there is a hint;
# for a validation folder without some classes there is a warning. Two photos in one form get two predictions.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
"$VITRINE" sample clothes photos --photos 240 --side 32 >/dev/null
for class in photos/*/; do
  name=$(basename "$class")
  mkdir -p "root/Train/$name" "root/valid/$name" "root/TEST/$name"
  ls "$class"* | sed -n 1,14p | xargs -I{} cp {} "root/Train/$name/"
  ls "$class"* | sed -n 15,19p | xargs -I{} cp {} "root/valid/$name/"
  ls "$class"* | sed -n 20,24p | xargs -I{} cp {} "root/TEST/$name/"
done
classes=$(ls photos | wc -l)
"$VITRINE" train root -o m.onnx --recipe epochs=1 --quiet >out.txt
contains "$(<out.txt)" "split: root/Train for training, root/valid for validation, root/TEST for testing"
"$VITRINE" inspect m.onnx --json >card.json
json "len(d['card']['target']['classes']) == $classes and d['card']['figures']['test']['rows'] == $((5 * classes)) and d['card']['training']['rows'] == $((14 * classes))" <card.json
contains "$("$VITRINE" describe root)" "holds a split"
fails_with 3 "root/TEST" "$VITRINE" evaluate m.onnx root
"$VITRINE" evaluate m.onnx root/TEST --json | json "d['rows'] == $((5 * classes))"
mv root/valid root/val && mkdir root/validation && cp -r root/val/* root/validation/
fails_with 3 "two folders of the split have the same role: val and validation" "$VITRINE" train root -o m.onnx --quiet
# Classes may have such names: their folders have no subfolders.
mkdir -p words/train words/test && cp photos/hat/* words/train/ && cp photos/shoes/* words/test/
"$VITRINE" train words -o words.onnx --recipe epochs=1 --quiet >out.txt
contains "$(<out.txt)" "test"
echo "file,label" >words/labels.csv
fails_with 3 "tables of labels are not read (labels.csv)" "$VITRINE" train words -o words.onnx --quiet
# A test part without labels is skipped; names of classes may differ in case.
for part in flat:test one:test/unknown; do
  mkdir -p "kaggle-${part%:*}/${part#*:}" && cp -r root/Train "kaggle-${part%:*}/train" && cp photos/hat/* "kaggle-${part%:*}/${part#*:}/"
  "$VITRINE" train "kaggle-${part%:*}" -o kaggle.onnx --recipe epochs=1 --quiet >out.txt
  contains "$(<out.txt)" "test is skipped: it has no subfolder with the name of a training class"
  "$VITRINE" inspect kaggle.onnx --json | json "len(d['card']['target']['classes']) == $classes"
done
mkdir cases && cp -r root/Train cases/train && cp -r root/TEST cases/test && mv cases/test/hat cases/test/Hat
for folder in cases/test/*; do [[ $folder == cases/test/Hat ]] || rm -r "$folder"; done
contains "$("$VITRINE" train cases -o cases.onnx --recipe epochs=1 --quiet)" "cases/test for testing"
mkdir alone && cp -r root/Train alone/train
contains "$("$VITRINE" train alone -o alone.onnx --recipe epochs=1 --quiet)" "split: alone/train for training"
mkdir late && cp -r root/TEST late/test && cp -r root/TEST late/val
fails_with 3 "no training part" "$VITRINE" train late -o late.onnx --quiet
# One folder of photos and a table.
mkdir -p flat/images && cp photos/hat/* flat/images/ && echo "file,label" >flat/labels.csv
fails_with 3 "tables of labels are not read (labels.csv)" "$VITRINE" train flat -o flat.onnx --quiet
mkdir loose && cp photos/hat/* loose/ && echo "file,label" >loose/train.csv
fails_with 3 "tables of labels are not read (train.csv)" "$VITRINE" train loose -o flat.onnx --quiet
mkdir some && cp -r photos/hat photos/shoes some/
"$VITRINE" train photos --validation some -o some.onnx --recipe epochs=1 --quiet >out.txt
contains "$(<out.txt)" "the validation photos in some lack $((classes - 2)) of $classes classes"

serve m.onnx
first=$(ls photos/hat/* | sed -n 1p)
second=$(ls photos/shoes/* | sed -n 1p)
for photo in "$first" "$second"; do curl -s --data-binary "@$photo" -H 'Content-Type: image/jpeg' "$url/predict" >>one_by_one.jsonl; done
curl -s -F "a=@$first" -F "note=two hats" -F "b=@$second" "$url/predict" >both.json
python3 - <<'PY' || die "two photos in one form: $(<both.json)"
import json
both = json.load(open("both.json"))
assert both == [json.loads(line) for line in open("one_by_one.jsonl")], both
PY
[[ $(curl -s -o body.json -w '%{http_code}' -F "a=@$first" -F "b=@$second" "$url/predict?explain=true") == 422 ]] || die "explained two: $(<body.json)"
echo broken >broken.jpg
curl -s -F "a=@$first" -F "b=@broken.jpg" "$url/predict" | json '"photo 2" in d["detail"]'
curl -s -F "a=@$first" "$url/predict" | json 'isinstance(d, dict) and "label" in d'
# A text field named filename, and an empty file field, are not photos.
curl -s -F "a=@$first" -F "filename=cat.jpg" "$url/predict" | json 'isinstance(d, dict) and "label" in d'
printf -- '--x\r\nContent-Disposition: form-data; name="b"; filename=""\r\nContent-Type: application/octet-stream\r\n\r\n\r\n--x\r\nContent-Disposition: form-data; name="a"; filename="a;b.jpg"\r\n\r\n' >form
cat "$first" >>form && printf '\r\n--x--\r\n' >>form
curl -s -H 'Content-Type: multipart/form-data; boundary=x' --data-binary @form "$url/predict" | json 'isinstance(d, dict) and "label" in d'
stop_server
