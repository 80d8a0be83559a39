#include "infer/image_predictor.h"

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "data/resize.h"
#include "infer/onnx_runtime.h"

namespace vitrine {

namespace {

std::unique_ptr<NetworkEngine> open_network(const onnx::ModelProto& model, std::string_view bytes,
                                            const std::string& output, Precision precision,
                                            const std::string& where, std::string& why) {
  if (precision != Precision::f32 && processor_has(precision)) {
    auto coarse = open_compiled_network({model, output, precision, core_count()}, why);
    why.clear();
    if (coarse) return coarse;
  }
  auto compiled = open_compiled_network({model, output, Precision::f32, core_count()}, why);
  if (compiled) return compiled;
  return open_runtime_network(bytes.empty() ? model.SerializeAsString() : std::string(bytes),
                              output, where);
}

}  // namespace

PixelNetwork::PixelNetwork(const onnx::ModelProto& model, std::string_view bytes,
                           const std::string& output, Precision precision, const std::string& where)
    : engine_(open_network(model, bytes, output, precision, where, why_)) {}

std::string PixelNetwork::engine() const {
  return engine_->name() + (why_.empty() ? "" : " (not compiled: " + why_ + ")");
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
    : ImagePredictor(file, precision_named(card_of_photos(file).precision)) {}

ImagePredictor::ImagePredictor(const ModelFile& file, Precision precision)
    : card_(card_of_photos(file)),
      network_(*file.proto, file.bytes, "probabilities", precision, file.path) {
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

Predictions ImagePredictor::predict_pixels(std::span<const std::uint8_t> pixels, std::size_t count,
                                           std::size_t threads) const {
  Predictions out;
  out.classes = card_.schema.target.classes.size();
  out.probabilities = network_.run(pixels, count, threads);
  if (out.probabilities.size() != count * out.classes || !are_probabilities(out.probabilities)) {
    throw Error(ErrorKind::bad_model, "the graph's output holds no probabilities, one a class",
                "output 'probabilities'", "train the model again");
  }
  for (std::size_t i = 0; i < count; ++i) {
    out.answers.push_back(answer_of(card_, &out.probabilities[i * out.classes]));
  }
  return out;
}

std::string ImagePredictor::engine() const { return network_.engine(); }

}  // namespace vitrine
