#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/consumer/core/log_identity.hpp"
#include "actors/kafka/events.hpp"
#include "config/base/ids.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// Where to begin in one partition, and the positions to set in its sinks before.
struct start_plan {
  std::optional<offset> start;              ///< nullopt when auto_offset_reset decides
  std::optional<offset> committed;          ///< by the group, in the present log
  bool by_order = false;                    ///< somebody set the group's offset
  bool mark_first = false;                  ///< `start` must be committed with our mark before the first record is read
  log_identity log;                         ///< the present log
  bool is_anew = false;                     ///< the topic's id says that no known position belongs to the present log
  std::vector<std::optional<offset>> told;  ///< by sink: the offset to set; nullopt when it stays
  std::vector<bool> tell_first;  ///< by sink: it has no position in the present log, and `start` is not known yet
};

/// What is known of one partition when a plan is made.
struct known_positions {
  group_position group;
  std::string topic_id;                               ///< at present; empty when it is unknown
  std::vector<std::optional<stored_position>> sinks;  ///< nullopt when a sink stores none, or none of this partition

  /// The greatest offset that is known, of whichever log; nullopt when none is.
  [[nodiscard]] std::optional<offset> furthest() const;
};

/// Decides where to begin in one partition, from what its group has committed and what each of its sinks has stored.
///
/// - Only positions of the present log count. That is the latest log that the group or a sink knows; if its topic id
///   is not the present one, it is a later one that none of them knows (`is_anew`).
/// - An offset that somebody else committed (an operator's tool) is an order: it overrides everything. It is marked
///   before the first record is read, so it is obeyed once.
/// - An offset that another member of ours committed, or this member for other sinks: the records below it are durable
///   there, so no sink goes back behind it.
/// - Else each sink continues at its own offset, whatever is committed; a sink without one continues at the committed
///   offset. The lowest of these offsets is the start. A sink skips records below its own offset.
/// - When a sink has no offset and nothing is committed, the start is the beginning of the log if `from_beginning`
///   (auto_offset_reset), because another sink may have written records that this sink has not.
start_plan plan_start(const known_positions& known, bool from_beginning);

}  // namespace kfs
