// Models of photos: pixels in, probabilities or features out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"
#include "infer/predictor.h"

namespace vitrine {

/// A graph `image` uint8 [N, height, width, 3] -> one float output [N, K], on ONNX
/// Runtime. Thread-safe: many threads may run it at once.
class PixelNetwork {
 public:
  /// `output` names what is asked for. Throws Error(bad_model).
  PixelNetwork(std::string_view bytes, const std::string& output, const std::string& where);
  ~PixelNetwork();

  int width() const;
  int height() const;
  /// K numbers a picture. `pixels` holds `count` pictures, NHWC. Throws
  /// Error(bad_model) where the graph fails or answers another shape.
  std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// Thread-safe.
class ImagePredictor {
 public:
  /// Throws Error(bad_model) for a file that is no model of photos, or whose graph
  /// does not fit its card.
  explicit ImagePredictor(const ModelFile& file);

  /// For each photo its classes' probabilities, photos shared among all cores.
  Predictions predict(std::span<const Image> photos) const;

  /// The same for `count` photos that are already of the network's size: `pixels` as
  /// resize_into() writes them, one after another. Runs them as one batch on this thread.
  Predictions predict_pixels(std::span<const std::uint8_t> pixels, std::size_t count) const;

  /// What is done to a decoded photo.
  const Resize& resize() const { return card_.image; }
  std::string engine() const;

 private:
  Card card_;
  PixelNetwork network_;
};

}  // namespace vitrine
