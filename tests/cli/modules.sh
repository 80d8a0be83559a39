#!/usr/bin/env bash
# Modules: one that is missing, that is no module, or that was built from other headers ends in an error; the program goes on without it
# where it can.
. "$(dirname "$0")/lib.sh"
small_model
mkdir -p copy/bin copy/lib/vitrine
cp "$VITRINE" copy/bin/
# LIBLINEAR is used from 513 features on.
python3 - >wide.csv <<'PY'
import random
random.seed(5)
print("town,Churn")
for i in range(4000): print(f"town {i % 700},{random.choice(['yes', 'no'])}")
PY
modules=$(dirname "$VITRINE")/../lib/vitrine
cp "$modules"/libvitrine-{ort,cnn,curl,grpc,learn}.so copy/lib/vitrine/
VITRINE=$work/copy/bin/vitrine
"$VITRINE" train sample.csv --target Churn --model logistic -o again.onnx --quiet >/dev/null
id=$(sed -n 's/.*kBuildId = "\([0-9a-f]\{16\}\)".*/\1/p' "$(dirname "$modules")/../generated/base/build_id.h")
[[ -n $id ]] || die "there is no build id"
for name in learn grpc; do
  grep -q "$id" "copy/lib/vitrine/libvitrine-$name.so" || die "$name does not hold the build id"
  sed -i "s/$id/0000000000000000/g" "copy/lib/vitrine/libvitrine-$name.so"
done
fails_with 1 "is from a different build" "$VITRINE" train wide.csv --target Churn -o no.onnx --quiet
fails_with 1 "is from a different build" "$VITRINE" serve churn.onnx --port 0 --grpc-port 0
cp copy/lib/vitrine/libvitrine-ort.so copy/lib/vitrine/libvitrine-learn.so
sed -i 's/vitrine_module/vitrine_modulo/g' copy/lib/vitrine/libvitrine-learn.so
fails_with 1 "is not a module of Vitrine" "$VITRINE" train wide.csv --target Churn -o no.onnx --quiet
rm copy/lib/vitrine/libvitrine-learn.so
fails_with 1 "can't be loaded" "$VITRINE" train wide.csv --target Churn -o no.onnx --quiet
[[ ! -e no.onnx ]] || die "a model was written"
# What needs no module goes on: a table is predicted and served.
rm copy/lib/vitrine/*
"$VITRINE" predict churn.onnx sample.csv --format csv -o answers.csv
[[ $(wc -l <answers.csv) == 1501 ]] || die "predict"
serve churn.onnx
[[ $(curl -s "$url/ping") == PONG ]] || die "ping"
stop_server
