#pragma once

#include <string>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// Where HTTP requests go.
struct http_url {
  std::string text;    ///< normalised
  std::string origin;  ///< "https://host:443"
  std::string host;    ///< name or address, an IPv6 address without brackets
  std::string shown;   ///< for people: without the query, which may hold a secret
  bool secure = false;
};

/// Reads an absolute http:// or https:// URL without user and password. The error says what is wrong and does not
/// repeat the text.
result<http_url> parse_http_url(const std::string& text);

}  // namespace kfs
