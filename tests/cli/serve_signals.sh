#!/usr/bin/env bash
# Signals without a meaning here do not end the server; a log that was renamed is created again; keys that were removed
# from their file are refused without a signal.
. "$(dirname "$0")/lib.sh"
small_model
hash() { printf %s "$1" | sha256sum | cut -d' ' -f1; }
mkdir -p secrets/..1 && printf 'old %s\nnew %s admin\n' "$(hash one)" "$(hash two)" >secrets/..1/keys
ln -s ..1 secrets/..data && ln -s ..data/keys secrets/keys  # as Kubernetes mounts a secret
serve churn.onnx --api-keys secrets/keys --log-predictions log.jsonl
code() { curl -s -o body.json -w '%{http_code}' "$url/predict" -H "Authorization: Bearer $1" -H 'Content-Type: application/json' -d "$row"; }
for signal in USR1 USR2 ALRM VTALRM PROF IO PWR PIPE XFSZ XCPU STKFLT RTMIN RTMAX HUP; do
  kill -"$signal" "$server"
  sleep 0.05
  kill -0 "$server" 2>/dev/null || die "SIG$signal ended the server"
done
[[ $(code one) == 200 && $(code two) == 200 && $(code three) == 401 ]] || die "keys"
for _ in {1..50}; do [[ $(wc -l <log.jsonl) == 2 ]] && break; sleep 0.05; done
mv log.jsonl moved.jsonl && kill -USR1 "$server"
[[ $(code one) == 200 ]] || die "after the log was renamed"
for _ in {1..50}; do [[ -e log.jsonl && $(wc -l <log.jsonl) == 1 ]] && break; sleep 0.05; done
[[ $(wc -l <log.jsonl) == 1 && $(wc -l <moved.jsonl) == 2 ]] || die "the log was not created again"
# Kubernetes replaces ..data by a link to a new folder.
mkdir secrets/..2 && printf 'new %s admin\nthird %s\n' "$(hash two)" "$(hash three)" >secrets/..2/keys
ln -s ..2 secrets/..tmp && mv -T secrets/..tmp secrets/..data
for _ in {1..140}; do [[ $(code one) == 401 ]] && break; sleep 0.05; done
[[ $(code one) == 401 && $(code two) == 200 && $(code three) == 200 ]] || die "a revoked key still works"
# If the file is invalid, the keys stay and the error is reported once; /admin/reload reads a valid file.
printf 'nonsense\n' >secrets/..2/keys
for _ in {1..140}; do grep -q "can't be reloaded" server.log && break; sleep 0.05; done
[[ $(code two) == 200 ]] || die "an invalid file removed the keys"
sleep 0.3
[[ $(grep -c "can't be reloaded" server.log) == 1 ]] || die "reported $(grep -c "can't be reloaded" server.log) times"
curl -s -X POST "$url/admin/reload" -H "Authorization: Bearer two" | json '"--api-keys" in d["faults"]'
printf 'new %s admin\n' "$(hash two)" >secrets/..2/keys
curl -s -X POST "$url/admin/reload" -H "Authorization: Bearer two" | json 'd["reloaded"] is True'
[[ $(code three) == 401 && $(code two) == 200 ]] || die "/admin/reload does not read the keys"
# The last key is revoked.
printf '# nobody\n' >secrets/..2/keys
for _ in {1..280}; do [[ $(code two) == 401 ]] && break; sleep 0.05; done
[[ $(code two) == 401 ]] || die "the last key can't be revoked"
sleep 0.3
[[ $(grep -c "contains no keys now" server.log) == 1 ]] || die "reported $(grep -c "contains no keys now" server.log) times"
printf 'new %s admin\n' "$(hash two)" >secrets/..2/keys
for _ in {1..140}; do [[ $(code two) == 200 ]] && break; sleep 0.05; done
[[ $(code two) == 200 ]] || die "a new key is not read"
stop_server
