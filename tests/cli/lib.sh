# shellcheck shell=bash
# Sourced by each end-to-end test. A test checks one behaviour, in its own folder, and ends the
# processes that it started.
set -euo pipefail
data=$REPO/../shared/data
work=$(mktemp -d)
servers=()
trap 'for pid in "${servers[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done; rm -rf "$work"' EXIT
cd "$work"

die() { echo "FAILED: $*" >&2; exit 1; }

# skip REASON: ends the test as skipped.
skip() { echo "skipped: $*"; exit 77; }

# has_module NAME: whether the programs under test have a module. Without PyPI there is no module `arrow`.
has_module() { [[ -e $(dirname "$VITRINE_SERVE")/../lib/vitrine/libvitrine-$1.so ]]; }

needs_shared() { [[ -e $data/$1 ]] || skip "../shared/data/$1 is missing"; }

# contains TEXT PART: fails unless TEXT contains PART.
contains() { [[ $1 == *"$2"* ]] || die "no '$2' in: $1"; }

# fails_with CODE PART CMD...: CMD must end with exit code CODE and a message of three parts that
# contains PART.
fails_with() {
  local code=$1 part=$2 out status=0
  shift 2
  out=$("$@" 2>&1 >/dev/null) || status=$?
  [[ $status == "$code" ]] || die "exit code $status, not $code, of: $* ($out)"
  contains "$out" "error: "
  contains "$out" "where: "
  contains "$out" "hint: "
  contains "$out" "$part"
}

# serve ARGS...: starts a server on a free port; sets $url and $server. $SERVER is the program to test if it is not
# $VITRINE: builds with sanitizers have no trainer.
serve() {
  : >server.log
  "${SERVER:-$VITRINE}" serve --port 0 "$@" 2>>server.log &
  server=$!
  servers+=("$server")
  for _ in {1..400}; do
    url=$(sed -n 's/^serving .* on \(http.*\)$/\1/p' server.log)
    [[ -n $url ]] && return
    kill -0 "$server" 2>/dev/null || die "the server ended: $(cat server.log)"
    sleep 0.05
  done
  die "the server did not start: $(cat server.log)"
}

# stop_server: sends SIGTERM; the server must end with exit code 0.
stop_server() {
  kill -TERM "$server"
  wait "$server" || die "the server ended with $?: $(tail -n 3 server.log)"
}

# json EXPRESSION < JSON: a Python expression of the document `d` must be true.
json() { python3 -c "import json,sys; d=json.load(sys.stdin); assert $1, d"; }

# Trains a small model for tables: churn.onnx.
small_model() {
  "$VITRINE" sample churn sample.csv --rows 1500 >/dev/null
  "$VITRINE" train sample.csv --target Churn --model logistic -o "${1:-churn.onnx}" --quiet >/dev/null
}

# shellcheck disable=SC2034  # used by the tests that source this
row='{"gender": "female", "seniorcitizen": 0, "partner": "yes", "dependents": "no", "phoneservice": "no", "multiplelines": "no_phone_service", "internetservice": "dsl", "onlinesecurity": "no", "onlinebackup": "yes", "deviceprotection": "no", "techsupport": "no", "streamingtv": "no", "streamingmovies": "no", "contract": "month-to-month", "paperlessbilling": "yes", "paymentmethod": "electronic_check", "tenure": 1, "monthlycharges": 29.85, "totalcharges": 29.85}'

# Makes a small model for photos, a backbone base.onnx, and photos of its classes.
small_photo_model() {
  "$VITRINE" sample clothes photos --photos 120 --side 32 >/dev/null
  "$VITRINE" train photos -o "${1:-clothes.onnx}" --recipe epochs=2 --quiet >/dev/null
}

# clients_python: sets $python to a Python with the clients of other servers, or skips the test.
clients_python() {
  local venv
  venv=$("$REPO/scripts/python-venv" clients) || skip "PyPI can't be reached"
  # shellcheck disable=SC2034
  python=$venv/bin/python
}
