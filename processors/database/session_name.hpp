#pragma once

#include <cstdint>
#include <string>

#include "config/base/ids.hpp"

namespace kfs {

/// Names the sessions of one instance of a consumer, so that its next owner finds those of earlier ones:
/// `kfs:<consumer>:<instance>:<epoch>`, the epoch as 16 hexadecimal digits. Names of one instance are of the same
/// length, and sort like their epochs. PostgreSQL keeps 63 bytes of `application_name`; a name never has more, because
/// an id that is longer than a UUID, or that PostgreSQL would change, is replaced by a hash.
struct session_name {
  std::string instance;  ///< all up to the epoch; the same for all owners of the instance
  std::string epoch;

  session_name(const consumer_id& consumer, int number, std::uint64_t epoch_value);

  [[nodiscard]] std::string text() const { return instance + epoch; }
};

/// A statement that ends the sessions in which earlier owners of this instance write to this database, under the same
/// role, which always may do that. Their transactions are rolled back.
std::string end_earlier_sessions(const session_name& ours);

}  // namespace kfs
