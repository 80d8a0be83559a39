#include "serve/http/tls.h"

#include <algorithm>

#include "base/error.h"

namespace vitrine::serve {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

void check(const error_code& code, const std::string& what, const std::filesystem::path& file) {
  if (!code) return;
  throw Error(ErrorKind::bad_input, what + ": " + code.message(), file.string(),
              "give PEM files: the certificate with its chain, and its private key");
}

}  // namespace

Tls::Tls(TlsFiles files) : files_(std::move(files)), seen_(newest()), context_(open()) {}

std::filesystem::file_time_type Tls::newest() const {
  auto time = std::filesystem::file_time_type::min();
  for (const auto& file : {files_.certificate, files_.key, files_.client_ca}) {
    std::error_code ignored;
    if (!file.empty()) time = std::max(time, std::filesystem::last_write_time(file, ignored));
  }
  return time;
}

std::shared_ptr<Tls::Context> Tls::open() const {
  auto context = std::make_shared<Context>(Context::tls_server);
  error_code code;
  context->set_options(Context::default_workarounds | Context::no_sslv2 | Context::no_sslv3 |
                           Context::no_tlsv1 | Context::no_tlsv1_1 | Context::single_dh_use,
                       code);
  check(code, "TLS can't be set up", files_.certificate);
  context->use_certificate_chain_file(files_.certificate.string(), code);
  check(code, "the certificate can't be used", files_.certificate);
  context->use_private_key_file(files_.key.string(), Context::pem, code);
  check(code, "the key can't be used, or does not belong to the certificate", files_.key);
  if (!files_.client_ca.empty()) {
    context->load_verify_file(files_.client_ca.string(), code);
    check(code, "the certificate authority of clients can't be used", files_.client_ca);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, code);
    check(code, "client certificates can't be verified", files_.client_ca);
  }
  return context;
}

bool Tls::refresh() {
  const auto now = newest();
  if (now == seen_) return false;
  seen_ = now;
  context_.store(open());
  return true;
}

}  // namespace vitrine::serve
