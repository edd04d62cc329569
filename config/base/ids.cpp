#include "config/base/ids.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace kfs {
namespace {

constexpr std::size_t uuid_length = 36;

bool is_hyphen_position(std::size_t at) noexcept {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

std::array<unsigned char, 16> random_bytes() {
  std::array<unsigned char, 16> bytes{};
  // The kernel returns up to 256 bytes at once; only a signal before its pool is ready can interrupt the call.
  while (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    if (errno != EINTR) {
      std::perror("cannot make a UUID: the kernel returns no random bytes");
      std::abort();
    }
  }
  return bytes;
}

}  // namespace

std::string make_uuid() {
  constexpr std::string_view digits = "0123456789abcdef";
  auto bytes = random_bytes();
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);  // version 4
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);  // variant 10
  std::string text;
  text.reserve(uuid_length);
  for (const unsigned char byte : bytes) {
    if (is_hyphen_position(text.size())) text += '-';
    text += digits[byte >> 4U];
    text += digits[byte & 0x0FU];
  }
  return text;
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != uuid_length || text[14] != '4') return false;
  if (std::string_view("89ab").find(text[19]) == std::string_view::npos) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool hexadecimal = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_hyphen_position(at) ? c != '-' : !hexadecimal) return false;
  }
  return true;
}

bool is_tenant_name(std::string_view name) noexcept {
  constexpr std::size_t longest_tenant_name = 63;
  return !name.empty() && name.size() <= longest_tenant_name && std::ranges::all_of(name, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-';
  });
}

}  // namespace kfs
