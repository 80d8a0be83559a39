#include "package/installation.h"

#include "base/module.h"

namespace vitrine::package {
namespace {

namespace fs = std::filesystem;

Installation find_installation() {
  const fs::path root = program_path().parent_path().parent_path();
  const fs::path loader = root / "lib/ld-linux-x86-64.so.2";
  std::error_code problem;
  if (fs::is_regular_file(loader, problem) && fs::is_regular_file(root / kPackagesFile, problem)) {
    return {.loader = loader,
            .libraries = root / "lib",
            .certificates = root / "lib/ca-certificates.crt",
            .heif_plugins = root / "lib/heif",
            .common_licences = root / "licences/common-licenses",
            .packages = root / kPackagesFile};
  }
  return {.loader = "/lib64/ld-linux-x86-64.so.2",
          .libraries = {},
          .certificates = "/etc/ssl/certs/ca-certificates.crt",
          .heif_plugins = "/usr/lib/x86_64-linux-gnu/libheif/plugins",
          .common_licences = "/usr/share/common-licenses",
          .packages = {}};
}

}  // namespace

fs::path Installation::licence_of(const std::string& package) const {
  if (!packages.empty()) return common_licences.parent_path() / package;
  return fs::path("/usr/share/doc") / package / "copyright";
}

const Installation& installation() {
  static const Installation found = find_installation();
  return found;
}

}  // namespace vitrine::package
