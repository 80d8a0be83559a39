// One function for each operator or family of operators; torch_operator() at the end chooses among
// them. A function reads the attributes once and returns a closure, which runs for each batch.
// Hard places:
// - ONNX allows different pads at begin and end of an axis, libtorch does not: padded() pads such
//   inputs first. Pads of auto_pad SAME_* depend on the input size (Window::pads_for).
// - Some arguments are attributes in old opsets and inputs in new ones (axes_of).
// - conv1d/2d/3d are called instead of torch::convolution, which autocast does not convert.
#include "train/network/torch_operators.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.h"
#include "onnx/graph_view.h"

namespace vitrine::train {
namespace {

using torch::Tensor;
using Inputs = std::vector<Tensor>;
using Ints = std::vector<std::int64_t>;

/// A node's attributes by name. A view.
class Attributes {
 public:
  explicit Attributes(const ::onnx::NodeProto& node) : node_(&node) {}
  bool has(std::string_view name) const { return onnx::find_attribute(*node_, name) != nullptr; }
  std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
    return onnx::integer(*node_, name, otherwise);
  }
  double number(std::string_view name, double otherwise) const {
    const auto* found = onnx::find_attribute(*node_, name);
    return found == nullptr ? otherwise : static_cast<double>(found->f());
  }
  Ints integers(std::string_view name, Ints otherwise = {}) const {
    return onnx::integers(*node_, name, std::move(otherwise));
  }
  std::string text(std::string_view name) const { return onnx::text(*node_, name); }
  const ::onnx::AttributeProto& at(std::string_view name) const {
    return *onnx::find_attribute(*node_, name);
  }

 private:
  const ::onnx::NodeProto* node_;
};

Ints ints_of(const Tensor& tensor) {
  const Tensor flat = tensor.to(torch::kCPU, torch::kInt64).contiguous().flatten();
  return {flat.data_ptr<std::int64_t>(), flat.data_ptr<std::int64_t>() + flat.numel()};
}

bool given(const Inputs& in, std::size_t i) { return i < in.size() && in[i].defined(); }

/// The attribute (older opsets) or the i-th input (newer ones).
Ints axes_of(const Ints& attribute, const Inputs& in, std::size_t i) {
  return given(in, i) ? ints_of(in[i]) : attribute;
}

torch::ScalarType torch_type(std::int64_t onnx_type) {
  switch (onnx_type) {
    case ::onnx::TensorProto::FLOAT16:
    case ::onnx::TensorProto::BFLOAT16:
    case ::onnx::TensorProto::FLOAT:
      return torch::kFloat32;
    case ::onnx::TensorProto::DOUBLE:
      return torch::kFloat64;
    case ::onnx::TensorProto::INT32:
      return torch::kInt32;
    case ::onnx::TensorProto::INT64:
      return torch::kInt64;
    case ::onnx::TensorProto::BOOL:
      return torch::kBool;
    case ::onnx::TensorProto::UINT8:
      return torch::kUInt8;
    default:
      break;
  }
  throw Error(ErrorKind::bad_model, "the graph casts to a type that training does not support",
              "operator Cast", "keep the backbone frozen: leave --fine-tune out");
}

/// The window of a convolution or pool. `pads` has the begins of all spatial axes (height, width),
/// then their ends.
struct Window {
  Ints kernel, strides, dilations, pads;
  std::string automatic;

  Window(const Attributes& attributes, const Ints& kernel_shape)
      : kernel(kernel_shape),
        strides(attributes.integers("strides", Ints(kernel_shape.size(), 1))),
        dilations(attributes.integers("dilations", Ints(kernel_shape.size(), 1))),
        pads(attributes.integers("pads", Ints(2 * kernel_shape.size(), 0))),
        automatic(attributes.text("auto_pad")) {}

  /// The pads for an input of this size; auto_pad SAME_* depends on it.
  Ints pads_for(const Tensor& x) const {
    if (!automatic.starts_with("SAME")) return pads;
    Ints out(2 * kernel.size());
    for (std::size_t axis = 0; axis < kernel.size(); ++axis) {
      std::tie(out[axis], out[axis + kernel.size()]) =
          onnx::same_padding(x.size(static_cast<std::int64_t>(axis) + 2), kernel[axis],
                             strides[axis], dilations[axis], automatic == "SAME_UPPER");
    }
    return out;
  }
};

bool symmetric(const Ints& pads) {
  return std::equal(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2),
                    pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2));
}

