#include "actors/event_log.hpp"

#include <algorithm>

#include "actors/change_feed.hpp"
#include "config/base/text.hpp"

namespace kfs {

std::string_view to_string(event_kind kind) noexcept {
  switch (kind) {
    case event_kind::created:
      return "created";
    case event_kind::loaded:
      return "loaded";
    case event_kind::updated:
      return "updated";
    case event_kind::start_requested:
      return "start_requested";
    case event_kind::stop_requested:
      return "stop_requested";
    case event_kind::pause_requested:
      return "pause_requested";
    case event_kind::resume_requested:
      return "resume_requested";
    case event_kind::restart_requested:
      return "restart_requested";
    case event_kind::state_changed:
      return "state_changed";
    case event_kind::failed:
      return "failed";
    case event_kind::recovered:
      return "recovered";
    case event_kind::restarted:
      return "restarted";
    case event_kind::gave_up:
      return "gave_up";
    case event_kind::processor_failed:
      return "processor_failed";
    case event_kind::processor_recovered:
      return "processor_recovered";
    case event_kind::processor_restarted:
      return "processor_restarted";
    case event_kind::partitions_assigned:
      return "partitions_assigned";
    case event_kind::partitions_revoked:
      return "partitions_revoked";
    case event_kind::partitions_lost:
      return "partitions_lost";
    case event_kind::log_restarted:
      return "log_restarted";
    case event_kind::batches_given_up:
      return "batches_given_up";
  }
  return "?";
}

event_log::subscription::~subscription() {
  const auto log = log_.lock();
  if (!log) return;
  const std::lock_guard lock(log->mutex_);
  log->listeners_.erase(number_);
}

void event_log::add(event_kind kind, std::string message, std::optional<ec> code, std::optional<fault_source> source) {
  add(consumer_event{.at = {}, .kind = kind, .message = std::move(message), .code = code, .source = std::move(source)});
}

void event_log::add(const state_change& states) {
  add(consumer_event{.at = {},
                     .kind = event_kind::state_changed,
                     .message = std::string(to_string(states.from)) + " to " + std::string(to_string(states.to)),
                     .states = states});
}

void event_log::add(event_kind kind, std::string message, const command_context& cause) {
  add(consumer_event{.at = {},
                     .kind = kind,
                     .message = std::move(message),
                     .request_id = cause.request_id,
                     .actor = event_actor{cause.sender.kind, cause.sender.name}});
}

void event_log::add(consumer_event event) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  event.at = now();
  event.message = shortened(event.message, longest_message);
  if (numbering_) return numbering_->take(consumer_, std::move(event));
  event.number = last_ + 1;
  if (const auto feed = feed_.lock()) feed->record(consumer_, event);
  keep(std::move(event));
}

void event_log::tell(const consumer_event& event) {
  const std::lock_guard lock(mutex_);
  if (!closed_ && !awaits_past_ && event.number > last_) keep(event);
}

void event_log::recall(const std::vector<consumer_event>& past) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  awaits_past_ = false;
  for (const auto& event : past)
    if (event.number > last_) keep(event);
}

/// Called with the log locked.
void event_log::keep(consumer_event event) {
  last_ = event.number;
  kept_.push_back(std::move(event));
  if (kept_.size() > most_kept) kept_.pop_front();
  for (const auto& [number, follower] : listeners_)
    if (last_ > follower.after) follower.on_event(kept_.back());
}

std::vector<consumer_event> event_log::after(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  return kept_after(as_number_here(number));
}

/// Called with the log locked.
std::uint64_t event_log::as_number_here(std::uint64_t number) const {
  return !numbering_ && number > last_ ? 0 : number;
}

/// Called with the log locked.
std::vector<consumer_event> event_log::kept_after(std::uint64_t number) const {
  const auto first = std::ranges::upper_bound(kept_, number, {}, &consumer_event::number);
  return {first, kept_.end()};
}

std::optional<event_log::followed> event_log::follow(std::uint64_t number, listener on_event,
                                                     std::function<void()> on_close) {
  const std::lock_guard lock(mutex_);
  if (listeners_.size() >= most_listeners) return std::nullopt;
  const auto known = as_number_here(number);
  followed found{.so_far = kept_after(known), .listening = {}};
  if (closed_) {
    on_close();
    return found;
  }
  listeners_.emplace(++last_listener_, callbacks{known, std::move(on_event), std::move(on_close)});
  found.listening = subscription(weak_from_this(), last_listener_);
  return found;
}

void event_log::describe(std::shared_ptr<const consumer_spec> spec) {
  const std::lock_guard lock(mutex_);
  described_ = std::move(spec);
}

std::shared_ptr<const consumer_spec> event_log::described() const {
  const std::lock_guard lock(mutex_);
  return described_;
}

void event_log::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& [number, follower] : std::exchange(listeners_, {})) follower.on_close();
}

}  // namespace kfs
