#!/usr/bin/env bash
# vitrine-serve, which a container ships, answers and links no trainer.
. "$(dirname "$0")/lib.sh"
small_model
echo "$row" | "$VITRINE_SERVE" predict churn.onnx - | json '"churn" in d'
VITRINE=$VITRINE_SERVE serve churn.onnx
[[ $(curl -s "$url/ping") == PONG ]] || die "ping"
stop_server
libraries=$(ldd "$VITRINE_SERVE")
[[ $libraries != *xgboost* && $libraries != *liblinear* && $libraries != *torch* ]] || die "a trainer is linked"
