// API keys, stored as hashes, with rate limits. docs/guides/serving.md.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vitrine::serve {

/// Thread-safe.
class ApiKeys {
 public:
  struct Caller {
    std::string name;
    bool admin = false;
  };

  /// Reads the file, a key per line: `NAME SHA256 [admin] [rate=REQUESTS_PER_SECOND]`; `#` begins a
  /// comment. Throws Error(bad_input) with the wrong line, or if there is no key.
  explicit ApiKeys(std::filesystem::path path);

  /// Reads the file again. If it is invalid, the old keys stay and the error is thrown.
  void reload();

  /// Reloads the file if its content has changed. An error is thrown once, not at each call. A file
  /// without keys takes effect (all requests are refused) only if it is empty at two calls in a
  /// row, because an editor may be writing it. Returns true when that happens.
  bool refresh();

  /// The owner of a key, or null. Compares all hashes, each in constant time.
  std::shared_ptr<const Caller> find(std::string_view key) const;

  /// The names in the text of a file of keys. Throws Error(bad_input).
  static std::vector<std::string> names_in(const std::filesystem::path& path,
                                           const std::string& text);

  /// Counts a request against the caller's rate (token bucket). Returns false if the rate is used
  /// up; then `wait` is the time until the next request is allowed.
  bool within_rate(const std::string& name, Time now, Duration& wait);

 private:
  struct Entry {
    std::shared_ptr<const Caller> caller;
    std::string hash;  ///< 64 hexadecimal digits
    double rate = 0;   ///< requests per second; 0: no limit
    double tokens = 0;
    Time filled{};
  };
  /// Parses the file; the result is empty if it has no key. Throws Error(bad_input).
  static std::vector<Entry> read(const std::filesystem::path& path, const std::string& text);
  void take(std::vector<Entry> fresh);

  std::filesystem::path path_;
  std::mutex reading_;         ///< serialises reading the file
  bool empty_before_ = false;  ///< the file had no key at the last refresh()
  std::string seen_;           ///< SHA-256 of the last content, or the last error
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

struct NewApiKey {
  std::string name;
  std::string key;
  bool admin = false;
  double rate = 0;  ///< requests per second; 0: no limit
};

/// Appends the line of a key to a file of keys, which is created, readable by its owner only, if it
/// does not exist. Throws Error: usage for a name that is not one word or is there already;
/// bad_input if the file is no file of keys; failed if it can't be written.
void append_api_key(const std::filesystem::path& path, const NewApiKey& key);

}  // namespace vitrine::serve
