#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "actors/consumer/core/offset_tracker.hpp"
#include "actors/kafka/ports.hpp"

namespace kfs {

/// The partitions that one group member owns, the batches of them that are in hand, and the offsets that may be
/// committed.
///
/// A partition that is revoked and assigned again is another assignment: an acknowledgement that belongs to the old
/// one is dropped, so it can never move the offset of the new one.
///
/// Ownership and threading: lives inside one consumer actor.
class assignment {
 public:
  /// Identifies one delivered batch until it is acknowledged.
  using batch_number = std::uint64_t;

  /// A partition is read from `start` on (nullopt when unknown), and `committed` is what its group has committed.
  void assign(partition_number partition, std::optional<offset> start, std::optional<offset> committed);

  /// Forgets partitions: released, or lost to another member.
  void drop(std::span<const partition_number> partitions);

  /// The log of an owned partition begins anew at `start`. Batches in hand no longer count for it.
  void restart(partition_number partition, offset start);

  /// A batch of `records` records is delivered to `processors` processors, at least one. Its ranges must belong to
  /// owned partitions, and must not begin before their positions.
  batch_number delivered(const std::vector<batch_range>& ranges, std::size_t records = 0, std::size_t processors = 1);

  /// One more processor has made the batch durable. Returns the number of its records when that was the last processor,
  /// nullopt while others still write it.
  std::optional<std::size_t> acknowledged(batch_number batch);

  /// The offsets of an owned partition between everything delivered and the log's end, where the log has no records;
  /// nullopt when there are none.
  [[nodiscard]] std::optional<batch_range> gap_before(const partition_end& end) const;

  /// Returns the offsets that are durable and neither committed nor being committed, and marks them as being committed.
  std::vector<partition_offset> take_commit();

  /// A commit has ended. take_commit() returns its offsets again when it failed.
  void commit_finished(const std::vector<partition_offset>& offsets, bool succeeded);

  /// No batch of these partitions is in hand, and all that is durable of them is committed.
  [[nodiscard]] bool settled(std::span<const partition_number> partitions) const;

  /// No batch of these partitions is in hand.
  [[nodiscard]] bool idle(std::span<const partition_number> partitions) const;

  [[nodiscard]] std::vector<partition_number> partitions() const;
  [[nodiscard]] bool owns(partition_number partition) const { return owned_.contains(partition); }
  [[nodiscard]] std::size_t batches_in_hand() const noexcept { return in_hand_.size(); }
  [[nodiscard]] std::size_t records_in_hand() const noexcept;
  [[nodiscard]] std::optional<offset> committed(partition_number partition) const;
  /// The first offset of this assignment; nullopt when unknown.
  [[nodiscard]] std::optional<offset> start(partition_number partition) const;
  [[nodiscard]] std::optional<offset> position(partition_number partition) const;

 private:
  struct owned_partition {
    std::uint64_t epoch = 0;  ///< tells this assignment of the partition from earlier ones
    std::optional<offset> start;
    offset_tracker tracker;
    std::optional<offset> committing;
    std::optional<offset> committed;
  };
  struct held_range {
    partition_number partition;
    std::uint64_t epoch;
    offset next;
  };
  struct held_batch {
    std::vector<held_range> ranges;
    std::size_t records = 0;
    std::size_t processors = 0;  ///< that have not acknowledged it yet
  };

  std::map<partition_number, owned_partition> owned_;
  std::map<batch_number, held_batch> in_hand_;
  std::uint64_t epochs_ = 0;
  batch_number batches_ = 0;
};

}  // namespace kfs
