// The target `kubernetes`: an image, manifests, a kustomize overlay, and resources of KServe.
//
// Plan of the file:
// 1. Templates of the YAML files (@NAME@ is replaced, see readme.h).
// 2. yaml_words(), mounts_of(), memory_needed(): values that are computed.
// 3. package_kubernetes(): one table of values for all templates, then a file per template.
// The stop sequence: SIGTERM, --stop-delay (5 s by default) while endpoints are removed from load
// balancing, then --drain for accepted requests; the grace period covers both.
#include <algorithm>

#include "package/oci_image.h"
#include "package/readme.h"
#include "package/targets.h"

namespace vitrine::package {
namespace {

constexpr const char* kDeployment = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: "@NAME@"
  labels: &labels
    app.kubernetes.io/name: "@NAME@"
    app.kubernetes.io/managed-by: vitrine
spec:
  # No replicas: the autoscaler sets them.
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: "@NAME@"
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
      # Time for --stop-delay (the endpoint is removed), then --drain (accepted requests finish).
      terminationGracePeriodSeconds: @GRACE@
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
              app.kubernetes.io/name: "@NAME@"
      containers:
        - name: vitrine
          image: "@TAG@"
          args: @WORDS@
          ports:
            - name: http
              containerPort: @PORT@
@GRPC_CONTAINER@          startupProbe:
            httpGet: {path: /readyz, port: http, scheme: @SCHEME@}
            periodSeconds: 1
            timeoutSeconds: 2
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /readyz, port: http, scheme: @SCHEME@}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          livenessProbe:
            httpGet: {path: /livez, port: http, scheme: @SCHEME@}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          resources:
            requests: {cpu: @CPU@, memory: @MEMORY@}
            limits: {cpu: "4", memory: @MOST_MEMORY@}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
@MOUNTS@)";

constexpr const char* kService = R"(apiVersion: v1
kind: Service
metadata:
  name: "@NAME@"
  labels:
    app.kubernetes.io/name: "@NAME@"
spec:
  selector:
    app.kubernetes.io/name: "@NAME@"
  ports:
    - name: http
      port: 80
      targetPort: http
@GRPC_SERVICE@)";

constexpr const char* kAutoscaler = R"(apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: "@NAME@"
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: "@NAME@"
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
  behavior:
    scaleDown:
      stabilizationWindowSeconds: 300
)";

constexpr const char* kBudget = R"(apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: "@NAME@"
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: "@NAME@"
)";

constexpr const char* kPolicy =
    R"(# Allows connections to the server's ports. Outgoing connections are allowed only with --otlp or --allow-url-host.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: "@NAME@"
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: "@NAME@"
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - port: http
@GRPC_INGRESS@  egress: @EGRESS@
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
    newName: @REGISTRY@@IMAGE@
    newTag: "@VERSION@"
patches:
  - target:
      kind: HorizontalPodAutoscaler
      name: "@NAME@"
    patch: |
      - op: replace
        path: /spec/minReplicas
        value: 3
      - op: replace
        path: /spec/maxReplicas
        value: 30
)";

constexpr const char* kRuntime =
    R"(# A server for models in storage: KServe copies them from storageUri to /mnt/models. A file NAME.onnx is served as
# NAME, which must be the name of the InferenceService.
apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata:
  name: vitrine
spec:
  annotations:
    prometheus.kserve.io/port: "@PORT@"
    prometheus.kserve.io/path: /metrics
  supportedModelFormats:
    - name: vitrine
      version: "1"
      autoSelect: true
      priority: 1
    - name: onnx
      version: "1"
      autoSelect: false
  protocolVersions:
    - v1
    - v2
  multiModel: false
  containers:
    - name: kserve-container
      image: "@IMAGE_TAG@"
      args: @RUNTIME_WORDS@
      ports:
        - name: http1
          containerPort: @PORT@
          protocol: TCP
      readinessProbe:
        httpGet: {path: /readyz, port: @PORT@, scheme: @SCHEME@}
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
@RUNTIME_MOUNTS@)";

