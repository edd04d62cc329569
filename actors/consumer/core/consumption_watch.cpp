#include "actors/consumer/core/consumption_watch.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace kfs {
namespace {

/// The wall-clock time of an earlier moment.
timestamp time_of(consumption_watch::clock::time_point moment, const consumption& now) {
  return now.wall_clock - std::chrono::floor<std::chrono::milliseconds>(now.at - moment);
}

error stalled(const std::vector<stalled_partition>& stalls, const std::string& topic, const consumption& now) {
  const auto& first = stalls.front();
  const auto others = stalls.size() - 1;
  return {ec::consumption_stalled, "partition " + std::to_string(first.partition) + " of topic \"" + topic +
                                       "\" has stood at offset " + std::to_string(first.position.value) + " since " +
                                       to_rfc3339(time_of(first.since, now)) + " although its log ends at " +
                                       std::to_string(first.log_end.value) + " and nothing holds it up" +
                                       (others == 0 ? std::string() : "; so do " + std::to_string(others) + " others") +
                                       "; the consumer is started again with a new client"};
}

}  // namespace

consumption_watch::consumption_watch(const std::string& bootstrap_servers, std::string topic,
                                     const std::string& member_id, clock::time_point started_at)
    : topic_(std::move(topic)),
      health_(bootstrap_servers, started_at),
      questions_(std::hash<std::string>{}(member_id), started_at) {}

void consumption_watch::assigned(std::span<const partition_number> partitions) {
  if (!partitions.empty()) health_.assigned();
  unheard_.insert(partitions.begin(), partitions.end());
}

void consumption_watch::sampled(const kafka_sample& sample, const consumption& now) {
  connected_ = sample.broker_up && sample.ever_answered && sample.since_answer < kafka_health::patience;
  joined_ = sample.joined;
  partitions_ = sample.partitions;
  looked(now);
  health_.sampled(sample, now.at);
}

void consumption_watch::faulted(const kafka_fault& fault, bool owned) {
  health_.reported(fault);
  if (fault.partition && owned) unheard_.insert(*fault.partition);
}

/// A partition delivers no records while it is not polled, or while it waits for a sink that cannot tell its offset.
void consumption_watch::looked(const consumption& now) {
  const bool awaits =
      std::ranges::any_of(unheard_, [&](partition_number partition) { return !now.paused.holds(partition); });
  health_.awaiting_partitions(now.polled && now.sinks_work && awaits, now.at, absent_partition());
  stalls_.looked(now.owned, now.polled, now.at);
  judge_stalls(now);
}

std::optional<std::string> consumption_watch::absent_partition() const {
  if (unheard_.empty() || !partitions_ || *unheard_.rbegin() < *partitions_) return std::nullopt;
  if (*partitions_ == 0) return "topic \"" + topic_ + "\" does not exist; create it, or correct its name";
  return "topic \"" + topic_ + "\" has no partition " + std::to_string(*unheard_.rbegin()) + ": it has " +
         std::to_string(*partitions_) + ", numbered from 0; correct options.partitions, or add partitions to the topic";
}

void consumption_watch::log_ends_told(std::span<const partition_offset> ends, bool drained, const consumption& now) {
  stalls_.looked(now.owned, now.polled, now.at);
  stalls_.told(ends, drained, now.at);
  judge_stalls(now);
}

/// The client learns the end of a log with the records that it fetches. So the cluster is asked while nothing is
/// fetched, and when the client itself may have stopped.
bool consumption_watch::must_ask_log_ends(bool held, clock::time_point at) {
  if (!connected_ || (!held && !stalls_.quiet(at))) return false;
  if (!questions_.due(held ? ask_while_held : stalls_.behind() ? ask_while_behind : ask_at_rest, at)) return false;
  questions_.asked(at);
  return true;
}

/// The text changes only when the stalls do, so that observations stay the same while nothing changes.
void consumption_watch::judge_stalls(const consumption& now) {
  auto stalls = stalls_.stalled();
  if (stalls == told_) return;
  told_ = std::move(stalls);
  stall_ = told_.empty() ? std::nullopt : std::optional(stalled(told_, topic_, now));
}

std::optional<error> consumption_watch::fault(clock::time_point at) const {
  auto fault = health_.fault(at);
  return fault ? fault : stall_;
}

}  // namespace kfs
