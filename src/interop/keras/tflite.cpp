#include "interop/keras/tflite.h"

#include <algorithm>
#include <bit>
#include <map>
#include <set>

#include "base/error.h"
#include "interop/keras/flat_buffer.h"
#include "interop/keras/layer_options.h"
#include "interop/keras/operator_layers.h"

namespace vitrine::interop {
namespace {

// Fields and values of the schema that are used here.
namespace model_field {
constexpr std::size_t kOperatorCodes = 1, kSubgraphs = 2, kBuffers = 4;
}
namespace graph_field {
constexpr std::size_t kTensors = 0, kInputs = 1, kOutputs = 2, kOperators = 3;
}
namespace tensor_field {
constexpr std::size_t kShape = 0, kType = 1, kBuffer = 2, kName = 3, kQuantization = 4;
}
namespace quantization_field {
constexpr std::size_t kScale = 2, kZeroPoint = 3, kDimension = 6;
}
namespace operator_field {
constexpr std::size_t kCode = 0, kInputs = 1, kOutputs = 2, kOptions = 4;
}
enum TensorType : std::int8_t { kFloat32 = 0, kFloat16 = 1, kInt32 = 2, kInt64 = 4, kInt8 = 9 };

/// The names of builtin operators, by BuiltinOperator.
const std::map<std::int32_t, std::string_view> kOperators = {{0, "ADD"},
                                                             {1, "AVERAGE_POOL_2D"},
                                                             {2, "CONCATENATION"},
                                                             {3, "CONV_2D"},
                                                             {4, "DEPTHWISE_CONV_2D"},
                                                             {6, "DEQUANTIZE"},
                                                             {9, "FULLY_CONNECTED"},
                                                             {14, "LOGISTIC"},
                                                             {17, "MAX_POOL_2D"},
                                                             {18, "MUL"},
                                                             {19, "RELU"},
                                                             {21, "RELU6"},
                                                             {22, "RESHAPE"},
                                                             {25, "SOFTMAX"},
                                                             {23, "RESIZE_BILINEAR"},
                                                             {28, "TANH"},
                                                             {34, "PAD"},
                                                             {40, "MEAN"},
                                                             {41, "SUB"},
                                                             {42, "DIV"},
                                                             {43, "SQUEEZE"},
                                                             {47, "EXP"},
                                                             {54, "PRELU"},
                                                             {55, "MAXIMUM"},
                                                             {57, "MINIMUM"},
                                                             {82, "REDUCE_MAX"},
                                                             {98, "LEAKY_RELU"},
                                                             {111, "ELU"},
                                                             {114, "QUANTIZE"},
                                                             {117, "HARD_SWISH"},
                                                             {150, "GELU"}};

/// One graph of the file, whose tensors are followed in the order of its operators.
class Reader {
 public:
  Reader(std::string_view bytes, std::vector<std::string>& notes) : model_(bytes), notes_(notes) {
    const auto graphs = model_.tables(model_field::kSubgraphs);
    if (graphs.size() != 1) fail("it has " + std::to_string(graphs.size()) + " graphs");
    tensors_ = graphs[0].tables(graph_field::kTensors);
    buffers_ = model_.tables(model_field::kBuffers);
    operators_ = graphs[0].tables(graph_field::kOperators);
    inputs_ = graphs[0].numbers<std::int32_t>(graph_field::kInputs);
    outputs_ = graphs[0].numbers<std::int32_t>(graph_field::kOutputs);
    if (operators_.size() > 20'000) fail("it has over 20,000 operators");
    for (const FlatTable& code : model_.tables(model_field::kOperatorCodes)) {
      // Codes above 127 are in the newer of two fields.
      codes_.push_back(
          std::max<std::int32_t>(code.number<std::int8_t>(0, 0), code.number<std::int32_t>(3, 0)));
    }
  }

  KerasNetwork network() {
    if (inputs_.size() != 1 || outputs_.size() != 1) fail("it has more than one input or output");
    if (type_of(inputs_[0]) != kFloat32)
      fail("it reads whole numbers: it was quantised completely, which import does not read");
    KerasNetwork out = image_network(shape_of(inputs_[0]), {});
    LayerWriter writer(&out.graph, false);
    OperatorLayers layers(writer);
    layers_ = &layers;
    values_[inputs_[0]] = photo_of(out);
    const auto needed = needed_operators();
    for (std::size_t i = 0; i < operators_.size(); ++i) {
      if (needed.contains(i)) run(operators_[i]);
    }
    finish(out, writer, value(outputs_[0]));
    return out;
  }

 private:
  const FlatTable& tensor(std::int32_t index) const {
    if (index < 0 || static_cast<std::size_t>(index) >= tensors_.size())
      fail("the file is damaged");
    return tensors_[static_cast<std::size_t>(index)];
  }
  Shape shape_of(std::int32_t index) const {
    const auto sizes = tensor(index).numbers<std::int32_t>(tensor_field::kShape);
    return {sizes.begin(), sizes.end()};
  }
  int type_of(std::int32_t index) const {
    return tensor(index).number<std::int8_t>(tensor_field::kType, 0);
  }

  std::string_view name_of(const FlatTable& op) const {
    const auto index = op.number<std::uint32_t>(operator_field::kCode, 0);
    if (index >= codes_.size()) fail("the file is damaged");
    const auto found = kOperators.find(codes_[index]);
    return found == kOperators.end() ? "" : found->second;
  }

  /// The operators on which the output depends. The sizes of a RESHAPE are those of its output, so
  /// what computes them is not needed.
  std::set<std::size_t> needed_operators() const {
    std::map<std::int32_t, std::size_t> makers;
    for (std::size_t i = 0; i < operators_.size(); ++i) {
      for (const auto out : operators_[i].numbers<std::int32_t>(operator_field::kOutputs))
        makers[out] = i;
    }
    std::set<std::size_t> needed;
    std::vector<std::int32_t> open = outputs_;
    while (!open.empty()) {
      const auto found = makers.find(open.back());
      open.pop_back();
      if (found == makers.end() || !needed.insert(found->second).second) continue;
      auto inputs = operators_[found->second].numbers<std::int32_t>(operator_field::kInputs);
      if (name_of(operators_[found->second]) == "RESHAPE" && inputs.size() > 1) inputs.resize(1);
      open.insert(open.end(), inputs.begin(), inputs.end());
    }
    return needed;
  }

  /// The bytes of a constant; empty if it is none.
  std::string_view data_of(std::int32_t index) const {
    const auto buffer = tensor(index).number<std::uint32_t>(tensor_field::kBuffer, 0);
    if (buffer >= buffers_.size()) fail("the file is damaged");
    return buffers_[buffer].bytes(0);
  }
  bool is_constant(std::int32_t index) const {
    return floats_.contains(index) || !data_of(index).empty();
  }

  template <typename T>
  static std::vector<T> items(std::string_view bytes) {
    std::vector<T> out(bytes.size() / sizeof(T));
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
    return out;
  }

  std::vector<std::int64_t> whole_numbers(std::int32_t index) const {
    const auto bytes = data_of(index);
    if (type_of(index) == kInt64) return items<std::int64_t>(bytes);
    if (type_of(index) != kInt32) fail("it has sizes that are no whole numbers");
    const auto narrow = items<std::int32_t>(bytes);
    return {narrow.begin(), narrow.end()};
  }

  /// A constant as floats.
  const Hdf5Array& constant(std::int32_t index) {
    if (const auto known = floats_.find(index); known != floats_.end()) return known->second;
    Hdf5Array out{.shape = shape_of(index), .values = {}};
    const auto bytes = data_of(index);
    switch (type_of(index)) {
      case kFloat32:
        out.values = items<float>(bytes);
        break;
      case kFloat16:
        for (const auto half : items<std::uint16_t>(bytes))
          out.values.push_back(static_cast<float>(std::bit_cast<_Float16>(half)));
        break;
      case kInt8:
        out.values = dequantised(index, out.shape, items<std::int8_t>(bytes));
        break;
      default:
        fail("it has weights of a type that import does not read");
    }
    if (out.values.size() != count_of(out.shape)) fail("the file is damaged");
    return floats_[index] = std::move(out);
  }

  static std::size_t count_of(const Shape& shape) {
    const auto count = number_count(shape, std::size_t{1} << 32);
    if (!count) fail("the file is damaged");
    return *count;
  }

  /// One scale for all, or one for each place along a dimension.
  std::vector<float> dequantised(std::int32_t index, const Shape& shape,
                                 const std::vector<std::int8_t>& bytes) {
    const FlatTable how = tensor(index).table(tensor_field::kQuantization);
    const auto scales = how.numbers<float>(quantization_field::kScale);
    const auto zeros = how.numbers<std::int64_t>(quantization_field::kZeroPoint);
    const auto dimension = static_cast<std::size_t>(
        std::max(0, how.number<std::int32_t>(quantization_field::kDimension, 0)));
    if (scales.empty()) fail("it has whole numbers without a scale");
    std::int64_t inner = 1;
    if (scales.size() > 1) {
      if (dimension >= shape.size() || shape[dimension] != static_cast<std::int64_t>(scales.size()))
        fail("the file is damaged");
      for (std::size_t k = dimension + 1; k < shape.size(); ++k) inner *= shape[k];
    }
    if (inner < 1) fail("the file is damaged");
    std::vector<float> out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::size_t at =
          scales.size() == 1 ? 0 : i / static_cast<std::size_t>(inner) % scales.size();
      const auto zero =
          zeros.empty() ? 0 : zeros[zeros.size() == 1 ? 0 : std::min(at, zeros.size() - 1)];
      out.push_back(static_cast<float>(bytes[i] - zero) * scales[at]);
    }
    if (!quantised_) {
      notes_.emplace_back(
          "its weights are of 8 bits and become floats: TensorFlow Lite, which also rounds between "
          "layers, may answer slightly differently");
      quantised_ = true;
    }
    return out;
  }

