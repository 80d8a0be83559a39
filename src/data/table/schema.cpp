#include "data/table/schema.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

Json to_json(const Category& category) {
  Json json{{"value", category.value}, {"spelling", category.spelling}, {"count", category.count}};
  if (category.variants.size() != 1 || category.variants[0] != category.spelling) {
    json["variants"] = category.variants;
  }
  if (category.exact) json["exact"] = true;
  return json;
}

Json to_json(const Column& column) {
  Json json{{"name", column.name},
            {"key", column.key},
            {"kind", name_of(column.kind)},
            {"optional", column.optional},
            {"missing_share", column.missing_share}};
  switch (column.kind) {
    case ColumnKind::number:
      json["quantiles"] = column.quantiles;
      if (!column.quantile_shares.empty()) json["quantile_shares"] = column.quantile_shares;
      json["mean"] = column.mean;
      json["whole_numbers"] = column.whole_numbers;
      break;
    case ColumnKind::category:
      json["rare_rows"] = column.rare_rows;
      if (!column.missing_spellings.empty()) json["missing_spellings"] = column.missing_spellings;
      for (const Category& category : column.categories) {
        json["categories"].push_back(to_json(category));
      }
      break;
    case ColumnKind::date:
      json["quantiles"] = column.quantiles;
      json["mean"] = column.mean;
      json["date"] = to_json(column.date);
      for (const DatePart part : column.parts) json["parts"].push_back(name_of(part));
      if (!column.since.empty()) json["since"] = column.since;
      break;
    case ColumnKind::text:
      json["mean_words"] = column.mean;
      if (column.text) json["text"] = to_json(column.text->model());
      break;
  }
  if (!column.missing_words.empty()) json["missing_words"] = column.missing_words;
  if (column.exact) json["exact"] = true;
  // A single number has its own key, which versions before 0.3 read.
  if (column.missing_numbers.size() == 1) json["missing_number"] = column.missing_numbers[0];
  if (column.missing_numbers.size() > 1) json["missing_numbers"] = column.missing_numbers;
  if (!column.format.plain) json["format"] = to_json(column.format);
  if (column.origin) json["origin"] = *column.origin;
  return json;
}

Category category_from_json(const Json& json) {
  Category category;
  json.at("value").get_to(category.value);
  json.at("spelling").get_to(category.spelling);
  category.count = whole_number<std::uint64_t>(json.at("count"));
  category.variants = json.value("variants", std::vector<std::string>{category.spelling});
  category.exact = json.value("exact", false);
  return category;
}

ColumnKind kind_named(std::string_view name) {
  for (const ColumnKind kind : kColumnKinds) {
    if (name == name_of(kind)) return kind;
  }
  throw std::invalid_argument("a column has the unknown kind '" + shown(name) + "'");
}

constexpr std::array kDateParts{DatePart::days, DatePart::year,    DatePart::month,
                                DatePart::day,  DatePart::weekday, DatePart::hour};

DatePart part_named(std::string_view name) {
  for (const DatePart part : kDateParts) {
    if (name == name_of(part)) return part;
  }
  throw std::invalid_argument("a date column has the unknown part '" + shown(name) + "'");
}

Column column_from_json(const Json& json) {
  Column column;
  json.at("name").get_to(column.name);
  json.at("key").get_to(column.key);
  json.at("optional").get_to(column.optional);
  json.at("missing_share").get_to(column.missing_share);
  column.kind = kind_named(json.at("kind").get<std::string>());
  switch (column.kind) {
    case ColumnKind::number:
      json.at("quantiles").get_to(column.quantiles);
      column.quantile_shares = json.value("quantile_shares", std::vector<double>{});
      json.at("mean").get_to(column.mean);
      json.at("whole_numbers").get_to(column.whole_numbers);
      break;
    case ColumnKind::category:
      column.rare_rows = whole_number<std::uint64_t>(json.at("rare_rows"));
      column.missing_spellings = json.value("missing_spellings", std::vector<std::string>{});
      for (const Json& category : json.at("categories")) {
        column.categories.push_back(category_from_json(category));
      }
      break;
    case ColumnKind::date:
      json.at("quantiles").get_to(column.quantiles);
      json.at("mean").get_to(column.mean);
      column.date = date_format_from_json(json.at("date"));
      for (const Json& part : json.at("parts")) {
        column.parts.push_back(part_named(part.get<std::string>()));
      }
      column.since = json.value("since", std::vector<std::string>{});
      break;
    case ColumnKind::text:
      json.at("mean_words").get_to(column.mean);
      column.text = std::make_shared<TextScorer>(text_model_from_json(json.at("text")));
      break;
  }
  column.missing_words = json.value("missing_words", std::vector<std::string>{});
  column.missing_numbers = json.value("missing_numbers", std::vector<double>{});
  if (json.contains("missing_number")) {
    column.missing_numbers = {json["missing_number"].get<double>()};
  }
  column.exact = json.value("exact", false);
  if (json.contains("format")) column.format = number_format_from_json(json["format"]);
  if (json.contains("origin")) column.origin = json["origin"].get<double>();
  return column;
}

