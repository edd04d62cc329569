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

/// The connections of the process to databases. One place (servers and database) never has more than a limit, however
/// many processors write there.
///
/// A user gets the connection that it had before, unless another user needed it meanwhile.
///
/// Ownership: shared by sinks. Threading: safe from any thread.
class database_connections {
 public:
  using opener = std::function<result<std::unique_ptr<postgres_connection>>()>;
  using user = const void*;

  explicit database_connections(std::size_t most_per_place = 20,
                                std::chrono::milliseconds patience = std::chrono::seconds(10))
      : most_(most_per_place), patience_(patience) {}

  /// A connection on loan. The end of the loan gives it back, or closes it when it is broken.
  class loan {
   public:
    loan(loan&& other) noexcept;
    loan& operator=(loan&&) = delete;
    ~loan();
    postgres_connection* operator->() const noexcept { return connection_.get(); }
    postgres_connection& operator*() const noexcept { return *connection_; }
    /// Closes the connection instead of giving it back.
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

  /// A connection to `place` for one user; `open` makes it unless the user has one. Waits a bounded time while the
  /// limit is reached, and not after the lifeline asks to stop: sink_unavailable.
  result<loan> borrow(const std::string& place, user whose, const opener& open, const lifeline& held_by);

  /// Closes what is kept for a user that will not borrow again.
  void forget(user whose);

 private:
  struct idle {
    user whose;
    std::unique_ptr<postgres_connection> connection;
  };
  struct room {
    std::size_t taken = 0;  ///< connections on loan and idle
    std::list<idle> idles;  ///< the most recently used one is at the end
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
