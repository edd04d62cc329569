#pragma once

#include <optional>
#include <string>

#include "actors/core/revision_condition.hpp"
#include "config/base/error.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// The condition that an If-Match header sets, for a command that is checked later.
revision_condition read_if_match(const std::optional<std::string>& if_match, const std::string& subject);

/// Checks an If-Match header (RFC 9110, section 13.1.1) against the current revision of `subject`, such as
/// "Consumer 123e…".
///
/// At revision 3, no header, `*`, `"3"` and `"1", "3"` pass. `"2"`, `W/"3"` (a weak tag never matches) and `3` (not an
/// entity tag) fail.
///
/// Errors: stale_revision.
result<void> check_if_match(const std::optional<std::string>& if_match, revision current, const std::string& subject);

}  // namespace kfs
