#include "actors/consumer_runner.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

consumer_runner::consumer_runner(consumer_actor::pointer self, consumer_environment environment)
    : self_(self),
      environment_(std::move(environment)),
      options_(typed_options(environment_.spec->options)),
      health_(environment_.spec->bootstrap_servers(), self->clock().now()) {}

consumer_runner::~consumer_runner() {
  for (const auto& processor : processors_) caf::anon_send_exit(processor, caf::exit_reason::kill);
  if (client_) environment_.clients.see_off(std::move(client_));
}

void consumer_runner::start() {
  for (const auto& spec : environment_.spec->processors) {
    const auto* type = find_sink_type(spec.type);
    if (type == nullptr) {
      self_->quit(to_caf({ec::invalid_request, "this server has no processor type '" + spec.type + "'"}));
      return;
    }
    const auto processor =
        spawn_processor(self_->system(), {.spec = spec,
                                          .to = type->make(*environment_.spec, spec, environment_.sinks),
                                          .recovery = options_.recovery,
                                          .consumer = self_,
                                          .measured = environment_.measured,
                                          .log = environment_.log});
    self_->monitor(processor);
    processors_.push_back(processor);
    reports_.push_back({.id = spec.id, .type = spec.type, .fault = {}, .recovery = {}});
  }
  auto client = environment_.clients.make_consumer(*environment_.spec, options_);
  if (client) {
    client_ = std::move(*client);
    const auto started = client_->start([to = consumer_actor(self_)] { caf::anon_send(to, wake_atom::value); });
    if (started) {
      schedule_tick();
      return;
    }
    self_->quit(to_caf(started.error()));
  } else {
    self_->quit(to_caf(client.error()));
  }
}

void consumer_runner::woken() {
  pump_when_filled();
}

void consumer_runner::filled() {
  filling_ = false;
  pump();
}

void consumer_runner::ticked() {
  pause_if_starved();
  pump();
  commit();
  settle_revoke();
  advance_ending();
  judge_partitions();
  observe();
  schedule_tick();
}

// Reading ------------------------------------------------------------------------------------------------------------

/// A batch that would be small waits for more, if the options say so. A tick ends that wait too.
void consumer_runner::pump_when_filled() {
  const bool patient = options_.batch.max_wait.count() > 0 && client_ && ending_ == ending::no && !revoke_;
  if (!patient || client_->queued() >= static_cast<std::size_t>(options_.batch.max_messages)) {
    pump();
  } else if (!std::exchange(filling_, true)) {
    self_->delayed_send(self_, options_.batch.max_wait, flush_atom::value);
  }
}

/// Takes what Kafka has while there is room, a bounded number of batches before others get their turn.
void consumer_runner::pump() {
  constexpr int batches_a_turn = 8;
  if (!client_ || client_closed_) return;
  for (int turn = 0; turn < batches_a_turn; ++turn) {
    // Without room nothing is read, so nothing can overflow; while paused or ending, events alone can come.
    if (!has_room() && !paused_ && ending_ == ending::no) {
      if (!starved_since_) starved_since_ = self_->clock().now();
      return;
    }
    auto outcome = client_->poll(options_.batch);
    if (outcome.records) hand_over(std::move(outcome.records));
    for (const auto& event : outcome.events) handle(event);
    if (client_closed_ || !outcome.more) return;
  }
  self_->send(self_, wake_atom::value);
}

void consumer_runner::hand_over(batch_ptr records) {
  environment_.measured->consumed(records->records().size(), records->bytes());
  for (const auto& range : records->ranges()) unheard_.erase(range.partition);
  const auto number = assigned_.delivered(records->ranges());
  if (processors_.empty()) {
    assigned_.acknowledged(number);
    return;
  }
  unacknowledged_[number] = processors_.size();
  for (const auto& processor : processors_) {
    // No time-out: a processor answers when the batch is durable, and its end is noticed by monitoring it.
    self_->request(processor, caf::infinite, deliver_atom::value, records)
        .then([this, number](done) { acknowledged(number); }, [](const caf::error&) {});
  }
}

