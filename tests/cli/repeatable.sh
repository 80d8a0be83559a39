#!/usr/bin/env bash
# Training is reproducible: the same input gives the same file, byte for byte, on any number of cores, for every kind of
# model and for photos.
. "$(dirname "$0")/lib.sh"
export VITRINE_CACHE=$work/cache
[[ $(nproc) -gt 1 ]] || skip "there is only one core"
# same NAME ARGS...: trains on all cores twice and on one core, and compares the three files.
same() {
  local name=$1
  shift
  for run in all again one; do
    local cores=()
    [[ $run == one ]] && cores=(taskset -c 0)
    "${cores[@]}" "$VITRINE" train "$@" -o model.onnx --quiet >out.txt
    mv model.onnx "$run.onnx"
  done
  cmp all.onnx again.onnx || die "$name: two runs give two files"
  cmp all.onnx one.onnx || die "$name: one core gives another file than $(nproc)"
}
python3 - <<'PY'
import random
random.seed(3)
with open("interaction.csv", "w") as out:  # of three columns: deep trees with sampled rows win
    out.write("a,b,c,d,y\n")
    for _ in range(900):
        x = [random.uniform(-1, 1) for _ in range(4)]
        yes = (x[0] * x[1] * x[2] > 0) != (random.random() < 0.1)
        out.write(",".join(f"{v:.4f}" for v in x) + (",yes\n" if yes else ",no\n"))
with open("kinds.csv", "w") as out:  # twelve columns and three classes: columns are sampled too
    out.write(",".join(f"x{i}" for i in range(12)) + ",kind\n")
    for i in range(1500):
        x = [random.gauss(0, 1) for _ in range(12)]
        kind = "one" if x[0] * x[1] > 0.3 else "two" if x[2] + x[3] > 0.5 else "three"
        out.write(",".join(f"{v:.3f}" for v in x) + f",{kind}\n")
PY
same interaction interaction.csv --target y
contains "$(<out.txt)" "depth 6"
same sampled_columns kinds.csv --target kind --model trees
same number kinds.csv --target x5 --model trees
same linear kinds.csv --target x5 --model linear
same softmax kinds.csv --target kind --model logistic
"$VITRINE" sample churn churn.csv --rows 3000 >/dev/null
same newton churn.csv --target Churn --model logistic
same boosted churn.csv --target Churn --model trees
"$VITRINE" sample churn large.csv --rows 24000 >/dev/null  # more rows than one part of a parallel sum
same large large.csv --target Churn
[[ -e $data/clothing && -e $data/backbones ]] || { echo "without photos: ../shared/data is not there"; exit 0; }
for class in pants shoes; do
  mkdir -p "photos/$class"
  find "$data/clothing/train/$class" -name '*.jpg' | sort | sed -n 1,15p | xargs -I{} ln -s {} "photos/$class/"
done
# The fastest precision is measured, so it must be given.
same photos photos --backbone "$data/backbones/squeezenet1.1-fp32.onnx" --precision f32
