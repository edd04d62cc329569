#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "config/consumers/change.hpp"
#include "config/schema/option_schema.hpp"
#include "config/settings/settings.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// A T, or every mistake that the body has.
template <class T>
using validated = tl::expected<T, std::vector<violation>>;

/// What bodies are checked against besides their declaration. Owned by main.
struct body_rules {
  const settings& configured;
  const sink_environment& sinks;
};

/// Reads the body of POST /consumers.
validated<consumer_request> read_creation(const json& body, const body_rules& rules);

/// Reads the body of PUT /consumers/{id}. A masked secret that comes back takes its value from `stored`: of the
/// processor with the same id, else of one that is equal but for the mask, else of the one in the same place.
validated<consumer_change> read_change(const json& body, const consumer_spec& stored, const body_rules& rules);

}  // namespace kfs
