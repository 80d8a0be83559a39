// A text is taken apart (written_number.h). A format is a decimal separator, a group separator and
// the units to accept: choose_units() takes the units of most rows, then find_number_format()
// counts for each pair of separators how many rows have digits that fit it, and takes the pair that
// fits most.
#include "data/table/number_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/table/value.h"
#include "data/table/written_number.h"

namespace vitrine::data {
namespace {

/// A pair of separators.
struct Separators {
  char decimal = '.';
  char group = 0;
};

/// By preference.
constexpr std::array<Separators, 9> kSeparators{{{'.', 0},
                                                 {'.', ','},
                                                 {',', 0},
                                                 {',', '.'},
                                                 {'.', ' '},
                                                 {',', ' '},
                                                 {'.', '\''},
                                                 {',', '\''},
                                                 {'.', '_'}}};

/// Whether the digits before a decimal separator are grouped as 1,234,567 or as 12,34,567.
bool is_grouped(std::string_view digits, char group) {
  std::size_t size = 0;  // of the group so far
  std::size_t groups = 0;
  std::size_t of_two = 0;  // groups of two digits between the first and the last one
  const auto starts_with_zero = digits.starts_with('0');
  for (const char c : digits) {
    if (c != group) {
      ++size;
      continue;
    }
    if (groups == 0 ? size == 0 || size > 3 : size != 2 && size != 3) return false;
    of_two += groups > 0 && size == 2 ? 1 : 0;
    ++groups;
    size = 0;
  }
  if (groups == 0) return true;
  return size == 3 && !starts_with_zero && (of_two == 0 || of_two == groups - 1);
}

bool fits(std::string_view digits, const Separators& by) {
  const std::size_t point = digits.find(by.decimal);
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : digits.substr(point + 1);
  const auto only = [](std::string_view text, char also) {
    return std::ranges::all_of(text, [&](char c) { return (c >= '0' && c <= '9') || c == also; });
  };
  if (!only(fraction, '0') || !only(whole, by.group == 0 ? '0' : by.group)) return false;
  if (whole.empty() && fraction.empty()) return false;
  return by.group == 0 || is_grouped(whole, by.group);
}

std::optional<double> value_of(const Written& written, const Separators& by) {
  const bool grouped = by.group != 0 && written.digits.contains(by.group);
  if (grouped && !written.exponent.empty()) return {};
  if (grouped && by.group == ' ' && written.plus) return {};  // +49 160 555: a telephone number
  if (!fits(written.digits, by)) return {};
  std::string text(written.negative ? "-" : "");
  for (const char c : written.digits) {
    if (c == by.decimal) text += '.';
    if (c != by.decimal && c != by.group) text += c;
  }
  text += written.exponent;
  return parse_number(text);
}

bool accepts(const NumberFormat& format, const std::string& unit) {
  return unit.empty() || std::ranges::contains(format.units, unit);
}

/// The units of a column.
struct Units {
  std::map<std::string, std::uint64_t> rows;  ///< by unit
  std::uint64_t numbers = 0;                  ///< rows with numbers
};

/// Whether letters and words behind numbers are factors. `m` and `b` alone may be units.
bool are_factors(const Units& found) {
  std::size_t factors = 0;
  bool sure = false;
  bool currency = false;
  for (const auto& [unit, rows] : found.rows) {
    if (scale_of(unit) > 0) {
      ++factors;
      sure = sure || !may_be_other_unit(unit);
    }
    currency = currency || is_currency(unit);
  }
  return factors > 0 && (sure || factors > 1 || currency);
}

/// The units to accept: those of the family that has at least 90 % of the rows with a unit. Units
/// that differ change the value (kg and g, EUR and USD), so one column has one. A word is a unit
/// only if at least half of the numbers have it, in a column of more than kMostCodes `different`
/// texts.
std::vector<std::string> choose_units(const Units& found, std::size_t different, bool scales) {
  std::map<std::string, std::uint64_t> families;
  std::uint64_t all = 0;
  const auto family_of = [](const std::string& unit) {
    const std::string_view currency = currency_of(unit);
    return currency.empty() ? is_percent(unit) ? std::string("%") : unit : std::string(currency);
  };
  for (const auto& [unit, rows] : found.rows) {
    if (scales && scale_of(unit) > 0) continue;
    families[family_of(unit)] += rows;
    all += rows;
  }
  std::string best;
  for (const auto& [family, rows] : families) {
    if (best.empty() || rows > families[best]) best = family;
  }
  const bool word = !best.empty() && !is_currency(best) && !is_percent(best);
  const bool usable = !best.empty() && families[best] * 10 >= all * 9 &&
                      (!word || (different > kMostCodes && families[best] * 2 >= found.numbers));
  std::vector<std::string> units;
  for (const auto& [unit, rows] : found.rows) {
    const bool factor = scales && scale_of(unit) > 0;
    if (factor || (usable && family_of(unit) == best)) units.push_back(unit);
  }
  return units;
}

/// A different text of a column, taken apart.
struct Candidate {
  CountedText source;
  Written written;
};

/// True for four numbers up to 255 between points: an address of the Internet.
bool is_dotted_quad(const Candidate& one) {
  std::size_t parts = 1;
  int part = 0;
  for (const char c : one.written.digits) {
    if (c == '.') {
      ++parts;
      part = 0;
    } else if (c < '0' || c > '9' || (part = part * 10 + (c - '0')) > 255) {
      return false;
    }
  }
  return parts == 4;
}

/// True if few different texts have the same digits and other limits: `<=50K` and `>50K`, `5` and
/// `5+` are categories.
bool limits_differ(const std::vector<Candidate>& candidates) {
  if (candidates.size() > kMostCodes) return false;
  std::map<std::string, std::string> limits;  // by digits
  return std::ranges::any_of(candidates, [&](const Candidate& one) {
    const auto [place, fresh] = limits.emplace(one.written.digits, one.written.limit);
    return !fresh && place->second != one.written.limit;
  });
}

bool has_separator(const Candidate& one) {
  return one.written.digits.find_first_of(".,") != std::string::npos;
}

}  // namespace

std::optional<double> parse_number(std::string_view text, const NumberFormat& format) {
  if (format.plain) return parse_number(text);
  if (const auto written = take_apart(text);
      written && accepts(format, written->before) && accepts(format, written->behind)) {
    if (const auto value = value_of(*written, {format.decimal, format.group})) {
      const double scale = format.scales ? scale_of(written->behind) : 0;
      const double scaled = scale > 0 ? *value * scale : *value;
      if (std::abs(scaled) <= std::numeric_limits<float>::max()) return scaled;
    }
  }
  return parse_number(text);
}

bool looks_like_number(std::string_view text) {
  if (parse_number(text)) return true;
  const auto written = take_apart(text);
  return written && std::ranges::any_of(kSeparators, [&](const Separators& by) {
           return value_of(*written, by).has_value();
         });
}

namespace {

/// The answer for texts that are all plain numbers, unless points may separate thousands.
std::optional<FoundFormat> all_plain(std::span<const CountedText> texts, char decimal) {
  FoundFormat out;
  bool points = false;
  bool thousands = true;
  for (const CountedText& one : texts) {
    if (!parse_number(one.text)) return {};
    out.rows += one.rows;
    const std::string_view digits = trimmed(one.text);
    points = points || digits.contains('.');
    thousands = thousands && fits(digits.substr(digits.starts_with('-') ? 1 : 0), {',', '.'});
  }
  out.ambiguous = points && thousands;
  out.shows_decimal = points && !thousands;
  if (out.ambiguous && decimal == ',') return {};
  return out;
}

/// True for many texts of which none has a digit, as far as some of them and the most frequent one
/// show.
bool have_no_digits(std::span<const CountedText> texts) {
  constexpr std::size_t kSample = 500;
  if (texts.size() < 2 * kSample) return false;
  const auto has_digit = [](const CountedText& one) {
    return one.text.find_first_of("0123456789") != std::string_view::npos;
  };
  for (std::size_t i = 0; i < texts.size(); i += texts.size() / kSample) {
    if (has_digit(texts[i])) return false;
  }
  return !has_digit(*std::ranges::max_element(texts, {}, &CountedText::rows));
}

/// The decimal separator of a table whose fields stand between `separator`.
char decimal_of(std::span<const FoundFormat> columns, char separator) {
  std::size_t points = 0;
  std::size_t commas = 0;
  for (const FoundFormat& one : columns) {
    if (!one.shows_decimal) continue;
    (one.format.decimal == ',' ? commas : points) += 1;
  }
  if (points != commas) return commas > points ? ',' : '.';
  return separator == ';' && points + commas == 0 ? ',' : '.';
}

}  // namespace

FoundFormat find_number_format(std::span<const CountedText> texts, char decimal) {
  if (auto plain = all_plain(texts, decimal)) return std::move(*plain);
  if (have_no_digits(texts)) return {};
  FoundFormat out;
  std::uint64_t plain_rows = 0;
  std::vector<Candidate> candidates;
  Units found;
  for (const CountedText& one : texts) {
    if (parse_number(one.text)) plain_rows += one.rows;
    if (auto written = take_apart(one.text)) {
      if (!written->before.empty()) found.rows[written->before] += one.rows;
      if (!written->behind.empty()) found.rows[written->behind] += one.rows;
      found.numbers += one.rows;
      candidates.push_back({one, std::move(*written)});
    }
  }
  const auto quads = static_cast<std::size_t>(std::ranges::count_if(candidates, is_dotted_quad));
  if (quads * 2 > candidates.size() || limits_differ(candidates)) {
    out.rows = plain_rows;
    return out;
  }
  NumberFormat format{.plain = false};
  format.scales = are_factors(found);
  format.units = choose_units(found, candidates.size(), format.scales);
  std::erase_if(candidates, [&](const Candidate& one) {
    return !accepts(format, one.written.before) || !accepts(format, one.written.behind);
  });
  std::array<std::uint64_t, kSeparators.size()> rows{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const Candidate& one : candidates) {
      if (value_of(one.written, kSeparators[i])) rows[i] += one.source.rows;
    }
  }
  const std::uint64_t most = std::ranges::max(rows);
  out.rows = std::max(most, plain_rows);
  const bool separated = std::ranges::any_of(candidates, has_separator);
  const auto reads_most = [&](char by) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] == most && kSeparators[i].decimal == by) return true;
    }
    return false;
  };
  out.ambiguous = separated && most >= plain_rows && reads_most('.') && reads_most(',');
  const bool preferred = out.ambiguous && decimal != 0;
  if (plain_rows >= most && (!preferred || decimal == '.')) {
    out.shows_decimal = separated && !out.ambiguous;
    return out;
  }
  for (std::size_t i = rows.size(); i-- > 0;) {
    if (rows[i] != most || (preferred && kSeparators[i].decimal != decimal)) continue;
    format.decimal = kSeparators[i].decimal;
    format.group = kSeparators[i].group;
  }
  const Separators by{format.decimal, format.group};
  for (const Candidate& one : candidates) {
    if (!value_of(one.written, by)) continue;
    const Separators other{by.decimal == '.' ? ',' : '.', by.decimal};
    if (one.written.digits.contains(by.decimal) && !fits(one.written.digits, other)) {
      out.shows_decimal = true;
    }
    // The longest text that is not a plain number shows most of the format.
    if (!parse_number(one.source.text) || preferred) {
      if (one.source.text.size() > out.example.size()) out.example = trimmed(one.source.text);
    }
  }
  out.format = std::move(format);
  return out;
}

