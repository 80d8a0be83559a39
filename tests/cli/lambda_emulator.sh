#!/usr/bin/env bash
# The packaged function in AWS's Lambda emulator.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package_lib.sh"
tools=$("$REPO/scripts/go-tools") || skip "PyPI or Go's modules can't be reached"
small_model
small_photo_model
"$VITRINE" package churn.onnx clothes.onnx --for lambda -o out >/dev/null
unzipped out/churn-lambda.zip task
sed -i "s#/var/task#$work/task#g" task/bootstrap # the zip's command with a folder of this test
port=$(free_port)
"$tools/aws-lambda-rie" --runtime-interface-emulator-address "127.0.0.1:$port" --runtime-api-address "127.0.0.1:$((port + 1))" \
  "$work/task/bootstrap" >rie.log 2>&1 &
emulator=$!
# The emulator ends its function itself on SIGTERM.
trap 'kill -TERM "$emulator" 2>/dev/null && wait "$emulator" || true; pkill -KILL -f "^$work/task/" || true; rm -rf "$work"' EXIT
call() { curl -s --retry 50 --retry-connrefused --retry-delay 0 --max-time 60 -d @- "http://127.0.0.1:$port/2015-03-31/functions/function/invocations"; }
echo "{\"customer\": $row}" | call | json '0 < d["churn_probability"] < 1' || die "$(tail -n 5 rie.log)"
echo '{"customer": {"tenure": "long"}}' | call | json 'd["errorType"] == "Status422" and "tenure" in d["errorMessage"]'
photo=$(find photos -name '*.jpg' | head -n 1)
printf '{"image": "%s", "model": "clothes"}' "$(base64 -w0 "$photo")" | call | json 'abs(sum(d["probabilities"].values()) - 1) < 1e-5'
printf '{"version": "2.0", "rawPath": "/ping", "requestContext": {"stage": "$default", "http": {"method": "GET"}}}' | call | json 'd["statusCode"] == 200 and d["body"] == "PONG"'
