#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "actors/event_log.hpp"
#include "config/base/ids.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// An event of this replica that has no number yet.
struct waiting_event {
  std::uint64_t sequence = 0;  ///< 1, 2, 3 … among the events of this process
  consumer_id consumer;
  consumer_event event;
};

/// The events of this replica that wait until they are stored, and the consumers whose events of earlier times are
/// wanted.
///
/// At most most_waiting events of a consumer wait: then its oldest are dropped, which is logged once until events are
/// stored again.
///
/// Threading: any thread.
class event_outbox {
 public:
  static constexpr std::size_t most_waiting = 500;

  explicit event_outbox(logger log) : log_(std::move(log)) {}

  void add(const consumer_id& consumer, consumer_event event);
  [[nodiscard]] bool has_waiting() const;
  /// The oldest `most` events. They wait until they are stored.
  [[nodiscard]] std::vector<waiting_event> oldest(std::size_t most) const;
  /// The events up to that one are stored, or their consumers no longer exist.
  void stored(std::uint64_t sequence);

  void want_past(const consumer_id& consumer);
  [[nodiscard]] bool wants_past() const;
  /// Takes at most `most` of the consumers whose earlier events are wanted.
  std::vector<consumer_id> take_wanted(std::size_t most);

  /// Waits until no event waits, or until the time is over.
  void wait_until_stored(std::chrono::milliseconds within);

 private:
  logger log_;
  mutable std::mutex mutex_;
  std::condition_variable none_waits_;
  std::map<std::uint64_t, waiting_event> waiting_;
  std::unordered_map<consumer_id, std::deque<std::uint64_t>> of_consumer_;  ///< the sequences of those that wait
  std::uint64_t last_ = 0;
  std::uint64_t dropped_ = 0;  ///< since events were stored
  std::set<consumer_id> wanted_;
};

}  // namespace kfs
