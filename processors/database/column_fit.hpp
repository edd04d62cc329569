#pragma once

#include <optional>
#include <string>

#include "processors/database/columns.hpp"

namespace kfs {

/// Why the type of a column can hold no value that its source gives, and what to do about it; nullopt when it can hold
/// some. What depends on the record is not judged.
std::optional<std::string> misfit_of(const database_column& column);

}  // namespace kfs
