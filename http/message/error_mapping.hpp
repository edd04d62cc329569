#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"
#include "config/schema/option_schema.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// The only place that knows which status code an error has. Every answer made here carries its `detail` only;
/// render_error() makes the body.

/// The answer to an error of ours. Internal ones keep their message to the log.
http_response to_response(const error& what);

/// 422 with FastAPI's list. At most 100 mistakes are listed, and large inputs are left out.
http_response to_response(const std::vector<violation>& mistakes);

/// 503 with a body of its own, where the body says what is not ready.
http_response unavailable(const json& body);

http_response route_not_found();
http_response method_not_allowed(const std::vector<std::string>& allowed);
http_response body_too_large();
http_response unsupported_media_type(std::string detail);
http_response internal_server_error();
http_response bad_request(std::string detail);

/// True when the client asks for application/problem+json (RFC 9457) by name.
bool wants_problem_details(const std::optional<std::string>& accept);

/// Makes the body of an error: {"detail": …}, or RFC 9457's problem details about `path`.
void render_error(http_response& response, bool as_problem, std::string_view path);

/// The reason phrase of a status (RFC 9110).
std::string_view reason_phrase(int status);

}  // namespace kfs
