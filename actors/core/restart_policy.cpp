#include "actors/core/restart_policy.hpp"

#include <algorithm>

namespace kfs {

std::optional<std::chrono::milliseconds> restart_policy::failed(clock::time_point at) {
  if (healthy_since_ && at - *healthy_since_ >= forget_after) attempts_ = 0;
  healthy_since_.reset();
  if (!options_.enabled) return std::nullopt;
  if (options_.max_attempts && attempts_ >= *options_.max_attempts) return std::nullopt;
  const auto doublings = std::min<std::int64_t>(attempts_, 30);
  ++attempts_;
  const auto floor = options_.initial_backoff.count();
  const auto ceiling = std::clamp<std::int64_t>(floor << doublings, floor, options_.max_backoff.count());
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(floor, ceiling)(random_));
}

void restart_policy::healthy(clock::time_point at) {
  if (!healthy_since_) healthy_since_ = at;
  if (at - *healthy_since_ >= forget_after) attempts_ = 0;
}

void restart_policy::reset() {
  attempts_ = 0;
  healthy_since_.reset();
}

}  // namespace kfs
