#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/json.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// The successful answers. http/message/error_mapping.hpp has the errors.

/// JSON text without a trailing newline. Invalid UTF-8 becomes U+FFFD.
std::string to_body(const json& value);

/// The text of a JSON array whose elements are JSON texts.
std::string json_array(const std::vector<std::string_view>& elements);

/// 200 with a JSON body.
http_response ok(const json& body);

/// 200 with a body that is JSON text already.
http_response ok_json(std::string body);

/// 200 with a body of another type.
http_response ok(std::string body, std::string content_type);

/// 201 with a body that is JSON text already, and a Location header.
http_response created(std::string body, std::string location);

/// 202 with {"message": …}: the request was accepted, and takes effect later. `message` says what happens.
http_response accepted(std::string message);

/// 204.
http_response no_content();

/// 204 with an Allow header. Answers OPTIONS.
http_response allowed_methods(const std::vector<std::string>& methods);

/// Adds `ETag: "<revision>"`.
http_response with_etag(http_response response, revision current);

}  // namespace kfs
