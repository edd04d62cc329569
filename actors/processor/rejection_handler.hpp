#pragma once

#include <optional>

#include "actors/processor/batch_delivery.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {

/// Handles the records that a sink rejects, as options.on_error says.
///
/// Ownership and threading: part of one processor actor; the environment outlives it.
class rejection_handler {
 public:
  explicit rejection_handler(const processor_environment& environment) : environment_(environment) {}

  /// Counts one more attempt for each rejected record. Records with attempts left set delivery.retry_reason, future
  /// dead letters are added to delivery.letters, skipped records are left out. Records that were tried past are handled
  /// at once, whatever their attempts.
  ///
  /// Unless `proven`, the destination may be at fault, and no record is given up; delivery.tries_all is set when
  /// records behind are to be tried too.
  ///
  /// Returns the error with which the consumer stops, and nullopt when the delivery goes on.
  /// Errors: internal when the sink rejects a record that it was not offered.
  result<std::optional<error>> handle(batch_delivery& delivery, const rejections& records, bool proven,
                                      timestamp at) const;

 private:
  void count(const rejections& records, const std::vector<rejection_history>& histories) const;
  void wait_for_proof(batch_delivery& delivery, const rejections& records,
                      const std::vector<rejection_history>& histories) const;
  void skip(batch_delivery& delivery, const record_places& skipped) const;

  const processor_environment& environment_;
};

/// Logs which records were handled in another way than by the sink. The line holds no key, no value and no reason,
/// because a reason may quote the value.
void log_records(const processor_environment& environment, std::string_view message, const record_places& records);

}  // namespace kfs
