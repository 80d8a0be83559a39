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

/// All libraries that the loader of this machine (of a program from a tarball: the tarball's) would
/// load for these programs and modules, from the output of `ld.so --list`, which runs none of their
/// code. Throws Error(failed) if one is
/// missing.
Libraries libraries_of(std::span<const std::filesystem::path> programs);

struct DebianPackage {
  std::string name;
  std::string version;
  std::string architecture;
  auto operator<=>(const DebianPackage&) const = default;
};

/// The Debian packages of these files, from dpkg or from a tarball's list. Files of unknown
/// packages are left out.
std::map<std::filesystem::path, DebianPackage> debian_packages(
    std::span<const std::filesystem::path> files);

}  // namespace vitrine::package
