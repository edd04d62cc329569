#pragma once

#include <string>

#include "processors/sink.hpp"

namespace kfs {

/// A sink in place of one whose stored options are not valid. Every call returns sink_denied with what is wrong.
sink_ptr make_invalid_sink(const std::string& mistake);

}  // namespace kfs
