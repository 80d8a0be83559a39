#include "data/table/json_element.h"

#include "base/error.h"
#include "base/json.h"

namespace vitrine::data {
namespace {

/// Finds the position of a JSON error, which simdjson does not report.
class FaultFinder : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t& text) override {
    // A whole number that does not fit 64 bits: simdjson stops there.
    out_of_range = text.find_first_of(".eE") == string_t::npos;
    return !out_of_range;
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t& name) override {
    last_key = name;
    return true;
  }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& problem) override {
    byte = position;
    out_of_range = dynamic_cast<const nlohmann::detail::out_of_range*>(&problem) != nullptr;
    return false;
  }

  std::size_t byte = 0;
  std::string last_key;
  bool out_of_range = false;
};

[[noreturn]] void refuse_json(std::string_view json, simdjson::error_code code) {
  if (code == simdjson::DEPTH_ERROR) {
    throw Error(ErrorKind::malformed,
                "the JSON is nested more than " + std::to_string(kMaxJsonDepth) + " deep",
                "the request", "a row is a flat object: {\"column\": value, ...}");
  }
  if (code == simdjson::EMPTY) {
    throw Error(ErrorKind::malformed, "there is no JSON: the text is empty", "byte 0",
                "send an object: {\"column\": value, ...}");
  }
  FaultFinder finder;
  Json::sax_parse(json, &finder);
  if (finder.out_of_range) {
    throw Error(ErrorKind::bad_input, "a number is out of range",
                "field '" + shown(finder.last_key) + "'",
                "send a number that fits 32-bit floating point", finder.last_key);
  }
  const bool big = code == simdjson::BIGINT_ERROR || code == simdjson::NUMBER_ERROR;
  const std::string why = big                            ? "a number can't be read"
                          : code == simdjson::UTF8_ERROR ? "the text is not valid UTF-8"
                                                         : "the JSON is broken";
  throw Error(ErrorKind::malformed, why,
              finder.byte > 0 ? "byte " + std::to_string(finder.byte - 1) : "the text",
              "check commas, quotes and brackets there; NaN and Infinity are not JSON, write null "
              "for a missing value");
}

/// Appends "e0" to whole numbers that may not fit 64 bits, so that simdjson reads them as doubles.
std::string with_decimals(std::string_view json) {
  constexpr std::size_t kSafeDigits = 18;
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    out += c;
    if (in_text && c == '\\' && i + 1 < json.size()) out += json[++i];
    if (c == '"') in_text = !in_text;
    if (in_text || c < '0' || c > '9') continue;
    std::size_t end = json.find_first_not_of("0123456789", i);
    if (end == std::string_view::npos) end = json.size();
    out += json.substr(i + 1, end - i - 1);
    const bool whole =
        end == json.size() || (json[end] != '.' && json[end] != 'e' && json[end] != 'E');
    const char before = i > 0 ? json[i - 1] : ' ';
    const bool begins = before != '.' && before != 'e' && before != 'E' && before != '+';
    if (whole && begins && end - i > kSafeDigits) out += "e0";
    i = end - 1;
  }
  return out;
}

}  // namespace

simdjson::dom::element JsonParser::parse(std::string_view json) {
  if (parser_.allocate(std::max<std::size_t>(json.size(), 64), kMaxJsonDepth) !=
      simdjson::SUCCESS) {
    throw Error(ErrorKind::failed, "there is not enough memory to read the JSON", "the request",
                "send fewer rows at a time");
  }
  if (json.empty()) refuse_json(json, simdjson::EMPTY);
  simdjson::dom::element root;
  const auto code = parser_.parse(json.data(), json.size()).get(root);
  if (code == simdjson::BIGINT_ERROR || code == simdjson::NUMBER_ERROR) {
    widened_ = with_decimals(json);
    const auto again = parser_.parse(widened_).get(root);
    if (!again) return root;
  }
  if (code) refuse_json(json, code);
  return root;
}

}  // namespace vitrine::data
