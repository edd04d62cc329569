#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace kfs {

/// The part of an exposition (Prometheus' text format 0.0.4) that is about these consumers: the series with a label
/// `consumer_id` of one of them, with the comments of their families. Everything else, also series without that label,
/// is left out.
std::string series_of_consumers(std::string_view exposition, const std::set<std::string, std::less<>>& consumers);

}  // namespace kfs
