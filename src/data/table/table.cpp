#include "data/table/table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>
#include <unordered_set>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/cell.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr float kMissingNumber = std::numeric_limits<float>::quiet_NaN();
constexpr double kNoDay = std::numeric_limits<double>::quiet_NaN();

using Findings = TableFindings::OfColumn;

/// The value of `true` and `false`, as JSON writes them.
std::optional<bool> boolean_of(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return {};
}

std::size_t first_row_with(const RawColumn& raw, std::uint32_t code) {
  return static_cast<std::size_t>(std::ranges::find(raw.codes, code) - raw.codes.begin());
}

class Applier {
 public:
  Applier(const RawTable& raw, const ApplyOptions& options) : raw_(raw), options_(options) {}

  ColumnData column(const Column& column, const RawColumn& from, Findings& findings) const {
    if (from.form == RawColumn::Form::free_text) {
      throw Error(ErrorKind::bad_input,
                  "column '" + column.name + "' can't be read" +
                      (from.unreadable.empty() ? "" : ": " + from.unreadable),
                  raw_.where, "give the table that column as the model was trained with it",
                  column.name);
    }
    switch (column.kind) {
      case ColumnKind::number: {
        Numbers values = numbers(column, from, findings);
        find_outside(column, values, findings);
        return {std::move(values)};
      }
      case ColumnKind::category:
        return {categories(column, from, findings)};
      case ColumnKind::date: {
        Days values = days(column, from, findings);
        find_outside(column, values, findings);
        return {std::move(values)};
      }
      case ColumnKind::text:
        return {texts(column, from, findings)};
    }
    unknown_kind("column kind", column.kind);
  }

 private:
  template <typename Values>
  static void find_outside(const Column& column, const Values& values, Findings& findings) {
    for (const auto given : values) {
      double value = static_cast<double>(given);
      if constexpr (std::same_as<Values, Numbers>) value = column.value_of(given);
      if (!column.is_outside(value)) continue;
      ++findings.outside;
      if (findings.outside_values.size() == kMostShown) continue;
      std::string text = column.value_text(value);
      if constexpr (std::same_as<Values, Numbers>) {
        if (!column.origin) append_number(text = "", given);
      }
      if (!std::ranges::contains(findings.outside_values, text)) {
        findings.outside_values.push_back(std::move(text));
      }
    }
  }

  static constexpr std::size_t kMostShown = 10;

  Numbers numbers(const Column& column, const RawColumn& from, Findings& findings) const {
    return converted<Numbers>(
        from, findings,
        [&](double number, std::size_t row) {
          if (!from.dates || std::isnan(number)) return column.feature_of(number);
          take_bad_cell(
              column, date_text(number, from.dates->times), 1, [row] { return row; }, findings,
              "number", number_text(column.typical_number()));
          return kMissingNumber;
        },
        [&](std::string_view text, std::size_t count, const FindRow& row) {
          return number_of(column, from, text, count, row, findings);
        });
  }

  Days days(const Column& column, const RawColumn& from, Findings& findings) const {
    return converted<Days>(
        from, findings,
        [&](double number, std::size_t row) {
          if (!from.dates && !std::isnan(number) && !column.days_of(number)) {
            take_bad_cell(
                column, number_text(number), 1, [row] { return row; }, findings, "date",
                date_text(column.typical_number(), column.date.times));
          }
          return from.dates ? column.known_days(number) : column.days_of(number).value_or(kNoDay);
        },
        [&](std::string_view text, std::size_t count, const FindRow& row) {
          return days_of(column, text, count, row, findings);
        });
  }

  using FindRow = std::function<std::size_t()>;

  /// The values of a column of numbers or dates: `of_number(number, row)`, or
  /// `of_text(text, count, row)` of a text in `count` rows, the first of which is `row()`.
  template <typename Values, typename OfNumber, typename OfText>
  Values converted(const RawColumn& from, Findings& findings, const OfNumber& of_number,
                   const OfText& of_text) const {
    Values out(raw_.rows);
    if (from.form == RawColumn::Form::numbers) {
      for (std::size_t row = 0; row < raw_.rows; ++row)
        out[row] = of_number(from.numbers[row], row);
      for (const auto& stray : from.strays) {
        out[stray.row] = of_text(stray.text, 1, [&] { return stray.row; });
      }
    } else {
      std::vector<std::size_t> counts(from.texts.size(), 0);
      for (const std::uint32_t code : from.codes) ++counts[code];
      Values values(from.texts.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = of_text(from.texts[i], counts[i],
                            [&] { return first_row_with(from, static_cast<std::uint32_t>(i)); });
      }
      for (std::size_t row = 0; row < raw_.rows; ++row) out[row] = values[from.codes[row]];
    }
    findings.missing = static_cast<std::size_t>(
        std::ranges::count_if(out, [](auto value) { return std::isnan(value); }));
    return out;
  }

