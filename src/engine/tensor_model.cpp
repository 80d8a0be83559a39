#include "engine/tensor_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/text.h"

namespace vitrine::engine {
namespace {

struct TypeRow {
  TensorType type;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<TypeRow, 13> kTypes = {{
    {TensorType::boolean, "BOOL", 1},
    {TensorType::u8, "UINT8", 1},
    {TensorType::u16, "UINT16", 2},
    {TensorType::u32, "UINT32", 4},
    {TensorType::u64, "UINT64", 8},
    {TensorType::i8, "INT8", 1},
    {TensorType::i16, "INT16", 2},
    {TensorType::i32, "INT32", 4},
    {TensorType::i64, "INT64", 8},
    {TensorType::f16, "FP16", 2},
    {TensorType::f32, "FP32", 4},
    {TensorType::f64, "FP64", 8},
    {TensorType::text, "BYTES", 0},
}};

const TypeRow& row_of(TensorType type) { return *std::ranges::find(kTypes, type, &TypeRow::type); }

}  // namespace

std::string_view datatype_name(TensorType type) { return row_of(type).name; }

TensorType datatype_of(std::string_view name) {
  const auto row = std::ranges::find(kTypes, name, &TypeRow::name);
  if (row != kTypes.end()) return row->type;
  std::vector<std::string> names;
  for (const TypeRow& one : kTypes) names.emplace_back(one.name);
  throw Error(ErrorKind::bad_input, "'" + shown(name) + "' is not a datatype", "the request",
              "the datatypes are " + listed(names, 20));
}

std::size_t element_size(TensorType type) { return row_of(type).size; }

double fp16_at(std::string_view bytes, std::size_t place) {
  std::uint16_t bits = 0;
  std::memcpy(&bits, &bytes[place * 2], 2);
  const int exponent = (bits >> 10) & 31;
  const double fraction = bits & 1023;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity()
                         : std::numeric_limits<double>::quiet_NaN();
  }
  return exponent == 0 ? sign * std::ldexp(fraction, -24)
                       : sign * std::ldexp(1024 + fraction, exponent - 25);
}

std::size_t element_count(const std::vector<std::int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1},
                         [](std::size_t product, std::int64_t size) {
                           return product * static_cast<std::size_t>(size);
                         });
}

}  // namespace vitrine::engine
