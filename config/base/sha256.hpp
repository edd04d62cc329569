#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// 32 bytes. Where they tell something of a secret they are compared in constant time, by equal_in_constant_time().
using sha256_digest = std::array<unsigned char, 32>;

/// The bytes as hexadecimal digits in lower case.
std::string hex_of(std::string_view bytes);

/// SHA-256 (FIPS 180-4) of `bytes`.
sha256_digest sha256(std::string_view bytes);

/// The digest that sha256_hex() writes so; nullopt for any other text.
std::optional<sha256_digest> sha256_from_hex(std::string_view text) noexcept;

/// SHA-256 of `bytes`, as 64 hexadecimal digits in lower case.
std::string sha256_hex(std::string_view bytes);

/// Compares two texts in a time that depends on their lengths only, so that it tells nothing of a secret.
bool equal_in_constant_time(std::string_view left, std::string_view right) noexcept;
bool equal_in_constant_time(const sha256_digest& left, const sha256_digest& right) noexcept;

/// `count` random bytes of the system as hexadecimal digits. Aborts when the system has none.
std::string random_hex(std::size_t count);

}  // namespace kfs
