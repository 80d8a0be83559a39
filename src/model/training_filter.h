// A small filter of the cases that a model was trained on, so that an evaluation on them is
// noticed: a Bloom filter (Bloom 1970) of hashes. It does not contain the cases themselves, but
// tells whether a case that one knows whole, with its label, was probably among them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "data/table/table.h"

namespace vitrine::model {

class TrainingFilter {
 public:
  /// The filter of training cases by their hashes: of all cases up to kMost different ones, of
  /// more, of a sample of about as many.
  explicit TrainingFilter(std::span<const std::uint64_t> hashes);

  /// Reads the output of to_json(); nullopt for anything else.
  static std::optional<TrainingFilter> from_json(const Json& json);
  Json to_json() const;

  /// The share of cases that were trained on, estimated from their hashes; 0 if there are not more
  /// of them than new cases of the same distribution would have: small tables repeat rows, and the
  /// filter takes about 2 % of new cases for known ones.
  double trained_share(std::span<const std::uint64_t> hashes) const;

  static constexpr std::size_t kMost = 4096;

 private:
  TrainingFilter() = default;
  bool is_sampled(std::uint64_t hash) const { return hash <= limit_; }
  template <typename Visit>
  void each_bit(std::uint64_t hash, const Visit& visit) const;

  std::string bits_;             ///< 8 bits a case
  std::uint64_t limit_ = ~0ULL;  ///< cases with larger hashes are not in the sample
  double repeated_share_ = 0;    ///< of the different cases, those that occur more than once
};

/// The hashes of the rows of a table with their labels or targets; equal rows have equal ones.
std::vector<std::uint64_t> case_hashes(const data::Table& table);

/// The hash of a photo by the SHA-256 of its file, in hexadecimal digits.
std::uint64_t case_hash(const std::string& sha256);

}  // namespace vitrine::model
