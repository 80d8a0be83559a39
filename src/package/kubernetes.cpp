// Kubernetes' manifests, and KServe's, which share the work among machines.
#include <algorithm>

#include "package/oci_image.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine {
namespace {

constexpr const char* kDeployment = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: @NAME@
  labels: &labels
    app.kubernetes.io/name: @NAME@
    app.kubernetes.io/managed-by: vitrine
spec:
  # How many: the autoscaler's business.
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: @NAME@
  strategy:
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  template:
    metadata:
      labels: *labels
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "@PORT@"
        prometheus.io/path: /metrics
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      # --stop-delay: 5 s in which the endpoints learn of it; then 30 s for what was accepted.
      terminationGracePeriodSeconds: 40
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/name: @NAME@
      containers:
        - name: vitrine
          image: @TAG@
          args: @WORDS@
          ports:
            - name: http
              containerPort: @PORT@
          startupProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 1
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          livenessProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            requests: {cpu: @CPU@, memory: @MEMORY@}
            limits: {memory: @MOST_MEMORY@}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
)";

constexpr const char* kService = R"(apiVersion: v1
kind: Service
metadata:
  name: @NAME@
  labels:
    app.kubernetes.io/name: @NAME@
spec:
  selector:
    app.kubernetes.io/name: @NAME@
  ports:
    - name: http
      port: 80
      targetPort: http
)";

constexpr const char* kAutoscaler = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: @NAME@
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: @NAME@
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
)";

constexpr const char* kBudget = R"(apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: @NAME@
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: @NAME@
)";

constexpr const char* kPolicy =
    R"(# In by its port; out to nobody: the server asks nobody (but for --otlp and --allow-url-host: open those here).
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: @NAME@
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: @NAME@
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - port: http
  egress: []
)";

constexpr const char* kBase = R"(apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
  - service.yaml
  - autoscaler.yaml
  - disruption-budget.yaml
  - network-policy.yaml
)";

constexpr const char* kOverlay = R"(apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: production
resources:
  - ../../base
images:
  - name: @IMAGE@
    newName: REGISTRY/@IMAGE@
    newTag: "@VERSION@"
patches:
  - target:
      kind: HorizontalPodAutoscaler
      name: @NAME@
    patch: |
      - op: replace
        path: /spec/minReplicas
        value: 3
      - op: replace
        path: /spec/maxReplicas
        value: 30
)";

constexpr const char* kRuntime =
    R"(# The server without models: KServe brings them to /mnt/models from where storageUri says. A file NAME.onnx is
# served as NAME: call it as the InferenceService is called.
apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata:
  name: vitrine
spec:
  annotations:
    prometheus.kserve.io/port: "@PORT@"
    prometheus.kserve.io/path: /metrics
  supportedModelFormats:
    - name: onnx
      version: "1"
      autoSelect: true
      priority: 1
  protocolVersions:
    - v1
    - v2
  multiModel: false
  containers:
    - name: kserve-container
      image: @TAG@
      args: ["serve", "--models", "/mnt/models", "--host", "0.0.0.0", "--port", "@PORT@"]
      ports:
        - name: http1
          containerPort: @PORT@
          protocol: TCP
      readinessProbe:
        httpGet: {path: /readyz, port: @PORT@}
        periodSeconds: 2
      resources:
        requests: {cpu: @CPU@, memory: @MEMORY@}
        limits: {cpu: "4", memory: @MOST_MEMORY@}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        runAsUser: 65532
        capabilities:
          drop: [ALL]
)";

constexpr const char* kInferenceService =
    R"(# The model is in the image. With `model: {modelFormat: {name: onnx}, storageUri: ...}` in place of
# `containers` the runtime beside this file takes it from storage.
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: @NAME@
spec:
  predictor:
    minReplicas: 2
    maxReplicas: 10
    containers:
      - name: kserve-container
        image: @TAG@
        args: @WORDS@
        ports:
          - name: http1
            containerPort: @PORT@
            protocol: TCP
        readinessProbe:
          httpGet: {path: /readyz, port: @PORT@}
          periodSeconds: 2
        resources:
          requests: {cpu: @CPU@, memory: @MEMORY@}
          limits: {cpu: "4", memory: @MOST_MEMORY@}
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          runAsNonRoot: true
          runAsUser: 65532
          capabilities:
            drop: [ALL]
)";

}  // namespace

void package_kubernetes(const Shipment& shipment, OutputFolder& out) {
  const OciImage image = oci_image(shipment, find_program(shipment));
  const Places places{"/models", "/models/signer.public.pem"};
  std::vector<std::string> words = serve_words(shipment, places, "0.0.0.0");
  if (!std::ranges::contains(words, "--stop-delay")) {
    words.insert(words.end(), {"--stop-delay", "5"});
  }
  const std::size_t colon = shipment.tag.rfind(':');
  const std::string port = std::to_string(shipment.port);
  const auto write = [&](const char* file, const char* text) {
    out.write(file, filled(text, {{"NAME", shipment.name},
                                  {"TAG", shipment.tag},
                                  {"IMAGE", shipment.tag.substr(0, colon)},
                                  {"VERSION", shipment.tag.substr(colon + 1)},
                                  {"PORT", port},
                                  {"WORDS", Json(words).dump()},
                                  {"CPU", shipment.of_photos ? "\"1\"" : "250m"},
                                  {"MEMORY", shipment.of_photos ? "512Mi" : "128Mi"},
                                  {"MOST_MEMORY", shipment.of_photos ? "2Gi" : "512Mi"},
                                  {"ASK", questions(shipment, "http://localhost:8080")},
                                  {"MODELS", model_table(shipment)},
                                  {"DIGEST", image.digest}}));
  };
  write("base/deployment.yaml", kDeployment);
  write("base/service.yaml", kService);
  write("base/autoscaler.yaml", kAutoscaler);
  write("base/disruption-budget.yaml", kBudget);
  write("base/network-policy.yaml", kPolicy);
  write("base/kustomization.yaml", kBase);
  write("overlays/production/kustomization.yaml", kOverlay);
  write("kserve/serving-runtime.yaml", kRuntime);
  write("kserve/inference-service.yaml", kInferenceService);
  out.write(shipment.name + ".oci.tar", image.tar);
  write("README.md", R"(# @NAME@ on Kubernetes

```sh
skopeo copy oci-archive:@NAME@.oci.tar docker://REGISTRY/@TAG@
sed -i 's#REGISTRY#your.registry/team#' overlays/production/kustomization.yaml
kubectl apply -k overlays/production
```

On a cluster of your own machine `kind load image-archive @NAME@.oci.tar && kubectl apply -k base` is enough. Then ask it:

```sh
kubectl port-forward service/@NAME@ 8080:80 &
@ASK@```

@MODELS@
| Folder | Holds |
|---|---|
| `base` | Deployment, Service, HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy |
| `overlays/production` | the registry, the namespace, how many |
| `kserve` | the same as an InferenceService; a ServingRuntime that takes models from storage (`storageUri: pvc://models/@NAME@.onnx`, or s3, gs, https) |

The image's digest is `@DIGEST@`.
)");
}

}  // namespace vitrine
