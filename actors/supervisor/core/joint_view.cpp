#include "actors/supervisor/core/joint_view.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace kfs {
namespace {

int badness(consumer_status status) {
  switch (status) {
    case consumer_status::inactive:
      return 0;
    case consumer_status::active:
      return 1;
    case consumer_status::error:
      return 2;
  }
  return 0;
}

/// Adds the standing of one instance's processor to that of the instances before it.
void join(processor_standing& all, const processor_standing& added) {
  if (added.report.fault && !all.report.fault) all.report = added.report;
  if (added.breaker && (!all.breaker || all.breaker->state < added.breaker->state)) all.breaker = added.breaker;
  all.state = std::max(all.state, added.state);
  all.in_flight_batches += added.in_flight_batches;
  all.in_flight_records += added.in_flight_records;
  all.records += added.records;
  all.records_per_second += added.records_per_second;
  all.restarts += added.restarts;
}

void join(std::vector<processor_standing>& all, const std::vector<processor_standing>& added) {
  for (const auto& processor : added) {
    const auto known = std::ranges::find(all, processor.report.id, [](const auto& other) { return other.report.id; });
    if (known == all.end()) {
      all.push_back(processor);
    } else {
      join(*known, processor);
    }
  }
}

template <class T>
void keep_lower(std::optional<T>& known, const std::optional<T>& other) {
  if (other && (!known || *other < *known)) known = other;
}

/// The instance whose error is told.
const consumer_view& worst_of(std::span<const consumer_view> instances) {
  const auto rank = [](const consumer_view& one) {
    return 2 * badness(one.status) + (one.status == consumer_status::error && !one.recovery ? 1 : 0);
  };
  return *std::ranges::max_element(instances, {}, rank);
}

/// An error is as old as the oldest of it; another status begins when the last instance has come to it.
timestamp status_since(std::span<const consumer_view> instances, const consumer_view& worst) {
  auto since = worst.status_since;
  for (const auto& one : instances) {
    if (one.status != worst.status) continue;
    since =
        worst.status == consumer_status::error ? std::min(since, one.status_since) : std::max(since, one.status_since);
  }
  return since;
}

}  // namespace

consumer_state worst_state(std::span<const consumer_state> states) {
  using enum consumer_state;
  for (const auto state : std::array{error, draining, starting, waiting, running})
    if (std::ranges::find(states, state) != states.end()) return state;
  return stopped;
}

consumer_view joint_view(std::span<const consumer_view> instances) {
  auto all = instances.front();
  if (instances.size() == 1) return all;
  const auto& worst = worst_of(instances);
  all.status = worst.status;
  all.status_since = status_since(instances, worst);
  all.last_error = worst.last_error;
  all.recovery = worst.recovery;
  std::vector<consumer_state> states;
  std::map<partition_number, partition_report> partitions;
  all.restarts = 0;
  all.members.clear();
  all.processors.clear();
  for (const auto& one : instances) {
    states.push_back(one.state);
    keep_lower(all.observed, one.observed);
    keep_lower(all.observed_at, one.observed_at);
    all.restarts += one.restarts;
    all.members.insert(all.members.end(), one.members.begin(), one.members.end());
    for (const auto& partition : one.partitions) partitions.insert_or_assign(partition.partition, partition);
    join(all.processors, one.processors);
  }
  all.state = worst_state(states);
  all.partitions.clear();
  for (const auto& [number, partition] : partitions) all.partitions.push_back(partition);
  return all;
}

}  // namespace kfs
