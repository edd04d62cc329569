#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

inline constexpr std::size_t longest_pem = 256 * 1024;

/// What is wrong with `text` as PEM (RFC 7468) with an object of `kind`, which is "CERTIFICATE" or "PRIVATE KEY";
/// nullopt when it is accepted. A private key among certificates is rejected, because certificates are not masked in
/// answers.
std::optional<std::string> mistake_in_pem(std::string_view text, std::string_view kind);

}  // namespace kfs