  Codes categories(const Column& column, const RawColumn& from, Findings& findings) const {
    Codes codes(raw_.rows);
    if (from.form == RawColumn::Form::numbers) {
      // More different values than a dictionary holds, mostly numbers.
      for (std::size_t row = 0; row < raw_.rows; ++row) {
        if (std::isnan(from.numbers[row])) continue;
        codes[row] = code_of(column, number_text(from.numbers[row]));
      }
      for (const auto& stray : from.strays) codes[stray.row] = code_of(column, stray.text);
    } else {
      Codes by_text(from.texts.size());
      for (std::size_t i = 0; i < by_text.size(); ++i) {
        by_text[i] = code_of(column, from.texts[i]);
        if (by_text[i] == kUnseenCode) findings.unseen_values.push_back(shown(from.texts[i], 40));
      }
      for (std::size_t row = 0; row < raw_.rows; ++row) codes[row] = by_text[from.codes[row]];
    }
    findings.missing = static_cast<std::size_t>(std::ranges::count(codes, kMissingCode));
    findings.unseen = static_cast<std::size_t>(std::ranges::count(codes, kUnseenCode));
    return codes;
  }

  Texts texts(const Column& column, const RawColumn& from, Findings& findings) const {
    Texts out;
    out.texts.resize(raw_.rows);
    for (std::size_t row = 0; row < from.codes.size(); ++row) {
      out.texts[row] = from.texts[from.codes[row]];
    }
    for (std::size_t row = 0; row < from.numbers.size(); ++row) {
      if (!std::isnan(from.numbers[row])) out.texts[row] = number_text(from.numbers[row]);
    }
    for (const RawColumn::Stray& stray : from.strays) out.texts[stray.row] = stray.text;
    findings.missing = static_cast<std::size_t>(
        std::ranges::count_if(out.texts, [&](const auto& text) { return trimmed(text).empty(); }));
    if (column.text) score(*column.text, from, out);
    return out;
  }

  /// Equal texts are scored once.
  static void score(const TextScorer& scorer, const RawColumn& from, Texts& out) {
    const std::size_t rows = out.size();
    if (from.form != RawColumn::Form::dictionary) return score_texts(scorer, out);
    Texts different{from.texts, {}};
    score_texts(scorer, different);
    for (const Numbers& scores : different.scores) {
      Numbers& of_output = out.scores.emplace_back(rows);
      for (std::size_t row = 0; row < rows; ++row) of_output[row] = scores[from.codes[row]];
    }
  }

  /// The feature of a text in `count` rows, the first of which is `row()`.
  float number_of(const Column& column, const RawColumn& from, std::string_view text,
                  std::size_t count, const FindRow& row, Findings& findings) const {
    const auto number = from.plain_numbers ? parse_number(text) : column.number_of(text);
    if (number) return column.feature_of(*number);
    if (const auto flag = boolean_of(text); flag && takes_booleans(column)) {
      return column.feature_of(*flag ? 1 : 0);
    }
    if (!column.means_missing(text)) {
      take_bad_cell(column, text, count, row, findings, "number",
                    number_text(column.typical_number()));
    }
    return kMissingNumber;
  }

  /// The days of a text, as above.
  double days_of(const Column& column, std::string_view text, std::size_t count, const FindRow& row,
                 Findings& findings) const {
    if (const auto days = column.days_of(text)) return *days;
    if (!column.means_missing(text)) {
      take_bad_cell(column, text, count, row, findings, "date",
                    date_text(column.typical_number(), column.date.times));
    }
    return kNoDay;
  }

