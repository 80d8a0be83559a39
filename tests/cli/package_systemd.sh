#!/usr/bin/env bash
# The unit is valid for systemd, has minimal rights, and its command serves from a passed socket.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
small_model
small_photo_model
"$VITRINE" package churn.onnx --for systemd -o table >/dev/null
"$VITRINE" package churn.onnx 'it is 100%$.onnx=' --for systemd -o out 2>/dev/null && die "an invalid name was accepted"
"$VITRINE" package churn.onnx clothes=clothes.onnx --for systemd --options "--otlp http://127.0.0.1:4318/100%25 --api-keys /etc/vitrine/keys --log-predictions /var/log/vitrine-churn/log.jsonl" -o photos_unit >/dev/null
grep -qx MemoryDenyWriteExecute=yes table/vitrine-churn.service || die "W^X is not enforced for tables"
! grep -q '^MemoryDenyWriteExecute' photos_unit/vitrine-churn.service || die "W^X is enforced for photos, but oneDNN generates code"
grep -q 'http://127.0.0.1:4318/100%%25' photos_unit/vitrine-churn.service || die "a percent sign is not doubled"
grep -qx 'LoadCredential=keys:/etc/vitrine/keys' photos_unit/vitrine-churn.service || die 'keys are not passed as a credential'
grep -q -- '--api-keys %d/keys' photos_unit/vitrine-churn.service || die 'the option does not name the credential'
grep -qx LogsDirectory=vitrine-churn photos_unit/vitrine-churn.service || die 'there is no log folder'
fails_with 2 'only to /var/log/vitrine-churn' "$VITRINE" package churn.onnx --for systemd --options '--log-predictions /srv/log' -o refused
fails_with 2 'supports only HTTP' "$VITRINE" package churn.onnx --for eb --options '--grpc-port 9700' -o refused
fails_with 2 'no own ports' "$VITRINE" package churn.onnx --for lambda --options '--grpc-port 9700' -o refused
grep -qx PrivateNetwork=yes table/vitrine-churn.service || die "tables have a network"
! grep -q '^PrivateNetwork' photos_unit/vitrine-churn.service || die "--otlp has no network"
sh -n table/install.sh

command -v systemd-analyze >/dev/null || skip "systemd-analyze is missing"
for unit in table photos_unit; do
  # verify checks that program and manual are installed.
  sed "s#/usr/bin/vitrine-serve#$VITRINE_SERVE#; /^Documentation=/d" "$unit/vitrine-churn.service" >checked.service
  mkdir -p "check_$unit"
  mv checked.service "check_$unit/vitrine-churn.service"
  cp "$unit/vitrine-churn.socket" "check_$unit"
  systemd-analyze verify --man=no "./check_$unit/vitrine-churn.service" "./check_$unit/vitrine-churn.socket" >verified.txt 2>&1 || die "verify: $(<verified.txt)"
  [[ ! -s verified.txt ]] || die "verify: $(<verified.txt)"
  systemd-analyze security --offline=true --threshold=20 "./check_$unit/vitrine-churn.service" >security.txt || die "exposed: $(tail -n 1 security.txt)"
  tail -n 1 security.txt
done

# The command of the unit, with a passed socket and W^X.
port=$(free_port)
command=$(sed -n "s#^ExecStart=/usr/bin/vitrine-serve ##p" table/vitrine-churn.service | sed "s#/opt/vitrine/churn#$work/table/models#")
systemd-socket-activate -l "127.0.0.1:$port" "$VITRINE_SERVE" $command 2>server.log &
server=$!
servers+=("$server")
for _ in {1..100}; do curl -sf "http://127.0.0.1:$port/ping" >/dev/null && break; sleep 0.05; done
curl -s "http://127.0.0.1:$port/predict" -H 'Content-Type: application/json' -d "$row" | json '0 < d["churn_probability"] < 1'
stop_server
