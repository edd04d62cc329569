#pragma once

#include <optional>

#include "actors/messages.hpp"

namespace kfs {

/// Keeps the time at which a fault began for as long as the same fault is observed.
///
/// Threading: none; time is an argument.
class lasting_fault {
 public:
  /// The time at which the fault with this code began: `at` unless it was the latest one observed.
  [[nodiscard]] timestamp began(ec code, timestamp at) const {
    return latest_ && latest_->code == code ? latest_->at : at;
  }

  /// This fault was observed, or none (nullopt).
  void observed(const std::optional<fault_report>& fault) { latest_ = fault; }

 private:
  std::optional<fault_report> latest_;
};

}  // namespace kfs
