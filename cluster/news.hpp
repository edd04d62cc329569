#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/messages.hpp"
#include "config/base/logger.hpp"
#include "config/consumers/wanted_consumer.hpp"
#include "config/postgres/store_url.hpp"

namespace kfs {

/// What changed in the store since the last delivery; the first delivery tells everything.
struct wanted_changes {
  std::vector<wanted_consumer> changed;  ///< oldest first (created_at, then id)
  std::vector<consumer_id> all;          ///< the ids of all consumers that exist: one that is not in it was deleted
  std::uint64_t up_to = 0;               ///< the number of the last change that is in it
};
using wanted_changes_ptr = std::shared_ptr<const wanted_changes>;

/// What the holder of an instance tells of it.
struct instance_report {
  consumer_id consumer;
  int instance = 0;
  std::uint64_t epoch = 0;   ///< of the holder's lease; a report of a lower epoch than a known one is ignored
  std::uint64_t change = 0;  ///< of what is wanted, as far as the holder has made it so
  consumer_view_ptr view;    ///< its `spec` does not travel and is nullptr when it is received
};
using instance_reports = std::shared_ptr<const std::vector<instance_report>>;

/// Carries what is wanted and what is observed between replicas, through the store.
///
/// One thread and one connection of its own. It waits for NOTIFY on the channel `kafka_fetcher`, so changes are known
/// at once, and looks every second, so that they are known for certain. Reports are sent as one statement, at most two
/// a second; a newer report of an instance replaces one that waits. While the store does not answer, reports wait.
///
/// Threading: publish() and look() from any thread; the listener is called by the news's thread and must not block.
class cluster_news {
 public:
  struct listener {
    std::function<void(wanted_changes_ptr)> wanted;
    std::function<void(instance_reports)> observed;  ///< reports of all replicas since the last delivery, own ones too
    std::function<void()> leases;                    ///< the leases may have changed (NOTIFY)
    std::function<void(std::optional<error>)> reachable;  ///< tells when the store stops to answer, or answers again
  };

  cluster_news(postgres_target target, logger log, listener tell);
  ~cluster_news();
  cluster_news(const cluster_news&) = delete;
  cluster_news& operator=(const cluster_news&) = delete;

  void publish(std::vector<instance_report> reports);
  /// Looks at the store now.
  void look();
  /// Sends what waits, within that time. Called before the process ends.
  void flush(std::chrono::milliseconds within);

 private:
  struct session;
  std::unique_ptr<session> session_;
};

}  // namespace kfs
