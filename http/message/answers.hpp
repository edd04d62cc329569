#pragma once

#include <string>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/json.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// What succeeds; http/error_mapping.hpp has what does not.

/// JSON text without a trailing newline. Bytes that are no UTF-8 become U+FFFD.
std::string to_body(const json& value);

/// 200 with a JSON body.
http_response ok(const json& body);

/// 200 with any other body.
http_response ok(std::string body, std::string content_type);

/// 201 with a JSON body and where the new thing is found.
http_response created(const json& body, std::string location);

/// 204.
http_response no_content();

/// 204 that names the methods of a path.
http_response allowed_methods(const std::vector<std::string>& methods);

/// Adds `ETag: "<revision>"`.
http_response with_etag(http_response response, revision current);

}  // namespace kfs
