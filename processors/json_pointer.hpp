#pragma once

#include <string_view>

namespace kfs {

/// True for a JSON pointer (RFC 6901): empty, or names that each begin with "/". In a name "~" stands only before "0",
/// which makes it "~", or "1", which makes it "/".
bool is_json_pointer(std::string_view text) noexcept;

}  // namespace kfs
