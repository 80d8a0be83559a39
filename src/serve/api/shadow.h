// Shadow versions, which predict the same requests for comparison only.
#pragma once

#include "serve/api/protocol_adapter.h"

namespace vitrine::serve {

/// Queues the request for the shadow version of the model, if there is one, as idle work, and
/// records how its predictions differ from `given`. Never affects the response.
void ask_shadow(Scheduler& scheduler, const RequestContext& context, const ProtocolAdapter& adapter,
                const engine::Predictions& given);

}  // namespace vitrine::serve
