#pragma once

#include <cstddef>

#include <string>
#include <vector>

#include "config/schema/option_schema.hpp"

namespace kfs {

/// Of one consumer.
inline constexpr std::size_t most_processors = 64;

/// The declaration of POST's body: the mission's six fields, the id that a client may choose, and options. The
/// read-only fields of an answer are ignored.
object_schema consumer_creation_schema(const std::vector<std::string>& processor_types);

/// The declaration of PUT's body: every field may be absent, and there is no auto_start.
object_schema consumer_change_schema(const std::vector<std::string>& processor_types);

}  // namespace kfs
