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
  closed,     ///< all requests are sent; several faults in a row, or an answer that asks for a pause, open it
  half_open,  ///< one request is sent, the probe: its answer closes the breaker, its fault opens it again
  open,       ///< no request is sent until the pause is over; the first one after it is the probe
};

/// A breaker as users see it.
struct breaker_condition {
  std::string endpoint;  ///< "scheme://host:port"
  breaker_state state = breaker_state::closed;
  bool operator==(const breaker_condition&) const = default;
};

/// Keeps requests away from an endpoint that is down: only one request now and then probes it.
///
/// Time is an argument. Threading: safe from any thread; `changed` is called while the breaker is locked.
class circuit_breaker {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr int faults_to_open = 5;  ///< in a row
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
  void answered(permit held);
  /// The endpoint has failed. `pause` is the time that it asks to wait; 0 when it does not say.
  void faulted(permit held, clock::time_point now, std::chrono::milliseconds pause);
  /// The request was given up, so nothing is known of the endpoint.
  void abandoned(permit held, clock::time_point now);

  [[nodiscard]] breaker_state state() const;
  /// The time until another request may be admitted; 0 unless the breaker is open.
  [[nodiscard]] std::chrono::milliseconds remaining(clock::time_point now) const;

 private:
  void become(breaker_state next);
  void open(clock::time_point now, std::chrono::milliseconds asked);

  mutable std::mutex mutex_;
  const std::function<void(breaker_state)> changed_;
  breaker_state state_ = breaker_state::closed;
  int faults_ = 0;  ///< in a row
  std::chrono::milliseconds pause_{0};
  clock::time_point until_;  ///< end of the pause
};

}  // namespace kfs
