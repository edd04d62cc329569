#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "cluster/news/news.hpp"
#include "cluster/news/news_connection.hpp"
#include "config/base/logger.hpp"
#include "config/store/sealing.hpp"

namespace kfs {

/// Reads from the store what has changed since it read last: what is wanted, and what replicas report. Tells whether
/// there are new events.
///
/// A number in the store that is lower than the known one is that of a database that was restored: everything is read
/// again. A report or a consumer that cannot be read is logged and skipped.
///
/// Threading: one thread. Errors: those of the connection, and a missing row of counters.
class news_reader {
 public:
  /// What moved; nullptr for what did not.
  struct news {
    wanted_changes_ptr wanted;
    instance_reports observed;
    std::uint64_t newest_event = 0;  ///< the greatest number of an event; 0 when there is none
  };

  /// `sealing` opens the secrets of what is wanted.
  news_reader(logger log, spec_sealing_ptr sealing) : log_(std::move(log)), sealing_(std::move(sealing)) {}

  news_connection::outcome<news> read(news_connection& connection);

  /// Everything that is wanted is read again.
  void forget_wanted() { known_change_ = 0; }
  /// Every report is read again.
  void forget_reports() { known_report_ = 0; }

 private:
  template <class T>
  using outcome = news_connection::outcome<T>;

  outcome<news> read_what_moved(news_connection& connection);
  static outcome<news_rows> count(news_connection& connection, const std::string& begin);
  [[nodiscard]] outcome<wanted_changes_ptr> read_wanted(news_connection& connection, std::uint64_t known,
                                                        std::uint64_t up_to) const;
  void add_wanted(wanted_changes& changes, const news_rows& rows, int row) const;
  outcome<instance_reports> read_reports(news_connection& connection, std::uint64_t known);
  void log_unreadable(const consumer_id& consumer, const std::string& instance, const error& why);

  logger log_;
  spec_sealing_ptr sealing_;
  std::uint64_t known_change_ = 0;  ///< what was read; 0: nothing
  std::uint64_t known_report_ = 0;
  std::set<std::string> unreadable_;  ///< the problems of reports that were logged
};

}  // namespace kfs
