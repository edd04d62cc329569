#pragma once

#include <string>
#include <string_view>

#include "config/base/error.hpp"

namespace kfs {

/// A parsed URL of HTTP requests.
struct http_url {
  std::string text;    ///< the normalised URL
  std::string origin;  ///< "https://host:443"
  std::string host;    ///< name or address; an IPv6 address without brackets
  std::string shown;   ///< for messages: without the query, which may hold a secret
  bool secure = false;
};

/// Reads an absolute http:// or https:// URL without user and password. The error says what is wrong, and does not
/// repeat the URL.
result<http_url> parse_http_url(const std::string& text);

}  // namespace kfs
