// Who may ask: keys that are kept as hashes, with a rate each. docs/serving.md.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace vitrine {

/// Thread-safe.
class ApiKeys {
 public:
  struct Caller {
    std::string name;
    bool admin = false;
  };

  /// A line a key: `NAME SHA256 [admin] [rate=REQUESTS_PER_SECOND]`; `#` begins a comment.
  /// Throws Error(bad_input) with the line at fault.
  explicit ApiKeys(std::filesystem::path path);

  /// Reads the file again; where it is broken the old keys stay and the error is thrown.
  void reload();

  /// The same if the file holds something else than when it was last looked at. What can't be used
  /// is thrown once, not each time. A file that holds no key at two looks lets nobody in: the last
  /// key was revoked, and no editor is at work on the file. True: that is so since now.
  bool refresh();

  /// Whose key it is; compares all hashes, each in constant time. Null: nobody's.
  std::shared_ptr<const Caller> find(std::string_view key) const;

  /// Takes one request off the caller's rate; false: none is left, `wait` says for how long.
  bool within_rate(const std::string& name, Time now, Duration& wait);

 private:
  struct Entry {
    std::shared_ptr<const Caller> caller;
    std::string hash;  ///< 64 hexadecimal digits
    double rate = 0;   ///< requests a second; 0: no limit
    double tokens = 0;
    Time filled{};
  };
  /// Empty: there is no key in it.
  static std::vector<Entry> read(const std::filesystem::path& path, const std::string& text);
  void take(std::vector<Entry> fresh);

  std::filesystem::path path_;
  std::mutex reading_;  ///< one at a time reads the file
  bool empty_before_ = false;
  std::string seen_;  ///< SHA-256 of what it held, or what kept it from being read
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace vitrine
