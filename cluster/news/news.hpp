#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/replication.hpp"
#include "config/base/logger.hpp"
#include "config/postgres/store_url.hpp"
#include "config/store/sealing.hpp"

namespace kfs {

class event_outbox;

/// Carries what is wanted, what is observed, and events between replicas, through the store.
///
/// One thread and one connection of its own. It waits for NOTIFY on the channel `kafka_fetcher`, so changes are known
/// at once, and looks every second, so that they are known for certain. Reports are sent as one statement, at most two
/// a second, and every five seconds when they tell nothing new; a newer report of an instance replaces one that waits.
/// Events are sent at most five times a second. While the store does not answer, reports and events wait.
///
/// Threading: publish() and look() from any thread; the listener is called by the news's thread and must not block.
class cluster_news {
 public:
  struct listener {
    std::function<void(wanted_changes_ptr)> wanted;
    std::function<void(instance_reports)> observed;  ///< reports of all replicas since the last delivery, own ones too
    std::function<void(const consumer_id&, const consumer_event&)> event;  ///< of any replica, numbers growing
    /// All events of a consumer whose past was wanted.
    std::function<void(const consumer_id&, const std::vector<consumer_event>&)> past_events;
    std::function<void()> leases;                         ///< the leases may have changed (NOTIFY)
    std::function<void(std::optional<error>)> reachable;  ///< tells when the store stops to answer, or answers again
  };

  cluster_news(postgres_target target, logger log, std::shared_ptr<event_outbox> events, listener tell,
               spec_sealing_ptr sealing = std::make_shared<spec_sealing>());
  ~cluster_news();
  cluster_news(const cluster_news&) = delete;
  cluster_news& operator=(const cluster_news&) = delete;

  void publish(std::vector<instance_report> reports);
  /// There is something in the outbox of events.
  void send_events();
  /// Looks at the store now.
  void look();
  /// The database has gone back to an earlier state: everything is read and told again.
  void begin_anew();
  /// Sends what waits, within that time. Called before the process ends.
  void flush(std::chrono::milliseconds within);

 private:
  struct session;
  std::unique_ptr<session> session_;
};

}  // namespace kfs
