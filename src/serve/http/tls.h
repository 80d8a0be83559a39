// TLS certificates: read, checked, and reloaded when their files change.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>

#include "serve/http/tls_files.h"

namespace vitrine::serve {

/// Thread-safe.
class Tls {
 public:
  /// Allows TLS 1.2 and 1.3. Throws Error(bad_input) for files that can't be used, or a key that
  /// does not belong to the certificate.
  explicit Tls(TlsFiles files);

  /// The context for new connections; open connections keep theirs.
  std::shared_ptr<boost::asio::ssl::context> context() const { return context_.load(); }

  /// Reloads the files if one has changed. Returns whether there is a new context. Throws Error as
  /// the constructor does; then the old context stays, and the files are not tried again until they
  /// change.
  bool refresh();

 private:
  using Context = boost::asio::ssl::context;
  std::shared_ptr<Context> open() const;
  std::filesystem::file_time_type newest() const;

  TlsFiles files_;
  std::filesystem::file_time_type seen_;
  std::atomic<std::shared_ptr<Context>> context_;
};

}  // namespace vitrine::serve
