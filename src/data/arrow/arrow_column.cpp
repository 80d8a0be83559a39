// There are three kinds of columns:
// - ValueColumn: numbers, booleans, dates and times. A small hash table of the values' bits numbers
//   the different ones; texts are made once for each. With more than kMaxDistinct it becomes a
//   column of numbers.
// - TextColumn: texts, also those of a dictionary, by a ColumnBuilder.
// - SkippedColumn: no cell is kept.
#include "data/arrow/arrow_column.h"

#include <arrow/api.h>
#include <arrow/util/float16.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "data/table/column_builder.h"
#include "data/table/text_arena.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

class SkippedColumn : public ArrowColumn {
 public:
  explicit SkippedColumn(std::string reason) : reason_(std::move(reason)) {}
  void add(const std::shared_ptr<arrow::Array>&) override {}
  RawColumn finish() && override {
    RawColumn column;
    column.form = RawColumn::Form::free_text;
    column.unreadable = std::move(reason_);
    return column;
  }

 private:
  std::string reason_;
};

/// Numbers different values of 64 bits in order of appearance. Open addressing; the slots have only
/// the codes, so that the table of kMaxDistinct values fits a core's cache.
class ValueCodes {
 public:
  std::uint32_t code_of(std::uint64_t value) {
    if (values_.size() * 2 >= slots_.size()) grow();
    for (std::size_t place = hash_of(value);; place = (place + 1) & (slots_.size() - 1)) {
      std::uint32_t& code = slots_[place];
      if (code == kFree) {
        code = static_cast<std::uint32_t>(values_.size());
        values_.push_back(value);
        return code;
      }
      if (values_[code] == value) return code;
    }
  }
  /// The code of a cell without a value, which no value has.
  std::uint32_t code_of_missing() {
    if (missing_ == kFree) {
      missing_ = static_cast<std::uint32_t>(values_.size());
      values_.push_back(0);
    }
    return missing_;
  }
  bool is_missing(std::size_t code) const { return code == missing_; }
  std::size_t size() const { return values_.size(); }
  std::uint64_t value(std::size_t code) const { return values_[code]; }

 private:
  static constexpr std::uint32_t kFree = ~0U;
  std::size_t hash_of(std::uint64_t value) const {
    return (value * 0x9E3779B97F4A7C15U) >> (64 - bits_);
  }
  void grow() {
    bits_ = slots_.empty() ? 6 : bits_ + 1;
    slots_.assign(std::size_t{1} << bits_, kFree);
    for (std::size_t code = 0; code < values_.size(); ++code) {
      if (is_missing(code)) continue;
      std::size_t place = hash_of(values_[code]);
      while (slots_[place] != kFree) place = (place + 1) & (slots_.size() - 1);
      slots_[place] = static_cast<std::uint32_t>(code);
    }
  }
  unsigned bits_ = 0;
  std::uint32_t missing_ = kFree;
  std::vector<std::uint32_t> slots_;
  std::vector<std::uint64_t> values_;  ///< by code
};

/// What the values of a column mean.
template <typename Value>
struct Meaning {
  std::function<std::string(Value)> text;
  std::function<double(Value)> number;
  std::optional<DateFormat> dates = {};    ///< the numbers are days
  std::function<bool(Value)> is_nan = {};  ///< of numbers that C++ has no type for
};

/// `Value`: of at most 64 bits.
template <typename Value>
class ValueColumn : public ArrowColumn {
 public:
  ValueColumn(Meaning<Value> meaning, bool as_numbers)
      : meaning_(std::move(meaning)), of_numbers_(as_numbers) {}

  void add(const std::shared_ptr<arrow::Array>& cells) override {
    const auto size = static_cast<std::size_t>(cells->length());
    if (cells->type_id() == arrow::Type::NA) {
      add_values(*cells, size, [](std::size_t) { return Value{}; });
      return;
    }
    if (cells->type_id() == arrow::Type::BOOL) {
      const auto& flags = static_cast<const arrow::BooleanArray&>(*cells);
      add_values(*cells, size, [&](std::size_t i) {
        return static_cast<Value>(flags.Value(static_cast<std::int64_t>(i)) ? 1 : 0);
      });
      return;
    }
    const Value* values = cells->data()->template GetValues<Value>(1);
    add_values(*cells, size, [&](std::size_t i) { return values[i]; });
  }

