// What the server answers, apart from how bytes reach it: a request in, a
// response out. docs/http.md is its page.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "infer/answer.h"
#include "infer/image_predictor.h"
#include "infer/predictor.h"
#include "model/model_file.h"
#include "net/fetch.h"

namespace vitrine {

struct HttpRequest {
  std::string_view method;        ///< as sent: GET, POST, ...
  std::string_view target;        ///< path and query
  std::string_view content_type;  ///< empty if none was sent
  std::string_view body;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow = {};    ///< for 405 and OPTIONS
  std::string warning = {};  ///< of a CSV answer: the header Vitrine-Warning
};

/// A model ready to answer. Immutable: threads share it.
struct ServedModel {
  /// Opens the file and lets it answer a typical row. Throws Error.
  ServedModel(std::string name, const std::filesystem::path& path);

  std::string name;
  Card card;
  Json card_json;
  std::unique_ptr<Predictor> predictor;    ///< of a table
  std::unique_ptr<ImagePredictor> photos;  ///< of photos: one of the two is there
  AnswerWriter writer;

  std::string engine() const { return photos ? photos->engine() : predictor->engine(); }

 private:
  ServedModel(std::string name, ModelFile file);
};

inline constexpr std::size_t kMaxRowsPerRequest = 100'000;

/// Thread-safe.
class Api {
 public:
  /// At least one model; the first is the default one.
  /// Photos by URL come from the hosts of `urls` only; from none by default.
  explicit Api(std::vector<std::unique_ptr<ServedModel>> models, FetchPolicy urls = {});

  /// Never throws: every error is a response.
  HttpResponse handle(const HttpRequest& request) const;

  /// From now on /readyz says 503.
  void start_draining() { draining_ = true; }

 private:
  struct Route;
  HttpResponse dispatch(const HttpRequest& request) const;
  HttpResponse predict(const ServedModel& model, const HttpRequest& request) const;
  HttpResponse ready() const;
  HttpResponse list_models() const;
  const ServedModel& find(std::string_view name) const;

  std::vector<std::unique_ptr<ServedModel>> models_;
  FetchPolicy urls_;
  std::string openapi_;
  std::atomic<bool> draining_{false};
};

}  // namespace vitrine