  LayerValue& value(std::int32_t index) {
    const auto found = values_.find(index);
    if (found == values_.end()) fail("its operators are not in the order of computation");
    return found->second;
  }

  void run(const FlatTable& op) {
    const std::string_view name = name_of(op);
    const auto inputs = op.numbers<std::int32_t>(operator_field::kInputs);
    const auto outputs = op.numbers<std::int32_t>(operator_field::kOutputs);
    if (inputs.empty() || outputs.empty()) fail("it has an operator without input or output");
    const std::int32_t out = outputs[0];
    if (name == "DEQUANTIZE" && is_constant(inputs[0])) {
      floats_[out] = Hdf5Array(constant(inputs[0]));
      return;
    }
    const std::string place(tensor(out).text(tensor_field::kName));
    if (name.empty()) {
      fail("the operator of '" + shown(place) +
           "' is of a kind that import does not read (number " +
           std::to_string(codes_[op.number<std::uint32_t>(operator_field::kCode, 0)]) + ")");
    }
    layers_->begin(place);
    const LayerValue made = result(name, inputs, out, op.table(operator_field::kOptions));
    if (count_of(shape_of(out)) != count_of(made.shape)) {
      fail("the operator of '" + shown(place) + "' has an output of another size than it says");
    }
    values_[out] = made;
  }