Ints first_half(const Ints& pads) {
  return {pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2)};
}

/// Pads the spatial axes of x with `value`. libtorch counts from the last axis.
Tensor padded(const Tensor& x, const Ints& pads, double value) {
  Ints torch_order;
  for (std::size_t axis = pads.size() / 2; axis-- > 0;) {
    torch_order.push_back(pads[axis]);
    torch_order.push_back(pads[axis + pads.size() / 2]);
  }
  return torch::constant_pad_nd(x, torch_order, value);
}

TorchOperator convolution(const Attributes& attributes) {
  const std::int64_t groups = attributes.integer("group", 1);
  return [attributes = Window(attributes, attributes.integers("kernel_shape", {1, 1})), groups,
          all = attributes](const Inputs& in, bool) -> Inputs {
    Window window = attributes;
    if (!all.has("kernel_shape")) {
      window = Window(all, in[1].sizes().slice(2).vec());
    }
    Tensor x = in[0];
    Ints pads = window.pads_for(x);
    if (!symmetric(pads)) {
      x = padded(x, pads, 0);
      pads.assign(pads.size(), 0);
    }
    const Tensor bias = given(in, 2) ? in[2] : Tensor();
    // Not torch::convolution: autocast does not convert its arguments, so that inputs in bf16 and
    // weights in f32 would be an error.
    const Ints around = first_half(pads);
    switch (window.kernel.size()) {
      case 1:
        return {torch::conv1d(x, in[1], bias, window.strides, around, window.dilations, groups)};
      case 2:
        return {torch::conv2d(x, in[1], bias, window.strides, around, window.dilations, groups)};
      case 3:
        return {torch::conv3d(x, in[1], bias, window.strides, around, window.dilations, groups)};
      default:
        throw Error(ErrorKind::bad_model, "a convolution has more than three axes", "operator Conv",
                    "keep the backbone frozen: leave --fine-tune out");
    }
  };
}

TorchOperator max_pool(const Attributes& attributes) {
  const Window window(attributes, attributes.integers("kernel_shape"));
  const bool ceil = attributes.integer("ceil_mode", 0) != 0;
  return [window, ceil](const Inputs& in, bool) -> Inputs {
    Tensor x = in[0];
    Ints pads = window.pads_for(x);
    const bool wide = [&] {  // libtorch allows pads up to half of the window
      for (std::size_t i = 0; i < window.kernel.size(); ++i) {
        if (pads[i] > window.kernel[i] / 2) return true;
      }
      return false;
    }();
    if (!symmetric(pads) || wide) {
      x = padded(x, pads, -std::numeric_limits<double>::infinity());
      pads.assign(pads.size(), 0);
    }
    return {torch::max_pool2d(x, window.kernel, window.strides, first_half(pads), window.dilations,
                              ceil)};
  };
}

TorchOperator average_pool(const Attributes& attributes) {
  const Window window(attributes, attributes.integers("kernel_shape"));
  const bool ceil = attributes.integer("ceil_mode", 0) != 0;
  const bool with_pads = attributes.integer("count_include_pad", 0) != 0;
  return [window, ceil, with_pads](const Inputs& in, bool) -> Inputs {
    const Ints pads = window.pads_for(in[0]);
    if (symmetric(pads)) {
      return {torch::avg_pool2d(in[0], window.kernel, window.strides, first_half(pads), ceil,
                                with_pads)};
    }
    const Tensor sums =
        torch::avg_pool2d(padded(in[0], pads, 0), window.kernel, window.strides, 0, ceil, true);
    if (with_pads) return {sums};
    const Tensor shares = torch::avg_pool2d(padded(torch::ones_like(in[0]), pads, 0), window.kernel,
                                            window.strides, 0, ceil, true);
    return {sums / shares};
  };
}

TorchOperator batch_normalisation(const Attributes& attributes) {
  const double epsilon = attributes.number("epsilon", 1e-5);
  return [epsilon](const Inputs& in, bool training) -> Inputs {
    constexpr double kMomentum = 0.1;
    return {
        torch::batch_norm(in[0], in[1], in[2], in[3], in[4], training, kMomentum, epsilon, false)};
  };
}

