#pragma once

#include <memory>

#include "config/schema/option_schema.hpp"

namespace kfs {

/// The number of a partition, as an element of a list.
inline std::shared_ptr<const option> partition_option() {
  constexpr std::int64_t highest = 100'000;
  static const auto partition = std::make_shared<const option>(
      option{.name = "partition", .kind = value_kind::integer, .minimum = 0, .maximum = highest});
  return partition;
}

}  // namespace kfs
