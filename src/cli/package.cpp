// vitrine package: models with all they need, for the place where they will run.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/module.h"
#include "base/text.h"
#include "cli/serve_options.h"
#include "cli/verbs.h"
#include "host/served_model.h"
#include "infer/onnx_runtime.h"
#include "model/model_file.h"
#include "net/signature.h"
#include "package/targets.h"

namespace vitrine {
namespace {

struct PackageArguments {
  std::vector<std::string> models;
  std::string target;
  std::string output;
  std::string name;
  std::string tag;
  std::string signer;
  std::string options;
};

/// Registries take small letters, digits and single separators.
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
  if (out.empty()) return "model";
  // A Service of Kubernetes begins with a letter.
  return (std::isdigit(static_cast<unsigned char>(out[0])) != 0 ? "m" : "") + out.substr(0, 50);
}

void check_name(const std::string& name) {
  if (name == image_name(name)) return;
  throw Error(ErrorKind::usage, "'" + shown(name) + "' is no name for a package", "--name",
              "use small letters, digits and single '-', such as " + image_name(name));
}

/// NAME:TAG, NAME may hold a registry and folders.
void check_tag(const std::string& tag) {
  const std::size_t colon = tag.rfind(':');
  const bool plain = std::ranges::all_of(tag, [](char c) {
    return std::islower(static_cast<unsigned char>(c)) != 0 ||
           std::isdigit(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._/:").find(c) != std::string_view::npos;
  });
  if (plain && colon != std::string::npos && colon > 0 && colon + 1 < tag.size() &&
      tag.find('/', colon) == std::string::npos && tag.front() != '/') {
    return;
  }
  throw Error(ErrorKind::usage, "'" + shown(tag) + "' is no tag of an image", "--tag",
              "write NAME:TAG in small letters, such as registry.example.com/team/churn:3");
}

/// What `serve` will be told besides models, host and port: read as serve itself will read it.
ServeArguments read_options(const std::vector<std::string>& words) {
  CLI::App app("serve");
  ServeArguments read;
  add_serve_options(app, read);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& problem) {
    throw Error(ErrorKind::usage, problem.what(), "--options",
                "vitrine serve --help shows what there is");
  }
  const auto given = [&](const char* option) { return app.count(option) > 0; };
  for (const char* option : {"MODEL", "--models", "--host", "--port", "--require-signature"}) {
    if (!given(option)) continue;
    throw Error(ErrorKind::usage, std::string(option) + " is the package's own", "--options",
                std::string(option) == "--require-signature"
                    ? "give --require-signature to `package` itself"
                    : "leave it out: models are named before --for; every package listens on 9696");
  }
  return read;
}

ShippedModel ship(const ModelFileName& named, const SignatureCheck* check) {
  const ModelFile file = read_model(named.path);
  if (check != nullptr) check->check(named.path, file.bytes);
  ShippedModel out{.name = named.name, .version = named.version, .file = named.path};
  out.bytes = file.bytes;
  const auto beside = signature_path(named.path);
  if (std::filesystem::exists(beside)) out.signature = read_file(beside, 4096, "the signature");
  // Opened as the server will: what it loads is what the package needs.
  if (!file.card) {
    out.task = "tensors";
    open_runtime_tensors(file.bytes, file.path);
  } else if (file.of_photos()) {
    out.task = "image";
    const ImagePredictor opened(file);
  } else {
    out.task = "table";
    open_predictor(file);
    out.example = typical_row(file.card->schema);
  }
  return out;
}

Shipment make_shipment(const PackageArguments& arguments) {
  ServeArguments named;
  named.models = arguments.models;
  const StoreOptions store = store_options(named);
  std::optional<SignatureCheck> check;
  Shipment out;
  if (!arguments.signer.empty()) {
    check.emplace(arguments.signer);
    out.signer = read_file(arguments.signer, 1 << 16, "the public key");
  }
  for (const ModelFileName& file : store.files) {
    out.models.push_back(ship(file, check ? &*check : nullptr));
    out.of_photos = out.of_photos || out.models.back().task == "image";
  }
  out.modules = loaded_modules();
  out.compiles_code = std::ranges::contains(out.modules, "cnn");
  out.options = CLI::detail::split_up(arguments.options);
  const ServeArguments options = read_options(out.options);
  if (options.grpc_port) out.modules.emplace_back("grpc");
  if (!options.url_hosts.empty() || !options.otlp.empty()) out.modules.emplace_back("curl");
  std::ranges::sort(out.modules);
  out.name = arguments.name.empty() ? image_name(out.models.front().name) : arguments.name;
  const std::uint64_t version = std::max<std::uint64_t>(1, out.models.front().version);
  out.tag = arguments.tag.empty() ? out.name + ":" + std::to_string(version) : arguments.tag;
  return out;
}

const PackageTarget& target_named(const std::string& name) {
  std::vector<std::string> names;
  for (const PackageTarget& target : package_targets()) {
    if (name == target.name) return target;
    names.emplace_back(target.name);
  }
  throw Error(ErrorKind::usage, "there is no target '" + shown(name) + "'", "--for",
              did_you_mean(name, names) + "the targets are " + listed(names, 20));
}

void package(const PackageArguments& arguments) {
  const PackageTarget& target = target_named(arguments.target);
  if (!arguments.name.empty()) check_name(arguments.name);
  if (!arguments.tag.empty()) check_tag(arguments.tag);
  OutputFolder out(arguments.output);
  const Shipment shipment = make_shipment(arguments);
  target.write(shipment, out);
  out.finish();
  std::cout << "packaged " << listed([&] {
    std::vector<std::string> names;
    for (const ShippedModel& model : shipment.models) names.push_back(model.name);
    return names;
  }()) << " for "
            << target.name << ": " << arguments.output << "\n"
            << "next: " << arguments.output << "/README.md says how to run it\n";
}

}  // namespace

void add_package(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("package", "Pack models with all they need to run elsewhere");
  auto arguments = std::make_shared<PackageArguments>();
  std::string targets, names;
  for (const PackageTarget& target : package_targets()) {
    targets += (targets.empty() ? "" : "; ") + std::string(target.name) + ": " + target.what;
    names += (names.empty() ? "" : ",") + std::string(target.name);
  }
  verb->add_option("MODEL", arguments->models,
                   "FILE, NAME=FILE or NAME@VERSION=FILE; the first answers /predict")
      ->required();
  verb->add_option("--for", arguments->target, targets)->required()->type_name("{" + names + "}");
  verb->add_option("-o,--output", arguments->output, "The folder to make; it must be new or empty")
      ->required();
  verb->add_option("--name", arguments->name,
                   "Of the package; the first model's where none is given");
  verb->add_option("--tag", arguments->tag, "Of an image: NAME:TAG");
  verb->add_option("--require-signature", arguments->signer,
                   "Models must be signed for this public key, here and where they run");
  verb->add_option("--options", arguments->options,
                   "What `serve` is told there, such as '--max-wait 50 --log json'");
  verb->callback([arguments] { package(*arguments); });
}

}  // namespace vitrine
