// An execution plan of a network for a batch size and a number of threads: oneDNN primitives, the
// memory layout of values, and the weights in the formats of the primitives.
#pragma once

#include <dnnl.hpp>
#include <memory>
#include <span>
#include <vector>

#include "engine/network_engine.h"
#include "engine/onednn/weight_store.h"

namespace vitrine::engine {

/// Immutable; a run needs a context. Thread-safe: several threads may run with a context each.
class Plan {
 public:
  struct Options {
    std::int64_t batch = 1;
    std::size_t threads = 1;
    bool observed = false;  ///< keep all values after a run, for numbers(); they are f32
  };

  /// `graph` and `weights` must outlive the plan. Throws dnnl::error.
  Plan(const NetworkGraph& graph, WeightStore& weights, DataFormats forms, const Options& options);
  ~Plan();

  /// Working memory for one run at a time.
  class Context;
  struct End {
    void operator()(Context* context) const;
  };
  using ContextPointer = std::unique_ptr<Context, End>;
  ContextPointer make_context() const;

  /// `pixels`: `batch` images, RGB bytes; `out`: room for batch * K numbers.
  void run(Context& context, const std::uint8_t* pixels, float* out) const;

  /// The numbers of a value after the last run, in the plan's layout with padding; empty for values
  /// that were merged into others. Requires Options::observed.
  std::span<const float> numbers(const Context& context, ValueId value) const;

 private:
  class Builder;
  struct Step;
  struct Data;
  void run_step(std::size_t i, Context& context) const;
  std::unique_ptr<Data> data_;
};

}  // namespace vitrine::engine
