#include "processors/json_text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>

#include "config/base/base64.hpp"

namespace kfs {
namespace {

/// How one byte is written in a JSON string (RFC 8259, section 7).
struct escape {
  std::array<char, 7> text{};
  std::uint8_t size = 0;
};

constexpr escape escape_of(unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (byte) {
    case '"':
      return {{'\\', '"'}, 2};
    case '\\':
      return {{'\\', '\\'}, 2};
    case '\n':
      return {{'\\', 'n'}, 2};
    case '\r':
      return {{'\\', 'r'}, 2};
    case '\t':
      return {{'\\', 't'}, 2};
    default:
      if (byte < 0x20) return {{'\\', 'u', '0', '0', digits[byte >> 4U], digits[byte & 0xFU]}, 6};
      return {{static_cast<char>(byte)}, 1};
  }
}

constexpr auto escapes = [] {
  std::array<escape, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte) table[byte] = escape_of(static_cast<unsigned char>(byte));
  return table;
}();

constexpr std::size_t piece_bytes = 64;

/// Copies the whole table entry of each byte, which is faster than copying only its length.
void append_escaped(std::string_view text, std::string& into) {
  std::array<char, piece_bytes * sizeof(escape)> piece;
  while (!text.empty()) {
    const auto taken = text.substr(0, piece_bytes);
    char* end = piece.data();
    for (const char byte : taken) {
      const auto& written = escapes[static_cast<unsigned char>(byte)];
      std::memcpy(end, &written, sizeof written);
      end += written.size;
    }
    into.append(piece.data(), end);
    text.remove_prefix(taken.size());
  }
}

bool is_text(std::string_view bytes, text_in_json rule) {
  if (rule != text_in_json::any && bytes.find('\0') != std::string_view::npos) return false;
  if (rule != text_in_json::ascii) return is_utf8(bytes);
  return std::ranges::all_of(bytes, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
}

}  // namespace

void append_json_bytes(std::string_view bytes, std::string& into, text_in_json rule) {
  if (is_text(bytes, rule)) {
    into.push_back('"');
    append_escaped(bytes, into);
    into.push_back('"');
  } else {
    into.append(R"({"base64":")");
    append_base64(bytes, into);
    into.append("\"}");
  }
}

void append_number(std::int64_t number, std::string& into) {
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 2> digits;
  into.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

bool is_utf8(std::string_view bytes) noexcept {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

void append_on_one_line(std::string_view valid, std::string& into) {
  if (valid.find_first_of("\r\n") == std::string_view::npos) {
    into.append(valid);
    return;
  }
  const auto begin = into.size();
  into.resize(begin + valid.size());
  std::size_t size = 0;
  if (simdjson::minify(valid.data(), valid.size(), into.data() + begin, size) != simdjson::SUCCESS) size = 0;
  into.resize(begin + size);
}

std::string_view without_byte_order_mark(std::string_view bytes) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return bytes.starts_with(mark) ? bytes.substr(mark.size()) : bytes;
}

}  // namespace kfs
