#include "processors/http/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "processors/http/answers.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/http/options.hpp"
#include "processors/http/requests.hpp"

namespace kfs {
namespace {

using clock = std::chrono::steady_clock;

/// Of one call of write(), so that a slow endpoint shows.
constexpr std::chrono::minutes write_bound{5};
/// A look at the clock and at the token even if nothing happens.
constexpr std::chrono::milliseconds longest_wait{1'000};
constexpr int most_redirects = 3;

// ---- Options: forwarder_options

void check_options(const json& config, const json& loc, const sink_environment& environment,
                   std::vector<violation>& found) {
  for (auto& [option, why] : mistakes_between(config))
    found.push_back({"value_error", below(loc, option), "Value error, " + why, nullptr});
  const auto& text = config.at("endpoint_url").get_ref<const std::string&>();
  if (const auto allowed = environment.endpoints->allowed().check_host(parse_http_url(text)->host); !allowed)
    found.push_back(
        {"value_error", below(loc, "endpoint_url"), "Value error, " + allowed.error().message, mask_credentials(text)});
}

std::string url_of(const json& config) {
  const auto url = config.find("endpoint_url");
  const auto read = url != config.end() && url->is_string() ? parse_http_url(url->get<std::string>())
                                                            : failure(ec::invalid_request, "no URL");
  return read ? read->text : std::string();
}

std::optional<breaker_condition> breaker_before(const json& config, const sink_environment& environment) {
  const auto to = parse_http_url(config.at("endpoint_url").get_ref<const std::string&>());
  return to ? std::optional(environment.endpoints->condition_of(to->origin)) : std::nullopt;
}

// ---- The sink

/// A request that is under way.
struct flight {
  delivery_plan::request of;
  circuit_breaker::permit permit;
  prepared_request sent;
  http_url redirected;
  int redirects = 0;
};

class streaming_forwarder final : public sink {
 public:
  streaming_forwarder(forwarder_options options, std::shared_ptr<http_endpoints> endpoints, lifeline held_by)
      : options_(std::move(options)),
        reader_(options_),
        requests_(options_),
        endpoints_(std::move(endpoints)),
        breaker_(endpoints_->breaker_of(options_.to.origin)),
        held_by_(std::move(held_by)),
        flights_(options_.client.max_in_flight),
        client_(options_.client) {
    for (std::size_t slot = 0; slot < flights_.size(); ++slot) free_.push_back(slot);
  }

  /// The first request connects.
  result<void> open() override { return {}; }

  result<rejections> write(const batch& records) override {
    if (records.ranges() != ranges_in_hand_) {
      accepted_before_.clear();
      ranges_in_hand_ = records.ranges();
    }
    delivery_plan plan(records.records(), options_.order,
                       {.records = options_.batch_max_messages, .lanes = options_.client.max_in_flight},
                       accepted_before_);
    sending now{.records = records, .plan = plan, .until = clock::now() + write_bound, .refused = {}, .fault = {}};
    send_all(now);
    if (!now.fault && now.refused.empty() && plan.all_accepted()) {
      forget_batch();
      return rejections{};
    }
    plan.add_accepted(accepted_before_);
    if (now.fault) return tl::make_unexpected(std::move(*now.fault));
    return std::move(now.refused);
  }

  /// The offsets of a batch in hand may stand for other records now.
  result<void> start_at(const record_source&, std::span<const partition_offset>) override {
    forget_batch();
    return {};
  }

  result<void> close() override { return {}; }

 private:
  /// One call of write().
  struct sending {
    const batch& records;
    delivery_plan& plan;
    clock::time_point until;
    rejections refused;
    std::optional<error> fault;  ///< the first one
  };

  void forget_batch() {
    accepted_before_.clear();
    ranges_in_hand_.clear();
  }

  void send_all(sending& now) {
    const std::stop_callback waking(held_by_.cancelled, [this] { client_.wake(); });
    std::vector<http_answer> answers;
    while (begin_what_may_go(now)) {
      answers.clear();
      client_.wait(longest_wait, answers);
      if (held_by_.gauge) held_by_.gauge->alive(clock::now());
      for (auto& answer : answers) settle(now, std::move(answer));
    }
    abandon_all();
  }

  /// False when nothing is under way any more, or nothing shall be.
  bool begin_what_may_go(sending& now) {
    const bool nothing_under_way = free_.size() == flights_.size();
    if (nothing_under_way && !now.plan.has_next()) return false;
    if (held_by_.cancelled.stop_requested()) {
      note(now, {ec::shutting_down, "what is not sent yet was given up, as the consumer ends", {}});
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
    flying.of = now.plan.next();
    flying.permit = *permit;
    flying.redirects = 0;
    requests_.prepare(now.records, now.plan.records_of(flying.of), unix_seconds(), flying.sent);
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
        if (held_by_.gauge) held_by_.gauge->took(clock::now());
        now.plan.accepted(flying.of);
        break;
      case verdict::record_fault:
        breaker_->answered(flying.permit);
        if (held_by_.gauge) held_by_.gauge->answered(clock::now());
        if (!now.plan.refused(flying.of)) now.refused.push_back(rejection_of(now, flying, answer));
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

  /// True: the request is under way again.
  bool follow(sending& now, const http_answer& answer) {
    auto& flying = flights_[answer.slot];
    auto to = parse_http_url(answer.location);
    auto allowed = to ? endpoints_->allowed().check_host(to->host) : tl::make_unexpected(to.error());
    if (allowed && ++flying.redirects > most_redirects)
      allowed = failure(ec::sink_denied, fmt::format("there are more than {} redirects in a row", most_redirects));
    if (!allowed) {
      // The endpoint is well, so its breaker, which others share, stays as it is.
      breaker_->answered(flying.permit);
      now.plan.faulted(flying.of);
      note(now, reader_.not_followed(answer, allowed.error()));
      return false;
    }
    flying.redirected = std::move(*to);
    begin(answer.slot, flying.redirected);
    return true;
  }

  void fail(sending& now, const flight& flying, error what, std::chrono::milliseconds pause) {
    const auto at = clock::now();
    breaker_->faulted(flying.permit, at, pause);
    now.plan.faulted(flying.of);
    what.retry_after = std::max(std::min<std::chrono::milliseconds>(pause, circuit_breaker::longest_asked_pause),
                                breaker_->remaining(at));
    if (what.retry_after.count() > 0) what.message += answer_reader::pause_text(what.retry_after);
    note(now, std::move(what));
  }

  /// The first fault is told; the longest wait holds.
  static void note(sending& now, error what) {
    if (!now.fault)
      now.fault = std::move(what);
    else
      now.fault->retry_after = std::max(now.fault->retry_after, what.retry_after);
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
    const auto& one = now.records.records()[now.plan.records_of(flying.of).front()];
    return {one.partition, one.position, reader_.refusal_of(answer, now.records.source().topic, one)};
  }

  static std::int64_t unix_seconds() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  const forwarder_options options_;
  const answer_reader reader_;
  forwarder_requests requests_;
  const std::shared_ptr<http_endpoints> endpoints_;
  const std::shared_ptr<circuit_breaker> breaker_;
  const lifeline held_by_;
  std::vector<flight> flights_;  ///< by slot
  std::vector<std::size_t> free_;
  http_client client_;  ///< refers to flights_
  std::vector<batch_range> ranges_in_hand_;
  record_places accepted_before_;  ///< of the batch in hand
};

sink_ptr make_forwarder(const consumer_spec&, const processor_spec& processor, const sink_environment& environment,
                        lifeline held_by, int) {
  return std::make_unique<streaming_forwarder>(
      read_forwarder_options(processor.config, environment.endpoints->allowed()), environment.endpoints,
      std::move(held_by));
}

}  // namespace

// ---- Registration

sink_type streaming_forwarder_type() {
  return {.options = forwarder_schema(),
          .check = check_options,
          .place = {},
          .secrets_go_to = url_of,
          .mistake_with_instances = {},
          .make = make_forwarder,
          .breaker = breaker_before,
          .waits = true};
}

}  // namespace kfs
