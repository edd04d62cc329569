// How a consumer ends in good order, and when it is woken to see to what is under way.
#include <algorithm>
#include <utility>

#include "actors/consumer/runner.hpp"

namespace kfs {

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
  start_.forget_all();
  if (client_) client_->mute(assigned_.partitions());
  advance_ending();
  schedule_tick();
}

void consumer_runner::advance_ending() {
  if (ending_ == ending::settling) {
    const auto owned = assigned_.partitions();
    const auto at = self_->clock().now();
    const bool joining = !client_->may_leave() && at < joining_deadline_;
    const bool overdue = at >= ending_deadline_;
    const bool hopeless = health_.fatal() || overdue || nobody_tries_again();
    if (hopeless || assigned_.idle(owned)) commit();
    if (!hopeless && (joining || !assigned_.settled(owned))) return;
    close_client(overdue ? overdue_closing_bound : closing_bound);
  }
  if (ending_ == ending::closing) {
    if (!client_closed_ && self_->clock().now() < ending_deadline_) return;
    client_closed_ = true;
    ending_ = ending::sinks;
    drain_processors();
  }
}

/// A processor has failed for the last time, so what it has in hand is not written before the next start.
bool consumer_runner::nobody_tries_again() const {
  return std::ranges::any_of(processors_, [this](const processor_link& one) {
    return one.fault() && one.fault()->is_last(options_.recovery);
  });
}

/// What the group asks back has been settled, or cannot be.
void consumer_runner::close_client(std::chrono::milliseconds bound) {
  ending_ = ending::closing;
  ending_deadline_ = self_->clock().now() + bound;
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
  for (auto& processor : processors_) processor.drain(closing_bound, one_less);
}

void consumer_runner::finish() {
  if (!unacknowledged_.empty() && !ended_by_) {
    std::size_t records = 0;
    for (const auto& [number, held] : unacknowledged_) records += held.records;
    tell(event_kind::batches_given_up,
         "the stop gave up " + std::to_string(records) + " records in hand; the next start reads them again");
  }
  for (const auto& answer : drained_) answer.give(done{});
  drained_.clear();
  self_->quit(ended_by_ ? to_caf(*ended_by_) : caf::error{});
}

/// One that rests is looked at rarely: what it would cost adds up over a thousand of them.
void consumer_runner::schedule_tick() {
  const bool rests = !revoke_ && !starved_since_ && start_.idle() && assigned_.settled(assigned_.partitions()) &&
                     std::ranges::all_of(processors_, &processor_link::rests);
  tick_within(ending_ != ending::no ? ending_tick_interval : rests ? resting_tick_interval : tick_interval);
}

/// Of several ticks under way the first counts; the others find nothing to do.
void consumer_runner::tick_within(std::chrono::milliseconds bound) {
  const auto due = self_->clock().now() + bound;
  if (next_tick_ && *next_tick_ <= due) return;
  next_tick_ = due;
  self_->delayed_send(self_, bound, tick_atom::value);
}

}  // namespace kfs
