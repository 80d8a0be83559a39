#include "serve/api/lambda_event.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace vitrine::serve {
namespace {

TEST(LambdaEvent, reads_direct_events) {
  const auto customer = read_lambda_event(R"({"customer": {"tenure": 3, "customer": "x"}})");
  EXPECT_EQ(customer.target, "/predict");
  EXPECT_EQ(customer.body, R"({"tenure":3,"customer":"x"})");
  const auto image = read_lambda_event(R"({"image": "AAAA", "model": "a b", "explain": true})");
  EXPECT_EQ(image.target, "/models/a%20b/predict?explain=true");
  EXPECT_EQ(image.body, R"({"image":"AAAA"})");
  EXPECT_EQ(read_lambda_event(R"([{"tenure": 3}])").body, R"([{"tenure":3}])");
  // A row with a column named customer or model.
  EXPECT_EQ(read_lambda_event(R"({"customer": "x", "tenure": 3})").body,
            R"({"customer":"x","tenure":3})");
  EXPECT_EQ(read_lambda_event(R"({"model": "x"})").target, "/predict");
  for (const char* bad : {"", "{", "3", "\"text\"", "null"}) {
    EXPECT_THROW(read_lambda_event(bad), Error) << bad;
  }
}

TEST(LambdaEvent, reads_events_of_http_apis_and_function_urls) {
  const auto event = read_lambda_event(R"({"version": "2.0", "rawPath": "/prod/models/m/predict",
    "rawQueryString": "explain=true&x=%20", "headers": {"content-type": "image/jpeg"}, "body": "/9j/",
    "isBase64Encoded": true, "requestContext": {"stage": "prod", "http": {"method": "POST", "path": "/x"}}})");
  EXPECT_EQ(event.method, "POST");
  EXPECT_EQ(event.target, "/models/m/predict?explain=true&x=%20");
  EXPECT_EQ(event.body, "\xFF\xD8\xFF");
  EXPECT_EQ(event.request().header("Content-Type"), "image/jpeg");
  const auto root = read_lambda_event(R"({"version": "2.0", "rawPath": "/prod", "requestContext":
    {"stage": "prod", "http": {"method": "GET"}}})");
  EXPECT_EQ(root.target, "/");
  const auto plain =
      read_lambda_event(R"({"version": "2.0", "rawPath": "/production", "requestContext":
    {"stage": "$default", "http": {"method": "GET"}}})");
  EXPECT_EQ(plain.target, "/production");
}

TEST(LambdaEvent, reads_events_of_rest_apis_and_load_balancers) {
  const auto rest = read_lambda_event(R"({"httpMethod": "GET", "path": "/models",
    "multiValueQueryStringParameters": {"a": ["1 &", "2"]}, "queryStringParameters": {"a": "2"},
    "headers": null, "body": null, "isBase64Encoded": false, "requestContext": {"stage": "prod"}})");
  EXPECT_EQ(rest.target, "/models?a=1%20%26&a=2");
  EXPECT_EQ(rest.form, LambdaEvent::Form::http);
  const auto balancer = read_lambda_event(R"({"httpMethod": "POST", "path": "/predict",
    "multiValueQueryStringParameters": {"a": ["1%20"]}, "multiValueHeaders": {"x": ["1", "2"]},
    "body": "{}", "requestContext": {"elb": {}}})");
  EXPECT_EQ(balancer.target, "/predict?a=1%20");
  EXPECT_EQ(balancer.headers.size(), 2U);
  bool failed = true;
  const Json answer = Json::parse(lambda_answer(balancer, {.status = 200, .body = "{}"}, failed));
  EXPECT_FALSE(failed);
  EXPECT_EQ(answer["multiValueHeaders"]["Content-Type"][0], "application/json");
  EXPECT_THROW(read_lambda_event(R"({"rawPath": "/", "requestContext": {}})"), Error);
  EXPECT_THROW(
      read_lambda_event(R"({"httpMethod": "POST", "path": "/", "requestContext": {}, "body": "?",
    "isBase64Encoded": true})"),
      Error);
}

TEST(LambdaEvent, refuses_malformed_events) {
  for (const char* context : {"\"text\"", "5", "null", "[1]", "true", "{\"http\": 3}"}) {
    EXPECT_THROW(read_lambda_event(R"({"rawPath": "/ping", "requestContext": )" +
                                   std::string(context) + "}"),
                 Error)
        << context;
  }
  EXPECT_THROW(read_lambda_event(std::string(1'000'000, '[')), Error);
  std::string deep;
  for (int i = 0; i < 300'000; ++i) deep += "{\"a\":";
  EXPECT_THROW(read_lambda_event(deep), Error);
}

TEST(LambdaEvent, writes_results_in_the_callers_format) {
  bool failed = false;
  const LambdaEvent direct;
  EXPECT_EQ(lambda_answer(direct, {.status = 200, .body = "{\"a\":1}"}, failed), "{\"a\":1}");
  EXPECT_FALSE(failed);
  const Json error = Json::parse(lambda_answer(
      direct, {.status = 422, .body = R"({"detail": "what", "hint": "how"})"}, failed));
  EXPECT_TRUE(failed);
  EXPECT_EQ(error["errorMessage"], "what; how");
  EXPECT_EQ(error["errorType"], "Status422");
  LambdaEvent http;
  http.form = LambdaEvent::Form::http;
  const Json binary = Json::parse(
      lambda_answer(http, {.status = 404, .content_type = "image/png", .body = "\x89PNG"}, failed));
  EXPECT_FALSE(failed);
  EXPECT_EQ(binary["statusCode"], 404);
  EXPECT_EQ(binary["isBase64Encoded"], true);
  EXPECT_EQ(binary["body"], "iVBORw==");
}

}  // namespace
}  // namespace vitrine::serve
