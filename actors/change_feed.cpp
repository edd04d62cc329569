#include "actors/change_feed.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

// A stream locks itself and then the feed, so the feed never calls a stream while it is locked.

event_log_ptr change_feed::open(const consumer_id& consumer) {
  auto opened = std::make_shared<event_log>(weak_from_this(), consumer, numbering_);
  event_log_ptr replaced;
  {
    const std::lock_guard lock(mutex_);
    replaced = std::exchange(streams_[consumer], opened);
  }
  if (replaced) replaced->close();
  if (numbering_) numbering_->opened(consumer);
  return opened;
}

event_log_ptr change_feed::find(const consumer_id& consumer) const {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(consumer);
  return found == streams_.end() ? nullptr : found->second;
}

void change_feed::close(const consumer_id& consumer) {
  event_log_ptr closed;
  {
    const std::lock_guard lock(mutex_);
    auto node = streams_.extract(consumer);
    if (!node.empty()) closed = std::move(node.mapped());
  }
  if (closed) closed->close();
}

void change_feed::tell(const consumer_id& consumer, const consumer_event& event) {
  record(consumer, event);
  if (const auto stream = find(consumer)) stream->tell(event);
}

void change_feed::recall(const consumer_id& consumer, const std::vector<consumer_event>& past) {
  if (const auto stream = find(consumer)) stream->recall(past);
}

void change_feed::close_all() {
  std::vector<event_log_ptr> streams;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [consumer, stream] : streams_) streams.push_back(stream);
  }
  for (const auto& stream : streams) stream->close();
}

std::vector<server_change> change_feed::after(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::ranges::upper_bound(kept_, number, {}, &server_change::number);
  return {first, kept_.end()};
}

std::uint64_t change_feed::follow(listener on_change) {
  const std::lock_guard lock(mutex_);
  listeners_.emplace(++last_listener_, std::move(on_change));
  return last_listener_;
}

void change_feed::unfollow(std::uint64_t listener_number) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(listener_number);
}

void change_feed::record(const consumer_id& consumer, const consumer_event& event) {
  const std::lock_guard lock(mutex_);
  kept_.push_back({.number = ++last_, .consumer = consumer, .event = event});
  if (kept_.size() > most_kept) kept_.pop_front();
  for (const auto& [number, on_change] : listeners_) on_change(kept_.back());
}

}  // namespace kfs
