#include "actors/consumer/core/observing.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

observation observed(observed_parts parts) {
  observation seen;
  seen.partitions = std::move(parts.partitions);
  seen.processors = std::move(parts.processors);
  seen.waiting = parts.member.waiting;
  seen.members.push_back(std::move(parts.member));
  const auto first = [&](auto&& has) {
    return std::ranges::find_if(seen.processors, has, &processor_standing::report);
  };
  const auto stopped = first([](const auto& report) { return report.fault && report.fault->until_started; });
  const auto failing = first([](const auto& report) { return report.fault.has_value(); });
  if (stopped != seen.processors.end()) {
    seen.fault = stopped->report.fault;
  } else if (parts.kafka_fault) {
    seen.fault = std::move(parts.kafka_fault);
  } else if (failing != seen.processors.end()) {
    seen.fault = failing->report.fault;
    seen.recovery = failing->report.recovery;
  }
  seen.healthy = !seen.fault && parts.kafka_healthy;
  return seen;
}

}  // namespace kfs
