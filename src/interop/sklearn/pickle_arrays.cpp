#include "interop/sklearn/pickle_arrays.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

namespace vitrine::interop {
namespace {

using Kind = PickleValue::Kind;

/// A parsed dtype code: `U12` is kind U, 48 bytes wide.
struct Type {
  char kind = 0;
  std::size_t width = 0;
  bool swap = false;
};

bool read_type(const PickleValue& dtype, Type& type) {
  if (dtype.kind != Kind::dtype || dtype.text.size() < 2) return false;
  std::string_view code = dtype.text;
  type.swap = dtype.flag;
  if (code[0] == '<' || code[0] == '>' || code[0] == '|' || code[0] == '=') {
    type.swap = type.swap || code[0] == '>';
    code.remove_prefix(1);
  }
  if (code.empty()) return false;
  type.kind = code[0];
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(code.data() + 1, code.data() + code.size(), count);
  if (error != std::errc() || end != code.data() + code.size() || count > (1U << 20)) return false;
  type.width = type.kind == 'U' ? count * 4 : count;
  switch (type.kind) {
    case 'f':
      return count == 2 || count == 4 || count == 8;
    case 'i':
    case 'u':
      return count == 1 || count == 2 || count == 4 || count == 8;
    case 'b':
      return count == 1;
    case 'U':
    case 'S':
      return count > 0;
    case 'V':
      return count > 0;
    case 'O':
      return true;
    default:
      return false;
  }
}

double read_number(const Type& type, const char* bytes);

/// A field of a record.
struct Field {
  std::string name;
  Type type;
  std::size_t offset = 0;
};

/// The fields of a dtype whose state (`items`) has names and a dictionary of (dtype, offset). Empty
/// if it has none, or one is not a number.
std::vector<Field> fields_of(const PickleValue& dtype, std::size_t width) {
  std::vector<Field> out;
  if (dtype.items.size() < 5 || dtype.items[3]->kind != Kind::tuple ||
      dtype.items[4]->kind != Kind::dictionary) {
    return out;
  }
  for (const PickleValue* name : dtype.items[3]->items) {
    const PickleValue* field = dtype.items[4]->find(name->text);
    Field one{.name = name->text};
    if (field == nullptr || field->kind != Kind::tuple || field->items.size() < 2 ||
        field->items[1]->kind != Kind::integer || !read_type(*field->items[0], one.type) ||
        std::string_view("fiub").find(one.type.kind) == std::string_view::npos) {
      return {};
    }
    one.offset = static_cast<std::size_t>(std::max<std::int64_t>(0, field->items[1]->integer));
    if (one.offset > width || one.type.width > width - one.offset) return {};
    out.push_back(std::move(one));
  }
  return out;
}

/// Records of numbers: one axis.
bool fill_records(PickleValue& out, const PickleValue& dtype, const Type& type,
                  std::string_view data) {
  const std::vector<Field> fields = fields_of(dtype, type.width);
  // Fields that do not overlap are at most as many as bytes.
  if (fields.empty() || fields.size() > type.width || out.shape.size() != 1) return false;
  const std::size_t count = out.shape[0];
  out.shape.push_back(fields.size());
  for (const Field& one : fields) out.texts.push_back(one.name);
  for (std::size_t i = 0; i < count; ++i) {
    for (const Field& one : fields) {
      out.numbers.push_back(read_number(one.type, data.data() + i * type.width + one.offset));
    }
  }
  return true;
}

double half_to_double(std::uint64_t bits) {
  const int exponent = static_cast<int>((bits >> 10) & 31);
  const auto fraction = static_cast<double>(bits & 1023);
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == 31) return fraction > 0 ? std::nan("") : sign * INFINITY;
  return sign *
         (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

double read_number(const Type& type, const char* bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < type.width; ++i) {
    const std::size_t from = type.swap ? i : type.width - 1 - i;
    bits = bits << 8 | static_cast<unsigned char>(bytes[from]);
  }
  if (type.kind == 'f') {
    if (type.width == 8) return std::bit_cast<double>(bits);
    if (type.width == 4)
      return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    return half_to_double(bits);
  }
  if (type.kind == 'i' && type.width < 8 && (bits >> (8 * type.width - 1)) != 0) {
    bits |= ~std::uint64_t{0} << (8 * type.width);
  }
  return type.kind == 'i' ? static_cast<double>(static_cast<std::int64_t>(bits))
                          : static_cast<double>(bits);
}

/// Converts UCS-4 or bytes, padded with NUL, to UTF-8. False for invalid code points.
bool read_text(const Type& type, const char* bytes, std::string& out) {
  if (type.kind == 'S') {
    out.assign(bytes, ::strnlen(bytes, type.width));
    return true;
  }
  for (std::size_t at = 0; at < type.width; at += 4) {
    Type code{'u', 4, type.swap};
    const auto point = static_cast<std::uint32_t>(read_number(code, bytes + at));
    if (point == 0) break;
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    if (point < 0x80) {
      out += static_cast<char>(point);
    } else if (point < 0x800) {
      out += static_cast<char>(0xC0 | (point >> 6));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
      out += static_cast<char>(0xE0 | (point >> 12));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    } else {
      out += static_cast<char>(0xF0 | (point >> 18));
      out += static_cast<char>(0x80 | ((point >> 12) & 0x3F));
      out += static_cast<char>(0x80 | ((point >> 6) & 0x3F));
      out += static_cast<char>(0x80 | (point & 0x3F));
    }
  }
  return true;
}

bool read_shape(const PickleValue& shape, std::vector<std::size_t>& sizes, std::size_t& count) {
  if (shape.kind != Kind::tuple || shape.items.size() > 4) return false;
  count = 1;
  for (const PickleValue* size : shape.items) {
    if (size->kind != Kind::integer || size->integer < 0 || size->integer > (1 << 28)) return false;
    sizes.push_back(static_cast<std::size_t>(size->integer));
    count *= sizes.back();
    if (count > kMostArrayNumbers) return false;
  }
  return true;
}

/// The index in Fortran order of the element with the index `index` in C order.
std::size_t fortran_place(const std::vector<std::size_t>& shape, std::size_t index) {
  std::size_t place = 0;
  std::size_t below = 1;  // the C-order stride of this axis
  for (const std::size_t size : shape) below *= size;
  std::size_t stride = 1;
  for (const std::size_t size : shape) {
    below /= size;
    place += index / below % size * stride;
    stride *= size;
  }
  return place;
}

}  // namespace

bool fill_array(PickleValue& out, const PickleValue& shape, const PickleValue& dtype, bool fortran,
                const PickleValue& data) {
  Type type;
  std::size_t count = 0;
  out.kind = Kind::array;
  out.shape.clear();
  out.items.clear();
  out.numbers.clear();
  out.texts.clear();
  if (!read_type(dtype, type) || !read_shape(shape, out.shape, count)) return false;
  if (type.kind == 'O') {
    if (data.kind != Kind::list || data.items.size() != count) return false;
    for (std::size_t i = 0; i < count; ++i) {
      out.items.push_back(data.items[fortran ? fortran_place(out.shape, i) : i]);
    }
    return true;
  }
  if (data.kind != Kind::bytes || data.text.size() != count * type.width) return false;
  if (type.kind == 'V') return fill_records(out, dtype, type, data.text);
  const bool text = type.kind == 'U' || type.kind == 'S';
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = fortran ? fortran_place(out.shape, i) : i;
    const char* bytes = data.text.data() + place * type.width;
    if (!text) {
      out.numbers.push_back(read_number(type, bytes));
      continue;
    }
    if (!read_text(type, bytes, out.texts.emplace_back())) return false;
  }
  out.flag = type.kind == 'b';
  out.integer = type.kind == 'f' ? 0 : 1;  // whole numbers
  return true;
}

std::optional<std::size_t> array_bytes(const PickleValue& shape, const PickleValue& dtype) {
  Type type;
  std::size_t count = 0;
  std::vector<std::size_t> sizes;
  if (!read_type(dtype, type) || type.kind == 'O' || !read_shape(shape, sizes, count)) {
    return std::nullopt;
  }
  return count * type.width;
}

bool fill_scalar(PickleValue& out, const PickleValue& dtype, const PickleValue& bytes) {
  Type type;
  if (!read_type(dtype, type) || type.kind == 'O' || type.kind == 'V') return false;
  if (bytes.kind != Kind::bytes || bytes.text.size() != type.width) return false;
  if (type.kind == 'U' || type.kind == 'S') {
    out.kind = Kind::text;
    return read_text(type, bytes.text.data(), out.text);
  }
  const double number = read_number(type, bytes.text.data());
  out.kind = type.kind == 'f' ? Kind::number : type.kind == 'b' ? Kind::boolean : Kind::integer;
  out.number = number;
  out.flag = number != 0;
  out.integer = std::abs(number) < 0x1p62 ? static_cast<std::int64_t>(number) : 0;
  return true;
}

}  // namespace vitrine::interop
