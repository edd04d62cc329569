#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/consumer/batch_reader.hpp"
#include "actors/consumer/core/consumption_watch.hpp"
#include "actors/consumer/core/lasting_fault.hpp"
#include "actors/consumer/processors.hpp"
#include "actors/consumer/start.hpp"

namespace kfs {

/// Tells what one consumer observes, and what happens to its partitions.
///
/// Ownership and threading: part of one consumer actor; what it refers to outlives it.
class consumer_reporter {
 public:
  /// What is reported of.
  struct sources {
    const kafka_consumer& client;
    const assignment& assigned;
    const consumer_processors& processors;
    const consumer_start& start;
    const consumption_watch& watch;
    const batch_reader& reader;
  };

  consumer_reporter(const consumer_environment& environment, const sources& from)
      : environment_(environment), from_(from) {}

  /// Sends an observation if it differs from the last one, and measures lag.
  void observe(std::chrono::steady_clock::time_point at);
  /// The next observation is sent whatever it is.
  void forget_last() { last_.reset(); }

  // Events
  void partitions_assigned(const std::vector<partition_number>& partitions) const;
  void partitions_revoked(const std::vector<partition_number>& partitions) const;
  void partitions_lost(const std::vector<partition_number>& partitions) const;
  void log_restarted(const struct log_restarted& event) const;
  void batches_given_up(std::size_t records) const;

  // Lines of the log
  /// A failure is logged when it is the first since a success, or of another kind: until commits succeed again, one
  /// follows the other at once.
  void commit_finished(const std::optional<error>& failed);
  void client_faulted(const error& reason) const;
  void log_ends_not_told(const error& reason) const;

 private:
  [[nodiscard]] observation look(std::chrono::steady_clock::time_point at) const;
  [[nodiscard]] member_report member() const;
  [[nodiscard]] std::vector<partition_report> partitions() const;
  [[nodiscard]] std::optional<fault_report> kafka_fault(std::chrono::steady_clock::time_point at) const;
  void tell(event_kind kind, std::string message) const;

  const consumer_environment& environment_;
  const sources from_;
  std::optional<observation> last_;
  lasting_fault kafka_fault_;
  std::optional<ec> commit_failure_;  ///< that was logged, since a commit has succeeded
};

}  // namespace kfs
