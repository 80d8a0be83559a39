#include "serve/api/protocol_adapter.h"

#include <mutex>

#include "base/text.h"
#include "serve/api/parse_permit.h"

namespace vitrine::serve {

data::Table& reusable_table() {
  thread_local data::Table table;
  return table;
}

namespace {

/// Decodes a photo. A photo of 100 megapixels takes up to 400 MB until it is resized, so photos
/// above 16 megapixels are decoded one at a time; the caller holds `turn` until the photo is
/// resized.
data::DecodedImage decode_in_turn(std::string_view bytes, const std::string& where,
                                  std::unique_lock<std::mutex>& turn) {
  static std::mutex huge;
  try {
    return data::decode_image(bytes, where, {.max_pixels = 16'000'000});
  } catch (const Error& error) {
    if (error.kind != ErrorKind::bad_input) throw;
  }
  turn = std::unique_lock(huge);
  return data::decode_image(bytes, where);
}

}  // namespace

InferenceRequest read_with_permit(ProtocolAdapter& adapter, const ServedModel& model,
                                  const HttpRequest& request) {
  const ParsePermit turn(request.body.size());
  return adapter.read(model, request);
}

void ProtocolAdapter::decide(engine::Predictions& predictions) const {
  const auto wanted = threshold();
  if (!wanted) return;
  for (std::size_t row = 0; row < predictions.predicted.size(); ++row) {
    const float positive = predictions.probabilities[2 * row + 1];
    predictions.predicted[row] = engine::reaches(positive, *wanted) ? 1 : 0;
  }
}

PhotoCollector::PhotoCollector(const ServedModel& model, InferenceRequest& inference)
    : model_(model), inference_(inference) {}

std::uint8_t* PhotoCollector::place() {
  if (inference_.warnings.size() >= kMaxPhotosPerRequest) {
    throw Error(ErrorKind::bad_input,
                "more than " + std::to_string(kMaxPhotosPerRequest) + " photos in one request",
                "the request", "send them in several requests");
  }
  const data::Resize& resize = model_.photos->resize();
  const std::size_t size = static_cast<std::size_t>(resize.width * resize.height) * 3;
  inference_.warnings.emplace_back();
  inference_.pixels.resize(inference_.pixels.size() + size);
  return &inference_.pixels[inference_.pixels.size() - size];
}

void PhotoCollector::add_encoded(std::string_view bytes) {
  const std::size_t before = inference_.warnings.size();
  std::unique_lock<std::mutex> turn;
  const data::DecodedImage decoded = decode_in_turn(
      bytes, before == 0 ? "the request" : "photo " + std::to_string(before + 1), turn);
  data::resize_into(decoded.image, model_.photos->resize(), place());
  if (decoded.truncated) inference_.warnings.back().emplace_back(data::kTruncatedWarning);
}

void PhotoCollector::add_pixels(data::Image image) {
  data::resize_into(image, model_.photos->resize(), place());
}

}  // namespace vitrine::serve