TorchOperator clip(const Attributes& attributes) {
  return [attributes](const Inputs& in, bool) -> Inputs {
    std::optional<torch::Scalar> low;
    std::optional<torch::Scalar> high;
    if (given(in, 1)) low = in[1].item();
    if (given(in, 2)) high = in[2].item();
    if (!low && attributes.has("min")) low = attributes.number("min", 0);
    if (!high && attributes.has("max")) high = attributes.number("max", 0);
    if (!low && !high) return {in[0]};
    if (low && high) return {torch::hardtanh(in[0], *low, *high)};
    return {torch::clamp(in[0], low, high)};
  };
}

TorchOperator gemm(const Attributes& attributes) {
  const double alpha = attributes.number("alpha", 1);
  const double beta = attributes.number("beta", 1);
  const bool a_transposed = attributes.integer("transA", 0) != 0;
  const bool b_transposed = attributes.integer("transB", 0) != 0;
  return [=](const Inputs& in, bool) -> Inputs {
    const Tensor a = a_transposed ? in[0].t() : in[0];
    const Tensor b = b_transposed ? in[1].t() : in[1];
    Tensor out = torch::matmul(a, b);
    if (alpha != 1) out = out * alpha;
    if (given(in, 2)) out = out + (beta == 1 ? in[2] : in[2] * beta);
    return {out};
  };
}

TorchOperator reshape(const Attributes& attributes) {
  return [attributes](const Inputs& in, bool) -> Inputs {
    Ints shape = given(in, 1) ? ints_of(in[1]) : attributes.integers("shape");
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (shape[i] == 0) shape[i] = in[0].size(static_cast<std::int64_t>(i));
    }
    return {in[0].reshape(shape)};
  };
}

TorchOperator flatten(const Attributes& attributes) {
  const std::int64_t axis = attributes.integer("axis", 1);
  return [axis](const Inputs& in, bool) -> Inputs {
    const std::int64_t at = axis < 0 ? axis + in[0].dim() : axis;
    std::int64_t rows = 1;
    for (std::int64_t i = 0; i < at; ++i) rows *= in[0].size(i);
    return {in[0].reshape({rows, -1})};
  };
}

TorchOperator squeeze(const Attributes& attributes) {
  return [axes = attributes.integers("axes")](const Inputs& in, bool) -> Inputs {
    Ints which = axes_of(axes, in, 1);
    if (which.empty()) return {in[0].squeeze()};
    for (auto& axis : which) axis = axis < 0 ? axis + in[0].dim() : axis;
    std::ranges::sort(which, std::greater<>());
    Tensor x = in[0];
    for (const auto axis : which) x = x.squeeze(axis);
    return {x};
  };
}

TorchOperator unsqueeze(const Attributes& attributes) {
  return [axes = attributes.integers("axes")](const Inputs& in, bool) -> Inputs {
    Ints which = axes_of(axes, in, 1);
    const auto all = in[0].dim() + static_cast<std::int64_t>(which.size());
    for (auto& axis : which) axis = axis < 0 ? axis + all : axis;
    std::ranges::sort(which);
    Tensor x = in[0];
    for (const auto axis : which) x = x.unsqueeze(axis);
    return {x};
  };
}

TorchOperator split(const ::onnx::NodeProto& node, const Attributes& attributes) {
  const auto parts = static_cast<std::int64_t>(node.output_size());
  const std::int64_t axis = attributes.integer("axis", 0);
  return [parts, axis, sizes = attributes.integers("split")](const Inputs& in, bool) -> Inputs {
    const Ints wanted = axes_of(sizes, in, 1);
    if (wanted.empty()) {
      return in[0].split((in[0].size(axis) + parts - 1) / parts, axis);
    }
    return in[0].split_with_sizes(wanted, axis);
  };
}

Tensor slice_axis(const Tensor& x, std::int64_t axis, std::int64_t start, std::int64_t end,
                  std::int64_t step) {
  const std::int64_t size = x.size(axis);
  if (step > 0) return x.slice(axis, start, end, step);
  start = std::clamp<std::int64_t>(start < 0 ? start + size : start, 0, size - 1);
  if (end < -size) {
    end = -1;
  } else if (end < 0) {
    end += size;
  }
  return x.index_select(
      axis, torch::arange(start, end, step, torch::dtype(torch::kInt64).device(x.device())));
}

