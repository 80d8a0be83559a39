#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "base/error.h"
#include "engine/network_engine.h"
#include "engine/ort/onnx_session.h"
#include "engine/ort/runtime.h"

namespace vitrine::engine {
namespace {

class RuntimeNetwork : public NetworkEngine {
 public:
  RuntimeNetwork(std::string_view bytes, std::string output, std::string where,
                 GraphRewriting rewriting)
      : output_(std::move(output)),
        where_(std::move(where)),
        session_(open_session(bytes, where_, rewriting)) {
    Ort::AllocatorWithDefaultOptions allocator;
    if (session_.GetInputCount() != 1) refuse("it does not have exactly one input");
    input_ = session_.GetInputNameAllocated(0, allocator).get();
    const auto type = session_.GetInputTypeInfo(0);
    if (type.GetONNXType() != ONNX_TYPE_TENSOR) refuse("its input is not a tensor");
    const auto tensor = type.GetTensorTypeAndShapeInfo();
    const auto shape = tensor.GetShape();
    if (tensor.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 || shape.size() != 4 ||
        shape[1] < 1 || shape[2] < 1 || shape[3] != 3) {
      refuse("its input is not uint8 [N, height, width, 3]");
    }
    height_ = static_cast<int>(shape[1]);
    width_ = static_cast<int>(shape[2]);
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      const auto made = session_.GetOutputTypeInfo(i);
      if (session_.GetOutputNameAllocated(i, allocator).get() == output_ &&
          made.GetONNXType() == ONNX_TYPE_TENSOR &&
          made.GetTensorTypeAndShapeInfo().GetElementType() ==
              ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
        return;
      }
    }
    refuse("it has no float output '" + output_ + "'");
  }

  int width() const override { return width_; }
  int height() const override { return height_; }
  bool takes_batches() const override { return !one_by_one_; }
  std::string name() const override { return "ONNX Runtime " + ort_version(); }

  /// Runs on one thread; callers distribute photos over threads.
  std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count,
                         std::size_t) const override {
    if (count > 1 && !one_by_one_) {
      try {
        return run_together(pixels, count);
      } catch (const Error&) {  // most likely the graph was exported for batch size 1
        one_by_one_ = true;
      }
    }
    if (count == 1) return run_together(pixels, 1);
    std::vector<float> out;
    const std::size_t size = pixels.size() / std::max<std::size_t>(1, count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto one = run_together(pixels.subspan(i * size, size), 1);
      out.insert(out.end(), one.begin(), one.end());
    }
    return out;
  }

 private:
  std::vector<float> run_together(std::span<const std::uint8_t> pixels, std::size_t count) const {
    const std::array<std::int64_t, 4> shape{static_cast<std::int64_t>(count), height_, width_, 3};
    static const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    // ONNX Runtime expects a pointer to mutable data but does not write to inputs.
    const auto value =
        Ort::Value::CreateTensor<std::uint8_t>(memory, const_cast<std::uint8_t*>(pixels.data()),
                                               pixels.size(), shape.data(), shape.size());
    const std::array<const char*, 1> inputs{input_.c_str()};
    const std::array<const char*, 1> outputs{output_.c_str()};
    try {
      const auto results =
          session_.Run(Ort::RunOptions{nullptr}, inputs.data(), &value, 1, outputs.data(), 1);
      const auto out = results[0].GetTensorTypeAndShapeInfo().GetShape();
      if (out.size() != 2 || out[0] != static_cast<std::int64_t>(count)) {
        refuse("its output does not have the shape [N, K]");
      }
      const float* numbers = results[0].GetTensorData<float>();
      return {numbers, numbers + out[0] * out[1]};
    } catch (const Ort::Exception& problem) {
      refuse("ONNX Runtime failed: " + shown(problem.what(), 200));
    }
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::bad_model, "the network can't be used: " + why, where_,
                "use a model that 'vitrine train' saved, or another backbone");
  }

  int width_ = 0;
  int height_ = 0;
  std::string output_;
  std::string where_;
  std::string input_;
  mutable Ort::Session session_;  // Run is thread-safe but not const
  mutable std::atomic<bool> one_by_one_{false};
};

}  // namespace

std::unique_ptr<NetworkEngine> open_ort_network(std::string_view bytes, const std::string& output,
                                                const std::string& where,
                                                GraphRewriting rewriting) {
  return std::make_unique<RuntimeNetwork>(bytes, output, where, rewriting);
}

}  // namespace vitrine::engine
