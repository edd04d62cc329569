#pragma once

#include <string>
#include <string_view>

namespace kfs {

/// Replaces each %XX by its byte. A % without two hexadecimal digits after it stays.
std::string percent_decoded(std::string_view text);

/// Percent-encodes every byte except RFC 3986's unreserved characters.
std::string percent_encoded(std::string_view text);

}  // namespace kfs
