#pragma once

#include <chrono>
#include <vector>

#include "actors/ownership.hpp"
#include "actors/supervisor/entries.hpp"
#include "actors/supervisor/spawn.hpp"

namespace kfs {

/// Several replicas: tells the others of the instances that this one runs, and finds out how those of others are.
///
/// Ownership and threading: of the supervisor, as is everything that it refers to. Time is an argument.
class consumer_sharing {
 public:
  using clock = std::chrono::steady_clock;
  /// A report without a change follows the one before after this time, so that others see that it still holds.
  static constexpr std::chrono::seconds longest_silence{3};
  /// How long nobody may have the lease of an instance that shall run before that is an error.
  static constexpr std::chrono::seconds longest_move{10};

  consumer_sharing(const supervisor_environment& environment, ownership& owned, consumer_entries& entries)
      : environment_(environment), owned_(owned), entries_(entries) {}

  /// Takes in what others tell. What an owner told before its lease ended says nothing any more. Returns the consumers
  /// of which something new is known.
  std::vector<entry_ptr> told(const std::vector<instance_report>& reports);
  /// Reports the own instances of those consumers that have changed, or that were not reported for longest_silence.
  void report_what_changed(const std::vector<entry_ptr>& consumers, clock::time_point at);

  /// What an instance that runs on another replica, or on none, does is what is wanted: its owner has told so. A lease
  /// that is taken after the change was stored is taken by a replica that knows the change.
  [[nodiscard]] bool is_made_so(const consumer_entry& entry, const consumer_instance& instance) const;
  /// Somebody waits until is_made_so(). Where only a look at the leases can tell, it is asked for.
  void look_again(const consumer_entry& entry, const consumer_instance& instance) const;
  /// Notes who has the instance; whether that is somebody else than before.
  bool look_at_owner(const consumer_entry& entry, consumer_instance& instance, clock::time_point at) const;
  /// The instance has a member in its group, nobody runs it, and nobody shall.
  [[nodiscard]] static bool has_to_leave(const consumer_entry& entry, const consumer_instance& instance,
                                         clock::time_point at);
  /// How the child of an instance ends. When another replica goes on, its member stays in the group; when the consumer
  /// is stopped or changed, or no other replica is left, it leaves.
  [[nodiscard]] departure departure_of(const consumer_entry& entry, const consumer_instance& instance,
                                       bool shutting_down, clock::time_point at) const;
  /// An instance that shall run and that nobody runs is in ERROR: at once when its replica was lost or none may run it,
  /// and after longest_move when no replica takes it.
  void note_absence(consumer_entry& entry, consumer_instance& instance, clock::time_point at) const;
  /// That instance has ended: its lease is given back if it was asked back.
  void give_back(const consumer_id& consumer, int instance) const;

 private:
  void add_reports(consumer_entry& entry, clock::time_point at, std::vector<instance_report>& into);

  const supervisor_environment& environment_;
  ownership& owned_;
  consumer_entries& entries_;
  std::uint64_t reports_made_ = 0;
};

}  // namespace kfs
