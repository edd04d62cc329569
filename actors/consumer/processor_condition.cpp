#include "actors/consumer/processor_condition.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

using duration = processor_condition::clock::duration;

/// The option processor_timeout, or longer where the sink was configured to wait longer.
duration patience_of(const consumer_environment& consumer, const processor_spec& spec, const sink_type& type) {
  constexpr std::chrono::seconds between_its_bound_and_ours{10};
  const auto configured = type.longest_silence ? type.longest_silence(spec.config) + between_its_bound_and_ours
                                               : std::chrono::milliseconds{0};
  return std::max<duration>(consumer.options.recovery.processor_timeout, configured);
}

duration silence_of(const consumer_environment& consumer) {
  return std::min<duration>(consumer.options.recovery.processor_timeout, processor_condition::destination_patience);
}

std::string seconds(duration span) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(span).count()) + " s";
}

}  // namespace

processor_condition::processor_condition(const consumer_environment& consumer, const processor_spec& spec,
                                         const sink_type& type, std::function<void()> changed, clock::time_point at)
    : consumer_(consumer),
      spec_(spec),
      type_(type),
      changed_(std::move(changed)),
      watch_(patience_of(consumer, spec, type), silence_of(consumer), at),
      rate_(at),
      report_{.id = spec.id, .type = spec.type, .incarnation = 0, .fault = {}, .recovery = {}} {}

// What the processor tells -------------------------------------------------------------------------------------------

void processor_condition::reported(const processor_report& report) {
  if (stuck()) return;
  watch_.reported();
  const bool is_new = report.fault && (!report_.fault || report_.fault->code != report.fault->code);
  if (is_new) return become_failed(event_kind::processor_failed, *report.fault, report.recovery);
  if (!report.fault && report_.fault) return become_well();
  become(report.fault, report.recovery);
}

void processor_condition::replaced(const std::string& reason, std::int64_t ends, clock::time_point at) {
  ++restarts_;
  consumer_.log.warning("a processor ended and is replaced", {{"consumer_id", consumer_.spec->id.value},
                                                              {"processor_id", spec_.id.value},
                                                              {"restarts", std::to_string(restarts_)},
                                                              {"reason", reason}});
  auto fault = fault_of(code_of_end(), name() + " ended and was replaced: " + reason);
  fault.attempts = ends;
  if (report_.fault) fault.at = report_.fault->at;  // since when
  watch_.replaced(at);
  become_failed(event_kind::processor_restarted, std::move(fault));
}

void processor_condition::proved() {
  if (!stuck() && watch_.proved()) become_well();
}

// What its gauge shows -----------------------------------------------------------------------------------------------

bool processor_condition::must_end(const work_gauge& gauge, bool busy, clock::time_point at) {
  rate_.measure(at);
  watch_.ticked(at);
  if (stuck()) return false;
  judge_destination(gauge, at);
  if (const auto quiet = watch_.hangs_for(gauge, at)) {
    become_stuck(name() + " has been at work for " + seconds(*quiet) +
                 " without a sign of life: what it writes to hangs; it is replaced as soon as it comes back");
  } else if (const auto idle = watch_.idle_for(gauge, busy && !report_.fault, at)) {
    become_stuck(name() + " has had work for " + seconds(*idle) + " and acknowledges nothing; it is replaced");
  }
  return stuck();
}

void processor_condition::judge_destination(const work_gauge& gauge, clock::time_point at) {
  if (!report_.fault) {
    const auto silence = watch_.silent_for(gauge, at);
    if (!silence) return;
    watch_.waits_for_destination();
    become_failed(
        event_kind::processor_failed,
        fault_of(ec::sink_unavailable, name() + " has waited for its destination for " + seconds(*silence) +
                                           " and got no answer; it goes on waiting as long as its own time-out says"));
  } else if (watch_.destination_recovered(gauge, at)) {
    become_well();
  }
}

void processor_condition::become_stuck(std::string why) {
  watch_.told_to_end();
  consumer_.log.error("a processor is stuck",
                      {{"consumer_id", consumer_.spec->id.value}, {"processor_id", spec_.id.value}, {"reason", why}});
  become_failed(event_kind::processor_failed, fault_of(ec::actor_stuck, std::move(why)));
}

// Changes ------------------------------------------------------------------------------------------------------------

void processor_condition::become_well() {
  consumer_.events->add(event_kind::processor_recovered, name() + " works again");
  become(std::nullopt, std::nullopt);
}

void processor_condition::become_failed(event_kind how, fault_report fault, std::optional<recovery_report> recovery) {
  consumer_.events->add(how, fault.message, fault.code, fault.source);
  become(std::move(fault), std::move(recovery));
}

void processor_condition::become(std::optional<fault_report> fault, std::optional<recovery_report> recovery) {
  report_.fault = std::move(fault);
  report_.recovery = std::move(recovery);
  changed_();
}

fault_report processor_condition::fault_of(ec code, std::string message) const {
  return {.code = code,
          .message = std::move(message),
          .source = fault_source::of_processor(spec_.id),
          .at = now(),
          .attempts = 0};
}

std::string processor_condition::name() const {
  return "processor " + spec_.id.value + " (" + spec_.type + ")";
}

processor_standing processor_condition::standing() const {
  processor_standing now{.report = report_,
                         .state = processor_state::running,
                         .in_flight_batches = 0,
                         .in_flight_records = 0,
                         .records = rate_.total(),
                         .records_per_second = rate_.per_second(),
                         .restarts = restarts_,
                         .breaker = {}};
  if (stuck()) {
    now.state = processor_state::stuck;
  } else if (report_.fault) {
    now.state = report_.fault->until_started ? processor_state::stopped : processor_state::backing_off;
  }
  if (type_.breaker) now.breaker = type_.breaker(spec_.config, consumer_.sinks);
  return now;
}

}  // namespace kfs
