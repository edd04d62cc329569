#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "config/base/ids.hpp"

namespace kfs {

/// The partitions that the group asks back, and until when it waits for them.
///
/// A request that comes while an earlier one is under way joins it, with the earlier deadline.
///
/// Threading: none; time is an argument.
class revocation {
 public:
  using clock = std::chrono::steady_clock;

  /// `bound`: how long a new request may take.
  void asked_back(const std::vector<partition_number>& partitions, clock::time_point at, clock::duration bound) {
    if (!request_) request_ = request{{}, at + bound};
    request_->partitions.insert(request_->partitions.end(), partitions.begin(), partitions.end());
  }

  /// This partition is not owned any more. The request stays under way until take().
  void forget(partition_number partition) {
    if (request_) std::erase(request_->partitions, partition);
  }

  [[nodiscard]] bool under_way() const noexcept { return request_.has_value(); }
  /// Only while a request is under way.
  [[nodiscard]] const std::vector<partition_number>& partitions() const { return request_->partitions; }
  [[nodiscard]] bool overdue(clock::time_point at) const { return request_ && at >= request_->deadline; }

  /// Ends the request. Returns the partitions to give back.
  std::vector<partition_number> take() { return std::exchange(request_, std::nullopt)->partitions; }

 private:
  struct request {
    std::vector<partition_number> partitions;
    clock::time_point deadline;
  };

  std::optional<request> request_;  ///< nullopt when the group asks for nothing
};

}  // namespace kfs
