// Columns of free text.
#include <cmath>

#include "base/text.h"
#include "data/table/inference/inference.h"
#include "data/table/value.h"

namespace vitrine::data {

bool is_free_text(const RawColumn& raw, const ReadingRules& rules) {
  constexpr std::size_t kFewTexts = 20;
  constexpr std::size_t kSample = 1000;
  if (raw.form != RawColumn::Form::dictionary || rules.dates) return false;
  const std::size_t different = raw.texts.size();
  if (different <= kFewTexts) return false;
  std::vector<std::uint8_t> present;
  for (const std::string& text : raw.texts) present.push_back(is_missing(text) ? 0 : 1);
  std::size_t rows = 0;
  for (const std::uint32_t code : raw.codes) rows += present[code];
  const bool many = different > kMaxCategories ||
                    static_cast<double>(different) > kIdentifierShare * static_cast<double>(rows);
  if (!many) return false;
  const std::size_t step = (different + kSample - 1) / kSample;
  std::size_t looked_at = 0;
  std::size_t words = 0;
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < different; i += step) {
    ++looked_at;
    words += count_words(raw.texts[i]);
    numbers += rules.value_of(raw.texts[i]) ? 1 : 0;
  }
  return static_cast<double>(words) >= kFewestWords * static_cast<double>(looked_at) &&
         numbers * 2 < looked_at;
}

void fill_text(Column& column, const RawColumn& raw) {
  column.kind = ColumnKind::text;
  column.missing_words.clear();
  double words = 0;
  std::size_t missing = 0;
  for (const std::uint32_t code : raw.codes) {
    const std::size_t count = count_words(raw.texts[code]);
    words += static_cast<double>(count);
    missing += count == 0 ? 1 : 0;
  }
  const auto rows = static_cast<double>(std::max<std::size_t>(1, raw.codes.size()));
  column.mean = words / rows;
  column.missing_share = static_cast<double>(missing) / rows;
  column.optional = true;  // a missing text is an empty one, whether training had some or not
}

}  // namespace vitrine::data
