// vitrine sign: writes an Ed25519 signature beside a model file, for `serve --require-signature`.
#include <array>
#include <iostream>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "cli/verbs.h"
#include "model/model_file.h"
#include "net/signature.h"

namespace vitrine::cli {
namespace {

struct SignArguments {
  std::string model;
  std::string key;
  std::string new_key;
};

void sign_model(const SignArguments& arguments) {
  if (!arguments.new_key.empty()) {
    const std::string secret = arguments.new_key + ".private.pem";
    const std::string open = arguments.new_key + ".public.pem";
    net::make_signing_keys(secret, open);
    std::cout << "wrote " << secret << " (keep it secret) and " << open << "\n"
              << "next: vitrine sign MODEL.onnx --key " << secret << "\n";
    return;
  }
  if (arguments.model.empty() || arguments.key.empty()) {
    throw Error(ErrorKind::usage, "the model file or the key is missing", "the command line",
                "write vitrine sign MODEL.onnx --key NAME.private.pem; vitrine sign --new-key "
                "NAME makes a key");
  }
  const model::ModelFile file =
      model::read_model(arguments.model);  // refuses to sign a broken file
  const std::string signature = net::sign(file.bytes, arguments.key);
  const auto path = net::signature_path(arguments.model);
  write_file_atomically(path, std::array<std::string_view, 1>{signature});
  std::cout << "signed " << arguments.model << ": " << path.string() << "\n"
            << "next: vitrine serve " << arguments.model << " --require-signature PUBLIC.pem\n";
}

}  // namespace

void add_sign(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("sign", "Sign a model file, or make a pair of keys");
  auto arguments = std::make_shared<SignArguments>();
  verb->add_option("MODEL", arguments->model,
                   "The model file; the signature is written to MODEL.sig");
  verb->add_option("--key", arguments->key, "The private key (PEM, Ed25519)");
  verb->add_option("--new-key", arguments->new_key,
                   "Make NAME.private.pem and NAME.public.pem instead");
  verb->callback([arguments] { sign_model(*arguments); });
}

}  // namespace vitrine::cli
