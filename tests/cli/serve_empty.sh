#!/usr/bin/env bash
# A server without a model is not ready, reports that everywhere, and logs the files that it skipped with a hint; with
# --allow-empty it is ready, for the repository API.
. "$(dirname "$0")/lib.sh"
small_model
mkdir -p models/empty models/versioned/v1 models/two/1 models/.hidden
echo pickle >models/old.pkl
cp churn.onnx models/CHURN.ONNX
cp churn.onnx 'models/model name.onnx'
cp churn.onnx models/versioned/v1/model.onnx
cp churn.onnx models/two/1/a.onnx && cp churn.onnx models/two/1/b.onnx
echo notes >models/README.md
serve --models models --poll 0.2 --grpc-port 0
code() { curl -s -o body.json -w '%{http_code}' "$url$1"; }
contains "$(<server.log)" "serving no model yet on"
contains "$(<server.log)" "the server is not ready"
for part in "old.pkl is skipped: it is not an ONNX file: vitrine import" "CHURN.ONNX is skipped: its name must end in .onnx" \
  "model name.onnx is skipped: a model name may contain only letters" "versioned is skipped: the name of a version folder must be a whole number from 1 on, not 'v1'" \
  "two is skipped: version 1: there are 2 .onnx files in it" "empty is skipped: there is no .onnx file in it"; do
  contains "$(<server.log)" "$part"
done
[[ $(<server.log) != *README.md* && $(<server.log) != *hidden* ]] || die "a warning about a README or a hidden file"
[[ $(code /readyz) == 503 && $(code /v2/health/ready) == 503 && $(code /livez) == 200 ]] || die "ready without a model"
if "${SERVER:-$VITRINE}" healthcheck --port "${url##*:}" 2>/dev/null; then die "healthcheck succeeds without a model"; fi
sleep 0.7  # several checks of the folder
[[ $(grep -c 'old.pkl is skipped' server.log) == 1 ]] || die "the warning is repeated"
cp churn.onnx models/churn.onnx
for _ in {1..100}; do [[ $(code /readyz) == 200 ]] && break; sleep 0.05; done
[[ $(code /readyz) == 200 && $(code /v2/health/ready) == 200 ]] || die "not ready with a model: $(<server.log)"
"${SERVER:-$VITRINE}" healthcheck --port "${url##*:}" || die "healthcheck fails with a model"
rm models/churn.onnx
for _ in {1..100}; do [[ $(code /readyz) == 503 ]] && break; sleep 0.05; done
[[ $(code /readyz) == 503 ]] || die "ready after the last model was deleted"
stop_server
serve --models models --allow-empty
[[ $(code /readyz) == 200 ]] || die "--allow-empty is not ready"
stop_server
# A model of the start that can't be loaded keeps the server unready.
cp churn.onnx models/good.onnx && echo broken >models/bad.onnx
serve --models models
contains "$(<server.log)" "serving good on"
[[ $(code /readyz) == 503 ]] || die "ready although a model of the start can't be loaded"
stop_server
