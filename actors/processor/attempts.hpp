#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "actors/core/restart_policy.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {

/// Counts the failed attempts of one processor, chooses the back-off before the next attempt, and tells the consumer,
/// the metrics and the log how the processor is doing.
///
/// Ownership and threading: part of one processor actor; the environment outlives it. Time is an argument.
class processor_attempts {
 public:
  using clock = restart_policy::clock;
  using report_function = std::function<void(processor_report)>;

  /// `report` is called whenever it changes how the processor is doing.
  processor_attempts(const processor_environment& environment, report_function report);

  /// An attempt failed. Returns the wait before the next attempt: attempts never end, whatever options.recovery says,
  /// because the supervisor decides when to give up.
  std::chrono::milliseconds failed(const error& reason, clock::time_point at);

  /// An attempt failed, and none follows before a user starts the consumer.
  void stopped(const error& reason);

  void succeeded(clock::time_point at);

  /// Logs a fault of the processor.
  void warn(std::string_view message, const error& reason) const;

 private:
  [[nodiscard]] fault_report fault(const error& reason, timestamp at) const;
  void report(std::optional<fault_report> fault, std::optional<recovery_report> recovery) const;

  const processor_environment& environment_;
  const report_function report_;
  restart_policy policy_;
  std::int64_t failed_attempts_ = 0;  ///< since the last success
};

}  // namespace kfs
