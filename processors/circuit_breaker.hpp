#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace kfs {

/// Whether requests are sent to an endpoint.
enum class breaker_state : std::uint8_t {
  closed,     ///< all requests are sent; when nearly all of them fail, it opens
  half_open,  ///< one request is sent, the probe: its answer closes the breaker, its fault opens it again
  open,       ///< no request is sent until the pause is over; the first one after it is the probe
};

/// A breaker as users see it.
struct breaker_condition {
  std::string endpoint;  ///< "scheme://host:port"
  breaker_state state = breaker_state::closed;
  bool operator==(const breaker_condition&) const = default;
};

/// Keeps requests away from an endpoint that is down: only one request now and then probes it. An endpoint that fails
/// now and then is not down: single faults do not open the breaker.
///
/// Time is an argument. Threading: safe from any thread; `changed` is called while the breaker is locked.
class circuit_breaker {
 public:
  using clock = std::chrono::steady_clock;

  /// So many faults in a row open it.
  static constexpr int longest_run = 20;
  /// A few faults in a row open it too, when they last this long. A fault with a Retry-After opens it at once when
  /// there has been no answer for this long.
  static constexpr int shortest_run = 5;
  static constexpr std::chrono::milliseconds patience{3'000};
  /// Nine in ten faults open it, among so many requests at least, in a recent time of one to two windows.
  static constexpr int fewest_counted = 50;
  static constexpr std::chrono::milliseconds window{5'000};

  /// The pause doubles with each probe that fails, from the first to the longest.
  static constexpr std::chrono::milliseconds first_pause{1'000};
  static constexpr std::chrono::milliseconds longest_pause{15'000};
  /// The longest pause that an endpoint can ask for.
  static constexpr std::chrono::hours longest_asked_pause{1};

  /// The right to send one request. Exactly one of answered(), faulted() and abandoned() follows it.
  struct permit {
    bool probe = false;
  };

  explicit circuit_breaker(std::function<void(breaker_state)> changed) : changed_(std::move(changed)) {}

  /// The permit to send one request; nullopt when no request may be sent now.
  std::optional<permit> admit(clock::time_point now);

  /// The endpoint has answered, even if it has rejected the request.
  void answered(permit held, clock::time_point now);
  /// The endpoint has failed. `asked` is the pause that it asks for; 0 when it asks for none.
  void faulted(permit held, clock::time_point now, std::chrono::milliseconds asked);
  /// The request was given up, so nothing is known of the endpoint.
  void abandoned(permit held, clock::time_point now);

  [[nodiscard]] breaker_state state() const;
  /// The time until another request may be admitted; 0 unless the breaker is open.
  [[nodiscard]] std::chrono::milliseconds remaining(clock::time_point now) const;

 private:
  struct tally {
    int requests = 0;
    int faults = 0;
  };

  void count(clock::time_point now, bool fault);
  [[nodiscard]] bool is_down(clock::time_point now) const;
  void become(breaker_state next);
  void open(clock::time_point now);

  mutable std::mutex mutex_;
  const std::function<void(breaker_state)> changed_;
  breaker_state state_ = breaker_state::closed;
  int run_ = 0;                                     ///< faults in a row
  clock::time_point run_began_;                     ///< when the first fault of the run came
  std::optional<clock::time_point> last_answered_;  ///< when the latest answer came
  clock::time_point asked_until_;                   ///< the latest end of the pauses that the run asked for
  tally earlier_;                                   ///< of the window before the current one
  tally current_;
  clock::time_point window_began_;
  std::chrono::milliseconds pause_{0};
  clock::time_point until_;  ///< end of the pause
};

}  // namespace kfs
