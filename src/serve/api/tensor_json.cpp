#include "serve/api/tensor_json.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "base/base64.h"
#include "base/error.h"
#include "data/table/value.h"
#include "engine/prediction_writer.h"

namespace vitrine::serve {
namespace {

namespace dom = simdjson::dom;

Error bad(const std::string& name, const std::string& what, const std::string& hint) {
  return {ErrorKind::bad_input, "the input '" + shown(name) + "' " + what, "the request", hint,
          name};
}

/// The bytes of `{"b64": "..."}`, TensorFlow Serving's form of binary data.
std::optional<std::string> bytes_of_b64(const dom::element& value) {
  std::string_view text;
  if (!value.is_object() || dom::object(value)["b64"].get(text) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return decode_base64(text);
}

template <typename T>
void append_number(const std::string& name, std::string& bytes, const dom::element& value) {
  T out{};
  bool fits = true;
  if constexpr (std::is_floating_point_v<T>) {
    double number = std::numeric_limits<double>::quiet_NaN();
    if (!value.is_null() && value.get(number) != simdjson::SUCCESS) {
      throw bad(name, "contains a value that is not a number", "send numbers");
    }
    fits = !(std::abs(number) > static_cast<double>(std::numeric_limits<T>::max()));
    out = static_cast<T>(number);
  } else if (std::int64_t small = 0; value.get(small) == simdjson::SUCCESS) {
    fits = std::in_range<T>(small);
    out = static_cast<T>(small);
  } else if (std::uint64_t large = 0; value.get(large) == simdjson::SUCCESS) {
    fits = std::in_range<T>(large);
    out = static_cast<T>(large);
  } else {
    throw bad(name, "contains a value that is not a whole number", "send whole numbers");
  }
  if (!fits) {
    throw bad(name, "contains a number out of range for its datatype", "send smaller numbers");
  }
  bytes.append(reinterpret_cast<const char*>(&out), sizeof out);
}

void append_leaf(engine::Tensor& tensor, const dom::element& value) {
  const std::string& name = tensor.name;
  switch (tensor.type) {
    case engine::TensorType::boolean: {
      bool truth = false;
      std::int64_t number = 0;
      if (value.get(truth) != simdjson::SUCCESS) {
        if (value.get(number) != simdjson::SUCCESS || number < 0 || number > 1) {
          throw bad(name, "contains a value that is not a boolean", "send true or false");
        }
        truth = number == 1;
      }
      tensor.bytes += truth ? '\1' : '\0';
      return;
    }
    case engine::TensorType::u8:
      return append_number<std::uint8_t>(name, tensor.bytes, value);
    case engine::TensorType::u16:
      return append_number<std::uint16_t>(name, tensor.bytes, value);
    case engine::TensorType::u32:
      return append_number<std::uint32_t>(name, tensor.bytes, value);
    case engine::TensorType::u64:
      return append_number<std::uint64_t>(name, tensor.bytes, value);
    case engine::TensorType::i8:
      return append_number<std::int8_t>(name, tensor.bytes, value);
    case engine::TensorType::i16:
      return append_number<std::int16_t>(name, tensor.bytes, value);
    case engine::TensorType::i32:
      return append_number<std::int32_t>(name, tensor.bytes, value);
    case engine::TensorType::i64:
      return append_number<std::int64_t>(name, tensor.bytes, value);
    case engine::TensorType::f32:
      return append_number<float>(name, tensor.bytes, value);
    case engine::TensorType::f64:
      return append_number<double>(name, tensor.bytes, value);
    case engine::TensorType::f16:
      throw bad(name, "is FP16, which JSON does not support", "send it as binary data");
    case engine::TensorType::text:
      break;
  }
  if (value.is_string()) {
    tensor.texts.emplace_back(std::string_view(value));
  } else if (auto bytes = bytes_of_b64(value)) {
    tensor.texts.push_back(std::move(*bytes));
  } else if (value.is_null()) {
    tensor.texts.emplace_back();
  } else if (value.is_number()) {
    tensor.texts.push_back(data::number_text(double(value)));
  } else if (value.is_bool()) {
    tensor.texts.emplace_back(bool(value) ? "true" : "false");
  } else {
    throw bad(name, "contains a value that is not a text", "send texts, or {\"b64\": \"...\"}");
  }
}

std::size_t leaves_of(const dom::element& value) {
  if (!value.is_array()) return 1;
  std::size_t count = 0;
  for (const dom::element one : dom::array(value)) count += leaves_of(one);
  return count;
}

void append_leaves(engine::Tensor& tensor, const dom::element& value) {
  if (!value.is_array()) return append_leaf(tensor, value);
  for (const dom::element one : dom::array(value)) append_leaves(tensor, one);
}

/// Checks that the nesting has `shape`; sets `text` if a leaf is a text. Throws Error(bad_input).
void check_nesting(const std::string& name, const dom::element& value, std::size_t depth,
                   const std::vector<std::int64_t>& shape, bool& text) {
  if (!value.is_array()) {
    if (depth != shape.size())
      throw bad(name, "is not nested evenly", "send arrays of equal shape");
    text = text || value.is_string() || value.is_object();
    return;
  }
  std::int64_t count = 0;
  for (const dom::element one : dom::array(value)) {
    check_nesting(name, one, depth + 1, shape, text);
    ++count;
  }
  if (depth >= shape.size() || shape[depth] != count) {
    throw bad(name, "contains arrays of different lengths", "send arrays of equal shape");
  }
}

template <typename T>
std::string number_at(const engine::Tensor& tensor, std::size_t place) {
  T value;
  std::memcpy(&value, &tensor.bytes[place * sizeof(T)], sizeof(T));
  if constexpr (std::is_floating_point_v<T>) {
    return std::isfinite(value) ? data::number_text(value) : "null";  // JSON has no NaN
  } else {
    return std::to_string(value);
  }
}

std::string leaf_at(const engine::Tensor& tensor, std::size_t place) {
  switch (tensor.type) {
    case engine::TensorType::boolean:
      return tensor.bytes[place] != 0 ? "true" : "false";
    case engine::TensorType::u8:
      return number_at<std::uint8_t>(tensor, place);
    case engine::TensorType::u16:
      return number_at<std::uint16_t>(tensor, place);
    case engine::TensorType::u32:
      return number_at<std::uint32_t>(tensor, place);
    case engine::TensorType::u64:
      return number_at<std::uint64_t>(tensor, place);
    case engine::TensorType::i8:
      return number_at<std::int8_t>(tensor, place);
    case engine::TensorType::i16:
      return number_at<std::int16_t>(tensor, place);
    case engine::TensorType::i32:
      return number_at<std::int32_t>(tensor, place);
    case engine::TensorType::i64:
      return number_at<std::int64_t>(tensor, place);
    case engine::TensorType::f32:
      return number_at<float>(tensor, place);
    case engine::TensorType::f64:
      return number_at<double>(tensor, place);
    case engine::TensorType::f16: {
      const double value = engine::fp16_at(tensor.bytes, place);
      return std::isfinite(value) ? data::number_text(static_cast<float>(value)) : "null";
    }
    case engine::TensorType::text:
      return json_text(tensor.texts[place]);
  }
  unknown_kind("tensor type", tensor.type);
}

void append_nested(std::string& out, const engine::Tensor& tensor, std::size_t depth,
                   std::size_t& place) {
  if (depth == tensor.shape.size()) {
    out += leaf_at(tensor, place++);
    return;
  }
  out += '[';
  for (std::int64_t i = 0; i < tensor.shape[depth]; ++i) {
    if (i > 0) out += ',';
    append_nested(out, tensor, depth + 1, place);
  }
  out += ']';
}

}  // namespace

engine::Tensor tensor_of_json(std::string name, engine::TensorType type,
                              std::vector<std::int64_t> shape, const dom::element& data) {
  engine::Tensor tensor{std::move(name), type, std::move(shape), {}, {}};
  const std::size_t count = leaves_of(data);  // before memory is allocated for them
  if (count != engine::element_count(tensor.shape)) {
    throw bad(tensor.name,
              "has " + std::to_string(count) + " elements, but its shape has " +
                  std::to_string(engine::element_count(tensor.shape)),
              "send as many elements as the shape has");
  }
  append_leaves(tensor, data);
  return tensor;
}

engine::Tensor tensor_of_nested(std::string name, std::optional<engine::TensorType> type,
                                const dom::element& data) {
  engine::Tensor tensor{std::move(name), engine::TensorType::f64, {}, {}, {}};
  bool text = false;
  // The shape is that of the path to the first leaf; check_nesting() checks the rest.
  for (dom::element inner = data; inner.is_array();) {
    const dom::array array = inner;
    std::int64_t count = 0;
    for ([[maybe_unused]] const dom::element one : array) ++count;
    tensor.shape.push_back(count);
    if (count == 0) break;
    inner = array.at(0);
  }
  check_nesting(tensor.name, data, 0, tensor.shape, text);
  tensor.type = type.value_or(text ? engine::TensorType::text : engine::TensorType::f64);
  append_leaves(tensor, data);
  return tensor;
}

void append_flat_json(std::string& out, const engine::Tensor& tensor) {
  out += '[';
  const std::size_t count = engine::element_count(tensor.shape);
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += leaf_at(tensor, i);
  }
  out += ']';
}

void append_nested_json(std::string& out, const engine::Tensor& tensor) {
  std::size_t place = 0;
  append_nested(out, tensor, 0, place);
}

void append_row_json(std::string& out, const engine::Tensor& tensor, std::size_t index) {
  std::size_t place = index * (tensor.shape[0] > 0 ? engine::element_count(tensor.shape) /
                                                         static_cast<std::size_t>(tensor.shape[0])
                                                   : 0);
  append_nested(out, tensor, 1, place);
}

}  // namespace vitrine::serve
