#include "data/table/text_table.h"

#include <cstring>

namespace vitrine::data {
namespace {

/// Hashes eight bytes at a time by multiplication and shifts.
std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ULL;
  std::uint64_t hash = text.size() * kFactor;
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), 8);
    hash = (hash ^ word) * kFactor;
    hash ^= hash >> 29;
    text.remove_prefix(8);
  }
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  }
  hash = (hash ^ word) * kFactor;
  return hash ^ (hash >> 32);
}

}  // namespace

/// The slot of the text, or the free slot where it would be inserted.
std::size_t TextTable::place_of(std::string_view text) const {
  const std::size_t mask = places_.size() - 1;
  std::size_t place = hash_of(text) & mask;
  while (places_[place] != 0 && entries_[places_[place] - 1].text != text) {
    place = (place + 1) & mask;
  }
  return place;
}

void TextTable::grow() {
  std::size_t size = 8;
  while (size < 4 * (entries_.size() + 1)) size *= 2;
  places_.assign(size, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    places_[place_of(entries_[i].text)] = static_cast<std::uint32_t>(i + 1);
  }
}

void TextTable::add(std::string_view text, std::uint32_t number) {
  if (find(text)) return;
  if (places_.size() < 4 * (entries_.size() + 1)) grow();
  const std::size_t place = place_of(text);
  entries_.push_back({std::string(text), number});
  places_[place] = static_cast<std::uint32_t>(entries_.size());
}

std::optional<std::uint32_t> TextTable::find(std::string_view text) const {
  if (places_.empty()) return std::nullopt;
  const std::uint32_t entry = places_[place_of(text)];
  if (entry == 0) return std::nullopt;
  return entries_[entry - 1].number;
}

}  // namespace vitrine::data
