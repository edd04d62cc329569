#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include "actors/supervisor/entry.hpp"
#include "actors/supervisor/front.hpp"
#include "actors/supervisor/spawn.hpp"

namespace kfs {

/// Starts consumer actors, one for each instance, tells them to end and notices their ends. Decides nothing:
/// reconcile() of the supervisor calls start() and drain(), and nobody else does.
///
/// Ownership and threading: of the supervisor.
class consumer_children {
 public:
  consumer_children(supervisor_front::pointer self, const supervisor_environment& environment)
      : self_(self), environment_(environment) {}

  void start(const entry_ptr& entry, const instance_ptr& instance);
  void drain(consumer_entry& entry, consumer_instance& instance, departure how);
  /// Tells a running child what it shall pause, unless it knows. Returns whether it follows; if not, `followed` is
  /// called when it does.
  bool tell_paused(const entry_ptr& entry, const instance_ptr& instance, std::function<void()> followed);
  /// Asks a running child to try again now what fails.
  void retry(const consumer_instance& instance);

  /// A child, by the instance that it runs.
  struct place {
    entry_ptr entry;
    instance_ptr instance;
  };
  /// The instance whose child ended; nullopt when the address is of no child. It has no child from now on.
  std::optional<place> ended(const caf::actor_addr& address);

  /// Has the member leave its group that an instance without a child has left there, because no child will follow.
  void leave_group(consumer_instance& instance);

  [[nodiscard]] bool empty() const noexcept { return running_.empty(); }

  /// So many children start at a time: after an outage or at a start, a thousand that connect at once would hold each
  /// other up. A start that takes longer than `longest_start` does not count any more, so that those whose brokers do
  /// not answer hold up nobody.
  static constexpr std::size_t most_starting = 64;
  static constexpr std::chrono::seconds longest_start{2};
  [[nodiscard]] bool may_start(std::chrono::steady_clock::time_point at);
  /// That child has told something of itself: its start is over.
  void has_started(std::uint64_t incarnation) { starting_.erase(incarnation); }

 private:
  supervisor_front::pointer self_;
  const supervisor_environment& environment_;
  std::map<caf::actor_addr, place> running_;
  std::uint64_t incarnations_ = 0;
  std::map<std::uint64_t, std::chrono::steady_clock::time_point> starting_;  ///< by incarnation, so by time too
};

}  // namespace kfs
