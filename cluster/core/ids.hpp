#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "config/base/ids.hpp"

namespace kfs {

/// Names a replica: the setting REPLICA_ID. The process that starts again under the same name is the same replica.
struct replica_id {
  std::string value;
  auto operator<=>(const replica_id&) const = default;
};

/// Identifies one start of a process: a random UUID. It tells two processes apart that have the same replica_id.
struct run_id {
  std::string value;
  auto operator<=>(const run_id&) const = default;
};

/// Counts the owners of a consumer instance. Each owner's epoch is greater than those of all owners before it.
struct epoch {
  std::uint64_t value = 0;
  auto operator<=>(const epoch&) const = default;
};

/// One member of a consumer's group. Instances of a consumer are numbered from 0.
struct instance_id {
  consumer_id consumer;
  int number = 0;
  auto operator<=>(const instance_id&) const = default;
};

}  // namespace kfs

template <>
struct std::hash<kfs::replica_id> {
  std::size_t operator()(const kfs::replica_id& id) const noexcept { return std::hash<std::string>{}(id.value); }
};

template <>
struct std::hash<kfs::instance_id> {
  std::size_t operator()(const kfs::instance_id& id) const noexcept {
    return std::hash<kfs::consumer_id>{}(id.consumer) * 31U + static_cast<std::size_t>(id.number);
  }
};
