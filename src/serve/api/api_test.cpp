#include "serve/api/api.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <future>
#include <set>

#include "serve/api/test_host.h"

namespace vitrine::serve {
namespace {

class ApiTest : public testing::Test {
 protected:
  HttpResponse post(const std::string& target, const std::string& body,
                    const std::string& type = "application/json") {
    HttpRequest request{.method = "POST", .target = target, .body = body};
    request.headers.emplace_back("Content-Type", type);
    return send(std::move(request));
  }
  HttpResponse get(const std::string& target, const std::string& method = "GET") {
    return send({.method = method, .target = target});
  }
  /// The response, synchronous or not.
  HttpResponse send(HttpRequest request) {
    std::promise<HttpResponse> promise;
    auto at_once = api_.handle(
        std::move(request), [&](HttpResponse response) { promise.set_value(std::move(response)); });
    return at_once ? std::move(*at_once) : promise.get_future().get();
  }
  static std::string header(const HttpResponse& response, const std::string& name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return "";
  }
  Json problem_of(const HttpResponse& response, unsigned status) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.content_type, "application/problem+json");
    Json json = Json::parse(response.body);
    EXPECT_EQ(json["status"], status);
    EXPECT_FALSE(json["hint"].get<std::string>().empty());
    return json;
  }
  TestHost host_;
  Api& api_ = host_.api;
};

TEST_F(ApiTest, ping_returns_pong) {
  EXPECT_EQ(get("/ping").body, "PONG");
  EXPECT_EQ(get("/ping", "HEAD").status, 200);
}

TEST_F(ApiTest, a_row_gets_an_object_and_an_array_gets_an_array) {
  const Json one = Json::parse(post("/predict", R"({"size": 3, "kind": "blue"})").body);
  EXPECT_TRUE(one["y"].is_boolean());
  EXPECT_NEAR(one["probabilities"]["no"].get<double>() + one["y_probability"].get<double>(), 1,
              1e-6);
  EXPECT_EQ(one["model"], "fruit");
  const Json many = Json::parse(
      post("/models/fruit/predict", R"([{"size": 3, "kind": "blue"}, {"size": 3, "kind": "Blue"}])")
          .body);
  ASSERT_EQ(many.size(), 2);
  EXPECT_EQ(many[0], many[1]);
  EXPECT_EQ(many[0], one);
  EXPECT_EQ(Json::parse(post("/predict", "[]").body), Json::array());
}

TEST_F(ApiTest, contributions_sum_to_the_margin_and_are_returned_on_request) {
  const Json one =
      Json::parse(post("/predict?explain=true", R"({"size": 3, "kind": "blue"})").body);
  const Json& why = one["explanation"];
  EXPECT_EQ(why["of"], "yes");
  double sum = why["base"];
  for (const auto& [key, value] : why["contributions"].items()) sum += value.get<double>();
  EXPECT_NEAR(sum, why["margin"].get<double>(), 1e-5);
  EXPECT_NEAR(1 / (1 + std::exp(-sum)), one["y_probability"].get<double>(), 1e-5);
  EXPECT_EQ(why["contributions"].size(), 2U);
  const Json many = Json::parse(
      post("/predict?explain=true", R"([{"size": 3, "kind": "blue"}, {"size": 9, "kind": "red"}])")
          .body);
  EXPECT_EQ(many[0]["explanation"], why);
  EXPECT_NE(many[1]["explanation"]["margin"], why["margin"]);
  EXPECT_FALSE(Json::parse(post("/predict?explain=false", R"({"size": 3, "kind": "blue"})").body)
                   .contains("explanation"));
  problem_of(post("/predict?explain=", R"({"size": 3, "kind": "blue"})"), 400);
  problem_of(post("/predict?explain=perhaps", R"({"size": 3, "kind": "blue"})"), 400);
  const std::string table = post("/predict?explain=true", "size,kind\n3,blue\n", "text/csv").body;
  EXPECT_TRUE(table.starts_with(
      "label,probability_no,probability_yes,base,contribution_size,contribution_kind\n"))
      << table;
  EXPECT_EQ(std::ranges::count(table, ','), 10);
}