TorchOperator slice(const Attributes& attributes) {
  return [attributes](const Inputs& in, bool) -> Inputs {
    const Ints starts = axes_of(attributes.integers("starts"), in, 1);
    const Ints ends = axes_of(attributes.integers("ends"), in, 2);
    Ints axes = axes_of(attributes.integers("axes"), in, 3);
    const Ints steps = axes_of({}, in, 4);
    Tensor x = in[0];
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const auto axis = axes.empty() ? static_cast<std::int64_t>(i) : axes[i];
      x = slice_axis(x, axis, starts[i], ends[i], steps.empty() ? 1 : steps[i]);
    }
    return {x};
  };
}

TorchOperator pad(const Attributes& attributes) {
  const std::string mode = attributes.text("mode");
  if (!mode.empty() && mode != "constant" && mode != "reflect" && mode != "edge") return {};
  return [attributes, mode](const Inputs& in, bool) -> Inputs {
    const Ints pads = axes_of(attributes.integers("pads"), in, 1);
    const double value = given(in, 2) ? in[2].item<double>() : attributes.number("value", 0);
    if (mode.empty() || mode == "constant") return {padded(in[0], pads, value)};
    const std::size_t rank = pads.size() / 2;
    const Ints torch_order{pads[rank - 1], pads[2 * rank - 1], pads[rank - 2], pads[2 * rank - 2]};
    return {mode == "edge" ? torch::replication_pad2d(in[0], torch_order)
                           : torch::reflection_pad2d(in[0], torch_order)};
  };
}

TorchOperator gather(const Attributes& attributes) {
  const std::int64_t axis = attributes.integer("axis", 0);
  return [axis](const Inputs& in, bool) -> Inputs {
    Tensor places = in[1].to(in[0].device(), torch::kInt64);
    const std::int64_t at = axis < 0 ? axis + in[0].dim() : axis;
    places = torch::where(places < 0, places + in[0].size(at), places);
    const Tensor picked = in[0].index_select(at, places.flatten());
    Ints shape = in[0].sizes().slice(0, static_cast<std::size_t>(at)).vec();
    const auto inner = places.sizes();
    shape.insert(shape.end(), inner.begin(), inner.end());
    const auto rest = in[0].sizes().slice(static_cast<std::size_t>(at) + 1);
    shape.insert(shape.end(), rest.begin(), rest.end());
    return {picked.reshape(shape)};
  };
}

using Reduction = Tensor (*)(const Tensor&, at::IntArrayRef, bool);

TorchOperator reduction(const Attributes& attributes, Reduction function) {
  const bool keep = attributes.integer("keepdims", 1) != 0;
  return [axes = attributes.integers("axes"), keep, function](const Inputs& in, bool) -> Inputs {
    Ints which = axes_of(axes, in, 1);
    if (which.empty()) {
      for (std::int64_t i = 0; i < in[0].dim(); ++i) which.push_back(i);
    }
    return {function(in[0], which, keep)};
  };
}

TorchOperator layer_normalisation(const Attributes& attributes) {
  const double epsilon = attributes.number("epsilon", 1e-5);
  const std::int64_t axis = attributes.integer("axis", -1);
  return [epsilon, axis](const Inputs& in, bool) -> Inputs {
    const std::int64_t at = axis < 0 ? axis + in[0].dim() : axis;
    const auto shape = in[0].sizes().slice(static_cast<std::size_t>(at));
    return {torch::layer_norm(in[0], shape, in[1], given(in, 2) ? in[2] : Tensor(), epsilon)};
  };
}

/// Local response normalisation over channels (Krizhevsky et al. 2012).
TorchOperator local_response(const Attributes& attributes) {
  const std::int64_t size = attributes.integer("size", 5);
  const double alpha = attributes.number("alpha", 1e-4);
  const double beta = attributes.number("beta", 0.75);
  const double bias = attributes.number("bias", 1);
  return [=](const Inputs& in, bool) -> Inputs {
    const Tensor squares = torch::constant_pad_nd(in[0].square().unsqueeze(1),
                                                  {0, 0, 0, 0, (size - 1) / 2, size / 2}, 0);
    const Tensor sums = torch::avg_pool3d(squares, {size, 1, 1}, 1).squeeze(1) * size;
    return {in[0] / (bias + alpha / static_cast<double>(size) * sums).pow(beta)};
  };
}

