// What each value of a network is kept as: f32, bf16, or bytes with a scale.
#pragma once

#include <dnnl.hpp>
#include <vector>

#include "cnn/network_graph.h"
#include "infer/network_engine.h"

namespace vitrine {

struct ValueForm {
  dnnl::memory::data_type type = dnnl::memory::data_type::f32;
  float scale = 1;  ///< of bytes, which stand for scale x byte

  bool bytes() const {
    return type == dnnl::memory::data_type::s8 || type == dnnl::memory::data_type::u8;
  }
};

struct ValueForms {
  std::vector<ValueForm> kept;  ///< one a value
  /// As which bytes a convolution takes a value that is not kept as such; of no scale else.
  std::vector<ValueForm> taken;
  std::vector<bool> in_bytes;  ///< by op: it computes with bytes
};

/// int8 follows Jacob et al., "Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference" (2018), without zero points. Convolutions compute with bytes,
/// but for the first ones that `ranges` names and those whose input would have to be turned into
/// bytes for little. A value is kept as bytes where whatever makes it can write them and all that
/// read it can take them; the others are bf16 where the processor is made for it. Throws
/// dnnl::error where `ranges` are of another network.
///
/// bf16: `spared` convolutions, from the first, compute with f32, and so does what only passes
/// their values on.
ValueForms choose_value_forms(const NetworkGraph& graph, Precision precision,
                              const ActivationRanges* ranges, std::size_t spared = 0);

/// Tells networks apart by their shape; goes into ActivationRanges.
std::string fingerprint_of(const NetworkGraph& graph);

bool has_bf16();
bool has_int8();

}  // namespace vitrine