void check(bool holds, const char* what) {
  if (!holds) throw std::invalid_argument(what);
}

bool sorted_by_value(const std::vector<Category>& categories) {
  return std::ranges::is_sorted(categories, std::ranges::less_equal{}, &Category::value) ||
         categories.size() < 2;
}

bool is_day(double days) { return std::abs(days) < 1e7; }

void check_column(const Column& column) {
  check(sorted_by_value(column.categories), "categories are not sorted");
  switch (column.kind) {
    case ColumnKind::number:
      check(column.quantiles.empty() || column.quantiles.size() == 11,
            "a number column does not have eleven quantiles");
      check(column.quantile_shares.empty() ||
                (column.quantile_shares.size() == column.quantiles.size() &&
                 std::ranges::is_sorted(column.quantile_shares) &&
                 column.quantile_shares.front() >= 0 && column.quantile_shares.back() <= 1),
            "the shares of a column's quantiles are not eleven rising shares");
      check(!column.origin || std::isfinite(*column.origin), "an origin is not finite");
      break;
    case ColumnKind::category:
      check(!column.categories.empty(), "a category column has no categories");
      check(!column.origin, "an origin is not of a number column");
      break;
    case ColumnKind::date:
      check(column.quantiles.size() == 11 && std::ranges::all_of(column.quantiles, is_day),
            "a date column does not have eleven days as quantiles");
      check(column.origin && is_day(*column.origin), "a date column has no origin");
      check(!column.parts.empty() && column.parts[0] == DatePart::days &&
                std::ranges::adjacent_find(column.parts, std::ranges::greater_equal{}) ==
                    column.parts.end(),
            "the parts of a date column are not in order");
      break;
    case ColumnKind::text:
      check(!column.origin, "an origin is not of a number column");
      break;
  }
}

void check_schema(const TableSchema& schema) {
  check(!schema.columns.empty(), "there are no columns");
  std::set<std::string> keys{schema.target.key};
  std::set<std::string> dates;
  for (const Column& column : schema.columns) {
    check(std::ranges::all_of(column.since, [&](const auto& key) { return dates.contains(key); }),
          "the distance of dates is not from a date column before");
    if (column.kind == ColumnKind::date) dates.insert(column.key);
    check(column.key == (column.exact ? trimmed(column.name) : normalised(column.name)),
          "the key of a column differs from its name");
    check(keys.insert(column.key).second, "two columns have the same name");
    check_column(column);
    check(!column.text || column.text->outputs() == schema.target.text_outputs(),
          "a text column has another number of outputs than the target");
  }
}

/// `value`, or NaN if it is one of those that stand for missing.
double unless_among(const std::vector<double>& missing, double value) {
  return std::ranges::contains(missing, value) ? std::numeric_limits<double>::quiet_NaN() : value;
}

}  // namespace

std::vector<Category> categories_of_spellings(std::vector<Category> spellings) {
  std::map<std::string, std::vector<Category>> alike;  // by normalised spelling
  for (Category& one : spellings) alike[normalised(one.variants.at(0))].push_back(std::move(one));
  std::vector<Category> out;
  for (auto& [key, group] : alike) {
    for (Category& one : group) {
      one.exact = group.size() > 1;
      one.value = one.exact ? std::string(trimmed(one.variants[0])) : key;
      out.push_back(std::move(one));
    }
  }
  std::ranges::sort(out, {}, &Category::value);
  return out;
}

