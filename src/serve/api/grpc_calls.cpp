// The calls of the Open Inference Protocol over gRPC, and of gRPC's health check.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/text.h"
#include "serve/api/grpc_adapter.h"
#include "serve/api/handlers.h"
#include "serve/api/inference.h"
#include "serve/api/inference.pb.h"
#include "serve/api/open_inference.h"
#include "serve/api/operator_calls.h"
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
        ErrorKind::malformed, "the message is not valid for this call",
        std::string(path_of(context.request.target)),
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
  for (std::string& version : entry.version_names()) response.add_versions(std::move(version));
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

/// Loads or unloads the model of the message, by `change`.
Answer change_repository(Services& services, const ContextPointer& context,
                         CompletionCallback& done, decltype(load_named)& change) {
  const auto asked = message_of<inference::RepositoryModelRequest>(*context);
  const std::string model = asked.model_name().empty() ? asked.first() : asked.model_name();
  CompletionCallback answer = [taken = std::move(done), model](HttpResponse response) mutable {
    if (response.status == 200) {
      inference::RepositoryModelResponse message;
      message.set_model_name(model);
      message.set_done(true);
      response.body = message.SerializeAsString();
    }
    taken(std::move(response));
  };
  return change(services, context, model, answer);
}

/// Chooses the model of a call about one model.
void choose_asked(RequestContext& context) {
  const auto asked = message_of<inference::ModelRequest>(context);
  choose_model(context, asked.name(), version_of(asked.version()));
}

}  // namespace

Answer grpc_server_live(Services&, const ContextPointer&, CompletionCallback&) {
  inference::ServerLiveResponse response;
  response.set_live(true);
  return message_answer(response);
}

Answer grpc_server_ready(Services& services, const ContextPointer&, CompletionCallback&) {
  inference::ServerReadyResponse response;
  response.set_ready(services.ready());
  return message_answer(response);
}

Answer grpc_server_metadata(Services&, const ContextPointer&, CompletionCallback&) {
  return server_metadata();
}

Answer grpc_infer(Services& services, const ContextPointer& context, CompletionCallback& done) {
  auto message = std::make_shared<inference::ModelInferRequest>(
      message_of<inference::ModelInferRequest>(*context));
  choose_model(*context, message->model_name(), version_of(message->model_version()));
  return infer(services, context, grpc_adapter(std::move(message), is_stream(context->request)),
               done);
}

Answer grpc_model_metadata(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_asked(*context);
  return model_metadata(*context->entry, *context->model);
}

Answer grpc_model_config(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_asked(*context);
  return model_config(*context->model);
}

/// Reports an unknown model as not ready, without an error.
Answer grpc_model_ready(Services&, const ContextPointer& context, CompletionCallback&) {
  const auto asked = message_of<inference::ModelRequest>(*context);
  inference::ModelReadyResponse response;
  try {
    choose_model(*context, asked.name(), version_of(asked.version()));
    response.set_ready(true);
  } catch (const HttpError&) {
    response.set_ready(false);
  }
  return message_answer(response);
}

Answer grpc_list_repository(Services&, const ContextPointer& context, CompletionCallback&) {
  const auto asked = message_of<inference::RepositoryIndexRequest>(*context);
  return index_of_repository(*context->catalogue, asked.ready());
}

Answer grpc_load_model(Services& services, const ContextPointer& context,
                       CompletionCallback& done) {
  return change_repository(services, context, done, load_named);
}

Answer grpc_unload_model(Services& services, const ContextPointer& context,
                         CompletionCallback& done) {
  return change_repository(services, context, done, unload_named);
}

/// gRPC's health check. The message's `service` is empty, the name of the inference service, or a
/// model name.
Answer grpc_check_health(Services& services, const ContextPointer& context, CompletionCallback&) {
  const auto asked = message_of<inference::HealthCheckRequest>(*context);
  inference::HealthCheckResponse response;
  if (!asked.service().empty() && asked.service() != kGrpcService) {
    if (services.options.keys && !context->admin &&
        context->caller.empty()) {  // the names of models are visible only with a key
      throw HttpError(404, "there is no such service", "the call",
                      "leave the service empty, or send an API key");
    }
    choose_model(*context, asked.service());
    context->model = nullptr;  // not a request to the model
  }
  constexpr int kServing = 1;
  constexpr int kNotServing = 2;
  response.set_status(services.ready() ? kServing : kNotServing);
  return message_answer(response);
}

Answer grpc_unknown_call(Services&, const ContextPointer& context, CompletionCallback&) {
  throw no_such_route(context->request, {});
}

}  // namespace vitrine::serve
