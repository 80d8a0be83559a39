// The calls of TensorFlow Serving's REST API (/v1).
#include "serve/api/handlers.h"
#include "serve/api/inference.h"
#include "serve/api/tensorflow_serving.h"

namespace vitrine::serve {

Answer tfs_status(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  const bool pinned = context->part("version") != nullptr || context->part("label") != nullptr;
  return json_answer(tensorflow_status(*context->entry, pinned ? context->model.get() : nullptr));
}

Answer tfs_metadata(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  return json_answer(tensorflow_metadata(*context->model));
}

Answer tfs_predict(Services& services, const ContextPointer& context, CompletionCallback& done) {
  choose_model_of_path(*context);
  return infer(services, context, tensorflow_adapter(), done);
}

Answer tfs_unknown_verb(Services&, const ContextPointer& context, CompletionCallback&) {
  choose_model_of_path(*context);
  throw HttpError(404, "':" + shown(*context->part("verb")) + "' is not supported",
                  shown(path_of(context->request.target)), "use POST and :predict");
}

}  // namespace vitrine::serve
