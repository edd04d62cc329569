#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "actors/metrics/exposition_format.hpp"

namespace kfs {

/// The format that this Accept header asks for: OpenMetrics when it names version 1.0.0 of it, or no version, and
/// weighs it at least as much as the classic format.
exposition_format wanted_exposition(const std::optional<std::string>& accept);

/// The part of an exposition, in any format, that is about these consumers: the series with a label
/// `consumer_id` of one of them, with the comments of their families. Everything else, also series without that label,
/// is left out, but for the end that OpenMetrics demands.
std::string series_of_consumers(std::string_view exposition, const std::set<std::string, std::less<>>& consumers);

}  // namespace kfs
