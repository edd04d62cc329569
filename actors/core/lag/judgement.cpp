#include "actors/core/lag/judgement.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace kfs {
namespace {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

/// Over what time catch_up_seconds measures.
constexpr std::chrono::milliseconds rate_span = 60s;
/// A shorter time tells no rate.
constexpr std::chrono::milliseconds least_rate_span = 1s;
/// The part of its time, or of its log, that a record has left when it is about to expire.
constexpr double near_part = 0.1;

double in_seconds(auto duration) {
  return std::chrono::duration<double>(duration).count();
}

/// The samples from the start of the span on, and whether they cover it. The first one is then not later than the
/// start.
struct covered_samples {
  std::span<const lag_sample> since;
  bool whole = false;
};

covered_samples of_span(const std::vector<lag_sample>& samples, std::chrono::milliseconds span,
                        clock_type::time_point at) {
  std::size_t first = 0;
  while (first + 1 < samples.size() && at - samples[first + 1].at >= span) ++first;
  const bool whole = !samples.empty() && at - samples[first].at >= span;
  return {std::span(samples).subspan(first), whole};
}

bool is_progress(std::span<const lag_sample> samples) {
  return !samples.empty() && samples.back().done > samples.front().done;
}

bool has_grown(std::span<const lag_sample> samples) {
  const auto shrinks = [](const lag_sample& a, const lag_sample& b) { return b.lag() < a.lag(); };
  return samples.size() >= 2 && samples.back().lag() > samples.front().lag() &&
         std::ranges::adjacent_find(samples, shrinks) == samples.end();
}

/// One partition with its samples, the last of which is of now.
class partition_judge {
 public:
  partition_judge(const topic_facts& topic, const partition_facts& facts, const lag_sample& present,
                  const lag_window& window, const lag_context& context)
      : topic_(topic), facts_(facts), now_(present), context_(context) {
    for (const auto& sample : window.samples())
      if (sample.at <= now_.at && sample.done <= now_.done && sample.log_end <= now_.log_end)
        samples_.push_back(sample);
    if (samples_.empty() || samples_.back() != now_) samples_.push_back(now_);
    watched_ = of_span(samples_, context.allowed.window, now_.at);
  }

  [[nodiscard]] lag_judgement judge() const {
    lag_judgement judgement;
    judgement.lag = now_.lag();
    judgement.lag_seconds = age();
    judgement.catch_up_seconds = catch_up();
    judgement.verdict = verdict();
    judgement.reason = reason(judgement.verdict);
    return judgement;
  }

 private:
  [[nodiscard]] bool at_rest() const { return now_.lag() == 0 || facts_.nothing_left; }
  [[nodiscard]] bool is_held_by_transaction() const {
    return now_.stable_end < now_.log_end && now_.done >= now_.stable_end;
  }
  [[nodiscard]] bool has_expired() const {
    return facts_.committed && facts_.log_start && *facts_.committed < *facts_.log_start;
  }
  [[nodiscard]] bool is_beyond_end() const { return facts_.committed && facts_.committed->value > now_.log_end; }

  [[nodiscard]] std::optional<double> age() const {
    if (at_rest()) return 0.0;
    if (!facts_.oldest) return std::nullopt;
    return std::max(0.0, in_seconds(context_.wall_clock - *facts_.oldest));
  }

  [[nodiscard]] std::optional<double> catch_up() const {
    if (at_rest()) return 0.0;
    const auto first = of_span(samples_, rate_span, now_.at).since.front();
    if (now_.at - first.at < least_rate_span || first.lag() <= now_.lag()) return std::nullopt;
    const auto rate = static_cast<double>(first.lag() - now_.lag()) / in_seconds(now_.at - first.at);
    return static_cast<double>(now_.lag()) / rate;
  }

  /// Whether a transaction has been open for the whole window. What observers saw tells, or the age of its first
  /// record.
  [[nodiscard]] bool transaction_hangs() const {
    if (now_.stable_end >= now_.log_end) return false;
    const auto& first = watched_.since.front();
    if (watched_.whole && first.stable_end < now_.stable_end) return false;  // an earlier one has ended
    if (facts_.open_since && context_.wall_clock - *facts_.open_since >= context_.allowed.window) return true;
    return watched_.whole && first.stable_end == now_.stable_end && first.stable_end < first.log_end;
  }

  [[nodiscard]] bool is_near_retention() const {
    if (at_rest()) return false;
    if (topic_.retention && facts_.oldest &&
        in_seconds(context_.wall_clock - *facts_.oldest) >= (1 - near_part) * in_seconds(*topic_.retention))
      return true;
    // The size of a log is not known. When its oldest records have been removed, its first records are the next ones.
    if (!topic_.size_limited || !facts_.log_start || facts_.log_start->value == 0) return false;
    const auto size = static_cast<double>(now_.log_end - facts_.log_start->value);
    return static_cast<double>(now_.done - facts_.log_start->value) < near_part * size;
  }

  [[nodiscard]] bool exceeds_allowance() const {
    const auto seconds = age();
    return now_.lag() > context_.allowed.warn_records ||
           (seconds && *seconds > in_seconds(context_.allowed.warn_after));
  }

  /// The oldest record that waits came within the window, so the group may still be on its way to it.
  [[nodiscard]] bool waits_shortly() const {
    const auto seconds = age();
    return seconds && *seconds < in_seconds(context_.allowed.window);
  }

