// Signs files and verifies signatures: Ed25519 (RFC 8032), keys as PEM.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vitrine::net {

/// The path of a file's signature: the file's path with `.sig` appended.
std::filesystem::path signature_path(const std::filesystem::path& file);

/// Creates a key pair. The private key is readable by its owner only (mode 600). Throws
/// Error(usage) if one of the files exists.
void make_signing_keys(const std::filesystem::path& private_key,
                       const std::filesystem::path& public_key);

/// Returns the signature as base64, one line. Throws Error(bad_input) for a key that is not an
/// Ed25519 private key.
std::string sign(std::string_view bytes, const std::filesystem::path& private_key);

/// Verifies signatures with a public key. Thread-safe.
class SignatureCheck {
 public:
  /// Throws Error(bad_input) if the file is not an Ed25519 public key.
  explicit SignatureCheck(const std::filesystem::path& public_key);

  /// The public key as PEM.
  std::string key() const;

  /// Throws Error(bad_model) unless signature_path(file) exists and its signature matches `bytes`.
  void check(const std::filesystem::path& file, std::string_view bytes) const;

 private:
  std::string key_;  ///< PEM
};

}  // namespace vitrine::net
