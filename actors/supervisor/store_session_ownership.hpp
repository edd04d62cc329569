#pragma once

#include "actors/ownership.hpp"

namespace kfs {

/// All or nothing: who holds the store's session runs every consumer.
///
/// The supervisor says when the session begins and ends, as it learns that from the store's answers.
/// Ownership and threading: of the supervisor.
class store_session_ownership final : public ownership {
 public:
  void begin(clock::time_point at) {
    if (!session_) session_ = instance_tenure{.epoch = ++epochs_, .since = at, .until = std::nullopt};
  }
  void end() { session_.reset(); }

  [[nodiscard]] std::optional<instance_tenure> tenure(const consumer_id&, int) const override { return session_; }
  void listen(listener) override {}  // only the supervisor changes it

 private:
  std::optional<instance_tenure> session_;
  std::uint64_t epochs_ = 0;
};

}  // namespace kfs
