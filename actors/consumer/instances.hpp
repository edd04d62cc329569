#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "actors/messages.hpp"

namespace kfs {

/// What the instances of one consumer observe, as one: the worst of them counts.
///
/// Threading: safe from any thread; `observe` is called by one at a time.
class joint_observation {
 public:
  joint_observation(std::size_t instances, std::function<void(observation_ptr)> observe);

  /// What instance number `instance` observes now.
  void observed(std::size_t instance, observation_ptr seen);

  /// That instance has ended by itself.
  void ended(std::size_t instance, const error& why);

 private:
  [[nodiscard]] observation joint() const;

  const std::function<void(observation_ptr)> observe_;
  std::mutex mutex_;
  std::vector<observation_ptr> seen_;  ///< by instance; null: nothing yet
};

}  // namespace kfs
