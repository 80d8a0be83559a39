#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "engine/ort/onnx_session.h"
#include "engine/ort/runtime.h"
#include "engine/ort/workarounds.h"
#include "engine/ort/zip_map.h"

namespace vitrine::engine {
namespace {

struct TypeRow {
  TensorType type;
  ONNXTensorElementDataType onnx;
};

constexpr std::array<TypeRow, 13> kTypes = {{
    {TensorType::boolean, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL},
    {TensorType::u8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8},
    {TensorType::u16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16},
    {TensorType::u32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32},
    {TensorType::u64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64},
    {TensorType::i8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8},
    {TensorType::i16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16},
    {TensorType::i32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32},
    {TensorType::i64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64},
    {TensorType::f16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16},
    {TensorType::f32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT},
    {TensorType::f64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE},
    {TensorType::text, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING},
}};

const TypeRow& row_of(TensorType type) { return *std::ranges::find(kTypes, type, &TypeRow::type); }

/// A type, for messages: "a sequence", "a tensor of bfloat16".
std::string type_text(const Ort::TypeInfo& info) {
  switch (info.GetONNXType()) {
    case ONNX_TYPE_SEQUENCE:
      return "a sequence";
    case ONNX_TYPE_MAP:
      return "a map";
    case ONNX_TYPE_TENSOR:
      break;
    default:
      return "not a tensor";
  }
  const auto type = info.GetTensorTypeAndShapeInfo().GetElementType();
  if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16) return "a tensor of bfloat16";
  return "a tensor of ONNX type " + std::to_string(type);
}

/// nullopt for a sequence, a map or a type that the protocol does not have.
std::optional<TensorSpec> spec_of(const std::string& name, const Ort::TypeInfo& info) {
  if (info.GetONNXType() != ONNX_TYPE_TENSOR) return std::nullopt;
  const auto tensor = info.GetTensorTypeAndShapeInfo();
  const auto row = std::ranges::find(kTypes, tensor.GetElementType(), &TypeRow::onnx);
  if (row == kTypes.end()) return std::nullopt;
  return TensorSpec{name, row->type, tensor.GetShape()};
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  }
  return text + "]";
}

void check_input(const TensorSpec& spec, const Tensor& tensor) {
  const std::string where = "input '" + shown(spec.name) + "'";
  if (tensor.type != spec.type) {
    throw Error(ErrorKind::bad_input,
                "its datatype is " + std::string(datatype_name(tensor.type)) + ", not " +
                    std::string(datatype_name(spec.type)),
                where, "send it with the datatype in the model's metadata", spec.name);
  }
  const bool fits = tensor.shape.size() == spec.shape.size() &&
                    std::ranges::equal(tensor.shape, spec.shape, [](auto given, auto wanted) {
                      return wanted < 0 || given == wanted;
                    });
  if (!fits) {
    throw Error(ErrorKind::bad_input,
                "its shape is " + shape_text(tensor.shape) + ", not " + shape_text(spec.shape),
                where, "send it with the shape in the model's metadata (-1: any size)", spec.name);
  }
}

