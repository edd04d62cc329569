#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/base/json.hpp"
#include "config/schema/option_schema.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// How much a JSON text may hold, so that no body costs more than its bytes are worth.
struct json_limits {
  std::size_t depth = 64;       ///< containers inside containers
  std::size_t members = 1'000;  ///< of one object
  std::size_t values = 20'000;  ///< altogether, containers included
};

/// Reads JSON (RFC 8259) in UTF-8. Refused are text after the value, a key that an object holds twice, and what passes
/// the limits. The first mistake ends the reading.
tl::expected<json, violation> parse_json(std::string_view text, const json_limits& limits = {});

/// The JSON body of a request, or the answer that refuses it: 413, 415, or 422 (also for an empty body).
tl::expected<json, http_response> read_json_body(const http_request& request);

}  // namespace kfs
