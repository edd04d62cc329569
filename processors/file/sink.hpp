#pragma once

#include "processors/sink_registry.hpp"

namespace kfs {

/// `file_sink`: appends the value of every record to a file, one a line.
sink_type file_sink_type();

}  // namespace kfs
