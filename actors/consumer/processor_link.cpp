#include "actors/consumer/processor_link.hpp"

#include <algorithm>
#include <utility>

namespace kfs {
namespace {

/// What the processor is patient with: the option, or longer where its sink waits longer because it was told to.
processor_link::clock::duration patience_of(const consumer_environment& of, const processor_spec& spec,
                                            const sink_type& type) {
  constexpr std::chrono::seconds between_its_bound_and_ours{10};
  const auto told = type.longest_silence ? type.longest_silence(spec.config) + between_its_bound_and_ours
                                         : std::chrono::milliseconds{0};
  return std::max<processor_link::clock::duration>(of.options.recovery.processor_timeout, told);
}

std::int64_t seconds(processor_link::clock::duration span) {
  return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

}  // namespace

processor_link::processor_link(const environment& shared, const processor_spec& spec, const sink_type& type)
    : environment_(shared),
      spec_(spec),
      type_(type),
      patience_(patience_of(shared.of, spec, type)),
      silence_(std::min<clock::duration>(shared.of.options.recovery.processor_timeout, destination_patience)),
      intensity_(shared.of.options.recovery.processor_restarts, shared.of.options.recovery.processor_restart_period),
      moved_(shared.self->clock().now()),
      report_{.id = spec.id, .type = spec.type, .incarnation = 0, .fault = {}, .recovery = {}},
      measured_(moved_) {
  start();
}

processor_link::~processor_link() {
  given_up_.request_stop();
  caf::anon_send_exit(handle_, caf::exit_reason::kill);
}

void processor_link::start() {
  const auto& of = environment_.of;
  ++incarnation_;
  given_up_ = std::stop_source();
  gauge_ = std::make_shared<work_gauge>();
  handle_ = of.start_processor(
      environment_.self->system(),
      {.spec = spec_,
       .to = type_.make(*of.spec, spec_, of.sinks, {.cancelled = given_up_.get_token(), .gauge = gauge_}, of.instance),
       .recovery = of.options.recovery,
       .consumer = environment_.self,
       .measured = of.measured,
       .log = of.log,
       .sink_waits = type_.waits,
       .of = of.spec->id,
       .on_error = of.options.on_error,
       .letters = environment_.letters,
       .refusals = of.refusals,
       .gauge = gauge_,
       .incarnation = incarnation_,
       .given_up = given_up_.get_token()});
  environment_.self->monitor(handle_);
}

// Work ---------------------------------------------------------------------------------------------------------------

void processor_link::deliver(const batch_ptr& records, std::function<void()> then) {
  const auto count = static_cast<std::int64_t>(records->records().size());
  ask(
      [this, records, count, then = std::move(then)](question_number number) {
        // No time-out: a processor answers when the batch is durable; that it is at work is watched.
        environment_.self->request(handle_, caf::infinite, deliver_atom::value, records)
            .then(
                [this, number, count, then](done) {
                  if (!answered(number)) return;
                  records_ += count;
                  then();
                },
                [this, of = incarnation_](const caf::error& why) { refused(of, why); });
      },
      count, true);
}

void processor_link::locate(const record_source_ptr& source, const partition_numbers& partitions,
                            std::function<void(const sink_positions&)> then) {
  ask(
      [this, source, partitions, then = std::move(then)](question_number number) {
        environment_.self->request(handle_, caf::infinite, locate_atom::value, source, partitions)
            .then(
                [this, number, then](const sink_positions& found) {
                  if (answered(number)) then(found);
                },
                [this, of = incarnation_](const caf::error& why) { refused(of, why); });
      },
      0, false);
}

void processor_link::start_at(const record_source_ptr& source, const partition_offsets& starts,
                              std::function<void()> then) {
  ask(
      [this, source, starts, then = std::move(then)](question_number number) {
        environment_.self->request(handle_, caf::infinite, start_atom::value, source, starts)
            .then(
                [this, number, then](done) {
                  if (answered(number)) then();
                },
                [this, of = incarnation_](const caf::error& why) { refused(of, why); });
      },
      0, false);
}

void processor_link::ask(std::function<void(question_number)> send, std::int64_t records, bool is_batch) {
  if (unanswered_.empty()) moved_ = now_on_clock();
  const auto number = ++asked_;
  const auto& added = unanswered_[number] = {
      .send = [send = std::move(send), number] { send(number); }, .records = records, .is_batch = is_batch};
  added.send();
}

/// False for what was answered before, by the actor that was replaced: both may answer what it was handed.
bool processor_link::answered(question_number number) {
  if (unanswered_.erase(number) == 0) return false;
  moved_ = now_on_clock();
  return true;
}

/// A processor never answers with an error. One that does cannot be relied on. That it has ended is told with the
/// reason for it, by its end.
void processor_link::refused(std::uint64_t incarnation, const caf::error& why) {
  if (incarnation != incarnation_ || broken_ || why == caf::sec::request_receiver_down) return;
  broken_ = from_caf(why);
  environment_.self->send_exit(handle_, caf::exit_reason::kill);
}

void processor_link::retry() {
  environment_.self->send(handle_, retry_atom::value);
}

void processor_link::drain(std::chrono::milliseconds bound, std::function<void()> then) {
  environment_.self->demonitor(handle_.address());
  environment_.self->request(handle_, bound, drain_atom::value)
      .then([then](done) { then(); }, [then](const caf::error&) { then(); });
}

// Replacing ----------------------------------------------------------------------------------------------------------

std::optional<error> processor_link::ended(const caf::error& reason) {
  auto why = broken_ ? *broken_ : from_caf(reason);
  if (!broken_ && !reason) why = {ec::actor_died, "nobody asked it to"};
  const auto code = stuck_ ? ec::actor_stuck : ec::actor_died;
  const bool again = intensity_.may_restart(now_on_clock());
  const auto& limits = environment_.of.options.recovery;
  if (!again) {
    return error{code, name() + " ended more often than " + std::to_string(limits.processor_restarts) +
                           " times within " + std::to_string(seconds(limits.processor_restart_period)) +
                           " s; at last: " + why.message};
  }
  ++restarts_;
  environment_.of.log.warning("a processor ended and is replaced", {{"consumer_id", environment_.of.spec->id.value},
                                                                    {"processor_id", spec_.id.value},
                                                                    {"restarts", std::to_string(restarts_)},
                                                                    {"reason", why.message}});
  auto fault = fault_of(code, name() + " ended and was replaced: " + why.message);
  fault.attempts = intensity_.counted();
  if (report_.fault) fault.at = report_.fault->at;  // since when
  replace();
  become_failed(event_kind::processor_restarted, std::move(fault));
  return std::nullopt;
}

void processor_link::replace() {
  stuck_ = false;
  waiting_ = false;
  broken_.reset();
  start();
  moved_ = now_on_clock();
  prove_ready();
  for (const auto& [number, what] : unanswered_) what.send();
}

/// What was wrong is taken back when the new actor's sink could be opened.
void processor_link::prove_ready() {
  proving_ = true;
  environment_.self->request(handle_, caf::infinite, health_atom::value)
      .then(
          [this, of = incarnation_](done) {
            if (of != incarnation_ || stuck_ || !std::exchange(proving_, false)) return;
            become_well();
          },
          [this, of = incarnation_](const caf::error& why) { refused(of, why); });
}

// Watching -----------------------------------------------------------------------------------------------------------

void processor_link::ticked() {
  const auto at = now_on_clock();
  if (const auto since = at - measured_; since >= std::chrono::seconds(1)) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
    rate_ = (records_ - records_measured_) * 1'000 / milliseconds;
    records_measured_ = records_;
    measured_ = at;
  }
  standstill_.came_round(at);
  if (stuck_) return;
  judge_destination(at);
  if (const auto quiet = gauge_->quiet_since()) {
    if (standstill_.watched(*quiet, at) >= patience_)
      give_up(name() + " has been at work for " + std::to_string(seconds(at - *quiet)) +
              " s without a sign of life: what it writes to hangs; it is replaced as soon as it comes back");
  } else if ((proving_ || (!unanswered_.empty() && !report_.fault)) && standstill_.watched(moved_, at) >= patience_) {
    give_up(name() + " has had work for " + std::to_string(seconds(at - moved_)) +
            " s and acknowledges nothing; it is replaced");
  }
}

/// What the call under way shows of its destination. A tick of the process that stood still shows nothing.
void processor_link::judge_destination(clock::time_point at) {
  const auto since = gauge_->unanswered_since();
  const bool silent = since && standstill_.watched(*since, at) >= silence_;
  if (silent && !report_.fault) {
    waiting_ = true;
    become_failed(event_kind::processor_failed,
                  fault_of(ec::sink_unavailable,
                           name() + " has waited for its destination for " + std::to_string(seconds(at - *since)) +
                               " s and got no answer; it goes on waiting as long as its own time-out says"));
  } else if (report_.fault && !proving_ && (waiting_ ? !silent : gauge_->takes())) {
    waiting_ = false;
    become_well();
  }
}

/// Who is inside a call can only be asked to come back.
void processor_link::give_up(std::string why) {
  stuck_ = true;
  environment_.of.log.error(
      "a processor is stuck",
      {{"consumer_id", environment_.of.spec->id.value}, {"processor_id", spec_.id.value}, {"reason", why}});
  become_failed(event_kind::processor_failed, fault_of(ec::actor_stuck, std::move(why)));
  given_up_.request_stop();
  environment_.self->send_exit(handle_, caf::exit_reason::kill);
}

// Telling ------------------------------------------------------------------------------------------------------------

void processor_link::reported(const processor_report& report) {
  if (report.incarnation != incarnation_ || stuck_) return;
  waiting_ = false;
  proving_ = false;
  const bool is_new = report.fault && (!report_.fault || report_.fault->code != report.fault->code);
  if (is_new) return become_failed(event_kind::processor_failed, *report.fault, report.recovery);
  if (!report.fault && report_.fault) return become_well();
  become(report.fault, report.recovery);
}

void processor_link::become_well() {
  environment_.of.events->add(event_kind::processor_recovered, name() + " works again");
  become(std::nullopt, std::nullopt);
}

void processor_link::become_failed(event_kind how, fault_report fault, std::optional<recovery_report> recovery) {
  environment_.of.events->add(how, fault.message, fault.code, fault.source);
  become(std::move(fault), std::move(recovery));
}

void processor_link::become(std::optional<fault_report> fault, std::optional<recovery_report> recovery) {
  report_.fault = std::move(fault);
  report_.recovery = std::move(recovery);
  environment_.changed();
}

fault_report processor_link::fault_of(ec code, std::string message) const {
  return {.code = code, .message = std::move(message), .source = source_of(spec_.id), .at = now(), .attempts = 0};
}

std::string processor_link::name() const {
  return "processor " + spec_.id.value + " (" + spec_.type + ")";
}

processor_standing processor_link::standing() const {
  processor_standing now{.report = report_,
                         .state = processor_state::running,
                         .in_flight_batches = 0,
                         .in_flight_records = 0,
                         .records = records_,
                         .records_per_second = rate_,
                         .restarts = restarts_,
                         .breaker = {}};
  for (const auto& [number, what] : unanswered_) {
    now.in_flight_batches += what.is_batch ? 1 : 0;
    now.in_flight_records += what.records;
  }
  if (stuck_) {
    now.state = processor_state::stuck;
  } else if (report_.fault) {
    now.state = report_.fault->until_started ? processor_state::stopped : processor_state::backing_off;
  }
  if (type_.breaker) now.breaker = type_.breaker(spec_.config, environment_.of.sinks);
  return now;
}

}  // namespace kfs
