#pragma once

#include <optional>
#include <span>
#include <vector>

#include "actors/kafka/events.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// Where to begin in one partition, and what its sinks have to be told before.
struct start_plan {
  std::optional<offset> start;  ///< none: auto_offset_reset decides
  bool by_order = false;        ///< somebody set the group's offset: it is to be marked before the first record
  std::vector<std::optional<offset>> told;  ///< by sink: stand there from now on; none: nothing
};

/// Decides where to begin in one partition, by what its group has committed and where each of its sinks stands (none:
/// it keeps no offsets, or knows nothing of the partition).
///
/// - An offset that somebody else committed (an operator's tool) is an order: it wins over everything. Marking it
/// before
///   the first record makes sure that it is obeyed once.
/// - An offset that another member of ours committed, or this one for other sinks: what lies below it is durable there,
///   so no sink goes back behind it.
/// - Else each sink goes on where it stands, whatever is committed; one that does not know goes on at the committed
///   offset. The lowest of them is the start, and what lies below a sink's own offset is skipped by it.
/// - Where a sink does not know and nothing is committed, the beginning of the log is the start if auto_offset_reset
///   says so (`from_beginning`): another sink may have written what this one has not.
start_plan plan_start(const group_position& group, std::span<const std::optional<offset>> sinks, bool from_beginning);

}  // namespace kfs
