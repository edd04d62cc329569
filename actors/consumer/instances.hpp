#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "actors/messages.hpp"

namespace kfs {

/// Joins what the instances of one consumer observe into one observation: the worst instance counts.
///
/// Threading: safe from any thread; `observe` is called by one thread at a time.
class joint_observation {
 public:
  joint_observation(std::size_t instances, std::function<void(observation_ptr)> observe);

  /// Instance number `instance` observes `seen` now.
  void observed(std::size_t instance, observation_ptr seen);

  /// Instance number `instance` has ended by itself.
  void ended(std::size_t instance, const error& reason);

 private:
  [[nodiscard]] observation joint() const;

  const std::function<void(observation_ptr)> observe_;
  std::mutex mutex_;
  std::vector<observation_ptr> seen_;  ///< by instance; null before its first observation
};

}  // namespace kfs
