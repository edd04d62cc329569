#include "config/base/pem.hpp"

namespace kfs {

std::optional<std::string> mistake_in_pem(std::string_view text, std::string_view kind) {
  const std::string wanted(kind);
  if (kind != "PRIVATE KEY" && text.find("PRIVATE KEY-----") != std::string_view::npos)
    return "must hold no private key, as it is shown to everybody who may see the consumer: put the key into the "
           "option "
           "for it";
  const bool is_pem = text.find("-----BEGIN ") != std::string_view::npos &&
                      text.find(wanted + "-----") != std::string_view::npos &&
                      text.find('\0') == std::string_view::npos;
  if (is_pem) return std::nullopt;
  return "must be PEM text that holds a " + wanted + " (-----BEGIN ...); a file's path is not taken";
}

}  // namespace kfs
