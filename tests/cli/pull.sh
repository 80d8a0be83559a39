#!/usr/bin/env bash
# Backbones are downloaded by name: verified, resumed, cached; from a local server.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
contains "$("$VITRINE" pull --list)" "mobilenetv2-12"
fails_with 2 "there is no backbone 'mobilenet'" "$VITRINE" pull mobilenet
fails_with 2 "no backbone was given" "$VITRINE" pull

# A network to download.
"$VITRINE" sample clothes photos --photos 60 --side 24 >/dev/null
"$VITRINE" train photos -o site.onnx --recipe epochs=1 --quiet >/dev/null
cat >server.py <<'PY'
import http.server, re, sys
body = open("site.onnx", "rb").read()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.path, self.headers.get("Range", "-"), flush=True)
        if self.path == "/missing": return self.send_error(404)
        if self.path == "/moved":
            self.send_response(302); self.send_header("Location", "/whole"); self.end_headers(); return
        start = 0
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if match and self.path != "/no-ranges": start = int(match[1])
        data = body[start:]
        if self.path == "/wrong": data = b"x" * len(body)
        if self.path == "/large": data = body + b"more"
        self.send_response(206 if start else 200)
        if start: self.send_header("Content-Range", f"bytes {start}-{len(body)-1}/{len(body)}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:50000] if self.path == "/torn" else data)
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
python3 server.py >server.txt & servers+=($!)
for _ in {1..100}; do [[ -s server.txt ]] && break; sleep 0.05; done
port=$(sed -n 1p server.txt)
entry() { # NAME PATH
  printf '{"name": "%s", "url": "http://127.0.0.1:%s/%s", "sha256": "%s", "bytes": %s, "licence": "CC0", "normalisation": "half"}' \
    "$1" "$port" "$2" "$(sha256sum site.onnx | cut -c1-64)" "$(stat -c %s site.onnx)"
}
printf '{"backbones": [%s, %s, %s, %s, %s, %s, %s]}' "$(entry whole whole)" "$(entry moved moved)" "$(entry torn torn)" \
  "$(entry wrong wrong)" "$(entry large large)" "$(entry missing missing)" "$(entry no-ranges no-ranges)" >zoo.json
pull() { "$VITRINE" pull --manifest zoo.json "$@"; }

pull whole >out.txt
contains "$(<out.txt)" "verified"
cmp site.onnx cache/backbones/whole.onnx
requests=$(wc -l <server.txt)
pull whole >/dev/null
[[ $(wc -l <server.txt) == "$requests" ]] || die "a cached file was downloaded again"
contains "$(pull --list | grep whole)" "cached"
"$VITRINE" train photos --backbone whole -o m.onnx --quiet >out.txt
contains "$(<out.txt)" 'normalisation "'
pull moved >/dev/null

# Interrupted several times: each attempt continues where the last one ended.
fails_with 1 "can't be downloaded" pull torn
grep -q '/torn bytes=50000-' server.txt || die "it was not resumed: $(<server.txt)"
# A partial file is completed, also if the server does not support ranges.
head -c 1000 site.onnx >cache/backbones/no-ranges.onnx.part
pull no-ranges >/dev/null
cmp site.onnx cache/backbones/no-ranges.onnx

fails_with 1 "the downloaded file has the SHA-256" pull wrong
[[ ! -e cache/backbones/wrong.onnx && ! -e cache/backbones/wrong.onnx.part ]] || die "the wrong file was kept"
fails_with 1 "sent more than" pull large
fails_with 1 "returned 404" pull missing
fails_with 3 "the backbone has not been downloaded" "$VITRINE" train photos --backbone mobilenetv2-12
sed 's/"name": "whole"/"name": "..\/..\/whole"/' zoo.json >evil.json
fails_with 3 "can't be a file name" "$VITRINE" pull --manifest evil.json whole
echo '{"backbones": 3}' >broken.json
fails_with 3 "" "$VITRINE" pull --manifest broken.json whole
