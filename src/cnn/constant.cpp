#include "cnn/constant.h"

#include <cstring>

#include "base/error.h"

namespace vitrine {
namespace {

constexpr std::int64_t kMostElements = std::int64_t{1} << 31;

Error unusable(const onnx::TensorProto& tensor, const std::string& why) {
  return {ErrorKind::bad_model, "the constant '" + shown(tensor.name()) + "' " + why, "the graph",
          "it runs on ONNX Runtime, if at all"};
}

template <typename T, typename List>
std::vector<T> elements(const onnx::TensorProto& tensor, const List& list, std::int64_t count) {
  std::vector<T> out;
  if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != static_cast<std::size_t>(count) * sizeof(T)) {
      throw unusable(tensor, "has another size than its dimensions say");
    }
    out.resize(static_cast<std::size_t>(count));
    std::memcpy(out.data(), tensor.raw_data().data(), tensor.raw_data().size());
  } else {
    out.assign(list.begin(), list.end());
  }
  if (out.size() != static_cast<std::size_t>(count)) {
    throw unusable(tensor, "has another size than its dimensions say");
  }
  return out;
}

}  // namespace

Constant constant_of(const onnx::TensorProto& tensor) {
  Constant out;
  std::int64_t count = 1;
  for (const std::int64_t dim : tensor.dims()) {
    if (dim < 0 || (dim > 0 && count > kMostElements / dim)) {
      throw unusable(tensor, "has dimensions that can't be");
    }
    count *= dim;
    out.dims.push_back(dim);
  }
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      if (tensor.has_raw_data() &&
          tensor.raw_data().size() == static_cast<std::size_t>(count) * sizeof(float) &&
          reinterpret_cast<std::uintptr_t>(tensor.raw_data().data()) % alignof(float) == 0) {
        out.floats = Floats::view_of({reinterpret_cast<const float*>(tensor.raw_data().data()),
                                      static_cast<std::size_t>(count)});
      } else {
        out.floats = elements<float>(tensor, tensor.float_data(), count);
      }
      return out;
    case onnx::TensorProto::INT64:
      out.whole = true;
      out.ints = elements<std::int64_t>(tensor, tensor.int64_data(), count);
      return out;
    case onnx::TensorProto::INT32: {
      out.whole = true;
      const auto narrow = elements<std::int32_t>(tensor, tensor.int32_data(), count);
      out.ints.assign(narrow.begin(), narrow.end());
      return out;
    }
    default:
      throw unusable(tensor, "is of a type that is not computed with here");
  }
}

}  // namespace vitrine
