#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "actors/event_log.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// One change on a server: an event of one consumer, numbered among the events of all consumers.
struct server_change {
  std::uint64_t number = 0;  ///< 1, 2, 3 … since the server started, over all consumers
  consumer_id consumer;
  consumer_event event;
  bool operator==(const server_change&) const = default;
};

/// All changes on a server in one order, and for each consumer the stream of its own events.
///
/// Ownership: shared (std::make_shared) by the supervisor and the HTTP server.
/// Threading: safe from any thread. A listener is called by the thread that adds or tells an event, while the feed is
/// locked: it must not block and must not use the feed or its logs.
class change_feed : public std::enable_shared_from_this<change_feed> {
 public:
  static constexpr std::size_t most_kept = 10'000;
  using listener = std::function<void(const server_change&)>;

  change_feed() = default;
  /// The events of all streams have their numbers from there.
  explicit change_feed(event_numbering numbering)
      : numbering_(std::make_shared<const event_numbering>(std::move(numbering))) {}

  /// Whether other replicas tell the same events.
  [[nodiscard]] bool is_shared() const { return numbering_ != nullptr; }

  /// Opens a new stream for a consumer, and closes the one that it had.
  event_log_ptr open(const consumer_id& consumer);

  /// The stream of a consumer; nullptr when the consumer does not exist.
  [[nodiscard]] event_log_ptr find(const consumer_id& consumer) const;

  /// Closes and removes the stream of a consumer.
  void close(const consumer_id& consumer);

  /// Tells an event that has its number from the event_numbering: as a change, and in the stream of its consumer.
  void tell(const consumer_id& consumer, const consumer_event& event);
  /// Tells the events of earlier times, oldest first, in the stream of their consumer. They are no changes.
  void recall(const consumer_id& consumer, const std::vector<consumer_event>& past);

  /// Closes every stream, because the server ends. The streams can still be read.
  void close_all();

  /// The kept changes with a number greater than `number`, oldest first.
  [[nodiscard]] std::vector<server_change> after(std::uint64_t number = 0) const;

  /// Calls `on_change` for every change from now on, until unfollow() with the returned number.
  std::uint64_t follow(listener on_change);
  void unfollow(std::uint64_t listener_number);

 private:
  friend class event_log;
  void record(const consumer_id& consumer, const consumer_event& event);

  const event_numbering_ptr numbering_;  ///< nullptr: each stream numbers its events itself
  mutable std::mutex mutex_;
  std::unordered_map<consumer_id, event_log_ptr> streams_;
  std::deque<server_change> kept_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, listener> listeners_;
  std::uint64_t last_listener_ = 0;
};
using change_feed_ptr = std::shared_ptr<change_feed>;

}  // namespace kfs