constexpr const char* kInferenceService =
    R"(# The model is in the image. To serve a model from storage with the runtime of serving-runtime.yaml, replace
# `containers` by `model: {modelFormat: {name: onnx}, storageUri: ...}`.
apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: "@NAME@"
spec:
  predictor:
    minReplicas: 2
    maxReplicas: 10
    containers:
      - name: kserve-container
        image: "@IMAGE_TAG@"
        args: @WORDS@
        ports:
          - name: http1
            containerPort: @PORT@
            protocol: TCP
        readinessProbe:
          httpGet: {path: /readyz, port: @PORT@, scheme: @SCHEME@}
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
@SERVICE_MOUNTS@)";

}  // namespace

namespace {

/// Arguments as a YAML list. Kubernetes expands `$(NAME)`, so `$(` is escaped as `$$(`.
std::string yaml_words(std::vector<std::string> words) {
  for (std::string& word : words) {
    for (std::size_t at = word.find("$("); at != std::string::npos; at = word.find("$(", at + 3)) {
      word.insert(at, "$");
    }
  }
  return to_text(Json(words));
}

/// Volumes for secrets and for files that the server writes: `volumeMounts:` of a container whose
/// keys are indented by `container` blanks, and `volumes:` of its pod, indented by `pod` blanks.
std::string mounts_of(const Shipment& shipment, std::size_t container, std::size_t pod) {
  const std::string in_container(container, ' ');
  const std::string in_pod(pod, ' ');
  std::string mounts, volumes;
  int number = 0;
  const auto add = [&](const std::string& folder, const std::string& volume, bool read_only) {
    const std::string name = "files-" + std::to_string(++number);
    mounts += in_container + "  - {name: " + name + ", mountPath: " + Json(folder).dump() +
              (read_only ? ", readOnly: true}\n" : "}\n");
    volumes += in_pod + "  - name: " + name + "\n" + in_pod + "    " + volume + "\n";
  };
  for (const std::string& folder : mounted_folders(shipment.facts.files)) {
    add(folder, "secret: {secretName: \"" + shipment.name + "-files\"}", true);
  }
  for (const std::string& folder : mounted_folders(shipment.facts.written)) {
    add(folder, "emptyDir: {}", false);
  }
  if (mounts.empty()) return "";
  return in_container + "volumeMounts:\n" + mounts + in_pod + "volumes:\n" + volumes;
}

/// Memory request in MiB: a base, plus five times the size of the models, for their weights as
/// stored and as the engines lay them out.
std::size_t memory_needed(const Shipment& shipment) {
  std::size_t bytes = 0;
  for (const ShippedModel& model : shipment.models) bytes += model.bytes.size();
  return (shipment.of_photos ? 512 : 128) + 5 * (bytes >> 20);
}

}  // namespace

