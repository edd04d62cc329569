#include "actors/processor/attempts.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

recovery_options without_end(recovery_options recovery) {
  recovery.enabled = true;
  recovery.max_attempts.reset();
  return recovery;
}

}  // namespace

processor_attempts::processor_attempts(const processor_environment& environment, report_function report)
    : environment_(environment),
      report_(std::move(report)),
      policy_(without_end(environment.recovery), std::hash<std::string>{}(environment.spec.id.value)) {}

std::chrono::milliseconds processor_attempts::failed(const error& reason, clock::time_point at) {
  const auto wait = std::max(*policy_.failed(at), reason.retry_after);
  environment_.measured->failed(environment_.spec.id);
  warn("the processor failed", reason);
  ++failed_attempts_;
  const auto wall_clock = now();
  report(fault(reason, wall_clock),
         recovery_report{.attempt = failed_attempts_ + 1, .next_attempt_at = wall_clock + wait});
  return wait;
}

void processor_attempts::stopped(const error& reason) {
  environment_.measured->failed(environment_.spec.id);
  ++failed_attempts_;
  auto last = fault(reason, now());
  last.until_started = true;
  warn("the consumer stops at a rejected record", reason);
  report(std::move(last), std::nullopt);
}

void processor_attempts::succeeded(clock::time_point at) {
  policy_.healthy(at);
  if (std::exchange(failed_attempts_, 0) == 0) return;
  environment_.log.info("the processor writes again", {{"processor_id", environment_.spec.id.value}});
  report(std::nullopt, std::nullopt);
}

void processor_attempts::warn(std::string_view message, const error& reason) const {
  environment_.log.warning(message, {{"processor_id", environment_.spec.id.value},
                                     {"processor_type", environment_.spec.type},
                                     {"code", std::string(to_string(reason.code))},
                                     {"reason", reason.message}});
}

fault_report processor_attempts::fault(const error& reason, timestamp at) const {
  return {.code = reason.code,
          .message = reason.message,
          .source = fault_source::of_processor(environment_.spec.id),
          .at = at,
          .attempts = failed_attempts_};
}

void processor_attempts::report(std::optional<fault_report> fault, std::optional<recovery_report> recovery) const {
  report_({.id = environment_.spec.id,
           .type = environment_.spec.type,
           .incarnation = environment_.incarnation,
           .fault = std::move(fault),
           .recovery = std::move(recovery)});
}

}  // namespace kfs
