#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "actors/kafka/rdkafka_admin_client.hpp"

namespace kfs {

/// Where to look for a record.
struct record_search {
  std::string topic;
  partition_number partition = 0;
  offset from;
};

/// The first record that can be read there.
struct record_finding {
  std::optional<timestamp> time;  ///< nullopt when it was not found, or has no time
  bool none = false;              ///< from there to the end of what can be read there is no record
};

/// Reads the first record at or after each of these places, on a client that was started for reading, and returns what
/// was found by the deadline, in the given order. Blocks. Calling it twice on one client is not allowed.
///
/// Errors: none; what cannot be read is not found.
std::vector<record_finding> first_records(admin_client& client, const std::vector<record_search>& searches,
                                          std::chrono::steady_clock::time_point until);

}  // namespace kfs
