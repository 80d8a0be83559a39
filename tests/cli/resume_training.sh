#!/usr/bin/env bash
# A killed training of a network continues from its checkpoint.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
"$VITRINE" sample clothes photos --photos 200 --side 32 >/dev/null
train() { "$VITRINE" train photos -o m.onnx --recipe epochs=12 "$@"; }

# Killed at a random moment after the first epoch.
"$VITRINE" train photos -o m.onnx --recipe epochs=12 >/dev/null 2>steps.txt &
pid=$!
servers+=("$pid")
for _ in {1..600}; do [[ -e m.onnx.checkpoint ]] && break; sleep 0.05; done
kill -KILL "$pid" && wait "$pid" || true
[[ -e m.onnx.checkpoint ]] || die "no checkpoint was written"
[[ ! -e m.onnx ]] || die "an interrupted training left a model"
cp m.onnx.checkpoint kept

fails_with 3 "other photos, another backbone or other options" "$VITRINE" train photos -o m.onnx --recipe epochs=13 --resume
printf 'x' | dd of=m.onnx.checkpoint bs=1 seek=5000 conv=notrunc 2>/dev/null
fails_with 3 "the checkpoint is damaged" train --resume
cp kept m.onnx.checkpoint
train --resume >out.txt 2>steps.txt
contains "$(<steps.txt)" "resuming from the checkpoint"
contains "$(<out.txt)" "network: 12 epochs"
! grep -q "epoch 1 ended" steps.txt || die "it started from the beginning"
[[ ! -e m.onnx.checkpoint ]] || die "the checkpoint was not deleted"
fails_with 3 "no checkpoint to resume from" train --resume

# Killed while reading photos, and while caching features: the next run continues.
"$VITRINE" sample clothes more --photos 2000 --side 32 >/dev/null
for moment in 0.05 0.2 0.5 1; do
  "$VITRINE" train more --backbone m.onnx -o f.onnx --quiet >/dev/null 2>&1 &
  pid=$!
  servers+=("$pid")
  sleep "$moment"
  kill -KILL "$pid" 2>/dev/null && wait "$pid" || true
done
rm -f f.onnx
"$VITRINE" train more --backbone m.onnx -o f.onnx --quiet >out.txt
"$VITRINE" evaluate f.onnx photos --json | json 'd["rows"] == 200'

# If the disk is full while features are cached, there is a warning and the training continues.
rm -rf cache
size=$(stat -c %s f.onnx)
(trap '' XFSZ; ulimit -f $((size / 1024 + 100)); "$VITRINE" sample clothes many --photos 7000 --side 16 >/dev/null
  "$VITRINE" train many --backbone m.onnx -o g.onnx --quiet >out.txt)
contains "$(<out.txt)" "cache"
"$VITRINE" evaluate g.onnx photos --json | json 'd["rows"] == 200'
