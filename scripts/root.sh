# shellcheck shell=bash
# The reference platform: a private Debian 13 root, created once and entered for every command.
# Sourced by the other scripts; needs $repo.
#
#   VITRINE_ROOT    the path of the root (default ~/.cache/vitrine/debian13-<hash>)
#   VITRINE_MIRROR  a Debian mirror to use instead of mmdebstrap's default
#   VITRINE_PACKAGE_LIST  a list instead of scripts/packages.txt (for tests)
#   VITRINE_ENTER   bwrap | chroot | copy: how to enter it; default: the first that works

packages() { grep -v '^#' "${VITRINE_PACKAGE_LIST:-$repo/scripts/packages.txt}" | grep .; }

cache_home() { echo "${XDG_CACHE_HOME:-$HOME/.cache}/vitrine"; }

root_dir() {
  echo "${VITRINE_ROOT:-$(cache_home)/debian13-$(packages | sha256sum | cut -c1-12)}"
}

# fail WHAT WHERE HOW: the three parts of every message of this project.
fail() {
  printf 'error: %s\n  where: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
  exit 1
}

# Debian 13 with all packages installed needs no private root.
is_reference_host() {
  [[ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}${VERSION_ID:-}")" == debian13 ]] &&
    packages | xargs dpkg-query -W >/dev/null 2>&1
}

