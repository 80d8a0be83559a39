#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/ort/onnx_session.h"
#include "engine/ort/runtime.h"
#include "model/table_graph.h"

namespace vitrine::engine {
namespace {

constexpr std::size_t kBatch = 4096;
/// With free text, the graph computes with all terms of the vocabulary for each row.
constexpr std::size_t kTextBatch = 64;

class OnnxRuntimePredictor : public Predictor {
 public:
  OnnxRuntimePredictor(const model::ModelFile& file, GraphRewriting rewriting)
      : card_(*file.card),
        classes_(card_.schema.target.outputs()),
        inputs_(model::graph_input_names(card_.schema)),
        session_(open_session(file.bytes, file.path, rewriting)) {
    check_signature(file.path);
    for (const std::string& name : inputs_) input_names_.push_back(name.c_str());
  }

  Predictions predict(const data::Table& table) const override {
    Predictions out;
    out.classes = classes_;
    out.probabilities.resize(table.rows * classes_);
    out.predicted.resize(table.rows);
    const bool texts =
        std::ranges::contains(card_.schema.columns, data::ColumnKind::text, &data::Column::kind);
    const std::size_t size = texts ? kTextBatch : kBatch;
    parallel_for((table.rows + size - 1) / size, [&](std::size_t batch) {
      const std::size_t begin = batch * size;
      run(table, begin, std::min(begin + size, table.rows), out);
    });
    return out;
  }

  std::string engine() const override { return "ONNX Runtime " + ort_version(); }

 private:
  void run(const data::Table& table, std::size_t begin, std::size_t end, Predictions& out) const {
    std::vector<Ort::Value> values;
    for (std::size_t i = 0; i < card_.schema.columns.size(); ++i) {
      values.push_back(tensor(card_.schema.columns[i], table.columns[i], begin, end));
    }
    const auto outputs = output_names();
    const auto results = session_.Run(Ort::RunOptions{nullptr}, input_names_.data(), values.data(),
                                      values.size(), outputs.data(), outputs.size());
    const std::size_t each = classes_ / outputs.size();  // of a row, in one output
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const float* numbers = checked(results[k], end - begin, each);
      for (std::size_t row = begin; row < end; ++row) {
        std::copy_n(numbers + (row - begin) * each, each,
                    &out.probabilities[row * classes_ + k * each]);
      }
    }
    for (std::size_t row = begin; row < end; ++row) {
      out.predicted[row] = predicted_class(card_, &out.probabilities[row * classes_]);
    }
  }

  static Ort::Value tensor(const data::Column& column, const data::ColumnData& data,
                           std::size_t begin, std::size_t end) {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(end - begin), 1};
    switch (column.kind) {
      case data::ColumnKind::number: {
        if (column.origin) return doubles(column, data, begin, end);
        static const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
        // ONNX Runtime expects a pointer to mutable data but does not write to inputs.
        return Ort::Value::CreateTensor<float>(memory, const_cast<float*>(&data.numbers()[begin]),
                                               end - begin, shape.data(), shape.size());
      }
      case data::ColumnKind::category:
        return texts(column, data, begin, end);
      case data::ColumnKind::date:
        return dates(data, begin, end);
      case data::ColumnKind::text:
        return free_texts(data, begin, end);
    }
    unknown_kind("column kind", column.kind);
  }

  static Ort::Value texts(const data::Column& column, const data::ColumnData& data,
                          std::size_t begin, std::size_t end) {
    std::vector<const char*> texts;
    for (std::size_t row = begin; row < end; ++row) {
      const std::uint32_t code = data.codes()[row];
      texts.push_back(code == data::kMissingCode ? ""
                      : code == data::kUnseenCode
                          ? "\x01"  // no category contains control characters
                          : column.categories[code].value.c_str());
    }
    return text_tensor(texts);
  }

  static Ort::Value dates(const data::ColumnData& data, std::size_t begin, std::size_t end) {
    std::vector<std::string> texts;
    for (std::size_t row = begin; row < end; ++row) {
      texts.push_back(data::date_text(data.days()[row], true));
    }
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    return text_tensor(pointers);
  }

  static Ort::Value free_texts(const data::ColumnData& data, std::size_t begin, std::size_t end) {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(end - begin), 1};
    Ort::AllocatorWithDefaultOptions allocator;
    auto value = Ort::Value::CreateTensor(allocator, shape.data(), shape.size(),
                                          ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
    for (std::size_t row = begin; row < end; ++row) {  // a text may have NUL bytes
      const std::string& text = data.texts()[row];
      std::ranges::copy(text, value.GetResizedStringTensorElementBuffer(row - begin, text.size()));
    }
    return value;
  }

