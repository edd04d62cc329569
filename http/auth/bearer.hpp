#pragma once

#include <optional>
#include <string_view>

namespace kfs {

/// The token of an Authorization header, "Bearer <token>" (RFC 6750, section 2.1). The scheme is compared without case.
/// Points into `authorization`. nullopt when the header has another scheme, or no text that a token can be: 1 to 16,384
/// printable ASCII characters without blanks.
std::optional<std::string_view> bearer_token(std::string_view authorization);

}  // namespace kfs
