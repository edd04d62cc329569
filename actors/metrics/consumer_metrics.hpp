#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "actors/kafka/events.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// What happens to partitions in a rebalance.
enum class partition_change : std::uint8_t { assigned, revoked, lost };
inline constexpr std::size_t partition_changes = 3;

/// The series of the client of one instance of a consumer. They are removed with this object.
///
/// Ownership: the consumer actor's. Threading: one thread; setting costs an atomic store.
class client_metrics {
 public:
  virtual ~client_metrics() = default;
  /// Batches and records that are not acknowledged by every processor.
  virtual void in_flight(std::size_t batches, std::size_t records) = 0;
  /// Records and events that the client holds ready.
  virtual void queued(std::size_t count) = 0;
  /// What its statistics tell. Its counters are those since the client was made.
  virtual void sampled(const client_figures& figures) = 0;
};

/// The series of one consumer. Counters exist from the beginning, at zero; a lag exists from its first value on. All
/// series are removed when the last owner releases them.
///
/// Ownership: the supervisor keeps one for each consumer, across restarts of its actor, so that counters do not reset.
/// Threading: safe from any thread; counting costs an atomic addition. Called once for a batch, never for a record.
class consumer_metrics {
 public:
  virtual ~consumer_metrics() = default;
  /// One batch was read; without records it is none.
  virtual void consumed(std::size_t records, std::size_t bytes) = 0;
  virtual void restarted() = 0;
  /// `value` is 0 for INACTIVE, 1 for ACTIVE, 2 for ERROR.
  virtual void status(int value) = 0;
  /// What an operator has paused.
  virtual void paused(const paused_partitions& partitions) = 0;
  virtual void lag(partition_number partition, std::int64_t records) = 0;
  /// Removes the lag of a partition that the consumer no longer owns.
  virtual void forget_lag(partition_number partition) = 0;
  /// Partitions have come or gone, any number of them at once.
  virtual void rebalanced(partition_change change) = 0;
  virtual void committed(std::chrono::duration<double> took) = 0;
  virtual void commit_failed() = 0;
  /// The series of the client of that instance. Two clients of one instance share them.
  virtual std::unique_ptr<client_metrics> of_client(int instance) = 0;

  virtual void written(const processor_id& processor, std::size_t records, std::chrono::duration<double> took) = 0;
  virtual void failed(const processor_id& processor) = 0;
  /// What failed is tried again.
  virtual void retried(const processor_id& processor) = 0;
  /// Its actor was replaced.
  virtual void processor_restarted(const processor_id& processor) = 0;
  /// Counts records that the sink rejected for the first time.
  virtual void rejected(const processor_id& processor, ec code, std::size_t records) = 0;
  /// Counts rejected records that are now in the dead-letter topic.
  virtual void dead_lettered(const processor_id& processor, std::size_t records) = 0;
  /// Counts rejected records that were skipped.
  virtual void skipped(const processor_id& processor, std::size_t records) = 0;
};

struct declared_metrics;

/// The series of this consumer and of the processors in its spec. `declared` outlives them.
std::shared_ptr<consumer_metrics> make_consumer_metrics(declared_metrics& declared, const consumer_spec& spec);

}  // namespace kfs
