// Operators' calls: load, unload and reload models, and change their routing.
#include "base/text.h"
#include "data/table/json_element.h"
#include "serve/api/api.h"
#include "serve/api/open_inference.h"
#include "serve/api/route.h"

namespace vitrine::serve {
namespace {

/// Parses the small JSON body of an operator's call. Null for an empty body; discarded for invalid
/// JSON. Throws HttpError(413).
Json small_json(std::string_view body) {
  constexpr std::size_t kMost = 16 << 10;
  if (body.size() > kMost) {
    throw HttpError(413, "the body is larger than " + with_commas(kMost) + " bytes", "the request",
                    "send a small JSON object");
  }
  if (trimmed(body).empty()) return {};
  data::JsonParser().parse(body);  // limits the depth, since the next parser is recursive
  return Json::parse(body, nullptr, false);
}

/// `{"labels": {"stable": 1}, "canary": {"version": 2, "percent": 10}, "shadow": 3}`
Routing routing_of(std::string_view body) {
  const Json json = small_json(body);
  const auto refuse = [](const std::string& what) {
    throw Error(
        ErrorKind::bad_input, what, "the request",
        R"(send {"labels": {"stable": 1}, "canary": {"version": 2, "percent": 10}, "shadow": 3})");
  };
  const auto number = [&](const Json& value, const std::string& what) {
    if (!value.is_number_unsigned()) refuse(what + " is not a version number");
    return value.get<std::uint64_t>();
  };
  if (!json.is_object()) refuse("the body is not a JSON object");
  Routing routing;
  for (const auto& [key, value] : json.items()) {
    if (key == "labels" && value.is_object()) {
      for (const auto& [label, version] : value.items()) {
        routing.labels[label] = number(version, "the label '" + shown(label) + "'");
      }
    } else if (key == "canary" && value.is_object() && value.contains("version") &&
               value.value("percent", Json()).is_number()) {
      routing.canary = number(value["version"], "the canary");
      routing.canary_percent = value["percent"].get<double>();
    } else if (key == "shadow") {
      routing.shadow = number(value, "the shadow");
    } else {
      refuse("'" + shown(key) + "' is not a valid setting");
    }
  }
  return routing;
}

}  // namespace

Api::Answer Api::dispatch_repository(const ContextPointer& context, CompletionCallback& done) {
  if (path_matches(*context, {"v2", "repository", "index"})) {
    if (allow_method(*context, "POST")) return options_answer("POST");
    const Json options = small_json(context->request.body);
    const bool ready_only = options.is_object() && options.value("ready", Json(false)) == true;
    return json_answer(repository_index(*context->catalogue, ready_only));
  }
  if (!path_matches(*context, {"v2", "repository", "models", "*", "load"}) &&
      !path_matches(*context, {"v2", "repository", "models", "*", "unload"})) {
    throw no_such_path(*context);
  }
  if (allow_method(*context, "POST")) return options_answer("POST");
  return administer(context, done, context->path[4]);
}

Api::Answer Api::dispatch_admin(const ContextPointer& context, CompletionCallback& done) {
  if (path_matches(*context, {"admin", "reload"})) {
    if (allow_method(*context, "POST")) return options_answer("POST");
    return administer(context, done, "reload");
  }
  if (path_matches(*context, {"admin", "models", "*", "load"}) ||
      path_matches(*context, {"admin", "models", "*", "unload"})) {
    if (allow_method(*context, "POST")) return options_answer("POST");
    context->path = {"v2", "repository", "models", context->path[2], context->path[3]};
    return administer(context, done, context->path[4]);
  }
  if (path_matches(*context, {"admin", "models", "*", "routing"})) {
    if (allow_method(*context, "PUT")) return options_answer("PUT");
    return administer(context, done, "routing");
  }
  throw HttpError(404, "there is no such path", shown(path_of(context->request.target)),
                  "use POST /admin/reload, POST /admin/models/NAME/load, .../unload or PUT "
                  ".../routing");
}

Api::Answer Api::administer(const ContextPointer& context, CompletionCallback& done,
                            std::string_view verb) {
  if (!context->admin) {
    throw HttpError(
        403, "this call needs administrator rights", shown(path_of(context->request.target)),
        "send a key that is marked admin in the --api-keys file, or use --admin-socket");
  }
  if (context->head_only) return HttpResponse();
  if (verb == "routing") {
    store_.route(context->path[2], routing_of(context->request.body));
    return json_answer({{"routed", context->path[2]}});
  }
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  if (verb == "reload") {
    store_.refresh([this, context, taken] {
      Json faults = Json::object();
      for (const CatalogueEntry& entry : store_.catalogue()->entries) {
        if (!entry.fault.empty()) faults[entry.name] = entry.fault;
      }
      try {
        if (options_.keys) options_.keys->reload();
      } catch (const Error& error) {
        faults["--api-keys"] = error.message + " (" + error.where + ")";
      }
      HttpResponse response = json_answer({{"reloaded", faults.empty()}, {"faults", faults}});
      if (!faults.empty()) response.status = 422;
      (*taken)(finish(*context, std::move(response)));
    });
    return std::nullopt;
  }
  const std::string name = context->path[3];
  const auto finished = [this, context, taken, name](const std::optional<Error>& failure) {
    HttpResponse response = json_answer({{"name", name}});
    if (failure) response = fault(*context, nullptr, std::make_exception_ptr(*failure));
    (*taken)(finish(*context, std::move(response)));
  };
  if (verb == "load") {
    store_.load(name, finished);
  } else {
    store_.unload(name, finished);
  }
  return std::nullopt;
}

}  // namespace vitrine::serve
