// The calls of the Open Inference Protocol over gRPC and of gRPC's health check, and their
// dispatch.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/text.h"
#include "serve/api/api.h"
#include "serve/api/grpc_adapter.h"
#include "serve/api/http_error.h"
#include "serve/api/inference.pb.h"
#include "serve/api/open_inference.h"
#include "serve/api/route.h"
#include "serve/api/tensor_rows.h"

namespace vitrine::serve {
namespace {

/// Limits the number of fields before parsing: a message of many tiny elements takes a hundred
/// times its size in memory when it is parsed. Throws Error(bad_input).
void check_elements(std::string_view bytes) {
  google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                static_cast<int>(bytes.size()));
  std::size_t count = 0;
  while (const std::uint32_t tag = stream.ReadTag()) {
    if (!google::protobuf::internal::WireFormatLite::SkipField(&stream, tag))
      return;  // the parser will report it
    if (++count > 3 * kMostInputs) {
      throw Error(ErrorKind::bad_input,
                  "the message has more than " + with_commas(3 * kMostInputs) + " fields",
                  "the request", "send only the inputs that the model's metadata lists");
    }
  }
}

/// The call's message. Throws Error(malformed).
template <typename Message>
Message message_of(const RequestContext& context) {
  Message message;
  check_elements(context.request.body);
  if (!message.ParseFromArray(context.request.body.data(),
                              static_cast<int>(context.request.body.size()))) {
    throw Error(
        ErrorKind::malformed, "the message is not valid for this call", context.path.back(),
        "generate clients from src/serve/api/inference.proto, or use those of Triton and KServe");
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
  const auto add = [](auto& list, const std::vector<engine::TensorSpec>& specs) {
    for (const engine::TensorSpec& spec : specs) {
      auto& one = *list.Add();
      one.set_name(spec.name);
      one.set_datatype(std::string(engine::datatype_name(spec.type)));
      one.mutable_shape()->Add(spec.shape.begin(), spec.shape.end());
    }
  };
  add(*response.mutable_inputs(), input_specs(model));
  add(*response.mutable_outputs(), output_specs(model));
  return message_answer(response);
}

/// Triton's number of a datatype: its enumeration has the order of TensorType, from 1 on.
int config_type(engine::TensorType type) {
  static_assert(static_cast<int>(engine::TensorType::u8) == 1 &&
                static_cast<int>(engine::TensorType::text) == 12);
  return static_cast<int>(type) + 1;
}

HttpResponse model_config(const ServedModel& model) {
  inference::ModelConfigResponse response;
  auto& config = *response.mutable_config();
  config.set_name(model.name);
  config.set_platform(kPlatform);
  config.set_backend("vitrine");
  const auto add = [](auto& list, const std::vector<engine::TensorSpec>& specs) {
    for (const engine::TensorSpec& spec : specs) {
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

HttpError no_such_call(const RequestContext& context) {
  return {501, "there is no such call", shown(context.request.target),
          "use the calls of " + std::string(kGrpcService) + " or " + std::string(kHealthService) +
              "/Check"};
}

}  // namespace

Api::Answer Api::dispatch_grpc(const ContextPointer& context, CompletionCallback& done) {
  const bool fine = store_.ready() && !draining_;
  if (path_matches(*context, {kHealthService, "Check"})) return check_health(*context, fine);
  if (context->path.size() != 2 || context->path[0] != kGrpcService) throw no_such_call(*context);
  const std::string& name = context->path[1];
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
        message_of<inference::ModelInferRequest>(*context));
    choose(*context, message->model_name(), version_of(message->model_version()));
    return infer(context, grpc_adapter(std::move(message), is_stream(context->request)), done);
  }
  if (name == "ModelReady" || name == "ModelMetadata" || name == "ModelConfig") {
    const auto asked = message_of<inference::ModelRequest>(*context);
    if (name == "ModelReady") return model_ready(*context, asked.name(), asked.version());
    choose(*context, asked.name(), version_of(asked.version()));
    return name == "ModelConfig" ? model_config(*context->model)
                                 : model_metadata(*context->entry, *context->model);
  }
  if (name == "RepositoryIndex") {
    const auto asked = message_of<inference::RepositoryIndexRequest>(*context);
    return index_of_repository(*context->catalogue, asked.ready());
  }
  if (name == "RepositoryModelLoad" || name == "RepositoryModelUnload") {
    return change_repository(context, done, name == "RepositoryModelLoad");
  }
  throw no_such_call(*context);
}

/// gRPC's health check. The message's `service` is empty, the name of the inference service, or a
/// model name.
HttpResponse Api::check_health(RequestContext& context, bool fine) const {
  const auto asked = message_of<inference::HealthCheckRequest>(context);
  inference::HealthCheckResponse response;
  if (!asked.service().empty() && asked.service() != kGrpcService) {
    if (options_.keys && !context.admin &&
        context.caller.empty()) {  // the names of models are visible only with a key
      throw HttpError(404, "there is no such service", "the call",
                      "leave the service empty, or send an API key");
    }
    choose(context, asked.service());
    context.model = nullptr;  // not a request to the model
  }
  constexpr int kServing = 1;
  constexpr int kNotServing = 2;
  response.set_status(fine ? kServing : kNotServing);
  return message_answer(response);
}

/// Reports an unknown model as not ready, without an error.
HttpResponse Api::model_ready(RequestContext& context, const std::string& name,
                              const std::string& version) const {
  inference::ModelReadyResponse response;
  try {
    choose(context, name, version_of(version));
    response.set_ready(true);
  } catch (const HttpError&) {
    response.set_ready(false);
  }
  return message_answer(response);
}

Api::Answer Api::change_repository(const ContextPointer& context, CompletionCallback& done,
                                   bool load) {
  const auto asked = message_of<inference::RepositoryModelRequest>(*context);
  const std::string model = asked.model_name().empty() ? asked.first() : asked.model_name();
  context->path = {"v2", "repository", "models", model, load ? "load" : "unload"};
  CompletionCallback answer = [taken = std::move(done), model](HttpResponse response) mutable {
    if (response.status == 200) {
      inference::RepositoryModelResponse message;
      message.set_model_name(model);
      message.set_done(true);
      response.body = message.SerializeAsString();
    }
    taken(std::move(response));
  };
  return administer(context, answer, context->path[4]);
}

}  // namespace vitrine::serve
