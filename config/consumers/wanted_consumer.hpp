#pragma once

#include <cstdint>
#include <memory>

#include "config/base/ids.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// A consumer as it is wanted, and the number of the change that made it so.
struct wanted_consumer {
  consumer_spec spec;
  std::uint64_t change = 0;  ///< 0 where the store does not count changes
};
using wanted_consumer_ptr = std::shared_ptr<const wanted_consumer>;

/// What the store held of one consumer after a change of any consumer: two answers may arrive in another order than
/// they were true in.
struct stored_consumer {
  wanted_consumer_ptr wanted;  ///< nullptr: it did not exist
  change_number as_of;         ///< the last change that was stored then; 0 where the store does not count changes
};

}  // namespace kfs
