#pragma once

#include <vector>

#include "config/consumers/change.hpp"
#include "config/schema/option_schema.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// Checks what the declaration of the list leaves open: each config against its type, ids named twice, masks without a
/// secret behind them, what `instances` members of a group cannot share. Items of the wrong shape are passed over; the
/// declaration has refused them.
void check_processors(const json& list, const json& loc, const sink_environment& sinks, std::int64_t instances,
                      std::vector<violation>& found);

/// A copy of the list in which masked secrets have their stored value again; of any shape.
json unmasked_processors(const json& list, const std::vector<processor_spec>& stored);

/// The typed form of a checked list.
std::vector<requested_processor> requested_processors(const json& checked);

}  // namespace kfs
