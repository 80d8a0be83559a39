#!/usr/bin/env bash
# Images are small, reproducible, loadable in both formats, and serve. Input that can't be packaged is an error and
# leaves no files.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
small_model
small_photo_model

"$VITRINE" package churn.onnx --for oci -o churn >said.txt
contains "$(<said.txt)" "churn/README.md"
"$VITRINE" package churn.onnx --for oci -o again >/dev/null
diff -r churn again || die "the same input gave another image"
"$VITRINE" package churn.onnx clothes.onnx --for oci --name shop --tag registry.example.com/team/shop:7 -o both >/dev/null
python3 - <<'PY' || die "the content of the images"
import gzip, hashlib, json, os, tarfile
def read(path, tag, port="9696"):
    tar = tarfile.open(path)
    blob = lambda digest: tar.extractfile("blobs/sha256/" + digest.removeprefix("sha256:")).read()
    for name in tar.getnames():
        if name.startswith("blobs/sha256/") and not tar.getmember(name).isdir():
            assert hashlib.sha256(tar.extractfile(name).read()).hexdigest() == os.path.basename(name), name
    index = json.load(tar.extractfile("index.json"))
    manifest = json.loads(blob(index["manifests"][0]["digest"]))
    config = json.loads(blob(manifest["config"]["digest"]))
    docker = json.load(tar.extractfile("manifest.json"))[0]
    assert docker["RepoTags"] == [tag] and docker["Layers"] == ["blobs/sha256/" + one["digest"][7:] for one in manifest["layers"]]
    files = {}
    for layer, plain in zip(manifest["layers"], config["rootfs"]["diff_ids"], strict=True):
        data = blob(layer["digest"])
        assert len(data) == layer["size"]
        data = gzip.decompress(data)
        assert "sha256:" + hashlib.sha256(data).hexdigest() == plain
        import io
        for member in tarfile.open(fileobj=io.BytesIO(data)):
            assert member.uid == 0 and member.mtime == 0 and not member.name.startswith("/"), member.name
            files[member.name] = member
    assert config["config"]["User"] == "65532:65532" and port + "/tcp" in config["config"]["ExposedPorts"]
    assert config["config"]["Healthcheck"]["Test"][2] == "healthcheck"
    return files, sum(layer["size"] for layer in manifest["layers"])
files, size = read("churn/churn.oci.tar", "churn:1")
print("churn", size)
assert size < 15_000_000, size
assert "models/churn.onnx" in files and "etc/ssl/certs/ca-certificates.crt" in files
assert not any("dnnl" in name or "onnxruntime" in name or "curl" in name or "torch" in name for name in files), "engines that churn does not need"
files, size = read("both/shop.oci.tar", "registry.example.com/team/shop:7")
print("both", size)
assert size < 30_000_000 + os.path.getsize("clothes.onnx"), size
assert any("dnnl" in name for name in files) and any("libde265" in name for name in files) and not any("onnxruntime" in name for name in files)
sbom = json.load(open("churn/sbom.spdx.json"))
names = {one["name"] for one in sbom["packages"]}
assert {"vitrine", "libc6", "libssl3t64", "libstdc++6", "churn.onnx"} <= names, names
PY
[[ $(SOURCE_DATE_EPOCH=1700000000 "$VITRINE" package churn.onnx --for oci -o dated >/dev/null && sha256sum <dated/churn.oci.tar) != $(sha256sum <churn/churn.oci.tar) ]] || die "SOURCE_DATE_EPOCH has no effect"

# Input that can't be packaged: clear errors, no partial output.
mkdir full && touch full/file
for bad in '--tls-cert /c.pem' '--batch foo' '--label x' '--help' '--' '--tls-client-ca /c.pem' '--api-keys keys' "--cors-origin 'a"; do
  fails_with 2 "" "$VITRINE" package churn.onnx --for oci "--options=$bad" -o out
