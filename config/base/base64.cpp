#include "config/base/base64.hpp"

#include <openssl/evp.h>

namespace kfs {

/// OpenSSL takes an int for the length; the lengths of Kafka fit into it.
void append_base64(std::string_view bytes, std::string& into) {
  const auto begin = into.size();
  into.resize(begin + (bytes.size() + 2) / 3 * 4 + 1);  // OpenSSL appends a NUL
  const auto written =
      ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(into.data() + begin),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  into.resize(begin + static_cast<std::size_t>(written));
}

std::optional<std::string> decoded_base64(std::string_view text) {
  const auto padding = text.size() - 1 - text.find_last_not_of('=');
  if (text.empty() || text.size() % 4 != 0 || padding > 2) return std::nullopt;
  std::string bytes(text.size() / 4 * 3, '\0');
  const auto size =
      ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  bytes.resize(bytes.size() - padding);
  return bytes;
}

}  // namespace kfs
