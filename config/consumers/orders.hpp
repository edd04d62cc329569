#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// Which partitions of a consumer read nothing.
struct paused_partitions {
  bool all = false;
  std::vector<partition_number> some = {};  ///< in ascending order, each once

  [[nodiscard]] bool holds(partition_number partition) const {
    return all || std::ranges::binary_search(some, partition);
  }
  [[nodiscard]] bool any() const noexcept { return all || !some.empty(); }
  bool operator==(const paused_partitions&) const = default;
};

/// What operators have told a consumer besides its configuration. It outlives restarts of the server, moves between
/// replicas and changes of the configuration, and makes no revision.
struct standing_orders {
  paused_partitions paused = {};
  std::int64_t restarts = 0;  ///< how often a restart was asked for
  bool operator==(const standing_orders&) const = default;
};

/// One order of an operator.
struct consumer_order {
  enum class kind : std::uint8_t {
    pause,    ///< reads nothing more, and stays in its group
    resume,   ///< reads again
    restart,  ///< with a new Kafka client and new processors
  };
  kind what = kind::pause;
  std::vector<partition_number> partitions = {};  ///< of pause and resume, in ascending order, each once; empty: all

  /// What stands once the order is given too. Resuming all partitions ends every pause.
  [[nodiscard]] standing_orders added_to(standing_orders before) const;
  bool operator==(const consumer_order&) const = default;
};

/// As the text that stores keep: the same for equal orders, and {} where there are none.
std::string to_stored_text(const standing_orders& orders);

/// Reads what to_stored_text() wrote. Members that it does not know are ignored.
/// Errors: json::exception for any other text.
standing_orders orders_from_stored_text(const std::string& text);

}  // namespace kfs
