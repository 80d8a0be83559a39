#include "engine/onednn/compiled_network.h"

#include <algorithm>
#include <exception>

#include "base/clones.h"
#include "base/error.h"

namespace vitrine::engine {
namespace {

class CompiledNetwork : public NetworkEngine {
 public:
  static constexpr std::size_t kBatch = 4;
  /// Networks with larger weights run in batches. About a core's share of the last-level cache.
  static constexpr std::size_t kLarge = std::size_t{24} << 20;

  explicit CompiledNetwork(const NetworkOptions& request)
      : graph_(lower(request.model, request.bytes, request.output)),
        precision_(request.precision),
        formats_(
            choose_data_formats(graph_, precision_, request.ranges, request.skip_first_layers)),
        weights_(graph_) {
    std::size_t weights = 0;
    for (const Op& op : graph_.ops) weights += op.weights.size();
    const std::size_t bytes = precision_ == Precision::f32    ? 4
                              : precision_ == Precision::bf16 ? 2
                                                              : 1;
    large_ = weights * bytes > kLarge;
    ready({1, request.threads});  // report unsupported graphs now, not at the first run
    weights_.forget_plain();      // the caller may free the model
    for (Op& op : graph_.ops) op.weights = {};
  }

  int width() const override { return static_cast<int>(graph_.width); }
  int height() const override { return static_cast<int>(graph_.height); }
  Precision precision() const override { return precision_; }
  std::string name() const override {
    return "compiled: oneDNN " + onednn_version() + ", " + std::string(name_of(precision_));
  }

  std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count,
                         std::size_t threads) const override {
    const auto classes = static_cast<std::size_t>(graph_.values[graph_.output].channels);
    const auto photo = static_cast<std::size_t>(graph_.width * graph_.height * 3);
    std::vector<float> out(count * classes);
    std::exception_ptr failure;
    std::mutex failing;
    const auto part = [&](std::size_t first, std::size_t batch, std::size_t its_threads) {
      try {
        run_batch(&pixels[first * photo], {batch, its_threads}, &out[first * classes]);
      } catch (...) {  // exceptions must not leave a parallel region
        const std::lock_guard lock(failing);
        failure = std::current_exception();
      }
    };
    // One photo per core, as long as there are enough for all cores: its values stay in the core's
    // caches, and threads do not wait for each other. If the weights are too large for the caches,
    // each core runs batches of four, which read the weights once. All cores share what is left.
    std::size_t done = 0;
    for (const std::size_t batch : {large_ ? kBatch : 1, std::size_t{1}}) {
      const std::size_t parts = (count - done) / batch / threads * threads;
      if (threads == 1) {
        for (std::size_t i = 0; i < parts; ++i) part(done + i * batch, batch, 1);
      } else if (parts > 0) {
#pragma omp parallel for num_threads(static_cast<int>(threads)) schedule(dynamic)
        for (std::size_t i = 0; i < parts; ++i) part(done + i * batch, batch, 1);
      }
      done += parts * batch;
    }
    for (; done < count; ++done) part(done, 1, threads);
    if (failure) rethrow(failure);
    return out;
  }

 private:
  struct Ready {
    std::unique_ptr<Plan> plan;
    std::vector<Plan::ContextPointer> idle;
  };

  [[noreturn]] static void rethrow(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const dnnl::error& problem) {
      throw Error(ErrorKind::bad_model, std::string("oneDNN failed: ") + problem.message,
                  "the network", "please report it with the model");
    }
  }

  /// The number of photos and of threads.
  using Form = std::pair<std::size_t, std::size_t>;

  void run_batch(const std::uint8_t* pixels, const Form& form, float* out) const {
    Ready& place = ready(form);
    Plan::ContextPointer context = take(place);
    place.plan->run(*context, pixels, out);
    const std::lock_guard lock(mutex_);
    place.idle.push_back(std::move(context));
  }

  Ready& ready(const Form& form) const {
    const std::lock_guard lock(mutex_);
    Ready& place = plans_[form];
    if (!place.plan) {
      place.plan =
          std::make_unique<Plan>(graph_, weights_, formats_,
                                 Plan::Options{static_cast<std::int64_t>(form.first), form.second});
    }
    return place;
  }

  Plan::ContextPointer take(Ready& place) const {
    {
      const std::lock_guard lock(mutex_);
      if (!place.idle.empty()) {
        auto context = std::move(place.idle.back());
        place.idle.pop_back();
        return context;
      }
    }
    return place.plan->make_context();
  }

  NetworkGraph graph_;
  Precision precision_;
  DataFormats formats_;
  bool large_ = false;
  mutable WeightStore weights_;
  mutable std::mutex mutex_;
  mutable std::map<Form, Ready> plans_;
};

}  // namespace

std::string onednn_version() {
  const dnnl_version_t* version = dnnl_version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

namespace {

/// Calls `make` and turns errors of oneDNN into Error(bad_model).
template <typename Make>
auto made_ready(Make make) {
  try {
    return make();
  } catch (const dnnl::error& problem) {
    throw Error(ErrorKind::bad_model, std::string("oneDNN can't run it: ") + problem.message,
                "the graph", "ONNX Runtime may be able to run it");
  }
}

}  // namespace

std::unique_ptr<NetworkEngine> compile_network(const NetworkOptions& request) {
  return made_ready([&]() -> std::unique_ptr<NetworkEngine> {
    return std::make_unique<CompiledNetwork>(request);
  });
}

namespace {

/// Not a std::pair: clang 19 does not emit its constructor for the clones of a function.
struct Bounds {
  float low = 0;
  float high = 0;
};

/// The minimum and maximum of at least one number.
VITRINE_CLONES Bounds bounds_of(std::span<const float> numbers) {
  float low = numbers[0];
  float high = numbers[0];
#pragma omp simd reduction(min : low) reduction(max : high)
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    low = numbers[i] < low ? numbers[i] : low;
    high = numbers[i] > high ? numbers[i] : high;
  }
  return {low, high};
}

}  // namespace

model::ActivationRanges measure_ranges_compiled(const NetworkOptions& request,
                                                std::span<const std::uint8_t> pixels,
                                                std::size_t count) {
  return made_ready([&] {
    NetworkGraph graph = lower(request.model, request.bytes, request.output);
    WeightStore weights(graph);
    const Plan plan(graph, weights, choose_data_formats(graph, Precision::f32, nullptr),
                    {.threads = request.threads, .observed = true});
    const auto context = plan.make_context();
    const std::size_t values = graph.values.size();
    std::vector<double> least(values), most(values);
    std::vector<float> out(static_cast<std::size_t>(graph.values[graph.output].channels));
    const auto photo = static_cast<std::size_t>(graph.width * graph.height * 3);
    for (std::size_t i = 0; i < count; ++i) {
      plan.run(*context, &pixels[i * photo], out.data());
#pragma omp parallel for num_threads(static_cast<int>(request.threads)) schedule(dynamic)
      for (ValueId v = 0; v < values; ++v) {
        const auto numbers = plan.numbers(*context, v);
        if (numbers.empty()) continue;
        const auto [low, high] = bounds_of(numbers);
        least[v] += low / static_cast<double>(count);
        most[v] += high / static_cast<double>(count);
      }
    }
    return model::ActivationRanges{
        fingerprint_of(graph), {least.begin(), least.end()}, {most.begin(), most.end()}};
  });
}

}  // namespace vitrine::engine
