// The weights of a network, in the orders and numbers that its primitives want.
#pragma once

#include <dnnl.hpp>
#include <mutex>
#include <vector>

#include "cnn/network_graph.h"
#include "cnn/value_forms.h"

namespace vitrine {

dnnl::engine& cpu_engine();

/// [outputs, inputs, height, width]; with groups [groups, outputs, inputs, height, width], of a
/// group.
dnnl::memory::dims weight_dims(const Op& op);

/// Shared by all plans of a network. Thread-safe.
class WeightStore {
 public:
  explicit WeightStore(NetworkGraph& graph);

  /// The op's weights as `wanted` has them; bytes are scaled by output.
  dnnl::memory weights(std::size_t op, const dnnl::memory::desc& wanted);
  dnnl::memory bias(std::size_t op);

  /// What each output's bytes stand for: weight = scale x byte.
  const std::vector<float>& scales(std::size_t op);

  /// The graph's own weights may go: later plans are served from what was made for the first.
  void forget_plain();

 private:
  struct Entry {
    std::vector<dnnl::memory> forms;  ///< the first is a view of the graph's while `plain`
    dnnl::memory bias;
    dnnl::memory bytes;  ///< in the graph's order; empty until somebody asks for them
    std::vector<float> scales;
    bool plain = true;
  };
  void make_bytes(Entry& entry);

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace vitrine
