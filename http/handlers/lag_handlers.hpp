#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

// How far a consumer, or a group, is behind, with a verdict: the cluster is asked each time. And how that was before.

/// GET /consumers/{consumer_id}/lag
void consumer_lag(application_context& context, const exchange_ptr& exchanged);
/// GET /consumers/{consumer_id}/history
void consumer_history(application_context& context, const exchange_ptr& exchanged);
/// GET /consumergroups/{group_id}/lag
void group_lag(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
