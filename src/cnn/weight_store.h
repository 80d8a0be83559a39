// The weights of a network, in the orders and numbers that its primitives want.
#pragma once

#include <dnnl.hpp>
#include <mutex>
#include <vector>

#include "base/parallel.h"
#include "cnn/network_graph.h"
#include "cnn/value_forms.h"

namespace vitrine {

dnnl::engine& cpu_engine();

/// [outputs, inputs, height, width]; with groups [groups, outputs, inputs, height, width], of a
/// group.
dnnl::memory::dims weight_dims(const Op& op);

/// Shared by all plans of a network. Thread-safe, but for weights(): one plan is made at a time.
class WeightStore {
 public:
  explicit WeightStore(NetworkGraph& graph);

  /// The op's weights as `wanted` has them; bytes are scaled by output. They are there when
  /// `layouts` is done.
  dnnl::memory weights(std::size_t op, const dnnl::memory::desc& wanted, Aside& layouts);
  dnnl::memory bias(std::size_t op);

  /// What each output's bytes stand for: weight = scale x byte.
  const std::vector<float>& scales(std::size_t op);

  /// The graph's own weights may go: later plans are served from what was made for the first.
  void forget_plain();

 private:
  struct Form {
    dnnl::memory memory;
    bool filled = false;  ///< not where its plan failed before that
  };
  struct Entry {
    const Floats* plain = nullptr;  ///< the graph's, until they are forgotten
    dnnl::memory::dims dims;        ///< of weights
    std::vector<Form> forms;        ///< that primitives have
    dnnl::memory bias;
    dnnl::memory bytes;  ///< in the graph's order; empty until they are made
    std::vector<float> scales;
  };
  static void measure_scales(Entry& entry);
  static void make_bytes(Entry& entry);
  static void fill(Entry& entry, Form& form);

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace vitrine
