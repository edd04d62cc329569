#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// Up as long as it can answer; asks nobody.
void liveness(application_context& context, const exchange_ptr& exchanged);
/// Ready while the store answers and the consumers are loaded; a failed consumer changes nothing.
void readiness(application_context& context, const exchange_ptr& exchanged);
/// Each part, each consumer and each processor.
void health(application_context& context, const exchange_ptr& exchanged);
void metrics_exposition(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
