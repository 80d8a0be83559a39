// Vitrine's own calls: the list of models, their cards, predictions.
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

}  // namespace

Answer list_models(Services&, const ContextPointer& context, CompletionCallback&) {
  const Catalogue& catalogue = *context->catalogue;
  Json json{{"default", catalogue.entries.empty() ? Json() : Json(catalogue.entries[0].name)},
            {"models", Json::array()}};
  for (const CatalogueEntry& entry : catalogue.entries) json["models"].push_back(list_entry(entry));
  return json_answer(json);
}

Answer describe_model(Services&, const ContextPointer& context, CompletionCallback&) {
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
                      {"card", model.card_json},
                      {"metrics", std::move(metrics)}});
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
