#!/usr/bin/env bash
# compile measures on photos which number format a network can use and saves it in the card. The predictions of
# the file stay the same. Models that can't be compiled are errors.
. "$(dirname "$0")/lib.sh"
small_model
small_photo_model
fails_with 3 "only models for photos" "$VITRINE" compile churn.onnx --data photos
fails_with 2 "" "$VITRINE" compile clothes.onnx
mkdir empty
fails_with 3 "" "$VITRINE" compile clothes.onnx --data empty
"$VITRINE" inspect clothes.onnx | grep -q 'runs on compiled: oneDNN' || die "not compiled: $("$VITRINE" inspect clothes.onnx | grep 'runs on')"
photo=$(find photos -name '*.jpg' | sort | head -n 1)
before=$("$VITRINE" predict clothes.onnx "$photo")
coarser=()
for pair in bf16:avx512_bf16 int8:avx512_vnni; do
  if grep -q "${pair#*:}" /proc/cpuinfo; then coarser+=("${pair%:*}"); fi
done
if [[ ${#coarser[@]} == 0 ]]; then
  fails_with 1 "nothing to choose" "$VITRINE" compile clothes.onnx --data photos
  skip "this processor has neither bf16 nor VNNI"
fi
"$VITRINE" compile clothes.onnx --data photos -o other.onnx >said.txt
for one in "${coarser[@]}"; do
  grep -q "^$one: .* labels as f32" said.txt || die "$one was not measured: $(cat said.txt)"
  "$VITRINE" inspect other.onnx --json | json "d['card']['precision']['measured']['$one']['photos'] == 120"
done
"$VITRINE" inspect other.onnx --json | json "d['card']['precision']['chosen'] in ('f32', 'bf16', 'int8') and ('ranges' in d['card']['precision']) == (d['card']['precision']['chosen'] == 'int8')"
after=$("$VITRINE" predict other.onnx "$photo")
python3 - "$before" "$after" <<'PY' || die "predictions differ: $before $after"
import json, sys
one, two = (json.loads(text)["probabilities"] for text in sys.argv[1:])
assert max(abs(one[k] - two[k]) for k in one) < 0.05
PY
printf 'x' >broken.onnx
fails_with 4 "" "$VITRINE" compile broken.onnx --data photos
