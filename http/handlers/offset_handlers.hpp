#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// PUT /consumers/{consumer_id}/offsets: where the consumer's group goes on.
void put_offsets(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
