// How one protocol puts a question to a model and writes its answer. One object a request.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/call.h"
#include "host/served_model.h"

namespace vitrine {

/// A question in the model's own terms.
struct Question {
  Table table;                                     ///< of a model of tables
  std::vector<std::uint8_t> pixels;                ///< of a model of photos, at the network's size
  std::vector<Tensor> tensors;                     ///< of a file without a card
  std::vector<std::vector<std::string>> warnings;  ///< empty, or a list a row or photo
};

/// A table of this thread whose memory can be used again; put there by who is done with one.
Table& spare_table();

class Exchange {
 public:
  virtual ~Exchange() = default;

  /// The question; may take long, then it is called on a worker. Throws Error.
  virtual Question read(const ServedModel& model, const HttpRequest& request) = 0;

  /// The answer of a model with a card.
  virtual HttpResponse write(const ServedModel& model, const Question& question,
                             const Predictions& predictions) = 0;

  /// The answer of a file without one. Protocols that can't: HttpError.
  virtual HttpResponse write(const ServedModel& model, std::vector<Tensor> outputs) = 0;

  /// How many photos at the end of the question are there to explain the answers before them.
  virtual std::size_t explaining() const { return 0; }

  /// Whether more than a moment's work is behind a short question.
  virtual bool takes_long() const { return false; }

  /// An error in the protocol's own form.
  virtual HttpResponse fault(const Error& error) const = 0;

  /// Another one for the same request, to ask a shadow.
  virtual std::unique_ptr<Exchange> again() const = 0;

  /// Time that the request itself allows, where the protocol has a place for it. Looked at
  /// before anything is read.
  virtual std::optional<Duration> timeout(const HttpRequest&) const { return std::nullopt; }
};

inline constexpr std::size_t kMaxRowsPerRequest = 100'000;
inline constexpr std::size_t kMaxPhotosPerRequest = 64;

/// Adds photos to a question: decoded, resized to what the model takes. Throws Error.
class PhotoCollector {
 public:
  PhotoCollector(const ServedModel& model, Question& question);
  void add_encoded(std::string_view bytes);
  /// RGB as it is: one photo of any size.
  void add_pixels(Image image);

 private:
  std::uint8_t* place();
  const ServedModel& model_;
  Question& question_;
};

/// exchange.read(), with large bodies a few at a time (api/memory_turn.h). May wait for others.
Question read_in_turn(Exchange& exchange, const ServedModel& model, const HttpRequest& request);

}  // namespace vitrine
