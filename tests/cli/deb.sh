#!/usr/bin/env bash
# The Debian packages: lintian finds nothing, the same build gives the same bytes, one `apt install ./file.deb` in a fresh
# Debian 13 is enough, manual and completions are there and sound.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
for tool in lintian mmdebstrap zsh fish; do command -v $tool >/dev/null || skip "$tool is missing"; done
small_model
small_photo_model
# Of the programs under test, as they are.
export VITRINE_BUILT=1
"$REPO/scripts/deb" debs >/dev/null
"$REPO/scripts/deb" again >/dev/null
diff -r debs again || die "the same build gave other packages"
lintian --allow-root --fail-on error,warning --no-tag-display-limit debs/*.deb >lintian.txt || die "lintian: $(<lintian.txt)"
for deb in debs/*.deb; do
  dpkg-deb -x "$deb" files
  [[ -z $(dpkg-deb -f "$deb" Depends | grep -o 'libgtest[^,]*') ]] || die "tests are shipped"
done
[[ $(dpkg-deb -f debs/vitrine-serve_*.deb Depends) != *torch* ]] || die "the server needs libtorch"
for program in vitrine vitrine-serve; do
  bash -n "files/usr/share/bash-completion/completions/$program"
  zsh -n "files/usr/share/zsh/vendor-completions/_$program"
  fish -n "files/usr/share/fish/vendor_completions.d/$program.fish"
  zcat "files/usr/share/man/man1/$program.1.gz" >page.1
  man -l --warnings page.1 2>warnings.txt >page.txt
  [[ ! -s warnings.txt ]] || die "man: $(<warnings.txt)"
  contains "$(<page.txt)" "healthcheck"
done
# What bash completes.
completed() { bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vitrine; echo "${COMPREPLY[*]}"' files/usr/share/bash-completion/completions/vitrine "$@"; }
[[ $(completed vitrine pack) == package ]] || die "a verb is not completed"
[[ $(completed vitrine package --fo) == --for ]] || die "an option is not completed"
[[ $(completed vitrine package --for ku) == kubernetes ]] || die "a value is not completed"
[[ $(completed vitrine completion z) == zsh ]] || die "a positional's value is not completed"
"$VITRINE" version --json | json 'd["version"] and len(d["packages"]) > 20 and len(d["modules"]) >= 5'

# The library's packages: a C program compiles with what pkg-config says of them, and a CMake project finds them.
prefix=$work/files/usr
export PKG_CONFIG_PATH=$prefix/lib/x86_64-linux-gnu/pkgconfig
flags=$(pkg-config --define-variable=prefix="$prefix" --cflags --libs vitrine)
# shellcheck disable=SC2086  # words
cc "$prefix/share/doc/libvitrine-dev/examples/predict.c" $flags -o predict
echo "$row" >row.json
LD_LIBRARY_PATH=$prefix/lib/x86_64-linux-gnu ./predict churn.onnx row.json | grep -qE '^(yes|no) 0\.[0-9]{3}$' || die "the packaged library"
mkdir project && cat >project/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(user C)
find_package(Vitrine 0.2 REQUIRED)
add_executable(user user.c)
target_link_libraries(user Vitrine::vitrine)
CMAKE
cp "$prefix/share/doc/libvitrine-dev/examples/predict.c" project/user.c
(cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$prefix" && cmake --build project/build) >cmake.log 2>&1 || die "find_package: $(tail -n 5 cmake.log)"

needs_mounts
timeout 200 mmdebstrap --variant=apt trixie fresh >mm.log 2>&1 || skip "no Debian can be fetched: $(tail -n 1 mm.log)"
cp -L /etc/resolv.conf fresh/etc/resolv.conf 2>/dev/null || true
cp debs/vitrine-serve_*.deb churn.onnx clothes.onnx fresh/tmp
if has_module arrow; then cp debs/vitrine-arrow_*.deb fresh/tmp; fi
(in_root "$work/fresh" sh -c 'export DEBIAN_FRONTEND=noninteractive; apt-get update >/dev/null && apt-get install -y --no-install-recommends /tmp/vitrine-*.deb') >apt.log 2>&1 ||
  die "apt: $(tail -n 5 apt.log)"
# Files that its modules read.
if venv=$("$REPO/scripts/python-venv" tables 2>/dev/null) && has_module arrow; then
  "$venv/bin/python" -c 'import pandas; t = pandas.read_csv("sample.csv"); t.to_parquet("fresh/tmp/rows.parquet"); t.to_excel("fresh/tmp/rows.xlsx", index=False)'
  "$VITRINE" predict churn.onnx sample.csv --format csv >answers.csv
  for table in rows.parquet rows.xlsx; do
    in_root "$work/fresh" vitrine-serve predict /tmp/churn.onnx /tmp/$table --format csv | cmp answers.csv - || die "the installed program reads $table otherwise"
  done
fi
in_root "$work/fresh" vitrine-serve serve /tmp/churn.onnx /tmp/clothes.onnx --port 0 2>server.log &
server=$!
servers+=("$server")
started server.log || die "the installed server does not start: $(<server.log)"
ask_both "$port"
[[ $(in_root "$work/fresh" vitrine-serve healthcheck --port "$port") == ready* ]] || die "healthcheck"
stop_server
