#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

// What is observed of one consumer. Each asks the supervisor for the consumer first: 404 where there is none.

void get_consumer_status(application_context& context, const exchange_ptr& exchanged);
/// JSON, or for clients that prefer it a stream of server-sent events.
void get_consumer_events(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