TorchOperator softmax(const Attributes& attributes, std::int64_t opset, bool logarithm) {
  const std::int64_t axis = attributes.integer("axis", opset < 13 ? 1 : -1);
  return [axis, logarithm](const Inputs& in, bool) -> Inputs {
    return {logarithm ? torch::log_softmax(in[0], axis) : torch::softmax(in[0], axis)};
  };
}

TorchOperator dropout(const Attributes& attributes) {
  return [ratio = attributes.number("ratio", 0.5)](const Inputs& in, bool training) -> Inputs {
    const double share = given(in, 1) ? in[1].item<double>() : ratio;
    return {torch::dropout(in[0], share, training), Tensor()};
  };
}

TorchOperator gelu(const Attributes& attributes) {
  const std::string approximation = attributes.text("approximate");
  return [approximation](const Inputs& in, bool) -> Inputs {
    return {torch::gelu(in[0], approximation == "tanh" ? "tanh" : "none")};
  };
}

/// An operator of two inputs of one type: integers (arithmetic with shapes) or floats.
template <typename Function>
TorchOperator of_two(Function function) {
  return [function](const Inputs& in, bool) -> Inputs { return {function(in[0], in[1])}; };
}

/// An operator of one or more inputs, applied from left to right.
template <typename Function>
TorchOperator of_many(Function function) {
  return [function](const Inputs& in, bool) -> Inputs {
    Tensor out = in[0];
    for (std::size_t i = 1; i < in.size(); ++i) out = function(out, in[i]);
    return {out};
  };
}

template <typename Function>
TorchOperator of_one(Function function) {
  return [function](const Inputs& in, bool) -> Inputs { return {function(in[0])}; };
}

TorchOperator arithmetic(const std::string& type) {
  if (type == "Add") return of_two([](const Tensor& a, const Tensor& b) { return a + b; });
  if (type == "Sub") return of_two([](const Tensor& a, const Tensor& b) { return a - b; });
  if (type == "Mul") return of_two([](const Tensor& a, const Tensor& b) { return a * b; });
  if (type == "Div") {
    return of_two([](const Tensor& a, const Tensor& b) {
      return a.is_floating_point() ? a / b : torch::div(a, b, "trunc");
    });
  }
  if (type == "Pow") return of_two([](const Tensor& a, const Tensor& b) { return a.pow(b); });
  if (type == "Max") {
    return of_many([](const Tensor& a, const Tensor& b) { return torch::max(a, b); });
  }
  if (type == "Min") {
    return of_many([](const Tensor& a, const Tensor& b) { return torch::min(a, b); });
  }
  if (type == "MatMul") return of_two([](const Tensor& a, const Tensor& b) { return a.matmul(b); });
  if (type == "Sum") return of_many([](const Tensor& a, const Tensor& b) { return a + b; });
  return {};
}

TorchOperator activation(const std::string& type, const Attributes& attributes) {
  if (type == "Relu") return of_one([](const Tensor& x) { return torch::relu(x); });
  if (type == "Sigmoid") return of_one([](const Tensor& x) { return torch::sigmoid(x); });
  if (type == "Tanh") return of_one([](const Tensor& x) { return torch::tanh(x); });
  if (type == "HardSwish") return of_one([](const Tensor& x) { return torch::hardswish(x); });
  if (type == "Softplus") return of_one([](const Tensor& x) { return torch::softplus(x); });
  if (type == "Mish") return of_one([](const Tensor& x) { return torch::mish(x); });
  if (type == "Gelu") return gelu(attributes);
  if (type == "LeakyRelu") {
    return of_one([slope = attributes.number("alpha", 0.01)](const Tensor& x) {
      return torch::leaky_relu(x, slope);
    });
  }
  if (type == "Elu") {
    return of_one(
        [alpha = attributes.number("alpha", 1)](const Tensor& x) { return torch::elu(x, alpha); });
  }
  if (type == "HardSigmoid") {
    return of_one([alpha = attributes.number("alpha", 0.2), beta = attributes.number("beta", 0.5)](
                      const Tensor& x) { return torch::clamp(x * alpha + beta, 0, 1); });
  }
  if (type == "PRelu") {
    return of_two(
        [](const Tensor& x, const Tensor& slope) { return torch::where(x > 0, x, x * slope); });
  }
  if (type == "Clip") return clip(attributes);
  return {};
}

