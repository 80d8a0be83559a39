#!/usr/bin/env bash
# Bad input in folders of photos: decompression bombs, empty files, link cycles, unreadable files, copies, wrong labels.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
"$VITRINE" sample clothes photos --photos 300 --side 32 >/dev/null
"$VITRINE" train photos -o base.onnx --recipe epochs=8 --quiet >/dev/null
python3 - <<'PY'
import struct, zlib
def chunk(kind, data): return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = zlib.compressobj(9)
body = b"".join(rows.compress(b"\0" * 90001) for _ in range(12000)) + rows.flush()
open("photos/hat/bomb.png", "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", body) + chunk(b"IEND", b""))
PY
: >photos/hat/empty.jpg
ln -s "$work/photos/hat" photos/hat/again
ln -s nowhere photos/hat/dangling.jpg
cp photos/skirt/00001.jpg photos/dress/copy.jpg
mv photos/shoes/00002.jpg photos/pants/wrong.jpg
touch photos/hat/.hidden photos/Thumbs.db photos/hat/Thumbs.db
expected=4
if [[ $EUID == 0 ]] && setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
  cp photos/hat/00001.jpg photos/hat/secret.jpg && chmod 0 photos/hat/secret.jpg
  chmod 777 "$work" && mkdir -m 777 open
  run() { (cd open && VITRINE_CACHE=$work/open/cache setpriv --reuid 65534 --clear-groups "$VITRINE" "$@"); }
  expected=5
else
  mkdir open
  run() { (cd open && "$VITRINE" "$@"); }
fi
(ulimit -v 4000000; run train "$work/photos" --backbone "$work/base.onnx" -o m.onnx --quiet >out.txt)
contains "$(<out.txt)" "$expected files of $work/photos can't be used"
contains "$(<out.txt)" "bomb.png"
contains "$(<out.txt)" "skirt/00001.jpg"
contains "$(<out.txt)" "in two classes"
"$VITRINE" inspect open/m.onnx --json >card.json
json 'any(one["file"] == "pants/wrong.jpg" and one["believed"] == "shoes" for one in d["card"]["training"]["suspects"])' <card.json
fails_with 3 "can't be used" run train "$work/photos" --backbone "$work/base.onnx" -o m.onnx --quiet --strict
fails_with 3 "" run predict m.onnx "$work/photos/hat/bomb.png"
fails_with 3 "" run predict m.onnx "$work/photos/hat/empty.jpg"

# A photo that is in both parts of a split is reported.
mkdir -p open/judge && cp -r photos/hat photos/dress open/judge/
contains "$(run train "$work/photos" --backbone "$work/base.onnx" --validation judge -o v.onnx --quiet)" "(nearly) identical to a training photo"
mkdir deep && ln -s .. deep/up && ln -s "$work/deep" deep/self
fails_with 3 "" "$VITRINE" train deep
