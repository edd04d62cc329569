#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

inline constexpr std::size_t longest_pem = 256 * 1024;

/// What is wrong with a text that shall be PEM (RFC 7468) with an object of that kind, "CERTIFICATE" or "PRIVATE KEY";
/// nothing: all is well. A private key beside certificates is refused, as they are shown to everybody.
std::optional<std::string> mistake_in_pem(std::string_view text, std::string_view kind);

}  // namespace kfs
