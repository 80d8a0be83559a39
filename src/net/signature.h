// Signatures over files: Ed25519 (RFC 8032), keys as PEM.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vitrine {

/// Where the signature of a file lies: beside it, with `.sig` behind its name.
std::filesystem::path signature_path(const std::filesystem::path& file);

/// Makes a pair of keys; neither file may be there. The private one is for its owner alone
/// (mode 600). Throws Error.
void make_signing_keys(const std::filesystem::path& private_key,
                       const std::filesystem::path& public_key);

/// The signature as base64, one line. Throws Error(bad_input) for a key that can't be used.
std::string sign(std::string_view bytes, const std::filesystem::path& private_key);

/// A public key that files are checked against. Thread-safe.
class SignatureCheck {
 public:
  /// Throws Error(bad_input) for a file that holds no Ed25519 public key.
  explicit SignatureCheck(const std::filesystem::path& public_key);

  /// The public key alone, PEM.
  std::string key() const;

  /// Throws Error(bad_model) unless the file's signature lies beside it and is right for `bytes`.
  void check(const std::filesystem::path& file, std::string_view bytes) const;

 private:
  std::string key_;  ///< PEM
};

}  // namespace vitrine
