#!/usr/bin/env bash
# Packages with a Dockerfile: the bundle of Elastic Beanstalk from its own files, and `docker` on a Debian 13 that is
# made here, since images can't be pulled. Both serve.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
small_model
small_photo_model
"$VITRINE" package churn.onnx clothes.onnx --for eb -o eb >/dev/null
"$VITRINE" package churn.onnx clothes.onnx --for eb -o again >/dev/null
cmp eb/churn-eb.zip again/churn-eb.zip || die "the same input gave another bundle"
python3 - <<'PY' || die "the bundle"
import os, zipfile
bundle = zipfile.ZipFile("eb/churn-eb.zip")
assert bundle.testzip() is None
names = set(bundle.namelist())
assert {"Dockerfile", ".ebextensions/vitrine.config", ".platform/nginx/conf.d/vitrine.conf", "root/models/churn.onnx"} <= names, names
mode = bundle.getinfo("root/usr/bin/vitrine-serve").external_attr >> 16
assert mode & 0o111 == 0o111, oct(mode)
assert os.path.getsize("eb/churn-eb.zip") < 40_000_000
PY
# The README tells to give the log's folder to the server's user, only if there is a log.
"$VITRINE" package churn.onnx --for docker --options '--log-predictions /var/predictions/log.jsonl' -o logged >/dev/null
contains "$(<logged/README.md)" "chown 65532:65532 '/var/predictions'"
"$VITRINE" package churn.onnx --for docker -o unlogged >/dev/null
[[ $(<unlogged/README.md) != *chown* ]] || die "a folder to own without a log"
unzipped eb/churn-eb.zip unzipped
contains "$(<eb/bundle/.ebextensions/vitrine.config)" "HealthCheckPath: /readyz"
images
# built NAME FOLDER: builds the image, runs it as it is configured, and sends requests.
built() {
  timeout 400 buildah build -q --format docker -t "$1" "$2" >built.log 2>&1 || die "$1 can't be built: $(tail -n 5 built.log)"
  container=$(buildah from --pull-never "localhost/$1" 2>/dev/null)
  mapfile -t words < <(buildah inspect "$container" | jq -r '.Docker.config.Cmd[]')
  [[ $(buildah inspect "$container" | jq -r '.Docker.config.Healthcheck.Test[2]') == healthcheck ]] || die "no health check"
  [[ $(buildah inspect "$container" | jq -r '.Docker.config.User') == 65532:65532 ]] || die "no user"
    run_container "$container" "${words[@]}" --port 0
  started container.log || die "$1 does not start: $(cat container.log)"
  ask_both "$port"
  kill -TERM "$server"
  wait "$runner" || die "the container of $1 ended with $?: $(tail -n 3 container.log)"
  buildah rm "$container" >/dev/null
}
built bundle unzipped

"$VITRINE" package churn.onnx clothes.onnx --for docker -o docker >/dev/null
python3 - <<'PY' || die "compose.yaml"
text = open("docker/compose.yaml").read()
assert "read_only: true" in text and "healthcheck" in text and '"9696:9696"' in text
PY
timeout 200 mmdebstrap --variant=apt --include=ca-certificates trixie debian.tar >mm.log 2>&1 || skip "no Debian can be fetched: $(tail -n 1 mm.log)"
base=$(buildah from scratch)
buildah add -q "$base" debian.tar / >/dev/null
buildah commit -q "$base" docker.io/library/debian:trixie-slim >/dev/null
buildah rm "$base" >/dev/null
built dockerfile docker

# A folder that would hide system files is refused; systemd, which mounts nothing, may use it.
"$VITRINE" sample churn mount.csv --rows 500 >/dev/null
"$VITRINE" train mount.csv --target Churn --model logistic -o mount.onnx --quiet >/dev/null
for target in docker kubernetes; do
  fails_with 2 "is in /, which can't be mounted" "$VITRINE" package mount.onnx --for $target -o "root-$target" --options "--log-predictions /log.jsonl"
  fails_with 2 "is in /etc, which can't be mounted" "$VITRINE" package mount.onnx --for $target -o "root-$target" --options "--api-keys /etc/keys"
done
"$VITRINE" package mount.onnx --for systemd -o etc-systemd --options "--api-keys /etc/keys" >/dev/null
