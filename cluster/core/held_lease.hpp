#pragma once

#include <algorithm>
#include <chrono>

#include "cluster/core/lease_times.hpp"

namespace kfs {

/// The holder's view of leases that are renewed together: until when it may write, when it renews, when it fences
/// itself.
///
/// The right to write is counted from the moment before the last successful statement was sent, and ends a margin
/// before the lease does. The margin covers clocks that differ by 1 % in either direction (2 % of the lease), and the
/// time from the check of the right to the end of the write (8 %). A taker counts from a look that came after that
/// statement, so it finds the lease free later.
///
/// A right that ended does not come back: the instance is fenced, and its lease has to be taken again, with a new
/// epoch.
///
/// Ownership: one for each group of leases that one statement renews. Threading: none; time is an argument.
class held_lease {
 public:
  using clock = std::chrono::steady_clock;

  /// The lease was taken by a statement that was sent at `sent`.
  held_lease(const lease_times& times, clock::time_point sent)
      : times_(times), sent_(sent), renew_at_(sent + times.renewal) {}

  /// The answer to the renewal that was sent at `sent` arrived at `at` and confirms the lease. Answers may arrive in
  /// any order.
  void renewed(clock::time_point sent, clock::time_point at) {
    if (!may_write(at)) return lose();
    if (sent <= sent_) return;
    sent_ = sent;
    renew_at_ = sent + times_.renewal;
  }

  /// A renewal failed, or its answer is not awaited any longer, at `at`. It may have reached the store.
  void renewal_failed(clock::time_point at) { renew_at_ = at + times_.retry; }

  /// The store says that the lease has another holder or epoch, or the instance was fenced.
  void lose() { lost_ = true; }

  [[nodiscard]] bool may_write(clock::time_point at) const { return !lost_ && at < writable_until(); }

  /// The end of the right to write when no renewal succeeds.
  [[nodiscard]] clock::time_point writable_until() const { return sent_ + times_.lease - times_.margin; }

  /// When to send the next renewal, unless one is under way.
  [[nodiscard]] clock::time_point renew_at() const { return renew_at_; }

  /// When to stop starting writes and to abort those under way, so that all have ended when the right ends.
  [[nodiscard]] clock::time_point fence_at() const { return writable_until() - times_.fencing; }

  [[nodiscard]] bool must_fence(clock::time_point at) const { return lost_ || at >= fence_at(); }

 private:
  lease_times times_;
  clock::time_point sent_;
  clock::time_point renew_at_;
  bool lost_ = false;
};

}  // namespace kfs
