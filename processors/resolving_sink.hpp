#pragma once

#include <functional>
#include <string>

#include "config/base/json.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// What a sink is made of whose config refers to secrets.
struct resolving_sink_parts {
  /// The config with its secrets, as they are now. It is valid and allowed. Errors: secret_unavailable.
  std::function<result<json>()> resolve;
  std::function<sink_ptr(const json& config)> make;
};

/// A sink whose secrets are looked up when it opens its destination: at its beginning, and again in the next call after
/// a failure. When they have changed since, the destination is opened by a new sink.
///
/// Errors: secret_unavailable while a secret is missing; else those of the sink that is made.
sink_ptr make_resolving_sink(resolving_sink_parts parts);

}  // namespace kfs
