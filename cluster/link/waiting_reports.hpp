#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "actors/replication.hpp"

namespace kfs {

/// The reports that wait for one peer: the newest of each instance, while one message is under way.
///
/// Ownership: one for each link. Threading: none.
class waiting_reports {
 public:
  void add(const std::vector<instance_report>& reports) {
    for (const auto& report : reports)
      if (report.view) waiting_.insert_or_assign({report.consumer, report.instance}, report);
  }

  [[nodiscard]] bool may_send() const { return !sending_ && !waiting_.empty(); }

  /// A message with that number, which no other one has, begins; end() is told of the same number.
  void begin(std::uint64_t message) {
    sending_ = true;
    message_ = message;
  }
  /// At most so many that the message has a moderate size.
  std::vector<instance_report> take() {
    std::vector<instance_report> taken;
    while (!waiting_.empty() && taken.size() < most_at_once)
      taken.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
    return taken;
  }
  /// False when the message belonged to an earlier link.
  bool end(std::uint64_t message) {
    if (message != message_ || !sending_) return false;
    sending_ = false;
    return true;
  }

 private:
  static constexpr std::size_t most_at_once = 256;

  std::map<std::pair<consumer_id, int>, instance_report> waiting_;
  std::uint64_t message_ = 0;
  bool sending_ = false;
};

}  // namespace kfs
