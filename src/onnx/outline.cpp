#include "onnx/outline.h"

#include <google/protobuf/io/coded_stream.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace vitrine::onnx {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kLarge = 4096;

struct Field {
  int number = 0;
  bool of_bytes = false;    ///< length-delimited: a string, bytes or a message
  std::string_view whole;   ///< the field with its tag
  std::string_view inside;  ///< the content of a length-delimited field
};

/// Calls `visit` for each field of a message. Returns false if the message can't be read, has a
/// wire type that ONNX does not use, or `visit` returned false.
template <typename Visit>
bool each_field(std::string_view message, Visit visit) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(message.data()),
                      static_cast<int>(message.size()));
  const auto here = [&] { return static_cast<std::size_t>(in.CurrentPosition()); };
  while (here() < message.size()) {
    const std::size_t start = here();
    const std::uint32_t tag = in.ReadTag();
    const auto type = WireFormatLite::GetTagWireType(tag);
    Field field{.number = WireFormatLite::GetTagFieldNumber(tag)};
    std::uint64_t number = 0;
    std::uint32_t length = 0;
    if (tag == 0) return false;
    if (type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!in.ReadVarint32(&length)) return false;
      field.of_bytes = true;
      const std::size_t inside = here();
      if (length > message.size() - inside || !in.Skip(static_cast<int>(length))) return false;
      field.inside = message.substr(inside, length);
    } else if (type == WireFormatLite::WIRETYPE_VARINT) {
      if (!in.ReadVarint64(&number)) return false;
    } else if (type == WireFormatLite::WIRETYPE_FIXED32 ||
               type == WireFormatLite::WIRETYPE_FIXED64) {
      if (!in.Skip(type == WireFormatLite::WIRETYPE_FIXED32 ? 4 : 8)) return false;
    } else {
      return false;
    }
    field.whole = message.substr(start, here() - start);
    if (!visit(field)) return false;
  }
  return true;
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<std::uint8_t, 10> bytes{};
  const std::uint8_t* end = CodedOutputStream::WriteVarint64ToArray(number, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::size_t>(end - bytes.data()));
}

void append_message(std::string& out, int number, std::string_view message) {
  append_number(
      out, static_cast<std::uint64_t>(number) << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  append_number(out, message.size());
  out.append(message);
}

/// A copy of the message with each submessage in field `number` replaced; nullopt if one can't be
/// read.
template <typename Replace>
std::optional<std::string> with_replaced(std::string_view message, int number, Replace replace) {
  std::string kept;
  const bool read = each_field(message, [&](const Field& field) {
    if (field.number != number || !field.of_bytes) {
      kept.append(field.whole);
      return true;
    }
    const std::optional<std::string> inside = replace(field.inside);
    if (inside) append_message(kept, number, *inside);
    return inside.has_value();
  });
  return read ? std::optional(std::move(kept)) : std::nullopt;
}

/// A copy of a tensor without its raw data if these are large; `segment` then has their position.
/// A `segment` in the file is removed: ONNX Runtime does not use it, and here it has another
/// meaning.
std::optional<std::string> without_data(std::string_view bytes, std::string_view tensor) {
  std::string_view data;
  int times = 0;
  const auto look = [&](const Field& field) {
    if (field.number != ::onnx::TensorProto::kRawDataFieldNumber) return true;
    data = field.inside;
    ++times;
    return field.of_bytes;
  };
  if (!each_field(tensor, look)) return std::nullopt;
  const bool large = times == 1 && data.size() >= kLarge;
  std::string kept;
  each_field(tensor, [&](const Field& field) {
    const bool left = (field.number == ::onnx::TensorProto::kRawDataFieldNumber && large) ||
                      field.number == ::onnx::TensorProto::kSegmentFieldNumber;
    if (!left) kept.append(field.whole);
    return true;
  });
  if (large) {
    ::onnx::TensorProto::Segment segment;
    segment.set_begin(data.data() - bytes.data());
    segment.set_end(data.data() - bytes.data() + static_cast<std::ptrdiff_t>(data.size()));
    append_message(kept, ::onnx::TensorProto::kSegmentFieldNumber, segment.SerializeAsString());
  }
  return kept;
}

/// The model's bytes without its large weights; nullopt if they can't be read.
std::optional<std::string> without_weights(std::string_view bytes) {
  return with_replaced(bytes, ::onnx::ModelProto::kGraphFieldNumber, [&](std::string_view graph) {
    return with_replaced(graph, ::onnx::GraphProto::kInitializerFieldNumber,
                         [&](std::string_view tensor) { return without_data(bytes, tensor); });
  });
}

}  // namespace

bool read_outline(std::string_view bytes, ::onnx::ModelProto& model) {
  constexpr std::size_t kMost = std::size_t{1} << 31;  // protobuf's own limit
  if (bytes.size() >= kMost) return false;
  const auto kept = without_weights(bytes);
  return kept && model.ParseFromString(*kept);
}

std::string_view raw_data(const ::onnx::TensorProto& tensor, std::string_view bytes) {
  if (tensor.has_raw_data() || !tensor.has_segment()) return tensor.raw_data();
  const auto begin = static_cast<std::uint64_t>(tensor.segment().begin());
  const auto end = static_cast<std::uint64_t>(tensor.segment().end());
  if (begin > end || end > bytes.size()) return {};
  return bytes.substr(begin, end - begin);
}

}  // namespace vitrine::onnx
