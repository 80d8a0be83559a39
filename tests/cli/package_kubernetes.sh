#!/usr/bin/env bash
# Kubernetes' manifests and KServe's fit their schemas, and what they say fits together.
. "$(dirname "$0")/lib.sh"
small_model
cp churn.onnx '3 D.onnx'
"$VITRINE" package churn.onnx --for kubernetes --tag registry.example.com/team/churn:7 -o out >/dev/null
"$VITRINE" package three=churn.onnx 'x@2=3 D.onnx' --for kubernetes --options '--max-wait 50' --name three -o other >/dev/null
contains "$(<other/base/deployment.yaml)" '"x@2=/models/x/2/model.onnx"'
contains "$(<other/base/deployment.yaml)" '"--max-wait","50"'
[[ $(tar -xOf out/churn.oci.tar manifest.json) == *registry.example.com/team/churn:7* ]] || die "the image is not the one that the Deployment names"
contains "$(<out/base/deployment.yaml)" "image: registry.example.com/team/churn:7"
for file in $(sed -n 's/^ *- \(.*\.yaml\)$/\1/p' out/base/kustomization.yaml); do [[ -f out/base/$file ]] || die "kustomize finds no $file"; done

"$REPO/scripts/kubernetes-tools" >/dev/null || skip "PyPI or Go's modules can't be reached"
"$REPO/scripts/kubernetes-check" out/base out/kserve other/base other/kserve >checked.txt || die "$(<checked.txt)"
tail -n 1 checked.txt
# The check itself finds what is wrong.
sed 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' out/base/deployment.yaml >bad.yaml
if "$REPO/scripts/kubernetes-check" bad.yaml >/dev/null 2>&1; then die "a misspelt field is not found"; fi
sed 's/minReplicas: 2/minimum: 2/' out/kserve/inference-service.yaml >bad.yaml
if "$REPO/scripts/kubernetes-check" bad.yaml >/dev/null 2>&1; then die "a misspelt field of KServe is not found"; fi
