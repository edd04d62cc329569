#include "actors/kafka/departures.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace kfs {

departures::~departures() {
  hurry_.request_stop();
  std::unique_lock lock(mutex_);
  left_.wait(lock, [this] { return count_ == 0; });
}

void departures::see_off(std::function<bool(const std::stop_token&)> end) {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  auto depart = [this, end = std::move(end)]() mutable {
    const bool ended = std::exchange(end, {})(hurry_.get_token());
    const std::lock_guard lock(mutex_);
    --count_;
    left_behind_ += ended ? 0 : 1;
    left_.notify_all();
  };
  try {
    std::thread(depart).detach();
  } catch (const std::system_error&) {  // no more threads
    depart();
  }
}

bool departures::wait_for(std::chrono::milliseconds bound) {
  hurry_.request_stop();
  std::unique_lock lock(mutex_);
  return left_.wait_for(lock, bound, [this] { return count_ == 0; }) && left_behind_ == 0;
}

std::size_t departures::under_way() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace kfs
