#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// Appends padded base64 (RFC 4648). At most 1.5 GiB of bytes.
void append_base64(std::string_view bytes, std::string& into);

/// The bytes of padded base64 (RFC 4648); nullopt for any other text, and for an empty one. Bits that no byte holds,
/// and white space at the ends, are passed by, as OpenSSL does.
std::optional<std::string> decoded_base64(std::string_view text);

}  // namespace kfs
