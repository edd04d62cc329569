#include "processors/http/request_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "processors/http/retry.hpp"

namespace kfs {
namespace {

/// The bound of one send(), so that a slow endpoint is reported.
constexpr std::chrono::minutes sending_bound{5};
/// How long a wait lasts before the clock and the lifeline are checked.
constexpr std::chrono::milliseconds longest_wait{1'000};
constexpr int most_redirects = 3;

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Keeps the first fault, and the longest wait of all.
void note(std::optional<error>& fault, error reason) {
  if (!fault)
    fault = std::move(reason);
  else
    fault->retry_after = std::max(fault->retry_after, reason.retry_after);
}

}  // namespace

request_sender::request_sender(const http_sink_options& options, std::shared_ptr<http_endpoints> endpoints,
                               lifeline watched, sink_lease lease)
    : options_(options),
      reader_(options_),
      requests_(options_),
      endpoints_(std::move(endpoints)),
      breaker_(endpoints_->breaker_of(options_.to.origin)),
      watched_(std::move(watched)),
      lease_(std::move(lease)),
      flights_(options_.client.max_in_flight),
      client_(options_.client) {
  for (std::size_t slot = 0; slot < flights_.size(); ++slot) free_.push_back(slot);
}

sending_outcome request_sender::send(const batch& records, delivery_plan& plan) {
  const std::stop_callback waking(watched_.cancelled, [this] { client_.wake(); });
  sending now{.records = records, .plan = plan, .until = clock::now() + sending_bound, .outcome = {}};
  std::vector<http_answer> answers;
  lease_.take();
  while (advance(now)) {
    answers.clear();
    client_.wait(next_wait(clock::now()), answers);
    if (watched_.gauge) watched_.gauge->alive(clock::now());
    for (auto& answer : answers) settle(now, std::move(answer));
  }
  abandon_all();
  return std::move(now.outcome);
}

/// Begins all requests that may be sent now. False when nothing is in flight any more, or nothing may be.
bool request_sender::advance(sending& now) {
  if (nothing_in_flight() && !now.plan.has_next()) return false;
  if (watched_.cancelled.stop_requested()) {
    note(now.outcome.fault, {ec::shutting_down, "the consumer is ending; the rest of the batch was not sent", {}});
    return false;
  }
  if (!may_start(now)) return false;
  const auto at = clock::now();
  if (at >= now.until && now.plan.has_next())
    note(now.outcome.fault, reader_.too_slow(now.records.records().size(), sending_bound));
  if (waiting_ > 0) send_again_what_is_due(now, at);
  while (at < now.until && !free_.empty() && begin_next(now, at)) {
  }
  return !nothing_in_flight();
}

/// The next owner may already send. This process may have been frozen since it last looked.
bool request_sender::may_start(sending& now) const {
  if (!lease_.has_ended(clock::now())) return true;
  if (!now.outcome.fault || now.outcome.fault->code != ec::lease_lost)
    now.outcome.fault = error{ec::lease_lost,
                              "the lease of this replica on the consumer has ended; the rest of the batch is sent by "
                              "the replica that runs it now",
                              {}};
  return false;
}

bool request_sender::begin_next(sending& now, clock::time_point at) {
  if (!now.plan.has_next() || !may_start(now)) return false;
  const auto permit = breaker_->admit(at);
  if (!permit) {
    if (nothing_in_flight()) note(now.outcome.fault, reader_.not_asked(*breaker_, at));
    return false;
  }
  const auto slot = free_.back();
  free_.pop_back();
  auto& flying = flights_[slot];
  flying.planned = now.plan.next();
  flying.permit = *permit;
  flying.first_sent = at;
  flying.failures = 0;
  requests_.prepare(now.records, now.plan.records_of(flying.planned), unix_seconds(), flying.sent);
  begin(slot, options_.to);
  return true;
}

/// A request that the circuit breaker does not admit again is given up, with the fault that it had.
void request_sender::send_again_what_is_due(sending& now, clock::time_point at) {
  for (std::size_t slot = 0; slot < flights_.size(); ++slot) {
    auto& flying = flights_[slot];
    if (!flying.due || *flying.due > at) continue;
    if (!may_start(now)) return;
    flying.due.reset();
    --waiting_;
    if (const auto permit = breaker_->admit(at)) {
      flying.permit = *permit;
      begin(slot, options_.to);
    } else {
      give_up(now, slot, flying.failed, at);
    }
  }
}

void request_sender::begin(std::size_t slot, const http_url& to) {
  auto& flying = flights_[slot];
  const bool to_endpoint = &to == &options_.to;
  if (to_endpoint) flying.redirects = 0;
  const bool ours = to.origin == options_.to.origin;
  const std::span<const std::string> headers = flying.sent.headers;
  client_.begin(slot, {.to = &to,
                       .body = flying.sent.body,
                       .headers = ours ? headers : headers.first(flying.sent.unsigned_headers),
                       .fixed_headers = options_.fixed_headers,
                       .private_headers = ours ? std::span<const std::string>(options_.private_headers)
                                               : std::span<const std::string>(),
                       .again = to_endpoint && flying.failures > 0});
}

/// The time until a request is sent again.
std::chrono::milliseconds request_sender::next_wait(clock::time_point at) const {
  auto wait = longest_wait;
  if (waiting_ == 0) return wait;
  for (const auto& flying : flights_) {
    if (flying.due) wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(*flying.due - at));
  }
  return std::max(wait, std::chrono::milliseconds{0});
}

void request_sender::settle(sending& now, http_answer answer) {
  auto& flying = flights_[answer.slot];
  const auto at = clock::now();
  switch (reader_.verdict_of(answer)) {
    case verdict::accepted:
      breaker_->answered(flying.permit, at);
      if (watched_.gauge) watched_.gauge->took(at);
      now.plan.accepted(flying.planned);
      land(answer.slot);
      break;
    case verdict::record_fault:
      breaker_->answered(flying.permit, at);
      if (watched_.gauge) watched_.gauge->answered(at);
      if (!now.plan.rejected(flying.planned)) now.outcome.rejected.push_back(rejection_of(now, flying, answer));
      land(answer.slot);
      break;
    case verdict::redirect:
      if (!follow(now, answer)) land(answer.slot);
      break;
    case verdict::endpoint_fault:
      failed(now, std::move(answer));
      break;
  }
}

/// Sends a request to the target of its redirect. True when it is under way again.
bool request_sender::follow(sending& now, const http_answer& answer) {
  auto& flying = flights_[answer.slot];
  auto to = parse_http_url(answer.location);
  auto allowed = to ? endpoints_->allowed().check_host(to->host) : tl::make_unexpected(to.error());
  if (allowed && to->origin != options_.to.origin) allowed = options_.redirects.check_host(to->host);
  if (allowed && ++flying.redirects > most_redirects)
    allowed = failure(ec::sink_denied, fmt::format("there are more than {} redirects in a row", most_redirects));
  if (!allowed) {
    // The endpoint has answered, so its breaker, which other sinks share, stays as it is.
    breaker_->answered(flying.permit, clock::now());
    now.plan.faulted(flying.planned);
    note(now.outcome.fault, reader_.not_followed(answer, allowed.error()));
    return false;
  }
  if (!may_start(now)) {
    breaker_->answered(flying.permit, clock::now());
    now.plan.faulted(flying.planned);
    return false;
  }
  flying.redirected = std::move(*to);
  begin(answer.slot, flying.redirected);
  return true;
}

/// The endpoint has failed: the request waits until it is sent again, or is given up.
void request_sender::failed(sending& now, http_answer answer) {
  const auto at = clock::now();
  const auto slot = answer.slot;
  auto& flying = flights_[slot];
  breaker_->faulted(flying.permit, at, answer.retry_after);
  const double jitter = std::uniform_real_distribution<double>(0, 1)(random_);
  const auto wait = retry_wait(++flying.failures, at - flying.first_sent, answer.retry_after, jitter);
  const bool open = breaker_->state() != breaker_state::closed;
  if (open || !wait || at + *wait >= now.until || answer.refused) return give_up(now, slot, answer, at);
  flying.failed = std::move(answer);
  flying.due = at + *wait;
  ++waiting_;
}

void request_sender::give_up(sending& now, std::size_t slot, const http_answer& answer, clock::time_point at) {
  auto reason = reader_.fault_of(answer);
  reason.retry_after = breaker_->remaining(at);
  if (reason.retry_after.count() > 0) reason.message += answer_reader::pause_text(reason.retry_after);
  now.plan.faulted(flights_[slot].planned);
  note(now.outcome.fault, std::move(reason));
  land(slot);
}

/// The slot is free for another request.
void request_sender::land(std::size_t slot) {
  flights_[slot].due.reset();
  free_.push_back(slot);
}

void request_sender::abandon_all() {
  client_.abandon_all();
  if (nothing_in_flight()) return;
  std::vector<bool> is_free(flights_.size());
  for (const auto slot : free_) is_free[slot] = true;
  for (std::size_t slot = 0; slot < flights_.size(); ++slot) {
    if (is_free[slot]) continue;
    if (!flights_[slot].due) breaker_->abandoned(flights_[slot].permit, clock::now());
    land(slot);
  }
  waiting_ = 0;
}

rejection request_sender::rejection_of(const sending& now, const flight& flying, const http_answer& answer) const {
  const auto& rejected = now.records.records()[now.plan.records_of(flying.planned).front()];
  return {rejected.partition, rejected.position, reader_.rejection_of(answer, now.records.source().topic, rejected)};
}

}  // namespace kfs
