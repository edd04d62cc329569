#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "actors/consumer/spawn.hpp"

namespace kfs::test {

/// What a faulty processor does with a message.
enum class processor_fault : std::uint8_t {
  none,      ///< hands it to the real processor
  swallows,  ///< does not answer this message or any later one
  errs,      ///< answers with an error, which a real processor never does
  quits,     ///< ends without a reason
  dies,      ///< ends with a reason
  throws,    ///< an exception leaves its handler
  dawdles,   ///< answers after `dawdling`
};

/// The fault of every processor that shares this object. A test may change it between two messages.
struct processor_faults {
  processor_fault now = processor_fault::none;
  processor_actor behind;                         ///< the latest real processor behind a faulty one
  std::map<std::string, std::uint64_t> injected;  ///< number of faults, by kind
};

/// The delay of a late answer.
inline constexpr std::chrono::milliseconds dawdling{1'500};

/// Starts a processor as spawn_processor() does, behind an actor that hands every message to it or injects a fault.
/// Both end together.
processor_actor spawn_faulty_processor(caf::actor_system& system, processor_environment environment,
                                       std::shared_ptr<processor_faults> faults);

}  // namespace kfs::test
