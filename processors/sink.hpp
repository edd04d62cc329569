#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// A record that its destination can never accept.
struct rejection {
  partition_number partition = 0;
  offset position;
  error why;  ///< its code is record_rejected
};
using rejections = std::vector<rejection>;

/// Where a destination stands in one partition.
struct stored_position {
  offset next;           ///< of the next record
  std::string log = {};  ///< as start_at() set it last; empty when it never did
  bool operator==(const stored_position&) const = default;
};

/// Where a destination shall continue in one partition.
struct sink_start {
  partition_number partition = 0;
  offset position;
  std::string log = {};  ///< identifies the log that the position belongs to; opaque, at most 100 bytes of ASCII
  bool operator==(const sink_start&) const = default;
};

/// What a sink knows of the records that its destination takes. A rejected record is at fault only if the destination
/// takes others.
struct destination_evidence {
  std::uint64_t accepted = 0;  ///< records that it has taken so far, also by attempts that were undone
  std::string version = {};    ///< differs after every change of the destination that the sink knows of
};

/// Writes records to one destination. Knows nothing of actors: the processor actor around it retries, measures,
/// classifies faults and reports health.
///
/// Every sink MUST
///  - write a batch whole, or leave nothing of it behind that a retry of the same batch would duplicate;
///  - return from write() only when every record of the batch is durable as its options promise;
///  - return an error instead of throwing; its code tells the class of the fault (config/base/error.hpp);
///  - bound every wait, and give up soon after the lifeline asks to stop;
///  - show on the lifeline that it is alive, every few seconds, in a call that may take longer than that.
/// Every sink SHOULD name the destination and what to do in its error messages. It MUST NOT put a secret into them.
///
/// Ownership: one processor actor.
/// Threading: one call at a time, not always from the same thread.
class sink {
 public:
  virtual ~sink() = default;

  /// Makes the destination ready. Called before the first write, and again after it failed.
  virtual result<void> open() = 0;

  /// Writes one batch. An empty list means that all of it is durable. After an error the same batch is offered again.
  /// A list of rejected records means that nothing of the batch counts as durable yet: once they have been dealt with,
  /// the batch is offered again without them (a remaining_batch, with the same ranges).
  virtual result<rejections> write(const batch& records) = 0;

  /// Like write(), but tries every record, also those that wait behind a rejected one, to find out whether the
  /// destination takes any. The caller never offers a rejected record again once another one was accepted.
  virtual result<rejections> try_all(const batch& records) { return write(records); }

  /// What is known by now; nullopt when each write() that rejects records has tried all of its batch.
  [[nodiscard]] virtual std::optional<destination_evidence> evidence() const { return std::nullopt; }

  /// The position in each partition that the destination itself has stored, in the order asked; nullopt when it has
  /// stored none, which is always so for a sink that stores no offsets.
  /// write() skips records below this position, and keeps its log.
  virtual result<std::vector<std::optional<stored_position>>> positions(const record_source& source,
                                                                        std::span<const partition_number> partitions);

  /// Sets the position in each partition, whatever positions() said, because somebody has reset the offsets of the
  /// group, or the log has begun anew. A sink that stores offsets MUST store the log beside them. Durable when it
  /// returns.
  virtual result<void> start_at(const record_source& source, std::span<const sink_start> starts);

  /// Flushes and releases the destination. Called once, when no write is under way; also after a failed open.
  virtual result<void> close() = 0;
};

using sink_ptr = std::unique_ptr<sink>;

inline result<std::vector<std::optional<stored_position>>> sink::positions(
    const record_source&, std::span<const partition_number> partitions) {
  return std::vector<std::optional<stored_position>>(partitions.size());
}

inline result<void> sink::start_at(const record_source&, std::span<const sink_start>) {
  return {};
}

}  // namespace kfs
