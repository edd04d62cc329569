#pragma once

#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// "stopped", "started".
std::string_view to_string(target_state target) noexcept;

/// A whole spec as stores keep it in a history. Holds secrets.
json spec_to_json(const consumer_spec& spec);

/// Reads what spec_to_json() wrote. Errors: json::exception where it did not write it.
consumer_spec spec_from_json(const json& stored);

}  // namespace kfs
