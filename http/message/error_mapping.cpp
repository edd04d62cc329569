#include "http/message/error_mapping.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/base/text.hpp"
#include "http/message/accept.hpp"
#include "http/message/answers.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

constexpr std::size_t max_listed_mistakes = 100;
constexpr std::size_t longest_named_id = 128;
constexpr std::size_t max_echoed_bytes = 512;
constexpr std::size_t max_detail_bytes = 2'048;

int status_of(ec code) {
  switch (code) {
    case ec::invalid_request:
      return 422;
    case ec::unauthenticated:
      return 401;
    case ec::forbidden:
      return 403;
    case ec::not_found:
    case ec::topic_missing:
      return 404;
    case ec::already_exists:
    case ec::cannot_apply:
    case ec::quota_exceeded:
      return 409;
    case ec::stale_revision:
      return 412;
    case ec::overloaded:
    case ec::timed_out:
    case ec::shutting_down:
    case ec::store_unavailable:
    case ec::standby:
    case ec::secret_unavailable:
      return 503;
    case ec::broker_unreachable:
    case ec::authentication_failed:
    case ec::authorization_failed:
    case ec::kafka_failure:
      return 502;
    case ec::broker_silent:
      return 504;
    case ec::lease_lost:
    case ec::replica_lost:
      return 503;
    case ec::group_unavailable:
    case ec::member_fenced:
    case ec::consumption_stalled:
    case ec::sink_unavailable:
    case ec::sink_denied:
    case ec::record_rejected:
    case ec::record_unproven:
    case ec::actor_died:
    case ec::actor_stuck:
    case ec::internal:
      return 500;
  }
  return 500;
}

http_response error_response(int status, json detail) {
  http_response response;
  response.status = status;
  response.detail = std::move(detail);
  return response;
}

/// The input as it is sent back; null when it is too large, or may hold a secret.
json echoed(const json& input) {
  const auto shown = harmless_part(input);
  if (shown.is_string()) return shortened(shown.get_ref<const std::string&>(), max_echoed_bytes);
  return to_body(shown).size() > max_echoed_bytes ? json(nullptr) : shown;
}

json shortened_loc(const json& loc) {
  json steps = json::array();
  for (const auto& step : loc) {
    steps.push_back(step.is_string() ? json(shortened(step.get_ref<const std::string&>(), max_echoed_bytes)) : step);
  }
  return steps;
}

/// "body.processor_configs.0.config".
std::string dotted(const json& loc) {
  std::string text;
  for (const auto& step : loc) {
    if (!text.empty()) text += '.';
    text += step.is_string() ? step.get<std::string>() : step.dump();
  }
  return text;
}

/// The list of mistakes as one sentence, because `detail` of problem details is a text.
std::string summary_of(const json& mistakes) {
  std::string text = fmt::format("The request has {} mistake{}:", mistakes.size(), mistakes.size() == 1 ? "" : "s");
  for (const auto& mistake : mistakes) {
    text += fmt::format(" {}: {};", dotted(mistake.at("loc")), mistake.at("msg").get<std::string>());
    if (text.size() > max_detail_bytes) break;
  }
  text.pop_back();
  return shortened(text, max_detail_bytes);
}

json problem_details(const http_response& response, std::string_view path) {
  const json& detail = *response.detail;
  json problem{{"type", "about:blank"}, {"title", reason_phrase(response.status)}, {"status", response.status}};
  problem["detail"] = detail.is_array() ? json(summary_of(detail)) : detail;
  problem["instance"] = shortened(path, max_echoed_bytes);
  if (detail.is_array()) problem["errors"] = detail;
  return problem;
}

}  // namespace

std::optional<std::string> told_to_tenants(const error& problem) {
  switch (problem.code) {
    case ec::store_unavailable:
      return "The store of this server cannot be used now; ask again in a moment.";
    case ec::standby:
      return "Another version of this server still holds the store; ask again in a moment.";
    default:
      return std::nullopt;
  }
}

http_response to_response(const error& problem) {
  const int status = status_of(problem.code);
  if (status == 500) return internal_server_error();
  auto response = error_response(status, problem.message);
  response.detail_for_tenants = told_to_tenants(problem);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::string named_consumer(const http_request& request) {
  return "Consumer " + shortened(request.parameters.front(), longest_named_id);
}

http_response to_response(const std::vector<violation>& mistakes) {
  json listed = json::array();
  for (const auto& mistake : mistakes) {
    if (listed.size() == max_listed_mistakes) break;
    listed.push_back({{"type", mistake.type},
                      {"loc", shortened_loc(mistake.loc)},
                      {"msg", shortened(mistake.msg, max_detail_bytes)},
                      {"input", echoed(mistake.input)}});
  }
  return error_response(422, std::move(listed));
}

http_response unavailable(const json& body) {
  auto response = ok(body);
  response.status = 503;
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

http_response route_not_found() {
  return error_response(404, "Not Found");
}

http_response method_not_allowed(const std::vector<std::string>& allowed) {
  auto response = error_response(405, "Method Not Allowed");
  response.headers.emplace_back("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
  return response;
}

http_response body_too_large() {
  return error_response(413, "The body is larger than 1 MiB; send a smaller one.");
}

http_response unsupported_media_type(std::string detail) {
  return error_response(415, std::move(detail));
}

http_response internal_server_error() {
  return error_response(500, "Internal Server Error");
}

http_response bad_request(std::string detail) {
  return error_response(400, std::move(detail));
}

bool wants_problem_details(const std::optional<std::string>& accept) {
  return names_media_type(accept, "application/problem+json");
}

void render_error(http_response& response, bool as_problem, std::string_view path) {
  if (!response.detail) return;
  response.headers.emplace_back("Content-Type", as_problem ? "application/problem+json" : "application/json");
  response.body = to_body(as_problem ? problem_details(response, path) : json{{"detail", *response.detail}});
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

}  // namespace kfs
