// Names of columns, each different.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>

namespace vitrine::data {

/// A name that occurs again gets a number behind it: age, age_2. Not thread-safe.
class UniqueNames {
 public:
  /// `all`: every name that will be added. A number never makes one of them.
  explicit UniqueNames(std::span<const std::string> all) : taken_(all.begin(), all.end()) {}

  /// The name, with a number if it was added before.
  std::string add(const std::string& name);

 private:
  std::set<std::string> taken_;
  std::map<std::string, std::size_t> times_;  ///< the last number of a name
};

}  // namespace vitrine::data
