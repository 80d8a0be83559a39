#include "data/table/column_reading.h"

#include <algorithm>
#include <vector>

#include "data/table/value.h"

namespace vitrine::data {

ColumnReading reading_of(const std::string& name, const ReadOptions& options) {
  using How = ColumnReading::How;
  const std::string key = normalised(name);
  const auto named = [&](const std::vector<std::string>& names) {
    return std::ranges::contains(names, key) || std::ranges::contains(names, name);
  };
  for (const NumberKey& one : options.number_keys) {
    if (one.key != name && one.key != key) continue;
    return {.how = How::numbers, .format = one.format, .dates = one.dates};
  }
  if (named(options.id_keys)) return {.keep_texts = true, .only_texts = true};
  const bool kept = options.keys.empty() || named(options.keys);
  return {.how = kept ? How::texts : How::skipped,
          .keep_texts = options.keep_all_text || named(options.text_keys)};
}

}  // namespace vitrine::data
