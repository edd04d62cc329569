#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/timestamp.hpp"
#include "processors/batch.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// How often one record has been refused, and since when.
struct refusal_history {
  std::int64_t attempts = 1;
  timestamp first_failure;
  bool operator==(const refusal_history&) const = default;
};

/// Remembers, for one configuration of one consumer, how often each of its processors was refused which records.
///
/// Bounded: of one processor no more than most_records are remembered. Those beyond it count as refused for the first
/// time, however often they are offered, until others have been dealt with.
///
/// Ownership: shared by the supervisor, which keeps it over restarts of the consumer's actor, and the processors.
/// Threading: safe from any thread.
class rejection_ledger {
 public:
  static constexpr std::size_t most_records = 10'000;

  /// Counts a refusal of each of `refused`, records of the batch `of`; their histories, in the same order.
  std::vector<refusal_history> refused(const processor_id& by, const batch& of, const rejections& refused,
                                       timestamp at);

  /// The record has been dealt with.
  void forget(const processor_id& by, partition_number partition, offset position);

  /// The processor has moved past everything of that partition below `to`.
  void passed(const processor_id& by, partition_number partition, offset to);

  /// The log of that partition is another one.
  void log_restarted(partition_number partition);

  /// How many records are remembered, of all processors.
  [[nodiscard]] std::size_t size() const;

 private:
  using histories = std::map<record_place, refusal_history>;

  mutable std::mutex mutex_;
  std::map<processor_id, histories> of_processor_;
};

}  // namespace kfs
