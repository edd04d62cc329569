#include "actors/consumer/runner.hpp"

#include <algorithm>
#include <utility>

#include "config/base/fault_point.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

std::string named(const std::vector<partition_number>& partitions) {
  constexpr std::size_t most_named = 50;
  return listed(partitions, most_named, [](partition_number one) { return std::to_string(one); });
}

}  // namespace

consumer_runner::consumer_runner(consumer_actor::pointer self, consumer_environment environment)
    : self_(self),
      environment_(std::move(environment)),
      options_(environment_.options),
      health_(environment_.spec->bootstrap_servers(), self->clock().now()),
      start_(environment_, [this](const auto& ready) { begin_reading(ready); }),
      questions_(std::hash<std::string>{}(environment_.spec->member_id(environment_.instance)), self->clock().now()) {}

consumer_runner::~consumer_runner() {
  processors_.clear();
  if (letters_) caf::anon_send_exit(letters_, caf::exit_reason::kill);
  if (client_) environment_.clients.see_off(std::move(client_));
}

void consumer_runner::start() {
  if (!spawn_processors()) return;
  auto client = environment_.clients.make_consumer(*environment_.spec, options_, environment_.instance);
  if (client) {
    client_ = std::move(*client);
    const auto started = client_->start([to = consumer_actor(self_)] { caf::anon_send(to, wake_atom::value); });
    if (started) {
      tick_within(tick_interval);
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
  if (environment_.beats)
    environment_.beats->beat(static_cast<std::size_t>(environment_.instance), self_->clock().now());
  if (next_tick_ && self_->clock().now() >= *next_tick_) next_tick_.reset();
  pause_if_starved();
  pump();
  commit();
  settle_revoke();
  advance_ending();
  start_.ticked();
  for (auto& processor : processors_) processor.ticked();
  judge_partitions();
  ask_log_ends();
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
    emptied_ = !outcome.more;
    if (outcome.records) hand_over(std::move(outcome.records));
    for (const auto& event : outcome.events) handle(event);
    if (client_closed_ || !outcome.more) return;
  }
  self_->send(self_, wake_atom::value);
}

void consumer_runner::hand_over(batch_ptr records) {
  tick_within(tick_interval);
  environment_.measured->consumed(records->records().size(), records->bytes());
  for (const auto& range : records->ranges()) unheard_.erase(range.partition);
  start_.delivered(records->ranges());
  const auto number = assigned_.delivered(records->ranges());
  unacknowledged_[number] = {.processors = processors_.size(), .records = records->records().size()};
  if (processors_.empty()) {
    settled(number);
    return;
  }
  for (auto& processor : processors_) processor.deliver(records, [this, number] { acknowledged(number); });
}

void consumer_runner::acknowledged(batch_number batch) {
  if (--unacknowledged_.at(batch).processors > 0) return;
  settled(batch);
  settle_revoke();
  advance_ending();
  make_room();
}

/// What is durable is committed by time (a tick), and before more than so many records would be read again.
void consumer_runner::settled(batch_number batch) {
  assigned_.acknowledged(batch);
  uncommitted_records_ += unacknowledged_.extract(batch).mapped().records;
  if (uncommitted_records_ >= commit_after_records) commit();
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
  if (!event.partitions.empty()) {
    health_.assigned();
    tell(event_kind::partitions_assigned, "partitions " + named(event.partitions) + " were assigned");
  }
  unheard_.insert(event.partitions.begin(), event.partitions.end());
  if (ending_ == ending::no) start_.begin(event.partitions, *client_, processors_);
  tick_within(tick_interval);
  observe();
}

void consumer_runner::handle(const partitions_located& event) {
  if (event.failed) handle(kafka_fault{*event.failed});
  start_.located(event);
}

void consumer_runner::begin_reading(const std::vector<ready_partition>& ready) {
  std::vector<partition_start> starts;
  for (const auto& one : ready) {
    assigned_.assign(one.partition, one.start, one.committed);
    starts.push_back({one.partition, one.start, one.stale, one.from_beginning});
  }
  client_->accept(starts);
  if (paused_) client_->pause();
  observe();
}

/// The sinks are told in the order of what they are sent: before the first record of the new log.
void consumer_runner::handle(const log_restarted& event) {
  if (!assigned_.owns(event.partition)) return;
  environment_.log.warning("the log begins anew: the topic was made again, or records were removed from it",
                           {{"consumer_id", environment_.spec->id.value},
                            {"partition", std::to_string(event.partition)},
                            {"expected_offset", std::to_string(event.expected.value)},
                            {"offset", std::to_string(event.start.value)}});
  tell(event_kind::log_restarted, "the log of partition " + std::to_string(event.partition) + " begins anew: offset " +
                                      std::to_string(event.expected.value) + " was expected, " +
                                      std::to_string(event.start.value) + " came");
  assigned_.restart(event.partition, event.start);
  stalls_.restarted(event.partition);
  environment_.refusals->log_restarted(event.partition);
  const auto starts = std::make_shared<const std::vector<partition_offset>>(
      std::vector<partition_offset>{{event.partition, event.start}});
  for (auto& processor : processors_) processor.start_at(start_.source(), starts, [] {});
}

void consumer_runner::handle(const partitions_revoked& event) {
  start_.forget(event.partitions);
  if (event.lost) {
    environment_.log.warning("partitions were lost to another member; what is in hand is not committed",
                             {{"consumer_id", environment_.spec->id.value}});
    tell(event_kind::partitions_lost,
         "partitions " + named(event.partitions) + " were lost; what is in hand of them is not committed");
    give_back(event.partitions);
    return;
  }
  if (!event.partitions.empty())
    tell(event_kind::partitions_revoked, "partitions " + named(event.partitions) + " are given back");
  client_->mute(event.partitions);
  if (ending_ == ending::closing) {  // what could be settled has been
    give_back(event.partitions);
    return;
  }
  if (!revoke_) revoke_ = revoke{{}, self_->clock().now() + options_.stop_timeout};
  revoke_->partitions.insert(revoke_->partitions.end(), event.partitions.begin(), event.partitions.end());
  tick_within(tick_interval);
  settle_revoke();
}

void consumer_runner::handle(const partition_end& event) {
  unheard_.erase(event.partition);
  if (const auto gap = assigned_.gap_before(event)) hand_over(std::make_shared<const class gap>(start_.source(), *gap));
}

void consumer_runner::handle(const commit_finished& event) {
  fault_point("commit.finished");
  start_.commit_finished(event);
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
  if (event.what.code == ec::topic_missing) start_.topic_is_missing();
  if (event.partition && assigned_.owns(*event.partition)) unheard_.insert(*event.partition);
  environment_.log.debug("the Kafka client reports a fault", {{"consumer_id", environment_.spec->id.value},
                                                              {"code", std::string(to_string(event.what.code))},
                                                              {"reason", event.what.message}});
  if (event.fatal) begin_ending(closing_bound, event.what);
  observe();
}

void consumer_runner::handle(const client_closed&) {
  client_closed_ = true;
  advance_ending();
}

// Committing and giving back -----------------------------------------------------------------------------------------

void consumer_runner::commit() {
  if (!client_ || client_closed_) return;
  uncommitted_records_ = 0;
  const auto offsets = assigned_.take_commit();
  if (offsets.empty()) return;
  fault_point("commit.before");
  client_->commit(offsets);
  fault_point("commit.begun");
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
    if (revoke_) std::erase(revoke_->partitions, partition);
    unheard_.erase(partition);
    environment_.measured->forget_lag(partition);
  }
}

}  // namespace kfs
