// A network made ready for one number of photos and of threads: primitives of oneDNN, where each
// value lies, and the weights in the order that the primitives want.
#pragma once

#include <dnnl.hpp>
#include <memory>
#include <mutex>
#include <vector>

#include "cnn/network_graph.h"
#include "infer/network_engine.h"

namespace vitrine {

dnnl::engine& cpu_engine();

/// The weights of a network, shared by all its plans. Thread-safe.
class WeightStore {
 public:
  explicit WeightStore(NetworkGraph& graph);

  /// The op's weights as `wanted` has them.
  dnnl::memory weights(std::size_t op, const dnnl::memory::desc& wanted);
  dnnl::memory bias(std::size_t op);

  /// The graph's own weights may go: later plans are served from what was made for the first.
  void forget_plain();

 private:
  struct Entry {
    std::vector<dnnl::memory> forms;  ///< the first is a view of the graph's while `plain`
    dnnl::memory bias;
    bool plain = true;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

/// Immutable once made; runs happen in contexts.
class Plan {
 public:
  /// `graph` and `weights` outlive it. Throws dnnl::error.
  Plan(const NetworkGraph& graph, WeightStore& weights, Precision precision, std::int64_t batch,
       std::size_t threads);
  ~Plan();

  /// Memory for one run at a time.
  class Context;
  struct End {
    void operator()(Context* context) const;
  };
  using ContextPointer = std::unique_ptr<Context, End>;
  ContextPointer make_context() const;

  /// `pixels`: batch pictures; `out`: batch x K numbers.
  void run(Context& context, const std::uint8_t* pixels, float* out) const;

 private:
  class Builder;
  struct Step;
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace vitrine
