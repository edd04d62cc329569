#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace kfs {

/// How many rows are written in one transaction: as many as a batch has, and fewer for a while after a statement took
/// too long.
///
/// Threading: none.
class write_size {
 public:
  /// At least 1.
  [[nodiscard]] std::size_t most() const noexcept { return most_; }

  /// This many rows took too long.
  void too_slow(std::size_t rows) noexcept { most_ = std::max<std::size_t>(rows / 2, 1); }

  /// This many rows were written. The size grows by an eighth once it was used up.
  void fitted(std::size_t rows) noexcept {
    if (most_ == unlimited || rows < most_) return;
    most_ = most_ < largest_limit ? most_ + most_ / 8 + 1 : unlimited;
  }

 private:
  static constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t largest_limit = 1'000'000;  ///< batches have fewer rows
  std::size_t most_ = unlimited;
};

}  // namespace kfs