void package_kubernetes(const Shipment& shipment, OutputFolder& out) {
  const OciImage image = oci_image(shipment, find_program(shipment));
  const Places places{"/models", "/models/signer.public.pem"};
  const ServeFacts& facts = shipment.facts;
  const std::size_t delay = facts.stop_delay.value_or(5);
  const auto with_delay = [&](std::vector<std::string> words) {
    if (!facts.stop_delay) words.insert(words.end(), {"--stop-delay", std::to_string(delay)});
    return words;
  };
  std::vector<std::string> runtime{"serve",
                                   "--models",
                                   "/mnt/models",
                                   "--host",
                                   "0.0.0.0",
                                   "--port",
                                   std::to_string(shipment.port)};
  if (!shipment.signer.empty()) {
    runtime.insert(runtime.end(), {"--require-signature", places.key});
  }
  runtime.insert(runtime.end(), shipment.options.begin(), shipment.options.end());
  const std::size_t colon = shipment.tag.rfind(':');
  const std::string port = std::to_string(shipment.port);
  const std::string registry = names_registry(shipment.tag) ? "" : "REGISTRY/";
  const std::size_t memory = memory_needed(shipment);
  const std::string grpc = facts.grpc_port ? std::to_string(*facts.grpc_port) : "";
  const auto if_grpc = [&](const std::string& text) { return grpc.empty() ? "" : text; };
  const auto write = [&](const char* file, const char* text) {
    out.write(
        file,
        filled(
            text,
            {{"NAME", shipment.name},
             {"TAG", shipment.tag},
             {"IMAGE_TAG", registry + shipment.tag},
             {"IMAGE", shipment.tag.substr(0, colon)},
             {"VERSION", shipment.tag.substr(colon + 1)},
             {"REGISTRY", registry},
             {"SED", registry.empty() ? ""
                                      : "sed -i 's#REGISTRY#your.registry/team#' "
                                        "overlays/production/kustomization.yaml kserve/*.yaml\n"},
             {"PORT", port},
             {"SCHEME", facts.tls ? "HTTPS" : "HTTP"},
             {"GRACE", std::to_string(facts.grace(delay))},
             {"GRPC_CONTAINER",
              if_grpc("            - name: grpc\n              containerPort: " + grpc + "\n")},
             {"GRPC_SERVICE",
              if_grpc("    - name: grpc\n      port: " + grpc +
                      "\n      targetPort: grpc\n      appProtocol: kubernetes.io/h2c\n")},
             {"GRPC_INGRESS", if_grpc("        - port: grpc\n")},
             {"EGRESS", facts.asks_others ? "[{}]" : "[]"},
             {"MOUNTS", mounts_of(shipment, 10, 6)},
             {"RUNTIME_MOUNTS", mounts_of(shipment, 6, 2)},
             {"SERVICE_MOUNTS", mounts_of(shipment, 8, 4)},
             {"WORDS", yaml_words(with_delay(serve_words(shipment, places, "0.0.0.0")))},
             {"RUNTIME_WORDS", yaml_words(with_delay(runtime))},
             {"CPU", shipment.of_photos ? "\"1\"" : "250m"},
             {"MEMORY", std::to_string(memory) + "Mi"},
             {"MOST_MEMORY", std::to_string(4 * memory) + "Mi"},
             {"ASK", questions(shipment, url_of(shipment, "localhost:8080"))},
             {"MODELS", model_table(shipment)},
             {"FILES", facts.files.empty()
                           ? ""
                           : files_needed(shipment) + "\n`kubectl create secret generic " +
                                 shipment.name + "-files --from-file=...` creates the secret.\n"},
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
skopeo copy oci-archive:@NAME@.oci.tar docker://@REGISTRY@@TAG@
@SED@kubectl create namespace production
kubectl apply -k overlays/production
kubectl -n production rollout status deployment/@NAME@
```

Then send a request:

```sh
kubectl -n production port-forward service/@NAME@ 8080:80 &
@ASK@```

On a local kind cluster: `kind load image-archive @NAME@.oci.tar && kubectl apply -k base`, then the same commands without
`-n production`. The autoscaler needs metrics-server. With KServe, instead of the above:

```sh
kubectl apply -f kserve/inference-service.yaml   # the model in the image
kubectl apply -f kserve/serving-runtime.yaml     # for models from storage
```

@MODELS@
| Folder | Contents |
|---|---|
| `base` | Deployment, Service, HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy |
| `overlays/production` | registry, namespace, number of replicas |
| `kserve` | an InferenceService with the model in the image; a ServingRuntime for models from storage (`storageUri: pvc://CLAIM/FOLDER` or s3, gs, https, with @NAME@.onnx in it). It supports the kinds of models that are in this package |

The digest of the image is `@DIGEST@`.
@FILES@)");
}

}  // namespace vitrine::package
