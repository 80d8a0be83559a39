// Calls of the Open Inference Protocol over gRPC, of gRPC's health check, and which path goes
// where.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "api/api.h"
#include "api/grpc_exchange.h"
#include "api/http_error.h"
#include "api/inference.pb.h"
#include "api/open_inference.h"
#include "api/route.h"
#include "api/tensor_rows.h"
#include "base/text.h"

namespace vitrine {
namespace {

/// A message of a few bytes an element unpacks to a hundred times its size: elements are counted
/// before.
void check_elements(std::string_view bytes) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  std::size_t count = 0;
  while (const std::uint32_t tag = stream.ReadTag()) {
    if (!google::protobuf::internal::WireFormatLite::SkipField(&stream, tag))
      return;  // parsing says
    if (++count > 3 * kMostInputs) {
      throw Error(ErrorKind::bad_input,
                  "the message has more than " + with_commas(3 * kMostInputs) + " parts",
                  "the request", "send only the inputs that the model's metadata lists");
    }
  }
}

/// The call's message. Throws Error(malformed).
template <typename Message>
Message message_of(const Call& call) {
  Message message;
  check_elements(call.request.body);
  if (!message.ParseFromArray(call.request.body.data(),
                              static_cast<int>(call.request.body.size()))) {
    throw Error(ErrorKind::malformed, "the message is none of this call", call.path.back(),
                "make clients from src/api/inference.proto, or use those of Triton and KServe");
  }
  return message;
}

HttpResponse message_answer(const google::protobuf::MessageLite& message) {
  return {.content_type = "application/grpc", .body = message.SerializeAsString()};
}

std::optional<std::string_view> version_of(const std::string& version) {
  return version.empty() ? std::nullopt : std::optional<std::string_view>(version);
}

HttpResponse server_metadata() {
  const Json json = open_inference_server();
  inference::ServerMetadataResponse response;
  response.set_name(json["name"].get<std::string>());
  response.set_version(json["version"].get<std::string>());
  for (const Json& one : json["extensions"]) response.add_extensions(one.get<std::string>());
  return message_answer(response);
}

HttpResponse model_metadata(const CatalogueEntry& entry, const ServedModel& model) {
  inference::ModelMetadataResponse response;
  response.set_name(model.name);
  response.set_platform(kPlatform);
  for (const auto& [number, one] : entry.versions) response.add_versions(std::to_string(number));
  const auto add = [](auto& list, const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) {
      auto& one = *list.Add();
      one.set_name(spec.name);
      one.set_datatype(std::string(datatype_name(spec.type)));
      one.mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
    }
  };
  add(*response.mutable_inputs(), input_specs(model));
  add(*response.mutable_outputs(), output_specs(model));
  return message_answer(response);
}

/// Triton's number of a datatype: its enumeration has them in TensorType's order, from 1 on.
int config_type(TensorType type) {
  static_assert(static_cast<int>(TensorType::u8) == 1 && static_cast<int>(TensorType::text) == 12);
  return static_cast<int>(type) + 1;
}

HttpResponse model_config(const ServedModel& model) {
  inference::ModelConfigResponse response;
  auto& config = *response.mutable_config();
  config.set_name(model.name);
  config.set_platform(kPlatform);
  config.set_backend("vitrine");
  const auto add = [](auto& list, const std::vector<TensorSpec>& specs) {
    for (const TensorSpec& spec : specs) {
      auto& one = *list.Add();
      one.set_name(spec.name);
      one.set_data_type(config_type(spec.type));
      one.mutable_dims()->Add(spec.shape.begin(), spec.shape.end());
    }
  };
  add(*config.mutable_input(), input_specs(model));
  add(*config.mutable_output(), output_specs(model));
  return message_answer(response);
}

HttpResponse index_of_repository(const Catalogue& catalogue, bool ready_only) {
  inference::RepositoryIndexResponse response;
  for (const Json& one : repository_index(catalogue, ready_only)) {
    auto& model = *response.add_models();
    model.set_name(one["name"].get<std::string>());
    model.set_version(one["version"].get<std::string>());
    model.set_state(one["state"].get<std::string>());
    model.set_reason(one["reason"].get<std::string>());
  }
  return message_answer(response);
}