# need TOOL PACKAGE: installs PACKAGE as root, or fails with a hint.
need() {
  command -v "$1" >/dev/null && return
  if [[ $EUID -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "set-up: installing $2" >&2
    { apt-get install -y --no-install-recommends "$2" ||
      { apt-get update && apt-get install -y --no-install-recommends "$2"; }; } >/dev/null 2>&1 &&
      command -v "$1" >/dev/null && return
    fail "cannot install the Debian package '$2'" "apt-get install $2" \
      "run 'apt-get update && apt-get install $2' and read its message; it needs a Debian mirror"
  fi
  fail "the program '$1' is missing" "set-up of the build environment" \
    "install it once as root: apt-get install mmdebstrap bubblewrap uidmap debian-archive-keyring (other systems: the packages of the same names); or use the Dockerfile: docker build -t vitrine-build ."
}

make_root() {
  local root=$1 part=$1.part.$$ log=$1.log arguments
  mkdir -p "$(dirname "$root")"
  exec 9>"$root.lock"
  flock 9
  [[ -d $root ]] && return
  need mmdebstrap mmdebstrap
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg || ! -d /etc/apt ]] ||
    need /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
  rm -rf "$root".part.*
  echo "set-up: making a private Debian 13 root in $root (once; 1 to 3 minutes, about 3.6 GB)" >&2
  arguments=(--variant=apt "--include=$(packages | paste -sd,)" trixie)
  if [[ $EUID -eq 0 ]]; then
    mmdebstrap --mode=root "${arguments[@]}" "$part" ${VITRINE_MIRROR:+"$VITRINE_MIRROR"} \
      >"$log" 2>&1 </dev/null || make_root_failed "$part" "$log"
  else
    # A tar that is unpacked here: every file then belongs to this user and can be deleted without
    # subordinate ids.
    need newuidmap uidmap
    grep -q "^$(id -un):" /etc/subuid 2>/dev/null ||
      fail "the user '$(id -un)' has no subordinate user ids" "/etc/subuid" \
        "once as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $(id -un)"
    mkdir "$part"
    (cd / && mmdebstrap --mode=unshare "${arguments[@]}" - ${VITRINE_MIRROR:+"$VITRINE_MIRROR"}) \
      2>"$log" </dev/null | tar -x -C "$part" --exclude='./dev/*' --no-same-owner 2>>"$log" &&
      [[ -x $part/usr/bin/dpkg ]] || make_root_failed "$part" "$log"
    chmod -R u+rwX "$part"
  fi
  rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/lib/apt/lists/*
  mv "$part" "$root"
  flock -u 9
}

make_root_failed() {
  tail -n 12 "$2" >&2
  rm -rf "$1"
  fail "the private Debian 13 root could not be made" "mmdebstrap, log in $2" \
    "it needs a Debian mirror (VITRINE_MIRROR=... names another), about 4 GB of disk in $(dirname "$1") (VITRINE_ROOT=... names another place), and, for ordinary users, user namespaces; or build with the Dockerfile"
}

# Folders of the host that are visible inside at the same path: all but system folders.
shared_folders() {
  local folder
  for folder in /*; do
    case $folder in
      /bin | /boot | /dev | /etc | /lib | /lib32 | /lib64 | /libx32 | /lost+found | /proc | /run | /sbin | /sys | /usr | /var) ;;
      *) [[ -d $folder && ! -L $folder ]] && echo "$folder" ;;
    esac
  done
}

# Files of the host that name resolution, users and certificates need.
host_files() {
  local file
  for file in /etc/resolv.conf /etc/hosts /etc/passwd /etc/group /etc/ssl/certs /etc/pip.conf; do
    [[ -e $file ]] && echo "$file"
  done
}

way_in() {
  [[ -n ${VITRINE_ENTER:-} ]] && { echo "$VITRINE_ENTER"; return; }
  if command -v bwrap >/dev/null && bwrap --bind / / --dev-bind /dev /dev true 2>/dev/null; then
    echo bwrap
  elif [[ $EUID -eq 0 ]] && unshare --mount true 2>/dev/null; then
    echo chroot
  elif [[ $EUID -eq 0 ]] && chroot / true 2>/dev/null; then
    echo copy
  else
    fail "this machine allows neither namespaces (bubblewrap) nor chroot for this user" \
      "entering $1" \
      "four ways are left: allow user namespaces (sysctl user.max_user_namespaces=10000, or the container's seccomp profile); run as root; run on Debian 13 with the packages of scripts/packages.txt installed; or build with the Dockerfile: docker build -t vitrine-build ."
  fi
}

enter_root() {
  local root=$1 way folder file arguments
  shift
  command -v bwrap >/dev/null || [[ $EUID -ne 0 ]] || need bwrap bubblewrap
  way=$(way_in "$root") || exit 1
  export VITRINE_INSIDE=1 LC_ALL=C.UTF-8 PATH=/usr/lib/ccache:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
  export CCACHE_DIR=${CCACHE_DIR:-$(cache_home)/ccache}
  export CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1  # clones share what was compiled
  case $way in
    bwrap)
      arguments=(--bind "$root" / --dev-bind /dev /dev --proc /proc --ro-bind /sys /sys)
      for folder in $(shared_folders); do arguments+=(--bind "$folder" "$folder"); done
      for file in $(host_files); do arguments+=(--ro-bind "$file" "$file"); done
      run_bwrap "${arguments[@]}" --chdir "$PWD" "$@"
      ;;
    chroot) exec unshare --mount --propagation private "$repo/scripts/enter-chroot" "$root" "$@" ;;
    copy) enter_by_copy "$root" "$@" ;;
  esac
}

# bwrap waits for its child and forwards no signals, so a server could not finish its work. This
# function forwards TERM, INT and HUP (as TERM: a background child ignores INT), and the child ends
# if this script is killed.
run_bwrap() {
  local info child status=0
  info=$(mktemp)
  bwrap --die-with-parent --info-fd 9 "$@" 9>"$info" <&0 &
  child=$!
  trap 'kill -TERM "$(grep -o "[0-9]\+" "$info" | head -n 1)" 2>/dev/null || true' TERM INT HUP
  while :; do
    status=0
    wait "$child" || status=$?
    kill -0 "$child" 2>/dev/null || break
  done
  rm -f "$info"
  exit $status
}

# A plain container may chroot but not mount: the checkout is copied into the root, and the files
# that the command made are copied back.
enter_by_copy() {
  local root=$1 path status=0
  local paths=("$repo")
  shift
  [[ -d $repo/../shared ]] && paths+=("$(cd "$repo/../shared" && pwd)")
  [[ $PWD/ == "$repo"/* || $PWD == / ]] || paths+=("$PWD")
  echo "set-up: mounts are not allowed; working on a copy of ${paths[*]} inside $root" >&2
  for path in "${paths[@]}"; do
    mkdir -p "$root$path"
    cp -au "$path/." "$root$path/"
  done
  for path in $(host_files); do cp -aL "$path" "$root$(dirname "$path")/" 2>/dev/null || true; done
  [[ -e $root/dev/null ]] || mknod -m 666 "$root/dev/null" c 1 3 2>/dev/null || true
  export CCACHE_DIR=/var/cache/ccache
  chroot "$root" /bin/sh -c 'cd "$1" && shift && exec "$@"' sh "$PWD" "$@" || status=$?
  for path in "${paths[@]}"; do
    [[ -w $path ]] && cp -au "$root$path/." "$path/"
  done
  exit $status
}