  /// Counts a text that is no number or date, or refuses it.
  void take_bad_cell(const Column& column, std::string_view text, std::size_t count,
                     const FindRow& row, Findings& findings, const std::string& noun,
                     const std::string& example) const {
    if (options_.refuse_bad_cells) {
      throw Error(ErrorKind::bad_input,
                  "'" + shown(trimmed(text)) + "' is not a " + noun + ", and column '" +
                      column.name + "' holds " + noun + "s",
                  raw_.place_of(row()),
                  "write a " + noun + " such as " + example +
                      ", or leave the cell empty if it is not known",
                  column.name);
    }
    findings.bad += count;
    std::string value = "'" + shown(trimmed(text), 40) + "'";
    if (findings.bad_values.size() < kMostShown &&
        !std::ranges::contains(findings.bad_values, value)) {
      findings.bad_values.push_back(std::move(value));
    }
  }

  static std::uint32_t code_of(const Column& column, std::string_view text) {
    if (const auto code = column.code_of_text(text)) return *code;
    if (const auto flag = boolean_of(text)) {
      if (const auto code = code_of_boolean(column, *flag)) return *code;
    }
    return column.means_missing(text) ? kMissingCode : kUnseenCode;
  }

  const RawTable& raw_;
  const ApplyOptions& options_;
};

const RawColumn& find_column(const RawTable& raw, const std::string& name) {
  if (const RawColumn* found = raw.find(name)) return *found;
  throw Error(ErrorKind::bad_input, "the table has no column '" + shown(name) + "'", raw.where,
              did_you_mean(name, raw.names()) + no_header_hint(raw) + "its columns are " +
                  listed(raw.names(), 30),
              name);
}

/// The column of the table that is this column of the schema; null if there is none.
const RawColumn* find_column(const RawTable& raw, const Column& column) {
  const RawColumn* found = raw.find(column.name);
  return found != nullptr && column.exact && found->name != column.key ? nullptr : found;
}

/// The column of each column of the schema. Throws Error(bad_input) that names all missing ones.
std::vector<const RawColumn*> find_columns(const TableSchema& schema, const RawTable& raw) {
  std::vector<const RawColumn*> found;
  std::vector<std::string> missing;
  for (const Column& column : schema.columns) {
    found.push_back(find_column(raw, column));
    if (found.back() == nullptr) missing.push_back(column.name);
  }
  if (missing.size() == 1) find_column(raw, missing[0]);
  if (!missing.empty()) {
    throw Error(
        ErrorKind::bad_input,
        "the table has no columns " + listed(missing, 10) + " (" + std::to_string(missing.size()) +
            " of the " + std::to_string(schema.columns.size()) + " that the model reads)",
        raw.where, no_header_hint(raw) + "its columns are " + listed(raw.names(), 30), missing[0]);
  }
  return found;
}

void warn(const Column& column, const Findings& findings, std::size_t rows,
          std::vector<Warning>& warnings) {
  if (findings.unseen > 0) {
    warnings.push_back(
        {"unseen_category",
         "column '" + column.name + "': " + with_commas(findings.unseen) + " of " +
             counted(rows, "row") +
             (findings.unseen == 1 ? " has a value that" : " have values that") +
             " did not occur in training (" + listed(findings.unseen_values, 5) + ")",
         "predictions do not use these values; train again if they will occur regularly"});
  }
  if (findings.outside > 0) {
    warnings.push_back(
        {"out_of_range",
         "column '" + column.name + "': " + with_commas(findings.outside) + " of " +
             counted(rows, "row") + (findings.outside == 1 ? " has a value" : " have values") +
             " outside of the range of training, " + column.range_words() + " (" +
             listed(findings.outside_values, 5) + ")",
         "check the values and their unit: predictions there are guesses; train again if such "
         "values will occur regularly"});
  }
  if (findings.bad > 0) {
    const std::string noun = column.kind == ColumnKind::date ? "date" : "number";
    warnings.push_back({"bad_cell",
                        "column '" + column.name + "': " + with_commas(findings.bad) + " of " +
                            counted(rows, "row") +
                            (findings.bad == 1 ? " has a text" : " have texts") + " that " +
                            (findings.bad == 1 ? "is not a " + noun : "are not " + noun + "s") +
                            " (" + listed(findings.bad_values, 5) + "); " +
                            (findings.bad == 1 ? "it is" : "they are") + " treated as missing",
                        "fix them, or refuse such tables with --strict"});
  }
  const std::size_t missing = findings.missing - findings.bad;
  if (missing > 0 && !column.had_missing()) {
    warnings.push_back({"missing_value",
                        "column '" + column.name + "': " + with_commas(missing) + " of " +
                            counted(rows, "row") + (missing == 1 ? " has" : " have") +
                            " no value; in training none was missing",
                        "fill them in, or train with such rows"});
  }
}

