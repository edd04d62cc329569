#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "config/base/error.hpp"
#include "processors/database/connection.hpp"

namespace kfs {

/// The process's connections to databases: never more than a limit to one place (servers and database), whatever the
/// number of processors that write there.
///
/// A user gets the connection that it had the last time, unless somebody else needed the room meanwhile.
///
/// Ownership: shared by sinks. Threading: safe from any thread.
class database_connections {
 public:
  using opener = std::function<result<std::unique_ptr<postgres_connection>>()>;
  using user = const void*;

  explicit database_connections(std::size_t most_per_place = 20,
                                std::chrono::milliseconds patience = std::chrono::seconds(10))
      : most_(most_per_place), patience_(patience) {}

  /// A connection on loan; it is given back with the loan, and closed instead where it is broken.
  class loan {
   public:
    loan(loan&& other) noexcept;
    loan& operator=(loan&&) = delete;
    ~loan();
    postgres_connection* operator->() const noexcept { return connection_.get(); }
    postgres_connection& operator*() const noexcept { return *connection_; }
    /// It is of no use to the next one.
    void discard() { connection_.reset(); }

   private:
    friend class database_connections;
    loan(database_connections& pool, std::string place, user whose) noexcept
        : pool_(&pool), place_(std::move(place)), whose_(whose) {}
    database_connections* pool_;
    std::string place_;
    user whose_;
    std::unique_ptr<postgres_connection> connection_;
  };

  /// A connection to `place` for one user, opened by `open` unless it has one. Waits a bounded time for room, and not
  /// longer than until the lifeline asks to stop: sink_unavailable.
  result<loan> borrow(const std::string& place, user whose, const opener& open, const lifeline& held_by);

  /// Closes what is kept for a user who does not come again.
  void forget(user whose);

 private:
  struct idle {
    user whose;
    std::unique_ptr<postgres_connection> connection;
  };
  struct room {
    std::size_t taken = 0;  ///< on loan and idle
    std::list<idle> idles;  ///< the one that was given back last is at the end
  };

  std::unique_ptr<postgres_connection> take_own(room& in, user whose);
  void give_back(const std::string& place, user whose, std::unique_ptr<postgres_connection> connection);

  const std::size_t most_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::map<std::string, room> rooms_;
};

}  // namespace kfs
