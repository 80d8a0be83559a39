// Information about the server: readiness, models, metrics, OpenAPI.
#include "serve/api/api.h"
#include "serve/api/openapi.h"
#include "serve/api/route.h"

namespace vitrine::serve {

HttpResponse Api::ready() const {
  const auto catalogue = store_.catalogue();
  const bool fine = store_.ready() && !draining_;
  Json json{{"status", draining_ ? "stopping"
                       : fine    ? "ready"
                                 : "not ready"},
            {"models", Json::object()}};
  for (const CatalogueEntry& entry : catalogue->entries) {
    Json& one = json["models"][entry.name];
    one["status"] = entry.versions.empty() ? "not ready" : "ready";
    one["versions"] = Json::array();
    for (const auto& [number, model] : entry.versions)
      one["versions"].push_back(std::to_string(number));
    if (!entry.fault.empty()) one["fault"] = entry.fault;
  }
  return {fine ? 200U : 503U, "application/json", text_of(json)};
}

HttpResponse Api::list_models(const Catalogue& catalogue) const {
  Json json{{"default", catalogue.entries.empty() ? Json() : Json(catalogue.entries[0].name)},
            {"models", Json::array()}};
  for (const CatalogueEntry& entry : catalogue.entries) {
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
    one["versions"] = Json::array();
    for (const auto& [number, model] : entry.versions)
      one["versions"].push_back(std::to_string(number));
    if (!entry.routing.labels.empty()) one["labels"] = entry.routing.labels;
    if (entry.routing.canary != 0) {
      one["canary"] = {{"version", entry.routing.canary},
                       {"percent", entry.routing.canary_percent}};
    }
    if (entry.routing.shadow != 0) one["shadow"] = entry.routing.shadow;
    if (!entry.fault.empty()) one["fault"] = entry.fault;
    one["card"] = "/models/" + entry.name;
    one["predict"] = "/models/" + entry.name + "/predict";
    json["models"].push_back(std::move(one));
  }
  return json_answer(json);
}

HttpResponse Api::metrics_page(const Catalogue& catalogue) const {
  for (const CatalogueEntry& entry : catalogue.entries) {
    for (const auto& [number, model] : entry.versions) {
      if (!model->drift) continue;
      for (const auto& [column, index] : model->drift->indices())
        model->metrics->drift(column, index);
      for (const auto& [label, share] : model->drift->class_shares()) {
        model->metrics->class_share(label, share);
      }
    }
  }
  return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text()};
}

HttpResponse Api::openapi(const std::shared_ptr<const Catalogue>& catalogue) {
  const std::lock_guard lock(openapi_mutex_);
  if (openapi_generation_ != catalogue->generation) {
    openapi_ = text_of(openapi_document(*catalogue));
    openapi_generation_ = catalogue->generation;
  }
  return {.body = openapi_};
}

}  // namespace vitrine::serve
