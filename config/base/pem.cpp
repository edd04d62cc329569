#include "config/base/pem.hpp"

namespace kfs {

std::optional<std::string> mistake_in_pem(std::string_view text, std::string_view kind) {
  const std::string expected(kind);
  if (kind != "PRIVATE KEY" && text.find("PRIVATE KEY-----") != std::string_view::npos)
    return "must hold no private key, because it is shown to everybody who may see the consumer: put the key into the "
           "option for it";
  const bool is_pem = text.find("-----BEGIN ") != std::string_view::npos &&
                      text.find(expected + "-----") != std::string_view::npos &&
                      text.find('\0') == std::string_view::npos;
  if (is_pem) return std::nullopt;
  return "must be PEM text that holds a " + expected + " (-----BEGIN ...); the path of a file is not accepted";
}

}  // namespace kfs
