#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "actors/consumer/core/assignment.hpp"
#include "actors/consumer/core/rate_limit.hpp"
#include "actors/consumer/core/starvation.hpp"
#include "actors/consumer/ending.hpp"
#include "actors/kafka/ports.hpp"

namespace kfs {

/// Reads batches of one Kafka client while the processors have room for them.
///
/// Ownership and threading: part of one consumer actor; what it refers to outlives it. Time is an argument.
class batch_reader {
 public:
  using clock = std::chrono::steady_clock;
  /// Batches that may be handed over and not be acknowledged: one being written, one ready behind it.
  static constexpr std::size_t batches_in_flight = 2;

  /// The same while a processor looks for a record that its destination accepts; together they hold about
  /// batch.max_messages records, or records_for_proof when that is more.
  static constexpr std::size_t batches_for_proof = 64;
  static constexpr std::int64_t records_for_proof = 1'024;

  batch_reader(kafka_consumer& client, const assignment& assigned, const consumer_settlement& settlement,
               const consumer_ending& ending, const consumer_options& options)
      : client_(client),
        assigned_(assigned),
        settlement_(settlement),
        ending_(ending),
        options_(options.batch),
        rate_(options.limits, options.instances) {}

  /// Whether a processor needs more records to tell a bad record from a bad destination.
  void need_more(bool needed) noexcept { needs_more_ = needed; }

  /// Whether the next batch would be small and has to wait for more records, as the options say.
  [[nodiscard]] bool waits_to_fill() const;
  /// Begins that wait. Returns false when it has begun already. The caller calls filled() after batch.max_wait.
  [[nodiscard]] bool begin_to_fill() noexcept { return !std::exchange(filling_, true); }
  void filled() noexcept { filling_ = false; }

  /// Takes what Kafka has. Returns nullopt when there is no room for records, the rate is reached, or the client has
  /// closed.
  [[nodiscard]] std::optional<poll_outcome> poll(clock::time_point at);

  /// Reads these partitions from now on, unless they are paused.
  void begin(const std::vector<partition_start>& starts);

  /// An operator has these partitions paused from now on, and no others.
  void order(paused_partitions paused);
  [[nodiscard]] const paused_partitions& ordered() const noexcept { return ordered_; }

  /// A batch was acknowledged, or partitions were given back. Returns whether records may be read.
  bool make_room(clock::time_point at);
  /// How long the rate keeps it from reading, when nobody has been told yet: the caller polls then. At most a second.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> begin_to_wait_for_rate(clock::time_point at);
  /// Pauses partitions that have waited too long for room, so that the client can be polled for its events.
  void pause_if_starved(clock::time_point at);

  /// All partitions are paused until there is room.
  [[nodiscard]] bool waiting() const noexcept { return starvation_.paused(); }
  [[nodiscard]] bool starved() const noexcept { return starvation_.starved(); }
  /// The client had no more records at the latest poll.
  [[nodiscard]] bool drained() const noexcept { return drained_; }
  /// Everything that Kafka has is taken, but of partitions that an operator has paused.
  [[nodiscard]] bool takes_everything() const;

 private:
  [[nodiscard]] bool has_room() const {
    const auto batches = assigned_.batches_in_hand();
    if (batches < batches_in_flight) return true;
    return needs_more_ && batches < batches_for_proof &&
           static_cast<std::int64_t>(assigned_.records_in_hand()) <
               std::max<std::int64_t>(options_.max_messages, records_for_proof);
  }

  [[nodiscard]] bool may_read(clock::time_point at) {
    const bool open = rate_.open(at);
    return has_room() && open;
  }

  void pause_in_client() { client_.pause(waiting() ? paused_partitions{.all = true} : ordered_); }

  kafka_consumer& client_;
  const assignment& assigned_;
  const consumer_settlement& settlement_;
  const consumer_ending& ending_;
  const batch_options& options_;
  rate_limit rate_;
  std::optional<clock::time_point> rate_wait_ends_;  ///< when the caller polls, which waits for the rate
  starvation starvation_;
  paused_partitions ordered_;
  bool needs_more_ = false;
  bool drained_ = false;
  bool filling_ = false;  ///< a wait for more records is under way
};

}  // namespace kfs