  /// Without what the facts alone tell.
  [[nodiscard]] lag_verdict of_progress() const {
    const bool progress = is_progress(watched_.since);
    if (context_.members == group_members::none) return lag_verdict::stopped;
    if (is_held_by_transaction()) return lag_verdict::ok;  // it has read everything that it may read
    if (!watched_.whole)
      return progress || (waits_shortly() && !exceeds_allowance()) ? lag_verdict::ok : lag_verdict::unknown;
    const auto& first = watched_.since.front();
    if (!progress && first.stable_end > first.done && !waits_shortly()) return lag_verdict::stalled;
    return has_grown(watched_.since) && exceeds_allowance() ? lag_verdict::warning : lag_verdict::ok;
  }

  [[nodiscard]] lag_verdict verdict() const {
    if (is_beyond_end()) return lag_verdict::warning;
    if (at_rest()) return lag_verdict::ok;
    const bool warns = has_expired() || transaction_hangs() || is_near_retention();
    return std::max(of_progress(), warns ? lag_verdict::warning : lag_verdict::ok);
  }

  [[nodiscard]] std::optional<lag_reason> reason(lag_verdict verdict) const {
    if (is_beyond_end()) return lag_reason::committed_beyond_end;
    if (has_expired()) return lag_reason::records_expired;
    if (is_near_retention()) return lag_reason::near_retention;
    if (!at_rest() && transaction_hangs()) return lag_reason::open_transaction;
    if (!facts_.committed) return lag_reason::no_commit;
    if (!at_rest() && context_.hold == lag_reason::paused) return lag_reason::paused;
    switch (verdict) {
      case lag_verdict::ok:
        if (is_held_by_transaction()) return lag_reason::open_transaction;
        return age() ? std::nullopt : std::optional(lag_reason::record_unread);
      case lag_verdict::stopped:
        return lag_reason::no_member;
      case lag_verdict::unknown:
        return context_.hold.value_or(lag_reason::not_watched);
      case lag_verdict::warning:
      case lag_verdict::stalled:
        return context_.hold.value_or(lag_reason::behind);
    }
    return std::nullopt;
  }

  const topic_facts& topic_;
  const partition_facts& facts_;
  const lag_sample now_;
  const lag_context& context_;
  std::vector<lag_sample> samples_;
  covered_samples watched_;
};

/// What can be said of a partition in which an offset is not known.
lag_judgement without_offsets(const topic_facts& topic, const partition_facts& facts) {
  lag_judgement judgement;
  if (!topic.exists || !facts.exists) {
    judgement.reason = lag_reason::topic_missing;
  } else if (!facts.log_start || !facts.log_end) {
    judgement.reason = lag_reason::broker;
  } else {
    judgement.reason = lag_reason::no_commit;
    if (*facts.log_start >= *facts.log_end) {
      judgement.verdict = lag_verdict::ok;
      judgement.lag_seconds = 0;
    }
  }
  return judgement;
}

}  // namespace

std::string_view to_string(lag_verdict verdict) noexcept {
  constexpr std::array<std::string_view, 5> names{"OK", "WARNING", "UNKNOWN", "STOPPED", "STALLED"};
  return names[static_cast<std::size_t>(verdict)];
}

std::string_view to_string(lag_reason reason) noexcept {
  constexpr std::array<std::string_view, 15> names{
      "paused",           "sink_slow",   "sink_failing",  "no_member",       "broker",
      "rebalancing",      "behind",      "no_commit",     "records_expired", "near_retention",
      "open_transaction", "not_watched", "topic_missing", "record_unread",   "committed_beyond_end"};
  return names[static_cast<std::size_t>(reason)];
}

std::chrono::milliseconds kept_span(const lag_options& allowed) {
  return std::max(allowed.window, rate_span);
}

std::optional<std::int64_t> processed_offset(const partition_facts& facts, beginning begins) {
  if (!facts.log_start || !facts.log_end) return std::nullopt;
  if (facts.committed) return std::max(*facts.committed, *facts.log_start).value;
  if (facts.begun) return std::max(*facts.begun, *facts.log_start).value;
  switch (begins) {
    case beginning::log_start:
      return facts.log_start->value;
    case beginning::log_end:
      return facts.log_end->value;
    case beginning::unknown:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<lag_sample> sample_of(const partition_facts& facts, beginning begins, clock_type::time_point at) {
  const auto done = processed_offset(facts, begins);
  if (!done) return std::nullopt;
  const auto end = facts.log_end->value;
  return lag_sample{.at = at,
                    .done = std::min(*done, end),
                    .stable_end = facts.stable_end ? std::min(facts.stable_end->value, end) : end,
                    .log_end = end};
}

lag_judgement judged(const topic_facts& topic, const partition_facts& facts, const lag_window& window,
                     const lag_context& context) {
  const auto present = topic.exists && facts.exists ? sample_of(facts, context.begins, context.at) : std::nullopt;
  if (!present) return without_offsets(topic, facts);
  return partition_judge(topic, facts, *present, window, context).judge();
}

lag_judgement worst_of(const std::vector<lag_judgement>& parts) {
  lag_judgement whole{.lag = 0, .lag_seconds = 0, .verdict = lag_verdict::ok, .reason = {}, .catch_up_seconds = 0};
  for (const auto& part : parts) {
    whole.lag = whole.lag && part.lag ? std::optional(*whole.lag + *part.lag) : std::nullopt;
    whole.lag_seconds = whole.lag_seconds && part.lag_seconds
                            ? std::optional(std::max(*whole.lag_seconds, *part.lag_seconds))
                            : std::nullopt;
    whole.catch_up_seconds = whole.catch_up_seconds && part.catch_up_seconds
                                 ? std::optional(std::max(*whole.catch_up_seconds, *part.catch_up_seconds))
                                 : std::nullopt;
    if (part.verdict > whole.verdict || (part.verdict == whole.verdict && !whole.reason)) whole.reason = part.reason;
    whole.verdict = std::max(whole.verdict, part.verdict);
  }
  return whole;
}

}  // namespace kfs
