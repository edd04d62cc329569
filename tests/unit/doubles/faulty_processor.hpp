#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "actors/consumer/spawn.hpp"

namespace kfs::test {

/// What a processor's actor does with what it is asked.
enum class processor_fault : std::uint8_t {
  none,
  swallows,  ///< never answers any more
  errs,      ///< answers with an error, which none ever should
  quits,     ///< ends without a reason
  dies,      ///< ends with a reason
  throws,    ///< an exception leaves its handler
  dawdles,   ///< answers late
};

/// Decides that for every processor that shares it; can change between two messages.
struct processor_faults {
  processor_fault now = processor_fault::none;
  processor_actor behind;                         ///< the latest one that a faulty one hands on to
  std::map<std::string, std::uint64_t> injected;  ///< by kind
};

/// How late.
inline constexpr std::chrono::milliseconds dawdling{1'500};

/// A processor as spawn_processor() starts it, behind an actor that hands everything on to it unless its faults say
/// otherwise. Both end together.
processor_actor spawn_faulty_processor(caf::actor_system& system, processor_environment environment,
                                       std::shared_ptr<processor_faults> faults);

}  // namespace kfs::test
