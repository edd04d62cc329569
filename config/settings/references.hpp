#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// A whole file, of which there may be at most 1 MiB. The error tells the path and what the system said.
result<std::string> read_small_file(const std::filesystem::path& file);

/// `text` with each `${env:NAME}` and `${file:/path}` replaced, wherever it stands. What a reference gives is taken as
/// it is: references in it are not followed, line ends at the end of a file are cut.
///
/// `variable` looks a name up; a variable that is empty counts as not set. The error names the reference that cannot
/// be resolved, never a value or another part of `text`.
result<std::string> resolve_references(std::string_view text,
                                       const std::function<std::optional<std::string>(const std::string&)>& variable);

}  // namespace kfs
