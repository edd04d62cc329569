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

/// A refused record that is to become a dead letter.
struct refused_record {
  record what;
  error why;
  refusal_history so_far;
};

/// One batch on its way into a sink: what is left to be written of it, and which of its records are dealt with
/// otherwise.
///
/// Threading: none; part of one processor actor.
class batch_delivery {
 public:
  explicit batch_delivery(batch_ptr whole) : whole_(std::move(whole)), left_(whole_) {}

  [[nodiscard]] const batch_ptr& whole() const noexcept { return whole_; }

  /// What the sink is to be offered: all but what was left out.
  [[nodiscard]] const batch& left();

  /// The records of what the sink was offered last that it refused, in the same order; null for one that was not there.
  [[nodiscard]] std::vector<const record*> find(const rejections& refused) const;

  /// These records have been dealt with.
  void leave_out(const record_places& places);

  std::vector<refused_record> letters;  ///< to be produced before the sink is offered anything again
  std::optional<error> unsettled;       ///< a record is still refused: to be tried again after a back-off

 private:
  batch_ptr whole_;
  batch_ptr left_;
  record_places left_out_;
  bool stale_ = false;  ///< left_ still holds records that were left out
};

/// What became of dead letters that were posted together.
struct posted_letters {
  std::size_t open = 0;  ///< not answered yet
  record_places produced;
  std::optional<error> failed;  ///< of the first that was not
};

}  // namespace kfs
