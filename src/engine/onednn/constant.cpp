#include "engine/onednn/constant.h"

#include <cstring>

#include "base/error.h"
#include "onnx/outline.h"

namespace vitrine::engine {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

Error unusable(const ::onnx::TensorProto& tensor, const std::string& why) {
  return {ErrorKind::bad_model, "the constant '" + shown(tensor.name()) + "' " + why, "the graph",
          "ONNX Runtime may be able to run it"};
}

std::string_view checked_raw_data(const ::onnx::TensorProto& tensor, std::string_view bytes,
                                  std::int64_t count, std::size_t element) {
  const std::string_view raw = onnx::raw_data(tensor, bytes);
  if (raw.size() != static_cast<std::size_t>(count) * element) {
    throw unusable(tensor, "has data that do not match its dimensions");
  }
  return raw;
}

template <typename T, typename List>
std::vector<T> elements(const ::onnx::TensorProto& tensor, const List& list, std::int64_t count,
                        std::string_view bytes) {
  std::vector<T> out;
  if (onnx::has_raw_data(tensor)) {
    const std::string_view raw = checked_raw_data(tensor, bytes, count, sizeof(T));
    out.resize(static_cast<std::size_t>(count));
    if (!raw.empty()) std::memcpy(out.data(), raw.data(), raw.size());
  } else {
    out.assign(list.begin(), list.end());
  }
  if (out.size() != static_cast<std::size_t>(count)) {
    throw unusable(tensor, "has data that do not match its dimensions");
  }
  return out;
}

}  // namespace

Constant constant_of(const ::onnx::TensorProto& tensor, std::string_view bytes) {
  Constant out;
  std::int64_t count = 1;
  for (const std::int64_t dim : tensor.dims()) {
    if (dim < 0 || (dim > 0 && count > kMostElements / dim)) {
      throw unusable(tensor, "has invalid dimensions");
    }
    count *= dim;
    out.dims.push_back(dim);
  }
  switch (tensor.data_type()) {
    case ::onnx::TensorProto::FLOAT:
      if (onnx::has_raw_data(tensor)) {
        out.floats = Floats::view_of(checked_raw_data(tensor, bytes, count, sizeof(float)));
      } else {
        out.floats = elements<float>(tensor, tensor.float_data(), count, bytes);
      }
      return out;
    case ::onnx::TensorProto::INT64:
      out.whole = true;
      out.ints = elements<std::int64_t>(tensor, tensor.int64_data(), count, bytes);
      return out;
    case ::onnx::TensorProto::INT32: {
      out.whole = true;
      const auto narrow = elements<std::int32_t>(tensor, tensor.int32_data(), count, bytes);
      out.ints.assign(narrow.begin(), narrow.end());
      return out;
    }
    default:
      throw unusable(tensor, "has an unsupported type");
  }
}

}  // namespace vitrine::engine
