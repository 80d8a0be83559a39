// Runs image classifiers: from pixels to probabilities or features.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/image/image.h"
#include "engine/network_engine.h"
#include "engine/predictor.h"

namespace vitrine::engine {

/// A graph `image` uint8 [N, height, width, 3] -> one float output [N, K], on the fastest engine
/// that can run it. Thread-safe: several threads may call run().
class PixelNetwork {
 public:
  /// `output` names the output. `bytes` is the file of `model`, or empty: then `model` is
  /// serialised if ONNX Runtime needs it. Uses the first precision of `wanted` that this processor
  /// and oneDNN support, else f32. Throws Error(bad_model) if no engine can run the graph. `where`
  /// names it in errors.
  PixelNetwork(const ::onnx::ModelProto& model, std::string_view bytes, const std::string& output,
               std::span<const PrecisionChoice> wanted, const std::string& where);

  int width() const { return engine_->width(); }
  int height() const { return engine_->height(); }
  /// K numbers for each image; see NetworkEngine::run.
  std::vector<float> run(std::span<const std::uint8_t> pixels, std::size_t count,
                         std::size_t threads = 1) const {
    return engine_->run(pixels, count, threads);
  }
  /// The name of the engine, and the reason if it is not a compiled one.
  std::string engine() const;
  bool compiled() const { return why_.empty(); }
  Precision precision() const { return engine_->precision(); }
  bool takes_batches() const { return engine_->takes_batches(); }

 private:
  std::string why_;
  std::unique_ptr<NetworkEngine> engine_;
};

/// The largest batch of photos of a server.
inline constexpr std::size_t kMostPhotosAtOnce = 32;

/// Predicts classes of photos with a model file. Thread-safe.
class ImagePredictor {
 public:
  /// Uses the precision chosen in the card if this processor supports it. Throws Error(bad_model)
  /// if the file is not an image classifier or its graph does not match its card.
  explicit ImagePredictor(const model::ModelFile& file);
  /// Uses this precision instead of that of the card; int8 needs ranges.
  ImagePredictor(const model::ModelFile& file, const PrecisionChoice& choice);

  /// The class probabilities of each photo. Photos are distributed over all cores.
  Predictions predict(std::span<const data::Image> photos) const;

  /// The same for `count` photos that already have the network's size: `pixels` as resize_into()
  /// writes them, one after another. Runs them as one batch on `threads` threads, or one by one if
  /// the card requires it. Throws Error(bad_model) if the outputs are not probabilities.
  Predictions predict_pixels(std::span<const std::uint8_t> pixels, std::size_t count,
                             std::size_t threads = 1) const;

  /// How decoded photos are resized.
  const data::Resize& resize() const { return card_.image; }
  std::string engine() const;
  /// Measures the ranges of the network's values on `count` photos of the network's size. Throws
  /// Error(bad_model) if the network can't be compiled.
  static model::ActivationRanges measure_ranges(const model::ModelFile& file,
                                                std::span<const std::uint8_t> pixels,
                                                std::size_t count);
  /// True if photos in batches of 2 and of kMostPhotosAtOnce get the same probabilities as alone
  /// (within 1e-4). `pixels` has `count` photos, at least one.
  bool runs_together(std::span<const std::uint8_t> pixels, std::size_t count) const;

  /// True if oneDNN runs the network, false if ONNX Runtime does.
  bool compiled() const { return network_.compiled(); }
  Precision precision() const { return network_.precision(); }

 private:
  ImagePredictor(const model::ModelFile& file, std::span<const PrecisionChoice> wanted);

  model::Card card_;
  PixelNetwork network_;
};

}  // namespace vitrine::engine
