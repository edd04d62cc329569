#include "processors/database/hex.hpp"

#include <charconv>
#include <cstdint>
#include <system_error>

namespace kfs::hex {

void append(std::string_view bytes, std::string& into) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char byte : bytes) {
    const auto value = static_cast<std::uint8_t>(byte);
    into.push_back(digits[value >> 4U]);
    into.push_back(digits[value & 0xFU]);
  }
}

bool append_bytes(std::string_view digits, std::string& into) {
  if (digits.size() % 2 != 0) return false;
  for (; !digits.empty(); digits.remove_prefix(2)) {
    std::uint8_t byte = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + 2, byte, 16);
    if (failed != std::errc{} || end != digits.data() + 2) return false;
    into.push_back(static_cast<char>(byte));
  }
  return true;
}

}  // namespace kfs::hex
