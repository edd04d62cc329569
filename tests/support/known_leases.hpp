#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "processors/leases.hpp"

namespace kfs::test {

/// The leases of one process on all instances: the one that it has, and those of others that it knows to be over.
///
/// Threading: none.
class known_leases final : public lease_view {
 public:
  std::optional<write_lease> mine;
  std::set<std::uint64_t> ended;

  known_leases() = default;
  explicit known_leases(std::uint64_t epoch, std::set<std::uint64_t> over = {})
      : mine(write_lease{.epoch = epoch, .until = std::nullopt}), ended(std::move(over)) {}

  [[nodiscard]] std::optional<write_lease> held(const consumer_id&, int) const override { return mine; }
  [[nodiscard]] bool has_ended(const consumer_id&, int, std::uint64_t epoch) const override {
    return ended.contains(epoch);
  }
};

}  // namespace kfs::test
