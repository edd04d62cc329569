#pragma once

#include <chrono>
#include <cstdlib>

namespace kfs::cluster_test {

/// How long something may take for which the README promises a time. KFS_QUIET_MACHINE asks for the promise itself;
/// without it, other programs may take the machine's time meanwhile, and three times as long is allowed.
inline std::chrono::milliseconds bound_of(std::chrono::milliseconds promised) {
  constexpr int on_a_busy_machine = 3;
  return std::getenv("KFS_QUIET_MACHINE") != nullptr ? promised : on_a_busy_machine * promised;
}

}  // namespace kfs::cluster_test
