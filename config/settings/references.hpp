#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"

namespace kfs {

/// The content of a regular file of at most 1 MiB. Does not wait for a writer. The error names the path and the reason.
result<std::string> read_small_file(const std::filesystem::path& file);

/// `text` with each `${env:NAME}` and `${file:/path}` replaced. References inside the replacement are not followed;
/// line ends at the end of a file are cut.
///
/// `variable` looks up a variable; an empty one counts as not set. The files that are read are added to `files`. The
/// error names the reference that cannot be resolved, and repeats no value and no other part of `text`.
result<std::string> resolve_references(std::string_view text,
                                       const std::function<std::optional<std::string>(const std::string&)>& variable,
                                       std::vector<std::filesystem::path>& files);

}  // namespace kfs
