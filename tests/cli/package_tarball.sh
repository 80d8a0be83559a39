#!/usr/bin/env bash
# A folder for any Linux: it serves in roots of Debian 11 and 12 and in one with only musl, and from a folder with
# blanks in its name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
small_model
small_photo_model
"$VITRINE" package churn.onnx clothes.onnx --for tarball -o out >/dev/null

mkdir "here and there" && tar -xzf out/churn.tar.gz -C "here and there"
"here and there/churn/serve" --port 0 2>server.log &
server=$!
servers+=("$server")
started server.log || die "it does not start: $(cat server.log)"
ask_both "$port"
[[ $(grep -c 'here and there/churn/lib/' "/proc/$server/maps") -gt 20 ]] || die "it does not use its own libraries"
if grep -v '/churn/' "/proc/$server/maps" | grep '\.so'; then die "it uses libraries of this machine"; fi
stop_server
ln -s "here and there/churn/serve" link
./link --help >/dev/null || die "by a link"
"here and there/churn/vitrine-serve" predict "here and there/churn/models/churn.onnx" sample.csv --format csv | sed -n 2p | grep -q , || die "predict"

needs_mounts
in_other_root() { # NAME: both models predict inside ./NAME
  tar -xzf out/churn.tar.gz -C "$1/tmp"
    : >server.log # delete the previous server's log
  in_root "$work/$1" /tmp/churn/serve --port 0 2>server.log &
  server=$!
  servers+=("$server")
  started server.log || die "it does not start in $1: $(cat server.log)"
  ask_both "$port"
  stop_server
}
mkdir -p musl/bin musl/lib musl/tmp
cp /usr/bin/busybox musl/bin
cp -L /lib/ld-musl-x86_64.so.1 musl/lib
for tool in sh dirname readlink; do ln -s busybox "musl/bin/$tool"; done
in_other_root musl
for suite in bookworm bullseye; do
  timeout 120 mmdebstrap --variant=extract --include=libc6,dash,coreutils "$suite" "$suite" >mm.log 2>&1 || skip "no root of $suite can be made: $(tail -n 1 mm.log)"
  mkdir -p "$suite/tmp"
  in_other_root "$suite"
done
