#!/usr/bin/env bash
# The files of a release: made twice they are the same, and the tarball, the Debian package and the image run the README's commands in
# fresh roots of Debian 12, Debian 13 and a system with musl only.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
export VITRINE_BUILT=1 # of the programs under test, as they are
"$REPO/scripts/release" first >/dev/null
"$REPO/scripts/release" second >/dev/null
diff -r first second || die "the same build gave other files"
fails_with 2 "only images have tags" "$VITRINE" package --contents server --for tarball --tag a:1 -o tagged
fails_with 1 "the folder is not empty" "$REPO/scripts/release" first
(cd first && sha256sum --quiet -c SHA256SUMS) || die "checksums"
version=$("$VITRINE" version --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
python3 - first "$version" <<'PY' || die "the files of the release"
import json, os, sys
folder, version = sys.argv[1:]
files = set(os.listdir(folder))
programs = {f"vitrine-{version}-linux-x86_64.tar.gz", f"vitrine-networks-{version}-linux-x86_64.tar.gz",
            f"vitrine-{version}-oci.tar", f"vitrine-serve-{version}-oci.tar"}
assert programs | {"NOTES.md", "SHA256SUMS", f"vitrine_{version}_amd64.deb"} <= files, files
for one in programs:
    names = {package["name"] for package in json.load(open(f"{folder}/{one}.spdx.json"))["packages"]}
    assert {"vitrine", "libc6", "libstdc++6", "libvitrine-cnn.so"} <= names, (one, names)
    assert ("libvitrine-nn.so" in names) == ("networks" in one) and ("libvitrine-learn.so" in names) == ("serve" not in one), one
assert open(f"{folder}/NOTES.md").read().startswith(f"# Vitrine {version}\n")
PY

# two_minutes COMMAND...: the README's first commands, with `COMMAND...` for `vitrine`; the model is served and asked. COMMAND may end
# its shell by `exec`.
two_minutes() {
  ("$@" sample churn customers.csv) >/dev/null
  ("$@" train customers.csv --target Churn -o churn.onnx --model logistic --quiet) >said.txt
  contains "$(<said.txt)" "next: vitrine serve churn.onnx"
  ("$@" inspect churn.onnx) >said.txt
  contains "$(<said.txt)" "test set"
  ("$@" predict churn.onnx customers.csv --format csv) >answers.csv
  [[ $(wc -l <answers.csv) == 7001 ]] || die "$*: predictions"
  : >server.log
  "$@" serve churn.onnx --port 0 2>server.log &
  server=$!
  servers+=("$server")
  started server.log || die "$*: it does not start: $(<server.log)"
  [[ $(curl -s "http://127.0.0.1:$port/ping") == PONG ]] || die "$*: no PONG"
  curl -s "http://127.0.0.1:$port/predict" -H 'Content-Type: application/json' -d "$row" | json '0 < d["churn_probability"] < 1'
  stop_server
}

tar -xzf "first/vitrine-$version-linux-x86_64.tar.gz"
folder=vitrine-$version
mkdir bin && ln -s "../$folder/vitrine" bin/vitrine
two_minutes bin/vitrine
mv answers.csv here.csv
# Packages that the unpacked program makes are those of the installed one.
"$VITRINE" package churn.onnx --for tarball -o installed >/dev/null
bin/vitrine package churn.onnx --for tarball -o unpacked >/dev/null
diff -r installed unpacked || die "the unpacked program makes other packages"
# Photos without a backbone need the larger tarball, and it is said before any work.
"$VITRINE" sample clothes photos --photos 60 --side 32 >/dev/null
fails_with 2 "install vitrine-networks" bin/vitrine train photos -o clothes.onnx
tar -xzf "first/vitrine-networks-$version-linux-x86_64.tar.gz"
"vitrine-networks-$version/vitrine" train photos -o clothes.onnx --recipe epochs=1 --quiet >/dev/null
bin/vitrine predict clothes.onnx photos/hat >said.txt

needs_mounts
# vitrine_in ROOT PROGRAM WORDS...: runs it inside ROOT, in its /tmp.
vitrine_in() { in_root "$work/$1" /bin/sh -c 'export PATH=/usr/bin:/bin && cd /tmp && exec "$@"' sh "${@:2}"; }
mkdir -p musl/bin musl/lib musl/tmp
cp /usr/bin/busybox musl/bin
cp -L /lib/ld-musl-x86_64.so.1 musl/lib
for tool in sh dirname readlink; do ln -s busybox "musl/bin/$tool"; done
timeout 120 mmdebstrap --variant=extract --include=libc6,dash,coreutils bookworm bookworm >mm.log 2>&1 || skip "no root of Debian 12 can be made: $(tail -n 1 mm.log)"
mkdir -p bookworm/tmp
timeout 200 mmdebstrap --variant=apt trixie trixie >mm.log 2>&1 || skip "no root of Debian 13 can be made: $(tail -n 1 mm.log)"
# Each file of lib/ has a licence.
python3 - "$folder" <<'PY' || die "the licences of the tarball"
import os, sys
folder = sys.argv[1]
with open("latin.csv", "w", encoding="cp1252") as file:
    file.write("name,y\n" + "".join(f"{'Käse' if i % 3 else 'Öl € 1'},{i % 2}\n" for i in range(60)))
owners = dict(line.split("\t")[:2] for line in open(f"{folder}/lib/vitrine/packages.tsv").read().splitlines())
known = set(os.listdir(f"{folder}/licences"))
assert {"vitrine", "common-licenses"} <= known, known
for file in os.listdir(f"{folder}/lib"):
    path = f"{folder}/lib/{file}"
    if not os.path.isfile(path) or file == "ca-certificates.crt": continue
    licence = owners.get("lib/" + file, "arrow" if file.startswith(("libarrow", "libparquet")) else None)
    assert licence in known, (file, licence)
PY
for root in musl bookworm trixie; do
  cp -a "$folder" latin.csv "$root/tmp"
  two_minutes vitrine_in "$root" "/tmp/$folder/vitrine"
  cmp answers.csv here.csv || die "other predictions in $root"
  # Encodings need modules of the C library.
  (vitrine_in "$root" "/tmp/$folder/vitrine" train /tmp/latin.csv --target y -o latin.onnx --model logistic --quiet) >said.txt
  rm -rf "${root:?}/tmp"/*
done

cp -L /etc/resolv.conf trixie/etc/resolv.conf 2>/dev/null || true
cp "first/vitrine_${version}_amd64.deb" trixie/tmp
(in_root "$work/trixie" sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get update >/dev/null && apt-get install -y --no-install-recommends /tmp/vitrine_*.deb') >apt.log 2>&1 ||
  die "apt: $(tail -n 5 apt.log)"
two_minutes vitrine_in trixie vitrine
cmp answers.csv here.csv || die "other predictions of the Debian package"

images
mkdir shared && cp customers.csv shared
container=$(buildah from "oci-archive:first/vitrine-$version-oci.tar" 2>/dev/null)
timeout 120 buildah run --user 0 -v "$work/shared:/work" "$container" -- /usr/bin/vitrine train customers.csv --target Churn -o churn.onnx --model logistic --quiet </dev/null >said.txt
contains "$(<said.txt)" "next: vitrine serve churn.onnx"
container=$(buildah from "docker-archive:first/vitrine-serve-$version-oci.tar" 2>/dev/null)
buildah copy -q "$container" shared/churn.onnx /models/ >/dev/null
mapfile -t words < <(buildah inspect "$container" | jq -r '.OCIv1.config.Cmd[]')
contains "${words[*]}" "serve --models /models"
run_container "$container" "${words[@]}" --port 0
started container.log || die "the image does not start: $(<container.log)"
curl -s "http://127.0.0.1:$port/predict" -H 'Content-Type: application/json' -d "$row" | json '0 < d["churn_probability"] < 1'
kill -TERM "$server"
wait "$runner" || die "the container ended with $?: $(tail -n 3 container.log)"
