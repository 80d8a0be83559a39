// A network made ready for one number of photos and of threads: primitives of oneDNN, where each
// value lies, and the weights in the order that the primitives want.
#pragma once

#include <dnnl.hpp>
#include <memory>
#include <span>
#include <vector>

#include "cnn/weight_store.h"
#include "infer/network_engine.h"

namespace vitrine {

/// Immutable once made; runs happen in contexts.
class Plan {
 public:
  struct Options {
    std::int64_t batch = 1;
    std::size_t threads = 1;
    bool observed = false;  ///< all values can be looked at after a run; they are f32
  };

  /// `graph` and `weights` outlive it. Throws dnnl::error.
  Plan(const NetworkGraph& graph, WeightStore& weights, ValueForms forms, const Options& options);
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

  /// The numbers that the last run put into a value, in the plan's own order and with its padding;
  /// none of one that was folded away. Of an observed plan.
  std::span<const float> numbers(const Context& context, ValueId value) const;

 private:
  class Builder;
  struct Step;
  struct Data;
  void run_step(std::size_t i, Context& context) const;
  std::unique_ptr<Data> data_;
};

}  // namespace vitrine
