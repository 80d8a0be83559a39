#include "serve/api/shadow.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitrine::serve {
namespace {

/// A copy of the request, because the original's memory is freed when it is answered.
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

/// The difference that counts as the largest one.
double most_different(const data::Target& target) {
  return target.number ? std::numeric_limits<double>::infinity() : 1;
}

/// Numbers are put into the tenths of the served model, whose target is `target`.
void compare(const data::Target& target, const ServedModel& shadow,
             const engine::Predictions& given, const engine::Predictions& other) {
  const bool same_task = target.number.has_value() == shadow.card->schema.target.number.has_value();
  if (!same_task || given.classes != other.classes ||
      given.predicted.size() != other.predicted.size()) {
    shadow.metrics->compared(given.predicted.size(), given.predicted.size(),
                             most_different(target));
    return;
  }
  std::size_t labels = 0;
  for (std::size_t row = 0; row < given.predicted.size(); ++row) {
    const int second =
        target.number
            ? target.tenth_of(static_cast<double>(other.probabilities[row * other.classes]))
            : other.predicted[row];
    if (given.predicted[row] != second) ++labels;
  }
  double largest = 0;
  for (std::size_t i = 0; i < given.probabilities.size(); ++i) {
    largest = std::max<double>(largest, std::abs(given.probabilities[i] - other.probabilities[i]));
  }
  shadow.metrics->compared(given.predicted.size(), labels, largest);
}

}  // namespace

void ask_shadow(Scheduler& scheduler, const RequestContext& context, const ProtocolAdapter& adapter,
                const engine::Predictions& given) {
  auto shadow = context.entry->shadow();
  if (!shadow || shadow == context.model || !shadow->card) return;
  auto kept = std::make_shared<KeptRequest>(KeptRequest{
      std::string(context.request.body), std::string(context.request.header("Content-Type")),
      std::string(context.request.header("Inference-Header-Content-Length"))});
  scheduler.submit_idle([shadow, kept, given, again = adapter.clone(),
                         target = context.model->card->schema.target](const Refusal*) {
    try {
      const InferenceRequest inference = read_with_permit(*again, *shadow, kept->request());
      engine::Predictions other =
          shadow->photos ? shadow->photos->predict_pixels(inference.pixels, given.predicted.size())
                         : shadow->predictor->predict(inference.table);
      if (shadow->card->schema.target.task() == data::TaskKind::binary) again->decide(other);
      compare(target, *shadow, given, other);
    } catch (const std::exception&) {
      // The shadow fails where the served version did not: count that as the largest difference.
      shadow->metrics->compared(given.predicted.size(), given.predicted.size(),
                                most_different(target));
    }
  });
}

}  // namespace vitrine::serve