std::vector<int> read_labels(const Target& target, const RawColumn& from, std::size_t rows,
                             std::vector<std::string>& unknown) {
  std::vector<int> labels(rows, -1);
  if (from.form != RawColumn::Form::dictionary) return labels;
  std::vector<int> classes(from.texts.size());
  for (std::size_t i = 0; i < classes.size(); ++i) {
    classes[i] = class_of(target, from.texts[i]);
    if (classes[i] < 0 && !is_missing(from.texts[i])) unknown.push_back(shown(from.texts[i], 40));
  }
  for (std::size_t row = 0; row < rows; ++row) labels[row] = classes[from.codes[row]];
  return labels;
}

/// The numbers of a target; NaN where there is none.
std::vector<double> read_targets(const Target& target, const RawColumn& from, std::size_t rows,
                                 std::vector<std::string>& unknown) {
  std::vector<double> numbers(rows, std::numeric_limits<double>::quiet_NaN());
  const auto read = [&](const std::string& text) {
    const auto plain = from.plain_numbers ? parse_number(text) : std::nullopt;
    const double number = plain ? target.known_number(*plain) : target.number_of(text);
    const std::string value = shown(text, 40);
    if (std::isnan(number) && !is_missing(text) && !std::ranges::contains(unknown, value)) {
      unknown.push_back(value);
    }
    return number;
  };
  if (from.form == RawColumn::Form::numbers) {
    std::ranges::transform(from.numbers, numbers.begin(),
                           [&](double number) { return target.known_number(number); });
    for (const RawColumn::Stray& stray : from.strays) numbers[stray.row] = read(stray.text);
  } else if (from.form == RawColumn::Form::dictionary) {
    std::vector<double> of_text;
    for (const std::string& text : from.texts) of_text.push_back(read(text));
    for (std::size_t row = 0; row < rows; ++row) numbers[row] = of_text[from.codes[row]];
  }
  return numbers;
}

/// The ids of all rows; empty ones without the column.
std::vector<IdValue> read_ids(const IdColumn& id, const RawTable& raw) {
  std::vector<IdValue> values(raw.rows);
  const RawColumn* const column = raw.find(id.name);
  if (column == nullptr) return values;
  const auto set = [&](std::size_t row, const std::string& text) {
    values[row] = {text, id.numbers && is_id_number(text)};
  };
  for (std::size_t row = 0; row < column->codes.size(); ++row) {
    set(row, column->texts[column->codes[row]]);
  }
  for (std::size_t row = 0; row < column->numbers.size(); ++row) {
    if (!std::isnan(column->numbers[row])) set(row, number_text(column->numbers[row]));
  }
  for (const RawColumn::Stray& stray : column->strays) set(stray.row, stray.text);
  return values;
}

/// Removes duplicates of texts, in order of appearance. Keeps views: the texts must outlive it.
class Different {
 public:
  void add(const std::vector<std::string>& texts, std::vector<std::string>& out) {
    for (const std::string& text : texts) {
      if (known_.insert(text).second) out.push_back(text);
    }
  }

 private:
  std::unordered_set<std::string_view> known_;
};

}  // namespace

void score_texts(const TextScorer& scorer, Texts& texts) {
  constexpr std::size_t kBlock = 256;
  const std::size_t rows = texts.size();
  texts.scores.assign(scorer.outputs(), Numbers(rows));
  parallel_for((rows + kBlock - 1) / kBlock, [&](std::size_t block) {
    for (std::size_t row = block * kBlock; row < std::min(rows, (block + 1) * kBlock); ++row) {
      score_text(scorer, texts, row);
    }
  });
}

void score_text(const TextScorer& scorer, Texts& texts, std::size_t row) {
  const std::vector<float> scores = scorer.score(texts[row]);
  for (std::size_t k = 0; k < scores.size(); ++k) texts.scores[k][row] = scores[k];
}

bool is_id_number(std::string_view text) {
  constexpr std::size_t kMostDigits = 15;
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  return !digits.empty() && digits.size() <= kMostDigits &&
         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }) &&
         (text == "0" || !digits.starts_with('0'));
}

