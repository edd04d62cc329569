#pragma once

#include <chrono>
#include <string>

namespace kfs {

/// Who asks. Nobody is identified yet, so that everybody is "anonymous".
struct principal {
  std::string name = "anonymous";
  bool operator==(const principal&) const = default;
};

/// What accompanies a command on its way: which request it belongs to, how long its answer is of use, and who asks.
struct command_context {
  using clock = std::chrono::steady_clock;

  std::string request_id;
  clock::time_point deadline = clock::time_point::max();  ///< a command that is not begun by then is not carried out
  principal who;

  [[nodiscard]] bool expired(clock::time_point at) const noexcept { return deadline <= at; }
  bool operator==(const command_context&) const = default;
};

}  // namespace kfs
