// A text is taken apart into a sign, units, and digits with their separators (take_apart). A format
// is a decimal separator and a group separator; find_number_format() counts for each pair how many
// rows have digits that fit it (fits), and chooses the pair that fits most.
#include "data/table/number_format.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::data {
namespace {

constexpr std::array<std::string_view, 6> kBlanks{" ",      "\t",     "\u00A0",
                                                  "\u202F", "\u2009", "\u2007"};
constexpr std::array<std::string_view, 3> kMinuses{"-", "\u2212", "\u2013"};
constexpr std::array<std::string_view, 6> kLimits{"<", ">", "\u2264", "\u2265", "~", "\u2248"};
constexpr std::array<std::string_view, 3> kApostrophes{"'", "\u2019", "\u02BC"};

template <std::size_t N>
bool take_prefix(std::string_view& text, const std::array<std::string_view, N>& any) {
  for (const std::string_view one : any) {
    if (!text.starts_with(one)) continue;
    text.remove_prefix(one.size());
    return true;
  }
  return false;
}

void trim_blanks(std::string_view& text) {
  while (take_prefix(text, kBlanks)) {
  }
  const auto take_suffix = [&] {
    for (const std::string_view one : kBlanks) {
      if (!text.ends_with(one)) continue;
      text.remove_suffix(one.size());
      return true;
    }
    return false;
  };
  while (take_suffix()) {
  }
}

bool is_digit(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

/// True if `word` is one of the words of `words`, which begins and ends with a blank.
bool is_word_of(std::string_view words, std::string_view word) {
  return !word.empty() && !word.contains(' ') && words.contains(" " + std::string(word) + " ");
}

/// Currencies as they stand before or behind amounts, in lower case.
bool is_currency(std::string_view unit) {
  constexpr std::string_view kAll =
      " $ € £ ¥ ₹ ₽ ₩ ₺ ¢ ₪ ₫ ₦ ₴ ₡ ₱ ฿ ₿ us$ r$ a$ au$ c$ ca$ nz$ hk$ nt$ s$ mx$ rs rs. re kr kr. "
      "fr fr. sfr sfr. zł kč ft lei лв tl rp rm руб руб. 元 円 usd eur gbp chf jpy cny rmb inr rub "
      "brl cad aud nzd sek nok dkk pln czk huf ron bgn try zar mxn sgd hkd krw twd thb idr myr php "
      "vnd ils aed sar egp ngn kes uah kzt clp cop ars pen isk hrk rsd pkr bdt lkr qar kwd mad "
      "euro euros dollar dollars pounds ";
  return is_word_of(kAll, unit);
}

bool is_percent(std::string_view unit) {
  return unit == "%" || unit == "\u2030" || unit == "percent" || unit == "pct";
}

/// What `k`, `m` and `b` behind a number multiply it with; 0 for other units.
double scale_of(std::string_view unit) {
  if (unit == "k") return 1e3;
  if (unit == "m" || unit == "mn" || unit == "mio") return 1e6;
  if (unit == "b" || unit == "bn") return 1e9;
  return 0;
}

/// True for a text behind a number that may be its unit: `kg`, `km/h`, `m2`, `sq ft`, but not
/// `-05`, `/2`, `:30`.
bool may_be_unit(std::string_view text) {
  constexpr std::size_t kMostBytes = 20;
  if (text.empty() || text.size() > kMostBytes) return false;
  const auto first = static_cast<unsigned char>(text.front());
  const bool letter = (first | 0x20U) >= 'a' && (first | 0x20U) <= 'z';
  if (!letter && first < 0x80 && first != '%' && first != '$' && first != '"' && first != '\'') {
    return false;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    const bool behind_blank = text[i - 1] == ' ' || text[i - 1] == '-' || text[i - 1] == ',';
    if (digit && behind_blank) return false;
  }
  return true;
}

/// A text that holds one number.
struct Written {
  bool negative = false;
  std::string digits;         ///< digits and separators; blanks as ` `, apostrophes as `'`
  std::string_view exponent;  ///< "e-5", or empty
  std::string before;         ///< units in lower case, or empty
  std::string behind;
};

/// The digits at the start of `text`, with the separators between them.
std::string take_digits(std::string_view& text) {
  std::string digits;
  while (!text.empty()) {
    std::string_view rest = text;
    char separator = 0;
    if (is_digit(rest)) {
      separator = rest.front();
      rest.remove_prefix(1);
    } else {
      if (take_prefix(rest, kBlanks)) {
        separator = ' ';
      } else if (take_prefix(rest, kApostrophes)) {
        separator = '\'';
      } else if (rest.front() == '.' || rest.front() == ',' || rest.front() == '_') {
        separator = rest.front();
        rest.remove_prefix(1);
      }
      if (separator == 0 || !is_digit(rest)) break;
    }
    digits += separator;
    text = rest;
  }
  return digits;
}

std::string_view take_exponent(std::string_view& text) {
  if (text.empty() || (text.front() | 0x20) != 'e') return {};
  std::size_t end = 1;
  if (end < text.size() && (text[end] == '-' || text[end] == '+')) ++end;
  const std::size_t first = end;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  if (end == first) return {};
  const std::string_view exponent = text.substr(0, end);
  text.remove_prefix(end);
  return exponent;
}

/// What stands before the digits: signs, limits, a parenthesis and one currency, in any order.
bool read_lead(std::string_view lead, Written& out, bool& open) {
  bool sign = false;
  while (!lead.empty()) {
    if (take_prefix(lead, kBlanks) || take_prefix(lead, kLimits)) continue;
    if (take_prefix(lead, kMinuses)) {
      if (std::exchange(sign, true)) return false;
      out.negative = true;
    } else if (lead.starts_with('+')) {
      if (std::exchange(sign, true)) return false;
      lead.remove_prefix(1);
    } else if (lead.starts_with('=')) {  // `<=`
      lead.remove_prefix(1);
    } else if (lead.starts_with('(') && !open) {
      open = true;
      lead.remove_prefix(1);
    } else {
      std::string_view unit = lead;
      const std::size_t end = unit.find_first_of(" (+<>~-");
      unit = unit.substr(0, end);
      for (const std::string_view one : kBlanks) unit = unit.substr(0, unit.find(one));
      for (const std::string_view one : kMinuses) unit = unit.substr(0, unit.find(one));
      out.before = lower_ascii(unit);
      if (!is_currency(out.before)) return false;
      lead.remove_prefix(unit.size());
    }
  }
  return true;
}

/// What stands behind the digits: an empty fraction (`50.-`), a plus or minus, a parenthesis and a
/// unit.
bool read_tail(std::string_view tail, Written& out, bool open) {
  trim_blanks(tail);
  if (tail.starts_with('.') || tail.starts_with(',')) {
    tail.remove_prefix(1);
    for (const std::string_view dash : {"-", "\u2013", "\u2014"}) {  // `50.-`: no cents
      if (tail.starts_with(dash)) tail.remove_prefix(dash.size());
    }
  }
  if (std::string_view rest = tail; take_prefix(rest, kMinuses) && (rest.empty() || !open)) {
    trim_blanks(rest);
    if (rest.empty() || is_currency(lower_ascii(rest))) {  // `12-`
      out.negative = true;
      tail = rest;
    }
  }
  if (tail.starts_with('+')) tail.remove_prefix(1);
  trim_blanks(tail);
  if (open) {
    const std::size_t close = tail.find(')');
    if (close == std::string_view::npos) return false;
    out.negative = true;
    const std::string_view inside = tail.substr(0, close);
    const std::string_view outside = tail.substr(close + 1);
    tail = trimmed(inside).empty() ? outside : trimmed(outside).empty() ? inside : "(";
    trim_blanks(tail);
  }
  if (tail.ends_with('+')) tail.remove_suffix(1);  // `10 years+`
  trim_blanks(tail);
  if (tail.starts_with('+')) tail.remove_prefix(1);  // `10+ years`
  trim_blanks(tail);
  if (tail.empty()) return true;
  if (!may_be_unit(tail)) return false;
  out.behind = lower_ascii(tail);
  return true;
}

/// nullopt if the text does not hold exactly one number.
std::optional<Written> take_apart(std::string_view text) {
  constexpr std::size_t kMostBytes = 64;
  trim_blanks(text);
  if (text.empty() || text.size() > kMostBytes) return {};
  std::size_t first = text.find_first_of("0123456789");
  if (first == std::string_view::npos) return {};
  const bool point = first > 0 && (text[first - 1] == '.' || text[first - 1] == ',');
  if (point && (first < 2 || (text[first - 2] | 0x20) < 'a')) --first;  // `.5`, but not `Rs.5`
  Written out;
  std::string_view rest = text.substr(first);
  if (point && !is_digit(rest)) {
    out.digits = rest.substr(0, 1);
    rest.remove_prefix(1);
  }
  out.digits += take_digits(rest);
  out.exponent = take_exponent(rest);
  bool open = false;
  if (!read_lead(text.substr(0, first), out, open) || !read_tail(rest, out, open)) return {};
  return out;
}

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

/// The units of a column, with the rows in which they stand.
struct Units {
  std::map<std::string, std::uint64_t> rows;
  bool bare = false;  ///< some numbers have no unit behind them
};

/// The units to accept: the most frequent ones. Sets `scales`.
std::vector<std::string> choose_units(const Units& found, std::size_t different, bool& scales) {
  std::vector<std::pair<std::string, std::uint64_t>> usable;
  std::size_t factors = 0;
  bool thousands = false;
  bool currency = false;
  for (const auto& [unit, rows] : found.rows) {
    if (is_currency(unit) || is_percent(unit) || different > kMostCodes) {
      usable.emplace_back(unit, rows);
    }
    factors += scale_of(unit) > 0 ? 1 : 0;
    thousands = thousands || unit == "k";
    currency = currency || is_currency(unit);
  }
  scales = factors > 1 || (factors == 1 && (currency || (thousands && found.bare)));
  if (scales) {
    std::erase_if(usable, [](const auto& one) { return scale_of(one.first) > 0; });
  }
  std::ranges::stable_sort(usable, std::ranges::greater{},
                           [](const auto& one) { return one.second; });
  if (usable.size() > kMostUnits) usable.resize(kMostUnits);
  std::vector<std::string> units;
  for (const auto& [unit, rows] : usable) units.push_back(unit);
  if (scales) {
    for (const auto& [unit, rows] : found.rows) {
      if (scale_of(unit) > 0) units.push_back(unit);
    }
  }
  std::ranges::sort(units);
  return units;
}

/// A different text of a column, taken apart.
struct Candidate {
  CountedText source;
  Written written;
};

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

}  // namespace

FoundFormat find_number_format(std::span<const CountedText> texts, char decimal) {
  if (auto plain = all_plain(texts, decimal)) return std::move(*plain);
  FoundFormat out;
  std::uint64_t plain_rows = 0;
  std::vector<Candidate> candidates;
  Units found;
  for (const CountedText& one : texts) {
    if (parse_number(one.text)) plain_rows += one.rows;
    if (auto written = take_apart(one.text)) {
      if (!written->before.empty()) found.rows[written->before] += one.rows;
      if (!written->behind.empty()) found.rows[written->behind] += one.rows;
      found.bare = found.bare || written->behind.empty();
      candidates.push_back({one, std::move(*written)});
    }
  }
  NumberFormat format{.plain = false};
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
