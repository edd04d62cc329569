#pragma once

#include <cstdint>
#include <memory>

#include "config/consumers/spec.hpp"

namespace kfs {

/// A consumer as it is wanted, and the number of the change that made it so.
struct wanted_consumer {
  consumer_spec spec;
  std::uint64_t change = 0;  ///< 0 where the store does not count changes
};
using wanted_consumer_ptr = std::shared_ptr<const wanted_consumer>;

}  // namespace kfs
