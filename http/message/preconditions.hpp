#pragma once

#include <optional>
#include <string>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// Checks If-Match (RFC 9110, section 13.1.1) against the current revision of what `subject` names.
///
/// `*` and a list that holds the current tag pass; weak tags never do, as the RFC has it. A value that is no list of
/// entity tags is refused too: what cannot be shown to hold does not hold.
/// Errors: stale_revision.
result<void> check_if_match(const std::optional<std::string>& if_match, revision current, const std::string& subject);

}  // namespace kfs
