#include "api/shadow.h"

#include <algorithm>
#include <cmath>

namespace vitrine {
namespace {

/// A request with bytes of its own: the client's are gone by then.
struct KeptRequest {
  std::string body;
  std::string content_type;
  std::string header_length;
  HttpRequest request() const {
    HttpRequest copy;
    copy.body = body;
    copy.headers = {{"Content-Type", content_type},
                    {"Inference-Header-Content-Length", header_length}};
    if (header_length.empty()) copy.headers.pop_back();
    return copy;
  }
};

void compare(const ServedModel& shadow, const Predictions& given, const Predictions& other) {
  if (given.classes != other.classes || given.answers.size() != other.answers.size()) {
    shadow.metrics->compared(given.answers.size(), given.answers.size(), 1);
    return;
  }
  std::size_t labels = 0;
  for (std::size_t row = 0; row < given.answers.size(); ++row) {
    if (given.answers[row] != other.answers[row]) ++labels;
  }
  double largest = 0;
  for (std::size_t i = 0; i < given.probabilities.size(); ++i) {
    largest = std::max<double>(largest, std::abs(given.probabilities[i] - other.probabilities[i]));
  }
  shadow.metrics->compared(given.answers.size(), labels, largest);
}

}  // namespace

void ask_shadow(Scheduler& scheduler, const Call& call, const Exchange& exchange,
                const Predictions& given) {
  auto shadow = call.entry->shadow();
  if (!shadow || shadow == call.model || !shadow->card) return;
  auto kept = std::make_shared<KeptRequest>(
      KeptRequest{std::string(call.request.body), std::string(call.request.header("Content-Type")),
                  std::string(call.request.header("Inference-Header-Content-Length"))});
  scheduler.submit_idle([shadow, kept, given, again = exchange.again()](const Refusal*) {
    try {
      const Question question = read_in_turn(*again, *shadow, kept->request());
      const Predictions other =
          shadow->photos ? shadow->photos->predict_pixels(question.pixels, given.answers.size())
                         : shadow->predictor->predict(question.table);
      compare(*shadow, given, other);
    } catch (const std::exception&) {
      // It can't answer what the other could: that differs as much as can be.
      shadow->metrics->compared(given.answers.size(), given.answers.size(), 1);
    }
  });
}

}  // namespace vitrine
