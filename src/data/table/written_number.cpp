// A number as it is written: sign, units, digits with their separators.
#include "data/table/written_number.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

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

/// Currencies as they stand before or behind amounts, in lower case; spellings of one currency are
/// in one text.
constexpr auto kCurrencies = std::to_array<std::string_view>({" $ usd us$ dollar dollars ",
                                                              " € eur euro euros ",
                                                              " £ gbp pound pounds ",
                                                              " ¥ jpy 円 ",
                                                              " ₹ inr rs rs. re rupees ",
                                                              " ₽ rub руб руб. р. ",
                                                              " ₩ krw ",
                                                              " ₺ try tl ",
                                                              " ¢ ",
                                                              " ₪ ils ",
                                                              " ₫ vnd ",
                                                              " ₦ ngn ",
                                                              " ₴ uah ",
                                                              " ₡ ",
                                                              " ₱ php ",
                                                              " ฿ thb ",
                                                              " ₿ btc ",
                                                              " r$ brl ",
                                                              " a$ au$ aud ",
                                                              " c$ ca$ cad ",
                                                              " nz$ nzd ",
                                                              " hk$ hkd ",
                                                              " nt$ twd ",
                                                              " s$ sgd ",
                                                              " mx$ mxn ",
                                                              " kr kr. ",
                                                              " sek ",
                                                              " nok ",
                                                              " dkk ",
                                                              " chf fr fr. sfr sfr. ",
                                                              " zł pln ",
                                                              " kč czk ",
                                                              " ft huf ",
                                                              " lei ron ",
                                                              " лв bgn ",
                                                              " rp idr ",
                                                              " rm myr ",
                                                              " 元 cny rmb ",
                                                              " zar ",
                                                              " aed ",
                                                              " sar ",
                                                              " egp ",
                                                              " kes ",
                                                              " kzt ",
                                                              " clp ",
                                                              " cop ",
                                                              " ars ",
                                                              " pen ",
                                                              " isk ",
                                                              " hrk ",
                                                              " rsd ",
                                                              " pkr ",
                                                              " bdt ",
                                                              " lkr ",
                                                              " qar ",
                                                              " kwd ",
                                                              " mad "});

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

/// Takes a word such as "ca." or "up to" from the start.
bool take_about(std::string_view& lead) {
  constexpr auto kWords = std::to_array<std::string_view>(
      {"ca.", "ca ", "circa ", "approx.", "approx ", "about ", "up to ", "over ", "under "});
  const std::string lower = lower_ascii(lead);
  for (const std::string_view word : kWords) {
    if (!lower.starts_with(word)) continue;
    lead.remove_prefix(word.size());
    return true;
  }
  return false;
}

/// What stands before the digits: signs, limits, a parenthesis and one currency, in any order.
bool read_lead(std::string_view lead, Written& out, bool& open) {
  bool sign = false;
  while (!lead.empty()) {
    if (take_prefix(lead, kBlanks) || take_about(lead)) continue;
    if (std::string_view rest = lead; take_prefix(rest, kLimits)) {
      out.limit += lead.substr(0, lead.size() - rest.size());
      lead = rest;
      continue;
    }
    if (take_prefix(lead, kMinuses)) {
      if (std::exchange(sign, true)) return false;
      out.negative = true;
    } else if (lead.starts_with('+')) {
      if (std::exchange(sign, true)) return false;
      out.plus = true;
      lead.remove_prefix(1);
    } else if (lead.starts_with('=')) {  // `<=`
      out.limit += '=';
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
      if (!out.before.empty()) return false;
      out.before = lower_ascii(unit);
      if (!is_currency(out.before) && !is_percent(out.before)) return false;
      lead.remove_prefix(unit.size());
    }
  }
  return true;
}