TorchOperator function_of_one(const std::string& type, const Attributes& attributes) {
  if (type == "Identity") return of_one([](const Tensor& x) { return x; });
  if (type == "Sqrt") return of_one([](const Tensor& x) { return x.sqrt(); });
  if (type == "Exp") return of_one([](const Tensor& x) { return x.exp(); });
  if (type == "Log") return of_one([](const Tensor& x) { return x.log(); });
  if (type == "Erf") return of_one([](const Tensor& x) { return x.erf(); });
  if (type == "Neg") return of_one([](const Tensor& x) { return -x; });
  if (type == "Abs") return of_one([](const Tensor& x) { return x.abs(); });
  if (type == "Reciprocal") return of_one([](const Tensor& x) { return x.reciprocal(); });
  if (type == "Floor") return of_one([](const Tensor& x) { return x.floor(); });
  if (type == "Ceil") return of_one([](const Tensor& x) { return x.ceil(); });
  if (type == "GlobalAveragePool") {
    return of_one([](const Tensor& x) { return x.mean({2, 3}, true); });
  }
  if (type == "GlobalMaxPool") {
    return of_one([](const Tensor& x) { return x.amax({2, 3}, true); });
  }
  if (type == "Shape") {
    return of_one([start = attributes.integer("start", 0),
                   end = attributes.integer("end", std::numeric_limits<std::int64_t>::max())](
                      const Tensor& x) {
      return torch::tensor(x.sizes(), torch::kInt64).slice(0, start, end);
    });
  }
  return {};
}

TorchOperator shaping(const ::onnx::NodeProto& node, const Attributes& attributes) {
  const std::string& type = node.op_type();
  if (type == "Reshape") return reshape(attributes);
  if (type == "Flatten") return flatten(attributes);
  if (type == "Squeeze") return squeeze(attributes);
  if (type == "Unsqueeze") return unsqueeze(attributes);
  if (type == "Split") return split(node, attributes);
  if (type == "Slice") return slice(attributes);
  if (type == "Pad") return pad(attributes);
  if (type == "Gather") return gather(attributes);
  if (type == "Concat") {
    return [axis = attributes.integer("axis", 1)](const Inputs& in, bool) -> Inputs {
      return {torch::cat(in, axis)};
    };
  }
  if (type == "Transpose") {
    return of_one([perm = attributes.integers("perm")](const Tensor& x) {
      Ints order = perm;
      for (std::int64_t i = x.dim(); perm.empty() && i-- > 0;) order.push_back(i);
      return x.permute(order);
    });
  }
  if (type == "Expand") {
    return of_two([](const Tensor& x, const Tensor& shape) {
      return x * torch::ones(ints_of(shape), x.options());
    });
  }
  if (type == "Cast") {
    return of_one(
        [to = torch_type(attributes.integer("to", 1))](const Tensor& x) { return x.to(to); });
  }
  if (type == "ConstantOfShape") {
    const Tensor value =
        attributes.has("value") ? to_torch(attributes.at("value").t()) : torch::zeros({1});
    return of_one([value](const Tensor& shape) {
      return torch::full(ints_of(shape), value.item(), value.options());
    });
  }
  return {};
}

TorchOperator reducing(const std::string& type, const Attributes& attributes) {
  if (type == "ReduceMean") {
    return reduction(attributes, [](const Tensor& x, at::IntArrayRef axes, bool keep) {
      return x.mean(axes, keep);
    });
  }
  if (type == "ReduceSum") {
    return reduction(attributes, [](const Tensor& x, at::IntArrayRef axes, bool keep) {
      return x.sum(axes, keep);
    });
  }
  if (type == "ReduceMax") {
    return reduction(attributes, [](const Tensor& x, at::IntArrayRef axes, bool keep) {
      return x.amax(axes, keep);
    });
  }
  if (type == "ReduceL2") {
    return reduction(attributes, [](const Tensor& x, at::IntArrayRef axes, bool keep) {
      return x.square().sum(axes, keep).sqrt();
    });
  }
  return {};
}

}  // namespace

