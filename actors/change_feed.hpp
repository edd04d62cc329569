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

/// One change of a server: what happened to which consumer, and when among all changes.
struct server_change {
  std::uint64_t number = 0;  ///< 1, 2, 3 … since the server started, over all consumers
  consumer_id consumer;
  consumer_event event;
  bool operator==(const server_change&) const = default;
};

/// All changes of a server in one order, and the streams of single consumers that are cut from it.
///
/// Ownership: shared (std::make_shared) by the supervisor and the HTTP server.
/// Threading: safe from any thread. A listener is called by the thread that adds an event, while the feed is locked: it
/// must not block and must not use the feed or its logs.
class change_feed : public std::enable_shared_from_this<change_feed> {
 public:
  static constexpr std::size_t most_kept = 10'000;
  using listener = std::function<void(const server_change&)>;

  /// A new stream for a consumer. One that it had is closed.
  event_log_ptr open(const consumer_id& consumer);

  /// The stream of a consumer; nullptr when there is no such consumer.
  [[nodiscard]] event_log_ptr find(const consumer_id& consumer) const;

  /// Closes the stream of a consumer that is gone.
  void close(const consumer_id& consumer);

  /// The server ends: every stream is closed and can still be read.
  void close_all();

  /// The kept changes with a greater number, oldest first.
  [[nodiscard]] std::vector<server_change> after(std::uint64_t number = 0) const;

  /// Calls `hear` for every change from now on, until unfollow().
  std::uint64_t follow(listener hear);
  void unfollow(std::uint64_t listener_number);

 private:
  friend class event_log;
  void record(const consumer_id& consumer, const consumer_event& event);

  mutable std::mutex mutex_;
  std::unordered_map<consumer_id, event_log_ptr> streams_;
  std::deque<server_change> kept_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, listener> listeners_;
  std::uint64_t last_listener_ = 0;
};
using change_feed_ptr = std::shared_ptr<change_feed>;

}  // namespace kfs
