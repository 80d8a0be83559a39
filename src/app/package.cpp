#include "app/package.h"

#include <algorithm>
#include <optional>
#include <regex>

#include "base/error.h"
#include "base/file.h"
#include "base/module.h"
#include "base/text.h"
#include "base/version.h"
#include "engine/image_predictor.h"
#include "engine/onnx_runtime.h"
#include "engine/predictor.h"
#include "model/model_file.h"
#include "net/signature.h"
#include "serve/models/served_model.h"

namespace vitrine::app {
namespace {

/// `name` changed to what container registries allow: lower-case letters, digits and single '-'.
std::string image_name(const std::string& name) {
  std::string out;
  for (const char c : lower_ascii(name)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  // The name of a Kubernetes Service must begin with a letter; YAML reads some words as null or
  // booleans.
  constexpr std::string_view kOthers[] = {"",   "null", "true", "false", "yes",
                                          "no", "on",   "off",  "y",     "n"};
  if (std::ranges::contains(kOthers, out)) out = "model" + (out.empty() ? "" : "-" + out);
  if (std::isdigit(static_cast<unsigned char>(out[0])) != 0) out = "m" + out;
  out.resize(std::min<std::size_t>(out.size(), 50));
  while (out.back() == '-') out.pop_back();
  return out;
}

void check_name(const std::string& name) {
  if (name == image_name(name)) return;
  throw Error(ErrorKind::usage, "'" + shown(name) + "' is not a valid package name", "--name",
              "use lower-case letters, digits and single '-', such as " + image_name(name));
}

/// Throws Error(usage) unless `tag` is NAME:TAG; NAME may contain a registry and folders.
void check_tag(const std::string& tag) {
  // The grammar of github.com/distribution/reference, without upper-case letters.
  static const std::regex kReference(
      "(?:[a-z0-9.-]+(?::[0-9]+)?/)?"
      "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*"
      ":[a-z0-9_][a-z0-9_.-]{0,127}");
  if (tag.size() <= 255 && std::regex_match(tag, kReference)) return;
  throw Error(ErrorKind::usage, "'" + shown(tag) + "' is not a valid image tag", "--tag",
              "write NAME:TAG in lower-case letters, such as registry.example.com/team/churn:3");
}

package::ShippedModel ship(const serve::ModelFileName& named, const net::SignatureCheck* check) {
  const model::ModelFile file = model::read_model(named.path);
  if (check != nullptr) check->check(named.path, file.bytes);
  package::ShippedModel out{.name = named.name, .version = named.version, .file = named.path};
  out.bytes = file.bytes;
  const auto beside = net::signature_path(named.path);
  if (std::filesystem::exists(beside)) out.signature = read_file(beside, 4096, "the signature");
  // Opened as the server will open it: the package needs the modules that are loaded now.
  if (!file.card) {
    out.task = "tensors";
    engine::open_runtime_tensors(file.bytes, file.path);
  } else if (file.of_photos()) {
    out.task = "image";
    const engine::ImagePredictor opened(file);
  } else {
    out.task = "table";
    engine::open_predictor(file);
    out.example = serve::typical_row(file.card->schema);
  }
  return out;
}

/// Throws if a model's file would have the path of another's folder: `a` is stored as a.onnx, and a
/// model `a.onnx` with versions as the folder a.onnx.
void check_places(const std::vector<package::ShippedModel>& models) {
  for (const package::ShippedModel& one : models) {
    for (const package::ShippedModel& other : models) {
      if (!other.path().starts_with(one.path() + "/")) continue;
      throw Error(ErrorKind::usage, "the names '" + one.name + "' and '" + other.name + "' clash",
                  "the models", "give one another name by NAME=FILE");
    }
  }
}

const package::PackageTarget& target_named(const std::string& name) {
  std::vector<std::string> names;
  for (const package::PackageTarget& target : package::package_targets()) {
    if (name == target.name) return target;
    names.emplace_back(target.name);
  }
  throw Error(ErrorKind::usage, "there is no target '" + shown(name) + "'", "--for",
              did_you_mean(name, names) + "the targets are " + listed(names, 20));
}

/// The modules of this installation that go into a package of the program.
std::vector<std::string> modules_of(package::Contents contents) {
  std::vector<std::string> out = installed_modules();
  if (contents == package::Contents::networks && !std::ranges::contains(out, "nn")) {
    throw Error(ErrorKind::failed, "the part that trains networks is not installed",
                module_file("nn").string(), "use --contents all, or install all of Vitrine");
  }
  if (contents != package::Contents::networks) std::erase(out, "nn");
  if (contents == package::Contents::server) std::erase(out, "learn");
  return out;
}

/// A package of the program without models.
package::Shipment program_shipment(const PackageOptions& options) {
  package::Shipment out;
  out.contents = options.contents;
  out.modules = modules_of(options.contents);
  out.of_photos = true;
  out.compiles_code = true;
  const char* usual = options.contents == package::Contents::server ? "vitrine-serve"
                      : options.contents == package::Contents::all  ? "vitrine"
                                                                    : "vitrine-networks";
  out.name = options.name.empty() ? usual : options.name;
  out.tag = options.tag.empty() ? out.name + ":" + kVersion : options.tag;
  return out;
}

package::Shipment make_shipment(const PackageOptions& options) {
  package::Shipment out;
  out.options = options.serve_options;
  out.facts = options.facts;
  std::optional<net::SignatureCheck> check;
  if (!options.signer.empty()) {
    check.emplace(options.signer);
    out.signer = check->key();
  }
  for (const serve::ModelFileName& file : options.models) {
    out.models.push_back(ship(file, check ? &*check : nullptr));
    out.of_photos = out.of_photos || out.models.back().task == "image";
  }
  check_places(out.models);
  out.modules = loaded_modules();
  out.compiles_code = std::ranges::contains(out.modules, "cnn");
  if (out.facts.grpc_port) out.modules.emplace_back("grpc");
  if (out.facts.asks_others) out.modules.emplace_back("curl");
  std::ranges::sort(out.modules);
  out.name = options.name.empty() ? image_name(out.models.front().name) : options.name;
  const std::uint64_t version = std::max<std::uint64_t>(1, out.models.front().version);
  out.tag = options.tag.empty() ? out.name + ":" + std::to_string(version) : options.tag;
  return out;
}

}  // namespace

std::vector<std::string> package_models(const PackageOptions& options) {
  const package::PackageTarget& target = target_named(options.target);
  if (!options.name.empty()) check_name(options.name);
  if (!options.tag.empty()) check_tag(options.tag);
  const bool of_models = options.contents == package::Contents::models;
  if (!of_models && !target.of_program) {
    throw Error(ErrorKind::usage, "'" + options.target + "' can't hold the program without models",
                "--contents", "use --for oci or --for tarball, or name a model");
  }
  if (!of_models && !options.tag.empty() && options.target != "oci") {
    throw Error(ErrorKind::usage, "only images have tags", "--tag", "leave it out");
  }
  const package::Shipment shipment = of_models ? make_shipment(options) : program_shipment(options);
  package::OutputFolder out(options.output);
  target.write(shipment, out);
  out.finish();
  std::vector<std::string> names;
  for (const package::ShippedModel& model : shipment.models) names.push_back(model.name);
  return names;
}

}  // namespace vitrine::app