std::vector<Category> classes_of_names(const std::vector<std::string>& names) {
  std::vector<Category> spellings;
  for (const std::string& name : names) {
    spellings.push_back({.spelling = name, .variants = {name}});
  }
  std::vector<Category> out;
  const auto sorted = categories_of_spellings(std::move(spellings));
  for (const std::string& name : names) {
    out.push_back(*std::ranges::find(sorted, name, &Category::spelling));
  }
  return out;
}

std::optional<std::uint32_t> Column::code_of(std::string_view value) const {
  const auto found = std::ranges::lower_bound(categories, value, {}, &Category::value);
  if (found == categories.end() || found->value != value) return std::nullopt;
  return static_cast<std::uint32_t>(found - categories.begin());
}

std::optional<std::uint32_t> Column::code_of_text(std::string_view text) const {
  if (const auto code = code_of(trimmed(text))) return code;
  if (const auto code = code_of(normalised(text)); code && !categories[*code].exact) return code;
  const auto number = parse_number(text);
  std::optional<std::uint32_t> found;
  for (std::size_t i = 0; number && i < categories.size(); ++i) {
    if (parse_number(categories[i].value) != number) continue;
    if (found) return std::nullopt;  // ambiguous: 1 and 1.0 are both categories
    found = static_cast<std::uint32_t>(i);
  }
  return found;
}

bool Column::means_missing(std::string_view text) const {
  if (kind == ColumnKind::date && means_no_date(text, date)) return true;
  return is_missing(text) || std::ranges::contains(missing_words, normalised(text));
}

double Column::known_days(double days) const { return unless_among(missing_numbers, days); }

std::optional<double> Column::days_of(std::string_view text) const {
  const auto days = parse_days(text, date);
  return days ? std::optional(known_days(*days)) : std::nullopt;
}

std::optional<double> Column::days_of(double number) const {
  const auto days = days_of_number(number, date);
  return days ? std::optional(known_days(*days)) : std::nullopt;
}

std::string Column::value_text(double value) const {
  return kind == ColumnKind::date ? date_text(value, date.times) : number_text(value);
}

std::string Column::range_words() const {
  if (quantiles.empty()) return {};
  return value_text(quantiles.front()) + " to " + value_text(quantiles.back());
}

std::string Column::range_text() const {
  return quantiles.empty() ? std::string() : ", in training " + range_words();
}

bool Column::is_outside(double value) const {
  if (quantiles.empty() || std::isnan(value)) return false;
  const double low = quantiles.front();
  const double high = quantiles.back();
  constexpr double kShare = 0.05;
  constexpr double kYear = 366;
  const double slack =
      kind == ColumnKind::date ? std::max(kYear, high - low) : kShare * (high - low);
  // Values may have been rounded to floats.
  const double rounding = 1e-6 * std::max(std::abs(low), std::abs(high));
  if (kind == ColumnKind::number && low >= 0 && value < -rounding) return true;
  return value < low - slack - rounding || value > high + slack + rounding;
}

std::optional<int> Target::class_of(std::string_view value) const {
  const auto found = std::ranges::find(classes, value, &Category::value);
  if (found == classes.end()) return std::nullopt;
  return static_cast<int>(found - classes.begin());
}

std::vector<std::string> Target::class_names() const {
  std::vector<std::string> names;
  for (const Category& one : classes) names.push_back(one.value);
  return names;
}

const Column* TableSchema::find(std::string_view key) const {
  const auto found = std::ranges::find(columns, key, &Column::key);
  return found == columns.end() ? nullptr : &*found;
}

const Column* TableSchema::find_named(std::string_view name) const {
  if (const Column* column = find(trimmed(name))) return column;
  const auto named = std::ranges::find(columns, trimmed(name), &Column::name);
  if (named != columns.end()) return &*named;
  const Column* loose = find(normalised(name));
  return loose != nullptr && !loose->exact ? loose : nullptr;
}

std::vector<ColumnKey> keys_of(const std::vector<std::string>& names) {
  std::map<std::string, std::size_t> alike;
  for (const std::string& name : names) ++alike[normalised(name)];
  std::vector<ColumnKey> keys;
  for (const std::string& name : names) {
    std::string key = normalised(name);
    const bool exact = alike[key] > 1;
    keys.push_back({exact ? std::string(trimmed(name)) : std::move(key), exact});
  }
  return keys;
}

std::vector<std::string> TableSchema::keys() const {
  std::vector<std::string> keys{target.key};
  for (const Column& column : columns) keys.push_back(column.key);
  for (const IdColumn& id : ids) keys.push_back(id.key);
  return keys;
}

