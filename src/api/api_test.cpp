#include "api/api.h"

#include <gtest/gtest.h>

#include <fstream>
#include <future>

#include "api/test_model.h"

namespace vitrine {
namespace {

class ApiTest : public testing::Test {
 protected:
  HttpResponse post(const std::string& target, const std::string& body,
                    const std::string& type = "application/json") {
    HttpRequest request{.method = "POST", .target = target, .body = body};
    request.headers.emplace_back("Content-Type", type);
    return ask(std::move(request));
  }
  HttpResponse get(const std::string& target, const std::string& method = "GET") {
    return ask({.method = method, .target = target});
  }
  /// The answer, whenever it comes.
  HttpResponse ask(HttpRequest request) {
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

TEST_F(ApiTest, ping_says_pong) {
  EXPECT_EQ(get("/ping").body, "PONG");
  EXPECT_EQ(get("/ping", "HEAD").status, 200);
}

TEST_F(ApiTest, one_row_is_answered_by_an_object_and_an_array_by_an_array) {
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

TEST_F(ApiTest, csv_is_answered_by_csv) {
  const auto response =
      post("/predict", "kind,size\nblue,3\nred apple,\n", "text/csv; charset=utf-8");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.find("label,probability_no,probability_yes\n"), 0);
  EXPECT_EQ(std::ranges::count(response.body, '\n'), 3);
  problem_of(post("/predict", "kind,size\nblue\n", "text/csv"), 422);
}

TEST_F(ApiTest, errors_are_problem_details_of_the_right_code) {
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

TEST_F(ApiTest, methods_that_are_not_there_name_those_that_are) {
  problem_of(get("/predict"), 405);
  EXPECT_EQ(header(get("/predict"), "Allow"), "POST, OPTIONS");
  problem_of(get("/ping", "DELETE"), 405);
  EXPECT_EQ(get("/ping", "OPTIONS").status, 204);
  EXPECT_EQ(header(get("/ping", "OPTIONS"), "Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(ApiTest, query_and_absolute_form_do_not_matter) {
  EXPECT_EQ(get("/ping?x=1").body, "PONG");
  EXPECT_EQ(get("http://example.test:9/ping").body, "PONG");
}

TEST_F(ApiTest, models_cards_and_probes) {
  EXPECT_EQ(Json::parse(get("/models").body)["default"], "fruit");
  EXPECT_EQ(Json::parse(get("/models/fruit").body)["card"]["target"]["name"], "y");
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  api_.start_draining();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(ApiTest, openapi_names_columns_with_examples_that_are_answered) {
  const Json document = Json::parse(get("/openapi.json").body);
  EXPECT_EQ(document["openapi"], "3.1.0");
  const Json& row = document["components"]["schemas"]["fruit.Row"];
  EXPECT_EQ(row["required"], Json({"kind"}));
  EXPECT_TRUE(row["properties"]["kind"].contains("examples"));
  EXPECT_FALSE(row["properties"]["kind"].contains("enum"));
  EXPECT_EQ(post("/predict", row["examples"][0].dump()).status, 200);
}

}  // namespace
}  // namespace vitrine
