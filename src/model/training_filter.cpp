#include "model/training_filter.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include "base/base64.h"
#include "data/table/split.h"

namespace vitrine::model {
namespace {

constexpr std::size_t kBitsACase = 8;
constexpr int kHashes = 5;

/// The last step of SplitMix64 (Steele, Lea and Flood 2014): spreads each bit over all.
std::uint64_t spread(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

}  // namespace

/// Double hashing (Kirsch and Mitzenmacher 2006).
template <typename Visit>
void TrainingFilter::each_bit(std::uint64_t hash, const Visit& visit) const {
  const std::uint64_t first = spread(hash + 1);
  const std::uint64_t step = spread(hash + 2) | 1;
  for (int i = 0; i < kHashes; ++i) {
    visit((first + static_cast<std::uint64_t>(i) * step) % (8 * bits_.size()));
  }
}

TrainingFilter::TrainingFilter(std::span<const std::uint64_t> hashes) {
  std::vector<std::uint64_t> sorted(hashes.begin(), hashes.end());
  std::ranges::sort(sorted);
  std::vector<std::uint64_t> different;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < sorted.size();) {
    const auto next = std::ranges::upper_bound(sorted.begin() + static_cast<std::ptrdiff_t>(i),
                                               sorted.end(), sorted[i]) -
                      sorted.begin();
    repeated += static_cast<std::size_t>(next) - i > 1 ? 1 : 0;
    different.push_back(sorted[i]);
    i = static_cast<std::size_t>(next);
  }
  if (different.empty()) return;
  repeated_share_ = static_cast<double>(repeated) / static_cast<double>(different.size());
  if (different.size() > kMost) {  // hashes are uniform: the smallest ones are a random sample
    different.resize(kMost);
    limit_ = different.back();
  }
  bits_.assign((different.size() * kBitsACase + 7) / 8, '\0');
  for (const std::uint64_t hash : different) {
    each_bit(hash, [&](std::size_t bit) {
      bits_[bit / 8] = static_cast<char>(static_cast<unsigned char>(bits_[bit / 8]) |
                                         static_cast<unsigned char>(1U << (bit % 8)));
    });
  }
}

double TrainingFilter::trained_share(std::span<const std::uint64_t> hashes) const {
  std::vector<std::uint64_t> sampled;
  for (const std::uint64_t hash : hashes) {
    if (is_sampled(hash)) sampled.push_back(hash);
  }
  std::ranges::sort(sampled);
  const auto rest = std::ranges::unique(sampled);
  sampled.erase(rest.begin(), rest.end());
  if (sampled.empty() || bits_.empty()) return 0;
  std::size_t set = 0;
  for (const char byte : bits_) {
    set += static_cast<std::size_t>(std::popcount(static_cast<unsigned char>(byte)));
  }
  const double filled = static_cast<double>(set) / static_cast<double>(8 * bits_.size());
  const double by_chance = std::pow(filled, kHashes);
  double found = 0;
  for (const std::uint64_t hash : sampled) {
    bool all = true;
    each_bit(hash, [&](std::size_t bit) {
      all = all && ((static_cast<unsigned char>(bits_[bit / 8]) >> (bit % 8)) & 1U) != 0;
    });
    found += all ? 1 : 0;
  }
  // Of new cases a share is expected to be found; more than four standard deviations above it are
  // no accident.
  const auto count = static_cast<double>(sampled.size());
  const double expected = repeated_share_ + by_chance * (1 - repeated_share_);
  const double deviation = std::sqrt(count * expected * (1 - expected));
  if (found < count * expected + 4 * deviation + 2) return 0;
  return std::clamp((found / count - by_chance) / (1 - by_chance), 0.0, 1.0);
}

Json TrainingFilter::to_json() const {
  return {{"bits", encode_base64(bits_)},
          {"limit", limit_},
          {"repeated_share", rounded(repeated_share_, 4)}};
}

std::optional<TrainingFilter> TrainingFilter::from_json(const Json& json) {
  try {
    TrainingFilter out;
    const auto bits = decode_base64(json.at("bits").get<std::string>());
    if (!bits || bits->size() > kMost * kBitsACase / 8) return std::nullopt;
    out.bits_ = *bits;
    if (!json.at("limit").is_number_unsigned()) return std::nullopt;
    out.limit_ = json.at("limit");
    out.repeated_share_ = std::clamp(json.at("repeated_share").get<double>(), 0.0, 1.0);
    return out;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::vector<std::uint64_t> case_hashes(const data::Table& table) {
  std::vector<std::uint64_t> hashes = data::row_hashes(table);
  for (std::size_t row = 0; row < hashes.size(); ++row) {
    const std::uint64_t label = table.targets.empty()
                                    ? static_cast<std::uint64_t>(table.labels[row])
                                    : std::bit_cast<std::uint64_t>(table.targets[row]);
    hashes[row] = spread(hashes[row] ^ spread(label + 1));
  }
  return hashes;
}

std::uint64_t case_hash(const std::string& sha256) {
  std::uint64_t hash = 0;
  constexpr std::size_t kDigits = 16;
  std::from_chars(sha256.data(), sha256.data() + std::min(kDigits, sha256.size()), hash, kDigits);
  return hash;
}

}  // namespace vitrine::model
