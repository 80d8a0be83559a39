// How the cells of one column are read, as the options say.
#pragma once

#include <optional>
#include <string>

#include "data/table/raw_table.h"

namespace vitrine::data {

struct ColumnReading {
  enum class How { skipped, texts, numbers };
  How how = How::texts;
  NumberFormat format;              ///< of its numbers
  std::optional<DateFormat> dates;  ///< of its dates
  bool keep_texts = false;          ///< however many different ones there are
  bool only_texts = false;          ///< likewise, and they never become numbers
};

/// The reading of the column `name` (`options.keys`, `number_keys`, `text_keys`, `keep_all_text`).
ColumnReading reading_of(const std::string& name, const ReadOptions& options);

}  // namespace vitrine::data
