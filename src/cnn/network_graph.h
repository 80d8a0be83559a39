// A convolution network as it is run: constants folded, batch norms and activations inside the
// convolutions they follow. Made from an ONNX graph by lower().
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cnn/constant.h"

namespace vitrine {

/// What becomes of each number.
struct Activation {
  enum class Kind {
    none,
    relu,          ///< max(x, 0)
    leaky_relu,    ///< x, or alpha x below 0
    clip,          ///< between alpha and beta
    sigmoid,       ///< 1 / (1 + exp(-x))
    hard_sigmoid,  ///< between 0 and 1: alpha x + beta
    swish,         ///< x sigmoid(x)
    hard_swish,    ///< x hard_sigmoid(x)
  };
  Kind kind = Kind::none;
  float alpha = 0;
  float beta = 0;
};

/// A value of one picture: `channels` planes of height x width; vectors have 1 x 1.
struct ValueShape {
  std::int64_t channels = 0;
  std::int64_t height = 1;
  std::int64_t width = 1;
};

using ValueId = std::size_t;
inline constexpr ValueId kNoValue = static_cast<ValueId>(-1);

struct Op {
  enum class Kind {
    picture,      ///< the pixels, scaled and shifted by channel
    convolution,  ///< full connections too: their kernel is as large as the picture
    max_pool,
    average_pool,
    activate,  ///< where it could not go into a convolution
    add,       ///< two inputs of one shape
    multiply,  ///< the second input may be 1 x 1: a factor a channel
    affine,    ///< scale and shift by channel
    concat,    ///< of channels
    shuffle,   ///< channel i of g groups of c goes to i % c * g + i / c
    slice,     ///< channels [first, first + the output's)
  };
  Kind kind = Kind::convolution;
  std::vector<ValueId> inputs;
  ValueId output = 0;
  Activation activation;
  std::string source;  ///< activate: its input's name in the graph

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
  ValueId residual = kNoValue;  ///< added before the activation
  bool count_padding = false;   ///< average_pool: divide by the kernel's size at the edges too
  // picture: [channel of the network]; affine: by channel
  std::vector<float> scale, shift;
  bool bgr = false;        ///< picture: the network's first channel is blue
  std::int64_t first = 0;  ///< slice: its first channel
};

struct NetworkGraph {
  std::int64_t height = 0;  ///< of the picture, whose pixels are RGB bytes
  std::int64_t width = 0;
  std::vector<ValueShape> values;
  std::vector<Op> ops;  ///< in an order in which they can run
  ValueId output = 0;
  bool softmax = false;  ///< over the output's channels
};

/// By value: the place of the last op that reads it; 0 where none does.
inline std::vector<std::size_t> last_readers(const NetworkGraph& graph) {
  std::vector<std::size_t> last(graph.values.size(), 0);
  for (std::size_t i = 0; i < graph.ops.size(); ++i) {
    for (const ValueId v : graph.ops[i].inputs) last[v] = i;
    if (graph.ops[i].residual != kNoValue) last[graph.ops[i].residual] = i;
  }
  return last;
}

/// Reads the graph that computes `output` from its only input, `uint8 [N, height, width, 3]`.
/// `bytes`: of an outline (model/outline.h), where its weights are. Weights are views of the
/// model's or of `bytes`. Throws Error(bad_model) that names what is not supported: such a graph
/// needs a runtime. Never trusts sizes.
NetworkGraph lower(const onnx::ModelProto& model, std::string_view bytes,
                   const std::string& output);

}  // namespace vitrine
