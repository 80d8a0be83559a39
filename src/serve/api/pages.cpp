// The web page, and information about the server: probes, metrics, OpenAPI.
#include "serve/api/handlers.h"
#include "serve/api/web_page.h"

namespace vitrine::serve {

Answer ping(Services&, const ContextPointer&, CompletionCallback&) {
  return HttpResponse{200, "text/plain; charset=utf-8", "PONG"};
}

Answer live(Services&, const ContextPointer&, CompletionCallback&) {
  return HttpResponse{.body = "{\"status\":\"alive\"}\n"};
}

Answer front_page(Services& services, const ContextPointer& context, CompletionCallback& done) {
  if (wants_page(context->request)) return page_file(context->request, "index.html");
  return live(services, context, done);  // KServe's v1 clients use "/" as liveness
}

Answer docs_page(Services&, const ContextPointer& context, CompletionCallback&) {
  return page_file(context->request, "docs.html");
}

Answer file_of_page(Services&, const ContextPointer& context, CompletionCallback&) {
  return page_file(context->request, *context->part("file"));
}

Answer ready(Services& services, const ContextPointer&, CompletionCallback&) {
  const auto catalogue = services.store.catalogue();
  const bool fine = services.ready();
  Json json{{"status", services.draining ? "stopping"
                       : fine            ? "ready"
                                         : "not ready"},
            {"models", Json::object()}};
  for (const CatalogueEntry& entry : catalogue->entries) {
    Json& one = json["models"][entry.name];
    one["status"] = entry.versions.empty() ? "not ready" : "ready";
    one["versions"] = entry.version_names();
    if (!entry.fault.empty()) one["fault"] = entry.fault;
  }
  HttpResponse response = json_answer(json);
  if (!fine) response.status = 503;
  return response;
}

Answer metrics_page(Services& services, const ContextPointer& context, CompletionCallback&) {
  for (const CatalogueEntry& entry : context->catalogue->entries) {
    for (const auto& [number, model] : entry.versions) {
      if (!model->drift) continue;
      for (const auto& [column, index] : model->drift->indices())
        model->metrics->drift(column, index);
      for (const auto& [label, share] : model->drift->class_shares()) {
        model->metrics->class_share(label, share);
      }
    }
  }
  return HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", services.metrics.text()};
}

Answer openapi(Services& services, const ContextPointer& context, CompletionCallback&) {
  const bool feedback = services.options.predictions != nullptr;
  return HttpResponse{.body = services.openapi.document(*context->catalogue, feedback)};
}

}  // namespace vitrine::serve
