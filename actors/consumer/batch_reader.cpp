#include "actors/consumer/batch_reader.hpp"

namespace kfs {

bool batch_reader::waits_to_fill() const {
  const bool patient = options_.max_wait.count() > 0 && !ending_.begun() && !settlement_.asked_back();
  return patient && client_.queued() < static_cast<std::size_t>(options_.max_messages);
}

/// Nothing is read without room, so nothing can overflow. While partitions are paused, or the consumer ends, a poll
/// brings events only.
std::optional<poll_outcome> batch_reader::poll(clock::time_point at) {
  if (ending_.closed()) return std::nullopt;
  if (!make_room(at) && !waiting() && !ending_.begun()) {
    starvation_.no_room(at);
    return std::nullopt;
  }
  auto outcome = client_.poll(rate_.within(options_));
  drained_ = !outcome.more;
  if (outcome.records) rate_.took(outcome.records->records().size(), outcome.records->bytes());
  return outcome;
}

std::optional<std::chrono::nanoseconds> batch_reader::begin_to_wait_for_rate(clock::time_point at) {
  if (!has_room() || ending_.begun() || (rate_wait_ends_ && *rate_wait_ends_ > at)) return std::nullopt;
  const auto wait = std::min<std::chrono::nanoseconds>(rate_.wait(at), std::chrono::seconds(1));
  if (wait.count() == 0) return std::nullopt;
  rate_wait_ends_ = at + wait;
  return wait;
}

void batch_reader::begin(const std::vector<partition_start>& starts) {
  client_.accept(starts);
}

void batch_reader::order(paused_partitions paused) {
  ordered_ = std::move(paused);
  pause_in_client();
}

bool batch_reader::make_room(clock::time_point at) {
  if (!may_read(at) || ending_.begun()) return false;
  if (starvation_.room_again()) pause_in_client();
  return true;
}

void batch_reader::pause_if_starved(clock::time_point at) {
  if (!ending_.begun() && starvation_.pause_due(at)) pause_in_client();
}

bool batch_reader::takes_everything() const {
  return !waiting() && !starved() && has_room() && !settlement_.asked_back() && !ending_.begun();
}

}  // namespace kfs