std::vector<std::string> TableSchema::names() const {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return names;
}

std::size_t Target::margins() const {
  switch (task()) {
    case TaskKind::binary:
      return 1;
    case TaskKind::multiclass:
      return classes.size();
    case TaskKind::regression:
      return number->has_intervals() ? 2 : 1;
  }
  unknown_kind("task", task());
}

std::size_t Target::text_outputs() const { return number ? 1 : margins(); }

TaskKind Target::task() const { return number ? TaskKind::regression : task_of(classes.size()); }

std::vector<std::string> Target::group_names() const {
  if (!number) return class_names();
  std::vector<std::string> names;
  for (std::size_t i = 0; i + 1 < number->quantiles.size(); ++i) {
    names.push_back(number_text(number->quantiles[i]) + " to " +
                    number_text(number->quantiles[i + 1]));
  }
  return names;
}

int Target::tenth_of(double value) const {
  if (std::isnan(value)) return -1;
  if (number->quantiles.empty()) return 0;
  const auto first = number->quantiles.begin() + 1;
  const auto last = number->quantiles.end() - 1;
  return static_cast<int>(std::lower_bound(first, last, value) - first);
}

double Target::number_of(std::string_view text) const {
  const auto found = parse_number(text, number->format);
  return found ? known_number(*found) : std::numeric_limits<double>::quiet_NaN();
}

double Target::known_number(double value) const {
  return unless_among(number->missing_numbers, value);
}

std::string_view name_of(ColumnKind kind) {
  switch (kind) {
    case ColumnKind::number:
      return "number";
    case ColumnKind::category:
      return "category";
    case ColumnKind::date:
      return "date";
    case ColumnKind::text:
      return "text";
  }
  unknown_kind("column kind", kind);
}

std::string_view name_of(DatePart part) {
  switch (part) {
    case DatePart::days:
      return "days";
    case DatePart::year:
      return "year";
    case DatePart::month:
      return "month";
    case DatePart::day:
      return "day";
    case DatePart::weekday:
      return "weekday";
    case DatePart::hour:
      return "hour";
    case DatePart::since:
      return "since";
  }
  unknown_kind("part of a date", part);
}

Json to_json(const TableSchema& schema) {
  Json json{{"columns", Json::array()}, {"dropped", Json::array()}};
  for (const Column& column : schema.columns) json["columns"].push_back(to_json(column));
  for (const DroppedColumn& column : schema.dropped) {
    json["dropped"].push_back({{"name", column.name}, {"reason", column.reason}});
  }
  for (const IdColumn& id : schema.ids) {
    json["ids"].push_back({{"name", id.name}, {"key", id.key}, {"numbers", id.numbers}});
  }
  json["target"] = {{"name", schema.target.name}, {"key", schema.target.key}};
  if (schema.target.number) json["target"]["number"] = to_json(*schema.target.number);
  for (const Category& one : schema.target.classes) {
    json["target"]["classes"].push_back(to_json(one));
  }
  return json;
}

Target target_from_json(const Json& json) {
  Target target;
  json.at("name").get_to(target.name);
  json.at("key").get_to(target.key);
  if (json.contains("number")) {
    target.number = number_target_from_json(json["number"]);
    return target;
  }
  std::set<std::string> values;
  for (const Json& one : json.at("classes")) {
    target.classes.push_back(category_from_json(one));
    check(values.insert(target.classes.back().value).second, "two classes have the same name");
  }
  check(target.classes.size() >= 2, "there are fewer than two classes");
  return target;
}

TableSchema schema_from_json(const Json& json, const std::string& where) {
  try {
    TableSchema schema;
    for (const Json& column : json.at("columns")) {
      schema.columns.push_back(column_from_json(column));
    }
    for (const Json& column : json.at("dropped")) {
      schema.dropped.push_back({column.at("name"), column.at("reason")});
    }
    for (const Json& id : json.value("ids", Json::array())) {
      schema.ids.push_back({id.at("name"), id.at("key"), id.at("numbers")});
    }
    schema.target = target_from_json(json.at("target"));
    check_schema(schema);
    return schema;
  } catch (const std::exception& problem) {
    throw Error(ErrorKind::bad_model, std::string("the card can't be used: ") + problem.what(),
                where, "train the model again, or use a file that Vitrine saved");
  }
}

}  // namespace vitrine::data