  using Inputs = std::vector<std::int32_t>;

  LayerValue result(std::string_view name, const Inputs& inputs, std::int32_t out,
                    const FlatTable& options) {
    static const std::map<std::string_view, const char*> kFunctions = {
        {"RELU", "relu"}, {"RELU6", "relu6"},          {"LOGISTIC", "sigmoid"},
        {"TANH", "tanh"}, {"EXP", "exponential"},      {"ELU", "elu"},
        {"GELU", "gelu"}, {"HARD_SWISH", "hard_silu"}, {"SOFTMAX", "softmax"}};
    static const std::map<std::string_view, const char*> kArithmetic = {
        {"ADD", "add"},    {"SUB", "subtract"},    {"MUL", "multiply"},
        {"DIV", "divide"}, {"MAXIMUM", "maximum"}, {"MINIMUM", "minimum"}};
    if (const auto found = kFunctions.find(name); found != kFunctions.end())
      return layers_->activation(value(inputs[0]), found->second);
    if (const auto found = kArithmetic.find(name); found != kArithmetic.end())
      return arithmetic(found->second, inputs, options);
    if (name == "CONV_2D" || name == "DEPTHWISE_CONV_2D")
      return convolution(name == "DEPTHWISE_CONV_2D", inputs, options);
    if (name == "FULLY_CONNECTED") return fully_connected(inputs, options);
    if (name == "MAX_POOL_2D" || name == "AVERAGE_POOL_2D") {
      WindowOptions window = window_of(options);
      window.size = {options.number<std::int32_t>(4, 0), options.number<std::int32_t>(3, 0)};
      return activated(layers_->pool(value(inputs[0]), name == "MAX_POOL_2D", window),
                       options.number<std::int8_t>(5, 0));
    }
    if (name == "CONCATENATION") {
      std::vector<LayerValue> values;
      for (const auto input : inputs) values.push_back(value(input));
      return activated(
          layers_->concatenation(std::move(values), options.number<std::int32_t>(0, 0)),
          options.number<std::int8_t>(1, 0));
    }
    if (name == "MEAN" || name == "REDUCE_MAX") {
      const bool keep = options.number<std::int8_t>(0, 0) != 0 || shape_of(out).size() == 4;
      return layers_->reduction(value(inputs[0]), name == "REDUCE_MAX",
                                whole_numbers(at(inputs, 1)), keep);
    }
    if (name == "PAD") return layers_->zero_padding(value(inputs[0]), whole_numbers(at(inputs, 1)));
    if (name == "RESIZE_BILINEAR") {
      const Shape size = shape_of(out);
      if (size.size() != 4 || options.number<std::int8_t>(3, 0) == 0)
        fail("it resizes in a way that import does not read");
      return layers_->resize_bilinear(value(inputs[0]), size[1], size[2]);
    }
    if (name == "RESHAPE" || name == "SQUEEZE") {
      Shape target = shape_of(out);
      if (target.empty() || target[0] != 1) fail("it joins the photos of a batch");
      target.erase(target.begin());
      return layers_->reshape(value(inputs[0]), target);
    }
    if (name == "LEAKY_RELU")
      return layers_->leaky_relu(value(inputs[0]), options.number<float>(0, 0));
    if (name == "PRELU") return layers_->prelu(value(inputs[0]), constant(at(inputs, 1)));
    fail("it computes with whole numbers: it was quantised completely, which import does not read");
  }

