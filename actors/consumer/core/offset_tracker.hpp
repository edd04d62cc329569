#pragma once

#include <deque>
#include <optional>

#include "config/base/ids.hpp"

namespace kfs {

/// Decides what may be committed for one assigned partition.
///
/// Ranges arrive in offset order and are acknowledged in any order. The committable offset follows the acknowledged
/// prefix. Compacted topics and transaction markers leave gaps, so positions are compared, never counted.
///
/// Ownership: one a partition, from assignment until revoke.
/// Threading: none; lives inside one consumer actor.
/// Errors:    ranges out of order, and acknowledging what was never delivered, are bugs (assert).
class offset_tracker {
 public:
  /// `start`: the first offset that may come; none: unknown.
  explicit offset_tracker(std::optional<offset> start = std::nullopt) : position_(start) {}

  /// Everything up to, and not including, `next` was handed to the processors.
  void delivered(offset next);

  /// Every processor made the range that ends at `next` durable.
  void acknowledged(offset next);

  /// The position to commit: below it everything is durable. None until the first acknowledgement.
  [[nodiscard]] std::optional<offset> committable() const noexcept { return committable_; }

  /// The position of the next record to hand over. None when unknown.
  [[nodiscard]] std::optional<offset> position() const noexcept { return position_; }

  /// Nothing is delivered and unacknowledged.
  [[nodiscard]] bool idle() const noexcept { return in_hand_.empty(); }

 private:
  struct range {
    offset next;
    bool durable = false;
  };

  std::deque<range> in_hand_;
  std::optional<offset> committable_;
  std::optional<offset> position_;
};

}  // namespace kfs
