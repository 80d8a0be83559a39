// Which path goes where: Vitrine's own, and those of the two other protocols.
#include "api/api.h"
#include "api/native.h"
#include "api/open_inference.h"
#include "api/route.h"
#include "api/tensorflow_serving.h"
#include "api/web_page.h"

namespace vitrine {

Api::Answer Api::dispatch_native(const CallPointer& call, Later& later) {
  const Catalogue& catalogue = *call->catalogue;
  if (is(*call, {"ping"})) {
    return got(*call, [] { return HttpResponse{200, "text/plain; charset=utf-8", "PONG"}; });
  }
  if (is(*call, {""}) && wants_page(call->request)) {
    return got(*call, [&] { return page_file(call->request, "index.html"); });
  }
  if (is(*call, {"ui", "*"}))
    return got(*call, [&] { return page_file(call->request, call->path[1]); });
  if (is(*call, {"livez"}) || is(*call, {""})) {  // KServe's v1 clients ask "/"
    return got(*call, [] { return HttpResponse{.body = "{\"status\":\"alive\"}\n"}; });
  }
  if (is(*call, {"readyz"})) return got(*call, [&] { return ready(); });
  if (is(*call, {"metrics"})) return got(*call, [&] { return metrics_page(catalogue); });
  if (is(*call, {"openapi.json"})) return got(*call, [&] { return openapi(call->catalogue); });
  if (is(*call, {"models"})) return got(*call, [&] { return list_models(catalogue); });
  const bool asked = call->path.back() == "predict";
  if (is(*call, {"predict"})) {
    if (only(*call, "POST")) return options_answer("POST");
    if (catalogue.entries.empty()) {
      throw HttpError(404, "there is no model yet", "the server", "load one");
    }
    choose(*call, catalogue.entries[0].name);
  } else if (is(*call, {"models", "*"}) || is(*call, {"models", "*", "predict"})) {
    choose(*call, call->path[1]);
  } else if (is(*call, {"models", "*", "versions", "*"}) ||
             is(*call, {"models", "*", "versions", "*", "predict"})) {
    choose(*call, call->path[1], call->path[3]);
  } else if (is(*call, {"models", "*", "labels", "*", "predict"})) {
    choose(*call, call->path[1], call->path[3], /*label=*/true);
  } else {
    throw no_such_path(*call);
  }
  if (!asked || is(*call, {"models", "predict"})) {
    return got(*call, [&] {
      return json_answer({{"name", call->model->name},
                          {"version", std::to_string(call->model->version)},
                          {"sha256", call->model->digest},
                          {"engine", call->model->engine()},
                          {"explains", call->model->explains()},
                          {"card", call->model->card_json}});
    });
  }
  if (only(*call, "POST")) return options_answer("POST");
  return ask(call, native_exchange(*call, options_.urls), later);
}

Api::Answer Api::dispatch_v2(const CallPointer& call, Later& later) {
  if (is(*call, {"v2"})) return got(*call, [] { return json_answer(open_inference_server()); });
  if (is(*call, {"v2", "health", "live"})) {
    return got(*call, [] { return json_answer({{"live", true}}); });
  }
  if (is(*call, {"v2", "health", "ready"})) {
    return got(*call, [&] {
      const bool fine = store_.ready() && !draining_;
      HttpResponse response = json_answer({{"ready", fine}});
      if (!fine) response.status = 503;
      return response;
    });
  }
  if (is(*call, {"v2", "models"})) {
    return got(*call, [&] { return json_answer({{"models", call->catalogue->names()}}); });
  }
  if (call->path.size() >= 2 && call->path[1] == "repository")
    return dispatch_repository(call, later);
  if (call->path.size() < 3 || call->path[1] != "models") throw no_such_path(*call);
  const bool versioned = call->path.size() >= 5 && call->path[3] == "versions";
  choose(*call, call->path[2], versioned ? std::optional(call->path[4]) : std::nullopt);
  const std::size_t rest = versioned ? 5 : 3;
  const std::string verb = call->path.size() == rest ? "" : call->path[rest];
  if (call->path.size() > rest + 1) throw no_such_path(*call);
  const ServedModel& model = *call->model;
  if (verb.empty()) {
    return got(*call, [&] { return json_answer(open_inference_model(*call->entry, model)); });
  }
  if (verb == "ready") {
    return got(*call, [&] { return json_answer({{"name", model.name}, {"ready", true}}); });
  }
  if (verb == "config")
    return got(*call, [&] { return json_answer(open_inference_config(model)); });
  if (verb != "infer") throw no_such_path(*call);
  if (only(*call, "POST")) return options_answer("POST");
  return ask(call, open_inference_exchange(), later);
}

Api::Answer Api::dispatch_v1(const CallPointer& call, Later& later) {
  if (call->path.size() < 2 || call->path[1] != "models") throw no_such_path(*call);
  if (call->path.size() == 2) {
    return got(*call, [&] { return json_answer({{"models", call->catalogue->names()}}); });
  }
  // The verb stands behind a colon: NAME:predict, NAME/versions/3:predict.
  std::string& last = call->path.back();
  const std::size_t colon = last.rfind(':');
  const std::string verb = colon == std::string::npos ? "" : last.substr(colon + 1);
  if (colon != std::string::npos) last.resize(colon);
  const bool metadata = verb.empty() && call->path.size() > 3 && last == "metadata";
  if (metadata) call->path.pop_back();
  const bool pinned =
      call->path.size() == 5 && (call->path[3] == "versions" || call->path[3] == "labels");
  if (call->path.size() != 3 && !pinned) throw no_such_path(*call);
  choose(*call, call->path[2], pinned ? std::optional(call->path[4]) : std::nullopt,
         pinned && call->path[3] == "labels");
  if (verb == "predict") {
    if (only(*call, "POST")) return options_answer("POST");
    return ask(call, tensorflow_exchange(), later);
  }
  if (!verb.empty()) {
    throw HttpError(404, "':" + shown(verb) + "' is not spoken here",
                    shown(path_of(call->request.target)), "use :predict");
  }
  return got(*call, [&] {
    return json_answer(metadata
                           ? tensorflow_metadata(*call->model)
                           : tensorflow_status(*call->entry, pinned ? call->model.get() : nullptr));
  });
}

}  // namespace vitrine
