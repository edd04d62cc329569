#include "actors/consumer/runner.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "config/base/fault_point.hpp"

namespace kfs {

consumer_runner::consumer_runner(consumer_actor::pointer self, consumer_environment environment, owned_client client)
    : self_(self),
      environment_(std::move(environment)),
      client_(std::move(client)),
      client_measured_(environment_.measured->of_client(environment_.instance)),
      watch_(environment_.spec->bootstrap_servers(), environment_.spec->topic,
             environment_.spec->member_id(environment_.instance), at()),
      processors_(self, environment_, [this] { observe(); }),
      start_(environment_, *client_, processors_, [this](const auto& ready) { begin_reading(ready); }),
      settlement_(*client_, assigned_, environment_.options.stop_timeout,
                  [this](partition_number partition) {
                    watch_.given_back(partition);
                    environment_.measured->forget_lag(partition);
                  }),
      ending_(*client_, assigned_, settlement_,
              {.hopeless = [this] { return watch_.client_failed() || processors_.gave_up(); },
               .failing = [this] { return waits_for_what_fails(); },
               .closed = [this] { finish_processors(); }}),
      reader_(*client_, assigned_, settlement_, ending_, environment_.options),
      reporter_(environment_, {*client_, assigned_, processors_, start_, watch_, reader_}),
      ticks_(self) {
  reader_.order(environment_.spec->orders.paused);
}

result<void> consumer_runner::start() {
  auto started = client_->start([to = consumer_actor(self_)] { caf::anon_send(to, wake_atom::value); });
  if (started) ticks_.within(tick_timer::interval);
  return started;
}

// Reading ------------------------------------------------------------------------------------------------------------

void consumer_runner::woken() {
  if (!reader_.waits_to_fill()) return pump();
  if (reader_.begin_to_fill()) self_->delayed_send(self_, environment_.options.batch.max_wait, flush_atom::value);
}

void consumer_runner::filled() {
  reader_.filled();
  pump();
}

/// Takes a bounded number of batches before other actors get their turn.
void consumer_runner::pump() {
  constexpr int batches_a_turn = 8;
  for (int turn = 0; turn < batches_a_turn; ++turn) {
    const auto outcome = reader_.poll(at());
    if (!outcome) return wait_for_rate();
    if (outcome->records) hand_over(outcome->records);
    for (const auto& event : outcome->events) std::visit([this](const auto& occurred) { handle(occurred); }, event);
    if (ending_.closed() || !outcome->more) return;
  }
  self_->send(self_, wake_atom::value);
}

void consumer_runner::wait_for_rate() {
  if (const auto wait = reader_.begin_to_wait_for_rate(at())) self_->delayed_send(self_, *wait, wake_atom::value);
}

void consumer_runner::hand_over(const batch_ptr& records) {
  ticks_.within(tick_timer::interval);
  environment_.measured->consumed(records->records().size(), records->bytes());
  for (const auto& range : records->ranges()) watch_.heard(range.partition);
  start_.delivered(records->ranges());
  const auto writers = std::max<std::size_t>(processors_.size(), 1);
  const auto batch = assigned_.delivered(records->ranges(), records->records().size(), writers);
  if (processors_.empty()) (void)is_durable(batch);
  measure_in_flight();
  processors_.deliver(records, [this, batch] { acknowledged(batch); });
}

void consumer_runner::acknowledged(assignment::batch_number batch) {
  if (!is_durable(batch)) return;
  measure_in_flight();
  settle();
  make_room();
}

/// A processor, or the consumer itself where it has none, made the batch durable. False while others still write it.
bool consumer_runner::is_durable(assignment::batch_number batch) {
  const auto records = assigned_.acknowledged(batch);
  if (records && !ending_.closed()) settlement_.durable(*records);
  return records.has_value();
}

void consumer_runner::begin_reading(const std::vector<ready_partition>& ready) {
  std::vector<partition_start> starts;
  for (const auto& partition : ready) {
    assigned_.assign(partition.partition, partition.start, partition.committed);
    starts.push_back({partition.partition, partition.start, partition.stale, partition.from_beginning});
  }
  reader_.begin(starts);
  observe();
}

void consumer_runner::processor_reported(const processor_report& report) {
  processors_.reported(report);
  reader_.need_more(report.fault && report.fault->code == ec::record_unproven);
  make_room();
}

void consumer_runner::pause(const paused_partitions& paused) {
  reader_.order(paused);
  ticks_.within(tick_timer::interval);
  make_room();
}

void consumer_runner::make_room() {
  if (reader_.make_room(at()))
    woken();
  else
    wait_for_rate();
}

// Events of Kafka ----------------------------------------------------------------------------------------------------

void consumer_runner::handle(const partitions_assigned& event) {
  watch_.assigned(event.partitions);
  if (!event.partitions.empty()) environment_.measured->rebalanced(partition_change::assigned);
  reporter_.partitions_assigned(event.partitions);
  if (!ending_.begun()) start_.begin(event.partitions);
  ticks_.within(tick_timer::interval);
  observe();
}

void consumer_runner::handle(const partitions_revoked& event) {
  start_.forget(event.partitions);
  if (!event.partitions.empty())
    environment_.measured->rebalanced(event.lost ? partition_change::lost : partition_change::revoked);
  if (event.lost) {
    reporter_.partitions_lost(event.partitions);
    return settlement_.give_back(event.partitions);
  }
  reporter_.partitions_revoked(event.partitions);
  if (ending_.closing()) return settlement_.give_back(event.partitions);
  settlement_.asked_back(event.partitions, at());
  ticks_.within(tick_timer::interval);
  give_back_settled();
}

void consumer_runner::handle(const partitions_located& event) {
  if (event.failed) handle(kafka_fault{*event.failed});
  start_.located(event);
}

void consumer_runner::handle(const log_restarted& event) {
  if (!assigned_.owns(event.partition)) return;
  assigned_.restart(event.partition, event.start);
  const auto sinks = start_.sinks_to_tell({event.partition, event.start}).size();
  const auto batch =
      assigned_.delivered({{event.partition, event.start, event.start}}, 0, std::max<std::size_t>(sinks, 1));
  const auto told = [this, batch] {
    acknowledged(batch);
    fault_point("restart.told");
    if (!ending_.closed()) settlement_.commit();
  };
  if (start_.log_restarted({event.partition, event.start}, told)) {
    const bool known_before = event.expected.value > 0;
    if (known_before) reporter_.log_restarted(event);
    watch_.log_restarted(event.partition);
    environment_.rejections->log_restarted(event.partition);
  }
  if (sinks == 0) told();
  ticks_.within(tick_timer::interval);
}

void consumer_runner::handle(const partition_end& event) {
  watch_.heard(event.partition);
  if (const auto gap = assigned_.gap_before(event)) hand_over(std::make_shared<const class gap>(start_.source(), *gap));
}

void consumer_runner::handle(const commit_finished& event) {
  fault_point("commit.finished");
  start_.commit_finished(event);
  assigned_.commit_finished(event.offsets, !event.failed);
  const auto restarted = start_.restarted(event);
  if (!restarted.empty()) fault_point("restart.committed");
  assigned_.drop(restarted);
  if (!ending_.begun()) start_.begin(restarted);
  if (event.failed)
    environment_.measured->commit_failed();
  else if (event.took.count() > 0)
    environment_.measured->committed(event.took);
  reporter_.commit_finished(event.failed);
  settle();
}

void consumer_runner::handle(const kafka_fault& event) {
  watch_.faulted(event, event.partition && assigned_.owns(*event.partition));
  if (event.cause.code == ec::topic_missing) start_.topic_is_missing();
  reporter_.client_faulted(event.cause);
  if (event.fatal) end(ending_course::closing_bound, event.cause);
  observe();
}

void consumer_runner::handle(const kafka_sample& event) {
  if (event.partitions && *event.partitions > 0) start_.topic_has(*event.partitions);
  client_measured_->sampled(event.figures);
  watch_.sampled(event, look());
  observe();
}

void consumer_runner::handle(const log_ends_told& event) {
  if (event.failed) reporter_.log_ends_not_told(*event.failed);
  watch_.log_ends_told(event.ends, reader_.drained(), look());
  observe();
}

// Time ---------------------------------------------------------------------------------------------------------------

void consumer_runner::ticked() {
  if (environment_.beats) environment_.beats->beat(at());
  ticks_.ticked();
  reader_.pause_if_starved(at());
  pump();
  if (!ending_.closed()) settlement_.commit();
  settle();
  start_.ticked();
  processors_.ticked();
  watch_.looked(look());
  ask_log_ends();
  observe();
  schedule_tick();
}

void consumer_runner::give_back_settled() {
  if (settlement_.settle(at())) make_room();
}

void consumer_runner::settle() {
  give_back_settled();
  ending_.advance(at());
}

consumption consumer_runner::look() const {
  consumption seen{.owned = {},
                   .polled = reader_.takes_everything(),
                   .sinks_work = processors_.work(),
                   .paused = reader_.ordered(),
                   .at = at(),
                   .wall_clock = now()};
  for (const auto partition : assigned_.partitions())
    seen.owned.push_back({partition, assigned_.position(partition), seen.paused.holds(partition)});
  return seen;
}

void consumer_runner::ask_log_ends() {
  const auto owned = assigned_.partitions();
  if (ending_.begun() || owned.empty()) return;
  const bool held = reader_.waiting() || reader_.ordered().any() || !processors_.work();
  if (watch_.must_ask_log_ends(held, at())) client_->ask_log_ends(owned);
}

void consumer_runner::schedule_tick() {
  const bool rests = !settlement_.asked_back() && !reader_.starved() && start_.idle() &&
                     assigned_.settled(assigned_.partitions()) && processors_.rest();
  ticks_.within(ending_.begun() ? tick_timer::ending_interval
                : rests         ? tick_timer::resting_interval
                                : tick_timer::interval);
}

void consumer_runner::observe() {
  measure_in_flight();
  client_measured_->queued(client_->queued());
  reporter_.observe(at());
}

void consumer_runner::measure_in_flight() {
  client_measured_->in_flight(assigned_.batches_in_hand(), assigned_.records_in_hand());
}

// Children, and the end ----------------------------------------------------------------------------------------------

void consumer_runner::child_ended(const caf::actor_addr& child, const caf::error& reason) {
  if (const auto why = processors_.ended(child, reason)) end(ending_course::closing_bound, why);
}

void consumer_runner::retry_now() {
  processors_.retry();
  reporter_.forget_last();
  observe();
}

void consumer_runner::drain(departure how, owed_answer<done> answer) {
  ending_.owe(std::move(answer));
  const auto bound = how == departure::lost ? std::chrono::milliseconds{0} : environment_.options.stop_timeout;
  end(bound, std::nullopt, how);
}

void consumer_runner::end(std::chrono::milliseconds bound, const std::optional<error>& reason, departure how) {
  start_.forget_all();
  ending_.begin(bound, reason, how, at());
  schedule_tick();
}

bool consumer_runner::waits_for_what_fails() const {
  if (assigned_.batches_in_hand() > 0) return processors_.fail_with_all_in_hand();
  return watch_.lost_kafka(at());
}

/// A processor that still has a batch is not waited for.
void consumer_runner::finish_processors() {
  if (assigned_.batches_in_hand() > 0) return finish();
  processors_.drain(ending_course::closing_bound, [this] { finish(); });
}

void consumer_runner::finish() {
  if (assigned_.batches_in_hand() > 0 && !ending_.reason()) reporter_.batches_given_up(assigned_.records_in_hand());
  ending_.answer();
  self_->quit(ending_.reason() ? to_caf(*ending_.reason()) : caf::error{});
}

}  // namespace kfs