  RawColumn finish() && override {
    RawColumn column;
    column.plain_numbers = !meaning_.dates;
    if (of_numbers_) {
      column.form = RawColumn::Form::numbers;
      column.dates = meaning_.dates;
      column.numbers = std::move(numbers_);
      column.strays = std::move(strays_);
      return column;
    }
    for (std::size_t code = 0; code < values_.size(); ++code) {
      column.texts.push_back(
          values_.is_missing(code) ? std::string() : meaning_.text(of_bits(values_.value(code))));
    }
    column.codes = std::move(codes_);
    return column;
  }

 private:
  template <typename ValueAt>
  void add_values(const arrow::Array& cells, std::size_t size, const ValueAt& value_at) {
    const bool nulls = cells.null_count() > 0;
    const auto missing = [&](std::size_t i, Value value) {
      return (nulls && cells.IsNull(static_cast<std::int64_t>(i))) || is_nan(value);
    };
    std::size_t i = of_numbers_ ? 0 : add_codes(size, value_at, missing);
    if (i == size) return;
    numbers_.reserve(numbers_.size() + size - i);
    for (; i < size; ++i) {
      const Value value = value_at(i);
      missing(i, value) ? add_missing() : add_number(value);
    }
  }

  /// Adds cells until there are too many different values; returns how many were added.
  template <typename ValueAt, typename Missing>
  std::size_t add_codes(std::size_t size, const ValueAt& value_at, const Missing& missing) {
    const std::size_t first = codes_.size();
    codes_.resize(first + size);
    for (std::size_t i = 0; i < size; ++i) {
      const Value value = value_at(i);
      codes_[first + i] =
          missing(i, value) ? values_.code_of_missing() : values_.code_of(bits_of(value));
      if (values_.size() > kMaxDistinct) {
        codes_.resize(first + i + 1);
        become_numbers();
        return i + 1;
      }
    }
    return size;
  }

  bool is_nan(Value value) const {
    if constexpr (std::is_floating_point_v<Value>) return std::isnan(value);
    return meaning_.is_nan && meaning_.is_nan(value);
  }
  static std::uint64_t bits_of(Value value) {
    if constexpr (std::is_same_v<Value, float>)
      return std::bit_cast<std::uint32_t>(value);
    else if constexpr (std::is_same_v<Value, double>)
      return std::bit_cast<std::uint64_t>(value);
    else
      return static_cast<std::uint64_t>(value);
  }
  static Value of_bits(std::uint64_t bits) {
    if constexpr (std::is_same_v<Value, float>)
      return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    else if constexpr (std::is_same_v<Value, double>)
      return std::bit_cast<double>(bits);
    else
      return static_cast<Value>(bits);
  }

  void add_missing() {
    strays_.push_back({numbers_.size(), ""});
    numbers_.push_back(kNaN);
  }

  void add_number(Value value) {
    const double number = meaning_.number(value);
    if (std::isnan(number)) strays_.push_back({numbers_.size(), meaning_.text(value)});
    numbers_.push_back(number);
  }

  void become_numbers() {
    of_numbers_ = true;
    const std::vector<std::uint32_t> codes = std::move(codes_);
    for (const std::uint32_t code : codes) {
      values_.is_missing(code) ? add_missing() : add_number(of_bits(values_.value(code)));
    }
    values_ = {};
  }

  Meaning<Value> meaning_;
  bool of_numbers_;
  ValueCodes values_;
  std::vector<std::uint32_t> codes_;
  std::vector<double> numbers_;
  std::vector<RawColumn::Stray> strays_;
};

