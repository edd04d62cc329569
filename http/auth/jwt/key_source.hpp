#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "config/base/logger.hpp"
#include "config/settings/jwt_settings.hpp"
#include "http/auth/jwt/key_set.hpp"
#include "http/auth/jwt/refresh_schedule.hpp"

namespace kfs {

/// Keeps the keys of an identity provider, from JWT_JWKS, and reads them again: a URL every 10 minutes, a file every
/// second. The latest set that could be used stays while newer ones cannot be read or used.
///
/// Reading takes place in a thread of this object. The destructor ends it within half a second, and calls every
/// callback that waits.
///
/// Threading: safe from any thread, but for the destructor. Errors: in the log; one that repeats is logged once.
class key_source {
 public:
  static constexpr std::size_t most_waiting = 256;
  static constexpr std::chrono::seconds longest_wait{3};

  /// A set that came into use.
  struct numbered_keys {
    key_set keys;
    std::uint64_t number = 0;  ///< of the sets so far, from 1
  };

  key_source(const jwt_settings& from, logger log);
  ~key_source();
  key_source(const key_source&) = delete;
  key_source& operator=(const key_source&) = delete;

  /// The keys in use; nullptr when none could be read yet.
  [[nodiscard]] std::shared_ptr<const numbered_keys> current() const;

  enum class waiting : std::uint8_t {
    yes,      ///< the callback will be called
    not_now,  ///< the latest attempt was too recent
    crowded,  ///< too many wait already
  };

  /// Has `then` called once, from the thread of this object, when the attempt to read the keys that is under way or
  /// about to start has ended, or after 3 s. Starts an attempt unless one was asked for within the last 30 s.
  waiting after_refresh(std::function<void()> then);

 private:
  using clock = std::chrono::steady_clock;
  struct waiter {
    clock::time_point until;
    std::function<void()> then;
  };

  void run(const std::stop_token& ends);
  tl::expected<std::string, std::string> read(const std::stop_token& ends);
  bool take(const tl::expected<std::string, std::string>& text);
  bool report(const std::string& problem);
  std::vector<waiter> finish_attempt(bool used);
  std::vector<waiter> overdue_waiters();
  static void call(const std::vector<waiter>& waiters);

  const jwt_settings from_;
  const logger log_;
  const std::string shown_;     ///< JWT_JWKS for messages, without the query of a URL
  std::string used_text_;       ///< of the set in use
  std::string latest_problem_;  ///< empty after a success
  mutable std::mutex mutex_;    ///< guards what follows
  std::condition_variable_any changed_;
  refresh_schedule schedule_;
  bool reading_ = true;  ///< an attempt is under way or about to start
  std::vector<waiter> waiters_;
  std::shared_ptr<const numbered_keys> current_;
  std::jthread thread_;  ///< the last member, so that it ends first
};

}  // namespace kfs
