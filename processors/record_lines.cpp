#include "processors/record_lines.hpp"

#include <openssl/evp.h>
#include <simdjson.h>

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <string_view>

namespace kfs {
namespace {

/// How one byte stands between the quotes of a JSON string (RFC 8259, section 7).
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

/// Every byte is copied with the whole of its table entry, which is faster than to ask how long it is.
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

/// Kafka's lengths have 32 bits with a sign, as OpenSSL's have.
void append_base64(std::string_view bytes, std::string& into) {
  const auto begin = into.size();
  into.resize(begin + (bytes.size() + 2) / 3 * 4 + 1);  // OpenSSL ends it with a NUL
  const auto written =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(into.data() + begin),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  into.resize(begin + static_cast<std::size_t>(written));
}

void append_bytes(std::string_view bytes, std::string& into, nul_in_text nul = nul_in_text::escaped) {
  const bool no_text = nul == nul_in_text::base64 && bytes.find('\0') != std::string_view::npos;
  if (!no_text && simdjson::validate_utf8(bytes.data(), bytes.size())) {
    into.push_back('"');
    append_escaped(bytes, into);
    into.push_back('"');
  } else {
    into.append(R"({"base64":")");
    append_base64(bytes, into);
    into.append("\"}");
  }
}

void append_optional(bool there, std::string_view bytes, std::string& into, nul_in_text nul = nul_in_text::escaped) {
  if (there)
    append_bytes(bytes, into, nul);
  else
    into.append("null");
}

void append_number(std::int64_t number, std::string& into) {
  std::array<char, std::numeric_limits<std::int64_t>::digits10 + 2> digits;
  into.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

}  // namespace

void append_headers(const std::vector<record_header>& headers, nul_in_text nul, std::string& into) {
  into.push_back('[');
  for (std::size_t index = 0; index < headers.size(); ++index) {
    into.append(index == 0 ? R"({"key":)" : R"(,{"key":)");
    append_bytes(headers[index].key, into, nul);
    into.append(R"(,"value":)");
    append_optional(headers[index].has_value, headers[index].value, into, nul);
    into.push_back('}');
  }
  into.push_back(']');
}

void record_lines::append_json(const batch& from, const record& one, std::string& into) {
  from.headers_of(one, headers_);
  into.append(R"({"topic":)");
  append_bytes(from.source().topic, into);
  into.append(R"(,"partition":)");
  append_number(one.partition, into);
  into.append(R"(,"offset":)");
  append_number(one.position.value, into);
  into.append(R"(,"timestamp":)");
  if (one.timestamp_ms == -1)
    into.append("null");
  else
    append_number(one.timestamp_ms, into);
  into.append(R"(,"key":)");
  append_optional(one.has_key, one.key, into);
  into.append(R"(,"headers":)");
  append_headers(headers_, nul_in_text::escaped, into);
  into.append(R"(,"value":)");
  append_optional(one.has_value, one.value, into);
  into.append("}\n");
}

}  // namespace kfs
