// The calls of the Open Inference Protocol over HTTP (/v2).
#include "serve/api/handlers.h"
#include "serve/api/inference.h"
#include "serve/api/open_inference.h"

namespace vitrine::serve {

Answer oip_server(Services&, const ContextPointer&, CompletionCallback&) {
  return json_answer(open_inference_server());
}

Answer oip_live(Services&, const ContextPointer&, CompletionCallback&) {
  return json_answer({{"live", true}});
}

Answer oip_ready(Services& services, const ContextPointer&, CompletionCallback&) {
  const bool fine = services.ready();
  HttpResponse response = json_answer({{"ready", fine}});
  if (!fine) response.status = 503;
  return response;
}

Answer list_names(Services&, const ContextPointer& context, CompletionCallback&) {
  return json_answer({{"models", context->catalogue->names()}});
}

Answer oip_model(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  return json_answer(open_inference_model(*context->entry, *context->model));
}

Answer oip_model_ready(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  return json_answer({{"name", context->model->name}, {"ready", true}});
}

Answer oip_config(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  return json_answer(open_inference_config(*context->model));
}

Answer oip_infer(Services& services, const ContextPointer& context, CompletionCallback& done) {
  choose_model_of_path(*context);
  return infer(services, context, open_inference_adapter(), done);
}

}  // namespace vitrine::serve