  static Ort::Value text_tensor(const std::vector<const char*>& texts) {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(texts.size()), 1};
    Ort::AllocatorWithDefaultOptions allocator;
    auto value = Ort::Value::CreateTensor(allocator, shape.data(), shape.size(),
                                          ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
    value.FillStringTensor(texts.data(), texts.size());
    return value;
  }

  static Ort::Value doubles(const data::Column& column, const data::ColumnData& data,
                            std::size_t begin, std::size_t end) {
    const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(end - begin), 1};
    Ort::AllocatorWithDefaultOptions allocator;
    auto value = Ort::Value::CreateTensor<double>(allocator, shape.data(), shape.size());
    auto* out = value.GetTensorMutableData<double>();
    for (std::size_t row = begin; row < end; ++row) *out++ = column.value_of(data.numbers()[row]);
    return value;
  }

  static ONNXTensorElementDataType input_type(const data::Column& column) {
    switch (column.kind) {
      case data::ColumnKind::number:
        return column.origin ? ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE
                             : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
      case data::ColumnKind::category:
      case data::ColumnKind::date:
      case data::ColumnKind::text:
        return ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING;
    }
    unknown_kind("column kind", column.kind);
  }

  void check_signature(const std::string& path) const {
    const auto refuse = [&](const std::string& what) {
      throw Error(ErrorKind::bad_model, "the graph does not match its card: " + what, path,
                  "train the model again");
    };
    Ort::AllocatorWithDefaultOptions allocator;
    if (session_.GetInputCount() != inputs_.size()) refuse("the number of inputs differs");
    const auto is_tensor = [](const Ort::TypeInfo& info, ONNXTensorElementDataType type) {
      return info.GetONNXType() == ONNX_TYPE_TENSOR &&
             info.GetTensorTypeAndShapeInfo().GetElementType() == type;
    };
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const auto wanted = input_type(card_.schema.columns[i]);
      const std::string name = session_.GetInputNameAllocated(i, allocator).get();
      if (name != inputs_[i] || !is_tensor(session_.GetInputTypeInfo(i), wanted)) {
        refuse("the input '" + shown(name) + "' differs");
      }
    }
    for (const std::string wanted : output_names()) {
      bool found = false;
      for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
        const std::string name = session_.GetOutputNameAllocated(i, allocator).get();
        found = found || (name == wanted && is_tensor(session_.GetOutputTypeInfo(i),
                                                      ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT));
      }
      if (!found) refuse("there is no float output '" + wanted + "'");
    }
  }

  /// All of the same size.
  std::vector<const char*> output_names() const {
    if (const auto& number = card_.schema.target.number) {
      const auto names = data::output_names(*number);
      return {names.begin(), names.end()};
    }
    return {"probabilities"};
  }

  /// Checks the output, because its declared type and shape need not be true.
  const float* checked(const Ort::Value& value, std::size_t rows, std::size_t each) const {
    const auto shape = value.GetTensorTypeAndShapeInfo().GetShape();
    const float* p = value.GetTensorData<float>();
    const bool fits = shape == std::vector<std::int64_t>{static_cast<std::int64_t>(rows),
                                                         static_cast<std::int64_t>(each)};
    const std::span<const float> numbers(p, fits ? rows * each : 0);
    const bool valid = are_valid_outputs(card_.schema.target, numbers);
    if (fits && !valid && card_.schema.target.number) {
      refuse_number(static_cast<std::size_t>(
          std::ranges::find_if_not(numbers, [](float x) { return std::isfinite(x); }) -
          numbers.begin()));
    }
    if (!fits || !valid) {
      throw Error(ErrorKind::bad_model,
                  card_.schema.target.number ? "the graph's output is not a number for each row"
                                             : "the graph's output is not a probability for each "
                                               "class",
                  card_.schema.target.number ? "output 'prediction'" : "output 'probabilities'",
                  "train the model again");
    }
    return p;
  }

  model::Card card_;
  std::size_t classes_;
  std::vector<std::string> inputs_;
  std::vector<const char*> input_names_;
  mutable Ort::Session session_;  // Run is thread-safe but not const
};

}  // namespace

std::unique_ptr<Predictor> open_ort_predictor(const model::ModelFile& file,
                                              GraphRewriting rewriting) {
  return std::make_unique<OnnxRuntimePredictor>(file, rewriting);
}

}  // namespace vitrine::engine
