#include "cluster/news/event_outbox.hpp"

#include <string>
#include <utility>

namespace kfs {

void event_outbox::add(const consumer_id& consumer, consumer_event event) {
  bool is_first_drop = false;
  {
    const std::lock_guard held(mutex_);
    ++last_;
    waiting_.emplace(last_, waiting_event{last_, consumer, std::move(event)});
    auto& sequences = of_consumer_[consumer];
    sequences.push_back(last_);
    if (sequences.size() > most_waiting) {
      waiting_.erase(sequences.front());
      sequences.pop_front();
      is_first_drop = ++dropped_ == 1;
    }
  }
  if (is_first_drop) {
    log_.warning("events of a consumer are dropped, the oldest first, because the database does not take them",
                 {{"consumer_id", consumer.value}, {"kept", std::to_string(most_waiting)}});
  }
}

bool event_outbox::has_waiting() const {
  const std::lock_guard held(mutex_);
  return !waiting_.empty();
}

std::vector<waiting_event> event_outbox::oldest(std::size_t most) const {
  const std::lock_guard held(mutex_);
  std::vector<waiting_event> found;
  for (auto entry = waiting_.begin(); entry != waiting_.end() && found.size() < most; ++entry)
    found.push_back(entry->second);
  return found;
}

void event_outbox::stored(std::uint64_t sequence) {
  std::uint64_t dropped = 0;
  {
    const std::lock_guard held(mutex_);
    while (!waiting_.empty() && waiting_.begin()->first <= sequence) {
      const auto of = of_consumer_.find(waiting_.begin()->second.consumer);
      of->second.pop_front();
      if (of->second.empty()) of_consumer_.erase(of);
      waiting_.erase(waiting_.begin());
    }
    dropped = std::exchange(dropped_, 0);
    none_waits_.notify_all();
  }
  if (dropped > 0)
    log_.warning("the database takes events again; some were dropped", {{"dropped", std::to_string(dropped)}});
}

void event_outbox::want_past(const consumer_id& consumer) {
  const std::lock_guard held(mutex_);
  wanted_.insert(consumer);
}

bool event_outbox::wants_past() const {
  const std::lock_guard held(mutex_);
  return !wanted_.empty();
}

std::vector<consumer_id> event_outbox::take_wanted(std::size_t most) {
  const std::lock_guard held(mutex_);
  std::vector<consumer_id> taken;
  while (!wanted_.empty() && taken.size() < most) taken.push_back(std::move(wanted_.extract(wanted_.begin()).value()));
  return taken;
}

void event_outbox::wait_until_stored(std::chrono::milliseconds within) {
  std::unique_lock held(mutex_);
  none_waits_.wait_for(held, within, [this] { return waiting_.empty(); });
}

}  // namespace kfs
