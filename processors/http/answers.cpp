#include "processors/http/answers.hpp"

#include <fmt/format.h>

#include "config/base/text.hpp"
#include "processors/http/statuses.hpp"

namespace kfs {
namespace {

constexpr std::size_t shown_bytes = 200;
/// A shorter secret protects nothing, and would be found in any text.
constexpr std::size_t shortest_secret = 4;
/// The wait while another sink probes the endpoint.
constexpr std::chrono::milliseconds probe_wait{1'000};

/// Whether the same request may be sent to the redirect's target.
bool asks_to_repeat(int status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

/// What a user must correct, for an answer that denies every request alike; empty for other answers.
std::string_view correction_for(int status) {
  switch (status) {
    case 401:
      return "correct the credentials (bearer_token, basic_user and basic_password, or headers)";
    case 402:
      return "settle what the endpoint wants to be paid, or correct the credentials";
    case 403:
      return "have the endpoint allow these credentials, or correct them";
    case 404:
      return "correct the path of endpoint_url";
    case 405:
      return "correct method, or the path of endpoint_url";
    case 407:
      return "have the proxy on the way let this server through without credentials";
    case 421:
      return "correct the host of endpoint_url, which the server at that address does not serve";
    case 426:
      return "correct the scheme of endpoint_url (https), or have the endpoint speak HTTP/1.1";
    default:
      return {};
  }
}

/// The same for a redirect that is not followed.
std::string_view correction_for_redirect(int status, bool follows) {
  if (!asks_to_repeat(status))
    return "which accepts nothing and cannot be followed with the same request: correct endpoint_url";
  return follows ? "a redirect without a Location: correct the endpoint, or endpoint_url"
                 : "a redirect: name its target as endpoint_url, or set follow_redirects";
}

}  // namespace

verdict answer_reader::verdict_of(const http_answer& answer) const {
  const auto status = answer.status;
  if (is_success(status)) return verdict::accepted;
  if (status >= 400 && status < 500 && !is_fault_of_endpoint(status)) return verdict::record_fault;
  const bool followed = options_.follow_redirects && asks_to_repeat(status) && !answer.location.empty();
  return followed ? verdict::redirect : verdict::endpoint_fault;
}

error answer_reader::fault_of(const http_answer& answer) const {
  if (answer.refused) return {ec::sink_denied, fmt::format("{} was not sent: {}", request_text(), answer.problem), {}};
  if (answer.status == 0) {
    const auto problem = escaped(without_secrets(answer.problem), escaping::plain, shown_bytes);
    return {ec::sink_unavailable, fmt::format("{} failed: {}", request_text(), problem), {}};
  }
  if (answer.status >= 300 && answer.status < 400) {
    return {ec::sink_denied,
            fmt::format("{} answered {}, {}", request_text(), answer.status,
                        correction_for_redirect(answer.status, options_.follow_redirects)),
            {}};
  }
  if (const auto correction = correction_for(answer.status); !correction.empty())
    return {ec::sink_denied, fmt::format("{}: {}", answer_text(answer), correction), {}};
  return {ec::sink_unavailable, answer_text(answer), {}};
}

error answer_reader::rejection_of(const http_answer& answer, const std::string& topic, const record& rejected) const {
  return {ec::record_rejected,
          fmt::format("the record {}/{}/{} was rejected: {}; only the endpoint's own log says why, because its answer "
                      "may repeat the record and is not shown",
                      topic, rejected.partition, rejected.position.value, answer_text(answer)),
          {}};
}

error answer_reader::not_followed(const http_answer& answer, const error& why) const {
  return {
      ec::sink_denied,
      fmt::format("{} answered {}, a redirect that is not followed: {}", request_text(), answer.status, why.message),
      {}};
}

error answer_reader::not_asked(const circuit_breaker& breaker, circuit_breaker::clock::time_point at) const {
  const bool probing = breaker.state() == breaker_state::half_open;
  const auto left = probing ? probe_wait : breaker.remaining(at);
  const auto why = probing ? std::string("half-open, and another request probes it")
                           : fmt::format("open, and it is asked again in {} ms", left.count());
  return {ec::sink_unavailable,
          fmt::format("{} was not sent: {} failed before, its circuit breaker is {}", request_text(),
                      options_.to.origin, why),
          left};
}

error answer_reader::too_slow(std::size_t records, std::chrono::seconds within) const {
  return {ec::sink_unavailable,
          fmt::format("{}: a batch of {} records was not taken within {} s, although answers come; raise max_in_flight "
                      "or batch_max_messages, or lower the consumer's options.batch.max_messages",
                      request_text(), records, within.count()),
          {}};
}

std::string answer_reader::pause_text(std::chrono::milliseconds pause) {
  return fmt::format("; its circuit breaker is open for {} ms", pause.count());
}

std::string answer_reader::request_text() const {
  return options_.client.method + ' ' + options_.to.shown;
}

/// Without the body and the reason phrase of the answer, in which an endpoint may repeat what it was sent.
std::string answer_reader::answer_text(const http_answer& answer) const {
  const auto name = name_of_status(answer.status);
  return fmt::format("{} answered {}{}", request_text(), answer.status, name.empty() ? "" : fmt::format(" ({})", name));
}

std::string answer_reader::without_secrets(std::string text) const {
  for (const auto& secret : options_.secrets) {
    if (secret.size() < shortest_secret) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + secret_mask.size()))
      text.replace(at, secret.size(), secret_mask);
  }
  return text;
}

}  // namespace kfs
