// What a consumer tells of itself.
#include <algorithm>
#include <utility>

#include "actors/consumer/runner.hpp"

namespace kfs {

void consumer_runner::observe() {
  auto seen = look();
  kafka_fault_ = seen.fault && seen.fault->source == kafka_source ? seen.fault : std::nullopt;
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
                              .source = kafka_source,
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

void consumer_runner::measure_lag(const std::vector<partition_report>& partitions) {
  for (const auto& partition : partitions) {
    if (const auto lag = partition.lag()) environment_.measured->lag(partition.partition, *lag);
  }
}

}  // namespace kfs
