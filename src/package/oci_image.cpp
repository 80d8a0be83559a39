#include "package/oci_image.h"

#include "base/file.h"
#include "base/parallel.h"
#include "base/version.h"
#include "package/archive.h"
#include "package/sbom.h"

namespace vitrine::package {
namespace {

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr const char* kLayerType = "application/vnd.oci.image.layer.v1.tar+gzip";

struct Layer {
  const char* what;
  FileTree tree;
  std::string blob;          ///< gzip
  std::string digest;        ///< SHA-256 of the blob
  std::string plain_digest;  ///< of the tar inside
};

/// The folder in which users mount their own files into an image without models.
std::string work_folder(const Shipment& shipment) {
  return shipment.contents == Contents::server ? "models" : "work";
}

std::vector<Layer> layers_of(const Shipment& shipment, const Program& program,
                             const std::string& sbom) {
  RootTrees root = root_trees(program);
  FileTree models;
  if (shipment.contents == Contents::models) {
    models.add_tree("models", model_tree(shipment));
  } else {
    models.add_folder(work_folder(shipment));
  }
  models.add("usr/share/doc/vitrine/sbom.spdx.json", sbom);
  std::vector<Layer> layers;
  layers.push_back({"libraries, users, certificates", std::move(root.system)});
  if (!root.engines.files().empty()) layers.push_back({"engines", std::move(root.engines)});
  layers.push_back({"programs and modules", std::move(root.program)});
  layers.push_back({shipment.models.empty() ? "contents" : "models", std::move(models)});
  parallel_for(layers.size(), [&](std::size_t i) {
    const std::string tar = tar_of(layers[i].tree);
    layers[i].plain_digest = sha256_hex(tar);
    layers[i].blob = gzipped(tar);
    layers[i].digest = sha256_hex(layers[i].blob);
  });
  return layers;
}

/// What the image runs if the user gives no other words.
std::vector<std::string> command_of(const Shipment& shipment) {
  switch (shipment.contents) {
    case Contents::models:
      return serve_words(shipment, {"/models", "/models/signer.public.pem"}, "0.0.0.0");
    case Contents::server:
      return {"serve",  "--models", "/models", "--allow-empty",
              "--host", "0.0.0.0",  "--port",  std::to_string(shipment.port)};
    case Contents::all:
    case Contents::networks:
      return {"--help"};
  }
  return {};
}

std::string description_of(const Shipment& shipment, const std::string& models) {
  switch (shipment.contents) {
    case Contents::models:
      return "Vitrine serves " + models;
    case Contents::server:
      return "Vitrine's server";
    case Contents::all:
    case Contents::networks:
      return "Vitrine trains, serves and packages models";
  }
  return {};
}

Json labels(const Shipment& shipment) {
  std::string names;
  for (const ShippedModel& model : shipment.models)
    names += (names.empty() ? "" : ",") + model.name;
  return {{"org.opencontainers.image.title", shipment.name},
          {"org.opencontainers.image.version", shipment.tag.substr(shipment.tag.rfind(':') + 1)},
          {"org.opencontainers.image.description", description_of(shipment, names)},
          {"org.opencontainers.image.created", archive_date()},
          {"vitrine.version", kVersion},
          {"vitrine.models", names},
          {"vitrine.sbom", "/usr/share/doc/vitrine/sbom.spdx.json"}};
}

Json config_json(const Shipment& shipment, const Program& program,
                 const std::vector<Layer>& layers) {
  Json digests = Json::array(), history = Json::array();
  for (const Layer& layer : layers) {
    digests.push_back("sha256:" + layer.plain_digest);
    history.push_back({{"created", archive_date()},
                       {"created_by", std::string("vitrine package: ") + layer.what}});
  }
  constexpr std::int64_t kSecond = 1'000'000'000;
  Json ports{{std::to_string(shipment.port) + "/tcp", Json::object()}};
  if (shipment.facts.grpc_port) {
    ports[std::to_string(*shipment.facts.grpc_port) + "/tcp"] = Json::object();
  }
  Json config{{"User", "65532:65532"},
              {"ExposedPorts", ports},
              {"Env", {"PATH=/usr/bin"}},
              {"Entrypoint", {"/usr/bin/" + program.programs.front().filename().string()}},
              {"Cmd", command_of(shipment)},
              {"WorkingDir", shipment.models.empty() ? "/" + work_folder(shipment) : "/"},
              {"StopSignal", "SIGTERM"},
              {"Labels", labels(shipment)}};
  if (shipment.runs_server()) {  // Only Docker reads it; pods and units have their own checks.
    std::vector<std::string> test = health_words(shipment);
    test.insert(test.begin(), "CMD");
    config["Healthcheck"] = {{"Test", test},
                             {"Interval", 10 * kSecond},
                             {"Timeout", 3 * kSecond},
                             {"StartPeriod", 10 * kSecond},
                             {"Retries", 3}};
  }
  return {{"created", archive_date()},
          {"architecture", "amd64"},
          {"os", "linux"},
          {"config", config},
          {"rootfs", {{"type", "layers"}, {"diff_ids", digests}}},
          {"history", history}};
}

/// The full name that containerd uses: `docker.io/library/churn:1`.
std::string full_name(const std::string& tag) {
  if (tag.find('/') == std::string::npos) return "docker.io/library/" + tag;
  return names_registry(tag) ? tag : "docker.io/" + tag;
}

Json descriptor(const char* type, std::string_view blob, const std::string& digest) {
  return {{"mediaType", type}, {"digest", "sha256:" + digest}, {"size", blob.size()}};
}

}  // namespace

OciImage oci_image(const Shipment& shipment, const Program& program) {
  OciImage out;
  out.sbom = sbom_of(shipment, program);
  std::vector<Layer> layers = layers_of(shipment, program, out.sbom);
  const std::string config = config_json(shipment, program, layers).dump();
  const std::string config_digest = sha256_hex(config);
  FileTree tree;
  Json manifest{{"schemaVersion", 2},
                {"mediaType", kManifestType},
                {"config", descriptor(kConfigType, config, config_digest)},
                {"layers", Json::array()},
                {"annotations", labels(shipment)}};
  Json paths = Json::array();
  for (Layer& layer : layers) {
    manifest["layers"].push_back(descriptor(kLayerType, layer.blob, layer.digest));
    paths.push_back("blobs/sha256/" + layer.digest);
    out.compressed += layer.blob.size();
    tree.add("blobs/sha256/" + layer.digest, std::move(layer.blob));
  }
  tree.add("blobs/sha256/" + config_digest, config);
  const std::string manifest_text = manifest.dump();
  const std::string manifest_digest = sha256_hex(manifest_text);
  out.digest = "sha256:" + manifest_digest;
  tree.add("blobs/sha256/" + manifest_digest, manifest_text);
  Json entry = descriptor(kManifestType, manifest_text, manifest_digest);
  entry["platform"] = {{"architecture", "amd64"}, {"os", "linux"}};
  // containerd reads the first annotation, skopeo and podman the second.
  entry["annotations"] = {
      {"io.containerd.image.name", full_name(shipment.tag)},
      {"org.opencontainers.image.ref.name", shipment.tag.substr(shipment.tag.rfind(':') + 1)}};
  tree.add("index.json", Json{{"schemaVersion", 2},
                              {"mediaType", "application/vnd.oci.image.index.v1+json"},
                              {"manifests", Json::array({entry})}}
                             .dump());
  tree.add("oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  tree.add("manifest.json", Json::array({{{"Config", "blobs/sha256/" + config_digest},
                                          {"RepoTags", Json::array({shipment.tag})},
                                          {"Layers", paths}}})
                                .dump());
  out.tar = tar_of(tree);
  return out;
}

}  // namespace vitrine::package