void consumer_runner::acknowledged(batch_number batch) {
  const auto waiting = unacknowledged_.find(batch);
  if (--waiting->second > 0) return;
  unacknowledged_.erase(waiting);
  assigned_.acknowledged(batch);
  settle_revoke();
  advance_ending();
  make_room();
}

void consumer_runner::make_room() {
  if (!has_room() || ending_ != ending::no) return;
  starved_since_.reset();
  if (std::exchange(paused_, false)) client_->resume();
  pump_when_filled();
}

void consumer_runner::pause_if_starved() {
  if (paused_ || !starved_since_ || ending_ != ending::no) return;
  if (self_->clock().now() - *starved_since_ < starved_before_pause) return;
  client_->pause();
  paused_ = true;
}

// What Kafka says ----------------------------------------------------------------------------------------------------

void consumer_runner::handle(const kafka_event& event) {
  std::visit([this](const auto& what) { handle(what); }, event);
}

void consumer_runner::handle(const partitions_assigned& event) {
  if (!event.partitions.empty()) health_.assigned();
  assigned_.assign(event.partitions);
  client_->accept(event.partitions);
  unheard_.insert(event.partitions.begin(), event.partitions.end());
  if (ending_ != ending::no) client_->mute(event.partitions);
  if (paused_) client_->pause();
  observe();
}

void consumer_runner::handle(const partitions_revoked& event) {
  if (event.lost) {
    environment_.log.warning("partitions were lost to another member; what is in hand is not committed",
                             {{"consumer_id", environment_.spec->id.value}});
    give_back(event.partitions);
    return;
  }
  client_->mute(event.partitions);
  if (ending_ == ending::closing) {  // what could be settled has been
    give_back(event.partitions);
    return;
  }
  revoke_ = revoke{event.partitions, self_->clock().now() + options_.stop_timeout};
  settle_revoke();
}

void consumer_runner::handle(const partition_end& event) {
  unheard_.erase(event.partition);
  assigned_.reached_end(event);
}

void consumer_runner::handle(const commit_finished& event) {
  assigned_.commit_finished(event.offsets, !event.failed);
  if (event.failed) {
    environment_.log.warning("offsets could not be committed; they are committed again with the next ones",
                             {{"consumer_id", environment_.spec->id.value}, {"reason", event.failed->message}});
  }
  settle_revoke();
  advance_ending();
}

void consumer_runner::handle(const kafka_fault& event) {
  health_.reported(event);
  if (event.partition && assigned_.owns(*event.partition)) unheard_.insert(*event.partition);
  environment_.log.debug("the Kafka client reports a fault", {{"consumer_id", environment_.spec->id.value},
                                                              {"code", std::string(to_string(event.what.code))},
                                                              {"reason", event.what.message}});
  if (event.fatal) begin_ending(closing_bound, event.what);
  observe();
}

/// Of what is not polled, nothing can come.
void consumer_runner::judge_partitions() {
  const bool polled = !paused_ && !starved_since_ && !revoke_ && ending_ == ending::no;
  health_.awaiting_partitions(polled && !unheard_.empty(), self_->clock().now());
}

void consumer_runner::handle(const kafka_sample& event) {
  judge_partitions();
  health_.sampled(event, self_->clock().now());
  observe();
}

void consumer_runner::handle(const client_closed&) {
  client_closed_ = true;
  advance_ending();
}

// Committing and giving back -----------------------------------------------------------------------------------------

void consumer_runner::commit() {
  if (!client_ || client_closed_) return;
  if (const auto offsets = assigned_.take_commit(); !offsets.empty()) client_->commit(offsets);
}

/// A revoke is answered when nothing of its partitions is in hand and what is durable is committed, or time is up.
void consumer_runner::settle_revoke() {
  if (!revoke_) return;
  if (self_->clock().now() < revoke_->deadline) {
    if (!assigned_.idle(revoke_->partitions)) return;
    commit();
    if (!assigned_.settled(revoke_->partitions)) return;
  }
  give_back(std::exchange(revoke_, std::nullopt)->partitions);
  make_room();
}

void consumer_runner::give_back(const std::vector<partition_number>& partitions) {
  client_->release(partitions);
  assigned_.drop(partitions);
  for (const auto partition : partitions) {
    unheard_.erase(partition);
    environment_.measured->forget_lag(partition);
  }
}

