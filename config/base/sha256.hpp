#pragma once

#include <string>
#include <string_view>

namespace kfs {

/// SHA-256 (FIPS 180-4) of `bytes`, as 64 hexadecimal digits in lower case.
std::string sha256_hex(std::string_view bytes);

/// Compares two texts in a time that depends on their lengths only, so that it tells nothing of a secret.
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;

/// `count` random bytes of the system as hexadecimal digits. Aborts when the system has none.
std::string random_hex(std::size_t count);

}  // namespace kfs
