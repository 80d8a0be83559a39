// vitrine package: models with all they need, for the place where they will run.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <regex>

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
  // A Service of Kubernetes begins with a letter, and YAML reads some words as something else.
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
  throw Error(ErrorKind::usage, "'" + shown(name) + "' is no name for a package", "--name",
              "use small letters, digits and single '-', such as " + image_name(name));
}

/// NAME:TAG, NAME may hold a registry and folders.
void check_tag(const std::string& tag) {
  // github.com/distribution/reference, in small letters.
  static const std::regex kReference(
      "(?:[a-z0-9.-]+(?::[0-9]+)?/)?"
      "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*"
      ":[a-z0-9_][a-z0-9_.-]{0,127}");
  if (tag.size() <= 255 && std::regex_match(tag, kReference)) return;
  throw Error(ErrorKind::usage, "'" + shown(tag) + "' is no tag of an image", "--tag",
              "write NAME:TAG in small letters, such as registry.example.com/team/churn:3");
}

/// The words of --options: quotes as a shell's keep blanks together.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  char quote = 0;
  bool inside = false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      throw Error(ErrorKind::usage, "there is a control character in it", "--options",
                  "write the options on one line");
    }
    if (quote != 0 ? c == quote : c == '\'' || c == '"') {
      quote = quote != 0 ? 0 : c;
      if (!inside) out.emplace_back();
      inside = true;
    } else if (c == ' ' && quote == 0) {
      inside = false;
    } else {
      if (!inside) out.emplace_back();
      inside = true;
      out.back() += c;
    }
  }
  if (quote != 0) {
    throw Error(ErrorKind::usage, "a quote is not closed", "--options", "close it");
  }
  return out;
}

/// What `serve` will be told besides models, host and port: read as serve itself will read it.
ServeArguments read_options(const std::vector<std::string>& words) {
  CLI::App app("serve");
  app.set_help_flag();
  ServeArguments read;
  add_serve_options(app, read);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& problem) {
    throw Error(ErrorKind::usage, problem.what(), "--options",
                "vitrine serve --help shows what there is");
  }
  const auto given = [&](const char* option) { return app.count(option) > 0; };
  if (std::ranges::contains(words, "--") || std::ranges::contains(words, "--help") ||
      std::ranges::contains(words, "-h")) {
    throw Error(ErrorKind::usage, "there is a word that serves nothing", "--options",
                "give options of `vitrine serve` alone");
  }
  for (const char* option : {"MODEL", "--models", "--host", "--port", "--require-signature",
                             "--tls-client-ca", "--reuse-port"}) {
    if (!given(option)) continue;
    throw Error(
        ErrorKind::usage, std::string(option) + " is the package's own", "--options",
        std::string(option) == "--require-signature"
            ? "give --require-signature to `package` itself"
        : std::string(option) == "--tls-client-ca"
            ? "health checks have no certificate: let a proxy in front ask clients for theirs"
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

/// What packages must know of the options.
ServeFacts facts_of(const ServeArguments& read) {
  ServeFacts out;
  out.tls = !read.tls.certificate.empty();
  out.keys = !read.keys_file.empty();
  out.grpc_port = read.grpc_port;
  out.asks_others = !read.url_hosts.empty() || !read.otlp.empty();
  if (read.stop_delay_seconds > 0) out.stop_delay = read.stop_delay_seconds;
  out.drain = read.drain_seconds;
  const auto add = [](std::vector<std::string>& to, const std::string& file) {
    if (file.empty()) return;
    if (!std::filesystem::path(file).is_absolute()) {
      throw Error(ErrorKind::usage, "the package does not hold '" + shown(file) + "'", "--options",
                  "name it by its absolute path where the package runs, and put it there");
    }
    if (file.starts_with("/dev/") || file.starts_with("/proc/")) return;  // there everywhere
    to.push_back(file);
  };
  for (const auto& file :
       {std::filesystem::path(read.keys_file), read.tls.certificate, read.tls.key}) {
    add(out.files, file.string());
  }
  for (const std::string& file : {read.prediction_log, read.server.admin_socket})
    add(out.written, file);
  return out;
}

/// No model's file may lie where another's folder does: `a` as a.onnx, and `a.onnx` with versions.
void check_places(const std::vector<ShippedModel>& models) {
  for (const ShippedModel& one : models) {
    for (const ShippedModel& other : models) {
      if (!other.path().starts_with(one.path() + "/")) continue;
      throw Error(ErrorKind::usage, "the names '" + one.name + "' and '" + other.name + "' clash",
                  "the models", "rename one by NAME=FILE");
    }
  }
}

Shipment make_shipment(const PackageArguments& arguments) {
  Shipment out;
  out.options = words_of(arguments.options);
  ServeArguments options = read_options(out.options);
  out.facts = facts_of(options);
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    throw Error(ErrorKind::usage, "a certificate and its key belong together",
                "--tls-cert, --tls-key", "give both");
  }
  options.models = arguments.models;
  const StoreOptions store = store_options(options);
  std::optional<SignatureCheck> check;
  if (!arguments.signer.empty()) {
    check.emplace(arguments.signer);
    out.signer = check->key();
  }
  for (const ModelFileName& file : store.files) {
    out.models.push_back(ship(file, check ? &*check : nullptr));
    out.of_photos = out.of_photos || out.models.back().task == "image";
  }
  check_places(out.models);
  out.modules = loaded_modules();
  out.compiles_code = std::ranges::contains(out.modules, "cnn");
  if (out.facts.grpc_port) out.modules.emplace_back("grpc");
  if (out.facts.asks_others) out.modules.emplace_back("curl");
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
  const Shipment shipment = make_shipment(arguments);
  OutputFolder out(arguments.output);
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
