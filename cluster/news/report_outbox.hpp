#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "cluster/news/news.hpp"

namespace kfs {

/// Reports by consumer and instance.
using report_map = std::map<std::pair<consumer_id, int>, instance_report>;

/// The reports of this replica that wait to be sent, and the last ones that were sent.
///
/// A report replaces one of the same instance that waits, unless its epoch is lower.
///
/// Threading: any thread; take(), and what follows it, by one thread.
class report_outbox {
 public:
  void add(std::vector<instance_report> reports);

  [[nodiscard]] bool has_waiting() const;
  /// Whether one of those that wait tells something new.
  [[nodiscard]] bool has_news() const;
  /// Whether reports wait and may be sent: at their time, or at once while they are flushed.
  [[nodiscard]] bool may_send(bool is_time) const;

  /// Takes at most `most` reports. sent() or unsent() follows.
  report_map take(std::size_t most);
  /// The reports are in the store.
  void sent(report_map reports);
  /// The reports are not in the store, and wait again.
  void unsent(report_map reports);
  /// Some of the reports that were taken wait again, while the others are being sent.
  void put_back(report_map reports);

  /// What was sent last waits again, because the store may have lost it.
  void send_again();
  /// Forgets what was sent of consumers that do not exist.
  void forget_deleted(const std::vector<consumer_id>& existing);
  /// Forgets what was sent where a report of a higher epoch exists.
  void forget_older(const std::vector<instance_report>& observed);

  void begin_flush();
  /// Waits until everything is sent, or until the time is over.
  void end_flush(std::chrono::milliseconds within);

 private:
  void wait_again(report_map reports);

  mutable std::mutex mutex_;
  std::condition_variable changed_;  ///< reports have been sent, or not
  report_map waiting_;
  report_map sent_;
  bool sending_ = false;  ///< reports are taken
  int flushing_ = 0;
};

}  // namespace kfs
