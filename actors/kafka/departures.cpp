#include "actors/kafka/departures.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace kfs {

departures::~departures() {
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return count_ == 0; });
}

void departures::see_off(std::function<void()> destroy) {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  auto depart = [this, destroy = std::move(destroy)]() mutable {
    std::exchange(destroy, {})();
    const std::lock_guard lock(mutex_);
    --count_;
    left_.notify_all();
  };
  try {
    std::thread(depart).detach();
  } catch (const std::system_error&) {  // no more threads
    depart();
  }
}

std::size_t departures::under_way() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace kfs