TEST_F(ApiTest, the_page_has_a_security_policy_and_is_cached_by_etag) {
  const auto page = [&](const std::string& path, const std::string& name = "",
                        const std::string& value = "") {
    HttpRequest request{.method = "GET", .target = path};
    if (!name.empty()) request.headers.emplace_back(name, value);
    return send(std::move(request));
  };
  for (const std::string path : {"/", "/ui/app.js", "/ui/style.css"}) {
    const HttpResponse plain = page(path);
    EXPECT_EQ(plain.status, 200U);
    EXPECT_EQ(plain.cache, "no-cache");
    EXPECT_TRUE(header(plain, "Content-Security-Policy").starts_with("default-src 'none'; "));
    EXPECT_TRUE(header(plain, "Content-Encoding").empty());
    const HttpResponse small = page(path, "Accept-Encoding", "br;q=1, gzip;q=0.8");
    EXPECT_EQ(header(small, "Content-Encoding"), "gzip");
    EXPECT_LT(small.body.size(), plain.body.size());
    EXPECT_TRUE(header(page(path, "Accept-Encoding", "gzip;q=0"), "Content-Encoding").empty());
    const std::string etag = header(plain, "ETag");
    EXPECT_EQ(page(path, "If-None-Match", etag).status, 304U);
    EXPECT_TRUE(page(path, "If-None-Match", etag).body.empty());
    EXPECT_EQ(page(path, "If-None-Match", "\"other\"").status, 200U);
  }
  EXPECT_TRUE(page("/", "Accept", "text/html,*/*;q=0.8").body.starts_with("<!doctype html>"));
  EXPECT_EQ(page("/", "Accept", "application/json").content_type, "application/json");
  EXPECT_EQ(page("/", "User-Agent", "python-httpx/0.28").content_type, "application/json");
  problem_of(page("/ui/passwd"), 404);
  problem_of(page("/ui/..%2Fapp.js"), 404);
}

TEST_F(ApiTest, csv_requests_get_csv) {
  const auto response =
      post("/predict", "kind,size\nblue,3\nred apple,\n", "text/csv; charset=utf-8");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.find("label,probability_no,probability_yes\n"), 0);
  EXPECT_EQ(std::ranges::count(response.body, '\n'), 3);
  EXPECT_EQ(problem_of(post("/predict", "kind,size\nblue,3,4\n", "text/csv"), 422)["detail"],
            "this row has 3 fields, the header has 2 (the request, line 2)");
}

TEST_F(ApiTest, errors_are_problem_details_with_the_right_status) {
  EXPECT_NE(problem_of(post("/predict", "{\"size\": nope}"), 400)["detail"].get<std::string>().find(
                "byte 10"),
            std::string::npos);
  problem_of(post("/predict", ""), 400);
  problem_of(post("/predict", "{}", "text/plain"), 415);
  EXPECT_EQ(problem_of(post("/predict", "{\"size\": 1}"), 422)["field"], "kind");
  EXPECT_EQ(problem_of(post("/predict", R"({"kind": "blue", "size": "big"})"), 422)["field"],
            "size");
  EXPECT_NE(
      problem_of(get("/models/friut"), 404)["hint"].get<std::string>().find("did you mean 'fruit'"),
      std::string::npos);
  problem_of(get("/secret/../etc/passwd"), 404);
}

