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

observation consumer_runner::look() const {
  const auto at = self_->clock().now();
  observation seen;
  seen.processors = reports_;
  seen.paused = paused_;
  for (const auto partition : assigned_.partitions()) {
    seen.partitions.push_back({.partition = partition,
                               .position = assigned_.position(partition),
                               .committed = assigned_.committed(partition),
                               .log_end = client_ ? client_->log_end(partition) : std::nullopt});
  }
  const auto ended =
      std::ranges::find_if(reports_, [](const auto& report) { return report.fault && report.fault->until_started; });
  if (ended != reports_.end()) {
    seen.fault = ended->fault;
  } else if (const auto wrong = health_.fault(at)) {
    const bool known = kafka_fault_ && kafka_fault_->code == wrong->code;
    seen.fault = fault_report{.code = wrong->code,
                              .message = wrong->message,
                              .source = "kafka",
                              .at = known ? kafka_fault_->at : now(),
                              .attempts = 0};
  } else if (const auto failing =
                 std::ranges::find_if(reports_, [](const auto& report) { return report.fault.has_value(); });
             failing != reports_.end()) {
    seen.fault = failing->fault;
    seen.recovery = failing->recovery;
  }
  seen.healthy = !seen.fault && health_.healthy(at);
  return seen;
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