/// Removes the mark of a footnote: `*`, `[1]`.
void trim_footnote(std::string_view& tail) {
  while (tail.ends_with('*')) tail.remove_suffix(1);
  if (!tail.ends_with(']')) return;
  const std::size_t open = tail.rfind('[');
  if (open == std::string_view::npos) return;
  const std::string_view mark = tail.substr(open + 1, tail.size() - open - 2);
  if (!mark.empty() && mark.size() <= 3) tail = tail.substr(0, open);
}

/// Removes a plus at either end: `10+ years`, `10 years+`.
void take_plus(std::string_view& tail, Written& out) {
  trim_blanks(tail);
  if (tail.starts_with('+')) {
    out.limit += '+';
    tail.remove_prefix(1);
  }
  if (tail.ends_with('+')) {
    out.limit += '+';
    tail.remove_suffix(1);
  }
  trim_blanks(tail);
}

/// What stands behind the digits: an empty fraction (`50.-`), a plus or minus, a parenthesis and a
/// unit.
bool read_tail(std::string_view tail, Written& out, bool open) {
  trim_blanks(tail);
  trim_footnote(tail);
  if (tail.starts_with('.') || tail.starts_with(',')) {
    if (out.digits.contains(tail.front())) return false;  // 15.07. is a date
    tail.remove_prefix(1);
    for (const std::string_view dash : {"-", "\u2013", "\u2014"}) {  // `50.-`: no cents
      if (tail.starts_with(dash)) tail.remove_prefix(dash.size());
    }
  }
  if (tail == "/-") tail = {};  // Rs. 500/-
  if (std::string_view rest = tail; take_prefix(rest, kMinuses) && (rest.empty() || !open)) {
    trim_blanks(rest);
    if (rest.empty() || is_currency(lower_ascii(rest))) {  // `12-`
      out.negative = true;
      tail = rest;
    }
  }
  take_plus(tail, out);
  if (open) {
    const std::size_t close = tail.find(')');
    if (close == std::string_view::npos) return false;
    out.negative = true;
    const std::string_view inside = tail.substr(0, close);
    const std::string_view outside = tail.substr(close + 1);
    tail = trimmed(inside).empty() ? outside : trimmed(outside).empty() ? inside : "(";
    trim_blanks(tail);
  }
  take_plus(tail, out);
  if (tail.empty()) return true;
  if (!may_be_unit(tail)) return false;
  out.behind = lower_ascii(tail);
  return true;
}

}  // namespace

bool is_word_of(std::string_view words, std::string_view word) {
  return !word.empty() && !word.contains(' ') && words.contains(" " + std::string(word) + " ");
}

std::string_view currency_of(std::string_view unit) {
  for (const std::string_view spellings : kCurrencies) {
    if (is_word_of(spellings, unit)) return spellings.substr(1, spellings.find(' ', 1) - 1);
  }
  return {};
}

bool is_currency(std::string_view unit) { return !currency_of(unit).empty(); }

bool is_percent(std::string_view unit) {
  return unit == "%" || unit == "\u2030" || unit == "percent" || unit == "pct";
}

double scale_of(std::string_view unit) {
  if (is_word_of(" k thousand thousands tsd tsd. ", unit)) return 1e3;
  if (is_word_of(" lakh lakhs ", unit)) return 1e5;
  if (is_word_of(" m mn mln mio mio. million millions ", unit)) return 1e6;
  if (is_word_of(" crore crores ", unit)) return 1e7;
  if (is_word_of(" b bn bln mrd mrd. billion billions ", unit)) return 1e9;
  return 0;
}

bool may_be_other_unit(std::string_view unit) { return unit == "m" || unit == "b"; }

std::optional<Written> take_apart(std::string_view text) {
  constexpr std::size_t kMostBytes = 64;
  trim_blanks(text);
  if (text.size() > 3 && text.starts_with("=\"") && text.ends_with('"')) {  // Excel: ="12"
    text = text.substr(2, text.size() - 3);
  } else if (text.starts_with('\'')) {
    text.remove_prefix(1);
  }
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

}  // namespace vitrine::data