TEST_F(ApiTest, wrong_methods_get_405_with_the_allowed_methods) {
  problem_of(get("/predict"), 405);
  EXPECT_EQ(header(get("/predict"), "Allow"), "POST, OPTIONS");
  problem_of(get("/ping", "DELETE"), 405);
  EXPECT_EQ(get("/ping", "OPTIONS").status, 204);
  EXPECT_EQ(header(get("/ping", "OPTIONS"), "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ApiTest, query_and_absolute_form_are_ignored_in_paths) {
  EXPECT_EQ(get("/ping?x=1").body, "PONG");
  EXPECT_EQ(get("http://example.test:9/ping").body, "PONG");
}

TEST_F(ApiTest, lists_models_and_cards_and_answers_probes) {
  EXPECT_EQ(Json::parse(get("/models").body)["default"], "fruit");
  EXPECT_EQ(Json::parse(get("/models/fruit").body)["card"]["target"]["name"], "y");
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  api_.start_draining();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(ApiTest, examples_of_openapi_are_valid_requests) {
  const Json document = Json::parse(get("/openapi.json").body);
  EXPECT_EQ(document["openapi"], "3.1.0");
  const Json& row = document["components"]["schemas"]["fruit.Row"];
  EXPECT_EQ(row["required"], Json({"kind"}));
  EXPECT_TRUE(row["properties"]["kind"].contains("examples"));
  EXPECT_FALSE(row["properties"]["kind"].contains("enum"));
  EXPECT_EQ(post("/predict", row["examples"][0].dump()).status, 200);
}

TEST_F(ApiTest, openapi_describes_only_routes_of_the_table) {
  const Json document = Json::parse(get("/openapi.json").body);
  std::size_t operations = 0;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      std::string upper = method;
      for (char& c : upper) c = static_cast<char>(std::toupper(c));
      EXPECT_NE(match_route({.method = upper, .target = path}).route, nullptr) << upper << path;
      ++operations;
    }
  }
  EXPECT_GT(operations, 15U);
}

TEST(Routes, patterns_give_the_parts_of_a_path) {
  const auto part = [](const RouteMatch& match, std::string_view name) -> std::string {
    for (const auto& [key, value] : match.parts) {
      if (key == name) return value;
    }
    return "-";
  };
  const auto match = [](const char* method, const char* target) {
    return match_route({.method = method, .target = target});
  };
  const RouteMatch one = match("POST", "/v1/models/a%2Fb/versions/7:predict?x=1");
  ASSERT_NE(one.route, nullptr);
  EXPECT_TRUE(one.route->inference);
  EXPECT_EQ(part(one, "model"), "a/b");
  EXPECT_EQ(part(one, "version"), "7");
  EXPECT_EQ(part(match("POST", "/v1/models/a:b:predict"), "model"), "a:b");
  EXPECT_EQ(part(match("POST", "/v1/models/fruit:classify"), "verb"), "classify");
  EXPECT_NE(match("HEAD", "/models/predict").route, nullptr);
  const RouteMatch wrong = match("PATCH", "/models/fruit/predict");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_EQ(wrong.allow, "POST, OPTIONS");
  EXPECT_TRUE(match("GET", "/models/fruit/predict/x").allow.empty());
}

TEST_F(ApiTest, a_path_without_a_method_of_its_own_has_no_options) {
  EXPECT_EQ(get("/v1/models/fruit:classify", "OPTIONS").status, 404U);
  EXPECT_EQ(get("/v1/models/fruit:predict", "OPTIONS").status, 204U);
  EXPECT_EQ(get("/v2/models/fruit/").status, 200U);
}

TEST(Routes, each_pattern_and_method_has_one_row) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : http_routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
  }
}

class ProtocolTest : public ApiTest {
 protected:
  HttpResponse infer(const std::string& inputs, const std::string& more = "") {
    return post("/v2/models/fruit/infer", "{\"inputs\":[" + inputs + "]" + more + "}");
  }
};

TEST_F(ProtocolTest, tensors_and_rows_get_the_same_prediction) {
  const Json one = Json::parse(post("/predict", R"({"size": 3, "kind": "blue"})").body);
  const Json tensors =
      Json::parse(infer(R"({"name":"size","datatype":"INT64","shape":[2,1],"data":[3,4]},
               {"name":"KIND","datatype":"BYTES","shape":[2],"data":["Blue","red apple"]})")
                      .body);
  EXPECT_EQ(tensors["model_version"], "1");
  EXPECT_EQ(tensors["outputs"][0]["data"][0], one["label"]);
  EXPECT_EQ(tensors["outputs"][1]["shape"], Json({2, 2}));
  EXPECT_EQ(tensors["outputs"][1]["data"][0], one["probabilities"]["no"]);
  const Json columns =
      Json::parse(post("/v1/models/fruit:predict",
                       R"({"inputs": {"size": [3, null], "kind": ["blue", "blue"]}})")
                      .body);
  EXPECT_EQ(columns["outputs"]["probabilities"][0][0], one["probabilities"]["no"]);
  const Json rows = Json::parse(
      post("/v1/models/fruit:predict", R"({"instances": [{"size": 3, "kind": "blue"}]})").body);
  EXPECT_EQ(rows["predictions"][0]["label"], one["label"]);
  EXPECT_EQ(
      Json::parse(post("/v1/models/fruit:predict", R"({"instances": []})").body)["predictions"],
      Json::array());
}

