#include "package/installation.h"

#include "base/module.h"

namespace vitrine::package {
namespace {

namespace fs = std::filesystem;

Installation find_installation() {
  const fs::path root = program_path().parent_path().parent_path();
  const fs::path loader = root / "lib/ld-linux-x86-64.so.2";
  const fs::path notices = module_folder() / kNoticesFolder;
  const fs::path packages = module_folder() / kPackagesFile;
  std::error_code problem;
  if (fs::is_regular_file(loader, problem)) {
    return {.root = root,
            .portable = true,
            .loader = loader,
            .certificates = root / "lib/ca-certificates.crt",
            .heif_plugins = root / "lib/heif",
            .conversions = root / "lib/gconv",
            .common_licences = root / "licences/common-licenses",
            .notices = notices,
            .packages = packages};
  }
  return {.root = "/",
          .loader = "/lib64/ld-linux-x86-64.so.2",
          .certificates = "/etc/ssl/certs/ca-certificates.crt",
          .heif_plugins = "/usr/lib/x86_64-linux-gnu/libheif/plugins",
          .conversions = "/usr/lib/x86_64-linux-gnu/gconv",
          .common_licences = "/usr/share/common-licenses",
          .notices = notices,
          .packages = packages};
}

}  // namespace

fs::path Installation::licence_of(const std::string& package) const {
  if (portable) return root / "licences" / package;
  return fs::path("/usr/share/doc") / package / "copyright";
}

const Installation& installation() {
  static const Installation found = find_installation();
  return found;
}

}  // namespace vitrine::package
