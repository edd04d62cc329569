#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "actors/consumer/core/assignment.hpp"
#include "actors/consumer/core/revocation.hpp"
#include "actors/kafka/ports.hpp"

namespace kfs {

/// Commits what is durable, and gives partitions back to the group once their batches are settled or time is up.
///
/// Ownership and threading: part of one consumer actor; the client and the assignment outlive it. Time is an argument.
class consumer_settlement {
 public:
  using clock = std::chrono::steady_clock;
  /// What is durable is committed at every tick, and earlier once it is so many records.
  static constexpr std::size_t commit_after_records = 100'000;

  /// `bound`: how long the group waits for partitions that it asks back. `given_back` is called for each partition that
  /// is not owned any more.
  consumer_settlement(kafka_consumer& client, assignment& assigned, clock::duration bound,
                      std::function<void(partition_number)> given_back)
      : client_(client), assigned_(assigned), bound_(bound), given_back_(std::move(given_back)) {}

  /// So many more records are durable.
  void durable(std::size_t records);
  /// Begins to commit everything that is durable.
  void commit();

  /// The group asks for partitions. None of their records comes any more.
  void asked_back(const std::vector<partition_number>& partitions, clock::time_point at);
  [[nodiscard]] bool asked_back() const noexcept { return revocation_.under_way(); }

  /// Gives back what was asked for, if it is settled or time is up. Returns whether it did.
  bool settle(clock::time_point at);
  /// Gives back what was asked for, settled or not.
  void give_up();
  /// Gives these partitions back at once.
  void give_back(const std::vector<partition_number>& partitions);

 private:
  kafka_consumer& client_;
  assignment& assigned_;
  const clock::duration bound_;
  const std::function<void(partition_number)> given_back_;
  revocation revocation_;
  std::size_t uncommitted_records_ = 0;  ///< durable since the last commit began
};

}  // namespace kfs