TEST_F(ProtocolTest, invalid_tensors_are_refused_in_the_protocols_error_format) {
  const std::vector<std::pair<unsigned, std::string>> cases = {
      {400, "1"},
      {422, "{}"},
      {422, R"({"name":"size"})"},
      {422, R"({"name":"size","datatype":"FP99","shape":[1],"data":[1]})"},
      {422, R"({"name":"size","datatype":"FP32","shape":[-1],"data":[1]})"},
      {422, R"({"name":"size","datatype":"FP32","shape":[4294967296,4294967296],"data":[1]})"},
      {422,
       R"({"name":"size","datatype":"FP32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data":[1]})"},
      {422, R"({"name":"size","datatype":"FP32","shape":[4000000000],"data":[1]})"},
      {422, R"({"name":"size","datatype":"FP32","shape":[2],"data":[1]})"},
      {422, R"({"name":"size","datatype":"FP32","shape":[1],"data":["x"]})"},
      {422, R"({"name":"size","datatype":"UINT8","shape":[1],"data":[256]})"},
      {422, R"({"name":"size","datatype":"INT64","shape":[1],"data":[1.5]})"},
      {422, R"({"name":"size","datatype":"FP16","shape":[1],"data":[1]})"},
      {422, R"({"name":"size","datatype":"FP32","shape":[2,2],"data":[1,2,3,4]})"},
      {400, R"({"name":"size","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}})"},
      {422,
       R"({"name":"size","datatype":"FP32","shape":[1],"data":[1]},{"name":"size","datatype":"FP32","shape":[1],"data":[1]})"},
      {422, R"({"name":"row","datatype":"BYTES","shape":[1],"data":["{},{}"]})"},
      {422, R"({"name":"row","datatype":"FP32","shape":[1],"data":[1]})"},
      {400, R"({"name":"row","datatype":"BYTES","shape":[1],"data":["{"]})"},
  };
  for (const auto& [status, inputs] : cases) {
    const HttpResponse response = infer(inputs);
    EXPECT_EQ(response.status, status) << inputs << response.body;
    EXPECT_TRUE(Json::parse(response.body)["error"].is_string());
  }
  for (const char* body : {"[]", "{}", R"({"instances": 1})", R"({"instances": [1]})",
                           R"({"instances": [[1], [1, 2]]})", R"({"inputs": {"size": [[1], 2]}})",
                           R"({"inputs": {"size": {"b64": "!"}}})"}) {
    const HttpResponse response = post("/v1/models/fruit:predict", body);
    EXPECT_GE(response.status, 400U) << body;
    EXPECT_LT(response.status, 500U) << body << response.body;
  }
}

