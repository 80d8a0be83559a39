// What programs need to run elsewhere: their shared libraries, and who made those.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vitrine {

struct Libraries {
  std::filesystem::path loader;                        ///< ld-linux-x86-64.so.2
  std::map<std::string, std::filesystem::path> files;  ///< by the name that is looked for
};

/// All libraries that the loader of this machine would load for these programs and modules; it is
/// asked itself, and runs nothing of them. Throws Error(failed) where one is missing.
Libraries libraries_of(std::span<const std::filesystem::path> programs);

struct DebianPackage {
  std::string name;
  std::string version;
  std::string architecture;
  auto operator<=>(const DebianPackage&) const = default;
};

/// The Debian packages that these files belong to; files that dpkg does not know, and all where
/// there is no dpkg, are left out.
std::map<std::filesystem::path, DebianPackage> debian_packages(
    std::span<const std::filesystem::path> files);

}  // namespace vitrine