// Ending -------------------------------------------------------------------------------------------------------------

void consumer_runner::drain(owed_answer<done> answer) {
  drained_.push_back(std::move(answer));
  begin_ending(options_.stop_timeout, std::nullopt);
}

void consumer_runner::begin_ending(std::chrono::milliseconds bound, std::optional<error> why) {
  if (why && !ended_by_) ended_by_ = std::move(why);
  if (ending_ != ending::no) return;
  ending_ = ending::settling;
  ending_deadline_ = self_->clock().now() + bound;
  joining_deadline_ = self_->clock().now() + std::min(bound, joining_bound);
  if (client_) client_->mute(assigned_.partitions());
  advance_ending();
  schedule_tick();
}

void consumer_runner::advance_ending() {
  if (ending_ == ending::settling) {
    const auto owned = assigned_.partitions();
    if (assigned_.idle(owned)) commit();
    const auto at = self_->clock().now();
    const bool joining = !client_->may_leave() && at < joining_deadline_;
    const bool hopeless = health_.fatal() || at >= ending_deadline_;
    if (!hopeless && (joining || !assigned_.settled(owned))) return;
    close_client();
  }
  if (ending_ == ending::closing) {
    if (!client_closed_ && self_->clock().now() < ending_deadline_) return;
    client_closed_ = true;
    ending_ = ending::sinks;
    drain_processors();
  }
}

/// What the group asks back has been settled, or cannot be.
void consumer_runner::close_client() {
  ending_ = ending::closing;
  ending_deadline_ = self_->clock().now() + closing_bound;
  if (revoke_) give_back(std::exchange(revoke_, std::nullopt)->partitions);
  if (!client_->may_leave()) {  // it is seen off, still a member
    client_closed_ = true;
    return;
  }
  client_->leave();
  client_->close();
}

/// A processor that still fails after the stop time-out is ended without waiting for it.
void consumer_runner::drain_processors() {
  if (!unacknowledged_.empty() || processors_.empty()) {
    finish();
    return;
  }
  draining_processors_ = processors_.size();
  const auto one_less = [this] {
    if (--draining_processors_ == 0) finish();
  };
  for (const auto& processor : processors_) {
    self_->demonitor(processor.address());
    self_->request(processor, closing_bound, drain_atom::value)
        .then([one_less](done) { one_less(); }, [one_less](const caf::error&) { one_less(); });
  }
}

void consumer_runner::finish() {
  for (const auto& answer : drained_) answer.give(done{});
  drained_.clear();
  self_->quit(ended_by_ ? to_caf(*ended_by_) : caf::error{});
}

void consumer_runner::schedule_tick() {
  self_->delayed_send(self_, ending_ == ending::no ? tick_interval : ending_tick_interval, tick_atom::value);
}

// Processors ---------------------------------------------------------------------------------------------------------

void consumer_runner::processor_reported(const processor_report& report) {
  const auto known = std::ranges::find(reports_, report.id, &processor_report::id);
  if (known == reports_.end()) return;
  *known = report;
  observe();
}

void consumer_runner::processor_ended(const caf::actor_addr& who, const caf::error& reason) {
  const auto ended =
      std::ranges::find_if(processors_, [&](const auto& processor) { return processor.address() == who; });
  if (ended == processors_.end()) return;
  const auto& report = reports_[static_cast<std::size_t>(ended - processors_.begin())];
  begin_ending(closing_bound, error{ec::actor_died, "processor " + report.id.value + " (" + report.type +
                                                        ") ended: " + from_caf(reason).message});
}

void consumer_runner::retry_now() {
  for (const auto& processor : processors_) self_->send(processor, retry_atom::value);
  last_observed_.reset();
  observe();
}

// Telling ------------------------------------------------------------------------------------------------------------

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
  if (const auto wrong = health_.fault(at)) {
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

void consumer_runner::measure_lag(const std::vector<partition_report>& partitions) {
  for (const auto& partition : partitions) {
    if (!partition.log_end || !partition.committed) continue;
    environment_.measured->lag(partition.partition,
                               std::max<std::int64_t>(0, partition.log_end->value - partition.committed->value));
  }
}

}  // namespace kfs
