#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message/http_message.hpp"

namespace kfs {

/// A request target (RFC 9112, section 3.2) cut in two. The absolute form loses its scheme and authority.
struct request_target {
  std::string path;        ///< still percent-encoded
  name_value_pairs query;  ///< decoded
};

/// Cuts a request target. Never fails: what cannot be decoded stays as it is.
request_target parse_target(std::string_view target);

/// Replaces each %XX by its byte; a % that no two hexadecimal digits follow stays.
std::string percent_decoded(std::string_view text);

/// Encodes all but RFC 3986's unreserved characters.
std::string percent_encoded(std::string_view text);

/// The parts between slashes, still encoded: "/a//b" gives "a", "", "b". One trailing slash is ignored.
std::vector<std::string_view> path_segments(std::string_view path);

}  // namespace kfs
