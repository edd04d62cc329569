#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "actors/change_feed.hpp"
#include "actors/interfaces.hpp"
#include "cluster/coordinator.hpp"
#include "cluster/link/links.hpp"
#include "cluster/news/news.hpp"
#include "cluster/wanted_book.hpp"

namespace kfs {

/// The part of a process that shares consumers with other replicas on one PostgreSQL database: the coordinator, the
/// table of leases, and the news.
///
/// Ownership: of the process, which destroys it before the actor system, and after its supervisor has ended.
/// Threading: of the thread that makes it; what it hands out is safe from any thread.
class shared_work {
 public:
  struct parts {
    postgres_target target;
    own_replica self;
    lease_times times;
    metrics& measured;
    logger log;
    std::function<void(const error&)> name_is_taken;  ///< another process with this name lives
    replica_links* links = nullptr;                   ///< nullptr: without links. Outlives this object
    spec_sealing_ptr sealing = std::make_shared<spec_sealing>();
  };
  shared_work(caf::actor_system& system, parts with);
  ~shared_work();
  shared_work(const shared_work&) = delete;
  shared_work& operator=(const shared_work&) = delete;

  // What the supervisor is given.
  [[nodiscard]] std::shared_ptr<ownership> owned() const;
  [[nodiscard]] std::function<void(std::vector<instance_report>)> reporter() const;
  [[nodiscard]] std::function<void()> store_looker() const;
  [[nodiscard]] std::optional<announcer_actor> announcer() const;

  // What the feed of the changes is given.
  [[nodiscard]] event_numbering numbering() const;

  /// From now on this replica takes part, the supervisor is told of changes and reports, and `feed` of events.
  /// Called when the process can serve: others give up consumers for a replica that joins.
  void begin(const supervisor_actor& supervisor, const change_feed_ptr& feed);

  [[nodiscard]] const coordinator_actor& coordinator() const { return coordinator_; }
  [[nodiscard]] const cluster_actor& cluster() const { return front_; }

 private:
  struct link;

  postgres_target target_;
  logger log_;
  spec_sealing_ptr sealing_;
  std::shared_ptr<link> link_;
  replica_links* links_;
  coordinator_actor coordinator_;
  cluster_actor front_;
};

}  // namespace kfs
