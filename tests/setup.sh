#!/usr/bin/env bash
# Tests of the set-up, from outside the root: each way to enter it, and its creation by an
# ordinary user. Prints 'N passed, N failed, N skipped'. Run by scripts/test.
set -uo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
passed=0 failed=0 skipped=0
work=$(mktemp -d)
user=vitrine-test-$$
made_user=
clean() {
  [[ -z $made_user ]] || { pkill -KILL -u $user; userdel $user; } 2>/dev/null
  rm -rf "$work"
}
trap clean EXIT

check() { # check NAME CMD...
  local name=$1
  shift
  if "$@" >"$work/log" 2>&1; then
    echo "setup.$name: passed"; passed=$((passed + 1))
  else
    echo "setup.$name: FAILED"; sed 's/^/  /' "$work/log" | tail -n 20; failed=$((failed + 1))
  fi
}
skip() { echo "setup.$1: skipped: $2"; skipped=$((skipped + 1)); }

enters() { # enters WAY: the root is entered, sees the checkout, writes to it and gives the exit code on
  local out=$repo/build/setup-test
  rm -f "$out" && mkdir -p "$repo/build"
  VITRINE_ENTER=$1 "$repo/scripts/in-debian13" sh -c "grep -q '^13' /etc/debian_version && test -f '$repo/CMakeLists.txt' && echo made >'$out'" || return 1
  [[ $(cat "$out") == made ]] || return 1
  rm -f "$out"
  VITRINE_ENTER=$1 "$repo/scripts/in-debian13" sh -c 'exit 7'
  [[ $? == 7 ]]
}

says_how() { # where nothing is allowed, one message names the ways that are left
  local out
  mkdir -p "$work/root"
  out=$(cd "$repo" && PATH=$work/bin:$PATH setpriv --reuid=65534 --regid=65534 --clear-groups \
    env HOME="$work" VITRINE_ROOT="$work/root" ./scripts/in-debian13 true 2>&1) && return 1
  [[ $out == *Dockerfile* && $out == *hint:* ]] || { echo "$out"; return 1; }
}

signals() { # SIGTERM reaches the program inside
  local log=$work/signal
  "$repo/scripts/in-debian13" sh -c 'trap "echo ended; exit 0" TERM; echo ready; while :; do sleep 0.1; done' >"$log" &
  local pid=$!
  for _ in {1..100}; do grep -q ready "$log" && break; sleep 0.05; done
  kill -TERM $pid
  wait $pid && grep -q ended "$log"
}

as_user() { # an ordinary user creates a root and enters it
  local home=$work/home
  useradd --create-home --home-dir "$home" $user || return 1
  made_user=yes
  chmod 755 "$work"
  git -C "$repo" archive --prefix=checkout/ HEAD | tar -x -C "$home" || return 1
  echo ca-certificates >"$home/packages"
  chown -R $user "$home"
  setsid --wait setpriv --reuid=$user --regid=$user --init-groups env -i HOME="$home" PATH="$PATH" \
    ${VITRINE_MIRROR:+VITRINE_MIRROR="$VITRINE_MIRROR"} VITRINE_PACKAGE_LIST="$home/packages" \
    "$home/checkout/scripts/in-debian13" sh -c "grep -q '^13' /etc/debian_version && id -u && touch '$home/checkout/made'" || return 1
  [[ $(stat -c %U "$home/checkout/made") == "$user" ]] || return 1
  [[ -z $(find "$home/.cache/vitrine" ! -user $user -print -quit) ]]
}

. "$repo/scripts/root.sh"
if is_reference_host; then
  skip ways "this host is Debian 13 with all packages; no root is needed"
else
  root=$(root_dir)
  check bubblewrap enters bwrap
  check signals signals
  if [[ $EUID -eq 0 ]]; then
    check chroot enters chroot
    mkdir "$work/bin"
    printf '#!/bin/sh\nexit 1\n' >"$work/bin/bwrap"
    chmod -R 755 "$work"
    check says_how says_how
    # An ordinary user needs packages that root installs once.
    command -v newuidmap >/dev/null || apt-get install -y -qq uidmap >/dev/null 2>&1 ||
      { apt-get update && apt-get install -y -qq uidmap; } >/dev/null 2>&1
    if command -v mmdebstrap >/dev/null && command -v newuidmap >/dev/null && [[ -z ${VITRINE_OFFLINE:-} ]]; then
      check ordinary_user as_user
    else
      skip ordinary_user "mmdebstrap or newuidmap is missing, or VITRINE_OFFLINE is set"
    fi
  else
    skip chroot "not root"
  fi
fi
echo "setup: $passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
