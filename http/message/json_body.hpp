#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/base/json.hpp"
#include "config/schema/option_schema.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// Bounds on a JSON text, so that a small body cannot cause much work.
struct json_limits {
  std::size_t depth = 64;       ///< levels of nested containers
  std::size_t members = 1'000;  ///< of one object
  std::size_t values = 20'000;  ///< in the whole text, containers included
};

/// Parses JSON (RFC 8259) in UTF-8 and stops at the first mistake.
///
/// Text after the value, a duplicate key in an object, and exceeding a limit are mistakes too.
tl::expected<json, violation> parse_json(std::string_view text, const json_limits& limits = {});

/// The JSON body of a request, or the answer that rejects it: 413 (above 1 MiB), 415 (not declared as JSON, or
/// compressed) or 422 (malformed or empty).
tl::expected<json, http_response> read_json_body(const http_request& request);

}  // namespace kfs
