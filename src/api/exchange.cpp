#include "api/exchange.h"

#include <mutex>

#include "api/memory_turn.h"
#include "base/text.h"

namespace vitrine {

Table& spare_table() {
  thread_local Table table;
  return table;
}

namespace {

/// A photo of 100 megapixels takes up to 400 MB until it is resized: one at a time holds `turn`.
DecodedImage decode_in_turn(std::string_view bytes, const std::string& where,
                            std::unique_lock<std::mutex>& turn) {
  static std::mutex huge;
  try {
    return decode_image(bytes, where, {.max_pixels = 16'000'000});
  } catch (const Error& error) {
    if (error.kind != ErrorKind::bad_input) throw;
  }
  turn = std::unique_lock(huge);
  return decode_image(bytes, where);
}

}  // namespace

Question read_in_turn(Exchange& exchange, const ServedModel& model, const HttpRequest& request) {
  const MemoryTurn turn(request.body.size());
  return exchange.read(model, request);
}

PhotoCollector::PhotoCollector(const ServedModel& model, Question& question)
    : model_(model), question_(question) {}

std::uint8_t* PhotoCollector::place() {
  if (question_.warnings.size() >= kMaxPhotosPerRequest) {
    throw Error(ErrorKind::bad_input,
                "more than " + std::to_string(kMaxPhotosPerRequest) + " photos in one request",
                "the request", "send them in several requests");
  }
  const Resize& resize = model_.photos->resize();
  const std::size_t size = static_cast<std::size_t>(resize.width * resize.height) * 3;
  question_.warnings.emplace_back();
  question_.pixels.resize(question_.pixels.size() + size);
  return &question_.pixels[question_.pixels.size() - size];
}

void PhotoCollector::add_encoded(std::string_view bytes) {
  const std::size_t before = question_.warnings.size();
  std::unique_lock<std::mutex> turn;
  const DecodedImage decoded = decode_in_turn(
      bytes, before == 0 ? "the request" : "photo " + std::to_string(before + 1), turn);
  resize_into(decoded.image, model_.photos->resize(), place());
  if (decoded.truncated) question_.warnings.back().emplace_back(kTruncatedWarning);
}

void PhotoCollector::add_pixels(Image image) {
  resize_into(image, model_.photos->resize(), place());
}

}  // namespace vitrine
