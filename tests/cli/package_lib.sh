# Sourced by the tests of packages: roots of other systems, images, and servers inside them.

# in_root ROOT CMD...: CMD inside ROOT with /proc and /dev, in place of this shell's process.
in_root() {
  local root=$1
  shift
  exec unshare --mount --propagation private sh -c '
    mkdir -p "$0/proc" "$0/dev" && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"' "$root" "$@"
}

needs_mounts() {
  unshare --mount --propagation private sh -c 'mkdir p && mount --rbind /proc p' 2>/dev/null || skip "this machine lets nobody mount"
}

# answers PORT: waits until a server on this port is ready.
answers() {
  for _ in {1..200}; do
    curl -sf "http://127.0.0.1:$1/readyz" >/dev/null && return
    sleep 0.05
  done
  return 1
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# ask_both PORT: /ping and a prediction of churn and of clothes.
ask_both() {
  [[ $(curl -s "http://127.0.0.1:$1/ping") == PONG ]] || die "no PONG"
  curl -s "http://127.0.0.1:$1/predict" -H 'Content-Type: application/json' -d "$row" | json '0 < d["churn_probability"] < 1'
  curl -s "http://127.0.0.1:$1/models/clothes/predict" -H 'Content-Type: image/jpeg' --data-binary "@$(find photos -name '*.jpg' | head -n 1)" | json 'abs(sum(d["probabilities"].values()) - 1) < 1e-5'
}

# Builds and runs images without a daemon, without root file systems of its own.
images() {
  command -v buildah >/dev/null || skip "buildah is not there"
  export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot CONTAINERS_STORAGE_CONF=$work/storage.conf CONTAINERS_CONF=$work/containers.conf
  printf '[storage]\ndriver="vfs"\ngraphroot="%s/graph"\nrunroot="%s/run"\n' "$work" "$work" >storage.conf
  # Limits of this machine may be lower than buildah's defaults.
  printf '[containers]\ndefault_ulimits=["nofile=1024:1024","nproc=4096:4096"]\n' >containers.conf
}

# run_container CONTAINER WORDS...: the server in it; sets $server, its own process.
run_container() {
  local container=$1 words=${*:2}
  timeout -k 2 120 buildah run "$container" -- /usr/bin/vitrine-serve "${@:2}" </dev/null >container.log 2>&1 &
  runner=$!
  for _ in {1..200}; do
    server=$(pgrep -f "^/usr/bin/vitrine-serve $words\$" | head -n 1) && [[ -n $server ]] && break
    kill -0 "$runner" 2>/dev/null || die "the container ended: $(cat container.log)"
    sleep 0.05
  done
  servers+=("$server")
}