  /// An input that the operator must have.
  static std::int32_t at(const Inputs& inputs, std::size_t place) {
    if (place >= inputs.size()) fail("the file is damaged");
    return inputs[place];
  }

  LayerValue activated(LayerValue made, std::int8_t function) {
    static constexpr const char* kFunctions[] = {"linear", "relu", nullptr, "relu6", "tanh"};
    if (function < 0 || function > 4 || kFunctions[function] == nullptr)
      fail("it has an activation that import does not read");
    return function == 0 ? made : layers_->activation(std::move(made), kFunctions[function]);
  }

  static WindowOptions window_of(const FlatTable& options) {
    return {.same = options.number<std::int8_t>(0, 0) == 0,
            .strides = {options.number<std::int32_t>(2, 0), options.number<std::int32_t>(1, 0)}};
  }

  LayerValue convolution(bool depthwise, const Inputs& inputs, const FlatTable& options) {
    const std::size_t fused = depthwise ? 4 : 3, dilation = depthwise ? 5 : 4;
    WindowOptions window = window_of(options);
    window.dilations = {options.number<std::int32_t>(dilation + 1, 1),
                        options.number<std::int32_t>(dilation, 1)};
    Hdf5Array kernel = constant(at(inputs, 1));
    if (depthwise) {  // [1, height, width, channels * multiplier]
      const std::int64_t channels = value(inputs[0]).shape.back();
      if (kernel.shape.size() != 4 || kernel.shape[0] != 1 || channels < 1 ||
          kernel.shape[3] % channels != 0)
        fail("it has weights of an unknown shape");
      kernel.shape = {kernel.shape[1], kernel.shape[2], channels, kernel.shape[3] / channels};
    } else {
      kernel = transposed(kernel, {1, 2, 3, 0});
    }
    return activated(layers_->convolution(value(inputs[0]), std::move(kernel), depthwise,
                                          bias_of(inputs), window),
                     options.number<std::int8_t>(fused, 0));
  }

  const Hdf5Array* bias_of(const Inputs& inputs) {
    return inputs.size() > 2 && inputs[2] >= 0 ? &constant(inputs[2]) : nullptr;
  }

  LayerValue fully_connected(const Inputs& inputs, const FlatTable& options) {
    if (options.number<std::int8_t>(1, 0) != 0) fail("it has weights in an unknown order");
    return activated(layers_->dense(value(inputs[0]), transposed(constant(at(inputs, 1)), {1, 0}),
                                    bias_of(inputs)),
                     options.number<std::int8_t>(0, 0));
  }

  /// Between two tensors, or with constants of one number or one for each channel.
  LayerValue arithmetic(const char* function, const Inputs& inputs, const FlatTable& options) {
    const auto fused = options.number<std::int8_t>(0, 0);
    const bool first = is_constant(inputs[0]), second = is_constant(at(inputs, 1));
    if (first && second) fail("it computes with constants alone");
    if (!first && !second)
      return activated(layers_->of_two(function, value(inputs[0]), value(inputs[1])), fused);
    return activated(layers_->of_constant(function, value(inputs[first ? 1 : 0]),
                                          constant(inputs[first ? 0 : 1]).values, first),
                     fused);
  }

  FlatTable model_;
  std::vector<std::string>& notes_;
  std::vector<FlatTable> tensors_, buffers_, operators_;
  std::vector<std::int32_t> inputs_, outputs_, codes_;
  std::map<std::int32_t, LayerValue> values_;
  std::map<std::int32_t, Hdf5Array> floats_;
  bool quantised_ = false;
  OperatorLayers* layers_ = nullptr;
};

}  // namespace

bool is_tflite(std::string_view bytes) { return bytes.size() > 8 && bytes.substr(4, 4) == "TFL3"; }

KerasNetwork write_tflite(std::string_view bytes, std::vector<std::string>& notes) {
  return Reader(bytes, notes).network();
}

}  // namespace vitrine::interop
