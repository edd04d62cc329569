#pragma once

#include <string>

#include "actors/messages.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// What a replica observes of a consumer, as the text that travels to other replicas: JSON in ASCII. `spec`, `policies`
/// and `answer` do not travel. Bytes that are not UTF-8 are replaced.
std::string to_report_text(const consumer_view& view);

/// Reads what to_report_text() wrote, in this version of the server or another one: members that it does not know are
/// ignored, and members that are missing have their defaults. `spec` is nullptr.
/// Errors: invalid_request when the text is not JSON, a member has another type or does not fit, or a name of an
///         enumeration is unknown.
result<consumer_view> from_report_text(const std::string& text);

}  // namespace kfs
