// Vitrine's own calls: the list of models, their cards, predictions.
#include "base/text.h"
#include "data/table/table.h"
#include "serve/api/handlers.h"
#include "serve/api/inference.h"
#include "serve/api/native.h"
#include "task/metric.h"

namespace vitrine::serve {
namespace {

Json list_entry(const CatalogueEntry& entry) {
  Json one{{"name", entry.name}};
  if (const auto model = entry.current()) {
    one["task"] = model->task();
    if (model->card) {
      one["algorithm"] = model->card->algorithm;
      one["target"] = model->card->schema.target.key;
      one["classes"] = model->card->schema.target.class_names();
    }
    one["engine"] = model->engine();
    one["version"] = std::to_string(model->version);
    one["sha256"] = model->digest;
  }
  one["versions"] = entry.version_names();
  if (!entry.routing.labels.empty()) one["labels"] = entry.routing.labels;
  if (entry.routing.canary != 0) {
    one["canary"] = {{"version", entry.routing.canary}, {"percent", entry.routing.canary_percent}};
  }
  if (entry.routing.shadow != 0) one["shadow"] = entry.routing.shadow;
  if (!entry.fault.empty()) one["fault"] = entry.fault;
  one["card"] = "/models/" + entry.name;
  one["predict"] = "/models/" + entry.name + "/predict";
  return one;
}

/// What is true of a row of an earlier request.
struct Feedback {
  std::string request_id;
  std::size_t row = 0;
  Json truth;  ///< a class's value, or a number
};

Error bad_feedback(const std::string& what, const std::string& where) {
  return {ErrorKind::bad_input, what, where,
          "send {\"request_id\": the header X-Request-Id of the prediction, \"row\": 0, \"truth\": "
          "the true class or number}"};
}

/// Reads `{"request_id": "r1", "row": 0, "truth": "yes"}`. Throws Error.
Feedback feedback_of(const data::Target& target, std::string_view body) {
  constexpr std::size_t kLongestId = 200;
  const Json json = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw bad_feedback("the body is not a JSON object", "the body");
  Feedback out;
  const Json id = json.value("request_id", Json());
  if (!id.is_string() || id.get_ref<const std::string&>().empty() ||
      id.get_ref<const std::string&>().size() > kLongestId) {
    throw bad_feedback("request_id is not the id of a request", "request_id");
  }
  out.request_id = id;
  const Json row = json.value("row", Json(0U));
  if (!row.is_number_unsigned() || row.get<std::uint64_t>() >= kMaxRowsPerRequest) {
    throw bad_feedback("row is not the number of a row", "row");
  }
  out.row = row;
  const Json truth = json.value("truth", Json());
  if (target.number) {
    if (!truth.is_number()) throw bad_feedback("truth is not a number", "truth");
    out.truth = truth;
    return out;
  }
  const int label = truth.is_string() ? data::class_of(target, truth.get<std::string>()) : -1;
  if (label < 0) {
    throw Error(ErrorKind::bad_input, "truth is not a class of the model", "truth",
                "the classes are " + listed(target.class_names(), 20));
  }
  out.truth = target.classes[static_cast<std::size_t>(label)].value;
  return out;
}

}  // namespace

Answer list_models(Services&, const ContextPointer& context, CompletionCallback&) {
  const Catalogue& catalogue = *context->catalogue;
  Json json{{"default", catalogue.entries.empty() ? Json() : Json(catalogue.entries[0].name)},
            {"models", Json::array()}};
  for (const CatalogueEntry& entry : catalogue.entries) json["models"].push_back(list_entry(entry));
  return json_answer(json);
}

Answer describe_model(Services& services, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  const ServedModel& model = *context->model;
  Json metrics = Json::array();
  for (const task::MetricInfo& one : task::known_metrics()) {
    metrics.push_back({{"key", one.key}, {"name", one.name}, {"in_units", one.in_units}});
  }
  return json_answer({{"name", model.name},
                      {"version", std::to_string(model.version)},
                      {"sha256", model.digest},
                      {"engine", model.engine()},
                      {"explains", model.explains()},
                      {"takes_feedback", services.options.predictions != nullptr},
                      {"card", model.card_json},
                      {"metrics", std::move(metrics)}});
}

Answer take_feedback(Services& services, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  const ServedModel& model = *context->model;
  if (context->head_only) return HttpResponse();
  if (!model.card || !services.options.predictions) {
    throw HttpError(404, "this server keeps no log of predictions", "the server",
                    "start it with 'vitrine serve --log-predictions FILE'");
  }
  // A page of another site can't send JSON without asking first.
  if (media_type(context->request.header("Content-Type")) != "application/json") {
    throw HttpError(415, "feedback is sent as JSON", "Content-Type",
                    "send the header 'Content-Type: application/json'");
  }
  const Feedback feedback = feedback_of(model.card->schema.target, context->request.body);
  services.options.predictions->write_truth(feedback.request_id, feedback.row, model.name,
                                            feedback.truth);
  return json_answer({{"recorded", true}});
}

Answer predict_first_model(Services& services, const ContextPointer& context,
                           CompletionCallback& done) {
  if (context->catalogue->entries.empty()) {
    throw HttpError(404, "there is no model yet", "the server",
                    "load a model, or put a model file into the server's folder");
  }
  choose_model(*context, context->catalogue->entries[0].name);
  return infer(services, context, native_adapter(*context, services.options.urls), done);
}

Answer predict(Services& services, const ContextPointer& context, CompletionCallback& done) {
  choose_model_of_path(*context);
  return infer(services, context, native_adapter(*context, services.options.urls), done);
}

}  // namespace vitrine::serve
