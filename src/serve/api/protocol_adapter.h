// The interface of a protocol: reads an inference request and writes the response. One object per
// request.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serve/api/request_context.h"
#include "serve/models/served_model.h"

namespace vitrine::serve {

/// The input of a model, independent of the protocol.
struct InferenceRequest {
  data::Table table;                               ///< for models for tables
  std::vector<std::uint8_t> pixels;                ///< for photos: RGB, at the network's input size
  std::vector<engine::Tensor> tensors;             ///< for files without a card
  std::vector<std::vector<std::string>> warnings;  ///< empty, or a list per row or photo
};

/// A table of this thread whose memory can be reused. Move a table here when it is no longer used.
data::Table& reusable_table();

/// Not thread-safe, but the calls may come from different threads one after another. Call read()
/// before write().
class ProtocolAdapter {
 public:
  virtual ~ProtocolAdapter() = default;

  /// Parses the request. It may take long; then it is called on a worker. Throws Error.
  virtual InferenceRequest read(const ServedModel& model, const HttpRequest& request) = 0;

  /// The response of a model with a card.
  virtual HttpResponse write(const ServedModel& model, const InferenceRequest& inference,
                             const engine::Predictions& predictions) = 0;

  /// The response of a file without a card. Throws HttpError if the protocol does not support that.
  virtual HttpResponse write_tensors(const ServedModel& model,
                                     std::vector<engine::Tensor> outputs) = 0;

  /// The decision threshold of this request instead of the card's, if it has one.
  virtual std::optional<double> threshold() const { return std::nullopt; }
  /// Predicts the classes again, if the request has a threshold.
  void decide(engine::Predictions& predictions) const;

  /// How many photos at the end of the request are occluded copies for an explanation.
  virtual std::size_t occluded_photos() const { return 0; }

  /// Whether the request is logged and counted for drift: not if it only tries something out.
  virtual bool recorded() const { return true; }

  /// Whether the work is long although the body is short (explanations).
  virtual bool takes_long() const { return false; }

  /// An error in the format of the protocol.
  virtual HttpResponse write_error(const Error& error) const = 0;

  /// A new adapter for the same request, for a shadow version.
  virtual std::unique_ptr<ProtocolAdapter> clone() const = 0;

  /// The time-out in the request, if the protocol has one. Called before read(), on an event loop.
  virtual std::optional<Duration> timeout(const HttpRequest&) const { return std::nullopt; }
};

inline constexpr std::size_t kMaxRowsPerRequest = 100'000;
inline constexpr std::size_t kMaxPhotosPerRequest = 64;

/// Adds photos to a request, decoded and resized to the model's input size. Its methods throw
/// Error.
class PhotoCollector {
 public:
  PhotoCollector(const ServedModel& model, InferenceRequest& inference);
  void add_encoded(std::string_view bytes);
  /// A photo of any size as RGB.
  void add_pixels(data::Image image);

 private:
  std::uint8_t* place();
  const ServedModel& model_;
  InferenceRequest& inference_;
};

/// adapter.read(), with a limit on how many large bodies are read at the same time
/// (serve/api/parse_permit.h): it may wait for others.
InferenceRequest read_with_permit(ProtocolAdapter& adapter, const ServedModel& model,
                                  const HttpRequest& request);

}  // namespace vitrine::serve
