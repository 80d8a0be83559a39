#!/usr/bin/env bash
# Signatures: unsigned models are refused at the start and at reloads. Sandbox: the server works in it, and forbidden
# operations fail.
. "$(dirname "$0")/lib.sh"
small_model
cp churn.onnx other.onnx
"$VITRINE" sign --new-key team >/dev/null
[[ $(stat -c %a team.private.pem) == 600 ]] || die "others can read the private key"
fails_with 2 "already" "$VITRINE" sign --new-key team
fails_with 4 "no signature" "$VITRINE" serve churn.onnx --port 0 --require-signature team.public.pem
"$VITRINE" sign churn.onnx --key team.private.pem >/dev/null
openssl pkeyutl -verify -pubin -inkey team.public.pem -rawin -in churn.onnx -sigfile <(base64 -d churn.onnx.sig) >/dev/null || die "OpenSSL does not accept the signature"
"$VITRINE" sign --new-key other >/dev/null
fails_with 4 "does not match" "$VITRINE" serve churn.onnx --port 0 --require-signature other.public.pem
fails_with 3 "not an Ed25519 public key" "$VITRINE" serve churn.onnx --port 0 --require-signature churn.onnx.sig
fails_with 3 "not an Ed25519 private key" "$VITRINE" sign churn.onnx --key team.public.pem
fails_with 2 "the key is missing" "$VITRINE" sign
mkdir kept served
cp churn.onnx churn.onnx.sig served
serve served/churn.onnx --require-signature team.public.pem --sandbox --poll 0.2 --log-predictions kept/log.jsonl \
  --admin-socket "$work/kept/admin"
contains "$(cat server.log)" "sandbox: "
ask() { curl -s "$url/predict" -H 'Content-Type: application/json' -d "$row"; }
ask | json '"churn" in d'
# A reload without a valid signature is refused, one with it is accepted, also in the sandbox.
"$VITRINE" train sample.csv --target Churn --model trees -o new.onnx --quiet >/dev/null
cp new.onnx served/.new && mv served/.new served/churn.onnx
for _ in {1..100}; do curl -s "$url/readyz" | grep -q fault && break; sleep 0.05; done
contains "$(curl -s "$url/readyz")" "does not match this file"
"$VITRINE" sign new.onnx --key team.private.pem >/dev/null
cp new.onnx.sig served/.sig && mv served/.sig served/churn.onnx.sig
for _ in {1..100}; do [[ $(curl -s "$url/models") == *"$(sha256sum new.onnx | cut -c1-64)"* ]] && break; sleep 0.05; done
contains "$(curl -s "$url/models")" "$(sha256sum new.onnx | cut -c1-64)"
ask | json '"churn" in d'
[[ $(curl -s --unix-socket kept/admin http://x/admin/reload -X POST) == *'"reloaded":true'* ]] || die "the admin socket"
grep -q NoNewPrivs:.1 "/proc/$server/status" || die "NO_NEW_PRIVS is not set"
grep -q Seccomp:.2 "/proc/$server/status" || die "no filter of system calls"
# It can't read other folders: a link to a model elsewhere fails.
ln -s "$work/other.onnx" served/link.part && mv served/link.part served/churn.onnx
cp churn.onnx.sig served/.sig && mv served/.sig served/churn.onnx.sig
if grep -q "Landlock" server.log && ! grep -q "no Landlock" server.log; then
  for _ in {1..100}; do curl -s "$url/readyz" | grep -q fault && break; sleep 0.05; done
  contains "$(curl -s "$url/readyz")" fault
fi
ask | json '"churn" in d'
stop_server
[[ $(wc -l <kept/log.jsonl) == 3 ]] || die "predictions were not kept in the sandbox"

# Photos in the sandbox: their engine is a module that is loaded inside it.
small_photo_model
serve clothes.onnx --sandbox
[[ $(curl -s -o /dev/null -w '%{http_code}' --data-binary "@$(find photos -name '*.jpg' | head -n 1)" -H 'Content-Type: image/jpeg' "$url/predict") == 200 ]] || die "photos do not work in the sandbox"
stop_server
