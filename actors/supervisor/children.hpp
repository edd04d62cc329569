#pragma once

#include <map>

#include "actors/supervisor/entry.hpp"
#include "actors/supervisor/front.hpp"
#include "actors/supervisor/spawn.hpp"

namespace kfs {

/// Starts consumer actors, tells them to end and notices their ends. Decides nothing: reconcile() of the supervisor
/// calls start() and drain(), and nobody else does.
///
/// Ownership and threading: of the supervisor.
class consumer_children {
 public:
  consumer_children(supervisor_front::pointer self, const supervisor_environment& environment)
      : self_(self), environment_(environment) {}

  void start(const entry_ptr& entry);
  void drain(consumer_entry& entry, departure how);
  /// Asks a running child to try again now what fails.
  void retry(const consumer_entry& entry);

  /// The consumer whose child ended; nullptr when the address is of no child. It has no child from now on.
  entry_ptr ended(const caf::actor_addr& address);

  [[nodiscard]] bool empty() const noexcept { return running_.empty(); }

 private:
  supervisor_front::pointer self_;
  const supervisor_environment& environment_;
  std::map<caf::actor_addr, entry_ptr> running_;
  std::uint64_t incarnations_ = 0;
};

}  // namespace kfs
