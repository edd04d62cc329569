#pragma once

#include "processors/sink_registry.hpp"

namespace kfs {

/// Sends every record to an HTTP endpoint, at least once.
sink_type streaming_forwarder_type();

}  // namespace kfs