class TextColumn : public ArrowColumn {
 public:
  TextColumn(const ColumnReading& reading, const ReadOptions& options, std::string where,
             bool plain_numbers)
      : keep_texts_(reading.keep_texts), where_(std::move(where)), plain_numbers_(plain_numbers) {
    if (reading.how == ColumnReading::How::numbers) {
      builder_.expect_numbers(plain_numbers ? NumberFormat{} : reading.format, reading.dates);
    } else if (reading.only_texts) {
      builder_.stay_dictionary();
    } else {
      builder_.detect_format(options.decimal.value_or(0), options.date_order);
    }
  }

  void add(const std::shared_ptr<arrow::Array>& cells) override {
    switch (cells->type_id()) {
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        kept_.push_back(cells);
        return add_views(static_cast<const arrow::BinaryArray&>(*cells));
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        kept_.push_back(cells);
        return add_views(static_cast<const arrow::LargeBinaryArray&>(*cells));
      case arrow::Type::STRING_VIEW:
      case arrow::Type::BINARY_VIEW:
        kept_.push_back(cells);
        return add_views(static_cast<const arrow::BinaryViewArray&>(*cells));
      case arrow::Type::DICTIONARY:
        return add_dictionary(static_cast<const arrow::DictionaryArray&>(*cells));
      default:
        return add_scalars(*cells);
    }
  }

  RawColumn finish() && override {
    RawColumn column = std::move(builder_).finish("");
    column.plain_numbers = plain_numbers_;
    const auto valid = [](const std::string& text) { return simdjson::validate_utf8(text); };
    if (std::ranges::all_of(column.texts, valid) &&
        std::ranges::all_of(column.strays, valid, &RawColumn::Stray::text)) {
      return column;
    }
    if (keep_texts_) {
      throw Error(ErrorKind::bad_input, "a text is not valid UTF-8", where_,
                  "write the column as text in UTF-8, or leave it out of the file");
    }
    return std::move(SkippedColumn("its cells are not text in UTF-8")).finish();
  }

 private:
  template <typename Array>
  void add_views(const Array& cells) {
    for (std::int64_t i = 0; i < cells.length(); ++i) {
      builder_.add({cells.IsNull(i) ? std::string_view() : std::string_view(cells.GetView(i))},
                   keep_texts_);
    }
  }

  void add_dictionary(const arrow::DictionaryArray& cells) {
    const std::vector<CellText> texts = texts_of(cells.dictionary());
    std::vector<std::int64_t> places(static_cast<std::size_t>(cells.length()));
    switch (cells.indices()->type_id()) {
      case arrow::Type::INT8:
        copy_places<std::int8_t>(cells, places);
        break;
      case arrow::Type::INT32:  // of Parquet
        copy_places<std::int32_t>(cells, places);
        break;
      default:
        for (std::size_t i = 0; i < places.size(); ++i) {
          const auto row = static_cast<std::int64_t>(i);
          places[i] = cells.IsNull(row) ? -1 : cells.GetValueIndex(row);
        }
    }
    builder_.add_coded(texts, places, keep_texts_);
  }

