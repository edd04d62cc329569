#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "actors/consumer/core/offset_tracker.hpp"
#include "actors/kafka/ports.hpp"

namespace kfs {

/// The partitions that one group member owns, what of them is in hand, and what may be committed.
///
/// A partition that is revoked and assigned again is another assignment: an acknowledgement that belongs to the old
/// one is dropped, so it can never move the offset of the new one.
///
/// Ownership and threading: lives inside one consumer actor.
class assignment {
 public:
  /// Identifies one delivered batch until it is acknowledged.
  using batch_number = std::uint64_t;

  /// A partition is read from `start` on (none: unknown), and `committed` is what its group has committed.
  void assign(partition_number partition, std::optional<offset> start, std::optional<offset> committed);

  /// Forgets partitions: released, or lost to another member.
  void drop(std::span<const partition_number> partitions);

  /// The log of an owned partition begins anew at `start`: what is in hand of it counts no more.
  void restart(partition_number partition, offset start);

  /// A batch is handed to the processors. Every range must be of an assigned partition, and none before its position.
  batch_number delivered(const std::vector<batch_range>& ranges);

  /// Every processor made the batch durable.
  void acknowledged(batch_number batch);

  /// What of an owned partition lies between everything delivered and the log's end, where no record is; none: nothing.
  [[nodiscard]] std::optional<batch_range> gap_before(const partition_end& end) const;

  /// What has become durable and is neither committed nor being committed; marks it as being committed.
  std::vector<partition_offset> take_commit();

  /// How a commit ended. A failed one is offered by take_commit() again.
  void commit_finished(const std::vector<partition_offset>& offsets, bool succeeded);

  /// Nothing of these partitions is in hand, and everything durable of them is committed.
  [[nodiscard]] bool settled(std::span<const partition_number> partitions) const;

  /// Nothing of these partitions is in hand.
  [[nodiscard]] bool idle(std::span<const partition_number> partitions) const;

  [[nodiscard]] std::vector<partition_number> partitions() const;
  [[nodiscard]] bool owns(partition_number partition) const { return owned_.contains(partition); }
  [[nodiscard]] std::size_t batches_in_hand() const noexcept { return in_hand_.size(); }
  [[nodiscard]] std::optional<offset> committed(partition_number partition) const;
  /// The first offset that is or was to come in this assignment; none: unknown.
  [[nodiscard]] std::optional<offset> start(partition_number partition) const;
  [[nodiscard]] std::optional<offset> position(partition_number partition) const;

 private:
  struct owned_partition {
    std::uint64_t epoch = 0;  ///< which assignment of this partition it is
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

  std::map<partition_number, owned_partition> owned_;
  std::map<batch_number, std::vector<held_range>> in_hand_;
  std::uint64_t epochs_ = 0;
  batch_number batches_ = 0;
};

}  // namespace kfs
