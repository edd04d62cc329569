#pragma once

#include <functional>
#include <optional>

#include "actors/processor/batch_delivery.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {

/// Has the dead letters of a batch produced. A record whose dead letter was produced is left out of its batch, counted
/// and logged; one whose dead letter failed stays in batch_delivery::letters.
///
/// Ownership and threading: part of one processor actor; the environment outlives it.
class dead_letter_post {
 public:
  /// The dead letters of one batch that are on their way at once.
  static constexpr std::size_t letters_at_once = 1'000;

  /// Receives the error with which something failed, and nullopt when it succeeded.
  using outcome_function = std::function<void(const std::optional<error>&)>;
  /// Produces one record and calls the function once.
  using produce_function = std::function<void(outgoing_record_ptr, outcome_function)>;

  dead_letter_post(const processor_environment& environment, produce_function produce)
      : environment_(environment), produce_(std::move(produce)) {}

  /// Produces the first dead letters of a batch, which has at least one, and calls `finished` when each has its
  /// answer: with the first error, or nullopt when all were produced.
  void post(const batch_delivery_ptr& delivery, outcome_function finished);

 private:
  void settle(batch_delivery& delivery, const record_places& produced) const;

  const processor_environment& environment_;
  const produce_function produce_;
};

}  // namespace kfs
