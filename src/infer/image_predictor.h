// Models of photos: pixels in, probabilities or features out.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"
#include "infer/network_engine.h"
#include "infer/predictor.h"

namespace vitrine {

/// A graph `image` uint8 [N, height, width, 3] -> one float output [N, K], on the fastest engine
/// that takes it. Thread-safe: many threads may run it at once.
class PixelNetwork {
 public:
  /// `output` names what is asked for. `bytes` is the model as it was read; empty: it is made where
  /// a runtime needs it. `wanted`: the first of them that this processor and oneDNN have is taken,
  /// f32 without one. Throws Error(bad_model).
  PixelNetwork(const onnx::ModelProto& model, std::string_view bytes, const std::string& output,
               std::span<const PrecisionChoice> wanted, const std::string& where);

  int width() const { return engine_->width(); }
  int height() const { return engine_->height(); }
  /// K numbers a picture; see NetworkEngine::run.
  std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count,
                         std::size_t threads = 1) const {
    return engine_->run(pixels, count, threads);
  }
  /// Its name, and why it is no faster one.
  std::string engine() const;
  bool compiled() const { return why_.empty(); }
  Precision precision() const { return engine_->precision(); }
  bool takes_batches() const { return engine_->takes_batches(); }

 private:
  std::string why_;
  std::unique_ptr<NetworkEngine> engine_;
};

/// Photos that a server runs in one batch at most.
inline constexpr std::size_t kMostPhotosAtOnce = 32;

/// Thread-safe.
class ImagePredictor {
 public:
  /// Throws Error(bad_model) for a file that is no model of photos, or whose graph
  /// does not fit its card.
  /// Computes with the numbers that the card chose, where this processor is made for them.
  explicit ImagePredictor(const ModelFile& file);
  /// With these numbers, whatever the card says; int8 needs ranges.
  ImagePredictor(const ModelFile& file, const PrecisionChoice& choice);

  /// For each photo its classes' probabilities, photos shared among all cores.
  Predictions predict(std::span<const Image> photos) const;

  /// The same for `count` photos that are already of the network's size: `pixels` as
  /// resize_into() writes them, one after another. Runs them as one batch on so many threads, where
  /// the card does not say that photos go one by one.
  Predictions predict_pixels(std::span<const std::uint8_t> pixels, std::size_t count,
                             std::size_t threads = 1) const;

  /// What is done to a decoded photo.
  const Resize& resize() const { return card_.image; }
  std::string engine() const;
  /// What its values are on `count` photos of the network's size. Throws Error where it is not
  /// compiled.
  static ActivationRanges measure_ranges(const ModelFile& file,
                                         std::span<const std::uint8_t> pixels, std::size_t count);
  /// Whether photos that run together, 2 and kMostPhotosAtOnce of them, get the answers that each
  /// gets alone (to 1e-4). `pixels`: of `count` photos, at least one.
  bool runs_together(std::span<const std::uint8_t> pixels, std::size_t count) const;

  /// Not on a runtime that runs anything.
  bool compiled() const { return network_.compiled(); }
  Precision precision() const { return network_.precision(); }

 private:
  ImagePredictor(const ModelFile& file, std::span<const PrecisionChoice> wanted);

  Card card_;
  PixelNetwork network_;
};

}  // namespace vitrine
