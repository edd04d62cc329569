#pragma once

#include <memory>
#include <string>

#include "config/error.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// Writes records to one destination. Knows nothing of actors: the processor actor around it retries, measures,
/// classifies faults and reports health.
///
/// Every sink MUST
///  - write a batch whole or leave nothing of it behind that a retry of the same batch would double;
///  - return from write() only when every record of the batch is durable as its options promise;
///  - return an error instead of throwing, with the fault class that its code stands for (config/error.hpp);
///  - bound every wait.
/// Every sink SHOULD name the destination and what to do in its error messages. It MUST NOT put a secret into them.
///
/// Ownership: of one processor actor.
/// Threading: one call at a time, not always from the same thread.
class sink {
 public:
  virtual ~sink() = default;

  /// Makes the destination ready. Called before the first write and again after a failed open.
  virtual result<void> open() = 0;

  /// Writes one batch. After an error the same batch is offered again.
  virtual result<void> write(const batch& records) = 0;

  /// Flushes and lets go of the destination. Called once, when no write is under way; also after a failed open.
  virtual result<void> close() = 0;
};

using sink_ptr = std::unique_ptr<sink>;

}  // namespace kfs
