// Certificates: read, checked, and read again when their files change.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>

#include "serve/tls_files.h"

namespace vitrine {

/// Thread-safe.
class Tls {
 public:
  /// TLS 1.2 and 1.3. Throws Error(bad_input) for files that can't be used or do not
  /// belong together.
  explicit Tls(TlsFiles files);

  /// For new connections; those that are open keep theirs.
  std::shared_ptr<boost::asio::ssl::context> context() const { return context_.load(); }

  /// Reads the files again if one has changed. True: a new context is in force. Throws Error
  /// as the constructor; then the old one stays, and the files are not tried again until
  /// they change.
  bool refresh();

 private:
  using Context = boost::asio::ssl::context;
  std::shared_ptr<Context> open() const;
  std::filesystem::file_time_type newest() const;

  TlsFiles files_;
  std::filesystem::file_time_type seen_;
  std::atomic<std::shared_ptr<Context>> context_;
};

}  // namespace vitrine
