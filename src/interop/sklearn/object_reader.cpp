#include "interop/sklearn/object_reader.h"

#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "base/text.h"
#include "data/table/value.h"

namespace vitrine::interop {

using Kind = PickleValue::Kind;

void ObjectReader::fail(const std::string& what, const std::string& hint) const {
  throw Error(ErrorKind::bad_input, what, where_, hint);
}

void ObjectReader::contradicts(const std::string& what) const {
  fail("the model contradicts itself: " + what, "fit and pickle it again");
}

std::string ObjectReader::class_of(const PickleValue& object) {
  return object.text.substr(object.text.find('.') + 1);
}

std::string ObjectReader::name_of(double number) {
  const bool whole = std::abs(number) < 0x1p53 && number == std::floor(number);
  return whole ? std::to_string(static_cast<std::int64_t>(number)) : data::number_text(number);
}

const PickleValue& ObjectReader::attribute(const PickleValue& object, const char* name) const {
  const PickleValue* value = object.find(name);
  if (value == nullptr) {
    fail("the " + class_of(object) + " has no '" + name + "'", "pickle the model after fitting it");
  }
  return *value;
}

std::string ObjectReader::text(const PickleValue& object, const char* name) const {
  const PickleValue* value = object.find(name);
  if (value == nullptr) return "";
  if (!data::is_utf8(value->text)) contradicts(std::string(name) + " is not UTF-8");
  return value->text;
}

bool ObjectReader::boolean(const PickleValue& object, const char* name, bool otherwise) const {
  const PickleValue* value = object.find(name);
  return value == nullptr || !value->is_number() ? otherwise : value->as_number() != 0;
}

std::vector<double> ObjectReader::numbers(const PickleValue& value, const char* name) const {
  if (value.kind == Kind::array && value.items.empty() && value.texts.empty()) return value.numbers;
  if (value.kind != Kind::list && value.kind != Kind::tuple && value.kind != Kind::array) {
    contradicts(std::string(name) + " is not a list of numbers");
  }
  std::vector<double> out;
  for (const PickleValue* item : value.items) {
    if (!item->is_number()) contradicts(std::string(name) + " is not a list of numbers");
    out.push_back(item->as_number());
  }
  return out;
}

std::vector<std::string> ObjectReader::names(const PickleValue& value, const char* name) const {
  if (!missing_places(value).empty())
    contradicts("an item of " + std::string(name) + " is missing");
  return names_or_missing(value, name);
}

std::vector<std::size_t> ObjectReader::missing_places(const PickleValue& value) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < value.numbers.size() && value.texts.empty(); ++i) {
    if (std::isnan(value.numbers[i])) out.push_back(i);
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const PickleValue& item = *value.items[i];
    if (item.kind == Kind::none || (item.kind == Kind::number && std::isnan(item.number))) {
      out.push_back(i);
    }
  }
  return out;
}

std::vector<std::string> ObjectReader::names_or_missing(const PickleValue& value,
                                                        const char* name) const {
  std::vector<std::string> out = value.texts;
  if (value.texts.empty()) {
    for (const double number : value.numbers) {
      out.push_back(value.flag ? (number != 0 ? "True" : "False") : name_of(number));
    }
  }
  for (const PickleValue* item : value.items) {
    if (item->kind == Kind::none) {
      out.emplace_back();
    } else if (item->kind == Kind::boolean) {
      out.emplace_back(item->flag ? "True" : "False");
    } else if (item->is_number()) {
      out.push_back(name_of(item->as_number()));
    } else if (item->kind == Kind::text || item->kind == Kind::bytes) {
      out.push_back(item->text);
    } else {
      contradicts("an item of " + std::string(name) + " is not a text");
    }
  }
  for (const std::string& one : out) {
    if (!data::is_utf8(one)) contradicts(std::string(name) + " is not UTF-8");
  }
  return out;
}

}  // namespace vitrine::interop
