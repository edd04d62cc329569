#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace kfs {

/// Whether an endpoint is asked.
enum class breaker_state : std::uint8_t {
  closed,     ///< all requests go; many faults in a row, or an answer that asks for a pause, open it
  half_open,  ///< one request, the probe, goes: its answer closes the breaker, its fault opens it again
  open,       ///< none goes until the pause is over; the first one then is the probe
};

/// A breaker as it is shown.
struct breaker_condition {
  std::string endpoint;  ///< "scheme://host:port"
  breaker_state state = breaker_state::closed;
  bool operator==(const breaker_condition&) const = default;
};

/// Keeps requests away from an endpoint that is down, so that it is asked by one request now and again, not by all.
///
/// Time is an argument. Threading: safe from any thread; `changed` is called with the breaker locked.
class circuit_breaker {
 public:
  using clock = std::chrono::steady_clock;
  static constexpr int faults_to_open = 5;  ///< in a row
  /// The pause doubles from the one to the other with each probe that fails.
  static constexpr std::chrono::milliseconds first_pause{1'000};
  static constexpr std::chrono::milliseconds longest_pause{15'000};
  /// Of what an endpoint asks for.
  static constexpr std::chrono::hours longest_asked_pause{1};

  /// The right to send one request. Exactly one of answered(), faulted() and abandoned() follows it.
  struct permit {
    bool probe = false;
  };

  explicit circuit_breaker(std::function<void(breaker_state)> changed) : changed_(std::move(changed)) {}

  /// Nothing: no request may be sent now.
  std::optional<permit> admit(clock::time_point now);

  /// The endpoint does its work, whatever it thinks of the request.
  void answered(permit of);
  /// It does not. `pause`: how long it asks not to be asked; 0: it did not say.
  void faulted(permit of, clock::time_point now, std::chrono::milliseconds pause);
  /// Nothing is known: the request was given up.
  void abandoned(permit of, clock::time_point now);

  [[nodiscard]] breaker_state state() const;
  /// How long until another request may be admitted; 0 unless it is open.
  [[nodiscard]] std::chrono::milliseconds remaining(clock::time_point now) const;

 private:
  void become(breaker_state next);
  void open(clock::time_point now, std::chrono::milliseconds asked);

  mutable std::mutex mutex_;
  const std::function<void(breaker_state)> changed_;
  breaker_state state_ = breaker_state::closed;
  int faults_ = 0;  ///< in a row
  std::chrono::milliseconds pause_{0};
  clock::time_point until_;  ///< of the pause
};

}  // namespace kfs
