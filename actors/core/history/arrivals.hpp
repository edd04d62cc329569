#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kfs {

/// When the log of one partition grew, for about an hour: enough to tell how old its oldest waiting record is, without
/// reading it.
///
/// The distance of samples grows with their age, so there are about thirty of them, and an age is right to a quarter of
/// itself, or to the distance of two observations.
///
/// Threading: none; time is an argument.
class log_arrivals {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::minutes longest{70};

  /// The log ended at that offset at that moment. An end that goes back begins anew: the topic was made again.
  void add(clock::time_point at, std::int64_t log_end);

  /// How long the record at `done`, the oldest that is not processed, has waited; 0 when the log ends there. nullopt
  /// when it was there before the first sample.
  [[nodiscard]] std::optional<std::chrono::duration<double>> age_of(std::int64_t done, clock::time_point now) const;

  [[nodiscard]] std::size_t samples() const noexcept { return samples_.size(); }

 private:
  struct sample {
    clock::time_point at;
    std::int64_t log_end = 0;
  };
  void thin_out(clock::time_point now);

  std::vector<sample> samples_;  ///< oldest first
};

}  // namespace kfs
