#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "actors/answer.hpp"
#include "actors/consumer/core/ending_course.hpp"
#include "actors/consumer/settlement.hpp"

namespace kfs {

/// Ends a consumer in good order: its batches are settled, it leaves the group, its client closes, its processors
/// finish. Every step is bounded.
///
/// Ownership and threading: part of one consumer actor; the client, the assignment and the settlement outlive it. Time
/// is an argument.
class consumer_ending {
 public:
  using clock = std::chrono::steady_clock;

  /// What the end of a consumer learns from its other parts, and tells them.
  struct surroundings {
    /// A processor or the client does not try again, so waiting for batches in hand is in vain.
    std::function<bool()> hopeless;
    /// All that is waited for is in ERROR, and is tried again: each processor that has a batch, or Kafka when none has.
    std::function<bool()> failing;
    /// Called once, when the client has closed: the processors can finish.
    std::function<void()> closed;
  };

  consumer_ending(kafka_consumer& client, const assignment& assigned, consumer_settlement& settlement,
                  surroundings around)
      : client_(client), assigned_(assigned), settlement_(settlement), around_(std::move(around)) {}

  /// Begins to end, unless it has begun. The first reason counts; without one, somebody asked for the end.
  void begin(clock::duration bound, const std::optional<error>& reason, departure how, clock::time_point at);

  /// Takes the steps that can be taken now.
  void advance(clock::time_point at);

  void client_closed();

  /// Somebody asked for the end, and is answered by answer().
  void owe(owed_answer<done> answer) { owed_.push_back(std::move(answer)); }
  /// The end has come.
  void answer();

  [[nodiscard]] bool begun() const noexcept { return course_.begun(); }
  /// The client is leaving its group: nothing can be settled any more.
  [[nodiscard]] bool closing() const noexcept { return course_.closing(); }
  /// The client has closed: it is not used any more.
  [[nodiscard]] bool closed() const noexcept { return course_.closed(); }
  /// nullopt when somebody asked for the end.
  [[nodiscard]] const std::optional<error>& reason() const noexcept { return reason_; }

 private:
  void settle(clock::time_point at);
  void close_client(clock::time_point at);

  kafka_consumer& client_;
  const assignment& assigned_;
  consumer_settlement& settlement_;
  const surroundings around_;
  ending_course course_;
  std::optional<error> reason_;
  departure how_ = departure::leave;
  std::vector<owed_answer<done>> owed_;
};

}  // namespace kfs
