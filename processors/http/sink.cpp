#include "processors/http/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "processors/http/accepted_places.hpp"
#include "processors/http/answers.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/http/requests.hpp"

namespace kfs {
namespace {

using clock = std::chrono::steady_clock;

/// The bound of one write(), so that a slow endpoint is reported.
constexpr std::chrono::minutes write_bound{5};
/// How long a wait lasts before the clock and the lifeline are checked.
constexpr std::chrono::milliseconds longest_wait{1'000};
constexpr int most_redirects = 3;

/// A request under way.
struct flight {
  delivery_plan::request planned;
  circuit_breaker::permit permit;
  prepared_request sent;
  http_url redirected;
  int redirects = 0;
};

class http_sink final : public sink {
 public:
  http_sink(http_sink_options options, std::shared_ptr<http_endpoints> endpoints, lifeline watched)
      : options_(std::move(options)),
        reader_(options_),
        requests_(options_),
        endpoints_(std::move(endpoints)),
        breaker_(endpoints_->breaker_of(options_.to.origin)),
        watched_(std::move(watched)),
        flights_(options_.client.max_in_flight),
        client_(options_.client) {
    for (std::size_t slot = 0; slot < flights_.size(); ++slot) free_.push_back(slot);
  }

  /// Does nothing: the first request connects.
  result<void> open() override { return {}; }

  result<rejections> write(const batch& records) override {
    delivery_plan plan(records.records(), options_.order,
                       {.records = options_.batch_max_messages, .lanes = options_.client.max_in_flight},
                       accepted_before_.all());
    sending now{.records = records, .plan = plan, .until = clock::now() + write_bound, .rejected = {}, .fault = {}};
    send_all(now);
    if (!now.fault && now.rejected.empty() && plan.all_accepted()) {
      accepted_before_.written(records.ranges());
      return rejections{};
    }
    accepted_before_.add(plan.accepted_places());
    if (now.fault) return tl::make_unexpected(std::move(*now.fault));
    return std::move(now.rejected);
  }

  result<void> start_at(const record_source&, std::span<const partition_offset>) override {
    accepted_before_.forget_all();
    return {};
  }

  result<void> close() override { return {}; }

 private:
  /// The state of one write().
  struct sending {
    const batch& records;
    delivery_plan& plan;
    clock::time_point until;
    rejections rejected;
    std::optional<error> fault;  ///< the first one
  };

  void send_all(sending& now) {
    const std::stop_callback waking(watched_.cancelled, [this] { client_.wake(); });
    std::vector<http_answer> answers;
    while (begin_what_may_go(now)) {
      answers.clear();
      client_.wait(longest_wait, answers);
      if (watched_.gauge) watched_.gauge->alive(clock::now());
      for (auto& answer : answers) settle(now, std::move(answer));
    }
    abandon_all();
  }

  /// Begins all requests that may be sent now. False when nothing is under way any more, or nothing may be.
  bool begin_what_may_go(sending& now) {
    const bool nothing_under_way = free_.size() == flights_.size();
    if (nothing_under_way && !now.plan.has_next()) return false;
    if (watched_.cancelled.stop_requested()) {
      note(now, {ec::shutting_down, "the consumer is ending; the rest of the batch was not sent", {}});
      return false;
    }
    const auto at = clock::now();
    if (at >= now.until && now.plan.has_next()) note(now, reader_.too_slow(now.records.records().size(), write_bound));
    while (at < now.until && !free_.empty() && begin_next(now, at)) {
    }
    return free_.size() < flights_.size();
  }

  bool begin_next(sending& now, clock::time_point at) {
    if (!now.plan.has_next()) return false;
    const auto permit = breaker_->admit(at);
    if (!permit) {
      if (free_.size() == flights_.size()) note(now, reader_.not_asked(*breaker_, at));
      return false;
    }
    const auto slot = free_.back();
    free_.pop_back();
    auto& flying = flights_[slot];
    flying.planned = now.plan.next();
    flying.permit = *permit;
    flying.redirects = 0;
    requests_.prepare(now.records, now.plan.records_of(flying.planned), unix_seconds(), flying.sent);
    begin(slot, options_.to);
    return true;
  }

  void begin(std::size_t slot, const http_url& to) {
    const auto& sent = flights_[slot].sent;
    const bool ours = to.origin == options_.to.origin;
    client_.begin(slot, {.to = &to,
                         .body = sent.body,
                         .headers = sent.headers,
                         .fixed_headers = options_.fixed_headers,
                         .private_headers = ours ? std::span<const std::string>(options_.private_headers)
                                                 : std::span<const std::string>()});
  }

  void settle(sending& now, http_answer answer) {
    auto& flying = flights_[answer.slot];
    switch (reader_.verdict_of(answer)) {
      case verdict::accepted:
        breaker_->answered(flying.permit);
        if (watched_.gauge) watched_.gauge->took(clock::now());
        now.plan.accepted(flying.planned);
        break;
      case verdict::record_fault:
        breaker_->answered(flying.permit);
        if (watched_.gauge) watched_.gauge->answered(clock::now());
        if (!now.plan.rejected(flying.planned)) now.rejected.push_back(rejection_of(now, flying, answer));
        break;
      case verdict::redirect:
        if (follow(now, answer)) return;
        break;
      case verdict::endpoint_fault:
        fail(now, flying, reader_.fault_of(answer), answer.retry_after);
        break;
    }
    free_.push_back(answer.slot);
  }

  /// Sends a request to the target of its redirect. True when it is under way again.
  bool follow(sending& now, const http_answer& answer) {
    auto& flying = flights_[answer.slot];
    auto to = parse_http_url(answer.location);
    auto allowed = to ? endpoints_->allowed().check_host(to->host) : tl::make_unexpected(to.error());
    if (allowed && ++flying.redirects > most_redirects)
      allowed = failure(ec::sink_denied, fmt::format("there are more than {} redirects in a row", most_redirects));
    if (!allowed) {
      // The endpoint has answered, so its breaker, which other sinks share, stays as it is.
      breaker_->answered(flying.permit);
      now.plan.faulted(flying.planned);
      note(now, reader_.not_followed(answer, allowed.error()));
      return false;
    }
    flying.redirected = std::move(*to);
    begin(answer.slot, flying.redirected);
    return true;
  }

  void fail(sending& now, const flight& flying, error reason, std::chrono::milliseconds pause) {
    const auto at = clock::now();
    breaker_->faulted(flying.permit, at, pause);
    now.plan.faulted(flying.planned);
    reason.retry_after = std::max(std::min<std::chrono::milliseconds>(pause, circuit_breaker::longest_asked_pause),
                                  breaker_->remaining(at));
    if (reason.retry_after.count() > 0) reason.message += answer_reader::pause_text(reason.retry_after);
    note(now, std::move(reason));
  }

  /// Keeps the first fault, and the longest wait of all.
  static void note(sending& now, error reason) {
    if (!now.fault)
      now.fault = std::move(reason);
    else
      now.fault->retry_after = std::max(now.fault->retry_after, reason.retry_after);
  }

  void abandon_all() {
    client_.abandon_all();
    if (free_.size() == flights_.size()) return;
    std::vector<bool> is_free(flights_.size());
    for (const auto slot : free_) is_free[slot] = true;
    for (std::size_t slot = 0; slot < flights_.size(); ++slot) {
      if (is_free[slot]) continue;
      breaker_->abandoned(flights_[slot].permit, clock::now());
      free_.push_back(slot);
    }
  }

  [[nodiscard]] rejection rejection_of(const sending& now, const flight& flying, const http_answer& answer) const {
    const auto& rejected = now.records.records()[now.plan.records_of(flying.planned).front()];
    return {rejected.partition, rejected.position, reader_.rejection_of(answer, now.records.source().topic, rejected)};
  }

  static std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  const http_sink_options options_;
  const answer_reader reader_;
  request_writer requests_;
  const std::shared_ptr<http_endpoints> endpoints_;
  const std::shared_ptr<circuit_breaker> breaker_;
  const lifeline watched_;
  std::vector<flight> flights_;  ///< by slot
  std::vector<std::size_t> free_;
  http_client client_;  ///< refers to flights_
  accepted_places accepted_before_;
};

}  // namespace

sink_ptr make_http_sink(http_sink_options options, const sink_environment& environment, lifeline watched) {
  return std::make_unique<http_sink>(std::move(options), environment.endpoints, std::move(watched));
}

}  // namespace kfs