std::vector<NumberKey> number_keys_of(const TableSchema& schema) {
  std::vector<NumberKey> keys;
  for (const Column& column : schema.columns) {
    switch (column.kind) {
      case ColumnKind::number:
        keys.push_back({column.key, column.format});
        break;
      case ColumnKind::date:
        // Numbers are converted when the schema is applied.
        keys.push_back({column.key,
                        {},
                        column.date.form == DateFormat::Form::text ? std::optional(column.date)
                                                                   : std::nullopt});
        break;
      case ColumnKind::category:
      case ColumnKind::text:
        break;
    }
  }
  if (schema.target.number) keys.push_back({schema.target.key, schema.target.number->format});
  return keys;
}

std::vector<std::string> id_keys_of(const TableSchema& schema) {
  std::vector<std::string> keys;
  for (const IdColumn& id : schema.ids) keys.push_back(id.key);
  for (const Column& column : schema.columns) {
    if (column.kind == ColumnKind::text) keys.push_back(column.key);
  }
  return keys;
}

int class_of(const Target& target, std::string_view text) {
  if (const auto found = target.class_of(trimmed(text))) return *found;
  const auto loose = target.class_of(normalised(text));
  if (loose && !target.classes[static_cast<std::size_t>(*loose)].exact) return *loose;
  // Classes that are numbers are kept in their shortest form: "1.0" is 1.
  if (const auto number = parse_number(text)) {
    return target.class_of(number_text(*number)).value_or(-1);
  }
  return -1;
}

void Table::append(const Table& more) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::visit(
        [&]<typename Values>(Values& to) {
          const auto& from = std::get<Values>(more.columns[i].values);
          if constexpr (std::is_same_v<Values, Texts>) {
            to.append(from);
          } else {
            to.insert(to.end(), from.begin(), from.end());
          }
        },
        columns[i].values);
  }
  labels.insert(labels.end(), more.labels.begin(), more.labels.end());
  targets.insert(targets.end(), more.targets.begin(), more.targets.end());
  for (std::size_t i = 0; i < std::min(ids.size(), more.ids.size()); ++i) {
    ids[i].insert(ids[i].end(), more.ids[i].begin(), more.ids[i].end());
  }
  rows += more.rows;
}

Texts Texts::subset(std::span<const std::uint32_t> rows) const {
  Texts out;
  for (const auto row : rows) out.texts.push_back(texts[row]);
  for (const Numbers& of_output : scores) {
    Numbers& chosen = out.scores.emplace_back();
    for (const auto row : rows) chosen.push_back(of_output[row]);
  }
  return out;
}

void Texts::append(const Texts& more) {
  if (texts.empty()) scores.resize(more.scores.size());
  texts.insert(texts.end(), more.texts.begin(), more.texts.end());
  for (std::size_t k = 0; k < std::min(scores.size(), more.scores.size()); ++k) {
    scores[k].insert(scores[k].end(), more.scores[k].begin(), more.scores[k].end());
  }
}

Table Table::subset(const std::vector<std::uint32_t>& indices) const {
  Table out;
  out.rows = indices.size();
  for (const ColumnData& column : columns) {
    std::visit(
        [&]<typename Values>(const Values& values) {
          if constexpr (std::is_same_v<Values, Texts>) {
            out.columns.push_back({values.subset(indices)});
          } else {
            Values part;
            part.reserve(indices.size());
            for (const auto row : indices) part.push_back(values[row]);
            out.columns.push_back({std::move(part)});
          }
        },
        column.values);
  }
  if (!labels.empty()) {
    for (const auto row : indices) out.labels.push_back(labels[row]);
  }
  if (!targets.empty()) {
    for (const auto row : indices) out.targets.push_back(targets[row]);
  }
  for (const std::vector<IdValue>& values : ids) {
    out.ids.emplace_back();
    for (const auto row : indices) out.ids.back().push_back(values[row]);
  }
  return out;
}

