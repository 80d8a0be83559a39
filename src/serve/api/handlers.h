// The handlers of the route table (routes.cpp), by the file that defines them. Each is a Handler
// (route.h).
#pragma once

#include "serve/api/route.h"
#include "serve/api/services.h"

namespace vitrine::serve {

#define VITRINE_HANDLER(name) Answer name(Services&, const ContextPointer&, CompletionCallback&)

// pages.cpp
VITRINE_HANDLER(ping);
VITRINE_HANDLER(front_page);
VITRINE_HANDLER(docs_page);
VITRINE_HANDLER(file_of_page);
VITRINE_HANDLER(live);
VITRINE_HANDLER(ready);
VITRINE_HANDLER(metrics_page);
VITRINE_HANDLER(openapi);

// native_calls.cpp
VITRINE_HANDLER(list_models);
VITRINE_HANDLER(describe_model);
VITRINE_HANDLER(predict_first_model);
VITRINE_HANDLER(predict);
VITRINE_HANDLER(take_feedback);

// open_inference_calls.cpp: the Open Inference Protocol, /v2
VITRINE_HANDLER(oip_server);
VITRINE_HANDLER(oip_live);
VITRINE_HANDLER(oip_ready);
VITRINE_HANDLER(list_names);
VITRINE_HANDLER(oip_model);
VITRINE_HANDLER(oip_model_ready);
VITRINE_HANDLER(oip_config);
VITRINE_HANDLER(oip_infer);

// tensorflow_calls.cpp: TensorFlow Serving, /v1
VITRINE_HANDLER(tfs_status);
VITRINE_HANDLER(tfs_metadata);
VITRINE_HANDLER(tfs_predict);
VITRINE_HANDLER(tfs_unknown_verb);

// operator_calls.cpp
VITRINE_HANDLER(list_repository);
VITRINE_HANDLER(load_model);
VITRINE_HANDLER(unload_model);
VITRINE_HANDLER(reload_models);
VITRINE_HANDLER(change_routing);

// grpc_calls.cpp
VITRINE_HANDLER(grpc_check_health);
VITRINE_HANDLER(grpc_unknown_call);
VITRINE_HANDLER(grpc_server_live);
VITRINE_HANDLER(grpc_server_ready);
VITRINE_HANDLER(grpc_server_metadata);
VITRINE_HANDLER(grpc_model_ready);
VITRINE_HANDLER(grpc_model_metadata);
VITRINE_HANDLER(grpc_model_config);
VITRINE_HANDLER(grpc_infer);
VITRINE_HANDLER(grpc_list_repository);
VITRINE_HANDLER(grpc_load_model);
VITRINE_HANDLER(grpc_unload_model);

#undef VITRINE_HANDLER

}  // namespace vitrine::serve
