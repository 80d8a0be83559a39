#include "infer/image_predictor.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/parallel.h"
#include "data/resize.h"
#include "infer/onnx_runtime.h"
#include "infer/onnx_session.h"

namespace vitrine {

class PixelNetwork::State {
 public:
  State(std::string_view bytes, std::string output, std::string where)
      : output_(std::move(output)),
        where_(std::move(where)),
        session_(open_session(bytes, where_)) {
    Ort::AllocatorWithDefaultOptions allocator;
    if (session_.GetInputCount() != 1) refuse("it takes more than one input");
    input_ = session_.GetInputNameAllocated(0, allocator).get();
    const auto type = session_.GetInputTypeInfo(0);
    if (type.GetONNXType() != ONNX_TYPE_TENSOR) refuse("its input is no tensor");
    const auto tensor = type.GetTensorTypeAndShapeInfo();
    const auto shape = tensor.GetShape();
    if (tensor.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8 || shape.size() != 4 ||
        shape[1] < 1 || shape[2] < 1 || shape[3] != 3) {
      refuse("its input is not uint8 [N, height, width, 3]");
    }
    height = static_cast<int>(shape[1]);
    width = static_cast<int>(shape[2]);
    for (std::size_t i = 0; i < session_.GetOutputCount(); ++i) {
      if (session_.GetOutputNameAllocated(i, allocator).get() == output_ &&
          session_.GetOutputTypeInfo(i).GetTensorTypeAndShapeInfo().GetElementType() ==
              ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
        return;
      }
    }
    refuse("it has no float output '" + output_ + "'");
  }

  std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count) const {
    const std::array<std::int64_t, 4> shape{static_cast<std::int64_t>(count), height, width, 3};
    static const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    // ONNX Runtime takes a pointer to mutable data and does not write to inputs.
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
        refuse("its output has another shape than [N, K]");
      }
      const float* numbers = results[0].GetTensorData<float>();
      return {numbers, numbers + out[0] * out[1]};
    } catch (const Ort::Exception& problem) {
      refuse("ONNX Runtime fails on it: " + shown(problem.what(), 200));
    }
  }

  int width = 0;
  int height = 0;

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorKind::bad_model, "the network can't be used: " + why, where_,
                "use a model that 'vitrine train' saved, or another backbone");
  }

  std::string output_;
  std::string where_;
  std::string input_;
  mutable Ort::Session session_;  // Run is thread-safe but not const
};

PixelNetwork::PixelNetwork(std::string_view bytes, const std::string& output,
                           const std::string& where)
    : state_(std::make_unique<State>(bytes, output, where)) {}
PixelNetwork::~PixelNetwork() = default;
int PixelNetwork::width() const { return state_->width; }
int PixelNetwork::height() const { return state_->height; }
std::vector<float> PixelNetwork::run(std::span<const std::uint8_t> pixels,
                                     std::size_t count) const {
  return state_->run(pixels, count);
}

namespace {

const Card& card_of_photos(const ModelFile& file) {
  if (!file.of_photos()) {
    throw Error(ErrorKind::bad_model, "this is no model of photos", file.path,
                "use a file that 'vitrine train PHOTOS' saved");
  }
  return *file.card;
}

}  // namespace

ImagePredictor::ImagePredictor(const ModelFile& file)
    : card_(card_of_photos(file)), network_(file.bytes, "probabilities", file.path) {
  if (network_.width() != card_.image.width || network_.height() != card_.image.height) {
    throw Error(ErrorKind::bad_model, "the graph does not fit its card: another size of picture",
                file.path, "train the model again");
  }
}

Predictions ImagePredictor::predict(std::span<const Image> photos) const {
  Predictions out;
  out.classes = card_.schema.target.classes.size();
  out.probabilities.resize(photos.size() * out.classes);
  out.answers.resize(photos.size());
  parallel_for(photos.size(), [&](std::size_t i) {
    const Image small = resized(photos[i], card_.image);
    const Predictions one = predict_pixels(small.pixels, 1);
    std::ranges::copy(one.probabilities,
                      out.probabilities.begin() + static_cast<std::ptrdiff_t>(i * out.classes));
    out.answers[i] = one.answers[0];
  });
  return out;
}

Predictions ImagePredictor::predict_pixels(std::span<const std::uint8_t> pixels,
                                           std::size_t count) const {
  Predictions out;
  out.classes = card_.schema.target.classes.size();
  out.probabilities = network_.run(pixels, count);
  if (out.probabilities.size() != count * out.classes ||
      !std::ranges::all_of(out.probabilities, [](float x) { return x >= 0 && x <= 1.0001F; })) {
    throw Error(ErrorKind::bad_model, "the graph's output holds no probabilities, one a class",
                "output 'probabilities'", "train the model again");
  }
  for (std::size_t i = 0; i < count; ++i) {
    out.answers.push_back(answer_of(card_, &out.probabilities[i * out.classes]));
  }
  return out;
}

std::string ImagePredictor::engine() const { return "ONNX Runtime " + onnx_runtime_version(); }

}  // namespace vitrine
