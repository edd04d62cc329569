#include "processors/http/webhook_signature.hpp"

#include <openssl/hmac.h>

#include <array>

#include "config/base/base64.hpp"
#include "processors/json_text.hpp"

namespace kfs {
namespace {

constexpr std::string_view marker = "whsec_";
constexpr std::size_t shortest_secret = 24;
constexpr std::size_t longest_secret = 64;

}  // namespace

std::optional<std::string> webhook_secret(std::string_view text) {
  if (!text.starts_with(marker)) return std::string(text);
  const auto decoded = decoded_base64(text.substr(marker.size())).value_or(std::string());
  if (decoded.size() < shortest_secret || decoded.size() > longest_secret) return std::nullopt;
  return decoded;
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
