#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>

#include "actors/messages.hpp"

namespace kfs {

/// The answers of the supervisor that still hold, for those who only look: they need not wait for its turn.
///
/// A consumer leaves at the moment when something about it changes, before anybody is told of the change, and is back
/// once the supervisor has been asked for it. So what is found here is what the supervisor would answer.
///
/// Ownership: shared by the supervisor and the HTTP server.
/// Threading: find() and all() from any thread; the rest is called by the supervisor only.
class kept_views {
 public:
  /// nullptr when the supervisor has to be asked. `observed_at` may be older than the last observation.
  [[nodiscard]] consumer_view_ptr find(const consumer_id& id) const;
  /// All consumers, oldest first; nullptr when the supervisor has to be asked.
  [[nodiscard]] consumer_views all() const;

  void keep(consumer_view_ptr view);
  void keep(consumer_views all);
  /// The consumer has changed, or exists no more.
  void forget(const consumer_id& id);
  /// There are others than before, or in another order.
  void forget_list();
  void forget_all();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<consumer_id, consumer_view_ptr> by_id_;
  consumer_views all_;
};

}  // namespace kfs