TEST_F(ProtocolTest, supports_binary_tensors_in_requests_and_responses) {
  std::string json =
      R"({"inputs":[{"name":"size","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}},)"
      R"({"name":"kind","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":8}}],)"
      R"("outputs":[{"name":"probabilities","parameters":{"binary_data":true}}]})";
  std::string body = json;
  const float size = 3;
  body.append(reinterpret_cast<const char*>(&size), 4);
  body += std::string("\4\0\0\0blue", 8);
  const auto ask_binary = [&](const std::string& length, const std::string& bytes) {
    HttpRequest request{.method = "POST", .target = "/v2/models/fruit/infer", .body = bytes};
    request.headers.emplace_back("inference-header-content-length", length);
    return send(std::move(request));
  };
  const HttpResponse response = ask_binary(std::to_string(json.size()), body);
  ASSERT_EQ(response.status, 200U) << response.body;
  const std::size_t head = std::stoul(header(response, "Inference-Header-Content-Length"));
  EXPECT_EQ(response.body.size(), head + 8);
  float probability = 0;
  std::memcpy(&probability, &response.body[head + 4], 4);
  const Json one = Json::parse(post("/predict", R"({"size": 3, "kind": "blue"})").body);
  EXPECT_NEAR(probability, one["y_probability"].get<double>(), 1e-6);
  EXPECT_EQ(ask_binary("99999", body).status, 400U);
  EXPECT_EQ(ask_binary("x", body).status, 400U);
  EXPECT_EQ(ask_binary(std::to_string(json.size()), body.substr(0, body.size() - 1)).status, 400U);
  EXPECT_EQ(ask_binary(std::to_string(json.size()), body + "x").status, 400U);
  std::string latin1 = body;
  latin1.back() = '\xE5';  // an unseen value that is not UTF-8, named in a warning
  const HttpResponse warned = ask_binary(std::to_string(json.size()), latin1);
  ASSERT_EQ(warned.status, 200U) << warned.body;
  const Json answer = Json::parse(
      warned.body.substr(0, std::stoul(header(warned, "Inference-Header-Content-Length"))));
  EXPECT_NE(answer["parameters"]["warnings"].get<std::string>().find("blu?"), std::string::npos);
  body[json.size() + 4] = '\5';  // an element that is longer than the data
  EXPECT_EQ(ask_binary(std::to_string(json.size()), body).status, 400U);
}

TEST_F(ApiTest, only_inference_requests_are_refused_because_they_waited_too_long) {
  const auto status_of_late = [&](std::string_view target) {
    HttpRequest late{.method = "POST", .target = target, .body = "{}"};
    late.arrived = Clock::now() - std::chrono::minutes(5);
    return send(late).status;
  };
  EXPECT_EQ(status_of_late("/predict"), 503U);
  EXPECT_EQ(status_of_late("http://host/v2/models/fruit/infer"), 503U);
  EXPECT_EQ(status_of_late("/adminx"), 404U);
  for (const char* operators : {"/admin/reload", "/%61dmin/reload", "http://host/admin/reload",
                                "/v2/repository/index", "/v2/%72epository/index"}) {
    EXPECT_NE(status_of_late(operators), 503U) << operators;
  }
}

TEST_F(ApiTest, responses_have_the_model_version_and_deadlines_are_enforced) {
  const HttpResponse response = post("/predict", R"({"size": 3, "kind": "blue"})");
  EXPECT_EQ(header(response, "Vitrine-Model-Version"), "1");
  EXPECT_EQ(header(response, "Vitrine-Model-Digest").size(), 16U);
  EXPECT_EQ(header(response, "X-Request-Id").size(), 32U);
  HttpRequest late{
      .method = "POST", .target = "/predict", .body = R"({"size": 3, "kind": "blue"})"};
  late.headers = {{"X-Request-Timeout", "0.000000001"}, {"x-request-id", "mine"}};
  const HttpResponse refused = send(late);
  EXPECT_EQ(refused.status, 504U);
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_EQ(header(refused, "X-Request-Id"), "mine");
  late.headers = {{"X-Request-Timeout", "-1"}};
  EXPECT_EQ(send(late).status, 400U);
}

TEST_F(ApiTest, large_bodies_are_handled_by_workers) {
  std::string rows = "[";
  for (int i = 0; i < 2000; ++i) rows += R"({"size": 3, "kind": "blue"},)";
  rows.back() = ']';
  const Json many = Json::parse(post("/predict", rows).body);
  EXPECT_EQ(many.size(), 2000U);
}

TEST_F(ApiTest, admin_calls_without_a_key_are_refused) {
  for (const char* path :
       {"/admin/reload", "/admin/models/fruit/unload", "/v2/repository/models/fruit/unload"}) {
    EXPECT_EQ(post(path, "").status, 403U) << path;
  }
  EXPECT_EQ(post("/v2/repository/index", "").status, 200U);
}

TEST_F(ApiTest, requests_after_stop_work_get_503) {
  api_.stop_work();
  std::string rows = "[";
  for (int i = 0; i < 2000; ++i) rows += R"({"size": 3, "kind": "blue"},)";
  rows.back() = ']';
  EXPECT_EQ(post("/predict", rows).status, 503U);
}

}  // namespace
}  // namespace vitrine::serve
