#pragma once

#include <optional>
#include <span>
#include <vector>

#include "actors/kafka/events.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// Where to begin in one partition, and the offsets to set in its sinks before.
struct start_plan {
  std::optional<offset> start;  ///< nullopt when auto_offset_reset decides
  /// Somebody set the group's offset. It must be marked before the first record is read.
  bool by_order = false;
  std::vector<std::optional<offset>> told;  ///< by sink: the offset to set; nullopt when it stays
};

/// Decides where to begin in one partition, from what its group has committed and the offset that each of its sinks has
/// stored (nullopt when a sink stores none, or none of this partition).
///
/// - An offset that somebody else committed (an operator's tool) is an order: it overrides everything. It is marked
///   before the first record is read, so it is obeyed once.
/// - An offset that another member of ours committed, or this member for other sinks: the records below it are durable
///   there, so no sink goes back behind it.
/// - Else each sink continues at its own offset, whatever is committed; a sink without one continues at the committed
///   offset. The lowest of these offsets is the start. A sink skips records below its own offset.
/// - When a sink has no offset and nothing is committed, the start is the beginning of the log if `from_beginning`
///   (auto_offset_reset), because another sink may have written records that this sink has not.
start_plan plan_start(const group_position& group, std::span<const std::optional<offset>> sinks, bool from_beginning);

}  // namespace kfs
