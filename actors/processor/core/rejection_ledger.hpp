#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"
#include "config/consumers/accepted_versions.hpp"
#include "processors/batch.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// How often one processor has rejected one record, and since when.
struct rejection_history {
  std::int64_t attempts = 1;
  timestamp first_failure;
  bool operator==(const rejection_history&) const = default;
};

/// Counts, for one configuration of one consumer, how often each of its processors has rejected each record, and knows
/// whether the destination of each has accepted records.
///
/// Bounded: it remembers at most most_records records of one processor. Each rejection of a record beyond that bound
/// counts as its first, until other records have been handled.
///
/// Ownership: shared by the supervisor, which keeps it when the consumer's actor is restarted, and the processors.
/// Threading: safe from any thread.
class rejection_ledger {
 public:
  static constexpr std::size_t most_records = 10'000;

  /// Stores that a version of a processor's destination accepts records. Called from the threads of processors; must
  /// not block.
  using accepted_function = std::function<void(const processor_id&, const std::string&)>;

  rejection_ledger() = default;
  explicit rejection_ledger(accepted_function store) : store_accepted_(std::move(store)) {}

  /// Counts one more attempt for each rejected record of `whole`. Returns their histories, in the same order.
  std::vector<rejection_history> rejected(const processor_id& processor, const batch& whole, const rejections& records,
                                          timestamp at);

  /// Forgets a record that has been handled.
  void forget(const processor_id& processor, partition_number partition, offset position);

  /// The processor has moved past every record of the partition below `next`.
  void passed(const processor_id& processor, partition_number partition, offset next);

  /// The log of the partition has begun anew: its offsets belong to other records now.
  void log_restarted(partition_number partition);

  /// The version of the processor's destination that has last accepted a record (destination_evidence); nullopt when
  /// none is known.
  [[nodiscard]] std::optional<std::string> accepted_version(const processor_id& processor) const;

  /// Remembers it, and has it stored.
  void accepted(const processor_id& processor, const std::string& version);

  /// Adds what an earlier life of the server has stored. What accepted() was told in this life is newer, and stays.
  void recall(const accepted_versions& stored);

  /// The number of records that are remembered, over all processors.
  [[nodiscard]] std::size_t size() const;

 private:
  using history_by_place = std::map<record_place, rejection_history>;

  mutable std::mutex mutex_;
  std::map<processor_id, history_by_place> by_processor_;
  accepted_versions accepted_versions_;
  const accepted_function store_accepted_;
};

}  // namespace kfs
