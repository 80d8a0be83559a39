// Operators' calls: load, unload and reload models, and change their routing.
#include "serve/api/operator_calls.h"

#include "base/text.h"
#include "data/table/json_element.h"
#include "serve/api/handlers.h"
#include "serve/api/open_inference.h"

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

/// The callback of a load or unload of `name`, which may be called on any thread.
ModelStore::Done finished(Services& services, const ContextPointer& context,
                          const std::string& name, CompletionCallback& done) {
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  return [&services, context, taken, name](const std::optional<Error>& failure) {
    HttpResponse response = json_answer({{"name", name}});
    if (failure) {
      response = error_response(*context, nullptr, std::make_exception_ptr(*failure));
    }
    (*taken)(finish(services, *context, std::move(response)));
  };
}

}  // namespace

Answer list_repository(Services&, const ContextPointer& context, CompletionCallback&) {
  const Json options = small_json(context->request.body);
  const bool ready_only = options.is_object() && options.value("ready", Json(false)) == true;
  return json_answer(repository_index(*context->catalogue, ready_only));
}

Answer load_named(Services& services, const ContextPointer& context, const std::string& name,
                  CompletionCallback& done) {
  if (context->head_only) return HttpResponse();
  services.store.load(name, finished(services, context, name, done));
  return std::nullopt;
}

Answer unload_named(Services& services, const ContextPointer& context, const std::string& name,
                    CompletionCallback& done) {
  if (context->head_only) return HttpResponse();
  services.store.unload(name, finished(services, context, name, done));
  return std::nullopt;
}

Answer load_model(Services& services, const ContextPointer& context, CompletionCallback& done) {
  return load_named(services, context, *context->part("model"), done);
}

Answer unload_model(Services& services, const ContextPointer& context, CompletionCallback& done) {
  return unload_named(services, context, *context->part("model"), done);
}

Answer change_routing(Services& services, const ContextPointer& context, CompletionCallback&) {
  if (context->head_only) return HttpResponse();
  const std::string& name = *context->part("model");
  services.store.route(name, routing_of(context->request.body));
  return json_answer({{"routed", name}});
}

Answer reload_models(Services& services, const ContextPointer& context, CompletionCallback& done) {
  if (context->head_only) return HttpResponse();
  auto taken = std::make_shared<CompletionCallback>(std::move(done));
  services.store.refresh([&services, context, taken] {
    Json faults = Json::object();
    for (const CatalogueEntry& entry : services.store.catalogue()->entries) {
      if (!entry.fault.empty()) faults[entry.name] = entry.fault;
    }
    try {
      if (services.options.keys) services.options.keys->reload();
    } catch (const Error& error) {
      faults["--api-keys"] = error.message + " (" + error.where + ")";
    }
    HttpResponse response = json_answer({{"reloaded", faults.empty()}, {"faults", faults}});
    if (!faults.empty()) response.status = 422;
    (*taken)(finish(services, *context, std::move(response)));
  });
  return std::nullopt;
}

}  // namespace vitrine::serve
