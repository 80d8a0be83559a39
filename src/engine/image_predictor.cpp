#include "engine/image_predictor.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "data/image/resize.h"
#include "engine/registry.h"

namespace vitrine::engine {

PixelNetwork::PixelNetwork(const ::onnx::ModelProto& model, std::string_view bytes,
                           const std::string& output, std::span<const PrecisionChoice> wanted,
                           const std::string& where)
    : engine_(open_network(model, bytes, output, wanted, where, why_)) {}

std::string PixelNetwork::engine() const {
  return engine_->name() + (why_.empty() ? "" : " (not compiled: " + why_ + ")");
}

namespace {

const model::Card& card_of_photos(const model::ModelFile& file) {
  if (!file.of_photos()) {
    throw Error(ErrorKind::bad_model, "the model is not an image classifier", file.path,
                "use a file that 'vitrine train PHOTOS' saved");
  }
  return *file.card;
}

}  // namespace

ImagePredictor::ImagePredictor(const model::ModelFile& file)
    : ImagePredictor(file, precision_choices(card_of_photos(file))) {}

ImagePredictor::ImagePredictor(const model::ModelFile& file, const PrecisionChoice& choice)
    : ImagePredictor(file, std::span(&choice, 1)) {}

ImagePredictor::ImagePredictor(const model::ModelFile& file,
                               std::span<const PrecisionChoice> wanted)
    : card_(card_of_photos(file)),
      network_(*file.outline, file.bytes, kClassProbabilities, wanted, file.path) {
  if (network_.width() != card_.image.width || network_.height() != card_.image.height) {
    throw Error(ErrorKind::bad_model, "the graph does not match its card: the image size differs",
                file.path, "train the model again");
  }
}

Predictions ImagePredictor::predict(std::span<const data::Image> photos) const {
  Predictions out;
  out.classes = card_.schema.target.classes.size();
  out.probabilities.resize(photos.size() * out.classes);
  out.predicted.resize(photos.size());
  parallel_for(photos.size(), [&](std::size_t i) {
    const data::Image small = data::resized(photos[i], card_.image);
    const Predictions one = predict_pixels(small.pixels, 1);
    std::ranges::copy(one.probabilities,
                      out.probabilities.begin() + static_cast<std::ptrdiff_t>(i * out.classes));
    out.predicted[i] = one.predicted[0];
  });
  return out;
}

Predictions ImagePredictor::predict_pixels(std::span<const std::uint8_t> pixels, std::size_t count,
                                           std::size_t threads) const {
  Predictions out;
  out.classes = card_.schema.target.classes.size();
  if (card_.one_by_one && count > 1) {
    const std::size_t size = pixels.size() / count;
    for (std::size_t i = 0; i < count; ++i) {
      const Predictions one = predict_pixels(pixels.subspan(i * size, size), 1, threads);
      out.probabilities.insert(out.probabilities.end(), one.probabilities.begin(),
                               one.probabilities.end());
      out.predicted.push_back(one.predicted[0]);
    }
    return out;
  }
  out.probabilities = network_.run(pixels, count, threads);
  if (out.probabilities.size() != count * out.classes || !are_probabilities(out.probabilities)) {
    throw Error(ErrorKind::bad_model, "the graph's output is not a probability for each class",
                "output 'probabilities'", "train the model again");
  }
  for (std::size_t i = 0; i < count; ++i) {
    out.predicted.push_back(predicted_class(card_, &out.probabilities[i * out.classes]));
  }
  return out;
}

bool ImagePredictor::runs_together(std::span<const std::uint8_t> pixels, std::size_t count) const {
  const std::size_t size = pixels.size() / count;
  std::vector<float> alone;
  for (std::size_t i = 0; i < count; ++i) {
    const auto one = network_.run(pixels.subspan(i * size, size), 1, core_count());
    alone.insert(alone.end(), one.begin(), one.end());
  }
  const std::size_t classes = alone.size() / count;
  for (const std::size_t together : {std::size_t{2}, kMostPhotosAtOnce}) {
    std::vector<std::uint8_t> batch;
    for (std::size_t i = 0; i < together; ++i) {
      const auto one = pixels.subspan(i % count * size, size);
      batch.insert(batch.end(), one.begin(), one.end());
    }
    std::vector<float> p;
    try {
      p = network_.run(batch, together, core_count());
    } catch (const Error&) {
      return false;
    }
    if (p.size() != together * classes || !network_.takes_batches()) return false;
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (!(std::abs(p[i] - alone[i % (count * classes)]) <= 1e-4F)) return false;
    }
  }
  return true;
}

std::string ImagePredictor::engine() const { return network_.engine(); }

model::ActivationRanges ImagePredictor::measure_ranges(const model::ModelFile& file,
                                                       std::span<const std::uint8_t> pixels,
                                                       std::size_t count) {
  return engine::measure_ranges({.model = *file.outline,
                                 .output = kClassProbabilities,
                                 .threads = core_count(),
                                 .bytes = file.bytes},
                                pixels, count);
}

}  // namespace vitrine::engine