  template <typename Index>
  static void copy_places(const arrow::DictionaryArray& cells, std::vector<std::int64_t>& places) {
    const Index* indices = cells.indices()->data()->template GetValues<Index>(1);
    std::copy_n(indices, places.size(), places.begin());
    if (cells.null_count() == 0) return;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (cells.IsNull(static_cast<std::int64_t>(i))) places[i] = -1;
    }
  }

  /// The categories of pandas may be of any type: those that are no texts are written as such.
  std::vector<CellText> texts_of(const std::shared_ptr<arrow::Array>& values) {
    kept_.push_back(values);
    const auto* views = values->type_id() == arrow::Type::STRING
                            ? static_cast<const arrow::BinaryArray*>(values.get())
                            : nullptr;
    std::vector<CellText> texts;
    texts.reserve(static_cast<std::size_t>(values->length()));
    for (std::int64_t i = 0; i < values->length(); ++i) {
      if (views != nullptr && !views->IsNull(i)) {
        texts.emplace_back(views->GetView(i));
      } else {
        texts.emplace_back(arena_.add(text_of(*values, i)));
      }
    }
    return texts;
  }

  void add_scalars(const arrow::Array& cells) {
    for (std::int64_t i = 0; i < cells.length(); ++i) {
      builder_.add_copy(text_of(cells, i), arena_, keep_texts_);
    }
  }

  static std::string text_of(const arrow::Array& cells, std::int64_t row) {
    if (cells.IsNull(row)) return {};
    switch (cells.type_id()) {
      case arrow::Type::DOUBLE:
        return number_text(static_cast<const arrow::DoubleArray&>(cells).Value(row));
      case arrow::Type::FLOAT:
        return number_text(static_cast<const arrow::FloatArray&>(cells).Value(row));
      case arrow::Type::DECIMAL128:
        return static_cast<const arrow::Decimal128Array&>(cells).FormatValue(row);
      case arrow::Type::DECIMAL256:
        return static_cast<const arrow::Decimal256Array&>(cells).FormatValue(row);
      default: {
        const auto scalar = cells.GetScalar(row);
        if (!scalar.ok()) return {};
        if ((*scalar)->type->id() != arrow::Type::RUN_END_ENCODED) return (*scalar)->ToString();
        const auto& value = *static_cast<const arrow::RunEndEncodedScalar&>(**scalar).value;
        return value.is_valid ? value.ToString() : std::string();
      }
    }
  }

  ColumnBuilder builder_;
  bool keep_texts_;
  std::string where_;
  bool plain_numbers_;                               ///< decimals
  std::vector<std::shared_ptr<arrow::Array>> kept_;  ///< the builder has views of them
  TextArena arena_;                                  ///< likewise
};

template <typename Value>
std::unique_ptr<ArrowColumn> value_column(const ColumnReading& reading, Meaning<Value> meaning) {
  const bool as_numbers =
      reading.how == ColumnReading::How::numbers && (!meaning.dates || reading.dates.has_value());
  return std::make_unique<ValueColumn<Value>>(std::move(meaning), as_numbers);
}

/// NaN for an infinity: as text it is no number either.
double double_of(double value) { return std::isfinite(value) ? value : kNaN; }
/// The double that has the shortest text of a float, as CSV would give it: 0.1, not 0.10000000149.
double double_of(float value) { return parse_number(number_text(value)).value_or(kNaN); }

template <typename Value>
std::unique_ptr<ArrowColumn> number_column(const ColumnReading& reading) {
  const auto text = [](Value value) {
    if constexpr (std::is_floating_point_v<Value>)
      return number_text(value);
    else
      return std::to_string(value);
  };
  const auto number = [](Value value) {
    if constexpr (std::is_floating_point_v<Value>)
      return double_of(value);
    else
      return static_cast<double>(value);
  };
  return value_column<Value>(reading, {.text = text, .number = number});
}

constexpr std::int64_t kSecondsOfDay = 86400;

/// `13:45:07.250000`; `fraction` counts parts of a second, of which there are `per_second`. Six
/// digits or nine, as Python and pandas write them.
std::string time_text(std::int64_t second, std::int64_t fraction, std::int64_t per_second) {
  std::string out = fmt::format("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
  if (fraction == 0) return out;
  constexpr std::int64_t kMicro = 1'000'000;
  if (fraction * kMicro % per_second == 0) {
    return out + fmt::format(".{:06}", fraction * kMicro / per_second);
  }
  return out + fmt::format(".{:09}", fraction);
}

/// Rounds down.
std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  const std::int64_t quotient = a / b;
  return a % b < 0 ? quotient - 1 : quotient;
}

std::int64_t per_second_of(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      return 1'000'000'000;
  }
  return 1;
}