TorchOperator torch_operator(const ::onnx::NodeProto& node, std::int64_t opset) {
  if (!node.domain().empty() && node.domain() != "ai.onnx") return {};
  const std::string& type = node.op_type();
  const Attributes attributes(node);
  if (type == "Conv") return convolution(attributes);
  if (type == "MaxPool") return max_pool(attributes);
  if (type == "AveragePool") return average_pool(attributes);
  if (type == "BatchNormalization") return batch_normalisation(attributes);
  if (type == "LayerNormalization") return layer_normalisation(attributes);
  if (type == "LRN") return local_response(attributes);
  if (type == "Gemm") return gemm(attributes);
  if (type == "Dropout") return dropout(attributes);
  if (type == "Softmax" || type == "LogSoftmax") {
    return softmax(attributes, opset, type == "LogSoftmax");
  }
  if (auto found = arithmetic(type)) return found;
  if (auto found = activation(type, attributes)) return found;
  if (auto found = function_of_one(type, attributes)) return found;
  if (auto found = reducing(type, attributes)) return found;
  return shaping(node, attributes);
}

torch::Tensor to_torch(const ::onnx::TensorProto& tensor) {
  const Ints shape(tensor.dims().begin(), tensor.dims().end());
  const auto from = [&](torch::ScalarType type, const auto& list) {
    if (tensor.has_raw_data()) {
      Tensor out = torch::empty(shape, type);
      if (out.nbytes() != tensor.raw_data().size()) {
        throw Error(ErrorKind::bad_model, "the size of a weight does not match its shape",
                    tensor.name(), "download the backbone again");
      }
      std::memcpy(out.data_ptr(), tensor.raw_data().data(), out.nbytes());
      return out;
    }
    using Item = std::remove_cvref_t<decltype(list.Get(0))>;
    const std::vector<Item> items(list.begin(), list.end());
    Tensor out = torch::tensor(at::ArrayRef<Item>(items)).to(type);
    if (type == torch::kHalf) {  // ONNX stores the bits of fp16 in integers
      const std::vector<std::int16_t> bits(list.begin(), list.end());
      out = torch::tensor(at::ArrayRef<std::int16_t>(bits)).view(torch::kHalf);
    }
    return out.reshape(shape);
  };
  switch (tensor.data_type()) {
    case ::onnx::TensorProto::FLOAT:
      return from(torch::kFloat32, tensor.float_data());
    case ::onnx::TensorProto::DOUBLE:
      return from(torch::kFloat64, tensor.double_data());
    case ::onnx::TensorProto::INT64:
      return from(torch::kInt64, tensor.int64_data());
    case ::onnx::TensorProto::INT32:
      return from(torch::kInt32, tensor.int32_data());
    case ::onnx::TensorProto::UINT8:
      return from(torch::kUInt8, tensor.int32_data());
    case ::onnx::TensorProto::INT8:
      return from(torch::kInt8, tensor.int32_data());
    case ::onnx::TensorProto::BOOL:
      return from(torch::kBool, tensor.int32_data());
    case ::onnx::TensorProto::FLOAT16:
      return from(torch::kHalf, tensor.int32_data()).to(torch::kFloat32);
    default:
      break;
  }
  throw Error(ErrorKind::bad_model, "a weight has a type that training does not support",
              tensor.name(), "keep the backbone frozen: leave --fine-tune out");
}

void store(const torch::Tensor& value, ::onnx::TensorProto& tensor) {
  const bool half = tensor.data_type() == ::onnx::TensorProto::FLOAT16;
  const auto type = half                                                ? torch::kHalf
                    : tensor.data_type() == ::onnx::TensorProto::DOUBLE ? torch::kFloat64
                                                                        : torch::kFloat32;
  const Tensor out = value.detach().to(torch::kCPU, type).contiguous();
  tensor.clear_float_data();
  tensor.clear_double_data();
  tensor.clear_int32_data();
  tensor.set_raw_data(out.data_ptr(), out.nbytes());
}

}  // namespace vitrine::train
