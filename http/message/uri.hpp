#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message/http_message.hpp"

namespace kfs {

/// The two parts of a request target (RFC 9112, section 3.2). Scheme and authority of an absolute target are dropped.
struct request_target {
  std::string path;        ///< still percent-encoded
  name_value_pairs query;  ///< decoded
};

/// Splits a request target. Never fails: a sequence that cannot be decoded stays as it is.
request_target parse_target(std::string_view target);

/// The segments between slashes, still percent-encoded: "/a//b" gives "a", "", "b". One trailing slash is ignored.
std::vector<std::string_view> path_segments(std::string_view path);

}  // namespace kfs
