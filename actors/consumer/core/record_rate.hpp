#pragma once

#include <chrono>
#include <cstdint>

namespace kfs {

/// Counts records, and how many come in a second.
///
/// Threading: none; time is an argument.
class record_rate {
 public:
  using clock = std::chrono::steady_clock;

  explicit record_rate(clock::time_point at) : measured_(at) {}

  void add(std::int64_t records) noexcept { total_ += records; }

  /// Measures anew, if the last measurement is a second old.
  void measure(clock::time_point at) {
    const auto since = std::chrono::floor<std::chrono::milliseconds>(at - measured_);
    if (since < std::chrono::seconds(1)) return;
    per_second_ = (total_ - total_measured_) * 1'000 / since.count();
    total_measured_ = total_;
    measured_ = at;
  }

  [[nodiscard]] std::int64_t total() const noexcept { return total_; }
  [[nodiscard]] std::int64_t per_second() const noexcept { return per_second_; }

 private:
  std::int64_t total_ = 0;
  std::int64_t total_measured_ = 0;
  std::int64_t per_second_ = 0;
  clock::time_point measured_;
};

}  // namespace kfs
