// A shadow answers the same requests for comparison only.
#pragma once

#include "api/exchange.h"

namespace vitrine {

/// Asks the shadow of the call's model, if it has one, when the server has nothing else to
/// do; counts where its answers differ. Nothing of it reaches the client.
void ask_shadow(Scheduler& scheduler, const Call& call, const Exchange& exchange,
                const Predictions& given);

}  // namespace vitrine
