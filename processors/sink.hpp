#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "config/base/error.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// A record that its destination can never take.
struct rejection {
  partition_number partition = 0;
  offset position;
  error why;  ///< its code is record_rejected
};
using rejections = std::vector<rejection>;

/// Writes records to one destination. Knows nothing of actors: the processor actor around it retries, measures,
/// classifies faults and reports health.
///
/// Every sink MUST
///  - write a batch whole or leave nothing of it behind that a retry of the same batch would double;
///  - return from write() only when every record of the batch is durable as its options promise;
///  - return an error instead of throwing, with the fault class that its code stands for (config/base/error.hpp);
///  - bound every wait, and give up soon when the lifeline that it was made with asks to stop, and show there that it
///    is alive, every few seconds, in a call that may take longer than that.
/// Every sink SHOULD name the destination and what to do in its error messages. It MUST NOT put a secret into them.
///
/// Ownership: of one processor actor.
/// Threading: one call at a time, not always from the same thread.
class sink {
 public:
  virtual ~sink() = default;

  /// Makes the destination ready. Called before the first write and again after a failed open.
  virtual result<void> open() = 0;

  /// Writes one batch; returns nothing but an empty list when all of it is durable. After an error the same batch is
  /// offered again. Some records may be refused, each by name: then nothing of the batch counts as durable yet, and it
  /// is offered again without them (with the same ranges, a remaining_batch), once they have been dealt with.
  virtual result<rejections> write(const batch& records) = 0;

  /// Up to where each of the partitions is durable in the destination itself, in the order asked; none: the destination
  /// knows nothing of it. A sink that keeps no offsets of its own knows nothing of any. What lies below is skipped by
  /// write().
  virtual result<std::vector<std::optional<offset>>> positions(const record_source& source,
                                                               std::span<const partition_number> partitions);

  /// From now on each of the partitions stands at the given offset, whatever positions() said: somebody moved the
  /// group, or the log was made again. Durable when it returns.
  virtual result<void> start_at(const record_source& source, std::span<const partition_offset> starts);

  /// Flushes and lets go of the destination. Called once, when no write is under way; also after a failed open.
  virtual result<void> close() = 0;
};

using sink_ptr = std::unique_ptr<sink>;

inline result<std::vector<std::optional<offset>>> sink::positions(const record_source&,
                                                                  std::span<const partition_number> partitions) {
  return std::vector<std::optional<offset>>(partitions.size());
}

inline result<void> sink::start_at(const record_source&, std::span<const partition_offset>) {
  return {};
}

}  // namespace kfs
