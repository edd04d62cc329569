#include "actors/consumer/processor_link.hpp"

#include <utility>

namespace kfs {

processor_link::processor_link(const environment& shared, const processor_spec& spec, const sink_type& type)
    : environment_(shared),
      spec_(spec),
      type_(type),
      condition_(environment_.consumer, spec_, type_, environment_.changed, now_on_clock()),
      intensity_(shared.consumer.options.recovery.processor_restarts,
                 shared.consumer.options.recovery.processor_restart_period) {
  spawn();
}

processor_link::~processor_link() {
  actor_.given_up.request_stop();
  caf::anon_send_exit(actor_.handle, caf::exit_reason::kill);
}

void processor_link::spawn() {
  const auto& consumer = environment_.consumer;
  actor_ = incarnation{.number = actor_.number + 1, .handle = {}, .given_up = {}, .broken = {}};
  const auto given_up = actor_.given_up.get_token();
  actor_.handle =
      consumer.start_processor(environment_.self->system(),
                               {.spec = spec_,
                                .sink = type_.make(*consumer.spec, spec_, consumer.sinks,
                                                   {.cancelled = given_up, .gauge = actor_.gauge}, consumer.instance),
                                .recovery = consumer.options.recovery,
                                .consumer = environment_.self,
                                .measured = consumer.measured,
                                .log = consumer.log,
                                .sink_waits = type_.waits,
                                .owner = consumer.spec->id,
                                .on_error = consumer.options.on_error,
                                .letters = environment_.letters,
                                .ledger = consumer.rejections,
                                .gauge = actor_.gauge,
                                .incarnation = actor_.number,
                                .given_up = given_up});
  environment_.self->monitor(actor_.handle);
}

// Work ---------------------------------------------------------------------------------------------------------------

void processor_link::deliver(const batch_ptr& records, std::function<void()> finished) {
  ask(delivery{records, std::move(finished)});
}

void processor_link::locate(const record_source_ptr& source, const partition_numbers& partitions,
                            std::function<void(const sink_positions&)> finished) {
  ask(location{source, partitions, std::move(finished)});
}

void processor_link::start_at(const record_source_ptr& source, const sink_starts& starts,
                              std::function<void()> finished) {
  ask(start{source, starts, std::move(finished)});
}

void processor_link::ask(question added) {
  condition_.asked(unanswered_.empty(), now_on_clock());
  const auto number = ++asked_;
  send(number, unanswered_.emplace(number, std::move(added)).first->second);
}

/// Without a time-out: a processor answers when the work is done, and whether it is at work is watched.
template <class... Message>
auto processor_link::request(const Message&... message) {
  return environment_.self->request(actor_.handle, caf::infinite, message...);
}

/// A processor never answers with an error; one that does cannot be relied on.
auto processor_link::failure() {
  return [this, number = actor_.number](const caf::error& reason) { failed(number, reason); };
}

void processor_link::send(question_number number, const question& asked) {
  if (const auto* batch = std::get_if<delivery>(&asked)) {
    request(deliver_atom::value, batch->records)
        .then(
            [this, number](done) {
              const auto known = answered(number);
              if (!known) return;
              const auto& [records, finished] = std::get<delivery>(*known);
              condition_.acknowledged(static_cast<std::int64_t>(records->records().size()));
              finished();
            },
            failure());
  } else if (const auto* place = std::get_if<location>(&asked)) {
    request(locate_atom::value, place->source, place->partitions)
        .then(
            [this, number](const sink_positions& found) {
              if (const auto known = answered(number)) std::get<location>(*known).finished(found);
            },
            failure());
  } else {
    const auto& begun = std::get<start>(asked);
    request(start_atom::value, begun.source, begun.starts)
        .then(
            [this, number](done) {
              if (const auto known = answered(number)) std::get<start>(*known).finished();
            },
            failure());
  }
}

/// nullopt for a question that was answered before: the replaced actor and the new one may both answer it.
std::optional<processor_link::question> processor_link::answered(question_number number) {
  auto known = unanswered_.extract(number);
  if (known.empty()) return std::nullopt;
  condition_.answered(now_on_clock());
  return std::move(known.mapped());
}

/// When the actor has ended, ended() is told the reason.
void processor_link::failed(std::uint64_t incarnation_number, const caf::error& reason) {
  if (incarnation_number != actor_.number || actor_.broken || reason == caf::sec::request_receiver_down) return;
  actor_.broken = from_caf(reason);
  environment_.self->send_exit(actor_.handle, caf::exit_reason::kill);
}

void processor_link::retry() {
  environment_.self->send(actor_.handle, retry_atom::value);
}

void processor_link::drain(std::chrono::milliseconds bound, std::function<void()> drained) {
  environment_.self->demonitor(actor_.handle.address());
  if (fault()) return drained();
  environment_.self->request(actor_.handle, bound, drain_atom::value)
      .then([drained](done) { drained(); }, [drained](const caf::error&) { drained(); });
}

// Replacing ----------------------------------------------------------------------------------------------------------

std::optional<error> processor_link::ended(const caf::error& reason) {
  auto why = actor_.broken ? *actor_.broken : from_caf(reason);
  if (!actor_.broken && !reason) why = {ec::actor_died, "nobody asked it to"};
  if (!intensity_.may_restart(now_on_clock())) {
    const auto& limits = environment_.consumer.options.recovery;
    const auto period = std::chrono::duration_cast<std::chrono::seconds>(limits.processor_restart_period).count();
    return error{condition_.code_of_end(), condition_.name() + " ended more often than " +
                                               std::to_string(limits.processor_restarts) + " times within " +
                                               std::to_string(period) + " s; at last: " + why.message};
  }
  replace();
  environment_.consumer.measured->processor_restarted(spec_.id);
  condition_.replaced(why.message, intensity_.counted(), now_on_clock());
  return std::nullopt;
}

void processor_link::replace() {
  spawn();
  prove_ready();
  for (const auto& [number, asked] : unanswered_) send(number, asked);
}

/// The fault is over when the new actor could open its sink.
void processor_link::prove_ready() {
  request(health_atom::value)
      .then(
          [this, number = actor_.number](done) {
            if (number == actor_.number) condition_.proved();
          },
          failure());
}

// Condition ----------------------------------------------------------------------------------------------------------

void processor_link::reported(const processor_report& report) {
  if (report.incarnation == actor_.number) condition_.reported(report);
}

/// An actor whose sink does not return can only be asked to give up.
void processor_link::ticked() {
  if (!condition_.must_end(*actor_.gauge, !unanswered_.empty(), now_on_clock())) return;
  actor_.given_up.request_stop();
  environment_.self->send_exit(actor_.handle, caf::exit_reason::kill);
}

processor_standing processor_link::standing() const {
  auto standing = condition_.standing();
  for (const auto& [number, asked] : unanswered_) {
    const auto* batch = std::get_if<delivery>(&asked);
    if (batch == nullptr) continue;
    ++standing.in_flight_batches;
    standing.in_flight_records += static_cast<std::int64_t>(batch->records->records().size());
  }
  return standing;
}

}  // namespace kfs
