#!/usr/bin/env bash
# A folder of models with numbered versions: newest, pinned and labelled versions, a canary with an exact share, a
# shadow for comparison; only administrators load and unload.
. "$(dirname "$0")/lib.sh"
small_model a.onnx
"$VITRINE" train sample.csv --target Churn --model trees -o b.onnx --quiet >/dev/null
mkdir -p models/churn/1 models/churn/2
cp a.onnx models/churn/1/model.onnx
cp b.onnx models/churn/2/anything.onnx
cp a.onnx models/bare.onnx
echo broken >models/broken.onnx
printf 'ops %s admin\nweb %s rate=5\n' "$(printf root | sha256sum | cut -c1-64)" "$(printf web | sha256sum | cut -c1-64)" >keys
serve --models models --poll 0.5 --label churn=stable:1 --api-keys keys --admin-socket "$work/admin"
contains "$(cat server.log)" "broken version 1 can't be loaded"
[[ $(curl -s -o ready.json -w '%{http_code}' "$url/readyz") == 503 ]] || die "ready although a model can't be loaded"
json '"fault" in d["models"]["broken"] and d["models"]["churn"]["versions"] == ["1", "2"]' <ready.json
rm models/broken.onnx
for _ in {1..100}; do [[ $(curl -s -o /dev/null -w '%{http_code}' "$url/readyz") == 200 ]] && break; sleep 0.05; done
ask() { curl -s -D head -o body -w '%{http_code}' -H "Authorization: Bearer ${key-root}" -H 'Content-Type: application/json' "$@"; }
version() { [[ $(ask "$url$1" -d "$row") == 200 ]] || die "$1: $(cat body)"; tr -d '\r' <"head" | sed -n 's/^Vitrine-Model-Version: //p'; }
[[ $(version /models/churn/predict) == 2 ]] || die "not the newest"
[[ $(version /models/churn/versions/1/predict) == 1 ]] || die "not the pinned one"
[[ $(version /models/churn/labels/stable/predict) == 1 ]] || die "not the labelled one"
[[ $(ask "$url/models/churn/versions/9/predict" -d "$row") == 404 ]] || die "a version that does not exist"
contains "$(cat body)" "there are 1, 2"
# A canary of 25 % gets exactly a quarter of the requests; a shadow is compared.
[[ $(ask -X PUT "$url/admin/models/churn/routing" -d '{"canary": {"version": 1, "percent": 25}, "shadow": 1, "labels": {"stable": 2}}') == 200 ]] || die "$(cat body)"
counts=$(for _ in {1..40}; do version /models/churn/predict; done | sort | uniq -c | tr -s ' \n' ' ')
[[ $counts == " 10 1 30 2 " ]] || die "canary: $counts"
[[ $(version /models/churn/labels/stable/predict) == 2 ]] || die "the label did not move"
for _ in {1..50}; do
  ask "$url/metrics" >/dev/null
  grep -q 'vitrine_shadow_rows_total{model="churn",version="1"} [0-9]' body && break
  sleep 0.1
done
grep -q 'vitrine_shadow_rows_total{model="churn",version="1"} [0-9]' body || die "the shadow was not used"
[[ $(ask -X PUT "$url/admin/models/churn/routing" -d '{"shadow": 7}') == 422 ]] || die "a routing to a version that does not exist"
# Only administrators.
[[ $(key=web ask -X POST "$url/admin/reload") == 403 ]] || die "a key without admin rights may administer"
[[ $(key=no ask "$url/models") == 401 ]] || die "a wrong key"
contains "$(cat head)" "WWW-Authenticate: Bearer"
[[ $(curl -s -o /dev/null -w '%{http_code}' "$url/models") == 401 && $(curl -s "$url/ping") == PONG ]] || die "without a key"
[[ $(curl -s --unix-socket "$work/admin" http://x/admin/reload -X POST) == *'"reloaded":true'* ]] || die "the admin socket"
[[ $(stat -c %a admin) == 600 ]] || die "others may administer"
for _ in {1..12}; do key=web ask "$url/models"; done >codes
contains "$(cat codes)" 429
for _ in {1..20}; do [[ $(key=web ask "$url/models") == 429 ]] && break; done
contains "$(cat head)" "Retry-After: 1"
[[ $(ask "$url/models") == 200 ]] || die "another key's rate"
# A new version is loaded automatically, a deleted one is unloaded; unload and load by the API.
mkdir models/churn/3 && cp a.onnx models/churn/3/.part && mv models/churn/3/.part models/churn/3/model.onnx
for _ in {1..100}; do [[ $(version /models/churn/versions/2/predict; ask "$url/models/churn/versions/3") == *200 ]] && break; sleep 0.05; done
[[ $(version /models/churn/versions/3/predict) == 3 ]] || die "version 3"
rm -r models/churn/3
for _ in {1..100}; do [[ $(ask "$url/models/churn/versions/3") == 404 ]] && break; sleep 0.05; done
[[ $(ask "$url/models/churn/versions/3") == 404 ]] || die "version 3 stayed"
[[ $(ask -X POST "$url/admin/models/bare/unload") == 200 && $(ask "$url/models/bare/predict" -d "$row") == 404 ]] || die "unload"
[[ $(ask -X POST "$url/admin/models/bare/load") == 200 && $(version /models/bare/predict) == 2 ]] || die "load"
stop_server
[[ ! -e admin ]] || die "the admin socket is left behind"
# The same on the command line: versions by file, a canary with all requests.
serve churn@1=a.onnx churn@2=b.onnx --canary churn=1:100
[[ $(version /predict) == 1 ]] || die "canary of 100 %"
stop_server
fails_with 2 "no model 'x'" "$VITRINE" serve churn=a.onnx --port 0 --label x=stable:1
fails_with 3 "version 4" "$VITRINE" serve churn=a.onnx --port 0 --canary churn=4:10
fails_with 2 "write --canary" "$VITRINE" serve churn=a.onnx --port 0 --canary churn=4
fails_with 2 "no model to serve" "$VITRINE" serve --port 0
fails_with 3 "not a folder" "$VITRINE" serve --port 0 --models nowhere
fails_with 3 "line 1" "$VITRINE" serve churn=a.onnx --port 0 --api-keys a.onnx