HttpError no_such_call(const Call& call) {
  return {501, "there is no such call", shown(call.request.target),
          "there are those of " + std::string(kGrpcService) + " and " +
              std::string(kHealthService) + "/Check"};
}

}  // namespace

Api::Answer Api::dispatch_grpc(const CallPointer& call, Later& later) {
  const bool fine = store_.ready() && !draining_;
  if (is(*call, {kHealthService, "Check"})) return check_health(*call, fine);
  if (call->path.size() != 2 || call->path[0] != kGrpcService) throw no_such_call(*call);
  const std::string& name = call->path[1];
  if (name == "ServerLive") {
    inference::ServerLiveResponse response;
    response.set_live(true);
    return message_answer(response);
  }
  if (name == "ServerReady") {
    inference::ServerReadyResponse response;
    response.set_ready(fine);
    return message_answer(response);
  }
  if (name == "ServerMetadata") return server_metadata();
  if (name == "ModelInfer" || name == "ModelStreamInfer") {
    auto message = std::make_shared<inference::ModelInferRequest>(
        message_of<inference::ModelInferRequest>(*call));
    choose(*call, message->model_name(), version_of(message->model_version()));
    return ask(call, grpc_exchange(std::move(message), is_stream(call->request)), later);
  }
  if (name == "ModelReady" || name == "ModelMetadata" || name == "ModelConfig") {
    const auto asked = message_of<inference::ModelRequest>(*call);
    if (name == "ModelReady") return model_ready(*call, asked.name(), asked.version());
    choose(*call, asked.name(), version_of(asked.version()));
    return name == "ModelConfig" ? model_config(*call->model)
                                 : model_metadata(*call->entry, *call->model);
  }
  if (name == "RepositoryIndex") {
    const auto asked = message_of<inference::RepositoryIndexRequest>(*call);
    return index_of_repository(*call->catalogue, asked.ready());
  }
  if (name == "RepositoryModelLoad" || name == "RepositoryModelUnload") {
    return change_repository(call, later, name == "RepositoryModelLoad");
  }
  throw no_such_call(*call);
}

/// `service`: empty, the inference service's name, or a model's.
HttpResponse Api::check_health(Call& call, bool fine) const {
  const auto asked = message_of<inference::HealthCheckRequest>(call);
  inference::HealthCheckResponse response;
  if (!asked.service().empty() && asked.service() != kGrpcService) {
    if (options_.keys && !call.admin &&
        call.caller.empty()) {  // which models there are is no secret to keys alone
      throw HttpError(404, "no such service", "the call",
                      "ask for the server as a whole, or send an API key");
    }
    choose(call, asked.service());
    call.model = nullptr;  // it was not asked anything
  }
  constexpr int kServing = 1;
  constexpr int kNotServing = 2;
  response.set_status(fine ? kServing : kNotServing);
  return message_answer(response);
}

/// A model that is not there is not ready; only the call itself may fail.
HttpResponse Api::model_ready(Call& call, const std::string& name,
                              const std::string& version) const {
  inference::ModelReadyResponse response;
  try {
    choose(call, name, version_of(version));
    response.set_ready(true);
  } catch (const HttpError&) {
    response.set_ready(false);
  }
  return message_answer(response);
}

Api::Answer Api::change_repository(const CallPointer& call, Later& later, bool load) {
  const auto asked = message_of<inference::RepositoryModelRequest>(*call);
  const std::string model = asked.model_name().empty() ? asked.first() : asked.model_name();
  call->path = {"v2", "repository", "models", model, load ? "load" : "unload"};
  Later answer = [taken = std::move(later), model](HttpResponse response) mutable {
    if (response.status == 200) {
      inference::RepositoryModelResponse message;
      message.set_model_name(model);
      message.set_done(true);
      response.body = message.SerializeAsString();
    }
    taken(std::move(response));
  };
  return administer(call, answer, call->path[4]);
}

}  // namespace vitrine
