#include "actors/core/history/consumer_history.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// From the beginning of one step to that of the next one that was looked at. After a longer time it is not known when
/// what happened meanwhile has happened.
constexpr auto longest_between_looks = 2 * history_step::length;

timestamp beginning_of_step(timestamp at) {
  return timestamp(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch() / history_step::length *
                   history_step::length);
}

std::optional<std::int64_t> done_of(const partition_report& partition) {
  const auto& done = partition.committed ? partition.committed : partition.start;
  return done ? std::optional(done->value) : std::nullopt;
}

}  // namespace

consumer_history::kept_step::kept_step(const history_step& step)
    : records(step.records.value_or(unknown)),
      lag(step.lag.value_or(unknown)),
      lag_seconds(static_cast<float>(step.lag_seconds.value_or(-1))),
      errors(
          static_cast<std::uint32_t>(std::min<std::int64_t>(step.errors, std::numeric_limits<std::uint32_t>::max()))),
      number(static_cast<std::uint32_t>(step.at.time_since_epoch() / history_step::length)),
      status(step.status) {}

history_step consumer_history::kept_step::unpacked() const {
  const auto known = [](std::int64_t value) { return value == unknown ? std::nullopt : std::optional(value); };
  return {.at = timestamp(number * std::chrono::duration_cast<std::chrono::milliseconds>(history_step::length)),
          .status = status,
          .records = known(records),
          .lag = known(lag),
          .lag_seconds = lag_seconds < 0 ? std::nullopt : std::optional<double>(lag_seconds),
          .errors = errors};
}

void consumer_history::look(const consumer_view& consumer, timestamp wall_clock,
                            std::chrono::steady_clock::time_point at, const allowance& allowed) {
  if (consumer.spec->created_at != created_) {
    // Another consumer has the id now.
    *this = consumer_history();
    created_ = consumer.spec->created_at;
  }
  open_step(wall_clock, allowed.steps);
  open_->status = consumer.status;
  add_partitions(consumer, at, allowed.partitions);
  add_fault(consumer.last_error);
}

/// A clock that was set back goes on in the last step until it has caught up.
void consumer_history::open_step(timestamp wall_clock, std::size_t steps_kept) {
  const auto begun = beginning_of_step(wall_clock);
  if (open_ && begun <= open_->at) return;
  if (open_) over_.emplace_back(*open_);
  is_whole_ = open_ && begun - open_->at <= longest_between_looks;
  if (!is_whole_) {
    followed_.clear();
    fault_.reset();
  }
  open_ = history_step{.at = begun, .status = {}, .records = {}, .lag = {}, .lag_seconds = {}, .errors = 0};
  const auto oldest = wall_clock - 1h;
  while (!over_.empty() && (over_.size() >= steps_kept || over_.front().unpacked().at < oldest)) over_.pop_front();
}

/// Lag is known where it is known of every partition; so is its age.
void consumer_history::add_partitions(const consumer_view& consumer, std::chrono::steady_clock::time_point at,
                                      std::size_t most_partitions) {
  std::int64_t records = 0;
  std::optional<std::int64_t> lag;
  std::optional<double> lag_seconds;
  if (!consumer.partitions.empty()) lag = 0, lag_seconds = 0.0;
  for (const auto& partition : consumer.partitions) {
    const auto behind = partition.lag();
    const auto done = done_of(partition);
    std::optional<std::chrono::duration<double>> age;
    auto known = followed_.find(partition.partition);
    if (known == followed_.end() && followed_.size() < most_partitions)
      known = followed_.try_emplace(partition.partition).first;
    if (known != followed_.end()) {
      auto& followed = known->second;
      if (done && followed.done) records += std::max<std::int64_t>(*done - *followed.done, 0);
      if (done) followed.done = done;
      if (partition.log_end) followed.arrivals.add(at, partition.log_end->value);
      if (done) age = followed.arrivals.age_of(*done, at);
    }
    if (behind && *behind == 0) age = 0s;
    lag = lag && behind ? std::optional(*lag + *behind) : std::nullopt;
    lag_seconds = lag_seconds && age ? std::optional(std::max(*lag_seconds, age->count())) : std::nullopt;
  }
  open_->lag = lag;
  open_->lag_seconds = lag_seconds;
  if (is_whole_ && consumer.partitions.size() <= most_partitions) open_->records = open_->records.value_or(0) + records;
}

void consumer_history::add_fault(const std::optional<fault_report>& present) {
  const bool goes_on = present && fault_ && present->code == fault_->code && present->source == fault_->source &&
                       present->attempts >= fault_->attempts;
  if (goes_on)
    open_->errors += present->attempts - fault_->attempts;
  else if (present)
    open_->errors += std::max<std::int64_t>(present->attempts, 1);
  fault_ = present;
}

history_steps consumer_history::steps(timestamp now) const {
  history_steps all;
  for (const auto& step : over_) all.push_back(step.unpacked());
  if (open_ && now >= open_->at + history_step::length) all.push_back(*open_);
  return all;
}

void consumer_histories::look(const std::vector<consumer_view_ptr>& all, timestamp wall_clock,
                              std::chrono::steady_clock::time_point at) {
  const auto steps_kept = std::min(consumer_history::most_steps, most_steps / std::max<std::size_t>(all.size(), 1));
  std::unordered_map<consumer_id, consumer_history> present;
  std::size_t partitions = 0;
  for (const auto& consumer : all) {
    const auto& id = consumer->spec->id;
    auto& history = present[id];
    if (const auto found = by_id_.find(id); found != by_id_.end()) history = std::move(found->second);
    history.look(*consumer, wall_clock, at,
                 {.partitions = most_partitions - std::min(partitions, most_partitions), .steps = steps_kept});
    partitions += history.partitions();
  }
  by_id_ = std::move(present);
}

history_steps consumer_histories::of(const consumer_id& id, timestamp created, timestamp now) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() || found->second.created() != created ? history_steps() : found->second.steps(now);
}

}  // namespace kfs
