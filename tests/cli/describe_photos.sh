#!/usr/bin/env bash
# describe shows the classes of a folder of photos, files that can't be used, and photos in two classes.
. "$(dirname "$0")/lib.sh"
python3 - <<'PY'
import os, random, struct, zlib
random.seed(1)
def png(path, width, height, pixel, depth=8, kind=2, rows=None):
    raw = rows or b"".join(b"\0" + bytes(c for x in range(width) for c in pixel(x, y)) for y in range(height))
    chunk = lambda tag, body: struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "wb").write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))
def noise(seed):
    r = random.Random(seed); grid = [[[r.randrange(256) for _ in range(3)] for _ in range(8)] for _ in range(8)]
    return lambda x, y: grid[y // 8][x // 8]
for i in range(12): png(f"photos/hat/{i}.png", 64, 64, noise(i))
for i in range(30, 41): png(f"photos/shoe/{i}.png", 64, 64, noise(i))
png("photos/shoe/again.png", 64, 64, noise(3))
# A decompression bomb: 30,000 x 30,000 pixels of one bit.
png("photos/hat/bomb.png", 30000, 30000, None, depth=1, kind=0, rows=bytes(3751 * 30000))
PY
[[ $(stat -c %s photos/hat/bomb.png) -lt 1000000 ]] || die "the file is too large for a decompression bomb"
echo "no photo" >photos/hat/text.jpg
: >photos/hat/empty.jpg
head -c 300 photos/hat/1.png >photos/hat/cut.png
touch photos/hat/Thumbs.db photos/.hidden photos/hat/.DS_Store
ln -s .. photos/hat/loop
ln -s nowhere photos/hat/dangling.jpg
mkdir photos/sock
text=$("$VITRINE" describe photos)
contains "$text" "3 classes"
contains "$text" "the limit is 100,000,000"
contains "$text" "this is not a photo"
contains "$text" "the file is empty"
contains "$text" "in two classes"
contains "$text" "sock (0)"
"$VITRINE" describe photos --json | json '(
  [c["name"] for c in d["classes"]] == ["hat", "shoe", "sock"] and d["classes"][1]["photos"] == 12
  and any(a["two_classes"] and a["same_bytes"] for a in d["alike"])
  and not any("Thumbs" in u["file"] or "DS_Store" in u["file"] for u in d["unusable"])
  and any("dangling" in u["file"] for u in d["unusable"]))'
mkdir bare && touch bare/a.jpg
fails_with 3 "holds no folders" "$VITRINE" describe bare
fails_with 2 "--target is for tables" "$VITRINE" describe photos --target x

# In the real photos, one is in two classes.
if [[ -e $data/clothing ]]; then
  mkdir both
  for class in shorts skirt; do ln -s "$(realpath "$data")/clothing/train/$class" both/$class; done
  "$VITRINE" describe both --json | json 'sum(a["two_classes"] for a in d["alike"]) == 1'
else
  echo "skipped: ../shared/data/clothing is missing"
fi