done
for bad in a:b:c a//b:1 a:.. x:-1 a_:1 ::1 a/:1 UP:1; do fails_with 2 "is not a valid image tag" "$VITRINE" package churn.onnx --for oci --tag "$bad" -o out; done
fails_with 2 "clash" "$VITRINE" package a=churn.onnx a.onnx@2=churn.onnx --for oci -o out
fails_with 2 "has no name" "$VITRINE" package churn.onnx --for oci -o ''
ln -s elsewhere pointer
"$VITRINE" package churn.onnx --for systemd -o pointer >/dev/null
[[ -f elsewhere/README.md ]] || die "a link is not followed"
# The files of an image are readable whatever the umask is.
(umask 077 && "$VITRINE" package churn.onnx --for eb -o masked >/dev/null)
[[ $(stat -c %a masked/bundle/root/usr/lib masked/bundle/root/tmp masked | paste -sd,) == 755,1777,755 ]] || die "the umask closes folders: $(stat -c %a masked/bundle/root/usr/lib masked/bundle/root/tmp masked)"
[[ $(TZ=Asia/Tokyo "$VITRINE" package churn.onnx --for eb -o east >/dev/null && sha256sum <east/churn-eb.zip) == $(sha256sum <masked/churn-eb.zip) ]] || die "a zip depends on the time zone"
fails_with 2 "not empty" "$VITRINE" package churn.onnx --for oci -o full
fails_with 2 "not a folder" "$VITRINE" package churn.onnx --for oci -o sample.csv
fails_with 3 "no such file" "$VITRINE" package nowhere.onnx --for oci -o out
fails_with 4 "" "$VITRINE" package sample.csv --for oci -o out
fails_with 2 "did you mean 'oci'" "$VITRINE" package churn.onnx --for ocy -o out
fails_with 2 "is not a valid package name" "$VITRINE" package churn.onnx --for oci --name 'My Model' -o out
fails_with 2 "is not a valid image tag" "$VITRINE" package churn.onnx --for oci --tag 'Bad:' -o out
fails_with 2 "can't be set in a package" "$VITRINE" package churn.onnx --for oci --options '--port 80' -o out
fails_with 2 "--options" "$VITRINE" package churn.onnx --for oci --options '--max-wit 5' -o out
fails_with 2 "SOURCE_DATE_EPOCH" env SOURCE_DATE_EPOCH=soon "$VITRINE" package churn.onnx --for oci -o out
"$VITRINE" sign --new-key team >/dev/null
"$VITRINE" sign --new-key other >/dev/null
fails_with 4 "no signature" "$VITRINE" package churn.onnx --for oci --require-signature team.public.pem -o out
"$VITRINE" sign churn.onnx --key other.private.pem >/dev/null
fails_with 4 "does not match" "$VITRINE" package churn.onnx --for oci --require-signature team.public.pem -o out
[[ ! -e out && -z $(find . -name '.*part*') ]] || die "something was left"
if unshare --mount --propagation private sh -c 'mkdir -p small && mount -t tmpfs -o size=4m tmpfs small' 2>/dev/null; then
  export -f fails_with die contains
  export VITRINE
  unshare --mount --propagation private bash -euc 'mount -t tmpfs -o size=4m tmpfs small
    for target in oci docker eb kubernetes tarball; do
      fails_with 1 "No space left" "$VITRINE" package churn.onnx --for $target -o small/out
      [[ -z $(ls -A small) ]] || die "a full disk leaves something: $(ls -A small)"
    done'
fi

# Run the image in OCI and Docker format, with a signature that the server checks.
"$VITRINE" sign churn.onnx --key team.private.pem >/dev/null
"$VITRINE" sign clothes.onnx --key team.private.pem >/dev/null
"$VITRINE" package churn.onnx clothes.onnx --for oci --require-signature team.public.pem --options '--max-wait 500' -o signed >/dev/null
images
buildah pull -q oci-archive:signed/churn.oci.tar >/dev/null
container=$(buildah from "docker-archive:signed/churn.oci.tar" 2>/dev/null)
mapfile -t words < <(buildah inspect "$container" | jq -r '.OCIv1.config.Cmd[]')
contains "${words[*]}" "--max-wait 500"
contains "${words[*]}" "--require-signature /models/signer.public.pem"
run_container "$container" "${words[@]}" --port 0
started container.log || die "the image does not start: $(cat container.log)"
ask_both "$port"
[[ $(ps -o uid= -p "$server" | tr -d ' ') == 65532 ]] || die "it does not run as 65532"
timeout 20 buildah run "$container" -- /usr/bin/vitrine-serve healthcheck --port "$port" </dev/null >health.txt
contains "$(<health.txt)" "ready"
kill -TERM "$server"
wait "$runner" || die "the container ended with $?: $(tail -n 3 container.log)"
contains "$(<container.log)" "every accepted request was answered"
fails_with 1 "not ready" "$VITRINE" healthcheck --port "$port"
