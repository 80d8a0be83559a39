// Where the files that go into packages lie on this machine: in Debian's folders, or, if the
// program itself runs from a tarball, in the tarball's.
#pragma once

#include <filesystem>

namespace vitrine::package {

/// Files and folders may not exist.
struct Installation {
  std::filesystem::path loader;  ///< ld-linux-x86-64.so.2
  /// The folder of a tarball with all libraries; empty: the loader finds those of the system.
  std::filesystem::path libraries;
  std::filesystem::path certificates;     ///< the authorities that the server trusts as a client
  std::filesystem::path heif_plugins;     ///< decoders of HEIC
  std::filesystem::path common_licences;  ///< texts that copyright files refer to
  /// In a tarball: the Debian packages of its files, a line of tab-separated file (relative to the
  /// tarball's folder), name, version and architecture; empty: dpkg knows them.
  std::filesystem::path packages;

  /// The copyright file of a Debian package.
  std::filesystem::path licence_of(const std::string& package) const;
};

/// That of this program. Thread-safe.
const Installation& installation();

/// The name of Installation::packages below a tarball's folder.
inline constexpr const char* kPackagesFile = "lib/packages.tsv";

}  // namespace vitrine::package
