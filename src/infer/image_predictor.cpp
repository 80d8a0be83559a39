#include "infer/image_predictor.h"

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "data/resize.h"
#include "infer/onnx_runtime.h"

namespace vitrine {

namespace {

constexpr const char* kOutput = "probabilities";

std::unique_ptr<NetworkEngine> open_network(const onnx::ModelProto& model, std::string_view bytes,
                                            const std::string& output,
                                            std::span<const Precision> wanted,
                                            const ActivationRanges* ranges,
                                            const std::string& where, std::string& why) {
  for (const Precision one : wanted) {
    if (one == Precision::f32 || !processor_has(one)) continue;
    auto coarse = open_compiled_network({model, output, one, core_count(), ranges, bytes}, why);
    why.clear();
    if (coarse) return coarse;
  }
  auto compiled = open_compiled_network(
      {.model = model, .output = output, .threads = core_count(), .bytes = bytes}, why);
  if (compiled) return compiled;
  try {
    return open_runtime_network(bytes.empty() ? model.SerializeAsString() : std::string(bytes),
                                output, where);
  } catch (const Error& error) {
    // A package may hold one engine alone: what that one lacks is the point.
    throw Error(error.kind, error.message + "; the faster engine can't run it: " + why, error.where,
                error.hint);
  }
}

}  // namespace

PixelNetwork::PixelNetwork(const onnx::ModelProto& model, std::string_view bytes,
                           const std::string& output, std::span<const Precision> wanted,
                           const ActivationRanges* ranges, const std::string& where)
    : engine_(open_network(model, bytes, output, wanted, ranges, where, why_)) {}

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

/// What the card chose; where a processor does not have that, what else it took.
std::vector<Precision> choices_of(const Card& card) {
  std::vector<Precision> out{precision_named(card.precision)};
  const auto bf16 = card.precisions.find("bf16");
  if (out[0] == Precision::int8 && bf16 != card.precisions.end() && bf16->value("taken", false)) {
    out.push_back(Precision::bf16);
  }
  return out;
}

}  // namespace

ImagePredictor::ImagePredictor(const ModelFile& file)
    : ImagePredictor(file, choices_of(card_of_photos(file)),
                     card_of_photos(file).ranges ? &*card_of_photos(file).ranges : nullptr) {}

ImagePredictor::ImagePredictor(const ModelFile& file, Precision precision,
                               const ActivationRanges* ranges)
    : ImagePredictor(file, std::span(&precision, 1), ranges) {}

ImagePredictor::ImagePredictor(const ModelFile& file, std::span<const Precision> wanted,
                               const ActivationRanges* ranges)
    : card_(card_of_photos(file)),
      network_(*file.outline, file.bytes, kOutput, wanted, ranges, file.path) {
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

ActivationRanges ImagePredictor::measure_ranges(const ModelFile& file,
                                                std::span<const std::uint8_t> pixels,
                                                std::size_t count) {
  return vitrine::measure_ranges(
      {.model = *file.outline, .output = kOutput, .threads = core_count(), .bytes = file.bytes},
      pixels, count);
}

}  // namespace vitrine
