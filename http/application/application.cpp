#include "http/application/application.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "config/access/decision.hpp"
#include "config/base/percent.hpp"
#include "config/base/text.hpp"
#include "http/application/routes.hpp"
#include "http/auth/audit_trail.hpp"
#include "http/auth/guard.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_request_id = 128;
constexpr std::size_t longest_logged_path = 512;

bool is_acceptable_request_id(std::string_view id) {
  return !id.empty() && id.size() <= longest_request_id && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string request_id_of(const http_request& request) {
  const auto& given = request.given_request_id;
  return given && is_acceptable_request_id(*given) ? *given : make_uuid();
}

/// The path without the secrets of API keys that stand in it by mistake, as they are or percent-encoded.
std::string without_secrets(std::string_view path) {
  constexpr std::string_view prefix = "kfs_";
  if (path.find(prefix) == std::string_view::npos && path.find('%') == std::string_view::npos) return std::string(path);
  std::string shown;
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto segment = path.substr(begin, end - begin);
    const auto decoded = percent_decoded(segment);
    const auto key = decoded.find(prefix);
    const auto secret = key == std::string::npos ? key : decoded.find('_', key + prefix.size());
    if (secret == std::string::npos)
      shown += segment;
    else
      shown += percent_encoded(std::string_view(decoded).substr(0, secret + 1)) + "********";
    if (end < path.size()) shown += '/';
    begin = end + 1;
  }
  return shown;
}

/// The consumer that the path names, so that the audit tells about which one a denied or malformed request was.
void note_consumer(request_access& access, const route_match& matched, const std::vector<std::string>& parameters) {
  if (matched.path_template.find("/{consumer_id}") == std::string_view::npos || parameters.empty()) return;
  auto id = lower_case(parameters.front());
  if (is_uuid(id)) access.consumer_id = std::move(id);
}

/// The methods that are worth a metric series of their own.
std::string_view bounded_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> known{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
  return std::ranges::find(known, method) != known.end() ? method : "OTHER";
}

}  // namespace

/// What of a request is still needed when it is answered.
struct application::facts {
  std::string method;
  std::string path;
  std::string route;  ///< template; "unmatched" where there is none
  std::string request_id;
  std::string remote;
  bool as_problem = false;
  std::chrono::steady_clock::time_point arrived;
  std::string audit_reason = {};
  std::shared_ptr<request_access> access = std::make_shared<request_access>();
};

application::application(caf::actor_system& system, http_environment environment, std::shared_ptr<open_streams> streams)
    : context_{environment, actor_bridge(system, environment.log), std::move(streams)},
      router_(make_routes(context_)) {}

void application::handle(http_request request, responder::transport send) {
  const auto arrived = std::chrono::steady_clock::now();
  request.deadline = arrived + request_time_limit;
  auto matched = router_.match(request.method, request.path);
  request.parameters = std::move(matched.parameters);
  request.request_id = request_id_of(request);
  request.path = without_secrets(request.path);  // the route is found; from here on it is only shown
  const auto known = std::make_shared<const facts>(
      facts{request.method, request.path,
            matched.path_template.empty() ? "unmatched" : std::string(matched.path_template), request.request_id,
            request.remote, wants_problem_details(request.accept), arrived, request.audit_reason.value_or("")});
  if (matched.found != nullptr) known->access->route = matched.found->access;
  note_consumer(*known->access, matched, request.parameters);
  auto finish_and_send = [self = shared_from_this(), known, send = std::move(send)](http_response response) {
    self->complete(response, *known);
    self->account_when_over(response, known);
    send(std::move(response));
  };
  dispatch(
      std::make_shared<exchange>(exchange{std::move(request), responder(std::move(finish_and_send)), known->access}),
      matched);
}

void application::dispatch(const exchange_ptr& exchanged, const route_match& matched) {
  auto& respond = exchanged->respond;
  if (refusing_) {
    auto refusal = to_response(error{ec::shutting_down, "The server is ending; ask again in a moment."});
    refusal.close = true;
    return respond.answer(std::move(refusal));
  }
  if (matched.found == nullptr) {
    if (matched.allowed.empty()) return respond.answer(route_not_found());
    return respond.answer(exchanged->request.method == "OPTIONS" ? allowed_methods(matched.allowed)
                                                                 : method_not_allowed(matched.allowed));
  }
  if (is_open(*matched.found)) return run(exchanged, *matched.found);
  // The route lives as long as the application, which the continuation keeps.
  context_.environment.access.authentication->authenticate(
      exchanged->request.authorization, [self = shared_from_this(), exchanged, found = matched.found](
                                            const result<signed_in_ptr>& who) { self->admit(exchanged, *found, who); });
}

