#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "config/store/access_store.hpp"

namespace kfs {

/// What of the audit waits for the store, in the order in which it came. It is written in batches: one is under way at
/// a time, and one that has failed comes again before anything else.
///
/// Threading: none; lives inside one actor. Errors: none.
class audit_queue {
 public:
  static constexpr std::size_t most_waiting = 10'000;  ///< entries, besides those of a batch
  static constexpr std::size_t most_together = 500;    ///< entries of a batch

  /// Adds an entry. Drops the oldest one that waits when too many wait.
  void add(audit_entry entry);
  /// Adds how a pending entry went. It is never dropped.
  void add(const audit_finish& finished) { finished_.push_back(finished); }

  /// The batch to write now; nullptr while one is under way, and when nothing waits.
  std::shared_ptr<const audit_batch> begin();
  /// The batch that was begun is stored.
  void written();
  /// It is not, or the store has not said so.
  void failed();

  [[nodiscard]] bool is_writing() const noexcept { return is_writing_; }
  /// How many entries were dropped since this was last asked; 0 while entries still wait.
  std::size_t take_dropped() { return waiting_.empty() ? std::exchange(dropped_, 0) : 0; }

 private:
  [[nodiscard]] std::shared_ptr<const audit_batch> next();

  std::deque<audit_entry> waiting_;
  std::vector<audit_finish> finished_;
  std::size_t dropped_ = 0;
  std::shared_ptr<const audit_batch> batch_;  ///< under way, or to be written again; nullptr: none
  bool is_writing_ = false;
};

}  // namespace kfs
