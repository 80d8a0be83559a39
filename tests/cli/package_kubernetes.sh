#!/usr/bin/env bash
# The manifests of Kubernetes and KServe are valid by their schemas and consistent.
. "$(dirname "$0")/lib.sh"
small_model
cp churn.onnx '3 D.onnx'
"$VITRINE" package churn.onnx --for kubernetes --tag registry.example.com/team/churn:7 -o out >/dev/null
"$VITRINE" package three=churn.onnx 'x@2=3 D.onnx' --for kubernetes --options '--max-wait 50' --name three -o other >/dev/null
contains "$(<other/base/deployment.yaml)" '"x@2=/models/x/2/model.onnx"'
contains "$(<other/base/deployment.yaml)" '"--max-wait","50"'
[[ $(tar -xOf out/churn.oci.tar manifest.json) == *registry.example.com/team/churn:7* ]] || die "the image does not have the tag of the Deployment"
contains "$(<out/base/deployment.yaml)" 'image: "registry.example.com/team/churn:7"'
! grep -rq REGISTRY out || die "a placeholder although the tag has a registry"
# Options change probes, ports, policies, secrets and the runtime of KServe; names that YAML treats specially work.
"$VITRINE" sign --new-key team >/dev/null
"$VITRINE" sign churn.onnx --key team.private.pem >/dev/null
cat team.private.pem >>team.public.pem
"$VITRINE" package on=churn.onnx --for kubernetes --require-signature team.public.pem -o options >/dev/null \
  --options '--tls-cert /run/tls/c.pem --tls-key /run/tls/k.pem --grpc-port 9700 --otlp http://$(X):4318 --stop-delay=9 --drain 20 --api-keys /run/keys/keys --log-predictions /var/predictions/log.jsonl --cors-origin "a b"'
contains "$(<options/base/deployment.yaml)" "scheme: HTTPS"
contains "$(<options/base/deployment.yaml)" "terminationGracePeriodSeconds: 34"
contains "$(<options/base/deployment.yaml)" '"http://$$(X):4318"'
contains "$(<options/base/deployment.yaml)" '"a b"'
contains "$(<options/base/deployment.yaml)" '"/run/keys"'
[[ $(grep -c stop-delay options/base/deployment.yaml) == 2 && $(grep args options/base/deployment.yaml) != *'"--stop-delay","5"'* ]] || die "the delay is given twice"
contains "$(<options/base/network-policy.yaml)" "egress: [{}]"
contains "$(<options/base/service.yaml)" "9700"
contains "$(<options/kserve/serving-runtime.yaml)" '"--require-signature","/models/signer.public.pem"'
contains "$(<options/kserve/serving-runtime.yaml)" '"--drain","20"'
# Keys, certificates and the log's folder are mounted in all resources.
for file in base/deployment kserve/inference-service kserve/serving-runtime; do
  for part in 'mountPath: "/run/keys", readOnly: true' 'mountPath: "/run/tls", readOnly: true' 'mountPath: "/var/predictions"}' 'secretName: "model-on-files"' 'emptyDir: {}'; do
    contains "$(<options/$file.yaml)" "$part"
  done
done
! grep -q volume out/kserve/*.yaml || die "unneeded volumes"
! tar -tf options/model-on.oci.tar | grep blobs/sha256/. | xargs tar -xOf options/model-on.oci.tar | grep -aq PRIVATE || die "a private key is shipped"
for file in $(sed -n 's/^ *- \(.*\.yaml\)$/\1/p' out/base/kustomization.yaml); do [[ -f out/base/$file ]] || die "kustomize finds no $file"; done

"$REPO/scripts/go-tools" >/dev/null || skip "PyPI or Go's modules can't be reached"
"$REPO/scripts/kubernetes-check" out/base out/kserve other/base other/kserve options/base options/kserve >checked.txt || die "$(<checked.txt)"
tail -n 1 checked.txt
# The check finds errors.
sed 's/readOnlyRootFilesystem/readOnlyRootFileSystem/' out/base/deployment.yaml >bad.yaml
if "$REPO/scripts/kubernetes-check" bad.yaml >/dev/null 2>&1; then die "a misspelt field is not found"; fi
sed 's/minReplicas: 2/minimum: 2/' out/kserve/inference-service.yaml >bad.yaml
if "$REPO/scripts/kubernetes-check" bad.yaml >/dev/null 2>&1; then die "a misspelt field of KServe is not found"; fi
