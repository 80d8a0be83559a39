#!/usr/bin/env bash
# vitrine-serve, the program for containers, serves and links no trainer.
. "$(dirname "$0")/lib.sh"
small_model
echo "$row" | "$VITRINE_SERVE" predict churn.onnx - | json '"Churn" in d'
VITRINE=$VITRINE_SERVE serve churn.onnx
[[ $(curl -s "$url/ping") == PONG ]] || die "ping"
stop_server
# vitrine links none either: its trainers are modules.
for program in "$VITRINE_SERVE" "$VITRINE"; do
  libraries=$(ldd "$program")
  for trainer in xgboost liblinear openblas torch; do
    [[ $libraries != *$trainer* ]] || die "$trainer is linked to $program"
  done
done
