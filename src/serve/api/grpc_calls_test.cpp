// Calls of gRPC at the API, without the transport.
#include <gtest/gtest.h>

#include <cstring>
#include <future>

#include "serve/api/grpc_adapter.h"
#include "serve/api/inference.pb.h"
#include "serve/api/test_host.h"

namespace vitrine::serve {
namespace {

class ApiGrpcTest : public testing::Test {
 protected:
  HttpResponse context(const std::string& name, const std::string& body,
                       Time deadline = Time::max()) {
    const std::string target = "/" + std::string(kGrpcService) + "/" + name;
    HttpRequest request{.method = "POST", .target = target, .body = body};
    request.grpc = true;
    request.deadline = deadline;
    std::promise<HttpResponse> promise;
    auto at_once = host_.api.handle(
        std::move(request), [&](HttpResponse response) { promise.set_value(std::move(response)); });
    return at_once ? std::move(*at_once) : promise.get_future().get();
  }
  template <typename Message>
  static Message message_of(const HttpResponse& response) {
    EXPECT_EQ(response.status, 200U) << response.body;
    Message message;
    EXPECT_TRUE(message.ParseFromString(response.body));
    return message;
  }
  /// A row of the model `fruit`: size 3, kind blue.
  static inference::ModelInferRequest fruit() {
    inference::ModelInferRequest request;
    request.set_model_name("fruit");
    request.set_id("r1");
    auto& size = *request.add_inputs();
    size.set_name("size");
    size.set_datatype("FP32");
    size.add_shape(1);
    size.mutable_contents()->add_fp32_contents(3);
    auto& kind = *request.add_inputs();
    kind.set_name("kind");
    kind.set_datatype("BYTES");
    kind.add_shape(1);
    kind.mutable_contents()->add_bytes_contents("blue");
    return request;
  }
  static inference::ModelInferRequest raw_fruit() {
    inference::ModelInferRequest request = fruit();
    for (auto& input : *request.mutable_inputs()) input.clear_contents();
    request.add_raw_input_contents(std::string("\0\0\x40\x40", 4));
    request.add_raw_input_contents(std::string("\4\0\0\0blue", 8));
    return request;
  }
  void refused(const inference::ModelInferRequest& request, unsigned status,
               const std::string& part) {
    const HttpResponse response = context("ModelInfer", request.SerializeAsString());
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_NE(response.body.find(part), std::string::npos) << response.body;
  }
  TestHost host_;
};

TEST_F(ApiGrpcTest, contents_get_contents_and_raw_bytes_get_raw_bytes) {
  const auto plain =
      message_of<inference::ModelInferResponse>(context("ModelInfer", fruit().SerializeAsString()));
  EXPECT_EQ(plain.model_name(), "fruit");
  EXPECT_EQ(plain.id(), "r1");
  ASSERT_EQ(plain.outputs_size(), 2);
  EXPECT_EQ(plain.raw_output_contents_size(), 0);
  const auto& probabilities = plain.outputs(1).contents().fp32_contents();
  ASSERT_EQ(probabilities.size(), 2);
  EXPECT_NEAR(probabilities[0] + probabilities[1], 1, 1e-6);

  const auto raw = message_of<inference::ModelInferResponse>(
      context("ModelInfer", raw_fruit().SerializeAsString()));
  ASSERT_EQ(raw.raw_output_contents_size(), 2);
  float first = 0;
  std::memcpy(&first, raw.raw_output_contents(1).data(), 4);
  EXPECT_EQ(first, probabilities[0]);
}

TEST_F(ApiGrpcTest, returns_only_requested_outputs) {
  auto request = fruit();
  request.add_outputs()->set_name("label");
  const auto answer =
      message_of<inference::ModelInferResponse>(context("ModelInfer", request.SerializeAsString()));
  ASSERT_EQ(answer.outputs_size(), 1);
  EXPECT_EQ(answer.outputs(0).name(), "label");
  request.mutable_outputs(0)->set_name("labels");
  refused(request, 422, "there is no output 'labels'");
}

TEST_F(ApiGrpcTest, invalid_messages_are_refused_with_an_explanation) {
  EXPECT_EQ(context("ModelInfer", "no message").status, 400U);
  auto request = fruit();
  request.set_model_name("vegetable");
  refused(request, 404, "there is no model 'vegetable'");
  request = fruit();
  request.set_model_version("7");
  refused(request, 404, "no version '7'");
  request = fruit();
  request.mutable_inputs(0)->set_shape(0, -1);
  refused(request, 422, "no valid shape");
  request = fruit();
  for (int i = 0; i < 4; ++i) request.mutable_inputs(0)->add_shape(1LL << 31);
  refused(request, 422, "no valid shape");
  request = fruit();
  request.mutable_inputs(0)->set_shape(0, 2);
  refused(request, 422, "not 2 elements");
  request = fruit();
  *request.add_inputs() = request.inputs(0);
  refused(request, 422, "given twice");
  request = fruit();
  request.mutable_inputs(0)->set_datatype("INT8");
  request.mutable_inputs(0)->mutable_contents()->add_int_contents(1000);
  refused(request, 422, "out of range for its datatype");
  request = raw_fruit();
  request.mutable_raw_input_contents()->RemoveLast();
  refused(request, 400, "raw_input_contents");
  request = raw_fruit();
  request.set_raw_input_contents(1, std::string("\xff\0\0\0blue", 8));
  refused(request, 400, "end too early");
}

TEST_F(ApiGrpcTest, deadlines_of_client_and_message_are_enforced) {
  EXPECT_EQ(context("ModelInfer", fruit().SerializeAsString(), Clock::now()).status, 504U);
  auto request = fruit();
  (*request.mutable_parameters())["timeout"].set_int64_param(1);
  refused(request, 504, "deadline");
}

TEST_F(ApiGrpcTest, errors_in_a_stream_are_messages) {
  const auto fine = message_of<inference::ModelStreamInferResponse>(
      context("ModelStreamInfer", fruit().SerializeAsString()));
  EXPECT_EQ(fine.infer_response().id(), "r1");
  auto request = fruit();
  request.set_model_name("vegetable");
  const HttpResponse response = context("ModelStreamInfer", request.SerializeAsString());
  inference::ModelStreamInferResponse message;
  ASSERT_TRUE(message.ParseFromString(response.body));
  EXPECT_NE(message.error_message().find("there is no model"), std::string::npos);
}

TEST_F(ApiGrpcTest, other_calls_are_not_counted_as_inference_requests) {
  EXPECT_TRUE(message_of<inference::ServerReadyResponse>(context("ServerReady", "")).ready());
  inference::ModelRequest asked;
  asked.set_name("fruit");
  EXPECT_TRUE(
      message_of<inference::ModelReadyResponse>(context("ModelReady", asked.SerializeAsString()))
          .ready());
  const auto metadata = message_of<inference::ModelMetadataResponse>(
      context("ModelMetadata", asked.SerializeAsString()));
  EXPECT_EQ(metadata.inputs_size(), 2);
  EXPECT_EQ(metadata.versions(0), "1");
  EXPECT_EQ(context("RepositoryModelUnload", "").status, 403U);
  EXPECT_EQ(context("SayHello", "").status, 501U);
  EXPECT_EQ(host_.metrics.text().find("vitrine_requests_total{"), std::string::npos);
  context("ModelInfer", fruit().SerializeAsString());
  EXPECT_NE(host_.metrics.text().find("vitrine_requests_total{"), std::string::npos);
}

}  // namespace
}  // namespace vitrine::serve
