#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// The bytes that `text` encodes in base64url without padding (RFC 7515, 2); nullopt for any other text, also for one
/// whose last character has bits that no byte holds.
std::optional<std::string> decode_base64url(std::string_view text);

}  // namespace kfs
