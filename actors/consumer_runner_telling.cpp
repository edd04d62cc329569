// What a consumer tells of itself.
#include <algorithm>
#include <utility>

#include "actors/consumer_runner.hpp"

namespace kfs {

void consumer_runner::observe() {
  auto seen = look();
  kafka_fault_ = seen.fault && seen.fault->source == "kafka" ? seen.fault : std::nullopt;
  measure_lag(seen.partitions);
  if (last_observed_ == seen) return;
  last_observed_ = seen;
  environment_.observe(std::make_shared<const observation>(std::move(seen)));
}

/// Also those of which it is not known yet where they begin.
std::vector<partition_number> consumer_runner::owned() const {
  auto all = assigned_.partitions();
  const auto waiting = start_.waiting();
  all.insert(all.end(), waiting.begin(), waiting.end());
  std::ranges::sort(all);
  return all;
}

observation consumer_runner::look() const {
  const auto at = self_->clock().now();
  observation seen;
  for (const auto& processor : processors_) seen.processors.push_back(processor.standing());
  seen.paused = paused_;
  seen.members.push_back(
      {.instance = environment_.instance,
       .member = options_.partitions.empty() ? environment_.spec->member_id(environment_.instance) : std::string(),
       .connected = connected_,
       .joined = joined_,
       .paused = paused_,
       .partitions = owned()});
  for (const auto partition : assigned_.partitions()) {
    seen.partitions.push_back({.partition = partition,
                               .position = assigned_.position(partition),
                               .committed = assigned_.committed(partition),
                               .log_end = log_end(partition),
                               .start = assigned_.start(partition),
                               .instance = environment_.instance});
  }
  const auto ended = std::ranges::find_if(
      processors_, [](const auto& processor) { return processor.fault() && processor.fault()->until_started; });
  if (ended != processors_.end()) {
    seen.fault = ended->fault();
  } else if (const auto wrong = kafka_is_wrong(at)) {
    const bool known = kafka_fault_ && kafka_fault_->code == wrong->code;
    seen.fault = fault_report{.code = wrong->code,
                              .message = wrong->message,
                              .source = "kafka",
                              .at = known ? kafka_fault_->at : now(),
                              .attempts = 0};
  } else if (const auto failing =
                 std::ranges::find_if(seen.processors, [](const auto& one) { return one.report.fault.has_value(); });
             failing != seen.processors.end()) {
    seen.fault = failing->report.fault;
    seen.recovery = failing->report.recovery;
  }
  seen.healthy = !seen.fault && health_.healthy(at);
  return seen;
}

void consumer_runner::tell(event_kind kind, std::string what) {
  const bool several = options_.instances > 1;
  environment_.events->add(
      kind, several ? "instance " + std::to_string(environment_.instance) + ": " + what : std::move(what));
}

std::string consumer_runner::listed(const std::vector<partition_number>& partitions) {
  constexpr std::size_t most_named = 50;
  std::string text;
  for (std::size_t i = 0; i < partitions.size() && i < most_named; ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(partitions[i]);
  if (partitions.size() > most_named) text += " and " + std::to_string(partitions.size() - most_named) + " more";
  return text;
}

/// While nothing is committed yet, all from the start on is behind.
void consumer_runner::measure_lag(const std::vector<partition_report>& partitions) {
  for (const auto& partition : partitions) {
    const auto reached = partition.committed ? partition.committed : assigned_.start(partition.partition);
    if (!partition.log_end || !reached) continue;
    environment_.measured->lag(partition.partition,
                               std::max<std::int64_t>(0, partition.log_end->value - reached->value));
  }
}

}  // namespace kfs
