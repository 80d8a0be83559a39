// Loading and unloading of models by name, for the calls of all protocols.
#pragma once

#include "serve/api/route.h"

namespace vitrine::serve {

/// With `head_only` nothing happens. The caller has checked the rights.
Answer load_named(Services& services, const ContextPointer& context, const std::string& name,
                  CompletionCallback& done);
Answer unload_named(Services& services, const ContextPointer& context, const std::string& name,
                    CompletionCallback& done);

}  // namespace vitrine::serve
