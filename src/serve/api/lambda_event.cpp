#include "serve/api/lambda_event.h"

#include <simdjson.h>

#include <algorithm>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace vitrine::serve {
namespace {

Error unusable(const std::string& what, const std::string& field) {
  return {ErrorKind::bad_input, what, "the event",
          "send {\"customer\": {...}}, {\"image\": \"<base64>\"}, "
          "or what API Gateway, a function URL or a load balancer sends",
          field};
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      (out += '%') += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

/// The query string `a=1&b=2` from an object of texts or lists of texts. `encoded`: the values are
/// still percent-encoded (load balancers; REST APIs decode them).
std::string query_of(const Json& event, bool encoded) {
  const char* keys[] = {"multiValueQueryStringParameters", "queryStringParameters"};
  std::string out;
  for (const char* key : keys) {
    const auto found = event.find(key);
    if (found == event.end() || !found->is_object()) continue;
    for (const auto& [name, values] : found->items()) {
      for (const Json& value : values.is_array() ? values : Json::array({values})) {
        if (!value.is_string()) continue;
        const std::string text = value;
        out += (out.empty() ? "" : "&") + (encoded ? name : percent_encoded(name)) + "=" +
               (encoded ? text : percent_encoded(text));
      }
    }
    return out;
  }
  return out;
}

void read_headers(const Json& event, LambdaEvent& out) {
  const auto add = [&](const char* key) {
    const auto found = event.find(key);
    if (found == event.end() || !found->is_object()) return false;
    for (const auto& [name, values] : found->items()) {
      for (const Json& value : values.is_array() ? values : Json::array({values})) {
        if (value.is_string()) out.headers.emplace_back(name, value.get<std::string>());
      }
    }
    return true;
  };
  if (!add("multiValueHeaders")) add("headers");
}

LambdaEvent read_http(const Json& event) {
  LambdaEvent out;
  out.form = LambdaEvent::Form::http;
  out.method.clear();
  Json context = event.at("requestContext");
  if (!context.is_object()) context = Json::object();
  if (event.contains("rawPath")) {  // 2.0
    const auto http = context.find("http");
    if (http != context.end() && http->is_object()) out.method = text_of(*http, "method");
    std::string path = text_of(event, "rawPath");
    // The path begins with the name of the stage, if it has one.
    const std::string stage = "/" + text_of(context, "stage");
    if (stage.size() > 1 && (path == stage || path.starts_with(stage + "/"))) {
      path = path.substr(stage.size());
    }
    const std::string query = text_of(event, "rawQueryString");
    out.target = (path.empty() ? "/" : path) + (query.empty() ? "" : "?" + query);
  } else {
    const bool balancer = context.contains("elb");
    if (balancer && event.contains("multiValueHeaders")) {
      out.form = LambdaEvent::Form::http_multi_value;
    }
    out.method = text_of(event, "httpMethod");
    const std::string path = text_of(event, "path");
    const std::string query = query_of(event, balancer);
    out.target = (path.empty() ? "/" : path) + (query.empty() ? "" : "?" + query);
  }
  if (out.method.empty()) throw unusable("the event has no HTTP method", "httpMethod");
  read_headers(event, out);
  out.body = text_of(event, "body");
  if (event.value("isBase64Encoded", Json(false)) == Json(true)) {
    auto bytes = decode_base64(out.body);
    if (!bytes) throw unusable("the event's body is not valid base64", "body");
    out.body = std::move(*bytes);
  }
  return out;
}

LambdaEvent read_direct(const Json& event) {
  LambdaEvent out;
  out.headers.emplace_back("Content-Type", "application/json");
  out.body = to_text(event);
  if (!event.is_object() && !event.is_array()) throw unusable("the event has no request", "");
  if (!event.is_object()) return out;
  const char* asked = nullptr;
  for (const char* key : {"customer", "customers", "image"}) {
    if (event.contains(key)) asked = key;
  }
  // A row may have a column with one of these names; then it has other columns, too.
  const bool wrapped =
      asked != nullptr && std::ranges::all_of(event.items(), [&](const auto& one) {
        return one.key() == asked || one.key() == "model" || one.key() == "explain";
      });
  if (!wrapped) return out;
  const Json& inference = event.at(asked);
  out.body = to_text(std::string_view(asked) == "image" ? Json{{"image", inference}} : inference);
  const std::string model = text_of(event, "model");
  if (!model.empty()) out.target = "/models/" + percent_encoded(model) + "/predict";
  if (event.value("explain", Json(false)) == Json(true)) out.target += "?explain=true";
  return out;
}

}  // namespace

HttpRequest LambdaEvent::request() const {
  HttpRequest out{.method = method, .target = target, .body = body};
  for (const auto& [name, value] : headers) out.headers.emplace_back(name, value);
  return out;
}

LambdaEvent read_lambda_event(std::string_view payload) {
  // The JSON parser is recursive: limit the depth first. Braces inside texts count too, which only
  // refuses strange events.
  constexpr int kDeepest = 200;
  int depth = 0, deepest = 0;
  for (const char c : payload) {
    depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    deepest = std::max(deepest, depth);
  }
  if (deepest > kDeepest) throw unusable("the event is nested too deeply", "");
  Json event = Json::parse(payload, nullptr, false);
  if (event.is_discarded()) {
    throw Error(ErrorKind::malformed, "the event is not valid JSON", "the event", "send JSON");
  }
  const bool http = event.is_object() && event.contains("requestContext") &&
                    (event.contains("rawPath") || event.contains("httpMethod"));
  return http ? read_http(event) : read_direct(event);
}

std::string lambda_error(const std::string& type, const std::string& message) {
  return to_text(Json{{"errorMessage", message}, {"errorType", type}});
}

std::string lambda_answer(const LambdaEvent& event, const HttpResponse& response, bool& failed) {
  failed = false;
  if (event.form == LambdaEvent::Form::direct) {
    if (response.status < 400) return response.body;
    failed = true;
    const Json problem = Json::parse(response.body, nullptr, false);
    std::string message = response.body;
    if (problem.is_object()) {
      message = text_of(problem, "detail");
      const std::string hint = text_of(problem, "hint");
      if (!hint.empty()) message += "; " + hint;
    }
    return lambda_error("Status" + std::to_string(response.status), message);
  }
  Json headers = Json::object();
  const auto add = [&](const std::string& name, const std::string& value) {
    if (event.form == LambdaEvent::Form::http_multi_value) {
      headers[name].push_back(value);
    } else {
      headers[name] = value;
    }
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  add("Cache-Control", std::string(response.cache));
  for (const auto& [name, value] : response.headers) add(std::string(name), value);
  const bool text = simdjson::validate_utf8(response.body);
  Json out{{"statusCode", response.status}};
  out[event.form == LambdaEvent::Form::http_multi_value ? "multiValueHeaders" : "headers"] =
      headers;
  out["body"] = text ? response.body : encode_base64(response.body);
  out["isBase64Encoded"] = !text;
  return out.dump();
}

}  // namespace vitrine::serve
