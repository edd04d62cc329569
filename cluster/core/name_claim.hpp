#pragma once

#include <optional>

#include "cluster/core/failure_detector.hpp"
#include "cluster/core/membership.hpp"

namespace kfs {

/// Whether a process that starts may be the replica of its name: decides from looks at the row of that name, before the
/// process writes to it.
///
/// The row of a process that was killed may still change once, when its last heartbeat reaches the store late. Two
/// changes show a process that lives.
///
/// Ownership: one for each start. Threading: none; time is an argument.
class name_claim {
 public:
  explicit name_claim(const lease_times& times) : times_(times), signs_(times) {}

  enum class answer {
    wait,   ///< look again
    free,   ///< write a row with the new run; the statement must compare run and heartbeats with the last look
    taken,  ///< another process with this name lives: end with exit code 2
  };

  /// Takes in a look at the row; nullopt when there is none. A write that found another row counts as nothing: look
  /// again.
  answer saw(const look& present, const std::optional<replica_row>& row);

 private:
  struct sign {
    run_id run;
    std::uint64_t heartbeats = 0;
    bool operator==(const sign&) const = default;
  };

  lease_times times_;
  failure_detector<replica_id, sign> signs_;
  std::optional<look::clock::time_point> begun_;
  std::optional<sign> last_;
  int changes_ = 0;
};

}  // namespace kfs
