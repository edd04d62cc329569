#pragma once

#include <functional>
#include <optional>
#include <string>

#include "actors/consumer/core/processor_watch.hpp"
#include "actors/consumer/core/record_rate.hpp"
#include "actors/consumer/spawn.hpp"

namespace kfs {

/// How one processor is doing, as its consumer sees it: by what the processor reports, and by what its gauge shows.
/// Changes are written to the consumer's events.
///
/// A destination that does not respond is a fault, and is left to the sink's own time-outs. A fault is over when the
/// processor says so, or when its destination accepts records again.
///
/// Ownership and threading: part of one consumer actor; the environment, the specification and the type outlive it.
/// Time is an argument.
class processor_condition {
 public:
  using clock = std::chrono::steady_clock;
  /// A destination may be silent for this time before that is a fault; where processor_timeout is shorter, for that
  /// time.
  static constexpr std::chrono::seconds destination_patience{10};

  /// `changed` is called when the condition has changed.
  processor_condition(const consumer_environment& consumer, const processor_spec& spec, const sink_type& type,
                      std::function<void()> changed, clock::time_point at);

  // Work
  void asked(bool first, clock::time_point at) {
    if (first) watch_.moved(at);
  }
  void answered(clock::time_point at) { watch_.moved(at); }
  void acknowledged(std::int64_t records) { rate_.add(records); }

  /// The processor tells how it is doing.
  void reported(const processor_report& report);
  /// The processor ended because of `reason`, and another one takes its place now. `ends`: how often that happened
  /// lately.
  void replaced(const std::string& reason, std::int64_t ends, clock::time_point at);
  /// The new one could open its sink.
  void proved();

  /// Judges by its gauge whether the processor is stuck; `busy`: it has work. Returns true when it has to be told to
  /// end, once.
  [[nodiscard]] bool must_end(const work_gauge& gauge, bool busy, clock::time_point at);
  /// It was told to end, and has not ended.
  [[nodiscard]] bool stuck() const noexcept { return watch_.stuck(); }
  /// The code of the fault when its actor ends now.
  [[nodiscard]] ec code_of_end() const noexcept { return stuck() ? ec::actor_stuck : ec::actor_died; }

  /// Without the work in flight.
  [[nodiscard]] processor_standing standing() const;
  [[nodiscard]] const std::optional<fault_report>& fault() const noexcept { return report_.fault; }
  [[nodiscard]] std::int64_t records_per_second() const noexcept { return rate_.per_second(); }
  /// "processor 42 (file_sink)".
  [[nodiscard]] std::string name() const;

 private:
  void judge_destination(const work_gauge& gauge, clock::time_point at);
  void become_stuck(std::string why);
  void become_well();
  void become_failed(event_kind how, fault_report fault, std::optional<recovery_report> recovery = {});
  void become(std::optional<fault_report> fault, std::optional<recovery_report> recovery);
  [[nodiscard]] fault_report fault_of(ec code, std::string message) const;

  const consumer_environment& consumer_;
  const processor_spec& spec_;
  const sink_type& type_;
  const std::function<void()> changed_;
  processor_watch watch_;
  record_rate rate_;
  processor_report report_;
  std::int64_t restarts_ = 0;
};

}  // namespace kfs
