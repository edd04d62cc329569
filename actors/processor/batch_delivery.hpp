#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/processor/core/rejection_ledger.hpp"
#include "processors/batch.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// "0/17, 0/18 and 3 more": partitions and offsets for a log line of bounded length.
std::string to_text(const record_places& places);

/// A rejected record that is to become a dead letter.
struct rejected_record {
  record rejected;
  error reason;
  rejection_history history;
};

/// One batch, or several in a row, on the way into a sink: which of its records the sink is still offered, and which
/// are handled otherwise.
///
/// Ownership: shared by the task that delivers the batch and the dead letters that are posted for it.
/// Threading: none; part of one processor actor.
class batch_delivery {
 public:
  explicit batch_delivery(batch_ptr whole) : whole_(std::move(whole)), remaining_(whole_) {}

  [[nodiscard]] const batch_ptr& whole() const noexcept { return whole_; }

  /// The batch without the records that were left out.
  [[nodiscard]] const batch& remaining();

  /// Finds rejected records among those that the sink was last offered. The result has the order of `records`, and
  /// null for a record that was not offered.
  [[nodiscard]] std::vector<const record*> find(const rejections& records) const;

  /// The sink is not offered these records again.
  void leave_out(const record_places& places);

  /// Adds the records of the batch that follows.
  void join(const batch_ptr& next);

  std::vector<rejected_record> letters;  ///< must be produced before the sink is offered anything again
  std::optional<error> retry_reason;     ///< of a rejected record that is offered again after a back-off
  bool tries_all = false;  ///< records behind rejected ones are tried too, because the destination may be at fault

 private:
  batch_ptr whole_;
  batch_ptr remaining_;
  record_places left_out_;
  bool stale_ = false;  ///< remaining_ still holds records that were left out
};

using batch_delivery_ptr = std::shared_ptr<batch_delivery>;

}  // namespace kfs
