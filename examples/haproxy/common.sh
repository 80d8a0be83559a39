# shellcheck shell=bash
# Sourced by run.sh and rolling-restart.sh.
DIR=${DIR:-${XDG_RUNTIME_DIR:-/tmp}/vitrine-haproxy-$(id -u)}

# fail WHAT WHERE HOW: the three parts of every message.
fail() {
  printf 'error: %s\n  where: %s\n  hint: %s\n' "$1" "$2" "$3" >&2
  exit 1
}

need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "the program '$program' is missing" "this machine" "apt-get install $program"
  done
}

# within SECONDS WHAT WHERE HOW CMD...: waits until CMD succeeds, else fails.
within() {
  local end=$((SECONDS + $1)) what=$2 where=$3 how=$4
  shift 4
  until "$@"; do
    [[ $SECONDS -lt $end ]] || fail "$what" "$where" "$how"
    sleep 0.05
  done
}

# ready ADDRESS: whether the server there is ready with all of its models.
ready() { curl -sf -o /dev/null --max-time 2 "http://$1/readyz"; }
