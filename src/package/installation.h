// Where the files that go into packages lie on this machine: in Debian's folders, or, if the
// program itself runs from a tarball, in the tarball's.
#pragma once

#include <filesystem>
#include <string>

namespace vitrine::package {

/// Files and folders may not exist.
struct Installation {
  std::filesystem::path root;             ///< `/`, or the folder of a tarball
  bool portable = false;                  ///< the program runs from a tarball
  std::filesystem::path loader;           ///< ld-linux-x86-64.so.2
  std::filesystem::path certificates;     ///< the authorities that the server trusts as a client
  std::filesystem::path heif_plugins;     ///< decoders of HEIC
  std::filesystem::path conversions;      ///< modules of iconv for the encodings of texts (gconv)
  std::filesystem::path common_licences;  ///< texts that copyright files refer to
  /// Licences of what is in no Debian package: `vitrine.txt`, `arrow.txt`.
  std::filesystem::path notices;
  /// In tarballs and images: the Debian packages of their files, a line of tab-separated file
  /// (relative to `root`), name, version and architecture. Where it is missing, dpkg knows them.
  std::filesystem::path packages;

  /// The copyright file of a Debian package.
  std::filesystem::path licence_of(const std::string& package) const;
};

/// That of this program. Thread-safe.
const Installation& installation();

/// The names of Installation::packages and ::notices beside the modules.
inline constexpr const char* kPackagesFile = "packages.tsv";
inline constexpr const char* kNoticesFolder = "notices";

}  // namespace vitrine::package
