// The weights of a network, in the layouts and data types of its primitives.
#pragma once

#include <dnnl.hpp>
#include <mutex>
#include <vector>

#include "base/parallel.h"
#include "engine/onednn/data_formats.h"
#include "engine/onednn/network_graph.h"

namespace vitrine::engine {

/// The CPU engine of oneDNN, one for the process.
dnnl::engine& cpu_engine();

/// [outputs, inputs, height, width]; with groups [groups, outputs, inputs, height, width], where
/// outputs and inputs are those of a group.
dnnl::memory::dims weight_dims(const Op& op);

/// Shared by all plans of a network. Thread-safe except for weights(): only one plan may be made at
/// a time.
class WeightStore {
 public:
  explicit WeightStore(NetworkGraph& graph);

  /// The weights of an op in the layout `wanted`; bytes are scaled by output channel. The memory is
  /// filled by a job that is added to `layouts`.
  dnnl::memory weights(std::size_t op, const dnnl::memory::desc& wanted, BackgroundTasks& layouts);
  dnnl::memory bias(std::size_t op);

  /// The scale of each output channel in int8: weight = scale * byte.
  const std::vector<float>& scales(std::size_t op);

  /// Stops using the graph's weights, so that they can be freed. Later plans convert the weights of
  /// the first plan.
  void forget_plain();

 private:
  struct Form {
    dnnl::memory memory;
    bool filled = false;  ///< false also if the plan failed before the job ran
  };
  struct Entry {
    const Floats* plain = nullptr;  ///< the graph's weights, until forget_plain()
    dnnl::memory::dims dims;        ///< of the weights
    std::vector<Form> forms;        ///< the layouts that primitives use
    dnnl::memory bias;
    dnnl::memory bytes;  ///< int8 in the graph's layout; empty until needed
    std::vector<float> scales;
  };
  static void measure_scales(Entry& entry);
  static void make_bytes(Entry& entry);
  static void fill(Entry& entry, Form& form);

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace vitrine::engine