std::vector<FoundFormat> find_number_formats(
    std::size_t columns, const std::function<FoundFormat(std::size_t column, char decimal)>& find,
    std::optional<char> decimal, char separator) {
  std::vector<FoundFormat> found(columns);
  parallel_for(columns, [&](std::size_t i) { found[i] = find(i, 0); });
  const char preferred = decimal.value_or(decimal_of(found, separator));
  for (std::size_t i = 0; i < columns; ++i) {
    if (found[i].ambiguous) found[i] = find(i, preferred);
  }
  return found;
}

std::string describe(const NumberFormat& format) {
  if (format.plain) return {};
  std::vector<std::string> parts;
  if (format.decimal == ',') parts.emplace_back("a decimal comma");
  const auto group = [&]() -> std::string {
    switch (format.group) {
      case ',':
        return "commas";
      case '.':
        return "points";
      case ' ':
        return "blanks";
      case '\'':
        return "apostrophes";
      case '_':
        return "underscores";
      default:
        return "";
    }
  }();
  if (!group.empty()) parts.push_back(group + " between thousands");
  for (const std::string& unit : format.units) {
    if (!format.scales || scale_of(unit) == 0) parts.push_back("without '" + unit + "'");
  }
  if (format.scales) parts.emplace_back("letters for thousands and millions");
  return parts.empty() ? "signs and limits" : listed(parts);
}

