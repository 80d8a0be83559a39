#include "serve/api/handlers.h"

namespace vitrine::serve {
namespace {

using enum Access;

constexpr bool kInference = true;
constexpr bool kNoInference = false;

constexpr Route kHttp[] = {
    {"GET", "/ping", anyone, kNoInference, ping, "ping", "PONG", "text/plain"},
    {"POST", "/predict", key, kInference, predict_first_model},
    {"POST", "/models/{model}/predict", key, kInference, predict},
    {"POST", "/models/{model}/versions/{version}/predict", key, kInference, predict},
    {"POST", "/models/{model}/labels/{label}/predict", key, kInference, predict},
    {"POST", "/models/{model}/feedback", key, kNoInference, take_feedback},
    {"GET", "/models", key, kNoInference, list_models, "models", "The models"},
    {"GET", "/models/{model}", key, kNoInference, describe_model, "card", "The card of {model}"},
    {"GET", "/models/{model}/versions/{version}", key, kNoInference, describe_model},
    {"GET", "/livez", anyone, kNoInference, live, "livez", "Whether the process is alive"},
    {"GET", "/readyz", anyone, kNoInference, ready, "readyz", "Whether all models are ready"},
    {"GET", "/metrics", key, kNoInference, metrics_page, "metrics", "Metrics for Prometheus",
     "text/plain"},
    {"GET", "/openapi.json", key, kNoInference, openapi, "openapi", "This document"},
    {"GET", "/", anyone, kNoInference, front_page},
    {"GET", "/docs", anyone, kNoInference, docs_page},
    {"GET", "/ui/{file}", anyone, kNoInference, file_of_page},

    {"POST", "/v1/models/{model}:predict", key, kInference, tfs_predict},
    {"POST", "/v1/models/{model}/versions/{version}:predict", key, kInference, tfs_predict},
    {"POST", "/v1/models/{model}/labels/{label}:predict", key, kInference, tfs_predict},
    {"", "/v1/models/{model}:{verb}", key, kNoInference, tfs_unknown_verb},
    {"", "/v1/models/{model}/versions/{version}:{verb}", key, kNoInference, tfs_unknown_verb},
    {"", "/v1/models/{model}/labels/{label}:{verb}", key, kNoInference, tfs_unknown_verb},
    {"GET", "/v1/models", key, kNoInference, list_names},
    {"GET", "/v1/models/{model}", key, kNoInference, tfs_status, "v1_status",
     "The state of {model}"},
    {"GET", "/v1/models/{model}/versions/{version}", key, kNoInference, tfs_status},
    {"GET", "/v1/models/{model}/labels/{label}", key, kNoInference, tfs_status},
    {"GET", "/v1/models/{model}/metadata", key, kNoInference, tfs_metadata, "v1_metadata",
     "The signature of {model}"},
    {"GET", "/v1/models/{model}/versions/{version}/metadata", key, kNoInference, tfs_metadata},
    {"GET", "/v1/models/{model}/labels/{label}/metadata", key, kNoInference, tfs_metadata},

    {"POST", "/v2/models/{model}/infer", key, kInference, oip_infer},
    {"POST", "/v2/models/{model}/versions/{version}/infer", key, kInference, oip_infer},
    {"GET", "/v2", key, kNoInference, oip_server, "v2_server",
     "The server, in the Open Inference Protocol"},
    {"GET", "/v2/health/live", anyone, kNoInference, oip_live, "v2_live",
     "Whether the process is alive"},
    {"GET", "/v2/health/ready", anyone, kNoInference, oip_ready, "v2_ready",
     "Whether all models are ready"},
    {"GET", "/v2/models", key, kNoInference, list_names},
    {"GET", "/v2/models/{model}", key, kNoInference, oip_model, "v2_metadata",
     "Inputs and outputs of {model}"},
    {"GET", "/v2/models/{model}/versions/{version}", key, kNoInference, oip_model},
    {"GET", "/v2/models/{model}/", key, kNoInference, oip_model},
    {"GET", "/v2/models/{model}/versions/{version}/", key, kNoInference, oip_model},
    {"GET", "/v2/models/{model}/ready", key, kNoInference, oip_model_ready, "v2_ready",
     "Whether {model} is ready"},
    {"GET", "/v2/models/{model}/versions/{version}/ready", key, kNoInference, oip_model_ready},
    {"GET", "/v2/models/{model}/config", key, kNoInference, oip_config},
    {"GET", "/v2/models/{model}/versions/{version}/config", key, kNoInference, oip_config},
    {"POST", "/v2/repository/index", key, kNoInference, list_repository},
    {"POST", "/v2/repository/models/{model}/load", administrator, kNoInference, load_model},
    {"POST", "/v2/repository/models/{model}/unload", administrator, kNoInference, unload_model},

    {"POST", "/admin/reload", administrator, kNoInference, reload_models},
    {"POST", "/admin/models/{model}/load", administrator, kNoInference, load_model},
    {"POST", "/admin/models/{model}/unload", administrator, kNoInference, unload_model},
    {"PUT", "/admin/models/{model}/routing", administrator, kNoInference, change_routing},
};

#define VITRINE_OIP "/inference.GRPCInferenceService/"

constexpr Route kGrpc[] = {
    {"", VITRINE_OIP "ModelInfer", key, kInference, grpc_infer},
    {"", VITRINE_OIP "ModelStreamInfer", key, kInference, grpc_infer},
    {"", VITRINE_OIP "ServerLive", anyone, kNoInference, grpc_server_live},
    {"", VITRINE_OIP "ServerReady", anyone, kNoInference, grpc_server_ready},
    {"", VITRINE_OIP "ServerMetadata", key, kNoInference, grpc_server_metadata},
    {"", VITRINE_OIP "ModelReady", key, kNoInference, grpc_model_ready},
    {"", VITRINE_OIP "ModelMetadata", key, kNoInference, grpc_model_metadata},
    {"", VITRINE_OIP "ModelConfig", key, kNoInference, grpc_model_config},
    {"", VITRINE_OIP "RepositoryIndex", key, kNoInference, grpc_list_repository},
    {"", VITRINE_OIP "RepositoryModelLoad", administrator, kNoInference, grpc_load_model},
    {"", VITRINE_OIP "RepositoryModelUnload", administrator, kNoInference, grpc_unload_model},
    {"", "/grpc.health.v1.Health/Check", optional_key, kNoInference, grpc_check_health},
    // Not 401 without a key: clients turn health checks off at UNIMPLEMENTED (gRFC A17).
    {"", "/grpc.health.v1.Health/{call}", optional_key, kNoInference, grpc_unknown_call},
};

#undef VITRINE_OIP

}  // namespace

std::span<const Route> http_routes() { return kHttp; }
std::span<const Route> grpc_routes() { return kGrpc; }

}  // namespace vitrine::serve
