#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace kfs {

/// Decides how far the orderly end of a consumer has come, and when it stops waiting.
///
/// Stages: settling (batches in hand are written and committed) → closing (the client leaves its group and closes) →
/// closed (the processors finish). Each has a deadline.
///
/// Threading: none; time is an argument.
class ending_course {
 public:
  using clock = std::chrono::steady_clock;
  /// How long an end waits for a group that is being joined. A static member that closes while it joins cannot leave,
  /// and would hold up the others of its group until its session ends. A client that is still joining then is handed to
  /// kafka_clients::see_off().
  static constexpr std::chrono::milliseconds joining_bound{5'000};
  /// How long an end waits for what fails already: a destination or Kafka that is back by then gets what is in hand.
  static constexpr std::chrono::milliseconds failing_bound{1'000};
  /// For leaving the group and closing, after the batches in hand have been settled.
  static constexpr std::chrono::milliseconds closing_bound{2'000};
  /// The same when the stop time-out is over already, because the stop time-out bounds the whole stop.
  static constexpr std::chrono::milliseconds overdue_closing_bound{500};

  /// What an end that is settling depends on.
  struct situation {
    bool may_leave = true;  ///< false while the group is being joined
    bool hopeless = false;  ///< the client or a processor does not try again
    bool failing = false;   ///< whatever is waited for is in ERROR and is tried again
    bool idle = true;       ///< no batch is in hand
    bool settled = true;    ///< no batch is in hand, and everything durable is committed
  };
  enum class step : std::uint8_t {
    wait,
    commit,            ///< what is durable, then wait
    commit_and_close,  ///< what is durable, then close the client
  };

  void begin(clock::duration bound, clock::time_point at);

  /// What to do next. Only while settling.
  [[nodiscard]] step next(const situation& now, clock::time_point at);

  /// The client begins to close.
  void close(clock::time_point at);

  /// The client has closed, or the end does not wait for it any longer.
  void client_closed() noexcept { stage_ = stage::closed; }

  [[nodiscard]] bool begun() const noexcept { return stage_ != stage::not_begun; }
  [[nodiscard]] bool settling() const noexcept { return stage_ == stage::settling; }
  [[nodiscard]] bool closing() const noexcept { return stage_ == stage::closing; }
  [[nodiscard]] bool closed() const noexcept { return stage_ == stage::closed; }
  [[nodiscard]] bool overdue(clock::time_point at) const { return at >= deadline_; }

 private:
  enum class stage : std::uint8_t { not_begun, settling, closing, closed };

  stage stage_ = stage::not_begun;
  clock::time_point deadline_;          ///< of the present stage
  clock::time_point joining_deadline_;  ///< until when it waits for the group
  std::optional<clock::time_point> failing_since_;
};

}  // namespace kfs
