#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cluster/news/event_outbox.hpp"
#include "cluster/news/news.hpp"
#include "cluster/news/news_connection.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// Stores the events of this replica, which numbers them, and reads those of all replicas.
///
/// Numbers grow over all consumers, in the order in which the events become visible, and follow the clock of the
/// database (milliseconds since the epoch, or one more than the last number). So none is used again, also after a
/// restored backup or for a consumer that is deleted and created again.
///
/// Ownership, threading: of the news's thread. Errors: those of the connection. An event that cannot be read is logged
/// and skipped.
class event_exchange {
 public:
  template <class T>
  using outcome = news_connection::outcome<T>;

  event_exchange(std::shared_ptr<event_outbox> outbox, const cluster_news::listener& tell, logger log);

  /// Reads and tells the events with greater numbers than those that are known. `newest` is the greatest number in the
  /// store. At first it only becomes known: past events are told by send().
  outcome<void> read(news_connection& connection, std::uint64_t newest);

  /// Whether events wait, or past events are wanted.
  [[nodiscard]] bool has_work() const;
  /// Stores events that wait, and reads and tells past events that are wanted; a bounded number of each.
  outcome<void> work(news_connection& connection);

 private:
  outcome<void> store_waiting(news_connection& connection);
  outcome<void> tell_past(news_connection& connection);
  [[nodiscard]] std::optional<consumer_event> read_event(const news_rows& rows, int row);

  const std::shared_ptr<event_outbox> outbox_;
  const cluster_news::listener& tell_;
  const logger log_;
  const std::string run_;  ///< names this process: with the sequence of an event it tells whether that is stored
  std::optional<std::uint64_t> known_;  ///< the greatest number that was told; nullopt before the first look
  std::set<std::string> unreadable_;    ///< the problems that were logged
};

}  // namespace kfs