/// The difference of a zone from UTC at a time, in seconds.
class Zone {
 public:
  /// Throws Error(bad_input) for a zone that the system does not know.
  Zone(const std::string& name, const std::string& where) {
    if (name.empty() || name == "UTC" || name == "Z") return;
    if (name[0] == '+' || name[0] == '-') {
      int hours = 0;
      int minutes = 0;
      const char* format = name.contains(':') ? "%2d:%2d" : "%2d%2d";
      if (std::sscanf(name.c_str() + 1, format, &hours, &minutes) >= 1) {
        fixed_ = (hours * 3600 + minutes * 60) * (name[0] == '-' ? -1 : 1);
        return;
      }
    }
    try {
      zone_ = std::chrono::locate_zone(name);
    } catch (const std::runtime_error&) {
      throw Error(ErrorKind::bad_input,
                  "the time zone '" + shown(name, 40) + "' is not known to this system", where,
                  "convert the column to UTC, or install the package tzdata");
    }
  }
  /// 0 for times that mean no date: 9999-12-31 stays in its year.
  std::int64_t offset_at(std::int64_t second) const {
    if (static_cast<double>(second) >= kNever * kSecondsOfDay ||
        static_cast<double>(second) <= kFirstDay * kSecondsOfDay) {
      return 0;
    }
    if (zone_ == nullptr) return fixed_;
    return zone_->get_info(std::chrono::sys_seconds(std::chrono::seconds(second))).offset.count();
  }

 private:
  std::int64_t fixed_ = 0;
  const std::chrono::time_zone* zone_ = nullptr;
};

/// A count of parts of a second since 1970, as wall time.
struct WallTime {
  std::int64_t day = 0;
  std::int64_t second = 0;    ///< of the day
  std::int64_t fraction = 0;  ///< in parts of a second
};

WallTime wall_time(std::int64_t value, std::int64_t per_second, const Zone& zone) {
  std::int64_t second = floor_divide(value, per_second);
  const std::int64_t fraction = value - second * per_second;
  second += zone.offset_at(second);
  const std::int64_t day = floor_divide(second, kSecondsOfDay);
  return {day, second - day * kSecondsOfDay, fraction};
}

/// Days outside the calendar are such that mean no date.
std::string day_text(std::int64_t day) {
  const auto days = static_cast<double>(day);
  return days >= kNever ? "9999-12-31" : days <= kFirstDay ? "0000-00-00" : date_text(days, false);
}

/// Values that are dates, as `text` writes them. Their days are those of the text, to the last bit.
template <typename Value, typename Text>
std::unique_ptr<ArrowColumn> column_of_dates(const ColumnReading& reading, const Text& text,
                                             bool times) {
  const auto days = [text](Value value) { return parse_days(text(value), {}).value_or(kNaN); };
  return value_column<Value>(reading,
                             {.text = text, .number = days, .dates = DateFormat{.times = times}});
}

std::unique_ptr<ArrowColumn> timestamp_column(const arrow::TimestampType& type,
                                              const ColumnReading& reading,
                                              const std::string& where) {
  const std::int64_t per_second = per_second_of(type.unit());
  const auto zone = std::make_shared<Zone>(type.timezone(), where);
  const auto text = [per_second, zone](std::int64_t value) {
    const WallTime wall = wall_time(value, per_second, *zone);
    if (wall.second == 0 && wall.fraction == 0) return day_text(wall.day);
    return day_text(wall.day) + "T" + time_text(wall.second, wall.fraction, per_second);
  };
  return column_of_dates<std::int64_t>(reading, text, true);
}

template <typename Value>
std::unique_ptr<ArrowColumn> date_column(const ColumnReading& reading, std::int64_t per_day) {
  const auto text = [per_day](Value value) { return day_text(floor_divide(value, per_day)); };
  return column_of_dates<Value>(reading, text, false);
}

template <typename Value>
std::unique_ptr<ArrowColumn> time_column(arrow::TimeUnit::type unit) {
  const std::int64_t per_second = per_second_of(unit);
  const auto text = [per_second](Value value) {
    return time_text(value / per_second, value % per_second, per_second);
  };
  // Times of day are texts: never read as numbers.
  return value_column<Value>({}, {.text = text, .number = [](Value) { return kNaN; }});
}

