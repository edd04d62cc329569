#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"
#include "config/schema/option_schema.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// The only place that knows the status codes of errors. Each answer made here sets `detail`; render_error() makes the
/// body later, when it is known which shape the client asks for.

/// The answer to an error of this server. The message of an internal error is for the log and is not sent; that of an
/// error of the store names places of the server, and is sent to who may see these.
http_response to_response(const error& problem);

/// What somebody is told who may not know where the server keeps its data; nullopt when the message says nothing of
/// that.
std::optional<std::string> told_to_tenants(const error& problem);

/// "Consumer <id>", with the id as the client wrote it, cut where it is long.
std::string named_consumer(const http_request& request);

/// 422 with a list in FastAPI's shape. Lists at most 100 mistakes and leaves out large inputs.
http_response to_response(const std::vector<violation>& mistakes);

/// 503 with a body that says what is not ready.
http_response unavailable(const json& body);

http_response route_not_found();
http_response method_not_allowed(const std::vector<std::string>& allowed);
http_response body_too_large();
http_response unsupported_media_type(std::string detail);
http_response internal_server_error();
http_response bad_request(std::string detail);

/// True when the Accept header names application/problem+json (RFC 9457).
bool wants_problem_details(const std::optional<std::string>& accept);

/// Makes the body of an error: {"detail": …}, or problem details (RFC 9457) with `path` as the instance. Does nothing
/// to an answer without `detail`.
void render_error(http_response& response, bool as_problem, std::string_view path);

/// The reason phrase of a status (RFC 9110).
std::string_view reason_phrase(int status);

}  // namespace kfs
