#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

namespace kfs {

/// Destroys Kafka clients in threads of their own, because a client that is being destroyed may wait for the resolver,
/// and no actor and no answer may wait with it. Waits for the last one when it is destroyed itself.
///
/// Threading: safe from any thread.
class departures {
 public:
  departures() = default;
  ~departures();
  departures(const departures&) = delete;
  departures& operator=(const departures&) = delete;

  /// Runs `destroy` soon. Where no thread is to be had it runs here and now.
  void see_off(std::function<void()> destroy);

  /// How many have not ended yet.
  [[nodiscard]] std::size_t under_way() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable left_;
  std::size_t count_ = 0;
};

}  // namespace kfs
