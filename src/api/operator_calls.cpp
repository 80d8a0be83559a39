// What operators ask for: models loaded, unloaded and routed.
#include "api/api.h"
#include "api/open_inference.h"
#include "api/route.h"
#include "base/text.h"
#include "data/json_element.h"

namespace vitrine {
namespace {

/// What an operator sends: JSON of a few keys, or nothing. Null for what is none.
Json small_json(std::string_view body) {
  constexpr std::size_t kMost = 16 << 10;
  if (body.size() > kMost) {
    throw HttpError(413, "the body is larger than " + with_commas(kMost) + " bytes", "the request",
                    "send a small JSON object");
  }
  if (trimmed(body).empty()) return {};
  JsonParser().parse(body);  // bounds its depth
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
    if (!value.is_number_unsigned()) refuse(what + " is no version");
    return value.get<std::uint64_t>();
  };
  if (!json.is_object()) refuse("the body is no JSON object");
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
      refuse("'" + shown(key) + "' is not understood");
    }
  }
  return routing;
}

}  // namespace

Api::Answer Api::dispatch_repository(const CallPointer& call, Later& later) {
  if (is(*call, {"v2", "repository", "index"})) {
    if (only(*call, "POST")) return options_answer("POST");
    const Json wish = small_json(call->request.body);
    const bool ready_only = wish.is_object() && wish.value("ready", Json(false)) == true;
    return json_answer(repository_index(*call->catalogue, ready_only));
  }
  if (!is(*call, {"v2", "repository", "models", "*", "load"}) &&
      !is(*call, {"v2", "repository", "models", "*", "unload"})) {
    throw no_such_path(*call);
  }
  if (only(*call, "POST")) return options_answer("POST");
  return administer(call, later, call->path[4]);
}

Api::Answer Api::dispatch_admin(const CallPointer& call, Later& later) {
  if (is(*call, {"admin", "reload"})) {
    if (only(*call, "POST")) return options_answer("POST");
    return administer(call, later, "reload");
  }
  if (is(*call, {"admin", "models", "*", "load"}) ||
      is(*call, {"admin", "models", "*", "unload"})) {
    if (only(*call, "POST")) return options_answer("POST");
    call->path = {"v2", "repository", "models", call->path[2], call->path[3]};
    return administer(call, later, call->path[4]);
  }
  if (is(*call, {"admin", "models", "*", "routing"})) {
    if (only(*call, "PUT")) return options_answer("PUT");
    return administer(call, later, "routing");
  }
  throw HttpError(404, "there is no such path", shown(path_of(call->request.target)),
                  "there are POST /admin/reload, POST /admin/models/NAME/load, .../unload and PUT "
                  ".../routing");
}

Api::Answer Api::administer(const CallPointer& call, Later& later, std::string_view verb) {
  if (!call->admin) {
    throw HttpError(
        403, "only an administrator may do this", shown(path_of(call->request.target)),
        "send a key that is marked admin in the file of --api-keys, or use --admin-socket");
  }
  if (call->head_only) return HttpResponse();
  if (verb == "routing") {
    store_.route(call->path[2], routing_of(call->request.body));
    return json_answer({{"routed", call->path[2]}});
  }
  auto taken = std::make_shared<Later>(std::move(later));
  if (verb == "reload") {
    store_.refresh([this, call, taken] {
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
      (*taken)(finish(*call, std::move(response)));
    });
    return std::nullopt;
  }
  const std::string name = call->path[3];
  const auto done = [this, call, taken, name](const std::optional<Error>& failure) {
    HttpResponse response = json_answer({{"name", name}});
    if (failure) response = fault(*call, nullptr, std::make_exception_ptr(*failure));
    (*taken)(finish(*call, std::move(response)));
  };
  if (verb == "load") {
    store_.load(name, done);
  } else {
    store_.unload(name, done);
  }
  return std::nullopt;
}

}  // namespace vitrine
