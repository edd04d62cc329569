#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/core/history/arrivals.hpp"
#include "actors/messages.hpp"

namespace kfs {

/// The last hour of one consumer, made of looks at it. Steps in which nobody looked are missing.
///
/// Memory: 32 bytes for each of at most `most_steps` steps, and log_arrivals of each partition.
/// Threading: none; time is an argument.
class consumer_history {
 public:
  static constexpr std::size_t most_steps = 360;

  /// How much it may remember.
  struct allowance {
    std::size_t partitions = 1'000;
    std::size_t steps = most_steps;
  };

  void look(const consumer_view& consumer, timestamp wall_clock, std::chrono::steady_clock::time_point at,
            const allowance& allowed);

  /// The steps that are over, oldest first.
  [[nodiscard]] history_steps steps(timestamp now) const;
  /// When the consumer was created that it is about.
  [[nodiscard]] timestamp created() const noexcept { return created_; }
  [[nodiscard]] std::size_t partitions() const noexcept { return followed_.size(); }

 private:
  /// A step that is over.
  struct kept_step {
    static constexpr std::int64_t unknown = std::numeric_limits<std::int64_t>::min();

    explicit kept_step(const history_step& step);
    [[nodiscard]] history_step unpacked() const;

    std::int64_t records;
    std::int64_t lag;
    float lag_seconds;  ///< below 0: unknown
    std::uint32_t errors;
    std::uint32_t number;  ///< steps since 1970
    consumer_status status;
  };
  struct followed_partition {
    std::optional<std::int64_t> done;
    log_arrivals arrivals;
  };
  void open_step(timestamp wall_clock, std::size_t steps_kept);
  void add_partitions(const consumer_view& consumer, std::chrono::steady_clock::time_point at,
                      std::size_t most_partitions);
  void add_fault(const std::optional<fault_report>& present);

  std::deque<kept_step> over_;
  std::optional<history_step> open_;
  bool is_whole_ = false;  ///< the records of the open step are known from its beginning
  std::map<partition_number, followed_partition> followed_;
  std::optional<fault_report> fault_;
  timestamp created_;
};

/// The histories of all consumers, with a bound of all together.
///
/// Ownership: belongs to one actor. Threading: none.
class consumer_histories {
 public:
  /// Steps of all consumers: an hour of a thousand of them. With more consumers each has fewer.
  static constexpr std::size_t most_steps = 360'000;
  static constexpr std::size_t most_partitions = 20'000;

  /// Looks at all consumers; what is none of them any more is forgotten.
  void look(const std::vector<consumer_view_ptr>& all, timestamp wall_clock, std::chrono::steady_clock::time_point at);

  /// The steps of a consumer that are over, oldest first; none when it was not seen, but perhaps an earlier one of its
  /// id.
  [[nodiscard]] history_steps of(const consumer_id& id, timestamp created, timestamp now) const;

 private:
  std::unordered_map<consumer_id, consumer_history> by_id_;
};

}  // namespace kfs