std::unique_ptr<ArrowColumn> duration_column(arrow::TimeUnit::type unit,
                                             const ColumnReading& reading) {
  // In days, as spreadsheets have them.
  const double per_day = static_cast<double>(per_second_of(unit)) * kSecondsOfDay;
  const auto days = [per_day](std::int64_t value) { return static_cast<double>(value) / per_day; };
  return value_column<std::int64_t>(
      reading,
      {.text = [days](std::int64_t value) { return number_text(days(value)); }, .number = days});
}

/// The type that an extension is stored as.
const arrow::DataType& storage_of(const arrow::DataType& type) {
  return type.id() == arrow::Type::EXTENSION
             ? storage_of(*static_cast<const arrow::ExtensionType&>(type).storage_type())
             : type;
}

}  // namespace

std::unique_ptr<ArrowColumn> make_column(const arrow::DataType& type, const ColumnReading& reading,
                                         const ReadOptions& options, const std::string& where,
                                         Nested nested) {
  if (reading.how == ColumnReading::How::skipped) return std::make_unique<SkippedColumn>("");
  const arrow::Type::type storage = storage_of(type).id();
  if (nested == Nested::unread && arrow::is_nested(storage) &&
      storage != arrow::Type::RUN_END_ENCODED) {
    return std::make_unique<SkippedColumn>("its cells are lists or structures");
  }
  switch (type.id()) {
    case arrow::Type::NA:
    case arrow::Type::UINT8:
      return number_column<std::uint8_t>(reading);
    case arrow::Type::BOOL:
      return value_column<std::uint8_t>(
          {.how = ColumnReading::How::texts},
          {.text = [](std::uint8_t value) { return std::string(value == 1 ? "true" : "false"); },
           .number = [](std::uint8_t value) { return static_cast<double>(value); }});
    case arrow::Type::INT8:
      return number_column<std::int8_t>(reading);
    case arrow::Type::UINT16:
      return number_column<std::uint16_t>(reading);
    case arrow::Type::INT16:
      return number_column<std::int16_t>(reading);
    case arrow::Type::UINT32:
      return number_column<std::uint32_t>(reading);
    case arrow::Type::INT32:
      return number_column<std::int32_t>(reading);
    case arrow::Type::UINT64:
      return number_column<std::uint64_t>(reading);
    case arrow::Type::INT64:
      return number_column<std::int64_t>(reading);
    case arrow::Type::HALF_FLOAT: {
      const auto value_of = [](std::uint16_t bits) {
        return arrow::util::Float16::FromBits(bits).ToFloat();
      };
      return value_column<std::uint16_t>(
          reading,
          {.text = [value_of](std::uint16_t bits) { return number_text(value_of(bits)); },
           .number = [value_of](std::uint16_t bits) { return double_of(value_of(bits)); },
           .is_nan = [value_of](std::uint16_t bits) { return std::isnan(value_of(bits)); }});
    }
    case arrow::Type::FLOAT:
      return number_column<float>(reading);
    case arrow::Type::DOUBLE:
      return number_column<double>(reading);
    case arrow::Type::DATE32:
      return date_column<std::int32_t>(reading, 1);
    case arrow::Type::DATE64:
      return date_column<std::int64_t>(reading, kSecondsOfDay * 1000);
    case arrow::Type::TIMESTAMP:
      return timestamp_column(static_cast<const arrow::TimestampType&>(type), reading, where);
    case arrow::Type::TIME32:
      return time_column<std::int32_t>(static_cast<const arrow::Time32Type&>(type).unit());
    case arrow::Type::TIME64:
      return time_column<std::int64_t>(static_cast<const arrow::Time64Type&>(type).unit());
    case arrow::Type::DURATION:
      return duration_column(static_cast<const arrow::DurationType&>(type).unit(), reading);
    default:
      return std::make_unique<TextColumn>(reading, options, where, arrow::is_decimal(type.id()));
  }
}

}  // namespace vitrine::data
