// Chooses the data format of each value of a network: f32, bf16, or bytes with a scale.
#pragma once

#include <dnnl.hpp>
#include <vector>

#include "engine/network_engine.h"
#include "engine/onednn/network_graph.h"

namespace vitrine::engine {

struct DataFormat {
  dnnl::memory::data_type type = dnnl::memory::data_type::f32;
  float scale = 1;  ///< bytes represent scale * byte

  bool bytes() const {
    return type == dnnl::memory::data_type::s8 || type == dnnl::memory::data_type::u8;
  }
};

struct DataFormats {
  std::vector<DataFormat> kept;  ///< by value: how it is stored
  /// By value: the bytes into which a convolution in int8 converts it if it is not stored as bytes.
  std::vector<DataFormat> accepted;
  std::vector<bool> in_bytes;  ///< by op: whether it computes in int8
};

/// int8 follows Jacob et al., "Quantization and Training of Neural Networks for Efficient
/// Integer-Arithmetic-Only Inference" (2018), without zero points. Convolutions compute in int8,
/// except for the first ones (ranges->skip_first_layers) and those for which the conversion of the
/// input costs more than int8 saves. A value is stored as bytes if its op can write them and all
/// readers accept them; other values are bf16 if the processor supports it. Global average pools
/// and squeeze-and-excite gates are never quantized. Throws dnnl::error if `ranges` are of another
/// network.
///
/// bf16: the first `skip_first_layers` convolutions compute in f32, and so do ops that only pass
/// their values on.
DataFormats choose_data_formats(const NetworkGraph& graph, Precision precision,
                                const model::ActivationRanges* ranges,
                                std::size_t skip_first_layers = 0);

/// A hash of the network's structure, for ActivationRanges::network.
std::string fingerprint_of(const NetworkGraph& graph);

/// True if this processor has instructions for bf16 (AVX-512 BF16) and int8 (VNNI).
bool has_bf16();
bool has_int8();

}  // namespace vitrine::engine
