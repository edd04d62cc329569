#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// Wall-clock time as users see it: UTC, to the millisecond.
using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// The system time, cut to the millisecond.
timestamp now();

/// RFC 3339 in UTC with three decimals: "2026-01-01T12:00:00.123Z".
std::string to_rfc3339(timestamp at);

/// Reads what to_rfc3339() writes; nullopt for any other text.
std::optional<timestamp> parse_rfc3339(std::string_view text);

/// Reads every date and time of RFC 3339 (section 5.6): any number of decimals, of which three count, and any offset
/// from UTC. nullopt for any other text.
std::optional<timestamp> parse_any_rfc3339(std::string_view text);

}  // namespace kfs