bool is_missing_among_numbers(std::string_view text) {
  constexpr std::string_view kWords =
      " #n/a #na #value! #div/0! #ref! #name? #num! #null! -1.#ind -1.#qnan 1.#ind 1.#qnan -nan "
      "<na> <null> nil - -- --- . .. – — n.a. n.a k.a. nd n.d. \\n (null) (blank) missing unknown "
      "undefined nat # inf -inf +inf infinity -infinity ";
  constexpr std::size_t kLongestWord = 16;
  if (text.size() > kLongestWord && trimmed(text).size() > kLongestWord) return false;
  const std::string word = lower_ascii(trimmed(text));
  return is_word_of(kWords, word) || word == "#n/a n/a" || word == "not available";
}

Json to_json(const NumberFormat& format) {
  Json json{{"decimal", std::string(1, format.decimal)}};
  if (format.group != 0) json["group"] = std::string(1, format.group);
  if (!format.units.empty()) json["units"] = format.units;
  if (format.scales) json["scales"] = true;
  return json;
}

NumberFormat number_format_from_json(const Json& json) {
  NumberFormat format{.plain = false};
  const auto separator = [&](const char* key, std::string_view allowed) -> char {
    const auto text = json.value(key, std::string());
    if (text.empty()) return 0;
    if (text.size() == 1 && allowed.contains(text[0])) return text[0];
    throw std::invalid_argument("the separator '" + shown(text) + "' of numbers is unknown");
  };
  format.decimal = separator("decimal", ".,");
  format.group = separator("group", ",. '_");
  if (format.decimal == 0 || format.decimal == format.group) {
    throw std::invalid_argument("a number format has no decimal separator of its own");
  }
  format.units = json.value("units", std::vector<std::string>{});
  format.scales = json.value("scales", false);
  return format;
}

}  // namespace vitrine::data
