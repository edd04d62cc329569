#pragma once

#include <string>
#include <utility>
#include <vector>

#include "actors/ownership.hpp"

namespace kfs {

/// All or nothing: who holds the store's session runs every consumer.
///
/// The supervisor says when the session begins and ends, as it learns that from the store's answers.
/// Ownership and threading: of the supervisor.
class store_session_ownership final : public ownership {
 public:
  explicit store_session_ownership(std::string replica) : replica_(std::move(replica)) {}

  void begin(clock::time_point at) {
    if (!session_) session_ = instance_tenure{.epoch = ++epochs_, .since = at, .until = std::nullopt};
  }
  void end() { session_.reset(); }

  [[nodiscard]] std::optional<instance_tenure> tenure(const consumer_id&, int) const override { return session_; }
  [[nodiscard]] std::optional<instance_owner> owner(const consumer_id&, int) const override {
    if (!session_) return std::nullopt;
    return instance_owner{.replica = replica_, .epoch = session_->epoch};
  }
  [[nodiscard]] std::vector<int> instances_held(const consumer_id&) const override { return {}; }
  [[nodiscard]] std::string why_nobody(const consumer_id&, int) const override { return {}; }
  [[nodiscard]] bool is_renewed(clock::time_point) const override { return true; }
  [[nodiscard]] clock::time_point seen_at() const override { return clock::time_point::max(); }
  void vacated(const consumer_id&, int, std::uint64_t) override {}
  void listen(listener) override {}  // only the supervisor changes it

 private:
  std::string replica_;
  std::optional<instance_tenure> session_;
  std::uint64_t epochs_ = 0;
};

}  // namespace kfs
