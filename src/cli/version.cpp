// vitrine version: the version, and with --verbose the compiler, libraries and modules.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/build_info.h"
#include "base/json.h"
#include "base/module.h"
#include "base/version.h"
#include "cli/verbs.h"
#include "model/card.h"

namespace vitrine::cli {
namespace {

/// File names of the modules that are installed with the program, sorted.
std::vector<std::string> module_files() {
  std::vector<std::string> out;
  for (const std::string& name : installed_modules()) {
    out.push_back(module_file(name).filename().string());
  }
  return out;
}

void print_version(bool verbose, bool json) {
  if (!verbose && !json) {
    std::cout << "vitrine " << kVersion << "\n";
    return;
  }
  Json packages = Json::object();
  for (const BuildPackage& one : kBuildPackages) {
    if (one.name != nullptr) packages[one.name] = one.version;
  }
  const Json facts{{"version", kVersion},
                   {"commit", kCommit},
                   {"compiler", kCompiler},
                   {"build_type", kBuildType},
                   {"card_format", model::kCardFormat},
                   {"program", program_path().string()},
                   {"modules", module_files()},
                   {"packages", packages}};
  if (json) {
    std::cout << facts.dump(2) << "\n";
    return;
  }
  std::cout << "vitrine " << kVersion << ", commit " << (*kCommit == '\0' ? "unknown" : kCommit)
            << ", " << kCompiler << ", " << kBuildType << "\ncard format " << model::kCardFormat
            << "\nprogram " << program_path().string() << "\nmodules";
  for (const std::string& name : module_files()) std::cout << " " << name;
  std::cout << "\nbuilt with\n";
  for (const auto& [name, version] : packages.items()) {
    std::cout << "  " << name << " " << version.get<std::string>() << "\n";
  }
}

}  // namespace

void add_version(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("version", "Print the version");
  auto verbose = std::make_shared<bool>(false);
  auto json = std::make_shared<bool>(false);
  verb->add_flag("--verbose", *verbose, "Also print the compiler, the libraries and the modules");
  verb->add_flag("--json", *json, "Print everything as JSON");
  verb->callback([verbose, json] { print_version(*verbose, *json); });
}

}  // namespace vitrine::cli
