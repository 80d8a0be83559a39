// A convolutional network in the form in which it runs: constants are folded, batch norms and
// activations merged into the preceding convolutions. lower() makes it from an ONNX graph. Plain
// data.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/onednn/constant.h"

namespace vitrine::engine {

/// A function that is applied to each number.
struct Activation {
  enum class Kind {
    none,
    relu,          ///< max(x, 0)
    leaky_relu,    ///< x if x >= 0, else alpha * x
    clip,          ///< x clipped to [alpha, beta]
    sigmoid,       ///< 1 / (1 + exp(-x))
    hard_sigmoid,  ///< alpha * x + beta, clipped to [0, 1]
    swish,         ///< x * sigmoid(x)
    hard_swish,    ///< x * hard_sigmoid(x)
  };
  Kind kind = Kind::none;
  float alpha = 0;
  float beta = 0;
};

/// The shape of a value for one image: `channels` planes of height x width. Vectors have 1 x 1.
struct ValueShape {
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
};

using ValueId = std::size_t;
inline constexpr ValueId kNoValue = static_cast<ValueId>(-1);

struct Op {
  enum class Kind {
    image,        ///< the pixels, scaled and shifted by channel
    convolution,  ///< also fully connected layers, whose kernel is as large as the input
    max_pool,
    average_pool,
    activate,  ///< an activation that could not be merged into a convolution
    add,       ///< two inputs of the same shape
    multiply,  ///< the second input may be 1 x 1: one factor for each channel
    affine,    ///< scale and shift by channel
    concat,    ///< along the channels
    shuffle,   ///< with g groups of c channels, channel i goes to i % c * g + i / c
    slice,     ///< channels from `first` on, as many as the output has
  };
  Kind kind = Kind::convolution;
  std::vector<ValueId> inputs;
  ValueId output = 0;
  Activation activation;
  std::string source;  ///< activate: the name of its input in the graph

  // convolution, pools
  std::array<std::int64_t, 2> kernel{1, 1};
  std::array<std::int64_t, 2> stride{1, 1};
  std::array<std::int64_t, 4> pads{};  ///< top, left, bottom, right
  // convolution
  std::array<std::int64_t, 2> dilation{1, 1};
  std::int64_t groups = 1;
  std::int64_t inputs_a_group = 1;
  Floats weights;               ///< [outputs, inputs / groups, height, width]
  std::vector<float> bias;      ///< [outputs]
  ValueId residual = kNoValue;  ///< a value that is added before the activation
  bool count_padding = false;   ///< average_pool: divide by the size of the kernel also at edges
  // image, affine: by channel
  std::vector<float> scale, shift;
  bool bgr = false;        ///< image: the network's first channel is blue
  std::int64_t first = 0;  ///< slice: the first channel
};

struct NetworkGraph {
  std::int64_t height = 0;  ///< of the image, whose pixels are RGB bytes
  std::int64_t width = 0;
  std::vector<ValueShape> values;
  std::vector<Op> ops;  ///< in execution order
  ValueId output = 0;
  bool softmax = false;  ///< over the output's channels
};

/// By value: the index of the last op that reads it; 0 if none does.
inline std::vector<std::size_t> last_readers(const NetworkGraph& graph) {
  std::vector<std::size_t> last(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    for (const ValueId v : graph.ops[i].inputs) last[v] = i;
    if (graph.ops[i].residual != kNoValue) last[graph.ops[i].residual] = i;
  }
  return last;
}

/// Converts the graph that computes `output` from its only input, `uint8 [N, height, width, 3]`.
/// `bytes`: the file of `model`, if it is an outline (onnx/outline.h). Weights are views of `model`
/// or `bytes`, which must outlive the result. Throws Error(bad_model) that names the unsupported
/// part; such a graph runs on ONNX Runtime. All sizes in the file are checked. Thread-safe.
NetworkGraph lower(const ::onnx::ModelProto& model, std::string_view bytes,
                   const std::string& output);

}  // namespace vitrine::engine
