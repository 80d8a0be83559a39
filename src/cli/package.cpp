// vitrine package: writes a folder with models, program and libraries for a deployment target.
#include "app/package.h"

#include <algorithm>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/text.h"
#include "cli/serve_options.h"
#include "cli/verbs.h"

namespace vitrine::cli {
namespace {

struct PackageArguments {
  app::PackageOptions options;
  std::vector<std::string> models;
  std::string serve_options;
  std::string contents;
};

/// The words of --options. As in a shell, quotes keep blanks together.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  char quote = 0;
  bool inside = false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      throw Error(ErrorKind::usage, "the options contain a control character", "--options",
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

/// Parses the options of `serve` in the package as serve itself does. Models, host and port are
/// set by the package and must not be among them.
ServeArguments read_options(const std::vector<std::string>& words) {
  CLI::App app("serve");
  app.set_help_flag();
  ServeArguments read;
  add_serve_options(app, read);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& problem) {
    throw Error(ErrorKind::usage, problem.what(), "--options",
                "vitrine serve --help lists the options");
  }
  const auto given = [&](const char* option) { return app.count(option) > 0; };
  if (std::ranges::contains(words, "--") || std::ranges::contains(words, "--help") ||
      std::ranges::contains(words, "-h")) {
    throw Error(ErrorKind::usage, "'--' and '--help' can't be packaged", "--options",
                "give only options of `vitrine serve`");
  }
  for (const char* option : {"MODEL", "--models", "--host", "--port", "--require-signature",
                             "--tls-client-ca", "--reuse-port"}) {
    if (!given(option)) continue;
    throw Error(
        ErrorKind::usage, std::string(option) + " can't be set in a package", "--options",
        std::string(option) == "--require-signature"
            ? "give --require-signature to `package` itself"
        : std::string(option) == "--tls-client-ca"
            ? "leave it out: health checks have no certificate; verify client certificates in a "
              "proxy in front"
            : "leave it out: models are named before --for; every package listens on " +
                  std::to_string(kDefaultPort));
  }
  return read;
}

/// What the package writers need to know about the options of `serve`.
package::ServeFacts facts_of(const ServeArguments& read) {
  package::ServeFacts out;
  out.tls = !read.tls.certificate.empty();
  out.keys = !read.keys_file.empty();
  out.grpc_port = read.grpc_port;
  out.asks_others = !read.url_hosts.empty() || !read.otlp.empty();
  if (read.stop_delay_seconds > 0) out.stop_delay = read.stop_delay_seconds;
  out.drain = read.drain_seconds;
  const auto add = [](std::vector<std::string>& to, const std::string& file) {
    if (file.empty()) return;
    if (!std::filesystem::path(file).is_absolute()) {
      throw Error(ErrorKind::usage, "the package does not contain '" + shown(file) + "'",
                  "--options",
                  "give the absolute path that the file has where the package runs, and put it "
                  "there");
    }
    if (file.starts_with("/dev/") || file.starts_with("/proc/")) return;  // exists everywhere
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

package::Contents contents_named(const std::string& name) {
  return name == "server" ? package::Contents::server
         : name == "all"  ? package::Contents::all
                          : package::Contents::networks;
}

/// Options of `serve` are for packages of models, which start it.
void refuse_server_options(const PackageArguments& arguments) {
  if (arguments.serve_options.empty() && arguments.options.signer.empty()) return;
  throw Error(ErrorKind::usage, "a package without models has no options of the server",
              arguments.serve_options.empty() ? "--require-signature" : "--options",
              "give the options when the program is started");
}

void package(const PackageArguments& arguments) {
  app::PackageOptions options = arguments.options;
  options.serve_options = words_of(arguments.serve_options);
  ServeArguments serve = read_options(options.serve_options);
  options.facts = facts_of(serve);
  if (serve.tls.certificate.empty() != serve.tls.key.empty()) {
    throw Error(ErrorKind::usage, "--tls-cert and --tls-key must be given together",
                "--tls-cert, --tls-key", "give both");
  }
  const bool of_models = arguments.contents.empty();
  if (of_models == arguments.models.empty()) {
    throw Error(ErrorKind::usage,
                of_models ? "no model is named" : "models and --contents are named together",
                of_models ? "MODEL" : "--contents",
                "name models, such as churn.onnx, or --contents for the program without models");
  }
  if (of_models) {
    serve.models = arguments.models;
    options.models = store_options(serve).files;
  } else {
    refuse_server_options(arguments);
    options.contents = contents_named(arguments.contents);
  }
  const std::vector<std::string> names = app::package_models(options);
  std::cout << "packaged " << (of_models ? listed(names) : "the program") << " for "
            << options.target << ": " << options.output << "\nnext: see " << options.output
            << "/README.md for how to run it\n";
}

}  // namespace

void add_package(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "package",
      "Package models with the server and its libraries, or the program alone, to run elsewhere");
  auto arguments = std::make_shared<PackageArguments>();
  std::string targets, names;
  for (const package::PackageTarget& target : package::package_targets()) {
    targets += (targets.empty() ? "" : "; ") + std::string(target.name) + ": " + target.what;
    names += (names.empty() ? "" : ",") + std::string(target.name);
  }
  verb->add_option("MODEL", arguments->models,
                   "FILE, NAME=FILE or NAME@VERSION=FILE; /predict uses the first model");
  verb->add_option("--for", arguments->options.target, targets)
      ->required()
      ->type_name("{" + names + "}");
  verb->add_option("-o,--output", arguments->options.output,
                   "The folder to write; it must be new or empty")
      ->required();
  verb->add_option("--contents", arguments->contents,
                   "The program without models: the server, all of Vitrine, or that with the "
                   "training of networks (libtorch)")
      ->check(CLI::IsMember({"server", "all", "networks"}));
  verb->add_option("--name", arguments->options.name,
                   "Name of the package; default: the name of the first model, or of the program");
  verb->add_option("--tag", arguments->options.tag,
                   "Tag of a container image, NAME:TAG; default: name and version");
  verb->add_option("--require-signature", arguments->options.signer,
                   "Public key file (PEM); model files must have a valid signature, now and when "
                   "the package runs");
  verb->add_option("--options", arguments->serve_options,
                   "Options of `serve` in the package, such as '--max-wait 50 --log json'");
  verb->callback([arguments] { package(*arguments); });
}

}  // namespace vitrine::cli
