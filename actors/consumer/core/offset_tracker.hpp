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
/// Ownership: one per partition, from assignment until revoke.
/// Threading: none; lives inside one consumer actor.
/// Errors:    ranges out of order, and acknowledging what was never delivered, are bugs (assert).
class offset_tracker {
 public:
  /// `start` is the first offset that may come; nullopt when unknown.
  explicit offset_tracker(std::optional<offset> start = std::nullopt) : position_(start) {}

  /// All records below `next` were delivered to the processors.
  void delivered(offset next);

  /// Every processor has made the range that ends at `next` durable.
  void acknowledged(offset next);

  /// The position to commit: all records below it are durable. nullopt until the first acknowledgement.
  [[nodiscard]] std::optional<offset> committable() const noexcept { return committable_; }

  /// The position of the next record to deliver; nullopt when unknown.
  [[nodiscard]] std::optional<offset> position() const noexcept { return position_; }

  /// Every delivered range is acknowledged.
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
