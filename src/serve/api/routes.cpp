// Dispatch by path: Vitrine's own paths, and those of the Open Inference Protocol (/v2) and of
// TensorFlow Serving (/v1).
#include "serve/api/api.h"
#include "serve/api/native.h"
#include "serve/api/open_inference.h"
#include "serve/api/route.h"
#include "serve/api/tensorflow_serving.h"
#include "serve/api/web_page.h"

namespace vitrine::serve {

Api::Answer Api::dispatch_native(const ContextPointer& context, CompletionCallback& done) {
  const Catalogue& catalogue = *context->catalogue;
  if (path_matches(*context, {"ping"})) {
    return answer_get(*context,
                      [] { return HttpResponse{200, "text/plain; charset=utf-8", "PONG"}; });
  }
  if (path_matches(*context, {""}) && wants_page(context->request)) {
    return answer_get(*context, [&] { return page_file(context->request, "index.html"); });
  }
  if (path_matches(*context, {"ui", "*"}))
    return answer_get(*context, [&] { return page_file(context->request, context->path[1]); });
  if (path_matches(*context, {"livez"}) ||
      path_matches(*context, {""})) {  // KServe's v1 clients use "/" as liveness
    return answer_get(*context, [] { return HttpResponse{.body = "{\"status\":\"alive\"}\n"}; });
  }
  if (path_matches(*context, {"readyz"})) return answer_get(*context, [&] { return ready(); });
  if (path_matches(*context, {"metrics"}))
    return answer_get(*context, [&] { return metrics_page(catalogue); });
  if (path_matches(*context, {"openapi.json"}))
    return answer_get(*context, [&] { return openapi(context->catalogue); });
  if (path_matches(*context, {"models"}))
    return answer_get(*context, [&] { return list_models(catalogue); });
  const bool asked = context->path.back() == "predict";
  if (path_matches(*context, {"predict"})) {
    if (allow_method(*context, "POST")) return options_answer("POST");
    if (catalogue.entries.empty()) {
      throw HttpError(404, "there is no model yet", "the server",
                      "load a model, or put a model file into the server's folder");
    }
    choose(*context, catalogue.entries[0].name);
  } else if (path_matches(*context, {"models", "*"}) ||
             path_matches(*context, {"models", "*", "predict"})) {
    choose(*context, context->path[1]);
  } else if (path_matches(*context, {"models", "*", "versions", "*"}) ||
             path_matches(*context, {"models", "*", "versions", "*", "predict"})) {
    choose(*context, context->path[1], context->path[3]);
  } else if (path_matches(*context, {"models", "*", "labels", "*", "predict"})) {
    choose(*context, context->path[1], context->path[3], /*label=*/true);
  } else {
    throw no_such_path(*context);
  }
  if (!asked || path_matches(*context, {"models", "predict"})) {
    return answer_get(*context, [&] {
      return json_answer({{"name", context->model->name},
                          {"version", std::to_string(context->model->version)},
                          {"sha256", context->model->digest},
                          {"engine", context->model->engine()},
                          {"explains", context->model->explains()},
                          {"card", context->model->card_json}});
    });
  }
  if (allow_method(*context, "POST")) return options_answer("POST");
  return infer(context, native_adapter(*context, options_.urls), done);
}

Api::Answer Api::dispatch_v2(const ContextPointer& context, CompletionCallback& done) {
  if (path_matches(*context, {"v2"}))
    return answer_get(*context, [] { return json_answer(open_inference_server()); });
  if (path_matches(*context, {"v2", "health", "live"})) {
    return answer_get(*context, [] { return json_answer({{"live", true}}); });
  }
  if (path_matches(*context, {"v2", "health", "ready"})) {
    return answer_get(*context, [&] {
      const bool fine = store_.ready() && !draining_;
      HttpResponse response = json_answer({{"ready", fine}});
      if (!fine) response.status = 503;
      return response;
    });
  }
  if (path_matches(*context, {"v2", "models"})) {
    return answer_get(*context,
                      [&] { return json_answer({{"models", context->catalogue->names()}}); });
  }
  if (context->path.size() >= 2 && context->path[1] == "repository")
    return dispatch_repository(context, done);
  if (context->path.size() < 3 || context->path[1] != "models") throw no_such_path(*context);
  const bool versioned = context->path.size() >= 5 && context->path[3] == "versions";
  choose(*context, context->path[2], versioned ? std::optional(context->path[4]) : std::nullopt);
  const std::size_t rest = versioned ? 5 : 3;
  const std::string verb = context->path.size() == rest ? "" : context->path[rest];
  if (context->path.size() > rest + 1) throw no_such_path(*context);
  const ServedModel& model = *context->model;
  if (verb.empty()) {
    return answer_get(*context,
                      [&] { return json_answer(open_inference_model(*context->entry, model)); });
  }
  if (verb == "ready") {
    return answer_get(*context,
                      [&] { return json_answer({{"name", model.name}, {"ready", true}}); });
  }
  if (verb == "config")
    return answer_get(*context, [&] { return json_answer(open_inference_config(model)); });
  if (verb != "infer") throw no_such_path(*context);
  if (allow_method(*context, "POST")) return options_answer("POST");
  return infer(context, open_inference_adapter(), done);
}

Api::Answer Api::dispatch_v1(const ContextPointer& context, CompletionCallback& done) {
  if (context->path.size() < 2 || context->path[1] != "models") throw no_such_path(*context);
  if (context->path.size() == 2) {
    return answer_get(*context,
                      [&] { return json_answer({{"models", context->catalogue->names()}}); });
  }
  // The verb follows a colon: NAME:predict, NAME/versions/3:predict.
  std::string& last = context->path.back();
  const std::size_t colon = last.rfind(':');
  const std::string verb = colon == std::string::npos ? "" : last.substr(colon + 1);
  if (colon != std::string::npos) last.resize(colon);
  const bool metadata = verb.empty() && context->path.size() > 3 && last == "metadata";
  if (metadata) context->path.pop_back();
  const bool pinned =
      context->path.size() == 5 && (context->path[3] == "versions" || context->path[3] == "labels");
  if (context->path.size() != 3 && !pinned) throw no_such_path(*context);
  choose(*context, context->path[2], pinned ? std::optional(context->path[4]) : std::nullopt,
         pinned && context->path[3] == "labels");
  if (verb == "predict") {
    if (allow_method(*context, "POST")) return options_answer("POST");
    return infer(context, tensorflow_adapter(), done);
  }
  if (!verb.empty()) {
    throw HttpError(404, "':" + shown(verb) + "' is not supported",
                    shown(path_of(context->request.target)), "use :predict");
  }
  return answer_get(*context, [&] {
    return json_answer(
        metadata ? tensorflow_metadata(*context->model)
                 : tensorflow_status(*context->entry, pinned ? context->model.get() : nullptr));
  });
}

}  // namespace vitrine::serve
