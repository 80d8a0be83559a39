# shellcheck shell=bash
# Sourced by the tests of packages: runs servers in roots of other systems and in images.

# in_root ROOT CMD...: replaces this shell by CMD inside ROOT, with /proc and /dev.
in_root() {
  local root=$1
  shift
  exec unshare --mount --propagation private sh -c '
    mkdir -p "$0/proc" "$0/dev" && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' "$root" "$@"
}

needs_mounts() {
  unshare --mount --propagation private sh -c 'mkdir p && mount --rbind /proc p' 2>/dev/null || skip "mounts are not allowed on this machine"
}

# started LOG: waits until the server that writes LOG has printed its address; sets $port. LOG must be empty before.
started() {
  for _ in {1..400}; do
    port=$(sed -n 's/^serving .* on http:.*:\([0-9]*\)$/\1/p' "$1")
    [[ -n $port ]] && return
    sleep 0.05
  done
  return 1
}

# A port below the kernel's range for clients, so that no other program gets it meanwhile.
free_port() {
  python3 -c '
import random, socket
while True:
    port = random.randrange(20000, 32000)
    with socket.socket() as one:
        if one.connect_ex(("127.0.0.1", port)): break
print(port)'
}

# ask_both PORT: requests /ping and a prediction of churn and of clothes.
ask_both() {
  [[ $(curl -s "http://127.0.0.1:$1/ping") == PONG ]] || die "no PONG"
  curl -s "http://127.0.0.1:$1/predict" -H 'Content-Type: application/json' -d "$row" | json '0 < d["churn_probability"] < 1'
  curl -s "http://127.0.0.1:$1/models/clothes/predict" -H 'Content-Type: image/jpeg' --data-binary "@$(find photos -name '*.jpg' | head -n 1)" | json 'abs(sum(d["probabilities"].values()) - 1) < 1e-5'
}

# unzipped ZIP FOLDER: extracts with the file modes of the zip.
unzipped() {
  python3 - "$@" <<'PY'
import os, sys, zipfile
bundle = zipfile.ZipFile(sys.argv[1])
bundle.extractall(sys.argv[2])
for info in bundle.infolist(): os.chmod(os.path.join(sys.argv[2], info.filename), (info.external_attr >> 16) & 0o777)
PY
}

# Prepares buildah to build and run images without a daemon.
images() {
  command -v buildah >/dev/null || skip "buildah is missing"
  export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
  printf '[storage]\ndriver="vfs"\ngraphroot="%s/graph"\nrunroot="%s/run"\n' "$work" "$work" >storage.conf
  # The limits of this machine may be lower than buildah's defaults.
  printf '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=4096:4096"]\n' >containers.conf
}

# run_container CONTAINER WORDS...: runs the server in it; sets $server, the server's process.
run_container() {
  local container=$1 words="${*:2} --poll 3.$$"  # a unique option, to find its process
  : >container.log # delete the previous container's log
  timeout -k 2 120 buildah run "$container" -- /usr/bin/vitrine-serve "${@:2}" --poll "3.$$" </dev/null >container.log 2>&1 &
  runner=$!
  for _ in {1..200}; do
    server=$(pgrep -f "^/usr/bin/vitrine-serve $words\$" | head -n 1) && [[ -n $server ]] && break
    kill -0 "$runner" 2>/dev/null || die "the container ended: $(cat container.log)"
    sleep 0.05
  done
  servers+=("$server")
}