bool application::is_open(const route& found) const {
  return found.access->admits == route_access::admission::open ||
         (found.path_template == "/metrics" && context_.environment.configured.access.metrics_public);
}

void application::admit(const exchange_ptr& exchanged, const route& found, const result<signed_in_ptr>& who) {
  auto& access = *exchanged->access;
  if (!who) {
    access.denied = who.error().code == ec::unauthenticated;
    auto refusal = to_response(who.error());
    refusal.detail_for_tenants.reset();  // what a stranger is told is written for strangers
    return exchanged->respond.answer(std::move(refusal));
  }
  access.caller = *who;
  if (found.access->admits == route_access::admission::permitted) {
    for (const auto wanted : found.access->any_of) {
      if (auto rule = allowed_somewhere(access.who(), wanted)) {
        access.rule = std::move(*rule);
        return run(exchanged, found);
      }
    }
    access.deny();
    return exchanged->respond.answer(missing_permission(found.access->any_of.front()));
  }
  run(exchanged, found);
}

void application::run(const exchange_ptr& exchanged, const route& found) {
  try {
    found.handle(exchanged);
  } catch (const std::exception& problem) {
    context_.environment.log.error("a request handler failed",
                                   {{"route", found.path_template}, {"problem", problem.what()}});
    exchanged->respond.answer(internal_server_error());
  }
}

http_response application::refuse_unreadable(std::string remote, std::chrono::steady_clock::time_point arrived) {
  auto refusal = bad_request("The request could not be read: it is not HTTP/1.1, too large, or did not end in time.");
  refusal.close = true;
  const facts known{"-", "-", "unmatched", make_uuid(), std::move(remote), false, arrived};
  complete(refusal, known);
  account(refusal.status, known);
  return refusal;
}

void application::complete(http_response& response, const facts& known) const {
  if (response.detail_for_tenants && !may_see_server(known.access->who())) {
    context_.environment.log.info("the caller was not told all",
                                  {{"request_id", known.request_id}, {"detail", response.detail->get<std::string>()}});
    response.detail = std::move(*response.detail_for_tenants);
  }
  render_error(response, known.as_problem, known.path);
  response.headers.emplace_back("X-Request-Id", known.request_id);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.omit_body = known.method == "HEAD";
  if (response.omit_body) response.stream.reset();
}

/// A stream is over when it is let go.
void application::account_when_over(http_response& response, const std::shared_ptr<const facts>& known) {
  if (!response.stream) return account(response.status, *known);
  response.stream->when_over(
      [self = shared_from_this(), status = response.status, known] { self->account(status, *known); });
}

void application::account(int status, const facts& known) const {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - known.arrived;
  context_.environment.measured.http_answered(bounded_method(known.method), known.route, status, took);
  if (context_.environment.log.enabled(log_level::info)) log_answer(status, known, took);
  audit(status, known);
}

void application::log_answer(int status, const facts& known, std::chrono::duration<double> took) const {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  context_.environment.log.info("request answered", {{"method", known.method},
                                                     {"path", shortened(known.path, longest_logged_path)},
                                                     {"status", std::to_string(status)},
                                                     {"ms", std::to_string(milliseconds)},
                                                     {"request_id", known.request_id},
                                                     {"remote", known.remote}});
}

/// Enters what a request did into the audit, unless that has been done together with what it changed.
void application::audit(int status, const facts& known) const {
  auto& access = *known.access;
  if (access.route == nullptr) return;
  access.take_late_denial();
  const auto& to = context_.environment.access;
  if (access.denied && !access.caller) return to.count_unauthenticated(source_of(known.remote));
  if (!access.caller || (!access.denied && !access.route->audited)) return;
  auto entry = entry_of(access, known.request_id, known.remote, known.method, known.path, known.audit_reason);
  entry.status = status;
  entry.outcome = status < 300 ? audit_outcome::done : audit_outcome::failed;
  log_entry(context_.environment.log, entry);
  if (!access.audited->exchange(true)) to.record(std::move(entry));
}

}  // namespace kfs
