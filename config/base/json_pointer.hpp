#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kfs {

/// True for a JSON pointer (RFC 6901): empty, or names that each begin with "/". In a name "~" stands only before "0",
/// which makes it "~", or "1", which makes it "/".
bool is_json_pointer(std::string_view text) noexcept;

/// The names in a JSON pointer, decoded: "/a~1b/c" has "a/b" and "c". `pointer` must be one.
std::vector<std::string> names_in_json_pointer(std::string_view pointer);

}  // namespace kfs
