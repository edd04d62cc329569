#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <utility>

#include "actors/processor/core/rejection_ledger.hpp"
#include "actors/supervisor/entry.hpp"
#include "actors/supervisor/front.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// Gives ledgers what the store remembers of the destinations of their processors, while their consumers run already.
///
/// It asks for one consumer at a time, so that commands never wait behind the questions of all consumers.
///
/// Ownership and threading: of the supervisor.
/// Errors:    while the store does not answer, it is asked again every two seconds; any other error is logged.
class ledger_recall {
 public:
  using clock = std::chrono::steady_clock;

  ledger_recall(supervisor_front::pointer self, store_actor store, logger log)
      : self_(self), store_(std::move(store)), log_(std::move(log)) {}

  /// Gives the present ledger of the consumer what the store remembers of the wanted revision.
  void add(const consumer_entry& entry);
  /// Called regularly while the store answers.
  void ticked(clock::time_point at);

 private:
  struct question {
    consumer_id id;
    revision rev;
    std::weak_ptr<rejection_ledger> ledger;
  };

  void ask_next();
  void failed(const error& why);

  supervisor_front::pointer self_;
  store_actor store_;
  logger log_;
  std::deque<question> waiting_;  ///< the first one is under way while asking_
  bool asking_ = false;
  clock::time_point pause_until_;  ///< after a failure
};

}  // namespace kfs
