#include "net/signature.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "base/base64.h"
#include "base/error.h"
#include "base/file.h"

namespace vitrine::net {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;
constexpr std::size_t kSignature = 64;

Memory memory_of(std::string_view pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}

Key checked(EVP_PKEY* key, const std::filesystem::path& path, const std::string& what) {
  Key owned(key, EVP_PKEY_free);
  if (owned && EVP_PKEY_get_base_id(owned.get()) == EVP_PKEY_ED25519) return owned;
  throw Error(ErrorKind::bad_input, "this is not an Ed25519 " + what + " key", path.string(),
              "create a key pair with: vitrine sign --new-key NAME");
}

Key public_key_of(std::string_view pem, const std::filesystem::path& path) {
  const Memory memory = memory_of(pem);
  return checked(PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr), path, "public");
}

void refuse_present(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return;
  throw Error(ErrorKind::usage, "the key file exists already", path.string(),
              "choose another name, or move the file away; files signed with a lost key can't be "
              "verified");
}

std::string text_of(const Memory& memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

std::filesystem::path signature_path(const std::filesystem::path& file) {
  return file.string() + ".sig";
}

void make_signing_keys(const std::filesystem::path& private_key,
                       const std::filesystem::path& public_key) {
  refuse_present(private_key);
  refuse_present(public_key);
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const Memory secret(BIO_new(BIO_s_mem()), BIO_free);
  const Memory open(BIO_new(BIO_s_mem()), BIO_free);
  if (!key ||
      PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      PEM_write_bio_PUBKEY(open.get(), key.get()) != 1) {
    throw Error(ErrorKind::failed, "the keys could not be created", "OpenSSL", "try again");
  }
  const std::string secret_text = text_of(secret);
  write_private_file_atomically(private_key, std::array<std::string_view, 1>{secret_text});
  const std::string open_text = text_of(open);
  write_file_atomically(public_key, std::array<std::string_view, 1>{open_text});
}

std::string sign(std::string_view bytes, const std::filesystem::path& private_key) {
  const std::string pem = read_file(private_key, 1 << 16, "the private key");
  const Memory memory = memory_of(pem);
  const Key key = checked(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr),
                          private_key, "private");
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::array<unsigned char, kSignature> signature{};
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size,
                     reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1) {
    throw Error(ErrorKind::failed, "the file could not be signed", private_key.string(),
                "try again");
  }
  return encode_base64({reinterpret_cast<const char*>(signature.data()), size}) + "\n";
}

SignatureCheck::SignatureCheck(const std::filesystem::path& public_key)
    : key_(read_file(public_key, 1 << 16, "the public key")) {
  public_key_of(key_, public_key);
}

std::string SignatureCheck::key() const {
  const Key key = public_key_of(key_, "the public key");
  const Memory memory(BIO_new(BIO_s_mem()), &BIO_free);
  const char* text = nullptr;
  if (memory == nullptr || PEM_write_bio_PUBKEY(memory.get(), key.get()) != 1) {
    throw Error(ErrorKind::failed, "the public key can't be written", "the public key",
                "try again");
  }
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void SignatureCheck::check(const std::filesystem::path& file, std::string_view bytes) const {
  const std::filesystem::path path = signature_path(file);
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::bad_model, what, path.string(),
                "sign the file with: vitrine sign " + file.string() + " --key PRIVATE.pem");
  };
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) refuse("the model file has no signature");
  const auto signature = decode_base64(read_file(path, 1 << 12, "the signature"));
  if (!signature || signature->size() != kSignature) refuse("the signature can't be read");
  const Key key = public_key_of(key_, "the public key");
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature->data()),
                       signature->size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                       bytes.size()) != 1) {
    refuse("the signature does not match this file and key");
  }
}

}  // namespace vitrine::net
