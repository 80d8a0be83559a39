// Runs an inference request on the model that was chosen.
#pragma once

#include "serve/api/route.h"
#include "serve/api/services.h"

namespace vitrine::serve {

/// Runs the request in one of three ways: small tables on the caller's thread, photos through the
/// photo queue, the rest on a worker. With `head_only` nothing runs. Never throws.
Answer infer(Services& services, const ContextPointer& context,
             const std::shared_ptr<ProtocolAdapter>& adapter, CompletionCallback& done);

}  // namespace vitrine::serve
