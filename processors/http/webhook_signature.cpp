#include "processors/http/webhook_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <vector>

#include "processors/json_text.hpp"

namespace kfs {
namespace {

constexpr std::string_view marker = "whsec_";
constexpr std::size_t shortest_secret = 24;
constexpr std::size_t longest_secret = 64;

using bytes = std::vector<unsigned char>;

/// The decoded bytes; empty when the text is no base64.
bytes from_base64(std::string_view text) {
  const auto padding = text.size() - 1 - text.find_last_not_of('=');
  if (text.empty() || text.size() % 4 != 0 || padding > 2) return {};
  bytes decoded(text.size() / 4 * 3);
  const auto size = ::EVP_DecodeBlock(decoded.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                      static_cast<int>(text.size()));
  if (size < 0) return {};
  decoded.resize(decoded.size() - padding);
  return decoded;
}

}  // namespace

std::optional<std::string> webhook_secret(std::string_view text) {
  if (!text.starts_with(marker)) return std::string(text);
  const auto decoded = from_base64(text.substr(marker.size()));
  if (decoded.size() < shortest_secret || decoded.size() > longest_secret) return std::nullopt;
  return std::string(decoded.begin(), decoded.end());
}

std::string webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp,
                              std::string_view body) {
  std::string content;
  content.reserve(id.size() + body.size() + 24);
  content.append(id).push_back('.');
  append_number(timestamp, content);
  content.push_back('.');
  content.append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::HMAC(::EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(), &size);
  std::string signature = "v1,";
  append_base64({reinterpret_cast<const char*>(digest.data()), size}, signature);
  return signature;
}

}  // namespace kfs
