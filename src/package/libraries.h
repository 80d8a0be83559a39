// The shared libraries of programs and the Debian packages that they belong to.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vitrine::package {

struct Libraries {
  std::filesystem::path loader;                        ///< ld-linux-x86-64.so.2
  std::map<std::string, std::filesystem::path> files;  ///< by soname
};

/// All libraries that the loader of this machine would load for these programs and modules, from
/// the output of `ld.so --list`, which runs none of their code. Throws Error(failed) if one is
/// missing.
Libraries libraries_of(std::span<const std::filesystem::path> programs);

struct DebianPackage {
  std::string name;
  std::string version;
  std::string architecture;
  auto operator<=>(const DebianPackage&) const = default;
};

/// The Debian packages of these files. Files that dpkg does not know are left out; without dpkg the
/// result is empty.
std::map<std::filesystem::path, DebianPackage> debian_packages(
    std::span<const std::filesystem::path> files);

}  // namespace vitrine::package
