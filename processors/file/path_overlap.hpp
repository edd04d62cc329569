#pragma once

#include <cstdint>
#include <string_view>

namespace kfs {

/// Whether two paths may name one file, or be in each other's way otherwise.
enum class path_overlap : std::uint8_t {
  none,     ///< they never do
  shared,   ///< they are, or for some partition or instance become, one series of files
  by_date,  ///< a `{date}` of one becomes part of the other's own text: two series, one file
  within    ///< one may be a file where the other needs a directory
};

/// Compares two paths in which `{partition}` and `{instance}` stand for any number and `{date}` for any day.
path_overlap overlap_of(std::string_view first, std::string_view second);

}  // namespace kfs