Ort::Value value_of(const Tensor& tensor) {
  if (tensor.type == TensorType::text) {
    Ort::AllocatorWithDefaultOptions allocator;
    auto value = Ort::Value::CreateTensor(allocator, tensor.shape.data(), tensor.shape.size(),
                                          ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
    for (std::size_t i = 0; i < tensor.texts.size(); ++i) {  // texts may contain NUL bytes
      const std::string& text = tensor.texts[i];
      std::ranges::copy(text, value.GetResizedStringTensorElementBuffer(i, text.size()));
    }
    return value;
  }
  static const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  // ONNX Runtime expects a pointer to mutable data but does not write to inputs.
  return Ort::Value::CreateTensor(memory, const_cast<char*>(tensor.bytes.data()),
                                  tensor.bytes.size(), tensor.shape.data(), tensor.shape.size(),
                                  row_of(tensor.type).onnx);
}

Tensor tensor_of(const std::string& name, const Ort::Value& value) {
  const auto info = value.GetTensorTypeAndShapeInfo();
  Tensor tensor;
  tensor.name = name;
  tensor.shape = info.GetShape();
  tensor.type = std::ranges::find(kTypes, info.GetElementType(), &TypeRow::onnx)->type;
  const std::size_t count = info.GetElementCount();
  if (tensor.type == TensorType::text) {
    for (std::size_t i = 0; i < count; ++i) tensor.texts.push_back(value.GetStringTensorElement(i));
  } else {
    tensor.bytes.assign(static_cast<const char*>(value.GetTensorRawData()),
                        count * element_size(tensor.type));
  }
  return tensor;
}

class RuntimeTensors : public TensorModel {
 public:
  RuntimeTensors(std::string_view bytes, const std::string& where)
      : RuntimeTensors(bytes, without_zip_maps(bytes), where) {}

  const std::vector<TensorSpec>& inputs() const override { return inputs_; }
  const std::vector<TensorSpec>& outputs() const override { return outputs_; }
  const std::vector<std::string>& warnings() const override { return warnings_; }

  std::vector<Tensor> run(const std::vector<Tensor>& tensors) const override {
    std::vector<Ort::Value> values;
    std::vector<const char*> input_names;
    for (const TensorSpec& spec : inputs_) {
      const auto tensor = std::ranges::find(tensors, spec.name, &Tensor::name);
      if (tensor == tensors.end()) {
        throw Error(ErrorKind::bad_input, "the input '" + shown(spec.name) + "' is missing",
                    "the request", "send every input that the model's metadata lists", spec.name);
      }
      check_input(spec, *tensor);
      values.push_back(value_of(*tensor));
      input_names.push_back(spec.name.c_str());
    }
    refuse_unknown(tensors);
    std::vector<const char*> output_names;
    for (const TensorSpec& spec : outputs_) output_names.push_back(spec.name.c_str());
    try {
      const auto results = session_.Run(Ort::RunOptions{nullptr}, input_names.data(), values.data(),
                                        values.size(), output_names.data(), output_names.size());
      std::vector<Tensor> out;
      for (std::size_t i = 0; i < outputs_.size(); ++i) {
        out.push_back(tensor_of(outputs_[i].name, results[i]));
      }
      return out;
    } catch (const Ort::Exception& problem) {
      throw Error(ErrorKind::bad_input,
                  "the model can't run with these inputs: " + shown(problem.what(), 200),
                  "the request", "check shapes and values against the model's metadata");
    }
  }

 private:
  RuntimeTensors(std::string_view bytes, const std::optional<UnzippedGraph>& unzipped,
                 const std::string& where)
      : session_(open_session(unzipped ? unzipped->bytes : bytes, where)) {
    Ort::AllocatorWithDefaultOptions allocator;
    for (std::size_t i = 0; i < session_.GetInputCount(); ++i) {
      const std::string name = session_.GetInputNameAllocated(i, allocator).get();
      const auto info = session_.GetInputTypeInfo(i);
      auto spec = spec_of(name, info);
      if (!spec) {
        throw Error(
            ErrorKind::bad_model,
            "its input '" + shown(name) + "' is " + type_text(info) + ", which clients can't send",
            where, "export the model with inputs of another type, such as float32");
      }
      inputs_.push_back(std::move(*spec));
    }
    std::vector<std::string> left_out;
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      const std::string name = session_.GetOutputNameAllocated(i, allocator).get();
      const auto info = session_.GetOutputTypeInfo(i);
      if (auto spec = spec_of(name, info)) {
        if (unzipped && unzipped->labels.contains(name)) spec->labels = unzipped->labels.at(name);
        outputs_.push_back(std::move(*spec));
      } else {
        left_out.push_back("'" + shown(name) + "' (" + type_text(info) + ")");
      }
    }
    if (outputs_.empty()) {
      throw Error(ErrorKind::bad_model,
                  "none of its outputs can be sent to clients: " + listed(left_out), where,
                  "export the model with outputs that are tensors, such as float32");
    }
    warnings_ = workarounds_for(bytes).doubts;
    if (!left_out.empty()) {
      warnings_.push_back("outputs that can't be sent to clients: " + listed(left_out));
    }
  }

  void refuse_unknown(const std::vector<Tensor>& tensors) const {
    std::vector<std::string> names;
    for (const TensorSpec& spec : inputs_) names.push_back(spec.name);
    for (const Tensor& tensor : tensors) {
      if (std::ranges::contains(names, tensor.name)) continue;
      throw Error(
          ErrorKind::bad_input, "there is no input '" + shown(tensor.name) + "'", "the request",
          did_you_mean(tensor.name, names) + "the inputs are " + listed(names), tensor.name);
    }
  }

  std::vector<TensorSpec> inputs_;
  std::vector<TensorSpec> outputs_;
  std::vector<std::string> warnings_;
  mutable Ort::Session session_;  // Run is thread-safe but not const
};

}  // namespace

std::unique_ptr<TensorModel> open_ort_tensors(std::string_view bytes, const std::string& where) {
  return std::make_unique<RuntimeTensors>(bytes, where);
}

}  // namespace vitrine::engine