void count_unusual(
    const TableSchema& schema, const Table& table,
    const std::function<void(const Column& column, const char* kind, std::size_t count)>& found) {
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    std::size_t count = 0;
    const char* kind = "outside";
    switch (column.kind) {
      case ColumnKind::number:
        for (const float one : table.columns[i].numbers()) {
          count += column.is_outside(column.value_of(one)) ? 1 : 0;
        }
        break;
      case ColumnKind::date:
        for (const double one : table.columns[i].days()) count += column.is_outside(one) ? 1 : 0;
        break;
      case ColumnKind::category:
        kind = "unseen";
        count = static_cast<std::size_t>(std::ranges::count(table.columns[i].codes(), kUnseenCode));
        break;
      case ColumnKind::text:
        break;  // any text is new
    }
    if (count > 0) found(column, kind, count);
  }
}

TableFindings sum_of(std::span<const TableFindings> parts) {
  TableFindings out;
  Different unknown;
  std::vector<Different> unseen;
  std::vector<Different> bad;
  std::vector<Different> outside;
  for (const TableFindings& part : parts) {
    out.rows += part.rows;
    unknown.add(part.unknown_classes, out.unknown_classes);
    out.columns.resize(part.columns.size());
    unseen.resize(part.columns.size());
    bad.resize(part.columns.size());
    outside.resize(part.columns.size());
    for (std::size_t i = 0; i < part.columns.size(); ++i) {
      out.columns[i].missing += part.columns[i].missing;
      out.columns[i].bad += part.columns[i].bad;
      bad[i].add(part.columns[i].bad_values, out.columns[i].bad_values);
      out.columns[i].outside += part.columns[i].outside;
      outside[i].add(part.columns[i].outside_values, out.columns[i].outside_values);
      out.columns[i].unseen += part.columns[i].unseen;
      unseen[i].add(part.columns[i].unseen_values, out.columns[i].unseen_values);
    }
  }
  return out;
}

std::vector<Warning> warnings_of(const TableSchema& schema, const TableFindings& findings) {
  std::vector<Warning> warnings;
  for (std::size_t i = 0; i < findings.columns.size(); ++i) {
    warn(schema.columns[i], findings.columns[i], findings.rows, warnings);
  }
  if (!findings.unknown_classes.empty()) {
    warnings.push_back({"unknown_class",
                        "the target '" + schema.target.name + "' has values that are not " +
                            (schema.target.number ? "numbers: " : "classes of the model: ") +
                            listed(findings.unknown_classes, 5),
                        "such rows are left out of the evaluation"});
  }
  return warnings;
}

Table apply_schema(const TableSchema& schema, const RawTable& raw, const ApplyOptions& options,
                   std::vector<Warning>& warnings) {
  TableFindings findings;
  Table table = apply_schema(schema, raw, options, findings);
  std::ranges::move(warnings_of(schema, findings), std::back_inserter(warnings));
  return table;
}

Table apply_schema(const TableSchema& schema, const RawTable& raw, const ApplyOptions& options,
                   TableFindings& found) {
  found = {.rows = raw.rows, .columns = std::vector<Findings>(schema.columns.size())};
  std::vector<Findings>& findings = found.columns;
  Table table;
  table.rows = raw.rows;
  table.columns.resize(schema.columns.size());
  const std::vector<const RawColumn*> sources = find_columns(schema, raw);
  const Applier applier(raw, options);
  parallel_for(schema.columns.size(), [&](std::size_t i) {
    table.columns[i] = applier.column(schema.columns[i], *sources[i], findings[i]);
  });
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const Column& column = schema.columns[i];
    if (options.refuse_missing && findings[i].missing > findings[i].bad && !column.had_missing()) {
      throw Error(ErrorKind::bad_input, "column '" + column.key + "' has rows without a value",
                  raw.where, "fill them in: no value was missing in training", column.key);
    }
  }
  for (const IdColumn& id : schema.ids) {
    if (options.ids) table.ids.push_back(read_ids(id, raw));
  }
  using TargetColumn = ApplyOptions::TargetColumn;
  const Target& target = schema.target;
  const RawColumn* labels = options.target == TargetColumn::needed ? &find_column(raw, target.name)
                            : options.target == TargetColumn::read ? raw.find(target.name)
                                                                   : nullptr;
  if (labels != nullptr && target.number) {
    table.targets = read_targets(target, *labels, raw.rows, found.unknown_classes);
    for (const double number : table.targets) table.labels.push_back(target.tenth_of(number));
  } else if (labels != nullptr) {
    table.labels = read_labels(target, *labels, raw.rows, found.unknown_classes);
  }
  return table;
}

}  // namespace vitrine::data
